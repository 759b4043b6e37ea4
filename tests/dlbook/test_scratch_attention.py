"""Scratch attention against Keras's layers, by hand, and what it must not depend on."""

import keras
import numpy as np
import pytest
from compiled import compiled

from dlbook import gradients
from dlbook.scratch.attention import (
    attention,
    multi_head_attention,
    positions,
    split_heads,
)
from dlbook.scratch.loss import softmax


def to_numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


def some_mask(random, shape):
    """A mask that leaves each query a key."""
    mask = random.random(shape) < 0.5
    mask[..., 0] |= ~mask.any(axis=-1)
    return mask


def layer_weights(layer):
    """The weights of a MultiHeadAttention as pairs of kernel and bias."""
    parts = ("_query_dense", "_key_dense", "_value_dense", "_output_dense")
    parts = [getattr(layer, name) for name in parts]
    return [(to_numpy(part.kernel), to_numpy(part.bias)) for part in parts]


@pytest.mark.parametrize("seed", range(30))
def test_attention_is_keras_s(seed):
    random = np.random.default_rng(seed)
    batch, m, size, values = random.integers(1, 9, size=4)
    n = random.integers(2, 9)  # Keras warns of a softmax over one key
    q = random.normal(size=(batch, m, size)).astype("float32")
    k = random.normal(size=(batch, n, size)).astype("float32")
    v = random.normal(size=(batch, n, values)).astype("float32")
    mask = some_mask(random, (batch, n)) if seed % 2 else None
    layer = keras.layers.Attention()

    def keras_s(q, k, v):
        return layer([q, v, k], mask=[None, mask], return_attention_scores=True)

    ours = attention(q, k, v, None if mask is None else mask[:, np.newaxis], scale=1.0)
    for mine, its in zip(ours, compiled(keras_s, q, k, v), strict=True):
        assert mine.dtype == "float32"
        np.testing.assert_allclose(mine, its, atol=1e-5)


@pytest.mark.parametrize("seed", range(20))
def test_several_heads_are_keras_s(seed):
    random = np.random.default_rng(seed)
    batch, m, size, heads, out = random.integers(1, 8, size=5).tolist()
    # Keras warns of a softmax over one key; Keras 3.15 on TensorFlow goes wrong with
    # keys or values of one number when there are as many heads as keys.
    n, key, value = random.integers(2, 9, size=3).tolist()
    layer = keras.layers.MultiHeadAttention(
        heads, key, value_dim=value, output_shape=out, kernel_initializer="zeros"
    )
    q = random.normal(size=(batch, m, size)).astype("float32")
    k = random.normal(size=(batch, n, size)).astype("float32")
    v = random.normal(size=(batch, n, size)).astype("float32")
    mask = some_mask(random, (batch, m, n)) if seed % 2 else None
    layer.build(q.shape, v.shape, k.shape)
    for variable in layer.weights:
        variable.assign(random.normal(size=variable.shape).astype("float32"))

    def keras_s(q, k, v):
        return layer(q, v, k, attention_mask=mask, return_attention_scores=True)

    expected, shares = compiled(keras_s, q, k, v)
    outputs, ours = multi_head_attention(q, k, v, layer_weights(layer), mask)
    largest = np.abs(outputs).max()
    assert outputs.dtype == ours.dtype == "float32"
    np.testing.assert_allclose(ours, shares, atol=1e-5)
    np.testing.assert_allclose(outputs, expected, atol=1e-5 * largest)


def test_a_causal_mask_is_keras_s():
    x = np.random.default_rng(0).normal(size=(2, 5, 4)).astype("float32")
    layer = keras.layers.MultiHeadAttention(2, 3)
    expected = to_numpy(layer(x, x, use_causal_mask=True))
    causal = np.tri(5, dtype=bool)[np.newaxis]
    ours, shares = multi_head_attention(x, x, x, layer_weights(layer), causal)
    np.testing.assert_allclose(ours, expected, atol=1e-5)
    assert np.all(shares[..., ~causal[0]] == 0)


def test_the_scale_is_one_over_the_root_of_the_size():
    random = np.random.default_rng(1)
    q, k, v = (random.normal(size=(3, 9)) for _ in range(3))
    _, weights = attention(q, k, v)
    np.testing.assert_allclose(weights, softmax(q @ k.T / 3), atol=1e-12)


def test_entry_by_entry():
    random = np.random.default_rng(2)
    q, k = random.normal(size=(2, 3)), random.normal(size=(4, 3))
    v = random.normal(size=(4, 5))
    context, weights = attention(q, k, v, scale=1.0)
    for i in range(2):
        powers = [np.exp(sum(q[i, d] * k[j, d] for d in range(3))) for j in range(4)]
        for j in range(4):
            assert np.isclose(weights[i, j], powers[j] / sum(powers), rtol=1e-12)
        for d in range(5):
            total = sum(weights[i, j] * v[j, d] for j in range(4))
            assert np.isclose(context[i, d], total, rtol=1e-10)


def test_hidden_keys_do_not_matter():
    random = np.random.default_rng(3)
    q, k, v = (random.normal(size=(2, 6, 4)) for _ in range(3))
    mask = np.arange(6) < 4
    before, weights = attention(q, k, v, mask)
    k[:, 4:], v[:, 4:] = 1e3, -1e3
    after, _ = attention(q, k, v, mask)
    np.testing.assert_array_equal(before, after)
    short, few = attention(q, k[:, :4], v[:, :4])
    np.testing.assert_allclose(short, after, atol=1e-12)
    np.testing.assert_allclose(few, weights[..., :4], atol=1e-12)


@pytest.mark.parametrize("mask", [np.zeros(3, bool), np.eye(2, 3, dtype=bool) & False])
def test_a_query_without_keys_is_refused(mask):
    with pytest.raises(ValueError, match="mask must leave each query a key"):
        attention(np.ones((2, 4)), np.ones((3, 4)), np.ones((3, 1)), mask)


def test_order_is_ignored_until_places_are_added():
    random = np.random.default_rng(4)
    x = random.normal(size=(1, 7, 8))
    weights = [
        *[(random.normal(size=(8, 2, 4)), random.normal(size=(2, 4))) for _ in "qkv"],
        (random.normal(size=(2, 4, 8)), random.normal(size=8)),
    ]
    order = random.permutation(7)

    def looked(x):
        return multi_head_attention(x, x, x, weights)[0]

    np.testing.assert_allclose(looked(x)[:, order], looked(x[:, order]), atol=1e-10)
    placed = looked(x + positions(7, 8))[:, order]
    shuffled = looked(x[:, order] + positions(7, 8))
    assert np.abs(placed - shuffled).max() > 0.1


def test_split_heads_is_a_product_for_each_head():
    random = np.random.default_rng(5)
    x, kernel = random.normal(size=(2, 3, 4)), random.normal(size=(4, 5, 6))
    bias = random.normal(size=(5, 6))
    found = split_heads(x, kernel, bias)
    for head in range(5):
        expected = x @ kernel[:, head] + bias[head]
        np.testing.assert_allclose(found[:, head], expected, atol=1e-12)


def test_positions_by_their_formula():
    found = positions(20, 6)
    for t in range(20):
        for i in range(3):
            angle = t / 10000 ** (2 * i / 6)
            assert np.isclose(found[t, 2 * i], np.sin(angle), atol=1e-12)
            assert np.isclose(found[t, 2 * i + 1], np.cos(angle), atol=1e-12)


@pytest.mark.parametrize("size", [6, 64])
def test_a_step_turns_the_positions(size):
    """The product of two rows depends on their distance alone."""
    rows = positions(30, size)
    products = rows @ rows.T
    for distance in range(10):
        along = np.diagonal(products, distance)
        np.testing.assert_allclose(along, along[0], atol=1e-10)


def test_an_odd_size_is_refused():
    with pytest.raises(ValueError, match="size must be even, got 5"):
        positions(3, 5)


def test_the_gradient_of_the_scores():
    """dL/ds = a (g - sum of a g), for g = dL/da, as the chapter derives it."""
    random = np.random.default_rng(6)
    s = keras.Variable(random.normal(size=(5,)).astype("float32"))
    v = random.normal(size=(5, 3)).astype("float32")
    arrived = random.normal(size=3).astype("float32")

    def loss():
        context = keras.ops.matmul(keras.ops.softmax(s), v)
        return keras.ops.sum(keras.ops.multiply(context, arrived))

    _, (gradient,) = gradients.value_and_grad(loss, [s])
    a, g = softmax(to_numpy(s)), v @ arrived
    np.testing.assert_allclose(to_numpy(gradient), a * (g - a @ g), atol=1e-5)
