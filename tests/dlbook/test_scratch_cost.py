"""Counts of cost.py against brute force, and what an outline leaves behind."""

import resource
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers, ops

from dlbook import zoo
from dlbook.scratch.cost import costs, outline


def entries(layer, shape):
    """Products that a layer really does: the entries not zero of its matrix."""
    size = int(np.prod(shape))
    units = np.eye(size, dtype="float32").reshape(size, *shape)
    layer.build((None, *shape))
    layer.set_weights([np.ones(w.shape) for w in layer.get_weights()])
    return int(np.sum(ops.convert_to_numpy(layer(units)) != 0))


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (layers.Conv2D(3, 3, use_bias=False), (6, 5, 2)),
        (layers.Conv2D(2, (2, 3), strides=2, use_bias=False), (7, 8, 1)),
        (layers.Conv2D(4, 3, groups=2, use_bias=False), (5, 5, 4)),
        (layers.Conv2D(3, 3, dilation_rate=2, use_bias=False), (7, 7, 2)),
        (layers.DepthwiseConv2D(3, use_bias=False), (6, 6, 3)),
        (layers.Conv1D(3, 4, use_bias=False), (9, 2)),
        (layers.Dense(7, use_bias=False), (11,)),
    ],
    ids=["plain", "stride", "groups", "dilation", "depthwise", "1-D", "dense"],
)
def test_multiply_adds_are_the_entries_of_the_matrix(layer, shape):
    work = entries(layer, shape)
    ((_, made, parameters, counted),) = costs(
        keras.Sequential([keras.Input(shape), layer])
    )
    assert counted == work
    assert made == layer.output.shape[1:] and parameters == layer.count_params()


def test_products_with_padded_zeros_count():
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), layers.Conv2D(1, 3, padding="same")]
    )
    assert costs(model)[0][3] == 8 * 8 * 9


def test_layers_that_make_nothing_new_are_left_out():
    model = keras.Sequential([keras.Input((4, 4, 1)), layers.Flatten(name="f")])
    model.add(layers.Dropout(0.5))
    model.add(layers.Dense(2, name="d"))
    assert costs(model) == [("d", (2,), 34, 32)]


def resident():
    """Bytes of this process that lie in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux")
def test_an_outline_never_gets_its_numbers():
    small = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    small.compile("sgd", "mse")
    small.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0)
    before = resident()
    kept = [outline(build) for build in (zoo.vgg16, zoo.vgg19)]
    small.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0)  # opens scopes of its own
    with keras.StatelessScope():
        pass
    assert sum(model.count_params() for model in kept) == 138_357_544 + 143_667_240
    assert resident() - before < 200e6  # their weights are 1.1 GB


def test_other_models_survive_an_outline():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    model.compile("adam", "mse")
    x = np.ones((4, 3), "float32")
    before = model.predict(x, verbose=0)
    outline(lambda: keras.Sequential([keras.Input((5,)), layers.Dense(9)]))
    np.testing.assert_array_equal(model.predict(x, verbose=0), before)
    model.fit(x, np.ones((4, 2)), verbose=0)
    assert np.abs(model.predict(x, verbose=0) - before).max() > 0
