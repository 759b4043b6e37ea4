"""The judges of chapter 1's exercises: wrong answers are refused, odd ones survived.

That right answers are accepted is shown by the chapter's solutions.
"""

import numpy as np
import pytest

from dlbook.exercises.chapter_01 import EXERCISES

WRONG = {
    "1.1": [(2, 0, 3), (2, 1, -3)],
    "1.2": [([-1, -1], 0), ([1, 1], -0.5), ([-1, -1, -1], 0.5), ("w", "b"), 7],
    "1.3": [(400 * 26, 400, 400 * 26 + 400), 10_426],
    "1.4": [(np.ones(5), -3), (np.ones(5), -1.5), (np.ones(4), -2.5)],
    "1.5": [
        lambda v, z, t: v + t * z,
        lambda v, z, t: v + t * z if t * (v @ z) <= 0 else v,  # ties for both signs
        lambda v, z, t: v + t * z if t * (v @ z) < 0 else v,
    ],
    "1.6": [(2, 1, -2, 10), (1, 0.5, -1, 20)],
    "1.7": [
        (np.eye(2), [0, 0], [1, 1], 0),  # OR
        (np.ones((2, 2)), [-0.5, -1.5], [1, -1], 0.5),
        (np.ones(2), 0, 1, 1),
    ],
    "1.8": [
        ([[1.0], [2.0]], [0, 1]),  # separable, the raw bound holds
        ([[0.0], [1.0], [2.0]], [0, 1, 0]),  # not separable
        ([[1.0], [2.0]], [1, 1]),
        (np.zeros((101, 1)), [0, 1] * 50 + [0]),
    ],
    "1.9": [(16, 256), (14, 128)],
    "1.10": [
        (np.zeros((784, 10)), np.zeros(10)),
        (np.zeros((10, 784)), np.zeros(10)),
    ],
    "1.11": [(np.zeros(4), 1), (np.ones(5), 0), ([0, 0, 1, 0], -40)],
}


def test_every_exercise_has_wrong_answers_here():
    assert WRONG.keys() == EXERCISES.keys()


@pytest.mark.parametrize(
    "number, answer",
    [(n, answer) for n, answers in WRONG.items() for answer in answers],
)
def test_wrong_answers_are_refused(number, answer):
    verdict = EXERCISES[number].judge(answer)
    assert isinstance(verdict, str) and verdict


@pytest.mark.parametrize("epsilon", [1 / 8, 1 / 16])
def test_a_raw_bound_is_broken_only_by_small_points(epsilon):
    judge = EXERCISES["1.8"].judge
    assert judge((epsilon * np.array([[1.0], [2.0]]), np.array([0, 1]))) == ""
