"""LeNet: as it was in 1998, and as it is built today. Taught in chapter 11."""

import keras
import numpy as np
from keras import layers, ops

# The maps of S2 that each of the sixteen maps of C3 reads: three neighbours, four
# neighbours, two pairs, all. The maps stand in a ring, 0 next to 5.
C3_READS = (
    *([(m + i) % 6 for i in range(3)] for m in range(6)),
    *([(m + i) % 6 for i in range(4)] for m in range(6)),
    *([0, 1, 3, 4], [1, 2, 4, 5], [0, 2, 3, 5]),
    [0, 1, 2, 3, 4, 5],
)

# The digits 0 to 9, 7 wide and 12 high, five pictures a line of text. LeCun et al.
# took theirs from a font; these are drawn anew.
_CODES = """
..###.. ...#... .#####. .#####. ....##.
.#...#. ..##... #.....# #.....# ...#.#.
#.....# .#.#... ......# ......# ...#.#.
#.....# ...#... ......# ......# ..#..#.
#.....# ...#... .....#. ......# ..#..#.
#.....# ...#... ....#.. ..####. .#...#.
#.....# ...#... ...#... ......# .#...#.
#.....# ...#... ..#.... ......# #######
#.....# ...#... .#..... ......# .....#.
#.....# ...#... #...... ......# .....#.
.#...#. ...#... #...... #.....# .....#.
..###.. .#####. ####### .#####. .....#.

####### ...###. ####### .#####. .#####.
#...... ..#.... ......# #.....# #.....#
#...... .#..... .....#. #.....# #.....#
#...... #...... .....#. #.....# #.....#
#.####. #...... ....#.. .#...#. #.....#
##....# #.####. ....#.. ..###.. #....##
......# ##....# ...#... .#...#. .####.#
......# #.....# ...#... #.....# ......#
......# #.....# ..#.... #.....# ......#
......# #.....# ..#.... #.....# .....#.
#.....# #.....# .#..... #.....# ....#..
.#####. .#####. .#..... .#####. .###...
"""


def digit_codes() -> np.ndarray:
    """Draws the digits that LeNet-5's last layer compares F6 with.

    Returns:
        Float32 array of shape (10, 12, 7), +1 where there is ink and −1 elsewhere.

    Example:

    >>> codes = digit_codes()
    >>> codes.shape, f"{codes[1].sum(axis=0)[3]:.0f} of 12"
    ((10, 12, 7), '12 of 12')
    """
    rows = np.array([line.split() for line in _CODES.split("\n") if line])
    ink = rows.view("U1").reshape(2, 12, 5, 7).swapaxes(1, 2) == "#"
    return np.where(ink.reshape(10, 12, 7), 1, -1).astype("float32")


def lenet() -> keras.Model:
    """Builds LeNet as it is built today: ReLU, maximum pooling, every map to every map.

    Two convolutions of 5×5, each followed by maximum pooling, then three dense layers.
    The first convolution pads, so that 28×28 pixels give the 400 features that the
    dense layers expect.

    Returns:
        `keras.Model` with 61,706 parameters that maps float images of shape (batch,
        28, 28, 1) to logits of shape (batch, 10). The book divides pixels by 255: 0
        is paper, 1 is ink. Layers: `conv1`, `pool1`, `conv2`, `pool2`, `flatten`,
        `dense1`, `dense2`, `logits`; a layer's ReLU is its own.

    Reference:
        LeCun, Y., Bottou, L., Bengio, Y. and Haffner, P. (1998). Gradient-based
        learning applied to document recognition. Proceedings of the IEEE 86(11),
        2278–2324.

    Example:

    >>> model = lenet()
    >>> model.count_params(), model.get_layer("pool2").output.shape
    (61706, (None, 5, 5, 16))
    """
    image = keras.Input((28, 28, 1), name="image")
    h = layers.Conv2D(6, 5, padding="same", activation="relu", name="conv1")(image)
    h = layers.MaxPooling2D(name="pool1")(h)  # (batch, 14, 14, 6)
    h = layers.Conv2D(16, 5, activation="relu", name="conv2")(h)
    h = layers.MaxPooling2D(name="pool2")(h)  # (batch, 5, 5, 16)
    h = layers.Flatten(name="flatten")(h)
    h = layers.Dense(120, activation="relu", name="dense1")(h)
    h = layers.Dense(84, activation="relu", name="dense2")(h)
    return keras.Model(image, layers.Dense(10, name="logits")(h), name="lenet")


def lenet5() -> keras.Model:
    """Builds LeNet-5 as it was in 1998.

    Its squashing function is 1.7159 tanh(2z/3); S2 and S4 are averages with one
    coefficient and one bias a map; C3 reads through a table which leaves some maps
    out; the output layer measures the squared distance from F6 to ten fixed pictures
    of 7×12 (`digit_codes`). Minus that distance is the logit, so the usual
    cross-entropy is the paper's criterion without its term for "none of the ten".
    The start is Keras's (Glorot), not the paper's.

    Returns:
        `keras.Model` with 60,000 trainable parameters (and 840 fixed ones in the
        pictures) that maps float images of shape (batch, 32, 32, 1) to logits of
        shape (batch, 10). The paper scales pixels to −0.1 for paper and 1.175 for
        ink, and puts a digit's 28×28 into the middle. Layers: `C1`, `S2`, `C3`,
        `S4`, `C5`, `F6`, `output`.

    Reference:
        LeCun, Y., Bottou, L., Bengio, Y. and Haffner, P. (1998). Gradient-based
        learning applied to document recognition. Proceedings of the IEEE 86(11),
        2278–2324.

    Example:

    >>> model = lenet5()
    >>> [layer.count_params() for layer in model.layers[1:8]]
    [156, 12, 1516, 32, 48120, 0, 10164]
    >>> sum(weight.size for weight in model.get_weights())
    60840
    """
    image = keras.Input((32, 32, 1), name="image")
    h = layers.Conv2D(6, 5, activation=squash, name="C1")(image)
    h = Subsampling(activation=squash, name="S2")(h)  # (batch, 14, 14, 6)
    h = PartialConvolution(C3_READS, 5, activation=squash, name="C3")(h)
    h = Subsampling(activation=squash, name="S4")(h)  # (batch, 5, 5, 16)
    h = layers.Conv2D(120, 5, activation=squash, name="C5")(h)
    h = layers.Flatten(name="flatten")(h)
    h = layers.Dense(84, activation=squash, name="F6")(h)
    output = RadialBasis(digit_codes().reshape(10, 84).tolist(), name="output")
    return keras.Model(image, output(h), name="lenet5")


@keras.saving.register_keras_serializable("dlbook")
def squash(z):
    """Computes 1.7159 tanh(2z/3), which is 1 at 1 and steepest at 0.

    Args:
        z: Tensor of any shape.

    Returns:
        Tensor of the shape of `z`, between −1.7159 and 1.7159.

    Example:

    >>> print(f"{float(squash(1.0)):.3f}")
    1.000
    """
    return 1.7159 * ops.tanh(2 / 3 * z)


@keras.saving.register_keras_serializable("dlbook")
class Subsampling(layers.Layer):
    """Shrinks each map: sums 2×2 pixels, times a coefficient of the map, plus a bias.

    The coefficients start at 1/4, so that the layer starts as average pooling.

    Args:
        activation: Keras's name of an activation, or a function.
        **kwargs: As for `keras.layers.Layer`.

    Example:

    >>> Subsampling()(np.ones((1, 4, 6, 3), "float32")).shape == (1, 2, 3, 3)
    True
    """

    def __init__(self, activation=None, **kwargs):
        super().__init__(**kwargs)
        self.activation = keras.activations.get(activation)

    def build(self, shape):
        start = keras.initializers.Constant(0.25)
        self.coefficient = self.add_weight((shape[-1],), start, name="coefficient")
        self.bias = self.add_weight((shape[-1],), "zeros", name="bias")

    def call(self, x):
        mean = ops.average_pool(x, 2, 2)
        return self.activation(4 * self.coefficient * mean + self.bias)

    def get_config(self):
        activation = keras.activations.serialize(self.activation)
        return {**super().get_config(), "activation": activation}


@keras.saving.register_keras_serializable("dlbook")
class PartialConvolution(layers.Layer):
    """Convolves without padding, where each output map reads some input maps only.

    Args:
        reads: Sequence with one sequence of integers for each output map: the input
            maps it reads.
        size: Integer >= 1, height and width of the kernels.
        activation: Keras's name of an activation, or a function.
        **kwargs: As for `keras.layers.Layer`.

    Raises:
        ValueError: If `reads` names an input map that is not there.

    Example:

    >>> layer = PartialConvolution([[0], [0, 2]], size=3)
    >>> layer(np.ones((1, 5, 5, 3), "float32")).shape == (1, 3, 3, 2)
    True
    >>> layer.count_params()  # three kernels of 3×3, two biases
    29
    """

    def __init__(self, reads, size, activation=None, **kwargs):
        super().__init__(**kwargs)
        self.reads, self.size = [list(maps) for maps in reads], size
        self.activation = keras.activations.get(activation)

    def build(self, shape):
        inputs, outputs = shape[-1], len(self.reads)
        pairs = [(i, o) for o, maps in enumerate(self.reads) for i in maps]
        if not all(0 <= i < inputs for i, _ in pairs):
            raise ValueError(
                f"reads must name maps from 0 to {inputs - 1}, got {self.reads}"
            )
        # Row r puts kernel r to its place among all pairs of input and output.
        self.place = np.zeros((len(pairs), inputs * outputs), "float32")
        self.place[range(len(pairs)), [i * outputs + o for i, o in pairs]] = 1
        self.shape = (self.size, self.size, inputs, outputs)
        fans = self.size**2 * (len(pairs) / outputs + len(pairs) / inputs)
        limit = (6 / fans) ** 0.5  # Glorot's, with the mean fans
        self.kernel = self.add_weight(
            (self.size, self.size, len(pairs)),
            keras.initializers.RandomUniform(-limit, limit),
            name="kernel",
        )
        self.bias = self.add_weight((outputs,), "zeros", name="bias")

    def call(self, x):
        kernel = ops.reshape(ops.matmul(self.kernel, self.place), self.shape)
        return self.activation(ops.conv(x, kernel) + self.bias)

    def get_config(self):
        activation = keras.activations.serialize(self.activation)
        own = {"reads": self.reads, "size": self.size, "activation": activation}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable("dlbook")
class RadialBasis(layers.Layer):
    """Scores each class by minus the squared distance to a fixed point.

    Args:
        codes: Nested sequence of numbers, one point for each class.
        **kwargs: As for `keras.layers.Layer`.

    Example:

    >>> layer = RadialBasis([[0.0, 1.0], [3.0, 5.0]])
    >>> ops.convert_to_numpy(layer(np.zeros((1, 2), "float32"))).tolist()
    [[-1.0, -34.0]]
    """

    def __init__(self, codes, **kwargs):
        super().__init__(**kwargs)
        self.codes = codes

    def build(self, shape):
        codes = np.array(self.codes, "float32")
        self.points = self.add_weight(codes.shape, "zeros", trainable=False)
        self.points.assign(codes)

    def call(self, x):
        return -ops.sum((x[:, None, :] - self.points) ** 2, axis=-1)

    def get_config(self):
        return {**super().get_config(), "codes": self.codes}
