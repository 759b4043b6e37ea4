"""The record of study 11 bears its conclusions, and no falsified record does."""

import numpy as np
import pytest

from tools.environment import ROOT

SCRIPT = ROOT / "studies/11_lenet.py"
SETS = "as they are", "moved", "shuffled"


def spoil(runs, count):
    """Each run misreads `count` digits more; fewer, if it is negative."""
    for found in runs:
        right = [i for i in range(1000) if i not in set(found)]
        found[:] = sorted(found + right[:count] if count > 0 else found[-count:])


def test_the_record_as_it_is(conclude, results):
    conclude(results)


@pytest.mark.parametrize("count", [-15, 15])
@pytest.mark.parametrize(
    ("case", "name"),
    [
        *((case, "LeNet") for case in SETS[:2]),
        *((case, name) for case in SETS[:2] for name in ("dense 78", "dense 72, 60")),
        ("shuffled", "dense 78"),
    ],
)
def test_other_accuracies_are_refused(refused, results, case, name, count):
    spoil(results["misread"][case][name], count)
    refused(results)


@pytest.mark.parametrize("count", [-40, 40])
@pytest.mark.parametrize(("case", "name"), [("shuffled", "LeNet")])
def test_the_wider_band_refuses_four_points(refused, results, case, name, count):
    spoil(results["misread"][case][name], count)
    refused(results)


@pytest.mark.parametrize("count", [-25, 25])
@pytest.mark.parametrize("case", SETS[:2])
def test_the_network_of_equal_work_has_its_place(refused, results, case, count):
    spoil(results["misread"][case]["dense 524"], count)
    refused(results)


@pytest.mark.parametrize("factor", [0.8, 1.2])
@pytest.mark.parametrize("name", ["LeNet", "dense 78"])
def test_other_losses_are_refused(refused, results, name, factor):
    short = results["short"][name]
    short["loss"] = (factor * np.array(short["loss"])).tolist()
    refused(results)


@pytest.mark.parametrize("count", [-15, 15])
@pytest.mark.parametrize("name", ["LeNet", "dense 78"])
def test_other_short_runs_are_refused(refused, results, name, count):
    spoil(results["short"][name]["misread"], count)
    refused(results)


@pytest.mark.parametrize("case", SETS)
def test_swapped_networks_are_refused(refused, results, case):
    runs = results["misread"][case]
    runs["LeNet"], runs["dense 78"] = runs["dense 78"], runs["LeNet"]
    refused(results)


def test_a_rate_that_was_not_the_best_is_refused(refused, results):
    results["chosen"]["shuffled"]["LeNet"] = 0.008
    results["chosen"]["as they are"]["LeNet"] = 0.002
    refused(results)


def test_a_digit_counted_twice_is_refused(refused, results):
    found = results["misread"]["moved"]["LeNet"][0]
    found.append(found[-1])
    refused(results)
