"""Pages with live figures, and the figures' own interface."""

import json

import numpy as np
from bs4 import BeautifulSoup

from dlbook import live
from tools.joined import live_config


def document(*figures, theme="light"):
    body = "<p>between</p>".join(figure._repr_html_() for figure in figures)
    return (
        f'<!doctype html><html lang="en" data-theme="{theme}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Live</title><body>{body}</body></html>"
    )


def config_on_page(site, chapter, name):
    """What a chapter's built page gives to the figure of that name."""
    html = (site / f"{chapter}.html").read_text("utf-8")
    (root,) = BeautifulSoup(html, "html.parser").select(f'[data-live="{name}"]')
    if "data-live-source" in root.attrs:
        place = (site / chapter).parent / root["data-live-source"]
        return json.loads(live_config(place))
    return json.loads(root["data-live-config"])


def press(page, role, name, *keys):
    """Presses keys, one after the other, on the control of that role and name."""
    page.get_by_role(role, name=name, exact=True).focus()
    for key in keys:
        page.keyboard.press(key)


def call(page, name, method, *arguments):
    script = "([name, method, args]) => window.dlbookLive[name][method](...args)"
    return page.evaluate(script, [name, method, list(arguments)])


def luminance(rgb):
    linear = [
        v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4
        for v in (c / 255 for c in rgb)
    ]
    return np.dot([0.2126, 0.7152, 0.0722], linear)


def contrast(a, b):
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def uniform(seed, count):
    """The runtime's generator (mulberry32), all at once."""
    steps = np.arange(1, count + 1, dtype="uint64")
    state = (seed + 0x6D2B79F5 * steps).astype("uint32")
    t = (state ^ state >> 15) * (state | 1)
    t = (t + (t ^ t >> 7) * (t | 61)) ^ t
    return (t ^ t >> 14) / 2**32


def normal(numbers):
    """Standard normal numbers (Box and Muller), each from two uniform ones."""
    u, v = numbers.reshape(-1, 2).T
    return np.sqrt(-2 * np.log(1 - u)) * np.cos(2 * np.pi * v)


def photograph(rows=48, columns=64):
    """A smooth picture with some noise, uint8."""
    y, x = np.mgrid[:rows, :columns]
    channels = [120 + 100 * np.sin(x / 9), 2 * y + 60, 200 - x - y]
    noise = np.random.default_rng(0).normal(0, 8, (rows, columns, 3))
    return np.clip(np.stack(channels, -1) + noise, 0, 255).astype("uint8")


def maps_of(photo):
    """Maps of the three kinds: without negative numbers, with them, an image."""
    rng = np.random.default_rng(1)
    return {
        "class activation": rng.uniform(0, 3, (5, 7)),
        "gradient": rng.normal(0, 0.02, photo.shape[:2]),
        "negative": 255 - photo,
    }


def blend():
    """The figure with a picture and its maps, for tests of all figures."""
    return live.blend(photograph(), maps_of(photograph()))


def lenet():
    """LeNet's figure, untrained, for tests of all figures."""
    from dlbook import zoo

    return live.lenet(zoo.lenet())


def diagnosis(**options):
    """The figure of faults, on blurred noise, for tests of all figures."""
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 10
    images = rng.integers(0, 200, (10, 5, 5))[labels] + rng.integers(0, 56, (60, 5, 5))
    return live.diagnosis(images.astype("uint8"), labels, **options)


def transfer():
    """The figure taught by examples, on noise, for tests of all figures."""
    images = np.random.default_rng(0).integers(0, 256, (30, 16, 16, 3), "uint8")
    features = {"pixels": images, "half": images[:, ::2]}
    return live.transfer(images, np.arange(30) % 3, features, ["one", "two", "three"])


def attention():
    """The figure of letters and sounds, untrained, for tests of all figures."""
    from dlbook.zoo.pronouncer import pronouncer

    return live.attention(pronouncer())


def drag_by_touch(page, start, end):
    """A finger from one place of the window to another."""
    session = page.context.new_cdp_session(page)

    def touch(kind, *places):
        points = [{"x": float(x), "y": float(y)} for x, y in places]
        event = {"type": kind, "touchPoints": points}
        session.send("Input.dispatchTouchEvent", event)

    touch("touchStart", start)
    for place in np.linspace(start, end, 9)[1:]:
        touch("touchMove", place)
    touch("touchEnd")
