"""The record of 16_sunspots bears its conclusions, and no falsified record does."""

import pytest

from dlbook import data
from tools.environment import ROOT

SCRIPT = ROOT / "studies/16_sunspots.py"


def test_the_record_as_it_is(conclude, results):
    conclude(results)


@pytest.mark.parametrize("name", ["GRU", "LSTM"])
@pytest.mark.parametrize("shift", [-25.0, 25.0])
def test_other_forecasts_are_refused(refused, results, name, shift):
    runs = results[name]["forecasts"]
    runs[:] = [[max(0.0, value + shift) for value in run] for run in runs]
    refused(results)


@pytest.mark.parametrize("name", ["GRU", "LSTM"])
def test_forecasts_that_know_the_years_are_refused(refused, results, name):
    years, numbers = data.sunspots()
    results[name]["forecasts"] = [numbers[years >= 1932].tolist()] * 5
    refused(results)


@pytest.mark.parametrize("name", ["GRU", "LSTM"])
def test_forecasts_of_other_years_are_refused(refused, results, name):
    runs = results[name]["forecasts"]
    runs[:] = [run[1:] + run[:1] for run in runs]
    refused(results)


@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize("name", ["GRU", "LSTM"])
def test_another_setting_is_refused(refused, results, name, place):
    results[name]["chosen"][place] = {0: 2, 1: 0.03, 2: 25}[place]
    refused(results)


@pytest.mark.parametrize("factor", [0.9, 1.1])
@pytest.mark.parametrize("name", ["GRU", "LSTM"])
def test_other_held_out_errors_are_refused(refused, results, name, factor):
    tried = results[name]["tried"]
    for key, errors in tried.items():
        tried[key] = [factor * error for error in errors]
    refused(results)


def test_a_missing_run_is_refused(refused, results):
    results["LSTM"]["forecasts"].pop()
    refused(results)
