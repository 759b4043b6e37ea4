"""The scratch losses against Keras, SciPy and finite differences; descent's algebra."""

import keras
import numpy as np
import pytest
from scipy import optimize, special

from dlbook.gradients import value_and_grad
from dlbook.scratch import descent, loss

# name of the loss, Keras's loss, and how to draw targets for an array of logits
LOSSES = {
    "mean_squared_error": (
        keras.losses.MeanSquaredError(),
        lambda random, z: random.normal(size=z.shape),
    ),
    "mean_absolute_error": (
        keras.losses.MeanAbsoluteError(),
        lambda random, z: random.normal(size=z.shape),
    ),
    "binary_crossentropy": (
        keras.losses.BinaryCrossentropy(from_logits=True),
        lambda random, z: random.integers(0, 2, size=z.shape).astype(float),
    ),
    "categorical_crossentropy": (
        keras.losses.CategoricalCrossentropy(from_logits=True),
        lambda random, z: random.dirichlet(np.ones(z.shape[1]), size=len(z)),
    ),
}


def draw(name, seed):
    random = np.random.default_rng(seed)
    z = random.normal(scale=3, size=(5, 4))
    return LOSSES[name][1](random, z), z


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", LOSSES)
def test_value_and_gradient_equal_keras(name, seed):
    y, z = draw(name, seed)
    variable = keras.Variable(z, dtype="float32")
    target = keras.ops.convert_to_tensor(y, dtype="float32")
    value, (gradient,) = value_and_grad(
        lambda: LOSSES[name][0](target, variable), [variable]
    )
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(value), getattr(loss, name)(y, z), rtol=2e-6
    )
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(gradient),
        getattr(loss, name + "_grad")(y, z),
        rtol=1e-5,
        atol=1e-7,
    )


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", LOSSES)
def test_gradient_equals_finite_differences(name, seed):
    y, z = draw(name, seed)
    f, gradient = getattr(loss, name), getattr(loss, name + "_grad")(y, z)
    ours = descent.numerical_gradient(lambda z: f(y, z), z)
    np.testing.assert_allclose(ours, gradient, atol=1e-9)
    scipys = optimize.approx_fprime(z.ravel(), lambda v: f(y, v.reshape(z.shape)))
    np.testing.assert_allclose(scipys, gradient.ravel(), atol=1e-6)


@pytest.mark.parametrize("scale", [1, 100, 1e5])
def test_stable_functions_equal_scipy(scale):
    z = scale * np.random.default_rng(0).normal(size=(6, 5))
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        np.testing.assert_allclose(
            loss.log_sum_exp(z), special.logsumexp(z, axis=1), rtol=1e-14
        )
        np.testing.assert_allclose(
            loss.softmax(z), special.softmax(z, axis=1), rtol=1e-9, atol=1e-300
        )
        np.testing.assert_allclose(loss.sigmoid(z), special.expit(z), rtol=1e-9)


def test_crossentropy_stays_finite_where_probabilities_are_zero():
    y, z = np.array([[1.0, 0.0]]), np.array([[-2000.0, 0.0]])
    assert loss.categorical_crossentropy(y, z) == 2000
    assert loss.binary_crossentropy(np.array([1.0]), np.array([-2000.0])) == 2000


@pytest.mark.parametrize("name", list(LOSSES)[:3])
def test_shapes_that_would_broadcast_are_refused(name):
    for fn in (getattr(loss, name), getattr(loss, name + "_grad")):
        with pytest.raises(ValueError, match=r"got \(2,\) and \(2, 1\)"):
            fn(np.zeros(2), np.zeros((2, 1)))


def test_two_class_softmax_is_a_sigmoid_of_the_difference():
    z = np.random.default_rng(1).normal(size=(7, 2))
    np.testing.assert_allclose(
        loss.softmax(z)[:, 1], loss.sigmoid(z[:, 1] - z[:, 0]), rtol=1e-13
    )


def test_one_hot_equals_keras_and_refuses_other_labels():
    labels = np.array([[2, 0], [1, 1]])
    np.testing.assert_array_equal(
        loss.one_hot(labels, 3),
        keras.ops.convert_to_numpy(keras.ops.one_hot(labels, 3)),
    )
    for wrong in ([3], [-1], [0.5]):
        with pytest.raises(ValueError, match="0 to 2"):
            loss.one_hot(wrong, 3)


@pytest.mark.parametrize("rate", [0.01, 0.3, 0.9, 1.0, 1.1])
def test_descend_follows_the_closed_form_of_a_quadratic(rate):
    path = descent.descend(lambda x: 2 * x, 2.0, rate, steps=50)
    np.testing.assert_allclose(path, 2 * (1 - 2 * rate) ** np.arange(51), rtol=1e-12)


@pytest.mark.parametrize("bad", [{"learning_rate": 0}, {"steps": -1}])
def test_descend_refuses(bad):
    arguments = {"learning_rate": 0.1, "steps": 3, **bad}
    with pytest.raises(ValueError, match="learning_rate must be > 0"):
        descent.descend(lambda x: x, 1.0, **arguments)


@pytest.mark.parametrize("batch_size", [1, 3, 10])
def test_an_epoch_shows_every_sample_once(batch_size):
    random = np.random.default_rng(0)
    rows = list(descent.batches(10, batch_size, random))
    assert sorted(np.concatenate(rows)) == list(range(10))
    assert len(rows) == -(-10 // batch_size)
    again = np.concatenate(list(descent.batches(10, batch_size, random)))
    assert list(again) != list(np.concatenate(rows))


@pytest.mark.parametrize("batch_size", [0, 11])
def test_batches_refuses(batch_size):
    with pytest.raises(ValueError, match="1 to 10"):
        next(descent.batches(10, batch_size, np.random.default_rng(0)))


def squared(w, x, y):
    error = x @ w - y
    return np.mean(error**2), 2 * x.T @ error / len(y)


def test_full_batch_fit_is_descend_on_the_mean_loss():
    random = np.random.default_rng(2)
    x, y = random.normal(size=(20, 3)), random.normal(size=20)
    w, losses = descent.fit(squared, np.zeros(3), x, y, 0.05, 20, 30, random)
    path = descent.descend(lambda w: squared(w, x, y)[1], np.zeros(3), 0.05, 30)
    np.testing.assert_allclose(w, path[-1], rtol=1e-12)
    np.testing.assert_allclose(losses[-1], squared(path[-2], x, y)[0], rtol=1e-12)


def test_minibatch_fit_solves_a_consistent_system():
    random = np.random.default_rng(3)
    x, solution = random.normal(size=(60, 3)), np.array([1.0, -2.0, 0.5])
    w, losses = descent.fit(squared, np.zeros(3), x, x @ solution, 0.05, 4, 60, random)
    np.testing.assert_allclose(w, solution, atol=1e-6)
    assert len(losses) == 60 * 15
