"""Study 07: what normalization does for six hidden layers, at five learning rates.

Networks of sigmoids, tanh and ReLU units learn digits with and without batch and layer
normalization, before or after the activation, from ten starts; they are read after five
epochs and after twenty. Where a network's weights have overflowed, its outputs are NaN
and count as guesses. Chapter 7 draws the record and trains a slice of it.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers

from dlbook import data, train
from tools import study

DEPTH, WIDTH = 6, 32
RATES = (0.03, 0.1, 0.3, 1.0, 3.0)
EPOCHS = (5, 20)  # read after each
BATCH_SIZE = 100
MOMENTUM = 0.9
CASES = {
    "sigmoid": ("sigmoid", None, "before"),
    "sigmoid, batch before": ("sigmoid", "batch", "before"),
    "sigmoid, batch after": ("sigmoid", "batch", "after"),
    "sigmoid, layer before": ("sigmoid", "layer", "before"),
    "tanh": ("tanh", None, "before"),
    "tanh, batch before": ("tanh", "batch", "before"),
    "tanh, batch after": ("tanh", "batch", "after"),
    "relu": ("relu", None, "before"),
    "relu, batch before": ("relu", "batch", "before"),
    "relu, batch after": ("relu", "batch", "after"),
    "relu, layer before": ("relu", "layer", "before"),
}


def digits():
    """Digits of 14 x 14 pixels, shifted and scaled by one mean and deviation."""
    sets = [
        (images.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)).reshape(-1, 196), labels)
        for images, labels in data.mnist()
    ]
    mean, deviation = sets[0][0].mean(), sets[0][0].std()
    return [((x - mean) / deviation, labels.astype("int64")) for x, labels in sets]


def network(copies, activation, normalization, place):
    """Networks side by side, He's start for ReLU and Glorot's for the others."""
    name = "he_normal" if activation == "relu" else "glorot_uniform"
    plain = train.side_by_side([196, *[WIDTH] * DEPTH, 10], copies, "linear", name)
    model = keras.Sequential([keras.Input((196,))])
    for layer in plain.layers[:-1]:
        model.add(layer)
        if isinstance(layer, layers.RepeatVector):
            continue
        added = []
        if normalization == "batch":  # each copy's units are features of their own
            flat = layers.Reshape((copies * WIDTH,))
            normal = layers.BatchNormalization(momentum=MOMENTUM)
            added = [flat, normal, layers.Reshape((copies, WIDTH))]
        elif normalization == "layer":  # gamma and beta for each copy, not one for all
            normal = layers.LayerNormalization(center=False, scale=False)
            options = {"bias_axes": "cu", "kernel_initializer": "ones"}
            shape = copies, WIDTH
            added = [normal, layers.EinsumDense("bcu,cu->bcu", shape, **options)]
        active = [layers.Activation(activation)]
        for each in added + active if place == "before" else active + added:
            model.add(each)
    model.add(plain.layers[-1])
    return model


def accuracies(case, seeds):
    """Trains all starts at all rates side by side; reads them after each of `EPOCHS`.

    Returns the accuracies on the test digits, and whether a network has overflowed,
    both of shape (epochs, seeds, rates).
    """
    keras.backend.clear_session()
    keras.utils.set_random_seed(seeds[0])  # the copies draw one after the other
    (x, y), (x_test, y_test) = digits()
    rates = np.tile(RATES, len(seeds))
    model = network(len(rates), *case)

    def loss(y, z):  # a loss times its rate is a step of that rate
        each = keras.losses.sparse_categorical_crossentropy(y, z, from_logits=True)
        return keras.ops.convert_to_tensor(rates, dtype=each.dtype) * each

    model.compile(keras.optimizers.SGD(1.0), loss=train.summed(loss))
    shape = len(seeds), len(RATES)
    right, overflowed, done = [], [], 0
    for epochs in EPOCHS:
        model.fit(x, y[:, None], BATCH_SIZE, epochs, initial_epoch=done, verbose=0)
        z = keras.ops.convert_to_numpy(model(x_test, training=False))
        lost = ~np.all(np.isfinite(z), axis=(0, 2))
        share = np.mean(z.argmax(axis=-1) == y_test[:, None], axis=0)
        right.append(np.where(lost, 0.1, share).reshape(shape))
        overflowed.append(lost.reshape(shape))
        done = epochs
    return np.array(right), np.array(overflowed)


def run(seeds):
    """Returns accuracies (epochs, seeds, rates) and counts (epochs, rates) by case."""
    accuracy, overflowed = {}, {}
    for name, case in CASES.items():
        found, lost = accuracies(case, seeds)
        accuracy[name] = np.round(found, 4).tolist()
        overflowed[name] = lost.sum(axis=1).tolist()
        print(name, np.median(found, axis=1).round(3).tolist(), flush=True)
    return {
        "rates": list(RATES),
        "epochs": list(EPOCHS),
        "accuracy": accuracy,
        "overflowed": overflowed,
    }


def conclude(results):
    """Asserts what chapter 7 says of the medians over the starts."""
    median = {
        name: np.median(runs, axis=1) for name, runs in results["accuracy"].items()
    }  # (epochs, rates)
    best = {name: values.max(axis=1) for name, values in median.items()}
    lost = {name: np.array(counts) for name, counts in results["overflowed"].items()}
    starts = len(results["accuracy"]["tanh"][0])

    assert best["sigmoid"].max() < 0.15
    assert best["sigmoid, batch before"][0] > 0.85
    assert best["sigmoid, batch before"][1] > 0.89
    assert np.all(best["sigmoid, batch after"] > best["sigmoid, batch before"] + 0.01)
    early, late = median[
        "sigmoid, layer before"
    ]  # learns, but late, and not everywhere
    assert early.max() < 0.4 and late.max() > 0.55 and late[[0, -1]].max() < 0.3

    behind = median["relu"] - median["relu, layer before"]
    assert np.abs(behind[:, :3]).max() < 0.04
    assert median["relu, layer before"][1, 3] > 0.85
    assert median["relu"][:, 3].max() < 0.15 and np.all(lost["relu"][:, -1] == starts)
    assert lost["relu"][0, 3] >= 3 and lost["tanh"].sum() == 0

    assert best["tanh"][0] > 0.88 and best["relu"][0] > 0.86
    gain = best["relu, batch before"] - best["relu"]
    assert gain[0] > 0.025 and gain[1] > 0.01
    assert np.abs(best["tanh, batch before"] - best["tanh"]).max() < 0.01
    for name in ("tanh", "relu"):
        assert median[name][:, -1].max() < 0.15
        assert median[f"{name}, batch before"][:, -1].min() > 0.8

    assert np.abs(best["relu, batch before"] - best["relu, batch after"]).max() < 0.02
    for name in ("sigmoid", "tanh"):
        after, before = median[f"{name}, batch after"], median[f"{name}, batch before"]
        assert after[0, 0] > before[0, 0] and np.all(
            after[:, -1] < before[:, -1] - 0.05
        )


if __name__ == "__main__":
    study.main(__file__, run, conclude, seeds=range(10))
