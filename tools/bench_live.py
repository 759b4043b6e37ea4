"""How smoothly the live figures move while a reader drags something in them."""

import re
import time
from collections.abc import Iterator
from math import cos, pi, sin
from pathlib import Path

from tools.browser import chromium, pages_of, served, settle

FIGURE = re.compile(r'<div class="live-figure" data-live="(\w+)"')
SECONDS = 2
TURN = 1.0  # seconds, there and back
# What is dragged: the name of a slider, or a selector of something in the drawing. In
# the figure of backpropagation there is nothing to drag.
DRAGGED = {
    "perceptron": ".live-handle",
    "descent": ".live-handle",
    "hidden_layer": ".live-handle",
    "hinges": ".live-handle",
    "activations": "Weight scale s",
    "optimizers": ".live-handle",
    "double_descent": "Features p",
    "convolution": ".live-handle",
    "lenet": ".live-pad",
    "residual": "Depth",
    "blend": ".live-handle",
    "transfer": "Examples a class",
    "recurrent": "u",
    "gates": ".live-handle",
    "attention": "Step",
    "scaling": ".live-handle",
}
RECORD = """() => {
  window.benchFrames = [];
  window.benchShift = 0;
  requestAnimationFrame(function look(now) {
    benchFrames.push(now);
    requestAnimationFrame(look);
  });
  window.benchShifts = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) benchShift += entry.value;
  });
  benchShifts.observe({type: "layout-shift"});
}"""
MEASURED = """() => {
  const gaps = benchFrames.slice(1).map((now, k) => now - benchFrames[k]);
  const total = gaps.reduce((sum, gap) => sum + gap, 0);
  for (const entry of benchShifts.takeRecords()) benchShift += entry.value;
  return {
    "frames a second": (1000 * gaps.length) / total,
    "longest gap, ms": Math.max(...gaps),
    "layout shift": benchShift,
  };
}"""


def live(options) -> Iterator[dict]:
    """Frames and layout shift of each figure under the mouse, in headless Chromium."""
    site = options.site
    found = figures(site, options.pages)
    if not found:
        raise SystemExit(f"no live figures in {site}: run `make book` first")
    with served(site) as address, chromium() as browser:
        options.notes.append(f"Chromium {browser.version}.")
        while True:
            yield {
                name.replace("_", " "): drag(browser, f"{address}/{page}", name)
                for name, page in found.items()
            }


def figures(site: Path, pages: tuple[str, ...] = ("",)) -> dict[str, str]:
    """Finds the page on which each figure that can be dragged stands first.

    Args:
        site: The folder of the built HTML.
        pages: How the names of the pages to search begin.

    Returns:
        The pages' addresses relative to the site by the figures' names, in the order
        of the pages.
    """
    found = {}
    for page in pages_of(site):
        if Path(page).name.startswith(pages):
            for name in FIGURE.findall((site / page).read_text(encoding="utf-8")):
                found.setdefault(name, page)
    return {name: page for name, page in found.items() if name in DRAGGED}


def target(figure, name: str):
    """Finds what is dragged in a figure, given as Playwright's `Locator`."""
    what = DRAGGED[name]
    if what.startswith("."):
        return figure.locator(what).first
    return figure.get_by_role("slider", name=what, exact=True)


def drag(browser, url: str, name: str) -> dict:
    """Opens a page, drags in its figure of that name, and says how that went."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    tab.goto(url)
    settle(tab)
    tab.wait_for_function("name => window.dlbookLive?.[name]", arg=name)
    node = target(tab.locator(f'.live-figure[data-live="{name}"]').first, name)
    node.evaluate("node => node.scrollIntoView({block: 'center', behavior: 'instant'})")
    settle(tab)
    path = path_of(node)
    tab.mouse.move(*path(0))
    tab.mouse.down()
    tab.evaluate(RECORD)
    start = time.perf_counter()
    # Each move returns when the page has taken it: one or less a frame.
    while (passed := time.perf_counter() - start) < SECONDS:
        tab.mouse.move(*path(passed / TURN))
    found = tab.evaluate(MEASURED)
    tab.mouse.up()
    context.close()
    return found


def path_of(node):
    """A round trip along a slider or round a place in a drawing: turns to places."""
    box = node.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    if node.evaluate("node => node.matches('input')"):
        reach = 0.45 * box["width"], 0
    else:
        reach = 40, 40
    return lambda turn: (
        x + reach[0] * sin(2 * pi * turn),
        y + reach[1] * (cos(2 * pi * turn) - 1),
    )
