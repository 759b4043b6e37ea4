"""dlbook.plot: legible on white and on black, and the drawing shows the numbers."""

import io
import itertools

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
import pytest  # noqa: E402
from IPython.core.pylabtools import print_figure  # noqa: E402
from matplotlib.colors import to_hex, to_rgb  # noqa: E402
from matplotlib.text import Text  # noqa: E402
from PIL import Image  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.neighbors import KNeighborsClassifier  # noqa: E402

from dlbook import plot  # noqa: E402

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(60, 2)) + np.repeat([[0, 0], [3, 3], [0, 4]], 20, axis=0)
Y = np.repeat([0, 1, 2], 20)


pytestmark = pytest.mark.filterwarnings("error::UserWarning")


@pytest.fixture(autouse=True)
def styled():
    with plt.rc_context():
        plot.style()
        yield
        plt.close("all")


def linear(color):
    """Linear RGB of an sRGB colour."""
    rgb = np.array(to_rgb(color))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def contrast(a, b):
    """WCAG 2 contrast ratio of two colours."""
    low, high = sorted(linear(c) @ [0.2126, 0.7152, 0.0722] for c in (a, b))
    return (high + 0.05) / (low + 0.05)


def lab(rgb):
    """CIELAB of linear RGB."""
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722]]
    to_xyz += [[0.0193, 0.1192, 0.9505]]
    t = np.array(to_xyz) @ np.clip(rgb, 0, 1) / [0.9505, 1.0, 1.089]
    x, y, z = np.where(t > 0.008856, np.cbrt(t), 7.787 * t + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


# Machado, Oliveira and Fernandes (2009), full severity.
VISION = {
    "usual": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def test_the_measures_themselves():
    assert contrast("white", "black") == pytest.approx(21)
    assert contrast("#777777", "white") == pytest.approx(4.48, abs=0.01)  # well known
    assert lab(linear("white"))[0] == pytest.approx(100, abs=0.01)
    assert lab(linear("red")) == pytest.approx([53.24, 80.09, 67.20], abs=0.1)


@pytest.mark.parametrize("background", ["white", "black"])
def test_colours_stand_out_on_both_backgrounds(background):
    assert contrast(plot.TEXT, background) >= 4.5
    for color in plot.PALETTE:
        assert contrast(color, background) >= 3, color


@pytest.mark.parametrize("vision", VISION)
def test_colours_stay_apart_for_every_kind_of_vision(vision):
    seen = [lab(np.array(VISION[vision]) @ linear(color)) for color in plot.PALETTE]
    for (i, a), (j, b) in itertools.combinations(enumerate(seen), 2):
        assert np.linalg.norm(a - b) > 15, (plot.PALETTE[i], plot.PALETTE[j])


def every_plot():
    x = RANDOM.uniform(size=(6, 8, 8))
    history = {"loss": [3, 2, 1], "val_loss": [3, 2.5, 2], "accuracy": [0.1, 0.5, 1]}
    yield plot.loss_curves({"a": history, "b": [3, 4, 5]})
    ax = plot.decision_boundary(lambda x: x[:, 0] > 1, X, Y > 0)
    ax.legend()
    ax.set(title="title", xlabel="x", ylabel="y")
    yield ax
    yield plot.images(x, titles=range(6), columns=3)
    yield plot.images(x[:1], signed=True)
    yield plot.band([1, 2, 3], RANDOM.normal(size=(5, 3)), label="median")


def test_text_is_readable_and_of_the_one_colour():
    for ax in every_plot():
        ax.figure.canvas.draw()
        texts = [t for t in ax.figure.findobj(Text) if t.get_visible()]
        texts = [t for t in texts if t.get_text().strip()]
        assert all(t.get_fontsize() >= 10 for t in texts)
        assert {to_hex(t.get_color()) for t in texts} <= {plot.TEXT}
        assert ax.figure.get_figwidth() <= 6.4


def test_a_notebooks_picture_is_transparent_around_the_data():
    for ax in every_plot():
        with Image.open(io.BytesIO(print_figure(ax.figure))) as image:
            pixels = np.asarray(image)
        assert pixels.shape[2] == 4
        border = [pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]
        assert np.median(np.concatenate(border)[:, 3]) == 0
        assert (pixels[..., 3] == 255).any()


def test_saved_pictures_are_transparent_too():
    for ax in every_plot():
        buffer = io.BytesIO()
        ax.figure.savefig(buffer)
        with Image.open(buffer) as image:
            assert image.getpixel((0, 0))[3] == 0


def test_functions_draw_on_the_axes_given_and_open_no_figure():
    figure = matplotlib.figure.Figure()
    axes = figure.subplots(4)
    before = plt.get_fignums()
    calls = [
        plot.loss_curves({"loss": [1, 2]}, ax=axes[0]),
        plot.decision_boundary(lambda x: x[:, 0] > 1, X, Y > 0, ax=axes[1]),
        plot.images(np.ones((2, 3, 3)), ax=axes[2]),
        plot.band([1, 2], np.ones((3, 2)), ax=axes[3]),
    ]
    assert all(drawn is ax for drawn, ax in zip(calls, axes, strict=True))
    assert plt.get_fignums() == before


def drawn(ax):
    """Label, style and points of each line, epoch by epoch."""
    return {
        line.get_label(): (line.get_linestyle(), line.get_xydata().tolist())
        for line in ax.lines
    }


def test_a_history_draws_its_losses_alone():
    ax = plot.loss_curves({"loss": [3, 2], "val_loss": [4, 5], "accuracy": [0, 1]})
    assert drawn(ax) == {
        "training": ("-", [[1, 3], [2, 2]]),
        "validation": ("--", [[1, 4], [2, 5]]),
    }
    assert ax.lines[0].get_color() == ax.lines[1].get_color()
    assert ax.get_yscale() == "linear" and ax.get_xlabel() == "epoch"


def test_curves_and_histories_draw_side_by_side():
    curves = {"a": [3, 2, 1], "b": {"loss": [9], "val_loss": [8]}}
    ax = plot.loss_curves(curves, log=True)
    assert list(drawn(ax)) == ["a", "b", "b, validation"]
    assert drawn(ax)["a"] == ("-", [[1, 3], [2, 2], [3, 1]])
    assert [line.get_color() for line in ax.lines] == [
        plot.PALETTE[0],
        plot.PALETTE[1],
        plot.PALETTE[1],
    ]
    shapes = [line.get_marker() for line in ax.lines]  # one epoch would be invisible
    assert shapes == [plot.MARKERS[0], plot.MARKERS[1], plot.MARKERS[1]]
    assert ax.get_yscale() == "log"


def test_a_loss_that_overflowed_leaves_a_gap():
    ax = plot.loss_curves({"rate 9": [1, 50, np.inf, np.nan]})
    ax.figure.canvas.draw()
    assert ax.get_ylim()[1] < 100


@pytest.mark.parametrize(
    "curves, message",
    [
        ({}, "at least one curve"),
        ([1, 2], "must be a dictionary"),
        ({"a": [[1, 2]]}, r"curve 'a' must have 1 dimension\(s\), got shape \(1, 2\)"),
        ({"a": {"mae": [1]}}, "history 'a' has no 'loss', only"),
    ],
)
def test_bad_curves_are_refused(curves, message):
    with pytest.raises(ValueError, match=message):
        plot.loss_curves(curves)


def shown_class(ax, points):
    """The palette's index of the region in which each point lies; -1 in none."""
    shown = np.full(len(points), -1)
    for region in ax.collections:
        if region.filled:
            (path,) = region.get_paths()
            index = plot.PALETTE.index(to_hex(region.get_facecolor()[0]).upper())
            shown[path.contains_points(points)] = index
    return shown


def test_regions_are_what_the_classifier_says():
    model = KNeighborsClassifier(5).fit(X, Y)
    for predict in (model.predict, model.predict_proba):
        ax = plot.decision_boundary(predict, X, Y)
        assert np.mean(shown_class(ax, X) == model.predict(X)) > 0.98  # pixel edges
        assert ax.get_legend_handles_labels()[1] == ["class 0", "class 1", "class 2"]
        for label, line in zip([0, 1, 2], ax.lines, strict=True):
            np.testing.assert_allclose(line.get_xydata(), X[label == Y])
            assert line.get_color() == plot.PALETTE[label]
        assert len({line.get_marker() for line in ax.lines}) == 3


@pytest.mark.parametrize("labels", [(0, 1), (-1, 1)])
@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
def test_a_single_score_is_cut_at_the_threshold(labels, shape):
    x, y = X[:40], np.array(labels)[Y[:40]]
    model = LogisticRegression().fit(x, y)
    ax = plot.decision_boundary(
        lambda x: model.decision_function(x).reshape(shape), x, y, threshold=0
    )
    said = np.searchsorted(labels, model.predict(x))
    assert np.mean(shown_class(ax, x) == said) > 0.95
    assert {0, 1} == set(said)
    ax = plot.decision_boundary(
        lambda x: model.predict_proba(x)[:, 1], x, y, threshold=0.5
    )
    assert np.mean(shown_class(ax, x) == said) > 0.95


def test_a_classifier_of_one_mind_and_points_of_one_class():
    ax = plot.decision_boundary(lambda x: np.zeros(len(x)), X[:5], np.zeros(5))
    assert set(shown_class(ax, X[:5])) == {0}
    assert not [line for line in ax.collections if not line.filled]
    ax = plot.decision_boundary(lambda x: np.zeros(len(x)), X[:1], np.ones(1))
    assert set(shown_class(ax, X[:1])) == {0}  # a class without points has a colour
    assert ax.get_legend_handles_labels()[1] == ["class 1"]
    ax = plot.decision_boundary(lambda x: np.full((len(x), 3), [0, 9, 0]), X, Y)
    assert set(shown_class(ax, X)) == {1}


def test_the_boundary_of_a_score_is_straight_where_the_score_is():
    ax = plot.decision_boundary(
        lambda x: x @ [1.0, 3.0] - 2, X, Y > 0, threshold=0, resolution=20
    )
    lines = [line for line in ax.collections if not line.filled]
    assert lines
    for line in lines:
        vertices = line.get_paths()[0].vertices
        assert len(vertices) > 5
        np.testing.assert_allclose(vertices @ [1.0, 3.0], 2, atol=1e-5)


def test_limits_set_before_stay_and_others_hold_all_points():
    ax = plt.figure().add_subplot()
    ax.set_xlim(-9, 9)
    plot.decision_boundary(lambda x: x[:, 0] > 0, X, Y, ax=ax)
    assert ax.get_xlim() == (-9, 9)
    low, high = ax.get_ylim()
    assert low < X[:, 1].min() and X[:, 1].max() < high


def test_predict_gets_float32_points_in_one_call():
    seen = []

    def predict(x):
        seen.append((x.shape, x.dtype.name))
        return x[:, 0] > 0

    plot.decision_boundary(predict, X, Y, resolution=50)
    assert seen == [((2500, 2), "float32")]


@pytest.mark.parametrize(
    "predict, x, y, options, message",
    [
        (None, X[:, :1], Y, {}, r"x must be of shape \(samples, 2\)"),
        (None, X, Y[:5], {}, r"got \(60, 2\) and \(5,\)"),
        (None, X[:0], Y[:0], {}, r"x must be of shape"),
        (lambda x: x[:, 0], X, Y > 0, {}, "say above which threshold"),
        (lambda x: x[:, 0], X, Y, {"threshold": 0}, "needs two labels in y, got 3"),
        (lambda x: x[:7, 0], X, Y, {}, r"predict must return shape \(40000,\)"),
        (lambda x: 0.0, X, Y, {}, r"predict must return .*got \(\)"),
        (lambda x: x, X, Y, {}, r"y must have labels 0 to 1, .*got \[0.*2"),
    ],
)
def test_bad_boundaries_are_refused(predict, x, y, options, message):
    with pytest.raises(ValueError, match=message):
        plot.decision_boundary(predict, x, y, **options)


def test_images_stand_in_reading_order_on_one_scale():
    x = RANDOM.integers(0, 200, (7, 5, 4)).astype("uint8")
    ax = plot.images(x, titles="abcdefg", columns=3)
    cells = ax.child_axes
    assert [cell.get_title() for cell in cells] == list("abcdefg")
    for cell, image in zip(cells, x, strict=True):
        np.testing.assert_array_equal(cell.images[0].get_array(), image)
        assert cell.images[0].get_clim() == (0, 255)
    ax.figure.canvas.draw()
    boxes = np.array([cell.get_position().bounds for cell in cells])
    left, bottom = boxes[:, 0].round(3), boxes[:, 1].round(3)
    assert left[0] < left[1] < left[2] and left[0] == left[3] == left[6]
    assert bottom[0] == bottom[2] > bottom[3] == bottom[5] > bottom[6]
    assert not any(
        a.get_window_extent().overlaps(b.get_window_extent())
        for a, b in itertools.combinations(cells, 2)
    )


def test_float_images_share_their_range_and_signed_ones_have_zero_in_the_middle():
    x = np.array([[[0.0, 1.0]], [[-2.0, 4.0]]])
    for cell in plot.images(x).child_axes:
        assert cell.images[0].get_clim() == (-2, 4)
    for cell in plot.images(x, signed=True).child_axes:
        image = cell.images[0]
        assert image.get_clim() == (-4, 4)
        red, green, blue, _ = image.cmap(image.norm(0.0))
        assert min(red, green, blue) > 0.95
        assert image.cmap(image.norm(4.0))[0] > image.cmap(image.norm(4.0))[2]
    assert plot.images(np.zeros((1, 2, 2)), signed=True).child_axes
    assert plot.images(np.zeros((1, 2, 2))).child_axes


def test_images_in_colour():
    x = RANDOM.integers(0, 256, (2, 5, 4, 3)).astype("uint8")
    for cell, image in zip(plot.images(x).child_axes, x, strict=True):
        np.testing.assert_array_equal(cell.images[0].get_array(), image)


@pytest.mark.parametrize(
    "x, options, message",
    [
        (np.ones((3, 3)), {}, r"got \(3, 3\)"),
        (np.ones((2, 3, 3, 2)), {}, r"got \(2, 3, 3, 2\)"),
        (np.ones((0, 3, 3)), {}, r"got \(0, 3, 3\)"),
        (np.ones((2, 3, 3)), {"titles": "abc"}, "got 3 for 2"),
        (np.ones((2, 3, 3)), {"columns": 0}, "columns must be at least 1, got 0"),
    ],
)
def test_bad_images_are_refused(x, options, message):
    with pytest.raises(ValueError, match=message):
        plot.images(x, **options)


def test_a_band_is_the_median_between_least_and_greatest():
    x, runs = np.arange(4), RANDOM.normal(size=(5, 4))
    ax = plot.band(x, runs, label="five runs")
    np.testing.assert_allclose(ax.lines[0].get_ydata(), np.median(runs, axis=0))
    outline = ax.collections[0].get_paths()[0].vertices
    for point in x:
        heights = outline[outline[:, 0] == point, 1]
        assert heights.min() == pytest.approx(runs[:, point].min())
        assert heights.max() == pytest.approx(runs[:, point].max())
    plot.band(x, runs + 9, ax)
    assert [line.get_color() for line in ax.lines] == list(plot.PALETTE[:2])
    assert [line.get_marker() for line in ax.lines] == list(plot.MARKERS[:2])
    assert ax.get_legend_handles_labels()[1] == ["five runs"]


@pytest.mark.parametrize("runs", [np.ones(3), np.ones((2, 4)), np.ones((0, 3))])
def test_bad_bands_are_refused(runs):
    with pytest.raises(ValueError, match="runs must"):
        plot.band([1, 2, 3], runs)


def test_outputs_of_a_keras_model_are_taken_as_they_are():
    keras = pytest.importorskip("keras")
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    ax = plot.decision_boundary(model, X, Y)  # a tensor that needs a gradient
    said = keras.ops.convert_to_numpy(model(X.astype("float32"))).argmax(axis=1)
    assert np.mean(shown_class(ax, X) == said) > 0.9
    scores = keras.ops.sum(keras.ops.ones((4, 2)), axis=1)
    assert plot.loss_curves({"a": scores}).lines[0].get_ydata().tolist() == [2] * 4
