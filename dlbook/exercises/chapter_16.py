"""References of the exercises of chapter 16, LSTM and GRU."""

import numpy as np

from dlbook import data
from dlbook._check import Function, Property, Value
from dlbook.scratch.gated import gru_forward, lstm_forward
from dlbook.scratch.loss import sigmoid

_RANDOM = np.random.default_rng(16)


def _bias(k):
    return -np.log(2 ** (1 / k) - 1)


def _slide_gru(x, w, u):
    """The states of a GRU in the slides' form: z is the share of the new."""
    n, state, states = len(u), np.zeros((len(x), len(u))), []
    for t in range(x.shape[1]):
        a, s = x[:, t] @ w, state @ u
        z = sigmoid(a[:, :n] + s[:, :n])
        r = sigmoid(a[:, n : 2 * n] + s[:, n : 2 * n])
        candidate = np.tanh(a[:, 2 * n :] + (r * state) @ u[:, 2 * n :])
        state = (1 - z) * state + z * candidate
        states.append(state)
    return np.stack(states, axis=1)


def _from_slide(answer):
    for seed, (inputs, units) in enumerate([(2, 3), (4, 1), (1, 5)]):
        random = np.random.default_rng(seed)
        x = random.normal(size=(4, 7, inputs))
        w = random.normal(size=(inputs, 3 * units))
        u = random.normal(size=(units, 3 * units))
        found = answer(w.copy(), u.copy())
        if found is None or found is ...:
            return None
        if len(found) != 3:
            return f"Expected three arrays, got {len(found)}."
        found = [np.asarray(part, dtype=float) for part in found]
        shapes = [w.shape, u.shape, (3 * units,)]
        if [part.shape for part in found] != shapes:
            return f"The shapes are {[p.shape for p in found]}, expected {shapes}."
        _, states = gru_forward(x, *found, reset_after=False)
        if not np.allclose(states, _slide_gru(x, w, u), rtol=0, atol=1e-6):
            return "Keras's GRU gives other states with these weights."
    return True


def _coupled(q, before, candidate, f):
    e_f = q * (before - candidate) * f * (1 - f)
    return e_f, q * (1 - f) * (1 - candidate**2)


def _bounds(t):
    return t, np.tanh(t), 1


def _adds(answer):
    if len(answer) != 4:
        return f"Expected w, u, b and v, got {len(answer)} things."
    w, u, b = (np.asarray(part, dtype=float) for part in answer[:3])
    shapes = [w.shape, u.shape, b.shape]
    if shapes != [(2, 4), (1, 4), (4,)]:
        return f"The shapes are {shapes}, expected [(2, 4), (1, 4), (4,)]."
    if np.size(answer[3]) != 1:
        return f"v must be one number, got shape {np.shape(answer[3])}."
    x, y = data.adding_problem(samples=500, length=100, seed=16)
    _, _, h = lstm_forward(x.astype(float), w, u, b)
    error = np.mean((h[:, -1, 0] * np.asarray(answer[3]).item() - y[:, 0]) ** 2)
    if not error < 1e-4:  # NaN neither
        return f"The mean squared error is {error:.2g}."
    return True


def _by_blocks(first, second, block):
    means = (first - second).reshape(-1, block).mean(axis=1)
    return means.mean(), means.std(ddof=1) / np.sqrt(len(means))


def _gates(shape):
    return _RANDOM.uniform(0.05, 0.95, size=shape)


EXERCISES = {
    "16.1": Value(
        [86_528, 65_280, 274],
        "Count one block: a matrix from the inputs, one from the state, a bias for "
        "each unit. How many blocks has each cell? How many biases Keras's GRU?",
    ),
    "16.2": Function(
        _bias,
        cases=[(1,), (2.2,), (10,), (100,), (1000,)],
        hint="After k steps the gate's value to the power of k is left. Set that to "
        "one half, then undo the sigmoid.",
        rtol=1e-3,
    ),
    "16.3": Value(
        [1 / 12, 7 / 144],
        "The least mean squared error is the variance of what is not known. For "
        "independent numbers the mean of a product is the product of the means, also "
        "for their squares.",
        rtol=5e-3,
    ),
    "16.4": Property(
        _from_slide,
        "Which argument must a sigmoid have for its value to be 1 minus the old one?",
        function=True,
    ),
    "16.5": Function(
        _coupled,
        cases=[
            (1.0, 0.5, -0.25, 0.75),
            (np.array([2.0]), np.array([0.4]), np.array([0.4]), np.array([0.5])),
            (_RANDOM.normal(size=(3, 4)), _RANDOM.normal(size=(3, 4)))
            + (np.tanh(_RANDOM.normal(size=(3, 4))), _gates((3, 4))),
        ],
        hint="The gate occurs twice in the new cell: once it keeps, once 1 minus it "
        "takes. Each gradient ends with the slope of its own squashing.",
        rtol=1e-4,
    ),
    "16.6": Function(
        _bounds,
        cases=[(1,), (2,), (5,)],
        hint="By how much can |c| grow in one step, at most? The state shows tanh of "
        "the cell, times a gate. In a GRU the new state is a mean of two numbers.",
        rtol=1e-3,
    ),
    "16.7": Property(
        _adds,
        "Let the candidate be a small multiple of the number, where tanh is nearly "
        "straight, open the input gate at a mark only, and the others always.",
    ),
    "16.8": Function(
        _by_blocks,
        cases=[
            (np.array([1.0, 4.0, 0.0, 1.0]), np.array([0.0, 1.0, 2.0, 3.0]), 2),
            (_RANDOM.normal(size=12) ** 2, _RANDOM.normal(size=12) ** 2, 3),
            (np.arange(20.0), np.arange(20.0)[::-1] ** 2, 5),
            (_RANDOM.normal(size=8) ** 2, _RANDOM.normal(size=8) ** 2, 1),
        ],
        hint="Average the differences in each block of neighbours first; the standard "
        "error is that of the mean of these averages.",
        rtol=1e-4,
    ),
}
