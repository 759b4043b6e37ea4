"""Study 08: what helps a network that has seen 200 digits only.

Chapter 8 trains a small network on few digits and asks which regularizer makes it read
new ones better. The gains are about as large as the differences between draws of the
training digits, so every method gets the same ten draws, each with its own 200 digits
for training, 200 for validation and 1,000 fresh ones to compare on, and with its own
start, drawn by NumPy. All are from MNIST's training part: no test digit is used.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from functools import partial

import keras
import numpy as np
from scipy import ndimage

from dlbook import data, train
from dlbook.scratch.initializer import glorot_uniform
from tools import study

SAMPLES, FRESH, BATCH_SIZE, STEPS, EVERY = 200, 1000, 50, 1200, 40
COPIES = 10  # of each digit, the original and nine changed ones: 40 steps are an epoch


def starts(seeds):
    """Glorot's kernels and zero biases, one network for each seed."""
    weights = []
    for seed in seeds:
        random, parts = np.random.default_rng(seed), []
        for shape in ((784, 64), (64, 10)):
            parts += [glorot_uniform(shape, random), np.zeros(shape[1])]
        weights.append(parts)
    return [np.stack(parts) for parts in zip(*weights, strict=True)]


def networks(seeds, l2=0.0, dropout=0.0):
    """Builds networks 784-64-10 side by side, each with inputs of its own."""
    count = len(seeds)
    layers = train.side_by_side([784, 64, 10], count).layers[1:]
    for layer in layers if l2 else []:
        layer.kernel.regularizer = keras.regularizers.L2(l2)
    if dropout:
        layers.insert(1, keras.layers.Dropout(dropout))
    model = keras.Sequential([keras.Input((count, 784)), *layers])
    model.set_weights(starts(seeds))
    crossentropy = keras.losses.sparse_categorical_crossentropy
    loss = train.summed(partial(crossentropy, from_logits=True))
    model.compile(optimizer=keras.optimizers.Adam(0.001), loss=loss)
    return model


def shift(image, random):
    """Shifts by up to two pixels to each side."""
    return ndimage.shift(image, random.integers(-2, 3, size=2), order=0)


def rotate(image, random):
    """Turns by up to 15 degrees."""
    angle = random.uniform(-15, 15)
    return np.clip(ndimage.rotate(image, angle, reshape=False, order=1), 0, 1)


def mirror(image, random):
    """Swaps left and right, in one case of two."""
    return image[:, ::-1] if random.random() < 0.5 else image


def noise(image, random):
    """Adds normal noise to each pixel."""
    return image + 0.2 * random.normal(size=image.shape)


METHODS = {
    "plain": {},
    "L2 0.001": {"l2": 0.001},
    "L2 0.01": {"l2": 0.01},
    "L2 0.1": {"l2": 0.1},
    "dropout": {"dropout": 0.5},
    "noise": {"changes": [noise]},
    "mirror": {"changes": [mirror]},
    "shift": {"changes": [shift]},
    "rotate": {"changes": [rotate]},
    "shift, rotate": {"changes": [shift, rotate]},
    "shift, rotate, dropout": {"changes": [shift, rotate], "dropout": 0.5},
}


def augmented(images, changes, random):
    """Adds changed versions to images of shape (n, 28, 28)."""
    versions = [images]
    for _ in range(COPIES - 1):
        batch = images
        for change in changes:
            batch = np.stack([change(image, random) for image in batch])
        versions.append(batch)
    return np.concatenate(versions)


def draw(seed):
    """Draws rows for training, for validation and for comparing."""
    rows = np.random.default_rng(seed).permutation(4000)
    return np.split(rows[: 2 * SAMPLES + FRESH], (SAMPLES, 2 * SAMPLES))


def measure(model, x, y):
    """Cross-entropy and accuracy of each network, for y of shape (n, networks)."""
    z = keras.ops.convert_to_numpy(model(x, training=False)).astype("float64")
    logs = z - np.logaddexp.reduce(z, axis=-1, keepdims=True)
    right = np.take_along_axis(logs, y[..., np.newaxis], axis=-1)[..., 0]
    return -right.mean(axis=0), np.mean(np.argmax(z, axis=-1) == y, axis=0)


def inputs(images):
    """Images of shape (networks, n, 28, 28) as (n, networks, 784)."""
    flat = images.reshape(*images.shape[:2], 784)
    return flat.transpose(1, 0, 2).astype("float32")


def histories(images, labels, seeds, changes=(), **options):
    """Trains one network for each seed; returns losses and accuracies every 40 steps.

    The result's shape is (points, 3, 2, networks): training, validation, fresh; loss,
    accuracy.
    """
    keras.utils.set_random_seed(0)
    model = networks(seeds, **options)
    rows = [np.stack(part) for part in zip(*map(draw, seeds), strict=True)]
    parts = [(inputs(images[part]), labels[part].T) for part in rows]
    randoms = [np.random.default_rng(seed) for seed in seeds]
    pairs = zip(images[rows[0]], randoms, strict=True)
    x = inputs(np.stack([augmented(part, changes, g) for part, g in pairs]))
    y = np.tile(parts[0][1], (COPIES, 1))
    history = []
    for _ in range(STEPS // EVERY):
        model.fit(x, y, BATCH_SIZE, epochs=1, shuffle=False, verbose=0)
        history.append([measure(model, *part) for part in parts])
    return np.array(history)


def run(seeds):
    """Trains with every method."""
    (images, labels), _ = data.mnist()
    images, labels, results = images / 255, labels.astype(int), {}
    for name, options in METHODS.items():
        history = histories(images, labels, seeds, **options)
        rounded = np.vectorize(lambda value: float(f"{value:.4g}"))(history)
        results[name] = rounded.tolist()
        print(name, np.median(history[-1, 2, 1]), flush=True)
    return {"steps": list(range(EVERY, STEPS + 1, EVERY)), "history": results}


def conclude(results):
    """Asserts what chapter 8 says, on means of differences draw by draw."""
    histories = {name: np.array(h) for name, h in results["history"].items()}
    plain, early = histories["plain"], results["steps"].index(400)
    loss, gain, many = {}, {}, {}
    for name, history in histories.items():
        print(f"{name:22}", end="")
        for step in (early, -1):
            loss[name, step], gain[name, step] = (history - plain)[step, 2]
            for values in (gain[name, step], loss[name, step]):
                error = values.std(ddof=1) / len(values) ** 0.5
                print(f"  {values.mean():+.4f} ± {error:.4f}", end="")
        many[name] = np.mean(gain[name, -1] > 0)
        print(f"  better in {many[name]:.0%}")
    for name in ("shift", "rotate", "shift, rotate", "shift, rotate, dropout"):
        assert many[name] >= 0.9 and gain[name, -1].mean() > 0.02
    for name in ("mirror", "L2 0.1"):
        assert many[name] <= 0.1 and gain[name, -1].mean() < -0.02
    assert np.median(histories["L2 0.1"][-1, 0, 1]) < 0.95  # underfits
    for name in ("L2 0.001", "L2 0.01"):  # all losses fall, the gain is small
        assert np.all(loss[name, -1] < 0) and loss[name, -1].mean() < -0.05
        assert 0 < gain[name, -1].mean() < 0.02
    for name in ("dropout", "noise"):
        assert abs(gain[name, -1].mean()) < 0.012
    assert np.mean(loss["dropout", early] < 0) >= 0.9
    assert 0.9 <= np.mean(loss["dropout", early] < loss["dropout", -1])
    assert loss["dropout", -1].mean() > 0

    # The plain networks: the best step comes early, in loss and not in accuracy.
    draws = np.arange(plain.shape[-1])
    best = plain[:, 1, 0].argmin(axis=0)
    there, end = plain[best, 2, :, draws], plain[-1, 2].T
    print("best steps", (best + 1) * EVERY)
    assert np.all(best < STEPS // EVERY // 2)
    assert np.median(end[:, 0] / there[:, 0]) > 1.1
    assert abs(np.median(end[:, 1] - there[:, 1])) < 0.01


if __name__ == "__main__":
    study.main(__file__, run, conclude, seeds=range(10))
