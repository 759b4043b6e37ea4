"""Plots that chapters share: functions take arrays, draw on an `ax`, and return it.

Backgrounds are transparent and every colour has a contrast of at least 3:1 on white
and on black, for the same picture stands on a light page and on a dark one. Lines
differ by their markers too, for not everybody tells the colours apart.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito's blue, vermillion, green and purple-pink; their light colours, which
# vanish on white, replaced by a violet and a brown that stay apart from these for
# the colour-blind too.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#8A3FFC", "#99402E", "#CC79A7")
TEXT = "#767676"  # 4.5:1 on white and on black
MARKERS = ("o", "^", "s", "D", "v", "P")


def style() -> None:
    """Sets Matplotlib's defaults to the book's style; `dlbook.setup` calls it.

    Example:

    >>> import matplotlib
    >>> style()
    >>> matplotlib.rcParams["figure.facecolor"]
    'none'
    """
    import matplotlib as mpl

    for part in ("figure.facecolor", "axes.facecolor", "savefig.facecolor"):
        mpl.rcParams[part] = "none"
    for part in ("figure.edgecolor", "savefig.edgecolor"):
        mpl.rcParams[part] = "none"
    for part in ("text.color", "axes.labelcolor", "axes.edgecolor", "grid.color"):
        mpl.rcParams[part] = TEXT
    for part in ("xtick.color", "ytick.color"):
        mpl.rcParams[part] = TEXT
    mpl.rcParams.update(
        {
            "axes.prop_cycle": mpl.cycler(color=PALETTE),
            "axes.grid": True,
            "grid.alpha": 0.25,
            "axes.axisbelow": True,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.titlesize": 12,
            "figure.titlesize": 13,
            "font.size": 12,
            "legend.fontsize": 11,
            "legend.frameon": False,
            "lines.linewidth": 2,
            "figure.figsize": (6.4, 4.0),
            "figure.dpi": 120,
            "figure.constrained_layout.use": True,
        }
    )


def loss_curves(
    curves: Mapping[str, Any], ax: "Axes | None" = None, log: bool = False
) -> "Axes":
    """Draws losses against the epoch.

    Args:
        curves: A history (dictionary with the key `"loss"`, as `dlbook.train.fit`
            returns it), of which `"loss"` and `"val_loss"` are drawn; or a
            dictionary from labels to curves, each an array of shape (epochs,) or a
            history. Validation curves are dashed.
        ax: Axes to draw on; a new figure without it.
        log: Boolean, whether the loss axis is logarithmic.

    Returns:
        The axes.

    Raises:
        ValueError: If there is no curve, or a curve is not one-dimensional.

    Example:

    >>> ax = loss_curves({"rate 0.1": [3, 2, 1.5], "rate 1": [3, 9, 81]}, log=True)
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['rate 0.1', 'rate 1']
    """
    if not isinstance(curves, Mapping) or not curves:
        raise ValueError(
            f"curves must be a dictionary of at least one curve, got {curves!r}"
        )
    if "loss" in curves:
        curves = {"training": curves}
    ax = ax or _new_axes()
    labels = []
    for number, (label, curve) in enumerate(curves.items()):
        color = PALETTE[number % len(PALETTE)]
        parts = curve if isinstance(curve, Mapping) else {"loss": curve}
        if "loss" not in parts:
            raise ValueError(f"history {label!r} has no 'loss', only {sorted(parts)}")
        for part, dashes in (("loss", "-"), ("val_loss", "--")):
            if part not in parts:
                continue
            losses = _array(f"curve {label!r}", parts[part], 1)
            name = label if part == "loss" else _validation(label)
            epochs = np.arange(1, len(losses) + 1)
            (line,) = ax.plot(epochs, losses, dashes, color=color, label=name)
            if len(curves) > 1 or len(losses) == 1:
                _mark(line, number)
            labels.append(name)
    ax.set(xlabel="epoch", ylabel="loss")
    ax.xaxis.get_major_locator().set_params(integer=True)
    if log:
        ax.set_yscale("log")
    if len(labels) > 1:
        ax.legend()
    return ax


def decision_boundary(
    predict: Callable[[np.ndarray], Any],
    x: Any,
    y: Any,
    ax: "Axes | None" = None,
    threshold: float | None = None,
    resolution: int = 200,
) -> "Axes":
    """Draws labelled points of the plane over the regions a classifier gives them.

    Each class has a colour and a marker of its own.

    Args:
        predict: Maps points, a float32 array of shape (n, 2), to class labels of
            shape (n,), to scores of shape (n, classes), of which the greatest
            wins (then the labels are 0, 1, ...), or, with `threshold`, to scores
            of shape (n,) or (n, 1).
        x: Array of shape (samples, 2), points to draw.
        y: Array of shape (samples,), their integer labels.
        ax: Axes to draw on; a new figure without it. Limits that were set on it
            before stay.
        threshold: A single score above it means the greater of two labels.
        resolution: Integer, points along each side of the grid on which `predict`
            is evaluated, in one call.

    Returns:
        The axes, with a legend entry for each class in `y`: give it a legend by
        `ax.legend()`.

    Raises:
        ValueError: If `x`, `y` or the output of `predict` has another shape, or if
            `predict` returns a single score and `threshold` is missing.

    Example:

    >>> import numpy as np
    >>> x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    >>> y = np.array([0, 0, 0, 1])
    >>> ax = decision_boundary(lambda x: x.sum(axis=1), x, y, threshold=1.5)
    >>> ax.get_legend_handles_labels()[1]
    ['class 0', 'class 1']
    """
    x, y = _array("x", x, 2), _array("y", y, 1)
    if x.shape[1] != 2 or len(x) != len(y) or not len(x):
        raise ValueError(
            "x must be of shape (samples, 2) and y of shape (samples,), "
            f"got {x.shape} and {y.shape}"
        )
    ax = ax or _new_axes()
    x_edges, y_edges = _limits(ax, x)
    grid_x, grid_y = np.meshgrid(
        np.linspace(*x_edges, resolution), np.linspace(*y_edges, resolution)
    )
    points = np.stack([grid_x.ravel(), grid_y.ravel()], axis=1).astype("float32")
    labels, heights = _heights(predict(points), len(points), np.unique(y), threshold)
    colors = [PALETTE[rank % len(PALETTE)] for rank in range(len(labels))]
    for rank, height in enumerate(heights.reshape(len(labels), *grid_x.shape)):
        if height.max() <= 0:
            continue
        ax.contourf(
            grid_x,
            grid_y,
            height,
            [0, height.max() + 1],
            colors=[colors[rank]],
            alpha=0.15,
        )
        if height.min() < 0:
            ax.contour(grid_x, grid_y, height, [0], colors=TEXT, linewidths=1.5)
    for rank, label in enumerate(labels):
        mine = y == label
        if mine.any():
            marker = MARKERS[rank % len(MARKERS)]
            ax.plot(
                *x[mine].T, marker, color=colors[rank], ms=6, label=f"class {label:g}"
            )
    ax.set(xlim=x_edges, ylim=y_edges)
    return ax


def images(
    x: Any,
    titles: Sequence[Any] | None = None,
    columns: int | None = None,
    signed: bool = False,
    ax: "Axes | None" = None,
) -> "Axes":
    """Shows images side by side, all on one scale.

    Args:
        x: Array of shape (n, height, width), drawn dark on light; or (n, height,
            width, 3) in colour. Integers range from 0 to 255; floats of colour
            images from 0 to 1, other floats over their own range.
        titles: Sequence of n titles.
        columns: Integer, images in a row; without it all up to 10.
        signed: Boolean, whether values have a sign, as weights do: then zero is
            white, positive red, negative blue.
        ax: Axes to draw in; a new figure without it, sized for the images.

    Returns:
        The axes; `ax.child_axes` are those of the images.

    Raises:
        ValueError: If `x` has another shape, or `titles` or `columns` do not fit it.

    Example:

    >>> import numpy as np
    >>> ax = images(np.zeros((6, 28, 28)), titles=range(6), columns=3)
    >>> len(ax.child_axes)
    6
    """
    x = np.asarray(x)
    if x.ndim not in (3, 4) or x.ndim == 4 and x.shape[-1] != 3 or not x.size:
        raise ValueError(
            "x must be of shape (n, height, width) or (n, height, width, 3), "
            f"got {x.shape}"
        )
    if titles is not None and len(titles) != len(x):
        raise ValueError(
            f"titles must be as many as images, got {len(titles)} for {len(x)}"
        )
    columns = min(len(x), 10) if columns is None else columns
    if columns < 1:
        raise ValueError(f"columns must be at least 1, got {columns}")
    rows = -(-len(x) // columns)
    if ax is None:
        width = 6.4 if columns > 2 else 3.2 * columns
        title = 0.3 if titles is not None else 0.05
        height = rows * (width / columns * x.shape[1] / x.shape[2] + title)
        ax = _new_axes((width, height))
    ax.axis("off")
    gap_y = 0.25 if titles is not None else 0.06
    for number, image in enumerate(x):
        row, column = divmod(number, columns)
        cell = ax.inset_axes(
            [column / columns, 1 - (row + 1) / rows, 0.94 / columns, (1 - gap_y) / rows]
        )
        cell.imshow(image, **_scale(x, signed))
        cell.set(xticks=[], yticks=[])
        cell.grid(False)
        cell.spines[:].set_visible(True)
        if titles is not None:
            cell.set_title(titles[number], fontsize=10, pad=3)
    return ax


def band(
    x: Any,
    runs: Any,
    ax: "Axes | None" = None,
    label: str | None = None,
    color: str | None = None,
) -> "Axes":
    """Draws the median of several runs over a band from the least to the greatest.

    The first line on the axes gets circles, the second triangles, and so on.

    Args:
        x: Array of shape (points,).
        runs: Array of shape (runs, points), as `dlbook.train.repeat` stacks them.
        ax: Axes to draw on; a new figure without it.
        label: Text for the legend.
        color: Matplotlib colour; the next of the palette without it.

    Returns:
        The axes.

    Raises:
        ValueError: If `runs` is not of shape (runs, points).

    Example:

    >>> ax = band([1, 2], [[3, 5], [4, 4], [8, 1]])
    >>> ax.lines[0].get_ydata().tolist()
    [4.0, 4.0]
    """
    x, runs = _array("x", x, 1), _array("runs", runs, 2)
    if runs.shape[1] != len(x) or not len(runs):
        raise ValueError(
            f"runs must be of shape (runs, {len(x)}) for x of shape {x.shape}, "
            f"got {runs.shape}"
        )
    ax = ax or _new_axes()
    (line,) = ax.plot(x, np.median(runs, axis=0), label=label, color=color)
    _mark(line, len(ax.lines) - 1)
    low, high = runs.min(axis=0), runs.max(axis=0)
    ax.fill_between(x, low, high, color=line.get_color(), alpha=0.25, linewidth=0)
    return ax


def _mark(line, number):
    """About eight markers of one shape along a line."""
    every = max(1, len(line.get_xdata()) // 8)
    line.set(marker=MARKERS[number % len(MARKERS)], markersize=5, markevery=every)


def _new_axes(size=None):
    import matplotlib.pyplot as plt

    return plt.figure(figsize=size).add_subplot()


def _array(name, values, dimensions):
    """A float array of a known number of dimensions, also from a tensor."""
    if hasattr(values, "detach"):  # torch: may need a gradient, or lie on a GPU
        values = values.detach().cpu()
    array = np.asarray(values, dtype="float64")
    if array.ndim != dimensions:
        raise ValueError(
            f"{name} must have {dimensions} dimension(s), got shape {array.shape}"
        )
    return array


def _validation(label):
    return "validation" if label == "training" else f"{label}, validation"


def _limits(ax, x):
    """Limits set by the caller, else those of the points with a margin of a tenth."""
    low, high = x.min(axis=0), x.max(axis=0)
    margin = np.where(high > low, 0.1 * (high - low), 1.0)
    low, high = low - margin, high + margin
    x_edges = (low[0], high[0]) if ax.get_autoscalex_on() else ax.get_xlim()
    y_edges = (low[1], high[1]) if ax.get_autoscaley_on() else ax.get_ylim()
    return x_edges, y_edges


def _heights(output, points, labels, threshold):
    """Labels, and for each a function that is positive where `predict` says it.

    Their zeros are the boundary. Scores, unlike labels, give it without steps.
    """
    output = output.detach().cpu() if hasattr(output, "detach") else output
    output = np.asarray(output, dtype="float64")
    if output.shape == (points, 1):
        output = output[:, 0]
    if output.ndim == 2 and len(output) == points and output.shape[1] > 1:
        known = np.arange(output.shape[1])
        if not np.isin(labels, known).all():
            raise ValueError(
                f"y must have labels 0 to {len(known) - 1}, for which predict "
                f"returned scores, got {labels.tolist()}"
            )
        second, best = np.sort(output, axis=1)[:, -2:].T
        wins = output.argmax(axis=1) == known[:, None]
        return known, output.T - np.where(wins, second, best)
    if output.shape != (points,):
        raise ValueError(
            f"predict must return shape ({points},) or ({points}, classes), "
            f"got {output.shape}"
        )
    if threshold is not None:
        if len(labels) > 2:
            raise ValueError(f"threshold needs two labels in y, got {len(labels)}")
        pair = labels if len(labels) == 2 else np.array([0.0, 1.0])
        return pair, np.stack([threshold - output, output - threshold])
    if np.any(output != np.round(output)):
        raise ValueError(
            "predict returned one score a point: say above which threshold it "
            "means the greater label (0 for a logit, 0.5 for a probability)"
        )
    labels = np.union1d(labels, output)
    return labels, np.where(output == labels[:, None], 0.5, -0.5)


def _scale(x, signed):
    if signed:
        limit = np.abs(x).max() or 1.0
        return {"cmap": "RdBu_r", "vmin": -limit, "vmax": limit}
    if np.issubdtype(x.dtype, np.integer):
        return {"cmap": "gray_r", "vmin": 0, "vmax": 255}
    if x.ndim == 4:
        return {}
    low, high = float(x.min()), float(x.max())
    return {"cmap": "gray_r", "vmin": low, "vmax": high if high > low else low + 1}
