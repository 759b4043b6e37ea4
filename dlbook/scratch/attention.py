"""Attention: dot products, masks, several heads, positions. Taught in chapter 17.

Float32 stays float32.
"""

import numpy as np

from dlbook.scratch.loss import softmax

Pair = tuple[np.ndarray, np.ndarray]


def attention(
    queries: np.ndarray,
    keys: np.ndarray,
    values: np.ndarray,
    mask: np.ndarray | None = None,
    scale: float | None = None,
) -> Pair:
    """Averages the values, each with a weight by how its key fits the query.

    The weights of a query are the softmax of its dot products with the keys.

    Args:
        queries: Float array of shape (..., m, d_k).
        keys: Float array of shape (..., n, d_k).
        values: Float array of shape (..., n, d_v), one for each key.
        mask: Boolean array that broadcasts to (..., m, n), true where a query may
            look, at one key at least. `None` means everywhere.
        scale: Number that multiplies the dot products; `None` means 1/sqrt(d_k).

    Returns:
        `context, weights`: float arrays of shape (..., m, d_v) and (..., m, n); the
        weights are positive or 0, with sum 1 over the keys.

    Raises:
        ValueError: If a query may look at no key.

    Reference:

    - Luong et al. (2015), "Effective approaches to attention-based neural machine
      translation"
    - Vaswani et al. (2017), "Attention is all you need"

    Example:

    >>> query, values = np.log([[3.0, 1.0]]), np.array([[10.0], [20.0]])
    >>> context, weights = attention(query, np.eye(2), values, scale=1.0)
    >>> print(*weights[0].round(2), context.round(1).item())
    0.75 0.25 12.5
    """
    if scale is None:
        scale = keys.shape[-1] ** -0.5
    scores = scale * (queries @ np.swapaxes(keys, -1, -2))  # (..., m, n)
    if mask is not None:
        scores = np.where(mask, scores, np.full_like(scores, -np.inf))
        if np.isneginf(scores).all(axis=-1).any():
            raise ValueError("mask must leave each query a key, got a row of False")
    weights = softmax(scores)
    return weights @ values, weights


def split_heads(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Multiplies rows by a matrix for each head.

    Args:
        x: Float array of shape (batch, n, d).
        kernel: Float array of shape (d, heads, size), as Keras stores it.
        bias: Float array of shape (heads, size).

    Returns:
        Float array of shape (batch, heads, n, size).

    Example:

    >>> x, kernel = np.ones((1, 1, 2)), np.arange(6.0).reshape(2, 3, 1)
    >>> split_heads(x, kernel, np.zeros((3, 1))).tolist()
    [[[[3.0]], [[5.0]], [[7.0]]]]
    """
    matrices = np.moveaxis(kernel, 1, 0)  # (heads, d, size)
    return x[:, np.newaxis] @ matrices + bias[:, np.newaxis]


def multi_head_attention(
    queries: np.ndarray,
    keys: np.ndarray,
    values: np.ndarray,
    weights: list[Pair],
    mask: np.ndarray | None = None,
) -> Pair:
    """Lets several heads look, each through matrices of its own.

    Args:
        queries: Float array of shape (batch, m, d).
        keys: Float array of shape (batch, n, d).
        values: Float array of shape (batch, n, d).
        weights: Four pairs of kernel and bias, for queries, keys, values and output,
            in Keras's shapes: (d, heads, d_k) and (heads, d_k) twice, (d, heads, d_v)
            and (heads, d_v), (heads, d_v, d_out) and (d_out,).
        mask: Boolean array that broadcasts to (batch, m, n), true where a query may
            look. `None` means everywhere.

    Returns:
        `outputs, shares`: float arrays of shape (batch, m, d_out) and
        (batch, heads, m, n), the weights of each head.

    Raises:
        ValueError: If a query may look at no key.

    Reference:

    - Vaswani et al. (2017), "Attention is all you need"

    Example:

    >>> one = np.ones((1, 1, 1)), np.zeros((1, 1))
    >>> last = np.ones((1, 1, 1)), np.zeros(1)
    >>> x = np.array([[[1.0], [3.0]]])
    >>> outputs, shares = multi_head_attention(0 * x, x, x, [one, one, one, last])
    >>> outputs.tolist(), shares.tolist()
    ([[[2.0], [2.0]]], [[[[0.5, 0.5], [0.5, 0.5]]]])
    """
    *projections, (kernel, bias) = weights
    parts = zip((queries, keys, values), projections, strict=True)
    q, k, v = (split_heads(x, *pair) for x, pair in parts)
    if mask is not None:
        mask = np.expand_dims(mask, -3)  # the same for all heads
    context, shares = attention(q, k, v, mask)  # (batch, heads, m, d_v)
    return (context @ kernel).sum(axis=1) + bias, shares


def positions(length: int, size: int) -> np.ndarray:
    """Gives each place of a sequence a row of sines and cosines.

    Row t holds sin(t f) and cos(t f) for `size / 2` frequencies f, from 1 down to
    nearly 1/10000.

    Args:
        length: Integer >= 1, how many places.
        size: Even integer >= 2, the length of a row.

    Returns:
        Float64 array of shape (length, size), values from -1 to 1.

    Raises:
        ValueError: If `size` is odd.

    Reference:

    - Vaswani et al. (2017), "Attention is all you need"

    Example:

    >>> positions(2, 4).round(2).tolist()
    [[0.0, 1.0, 0.0, 1.0], [0.84, 0.54, 0.01, 1.0]]
    """
    if size % 2:
        raise ValueError(f"size must be even, got {size}")
    frequencies = 10000.0 ** (-np.arange(0, size, 2) / size)
    angles = np.arange(length)[:, np.newaxis] * frequencies  # (length, size / 2)
    waves = np.stack([np.sin(angles), np.cos(angles)], axis=-1)
    return waves.reshape(length, size)
