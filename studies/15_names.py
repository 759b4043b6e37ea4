"""Study 15: how well does a recurrent network predict the letters of a name?

Chapter 15 compares a simple recurrent network with n-grams on first names. Units,
rate and epochs are chosen on 500 training names left over, by the mean of three
starts; how the first weights are drawn was chosen there before, with one start. More
than 256 units were not tried, for the chapter trains one network in sight. Then five
networks learn all training names and meet the test names. The network is the
chapter's: the book's own backpropagation through time, in float32.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from itertools import product

import numpy as np

from dlbook import data
from dlbook.scratch.descent import batches
from dlbook.scratch.initializer import glorot_uniform, orthogonal
from dlbook.scratch.loss import softmax
from dlbook.scratch.optimizer import adam
from dlbook.scratch.recurrent import (
    clip_by_norm,
    recurrent_backward,
    recurrent_forward,
)
from tools import study

STEPS, SIGNS = 12, 27  # letters 1 to 26; 0 is the mark before and after a name
EYE = np.eye(SIGNS, dtype="float32")
LEFT_OVER = 500
UNITS, RATES, EPOCHS = (64, 128, 192, 256), (0.003, 0.007, 0.015, 0.03), (6, 12, 18, 24)
STARTS = 3


def encode(names):
    """Codes of shape (names, 12): letters, the end mark, then -1 for nothing."""
    codes = np.full((len(names), STEPS), -1)
    for row, name in zip(codes, names, strict=True):
        row[: len(name) + 1] = [ord(letter) - 96 for letter in name] + [0]
    return codes


def start(units, random):
    w = random.normal(scale=0.5, size=(SIGNS, units))  # one row is read, no sum
    u = orthogonal((units, units), random, factor=0.5)
    v = glorot_uniform((units, SIGNS), random)
    p = w, u, np.zeros(units), v, np.zeros(SIGNS)
    return [array.astype("float32") for array in p]


def predictions(p, codes):
    w, u, b, v, c = p
    x = EYE[np.maximum(np.roll(codes, 1, axis=1), 0)]
    x[:, 0] = EYE[0]
    a, h = recurrent_forward(x, w, u, b)
    return x, a, h, softmax(h @ v + c)


def bits(p, codes):
    *_, y = predictions(p, codes)
    names, steps = np.nonzero(codes >= 0)
    chance = y[names, steps, codes[names, steps]].astype(float)
    return float(-np.mean(np.log2(chance)))


def gradients(p, codes):
    w, u, b, v, c = p
    x, a, h, y = predictions(p, codes)
    real = codes >= 0
    e = (y - EYE[codes]) * (real / real.sum())[..., np.newaxis].astype("float32")
    d_v = np.tensordot(h, e, [(0, 1), (0, 1)])
    _, d_w, d_u, d_b = recurrent_backward(e @ v.T, x, w, u, a, h)
    return d_w, d_u, d_b, d_v, e.sum(axis=(0, 1))


def train(codes, units, rate, epochs, seed):
    random = np.random.default_rng(seed)
    p, step, steps = start(units, random), 0, epochs * -(-len(codes) // 64)
    states = [{} for _ in p]
    for _ in range(epochs):
        for rows in batches(len(codes), 64, random):
            d_p = clip_by_norm(gradients(p, codes[rows]), 1.0)
            now = float(rate * (1 + np.cos(np.pi * step / steps)) / 2)
            pairs = [
                adam(*parts, learning_rate=now)
                for parts in zip(p, d_p, states, strict=True)
            ]
            p, states = map(list, zip(*pairs, strict=True))
            step += 1
    return p


def run(seeds):
    names, test = (encode(part) for part in data.names())
    known, left = names[:-LEFT_OVER], names[-LEFT_OVER:]
    grid = []  # units, rate, epochs, bits of each start

    def add(units, rate, epochs):
        found = [
            bits(train(known, units, rate, epochs, s), left) for s in range(STARTS)
        ]
        grid.append([units, rate, epochs, found])
        print(units, rate, epochs, np.round(found, 3), flush=True)

    def best():
        return min(grid, key=lambda row: np.mean(row[3]))[:3]

    for units, rate in product(UNITS, RATES):
        add(units, rate, 12)
    units, rate, _ = best()
    for epochs in EPOCHS:
        if epochs != 12:
            add(units, rate, epochs)
    units, rate, epochs = best()
    networks = [train(names, units, rate, epochs, seed) for seed in seeds]
    chances = np.mean([predictions(p, test)[3].astype(float) for p in networks], axis=0)
    rows, steps = np.nonzero(test >= 0)
    together = -np.mean(np.log2(chances[rows, steps, test[rows, steps]]))
    return {
        "grid": grid,
        "best": [units, rate, epochs],
        "training": [bits(p, names) for p in networks],
        "test": [bits(p, test) for p in networks],
        "together": float(together),
    }


def conclude(results):
    grid = {tuple(row[:3]): np.mean(row[3]) for row in results["grid"]}
    best = tuple(results["best"])
    assert len(grid) == len(UNITS) * len(RATES) + len(EPOCHS) - 1
    assert best == min(grid, key=grid.get)
    assert min(RATES) < best[1] < max(RATES) and min(EPOCHS) < best[2] < max(EPOCHS)
    test, training = np.array(results["test"]), np.array(results["training"])
    assert len(test) == len(training) == 5
    assert 2.70 < test.min() and test.max() < 2.77  # the n-grams of (15.11): 2.80
    assert 2.2 < training.min() and training.max() < 2.35
    assert 0.03 < test.mean() - results["together"] < 0.08
    assert 2.70 < grid[best] < 2.78


if __name__ == "__main__":
    study.main(__file__, run, conclude, seeds=range(5))
