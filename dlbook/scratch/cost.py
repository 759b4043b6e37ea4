"""What a network costs: parameters, multiply-adds, memory. Taught in chapter 11."""

import math
from collections.abc import Callable

import keras


def outline(build: Callable[[], keras.Model]) -> keras.Model:
    """Builds a network without its numbers: it has shapes and counts, no memory.

    It resets Keras's global state, as `keras.utils.clear_session` does.

    Args:
        build: Function of no argument that returns a Keras model.

    Returns:
        The model. It can be counted and summarized; it has no weights to keep, so
        a call on data would draw them anew each time.

    Example:

    >>> def build():
    ...     layers = [keras.Input((10**6,)), keras.layers.Dense(10**6)]
    ...     return keras.Sequential(layers)
    >>> f"{4 * outline(build).count_params():,} bytes, if it had them"
    '4,000,004,000,000 bytes, if it had them'
    """
    with keras.StatelessScope(initialize_variables=False):
        model = build()
    keras.utils.clear_session()  # or Keras would fill in the numbers later
    return model


def costs(model: keras.Model) -> list[tuple[str, tuple[int, ...], int, int]]:
    """Counts, layer by layer, what one input costs.

    One multiply-add is one product and its addition. A layer's kernel is used once
    at each place of its output; biases, activations and pooling are not counted.

    Args:
        model: Keras model whose layers with a kernel are convolutions and dense
            layers, each of which is used once.

    Returns:
        List of `(name, shape, parameters, multiply_adds)`, one for each layer that
        makes a new array (not `Flatten`, not `Dropout`): the layer's name, its
        output's shape without the batch, two integers.

    Example:

    >>> layers = [keras.Input((8, 8, 1)), keras.layers.Conv2D(2, 3, name="c")]
    >>> costs(keras.Sequential(layers))
    [('c', (6, 6, 2), 20, 648)]
    """
    rows = []
    for layer in model.layers:
        if isinstance(layer, (keras.layers.Flatten, keras.layers.Dropout)):
            continue  # the same numbers once more
        shape = tuple(layer.output.shape[1:])
        kernel = math.prod(layer.kernel.shape) if hasattr(layer, "kernel") else 0
        places = math.prod(shape[:-1])  # 1 for a dense layer
        rows.append((layer.name, shape, layer.count_params(), places * kernel))
    return rows
