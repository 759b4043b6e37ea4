"""Convolution, forward and backward. Taught in chapter 10.

Signals are (batch, length, channels), images (batch, height, width, channels), as in
Keras; so is the meaning of `stride`, `padding` and `dilation`. Convolution here is
what every library calls so: the kernel is not turned.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

Padding = int | str


def span(kernel: int, dilation: int = 1) -> int:
    """Measures how many neighbours a kernel reaches over, along one axis.

    Args:
        kernel: Integer, entries of the kernel along the axis.
        dilation: Integer, distance of the places that neighbouring entries read.

    Returns:
        Integer, the first to the last place read, both counted.

    Example:

    >>> span(3), span(3, dilation=4)
    (3, 9)
    """
    return dilation * (kernel - 1) + 1


def margins(
    size: int, kernel: int, stride: int = 1, padding: Padding = 0, dilation: int = 1
) -> tuple[int, int]:
    """Counts the zeros to add before and after an axis.

    Args:
        size: Integer, the axis' length.
        kernel: Integer, entries of the kernel along it.
        stride: Integer, how far the kernel moves from one output to the next.
        padding: Zeros on each side; or `"valid"` for none; or `"same"` for as many as
            let the output have size/stride entries, rounded up. Of an odd number the
            greater half stands after.
        dilation: Integer, distance of the places that neighbouring entries read.

    Returns:
        Two integers, the zeros before and after.

    Raises:
        ValueError: If `padding` is none of these.

    Example:

    >>> margins(5, 3, padding="same"), margins(6, 3, stride=2, padding="same")
    ((1, 1), (0, 1))
    """
    if padding == "same":
        outputs = -(-size // stride)  # rounded up
        missing = max(0, stride * (outputs - 1) + span(kernel, dilation) - size)
        return missing // 2, missing - missing // 2
    zeros = 0 if padding == "valid" else padding
    if not isinstance(zeros, (int, np.integer)) or zeros < 0:
        raise ValueError(f"padding must be valid, same or a count, got {padding!r}")
    return zeros, zeros


def output_size(
    size: int, kernel: int, stride: int = 1, padding: Padding = 0, dilation: int = 1
) -> int:
    """Counts the places where a kernel fits, along one axis.

    Args:
        size: Integer, the axis' length.
        kernel: Integer, entries of the kernel along it.
        stride: Integer, how far the kernel moves from one output to the next.
        padding: Zeros on each side, or `"valid"`, or `"same"`.
        dilation: Integer, distance of the places that neighbouring entries read.

    Returns:
        Integer, the number of outputs.

    Raises:
        ValueError: If the kernel fits nowhere, or `padding` is unknown.

    Example:

    >>> output_size(28, 5), output_size(28, 5, stride=2, padding=2)
    (24, 14)
    """
    room = size + sum(margins(size, kernel, stride, padding, dilation))
    if span(kernel, dilation) > room:
        raise ValueError(f"a span of {span(kernel, dilation)} exceeds the room {room}")
    return (room - span(kernel, dilation)) // stride + 1


def conv1d_loops(
    x: np.ndarray, kernel: np.ndarray, stride: int = 1, dilation: int = 1
) -> np.ndarray:
    """Slides a kernel along one signal, by the definition.

    Args:
        x: Array of shape (length,).
        kernel: Array of shape (k,).
        stride: Integer, how far the kernel moves from one output to the next.
        dilation: Integer, distance of the places that neighbouring entries read.

    Returns:
        Float array of shape (outputs,).

    Raises:
        ValueError: If the kernel fits nowhere.

    Example:

    >>> conv1d_loops(np.array([1, 4, -1, 0]), np.array([1, 2])).tolist()
    [9.0, 2.0, -1.0]
    """
    z = np.zeros(output_size(len(x), len(kernel), stride, 0, dilation))
    for i in range(len(z)):
        for u in range(len(kernel)):
            z[i] += x[stride * i + dilation * u] * kernel[u]
    return z


def conv1d_loops_backward(
    g: np.ndarray,
    x: np.ndarray,
    kernel: np.ndarray,
    stride: int = 1,
    dilation: int = 1,
) -> tuple[np.ndarray, np.ndarray]:
    """Sends a gradient back through `conv1d_loops`.

    Args:
        g: Array of shape (outputs,), the loss' gradient in the outputs.
        x: Array of shape (length,).
        kernel: Array of shape (k,).
        stride: Integer, how far the kernel moves from one output to the next.
        dilation: Integer, distance of the places that neighbouring entries read.

    Returns:
        `d_x, d_kernel`, float arrays of the shapes of `x` and `kernel`.

    Example:

    >>> x, kernel = np.array([1, 4, -1, 0]), np.array([1, 2])
    >>> d_x, d_kernel = conv1d_loops_backward(np.array([1, 0, 1]), x, kernel)
    >>> d_x.tolist(), d_kernel.tolist()
    ([1.0, 2.0, 1.0, 2.0], [0.0, 4.0])
    """
    d_x, d_kernel = np.zeros(len(x)), np.zeros(len(kernel))
    for i in range(len(g)):
        for u in range(len(kernel)):
            d_x[stride * i + dilation * u] += g[i] * kernel[u]
            d_kernel[u] += g[i] * x[stride * i + dilation * u]
    return d_x, d_kernel


def conv2d_loops(
    x: np.ndarray, kernel: np.ndarray, stride: int = 1, dilation: int = 1
) -> np.ndarray:
    """Slides a kernel over one image, by the definition.

    Args:
        x: Array of shape (height, width, c_in).
        kernel: Array of shape (k_height, k_width, c_in, c_out).
        stride: Integer, how far the kernel moves from one output to the next.
        dilation: Integer, distance of the places that neighbouring entries read.

    Returns:
        Float array of shape (rows, columns, c_out).

    Raises:
        ValueError: If the kernel fits nowhere.

    Example:

    >>> conv2d_loops(np.ones((3, 4, 2)), np.ones((2, 2, 2, 1)))[..., 0].tolist()
    [[8.0, 8.0, 8.0], [8.0, 8.0, 8.0]]
    """
    sizes = zip(x.shape[:2], kernel.shape[:2], strict=True)
    rows, columns = (output_size(n, k, stride, 0, dilation) for n, k in sizes)
    z = np.zeros((rows, columns, kernel.shape[3]))
    for i, j, o in np.ndindex(z.shape):
        for u, v, c in np.ndindex(kernel.shape[:3]):
            pixel = x[stride * i + dilation * u, stride * j + dilation * v, c]
            z[i, j, o] += pixel * kernel[u, v, c, o]
    return z


def conv2d_loops_backward(
    g: np.ndarray,
    x: np.ndarray,
    kernel: np.ndarray,
    stride: int = 1,
    dilation: int = 1,
) -> tuple[np.ndarray, np.ndarray]:
    """Sends a gradient back through `conv2d_loops`.

    Args:
        g: Array of shape (rows, columns, c_out), the loss' gradient in the outputs.
        x: Array of shape (height, width, c_in).
        kernel: Array of shape (k_height, k_width, c_in, c_out).
        stride: Integer, how far the kernel moves from one output to the next.
        dilation: Integer, distance of the places that neighbouring entries read.

    Returns:
        `d_x, d_kernel`, float arrays of the shapes of `x` and `kernel`.

    Example:

    >>> x, kernel = np.ones((3, 4, 2)), np.ones((2, 2, 2, 1))
    >>> d_x, d_kernel = conv2d_loops_backward(np.ones((2, 3, 1)), x, kernel)
    >>> d_x[..., 0].tolist()
    [[1.0, 2.0, 2.0, 1.0], [2.0, 4.0, 4.0, 2.0], [1.0, 2.0, 2.0, 1.0]]
    """
    d_x, d_kernel = np.zeros(x.shape), np.zeros(kernel.shape)
    for i, j, o in np.ndindex(g.shape):
        for u, v, c in np.ndindex(kernel.shape[:3]):
            place = stride * i + dilation * u, stride * j + dilation * v, c
            d_x[place] += g[i, j, o] * kernel[u, v, c, o]
            d_kernel[u, v, c, o] += g[i, j, o] * x[place]
    return d_x, d_kernel


def windows(
    x: np.ndarray,
    size: tuple[int, ...],
    stride: int = 1,
    padding: Padding = 0,
    dilation: int = 1,
    fill: float = 0,
) -> np.ndarray:
    """Shows what a kernel sees at each of its places: a view on the padded array.

    Args:
        x: Array of shape (batch, *axes, channels) with one axis or more to slide along.
        size: Entries of the kernel along each of these axes.
        stride: Integer, how far the kernel moves from one output to the next.
        padding: Entries added on each side, or `"valid"`, or `"same"`.
        dilation: Integer, distance of the places that neighbouring entries read.
        fill: Number that is added around.

    Returns:
        Array of shape (batch, *outputs, *size, channels), which is not to be written
        to.

    Raises:
        ValueError: If `size` has not one entry an axis, or `padding` is unknown, or the
            kernel fits nowhere.

    Example:

    >>> windows(np.arange(5).reshape(1, 5, 1), (3,), stride=2)[0, ..., 0].tolist()
    [[0, 1, 2], [2, 3, 4]]
    """
    axes = x.ndim - 2  # to slide along
    sizes = zip(x.shape[1:-1], size, strict=True)
    added = [margins(n, k, stride, padding, dilation) for n, k in sizes]
    padded = np.pad(x, [(0, 0), *added, (0, 0)], constant_values=fill)
    spans = [span(k, dilation) for k in size]
    view = sliding_window_view(padded, spans, axis=tuple(range(1, axes + 1)))
    view = np.moveaxis(view, axes + 1, -1)  # (batch, *places, *spans, channels)
    steps = [1] + axes * [stride] + axes * [dilation] + [1]
    return view[tuple(slice(None, None, step) for step in steps)]


def scatter(
    g: np.ndarray,
    shape: tuple[int, ...],
    stride: int = 1,
    padding: Padding = 0,
    dilation: int = 1,
) -> np.ndarray:
    """Sends a gradient back through `windows`: adds each entry where it was read.

    Args:
        g: Array of shape (batch, *outputs, *size, channels), the loss' gradient in the
            windows.
        shape: The shape (batch, *axes, channels) of what the windows showed.
        stride: Integer, how far the kernel moved from one output to the next.
        padding: Entries added on each side, or `"valid"`, or `"same"`.
        dilation: Integer, distance of the places that neighbouring entries read.

    Returns:
        Array of that shape and of the dtype of `g`.

    Example:

    >>> scatter(np.ones((1, 2, 3, 1)), (1, 5, 1), stride=2)[0, :, 0].tolist()
    [1.0, 1.0, 2.0, 1.0, 1.0]
    """
    axes = len(shape) - 2
    outputs, size = g.shape[1 : axes + 1], g.shape[axes + 1 : -1]
    sizes = list(zip(shape[1:-1], size, strict=True))
    added = [margins(n, k, stride, padding, dilation) for n, k in sizes]
    room = [n + sum(zeros) for (n, _), zeros in zip(sizes, added, strict=True)]
    d_x = np.zeros((shape[0], *room, shape[-1]), g.dtype)
    every = (slice(None),)  # of the batch, of an axis
    for offset in np.ndindex(size):  # each entry of the kernel reads a grid of places
        starts = [dilation * u for u in offset]
        ends = [u + stride * (m - 1) + 1 for u, m in zip(starts, outputs, strict=True)]
        grid = tuple(slice(u, e, stride) for u, e in zip(starts, ends, strict=True))
        d_x[every + grid] += g[every * (axes + 1) + offset]
    inner = [slice(b, b + n) for (b, _), (n, _) in zip(added, sizes, strict=True)]
    return d_x[(*every, *inner)]


def conv(
    x: np.ndarray,
    kernel: np.ndarray,
    stride: int = 1,
    padding: Padding = 0,
    dilation: int = 1,
) -> np.ndarray:
    """Slides kernels over signals or images: one dense layer for all windows.

    Args:
        x: Array of shape (batch, *axes, c_in).
        kernel: Array of shape (*size, c_in, c_out).
        stride: Integer, how far the kernel moves from one output to the next.
        padding: Zeros on each side, or `"valid"`, or `"same"`.
        dilation: Integer, distance of the places that neighbouring entries read.

    Returns:
        Array of shape (batch, *outputs, c_out).

    Raises:
        ValueError: If the shapes do not fit, or `padding` is unknown.

    Example:

    >>> conv(np.ones((1, 3, 4, 2)), np.ones((2, 2, 2, 5)), padding="same").shape
    (1, 3, 4, 5)
    """
    *size, c_in, c_out = kernel.shape
    if x.shape[-1] != c_in:
        raise ValueError(f"kernel reads {c_in} channels, x has {x.shape[-1]}")
    seen = windows(x, tuple(size), stride, padding, dilation)
    rows = seen.reshape(*seen.shape[: x.ndim - 1], -1)  # (batch, *outputs, inputs)
    return rows @ kernel.reshape(-1, c_out)


def conv_backward(
    g: np.ndarray,
    x: np.ndarray,
    kernel: np.ndarray,
    stride: int = 1,
    padding: Padding = 0,
    dilation: int = 1,
) -> tuple[np.ndarray, np.ndarray]:
    """Sends a gradient back through `conv`.

    Args:
        g: Array of shape (batch, *outputs, c_out), the loss' gradient in the outputs.
        x: Array of shape (batch, *axes, c_in).
        kernel: Array of shape (*size, c_in, c_out).
        stride: Integer, how far the kernel moves from one output to the next.
        padding: Zeros on each side, or `"valid"`, or `"same"`.
        dilation: Integer, distance of the places that neighbouring entries read.

    Returns:
        `d_x, d_kernel`, arrays of the shapes of `x` and `kernel`.

    Example:

    >>> x, kernel = np.ones((1, 3, 4, 2)), np.ones((2, 2, 2, 5))
    >>> d_x, d_kernel = conv_backward(np.ones((1, 2, 3, 5)), x, kernel)
    >>> d_x[0, ..., 0].tolist()
    [[5.0, 10.0, 10.0, 5.0], [10.0, 20.0, 20.0, 10.0], [5.0, 10.0, 10.0, 5.0]]
    """
    seen = windows(x, kernel.shape[:-2], stride, padding, dilation)
    W = kernel.reshape(-1, kernel.shape[-1])  # (inputs, c_out)
    rows, errors = seen.reshape(-1, len(W)), g.reshape(-1, W.shape[1])
    d_rows = (errors @ W.T).reshape(seen.shape)
    d_kernel = (rows.T @ errors).reshape(kernel.shape)
    return scatter(d_rows, x.shape, stride, padding, dilation), d_kernel


def conv_transpose(
    g: np.ndarray, kernel: np.ndarray, stride: int = 1, dilation: int = 1
) -> np.ndarray:
    """Sends a gradient back to the input of an unpadded `conv`, by another `conv`.

    Zeros are put between the entries of the gradient and around them, and the kernel is
    turned by half a turn. What the last windows of `conv` did not reach is left out.

    Args:
        g: Array of shape (batch, *outputs, c_out).
        kernel: Array of shape (*size, c_in, c_out).
        stride: Integer, how far the kernel moved from one output to the next.
        dilation: Integer, distance of the places that neighbouring entries read.

    Returns:
        Array of shape (batch, *axes, c_in).

    Example:

    >>> g, kernel = np.array([[[1.0], [2.0]]]), np.array([[[3.0]], [[4.0]]])
    >>> conv_transpose(g, kernel)[0, :, 0].tolist()
    [3.0, 10.0, 8.0]
    """
    axes = g.ndim - 2
    spread = [stride * (m - 1) + 1 for m in g.shape[1:-1]]
    z = np.zeros((len(g), *spread, g.shape[-1]), g.dtype)
    z[(slice(None),) + axes * (slice(None, None, stride),)] = g
    around = [(span(k, dilation) - 1,) * 2 for k in kernel.shape[:axes]]
    z = np.pad(z, [(0, 0), *around, (0, 0)])
    turned = np.flip(kernel, axis=tuple(range(axes)))
    return conv(z, turned.swapaxes(-1, -2), dilation=dilation)


def toeplitz(
    kernel: np.ndarray,
    shape: tuple[int, ...],
    stride: int = 1,
    padding: Padding = 0,
    dilation: int = 1,
) -> np.ndarray:
    """Writes the convolution of one channel as the matrix of a dense layer.

    Args:
        kernel: Array of shape size, (k,) or (k_height, k_width).
        shape: Shape of the signal or image, (length,) or (height, width).
        stride: Integer, how far the kernel moves from one output to the next.
        padding: Zeros on each side, or `"valid"`, or `"same"`.
        dilation: Integer, distance of the places that neighbouring entries read.

    Returns:
        Array of shape (inputs, outputs): `x.ravel() @ matrix` holds the outputs, row
        by row.

    Example:

    >>> toeplitz(np.array([1, 2]), (4,)).astype(int).tolist()
    [[1, 0, 0], [2, 1, 0], [0, 2, 1], [0, 0, 2]]
    """
    inputs = int(np.prod(shape))
    number = np.arange(inputs).reshape(1, *shape, 1)
    read = windows(number, kernel.shape, stride, padding, dilation, fill=inputs)
    read = read.reshape(-1, kernel.size)  # (outputs, entries of the kernel)
    matrix = np.zeros((inputs + 1, len(read)))  # the last row is for the padding
    for output, rows in enumerate(read):
        matrix[rows, output] = kernel.ravel()
    return matrix[:inputs]
