"""Data made on the spot: gates, documents, moons, spirals, sequences."""

import numbers
import operator

import numpy as np

from dlbook.data._files import Arrays

GATES = {
    "and": (0, 0, 0, 1),
    "or": (0, 1, 1, 1),
    "nand": (1, 1, 1, 0),
    "nor": (1, 0, 0, 0),
    "xor": (0, 1, 1, 0),
}


def logic_gate(name: str) -> Arrays:
    """Makes the truth table of a logic gate with two inputs.

    Args:
        name: One of `"and"`, `"or"`, `"nand"`, `"nor"`, `"xor"`.

    Returns:
        `x, y`: float32 array of shape (4, 2) with the inputs (0, 0), (0, 1), (1, 0),
        (1, 1), and int64 array of shape (4,) with the gate's output, 0 or 1.

    Raises:
        ValueError: If there is no such gate.

    Example:

    >>> x, y = logic_gate("xor")
    >>> y.tolist()
    [0, 1, 1, 0]
    """
    if name not in GATES:
        raise ValueError(f"name must be one of {', '.join(GATES)}, got {name!r}")
    x = np.array([(0, 0), (0, 1), (1, 0), (1, 1)], dtype="float32")
    return x, np.array(GATES[name], dtype="int64")


def documents(samples: int = 0, seed: int = 0) -> tuple[list[str], np.ndarray]:
    """Makes documents of the three words a, b, c, about sports or about politics.

    A document is about sports if and only if "a" occurs more often than "b" and "c"
    together. The first two documents are always "a b a c a b c a c" (politics) and
    "a b a a c" (sports); the others have 4 to 12 words drawn at random, with a share
    of "a" that differs from document to document.

    Args:
        samples: Integer >= 0, number of random documents after the first two.
        seed: Integer >= 0, seeds the random documents.

    Returns:
        `texts, labels`: list of 2 + `samples` strings, words separated by a space;
        int64 array of shape (2 + `samples`,), 0 for sports and 1 for politics.

    Raises:
        ValueError: If `samples` or `seed` is not an integer >= 0.

    Example:

    >>> texts, labels = documents()
    >>> texts
    ['a b a c a b c a c', 'a b a a c']
    >>> labels.tolist()
    [1, 0]
    """
    samples = _natural("samples", samples)
    random = np.random.default_rng(_natural("seed", seed))
    texts = ["a b a c a b c a c", "a b a a c"]
    for _ in range(samples):
        share = random.uniform()
        words = random.choice(
            ["a", "b", "c"],
            size=random.integers(4, 13),
            p=[share, (1 - share) / 2, (1 - share) / 2],
        )
        texts.append(" ".join(words))
    counts = [[text.split().count(word) for word in "abc"] for text in texts]
    labels = [int(a <= b + c) for a, b, c in counts]
    return texts, np.array(labels, dtype="int64")


def moons(samples: int = 200, noise: float = 0.1, seed: int = 0) -> Arrays:
    """Makes two half circles that reach into each other, one for each class.

    Args:
        samples: Integer >= 2, number of points; the classes differ by one at most.
        noise: Number >= 0, standard deviation of what is added to each coordinate.
        seed: Integer >= 0, seeds the noise and the order of the points.

    Returns:
        `x, y`: float32 array of shape (samples, 2), without noise in [-1, 2] and
        [-0.5, 1]; int64 array of shape (samples,), 0 for the upper moon, 1 for the
        lower.

    Raises:
        ValueError: If an argument is not as above.

    Example:

    >>> x, y = moons(samples=4, noise=0)
    >>> x.shape, sorted(y.tolist())
    ((4, 2), [0, 0, 1, 1])
    """
    from sklearn.datasets import make_moons

    samples, noise, seed = _points(samples, noise, seed)
    x, y = make_moons(samples, noise=noise, random_state=seed)
    return x.astype("float32"), y.astype("int64")


def spirals(samples: int = 200, noise: float = 0.03, seed: int = 0) -> Arrays:
    """Makes two spirals that wind around each other, one for each class.

    At the distance r from the origin, class 0 lies at the angle 3πr, class 1
    opposite to it: 1.35 turns, for r runs from 0.1 to 1 (r² evenly).

    Args:
        samples: Integer >= 2, number of points; the classes take turns.
        noise: Number >= 0, standard deviation of what is added to each coordinate.
        seed: Integer >= 0, seeds the distances and the noise.

    Returns:
        `x, y`: float32 array of shape (samples, 2), without noise in the unit disc;
        int64 array of shape (samples,), 0 or 1.

    Raises:
        ValueError: If an argument is not as above.

    Reference:

    - Lang and Witbrock (1988), "Learning to tell two spirals apart"

    Example:

    >>> x, y = spirals(samples=4, noise=0)
    >>> x.shape, y.tolist()
    ((4, 2), [0, 1, 0, 1])
    """
    samples, noise, seed = _points(samples, noise, seed)
    random = np.random.default_rng(seed)
    y = np.arange(samples) % 2
    r = np.sqrt(random.uniform(0.01, 1, samples))
    angle = 3 * np.pi * r + np.pi * y
    x = np.stack([r * np.cos(angle), r * np.sin(angle)], axis=1)
    x += random.normal(scale=noise, size=x.shape)
    return x.astype("float32"), y.astype("int64")


def bit_counting(samples: int = 200, length: int = 5, seed: int = 0) -> Arrays:
    """Makes strings of bits and counts their ones.

    Each string draws its own chance of a one, evenly from 0 to 1, so that all counts
    from 0 to `length` are equally likely.

    Args:
        samples: Integer >= 1, number of strings.
        length: Integer >= 1, bits of a string.
        seed: Integer >= 0, seeds the bits.

    Returns:
        `x, y`: float32 array of shape (samples, length, 1), 0 or 1; float32 array of
        shape (samples, 1), the number of
        ones.

    Raises:
        ValueError: If an argument is not as above.

    Reference:

    - Carlos, "Deep learning basics"

    Example:

    >>> x, y = bit_counting(samples=2, length=5)
    >>> x[:, :, 0].astype(int).tolist()
    [[1, 1, 0, 0, 1], [0, 0, 0, 0, 1]]
    >>> y[:, 0].astype(int).tolist()
    [3, 1]
    """
    samples = _natural("samples", samples, least=1)
    length = _natural("length", length, least=1)
    random = np.random.default_rng(_natural("seed", seed))
    chance = random.uniform(size=(samples, 1, 1))
    x = (random.uniform(size=(samples, length, 1)) < chance).astype("float32")
    return x, x.sum(axis=1)


def adding_problem(samples: int = 200, length: int = 50, seed: int = 0) -> Arrays:
    """Makes sequences of numbers, two of them marked, whose sum is asked for.

    One mark lies in the first half, the other in the second. Who ignores the marks
    and answers 1 has the mean squared error 1/6.

    Args:
        samples: Integer >= 1, number of sequences.
        length: Integer >= 2, steps of a sequence.
        seed: Integer >= 0, seeds numbers and marks.

    Returns:
        `x, y`: float32 array of shape (samples, length, 2), at each step a number
        from 0 to 1 and a mark, 0 or 1; float32 array of shape (samples, 1), the sum
        of the two marked numbers, from 0 to 2.

    Raises:
        ValueError: If an argument is not as above.

    Reference:

    - Hochreiter and Schmidhuber (1997), "Long short-term memory"

    Example:

    >>> x, y = adding_problem(samples=1, length=4)
    >>> x[0, :, 1].astype(int).tolist()
    [1, 0, 0, 1]
    """
    samples = _natural("samples", samples, least=1)
    length = _natural("length", length, least=2)
    random = np.random.default_rng(_natural("seed", seed))
    x = np.zeros((samples, length, 2), dtype="float32")
    x[:, :, 0] = random.uniform(size=(samples, length))
    rows, half = np.arange(samples), length // 2
    x[rows, random.integers(0, half, samples), 1] = 1
    x[rows, random.integers(half, length, samples), 1] = 1
    return x, np.sum(x[:, :, :1] * x[:, :, 1:], axis=1)


def _natural(name, value, least=0):
    try:
        number = operator.index(value)
    except TypeError:
        number = least - 1
    if number < least:
        raise ValueError(f"{name} must be an integer >= {least}, got {value!r}")
    return number


def _points(samples, noise, seed):
    samples = _natural("samples", samples, least=2)
    number = isinstance(noise, numbers.Real) and not isinstance(noise, bool)
    if not number or not 0 <= noise < float("inf"):
        raise ValueError(f"noise must be a number >= 0, got {noise!r}")
    return samples, float(noise), _natural("seed", seed)
