"""What holds for every live figure, in a browser."""

import importlib.util
from pathlib import Path

from live_page import attention, blend, call, document, drag_by_touch, lenet, transfer

from dlbook import live

ROOT = Path(__file__).resolve().parents[2]
FIGURES = (
    live.perceptron,
    live.descent,
    live.hidden_layer,
    live.hinges,
    live.backpropagation,
    live.activations,
    live.optimizers,
    live.double_descent,
    live.convolution,
    live.residual,
    live.recurrent,
    live.gates,
    live.scaling,
    blend,
    lenet,
    transfer,
    attention,
)


def test_text_is_readable_on_a_phone(show):
    page = show(document(*(figure() for figure in FIGURES)), width=390)
    sizes = page.evaluate("""() => [...document.querySelectorAll(".live-figure *")]
        .filter((node) => node.matches("text") ||
            [...node.childNodes].some((child) => child.nodeType === 3))
        .map((node) => parseFloat(getComputedStyle(node).fontSize) *
            (node.matches("text") ? node.getScreenCTM().a : 1))""")
    assert len(sizes) > 20
    assert min(sizes) >= 12


def test_figures_share_a_page_and_one_runtime(show):
    spec = importlib.util.spec_from_file_location(
        "live_runtime", ROOT / "book" / "_ext" / "live_runtime.py"
    )
    extension = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(extension)
    figures = live.perceptron(), live.perceptron(preset="xor"), live.descent()
    long = document(*figures)
    short = extension.keep_first(long)
    assert long.count('data-live-shared="runtime.js"') == 3
    for name in ("runtime.css", "runtime.js", "perceptron.js", "descent.js"):
        assert short.count(f'data-live-shared="{name}"') == 1
    assert extension.keep_first(short) == short
    for text in (long, short):
        page = show(text)
        names = page.evaluate("Object.keys(window.dlbookLive)")
        assert names == ["perceptron", "perceptron-2", "descent"]
        call(page, "perceptron-2", "step", 100)
        assert call(page, "perceptron", "state")["status"] == "ready"
        assert call(page, "perceptron-2", "state")["status"] == "cycling"
        page.evaluate("window.dlbookLiveRuntime.mount()")
        assert page.locator(".live-picture[role=group]").count() == 3


def test_a_finger_drags_handles_and_does_not_scroll(show):
    page = show(document(*(make() for make in FIGURES)), width=390, has_touch=True)
    page.evaluate("""() => {
        window.heard = [];
        for (const name of ["pointermove", "pointerup", "pointercancel"])
          document.addEventListener(name, () => heard.push(name), true);
    }""")
    dragged = 0
    for figure in page.locator(".live-figure").all():
        handle = figure.locator(".live-handle").first
        if not handle.count():
            continue
        handle.scroll_into_view_if_needed()
        before = page.evaluate("() => { heard.length = 0; return scrollY; }")
        box = handle.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        drag_by_touch(page, (x, y), (x, y - 60))
        page.wait_for_function("['pointerup', 'pointercancel'].includes(heard.at(-1))")
        heard = page.evaluate("heard")
        assert heard[-1] == "pointerup" and heard.count("pointermove") >= 4
        assert page.evaluate("scrollY") == before
        dragged += 1
    assert dragged >= 6


def test_each_output_works_in_an_iframe_of_its_own(show):
    page = show("<!doctype html><html lang='en'><title>Frames</title></html>")
    for make in FIGURES:
        figure = make()
        page.evaluate(
            """async (source) => {
              const frame = document.createElement("iframe");
              frame.srcdoc = source;
              const loaded = new Promise((done) => (frame.onload = done));
              document.body.append(frame);
              await loaded;
            }""",
            figure._repr_html_(),
        )
        state = page.frames[-1].evaluate(
            "name => window.dlbookLive[name].state()", figure.name
        )
        assert state["running"] is False


def test_system_theme_counts_where_the_page_names_none(show):
    text = document(live.descent()).replace(' data-theme="light"', "")
    script = "node => getComputedStyle(node).backgroundColor"
    backs = [
        show(text, color_scheme=scheme).locator(".live-figure").evaluate(script)
        for scheme in ("light", "dark")
    ]
    assert backs == ["rgb(255, 255, 255)", "rgb(20, 24, 30)"]
