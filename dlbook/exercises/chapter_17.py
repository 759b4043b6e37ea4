"""References of the exercises of chapter 17, Sequence to sequence, and attention."""

from functools import partial

import numpy as np

from dlbook._check import Function, Property, Value, _unanswered
from dlbook.scratch.loss import softmax

_RANDOM = np.random.default_rng(17)


def _parameters(e, n):
    return 67 * e + 12 * e * n + 26 * n**2 + 106 * n + 40


def _by_keys(q, K, V, d):
    a = softmax(K @ q)
    g = V @ d
    return np.outer(a * (g - a @ g), q)


def _mask(lengths, T):
    places = np.arange(T)
    below = places <= places[:, np.newaxis]
    return below & (places < np.asarray(lengths)[:, np.newaxis, np.newaxis])


def _turn(k, size):
    turn = np.zeros((size, size))
    for i in range(0, size, 2):
        cosine, sine = (f(k * 10000 ** (-i / size)) for f in (np.cos, np.sin))
        turn[i : i + 2, i : i + 2] = [[cosine, -sine], [sine, cosine]]
    return turn


def _divisor(d, sigma_q, sigma_k):
    return np.sqrt(d) * sigma_q * sigma_k


def _greedy_loses(answer):
    if _unanswered(answer):
        return None
    try:
        first, then = (np.asarray(part, dtype=float) for part in answer)
    except (TypeError, ValueError):
        return "Expected two arrays of numbers: first, then."
    if first.shape != (3,) or then.shape != (3, 3):
        return (
            f"first and then have the shapes {first.shape} and {then.shape}, expected "
            "(3,) and (3, 3)."
        )
    rows = np.vstack([first, then])
    if not (np.all(rows >= 0) and np.allclose(rows.sum(axis=1), 1, atol=1e-3)):
        return "Each row must have probabilities: none negative, with sum 1."
    whole = first[:, np.newaxis] * then
    order = np.argsort(-first, kind="stable")
    greedy, best = whole[order[0]].max(), whole.max()
    if not greedy < 0.6 * best:
        return f"Greedy finds {greedy / best:.0%} of the best answer's probability."
    if whole[order[:2]].max() < best - 1e-9:
        return "A beam of width 2 does not keep the beginning of the best answer."
    return True


def _answers(p_next, length, said=(), p=1.0):
    """All answers with their probabilities."""
    if len(said) == length or said[-1:] == (0,):
        yield p, said
    else:
        for sign, share in enumerate(p_next(said)):
            yield from _answers(p_next, length, (*said, sign), p * share)


def _drawn(seed, said):
    return np.random.default_rng([seed, *said]).dirichlet([0.5] * 4).tolist()


def _tempting(said):
    """The likeliest first sign, 1, is followed by anything, the others by one sign."""
    if said[:1] == (1,):
        return [0.25] * 4
    return [0.0, 0.0, 1.0, 0.0] if said else [0.1, 0.5, 0.4, 0.0]


def _finds_the_likeliest(answer):
    drawn = [(partial(_drawn, seed), min(seed, 5)) for seed in range(1, 9)]
    for p_next, length in [*drawn, (_tempting, 4)]:
        asked = []

        def watched(said, p_next=p_next, asked=asked):
            said = tuple(int(sign) for sign in said)
            if said[-1:] == (0,):
                raise ValueError(f"{said} has ended: nothing follows")
            asked.append(said)
            return p_next(said)

        found = answer(watched, length)
        if found is None or found is ...:
            return None
        p, best = max(_answers(p_next, length))
        if tuple(int(sign) for sign in found) != best:
            return f"For answers of up to {length} signs it misses the likeliest."
        for said in asked:
            if np.prod([p_next(said[:t])[k] for t, k in enumerate(said)]) < p - 1e-12:
                return "It asked what follows a beginning less likely than the answer."
    return True


EXERCISES = {
    "17.1": Value(
        [3, 3 / 7, 4 / 15, 2 / 3],
        "Lay the two lines above each other so that as many sounds as possible agree. "
        "The error of several words is all edits by all right sounds.",
        rtol=2e-2,
    ),
    "17.2": Function(
        _parameters,
        cases=[(32, 64), (16, 10), (1, 1), (100, 128)],
        hint="The decoder reads embeddings of e numbers and has 2n units; mixed reads "
        "the state and the context, 4n numbers. Do not forget the biases.",
        rtol=1e-9,
    ),
    "17.3": Value(
        [0.25, 0.25, 0.5, 4.5, 4.5, 3, 3],
        "The power of a sum is a product: exp(2 ln 2) = 4. A hidden key has the "
        "weight 0, and the others still have the sum 1.",
        rtol=1e-3,
    ),
    "17.4": Function(
        _by_keys,
        cases=[
            (
                _RANDOM.normal(size=3),
                _RANDOM.normal(size=(4, 3)),
                _RANDOM.normal(size=(4, 2)),
                _RANDOM.normal(size=2),
            ),
            (
                _RANDOM.normal(size=5),
                _RANDOM.normal(size=(2, 5)),
                _RANDOM.normal(size=(2, 1)),
                _RANDOM.normal(size=1),
            ),
        ],
        hint="A key is in its own score alone, e = q k; (17.7) says what arrives there "
        "if g is the dot product of d and the value.",
        rtol=1e-6,
        atol=1e-9,
    ),
    "17.5": Function(
        _mask,
        cases=[([2, 4, 1], 4), ([3], 3), (np.array([1, 5]), 6)],
        hint="Two conditions on row t and column j, joined by &; mind the axes: batch, "
        "row, column.",
        rtol=0,
        atol=0,
    ),
    "17.6": Property(
        _greedy_loses,
        "Greedy takes the likeliest beginning, even if what follows is wide open. Give "
        "a beginning nearly as likely one sure continuation.",
    ),
    "17.7": Function(
        _turn,
        cases=[(1, 4), (3, 8), (-2, 2), (0, 6)],
        hint="sin(a + b) and cos(a + b) are sums of products of sines and cosines of a "
        "and b. Rows times matrix: the columns of M hold the factors.",
        rtol=1e-6,
        atol=1e-9,
    ),
    "17.8": Function(
        _divisor,
        cases=[(64, 1.0, 1.0), (50, 2.0, 0.5), (3, 0.1, 7.0)],
        hint="Variances of independent terms add, and the variance of a product of "
        "independent numbers of mean 0 is the product of their variances.",
        rtol=1e-3,
    ),
    "17.9": Property(
        _finds_the_likeliest,
        "Keep all beginnings with their probabilities; always extend the likeliest. "
        "When it is a whole answer, what can still come of the others?",
        function=True,
    ),
}
