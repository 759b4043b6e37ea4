"""The scratch initializers: a million draws against theory, and against Keras's."""

import math

import keras
import numpy as np
import pytest
from scipy import integrate, stats

from dlbook.scratch import initializer

SHAPE = 800, 1250  # a million weights
LIMITED = stats.truncnorm(-2, 2)
GLOROT, HE = 2 / sum(SHAPE), 2 / SHAPE[0]
LAWS = {  # variance, fourth moment by squared variance, limit in deviations
    "random_normal": (0.05**2, 3.0, math.inf),
    "truncated_normal": (0.05**2, LIMITED.stats("k") + 3, 2 / LIMITED.std()),
    "glorot_uniform": (GLOROT, 9 / 5, math.sqrt(3)),
    "glorot_normal": (GLOROT, LIMITED.stats("k") + 3, 2 / LIMITED.std()),
    "he_uniform": (HE, 9 / 5, math.sqrt(3)),
    "he_normal": (HE, LIMITED.stats("k") + 3, 2 / LIMITED.std()),
}
KERAS = {
    "random_normal": keras.initializers.RandomNormal,
    "glorot_uniform": keras.initializers.GlorotUniform,
    "glorot_normal": keras.initializers.GlorotNormal,
    "he_uniform": keras.initializers.HeUniform,
    "he_normal": keras.initializers.HeNormal,
}


def errors(draws, variance, kurtosis):
    """How far mean and variance are off, in standard errors."""
    draws = draws.astype("float64")
    mean = draws.mean() / math.sqrt(variance / draws.size)
    spread = variance * math.sqrt((kurtosis - 1) / draws.size)
    return mean, (np.mean(draws**2) - variance) / spread


def drawn(name, seed=0, shape=SHAPE):
    return getattr(initializer, name)(shape, np.random.default_rng(seed))


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("seed", range(3))
def test_moments_and_limits_of_a_million_draws(name, seed):
    variance, kurtosis, limit = LAWS[name]
    draws = drawn(name, seed)
    assert draws.shape == SHAPE and draws.dtype == "float64"
    assert np.max(np.abs(errors(draws, variance, kurtosis))) < 4
    largest = np.abs(draws).max() / math.sqrt(variance)
    assert largest <= limit * (1 + 1e-12)
    assert limit == math.inf or largest > 0.9999 * limit


@pytest.mark.parametrize("name", KERAS)
def test_keras_has_the_same_moments_and_limits(name):
    variance, kurtosis, limit = LAWS[name]
    keras.utils.set_random_seed(0)
    draws = keras.ops.convert_to_numpy(KERAS[name]()(SHAPE))
    assert np.max(np.abs(errors(draws, variance, kurtosis))) < 4
    beyond = np.sum(np.abs(draws) > limit * math.sqrt(variance) * (1 + 1e-6))
    # Keras on torch redraws at most three times: 0.0455⁴ of the draws stay beyond.
    on_torch = keras.backend.backend() == "torch" and "normal" in name
    assert beyond <= (30 if on_torch else 0)


def test_the_law_is_that_of_scipy():
    """Not only two moments: the whole distribution, by Kolmogorov and Smirnov."""
    scale = math.sqrt(HE) / LIMITED.std()
    normal = drawn("he_normal", shape=(800, 50)).ravel() / scale
    assert stats.kstest(normal, LIMITED.cdf).pvalue > 1e-4
    uniform = drawn("he_uniform", shape=(800, 50)).ravel() / math.sqrt(3 * HE)
    assert stats.kstest(uniform, stats.uniform(-1, 2).cdf).pvalue > 1e-4


def test_the_constant_of_the_truncation():
    inside = integrate.quad(lambda t: stats.norm.pdf(t), -2, 2)[0]
    square = integrate.quad(lambda t: t**2 * stats.norm.pdf(t), -2, 2)[0]
    assert math.isclose(initializer.TRUNCATED, math.sqrt(square / inside))


@pytest.mark.parametrize(
    "shape, expected",
    [((7, 5), (7, 5)), ((3, 4, 5), (12, 15)), ((3, 3, 16, 32), (144, 288))],
)
def test_fans_are_keras_s(shape, expected):
    assert initializer.fans(shape) == expected
    glorot = keras.initializers.GlorotUniform(seed=0)(shape)
    limit = math.sqrt(6 / sum(expected))
    largest = np.abs(keras.ops.convert_to_numpy(glorot)).max()
    assert 0.8 * limit < largest <= limit * (1 + 1e-6)


@pytest.mark.parametrize("shape", [(8, 8), (12, 5), (5, 12), (3, 3, 4, 6), (2, 1, 9)])
def test_orthogonal_columns_or_rows(shape):
    q = initializer.orthogonal(shape, np.random.default_rng(0), factor=1.5)
    assert q.shape == shape
    q = q.reshape(-1, shape[-1])
    short = q if q.shape[0] <= q.shape[1] else q.T
    np.testing.assert_allclose(short @ short.T, 2.25 * np.eye(len(short)), atol=1e-12)


def test_orthogonal_matrices_are_uniformly_distributed():
    """Haar: an entry is symmetric, E q² = 1/n, E q⁴ = 3 / (n (n + 2))."""
    random, n, draws = np.random.default_rng(0), 4, 4000
    q = np.array([initializer.orthogonal((n, n), random) for _ in range(draws)])
    fourth = 3 / (n * (n + 2))
    for i, j in np.ndindex(n, n):
        entry = q[:, i, j]
        assert abs(entry.mean()) < 4 * math.sqrt(1 / n / draws)
        spread = math.sqrt((fourth - 1 / n**2) / draws)
        assert abs(np.mean(entry**2) - 1 / n) < 4 * spread
    signs = np.sign(np.linalg.det(q))
    assert abs(signs.mean()) < 4 / math.sqrt(draws)


def test_gains_are_pytorch_s():
    names = ("linear", "sigmoid", "tanh", "relu", "leaky_relu")
    table = [1, 1, 5 / 3, math.sqrt(2), math.sqrt(2 / (1 + 0.01**2))]
    assert [initializer.gain(name) for name in names] == pytest.approx(table)
    slope = initializer.gain("leaky_relu", 0.2)
    assert slope == pytest.approx(math.sqrt(2 / 1.04))
    try:
        from torch.nn.init import calculate_gain
    except ImportError:
        return
    assert table == pytest.approx([calculate_gain(name) for name in names])
    assert slope == pytest.approx(calculate_gain("leaky_relu", 0.2))


def test_factor_scales():
    for name in ("glorot_uniform", "glorot_normal", "orthogonal"):
        one, two = (
            getattr(initializer, name)((6, 4), np.random.default_rng(0), factor=factor)
            for factor in (1, 2)
        )
        np.testing.assert_allclose(two, 2 * one)


@pytest.mark.parametrize(
    "name", ["glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "orthogonal"]
)
def test_a_kernel_has_two_axes(name):
    with pytest.raises(ValueError, match=r"shape must be .*\(5,\)"):
        drawn(name, shape=(5,))


def test_unknown_activation():
    with pytest.raises(ValueError, match="activation must be .*'swish'"):
        initializer.gain("swish")
