"""The rules of chapter 6 against Keras's and PyTorch's optimizers, and exact cases."""

import contextlib
import inspect

import keras
import numpy as np
import pytest

from dlbook.scratch.optimizer import OPTIMIZERS, minimize

STEPS = 100
LIMITS = {"float64": 1e-6, "float32": 1e-5}
START = np.random.default_rng(0).normal(size=(4, 3))
# Gradients drawn before any step, so that no rule can amplify a rounding error by
# walking elsewhere; their sizes differ from entry to entry.
GRADIENTS = np.random.default_rng(1).normal(size=(STEPS, 4, 3))
GRADIENTS *= np.logspace(-2, 0, 12).reshape(4, 3)

# Keras keeps the learning rate, and some backends the other constants, in float32;
# these are exact there, so that nothing but the rules is compared.
RATE, BETA, BETA_2, EPSILON, DECAY = (
    2.0**-6,
    1 - 2.0**-3,
    1 - 2.0**-10,
    2.0**-23,
    2.0**-5,
)
ADAM = {"beta_1": BETA, "beta_2": BETA_2, "epsilon": EPSILON}
OPTIONS = {
    "sgd": {},
    "momentum": {"beta": BETA},
    "nesterov": {"beta": BETA},
    "adagrad": {"start": 2.0**-3, "epsilon": EPSILON},
    "rmsprop": {"rho": BETA, "epsilon": EPSILON},
    "adadelta": {"rho": BETA, "epsilon": EPSILON, "learning_rate": 1.0},
    "adam": ADAM,
    "nadam": ADAM,
    "amsgrad": ADAM,
    "adamw": ADAM | {"weight_decay": DECAY},
}
KERAS = {
    "sgd": ("SGD", {}),
    "momentum": ("SGD", {"momentum": 0.9}),
    "nesterov": ("SGD", {"momentum": 0.9, "nesterov": True}),
    "adagrad": ("Adagrad", {}),
    "rmsprop": ("RMSprop", {}),
    "adadelta": ("Adadelta", {}),
    "adam": ("Adam", {}),
    "nadam": ("Nadam", {}),
    "amsgrad": ("Adam", {"amsgrad": True}),
    "adamw": ("AdamW", {}),
}
KERAS_NAMES = {"beta": "momentum", "start": "initial_accumulator_value"}


def walk(name, dtype, **options):
    w, state, path = START.astype(dtype), {}, []
    for gradient in GRADIENTS.astype(dtype):
        w, state = OPTIMIZERS[name](w, gradient, state, **options)
        assert w.dtype == dtype
        path.append(w)
    return np.array(path)


def keras_optimizer(name, **options):
    kind, extra = KERAS[name]
    options = {KERAS_NAMES.get(key, key): value for key, value in options.items()}
    return getattr(keras.optimizers, kind)(**(extra | options))


def keras_walk(name, dtype, **options):
    rule, path = keras_optimizer(name, **options), []
    variable = keras.Variable(START.astype(dtype), dtype=dtype)
    rule.build([variable])
    for gradient in GRADIENTS.astype(dtype):
        rule.apply([keras.ops.convert_to_tensor(gradient, dtype=dtype)])
        path.append(keras.ops.convert_to_numpy(variable))
    return np.array(path)


@contextlib.contextmanager
def precision(dtype):
    """JAX has float64 only where it is asked for."""
    if dtype == "float64" and keras.backend.backend() == "jax":
        import jax

        with jax.enable_x64(True):
            yield
    else:
        yield


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("dtype", LIMITS)
def test_every_step_is_that_of_keras(name, dtype):
    options = {"learning_rate": RATE} | OPTIONS[name]
    with precision(dtype):
        theirs = keras_walk(name, dtype, **options)
    assert theirs.dtype == dtype
    ours = walk(name, dtype, **options)
    assert np.abs(ours - theirs).max() <= LIMITS[dtype]
    assert np.abs(ours[-1] - START).max() > 1000 * LIMITS[dtype]  # it went somewhere


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_defaults_are_those_of_keras(name):
    config = keras_optimizer(name).get_config()
    for parameter in inspect.signature(OPTIMIZERS[name]).parameters.values():
        if isinstance(parameter.default, float):
            key = KERAS_NAMES.get(parameter.name, parameter.name)
            np.testing.assert_allclose(config[key], parameter.default, rtol=1e-6)


# PyTorch's conventions differ: `same` makes them agree, without it they must not.
TORCH = {
    "sgd": ("SGD", {}, {}),
    "momentum": ("SGD", {"momentum": BETA}, {}),
    "nesterov": ("SGD", {"momentum": BETA, "nesterov": True}, {}),
    "adagrad": ("Adagrad", {"initial_accumulator_value": 2.0**-3}, {"epsilon": 0.0}),
    "rmsprop": ("RMSprop", {"alpha": BETA}, {"epsilon": 0.0}),
    "adadelta": (
        "Adadelta",
        {"rho": BETA, "lr": 1.0},
        {},
    ),  # epsilon inside the root in both
    "adam": ("Adam", {"betas": (BETA, BETA_2)}, {"epsilon": 0.0}),
    "nadam": ("NAdam", {"betas": (BETA, BETA_2), "momentum_decay": 1.0}, {}),
    "amsgrad": ("Adam", {"betas": (BETA, BETA_2), "amsgrad": True}, {"epsilon": 0.0}),
    "adamw": (
        "AdamW",
        {"betas": (BETA, BETA_2), "weight_decay": DECAY},
        {"epsilon": 0.0},
    ),
}


def torch_walk(name, **options):
    torch = pytest.importorskip("torch")
    kind, fixed, _ = TORCH[name]
    w = torch.tensor(START, requires_grad=True)
    rule, path = getattr(torch.optim, kind)([w], **({"lr": RATE} | fixed | options)), []
    for gradient in GRADIENTS:
        w.grad = torch.tensor(gradient)
        rule.step()
        path.append(w.detach().numpy().copy())
    return np.array(path)


@pytest.mark.parametrize("name", TORCH)
def test_every_step_is_that_of_pytorch_where_the_conventions_agree(name):
    changed = TORCH[name][2]
    options = {"learning_rate": RATE} | OPTIONS[name] | changed
    epsilon = {"eps": options["epsilon"]} if "epsilon" in options else {}
    ours, theirs = walk(name, "float64", **options), torch_walk(name, **epsilon)
    assert np.abs(ours - theirs).max() <= 1e-7  # NAdam has float32 in its state


@pytest.mark.parametrize("name", [name for name in TORCH if TORCH[name][2]] + ["nadam"])
def test_the_conventions_of_pytorch_do_differ(name):
    large = 2.0**-7  # an epsilon that shows where it stands
    other = {"momentum_decay": 0.004} if name == "nadam" else {}
    options = {"learning_rate": RATE} | OPTIONS[name] | {"epsilon": large}
    gap = walk(name, "float64", **options) - torch_walk(name, eps=large, **other)
    assert np.abs(gap).max() > 1e-4


def test_the_first_step_of_adam_has_the_size_of_the_rate():
    w, _ = OPTIMIZERS["adam"](START, GRADIENTS[0], {}, learning_rate=0.1, epsilon=0.0)
    np.testing.assert_allclose(w, START - 0.1 * np.sign(GRADIENTS[0]), rtol=1e-12)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_nothing_changes_in_place(name):
    start, gradient = START.copy(), GRADIENTS[0].copy()
    w, state = OPTIMIZERS[name](start, gradient, {})
    kept = {key: np.copy(value) for key, value in state.items()}
    middle = w.copy()
    OPTIMIZERS[name](w, gradient, state)
    assert (start == START).all() and (gradient == GRADIENTS[0]).all()
    assert (w == middle).all() and all((state[k] == kept[k]).all() for k in kept)


def test_minimize_refuses_what_it_cannot_walk():
    with pytest.raises(ValueError, match="steps must be >= 0, got -1"):
        minimize(OPTIMIZERS["sgd"], lambda w: w, np.ones(2), -1)
    with pytest.raises(ValueError, match=r"shape of start, \(2,\), got \(1, 2\)"):
        minimize(OPTIMIZERS["sgd"], lambda w: w[None], np.ones(2), 1)
