"""The judges of chapter 9's exercises: wrong answers are refused, short ones accepted.

That the full right answers are accepted is shown by the chapter's solutions.
"""

from itertools import product

import numpy as np
import pytest

from dlbook import data
from dlbook.exercises import chapter_09
from dlbook.exercises.chapter_09 import EXERCISES

FAULTS = range(6)


def script(faults=(), scale=255, head=None, optimizer="adam", rate=2e-3, first=()):
    """The chapter's script, with any of its six faults, repaired in several ways.

    `first`: functions that make layers before the hidden one.
    """
    import keras

    def prepare(images, labels):
        random = np.random.default_rng(0)
        x = images.reshape(len(images), -1).astype("float32")
        y, order = labels, random.permutation(len(x))
        x, y = x[order], y[random.permutation(len(x)) if 0 in faults else order]
        if 2 not in faults:
            if scale == "standard":
                x = (x - x.mean(axis=0)) / (x.std(axis=0) + 1e-3)
            elif scale == "unit":
                x = x / np.linalg.norm(x, axis=1, keepdims=True)
            else:
                x = x / scale
        held = len(x) // 5
        first = 0 if 1 in faults else held
        return (x[first:], y[first:]), (x[:held], y[:held])

    def build():
        keras.utils.set_random_seed(0)
        model = keras.Sequential(
            [
                keras.Input((784,)),
                *[make() for make in first],
                keras.layers.Dense(64, activation="relu"),
                keras.layers.Dropout(0.3),
                keras.layers.Dense(10, activation="tanh" if 3 in faults else head),
            ]
        )
        rule = {"adam": keras.optimizers.Adam, "sgd": keras.optimizers.SGD}[optimizer]
        model.compile(
            optimizer=rule(1e-7 if 4 in faults else rate),
            loss=keras.losses.SparseCategoricalCrossentropy(
                from_logits=3 in faults or head != "softmax"
            ),
            metrics=["accuracy"],
        )
        return model

    def accuracy(model, x, y):
        z = keras.ops.convert_to_numpy(model(x, training=5 in faults))
        return np.mean(np.argmax(z, axis=-1) == y)

    return prepare, build, accuracy


def subsets(faults):
    kept = product((False, True), repeat=len(faults))
    return [tuple(f for f, k in zip(faults, ks, strict=True) if k) for ks in kept]


def with_its_build(prepare, images, labels):
    return chapter_09._faults_of_prepare(prepare, script()[1], images, labels)


@pytest.fixture(scope="module")
def digits():
    (images, labels), _ = data.mnist()
    some = np.random.default_rng(1).permutation(len(images))[:500]
    return images[some], labels[some].astype(int)


# The judge adds up what three measurements find, one for each function. So these
# fourteen cases cover all 64 sets of faults.
@pytest.mark.parametrize(
    ("number", "measure", "subset"),
    [
        (number, measure, subset)
        for number, (measure, faults) in enumerate(
            [
                (with_its_build, (0, 1, 2)),
                (chapter_09._faults_of_build, (3, 4)),
                (chapter_09._faults_of_accuracy, (5,)),
            ]
        )
        for subset in subsets(faults)
    ],
)
def test_each_fault_is_found_whatever_the_others(number, measure, subset, digits):
    clean, found = script()[number], measure(script(subset)[number], *digits)
    offset = (0, 3, 5)[number]
    assert [offset + i for i, there in enumerate(found) if there] == list(subset)
    assert not any(measure(clean, *digits))


@pytest.mark.parametrize(
    "subset", [(), *[(f,) for f in FAULTS], (0, 3, 5), tuple(FAULTS)], ids=str
)
def test_the_faults_left_are_counted(subset):
    verdict = EXERCISES["9.9"].judge(script(subset))
    if not subset:
        assert verdict == ""
    else:
        plural = "s" if len(subset) > 1 else ""
        assert verdict.startswith(f"{len(subset)} fault{plural} left.")


@pytest.mark.parametrize(
    "repair",
    [
        {"scale": 128},
        {"scale": "standard"},
        {"scale": "unit"},
        {"scale": 1, "first": ["Rescaling"]},
        {"scale": 1, "first": ["BatchNormalization"]},
        {"head": "softmax"},
        {"optimizer": "sgd", "rate": 0.1},
        {"optimizer": "sgd", "rate": 0.01},
        {"rate": 1e-4},
    ],
    ids=str,
)
def test_other_honest_repairs_are_accepted(repair):
    from keras import layers

    makers = {
        "Rescaling": lambda: layers.Rescaling(1 / 255),
        "BatchNormalization": layers.BatchNormalization,
    }
    first = [makers[name] for name in repair.get("first", ())]
    assert EXERCISES["9.9"].judge(script(**{**repair, "first": first})) == ""


@pytest.mark.parametrize("head", ["relu", "sigmoid", "tanh"])
def test_every_bounded_head_is_a_fault(head, digits):
    found = chapter_09._faults_of_build(script(head=head)[1], *digits)
    assert found == [True, False]


def test_scaling_twice_is_a_fault():
    from keras import layers

    twice = script(first=[lambda: layers.Rescaling(1 / 255)])
    assert EXERCISES["9.9"].judge(twice).startswith("1 fault left.")


@pytest.fixture(scope="module")
def harm():
    """What the script says with each fault alone: read, true, and the loss held out."""

    def run(faults):
        (images, labels), (test_images, y_test) = data.mnist()
        prepare, build, accuracy = script(faults)
        (x, y), (x_val, y_val) = prepare(images, labels.astype(int))
        x_test = test_images.reshape(len(test_images), -1).astype("float32")
        model = build()
        model.fit(x, y, batch_size=50, epochs=3, verbose=0)
        true = script()[2](model, x_test / (1 if 2 in faults else 255), y_test)
        loss = model.evaluate(x_val, y_val, verbose=0, return_dict=True)["loss"]
        return accuracy(model, x_val, y_val), true, loss

    return [run((fault,)) for fault in FAULTS], run(())


def test_each_fault_alone_does_harm(harm):
    alone, (_, true, loss) = harm
    assert true > 0.87 and loss < 0.5
    assert all(alone[fault][1] < true - 0.1 for fault in (0, 2, 4))  # learns less
    assert alone[1][0] > alone[1][1] + 0.015  # the number is too good
    assert alone[3][2] > np.log(np.exp(2) + 9) - 2  # the least loss that tanh allows
    assert alone[5][0] < alone[5][1] - 0.01  # the number is too bad


def test_keras_s_own_accuracy_is_accepted():
    prepare, build, _ = script()

    def accuracy(model, x, y):
        return model.evaluate(x, y, verbose=0, return_dict=True)["accuracy"]

    assert EXERCISES["9.9"].judge((prepare, build, accuracy)) == ""


def broken(**changed):
    """The repaired script with one function replaced; as a judge would call it."""

    def part(name, number):
        def call(*arguments):
            mended = script()[number]
            return changed.get(name, mended)(*arguments)

        return call

    names = ("prepare", "build", "accuracy")
    return tuple(part(name, number) for number, name in enumerate(names))


def rate_too_high():
    import keras

    _, build, _ = script()
    model = build()
    model.compile(
        optimizer=keras.optimizers.Adam(10.0),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return model


def bounded_without_loss():
    """tanh at the end, and a loss that takes the outputs for probabilities."""
    import keras

    _, build, _ = script((3,))
    model = build()
    model.compile(optimizer="adam", loss=keras.losses.SparseCategoricalCrossentropy())
    return model


def trained_already():
    (x, y), _ = script()[0](*data.mnist()[0])
    model = script()[1]()
    model.fit(x, y, batch_size=50, epochs=2, verbose=0)
    return model


def without_learning(images, labels):
    """Labels that fit together in both parts and say nothing about the images."""
    (x, y), (x_val, y_val) = script()[0](images, labels)
    return (x, 0 * y), (x_val, 0 * y_val)


def whole(images, labels):
    x = images.reshape(len(images), -1) // 255  # all but black ink is lost
    return (x[100:], labels[100:]), (x[:100], labels[:100])


WRONG = {
    "9.1": [[np.log(3), np.log(3)], [1.1, 0.33], [np.nan, np.nan], np.log(3)],
    "9.2": [lambda K: 0.0, lambda K: np.log(K), lambda K: np.log(K) - 1],
    "9.3": [
        lambda m, K: (0.5**m, np.log(K) / 2),
        lambda m, K: (1 - 0.5**m, np.log(K)),
        lambda m, K: (1 - 0.5**m, m * np.log(K) / 2),
    ],
    "9.4": [
        lambda r, v, w: r[np.nanargmin(v)] / 10,
        lambda r, v, w: r[np.argmin(np.convolve(v, np.ones(w) / w, "valid"))] / 10,
        lambda r, v, w: np.nan,
    ],
    "9.5": [
        lambda v, p: (len(v), int(np.argmin(v))),
        lambda v, p: (3 + p, 2),
    ],
    "9.6": [
        lambda s, c: np.ceil(c / s),
        lambda s, c: np.floor(np.log(1 - c) / np.log(1 - s)),
    ],
    "9.7": [
        lambda a, b, n: np.sqrt(a + b) / n,
        lambda a, b, n: np.sqrt(2 * 0.9 * 0.1 / n),
        lambda a, b, n: (a + b - (a - b) ** 2) / n,
    ],
    "9.8": [0.9, 0.9134, 1.0, 0.9268, np.nan],
    "9.9": [
        broken(accuracy=lambda model, x, y: 0.93),
        broken(accuracy=lambda model, x, y: 1.0),
        broken(build=rate_too_high),
        broken(build=bounded_without_loss),
        broken(build=trained_already),
        broken(prepare=without_learning),
        broken(prepare=whole),
        broken(prepare=lambda images, labels: None),
        (1, 2, 3),
        7,
    ],
}
SHORT = {
    "9.1": [1.1, 0.358],
    "9.3": lambda m, K: (1 - 2.0**-m, np.log(K) / 2),
    "9.8": 0.925,
}


@pytest.mark.parametrize("number", SHORT)
def test_answers_at_the_precision_asked_for_are_accepted(number):
    assert EXERCISES[number].judge(SHORT[number]) == ""


def test_early_stopping_is_keras_s():
    import keras

    answer = EXERCISES["9.5"].reference
    for losses, patience in EXERCISES["9.5"].cases:
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        stopping = keras.callbacks.EarlyStopping(
            patience=patience, restore_best_weights=True
        )
        stopping.set_model(model)
        stopping.on_train_begin()
        model.stop_training = False
        for epoch, value in enumerate(losses):
            stopping.on_epoch_end(epoch, {"val_loss": value})
            if model.stop_training:
                break
        assert answer(losses, patience) == (epoch + 1, stopping.best_epoch)
