"""The pronouncer: its equations in NumPy, its codes, its stored weights."""

import keras
import numpy as np
import pytest
from compiled import compiled

from dlbook import data, zoo
from dlbook.scratch.attention import attention
from dlbook.scratch.loss import sigmoid
from dlbook.zoo.pronouncer import (
    LETTERS,
    SOUNDS,
    decode_sounds,
    encode_sounds,
    encode_words,
)

PARTS = {"with attention": True, "without": False}
WORDS = ["a", "cab", "abbreviate", "though"]


def gru(inputs, h, weights):
    """The states after each row, by Keras's equations with reset_after."""
    kernel, recurrent, bias = weights
    states = []
    for x in inputs:
        ours = np.split(x @ kernel + bias[0], 3)
        past = np.split(h @ recurrent + bias[1], 3)
        z, r = (sigmoid(ours[i] + past[i]) for i in (0, 1))
        h = z * h + (1 - z) * np.tanh(ours[2] + r * past[2])
        states.append(h)
    return np.array(states)


def by_hand(model, word, before, with_attention):
    """Logits and weights for one word, without padding."""
    weights = {layer.name: layer.get_weights() for layer in model.layers}
    x = weights["letters"][0][[LETTERS.index(letter) + 1 for letter in word]]
    there = gru(x, np.zeros(64), weights["encoder"][:3])
    back = gru(x[::-1], np.zeros(64), weights["encoder"][3:])[::-1]
    rows, state = np.hstack([there, back]), np.concatenate([there[-1], back[0]])
    h = gru(weights["sounds"][0][before], state, weights["decoder"])
    context, looks = attention(h, rows, rows, scale=1.0)
    if not with_attention:
        context = np.tile(state, (len(before), 1))
    kernel, bias = weights["mixed"]
    mixed = np.tanh(np.hstack([h, context]) @ kernel + bias)
    kernel, bias = weights["logits"]
    return mixed @ kernel + bias, looks


@pytest.mark.parametrize("with_attention", [True, False])
def test_the_equations_by_hand(with_attention):
    keras.utils.set_random_seed(0)
    model = zoo.pronouncer(with_attention)
    random = np.random.default_rng(0)
    model.set_weights(
        [w + random.normal(size=w.shape) / 5 for w in model.get_weights()]
    )
    looked = model.get_layer("attention").output[1]
    model = keras.Model(model.input, [model.output, looked])
    before = random.integers(40, size=(4, 12)).astype("int32")
    z, looks = compiled(lambda *x: model(list(x)), encode_words(WORDS), before)
    for row, word in enumerate(WORDS):
        expected, weights = by_hand(model, word, before[row], with_attention)
        np.testing.assert_allclose(z[row], expected, atol=2e-4)
        if with_attention:
            np.testing.assert_allclose(looks[row, :, : len(word)], weights, atol=1e-4)
            assert not looks[row, :, len(word) :].any()


@pytest.mark.parametrize("with_attention", [True, False])
def test_padding_and_later_sounds_do_not_matter(with_attention):
    keras.utils.set_random_seed(1)
    model = zoo.pronouncer(with_attention)
    before = np.random.default_rng(1).integers(40, size=(4, 12)).astype("int32")

    def logits(words, before):
        return compiled(lambda *x: [model(list(x))], words, before)[0]

    padded = logits(encode_words(WORDS), before)
    alone = logits(encode_words(["cab"])[:, :3], before[1:2])
    np.testing.assert_allclose(padded[1], alone[0], atol=1e-5)
    changed = np.where(np.arange(12) > 4, (before + 7) % 40, before)
    other = logits(encode_words(WORDS), changed)
    np.testing.assert_allclose(padded[:, :5], other[:, :5], atol=1e-5)
    assert np.abs(padded[:, 5:] - other[:, 5:]).max() > 1e-3


@pytest.mark.parametrize("with_attention", [True, False])
def test_both_have_the_same_parameters(with_attention):
    model = zoo.pronouncer(with_attention, dropout=0.2)
    assert model.count_params() == 140_040
    shapes = [w.shape for w in model.get_weights()]
    assert shapes == [w.shape for w in zoo.pronouncer().get_weights()]


def test_stored_weights_are_exact_in_float16():
    for with_attention in PARTS.values():
        for weights in zoo.pronouncer(with_attention, trained=True).get_weights():
            assert np.array_equal(weights, weights.astype("float16"))


def test_codes_there_and_back():
    for words, lines in data.pronunciations():
        letters = encode_words(words)
        spelled = ["".join(LETTERS[n - 1] for n in row[row > 0]) for row in letters]
        assert spelled == words.tolist()
        assert decode_sounds(encode_sounds(lines)) == lines.tolist()
    assert len(SOUNDS) == 39 and list(SOUNDS) == sorted(SOUNDS)


@pytest.mark.parametrize("words", [[""], ["abbreviated"], ["Cab"], ["c b"], ["ça"]])
def test_other_words_are_refused(words):
    with pytest.raises(ValueError, match="words must have 1 to 10 of the signs"):
        encode_words(["cab", *words])


@pytest.mark.parametrize("line", ["", "K EH3", "k", " ".join(["K"] * 12)])
def test_other_sounds_are_refused(line):
    with pytest.raises(ValueError, match="sounds must have 1 to 11 of the signs"):
        encode_sounds([line])
