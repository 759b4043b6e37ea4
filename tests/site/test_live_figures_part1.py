"""The live figures of Part I in a browser, held against the same rules in Python."""

import itertools
import re

import numpy as np
import pytest
from live_page import call, contrast, document

from dlbook import live


def learn(points, rate):
    """The perceptron rule, yielding the state after every visit."""
    w, b, mistakes, seen = [0.0, 0.0], 0.0, 0, {(0.0, 0.0, 0.0): 0}
    for epoch in itertools.count(1):
        wrong = 0
        for i, point in enumerate(points):
            (x1, x2), d = point["x"], point["d"]
            y = int(w[0] * x1 + w[1] * x2 + b > 0)
            if y != d:
                w = [w[0] + rate * (d - y) * x1, w[1] + rate * (d - y) * x2]
                b += rate * (d - y)
                mistakes, wrong = mistakes + 1, wrong + 1
            status, period = "learning", None
            if i == len(points) - 1:
                key = (*w, b)
                if not wrong:
                    status = "converged"
                elif key in seen:
                    status, period = "cycling", epoch - seen[key]
                seen[key] = epoch
            yield {
                "weights": w,
                "bias": b,
                "mistakes": mistakes,
                "epoch": epoch if i == len(points) - 1 else epoch - 1,
                "status": status,
                "period": period,
            }
            if status != "learning":
                return


def follow(page, rate, limit=400):
    """Steps the figure beside Python until the verdict; returns the last state."""
    points = call(page, "perceptron", "state")["points"]
    for expected in itertools.islice(learn(points, rate), limit):
        call(page, "perceptron", "step")
        state = call(page, "perceptron", "state")
        assert {key: state[key] for key in expected} == expected
    return state


@pytest.mark.parametrize("rate", [1.0, 0.5, 0.1])
@pytest.mark.parametrize("preset", ["separable", "narrow", "and", "xor", "outlier"])
def test_perceptron_equals_python(show, preset, rate):
    page = show(document(live.perceptron(preset=preset, learning_rate=rate)))
    state = follow(page, rate)
    # Rates that are not powers of two round, and a rounded state may not come back.
    if rate != 0.1:
        ends = "cycling" if preset in ("xor", "outlier") else "converged"
        assert state["status"] == ends
    verdict = page.locator(".live-status").inner_text()
    if state["status"] == "converged":
        assert f"Converged after {state['mistakes']} mistakes" in verdict
    if state["status"] == "cycling":
        assert f"period {state['period']} epoch" in verdict


def test_perceptron_without_weights_says_class_0_everywhere(show):
    page = show(document(live.perceptron()))
    tints = [page.locator(f".live-tint-{d}").get_attribute("points") for d in (0, 1)]
    assert len(tints[0].split()) == 4 and tints[1] == ""


def test_perceptron_takes_points_and_reports_where_they_lie(show):
    rng = np.random.default_rng(3)
    x = rng.normal(size=(20, 2)).round(2)
    y = (x @ [2, -1] > 0.25).astype(int)
    page = show(document(live.perceptron(x, y)))
    points = call(page, "perceptron", "state")["points"]
    assert [point["x"] for point in points] == x.tolist()
    assert [point["d"] for point in points] == y.tolist()
    state = follow(page, 1.0)
    assert state["status"] == "converged"
    output = (x @ state["weights"] + state["bias"] > 0).astype(int)
    np.testing.assert_array_equal(output, y)


SLOPES = {
    "lecture": (lambda x: x * x + 3, lambda x: 2 * x),
    "steep": (lambda x: 4 * x * x + 3, lambda x: 8 * x),
    "absolute": (abs, lambda x: float(np.sign(x))),
    "valleys": (
        lambda x: x**4 / 4 - x**2 + x / 4 + 2,
        lambda x: x**3 - 2 * x + 0.25,
    ),
}


@pytest.mark.parametrize("rate", [0.01, 0.1, 0.3])
@pytest.mark.parametrize("loss", SLOPES)
def test_descent_equals_python(show, loss, rate):
    page = show(document(live.descent([loss], start=1.7, learning_rate=rate)))
    call(page, "descent", "step", 40)
    state = call(page, "descent", "state")
    f, slope = SLOPES[loss]
    path = [1.7]
    for _ in range(state["steps"]):
        path.append(path[-1] - rate * slope(path[-1]))
    assert state["steps"] >= 5
    np.testing.assert_allclose(state["path"], path, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(state["value"], f(state["x"]), rtol=1e-12)
    np.testing.assert_allclose(state["slope"], slope(state["x"]), rtol=1e-9, atol=1e-12)


def test_descent_lecture_numbers(show):
    page = show(document(live.descent(start=2.0, learning_rate=0.01)))
    state = call(page, "descent", "state")
    assert (state["slope"], state["value"]) == (4, 7)
    page.get_by_role("button", name="Step", exact=True).click()
    state = call(page, "descent", "state")
    assert state["x"] == pytest.approx(1.96, abs=1e-12)
    assert state["value"] == pytest.approx(6.8416, abs=1e-12)
    assert "1.96" in page.locator(".live-note").inner_text()


@pytest.mark.parametrize(("loss", "threshold"), [("lecture", 1.0), ("steep", 0.25)])
@pytest.mark.parametrize(
    ("factor", "forecast", "status"),
    [
        (0.9, "converges", "converged"),
        (1.0, "oscillates", "oscillating"),
        (1.1, "diverges", "diverged"),
    ],
)
def test_descent_threshold(show, loss, threshold, factor, forecast, status):
    rate = factor * threshold
    page = show(document(live.descent([loss], learning_rate=rate)))
    call(page, "descent", "step", 20000)
    state = call(page, "descent", "state")
    assert state["threshold"] == threshold
    assert (state["forecast"], state["status"]) == (forecast, status)
    assert f"2/L = {threshold:g}" in page.locator(".live-note").inner_text()


def test_descent_at_a_corner_never_settles(show):
    page = show(document(live.descent(["absolute"], learning_rate=0.3)))
    call(page, "descent", "step", 100)
    state = call(page, "descent", "state")
    assert state["status"] == "oscillating"
    assert state["threshold"] is None
    assert abs(state["path"][-1] - state["path"][-2]) == pytest.approx(0.3)


def test_learning_rate_slider_and_number(show):
    page = show(document(live.descent()))
    slider = page.get_by_role("slider", name="Learning rate")
    slider.focus()
    page.keyboard.press("End")
    assert call(page, "descent", "state")["learning_rate"] == 9
    page.keyboard.press("Home")
    assert call(page, "descent", "state")["learning_rate"] == 0.001
    number = page.get_by_role("spinbutton")
    for text, rate in (("0.35", 0.35), ("-1", 0.35), ("", 0.35)):
        number.fill(text)
        number.press("Enter")
        assert call(page, "descent", "state")["learning_rate"] == rate
        assert number.input_value() == f"{rate}"


def test_points_move_by_mouse(show):
    page = show(document(live.perceptron(preset="xor")))
    call(page, "perceptron", "step", 5)
    handle = page.locator(".live-handle").first
    box = handle.locator("path").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y - 30, steps=4)
    page.mouse.up()
    state = call(page, "perceptron", "state")
    moved = state["points"][0]
    assert moved["x"][0] > 0.1 and moved["x"][1] > 0.05
    assert moved["d"] == 0
    assert all(v * 16 == int(v * 16) for v in moved["x"])
    # The mark lies under the pointer, within the grid, and learning starts afresh.
    box = handle.locator("path").bounding_box()
    assert abs(box["x"] + box["width"] / 2 - (x + 60)) < 12
    assert abs(box["y"] + box["height"] / 2 - (y - 30)) < 12
    assert (state["status"], state["mistakes"], state["weights"]) == (
        "ready",
        0,
        [0, 0],
    )
    follow(page, 1.0)


def test_points_answer_to_touch(show):
    page = show(document(live.perceptron(preset="xor")), width=390, has_touch=True)
    page.locator(".live-handle").first.tap()
    assert call(page, "perceptron", "state")["points"][0]["d"] == 1
    action = "node => getComputedStyle(node).touchAction"
    assert page.locator(".live-handle").first.evaluate(action) == "none"
    assert page.locator(".live-picture").evaluate(action) == "auto"


def test_keyboard_alone_is_enough(show):
    page = show(document(live.perceptron(preset="and"), live.descent()))
    page.get_by_role("slider", name="Point 1", exact=True).focus()
    for key in ("ArrowRight", "Shift+ArrowUp", "Enter"):
        page.keyboard.press(key)
    points = call(page, "perceptron", "state")["points"]
    assert points[0] == {"x": [1 / 16, 4 / 16], "d": 1}
    page.keyboard.press("Delete")
    assert call(page, "perceptron", "state")["points"] == points[1:]
    add = page.get_by_role("button", name="Add point")
    add.focus()
    page.keyboard.press("Enter")
    assert len(call(page, "perceptron", "state")["points"]) == 4
    names = [
        page.evaluate(f"document.activeElement.getAttribute('aria-{key}')")
        for key in ("label", "valuetext")
    ]
    assert names == ["Point 4", "class 1, at (0.5, 0.5)"]
    remove = page.get_by_role("button", name="Remove point")
    remove.press("Enter")
    assert call(page, "perceptron", "state")["points"] == points[1:]
    for _ in range(4):
        remove.press("Enter")
    assert call(page, "perceptron", "state")["points"] == points[1:2]
    page.get_by_role("combobox", name="Points").select_option("xor")
    assert call(page, "perceptron", "state")["preset"] == "xor"
    page.get_by_role("slider", name="Start x").focus()
    for key, start in (
        ("ArrowLeft", 1.95),
        ("PageDown", 1.45),
        ("Home", -3),
        ("End", 3),
    ):
        page.keyboard.press(key)
        assert call(page, "descent", "state")["start"] == start


def test_a_click_brings_what_can_be_dragged(show):
    page = show(document(live.perceptron(preset="xor"), live.descent()))

    def click(picture, x, y):
        node = page.locator(".live-picture").nth(picture)
        unit = node.bounding_box()["width"] / 400
        node.click(position={"x": x * unit, "y": y * unit})

    def click_plane(x, y):
        click(0, 44 + 232 * (x + 0.25), 356 - 232 * (y + 0.25))
        return call(page, "perceptron", "state")["points"]

    points = call(page, "perceptron", "state")["points"]
    call(page, "perceptron", "step", 3)
    moved = click_plane(0.75, 0.25)
    assert moved[2] == {"x": [0.75, 0.25], "d": 1}
    assert [*moved[:2], moved[3]] == [*points[:2], points[3]]
    assert call(page, "perceptron", "state")["status"] == "ready"
    assert click_plane(0.875, 0.25) == moved  # just beside a point
    click(1, 218 - 58, 60)
    assert call(page, "descent", "state")["start"] == pytest.approx(-1, abs=0.051)


def test_run_pause_and_reset(show):
    page = show(document(live.perceptron(preset="narrow")))
    page.get_by_role("button", name="Run").click()
    page.wait_for_function("window.dlbookLive.perceptron.state().mistakes > 1")
    page.get_by_role("button", name="Pause").click()
    state = call(page, "perceptron", "state")
    assert state["status"] == "learning" and not state["running"]
    page.get_by_role("button", name="Run").click()
    page.wait_for_function(
        "window.dlbookLive.perceptron.state().status === 'converged'"
    )
    assert "Converged after 24 mistakes" in page.locator(".live-status").inner_text()
    page.get_by_role("button", name="Reset").click()
    state = call(page, "perceptron", "state")
    assert (state["status"], state["weights"], state["epoch"]) == ("ready", [0, 0], 0)


def test_reduced_motion_runs_without_animation(show):
    text = document(live.perceptron(preset="outlier"), live.descent())
    page = show(text, reduced_motion="reduce")
    for button in page.get_by_role("button", name="Run").all():
        button.click()
    assert call(page, "perceptron", "state")["status"] == "cycling"
    assert call(page, "descent", "state")["status"] == "converged"


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_moves_while_a_figure_runs(show, width):
    page = show(document(live.perceptron(), live.descent()), width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    heights = page.evaluate(
        """([presets, losses, rates]) => {
          const { perceptron, descent } = window.dlbookLive;
          const seen = { perceptron: new Set(), descent: new Set() };
          const look = (name) => seen[name].add(
            window.dlbookLive[name].root.getBoundingClientRect().height);
          for (const preset of presets) {
            perceptron.set({ preset });
            for (let n = 0; n < 300; n++) { look("perceptron"); perceptron.step(); }
            look("perceptron");
          }
          for (const loss of losses) for (const learning_rate of rates) {
            descent.set({ loss, learning_rate });
            for (let n = 0; n < 30; n++) { look("descent"); descent.step(); }
            descent.step(30000);
            look("descent");
          }
          return [...seen.perceptron, ...seen.descent];
        }""",
        [live.PRESETS, live.LOSSES, [0.001, 0.0371, 0.125, 1, 1.1, 9]],
    )
    assert len(heights) == 2, heights


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_classes_stand_out_and_differ_in_shape(show, theme):
    page = show(document(live.perceptron(), theme=theme))
    call(page, "perceptron", "step")

    def colour(selector, name):
        script = "(node, name) => getComputedStyle(node)[name]"
        text = page.locator(selector).first.evaluate(script, name)
        return np.array([int(v) for v in re.findall(r"\d+", text)[:3]], float)

    back = colour(".live-figure", "backgroundColor")
    assert contrast(colour(".live-figure", "color"), back) >= 7
    share = float(
        page.locator(".live-tint-0").evaluate("node => getComputedStyle(node).opacity")
    )
    for mark, half in itertools.product((0, 1), repeat=2):
        tinted = (1 - share) * back + share * colour(f".live-tint-{half}", "fill")
        assert contrast(colour(f".live-class-{mark}", "fill"), tinted) >= 3
    shapes = [page.locator(f".live-class-{d}").first.get_attribute("d") for d in (0, 1)]
    assert shapes[0] != shapes[1]
