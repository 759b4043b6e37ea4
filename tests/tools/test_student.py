"""The student edition: every task, no solution."""

import os
import re

import pytest

from tools import execute, sources, student
from tools.environment import ROOT


def solution_texts(path) -> list[str]:
    cells = execute.read(path).cells
    return [c.source for c in cells if "solution" in c.metadata.get("tags", [])]


def test_solutions_go_and_everything_else_stays(tmp_path, capsys):
    assert student.main(["--out", str(tmp_path / "new" / "folder")]) == 0
    chapters = sources.chapters(ROOT)
    assert chapters
    found = sorted((tmp_path / "new" / "folder").glob("*.ipynb"))
    assert [path.name for path in found] == [path.name for path in chapters]
    for path, written in zip(chapters, found, strict=True):
        solutions = solution_texts(path)
        assert solutions
        text = "\n".join(cell.source for cell in execute.read(written).cells)
        assert not [solution for solution in solutions if solution in text]
        kept = execute.read(path).cells
        kept = [c for c in kept if "solution" not in c.metadata.get("tags", [])]
        assert execute.read(written).cells == kept
        tagged = [c for c in kept if "exercise" in c.metadata.get("tags", [])]
        assert tagged
        assert all("dlbook.check(" in cell.source for cell in tagged)


def test_what_the_notebooks_link_to_comes_along(tmp_path):
    student.main(["--out", str(tmp_path)])
    assert (tmp_path / "LICENSE-TEXT.md").exists()
    linked = set()
    for path in tmp_path.glob("*.ipynb"):
        text = "\n".join(cell.source for cell in execute.read(path).cells)
        linked |= set(re.findall(r"\]\(([\w./-]+\.(?:md|ipynb|svg))", text))
    assert len(linked) > 10 and all((tmp_path / name).exists() for name in linked)


def test_answers_are_unfolded_and_nothing_else_changes(tmp_path):
    assert student.main(["--answers", "--out", str(tmp_path)]) == 0
    for path in sources.chapters(ROOT):
        old, new = execute.read(path).cells, execute.read(tmp_path / path.name).cells
        for cell, before in zip(new, old, strict=True):
            if "solution" not in before.metadata.get("tags", []):
                assert cell == before
            elif cell.cell_type == "code":
                assert cell.source == before.source
                assert "hide-cell" not in cell.metadata["tags"]
            else:
                assert cell.source.startswith("<details open><summary>Solution")


def test_the_book_is_left_as_it_is(tmp_path):
    before = {path: path.read_bytes() for path in sources.chapters(ROOT)}
    student.main(["--out", str(tmp_path)])
    assert {path: path.read_bytes() for path in sources.chapters(ROOT)} == before


@pytest.mark.parametrize("inside", ["", "book", "book/chapters"])
@pytest.mark.parametrize("through_a_link", [False, True])
def test_the_book_s_own_folders_are_refused(tmp_path, capsys, inside, through_a_link):
    out = ROOT / inside
    if through_a_link:
        link = tmp_path / "link"
        link.symlink_to(ROOT)
        out = link / inside
    before = sorted(os.listdir(ROOT / "book"))
    with pytest.raises(SystemExit) as caught:
        student.main(["--out", str(out)])
    assert caught.value.code == 2
    assert "the book's own files" in capsys.readouterr().err
    assert sorted(os.listdir(ROOT / "book")) == before
    assert not list(ROOT.glob("*.ipynb"))


def test_a_file_is_refused(tmp_path, capsys):
    file = tmp_path / "file"
    file.write_text("kept")
    with pytest.raises(SystemExit) as caught:
        student.main(["--out", str(file)])
    assert caught.value.code == 2
    assert f"{file} is no folder" in capsys.readouterr().err
    assert file.read_text() == "kept"


def test_nothing_is_written_where_a_notebook_cannot_be_read(
    tmp_path, capsys, monkeypatch
):
    good = sources.chapters(ROOT)[0]
    bad = tmp_path / "02_bad.ipynb"
    bad.write_text('{\n<<<<<<< HEAD\n "cells": []}')
    monkeypatch.setattr(sources, "chapters", lambda root: [good, bad])
    assert student.main(["--out", str(tmp_path / "out")]) == 1
    assert f"{bad}: not a readable notebook" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()
