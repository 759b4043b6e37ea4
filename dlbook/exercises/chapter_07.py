"""References of the exercises of chapter 7, Initialization and normalization."""

import math

import numpy as np

from dlbook._check import Function, Property, Value, _unanswered
from dlbook.scratch import activation
from dlbook.scratch.initializer import TRUNCATED

_DENSITY = math.exp(-2) / math.sqrt(2 * math.pi)  # of the standard normal, at 2
_INSIDE = math.erf(math.sqrt(2))
_SECOND = 1 - 4 * _DENSITY / _INSIDE


def _gain(g):
    t = np.linspace(-10, 10, 200_001)
    density = np.exp(-(t**2) / 2) / math.sqrt(2 * math.pi)
    return 1 / math.sqrt(np.sum(g(t) ** 2 * density) * (t[1] - t[0]))


def _batch_normalization_pull(x, gamma, g, epsilon):
    s = np.sqrt(x.var(axis=0) + epsilon)
    normalized = (x - x.mean(axis=0)) / s
    along = normalized * np.mean(g * normalized, axis=0)
    return gamma / s * (g - g.mean(axis=0) - along)


def _pull_cases():
    random = np.random.default_rng(0)
    for batch, features, epsilon in ((5, 3, 1e-3), (2, 4, 0.5), (16, 1, 1e-6)):
        x, g = random.normal(size=(2, batch, features))
        yield x, random.normal(size=features), g, epsilon


def _folds(answer):
    random = np.random.default_rng(0)
    for inputs, units, epsilon in ((4, 3, 1e-3), (2, 5, 0.5)):
        W, x = random.normal(size=(inputs, units)), random.normal(size=(7, inputs))
        b, gamma, beta, mean = random.normal(size=(4, units))
        variance = random.uniform(0.2, 3, size=units)
        arguments = (W, b, gamma, beta, mean, variance)
        found = answer(*(a.copy() for a in arguments), epsilon)
        if _unanswered(found):
            return None
        if len(found) != 2:
            return f"Expected two arrays, got {len(found)}."
        W_folded, b_folded = map(np.asarray, found)
        if W_folded.shape != W.shape or b_folded.shape != b.shape:
            return f"Shapes are {W_folded.shape} and {b_folded.shape}."
        expected = gamma * (x @ W + b - mean) / np.sqrt(variance + epsilon) + beta
        if not np.allclose(x @ W_folded + b_folded, expected, rtol=1e-6, atol=1e-8):
            return "The folded layer computes something else."
    return True


def _tanh_ratios(matrices, seed):
    """Largest by smallest deviation over the layers, of activations and gradients.

    Also the smallest deviation of the activations.
    """
    random = np.random.default_rng(seed)
    h = random.normal(size=(64, 64))
    slopes, up = [], []
    for W in matrices:
        h = np.tanh(h @ W)
        slopes.append(1 - h**2)
        up.append(h.std())
    e = random.normal(size=h.shape) * slopes[-1]
    down = [e.std()]
    for W, slope in zip(matrices[:0:-1], slopes[-2::-1], strict=True):
        e = (e @ W.T) * slope
        down.append(e.std())
    with np.errstate(divide="ignore", invalid="ignore"):
        return [np.max(part) / np.min(part) for part in (up, down)] + [np.min(up)]


def _tame(answer):
    ratios, drawn = [], []
    for seed in range(10):
        matrices = answer(np.random.default_rng(seed))
        if _unanswered(matrices):
            return None
        matrices = [np.array(W, dtype="float64") for W in matrices]
        if len(matrices) != 50:
            return f"Expected 50 matrices, got {len(matrices)}."
        if wrong := [W.shape for W in matrices if W.shape != (64, 64)]:
            return f"A matrix has shape {wrong[0]}, expected (64, 64)."
        drawn.append(matrices)
        ratios.append(_tanh_ratios(matrices, seed))
    if any(np.allclose(a, b) for a, b in zip(*drawn[:2], strict=True)):
        return "Two seeds give the same matrices, or one of them."
    one = drawn[0]
    if any(np.allclose(a, b) for a, b in zip(one[:-1], one[1:], strict=True)):
        return "Two layers have the same matrix."
    up, down, least = np.median(ratios, axis=0)
    if least <= 0.2:
        return f"The activations' deviation falls to {least:.2g}: tanh is not used."
    if not (up <= 2 and down <= 2):
        return f"The factor is {up:.1f} for activations, {down:.1f} for gradients."
    return True


EXERCISES = {
    "7.1": Value(
        (math.sqrt(6 / 400), math.sqrt(2 / 300), 2 * math.sqrt(2 / 300) / TRUNCATED),
        "Glorot's law knows both fans, He's one of them. The largest value belongs to "
        "the law before its tails were cut.",
        rtol=5e-3,
    ),
    "7.2": Value(
        (20, 97),
        "By which factor does a ReLU layer change the mean square, and by which its "
        "root?",
        rtol=0,
        atol=1e-6,
    ),
    "7.3": Function(
        _gain,
        [(pair[0],) for name, pair in activation.ACTIVATIONS.items() if name != "step"]
        + [(np.abs,), (lambda z: 2 * z,)],
        "Which mean of g(t)² stands in (7.1), and what must the product be?",
        rtol=5e-3,
    ),
    "7.4": Value(
        1 / math.pi,
        "A cosine is a dot product over two lengths: you need the mean of max(u, 0) "
        "and that of max(u, 0)².",
        rtol=2e-3,
    ),
    "7.5": Value(
        3 * _SECOND - 16 * _DENSITY / _INSIDE,
        "Write t⁴φ as t³ times tφ. Mind the boundary term, and divide by Z.",
        rtol=5e-4,
    ),
    "7.6": Value(
        219,
        "Which columns of each matrix are equal, and which rows? Count the biases.",
        rtol=0,
        atol=1e-6,
    ),
    "7.7": Function(
        _batch_normalization_pull,
        list(_pull_cases()),
        "An input reaches an output directly, through the mean and through the "
        "variance. Test your formula by central differences.",
        rtol=1e-5,
    ),
    "7.8": Value(
        (0, 1 / 3),
        "What does the loss do along the line c·w? Differentiate L(c w) = L(w), once "
        "by c and once by w.",
        rtol=5e-3,
        atol=1e-4,
    ),
    "7.9": Value(
        -0.5,
        "Fit a line to the logarithms of width and deviation. How does the relative "
        "deviation of a mean of H numbers fall?",
        rtol=0,
        atol=0.1 + 1e-9,
    ),
    "7.10": Property(
        _folds,
        "Multiply the formula out: what stands with x, and what stands alone?",
        function=True,
    ),
    "7.11": Property(
        _tame,
        "Look at the section on gains for the scale, and at the one on products of "
        "fifty matrices for the law.",
        function=True,
    ),
}
