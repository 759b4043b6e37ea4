"""`python -m tools notebooks`: execute notebooks and store them in the canonical form.

The form holds what a reader of a diff wants to see and what nbval compares: sources,
tags, slides, captions, text outputs. It holds no pictures, no times and no machine.
"""

import argparse
import os
import tempfile
from pathlib import Path

import nbformat
from nbval.plugin import coalesce_streams

from tools import execute, sources
from tools.environment import ROOT

NOTEBOOK_METADATA = {
    "kernelspec": {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    },
    "language_info": {"name": "python"},
}
CELL_METADATA = ("mystnb", "slideshow", "tags")
NOT_STORED = ("image/png", "image/jpeg", "application/vnd.jupyter.widget")
# Cells with these tags are executed, but their outputs are neither stored nor compared.
NOT_COMPARED = {"live", "nbval-ignore-output"}


def canonical(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Brings an executed notebook into the form that is stored; idempotent."""
    notebook = nbformat.from_dict(notebook)
    notebook.metadata = nbformat.from_dict(NOTEBOOK_METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    count = 0
    for cell in notebook.cells:
        kept = {k: v for k, v in cell.metadata.items() if k in CELL_METADATA}
        kept.setdefault("slideshow", {"slide_type": "-"})
        cell.metadata = nbformat.from_dict(kept)
        cell.pop("attachments", None)
        if cell.cell_type != "code":
            continue
        count += 1
        if NOT_COMPARED & set(kept.get("tags", [])):
            cell.outputs, cell.execution_count = [], None
            continue
        cell.execution_count = count
        cell.outputs = coalesce_streams(cell.outputs)
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = count
            if "data" in output:
                for kind in [k for k in output.data if k.startswith(NOT_STORED)]:
                    del output.data[kind]
                output.metadata = nbformat.NotebookNode()
    return notebook


def main(argv: list[str]) -> int:
    """Re-executes and rewrites the notebooks named, or all; returns the exit code."""
    parser = argparse.ArgumentParser("tools notebooks", description=__doc__)
    parser.add_argument("names", nargs="*", help="beginnings of names, such as 01")
    parser.add_argument("--source", type=Path, default=ROOT, help="the book's folder")
    options = parser.parse_args(argv)
    source = options.source.resolve()
    if source != ROOT:
        os.environ["PYTHONPATH"] = str(source)
    chosen = sources.named(sources.chapters(source), options.names)
    if not chosen:
        parser.error(f"no notebook in {source / 'book'} is named {options.names}")
    execute.limit_threads(jobs=1)
    failed = 0
    for path in chosen:
        try:
            before = path.read_bytes()
            chapter = execute.Chapter(path, execute.read(path))
            _refuse_pasted(chapter)
            with tempfile.TemporaryDirectory() as home:
                execute.run(chapter, Path(home))
            if path.read_bytes() != before:
                raise execute.ChapterError(
                    f"{chapter.name} was edited while it ran: it is left as it is"
                )
        except execute.ChapterError as error:
            print(error)
            failed += 1
            continue
        new = path.with_suffix(".ipynb.new")
        nbformat.write(canonical(chapter.notebook), new)
        new.replace(path)
        print(f"  {chapter.name:40} {chapter.seconds:6.1f} s")
    return 1 if failed else 0


def _refuse_pasted(chapter):
    """Stops where a picture that stands nowhere else would be dropped."""
    for cell in chapter.notebook.cells:
        if cell.get("attachments"):
            raise execute.ChapterError(
                f"{chapter.name}, cell {cell.id}: {', '.join(cell.attachments)} is "
                "pasted into the notebook; put it into book/assets and link to it"
            )
