"""References of the exercises of chapter 5, Backpropagation."""

from itertools import pairwise

import numpy as np

from dlbook import data
from dlbook._check import Function, Property, Value
from dlbook.scratch import activation, autodiff, loss, network


def _count(sizes):
    pairs = list(pairwise(sizes))
    forward = sum(inputs * units for inputs, units in pairs)
    parameters = sum((inputs + 1) * units for inputs, units in pairs)
    return 3 * forward - sizes[0] * sizes[1], parameters


def _squared_tanh_gradient(y, z):
    p = np.tanh(z)
    return (p - y) * (1 - p**2) / len(z)


def _softmax_pull(z, g):
    s = loss.softmax(z)
    return s * (g - np.sum(g * s, axis=-1, keepdims=True))


def _wrong_slopes(answer):
    names = [answer] if isinstance(answer, str) else list(answer)
    names = [str(name).lower() for name in names]
    if unknown := [name for name in names if name not in activation.ACTIVATIONS]:
        return f"No activation has the name {unknown[0]!r}."
    harmless = {"step", "relu", "leaky_relu"}
    wrong = set(activation.ACTIVATIONS) - harmless
    if missing := len(wrong - set(names)):
        return f"{missing} missing."
    return set(names) == wrong or "At least one of these has a right gradient."


def _log_sum_exp_operation(answer):
    random = np.random.default_rng(0)
    large = np.array([[1000.0, 0.0, 999.0], [-1000.0, -1001.0, -1e4]])
    for value in (random.normal(size=(4, 3)), large, np.zeros((1, 5))):
        z, weights = autodiff.Tensor(value.copy()), random.normal(size=(len(value), 1))
        with np.errstate(all="raise", under="ignore"):
            result = answer(z)
            parents = getattr(result, "parents", None)
            if parents is None:
                return f"It returned {type(result).__name__}, expected a Tensor."
            if len(parents) != 1 or parents[0][0] is not z:
                return "The result's only parent must be z."
            if result.value.shape != weights.shape:
                return f"Its shape is {result.value.shape}, expected {weights.shape}."
            arrived = weights.copy()
            pulled = parents[0][1](arrived)
        if (z.value != value).any() or (arrived != weights).any():
            return "It changes z or the gradient that has arrived."
        expected = loss.log_sum_exp(value)[:, np.newaxis]
        if not np.allclose(result.value, expected, rtol=1e-9):
            return "Its value differs from log-sum-exp."
        if np.shape(pulled) != value.shape or not np.allclose(
            pulled, weights * loss.softmax(value), rtol=1e-7
        ):
            return "Its value is right, its pull differs."
    return True


class _Dual:
    def __init__(self, value, rate=0.0):
        self.value, self.rate = value, rate

    def __add__(self, other):
        other = other if isinstance(other, _Dual) else _Dual(other)
        return _Dual(self.value + other.value, self.rate + other.rate)

    def __mul__(self, other):
        other = other if isinstance(other, _Dual) else _Dual(other)
        rate = self.rate * other.value + self.value * other.rate
        return _Dual(self.value * other.value, rate)

    def __sub__(self, other):
        return self + other * -1

    def __rsub__(self, other):
        return self * -1 + other

    __radd__, __rmul__ = __add__, __mul__


class _OfDuals:
    """A function that refuses plain numbers, so that none can measure its slope."""

    def __init__(self, text, function):
        self.text, self.function = text, function

    def __call__(self, x):
        if isinstance(x, (int, float, complex, np.ndarray, np.generic)):
            raise TypeError(f"f got the plain number {x!r}, expected your Dual")
        return self.function(x)

    def __repr__(self):
        return self.text


class _Gradient:
    """A gradient that may be called twice."""

    def __init__(self, text, function):
        self.text, self.function, self.calls = text, function, 0

    def __call__(self, w):
        self.calls += 1
        if self.calls > 2:
            raise RuntimeError("more than two calls of the gradient")
        return self.function(w)

    def __repr__(self):
        return self.text


def _hessian_times(gradient, w, v, h=1e-5):
    return (gradient(w + h * v) - gradient(w - h * v)) / (2 * h)


def _sigmoid_bound(matrices):
    return np.prod([np.linalg.norm(W, 2) / 4 for W in matrices[1:]])


def _layer_norm_pull(x, g, epsilon):
    s = np.sqrt(x.var(axis=1, keepdims=True) + epsilon)
    y = (x - x.mean(axis=1, keepdims=True)) / s
    mean, along = (a.mean(axis=1, keepdims=True) for a in (g, g * y))
    return (g - mean - y * along) / s


def _reads_digits(answer):
    layers, name = answer
    layers = [tuple(np.asarray(part, dtype=float) for part in pair) for pair in layers]
    if len(layers) < 2:
        return f"Expected at least two layers, got {len(layers)}."
    _, (images, labels) = data.mnist()
    z, _ = network.forward(layers, images.reshape(len(images), -1) / 255, name)
    if z[-1].shape != (len(labels), 10):
        return f"Logits must have shape {(len(labels), 10)}, got {z[-1].shape}."
    if not np.isfinite(z[-1]).all():
        return "The logits are not finite."
    accuracy = np.mean(np.argmax(z[-1], axis=1) == labels)
    return bool(accuracy >= 0.92) or f"Accuracy on the test digits: {accuracy:.3f}."


_RANDOM = np.random.default_rng(5)

EXERCISES = {
    "5.1": Value(
        np.outer([1, 2], [1, -1]) / (1 + np.exp(-1)),
        "The scores differ by 1. Which entry of t is 1? Which index is the input's?",
        rtol=2e-3,
    ),
    "5.2": Function(
        _count,
        cases=[([784, 64, 10],), ([5, 3],), ([7, 2, 9, 4],)],
        hint="Three products a layer, but one of them is not needed in one layer. "
        "Biases are parameters, too.",
        rtol=0,
        atol=0.5,
    ),
    "5.3": Function(
        _squared_tanh_gradient,
        cases=[
            (np.array([[1.0, -1.0]]), np.array([[0.3, 0.0]])),
            (_RANDOM.normal(size=(4, 2)), _RANDOM.normal(size=(4, 2))),
        ],
        hint="Which entries of P does one entry of Z reach? Mind the mean over rows.",
        rtol=1e-5,
    ),
    "5.4": Function(
        _softmax_pull,
        cases=[
            (np.zeros((1, 2)), np.array([[1.0, 0.0]])),
            (_RANDOM.normal(size=(4, 3)), _RANDOM.normal(size=(4, 3))),
            (5 * _RANDOM.normal(size=(2, 7)), _RANDOM.normal(size=(2, 7))),
        ],
        hint="Sum g_i s_i (1[i = j] - s_j) over i, in each row.",
        rtol=1e-5,
    ),
    "5.5": Property(
        _wrong_slopes,
        "Compare the slope at z and at g(z), for z > 0 and for z < 0.",
    ),
    "5.6": Property(
        _log_sum_exp_operation,
        "The derivative of log-sum-exp has a name. Chapter 2's functions do not "
        "overflow.",
        function=True,
    ),
    "5.7": Function(
        lambda f, x: f(_Dual(x, 1.0)).rate,
        cases=[
            (_OfDuals("x*x*x + 2*x", lambda x: x * x * x + 2 * x), 3.0),
            (  # of a degree at which no extrapolated difference is exact
                _OfDuals(
                    "(x*x*x - 2)*(x*x + x)*(x*x*x - 1)",
                    lambda x: (x * x * x - 2) * (x * x + x) * (x * x * x - 1),
                ),
                1.3,
            ),
            (
                _OfDuals(
                    "(1 - x)*(x + 3)*(x - 0.5)", lambda x: (1 - x) * (x + 3) * (x - 0.5)
                ),
                0.3,
            ),
            (
                _OfDuals(
                    "5 - x*4 + (7 + x)*x - x*(x*0.1)",
                    lambda x: 5 - x * 4 + (7 + x) * x - x * (x * 0.1),
                ),
                -1.7,
            ),
        ],
        hint="The product rule for *, and plain numbers have rate 0. In 1 - x Python "
        "calls x.__rsub__(1): which of the two is subtracted?",
        rtol=1e-12,
        atol=1e-12,
    ),
    "5.8": Function(
        _hessian_times,
        cases=[
            (
                _Gradient(
                    "the gradient of a quadratic",
                    lambda w: np.array([[6.0, 2.0], [2.0, 2.0]]) @ w,
                ),
                np.array([1.0, -1.0]),
                np.array([1.0, 0.5]),
            ),
            (
                _Gradient("the gradient of sum(w**4)", lambda w: 4 * w**3),
                np.array([0.5, 2.0]),
                np.array([1.0, -2.0]),
            ),
            (
                _Gradient("softmax", loss.softmax),
                np.zeros(3),
                np.array([1.0, 0.0, -2.0]),
            ),
        ],
        hint="How does the gradient change from w - h v to w + h v?",
        rtol=1e-4,
        atol=1e-6,
    ),
    "5.9": Function(
        _sigmoid_bound,
        cases=[
            ([np.ones((2, 3)), 2 * np.eye(3)],),
            ([_RANDOM.normal(size=shape) for shape in ((4, 5), (5, 3), (3, 2))],),
        ],
        hint="One step down: which is the largest slope of a sigmoid, and how long can "
        "a row become in the product? Which matrices lie on the way?",
        rtol=1e-4,
    ),
    "5.10": Function(
        _layer_norm_pull,
        cases=[
            (_RANDOM.normal(size=(3, 4)), _RANDOM.normal(size=(3, 4)), 1e-3),
            (3 + _RANDOM.normal(size=(2, 6)), _RANDOM.normal(size=(2, 6)), 0.5),
        ],
        hint="x_i reaches y_j directly, through the mean and through s: find ds/dx_i.",
        rtol=1e-5,
    ),
    "5.11": Value(
        (10, 20),
        "Write the units held as a function of k. Where is its derivative 0?",
    ),
    "5.12": Property(
        _reads_digits,
        "Two hidden layers of about a hundred units, batches of some dozen images: "
        "which rate does the hold-out prefer?",
    ),
}
