"""Decoding sequences, and how wrong they are. Taught in chapter 17.

A predictor is a function of `letters` (n, ...) and `before` (n, length), integers, that
returns logits of shape (n, length, signs): at place t for the sign that follows
`before[:, : t + 1]`. Sign 0 is the mark: it starts every `before`, and it ends what is
said; what stands behind the first 0 says nothing.
"""

from collections.abc import Callable, Sequence

import numpy as np

from dlbook.scratch.loss import log_sum_exp

Predictor = Callable[[np.ndarray, np.ndarray], np.ndarray]


def edit_distance(said: Sequence, right: Sequence) -> int:
    """Counts the fewest insertions, deletions and replacements between sequences.

    Args:
        said: Sequence of things that can be compared.
        right: Sequence of such things.

    Returns:
        Integer >= 0, the Levenshtein distance.

    Reference:

    - Levenshtein (1966), "Binary codes capable of correcting deletions, insertions,
      and reversals"

    Example:

    >>> edit_distance("AE N D".split(), "HH AE N".split())
    2
    """
    row = list(range(len(right) + 1))  # from nothing to the first j: j insertions
    for i, a in enumerate(said, start=1):
        above, row = row, [i]
        for j, b in enumerate(right, start=1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (a != b)))
    return row[-1]


def greedy(predict: Predictor, letters: np.ndarray, length: int) -> np.ndarray:
    """Says the likeliest sign at each place, given those before.

    Args:
        predict: A predictor.
        letters: Array of shape (n, ...), what is read.
        length: Integer >= 1, how many signs to say.

    Returns:
        Int32 array of shape (n, length).

    Example:

    >>> def count(letters, before):  # after sign k comes k + 1, after 3 the end
    ...     return np.eye(4)[(before + 1) % 4]
    >>> greedy(count, np.zeros((1, 1)), 5)[0].tolist()
    [1, 2, 3, 0, 1]
    """
    said = np.zeros((len(letters), length), "int32")
    before = np.zeros_like(said)
    for t in range(length):
        said[:, t] = predict(letters, before)[:, t].argmax(axis=-1)
        before[:, 1:] = said[:, :-1]
    return said


def beam_search(
    predict: Predictor, letters: np.ndarray, length: int, width: int
) -> tuple[np.ndarray, np.ndarray]:
    """Keeps the likeliest beginnings at each place, and says the likeliest whole.

    Args:
        predict: A predictor.
        letters: Array of shape (n, ...), what is read.
        length: Integer >= 1, how many signs to say.
        width: Integer >= 1, how many beginnings to keep; at most as many as signs.

    Returns:
        `said, log_p`: int32 array of shape (n, width, length), the likeliest first,
        and the logarithms of their probabilities, shape (n, width).

    Reference:

    - Sutskever et al. (2014), "Sequence to sequence learning with neural networks"

    Example:

    >>> def two(letters, before):  # first 1 or 2, 0.6 to 0.4; after 1 all is open
    ...     after = np.log([[1e-9, 0.6, 0.4], [0.3, 0.4, 0.3], [1, 1e-9, 1e-9]])
    ...     return after[before]
    >>> greedy(two, np.zeros((1, 1)), 2)[0].tolist()
    [1, 1]
    >>> said, log_p = beam_search(two, np.zeros((1, 1)), 2, width=2)
    >>> said[0, 0].tolist(), f"{np.exp(log_p[0, 0]):.2f}"
    ([2, 0], '0.40')
    """
    n = len(letters)
    letters = np.repeat(letters, width, axis=0)
    said = np.zeros((n, width, length), "int32")
    before = np.zeros_like(said)
    log_p = np.full((n, width), -np.inf)
    log_p[:, 0] = 0.0  # one beginning: the empty one
    for t in range(length):
        z = predict(letters, before.reshape(n * width, length))[:, t].astype(float)
        step = (z - log_sum_exp(z)[:, np.newaxis]).reshape(n, width, -1)
        step[(before[:, :, t] == 0) & (t > 0)] = [0.0] + [-np.inf] * (z.shape[1] - 1)
        scores = (log_p[:, :, np.newaxis] + step).reshape(n, -1)
        best = np.argsort(-scores, axis=1, kind="stable")[:, :width]
        log_p = np.take_along_axis(scores, best, axis=1)
        parent, sign = np.divmod(best, z.shape[1])
        said = np.take_along_axis(said, parent[:, :, np.newaxis], axis=1)
        said[:, :, t] = sign
        before[:, :, 1:] = said[:, :, :-1]
    return said, log_p
