"""Gradients measured, and descent on functions and data. Taught in chapters 2 and 5."""

from collections.abc import Callable, Iterator

import numpy as np


def numerical_gradient(
    f: Callable[[np.ndarray], float], w: np.ndarray, h: float = 1e-6
) -> np.ndarray:
    """Estimates a gradient by central differences, (f(w + h) - f(w - h)) / 2h.

    Args:
        f: Maps an array of the shape of `w` to a number.
        w: Array of any shape, the place.
        h: Positive number, the step. The error is of order h**2 from the formula
            and of order 1e-16 / h from rounding.

    Returns:
        Float64 array of the shape of `w`.

    Example:

    >>> gradient = numerical_gradient(lambda w: w[0] ** 2 + 3, np.array([2.0]))
    >>> f"{gradient[0]:.6f}"
    '4.000000'
    """
    w = np.array(w, dtype=float)
    gradient = np.zeros_like(w)
    for i in np.ndindex(w.shape):
        step = np.zeros_like(w)
        step[i] = h
        gradient[i] = (f(w + step) - f(w - step)) / (2 * h)
    return gradient


def gradient_error(
    f: Callable[[np.ndarray], float],
    w: np.ndarray,
    gradient: np.ndarray,
    h: float = 1e-5,
) -> float:
    """Compares the formula of a gradient with central differences.

    The error is the distance of the two, divided by the sum of their lengths.

    Args:
        f: Maps an array of the shape of `w` to a number.
        w: Array of any shape, the place.
        gradient: Array of the shape of `w`, what the formula gives there.
        h: Positive number, the step of the differences.

    Returns:
        Number from 0 (equal) to 1 (opposite, or one of them zero); nan where the
        formula gives nan.

    Raises:
        ValueError: If `gradient` has not the shape of `w`.

    Example:

    >>> w = np.array([1.0, 2.0])
    >>> right, wrong = (gradient_error(lambda w: w @ w, w, g) for g in (2 * w, w))
    >>> right < 1e-7, f"{wrong:.4f}"
    (True, '0.3333')
    """
    if np.shape(gradient) != np.shape(w):
        raise ValueError(
            f"gradient must have the shape of w, got {np.shape(gradient)} "
            f"and {np.shape(w)}"
        )
    measured = numerical_gradient(f, w, h)
    lengths = np.linalg.norm(gradient) + np.linalg.norm(measured)
    return float(np.linalg.norm(gradient - measured) / lengths) if lengths else 0.0


def descend(
    gradient: Callable[[np.ndarray], np.ndarray],
    start: np.ndarray,
    learning_rate: float,
    steps: int,
) -> np.ndarray:
    """Walks down a function by w <- w - learning_rate * gradient(w).

    Args:
        gradient: Maps an array of the shape of `start` to one of the same shape.
        start: Number or array, the first place.
        learning_rate: Positive number.
        steps: Integer >= 0.

    Returns:
        Float array of shape (steps + 1, ...): every place, the start first.

    Raises:
        ValueError: If `learning_rate` is not positive, or `steps` is negative.

    Reference:

    - Cauchy (1847), "Méthode générale pour la résolution des systèmes d'équations
      simultanées"

    Example:

    >>> path = descend(lambda x: 2 * x, start=2.0, learning_rate=0.01, steps=2)
    >>> [f"{x:.4f}" for x in path]
    ['2.0000', '1.9600', '1.9208']
    """
    if not learning_rate > 0 or steps < 0:
        raise ValueError(
            f"learning_rate must be > 0 and steps >= 0, got {learning_rate} and {steps}"
        )
    path = [np.asarray(start, dtype=float)]
    for _ in range(steps):
        path.append(path[-1] - learning_rate * gradient(path[-1]))
    return np.array(path)


def batches(
    samples: int, batch_size: int, random: np.random.Generator
) -> Iterator[np.ndarray]:
    """Deals the numbers of all samples in random order, a batch at a time.

    One run through it is an epoch: every sample comes exactly once. The last batch
    is smaller where `batch_size` does not divide `samples`.

    Args:
        samples: Integer >= 1.
        batch_size: Integer from 1 (stochastic) to `samples` (full batch).
        random: NumPy's random generator.

    Yields:
        Integer arrays of shape (batch_size,), the last perhaps shorter.

    Raises:
        ValueError: If `batch_size` is not from 1 to `samples`.

    Example:

    >>> [len(rows) for rows in batches(10, 4, np.random.default_rng(0))]
    [4, 4, 2]
    """
    if not 1 <= batch_size <= samples:
        raise ValueError(f"batch_size must be 1 to {samples}, got {batch_size}")
    order = random.permutation(samples)
    for first in range(0, samples, batch_size):
        yield order[first : first + batch_size]


def fit(
    loss_and_gradient: Callable,
    w: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    learning_rate: float,
    batch_size: int,
    epochs: int,
    random: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Minimizes a mean loss over data by (mini-batch) gradient descent.

    Args:
        loss_and_gradient: Maps `(w, x_batch, y_batch)` to `(loss, gradient)`: the
            mean loss of the batch, and its gradient, an array of the shape of `w`.
        w: Array of any shape, the weights at the start.
        x: Array of shape (samples, ...), the inputs.
        y: Array of shape (samples, ...), the targets.
        learning_rate: Positive number.
        batch_size: Integer from 1 (stochastic) to `samples` (full batch).
        epochs: Integer >= 0, passes through the data.
        random: NumPy's random generator, which shuffles the samples each epoch.

    Returns:
        `w, losses`: the weights after the last step, and an array of shape (steps,)
        with the loss of each batch before its step.

    Raises:
        ValueError: If `batch_size` is not from 1 to the number of samples.

    Reference:

    - Robbins and Monro (1951), "A stochastic approximation method"

    Example:

    >>> def squared(w, x, y):
    ...     return np.mean((x @ w - y) ** 2), 2 * x.T @ (x @ w - y) / len(y)
    >>> x = np.array([[1.0], [2.0]])
    >>> w, losses = fit(
    ...     squared, np.zeros(1), x, x[:, 0], 0.1, 2, 20, np.random.default_rng(0)
    ... )
    >>> f"{w[0]:.4f}", len(losses)
    ('1.0000', 20)
    """
    losses = []
    for _ in range(epochs):
        for rows in batches(len(x), batch_size, random):
            loss, gradient = loss_and_gradient(w, x[rows], y[rows])
            w = w - learning_rate * gradient
            losses.append(loss)
    return w, np.array(losses)
