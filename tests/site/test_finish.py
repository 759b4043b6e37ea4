"""What finishing adds to every page: its policy, and icons that need no script."""

import pytest
from fontTools.ttLib import TTFont
from playwright.sync_api import expect

from tools.browser import WIDTHS, settle
from tools.finish import _needed

PADDING = 16  # of a picture, on both sides together

ICONS = """() => [...document.querySelectorAll("*")].flatMap(e => ["before", "after"]
  .map(which => getComputedStyle(e, "::" + which))
  .filter(style => style.fontFamily.includes("Awesome") && style.content[0] == '"')
  .map(style => style.content.codePointAt(1)))"""

STOP_AND_NEED = """e => new Promise(done => requestAnimationFrame(() => setTimeout(
  () => done([e.tabIndex == 0,
    e.scrollWidth > e.clientWidth || e.scrollHeight > e.clientHeight]))))"""


@pytest.fixture
def tab(browser, server):
    page = browser.new_page()
    page.goto(f"{server}/book/01_perceptron.html")
    settle(page)
    yield page
    page.close()


def test_the_policy_names_no_other_place(site, pages):
    for name in pages:
        head = (site / name).read_text(encoding="utf-8").split("</head>")[0]
        assert head.count('http-equiv="Content-Security-Policy"') == 1, name
        assert head.index("Content-Security") < head.index("<script"), name
        assert "http" not in head.split('-Policy" content="')[1].split('"')[0], name


@pytest.mark.parametrize(
    "planted",
    [
        "<script>hit()</script>",
        "<img src='data:,' onerror='hit()'>",
        "<a href='javascript:hit()'>x</a>",
    ],
)
def test_what_is_planted_in_a_page_does_not_run(tab, planted):
    tab.evaluate("window.hit = () => { window.wasHit = true }")
    tab.evaluate("hit()")
    assert tab.evaluate("window.wasHit"), "the trap works"
    tab.evaluate("window.wasHit = false")
    tab.evaluate(
        """planted => {
          const part = document.createRange().createContextualFragment(planted);
          document.body.append(part);
          document.querySelector("a[href^=javascript]")?.click();
        }""",
        planted,
    )
    tab.wait_for_timeout(200)
    assert tab.evaluate("window.wasHit") is False


def test_nothing_is_fetched_from_elsewhere(tab):
    asked = []
    tab.on("request", lambda request: asked.append(request.url))
    for address in ("https://example.org/", "http://127.0.0.2:9/"):
        tried = "address => fetch(address).then(() => 'sent', error => String(error))"
        assert "Failed to fetch" in tab.evaluate(tried, address)
    assert not asked


def test_the_theme_s_own_handlers_run(tab):
    tab.evaluate("window.print = () => { window.printed = true }")
    tab.evaluate("document.querySelector('[onclick=\"window.print()\"]').click()")
    assert tab.evaluate("window.printed") is True


@pytest.mark.parametrize("name", ["index", "01_perceptron", "05_backpropagation"])
def test_every_icon_is_in_the_fonts(tab, server, site, name):
    tab.goto(f"{server}/book/{name}.html")
    settle(tab)
    fonts = (site / "_static").rglob("fontawesome/webfonts/*.woff2")
    drawn = {code for font in fonts for code in TTFont(font).getBestCmap()}
    shown = set(tab.evaluate(ICONS))
    assert len(shown) > 10 and shown <= drawn, [hex(code) for code in shown - drawn]
    assert not list(site.rglob("fontawesome.js*"))


@pytest.mark.parametrize("width", WIDTHS)
def test_a_picture_has_its_room_before_it_is_loaded(tab, server, width):
    tab.set_viewport_size({"width": width, "height": 900})
    tab.goto(f"{server}/book/06_optimizers.html")
    settle(tab)
    pictures = tab.locator("article img[src*=_images]")
    assert not pictures.last.evaluate("image => image.complete")
    assert pictures.count() > 3
    for picture in pictures.all():
        before = picture.bounding_box()
        picture.scroll_into_view_if_needed()
        picture.evaluate("image => image.decode()")
        after = picture.bounding_box()
        size = [after[side] - before[side] for side in ("width", "height")]
        assert max(map(abs, size)) < 1 and before["height"] > 100
        natural = picture.evaluate("image => [image.naturalWidth, image.naturalHeight]")
        assert natural == [int(picture.get_attribute(k)) for k in ("width", "height")]
        shown = picture.evaluate("image => [image.clientWidth, image.clientHeight]")
        shape = (shown[0] - PADDING) / (shown[1] - PADDING)
        assert shape == pytest.approx(natural[0] / natural[1], rel=0.01)


def test_what_is_too_wide_gets_its_tab_stop_when_it_is_laid_out(tab, server):
    tab.set_viewport_size({"width": 390, "height": 900})
    tab.goto(f"{server}/book/05_backpropagation.html")
    settle(tab)
    blocks = tab.locator("article pre:visible")
    laid_out = "e => e.checkVisibility({contentVisibilityAuto: true})"
    assert not blocks.last.evaluate(laid_out), "the load laid out the whole page"
    assert blocks.last.evaluate("e => e.tabIndex") == 0, "out of reach until then"
    found = []
    for block in blocks.all():
        block.scroll_into_view_if_needed()
        found.append(block.evaluate(STOP_AND_NEED))
    assert {stop for stop, _ in found} == {True, False}
    assert all(stop == needed for stop, needed in found)


def test_a_style_keeps_what_something_has():
    style = ":is(a.in > b, .in :is(i, p)), .out :is(b, .in) { x: y } .out, #in { x: y }"
    kept = _needed(style, {"in"}).replace(" ", "")
    assert kept == ":is(a.in>b,.in:is(i,p)){x:y}#in{x:y}"


def test_a_figure_without_its_data_says_so(tab, server):
    tab.route("**/_static/live-*.js", lambda route: route.abort())
    tab.goto(f"{server}/book/17_seq2seq_attention.html")
    text = tab.locator("[data-live=attention] > p")
    assert "drawn once it has come into view" in text.text_content()
    text.evaluate("e => e.scrollIntoView()")
    expect(text).to_contain_text("data cannot be loaded")
