"""Study 04: hinges that training places, and three hidden layers against one.

Chapter 4 trains ten networks with 16 hinges on the sine, and a copy from the formula.
This study does so in many sets of ten, with the hinges also spread at the start, and
in a few sets for five times as many steps. Then it holds three hidden layers against
one on a composed and on an added target, at three learning rates.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from dlbook import train
from dlbook.scratch.piecewise import slope_changes
from tools import study

STARTS = 10  # in a set
HINGES = 16
STEPS = {2000: 15, 10_000: 4}  # sets for each length of training
RATES = (0.003, 0.01, 0.03)
DRAWS = 8  # of points for the targets below
NETWORKS = {"deep": [4, 16, 16, 16, 1], "shallow": [4, 107, 1]}


def block(a, b):
    return 1 - np.abs(a + b)


TARGETS = {
    "composed": lambda x: block(block(x[:, 0], x[:, 1]), block(x[:, 2], x[:, 3])),
    "added": lambda x: np.sum(2 * np.abs(x) - 1, axis=1) / 2,
}


def learn(network, x, y, rate, batch_size, epochs):
    """Trains all copies as chapter 4 does; the rate falls along half a cosine to 0."""
    rates = keras.optimizers.schedules.CosineDecay(rate, epochs * len(x) // batch_size)
    network.compile(keras.optimizers.Adam(rates), loss="mse")
    network.fit(x, y, batch_size=batch_size, epochs=epochs, verbose=0)


def outputs(network, x):
    return keras.ops.convert_to_numpy(network(x.astype("float32")))[:, :, 0]


def hinges(steps, seed):
    """Trains ten copies from biases of 0, ten with the hinges spread, and the formula.

    Returns root mean square and largest error of each, (2, 21), by the formula's own.
    """
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    x = np.linspace(-1, 1, 257)[:, np.newaxis]
    y = np.sin(np.pi * x)
    network = train.side_by_side(
        [1, HINGES, 1], 2 * STARTS + 1, kernel_initializer="he_normal"
    )
    W, b, v, c = network.get_weights()
    places = np.linspace(-1, 1, 2 * HINGES + 1)[1::2]  # the middles of the cells
    spread = slice(STARTS, 2 * STARTS)
    b[spread] = -W[spread, 0] * places
    knots = np.linspace(-1, 1, HINGES + 1)
    values = np.sin(np.pi * knots)
    W[-1], b[-1], c[-1] = 1, -knots[:-1], values[0]
    v[-1, :, 0] = slope_changes(knots, values)
    network.set_weights([W, b, v, c])

    def errors():
        error = np.abs(outputs(network, x) - y)
        return np.array([np.sqrt(np.mean(error**2, axis=0)), np.max(error, axis=0)])

    formula = errors()[:, -1:]
    many = np.tile(x, (100, 1))
    targets = np.tile(np.sin(np.pi * many), (1, 2 * STARTS + 1))[..., np.newaxis]
    learn(network, many, targets, 0.01, batch_size=257, epochs=steps // 100)
    return errors() / formula


def depth(rate, seed):
    """Trains both networks on both targets from ten starts.

    Returns the error on new points as a share of the target's variance, in the
    order of `TARGETS` and `NETWORKS`: (2, 2, 10).
    """
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    x = np.random.default_rng(seed).uniform(-1, 1, (4048, 4))
    y = np.stack([f(x) for f in TARGETS.values()], axis=1)  # (points, targets)
    many = np.repeat(y[:2048], STARTS, axis=1)[..., np.newaxis]  # one for each copy
    found = []
    for sizes in NETWORKS.values():
        copies = many.shape[1]
        network = train.side_by_side(sizes, copies, kernel_initializer="he_normal")
        learn(network, x[:2048], many, rate, batch_size=128, epochs=30)
        z = outputs(network, x[2048:]).reshape(2000, len(TARGETS), STARTS)
        error = np.mean((z - y[2048:, :, np.newaxis]) ** 2, axis=0)
        found.append(error / np.var(y[2048:], axis=0)[:, np.newaxis])
    return np.stack(found, axis=1)


def run(seeds):
    """Returns errors by the formula's, for every set, and those of the targets."""
    starts = {
        "biases 0": slice(STARTS),
        "spread": slice(STARTS, 2 * STARTS),
        "formula": slice(2 * STARTS, None),
    }
    sine = {}
    for steps, sets in STEPS.items():
        found = np.array([hinges(steps, seed) for seed in seeds[:sets]]).round(3)
        sine[str(steps)] = {
            judge: {name: found[:, k, part].tolist() for name, part in starts.items()}
            for k, judge in enumerate(("root mean square", "largest"))
        }
    rates = {}
    for rate in RATES:
        found = np.array([depth(rate, seed) for seed in seeds[:DRAWS]]).round(4)
        rates[str(rate)] = {
            target: {name: found[:, i, j].tolist() for j, name in enumerate(NETWORKS)}
            for i, target in enumerate(TARGETS)
        }
    return {"sine": sine, "rates": rates}


def conclude(results):
    """Asserts what chapter 4 says: directions, and rough sizes."""
    for steps, judges in results["sine"].items():
        for judge, errors in judges.items():
            starts, spread, copy = (np.array(each) for each in errors.values())
            middle = np.median(starts, axis=1)  # one number a set
            worse = np.median(spread, axis=1) > middle
            print(
                f"{steps} steps, {judge}: {middle.min():.2f} to {middle.max():.2f},"
                f" {np.mean(starts < 1):.0%} below 1; spread worse {np.mean(worse):.0%}"
            )
            assert np.mean(worse) > 0.6
            assert np.mean(starts < np.max(copy)) < 0.05

    judges = {name: results["sine"][name] for name in ("2000", "10000")}
    mean, late = (np.array(j["root mean square"]["biases 0"]) for j in judges.values())
    worst, late_worst = (np.array(j["largest"]["biases 0"]) for j in judges.values())
    assert np.max(judges["2000"]["root mean square"]["formula"]) < 0.5
    assert 1 < np.median(mean) < 1.6 and 0.1 < np.mean(mean < 1) < 0.5
    assert 1.7 < np.median(worst) and np.mean(worst < 1) < 0.05
    assert np.mean(late < 1) > 0.5 > np.mean(late_worst < 1)

    for rate, targets in results["rates"].items():
        for target, errors in targets.items():
            deep, shallow = (np.median(each, axis=1) for each in errors.values())
            ratios = deep / shallow  # one a draw
            print(f"rate {rate}, {target}: deep / shallow {np.sort(ratios).round(2)}")
            if rate != "0.003":  # where the two are nearly level
                ahead = ratios < 1 if target == "composed" else ratios > 1
                assert np.mean(ahead) > 0.75


if __name__ == "__main__":
    study.main(__file__, run, conclude, seeds=range(15))
