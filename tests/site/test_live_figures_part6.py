"""The live figure of Part VI in a browser, held against NumPy."""

import numpy as np
import pytest
from live_page import call, contrast, document, drag_by_touch, press

from dlbook import live

NUMBERS = ("compute", "exchange", "step", "speedup", "efficiency")


def model_of_time(state, devices):
    """Formula (18.5), from the settings alone: a row of `NUMBERS` for each N."""
    n = np.asarray(devices, "float64")
    weights, multiply_adds = live.NETWORKS[state["network"]]
    weak = state["mode"] == "weak"
    alone = 3 * 2 * multiply_adds * state["batch"] / state["speed"]
    compute = alone + 0 * n if weak else alone / n
    rounds = 2 * (n - 1)
    exchange = rounds * state["latency"] + rounds / n * 4 * weights / state["link"]
    step = compute + exchange
    efficiency = alone / step / (1 if weak else n)
    return np.stack([compute, exchange, step, n * efficiency, efficiency], axis=-1)


def hold(state):
    weights, multiply_adds = live.NETWORKS[state["network"]]
    assert (state["weights"], state["multiply_adds"]) == (weights, multiply_adds)
    assert state["bytes"] == 4 * weights
    weak = state["mode"] == "weak"
    assert state["examples"] == state["batch"] * (state["devices"] if weak else 1)
    most = 64 if weak else min(64, state["batch"])
    curve = state["curve"]
    assert curve["devices"] == list(range(1, most + 1))
    expected = model_of_time(state, curve["devices"])
    found = np.stack([curve[name] for name in NUMBERS], axis=-1)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    now = [state[name] for name in NUMBERS]
    np.testing.assert_allclose(now, expected[state["devices"] - 1], rtol=1e-12)
    if weak:
        assert state["best"] is None
        return
    times = model_of_time(state, np.arange(1, most + 2))[:, 2]
    best = int(times.argmin()) + 1
    assert state["best"] == (best if best <= most else None)


@pytest.mark.parametrize("mode", live.SCALINGS)
@pytest.mark.parametrize("network", live.NETWORKS)
def test_scaling_equals_numpy(show, network, mode):
    page = show(document(live.scaling(network, mode=mode)))
    rng = np.random.default_rng(len(network))
    found = set()
    for _ in range(40):
        values = {
            "devices": int(rng.integers(1, 65)),
            "batch": int(2 ** rng.uniform(4, 16)),
            "link": 1e9 * 10 ** rng.uniform(-1, 3),
            "latency": 10 ** rng.uniform(-7, -3),
            "speed": 10 ** rng.uniform(9, 15),
        }
        call(page, "scaling", "set", values)
        state = call(page, "scaling", "state")
        if mode == "strong":
            values["devices"] = min(values["devices"], values["batch"])
        assert {name: state[name] for name in values} == values
        assert (state["network"], state["mode"]) == (network, mode)
        hold(state)
        found.add(state["best"])
    if mode == "strong":
        assert {1, None} < found


def test_scaling_without_cost_of_exchange_is_ideal(show):
    page = show(document(live.scaling(latency=0)))
    for mode in live.SCALINGS:
        page.evaluate("mode => dlbookLive.scaling.set({ link: Infinity, mode })", mode)
        state = call(page, "scaling", "state")
        hold(state)
        np.testing.assert_allclose(state["curve"]["efficiency"], 1, rtol=1e-12)
        np.testing.assert_allclose(
            state["curve"]["speedup"], state["curve"]["devices"], rtol=1e-12
        )
        assert state["curve"]["exchange"] == [0] * 64
        assert state["best"] is None
    # One device has nobody to exchange with, over the slowest link either.
    call(page, "scaling", "set", {"link": 1e8, "latency": 0.01, "devices": 1})
    state = call(page, "scaling", "state")
    assert (state["exchange"], state["speedup"], state["efficiency"]) == (0, 1, 1)


def test_scaling_ends_at_one_example_a_device(show):
    page = show(document(live.scaling("VGG-16", 64, 64)))
    said = page.locator(".live-status")
    assert said.inner_text().endswith("Up to 64 every device helps.")
    call(page, "scaling", "set", {"batch": 16})
    state = call(page, "scaling", "state")
    hold(state)
    assert (state["devices"], len(state["curve"]["step"])) == (16, 16)
    slider = page.get_by_role("slider", name="Devices N")
    assert slider.get_attribute("max") == "16"
    assert said.inner_text().endswith("At 16 each has one example left.")
    call(page, "scaling", "set", {"mode": "weak", "devices": 64})
    state = call(page, "scaling", "state")
    hold(state)
    assert (state["examples"], slider.get_attribute("max")) == (1024, "64")


def duration(seconds):
    units = {"s": 1, "ms": 1e-3, "µs": 1e-6}
    unit = next(name for name, size in units.items() if seconds >= size)
    return f"{seconds / units[unit]:.3g}\xa0{unit}"


def test_scaling_says_its_numbers(show):
    page = show(document(live.scaling("ResNet-50", 12, 256, 1e9, 1e-3, 1e14)))
    compute, exchange, step, speedup, efficiency = model_of_time(
        call(page, "scaling", "state"), 12
    )
    state = call(page, "scaling", "state")
    alone, best = state["curve"]["step"][0], state["best"]
    assert alone == pytest.approx(6 * 3_857_973_248 * 256 / 1e14)
    lines = page.locator(".live-note span").all_text_contents()
    assert lines == [
        "25,583,592 weights: G = 102\xa0MB",
        f"c = 6·3.86·10⁹·256 ÷ 100\xa0TFLOP/s = {duration(alone)}",
        f"Compute: c/N = {duration(compute)}",
        f"Exchange: 2·11·(1\xa0ms + 102\xa0MB/(12·1\xa0GB/s)) = {duration(exchange)}",
    ]
    numbers = page.locator(".live-figure dd").all_text_contents()
    percent = f"{100 * efficiency:.3g}\xa0%"
    assert numbers == [duration(step), "256", f"{speedup:.3g}", percent]
    status = page.locator(".live-status")
    head = f"12 devices: {duration(compute)} computation + {duration(exchange)} exchan"
    assert status.text_content() == (
        f"{head}ge; {speedup:.3g} times as fast as one, efficiency {percent}. "
        "A second device makes the step slower."
    )
    assert best == 1
    call(page, "scaling", "set", {"batch": 2048})
    best = call(page, "scaling", "state")["best"]
    assert 1 < best < 64
    assert status.text_content().endswith(
        f"More than {best} devices make the step slower."
    )
    drawn = page.locator(".live-picture text").all_text_contents()
    assert f"shortest: N = {best}" in drawn
    call(page, "scaling", "set", {"mode": "weak", "devices": 1})
    assert status.text_content() == (
        f"1 device: {duration(8 * alone)} computation + 0\xa0µs exchange; "
        "1 times as many examples a second as one, efficiency 100\xa0%."
    )
    drawn = page.locator(".live-picture text").all_text_contents()
    assert not [text for text in drawn if "shortest" in text]


def drawn_paths(page):
    """End points of each curve, the bar of the chosen N and the axes' numbers."""
    return page.evaluate("""() => {
        const points = (path) => path.getAttribute("d").slice(1)
          .split("L").map((pair) => pair.split(" ").map(Number));
        const [time, speed] = document.querySelectorAll(".live-picture");
        const marks = (picture) => [...picture.querySelectorAll("text")]
          .filter((node) => node.getAttribute("text-anchor") === "end")
          .filter((node) => /^[\\d./]+$/.test(node.textContent))
          .map((node) => [node.textContent, node.y.baseVal[0].value - 5]);
        return {
          edge: points(time.querySelector("svg > .live-thin")),
          crest: points(time.querySelector("svg > .live-line")),
          title: time.querySelector("text").textContent,
          line: points(speed.querySelector("svg > .live-line")),
          ideal: points(speed.querySelector("svg > .live-dashed")),
          gap: speed.querySelector("svg > .live-path").getAttribute("d"),
          marks: [marks(time), marks(speed)],
        };
    }""")


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"network": "VGG-16", "batch": 16, "link": 1e8, "devices": 5},
        {"mode": "weak", "network": "ResNet-50", "batch": 64, "devices": 33},
        {"batch": 1000, "latency": 1e-3, "devices": 64},
    ],
)
def test_scalings_pictures_stand_for_the_numbers(show, values):
    page = show(document(live.scaling()))
    call(page, "scaling", "set", values)
    state = call(page, "scaling", "state")
    hold(state)
    drawn = drawn_paths(page)
    most = state["curve"]["devices"][-1]
    n = most ** np.linspace(0, 1, 97)
    expected = model_of_time(state, n)
    unit = {"s": 1, "ms": 1e-3, "µs": 1e-6}[drawn["title"].split()[5].rstrip(",")]

    def numbers(marks):
        texts, places = zip(*marks, strict=True)
        parts = [[float(part) for part in text.split("/")] for text in texts]
        return [p[0] / p[1] if len(p) == 2 else p[0] for p in parts], places

    # The axes' own numbers give the scale: linear for seconds, logarithmic for N.
    times, places = numbers(drawn["marks"][0])
    slope, start = np.polyfit(times, places, 1)
    for name, column in (("edge", 0), ("crest", 2)):
        across, up = np.array(drawn[name]).T
        seconds = (up - start) / slope * unit
        np.testing.assert_allclose(
            seconds, expected[:, column], atol=2e-3 * expected[:, 2].max()
        )
        np.testing.assert_allclose(np.diff(across, 2), 0, atol=0.021)
    speedups, places = numbers(drawn["marks"][1])
    slope, start = np.polyfit(np.log2(speedups), places, 1)
    logs = (np.array(drawn["line"])[:, 1] - start) / slope
    np.testing.assert_allclose(logs, np.log2(expected[:, 3]), atol=2e-3 * 30)
    ends = (np.array(drawn["ideal"])[:, 1] - start) / slope
    np.testing.assert_allclose(ends, [0, 6], atol=1e-6)
    # The gap from the network to the ideal is the efficiency.
    low, high = (float(v) for v in drawn["gap"].split(" ")[1].split("V"))
    assert (low - high) / slope == pytest.approx(np.log2(state["efficiency"]))


def test_scaling_answers_to_keyboard_and_mouse(show):
    page = show(document(live.scaling()))

    def after(name, *keys, role="slider"):
        press(page, role, name, *keys)
        state = call(page, "scaling", "state")
        hold(state)
        return state

    start = call(page, "scaling", "state")
    assert (start["best"], start["devices"], start["batch"]) == (10, 8, 4096)
    assert after("Devices N", "ArrowRight")["devices"] == 9
    assert after("Devices N", "End")["devices"] == 64
    ring = page.get_by_role("slider", name="Devices in the picture")
    assert ring.get_attribute("aria-valuenow") == "64"
    assert ring.get_attribute("aria-valuetext") == "64 devices"
    keys = ["ArrowLeft", "ArrowDown", "Shift+ArrowLeft"]
    assert after("Devices in the picture", *keys)["devices"] == 58
    assert after("Devices in the picture", *["Shift+ArrowUp"] * 3)["devices"] == 64
    assert after("Devices N", "Home")["devices"] == 1
    assert after("Batch", "ArrowLeft")["batch"] == 2048
    assert after("Batch", "Home")["batch"] == 16
    assert after("Batch", "End")["batch"] == 65_536
    assert after("Link, GB/s", "ArrowRight")["link"] == 14e9
    assert page.locator(".live-figure [aria-pressed=true]").count() == 0
    assert after("Link, GB/s", "Home")["link"] == 1e8
    assert after("Link, GB/s", "End")["link"] == 1e12
    links = {"1 Gbit/s": (0.125e9, 50e-6), "100 Gbit/s": (12.5e9, 5e-6)}
    for name, numbers in (links | {"NVLink": (450e9, 2e-6)}).items():
        state = after(name, "Enter", role="button")
        assert (state["link"], state["latency"]) == numbers
        pressed = page.locator(".live-figure [aria-pressed=true]").all_inner_texts()
        assert pressed == [name]
    page.get_by_role("combobox", name="Network").select_option("VGG-16")
    page.get_by_role("combobox", name="Scaling").select_option("weak")
    state = call(page, "scaling", "state")
    assert (state["network"], state["mode"]) == ("VGG-16", "weak")
    hold(state)
    assert after("Reset", "Enter", role="button") == start
    # The ring follows the mouse, and a click on either picture chooses N.
    pictures = page.locator(".live-picture")
    box = pictures.first.bounding_box()
    unit = box["width"] / 400
    width = (392 - 60) / 6.5
    for picture, n in ((0, 2), (1, 32), (0, 64), (1, 1)):
        box = pictures.nth(picture).bounding_box()
        place = 60 + width * (np.log2(n) + 0.25)
        page.mouse.click(box["x"] + place * unit, box["y"] + 60 * unit)
        assert call(page, "scaling", "state")["devices"] == n
    box = ring.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 4 * width * unit, y, steps=6)
    page.mouse.up()
    assert call(page, "scaling", "state")["devices"] == 16
    assert page.get_by_role("slider", name="Devices N").input_value() == "16"


def test_scaling_is_worked_by_touch(show):
    page = show(document(live.scaling()), width=390, has_touch=True)
    page.get_by_role("button", name="1 Gbit/s", exact=True).tap()
    assert call(page, "scaling", "state")["link"] == 0.125e9
    ring = page.get_by_role("slider", name="Devices in the picture")
    box = ring.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    drag_by_touch(page, (x, y), (x + 150, y))
    page.wait_for_function("dlbookLive.scaling.state().devices === 64")
    page.locator(".live-picture").nth(1).tap()
    devices = call(page, "scaling", "state")["devices"]
    assert 6 <= devices <= 11
    for control in page.locator(".live-figure :is(button, select, input)").all():
        assert control.bounding_box()["height"] >= 44
    box = ring.bounding_box()
    assert min(box["width"], box["height"]) >= 24
    # A finger on the picture, away from the ring, scrolls the page.
    box = page.locator(".live-picture").nth(1).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    drag_by_touch(page, (x, y), (x, y - 150))
    page.wait_for_function("scrollY > 50")
    assert call(page, "scaling", "state")["devices"] == devices


@pytest.mark.parametrize("width", [1280, 800, 700, 390, 320])
def test_nothing_moves_in_scaling(show, width):
    page = show(document(live.scaling()), width=width)
    heights, wide = page.evaluate("""() => {
        const { scaling } = dlbookLive;
        const [heights, wide] = [new Set(), new Set()];
        const numbers = scaling.root.querySelector("dl");
        for (const network of ["LeNet", "ResNet-50", "VGG-16"])
          for (const mode of ["strong", "weak"])
            for (const batch of [16, 128, 2048, 65536])
              for (const link of [0.125e9, 11e9, 890e9])
                for (const speed of [0.085e12, 10e12, 312e12])
                  for (const devices of [1, 23, 64]) {
                    scaling.set({ network, mode, batch, link, speed, devices });
                    heights.add(scaling.root.getBoundingClientRect().height);
                    wide.add(document.documentElement.scrollWidth > innerWidth ||
                      numbers.scrollWidth > numbers.clientWidth);
                  }
        return [[...heights], [...wide]];
    }""")
    assert wide == [False]
    assert len(heights) == 1, heights


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_scaling_stands_out_from_the_page(show, theme):
    page = show(document(live.scaling(), theme=theme))
    colours = page.evaluate("""() => {
        const parse = (name, key) => getComputedStyle(document.querySelector(name))
          [key].match(/[\\d.]+/g).slice(0, 3).map(Number);
        return [parse(".live-figure", "backgroundColor"),
          parse(".live-picture .live-class-0", "fill"),
          parse(".live-picture .live-class-1", "fill"),
          parse(".live-picture .live-path", "stroke"),
          parse(".live-picture .live-line", "stroke"),
          parse(".live-picture text", "fill")];
    }""")
    back, *parts, line, text = colours
    for colour in parts:
        assert contrast(colour, back) >= 3
    assert contrast(text, back) >= 4.5
    # The line between computation and exchange, and the bar of the chosen N.
    for colour in parts:
        assert contrast(colour, line) >= 2
