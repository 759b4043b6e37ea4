"""`dlbook.setup` and `dlbook.describe`, each in a process of its own."""

import os
import subprocess
import sys

import pytest

HEAVY = (
    "keras",
    "tensorflow",
    "jax",
    "torch",
    "matplotlib",
    "sklearn",
    "scipy",
    "pooch",
)


def run(code, **variables):
    """Runs code in a fresh Python; returns what it printed, on both streams."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout, done.stderr


def test_import_is_light():
    code = f"import dlbook.data, sys; print(sorted(set({HEAVY}) & set(sys.modules)))"
    assert run(code) == (0, "[]\n", "")


def test_setup_prints_nothing_and_describe_names_the_backend():
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    code = "import dlbook, logging; dlbook.setup(); print(dlbook.describe())"
    code += "; logging.getLogger('tensorflow').warning('retracing')"
    status, out, err = run(code, KERAS_BACKEND=backend)
    assert (status, err) == (0, "")
    assert out.startswith("Keras 3.") and f"· {backend} ·" in out


def test_training_prints_nothing():
    code = """
import dlbook, numpy
dlbook.setup()
import keras
model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])
model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
model.fit(numpy.ones((8, 3)), numpy.arange(8) % 2, verbose=0)
model.predict(numpy.ones((8, 3)), verbose=0)
"""
    assert run(code) == (0, "", "")


def test_seed_reaches_python_numpy_and_the_backend():
    code = """
import random, dlbook
def draw(seed):
    dlbook.setup(seed)
    import keras, numpy
    weights = keras.ops.convert_to_numpy(keras.random.normal((3,)))
    layer = keras.layers.Dense(2)
    layer.build((None, 2))
    return (random.random(), numpy.random.rand(), weights.tolist(),
            keras.ops.convert_to_numpy(layer.kernel).tolist())
print(draw(3) == draw(3), draw(3) == draw(4))
"""
    assert run(code)[1] == "True False\n"


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, "one", None])
def test_bad_seed_is_named(seed):
    status, _, err = run(f"import dlbook; dlbook.setup({seed!r})")
    assert status and "ValueError: seed must be" in err and str(seed) in err


def test_unknown_backend_is_named():
    status, _, err = run("import dlbook; dlbook.setup()", KERAS_BACKEND="theano")
    assert status and "KERAS_BACKEND is 'theano', expected one of tensorflow" in err


def test_no_backend_says_what_to_install():
    code = """
import importlib.util, dlbook
importlib.util.find_spec = lambda name: None
dlbook.setup()
"""
    status, _, err = run(code, KERAS_BACKEND="")
    assert status and "pip install tensorflow" in err


def test_keras_s_own_configuration_is_respected(tmp_path):
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    (tmp_path / "keras.json").write_text(f'{{"backend": "{backend}"}}')
    code = "import dlbook; dlbook.setup(); print(dlbook.describe())"
    status, out, _ = run(code, KERAS_BACKEND="", KERAS_HOME=str(tmp_path))
    assert status == 0 and f"· {backend} ·" in out
