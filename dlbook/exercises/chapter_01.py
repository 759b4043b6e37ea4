"""References for the exercises of chapter 1."""

import numpy as np

from dlbook import data
from dlbook._check import Function, Property, Value
from dlbook.scratch import perceptron


def _right_for_all_but(allowed, answer, x, d):
    """Whether a unit (w, b) is wrong for `allowed` inputs at most.

    A pre-activation that is 0 up to rounding is taken for 0, so its output is 0.
    """
    w, b = (np.asarray(part, dtype=float) for part in answer)
    if w.shape != x.shape[1:]:
        return f"w must have shape {x.shape[1:]}, got {w.shape}."
    if b.size != 1:
        return f"b must be one number, got shape {b.shape}."
    b = b.item()
    rounding = 1e-12 * (np.abs(x) @ np.abs(w) + np.abs(b))
    wrong = int(np.sum((x @ w + b > rounding) != d))
    return wrong <= allowed or f"Your unit is wrong for {wrong} of the {len(x)} inputs."


def _nor(answer):
    return _right_for_all_but(0, answer, *data.logic_gate("nor"))


def _three_of_five(answer):
    x = np.array(list(np.ndindex(2, 2, 2, 2, 2)))
    return _right_for_all_but(0, answer, x, x.sum(axis=1) >= 3)


def _signed_update(v, x_tilde, t):
    error = (t + 1) // 2 - int(v @ x_tilde > 0)
    return v + error * x_tilde


def _xor(answer):
    W, b, w_out, b_out = (np.asarray(part, dtype=float) for part in answer)
    if W.shape != (2, 2) or b.shape != (2,) or w_out.shape != (2,) or b_out.size != 1:
        return "W must have shape (2, 2), b and w_out (2,), b_out must be one number."
    x, d = data.logic_gate("xor")
    outputs = perceptron.predict(perceptron.predict(x, W, b), w_out, b_out.item())
    wrong = int(np.sum(outputs != d))
    return wrong == 0 or f"Your three units are wrong for {wrong} of the 4 inputs."


def _raw_margin(x, t):
    """The best margin of the points themselves, the bias being free.

    Returned is what the line found achieves, so at most the best; not positive if
    none was found. A margin that is too small refuses answers, and accepts no wrong
    one.
    """
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import SVC

    machine = SVC(kernel="linear", C=1e8, tol=1e-8, max_iter=300_000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        w = machine.fit(x / np.abs(x).max(), t).coef_[0]
    distances = x @ w / (np.linalg.norm(w) or 1)
    return (distances[t > 0].min() - distances[t < 0].max()) / 2


def _breaks_raw_bound(answer):
    x, d = np.asarray(answer[0], dtype=float), np.asarray(answer[1])
    if not np.isfinite(x).all():
        return "x must hold finite numbers."
    if len(x) > 100:
        return "At most 100 points, please."
    if set(d.tolist()) != {0, 1}:
        return "d must hold 0 and 1, each at least once."
    perceptron.check_input(x, d, 1, 1)
    radius = np.linalg.norm(x, axis=1).max()
    margin = _raw_margin(x, np.where(d == 1, 1, -1)) if radius > 0 else 0
    if margin <= 0:
        return "No line that separates your points was found."
    bound = (radius / margin) ** 2
    w, b, mistakes = np.zeros(x.shape[1]), 0, 0
    for _ in range(20_000):
        before = mistakes
        for x_i, d_i in zip(x, d, strict=True):
            w, b, error = perceptron.update(w, b, x_i, d_i)
            mistakes += abs(error)
        if mistakes > 10 * bound or mistakes == before:
            break
    stopped = "" if mistakes == before else "After 20,000 epochs, still learning: "
    return mistakes > 10 * bound or (
        f"{stopped}{mistakes} mistakes; ten times the bound from the raw points is "
        f"{10 * bound:.1f}."
    )


def _ten_digits(answer):
    W, b = (np.asarray(part, dtype=float) for part in answer)
    if W.shape != (784, 10) or b.shape != (10,):
        return f"W must have shape (784, 10) and b (10,), got {W.shape} and {b.shape}."
    _, (images, labels) = data.mnist()
    scores = images.reshape(len(images), -1) / 255 @ W + b
    accuracy = np.mean(np.argmax(scores, axis=1) == labels)
    return bool(accuracy >= 0.8) or f"Accuracy on the test digits: {accuracy:.3f}."


def _two_flowers(answer):
    parts = data.iris()
    x = np.vstack([part[0] for part in parts])
    y = np.concatenate([part[1] for part in parts])
    return _right_for_all_but(2, answer, np.rint(10 * x[y > 0]), y[y > 0] == 2)


EXERCISES = {
    "1.1": Value(
        (2, 1, 3),
        "Put the numbers into 1 - 5x1 + 3x2; on the line the pre-activation is 0.",
    ),
    "1.2": Property(
        _nor,
        "Start from OR and turn the sign of every pre-activation; then mind (0, 0), "
        "where it must be greater than 0.",
    ),
    "1.3": Value(
        (400 * 26, 26, 400 * 26 + 26),
        "One column of W and one entry of b for every class.",
    ),
    "1.4": Property(
        _three_of_five, "Equal weights count the ones. Where must the threshold lie?"
    ),
    "1.5": Function(
        _signed_update,
        cases=[
            (np.array([0, 0, 0]), np.array([2, -1, 1]), 1),
            (np.array([0, 0, 0]), np.array([2, -1, 1]), -1),
            (np.array([1, -2, 3]), np.array([2, 4, 1]), 1),
            (np.array([1, -2, 3]), np.array([2, -4, 1]), -1),
            (np.array([1, -2, 3]), np.array([2, -4, 1]), 1),
            (np.array([1, -2, 3]), np.array([2, 4, 1]), -1),
            (np.array([1, -2, 0]), np.array([2, 1, 1]), 1),
            (np.array([1, -2, 0]), np.array([2, 1, 1]), -1),
            (np.array([1, -2, 2]), np.array([1, 1, 1]), -1),
            (np.array([0.5, 0, 0]), np.array([1, 0, 1]), -1),
        ],
        hint="A tie, v·x̃ = 0, is a mistake for one of the two signs only.",
    ),
    "1.6": Value(
        (1, 0.5, -1, 10),
        "Compare two runs, rate 1 and rate 1/2, side by side, from zero on.",
    ),
    "1.7": Property(_xor, "XOR is: OR, and not AND."),
    "1.8": Property(
        _breaks_raw_bound,
        "What happens to both sides when all points shrink towards the origin? And "
        "what if the bias must become negative, in steps of 1?",
    ),
    "1.9": Value(
        (14, 104),
        "Ask `separating_unit` about every way to label the corners of the cube.",
    ),
    "1.10": Property(
        _ten_digits,
        "Did a mistake raise the right class and lower the one that won?",
    ),
    "1.11": Property(
        _two_flowers,
        "The rule alone hardly gets there. If you may give up a flower or two, can a "
        "linear program tell whether a line is right about the rest?",
    ),
}
