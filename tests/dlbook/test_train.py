"""dlbook.train against Keras's own fit and NumPy's statistics."""

import os
import random
import subprocess
import sys

import keras
import numpy as np
import pytest
import tqdm

from dlbook import train

X = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")
Y = (X.sum(axis=1, keepdims=True) > 0).astype("float32")


def network():
    keras.utils.set_random_seed(7)
    model = keras.Sequential(
        [keras.layers.Dense(4, activation="tanh"), keras.layers.Dense(1)]
    )
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse", metrics=["mae"])
    return model


@pytest.fixture
def bars(monkeypatch):
    """Switches bars on and collects those that are made."""
    made = []

    class Bar(tqdm.tqdm):
        def __init__(self, *args, **options):
            super().__init__(*args, **{**options, "disable": False, "mininterval": 0})
            made.append(self)

    monkeypatch.setattr(tqdm, "tqdm", Bar)
    return made


def test_fit_trains_as_keras_does():
    options = {"epochs": 3, "batch_size": 8, "validation_data": (X[:8], Y[:8])}
    ours, theirs = network(), network()
    keras.utils.set_random_seed(1)
    history = train.fit(ours, X, Y, **options)
    keras.utils.set_random_seed(1)
    expected = theirs.fit(X, Y, verbose=0, **options).history
    assert set(history) == set(expected) == {"loss", "mae", "val_loss", "val_mae"}
    for name, values in expected.items():
        assert history[name].dtype == "float64" and history[name].shape == (3,)
        np.testing.assert_allclose(history[name], values, rtol=1e-6)
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)
    assert history["loss"][-1] < history["loss"][0]


def test_the_bar_counts_epochs_and_shows_the_loss_on_stderr(bars, capsys):
    history = train.fit(network(), X, Y, epochs=4)
    (bar,) = bars
    assert (bar.n, bar.total, bar.leave) == (4, 4, False)
    assert bar.postfix == f"loss {history['loss'][-1]:.4g}"
    out, err = capsys.readouterr()
    assert out == ""
    assert "4/4" in err and f"loss {history['loss'][0]:.4g}" in err
    assert err.rsplit("\r", 1)[1].strip() == ""  # it vanishes


def test_fit_goes_on_from_an_initial_epoch(bars):
    assert train.fit(network(), X, Y, epochs=5, initial_epoch=3)["loss"].shape == (2,)
    assert (bars[0].n, bars[0].total) == (2, 2)


def test_the_bar_can_be_disabled():
    code = (
        "import numpy as np, keras; from dlbook import train;"
        "model = keras.Sequential([keras.layers.Dense(1)]);"
        "model.compile(loss='mse');"
        "print(len(train.fit(model, np.ones((4, 2)), np.ones((4, 1)))['loss']))"
    )
    for disabled in ("1", ""):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "TQDM_DISABLE": disabled},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout == "1\n"
        assert ("epoch/s" in done.stderr) == (disabled == "")


def test_callbacks_of_the_caller_run_and_may_stop_the_training(bars):
    seen = []
    count = keras.callbacks.LambdaCallback(on_epoch_end=lambda e, logs: seen.append(e))
    stop = keras.callbacks.EarlyStopping(monitor="loss", patience=1, min_delta=1e9)
    callbacks = [count, stop]
    assert len(train.fit(network(), X, Y, epochs=9, callbacks=callbacks)["loss"]) == 2
    assert seen == [0, 1] and callbacks == [count, stop]
    train.fit(network(), X, Y, epochs=3, callbacks=count)  # one, not in a list
    assert seen == [0, 1, 0, 1, 2]
    assert [bar.n for bar in bars] == [2, 3]


def test_an_interrupted_training_closes_its_bar(bars):
    def interrupt(epoch, logs):
        raise KeyboardInterrupt

    callback = keras.callbacks.LambdaCallback(on_epoch_begin=interrupt)
    with pytest.raises(KeyboardInterrupt):
        train.fit(network(), X, Y, callbacks=[callback])
    assert bars[0].disable  # what tqdm sets on closing


@pytest.mark.parametrize("model", [keras.Sequential([keras.layers.Dense(1)]), "model"])
def test_fit_refuses_what_is_not_compiled(model):
    with pytest.raises(ValueError, match="model must be a compiled Keras model, got"):
        train.fit(model, X, Y)


def test_repeat_is_numpys_median_and_range():
    runs = np.random.default_rng(0).normal(size=(5, 3, 2))
    result = train.repeat(lambda seed: runs[seed], seeds=5)
    np.testing.assert_array_equal(result["runs"], runs)
    np.testing.assert_array_equal(result["median"], np.percentile(runs, 50, axis=0))
    np.testing.assert_array_equal(result["low"], np.percentile(runs, 0, axis=0))
    np.testing.assert_array_equal(result["high"], np.percentile(runs, 100, axis=0))


def test_repeat_takes_histories_and_numbers():
    result = train.repeat(lambda s: {"loss": [s, s + 1.0], "n": -s}, seeds=(4, 2, 3))
    assert result["runs"]["loss"].tolist() == [[4, 5], [2, 3], [3, 4]]
    assert result["median"]["loss"].tolist() == [3, 4]
    assert (result["low"]["n"], result["high"]["n"]) == (-4, -2)
    assert set(result) == {"runs", "median", "low", "high"}


def test_repeat_seeds_python_numpy_and_the_backend_before_each_run():
    def draw(seed):
        layer = keras.layers.Dense(1)
        layer.build((None, 1))
        backend = keras.ops.convert_to_numpy(keras.random.uniform(()))
        weight = keras.ops.convert_to_numpy(layer.kernel)[0, 0]
        return [random.random(), np.random.rand(), float(backend), float(weight)]

    first = train.repeat(draw, seeds=[3, 5])["runs"]
    second = train.repeat(draw, seeds=[5, 3])["runs"]
    np.testing.assert_array_equal(first, second[::-1])
    assert (first[0] != first[1]).all()


def test_repeat_repeats_a_training():
    def run(seed):
        model = keras.Sequential([keras.layers.Dense(3), keras.layers.Dense(1)])
        model.compile(optimizer="sgd", loss="mse")
        return train.fit(model, X, Y, epochs=2, batch_size=8)

    first, second = (train.repeat(run, seeds=2)["runs"]["loss"] for _ in range(2))
    np.testing.assert_allclose(first, second, rtol=1e-6)
    assert first.shape == (2, 2) and (first[0] != first[1]).all()


@pytest.mark.parametrize(
    "seeds, message",
    [
        (0, "distinct and at least one"),
        ([], "distinct and at least one"),
        ([1, 1], "distinct and at least one"),
        (2.5, "must be an integer or integers"),
        ([0.5], "must be an integer or integers"),
        ("ab", "must be an integer or integers"),
    ],
)
def test_repeat_refuses_bad_seeds(seeds, message):
    with pytest.raises(ValueError, match=message):
        train.repeat(lambda seed: seed, seeds)


@pytest.mark.parametrize(
    "run, message",
    [
        (lambda seed: np.zeros(seed + 1), "run must have the same shape"),
        (lambda seed: {"loss": np.zeros(seed + 1)}, "loss must have the same shape"),
        (lambda seed: {f"loss {seed}": 1}, "run must return the same keys"),
        (lambda seed: {"loss": 1} if seed == 0 else 1, "run must return the same keys"),
    ],
)
def test_repeat_refuses_results_that_differ_in_form(run, message):
    with pytest.raises(ValueError, match=message):
        train.repeat(run, seeds=2)


@pytest.mark.parametrize("labels", [(40, 3), (40, 1)])
def test_each_network_of_side_by_side_learns_as_it_would_alone(labels):
    y = np.random.default_rng(1).integers(4, size=(40, 1))
    y = np.broadcast_to(y, labels)

    def crossentropy(y, z):
        return keras.losses.sparse_categorical_crossentropy(y, z, from_logits=True)

    together = train.side_by_side([3, 8, 4], copies=3, activation="tanh")
    start = together.get_weights()
    together.compile(keras.optimizers.SGD(0.3), loss=train.summed(crossentropy))
    together.fit(X, y, batch_size=16, epochs=4, shuffle=False, verbose=0)
    for copy in range(3):
        alone = keras.Sequential(
            [keras.layers.Dense(8, activation="tanh"), keras.layers.Dense(4)]
        )
        alone.build((None, 3))
        alone.set_weights([weights[copy] for weights in start])
        alone.compile(
            keras.optimizers.SGD(0.3),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        )
        alone.fit(X, y[:, 0], batch_size=16, epochs=4, shuffle=False, verbose=0)
        for one, many in zip(alone.get_weights(), together.get_weights(), strict=True):
            np.testing.assert_allclose(many[copy], one, atol=1e-5)
    assert np.abs(start[0] - together.get_weights()[0]).max() > 0.01  # they did learn


@pytest.mark.parametrize(
    "initializer, deviation",
    [
        ("he_normal", (2 / 400) ** 0.5),
        (keras.initializers.RandomNormal(0, 0.01), 0.01),
        (lambda shape, dtype: keras.random.normal(shape, 0, 0.3, dtype), 0.3),
    ],
)
def test_side_by_side_draws_each_network_for_itself(initializer, deviation):
    model = train.side_by_side([400, 200, 1], 3, kernel_initializer=initializer)
    kernel = model.get_weights()[0]
    np.testing.assert_allclose(kernel.std(axis=(1, 2)), deviation, rtol=0.03)
    assert np.abs(np.corrcoef(kernel.reshape(3, -1)) - np.eye(3)).max() < 0.02


@pytest.mark.parametrize("sizes, copies", [([3], 2), ([3, 0], 2), ([3, 1], 0)])
def test_side_by_side_refuses_bad_sizes(sizes, copies):
    with pytest.raises(ValueError, match="sizes must be two integers"):
        train.side_by_side(sizes, copies)
