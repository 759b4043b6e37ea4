"""Study 06: ten optimizers, eleven learning rates, batch sizes and schedules.

Chapter 6 compares optimizers on the packaged digits, each at the rate that is best
for it on held-out digits. This study finds those rates: it trains a small network by
every rule of `dlbook.scratch.optimizer` at every rate, and asks how the best rate moves
with the batch size and what a schedule buys. Each setting has five starts in each of
two orders of the batches: ten trainings. A rule works entry by entry, so networks with
different starts and rates are trained at once, as one stack of arrays.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from dlbook import data
from dlbook.scratch.descent import batches
from dlbook.scratch.loss import one_hot, softmax
from dlbook.scratch.optimizer import OPTIMIZERS
from tools import study

RATES = [1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0, 3.0, 10.0]
FINER = {"sgd": [0.45], "adagrad": [0.16]}  # between two of the rates
BATCH_SIZES = (16, 64, 256, 1024)
SIZES, COPIES, EPOCHS, HELD = [784, 32, 10], 5, 5, 500
LIMIT = 100.0  # greater losses, and nan, count as this


def digits():
    """The training digits as rows of numbers from 0 to 1: used ones, held-out ones."""
    (images, labels), _ = data.mnist()
    x = images.reshape(-1, 784).astype("float32") / 255
    y = one_hot(labels, classes=10).astype("float32")
    order = np.random.default_rng(0).permutation(len(x))
    held, used = order[:HELD], order[HELD:]
    return x[used], y[used], x[held], y[held]


def initialize(rates, random):
    """Weights of five starts, the same for each rate: arrays (rates, copies, ...)."""
    layers = []
    for inputs, units in zip(SIZES, SIZES[1:], strict=False):
        limit = (6 / (inputs + units)) ** 0.5  # Glorot's, Keras's default
        W = random.uniform(-limit, limit, size=(COPIES, inputs, units))
        layers += [W, np.zeros((COPIES, 1, units))]
    return [np.repeat(w[np.newaxis].astype("float32"), rates, axis=0) for w in layers]


def forward(weights, x):
    W, b, V, c = weights
    h = np.maximum(x @ W + b, 0)  # (rates, copies, batch, units)
    return h, h @ V + c


def gradients(weights, x, y):
    """Backpropagation in every network of the stack, as in chapter 5."""
    h, z = forward(weights, x)
    e = (softmax(z) - y) / np.float32(len(x))
    back = (e @ np.swapaxes(weights[2], -1, -2)) * (h > 0)
    return [
        x.T @ back,
        back.sum(axis=-2, keepdims=True),
        np.swapaxes(h, -1, -2) @ e,
        e.sum(axis=-2, keepdims=True),
    ]


def losses(weights, x, y):
    """The mean cross-entropy of every network: an array (rates, copies)."""
    _, z = forward(weights, x)
    z = z - z.max(axis=-1, keepdims=True)
    right = np.sum(z * y, axis=-1)
    found = np.mean(np.log(np.exp(z).sum(axis=-1)) - right, axis=-1)
    return np.minimum(np.nan_to_num(found, nan=LIMIT, posinf=LIMIT), LIMIT)


def trained(rule, rates, seed, batch_size=64, factor=None):
    """Losses after training, at each rate: used digits and held-out ones.

    Args:
        rule: Optimizer of `dlbook.scratch.optimizer`.
        rates: Learning rates.
        seed: Integer, for the starts and the order of the batches.
        batch_size: Integer.
        factor: Schedule: maps the part of the training done, 0 to 1, to a factor of
            the rate.
    """
    x, y, x_held, y_held = digits()
    random = np.random.default_rng(seed)
    weights = initialize(len(rates), random)
    states = [{} for _ in weights]
    rates = np.array(rates, dtype="float32").reshape(-1, 1, 1, 1)
    steps, done = EPOCHS * -(-len(x) // batch_size), 0
    with np.errstate(all="ignore"):
        for _ in range(EPOCHS):
            for rows in batches(len(x), batch_size, random):
                rate = rates * np.float32(factor(done / steps) if factor else 1)
                found = gradients(weights, x[rows], y[rows])
                for i, gradient in enumerate(found):
                    weights[i], states[i] = rule(
                        weights[i], gradient, states[i], learning_rate=rate
                    )
                done += 1
        return losses(weights, x, y), losses(weights, x_held, y_held)


def repeated(name, rates, seeds, **options):
    """The losses for each rate, of all seeds and copies, in a form that JSON holds."""
    runs = [trained(OPTIMIZERS[name], rates, seed, **options) for seed in seeds]
    used, held = (np.concatenate(parts, axis=1) for parts in zip(*runs, strict=True))
    return {
        f"{rate:g}": {
            "training": [float(f"{loss:.4g}") for loss in used[i]],
            "held_out": [float(f"{loss:.4g}") for loss in held[i]],
        }
        for i, rate in enumerate(rates)
    }


def cosine(part):
    return (1 + np.cos(np.pi * part)) / 2


def warm_up_and_cosine(part, warm=0.1):
    return part / warm if part < warm else cosine((part - warm) / (1 - warm))


SCHEDULES = {
    "constant": None,
    "cosine": cosine,
    "warm-up and cosine": warm_up_and_cosine,
}


def run(seeds):
    """Trains at every setting."""
    return {
        "sizes": SIZES,
        "epochs": EPOCHS,
        "rates": {name: repeated(name, RATES, seeds) for name in OPTIMIZERS},
        "finer": {name: repeated(name, FINER[name], seeds) for name in FINER},
        "batch_sizes": {
            name: {
                str(size): repeated(name, RATES, seeds, batch_size=size)
                for size in BATCH_SIZES
            }
            for name in ("sgd", "adam")
        },
        "schedules": {
            name: {
                title: repeated(name, RATES, seeds, factor=factor)
                for title, factor in SCHEDULES.items()
            }
            for name in ("momentum", "adam")
        },
    }


def medians(by_rate, part="held_out"):
    """The rates and the median losses at them, as two arrays."""
    rates = np.array([float(rate) for rate in by_rate])
    return rates, np.array([np.median(runs[part]) for runs in by_rate.values()])


def conclude(results):
    """Asserts what chapter 6 says of the medians of ten trainings."""
    best, least, ten_times, tenth, runs = {}, {}, {}, {}, {}
    for name, by_rate in results["rates"].items():
        rates, losses = medians(by_rate)
        place = np.argmin(losses)
        best[name], least[name] = rates[place], losses[place]
        ten_times[name] = losses[min(place + 2, len(rates) - 1)]
        tenth[name] = losses[place - 2]
        runs[name] = np.array(by_rate[f"{best[name]:g}"]["held_out"])
        print(f"{name}: best {best[name]:g}, loss {least[name]:.3f}", end=", ")
        print(f"at ten times that {ten_times[name]:.2f}, ", end="")
        print(f"at a tenth {tenth[name]:.2f}")

    # Each at its own best rate, the ten are close; ten times above it, they are not.
    assert max(least.values()) - min(least.values()) < 0.1
    assert min(ten_times["sgd"], ten_times["adagrad"]) > 1.9
    family = ("rmsprop", "adam", "nadam", "amsgrad", "adamw")
    assert all(ten_times[name] < 0.6 for name in family)
    assert all(0.6 < ten_times[name] < 1 for name in ("momentum", "nesterov"))
    # A tenth of the best rate costs all about the same.
    assert 0.5 < min(tenth.values()) and max(tenth.values()) < 0.72
    # In pairs, of the same start and batches, Adam is ahead of the rules without it.
    for name in ("sgd", "momentum", "nesterov", "adagrad", "adadelta"):
        ahead = runs[name] - runs["adam"]
        print(f"{name}: above adam in {np.sum(ahead > 0)}, mean {ahead.mean():.3f}")
        assert np.sum(ahead > 0) >= 9 and ahead.mean() > 0.01
    # Part of that is the grid's luck: between its rates two rules come closer.
    for name, by_rate in results["finer"].items():
        (found,) = (np.array(part["held_out"]) for part in by_rate.values())
        lead = np.mean(found - runs["adam"])
        print(
            f"{name}, finer: above adam in {np.sum(found > runs['adam'])}, {lead:.4f}"
        )
        assert 0 < lead < 0.6 * np.mean(runs[name] - runs["adam"])
    # Keras's default rates: good for Adam, hardly a start for Adagrad and Adadelta.
    defaults = {"adam": 0.001, "rmsprop": 0.001, "adagrad": 0.001, "adadelta": 0.001}
    at_default = {}
    for name, rate in defaults.items():
        rates, losses = medians(results["rates"][name])
        at_default[name] = losses[np.argmin(np.abs(rates - rate))]
    assert max(at_default["adam"], at_default["rmsprop"]) < 0.5
    assert min(at_default["adagrad"], at_default["adadelta"]) > 1.5

    # The same number of epochs: larger batches cost descent more than they cost Adam.
    of_size = {}
    for name, by_size in results["batch_sizes"].items():
        for size, by_rate in by_size.items():
            rates, losses = medians(by_rate)
            of_size[name, int(size)] = losses.min()
            if name == "sgd":  # from 64 on, the best rate does not follow the size
                assert rates[np.argmin(losses)] == (0.1 if int(size) == 16 else 0.3)
            print(
                f"{name}, batches of {size}: best {rates[np.argmin(losses)]:g}", end=""
            )
            print(f", loss {losses.min():.3f}")
    assert of_size["sgd", 64] + 0.03 < of_size["sgd", 256] < of_size["sgd", 1024] - 0.1
    assert of_size["adam", 1024] < of_size["sgd", 1024] - 0.15
    for name in ("sgd", "adam"):
        assert abs(of_size[name, 16] - of_size[name, 64]) < 0.06

    # A cosine improves the best loss; warm-up adds to it only where rates are too high.
    at = {}
    for name, by_schedule in results["schedules"].items():
        for title, by_rate in by_schedule.items():
            rates, losses = medians(by_rate)
            at[name, title] = dict(zip(rates.tolist(), losses.tolist(), strict=True))
            print(f"{name}, {title}: {losses.round(3).tolist()}")
        constant, decayed, warmed = (min(at[name, t].values()) for t in SCHEDULES)
        assert decayed < constant and abs(warmed - decayed) < 0.03
    assert at["momentum", "cosine"][0.1] < at["momentum", "constant"][0.1] - 0.04
    assert at["adam", "cosine"][0.03] < at["adam", "constant"][0.03] - 0.08
    assert at["adam", "warm-up and cosine"][0.1] < at["adam", "cosine"][0.1] - 0.1


if __name__ == "__main__":
    study.main(__file__, run, conclude, seeds=range(2))
