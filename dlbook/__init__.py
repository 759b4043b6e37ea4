"""dlbook: the small helper of an executable textbook on deep learning.

Importing it costs nothing: Keras, its backend and Matplotlib are imported by the
first call that needs them.

Example:

>>> import dlbook
>>> dlbook.setup()
>>> (x_train, y_train), (x_test, y_test) = dlbook.data.iris()
>>> x_train.shape, x_test.shape
((120, 4), (30, 4))
"""

import importlib

from dlbook._check import check
from dlbook._setup import describe, setup

__version__ = "0.1.0"
__all__ = ["check", "describe", "setup"]
__all__ += ["data", "gradients", "live", "plot", "scratch", "train", "zoo"]


def __getattr__(name):
    if name in __all__:
        return importlib.import_module(f"dlbook.{name}")
    raise AttributeError(f"module 'dlbook' has no attribute {name!r}")


def __dir__():
    return __all__
