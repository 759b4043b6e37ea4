"""`python -m tools bench`: what building, training, reading and importing cost.

Each figure is the median over runs on one machine; a ratio is taken within a run,
then its median over the runs. Results go to `bench/results.json`, and from there into
the book's page `book/benchmarks.md`. `--only` without a name writes the page alone;
`--more` adds runs to those on record, so that a long part can be measured in pieces.
"""

import argparse
import datetime
import json
import platform
import shutil
import statistics
from contextlib import closing
from importlib.metadata import version
from itertools import islice
from pathlib import Path

from tools import files
from tools.bench_build import build, growth
from tools.bench_lighthouse import lighthouse
from tools.bench_live import live
from tools.bench_page import page
from tools.bench_pages import pages
from tools.bench_train import imports, train
from tools.device import machine
from tools.environment import ROOT

# Each is a generator: it measures everything once for each item that it yields.
PARTS = {
    "build": build,
    "growth": growth,
    "train": train,
    "pages": pages,
    "live": live,
    "lighthouse": lighthouse,
    "import": imports,
}
VERSIONS = ("jupyter-book", "Sphinx", "sphinx-book-theme", "keras", "tensorflow")
RECORD = Path("bench") / "results.json"
PAGE = Path("book") / "benchmarks.md"


def main(argv: list[str]) -> int:
    """Measures, records and writes the page; returns the exit code."""
    options = _options(argv)
    record = {}
    if (options.out / RECORD).exists():
        record = json.loads((options.out / RECORD).read_text())
    try:
        for name in options.only:
            print(f"{name}, {options.runs[name]} runs", flush=True)
            record[name] = measure(name, options, record.get(name, {}))
            for figure, values in record[name]["figures"].items():
                print(f"  {figure:50}", *(f"{v:>10g} {k}" for k, v in values.items()))
            record = {part: record[part] for part in PARTS if part in record}
            files.replace(options.out / RECORD, json.dumps(record, indent=1) + "\n")
    finally:  # also of what was measured before a part that failed
        files.replace(options.out / PAGE, page(record))
    return 0


def measure(name: str, options: argparse.Namespace, before: dict) -> dict:
    """Runs one part and returns its record; with `--more`, added to the one before.

    Raises:
        SystemExit: If the runs on record cannot be added to.
    """
    place = {
        "machine": machine(),
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in VERSIONS},
        },
    }
    old = before.get("measured", []) if options.more else []
    if old and before != {**before, **place}:
        raise SystemExit(
            f"--more: {name} is on record from {before['machine']} with "
            f"{before['versions']}, and this is {place['machine']} with "
            f"{place['versions']}; without --more it is measured anew"
        )
    options.notes = []
    runs = list(old)
    with closing(PARTS[name](options)) as measured:
        for run in islice(measured, options.runs[name]):
            if old and old[0].keys() != run.keys():
                raise SystemExit(f"--more: {name} is on record with other figures")
            runs.append(run)
    return {
        "date": datetime.date.today().isoformat(),
        **place,
        "runs": len(runs),
        "notes": options.notes,
        "figures": {
            figure: {
                key: _rounded(statistics.median(run[figure][key] for run in runs))
                for key in values
            }
            for figure, values in runs[0].items()
        },
        "measured": runs,
    }


def _options(argv):
    parser = argparse.ArgumentParser("tools bench", description=__doc__)
    parser.add_argument(
        "--only", nargs="*", choices=PARTS, default=_all(), metavar="PART"
    )
    parser.add_argument(
        "--runs",
        nargs="+",
        type=_runs,
        default=[],
        metavar="N",
        help="repeats (default 5); build=N for one part",
    )
    parser.add_argument("--more", action="store_true", help="add to what is on record")
    parser.add_argument("--sizes", nargs="+", type=_number, default=[10, 100, 1000])
    parser.add_argument("--epochs", type=_number, default=5, help="of each training")
    parser.add_argument(
        "--pages", nargs="+", default=[""], help="chapters' first letters, as in 01 02"
    )
    parser.add_argument("--source", type=Path, default=ROOT, help="the book to build")
    parser.add_argument("--site", type=Path, default=ROOT / "_build" / "html")
    parser.add_argument("--out", type=Path, default=ROOT, help="where results go")
    options = parser.parse_args(argv)
    if not (options.source / "_toc.yml").is_file():
        parser.error(f"--source {options.source} holds no _toc.yml")
    options.pages = tuple(options.pages)
    given = dict(options.runs)
    options.runs = {name: given.get(name, given.get("", 5)) for name in PARTS}
    return options


def _all():
    """All parts but Lighthouse, where it is not installed: it is no Python package."""
    return [part for part in PARTS if part != "lighthouse" or shutil.which(part)]


def _number(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 1 on, got {text!r}")
    return int(text)


def _runs(text):
    """`3` as ("", 3), `build=3` as ("build", 3)."""
    part, _, number = text.rpartition("=")
    if part and part not in PARTS:
        raise argparse.ArgumentTypeError(
            f"no part {part!r}: there are {', '.join(PARTS)}"
        )
    return part, _number(number)


def _rounded(number):
    """Three digits; all digits of the whole part."""
    return round(number) if abs(number) >= 100 else float(f"{number:.3g}")
