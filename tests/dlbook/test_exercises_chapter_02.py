"""The judges of chapter 2's exercises: wrong answers are refused, short ones accepted.

That the full right answers are accepted is shown by the chapter's solutions.
"""

from itertools import product

import numpy as np
import pytest

from dlbook.exercises.chapter_02 import EXERCISES

FOOLED = [[*b, *[1 - int(sum(b) > 2)] * 3] for b in product((0, 1), repeat=5)]

WRONG = {
    "2.1": [(1 / 3, 1 / 3, 1 / 3), (0.5, 0.25, 0.25), (0.25, 0.25)],
    "2.2": [(np.log2(3), np.log2(1000)), (1 / 3, 1 / 1000), (1.09, 6.91)],
    "2.3": [
        lambda y, z: 1 / (1 + np.exp(-z)) - y,
        lambda y, z: 2 * (1 / (1 + np.exp(-z)) - y),
    ],
    "2.4": [
        lambda y, p, d: np.clip(p - y, -1, 1),
        lambda y, p, d: p - y if abs(p - y) < 1.02 * d else d * np.sign(p - y),
        lambda y, p, d: p - y if abs(p - y) < 0.985 * d else d * np.sign(p - y),
        lambda y, p, d: p - y if abs(p - y) < d else np.sign(p - y),
    ],
    "2.5": [2 / 6, 2 / 8, 0.29, 0.3],
    "2.6": [lambda small, large: 2 / large, lambda small, large: 1 / (small + large)],
    "2.7": [
        lambda z: np.log(1 / (1 + np.exp(-z))),
        lambda z: -np.log(1 + np.exp(-z)) if z > 0 else z - np.log(1 + np.exp(z)),
        # Right, but it computes both branches and warns.
        lambda z: np.where(z >= 0, -np.log1p(np.exp(-z)), z - np.log1p(np.exp(z))),
        lambda z: min(z, 0),
    ],
    "2.8": [
        lambda n, B: np.sqrt(1 / B),
        lambda n, B: (n - B) / (B * (n - 1)),
        lambda n, B: np.sqrt((n - B) / (B * n)),
    ],
    "2.9": [0, 0.1054, 0.39, 0.5690],
    "2.10": [
        FOOLED[:5],
        FOOLED[:31] + FOOLED[:1],
        FOOLED[:31] + [[1] * 8],
        np.zeros((32, 7)),
        "all",
    ],
    "2.11": [
        (np.zeros((784, 10)), np.zeros(10)),
        (np.zeros((785, 10)), np.zeros(10)),
    ],
}
SHORT = {"2.2": (1.0986, 6.9078), "2.5": 0.293, "2.9": 0.394, "2.10": FOOLED[::-1]}


@pytest.mark.parametrize("number", SHORT)
def test_answers_at_the_precision_asked_for_are_accepted(number):
    assert EXERCISES[number].judge(SHORT[number]) == ""


def test_a_skeleton_is_no_answer_yet():
    assert EXERCISES["2.7"].judge(lambda z: ...) is None
