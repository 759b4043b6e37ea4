"""References of the exercises of chapter 6, Optimizers."""

import copy
from functools import partial

import numpy as np

from dlbook._check import Function, Property, Value
from dlbook.scratch.optimizer import OPTIMIZERS, minimize


def _schedule(step, steps, warm, peak):
    if step < warm:
        return peak * step / warm
    return peak * (1 + np.cos(np.pi * (step - warm) / (steps - warm))) / 2


def _lion(w, gradient, state, learning_rate, beta_1, beta_2):
    m = state.get("m", 0.0)
    w = w - learning_rate * np.sign(beta_1 * m + (1 - beta_1) * gradient)
    return w, {"m": beta_2 * m + (1 - beta_2) * gradient}


def _walks_like_lion(answer):
    random = np.random.default_rng(6)
    options = {"learning_rate": 0.1, "beta_1": 0.8, "beta_2": 0.6}
    w, state = expected, right = random.normal(size=(2, 3)), {}
    for step in range(1, 21):
        gradient = random.normal(size=(2, 3)) + 0.3
        given = copy.deepcopy((w, gradient, state))
        result = answer(w, gradient, state, **options)
        if result is None or (isinstance(result, tuple) and result[0] is ...):
            return None
        if not isinstance(result, tuple) or len(result) != 2:
            return "It must return two things, the new w and the new state."
        if not np.array_equal(gradient, given[1]) or not np.array_equal(w, given[0]):
            return "It changes w or the gradient in place."
        if state.keys() != given[2].keys() or any(
            not np.array_equal(state[key], given[2][key]) for key in state
        ):
            return "It changes the old state."
        again = answer(*given, **options)
        w, state = result
        if not isinstance(state, dict) or set(state) != {"m"}:
            return 'The new state must be a dictionary with the one key "m".'
        if not np.array_equal(again[0], w) or not np.array_equal(
            again[1]["m"], state["m"]
        ):
            return "Called again with the same w, gradient and state, it answers else."
        expected, right = _lion(expected, gradient, right, **options)
        if not isinstance(w, np.ndarray) or w.shape != expected.shape:
            return f"The new w must be an array of the shape {expected.shape}."
        if not np.allclose(w, expected, rtol=1e-6, atol=1e-8):
            return f"The weights differ after step {step}."
    return True


def _rosenbrock_slope(w):
    x, y = w
    return np.array([-2 * (1 - x) - 400 * x * (y - x**2), 200 * (y - x**2)])


def _from_five_starts(answer):
    name, options = answer
    if name not in OPTIMIZERS:
        return f"The first entry must be one of {', '.join(OPTIMIZERS)}."
    if not isinstance(options, dict):
        return f"The second entry must be a dictionary, got {type(options).__name__}."
    if unknown := set(options) & {"gradient", "state", "w"}:
        return f"{sorted(unknown)} are not options of a rule."
    rule, worst = partial(OPTIMIZERS[name], **options), 0.0
    for start in ((-1.2, 1), (0, 0), (2, 2), (-1, -0.5), (1.5, -1)):
        with np.errstate(all="ignore"):
            path = minimize(rule, _rosenbrock_slope, np.array(start), 500)
            x, y = path[-1]
            loss = (1 - x) ** 2 + 100 * (y - x**2) ** 2
        worst = max(worst, loss if np.isfinite(loss) else np.inf)
    return bool(worst < 1e-3) or f"The worst of five losses is {worst:.3g}."


def _clipped_walk(rule, steps=300):
    w, state = np.zeros(1), {}
    for t in range(1, steps + 1):
        gradient = np.array([3.0 if t % 3 == 1 else -1.0])
        w, state = rule(w, gradient, state, 0.1 / t**0.5, beta_1=0.0, beta_2=0.1)
        w = np.clip(w, -1, 1)
    return w[0]


EXERCISES = {
    "6.1": Function(
        lambda learning_rate, g, beta, t: (
            -learning_rate * g * (1 - beta**t) / (1 - beta)
        ),
        cases=[(0.1, 2.0, 0.9, 1), (0.1, 2.0, 0.9, 12), (0.01, -3.0, 0.5, 3)]
        + [(1.0, 1.0, 0.0, 4), (0.1, 1.0, 0.9, 1000)],
        hint="Unfold v = beta v - learning_rate g from 0: a geometric sum.",
        rtol=1e-3,
    ),
    "6.2": Function(
        lambda beta, share: np.log(1 - share) / np.log(beta),
        cases=[(0.999, 0.9), (0.9, 0.9), (0.95, 0.5), (0.5, 0.75)],
        hint="The last k gradients carry 1 - beta**k.",
        rtol=1e-3,
    ),
    "6.3": Value(4.0, "The distance grows like the root of the steps.", rtol=0.01),
    "6.4": Function(
        lambda curvature, beta: 2 * (1 + beta) / curvature,
        cases=[(3.0, 0.9), (1.0, 0.0), (20.0, 0.5), (0.1, 0.99)],
        hint="With beta = 0 it is descent's 2 / curvature. Where does the polynomial "
        "(6.6) have the root -1?",
        rtol=1e-3,
    ),
    "6.5": Function(
        lambda m, a, beta, t: (m - beta**t * a) / (1 - beta**t),
        cases=[(1.0, 0.0, 0.9, 1), (3.0, 7.0, 0.9, 5), (-1.0, 2.0, 0.5, 3)],
        hint="Unfold the recursion. Which weight does the start have after t steps?",
        rtol=1e-3,
    ),
    "6.6": Property(
        _walks_like_lion,
        "The sign is of beta_1 m + (1 - beta_1) g with the old m; afterwards m is "
        "updated with beta_2.",
        function=True,
    ),
    "6.7": Value(
        (_clipped_walk(OPTIMIZERS["adam"]), _clipped_walk(OPTIMIZERS["amsgrad"])),
        "Run the two rules of the chapter with beta_1=0 and beta_2=0.1, and clip "
        "after every step; gradient 3 at steps 1, 4, 7 and so on.",
        rtol=0,
        atol=0.01,
    ),
    "6.8": Function(
        _schedule,
        cases=[
            *((step, 275, 27, 0.1) for step in (0, 13, 27, 28, 150, 274)),
            (0, 10, 0, 1.0),
            (7, 10, 4, 2.0),
        ],
        hint="At step warm it is the peak, at step steps it would be 0; half-way "
        "between the two it is half the peak.",
        rtol=1e-4,
        atol=1e-6,
    ),
    "6.9": Property(
        _from_five_starts,
        "Search over rates in factors of three, and over one other option.",
    ),
    "6.10": Function(
        lambda curvature, beta: 2 * (1 + beta) / (1 + 2 * beta) / curvature,
        cases=[(20.0, 0.9), (1.0, 0.0), (3.0, 0.5), (0.1, 0.99)],
        hint="Write (6.4) for theta alone, try theta = r**t, and ask when r = -1 is a "
        "root. With beta = 0 it is descent's 2 / curvature.",
        rtol=1e-3,
    ),
}
