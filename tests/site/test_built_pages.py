"""The built pages, read as files: links, pictures, outputs, nothing from elsewhere."""

import hashlib
import json
import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from bs4 import BeautifulSoup

from tools.environment import ROOT

NOISE = re.compile(
    r"oneDNN|absl|cuda|TF-TRT|WARNING:tensorflow|Traceback \(most", re.IGNORECASE
)
TEX = re.compile(r"\$\$|\\begin\{|\\\(|\\\[|\\tag\{")
LOADING = "script[src], link[href], img[src], iframe[src], source[src], object[data]"
FILE = re.compile(r"\.(png|svg|jpe?g|gif|webp)$", re.IGNORECASE)
CSS_URL = re.compile(r"url\(\s*[\"']?((?:https?:)?//[^)\"']+)|@import\s+[\"']http")


def settings() -> dict:
    return yaml.safe_load((ROOT / "_config.yml").read_text())


def contents() -> list[str]:
    """The files that `_toc.yml` names, such as `book/index`."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    parts = [chapter for part in toc["parts"] for chapter in part["chapters"]]
    return [toc["root"], *(chapter["file"] for chapter in parts)]


CHAPTERS = [file for file in contents() if re.match(r"book/\d\d_", file)]


@cache
def parsed(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@cache
def anchors(path: Path) -> set[str]:
    named = parsed(path).select("[id], a[name]")
    return {tag.get("id") for tag in named} | {tag.get("name") for tag in named}


def problems(site: Path, pages: list[str], find) -> str:
    """What `find(soup, path)` yields over all pages, one line each."""
    lines = []
    for page in pages:
        path = site / page
        lines += [f"{page}: {what}" for what in find(parsed(path), path)]
    return "\n".join(lines)


def test_every_page_of_the_contents_is_there(site, pages):
    assert {f"{file}.html" for file in contents()} <= set(pages)


def test_local_addresses_resolve(site, pages):
    def broken(soup, path):
        for tag in soup.select("[href], [src], object[data]"):
            address = tag.get("href") or tag.get("src") or tag.get("data") or ""
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            file = unquote(parts.path)
            target = (path.parent / file).resolve() if file else path
            if not target.is_file():
                yield f"{address} does not exist"
            elif target.suffix == ".html" and parts.fragment:
                if unquote(parts.fragment) not in anchors(target):
                    yield f"{address} has no such anchor"

    assert not problems(site, pages, broken)


def test_pictures_have_alt_texts(site, pages):
    def silent(soup, path):
        for image in soup.select("img"):
            alt, source = (image.get("alt") or "").strip(), image.get("src", "")
            if "logo__image" in image.get("class", []):
                named = image.find_parent("a").get_text(strip=True) or alt
                if not named:
                    yield "the logo's link has no name"
            elif " " not in alt or alt == source or FILE.search(alt):
                yield f"{source} has the alt text {alt!r}"

    assert not problems(site, pages, silent)


def test_tables_have_headers(site, pages):
    def bare(soup, path):
        for table in soup.select("article table:not(.genindextable)"):  # that is layout
            if not table.select("th"):
                yield table.get_text(" ", strip=True)[:80]

    assert not problems(site, pages, bare)


def test_one_heading_and_one_search_field(site, pages):
    def doubled(soup, path):
        for selector in ("article h1", "input[type=search]"):
            count = len(soup.select(selector))
            if count != 1:
                yield f"{count} of {selector}"

    own = [page for page in pages if page.startswith("book/")]
    assert own and not problems(site, own, doubled)


def test_outputs_are_free_of_framework_noise(site, pages):
    def noisy(soup, path):
        for output in soup.select("div.cell_output"):
            if "stderr" in str(output.get("class")) or output.select(".stderr"):
                yield f"stderr: {output.get_text()[:80]!r}"
            found = NOISE.search(output.get_text())
            if found:
                yield f"{found[0]!r} in {output.get_text()[:80]!r}"

    assert not problems(site, pages, noisy)


def test_no_formula_is_left_as_text(site, pages):
    def raw(soup, path):
        article = soup.select_one("article.bd-article")
        for text in article.find_all(string=TEX) if article else ():
            inside = text.find_parent(["pre", "code", "script", "style"])
            if not inside and not text.find_parent(class_="math"):
                yield text.strip()[:80]

    assert not problems(site, pages, raw)


def test_nothing_is_loaded_from_elsewhere(site, pages):
    def foreign(soup, path):
        for tag in soup.select(LOADING):
            address = tag.get("src") or tag.get("href") or tag.get("data")
            if urlsplit(address).netloc:
                yield f"<{tag.name}> loads {address}"
        for tag in soup.select("style, [style]"):
            for found in CSS_URL.finditer(tag.get("style") or tag.get_text()):
                yield f"style loads {found[0]}"
        for script in soup.select("script:not([src])"):
            if re.search(r"unpkg\.com|jsdelivr|cdnjs", script.get_text()):
                yield f"script names {script.get_text()[:80]!r}"

    assert not problems(site, pages, foreign)
    sheets = sorted((site / "_static").rglob("*.css"))
    assert sheets
    for sheet in sheets:
        found = CSS_URL.search(sheet.read_text(encoding="utf-8"))
        assert not found, f"{sheet.relative_to(site)} loads {found[0]}"


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_buttons_of_a_chapter_point_at_its_source(site, chapter):
    repository = settings()["repository"]
    place = urlsplit(repository["url"]).path + "/blob/" + repository["branch"]
    colab = settings()["launch_buttons"]["colab_url"] + "/github"
    links = {a["href"] for a in parsed(site / f"{chapter}.html").select("a[href]")}
    launch = [link for link in links if link.startswith(f"{colab}/")]
    assert launch == [f"{colab}{place}/{chapter}.ipynb"]
    assert f"../_sources/{chapter}.ipynb" in links  # to download


def test_every_page_says_what_it_is_about(site, pages):
    told = {}
    for name in (page for page in pages if page.startswith("book/")):
        (tag,) = parsed(site / name).select("meta[name=description]")
        told[name] = tag["content"]
        assert 40 < len(told[name]) <= 162 and "$" not in told[name], name
    assert len(set(told.values())) == len(told)


def test_all_exercises_are_listed_with_their_stars(site):
    page = parsed(site / "book" / "exercises.html")
    rows = page.select("article tbody tr")
    assert all([cell.name for cell in row.select("th, td")][0] == "th" for row in rows)
    rows = [[c.get_text(strip=True) for c in row.select("th, td")] for row in rows]
    listed = [row for row in rows if len(row) == 2]
    written = []
    for chapter in CHAPTERS:
        cells = json.loads((ROOT / f"{chapter}.ipynb").read_text())["cells"]
        text = "\n".join("".join(cell["source"]) for cell in cells)
        written += re.findall(r"^### Exercise (\S+) .+? ([★☆]{3})", text, re.MULTILINE)
    assert [(name.split()[0], stars) for name, stars in listed] == written
    together = [int(number) for number in rows[len(CHAPTERS)][1:]]
    assert sum(together) == len(written) > 100
    assert len(page.select("article h2")) == len(CHAPTERS)
    told = [tag["aria-label"] for tag in page.select("tbody [role=img]")]
    assert told == [f"difficulty {stars.count('★')} of 3" for _, stars in listed]


def test_tables_with_an_empty_corner_name_their_rows(site):
    tables = parsed(site / "book" / "status.html").select("table")
    tables = [t for t in tables if not t.select_one("thead th").get_text(strip=True)]
    rows = [row for table in tables for row in table.select("tbody tr")]
    assert len(tables) >= 3
    assert all(row.select_one("th, td").name == "th" for row in rows)


def test_every_page_has_a_feedback_link(site, pages):
    start = settings()["repository"]["url"] + "/issues/new"

    def mute(soup, path):
        if not soup.select(f'a[href^="{start}"]'):
            yield "no link to report an issue"

    own = [page for page in pages if page.startswith("book/")]
    assert own and not problems(site, own, mute)


def test_vendored_files_are_what_their_list_says():
    assets = ROOT / "book" / "assets"
    listed = dict(
        re.findall(
            r"^\| `([^`]+)` .*`([0-9a-f]{64})` \|$",
            (assets / "third_party.md").read_text(),
            re.MULTILINE,
        )
    )
    vendored = {
        path.relative_to(assets).as_posix()
        for folder in ("katex", "reveal")
        for path in (assets / folder).rglob("*")
        if path.is_file()
    } | {"../_ext/katex.min.js"}
    assert set(listed) == vendored
    for name, digest in listed.items():
        assert hashlib.sha256((assets / name).read_bytes()).hexdigest() == digest
