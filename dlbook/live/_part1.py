"""The live figures of Part I: one unit, and a loss of one weight."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from dlbook.live._figure import LiveFigure, _number, _numbers, _positive

#: Point sets that `perceptron` offers, in the order of its menu.
PRESETS = ("separable", "narrow", "and", "xor", "outlier")

#: Losses that `descent` offers: x² + 3, 4x² + 3, |x| and x⁴/4 − x² + x/4 + 2.
LOSSES = ("lecture", "steep", "absolute", "valleys")

MAX_POINTS = 64


def perceptron(
    x: Any = None,
    y: Any = None,
    learning_rate: float = 1.0,
    preset: str = "separable",
) -> LiveFigure:
    """The perceptron at work on points that the reader drags.

    The unit is `1[w·x + b > 0]`. A step visits the next point, in order, and on a
    mistake applies `w ← w + α(d − y)x` and `b ← b + α(d − y)`, from `w = 0`, `b = 0`.
    The figure stops after an epoch without a mistake (converged), or when `(w, b)` at
    the end of an epoch equals an earlier one (cycling).

    Args:
        x: array of shape `(n, 2)`, finite, `1 <= n <= 64`: points to start from.
            None shows `preset`.
        y: array of shape `(n,)`: the class of each point, 0 or 1. Needed with `x`.
        learning_rate: α, positive.
        preset: the point set to start from when `x` is None: "separable", "narrow"
            (a small margin), "and", "xor" or "outlier" (one point on the wrong side).

    Returns:
        A `LiveFigure`.

    Raises:
        ValueError: if a shape, a label, the rate or the preset is not as above.
        TypeError: if `x`, `y` or the rate is not made of numbers.

    Reference:
        Rosenblatt (1958), "The perceptron: a probabilistic model for information
        storage and organization in the brain", Psychological Review 65.

    Example:

    >>> figure = perceptron([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 1])
    >>> figure.config["y"]
    [0, 1, 1, 1]
    >>> perceptron(preset="nand")
    Traceback (most recent call last):
        ...
    ValueError: preset is 'nand'; expected one of separable, narrow, and, xor, outlier
    """
    if preset not in PRESETS:
        raise ValueError(f"preset is {preset!r}; expected one of {', '.join(PRESETS)}")
    config = {
        "learning_rate": _positive("learning_rate", learning_rate),
        "preset": preset,
    }
    if (x is None) != (y is None):
        missing, given = ("x", "y") if x is None else ("y", "x")
        raise ValueError(f"{missing} is None but {given} is not; expected both or none")
    if x is not None:
        points = _numbers("x", x)
        if points.ndim != 2 or points.shape[1] != 2:
            raise ValueError(f"x has shape {points.shape}; expected (n, 2)")
        if not 1 <= len(points) <= MAX_POINTS:
            raise ValueError(f"x has {len(points)} points; expected 1 to {MAX_POINTS}")
        labels = _numbers("y", y)
        if labels.shape != (len(points),):
            raise ValueError(
                f"y has shape {labels.shape}; expected ({len(points)},) as x has "
                f"{len(points)} points"
            )
        if not np.isin(labels, (0, 1)).all():
            strange = labels[~np.isin(labels, (0, 1))][0]
            raise ValueError(f"y contains {strange:g}; expected classes 0 and 1")
        config |= {"x": points.tolist(), "y": [int(label) for label in labels]}
    return LiveFigure("perceptron", "Live figure: the perceptron rule", config)


def descent(
    losses: Sequence[str] | None = None,
    start: float = 2.0,
    learning_rate: float = 0.1,
) -> LiveFigure:
    """Gradient descent on a loss of one weight, step by step.

    A step is `x ← x − η·f′(x)`. The reader drags the start, sets the rate, and sees
    the walk converge, oscillate or diverge; for the quadratics the threshold `2/L`
    is shown, where `L` is the second derivative.

    Args:
        losses: names from `LOSSES`, the first is shown first: "lecture" (x² + 3),
            "steep" (4x² + 3), "absolute" (|x|, derivative 0 at 0) and "valleys"
            (x⁴/4 − x² + x/4 + 2). None offers all four.
        start: where the walk begins, `-100 <= start <= 100`.
        learning_rate: η, `1e-6 <= learning_rate <= 100`.

    Returns:
        A `LiveFigure`.

    Raises:
        ValueError: if a name is unknown or a number is out of range.
        TypeError: if `losses` is a string, or a number is not one.

    Example:

    >>> descent(["steep", "lecture"], learning_rate=0.25).config["losses"]
    ['steep', 'lecture']
    >>> descent(["cubic"])
    Traceback (most recent call last):
        ...
    ValueError: losses contains 'cubic'; expected lecture, steep, absolute, valleys
    """
    if isinstance(losses, str):
        raise TypeError(f"losses is the string {losses!r}; expected a list of names")
    names = list(LOSSES if losses is None else losses)
    if not names:
        raise ValueError("losses is empty; expected at least one name")
    for name in names:
        if name not in LOSSES:
            raise ValueError(f"losses contains {name!r}; expected {', '.join(LOSSES)}")
    if len(set(names)) < len(names):
        raise ValueError(f"losses is {names}; expected each name once")
    start = _number("start", start)
    if abs(start) > 100:
        raise ValueError(f"start is {start:g}; expected -100 to 100")
    rate = _positive("learning_rate", learning_rate)
    if not 1e-6 <= rate <= 100:
        raise ValueError(f"learning_rate is {rate:g}; expected 1e-06 to 100")
    config = {"losses": names, "start": start, "learning_rate": rate}
    return LiveFigure("descent", "Live figure: gradient descent in one weight", config)
