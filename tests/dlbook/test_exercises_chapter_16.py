"""The judges of chapter 16's exercises: wrong answers are refused, others accepted.

That the full right answers are accepted is shown by the chapter's solutions.
"""

import math

import numpy as np
import pytest

from dlbook.exercises import chapter_16
from dlbook.exercises.chapter_16 import EXERCISES
from dlbook.scratch.gated import gru_forward


def solution(small=0.01, gate=40.0, v=None):
    w = np.array([[0.0, 0.0, small, 0.0], [gate, 0.0, 0.0, 0.0]])
    b = np.array([-gate / 2, 20.0, 0.0, 20.0])
    return w, np.zeros((1, 4)), b, 1 / small if v is None else v


def signed(w, u, z=-1.0, r=1.0, candidate=1.0):
    sign = np.repeat([z, r, candidate], len(u))
    return w * sign, u * sign, np.zeros(3 * len(u))


def deviation(first, second, block, ddof):
    means = (first - second).reshape(-1, block).mean(axis=1)
    return means.mean(), means.std(ddof=ddof) / np.sqrt(len(means))


WRONG = {
    "16.1": [
        (86_528, 64_896, 274),  # one bias row
        (86_528, 65_280, 275),
        (86_528, 65_280, 128),
        (21_632, 65_280, 274),
    ],
    "16.2": [
        lambda k: 2 ** (-1 / k),
        lambda k: np.log(2 ** (1 / k) - 1),
        lambda k: np.log(k / np.log(2)),
        lambda k: np.log(k),
        lambda k: np.nan,
    ],
    "16.3": [(1 / 6, 7 / 144), (1 / 12, 1 / 9), (1 / 12, 1 / 144), (1 / 24, 7 / 144)],
    "16.4": [
        lambda w, u: (w, u, np.zeros(3 * len(u))),
        lambda w, u: signed(w, u, r=-1.0),
        lambda w, u: signed(w, u, candidate=-1.0),
        lambda w, u: signed(w, u)[:2],
        lambda w, u: (*signed(w, u)[:2], np.zeros((2, 3 * len(u)))),
        lambda w, u: (-w, -u, np.zeros(3 * len(u))),
        lambda w, u: (np.nan * w, u, np.zeros(3 * len(u))),
        3.0,
    ],
    "16.5": [
        lambda q, c, new, f: (q * c * f * (1 - f), q * (1 - f) * (1 - new**2)),
        lambda q, c, new, f: (q * (c - new) * f * (1 - f), q * f * (1 - new**2)),
        lambda q, c, new, f: (q * (c - new), q * (1 - f)),
        lambda q, c, new, f: (q * (new - c) * f * (1 - f), q * (1 - f) * (1 - new**2)),
    ],
    "16.6": [
        lambda t: (1, np.tanh(1), 1),
        lambda t: (t, 1, 1),
        lambda t: (t, np.tanh(t), t),
        lambda t: (t, np.tanh(t), np.tanh(t)),
        lambda t: (t + 1, np.tanh(t + 1), 1),
    ],
    "16.7": [
        solution(small=1.0),  # tanh is not straight there
        solution(gate=4.0),  # other numbers come in
        solution(v=1.0),
        solution()[:3],
        (*solution()[:2], np.array([-20.0, 1.0, 0.0, 20.0]), 100.0),  # forgets
        (solution()[0].T, *solution()[1:]),
        (np.nan * solution()[0], *solution()[1:]),
        (*solution()[:3], np.array([100.0, 100.0])),
        3.0,
    ],
    "16.8": [
        lambda a, b, block: deviation(a, b, block, ddof=0),
        lambda a, b, block: deviation(b, a, block, ddof=1),
        lambda a, b, block: deviation(a, b, 1, ddof=1),
        lambda a, b, block: ((a - b).mean(), (a - b).reshape(-1, block).std(ddof=1)),
        lambda a, b, block: (a - b).mean(),
    ],
}
OTHERS = {
    "16.1": [86528.0, 65280.0, 274.0],
    "16.2": lambda k: round(math.log(1 / (2 ** (1 / k) - 1)), 4),
    "16.3": (0.0833, 0.0486),
    "16.4": signed,
    "16.5": chapter_16._coupled,
    "16.6": lambda t: [float(t), math.tanh(t), 1.0],
    "16.7": solution(small=0.02, gate=30.0),
    "16.8": lambda a, b, block: list(deviation(a, b, block, ddof=1)),
}


def test_every_exercise_has_another_right_answer():
    assert list(OTHERS) == list(EXERCISES)


@pytest.mark.parametrize("number", OTHERS)
def test_answers_in_another_form_are_accepted(number):
    assert EXERCISES[number].judge(OTHERS[number]) == ""


def test_a_skeleton_is_no_answer():
    for number in ("16.2", "16.4", "16.5", "16.6", "16.8"):
        assert EXERCISES[number].judge(lambda *a: ...) is None
        assert EXERCISES[number].judge(lambda *a: None) is None


def test_the_slide_s_gru_is_not_keras_s_with_the_same_weights():
    random = np.random.default_rng(0)
    x, w, u = (random.normal(size=s) for s in ((2, 5, 2), (2, 9), (3, 9)))
    slide = chapter_16._slide_gru(x, w, u)
    _, ours = gru_forward(x, *signed(w, u), reset_after=False)
    np.testing.assert_allclose(slide, ours, atol=1e-12)
    _, other = gru_forward(x, w, u, np.zeros(9), reset_after=False)
    assert np.abs(slide - other).max() > 0.1
