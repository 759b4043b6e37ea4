"""References of the exercises of chapter 15, Recurrent networks."""

import itertools

import numpy as np

from dlbook._check import Function, Property, Value
from dlbook.scratch.loss import softmax
from dlbook.scratch.recurrent import recurrent_forward

_RANDOM = np.random.default_rng(15)


def _parameters(inputs, units):
    return units * (inputs + units + 1) + (units + 1) * inputs


def _counter_error(u, length):
    return np.sum(float(u) ** np.arange(length)) - length


def _first_state(e, u):
    return e[:, 0].sum(axis=0) @ u.T


def _cooled(z, temperature):
    return softmax(z / temperature)


def _together(q):
    return -np.mean(np.log2(np.mean(q, axis=0))), -np.mean(np.log2(q))


def _tells_parity(answer):
    shapes = (1, 2), (2, 2), (2,), (2, 1), (1,)
    w, u, b, v, c = (np.asarray(part, dtype=float) for part in answer)
    found = tuple(part.shape for part in (w, u, b, v, c))
    if found != shapes:
        return f"The shapes are {found}, expected {shapes}."
    for length in (1, 2, 3, 8):
        bits = np.array(list(itertools.product([0.0, 1.0], repeat=length)))
        _, h = recurrent_forward(bits[:, :, np.newaxis], w, u, b, "relu")
        odd = np.cumsum(bits, axis=1) % 2
        right = np.abs((h @ v + c)[:, :, 0] - odd) < 1e-3  # NaN is not right
        if not right.all():
            row, step = np.argwhere(~right)[0]
            text = "".join(f"{bit:.0f}" for bit in bits[row, : step + 1])
            return f"After {text} the output is not {odd[row, step]:.0f}."
    return True


def _turned_by_entries(answer):
    vector = np.asarray(answer, dtype=float)
    if vector.shape != (2,) or not np.isfinite(vector).all():
        return f"Expected two finite numbers, got {answer!r}."
    if not vector.any():
        return "A vector of length 0 has no direction."
    cut = np.clip(vector, -1, 1)
    angle = abs(np.degrees(np.arctan2(*vector) - np.arctan2(*cut)))
    return True if angle > 40 else f"It turns by {angle:.1f} degrees."


def _errors(batch, steps, units):
    return _RANDOM.normal(size=(batch, steps, units))


EXERCISES = {
    "15.1": Function(
        _parameters,
        cases=[(27, 128), (5, 3), (1, 1), (100, 10)],
        hint="The recurrent layer has weights from the input, weights from the state "
        "and biases; the dense layer has a weight for each pair and a bias for each "
        "sign.",
    ),
    "15.2": Property(
        _tells_parity,
        "Let the state be ReLU(s + x) and ReLU(s + x - 1), where s is the old output. "
        "How do you write s with the old state?",
    ),
    "15.3": Value(
        [1.75, 2.0, 1.75],
        "First the three states, then the errors from the last to the first, each "
        "half of the one after. In the gradient in u the state of the step before "
        "stands beside each error.",
        rtol=1e-3,
    ),
    "15.4": Function(
        _counter_error,
        cases=[(1.0, 10), (0.5, 3), (1.1, 20), (0.99, 100), (-0.5, 5), (1.3, 1)],
        hint="A string of ones gives the sum of the first powers of u, from u to the "
        "power 0 on. Take the number of ones away.",
        rtol=1e-3,
        atol=1e-6,
    ),
    "15.5": Function(
        _first_state,
        cases=[
            (_errors(2, 1, 2), _RANDOM.normal(size=(2, 2))),
            (_errors(1, 3, 3), _RANDOM.normal(size=(3, 3))),
            (_errors(5, 7, 4), _RANDOM.normal(size=(4, 4))),
        ],
        hint="The first state enters the pre-activations of the first step only, and "
        "it is the same for all sequences of the batch.",
        rtol=1e-4,
    ),
    "15.6": Function(
        _cooled,
        cases=[
            (np.array([1.0, 2.0, 0.5]), 1.0),
            (np.array([50.0, 49.0, 10.0]), 0.001),
            (np.array([[3.0, -2.0], [1.0, 1.5]]), 0.5),
            (np.array([[900.0, 1.0], [0.0, 2.0]]), 1.0),
            (np.array([5.0, 1.0, 0.0]), 1e6),
        ],
        hint="Take the largest logit of each row out before you divide by the "
        "temperature and apply the exponential; sum over the last axis.",
        rtol=1e-4,
    ),
    "15.7": Function(
        _together,
        cases=[
            (np.array([[0.9], [0.1]]),),
            (np.array([[0.5, 0.25]]),),
            (_RANDOM.uniform(0.01, 1, size=(5, 40)),),
        ],
        hint="For each sign take the mean of the networks' probabilities, then the "
        "logarithm, then the mean over signs; and once more with the logarithm first.",
        rtol=1e-3,
    ),
    "15.8": Property(
        _turned_by_entries,
        "Clipping makes both entries 1 if both exceed 1. Which vectors in that corner "
        "point far away from the diagonal?",
    ),
}
