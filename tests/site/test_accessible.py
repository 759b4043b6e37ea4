"""WCAG 2.2 AA on every page, by axe-core in Chromium."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tools.browser import THEMES, lay_out, settle

LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
CONTRAST = {"type": "rule", "values": ["color-contrast"]}
# Formulas and code are most of a page's elements, and nothing is wrong with one of them
# alone: screen readers read the formula's MathML, and colours are the same everywhere.
PLAIN = """() => {
  for (const formula of document.querySelectorAll(".katex"))
    formula.replaceWith(formula.querySelector("annotation").textContent);
  for (const code of document.querySelectorAll(".highlight pre"))
    code.textContent = code.textContent;
}"""

# What axe does not see it does not judge: solutions, answers, all slides but one.
UNFOLD = """() => {
  for (const folded of document.querySelectorAll("details")) folded.open = true;
  for (const slides of document.querySelectorAll(".reveal, .slides, .slides section")) {
    for (const name of ["style", "hidden", "aria-hidden"]) slides.removeAttribute(name);
    slides.classList.remove("past", "future", "stack");
  }
  for (const step of document.querySelectorAll(".fragment"))
    step.classList.add("visible");
  if (window.Reveal) {
    document.body.className = "unparted";
    document.documentElement.className = "";
  }
}"""


@pytest.fixture(scope="module")
def page(browser):
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, reduced_motion="reduce"
    )
    yield context.new_page()
    context.close()


def violations(page, address, rules, context=None, plain=True):
    """What axe finds on a page, a line for each element."""
    page.goto(address)
    settle(page)
    lay_out(page)
    if "/slides/" in address:
        page.locator(".reveal.ready").wait_for()
    page.evaluate(UNFOLD)
    if plain:
        page.evaluate(PLAIN)
    results = Axe().run(page, context=context, options={"runOnly": rules}).response
    assert results["passes"]
    return [
        f"{address}: {violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in results["violations"]
        for node in violation["nodes"]
    ]


def test_no_violation_on_any_page(page, server, pages):
    page.emulate_media(color_scheme="light")
    rules, found = {"type": "tag", "values": LEVELS}, []
    for name in pages:
        found += violations(page, f"{server}/{name}", rules)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("theme", THEMES)
def test_contrast_of_formulas_and_code(page, server, theme):
    page.emulate_media(color_scheme=theme)
    found = []
    for name in ("book/01_perceptron.html", "slides/01_perceptron.html"):
        found += violations(page, f"{server}/{name}", CONTRAST, plain=False)
    assert not found, "\n".join(found)


def test_contrast_in_the_dark(page, server, pages):
    page.emulate_media(color_scheme="dark")
    found = []
    for name in ("index", "glossary", "progress", "status"):
        found += violations(page, f"{server}/book/{name}.html", CONTRAST)
    figures = {"include": [".live-figure"]}  # they have colours of their own
    for name in (name for name in pages if name[:6] in ("book/0", "book/1")):
        found += violations(page, f"{server}/{name}", CONTRAST, figures)
    assert not found, "\n".join(found)


def test_no_page_reorders_the_tab_key(page, server, pages):
    ahead = "[...document.querySelectorAll('[tabindex]')].filter(e => e.tabIndex > 0)"
    for name in pages:
        page.goto(f"{server}/{name}", wait_until="domcontentloaded")
        assert page.evaluate(f"{ahead}.length") == 0, name
