"""Study 08: how sparse can a digit reader be and still train like the dense one?

Chapter 8 trains a network 784-64-10, keeps its largest weights, sets these back to
where they started, and trains again: the lottery ticket. Controls have the same mask
and a new start; at 90 % also a new start with the ticket's signs, and the ticket's
start under a random mask. Ten networks, each with a start and an order of the digits
of its own, both drawn by NumPy, so that every backend trains the same networks.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from functools import partial

import keras
import numpy as np

from dlbook import data, train
from dlbook.scratch.initializer import glorot_uniform
from tools import study

SIZES = (784, 64, 10)
EPOCHS, BATCH_SIZE, LEARNING_RATE = 8, 50, 0.002
PRUNED = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99)


class Mask(keras.constraints.Constraint):
    """Sets weights to zero after each step where the mask is zero."""

    def __init__(self, mask):
        self.mask = keras.ops.convert_to_tensor(mask, dtype="float32")

    def __call__(self, w):
        return w * self.mask


def magnitude_masks(weights, pruned):
    """Masks of ones for the largest weights of each network, one for each kernel."""
    kernels = [np.abs(kernel) for kernel in weights[::2]]
    flat = [kernel.reshape(len(kernel), -1) for kernel in kernels]
    limits = np.quantile(np.concatenate(flat, axis=1), pruned, axis=1)
    return [kernel > limits[:, np.newaxis, np.newaxis] for kernel in kernels]


def starts(seeds):
    """Glorot's kernels and zero biases, one network for each seed."""
    weights = []
    for seed in seeds:
        random, parts = np.random.default_rng(seed), []
        for shape in zip(SIZES[:-1], SIZES[1:], strict=True):
            parts += [glorot_uniform(shape, random), np.zeros(shape[1])]
        weights.append(parts)
    return [np.stack(parts) for parts in zip(*weights, strict=True)]


def fit(start, masks, x, y):
    """Trains networks side by side from given weights, those outside a mask at zero.

    `x` has shape (n, networks, 784), `y` shape (n, networks): each its own order.
    """
    layers = train.side_by_side(SIZES, copies=len(start[0])).layers[1:]
    model = keras.Sequential([keras.Input(x.shape[1:]), *layers])
    model.set_weights(start)
    for layer, mask in zip(model.layers, masks or (), strict=bool(masks)):
        layer.kernel.assign(layer.kernel * mask.astype("float32"))
        layer.kernel.constraint = Mask(mask)
    crossentropy = keras.losses.sparse_categorical_crossentropy
    model.compile(
        optimizer=keras.optimizers.Adam(LEARNING_RATE),
        loss=train.summed(partial(crossentropy, from_logits=True)),
    )
    model.fit(x, y, BATCH_SIZE, epochs=EPOCHS, shuffle=False, verbose=0)
    return model


def accuracy(model, x, y):
    """Share of right answers, one for each network."""
    z = keras.ops.convert_to_numpy(model(x, training=False))
    return np.mean(np.argmax(z, axis=-1) == y[:, np.newaxis], axis=0).round(4)


def run(seeds):
    """Trains the dense networks, then tickets and controls for each share."""
    (x, y), (x_test, y_test) = data.mnist()
    orders = np.array([np.random.default_rng(s).permutation(4000) for s in seeds]).T
    x = (x.reshape(len(x), -1).astype("float32") / 255)[orders]
    x_test = x_test.reshape(len(x_test), 1, -1).astype("float32") / 255
    x_test, y = np.repeat(x_test, len(seeds), axis=1), y[orders]
    start, again = starts(seeds), starts([1000 + seed for seed in seeds])
    signed = [np.abs(b) * np.sign(a) for a, b in zip(start, again, strict=True)]
    dense = fit(start, None, x, y)
    results = {"pruned": list(PRUNED), "dense": accuracy(dense, x_test, y_test)}
    for pruned in PRUNED:
        masks = magnitude_masks(dense.get_weights(), pruned)
        groups = {"ticket": (start, masks), "new start": (again, masks)}
        if pruned == 0.9:
            shuffle = np.random.default_rng(0).permuted
            flat = [shuffle(mask.reshape(len(mask), -1), axis=1) for mask in masks]
            other = [f.reshape(m.shape) for f, m in zip(flat, masks, strict=True)]
            groups["signs"] = (signed, masks)
            groups["random mask"] = (start, other)
        for name, (weights, chosen) in groups.items():
            model = fit(weights, chosen, x, y)
            kernels = model.get_weights()[::2]
            for kernel, mask in zip(kernels, chosen, strict=True):
                assert not kernel[~mask].any()
            shares = accuracy(model, x_test, y_test)
            results.setdefault(name, []).append(shares.tolist())
            print(name, pruned, np.median(shares), np.mean(shares), flush=True)
    return results | {"dense": results["dense"].tolist()}


def conclude(results):
    """Asserts what chapter 8 says, on means of differences network by network."""
    dense, pruned = np.array(results["dense"]), results["pruned"]
    tickets, controls = (np.array(results[name]) for name in ("ticket", "new start"))
    for share, ticket, control in zip(pruned, tickets, controls, strict=True):
        print(f"{share:.0%} pruned")
        for name, gap in (("below dense", dense - ticket), ("lead", ticket - control)):
            error = gap.std(ddof=1) / len(gap) ** 0.5
            count = f"{np.sum(gap > 0)} of {len(gap)}"
            print(f"  {name}: {gap.mean():+.4f} ± {error:.4f}, positive in {count}")
        below, lead = dense - ticket, ticket - control
        if share <= 0.8:
            assert below.mean() < 0.003
        if share == 0.9:  # within a point, and ahead of the new start
            assert below.mean() < 0.01
            assert np.all(lead > 0)
        if 0.8 <= share <= 0.98:
            assert lead.mean() > 0.008
        if share >= 0.95:
            assert np.all(below > 0) and below.mean() > 0.01
        if share >= 0.98:
            assert below.mean() > 0.04
    ticket, control = tickets[pruned.index(0.9)], controls[pruned.index(0.9)]
    signs, other = (np.array(results[name][0]) for name in ("signs", "random mask"))
    for name, gap in (
        ("ticket - signs", ticket - signs),
        ("signs - new start", signs - control),
        ("new start - random mask", control - other),
    ):
        error = gap.std(ddof=1) / len(gap) ** 0.5
        print(f"{name}: {gap.mean():+.4f} ± {error:.4f}, positive in {np.sum(gap > 0)}")
    assert (signs - control).mean() > 2 * (ticket - signs).mean()
    assert np.all(signs > other) and np.mean(signs > control) >= 0.9


if __name__ == "__main__":
    study.main(__file__, run, conclude, seeds=range(10))
