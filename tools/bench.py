"""`python -m tools bench`: what the build costs beside serial Jupyter Book.

Each figure is the median of repeated runs on one machine, on a copy of the book.
Results go to `bench/results.json`, with the machine and the versions.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import nbformat

from tools import sources
from tools.environment import ROOT

BUILD = "import sys; from tools.book import main; sys.exit(main(sys.argv[1:]))"
RESULTS = ROOT / "bench" / "results.json"
PARTS = ("_config.yml", "_toc.yml", "book", "dlbook", "studies")


def main(argv: list[str]) -> int:
    """Measures and records; returns the exit code."""
    parser = argparse.ArgumentParser("tools bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="repeats of each figure")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "book"
        source.mkdir()
        for part in PARTS:
            copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
            copy(ROOT / part, source / part)
        seconds = measure(source, options.runs)
    serial = seconds["serial jupyter-book build --all"]
    record = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("jupyter-book", "keras", "tensorflow")},
        },
        "chapters": len(sources.chapters(ROOT)),
        "runs": options.runs,
        "build": {
            name: {"seconds": round(value, 2), "ratio": round(value / serial, 3)}
            for name, value in seconds.items()
        },
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(record, indent=1) + "\n")
    for name, value in seconds.items():
        print(f"{value:8.2f} s  {value / serial:6.3f}  {name}")
    return 0


def measure(source: Path, runs: int) -> dict[str, float]:
    """Median seconds of each kind of build of the book in `source`."""
    chapter = sources.chapters(source)[0]

    def ours(prepare=lambda run: None):
        taken = []
        for run in range(runs):
            prepare(run)
            call = [sys.executable, "-c", BUILD, "--source", str(source)]
            taken.append(_seconds(call, source))
        return statistics.median(taken)

    serial = [Path(sys.executable).with_name("jupyter-book"), "build", "--all", source]
    serial_runs = []
    for _ in range(runs):
        shutil.rmtree(source / "_build", ignore_errors=True)
        serial_runs.append(_seconds(list(map(str, serial)), source))
    return {
        "serial jupyter-book build --all": statistics.median(serial_runs),
        "make book, empty cache": ours(
            lambda run: shutil.rmtree(source / "_build", ignore_errors=True)
        ),
        "make book, nothing changed": ours(),
        "make book, one prose edit": ours(lambda run: _edit(chapter, "markdown", run)),
        "make book, one cell edit": ours(lambda run: _edit(chapter, "code", run)),
    }


def _edit(path, kind, run):
    """Adds a line to the last cell of a kind: a sentence, or a comment."""
    notebook = nbformat.read(path, as_version=4)
    cell = [cell for cell in notebook.cells if cell.cell_type == kind][-1]
    cell.source += f"\n\n# Edit {run}." if kind == "code" else f"\n\nEdit {run}."
    nbformat.write(notebook, path)


def _seconds(call, source):
    environment = {
        **os.environ,
        "TQDM_DISABLE": "1",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(source)]),
    }
    started = time.monotonic()
    done = subprocess.run(
        call,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise SystemExit(done.stdout[-3000:])
    return time.monotonic() - started
