"""References of the exercises of chapter 4, Universal approximation, and why depth."""

import numpy as np

from dlbook._check import Function, Property, Value


def _power_error(p, h):
    return h**p * (p ** (p / (1 - p)) - p ** (1 / (1 - p)))


def _square_units(epsilon):
    k, cells = 1, 1
    while 4.0 ** -(k + 1) > epsilon:
        k += 1
    while 1 / (4 * cells**2) > epsilon:
        cells += 1
    return 3 * k, cells


def _maximum(answer):
    W, b, v = (np.asarray(part, dtype=float) for part in answer)
    if (W.shape, b.shape, v.shape) != ((2, 3), (3,), (3,)):
        return (
            "Expected the shapes (2, 3), (3,) and (3,), "
            f"got {W.shape}, {b.shape} and {v.shape}."
        )
    if not all(np.isfinite(part).all() for part in (W, b, v)):
        return "Every weight must be a finite number."
    points = np.random.default_rng(0).normal(size=(1000, 2))
    for scale in (1, 1e4, 1e8):  # "for all real inputs": a large bias would show
        x = scale * points
        error = np.abs(np.maximum(x @ W + b, 0) @ v - x.max(axis=1))
        if np.max(error) > 1e-6 * scale:
            worst = x[np.argmax(error)]
            return f"At x = ({worst[0]:.3g}, {worst[1]:.3g}) the network is wrong."
    return True


EXERCISES = {
    "4.1": Value(
        (2, -3, 1),
        "First the three slopes, then their changes. The last cell is 2 wide.",
    ),
    "4.2": Value(
        71,
        "The interval has the length 2π, and |sin''| is at most 1. Solve the bound for "
        "n and round up.",
    ),
    "4.3": Function(
        _power_error,
        cases=[(0.5, 1.0), (0.5, 0.04), (0.3, 0.1), (0.8, 2.0), (0.1, 0.5)],
        hint="Where is the derivative of x^p − x h^(p−1) zero? Put that place in.",
        rtol=1e-3,
    ),
    "4.4": Function(
        lambda M, h: M * h**2 / 16,
        cases=[(2.0, 1.0), (3.0, 0.5), (0.7, 2.0)],
        hint="The chord's error has one sign. Move the line until the largest error "
        "above and below are equal.",
        rtol=1e-3,
    ),
    "4.5": Function(
        lambda s: 1 / (2 * s),
        cases=[(1.0,), (2.0,), (10.0,)],
        hint="Draw the step and the ramp: the area between them is a triangle.",
        rtol=1e-3,
    ),
    "4.6": Value(
        (3, -6, 6, 243),
        "The slopes of the three pieces are ±3. How many copies of itself does one "
        "more zigzag make?",
    ),
    "4.7": Function(
        lambda m, k: (m + 1) ** k,
        cases=[(1, 1), (2, 1), (2, 5), (5, 3), (7, 2)],
        hint="On an interval where a pre-activation is straight, its ReLU has at most "
        "one new kink. Into how many parts can m units cut it?",
    ),
    "4.8": Function(
        _square_units,
        # None of them on an edge, where rounding would decide.
        cases=[(0.1,), (0.03,), (0.011,), (0.0013,), (3e-5,), (1.1e-6,)],
        hint="Solve 4^−(k+1) ≤ ε for k, at least 1, and h²/4 ≤ ε for n = 1/h. Round.",
    ),
    "4.9": Property(
        _maximum,
        "One unit for the ReLU of the hint, and two to let x₁ pass: "
        "x₁ = ReLU(x₁) − ReLU(−x₁).",
    ),
    "4.10": Function(
        lambda p, k: (1 - (p - 1) / 2 ** (k - 1)) / 4,
        cases=[(1, 1), (1, 4), (4, 4), (8, 4), (3, 6)],
        hint="There are 2^(k−1) teeth, and p − 1 places where the slope changes. What "
        "does each tooth that has none of these cost?",
        rtol=1e-3,
    ),
}
