"""Gradients on every backend: Keras 3 has no public call for them.

This module, and it alone, speaks TensorFlow's tape, `jax.value_and_grad` and torch's
autograd.
"""

from collections.abc import Callable, Sequence
from typing import Any


def value_and_grad(
    fn: Callable[[], Any], variables: Sequence[Any]
) -> tuple[Any, list[Any]]:
    """Computes the value of a function and its gradient in some Keras variables.

    What `fn` assigns to other variables (moving averages, states of random seeds)
    is kept, on every backend.

    Args:
        fn: Function without arguments, which computes a scalar from Keras variables
            by `keras.ops`, layers, models or losses.
        variables: List of distinct floating-point `keras.Variable`s, for instance
            `model.trainable_variables` of a model that has been called once.

    Returns:
        `(value, gradients)`: a scalar tensor of the backend, and a list of tensors,
        one of the shape of each variable; zeros where `fn` does not depend on it.
        `keras.ops.convert_to_numpy` makes them arrays.

    Raises:
        TypeError: If `variables` is not a list of floating-point `keras.Variable`s,
            or if `fn` returns anything but a floating-point tensor.
        ValueError: If `variables` is empty or names one twice, or if the tensor that
            `fn` returns is not a scalar.

    Example:

    >>> import keras
    >>> x = keras.Variable(2.0)
    >>> value, (slope,) = value_and_grad(lambda: x**2 + 3, [x])
    >>> float(value), float(slope)
    (7.0, 4.0)
    """
    import keras

    variables = _checked(variables)
    backends = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}

    class Scope(keras.StatelessScope):
        """Notes which variables are assigned to, for their values are traced."""

        def add_update(self, update):
            super().add_update(update)
            assigned[id(update[0])] = update[0]

    assigned = {}

    def evaluate(values):
        with Scope(list(zip(variables, values, strict=True))) as scope:
            value = _checked_scalar(fn())
        return value, [scope.get_current_value(v) for v in assigned.values()]

    gradient = backends[keras.backend.backend()]
    value, updates, gradients = gradient(evaluate, [v.value for v in variables])
    for variable, update in zip(assigned.values(), updates, strict=True):
        variable.assign(update)
    return value, gradients


def _tensorflow(evaluate, values):
    import tensorflow as tf

    values = [tf.convert_to_tensor(value) for value in values]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(values)
        value, updates = evaluate(values)
    gradients = tape.gradient(value, values, unconnected_gradients="zero")
    return value, updates, [tf.convert_to_tensor(g) for g in gradients]


def _jax(evaluate, values):
    import jax

    (value, updates), gradients = jax.value_and_grad(evaluate, has_aux=True)(values)
    return value, updates, gradients


def _torch(evaluate, values):
    import torch

    values = [value.detach().requires_grad_() for value in values]
    with torch.enable_grad():
        value, updates = evaluate(values)
    if value.requires_grad:
        gradients = torch.autograd.grad(
            value, values, allow_unused=True, materialize_grads=True
        )
    else:
        gradients = [torch.zeros_like(v, requires_grad=False) for v in values]
    return value.detach(), [u.detach() for u in updates], list(gradients)


def _checked(variables):
    import keras

    if isinstance(variables, keras.Variable) or not isinstance(variables, Sequence):
        raise TypeError(
            "variables must be a list of keras.Variable, "
            f"got a {type(variables).__name__}"
        )
    for variable in variables:
        if not isinstance(variable, keras.Variable):
            raise TypeError(
                "variables must hold keras.Variable objects only, "
                f"got a {type(variable).__name__}"
            )
        if "float" not in variable.dtype:
            raise TypeError(
                "variables must be floating-point, "
                f"got {variable.name!r} of dtype {variable.dtype}"
            )
    if not variables:
        raise ValueError(
            "variables is empty: a model has none before it was called on data once"
        )
    if len({id(variable) for variable in variables}) < len(variables):
        raise ValueError("variables must be distinct, got one of them twice")
    return list(variables)


def _checked_scalar(value):
    import keras

    if isinstance(value, keras.Variable):
        value = value.value
    if not keras.ops.is_tensor(value):
        raise TypeError(
            "fn must return a tensor computed with keras.ops, "
            f"got a {type(value).__name__}"
        )
    if "float" not in keras.backend.standardize_dtype(value.dtype):
        raise TypeError(
            f"fn must return a floating-point tensor, got dtype {value.dtype}"
        )
    if len(value.shape):
        raise ValueError(
            f"fn must return a scalar, got a tensor of shape {tuple(value.shape)}: "
            "take keras.ops.mean or keras.ops.sum of it"
        )
    return value
