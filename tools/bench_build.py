"""What the build costs: beside serial Jupyter Book, and as a book grows."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import nbformat
import psutil
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools import sources
from tools.environment import ROOT

OURS = "import sys; from tools.book import main; sys.exit(main(sys.argv[1:]))"
PARTS = ("_config.yml", "_toc.yml", "book", "dlbook", "studies")
MEBIBYTE = 2**20


@dataclass
class Done:
    """A command that has ended: what it took and what it said."""

    seconds: float
    mebibytes: float  # the most that it and its children held at one moment
    output: str

    @property
    def executed(self) -> int:
        """The chapters that a build says it executed."""
        return len(re.findall(r"^ +book/\S+ +[\d.]+ s$", self.output, re.MULTILINE))


def build(options) -> Iterator[dict]:
    """`make book` beside `jupyter-book build --all`, then after one edit at a time."""
    with _copy(options.source) as source:
        few, every = helpers(source)
        chapter = sources.chapters(source)[0]
        serial = [Path(sys.executable).with_name("jupyter-book"), "build", "--all"]
        run = 0
        while True:
            run += 1
            shutil.rmtree(source / "_build", ignore_errors=True)
            first = _run([*serial, source], source)
            shutil.rmtree(source / "_build")
            done = {"make book, empty cache": _ours(source)}
            done["make book, nothing changed"] = _ours(source)
            _edit(chapter, "markdown", run)
            done["make book, one prose edit"] = _ours(source)
            _edit(chapter, "code", run)
            done["make book, one cell edit"] = _ours(source)
            for path in dict.fromkeys([few, every]):
                with path.open("a") as file:
                    file.write(f"# Edit {run}.\n")
                name = f"make book, edit of {path.relative_to(source).as_posix()}"
                done[name] = _ours(source)
            chapters = len(sources.chapters(source))
            yield {
                f"serial jupyter-book, {chapters} chapters": {
                    "seconds": first.seconds,
                    "of serial": 1.0,
                    "chapters executed": chapters,
                }
            } | {
                name: {
                    "seconds": one.seconds,
                    "of serial": one.seconds / first.seconds,
                    "chapters executed": one.executed,
                }
                for name, one in done.items()
            }


def growth(options) -> Iterator[dict]:
    """Builds of synthetic books of several sizes; see `synthetic`."""
    while True:
        figures, smaller = {}, {}
        for size in sorted(options.sizes):
            with tempfile.TemporaryDirectory() as folder:
                source = synthetic(Path(folder) / "book", size)
                for name in ("empty cache", "one cell edit", "nothing changed"):
                    if name == "one cell edit":
                        _edit(sources.chapters(source)[0], "code", 1)
                    done = _ours(source)
                    figure = {
                        "seconds": done.seconds,
                        "a chapter": done.seconds / size,
                        "MiB": done.mebibytes,
                    }
                    if name in smaller:
                        before, less = smaller[name]
                        added, more = size - less, done.mebibytes - before.mebibytes
                        figure["each added, seconds"] = (
                            done.seconds - before.seconds
                        ) / added
                        figure["each added, MiB"] = more / added
                    smaller[name] = done, size
                    figures[f"{size:,} chapters, {name}"] = figure
        yield figures


def synthetic(source: Path, chapters: int) -> Path:
    """Writes a book with this book's settings and small chapters, no two alike."""
    for folder in ("_ext", "assets"):
        shutil.copytree(ROOT / "book" / folder, source / "book" / folder)
    (source / "dlbook").mkdir()
    shutil.copy(ROOT / "_config.yml", source)
    contents = ["format: jb-book", "root: book/index", "chapters:"]
    (source / "book" / "index.md").write_text(
        "# A synthetic book\n\nIt has chapters.\n"
    )
    for n in range(1, chapters + 1):
        name = f"{n:04d}_chapter"
        contents.append(f"- file: book/{name}")
        text = (
            f"# Chapter {n}\n\nThe numbers from 1 to {n}. Their sum: $s = n(n + 1)/2$."
        )
        cells = [
            new_markdown_cell(text, id="title"),
            new_code_cell(f"numbers = range(1, {n} + 1)", id="numbers"),
            new_code_cell('print(f"{len(numbers)} numbers")', id="count"),
            new_markdown_cell("## The sum\n\n$$ s = \\sum_i i $$", id="sum"),
            new_code_cell('print(f"their sum is {sum(numbers)}")', id="add"),
        ]
        nbformat.write(new_notebook(cells=cells), source / "book" / f"{name}.ipynb")
    (source / "_toc.yml").write_text("\n".join(contents) + "\n")
    return source


def helpers(source: Path) -> tuple[Path, Path]:
    """A file of `dlbook` that few chapters reach, two if any, and one that most do."""
    reached = Counter()
    for path in sources.chapters(source):
        needed = sources.needed_files(source, nbformat.read(path, as_version=4))
        reached.update(path for path in needed if path.suffix == ".py")
    by_reach = sorted(reached, key=lambda path: (reached[path], path))
    few = next((path for path in by_reach if reached[path] > 1), by_reach[0])
    return few, min(reached, key=lambda path: (-reached[path], path))


@contextmanager
def _copy(source):
    """A copy of a book's sources, to edit; a book without `dlbook` gets this one."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "book"
        ignored = shutil.ignore_patterns("__pycache__")
        for part in PARTS:
            for path in (ROOT / "dlbook" if part == "dlbook" else None, source / part):
                if path and path.is_dir():
                    shutil.copytree(
                        path, copy / part, ignore=ignored, dirs_exist_ok=True
                    )
                elif path and path.is_file():
                    copy.mkdir(exist_ok=True)
                    shutil.copy(path, copy / part)
        yield copy


def _edit(path, kind, run):
    """Adds a line to the last cell of a kind: a sentence, or a comment."""
    notebook = nbformat.read(path, as_version=4)
    cell = [cell for cell in notebook.cells if cell.cell_type == kind][-1]
    cell.source += f"\n\n# Edit {run}." if kind == "code" else f"\n\nEdit {run}."
    nbformat.write(notebook, path)


def _ours(source):
    return _run([sys.executable, "-c", OURS, "--source", source], source)


def _run(call, source):
    """Runs a build to its end; one that fails ends the measurement."""
    environment = {
        **os.environ,
        "TQDM_DISABLE": "1",
        "PYTHONPATH": os.pathsep.join([str(source), str(ROOT)]),
    }
    started = time.monotonic()
    with subprocess.Popen(
        list(map(str, call)),
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        most = [0.0]
        watch = threading.Thread(target=_watch, args=(process, most), daemon=True)
        watch.start()
        output = process.stdout.read()
        process.wait()
        seconds = time.monotonic() - started
        watch.join()
    if process.returncode:
        raise SystemExit(output[-3000:])
    return Done(seconds, most[0], output)


def _watch(process, most):
    """Keeps in `most` the largest sum of a process's and its children's memory."""
    while process.poll() is None:
        with suppress(psutil.Error):
            root, total = psutil.Process(process.pid), 0
            for one in [root, *root.children(recursive=True)]:
                with suppress(psutil.Error):
                    total += one.memory_info().rss
            most[0] = max(most[0], total / MEBIBYTE)
        time.sleep(0.1)
