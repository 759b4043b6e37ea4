"""The chapters as slides: made from the pages, parted to fit, shown by reveal.js."""

import re
import sys

import pytest
from bs4 import BeautifulSoup
from live_page import call, press
from watching import watch

from tools import sources
from tools.environment import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))
from book_slides import LEFT_OUT, make_deck  # noqa: E402

CHAPTERS = [path.stem for path in sources.chapters(ROOT)]
FORMULA = """<span class="katex"><math><mi>x</mi></math><b>x</b></span>"""
LONG = "Thus the second sentence goes on and on, " * 5 + "to its end."
PAGE = f"""
<section id="units"><h1>Units<a class="headerlink" href="#units">#</a></h1>
<p>A unit adds the products of its inputs and its weights, no more. {LONG}</p>
<ul><li><p>derive;</p></li></ul>
<p>You need nothing.</p>
<div class="cell tag_setup"><div class="cell_input">import dlbook</div></div>
<section id="sums"><h2>Which sums?</h2>
<p>A sum of two numbers is <em>easy. Really.</em> (One is {FORMULA}. Another is
{FORMULA}.) {LONG}
An <a href="glossary.html#addend">addend</a> is a number that a sum adds to another one.
{LONG}
{LONG}
It is so. Then:</p>
<div class="math">{FORMULA}</div>
<div class="cell docutils"><div class="cell_input">1 + 1</div>
<div class="cell_output"><p>2</p></div></div>
<div class="cell tag_hide-input"><details class="hide">code</details>
<div class="cell_output"><figure>a plot</figure></div></div>
<p>Move it. {LONG}</p>
<div class="cell tag_live"><div class="cell_input">live.x()</div>
<div class="cell_output">moves</div></div>
<p><strong>Check yourself 1.1.</strong> What is <a href="#sums">1 + 1</a>?</p>
<details data-question="1.1"><summary>Answer</summary><p>2.</p></details>
</section>
<section id="where-the-lecture-errs"><h2>Where it errs</h2><p>Off.</p></section>
<section id="more"><h2>More</h2><section id="deeper"><h3>Deeper</h3>
<p>See <a href="02_b.html#x">there</a>, <a href="../_static/y">that</a>
and <a href="https://example.org">those</a>.</p></section></section>
<section id="exercises"><h2>Exercises</h2>
<section id="exercise-1"><h3>Exercise</h3></section></section>
</section>
"""


@pytest.fixture(scope="module")
def deck() -> BeautifulSoup:
    exercises = [("1.1 Twice", "#exercise-1-1", "★☆☆")]
    skipped = [True, False, False, False]
    text = make_deck(PAGE, "../book/01_units.html", skipped, exercises)
    return BeautifulSoup(text, "html.parser")


def test_stacks_follow_the_headings(deck):
    stacks = deck.find_all("section", recursive=False)
    slides = [stack.find_all("section", recursive=False) for stack in stacks]
    heads = [[slide.find(re.compile("h[1-3]")).text for slide in s] for s in slides]
    assert heads == [
        ["Units"],
        ["Which sums?", "Check yourself 1.1"],
        ["More", "Deeper"],
        ["Exercises"],
    ]
    ids = [slide.get("id") for stack in slides for slide in stack]
    assert ids == ["units", "sums", None, "more", "deeper", "exercises"]


def test_paragraphs_are_short_on_the_slide_and_whole_in_the_notes(deck):
    title, sums = deck.find(id="units"), deck.find(id="sums")
    first = "A unit adds the products of its inputs and its weights, no more. "
    assert title.p.text == first
    notes = [aside.text for aside in title.find_all("aside")]
    assert notes == [first + LONG, "You need nothing."]
    text, live = sums.find_all("p", recursive=False)
    assert text["class"] == ["leads"]
    assert text.text.split("… ") == [
        "A sum of two numbers is easy. Really. (One is xx. Another is\nxx.) ",
        "An addend is a number that a sum adds to another one.\n",
        f"{LONG}\nIt is so. Then:",
    ]
    assert live.text == f"Move it. {LONG}"
    note = sums.aside
    assert note.text.count(LONG) == 3
    assert not note.find(class_="katex") and note.find("math")


def test_cells_show_what_a_room_needs(deck):
    sums = deck.find(id="sums")
    shown = [part.text for part in sums.find_all("div") if "math" not in part["class"]]
    assert shown == ["1 + 1", "2", "a plot", "moves"]
    waits = [part.text for part in sums.find_all("div", "fragment")]
    assert waits == ["2"]
    asked = deck.find("h3", string="Check yourself 1.1").parent
    assert asked.p.text == " What is 1 + 1?"
    assert asked.aside.text == "2."


def test_links_lead_to_the_pages(deck):
    links = [link["href"] for link in deck.find_all("a")]
    assert links == [
        "../book/glossary.html#addend",
        "../book/glossary.html#addend",
        "../book/01_units.html#sums",
        "../book/02_b.html#x",
        "../_static/y",
        "https://example.org",
        "../book/01_units.html#exercise-1-1",
    ]


def opened(context, server, name):
    page = context.new_page()
    wrong = watch(page, server)
    page.goto(f"{server}/slides/{name}.html")
    page.locator(".reveal.ready").wait_for()
    return page, wrong


@pytest.fixture(scope="module")
def context(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    yield context
    context.close()


OVERFLOW = """() => {
  const wrong = [];
  for (const slide of Reveal.getSlides()) {
    const {h, v} = Reveal.getIndices(slide);
    Reveal.slide(h, v, 99);
    const top = slide.getBoundingClientRect();
    for (const block of slide.children) {
      const place = block.getBoundingClientRect();
      const scale = Reveal.getScale();
      if (place.bottom - top.top > 722 * scale || place.right - top.left > 1282 * scale)
        wrong.push(`${h}/${v}: ${place.right - top.left} ${place.bottom - top.top}: ` +
          block.textContent.slice(0, 60));
    }
  }
  return wrong;
}"""


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_deck_shows_its_chapter(context, server, site, name):
    page, wrong = opened(context, server, name)
    assert page.evaluate(OVERFLOW) == []
    text = (site / f"book/{name}.html").read_text("utf-8")
    chapter = BeautifulSoup(text, "html.parser")
    for part in chapter.select("a.headerlink"):
        part.extract()
    for start in LEFT_OUT:
        for part in chapter.select(f"section[id^='{start}']"):
            part.extract()
    for section in chapter.select("article section[id]"):
        slide = page.locator(f"section[id='{section['id']}']")
        title = slide.locator("h1, h2, h3, h4").first.text_content()
        assert title == section.find(re.compile("^h")).text
    tables = ".pst-scrollable-table-container"  # not those of live figures
    for what in ("figure img", ".live-figure", "div.math", tables):
        expected = len(chapter.select(f"article {what}"))
        found = page.locator(f".slides {what}").count()
        # Formulas inside lists and folded proofs stay with the notes.
        assert found == expected or "math" in what and 0 < found <= expected, what
    assert page.locator(".live-figure:not([data-live-ready])").count() == 0
    assert page.locator("aside.notes").count() > 10
    assert not wrong
    page.close()


def test_the_speaker_sees_the_notes(context, server):
    page, wrong = opened(context, server, CHAPTERS[0])
    whole = page.evaluate("""() => {
      const slide = Reveal.getSlides().find(slide => slide.querySelector("aside"));
      const {h, v} = Reveal.getIndices(slide);
      Reveal.slide(h, v);
      return slide.querySelector("aside").textContent;
    }""")
    with page.expect_popup() as popup:
        page.keyboard.press("s")
    notes = popup.value.locator(".speaker-controls-notes .value > *")
    notes.first.wait_for()
    assert notes.first.text_content().strip() == whole.strip()
    popup.value.close()
    assert not wrong
    page.close()


def test_a_live_figure_keeps_its_keys(context, server):
    page, wrong = opened(context, server, "04_universal_approximation")
    stack = page.locator("section:has(> section .live-figure)").first
    slide = page.locator("section section:has(.live-figure)").evaluate("""slide => {
      const {h, v} = Reveal.getIndices(slide);
      Reveal.slide(h, v);
      return [h, v];
    }""")
    assert stack.count() == 1
    before = call(page, "hinges", "state")["n"]
    press(page, "slider", "Hinges n", "ArrowRight")
    assert call(page, "hinges", "state")["n"] == before + 1
    assert page.evaluate("Object.values(Reveal.getIndices()).slice(0, 2)") == slide
    page.locator("body").click(position={"x": 5, "y": 5})
    page.keyboard.press("ArrowRight")
    assert page.evaluate("Reveal.getIndices().h") == slide[0] + 1
    assert not wrong
    page.close()


def test_a_chapter_links_its_deck(context, server):
    page = context.new_page()
    page.goto(f"{server}/book/{CHAPTERS[0]}.html")
    with page.expect_popup() as popup:
        page.get_by_role("link", name="Show as slides").click()
    deck = popup.value
    deck.locator(".reveal.ready").wait_for()
    deck.get_by_role("link", name="The chapter").click()
    assert deck.url == f"{server}/book/{CHAPTERS[0]}.html"
    deck.close()
    page.close()
