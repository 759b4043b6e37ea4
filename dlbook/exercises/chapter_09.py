"""References of the exercises of chapter 9, A recipe for training."""

import numpy as np

from dlbook import data
from dlbook._check import Function, Property, Value
from dlbook.scratch import loss


def _choose_rate(rates, losses, window):
    rates, losses = np.asarray(rates), np.asarray(losses, dtype=float)
    smooth = np.convolve(losses, np.ones(window) / window, mode="valid")
    least = int(np.argmin(np.where(np.isfinite(smooth), smooth, np.inf)))
    return rates[least + window // 2] / 10


def _early_stopping(losses, patience):
    best = 0
    for epoch, value in enumerate(losses):
        if value < losses[best]:
            best = epoch
        if epoch - best >= patience:
            return epoch + 1, best
    return len(losses), best


def _paired_error(only_a, only_b, n):
    return np.sqrt(only_a + only_b - (only_a - only_b) ** 2 / n) / n


def _best_of(models, accuracy, n):
    """Mean of the largest of several binomial shares: sum of P(max >= k) over k."""
    from scipy import stats

    below = stats.binom.cdf(np.arange(n), n, accuracy)
    return np.sum(1 - below**models) / n


# The judge of the broken script: each fault has a measurement of its own.


def _match(rows, originals):
    """Which original each row is; scaling, of all pixels or of each, does no harm."""

    def standard(x):
        x = x.reshape(len(x), -1).astype(float)
        x = (x - x.mean(axis=0)) / np.maximum(x.std(axis=0), 1e-9)
        return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9)

    likeness = standard(rows) @ standard(originals).T
    return likeness.argmax(axis=1)


def _seen(model, x):
    """What the first layer with a kernel gets: the model's own scaling comes first."""
    import keras

    layers = list(model.layers)
    while layers and not hasattr(layers[0], "kernel"):
        layer = layers.pop(0)
        if isinstance(layer, keras.Model):
            layers = [*layer.layers, *layers]
        elif isinstance(layer, keras.layers.BatchNormalization):
            x = layer(x, training=True)
        elif not isinstance(layer, keras.layers.InputLayer):
            x = layer(x)
    return keras.ops.convert_to_numpy(x).astype(float)


def _well_scaled(x):
    return bool(0.02 < np.std(x) < 5)


def _faults_of_prepare(prepare, build, images, labels):
    (x, y), (x_val, y_val) = prepare(images.copy(), labels.copy())
    parts = [np.asarray(part) for part in (x, y, x_val, y_val)]
    x, y, x_val, y_val = parts
    if len(x) < len(images) // 2 or len(x_val) < len(images) // 20:
        raise ValueError(f"prepare keeps {len(x)} and {len(x_val)} of {len(images)}")
    if x.shape != (len(y), 784) or x_val.shape != (len(y_val), 784):
        raise ValueError(f"prepare returns inputs of shapes {x.shape}, {x_val.shape}")
    found = _match(np.concatenate([x, x_val]), images)
    apart = np.mean(labels[found] != np.concatenate([y, y_val])) > 0.02
    shared = np.isin(found[len(x) :], found[: len(x)]).mean() > 0.02
    return [apart, shared, not _well_scaled(_seen(build(), x.astype("float32")))]


def _faults_of_build(build, images, labels):
    import keras

    x, y = images.reshape(len(images), -1).astype("float32"), labels
    model = build()
    if _well_scaled(_seen(build(), x / 255)) or not _well_scaled(_seen(build(), x)):
        x = x / 255  # else a layer of the model does it
    z = keras.ops.convert_to_numpy(model(x, training=False))
    if np.mean(np.argmax(z, axis=-1) == y) > 0.5:
        raise ValueError("build returns a model that knows the digits already")

    def told_loss():  # what the compiled loss says
        z = model(x, training=False)
        told = model.compute_loss(x, keras.ops.convert_to_tensor(y), z)
        return float(keras.ops.convert_to_numpy(told))

    before = told_loss()
    model.fit(x, y, batch_size=50, epochs=4, verbose=0)
    after = told_loss()
    z = keras.ops.convert_to_numpy(model(x, training=False)).astype(float)
    if z.shape != (len(x), 10):
        raise ValueError(f"the model returns shape {z.shape}, not {(len(x), 10)}")
    bright = keras.ops.convert_to_numpy(model(50 * x, training=False))
    free = np.min(z) < 0 and max(np.abs(z).max(), np.abs(bright).max()) > 1.001
    shares = np.min(z) >= 0 and np.allclose(z.sum(axis=1), 1, atol=1e-3)
    true = loss.categorical_crossentropy(
        np.eye(10)[y], np.log(np.maximum(z, 1e-7)) if shares else z
    )
    penalty = sum(float(keras.ops.convert_to_numpy(part)) for part in model.losses)
    told = abs(after - penalty - true) < 0.1 + 0.05 * true
    head = not (free or shares) or (after < 0.98 * before and not told)
    return [bool(head), not after < 0.98 * before]


def _faults_of_accuracy(accuracy, images, labels):
    """Models whose accuracy is known, with so much dropout that training shows."""
    import keras

    x = images.reshape(len(images), -1).astype("float32") / 255
    means = np.stack([x[labels == k].mean(axis=0) for k in range(10)])
    model = keras.Sequential(
        [keras.Input((784,)), keras.layers.Dropout(0.95), keras.layers.Dense(10)]
    )
    model.compile(
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    model.layers[-1].set_weights([means.T, -np.sum(means**2, axis=1) / 2])
    right = np.argmax(x @ means.T - np.sum(means**2, axis=1) / 2, axis=1)
    for y in (labels, right, (right + (np.arange(len(x)) % 3 == 0)) % 10):
        if abs(float(accuracy(model, x, y)) - np.mean(right == y)) > 0.005:
            return [True]
    return [False]


def _repaired(answer):
    if not isinstance(answer, tuple) or not all(callable(part) for part in answer):
        return "Expected the three functions (prepare, build, accuracy)."
    prepare, build, accuracy = answer
    (images, labels), _ = data.mnist()
    some = np.random.default_rng(9).permutation(len(images))[:600]
    part = images[some], labels[some].astype(int)
    faults = _faults_of_prepare(prepare, build, *part)
    faults += _faults_of_build(build, *part)
    faults += _faults_of_accuracy(accuracy, *part)
    if left := sum(faults):
        return f"{left} fault{'s' if left > 1 else ''} left."
    (x, y), (x_val, y_val) = prepare(images, labels.astype(int))
    model = build()
    for _ in range(4):  # a careful rate gets more epochs
        model.fit(x, y, batch_size=50, epochs=6, verbose=0)
        if (share := float(accuracy(model, x_val, y_val))) > 0.84:
            return True
    return f"No planted fault left, but after 24 epochs it reads only {share:.3f}."


_FREQUENCIES = np.array([0.9, 0.09, 0.01])
_RATES = np.geomspace(1e-5, 10, 61)
_FALL = np.log(_RATES / 0.1) ** 2 / 40 + 0.5 + 0.2 * np.sin(7 * np.arange(61))

EXERCISES = {
    "9.1": Value(
        [np.log(3), -np.sum(_FREQUENCIES * np.log(_FREQUENCIES))],
        "With equal logits every class gets the same share. With logits log f_k the "
        "softmax gives f_k: take the mean of -log over examples of all classes.",
        rtol=2e-3,
    ),
    "9.2": Function(
        lambda classes: np.log(np.e + classes - 1) - 1,
        cases=[(2,), (10,), (1000,)],
        hint="The first softmax leaves numbers from 0 to 1 with the sum 1. Which of "
        "them make the second one's share of the right class largest?",
        rtol=1e-3,
    ),
    "9.3": Function(
        lambda examples, classes: (1 - 0.5**examples, np.log(classes) / 2),
        cases=[(3, 10), (1, 10), (5, 100)],
        hint="When is nothing seen? And how many of the examples keep a loss, which?",
        rtol=1e-3,
    ),
    "9.4": Function(
        _choose_rate,
        cases=[
            (np.geomspace(0.001, 1, 7), [3.0, 3.0, 2.0, 1.0, 2.0, 5.0, 9.0], 3),
            (np.geomspace(0.001, 1, 7), [3.0, 2.0, 2.0, 0.1, 9.0, np.nan, np.inf], 3),
            (_RATES, _FALL, 9),
        ],
        hint="A window's place is its middle. A window with nan or inf cannot win.",
        rtol=1e-3,
    ),
    "9.5": Function(
        _early_stopping,
        cases=[
            ([5.0, 4.0, 3.0, 3.5, 3.2, 2.0], 2),
            ([5.0, 4.0, 3.0, 3.5, 3.2, 2.0], 3),
            ([3.0, 2.0, 1.0], 1),
            ([1.0, 1.0, 1.0, 0.5], 2),
            ([4.0, 3.0, 3.5, 2.5, 2.6, 2.4, 2.7, 2.8, 2.9, 1.0], 3),
        ],
        hint="Count the epochs since the last one that was better than all before it; "
        "an equal loss is no progress.",
    ),
    "9.6": Function(
        lambda share, confidence: np.ceil(np.log(1 - confidence) / np.log(1 - share)),
        cases=[(0.05, 0.95), (0.05, 0.99), (0.01, 0.9), (0.3, 0.5)],
        hint="All trials miss with probability (1 - share) to the power of trials.",
        rtol=0,
        atol=0.01,
    ),
    "9.7": Function(
        _paired_error,
        cases=[(30, 10, 1000), (10, 10, 500), (0, 70, 1000), (60, 45, 1000)],
        hint="The difference on an image is 1, -1 or 0. What are the mean of its "
        "square and the square of its mean?",
        rtol=2e-3,
    ),
    "9.8": Value(
        _best_of(20, 0.9, 500),
        "Draw 20 binomial counts of 500 with p = 0.9, keep the largest share, and "
        "repeat this some thousand times.",
        rtol=1e-3,
    ),
    "9.9": Property(
        _repaired,
        "Give prepare images whose labels you know, let build's model learn three by "
        "heart, and give accuracy the same input twice.",
    ),
}
