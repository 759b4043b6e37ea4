"""Study 14c: what fine-tuning adds to frozen features, and what can spoil it.

The last five blocks of EfficientNet-Lite0 are trained on emoji together with a new
head, which begins as the logistic regression on frozen features. The maps of block 11,
which never change, are computed once. Compared are 40, 100, 200 and 400 images,
learning rates, batch normalization with the statistics of ImageNet and with those of
the batch, and batches of 20 and of 5; always from five draws of images. Chapter 14
draws the record.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers
from sklearn.linear_model import LogisticRegression

from dlbook import data, zoo
from tools import study

SIZE = 96
EXAMPLES = (40, 100, 200, 400)
PENALTY = 1e-2  # of the frozen head, as study 14b chose it
RATE = 3e-4
CASES = {  # examples, rate, batch normalization in training mode, batch size
    **{f"{n} images": (n, RATE, False, 20) for n in EXAMPLES},
    **{f"rate {rate:g}": (100, rate, False, 20) for rate in (3e-5, 3e-3, 3e-2)},
    "batch statistics, 40 images": (40, RATE, True, 20),
    "batch statistics, 100 images": (100, RATE, True, 20),
    "batches of 5": (100, RATE, False, 5),
    "batch statistics, batches of 5": (100, RATE, True, 5),
}
EPOCHS = 10


def bottom(images):
    """Runs what stays frozen: means of block 8's maps, and the maps of block 11."""
    model = zoo.efficientnet_lite0(SIZE, include_top=False)
    low = layers.GlobalAveragePooling2D()(model.get_layer("block_8").output)
    body = keras.Model(model.input, [low, model.get_layer("block_11").output])
    large = keras.ops.image.resize(images.astype("float32"), (SIZE, SIZE))
    large = keras.ops.convert_to_numpy(large)
    return body.predict(large, batch_size=50, verbose=0)


def network(batch_statistics):
    """Builds what may learn: from (block 8's means, block 11's maps) to logits.

    Also returns its features. They are standardized by the layer `standardize`, a batch
    normalization that never learns.
    """
    model = zoo.efficientnet_lite0(SIZE, include_top=False)
    start = model.get_layer("block_11").output
    later = [model.get_layer(name).output for name in ("block_14", "block_16")]
    later = keras.Model(start, later)
    for layer in later.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.trainable = batch_statistics
    inputs = [keras.Input((80,)), keras.Input(start.shape[1:])]
    maps = [inputs[1], *later(inputs[1])]
    means = [layers.GlobalAveragePooling2D()(m) for m in maps]
    features = layers.Concatenate()([inputs[0], *means])
    z = layers.BatchNormalization(
        center=False, scale=False, epsilon=1e-6, trainable=False, name="standardize"
    )(features)
    z = layers.Dense(10, name="new_head")(layers.Dropout(0.5)(z))
    return keras.Model(inputs, z), keras.Model(inputs, features)


def start_again(model, features, weights, x, y):
    """Gives the network ImageNet's weights, and the head of a logistic regression."""
    model.set_weights(weights)
    for variable in model.optimizer.variables:
        variable.assign(keras.ops.zeros_like(variable))
    known = features.predict(x, batch_size=20, verbose=0)
    mean, deviation = known.mean(axis=0), np.sqrt(known.var(axis=0) + 1e-6)
    fitted = LogisticRegression(C=PENALTY, max_iter=1000)
    fitted.fit((known - mean) / deviation, y)
    model.get_layer("standardize").set_weights([mean, known.var(axis=0)])
    model.get_layer("new_head").set_weights([fitted.coef_.T, fitted.intercept_])


def accuracy(model, x, y):
    z = model.predict(x, batch_size=20, verbose=0)
    return float(np.mean(z.argmax(axis=1) == y))


def fine_tune(case, known, y, new, y_new, seeds):
    """Returns the accuracy on new images before and after, and on the known ones."""
    examples, rate, batch_statistics, batch_size = case
    keras.backend.clear_session()
    model, features = network(batch_statistics)
    steps = EPOCHS * examples // batch_size
    model.compile(
        optimizer=keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay(rate, steps)
        ),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    model.optimizer.build(model.trainable_variables)
    weights, runs = model.get_weights(), []
    for seed in seeds:
        keras.utils.set_random_seed(seed)
        rows = study.draw(y, examples, seed)
        x = [part[rows] for part in known]
        start_again(model, features, weights, x, y[rows])
        before = accuracy(model, new, y_new)
        model.fit(x, y[rows], batch_size=batch_size, epochs=EPOCHS, verbose=0)
        after = accuracy(model, new, y_new)
        runs.append((before, after, accuracy(model, x, y[rows])))
    return np.transpose(runs)


def run(seeds):
    """Returns for each case accuracies before, after and on known images, by draw."""
    (images, y), (images_test, y_test) = data.emoji()
    known, new = bottom(images), bottom(images_test)
    results = {}
    for name, case in CASES.items():
        runs = fine_tune(case, known, y, new, y_test, seeds)
        results[name] = np.round(runs, 4).tolist()
        print(name, runs.mean(axis=1).round(3), runs.round(3).tolist(), flush=True)
    return results


def conclude(results):
    """Asserts what chapter 14 says of the draws and of their means."""
    after = {name: np.array(runs[1]) for name, runs in results.items()}
    change = {name: after[name] - runs[0] for name, runs in results.items()}
    assert list(results) == list(CASES)
    gains = np.array([change[f"{n} images"].mean() for n in EXAMPLES])
    assert np.all(-0.01 < gains) and np.all(gains < 0.035)
    assert 0.005 < gains.mean() < 0.025
    assert 0 < change["rate 3e-05"].mean() < gains[1]
    assert -0.03 < change["rate 0.003"].mean() < 0.01
    assert change["rate 0.03"].max() < -0.08  # far too large: worse in every draw
    assert np.mean(results["rate 0.03"][2]) < 0.65  # also on what it learns
    pairs = [
        after[name] - after[f"batch statistics, {name}"]
        for name in ("40 images", "100 images", "batches of 5")
    ]
    assert np.sum(np.array(pairs) > 0) >= 13  # of 15
    assert 0.01 < np.mean(pairs) < 0.03


if __name__ == "__main__":
    study.main(__file__, run, conclude, seeds=range(5))
