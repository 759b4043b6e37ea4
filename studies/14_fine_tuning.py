"""Study 14c: what fine-tuning adds to frozen features, and what can spoil it.

The last five blocks of EfficientNet-Lite0 are trained on emoji together with a new
head, which begins as the logistic regression on frozen features. The maps of block 11,
which never change, are computed once. Compared are 40, 100, 200 and 400 images,
learning rates (chosen by the training images left over), heads that begin at zero or
at random, batch normalization with the statistics of ImageNet and with those of the
batch, and batches of 20 and of 5; always from five draws of images, and with the same
weights to learn. Chapter 14 draws the record.
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
RATES = (3e-5, RATE, 3e-3, 3e-2)
PLAIN = {"examples": 100, "rate": RATE, "head": "fitted", "batch": 20, "still": True}
CASES = {
    **{f"{n} images": {"examples": n} for n in EXAMPLES},
    **{f"rate {rate:g}": {"rate": rate} for rate in RATES if rate != RATE},
    "head of zeros": {"head": "zeros"},
    "random head": {"head": "random"},
    "batch statistics, 40 images": {"examples": 40, "still": False},
    "batch statistics, 100 images": {"still": False},
    "batches of 5": {"batch": 5},
    "batch statistics, batches of 5": {"batch": 5, "still": False},
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


def network(still):
    """Builds what may learn: from (block 8's means, block 11's maps) to logits.

    Also returns its features. They are standardized by the layer `standardize`, a batch
    normalization that never learns. The other batch normalizations stand still or use
    the statistics of the batch; their scales and shifts never learn.
    """
    model = zoo.efficientnet_lite0(SIZE, include_top=False)
    start = model.get_layer("block_11").output
    later = [model.get_layer(name).output for name in ("block_14", "block_16")]
    later = keras.Model(start, later)
    for layer in later.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.gamma.trainable = layer.beta.trainable = False
            layer.trainable = not still
    inputs = [keras.Input((80,)), keras.Input(start.shape[1:])]
    maps = [inputs[1], *later(inputs[1])]
    means = [layers.GlobalAveragePooling2D()(m) for m in maps]
    features = layers.Concatenate()([inputs[0], *means])
    z = layers.BatchNormalization(
        center=False, scale=False, epsilon=1e-6, trainable=False, name="standardize"
    )(features)
    z = layers.Dense(10, name="new_head")(layers.Dropout(0.5)(z))
    return keras.Model(inputs, z), keras.Model(inputs, features)


def start_again(model, features, weights, x, y, head):
    """Gives the network ImageNet's weights, and a head to begin with.

    Returns the logistic regression on the frozen features, as a layer's weights.
    """
    model.set_weights(weights)
    for variable in model.optimizer.variables:
        variable.assign(keras.ops.zeros_like(variable))
    known = features.predict(x, batch_size=20, verbose=0)
    mean, deviation = known.mean(axis=0), np.sqrt(known.var(axis=0) + 1e-6)
    fitted = LogisticRegression(C=PENALTY, max_iter=1000)
    fitted.fit((known - mean) / deviation, y)
    model.get_layer("standardize").set_weights([mean, known.var(axis=0)])
    heads = {
        "fitted": [fitted.coef_.T, fitted.intercept_],
        "zeros": [np.zeros(fitted.coef_.T.shape), np.zeros(10)],
        "random": [
            keras.initializers.GlorotUniform()(fitted.coef_.T.shape),
            np.zeros(10),
        ],
    }
    model.get_layer("new_head").set_weights(heads["fitted"])
    return lambda: model.get_layer("new_head").set_weights(heads[head])


def accuracy(model, x, y):
    z = model.predict(x, batch_size=20, verbose=0)
    return float(np.mean(z.argmax(axis=1) == y))


def fine_tune(case, known, y, new, y_new, seeds):
    """Returns accuracies by draw: before, after, on the known, on those left over.

    Those on new images are before and after; with 400 images none is left over.
    """
    case = PLAIN | case
    examples, batch_size = case["examples"], case["batch"]
    keras.backend.clear_session()
    model, features = network(case["still"])
    steps = EPOCHS * examples // batch_size
    model.compile(
        optimizer=keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay(case["rate"], steps)
        ),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    assert len(model.trainable_variables) == 17  # 15 kernels and the head
    model.optimizer.build(model.trainable_variables)
    weights, runs = model.get_weights(), []
    for seed in seeds:
        keras.utils.set_random_seed(seed)
        rows = study.draw(y, examples, seed)
        x = [part[rows] for part in known]
        begin = start_again(model, features, weights, x, y[rows], case["head"])
        before = accuracy(model, new, y_new)  # frozen features, fitted head
        begin()
        model.fit(x, y[rows], batch_size=batch_size, epochs=EPOCHS, verbose=0)
        found = [before, accuracy(model, new, y_new), accuracy(model, x, y[rows])]
        others = np.setdiff1d(np.arange(len(y)), rows)
        if len(others):
            rest = [part[others] for part in known]
            found.append(accuracy(model, rest, y[others]))
        runs.append(found)
    return np.transpose(runs)


def run(seeds):
    """Returns for each case accuracies before, after, on known, on left over images."""
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
    assert list(results) == list(CASES)
    after = {name: np.array(runs[1]) for name, runs in results.items()}
    change = {name: after[name] - runs[0] for name, runs in results.items()}
    left_over = {n: np.mean(runs[3]) for n, runs in results.items() if len(runs) > 3}

    gains = np.array([change[f"{n} images"].mean() for n in EXAMPLES])
    assert np.all(-0.015 < gains) and np.all(gains < 0.035)
    assert 0 < gains.mean() < 0.025
    at_rate = {rate: left_over.get(f"rate {rate:g}") for rate in RATES}
    at_rate[RATE] = left_over["100 images"]
    assert max(at_rate, key=at_rate.get) == RATE  # chosen without the test images
    assert -0.04 < change["rate 0.003"].mean() < 0.01
    assert change["rate 0.03"].max() < -0.08  # far too large: worse in every draw
    assert np.mean(results["rate 0.03"][2]) < 0.8  # also on what it learns

    assert abs(after["head of zeros"].mean() - after["100 images"].mean()) < 0.025
    assert change["random head"].max() < -0.02  # worse in every draw
    assert -0.12 < change["random head"].mean() < -0.05

    for name, low in ("40 images", -0.01), ("100 images", -0.01), ("batches of 5", 0):
        moving = f"batch statistics, {name}"
        assert low < after[name].mean() - after[moving].mean() < 0.04
        assert low < left_over[name] - left_over[moving] < 0.04


if __name__ == "__main__":
    study.main(__file__, run, conclude, seeds=range(5))
