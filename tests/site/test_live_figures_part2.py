"""The live figures of Part II in a browser, held against the same rules in Python."""

import itertools
import re

import numpy as np
import pytest
from live_page import call, contrast, document, press

from dlbook import live
from dlbook.scratch import network

XOR = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])

PHI = {
    "identity": lambda z: z,
    "step": lambda z: np.heaviside(z, 0),
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
}


def forward(weights, activation, x):
    W1, b1, w2, b2 = weights
    hidden = PHI[activation](x @ W1 + b1)
    return hidden, hidden @ w2 + b2


def weights_of(state):
    return [np.array(state[name], float) for name in ("W1", "b1", "w2", "b2")]


def xor_loss(flat, activation):
    weights = flat[:4].reshape(2, 2), flat[4:6], flat[6:8], flat[8]
    _, z = forward(weights, activation, XOR[0])
    return np.mean(np.logaddexp(0, z) - z * XOR[1])


def xor_gradient(flat, activation, step=1e-6):
    """Central differences; a step function's own slope counts as 0."""
    gradient = np.array(
        [
            (xor_loss(flat + d, activation) - xor_loss(flat - d, activation)) / 2 / step
            for d in step * np.eye(9)
        ]
    )
    return np.where(np.arange(9) < 6, 0, gradient) if activation == "step" else gradient


def flatten(weights):
    return np.concatenate([np.ravel(weight) for weight in weights])


@pytest.mark.parametrize("activation", live.ACTIVATIONS)
def test_hidden_layer_equals_numpy(show, activation):
    page = show(document(live.hidden_layer(activation, learning_rate=0.25)))
    rng = np.random.default_rng(5)
    for scale in (0.5, 1, 2, 3):
        flat = rng.normal(scale=scale, size=9)
        weights = [flat[:4].reshape(2, 2), flat[4:6], flat[6:8], flat[8]]
        named = dict(zip(("W1", "b1", "w2", "b2"), weights, strict=True))
        values = {key: value.tolist() for key, value in named.items()}
        call(page, "hidden_layer", "set", values)
        state = call(page, "hidden_layer", "state")
        hidden, z = forward(weights, activation, XOR[0])
        np.testing.assert_allclose(state["hidden"], hidden, rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(state["logits"], z, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(state["outputs"], 1 / (1 + np.exp(-z)), rtol=1e-12)
        np.testing.assert_allclose(state["loss"], xor_loss(flat, activation))
        assert state["correct"] == np.sum((z > 0) == XOR[1])
        gradient = xor_gradient(flat, activation)
        found = flatten(weights_of(state["gradient"]))
        np.testing.assert_allclose(found, gradient, rtol=1e-5, atol=1e-8)
        call(page, "hidden_layer", "step")
        after = flatten(weights_of(call(page, "hidden_layer", "state")))
        np.testing.assert_allclose(after, flat - 0.25 * found, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("activation", live.ACTIVATIONS)
def test_hidden_layer_draws_the_classes_where_they_lie(show, activation):
    page = show(document(live.hidden_layer(activation)))
    rng = np.random.default_rng(8)
    for start in (0, 2, 5):
        if start:
            call(page, "hidden_layer", "set", {"start": start})
            call(page, "hidden_layer", "step", 60)
        state = call(page, "hidden_layer", "state")
        points = rng.uniform([-0.75, -0.55], [1.75, 1.55], size=(300, 2))
        # In drawing units: the window is [-0.8, 1.8] by [-0.6, 1.6].
        drawn = np.stack(
            [
                40 + 348 * (points[:, 0] + 0.8) / 2.6,
                312 - 300 * (points[:, 1] + 0.6) / 2.2,
            ],
            axis=1,
        )
        painted = page.evaluate(
            """(points) => [0, 1].map((d) => {
              const path = document.querySelector(`.live-tint-${d}`);
              return points.map(([x, y]) => path.isPointInFill(new DOMPoint(x, y)));
            })""",
            drawn.tolist(),
        )
        weights = weights_of(state)
        _, z = forward(weights, activation, points)
        # Points closer than a tenth of a unit to an edge are left to the rounding.
        near = np.zeros(len(points), bool)
        for shift in ([0.003, 0], [-0.003, 0], [0, 0.003], [0, -0.003]):
            near |= (forward(weights, activation, points + shift)[1] > 0) != (z > 0)
        assert near.mean() < 0.1
        np.testing.assert_array_equal(np.array(painted[1])[~near], (z > 0)[~near])
        np.testing.assert_array_equal(np.array(painted[0])[~near], (z <= 0)[~near])


@pytest.mark.parametrize("activation", live.ACTIVATIONS)
def test_hidden_layer_without_hinges_is_one_class(show, activation):
    zeros = {"W1": [[0, 0], [0, 0]], "b1": [0, 0], "w2": [1, -1]}
    page = show(document(live.hidden_layer(activation)))
    for bias, classes in ((2, [False, True]), (-2, [True, False]), (0, [True, False])):
        call(page, "hidden_layer", "set", zeros | {"b2": bias})
        painted = page.evaluate("""() => [0, 1].map((d) => document
            .querySelector(`.live-tint-${d}`).isPointInFill(new DOMPoint(203, 151)))""")
        assert painted == classes
    assert page.locator(".live-handle:visible").count() == 0
    call(page, "hidden_layer", "reset")
    assert page.locator(".live-handle:visible").count() == 4


@pytest.mark.parametrize("activation", live.ACTIVATIONS)
def test_hidden_layer_fills_in_a_solution(show, activation):
    page = show(document(live.hidden_layer("relu")))
    page.get_by_role("combobox", name="Activation").select_option(activation)
    before = call(page, "hidden_layer", "state")
    page.get_by_role("button", name="Solution").click()
    state = call(page, "hidden_layer", "state")
    _, z = forward(weights_of(state), activation, XOR[0])
    said = page.locator(".live-status").inner_text()
    if activation == "identity":
        assert weights_of(state)[0].tolist() == before["W1"]
        assert state["correct"] <= 3 and "at most 3 of 4" in said
    else:
        np.testing.assert_array_equal(z > 0, XOR[1] == 1)
        assert min(abs(z)) >= 1.9
        assert state["correct"] == 4 and "All four right" in said


def test_hidden_layer_trains_from_some_starts_and_not_from_others(show):
    page = show(document(live.hidden_layer()))
    ends = page.evaluate(
        """([activations]) => activations.map((activation) => {
          const layer = window.dlbookLive.hidden_layer;
          return Array.from({ length: 20 }, (_, k) => {
            layer.set({ activation, start: k + 1 });
            layer.step(3000);
            return layer.state();
          });
        })""",
        [live.ACTIVATIONS],
    )
    solved = {}
    for activation, states in zip(live.ACTIVATIONS, ends, strict=True):
        solved[activation] = sum(state["status"] == "solved" for state in states)
        for state in states:
            flat = flatten(weights_of(state))
            assert xor_loss(flat, activation) == pytest.approx(state["loss"])
            if state["status"] == "solved":
                assert state["correct"] == 4 and state["loss"] < 0.05
    assert solved["identity"] == 0
    assert max(state["correct"] for state in ends[0]) <= 3
    for activation in ("sigmoid", "tanh", "relu"):
        assert 2 <= solved[activation] <= 18, solved
    # The same start number gives the same weights, with Keras's zero biases.
    call(page, "hidden_layer", "set", {"start": 7})
    first = call(page, "hidden_layer", "state")
    call(page, "hidden_layer", "step", 5)
    call(page, "hidden_layer", "set", {"start": 7})
    again = call(page, "hidden_layer", "state")
    assert again == first and first["b1"] == [0, 0] and first["b2"] == 0
    assert np.abs(first["W1"]).max() <= np.sqrt(6 / 4)


def test_hinge_lines_move_by_mouse(show):
    page = show(document(live.hidden_layer()))

    def drag(name, dx, dy):
        node = page.get_by_role("slider", name=name).locator(".live-hit")
        box = node.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + dx, y + dy, steps=4)
        page.mouse.up()
        box = node.bounding_box()
        middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        return np.subtract(middle, (x, y))

    np.testing.assert_allclose(drag("Hinge 1, shift", 60, -20), (60, -20), atol=1)
    shifted = call(page, "hidden_layer", "state")
    scale = page.locator(".live-picture").first.evaluate("n => n.getScreenCTM().a")
    across = 2.6 / 348 / scale
    assert shifted["W1"] == [[1, 0], [0, 1]]
    assert shifted["b1"][0] == pytest.approx(-0.5 - 60 * across, abs=0.01)
    assert shifted["b1"][1] == -0.5
    drag("Hinge 1, turn", -44 * scale, -44 * scale)
    turned = call(page, "hidden_layer", "state")
    w = np.array(turned["W1"])[:, 0]
    assert np.hypot(*w) == pytest.approx(1)
    assert w[1] > 0.95
    # The line still runs through the grip.
    foot = np.array([0.5 + 60 * across, 0.2 + 20 * across])
    assert w @ foot + turned["b1"][0] == pytest.approx(0, abs=0.02)


def test_hidden_layer_answers_to_the_keyboard(show):
    page = show(document(live.hidden_layer()))

    def after(role, name, *keys):
        press(page, role, name, *keys)
        return call(page, "hidden_layer", "state")

    for k, name in enumerate(["W₁₁", "W₁₂", "W₂₁", "W₂₂", "b₁", "b₂", "w₁", "w₂", "b"]):
        before = flatten(weights_of(call(page, "hidden_layer", "state")))
        state = after("slider", name, "End", "ArrowLeft")
        before[k] = 7.9
        np.testing.assert_allclose(flatten(weights_of(state)), before)
    page.get_by_role("button", name="Reset").press("Enter")
    state = after("slider", "Hinge 1, shift", "ArrowRight", "Shift+ArrowRight")
    assert state["b1"] == pytest.approx([-0.75, -0.5])
    state = after("slider", "Hinge 2, turn", "ArrowLeft", "ArrowUp", "Shift+ArrowUp")
    angle = np.pi / 2 + 6 * np.pi / 36
    assert np.array(state["W1"])[:, 1] == pytest.approx([np.cos(angle), np.sin(angle)])
    spoken = [
        page.get_by_role("slider", name=name).get_attribute("aria-valuetext")
        for name in ("Hinge 1, shift", "Hinge 2, turn")
    ]
    assert spoken == ["at (0.75, 0.2)", "120 degrees"]
    after("button", "Random start", "Enter")
    after("button", "Step", "Enter", "Space")
    state = call(page, "hidden_layer", "state")
    assert (state["start"], state["steps"], state["status"]) == (1, 2, "training")
    after("button", "Run", "Enter")
    page.wait_for_function("window.dlbookLive.hidden_layer.state().steps > 20")


CURVES = {
    "square": (lambda x: x**2, (0, 1), 2),
    "sine": (lambda x: np.sin(2 * np.pi * x), (0, 1), 4 * np.pi**2),
    "runge": (lambda x: 1 / (1 + 25 * x**2), (-1, 1), 50),
    "root": (lambda x: np.sqrt(np.abs(x)), (-1, 1), None),
    "exp": (np.exp, (0, 1), np.e),
}


def compare_hinges(state):
    """Holds a state of the hinges against `numpy.interp`; returns the largest error."""
    f, (a, b), curvature = CURVES[state["f"]]
    knots = np.array(state["knots"])
    assert len(knots) == state["n"] + 1 and (knots[0], knots[-1]) == (a, b)
    dense = np.linspace(knots[:-1], knots[1:], 2001).ravel()
    dense = np.append(dense, 0)  # the corner of the root
    line = np.interp(dense, knots, f(knots))
    alphas = np.array(state["alphas"])
    slopes = np.diff(f(knots)) / np.diff(knots)
    np.testing.assert_allclose(alphas, np.diff(slopes, prepend=0), atol=1e-10)
    sums = sum(
        alpha * np.maximum(dense - knot, 0)
        for alpha, knot in zip(alphas, knots[:-1], strict=True)
    )
    np.testing.assert_allclose(state["f0"] + sums, line, atol=1e-10)
    error = np.abs(f(dense) - line).max()
    assert error - 1e-14 <= state["sup_error"] <= error * (1 + 1e-5) + 1e-14
    if curvature is None:
        assert state["bound"] is None
    else:
        bound = np.diff(knots).max() ** 2 / 8 * curvature
        assert state["bound"] == pytest.approx(bound, rel=1e-12)
        assert state["sup_error"] <= state["bound"] * (1 + 1e-12) + 1e-15
    return error


@pytest.mark.parametrize("f", CURVES)
def test_hinges_equal_numpy(show, f):
    page = show(document(live.hinges(f, n=1)))
    errors = {}
    for n in range(1, 65):
        state = call(page, "hinges", "state")
        assert (state["f"], state["n"], state["equal"]) == (f, n, True)
        np.testing.assert_allclose(
            state["knots"], np.linspace(*CURVES[f][1], n + 1), atol=1e-15
        )
        errors[n] = compare_hinges(state)
        call(page, "hinges", "step")
    tried = call(page, "hinges", "state")["tried"]
    assert [dot["n"] for dot in tried] == list(range(1, 65))
    assert page.locator(".live-picture").nth(1).locator("circle").count() == 64
    rate = np.log2(errors[32] / errors[64])
    if f == "root":
        assert rate == pytest.approx(0.5, abs=0.01)
    else:
        # Runge's function only begins to fall at its final rate by n = 64.
        assert rate == pytest.approx(2, abs=0.3 if f == "runge" else 0.06)
    if f == "square":
        assert [dot["sup_error"] for dot in tried] == pytest.approx(
            [1 / (4 * n * n) for n in range(1, 65)], rel=1e-10
        )


@pytest.mark.parametrize("f", CURVES)
def test_hinges_take_knots_of_the_readers_own(show, f):
    page = show(document(live.hinges(f)))
    rng = np.random.default_rng(2)
    a, b = CURVES[f][1]
    for n in (2, 5, 12, 40):
        knots = np.array([a, *np.sort(rng.uniform(a, b, n - 1)), b])
        call(page, "hinges", "set", {"knots": knots.tolist()})
        state = call(page, "hinges", "state")
        assert state["knots"] == knots.tolist() and not state["equal"]
        compare_hinges(state)
    if f == "root":  # a corner just inside a long piece is not where it errs most
        call(page, "hinges", "set", {"knots": [-1, -0.001, 1]})
        assert compare_hinges(call(page, "hinges", "state")) > 0.2
        call(page, "hinges", "set", {"n": 40})
    page.get_by_role("button", name="Equal spacing").click()
    even = call(page, "hinges", "state")
    assert even["equal"] and even["n"] == 40
    # Splitting where it is worst beats equal spacing where the curve is uneven.
    call(page, "hinges", "set", {"n": 4})
    for _ in range(36):
        page.get_by_role("button", name="Split the worst").press("Enter")
    state = call(page, "hinges", "state")
    assert state["n"] == 40
    compare_hinges(state)
    if f in ("runge", "root"):
        assert state["sup_error"] < 0.6 * even["sup_error"]
    note = page.locator(".live-note").inner_text()
    assert ("not bounded" in note) == (f == "root")


def test_knots_move_by_mouse_and_keyboard(show):
    page = show(document(live.hinges("square", n=4)))
    knot = page.get_by_role("slider", name="Knot 2")
    box = knot.locator(".live-hit").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    scale = page.locator(".live-picture").first.evaluate("n => n.getScreenCTM().a")
    unit = 348 / 1.04 * scale  # pixels to a unit of x
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 0.1 * unit, y + 30, steps=4)
    page.mouse.up()
    state = call(page, "hinges", "state")
    assert state["knots"] == pytest.approx([0, 0.25, 0.6, 0.75, 1], abs=0.006)
    assert state["sup_error"] == pytest.approx(0.35**2 / 4, abs=0.003)
    compare_hinges(state)
    box = knot.locator(".live-hit").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(x + 3 * unit, y, steps=4)
    page.mouse.up()
    state = call(page, "hinges", "state")
    assert 0.74 < state["knots"][2] < 0.75  # not past its neighbour
    page.get_by_role("button", name="Equal spacing").press("Enter")
    knot.focus()
    for key in ("ArrowLeft", "Shift+ArrowUp", "ArrowRight"):
        page.keyboard.press(key)
    state = call(page, "hinges", "state")
    assert state["knots"] == pytest.approx([0, 0.25, 0.52, 0.75, 1])
    assert knot.get_attribute("aria-valuetext") == "x = 0.52"
    knots = [0, 0.25, 0.52, 0.75, 1]
    for key, place in (("End", 0.7475), ("Home", 0.2525), ("PageUp", 0.3025)):
        page.keyboard.press(key)
        knots[2] = place
        assert call(page, "hinges", "state")["knots"] == pytest.approx(knots, abs=3e-3)
    # A click brings the nearest knot.
    picture = page.locator(".live-picture").first
    picture.click(position={"x": (44 + 348 * 0.62 / 1.04) * scale, "y": 40 * scale})
    knots[3] = 0.6
    assert call(page, "hinges", "state")["knots"] == pytest.approx(knots, abs=6e-3)
    slider = page.get_by_role("slider", name="Hinges n")
    slider.focus()
    page.keyboard.press("End")
    assert call(page, "hinges", "state")["n"] == 64
    assert page.locator(".live-handle").count() == 0
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    assert call(page, "hinges", "state")["knots"] == [0, 0.5, 1]
    hinges = page.get_by_role("button", name="Show hinges")
    hinges.press("Enter")
    assert hinges.get_attribute("aria-pressed") == "true"
    assert page.locator("path.live-mesh").get_attribute("d").count("M") == 2
    page.get_by_role("combobox", name="Function").select_option("exp")
    assert call(page, "hinges", "state")["f"] == "exp"
    page.get_by_role("button", name="Run").press("Enter")
    page.wait_for_function("window.dlbookLive.hinges.state().n === 64")
    page.get_by_role("button", name="Reset").press("Enter")
    state = call(page, "hinges", "state")
    assert (state["f"], state["n"], len(state["tried"])) == ("square", 4, 1)


@pytest.mark.parametrize("width", [1280, 700, 390])
def test_nothing_moves_in_the_networks_figures(show, width):
    page = show(document(live.hidden_layer(), live.hinges()), width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    heights = page.evaluate(
        """([activations, functions]) => {
          const { hidden_layer: layer, hinges } = window.dlbookLive;
          const seen = [new Set(), new Set()];
          const look = () => [layer, hinges].forEach(({ root }, k) =>
            seen[k].add(root.getBoundingClientRect().height));
          const press = (name) => [...layer.root.querySelectorAll("button")]
            .find((node) => node.textContent === name).click();
          for (const activation of activations) {
            layer.set({ activation, W1: [[-88.88, 77.77], [-66.66, 55.55]] });
            look();
            for (let start = 1; start <= 6; start++) {
              layer.set({ start });
              for (const n of [0, 1, 400, 12000]) { layer.step(n); look(); }
            }
            press("Solution");
            look();
          }
          for (const f of functions) for (const n of [1, 2, 3, 6, 12, 13, 64]) {
            hinges.set({ f, n, hinges: n === 3 });
            look();
            if (n > 1 && n < 64) hinges.set({ n: 2 * n });
            look();
          }
          return seen.map((set) => [...set]);
        }""",
        [live.ACTIVATIONS, live.FUNCTIONS],
    )
    assert [len(set) for set in heights] == [1, 1], heights


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_lines_of_the_networks_figures_stand_out(show, theme):
    page = show(document(live.hidden_layer(), live.hinges(), theme=theme))
    call(page, "hinges", "set", {"hinges": True})
    found = page.evaluate("""() => {
        const numbers = (text) => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
        const back = getComputedStyle(document.querySelector(".live-figure"));
        return [".live-mesh", ".live-target", ".live-path", ".live-line", ".live-grip"]
          .map((name) => {
            const style = getComputedStyle(document.querySelector(name));
            const [line, behind] = [style.stroke, back.backgroundColor].map(numbers);
            const share = Number(style.opacity);
            return [line.map((v, k) => share * v + (1 - share) * behind[k]), behind];
          });
    }""")
    for line, back in found:
        assert contrast(line, back) >= 3, (line, back)


def test_handles_are_wide_enough_for_a_finger(show):
    page = show(document(live.hidden_layer(), live.hinges()), width=390, has_touch=True)
    hits = page.locator(".live-handle .live-hit").all()
    assert len(hits) == 4 + 3
    for hit in hits:
        assert min(hit.bounding_box()[side] for side in ("width", "height")) >= 24
    for control in page.locator(".live-figure :is(button, select, input)").all():
        assert control.bounding_box()["height"] >= 44


PARAMETERS = ("W", "b", "W'", "b'")


def expected_values(x, layers, label):
    """Every matrix of the figure, from `dlbook.scratch.network` where it has it."""
    x, y = np.array([x], float), np.eye(len(layers[-1][1]))[[label]]
    layers = [tuple(np.array(array, float) for array in pair) for pair in layers]
    z, h = network.forward(layers, x)
    loss, gradients = network.loss_and_gradients(layers, x, y)
    values = {"c": z[-1], "p": network.softmax(z[-1]), "L": [[loss]], "h": h[-1]}
    dc = values["p"] - y
    values |= {"dc": dc, "dh": dc @ layers[-1][0].T}
    if len(layers) == 2:
        values |= {"f": x, "z": z[0], "dz": values["dh"] * (z[0] > 0)}
    for k, array in enumerate(sum(layers[::-1], ())):
        values[("W'", "b'", "W", "b")[k]] = np.atleast_2d(array)
    for k, array in enumerate(sum(gradients[::-1], ())):
        values[("dW'", "db'", "dW", "db")[k]] = np.atleast_2d(array)
    return values


def hold(state, expected):
    """Compares what has been computed; returns the number of cells that have not."""
    assert state["values"].keys() == expected.keys()
    unknown = 0
    for key, rows in state["values"].items():
        shown = np.array(rows, float)  # null becomes NaN
        assert shown.shape == np.shape(expected[key]), key
        known = ~np.isnan(shown)
        unknown += np.sum(~known)
        np.testing.assert_allclose(
            shown[known], np.asarray(expected[key])[known], rtol=1e-9, atol=1e-12
        )
    return unknown


def own(sizes, seed):
    rng = np.random.default_rng(seed)
    x, *weights = (
        rng.normal(size=shape).round(2)
        for shape in (sizes[0], *itertools.pairwise(sizes))
    )
    layers = [(W, rng.normal(size=W.shape[1]).round(2)) for W in weights]
    return {"x": x, "layers": layers, "label": int(rng.integers(sizes[-1]))}


@pytest.mark.parametrize(
    "numbers",
    [*live.STARTS.values(), own((3, 4), 0), own((4, 3, 2), 1), own((1, 4, 3), 2)],
    ids=[*live.STARTS, "own", "own-deep", "own-wide"],
)
def test_backpropagation_equals_numpy_at_every_cell(show, numbers):
    numbers = {key: numbers[key] for key in ("x", "layers", "label")}
    page = show(document(live.backpropagation(**numbers)))
    expected = expected_values(**numbers)
    steps = call(page, "backpropagation", "state")["steps"]
    inputs = ("f" if "f" in expected else "h", *PARAMETERS)
    assert steps == sum(np.size(v) for k, v in expected.items() if k not in inputs)
    button = page.get_by_role("button", name="Next cell")
    for n in range(1, steps + 1):
        button.click()
        state = call(page, "backpropagation", "state")
        assert (state["done"], hold(state, expected)) == (n, steps - n)
        assert (
            page.locator(".live-status").inner_text().startswith(f"{state['cell']} = ")
        )
        assert page.locator(".live-current").count() == 1
        # What is marked as used is known: an input, or computed before.
        assert page.locator(".live-used").count() >= 1
        assert page.locator(".live-used:disabled").count() == 0
    assert state["status"] == "done"
    button.click()
    assert call(page, "backpropagation", "state") == state


def test_backpropagation_lecture_numbers_and_words(show):
    page = show(document(live.backpropagation()))
    sentences = []
    while call(page, "backpropagation", "state")["status"] != "done":
        page.get_by_role("button", name="Next cell").click()
        sentences.append(page.locator(".live-status").inner_text())
    assert sentences == [
        "c₀ = −10·1 + 20·2 + 0 = 30",
        "c₁ = −10·2 + 20·1 + 0 = 0",
        "p₀ = exp(30) / (exp(30) + exp(0)) = 1",
        "p₁ = exp(0) / (exp(30) + exp(0)) = 9.36·10⁻¹⁴",
        "L = log(exp(30) + exp(0)) − 0 = 30",
        "∂L/∂c₀ = 1 − 0 = 1",
        "∂L/∂c₁ = 9.36·10⁻¹⁴ − 1 = −1",
        "∂L/∂W′₀₀ = −10·1 = −10",
        "∂L/∂W′₀₁ = −10·(−1) = 10",
        "∂L/∂W′₁₀ = 20·1 = 20",
        "∂L/∂W′₁₁ = 20·(−1) = −20",
        "∂L/∂b′₀ = ∂L/∂c₀ = 1",
        "∂L/∂b′₁ = ∂L/∂c₁ = −1",
        "∂L/∂h₀ = 1·1 + (−1)·2 = −1",
        "∂L/∂h₁ = 1·2 + (−1)·1 = 1",
    ]
    values = call(page, "backpropagation", "state")["values"]
    assert values["c"] == [[30, 0]]
    assert values["p"][0] == pytest.approx([1, 9.36e-14], rel=1e-3)
    assert values["L"][0][0] == pytest.approx(30, abs=1e-12)
    for key, rows in {
        "dc": [[1, -1]],
        "dW'": [[-10, 10], [20, -20]],
        "db'": [[1, -1]],
        "dh": [[-1, 1]],
    }.items():
        np.testing.assert_allclose(values[key], rows, rtol=1e-12)
    # A computed cell tells its sum again, and what that is made of.
    cell = page.get_by_role("button", name="∂L/∂W′ row 1, column 0: 20")
    cell.click()
    assert page.locator(".live-status").inner_text() == sentences[9]
    labels = "nodes => nodes.map(node => node.getAttribute('aria-label'))"
    used = page.locator(".live-used").evaluate_all(labels)
    assert used == ["h entry 1", "∂L/∂c entry 0: 1"]


def test_backpropagation_stops_at_a_unit_that_is_off(show):
    page = show(document(live.backpropagation("network")))
    call(page, "backpropagation", "step", 20)
    status = page.locator(".live-status")
    assert status.inner_text() == "∂L/∂z₀ = 1.5·0 = 0, for z₀ ≤ 0"
    call(page, "backpropagation", "step")
    assert status.inner_text() == "∂L/∂z₁ = −1·1 = −1, for z₁ > 0"
    call(page, "backpropagation", "run")
    values = call(page, "backpropagation", "state")["values"]
    assert (values["z"], values["h"], values["c"]) == ([[-1, 2]], [[0, 2]], [[0, 0]])
    assert (values["dh"], values["dz"]) == ([[1.5, -1]], [[0, -1]])
    assert (values["dW"], values["db"]) == ([[0, -4], [0, -2], [0, -3]], [[0, -1]])
    # With the unit on, its gradient comes back in what is shown already.
    bias = page.get_by_role("spinbutton", name="b entry 0", exact=True)
    bias.fill("3")
    bias.press("Enter")
    numbers = {key: live.STARTS["network"][key] for key in ("x", "layers", "label")}
    (W, _), last = numbers["layers"]
    expected = expected_values(**numbers | {"layers": [(W, [3, 1]), last]})
    assert hold(call(page, "backpropagation", "state"), expected) == 0
    assert expected["dz"][0, 0] > 0.1


def test_backpropagation_recomputes_only_what_is_shown(show):
    page = show(document(live.backpropagation()))
    call(page, "backpropagation", "step", 4)
    numbers = {"x": [-10, 2.5], "layers": [([[1, 2], [2, -3]], [0, 0.5])], "label": 1}
    for name, text in (
        ("h entry 1", "2.5"),
        ("W′ row 1, column 1", "-3"),
        ("b′ entry 1", "0.5"),
        ("h entry 0", "2000"),
        ("h entry 0", ""),
    ):
        box = page.get_by_role("spinbutton", name=name, exact=True)
        box.fill(text)
        box.press("Enter")
    assert box.input_value() == "-10"
    state = call(page, "backpropagation", "state")
    assert hold(state, expected_values(**numbers)) == state["steps"] - 4
    sentence = "p₁ = exp(−27) / (exp(−5) + exp(−27)) = 2.79·10⁻¹⁰"
    assert page.locator(".live-status").inner_text() == sentence
    page.get_by_role("combobox", name="Correct class").select_option("0")
    call(page, "backpropagation", "run")
    state = call(page, "backpropagation", "state")
    assert hold(state, expected_values(**numbers | {"label": 0})) == 0
    # A loss near 0 keeps its digits, which log(softmax) would lose.
    loss = state["values"]["L"][0][0]
    assert loss == pytest.approx(np.log1p(np.exp(-22)), rel=1e-12)
    page.get_by_role("button", name="Reset").click()
    state = call(page, "backpropagation", "state")
    assert (state["done"], state["label"]) == (0, 1)
    assert state["values"]["h"] == [[-10, 20]]


def test_backpropagation_does_not_overflow(show):
    large = {"x": [1000, -1000], "layers": [(np.diag([1000, 1000]), [0, 0])]}
    for label, loss in ((0, 0), (1, 2e6)):
        page = show(document(live.backpropagation(**large, label=label)))
        call(page, "backpropagation", "run")
        state = call(page, "backpropagation", "state")
        assert hold(state, expected_values(**large, label=label)) == 0
        assert state["values"]["L"] == [[loss]]
        text = page.locator(".live-figure").inner_text()
        assert "NaN" not in text and "Infinity" not in text


@pytest.mark.parametrize("start", live.STARTS)
def test_backpropagation_check_agrees(show, start):
    page = show(document(live.backpropagation(start)))
    page.get_by_role("button", name="Check").click()
    values = expected_values(
        **{key: live.STARTS[start][key] for key in ("x", "layers", "label")}
    )
    note = page.locator(".live-note")
    checked = 0
    for _ in range(call(page, "backpropagation", "state")["steps"]):
        page.get_by_role("button", name="Next cell").click()
        cell = call(page, "backpropagation", "state")["cell"]
        if not cell.startswith("∂"):
            assert "choose a cell of a gradient" in note.inner_text()
            continue
        key, row, column = re.fullmatch(r"∂L/∂(\w′?)([₀-₃]?)([₀-₃])", cell).groups()
        row, column = ("₀₁₂₃".index(k) if k else 0 for k in (row, column))
        slope = values["d" + key.replace("′", "'")][row][column]
        found = re.search(r"/ 2δ = (\S+) with", note.inner_text())[1]
        number = found.replace("−", "-")
        assert float(number) == pytest.approx(slope, rel=1e-4, abs=1e-9), cell
        checked += 1
    assert checked == sum(np.size(v) for k, v in values.items() if k[0] == "d")


def test_backpropagation_by_keyboard(show):
    page = show(document(live.backpropagation()))
    page.get_by_role("combobox", name="Numbers").focus()

    def done():
        return call(page, "backpropagation", "state")["done"]

    page.keyboard.press("Tab")
    for key in ("Enter", "Space", "Enter"):
        page.keyboard.press(key)
    assert done() == 3
    page.keyboard.press("Tab")  # Next matrix: the rest of p, then L, then ∂L/∂c
    for expected in (4, 5, 7):
        page.keyboard.press("Enter")
        assert done() == expected
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # Back
    assert done() == 6
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")  # All
    assert done() == 15
    for _ in range(4):
        page.keyboard.press("Tab")
    page.keyboard.press("ArrowUp")  # the first number: h₀ = −10
    page.keyboard.press("Tab")
    assert call(page, "backpropagation", "state")["values"]["h"] == [[-9, 20]]
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == (
        "h entry 1"
    )


@pytest.mark.parametrize("width", [1280, 390])
def test_backpropagation_fits_and_nothing_moves(show, width):
    options = {"has_touch": width == 390}
    page = show(document(live.backpropagation()), width=width, **options)
    assert page.locator("button:not([aria-label])", has_text="Check").count() == 1
    if width == 390:
        page.get_by_role("button", name="Check").tap()
    for start in live.STARTS:
        call(page, "backpropagation", "set", {"start": start})
        look = """() => {
          const { root, step, state } = window.dlbookLive.backpropagation;
          const seen = new Set();
          const outside = [];
          for (let n = 0; n <= state().steps; n++, step()) {
            seen.add(root.getBoundingClientRect().height);
            const box = (name) => root.querySelector(name)?.getBoundingClientRect();
            const [all, cell] = [box(".live-matrices"), box(".live-current")];
            if (cell && !(cell.top >= all.top && cell.bottom <= all.bottom))
              outside.push(state().cell);
          }
          return [seen.size, outside];
        }"""
        assert page.evaluate(look) == [1, []]
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    cut = """() => [...document.querySelectorAll(".live-matrix :is(button, input)")]
        .filter((node) => node.scrollWidth > node.clientWidth)
        .map((node) => node.textContent || node.value)"""
    values = {"h": [[-123.45, 0.00123]], "W'": [[-99.9, 1000], [-0.001, 7.125]]}
    call(page, "backpropagation", "set", {"start": "lecture", **values})
    call(page, "backpropagation", "run")
    assert page.evaluate(cut) == []
    sides = """() => [...document.querySelectorAll("button, input, select")]
        .flatMap((node) => [node.offsetWidth, node.offsetHeight])"""
    assert min(page.evaluate(sides)) >= (44 if width == 390 else 32)
