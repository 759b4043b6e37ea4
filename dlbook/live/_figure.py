"""A live figure as HTML, and the checks that the figures' arguments pass."""

import base64
import html
import importlib.resources
import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np


class LiveFigure:
    """A figure to display: the last line of a cell is enough.

    Args:
        name: the figure's name; `name.js` beside this file draws it.
        label: what the figure is, for a screen reader.
        config: what the script starts from; anything `json` can write.

    Example:

    >>> from dlbook import live
    >>> live.perceptron()
    <live figure 'perceptron': shown as HTML in a notebook or the book>
    """

    def __init__(self, name: str, label: str, config: dict[str, Any]):
        self.name = name
        self.label = label
        self.config = config

    def __repr__(self) -> str:
        return f"<live figure {self.name!r}: shown as HTML in a notebook or the book>"

    def _repr_html_(self) -> str:
        # The configuration is an attribute, not script text: the scripts are then
        # the same on every page, and a content security policy can list their hashes.
        config = html.escape(json.dumps(self.config, allow_nan=False))
        label = html.escape(self.label)
        return (
            f"{_inline('style', 'runtime.css')}\n"
            f'<div class="live-figure" data-live="{self.name}" role="group" '
            f'aria-label="{label}" data-live-config="{config}">'
            f"<p>{label}: this interactive figure needs JavaScript.</p></div>\n"
            f"{_inline('script', 'runtime.js')}\n"
            f"{_inline('script', self.name + '.js')}\n"
            "<script>dlbookLiveRuntime.mount();</script>"
        )


def _inline(tag: str, file: str) -> str:
    """One shared file as an element; the book keeps the first copy on a page."""
    source = importlib.resources.files(__package__).joinpath(file).read_text("utf-8")
    return f'<{tag} data-live-shared="{file}">\n{source}</{tag}>'


def _number(name: str, value: Any) -> float:
    if isinstance(value, (bool, str)) or np.ndim(value):
        raise TypeError(f"{name} is {value!r}; expected a number")
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name} is {value!r}; expected a number") from error
    if not math.isfinite(number):
        raise ValueError(f"{name} is {number}; expected a finite number")
    return number


def _positive(name: str, value: Any) -> float:
    number = _number(name, value)
    if number <= 0:
        raise ValueError(f"{name} is {number:g}; expected a positive number")
    return number


def _numbers(name: str, value: Any) -> np.ndarray:
    try:
        array = np.asarray(value, dtype="float64")
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name} is {value!r}; expected an array of numbers") from error
    if not np.isfinite(array).all():
        raise ValueError(f"{name} contains NaN or infinity; expected finite numbers")
    return array


def _one_of(name: str, value: Any, known: Sequence[str], more: str = "") -> str:
    if value not in known:
        raise ValueError(f"{name} is {value!r}; expected {', '.join(known)}{more}")
    return value


def _base64(array: np.ndarray) -> str:
    return base64.b64encode(array.tobytes()).decode("ascii")


def _rounded(kernel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The kernel in whole steps from -127 to 127, and the step of each output."""
    largest = np.abs(kernel).max(axis=tuple(range(kernel.ndim - 1)))
    scale = np.where(largest > 0, largest, 1).astype("float32") / np.float32(127)
    return np.rint(kernel / scale).astype("int8"), scale
