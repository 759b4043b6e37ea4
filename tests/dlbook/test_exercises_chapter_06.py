"""The judges of chapter 6's exercises: wrong answers are refused, short ones accepted.

That the full right answers are accepted is shown by the chapter's solutions.
"""

import numpy as np
import pytest

from dlbook.exercises.chapter_06 import EXERCISES


def lion(w, g, s, learning_rate=0.001, beta_1=0.9, beta_2=0.99):
    m = s.get("m", 0.0)
    w = w - learning_rate * np.sign(beta_1 * m + (1 - beta_1) * g)
    return w, {"m": beta_2 * m + (1 - beta_2) * g}


def updated_first(w, g, s, learning_rate=0.001, beta_1=0.9, beta_2=0.99):
    m = beta_2 * s.get("m", 0.0) + (1 - beta_2) * g
    return w - learning_rate * np.sign(beta_1 * m + (1 - beta_1) * g), {"m": m}


def one_beta(w, g, s, learning_rate=0.001, beta_1=0.9, beta_2=0.99):
    return lion(w, g, s, learning_rate, beta_1, beta_1)


def sign_of_gradient(w, g, s, learning_rate=0.001, beta_1=0.9, beta_2=0.99):
    return w - learning_rate * np.sign(g), {"m": 0.0}


def in_place(w, g, s, **options):
    stepped, state = lion(w, g, s, **options)
    w[:] = stepped
    return w, state


def old_state_changed(w, g, s, **options):
    w, state = lion(w, g, s, **options)
    s.update(state)
    return w, s


def old_array_changed(w, g, s, learning_rate=0.001, beta_1=0.9, beta_2=0.99):
    m = s.get("m", np.zeros_like(g))
    w = w - learning_rate * np.sign(beta_1 * m + (1 - beta_1) * g)
    m *= beta_2
    m += (1 - beta_2) * g
    return w, {"m": m}


MEMORY = {}


def memory_elsewhere(w, g, s, **options):
    w, state = lion(w, g, dict(MEMORY), **options)
    MEMORY.update(state)
    return w, {"m": state["m"]}


def empty_state(w, g, s, **options):
    w, state = lion(w, g, dict(MEMORY), **options)
    MEMORY.update(state)
    return w, {}


def other_key(w, g, s, **options):
    w, state = lion(w, g, {"m": s.get("mean", 0.0)}, **options)
    return w, {"mean": state["m"]}


WRONG = {
    "6.1": [
        lambda rate, g, beta, t: rate * g * (1 - beta**t) / (1 - beta),
        lambda rate, g, beta, t: -rate * g / (1 - beta),
        lambda rate, g, beta, t: -rate * g * (1 - beta ** (t - 1)) / (1 - beta),
        lambda rate, g, beta, t: -rate * g * t,
        lambda rate, g, beta, t: np.nan,
    ],
    "6.2": [
        lambda beta, share: np.log(share) / np.log(beta),
        lambda beta, share: 1 / (1 - beta),
        lambda beta, share: np.ceil(np.log(1 - share) / np.log(beta)) + 1,
    ],
    "6.3": [2, 2**0.5, 8, np.nan],
    "6.4": [
        lambda curvature, beta: 2 / curvature,
        lambda curvature, beta: (1 + beta**0.5) ** 2 / curvature,
        lambda curvature, beta: 2 / (1 - beta) / curvature,
    ],
    "6.5": [
        lambda m, a, beta, t: m / (1 - beta**t),
        lambda m, a, beta, t: (m - a) / (1 - beta**t),
        lambda m, a, beta, t: (m - beta**t * a) / (1 - beta),
    ],
    "6.6": [
        *(updated_first, one_beta, sign_of_gradient, in_place, old_state_changed),
        *(old_array_changed, memory_elsewhere, empty_state, other_key),
        *(lambda w, g, s, **options: (w[0], s), 7),
        lambda w, g, s, **options: lion(w, g, s, **options)[0],
        lambda w, g, s, **options: (lion(w, g, s, **options)[0].tolist(), s),
    ],
    "6.7": [(1, -1), (-0.44, 0.68), (0.68, 0.68), (0.15, -0.16), (np.nan, -0.44), 1],
    "6.8": [
        lambda step, steps, warm, peak: peak * (1 + np.cos(np.pi * step / steps)) / 2,
        lambda step, steps, warm, peak: peak * min(1, step / max(warm, 1)),
        lambda step, steps, warm, peak: peak * (1 - step / steps),
    ],
    "6.9": [
        ("adam", {"learning_rate": 0.001}),
        ("adagrad", {"learning_rate": 1.78}),  # lucky from (-1.2, 1) alone
        ("sgd", {"learning_rate": 1.0}),
        ("newton", {}),
        ("adam", 0.01),
        ("adam", {"learning_rate": 0.03, "steps": 10_000}),
        ("adam", {"rate": 0.03}),
        ("adam", {"learning_rate": 0.03, "state": {}}),
        ("adagrad", {"learning_rate": 1.78, "start": 0.0}),
    ],
    "6.10": [
        lambda curvature, beta: 2 * (1 + beta) / curvature,
        lambda curvature, beta: 2 / curvature,
        lambda curvature, beta: 2 / (1 + beta) / curvature,
    ],
}
SHORT = {
    "6.2": lambda beta, share: float(f"{np.log(1 - share) / np.log(beta):.4g}"),
    "6.3": 4,
    "6.7": (0.68, -0.44),
    "6.9": ("adam", {"learning_rate": 0.01, "beta_2": 0.9}),
}


@pytest.mark.parametrize("number", SHORT)
def test_answers_at_the_precision_asked_for_are_accepted(number):
    assert EXERCISES[number].judge(SHORT[number]) == ""


def test_a_rule_is_accepted_and_its_skeleton_is_no_answer():
    assert EXERCISES["6.6"].judge(lion) == ""
    assert EXERCISES["6.6"].judge(lambda w, g, s, **options: (..., s)) is None
