"""Study 02: one network, one data set, six learning rates, raw and standardized.

Chapter 2 trains a small network on Fisher's flowers at three learning rates and says
what the loss curves look like. One run proves little, so this study repeats it for
12 seeds, for rates in between, on standardized inputs, and with the whole training
set as one batch, for as many steps. At the highest rate on standardized inputs the
runs differ most: there it takes all 50 seeds.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from dlbook import data
from tools import study

RATES = (1e-8, 1e-3, 1e-2, 1e-1, 5e-1, 2.0)
EPOCHS = 40
BATCH_SIZE = 12
STEPS = 10  # of an epoch: 120 flowers in batches of 12
SEEDS = 12  # but for the highest rate on standardized inputs
CHANCE = np.log(3)  # the loss of a network that says "one third each"


def losses(x, y, learning_rate, seed, full_batch=False):
    """Trains the network once; returns the mean training loss of every 10 steps."""
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dense(3),  # logits; the softmax is in the loss
        ]
    )
    model.compile(
        optimizer=keras.optimizers.SGD(learning_rate),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    batch_size = BATCH_SIZE
    if full_batch:  # ten copies of the set, a copy a batch: ten steps an epoch as well
        batch_size, x, y = len(x), np.tile(x, (STEPS, 1)), np.tile(y, STEPS)
    history = model.fit(
        x,
        y,
        batch_size=batch_size,
        epochs=EPOCHS,
        shuffle=not full_batch,
        verbose=0,
    )
    return [float(f"{loss:.4g}") for loss in history.history["loss"]]


def run(seeds):
    """Trains at every rate, on both forms of the inputs, once a seed."""
    (x, y), _ = data.iris()
    standardized = (x - x.mean(axis=0)) / x.std(axis=0)
    settings = {
        "raw": (x, RATES, False),
        "standardized": (standardized, RATES, False),
        "standardized, full batch": (standardized, (1e-2, 2.0), True),
    }
    curves = {}
    for name, (inputs, rates, full_batch) in settings.items():
        curves[name] = {}
        for rate in rates:
            keras.backend.clear_session()
            many = name != "raw" and rate == 2.0
            curves[name][f"{rate:g}"] = [
                losses(inputs, y, rate, seed, full_batch)
                for seed in (seeds if many else seeds[:SEEDS])
            ]
    return {"epochs": EPOCHS, "batch_size": BATCH_SIZE, "steps": STEPS, "loss": curves}


def conclude(results):
    """Asserts what chapter 2 says of the curves, for every seed or for a share."""
    first, final = {}, {}
    for name, by_rate in results["loss"].items():
        for rate, runs in by_rate.items():
            key = name, float(rate)
            first[key], final[key] = np.array(runs)[:, 0], np.array(runs)[:, -1]
    for key, losses in final.items():
        low, middle, high = np.quantile(losses, (0, 0.5, 1))
        print(f"{key}: {low:.3f} {middle:.3f} {high:.3f} of {len(losses)}")

    # Too low: nothing moves. Raw inputs, too high: the network is stuck at chance.
    for name in ("raw", "standardized"):
        key = name, 1e-8
        np.testing.assert_allclose(final[key], first[key], rtol=0.01)
    for rate in (0.5, 2.0):
        assert np.all(np.abs(final["raw", rate] - CHANCE) < 0.25)
    assert np.all(final["raw", 1e-2] < 0.8)

    # A low rate is faster on raw inputs; standardized ones bear a higher rate.
    for rate in (1e-3, 1e-2):
        medians = [np.median(final[name, rate]) for name in ("raw", "standardized")]
        assert medians[0] < medians[1]
    # Standardized: a rate that was too high beats, in every run, the one that was good.
    assert final["standardized", 0.5].max() < final["standardized", 1e-2].min()

    # The highest is a gamble with small batches, and far less of one without noise:
    # the share of runs that end below every run at 0.01, and the share that is stuck.
    below, stuck = {}, {}
    for name in ("standardized", "standardized, full batch"):
        high, good = final[name, 2.0], final[name, 1e-2]
        below[name], stuck[name] = np.mean(high < good.min()), np.mean(high > 1)
        print(f"{name}: {below[name]:.0%} below, {stuck[name]:.0%} above 1")
    small, full = below
    assert 0.1 < below[small] < 0.8 and 0.04 < stuck[small] < 0.5
    assert below[full] > below[small] + 0.15 and stuck[full] < stuck[small]


if __name__ == "__main__":
    study.main(__file__, run, conclude, seeds=range(50))
