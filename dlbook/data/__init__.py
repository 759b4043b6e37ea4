"""Data sets: small, real, packaged; arrays in Keras's (train), (test) convention."""

from dlbook.data._emoji import EMOJI_CLASSES, emoji
from dlbook.data._files import study
from dlbook.data._images import PHOTOS, mnist, photo
from dlbook.data._made import (
    adding_problem,
    bit_counting,
    documents,
    logic_gate,
    moons,
    spirals,
)
from dlbook.data._tables import IRIS_CLASSES, IRIS_FEATURES, iris, sunspots
from dlbook.data._words import names, pronunciations

__all__ = ["EMOJI_CLASSES", "IRIS_CLASSES", "IRIS_FEATURES", "PHOTOS"]
__all__ += [
    "adding_problem",
    "bit_counting",
    "documents",
    "emoji",
    "iris",
    "logic_gate",
    "mnist",
    "moons",
    "names",
    "photo",
    "pronunciations",
    "spirals",
    "study",
    "sunspots",
]
