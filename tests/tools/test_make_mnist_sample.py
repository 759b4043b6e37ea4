"""The packaged digits come from the source that SOURCES.md names, cut as it says."""

import numpy as np
import pytest

from tools import make_mnist_sample
from tools.environment import ROOT


def test_the_source_is_recorded():
    sources = (ROOT / "dlbook" / "datasets" / "SOURCES.md").read_text()
    assert make_mnist_sample.SOURCE_SHA256 in sources


def test_the_sample_is_cut_by_class_in_the_order_of_the_source():
    labels = np.repeat(np.arange(10, dtype=np.uint8), 500)
    images = np.arange(5000)  # each "image" is its own place in the source
    parts = make_mnist_sample.split(images, labels)
    train, test = parts["x_train"], parts["x_test"]
    assert sorted(train) == [i for i in range(5000) if i % 500 < 400]
    assert sorted(test) == [i for i in range(5000) if i % 500 >= 400]
    assert (parts["y_train"] == train // 500).all()
    assert (parts["y_test"] == test // 500).all()


def test_the_sample_is_made_from_the_recorded_source_only(tmp_path):
    (tmp_path / "mnist_5k.csv.gz").write_bytes(b"0,0\n")
    with pytest.raises(ValueError, match="has SHA-256 .* expected 846f6cad"):
        make_mnist_sample.read(tmp_path / "mnist_5k.csv.gz")
