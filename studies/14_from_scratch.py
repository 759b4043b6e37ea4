"""Study 14a: how well a convolutional network learns emoji from nothing.

Recipes are compared first, each from two starts with 200 images, by the training
images they have not seen. The best one then learns from 40, 100, 200 and 400 images,
from five starts with other images each, and is read on the test images: in the drawing
it knows, and in the other one. It is the baseline that chapter 14 holds against a
network that knows ImageNet.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers

from dlbook import data
from tools import study

EXAMPLES = (40, 100, 200, 400)
PLAIN = {
    "size": 64,
    "widths": (16, 32, 64, 128),
    "rate": 2e-3,
    "epochs": 30,
    "dropout": 0.3,
    "augmented": False,
}
RECIPES = {
    "plain": {},
    "small images": {"size": 32, "widths": (32, 64, 128)},
    "slower": {"rate": 6e-4},
    "faster": {"rate": 6e-3},
    "longer": {"epochs": 60},
    "wider": {"widths": (24, 48, 96, 192)},
    "more dropout": {"dropout": 0.6},
    "augmented": {"augmented": True, "epochs": 60},
}


def network(size, widths, dropout, augmented):
    """Convolution, batch normalization, ReLU and pooling, once for each width."""
    model = keras.Sequential([keras.Input((64, 64, 3)), layers.Rescaling(1 / 128, -1)])
    if augmented:  # a mirror image, and a shift by up to a tenth, on white
        model.add(layers.RandomFlip("horizontal"))
        model.add(
            layers.RandomTranslation(0.1, 0.1, fill_mode="constant", fill_value=1.0)
        )
    if size == 32:
        model.add(layers.AveragePooling2D(2))
    for width in widths:
        model.add(
            layers.Conv2D(
                width,
                3,
                padding="same",
                use_bias=False,
                kernel_initializer="he_normal",
            )
        )
        model.add(layers.BatchNormalization(momentum=0.9))
        model.add(layers.ReLU())
        model.add(layers.MaxPooling2D(2))
    model.add(layers.GlobalAveragePooling2D())
    model.add(layers.Dropout(dropout))
    model.add(layers.Dense(len(data.EMOJI_CLASSES)))
    return model


def learn(changes, x, y, seed):
    """Trains a network by a recipe; returns it and its accuracy on what it learned."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    recipe = PLAIN | changes
    rate, epochs = recipe.pop("rate"), recipe.pop("epochs")
    epochs *= max(1, 200 // len(x))  # as many steps with fewer images
    model = network(**recipe)
    steps = epochs * -(-len(x) // 20)
    model.compile(
        optimizer=keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(rate, steps), weight_decay=1e-3
        ),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    model.fit(x, y, batch_size=20, epochs=epochs, verbose=0)
    return model, accuracy(model, x, y)


def accuracy(model, x, y):
    return float(np.mean(model.predict(x, verbose=0).argmax(axis=1) == y))


def run(seeds):
    """Returns accuracies by recipe (2 starts), and of the best (examples, starts)."""
    (x, y), (x_test, y_test) = data.emoji()
    x, x_test = x.astype("float32"), x_test.astype("float32")
    validation = {}
    for name, changes in RECIPES.items():
        found = []
        for seed in seeds[:2]:
            rows = study.draw(y, 200, seed)
            others = np.setdiff1d(np.arange(len(y)), rows)
            model, _ = learn(changes, x[rows], y[rows], seed)
            found.append(accuracy(model, x[others], y[others]))
        validation[name] = np.round(found, 4).tolist()
        print(name, validation[name], flush=True)
    best = max(validation, key=lambda name: np.mean(validation[name]))
    other = data.emoji("twemoji")[1][0].astype("float32")
    found = {"test": [], "twemoji": [], "training": []}
    for examples in EXAMPLES:
        for values in found.values():
            values.append([])
        for seed in seeds:
            rows = study.draw(y, examples, seed)
            model, fitted = learn(RECIPES[best], x[rows], y[rows], seed)
            found["test"][-1].append(accuracy(model, x_test, y_test))
            found["twemoji"][-1].append(accuracy(model, other, y_test))
            found["training"][-1].append(fitted)
        print(
            examples, {name: values[-1] for name, values in found.items()}, flush=True
        )
    found = {name: np.round(values, 4).tolist() for name, values in found.items()}
    return {
        "validation": validation,
        "best": best,
        "examples": list(EXAMPLES),
        **found,
    }


def conclude(results):
    """Asserts what chapter 14 says: the baseline is tuned, fits, and grows."""
    means = {name: np.mean(v) for name, v in results["validation"].items()}
    assert means[results["best"]] == max(means.values())
    assert max(means.values()) - min(means.values()) < 0.08  # all recipes are sane
    assert np.median(results["training"], axis=1).min() > 0.95
    test = np.mean(results["test"], axis=1)
    assert np.all(np.abs(test - (0.34, 0.41, 0.48, 0.56)) < 0.03)
    away = np.mean(results["twemoji"], axis=1)
    lost = 1 - away[2] / test[2]
    assert 0.22 < lost < 0.35  # at 200 images


if __name__ == "__main__":
    study.main(__file__, run, conclude, seeds=range(5))
