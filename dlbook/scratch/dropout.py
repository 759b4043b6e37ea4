"""Dropout, inverted: what is kept is scaled up, so that prediction needs no change."""

import numpy as np


def dropout_mask(
    shape: tuple[int, ...], rate: float, random: np.random.Generator
) -> np.ndarray:
    """Draws the factors of inverted dropout: 0, or 1 / (1 - rate).

    Each entry is 0 with probability `rate`, independently of the others, and
    1 / (1 - rate) otherwise, so that its mean is 1.

    Args:
        shape: Shape of the mask, such as `(batch, units)`.
        rate: Float, 0 <= rate < 1, the probability that an entry is dropped.
        random: NumPy generator, which is advanced.

    Returns:
        Float64 array of the given shape.

    Raises:
        ValueError: If `rate` is not in [0, 1).

    Reference:

    - Srivastava et al. (2014), "Dropout: a simple way to prevent neural networks from
      overfitting" (which scales at prediction instead)

    Example:

    >>> mask = dropout_mask((1000, 50), rate=0.2, random=np.random.default_rng(0))
    >>> sorted({float(factor) for factor in mask.flat}), f"{mask.mean():.2f}"
    ([0.0, 1.25], '1.00')
    """
    if not 0 <= rate < 1:
        raise ValueError(f"rate must be at least 0 and below 1, got {rate}")
    return (random.random(shape) >= rate) / (1 - rate)


def dropout(
    h: np.ndarray,
    rate: float,
    random: np.random.Generator,
    training: bool = True,
) -> np.ndarray:
    """Drops activations at random in training, and nothing in prediction.

    Args:
        h: Array of any shape, activations.
        rate: Float, 0 <= rate < 1, the probability that an entry is dropped.
        random: NumPy generator, which is advanced in training only.
        training: Boolean, whether to drop.

    Returns:
        Array of the shape of `h`, whose mean over the masks is `h`.

    Raises:
        ValueError: If `training` and `rate` is not in [0, 1).

    Example:

    >>> h, random = np.ones(6), np.random.default_rng(0)
    >>> dropout(h, 0.5, random).tolist()
    [2.0, 0.0, 0.0, 0.0, 2.0, 2.0]
    >>> dropout(h, 0.5, random, training=False).tolist()
    [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    """
    if not training:
        return h
    return h * dropout_mask(np.shape(h), rate, random)
