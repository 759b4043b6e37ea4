"""Scratch convolution and pooling against Keras: 500 and 60 random shapes."""

import keras
import numpy as np
import pytest

from dlbook.gradients import value_and_grad
from dlbook.scratch.convolution import (
    conv,
    conv1d_loops,
    conv1d_loops_backward,
    conv2d_loops,
    conv2d_loops_backward,
    conv_backward,
    conv_transpose,
    margins,
    output_size,
    scatter,
    toeplitz,
    windows,
)
from dlbook.scratch.pooling import (
    max_pool,
    max_pool_backward,
    mean_pool,
    mean_pool_backward,
)

TOLERANCE = 1e-5  # of the largest entry, or of 1


def gradients(fn, arrays):
    """Keras's gradients of a function of several arrays, in one call.

    All arrays stand in one variable, and JAX compiles one program for all: compiled
    operation by operation, a case takes it half a second.
    """
    ends = np.cumsum([array.size for array in arrays])[:-1].tolist()
    flat = keras.Variable(np.concatenate([array.ravel() for array in arrays]))

    def loss():
        parts = zip(keras.ops.split(flat, ends), arrays, strict=True)
        return fn([keras.ops.reshape(part, array.shape) for part, array in parts])

    if keras.backend.backend() == "jax":
        import jax

        def traced(value):
            with keras.StatelessScope([(flat, value)]):
                return value_and_grad(loss, [flat])[1][0]

        # Compiling takes all the time, and without these two a tenth of it.
        quick = {"xla_cpu_use_fusion_emitters": False}
        quick["xla_backend_optimization_level"] = 0
        on_cpu = jax.default_backend() == "cpu"
        run = jax.jit(traced, compiler_options=quick if on_cpu else None)
        gradient = run(flat.value)
    else:
        gradient = value_and_grad(loss, [flat])[1][0]
    parts = np.split(keras.ops.convert_to_numpy(gradient), ends)
    shaped = zip(parts, arrays, strict=True)
    return [part.reshape(array.shape) for part, array in shaped]


def assert_close(ours, expected, case):
    assert ours.shape == expected.shape, case
    error = np.abs(ours - expected).max()
    assert error <= TOLERANCE * max(1, np.abs(expected).max()), (case, error)


def draw_case(random):
    """Random options and arrays of a convolution along one axis or two.

    Keras on TensorFlow does not combine a stride with a dilation. On torch 2.13 it
    cannot differentiate in a kernel of one output channel for a batch of one.
    """
    n = int(random.integers(1, 3))
    size = random.integers(1, 6, size=n)
    move = int(random.integers(1, 5))
    stride, dilation = (move, 1) if random.random() < 0.5 else (1, move)
    if keras.backend.backend() != "tensorflow":
        stride, dilation = (int(number) for number in random.integers(1, 5, size=2))
    axes = dilation * (size - 1) + 1 + random.integers(0, 10, size=n)
    batch, c_in, c_out = (int(number) for number in random.integers(1, 5, size=3))
    if keras.backend.backend() == "torch" and batch == 1 and c_out == 1:
        c_out = 2
    options = {"stride": stride, "dilation": dilation}
    options["padding"] = str(random.choice(["valid", "same"]))
    x = random.normal(size=(batch, *axes, c_in)).astype("float32")
    kernel = random.normal(size=(*size, c_in, c_out)).astype("float32")
    z = conv(x, kernel, **options)
    g = random.normal(size=z.shape).astype("float32")
    return options, x, kernel, g, z


def test_five_hundred_shapes_are_different():
    shapes = set()
    for group in range(10):
        random = np.random.default_rng(group)
        for _ in range(50):
            options, x, kernel, _, _ = draw_case(random)
            shapes.add((str(options), x.shape, kernel.shape))
    assert len(shapes) >= 495


@pytest.mark.parametrize("group", range(10))
def test_convolution_is_keras_s(group):
    """Fifty shapes a group. The gradient in `g` of the sum of `g * z` is `z`."""
    random = np.random.default_rng(group)
    cases = [draw_case(random) for _ in range(50)]

    def loss(arrays):
        total = 0
        for i, (options, *_) in enumerate(cases):
            x, kernel, g = arrays[3 * i : 3 * i + 3]
            stride, padding = options["stride"], options["padding"]
            rate = options["dilation"]
            z = keras.ops.conv(x, kernel, stride, padding, dilation_rate=rate)
            total = total + keras.ops.sum(g * z)
        return total

    found = gradients(loss, [array for case in cases for array in case[1:4]])
    for i, (options, x, kernel, g, z) in enumerate(cases):
        case = options, x.shape, kernel.shape
        d_x, d_kernel = conv_backward(g, x, kernel, **options)
        assert z.dtype == d_x.dtype == d_kernel.dtype == "float32"
        for ours, keras_s in zip(
            (d_x, d_kernel, z), found[3 * i : 3 * i + 3], strict=True
        ):
            assert_close(ours, keras_s, case)


def uneven(axes, options):
    """Whether an axis gets more padding after it than before.

    Keras 3.15 on torch then repeats the outermost entry, and lets it count twice in
    a mean.
    """
    stride = options["stride"] or options["size"]
    sides = (margins(n, options["size"], stride, options["padding"]) for n in axes)
    return any(before != after for before, after in sides)


@pytest.mark.parametrize("group", range(4))
def test_pooling_is_keras_s(group):
    """Fifteen shapes a group, each pooled by the maximum and by the mean."""
    random = np.random.default_rng(group)
    cases = []
    for _ in range(15):
        n, size = int(random.integers(1, 3)), int(random.integers(1, 5))
        stride = None if random.random() < 0.3 else int(random.integers(1, 5))
        options = {"size": size, "stride": stride}
        options["padding"] = str(random.choice(["valid", "same"]))
        axes = size + random.integers(0, 9, size=n)
        if keras.backend.backend() == "torch" and uneven(axes, options):
            options["padding"] = "valid"
        batch, channels = random.integers(1, 4, size=2)
        x = random.normal(size=(batch, *axes, channels)).astype("float32")
        z_max, z_mean = max_pool(x, **options), mean_pool(x, **options)
        assert z_max.shape == z_mean.shape
        g_max, g_mean = random.normal(size=(2, *z_max.shape)).astype("float32")
        cases.append((options, (x, g_max, x, g_mean), z_max, z_mean))

    def loss(arrays):
        total = 0
        for i, (options, *_) in enumerate(cases):
            x, g_max, x_again, g_mean = arrays[4 * i : 4 * i + 4]
            size, stride = options["size"], options["stride"] or options["size"]
            options = size, stride, options["padding"]
            total = total + keras.ops.sum(g_max * keras.ops.max_pool(x, *options))
            z = keras.ops.average_pool(x_again, *options)
            total = total + keras.ops.sum(g_mean * z)
        return total

    found = gradients(loss, [array for case in cases for array in case[1]])
    for i, (options, (x, g_max, _, g_mean), z_max, z_mean) in enumerate(cases):
        d_max = max_pool_backward(g_max, x, **options)
        d_mean = mean_pool_backward(g_mean, x, **options)
        assert z_max.dtype == z_mean.dtype == d_max.dtype == d_mean.dtype == "float32"
        ours = d_max, z_max, d_mean, z_mean
        for mine, keras_s in zip(ours, found[4 * i : 4 * i + 4], strict=True):
            assert_close(mine, keras_s, (options, x.shape))


@pytest.mark.parametrize("axes", [(4,), (4, 4)])
def test_a_tie_goes_to_the_first_as_in_keras(axes):
    x, g = np.zeros((1, *axes, 2), "float32"), np.ones((1, *(2 for _ in axes), 2))
    g = g.astype("float32")

    def loss(arrays):
        return keras.ops.sum(arrays[1] * keras.ops.max_pool(arrays[0], 2, 2))

    ours = max_pool_backward(g, x, 2)
    np.testing.assert_array_equal(ours, gradients(loss, [x, g])[0])
    assert ours.sum() == g.size and ours.max() == 1


def test_layers_of_keras_take_the_same_kernel():
    random = np.random.default_rng(0)
    image, signal = random.normal(size=(2, 9, 8, 3)), random.normal(size=(2, 9, 3))
    for layer, x in (
        (keras.layers.Conv2D(4, (3, 2), strides=2, padding="same"), image),
        (keras.layers.Conv1D(4, 3, dilation_rate=2), signal),
    ):
        expected = keras.ops.convert_to_numpy(layer(x.astype("float32")))
        kernel = keras.ops.convert_to_numpy(layer.kernel)
        stride, dilation = layer.strides[0], layer.dilation_rate[0]
        ours = conv(x, kernel, stride, layer.padding, dilation)
        np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-5)


def test_padding_by_a_count_is_zeros_on_both_sides():
    random = np.random.default_rng(0)
    for p in range(4):
        x = random.normal(size=(2, 6, 5, 3))
        kernel = random.normal(size=(4, 3, 3, 2))
        around = [(0, 0), (p, p), (p, p), (0, 0)]
        z = conv(x, kernel, 2, p)
        np.testing.assert_allclose(z, conv(np.pad(x, around), kernel, 2), atol=1e-12)
        g = random.normal(size=z.shape)
        d_x, d_kernel = conv_backward(g, x, kernel, 2, p)
        padded, same = conv_backward(g, np.pad(x, around), kernel, 2)
        inner = padded[:, p : p + 6, p : p + 5]
        np.testing.assert_allclose(d_x, inner, atol=1e-12)
        np.testing.assert_allclose(d_kernel, same, atol=1e-12)


@pytest.mark.parametrize("seed", range(40))
def test_loops_equal_windows(seed):
    """By the definition, with stride and dilation at once."""
    random = np.random.default_rng(seed)
    stride, dilation = (int(number) for number in random.integers(1, 4, size=2))
    size = random.integers(1, 4, size=2)
    axes = dilation * (size - 1) + 1 + random.integers(0, 5, size=2)
    c_in, c_out = random.integers(1, 4, size=2)
    x, kernel = random.normal(size=(*axes, c_in)), random.normal(size=(*size, 1, 1))
    kernel = random.normal(size=(*size, c_in, c_out))
    z = conv2d_loops(x, kernel, stride, dilation)
    whole = conv(x[np.newaxis], kernel, stride, 0, dilation)
    np.testing.assert_allclose(whole[0], z, atol=1e-12)
    g = random.normal(size=z.shape)
    pair = conv2d_loops_backward(g, x, kernel, stride, dilation)
    wholes = conv_backward(g[None], x[None], kernel, stride, 0, dilation)
    np.testing.assert_allclose(wholes[0][0], pair[0], atol=1e-12)
    np.testing.assert_allclose(wholes[1], pair[1], atol=1e-12)

    line, weights = x[:, 0, 0], kernel[:, 0, 0, 0]  # one axis, one channel
    z = conv1d_loops(line, weights, stride, dilation)
    columns = line[None, :, None], weights[:, None, None]
    whole = conv(*columns, stride, 0, dilation)
    np.testing.assert_allclose(whole[0, :, 0], z, atol=1e-12)
    g = random.normal(size=z.shape)
    d_line, d_weights = conv1d_loops_backward(g, line, weights, stride, dilation)
    wholes = conv_backward(g[None, :, None], *columns, stride, 0, dilation)
    np.testing.assert_allclose(wholes[0][0, :, 0], d_line, atol=1e-12)
    np.testing.assert_allclose(wholes[1][:, 0, 0], d_weights, atol=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_toeplitz_matrix_is_the_convolution(seed):
    random = np.random.default_rng(seed)
    stride, dilation = (int(number) for number in random.integers(1, 4, size=2))
    padding = [0, 2, "same"][seed % 3]
    n = int(random.integers(1, 3))
    size = random.integers(1, 4, size=n)
    axes = dilation * (size - 1) + 1 + random.integers(0, 5, size=n)
    x, kernel = random.normal(size=(1, *axes, 1)), random.normal(size=size)
    options = stride, padding, dilation
    matrix = toeplitz(kernel, tuple(axes), *options)
    z = conv(x, kernel[..., None, None], *options)
    np.testing.assert_allclose(x.ravel() @ matrix, z.ravel(), atol=1e-12)
    g = random.normal(size=z.shape)
    d_x, _ = conv_backward(g, x, kernel[..., None, None], *options)
    np.testing.assert_allclose(matrix @ g.ravel(), d_x.ravel(), atol=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_gradient_is_the_convolution_with_the_turned_kernel(seed):
    random = np.random.default_rng(seed)
    stride, dilation = (int(number) for number in random.integers(1, 4, size=2))
    n = int(random.integers(1, 3))
    size = random.integers(1, 4, size=n)
    axes = dilation * (size - 1) + 1 + random.integers(0, 5, size=n)
    x, kernel = random.normal(size=(2, *axes, 3)), random.normal(size=(*size, 3, 4))
    z = conv(x, kernel, stride, 0, dilation)
    g = random.normal(size=z.shape)
    d_x, _ = conv_backward(g, x, kernel, stride, 0, dilation)
    turned = conv_transpose(g, kernel, stride, dilation)
    reached = tuple(slice(0, m) for m in turned.shape)
    np.testing.assert_allclose(turned, d_x[reached], atol=1e-12)
    assert np.abs(d_x).sum() == pytest.approx(np.abs(turned).sum())  # 0 elsewhere


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_transposed_convolution_is_keras_s(stride):
    random = np.random.default_rng(stride)
    g = random.normal(size=(2, 5, 4, 3)).astype("float32")
    kernel = random.normal(size=(3, 4, 6, 3)).astype("float32")
    expected = keras.ops.conv_transpose(g, kernel, stride)
    expected = keras.ops.convert_to_numpy(expected)
    ours = conv_transpose(g, kernel, stride)
    np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("padding", ["valid", "same", 0, 2])
def test_output_size_counts_the_places(padding):
    for size, k, stride, dilation in np.ndindex(9, 4, 4, 3):
        case = size + 10, k + 1, stride + 1, padding, dilation + 1
        x, kernel = np.ones((1, case[0], 1)), np.ones((case[1], 1, 1))
        z = conv(x, kernel, case[2], padding, case[4])
        assert output_size(*case) == z.shape[1], case
        if padding == "same":
            assert z.shape[1] == np.ceil(case[0] / case[2])
            before, after = margins(*case)
            assert 0 <= after - before <= 1


def test_scatter_is_the_transpose_of_windows():
    random = np.random.default_rng(0)
    for padding in (0, 2, "same"):
        x = random.normal(size=(2, 9, 8, 3))
        seen = windows(x, (3, 2), 2, padding, 2)
        g = random.normal(size=seen.shape)
        back = scatter(g, x.shape, 2, padding, 2)
        assert np.sum(g * seen) == pytest.approx(np.sum(back * x))


def test_bad_input_is_refused():
    x, kernel = np.ones((1, 5, 5, 2)), np.ones((3, 3, 2, 4))
    with pytest.raises(ValueError, match="padding must be valid, same or a count"):
        conv(x, kernel, padding="full")
    with pytest.raises(ValueError, match="padding must be .* got -1"):
        margins(5, 3, padding=-1)
    with pytest.raises(ValueError, match="kernel reads 2 channels, x has 3"):
        conv(np.ones((1, 5, 5, 3)), kernel)
    with pytest.raises(ValueError, match="a span of 7 exceeds the room 5"):
        output_size(5, 4, dilation=2)
    with pytest.raises(ValueError):
        conv(x, np.ones((6, 6, 2, 1)))
    with pytest.raises(ValueError, match="padding must be .* got 1.5"):
        margins(5, 3, padding=1.5)


def test_whole_numbers_are_taken():
    """A count may be NumPy's; an image of whole numbers has no room for -inf."""
    assert output_size(10, 3, 1, np.int64(1)) == 10
    image = np.array([[4, 3, 1], [2, 4, 3], [2, 3, 2]])[None, :, :, None]
    for padding in (0, 1, "same"):
        for pool in (max_pool, mean_pool):
            whole, real = (pool(x, 2, 2, padding) for x in (image, image * 1.0))
            np.testing.assert_array_equal(whole, real)
        g = np.random.default_rng(0).normal(size=whole.shape)
        for back in (max_pool_backward, mean_pool_backward):
            whole, real = (back(g, x, 2, 2, padding) for x in (image, image * 1.0))
            np.testing.assert_array_equal(whole, real)
    assert max_pool(np.ones((1, 4, 1), "uint8"), 2).dtype == "float32"
