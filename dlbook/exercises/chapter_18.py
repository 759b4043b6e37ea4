"""References of the exercises of chapter 18, Hardware and scale."""

import math
import operator

import numpy as np

from dlbook._check import Function, Property, Value, _unanswered

_RANDOM = np.random.default_rng(18)


def _intensities(batch, side, kernel, channels, filters):
    inputs, outputs = side**2 * channels, (side - kernel + 1) ** 2 * filters
    window = kernel**2 * channels
    convolution = (window + 1) * filters, window * outputs
    dense = (inputs + 1) * outputs, inputs * outputs
    return [
        2 * batch * multiply_adds / (4 * (batch * (inputs + outputs) + parameters))
        for parameters, multiply_adds in (convolution, dense)
    ]


def _least_batch(a, b, q):
    return math.ceil(q / (1 - q) * a / b)


def _loss_scale(grads):
    largest = max(float(np.abs(g).max()) for g in grads)
    scale = 2.0 ** math.floor(math.log2(65504 / largest))
    lost = [
        sum(np.sum((g != 0) & ((factor * g).astype(np.float16) == 0)) for g in grads)
        for factor in (1.0, scale)
    ]
    return scale, *lost


def _spread_gradients(shape, exponents):
    """Gradients whose sizes run over the given powers of ten."""
    sizes = 10.0 ** _RANDOM.uniform(*exponents, size=shape)
    return (sizes * _RANDOM.choice([-1, 1], size=shape)).astype("float32")


def _of_batch(grads, sizes):
    return sum(n * g for n, g in zip(sizes, grads, strict=True)) / sum(sizes)


def _shards(*sizes, shape):
    return [_RANDOM.normal(size=shape) for _ in sizes], list(sizes)


def _step_time(nodes, c, delay, size, speed):
    return c / nodes + 2 * (nodes - 1) * (delay + size / (nodes * speed))


def _best_number(c, delay, size, speed, most):
    times = [_step_time(n, c, delay, size, speed) for n in range(1, most + 1)]
    best = min(times)
    return times.index(best) + 1, c / best


def _amdahl(s, devices):
    return 1 / (s + (1 - s) / devices), 1 / s


def _batch_statistics(means, variances, sizes):
    weights = np.asarray(sizes) / np.sum(sizes)
    mean = weights @ means
    return mean, weights @ (variances + (means - mean) ** 2)


def _statistics(*sizes, features, away=0.0):
    """Means, variances and sizes of shards; means are `away` from 0."""
    means = away + _RANDOM.normal(size=(len(sizes), features))
    return means, _RANDOM.uniform(0.5, 2, size=means.shape), list(sizes)


def _checked(messages, nodes, numbers):
    """One round's messages as tuples of whole numbers, or what is wrong with them."""
    messages = [tuple(map(operator.index, message)) for message in messages]
    for message in messages:
        if len(message) != numbers:
            return f"The message {message} should be {numbers} numbers."
        sender, receiver, *parts = message
        if not (0 <= sender < nodes and 0 <= receiver < nodes and sender != receiver):
            return f"Among {nodes} nodes there is no message {message}."
        if parts and not 0 <= parts[0] < parts[1] <= nodes:
            return f"Of {nodes} parts the message {message} holds none."
    for place, does in ((0, "sends"), (1, "receives")):
        busy = [message[place] for message in messages]
        for node in busy:
            if busy.count(node) > 1:
                return f"Of {nodes} nodes, number {node} {does} twice in one round."
    return messages


def _played(phases, nodes, numbers):
    """Plays the rounds of both phases and returns what all have, and have sent.

    What a node has is the number of times it holds a part of a gradient: an array of
    shape (nodes, parts, origins). In the first phase a receiver adds, in the second
    it replaces.
    """
    have = np.repeat(np.eye(nodes, dtype=int)[:, np.newaxis], nodes, axis=1)
    sent = np.zeros(nodes, dtype=int)  # in parts
    for phase, rounds in enumerate(phases):
        for messages in rounds:
            messages = _checked(messages, nodes, numbers)
            if isinstance(messages, str):
                return messages, sent
            before = have.copy()
            for sender, receiver, *parts in messages:
                moved = slice(*(parts or (0, nodes)))
                kept = (1 - phase) * before[receiver, moved]
                have[receiver, moved] = kept + before[sender, moved]
                sent[sender] += moved.stop - moved.start
    return have, sent


def _all_reduces(answer, in_parts):
    for nodes in (2, 4, 8, 64):
        schedule = answer(nodes)
        if _unanswered(schedule):
            return None
        collect, spread = schedule if in_parts else (schedule, [])
        if _unanswered([collect, spread]):
            return None
        rounds = len(collect) + len(spread)
        if rounds > (1 + in_parts) * math.log2(nodes):
            return f"For {nodes} nodes there are {rounds} rounds, that is too many."
        have, sent = _played((collect, spread), nodes, 4 if in_parts else 2)
        if isinstance(have, str):
            return have
        for node, part, origin in np.argwhere(have != 1):
            place = f" of part {part}" if in_parts else ""
            return (
                f"Of {nodes} nodes, number {node} ends with a sum{place} that holds "
                f"number {origin} not once, but {have[node, part, origin]} times."
            )
        if in_parts and sent.max() > 2 * (nodes - 1):
            return f"Of {nodes} nodes, number {sent.argmax()} sends {sent.max()} parts."
    return True


def _doubles(answer):
    return _all_reduces(answer, in_parts=False)


def _halves(answer):
    return _all_reduces(answer, in_parts=True)


EXERCISES = {
    "18.1": Function(
        _intensities,
        cases=[
            (1, 14, 5, 6, 16),
            (128, 14, 5, 6, 16),
            (7, 9, 1, 3, 2),
            (2, 3, 3, 4, 5),
        ],
        hint="A convolution's weights do not grow with the image, a dense layer's do. "
        "Weights and biases are moved once for the whole batch. Each number has 4 "
        "bytes, each multiply-add is two operations.",
    ),
    "18.2": Function(
        _least_batch,
        cases=[
            (0.0041, 37e-6, 0.5),
            (0.0041, 37e-6, 0.9),
            (0.3, 0.0021, 0.99),
            (0.0002, 0.0003, 0.8),
            (1e-5, 1e-3, 0.25),
            (3.0, 1.0, 0.5),  # a whole number of images
        ],
        hint="The best rate is 1/b. Solve (18.2) for B, and round up.",
        rtol=0,
    ),
    "18.3": Value(
        (2**11, 2**8, 2**24),
        "Before the stored bits of the fraction there is a 1 that is not stored. At "
        "which power of two does the distance of two neighbours become 2?",
        rtol=0,
    ),
    "18.4": Function(
        _loss_scale,
        cases=[
            ([np.array([-0.5, 0.0, 3e-8, 1e-9], dtype="float32")],),
            ([np.array([65504 / 1024, 1e-8, -1e-11, 2e-12], dtype="float32")],),
            ([np.array([[1e-7]], dtype="float32"), np.array([-4e4], dtype="float32")],),
            ([_spread_gradients(40, (-15, -2)), _spread_gradients((5, 4), (-10, -4))],),
        ],
        hint="The largest size of all entries, whatever its sign, sets the scale. "
        "Multiply first, then turn to float16; an entry that was 0 is not lost.",
    ),
    "18.5": Function(
        _of_batch,
        cases=[
            _shards(50, 10, shape=(3,)),
            _shards(1, 2, 4, shape=(2, 3)),
            _shards(43, 43, 42, shape=()),
            _shards(7, shape=(4,)),
        ],
        hint="Every example of the batch has the same weight.",
    ),
    "18.6": Function(
        _best_number,
        cases=[
            (0.04, 5e-5, 246_824, 1e9, 64),
            (0.04, 5e-5, 246_824, 1e9, 8),
            (0.5, 5e-5, 553_430_176, 1e9, 64),
            (3.0, 1e-3, 553_430_176, 1e9, 1000),
            (0.01, 0.0, 1e6, 1e9, 50),
            (0.001, 0.01, 1000, 1e9, 16),
        ],
        hint="Compute (18.5) for every number of devices from 1 to the largest. On one "
        "device nothing is exchanged.",
    ),
    "18.7": Function(
        _amdahl,
        cases=[(0.05, 21), (0.5, 2), (0.01, 1000), (1.0, 8), (0.2, 1)],
        hint="Let the whole take one second on one device: s seconds stay, the rest "
        "is divided.",
    ),
    "18.8": Function(
        _batch_statistics,
        cases=[
            _statistics(4, 4, features=3),
            _statistics(50, 10, features=2),
            _statistics(1, 2, 3, 10, features=4, away=1e7),
            (np.array([[-1.0], [1.0]]), np.zeros((2, 1)), [4, 4]),
            _statistics(9, features=2),
        ],
        hint="An example's distance from the batch's mean is its distance from its "
        "shard's mean and that mean's distance from the batch's. Do not subtract the "
        "square of a large mean.",
    ),
    "18.9": Property(
        _doubles,
        "After the first round pairs should have the same sum. Which nodes should "
        "meet in the second?",
        function=True,
    ),
    "18.10": Property(
        _halves,
        "In the first round of collecting, each of two partners needs to care for one "
        "half of the parts only. Spreading is collecting backwards. In the ring each "
        "sends twice the number of nodes less one.",
        function=True,
    ),
}
