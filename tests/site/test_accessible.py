"""WCAG 2.2 AA on every page, by axe-core in Chromium, light and dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tools.browser import THEMES, settle

LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
# Screen readers read a formula's MathML; its other half is drawn, in the text's colour.
CONTEXT = {"exclude": [".katex-html"]}


@pytest.mark.parametrize("theme", THEMES)
def test_no_violation(browser, server, pages, theme):
    axe, found = Axe(), []
    rules = {"type": "tag", "values": LEVELS}
    if theme == "dark":  # the theme changes colours alone
        rules = {"type": "rule", "values": ["color-contrast"]}
    page = browser.new_page(
        viewport={"width": 1280, "height": 900},
        color_scheme=theme,
        reduced_motion="reduce",
    )
    for name in pages:
        page.goto(f"{server}/{name}")
        settle(page)
        if name.startswith("slides/"):
            page.locator(".reveal.ready").wait_for()
        results = axe.run(page, context=CONTEXT, options={"runOnly": rules}).response
        assert results["passes"], name
        found += [
            f"{name}: {violation['id']}: {node['target']} {node['failureSummary']}"
            for violation in results["violations"]
            for node in violation["nodes"]
        ]
    page.close()
    assert not found, "\n".join(found)


def test_no_page_reorders_the_tab_key(browser, server, pages):
    page = browser.new_page()
    ahead = "[...document.querySelectorAll('[tabindex]')].filter(e => e.tabIndex > 0)"
    for name in pages:
        page.goto(f"{server}/{name}")
        assert page.evaluate(f"{ahead}.length") == 0, name
    page.close()
