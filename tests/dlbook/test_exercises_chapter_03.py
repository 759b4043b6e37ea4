"""The judges of chapter 3's exercises: wrong answers are refused, short ones accepted.

That the full right answers are accepted is shown by the chapter's solutions.
"""

import math

import numpy as np
import pytest

from dlbook.exercises.chapter_03 import EXERCISES

ONES, NAN = np.ones((3, 3)), float("nan")


def spoils_its_arguments(W1, b1, W2, b2):
    """Zeroes what it was given: the reference must not see it."""
    for part in (W1, b1, W2, b2):
        part *= 0
    return W1, b1, W2, b2


WRONG = {
    "3.1": [
        (1650, 640, False),
        (1682, 640, False),
        (1682, 650, True),
        (1682, 1682, False),
        (1682, 650),
    ],
    "3.2": [
        lambda W1, b1, W2, b2, W3, b3: np.vstack([W1 @ W2 @ W3, b1 + b2 + b3]),
        lambda W1, b1, W2, b2, W3, b3: np.vstack([W1 @ W2 @ W3, b3]),
        lambda W1, b1, W2, b2, W3, b3: W1 @ W2 @ W3,
        lambda W1, b1, W2, b2, W3, b3: np.vstack([W1 @ W2 @ W3, b2 @ W3 + b3]),
    ],
    "3.3": [
        (ONES, [0, -1, -2], [1, -2, 2], -1.5),
        (ONES, [0, -1, -2], [1, -2, 1], -0.5),
        (ONES, [0, -1, -2], [1, -2, 2], [-0.5]),
        (ONES[:2], [0, -1, -2], [1, -2, 2], -0.5),
        (ONES * NAN, [0, -1, -2], [1, -2, 2], -0.5),
    ],
    "3.4": [
        lambda W1, b1, W2, b2: (W1, b1, W2, b2),
        lambda W1, b1, W2, b2: (2 * W1, 2 * b1, 2 * W2, b2),
        lambda W1, b1, W2, b2: (2 * W1, 2 * b1, 2 * W2, b2 - 1),
        lambda W1, b1, W2, b2: (2 * W1, b1, 2 * W2, b2 - W2.sum(axis=0)),
        lambda W1, b1, W2, b2: (W1 * NAN, b1, W2, b2),
        spoils_its_arguments,
        "2 W1",
    ],
    "3.5": [
        lambda x: (np.eye(len(x)) - np.outer(x, x)) / np.linalg.norm(x),
        lambda x: np.eye(len(x)) / np.linalg.norm(x),
        lambda x: np.eye(len(x)) - np.outer(x, x) / (x @ x),
        lambda x: np.diag(np.eye(len(x)) - np.outer(x, x) / (x @ x)),
    ],
    "3.6": [math.factorial, lambda H: 2**H, lambda H: 2 * math.factorial(H)],
    "3.7": [
        ([1, 1], -1, 1, 0.5),
        ([1, 1], -1, -1, 0),
        ([1, 1], 0, 1, -0.5),
        ([[1, -1]], 0, 1, -0.5),
        ([1, -1], 0, NAN, -0.5),
    ],
    "3.8": [
        [(np.zeros((2, 1)), np.zeros(1))],
        [(np.zeros((2, 40)), np.zeros(40)), (np.zeros((40, 1)), np.zeros(1))],
        [(np.zeros((3, 1)), np.zeros(1))],
        [(np.full((2, 1), NAN), np.zeros(1))],
        [],
    ],
}
SHORT = {
    "3.3": (0.1 * ONES, [0, -0.1, -0.2], [10, -20, 20], 0),  # 0 but for rounding
    "3.4": lambda W1, b1, W2, b2: (  # each unit turned round
        np.round(-2 * W1, 4),
        np.round(-2 * b1, 4),
        np.round(-2 * W2, 4),
        np.round(b2 + W2.sum(axis=0), 4),
    ),
    "3.5": lambda x: np.round(
        np.eye(len(x)) / np.sqrt(x @ x) - np.outer(x, x) / (x @ x) ** 1.5, 3
    ),
    "3.7": ([3, -3], 0, 2, -1),
}


@pytest.mark.parametrize("number", SHORT)
def test_other_right_answers_are_accepted(number):
    assert EXERCISES[number].judge(SHORT[number]) == ""


def test_a_network_of_too_many_parameters_is_refused_for_that():
    layers = [(np.zeros((2, 40)), np.zeros(40)), (np.zeros((40, 1)), np.zeros(1))]
    assert "161 parameters" in EXERCISES["3.8"].judge(layers)


def test_a_network_half_given_is_not_answered_yet():
    assert (
        EXERCISES["3.4"].judge(lambda W1, b1, W2, b2: (2 * W1, ..., ..., ...)) is None
    )


def test_the_spirals_must_be_told_apart_within_the_budget():
    layers = [(np.zeros((2, 5)), np.zeros(5)), (np.zeros((5, 1)), np.zeros(1))]
    assert "Accuracy" in EXERCISES["3.8"].judge(layers)
