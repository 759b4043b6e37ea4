"""The judges of chapter 11's exercises: wrong answers are refused, right ones accepted.

That the full right answers are accepted is shown by the chapter's solutions.
"""

import math
from itertools import combinations

import numpy as np
import pytest

from dlbook.exercises.chapter_11 import EXERCISES
from dlbook.zoo.lenet import C3_READS

FOURS = [list(maps) for maps in combinations(range(6), 4)]
THREES = [[0, 1, 2], [3, 4, 5], [0, 2, 4], [1, 3, 5]]
LEFT_OUT = [2, 3, 4, 5], [0, 1, 4, 5], [0, 1, 2, 3]
FAIR = [maps for maps in FOURS if maps not in LEFT_OUT] + THREES


def pulled(x, a, g):
    n, height, width, maps = x.shape
    sums = x.reshape(n, height // 2, 2, width // 2, 2, maps).sum(axis=(2, 4))
    dx = (a * g).repeat(2, axis=1).repeat(2, axis=2)
    return dx, (g * sums).sum(axis=(0, 1, 2)), g.sum(axis=(0, 1, 2))


WRONG = {
    "11.1": [
        (2704, 390_026),
        (3136, 389_890),
        (16 * 16 * 16, 390_026),
        (3136, math.nan),
    ],
    "11.2": [(430_500, 2_293_000), (431_080, 4_586_000), (431_080, 2_293_580)],
    "11.3": [62_378_344, 61_100_840, 60_954_656, math.nan],
    "11.4": [(3, 9 / 8), (2, 9 / 4), (2, 8 / 9), (2, 4.5), (math.nan, 1.125)],
    "11.5": [
        lambda n, k: (n * k) ** 2,
        lambda n, k: (n * k - (k - 1) ** 2 // 2) ** 2,
        lambda n, k: (n * k) ** 2 - (n * k - (k - 1) // 2) ** 2,
        lambda n, k: n**2 * k**2 - (n - k + 1) ** 2 * k**2,
    ],
    "11.6": [(4, 28), (22, 2), (21, 4), (28, 4), (math.nan, 4)],
    "11.7": [
        [list(maps) for maps in C3_READS],
        FOURS,
        FOURS + [[0, 1, 2]],
        FAIR[:-1] + [FAIR[0]],
        [*FAIR[:-1], [1, 3, 3]],
        [*FAIR[:-1], [1, 3, 6]],
        [[m + 0.5 for m in maps] for maps in FAIR],
        [*FAIR[:-2], [0, 2], [1, 3, 4, 5]],
        [*FAIR[:-1], [0, 3, 5]],
        7,
    ],
    "11.8": [
        lambda x, a, g: (pulled(x, a, g)[0] / 4, *pulled(x, a, g)[1:]),
        lambda x, a, g: (pulled(x, 1, g)[0], *pulled(x, a, g)[1:]),
        lambda x, a, g: (*pulled(x, a, g)[:2], pulled(x, a, g)[2] * 4),
        lambda x, a, g: (
            pulled(x, a, g)[0],
            pulled(x, a, g)[1] / 4,
            pulled(x, a, g)[2],
        ),
        lambda x, a, g: (pulled(x, a, g)[0], x.sum(axis=(0, 1, 2)), pulled(x, a, g)[2]),
        lambda x, a, g: (a * g, *pulled(x, a, g)[1:]),
        lambda x, a, g: pulled(x, a, g)[:2],
        lambda x, a, g: [part * np.nan for part in pulled(x, a, g)],
        3,
    ],
    "11.9": [
        (61_706, 0.8),
        (160, 0.8),
        (170, 0.1),
        (170, 0.97),
        (170, 80.0),
        (170, math.nan),
        (170,),
        170,
    ],
}


@pytest.mark.parametrize(
    "table", [FAIR, [maps[::-1] for maps in FAIR[::-1]], [np.array(m) for m in FAIR]]
)
def test_a_fair_table_is_accepted_in_any_order_and_as_arrays(table):
    assert EXERCISES["11.7"].judge(table) == ""


@pytest.mark.parametrize("number", ["11.5", "11.8"])
def test_a_skeleton_is_no_answer_yet(number):
    assert EXERCISES[number].judge(lambda *arguments: ...) is None


def test_a_skeleton_of_several_parts_is_no_answer_yet():
    assert EXERCISES["11.8"].judge(lambda x, a, g: (..., ..., ...)) is None


def test_a_solution_may_change_its_arguments():
    def in_place(x, a, g):
        found = pulled(x, a, g)
        x *= 0
        g *= 0
        return found

    assert EXERCISES["11.8"].judge(in_place) == ""


def test_gradients_in_float32_are_accepted():
    def single(x, a, g):
        return pulled(*(part.astype("float32") for part in (x, a, g)))

    assert EXERCISES["11.8"].judge(single) == ""


@pytest.mark.parametrize("accuracy", [0.79, 0.822])
def test_averages_are_accepted_at_the_accuracies_measured(accuracy):
    assert EXERCISES["11.9"].judge((170, accuracy)) == ""


def test_a_rounded_factor_is_accepted():
    assert EXERCISES["11.4"].judge((2, 1.13)) == ""
