"""Study 03: two spirals, seven structures, 500 to 4,000 steps.

Chapter 3 trains networks of several widths and depths on the spirals for 500 steps.
This study trains seven of them eight times as long, from ten starts on each of five
draws of the data, and says which of the gaps were a matter of time.
"""

import math
import os
from itertools import pairwise

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers

from dlbook import data
from tools import study

HIDDEN = {
    "26 relu": ((26,), "relu"),
    "8 x 8 relu": ((8, 8), "relu"),
    "84 relu": ((84,), "relu"),
    "16 x 16 relu": ((16, 16), "relu"),
    "16 x 16 softmax": ((16, 16), "softmax"),
    "4 relu": ((4,), "relu"),
    "8 relu": ((8,), "relu"),
}
COPIES = 10  # starts of each structure
STEPS = (500, 1000, 2000, 4000)
CHUNK = 500  # steps between two looks
BATCH_SIZE = 100
LEARNING_RATE = 0.02


def side_by_side(x, hidden, activation, random):
    """Puts `COPIES` networks next to each other, as chapter 3 does."""
    equation, last = "ef,nfh->enh", len(hidden)
    for number, (inputs, outputs) in enumerate(pairwise((2, *hidden, 1))):
        layer = layers.EinsumDense(
            equation,
            (COPIES, outputs),
            activation=None if number == last else activation,
            bias_axes="nh",
        )
        x = layer(x)
        limit = math.sqrt(6 / (inputs + outputs))
        start = random.uniform(-limit, limit, size=(COPIES, inputs, outputs))
        layer.set_weights([start, np.zeros((COPIES, outputs))])
        equation = "enf,nfh->enh"
    return x


def accuracies(seed):
    """Trains all networks; returns their accuracies on new points after each look."""
    keras.backend.clear_session()
    random = np.random.default_rng(seed)
    x, y = data.spirals(400, seed=2 * seed)
    x_new, y_new = data.spirals(1000, seed=2 * seed + 1)
    inputs = keras.Input((2,))
    parts = [side_by_side(inputs, *each, random) for each in HIDDEN.values()]
    model = keras.Model(inputs, layers.Concatenate(axis=1)(parts))
    model.compile(
        optimizer=keras.optimizers.Adam(LEARNING_RATE),
        loss=keras.losses.BinaryCrossentropy(from_logits=True, reduction="sum"),
    )
    looks = []
    for done in range(CHUNK, max(STEPS) + 1, CHUNK):
        passes = CHUNK * BATCH_SIZE // len(x)
        rows = np.concatenate([random.permutation(len(x)) for _ in range(passes)])
        targets = np.repeat(y[rows, None, None], COPIES * len(HIDDEN), axis=1)
        model.fit(
            x[rows], targets.astype("float32"), BATCH_SIZE, shuffle=False, verbose=0
        )
        if done in STEPS:
            z = keras.ops.convert_to_numpy(model(x_new))[..., 0]
            right = np.mean((z > 0) == y_new[:, None], axis=0)
            looks.append(right.reshape(len(HIDDEN), COPIES))
    return np.array(looks)


def run(seeds):
    """Returns accuracies of shape (seeds, starts) by structure and number of steps."""
    found = np.array([accuracies(seed) for seed in seeds])
    return {
        "steps": list(STEPS),
        "accuracy": {
            name: {
                str(steps): np.round(found[:, look, number], 4).tolist()
                for look, steps in enumerate(STEPS)
            }
            for number, name in enumerate(HIDDEN)
        },
    }


def conclude(results):
    """Asserts what chapter 3 says of the medians over the starts, for every seed."""
    median = {
        (name, int(steps)): np.median(runs, axis=1)
        for name, by_steps in results["accuracy"].items()
        for steps, runs in by_steps.items()
    }
    for key, values in median.items():
        print(f"{key}: {values.min():.3f} to {values.max():.3f}")

    early, late = min(STEPS), max(STEPS)
    for deep, wide in (("8 x 8 relu", "26 relu"), ("16 x 16 relu", "84 relu")):
        assert np.all(median[deep, early] > median[wide, early] - 0.01)
        assert np.median(median[deep, early] - median[wide, early]) > 0.005
        assert np.all(np.abs(median[deep, late] - median[wide, late]) < 0.03)
        assert np.all(median[wide, late] > 0.96)
    relu, softmax = "16 x 16 relu", "16 x 16 softmax"
    assert np.all(median[softmax, early] < median[relu, early] - 0.05)
    assert np.all(median[softmax, late] > 0.93)
    assert np.all(median["4 relu", late] < 0.85)
    assert np.all(median["8 relu", late] < 0.95)


if __name__ == "__main__":
    study.main(__file__, run, conclude, seeds=range(5))
