"""The perceptron of chapter 1: against scikit-learn, by hand, and Novikoff's bound."""

import numpy as np
import pytest
from scipy.optimize import linprog, nnls
from sklearn.linear_model import Perceptron

from dlbook import data
from dlbook.scratch import perceptron


def random_set(seed, street=0.2):
    """Points that a hyperplane separates, with a street of half-width `street`."""
    rng = np.random.default_rng(seed)
    features, points = rng.integers(1, 13), rng.integers(20, 81)
    x, w = rng.normal(size=(points, features)), rng.normal(size=features)
    z = x @ w / np.linalg.norm(w) + 0.3 * rng.normal()
    keep = np.abs(z) > street
    return x[keep], (z[keep] > 0).astype(int)


def signed_augmented(x, d):
    return np.where(d == 1, 1, -1)[:, None] * np.hstack([x, np.ones((len(x), 1))])


def margin(x, d):
    """Best margin of the augmented points, from below and from above.

    Least-distance programming (Lawson and Hanson, 1974, chapter 23): a direction,
    with the margin it achieves, and a point of the convex hull of the signed points,
    whose length no margin exceeds. Exact where both agree.
    """
    signed = signed_augmented(x, d)
    target = np.append(np.zeros(signed.shape[1]), 1.0)
    weights, _ = nnls(np.vstack([signed.T, np.ones(len(signed))]), target)
    u = signed.T @ weights
    below = np.min(signed @ u) / np.linalg.norm(u)
    return below, np.linalg.norm(signed.T @ weights / weights.sum())


def test_predict_is_the_sign_of_the_activation_with_zero_as_zero():
    x = np.array([[1, 2], [1, 0], [2, 3], [0, 0]])
    outputs = perceptron.predict(x, np.array([-5, 3]), 1)
    assert outputs.tolist() == [1, 0, 0, 1]  # (2, 3) lies on the line
    assert perceptron.predict(x[0], np.array([-5, 3]), 1) == 1


@pytest.mark.parametrize(
    "b, d_i, expected",
    [
        (0, 1, ([2, 5], 1, 1)),  # z = 0: output 0, wrong
        (0, 0, ([0, 0], 0, 0)),  # z = 0: output 0, right
        (1, 0, ([-2, -5], 0, -1)),
        (1, 1, ([0, 0], 1, 0)),
    ],
)
def test_update_in_exact_integers(b, d_i, expected):
    w, b, error = perceptron.update(np.zeros(2, int), b, np.array([2, 5]), d_i)
    assert (w.tolist(), b, error) == expected
    assert w.dtype.kind == "i"


def test_update_takes_unsigned_labels():
    _, _, error = perceptron.update(np.zeros(1), 1, np.array([3.0]), np.uint8(0))
    assert error == -1


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("separable", [True, False])
def test_fit_equals_scikit_learn_epoch_by_epoch(seed, separable):
    x, d = random_set(seed)
    if not separable:
        d = np.random.default_rng(seed).permutation(d)
    if len(set(d.tolist())) < 2:
        pytest.skip("scikit-learn needs both classes")
    epochs = 7
    theirs = Perceptron(shuffle=False, max_iter=epochs, tol=None, eta0=1.0)
    # scikit-learn counts a tie as a mistake for both classes, we for class 1 alone.
    # From zero on every first point is a tie: begin with a point of class 1.
    first = np.flatnonzero(d == 1)[0]
    order = np.r_[first, np.delete(np.arange(len(d)), first)]
    x, d = x[order], d[order]
    theirs.fit(x, d)
    w, b, _ = perceptron.fit(x, d, max_epochs=epochs)
    np.testing.assert_allclose(w, theirs.coef_[0], rtol=1e-9, atol=1e-9)
    assert b == theirs.intercept_[0]


@pytest.mark.parametrize("gate", ["and", "or", "nand", "nor"])
def test_gates_are_learned(gate):
    x, d = data.logic_gate(gate)
    w, b, mistakes = perceptron.fit(x, d)
    assert mistakes[-1] == 0 and all(mistakes[:-1])
    assert np.array_equal(perceptron.predict(x, w, b), d)


def test_xor_is_not():
    *_, mistakes = perceptron.fit(*data.logic_gate("xor"), max_epochs=200)
    assert len(mistakes) == 200 and min(mistakes) > 0


def test_stops_exactly_on_separable_data():
    """Whether the rule converges agrees with a linear program on small random sets."""
    rng, found = np.random.default_rng(0), []
    for _ in range(60):
        x, d = rng.integers(-2, 3, size=(6, 2)), rng.integers(2, size=6)
        signed = signed_augmented(x, d)
        program = linprog(
            np.zeros(3), A_ub=-signed, b_ub=-np.ones(6), bounds=(None, None)
        )
        # On so small a grid the margin is never tiny: 2,000 epochs are plenty.
        *_, mistakes = perceptron.fit(x, d, max_epochs=2000)
        assert (mistakes[-1] == 0) == (program.status == 0)
        found.append(program.status == 0)
    assert 10 < sum(found) < 50  # both cases were met


@pytest.mark.parametrize("street", [0.01, 0.2, 0.8])
def test_novikoffs_bound(street):
    for seed in range(60):
        x, d = random_set(seed, street)
        if len(x) == 0:
            continue
        below, above = margin(x, d)
        assert below == pytest.approx(above, rel=1e-6)  # it is the best margin
        radius = np.linalg.norm(np.hstack([x, np.ones((len(x), 1))]), axis=1).max()
        *_, mistakes = perceptron.fit(x, d, max_epochs=100_000)
        assert mistakes[-1] == 0
        assert sum(mistakes) <= (radius / below) ** 2


def test_novikoffs_bound_is_reached_by_orthogonal_points():
    x = np.array([[1, 1, 1], [-1, 1, -1], [1, -1, -1], [-1, -1, 1]])
    d = np.ones(4, dtype=int)
    below, above = margin(x, d)
    assert below == pytest.approx(1) and above == pytest.approx(1)
    *_, mistakes = perceptron.fit(x, d)
    assert sum(mistakes) == 4  # R² = 4


@pytest.mark.parametrize("rate", [2.0**-7, 0.5, 8])
def test_the_learning_rate_scales_the_weights_and_nothing_else(rate):
    x, d = random_set(5)
    d = np.random.default_rng(1).permutation(d)  # not separable: many mistakes
    w, b, mistakes = perceptron.fit(x, d, max_epochs=30)
    w_rate, b_rate, mistakes_rate = perceptron.fit(x, d, rate, max_epochs=30)
    assert mistakes == mistakes_rate and b_rate == rate * b
    np.testing.assert_array_equal(w_rate, rate * w)


def test_images_as_bytes_do_not_overflow():
    x = np.array([[200, 0], [0, 200], [250, 250]], dtype="uint8")
    d = np.array([0, 1, 0], dtype="uint8")
    w, b, mistakes = perceptron.fit(x, d)
    assert mistakes[-1] == 0
    assert perceptron.predict(x.astype(float), w, b).tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    "arguments, message",
    [
        (([[0.0], [1.0]], [-1, 1]), r"d must hold only 0 and 1, got \[-1, 1\]"),
        (([0.0, 1.0], [0, 1]), r"x must have shape \(2, features\), got \(2,\)"),
        (([[0.0]], [0, 1]), r"x must have shape \(2, features\), got \(1, 1\)"),
        (([[0.0], [1.0]], [0, 1], 0), "learning_rate must be > 0"),
        (([[0.0], [1.0]], [0, 1], -0.1), "learning_rate must be > 0"),
        (([[0.0], [1.0]], [0, 1], 1, 0), "max_epochs >= 1, got 1 and 0"),
    ],
)
def test_bad_input_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        perceptron.fit(*arguments)
