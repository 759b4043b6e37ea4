"""Study 11: LeNet against dense networks of equal size, on 4,000 digits.

Each network trains on the digits as they are, and on ten versions of each, moved: the
original, and nine turned and shifted a little. Its learning rate is chosen for either
set, on a fifth of the training digits that is held out; then it trains on all of them,
from five starts. LeNet and one dense network also read digits whose pixels have been
shuffled, in one order for all images of a run. A short run, of 320 steps, is what
chapter 11 repeats.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers
from scipy import ndimage
from sklearn.model_selection import train_test_split

from dlbook import data, zoo
from tools import study

RATES = (2e-3, 4e-3, 8e-3, 16e-3, 32e-3)
TUNING_SEEDS = (100, 101)
BATCH_SIZE, EPOCHS = 100, 20  # 800 steps; over ten versions, two epochs
VERSIONS = {"as they are": 1, "moved": 10}
SHORT_VERSIONS, SHORT_EPOCHS = 4, 2  # 16,000 digits, 320 steps


def dense(*units):
    hidden = [layers.Dense(n, activation="relu") for n in units]
    first = [keras.Input((28, 28, 1)), layers.Flatten()]
    return keras.Sequential([*first, *hidden, layers.Dense(10)])


NETWORKS = {  # 61,706, 62,020 and 61,510 parameters
    "LeNet": zoo.lenet,
    "dense 78": lambda: dense(78),
    "dense 72, 60": lambda: dense(72, 60),
}


def moved(image, random):
    """Turns by at most 15 degrees about the centre, shifts by at most two pixels."""
    angle = np.radians(random.uniform(-15, 15))
    turn = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    centre = np.array([13.5, 13.5])
    offset = centre - turn @ (centre + random.uniform(-2, 2, size=2))
    return ndimage.affine_transform(image, turn, offset, order=1)


def versions(images, count, random):
    """The images, followed by count - 1 moved versions of each."""
    made = [[moved(image, random) for image in images] for _ in range(count - 1)]
    return np.concatenate([images, *made])


def made(images, labels, count, seed):
    images = versions(images, count, np.random.default_rng(seed))
    return images[..., np.newaxis].astype("float32"), np.tile(labels, count)


def trained(name, images, labels, rate, seed, epochs):
    """A network and its training loss after each epoch."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    model = NETWORKS[name]()
    steps = epochs * len(images) // BATCH_SIZE
    decay = keras.optimizers.schedules.CosineDecay(rate, steps)
    entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(decay), entropy)
    history = model.fit(images, labels, BATCH_SIZE, epochs, verbose=0).history
    return model, history["loss"]


def accuracy(model, images, labels):
    z = model.predict(images, batch_size=500, verbose=0)
    return round(float(np.mean(z.argmax(axis=1) == labels)), 4)


def run(seeds):
    """Returns the rates tried and chosen, test accuracies by set, network and seed."""
    (x, y), (x_test, y_test) = data.mnist()
    x, x_test, y = x / 255, x_test[..., np.newaxis] / 255, y.astype("int64")
    x_fit, x_held, y_fit, y_held = train_test_split(
        x, y, test_size=0.2, random_state=0, stratify=y
    )
    tuning, chosen, reached = {}, {}, {}

    def final(name, part, rate, seed, epochs, test=x_test):
        model, losses = trained(name, *part, rate, seed, epochs)
        return accuracy(model, test, y_test), np.round(losses, 4).tolist()

    for case, count in VERSIONS.items():
        epochs = EPOCHS // count
        parts = {seed: made(x_fit, y_fit, count, seed) for seed in TUNING_SEEDS}
        sets = {seed: made(x, y, count, seed) for seed in seeds}
        tuning[case], chosen[case], reached[case] = {}, {}, {}
        for name in NETWORKS:
            tried = tuning[case][name] = []
            for rate in RATES:
                models = [
                    trained(name, *part, rate, seed, epochs)[0]
                    for seed, part in parts.items()
                ]
                held = x_held[..., np.newaxis]
                tried.append([accuracy(model, held, y_held) for model in models])
            rate = chosen[case][name] = RATES[int(np.argmax(np.mean(tried, axis=1)))]
            reached[case][name] = [
                final(name, part, rate, seed, epochs)[0] for seed, part in sets.items()
            ]
            print(case, name, tried, rate, reached[case][name], flush=True)

    short = {}
    for name in NETWORKS:
        rate = chosen["moved"][name]
        parts = {seed: made(x, y, SHORT_VERSIONS, seed) for seed in seeds}
        found = [
            final(name, part, rate, seed, SHORT_EPOCHS) for seed, part in parts.items()
        ]
        short[name] = {"accuracy": [a for a, _ in found], "loss": [h for _, h in found]}
        print(name, short[name], flush=True)

    reached["shuffled"] = {}
    for name in ("LeNet", "dense 78"):
        rate, runs = chosen["as they are"][name], []
        for seed in seeds:
            order = np.random.default_rng(seed).permutation(28 * 28)
            pixels, labels = made(x, y, 1, seed)
            part, test = (
                images.reshape(-1, 28 * 28)[:, order].reshape(-1, 28, 28, 1)
                for images in (pixels, x_test)
            )
            runs.append(final(name, (part, labels), rate, seed, EPOCHS, test)[0])
        reached["shuffled"][name] = runs
        print("shuffled", name, runs, flush=True)
    return {
        "rates": list(RATES),
        "tuning": tuning,
        "chosen": chosen,
        "accuracy": reached,
        "short": short,
    }


def conclude(results):
    """Asserts what chapter 11 says of the starts and of their medians."""
    runs = {
        case: {name: np.array(found) for name, found in by_name.items()}
        for case, by_name in results["accuracy"].items()
    }
    for case in VERSIONS:
        rates = results["chosen"][case].values()
        assert all(RATES[0] < rate < RATES[-1] for rate in rates)  # not at an end
        best = max(np.median(runs[case][name]) for name in NETWORKS if name != "LeNet")
        reached = np.median(runs[case]["LeNet"])
        assert (1 - best) / (1 - reached) > 1.4
        highest = max(runs[case][name].max() for name in NETWORKS if name != "LeNet")
        assert runs[case]["LeNet"].min() > highest
        for name in NETWORKS:
            tried = np.mean(results["tuning"][case][name], axis=1)
            assert RATES[int(np.argmax(tried))] == results["chosen"][case][name]
    assert np.median(runs["as they are"]["LeNet"]) > 0.96
    assert np.median(runs["moved"]["LeNet"]) > 0.97

    before, after = (runs[case]["dense 78"] for case in ("as they are", "shuffled"))
    assert abs(np.median(before) - np.median(after)) < 0.01
    assert runs["shuffled"]["LeNet"].max() < after.min() - 0.02

    short = {
        name: np.array(found["accuracy"]) for name, found in results["short"].items()
    }
    for name in NETWORKS:
        if name != "LeNet":
            assert np.median(short["LeNet"]) > np.median(short[name]) + 0.01


if __name__ == "__main__":
    study.main(__file__, run, conclude, seeds=range(5))
