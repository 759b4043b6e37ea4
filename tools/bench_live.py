"""How smoothly the live figures move while a reader drags something in them."""

import re
from collections.abc import Iterator
from pathlib import Path

from tools.browser import chromium, pages_of, served, settle

FIGURE = re.compile(r'<div class="live-figure" data-live="(\w+)"')
SECONDS = 2
TURN = 1  # seconds, there and back
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
    "diagnosis": "Training images",
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
WATCH = """() => {
  window.benchShift = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) benchShift += entry.value;
  }).observe({type: "layout-shift"});
  addEventListener("pointerdown", (event) => (window.benchPointer = event.pointerId),
    {once: true, capture: true});
}"""
# A move a frame, as a browser hands a mouse's moves on. Those that Playwright sends
# wait for the page each time: a slow figure would get fewer of them, and look smooth.
DRAG = """(node, [seconds, turn]) => new Promise((done) => {
  const {x, y, width, height} = node.getBoundingClientRect();
  const frames = [];
  requestAnimationFrame(function move(now) {
    frames.push(now);
    const passed = (now - frames[0]) / 1000;
    const angle = (2 * Math.PI * passed) / turn;
    if (passed >= seconds) {
      const gaps = frames.slice(1).map((later, k) => later - frames[k]);
      return done({
        "frames a second": gaps.length / passed,
        "longest gap, ms": Math.max(...gaps),
      });
    }
    if (node.matches("input")) {
      const share = (1 + Math.sin(angle)) / 2;
      node.value = Number(node.min) + share * (node.max - node.min);
      node.dispatchEvent(new Event("input", {bubbles: true}));
    } else {
      node.dispatchEvent(new PointerEvent("pointermove", {
        bubbles: true, isPrimary: true, pointerType: "mouse", pointerId: benchPointer,
        clientX: x + width / 2 + 40 * Math.sin(angle),
        clientY: y + height / 2 + 40 * (Math.cos(angle) - 1),
      }));
    }
    requestAnimationFrame(move);
  });
})"""
SHIFT = "() => new Promise((done) => setTimeout(() => done(benchShift), 200))"


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
    figure = tab.locator(f'.live-figure[data-live="{name}"]').first
    figure.evaluate("figure => figure.scrollIntoView()")
    tab.wait_for_function("name => window.dlbookLive?.[name]", arg=name)
    node = target(figure, name)
    found = drag_node(tab, node)
    context.close()
    return found


def drag_node(tab, node) -> dict:
    """Drags a slider to and fro, or something in a drawing round and round."""
    node.evaluate("node => node.scrollIntoView({block: 'center', behavior: 'instant'})")
    settle(tab)
    tab.evaluate(WATCH)
    box = node.bounding_box()
    tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    tab.mouse.down()
    found = node.evaluate(DRAG, [SECONDS, TURN])
    # Chromium keeps shifts back while a button is down.
    tab.mouse.up()
    found["layout shift"] = tab.evaluate(SHIFT)
    return found
