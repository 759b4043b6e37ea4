"""`python -m tools test-backends`: notebooks and dlbook on JAX and on PyTorch."""

import argparse
import os
from functools import partial

from tools import reader
from tools.test import run

BACKENDS = ("jax", "torch")


def main(argv: list[str]) -> int:
    """Runs dlbook's tests and the notebooks on each backend; returns the exit code."""
    parser = argparse.ArgumentParser("tools test-backends", description=__doc__)
    parser.add_argument("backends", nargs="*", choices=[*BACKENDS, []])
    chosen = parser.parse_args(argv).backends or BACKENDS
    jobs = os.cpu_count() or 1
    lanes = {}
    for name in chosen:
        lanes[f"dlbook on {name}"] = partial(reader.run_unit_tests, name, jobs)
        lanes[f"notebooks on {name}"] = partial(reader.run_notebooks, name, jobs)
    return run(lanes)
