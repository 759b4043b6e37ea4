"""The judges of chapter 4's exercises: wrong answers are refused, others accepted.

That the chapter's own answers are accepted is shown by its solutions.
"""

import numpy as np
import pytest

from dlbook.exercises.chapter_04 import EXERCISES

MAXIMUM = np.array([[-1, 1, -1], [1, 0, 0]]), np.zeros(3), np.array([1, 1, -1])


def square_units(epsilon):
    k = max(1, int(np.ceil(np.log(1 / epsilon) / np.log(4) - 1)))
    return 3 * k, int(np.ceil(1 / (2 * np.sqrt(epsilon))))


WRONG = {
    "4.1": [(2, -1, 0), (2, -3, 0.5), (2, -3), (2, np.nan, 1)],
    "4.2": [70, 72, 36, np.nan],
    "4.3": [
        lambda p, h: np.sqrt(h) / 4,
        lambda p, h: h**p / 4,
        lambda p, h: h**p * (p ** (1 / (1 - p)) - p ** (p / (1 - p))),
    ],
    "4.4": [lambda M, h: M * h**2 / 8, lambda M, h: h**2 / 16, lambda M, h: np.nan],
    "4.5": [lambda s: 1 / s, lambda s: 1 / (4 * s), lambda s: 0.5],
    "4.6": [(3, -3, 3, 243), (3, -6, 6, 15), (3, -6, 6, 125), (3, -6, 6)],
    "4.7": [
        lambda m, k: 2**k,
        lambda m, k: m**k + 1,
        lambda m, k: m * k + 1,
        lambda m, k: (2 * m) ** k,
    ],
    "4.8": [
        lambda e: square_units(e)[::-1],
        lambda e: (square_units(e)[0] // 3, square_units(e)[1]),
        lambda e: (square_units(e)[0], 2 ** int(np.ceil(np.log2(square_units(e)[1])))),
    ],
    "4.9": [
        (MAXIMUM[0], MAXIMUM[1], np.array([1, 1, 1])),
        (MAXIMUM[0].T, MAXIMUM[1], MAXIMUM[2]),
        (np.full((2, 3), np.nan), *MAXIMUM[1:]),
        # right for positive inputs only
        (np.array([[-1, 1, 0], [1, 0, 0]]), np.zeros(3), np.array([1, 1, 0])),
        # right where x1 > -1000 only
        (np.array([[-1, 1, 0], [1, 0, 0]]), [0, 1000, 1000], [1, 1, -1]),
        (np.array([[1, 0, -1], [0, 0, 1]]), [1000, 1, 0], [1, -1000, 1]),
        "none",
    ],
    "4.10": [
        lambda p, k: 1 / 4,
        lambda p, k: (1 - p / 2 ** (k - 1)) / 4,
        lambda p, k: (1 - (p - 1) / 2**k) / 4,
    ],
}


def square_units_by_search(epsilon):
    k = n = 1
    while 4.0 ** -(k + 1) > epsilon:
        k += 1
    while (1 / n) ** 2 / 4 > epsilon:
        n += 1
    return 3 * k, n


RIGHT = {
    "4.3": lambda p, h: round(h**p * (p ** (p / (1 - p)) - p ** (1 / (1 - p))), 5),
    "4.8": square_units,
    "4.8 by search": square_units_by_search,
    # x2 passes and x1 − x2 bends, with other scales
    "4.9": (
        np.array([[2, 0, 0], [-2, 3, -1]]),
        [0, 0, 0],
        [1 / 2, 1 / 3, -1],
    ),
}


@pytest.mark.parametrize("number", RIGHT)
def test_other_right_answers_are_accepted(number):
    exercise = EXERCISES[number.split()[0]]
    assert exercise.judge(RIGHT[number]) == ""


def test_a_skeleton_is_no_answer_yet():
    assert EXERCISES["4.3"].judge(lambda p, h: ...) is None
