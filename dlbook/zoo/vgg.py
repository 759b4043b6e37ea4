"""VGG-16 and VGG-19: nothing but 3×3, and deep. Taught in chapter 11."""

import keras
from keras import layers

# Maps of the convolutions in each of the five blocks.
MAPS = (64, 128, 256, 512, 512)


def vgg16() -> keras.Model:
    """Builds VGG-16: thirteen convolutions of 3×3 in five blocks, three dense layers.

    Each block ends in maximum pooling, which halves height and width; the next block
    has twice as many maps, up to 512.

    Returns:
        `keras.Model` with 138,357,544 random parameters (553 MB) that maps float
        images of shape (batch, 224, 224, 3) to logits of shape (batch, 1000). Layers:
        `conv1_1`, `conv1_2`, `pool1` and so on to `pool5`, `dense6`, `dense7`,
        `logits`; a layer's ReLU is its own.

    Reference:
        Simonyan, K. and Zisserman, A. (2015). Very deep convolutional networks for
        large-scale image recognition. ICLR.

    Example:

    >>> from dlbook.scratch.cost import outline
    >>> model = outline(vgg16)  # shapes only, no numbers
    >>> model.count_params(), model.get_layer("pool5").output.shape
    (138357544, (None, 7, 7, 512))
    """
    return _vgg((2, 2, 3, 3, 3), "vgg16")


def vgg19() -> keras.Model:
    """Builds VGG-19: VGG-16 with a fourth convolution in each of the last three blocks.

    Returns:
        `keras.Model` with 143,667,240 random parameters (575 MB); otherwise as
        `vgg16`.

    Reference:
        Simonyan, K. and Zisserman, A. (2015). Very deep convolutional networks for
        large-scale image recognition. ICLR.

    Example:

    >>> from dlbook.scratch.cost import outline
    >>> outline(vgg19).count_params()
    143667240
    """
    return _vgg((2, 2, 4, 4, 4), "vgg19")


def _vgg(depths, name):
    h = image = keras.Input((224, 224, 3), name="image")
    for block, (depth, maps) in enumerate(zip(depths, MAPS, strict=True), start=1):
        for number in range(1, depth + 1):
            named = {"activation": "relu", "name": f"conv{block}_{number}"}
            h = layers.Conv2D(maps, 3, padding="same", **named)(h)
        h = layers.MaxPooling2D(name=f"pool{block}")(h)
    h = layers.Flatten(name="flatten")(h)  # 7 · 7 · 512 = 25,088 numbers
    for number in (6, 7):
        h = layers.Dense(4096, activation="relu", name=f"dense{number}")(h)
        h = layers.Dropout(0.5, name=f"dropout{number}")(h)
    return keras.Model(image, layers.Dense(1000, name="logits")(h), name=name)
