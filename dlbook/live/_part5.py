"""The live figures of Part V: networks that read sequences."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dlbook.live._figure import LiveFigure, _base64, _numbers, _one_of, _rounded
from dlbook.live._part3 import _within

#: Settings that `recurrent` offers, in the order of its buttons.
COUNTERS = ("counts", "forgets", "explodes", "saturates")

#: Activations that `recurrent` offers, in the order of its menu.
RECURRENT_ACTIVATIONS = ("linear", "relu", "tanh")

#: Gated cells that `gates` opens, in the order of its menu.
GATED_CELLS = ("lstm", "gru")

#: Weights that `gates` offers, in the order of its menu.
GATE_PRESETS = ("remember", "sum", "forget")

#: Words that `attention` offers unless the cell names others.
WORDS = ("photograph", "through", "knight", "question", "machine", "elephant")

MAX_BITS = 10
WEIGHT_LIMITS = {"w": 2, "u": 1.5, "b": 2}
MAX_STEPS = 8
SEQUENCE = ((0.4, 0), (0.8, 1), (-0.5, 0), (0.3, 1), (0.6, 0), (-0.9, 0))
MAX_WORDS = 8
MAX_LETTERS = 10
GRU_64 = ((32, 192), (64, 192), (2, 192))
GRU_128 = ((32, 384), (128, 384), (2, 384))
PRONOUNCER_SHAPES = (
    *((27, 32), *GRU_64, *GRU_64),  # letters, encoder
    *((40, 32), *GRU_128),  # sounds, decoder
    *((256, 128), (128,), (128, 40), (40,)),
)
PRONOUNCER_LAYERS = [
    *("word", "letters", "before", "encoder", "sounds", "state"),
    *("decoder", "attention", "both", "mixed", "logits"),
]


def recurrent(
    bits: str = "10011", weights: Any = "counts", activation: str | None = None
) -> LiveFigure:
    """A recurrent net of one unit, unrolled over bits that the reader types.

    From `h_0 = 0` step t makes `a_t = w x_t + u h_{t-1} + b` and `h_t = f(a_t)`; the
    last state is read as the number of ones. Each step shows its state, the ones so
    far, and how the last state depends on `a_t`: `u` to the power of the steps left,
    times the slopes of f on the way. The reader types up to 10 bits or clicks them, and
    moves w, u and b. `state()` gives `bits`, `weights` (w, u, b), `activation`,
    `preset` (a name, or None), and by step `preactivations`, `states`, `slopes` (of f
    at `a_t`), `backward` (the derivative of the last state by `a_t`) and `gradient`
    (that times `x_t`: the step's part of the derivative by w); then `gradients` (of the
    last state by w, u and b), `output` (the last state), `count` (the ones), `error`
    (their difference) and `step` (the one shown, from 0).

    Args:
        bits: 1 to 10 characters, each 0 or 1.
        weights: one of `COUNTERS`, which brings its activation along, or the numbers w,
            u and b: w and b from -2 to 2, u from -1.5 to 1.5.
        activation: one of `RECURRENT_ACTIVATIONS`. None is the activation of the named
            weights, and "linear" for numbers.

    Returns:
        A `LiveFigure`.

    Raises:
        ValueError: if a name is unknown, a number out of range, or `bits` not as above.
        TypeError: if `bits` is no string or the weights are not numbers.

    Reference:
        Elman (1990), "Finding structure in time", Cognitive Science 14.

    Example:

    >>> recurrent("01001", (1, 0.5, 0), "tanh").config
    {'bits': '01001', 'activation': 'tanh', 'w': 1.0, 'u': 0.5, 'b': 0.0}
    >>> recurrent("012")
    Traceback (most recent call last):
        ...
    ValueError: bits is '012'; expected 1 to 10 characters, each 0 or 1
    """
    if not isinstance(bits, str):
        raise TypeError(f"bits is {bits!r}; expected a string such as '10011'")
    if not 1 <= len(bits) <= MAX_BITS or set(bits) - set("01"):
        raise ValueError(
            f"bits is {bits!r}; expected 1 to {MAX_BITS} characters, each 0 or 1"
        )
    config: dict[str, Any] = {"bits": bits}
    if isinstance(weights, str):
        config["preset"] = _one_of("weights", weights, COUNTERS, " or three numbers")
    else:
        values = _numbers("weights", weights)
        if values.shape != (3,):
            raise ValueError(f"weights has shape {values.shape}; expected (3,)")
        activation = "linear" if activation is None else activation
    if activation is not None:
        config["activation"] = _one_of("activation", activation, RECURRENT_ACTIVATIONS)
    if not isinstance(weights, str):
        for (name, limit), value in zip(WEIGHT_LIMITS.items(), values, strict=True):
            config[name] = _within(name, float(value), -limit, limit)
    return LiveFigure("recurrent", "Live figure: a recurrent net counts bits", config)


def gates(
    cell: str = "lstm", preset: str = "remember", sequence: Any = None
) -> LiveFigure:
    """An LSTM or GRU cell of one unit, opened, over a sequence that the reader edits.

    Each step of the sequence is a value and a mark. The weights are set by hand and
    stand as in Keras: the candidate takes a quarter of the value, where tanh is nearly
    straight, a gate is held by a bias of 10 or -10, and a mark turns it round with 20
    or -20. So the LSTM keeps the marked value, adds the marked values in its cell, or
    forgets at a mark; the GRU (`reset_after=True`; its z keeps the old state) does the
    same with its one state, which tanh bends with each addition. The reader drags
    values, sets marks, moves the biases of the gates, and opens the cell at any step.
    `state()` gives `cell`, `preset` (None for weights given to `set`), `sequence`,
    `weights` (`kernel`, `recurrent` and `bias` as `get_weights` of the Keras layer
    gives them, gates in the order i, f, c, o or z, r, h), and by step `gates` (i, f, o
    or z, r), `candidate`, `c` (None for the GRU) and `h`; then `goal` (what should be
    remembered), `reading` (4 times the last c or h) and `step` (the one shown, from 0).

    Args:
        cell: one of `GATED_CELLS`.
        preset: one of `GATE_PRESETS`: the last marked value, the sum of the marked
            values, or the sum since the last mark, with the value there.
        sequence: array of shape `(steps, 2)`, 1 to 8 steps: values from -1 to 1 and
            marks 0 or 1. None takes six steps, two of them marked.

    Returns:
        A `LiveFigure`.

    Raises:
        ValueError: if a name is unknown, the shape is not as above or a number out of
            range.
        TypeError: if `sequence` is not of numbers.

    Reference:
        Hochreiter and Schmidhuber (1997), "Long short-term memory", Neural Computation
        9; Cho et al. (2014), "Learning phrase representations using RNN
        encoder-decoder", EMNLP.

    Example:

    >>> gates("gru", "sum", [[0.5, 1], [0.25, 0]]).config["sequence"]
    [[0.5, 1], [0.25, 0]]
    >>> gates("rnn")
    Traceback (most recent call last):
        ...
    ValueError: cell is 'rnn'; expected lstm, gru
    """
    array = _numbers("sequence", SEQUENCE if sequence is None else sequence)
    if array.ndim != 2 or array.shape[1] != 2 or not 1 <= len(array) <= MAX_STEPS:
        raise ValueError(
            f"sequence has shape {array.shape}; expected (1 to {MAX_STEPS}, 2)"
        )
    values, marks = array.T
    if (np.abs(values) > 1).any():
        largest = values[np.abs(values).argmax()]
        raise ValueError(f"sequence has the value {largest:g}; expected -1 to 1")
    if not np.isin(marks, (0, 1)).all():
        wrong = marks[~np.isin(marks, (0, 1))][0]
        raise ValueError(f"sequence has the mark {wrong:g}; expected 0 or 1")
    config = {
        "cell": _one_of("cell", cell, GATED_CELLS),
        "preset": _one_of("preset", preset, GATE_PRESETS),
        "sequence": [
            [float(value), int(mark)] for value, mark in zip(values, marks, strict=True)
        ],
    }
    return LiveFigure("gates", "Live figure: a gated cell, opened", config)


def attention(model: Any, words: Sequence[str] = WORDS) -> LiveFigure:
    """A word to type, its sounds one after the other, and where the decoder looks.

    The network of `dlbook.zoo.pronouncer()` runs in the page; its weights travel along
    in 8 bits, about 190 kB (`attention_weights` gives them back). The
    likeliest sound is said at each step, until the mark of the end or for 12 steps. A
    row of the table is a sound and shows the attention weights over the letters; of a
    chosen row the page gives the three likeliest sounds, and the reader may put another
    of them there and see what follows. `state()` gives `word`, `sounds`, `ended`
    (whether the mark of the end came), `step` (the row chosen, from 0), `steps` (for
    each row `attention`, `logits` and `probabilities`: of the end, then of the 39
    sounds), `best` (name and probability of the three likeliest), `choices` (by step
    the number of the sound put there, or None) and `running`. In a page
    `read(word, before)` gives such steps for numbers of sounds that are given: 0 first,
    then the sounds so far.

    Args:
        model: a trained `dlbook.zoo.pronouncer()`, with attention.
        words: 1 to 8 different words of 1 to 10 letters a to z, for the buttons; the
            first one is there at the start.

    Returns:
        A `LiveFigure`.

    Raises:
        ValueError: if the model's layers or shapes are others, its weights are not
            finite, or the words are not as above.
        TypeError: if `model` is no model or `words` no sequence of strings.

    Reference:
        Bahdanau, Cho and Bengio (2015), "Neural machine translation by jointly learning
        to align and translate", ICLR; Luong, Pham and Manning (2015), "Effective
        approaches to attention-based neural machine translation", EMNLP.

    Example:

    >>> from dlbook.zoo.pronouncer import pronouncer
    >>> figure = attention(pronouncer(), ["cab", "queue"])
    >>> figure.config["words"], len(figure.config["weights"])
    (['cab', 'queue'], 15)
    >>> attention(pronouncer(attention=False))
    Traceback (most recent call last):
        ...
    ValueError: model has the layer 'memory'; expected dlbook.zoo.pronouncer()
    """
    from dlbook.zoo.pronouncer import SOUNDS

    config = {
        "words": _words(words),
        "sounds": list(SOUNDS),
        "weights": [
            {
                "shape": list(weight.shape),
                "levels": _base64(levels),
                "scale": _base64(scale.astype("<f4")),
            }
            for weight in _pronouncer_arrays(model)
            for levels, scale in [_rounded(weight)]
        ],
    }
    return LiveFigure("attention", "Live figure: from letters to sounds", config)


def attention_weights(config: Mapping[str, Any]) -> list[np.ndarray]:
    """Gives the weights with which the page of `attention` computes.

    Args:
        config: the figure's `config`, or the same read from a page
            (`data-live-config`).

    Returns:
        15 float32 arrays, as `model.set_weights` of `dlbook.zoo.pronouncer()` takes
        them: those of the model, each column rounded to 255 levels.

    Example:

    >>> from dlbook.zoo.pronouncer import pronouncer
    >>> model = pronouncer()
    >>> rounded = attention_weights(attention(model).config)
    >>> [
    ...     bool(np.abs(a - b).max() <= np.abs(b).max() / 254 + 1e-6)
    ...     for a, b in zip(rounded, model.get_weights())
    ... ] == [True] * 15
    True
    """
    weights = []
    for weight in config["weights"]:
        levels = np.frombuffer(base64.b64decode(weight["levels"]), "int8")
        scale = np.frombuffer(base64.b64decode(weight["scale"]), "<f4")
        weights.append(levels.reshape(weight["shape"]) * scale)
    return weights


def _words(words: Any) -> list[str]:
    if isinstance(words, str) or not isinstance(words, Sequence):
        raise TypeError(f"words is {words!r}; expected a list of words")
    if not 1 <= len(words) <= MAX_WORDS or len(set(words)) < len(words):
        raise ValueError(f"words is {words}; expected 1 to {MAX_WORDS} different words")
    for word in words:
        if not isinstance(word, str):
            raise TypeError(f"words contains {word!r}; expected text")
        if not 1 <= len(word) <= MAX_LETTERS or not word.isascii():
            raise ValueError(f"words contains {word!r}; expected 1 to 10 letters")
        if not word.isalpha() or not word.islower():
            raise ValueError(f"words contains {word!r}; expected letters a to z")
    return list(words)


def _pronouncer_arrays(model: Any) -> list[np.ndarray]:
    """The model's weights, if the page computes the same network."""
    if not callable(getattr(model, "get_weights", None)):
        raise TypeError(f"model is {model!r}; expected a dlbook.zoo.pronouncer()")
    names = [layer.name for layer in model.layers if type(layer).__name__ != "Dropout"]
    strange = sorted(set(names) ^ set(PRONOUNCER_LAYERS))
    if strange:
        has = "has the" if strange[0] in names else "lacks the"
        raise ValueError(
            f"model {has} layer {strange[0]!r}; expected dlbook.zoo.pronouncer()"
        )
    weights = model.get_weights()
    shapes = tuple(weight.shape for weight in weights)
    if shapes != PRONOUNCER_SHAPES:
        raise ValueError(f"model has weights of {shapes}; expected {PRONOUNCER_SHAPES}")
    if not all(np.isfinite(weight).all() for weight in weights):
        raise ValueError("model has weights that are not finite")
    return weights
