"""Pooling, forward and backward. Taught in chapter 10.

Signals are (batch, length, channels), images (batch, height, width, channels), as in
Keras. What is added around an image never wins a maximum nor counts in a mean.
"""

import numpy as np

from dlbook.scratch.convolution import Padding, scatter, windows


def pool_windows(
    x: np.ndarray, size: int, stride: int, padding: Padding, fill: float
) -> np.ndarray:
    """Lists what each place of a pooling layer sees.

    Args:
        x: Array of shape (batch, *axes, channels); whole numbers become floats.
        size: Integer, the window's entries along each axis.
        stride: Integer, how far the window moves from one output to the next.
        padding: Entries added on each side, or `"valid"`, or `"same"`.
        fill: Number that is added around.

    Returns:
        Array of shape (batch, *outputs, entries, channels).

    Example:

    >>> pool_windows(np.ones((1, 4, 6, 3)), 2, 2, "valid", 0).shape
    (1, 2, 3, 4, 3)
    """
    x = x.astype(np.result_type(x, np.float32))  # no whole number is -inf
    seen = windows(x, (size,) * (x.ndim - 2), stride, padding, fill=fill)
    return seen.reshape(*seen.shape[: x.ndim - 1], -1, x.shape[-1])


def max_pool(
    x: np.ndarray, size: int, stride: int | None = None, padding: Padding = 0
) -> np.ndarray:
    """Keeps the greatest entry of each window, channel by channel.

    Args:
        x: Array of shape (batch, *axes, channels).
        size: Integer, the window's entries along each axis.
        stride: Integer, how far the window moves from one output to the next; `size`
            without it.
        padding: Entries added on each side, less than `size`, or `"valid"`, or
            `"same"`. They never win.

    Returns:
        Array of shape (batch, *outputs, channels).

    Example:

    >>> max_pool(np.array([[[4.0], [3.0], [1.0], [3.0]]]), 2)[0, :, 0].tolist()
    [4.0, 3.0]
    """
    return pool_windows(x, size, stride or size, padding, -np.inf).max(axis=-2)


def max_pool_backward(
    g: np.ndarray,
    x: np.ndarray,
    size: int,
    stride: int | None = None,
    padding: Padding = 0,
) -> np.ndarray:
    """Sends a gradient back through `max_pool`: to the first greatest of each window.

    Args:
        g: Array of shape (batch, *outputs, channels), the loss' gradient in the
            outputs.
        x: Array of shape (batch, *axes, channels).
        size: Integer, the window's entries along each axis.
        stride: Integer, how far the window moves from one output to the next; `size`
            without it.
        padding: Entries added on each side, less than `size`, or `"valid"`, or
            `"same"`.

    Returns:
        Array of the shape of `x`.

    Example:

    >>> x = np.array([[[4.0], [3.0], [1.0], [3.0]]])
    >>> max_pool_backward(np.array([[[5.0], [6.0]]]), x, 2)[0, :, 0].tolist()
    [5.0, 0.0, 0.0, 6.0]
    """
    stride = stride or size
    seen = pool_windows(x, size, stride, padding, -np.inf)
    winner = seen.argmax(axis=-2)[..., np.newaxis, :]
    d_seen = np.zeros(seen.shape, g.dtype)
    np.put_along_axis(d_seen, winner, g[..., np.newaxis, :], axis=-2)
    d_seen = d_seen.reshape(*g.shape[:-1], *(size,) * (x.ndim - 2), g.shape[-1])
    return scatter(d_seen, x.shape, stride, padding)


def mean_pool(
    x: np.ndarray, size: int, stride: int | None = None, padding: Padding = 0
) -> np.ndarray:
    """Averages each window, channel by channel.

    Args:
        x: Array of shape (batch, *axes, channels).
        size: Integer, the window's entries along each axis.
        stride: Integer, how far the window moves from one output to the next; `size`
            without it.
        padding: Entries added on each side, less than `size`, or `"valid"`, or
            `"same"`. They do not count.

    Returns:
        Array of shape (batch, *outputs, channels).

    Example:

    >>> mean_pool(np.array([[[4.0], [3.0], [1.0], [3.0]]]), 2)[0, :, 0].tolist()
    [3.5, 2.0]
    """
    stride = stride or size
    inside = pool_windows(np.ones_like(x), size, stride, padding, 0).sum(axis=-2)
    return pool_windows(x, size, stride, padding, 0).sum(axis=-2) / inside


def mean_pool_backward(
    g: np.ndarray,
    x: np.ndarray,
    size: int,
    stride: int | None = None,
    padding: Padding = 0,
) -> np.ndarray:
    """Sends a gradient back through `mean_pool`: an equal share to each entry.

    Args:
        g: Array of shape (batch, *outputs, channels), the loss' gradient in the
            outputs.
        x: Array of shape (batch, *axes, channels).
        size: Integer, the window's entries along each axis.
        stride: Integer, how far the window moves from one output to the next; `size`
            without it.
        padding: Entries added on each side, less than `size`, or `"valid"`, or
            `"same"`.

    Returns:
        Array of the shape of `x`.

    Example:

    >>> x = np.array([[[4.0], [3.0], [1.0], [3.0]]])
    >>> mean_pool_backward(np.array([[[5.0], [6.0]]]), x, 2)[0, :, 0].tolist()
    [2.5, 2.5, 3.0, 3.0]
    """
    stride = stride or size
    inside = pool_windows(np.ones_like(x), size, stride, padding, 0)
    shares = g[..., np.newaxis, :] * inside / inside.sum(axis=-2, keepdims=True)
    shares = shares.reshape(*g.shape[:-1], *(size,) * (x.ndim - 2), g.shape[-1])
    return scatter(shares, x.shape, stride, padding)
