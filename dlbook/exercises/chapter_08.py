"""References of the exercises of chapter 8, Generalization and regularization."""

import numpy as np

from dlbook import data
from dlbook._check import Function, Property, Value

_RANDOM = np.random.default_rng(8)


def _ridge_with_bias(X, y, lam):
    centred = X - X.mean(axis=0)
    matrix = centred.T @ centred + len(X) * lam * np.eye(X.shape[1])
    w = np.linalg.solve(matrix, centred.T @ (y - y.mean()))
    return np.append(w, y.mean() - X.mean(axis=0) @ w)


def _mean_loss_under_dropout(X, y, w, r):
    return np.mean((X @ w - y) ** 2) + r / (1 - r) * np.mean(X**2, axis=0) @ w**2


def _ridge_of_noise(X, y, sigma):
    return np.linalg.solve(X.T @ X + len(X) * sigma**2 * np.eye(X.shape[1]), X.T @ y)


def _shortest_in_other_units(X, y, d):
    return d**2 * (X.T @ np.linalg.solve((X * d**2) @ X.T, y))


def _stop(losses, patience, min_delta):
    best = 0
    for epoch, loss in enumerate(losses):
        if loss < losses[best] - min_delta:
            best = epoch
        elif epoch and epoch - best >= patience:
            break
    return epoch, best


def _reads_digits(answer):
    answer = np.asarray(answer)
    _, (_, labels) = data.mnist()
    if answer.shape != labels.shape:
        return f"Expected labels of shape {labels.shape}, got shape {answer.shape}."
    if answer.dtype.kind not in "iuf":
        return f"Expected numbers, got {answer.dtype}."
    accuracy = np.mean(answer == labels)
    if accuracy > 0.96:
        return "Nobody reads that from 200 digits: did the test labels slip in?"
    return bool(accuracy >= 0.85) or "Fewer than 85 % of these labels are right."


EXERCISES = {
    "8.1": Value(
        (1_735_178, 34.7),
        "Each layer has (inputs + 1) times units parameters. How many numbers has an "
        "image?",
        rtol=0,
        atol=0.0501,
    ),
    "8.2": Value(
        (0.005, 0.999**100),
        "What is the gradient of Keras's penalty? One step multiplies by 1 - rate "
        "times lambda.",
        rtol=5e-4,
    ),
    "8.3": Function(
        _ridge_with_bias,
        cases=[
            (np.array([[0.0], [1.0], [2.0]]), np.array([1.0, 2.0, 3.0]), 0.5),
            (3 + _RANDOM.normal(size=(9, 4)), 5 + _RANDOM.normal(size=9), 0.2),
            (1 + _RANDOM.normal(size=(4, 6)), _RANDOM.normal(size=4), 0.01),
        ],
        hint="Set the derivative by b to zero first: what is b, given w?",
        rtol=1e-5,
    ),
    "8.4": Function(
        _mean_loss_under_dropout,
        cases=[
            (np.array([[1.0]]), np.array([0.0]), np.array([1.0]), 0.5),
            (
                *(_RANDOM.normal(size=(6, 3)), _RANDOM.normal(size=6)),
                *(_RANDOM.normal(size=3), 0.2),
            ),
        ],
        hint="Mean of a square = square of the mean + variance. Variances of "
        "independent terms add.",
        rtol=1e-5,
    ),
    "8.5": Function(
        lambda s, n, eta, t: 1 - (1 - eta * s**2 / n) ** t,
        cases=[(2.0, 4, 0.5, 1), (3.0, 20, 0.1, 7), (0.1, 10, 0.2, 1000)],
        hint="How does one step change the distance to the end in that direction?",
        rtol=1e-5,
    ),
    "8.6": Function(
        _ridge_of_noise,
        cases=[
            (np.array([[1.0], [2.0]]), np.array([1.0, 2.0]), 1.0),
            (_RANDOM.normal(size=(8, 3)), _RANDOM.normal(size=8), 0.5),
            (_RANDOM.normal(size=(3, 5)), _RANDOM.normal(size=3), 2.0),
        ],
        hint="What is the variance of the prediction under the noise?",
        rtol=1e-5,
    ),
    "8.7": Function(
        _shortest_in_other_units,
        cases=[
            (np.array([[1.0, 1.0]]), np.array([1.0]), np.array([1.0, 2.0])),
            (
                *(_RANDOM.normal(size=(3, 7)), _RANDOM.normal(size=3)),
                _RANDOM.uniform(0.5, 2, size=7),
            ),
        ],
        hint="Least squares in v has the matrix X diag(d). Which v does descent find?",
        rtol=1e-4,
        atol=1e-7,
    ),
    "8.8": Function(
        lambda mu, sigma, n: mu**2 / (mu**2 + sigma**2 / n),
        cases=[(1.0, 2.0, 5), (3.0, 1.0, 2), (0.1, 1.0, 10)],
        hint="Bias (c - 1) mu, variance c² sigma² / n: set the derivative to zero.",
        rtol=1e-4,
    ),
    "8.9": Function(
        _stop,
        cases=[
            ([1.0, 0.96, 0.92, 0.88, 0.84, 0.80], 3, 0.1),
            ([1.0, 0.95, 0.9, 0.85, 0.8], 2, 0.04),
            ([2.0, 1.0, 1.2, 0.9, 1.1, 1.0, 0.5, 0.6], 2, 0.05),
            ([1.0, 0.5, 0.4, 0.3], 1, 0.25),
            ([1.0, 2.0, 3.0], 5, 0.0),
            ([3.0, 2.0, 1.0, 2.0, 0.5], 0, 0.0),
            ([1.0, 0.875, 0.75, 0.625], 3, 0.125),
        ],
        hint="Compare with the last epoch that counted. More than min_delta, not as "
        "much.",
        rtol=0,
        atol=0,
    ),
    "8.10": Property(
        _reads_digits,
        "Shift and turn the 200 digits, and average several networks.",
    ),
}
