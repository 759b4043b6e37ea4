"""Study 12: highway networks of twenty layers, from six openings of their gates.

Networks that differ in the bias of their gates learn digits side by side at five
learning rates, from ten starts each. With a bias of 30 a gate is 1 and the network is
plain. After training the gates are read on the test digits. Chapter 12 draws the
record and trains a slice of it.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from dlbook import data, train
from tools import study

DEPTH, UNITS = 20, 32
BIASES = (30.0, 0.0, -1.0, -2.0, -4.0, -6.0)
RATES = (0.003, 0.01, 0.03, 0.1, 0.3)
EPOCHS, BATCH_SIZE, MOMENTUM = 5, 100, 0.9


def digits():
    """Digits of 14 x 14 pixels, shifted and scaled by one mean and deviation."""
    sets = [
        (images.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)).reshape(-1, 196), labels)
        for images, labels in data.mnist()
    ]
    mean, deviation = sets[0][0].mean(), sets[0][0].std()
    return [(((x - mean) / deviation).astype("float32"), y) for x, y in sets]


def highways(biases):
    """Highway networks side by side, one for each bias; the gates' layers beside."""
    copies = len(biases)
    sizes = [196, *[UNITS] * (DEPTH + 1), 10]
    dense = train.side_by_side(sizes, copies, "relu", "he_normal").layers
    gates = train.side_by_side([UNITS] * (DEPTH + 2), copies, "sigmoid").layers[1:-1]
    x = keras.Input((196,))
    h, opened = dense[1](dense[0](x)), []
    for f, gate in zip(dense[2:-1], gates, strict=True):
        gate.bias.assign(np.repeat(biases, UNITS).reshape(copies, UNITS))
        opened.append(gate(h))
        h = h + opened[-1] * (f(h) - h)
    return keras.Model(x, dense[-1](h)), keras.Model(x, opened)


def learn(rate, seeds):
    """Trains all biases from all seeds at one rate.

    Returns loss and accuracy on the training digits, then on the test digits, of shape
    (biases, seeds, 4), and each gate's mean opening, (biases, seeds, layers).
    """
    keras.backend.clear_session()
    keras.utils.set_random_seed(seeds[0])  # the copies draw one after the other
    biases = np.repeat(BIASES, len(seeds))
    model, gates = highways(biases)

    def loss(y, z):
        return keras.losses.sparse_categorical_crossentropy(y, z, from_logits=True)

    model.compile(keras.optimizers.SGD(rate, MOMENTUM), loss=train.summed(loss))
    (x, y), (x_test, y_test) = digits()
    model.fit(x, y[:, np.newaxis].astype("int64"), BATCH_SIZE, EPOCHS, verbose=0)
    found = []
    for images, labels in ((x, y), (x_test, y_test)):
        z = model.predict(images, batch_size=1000, verbose=0).astype("float64")
        z = np.where(np.all(np.isfinite(z), axis=(0, 2))[:, np.newaxis], z, 0)
        right = z.argmax(axis=-1) == labels[:, np.newaxis]
        logit = np.take_along_axis(z, labels[:, np.newaxis, np.newaxis], axis=-1)
        surprise = np.logaddexp.reduce(z, axis=-1) - logit[..., 0]
        found += [surprise.mean(axis=0), right.mean(axis=0)]
    opened = gates.predict(x_test, batch_size=1000, verbose=0)
    opened = np.mean(opened, axis=(1, 3)).T  # (copies, layers)
    shape = len(BIASES), len(seeds), -1
    return np.transpose(found).reshape(shape), np.nan_to_num(opened).reshape(shape)


def run(seeds):
    """Returns results (rates, biases, seeds, columns) and openings."""
    found, opened = zip(*(learn(rate, seeds) for rate in RATES), strict=True)
    found, opened = np.array(found), np.array(opened)
    print(np.median(found, axis=2)[..., 0].round(3))
    print(np.median(found, axis=2)[..., 3].round(3))
    best = np.median(found[..., 0], axis=2).argmin(axis=0)  # a rate for each bias
    return {
        "rates": list(RATES),
        "biases": list(BIASES),
        "epochs": EPOCHS,
        "columns": ["loss", "accuracy", "test loss", "test accuracy"],
        "runs": found.round(4).tolist(),
        "best": best.tolist(),
        "opened": opened[best, np.arange(len(BIASES))].round(4).tolist(),
    }


def conclude(results):
    """Asserts what chapter 12 says of ten starts and of their medians."""
    best, found = results["best"], np.array(results["runs"])
    runs = {bias: found[best[k], k] for k, bias in enumerate(BIASES)}
    median = {bias: np.median(values, axis=0) for bias, values in runs.items()}
    assert all(0 < k < len(RATES) - 1 for k in best)
    assert median[-4.0][0] < 0.2 < median[-2.0][0] < 0.5
    for bias in (30.0, 0.0, -1.0):
        assert median[bias][0] > 0.8
    assert runs[-4.0][:, 0].max() < runs[30.0][:, 0].min() / 3
    assert median[-4.0][3] > 0.88 and median[0.0][3] < 0.6
    assert median[0.0][0] > median[30.0][0] + 0.2  # half open is worse than plain

    opened = np.array(results["opened"][BIASES.index(-4.0)])  # (starts, layers)
    at_start = 1 / (1 + np.exp(4.0))
    assert opened.min() > at_start and opened.max() < 0.2
    assert np.all(opened[:, :5].mean(axis=1) > opened[:, -5:].mean(axis=1))


if __name__ == "__main__":
    study.main(__file__, run, conclude, seeds=range(10))
