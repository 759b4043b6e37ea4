"""Losses and their gradients in the network's last numbers. Taught in chapter 2.

Every loss is a mean over its entries (regression, binary) or over its rows
(categorical); every `..._grad` is the gradient of that mean.
"""

import numpy as np


def one_hot(labels: np.ndarray, classes: int) -> np.ndarray:
    """Encodes class numbers as rows with a single 1.

    Args:
        labels: Integer array of shape (...), values from 0 to `classes - 1`.
        classes: Integer, number of classes.

    Returns:
        Float64 array of shape (..., classes).

    Raises:
        ValueError: If a label is not one of the classes.

    Example:

    >>> one_hot([2, 0], classes=3).tolist()
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """
    labels = np.asarray(labels)
    if not np.isin(labels, np.arange(classes)).all():
        raise ValueError(f"labels must be 0 to {classes - 1}, got {labels}")
    return np.eye(classes)[labels]


def log_sum_exp(z: np.ndarray) -> np.ndarray:
    """Computes log(sum(exp(z))) over the last axis, without overflow.

    The greatest entry m is taken out first: the sum is exp(m) times a sum whose
    terms are at most 1 and one of which is 1.

    Args:
        z: Array of shape (..., classes), finite.

    Returns:
        Float array of shape (...).

    Example:

    >>> f"{log_sum_exp(np.array([1000.0, 1000.0])):.4f}"
    '1000.6931'
    """
    m = np.max(z, axis=-1, keepdims=True)
    return np.squeeze(m, axis=-1) + np.log(np.sum(np.exp(z - m), axis=-1))


def softmax(z: np.ndarray) -> np.ndarray:
    """Turns logits into probabilities: exp(z_j) / sum over k of exp(z_k).

    Args:
        z: Array of shape (..., classes), the logits.

    Returns:
        Float array of shape (..., classes), positive, with sum 1 over the last axis.

    Reference:

    - Bridle (1990), "Probabilistic interpretation of feedforward classification
      network outputs"

    Example:

    >>> [f"{p:.4f}" for p in softmax(np.array([-1.0, 4.0, 7.0]))]
    ['0.0003', '0.0474', '0.9523']
    """
    return np.exp(z - log_sum_exp(z)[..., np.newaxis])


def sigmoid(z: np.ndarray) -> np.ndarray:
    """Computes 1 / (1 + exp(-z)), without overflow for either sign.

    Args:
        z: Array of any shape.

    Returns:
        Float array of the same shape, values from 0 to 1.

    Example:

    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    return np.exp(-np.logaddexp(0, -z))


def categorical_crossentropy(y: np.ndarray, z: np.ndarray) -> float:
    """Computes the mean cross-entropy of target rows `y` and the softmax of `z`.

    Args:
        y: Array of shape (samples, classes), the targets, each row with sum 1.
        z: Array of shape (samples, classes), the logits.

    Returns:
        Number >= 0, in nats.

    Reference:

    - Shannon (1948), "A mathematical theory of communication"

    Example:

    >>> f"{categorical_crossentropy(np.array([[1, 0]]), np.array([[4, 3.9]])):.4f}"
    '0.6444'
    """
    return np.mean(log_sum_exp(z) - np.sum(y * z, axis=-1))


def categorical_crossentropy_grad(y: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Computes the gradient of `categorical_crossentropy` in the logits.

    Args:
        y: Array of shape (samples, classes), the targets, each row with sum 1.
        z: Array of shape (samples, classes), the logits.

    Returns:
        Float array of shape (samples, classes): (softmax(z) - y) / samples.

    Example:

    >>> categorical_crossentropy_grad(np.array([[1, 0]]), np.zeros((1, 2))).tolist()
    [[-0.5, 0.5]]
    """
    return (softmax(z) - y) / len(z)


def same_shape(y: np.ndarray, z: np.ndarray) -> None:
    """Refuses targets and outputs that NumPy would broadcast against each other.

    Args:
        y: Array, the targets.
        z: Array, the predictions or logits.

    Raises:
        ValueError: If the shapes differ, as (samples,) and (samples, 1) do.

    Example:

    >>> same_shape(np.zeros(3), np.zeros((3, 1)))
    Traceback (most recent call last):
        ...
    ValueError: y and z must have the same shape, got (3,) and (3, 1)
    """
    if np.shape(y) != np.shape(z):
        raise ValueError(
            f"y and z must have the same shape, got {np.shape(y)} and {np.shape(z)}"
        )


def binary_crossentropy(y: np.ndarray, z: np.ndarray) -> float:
    """Computes the mean binary cross-entropy of `y` and the sigmoid of `z`.

    Args:
        y: Array of shape (...), the targets, from 0 to 1.
        z: Array of shape (...), the logits.

    Returns:
        Number >= 0, in nats.

    Raises:
        ValueError: If the shapes differ.

    Example:

    >>> f"{binary_crossentropy(np.array([1.0]), np.array([0.0])):.4f}"
    '0.6931'
    """
    same_shape(y, z)
    return np.mean(np.logaddexp(0, z) - y * z)


def binary_crossentropy_grad(y: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Computes the gradient of `binary_crossentropy` in the logits.

    Args:
        y: Array of shape (...), the targets, from 0 to 1.
        z: Array of shape (...), the logits.

    Returns:
        Float array of shape (...): (sigmoid(z) - y) / number of entries.

    Raises:
        ValueError: If the shapes differ.

    Example:

    >>> binary_crossentropy_grad(np.array([1.0]), np.array([0.0])).tolist()
    [-0.5]
    """
    same_shape(y, z)
    return (sigmoid(z) - y) / np.size(z)


def mean_squared_error(y: np.ndarray, prediction: np.ndarray) -> float:
    """Computes the mean of the squared differences.

    Args:
        y: Array of shape (...), the targets.
        prediction: Array of the same shape.

    Returns:
        Number >= 0.

    Raises:
        ValueError: If the shapes differ.

    Example:

    >>> f"{mean_squared_error(np.array([1.0, 2.0]), np.array([1.0, 4.0])):.1f}"
    '2.0'
    """
    same_shape(y, prediction)
    return np.mean((prediction - y) ** 2)


def mean_squared_error_grad(y: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    """Computes the gradient of `mean_squared_error` in the predictions.

    Args:
        y: Array of shape (...), the targets.
        prediction: Array of the same shape.

    Returns:
        Float array of shape (...): 2 (prediction - y) / number of entries.

    Raises:
        ValueError: If the shapes differ.

    Example:

    >>> mean_squared_error_grad(np.array([1.0, 2.0]), np.array([1.0, 4.0])).tolist()
    [0.0, 2.0]
    """
    same_shape(y, prediction)
    return 2 * (prediction - y) / np.size(y)


def mean_absolute_error(y: np.ndarray, prediction: np.ndarray) -> float:
    """Computes the mean of the absolute differences.

    Args:
        y: Array of shape (...), the targets.
        prediction: Array of the same shape.

    Returns:
        Number >= 0.

    Raises:
        ValueError: If the shapes differ.

    Example:

    >>> f"{mean_absolute_error(np.array([1.0, 2.0]), np.array([1.0, 4.0])):.1f}"
    '1.0'
    """
    same_shape(y, prediction)
    return np.mean(np.abs(prediction - y))


def mean_absolute_error_grad(y: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    """Computes the gradient of `mean_absolute_error`, 0 at the corner.

    Args:
        y: Array of shape (...), the targets.
        prediction: Array of the same shape.

    Returns:
        Float array of shape (...): sign(prediction - y) / number of entries. Where
        a prediction is exact there is no derivative; 0 is one of the subgradients.

    Raises:
        ValueError: If the shapes differ.

    Example:

    >>> mean_absolute_error_grad(np.array([1.0, 2.0]), np.array([1.0, 4.0])).tolist()
    [0.0, 0.5]
    """
    same_shape(y, prediction)
    return np.sign(prediction - y) / np.size(y)
