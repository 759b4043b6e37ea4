"""References of the exercises of chapter 12, Very deep networks."""

import math

import numpy as np

from dlbook._check import Function, Property, Value, _unanswered
from dlbook.scratch.activation import ACTIVATIONS
from dlbook.scratch.convolution import conv

PAIRS = [pair for name, pair in ACTIVATIONS.items() if name != "step"] + [
    (np.abs, np.sign),
    (lambda t: 3 * t, lambda t: 3 + 0 * t),
    (np.sin, np.cos),
]


def _copies_images(answer):
    random = np.random.default_rng(0)
    for channels in (1, 2, 5):
        kernel = answer(channels)
        if _unanswered(kernel):
            return None
        kernel = np.asarray(kernel, dtype="float64")
        expected = (3, 3, channels, channels)
        if kernel.shape != expected:
            return f"The kernel has shape {kernel.shape}, expected {expected}."
        x = random.normal(size=(1, 6, 4, channels))
        if not np.allclose(conv(x, kernel, padding="same"), x):
            return f"An image of {channels} channels does not come out as it went in."
    return True


def _run(network, x):
    for W, b in network[:-1]:
        x = np.maximum(x @ W + b, 0)
    W, b = network[-1]
    return x @ W + b


def _is_deeper(answer):
    random = np.random.default_rng(0)
    for sizes, more in (([4, 6, 3], 1), ([2, 5, 7, 2], 4), ([3, 3, 3, 3], 28)):
        network = [
            (random.normal(size=pair), random.normal(size=pair[1]))
            for pair in zip(sizes[:-1], sizes[1:], strict=True)
        ]
        kept = [(W.copy(), b.copy()) for W, b in network]
        found = answer(kept, more)
        if _unanswered(found):
            return None
        try:
            found = [
                (np.asarray(W, dtype="float64"), np.asarray(b, dtype="float64"))
                for W, b in found
            ]
        except (TypeError, ValueError):
            return "Return a list of pairs (W, b), one for each layer."
        if len(found) != len(network) + more:
            return f"Expected {len(network) + more} layers, got {len(found)}."
        x = 3 * random.normal(size=(50, sizes[0]))
        try:
            same = np.allclose(_run(found, x), _run(network, x))
        except ValueError:
            return "The layers' shapes do not fit each other."
        if not same:
            return "The deeper network computes something else."
    return True


def _stretch(g, derivative):
    t = np.linspace(-12, 12, 480_001)
    weight = np.exp(-(t**2) / 2)
    weight /= weight.sum()
    mean = weight @ g(t)
    return weight @ derivative(t) ** 2 / (weight @ (g(t) - mean) ** 2)


def _short_paths(blocks, v, longest):
    terms = [math.comb(blocks, k) * v**k for k in range(longest + 1)]
    return sum(terms) / (1 + v) ** blocks


def _gate_bias(depth, share):
    carried = share ** (1 / depth)
    return math.log((1 - carried) / carried)


def _highway_pull(h, W, b, V, c, g):
    z, t = h @ W + b, 1 / (1 + np.exp(-(h @ V + c)))
    f = np.maximum(z, 0)
    return g * (1 - t) + (g * t * (z > 0)) @ W.T + (g * (f - h) * t * (1 - t)) @ V.T


def _highway_cases():
    random = np.random.default_rng(0)
    for batch, units in ((3, 4), (1, 2), (8, 1)):
        h, g = random.normal(size=(2, batch, units))
        W, V = random.normal(size=(2, units, units))
        b, c = random.normal(size=(2, units))
        yield h, W, b, V, c, g


EXERCISES = {
    "12.1": Property(
        _copies_images,
        "Which of the nine pixels in the window is the one to copy, and which input "
        "channel belongs to an output channel?",
        function=True,
    ),
    "12.2": Value(
        (1_179_648, 69_632),
        "A convolution has window × window × inputs × outputs weights. The bottleneck "
        "has three convolutions.",
        rtol=0,
        atol=1e-6,
    ),
    "12.3": Property(
        _is_deeper,
        "What does ReLU do to numbers that have been through a ReLU already?",
        function=True,
    ),
    "12.4": Value(
        (2**0.02 - 1, 100**0.02 - 1, math.e),
        "The factor of 50 blocks is the fiftieth power of that of one. A length is the "
        "root of a mean square. For the limit take the logarithm.",
        rtol=5e-3,
    ),
    "12.5": Function(
        _stretch,
        [(g, derivative) for g, derivative in PAIRS],
        "What is the variance of g over the batch, and what mean square does a slope "
        "leave? Both are means over a standard normal number; a fine, even sum over "
        "the bell curve is enough.",
        rtol=1.5e-2,
    ),
    "12.6": Function(
        _short_paths,
        [(15, 1 / 15, 3), (54, 0.5, 20), (10, 1.0, 4), (7, 0.3, 7), (30, 0.2, 0)],
        "How many paths have length k, what does each carry, and what is the sum over "
        "all lengths?",
        rtol=1e-4,
    ),
    "12.7": Function(
        _gate_bias,
        [(20, 0.5), (50, 0.5), (100, 0.9), (1, 0.25), (1000, 0.5)],
        "What share does one layer hand on, if all of them hand on the given share? "
        "Then turn the sigmoid round.",
        rtol=5e-4,
    ),
    "12.8": Function(
        _highway_pull,
        list(_highway_cases()),
        "The input reaches the output on three ways: beside the gate, through f and "
        "through the gate itself. Test your formula by central differences.",
        rtol=1e-5,
    ),
}
