"""`python -m tools test`: every check, on the default backend."""

import argparse
import os
import subprocess
import sys
import time
import traceback
from functools import partial

from tools import book, reader
from tools.environment import ROOT


def main(argv: list[str]) -> int:
    """Runs the checks one after another; returns 0 where all have passed."""
    parser = argparse.ArgumentParser("tools test", description=__doc__)
    parser.parse_args(argv)
    jobs = os.cpu_count() or 1
    pytest = [sys.executable, "-m", "pytest", "-q", "-m", "not slow"]
    pytest += ["-n", str(jobs), "--dist", "loadfile"]
    lanes = {
        "the book builds": partial(book.main, []),
        "form, tools and site": partial(
            subprocess.call, [*pytest, "tests", "--ignore=tests/dlbook"], cwd=ROOT
        ),
        "dlbook, in a reader's environment": partial(
            reader.run_unit_tests, "tensorflow", jobs
        ),
        "notebooks, in a reader's environment": partial(
            reader.run_notebooks, "tensorflow", jobs
        ),
    }
    return run(lanes)


def run(lanes: dict) -> int:
    """Runs named checks, prints a table of results and times, returns the exit code."""
    results = []
    for name, lane in lanes.items():
        print(f"\n=== {name}", flush=True)
        started = time.monotonic()
        try:
            code = lane()
        except Exception:  # the other checks still have something to say
            traceback.print_exc()
            code = 1
        results.append((name, code, time.monotonic() - started))
    print()
    for name, code, seconds in results:
        print(f"{'failed' if code else 'passed'}  {seconds:6.1f} s  {name}")
    return max(abs(code) for _, code, _ in results)  # a signal's code is negative
