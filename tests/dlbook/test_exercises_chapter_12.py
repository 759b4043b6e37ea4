"""The judges of chapter 12's exercises: wrong answers are refused, short ones accepted.

That the full right answers are accepted is shown by the chapter's solutions.
"""

import math

import numpy as np
import pytest

from dlbook.exercises.chapter_12 import EXERCISES, _gate_bias


def kernel(channels, row=1, column=1, mix=False):
    k = np.zeros((3, 3, channels, channels))
    k[row, column] = np.ones((channels, channels)) if mix else np.eye(channels)
    return k


def deeper(network, more, place=-1, factor=1.0, bias=0.0):
    """Puts `more` layers that multiply by `factor` in front of the layer at `place`."""
    inputs = network[place][0].shape[0]
    extra = [(factor * np.eye(inputs), np.full(inputs, bias))] * more
    place %= len(network)
    return [*network[:place], *extra, *network[place:]]


def zeroed(network, more):
    """Makes the network that was given compute 0, and returns a deeper one of zeros."""
    for W, b in network:
        W.fill(0)
        b.fill(0)
    return deeper(network, more)


def stretch(g, derivative, centred=True, slope=2):
    t, weights = np.polynomial.hermite_e.hermegauss(180)
    weights = weights / weights.sum()
    mean = weights @ g(t) if centred else 0
    return weights @ np.abs(derivative(t)) ** slope / (weights @ (g(t) - mean) ** 2)


def drawn(g, derivative):
    t = np.random.default_rng(1).normal(size=4_000_000)
    return np.mean(derivative(t) ** 2) / np.var(g(t))


def paths(blocks, v, longest, first=0):
    terms = [math.comb(blocks, k) * v**k for k in range(first, longest + 1)]
    return sum(terms) / (1 + v) ** blocks


def pull(h, W, b, V, c, g, carry=1, through=1, gate=1, transpose=True):
    z, t = h @ W + b, 1 / (1 + np.exp(-(h @ V + c)))
    f = np.maximum(z, 0)
    W, V = (W.T, V.T) if transpose else (W, V)
    parts = g * (1 - t), (g * t * (z > 0)) @ W, (g * (f - h) * t * (1 - t)) @ V
    return carry * parts[0] + through * parts[1] + gate * parts[2]


WRONG = {
    "12.1": [
        lambda channels: kernel(channels, row=0),
        lambda channels: kernel(channels, mix=True),
        lambda channels: kernel(1),
        lambda channels: np.ones((3, 3, channels, channels)) / 9,
        lambda channels: np.nan * kernel(channels),
        lambda channels: np.eye(channels),
        kernel(3),
    ],
    "12.2": [(589_824, 69_632), (1_179_648, 36_864), (69_632, 1_179_648), (0, np.nan)],
    "12.3": [
        lambda network, more: network,
        lambda network, more: deeper(network, more, place=0),
        lambda network, more: deeper(network, more, factor=0.99),
        lambda network, more: deeper(network, more, bias=-0.01),
        lambda network, more: deeper(network, more + 1),
        lambda network, more: deeper(network, more)[::-1],
        lambda network, more: [np.nan] * (len(network) + more),
        lambda network, more: deeper(network, more, factor=np.nan),
        zeroed,
        5,
    ],
    "12.4": [
        (2**0.01 - 1, 100**0.02 - 1, math.e),
        (0.02, 0.02, math.e),
        (2**0.02 - 1, 2**0.02 - 1, math.e),
        (2**0.02 - 1, 100**0.02 - 1, math.e**2),
        (2**0.02 - 1, 10**0.02 - 1, math.e),
        (math.nan, math.nan, math.nan),
    ],
    "12.5": [
        lambda g, derivative: stretch(g, derivative, centred=False),
        lambda g, derivative: stretch(g, derivative, slope=1),
        lambda g, derivative: math.pi / (math.pi - 1),
        lambda g, derivative: stretch(g, derivative) ** 0.5,
        lambda g, derivative: math.nan,
    ],
    "12.6": [
        lambda blocks, v, longest: paths(blocks, v, longest - 1),
        lambda blocks, v, longest: paths(blocks, v, longest, first=1),
        lambda blocks, v, longest: paths(blocks, v**2, longest),
        lambda blocks, v, longest: paths(blocks, 1.0, longest),
        lambda blocks, v, longest: math.nan,
    ],
    "12.7": [
        lambda depth, share: -_gate_bias(depth, share),
        lambda depth, share: math.log(share / (1 - share)) / depth,
        lambda depth, share: -4.0,
        lambda depth, share: math.nan,
    ],
    "12.8": [
        lambda *arguments: pull(*arguments, carry=0),
        lambda *arguments: pull(*arguments, through=0),
        lambda *arguments: pull(*arguments, gate=0),
        lambda *arguments: pull(*arguments, transpose=False),
        lambda *arguments: np.nan * pull(*arguments),
        3,
    ],
}
SHORT = {
    "12.3": lambda network, more: deeper(network, more, place=1),
    "12.4": (0.014, 0.0965, 2.718),
    "12.5": drawn,
    "12.7": lambda depth, share: round(_gate_bias(depth, share), 3),
}


@pytest.mark.parametrize("number", SHORT)
def test_other_right_answers_and_rounded_ones_are_accepted(number):
    assert EXERCISES[number].judge(SHORT[number]) == ""


@pytest.mark.parametrize("number", ["12.1", "12.3", "12.5", "12.6", "12.7", "12.8"])
def test_a_skeleton_is_no_answer_yet(number):
    assert EXERCISES[number].judge(lambda *arguments: ...) is None


def test_a_solution_may_change_its_arguments():
    def in_place(h, W, b, V, c, g):
        found = pull(h, W, b, V, c, g)
        for argument in (h, W, b, V, c, g):
            argument *= 0
        return found

    assert EXERCISES["12.8"].judge(in_place) == ""
