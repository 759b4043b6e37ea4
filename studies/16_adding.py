"""Study 16: the adding problem, by recurrent cells and sequences of three lengths.

A cell of 32 units reads the sequence, a dense layer turns its last state into the sum.
Batches are new at every step. Each 50 steps the error on 1,000 sequences is measured; a
run ends when it is below 0.01, the problem then counts as solved, or after 3,000 steps.
Each cell's learning rate is found for each length: from a first guess, for cells that
may not move at all five or six, half a decade up or down as long as three tuning runs
get better, so that both neighbours of the chosen rate have been tried. Then it learns
from five other starts and measures other sequences. At 100 steps other starts and sizes
are tried alike, as controls.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")  # JAX is several times faster
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers

from dlbook import data
from tools import study

LENGTHS = 25, 50, 100
UNITS, BATCH_SIZE, EVERY, CAP, SOLVED = 32, 64, 50, 3000, 0.01
TUNING_SEEDS = 100, 101, 102
TUNING_SET, TEST_SET = 10_000_001, 10_000_002  # seeds of 1,000 sequences each


def lstm(forget_bias):
    """An LSTM whose forget gates have that bias at the start."""
    parts = np.zeros((4, UNITS), "float32")
    parts[1] = forget_bias
    bias = keras.initializers.Constant(parts.ravel())
    return layers.LSTM(UNITS, bias_initializer=bias, unit_forget_bias=False)


CELLS = {  # and the exponents of the first rates, in half decades
    "simple": (lambda: layers.SimpleRNN(UNITS), range(-8, -3)),
    "LSTM": (lambda: layers.LSTM(UNITS), [-4]),
    "GRU": (lambda: layers.GRU(UNITS), [-3]),
}
CONTROLS = {
    "ReLU from identity": (
        lambda: layers.SimpleRNN(UNITS, "relu", recurrent_initializer="identity"),
        [-6],
    ),
    "LSTM, forget bias 0": (lambda: lstm(0.0), [-4]),
    "LSTM, forget bias 3": (lambda: lstm(3.0), [-4]),
    "tanh from identity": (
        lambda: layers.SimpleRNN(UNITS, recurrent_initializer="identity"),
        range(-9, -3),
    ),
    "simple, 65 units": (lambda: layers.SimpleRNN(65), [-5]),
}
CONTROL_LENGTH = 100

# Where the median of the steps must lie; or the least and the greatest error left.
MEDIANS = {
    ("simple", "25"): (1800, 2600),
    ("LSTM", "25"): (150, 300),
    ("LSTM", "50"): (250, 500),
    ("LSTM", "100"): (400, 650),
    ("GRU", "25"): (100, 150),
    ("GRU", "50"): (100, 150),
    ("GRU", "100"): (100, 200),
    ("ReLU from identity", "100"): (800, 1400),
    ("LSTM, forget bias 0", "100"): (500, 900),
    ("LSTM, forget bias 3", "100"): (600, 1000),
}
LEFT = {
    ("simple", "50"): ((0.02, 0.06), (0.05, 0.11)),
    ("simple", "100"): ((0.15, 0.18), (0.16, 0.19)),
    ("tanh from identity", "100"): ((0.11, 0.15), (0.145, 0.17)),
    ("simple, 65 units", "100"): ((0.04, 0.12), (0.15, 0.18)),
}


def built(cell, length, seed=0):
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.Input((length, 2)), cell(), layers.Dense(1)])
    model.compile(keras.optimizers.Adam(global_clipnorm=1.0), "mse")
    return model


class Runs:
    """Runs of one cell and length, all in one model: it is compiled once."""

    def __init__(self, cell, length):
        self.cell, self.length = cell, length
        self.model = built(cell, length)
        self.model.optimizer.build(self.model.trainable_variables)
        self.untouched = [np.array(v) for v in self.model.optimizer.variables]

    def errors(self, rate, seed, measured_on):
        """The mean squared error after each 50 steps."""
        model = self.model
        model.set_weights(built(self.cell, self.length, seed).get_weights())
        for variable, value in zip(
            model.optimizer.variables, self.untouched, strict=True
        ):
            variable.assign(value)
        model.optimizer.learning_rate = rate
        found = []
        while len(found) < CAP // EVERY and (not found or SOLVED <= found[-1] < 10):
            number = 10_000 * seed + len(found)
            x, y = data.adding_problem(BATCH_SIZE * EVERY, self.length, number)
            model.fit(x, y, BATCH_SIZE, shuffle=False, verbose=0)
            error = model.evaluate(*measured_on, batch_size=1000, verbose=0)
            found.append(min(round(error, 5), 10.0) if np.isfinite(error) else 10.0)
        return found


def steps(errors):
    """The steps until the problem was solved, or None."""
    return EVERY * len(errors) if errors[-1] < SOLVED else None


def score(errors):
    """What tuning makes small: the steps, beyond the cap by the error that is left."""
    return steps(errors) or CAP * (1 + 6 * min(errors[-1], 0.5))


def learned(cell, first, length, seeds):
    """The rates tried, the best, and by start its steps, or the error that is left."""
    runs, tried = Runs(cell, length), {}
    tuning_set = data.adding_problem(1000, length, TUNING_SET)
    wanted = set(first)
    while wanted:
        for k in sorted(wanted):
            errors = [runs.errors(10 ** (k / 2), s, tuning_set) for s in TUNING_SEEDS]
            tried[k] = [round(score(each)) for each in errors]
        best = min(tried, key=lambda k: np.mean(tried[k]))
        wanted = {best - 1, best, best + 1} - tried.keys()
    test_set = data.adding_problem(1000, length, TEST_SET)
    found = [runs.errors(10 ** (best / 2), seed, test_set) for seed in seeds]
    return {
        "tried": {f"{10 ** (k / 2):.2g}": tried[k] for k in sorted(tried)},
        "rate": f"{10 ** (best / 2):.2g}",
        "steps": [steps(errors) for errors in found],
        "left": [None if steps(errors) else errors[-1] for errors in found],
    }


def run(seeds):
    """Returns by cell and length the rates tried and how the five starts went."""
    results = {}
    for length in LENGTHS:
        for name, (cell, first) in (CELLS | CONTROLS).items():
            if name in CELLS or length == CONTROL_LENGTH:
                found = learned(cell, first, length, seeds)
                results.setdefault(name, {})[f"{length}"] = found
                print(name, length, found, flush=True)
    return results


def conclude(results):
    """Asserts what chapter 16 says of the rates, the steps and the errors left."""
    solved = {}
    for name in (*CELLS, *CONTROLS):
        lengths = LENGTHS if name in CELLS else (CONTROL_LENGTH,)
        assert list(results[name]) == [f"{length}" for length in lengths]
        for length, found in results[name].items():
            check_tuning(found)
            assert len(found["steps"]) == len(found["left"]) == 5
            for count, left in zip(found["steps"], found["left"], strict=True):
                assert (count is None) != (left is None)
                if count is not None:
                    assert 0 < count <= CAP and count % EVERY == 0
            solved[name, length] = [c for c in found["steps"] if c is not None]

    for (name, length), (low, high) in MEDIANS.items():
        counts = solved.pop((name, length))
        few = name == "LSTM, forget bias 3"  # one start may fail
        assert len(counts) >= (4 if few else 5), (name, length)
        assert low <= np.median(counts) <= high, (name, length)
    for (name, length), (low, high) in LEFT.items():
        assert not solved.pop((name, length))
        left = results[name][length]["left"]
        assert low[0] < min(left) < low[1], (name, length)
        assert high[0] < max(left) < high[1], (name, length)
    assert not solved
    for length in map(str, LENGTHS):
        slowest = max(results["GRU"][length]["steps"])
        assert slowest < min(results["LSTM"][length]["steps"])


def check_tuning(found):
    """The chosen rate is the best tried, and both its neighbours have been tried."""
    rates = list(found["tried"])
    assert rates == sorted(rates, key=float)
    means = [np.mean(scores) for scores in found["tried"].values()]
    assert all(len(scores) == len(TUNING_SEEDS) for scores in found["tried"].values())
    best = int(np.argmin(means))
    assert 0 < best < len(rates) - 1 and found["rate"] == rates[best]


if __name__ == "__main__":
    study.main(__file__, run, conclude, seeds=range(5))
