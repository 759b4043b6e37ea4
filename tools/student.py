"""`python -m tools student`: write the notebooks without their solutions."""

import argparse
from pathlib import Path

import nbformat

from tools import execute, sources
from tools.environment import ROOT


def without_solutions(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A copy of a notebook without the cells tagged `solution`."""
    student = nbformat.from_dict(notebook)
    student.cells = [
        cell
        for cell in student.cells
        if "solution" not in cell.metadata.get("tags", [])
    ]
    return student


def main(argv: list[str]) -> int:
    """Writes the student edition; returns the exit code."""
    parser = argparse.ArgumentParser("tools student", description=__doc__)
    default = ROOT / "_build" / "student"
    parser.add_argument("--out", type=Path, default=default, help="a folder")
    options = parser.parse_args(argv)
    if options.out.resolve().is_relative_to(ROOT / "book"):
        parser.error("--out is in the book's own folder: it would lose its solutions")
    if options.out.exists() and not options.out.is_dir():
        parser.error(f"--out {options.out} is no folder")
    options.out.mkdir(parents=True, exist_ok=True)
    for path in sources.chapters(ROOT):
        notebook = without_solutions(execute.read(path))
        nbformat.write(notebook, options.out / path.name)
        print(options.out / path.name)
    return 0
