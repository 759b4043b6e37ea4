"""Decoding and edit distance: against their definitions, by trying everything."""

from functools import cache
from itertools import product

import numpy as np
import pytest

from dlbook.scratch.decoding import beam_search, edit_distance, greedy


def random_predictor(seed, signs, length, sharpness=1.5):
    """Logits that depend on all signs before, drawn once for each beginning."""

    @cache
    def logits(beginning):
        random = np.random.default_rng([seed, *beginning])
        return sharpness * random.normal(size=signs)

    def predict(letters, before):
        rows = [
            [logits((int(x[0]), *b[: t + 1].tolist())) for t in range(length)]
            for x, b in zip(letters, before, strict=True)
        ]
        return np.array(rows)

    return predict


def log_probability(predict, letter, signs):
    """Of a sequence that ends with its first 0, or with its length."""
    length = len(signs)
    before = np.array([[0, *signs[:-1]]])
    z = predict(np.array([[letter]]), before)[0]
    total = 0.0
    for t in range(length):
        total += z[t, signs[t]] - np.log(np.exp(z[t]).sum())
        if signs[t] == 0:
            break
    return total


@pytest.mark.parametrize("seed", range(5))
def test_edit_distance_is_the_recursion(seed):
    random = np.random.default_rng(seed)

    @cache
    def distance(a, b):
        if not a or not b:
            return len(a) + len(b)
        change = distance(a[:-1], b[:-1]) + (a[-1] != b[-1])
        return min(change, distance(a[:-1], b) + 1, distance(a, b[:-1]) + 1)

    for _ in range(50):
        a, b = (tuple(random.integers(3, size=random.integers(7))) for _ in "ab")
        assert edit_distance(a, b) == distance(a, b) == edit_distance(b, a)


def test_edit_distances_by_hand():
    assert edit_distance("kitten", "sitting") == 3
    assert edit_distance("", "abc") == edit_distance("abc", "") == 3
    assert edit_distance("abc", "abc") == 0
    assert edit_distance(["AE", "N"], ["AE", "N", "D"]) == 1


def test_greedy_takes_the_likeliest_at_each_place():
    predict = random_predictor(0, 4, 5)
    letters = np.arange(8)[:, np.newaxis]
    said = greedy(predict, letters, 5)
    for letter, signs in enumerate(said.tolist()):
        for t in range(5):
            before = np.array([[0, *signs[:t], *[0] * (4 - t)]])
            z = predict(np.array([[letter]]), before)[0, t]
            assert signs[t] == z.argmax()


@pytest.mark.parametrize("seed", range(3))
def test_a_beam_of_one_is_greedy(seed):
    predict = random_predictor(seed, 4, 5)
    letters = np.arange(10)[:, np.newaxis]
    said, _ = beam_search(predict, letters, 5, width=1)
    for ours, theirs in zip(said[:, 0], greedy(predict, letters, 5), strict=True):
        end = (*np.flatnonzero(theirs == 0), 4)[0] + 1
        assert ours[:end].tolist() == theirs[:end].tolist()
        assert not ours[end:].any()


@pytest.mark.parametrize("seed", range(3))
def test_a_wide_beam_finds_the_likeliest_of_all(seed):
    signs, length = 3, 4
    predict = random_predictor(seed, signs, length)
    letters = np.arange(6)[:, np.newaxis]
    said, log_p = beam_search(predict, letters, length, width=signs**length)
    for letter in range(6):
        ways = {}
        for way in product(range(signs), repeat=length):
            end = (*np.flatnonzero(np.array(way) == 0), length)[0]
            ways[(*way[:end], *[0] * (length - end))] = None
        chances = {way: log_probability(predict, letter, way) for way in ways}
        best = sorted(chances, key=chances.get, reverse=True)
        assert np.isclose(np.exp([*chances.values()]).sum(), 1)
        found = [tuple(way) for way in said[letter].tolist()][: len(best)]
        assert found == best
        expected = [chances[way] for way in best]
        np.testing.assert_allclose(log_p[letter, : len(best)], expected, atol=1e-9)


def test_a_wider_beam_is_often_better_and_its_scores_are_true():
    predict = random_predictor(7, 5, 6, sharpness=1)
    letters = np.arange(40)[:, np.newaxis]
    narrow, low = beam_search(predict, letters, 6, width=1)
    wide, high = beam_search(predict, letters, 6, width=4)
    assert np.mean(high[:, 0] > low[:, 0] + 1e-9) > 0.3
    for letter in range(40):
        for way, score in zip(wide[letter], high[letter], strict=True):
            chance = log_probability(predict, letter, way.tolist())
            assert np.isclose(chance, score, atol=1e-9)
    assert np.all(np.diff(high, axis=1) <= 0)
