"""References of the exercises of chapter 10, Convolution and pooling by hand."""

import numpy as np

from dlbook._check import Function, Property, Value, _unanswered
from dlbook.scratch.convolution import conv_backward

_BY_HAND = ([3, 6, 1], [4], [-4, 6, 1])


def _lists(answer):
    if not isinstance(answer, (tuple, list)) or len(answer) != 3:
        return "Expected three lists."
    for name, part, expected in zip("abc", answer, _BY_HAND, strict=True):
        part = np.atleast_1d(np.asarray(part, dtype=float))
        if part.shape != (len(expected),):
            return f"({name}) has the wrong number of outputs."
        if not np.allclose(part, expected, atol=1e-6):
            return f"({name}) has a wrong number."
    return True


def _flat(answer):
    """The numbers of nested lists, in reading order."""
    if isinstance(answer, (tuple, list)):
        return [number for part in answer for number in _flat(part)]
    return np.ravel(answer).tolist()


def _sizes(answer):
    found = np.asarray(_flat(answer), dtype=float)
    if len(found) != 7:
        return f"Expected seven numbers, got {len(found)}."
    parts = {"a": slice(0, 5), "b": slice(5, 6), "c": slice(6, 7)}
    for name, part in parts.items():
        if not np.allclose(found[part], (28, 14, 10, 5, 1, 9, 4)[part], atol=1e-6):
            return f"({name}) is wrong."
    return True


def _life(answer):
    if not isinstance(answer, (tuple, list)) or len(answer) != 3:
        return "Expected a kernel and two numbers."
    kernel, low, high = np.asarray(answer[0], dtype=float), *map(float, answer[1:])
    if kernel.shape != (3, 3):
        return f"The kernel has shape {kernel.shape}, expected (3, 3)."
    patterns = np.array(list(np.ndindex((2,) * 9)))  # all (512, 9); a border has zeros
    alive = patterns[:, 4] == 1
    neighbours = patterns.sum(axis=1) - alive
    lives = (neighbours == 3) | alive & (neighbours == 2)
    z = patterns @ kernel.ravel()
    wrong = np.sum(((low - 1e-9 <= z) & (z <= high + 1e-9)) != lives)
    return f"{wrong} of the 512 neighbourhoods are wrong." if wrong else True


def _depthwise(answer):
    random = np.random.default_rng(0)
    for length, k, channels in ((8, 3, 2), (5, 5, 1), (9, 1, 4), (12, 4, 3)):
        x = random.normal(size=(length, channels))
        kernel = random.normal(size=(k, channels))
        g = random.normal(size=(length - k + 1, channels))
        found = answer(g.copy(), x.copy(), kernel.copy())
        if _unanswered(found):
            return None
        if not isinstance(found, (tuple, list)) or len(found) != 2:
            return "Expected two arrays, for X and for K."
        alone = [  # each channel is a convolution of its own
            conv_backward(
                *(a[np.newaxis, :, c : c + 1] for a in (g, x)),
                kernel[:, c : c + 1, np.newaxis],
            )
            for c in range(channels)
        ]
        d_x = np.concatenate([pair[0][0] for pair in alone], axis=1)
        d_kernel = np.concatenate([pair[1][:, 0] for pair in alone], axis=1)
        for name, mine, right in zip(("X", "K"), found, (d_x, d_kernel), strict=True):
            mine = np.asarray(mine, dtype=float)
            if mine.shape != right.shape:
                return f"dL/d{name} has shape {mine.shape}, expected {right.shape}."
            if not np.allclose(mine, right, rtol=1e-6, atol=1e-8):
                return f"dL/d{name} is wrong for {channels} channels, k = {k}."
    return True


def _ring(x, kernel):
    return sum(np.roll(x, -u) * weight for u, weight in enumerate(kernel))


def _ring_cases():
    random = np.random.default_rng(0)
    for length, k in ((6, 3), (7, 7), (12, 1), (15, 4)):
        yield random.normal(size=length), random.normal(size=k)


def _nearest(T):
    shifts = [np.roll(np.eye(len(T)), a, axis=1) for a in range(len(T))]
    return np.mean([S.T @ T @ S for S in shifts], axis=0)


def _places(layers, i):
    first = last = i
    for kernel, stride, padding, dilation in layers[::-1]:
        first = stride * first - padding
        last = stride * last - padding + dilation * (kernel - 1)
    return first, last


EXERCISES = {
    "10.1": Property(
        _lists,
        "Write the numbers down, with the zeros, and mark where each window starts and "
        "which places it reads.",
    ),
    "10.2": Property(
        _sizes,
        "Use (10.2). In (b) set the output's size equal to the input's; in (c) ask "
        "which numbers a quotient rounded down cannot tell apart.",
    ),
    "10.3": Property(
        _life,
        "The sum must tell how many neighbours live, and whether the cell does. Write "
        "down which pairs of the two lead to life.",
    ),
    "10.4": Property(
        _depthwise,
        "In which outputs does an entry occur, and with which factor? Channels never "
        "meet.",
        function=True,
    ),
    "10.5": Function(
        _ring,
        list(_ring_cases()),
        "Put a wave in and take what does not depend on the place out of the sum. Mind "
        "the sign in the exponent: does the kernel's transform have the same?",
        rtol=1e-6,
        atol=1e-9,
    ),
    "10.6": Function(
        _nearest,
        [(np.random.default_rng(n).normal(size=(n, n)),) for n in (1, 2, 5, 8)],
        "Which entries of the matrix must be equal? Which one number is closest to "
        "several, in squares?",
        rtol=1e-6,
        atol=1e-9,
    ),
    "10.7": Function(
        _places,
        [
            ([(3, 1, 0, 1)], 0),
            ([(3, 2, 1, 1)], 4),
            ([(5, 1, 2, 1), (2, 2, 0, 1)] * 2, 3),
            ([(11, 4, 2, 1), (3, 2, 0, 1), (5, 1, 2, 1), (3, 2, 0, 1)], 0),
            ([(3, 1, 1, 1), (3, 1, 2, 2), (3, 1, 4, 4)], 7),
            ([(3, 2, 3, 2), (2, 3, 1, 4)], 5),
        ],
        "Walk from the top down, and keep the first and the last place that is read; "
        "do not stop at a layer's border.",
    ),
    "10.8": Value(
        (1, 2, 2, 2, 1),
        "A column times a row is a matrix of rank 1. How many of the kernel's rows are "
        "independent of each other?",
        rtol=0,
        atol=1e-6,
    ),
}
