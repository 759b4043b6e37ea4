"""The canonical form of a notebook, and the command that stores it."""

import json

import nbformat
import pytest
from conftest import edit_cell
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools import execute, notebooks

DRAWING = """\
import matplotlib.pyplot as plt
print("drawn")
plt.plot([1, 2])
plt.show()
"""
PIXEL = (
    "import base64, IPython.display as d\n"
    "class Both:\n"
    "    def _repr_mimebundle_(self, **kwargs):\n"
    "        return {'text/plain': 'both', 'image/jpeg': 'AAAA', 'text/html': '<b>'}\n"
    "Both()"
)


def executed() -> nbformat.NotebookNode:
    """A notebook as JupyterLab may leave it, made by hand."""
    picture = {"image/png": "AAAA", "text/plain": "<Figure size 640x480 with 1 Axes>"}
    widget = {"application/vnd.jupyter.widget-view+json": {}, "text/plain": "Box()"}
    cells = [
        new_markdown_cell("# Title", attachments={"a.png": {"image/png": "AAAA"}}),
        new_code_cell(
            "print(1)",
            execution_count=17,
            metadata={"tags": ["exercise"], "execution": {"x": "1"}, "collapsed": True},
            outputs=[
                new_output("stream", name="stdout", text="1\n"),
                new_output("stream", name="stdout", text="2\n"),
                new_output("display_data", picture, metadata={"needs_background": 1}),
                new_output("display_data", widget),
                new_output("execute_result", {"text/plain": "3"}, execution_count=17),
            ],
        ),
        new_code_cell(
            "print(2)",
            execution_count=19,
            metadata={"tags": ["nbval-ignore-output"]},
            outputs=[new_output("stream", name="stdout", text="0.123\n")],
        ),
        new_code_cell(
            "live.perceptron()",
            metadata={"tags": ["live"], "slideshow": {"slide_type": "skip"}},
            outputs=[new_output("display_data", {"text/html": "<script>"})],
        ),
        new_code_cell("x = 1", execution_count=None),
    ]
    metadata = {
        "kernelspec": {"name": "my-venv", "display_name": "Mine"},
        "widgets": {"a": 1},
        "author": "me",
    }
    return new_notebook(cells=cells, metadata=metadata)


def test_the_form_keeps_texts_and_drops_the_rest():
    form = notebooks.canonical(executed())
    nbformat.validate(form)
    title, printed, ignored, live, last = form.cells
    assert set(form.metadata) == {"kernelspec", "language_info"}
    assert form.metadata.kernelspec.name == "python3"
    assert form.metadata.language_info == {"name": "python"}
    assert "attachments" not in title
    assert title.metadata == {"slideshow": {"slide_type": "-"}}
    assert printed.metadata == {"tags": ["exercise"], "slideshow": {"slide_type": "-"}}
    stream, picture, widget, result = printed.outputs
    assert stream.text == "1\n2\n"
    assert picture.data == {"text/plain": "<Figure size 640x480 with 1 Axes>"}
    assert picture.metadata == {}
    assert widget.data == {"text/plain": "Box()"}
    assert (printed.execution_count, result.execution_count) == (1, 1)
    assert (ignored.outputs, ignored.execution_count) == ([], None)
    assert (live.outputs, live.execution_count) == ([], None)
    assert live.metadata["slideshow"] == {"slide_type": "skip"}
    assert last.execution_count == 4


def test_the_form_is_idempotent_and_leaves_its_argument_alone():
    notebook = executed()
    before = nbformat.writes(notebook)
    form = notebooks.canonical(notebook)
    assert nbformat.writes(notebook) == before
    assert nbformat.writes(form) != before
    assert nbformat.writes(notebooks.canonical(form)) == nbformat.writes(form)


def test_the_command_stores_outputs_and_the_second_run_changes_nothing(book, capsys):
    path = book.chapter("01_new", DRAWING, PIXEL)
    example = book.example.read_bytes()
    assert notebooks.main(["--source", str(book.source), "01"]) == 0
    first = path.read_bytes()
    assert b"image/" not in first.replace(b"'image/jpeg'", b"")
    drawn, both = [cell.outputs for cell in execute.read(path).cells[1:]]
    assert drawn[0].text == "drawn\n"
    assert drawn[1].data["text/plain"].startswith("<Figure size")
    assert both[0].data == {"text/plain": "both", "text/html": "<b>"}
    assert notebooks.main(["--source", str(book.source), "01"]) == 0
    assert path.read_bytes() == first
    assert book.example.read_bytes() == example  # not named, not touched
    assert not list(path.parent.glob("*.new"))


def test_a_failing_or_unreadable_notebook_is_not_written(book, capsys):
    failing = book.chapter("01_fails", "print(1)", "1 / 0")
    unreadable = book.chapter("02_broken")
    unreadable.write_text('{"cells": [')
    good = book.chapter("03_good", "print(3)")
    before = failing.read_bytes()
    assert notebooks.main(["--source", str(book.source), "01", "02", "03"]) == 1
    out = capsys.readouterr().out
    assert "book/01_fails.ipynb, cell 3 (id cell-2) raised" in out
    assert f"{unreadable}: not a readable notebook" in out
    assert failing.read_bytes() == before
    assert unreadable.read_text() == '{"cells": ['
    assert execute.read(good).cells[1].outputs[0].text == "3\n"
    names = {p.name for p in failing.parent.iterdir() if not p.name.startswith("00")}
    assert names == {
        "index.md",
        *(path.name for path in (failing, unreadable, good)),
    }


def test_what_an_author_alone_has_is_not_lost(book, capsys):
    pasted = book.chapter("01_pasted", "print(1)")
    picture = {"a.png": {"image/png": "AAAA"}}
    edit_cell(pasted, "title", lambda cell: cell.update(attachments=picture))
    path = book.source / "book" / "02_edited.ipynb"
    book.chapter("02_edited", f"open({str(path)!r}, 'a').write(' ')")
    before = pasted.read_bytes(), path.read_bytes() + b" "
    assert notebooks.main(["--source", str(book.source), "01", "02"]) == 1
    out = capsys.readouterr().out
    assert "01_pasted.ipynb, cell title: a.png is pasted" in out
    assert "02_edited.ipynb was edited while it ran" in out
    assert (pasted.read_bytes(), path.read_bytes()) == before


def test_tags_and_ids_survive(book):
    path = book.chapter("01_tags", "print(1)")
    edit_cell(path, "cell-1", lambda cell: cell["metadata"].update(tags=["hide-cell"]))
    assert notebooks.main(["--source", str(book.source), "01"]) == 0
    cell = json.loads(path.read_text())["cells"][1]
    assert cell["id"] == "cell-1"
    assert cell["metadata"]["tags"] == ["hide-cell"]


def test_a_name_that_no_notebook_has(book, capsys):
    with pytest.raises(SystemExit) as caught:
        notebooks.main(["--source", str(book.source), "77"])
    assert caught.value.code == 2
    assert "['77']" in capsys.readouterr().err


def test_a_write_that_is_cut_off_leaves_the_old_notebook(book, monkeypatch):
    path = book.chapter("01_new", "print(1)")
    before = path.read_bytes()

    def half(notebook, target):
        target.write_text(nbformat.writes(notebook)[:100])
        raise OSError("No space left on device")

    monkeypatch.setattr(notebooks.nbformat, "write", half)
    with pytest.raises(OSError, match="No space left"):
        notebooks.main(["--source", str(book.source), "01"])
    assert path.read_bytes() == before
