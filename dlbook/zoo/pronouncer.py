"""A network that turns the spelling of an English word into its sounds."""

from collections.abc import Iterable

import keras
import numpy as np
from keras import layers

from dlbook.data._files import archive, packaged

LETTERS = "abcdefghijklmnopqrstuvwxyz"
SOUNDS = tuple(
    "AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T "
    "TH UH UW V W Y Z ZH".split()
)
WORD_LENGTH, SOUNDS_LENGTH = 10, 12  # letters; sounds with the mark of the end


def encode_words(words: Iterable[str]) -> np.ndarray:
    """Numbers the letters of words: a is 1, z is 26, and 0 fills the rest.

    Args:
        words: Strings of 1 to 10 letters a to z.

    Returns:
        Int32 array of shape (words, 10).

    Raises:
        ValueError: If a word is too long, empty, or has another character.

    Example:

    >>> encode_words(["cab"]).tolist()
    [[3, 1, 2, 0, 0, 0, 0, 0, 0, 0]]
    """
    return _encode(words, LETTERS, WORD_LENGTH, "words")


def encode_sounds(lines: Iterable[str]) -> np.ndarray:
    """Numbers the sounds of words: AA is 1, ZH is 39, and 0 marks the end.

    Args:
        lines: Strings of 1 to 11 sounds, separated by a space.

    Returns:
        Int32 array of shape (lines, 12), the rest filled with 0.

    Raises:
        ValueError: If a line is too long, empty, or has another sign.

    Example:

    >>> encode_sounds(["K AE B"]).tolist()
    [[20, 2, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0]]
    """
    lines = [line.split() for line in lines]
    return _encode(lines, SOUNDS, SOUNDS_LENGTH, "sounds", SOUNDS_LENGTH - 1)


def _encode(rows, signs, length, name, most=None):
    numbers = {sign: number for number, sign in enumerate(signs, start=1)}
    rows = list(rows)
    encoded = np.zeros((len(rows), length), "int32")
    for row, given in zip(encoded, rows, strict=True):
        found = [numbers.get(sign) for sign in given]
        if None in found or not 0 < len(found) <= (most or length):
            raise ValueError(
                f"{name} must have 1 to {most or length} of the signs "
                f"{' '.join(signs)}, got {given!r}"
            )
        row[: len(found)] = found
    return encoded


def decode_sounds(numbers: np.ndarray) -> list[str]:
    """Writes numbered sounds as strings, up to the mark of the end.

    Args:
        numbers: Integer array of shape (words, length), values from 0 to 39.

    Returns:
        A string for each word, sounds separated by a space.

    Example:

    >>> decode_sounds(np.array([[20, 2, 7, 0, 5]]))
    ['K AE B']
    """
    lines = []
    for row in np.asarray(numbers):
        ends = np.flatnonzero(row == 0)
        row = row[: ends[0]] if len(ends) else row
        lines.append(" ".join(SOUNDS[number - 1] for number in row))
    return lines


def pronouncer(
    attention: bool = True, trained: bool = False, dropout: float = 0.0
) -> keras.Model:
    """Builds a recurrent encoder and decoder, from letters to sounds.

    A bidirectional GRU reads the letters; its two final states are the decoder's
    first state. The decoder, a GRU as wide as both together, reads the sounds before
    and asks a memory by dot products: with attention the memory is the encoder's row
    for each letter. Without, it is the final states, twice: whatever the weights, their
    average is the final states. All else is the same, also the 140,040 parameters.
    The layer `attention` gives the context and its weights.

    Args:
        attention: Boolean, whether the memory has a row for each letter.
        trained: Boolean, whether to load the weights that study `17_pronunciation`
            found with its first seed, stored in float16.
        dropout: Number from 0 up to 1, the share of the numbers before and behind
            the layer `mixed` that training leaves out.

    Returns:
        A `keras.Model` from `[word, before]`, integers of shape (batch, letters), as
        of `encode_words`, and (batch, sounds), 0 followed by the sounds so far, to
        logits of shape (batch, sounds, 40): for each place, of the end (0) or of the
        sound that comes next. Later sounds do not change earlier logits.

    Raises:
        ValueError: If the file of weights is damaged.

    Reference:

    - Cho et al. (2014), "Learning phrase representations using RNN encoder-decoder
      for statistical machine translation"
    - Luong et al. (2015), "Effective approaches to attention-based neural machine
      translation"

    Example:

    >>> model = pronouncer()
    >>> model.output_shape, f"{model.count_params():,}"
    ((None, None, 40), '140,040')
    """
    word = keras.Input((None,), dtype="int32", name="word")
    before = keras.Input((None,), dtype="int32", name="before")

    x = layers.Embedding(27, 32, mask_zero=True, name="letters")(word)
    gru = layers.GRU(64, return_sequences=True, return_state=True, name="gru")
    rows, *last = layers.Bidirectional(gru, name="encoder")(x)
    state = layers.Concatenate(name="state")(last)  # (batch, 128)

    y = layers.Embedding(40, 32, name="sounds")(before)
    decoder = layers.GRU(128, return_sequences=True, name="decoder")
    h = decoder(y, initial_state=state)  # (batch, sounds, 128)
    memory = rows if attention else layers.RepeatVector(2, name="memory")(state)
    dot = layers.Attention(name="attention")
    context, _ = dot([h, memory], return_attention_scores=True)
    both = layers.Concatenate(name="both")([h, context])
    both = layers.Dropout(dropout, name="drop_both")(both)
    mixed = layers.Dense(128, activation="tanh", name="mixed")(both)
    mixed = layers.Dropout(dropout, name="drop_mixed")(mixed)
    logits = layers.Dense(40, name="logits")(mixed)

    name = "pronouncer" if attention else "pronouncer_without_attention"
    model = keras.Model([word, before], logits, name=name)
    if trained:
        part = "attention" if attention else "state"
        with archive(packaged("pronouncer.npz")) as weights:
            for variable in model.weights:
                variable.assign(weights[f"{part}/{variable.path}"].astype("float32"))
    return model
