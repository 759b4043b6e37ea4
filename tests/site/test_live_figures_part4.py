"""The live figures of Part IV in a browser, held against the same rules in Python."""

import io

import numpy as np
import pytest
from live_page import (
    blend,
    call,
    contrast,
    document,
    drag_by_touch,
    maps_of,
    normal,
    photograph,
    press,
    uniform,
)
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image

from dlbook import live

KERNELS = {
    "vertical": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "horizontal": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    "laplace": [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
    "lecture": [[1, 0, 1], [0, 1, 0], [1, 0, 1]],
    "mean": [[1 / 9] * 3] * 3,
    "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
    "identity": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
}


def convolve(image, kernel, stride, padding):
    padded = np.pad(np.array(image, float), padding)
    windows = sliding_window_view(padded, (3, 3))[::stride, ::stride]
    return np.einsum("ijab,ab->ij", windows, np.array(kernel, float))


def hold_convolution(state):
    output = convolve(*(state[k] for k in ("image", "kernel", "stride", "padding")))
    np.testing.assert_allclose(state["output"], output, rtol=1e-12, atol=1e-12)
    row, column = state["position"]
    assert state["sum"] == state["output"][row][column]


def numbers_in(text):
    """Evaluates a spelled-out sum of products, in the page's typography."""
    plain = text.replace("−", "-").replace("·", "*")
    assert set(plain) <= set("0123456789.*+-() e"), plain
    return eval(plain, {})


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", [0, 1, 2])
def test_convolution_equals_numpy(show, stride, padding):
    rng = np.random.default_rng(10 * stride + padding)
    page = show(document(live.convolution(stride=stride, padding=padding)))
    hold_convolution(call(page, "convolution", "state"))
    for rows, columns in ((3, 3), (5, 5), (12, 12), (3, 16), (16, 7)):
        image = rng.normal(size=(rows, columns)).tolist()
        kernel = rng.normal(size=(3, 3)).tolist()
        call(page, "convolution", "set", {"image": image, "kernel": kernel})
        state = call(page, "convolution", "state")
        assert (state["image"], state["kernel"]) == (image, kernel)
        hold_convolution(state)
        call(page, "convolution", "step", 400)
        last = call(page, "convolution", "state")
        assert last["position"] == [n - 1 for n in np.shape(last["output"])]
        hold_convolution(last)


def test_convolution_gives_the_lectures_numbers(show):
    page = show(document(live.convolution("lecture", "lecture")))
    state = call(page, "convolution", "state")
    assert state["output"] == [[4, 3, 4], [2, 4, 3], [2, 3, 4]]
    page.get_by_role("combobox", name="Kernel").select_option("laplace")
    state = call(page, "convolution", "state")
    assert state["output"] == [[-2, 0, -2], [2, -1, 0], [2, -1, -2]]


def test_convolution_offers_the_kernels_it_names(show):
    assert tuple(KERNELS) == live.KERNELS
    page = show(document(live.convolution()))
    for name, kernel in KERNELS.items():
        page.get_by_role("combobox", name="Kernel").select_option(name)
        state = call(page, "convolution", "state")
        np.testing.assert_allclose(state["kernel"], kernel, rtol=1e-15)
        hold_convolution(state)
    # A shape is drawn on each image but the empty one; identity returns it.
    for name in live.IMAGES:
        page.get_by_role("combobox", name="Image").select_option(name)
        state = call(page, "convolution", "state")
        assert np.any(state["image"]) == (name != "empty")
        inner = np.array(state["image"])[1:-1, 1:-1]
        np.testing.assert_array_equal(state["output"], inner)


def test_convolution_spells_the_sum_out(show):
    image = [[0.5, -2, 3, 1], [4, 0, -1, 2], [7, 1.25, 0, 3]]
    kernel = [[1, -2, 0.5], [0, 3, -1], [-0.25, 2, 1]]
    page = show(document(live.convolution(image, kernel, padding=1)))
    for position in ([0, 0], [1, 2], [2, 3]):
        call(page, "convolution", "set", {"position": position})
        state = call(page, "convolution", "state")
        lines = page.locator(".live-note span").all_inner_texts()
        said, result = " ".join(lines[1:4]).split(" = ")
        assert said.count("·") == 9
        assert numbers_in(said) == pytest.approx(state["sum"], abs=1e-9)
        assert numbers_in(result) == pytest.approx(state["sum"], rel=1e-4)
        row, column = position
        assert f"row {row}, column {column}" in lines[0]
        formula, size = lines[4].removeprefix("Rows: ").split(" = ")
        assert formula == "⌊(3 + 2·1 − 3)/1⌋ + 1" and size == "3"
        assert (
            f"Output at ({row}, {column})" in page.locator(".live-status").inner_text()
        )


def centre(page, state, picture, cell):
    """Where a cell of the image (0, padding not counted) or the output (1) lies."""
    if picture:
        rows, columns = np.shape(state["output"])
    else:
        rows, columns = np.add(np.shape(state["image"]), 2 * state["padding"])
        cell = [v + state["padding"] for v in cell]
    size = min(396 / max(rows, columns), 80)
    box = page.locator(".live-picture").nth(picture).bounding_box()
    unit = box["width"] / 400
    x = (400 - columns * size) / 2 + (cell[1] + 0.5) * size
    y = (400 - rows * size) / 2 + (cell[0] + 0.5) * size
    return box["x"] + x * unit, box["y"] + y * unit


@pytest.mark.parametrize("padding", [0, 2])
def test_convolution_is_painted_and_read_by_mouse(show, padding):
    page = show(document(live.convolution("empty", "mean", padding=padding)))
    state = call(page, "convolution", "state")
    page.mouse.move(*centre(page, state, 0, (2, 1)))
    page.mouse.down()
    page.mouse.move(*centre(page, state, 0, (2, 5)), steps=20)
    page.mouse.up()
    state = call(page, "convolution", "state")
    expected = np.zeros((12, 12))
    expected[2, 1:6] = 1
    np.testing.assert_array_equal(state["image"], expected)
    hold_convolution(state)
    # A stroke that begins on a painted cell erases; the padding cannot be painted.
    page.mouse.move(*centre(page, state, 0, (2, 4)))
    page.mouse.down()
    page.mouse.move(*centre(page, state, 0, (2, 6)), steps=10)
    page.mouse.up()
    expected[2, 4:6] = 0
    state = call(page, "convolution", "state")
    np.testing.assert_array_equal(state["image"], expected)
    if padding:
        page.mouse.click(*centre(page, state, 0, (-1, 3)))
        assert call(page, "convolution", "state")["image"] == state["image"]
    # The mouse over the output chooses the position, without a click.
    for cell in ((0, 0), (4, 7), (9, 2)):
        page.mouse.move(*centre(page, state, 1, cell))
        state = call(page, "convolution", "state")
        assert state["position"] == list(cell)
        hold_convolution(state)


def test_convolution_answers_to_the_keyboard(show):
    page = show(document(live.convolution("empty", "identity", padding=1)))

    def press(name, *keys, role="slider"):
        page.get_by_role(role, name=name).first.focus()
        for key in keys:
            page.keyboard.press(key)
        return call(page, "convolution", "state")

    state = press("Image", "ArrowDown", "ArrowRight", "ArrowRight", " ")
    assert state["image"][1][2] == 1 and np.sum(state["image"]) == 1
    easel = page.get_by_role("slider", name="Image")
    assert easel.get_attribute("aria-valuetext") == "row 1, column 2: 1"
    pen = page.locator(".live-ink")
    assert pen.evaluate("node => getComputedStyle(node).visibility") == "visible"
    assert np.sum(press("Image", "Enter")["image"]) == 0
    press("Image", *["ArrowUp"] * 3, "Enter")
    state = press("Output", "ArrowDown", "ArrowRight", "ArrowRight", "ArrowUp")
    assert (state["position"], state["sum"]) == ([0, 2], 1)
    result = page.get_by_role("slider", name="Output")
    assert result.get_attribute("aria-valuetext") == "row 0, column 2: 1"
    assert press("Output", *["ArrowLeft"] * 5)["position"] == [0, 0]
    assert press("Position", "End")["position"] == [11, 11]
    assert press("Position", "ArrowLeft")["position"] == [11, 10]
    state = press("Stride", "ArrowRight")
    assert state["stride"] == 2 and np.shape(state["output"]) == (6, 6)
    hold_convolution(state)
    state = press("Padding", "End")
    assert state["padding"] == 2 and np.shape(state["output"]) == (7, 7)
    hold_convolution(state)
    field = page.get_by_role("spinbutton", name="Kernel, row 0, column 2")
    field.fill("-2.5")
    field.press("Enter")
    state = call(page, "convolution", "state")
    assert state["kernel"] == [[0, 0, -2.5], [0, 1, 0], [0, 0, 0]]
    assert state["kernels"] == "edited"
    hold_convolution(state)
    for bad in ("100", ""):
        field.fill(bad)
        field.press("Tab")
        assert call(page, "convolution", "state")["kernel"] == state["kernel"]
        assert field.input_value() == "-2.5"
    state = press("Flip", "Enter", role="button")
    assert state["kernel"] == [[0, 0, 0], [0, 1, 0], [-2.5, 0, 0]]
    state = press("Reset", "Enter", role="button")
    assert (state["stride"], state["padding"], state["kernels"]) == (1, 1, "identity")
    assert not np.any(state["image"])


def test_convolution_slides_by_itself(show):
    page = show(document(live.convolution("lecture", stride=2)))
    page.get_by_role("button", name="Run").click()
    page.wait_for_function(
        "() => { const s = dlbookLive.convolution.state();"
        " return !s.running && String(s.position) === '1,1'; }"
    )
    # Over 256 positions there is time to press Pause.
    image = np.eye(16).tolist()
    call(page, "convolution", "set", {"image": image, "stride": 1, "padding": 1})
    call(page, "convolution", "set", {"position": [0, 0]})
    page.get_by_role("button", name="Run").click()
    page.get_by_role("button", name="Pause").click()
    state = call(page, "convolution", "state")
    assert state["running"] is False and state["position"] != [15, 15]
    calm = show(document(live.convolution()), reduced_motion="reduce")
    calm.get_by_role("button", name="Run").click()
    state = call(calm, "convolution", "state")
    assert (state["position"], state["running"]) == ([9, 9], False)


def test_convolution_is_painted_and_read_by_touch(show):
    page = show(document(live.convolution("empty")), width=390, has_touch=True)
    state = call(page, "convolution", "state")
    page.touchscreen.tap(*centre(page, state, 0, (3, 4)))
    state = call(page, "convolution", "state")
    assert state["image"][3][4] == 1 and np.sum(state["image"]) == 1
    page.touchscreen.tap(*centre(page, state, 1, (2, 2)))
    state = call(page, "convolution", "state")
    assert (state["position"], state["sum"]) == ([2, 2], 2)
    # A finger that moves paints on the image and scrolls on the output.
    start, end = (centre(page, state, 0, (row, 2)) for row in (6, 9))
    drag_by_touch(page, start, end)
    state = call(page, "convolution", "state")
    assert np.sum(state["image"]) == 5 and np.sum(state["image"], 0)[2] == 4
    assert page.evaluate("scrollY") == 0
    start, end = (centre(page, state, 1, (row, 5)) for row in (8, 0))
    drag_by_touch(page, start, end)
    page.wait_for_function("scrollY > 50")
    assert np.sum(call(page, "convolution", "state")["image"]) == 5
    for control in page.locator(".live-figure :is(button, select, input)").all():
        assert control.bounding_box()["height"] >= 44


def test_convolution_draws_its_numbers(show):
    page = show(document(live.convolution("lecture", "laplace", padding=1)))
    state = call(page, "convolution", "state")
    drawn = page.evaluate("""() => [...document.querySelectorAll(".live-picture")]
        .map((picture) => [...picture.querySelectorAll("text")])
        .map((texts) => texts.map((text) => text.textContent))""")
    padded = np.pad(np.array(state["image"]), 1).ravel().tolist()
    assert drawn[0] == [str(v) for v in padded]
    flat = np.ravel(state["output"]).astype(int)
    assert drawn[1] == [str(v).replace("-", "−") for v in flat]
    colours = page.evaluate("""() => {
        const cells = document.querySelectorAll(".live-picture .live-cell");
        const colours = [...cells].map((cell) => getComputedStyle(cell).fill);
        return colours.map((colour) => colour.match(/\\d+/g).map(Number));
    }""")
    for value, (red, _, blue) in zip(flat, colours[-25:], strict=True):
        assert np.sign(red - blue) == np.sign(value)
    # A text is readable on its cell, whatever the value.
    pairs = page.evaluate("""() => [...document.querySelectorAll(".live-picture")]
        .flatMap((picture) => {
          const fill = (node) => getComputedStyle(node).fill;
          const parse = (node) => fill(node).match(/\\d+/g).map(Number);
          const [cells, texts] = [".live-cell", "text"]
            .map((name) => [...picture.querySelectorAll(name)]);
          return cells.map((cell, k) => [parse(cell), parse(texts[k])]);
        })""")
    assert len(pairs) == 49 + 25
    assert min(contrast(*pair) for pair in pairs) >= 4.5
    # Where numbers do not fit, colour alone remains.
    image = np.random.default_rng(0).normal(size=(16, 16)).tolist()
    call(page, "convolution", "set", {"image": image, "padding": 2})
    assert page.locator(".live-picture text").count() == 0


@pytest.mark.parametrize("width", [1280, 700, 390, 320])
def test_nothing_moves_in_convolution(show, width):
    page = show(document(live.convolution()), width=width)
    heights = page.evaluate("""() => {
        const { root, set } = dlbookLive.convolution;
        const seen = new Set();
        const look = () => {
          seen.add(root.getBoundingClientRect().height);
          seen.add(document.documentElement.scrollWidth > innerWidth ? "wide" : "");
        };
        const rows = (value, h, w) => Array(h).fill(Array(w).fill(value));
        for (const image of ["seven", "lecture", rows(0.123, 16, 16), rows(9, 3, 16)])
          for (const kernel of ["lecture", "mean", rows(-12.5, 3, 3)])
            for (const padding of [0, 2]) for (const stride of [1, 3]) {
              set({ image, kernel, padding, stride, position: [1, 1] });
              look();
            }
        return [...seen];
    }""")
    assert len(heights) == 2 and "wide" not in heights, heights


def stack_of(kind, depth, scale, bias, seed):
    """Deviations of h, norms of the gradient by h, mean gates: all by layer."""
    numbers = normal(uniform(seed, 2 * (2 * 32 * 24 + 120 * 24 * 24)))
    x, slope = numbers[:1536].reshape(2, 32, 24)
    weights = scale / 24**0.5 * numbers[1536:].reshape(60, 2, 24, 24)[:depth]
    hidden, gates = [x], []
    for W, V in weights:
        h = hidden[-1]
        f = np.maximum(h @ W, 0)
        with np.errstate(over="ignore"):
            gates.append(1 / (1 + np.exp(-(h @ V) - bias)))
        t = gates[-1]
        hidden.append(
            {"plain": f, "residual": h + f, "highway": t * f + (1 - t) * h}[kind]
        )
    gradients = [slope]
    for (W, V), t, h in zip(weights[::-1], gates[::-1], hidden[-2::-1], strict=True):
        g = gradients[-1]
        z = h @ W
        f = np.maximum(z, 0)
        if kind == "highway":
            by_gate = (g * (f - h) * t * (1 - t)) @ V.T
            new = (g * t * (z > 0)) @ W.T + by_gate + g * (1 - t)
        else:
            new = (g * (z > 0)) @ W.T + (g if kind == "residual" else 0)
        gradients.append(new)
    norms = np.array([np.linalg.norm(g) for g in gradients[::-1]])
    return (
        [h.std() for h in hidden],
        norms / norms[-1],
        [t.mean() for t in gates] if kind == "highway" else None,
    )


def hold_residual(state):
    arguments = [state[k] for k in ("depth", "scale", "gate_bias", "seed")]
    assert list(state["stacks"]) == list(live.STACKS)
    for kind, found in state["stacks"].items():
        deviations, norms, gates = stack_of(kind, *arguments)
        assert len(found["activation_std"]) == state["depth"] + 1
        np.testing.assert_allclose(found["activation_std"], deviations, rtol=1e-6)
        np.testing.assert_allclose(found["gradient_norm"], norms, rtol=1e-6)
        if gates:
            np.testing.assert_allclose(state["gate"], gates, rtol=1e-6)
    chosen = state["stacks"][state["kind"]]
    for key in ("activation_std", "gradient_norm"):
        assert state[key] == chosen[key]


def test_the_stack_of_the_test_has_the_gradients_of_its_loss():
    # The reference above, held against finite differences.
    def loss(h, W, V, bias, kind, slope):
        f = np.maximum(h @ W, 0)
        t = 1 / (1 + np.exp(-(h @ V) - bias))
        new = {"plain": f, "residual": h + f, "highway": t * f + (1 - t) * h}[kind]
        return np.sum(slope * new)

    for kind in live.STACKS:
        numbers = normal(uniform(3, 2 * (2 * 32 * 24 + 120 * 24 * 24)))
        x, slope = numbers[:1536].reshape(2, 32, 24)
        W, V = 0.9 / 24**0.5 * numbers[1536 : 1536 + 1152].reshape(2, 24, 24)
        slopes = np.zeros_like(x)
        for place in np.ndindex(x.shape):
            step = np.zeros_like(x)
            step[place] = 1e-6
            ends = [loss(x + d, W, V, -1, kind, slope) for d in (step, -step)]
            slopes[place] = (ends[0] - ends[1]) / 2e-6
        _, norms, _ = stack_of(kind, 1, 0.9, -1, 3)
        expected = np.linalg.norm(slopes) / np.linalg.norm(slope)
        assert norms[0] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("kind", live.STACKS)
def test_residual_equals_numpy(show, kind):
    page = show(document(live.residual(kind=kind, seed=3)))
    hold_residual(call(page, "residual", "state"))
    for depth, scale, bias, seed in (
        (1, 1, -2, 0),
        (20, 2**0.5, 0, 7),
        (60, 1, -3, 1),
        (60, 0.3, 6, 9999),
        (35, 2, -6, 2),
        (60, 0, -2, 4),
    ):
        values = {"depth": depth, "scale": scale, "gate_bias": bias, "seed": seed}
        call(page, "residual", "set", values)
        state = call(page, "residual", "state")
        assert {k: state[k] for k in values} == values and state["kind"] == kind
        hold_residual(state)


def test_residual_shows_what_the_theory_says(show):
    page = show(document(live.residual(40)))

    def ends(scale, bias=-2):
        """Signal and gradient across the stack, of five draws: smallest, largest."""
        found = {kind: [] for kind in live.STACKS}
        for seed in range(5):
            values = {"depth": 40, "scale": scale, "gate_bias": bias, "seed": seed}
            call(page, "residual", "set", values)
            for kind, lists in call(page, "residual", "state")["stacks"].items():
                signal, gradient = lists["activation_std"], lists["gradient_norm"]
                found[kind].append([signal[-1] / signal[0], gradient[0]])
        return {kind: (np.min(v), np.max(v)) for kind, v in found.items()}

    # With no weights a residual block is the identity, and a plain net is dead.
    found = ends(0)
    assert found["residual"] == (1, 1) and found["plain"] == (0, 0)
    # Glorot's scale halves the variance in each plain layer, and He's keeps it.
    found = ends(1)
    assert found["plain"][1] < 30 * 2**-20
    assert found["residual"][0] > 100
    assert ends(2**0.5)["plain"][0] > 1e-3
    # Small weights: the residual stack alone carries both through.
    found = ends(0.2)
    assert 0.5 < found["residual"][0] and found["residual"][1] < 20
    assert found["plain"][1] < 1e-20
    # Closed gates carry: a highway is near the identity at b = -6.
    found = ends(1, -6)["highway"]
    assert 0.5 < found[0] and found[1] < 2


def test_residual_words_and_curves_are_those_of_the_numbers(show):
    page = show(document(live.residual(30)))
    for kind in live.STACKS:
        page.get_by_role("combobox", name="Network").select_option(kind)
        for button in ("s = 0.3", "Glorot", "He"):
            page.get_by_role("button", name=button, exact=True).click()
            state = call(page, "residual", "state")
            said = page.locator(".live-status").inner_text().split(". ")
            assert said[0].startswith(f"30 layers, {kind}")
            signal = state["activation_std"]
            factors = signal[-1] / signal[0], state["gradient_norm"][0]
            for sentence, factor in zip(said, factors, strict=True):
                word = "explodes" if factor > 10 else "vanishes" if factor < 0.1 else ""
                assert (word or "keeps") in sentence, (sentence, factor)
            pressed = page.locator("button[aria-pressed=true]").all_inner_texts()
            assert pressed == [button]
    drawn = page.evaluate("""() => [...document.querySelectorAll(".live-picture")]
        .map((picture) => [...picture.querySelectorAll("svg svg path")])
        .map((paths) => paths.map((path) => path.getAttribute("d").slice(1).split("L")
          .map((point) => point.split(" ").map(Number))))""")
    state = call(page, "residual", "state")
    for key, lines in zip(("activation_std", "gradient_norm"), drawn, strict=True):
        logs = np.log10([state["stacks"][kind][key] for kind in live.STACKS]).ravel()
        places = np.array(lines)
        np.testing.assert_allclose(np.diff(places[..., 0]), 328 / 30, atol=0.011)
        heights = places[..., 1].ravel()
        fit = np.polyfit(logs, heights, 1)
        assert fit[0] < -5
        np.testing.assert_allclose(np.polyval(fit, logs), heights, atol=0.01)
    front = page.evaluate("""() => [...document.querySelectorAll(".live-picture")]
        .map((picture) => [...picture.querySelectorAll("svg svg path")]
          .findIndex((path) => path.matches(".live-front")))""")
    assert front == [2, 2]


def test_residual_answers_to_keyboard_mouse_and_touch(show):
    page = show(document(live.residual(10, "plain", 0.5, 1, 4)))
    first = call(page, "residual", "state")

    def after(role, name, *keys):
        press(page, role, name, *keys)
        return call(page, "residual", "state")

    assert after("slider", "Depth", "Home")["depth"] == 1
    assert after("slider", "Depth", "End", "ArrowLeft")["depth"] == 59
    assert after("slider", "Weight scale s", "End")["scale"] == 2
    state = after("slider", "Gate bias b", "Home", "ArrowRight")
    assert state["gate_bias"] == pytest.approx(-5.9)
    hold_residual(state)
    assert after("button", "New weights", "Enter")["seed"] == 5
    assert after("button", "He", " ")["scale"] == 2**0.5
    assert after("button", "Reset", "Enter") == first
    box = page.get_by_role("slider", name="Depth").bounding_box()
    page.mouse.move(box["x"] + 12, box["y"] + box["height"] / 2)
    page.mouse.down()
    seen = set()
    for step in range(1, 9):
        x = box["x"] + 12 + step * (box["width"] - 24) / 8
        page.mouse.move(x, box["y"] + box["height"] / 2)
        seen.add(call(page, "residual", "state")["depth"])
    page.mouse.up()
    assert len(seen) >= 6 and max(seen) >= 58
    phone = show(document(live.residual()), width=390, has_touch=True)
    phone.get_by_role("slider", name="Depth").tap(position={"x": 10, "y": 22})
    assert call(phone, "residual", "state")["depth"] <= 3
    phone.get_by_role("button", name="s = 0", exact=True).tap()
    assert call(phone, "residual", "state")["scale"] == 0
    for control in phone.locator(".live-figure :is(button, select, input)").all():
        assert control.bounding_box()["height"] >= 44


@pytest.mark.parametrize("width", [1280, 700, 390, 320])
def test_nothing_moves_in_residual(show, width):
    page = show(document(live.residual()), width=width)
    heights = page.evaluate("""() => {
        const { root, set } = dlbookLive.residual;
        const seen = new Set();
        for (const kind of ["plain", "residual", "highway"])
          for (const depth of [1, 7, 60]) for (const scale of [0, 0.02, 1, 1.26, 2])
            for (const gate_bias of [-6, 5.9]) {
              set({ kind, depth, scale, gate_bias, seed: 9999 });
              seen.add(root.getBoundingClientRect().height);
              seen.add(document.documentElement.scrollWidth > innerWidth ? "wide" : "");
            }
        return [...seen];
    }""")
    assert len(heights) == 2 and "wide" not in heights, heights


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_curves_of_residual_stand_out(show, theme):
    page = show(document(live.residual(), theme=theme))
    back, *strokes = page.evaluate("""() => {
        const read = (node, key) => getComputedStyle(node)[key]
          .match(/[\\d.]+/g).slice(0, 3).map(Number);
        const lines = [...document.querySelectorAll(".live-picture svg path")];
        return [read(document.querySelector(".live-figure"), "backgroundColor"),
          ...lines.map((line) => read(line, "stroke"))];
    }""")
    assert len(strokes) == 6
    assert min(contrast(stroke, back) for stroke in strokes) >= 3
    dashes = page.locator(".live-picture svg path").evaluate_all(
        "nodes => nodes.map((node) => getComputedStyle(node).strokeDasharray)"
    )
    assert len(set(dashes[:3])) == 3


SIGNED = [[5, 48, 97], [67, 147, 195], [255, 255, 255], [214, 96, 77], [103, 0, 31]]
POSITIVE = [[0, 0, 4], [87, 16, 110], [188, 55, 84], [249, 142, 9], [252, 255, 164]]


def stretched(array, size):
    """Bilinear, pixel centres aligned: one axis after the other."""
    for axis, length in enumerate(size):
        old = array.shape[axis]
        places = np.clip((np.arange(length) + 0.5) * old / length - 0.5, 0, old - 1)
        array = np.apply_along_axis(
            lambda line, places=places: np.interp(places, np.arange(len(line)), line),
            axis,
            array,
        )
    return array


def blended(photo, map_, alpha):
    """The blended picture, not rounded, and the map's values in its size."""
    if map_.ndim == 3:
        return (1 - alpha) * photo + alpha * map_, map_
    values = stretched(map_, photo.shape[:2])
    stops = np.array(SIGNED if map_.min() < 0 else POSITIVE)
    ends = (-1, 1) if map_.min() < 0 else (0, 1)
    share = values / np.abs(map_).max()
    knots = np.linspace(*ends, 5)
    colours = [np.interp(share, knots, stops[:, c]) for c in range(3)]
    return (1 - alpha) * photo + alpha * np.stack(colours, -1), values


def ready(page):
    page.wait_for_function("() => dlbookLive.blend.state().ready")
    return page


def canvas_of(page):
    data = page.evaluate("""() => {
        const canvas = document.querySelector(".live-stack canvas");
        const { width, height } = canvas;
        const all = canvas.getContext("2d").getImageData(0, 0, width, height);
        return [height, width, [...all.data]];
    }""")
    return np.array(data[2]).reshape(*data[:2], 4)


@pytest.mark.parametrize("alpha", [0, 0.25, 0.5, 0.99, 1])
def test_blend_equals_numpy(show, alpha):
    photo = photograph()
    page = ready(show(document(blend())))
    for name, map_ in maps_of(photo).items():
        call(page, "blend", "set", {"name": name, "alpha": alpha})
        expected, values = blended(photo, map_, alpha)
        # A map's numbers come in 255 steps: half a step moves a colour by at most
        # half a 64th (signed) of the 255 or so between two neighbours of the scale.
        limit = None if map_.ndim == 3 else np.abs(map_).max()
        steps = 254 if map_.min() < 0 else 510
        slack = 0 if limit is None else alpha * 188 * 4 / steps
        drawn = canvas_of(page)
        assert (drawn[..., 3] == 255).all()
        assert np.abs(drawn[..., :3] - expected).max() <= 0.5 + slack + 1e-6
        for position in ([0, 0], [47, 63], [20, 31], [3, 60]):
            call(page, "blend", "set", {"position": position})
            state = call(page, "blend", "state")
            assert (state["name"], state["alpha"]) == (name, alpha)
            assert state["limit"] == pytest.approx(limit)
            row, column = position
            assert state["image"] == photo[row, column].tolist()
            assert state["pixel"] == drawn[row, column, :3].tolist()
            if limit is None:
                assert state["value"] == map_[row, column].tolist()
            else:
                error = abs(state["value"] - values[row, column])
                assert error <= limit / steps + 1e-12
    call(page, "blend", "set", {"alpha": 0})
    np.testing.assert_array_equal(canvas_of(page)[..., :3], photo)


def test_blend_is_exact_where_a_map_is_on_its_levels(show):
    photo = photograph(16, 24)
    levels = np.random.default_rng(2).integers(-127, 128, (16, 24))
    levels[0, :2] = -127, 0
    page = ready(show(document(live.blend(photo, {"levels": levels / 127}))))
    for alpha in (0.3, 0.5, 1):
        call(page, "blend", "set", {"alpha": alpha})
        expected, _ = blended(photo, levels / 127, alpha)
        assert np.abs(canvas_of(page)[..., :3] - expected).max() <= 0.5 + 1e-4
    call(page, "blend", "set", {"position": [0, 0]})
    assert call(page, "blend", "state")["value"] == pytest.approx(-1)


@pytest.mark.parametrize("shape", [(1, 1), (1, 6), (8, 1), (2, 2), (48, 64)])
def test_blend_stretches_maps_of_any_size(show, shape):
    map_ = np.random.default_rng(3).normal(size=shape)
    page = ready(show(document(live.blend(photograph(), {"map": map_}))))
    values = stretched(map_, (48, 64))
    for position in ([0, 0], [47, 63], [24, 32], [11, 50]):
        call(page, "blend", "set", {"position": position})
        found = call(page, "blend", "state")["value"]
        error = abs(found - values[tuple(position)])
        assert error <= np.abs(map_).max() / 254 + 1e-12


def test_blend_answers_to_keyboard_mouse_and_touch(show):
    page = ready(show(document(blend())))
    first = call(page, "blend", "state")
    assert (first["alpha"], first["position"]) == (0.5, [24, 32])
    box = page.locator(".live-stack canvas").bounding_box()
    unit = box["width"] / 64

    def over(row, column):
        return box["x"] + (column + 0.5) * unit, box["y"] + (row + 0.5) * unit

    for position in ([5, 9], [6, 9], [47, 63], [0, 0]):
        page.mouse.move(*over(*position))
        state = call(page, "blend", "state")
        assert state["position"] == position
        said = page.locator(".live-status").inner_text()
        assert said.startswith(f"Row {position[0]}, column {position[1]}: ")
    ring = page.locator(".live-handle")
    ring.focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "Shift+ArrowDown"):
        page.keyboard.press(key)
    assert call(page, "blend", "state")["position"] == [5, 2]
    page.keyboard.press("Shift+ArrowLeft")
    assert call(page, "blend", "state")["position"] == [5, 0]
    assert ring.get_attribute("aria-valuetext").startswith("Row 5, column 0: ")
    slider = page.get_by_role("slider", name="Blend α")
    slider.focus()
    page.keyboard.press("End")
    assert call(page, "blend", "state")["alpha"] == 1
    page.keyboard.press("ArrowLeft")
    assert call(page, "blend", "state")["alpha"] == 0.99
    page.get_by_role("button", name="Image").click()
    state = call(page, "blend", "state")
    assert state["alpha"] == 0 and state["pixel"] == state["image"]
    page.get_by_role("combobox", name="Map").select_option(label="negative")
    page.get_by_role("button", name="Map").click()
    state = call(page, "blend", "state")
    assert (state["name"], state["limit"]) == ("negative", None)
    assert state["pixel"] == state["value"] == [255 - v for v in state["image"]]
    page.get_by_role("button", name="Reset").click()
    assert call(page, "blend", "state") == first
    phone = ready(show(document(blend()), width=390, has_touch=True))
    stack = phone.locator(".live-stack")
    stack.tap(position={"x": 30, "y": 40})
    unit = stack.bounding_box()["width"] / 64
    expected = [int(40 / unit), int(30 / unit)]
    assert call(phone, "blend", "state")["position"] == expected
    ring = phone.locator(".live-handle").bounding_box()
    start = ring["x"] + ring["width"] / 2, ring["y"] + ring["height"] / 2
    drag_by_touch(phone, start, (start[0] + 20 * unit, start[1] + 10 * unit))
    found = call(phone, "blend", "state")["position"]
    assert np.abs(np.subtract(found, np.add(expected, [10, 20]))).max() <= 1
    phone.get_by_role("slider", name="Blend α").tap(position={"x": 8, "y": 22})
    assert call(phone, "blend", "state")["alpha"] < 0.05
    for control in phone.locator(".live-figure :is(button, select, input)").all():
        assert control.bounding_box()["height"] >= 44


@pytest.mark.parametrize("width", [1280, 700, 390, 320])
def test_nothing_moves_in_blend(show, width):
    page = show(document(blend()), width=width)
    # The place is kept before the images are decoded.
    heights = page.evaluate("""async () => {
        const { root, set, state } = dlbookLive.blend;
        const seen = new Set();
        const look = () => {
          seen.add(root.getBoundingClientRect().height);
          seen.add(document.documentElement.scrollWidth > innerWidth ? "wide" : "");
        };
        look();
        while (!state().ready) await new Promise((done) => setTimeout(done, 10));
        for (const name of ["class activation", "gradient", "negative"])
          for (const position of [[0, 0], [47, 63], [10, 20]]) {
            set({ name, position, alpha: 0.5 });
            look();
          }
        return [...seen];
    }""")
    assert len(heights) == 2 and "wide" not in heights, heights


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_ring_of_blend_lies_on_the_picture(show, theme):
    page = ready(show(document(blend(), theme=theme)))
    top = page.evaluate("""() => {
        const box = document.querySelector(".live-handle").getBoundingClientRect();
        const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
        return document.elementFromPoint(x, y).closest(".live-handle") !== null;
    }""")
    assert top
    # What the screen shows are the numbers, in both themes; the ring covers one pixel.
    call(page, "blend", "set", {"position": [10, 50]})
    shot = Image.open(io.BytesIO(page.locator(".live-stack").screenshot()))
    assert shot.width >= 5 * 64

    def seen(row, column):
        unit = shot.width / 64
        place = int((column + 0.5) * unit), int((row + 0.5) * unit)
        return shot.convert("RGB").getpixel(place)

    drawn = canvas_of(page)
    for row, column in ((40, 5), (3, 3), (45, 60), (20, 31)):
        found = np.array(seen(row, column), int)
        assert np.abs(found - drawn[row, column, :3]).max() <= 2
    unit = shot.width / 64
    circle = [
        shot.convert("RGB").getpixel((int(50.5 * unit + x), int(10.5 * unit)))
        for x in range(-20, 21)
    ]
    assert max(contrast(a, b) for a in circle for b in circle) >= 7
    strokes = page.locator(".live-handle circle").evaluate_all(
        "nodes => nodes.map((node) => getComputedStyle(node).stroke)"
    )
    halo, ring = ([int(v) for v in s[4:-1].split(",")] for s in strokes[1:])
    # Light on dark or dark on light: one of the two shows on any picture.
    assert contrast(halo, ring) >= 7
