"""Study 14b: frozen features of EfficientNet-Lite0 on emoji, at each depth.

The network's maps, averaged over their places, are computed once for both drawings. A
logistic regression on them learns from 40, 100, 200 and 400 images, from five draws;
its penalty is chosen for each set of features with the draws of 200, by the training
images that they leave over. It is read on the test characters in both drawings, and on
the training characters in the other one. The same network with random weights is the
control. Then LeNet learns the digits 0 to 4, and its frozen convolutions read 5 to 9.
Chapter 14 draws the record and computes a slice of it.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from dlbook import data, zoo
from tools import study

SIZE = 96  # the 64 pixels of an emoji are enlarged to as many
EXAMPLES = (40, 100, 200, 400)
DEPTHS = ("block_1", "block_3", "block_5", "block_8", "block_11", "block_14")
DEPTHS += ("block_16", "features")
FOUR = ("block_8", "block_11", "block_14", "block_16")
PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0)  # scikit-learn's C
EACH = (2, 5, 10, 20)  # digits of a class
HEADS = {"pixels": None, "untrained": 0, "digits 0 to 4": 6}  # epochs on 0 to 4


def averages(images, untrained=False):
    """Each depth's maps, averaged over their places, and the pixels of 16 x 16."""
    large = keras.ops.image.resize(images.astype("float32"), (SIZE, SIZE))
    large = keras.ops.convert_to_numpy(large)
    model = zoo.efficientnet_lite0(SIZE, include_top=False)
    if untrained:
        forget(model, large[:200])
    maps = [model.get_layer(name).output for name in DEPTHS[:-1]]
    means = [layers.GlobalAveragePooling2D()(m) for m in maps]
    body = keras.Model(model.input, [*means, model.output])
    found = body.predict(large, batch_size=50, verbose=0)
    features = dict(zip(DEPTHS, found, strict=True))
    small = images.reshape(-1, 16, 4, 16, 4, 3).mean(axis=(2, 4))
    features["pixels"] = small.reshape(len(images), -1)
    features["four depths"] = np.concatenate([features[k] for k in FOUR], axis=1)
    return features


def forget(model, images):
    """Draws all kernels anew; the normalizations take their statistics from images."""
    draw_kernel = keras.initializers.HeNormal()
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.gamma.assign(np.ones(layer.gamma.shape))
            layer.beta.assign(np.zeros(layer.beta.shape))
            layer.momentum = 0.0
        elif layer.weights:
            layer.kernel.assign(draw_kernel(layer.kernel.shape))
    model(images, training=True)


def head(x, y, penalty):
    """Standardizes, and fits a logistic regression; returns what predicts labels."""
    fitted = LogisticRegression(C=penalty, max_iter=1000)
    return make_pipeline(StandardScaler(), fitted).fit(x, y).predict


def choose(x, y, examples, seeds):
    """Returns the penalty that does best on what the draws leave over, and how well."""
    right = np.zeros(len(PENALTIES))
    for i, penalty in enumerate(PENALTIES):
        for seed in seeds:
            rows = study.draw(y, examples, seed)
            others = np.setdiff1d(np.arange(len(y)), rows)
            predict = head(x[rows], y[rows], penalty)
            right[i] += np.mean(predict(x[others]) == y[others]) / len(seeds)
    return PENALTIES[int(right.argmax())], round(float(right.max()), 4)


def emoji(seeds):
    depths, drawings = {}, ("noto", "twemoji")
    for drawing in drawings:
        parts = data.emoji(drawing)
        images = np.concatenate([images for images, _ in parts])
        depths[drawing] = averages(images)
        y, y_test = parts[0][1], parts[1][1]
    names = ["pixels", *DEPTHS, "four depths"]
    chosen, validation = {}, {}
    for name in names:
        x = depths["noto"][name][:400]
        chosen[name], validation[name] = choose(x, y, 200, seeds)
        print(name, chosen[name], validation[name], flush=True)
    test, seen = {}, {}
    for source in drawings:
        for target in drawings:
            for name in names:
                x, x_test = depths[source][name][:400], depths[target][name][400:]
                again = depths[target][name][:400]  # the training characters
                runs, same = np.zeros((2, len(EXAMPLES), len(seeds)))
                for i, examples in enumerate(EXAMPLES):
                    for j, seed in enumerate(seeds):
                        rows = study.draw(y, examples, seed)
                        predict = head(x[rows], y[rows], chosen[name])
                        runs[i, j] = np.mean(predict(x_test) == y_test)
                        same[i, j] = np.mean(predict(again[rows]) == y[rows])
                if source != target:
                    seen[f"{source} to {target}, {name}"] = np.round(same, 4).tolist()
                test[f"{source} to {target}, {name}"] = np.round(runs, 4).tolist()
                print(source, target, name, runs.mean(axis=1).round(3), flush=True)
    runs = np.zeros((len(EXAMPLES), len(seeds)))
    images = np.concatenate([images for images, _ in data.emoji()])
    for j, seed in enumerate(seeds):
        keras.backend.clear_session()
        keras.utils.set_random_seed(seed)
        x = averages(images, untrained=True)["four depths"]
        penalty, _ = choose(x[:400], y, 200, [seed])
        for i, examples in enumerate(EXAMPLES):
            rows = study.draw(y, examples, seed)
            runs[i, j] = np.mean(head(x[rows], y[rows], penalty)(x[400:]) == y_test)
    test["noto to noto, untrained"] = np.round(runs, 4).tolist()
    print("untrained", runs.mean(axis=1).round(3), flush=True)
    return {
        "penalty": chosen,
        "validation": validation,
        "test": test,
        "same characters": seen,
    }


def lenet():
    """The book's LeNet with five classes, and its convolutions alone."""
    model = zoo.lenet()
    flat = model.get_layer("flatten").output
    x = layers.Dense(120, activation="relu")(flat)
    x = layers.Dense(84, activation="relu")(x)
    return keras.Model(model.input, layers.Dense(5)(x)), keras.Model(model.input, flat)


def learn(model, x, y, epochs, batch_size):
    model.compile(
        optimizer=keras.optimizers.Adam(1e-3),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    model.fit(x, y, batch_size=batch_size, epochs=epochs, verbose=0)


def digits(seeds):
    (x, y), (x_test, y_test) = data.mnist()
    x, x_test = x[..., None] / np.float32(255), x_test[..., None] / np.float32(255)
    low, high, test = y < 5, y > 4, y_test > 4
    right = {name: np.zeros((len(EACH), len(seeds))) for name in HEADS}
    right["from scratch"] = np.zeros((len(EACH), len(seeds)))
    for j, seed in enumerate(seeds):
        inputs = {"pixels": (x[high].reshape(-1, 784), x_test[test].reshape(-1, 784))}
        for name, epochs in HEADS.items():
            if epochs is None:
                continue
            keras.backend.clear_session()
            keras.utils.set_random_seed(seed)
            model, body = lenet()
            if epochs:
                learn(model, x[low], y[low], epochs, batch_size=50)
            inputs[name] = [
                body.predict(part, batch_size=500, verbose=0)
                for part in (x[high], x_test[test])
            ]
        penalties = {
            name: choose(train, y[high], 50, [seed])[0]
            for name, (train, _) in inputs.items()
        }
        for i, each in enumerate(EACH):
            rows = study.draw(y[high], 5 * each, seed)
            for name, (train, read) in inputs.items():
                predict = head(train[rows], y[high][rows], penalties[name])
                right[name][i, j] = np.mean(predict(read) == y_test[test])
            keras.backend.clear_session()
            keras.utils.set_random_seed(seed)
            model, _ = lenet()
            batch_size, steps = min(5 * each, 25), 200
            epochs = steps // (5 * each // batch_size)
            learn(model, x[high][rows], y[high][rows] - 5, epochs, batch_size)
            z = model.predict(x_test[test], batch_size=500, verbose=0)
            right["from scratch"][i, j] = np.mean(z.argmax(1) + 5 == y_test[test])
        print(
            seed, {k: v[:, j].round(3).tolist() for k, v in right.items()}, flush=True
        )
    return {name: np.round(runs, 4).tolist() for name, runs in right.items()}


def run(seeds):
    """Returns accuracies by features (examples, draws) and by head (digits, starts)."""
    return {
        "examples": list(EXAMPLES),
        "emoji": emoji(seeds),
        "each": list(EACH),
        "digits": digits(seeds),
    }


def conclude(results):
    """Asserts what chapter 14 says of the means over the draws."""
    emoji, digits = results["emoji"], results["digits"]
    validation = emoji["validation"]
    assert max(validation, key=validation.get) == "four depths"
    for penalty in emoji["penalty"].values():
        assert PENALTIES[0] < penalty < PENALTIES[-1]  # not at an end

    def means(source, target, name, part="test"):
        return np.mean(emoji[part][f"{source} to {target}, {name}"], axis=1)

    def within(found, low, high):
        assert np.all(low < np.asarray(found)) and np.all(np.asarray(found) < high)

    own = {name: means("noto", "noto", name) for name in validation}
    bands = {  # around 40, 100, 200 and 400 images
        "pixels": (0.31, 0.37, 0.405, 0.4),
        "block_14": (0.47, 0.53, 0.585, 0.63),
        "features": (0.375, 0.475, 0.55, 0.595),
        "four depths": (0.475, 0.555, 0.605, 0.63),
    }
    for name, band in bands.items():
        within(own[name] - band, -0.02, 0.02)
    at_100_and_200 = {name: found[1:3].mean() for name, found in own.items()}
    four = at_100_and_200["four depths"]
    within(four - at_100_and_200["features"], 0.05, 0.09)
    within(at_100_and_200["block_14"] - at_100_and_200["features"], 0.03, 0.06)
    within(at_100_and_200["block_14"] - at_100_and_200["block_1"], 0.17, 0.23)
    untrained = means("noto", "noto", "untrained")
    within(own["pixels"] - untrained, 0.1, 0.21)

    lost = {}
    for name in validation:
        same = means("noto", "noto", name)[2] + means("twemoji", "twemoji", name)[2]
        other = means("noto", "twemoji", name)[2] + means("twemoji", "noto", name)[2]
        lost[name] = 1 - other / same
    within(lost["pixels"], 0.25, 0.35)
    within([lost["four depths"], lost["block_14"]], 0.07, 0.14)
    later = [lost[f"block_{k}"] for k in (5, 8, 11, 14)]
    assert later == sorted(later, reverse=True) and lost["features"] < later[-1]
    seen = means("noto", "twemoji", "four depths", "same characters")[2]
    within(seen - means("noto", "twemoji", "four depths")[2], 0.18, 0.28)

    right = {name: np.mean(runs, axis=1) for name, runs in digits.items()}
    gain = right["digits 0 to 4"] - right["untrained"]
    within(gain[0], 0.04, 0.13)
    within(gain[-1], -0.02, 0.03)
    within(right["digits 0 to 4"] - right["from scratch"], 0.01, 0.07)
    within(right["untrained"] - right["pixels"], 0.05, 0.13)


if __name__ == "__main__":
    study.main(__file__, run, conclude, seeds=range(5))
