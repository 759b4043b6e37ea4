"""The side bar's list of pages, made once: every page is as the theme makes it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools.environment import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))
from book_contents import ENTRY, placed  # noqa: E402

CONF = """
import sys
sys.path.insert(0, {folder!r})
extensions = {extensions}
root_doc = "first"
html_theme = "sphinx_book_theme"
html_theme_options = {{"home_page_in_toc": True}}
"""
FLAT = {
    "first": "First\n=====\n\n.. toctree::\n   :caption: Part A\n\n   a/one\n   two\n"
    "\n.. toctree::\n   :caption: Part B\n   :numbered:\n\n   b/three\n",
    "a/one": "One & 1\n=======\n\nA section\n---------\n\nText.\n",
    "two": "Two\n===\n",
    "b/three": "Three\n=====\n",
}
NESTED = {**FLAT, "two": "Two\n===\n\n.. toctree::\n\n   c/four\n"}
NESTED["c/four"] = "Four\n====\n"


def site(folder: Path, pages: dict[str, str], extensions: list[str]) -> dict[str, str]:
    """Renders pages; returns the HTML by its name."""
    folder.mkdir()
    settings = {"folder": str(ROOT / "book" / "_ext"), "extensions": extensions}
    (folder / "conf.py").write_text(CONF.format(**settings))
    for name, text in pages.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / f"{name}.rst").write_text(text)
    out = folder / "html"
    call = [sys.executable, "-m", "sphinx", "-q", "-W", folder, out]
    done = subprocess.run(map(str, call), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = sorted(out.rglob("*.html"))
    return {str(path.relative_to(out)): path.read_text() for path in found}


@pytest.mark.parametrize("pages", [FLAT, NESTED], ids=["flat", "nested"])
def test_pages_are_as_the_theme_makes_them(pages, tmp_path):
    theirs = site(tmp_path / "theirs", pages, [])
    ours = site(tmp_path / "ours", pages, ["book_contents"])
    assert {"first.html", "a/one.html", "b/three.html", "search.html"} < set(ours)
    marked = 'href="#" aria-current="page">'  # which the theme forgets
    assert pages is NESTED or marked in ours["a/one.html"]
    assert {k: v.replace(marked, 'href="#">') for k, v in ours.items()} == theirs
    assert 'href="../a/one.html">One &amp; 1</a>' in ours["b/three.html"]


def test_a_page_marks_its_own_entry_and_links_from_its_folder():
    entries = [ENTRY.format("", "", f"book/{name}.html") for name in ("a", "b")]
    text = placed('<ul class="nav bd-sidenav">' + "".join(entries), "book/b.html")
    assert text.startswith('<ul class="current nav bd-sidenav">')
    assert ' href="a.html"' in text
    entry = ENTRY.format(" current active", "current ", "#")
    assert text.endswith(entry.replace('"#"', '"#" aria-current="page"'))
