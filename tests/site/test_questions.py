"""Questions that the page judges: right and wrong answers, and what is kept."""

import json
import math
import re
from pathlib import Path

import nbformat
import pytest
from watching import watch

from tools import sources
from tools.browser import lay_out, settle
from tools.environment import ROOT

CELL = re.compile(
    r"\*\*Check yourself (?P<number>\d+\.\d+)\.\*\* [^\n].+?\n\n"
    r"(?P<choices>(?:\d\. [^\n]+\n)+\n)?"
    r'<details data-question="(?P<same>\d+\.\d+)" data-answer="(?P<answer>[^"]+)"'
    r'(?: data-within="(?P<within>[^"]+)")?(?: data-letters="(?P<letters>[^"]+)")?>'
    r"<summary>Answer</summary>\n\n.+\n\n</details>",
    re.DOTALL,
)


def questions(path: Path) -> list[dict]:
    """The questions of a chapter, as its cells have them."""
    cells = nbformat.read(path, as_version=4).cells
    asked = [cell for cell in cells if "Check yourself" in cell.source[:20]]
    found = [CELL.fullmatch(cell.source) for cell in asked]
    wrong = [c.id for c, match in zip(asked, found, strict=True) if not match]
    assert not wrong
    return [match.groupdict() for match in found]


CHAPTERS = {path.stem: questions(path) for path in sources.chapters(ROOT)}


@pytest.fixture
def context(browser):
    opened = browser.new_context(accept_downloads=True)
    yield opened
    opened.close()


def wrong_answer(question):
    if question["choices"]:
        return "1" if question["answer"] != "1" else "2"
    return f"({question['answer']}) + 1 + {question['within'] or 0}"


def give(form, question, answer):
    if question["choices"]:
        form.locator(f"input[value='{answer}']").check()
    else:
        form.locator("input[name=answer]").fill(answer)
    form.locator("button").click()
    return form.locator("output").text_content()


@pytest.mark.parametrize("name", CHAPTERS)
def test_questions_of_a_chapter(name):
    asked = CHAPTERS[name]
    chapter = int(name[:2])
    assert len(asked) >= 4
    assert [q["number"] for q in asked] == [
        f"{chapter}.{i}" for i in range(1, len(asked) + 1)
    ]
    for question in asked:
        assert question["same"] == question["number"]
        if question["choices"]:
            items = re.findall(r"^(\d)\. ", question["choices"], re.MULTILINE)
            assert items == [str(i) for i in range(1, len(items) + 1)]
            assert len(items) >= 3 and question["answer"] in items


@pytest.mark.parametrize("name", CHAPTERS)
def test_right_is_right_and_wrong_is_wrong(context, server, name):
    page = context.new_page()
    wrong = watch(page, server)
    page.goto(f"{server}/book/{name}.html")
    settle(page)
    lay_out(page)
    assert page.locator("form.question").count() == len(CHAPTERS[name])
    for question in CHAPTERS[name]:
        form = page.locator(f"form[data-asks='{question['number']}']")
        assert give(form, question, wrong_answer(question)).startswith("No.")
        assert give(form, question, question["answer"]) == "Right."
    assert not wrong


def test_answers_are_kept_counted_saved_and_erased(context, server):
    name, asked = next(iter(CHAPTERS.items()))
    page = context.new_page()
    page.goto(f"{server}/book/{name}.html")
    lay_out(page)
    first, second, third = asked[:3]
    forms = [page.locator(f"form[data-asks='{q['number']}']") for q in asked]
    for form, question in zip(forms, asked, strict=True):
        form.locator("button").click()
        told = "Choose one." if question["choices"] else "Write an answer first."
        assert form.locator("output").text_content() == told
        if not question["choices"]:
            assert "I cannot read that: “q”" in give(form, question, "q + 1")
    give(forms[0], first, first["answer"])
    give(forms[1], second, second["answer"])
    give(forms[2], third, wrong_answer(third))
    page.reload()
    lay_out(page)
    told = [form.locator("output").text_content() for form in forms]
    assert told == ["Right.", "Right.", *[""] * (len(asked) - 2)]

    page.goto(f"{server}/book/progress.html")
    row = page.locator("table.answered tbody tr").first
    assert row.locator("td").all_text_contents() == ["2", str(len(asked))]
    total = sum(map(len, CHAPTERS.values()))
    sums = page.locator("table.answered tbody tr").last.locator("td")
    assert sums.all_text_contents() == ["2", str(total)]

    with page.expect_download() as download:
        page.get_by_role("button", name="Save as a file").click()
    saved = json.loads(Path(download.value.path()).read_text())
    kept = {"answer": first["answer"], "right": True}
    assert saved[first["number"]] == kept and not saved[third["number"]]["right"]

    page.get_by_role("button", name="Erase").click()
    assert row.locator(".done").text_content() == "2"  # it asks first
    page.get_by_role("button", name="sure").click()
    assert row.locator(".done").text_content() == "0"
    page.goto(f"{server}/book/{name}.html")
    lay_out(page)
    assert not any(form.locator("output").text_content() for form in forms)


VALUES = {
    "1/3": 1 / 3,
    "−0.5": -0.5,
    "2^10": 1024,
    "2**3": 8,
    "-2^2": -4,
    "2^-1": 0.5,
    "2^3^2": 512,
    "1 - 2 - 3": -4,
    "8/4/2": 1,
    "1e-3": 0.001,
    ".5": 0.5,
    "2x": 3,
    "x(1 + x)": 3.75,
    "3·x × 2": 9,
    "exp(-x)": math.exp(-1.5),
    "ln(e) + log(1)": 1,
    "max(x, 2) - min(x, 2)": 0.5,
    "sigmoid(0) + relu(-1) + tanh(0)": 0.5,
    "pi": math.pi,
    "−1,234,567.5": -1234567.5,
}


def test_formulas_are_read_as_mathematics_is_written(context, server):
    page = context.new_page()
    page.goto(f"{server}/book/progress.html")
    read = "text => dlbookQuestions.formula(text, ['x'])({x: 1.5})"
    found = {text: page.evaluate(read, text) for text in VALUES}
    assert found == pytest.approx(VALUES, rel=1e-12)


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "something is missing"),
        ("2 +", "something is missing"),
        ("(1", "“)” is missing"),
        ("1)", "“)” does not fit"),
        ("y + 1", "“y” is not known here; the letters are x"),
        ("exp 2", "“(” is missing"),
        ("alert(1)", "“alert” is not known"),
        ("constructor(1)", "“constructor” is not known"),
        ("1 2", "“2” does not fit"),
        ("12,5", "write a decimal point, not a comma"),
        ("16 %", "write the number without %"),
    ],
)
def test_what_cannot_be_read_is_said(context, server, text, message):
    page = context.new_page()
    page.goto(f"{server}/book/progress.html")
    read = """text => {
      try { dlbookQuestions.formula(text, ['x']); return 'read'; }
      catch (error) { return error.message; }
    }"""
    found = page.evaluate(read, text)
    assert message in found
