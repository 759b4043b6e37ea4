"""The scratch activations against Keras, its autodiff and finite differences."""

import keras
import numpy as np
import pytest

from dlbook.gradients import value_and_grad
from dlbook.scratch.activation import ACTIVATIONS, softmax_jacobian
from dlbook.scratch.descent import numerical_gradient
from dlbook.scratch.loss import softmax

# No point at 0, where some have no derivative; extremes, where others overflow.
Z = np.concatenate([np.linspace(-8, 8, 160), [-1000, -60, -1e-3, 1e-3, 60, 1000]])
SMOOTH = [name for name in ACTIVATIONS if name != "step"]


def to_numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


@pytest.mark.parametrize("name", SMOOTH)
def test_value_and_derivative_equal_keras(name):
    function, derivative = ACTIVATIONS[name]
    z = Z.astype("float32")
    variable = keras.Variable(z)
    activation = getattr(keras.activations, name)
    _, (slopes,) = value_and_grad(
        lambda: keras.ops.sum(activation(variable)), [variable]
    )
    expected = to_numpy(activation(variable))
    np.testing.assert_allclose(function(z), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(derivative(z), to_numpy(slopes), rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_derivative_equals_finite_differences(name):
    function, derivative = ACTIVATIONS[name]
    z = np.linspace(-8, 8, 160)  # 0 is not among them
    slopes = (function(z + 1e-6) - function(z - 1e-6)) / 2e-6
    np.testing.assert_allclose(derivative(z), slopes, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_shape_and_dtype_stay_and_nothing_overflows(name, dtype):
    z = Z[:166].reshape(2, 83).astype(dtype)
    before = z.copy()
    with np.errstate(all="raise", under="ignore"):
        for function in ACTIVATIONS[name]:
            value = function(z)
            assert value.shape == z.shape and value.dtype == dtype
            assert np.isfinite(value).all()
    np.testing.assert_array_equal(z, before)


def test_conventions_at_zero():
    zero = np.zeros(1)
    at_zero = {
        name: [part(zero).item() for part in pair] for name, pair in ACTIVATIONS.items()
    }
    assert at_zero == {
        "step": [0, 0],
        "sigmoid": [0.5, 0.25],
        "tanh": [0, 1],
        "relu": [0, 0],
        "leaky_relu": [0, 0.2],
        "elu": [0, 1],
        "silu": [0, 0.5],
        "gelu": [0, 0.5],
    }


@pytest.mark.parametrize("seed", range(3))
def test_softmax_jacobian_equals_differences_and_keras(seed):
    z = np.random.default_rng(seed).normal(scale=3, size=5)
    jacobian, variable = softmax_jacobian(z), keras.Variable(z, dtype="float32")
    for i in range(5):
        row = numerical_gradient(lambda z, i=i: softmax(z)[i], z)
        np.testing.assert_allclose(jacobian[i], row, rtol=1e-6, atol=1e-9)
        _, (row,) = value_and_grad(
            lambda i=i: keras.activations.softmax(variable)[i], [variable]
        )
        np.testing.assert_allclose(jacobian[i], to_numpy(row), rtol=1e-4, atol=1e-6)


def test_softmax_jacobian_of_a_batch_is_that_of_its_rows():
    z = np.random.default_rng(0).normal(size=(2, 3, 4))
    jacobians = softmax_jacobian(z)
    assert jacobians.shape == (2, 3, 4, 4)
    for index in np.ndindex(2, 3):
        s = softmax(z[index])
        expected = np.diag(s) - np.outer(s, s)
        np.testing.assert_allclose(jacobians[index], expected, rtol=1e-12, atol=1e-15)
    assert softmax_jacobian(z.astype("float32")).dtype == "float32"


def test_softmax_jacobian_does_not_overflow():
    with np.errstate(all="raise", under="ignore"):
        jacobian = softmax_jacobian(np.array([1000.0, 1000.0, -1000.0]))
    expected = [[0.25, -0.25, 0], [-0.25, 0.25, 0], [0, 0, 0]]
    np.testing.assert_allclose(jacobian, expected, atol=1e-12)
