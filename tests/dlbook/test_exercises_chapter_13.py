"""The judges of chapter 13's exercises: wrong answers are refused, short ones accepted.

That the full right answers are accepted is shown by the chapter's solutions.
"""

import numpy as np
import pytest

from dlbook.exercises import chapter_13
from dlbook.exercises.chapter_13 import EXERCISES
from dlbook.scratch.loss import softmax

MAP = [[8, -1], [3, -2]]


def covers_in_place(image, score, size, stride, value):
    whole, losses = score(image), chapter_13._occlusion(image, score, size, stride, 0)
    image[:size, :size] = value
    return losses + 0 * whole


def covers_with_zero(image, score, size, stride, value):
    return chapter_13._occlusion(image, score, size, stride, 0.0)


def gains(image, score, size, stride, value):
    return -chapter_13._occlusion(image, score, size, stride, value)


def forgets_the_last_place(image, score, size, stride, value):
    return chapter_13._occlusion(image[:-1, :-1], score, size, stride, value)


def square_map(image, score, size, stride, value):
    losses = chapter_13._occlusion(image, score, size, stride, value)
    return losses[: len(losses), : len(losses)]


def against_the_runner_up(x, W, b):
    z = x @ W + b
    second, y = np.argsort(z)[-2:]
    return (z[y] - z[second]) / np.abs(W[:, y] - W[:, second]).sum()


def in_length(x, W, b):
    z = x @ W + b
    y = z.argmax()
    others = np.arange(len(b)) != y
    lengths = np.linalg.norm(W[:, [y]] - W, axis=0)
    return np.min((z[y] - z[others]) / lengths[others])


def of_overflowing_softmax(z, G, c):
    with np.errstate(all="ignore"):
        p = np.exp(z) / np.sum(np.exp(z))
    return p[c] * (G[c] - p @ G)


WRONG = {
    "13.1": [
        (MAP, 2.0),  # without the bias
        (np.array(MAP) + 0.5, 2.5),  # the bias at every position
        (MAP, 8.5),  # the sum
        ([[8, 1], [5, 10]], 6.5),
        (MAP, np.nan),
        (np.transpose(MAP), 2.5),
        MAP,
        2.5,
    ],
    "13.2": [
        lambda maps, gradients: maps @ gradients.mean(axis=(0, 1)),
        lambda maps, gradients: np.maximum(maps @ gradients.sum(axis=(0, 1)), 0),
        lambda maps, gradients: np.maximum((maps * gradients).sum(axis=2), 0),
        lambda maps, gradients: (
            np.maximum(maps, 0) @ np.maximum(gradients.mean(axis=(0, 1)), 0)
        ),
        lambda maps, gradients: np.nan,
        lambda maps: maps,
    ],
    "13.3": [
        covers_in_place,
        covers_with_zero,
        gains,
        forgets_the_last_place,
        square_map,
        lambda image, score, size, stride, value: np.full((3, 3), np.nan),
        np.zeros((3, 3)),
    ],
    "13.4": [
        lambda x1, x2: (x1 * x2**2, 2 * x1 * x2**2),  # gradient times input
        lambda x1, x2: (x1 * x2**2 / 2, x1 * x2**2 / 2),
        lambda x1, x2: (2 * x1 * x2**2 / 3, x1 * x2**2 / 3),
        lambda x1, x2: x1 * x2**2,
    ],
    "13.5": [
        lambda n: np.sqrt(n),
        lambda n: n * np.sqrt(2 / np.pi),
        lambda n: np.sqrt(n / 2),
        lambda n: 155.0,
    ],
    "13.6": [
        against_the_runner_up,
        in_length,
        lambda x, W, b: np.nan,
        lambda x, W, b: 2 * chapter_13._smallest_attack(x, W, b),
    ],
    "13.7": [
        lambda z, G, c: softmax(z)[c] * (1 - softmax(z)[c]) * G[c],
        lambda z, G, c: G[c] - softmax(z) @ G,  # of the logarithm
        lambda z, G, c: G[c],
        of_overflowing_softmax,
    ],
    "13.8": [
        (8, 8, 8),  # maps that do not depend on the class
        (27, 16, 17),
        (17, 16, 16),
        (32, 32, 32),
        (17, 16, np.nan),
        (17, 27),
        17,
    ],
}
SHORT = {
    "13.1": (np.array(MAP, dtype="float32"), 2.5),
    "13.2": lambda maps, gradients: np.maximum(
        np.einsum("ijc,c->ij", maps, gradients.mean((0, 1))), 0
    ),
    "13.4": lambda x1, x2: [0.3333 * x1 * x2 * x2, 0.6667 * x1 * x2 * x2],
    "13.5": lambda n: 0.798 * n**0.5,
    "13.8": np.array([18, 15, 26]),
    "13.6": lambda x, W, b: np.float32(chapter_13._smallest_attack(x, W, b)),
}


@pytest.mark.parametrize("number", SHORT)
def test_answers_at_the_precision_asked_for_are_accepted(number):
    assert EXERCISES[number].judge(SHORT[number]) == ""


def test_the_runner_up_is_not_always_the_nearest_class():
    """Else the wrong answer to 13.6 would be right on the first case."""
    x, W, b = EXERCISES["13.6"].cases[0]
    z = x @ W + b
    assert z[0] > z[1] > z[2]
    assert chapter_13._smallest_attack(x, W, b) < against_the_runner_up(x, W, b) / 1.2


def test_skeletons_count_as_not_answered():
    assert EXERCISES["13.3"].judge(lambda *arguments: ...) is None
    assert EXERCISES["13.4"].judge(lambda x1, x2: ...) is None
