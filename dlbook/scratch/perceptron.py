"""The perceptron: one threshold unit and Rosenblatt's rule. Taught in chapter 1."""

import numpy as np


def predict(x: np.ndarray, w: np.ndarray, b: float) -> np.ndarray:
    """Computes the output of a threshold unit, `1` where `x @ w + b > 0`, else `0`.

    A point on the line itself, where the pre-activation is exactly 0, gets output 0.

    Args:
        x: Array of shape (..., features), one point or several.
        w: Array of shape (features,), the weights.
        b: Number, the bias.

    Returns:
        Integer array of shape (...), zeros and ones.

    Example:

    >>> outputs = predict(np.array([[1, 2], [0, -1]]), np.array([-5, 3]), 1)
    >>> outputs.tolist()
    [1, 0]
    """
    return (x @ w + b > 0).astype(int)


def update(
    w: np.ndarray, b: float, x_i: np.ndarray, d_i: int, learning_rate: float = 1
) -> tuple[np.ndarray, float, int]:
    """Applies Rosenblatt's rule for one point.

    With the unit's output `y` and `error = d - y`, the new weights are
    `w + learning_rate * error * x` and the new bias is
    `b + learning_rate * error`. Nothing changes where the output is right. Whole
    numbers stay whole numbers, so that integers give an exact computation.

    Args:
        w: Array of shape (features,), the weights.
        b: Number, the bias.
        x_i: Array of shape (features,), signed integers or floats.
        d_i: The desired output, 0 or 1.
        learning_rate: Positive number.

    Returns:
        `w, b, error`: the new weights and bias, and the error, -1, 0 or 1.

    Reference:

    - Rosenblatt (1962), "Principles of Neurodynamics"

    Example:

    >>> w, b, error = update(np.array([0, 0]), 0, np.array([2, 5]), 1)
    >>> w.tolist(), b, error
    ([2, 5], 1, 1)
    """
    error = int(d_i) - int(predict(x_i, w, b))
    return w + learning_rate * error * x_i, b + learning_rate * error, error


def fit(
    x: np.ndarray, d: np.ndarray, learning_rate: float = 1, max_epochs: int = 1000
) -> tuple[np.ndarray, float, list[int]]:
    """Trains a threshold unit by Rosenblatt's rule, from zero, in the order given.

    It stops after the first epoch without a mistake. If a line separates the
    classes, the number of mistakes is at most (R / gamma)**2, where R is the
    length of the longest augmented point (x, 1) and gamma the best margin of the
    augmented points. If none does, it stops after `max_epochs`.

    Args:
        x: Array of shape (points, features).
        d: Array of shape (points,), the desired outputs, 0 or 1.
        learning_rate: Positive number. It scales `w` and `b` and, up to rounding,
            changes nothing else.
        max_epochs: Integer >= 1, the passes through the data at most.

    Returns:
        `w, b, mistakes`: float array of shape (features,), number, and the number
        of mistakes in each epoch, whose last entry is 0 if the rule converged.

    Raises:
        ValueError: If `x` is not of shape (points, features) with as many points
            as `d`, if `d` holds anything but 0 and 1, if `learning_rate` is not
            positive, or if `max_epochs` is less than 1.

    Reference:

    - Rosenblatt (1962), "Principles of Neurodynamics"
    - Novikoff (1962), "On convergence proofs on perceptrons"

    Example:

    >>> w, b, mistakes = fit([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 1])
    >>> w.tolist(), b, mistakes
    ([1.0, 1.0], 0, [1, 2, 1, 0])
    """
    x = np.asarray(x, dtype=float)
    check_input(x, d, learning_rate, max_epochs)
    w, b, mistakes = np.zeros(x.shape[1]), 0, []
    for _ in range(max_epochs):
        wrong = 0
        for x_i, d_i in zip(x, d, strict=True):
            w, b, error = update(w, b, x_i, d_i, learning_rate)
            wrong += abs(error)
        mistakes.append(wrong)
        if wrong == 0:
            break
    return w, b, mistakes


def check_input(
    x: np.ndarray, d: np.ndarray, learning_rate: float, max_epochs: int
) -> None:
    """Refuses arguments of `fit` that make no sense.

    Args:
        x: Array of shape (points, features).
        d: Array of shape (points,), the desired outputs, 0 or 1.
        learning_rate: Positive number.
        max_epochs: Integer >= 1.

    Raises:
        ValueError: If an argument is not as described.

    Example:

    >>> check_input(np.zeros((2, 3)), [-1, 1], 1, 1000)
    Traceback (most recent call last):
    ValueError: d must hold only 0 and 1, got [-1, 1]
    """
    if x.ndim != 2 or len(x) != len(d):
        raise ValueError(f"x must have shape ({len(d)}, features), got {x.shape}")
    if not np.isin(d, (0, 1)).all():
        raise ValueError(f"d must hold only 0 and 1, got {np.unique(d).tolist()}")
    if learning_rate <= 0 or max_epochs < 1:
        raise ValueError(
            "learning_rate must be > 0 and max_epochs >= 1, "
            f"got {learning_rate} and {max_epochs}"
        )
