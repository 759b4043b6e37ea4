"""Study 16: one year ahead on the sunspots, by GRU and LSTM from scratch.

A cell reads the square roots of 24 years' numbers, a last layer forecasts the 25th.
Each block of the recurrent weights starts as an orthogonal matrix of its own.
Width, learning rate and number of steps are chosen by networks that learn from the
years up to 1855 and forecast those from 1856 to 1931; then others learn from all years
up to 1931, and forecast each later one from the 24 before it.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from dlbook import data
from dlbook.scratch import gated
from dlbook.scratch.initializer import glorot_uniform, orthogonal
from dlbook.scratch.optimizer import adam
from tools import study

WINDOW, SPLIT, TEST = 24, 1856, 1932
CELLS = {
    "GRU": (3, gated.gru_forward, gated.gru_backward),
    "LSTM": (4, gated.lstm_forward, gated.lstm_backward),
}
UNITS, RATES = (2, 4, 8, 16, 32), (0.003, 0.01, 0.03, 0.1, 0.3)
STEPS = range(25, 401, 25)
TUNING_SEEDS = 100, 101, 102


def windows():
    """Years, windows of roots, and the roots that follow, in tens."""
    years, numbers = data.sunspots()
    v = np.sqrt(numbers) / 10
    x = np.stack([v[k - WINDOW : k] for k in range(WINDOW, len(v))])
    return years[WINDOW:], x[:, :, np.newaxis], v[WINDOW:]


def squared_error(forecasts, roots):
    """Of the numbers, not of their roots."""
    return np.mean((100 * np.maximum(forecasts, 0) ** 2 - 100 * roots**2) ** 2)


def started(name, units, mean, seed):
    random, (blocks, _, _) = np.random.default_rng(seed), CELLS[name]
    w = glorot_uniform((1, blocks * units), random)
    u = [orthogonal((units, units), random) for _ in range(blocks)]
    b = np.zeros((2, 3 * units))
    if name == "LSTM":
        b = np.repeat([0.0, 1.0, 0.0, 0.0], units)  # forget bias 1
    v = glorot_uniform((units, 1), random)[:, 0]
    return [w, np.concatenate(u, axis=1), b, v, np.array(mean)]


def forecast(name, weights, x):
    w, u, b, v, c = weights
    kept = CELLS[name][1](x, w, u, b)
    return kept[-1][:, -1] @ v + c, kept


def gradient(name, weights, x, y):
    """Of the mean squared error in the roots."""
    w, u, b, v, _ = weights
    found, kept = forecast(name, weights, x)
    e = 2 * (found - y) / len(y)
    g = np.zeros_like(kept[-1])
    g[:, -1] = np.outer(e, v)
    first = (b, *kept) if name == "GRU" else kept
    _, *parts = CELLS[name][2](g, x, w, u, *first)
    return [*parts, kept[-1][:, -1].T @ e, e.sum()]


def learned(name, units, rate, steps, x, y, seed, watched=None):
    """Weights after so many steps of Adam; each 25 steps the watched years' error."""
    weights, errors = started(name, units, y.mean(), seed), []
    states = [{} for _ in weights]
    for step in range(1, steps + 1):
        parts = gradient(name, weights, x, y)
        for k, part in enumerate(parts):
            weights[k], states[k] = adam(weights[k], part, states[k], rate)
        if watched is not None and step in STEPS:
            found, _ = forecast(name, weights, watched[0])
            errors.append(squared_error(found, watched[1]))
    return weights, errors


def tuned(name, parts, held):
    """Held-out error by units and rate, each 25 steps: the root of three runs' mean."""
    tried = {}
    for units in UNITS:
        for rate in RATES:
            runs = [
                learned(name, units, rate, STEPS[-1], *parts, seed, held)[1]
                for seed in TUNING_SEEDS
            ]
            tried[units, rate] = np.sqrt(np.mean(runs, axis=0))
            print(name, units, rate, tried[units, rate].round(1), flush=True)
    return tried


def run(seeds):
    """Returns by cell the held-out errors, the choice, and the forecasts by seed."""
    years, x, y = windows()
    fit, held, last = years < SPLIT, (SPLIT <= years) & (years < TEST), years < TEST
    results = {}
    for name in CELLS:
        tried = tuned(name, (x[fit], y[fit]), (x[held], y[held]))
        units, rate = min(tried, key=lambda key: tried[key].min())
        steps = STEPS[int(tried[units, rate].argmin())]
        found = []
        for seed in seeds:
            weights, _ = learned(name, units, rate, steps, x[last], y[last], seed)
            roots, _ = forecast(name, weights, x[~last])
            found.append(np.round(100 * np.maximum(roots, 0) ** 2, 1).tolist())
        results[name] = {
            "tried": {
                f"{n} units, {r}": e.round(2).tolist() for (n, r), e in tried.items()
            },
            "chosen": [units, rate, steps],
            "forecasts": found,
        }
    return results


def conclude(results):
    """Asserts what chapter 16 says of the choices and of the forecasts' errors."""
    years, _, roots = windows()
    observed = 100 * roots[years >= TEST] ** 2
    assert list(results) == list(CELLS)
    for found in results.values():
        settings = [f"{units} units, {rate}" for units in UNITS for rate in RATES]
        assert list(found["tried"]) == settings
        assert all(len(errors) == len(STEPS) for errors in found["tried"].values())
        units, rate, steps = found["chosen"]
        assert UNITS[0] < units < UNITS[-1]  # no end of the grid
        assert RATES[0] < rate < RATES[-1]
        assert STEPS[0] < steps < STEPS[-1]
        least = min(min(errors) for errors in found["tried"].values())
        chosen = found["tried"][f"{units} units, {rate}"]
        assert chosen[STEPS.index(steps)] == least and 11.5 < least < 13.2
        forecasts = np.array(found["forecasts"])
        assert forecasts.shape == (5, len(observed)) and forecasts.min() >= 0
        errors = np.sqrt(np.mean((forecasts - observed) ** 2, axis=1))
        assert 16.5 < np.median(errors) < 19.5
        assert 15 < errors.min() and errors.max() < 23


if __name__ == "__main__":
    study.main(__file__, run, conclude, seeds=range(5))
