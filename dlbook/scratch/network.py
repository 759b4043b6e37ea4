"""A dense network and its gradient by backpropagation. Taught in chapter 5.

A network is a list of layers, a layer a pair `(W, b)`: weights of shape (inputs,
units) and biases of shape (units,). The last layer gives logits; the loss is the
mean categorical cross-entropy. Float32 stays float32.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from dlbook.scratch.activation import ACTIVATIONS
from dlbook.scratch.descent import batches
from dlbook.scratch.loss import categorical_crossentropy, same_shape, softmax

Layers = Sequence[tuple[np.ndarray, np.ndarray]]


def initialize(sizes: Sequence[int], random: np.random.Generator) -> Layers:
    """Draws the weights of a dense network; its biases are zero.

    Weights come from a normal distribution with mean 0 and variance 1 / inputs.

    Args:
        sizes: Integers >= 1, at least two: inputs, units of each layer.
        random: NumPy's random generator.

    Returns:
        List of pairs `(W, b)` of float64 arrays, one a layer.

    Raises:
        ValueError: If there are fewer than two sizes.

    Example:

    >>> layers = initialize([784, 64, 10], np.random.default_rng(0))
    >>> [(W.shape, b.shape) for W, b in layers]
    [((784, 64), (64,)), ((64, 10), (10,))]
    """
    if len(sizes) < 2:
        raise ValueError(f"sizes must be inputs and units, got {sizes}")
    return [
        (random.normal(scale=fan_in**-0.5, size=(fan_in, units)), np.zeros(units))
        for fan_in, units in pairwise(sizes)
    ]


def activation_pair(name: str) -> tuple[Callable, Callable]:
    """Finds an activation function and its derivative by their name.

    Args:
        name: Key of `dlbook.scratch.activation.ACTIVATIONS`.

    Returns:
        `function, derivative`, both of one array, entry by entry.

    Raises:
        ValueError: If there is no such activation.

    Example:

    >>> function, derivative = activation_pair("relu")
    >>> derivative(np.array([-1.0, 2.0])).tolist()
    [0.0, 1.0]
    """
    if name not in ACTIVATIONS:
        raise ValueError(f"activation must be one of {list(ACTIVATIONS)}, got {name!r}")
    return ACTIVATIONS[name]  # g and g'


def forward(
    layers: Layers, x: np.ndarray, activation: str = "relu"
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Computes all that the layers get and all that they give.

    Args:
        layers: List of pairs `(W, b)`.
        x: Float array of shape (batch, inputs).
        activation: Name of the activation between the layers.

    Returns:
        `z, h`, two lists with an array a layer: `z[i]` of shape (batch, units) is
        what layer i computes before any activation, so `z[-1]` are the logits;
        `h[i]` of shape (batch, inputs) is what layer i gets, so `h[0]` is `x`.

    Raises:
        ValueError: If there is no such activation.

    Example:

    >>> layers = [(np.array([[1.0, -1.0]]), np.zeros(2)), (np.ones((2, 1)), np.ones(1))]
    >>> z, h = forward(layers, np.array([[3.0]]))
    >>> z[0].tolist(), h[1].tolist(), z[1].tolist()
    ([[3.0, -3.0]], [[3.0, 0.0]], [[4.0]])
    """
    f, _ = activation_pair(activation)
    z, h = [], []
    for W, b in layers:
        h.append(f(z[-1]) if z else x)  # what the layer gets: (batch, inputs)
        z.append(h[-1] @ W + b)  # (batch, units)
    return z, h


def loss_and_gradients(
    layers: Layers, x: np.ndarray, y: np.ndarray, activation: str = "relu"
) -> tuple[float, list[tuple[np.ndarray, np.ndarray]]]:
    """Computes the mean cross-entropy of a batch and its gradient.

    Args:
        layers: List of pairs `(W, b)`.
        x: Float array of shape (batch, inputs).
        y: Float array of shape (batch, classes), rows that sum to 1.
        activation: Name of the activation between the layers.

    Returns:
        `loss, gradients`: a number, and a list of pairs `(dW, db)`, one a layer,
        arrays of the shapes of `W` and `b`.

    Raises:
        ValueError: If there is no such activation, or if `y` and the logits differ
            in shape.

    Reference:

    - Rumelhart et al. (1986), "Learning representations by back-propagating errors"

    Example:

    >>> layers = [(np.zeros((1, 2)), np.zeros(2))]
    >>> x, y = np.array([[4.0]]), np.array([[0.0, 1.0]])
    >>> loss, [(dW, db)] = loss_and_gradients(layers, x, y)
    >>> f"{loss:.4f}", dW.tolist(), db.tolist()
    ('0.6931', [[2.0, -2.0]], [0.5, -0.5])
    """
    _, derivative = activation_pair(activation)
    z, h = forward(layers, x, activation)
    same_shape(y, z[-1])
    e = (softmax(z[-1]) - y) / len(x)  # (batch, classes)
    gradients = []
    for i in reversed(range(len(layers))):
        gradients.append((h[i].T @ e, e.sum(axis=0)))
        if i > 0:
            e = (e @ layers[i][0].T) * derivative(z[i - 1])  # (batch, inputs)
    return categorical_crossentropy(y, z[-1]), gradients[::-1]


def fit(
    layers: Layers,
    x: np.ndarray,
    y: np.ndarray,
    learning_rate: float,
    batch_size: int,
    epochs: int,
    random: np.random.Generator,
    activation: str = "relu",
    method: Callable = loss_and_gradients,
) -> tuple[Layers, np.ndarray]:
    """Trains a dense network by mini-batch gradient descent.

    Args:
        layers: List of pairs `(W, b)` at the start; they are not changed.
        x: Float array of shape (samples, inputs).
        y: Float array of shape (samples, classes), rows that sum to 1.
        learning_rate: Positive number.
        batch_size: Integer from 1 (stochastic) to `samples` (full batch).
        epochs: Integer >= 0, passes through the data.
        random: NumPy's random generator, which shuffles the samples each epoch.
        activation: Name of the activation between the layers.
        method: Function with the arguments and results of `loss_and_gradients`.

    Returns:
        `layers, losses`: the trained layers, and an array of shape (steps,) with
        the loss of each batch before its step.

    Raises:
        ValueError: If `batch_size` is not from 1 to the number of samples, or as
            `loss_and_gradients`.

    Example:

    >>> random = np.random.default_rng(0)
    >>> x, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1.0]]), np.eye(2)[[0, 1, 1, 0]]
    >>> layers, losses = fit(initialize([2, 8, 2], random), x, y, 0.5, 4, 400, random)
    >>> len(losses), bool(losses[-1] < 0.1)
    (400, True)
    """
    losses = []
    for _ in range(epochs):
        for rows in batches(len(x), batch_size, random):
            loss, gradients = method(layers, x[rows], y[rows], activation)
            layers = [
                (W - learning_rate * dW, b - learning_rate * db)
                for (W, b), (dW, db) in zip(layers, gradients, strict=True)
            ]
            losses.append(loss)
    return layers, np.array(losses)
