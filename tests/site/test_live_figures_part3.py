"""The live figures of Part III in a browser, held against the same rules in Python."""

import numpy as np
import pytest
from live_page import call, contrast, document, normal, uniform

from dlbook import live
from dlbook.scratch import optimizer
from dlbook.scratch.descent import numerical_gradient

# Function, derivative from its value, range of the histogram.
DEEP = {
    "identity": (lambda z: z, np.ones_like, (-3, 3)),
    "tanh": (np.tanh, lambda h: 1 - h**2, (-1, 1)),
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda h: h * (1 - h), (0, 1)),
    "relu": (lambda z: np.maximum(z, 0), lambda h: h > 0, (0, 3)),
}


def deep_network(activation, scale, seed):
    """Activations of layers 1 to 50, and the gradients by them."""
    f, derivative, _ = DEEP[activation]
    drawn = normal(uniform(seed, 2 * 51 * 64 * 64)).reshape(51, 64, 64)
    (x, slope), weights = np.split(drawn[0], 2), drawn[1:]
    weights = [scale / 8 * W for W in weights]
    hidden, gradients = [x], [slope]
    for W in weights:
        hidden.append(f(hidden[-1] @ W))
    for W, h in zip(weights[:0:-1], hidden[:1:-1], strict=True):
        gradients.append((gradients[-1] * derivative(h)) @ W.T)
    return hidden[1:], gradients[::-1]


def hold_deep(state, layers=50):
    """Compares the first layers' activations, and all gradients if those are all."""
    hidden, gradients = deep_network(
        *(state[k] for k in ("activation", "scale", "seed"))
    )
    low, high = DEEP[state["activation"]][2]
    assert len(state["activation_std"]) == len(state["gradient_std"]) == 50
    for k, h in enumerate(hidden[:layers]):
        assert state["activation_std"][k] == pytest.approx(h.std(), rel=1e-6)
        counts, _ = np.histogram(np.clip(h, low, high), 41, (low, high))
        assert state["histogram"][k] == counts.tolist()
    if layers == 50:
        deviations = [gradient.std() for gradient in gradients]
        found = np.array(state["gradient_std"], float)
        np.testing.assert_allclose(found, deviations, rtol=1e-6)
    dead = [int((h <= 0).all(axis=0).sum()) for h in hidden]
    assert state["dead"] == (dead if state["activation"] == "relu" else None)


def test_the_draws_are_standard_normal():
    for seed in range(5):
        z = normal(uniform(seed, 2 * 51 * 64 * 64))
        # Variances of z, z², z³ and z⁴: 1, 2, 15 and 96.
        for power, moment, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
            error = abs(np.mean(z**power) - moment)
            assert error < 4 * np.sqrt(variance / len(z))
        # A weight matrix's rows are not those before, shifted.
        assert abs(np.corrcoef(z[:-1], z[1:])[0, 1]) < 4 / np.sqrt(len(z))


@pytest.mark.parametrize("activation", live.DEEP_ACTIVATIONS)
def test_activations_equal_numpy(show, activation):
    page = show(document(live.activations(activation, scale=1 / 16, seed=3)))
    hold_deep(call(page, "activations", "state"))
    for scale, seed in ((0.08, 0), (1, 1), (2**0.5, 9999), (5 / 3, 7), (8, 2)):
        call(page, "activations", "set", {"scale": scale, "seed": seed})
        state = call(page, "activations", "state")
        assert (state["scale"], state["seed"]) == (scale, seed)
        if (activation, scale) != ("tanh", 8):
            hold_deep(state)
            continue
        # There each layer doubles a difference: after 50 a rounding error is all.
        hold_deep(state, layers=25)
        assert state["activation_std"][49] == pytest.approx(0.95, abs=0.02)
        assert 1e12 < state["gradient_std"][0] < 1e18


@pytest.mark.parametrize("activation", live.DEEP_ACTIVATIONS)
def test_activations_words_are_those_of_the_numbers(show, activation):
    page = show(document(live.activations(activation)))
    for name, scale in (
        ("σ = 0.01", 0.08),
        ("Glorot", 1),
        ("He", 2**0.5),
        ("Gain 5/3", 5 / 3),
        ("σ = 1", 8),
    ):
        button = page.get_by_role("button", name=name, exact=True)
        button.click()
        state = call(page, "activations", "state")
        assert state["scale"] == pytest.approx(scale, rel=1e-12)
        pressed = page.locator("button[aria-pressed=true]").all_inner_texts()
        assert pressed == [name]
        said = page.locator(".live-status").inner_text().split(". ")
        forward = state["activation_std"][49] / state["activation_std"][0]
        backward = state["gradient_std"][0] / state["gradient_std"][49]
        for sentence, factor in zip(said, (forward, backward), strict=True):
            word = "explode" if factor > 10 else "vanish" if factor < 0.1 else "keep"
            assert word in sentence, (sentence, factor)
        note = page.locator(".live-note").inner_text()
        stds = state["activation_std"]
        assert f"activations, layer 1 → 50: {stds[0]:.3g} → " in note
        if max(stds) < 100 * min(stds):
            assert (
                f"largest/smallest: {float(f'{max(stds) / min(stds):.3g}'):g} |" in note
            )
        dead = f"{sum(state['dead'])} of 3200" if state["dead"] else "–"
        assert page.locator("dd").last.inner_text() == dead


def test_activations_show_what_the_theory_says(show):
    page = show(document(live.activations()))

    def spreads(activation, scale):
        """Largest through smallest deviation, of five draws."""
        found = []
        for seed in range(5):
            values = {"activation": activation, "scale": scale, "seed": seed}
            call(page, "activations", "set", values)
            state = call(page, "activations", "state")
            lists = state["activation_std"], state["gradient_std"]
            found.append([max(values) / min(values) for values in lists])
        return np.array(found).T

    # With He's scale ReLU keeps both; with Glorot's each layer halves the variance.
    forward, backward = spreads("relu", 2**0.5)
    assert max(forward) < 30 and max(backward) < 30
    forward, backward = spreads("relu", 1)
    assert min(*forward, *backward) > 2**24.5 / 30
    # PyTorch's gain for tanh saves the activations and lets the gradients explode.
    forward, backward = spreads("tanh", 5 / 3)
    assert max(forward) < 1.5 and min(backward) > 20
    # A sigmoid's slope is at most 1/4.
    forward, backward = spreads("sigmoid", 1)
    assert max(forward) < 10 and min(backward) > 4**49 / 30


def test_activations_draw_their_numbers(show):
    page = show(document(live.activations("relu", 2**0.5)))
    state = call(page, "activations", "state")
    drawn = page.evaluate("""() => [".live-target", ".live-path"].map((name) => {
        const path = document.querySelector(`.live-picture svg ${name}`);
        const points = path.getAttribute("d").slice(1).split("L");
        return points.map((point) => point.split(" ").map(Number));
    })""")
    # Both curves share the axes: heights are the logarithms, up to one scale.
    logs = np.log10([state["activation_std"], state["gradient_std"]]).ravel()
    places = np.array(drawn)
    fit = np.polyfit(logs, places[..., 1].ravel(), 1)
    np.testing.assert_allclose(np.polyval(fit, logs), places[..., 1].ravel(), atol=0.01)
    assert fit[0] < -20
    np.testing.assert_allclose(np.diff(places[..., 0]), 332 / 50, atol=0.011)
    # Every cell of the histogram that holds anything is painted, and none else.
    painted = page.evaluate("""() => {
        const paths = [...document.querySelectorAll(".live-picture > path[opacity]")];
        const count = (length, each) => Array.from({ length }, (_, k) => each(k + 0.5));
        return count(50, (column) => count(41, (row) => {
          const point = new DOMPoint(48 + (344 * column) / 50, 262 - (228 * row) / 41);
          return paths.findIndex((path) => path.isPointInFill(point)) + 1;
        }));
    }""")
    shares = np.array(state["histogram"]) / (32 * 64)
    np.testing.assert_array_equal(painted, np.ceil(8 * np.cbrt(shares)))


def test_activations_answer_to_keyboard_mouse_and_touch(show):
    page = show(document(live.activations("relu", 1.3, seed=4)))

    def after(role, name, *keys):
        page.get_by_role(role, name=name).focus()
        for key in keys:
            page.keyboard.press(key)
        return call(page, "activations", "state")

    first = call(page, "activations", "state")
    assert after("slider", "Weight scale", "Home")["scale"] == 1 / 16
    assert after("slider", "Weight scale", "End")["scale"] == 8
    state = after("slider", "Weight scale", "ArrowLeft")
    assert state["scale"] == pytest.approx(2 ** (3 - 1 / 16), rel=1e-12)
    slider = page.get_by_role("slider", name="Weight scale")
    assert slider.get_attribute("aria-valuetext") == "s = 7.6608"
    hold_deep(state)
    assert after("button", "Glorot", "Enter")["scale"] == 1
    state = after("button", "New weights", "Enter")
    assert (state["seed"], state["scale"]) == (5, 1)
    hold_deep(state)
    page.get_by_role("combobox", name="Activation").select_option("sigmoid")
    state = call(page, "activations", "state")
    assert (state["activation"], state["dead"]) == ("sigmoid", None)
    assert after("button", "Reset", "Enter") == first
    # Dragged from Glorot's mark to He's, half a doubling to the right.
    after("button", "Glorot", "Enter")
    box = slider.bounding_box()
    knob = 16  # the track is shorter than the slider by the width of its knob
    unit = (box["width"] - knob) / 7
    x, y = box["x"] + knob / 2 + 4 * unit, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    seen = set()
    for step in range(1, 9):
        page.mouse.move(x + step / 16 * unit, y)
        seen.add(call(page, "activations", "state")["scale"])
    page.mouse.up()
    assert len(seen) >= 4
    state = call(page, "activations", "state")
    assert state["scale"] == pytest.approx(2**0.5, rel=0.05)
    hold_deep(state)
    phone = show(document(live.activations()), width=390, has_touch=True)
    slider = phone.get_by_role("slider", name="Weight scale")
    slider.tap(position={"x": 10, "y": 22})
    assert call(phone, "activations", "state")["scale"] < 0.08
    phone.get_by_role("button", name="He", exact=True).tap()
    assert call(phone, "activations", "state")["scale"] == 2**0.5
    for control in phone.locator(".live-figure :is(button, select, input)").all():
        assert control.bounding_box()["height"] >= 44


@pytest.mark.parametrize("width", [1280, 700, 390])
def test_nothing_moves_in_activations(show, width):
    page = show(document(live.activations()), width=width)
    heights = page.evaluate(
        """([activations, scales]) => {
          const { root, set } = window.dlbookLive.activations;
          const seen = new Set();
          for (const activation of activations) for (const scale of scales) {
            set({ activation, scale, seed: 9999 });
            seen.add(root.getBoundingClientRect().height);
            seen.add(document.documentElement.scrollWidth > innerWidth ? "wide" : "");
          }
          return [...seen];
        }""",
        [live.DEEP_ACTIVATIONS, [1 / 16, 0.08, 0.5, 1, 1.1, 2**0.5, 5 / 3, 3.1, 8]],
    )
    assert len(heights) == 2 and "wide" not in heights, heights


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_curves_of_activations_stand_out(show, theme):
    page = show(document(live.activations(), theme=theme))
    colours = page.evaluate("""() => {
        const read = (name, key) => getComputedStyle(document.querySelector(name))[key]
          .match(/[\\d.]+/g).slice(0, 3).map(Number);
        return [[".live-figure", "backgroundColor"], [".live-target", "stroke"],
          [".live-path", "stroke"], [".live-class-0", "fill"]].map((of) => read(...of));
    }""")
    for colour in colours[1:]:
        assert contrast(colour, colours[0]) >= 3
    dashes = "node => getComputedStyle(node).strokeDasharray"
    marks = [
        page.locator(f".live-picture svg {name}").evaluate(dashes)
        for name in (".live-target", ".live-path")
    ]
    assert marks[0] == "none" and marks[1] != "none"


# Loss and gradient, as in the docstring of `live.optimizers`.
def beale(x, y):
    return sum(
        (c - x + x * y**k) ** 2 for k, c in enumerate((1.5, 2.25, 2.625), start=1)
    )


def beale_gradient(x, y):
    terms = [(2 * (c - x + x * y**k), k) for k, c in ((1, 1.5), (2, 2.25), (3, 2.625))]
    return (
        sum(rest * (y**k - 1) for rest, k in terms),
        sum(rest * k * x * y ** (k - 1) for rest, k in terms),
    )


LANDSCAPES = {
    "ravine": (lambda x, y: (x**2 + 20 * y**2) / 2, lambda x, y: (x, 20 * y)),
    "tilted": (
        lambda x, y: ((x + y) ** 2 + 20 * (x - y) ** 2) / 4,
        lambda x, y: ((x + y) / 2 + 10 * (x - y), (x + y) / 2 - 10 * (x - y)),
    ),
    "rosenbrock": (
        lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2,
        lambda x, y: (-2 * (1 - x) - 400 * x * (y - x**2), 200 * (y - x**2)),
    ),
    "beale": (beale, beale_gradient),
    "saddle": (
        lambda x, y: x**2 / 2 - y**2 / 2 + y**4 / 4,
        lambda x, y: (x, y**3 - y),
    ),
}


def walk(surface, name, start, steps, rate, beta):
    """A path of `dlbook.scratch.optimizer`, ended before a weight passes 10⁶."""
    options = {"momentum": {"beta": beta}, "nesterov": {"beta": beta}}
    options["adam"] = {"beta_1": beta}
    w, state, path = np.array(start, float), {}, [start]
    for _ in range(steps):
        gradient = np.array(LANDSCAPES[surface][1](*w))
        w, state = optimizer.OPTIMIZERS[name](
            w, gradient, state, learning_rate=rate, **options.get(name, {})
        )
        if not np.all(np.abs(w) <= 1e6):
            return np.array(path), True
        path.append(w)
    return np.array(path), False


@pytest.mark.parametrize("surface", live.SURFACES)
def test_optimizers_equal_the_scratch_rules(show, surface):
    page = show(document(live.optimizers(surface)))
    own = call(page, "optimizers", "state")
    rng = np.random.default_rng(1)
    runs = [(own["start"], own["rates"], 0.9)]
    for beta in (0, 0.5, 0.97):
        start = np.round(rng.uniform(-1.5, 1.5, 2), 2).tolist()
        runs.append((start, {k: v / 2 for k, v in own["rates"].items()}, beta))
    ended = 0
    for start, rates, beta in runs:
        values = {"start": start, "learning_rate": rates, "momentum": beta}
        call(page, "optimizers", "set", values)
        call(page, "optimizers", "step", 100)
        state = call(page, "optimizers", "state")
        assert state["steps"] == 100 and list(state["racers"]) == list(live.RACERS)
        for name, racer in state["racers"].items():
            path, diverged = walk(surface, name, start, 100, rates[name], beta)
            assert (racer["status"] == "diverged") == diverged, name
            np.testing.assert_allclose(racer["path"], path, rtol=1e-9, atol=1e-9)
            f, gradient = LANDSCAPES[surface]
            assert racer["loss"] == pytest.approx(f(*path[-1]), rel=1e-7, abs=1e-9)
            ended += not diverged
    assert ended >= 20


@pytest.mark.parametrize("surface", live.SURFACES)
def test_the_gradients_are_those_of_the_losses(surface):
    f, gradient = LANDSCAPES[surface]
    for w in np.random.default_rng(0).uniform(-2, 2, (5, 2)):
        found = numerical_gradient(lambda w: f(*w), w)
        np.testing.assert_allclose(found, gradient(*w), rtol=1e-5, atol=1e-6)


LEAST = {surface: 0 for surface in live.SURFACES} | {"saddle": -0.25}


@pytest.mark.parametrize("surface", live.SURFACES)
def test_optimizers_say_who_has_arrived(show, surface):
    page = show(document(live.optimizers(surface)))
    page.get_by_role("button", name="Run").click()
    page.evaluate("dlbookLive.optimizers.stop(); dlbookLive.optimizers.step(150)")
    state = call(page, "optimizers", "state")
    rows = page.locator("tbody tr")
    first = {}
    for k, (name, racer) in enumerate(state["racers"].items()):
        losses = [LANDSCAPES[surface][0](*w) for w in racer["path"]]
        near = np.array(losses) - LEAST[surface] <= 1e-3
        outside = np.flatnonzero(~near)
        expected = None
        if near[-1]:
            expected = int(outside[-1]) + 1 if len(outside) else 0
            first[name] = expected
        assert racer["arrived"] == expected, name
        assert (racer["status"] == "arrived") == bool(near[-1])
        result = rows.nth(k).locator("td").last.inner_text()
        number = racer["steps"] if expected is None else expected
        word = "step" if racer["status"] == "running" else racer["status"]
        assert result == f"{word} {number}"
    said = page.locator(".live-status").inner_text()
    if first:
        assert f"arrived first, at step {min(first.values())}." in said
    else:
        assert "nobody has arrived" in said


def test_optimizers_keep_to_the_stability_limits(show):
    page = show(document(live.optimizers(optimizers=["sgd", "momentum", "nesterov"])))
    # Gradient descent 2/L, momentum 2(1 + β)/L, Nesterov 2(1 + β)/((1 + 2β)L).
    limits = {"sgd": lambda b: 0.1, "momentum": lambda b: 0.1 * (1 + b)}
    limits["nesterov"] = lambda b: 0.1 * (1 + b) / (1 + 2 * b)
    for beta in (0, 0.5, 0.9):
        for factor, ends in ((0.97, "arrived"), (1.03, "diverged")):
            rates = {name: factor * limit(beta) for name, limit in limits.items()}
            values = {"learning_rate": rates, "momentum": beta}
            call(page, "optimizers", "set", values)
            call(page, "optimizers", "step", 2000)
            racers = call(page, "optimizers", "state")["racers"]
            found = {name: racer["status"] for name, racer in racers.items()}
            assert found == dict.fromkeys(limits, ends), (beta, factor)
    said = page.locator(".live-status").inner_text()
    assert "Diverged: gradient descent, momentum, Nesterov." in said
    assert "2/L = 0.1" in page.locator(".live-note").inner_text()


def test_optimizers_stick_at_the_saddle(show):
    page = show(document(live.optimizers("saddle", (1.5, 0))), reduced_motion="reduce")
    page.get_by_role("button", name="Run").click()
    state = call(page, "optimizers", "state")
    assert state["steps"] <= 2000 and not state["running"]
    assert {racer["path"][-1][1] for racer in state["racers"].values()} == {0}
    racers = state["racers"]
    assert racers["sgd"]["status"] == racers["momentum"]["status"] == "stuck"
    assert "Stuck: gradient descent" in page.locator(".live-status").inner_text()
    call(page, "optimizers", "set", {"start": [1.5, -1e-3]})
    page.get_by_role("button", name="Run").click()
    racers = call(page, "optimizers", "state")["racers"]
    assert racers["sgd"]["status"] == "arrived"
    assert racers["sgd"]["path"][-1] == pytest.approx([0, -1], abs=0.05)


def test_the_start_moves_by_mouse_touch_and_keyboard(show):
    page = show(document(live.optimizers()), has_touch=True)
    call(page, "optimizers", "step", 5)
    picture = page.locator(".live-picture")
    scale = picture.evaluate("n => n.getScreenCTM().a")
    box = picture.bounding_box()

    def spot(x, y):
        """Pixels from the picture's corner."""
        across, up = 36 + (x + 3) / 6 * 356, 344 - (y + 2) / 4 * 334
        return across * scale, up * scale

    for act, (x, y) in ((page.mouse.click, (1, -1)), (page.touchscreen.tap, (-2, 0.5))):
        dx, dy = spot(x, y)
        act(box["x"] + dx, box["y"] + dy)
        state = call(page, "optimizers", "state")
        assert state["start"] == pytest.approx([x, y], abs=0.02)
        assert state["steps"] == 0
        assert state["racers"]["adam"]["path"] == [state["start"]]
    grip = page.get_by_role("slider", name="Start")
    dx, dy = spot(*state["start"])
    page.mouse.move(box["x"] + dx, box["y"] + dy)
    page.mouse.down()
    page.mouse.move(box["x"] + dx + 40 * scale, box["y"] + dy, steps=4)
    page.mouse.up()
    moved = call(page, "optimizers", "state")["start"]
    assert moved[0] == pytest.approx(-2 + 40 * 6 / 356, abs=0.03)
    call(page, "optimizers", "set", {"start": [1, 1]})
    grip.focus()
    for key in ("ArrowLeft", "Shift+ArrowDown", "ArrowUp"):
        page.keyboard.press(key)
    assert call(page, "optimizers", "state")["start"] == pytest.approx([0.95, 0.85])
    assert grip.get_attribute("aria-valuetext") == "(0.95, 0.85)"
    for key in ["Shift+ArrowRight"] * 20:
        page.keyboard.press(key)
    assert call(page, "optimizers", "state")["start"][0] == 3  # the picture's edge
    action = "node => getComputedStyle(node).touchAction"
    assert grip.evaluate(action) == "none"
    assert page.locator(".live-aim").evaluate(action) == "auto"


def test_optimizers_controls(show):
    page = show(document(live.optimizers(learning_rate=0.05)))
    rates = page.locator("tbody td:nth-of-type(1)")
    assert rates.all_inner_texts() == ["0.05"] * 6
    page.get_by_role("combobox", name="Learning rate of").select_option("adam")
    slider = page.get_by_role("slider", name="Learning rate η")
    slider.focus()
    page.keyboard.press("End")
    assert rates.all_inner_texts() == ["0.05"] * 5 + ["9"]
    assert slider.get_attribute("aria-valuetext") == "9"
    page.keyboard.press("Home")
    state = call(page, "optimizers", "state")
    assert state["rates"]["adam"] == 1e-4 and state["rates"]["sgd"] == 0.05
    page.get_by_role("combobox", name="Learning rate of").select_option("all")
    assert slider.get_attribute("aria-valuetext") == "mixed"
    slider.focus()
    page.keyboard.press("ArrowRight")
    state = call(page, "optimizers", "state")
    assert set(state["rates"].values()) == {0.06}
    page.get_by_role("slider", name="Momentum").focus()
    page.keyboard.press("End")
    assert call(page, "optimizers", "state")["momentum"] == 0.99
    page.get_by_role("checkbox", name="Adam").press("Space")
    page.get_by_role("checkbox", name="RMSprop").click()
    page.get_by_role("button", name="Step").press("Enter")
    state = call(page, "optimizers", "state")
    assert list(state["racers"]) == ["sgd", "momentum", "nesterov", "adagrad"]
    assert page.locator("path.live-racer:visible").count() <= 8
    assert page.locator("path.live-racer-5[hidden]").count() == 3
    page.get_by_role("button", name="Run").press("Enter")
    page.wait_for_function("dlbookLive.optimizers.state().steps > 5")
    page.get_by_role("button", name="Pause").press("Enter")
    page.get_by_role("button", name="Reset").press("Enter")
    state = call(page, "optimizers", "state")
    assert (state["steps"], state["running"], state["momentum"]) == (0, False, 0.99)
    for box in page.get_by_role("checkbox").all():
        box.set_checked(False)
    assert "Nobody runs" in page.locator(".live-status").inner_text()
    page.get_by_role("button", name="Run").click()
    page.get_by_role("combobox", name="Surface").select_option("beale")
    assert call(page, "optimizers", "state")["surface"] == "beale"


def test_optimizers_take_the_cells_own_start(show):
    figure = live.optimizers("beale", (5, -1), {"adam": 0.3}, 0.5, ["adam", "sgd"])
    state = call(show(document(figure)), "optimizers", "state")
    assert (state["start"], state["momentum"]) == ([5, -1], 0.5)
    assert state["rates"]["adam"] == 0.3 and state["rates"]["rmsprop"] == 0.1
    assert list(state["racers"]) == ["sgd", "adam"]


WAVES = 1 + np.arange(64)


def basis(x):
    return np.cos(np.pi * np.outer(x, WAVES - 1)) / WAVES


def regression(n, noise, draw):
    """Training and test data, and the features' coefficients, shape (64, 10n)."""
    sizes = np.cumsum([n, 2 * n, 100, 200])
    numbers = uniform(draw, sizes[-1] + 2 * 64 * 10 * n)
    own, errors, x_test, test_errors, features = np.split(numbers, sizes)
    x = (np.arange(n) + own) / n
    y = np.sin(2 * np.pi * x) + noise * normal(errors)
    y_test = np.sin(2 * np.pi * x_test) + noise * normal(test_errors)
    return (x, y), (x_test, y_test), normal(features).reshape(10 * n, 64).T


@pytest.mark.parametrize(("n", "noise", "draw"), [(30, 0.3, 1), (17, 0.1, 4)])
def test_double_descent_equals_numpy(show, n, noise, draw):
    figure = live.double_descent(n, features=1, noise=noise, draw=draw)
    page = show(document(figure))
    (x, y), (x_test, y_test), G = regression(n, noise, draw)
    for ridge in (0, 1e-4, 0.3):
        call(page, "double_descent", "set", {"ridge": ridge})
        state = call(page, "double_descent", "state")
        for name, array in {"x": x, "y": y, "x_test": x_test, "y_test": y_test}.items():
            np.testing.assert_allclose(state[name], array, rtol=1e-12, atol=1e-12)
        assert state["grid"][0] == 1 and state["grid"][-1] == 10 * n
        assert set(range(n - 4, n + 5)) <= set(state["grid"])
        for k, p in enumerate(state["grid"]):
            A, T = (basis(points) @ G[:, :p] / np.sqrt(p) for points in (x, x_test))
            if ridge:
                w = A.T @ np.linalg.solve(A @ A.T + ridge * np.eye(n), y)
            else:
                w = np.linalg.pinv(A) @ y
            train, test = np.mean((A @ w - y) ** 2), np.mean((T @ w - y_test) ** 2)
            assert state["test"][k] == pytest.approx(test, rel=1e-7)
            assert state["train"][k] == pytest.approx(train, rel=1e-7, abs=1e-12)
            assert state["norms"][k] == pytest.approx(np.linalg.norm(w), rel=1e-7)
            if p not in (1, 5, n, n + 4, 10 * n):
                continue
            call(page, "double_descent", "set", {"features": p})
            now = call(page, "double_descent", "state")
            assert now["features"] == p
            scale = np.abs(w).max()
            np.testing.assert_allclose(now["weights"], w, rtol=1e-6, atol=1e-6 * scale)
            curve = basis(np.linspace(0, 1, 401)) @ G[:, :p] @ w / np.sqrt(p)
            scale = np.abs(curve).max()
            np.testing.assert_allclose(now["curve"], curve, atol=1e-6 * scale)


@pytest.mark.parametrize("n", [20, 30, 40, 50])
def test_the_peak_stands_at_p_equal_n_and_ridge_removes_it(show, n):
    page = show(document(live.double_descent(n)))
    curves = {}
    for ridge in (0, 0.1, 1):
        tests = []
        for draw in range(1, 10):
            call(page, "double_descent", "set", {"ridge": ridge, "draw": draw})
            state = call(page, "double_descent", "state")
            tests.append(state["test"])
        curves[ridge] = np.median(tests, axis=0)
        assert state["median_test"] == curves[ridge].tolist()
        assert np.shape(state["median_train"]) == curves[ridge].shape
    grid = np.array(state["grid"])
    at = grid.tolist().index(n)
    plain = curves[0]
    assert abs(grid[plain.argmax()] - n) <= 1
    before, after = plain[grid < n].min(), plain[-1]
    assert plain[at] > 4 * before and plain[at] > 4 * after
    assert after < 2 * before
    for curve in (curves[0.1], curves[1]):
        assert curve[at] < 1.1 * curve[grid < n].min()
        assert curve[at] < 0.2 * plain[at]


def test_double_descent_by_keyboard(show):
    page = show(document(live.double_descent(features=10)))
    page.get_by_role("slider", name="Features p").focus()
    page.keyboard.press("End")
    assert call(page, "double_descent", "state")["features"] == 400
    assert "this is the shortest" in page.locator(".live-note").inner_text()
    page.keyboard.press("Home")
    page.get_by_role("button", name="Step").press("Enter")
    assert call(page, "double_descent", "state")["features"] == 2
    page.get_by_role("button", name="p = n").press("Enter")
    state = call(page, "double_descent", "state")
    assert state["features"] == 40
    said = page.locator(".live-status").inner_text()
    assert said.startswith("p = 40, n = 40: test error ")
    peak = state["grid"][int(np.argmax(state["test"]))]
    assert said.endswith(f"at p = {peak}.")
    slider = page.get_by_role("slider", name="Ridge")
    slider.focus()
    page.keyboard.press("End")
    assert call(page, "double_descent", "state")["ridge"] == 10
    page.keyboard.press("ArrowLeft")
    assert slider.get_attribute("aria-valuetext") == "3"
    page.get_by_role("button", name="Next draw").press("Enter")
    assert call(page, "double_descent", "state")["draw"] == 2
    call(page, "double_descent", "set", {"draw": 9})
    page.get_by_role("button", name="Next draw").press("Enter")
    assert call(page, "double_descent", "state")["draw"] == 1
    page.get_by_role("button", name="Reset").press("Enter")
    state = call(page, "double_descent", "state")
    assert (state["features"], state["ridge"], state["draw"]) == (10, 0, 1)
    page.get_by_role("button", name="Run").press("Enter")
    page.wait_for_function("dlbookLive.double_descent.state().features === 400")
    page.wait_for_function("!dlbookLive.double_descent.state().running")
    # All nine draws are there in the end.
    lines = page.locator(".live-faint").get_attribute("d")
    assert lines.count("M") == 8


@pytest.mark.parametrize("width", [1280, 700, 390])
def test_nothing_moves_in_the_race_and_the_regression(show, width):
    page = show(document(live.optimizers(), live.double_descent()), width=width)
    heights = page.evaluate(
        """([surfaces]) => {
          const { optimizers: race, double_descent: fit } = dlbookLive;
          const seen = [new Set(), new Set()];
          const look = () => [race, fit].forEach(({ root }, k) =>
            seen[k].add(root.getBoundingClientRect().height));
          for (const surface of surfaces) for (const learning_rate of [1e-4, 0.11, 9]) {
            race.set({ surface });
            look();
            race.set({ learning_rate, momentum: 0.97 });
            for (const n of [0, 1, 5, 30, 2000]) { race.step(n); look(); }
          }
          for (const ridge of [0, 1e-6, 0.3, 10])
            for (const features of [1, 7, 40, 41, 400]) {
              fit.set({ ridge, features });
              look();
            }
          return seen.map((set) => [...set]);
        }""",
        [live.SURFACES],
    )
    assert [len(set) for set in heights] == [1, 1], heights
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_racers_stand_out_by_colour_and_shape(show, theme):
    page = show(document(live.optimizers(), live.double_descent(), theme=theme))
    call(page, "optimizers", "step", 3)
    found = page.evaluate("""() => {
        const numbers = (text) => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
        const back = getComputedStyle(document.querySelector(".live-figure"));
        const colours = [...document.querySelectorAll(
          ".live-picture .live-racer, .live-ring, .live-target, .live-big-line")]
          .map((node) => numbers(getComputedStyle(node).stroke));
        return [colours, numbers(back.backgroundColor)];
    }""")
    assert len(found[0]) >= 6 * 2 + 3
    for colour in found[0]:
        assert contrast(colour, found[1]) >= 3, colour
    shapes = [node.get_attribute("d") for node in page.locator("th svg path").all()]
    assert len(set(shapes)) == 6


def test_controls_of_the_race_suit_a_finger(show):
    figures = live.optimizers(), live.double_descent()
    page = show(document(*figures), width=390, has_touch=True)
    for control in page.locator(
        ".live-figure :is(button, select, input[type=range], th label)"
    ).all():
        assert control.bounding_box()["height"] >= 44
    hit = page.locator(".live-handle .live-hit").bounding_box()
    assert min(hit["width"], hit["height"]) >= 24
