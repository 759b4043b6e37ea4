"""Scratch LSTM and GRU against Keras's layers and against finite differences."""

import keras
import numpy as np
import pytest
from compiled import compiled

from dlbook import gradients
from dlbook.scratch.descent import numerical_gradient
from dlbook.scratch.gated import (
    gru_backward,
    gru_forward,
    lstm_backward,
    lstm_forward,
)

CELLS = ["lstm", "gru after", "gru before"]


def drawn(cell, seed, steps=None, inputs=None, units=None, scale=1.0):
    """Inputs and weights of one cell, as float64."""
    random = np.random.default_rng(seed)
    batch, d, n = random.integers(1, 6, size=3)
    d, n, T = inputs or d, units or n, steps or random.integers(1, 9)
    blocks = 4 if cell == "lstm" else 3
    sides = (2, blocks * n) if cell == "gru after" else (blocks * n,)
    w = random.normal(size=(d, blocks * n))
    u = random.normal(size=(n, blocks * n)) * scale / np.sqrt(n)
    return random.normal(size=(batch, T, d)), w, u, random.normal(size=sides)


def forward(cell, x, w, u, b):
    """States, and what the backward pass needs besides."""
    if cell == "lstm":
        gates, c, h = lstm_forward(x, w, u, b)
        return h, (gates, c, h)
    gates, h = gru_forward(x, w, u, b, cell == "gru after")
    return h, (gates, h)


def backward(cell, g, x, w, u, b, kept):
    if cell == "lstm":
        return lstm_backward(g, x, w, u, *kept)
    return gru_backward(g, x, w, u, b, *kept, reset_after=cell == "gru after")


def layer_of(cell, w, u, b):
    options = {"units": len(u), "return_sequences": True}
    options |= {"kernel_initializer": "zeros", "recurrent_initializer": "zeros"}
    if cell == "lstm":
        layer = keras.layers.LSTM(**options)
    else:
        layer = keras.layers.GRU(reset_after=cell == "gru after", **options)
    layer.build((None, None, len(w)))
    layer.set_weights([w, u, b])
    return layer


@pytest.mark.parametrize("cell", CELLS)
def test_forward_is_keras_s(cell):
    cases = []
    for seed in range(34):  # with three cells 102 random shapes
        cases.append([part.astype("float32") for part in drawn(cell, seed)])
    layers = [layer_of(cell, *weights) for _, *weights in cases]

    def states(*inputs):
        return [layer(x) for layer, x in zip(layers, inputs, strict=True)]

    theirs = compiled(states, *[x for x, *_ in cases])
    for arrays, expected in zip(cases, theirs, strict=True):
        h, kept = forward(cell, *arrays)
        assert all(part.dtype == "float32" for part in kept)
        np.testing.assert_allclose(h, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("cell", CELLS)
def test_gradients_through_fifty_steps_are_keras_s(cell, seed):
    arrays = drawn(cell, seed, steps=50, units=8)
    x, w, u, b = (part.astype("float32") for part in arrays)
    layer, goal = layer_of(cell, w, u, b), np.float32(0.3)
    at = keras.Variable(x)
    value, theirs = gradients.value_and_grad(
        lambda: keras.ops.sum((layer(at.value) - goal) ** 2) / 2,
        [at, *layer.trainable_variables],
    )
    h, kept = forward(cell, x, w, u, b)
    assert np.isclose(float(value), np.sum((h - goal) ** 2) / 2, rtol=1e-4)
    ours = backward(cell, h - goal, x, w, u, b, kept)
    for mine, its in zip(ours, theirs, strict=True):
        its = keras.ops.convert_to_numpy(its)
        # 1e-4 of the largest entry
        np.testing.assert_allclose(mine, its, rtol=0, atol=1e-4 * np.abs(its).max())


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("cell", CELLS)
def test_gradients_are_finite_differences(cell, seed):
    arrays = drawn(cell, seed, scale=2.0)
    h, kept = forward(cell, *arrays)
    g = np.random.default_rng(seed).normal(size=h.shape)
    ours = backward(cell, g, *arrays, kept)
    for k, mine in enumerate(ours):

        def loss(part, k=k):
            changed = [part if j == k else arrays[j] for j in range(4)]
            return np.sum(g * forward(cell, *changed)[0])

        assert mine.shape == arrays[k].shape
        measured = numerical_gradient(loss, arrays[k])
        np.testing.assert_allclose(mine, measured, rtol=0, atol=1e-7)


def test_the_cell_is_what_the_forget_gate_left_and_the_candidate_brought():
    x, w, u, b = drawn("lstm", 7, steps=6)
    gates, c, h = lstm_forward(x, w, u, b)
    i, f, candidate, o = np.split(gates, 4, axis=2)
    assert np.all((0 < i) & (i < 1) & (0 < f) & (f < 1) & (0 < o) & (o < 1))
    np.testing.assert_allclose(c[:, 0], i[:, 0] * candidate[:, 0])
    carried = f[:, 1:] * c[:, :-1] + i[:, 1:] * candidate[:, 1:]
    np.testing.assert_allclose(c[:, 1:], carried)
    np.testing.assert_allclose(h, o * np.tanh(c))


def test_an_update_gate_of_one_keeps_the_state():
    x, w, u, b = drawn("gru after", 3, steps=5, units=2)
    b[:, :2] = 50.0  # z is 1 to the last bit or nearly
    _, h = gru_forward(x, 0 * w, 0 * u, b)
    assert np.abs(h).max() < 1e-12  # h = 0 at the start, and kept


@pytest.mark.parametrize("cell", CELLS)
def test_inputs_are_left_alone(cell):
    arrays = drawn(cell, 5, steps=4)
    before = [part.copy() for part in arrays]
    h, kept = forward(cell, *arrays)
    saved = [part.copy() for part in kept]
    backward(cell, np.ones_like(h), *arrays, kept)
    for mine, old in zip([*arrays, *kept], [*before, *saved], strict=True):
        np.testing.assert_array_equal(mine, old)


@pytest.mark.parametrize("cell", CELLS)
def test_a_gradient_of_another_shape_is_refused(cell):
    arrays = drawn(cell, 2, steps=3)
    h, kept = forward(cell, *arrays)
    with pytest.raises(ValueError, match="g must have the shape"):
        backward(cell, np.ones_like(h[:, -1]), *arrays, kept)


@pytest.mark.parametrize("after", [True, False])
def test_biases_of_the_other_convention_are_refused(after):
    x, w, u, b = drawn("gru after" if after else "gru before", 2)
    with pytest.raises(ValueError, match="b must be of shape"):
        gru_forward(x, w, u, b, reset_after=not after)
