"""The judges of chapter 1's exercises: wrong answers are refused, odd ones survived.

That right answers are accepted is shown by the chapter's solutions.
"""

import numpy as np
import pytest

from dlbook.exercises.chapter_01 import EXERCISES

WRONG = {
    "1.1": [(2, 0, 3), (2, 1, -3)],
    "1.2": [
        ([-1, -1], 0),
        ([1, 1], -0.5),
        ([-1, -1, -1], 0.5),
        ("w", "b"),
        7,
        ([-1, -1], [1, 1]),
    ],
    "1.3": [(400 * 26, 400, 400 * 26 + 400), 10_426],
    "1.4": [
        (np.ones(5), -3),
        (np.ones(5), -1.5),
        (np.ones(4), -2.5),
        ([0.1] * 5, -0.3),
    ],
    "1.5": [
        lambda v, x, t: v + t * x,
        lambda v, x, t: v + t * x if t * (v @ x) <= 0 else v,  # ties for both signs
        lambda v, x, t: v + t * x if t * (v @ x) < 0 else v,
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
        ([[0.1], [-0.1]], [1, 0]),  # 2 mistakes, bound 1: not ten times
        ([[1.0], [2.0]], [1, 1]),
        ([[0.0], [0.0]], [0, 1]),
        ([0.1, 0.2], [0, 1]),
        (np.zeros((101, 1)), [0, 1] * 50 + [0]),
    ],
    "1.9": [(16, 256), (14, 128)],
    "1.10": [
        (np.zeros((784, 10)), np.zeros(10)),
        (np.zeros((10, 784)), np.zeros(10)),
    ],
    "1.11": [
        (np.zeros(4), 1),
        (np.ones(5), 0),
        ([0, 0, 1, 0], -40),
        ([0, 0, 0, 1], -16.5),  # 6 wrong
    ],
}


@pytest.mark.parametrize("epsilon", [1 / 16, 1 / 256, 1e-4])
def test_small_points_break_the_raw_bound(epsilon):
    judge = EXERCISES["1.8"].judge
    assert judge((epsilon * np.array([[1.0], [2.0]]), np.array([0, 1]))) == ""


@pytest.mark.parametrize("b", [-0.2, -0.25])
def test_a_tie_up_to_rounding_is_a_tie(b):
    assert EXERCISES["1.4"].judge(([0.1] * 5, b)) == ""


def test_a_bias_must_be_one_number():
    assert "b must be one number" in EXERCISES["1.2"].judge(([-1, -1], [1, 1]))


def test_a_bias_may_stand_in_an_array():
    assert EXERCISES["1.2"].judge(([-1, -1], np.array([0.5]))) == ""
    W, b = np.ones((2, 2)), np.array([-0.5, -1.5])
    assert EXERCISES["1.7"].judge((W, b, np.array([1, -1]), np.array([-0.5]))) == ""


def test_a_narrow_street_and_none_are_judged_soon():
    rng = np.random.default_rng(0)
    x = rng.uniform(size=(96, 2))
    d = (x[:, 0] > x[:, 1]).astype(int)
    x[:, 0] += np.where(d == 1, 1e-4, 0)
    judge = EXERCISES["1.8"].judge
    assert judge((x, d)) and judge((x, rng.permutation(d)))
