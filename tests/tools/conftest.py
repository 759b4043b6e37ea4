"""A two-page book to build, to edit and to break."""

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable
from html import unescape
from pathlib import Path
from unittest import mock

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from dlbook import data
from tools import execute
from tools.environment import ROOT

SWITCHES = ("KERAS_BACKEND", "PYTHONPATH", "TQDM_DISABLE")


class Book:
    """A copy of the fixture book with `dlbook` beside it, and what tests do to it."""

    def __init__(self, source: Path):
        self.source = source
        self.build_folder = source / "_build"
        self.site = source / "_build" / "html"
        shutil.copytree(ROOT / "tests" / "fixture_book", source, dirs_exist_ok=True)
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(
            ROOT / "dlbook", source / "dlbook", ignore=ignored, dirs_exist_ok=True
        )
        self.example = source / "book" / "00_example.ipynb"

    def start(self, *options: str, **kwargs) -> subprocess.Popen:
        """Starts a build as its user does, in a process of its own."""
        run = "import sys; from tools.book import main; sys.exit(main(sys.argv[1:]))"
        call = [sys.executable, "-c", run, "--source", str(self.source), *options]
        environment = {k: v for k, v in os.environ.items() if k not in SWITCHES}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(call, cwd=ROOT, env=environment, **{**pipes, **kwargs})

    def build(self, *options: str) -> subprocess.CompletedProcess:
        """Builds; no build may end in a Python traceback of its own."""
        with self.start("--jobs", "1", *options) as process:
            out, err = process.communicate(timeout=300)
        assert "Traceback" not in err, err
        return subprocess.CompletedProcess([], process.returncode, out, err)

    def built(self) -> subprocess.CompletedProcess:
        """Builds and expects success."""
        done = self.build()
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    def chapter(self, name: str, *cells: str, listed: bool = True) -> Path:
        """Writes a chapter of a title and code cells with ids `cell-1`, ..."""
        notebook = new_notebook(
            cells=[new_markdown_cell(f"# Chapter {name}", id="title")]
            + [new_code_cell(code, id=f"cell-{n}") for n, code in enumerate(cells, 1)]
        )
        path = self.source / "book" / f"{name}.ipynb"
        nbformat.write(notebook, path)
        contents = self.source / "_toc.yml"
        entry = f"- file: book/{name}\n"
        if listed and entry not in contents.read_text():
            contents.write_text(contents.read_text() + entry)
        return path

    def text(self, page: str) -> str:
        """A page's visible text, on one line."""
        html = (self.site / "book" / f"{page}.html").read_text(encoding="utf-8")
        article = re.search(r"<article.*</article>", html, re.DOTALL).group()
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", article)).split())

    def files(self) -> dict[str, bytes]:
        """Every file of the site, byte by byte."""
        return {
            path.relative_to(self.site).as_posix(): path.read_bytes()
            for path in sorted(self.site.rglob("*"))
            if path.is_file()
        }

    def executed(self, done: subprocess.CompletedProcess) -> list[str]:
        """The chapters that a build says it executed."""
        return re.findall(r"^ +book/(\S+)\.ipynb +[\d.]+ s$", done.stdout, re.MULTILINE)


def edit_cell(path: Path, cell_id: str, change: Callable[[dict], object]) -> None:
    """Changes one cell of a stored notebook."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    (cell,) = [cell for cell in notebook["cells"] if cell["id"] == cell_id]
    change(cell)
    path.write_text(json.dumps(notebook), encoding="utf-8")


@pytest.fixture(autouse=True)
def own_environment():
    """What a test or the tools set in the environment is gone after it."""
    with mock.patch.dict(os.environ):
        for name in (*SWITCHES, "OMP_NUM_THREADS", "MPLBACKEND"):
            os.environ.pop(name, None)
        yield


@pytest.fixture
def book(tmp_path) -> Book:
    """A book that was never built."""
    return Book(tmp_path / "a book")


@pytest.fixture
def executions(monkeypatch) -> list[str]:
    """The names of chapters that `execute` ran; a run costs nothing and prints."""
    names = []

    def run(chapter, home):
        names.append(chapter.path.stem)
        for number, cell in enumerate(
            (c for c in chapter.notebook.cells if c.cell_type == "code"), 1
        ):
            cell.execution_count = number
            cell.outputs = [nbformat.v4.new_output("stream", text=f"run {len(names)}")]

    monkeypatch.setattr(execute, "run", run)
    return names


@pytest.fixture(scope="module")
def script(request):
    """What stands in the study that the test module names as `SCRIPT`."""
    return runpy.run_path(str(request.module.SCRIPT))


@pytest.fixture(scope="module")
def conclude(script):
    return script["conclude"]


@pytest.fixture
def results(request):
    """The study's results, fresh for each test to falsify."""
    return data.study(request.module.SCRIPT.stem)["results"]


@pytest.fixture
def refused(conclude):
    """Holds that the conclusions do not stand on these results."""

    def check(results):
        with pytest.raises(AssertionError):
            conclude(results)

    return check
