"""`python -m tools student`: write the notebooks for a class.

Without solutions; or, with `--answers`, with the solutions unfolded.
"""

import argparse
import shutil
from pathlib import Path

import nbformat

from tools import address, execute, sources
from tools.environment import ROOT
from tools.takeaway import beside


def without_solutions(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A copy of a notebook without the cells tagged `solution`."""
    student = nbformat.from_dict(notebook)
    student.cells = [cell for cell in student.cells if "solution" not in _tags(cell)]
    return student


def with_answers(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A copy of a notebook in which no solution is folded."""
    answered = nbformat.from_dict(notebook)
    for cell in answered.cells:
        if "solution" in _tags(cell):
            cell.metadata["tags"] = [tag for tag in _tags(cell) if tag != "hide-cell"]
            cell.source = cell.source.replace("<details>", "<details open>", 1)
    return answered


def _tags(cell):
    return cell.metadata.get("tags", [])


def main(argv: list[str]) -> int:
    """Writes one of the editions; returns the exit code."""
    parser = argparse.ArgumentParser("tools student", description=__doc__)
    parser.add_argument("--answers", action="store_true", help="with the solutions")
    parser.add_argument("--out", type=Path, help="a folder")
    options = parser.parse_args(argv)
    edition = with_answers if options.answers else without_solutions
    name = "answers" if options.answers else "student"
    options.out = options.out or ROOT / "_build" / name
    book, place = ROOT / "book", options.out.resolve()
    if place.is_relative_to(book) or place == ROOT:
        parser.error(f"--out {options.out} is where the book's own files are")
    if options.out.exists() and not options.out.is_dir():
        parser.error(f"--out {options.out} is no folder")
    chapters = sources.chapters(ROOT)
    try:
        edited = {path.name: edition(execute.read(path)) for path in chapters}
    except execute.ChapterError as error:
        print(error)
        return 1
    options.out.mkdir(parents=True, exist_ok=True)
    for name, notebook in edited.items():
        nbformat.write(notebook, options.out / name)
        print(options.out / name)
    for name, path in beside(book).items():
        out = options.out / name
        out.parent.mkdir(exist_ok=True)
        shutil.copyfile(path, out)
    url, _ = address.repository()
    if "/OWNER/" in url:
        print(
            f"{url} stands for an address that is not set: without `dlbook`, the first"
            " cell of a notebook fails; see `python -m tools address --help`"
        )
    return 0
