"""The judges of chapter 14's exercises: wrong answers are refused, short ones accepted.

That the full right answers are accepted is shown by the chapter's solutions.
"""

import math

import numpy as np
import pytest

from dlbook.exercises import chapter_14
from dlbook.exercises.chapter_14 import EXERCISES


def solve(features, labels, classes, shift=0.0):
    Y = np.eye(classes)[labels] + shift
    return np.linalg.pinv(features) @ Y, np.zeros(classes)


def ridge(features, labels, classes):
    """Too strong a penalty: most labels right, not all."""
    matrix = features.T @ features + 3000 * np.eye(features.shape[1])
    W = np.linalg.solve(matrix, features.T @ np.eye(classes)[labels])
    return W, np.zeros(classes)


def nearest(features, labels, others, unit=True, places=False, again=False):
    def scaled(x):
        return x / np.linalg.norm(x, axis=-1, keepdims=True) if unit else x

    names = np.unique(labels)
    means = np.stack([scaled(features)[labels == name].mean(axis=0) for name in names])
    means = scaled(means) if again else means
    place = np.argmin(np.sum((scaled(others)[:, None] - means) ** 2, axis=2), axis=1)
    return place if places else names[place]


def standard(x, by):
    return (x - by.mean(axis=0)) / by.std(axis=0)


WRONG = {
    "14.1": [(7040, 39.27), (7050, 13.09), (7050, 0.02546), (12810, 21.6)],
    "14.2": [
        lambda e, f, h, v: f / h if h else 1.0,
        lambda e, f, h, v: e * (f + h) / (f + e * h),
        lambda e, f, h, v: e * (f + h) / (v * f + h),
        lambda e, f, h, v: (v * f + e * h) / (e * (f + h)),
    ],
    "14.3": [
        lambda momentum, share: math.floor(math.log(share) / math.log(momentum)),
        lambda momentum, share: math.log(share) / math.log(momentum),
        lambda momentum, share: math.ceil(math.log(share) / math.log(momentum)),
        lambda momentum, share: 1 / (1 - momentum),
        lambda momentum, share: math.ceil((1 - share) / (1 - momentum)),
    ],
    "14.4": [
        lambda W, p, y: (y - p) @ W.T,
        lambda W, p, y: p @ W.T,
        lambda W, p, y: (p - y) @ W.T / len(p),
        lambda W, p, y: (p - y).T,
        lambda W, p, y: np.nan * (p @ W.T),
    ],
    "14.5": [
        ridge,
        lambda X, labels, k: (np.zeros((X.shape[1], k)), np.zeros(k)),
        lambda X, labels, k: (np.full((X.shape[1], k), np.nan), np.zeros(k)),
        lambda X, labels, k: (solve(X, labels, k)[0].T, np.zeros(k)),
        lambda X, labels, k: (-solve(X, labels, k)[0], np.zeros(k)),
        lambda X, labels, k: 3.0,
        "pinv",
    ],
    "14.6": [
        lambda x, y, new: nearest(x, y, new, unit=False),
        lambda x, y, new: nearest(x, y, new, places=True),
        lambda x, y, new: nearest(x, y, new, again=True),
        lambda x, y, new: y[np.argmin(np.linalg.norm(new[:, None] - x, axis=2), 1)],
    ],
    "14.7": [
        lambda n, accuracy, target: np.interp(target, accuracy, n),
        lambda n, accuracy, target: np.interp(target, accuracy, np.log(n)),
        lambda n, accuracy, target: n[np.argmin(np.abs(accuracy - target))],
    ],
    "14.8": [
        lambda train, new: (standard(train, train), standard(new, train)),
        lambda train, new: (standard(train, new), standard(new, new)),
        lambda train, new: (train - train.mean(0), new - new.mean(0)),
        lambda train, new: standard(new, new),
    ],
}
SHORT = {
    "14.1": (7050, 39.3),
    "14.3": lambda momentum, share: 1 + math.log(share, momentum) // 1,
    "14.4": lambda W, p, y: [[sum(d * w) for w in W] for d in p - y],
}


@pytest.mark.parametrize("number", SHORT)
def test_answers_in_another_form_are_accepted(number):
    assert EXERCISES[number].judge(SHORT[number]) == ""


@pytest.mark.parametrize("shift", [0.0, -0.1, 5.0])
def test_every_exact_fit_is_accepted(shift):
    assert EXERCISES["14.5"].judge(lambda *a: solve(*a, shift)) == ""


def test_a_trained_head_is_accepted():
    def descend(X, labels, classes):
        X = np.column_stack([X, np.ones(len(X))])
        W, Y = np.zeros((X.shape[1], classes)), np.eye(classes)[labels]
        for _ in range(2000):
            z = X @ W
            p = np.exp(z - z.max(axis=1, keepdims=True))
            W -= X.T @ (p / p.sum(axis=1, keepdims=True) - Y) / len(X)
        return W[:-1], W[-1]

    assert EXERCISES["14.5"].judge(descend) == ""


def test_a_skeleton_is_no_answer():
    assert EXERCISES["14.5"].judge(lambda *a: None) is None
    assert EXERCISES["14.5"].judge(lambda *a: ...) is None
    assert EXERCISES["14.5"].judge(lambda *a: (..., ...)) is None


def test_lengths_decide_in_a_case_of_14_6():
    """Else an answer that leaves them out would pass."""
    case = EXERCISES["14.6"].cases[1]
    assert not np.array_equal(nearest(*case), nearest(*case, unit=False))
    assert np.array_equal(nearest(*case), chapter_14._nearest_mean(*case))
