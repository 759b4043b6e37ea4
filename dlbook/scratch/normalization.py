"""Standardization, batch normalization, layer normalization. Taught in chapter 7.

Float32 stays float32.
"""

import numpy as np

Moments = tuple[np.ndarray, np.ndarray]


def standardization(x: np.ndarray) -> Moments:
    """Measures what `standardize` needs: each feature's mean and deviation.

    Args:
        x: Float array of shape (samples, features), the training set.

    Returns:
        `mean, deviation`, arrays of shape (features,). A feature that never changes
        gets the deviation 1.

    Raises:
        ValueError: If `x` is not of shape (samples, features), or has no samples.

    Example:

    >>> mean, deviation = standardization(np.array([[1.0, 7.0], [3.0, 7.0]]))
    >>> mean.tolist(), deviation.tolist()
    ([2.0, 7.0], [1.0, 1.0])
    """
    if x.ndim != 2 or not len(x):
        raise ValueError(f"x must be of shape (samples, features), got {x.shape}")
    changes = x.max(axis=0) > x.min(axis=0)
    return x.mean(axis=0), np.where(changes, x.std(axis=0), np.ones_like(x[0]))


def standardize(x: np.ndarray, mean: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    """Shifts and scales each feature.

    Args:
        x: Float array of shape (samples, features), from any set.
        mean: Array of shape (features,), from the training set.
        deviation: Array of shape (features,), from the training set, positive.

    Returns:
        Float array of the shape of `x`.

    Example:

    >>> x = np.array([[1.0], [3.0]])
    >>> standardize(x, *standardization(x)).tolist()
    [[-1.0], [1.0]]
    """
    return (x - mean) / deviation


def batch_normalization(
    x: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    moving: Moments,
    training: bool,
    momentum: float = 0.99,
    epsilon: float = 1e-3,
) -> tuple[np.ndarray, Moments]:
    """Gives each feature of a batch the mean beta and the deviation gamma.

    Args:
        x: Float array of shape (batch, features).
        gamma: Array of shape (features,), trained; starts at 1.
        beta: Array of shape (features,), trained; starts at 0.
        moving: Means and variances of shape (features,) as collected so far; they
            start at 0 and 1.
        training: Boolean, whether the batch's own mean and variance are used and
            collected. Otherwise the collected ones are used, and do not change.
        momentum: Number from 0 to 1, the share of what was collected that stays.
        epsilon: Positive number, added to the variance.

    Returns:
        `y, moving`: array of the shape of `x`, and the means and variances collected
        after this batch.

    Raises:
        ValueError: If `x` is not of shape (batch, features), or has no rows.

    Reference:

    - Ioffe and Szegedy (2015), "Batch normalization: accelerating deep network
      training by reducing internal covariate shift"

    Example:

    >>> x, moving = np.array([[1.0], [3.0]]), (np.zeros(1), np.ones(1))
    >>> y, moving = batch_normalization(x, 1.0, 0.0, moving, True, 0.9, 0.0)
    >>> y.tolist(), f"{moving[0][0]:.1f}, {moving[1][0]:.1f}"
    ([[-1.0], [1.0]], '0.2, 1.0')
    """
    if x.ndim != 2 or not len(x):
        raise ValueError(f"x must be of shape (batch, features), got {x.shape}")
    mean, variance = moving
    if training:
        old, (mean, variance) = moving, (x.mean(axis=0), x.var(axis=0))
        pairs = zip(old, (mean, variance), strict=True)
        moving = tuple(momentum * a + (1 - momentum) * b for a, b in pairs)
    normalized = (x - mean) / np.sqrt(variance + epsilon)
    return gamma * normalized + beta, moving


def layer_normalization(
    x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, epsilon: float = 1e-3
) -> np.ndarray:
    """Normalizes each example over its own features.

    Args:
        x: Float array of shape (batch, features).
        gamma: Array of shape (features,), trained; starts at 1.
        beta: Array of shape (features,), trained; starts at 0.
        epsilon: Positive number, added to the variance.

    Returns:
        Float array of the shape of `x`.

    Reference:

    - Ba et al. (2016), "Layer normalization"

    Example:

    >>> layer_normalization(np.array([[1.0, 3.0]]), 1.0, 0.0, 0.0).tolist()
    [[-1.0, 1.0]]
    """
    mean, variance = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta
