"""The judges of chapter 5's exercises: wrong answers are refused, short ones accepted.

That the full right answers are accepted is shown by the chapter's solutions.
"""

import numpy as np
import pytest

from dlbook.exercises.chapter_05 import EXERCISES
from dlbook.scratch import activation, loss, network
from dlbook.scratch.autodiff import Tensor

RANDOM = np.random.default_rng(0)


def composed(z):
    """Right values from several operations: more than one parent away from z."""
    return z.exp().sum(axis=-1).log()


def overflowing(z):
    value = np.log(np.exp(z.value).sum(axis=-1, keepdims=True))
    return Tensor(value, ((z, lambda g: g * loss.softmax(z.value)),))


def without_arrived_gradient(z):
    value = loss.log_sum_exp(z.value)[:, np.newaxis]
    return Tensor(value, ((z, lambda g: loss.softmax(z.value)),))


def in_place(z):
    value = loss.log_sum_exp(z.value)[:, np.newaxis]
    softmax = loss.softmax(z.value)
    z.value -= value
    return Tensor(value, ((z, lambda g: g * softmax),))


def in_place_pull(z):
    def pull(g):
        pulled = g * loss.softmax(z.value)
        g *= 0
        return pulled

    return Tensor(loss.log_sum_exp(z.value)[:, np.newaxis], ((z, pull),))


def richardson(f, x):
    return (4 * central_difference(f, x, 0.5) - central_difference(f, x, 1)) / 3


def whole_hessian(gradient, w, v):
    steps = 1e-5 * np.eye(len(w))
    return v @ [(gradient(w + h) - gradient(w - h)) / 2e-5 for h in steps]


def forward_difference(f, x):
    return (f(x + 1e-8) - f(x)) / 1e-8


def central_difference(f, x, h=1e-5):
    return (f(x + h) - f(x - h)) / (2 * h)


def layer_norm_pull(x, g, epsilon, second=True):
    s = np.sqrt(x.var(axis=1, keepdims=True) + epsilon)
    y = (x - x.mean(axis=1, keepdims=True)) / s
    along = y * np.mean(g * y, axis=1, keepdims=True)
    return (g - g.mean(axis=1, keepdims=True) - second * along) / s


def random_layers(sizes):
    return network.initialize(sizes, RANDOM)


P = 1 / (1 + np.exp(-1))
WRONG = {
    "5.1": [
        [[P, -P], [-2 * P, 2 * P]],
        [[P, 2 * P], [-P, -2 * P]],
        [[P - 1, 1 - P], [2 * P - 2, 2 - 2 * P]],
        np.full((2, 2), np.nan),
    ],
    "5.2": [
        lambda s: (3 * sum(a * b for a, b in zip(s, s[1:], strict=False)), 50_890),
        lambda s: (102_272, 50_890),
    ],
    "5.3": [
        lambda y, z: (np.tanh(z) - y) / len(z),
        lambda y, z: (np.tanh(z) - y) * (1 - np.tanh(z) ** 2),
        lambda y, z: (np.tanh(z) - y) * (1 - np.tanh(z) ** 2) / z.size,
    ],
    "5.4": [
        lambda z, g: g * loss.softmax(z),
        lambda z, g: g * loss.softmax(z) * (1 - loss.softmax(z)),
        lambda z, g: loss.softmax(z) * (g - g.mean(axis=1, keepdims=True)),
        lambda z, g: loss.softmax(z) * (g - np.sum(g * loss.softmax(z))),
    ],
    "5.5": [
        [],
        list(activation.ACTIVATIONS),
        ["sigmoid", "tanh", "elu", "silu"],
        ["sigmoid", "tanh", "elu", "silu", "gelu", "leaky_relu"],
        ["swish"],
        3,
    ],
    "5.6": [
        *(composed, overflowing, without_arrived_gradient, in_place, in_place_pull),
        *(lambda z: z.value, 7),
    ],
    "5.7": [
        *(forward_difference, central_difference, richardson),
        lambda f, x: f(x + 1e-30j).imag / 1e-30,
        lambda f, x: 3 * x * x + 2,
    ],
    "5.8": [
        whole_hessian,
        lambda gradient, w, v: gradient(w + v) - gradient(w),
        lambda gradient, w, v: gradient(v),
        lambda gradient, w, v: (gradient(w + 1e-5 * v) - gradient(w)) / 2e-5,
    ],
    "5.9": [
        lambda matrices: np.prod([np.linalg.norm(W, 2) / 4 for W in matrices]),
        lambda matrices: np.prod([np.linalg.norm(W) / 4 for W in matrices[1:]]),
        lambda matrices: 0.25 ** (len(matrices) - 1),
    ],
    "5.10": [
        lambda x, g, e: layer_norm_pull(x, g, e, second=False),
        lambda x, g, e: layer_norm_pull(x, g, 0.0),
        lambda x, g, e: g / np.sqrt(x.var(axis=1, keepdims=True) + e),
    ],
    "5.11": [(10, 100), (20, 10), (5, 25), 20],
    "5.12": [
        (random_layers([784, 10]), "relu"),
        (random_layers([784, 16, 10]), "relu"),
        (random_layers([784, 16, 9]), "relu"),
        ([(W * np.nan, b) for W, b in random_layers([784, 16, 10])], "relu"),
        (random_layers([784, 16, 10]), "swish"),
    ],
}
SHORT = {
    "5.1": [[0.731, -0.731], [1.46, -1.46]],
    "5.5": ("GELU", "elu", "silu", "tanh", "Sigmoid"),
    "5.8": lambda gradient, w, v: (
        (gradient(w + 1e-4 * v) - gradient(w - 1e-4 * v)) / 2e-4
    ),
}


@pytest.mark.parametrize("number", SHORT)
def test_answers_at_the_precision_asked_for_are_accepted(number):
    assert EXERCISES[number].judge(SHORT[number]) == ""


def test_a_bound_is_judged_on_the_argument_s_own_value():
    """A skeleton is no answer yet; a solution that changes its arguments is judged."""
    assert EXERCISES["5.9"].judge(lambda matrices: ...) is None

    def in_place(y, z):
        z[:] = np.tanh(z)
        return (z - y) * (1 - z**2) / len(z)

    assert EXERCISES["5.3"].judge(in_place) == ""
