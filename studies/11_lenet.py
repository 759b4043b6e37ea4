"""Study 11: LeNet against dense networks of equal size and work, on 4,000 digits.

Each network trains on the digits as they are, and on ten versions of each, moved: the
original, and nine turned and shifted a little. Its learning rate is chosen for either
set, on a fifth of the training digits that is held out; then it trains on all of them,
from five starts. LeNet and one dense network also read digits whose pixels have been
shuffled, in one order for all images of a run; LeNet's rate is chosen anew for them, to
a dense network they are the same problem. A short run, of 320 steps, is what chapter 11
repeats. The test digits that each run misreads are in the record.
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

TUNING_SEEDS = (100, 101)
BATCH_SIZE, EPOCHS = 100, 20  # 800 steps; over ten versions, two epochs
VERSIONS = {"as they are": 1, "moved": 10}
SHORT_VERSIONS, SHORT_EPOCHS = 4, 2  # 16,000 digits, 320 steps


def dense(*units):
    hidden = [layers.Dense(n, activation="relu") for n in units]
    first = [keras.Input((28, 28, 1)), layers.Flatten()]
    return keras.Sequential([*first, *hidden, layers.Dense(10)])


NETWORKS = {  # parameters 61,706, 62,020, 61,510, and 416,590 as LeNet's multiply-adds
    "LeNet": zoo.lenet,
    "dense 78": lambda: dense(78),
    "dense 72, 60": lambda: dense(72, 60),
    "dense 524": lambda: dense(524),
}
SHORT = ("LeNet", "dense 78")
RATES = {
    "LeNet": (2e-3, 4e-3, 8e-3, 16e-3),
    "dense 78": (4e-3, 8e-3, 16e-3, 32e-3),
    "dense 72, 60": (4e-3, 8e-3, 16e-3, 32e-3),
    "dense 524": (2e-3, 4e-3, 8e-3, 16e-3, 32e-3),
}
SHUFFLED_RATES = (5e-4, 1e-3, 2e-3, 4e-3, 8e-3)  # LeNet's

# Where each median must lie, and those of the short runs' losses.
MEDIANS = {
    "as they are": {
        "LeNet": (0.964, 0.976),
        "dense 78": (0.936, 0.950),
        "dense 72, 60": (0.939, 0.953),
        "dense 524": (0.940, 0.958),
    },
    "moved": {
        "LeNet": (0.973, 0.986),
        "dense 78": (0.955, 0.969),
        "dense 72, 60": (0.950, 0.964),
        "dense 524": (0.962, 0.979),
    },
    "shuffled": {"LeNet": (0.875, 0.915), "dense 78": (0.934, 0.947)},
}
SHORT_LOSSES = {
    "LeNet": ((0.44, 0.53), (0.105, 0.132)),
    "dense 78": ((0.58, 0.66), (0.235, 0.28)),
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


def misread(model, images, labels):
    z = model.predict(images, batch_size=500, verbose=0)
    return np.flatnonzero(z.argmax(axis=1) != labels).tolist()


def shuffled(images, seed):
    order = np.random.default_rng(seed).permutation(28 * 28)
    return images.reshape(-1, 28 * 28)[:, order].reshape(-1, 28, 28, 1)


def tuned(name, rates, parts, epochs):
    """Held-out accuracy by rate and seed, and the rate with the best mean.

    `parts` has, by seed, the images and labels to train on, then those held out.
    """
    tried = []
    for rate in rates:
        tried.append([])
        for seed, (x, y, x_held, y_held) in parts.items():
            model, _ = trained(name, x, y, rate, seed, epochs)
            share = 1 - len(misread(model, x_held, y_held)) / len(y_held)
            tried[-1].append(round(share, 4))
    return tried, rates[int(np.argmax(np.mean(tried, axis=1)))]


def run(seeds):
    """Returns the rates tried and chosen, and what each network misreads, by seed."""
    (x, y), (x_test, y_test) = data.mnist()
    x, x_test, y = x / 255, x_test[..., np.newaxis] / 255, y.astype("int64")
    x_fit, x_held, y_fit, y_held = train_test_split(
        x, y, test_size=0.2, random_state=0, stratify=y
    )
    held = x_held[..., np.newaxis], y_held
    tuning, chosen, wrong = {}, {}, {}

    def study_case(case, names, epochs, parts, sets):
        tuning[case], chosen[case], wrong[case] = {}, {}, {}
        for name in names:
            if case == "shuffled" and name != "LeNet":  # the same problem as before
                chosen[case][name] = chosen["as they are"][name]
            else:
                rates = SHUFFLED_RATES if case == "shuffled" else RATES[name]
                found = tuned(name, rates, parts, epochs)
                tuning[case][name], chosen[case][name] = found
            wrong[case][name] = []
            for seed, (images, labels, test) in sets.items():
                rate = chosen[case][name]
                model, _ = trained(name, images, labels, rate, seed, epochs)
                wrong[case][name].append(misread(model, test, y_test))
            counts = [len(found) for found in wrong[case][name]]
            print(case, name, tuning[case].get(name), chosen[case][name], counts)

    for case, count in VERSIONS.items():
        parts = {s: (*made(x_fit, y_fit, count, s), *held) for s in TUNING_SEEDS}
        sets = {seed: (*made(x, y, count, seed), x_test) for seed in seeds}
        study_case(case, NETWORKS, EPOCHS // count, parts, sets)
        if count == 1:
            parts = {
                s: (shuffled(images, s), labels, shuffled(held[0], s), y_held)
                for s, (images, labels, *_) in parts.items()
            }
            sets = {
                s: (shuffled(images, s), labels, shuffled(test, s))
                for s, (images, labels, test) in sets.items()
            }
            study_case("shuffled", SHORT, EPOCHS, parts, sets)

    short = {name: {"misread": [], "loss": []} for name in SHORT}
    for seed in seeds:
        part = made(x, y, SHORT_VERSIONS, seed)
        for name, found in short.items():
            rate = chosen["moved"][name]
            model, losses = trained(name, *part, rate, seed, SHORT_EPOCHS)
            found["misread"].append(misread(model, x_test, y_test))
            found["loss"].append(np.round(losses, 4).tolist())
    print(short)
    wrong = {case: wrong[case] for case in (*VERSIONS, "shuffled")}
    return {"tuning": tuning, "chosen": chosen, "misread": wrong, "short": short}


def accuracies(by_name):
    """By name, the share of the 1,000 test digits that each run reads."""
    for runs in by_name.values():
        for found in runs:  # indices in order, none twice
            assert found == sorted({*found}) and found[0] >= 0 and found[-1] < 1000
    return {
        name: np.array([1 - len(found) / 1000 for found in runs])
        for name, runs in by_name.items()
    }


def conclude(results):
    """Asserts what chapter 11 says of the starts and of their medians."""
    for case, by_name in results["tuning"].items():
        for name, tried in by_name.items():
            rates = SHUFFLED_RATES if case == "shuffled" else RATES[name]
            best = int(np.argmax(np.mean(tried, axis=1)))
            assert 0 < best < len(rates) - 1  # not at an end
            assert results["chosen"][case][name] == rates[best]
    runs = {case: accuracies(found) for case, found in results["misread"].items()}
    for case, bands in MEDIANS.items():
        assert list(runs[case]) == list(bands)
        for name, (low, high) in bands.items():
            assert low < np.median(runs[case][name]) < high, (case, name)
            assert np.ptp(runs[case][name]) < 0.06
    for case in VERSIONS:
        lenet, *small, large = runs[case].values()
        mistakes = 1 - np.median(lenet)
        best = max(np.median(found) for found in small)
        assert 1.4 < (1 - best) / mistakes < 2.2
        assert lenet.min() > max(found.max() for found in small)
        assert 1 < (1 - np.median(large)) / mistakes < 2

    before, after = (runs[case]["dense 78"] for case in ("as they are", "shuffled"))
    assert abs(np.median(before) - np.median(after)) < 0.01
    assert runs["shuffled"]["LeNet"].max() < after.min() - 0.01

    short = accuracies({n: found["misread"] for n, found in results["short"].items()})
    for name in SHORT:
        behind = np.median(runs["moved"][name]) - np.median(short[name])
        assert 0.002 < behind < 0.025  # a third of the steps
        losses = np.median(results["short"][name]["loss"], axis=0)
        for loss, (low, high) in zip(losses, SHORT_LOSSES[name], strict=True):
            assert low < loss < high, (name, loss)
    assert 0.01 < np.median(short["LeNet"]) - np.median(short["dense 78"]) < 0.04


if __name__ == "__main__":
    study.main(__file__, run, conclude, seeds=range(5))
