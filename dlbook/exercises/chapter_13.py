"""References of the exercises of chapter 13, What a convnet sees."""

import numpy as np

from dlbook._check import Function, Property, _unanswered
from dlbook.scratch.loss import softmax


def _votes(answer):
    activation_map, logit = answer
    activation_map, logit = np.asarray(activation_map), np.asarray(logit)
    if activation_map.shape != (2, 2) or logit.shape != ():
        return "Expected a pair: the map of shape (2, 2) and one number."
    if not np.allclose(activation_map, [[8, -1], [3, -2]], rtol=1e-3):
        return "The map is not right."
    return True if np.isclose(logit, 2.5, rtol=1e-3) else "The logit is not right."


def _grad_cam(maps, gradients):
    return np.maximum(maps @ gradients.mean(axis=(0, 1)), 0)


def _occlusion(image, score, size, stride, value):
    rows, columns = (range(0, n - size + 1, stride) for n in image.shape)
    losses = np.zeros((len(rows), len(columns)))
    for a, i in enumerate(rows):
        for b, j in enumerate(columns):
            covered = image.copy()
            covered[i : i + size, j : j + size] = value
            losses[a, b] = score(image) - score(covered)
    return losses


def _occludes(answer):
    """Runs the reader's function on images of several sizes, unequal sides too."""
    random = np.random.default_rng(13)
    cases = [((6, 6), 2, 2, 0.0), ((7, 9), 3, 2, 0.5), ((5, 8), 1, 1, -1.0)]
    cases += [((8, 5), 5, 3, 2.0)]
    for shape, size, stride, value in cases:
        image, weights = random.normal(size=(2, *shape))

        def score(x, weights=weights):
            return float(np.tanh(np.sum(weights * x)) + np.max(x))

        kept = image.copy()
        losses = answer(kept, score, size, stride, value)
        if _unanswered(losses):
            return None
        if not np.array_equal(kept, image):
            return "Your function changes the image it is given."
        expected = _occlusion(image, score, size, stride, value)
        losses = np.asarray(losses)
        if losses.shape != expected.shape:
            return (
                f"For an image of shape {shape}, size {size} and stride {stride} "
                f"your map has shape {losses.shape}, expected {expected.shape}."
            )
        if not np.allclose(losses, expected):
            return f"For shape {shape}, size {size} and stride {stride} it differs."
    return True


def _shares(x1, x2):
    return np.array([1, 2]) * x1 * x2**2 / 3


def _sign_ratio(n):
    return np.sqrt(2 * n / np.pi)


def _smallest_attack(x, W, b):
    z = x @ W + b
    y = int(np.argmax(z))
    others = [k for k in range(len(b)) if k != y]
    return min((z[y] - z[k]) / np.sum(np.abs(W[:, y] - W[:, k])) for k in others)


def _gradient_of_probability(z, G, c):
    p = softmax(z)
    return p[c] * (G[c] - p @ G)


def _hits(answer):
    """Counts may differ a little between backends."""
    counts = np.asarray(answer, dtype=float)
    if counts.shape != (3,):
        return "Expected three counts."
    return bool(np.all(np.abs(counts - [17, 16, 27]) <= 3))


_random = np.random.default_rng(0)
# A class far behind, 2, whose weights differ most from those of the winner, 0.
_far = np.array([[1.0, 0.9, -3.0], [0.0, 0.0, 4.0]])

EXERCISES = {
    "13.1": Property(
        _votes,
        "At each position multiply the two channels by their weights and add; the "
        "bias joins only after the mean.",
    ),
    "13.2": Function(
        _grad_cam,
        [
            (_random.normal(size=(2, 3, 4)), _random.normal(size=(2, 3, 4))),
            (_random.normal(size=(3, 2, 2)), _random.normal(size=(3, 2, 2))),
            (np.ones((2, 2, 1)), -np.ones((2, 2, 1))),
        ],
        "First a weight for each channel, a mean over all positions; then the "
        "weighted sum over the channels; the maximum comes last.",
    ),
    "13.3": Property(
        _occludes,
        "Copy the image for each square, and subtract its score from that of the "
        "whole image; a square that does not fit is left out.",
        function=True,
    ),
    "13.4": Function(
        _shares,
        [(1.0, 1.0), (3.0, -2.0), (-0.5, 4.0), (2.0, 0.0)],
        "Differentiate, put in the point of the path at alpha, and integrate a power "
        "of alpha from 0 to 1. The two shares add up to the function.",
        rtol=1e-3,
    ),
    "13.5": Function(
        _sign_ratio,
        [(37_632,), (10_000,), (150_528,)],
        "Variances of independent terms add up. The mean size of a normal number of "
        "deviation 1 is the root of 2 / pi.",
        rtol=1e-3,
    ),
    "13.6": Function(
        _smallest_attack,
        [
            (np.array([1.0, 0.5]), _far, np.zeros(3)),
            *[
                (
                    _random.normal(size=6),
                    _random.normal(size=(6, 4)),
                    _random.normal(size=4),
                )
                for _ in range(4)
            ],
        ],
        "For each other class: the difference of the scores by the sum of the sizes "
        "of the difference of the weights. The least of them counts.",
    ),
    "13.7": Function(
        _gradient_of_probability,
        [
            (_random.normal(size=5), _random.normal(size=(5, 8)), 2),
            (np.array([0.0, 20.0, 3.0]), _random.normal(size=(3, 4)), 1),
            (np.array([900.0, 901.0]), _random.normal(size=(2, 3)), 0),
        ],
        "Chain rule: the row of softmax's Jacobian for class c, times G. Take the "
        "largest logit out before the exponential.",
        atol=1e-12,
    ),
    "13.8": Property(
        _hits,
        "Ask for one class at a time, the right quarter is the one that holds it; add "
        "up the whole quarter, in (c) with the signs.",
    ),
}
