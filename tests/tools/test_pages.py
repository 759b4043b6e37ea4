"""What the pages state as numbers is computed again here."""

import re

import numpy as np
import pytest

from dlbook import data
from dlbook.data import _files
from tools.environment import ROOT

BOOK = ROOT / "book"


def read(name: str) -> str:
    return (BOOK / name).read_text(encoding="utf-8")


def erratum(name: str) -> str:
    """The paragraph of an erratum, such as "B13"."""
    found = re.search(rf"^\*\*{name}\. .*$", read("lecture-errata.md"), re.M)
    assert found, f"no erratum {name}"
    return found.group()


def softmax(z):
    e = np.exp(z - np.max(z))
    return e / e.sum()


def test_hashes_of_packaged_files_are_on_the_page():
    for name, sha256 in _files.PACKAGED.items():
        assert name in read("datasets.md")
        assert sha256 in read("datasets.md")


def test_shapes_on_the_page_are_those_of_the_data():
    page = read("datasets.md")
    for load in (data.iris, data.mnist, data.emoji):
        for x, _ in load():
            assert f"({', '.join(map(str, x.shape))})" in page


def test_glossary_is_in_alphabetical_order():
    terms = re.findall(r"^## (.*)$", read("glossary.md"), re.M)
    assert terms == sorted(set(terms), key=str.lower)


def test_tie_goes_to_the_first_class():
    scores = np.array([5, 2, 3]) @ np.array([[1, 0], [0, 1], [0, 1]])
    assert scores.tolist() == [5, 5] and np.argmax(scores) == 0
    assert "(5, 2, 3)" in erratum("B1")


def test_a_line_reaches_two_thirds_of_problem_3_and_no_more():
    # The line x + y = 2/3 on the square from -1 to 1; then a search over all lines.
    side = (np.arange(200) + 0.5) / 100 - 1
    x, y = np.meshgrid(side, side)
    label = x * y > 0
    assert abs(np.mean((x + y > 2 / 3) == label) - 2 / 3) < 0.005
    best = 0
    for angle in np.linspace(0, np.pi, 61):
        along = x * np.cos(angle) + y * np.sin(angle)
        for offset in np.linspace(-1.5, 1.5, 61):
            share = np.mean((along > offset) == label)
            best = max(best, share, 1 - share)
    assert best < 2 / 3 + 0.005
    assert "2/3" in erratum("B8")


def test_softmax_derivative_is_a_matrix():
    s, t = softmax(np.array([1, 2, 0.5])), np.eye(3)[1]
    row = (np.diag(s) - np.outer(s, s))[1]
    slide = s * (t - s)
    np.testing.assert_allclose(row, s[1] * (t - s))
    assert not np.allclose(row, slide)
    for vector in (row, slide):
        numbers = ", ".join(f"{v:.3f}".replace("-", "−") for v in vector)
        assert f"({numbers})" in erratum("B13")


def test_the_way_back_goes_through_the_second_matrix():
    random = np.random.default_rng(0)
    x, W, V = (random.normal(size=size) for size in (3, (3, 4), (4, 4)))
    t = np.eye(4)[1]

    def loss(W):
        return -np.log(softmax(np.maximum(x @ W, 0) @ V)) @ t

    a = x @ W
    upstream = softmax(np.maximum(a, 0) @ V) - t
    gradient = np.outer(x, (upstream @ V.T) * (a > 0))
    step = 1e-6 * np.eye(12).reshape(12, 3, 4)
    numeric = np.reshape([(loss(W + h) - loss(W - h)) / 2e-6 for h in step], (3, 4))
    np.testing.assert_allclose(gradient, numeric, atol=1e-8)
    with pytest.raises(ValueError):  # the slide's W in its place does not multiply
        np.outer(x, (upstream @ W.T) * (a > 0))


def test_softmax_of_30_and_0():
    assert f"{softmax(np.array([30.0, 0.0]))[1]:.2e}" == "9.36e-14"
    assert "9.36·10⁻¹⁴" in erratum("B17")


def test_one_column_of_softmax_teaches_nothing():
    import tensorflow as tf

    labels, logits = [[1.0], [0.0]], [[3.0], [-2.0]]
    loss = tf.nn.softmax_cross_entropy_with_logits(labels, logits)
    assert loss.numpy().tolist() == [0, 0]


def test_code_of_the_slides_that_does_not_run():
    import keras
    import tensorflow as tf

    with pytest.raises(ModuleNotFoundError, match="No module named 'tf'"):
        exec("from tf.keras.layers import *")
    assert not hasattr(tf, "random_normal")
    weights = tf.constant(1.0)
    with pytest.raises(RuntimeError, match="eager"):
        tf.gradients(weights, weights)
    with pytest.raises(ValueError, match="init"):
        keras.layers.Dense(64, input_dim=16, init="uniform")
    assert keras.layers.Convolution2D(64, 3, 3).strides == (3, 3)


def test_adagrad_of_the_slide_starts_with_a_leap():
    assert f"{1 / np.sqrt(0 + 1e-8):,.0f}" == "10,000"
    assert "10,000" in erratum("K6")


def test_standardizing_keeps_correlation():
    (train, _), (test, _) = data.iris()
    x = np.concatenate([train, test]).astype("float64")
    standard = (x - x.mean(axis=0)) / x.std(axis=0)
    before, after = np.corrcoef(x.T), np.corrcoef(standard.T)
    np.testing.assert_allclose(before, after)
    assert f"{before[2, 3]:.3f}" in erratum("K10")


def test_lenet_of_the_slide():
    def features(side):
        for _ in range(2):
            side = (side - 5 + 1) // 2
        return 16 * side * side

    assert [features(28), features(32)] == [256, 400]
    assert "256" in erratum("K14") and "400" in erratum("K14")


def test_cross_correlation_and_convolution():
    x, kernel = [1, 4, -1, 0, 2, -2, 1, 3, 3, 1], [1, 2, 0, -1]
    page = read("lecture-errata.md").replace("−", "-")
    for result in (np.correlate(x, kernel), np.convolve(x, kernel, "valid")):
        assert f"({', '.join(map(str, result))})" in page
