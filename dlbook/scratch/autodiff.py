"""Reverse-mode automatic differentiation of arrays. Taught in chapter 5."""

from collections.abc import Callable
from itertools import count
from typing import Any

import numpy as np

from dlbook.scratch.loss import same_shape

creation = count()


class Tensor:
    """An array that remembers how it was computed.

    Sums, differences, products, quotients (NumPy's rules of broadcasting hold) and
    matrix products of tensors are tensors; so are those with arrays and numbers, on
    either side.
    Float32 stays float32.

    Args:
        value: Number or array. Integers become float64.
        parents: Pairs `(tensor, pull)`: what this one was computed from, and the
            function that maps the gradient of a loss in this tensor to its part of
            the gradient in that one.

    Raises:
        ValueError: If `value` does not hold real numbers.

    Attributes:
        value: Float array.
        grad: Array of the same shape: after `backward`, the gradient.

    Reference:

    - Linnainmaa (1976), "Taylor expansion of the accumulated rounding error"

    Example:

    >>> w = Tensor([1.0, 2.0])
    >>> loss = (w * w * 3).sum()
    >>> loss.backward()
    >>> float(loss.value), w.grad.tolist()
    (15.0, [6.0, 12.0])
    """

    __array_ufunc__ = None  # NumPy leaves `array @ tensor` to `Tensor`

    def __init__(self, value: Any, parents: tuple = ()) -> None:
        value = np.asarray(value)
        if value.dtype.kind not in "biuf":
            raise ValueError(f"value must be real numbers, got dtype {value.dtype}")
        self.value = value if value.dtype.kind == "f" else value.astype(float)
        self.grad = np.zeros_like(self.value)
        self.parents = parents  # pairs: a tensor, and what pulls a gradient to it
        self.number = next(creation)

    def like(self, other: Any) -> "Tensor":
        """Makes a number or an array a tensor of this one's dtype.

        Args:
            other: Tensor (returned as it is), number or array.

        Returns:
            Tensor.

        Example:

        >>> Tensor(np.ones(2, dtype="float32")).like(3).value.dtype.name
        'float32'
        """
        if isinstance(other, Tensor):
            return other
        return Tensor(np.asarray(other, dtype=self.value.dtype))

    def __add__(self, other):
        other = self.like(other)
        parents = (self, lambda g: g), (other, lambda g: g)
        return Tensor(self.value + other.value, parents)

    def __mul__(self, other):
        other = self.like(other)
        parents = (self, lambda g: g * other.value), (other, lambda g: g * self.value)
        return Tensor(self.value * other.value, parents)

    def __matmul__(self, other):
        other = self.like(other)
        if self.value.ndim != 2 or other.value.ndim != 2:
            shapes = f"{self.value.shape} and {other.value.shape}"
            raise ValueError(f"@ needs two matrices, got shapes {shapes}")
        parents = (
            (self, lambda g: g @ other.value.T),
            (other, lambda g: self.value.T @ g),
        )
        return Tensor(self.value @ other.value, parents)

    def __rmatmul__(self, other):
        return self.like(other) @ self

    def __sub__(self, other):
        return self + self.like(other) * -1

    def __rsub__(self, other):
        return self * -1 + other

    def __neg__(self):
        return self * -1

    def __truediv__(self, other):
        return self * self.like(other).apply(lambda v: 1 / v, lambda v: -1 / v**2)

    def __rtruediv__(self, other):
        return self.like(other) / self

    __radd__, __rmul__ = __add__, __mul__

    def apply(self, f: Callable, derivative: Callable) -> "Tensor":
        """Applies a function of one variable to every entry.

        Args:
            f: Maps an array to one of the same shape, entry by entry.
            derivative: Its derivative, of the same kind.

        Returns:
            Tensor of the same shape.

        Example:

        >>> z = Tensor(0.0)
        >>> z.apply(np.sin, np.cos).backward()
        >>> float(z.grad)
        1.0
        """
        parents = ((self, lambda g: g * derivative(self.value)),)
        return Tensor(f(self.value), parents)

    def exp(self) -> "Tensor":
        """Computes the exponential of every entry.

        Returns:
            Tensor of the same shape.

        Example:

        >>> float(Tensor(0.0).exp().value)
        1.0
        """
        return self.apply(np.exp, np.exp)

    def log(self) -> "Tensor":
        """Computes the natural logarithm of every entry.

        Returns:
            Tensor of the same shape.

        Example:

        >>> float(Tensor(1.0).log().value)
        0.0
        """
        return self.apply(np.log, np.reciprocal)

    def sum(self, axis: int | None = None) -> "Tensor":
        """Sums all entries, or those along an axis.

        Args:
            axis: Integer, the axis, which stays with length 1; all without it.

        Returns:
            Tensor: a number without an axis.

        Example:

        >>> Tensor(np.ones((2, 3))).sum(axis=1).value.tolist()
        [[3.0], [3.0]]
        """
        value = self.value.sum(axis=axis, keepdims=axis is not None)
        return Tensor(value, ((self, lambda g: np.broadcast_to(g, self.value.shape)),))

    def backward(self) -> None:
        """Computes the gradient of this number in all tensors that it came from.

        Each of them has it in `grad` afterwards. A second call starts anew.

        Raises:
            ValueError: If the tensor holds more than one number.

        Example:

        >>> a, b = Tensor(2.0), Tensor(3.0)
        >>> (a * b + a).backward()
        >>> float(a.grad), float(b.grad)
        (4.0, 2.0)
        """
        if self.value.size != 1:
            raise ValueError(f"backward needs one number, got shape {self.value.shape}")
        reached, waiting = set(), [self]
        while waiting:
            tensor = waiting.pop()
            if tensor not in reached:
                tensor.grad = np.zeros_like(tensor.value)
                reached.add(tensor)
                waiting.extend(parent for parent, _ in tensor.parents)
        self.grad = np.ones_like(self.value)
        for tensor in sorted(reached, key=lambda t: t.number, reverse=True):
            for parent, pull in tensor.parents:
                parent.grad = parent.grad + unbroadcast(pull(tensor.grad), parent)


def unbroadcast(gradient: np.ndarray, tensor: Tensor) -> np.ndarray:
    """Sums a gradient over the axes along which NumPy has repeated a tensor.

    Args:
        gradient: Array of a shape to which the tensor's broadcasts.
        tensor: Tensor.

    Returns:
        Array of the tensor's shape.

    Example:

    >>> unbroadcast(np.ones((4, 3)), Tensor(np.zeros(3))).tolist()
    [4.0, 4.0, 4.0]
    """
    shape = tensor.value.shape
    gradient = gradient.sum(axis=tuple(range(gradient.ndim - len(shape))))
    repeated = tuple(axis for axis, size in enumerate(shape) if size == 1)
    return gradient.sum(axis=repeated, keepdims=True)


def crossentropy(y: np.ndarray, z: Tensor) -> Tensor:
    """Computes the mean categorical cross-entropy of `y` and softmax(z).

    The largest logit of each row is taken out before the exponential, so nothing
    overflows.

    Args:
        y: Array of shape (batch, classes), rows that sum to 1.
        z: Tensor of the same shape, the logits.

    Returns:
        Tensor, a number.

    Raises:
        ValueError: If the shapes differ.

    Example:

    >>> z = Tensor([[30.0, 0.0]])
    >>> loss = crossentropy(np.array([[0, 1]]), z)
    >>> loss.backward()
    >>> f"{loss.value:.2f}", z.grad.round(6).tolist()
    ('30.00', [[1.0, -1.0]])
    """
    same_shape(y, z.value)
    shifted = z - np.max(z.value, axis=-1, keepdims=True)  # (batch, classes)
    log_p = shifted - shifted.exp().sum(axis=-1).log()
    return (y * log_p).sum() * (-1 / len(y))
