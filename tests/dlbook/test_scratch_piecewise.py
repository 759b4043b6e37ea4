"""Polygons against NumPy's interpolation; pieces against exact rational arithmetic."""

from fractions import Fraction

import numpy as np
import pytest

from dlbook.scratch import piecewise


@pytest.mark.parametrize("seed", range(20))
def test_polygon_is_numpy_s_interpolation(seed):
    random = np.random.default_rng(seed)
    knots = np.cumsum(random.uniform(0.01, 1, 30))
    values = random.normal(size=30)
    x = np.r_[random.uniform(knots[0], knots[-1], 200), knots]
    expected = np.interp(x, knots, values)
    assert np.allclose(piecewise.polygon(x, knots, values), expected, atol=1e-10)
    left, right = knots[0] - 1, knots[-1] + 1
    slope = (values[-1] - values[-2]) / (knots[-1] - knots[-2])
    beyond = piecewise.polygon(np.array([left, right]), knots, values)
    assert np.allclose(beyond, [values[0], values[-1] + slope], atol=1e-10)


def exact_pieces(layers, low, high):
    """Pieces of a network with whole-number weights, in rational arithmetic."""
    x = [Fraction(low), Fraction(high)]
    h = [[place] for place in x]
    for depth, (W, b) in enumerate(layers, start=1):
        W, b = W.astype(int).tolist(), b.astype(int).tolist()
        columns = list(zip(*W, strict=True))
        z = [
            [
                sum(p * w for p, w in zip(row, c, strict=True)) + s
                for c, s in zip(columns, b, strict=True)
            ]
            for row in h
        ]
        if depth == len(layers):
            break
        places, values = [x[0]], [z[0]]
        for i in range(len(x) - 1):
            parts = {
                p / (p - q) for p, q in zip(z[i], z[i + 1], strict=True) if p * q < 0
            }
            for part in [*sorted(parts), Fraction(1)]:
                places.append(x[i] + part * (x[i + 1] - x[i]))
                pairs = zip(z[i], z[i + 1], strict=True)
                values.append([p + part * (q - p) for p, q in pairs])
        x, h = places, [[max(value, 0) for value in row] for row in values]
    y = [row[0] for row in z]
    slopes = [(y[i + 1] - y[i]) / (x[i + 1] - x[i]) for i in range(len(x) - 1)]
    return 1 + sum(s != t for s, t in zip(slopes, slopes[1:], strict=False))


@pytest.mark.parametrize("seed", range(40))
def test_pieces_are_those_of_exact_arithmetic(seed):
    """Whole-number weights: many units switch at one place, and many are dead."""
    random = np.random.default_rng(seed)
    sizes = [1, *random.integers(1, 6, size=random.integers(1, 4)), 1]
    layers = [
        (random.integers(-3, 4, (i, o)).astype(float), random.integers(-4, 5, o) * 1.0)
        for i, o in zip(sizes, sizes[1:], strict=False)
    ]
    assert piecewise.count_pieces(layers, -5, 7) == exact_pieces(layers, -5, 7)


def folds(b, v, k):
    """The network that applies one layer of hinges k times."""
    both = np.ones((1, len(b)))
    return [(both, b)] + [(v @ both, b)] * (k - 1) + [(v, np.zeros(1))]


@pytest.mark.parametrize("seed", range(100))
def test_folds_at_any_place_double_the_pieces(seed):
    """A peak that is no binary fraction: zeros fall on old kinks up to rounding."""
    peak = np.random.default_rng(seed).uniform(0.2, 0.8)
    v = np.array([[1 / peak], [-1 / peak - 1 / (1 - peak)]])
    assert piecewise.count_pieces(folds(np.array([0, -peak]), v, 5), 0, 1) == 32


@pytest.mark.parametrize("ulps", range(-8, 9))
@pytest.mark.parametrize("k", [3, 5, 6])
def test_zigzag_s_pieces_do_not_hang_on_the_last_bit(ulps, k):
    b = -np.array([0, 1 / 3 + ulps * 2.0**-54, 2 / 3])
    v = np.array([[3.0], [-6.0], [6.0]])
    assert piecewise.count_pieces(folds(b, v, k), 0, 1) == 3**k


def test_pieces_of_a_constant_network():
    layers = [(np.zeros((1, 3)), np.ones(3)), (np.ones((3, 1)), np.ones(1))]
    assert piecewise.count_pieces(layers, -1, 1) == 1


def test_slopes_are_those_of_small_steps():
    random = np.random.default_rng(0)
    sizes = [1, 8, 8, 1]
    layers = [
        (random.normal(size=(i, o)), random.normal(size=o))
        for i, o in zip(sizes, sizes[1:], strict=False)
    ]
    x = random.uniform(-2, 2, 100)
    _, slopes = piecewise.forward(layers, x)
    above, _ = piecewise.forward(layers, x + 1e-7)
    below, _ = piecewise.forward(layers, x - 1e-7)
    assert np.allclose(slopes, (above - below) / 2e-7, atol=1e-5)


@pytest.mark.parametrize("k", range(1, 13))
def test_sawtooth_is_its_closed_form(k):
    """Its value is the distance to the nearest even multiple of 2**-k, scaled."""
    x = np.arange(3 * 2**k + 1) / (3 * 2**k)
    expected = np.abs((x * 2**k + 1) % 2 - 1)
    assert np.allclose(piecewise.sawtooth(x, k), expected, atol=1e-9)
    values, _ = piecewise.forward(piecewise.sawtooth_layers(k), x)
    assert np.allclose(values[:, 0], expected, atol=1e-9)
