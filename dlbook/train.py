"""Training as the chapters do it: a quiet fit with a bar, and many networks at once."""

import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np


def fit(model: Any, x: Any, y: Any = None, **fit_kwargs: Any) -> dict[str, np.ndarray]:
    """Trains a compiled Keras model with one progress bar and returns its history.

    The bar counts epochs, shows the loss, goes to standard error and vanishes at the
    end; the environment variable `TQDM_DISABLE=1`, set before Python starts, turns
    it off.

    Args:
        model: Compiled `keras.Model`.
        x: Inputs, as for `model.fit`.
        y: Targets, as for `model.fit`.
        **fit_kwargs: Any other argument of `model.fit`: `epochs`, `batch_size`,
            `validation_data`, `callbacks`, and so on.

    Returns:
        Dictionary from Keras's names (`"loss"`, `"val_loss"`, names of metrics) to
        float64 arrays with one value for each epoch that ran.

    Raises:
        ValueError: If `model` is not compiled.

    Example:

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.layers.Dense(1)])
    >>> model.compile(optimizer="sgd", loss="mse")
    >>> history = fit(model, np.ones((8, 2)), np.ones((8, 1)), epochs=3)
    >>> sorted(history), history["loss"].shape
    (['loss'], (3,))
    """
    import keras
    from tqdm import tqdm

    if not getattr(model, "compiled", False):
        raise ValueError(
            f"model must be a compiled Keras model, got {type(model).__name__} "
            "that is not: call model.compile(optimizer=..., loss=...) first"
        )

    class Bar(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            bar.set_postfix_str(f"loss {(logs or {}).get('loss', np.nan):.4g}", False)
            bar.update()

    # A list of the caller's callbacks, or one; ours runs after them.
    callbacks = fit_kwargs.pop("callbacks", None) or []
    if not isinstance(callbacks, (list, tuple)):
        callbacks = [callbacks]
    epochs = fit_kwargs.get("epochs", 1) - fit_kwargs.get("initial_epoch", 0)
    with tqdm(total=epochs, unit="epoch", leave=False) as bar:
        history = model.fit(
            x, y, **{"verbose": 0, **fit_kwargs}, callbacks=[*callbacks, Bar()]
        )
    return {
        name: np.array(values, dtype="float64")
        for name, values in history.history.items()
    }


def repeat(run: Callable[[int], Any], seeds: int | Iterable[int]) -> dict[str, Any]:
    """Runs an experiment once for each seed and says its median and its spread.

    Before each run Python, NumPy and the backend are seeded.

    Args:
        run: Function of one argument, the seed. Returns a number, an array, or a
            dictionary of those, such as the history of `fit`; its shapes must be
            the same in every run.
        seeds: Integer n for the seeds 0 to n − 1, or distinct integers.

    Returns:
        Dictionary with the keys `"runs"` (results stacked, the first axis is the
        seed), `"median"`, `"low"` and `"high"` (median, least and greatest over the
        seeds, of the shape of one result). Where `run` returns a dictionary, each of
        the four is a dictionary with its keys.

    Raises:
        ValueError: If there is no seed, a seed comes twice, or the runs' results
            differ in shape or keys.

    Example:

    >>> result = repeat(lambda seed: [seed, 2.0 * seed], seeds=5)
    >>> result["runs"].shape, result["median"].tolist(), result["high"].tolist()
    ((5, 2), [2.0, 4.0], [4.0, 8.0])
    """
    import keras

    seeds = _seeds(seeds)
    results = []
    for seed in seeds:
        keras.utils.set_random_seed(seed)
        results.append(run(seed))
    if not isinstance(results[0], dict):
        return _summary(results)
    for seed, result in zip(seeds, results, strict=True):
        if not isinstance(result, dict) or set(result) != set(results[0]):
            raise ValueError(
                f"run must return the same keys for every seed: {sorted(results[0])} "
                f"for seed {seeds[0]}, another result for seed {seed}"
            )
    parts = {name: _summary([r[name] for r in results], name) for name in results[0]}
    return {
        key: {name: part[key] for name, part in parts.items()}
        for key in ("runs", "median", "low", "high")
    }


def side_by_side(
    sizes: Sequence[int],
    copies: int,
    activation: Any = "relu",
    kernel_initializer: Any = "glorot_uniform",
) -> Any:
    """Builds many dense networks in one model: they share the input, nothing else.

    Training the model trains all of them at once, which costs hardly more than one;
    so a median over five or fifty starts is cheap. Any optimizer that works entry by
    entry (no clipping by a norm) treats each copy as it would alone, if the loss is
    `summed`.

    Args:
        sizes: Integers >= 1, at least two: inputs, units of each layer.
        copies: Integer >= 1, the number of networks.
        activation: Keras's name of the activation between the layers, or a function;
            the last layer has none.
        kernel_initializer: Keras's name of an initializer or an unseeded
            `keras.initializers.Initializer`, drawn anew for each copy.

    Returns:
        `keras.Sequential` that maps (batch, inputs) to (batch, copies, outputs). Its
        weights are, for each layer, a kernel of shape (copies, inputs, units) and a
        bias of shape (copies, units).

    Raises:
        ValueError: If there are fewer than two sizes, or a size or `copies` is < 1.

    Example:

    >>> model = side_by_side([784, 32, 10], copies=5)
    >>> [weights.shape for weights in model.get_weights()]
    [(5, 784, 32), (5, 32), (5, 32, 10), (5, 10)]
    """
    import keras

    if len(sizes) < 2 or min(sizes) < 1 or copies < 1:
        raise ValueError(
            "sizes must be two integers >= 1 or more and copies >= 1, "
            f"got {list(sizes)} and {copies}"
        )

    def draw(shape, dtype=None):
        one = keras.initializers.get(kernel_initializer)
        clones = [getattr(one, "clone", lambda: one)() for _ in range(copies)]
        return keras.ops.stack([clone(shape[1:], dtype) for clone in clones])

    model = keras.Sequential(
        [keras.Input((sizes[0],)), keras.layers.RepeatVector(copies)]
    )
    for number, units in enumerate(sizes[1:], start=2):
        layer = keras.layers.EinsumDense(
            "bci,ciu->bcu",
            output_shape=(copies, units),
            bias_axes="cu",
            activation=activation if number < len(sizes) else None,
            kernel_initializer=draw,
        )
        model.add(layer)
    return model


def summed(loss: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Turns a loss of one network into the loss of many side by side.

    It means over the batch and sums over the copies, so that each copy's gradient is
    the one it would have alone.

    Args:
        loss: Keras's loss function of targets and outputs, one number an example,
            such as `keras.losses.mean_squared_error`.

    Returns:
        Loss to compile the model of `side_by_side` with. Its targets have an axis of
        copies behind the batch's: (batch, copies) for labels, or of length 1 where
        all copies have the same.

    Example:

    >>> import keras
    >>> model = side_by_side([2, 1], copies=3)
    >>> model.compile("sgd", loss=summed(keras.losses.mean_squared_error))
    """
    import keras

    def total(y, z):
        y = keras.ops.broadcast_to(y, (*keras.ops.shape(z)[:2], *y.shape[2:]))
        return keras.ops.sum(keras.ops.mean(loss(y, z), axis=0))

    return total


def _seeds(seeds):
    try:
        seeds = list(range(seeds)) if isinstance(seeds, int) else list(seeds)
        seeds = [operator.index(seed) for seed in seeds]
    except TypeError:
        raise ValueError(
            f"seeds must be an integer or integers, got {seeds!r}"
        ) from None
    if not seeds or len(set(seeds)) < len(seeds):
        raise ValueError(f"seeds must be distinct and at least one, got {seeds}")
    return seeds


def _summary(results, name="run"):
    results = [np.asarray(result) for result in results]
    shapes = {result.shape for result in results}
    if len(shapes) > 1:
        raise ValueError(
            f"{name} must have the same shape for every seed, got {sorted(shapes)}"
        )
    runs = np.stack(results)
    return {
        "runs": runs,
        "median": np.median(runs, axis=0),
        "low": runs.min(axis=0),
        "high": runs.max(axis=0),
    }
