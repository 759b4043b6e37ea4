"""Optimizers as update rules, in Keras's conventions. Taught in chapter 6.

A rule takes the weights `w`, the gradient there and its own `state`, and returns new
weights and a new state; nothing is changed in place. The state is a dictionary, empty
before the first step. `w` and `gradient` are arrays of one shape; float32 stays
float32. Defaults are those of the Keras optimizer of the same name.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

State = dict[str, Any]


def sgd(
    w: np.ndarray, gradient: np.ndarray, state: State, learning_rate: float = 0.01
) -> tuple[np.ndarray, State]:
    """Steps against the gradient: gradient descent, or SGD on a mini-batch's gradient.

    w <- w - learning_rate * gradient.

    Args:
        w: Float array, the weights.
        gradient: Array of the shape of `w`.
        state: Dictionary, `{}` before the first step.
        learning_rate: Positive number.

    Returns:
        `w, state` after the step.

    Reference:

    - Robbins and Monro (1951), "A stochastic approximation method"

    Example:

    >>> w, state = sgd(np.array([2.0]), np.array([4.0]), {})
    >>> w, state = sgd(w, np.array([4.0]), state)
    >>> f"{w[0]:.5f}"
    '1.92000'
    """
    return w - learning_rate * gradient, state


def momentum(
    w: np.ndarray,
    gradient: np.ndarray,
    state: State,
    learning_rate: float = 0.01,
    beta: float = 0.9,
) -> tuple[np.ndarray, State]:
    """Steps along a velocity that collects gradients and forgets them.

    v <- beta * v - learning_rate * gradient; w <- w + v.

    Args:
        w: Float array, the weights.
        gradient: Array of the shape of `w`.
        state: Dictionary, `{}` before the first step.
        learning_rate: Positive number.
        beta: Number from 0 up to, not including, 1: the velocity kept.

    Returns:
        `w, state` after the step.

    Reference:

    - Polyak (1964), "Some methods of speeding up the convergence of iteration
      methods"

    Example:

    >>> w, state = momentum(np.array([2.0]), np.array([4.0]), {})
    >>> w, state = momentum(w, np.array([4.0]), state)
    >>> f"{w[0]:.5f}"
    '1.88400'
    """
    v = beta * state.get("v", 0.0) - learning_rate * gradient
    return w + v, {"v": v}


def nesterov(
    w: np.ndarray,
    gradient: np.ndarray,
    state: State,
    learning_rate: float = 0.01,
    beta: float = 0.9,
) -> tuple[np.ndarray, State]:
    """Steps along the velocity as it will be one step on.

    The velocity is that of `momentum`; the weights stand one step ahead of it.

    Args:
        w: Float array, the weights.
        gradient: Array of the shape of `w`.
        state: Dictionary, `{}` before the first step.
        learning_rate: Positive number.
        beta: Number from 0 up to, not including, 1: the velocity kept.

    Returns:
        `w, state` after the step.

    Reference:

    - Nesterov (1983), "A method of solving a convex programming problem with
      convergence rate O(1/k^2)"

    Example:

    >>> w, state = nesterov(np.array([2.0]), np.array([4.0]), {})
    >>> w, state = nesterov(w, np.array([4.0]), state)
    >>> f"{w[0]:.5f}"
    '1.81560'
    """
    v = beta * state.get("v", 0.0) - learning_rate * gradient
    return w + beta * v - learning_rate * gradient, {"v": v}


def adagrad(
    w: np.ndarray,
    gradient: np.ndarray,
    state: State,
    learning_rate: float = 0.001,
    start: float = 0.1,
    epsilon: float = 1e-7,
) -> tuple[np.ndarray, State]:
    """Divides each step by the root of all squared gradients so far.

    Weights with large gradients get small steps, and all steps shrink for ever.

    Args:
        w: Float array, the weights.
        gradient: Array of the shape of `w`.
        state: Dictionary, `{}` before the first step.
        learning_rate: Positive number.
        start: Number >= 0, the sum before the first step.
        epsilon: Positive number, added inside the root.

    Returns:
        `w, state` after the step.

    Reference:

    - Duchi et al. (2011), "Adaptive subgradient methods for online learning and
      stochastic optimization"

    Example:

    >>> w, state = adagrad(np.array([2.0]), np.array([4.0]), {})
    >>> w, state = adagrad(w, np.array([4.0]), state)
    >>> f"{w[0]:.5f}"
    '1.99830'
    """
    total = state.get("total", start) + gradient**2
    return w - learning_rate * gradient / (total + epsilon) ** 0.5, {"total": total}


def rmsprop(
    w: np.ndarray,
    gradient: np.ndarray,
    state: State,
    learning_rate: float = 0.001,
    rho: float = 0.9,
    epsilon: float = 1e-7,
) -> tuple[np.ndarray, State]:
    """Divides each step by the root mean square of the recent gradients.

    A running mean in place of Adagrad's sum.

    Args:
        w: Float array, the weights.
        gradient: Array of the shape of `w`.
        state: Dictionary, `{}` before the first step.
        learning_rate: Positive number.
        rho: Number from 0 up to, not including, 1: the old mean kept.
        epsilon: Positive number, added inside the root.

    Returns:
        `w, state` after the step.

    Reference:

    - Hinton (2012), "Neural networks for machine learning", lecture 6

    Example:

    >>> w, state = rmsprop(np.array([2.0]), np.array([4.0]), {})
    >>> w, state = rmsprop(w, np.array([4.0]), state)
    >>> f"{w[0]:.5f}"
    '1.99454'
    """
    mean = rho * state.get("mean", 0.0) + (1 - rho) * gradient**2
    return w - learning_rate * gradient / (mean + epsilon) ** 0.5, {"mean": mean}


def adadelta(
    w: np.ndarray,
    gradient: np.ndarray,
    state: State,
    learning_rate: float = 0.001,
    rho: float = 0.95,
    epsilon: float = 1e-7,
) -> tuple[np.ndarray, State]:
    """Scales each step by the recent steps over the recent gradients.

    The ratio of two root mean squares gives the step the unit of the weights. The
    paper has no learning rate, which is 1 here.

    Args:
        w: Float array, the weights.
        gradient: Array of the shape of `w`.
        state: Dictionary, `{}` before the first step.
        learning_rate: Positive number.
        rho: Number from 0 up to, not including, 1: the old means kept.
        epsilon: Positive number, added inside the root.

    Returns:
        `w, state` after the step.

    Reference:

    - Zeiler (2012), "ADADELTA: an adaptive learning rate method"

    Example:

    >>> w, state = adadelta(np.array([2.0]), np.array([4.0]), {})
    >>> w, state = adadelta(w, np.array([4.0]), state)
    >>> f"{w[0]:.7f}"
    '1.9999972'
    """
    mean = rho * state.get("mean", 0.0) + (1 - rho) * gradient**2
    steps = state.get("steps", 0.0)
    step = gradient * (steps + epsilon) ** 0.5 / (mean + epsilon) ** 0.5
    steps = rho * steps + (1 - rho) * step**2
    return w - learning_rate * step, {"mean": mean, "steps": steps}


def adam(
    w: np.ndarray,
    gradient: np.ndarray,
    state: State,
    learning_rate: float = 0.001,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-7,
) -> tuple[np.ndarray, State]:
    """Steps along the mean gradient, divided by its root mean square.

    Both means start at zero; the step's size corrects their bias.

    Args:
        w: Float array, the weights.
        gradient: Array of the shape of `w`.
        state: Dictionary, `{}` before the first step.
        learning_rate: Positive number.
        beta_1: Number from 0 up to, not including, 1, for the mean of the gradient.
        beta_2: The same for the mean of its square.
        epsilon: Positive number, added outside the root.

    Returns:
        `w, state` after the step.

    Reference:

    - Kingma and Ba (2015), "Adam: a method for stochastic optimization"

    Example:

    >>> w, state = adam(np.array([2.0]), np.array([4.0]), {})
    >>> w, state = adam(w, np.array([4.0]), state)
    >>> f"{w[0]:.5f}"
    '1.99800'
    """
    t = state.get("t", 0) + 1
    m = beta_1 * state.get("m", 0.0) + (1 - beta_1) * gradient
    v = beta_2 * state.get("v", 0.0) + (1 - beta_2) * gradient**2
    step_size = learning_rate * (1 - beta_2**t) ** 0.5 / (1 - beta_1**t)
    return w - step_size * m / (v**0.5 + epsilon), {"t": t, "m": m, "v": v}


def nadam(
    w: np.ndarray,
    gradient: np.ndarray,
    state: State,
    learning_rate: float = 0.001,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-7,
) -> tuple[np.ndarray, State]:
    """Adam with Nesterov's look ahead, and a momentum that warms up.

    The momentum of step t is u(t) = beta_1 * (1 - 0.96**t / 2).

    Args:
        w: Float array, the weights.
        gradient: Array of the shape of `w`.
        state: Dictionary, `{}` before the first step.
        learning_rate: Positive number.
        beta_1: Number from 0 up to, not including, 1, for the mean of the gradient.
        beta_2: The same for the mean of its square.
        epsilon: Positive number, added outside the root.

    Returns:
        `w, state` after the step.

    Reference:

    - Dozat (2016), "Incorporating Nesterov momentum into Adam"

    Example:

    >>> w, state = nadam(np.array([2.0]), np.array([4.0]), {})
    >>> w, state = nadam(w, np.array([4.0]), state)
    >>> f"{w[0]:.5f}"
    '1.99816'
    """
    t = state.get("t", 0) + 1
    m = beta_1 * state.get("m", 0.0) + (1 - beta_1) * gradient
    v = beta_2 * state.get("v", 0.0) + (1 - beta_2) * gradient**2
    u, u_next = (beta_1 * (1 - 0.5 * 0.96**s) for s in (t, t + 1))
    product = state.get("product", 1.0) * u  # of u(1) to u(t)
    ahead = u_next * m / (1 - product * u_next) + (1 - u) * gradient / (1 - product)
    step = ahead / ((v / (1 - beta_2**t)) ** 0.5 + epsilon)
    return w - learning_rate * step, {"t": t, "m": m, "v": v, "product": product}


def amsgrad(
    w: np.ndarray,
    gradient: np.ndarray,
    state: State,
    learning_rate: float = 0.001,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-7,
) -> tuple[np.ndarray, State]:
    """Adam that divides by the greatest mean square so far.

    The greatest is taken of the mean before its bias is corrected.

    Args:
        w: Float array, the weights.
        gradient: Array of the shape of `w`.
        state: Dictionary, `{}` before the first step.
        learning_rate: Positive number.
        beta_1: Number from 0 up to, not including, 1, for the mean of the gradient.
        beta_2: The same for the mean of its square.
        epsilon: Positive number, added outside the root.

    Returns:
        `w, state` after the step.

    Reference:

    - Reddi et al. (2018), "On the convergence of Adam and beyond"

    Example:

    >>> w, state = amsgrad(np.array([2.0]), np.array([4.0]), {})
    >>> w, state = amsgrad(w, np.array([4.0]), state)
    >>> f"{w[0]:.5f}"
    '1.99800'
    """
    t = state.get("t", 0) + 1
    m = beta_1 * state.get("m", 0.0) + (1 - beta_1) * gradient
    v = beta_2 * state.get("v", 0.0) + (1 - beta_2) * gradient**2
    top = np.maximum(state.get("top", 0.0), v)
    step_size = learning_rate * (1 - beta_2**t) ** 0.5 / (1 - beta_1**t)
    w = w - step_size * m / (top**0.5 + epsilon)
    return w, {"t": t, "m": m, "v": v, "top": top}


def adamw(
    w: np.ndarray,
    gradient: np.ndarray,
    state: State,
    learning_rate: float = 0.001,
    weight_decay: float = 0.004,
    **options: float,
) -> tuple[np.ndarray, State]:
    """Shrinks the weights, then takes Adam's step.

    The decay is not part of the gradient, so no root divides it.

    Args:
        w: Float array, the weights.
        gradient: Array of the shape of `w`.
        state: Dictionary, `{}` before the first step.
        learning_rate: Positive number.
        weight_decay: Number >= 0; the weights lose `learning_rate * weight_decay` of
            themselves.
        **options: Adam's `beta_1`, `beta_2`, `epsilon`.

    Returns:
        `w, state` after the step.

    Reference:

    - Loshchilov and Hutter (2019), "Decoupled weight decay regularization"

    Example:

    >>> w, state = adamw(np.array([2.0]), np.array([4.0]), {})
    >>> w, state = adamw(w, np.array([4.0]), state)
    >>> f"{w[0]:.5f}"
    '1.99798'
    """
    decayed = w - learning_rate * weight_decay * w
    return adam(decayed, gradient, state, learning_rate, **options)


OPTIMIZERS: dict[str, Callable] = {
    rule.__name__: rule
    for rule in (
        sgd,
        momentum,
        nesterov,
        adagrad,
        rmsprop,
        adadelta,
        adam,
        nadam,
        amsgrad,
        adamw,
    )
}


def minimize(
    rule: Callable,
    gradient: Callable[[np.ndarray], np.ndarray],
    start: np.ndarray,
    steps: int,
    **options: float,
) -> np.ndarray:
    """Walks down a function by an optimizer's rule.

    Args:
        rule: One of `OPTIMIZERS`' functions.
        gradient: Maps an array of the shape of `start` to one of the same shape.
        start: Float array, the first place.
        steps: Integer >= 0.
        **options: `learning_rate` and the rule's other options.

    Returns:
        Float array of shape (steps + 1, ...): every place, the start first.

    Raises:
        ValueError: If `steps` is negative, or a gradient has another shape.

    Example:

    >>> path = minimize(sgd, lambda w: 2 * w, np.array([2.0]), 2, learning_rate=0.01)
    >>> [f"{w:.4f}" for w in path[:, 0]]
    ['2.0000', '1.9600', '1.9208']
    """
    if steps < 0:
        raise ValueError(f"steps must be >= 0, got {steps}")
    w, state = np.asarray(start, dtype=float), {}
    path = [w]
    for _ in range(steps):
        slope = gradient(w)
        if np.shape(slope) != w.shape:
            raise ValueError(
                f"gradient must give an array of the shape of start, {w.shape}, "
                f"got {np.shape(slope)}"
            )
        w, state = rule(w, slope, state, **options)
        path.append(w)
    return np.array(path)
