"""The figure that reads digits, in a browser, held against Keras and NumPy."""

import json
from itertools import pairwise

import keras
import numpy as np
import pytest
from live_page import call, config_on_page, document
from live_page import contrast as contrast_of

from dlbook import data, live, zoo

CHAPTER = "book/11_convnets"
FIELD, PEN = 224, 10
# As text: Playwright's own way for large arrays is slow.
READ = """text => JSON.stringify(JSON.parse(text).map((image) => {
    const { logits, probabilities } = window.dlbookLive.lenet.read(image);
    return { logits, probabilities };
}))"""
CENTER = """text => JSON.stringify(
    window.dlbookLive.lenet.center(JSON.parse(text)))"""
PAINTED = """count => [...document.querySelectorAll(`.live-tiles-${count} canvas`)]
    .map(({ width, height }, k, all) => {
      const copy = new OffscreenCanvas(width, height);
      const pen = copy.getContext("2d", { willReadFrequently: true });
      pen.drawImage(all[k], 0, 0);
      const { data } = pen.getImageData(0, 0, width, height);
      return [...data].filter((_, at) => at % 4 === 3);
    })"""


def inputs(digits):
    return (digits[..., None] / 255).astype("float32")


def read(page, digits):
    """What the page makes of digits: logits and probabilities."""
    found = json.loads(page.evaluate(READ, json.dumps(digits.tolist())))
    return [np.array([row[k] for row in found]) for k in ("logits", "probabilities")]


def drawing(page):
    """The ink on the field."""
    script = "JSON.stringify(window.dlbookLive.lenet.drawing())"
    return np.array(json.loads(page.evaluate(script)))


def keras_reads(model, digits):
    logits = model.predict(inputs(digits), verbose=0)
    return logits, keras.ops.convert_to_numpy(keras.ops.softmax(logits))


def rounded(config):
    """LeNet in Keras, with the weights with which the page computes."""
    model = zoo.lenet()
    model.set_weights(live.lenet_weights(config))
    return model


@pytest.fixture(scope="module")
def held_out():
    return data.mnist()[1]


@pytest.fixture(scope="module")
def model():
    """LeNet, trained briefly."""
    keras.utils.set_random_seed(11)
    (x, y), _ = data.mnist()
    model = zoo.lenet()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(2e-3), loss)
    model.fit(inputs(x), y, batch_size=64, epochs=4, verbose=0)
    return model


@pytest.fixture(scope="module")
def figure(model, held_out):
    return live.lenet(model, held_out[0][:100])


def center(ink):
    """MNIST's preparation: box to 20 pixels, centre of mass to pixel (14, 14)."""
    sums = ink.sum(axis=1), ink.sum(axis=0)
    if not ink.any():
        return np.zeros((28, 28))
    boxes = [np.flatnonzero(line)[[0, -1]] + [0, 1] for line in sums]
    unit = max(b - a for a, b in boxes) / 20
    shares = []
    for line, box in zip(sums, boxes, strict=True):
        mean = line @ (np.arange(len(line)) + 0.5) / line.sum()
        a, b = (box - mean) / unit
        middle = min(max(14.5, -a), 28 - b)
        edges = mean + (np.arange(29) - middle) * unit
        low, high = edges[:-1, None], edges[1:, None]
        cells = np.arange(len(line))
        met = np.minimum(high, cells + 1) - np.maximum(low, cells)
        shares.append(np.maximum(met, 0) / unit)
    return shares[0] @ ink @ shares[1].T


def line(p, q):
    """Ink of the pen drawn from p to q, (x, y) on the field."""
    y, x = np.mgrid[:FIELD, :FIELD] + 0.5
    p, d = np.array(p, float), np.subtract(q, p)
    share = ((x - p[0]) * d[0] + (y - p[1]) * d[1]) / ((d @ d) or 1)
    share = np.clip(share, 0, 1)
    far = np.hypot(x - p[0] - share * d[0], y - p[1] - share * d[1])
    return np.clip(PEN + 0.5 - far, 0, 1)


def test_the_page_computes_what_keras_does(show, figure, held_out):
    page = show(document(figure))
    digits, labels = held_out[0][:100], held_out[1][:100]
    logits, probabilities = read(page, digits)
    model = rounded(figure.config)
    expected = keras_reads(model, digits)
    np.testing.assert_allclose(logits, expected[0], atol=1e-4)
    np.testing.assert_allclose(probabilities, expected[1], atol=1e-4)
    assert (probabilities.argmax(axis=1) == labels).mean() > 0.85
    # Also what no digit looks like: noise, and nothing.
    noise = np.random.default_rng(0).integers(0, 256, (5, 28, 28), "uint8")
    noise[0] = 0
    for found, wanted in zip(read(page, noise), keras_reads(model, noise), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-4)


def test_the_feature_maps_are_those_of_keras_and_are_painted(show, figure):
    page = show(document(figure))
    model = rounded(figure.config)
    layers = [model.get_layer(name).output for name in ("conv1", "conv2")]
    inner = keras.Model(model.input, layers)
    for sample in (0, 41):
        call(page, "lenet", "set", {"sample": sample})
        state = call(page, "lenet", "state")
        image = np.array(state["input"])
        assert (state["source"], state["sample"]) == ("sample", sample)
        expected = inner.predict(image[None, ..., None].astype("float32"), verbose=0)
        for name, maps in zip(("conv1", "conv2"), expected, strict=True):
            shape = state["shapes"][name]
            assert shape == list(maps.shape[1:])
            found = np.reshape(state["maps"][name], shape)
            np.testing.assert_allclose(found, maps[0], atol=1e-4)
            painted = page.evaluate(PAINTED, shape[2])
            ink = np.moveaxis(found, 2, 0).reshape(shape[2], -1)
            np.testing.assert_allclose(painted, 255 * ink / ink.max(), atol=0.51)


def test_rounding_costs_less_than_half_a_point(model, figure, held_out):
    images, labels = held_out
    scores = [
        (keras_reads(network, images)[0].argmax(axis=1) == labels).mean()
        for network in (model, rounded(figure.config))
    ]
    assert scores[0] > 0.9
    assert scores[0] - scores[1] < 0.005
    for plain, short in zip(
        model.get_weights(), live.lenet_weights(figure.config), strict=True
    ):
        assert short.dtype == "float32"
        largest = np.abs(plain).max(axis=tuple(range(plain.ndim - 1)))
        assert (np.abs(short - plain) <= largest / 254 * 1.001).all()


def test_preparation_equals_numpy(show, figure):
    page = show(document(figure))
    rng = np.random.default_rng(4)
    drawings = [np.zeros((FIELD, FIELD)) for _ in range(7)]
    drawings[1][223, 0] = 0.25  # a corner
    drawings[2][5:9, 3:220] = 1  # wide: the mass in the middle
    drawings[3][:, 200:] = rng.uniform(size=(FIELD, 24))  # high, at the edge
    drawings[4][10:200, 60:64], drawings[4][190:200, 60:190] = 1, 0.5  # an L
    drawings[5][100:103, 100:102] = rng.uniform(size=(3, 2))
    drawings[6][10:210, 100], drawings[6][195:210, 60:140] = 0.05, 1  # heavy below
    for ink in drawings:
        text = json.dumps(ink.tolist())
        found = np.array(json.loads(page.evaluate(CENTER, text)))
        np.testing.assert_allclose(found, center(ink), atol=1e-12)
        if ink.any():
            rows, columns = (np.flatnonzero(found.sum(axis=k) > 1e-9) for k in (1, 0))
            assert 20 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 21
            box = max(np.ptp(np.nonzero(ink), axis=1)) + 1  # no ink is lost
            assert found.sum() * (box / 20) ** 2 == pytest.approx(ink.sum())
    # The mass of what fits stands in the middle of pixel (14, 14).
    found = center(drawings[2])
    assert found.sum(axis=0) @ np.arange(28) / found.sum() == pytest.approx(14)


def test_preparation_leaves_mnist_as_it_is(show, figure, held_out):
    page = show(document(figure))
    prepared = page.evaluate("""() => Array.from({ length: 50 }, (_, sample) => {
        const { set, center, drawing } = window.dlbookLive.lenet;
        set({ sample });
        return center(drawing());
    })""")
    digits = held_out[0][:50] / 255
    for found, digit in zip(prepared, digits, strict=True):
        # Moved by half a pixel at most, which blurs it.
        assert np.corrcoef(np.ravel(found), digit.ravel())[0, 1] > 0.85
    same = np.array(read(page, 255 * np.array(prepared))[1]).argmax(axis=1)
    direct = np.array(read(page, held_out[0][:50])[1]).argmax(axis=1)
    assert (same == direct).sum() >= 45


def spots(pad, points):
    """Places on the screen for points of the field, and what they are on the field."""
    box = pad.locator("canvas").bounding_box()
    unit = box["width"] / FIELD
    screen = [[round(v * unit) for v in point] for point in points]
    places = [(box["x"] + x, box["y"] + y) for x, y in screen]
    return places, [[x / unit, y / unit] for x, y in screen]


ONE = [(118, 30), (110, 110), (104, 190)]
angles = np.linspace(0, 2 * np.pi, 25)
ZERO = np.stack([112 + 48 * np.sin(angles), 112 - 75 * np.cos(angles)], 1).tolist()


@pytest.mark.parametrize(("digit", "points"), [(1, ONE), (0, ZERO)])
def test_a_digit_drawn_with_the_mouse_is_read(show, figure, digit, points):
    page = show(document(figure))
    pad = page.locator(".live-pad")
    pad.scroll_into_view_if_needed()
    places, on_field = spots(pad, points)
    first = call(page, "lenet", "state")
    assert (first["source"], first["sample"]) == ("sample", 0)
    page.mouse.move(*places[0])
    page.mouse.down()
    dot = call(page, "lenet", "state")
    assert dot["source"] == "drawing" and dot["logits"] != first["logits"]
    for place in places[1:]:
        page.mouse.move(*place)
    page.mouse.up()
    page.mouse.move(places[0][0] + 40, places[0][1] + 40)  # the pen is up
    state = call(page, "lenet", "state")
    # The opening digit is gone; the ink is the lines'.
    ink = np.max([line(p, q) for p, q in pairwise(on_field)], axis=0)
    found = drawing(page)
    np.testing.assert_allclose(found, ink, atol=1e-4)
    np.testing.assert_allclose(state["input"], center(found), atol=1e-12)
    assert state["digit"] == digit
    assert state["probabilities"][digit] > 0.5
    prediction = keras_reads(rounded(figure.config), 255 * center(found)[None])[1][0]
    np.testing.assert_allclose(state["probabilities"], prediction, atol=1e-4)
    said = page.locator(".live-status").inner_text()
    order = np.argsort(state["probabilities"])[::-1]
    share = state["probabilities"][digit]
    assert said.startswith(f"Reads {digit}, probability {share:.3f}; then {order[1]},")


def test_strokes_are_added_to_a_test_digit_that_was_asked_for(show, figure):
    page = show(document(figure))
    page.get_by_role("button", name="Next test digit").click()
    state = call(page, "lenet", "state")
    assert (state["source"], state["sample"]) == ("sample", 1)
    before = drawing(page)
    assert "Sample 2 of 100" in page.locator(".live-note").inner_text()
    pad = page.locator(".live-pad")
    places, on_field = spots(pad, [(20, 20), (60, 30)])
    page.mouse.move(*places[0])
    page.mouse.down()
    page.mouse.move(*places[1])
    page.mouse.up()
    state = call(page, "lenet", "state")
    ink = np.maximum(before, line(*on_field))
    found = drawing(page)
    np.testing.assert_allclose(found, ink, atol=1e-4)
    assert state["sample"] is None
    page.get_by_role("button", name="Erase").click()
    state = call(page, "lenet", "state")
    assert not np.any(state["input"]) and state["source"] == "drawing"
    assert "Nothing is drawn" in page.locator(".live-note").inner_text()
    page.get_by_role("button", name="Next test digit").press("Enter")
    assert call(page, "lenet", "state")["sample"] == 0
    call(page, "lenet", "set", {"sample": 99})
    page.get_by_role("button", name="Next test digit").click()
    assert call(page, "lenet", "state")["sample"] == 0


def test_a_digit_is_drawn_by_touch(show, figure):
    page = show(document(figure), width=390, has_touch=True)
    pad = page.locator(".live-pad")
    assert pad.evaluate("node => getComputedStyle(node).touchAction") == "none"
    places, on_field = spots(pad, [(40, 60), (190, 60)])
    page.touchscreen.tap(*places[0])
    found = drawing(page)
    np.testing.assert_allclose(found, line(on_field[0], on_field[0]), atol=1e-4)
    # A finger that moves, by the browser's own protocol.
    finger = page.context.new_cdp_session(page)
    middle = [sum(v) / 2 for v in zip(*places, strict=True)]
    for kind, points in (
        ("touchStart", places[:1]),
        ("touchMove", [middle]),
        ("touchMove", places[1:]),
        ("touchEnd", []),
    ):
        touches = [{"x": x, "y": y} for x, y in points]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})
    found = drawing(page)
    np.testing.assert_allclose(found, line(*on_field), atol=1e-4)
    assert page.evaluate("scrollY") == 0
    state = call(page, "lenet", "state")
    np.testing.assert_allclose(state["input"], center(found), atol=1e-12)
    for button in page.locator(".live-figure button").all():
        assert button.bounding_box()["height"] >= 44


def test_a_digit_is_drawn_with_the_keyboard(show, figure):
    page = show(document(figure))
    pad = page.locator(".live-pad")
    for _ in range(2):
        page.keyboard.press("Tab")
        if pad.evaluate("node => node === document.activeElement"):
            break
    assert pad.evaluate("node => node.matches(':focus-visible')")
    opening = drawing(page)
    for key in ["ArrowUp"] * 9 + ["ArrowRight"]:
        page.keyboard.press(key)
    state = call(page, "lenet", "state")
    assert (state["cursor"], state["sample"]) == ([5, 15], 0)
    opened = "ink" if opening[44, 124] > 0.5 else "paper"
    value = pad.get_attribute("aria-valuetext")
    assert value == f"row 5, column 15: {opened}"
    assert (drawing(page) == opening).all()  # the ring is no ink
    page.keyboard.press("Space")

    def place(row, column):
        return (8 * column + 4, 8 * row + 4)

    ink = line(place(5, 15), place(5, 15))
    found = drawing(page)
    np.testing.assert_allclose(found, ink, atol=1e-12)
    assert pad.get_attribute("aria-valuetext") == "row 5, column 15: ink"
    for _ in range(16):
        page.keyboard.press("Shift+ArrowDown")
    state = call(page, "lenet", "state")
    ink = np.max([line(place(r, 15), place(r + 1, 15)) for r in range(5, 21)], axis=0)
    found = drawing(page)
    np.testing.assert_allclose(found, ink, atol=1e-12)
    assert (state["cursor"], state["digit"]) == ([21, 15], 1)
    for _ in range(30):
        page.keyboard.press("ArrowDown")
    assert call(page, "lenet", "state")["cursor"] == [27, 15]  # the field's edge
    page.keyboard.press("Delete")
    assert not drawing(page).any()
    call(page, "lenet", "reset")
    state = call(page, "lenet", "state")
    assert (state["sample"], state["cursor"]) == (0, [14, 14])


def test_reading_keeps_up_with_the_pen(show, figure):
    page = show(document(figure))
    median = page.evaluate("""() => {
        const times = Array.from({ length: 31 }, (_, k) => {
          const start = performance.now();
          window.dlbookLive.lenet.set({ sample: k });
          return performance.now() - start;
        });
        return times.sort((a, b) => a - b)[15];
    }""")
    assert median < 50  # 3 ms on an idle core; the tests share theirs


@pytest.mark.parametrize("width", [1280, 700, 390, 320])
def test_nothing_moves_while_drawing(show, figure, width):
    page = show(document(figure), width=width)
    heights = page.evaluate("""() => {
        const { root, set } = window.dlbookLive.lenet;
        const seen = new Set();
        for (let sample = 0; sample < 40; sample++) {
          set({ sample });
          seen.add(root.getBoundingClientRect().height);
        }
        document.querySelector(".live-figure button").click();
        seen.add(root.getBoundingClientRect().height);
        return [...seen];
    }""")
    assert len(heights) == 1, heights
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    box = page.locator(".live-pad").bounding_box()
    assert box["width"] == pytest.approx(box["height"], abs=1)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_ink_stands_out_from_paper(show, figure, theme):
    page = show(document(figure, theme=theme))
    call(page, "lenet", "set", {"sample": 3})
    filters = page.evaluate("""() => [...document.querySelectorAll(".live-pixels")]
        .map((node) => getComputedStyle(node).filter)""")
    assert set(filters) == {"invert(1)" if theme == "dark" else "invert(0)"}
    colours = page.evaluate("""() => [["", "backgroundColor"],
        [" .live-class-0", "fill"], [" .live-class-1", "fill"]].map(([name, key]) =>
          getComputedStyle(document.querySelector(`.live-figure${name}`))[key]
            .match(/[\\d.]+/g).slice(0, 3).map(Number))""")
    ink = (255,) * 3 if theme == "dark" else (0,) * 3
    for colour in (*colours[1:], ink):
        assert contrast_of(colour, colours[0]) >= 3


def test_the_chapters_page_reads_as_keras_does(request, held_out):
    config = config_on_page(request.getfixturevalue("site"), CHAPTER, "lenet")
    model = rounded(config)
    digits, labels = held_out
    expected = keras_reads(model, digits)
    assert (expected[0].argmax(axis=1) == labels).mean() > 0.94
    context = request.getfixturevalue("browser").new_context()
    page = context.new_page()
    page.goto(f"{request.getfixturevalue('server')}/{CHAPTER}.html")
    page.locator("[data-live=lenet]").evaluate("figure => figure.scrollIntoView()")
    page.wait_for_function("() => window.dlbookLive?.lenet")
    logits, probabilities = read(page, digits[::10])
    context.close()
    np.testing.assert_allclose(logits, expected[0][::10], atol=1e-4)
    np.testing.assert_allclose(probabilities, expected[1][::10], atol=1e-4)
