"""What every study shares: its command line and the form of its record.

A study is a script in `studies/` with a function `run(seeds)`, which returns results
that JSON can hold, and a function `conclude(results)`, which asserts what the book says
of them. `python studies/NN_name.py` writes the record beside the script;
`--check` runs the study again, asserts its conclusions and writes nothing.
"""

import argparse
import hashlib
import json
import platform
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np

from tools import files
from tools.device import machine


def script_digest(script: Path) -> str:
    """The SHA-256 of a study's script, which its record carries."""
    return hashlib.sha256(script.read_bytes()).hexdigest()


def draw(labels: np.ndarray, examples: int, seed: int) -> np.ndarray:
    """The places of `examples` labels, drawn with as many of each class."""
    random = np.random.default_rng(seed)
    classes = np.unique(labels)
    rows = [
        random.permutation(np.flatnonzero(labels == label))[: examples // len(classes)]
        for label in classes
    ]
    return np.concatenate(rows)


def main(
    script: str,
    run: Callable[[Sequence[int]], dict],
    conclude: Callable[[dict], None],
    seeds: Sequence[int],
) -> None:
    """Runs a study from its command line.

    Args:
        script: The study's `__file__`.
        run: Takes the seeds and returns the results.
        conclude: Takes the results and asserts the conclusions.
        seeds: Integers, all of them in the record.
    """
    path = Path(script).resolve()
    parser = argparse.ArgumentParser(path.name)
    parser.add_argument("--check", action="store_true", help="write no record")
    check = parser.parse_args().check
    results = run(seeds)
    conclude(results)
    if check:
        print(f"{path.stem}: the conclusions hold")
        return
    import keras

    record = {
        "study": path.stem,
        "script_sha256": script_digest(path),
        "seeds": list(seeds),
        "versions": {
            "python": platform.python_version(),
            "keras": version("keras"),
            keras.backend.backend(): version(keras.backend.backend()),
            "numpy": version("numpy"),
        },
        "machine": machine(),
        "results": results,
    }
    files.replace(path.with_suffix(".json"), json.dumps(record) + "\n")
    print(f"{path.stem}: recorded")
