"""EfficientNet-Lite0 with its ImageNet weights."""

import operator
from typing import Any

import keras
import numpy as np
from keras import layers

from dlbook.data._files import archive, packaged

# Of each stage: blocks, kernel size, stride of its first block, expansion, channels.
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


def imagenet_classes() -> tuple[str, ...]:
    """Names the 1,000 classes of ImageNet, in the order of the logits.

    Returns:
        Tuple of 1,000 different strings.

    Reference:

    - Russakovsky et al. (2015), "ImageNet large scale visual recognition challenge"

    Example:

    >>> imagenet_classes()[65], imagenet_classes().index("magpie")
    ('sea snake', 18)
    """
    return tuple(packaged("imagenet_classes.txt").decode().splitlines())


def top_classes(logits: Any, k: int = 5) -> list[list[tuple[str, float]]]:
    """Names the likeliest classes of ImageNet, with their probabilities.

    Args:
        logits: Array or tensor of shape (batch, 1000).
        k: Integer from 1 to 1000, how many classes to name.

    Returns:
        For each image, a list of k pairs (name, probability), the likeliest first.

    Raises:
        ValueError: If the logits have another shape, or k is out of range.

    Example:

    >>> logits = np.zeros((1, 1000))
    >>> logits[0, 285] = 9
    >>> [(name, p)] = top_classes(logits, k=1)[0]
    >>> f"{name} {p:.3f}"
    'Egyptian cat 0.890'
    """
    logits = keras.ops.convert_to_numpy(logits).astype("float64")
    if logits.ndim != 2 or logits.shape[1] != 1000:
        raise ValueError(f"logits must have shape (batch, 1000), got {logits.shape}")
    if not isinstance(k, int | np.integer) or not 1 <= k <= 1000:
        raise ValueError(f"k must be an integer from 1 to 1000, got {k!r}")
    names = imagenet_classes()
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = powers / powers.sum(axis=1, keepdims=True)
    best = np.argsort(-probabilities, axis=1, kind="stable")[:, :k]
    return [
        [(names[label], float(row[label])) for label in labels]
        for row, labels in zip(probabilities, best, strict=True)
    ]


def efficientnet_lite0(size: int = 224, include_top: bool = True) -> keras.Model:
    """Builds EfficientNet-Lite0 with its ImageNet weights.

    A stem, sixteen inverted residual blocks, `block_1` to `block_16` (each layer of
    that name gives its block's output), a head of 1,280 channels, their mean over
    the image in `features`, and a dense layer `logits`: 4,652,008 weights that train,
    and the moving statistics of the norms. Without the swish and the
    squeeze-and-excitation of its family it runs fast on a phone, and well on two CPU
    cores. The kernels are stored in float16, the rest in float32; all compute in
    float32.

    Args:
        size: Integer from 32 on, height and width of the images in pixels. The
            weights were trained at 224; smaller images cost less and tell less.
        include_top: Boolean, whether the output is the logits of ImageNet's 1,000
            classes (see `imagenet_classes`), or the 1,280 features before them.

    Returns:
        A `keras.Model` from (batch, size, size, 3), colours of 0 to 255, to
        (batch, 1000) or (batch, 1280). Its first layer scales the colours.

    Raises:
        ValueError: If `size` is no such integer, or the file of weights is damaged.

    Reference:

    - Tan and Le (2019), "EfficientNet: Rethinking model scaling for convolutional
      neural networks"; the Lite variant is of TensorFlow's TPU repository (2020)

    Example:

    >>> model = efficientnet_lite0(size=64)
    >>> model.output_shape, f"{model.count_params():,}"
    ((None, 1000), '4,694,024')
    """
    try:
        size = operator.index(size)
    except TypeError:
        raise ValueError(f"size must be an integer >= 32, got {size!r}") from None
    if size < 32:
        raise ValueError(f"size must be an integer >= 32, got {size}")
    image = keras.Input((size, size, 3), name="image")
    x = layers.Rescaling(1 / 128, offset=-127 / 128, name="scale")(image)
    x = _convolution(x, "stem", 32, kernel_size=3, strides=2)
    number = 0
    for blocks, kernel_size, stride, expansion, channels in STAGES:
        for i in range(blocks):
            number += 1
            strides = stride if i == 0 else 1
            x = _block(x, f"block_{number}", kernel_size, strides, expansion, channels)
    x = _convolution(x, "head", 1280)
    x = layers.GlobalAveragePooling2D(name="features")(x)
    if include_top:
        x = layers.Dense(1000, kernel_initializer="zeros", name="logits")(x)
    model = keras.Model(image, x, name="efficientnet_lite0")
    with archive(packaged("efficientnet_lite0.npz")) as weights:
        for variable in model.weights:
            variable.assign(weights[variable.path].astype("float32"))
    return model


@keras.saving.register_keras_serializable(package="dlbook")
class _Depthwise(layers.DepthwiseConv2D):
    """Keras's layer, with padding "same"; on JAX a sum of shifted products.

    XLA's own depthwise convolution, and above all its gradient, is several times
    slower on a CPU; on the other backends the library's is the fastest.
    """

    def call(self, x):
        if keras.backend.backend() != "jax":
            return super().call(x)
        (size, _), (stride, _) = self.kernel_size, self.strides
        ends, pads = [], [(0, 0)]
        for n in x.shape[1:3]:
            ends.append((n - 1) // stride * stride + 1)
            padding = max(ends[-1] - 1 + size - n, 0)
            pads.append((padding // 2, padding - padding // 2))
        x = keras.ops.pad(x, [*pads, (0, 0)])
        return sum(
            x[:, i : i + ends[0] : stride, j : j + ends[1] : stride]
            * self.kernel[i, j, :, 0]
            for i in range(size)
            for j in range(size)
        )


def _block(x, name, kernel_size, strides, expansion, channels):
    """Widens, looks at each channel alone, narrows; adds its input where it can."""
    start = x
    if expansion > 1:
        x = _convolution(x, f"{name}_expand", expansion * x.shape[-1])
    x = _Depthwise(
        kernel_size,
        strides=strides,
        padding="same",
        use_bias=False,
        depthwise_initializer="zeros",
        name=f"{name}_depthwise",
    )(x)
    x = _normalized(x, f"{name}_depthwise")
    x = _convolution(x, f"{name}_project", channels, activation=None)
    if start.shape == x.shape:
        return layers.Add(name=name)([start, x])
    return layers.Activation("linear", name=name)(x)


def _convolution(x, name, filters, kernel_size=1, strides=1, activation="relu6"):
    x = layers.Conv2D(
        filters,
        kernel_size,
        strides=strides,
        padding="same",
        use_bias=False,
        kernel_initializer="zeros",
        name=name,
    )(x)
    return _normalized(x, name, activation)


def _normalized(x, name, activation="relu6"):
    x = layers.BatchNormalization(epsilon=1e-3, name=f"{name}_norm")(x)
    return layers.Activation(activation, name=f"{name}_relu")(x) if activation else x
