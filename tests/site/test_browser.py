"""The built pages in a real browser: two widths, light and dark."""

import re
from itertools import product

import pytest
from watching import watch

from tools.browser import THEMES, WIDTHS, lay_out, settle

STATE = """() => {
  const wide = e => e.scrollWidth > e.clientWidth;
  const root = document.scrollingElement;
  const column = document.querySelector(".bd-article-container");
  const limit = column?.getBoundingClientRect().right + 1;
  const scrolls = e => {
    for (; e && e !== column; e = e.parentElement)
      if (/auto|scroll|hidden/.test(getComputedStyle(e).overflowX)) return true;
    return false;
  };
  return {
    theme: document.documentElement.dataset.theme,
    scrolls: wide(root) ? `${root.scrollWidth} > ${root.clientWidth}` : "",
    outside: [...(column?.querySelectorAll("article *") ?? [])]
      .filter(e => e.getBoundingClientRect().right > limit && !scrolls(e.parentElement))
      .map(e => e.outerHTML.slice(0, 80)),
    bare: [...document.querySelectorAll(".math")]
      .filter(e => !e.querySelector(".katex-html") || !e.querySelector("math"))
      .map(e => e.textContent.slice(0, 80)),
    cut: [...(root.clientWidth < 1000 ? [] : document.querySelectorAll("div.math"))]
      .filter(e => wide(e) && e.checkVisibility())
      .map(e => `${e.scrollWidth} > ${e.clientWidth}: ${e.textContent.slice(0, 60)}`),
    wrong: [...document.querySelectorAll(".katex-error, merror")]
      .map(e => e.outerHTML.slice(0, 80)),
  };
}"""


@pytest.fixture
def tab(browser):
    """Open a page of the browser; what is opened is closed after the test."""
    opened = []

    def open_tab(width=1280, theme="light"):
        page = browser.new_page(
            viewport={"width": width, "height": 900}, color_scheme=theme
        )
        opened.append(page)
        return page

    yield open_tab
    for page in opened:
        page.close()


# 320 pixels is also what 1,280 are at a zoom of 400 %, and 640 at 200 %.
@pytest.mark.parametrize(
    "width, theme", [*product(WIDTHS, THEMES), (320, "light"), (640, "dark")]
)
def test_pages_load_whole(tab, server, pages, width, theme):
    page = tab(width, theme)
    wrong = watch(page, server)
    found, formulas = [], 0
    for name in (page for page in pages if not page.startswith("slides/")):
        wrong.clear()
        page.goto(f"{server}/{name}")
        settle(page)
        lay_out(page)
        state = page.evaluate(STATE)
        formulas += page.locator(".katex").count()
        found += [f"{name}: {what}" for what in wrong]
        if state.pop("theme") != theme:
            found.append(f"{name}: not shown in the {theme} theme")
        found += [f"{name}: {key}: {value}" for key, value in state.items() if value]
    assert not found, "\n".join(found)
    assert formulas > 0
    assert page.context.cookies() == []


def test_theme_switch(tab, server):
    page = tab()
    wrong = watch(page, server)
    page.goto(f"{server}/book/01_perceptron.html")
    settle(page)
    background = "getComputedStyle(document.body).backgroundColor"
    shown = {}
    for _ in range(3):  # light, dark, and as the system says
        page.locator("button.theme-switch-button:visible").first.click()
        theme = page.evaluate("document.documentElement.dataset.theme")
        page.wait_for_timeout(300)  # colours fade
        shown[theme] = page.evaluate(background)
        if theme == "dark":
            page.reload()
            assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert set(shown) == set(THEMES)
    assert shown["light"] != shown["dark"]
    assert not wrong


@pytest.mark.parametrize("name", ["01_perceptron", "index"])
def test_figures_stand_on_black_in_dark_and_on_the_page_in_light(tab, server, name):
    look = """image => {
      const style = getComputedStyle(image);
      return [style.backgroundColor, style.filter];
    }"""
    for theme, panel in (("light", "rgba(0, 0, 0, 0)"), ("dark", "rgb(0, 0, 0)")):
        page = tab(theme=theme)
        page.goto(f"{server}/book/{name}.html")
        images = page.locator("article img")
        assert images.count() > 0
        for image in images.all():
            assert image.evaluate(look) == [panel, "none"]


def test_formulas_have_the_colour_of_the_text(tab, server):
    page = tab(theme="dark")
    page.goto(f"{server}/book/01_perceptron.html")
    settle(page)
    colour = "e => getComputedStyle(e).color"
    formula = page.locator("article p .katex-html").first
    text = page.locator("article p").first
    assert formula.evaluate(colour) == text.evaluate(colour)


def test_keyboard_reaches_the_skip_link_first(tab, server):
    page = tab()
    page.goto(f"{server}/book/index.html")
    page.keyboard.press("Tab")
    focused = page.locator(":focus")
    assert focused.get_attribute("href") == "#main-content"
    page.wait_for_timeout(300)  # it slides in
    box = focused.bounding_box()
    assert box["y"] >= 0 and box["height"] > 0


def test_home_has_three_ways_in_and_a_live_figure_on_the_first_screen(tab, server):
    page = tab()
    wrong = watch(page, server)
    page.goto(f"{server}/book/index.html")
    settle(page)
    ways = page.locator("article ul").first.locator("li > p > strong a, li > strong a")
    assert ways.all_inner_texts() == ["Read", "Run", "Teach"]
    figure = page.locator(".live-figure[data-live-ready]")
    assert figure.bounding_box()["y"] < 600
    figure.get_by_role("button", name="Run").click()
    page.get_by_text("Converged", exact=False).first.wait_for()
    assert not wrong


def test_search_finds_a_chapter(tab, server):
    page = tab()
    wrong = watch(page, server)
    page.goto(f"{server}/search.html?q=perceptron")
    page.wait_for_selector("#search-results li a")
    links = page.locator("#search-results li a").evaluate_all("all => all.map(String)")
    assert any(re.search(r"/book/01_perceptron\.html", link) for link in links)
    assert not wrong
