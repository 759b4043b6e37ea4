"""Dropout against Keras's layer, its mean and variance, and bad rates."""

import keras
import numpy as np
import pytest

from dlbook.scratch.dropout import dropout, dropout_mask


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_equals_keras_for_the_same_mask(rate):
    h = np.random.default_rng(0).normal(size=(64, 32)).astype("float32")
    kept = keras.layers.Dropout(rate, seed=3)(np.ones_like(h), training=True)
    keras_mask = keras.ops.convert_to_numpy(kept)
    expected = keras.layers.Dropout(rate, seed=3)(h, training=True)
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(expected), h * keras_mask, rtol=1e-6
    )
    ours = dropout_mask(h.shape, rate, np.random.default_rng(0))
    np.testing.assert_allclose(
        np.unique(keras_mask), np.unique(ours), rtol=1e-6
    )  # the same two factors


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_mean_and_variance(rate):
    n = 400_000
    mask = dropout_mask((n,), rate, np.random.default_rng(1))
    variance = rate / (1 - rate)
    assert abs(mask.mean() - 1) < 4 * (variance / n) ** 0.5
    np.testing.assert_allclose(mask.var(), variance, rtol=0.02)
    np.testing.assert_allclose(np.mean(mask == 0), rate, atol=0.004)


def test_entries_are_independent():
    mask = dropout_mask((100_000, 2), 0.5, np.random.default_rng(2))
    assert abs(np.mean((mask[:, 0] - 1) * (mask[:, 1] - 1))) < 0.02


def test_prediction_changes_nothing_and_draws_nothing():
    h, random = np.arange(6.0), np.random.default_rng(0)
    before = random.bit_generator.state
    np.testing.assert_array_equal(dropout(h, 0.5, random, training=False), h)
    assert random.bit_generator.state == before


def test_training_multiplies_by_the_mask():
    h = np.arange(1.0, 13).reshape(3, 4)
    dropped = dropout(h, 0.25, np.random.default_rng(5))
    mask = dropout_mask((3, 4), 0.25, np.random.default_rng(5))
    np.testing.assert_array_equal(dropped, h * mask)
    assert 0 < np.sum(dropped == 0) < 12
    np.testing.assert_array_equal(h, np.arange(1.0, 13).reshape(3, 4))


def test_rate_zero_keeps_all():
    assert np.all(dropout_mask((5, 5), 0, np.random.default_rng(0)) == 1)


@pytest.mark.parametrize("rate", [-0.1, 1.0, 1.5, float("nan")])
def test_rate_out_of_range(rate):
    with pytest.raises(ValueError, match="rate must be"):
        dropout_mask((2,), rate, np.random.default_rng(0))
