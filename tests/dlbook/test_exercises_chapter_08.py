"""The judges of chapter 8's exercises: wrong answers are refused, short ones accepted.

That the full right answers are accepted is shown by the chapter's solutions.
"""

import numpy as np
import pytest

from dlbook import data
from dlbook.exercises.chapter_08 import EXERCISES

LABELS = data.mnist()[1][1].astype(int)


def ridge(X, y, lam, count=None):
    count = len(X) if count is None else count
    return np.linalg.solve(X.T @ X + count * lam * np.eye(X.shape[1]), X.T @ y)


def penalized_bias(X, y, lam):
    return ridge(np.column_stack([X, np.ones(len(X))]), y, lam)


def bias_of_plain_ridge(X, y, lam):
    w = ridge(X, y, lam)
    return np.append(w, y.mean() - X.mean(axis=0) @ w)


def stop_against_previous(losses, patience, min_delta):
    wait = best = 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[epoch - 1] - min_delta:
            best, wait = epoch, 0
        else:
            wait += 1
        if wait >= patience:
            break
    return epoch, best


def stop(losses, patience, min_delta, inclusive=False, zero=False):
    best = 0
    for epoch, loss in enumerate(losses):
        limit = losses[best] - min_delta
        if loss < limit or inclusive and epoch and loss == limit:
            best = epoch
        elif (epoch or zero) and epoch - best >= patience:
            break
    return epoch, best


def with_wrong(count):
    labels = LABELS.copy()
    labels[:count] = (labels[:count] + 1) % 10
    return labels


WRONG = {
    "8.1": [(1_735_178, 24.2), (1_209_866, 24.2), (1_735_178, np.nan), 1_735_178],
    "8.2": [
        (0.01, 0.999**100),
        (0.005, 0.998**100),
        (0.02, 0.999**100),
        (0.005, 0.904),
    ],
    "8.3": [
        penalized_bias,
        bias_of_plain_ridge,
        lambda X, y, lam: np.append(ridge(X - X.mean(0), y - y.mean(), lam), y.mean()),
        lambda X, y, lam: ridge(X, y, lam),
    ],
    "8.4": [
        lambda X, y, w, r: np.mean((X @ w - y) ** 2),
        lambda X, y, w, r: np.mean((X @ w - y) ** 2) + r * np.mean(X**2, 0) @ w**2,
        lambda X, y, w, r: np.mean((X @ w - y) ** 2) + r / (1 - r) * np.sum(w**2),
    ],
    "8.5": [
        lambda s, n, eta, t: (1 - eta * s**2 / n) ** t,
        lambda s, n, eta, t: 1 - np.exp(-eta * t * s**2 / n),
        lambda s, n, eta, t: s**2 / (s**2 + n / (eta * t)),
        lambda s, n, eta, t: 1 - (1 - eta * s**2) ** t,
    ],
    "8.6": [
        lambda X, y, sigma: ridge(X, y, sigma),
        lambda X, y, sigma: ridge(X, y, sigma**2, count=1),
        lambda X, y, sigma: ridge(X, y, 2 * sigma**2),
    ],
    "8.7": [
        lambda X, y, d: np.linalg.pinv(X) @ y,
        lambda X, y, d: np.linalg.pinv(X * d) @ y,
        lambda X, y, d: d * (X.T @ np.linalg.solve((X * d) @ X.T, y)),
    ],
    "8.8": [
        lambda mu, sigma, n: 1.0,
        lambda mu, sigma, n: mu**2 / (mu**2 + sigma**2),
        lambda mu, sigma, n: mu / (mu + sigma / n**0.5),
    ],
    "8.9": [
        stop_against_previous,
        lambda losses, patience, min_delta: stop(losses, patience, 0),
        lambda losses, patience, min_delta: stop(losses, patience, min_delta, True),
        lambda losses, patience, min_delta: stop(losses, patience + 1, min_delta),
        lambda losses, patience, min_delta: stop(losses, patience, min_delta)[0],
        lambda losses, patience, min_delta: stop(
            losses, patience, min_delta, zero=True
        ),  # patience 0 stops after the first epoch
    ],
    "8.10": [
        *(LABELS, with_wrong(30), with_wrong(151)),
        *(with_wrong(200), LABELS[:999], np.full(1000, np.nan), 3),
        [str(label) for label in LABELS],
    ],
}
SHORT = {
    "8.1": (1735178, 34.7),
    "8.2": (0.005, 0.905),
    "8.9": lambda losses, patience, min_delta: np.array(
        stop(losses, patience, min_delta)
    ),
    "8.10": with_wrong(150),
}


@pytest.mark.parametrize("number", SHORT)
def test_answers_at_the_precision_asked_for_are_accepted(number):
    assert EXERCISES[number].judge(SHORT[number]) == ""


def test_a_solution_that_changes_its_arguments_is_judged_on_its_value():
    def in_place(X, y, d):
        X *= d
        return d * (np.linalg.pinv(X) @ y)

    assert EXERCISES["8.7"].judge(in_place) == ""
    assert EXERCISES["8.7"].judge(lambda X, y, d: ...) is None


def test_digits_judge_gives_no_test_accuracy_away():
    answers = {EXERCISES["8.10"].judge(with_wrong(count)) for count in (200, 500)}
    assert len(answers) == 1 and "" not in answers
