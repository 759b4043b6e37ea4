"""The book's own Sphinx extensions, on two small pages."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from tools.environment import ROOT

EXTENSIONS = ROOT / "book" / "_ext"
FIRST = r"""# First

> **Note.** A *short* note.

> **Warning:** Take care.
>
> - twice

> [!TIP]
> As on GitHub.

> **Notable** people are only quoted.

> Plainly quoted.

$$ y = wx + b \tag{1.1} $$

$$
\begin{aligned}
a &= b \\
c &= d
\end{aligned} \tag{1.2}
$$

$$ \begin{align} a &= b \tag{1.3} \\ c &= d \tag{1.4} \end{align} $$

$$ e = f $$

See [(1.2)](#eq-1-2) and [(2.1)](second.md#eq-2-1).
"""
SECOND = r"""# Second

$$ u = v \tag{2.1} $$

<a id="by-hand"></a>

From [(1.4)](first.md#eq-1-4) to [here](#by-hand).
"""


CONF = f"""
import sys
sys.path.insert(0, {str(EXTENSIONS)!r})
extensions = ["myst_parser", "book_alerts", "book_anchors", "book_math", "book_offline"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4
root_doc = "first"
html_theme = "basic"
"""


def build(folder: Path, **pages: str) -> str:
    """Render pages into `folder/html`; returns Sphinx's warnings."""
    (folder / "conf.py").write_text(CONF)
    for name, text in pages.items():
        (folder / f"{name}.md").write_text(text)
    call = [sys.executable, "-m", "sphinx", "-q", "-n", folder, folder / "html"]
    return subprocess.run(map(str, call), capture_output=True, text=True).stderr


@pytest.fixture(scope="module")
def first(tmp_path_factory) -> BeautifulSoup:
    folder = tmp_path_factory.mktemp("pages")
    toctree = "\n```{toctree}\n:hidden:\nsecond\n```\n"
    warnings = build(folder, first=FIRST + toctree, second=SECOND)
    assert not warnings
    text = (folder / "html" / "first.html").read_text()
    return BeautifulSoup(text, "html.parser")


def test_quotes_led_by_a_word_become_boxes(first):
    boxes = first.select("div.admonition")
    found = {box["class"][-1]: box.get_text(" ", strip=True) for box in boxes}
    assert found == {
        "note": "Note A short note.",
        "warning": "Warning Take care. twice",
        "tip": "Tip As on GitHub.",
    }
    assert first.select_one("div.note em").get_text() == "short"


def test_other_quotes_stay_quotes(first):
    quotes = [quote.get_text(strip=True) for quote in first.select("blockquote")]
    assert quotes == ["Notablepeople are only quoted.", "Plainly quoted."]


def test_tags_are_anchors_and_links_reach_them(first):
    for number in range(1, 5):
        assert len(first.select(f"#eq-1-{number}")) == 1
    links = {link.get_text(): link["href"] for link in first.select("p a.reference")}
    assert links["(1.2)"] == "#eq-1-2"
    assert links["(2.1)"] == "second.html#eq-2-1"


def test_formulas_are_typeset_for_eyes_and_for_screen_readers(first):
    formulas = first.select("div.math")
    tex = [math.select_one("annotation").get_text() for math in formulas]
    assert tex[0] == r"y = wx + b \tag{1.1}" and tex[2].startswith(r"\begin{align}")
    assert [math.select_one("mi").get_text() for math in formulas] == list("yaae")
    for math in formulas:
        assert math.select_one(".katex-html")["aria-hidden"] == "true"
    shown = [math.select_one(".katex-html").get_text() for math in formulas]
    numbers = [re.findall(r"\(1\.\d\)", text) for text in shown]
    assert numbers == [["(1.1)"], ["(1.2)"], ["(1.3)", "(1.4)"], []]


@pytest.mark.parametrize("wrong", [r"\nosuch", r"\frac{1", r"a_b_c", "a & b", "50 € x"])
def test_a_wrong_formula_is_a_warning_with_its_place(tmp_path, wrong):
    warnings = build(tmp_path, first=f"# T\n\nA line.\n\nHere $ {wrong} $ stands.\n")
    assert "first.md:5: WARNING: formula: " in warnings and wrong in warnings


def test_a_tag_that_stands_twice_is_a_warning(tmp_path):
    warnings = build(tmp_path, first="# T\n\n$$ a \\tag{1} $$\n\n$$ b \\tag{1} $$\n")
    assert "eq-1" in warnings


def test_a_link_to_no_equation_is_a_warning(tmp_path):
    warnings = build(tmp_path, first="# T\n\n[(9.9)](#eq-9-9)\n")
    assert "eq-9-9" in warnings
