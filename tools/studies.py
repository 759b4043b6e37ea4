"""`python -m tools studies`: run the studies, and record or check them."""

import argparse
import json
import os
import subprocess
import sys

from tools import sources
from tools.environment import ROOT
from tools.test_backends import BACKENDS


def main(argv: list[str]) -> int:
    """Runs the studies named, or all; returns the exit code."""
    parser = argparse.ArgumentParser("tools studies", description=__doc__)
    parser.add_argument("names", nargs="*", help="beginnings of names, such as 02")
    parser.add_argument("--check", action="store_true", help="write no record")
    options = parser.parse_args(argv)
    found = sorted((ROOT / "studies").glob("[0-9][0-9]_*.py"))
    scripts = sources.named(found, options.names)
    if not scripts:
        parser.error(f"no study is named {options.names}")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TQDM_DISABLE": "1"}
    codes = []
    for script in scripts:
        call = [sys.executable, str(script)] + ["--check"] * options.check
        variables = {"KERAS_BACKEND": _backend(script), **environment}
        codes.append(subprocess.call(call, env=variables))
    return max(map(abs, codes))  # a signal's code is negative


def _backend(script):
    """The backend that a study's record was made with; a new study's is TensorFlow."""
    record = script.with_suffix(".json")
    versions = json.loads(record.read_text())["versions"] if record.exists() else {}
    return next((name for name in BACKENDS if name in versions), "tensorflow")
