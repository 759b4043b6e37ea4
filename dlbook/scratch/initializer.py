"""Random weights to start from. Taught in chapter 7.

Every initializer takes the shape of a kernel and NumPy's random generator. A dense
kernel is of shape (inputs, units), a convolution's of shape (..., inputs, units).
"""

import math
from collections.abc import Sequence

import numpy as np

#: Standard deviation of a standard normal number, given that it lies within ±2.
TRUNCATED = 0.8796256610342398


def fans(shape: Sequence[int]) -> tuple[int, int]:
    """Counts the numbers that a unit reads, and the units that read a number.

    Args:
        shape: Integers >= 1, at least two: (inputs, units), with the size of the
            window in front for a convolution.

    Returns:
        `fan_in, fan_out`, integers.

    Raises:
        ValueError: If `shape` has fewer than two entries.

    Example:

    >>> fans((784, 64)), fans((3, 3, 16, 32))
    ((784, 64), (144, 288))
    """
    if len(shape) < 2:
        raise ValueError(f"shape must be (inputs, units), got {tuple(shape)}")
    window = math.prod(shape[:-2])  # 1 for a dense layer
    return window * shape[-2], window * shape[-1]


def random_normal(
    shape: Sequence[int], random: np.random.Generator, scale: float = 0.05
) -> np.ndarray:
    """Draws from a normal distribution with mean 0.

    Args:
        shape: Integers >= 1.
        random: NumPy's random generator.
        scale: Positive number, the standard deviation.

    Returns:
        Float64 array of that shape.

    Example:

    >>> random_normal((784, 64), np.random.default_rng(0)).shape
    (784, 64)
    """
    return scale * random.normal(size=shape)


def truncated_normal(
    shape: Sequence[int], random: np.random.Generator, scale: float = 0.05
) -> np.ndarray:
    """Draws from a normal distribution without its tails, of a given deviation.

    Numbers beyond two standard deviations are drawn again. That narrows the
    distribution by the factor `TRUNCATED`, which is divided out.

    Args:
        shape: Integers >= 1.
        random: NumPy's random generator.
        scale: Positive number, the standard deviation of the result.

    Returns:
        Float64 array of that shape, values within ±2 scale / 0.8796 = ±2.274 scale.

    Example:

    >>> W = truncated_normal((100, 100), np.random.default_rng(0), scale=1.0)
    >>> bool(np.abs(W).max() <= 2 / TRUNCATED)
    True
    """
    draws = random.normal(size=shape)
    while np.any(outside := np.abs(draws) > 2):
        draws[outside] = random.normal(size=np.sum(outside))
    return scale / TRUNCATED * draws


def glorot_uniform(
    shape: Sequence[int], random: np.random.Generator, factor: float = 1.0
) -> np.ndarray:
    """Draws uniformly from ±factor √(6 / (fan_in + fan_out)).

    The variance is factor² · 2 / (fan_in + fan_out).

    Args:
        shape: Shape of the kernel, (inputs, units).
        random: NumPy's random generator.
        factor: Positive number, such as a `gain`. Keras has 1.

    Returns:
        Float64 array of that shape.

    Raises:
        ValueError: If `shape` has fewer than two entries.

    Reference:

    - Glorot and Bengio (2010), "Understanding the difficulty of training deep
      feedforward neural networks"

    Example:

    >>> W = glorot_uniform((300, 300), np.random.default_rng(0))
    >>> W.shape, bool(np.abs(W).max() <= 0.1)
    ((300, 300), True)
    """
    limit = factor * math.sqrt(6 / sum(fans(shape)))
    return random.uniform(-limit, limit, size=shape)


def glorot_normal(
    shape: Sequence[int], random: np.random.Generator, factor: float = 1.0
) -> np.ndarray:
    """Draws from a truncated normal with variance factor² · 2 / (fan_in + fan_out).

    Args:
        shape: Shape of the kernel, (inputs, units).
        random: NumPy's random generator.
        factor: Positive number, such as a `gain`. Keras has 1.

    Returns:
        Float64 array of that shape.

    Raises:
        ValueError: If `shape` has fewer than two entries.

    Reference:

    - Glorot and Bengio (2010), "Understanding the difficulty of training deep
      feedforward neural networks"

    Example:

    >>> W = glorot_normal((300, 500), np.random.default_rng(0))
    >>> f"{W.std():.3f}"
    '0.050'
    """
    return truncated_normal(shape, random, factor * math.sqrt(2 / sum(fans(shape))))


def he_uniform(shape: Sequence[int], random: np.random.Generator) -> np.ndarray:
    """Draws uniformly from ±√(6 / fan_in), so that the variance is 2 / fan_in.

    Args:
        shape: Shape of the kernel, (inputs, units).
        random: NumPy's random generator.

    Returns:
        Float64 array of that shape.

    Raises:
        ValueError: If `shape` has fewer than two entries.

    Reference:

    - He et al. (2015), "Delving deep into rectifiers: surpassing human-level
      performance on ImageNet classification"

    Example:

    >>> W = he_uniform((600, 10), np.random.default_rng(0))
    >>> bool(np.abs(W).max() <= 0.1)
    True
    """
    limit = math.sqrt(6 / fans(shape)[0])
    return random.uniform(-limit, limit, size=shape)


def he_normal(shape: Sequence[int], random: np.random.Generator) -> np.ndarray:
    """Draws from a truncated normal distribution with variance 2 / fan_in.

    Args:
        shape: Shape of the kernel, (inputs, units).
        random: NumPy's random generator.

    Returns:
        Float64 array of that shape.

    Raises:
        ValueError: If `shape` has fewer than two entries.

    Reference:

    - He et al. (2015), "Delving deep into rectifiers: surpassing human-level
      performance on ImageNet classification"

    Example:

    >>> f"{he_normal((200, 500), np.random.default_rng(0)).std():.2f}"
    '0.10'
    """
    return truncated_normal(shape, random, math.sqrt(2 / fans(shape)[0]))


def orthogonal(
    shape: Sequence[int], random: np.random.Generator, factor: float = 1.0
) -> np.ndarray:
    """Draws a matrix with orthonormal columns, or rows, all of them equally likely.

    Args:
        shape: Shape of the kernel. All axes but the last are taken as rows. Where
            there are more columns than rows, the rows are orthonormal.
        random: NumPy's random generator.
        factor: Positive number, by which the matrix stretches.

    Returns:
        Float64 array of that shape.

    Raises:
        ValueError: If `shape` has fewer than two entries.

    Reference:

    - Saxe et al. (2014), "Exact solutions to the nonlinear dynamics of learning in
      deep linear neural networks"

    Example:

    >>> Q = orthogonal((5, 3), np.random.default_rng(0))
    >>> bool(np.allclose(Q.T @ Q, np.eye(3)))
    True
    """
    fans(shape)  # at least two axes
    rows, columns = math.prod(shape[:-1]), shape[-1]
    draws = random.normal(size=(max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(draws)
    q = q * np.where(np.diag(r) < 0, -1, 1)  # QR itself prefers some signs
    return factor * (q if rows >= columns else q.T).reshape(shape)


def gain(activation: str, slope: float = 0.01) -> float:
    """Says by what the standard deviation of weights is multiplied, as PyTorch does.

    Args:
        activation: "linear", "sigmoid", "tanh", "relu" or "leaky_relu".
        slope: Number, the slope of "leaky_relu" below zero.

    Returns:
        1, 1, 5/3, √2 or √(2 / (1 + slope²)).

    Raises:
        ValueError: If the table has no such activation.

    Example:

    >>> f"{gain('tanh'):.3f} {gain('relu'):.3f} {gain('leaky_relu', 0.2):.3f}"
    '1.667 1.414 1.387'
    """
    gains = {"linear": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2)}
    gains["leaky_relu"] = math.sqrt(2 / (1 + slope**2))
    if activation not in gains:
        raise ValueError(f"activation must be one of {list(gains)}, got {activation!r}")
    return gains[activation]
