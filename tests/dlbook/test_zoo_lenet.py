"""LeNet of today and of 1998: counts, layers by hand, saving."""

import keras
import numpy as np
import pytest
from keras import ops

from dlbook import zoo
from dlbook.zoo.lenet import (
    C3_READS,
    PartialConvolution,
    RadialBasis,
    Subsampling,
    digit_codes,
    squash,
)


def random_images(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def test_modern_counts_and_shapes():
    model = zoo.lenet()
    found = {layer.name: layer for layer in model.layers}
    counts = {"conv1": 156, "conv2": 2416, "dense1": 48_120, "dense2": 10_164}
    assert {name: found[name].count_params() for name in counts} == counts
    assert found["logits"].count_params() == 850 and model.count_params() == 61_706
    assert found["conv1"].output.shape == (None, 28, 28, 6)
    assert found["conv2"].output.shape == (None, 10, 10, 16)
    assert found["flatten"].output.shape == (None, 400)


def test_modern_by_hand():
    model = zoo.lenet()
    x = random_images(3, 28, 28, 1)
    k1, b1, k2, b2, *dense = model.get_weights()
    h = np.pad(x, ((0, 0), (2, 2), (2, 2), (0, 0)))
    for kernel, bias in ((k1, b1 + 0.1), (k2, b2 - 0.1)):
        windows = np.lib.stride_tricks.sliding_window_view(h, (5, 5), axis=(1, 2))
        h = np.maximum(np.einsum("nhwcij,ijco->nhwo", windows, kernel) + bias, 0)
        n, height, width, maps = h.shape
        h = h.reshape(n, height // 2, 2, width // 2, 2, maps).max(axis=(2, 4))
    h = h.reshape(3, -1)
    for number, (W, b) in enumerate(zip(dense[::2], dense[1::2], strict=True)):
        h = h @ W + b
        h = np.maximum(h, 0) if number < 2 else h  # logits: no ReLU, no softmax
    model.set_weights([k1, b1 + 0.1, k2, b2 - 0.1, *dense])
    np.testing.assert_allclose(ops.convert_to_numpy(model(x)), h, atol=1e-4)


def test_counts_of_1998():
    model = zoo.lenet5()
    names = "C1", "S2", "C3", "S4", "C5", "F6"
    counts = [model.get_layer(name).count_params() for name in names]
    assert counts == [156, 12, 1516, 32, 48_120, 10_164] and sum(counts) == 60_000
    sizes = [np.prod(v.shape) for v in model.trainable_weights]
    assert sum(sizes) == 60_000
    assert [v.shape for v in model.non_trainable_weights] == [(10, 84)]
    assert model.output_shape == (None, 10)


def test_connection_table_of_1998():
    rows = [  # Table I of the paper, transposed back: one line a map of S2
        "X...XXX..XXXX.XX",
        "XX...XXX..XXXX.X",
        "XXX...XXX..X.XXX",
        ".XXX..XXXX..X.XX",
        "..XXX..XXXX.XX.X",
        "...XXX..XXXX.XXX",
    ]
    table = [["X" if m in maps else "." for maps in C3_READS] for m in range(6)]
    assert ["".join(row) for row in table] == rows


def test_whole_network_of_1998_by_hand():
    model, x = zoo.lenet5(), random_images(2, 32, 32, 1)
    weights = [w + 0.01 for w in model.get_weights()]
    weights[-1] -= 0.01
    model.set_weights(weights)
    named = {
        v.path.split("/")[0] + "." + v.name: np.array(ops.convert_to_numpy(v))
        for v in model.weights
    }

    def convolve(h, kernel, bias):
        windows = np.lib.stride_tricks.sliding_window_view(h, (5, 5), axis=(1, 2))
        return tanh(np.einsum("nhwcij,ijco->nhwo", windows, kernel) + bias)

    def tanh(z):
        return 1.7159 * np.tanh(2 * z / 3)

    def subsample(h, name):
        n, height, width, maps = h.shape
        sums = h.reshape(n, height // 2, 2, width // 2, 2, maps).sum(axis=(2, 4))
        return tanh(named[f"{name}.coefficient"] * sums + named[f"{name}.bias"])

    h = subsample(convolve(x, named["C1.kernel"], named["C1.bias"]), "S2")
    full, number = np.zeros((5, 5, 6, 16)), 0
    for j, maps in enumerate(C3_READS):
        for i in maps:
            full[:, :, i, j] = named["C3.kernel"][:, :, number]
            number += 1
    h = subsample(convolve(h, full, named["C3.bias"]), "S4")
    h = convolve(h, named["C5.kernel"], named["C5.bias"])[:, 0, 0]
    h = tanh(h @ named["F6.kernel"] + named["F6.bias"])
    codes = digit_codes().reshape(10, 84)
    expected = -np.sum((h[:, np.newaxis] - codes) ** 2, axis=2)
    np.testing.assert_allclose(ops.convert_to_numpy(model(x)), expected, rtol=1e-4)


def test_codes_are_ten_different_pictures():
    codes = digit_codes()
    assert codes.shape == (10, 12, 7) and set(np.unique(codes)) == {-1, 1}
    flat = codes.reshape(10, 84)
    differences = (flat[:, np.newaxis] != flat).sum(axis=2)
    assert differences[np.triu_indices(10, k=1)].min() >= 10
    np.testing.assert_array_equal(codes[8], codes[8][:, ::-1])  # an 8 is symmetric
    np.testing.assert_array_equal(codes[0], codes[0][::-1])


def test_squash():
    z = np.array([-1.0, 0.0, 1.0, 100.0], "float32")
    found = ops.convert_to_numpy(squash(ops.convert_to_tensor(z)))
    np.testing.assert_allclose(found, [-1, 0, 1, 1.7159], atol=1e-4)


def test_both_networks_learn_to_read_some_digits():
    from dlbook import data

    (x, y), _ = data.mnist()
    x, y = x[::20, ..., np.newaxis] / 255, y[::20].astype("int64")
    framed = np.pad(x, ((0, 0), (2, 2), (2, 2), (0, 0))) * 1.275 - 0.1
    for build, images in ((zoo.lenet, x), (zoo.lenet5, framed)):
        keras.utils.set_random_seed(0)
        model = build()
        entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.Adam(0.002), entropy)
        history = model.fit(images, y, 20, 15, verbose=0).history["loss"]
        assert history[-1] < 0.5 * history[0]
        z = model.predict(images, verbose=0)
        assert np.mean(z.argmax(axis=1) == y) > 0.7


def test_1998_is_saved_and_read_back(tmp_path):
    model, x = zoo.lenet5(), random_images(2, 32, 32, 1)
    model.save(tmp_path / "lenet5.keras")
    again = keras.models.load_model(tmp_path / "lenet5.keras")
    np.testing.assert_array_equal(
        again.predict(x, verbose=0), model.predict(x, verbose=0)
    )


def test_a_full_table_is_an_ordinary_convolution():
    layer = PartialConvolution([[0, 1, 2]] * 4, size=3)
    x = random_images(2, 6, 5, 3)
    found = layer(x)
    kernel = ops.convert_to_numpy(layer.kernel).reshape(3, 3, 4, 3).swapaxes(2, 3)
    expected = ops.conv(x, np.ascontiguousarray(kernel))
    np.testing.assert_allclose(
        ops.convert_to_numpy(found), ops.convert_to_numpy(expected), atol=1e-5
    )


def test_a_map_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="reads must name maps from 0 to 2"):
        PartialConvolution([[0], [3]], size=3)(random_images(1, 5, 5, 3))


def test_subsampling_starts_as_average_pooling():
    x = random_images(2, 6, 4, 3)
    expected = keras.layers.AveragePooling2D(2)(x)
    np.testing.assert_allclose(
        ops.convert_to_numpy(Subsampling()(x)),
        ops.convert_to_numpy(expected),
        atol=1e-6,
    )


def test_radial_basis_is_greatest_at_its_point():
    layer = RadialBasis([[1.0, -1.0], [-1.0, 1.0]])
    z = ops.convert_to_numpy(layer(np.array([[1, -1], [0, 0]], "float32")))
    np.testing.assert_allclose(z, [[0, -8], [-2, -2]])
    assert not layer.trainable_weights
