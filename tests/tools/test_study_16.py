"""The record of 16_adding bears its conclusions, and no falsified record does."""

import pytest

from tools.environment import ROOT

SCRIPT = ROOT / "studies/16_adding.py"
SOLVED = [
    ("simple", "25"),
    *((name, length) for name in ("LSTM", "GRU") for length in ("25", "50", "100")),
    ("ReLU from identity", "100"),
    ("LSTM, forget bias 0", "100"),
    ("LSTM, forget bias 3", "100"),
]
UNSOLVED = [
    ("simple", "50"),
    ("simple", "100"),
    ("tanh from identity", "100"),
    ("simple, 65 units", "100"),
]


def test_the_record_as_it_is(conclude, results):
    conclude(results)


@pytest.mark.parametrize("factor", [0.5, 2])
@pytest.mark.parametrize(("name", "length"), SOLVED)
def test_half_or_twice_the_steps_are_refused(refused, results, name, length, factor):
    found = results[name][length]
    found["steps"] = [c and int(c * factor) // 50 * 50 for c in found["steps"]]
    refused(results)


@pytest.mark.parametrize(("name", "length"), SOLVED)
def test_starts_that_failed_are_refused(refused, results, name, length):
    found = results[name][length]
    found["steps"][:2], found["left"][:2] = [None] * 2, [0.16] * 2
    refused(results)


@pytest.mark.parametrize("start", range(5))
@pytest.mark.parametrize(("name", "length"), UNSOLVED)
def test_a_start_that_solves_it_is_refused(refused, results, name, length, start):
    found = results[name][length]
    found["steps"][start], found["left"][start] = 2000, None
    refused(results)


@pytest.mark.parametrize("factor", [0.5, 2])
@pytest.mark.parametrize(("name", "length"), UNSOLVED)
def test_other_errors_are_refused(refused, results, name, length, factor):
    found = results[name][length]
    found["left"] = [factor * error for error in found["left"]]
    refused(results)


@pytest.mark.parametrize("length", ["25", "50", "100"])
@pytest.mark.parametrize("pair", [("GRU", "LSTM"), ("simple", "GRU")])
def test_swapped_cells_are_refused(refused, results, pair, length):
    one, other = (results[name] for name in pair)
    one[length], other[length] = other[length], one[length]
    refused(results)


@pytest.mark.parametrize(("name", "length"), [*SOLVED, *UNSOLVED])
def test_a_rate_that_was_not_the_best_is_refused(refused, results, name, length):
    found = results[name][length]
    found["rate"] = next(rate for rate in found["tried"] if rate != found["rate"])
    refused(results)


@pytest.mark.parametrize("end", ["above", "below"])
def test_a_rate_at_an_end_is_refused(refused, results, end):
    found = results["LSTM"]["100"]
    best = float(found["rate"])
    found["tried"] = {
        rate: scores
        for rate, scores in found["tried"].items()
        if (float(rate) <= best if end == "above" else float(rate) >= best)
    }
    refused(results)


def test_a_missing_start_is_refused(refused, results):
    found = results["GRU"]["100"]
    found["steps"].pop(), found["left"].pop()
    refused(results)


def test_a_start_both_solved_and_not_is_refused(refused, results):
    results["LSTM"]["50"]["left"][0] = 0.1
    refused(results)


def test_a_count_that_was_not_measured_is_refused(refused, results):
    results["LSTM"]["50"]["steps"][2] += 10
    refused(results)


def test_a_cell_that_is_missing_is_refused(conclude, results):
    del results["tanh from identity"]
    with pytest.raises(KeyError):
        conclude(results)
