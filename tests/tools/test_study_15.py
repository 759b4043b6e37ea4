"""The record of study 15 bears its conclusions, and no falsified record does."""

import pytest

from tools.environment import ROOT

SCRIPT = ROOT / "studies/15_names.py"


def test_the_record_as_it_is(conclude, results):
    conclude(results)


@pytest.mark.parametrize("name", ["test", "training"])
@pytest.mark.parametrize("shift", [-0.1, 0.1])
@pytest.mark.parametrize("seed", range(5))
def test_other_bits_are_refused(refused, results, name, shift, seed):
    results[name][seed] += shift
    refused(results)


@pytest.mark.parametrize("shift", [-0.05, 0.05])
def test_another_mean_of_the_networks_is_refused(refused, results, shift):
    results["together"] += shift
    refused(results)


def test_a_setting_that_is_not_the_best_is_refused(refused, results):
    for row in results["grid"]:
        if row[:3] != results["best"]:
            refused({**results, "best": row[:3]})


@pytest.mark.parametrize("at", [1, 2])
def test_the_end_of_a_grid_is_refused(refused, results, at):
    best = min(results["grid"], key=lambda row: sum(row[3]))
    end = max(row[at] for row in results["grid"])
    other = next(row for row in results["grid"] if row[at] == end)
    other[3] = [bits - 0.001 for bits in best[3]]
    refused({**results, "best": other[:3]})


def test_a_missing_setting_is_refused(refused, results):
    refused({**results, "grid": results["grid"][1:]})
