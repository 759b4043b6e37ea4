"""The live figures of Part III: what makes a network train, and what it then does."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dlbook.live._figure import LiveFigure, _base64, _number, _numbers, _one_of

#: Activations that `activations` offers, in the order of its menu.
DEEP_ACTIVATIONS = ("identity", "tanh", "sigmoid", "relu")

#: Surfaces that `optimizers` offers, in the order of its menu.
SURFACES = ("ravine", "tilted", "rosenbrock", "beale", "saddle")

#: Optimizers that race in `optimizers`, named as in `dlbook.scratch.optimizer`.
RACERS = ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam")

#: Faults that `diagnosis` plants, in the order of its menu.
FAULTS = ("none", "pixels", "labels", "relu", "softmax", "dead")

MAX_SEED = 9999
MAX_START = 100
MAX_SAMPLES = 50
MAX_RIDGE = 10
MAX_NOISE = 2
DRAWS = 9


def activations(
    activation: str = "tanh", scale: float = 1.0, seed: int = 0
) -> LiveFigure:
    """Fifty layers: what the scale of the weights does to activations and gradients.

    The network is `h[l] = φ(h[l-1] @ W[l])` with 50 layers of 64 units, no biases, on
    32 standard normal inputs. The entries of each W are normal with standard deviation
    `scale / sqrt(64)`: 1 is Glorot's, `sqrt(2)` He's. The figure shows the histogram
    of each layer's activations (of the identity and of ReLU, the outermost rows hold
    all values beyond), the standard deviations of the activations `h[l]` and of the
    gradients by `h[l]`, and how many ReLU units are dead: 0 on all 32 inputs. The
    gradient by the last layer is drawn, standard normal. The same seed draws the same
    numbers on every machine. (With tanh and `scale=8` each layer doubles a rounding
    error: there the digits of the last layers differ between machines.)

    Args:
        activation: φ, one of `DEEP_ACTIVATIONS`.
        scale: the weights' standard deviation times the root of the fan-in,
            `1/16 <= scale <= 8`; the reader moves it on a logarithmic slider.
        seed: number of the draw, `0 <= seed <= 9999`.

    Returns:
        A `LiveFigure`.

    Raises:
        ValueError: if the activation is unknown or a number is out of range.
        TypeError: if `scale` is not a number or `seed` not an integer.

    Reference:
        Glorot and Bengio (2010), "Understanding the difficulty of training deep
        feedforward neural networks", AISTATS.

    Example:

    >>> activations("relu", scale=1.5).config
    {'activation': 'relu', 'scale': 1.5, 'seed': 0}
    >>> activations("step")
    Traceback (most recent call last):
        ...
    ValueError: activation is 'step'; expected identity, tanh, sigmoid, relu
    """
    _one_of("activation", activation, DEEP_ACTIVATIONS)
    config = {
        "activation": activation,
        "scale": _within("scale", scale, 1 / 16, 8),
        "seed": _integer("seed", seed, 0, MAX_SEED),
    }
    label = "Live figure: signals in fifty layers"
    return LiveFigure("activations", label, config)


def optimizers(
    surface: str = "ravine",
    start: Any = None,
    learning_rate: float | Mapping[str, float] | None = None,
    momentum: float = 0.9,
    optimizers: Sequence[str] | None = None,
) -> LiveFigure:
    """A race of optimizers on a loss of two weights, from a start the reader sets.

    The rules are those of `dlbook.scratch.optimizer`, with Keras's defaults: Adagrad's
    sum starts at 0.1, ρ = 0.9 in RMSprop, β₂ = 0.999 in Adam, ε = 1e-7. The reader
    clicks the picture to set the start, chooses who runs, and sets one momentum β for
    momentum, Nesterov and Adam (its β₁), and a learning rate for all or for each. An
    optimizer has arrived since the step from which its loss stays within 0.001 of the
    least, is stuck where the slope is 0 elsewhere, and has diverged when a weight
    passes 10⁶. A run ends when each has been there for 20 steps, is stuck or has
    diverged, or after 2,000 steps.

    Args:
        surface: the loss, one of `SURFACES`: "ravine" (½(x² + 20y²)), "tilted" (the
            same, turned by 45°), "rosenbrock" ((1 − x)² + 100(y − x²)²), "beale" (the
            sum of (c − x + xyᵏ)² for k = 1, 2, 3 and c = 1.5, 2.25, 2.625) and
            "saddle" (x²/2 − y²/2 + y⁴/4, with minima at (0, ±1)).
        start: array of shape `(2,)`, entries from -100 to 100: where all begin. None
            takes the surface's own.
        learning_rate: one rate for all or a rate by name, `1e-5 <= rate <= 10`. None
            and names left out take the surface's own: one for gradient descent, one
            for the two with momentum, one for the adaptive ones.
        momentum: β, `0 <= momentum < 1`.
        optimizers: names from `RACERS`, those that run at first. None takes all six.

    Returns:
        A `LiveFigure`.

    Raises:
        ValueError: if a name is unknown, a number out of range, or a shape not as
            above.
        TypeError: if `optimizers` is a string, or a number is not one.

    Reference:
        Beale (1958), "On an iterative method for finding a local minimum of a function
        of more than one variable"; Rosenbrock (1960), "An automatic method for finding
        the greatest or least value of a function".

    Example:

    >>> figure = optimizers("rosenbrock", (-1, 2), {"adam": 0.1})
    >>> figure.config["start"], figure.config["rates"]
    ([-1.0, 2.0], {'adam': 0.1})
    >>> optimizers(optimizers=["newton"])
    Traceback (most recent call last):
        ...
    ValueError: optimizers contains 'newton'; expected sgd, momentum, nesterov, \
adagrad, rmsprop, adam
    """
    _one_of("surface", surface, SURFACES)
    if start is not None:
        start = _numbers("start", start)
        if start.shape != (2,):
            raise ValueError(f"start has shape {start.shape}; expected (2,)")
        if (np.abs(start) > MAX_START).any():
            largest = start[np.abs(start).argmax()]
            raise ValueError(
                f"start contains {largest:g}; expected -{MAX_START} to {MAX_START}"
            )
        start = start.tolist()
    if isinstance(learning_rate, Mapping):
        rates = {
            _racer("learning_rate", name): _rate(f"learning_rate[{name!r}]", rate)
            for name, rate in learning_rate.items()
        }
    elif learning_rate is not None:
        rates = dict.fromkeys(RACERS, _rate("learning_rate", learning_rate))
    else:
        rates = {}
    momentum = _number("momentum", momentum)
    if not 0 <= momentum < 1:
        raise ValueError(f"momentum is {momentum:g}; expected 0 <= momentum < 1")
    if isinstance(optimizers, str):
        raise TypeError(
            f"optimizers is the string {optimizers!r}; expected a list of names"
        )
    chosen = RACERS if optimizers is None else optimizers
    chosen = [_racer("optimizers", name) for name in chosen]
    config = {
        "surface": surface,
        "start": start,
        "rates": rates,
        "momentum": momentum,
        "optimizers": [name for name in RACERS if name in chosen],
    }
    return LiveFigure("optimizers", "Live figure: a race of optimizers", config)


def double_descent(
    samples: int = 40,
    features: int = 10,
    ridge: float = 0.0,
    noise: float = 0.3,
    draw: int = 1,
) -> LiveFigure:
    """Regression on p random features: the fit, and both errors against p.

    The data are y = sin 2πx plus normal noise, one x drawn in each of n equal cells of
    [0, 1]; 100 more, x uniform, measure the test error. A feature is a random curve,
    `φⱼ(x) = Σₖ gⱼₖ cos(πkx) / (k + 1)`, k = 0 … 63, with standard normal g, and the fit
    is `f(x) = Σⱼ wⱼ φⱼ(x) / √p` with the w that minimizes `Σᵢ (f(xᵢ) - yᵢ)² + λ‖w‖²`;
    with λ = 0 and p > n, the shortest w that passes through all data. The page solves
    it by QR decompositions (modified Gram-Schmidt). One draw is of data and features;
    its first p features are used, p = 1 … 10n. Nine draws are offered, the same on
    every machine, and their medians drawn. Errors are means of squares.

    Args:
        samples: n, number of training data, `10 <= samples <= 50`.
        features: p at the start, `1 <= features <= 10 * samples`.
        ridge: λ at the start, `0 <= ridge <= 10`.
        noise: the noise's standard deviation, `0 <= noise <= 2`.
        draw: number of the draw, `1 <= draw <= 9`.

    Returns:
        A `LiveFigure`.

    Raises:
        ValueError: if a number is out of range.
        TypeError: if an integer is not one, or a number is not a number.

    Reference:
        Belkin, Hsu, Ma and Mandal (2019), "Reconciling modern machine-learning practice
        and the classical bias-variance trade-off", PNAS 116.

    Example:

    >>> double_descent(features=30).config["features"]
    30
    >>> double_descent(features=401)
    Traceback (most recent call last):
        ...
    ValueError: features is 401; expected 1 to 400
    """
    samples = _integer("samples", samples, 10, MAX_SAMPLES)
    config = {
        "samples": samples,
        "features": _integer("features", features, 1, 10 * samples),
        "ridge": _within("ridge", ridge, 0, MAX_RIDGE),
        "noise": _within("noise", noise, 0, MAX_NOISE),
        "draw": _integer("draw", draw, 1, DRAWS),
    }
    return LiveFigure("double_descent", "Live figure: double descent", config)


def diagnosis(
    images: Any,
    labels: Any,
    fault: str = "none",
    learning_rate: float = 0.01,
    training: int | None = None,
    seed: int = 0,
) -> LiveFigure:
    """A training run in the page, with a fault that the reader sets or has to find.

    The network has all pixels as inputs, 16 ReLU units and ten logits; kernels begin
    normal, with variance 2 / inputs and 2 / (inputs + 16), biases at 0. It trains with
    Keras's Adam for 200 steps of ten images of the first half; the second half is for
    validation. The figure shows both losses, the mean training image of each label,
    the first loss, and the loss on three examples of different labels after 100 steps
    with them alone. The faults: pixels that nobody divided by 255, labels shuffled,
    ReLU on the logits, a softmax before a loss that expects logits, biases of -10 in
    the hidden layer. A button draws one in secret, and the menu is the answer to it.
    The same seed draws the same weights and batches on every machine.

    Args:
        images: uint8 array of shape `(2n, side, side)`, `n >= 20`, `side <= 10`.
        labels: integers of shape `(2n,)`, 0 to 9; at least three different ones among
            the first 20.
        fault: the fault at the start, one of `FAULTS`.
        learning_rate: Adam's, `1e-5 <= rate <= 1`; the figure takes the nearest of its
            slider.
        training: number of training images, `20 <= training <= n`, the nearest of the
            slider. None takes n.
        seed: number of the weights and batches, `0 <= seed <= 9999`.

    Returns:
        A `LiveFigure`.

    Raises:
        ValueError: if a shape, a dtype or a number is not as above, or the fault is
            unknown.
        TypeError: if a number is not one.

    Reference:
        Yung, "Understanding Deep Learning" (lecture): overfit three examples first.

    Example:

    >>> random = np.random.default_rng(0)
    >>> images = random.integers(0, 256, (40, 5, 5), dtype="uint8")
    >>> diagnosis(images, np.arange(40) % 10, fault="relu").config["fault"]
    'relu'
    >>> diagnosis(images, np.arange(39) % 10)
    Traceback (most recent call last):
        ...
    ValueError: labels has shape (39,); expected (40,), one for each image
    """
    images, labels = np.asarray(images), np.asarray(labels)
    if images.dtype != np.uint8 or images.ndim != 3:
        raise ValueError(
            f"images has shape {images.shape} and dtype {images.dtype}; expected uint8 "
            "of shape (2n, side, side)"
        )
    count, side, width = images.shape
    if count % 2 or count < 40 or side != width or not 1 <= side <= 10:
        raise ValueError(
            f"images has shape {images.shape}; expected an even number of images, 40 "
            "or more, as high as wide, of at most 10 x 10 pixels"
        )
    if labels.shape != (count,):
        raise ValueError(
            f"labels has shape {labels.shape}; expected ({count},), one for each image"
        )
    if labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() > 9:
        raise ValueError(
            f"labels has dtype {labels.dtype} and entries from {labels.min()} to "
            f"{labels.max()}; expected integers from 0 to 9"
        )
    different = len(np.unique(labels[:20]))
    if different < 3:
        raise ValueError(
            f"labels begins with {different} different ones among 20; "
            "expected 3 or more"
        )
    half = count // 2
    training = half if training is None else training
    config = {
        "images": _base64(images),
        "labels": _base64(labels.astype("uint8")),
        "side": side,
        "fault": _one_of("fault", fault, FAULTS),
        "learning_rate": _within("learning_rate", learning_rate, 1e-5, 1),
        "training": _integer("training", training, 20, half),
        "seed": _integer("seed", seed, 0, MAX_SEED),
    }
    return LiveFigure("diagnosis", "Live figure: a training run with a fault", config)


def _integer(name: str, value: Any, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} is {value!r}; expected an integer")
    if not low <= value <= high:
        raise ValueError(f"{name} is {value}; expected {low} to {high}")
    return int(value)


def _within(name: str, value: Any, low: float, high: float) -> float:
    number = _number(name, value)
    if not low <= number <= high:
        raise ValueError(f"{name} is {number:g}; expected {low:g} to {high:g}")
    return number


def _racer(argument: str, name: Any) -> str:
    if name not in RACERS:
        expected = ", ".join(RACERS)
        raise ValueError(f"{argument} contains {name!r}; expected {expected}")
    return name


def _rate(name: str, value: Any) -> float:
    return _within(name, value, 1e-5, 10)
