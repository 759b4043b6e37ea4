"""The recurrent layer from scratch against Keras, the engine and differences."""

import keras
import numpy as np
import pytest
from compiled import compiled

from dlbook.gradients import value_and_grad
from dlbook.scratch.autodiff import Tensor
from dlbook.scratch.descent import gradient_error
from dlbook.scratch.recurrent import (
    KINDS,
    clip_by_norm,
    recurrent_activation,
    recurrent_backward,
    recurrent_forward,
)

KERAS_KINDS = ["tanh", "sigmoid", "relu", "linear"]


def draw(random, steps=None, dtype="float32"):
    batch, inputs, units = (int(number) for number in random.integers(1, 7, size=3))
    steps = steps or int(random.integers(1, 12))
    x = random.normal(size=(batch, steps, inputs))
    w = random.normal(size=(inputs, units)) * inputs**-0.5
    u = random.normal(size=(units, units)) * units**-0.5
    b = random.normal(size=units) / 2
    return [array.astype(dtype) for array in (x, w, u, b)]


@pytest.mark.parametrize("number", range(4))
def test_states_are_keras_s(number):
    """Twenty-five shapes for each of the four activations."""
    activation = KERAS_KINDS[number]
    zeros = {"kernel_initializer": "zeros", "recurrent_initializer": "zeros"}
    options = {"activation": activation, "return_sequences": True, **zeros}
    cases, layers = [], []
    for seed in range(number, 100, 4):
        x, w, u, b = draw(np.random.default_rng(seed))
        layer = keras.layers.SimpleRNN(len(u), **options)
        layer.build(x.shape)
        layer.set_weights([w, u, b])
        cases.append((x, w, u, b))
        layers.append(layer)

    def states(*inputs):
        return [layer(x) for layer, x in zip(layers, inputs, strict=True)]

    expected = compiled(states, *[x for x, *_ in cases])
    for case, theirs in zip(cases, expected, strict=True):
        _, h = recurrent_forward(*case, activation)
        assert h.dtype == "float32" and h.shape == theirs.shape
        for t in range(h.shape[1]):
            tolerance = 1e-5 * max(1, np.abs(theirs[:, t]).max())
            np.testing.assert_allclose(h[:, t], theirs[:, t], rtol=0, atol=tolerance)


@pytest.mark.parametrize("activation", KERAS_KINDS)
def test_the_layer_takes_the_same_weights(activation):
    x, w, u, b = draw(np.random.default_rng(5), steps=7)
    layer = keras.layers.SimpleRNN(len(u), activation=activation, return_sequences=True)
    layer.build(x.shape)
    layer.set_weights([w, u, b])
    expected = keras.ops.convert_to_numpy(layer(x))
    _, h = recurrent_forward(x, w, u, b, activation)
    np.testing.assert_allclose(h, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_gradients_through_fifty_steps_are_keras_s(seed):
    """To 1e-4 of each gradient's largest entry."""
    random = np.random.default_rng(seed)
    x, w, u, b = draw(random, steps=50)
    a, h = recurrent_forward(x, w, u, b)
    g = random.normal(size=h.shape).astype("float32")
    layer = keras.layers.SimpleRNN(len(u), return_sequences=True)
    layer.build(x.shape)
    layer.set_weights([w, u, b])
    inputs = keras.Variable(x)
    _, expected = value_and_grad(
        lambda: keras.ops.sum(keras.ops.multiply(layer(inputs.value), g)),
        [inputs, *layer.trainable_variables],
    )
    found = recurrent_backward(g, x, w, u, a, h)
    for ours, theirs in zip(found, expected, strict=True):
        theirs = keras.ops.convert_to_numpy(theirs)
        assert ours.dtype == "float32"
        atol = 1e-4 * np.abs(theirs).max()
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=atol)


@pytest.mark.parametrize("activation", KINDS)
@pytest.mark.parametrize("seed", range(3))
def test_gradients_are_those_of_differences(activation, seed):
    random = np.random.default_rng(seed)
    case = draw(random, dtype="float64")
    a, h = recurrent_forward(*case, activation)
    g = random.normal(size=h.shape)
    found = recurrent_backward(g, *case[:3], a, h, activation)
    for place, gradient in enumerate(found):

        def loss(value, place=place):
            changed = [*case[:place], value, *case[place + 1 :]]
            return np.sum(g * recurrent_forward(*changed, activation)[1])

        measured = gradient_error(loss, case[place], gradient, h=1e-6)
        assert measured < 1e-6, (activation, place)


@pytest.mark.parametrize("seed", range(5))
def test_gradients_are_those_of_the_engine(seed):
    random = np.random.default_rng(seed)
    x, w, u, b = draw(random, dtype="float64")
    a, h = recurrent_forward(x, w, u, b)
    g = random.normal(size=h.shape)
    inputs = [Tensor(x[:, t]) for t in range(x.shape[1])]
    weights = [Tensor(array) for array in (w, u, b)]
    state, loss = Tensor(np.zeros_like(h[:, 0])), Tensor(0.0)
    for t, each in enumerate(inputs):
        state = each @ weights[0] + state @ weights[1] + weights[2]
        state = state.apply(*KINDS["tanh"])
        loss = loss + (state * g[:, t]).sum()
    loss.backward()
    expected = [np.stack([each.grad for each in inputs], axis=1)]
    expected += [each.grad for each in weights]
    for ours, theirs in zip(
        recurrent_backward(g, x, w, u, a, h), expected, strict=True
    ):
        np.testing.assert_allclose(ours, theirs, atol=1e-12)


def test_arguments_stay_as_they_are():
    x, w, u, b = draw(np.random.default_rng(1), steps=4)
    kept = [array.copy() for array in (x, w, u, b)]
    a, h = recurrent_forward(x, w, u, b)
    g, before = np.ones_like(h), (a.copy(), h.copy())
    recurrent_backward(g, x, w, u, a, h)
    for now, then in zip((x, w, u, b, a, h), (*kept, *before), strict=True):
        np.testing.assert_array_equal(now, then)
    assert np.all(g == 1)


def test_clipping_is_keras_s():
    random = np.random.default_rng(0)
    for size in (0.1, 1.0, 30.0):
        parts = [size * random.normal(size=shape) for shape in ((3, 4), (4,), ())]
        parts = [np.asarray(part, dtype="float32") for part in parts]
        optimizer = keras.optimizers.SGD(1.0, global_clipnorm=2.0)
        variables = [keras.Variable(np.zeros_like(part)) for part in parts]
        tensors = [keras.ops.convert_to_tensor(part) for part in parts]
        optimizer.apply(tensors, variables)
        for ours, variable in zip(clip_by_norm(parts, 2.0), variables, strict=True):
            moved = keras.ops.convert_to_numpy(variable)
            np.testing.assert_allclose(-moved, ours, rtol=1e-5, atol=1e-6)
            assert ours.dtype == "float32"


def test_clipping_keeps_short_gradients_and_zeros():
    parts = [np.array([0.3, 0.4]), np.zeros(2)]
    for limit in (0.5, 1.0):
        for ours, part in zip(clip_by_norm(parts, limit), parts, strict=True):
            np.testing.assert_allclose(ours, part)
    assert not np.any(clip_by_norm([np.zeros(3)], 1.0)[0])


def test_bad_input_is_refused():
    x, w, u, b = draw(np.random.default_rng(0), steps=3)
    with pytest.raises(ValueError, match="activation must be one of .* got 'cube'"):
        recurrent_forward(x, w, u, b, "cube")
    with pytest.raises(ValueError, match="got None"):
        recurrent_activation(None)
    a, h = recurrent_forward(x, w, u, b)
    with pytest.raises(ValueError, match="g must have the shape"):
        recurrent_backward(h[:, -1], x, w, u, a, h)
    for limit in (0, -1.0, float("nan")):
        with pytest.raises(ValueError, match="limit must be positive"):
            clip_by_norm([x], limit)


def test_a_mask_holds_the_state_at_the_end_of_a_sequence():
    """What the chapter says of padding: Keras's masked layer stops at the end."""
    x, w, u, b = draw(np.random.default_rng(2), steps=4)
    padded = np.concatenate([x, np.zeros_like(x)], axis=1)
    layer = keras.layers.SimpleRNN(len(u))
    model = keras.Sequential([keras.Input(padded.shape[1:]), keras.layers.Masking()])
    model.add(layer)
    layer.set_weights([w, u, b])
    held = model.predict(padded, verbose=0)
    _, h = recurrent_forward(x, w, u, b)
    np.testing.assert_allclose(held, h[:, -1], rtol=1e-5, atol=1e-5)
    _, beyond = recurrent_forward(padded, w, u, b)
    assert np.abs(beyond[:, -1] - held).max() > 0.01
