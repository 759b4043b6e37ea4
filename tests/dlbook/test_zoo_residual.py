"""Residual, plain and highway networks: sizes, identities, saving, bad arguments."""

import keras
import numpy as np
import pytest
from compiled import compiled

from dlbook import zoo
from dlbook.zoo.residual import Widen

RANDOM = np.random.default_rng(0)
DIGITS = RANDOM.normal(size=(5, 14, 14, 1)).astype("float32")
ROWS = RANDOM.normal(size=(5, 196)).astype("float32")


def outputs(model, names, x):
    reader = keras.Model(model.input, [model.get_layer(name).output for name in names])
    return compiled(reader, x)


@pytest.mark.parametrize("blocks", [(1,), (3,), (2, 1), (1, 1, 1)])
def test_plain_and_residual_have_equal_weights(blocks):
    deep, plain = zoo.resnet(blocks), zoo.resnet(blocks, skips=False)
    assert [w.shape for w in deep.weights] == [w.shape for w in plain.weights]
    kinds = keras.layers.Conv2D, keras.layers.Dense
    for model in (deep, plain):
        depth = sum(isinstance(layer, kinds) for layer in model.layers)
        assert depth == 2 + 2 * sum(blocks)
    plain.set_weights(deep.get_weights())
    here, there = compiled(lambda x: (deep(x), plain(x)), DIGITS)
    assert np.abs(here - there).max() > 0.01  # the skips do something


def test_parameters_of_depth_16():
    # stem, 14 convolutions, 15 normalizations of 4 numbers a channel, 4·4·8 features
    expected = 9 * 8 + 14 * 9 * 8 * 8 + 15 * 4 * 8 + 128 * 10 + 10
    assert zoo.resnet().count_params() == expected == 9906


def test_every_block_is_the_identity_when_its_last_kernel_is_zero():
    model = zoo.resnet((3,))
    for number in (1, 2, 3):
        layer = model.get_layer(f"block_{number}_conv2")
        layer.kernel.assign(np.zeros(layer.kernel.shape))
    stem, *sums = outputs(model, ["stem", "block_1", "block_2", "block_3"], DIGITS)
    assert np.abs(stem).max() > 0.1
    assert all(np.array_equal(stem, part) for part in sums)


def test_the_sum_is_of_what_came_in_and_what_the_block_computes():
    names = ["stem", "block_1_conv2", "block_1", "block_2_conv2", "block_2"]
    stem, first, one, second, two = outputs(zoo.resnet((2,)), names, DIGITS)
    assert np.array_equal(one, stem + first) and np.array_equal(two, one + second)


def test_a_stage_halves_sides_doubles_channels_and_carries_averages():
    model = zoo.resnet((1, 1), filters=4)
    layer = model.get_layer("block_2_conv2")
    layer.kernel.assign(np.zeros(layer.kernel.shape))
    before, after = outputs(model, ["block_1", "block_2"], DIGITS)
    assert before.shape == (5, 7, 7, 4) and after.shape == (5, 4, 4, 8)
    means = before[:, :6, :6].reshape(5, 3, 2, 3, 2, 4).mean(axis=(2, 4))
    np.testing.assert_allclose(after[:, :3, :3, :4], means, atol=1e-6)
    assert np.all(after[..., 4:] == 0)


def test_residual_network_learns_and_is_saved(tmp_path):
    keras.utils.set_random_seed(0)
    model = zoo.resnet((1, 1), filters=4, classes=2)
    x = RANDOM.normal(size=(64, 14, 14, 1)).astype("float32")
    y = (x.mean(axis=(1, 2, 3)) > 0).astype("int64")
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), loss)
    losses = model.fit(x, y, epochs=15, verbose=0).history["loss"]
    assert losses[-1] < losses[0] / 2
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(
        again.predict(x, verbose=0), model.predict(x, verbose=0)
    )


def test_widen_fills_with_zeros():
    x = RANDOM.normal(size=(2, 3, 3, 2)).astype("float32")
    y = keras.ops.convert_to_numpy(Widen(5)(x))
    assert y.shape == (2, 3, 3, 5)
    assert np.array_equal(y[..., :2], x) and np.all(y[..., 2:] == 0)


def test_highway_layer_is_its_formula():
    model = zoo.highway(depth=2, units=6, gate_bias=-1.0)
    h, t, f, after = outputs(model, ["stem", "gate_1", "dense_1", "highway_1"], ROWS)
    (W, b), (V, c) = (
        model.get_layer(name).get_weights() for name in ("dense_1", "gate_1")
    )
    assert np.all(c == -1)
    np.testing.assert_allclose(f, np.maximum(h @ W + b, 0), atol=1e-5)
    np.testing.assert_allclose(t, 1 / (1 + np.exp(-(h @ V + c))), atol=1e-5)
    np.testing.assert_allclose(after, t * f + (1 - t) * h, atol=1e-5)


@pytest.mark.parametrize(("bias", "name"), [(-200.0, "stem"), (200.0, "dense_2")])
def test_closed_gates_carry_and_open_gates_transform(bias, name):
    model = zoo.highway(depth=2, units=6, gate_bias=bias)
    expected, found = outputs(model, [name, "highway_2"], ROWS)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_parameters_of_a_highway():
    layer = 2 * (32 * 32 + 32)
    expected = 196 * 32 + 32 + 20 * layer + 32 * 10 + 10
    assert zoo.highway().count_params() == expected


@pytest.mark.parametrize(
    ("build", "arguments", "message"),
    [
        (zoo.resnet, {"blocks": ()}, "blocks must hold at least one"),
        (zoo.resnet, {"blocks": (2, 0)}, "blocks must hold integers >= 1, got 0"),
        (zoo.resnet, {"blocks": (1.5,)}, "blocks must hold integers >= 1, got 1.5"),
        (zoo.resnet, {"filters": 0}, "filters"),
        (zoo.resnet, {"input_shape": (14, 14)}, r"input_shape must be .* \(14, 14\)"),
        (zoo.resnet, {"input_shape": (14, None, 1)}, "input_shape"),
        (zoo.resnet, {"classes": "ten"}, "classes must hold integers >= 1, got 'ten'"),
        (zoo.highway, {"depth": 0}, "depth must hold integers >= 1, got 0"),
        (zoo.highway, {"units": -3}, "units"),
        (zoo.highway, {"inputs": 2.0}, "inputs"),
        (zoo.highway, {"classes": 0}, "classes"),
    ],
)
def test_bad_arguments_are_named(build, arguments, message):
    with pytest.raises(ValueError, match=message):
        build(**arguments)
