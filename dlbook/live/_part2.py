"""The live figures of Part II: networks with a hidden layer."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from dlbook.live._figure import LiveFigure, _numbers, _one_of, _positive

#: Activations that `hidden_layer` offers, in the order of its menu.
ACTIVATIONS = ("identity", "step", "sigmoid", "tanh", "relu")

#: Functions that `hinges` offers, in the order of its menu.
FUNCTIONS = ("square", "sine", "runge", "root", "exp")

#: Numbers that `backpropagation` offers. "lecture": lecture B's exercise, where h is
#: the input. "network": the lecture's first document, counts of the words a, b and c;
#: hidden unit 0 asks for a > b + c and is off, unit 1 asks for the opposite.
STARTS: dict[str, dict[str, Any]] = {
    "lecture": {
        "title": "the lecture's, from h",
        "x": [-10, 20],
        "layers": [[[[1, 2], [2, 1]], [0, 0]]],
        "label": 1,
    },
    "network": {
        "title": "a network, from f",
        "x": [4, 2, 3],
        "layers": [
            [[[1, -1], [-1, 1], [-1, 1]], [0, 1]],
            [[[2, -1], [-1, 1]], [2, -2]],
        ],
        "label": 1,
    },
}

MAX_HINGES = 64
MAX_SIZE = 4
MAX_ENTRY = 1000
MAX_WEIGHT = 100

# Shapes of the weights that `hidden_layer` takes, the plain and the Keras form.
_SHAPES = (
    ("W1", [(2, 2)]),
    ("b1", [(2,)]),
    ("w2", [(2,), (2, 1)]),
    ("b2", [(), (1,)]),
)
_WEIGHTS = ([[1, 0], [0, 1]], [-0.5, -0.5], [1, 1], -0.25)


def hidden_layer(
    activation: str = "relu",
    weights: Sequence[Any] | None = None,
    learning_rate: float = 0.5,
) -> LiveFigure:
    """A hidden layer of two units on XOR: how it folds the plane.

    The network is `h = φ(x @ W1 + b1)`, `p = σ(h @ w2 + b2)`, and says class 1 where
    `h @ w2 + b2 > 0`. The reader moves the nine parameters by sliders or drags the
    hinges `z₁ = 0` and `z₂ = 0`, and sees the four points and a net of lines in the
    input plane and in the hidden plane. A training step is gradient descent on the
    mean binary cross-entropy, with the exact gradient (that of a step, and of ReLU
    at 0, is taken as 0). "Random start" number k is the same on every machine:
    Glorot's uniform weights and biases 0. Training ends as solved (all four right
    and the loss below 0.05), stuck (every entry of the gradient below 1e-6), or
    after 10,000 steps.

    Args:
        activation: φ, one of `ACTIVATIONS`; "identity" cannot solve XOR.
        weights: `(W1, b1, w2, b2)` of shapes (2, 2), (2,), (2,) and (), or as
            `model.get_weights()` gives them, (2, 2), (2,), (2, 1) and (1,); entries
            from -100 to 100. None starts with hinges at 0.5 in x₁ and in x₂.
        learning_rate: the rate of a training step, positive.

    Returns:
        A `LiveFigure`.

    Raises:
        ValueError: if the activation is unknown, or a shape or a number is not as
            above.
        TypeError: if `weights` or the rate is not made of numbers.

    Example:

    >>> figure = hidden_layer("step", ([[1, 1], [1, 1]], [-0.5, -1.5], [1, -1], -0.5))
    >>> figure.config["weights"]
    [1.0, 1.0, 1.0, 1.0, -0.5, -1.5, 1.0, -1.0, -0.5]
    >>> hidden_layer("linear")
    Traceback (most recent call last):
        ...
    ValueError: activation is 'linear'; expected identity, step, sigmoid, tanh, relu
    """
    _one_of("activation", activation, ACTIVATIONS)
    weights = _WEIGHTS if weights is None else weights
    try:
        count = len(weights)
    except TypeError as error:
        raise TypeError(f"weights is {weights!r}; expected W1, b1, w2, b2") from error
    if count != len(_SHAPES):
        raise ValueError(f"weights has {count} arrays; expected 4: W1, b1, w2, b2")
    flat = []
    for (name, shapes), value in zip(_SHAPES, weights, strict=True):
        array = _numbers(name, value)
        if array.shape not in shapes:
            expected = " or ".join(map(str, shapes))
            raise ValueError(f"{name} has shape {array.shape}; expected {expected}")
        if (np.abs(array) > MAX_WEIGHT).any():
            raise ValueError(
                f"{name} contains {array.flat[np.abs(array).argmax()]:g}; expected "
                f"-{MAX_WEIGHT} to {MAX_WEIGHT}"
            )
        flat += array.ravel().tolist()
    config = {
        "activation": activation,
        "weights": flat,
        "learning_rate": _positive("learning_rate", learning_rate),
    }
    return LiveFigure("hidden_layer", "Live figure: a hidden layer folds XOR", config)


def hinges(f: str = "runge", n: int = 4) -> LiveFigure:
    """A function built from n weighted ReLU hinges, and how fast the error falls.

    The network `p(x) = f(x₀) + Σᵢ αᵢ ReLU(x − xᵢ)`, `i = 0 … n−1`, is the piecewise
    linear interpolant of f at the knots `a = x₀ < x₁ < … < xₙ = b`: α₀ is the first
    piece's slope, αᵢ the change of slope at xᵢ. The reader changes n, drags the inner
    knots, or splits the worst piece. The lower plot keeps the largest error of every n
    tried on log-log axes, beside the line `h²/8 · max|f″|` with `h = (b − a)/n`.

    Args:
        f: the function, one of `FUNCTIONS`: "square" (x² on [0, 1]), "sine"
            (sin 2πx on [0, 1]), "runge" (1/(1 + 25x²) on [-1, 1]), "root" (√|x| on
            [-1, 1], where f″ is not bounded: no line) and "exp" (eˣ on [0, 1]).
        n: hinges at the start, `1 <= n <= 64`, at equal distances.

    Returns:
        A `LiveFigure`.

    Raises:
        ValueError: if the function is unknown or `n` is out of range.
        TypeError: if `n` is not an integer.

    Example:

    >>> hinges("sine", n=8).config
    {'f': 'sine', 'n': 8}
    >>> hinges(n=0)
    Traceback (most recent call last):
        ...
    ValueError: n is 0; expected 1 to 64
    """
    _one_of("f", f, FUNCTIONS)
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)):
        raise TypeError(f"n is {n!r}; expected an integer")
    if not 1 <= n <= MAX_HINGES:
        raise ValueError(f"n is {n}; expected 1 to {MAX_HINGES}")
    label = "Live figure: a function from ReLU hinges"
    return LiveFigure("hinges", label, {"f": f, "n": int(n)})


def backpropagation(
    start: str = "lecture",
    x: Any = None,
    layers: Sequence[Any] | None = None,
    label: int | None = None,
) -> LiveFigure:
    """One example forward and backward through a network, a cell at a time.

    The network is `c = h @ W' + b'`, `p = softmax(c)`, `L = -log p[label]`; with two
    layers `z = f @ W + b` and `h = ReLU(z)` come before. Each cell of c, p, L and then
    of the gradients is computed on its own, with its sum in words and its operands
    marked; below each matrix stands its gradient, which has the same shape. The reader
    changes any number and the correct class, and checks a gradient by a central
    difference. Large scores do not overflow: the largest is taken out first. Entries
    and classes count from 0.

    Args:
        start: the numbers when `x` is None: "lecture" (lecture B's exercise, which
            starts at h) or "network" (two layers, one hidden unit off).
        x: array of shape `(inputs,)`, 1 to 4 entries: one example of your own.
        layers: one or two pairs `(W, b)` of shapes `(inputs, outputs)` and
            `(outputs,)`, as in `dlbook.scratch.network`; each size 1 to 4, at least 2
            classes. Needed with `x`. Entries of all arrays lie in -1000 to 1000.
        label: the correct class, an integer from 0. Needed with `x`.

    Returns:
        A `LiveFigure`.

    Raises:
        ValueError: if `start` is unknown, one of `x`, `layers` and `label` is missing,
            or a shape or a number is not as above.
        TypeError: if an array is not made of numbers or `label` is not an integer.

    Reference:
        Rumelhart, Hinton and Williams (1986), "Learning representations by
        back-propagating errors", Nature 323.

    Example:

    >>> figure = backpropagation(x=[1, 2], layers=[([[3, 4], [7, 1]], [0, 0])], label=0)
    >>> figure.config["starts"]["own"]["layers"]
    [[[[3.0, 4.0], [7.0, 1.0]], [0.0, 0.0]]]
    >>> backpropagation("end")
    Traceback (most recent call last):
        ...
    ValueError: start is 'end'; expected one of lecture, network
    """
    if start not in STARTS:
        raise ValueError(f"start is {start!r}; expected one of {', '.join(STARTS)}")
    starts = STARTS
    own = {"x": x, "layers": layers, "label": label}
    missing = [name for name, value in own.items() if value is None]
    if 0 < len(missing) < len(own):
        raise ValueError(f"{missing[0]} is None; expected x, layers and label, or none")
    if not missing:
        starts = {"own": _example(x, layers, label), **STARTS}
        start = "own"
    config = {"start": start, "starts": starts}
    return LiveFigure("backpropagation", "Live figure: backpropagation by hand", config)


def _example(x: Any, layers: Sequence[Any], label: Any) -> dict[str, Any]:
    """The reader's own numbers for `backpropagation`, checked."""
    row = _entries("x", x, (None,))
    if isinstance(layers, str) or not isinstance(layers, Sequence):
        raise TypeError(f"layers is {layers!r}; expected one or two pairs (W, b)")
    if len(layers) not in (1, 2):
        raise ValueError(f"layers has {len(layers)} pairs; expected 1 or 2")
    pairs, size = [], len(row)
    for k, pair in enumerate(layers):
        try:
            W, b = pair
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"layers[{k}] is {pair!r}; expected a pair (W, b)"
            ) from error
        W = _entries(f"layers[{k}][0]", W, (size, None))
        size = W.shape[1]
        pairs.append([W.tolist(), _entries(f"layers[{k}][1]", b, (size,)).tolist()])
    if size < 2:
        raise ValueError(f"the last layer has {size} output; expected 2 to {MAX_SIZE}")
    if isinstance(label, bool) or not isinstance(label, (int, np.integer)):
        raise TypeError(f"label is {label!r}; expected an integer")
    if not 0 <= label < size:
        raise ValueError(f"label is {label}; expected 0 to {size - 1}")
    title = "the cell's own numbers"
    return {"title": title, "x": row.tolist(), "layers": pairs, "label": int(label)}


def _entries(name: str, value: Any, shape: tuple[int | None, ...]) -> np.ndarray:
    """An array of few small numbers; None in `shape` stands for 1 to `MAX_SIZE`."""
    array = _numbers(name, value)
    fits = array.ndim == len(shape) and all(
        size == wanted if wanted else 1 <= size <= MAX_SIZE
        for size, wanted in zip(array.shape, shape, strict=True)
    )
    if not fits:
        sizes = [str(wanted or f"1 to {MAX_SIZE}") for wanted in shape]
        expected = f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"
        raise ValueError(f"{name} has shape {array.shape}; expected {expected}")
    largest = array.flat[np.abs(array).argmax()]
    if abs(largest) > MAX_ENTRY:
        raise ValueError(
            f"{name} contains {largest:g}; expected -{MAX_ENTRY} to {MAX_ENTRY}"
        )
    return array
