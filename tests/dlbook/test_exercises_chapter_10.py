"""The judges of chapter 10's exercises: wrong answers are refused, short ones accepted.

That the full right answers are accepted is shown by the chapter's solutions.
"""

import numpy as np
import pytest

from dlbook.exercises.chapter_10 import EXERCISES


def depthwise(g, x, kernel, turned=False, mixed=False):
    d_x, d_kernel = np.zeros_like(x), np.zeros_like(kernel)
    for u in range(len(kernel)):
        d_kernel[u] = np.sum(g * x[u : u + len(g)], axis=0)
        d_x[u : u + len(g)] += g * kernel[-1 - u if turned else u]
    if mixed:
        d_x += d_x.sum(axis=1, keepdims=True) - d_x
    return d_x, d_kernel


def fourier(x, kernel, conjugate=np.conj):
    return np.fft.ifft(np.fft.fft(x) * conjugate(np.fft.fft(kernel, len(x)))).real


def diagonals(T, wrap=True):
    n = len(T)
    place = np.subtract.outer(np.arange(n), np.arange(n))
    place = place % n if wrap else place
    nearest = np.zeros((n, n))
    for a in np.unique(place):
        nearest[place == a] = T[place == a].mean()
    return nearest


def places(layers, i, up=False, padded=True, either=False):
    first = last = i
    for kernel, stride, padding, dilation in layers if up else layers[::-1]:
        dilation = 1 if either and stride > 1 else dilation
        first = stride * first - padding * padded
        last = stride * last - padding * padded + dilation * (kernel - 1)
    return first, last


LIFE = np.full((3, 3), 2) - np.diag([0, 1, 0])
WRONG = {
    "10.1": [
        ([3, 6], [4], [-4, 6, 1]),
        ([3, 6, 1], [0], [-4, 6, 1]),
        ([3, 6, 1], [4], [3, 6, 1]),
        ([3, 6, np.nan], [4], [-4, 6, 1]),
        3,
    ],
    "10.2": [
        (28, 14, 10, 5, 1, 18, 4),
        (28, 14, 10, 5, 1, 9, 1),
        (32, 16, 16, 8, 8, 9, 4),
        (28, 14, 10, 5, 1, np.nan, 4),
        ((28, 14, 10, 5, 1), 9, 1),
        (28, 14, 10, 5, 1, 9),
    ],
    "10.3": [
        (LIFE, 5, 6),
        (LIFE, 4, 7),
        ([[1.8, 2, 2], [2, 1, 1.8], [1.6, 1.7, 2]], 4.3, 7.0),  # a few patterns
        (np.ones((3, 3)), 3, 4),
        (np.ones((3, 3)), 3, 3),
        (np.full((3, 3), np.nan), 5, 7),
        (np.ones((5, 5)), 5, 7),
        7,
    ],
    "10.4": [
        lambda g, x, kernel: depthwise(g, x, kernel, turned=True),
        lambda g, x, kernel: depthwise(g, x, kernel, mixed=True),
        lambda g, x, kernel: depthwise(g, x, kernel)[::-1],
        lambda g, x, kernel: (depthwise(g, x, kernel)[0], np.nan * kernel),
        lambda g, x, kernel: (np.zeros_like(x), np.zeros_like(kernel), 0),
        lambda g, x, kernel: depthwise(g, x, kernel)[0],
        3,
    ],
    "10.5": [
        lambda x, kernel: fourier(x, kernel, conjugate=lambda a: a),
        lambda x, kernel: fourier(x, kernel[::-1]),
        lambda x, kernel: np.fft.fft(x),
        lambda x, kernel: np.correlate(x, kernel, "valid"),
    ],
    "10.6": [
        lambda T: T,
        lambda T: diagonals(T, wrap=False),
        lambda T: np.full_like(T, T.mean()),
        lambda T: (T + T.T) / 2,
        lambda T: np.array([np.roll(T[0], a) for a in range(len(T))]),
    ],
    "10.7": [
        lambda layers, i: places(layers, i, up=True),
        lambda layers, i: places(layers, i, padded=False),
        lambda layers, i: places(layers, i, either=True),
        lambda layers, i: (places(layers, i)[0], places(layers, i)[1] + 1),
        lambda layers, i: (0, 6),
    ],
    "10.8": [(1, 2, 2, 3, 1), (1, 1, 1, 1, 1), (1, 2, 2, 2, 9), (2, 2, 2, 2, 1)],
}


@pytest.mark.parametrize(
    "number, answer",
    [
        ("10.1", (np.array([3, 6, 1]), 4, (-4, 6, 1))),
        ("10.2", ((28, 14, 10, 5, 1), 9, 4)),
        ("10.2", (np.array([28, 14, 10, 5, 1]), [9], 4.0)),
        ("10.3", (0.1 * LIFE, 0.5, 0.7)),
        ("10.3", ((-LIFE).tolist(), -7, -5)),
        ("10.3", (LIFE, 4.5, 7.5)),
        ("10.4", depthwise),
        ("10.5", fourier),
        ("10.6", diagonals),
        ("10.7", places),
        ("10.7", lambda layers, i: np.array(places(layers, i), dtype=float)),
        ("10.8", (1.0, 2.0, 2.0, 2.0, 1.0)),
    ],
)
def test_other_forms_of_right_answers_are_accepted(number, answer):
    assert EXERCISES[number].judge(answer) == ""


@pytest.mark.parametrize("number", ["10.4", "10.5", "10.6", "10.7"])
def test_a_skeleton_is_no_answer_yet(number):
    assert EXERCISES[number].judge(lambda *arguments: ...) is None


@pytest.mark.parametrize("number", ["10.4", "10.7"])
def test_skeletons_of_two_parts_are_no_answers_yet(number):
    assert EXERCISES[number].judge(lambda *arguments: (..., ...)) is None


def test_a_solution_may_change_its_arguments():
    def in_place(g, x, kernel):
        found = depthwise(g, x, kernel)
        for array in (g, x, kernel):
            array *= 0
        return found

    assert EXERCISES["10.4"].judge(in_place) == ""
