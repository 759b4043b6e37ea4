"""What is taken away: the joined pages, the zips, and what is said when they fail."""

import contextlib
import json
import re
import time
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup

from dlbook import live
from tools import takeaway
from tools.environment import ROOT
from tools.joined import NotWhole, join, parts

ABOUT = {
    "title": "Nets & more",
    "author": "A. Author",
    "copyright": "2026",
    "url": "https://example.org/nets",
}
PAGE = """<!doctype html>
<html><head><meta http-equiv="Content-Security-Policy" content="default-src 'self'">
<link rel="stylesheet" href="../_static/book.css?v=1"><link rel="next" href="b.html">
<script src="../_static/questions.js"></script></head><body>
<nav id="nav"><a href="b.html">beside</a></nav>
<article class="bd-article"><section id="start">{}</section>
<script>kernelName = 'python3'</script></article></body></html>"""
FIRST = """
<h1><span class="section-number">1. </span>One &amp; <code>two</code><a
class="headerlink" href="#start" title="Link">#</a></h1>
<p><a href="#part">in the page</a> <a href="#">itself</a> <a href="b.html">page</a>
<a href="b.html#end">place</a> <a href="b.html#named">name</a>
<a href="b.html#gone">no place</a> <a href="c.html#end">not joined</a>
<a href="../_sources/book/a.ipynb">a file</a>
<a href="https://example.org/x.html#end">outside</a></p>
<img src="../_images/p.png?v=2" alt="A picture"><img src="data:,x" alt="Another one">
<details data-question="1.1"><summary>Answer</summary><p>42</p></details>
<pre>  if a &lt; b:
      href="#part"</pre>
<section id="part"><h2>A part<a class="headerlink" href="#part">#</a></h2></section>"""
SECOND = """<h1>Other</h1><p id="end"><a name="named"></a><a href="a.html#part">back</a>
</p><section id="part"><h2>A part</h2></section>"""
CONTENTS = [("", ["book/a.html"]), ("Part <1>", ["book/b.html"])]


def build(folder: Path, **pages: str) -> Path:
    """Lays out what a build leaves: a site and executed notebooks."""
    for name, text in pages.items():
        page = folder / "html" / "book" / f"{name}.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(PAGE.format(text), encoding="utf-8")
    (folder / "html" / "index.html").write_text("leads on")
    (folder / "html" / ".buildinfo").write_text("of Sphinx")
    assets = folder / "executed" / "book" / "assets"
    assets.mkdir(parents=True)
    (assets / "p.svg").write_text("<svg/>")
    (assets / "book.css").write_text("p {}")
    (assets.parent / "01_one.ipynb").write_text("{}")
    (assets.parent / "glossary.md").write_text("# Glossary")
    where = {"repository": {"url": ABOUT["url"], "branch": "v1"}}
    about = {key: value for key, value in ABOUT.items() if key != "url"} | where
    (folder / "executed" / "_config.yml").write_text(yaml.safe_dump(about))
    toc = {
        "root": "book/a",
        "parts": [{"caption": "Part <1>", "chapters": [{"file": "book/b"}]}],
    }
    (folder / "executed" / "_toc.yml").write_text(yaml.safe_dump(toc))
    return folder


@pytest.fixture
def built(tmp_path):
    return build(tmp_path / "_build", a=FIRST, b=SECOND)


@pytest.fixture
def joined(built):
    text = join(built / "html", CONTENTS, ABOUT)
    return BeautifulSoup(text, "html.parser")


@pytest.fixture
def printed(monkeypatch):
    """Prints without a browser: what was to be printed is the PDF."""
    monkeypatch.setattr(takeaway, "chromium", contextlib.nullcontext)
    monkeypatch.setattr(
        takeaway, "print_pdf", lambda _, site, text, out: out.write_text(text)
    )


def names(path):
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def test_anchors_have_their_page_s_name(joined):
    ids = [tag["id"] for tag in joined.select("[id]")]
    assert ids == ["a", "a--start", "a--part", "b", "b--start", "b--end", "b--part"]
    assert joined.select_one("#b--end a")["name"] == "b--named"


def test_links_lead_into_the_document_or_out_of_the_book(joined):
    text = joined.select_one("#a--start > p")
    assert {a.get_text(): a["href"] for a in text.select("a")} == {
        "in the page": "#a--part",
        "itself": "#a",
        "page": "#b",
        "place": "#b--end",
        "name": "#b--named",
        "no place": "#b",
        "outside": "https://example.org/x.html#end",
    }
    assert "not joined a file outside" in " ".join(text.get_text().split())
    assert joined.select_one("#b--end a[href]")["href"] == "#a--part"


def test_pictures_and_styles_are_found_from_the_site_s_folder(joined):
    sources = [image["src"] for image in joined.select("article img")]
    assert sources == ["_images/p.png?v=2", "data:,x"]
    sheets = [link["href"] for link in joined.select("link")]
    assert sheets == ["_static/book.css?v=1"]


def test_articles_stand_whole_open_and_alone(joined):
    assert [a["id"] for a in joined.select("main > article")] == ["a", "b"]
    code = joined.select_one("pre").get_text()
    assert code == '  if a < b:\n      href="#part"'
    assert joined.select_one("details[data-question]").has_attr("open")
    assert not joined.select("script, .headerlink, meta[http-equiv], #nav")
    assert joined.html["data-theme"] == "light"


def test_contents_list_parts_pages_and_a_chapter_s_sections(joined):
    contents = joined.select_one("nav")
    links = [(a.get_text(), a["href"]) for a in contents.select("a")]
    assert links == [("1. One & two", "#a"), ("A part", "#a--part"), ("Other", "#b")]
    assert contents.p.get_text() == "Part <1>"
    cover = joined.select_one("header").get_text()
    assert all(str(what) in cover for what in ABOUT.values())
    assert joined.title.get_text() == "Nets & more"


def test_live_figures_share_their_scripts(tmp_path):
    figures = {"a": live.perceptron(), "b": live.descent()}
    pages = {name: figure._repr_html_() for name, figure in figures.items()}
    folder = build(
        tmp_path / "_build", **{k: f"<h1>{k}</h1>{v}" for k, v in pages.items()}
    )
    text = join(folder / "html", CONTENTS, ABOUT)
    soup = BeautifulSoup(text, "html.parser")
    shared = [tag["data-live-shared"] for tag in soup.select("[data-live-shared]")]
    assert shared == ["runtime.css", "runtime.js", "perceptron.js", "descent.js"]
    for tag in soup.select("[data-live-shared]"):
        own = pages["b" if tag["data-live-shared"] == "descent.js" else "a"]
        assert str(tag) in own
    assert soup.select("script")[-1].get_text() == "dlbookLiveRuntime.mount();"
    drawn = [
        json.loads(root["data-live-config"]) for root in soup.select(".live-figure")
    ]
    assert drawn == [json.loads(json.dumps(f.config)) for f in figures.values()]


def test_a_missing_page_is_named(built):
    (built / "html" / "book" / "b.html").unlink()
    with pytest.raises(NotWhole, match="no page book/b.html in .*html: "):
        join(built / "html", CONTENTS, ABOUT)


def test_what_is_no_page_is_named(built):
    (built / "html" / "book" / "b.html").write_text("<p>text</p>")
    with pytest.raises(NotWhole, match="b.html has no article"):
        join(built / "html", CONTENTS, ABOUT)


def test_the_order_is_that_of_the_contents(built):
    assert parts(built / "executed") == CONTENTS
    pages = [page for _, own in parts(ROOT) for page in own]
    assert pages[0] == "book/index.html"
    listed = re.findall(r"(?:root|file): (\S+)", (ROOT / "_toc.yml").read_text())
    assert pages == [f"{file}.html" for file in listed]


def test_a_zip_is_the_same_on_another_day(tmp_path, monkeypatch):
    files = {"b/x.md": b"text", "a.md": bytes(1000)}
    takeaway.pack(tmp_path / "1.zip", "top", files)
    later = time.gmtime(2e9)
    monkeypatch.setattr(time, "localtime", lambda *_: later)
    monkeypatch.setattr(time, "time", lambda: 2e9)
    takeaway.pack(tmp_path / "2.zip", "top", dict(reversed(files.items())))
    assert (tmp_path / "1.zip").read_bytes() == (tmp_path / "2.zip").read_bytes()
    assert names(tmp_path / "1.zip") == ["top/a.md", "top/b/x.md"]
    with zipfile.ZipFile(tmp_path / "1.zip") as archive:
        assert {name: archive.read(f"top/{name}") for name in files} == files
        assert archive.getinfo("top/a.md").compress_size < 100


def test_everything_is_in_the_zips(built, tmp_path, printed):
    out = tmp_path / "new" / "folder"
    written = takeaway.take(built, built / "html", out)
    pdf = "deep-learning-executable.pdf"
    assert [path.name for path in written] == [pdf, "everything.zip", "notebooks.zip"]
    assert sorted(out.iterdir()) == written
    chapters = ["01_one.ipynb", "assets/p.svg", "glossary.md"]
    own = sorted([*chapters, "LICENSE", "LICENSE-TEXT.md", "README.md"])
    assert names(written[2]) == [f"deep-learning-executable-notebooks/{n}" for n in own]
    site = ["book/a.html", "book/b.html", "index.html"]
    everything = [pdf, *(f"notebooks/{n}" for n in own), *(f"site/{n}" for n in site)]
    assert names(written[1]) == [f"deep-learning-executable/{n}" for n in everything]
    with zipfile.ZipFile(written[1]) as archive:
        assert (
            archive.read(f"deep-learning-executable/{pdf}") == written[0].read_bytes()
        )


def test_the_read_me_installs_what_pyproject_offers(built):
    text = takeaway.notebooks(built)["README.md"].decode()
    assert text.startswith("# Nets & more: the notebooks\n")
    (command,) = re.findall(r"^pip install \"(.+)\"$", text, re.MULTILINE)
    package, place = command.split(" @ ")
    assert place == "git+https://example.org/nets@v1"
    extras = re.fullmatch(r"dlbook\[(.+)\]", package)[1].split(",")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert {*extras, "jax", "torch"} <= set(project["optional-dependencies"])
    assert project["requires-python"] == ">=3.11" and "Python 3.11 or newer" in text


def run(monkeypatch, capsys, site, out):
    """Runs the command; returns what it says when it refuses."""
    monkeypatch.setenv("DLBOOK_SITE", str(site))
    assert takeaway.main(["--out", str(out)]) == 2
    return capsys.readouterr().out


def test_a_missing_site_is_named(tmp_path, monkeypatch, capsys):
    said = run(monkeypatch, capsys, tmp_path / "html", tmp_path / "out")
    assert said.startswith(
        f"no site in {tmp_path / 'html'}: run `python -m tools book`"
    )
    assert not (tmp_path / "out").exists()


def test_missing_notebooks_are_named(built, tmp_path, monkeypatch, capsys):
    (built / "executed" / "book" / "01_one.ipynb").unlink()
    said = run(monkeypatch, capsys, built / "html", tmp_path / "out")
    assert said.startswith(
        f"no executed notebook in {built / 'executed' / 'book'}: run"
    )
    assert not (tmp_path / "out").exists()


def test_a_missing_browser_leaves_the_last_files(built, tmp_path, monkeypatch, capsys):
    (tmp_path / "notebooks.zip").write_text("of last time")
    before = sorted(tmp_path.iterdir())
    monkeypatch.setattr("tools.browser.NAMES", ("no-such-browser",))
    said = run(monkeypatch, capsys, built / "html", tmp_path)
    assert said.startswith("no Chromium found: install it")
    assert sorted(tmp_path.iterdir()) == before
    assert (tmp_path / "notebooks.zip").read_text() == "of last time"


def test_a_folder_that_cannot_be_written_is_named(
    built, tmp_path, monkeypatch, capsys, printed
):
    (tmp_path / "file").write_text("kept")
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        said = run(monkeypatch, capsys, built / "html", out)
        assert said.startswith(f"--out {out}: ") and "expected a folder" in said
    assert (tmp_path / "file").read_text() == "kept"
