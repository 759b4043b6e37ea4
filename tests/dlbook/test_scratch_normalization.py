"""Scratch normalization against Keras's layers and scikit-learn's scaler."""

import keras
import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from dlbook import data
from dlbook.scratch.normalization import (
    batch_normalization,
    layer_normalization,
    standardization,
    standardize,
)


def to_numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


def built(layer, features, gamma, beta):
    layer.build((None, features))
    layer.gamma.assign(gamma)
    layer.beta.assign(beta)
    return layer


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "batch, momentum, epsilon", [(32, 0.9, 1e-3), (2, 0.5, 1e-2), (100, 0.99, 1e-5)]
)
def test_batch_normalization_is_keras_s(seed, batch, momentum, epsilon):
    random = np.random.default_rng(seed)
    gamma, beta = random.normal(size=(2, 6)).astype("float32")
    layer = keras.layers.BatchNormalization(momentum=momentum, epsilon=epsilon)
    layer = built(layer, 6, gamma, beta)
    options = {"momentum": momentum, "epsilon": epsilon}
    moving = np.zeros(6, "float32"), np.ones(6, "float32")
    for _ in range(30):
        x = random.normal(random.normal(), 1.5, size=(batch, 6)).astype("float32")
        y, moving = batch_normalization(x, gamma, beta, moving, True, **options)
        assert y.dtype == moving[0].dtype == moving[1].dtype == "float32"
        expected = to_numpy(layer(x, training=True))
        # The division by a small deviation magnifies the rounding of x in float32.
        magnified = np.abs(gamma).max() * np.abs(x).max()
        magnified /= np.sqrt(x.var(axis=0).min() + epsilon)
        tolerance = 1e-6 * max(1, magnified)
        np.testing.assert_allclose(y, expected, rtol=1e-6, atol=tolerance)
        statistics = layer.moving_mean, layer.moving_variance
        for mine, its in zip(moving, statistics, strict=True):
            np.testing.assert_allclose(mine, to_numpy(its), rtol=1e-6, atol=1e-6)
        y, unchanged = batch_normalization(x, gamma, beta, moving, False, **options)
        assert unchanged is moving
        expected = to_numpy(layer(x, training=False))
        np.testing.assert_allclose(y, expected, rtol=2e-6, atol=2e-6)


def test_defaults_are_keras_s():
    x = np.random.default_rng(0).normal(3, 2, size=(16, 4)).astype("float32")
    layer, moving = keras.layers.BatchNormalization(), (np.zeros(4), np.ones(4))
    y, moving = batch_normalization(x, 1, 0, moving, True)
    np.testing.assert_allclose(y, to_numpy(layer(x, training=True)), atol=1e-6)
    np.testing.assert_allclose(moving[0], to_numpy(layer.moving_mean), atol=1e-6)
    layer = keras.layers.LayerNormalization()
    np.testing.assert_allclose(
        layer_normalization(x, 1, 0), to_numpy(layer(x)), atol=2e-6
    )


def test_a_batch_has_the_mean_and_deviation_asked_for():
    x = np.random.default_rng(0).normal(7, 3, size=(50, 4))
    gamma, beta = np.array([1, 2, -3, 0.5]), np.array([0, 1, 2, 3.0])
    y, _ = batch_normalization(x, gamma, beta, (0, 1), True, epsilon=0.0)
    np.testing.assert_allclose(y.mean(axis=0), beta, atol=1e-12)
    np.testing.assert_allclose(y.std(axis=0), np.abs(gamma), atol=1e-12)


def test_one_row_gives_beta_and_two_give_signs():
    one, _ = batch_normalization(np.array([[5.0]]), 2.0, 0.5, (0, 1), True)
    assert one.tolist() == [[0.5]]
    two, _ = batch_normalization(np.array([[5.0], [9.0]]), 1, 0, (0, 1), True)
    np.testing.assert_allclose(two, [[-1], [1]], atol=2e-4)


@pytest.mark.parametrize("epsilon", [1e-3, 0.1])
def test_layer_normalization_is_keras_s(epsilon):
    random = np.random.default_rng(0)
    gamma, beta = random.normal(size=(2, 6)).astype("float32")
    layer = keras.layers.LayerNormalization(epsilon=epsilon)
    layer = built(layer, 6, gamma, beta)
    for scale in (0.1, 1, 10):
        x = random.normal(scale, scale, size=(20, 6)).astype("float32")
        y = layer_normalization(x, gamma, beta, epsilon)
        assert y.dtype == "float32"
        np.testing.assert_allclose(y, to_numpy(layer(x)), rtol=1e-5, atol=2e-6)


def test_examples_do_not_meet_in_layer_normalization():
    x = np.random.default_rng(0).normal(size=(4, 6))
    alone = [layer_normalization(x[i : i + 1], 1, 0) for i in range(4)]
    np.testing.assert_array_equal(layer_normalization(x, 1, 0), np.concatenate(alone))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_standardization_is_scikit_learn_s(dtype):
    (iris, _), (iris_test, _) = data.iris()
    (images, _), (images_test, _) = data.mnist()
    for train, test in (
        (iris, iris_test),
        (images.reshape(-1, 784) / 255, images_test.reshape(-1, 784) / 255),
    ):
        train, test = train.astype(dtype), test.astype(dtype)
        scaler = StandardScaler().fit(train)
        ours = standardize(test, *standardization(train))
        assert ours.dtype == dtype
        # A pixel that is not 0 in a few images only has a tiny deviation.
        tight = {"rtol": 1e-4, "atol": 1e-5} if dtype == "float32" else {"rtol": 1e-9}
        np.testing.assert_allclose(ours, scaler.transform(test), **tight)


def test_a_feature_that_never_changes_becomes_zero():
    x = np.full((100, 2), 0.1, dtype="float32")  # its float32 deviation is not 0
    mean, deviation = standardization(x)
    assert deviation.tolist() == [1, 1]
    assert np.abs(standardize(x, mean, deviation)).max() < 1e-6


@pytest.mark.parametrize("x", [np.zeros(3), np.zeros((0, 3)), np.zeros((2, 3, 4))])
def test_the_shape_is_checked(x):
    with pytest.raises(ValueError, match="x must be of shape .samples, features.,"):
        standardization(x)
    with pytest.raises(ValueError, match="x must be of shape .batch, features.,"):
        batch_normalization(x, 1, 0, (0, 1), True)
