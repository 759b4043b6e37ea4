"""Activation functions and their derivatives. Taught in chapter 3.

All but `softmax_jacobian` work entry by entry, and float32 stays float32.
"""

import math

import numpy as np
from scipy import special

from dlbook.scratch.loss import sigmoid, softmax


def step(z: np.ndarray) -> np.ndarray:
    """Computes 1 where z > 0 and 0 elsewhere.

    Args:
        z: Float array of any shape.

    Returns:
        Float array of the same shape.

    Reference:

    - McCulloch and Pitts (1943), "A logical calculus of the ideas immanent in
      nervous activity"

    Example:

    >>> step(np.array([-2.0, 0.0, 0.5])).tolist()
    [0.0, 0.0, 1.0]
    """
    return np.heaviside(z, 0.0)


def step_derivative(z: np.ndarray) -> np.ndarray:
    """Computes the derivative of `step`: 0. At 0, where there is none, it says 0 too.

    Args:
        z: Float array of any shape.

    Returns:
        Float array of zeros of the same shape.

    Example:

    >>> step_derivative(np.array([-2.0, 3.0])).tolist()
    [0.0, 0.0]
    """
    return np.zeros_like(z)


def sigmoid_derivative(z: np.ndarray) -> np.ndarray:
    """Computes the derivative of `sigmoid`: sigmoid(z) (1 - sigmoid(z)).

    The second factor is computed as sigmoid(-z), which is exact also where
    sigmoid(z) is rounded to 1.

    Args:
        z: Float array of any shape.

    Returns:
        Float array of the same shape, values from 0 to 1/4.

    Example:

    >>> f"{sigmoid_derivative(np.array(0.0)):.2f}"
    '0.25'
    """
    return sigmoid(z) * sigmoid(-z)


def tanh_derivative(z: np.ndarray) -> np.ndarray:
    """Computes the derivative of tanh: 1 - tanh(z)².

    Args:
        z: Float array of any shape.

    Returns:
        Float array of the same shape, values from 0 to 1.

    Example:

    >>> f"{tanh_derivative(np.array(0.0)):.1f}, {tanh_derivative(np.array(1.0)):.2f}"
    '1.0, 0.42'
    """
    return 1 - np.tanh(z) ** 2


def relu(z: np.ndarray) -> np.ndarray:
    """Computes max(z, 0), the rectified linear unit.

    Args:
        z: Float array of any shape.

    Returns:
        Float array of the same shape, values >= 0.

    Reference:

    - Fukushima (1969), "Visual feature extraction by a multilayered network of
      analog threshold elements"

    Example:

    >>> relu(np.array([-2.0, 0.0, 3.0])).tolist()
    [0.0, 0.0, 3.0]
    """
    return np.maximum(z, 0)


def relu_derivative(z: np.ndarray) -> np.ndarray:
    """Computes the derivative of `relu`: 1 where z > 0, else 0.

    At 0 there is no derivative; 0 is the subgradient that libraries choose.

    Args:
        z: Float array of any shape.

    Returns:
        Float array of the same shape.

    Example:

    >>> relu_derivative(np.array([-2.0, 0.0, 3.0])).tolist()
    [0.0, 0.0, 1.0]
    """
    return step(z)


def leaky_relu(z: np.ndarray) -> np.ndarray:
    """Computes z where z > 0 and 0.2 z elsewhere.

    Args:
        z: Float array of any shape.

    Returns:
        Float array of the same shape.

    Reference:

    - Maas et al. (2013), "Rectifier nonlinearities improve neural network acoustic
      models" (slope 0.01 there; 0.2 in Keras's function, 0.3 in its layer)

    Example:

    >>> leaky_relu(np.array([-5.0, 0.0, 3.0])).tolist()
    [-1.0, 0.0, 3.0]
    """
    return np.where(z > 0, z, 0.2 * z)


def leaky_relu_derivative(z: np.ndarray) -> np.ndarray:
    """Computes the derivative of `leaky_relu`: 1 where z > 0, else 0.2.

    Args:
        z: Float array of any shape.

    Returns:
        Float array of the same shape.

    Example:

    >>> leaky_relu_derivative(np.array([-5.0, 3.0])).tolist()
    [0.2, 1.0]
    """
    return np.where(z > 0, np.ones_like(z), 0.2)


def elu(z: np.ndarray) -> np.ndarray:
    """Computes z where z > 0 and exp(z) - 1 elsewhere, without overflow.

    Args:
        z: Float array of any shape.

    Returns:
        Float array of the same shape, values above -1 (-1 itself by rounding).

    Reference:

    - Clevert et al. (2016), "Fast and accurate deep network learning by exponential
      linear units (ELUs)"

    Example:

    >>> [f"{value:.3f}" for value in elu(np.array([-1.0, 0.0, 1000.0]))]
    ['-0.632', '0.000', '1000.000']
    """
    return np.where(z > 0, z, np.expm1(np.minimum(z, 0)))


def elu_derivative(z: np.ndarray) -> np.ndarray:
    """Computes the derivative of `elu`: 1 where z > 0, else exp(z).

    Args:
        z: Float array of any shape.

    Returns:
        Float array of the same shape, values from 0 to 1.

    Example:

    >>> [f"{value:.3f}" for value in elu_derivative(np.array([-1.0, 0.0, 1000.0]))]
    ['0.368', '1.000', '1.000']
    """
    return np.exp(np.minimum(z, 0))


def silu(z: np.ndarray) -> np.ndarray:
    """Computes z sigmoid(z), also called swish.

    Args:
        z: Float array of any shape.

    Returns:
        Float array of the same shape, values above -0.279.

    Reference:

    - Hendrycks and Gimpel (2016), "Gaussian error linear units (GELUs)"
    - Ramachandran et al. (2017), "Searching for activation functions"

    Example:

    >>> [f"{value:.3f}" for value in silu(np.array([-1.0, 0.0, 1.0]))]
    ['-0.269', '0.000', '0.731']
    """
    return z * sigmoid(z)


def silu_derivative(z: np.ndarray) -> np.ndarray:
    """Computes the derivative of `silu`: sigmoid(z) (1 + z sigmoid(-z)).

    Args:
        z: Float array of any shape.

    Returns:
        Float array of the same shape, values from -0.1 to 1.1.

    Example:

    >>> f"{silu_derivative(np.array(0.0)):.2f}"
    '0.50'
    """
    return sigmoid(z) * (1 + z * sigmoid(-z))


def gelu(z: np.ndarray) -> np.ndarray:
    """Computes z Φ(z), Φ the distribution function of the standard normal.

    Args:
        z: Float array of any shape.

    Returns:
        Float array of the same shape, values above -0.17.

    Reference:

    - Hendrycks and Gimpel (2016), "Gaussian error linear units (GELUs)"

    Example:

    >>> [f"{value:.3f}" for value in gelu(np.array([-1.0, 0.0, 1.0]))]
    ['-0.159', '0.000', '0.841']
    """
    return z * special.ndtr(z)


def gelu_derivative(z: np.ndarray) -> np.ndarray:
    """Computes the derivative of `gelu`: Φ(z) + z φ(z), φ the density of Φ.

    Args:
        z: Float array of any shape.

    Returns:
        Float array of the same shape, values from -0.13 to 1.13.

    Example:

    >>> f"{gelu_derivative(np.array(0.0)):.2f}"
    '0.50'
    """
    return special.ndtr(z) + z * np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)


def softmax_jacobian(z: np.ndarray) -> np.ndarray:
    """Computes all derivatives of `softmax`: diag(s) - sᵀs for the row s = softmax(z).

    Args:
        z: Array of shape (..., classes), the logits.

    Returns:
        Float array of shape (..., classes, classes): entry (i, j) is the derivative
        of output i in logit j, s_i (1[i = j] - s_j).

    Example:

    >>> softmax_jacobian(np.zeros(2)).tolist()
    [[0.25, -0.25], [-0.25, 0.25]]
    """
    s = softmax(z)
    identity = np.eye(s.shape[-1], dtype=s.dtype)
    return s[..., :, np.newaxis] * (identity - s[..., np.newaxis, :])


#: Name -> function and derivative, both of one array, entry by entry.
ACTIVATIONS = {
    "step": (step, step_derivative),
    "sigmoid": (sigmoid, sigmoid_derivative),
    "tanh": (np.tanh, tanh_derivative),
    "relu": (relu, relu_derivative),
    "leaky_relu": (leaky_relu, leaky_relu_derivative),
    "elu": (elu, elu_derivative),
    "silu": (silu, silu_derivative),
    "gelu": (gelu, gelu_derivative),
}
