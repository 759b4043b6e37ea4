"""Study 09: what two faults do to many networks, and how often a check finds them.

Chapter 9 shows ReLU on the logits, and sigmoids in a deep stack, with a few networks.
This study trains more of them, and longer: how often three examples, or ten, catch the
ReLU; how many epochs stacks of three and six layers need; what the ReLU costs, with
dropout before it too, and which dead classes come back.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from dlbook import data, train
from dlbook.scratch.loss import log_sum_exp
from tools import study

COPIES = 40  # networks for the test with a few examples, for each seed
DEPTHS, STACKS, STACK_EPOCHS = (3, 6), 5, 30
PAIRS, LOOKS, DROPOUT = 10, (5, 20), 0.3
WAYS = ("free", "relu", "free, dropout", "relu, dropout")


def digits():
    """Chapter 9's training and validation digits, and their labels."""
    (images, labels), _ = data.mnist()
    order = np.random.default_rng(0).permutation(len(images))
    x, y = images.reshape(len(images), -1).astype("float32") / 255, labels.astype(int)
    return x[order[1000:]], y[order[1000:]], x[order[:1000]], y[order[:1000]]


def few(y, seed):
    """Places of three examples of different classes, and of one of each class."""
    starts = range(0, len(y) - 2, 3)
    different = [n for n in starts if len(set(y[n : n + 3])) == 3]
    three = different[seed] + np.arange(3)  # seed 0 has those of the chapter
    return three, [np.flatnonzero(y == label)[seed] for label in range(10)]


def cross_entropy(y, z):
    return keras.losses.sparse_categorical_crossentropy(y, z, from_logits=True)


def scores(model, x):
    return keras.ops.convert_to_numpy(model(x)).astype(float)  # (images, copies, 10)


def losses(z, y):
    """The right logits and the losses, both of shape (images, copies)."""
    right = np.take_along_axis(z, y[:, np.newaxis, np.newaxis], axis=2)[..., 0]
    return right, log_sum_exp(z) - right


def by_heart(x, y):
    """Networks with ReLU on their logits learn a few examples in 150 steps."""
    model = train.side_by_side([784, 64, 10], COPIES)
    model.layers[-1].activation = keras.activations.relu
    model.compile(keras.optimizers.Adam(0.01), loss=train.summed(cross_entropy))
    off = losses(scores(model, x), y)[0] == 0
    x_many, y_many = np.tile(x, (150, 1)), np.tile(y, 150)[:, np.newaxis]
    train.fit(model, x_many, y_many, batch_size=len(y), shuffle=False)
    right, loss = losses(scores(model, x), y)
    loss = loss.mean(axis=0)
    steps = loss / np.log(10) * len(y)  # a multiple of ln 10 / m, if it is stuck
    return {
        "caught": int(np.sum(loss > 0.1)),
        "at a level": int(np.sum(abs(steps - np.round(steps)) < 0.03)),
        "off": int(np.sum(off)),  # right logits cut to 0 before training
        "back": int(np.sum(off & (right > 0))),
        "turned off": int(np.sum(~off & (right == 0))),
    }


def stack(depth, x, y, x_val, y_val):
    """The epochs that stacks of sigmoids need to a loss below 2, and their last loss.

    None stands for a stack that does not come there.
    """
    model = train.side_by_side([784, *[32] * depth, 10], STACKS, "sigmoid")
    model.compile(keras.optimizers.SGD(0.1), loss=train.summed(cross_entropy))
    curve = []
    for _ in range(STACK_EPOCHS):
        train.fit(model, x, y[:, np.newaxis], batch_size=50)
        curve.append(losses(scores(model, x_val), y_val)[1].mean(axis=0))
    learns = np.array(curve) < 2  # (epochs, copies)
    first = np.where(learns.any(axis=0), learns.argmax(axis=0) + 1, 0)
    return [int(n) or None for n in first], np.round(curve[-1], 3).tolist()


def four_ways():
    """Networks that begin alike, in the order of `WAYS`, side by side."""
    plain = train.side_by_side([784, 64, 10], 4 * PAIRS)
    repeat, hidden, last = plain.layers
    for layer in (hidden, last):
        layer.set_weights(
            [np.concatenate([w[:PAIRS]] * 4) for w in layer.get_weights()]
        )
    sure, dropped = keras.ops.split(hidden(repeat(plain.inputs[0])), 2, axis=1)
    dropped = keras.layers.Dropout(DROPOUT)(dropped)
    a = keras.ops.split(last(keras.ops.concatenate([sure, dropped], axis=1)), 4, axis=1)
    z = [a[0], keras.ops.relu(a[1]), a[2], keras.ops.relu(a[3])]
    model = keras.Model(plain.inputs[0], keras.ops.concatenate(z, axis=1))
    model.compile(keras.optimizers.Adam(2e-3), loss=train.summed(cross_entropy))
    return model


def pairs(x, y, x_val, y_val):
    """Accuracy and classes never predicted of the four ways; classes that died.

    A class is dead after an epoch if its logit is 0 for all training images.
    """
    model = four_ways()
    accuracy, never, dead = [], [], []
    for epoch in range(1, max(LOOKS) + 1):
        train.fit(model, x, y[:, np.newaxis], batch_size=50)
        dead.append(np.all(scores(model, x) == 0, axis=0))  # (copies, 10)
        if epoch in LOOKS:
            choice = np.argmax(scores(model, x_val), axis=2)
            accuracy.append(np.mean(choice == y_val[:, np.newaxis], axis=0))
            never.append([10 - len(np.unique(column)) for column in choice.T])
    died = np.any(dead, axis=0)
    shape = len(LOOKS), len(WAYS), PAIRS
    return {
        "accuracy": np.round(accuracy, 3).reshape(shape).tolist(),
        "never": np.reshape(never, shape).tolist(),
        "died": died.reshape(len(WAYS), -1).sum(axis=1).tolist(),
        "back": (died & ~dead[-1]).reshape(len(WAYS), -1).sum(axis=1).tolist(),
    }


def run(seeds):
    """Returns counts and accuracies, everywhere with a first axis of seeds.

    Accuracies and numbers of classes never predicted have the further axes (looks,
    ways, pairs); classes that died and that came back have (ways,).
    """
    x, y, *validation = digits()
    tests = {"three": [], "ten": []}
    stacks = {str(depth): {"epochs": [], "loss": []} for depth in DEPTHS}
    found = []
    for seed in seeds:
        keras.backend.clear_session()
        keras.utils.set_random_seed(seed)
        for name, places in zip(tests, few(y, seed), strict=True):
            tests[name].append(by_heart(x[places], y[places]))
        for depth in DEPTHS:
            epochs, loss = stack(depth, x, y, *validation)
            stacks[str(depth)]["epochs"].append(epochs)
            stacks[str(depth)]["loss"].append(loss)
        found.append(pairs(x, y, *validation))
    counts = {
        name: {key: [each[key] for each in rows] for key in rows[0]}
        for name, rows in tests.items()
    }
    return {
        "networks": COPIES,
        "examples": counts,
        "stacks": stacks,
        "looks": list(LOOKS),
        "ways": list(WAYS),
        "dropout": DROPOUT,
        "relu": {key: [each[key] for each in found] for key in found[0]},
    }


def conclude(results):
    """Asserts what chapter 9 says of the networks of all seeds together."""
    seeds = len(results["relu"]["never"])
    total = {
        name: {key: sum(values) for key, values in counts.items()}
        for name, counts in results["examples"].items()
    }
    print(total)
    three, ten, networks = total["three"], total["ten"], seeds * results["networks"]
    assert 0.6 < three["caught"] / networks < 0.85 < 0.95 < ten["caught"] / networks
    assert min(three["at a level"], ten["at a level"]) > 0.95 * networks
    assert 0.4 < three["off"] / (3 * networks) < 0.65
    assert 0.2 < three["back"] / three["off"] < 0.5
    assert three["turned off"] < 0.02 * networks

    stacks = results["stacks"]
    print(stacks)
    assert all(10 <= epochs <= 25 for row in stacks["3"]["epochs"] for epochs in row)
    assert not any(epochs for row in stacks["6"]["epochs"] for epochs in row)
    assert np.abs(np.array(stacks["6"]["loss"]) - np.log(10)).max() < 0.03

    accuracy = np.array(results["relu"]["accuracy"])  # (seeds, looks, ways, pairs)
    hurt = np.sum(np.array(results["relu"]["never"]) > 0, axis=(0, 3))  # (looks, ways)
    died, back = (np.sum(results["relu"][key], axis=0) for key in ("died", "back"))
    free, relu, free_dropout, relu_dropout = np.moveaxis(accuracy, 2, 0)
    cost = np.median(free - relu, axis=2)  # (seeds, looks)
    cost_dropout = np.median(free_dropout - relu_dropout, axis=(0, 2))
    print(hurt, died, back, cost, cost_dropout)
    everyone = seeds * PAIRS
    assert np.all(hurt[:, 0] == 0) and np.all(hurt[:, 2] == 0)
    assert np.all(hurt[:, 1] > 0.5 * everyone) and np.all(hurt[:, 1] < 0.9 * everyone)
    assert 0.04 < np.median(cost) < 0.2 and cost.max() < 0.25
    assert np.abs(np.median(cost[:, 1] - cost[:, 0])) < 0.03  # time heals little
    assert 0 < back[1] < died[1] / 2 and died[1] > everyone / 2
    assert hurt[1, 3] < hurt[1, 1] / 2 and back[3] / died[3] > back[1] / died[1]
    assert np.abs(cost_dropout).max() < 0.02


if __name__ == "__main__":
    study.main(__file__, run, conclude, seeds=range(5))
