"""The judges of chapter 18's exercises: wrong answers are refused, short ones accepted.

That the full right answers are accepted is shown by the chapter's solutions.
"""

import math

import numpy as np
import pytest

from dlbook.exercises.chapter_18 import EXERCISES


def right_intensities(batch, side, kernel, channels, filters):
    m, n = side**2 * channels, (side - kernel + 1) ** 2 * filters
    window = kernel**2 * channels
    convolution = batch * (m + n) + (window + 1) * filters
    dense = batch * (m + n) + (m + 1) * n
    return batch * n / 2 * np.array([window / convolution, m / dense])


def once_an_image(batch, *shape):
    """Moves the weights for each image."""
    return right_intensities(1, *shape)


def padded(batch, side, kernel, *channels):
    return right_intensities(batch, side + kernel - 1, kernel, *channels)


def without_biases(batch, side, kernel, channels, filters):
    m, n = side**2 * channels, (side - kernel + 1) ** 2 * filters
    window = kernel**2 * channels
    convolution = batch * (m + n) + window * filters
    return (
        batch * n / 2 * np.array([window / convolution, m / (batch * (m + n) + m * n)])
    )


def scaled(grads, bound=65504.0, least=None, strict=False):
    """The loss scale that a bound on the largest entry gives, and what is lost."""
    largest = max(float(np.max(np.abs(g))) for g in grads)
    exponent = math.log2(bound / largest)
    k = math.ceil(exponent) - 1 if strict else math.floor(exponent)
    entries = np.concatenate([np.ravel(g) for g in grads])
    smallest = np.abs(entries[entries != 0])
    lost = [int(np.sum(smallest * f <= 2.0**-25)) for f in (1, 2.0**k)]
    return 2.0**k, *lost


def signed(grads):
    largest = max(float(np.max(g)) for g in grads)
    k = math.floor(math.log2(65504 / largest)) if largest > 0 else 0
    return 2.0**k, *scaled(grads)[1:]


def too_late(grads):
    """Turns the entries to float16 before it multiplies them."""
    scale, before, _ = scaled(grads)
    return scale, before, before


def zeros_too(grads):
    scale, *lost = scaled(grads)
    zeros = sum(int(np.sum(g == 0)) for g in grads)
    return scale, lost[0] + zeros, lost[1] + zeros


def step(n, c, delay, size, speed, rounds=None):
    rounds = 2 * (n - 1) if rounds is None else rounds
    return c / n + rounds * (delay + size / (n * speed))


def least(c, delay, size, speed, most, time=step):
    times = [time(n, c, delay, size, speed) for n in range(1, most + 1)]
    return 1 + int(np.argmin(times)), c / min(times)


def by_formula(c, delay, size, speed, most):
    extra = c - 2 * size / speed
    best = most if not delay else math.sqrt(max(extra, 0) / (2 * delay))
    best = 1 if extra <= 0 else min(most, max(1, best))
    times = {n: step(n, c, delay, size, speed) for n in (int(best), math.ceil(best))}
    n = min(times, key=times.get)
    return n, c / times[n]


def from_squares(means, variances, sizes):
    weights = np.array(sizes) / np.sum(sizes)
    mean = weights @ means
    return mean, weights @ (variances + means**2) - mean**2


def plain_statistics(means, variances, sizes):
    mean = means.mean(axis=0)
    return mean, (variances + (means - mean) ** 2).mean(axis=0)


def mean_variance(means, variances, sizes):
    weights = np.array(sizes) / np.sum(sizes)
    return weights @ means, weights @ variances


def unbiased(means, variances, sizes):
    n = np.sum(sizes)
    mean, variance = EXERCISES["18.8"].reference(means, variances, sizes)
    return mean, variance * n / (n - 1)


def doubling(nodes, partner=lambda k, distance, nodes: k ^ distance):
    distances = [2**place for place in range(nodes.bit_length() - 1)]
    return [[(k, partner(k, d, nodes)) for k in range(nodes)] for d in distances]


def cyclic(nodes):
    return doubling(nodes, lambda k, distance, nodes: (k + distance) % nodes)


def to_the_first(nodes):
    """A tree: half of the rounds collect at node 0, the others spread."""
    up = [
        [(k + 2**place, k) for k in range(0, nodes, 2 ** (place + 1))]
        for place in range(nodes.bit_length() - 1)
    ]
    return up, [[message[::-1] for message in messages] for messages in up[::-1]]


def all_at_once(nodes):
    return [[(k, j) for k in range(nodes) for j in range(nodes) if j != k]]


def ring(nodes):
    """Each passes one part to its neighbour in a round."""
    phases = []
    for start in (0, 1):
        rounds = []
        for i in range(nodes - 1):
            parts = [(k + start - i) % nodes for k in range(nodes)]
            rounds.append([(k, (k + 1) % nodes, p, p + 1) for k, p in enumerate(parts)])
        phases.append(rounds)
    return phases


def halving(nodes, near=False, upper=True):
    """Halves the block of parts of each node, and plays it backwards.

    With `near` the nearest node is the first partner; without `upper` a node keeps
    the lower half where its bit is 1.
    """
    first, size, collect = [0] * nodes, nodes, []
    distances = [2**place for place in range(nodes.bit_length() - 1)]
    for distance in distances if near else distances[::-1]:
        size //= 2
        first = [
            start + size * (bool(k & distance) == upper)
            for k, start in enumerate(first)
        ]
        partners = [k ^ distance for k in range(nodes)]
        collect.append(
            [(k, p, first[p], first[p] + size) for k, p in enumerate(partners)]
        )
    spread = [[(p, k, i, j) for k, p, i, j in messages] for messages in collect[::-1]]
    return collect, spread


def whole_rows(nodes, phases):
    return tuple(
        [[(*message, 0, nodes) for message in messages] for messages in rounds]
        for rounds in phases
    )


def table(nodes):
    """Knows the small cases only."""
    return doubling(nodes) if nodes <= 8 else doubling(8)


WRONG = {
    "18.1": [
        *(without_biases, once_an_image, padded),
        lambda *shape: right_intensities(*shape) / 2,
        lambda *shape: right_intensities(*shape) * 4,
        lambda *shape: right_intensities(*shape)[::-1],
    ],
    "18.2": [
        lambda a, b, q: a / b,
        lambda a, b, q: q / (1 - q) * a / b,
        lambda a, b, q: math.floor(q / (1 - q) * a / b),
        lambda a, b, q: math.ceil(q * a / b),
        lambda a, b, q: math.ceil(q / (1 - q) * b / a),
        lambda a, b, q: math.ceil(a / b / (1 - q)),
    ],
    "18.3": [
        *((1024, 128, 2**23), (2049, 257, 2**24 + 1), (2047, 255, 2**24 - 1)),
        *((65504, 256, 2**24), (2048, 2048, 2**24), 2048),
    ],
    "18.4": [
        *(signed, too_late, zeros_too),
        lambda grads: scaled(grads, bound=2.0**15),
        lambda grads: scaled(grads, bound=2 * 65504.0),
        lambda grads: scaled(grads, strict=True),
        lambda grads: scaled(grads[:1]),
        lambda grads: (65504 / 2.0**0, *scaled(grads)[1:]),
        lambda grads: scaled(grads)[0],
    ],
    "18.5": [
        lambda grads, sizes: np.mean(grads, axis=0),
        lambda grads, sizes: np.sum(grads, axis=0),
        lambda grads, sizes: sum(n * g for n, g in zip(sizes, grads, strict=True)),
        lambda grads, sizes: np.average(grads, axis=0, weights=1 / np.array(sizes)),
        lambda grads, sizes: grads[0],
    ],
    "18.6": [
        lambda *all_: (all_[-1], all_[0] / step(all_[-1], *all_[:-1])),
        lambda *all_: least(*all_)[0],
        lambda *all_: (least(*all_)[0], all_[0] / least(*all_)[1]),
        lambda *all_: (least(*all_)[0] - 1, least(*all_)[1]),
        lambda *all_: least(*all_, time=lambda n, *to: step(n, *to, rounds=n - 1)),
        lambda *all_: least(*all_, time=lambda n, *to: step(n, *to, rounds=2 * n)),
        lambda *all_: least(*all_[:-1], 10_000),
    ],
    "18.7": [
        lambda s, n: (1 / ((1 - s) + s / n), 1 / (1 - s) if s < 1 else math.inf),
        lambda s, n: (1 / (s + (1 - s) / n), 1 / s / n),
        lambda s, n: (s + (1 - s) * n, math.inf),
        lambda s, n: (1 / (s + 1 / n), 1 / s),
        lambda s, n: 1 / (s + (1 - s) / n),
    ],
    "18.8": [from_squares, plain_statistics, mean_variance, unbiased],
    "18.9": [
        *(to_the_first, all_at_once, table, ring, 3.0),
        lambda nodes: to_the_first(nodes)[0],
        lambda nodes: sum(to_the_first(nodes), []),
        lambda nodes: doubling(nodes)[:-1],
        lambda nodes: doubling(nodes)[:1] * (nodes.bit_length() - 1),
        lambda nodes: [[(k, (k + 1) % nodes)] for k in range(nodes)],
        lambda nodes: [messages * 2 for messages in doubling(nodes)],
        lambda nodes: [[(k, k) for k in range(nodes)]] + doubling(nodes)[1:],
        lambda nodes: [[(k, j - nodes) for k, j in each] for each in doubling(nodes)],
        lambda nodes: [[(k, j + 0.0) for k, j in each] for each in doubling(nodes)],
        lambda nodes: [[(*m, 0, nodes) for m in each] for each in doubling(nodes)],
        lambda nodes: [],
    ],
    "18.10": [
        *(ring, doubling, 3.0, lambda nodes: ([], [])),
        lambda nodes: whole_rows(nodes, (doubling(nodes), [])),
        lambda nodes: whole_rows(nodes, to_the_first(nodes)),
        lambda nodes: (halving(nodes)[0], []),
        lambda nodes: (halving(nodes)[0], halving(nodes)[1][::-1]),
        lambda nodes: (halving(nodes)[0], halving(nodes)[0]),
        lambda nodes: ([], sum(halving(nodes), [])),
        lambda nodes: (sum(halving(nodes), []), []),
        lambda nodes: halving(min(nodes, 8)),
        lambda nodes: [[[m[:2] for m in each] for each in p] for p in halving(nodes)],
        lambda nodes: halving(nodes)[0],
    ],
}
OTHER = {
    "18.1": [right_intensities],
    "18.2": [
        lambda a, b, q: next(n for n in range(1, 10**6) if n / (a + b * n) >= q / b),
    ],
    "18.3": [[2048.0, 256.0, 16777216.0]],
    "18.4": [scaled],
    "18.5": [lambda grads, sizes: np.average(grads, axis=0, weights=sizes)],
    "18.6": [least, by_formula],
    "18.7": [lambda s, n: [n / (1 + s * (n - 1)), s**-1]],
    "18.9": [
        *(doubling, cyclic),
        lambda nodes: doubling(nodes)[::-1],
        lambda nodes: np.array(cyclic(nodes)),
        lambda nodes: tuple(set(messages) for messages in doubling(nodes)),
    ],
    "18.10": [
        halving,
        lambda nodes: halving(nodes, upper=False),
        lambda nodes: [np.array(rounds) for rounds in halving(nodes, near=True)],
    ],
}


@pytest.mark.parametrize(
    "number, answer",
    [(number, answer) for number, answers in OTHER.items() for answer in answers],
)
def test_answers_in_another_form_are_accepted(number, answer):
    assert EXERCISES[number].judge(answer) == ""


def test_a_skeleton_is_not_answered():
    for number in ("18.1", "18.4", "18.6"):
        assert EXERCISES[number].judge(lambda *arguments: ...) is None
    assert EXERCISES["18.9"].judge(lambda nodes: ...) is None
    assert EXERCISES["18.10"].judge(lambda nodes: (..., ...)) is None


def test_no_least_batch_hangs_on_rounding():
    """Near a whole number right formulas differ by one, unless all is exact."""
    for a, b, q in EXERCISES["18.2"].cases:
        bound, other = q / (1 - q) * a / b, a * q / (b - b * q)
        assert abs(bound - round(bound)) > 1e-3 or bound == other == round(bound)


def test_the_verdict_names_what_is_wrong():
    judge = EXERCISES["18.9"].judge
    assert "2 rounds" in judge(lambda nodes: [[(0, 1)], [(1, 0)]])
    assert "number 0 ends" in judge(lambda nodes: [[(0, 1)]])
    assert "number 0 sends twice" in judge(lambda nodes: [[(0, 1), (0, 1)]])
    assert "no message (1, 1)" in judge(lambda nodes: [[(1, 1)]])
    twice = judge(lambda nodes: [[(0, 2), (1, 2)]] if nodes > 2 else doubling(nodes))
    assert "number 2 receives twice" in twice
    judge = EXERCISES["18.10"].judge
    assert "sends 8 parts" in judge(lambda n: whole_rows(n, (doubling(n), [])))
