"""The judges of chapter 7's exercises: wrong answers are refused, short ones accepted.

That the full right answers are accepted is shown by the chapter's solutions.
"""

import math

import numpy as np
import pytest

from dlbook.exercises.chapter_07 import EXERCISES
from dlbook.scratch.initializer import glorot_normal, orthogonal


def pull(x, gamma, g, epsilon, mean=True, along=True):
    s = np.sqrt(x.var(axis=0) + epsilon)
    normalized = (x - x.mean(axis=0)) / s
    through = along * normalized * np.mean(g * normalized, axis=0)
    return gamma / s * (g - mean * g.mean(axis=0) - through)


def fold(W, b, gamma, beta, mean, variance, epsilon):
    a = gamma / np.sqrt(variance + epsilon)
    return W * a, (b - mean) * a + beta


def tame(initializer, factor, count=50):
    return lambda random: [
        initializer((64, 64), random, factor=factor) for _ in range(count)
    ]


def nearly_linear(random):
    """All layers but the first keep lengths, in front of a tanh that hardly bends."""
    matrices = tame(orthogonal, 1.0)(random)
    return [0.01 * matrices[0], *matrices[1:]]


def one_draw(random):
    """Fifty good matrices, and of them only the first depends on the seed."""
    fixed = tame(orthogonal, 1.17)(np.random.default_rng(7))
    return [np.sign(random.normal()) * orthogonal((64, 64), random, 1.17), *fixed[1:]]


def hermite(g):
    t, weights = np.polynomial.hermite_e.hermegauss(101)
    return 1 / math.sqrt(weights @ g(t) ** 2 / weights.sum())


def moment(g):
    draws = np.random.default_rng(0).normal(size=1_000_000)
    return np.mean(g(draws) ** 2)


WRONG = {
    "7.1": [
        (math.sqrt(6 / 300), math.sqrt(2 / 300), 0.186),
        (0.1225, math.sqrt(2 / 400), 0.186),
        (0.1225, 0.0816, 2 * 0.0816),
        (np.nan, np.nan, np.nan),
    ],
    "7.2": [(10, 97), (20, 49), (19, 97), (20, 96)],
    "7.3": [
        lambda g: moment(g) ** 0.5,
        lambda g: 1 / moment(g),
        lambda g: 5 / 3,
        lambda g: 1 / np.std(g(np.random.default_rng(0).normal(size=100_000))),
    ],
    "7.4": [1 / (2 * math.pi), 0.0, 0.5, 1 / math.pi**2, math.nan],
    "7.5": [3.0, 1.351, 2.3655, 3 * 0.7737, 1.43],
    "7.6": [220, 7690, 209, 218, 199],
    "7.7": [
        lambda x, gamma, g, e: pull(x, gamma, g, e, mean=False),
        lambda x, gamma, g, e: pull(x, gamma, g, e, along=False),
        lambda x, gamma, g, e: pull(x, 1.0, g, e),
        lambda x, gamma, g, e: pull(x, gamma, g, 0.0),
        lambda x, gamma, g, e: pull(x.T, gamma[0], g.T, e).T,
    ],
    "7.8": [(1, 1 / 3), (0, 3), (0, 1), (0, 1 / 9)],
    "7.9": [0.5, -1.0, -0.25, 0.0, math.nan],
    "7.10": [
        lambda W, b, gamma, beta, mean, variance, e: (W * gamma, b),
        lambda *a: (fold(*a)[0], fold(*a)[1] - a[3]),
        lambda *a: fold(*a[:-1], 0.0),
        lambda *a: (fold(*a)[0].T, fold(*a)[1]),
        lambda *a: (np.nan * fold(*a)[0], fold(*a)[1]),
        3,
    ],
    "7.11": [
        tame(glorot_normal, 1.0),
        tame(glorot_normal, 5 / 3),
        tame(orthogonal, 1.0),
        tame(orthogonal, 1.17, count=49),
        lambda random: tame(orthogonal, 1.17)(np.random.default_rng(0)),
        nearly_linear,
        one_draw,
        lambda random: 50 * tame(orthogonal, 1.17, count=1)(random),
        lambda random: [np.full((64, 64), np.nan) * random.normal() for _ in range(50)],
        7,
    ],
}
SHORT = {
    "7.1": (0.122, 0.0816, 0.186),
    "7.3": lambda g: 1 / math.sqrt(moment(g)),
    "7.4": 0.318,
    "7.5": 1.416,
    "7.8": (0, 0.333),
    "7.9": -0.45,
    "7.11": tame(orthogonal, 1.18),
}


@pytest.mark.parametrize("number", SHORT)
def test_answers_at_the_precision_asked_for_are_accepted(number):
    assert EXERCISES[number].judge(SHORT[number]) == ""


def test_a_quadrature_is_accepted():
    assert EXERCISES["7.3"].judge(hermite) == ""


@pytest.mark.parametrize("number", ["7.3", "7.7", "7.10", "7.11"])
def test_a_skeleton_is_no_answer_yet(number):
    assert EXERCISES[number].judge(lambda *arguments: ...) is None


def test_skeletons_of_several_parts_are_no_answers_yet():
    assert EXERCISES["7.10"].judge(lambda *arguments: (..., ...)) is None
    assert EXERCISES["7.11"].judge(lambda random: [...]) is None


def test_a_solution_may_change_its_arguments():
    def in_place(W, b, gamma, beta, mean, variance, epsilon):
        gamma /= np.sqrt(variance + epsilon)
        W *= gamma
        b -= mean
        return W, b * gamma + beta

    assert EXERCISES["7.10"].judge(in_place) == ""
