"""References of the exercises of chapter 2, Learning is descending a loss."""

import numpy as np

from dlbook import data
from dlbook._check import Function, Property, Value
from dlbook.scratch import loss


def _squared_sigmoid_gradient(y, z):
    s = loss.sigmoid(z)
    return 2 * (s - y) * s * (1 - s)


def _huber_gradient(y, prediction, delta):
    return np.clip(prediction - y, -delta, delta)


def _ten_digits(answer):
    W, b = (np.asarray(part, dtype=float) for part in answer)
    if W.shape != (784, 10) or b.shape != (10,):
        return f"W must have shape (784, 10) and b (10,), got {W.shape} and {b.shape}."
    _, (images, labels) = data.mnist()
    logits = images.reshape(len(images), -1) / 255 @ W + b
    value = loss.categorical_crossentropy(loss.one_hot(labels, 10), logits)
    return bool(value <= 0.45) or f"Cross-entropy on the test digits: {value:.3f}."


class _WithoutWarnings(Function):
    """A function of which NumPy's warnings are errors, but for harmless underflow."""

    def judge(self, answer):
        with np.errstate(all="raise", under="ignore"):
            return super().judge(answer)


def _fools_the_majority(answer):
    functions = np.asarray(answer)
    if functions.ndim != 2 or functions.shape[1] != 8:
        return f"Expected rows of 8, got an array of shape {functions.shape}."
    if not np.isin(functions, (0, 1)).all():
        return "A Boolean function has the values 0 and 1 only."
    if len(np.unique(functions, axis=0)) < len(functions):
        return "One function stands there twice."
    guess = functions[:, :5].sum(axis=1) > 2
    accuracy = np.mean(functions[:, 5:] == guess[:, np.newaxis])
    if accuracy > 0:
        return f"The majority learner is right in {accuracy:.2f}."
    return len(functions) == 32 or f"True of these {len(functions)}, and of more."


EXERCISES = {
    "2.1": Value(
        (0.25, 0.25, 0.5),
        "exp(0) and exp(log 2) are whole numbers; what is their sum?",
    ),
    "2.2": Value(
        (np.log(3), np.log(1000)),
        "With equal logits every class gets 1/K. The logarithm is the natural one.",
        rtol=1e-3,
    ),
    "2.3": Function(
        _squared_sigmoid_gradient,
        cases=[(1, 0.0), (0, 2.0), (1, -6.0), (0, -0.5)],
        hint="Chain rule: the square outside (what is the derivative of u²?), the "
        "sigmoid inside, σ' = σ(1 − σ).",
    ),
    "2.4": Function(
        _huber_gradient,
        cases=[
            *[(0.0, 0.5, 1.0), (2.0, -3.0, 1.0), (1.0, 7.0, 2.0), (0.0, -1.9, 2.0)],
            *[(0.0, 0.8, 0.5), (0.0, 3.5, 3.0)],
            *[(0.0, part * 2.0, 2.0) for part in (0.99, 1.0, 1.01, -1.0, -1.01)],
        ],
        hint="Two cases. What is the slope of each piece, and with which sign?",
    ),
    "2.5": Value(
        2 / (4 + np.sqrt(8)),
        "Write down the matrix of second derivatives; `np.linalg.eigvalsh` helps.",
        rtol=1e-3,
    ),
    "2.6": Function(
        lambda smallest, largest: 2 / (smallest + largest),
        cases=[(1.0, 1.0), (1.0, 9.0), (0.01, 2.0)],
        hint="Draw |1 − ηλ| over η for both ends of the spectrum: where do they cross?",
    ),
    "2.7": _WithoutWarnings(
        lambda z: float(-np.logaddexp(0, -z)),
        cases=[(z,) for z in (0.0, 3.0, -3.0, 25.0, 40.0, -50.0, 1000.0, -1000.0)],
        hint="Take out what grows; the two signs need two forms. `np.log1p` is exact.",
        atol=0,
    ),
    "2.8": Function(
        lambda n, B: np.sqrt((n - B) / (B * (n - 1))),
        cases=[(10, 1), (10, 5), (10, 10), (4000, 64)],
        hint="Write the squared length of the sum of B errors as squares plus cross "
        "terms; all n errors sum to 0. At the end: the variance, or its root?",
    ),
    "2.9": Value(
        -(0.9 * np.log(0.9) + 0.1 * np.log(0.05)),
        "Set softmax(z) − p to zero. What is the cross-entropy of p with itself?",
        rtol=2e-3,
    ),
    "2.10": Property(
        _fools_the_majority,
        "Read the three values outside from what the learner will say.",
    ),
    "2.11": Property(
        _ten_digits,
        "Mini-batches of some dozen images, a rate near 0.1, a few epochs.",
    ),
}
