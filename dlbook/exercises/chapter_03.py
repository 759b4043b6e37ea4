"""References of the exercises of chapter 3, From one layer to many."""

import math
from itertools import pairwise

import numpy as np

from dlbook import data
from dlbook._check import Function, Property, Value, _unanswered
from dlbook.scratch.loss import sigmoid


def _collapsed(W1, b1, W2, b2, W3, b3):
    return np.vstack([W1 @ W2 @ W3, (b1 @ W2 + b2) @ W3 + b3])


def _parity(answer):
    W, b, w_out, b_out = (np.asarray(part, dtype=float) for part in answer)
    shapes = W.shape, b.shape, w_out.shape, b_out.shape
    if shapes != ((3, 3), (3,), (3,), ()):
        return f"Expected shapes (3, 3), (3,), (3,) and a number, got {shapes}."
    x = np.array(list(np.ndindex(2, 2, 2)))
    z = np.maximum(x @ W + b, 0) @ w_out + b_out
    wrong = (z > 1e-9) != (x.sum(axis=1) % 2 == 1)  # not by rounding
    if not np.isfinite(z).all():
        return "The outputs must be finite numbers."
    return not wrong.any() or f"{wrong.sum()} of the 8 inputs are wrong."


def _sigmoid_twin(answer):
    random = np.random.default_rng(0)
    for features, hidden, outputs in ((2, 3, 1), (1, 1, 1), (3, 5, 4)):
        W1 = random.normal(size=(features, hidden))
        b1 = random.normal(size=hidden)
        W2 = random.normal(size=(hidden, outputs))
        b2 = random.normal(size=outputs)
        x = random.normal(size=(20, features))
        expected = np.tanh(x @ W1 + b1) @ W2 + b2
        parts = answer(W1.copy(), b1.copy(), W2.copy(), b2.copy())
        if _unanswered(parts):
            return None
        V1, c1, V2, c2 = parts
        shapes = [np.shape(part) for part in parts]
        if shapes != [W1.shape, b1.shape, W2.shape, b2.shape]:
            return f"Expected the shapes of the arguments, got {shapes}."
        found = sigmoid(x @ np.asarray(V1) + c1) @ np.asarray(V2) + c2
        if not np.allclose(found, expected, rtol=1e-3, atol=2e-3):
            off = np.abs(found - expected).max()
            return f"The two networks differ by up to {off:.2g}."
    return True


def _direction_jacobian(x):
    length = np.linalg.norm(x)
    u = x / length
    return (np.eye(len(x)) - np.outer(u, u)) / length


def _one_square_unit(answer):
    w, b, v, c = (np.asarray(part, dtype=float) for part in answer)
    shapes = w.shape, b.shape, v.shape, c.shape
    if shapes != ((2,), (), (), ()):
        return f"Expected w of shape (2,) and three numbers, got shapes {shapes}."
    x, y = data.logic_gate("xor")
    z = v * (x @ w + b) ** 2 + c
    if not np.isfinite(z).all():
        return "The outputs must be finite numbers."
    wrong = (z > 0) != y
    return not wrong.any() or f"{wrong.sum()} of the 4 inputs are wrong."


def _small_spiral_network(answer):
    layers = [(np.asarray(W, float), np.asarray(b, float)) for W, b in answer]
    count = sum(W.size + b.size for W, b in layers)
    if count > 60:
        return f"The network has {count} parameters."
    x, y = data.spirals(1000, seed=1)
    for number, (W, b) in enumerate(layers):
        if W.ndim != 2 or W.shape[0] != x.shape[1] or b.shape != W.shape[1:]:
            return f"Layer {number} has shapes {W.shape} and {b.shape}."
        x = x @ W + b
        if number < len(layers) - 1:
            x = np.maximum(x, 0)
    if x.shape[1] != 1 or not np.isfinite(x).all():
        return f"Expected one finite output for a point, got shape {x.shape}."
    accuracy = np.mean((x[:, 0] > 0) == y)
    return bool(accuracy >= 0.97) or f"Accuracy on 1,000 new points: {accuracy:.3f}."


def _collapse_cases():
    random = np.random.default_rng(0)
    for sizes in ((2, 3, 4, 1), (1, 1, 1, 1), (3, 2, 5, 2)):
        case = []
        for inputs, outputs in pairwise(sizes):
            case.append(random.integers(-3, 4, size=(inputs, outputs)).astype(float))
            case.append(random.integers(-3, 4, size=outputs).astype(float))
        yield tuple(case)


EXERCISES = {
    "3.1": Value(
        (65 * 20 + 21 * 12 + 13 * 10, 65 * 10, False),
        "Each layer has (inputs + 1) times outputs. Without activations: how many "
        "layers are left, and from how many numbers to how many? And how many rows "
        "does the last layer mix?",
    ),
    "3.2": Function(
        _collapsed,
        cases=list(_collapse_cases()),
        hint="Collapse the first two, then that and the third. Stack with "
        "`np.vstack([W, b])`.",
    ),
    "3.3": Property(
        _parity,
        "Let all three units see the sum of the bits and bend at different places.",
    ),
    "3.4": Property(
        _sigmoid_twin,
        "Write tanh(a) by the sigmoid of 2a; then sort the numbers into four places.",
        function=True,
    ),
    "3.5": Function(
        _direction_jacobian,
        cases=[
            (np.array(x),)
            for x in ([3.0, 4.0], [1.0, 0.0], [-1.0, 2.0, -2.0], [0.1, 0.2, 0.3, 0.4])
        ],
        hint="Two cases, i = j and not. What is the derivative of the length in x_j?",
        rtol=1e-3,
        atol=1e-3,
    ),
    "3.6": Function(
        lambda H: math.factorial(H) * 2**H,
        cases=[(1,), (2,), (3,), (8,)],
        hint="Two things can be done to the units without changing the function: "
        "count each, then both.",
    ),
    "3.7": Property(
        _one_square_unit,
        "The four inputs go onto one line; the square folds it. Which two points "
        "have to end on the same place?",
    ),
    "3.8": Property(
        _small_spiral_network,
        "Two hidden layers of 5 have 51 parameters. Most starts do not arrive.",
    ),
}
