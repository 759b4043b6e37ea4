"""References of the exercises of chapter 11, Convolutional networks: LeNet to VGG."""

import numpy as np

from dlbook._check import Function, Property, Value, _unanswered

# Accuracy from the means of LeNet's last maps: a wide band around some starts.
AVERAGED = (0.60, 0.92)


def _padded(n, k):
    p = (k - 1) // 2
    return (n * k) ** 2 - (n * k - p * (p + 1)) ** 2


def _fair_table(answer):
    try:
        lists = [[int(m) for m in maps] for maps in answer]
        whole = all(
            m == n
            for a, b in zip(answer, lists, strict=True)
            for m, n in zip(a, b, strict=True)
        )
    except (TypeError, ValueError):
        return "Expected 16 lists of whole numbers from 0 to 5."
    if len(lists) != 16:
        return f"Expected 16 lists, got {len(lists)}."
    if not whole or not all(0 <= m <= 5 for maps in lists for m in maps):
        return "Expected whole numbers from 0 to 5."
    if sizes := {len(maps) for maps in lists} - {3, 4, 5}:
        return f"A list has {max(sizes)} maps, expected three to five."
    if any(len(set(maps)) < len(maps) for maps in lists):
        return "A map stands twice in one list."
    if len({frozenset(maps) for maps in lists}) < 16:
        return "Two maps of C3 read the same maps."
    if (kernels := sum(map(len, lists))) != 60:
        return f"The table has {kernels} kernels, expected 60."
    read = [sum(m in maps for maps in lists) for m in range(6)]
    return read == [10] * 6 or f"The maps of S2 are read {read} times."


def _subsampling_pull(x, a, g):
    n, height, width, maps = x.shape
    sums = x.reshape(n, height // 2, 2, width // 2, 2, maps).sum(axis=(2, 4))
    pulled = (a * g).repeat(2, axis=1).repeat(2, axis=2)
    return pulled, np.sum(g * sums, axis=(0, 1, 2)), np.sum(g, axis=(0, 1, 2))


def _pulls(answer):
    random = np.random.default_rng(0)
    names = "dL/dx", "dL/da", "dL/db"
    for n, height, width, maps in ((2, 4, 6, 3), (1, 2, 2, 1), (3, 8, 2, 2)):
        x = random.normal(size=(n, height, width, maps))
        a, g = (
            random.normal(size=maps),
            random.normal(size=(n, height // 2, width // 2, maps)),
        )
        found = answer(x.copy(), a.copy(), g.copy())
        if _unanswered(found):
            return None
        if len(found) != 3:
            return f"Expected three arrays, got {len(found)}."
        for name, part, expected in zip(
            names, found, _subsampling_pull(x, a, g), strict=True
        ):
            part = np.asarray(part)
            if part.shape != expected.shape:
                return f"{name} has shape {part.shape}, expected {expected.shape}."
            if not np.allclose(part, expected, rtol=1e-4, atol=1e-5):  # or in float32
                return f"{name} is another one."
    return True


def _averages(answer):
    try:
        parameters, accuracy = (float(part) for part in answer)
    except (TypeError, ValueError):
        return "Expected two numbers, the parameters and the accuracy."
    if parameters != 170:
        return False
    if not 0 <= accuracy <= 1:
        return "The accuracy is a number from 0 to 1."
    if accuracy < AVERAGED[0]:
        return f"{accuracy:.1%} is too low: are the means standardized?"
    if accuracy > AVERAGED[1]:
        return f"{accuracy:.1%} is too high: are these the test digits?"
    return True


EXERCISES = {
    "11.1": Value(
        (3136, 390_026),
        "Follow the side: padding keeps it, a pool halves it, a kernel without padding "
        "takes 4. Which layers feel the larger image?",
        rtol=0,
        atol=0.5,
    ),
    "11.2": Value(
        (431_080, 2_293_000),
        "A bias a map in the parameters, none in the multiply-adds; and each kernel "
        "works at every place of its output.",
        rtol=0,
        atol=0.5,
    ),
    "11.3": Value(
        60_965_224,
        "A kernel's inputs are the maps it reads, on its own card or on both. Each map "
        "has a bias.",
        rtol=0,
        atol=0.5,
    ),
    "11.4": Value(
        (2, 9 / 8),
        "How many layers does it take, and how many weights has each? Divide k² by "
        "k − 1.",
        rtol=5e-3,
    ),
    "11.5": Function(
        _padded,
        [(28, 5), (14, 3), (7, 3), (5, 5), (9, 1), (224, 7)],
        "Count the real products along one axis; two axes multiply.",
    ),
    "11.6": Value(
        (22, 4),
        "Follow the width through both pools to the kernel of 5×5. What does one step "
        "in the last map mean in the first?",
        rtol=0,
        atol=1e-6,
    ),
    "11.7": Property(
        _fair_table, "Fifteen sets of four use up all sixty kernels. Trade some."
    ),
    "11.8": Property(
        _pulls,
        "Weights that are used at many places collect a sum over them.",
        function=True,
    ),
    "11.9": Property(
        _averages, "A mean has no weights: `logits` reads one number for each map."
    ),
}
