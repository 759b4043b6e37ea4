"""The judges of chapter 15's exercises: wrong answers are refused, short ones accepted.

That the full right answers are accepted is shown by the chapter's solutions.
"""

import math

import numpy as np
import pytest

from dlbook.exercises.chapter_15 import EXERCISES

ONES, OUT = np.ones((1, 2)), np.array([[1.0], [-2.0]])
PAIR = np.concatenate([OUT, OUT], axis=1)
SHIFTED = np.array([0.0, -1.0])


def softmax(z, temperature):
    with np.errstate(over="ignore", invalid="ignore"):
        shares = np.exp(z / temperature)
        return shares / shares.sum(axis=-1, keepdims=True)


WRONG = {
    "15.1": [
        lambda d, n: n * (d + n + 1),
        lambda d, n: n * (d + n + 1) + n * d,
        lambda d, n: n * (d + n) + (n + 1) * d,
        lambda d, n: n * (d + 1) + (n + 1) * d,
    ],
    "15.2": [
        (ONES, PAIR.T, SHIFTED, OUT, np.zeros(1)),
        (ONES, PAIR, np.zeros(2), OUT, np.zeros(1)),
        (ONES, np.zeros((2, 2)), SHIFTED, OUT, np.zeros(1)),
        (ONES, PAIR, SHIFTED, OUT[:, 0], np.zeros(1)),
        (ONES, PAIR * np.nan, SHIFTED, OUT, np.zeros(1)),
        (np.ones((1, 2)), np.eye(2), np.zeros(2), np.ones((2, 1)), np.zeros(1)),
        3.0,
    ],
    "15.3": [(1.75, 1.5, 1.75), (1.75, 3.25, 1.75), (1.0, 2.0, 1.0), 1.75],
    "15.4": [
        lambda u, length: length * (length - 1) / 2 * (u - 1),
        lambda u, length: (u**length - 1) / (u - 1 or math.nan) - length,
        lambda u, length: u**length - length,
        lambda u, length: sum(u**k for k in range(1, length + 1)) - length,
        lambda u, length: sum(u**k for k in range(length)),
    ],
    "15.5": [
        lambda e, u: e[:, 0].sum(axis=0) @ u,
        lambda e, u: e[:, 0] @ u.T,
        lambda e, u: e[:, 0].mean(axis=0) @ u.T,
        lambda e, u: e.sum(axis=(0, 1)) @ u.T,
        lambda e, u: e[:, -1].sum(axis=0) @ u.T,
    ],
    "15.6": [
        lambda z, t: softmax(z, 1 / t),
        lambda z, t: softmax(z, 1.0),
        softmax,  # overflows
        lambda z, t: softmax(z - np.max(z, axis=-1, keepdims=True), t).T,
    ],
    "15.7": [
        lambda q: (-np.mean(np.log2(q)), -np.mean(np.log2(np.mean(q, axis=0)))),
        lambda q: (-np.mean(np.log(np.mean(q, axis=0))), -np.mean(np.log(q))),
        lambda q: (-np.log2(np.mean(q)), -np.mean(np.log2(q))),
        lambda q: (-np.mean(np.log2(np.max(q, axis=0))), -np.mean(np.log2(q))),
    ],
    "15.8": [
        *((1.0, 1.0), (0.5, 0.1), (3.0, 1.0), (0.0, 0.0), (np.inf, 1.0), 100.0),
        (1.5e-162, 1.5e-162),  # the squares are 0
    ],
}
OTHER = {
    "15.2": (  # the units exchanged, and scaled
        2 * ONES,
        np.array([[-2.0, -2.0], [1.0, 1.0]]),
        np.array([-2.0, 0.0]),
        np.array([[-1.0], [0.5]]),
        np.zeros(1),
    ),
    "15.3": [1.75, 2, 1.75],
    "15.4": lambda u, n: n * (u - 1) if u == 1 else (1 - u**n) / (1 - u) - n,
    "15.8": (-2.0, 90.0),
}


@pytest.mark.parametrize("number", OTHER)
def test_answers_in_another_form_are_accepted(number):
    assert EXERCISES[number].judge(OTHER[number]) == ""


def test_a_skeleton_is_not_answered():
    assert EXERCISES["15.4"].judge(lambda u, length: ...) is None
    assert EXERCISES["15.7"].judge(lambda q: ...) is None
