"""Definitions at the word, the index, and a search that finds terms and formulas."""

import doctest
import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from urllib.parse import quote

import pytest
from bs4 import BeautifulSoup
from test_built_pages import parsed
from watching import watch

from tools import sources
from tools.browser import THEMES, settle
from tools.environment import ROOT

EXTENSIONS = ROOT / "book" / "_ext"
sys.path.insert(0, str(EXTENSIONS))
import book_glossary  # noqa: E402
from book_glossary import formula_entry, search_words  # noqa: E402

CHAPTERS = [path.stem for path in sources.chapters(ROOT)]
TERMS = ["Universal approximation", "receptive field", "Early stopping", "ReLU", "gate"]
NAMES = ["softmax Jacobian", "Adam's bias correction", "GRU update"]
LINKS = 'a[aria-describedby^="definition-"]'
SHOWN = ".definition:not([hidden])"
LONGER = 500  # ms: more than the script waits before it shows or hides

# The pointer comes and goes without a pause.
PASS = """link => ["pointerover", "pointerout"].forEach(name => link.dispatchEvent(
  new PointerEvent(name, {bubbles: true, pointerType: "mouse"})))"""

# Each definition of a page, shown by the focus on its link: what is wrong with it.
PLACES = """async selector => {
  const root = document.documentElement;
  const frame = () => new Promise(requestAnimationFrame);
  const wrong = [];
  document.querySelectorAll("details").forEach(details => details.open = true);
  for (const link of document.querySelectorAll(selector)) {
    const name = link.getAttribute("aria-describedby");
    const say = what => wrong.push(`${name}: ${what}`);
    link.focus();
    for (let i = 0; i < 3; i++) await frame();
    const shown = [...document.querySelectorAll(".definition:not([hidden])")];
    if (shown.length !== 1 || shown[0].id !== name) {
      say(`${shown.length} are shown`);
      continue;
    }
    const box = shown[0].getBoundingClientRect();
    const word = link.getClientRects()[0];
    if (box.left < 0 || box.right > root.clientWidth) say("outside, left or right");
    if (box.top < 0 || box.bottom > root.clientHeight) say("outside, top or bottom");
    const gap = Math.max(box.top - word.bottom, word.top - box.bottom);
    if (Math.abs(gap) > 1) say(`${gap} px between it and the word`);
    if (box.left > word.right || box.right < word.left) say("beside the word");
    if (shown[0].scrollWidth > shown[0].clientWidth) say("too wide for its box");
    if (root.scrollWidth > root.clientWidth) say("the page scrolls sideways");
  }
  return wrong;
}"""

# The first result of each search, without waiting for the page to list them all.
FIRST = """names => names.map(name => {
  const [page, , anchor] = Search._performSearch(...Search._parseQuery(name)).pop();
  return `${page}.html${anchor}`;
})"""


def text(tag) -> str:
    return " ".join(tag.get_text().split())


@pytest.fixture(scope="module")
def glossary(site) -> dict[str, tuple[str, str]]:
    """Term and first paragraph, by the anchor."""
    sections = parsed(site / "book" / "glossary.html").select("article section section")
    return {s["id"]: (str(s.h2.contents[0]), text(s.p)) for s in sections}


@pytest.fixture(scope="module")
def formulas(site) -> list[tuple[str, str]]:
    """Each name of each formula, and the address that its row links."""
    page = (site / "book" / "formulas.html").read_text(encoding="utf-8")
    found = []
    for row in BeautifulSoup(page, "html.parser").select("article tbody tr"):
        name, *_, where = row.select("td")
        for formula in name.select(".math"):
            formula.replace_with(formula.select_one("annotation").get_text())
        address = f"book/{where.select('a')[-1]['href']}"
        found += [(part.strip(), address) for part in text(name).split(";")]
    return found


@pytest.fixture(scope="module")
def places(glossary, formulas) -> dict[str, set[str]]:
    """Where a search for a name, in small letters, may lead first."""
    found = defaultdict(set)
    for anchor, (term, _) in glossary.items():
        found[term.lower()].add(f"book/glossary.html#{anchor}")
    for name, address in formulas:
        for words in search_words(name):
            found[words.lower()].add(address)
    return found


@pytest.fixture(scope="module")
def uses(site, pages) -> dict[str, Counter]:
    """How often each page of the book links each term, by the term's anchor."""
    found = {}
    for name in (page for page in pages if page.startswith("book/")):
        links = parsed(site / name).select('article a[href^="glossary.html#"]')
        found[name] = Counter(link["href"].partition("#")[2] for link in links)
    return found


@pytest.fixture
def tab(browser, server):
    """Opens a page; at the end nothing has gone wrong on it."""
    contexts, wrong = [], []

    def open_tab(address, width=1280, **options):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, reduced_motion="reduce", **options
        )
        contexts.append(context)
        page = context.new_page()
        wrong.append(watch(page, server))
        page.goto(f"{server}/{address}")
        settle(page)
        return page

    yield open_tab
    found = sum(wrong, [])
    for context in contexts:
        context.close()
    assert not found


def first_term(page):
    """The first link to a term that can be seen, and its anchor."""
    link = page.locator(f"{LINKS}:visible").first
    name = link.get_attribute("aria-describedby")
    return link, name.removeprefix("definition-")


def shown_text(page) -> str:
    shown = page.locator(SHOWN)
    shown.wait_for()
    return " ".join(shown.text_content().split())


def gone(page) -> None:
    page.locator(SHOWN).wait_for(state="detached")


# --- the pages ---


def test_every_linked_term_has_its_definition_on_the_page(site, glossary, uses):
    assert len(glossary) > 200 and sum(map(len, uses.values())) > 200
    for name, linked in uses.items():
        page = parsed(site / name)
        found = {tag["id"]: tag for tag in page.select(".definition")}
        assert set(found) == {f"definition-{anchor}" for anchor in linked}, name
        for anchor in linked:
            definition = found[f"definition-{anchor}"]
            assert definition.has_attr("hidden") and definition["role"] == "tooltip"
            assert text(definition) == glossary[anchor][1]
            assert not definition.select("a, [id]")
        for link in page.select('article a[href^="glossary.html#"]'):
            anchor = link["href"].partition("#")[2]
            assert link["aria-describedby"] == f"definition-{anchor}"
        assert len(page.select('script[src*="glossary.js"]')) == bool(linked), name


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_links_a_term_once(uses, name):
    assert set(uses[f"book/{name}.html"].values()) <= {1}


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_links_each_term_of_two_words_that_it_names(
    site, glossary, uses, name
):
    """One word may be a common one; a term of two is hardly anything else."""
    parts = BeautifulSoup(str(parsed(site / f"book/{name}.html")), "html.parser")
    for tag in parts.select(
        "a, code, .math, figure, h1, h2, h3, #further-reading, .definition"
    ):
        tag.decompose()
    sections = parts.select("article section section")  # what follows the objectives
    prose = " ".join(text(tag) for part in sections for tag in part.select("p, li, td"))
    missing = [
        term
        for anchor, (term, _) in glossary.items()
        if " " in term and anchor not in uses[f"book/{name}.html"]
        if re.search(rf"\b{re.escape(term)}s?\b", prose, re.IGNORECASE)
    ]
    assert len(prose) > 5000 and not missing


def test_every_term_is_linked_by_a_chapter(glossary, uses):
    linked = set().union(*(uses[f"book/{name}.html"] for name in CHAPTERS))
    missing = [term for anchor, (term, _) in glossary.items() if anchor not in linked]
    assert not missing


# --- at the word ---


def test_the_pointer_shows_a_definition_and_may_move_onto_it(tab, glossary):
    page = tab(f"book/{CHAPTERS[0]}.html")
    link, anchor = first_term(page)
    assert page.locator(SHOWN).count() == 0
    link.hover()
    assert shown_text(page) == glossary[anchor][1]
    box = page.locator(SHOWN).bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(*middle, steps=5)
    page.wait_for_timeout(LONGER)
    assert shown_text(page) == glossary[anchor][1]
    page.mouse.move(2, 2)
    gone(page)
    link.hover()
    shown_text(page)
    page.keyboard.press("Escape")
    assert page.locator(SHOWN).count() == 0
    page.wait_for_timeout(LONGER)
    assert page.locator(SHOWN).count() == 0


def test_to_pass_over_a_link_shows_nothing(tab):
    page = tab(f"book/{CHAPTERS[0]}.html")
    link, _ = first_term(page)
    link.evaluate(PASS)
    page.wait_for_timeout(LONGER)
    assert page.locator(SHOWN).count() == 0


def test_the_focus_shows_a_definition_and_escape_hides_it(tab, glossary):
    page = tab(f"book/{CHAPTERS[0]}.html")
    link, anchor = first_term(page)
    link.focus()
    assert shown_text(page) == glossary[anchor][1]
    page.keyboard.press("Escape")
    assert page.locator(SHOWN).count() == 0
    assert link.evaluate("link => link === document.activeElement")
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    assert shown_text(page) == glossary[anchor][1]
    link.evaluate("link => link.blur()")
    gone(page)
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/book/glossary.html#{anchor}")


def test_the_first_tap_shows_the_second_follows_the_link(tab, glossary):
    page = tab(f"book/{CHAPTERS[0]}.html", 390, has_touch=True)
    link, anchor = first_term(page)
    for _ in range(2):
        link.tap()
        assert shown_text(page) == glossary[anchor][1]
        page.wait_for_timeout(LONGER)
        page.locator(SHOWN).tap()
        assert page.locator(SHOWN).count() == 1
        page.locator("article h1").tap()
        gone(page)
    link.tap()
    shown_text(page)
    assert page.url.endswith(f"/{CHAPTERS[0]}.html")
    link.tap()
    page.wait_for_url(f"**/book/glossary.html#{anchor}")


@pytest.mark.parametrize("width", [1280, 390, 320])
@pytest.mark.parametrize("name", [CHAPTERS[1], CHAPTERS[7]])
def test_definitions_lie_in_the_window_at_their_word(tab, name, width):
    page = tab(f"book/{name}.html", width)
    assert page.locator(LINKS).count() >= 15
    assert page.evaluate(PLACES, LINKS) == []


def test_definitions_have_the_theme_s_colours_and_are_not_printed(tab):
    colours = "e => [getComputedStyle(e).backgroundColor, getComputedStyle(e).color]"
    seen = set()
    for theme in THEMES:
        page = tab(f"book/{CHAPTERS[0]}.html", color_scheme=theme)
        first_term(page)[0].focus()
        shown = page.locator(SHOWN)
        background, colour = shown.evaluate(colours)
        assert colour == page.locator("article p").first.evaluate(colours)[1]
        assert background not in ("rgba(0, 0, 0, 0)", colour)
        seen.add(background)
        page.emulate_media(media="print")
        assert not shown.is_visible()
    assert len(seen) == len(THEMES)


# --- the index and the search ---


def test_the_index_lists_every_term_and_every_formula(site, glossary, formulas, uses):
    entries = {}
    for item in parsed(site / "genindex.html").select(".genindextable td > ul > li"):
        entries[next(item.stripped_strings)] = item
    for anchor, (term, _) in glossary.items():
        definition = entries[term].find("a", recursive=False)
        assert definition["href"] == f"book/glossary.html#{anchor}"
        assert definition.strong
        below = [link["href"] for link in entries[term].select("ul a")]
        for name, linked in uses.items():
            found = [href for href in below if href.startswith(f"{name}#")]
            assert anchor not in linked or found, (term, name)
        order = re.findall(r"book/(\d\d)_", " ".join(below))
        linking = [name[:2] for name in CHAPTERS if anchor in uses[f"book/{name}.html"]]
        assert order[: len(linking)] == linking, term
    known = {term.lower(): term for term, _ in glossary.values()}
    assert len(formulas) > 100
    for name, address in formulas:
        entry = entries[formula_entry(name, known).partition(";")[0]]
        assert address in {link["href"] for link in entry.select("a")}, name


@pytest.mark.parametrize("words", TERMS + NAMES)
def test_a_search_leads_first_to_the_term_or_the_formula(tab, server, places, words):
    page = tab(f"search.html?q={quote(words)}")
    first = page.locator("#search-results li a").first
    first.wait_for()
    address = first.evaluate("link => link.href").removeprefix(f"{server}/")
    assert address in places[words.lower()]


def test_every_term_and_every_formula_is_found_first(tab, places):
    page = tab("search.html")
    found = page.evaluate(FIRST, list(places))
    pairs = zip(places, found, strict=True)
    assert not {name: first for name, first in pairs if first not in places[name]}


# --- the extension, on small pages ---


CONF = f"""
import sys
sys.path.insert(0, {str(EXTENSIONS)!r})
extensions = ["myst_parser", "book_anchors", "book_math", "book_glossary"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4
root_doc = "index"
html_theme = "basic"
"""
PAGES = {
    "formulas": r"""# Formulas

| name | formula | where |
|---|---|---|
| Reader's error; quadratic (L2) loss, of one | $e^2$ | [(1.1)](one.md#eq-1-1) |
| loss | $L$ | [Some](one.md#some-section) |
""",
    "glossary": r"""# Glossary

The words.

## Loss

A number $L$; its mean is the [risk](#risk).

A second paragraph.

## Risk

The mean.
""",
    "index": "# Start\n\n```{toctree}\n:numbered:\nglossary\nformulas\none\ntwo\n```\n",
    "one": r"""# One

## Some section

The [loss](glossary.md#loss), and again the [loss](glossary.md#loss).

$$ e^2 \tag{1.1} $$
""",
    "two": "# Two\n\nSee the [Glossary](glossary.md).\n",
}
ENTRIES = {  # number of the page in alphabetical order, anchor, whether main
    "reader's error": [[3, "eq-1-1", True]],
    "reader’s error": [[3, "eq-1-1", True]],
    "quadratic (l2) loss, of one": [[3, "eq-1-1", True]],
    "quadratic loss": [[3, "eq-1-1", True]],
    "l2": [[3, "eq-1-1", True]],
    "loss": [[1, "loss", True], [3, "some-section", False], [3, "some-section", True]],
    "risk": [[1, "risk", True]],
}


def build(folder: Path, **pages: str) -> dict[str, list]:
    """Renders what has changed; returns the search's places by their names."""
    (folder / "conf.py").write_text(CONF)
    for name, source in pages.items():
        (folder / f"{name}.md").write_text(source)
    call = [sys.executable, "-m", "sphinx", "-q", "-W", folder, folder / "html"]
    done = subprocess.run(map(str, call), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    index = (folder / "html" / "searchindex.js").read_text()
    index = json.loads(index.removeprefix("Search.setIndex(").removesuffix(")"))
    return {name: sorted(found) for name, found in index["indexentries"].items()}


def times(folder: Path) -> dict[str, int]:
    return {name: (folder / f"html/{name}.html").stat().st_mtime_ns for name in PAGES}


def definition(folder: Path, page: str):
    soup = BeautifulSoup((folder / f"html/{page}.html").read_text(), "html.parser")
    assert len(soup.select(".definition")) <= 1
    return soup.select_one(".definition")


def test_definitions_and_index_follow_an_edit_of_the_glossary(tmp_path):
    assert build(tmp_path, **PAGES) == ENTRIES
    loss = definition(tmp_path, "one")
    assert loss["id"] == "definition-loss" and loss.select_one(".math annotation")
    assert text(loss).endswith("; its mean is the risk.") and not loss.select("a")
    assert not definition(tmp_path, "two") and not definition(tmp_path, "glossary")
    index = (tmp_path / "html" / "genindex.html").read_text()
    links = BeautifulSoup(index, "html.parser").select(".genindextable li li a")
    assert {text(link): link["href"] for link in links} == {
        "3 One": "one.html#some-section",
        "formula": "one.html#some-section",
        "of one": "one.html#eq-1-1",
    }

    before = times(tmp_path)
    edited = PAGES["glossary"].replace("The mean", "The mean loss")
    assert build(tmp_path, glossary=edited) == ENTRIES
    after = times(tmp_path)
    assert after["glossary"] > before["glossary"] and after["one"] == before["one"]

    edited = edited.replace("A number", "One number")
    assert build(tmp_path, glossary=edited) == ENTRIES
    assert text(definition(tmp_path, "one")).startswith("One number")
    assert times(tmp_path)["two"] == before["two"]


def test_docstrings():
    assert doctest.testmod(book_glossary).failed == 0
