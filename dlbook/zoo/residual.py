"""Very deep networks: residual, plain of equal size, highway. Taught in chapter 12."""

import operator
from collections.abc import Sequence
from typing import Any

import keras
from keras import layers


def resnet(
    blocks: Sequence[int] = (7,),
    filters: int = 8,
    skips: bool = True,
    input_shape: Sequence[int] = (14, 14, 1),
    classes: int = 10,
) -> keras.Model:
    """Builds a small residual network for digits, or the plain network of equal size.

    A convolution of stride 2, the stem, is followed by blocks of two convolutions
    each, all of 3×3 with normalization and ReLU in front ("pre-activation"); then
    averages over 2×2 pixels and a dense layer. A block adds what it computes to what
    came in. The first block of each later stage halves the image's sides and doubles
    the filters; its skip averages 2×2 pixels and fills the new channels with zeros, so
    no skip has weights. Counting the layers with weights, normalization aside, the
    depth is 2 + 2 · sum(blocks).

    Args:
        blocks: Integers >= 1, the number of blocks in each stage; `(7,)` is depth 16.
        filters: Integer >= 1, filters in the first stage.
        skips: `False` leaves the skips out and nothing else: the plain network has the
            same layers, weights and starts.
        input_shape: Height, width and channels of the images, integers >= 1.
        classes: Integer >= 1, number of logits.

    Returns:
        `keras.Model` that maps float images (batch, height, width, channels) to logits
        (batch, classes). Layers: `stem`; in block 3 `block_3_norm1`, `block_3_relu1`,
        `block_3_conv1`, the same with 2, and the sum `block_3` (in a plain network the
        last layer of the block is `block_3_conv2`); `norm`, `relu`, `pool`, `flatten`,
        `logits`. Kernels start as He's, moving averages forget with momentum 0.9.

    Raises:
        ValueError: If there is no block, or a number is not an integer >= 1.

    Reference:
        He, K., Zhang, X., Ren, S. and Sun, J. (2016). Identity mappings in deep
        residual networks. ECCV.

    Example:

    >>> deep, plain = resnet(), resnet(skips=False)
    >>> deep.count_params(), plain.count_params()
    (9906, 9906)
    >>> resnet((1, 1, 1), input_shape=(28, 28, 1)).get_layer("block_3").output.shape
    (None, 4, 4, 32)
    """
    blocks = [_at_least_one("blocks", number) for number in blocks]
    if not blocks:
        raise ValueError("blocks must hold at least one number of blocks, got none")
    filters = _at_least_one("filters", filters)
    shape = tuple(_at_least_one("input_shape", number) for number in input_shape)
    if len(shape) != 3:
        raise ValueError(f"input_shape must be (height, width, channels), got {shape}")
    classes = _at_least_one("classes", classes)

    image = keras.Input(shape, name="image")
    h = layers.Conv2D(filters, 3, strides=2, name="stem", **_CONVOLUTION)(image)
    number = 0
    for stage, count in enumerate(blocks):
        for first in [True] + [False] * (count - 1):
            number += 1
            strides = 2 if first and stage else 1
            h = block(h, filters * 2**stage, strides, skips, f"block_{number}")
    h = layers.BatchNormalization(momentum=0.9, name="norm")(h)
    h = layers.ReLU(name="relu")(h)
    h = layers.AveragePooling2D(2, padding="same", name="pool")(h)
    h = layers.Flatten(name="flatten")(h)
    z = layers.Dense(classes, name="logits")(h)
    return keras.Model(image, z, name="resnet" if skips else "plain")


_CONVOLUTION = {
    "padding": "same",
    "use_bias": False,  # the normalization behind has a shift of its own
    "kernel_initializer": "he_normal",
}


def block(x: Any, filters: int, strides: int, skip: bool, name: str) -> Any:
    """Applies one block of `resnet` to a Keras tensor.

    Args:
        x: Keras tensor (batch, height, width, channels).
        filters: Integer, filters of both convolutions.
        strides: 1, or 2 to halve the sides; with 1 `filters` are the channels of `x`.
        skip: Whether `x` is added.
        name: Name of the sum, and beginning of the other layers' names.

    Returns:
        Keras tensor (batch, height/strides, width/strides, filters), rounded up.

    Example:

    >>> x = keras.Input((7, 7, 8))
    >>> block(x, 16, 2, True, "down").shape
    (None, 4, 4, 16)
    """
    h = x
    for number, step in (1, strides), (2, 1):
        h = layers.BatchNormalization(momentum=0.9, name=f"{name}_norm{number}")(h)
        h = layers.ReLU(name=f"{name}_relu{number}")(h)
        convolution = layers.Conv2D(
            filters, 3, strides=step, name=f"{name}_conv{number}", **_CONVOLUTION
        )
        h = convolution(h)
    if not skip:
        return h
    if strides > 1:
        x = layers.AveragePooling2D(strides, padding="same", name=f"{name}_pool")(x)
    if x.shape[-1] < filters:
        x = Widen(filters, name=f"{name}_widen")(x)
    return layers.Add(name=name)([x, h])


@keras.saving.register_keras_serializable("dlbook")
class Widen(layers.Layer):
    """Fills up the channels of an image with zeros.

    Args:
        channels: Integer, how many channels come out.
        **kwargs: Any argument of `keras.layers.Layer`, such as `name`.

    Example:

    >>> Widen(5)(keras.ops.ones((1, 2, 2, 3))).shape == (1, 2, 2, 5)
    True
    """

    def __init__(self, channels: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.channels = channels

    def call(self, x):
        missing = self.channels - x.shape[-1]
        return keras.ops.pad(x, [[0, 0]] * (len(x.shape) - 1) + [[0, missing]])

    def get_config(self):
        return {**super().get_config(), "channels": self.channels}


def highway(
    depth: int = 20,
    units: int = 32,
    gate_bias: float = -2.0,
    inputs: int = 196,
    classes: int = 10,
) -> keras.Model:
    """Builds a highway network of dense layers.

    A dense layer with ReLU brings the input to `units` numbers. Each of the `depth`
    highway layers then mixes a dense layer f with ReLU and its own input h through
    gates t, one a unit: h + t · (f − h). A gate is a dense layer with a sigmoid; at 0
    it hands the input on, at 1 it lets f take its place.

    Args:
        depth: Integer >= 1, number of highway layers.
        units: Integer >= 1, units of each.
        gate_bias: Number at which the gates' biases start; negative numbers close.
        inputs: Integer >= 1, numbers in.
        classes: Integer >= 1, number of logits.

    Returns:
        `keras.Model` that maps (batch, inputs) to logits (batch, classes). Layers:
        `stem`; in highway layer 3 `gate_3`, `dense_3`, `change_3` (f − h), `open_3`
        (t · change) and the sum `highway_3`; `logits`. Dense kernels start as He's,
        those of gates and logits as Glorot's.

    Raises:
        ValueError: If a number that must be an integer >= 1 is not.

    Reference:
        Srivastava, R. K., Greff, K. and Schmidhuber, J. (2015). Training very deep
        networks. NIPS.

    Example:

    >>> model = highway(depth=3, gate_bias=-4)
    >>> model.get_layer("gate_2").output.shape, model.count_params()
    ((None, 32), 12970)
    """
    depth, units = _at_least_one("depth", depth), _at_least_one("units", units)
    inputs, classes = _at_least_one("inputs", inputs), _at_least_one("classes", classes)
    relu = {"activation": "relu", "kernel_initializer": "he_normal"}
    closed = keras.initializers.Constant(gate_bias)
    sigmoid = {"activation": "sigmoid", "bias_initializer": closed}

    x = keras.Input((inputs,), name="x")
    h = layers.Dense(units, name="stem", **relu)(x)
    for number in range(1, depth + 1):
        t = layers.Dense(units, name=f"gate_{number}", **sigmoid)(h)
        f = layers.Dense(units, name=f"dense_{number}", **relu)(h)
        change = layers.Subtract(name=f"change_{number}")([f, h])
        opened = layers.Multiply(name=f"open_{number}")([t, change])
        h = layers.Add(name=f"highway_{number}")([h, opened])
    return keras.Model(x, layers.Dense(classes, name="logits")(h), name="highway")


def _at_least_one(name, value):
    try:
        number = operator.index(value)
    except TypeError:
        number = 0
    if number < 1:
        raise ValueError(f"{name} must hold integers >= 1, got {value!r}")
    return number
