"""The judges of chapter 17's exercises: wrong answers are refused, short ones accepted.

That the full right answers are accepted is shown by the chapter's solutions.
"""

import numpy as np
import pytest

from dlbook.exercises import chapter_17
from dlbook.exercises.chapter_17 import EXERCISES


def by_keys(q, K, V, d, scale=1.0, centred=True):
    a = np.exp(scale * K @ q)
    a /= a.sum()
    g = V @ d
    return np.outer(a * (g - centred * (a @ g)), q)


def turned(k, size):
    return chapter_17._turn(-k, size)


def likeliest(p_next, length, width):
    """A beam: with a wide one it finds the answer, but asks too much."""
    beam = [(1.0, ())]
    for _ in range(length):
        wider = []
        for p, said in beam:
            ended = said[-1:] == (0,)
            shares = [] if ended else p_next(said)
            wider += [(p, said)] if ended else []
            wider += [(p * share, (*said, k)) for k, share in enumerate(shares)]
        beam = sorted(wider, reverse=True)[:width]
    return beam[0][1]


def depth_first(p_next, length, said=(), p=1.0, best=(0.0, ())):
    """Sure, and less than all; but it asks what a likelier beginning makes needless."""
    if said[-1:] == (0,) or len(said) == length:
        best = max(best, (p, said))
    else:
        for share, sign in sorted(((q, k) for k, q in enumerate(p_next(said))))[::-1]:
            if p * share > best[0]:
                more = (*said, sign), p * share
                best = depth_first(p_next, length, *more, best)
    return best if said else best[1]


WRONG = {
    "17.1": [
        (4, 4 / 7, 5 / 15, 2 / 3),
        (3, 3 / 7, (3 / 7 + 1 / 3) / 3, 2 / 3),
        (3, 3 / 7, 4 / 15, 1 / 3),
        (2, 2 / 7, 3 / 15, 2 / 3),
    ],
    "17.2": [
        lambda e, n: 67 * e + 12 * e * n + 26 * n**2 + 104 * n + 40,
        lambda e, n: 67 * e + 12 * e * n + 26 * n**2 + 106 * n,
        lambda e, n: 140_040,
        lambda e, n: 67 * e + 12 * e * n + 18 * n**2 + 106 * n + 40,
    ],
    "17.3": [
        (0.2, 0.2, 0.6, 4.5, 4.5, 3, 3),
        (0.25, 0.25, 0.5, 4.5, 4.5, 1.5, 1.5),
        (0.25, 0.25, 0.5, 4.5, 4.5, 4.5, 4.5),  # the mask forgotten
        (1 / 3, 1 / 3, 1 / 3, 4, 4, 3, 3),
    ],
    "17.4": [
        lambda *case: by_keys(*case, centred=False),
        lambda q, K, V, d: by_keys(q, K, V, d, scale=len(q) ** -0.5),
        lambda *case: -by_keys(*case),
        lambda *case: by_keys(*case).T,
        lambda q, K, V, d: 0 * K,
    ],
    "17.5": [
        lambda lengths, T: np.tri(T, dtype=bool)[np.newaxis].repeat(len(lengths), 0),
        lambda lengths, T: chapter_17._mask(lengths, T).swapaxes(1, 2),
        lambda lengths, T: ~chapter_17._mask(lengths, T),
        lambda lengths, T: np.tri(T, k=-1, dtype=bool) & chapter_17._mask(lengths, T),
        lambda lengths, T: (
            np.ones((T, T), bool) & (np.arange(T) < np.asarray(lengths)[:, None, None])
        ),
    ],
    "17.6": [
        ([0.4, 0.35, 0.25], np.full((3, 3), 1 / 3)),
        ([0.4, 0.3, 0.3], [[1, 0, 0], [1, 0, 0], [1, 0, 0]]),
        ([0.35, 0.33, 0.32], [[0.4, 0.3, 0.3], [0.4, 0.3, 0.3], [0, 1, 0]]),
        ([0.4, 0.4, 0.4], [[1 / 3] * 3, [1, 0, 0], [1, 0, 0]]),
        ([0.4, 0.35, 0.25], [[1 / 3] * 3, [2, -1, 0], [1, 0, 0]]),
        ([0.4, 0.35, 0.25], [1 / 3, 1, 0]),
        ([np.nan] * 3, np.full((3, 3), np.nan)),
        "first",
        3.0,
    ],
    "17.7": [
        turned,
        lambda k, size: np.eye(size),
        lambda k, size: np.roll(np.eye(size), k, axis=1),
        lambda k, size: chapter_17._turn(k, size).astype(int),
    ],
    "17.8": [
        lambda d, q, k: np.sqrt(d),
        lambda d, q, k: d * q**2 * k**2,
        lambda d, q, k: np.sqrt(d * q * k),
        lambda d, q, k: d * q * k,
    ],
    "17.9": [
        depth_first,
        lambda p_next, length: likeliest(p_next, length, 1),
        lambda p_next, length: likeliest(p_next, length, 4),
        lambda p_next, length: likeliest(p_next, length, 4**length),
        lambda p_next, length: (0,) * length,
        lambda p_next, length: (),
        lambda p_next, length: p_next((0,)),
    ],
}
SHORT = {
    "17.1": (3, 0.429, 0.267, 0.667),
    "17.5": lambda lengths, T: [
        [[int(j <= t and j < n) for j in range(T)] for t in range(T)] for n in lengths
    ],
    "17.6": (
        np.array([0.34, 0.33, 0.33 - 1e-4]),
        [[0.34, 0.33, 0.33], [0, 0, 1], [1, 0, 0]],
    ),
}


@pytest.mark.parametrize("number", SHORT)
def test_answers_in_another_form_are_accepted(number):
    assert EXERCISES[number].judge(SHORT[number]) == ""


def test_a_skeleton_is_no_answer():
    assert EXERCISES["17.4"].judge(lambda q, K, V, d: ...) is None
    assert EXERCISES["17.6"].judge((..., ...)) is None
    assert EXERCISES["17.6"].judge(...) is None
