"""Piecewise linear functions: sums of hinges, the sawtooth, pieces. Taught in ch. 4."""

import numpy as np

from dlbook.scratch.activation import relu

#: The weights and biases of a ReLU network, layer by layer; no ReLU after the last.
Layers = list[tuple[np.ndarray, np.ndarray]]


def slope_changes(knots: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Coefficients of the hinges that draw a polygon through given points.

    The polygon is `values[0] + sum(alpha[i] * relu(x - knots[i]))` with
    `alpha[0]` the first slope and `alpha[i]` the change of slope at knot i.

    Args:
        knots: Float array of shape (cells + 1,), rising.
        values: Float array of shape (cells + 1,).

    Returns:
        Float64 array of shape (cells,).

    Example:

    >>> slope_changes(np.array([0, 1, 2, 3]), np.array([0, 2, 1, 3])).tolist()
    [2.0, -3.0, 3.0]
    """
    slopes = np.diff(values) / np.diff(knots)
    return np.diff(slopes, prepend=0)


def polygon(x: np.ndarray, knots: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The polygon through given points, computed as a hidden layer of hinges.

    Args:
        x: Float array of shape (points,). Left of the first knot the result is
            constant, right of the last one it goes on with the last slope.
        knots: Float array of shape (cells + 1,), rising.
        values: Float array of shape (cells + 1,).

    Returns:
        Float64 array of shape (points,).

    Example:

    >>> polygon(np.array([0.5, 2.5, 4]), np.array([0, 1, 2, 3]), np.array([0, 2, 1, 3]))
    array([1., 2., 5.])
    """
    hidden = relu(x[:, np.newaxis] - knots[:-1])  # (points, cells)
    return values[0] + hidden @ slope_changes(knots, values)


def tent(x: np.ndarray) -> np.ndarray:
    """The tent from 0 up to 1 at 1/2 and down to 0 at 1, made of two hinges.

    Args:
        x: Float array of any shape, meant for 0 to 1.

    Returns:
        Array of the shape of `x`.

    Example:

    >>> tent(np.array([0, 0.25, 0.5, 1])).tolist()
    [0.0, 0.5, 1.0, 0.0]
    """
    return 2 * relu(x) - 4 * relu(x - 0.5)


def sawtooth(x: np.ndarray, k: int) -> np.ndarray:
    """The tent applied k times: 2**k straight pieces on [0, 1].

    Args:
        x: Float array of any shape, from 0 to 1.
        k: Integer >= 0.

    Returns:
        Array of the shape of `x`.

    Reference:

    - Telgarsky (2016), "Benefits of depth in neural networks"

    Example:

    >>> sawtooth(np.arange(9) / 8, 3).tolist()
    [0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0]
    """
    for _ in range(k):
        x = tent(x)
    return x


def sawtooth_layers(k: int) -> Layers:
    """The sawtooth as a ReLU network with k hidden layers of two units.

    Args:
        k: Integer >= 1.

    Returns:
        List of k + 1 pairs (W, b), W of shape (inputs, outputs).

    Example:

    >>> [W.shape for W, b in sawtooth_layers(3)]
    [(1, 2), (2, 2), (2, 2), (2, 1)]
    """
    both, b = np.ones((1, 2)), np.array([0.0, -0.5])
    v = np.array([[2.0], [-4.0]])
    return [(both, b)] + [(v @ both, b)] * (k - 1) + [(v, np.zeros(1))]


def forward(layers: Layers, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A ReLU network of one input, and its slope there by the chain rule.

    Args:
        layers: List of pairs (W, b): W of shape (inputs, outputs), b (outputs,).
        x: Float array of shape (points,).

    Returns:
        Values and slopes, each of shape (points, outputs). At a kink a unit counts
        as off.

    Example:

    >>> values, slopes = forward(sawtooth_layers(2), np.array([0.125, 0.375]))
    >>> values[:, 0].tolist(), slopes[:, 0].tolist()
    ([0.5, 0.5], [4.0, -4.0])
    """
    h, slope = x[:, np.newaxis], np.ones((len(x), 1))
    for W, b in layers[:-1]:
        z = h @ W + b
        h, slope = relu(z), slope @ W * (z > 0)
    W, b = layers[-1]
    return h @ W + b, slope @ W


def kinks(layers: Layers, low: float, high: float) -> np.ndarray:
    """Every place in an interval where a unit of a ReLU network switches.

    Layer by layer: between the places found so far each pre-activation is linear,
    so that two values of it give its zero.

    Args:
        layers: List of pairs (W, b), as for `forward`.
        low, high: Numbers, the ends of the interval.

    Returns:
        Rising float64 array, `low` first and `high` last.

    Example:

    >>> kinks(sawtooth_layers(2), 0, 1).tolist()
    [0.0, 0.25, 0.5, 0.75, 1.0]
    """
    x = np.array([low, high], dtype=float)
    for depth in range(1, len(layers)):
        z, _ = forward(layers[:depth], x)  # the last layer given has no ReLU
        z[np.abs(z) < 1e-12 * np.max(np.abs(z))] = 0  # rounding; z: (places, units)
        cell, unit = np.nonzero(z[:-1] * z[1:] < 0)
        left, right = z[cell, unit], z[cell + 1, unit]
        part = left / (left - right)
        x = np.union1d(x, x[cell] + part * (x[cell + 1] - x[cell]))
    return x


def count_pieces(layers: Layers, low: float, high: float) -> int:
    """Counts the straight pieces of a ReLU network of one input and one output.

    Args:
        layers: List of pairs (W, b), as for `forward`.
        low, high: Numbers, the ends of the interval.

    Returns:
        Integer >= 1. Neighbours whose slopes differ by less than 1e-9 of the
        largest slope count as one piece.

    Example:

    >>> [count_pieces(sawtooth_layers(k), 0, 1) for k in (1, 2, 3)]
    [2, 4, 8]
    """
    x = kinks(layers, low, high)
    _, slopes = forward(layers, (x[:-1] + x[1:]) / 2)
    changes = np.abs(np.diff(slopes[:, 0]))
    return 1 + int(np.sum(changes > 1e-9 * np.max(np.abs(slopes))))
