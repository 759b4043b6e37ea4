"""References of the exercises of chapter 14, Transfer learning."""

import math

import numpy as np

from dlbook._check import Function, Property, Value, _unanswered

_RANDOM = np.random.default_rng(14)


def _speed_up(epochs, forward, head, versions):
    return epochs * (forward + head) / (versions * forward + epochs * head)


def _steps(momentum, share):
    return math.floor(math.log(share) / math.log(momentum)) + 1


def _to_features(W, p, y):
    return (p - y) @ W.T


def _nearest_mean(features, labels, others):
    def unit(x):
        return x / np.linalg.norm(x, axis=1, keepdims=True)

    names = np.unique(labels)
    means = np.stack([unit(features)[labels == name].mean(axis=0) for name in names])
    distance = np.sum((unit(others)[:, None] - means) ** 2, axis=2)
    return names[distance.argmin(axis=1)]


def _worth(examples, accuracies, target):
    return np.exp(np.interp(target, accuracies, np.log(examples)))


def _own_statistics(train, new):
    return tuple((x - x.mean(axis=0)) / x.std(axis=0) for x in (train, new))


def _fits_any_labels(answer):
    for seed, (examples, inputs, classes) in enumerate([(40, 40, 3), (25, 60, 10)]):
        random = np.random.default_rng(seed)
        features = 1 + random.normal(size=(examples, inputs))
        labels = random.permutation(np.arange(examples) % classes)
        found = answer(features.copy(), labels.copy(), classes)
        if _unanswered(found):
            return None
        W, b = (np.asarray(part, dtype=float) for part in found)
        if W.shape != (inputs, classes) or b.shape not in ((), (classes,)):
            return (
                f"W and b have the shapes {W.shape} and {b.shape}, expected "
                f"{(inputs, classes)} and {(classes,)}."
            )
        z = features @ W + b
        others = np.where(np.eye(classes, dtype=bool)[labels], -np.inf, z)
        ahead = z[np.arange(examples), labels] - others.max(axis=1)
        if not np.all(ahead > 1e-6):  # a tie is no answer, NaN neither
            wrong = np.sum(~(ahead > 1e-6))
            return f"{wrong} of {examples} examples do not get their own label."
    return True


def _features(examples, inputs=6):
    return _RANDOM.normal(size=(examples, inputs)) + np.arange(inputs) / 4


def _shares(examples, classes):
    powers = np.exp(_RANDOM.normal(size=(examples, classes)))
    return powers / powers.sum(axis=1, keepdims=True)


EXERCISES = {
    "14.1": Value(
        [704 * 10 + 10, 96 * 96 * 3 / 704],
        "A dense layer has a weight for each pair of input and output, and a bias for "
        "each output. An image has three numbers for each pixel.",
        rtol=1e-3,
    ),
    "14.2": Function(
        _speed_up,
        cases=[
            (100, 0.01, 0.0001, 1),
            (1, 0.01, 0.0001, 1),
            (50, 0.02, 0.001, 10),
            (30, 0.005, 0.0, 3),
        ],
        hint="Without a cache every image goes through both in every epoch. What does "
        "it go through once only, or once for each version?",
        rtol=1e-3,
    ),
    "14.3": Function(
        _steps,
        cases=[
            (0.99, 0.01),
            (0.5, 0.25),
            (0.9, 0.01),
            (0.999, 0.5),
            (0.5, 0.3),
            (0.9, 0.95),
        ],
        hint="After T steps the old value's share is the momentum to the power T. "
        "Solve for T, and mind the sign of a logarithm below 1.",
        rtol=0,
        atol=0.01,
    ),
    "14.4": Function(
        _to_features,
        cases=[
            (
                _RANDOM.normal(size=(6, 3)),
                _shares(4, 3),
                np.eye(3)[[0, 2, 1, 1]],
            ),
            (np.zeros((5, 3)), _shares(2, 3), np.eye(3)[[1, 2]]),
            (_RANDOM.normal(size=(3, 5)), _shares(1, 5), np.eye(5)[[4]]),
        ],
        hint="The gradient in the logits is p - y, of shape (batch, classes). Which "
        "matrix leads from there to (batch, features)?",
        rtol=1e-4,
    ),
    "14.5": Property(
        _fits_any_labels,
        "With as many independent rows as examples the equations XW = Y have a "
        "solution for every Y. Which Y has its largest entry at the label?",
        function=True,
    ),
    "14.6": Function(
        _nearest_mean,
        cases=[
            (_features(9), np.arange(9) % 3, _features(20)),
            (
                _features(8) * np.geomspace(0.01, 100, 8)[:, None],
                np.array([7, 3, 7, 3, 3, 3, 7, 7]),
                _features(15),
            ),
            (_features(2), np.array([1, 0]), _features(10)),
        ],
        hint="Divide every vector by its length before the means are taken; the mean "
        "itself is not divided. Return labels, not places.",
    ),
    "14.7": Function(
        _worth,
        cases=[
            (np.array([40, 100, 200, 400]), np.array([0.2, 0.3, 0.4, 0.5]), 0.35),
            (np.array([10, 100, 1000]), np.array([0.5, 0.6, 0.9]), 0.75),
            (np.array([40, 100, 200, 400]), np.array([0.2, 0.3, 0.4, 0.5]), 0.5),
        ],
        hint="Find the two neighbours of the target; between them the accuracy is a "
        "straight line in log n. `np.interp` does it, with the roles turned.",
        rtol=1e-3,
    ),
    "14.8": Function(
        _own_statistics,
        cases=[
            (_features(12), 5 + 3 * _features(12)),
            (_features(30, 2), _features(30, 2) * np.array([0.1, 100.0])),
        ],
        hint="Each of the two sets is shifted and scaled by its own mean and its own "
        "standard deviation (divided by n), column by column.",
        rtol=1e-4,
    ),
}
