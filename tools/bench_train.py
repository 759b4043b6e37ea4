"""What training costs in `dlbook.train.fit`, and what `import dlbook` costs."""

import contextlib
import io
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import distributions

import numpy as np

from tools.environment import pip

BATCH, RATE, TURNS = 64, 0.1, 4
REPAIR = "del model.loss"  # stands in `_d2l_loop`


def train(options) -> Iterator[dict]:
    """`dlbook.train.fit` beside Keras's `fit`, then beside d2l's loop, on LeNet."""
    import dlbook
    from dlbook.train import fit

    dlbook.setup()
    (x, y), test = _digits()
    known = {"epochs": options.epochs, "batch_size": BATCH}
    model = _compiled()
    for _ in range(2):
        model.fit(x, y, batch_size=BATCH, verbose=0)
    start = model.get_weights()
    sides = {
        "model.fit": lambda: model.fit(x, y, verbose=0, **known),
        "dlbook.train.fit": lambda: fit(model, x, y, **known),
    }
    with _d2l(options.notes) as d2l:
        while True:
            seconds = dict.fromkeys(sides, 0.0)
            for turn in range(TURNS):  # whoever comes second comes first the next time
                for name in list(sides)[:: 1 - 2 * (turn % 2)]:
                    seconds[name] += _seconds(sides[name]) / options.epochs / TURNS
            bare = seconds["model.fit"]
            figures = {
                name: {"seconds": seconds[name], "of model.fit": seconds[name] / bare}
                for name in sides
            }
            ours = _compiled(start)

            def tested(ours=ours):
                fit(ours, x, y, validation_data=test, **known)

            first = _seconds(tested)
            figures["dlbook.train.fit, with compiling"] = {
                "seconds": first / options.epochs,
                "test accuracy": _accuracy(ours, test),
            }
            again = _seconds(tested)
            figures["dlbook.train.fit, compiled"] = {"seconds": again / options.epochs}
            if d2l:
                net = _compiled(start)
                its = _seconds(_d2l_loop(d2l, net, (x, y), test, options.epochs))
                figures["d2l.Trainer.fit"] = {
                    "seconds": its / options.epochs,
                    "test accuracy": _accuracy(net, test),
                    "of dlbook's, with compiling": its / first,
                    "of dlbook's, compiled": its / again,
                }
            yield figures


def imports(options) -> Iterator[dict]:
    """Fresh processes: Python alone, `import dlbook`, and `import keras`."""
    while True:
        seconds = {
            name: _seconds(
                lambda code=code: subprocess.run(
                    [sys.executable, "-c", code], check=True, stderr=subprocess.DEVNULL
                )
            )
            for name, code in {
                "Python's start": "pass",
                "import dlbook": "import dlbook",
                "import keras": "import keras",
            }.items()
        }
        bare, keras = seconds["Python's start"], seconds["import keras"]
        yield {
            name: {
                "seconds": value,
                "beyond Python's start": value - bare,
                "of import keras": (value - bare) / (keras - bare),
            }
            for name, value in seconds.items()
        }


def _digits():
    from dlbook import data

    return tuple(
        ((x[..., None] / 255).astype("float32"), y.astype("int32"))
        for x, y in data.mnist()
    )


def _compiled(weights=None):
    """LeNet, compiled as both sides train it."""
    import keras

    from dlbook.zoo.lenet import lenet

    model = lenet()
    if weights:
        model.set_weights(weights)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(RATE), loss, metrics=["accuracy"])
    return model


def _accuracy(model, test):
    return float(np.mean(model.predict(test[0], verbose=0).argmax(1) == test[1]))


@contextlib.contextmanager
def _d2l(notes):
    """The d2l package's TensorFlow half, in a folder of its own; None without it."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                pip(sys.executable, "install", "--no-deps", "--target", folder, "d2l")
        except subprocess.CalledProcessError:
            notes.append("d2l could not be installed (no network?): not measured.")
            yield None
            return
        sys.path.insert(0, folder)
        import matplotlib

        matplotlib.use("agg")  # before d2l, which imports pyplot
        try:
            from d2l import tensorflow

            (found,) = distributions(path=[folder])
            notes.append(
                f"d2l {found.version}, installed without its pinned dependencies, "
                f"runs on Keras 3 after one line: `{REPAIR}`. Keras sets an attribute "
                "`loss` on each model, which hides d2l's method of that name."
            )
            yield tensorflow
        finally:
            sys.path.remove(folder)


def _d2l_loop(d2l, net, digits, test, epochs):
    """Returns a call that trains a network by d2l's loop."""

    class Digits(d2l.DataModule):
        def get_dataloader(self, train):
            return self.get_tensorloader(digits if train else test, train)

    class LeNet(d2l.Classifier):
        def __init__(self):
            super().__init__()
            self.lr, self.net = RATE, net

    model, loader = LeNet(), Digits()
    loader.batch_size, model.board.display = BATCH, False
    del model.loss
    return lambda: d2l.Trainer(max_epochs=epochs).fit(model, loader)


def _seconds(call):
    started = time.perf_counter()
    call()
    return time.perf_counter() - started
