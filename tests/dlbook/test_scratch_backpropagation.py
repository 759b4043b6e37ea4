"""The hand derivation and the engine against Keras's automatic differentiation."""

import contextlib

import keras
import numpy as np
import pytest

from dlbook.gradients import value_and_grad
from dlbook.scratch import autodiff, network
from dlbook.scratch.activation import ACTIVATIONS
from dlbook.scratch.descent import gradient_error

NETWORKS = 200
LIMITS = {"float32": 1e-5, "float64": 1e-10}
KERAS = {name: getattr(keras.activations, name, None) for name in ACTIVATIONS} | {
    "step": lambda z: keras.ops.cast(z > 0, z.dtype),
    # TensorFlow keeps the slope of leaky ReLU and the root in GELU in float32, and
    # Keras computes tanh in float32 on JAX, whatever the type of the argument.
    "leaky_relu": lambda z: keras.ops.where(z > 0, z, 0.2 * z),
    "gelu": lambda z: z * (1 + keras.ops.erf(z * 2**-0.5)) / 2,
    "tanh": lambda z: 2 * keras.ops.sigmoid(2 * z) - 1,
}


def draw(number):
    """Network `number` of 200: activations and depths 1 to 6 come equally often."""
    random = np.random.default_rng(number)
    activation = list(ACTIVATIONS)[number % len(ACTIVATIONS)]
    depth = 1 + number // len(ACTIVATIONS) % 6
    batch, classes = random.choice([1, 7, 64]), 3
    sizes = [*random.choice([1, 2, 16], size=depth), classes]
    layers = [
        (W, random.normal(size=b.shape)) for W, b in network.initialize(sizes, random)
    ]
    x = random.normal(size=(batch, sizes[0]))
    return activation, layers, x, np.eye(classes)[random.integers(classes, size=batch)]


def by_hand(activation, layers, x, y):
    _, pairs = network.loss_and_gradients(layers, x, y, activation)
    return [gradient for pair in pairs for gradient in pair]


def by_engine(activation, layers, x, y):
    parameters = [(autodiff.Tensor(W), autodiff.Tensor(b)) for W, b in layers]
    h = autodiff.Tensor(x)
    for i, (W, b) in enumerate(parameters):
        h = (h.apply(*ACTIVATIONS[activation]) if i else h) @ W + b
    autodiff.crossentropy(y, h).backward()
    return [parameter.grad for pair in parameters for parameter in pair]


def by_layers(activation, layers, x, y):
    """Keras's own layers and loss."""
    activations = [getattr(keras.activations, activation, KERAS[activation])]
    activations = activations * (len(layers) - 1) + [None]
    model = keras.Sequential(
        keras.layers.Dense(len(b), activation=f)
        for f, (_, b) in zip(activations, layers, strict=True)
    )
    model.build(x.shape)
    model.set_weights([parameter for pair in layers for parameter in pair])
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    variables = model.trainable_variables
    _, gradients = value_and_grad(lambda: loss(y, model(x)), variables)
    return [keras.ops.convert_to_numpy(gradient) for gradient in gradients]


def by_operators(activation, layers, x, y):
    """The backend's own products: Keras makes them in float32 on PyTorch."""
    variables = [keras.Variable(p, dtype="float64") for pair in layers for p in pair]
    x, y = (keras.ops.convert_to_tensor(array, dtype="float64") for array in (x, y))

    def loss():
        h = x
        for i in range(0, len(variables), 2):
            h = KERAS[activation](h) if i else h
            h = h @ variables[i].value + variables[i + 1].value
        rows = keras.ops.categorical_crossentropy(y, h, from_logits=True)
        return keras.ops.sum(rows) / len(x)

    _, gradients = value_and_grad(loss, variables)
    return [keras.ops.convert_to_numpy(gradient) for gradient in gradients]


def float64():
    """JAX computes in float64 only where it is told to."""
    if keras.backend.backend() != "jax":
        return contextlib.nullcontext()
    import jax

    return jax.enable_x64(True)


def difference(gradients, reference):
    """The largest difference, relative to the largest entry of the reference."""
    pairs = list(zip(gradients, reference, strict=True))
    assert all(g.shape == r.shape and g.dtype == r.dtype for g, r in pairs)
    largest = max(np.abs(r).max() for _, r in pairs)
    return max(np.abs(g - r).max() for g, r in pairs) / largest


@pytest.mark.parametrize("dtype", LIMITS)
def test_gradients_equal_keras(dtype):
    worst = {by_hand: (0, None), by_engine: (0, None)}
    for number in range(NETWORKS):
        activation, layers, x, y = draw(number)
        layers = [(W.astype(dtype), b.astype(dtype)) for W, b in layers]
        case = activation, layers, x.astype(dtype), y.astype(dtype)
        if dtype == "float64":
            with float64():
                reference = by_operators(*case)
        else:
            reference = by_layers(*case)
        for way in worst:
            found = float(difference(way(*case), reference)), (number, activation)
            worst[way] = max(worst[way], found)
    print({way.__name__: found for way, found in worst.items()})
    assert all(found[0] <= LIMITS[dtype] for found in worst.values())


def test_every_operation_of_the_engine_pulls_right():
    """Against central differences, with broadcasting and values used twice."""
    random = np.random.default_rng(0)
    shapes = {"a": (4, 3), "b": (3,), "c": (4, 1), "d": (3, 5), "e": (1, 1), "f": ()}
    values = {name: random.uniform(1, 2, size=shape) for name, shape in shapes.items()}

    def run(a, b, c, d, e, f):
        g = (a * b + c) / (b + 1) - a * a / c + f
        h = (2 - exp(g) * 3 + np.ones(3)) @ d + np.ones((4, 4)) @ (a @ d)
        k = tanh(log(h * h * 1e-4 + e))
        k = k * total(k, 0) + total(k, 1) / f - (1 + k) + 3 / c - np.ones(5) / -f
        return total(k, None)

    def exp(t):
        return t.exp() if isinstance(t, autodiff.Tensor) else np.exp(t)

    def log(t):
        return t.log() if isinstance(t, autodiff.Tensor) else np.log(t)

    def tanh(t):
        is_tensor = isinstance(t, autodiff.Tensor)
        return t.apply(*ACTIVATIONS["tanh"]) if is_tensor else np.tanh(t)

    def total(t, axis):
        if isinstance(t, autodiff.Tensor):
            return t.sum(axis=axis)
        return np.sum(t, axis=axis, keepdims=axis is not None)

    by_numpy = run(**values)
    tensors = {name: autodiff.Tensor(value) for name, value in values.items()}
    for _ in range(2):  # a second call starts anew
        result = run(**tensors)
        result.backward()
        assert np.isclose(result.value, by_numpy, rtol=1e-12)
    for name, tensor in tensors.items():

        def number(value, name=name):
            return float(run(**{**tensors, name: autodiff.Tensor(value)}).value)

        assert tensor.grad.shape == shapes[name]
        assert gradient_error(number, values[name], tensor.grad) < 1e-7, name


def test_large_logits_do_not_overflow():
    z = autodiff.Tensor([[1000.0, 0.0], [-1000.0, 1000.0]])
    loss = autodiff.crossentropy(np.array([[0, 1], [0, 1]]), z)
    loss.backward()
    assert loss.value == 500 and z.grad.tolist() == [[0.5, -0.5], [0, 0]]


def test_initial_weights_have_the_variance_promised():
    (W, b), _ = network.initialize([784, 64, 10], np.random.default_rng(0))
    assert abs(W.mean()) < 1e-3 and np.isclose(W.std(), 784**-0.5, rtol=0.02)
    assert not b.any()


def test_many_paths_are_walked_once():
    t = first = autodiff.Tensor(np.float32(1))
    for _ in range(100):
        t = t + t
    t.backward()
    assert first.grad == 2.0**100 and first.grad.dtype == "float32"


def test_gradient_error_finds_what_is_wrong():
    w = np.array([[1.0, -2.0], [0.5, 3.0]])

    def cubes(w):
        return np.sum(w**3)

    assert gradient_error(cubes, w, 3 * w**2) < 1e-9
    assert gradient_error(cubes, w, -3 * w**2) == pytest.approx(1)
    assert gradient_error(cubes, w, 3.01 * w**2) == pytest.approx(0.01 / 6.01, 1e-4)
    assert gradient_error(lambda w: 1.0, w, np.zeros_like(w)) == 0
    assert np.isnan(gradient_error(cubes, w, w * np.nan))
    assert np.isnan(gradient_error(lambda w: 1.0, w, w * np.nan))
    with pytest.raises(ValueError, match=r"shape of w, got \(2,\) and \(2, 2\)"):
        gradient_error(cubes, w, w[0])


@pytest.mark.parametrize(
    "wrong, message",
    [
        (lambda: autodiff.Tensor(np.ones(2)).backward(), "needs one number"),
        (lambda: autodiff.Tensor(np.ones(2)) @ np.ones((2, 2)), "needs two matrices"),
        (lambda: np.ones(2) @ autodiff.Tensor(np.ones((2, 2))), "needs two matrices"),
        (lambda: autodiff.Tensor("a"), "value must be real numbers"),
        (lambda: autodiff.Tensor(1j), "value must be real numbers"),
        (lambda: autodiff.Tensor(autodiff.Tensor(1.0)), "value must be real numbers"),
        (
            lambda: autodiff.crossentropy(np.ones(3), autodiff.Tensor(np.ones((3, 3)))),
            "same shape",
        ),
        (lambda: network.initialize([3], np.random.default_rng(0)), "sizes must be"),
        (
            lambda: network.forward([(np.eye(2), np.ones(2))], np.eye(2), "swish"),
            "activation must be one of .*, got 'swish'",
        ),
        (
            lambda: network.loss_and_gradients(
                [(np.eye(2), np.ones(2))], np.eye(2), np.ones(2)
            ),
            "same shape",
        ),
    ],
)
def test_bad_input_is_named(wrong, message):
    with pytest.raises(ValueError, match=message):
        wrong()
