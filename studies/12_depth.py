"""Study 12: plain and residual convolutional networks of equal size, at three depths.

Both are `dlbook.zoo.resnet`: the same layers, the same number of weights, the same
start; the plain one lacks the skips. The learning rate is tuned for each of the two at
each depth, by the training loss, on seeds that are not used again. In the last epoch
the rate is a tenth. The deepest plain network is also trained for longer, and from the
networks of middle depth each block is removed in turn. Chapter 12 draws the record and
trains a slice of it.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from dlbook import data, zoo
from tools import study

BLOCKS = (1, 7, 15)  # depths 4, 16, 32
RATES = (0.01, 0.03, 0.05, 0.1, 0.2, 0.3, 1.0)
TUNING_SEEDS = (100, 101, 102)
EPOCHS, BATCH_SIZE, MOMENTUM = 5, 100, 0.9
LONGER = 15  # epochs for the deepest plain network, once more


def digits():
    """Digits of 14 x 14 pixels, shifted and scaled by one mean and deviation."""
    sets = [
        (images.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)), labels)
        for images, labels in data.mnist()
    ]
    mean, deviation = sets[0][0].mean(), sets[0][0].std()
    return [
        (((x - mean) / deviation)[..., np.newaxis].astype("float32"), labels)
        for x, labels in sets
    ]


class Trainer:
    """One network, compiled once and started again for every rate and seed."""

    def __init__(self, blocks, skips):
        keras.backend.clear_session()
        self.blocks, self.skips = blocks, skips
        self.model = zoo.resnet((blocks,), skips=skips)
        self.model.compile(
            keras.optimizers.SGD(RATES[0], momentum=MOMENTUM),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
        )
        self.sets = digits()

    def __call__(self, rate, seed, epochs=EPOCHS):
        """Returns loss and accuracy on the training digits, then on the test digits."""
        keras.utils.set_random_seed(seed)
        start = zoo.resnet((self.blocks,), skips=self.skips)
        self.model.set_weights(start.get_weights())
        for variable in self.model.optimizer.variables:
            variable.assign(keras.ops.zeros_like(variable))
        schedule = keras.callbacks.LearningRateScheduler(
            lambda epoch: rate if epoch < epochs - 1 else rate / 10
        )
        (x, y), test = self.sets
        self.model.fit(x, y, BATCH_SIZE, epochs, verbose=0, callbacks=[schedule])
        found = [
            value
            for x, y in ((x, y), test)
            for value in self.model.evaluate(x, y, batch_size=1000, verbose=0)
        ]
        print(self.model.name, 2 + 2 * self.blocks, rate, seed, epochs, end=": ")
        print(*np.round(found, 3), flush=True)
        return np.round(found, 4).tolist()


def without(model, removed, x):
    """Runs a trained network without one of its blocks."""

    def apply(h, *names):
        for name in names:
            h = model.get_layer(name)(h)
        return h

    h, parts = apply(x, "stem"), ("norm1", "relu1", "conv1", "norm2", "relu2", "conv2")
    for k in range(1, BLOCKS[1] + 1):
        if k != removed:
            f = apply(h, *(f"block_{k}_{part}" for part in parts))
            h = f if model.name == "plain" else h + f
    z = apply(h, "norm", "relu", "pool", "flatten", "logits")
    return keras.ops.convert_to_numpy(z)


def run(seeds):
    """Tunes the rate of each network at each depth, then trains it from all seeds."""
    networks, deleted = {}, {}
    for skips in (False, True):
        for blocks in BLOCKS:
            train = Trainer(blocks, skips)
            tuning = [[train(rate, seed)[0] for seed in TUNING_SEEDS] for rate in RATES]
            rate = RATES[int(np.argmin(np.mean(tuning, axis=1)))]
            runs, accuracies = [], []
            x_test, y_test = train.sets[1]
            for seed in seeds:
                runs.append(train(rate, seed))
                if blocks == BLOCKS[1]:
                    outputs = [
                        without(train.model, k, x_test) for k in range(blocks + 1)
                    ]
                    right = [np.mean(z.argmax(axis=1) == y_test) for z in outputs]
                    assert abs(right[0] - runs[-1][3]) < 0.003  # none removed
                    accuracies.append(np.round(right, 4).tolist())
            if accuracies:
                deleted[train.model.name] = accuracies
                print(accuracies, flush=True)
            networks[f"{train.model.name}, {2 + 2 * blocks}"] = {
                "parameters": train.model.count_params(),
                "tuning": tuning,
                "rate": rate,
                "runs": runs,
            }
            if not skips and blocks == BLOCKS[-1]:
                longer = [train(rate, seed, LONGER) for seed in seeds]
    return {
        "rates": list(RATES),
        "epochs": EPOCHS,
        "columns": ["loss", "accuracy", "test loss", "test accuracy"],
        "networks": networks,
        "longer": {"epochs": LONGER, "runs": longer},
        "deleted": deleted,  # test accuracy without block 0 (all are there), 1, 2, ...
    }


def conclude(results):
    """Asserts what chapter 12 says of the five starts and of their medians."""
    networks = results["networks"]
    runs = {name: np.array(network["runs"]) for name, network in networks.items()}
    loss = {name: values[:, 0] for name, values in runs.items()}
    median = {name: np.median(values, axis=0) for name, values in runs.items()}
    for depth in (4, 16, 32):
        plain, deep = networks[f"plain, {depth}"], networks[f"resnet, {depth}"]
        assert plain["parameters"] == deep["parameters"]
        for network in (plain, deep):  # the best rate is none of the outer ones
            assert RATES[0] < network["rate"] < RATES[-1]

    # deeper plain networks are worse, on the digits that they train on as well
    assert median["plain, 16"][0] > 1.2 * median["plain, 4"][0]
    assert loss["plain, 32"].min() > 3 * loss["plain, 16"].max()
    assert median["plain, 4"][3] > median["plain, 16"][3] > median["plain, 32"][3] + 0.1
    longer = np.array(results["longer"]["runs"])
    assert longer[:, 0].min() > 1.5 * loss["plain, 4"].max()

    # deeper residual networks are not
    assert loss["resnet, 16"].max() < loss["resnet, 4"].min()
    assert loss["resnet, 16"].max() < loss["plain, 16"].min() / 1.5
    assert median["resnet, 32"][0] < median["resnet, 4"][0] + 0.02
    assert loss["resnet, 32"].max() < loss["plain, 32"].min() / 4
    assert median["resnet, 32"][3] > median["plain, 32"][3] + 0.1

    # one block removed: 7 blocks, 5 starts
    without_one = {n: np.array(rows)[:, 1:] for n, rows in results["deleted"].items()}
    assert np.median(without_one["resnet"]) > 0.85
    assert np.median(without_one["plain"]) < 0.3


if __name__ == "__main__":
    study.main(__file__, run, conclude, seeds=range(5))
