"""Pages joined and printed, read back as a PDF; a page of the site on paper."""

import os
import re
import unicodedata
from itertools import pairwise
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from pypdf import PdfReader
from watching import watch

from tools import takeaway
from tools.browser import settle
from tools.joined import NotWhole, join, parts

PAGES = ["index", "01_perceptron", "glossary"]
LOGO = '<svg xmlns="http://www.w3.org/2000/svg"/>'
A4 = (595, 842)  # in points
WIDE = """() => [...document.querySelectorAll("article *")]
  .filter(e => !e.closest(".katex-mathml, .live-spoken, svg *"))
  .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
  .map(e => `${e.tagName}.${e.className}: ${e.textContent.slice(0, 60)}`)"""


@pytest.fixture(scope="module")
def document(site):
    contents = [("", ["book/index.html"])]
    contents += [(name, [f"book/{name}.html"]) for name in PAGES[1:]]
    if os.environ.get("DLBOOK_PRINTED") == "all":  # weekly: it takes minutes
        contents = parts(site.parent / "executed")
    about = dict.fromkeys(("title", "author", "copyright"), "Tested")
    return join(site, contents, {**about, "url": "https://example.org/book"})


@pytest.fixture(scope="module")
def joined(document):
    return BeautifulSoup(document, "html.parser")


@pytest.fixture(scope="module")
def pdf(site, browser, document, tmp_path_factory):
    path = tmp_path_factory.mktemp("takeaway") / "book.pdf"
    takeaway.print_pdf(browser, site, document, path)
    return PdfReader(path)


@pytest.fixture(scope="module")
def texts(pdf):
    return [squeezed(page.extract_text()) for page in pdf.pages]


@pytest.fixture(scope="module")
def bookmarks(pdf):
    """Level, title and page of each bookmark."""

    def flat(items, level):
        for item in items:
            if isinstance(item, list):
                yield from flat(item, level + 1)
            else:
                page = pdf.get_destination_page_number(item)
                yield level, squeezed(item.title), page

    return list(flat(pdf.outline, 1))


@pytest.fixture(scope="module")
def links(pdf):
    """What each link leads to: a name in the document, or an address."""
    found = []
    for page in pdf.pages:
        for area in page.get("/Annots", ()):
            area = area.get_object()
            assert area["/Subtype"] == "/Link"
            found.append(area["/Dest"] if "/Dest" in area else area["/A"]["/URI"])
    return found


@pytest.fixture
def paper(browser, server):
    """Opens a page of the site as it is printed, as wide as the text on A4."""
    context = browser.new_context(
        viewport={"width": 642, "height": 900}, color_scheme="dark"
    )
    page = context.new_page()

    def show(name):
        page.emulate_media(media="screen")
        page.goto(f"{server}/book/{name}")
        settle(page)
        page.emulate_media(media="print")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        return page

    yield show
    context.close()


def squeezed(text: str) -> str:
    """A text without spaces, and without the ligatures of its font."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))


def test_the_pages_are_a4_numbered_tagged_and_titled(pdf, texts):
    assert len(pdf.pages) > 10
    for page in pdf.pages:
        assert (page.mediabox.width, page.mediabox.height) == pytest.approx(A4, abs=1)
    assert pdf.metadata.title == "Tested"
    root = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and root["/Lang"] == "en"
    assert root["/StructTreeRoot"]["/K"]
    numbered = [str(i) in (text[:3] + text[-3:]) for i, text in enumerate(texts, 1)]
    assert numbered == [False] + [True] * (len(texts) - 1)


def test_bookmarks_name_every_heading_and_lead_to_it(joined, bookmarks, texts):
    headings = [
        (int(tag.name[1]), squeezed(tag.get_text()))
        for tag in joined.find_all(re.compile("^h[1-6]$"))
    ]
    assert [mark[:2] for mark in bookmarks] == headings
    chapters = [title for level, title, _ in bookmarks if level == 1]
    assert chapters[0] == "Contents"
    assert any(title.startswith("1.Theperceptron") for title in chapters)
    assert all(before[2] <= after[2] for before, after in pairwise(bookmarks))
    for _, title, page in bookmarks:
        assert title in texts[page], (title, page + 1)


def test_a_bookmark_has_a_heading_s_words_once(browser, tmp_path):
    long = "What does a heading say that takes two lines of a page, and a third of one?"
    article = "<link rel='stylesheet' href='a.css'><article><h1>{}</h1>{}</article>"
    tops = f'<section id="x" style="break-before: page"><h2>{long}</h2></section>' * 9
    (tmp_path / "_static").mkdir()
    (tmp_path / "_static" / "logo.svg").write_text(LOGO)
    (tmp_path / "a.css").write_text("h1, h2 { font: 20pt/1 sans-serif; margin: 0 }")
    (tmp_path / "a.html").write_text(article.format(long, tops))
    about = dict.fromkeys(("title", "author", "copyright", "url"), "Tested")
    document = join(tmp_path, [("", ["a.html"])], about)
    takeaway.print_pdf(browser, tmp_path, document, tmp_path / "a.pdf")
    contents, chapter, sections = PdfReader(tmp_path / "a.pdf").outline
    assert (contents.title, chapter.title) == ("Contents", long)
    assert [section.title for section in sections] == [long] * 9


def test_links_lead_into_the_document_or_out_of_the_book(joined, pdf, links):
    inside = {a["href"][1:] for a in joined.select("a[href^='#']")}
    assert len(inside) > 40
    named = {name.removeprefix("/") for name in pdf.named_destinations}
    led = {link.removeprefix("/") for link in links if "://" not in link}
    assert led == inside and led <= named
    outside = {link for link in links if "://" in link}
    assert outside == {a["href"] for a in joined.select("a[href^='http']")}
    assert "https://example.org/book" in outside
    assert not [
        link for link in links if re.match("file:|http://(127|localhost)", link)
    ]


def test_links_lead_to_the_right_pages(pdf, texts, bookmarks):
    places = {name.removeprefix("/"): at for name, at in pdf.named_destinations.items()}
    page = {name: pdf.get_destination_page_number(at) for name, at in places.items()}
    starts = {title: number for _, title, number in bookmarks}
    assert page["01_perceptron"] == starts["1.Theperceptron"]
    assert page["glossary"] == starts["Glossary"]
    assert page["glossary--bias"] == starts["Bias"]
    assert page["01_perceptron--pitfalls"] == starts["Pitfalls"]
    assert "(1.1)" in texts[page["01_perceptron--eq-1-1"]]


def test_text_formulas_code_and_outputs_can_be_read(texts):
    text = "".join(texts)
    assert "Frank Rosenblatt described a machine".replace(" ", "") in text
    assert "importmatplotlib.pyplotasplt" in text
    assert "x=(1,2):z=2,output1" in text
    assert "1−5+6=2" in text and "mathbf" not in text
    assert "interactivefigureneedsJavaScript" not in text


def test_what_the_site_folds_is_open_and_what_it_asks_is_plain(joined, texts):
    text = "".join(texts)
    answers = joined.select("details[data-question] > p")
    assert len(answers) >= 4
    for answer in answers:
        if not answer.select(".math"):
            assert squeezed(answer.get_text()) in text
    assert "Checkyourself1.1." in text
    assert "Youranswer" not in text and "Hidecodecell" not in text


def test_figures_are_on_the_page_of_their_captions(joined, pdf, texts):
    captions = joined.select("[id='01_perceptron'] figcaption")
    assert len(captions) >= 5
    for caption in captions:
        start = squeezed(caption.get_text())[:20]
        (page,) = [i for i, text in enumerate(texts) if start in text]
        assert pdf.pages[page].images, start


def test_live_figures_do_not_clash(browser, site):
    names = ["index", "01_perceptron", "02_loss_and_descent", "09_training_recipe"]
    contents = [(name, [f"book/{name}.html"]) for name in names]
    about = dict.fromkeys(("title", "author", "copyright", "url"), "Tested")
    soup = BeautifulSoup(join(site, contents, about), "html.parser")
    for tag in soup.select("link, img"):
        tag.decompose()
    with browser.new_page() as page:
        wrong = watch(page, "data:")
        page.set_content(str(soup))
        figures = page.evaluate("Object.keys(dlbookLive)")
        assert {"perceptron", "perceptron-2", "descent", "diagnosis"} <= set(figures)
        assert len(figures) == len(soup.select(".live-figure"))
        ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
        assert len(set(ids)) == len(ids)
        assert not wrong


def test_a_script_that_fails_is_said(browser, site, tmp_path):
    for broken in ("<script>throw Error('no')</script>", "<img src='gone.png'>"):
        with pytest.raises(NotWhole, match="no$|gone.png"):
            takeaway.print_pdf(browser, site, broken, tmp_path / "x.pdf")


def test_nothing_of_a_page_is_cut_off_on_paper(paper, pages):
    found = []
    for name in (page for page in pages if page.startswith("book/")):
        wide = paper(Path(name).name).evaluate(WIDE)
        found += [f"{name}: {what}" for what in wide]
    assert not found, "\n".join(found)


def test_a_page_is_printed_light_open_and_without_what_one_presses(paper):
    page = paper("01_perceptron.html")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    black = page.locator("article > section > p").first
    assert black.evaluate("e => getComputedStyle(e).color") == "rgb(34, 40, 50)"
    assert page.locator("details").count() == page.locator("details[open]").count() > 5
    assert (
        page.locator("article details.hide .cell_input").first.evaluate(
            "e => getComputedStyle(e).opacity"
        )
        == "1"
    )
    controls = page.locator(
        "button, .bd-sidebar, .headerlink, summary:has(+ .cell_input)"
    )
    assert controls.count() > 20
    shown = controls.evaluate_all(
        "all => all.filter(e => e.checkVisibility()).map(e => e.outerHTML)"
    )
    assert not shown
    assert page.locator(".question li").first.is_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.locator("details[open]").count() == 0


def test_the_site_needs_no_server(browser, site):
    address = (site / "index.html").as_uri()
    with browser.new_page() as page:
        page.on("request", lambda r: asked.append(r.url))
        asked = []
        wrong = watch(page, "file:")
        page.goto(address)
        page.wait_for_url("**/book/index.html")
        page.locator(".live-figure button", has_text="Step").click()
        assert page.evaluate("dlbookLive.perceptron.state().steps") != 0
        page.locator("article a[href^='01_perceptron']").first.click()
        page.wait_for_url("**/book/01_perceptron.html")
        settle(page)
        assert not wrong
        assert all(url.startswith(("file:", "data:", "blob:")) for url in asked)
