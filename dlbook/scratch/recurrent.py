"""A simple recurrent layer and backpropagation through time. Taught in chapter 15."""

from collections.abc import Callable, Sequence

import numpy as np

from dlbook.scratch.activation import ACTIVATIONS

KINDS = ACTIVATIONS | {"linear": (np.positive, np.ones_like)}
BATCH_AND_TIME = [(0, 1), (0, 1)]  # the axes that a weight's gradient sums over


def recurrent_activation(name: str) -> tuple[Callable, Callable]:
    """Looks up an activation function and its derivative by Keras's name.

    Args:
        name: A key of `ACTIVATIONS`, or `"linear"`.

    Returns:
        `(g, derivative)`: two functions from arrays to arrays of the same shape.

    Raises:
        ValueError: If there is no such name.

    Example:

    >>> g, derivative = recurrent_activation("linear")
    >>> float(g(3.0)), float(derivative(3.0))
    (3.0, 1.0)
    """
    if name not in KINDS:
        raise ValueError(f"activation must be one of {list(KINDS)}, got {name!r}")
    return KINDS[name]


def recurrent_forward(
    x: np.ndarray,
    w: np.ndarray,
    u: np.ndarray,
    b: np.ndarray,
    activation: str = "tanh",
) -> tuple[np.ndarray, np.ndarray]:
    """Runs a simple recurrent layer along the sequences of a batch.

    The state starts at 0; then h_t = g(a_t) with a_t = x_t w + h_(t-1) u + b.

    Args:
        x: Float array of shape (batch, steps, inputs).
        w: Array of shape (inputs, units), weights from the input.
        u: Array of shape (units, units), weights from the last state.
        b: Array of shape (units,), biases.
        activation: Keras's name of g.

    Returns:
        `(a, h)`: arrays of shape (batch, steps, units), pre-activations and states.

    Raises:
        ValueError: If there is no such activation, or the shapes do not fit.

    Reference:

    - Elman (1990), "Finding structure in time"

    Example:

    >>> bits = np.array([0.0, 1.0, 0.0, 0.0, 1.0]).reshape(1, 5, 1)
    >>> one, zero = np.ones((1, 1)), np.zeros(1)
    >>> a, h = recurrent_forward(bits, one, one, zero, "linear")
    >>> h[0, :, 0].astype(int).tolist()
    [0, 1, 1, 1, 2]
    """
    g, _ = recurrent_activation(activation)
    a = x @ w + b  # (batch, steps, units), what the states add to
    h, state = np.empty_like(a), 0.0
    for t in range(x.shape[1]):
        if t > 0:
            a[:, t] += state @ u
        state = h[:, t] = g(a[:, t])
    return a, h


def recurrent_backward(
    g: np.ndarray,
    x: np.ndarray,
    w: np.ndarray,
    u: np.ndarray,
    a: np.ndarray,
    h: np.ndarray,
    activation: str = "tanh",
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Backpropagates through time, from the states to all that they came from.

    Args:
        g: Array of the shape of `h`, the gradient of a loss in each state, along
            ways that go through no later state.
        x: Float array of shape (batch, steps, inputs), as in `recurrent_forward`.
        w: Array of shape (inputs, units).
        u: Array of shape (units, units).
        a: Array of shape (batch, steps, units), from `recurrent_forward`.
        h: Array of the same shape, likewise.
        activation: Keras's name of the activation function.

    Returns:
        Gradients of the loss in `x`, `w`, `u` and `b`, of their shapes.

    Raises:
        ValueError: If there is no such activation, or `g` has another shape.

    Reference:

    - Werbos (1990), "Backpropagation through time: what it does and how to do it"

    Example:

    >>> bits = np.array([0.0, 1.0, 0.0, 0.0, 1.0]).reshape(1, 5, 1)
    >>> one, zero = np.ones((1, 1)), np.zeros(1)
    >>> a, h = recurrent_forward(bits, one, one, zero, "linear")
    >>> g = np.zeros_like(h)
    >>> g[:, -1] = 1  # the last state is what counts
    >>> d_x, d_w, d_u, d_b = recurrent_backward(g, bits, one, one, a, h, "linear")
    >>> d_w.item(), d_u.item(), d_b.item()
    (2.0, 3.0, 5.0)
    """
    if np.shape(g) != h.shape:
        raise ValueError(f"g must have the shape {h.shape} of h, got {np.shape(g)}")
    _, derivative = recurrent_activation(activation)
    slope, e = derivative(a), np.empty_like(a)
    later = 0.0  # what arrives from the step after
    for t in reversed(range(x.shape[1])):
        e[:, t] = (g[:, t] + later) * slope[:, t]
        later = e[:, t] @ u.T
    d_w = np.tensordot(x, e, BATCH_AND_TIME)
    d_u = np.tensordot(h[:, :-1], e[:, 1:], BATCH_AND_TIME)
    return e @ w.T, d_w, d_u, e.sum(axis=(0, 1))


def clip_by_norm(gradients: Sequence[np.ndarray], limit: float) -> list[np.ndarray]:
    """Shortens a gradient that is longer than a limit, and keeps its direction.

    The length is that of all arrays together, as Keras's `global_clipnorm` has it.

    Args:
        gradients: Arrays, the parts of one gradient.
        limit: Positive number, the greatest length.

    Returns:
        List of arrays of the same shapes.

    Raises:
        ValueError: If `limit` is not positive.

    Reference:

    - Pascanu et al. (2013), "On the difficulty of training recurrent neural
      networks"

    Example:

    >>> parts = clip_by_norm([np.array([3.0]), np.array([4.0])], limit=1.0)
    >>> [f"{part[0]:.1f}" for part in parts]
    ['0.6', '0.8']
    """
    if not limit > 0:
        raise ValueError(f"limit must be positive, got {limit!r}")
    length = float(sum(np.sum(part**2) for part in gradients)) ** 0.5
    factor = min(1.0, limit / length) if length > 0 else 1.0
    return [factor * part for part in gradients]
