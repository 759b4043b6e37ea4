"""What holds for every live figure, in a browser."""

import importlib.util
import math
import re
from pathlib import Path

import pytest
from live_page import (
    attention,
    blend,
    call,
    diagnosis,
    document,
    drag_by_touch,
    lenet,
    transfer,
)
from watching import watch

from dlbook import live
from tools import bench_live

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
    diagnosis,
)
CONTROLS = ".live-figure :is(button, select, input, [tabindex])"


@pytest.fixture
def every(show):
    """Opens all figures on one page."""

    def open_page(width=1280, **options):
        return show(document(*(make() for make in FIGURES)), width=width, **options)

    return open_page


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


def test_each_figure_moves_on_its_page(browser, server, site):
    found = bench_live.figures(site)
    assert set(found) == set(bench_live.DRAGGED)
    for name, page in found.items():
        with browser.new_page(viewport={"width": 1280, "height": 900}) as tab:
            wrong = watch(tab, server)
            tab.goto(f"{server}/{page}")
            figure = tab.locator(f'.live-figure[data-live="{name}"]').first
            figure.evaluate("figure => figure.scrollIntoView()")
            tab.wait_for_function("name => window.dlbookLive?.[name]", arg=name)
            before = figure.inner_html()
            node = bench_live.target(figure, name)
            if node.evaluate("node => node.matches('input')"):
                node.press("Home")
                if figure.inner_html() == before:
                    node.press("End")
            else:
                box = node.bounding_box()
                tab.mouse.move(
                    box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
                )
                tab.mouse.down()
                before = figure.inner_html()
                tab.mouse.move(box["x"] + 40, box["y"] + 30, steps=5)
                tab.mouse.up()
            assert figure.inner_html() != before, name
            assert wrong == [], name


def test_system_theme_counts_where_the_page_names_none(show):
    text = document(live.descent()).replace(' data-theme="light"', "")
    script = "node => getComputedStyle(node).backgroundColor"
    backs = [
        show(text, color_scheme=scheme).locator(".live-figure").evaluate(script)
        for scheme in ("light", "dark")
    ]
    assert backs == ["rgb(255, 255, 255)", "rgb(20, 24, 30)"]


def test_tab_reaches_every_control_in_order_and_shows_it(every):
    page = every()
    stops = page.evaluate(
        """(controls) => {
          window.stops = [...document.querySelectorAll(controls)].filter((node) =>
            node.getBoundingClientRect().width && node.tabIndex >= 0 && !node.disabled);
          return stops.length;
        }""",
        CONTROLS,
    )
    assert stops > 150
    for stop in range(stops):
        page.keyboard.press("Tab")
        found, shown = page.evaluate("""() => {
            const node = document.activeElement;
            const [part, line] = node.matches("g")
              ? [node.querySelector(".live-hit"), "stroke"] : [node, "outline"];
            const style = getComputedStyle(part);
            const none = [style.stroke, style.outlineStyle][+(line === "outline")];
            const width = parseFloat(style[`${line}Width`]);
            return [stops.indexOf(node), none !== "none" && width >= 2];
        }""")
        assert (found, shown) == (stop, True), page.evaluate(
            "k => [stops[k].outerHTML, document.activeElement.outerHTML]", stop
        )


def test_screen_readers_get_a_name_and_a_value(every):
    page = every()
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")
    controls = []
    for node in tree["nodes"]:
        traits = {
            p["name"]: p["value"].get("value") for p in node.get("properties", [])
        }
        role = node["role"]["value"]
        if not traits.get("focusable") or role in ("RootWebArea", "option"):
            continue
        assert node["name"]["value"], node
        if role == "slider":
            value = traits.get("valuetext") or str(node["value"]["value"])
            assert re.search(r"\d|mixed", value), node
        controls.append(role)
    roles = {"button", "slider", "combobox", "spinbutton", "textbox", "checkbox"}
    assert set(controls) == roles
    assert controls.count("slider") > 40 and controls.count("button") > 100
    described = page.evaluate("""() => Object.values(dlbookLive).map(({ root }) =>
        document.getElementById(root.getAttribute("aria-describedby")).textContent)""")
    assert len(described) == len(FIGURES) and all(len(hint) > 50 for hint in described)


def test_arrow_keys_move_every_handle_and_it_says_where_it_is(every):
    page = every()
    moved = 0
    for handle in page.locator(".live-figure [role=slider]").all():
        if not handle.is_visible():
            continue
        handle.focus()
        seen = set()
        for key in ("ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown"):
            page.keyboard.press(key)
            low, now, high = (
                float(handle.get_attribute(f"aria-value{part}"))
                for part in ("min", "now", "max")
            )
            assert low <= now <= high
            seen.add(handle.get_attribute("aria-valuetext"))
        assert len(seen) > 1, seen
        moved += 1
    assert moved > 20


def test_what_is_pressed_on_a_phone_is_24_pixels_wide_and_high(every):
    page = every(width=374, has_touch=True)  # as wide as on the book's page at 390
    sizes = page.evaluate(
        """(controls) => [...document.querySelectorAll(`${controls}, .live-hit`)]
          .map((node) => {
            // A label belongs to its check box.
            const part = node.type === "checkbox" ? node.closest("label") : node;
            const { width, height } = part.getBoundingClientRect();
            return [Math.min(width, height), node.outerHTML.slice(0, 200)];
          })
          .filter(([size]) => size)""",
        CONTROLS,
    )
    assert len(sizes) > 300
    assert [text for size, text in sizes if size < 24] == []


@pytest.mark.parametrize("width", [1280, 700, 390, 320])
def test_nothing_moves_while_a_slider_is_dragged(every, width):
    page = every(width)
    page.wait_for_function("dlbookLive.blend.state().ready")
    count, moving = page.evaluate("""() => {
        const moving = [];
        let count = 0;
        for (const { root } of Object.values(dlbookLive)) {
          const places = () => [root, ...root.querySelectorAll(
            "button, select, input, label, dt, .live-note, .live-status, .live-hint")]
            .map((node) => node.getBoundingClientRect())
            .map(({ x, y, width, height }) => [x, y + scrollY, width, height]);
          for (const slider of root.querySelectorAll("input[type=range]")) {
            if (!slider.offsetWidth) continue;
            const [before, seen] = [slider.value, new Set()];
            const put = (value) => {
              slider.value = value;
              slider.dispatchEvent(new Event("input", { bubbles: true }));
            };
            for (let k = 0; k <= 12; k++) {
              put(Number(slider.min) + (k / 12) * (slider.max - slider.min));
              seen.add(JSON.stringify(places()));
            }
            put(before);
            count++;
            if (seen.size > 1)
              moving.push([root.dataset.live, slider.closest("label").textContent]);
          }
        }
        return [count, moving];
    }""")
    assert count >= 30
    assert moving == []


def test_a_drag_is_spoken_once_and_nothing_before_it(show):
    page = show(document(live.scaling()))
    page.evaluate("""() => {
        window.said = [];
        const node = document.querySelector("[role=status]");
        new MutationObserver(() => said.push(node.textContent))
          .observe(node, { childList: true });
        dlbookLive.scaling.set({ devices: 2 });
    }""")
    page.wait_for_timeout(700)
    assert page.evaluate("said") == []
    page.get_by_role("slider", name="Devices N").evaluate("""(node) => {
        for (node.value = 3; node.value < 60; node.value++)
          node.dispatchEvent(new Event("input", { bubbles: true }));
    }""")
    shown = page.locator(".live-status").inner_text()
    assert shown.startswith("59 devices: ")
    page.wait_for_function("said.length > 0")
    assert page.evaluate("said") == [shown]
    page.wait_for_function("said.at(-1) === ''")  # who reads on meets it once


def test_nothing_runs_where_motion_is_reduced(every):
    page = every(reduced_motion="reduce")
    buttons = page.get_by_role("button", name=re.compile("^(Run|Play)$")).all()
    assert len(buttons) == 8
    for button in buttons:
        button.click()
        states = "Object.values(dlbookLive).map(({ state }) => state().running)"
        assert not any(page.evaluate(states))


def test_the_benchmark_drags_something_in_each_figure(every):
    page = every()
    page.wait_for_function("dlbookLive.blend.state().ready")
    names = page.evaluate("Object.keys(dlbookLive)")
    assert set(names) - {"backpropagation"} == set(bench_live.DRAGGED)
    for name in bench_live.DRAGGED:
        node = bench_live.target(page.locator(f'[data-live="{name}"]'), name)
        node.hover()
        page.evaluate(bench_live.WATCH)
        page.mouse.down()
        before = call(page, name, "state")  # a press alone is no drag
        node.evaluate(bench_live.DRAG, [0.15, 1])
        assert call(page, name, "state") != before, name
        page.mouse.up()


@pytest.mark.parametrize("grows", [False, True])
def test_the_benchmark_counts_frames_and_shift(browser, tmp_path, monkeypatch, grows):
    monkeypatch.setattr(bench_live, "SECONDS", 0.3)
    # A figure that grows while it is dragged pushes what follows it down.
    grow = """<script>
    document.querySelector("input").addEventListener("input", (event) => {
      document.querySelector("dl").style.paddingTop = `${event.target.value}px`;
    });</script>"""
    path = tmp_path / "page.html"
    text = document(live.double_descent()) + (grow if grows else "")
    path.write_text(text, encoding="utf-8")
    found = bench_live.drag(browser, path.as_uri(), "double_descent")
    assert list(found) == ["frames a second", "longest gap, ms", "layout shift"]
    assert all(math.isfinite(number) and number >= 0 for number in found.values())
    assert 0 < found["frames a second"] < 300
    assert found["longest gap, ms"] >= 1000 / found["frames a second"] - 0.1
    assert (found["layout shift"] > 0) == grows
