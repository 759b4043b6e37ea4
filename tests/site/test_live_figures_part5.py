"""The live figures of Part V in a browser, held against NumPy and Keras."""

import keras
import numpy as np
import pytest
from live_page import call, contrast, document, drag_by_touch, press

from dlbook import gradients, live

# w, u, b and f of the figure's settings, and what each does.
COUNTERS = {
    "counts": (1, 1, 0, "linear"),
    "forgets": (1, 0.5, 0, "linear"),
    "explodes": (1, 1.5, 0, "linear"),
    "saturates": (1, 1.5, 0, "tanh"),
}


def unrolled(bits, w, u, b, activation):
    """States of Keras's layer, and its autodiff's gradient of the last one."""
    layer = keras.layers.SimpleRNN(1, activation, return_sequences=True)
    layer.build((1, len(bits), 1))
    layer.set_weights([np.full((1, 1), w), np.full((1, 1), u), np.full(1, b)])
    x = keras.ops.reshape(np.array(bits, "float32"), (1, -1, 1))
    _, slopes = gradients.value_and_grad(
        lambda: layer(x)[0, -1, 0], layer.trainable_variables
    )
    states = keras.ops.convert_to_numpy(layer(x))[0, :, 0]
    return states, [keras.ops.convert_to_numpy(g).item() for g in slopes]


def by_hand(bits, w, u, b, activation):
    """The same in NumPy; the last state by each preactivation through differences."""
    f = {"linear": lambda a: a, "relu": lambda a: max(a, 0.0), "tanh": np.tanh}

    def run(moved=None, step=0.0):
        h, states, sums = 0.0, [], []
        for t, x in enumerate(bits):
            sums.append(w * x + u * h + b + step * (t == moved))
            h = f[activation](sums[-1])
            states.append(h)
        return states, sums

    states, sums = run()
    backward = [
        (run(t, 1e-6)[0][-1] - run(t, -1e-6)[0][-1]) / 2e-6 for t in range(len(bits))
    ]
    return states, sums, backward


def hold_recurrent(state):
    bits, f = state["bits"], state["activation"]
    weights = list(state["weights"].values())
    assert list(state["weights"]) == ["w", "u", "b"]
    states, sums, backward = by_hand(bits, *weights, f)
    np.testing.assert_allclose(state["states"], states, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(state["preactivations"], sums, rtol=1e-12, atol=1e-12)
    kink = f == "relu" and np.abs(sums).min() < 1e-5
    if not kink:
        np.testing.assert_allclose(state["backward"], backward, rtol=1e-5, atol=1e-8)
    products = np.multiply(state["backward"], bits)
    np.testing.assert_allclose(state["gradient"], products, rtol=1e-12)
    assert state["output"] == state["states"][-1]
    assert state["count"] == sum(bits)
    assert state["error"] == state["output"] - state["count"]


@pytest.mark.parametrize("activation", live.RECURRENT_ACTIVATIONS)
def test_recurrent_equals_keras(show, activation):
    page = show(document(live.recurrent(activation=activation)))
    rng = np.random.default_rng(len(activation))
    for length in [1, 2, 5, 10] * 6:
        bits = "".join(rng.choice(["0", "1"], length))
        values = dict(zip("wub", rng.uniform(-1.5, 1.5, 3).tolist(), strict=True))
        call(page, "recurrent", "set", {"bits": bits, **values})
        state = call(page, "recurrent", "state")
        assert "".join(map(str, state["bits"])) == bits
        assert (state["weights"], state["activation"]) == (values, activation)
        hold_recurrent(state)
        states, slopes = unrolled(state["bits"], *values.values(), activation)
        np.testing.assert_allclose(state["states"], states, rtol=1e-4, atol=1e-5)
        found = list(state["gradients"].values())
        scale = max(1, *np.abs(slopes))
        np.testing.assert_allclose(found, slopes, atol=1e-4 * scale)


def test_recurrent_counts_the_lectures_strings(show):
    page = show(document(live.recurrent()))
    for bits, count in (("01001", 2), ("10011", 3), ("11111", 5), ("00000", 0)):
        page.get_by_role("textbox", name="Bits").fill(bits)
        state = call(page, "recurrent", "state")
        assert (state["output"], state["count"], state["error"]) == (count, count, 0)
        said = page.locator(".live-status").inner_text()
        noun = "one" if count == 1 else "ones"
        assert said == (
            f"{bits} has {count} {noun}; the net says {count}: exactly right."
        )


def test_recurrents_settings_do_what_they_are_called(show):
    assert tuple(COUNTERS) == live.COUNTERS
    page = show(document(live.recurrent("1" * 10)))
    titles = ["Counts exactly", "Forgets", "Explodes", "Saturates"]
    for (name, (*weights, f)), title in zip(COUNTERS.items(), titles, strict=True):
        button = page.get_by_role("button", name=title)
        button.click()
        state = call(page, "recurrent", "state")
        assert (state["preset"], state["activation"]) == (name, f)
        assert list(state["weights"].values()) == weights
        assert button.get_attribute("aria-pressed") == "true"
        assert page.locator(".live-figure [aria-pressed=true]").count() == 1
        backward = np.array(state["backward"])
        if f == "linear":
            np.testing.assert_allclose(backward, weights[1] ** np.arange(9.0, -1, -1))
        hold_recurrent(state)
    # Ten ones at u = 1.5: the slope 1 - h² is stronger than u.
    ratios = backward[:-1] / backward[1:]
    assert (ratios[2:] < 0.2).all() and max(state["states"]) < 1
    call(page, "recurrent", "set", {"bits": "0" * 10})
    state = call(page, "recurrent", "state")
    np.testing.assert_allclose(state["backward"], 1.5 ** np.arange(9.0, -1, -1))
    call(page, "recurrent", "set", {"w": 0.95})
    assert call(page, "recurrent", "state")["preset"] is None
    assert page.locator(".live-figure [aria-pressed=true]").count() == 0


def test_recurrent_says_its_numbers(show):
    figure = live.recurrent("1101", (-0.5, 0.75, 0.25), "tanh")
    page = show(document(figure))
    call(page, "recurrent", "set", {"step": 2})
    state = call(page, "recurrent", "state")
    hold_recurrent(state)

    def shown(value, digits=4):
        return f"{value:.{digits}g}".replace("-", "−")

    lines = page.locator(".live-note span").all_inner_texts()
    before, a, h = state["states"][1], state["preactivations"][2], state["states"][2]
    assert lines[0] == "a₃ = w·x₃ + u·h₂ + b"
    assert lines[1] == f"= (−0.5)·0 + 0.75·({shown(before)}) + 0.25 = {shown(a)}"
    assert lines[2] == f"h₃ = tanh(a₃) = {shown(h)}; slope {shown(1 - h * h)}"
    assert lines[3] == f"∂h₄/∂a₃ = u¹ × slopes = {shown(state['backward'][2])}"
    assert lines[4] == "Its part of ∂h₄/∂w: times x₃ = 0"
    numbers = page.locator(".live-figure dd").all_inner_texts()
    answer, error, slope = (
        shown(value, 3)
        for value in (state["output"], state["error"], state["gradients"]["w"])
    )
    assert numbers == [answer, "3", error, slope]
    assert "says " + shown(state["output"]) in page.locator(".live-status").inner_text()
    assert ": wrong, error −" in page.locator(".live-status").inner_text()
    # Each column carries its state and its share, at most four signs.
    drawn = page.locator(".live-picture g:not([hidden]) > text.live-small")
    texts = [text for text in drawn.all_text_contents() if text != "+"]
    for t in range(4):
        for text, value in zip(
            texts[2 * t : 2 * t + 2],
            (state["states"][t], state["backward"][t]),
            strict=True,
        ):
            assert len(text) <= 4
            assert float(text.replace("−", "-")) == pytest.approx(value, abs=0.0501)


def test_recurrents_bars_stand_for_the_numbers(show):
    page = show(document(live.recurrent("1110110101", (-1, -1.25, 0.5))))
    state = call(page, "recurrent", "state")
    bars = page.evaluate("""() => [...document.querySelectorAll(
        ".live-picture rect:is(.live-class-0, .live-class-1)")].map((bar) =>
          [bar.matches(".live-class-1"), bar.y.baseVal.value, bar.height.baseVal.value])
    """)
    for kind, name in ((True, "states"), (False, "backward")):
        values = np.array(state[name])
        y, height = np.array([bar[1:] for bar in bars if bar[0] == kind]).T
        tall = np.abs(values).argmax()
        unit = height[tall] / abs(values[tall])
        np.testing.assert_allclose(height, np.maximum(unit * abs(values), 0.5))
        zero = np.where(values > 0, y + height, y)
        np.testing.assert_allclose(zero[height > 0.5], zero[tall])


def test_recurrent_answers_to_keyboard_and_mouse(show):
    page = show(document(live.recurrent("1001")))

    def after(name, *keys, role="button"):
        press(page, role, name, *keys)
        state = call(page, "recurrent", "state")
        hold_recurrent(state)
        return state

    def bits():
        return "".join(map(str, call(page, "recurrent", "state")["bits"]))

    field = page.get_by_role("textbox", name="Bits")
    after("Bit 2: 0", "Enter")
    assert bits() == "1101" == field.input_value()
    after("Bit 2: 1", "Space")
    after("Bit 1: 1", "Delete")
    assert bits() == "001"
    focused = "document.activeElement.getAttribute('aria-label')"
    assert page.evaluate(focused) == "Bit 1: 0"
    after("Bit 3: 1", "Backspace")
    assert (bits(), page.evaluate(focused)) == ("00", "Bit 2: 0")
    after("Bit 1: 0", "Delete", "Delete")
    assert bits() == "0"
    after("Add a bit", "Enter", "Enter")
    assert bits() == "011"
    after("Add a bit", *["Enter"] * 7)
    assert (bits(), page.evaluate(focused)) == ("0111111111", "Bit 10: 1")
    assert not page.get_by_role("button", name="Add a bit").is_visible()
    # What is no bit is not typed; an empty field leaves the bits alone.
    field.fill("1x0 12")
    assert (bits(), field.input_value()) == ("101", "101")
    field.fill("")
    assert bits() == "101"
    field.press("Tab")
    assert field.input_value() == "101"
    field.focus()
    field.press("End")
    page.keyboard.type("0110111000")
    assert bits() == "1010110111"
    for name, keys, value in (("w", ["End"], 2), ("u", ["Home"], -1.5), ("b", [], 0)):
        state = after(name, *keys, role="slider")
        assert state["weights"][name] == value
    assert after("b", "ArrowRight", role="slider")["weights"]["b"] == 0.05
    assert after("Step", "Home", role="slider")["step"] == 0
    assert after("Step", *["ArrowRight"] * 3, role="slider")["step"] == 3
    page.get_by_role("combobox", name="Activation").select_option("relu")
    hold_recurrent(call(page, "recurrent", "state"))
    after("Reset", "Enter")
    state = call(page, "recurrent", "state")
    assert (bits(), state["preset"], state["step"]) == ("1001", "counts", 3)
    # A click on a column, away from the bit, shows its step.
    box = page.locator(".live-picture").bounding_box()
    unit = box["width"] / 400
    page.mouse.click(box["x"] + 90 * unit, box["y"] + 172 * unit)
    assert call(page, "recurrent", "state")["step"] == 1
    assert page.locator(".live-note span").first.inner_text().startswith("a₂ =")


def keras_cell(state):
    """The layer of the state's weights: all gates, cell and hidden states by step."""
    gru = state["cell"] == "gru"
    layer = (keras.layers.GRU if gru else keras.layers.LSTM)(1, return_state=True)
    layer.build((1, None, 2))
    weights = [state["weights"][name] for name in ("kernel", "recurrent", "bias")]
    layer.set_weights([np.array(w, "float32") for w in weights])
    x = np.array(state["sequence"], "float32")[None]
    steps = [
        [keras.ops.convert_to_numpy(part).item() for part in layer(x[:, : t + 1])[1:]]
        for t in range(x.shape[1])
    ]
    return np.array(steps).T  # h, or h and c


def gates_of(state):
    """Gates and candidates of each step, from the states, in NumPy."""
    kernel, recurrent, bias = (
        np.array(state["weights"][name]) for name in ("kernel", "recurrent", "bias")
    )
    gru = state["cell"] == "gru"
    before = np.array([0, *state["h"][:-1]])[:, None]
    x = np.array(state["sequence"]) @ kernel + (bias[0] if gru else bias)
    s = before * recurrent + (bias[1] if gru else 0)
    gates = 1 / (1 + np.exp(-(x + s)))
    if gru:
        candidate = np.tanh(x[:, 2] + gates[:, 1] * s[:, 2])
        return {"z": gates[:, 0], "r": gates[:, 1]}, candidate
    names = {"i": 0, "f": 1, "o": 3}
    return {n: gates[:, k] for n, k in names.items()}, np.tanh((x + s)[:, 2])


def hold_gates(state):
    gates, candidate = gates_of(state)
    assert list(state["gates"]) == list(gates)
    for name, values in gates.items():
        np.testing.assert_allclose(state["gates"][name], values, rtol=1e-9)
    np.testing.assert_allclose(state["candidate"], candidate, rtol=1e-9, atol=1e-12)
    expected = keras_cell(state)
    np.testing.assert_allclose(state["h"], expected[0], rtol=1e-5, atol=1e-6)
    if state["cell"] == "lstm":
        np.testing.assert_allclose(state["c"], expected[1], rtol=1e-5, atol=1e-6)
    else:
        assert state["c"] is None


@pytest.mark.parametrize("cell", live.GATED_CELLS)
def test_gates_equal_keras(show, cell):
    page = show(document(live.gates(cell)))
    rng = np.random.default_rng(len(cell))
    units = {"lstm": 4, "gru": 3}[cell]
    bias = {"lstm": (4,), "gru": (2, 3)}[cell]
    for steps in [1, 2, 5, 8] * 5:
        values = rng.uniform(-1, 1, steps).round(2).tolist()
        marks = rng.integers(0, 2, steps).tolist()
        weights = {
            "kernel": rng.normal(0, 2, (2, units)).tolist(),
            "recurrent": rng.normal(0, 2, (1, units)).tolist(),
            "bias": rng.normal(0, 1, bias).tolist(),
        }
        sequence = [list(pair) for pair in zip(values, marks, strict=True)]
        call(page, "gates", "set", {"sequence": sequence, "weights": weights})
        state = call(page, "gates", "state")
        assert (state["sequence"], state["weights"]) == (sequence, weights)
        assert (state["preset"], state["goal"], state["reading"]) == (None,) * 3
        hold_gates(state)
    for preset in live.GATE_PRESETS:
        call(page, "gates", "set", {"preset": preset})
        hold_gates(call(page, "gates", "state"))


def wanted(preset, sequence):
    marked = [value for value, mark in sequence if mark]
    if preset == "sum":
        return sum(marked)
    if preset == "remember":
        return marked[-1] if marked else 0
    last = max((t for t, (_, mark) in enumerate(sequence) if mark), default=0)
    return sum(value for value, _ in sequence[last:])


@pytest.mark.parametrize("preset", live.GATE_PRESETS)
def test_hand_set_gates_do_what_they_are_called(show, preset):
    page = show(document(live.gates(preset=preset)))
    rng = np.random.default_rng(0)
    misses = {"lstm": [], "gru": []}
    for _ in range(12):
        steps = int(rng.integers(1, 9))
        pairs = rng.uniform(-1, 1, steps).round(2), rng.integers(0, 2, steps)
        sequence = [[float(v), int(m)] for v, m in zip(*pairs, strict=True)]
        for cell, errors in misses.items():
            call(page, "gates", "set", {"sequence": sequence, "cell": cell})
            state = call(page, "gates", "state")
            assert (state["preset"], state["cell"]) == (preset, cell)
            assert state["goal"] == pytest.approx(wanted(preset, sequence))
            last = (state["c"] or state["h"])[-1]
            assert state["reading"] == pytest.approx(4 * last)
            errors.append(abs(state["reading"] - state["goal"]))
            hold_gates(state)
    # The cell only loses what tanh bends of each value, two per cent at most.
    assert max(misses["lstm"]) < 8 * 0.0205 + 0.02
    assert max(misses["gru"]) < (0.03 if preset == "remember" else 1.3)
    # Eight ones: the cell holds them, the GRU's state is bent again and again.
    ones = [[1, 1]] * 8
    if preset == "forget":
        ones = [[1, 0]] * 8
    found = {}
    for cell in misses:
        call(page, "gates", "set", {"sequence": ones, "cell": cell})
        found[cell] = call(page, "gates", "state")["reading"]
    if preset == "remember":
        np.testing.assert_allclose(list(found.values()), 4 * np.tanh(0.25), rtol=1e-3)
    else:
        assert found["lstm"] == pytest.approx(8 * 4 * np.tanh(0.25), rel=1e-3)
        assert found["gru"] < 4


def test_gates_says_its_numbers(show):
    sequence = [[0.5, 1], [-0.8, 0], [0.25, 1]]
    page = show(document(live.gates("lstm", "sum", sequence)))

    def shown(value):
        return f"{value:.3f}".replace("-0.000", "0.000").replace("-", "−")

    def words(picture=1):
        return page.locator(".live-picture").nth(picture).locator("text")

    call(page, "gates", "set", {"step": 1})
    state = call(page, "gates", "state")
    c0, c, h = state["c"][0], state["c"][1], state["h"][1]
    new = state["candidate"][1]
    lines = page.locator(".live-note span").all_inner_texts()
    assert lines == [
        "i₂ = σ(−10) = 0.000",
        "f₂ = σ(10) = 1.000",
        "o₂ = σ(10) = 1.000",
        f"c̃₂ = tanh(−0.2) = {shown(new)}",
        f"c₂ = f·c₁ + i·c̃₂ = 1.000·{shown(c0)} + 0.000·({shown(new)}) = {shown(c)}",
        f"h₂ = o·tanh(c₂) = 1.000·{shown(np.tanh(c))} = {shown(h)}",
    ]
    drawn = words().all_text_contents()
    for text in (f"c₁ {shown(c0)}", "f 1.000", "i 0.000", f"c₂ {shown(c)}"):
        assert text in drawn
    assert f"c̃₂ {shown(new)}" in drawn and f"h₂ {shown(h)}" in drawn
    said = page.locator(".live-status").inner_text()
    assert said == (
        "Wanted, the sum of the marked values: 0.750. "
        f"The LSTM's cell times 4: {shown(state['reading'])}."
    )
    page.get_by_role("combobox", name="Cell").select_option("gru")
    state = call(page, "gates", "state")
    assert (state["preset"], state["step"]) == ("sum", 1)
    h0, h, new = state["h"][0], state["h"][1], state["candidate"][1]
    lines = page.locator(".live-note span").all_inner_texts()
    assert lines[:2] == ["z₂ = σ(10) = 1.000", "r₂ = σ(10) = 1.000"]
    assert lines[3] == (
        f"h₂ = z·h₁ + (1 − z)·h̃₂ = 1.000·{shown(h0)} + 0.000·({shown(new)})"
        f" = {shown(h)}"
    ).replace(f"({shown(new)})", f"({shown(new)})" if new < 0 else shown(new))
    drawn = words().all_text_contents()
    for text in (f"h₁ {shown(h0)}", "z 1.000", "1 − z 0.000", f"h̃₂ {shown(new)}"):
        assert text in drawn


def test_gates_passages_open_as_the_gates(show):
    page = show(document(live.gates(sequence=[[0.5, 1], [0.5, 0], [-0.5, 1]])))
    call(page, "gates", "set", {"preset": "remember"})
    page.get_by_role("slider", name="Bias of i").fill("-1")
    page.get_by_role("slider", name="Bias of f").fill("0.5")
    page.get_by_role("slider", name="Bias of o").fill("-2")
    state = call(page, "gates", "state")
    assert state["weights"]["bias"] == [-1, 0.5, 0, -2]
    hold_gates(state)
    # Two leaves shut a passage: what they leave open is the gate.
    gaps = page.evaluate("""() => [...document.querySelectorAll(".live-picture")]
        .map((picture) => [...picture.querySelectorAll("g:not([hidden])")]
          .filter((g) => !g.parentNode.closest("g[hidden]") &&
            g.querySelector(":scope > .live-leaf"))
          .map((g) => {
            const [a, b, frame] = [...g.children].map((rect) =>
              [rect.width.baseVal.value, rect.height.baseVal.value]);
            const axis = a[0] === frame[0] ? 1 : 0;
            return 1 - (a[axis] + b[axis]) / frame[axis];
          }))""")
    by_step = np.array(list(state["gates"].values())).T
    np.testing.assert_allclose(gaps[0], by_step.ravel(), atol=1e-6)
    i, f, o = by_step[state["step"]]
    np.testing.assert_allclose(gaps[1], [f, i, o], atol=1e-6)


def test_gates_are_edited_by_mouse_and_keyboard(show):
    page = show(document(live.gates(sequence=[[0.5, 1], [-0.25, 0]])))

    def after(name, *keys, role="button"):
        press(page, role, name, *keys)
        state = call(page, "gates", "state")
        hold_gates(state)
        return state

    state = after("Value 2", "ArrowUp", "ArrowRight", role="slider")
    assert (state["sequence"][1], state["step"]) == ([-0.15, 0], 1)
    dot = page.get_by_role("slider", name="Value 2")
    assert dot.get_attribute("aria-valuenow") == "-0.15"
    state = after("Value 1", *["Shift+ArrowDown"] * 8, role="slider")
    assert state["sequence"][0] == [-1, 1]
    mark = page.get_by_role("checkbox", name="Mark 2")
    assert mark.get_attribute("aria-checked") == "false"
    assert after("Mark 2", "Space", role="checkbox")["sequence"][1] == [-0.15, 1]
    assert mark.get_attribute("aria-checked") == "true"
    page.get_by_role("checkbox", name="Mark 1").click()
    assert call(page, "gates", "state")["sequence"] == [[-1, 0], [-0.15, 1]]
    box = page.get_by_role("slider", name="Value 1").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    unit = page.locator(".live-picture").first.bounding_box()["width"] / 400
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y - 48 * unit, steps=5)
    page.mouse.up()
    assert call(page, "gates", "state")["sequence"][0] == [0.5, 0]
    # A click in the lane of the values brings the dot.
    box = page.locator(".live-picture").first.bounding_box()
    page.mouse.click(box["x"] + 112 * unit, box["y"] + 40 * unit)
    state = call(page, "gates", "state")
    assert (state["sequence"][1], state["step"]) == ([0.75, 1], 1)
    assert after("Value 2", "Home", role="slider")["sequence"][1] == [-1, 1]
    assert dot.get_attribute("aria-valuetext") == "−1"
    assert after("Add step", "Enter")["sequence"][2:] == [[0.5, 0]]
    state = after("Add step", *["Enter"] * 9)
    assert (len(state["sequence"]), state["step"]) == (8, 7)
    assert len(after("Remove step", "Enter")["sequence"]) == 7
    state = after("Remove step", *["Enter"] * 9)
    assert (len(state["sequence"]), state["step"]) == (1, 0)
    assert after("Bias of f", "ArrowLeft", role="slider")["weights"]["bias"][1] == 9.5
    page.get_by_role("combobox", name="Cell").select_option("gru")
    state = after("Bias of z", "Home", role="slider")
    assert state["weights"]["bias"] == [[-10, 10, 0], [0, 0, 0]]
    assert not page.get_by_role("slider", name="Bias of f").is_visible()
    page.get_by_role("combobox", name="Weights").select_option("forget")
    assert call(page, "gates", "state")["preset"] == "forget"
    state = after("Reset", "Enter")
    assert (state["cell"], state["preset"], state["step"]) == ("lstm", "remember", 0)
    assert state["sequence"] == [[0.5, 1], [-0.25, 0]]
    # A click below a column opens the cell there.
    call(page, "gates", "set", {"step": 0})
    box = page.locator(".live-picture").first.bounding_box()
    page.mouse.click(box["x"] + 112 * unit, box["y"] + 300 * unit)
    assert call(page, "gates", "state")["step"] == 1
    assert after("Step", "Home", role="slider")["step"] == 0


def test_part_five_is_worked_by_touch(show):
    figures = live.recurrent("101"), live.gates()
    page = show(document(*figures), width=390, has_touch=True)
    page.get_by_role("button", name="Bit 2: 0").tap()
    assert call(page, "recurrent", "state")["bits"] == [1, 1, 1]
    page.get_by_role("button", name="Add a bit").tap()
    assert call(page, "recurrent", "state")["bits"] == [1, 1, 1, 1]
    # A finger that starts on a bit scrolls the page.
    box = page.get_by_role("button", name="Bit 1: 1").bounding_box()
    x, y = box["x"] + 15, box["y"] + 20
    drag_by_touch(page, (x, y), (x, y - 150))
    page.wait_for_function("scrollY > 50")
    assert call(page, "recurrent", "state")["bits"] == [1, 1, 1, 1]
    page.get_by_role("checkbox", name="Mark 1").tap()
    assert call(page, "gates", "state")["sequence"][0] == [0.4, 1]
    for control in page.locator(".live-figure :is(button, select, input)").all():
        if control.is_visible():
            assert control.bounding_box()["height"] >= 44
    targets = page.locator(".live-figure :is(.live-press, .live-handle)")
    for target in targets.all():
        if target.is_visible():
            box = target.bounding_box()
            assert min(box["width"], box["height"]) >= 24


@pytest.mark.parametrize("width", [1280, 700, 390, 320])
def test_nothing_moves_in_part_five(show, width):
    page = show(document(live.recurrent(), live.gates()), width=width)
    heights = page.evaluate("""() => {
        const { recurrent, gates } = dlbookLive;
        const seen = [new Set(), new Set(), new Set()];
        const look = () => {
          seen[0].add(recurrent.root.getBoundingClientRect().height);
          seen[1].add(gates.root.getBoundingClientRect().height);
          seen[2].add(document.documentElement.scrollWidth > innerWidth);
        };
        for (const bits of ["0", "1111111111", "1010101010"])
          for (const activation of ["linear", "tanh"])
            for (const [w, u, b] of [[1, 1, 0], [-1.95, -1.45, -1.85]])
              for (const step of [0, 9]) {
                recurrent.set({ bits, activation, w, u, b, step });
                look();
              }
        for (const preset of ["remember", "sum", "forget"])
          for (const sequence of [[[1, 1]], Array(8).fill([-0.95, 1])])
            for (const step of [0, 7]) {
              gates.set({ preset, sequence, step });
              look();
            }
        return seen.map((values) => [...values]);
    }""")
    assert heights[2] == [False]
    assert [len(values) for values in heights[:2]] == [1, 1], heights


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_part_five_stands_out_from_the_page(show, theme):
    page = show(document(live.recurrent(), live.gates(), theme=theme))
    colours = page.evaluate("""() => {
        const parse = (name, key) => {
          const colour = getComputedStyle(document.querySelector(name))[key];
          const scale = colour.startsWith("color(") ? 255 : 1;
          return colour.match(/[\\d.]+/g).slice(0, 3).map((v) => v * scale);
        };
        return [parse(".live-figure", "backgroundColor"),
          parse(".live-picture .live-class-0", "fill"),
          parse(".live-picture .live-class-1", "fill"),
          parse(".live-leaf", "fill"), parse(".live-thin", "stroke"),
          parse(".live-bit", "fill"), parse(".live-well", "fill")];
    }""")
    back, *others, sign, well = colours
    for colour in others:
        assert contrast(colour, back) >= 3
    assert contrast(sign, well) >= 4.5
