"""The live figures of Part IV: images, and networks that read them."""

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dlbook.live._figure import LiveFigure, _base64, _numbers, _one_of, _rounded
from dlbook.live._part3 import MAX_SEED, _integer, _within

#: Images that `convolution` offers, in the order of its menu.
IMAGES = ("seven", "lecture", "square", "empty")

#: Kernels that `convolution` offers, in the order of its menu.
KERNELS = (
    "vertical",
    "horizontal",
    "laplace",
    "lecture",
    "mean",
    "sharpen",
    "identity",
)

#: Networks that `residual` compares, in the order of its menu.
STACKS = ("plain", "residual", "highway")

KERNEL_SIZE = 3
IMAGE_SIDES = (3, 16)
MAX_ENTRY = 99
MAX_STRIDE = 3
MAX_PADDING = 2
PHOTO_SIDES = (8, 512)
MAX_MAPS = 12
MAX_DEPTH = 60
MAX_SCALE = 2
GATE_BIAS = 6
MAX_DIGITS = 100
TILE = 32
TILE_COLUMNS = 20
TILE_SIDES = (8, 256)
MAX_IMAGES = 400
MAX_SETS = 10
MAX_DIMENSIONS = 32
MAX_EXAMPLES = 10
LENET_SHAPES = (
    *((5, 5, 1, 6), (6,), (5, 5, 6, 16), (16,)),
    *((400, 120), (120,), (120, 84), (84,), (84, 10), (10,)),
)
LENET_KINDS = [
    *("relu", "MaxPooling2D", "relu", "MaxPooling2D", "Flatten"),
    *("relu", "relu", "linear"),
]


def convolution(
    image: Any = None, kernel: Any = None, stride: int = 1, padding: int = 0
) -> LiveFigure:
    """A kernel that the reader edits slides over an image that the reader paints.

    With zeros round the image X (padding p), the output at row i and column j is
    `Σₐ Σ_b K[a, b] · X[i·s + a - p, j·s + b - p]`, a and b from 0 to 2: no flip, as in
    Keras; the page's button turns the kernel by 180° for those who want the
    mathematicians' convolution. A position of the output shows its window on the image
    and spells the sum out, a kernel row a line. `state()` gives `image`, `kernel`,
    `stride`, `padding`, `output` (all rows), `position` (row, column of the output) and
    `sum` (the output there).

    Args:
        image: one of `IMAGES` ("lecture" is the lecture's 5×5 image) or an array of
            shape `(height, width)`, 3 to 16 each, entries from -99 to 99. None is
            "seven", a drawn digit of 12×12.
        kernel: one of `KERNELS` or an array of shape `(3, 3)`, entries from -99 to
            99. None is "vertical", Sobel's kernel for vertical edges.
        stride: s, the window's step, `1 <= stride <= 3`.
        padding: p, rings of zeros round the image, `0 <= padding <= 2`.

    Returns:
        A `LiveFigure`.

    Raises:
        ValueError: if a name is unknown, a shape not as above or a number out of range.
        TypeError: if an array is not of numbers, or an integer not one.

    Reference:
        Dumoulin and Visin (2016), "A guide to convolution arithmetic for deep
        learning", arXiv:1603.07285.

    Example:

    >>> convolution("lecture", [[1, 0, 1], [0, 1, 0], [1, 0, 1]]).config["kernel"]
    [[1.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 1.0]]
    >>> convolution(stride=4)
    Traceback (most recent call last):
        ...
    ValueError: stride is 4; expected 1 to 3
    """
    low, high = IMAGE_SIDES
    image = _named_grid("image", "seven" if image is None else image, IMAGES)
    if not isinstance(image, str) and not all(
        low <= n <= high for n in np.shape(image)
    ):
        raise ValueError(
            f"image has shape {np.shape(image)}; expected {low} to {high} rows and "
            "columns"
        )
    kernel = _named_grid("kernel", "vertical" if kernel is None else kernel, KERNELS)
    if not isinstance(kernel, str) and np.shape(kernel) != (KERNEL_SIZE, KERNEL_SIZE):
        raise ValueError(f"kernel has shape {np.shape(kernel)}; expected (3, 3)")
    config = {
        "image": image,
        "kernel": kernel,
        "stride": _integer("stride", stride, 1, MAX_STRIDE),
        "padding": _integer("padding", padding, 0, MAX_PADDING),
    }
    return LiveFigure("convolution", "Live figure: a kernel over an image", config)


def blend(image: Any, maps: Mapping[str, Any]) -> LiveFigure:
    """An image and, laid over it, what a network makes of it.

    The reader picks a map and blends: a pixel shows `(1 - α)·image + α·colour`.
    A map of numbers is stretched to the image's size bilinearly (pixel centres
    aligned, `align_corners=False`) and divided by its largest magnitude. A map without
    negative numbers goes from black over violet, red and orange to pale yellow; one
    with negative numbers from blue over white (0) to red. A map that is an image stands
    for its own colours. A probe names the numbers under the pointer. All is embedded
    without loss, a map's numbers in 255 steps: about 2.5 bytes a photograph's pixel.
    `state()` gives `name`, `alpha`, `position` (row, column), `value` there (a number,
    or red, green, blue), `image` and `pixel` (the original and the blended colour),
    `limit` (the largest magnitude, None for an image) and `ready` (decoded and drawn).

    Args:
        image: array of shape `(h, w, 3)`, uint8, 8 to 512 rows and columns.
        maps: 1 to 12 of them by name: arrays of shape `(h', w')`, numbers of any
            sign, with `1 <= h' <= h` and `1 <= w' <= w`; or uint8 images of the shape
            of `image`.

    Returns:
        A `LiveFigure`.

    Raises:
        ValueError: if a shape is not as above, a map has NaN or infinity, or there are
            none or too many.
        TypeError: if an image is not uint8, `maps` no mapping, or a name no text.

    Reference:
        Selvaraju et al. (2017), "Grad-CAM: visual explanations from deep networks via
        gradient-based localization", ICCV.

    Example:

    >>> photo = np.zeros((32, 48, 3), "uint8")
    >>> blend(photo, {"heat": np.eye(4), "white": photo + 255}).config["size"]
    [32, 48]
    >>> blend(photo, {"heat": np.eye(64)})
    Traceback (most recent call last):
        ...
    ValueError: maps['heat'] has shape (64, 64); expected at most (32, 48)
    """
    image = _photo("image", image)
    low, high = PHOTO_SIDES
    if not all(low <= n <= high for n in image.shape[:2]):
        raise ValueError(
            f"image has shape {image.shape}; expected {low} to {high} rows and columns"
        )
    if not isinstance(maps, Mapping):
        raise TypeError(f"maps is a {type(maps).__name__}; expected a dict of arrays")
    if not 1 <= len(maps) <= MAX_MAPS:
        raise ValueError(f"maps has {len(maps)} entries; expected 1 to {MAX_MAPS}")
    config = {
        "size": list(image.shape[:2]),
        "image": _png(image),
        "maps": [_overlay(name, map_, image.shape) for name, map_ in maps.items()],
    }
    return LiveFigure("blend", "Live figure: an image and maps over it", config)


def residual(
    depth: int = 20,
    kind: str = "residual",
    scale: float = 1.0,
    gate_bias: float = -2.0,
    seed: int = 0,
) -> LiveFigure:
    """Signal and gradient through a deep stack: plain, residual and highway.

    Layer l makes `h[l]` of `h[l-1]`, 24 units, without biases but the gate's b:
    `f = relu(h[l-1] @ W[l])` plain, `h[l-1] + f` residual, and highway
    `t * f + (1 - t) * h[l-1]` with the gate `t = sigmoid(h[l-1] @ V[l] + b)`. All three
    stand on the same 32 standard normal inputs and the same W; entries of W and V are
    normal with standard deviation `scale / sqrt(24)` (He's scale is `sqrt(2)`). The
    gradient by the last layer is drawn, standard normal. The figure shows the standard
    deviation of `h[l]` and the norm of the gradient by `h[l]`, divided by that at the
    last layer, on logarithmic axes. The same seed draws the same numbers on every
    machine. `state()` gives the arguments, `activation_std` and `gradient_norm` of the
    kind chosen (lists, layers 0 to `depth`), `stacks` (the same two of all kinds by
    name) and `gate` (mean gate of layers 1 to `depth` of the highway).

    Args:
        depth: number of layers, `1 <= depth <= 60`.
        kind: the network in front, one of `STACKS`; the others stay as thin lines.
        scale: the weights' standard deviation times the root of the fan-in,
            `0 <= scale <= 2`.
        gate_bias: b of the highway's gates, `-6 <= gate_bias <= 6`; negative carries.
        seed: number of the draw, `0 <= seed <= 9999`.

    Returns:
        A `LiveFigure`.

    Raises:
        ValueError: if the kind is unknown or a number is out of range.
        TypeError: if an integer is not one, or a number is not a number.

    Reference:
        Srivastava, Greff and Schmidhuber (2015), "Training very deep networks"; He,
        Zhang, Ren and Sun (2016), "Identity mappings in deep residual networks".

    Example:

    >>> residual(40, "highway", gate_bias=-3).config["gate_bias"]
    -3.0
    >>> residual(kind="dense")
    Traceback (most recent call last):
        ...
    ValueError: kind is 'dense'; expected plain, residual, highway
    """
    _one_of("kind", kind, STACKS)
    config = {
        "depth": _integer("depth", depth, 1, MAX_DEPTH),
        "kind": kind,
        "scale": _within("scale", scale, 0, MAX_SCALE),
        "gate_bias": _within("gate_bias", gate_bias, -GATE_BIAS, GATE_BIAS),
        "seed": _integer("seed", seed, 0, MAX_SEED),
    }
    label = "Live figure: signal and gradient through a deep stack"
    return LiveFigure("residual", label, config)


def lenet(model: Any, digits: Any = None) -> LiveFigure:
    """A field to draw a digit on, which a trained LeNet reads in the page.

    The weights travel with the page, about 110 kB with the sample digits: each kernel
    rounded to 8-bit integers, with one scale for each output (its largest magnitude is
    127), the biases as they are. `lenet_weights` gives back what the page computes
    with. A drawing is scaled so that the longer side of its box is 20 pixels and moved
    so that its centre of mass is the middle of pixel (14, 14), as in MNIST; each of the
    28×28 pixels is the mean of what falls on it. Sample digits go in as they are. The
    page shows that input, the maps of both convolutions after ReLU and the ten
    probabilities. `state()` gives `input` (28×28, 0 to 1), `logits`, `probabilities`,
    `digit` (the likeliest), `shapes` and `maps` (both by layer: `conv1`, `conv2`),
    `source` ("drawing" or "sample"), `sample` (its number, or None), `cursor` (row,
    column) and `running` (always False). In a page `read(pixels)` reads 28×28 numbers
    from 0 to 255 and leaves the field alone, `drawing()` gives the ink on the field,
    224×224 numbers from 0 to 1, and `center(ink)` the input made of such numbers.

    Args:
        model: a trained `dlbook.zoo.lenet()`, which has read images of shape (28, 28,
            1) with 0 for paper and 1 for ink.
        digits: uint8 array of shape `(n, 28, 28)`, `1 <= n <= 100`, 0 for paper to 255
            for ink: the samples; the first one stands on the field at the start, until
            the first stroke. None takes two test digits of each class from
            `dlbook.data.mnist()`.

    Returns:
        A `LiveFigure`.

    Raises:
        ValueError: if the weights are not of LeNet's shapes or not finite, its
            activations are not ReLU, or `digits` has another shape.
        TypeError: if `model` is no model or `digits` is not uint8.

    Reference:
        LeCun, Bottou, Bengio and Haffner (1998), "Gradient-based learning applied to
        document recognition", Proceedings of the IEEE 86.

    Example:

    >>> from dlbook import zoo
    >>> figure = lenet(zoo.lenet())
    >>> [layer["shape"] for layer in figure.config["layers"]]
    [[5, 5, 1, 6], [5, 5, 6, 16], [400, 120], [120, 84], [84, 10]]
    >>> lenet(zoo.lenet5())
    Traceback (most recent call last):
        ...
    ValueError: model has 13 weights; expected the 10 of dlbook.zoo.lenet()
    """
    if digits is None:
        from dlbook import data

        _, (images, labels) = data.mnist()
        ranks = [np.flatnonzero(labels == c)[:2] for c in range(10)]
        digits = images[np.sort(np.concatenate(ranks))]
    digits = np.asarray(digits)
    if digits.dtype != np.uint8:
        raise TypeError(f"digits has dtype {digits.dtype}; expected uint8")
    if digits.shape[1:] != (28, 28) or not 1 <= len(digits) <= MAX_DIGITS:
        raise ValueError(
            f"digits has shape {digits.shape}; expected (1 to {MAX_DIGITS}, 28, 28)"
        )
    weights = _lenet_arrays(model)
    layers = []
    for kernel, bias in zip(weights[::2], weights[1::2], strict=True):
        levels, scale = _rounded(kernel)
        layers.append(
            {
                "shape": list(kernel.shape),
                "levels": _base64(levels),
                "scale": scale.tolist(),
                "bias": bias.tolist(),
            }
        )
    config = {"layers": layers, "digits": _base64(digits)}
    return LiveFigure("lenet", "Live figure: LeNet reads what you draw", config)


def lenet_weights(config: Mapping[str, Any]) -> list[np.ndarray]:
    """Gives the rounded weights with which the page of `lenet` computes.

    Args:
        config: the figure's `config`, or the same read from a page
            (`data-live-config`).

    Returns:
        Ten float32 arrays, as `model.set_weights` of `dlbook.zoo.lenet()` takes them.

    Example:

    >>> from dlbook import zoo
    >>> model = zoo.lenet()
    >>> rounded = lenet_weights(lenet(model).config)
    >>> [
    ...     bool(np.abs(a - b).max() <= np.abs(b).max() / 254 + 1e-6)
    ...     for a, b in zip(rounded, model.get_weights())
    ... ] == [True] * 10
    True
    """
    weights = []
    for layer in config["layers"]:
        levels = np.frombuffer(base64.b64decode(layer["levels"]), "int8")
        levels = levels.astype("float32").reshape(layer["shape"])
        weights += [levels * np.float32(layer["scale"]), np.float32(layer["bias"])]
    return weights


def transfer(
    images: Any,
    labels: Any,
    features: Mapping[str, Any],
    classes: Sequence[str],
    chosen: Sequence[str] | None = None,
    examples: int = 3,
) -> LiveFigure:
    """Teach by examples: clicked images teach, features of each depth sort the rest.

    The reader picks two or three classes and clicks images to label them, or lets a
    seeded draw label some of each class. For each set of features the page computes the
    mean of each class's labelled images and gives every other image of those classes to
    the nearest mean. Bars show the share that is right, a stroke the mean over 50 draws
    of as many examples, and the images that the chosen features misread are marked.
    Before that each set is centred, reduced to at most 32 dimensions by PCA on all
    images (without labels), each vector divided by its length, and rounded to 8 bits;
    `transfer_features` gives back what the page computes with. With 200 images and
    seven sets the figure takes about 200 kB. `state()` gives `chosen` (class numbers),
    `labelled` and `others` (image numbers), `predictions` (class numbers of `others` by
    set), `accuracy` and `mean` (by set; None without examples), `depth` (the chosen
    set), `examples`, `seed`, `ready` (images drawn) and `running` (always False).

    Args:
        images: uint8 array of shape `(n, side, side, 3)`, `4 <= n <= 400`, side 8 to
            256; shown with 32×32 pixels in 256 colours.
        labels: integer array of shape `(n,)`, class numbers.
        features: 1 to 10 sets by name (of at most 12 letters), from pixels to the
            deepest: arrays with n first, then any shape, which is flattened. Average a
            map over its places first.
        classes: names of the classes, at least two; each needs two images or more.
        chosen: two or three of them, those at the start. None takes the first three.
        examples: labelled images of each class at the start, `1 <= examples <= 10`,
            fewer than each class has.

    Returns:
        A `LiveFigure`.

    Raises:
        ValueError: if a shape or number is not as above, a class is unknown or has too
            few images, or a feature is NaN or infinite.
        TypeError: if images are not uint8, labels not integers, `features` no mapping,
            or a name no text.

    Reference:
        Mensink, Verbeek, Perronnin and Csurka (2013), "Distance-based image
        classification: generalizing to new classes at near-zero cost", IEEE TPAMI 35.

    Example:

    >>> images = np.arange(12, dtype="uint8").repeat(8 * 8 * 3).reshape(12, 8, 8, 3)
    >>> labels = np.arange(12) % 2
    >>> figure = transfer(images, labels, {"pixels": images}, ["even", "odd"])
    >>> figure.config["chosen"], figure.config["examples"]
    ([0, 1], 3)
    >>> transfer(images, labels, {"pixels": images}, ["even", "odd"], examples=6)
    Traceback (most recent call last):
        ...
    ValueError: examples is 6; expected 1 to 5
    """
    images = np.asarray(images)
    if images.dtype != np.uint8:
        raise TypeError(f"images has dtype {images.dtype}; expected uint8")
    low, high = TILE_SIDES
    if (
        images.ndim != 4
        or images.shape[1] != images.shape[2]
        or images.shape[3] != 3
        or not low <= images.shape[1] <= high
    ):
        raise ValueError(
            f"images has shape {images.shape}; expected (n, side, side, 3), side "
            f"{low} to {high}"
        )
    count = len(images)
    if not 4 <= count <= MAX_IMAGES:
        raise ValueError(f"images has {count} entries; expected 4 to {MAX_IMAGES}")
    if isinstance(classes, str):
        raise TypeError(f"classes is the string {classes!r}; expected a list of names")
    classes = [_text("classes", name) for name in classes]
    if len(classes) < 2 or len(set(classes)) < len(classes):
        raise ValueError(f"classes is {classes}; expected two or more different names")
    labels = np.asarray(labels)
    if labels.dtype.kind not in "iu":
        raise TypeError(f"labels has dtype {labels.dtype}; expected integers")
    if labels.shape != (count,):
        raise ValueError(f"labels has shape {labels.shape}; expected ({count},)")
    if labels.min() < 0 or labels.max() >= len(classes):
        wrong = labels.min() if labels.min() < 0 else labels.max()
        raise ValueError(f"labels contains {wrong}; expected 0 to {len(classes) - 1}")
    sizes = np.bincount(labels, minlength=len(classes))
    if sizes.min() < 2:
        name = classes[sizes.argmin()]
        raise ValueError(f"class {name!r} has {sizes.min()} images; expected 2 or more")
    if isinstance(chosen, str):
        raise TypeError(f"chosen is the string {chosen!r}; expected a list of names")
    chosen = classes[:3] if chosen is None else list(chosen)
    if not 2 <= len(chosen) <= 3 or len(set(chosen)) < len(chosen):
        raise ValueError(f"chosen is {chosen}; expected two or three different classes")
    for name in chosen:
        if name not in classes:
            raise ValueError(f"chosen contains {name!r}; expected {', '.join(classes)}")
    if not isinstance(features, Mapping):
        raise TypeError(f"features is {features!r}; expected a dict of arrays by name")
    if not 1 <= len(features) <= MAX_SETS:
        raise ValueError(
            f"features has {len(features)} entries; expected 1 to {MAX_SETS}"
        )
    most = min(MAX_EXAMPLES, int(sizes.min()) - 1)
    config = {
        "classes": classes,
        "labels": labels.tolist(),
        "columns": TILE_COLUMNS,
        "sprite": _sprite(images),
        "features": [_directions(*pair, count) for pair in features.items()],
        "chosen": [classes.index(name) for name in chosen],
        "examples": _integer("examples", examples, 1, most),
        "most": most,
    }
    return LiveFigure("transfer", "Live figure: teaching by examples", config)


def transfer_features(config: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Gives the features with which the page of `transfer` computes.

    Args:
        config: the figure's `config`, or the same read from a page
            (`data-live-config`).

    Returns:
        Float64 arrays of shape `(n, d)`, `d <= 32`, by name: rows of length 1 but for
        the rounding.

    Example:

    >>> images = np.arange(12, dtype="uint8").repeat(8 * 8 * 3).reshape(12, 8, 8, 3)
    >>> figure = transfer(
    ...     images, np.arange(12) % 2, {"pixels": images}, ["even", "odd"]
    ... )
    >>> transfer_features(figure.config)["pixels"].shape
    (12, 12)
    """
    count = len(config["labels"])
    return {
        entry["name"]: entry["scale"]
        * np.frombuffer(base64.b64decode(entry["levels"]), "int8")
        .reshape(count, -1)
        .astype("float64")
        for entry in config["features"]
    }


def _named_grid(name: str, value: Any, known: tuple[str, ...]) -> str | list:
    """The name of a preset, or a matrix of numbers as lists."""
    if isinstance(value, str):
        if value not in known:
            expected = ", ".join(known)
            raise ValueError(f"{name} is {value!r}; expected {expected} or an array")
        return value
    array = _numbers(name, value)
    if array.ndim != 2:
        raise ValueError(f"{name} has shape {array.shape}; expected two dimensions")
    if (np.abs(array) > MAX_ENTRY).any():
        largest = array.flat[np.abs(array).argmax()]
        raise ValueError(
            f"{name} contains {largest:g}; expected -{MAX_ENTRY} to {MAX_ENTRY}"
        )
    return array.tolist()


def _photo(name: str, value: Any) -> np.ndarray:
    array = np.asarray(value)
    if array.dtype != np.uint8:
        raise TypeError(f"{name} has dtype {array.dtype}; expected uint8")
    if array.ndim != 3 or array.shape[2] != 3:
        raise ValueError(f"{name} has shape {array.shape}; expected (h, w, 3)")
    return array


def _overlay(name: Any, value: Any, shape: tuple[int, ...]) -> dict[str, Any]:
    """A map as the page reads it: 8-bit levels and what they stand for."""
    if not isinstance(name, str) or not name.strip():
        raise TypeError(f"maps has the name {name!r}; expected text")
    label = f"maps[{name!r}]"
    if np.ndim(value) == 3:
        image = _photo(label, value)
        if image.shape != shape:
            raise ValueError(f"{label} has shape {image.shape}; expected {shape}")
        return {"name": name, "png": _png(image), "limit": None}
    array = _numbers(label, value)
    if array.ndim != 2 or not array.size:
        raise ValueError(
            f"{label} has shape {array.shape}; expected (h', w') or {shape}"
        )
    if array.shape[0] > shape[0] or array.shape[1] > shape[1]:
        raise ValueError(
            f"{label} has shape {array.shape}; expected at most {shape[:2]}"
        )
    limit = float(np.abs(array).max()) or 1.0
    signed = bool((array < 0).any())
    share = array / limit
    levels = np.rint(128 + 127 * share if signed else 255 * share)
    return {
        "name": name,
        "png": _png(levels.astype("uint8")),
        "limit": limit,
        "signed": signed,
    }


def _lenet_arrays(model: Any) -> list[np.ndarray]:
    """The model's weights, once it is sure that the page computes the same network."""
    if not callable(getattr(model, "get_weights", None)):
        raise TypeError(f"model is {model!r}; expected a trained dlbook.zoo.lenet()")
    weights = [np.asarray(array, dtype="float32") for array in model.get_weights()]
    if len(weights) != len(LENET_SHAPES):
        raise ValueError(
            f"model has {len(weights)} weights; expected the {len(LENET_SHAPES)} of "
            "dlbook.zoo.lenet()"
        )
    for weight, shape in zip(weights, LENET_SHAPES, strict=True):
        if weight.shape != shape:
            raise ValueError(f"model has a weight of {weight.shape}; expected {shape}")
        if not np.isfinite(weight).all():
            raise ValueError("model contains NaN or infinity; expected finite weights")
    kinds = [
        getattr(getattr(layer, "activation", None), "__name__", type(layer).__name__)
        for layer in model.layers
    ]
    if [kind for kind in kinds if kind not in ("InputLayer", "Dropout")] != LENET_KINDS:
        raise ValueError(f"model has {', '.join(kinds)}; expected dlbook.zoo.lenet()'s")
    return weights


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise TypeError(f"{name} contains {value!r}; expected text")
    return value


def _directions(name: Any, values: Any, count: int) -> dict[str, Any]:
    """Features as the page reads them: few dimensions, length 1, 8 bits."""
    if len(_text("features", name)) > 12:
        raise ValueError(f"features has the name {name!r}; expected 12 letters or less")
    array = _numbers(f"features[{name!r}]", values)
    if array.ndim < 2 or len(array) != count or not array.size:
        raise ValueError(
            f"features[{name!r}] has shape {array.shape}; expected ({count}, d)"
        )
    flat = array.reshape(count, -1)
    # PCA by the singular value decomposition.
    u, sizes, _ = np.linalg.svd(flat - flat.mean(axis=0), full_matrices=False)
    reduced = (u * sizes)[:, :MAX_DIMENSIONS]
    lengths = np.linalg.norm(reduced, axis=1, keepdims=True)
    # What differs by rounding alone has no direction.
    directions = np.where(
        lengths > 1e-9 * np.abs(flat).max(), reduced / np.maximum(lengths, 1e-300), 0
    )
    scale = float(np.abs(directions).max() or 1) / 127
    levels = np.rint(directions / scale).astype("int8")
    return {"name": name, "scale": scale, "levels": _base64(levels)}


def _sprite(images: np.ndarray) -> str:
    """All images in one picture, side by side."""
    from PIL import Image  # matplotlib brings it

    rows = -(-len(images) // TILE_COLUMNS)
    sheet = Image.new("RGB", (TILE_COLUMNS * TILE, rows * TILE), "white")
    for k, image in enumerate(images):
        tile = Image.fromarray(image).resize((TILE, TILE), Image.Resampling.LANCZOS)
        sheet.paste(tile, (k % TILE_COLUMNS * TILE, k // TILE_COLUMNS * TILE))
    return _encoded(sheet.quantize(256, dither=Image.Dither.NONE))


def _png(array: np.ndarray) -> str:
    from PIL import Image  # matplotlib brings it

    return _encoded(Image.fromarray(array))


def _encoded(picture: Any) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    encoded = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f"data:image/png;base64,{encoded}"
