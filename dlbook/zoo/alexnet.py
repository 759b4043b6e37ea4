"""AlexNet, which won ImageNet's contest of 2012. Taught in chapter 11."""

import keras
from keras import layers


def alexnet() -> keras.Model:
    """Builds AlexNet in its form for one GPU, as PyTorch's torchvision has it.

    Five convolutions, three of them followed by maximum pooling over overlapping
    windows of 3×3, then three dense layers, with dropout in front of the first two.
    The network of 2012 ran on two GPUs, with other widths and a normalization of
    neighbouring maps.

    Returns:
        `keras.Model` with 61,100,840 random parameters (244 MB) that maps float
        images of shape (batch, 224, 224, 3) to logits of shape (batch, 1000). Layers:
        `conv1` to `conv5`, `pool1`, `pool2`, `pool5`, `dense6`, `dense7`, `logits`; a
        layer's ReLU is its own.

    Reference:
        Krizhevsky, A., Sutskever, I. and Hinton, G. E. (2012). ImageNet
        classification with deep convolutional neural networks. NeurIPS.
        Krizhevsky, A. (2014). One weird trick for parallelizing convolutional
        neural networks. arXiv:1404.5997.

    Example:

    >>> from dlbook.scratch.cost import outline
    >>> model = outline(alexnet)  # shapes only, no numbers
    >>> model.count_params(), model.get_layer("pool5").output.shape
    (61100840, (None, 6, 6, 256))
    """
    image = keras.Input((224, 224, 3), name="image")
    h = layers.ZeroPadding2D(2, name="pad1")(image)
    h = layers.Conv2D(64, 11, strides=4, activation="relu", name="conv1")(h)
    h = layers.MaxPooling2D(3, strides=2, name="pool1")(h)  # (batch, 27, 27, 64)
    h = layers.Conv2D(192, 5, padding="same", activation="relu", name="conv2")(h)
    h = layers.MaxPooling2D(3, strides=2, name="pool2")(h)  # (batch, 13, 13, 192)
    for number, maps in ((3, 384), (4, 256), (5, 256)):
        name = f"conv{number}"
        h = layers.Conv2D(maps, 3, padding="same", activation="relu", name=name)(h)
    h = layers.MaxPooling2D(3, strides=2, name="pool5")(h)  # (batch, 6, 6, 256)
    h = layers.Flatten(name="flatten")(h)
    for number in (6, 7):
        h = layers.Dropout(0.5, name=f"dropout{number}")(h)
        h = layers.Dense(4096, activation="relu", name=f"dense{number}")(h)
    return keras.Model(image, layers.Dense(1000, name="logits")(h), name="alexnet")
