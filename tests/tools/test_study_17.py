"""The record of study 17 bears its conclusions, and no falsified record does."""

import numpy as np
import pytest

from dlbook import data, zoo
from tools.environment import ROOT

SCRIPT = ROOT / "studies/17_pronunciation.py"
NETWORKS = "with attention", "without"
LENGTHS = np.array([len(word) for word in data.pronunciations()[1][0]])


def edit(runs, rows, change):
    """Adds edits to words that have some, or takes them away; in every run."""
    for place, run in enumerate(runs):
        found = np.array([int(digit, 16) for digit in run])
        chosen = rows(found)
        found[chosen] = np.clip(found[chosen] + change, 0, 9)
        runs[place] = "".join(f"{edits:x}" for edits in found)


def right(found, count=60):
    return np.flatnonzero(found == 0)[:count]


def wrong(found, count=60):
    return np.flatnonzero(found == 1)[:count]


def test_the_record_as_it_is(conclude, results):
    conclude(results)


def test_the_grid_is_the_script_s(script, results):
    for name in NETWORKS:
        rates = [float(rate) for rate in results[name]["rates"]]
        assert set(rates) >= set(script["RATES"])
        assert [float(d) for d in results[name]["dropouts"]] == script["DROPOUTS"]
        for tried in ("rates", "dropouts"):
            assert all(len(found) == 3 for found in results[name][tried].values())


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("rows, change", [(right, 1), (wrong, -1)])
def test_other_word_errors_are_refused(refused, results, name, rows, change):
    edit(results[name]["greedy"], rows, change)
    refused(results)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("change", [-1, 1])
def test_other_sound_errors_are_refused(refused, results, name, change):
    rows = np.flatnonzero
    edit(results[name]["greedy"], lambda found: rows(found > 1)[:130], change)
    refused(results)


def test_swapped_networks_are_refused(refused, results):
    with_, without = NETWORKS
    results[with_], results[without] = results[without], results[with_]
    refused(results)


@pytest.mark.parametrize("name", NETWORKS)
def test_words_in_another_order_are_refused(refused, results, name):
    order = np.argsort(LENGTHS if name == "without" else -LENGTHS, kind="stable")
    for place, run in enumerate(results[name]["greedy"]):
        found = np.array(list(run))
        moved = np.empty_like(found)
        moved[order] = np.sort(found)[::-1]  # the edits in the wrong words
        results[name]["greedy"][place] = "".join(moved)
    refused(results)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("rows, change", [(right, 1), (wrong, -1)])
def test_another_beam_is_refused(refused, results, name, rows, change):
    edit(results[name]["beam"], lambda found: rows(found, 40), change)
    refused(results)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("change", [-1, 1])
def test_other_errors_on_learned_words_are_refused(refused, results, name, change):
    long = np.array([len(word) >= 8 for word in data.pronunciations()[0][0][::15]])
    found = right if change > 0 else wrong

    def rows(edits):  # about 1 % of the sounds
        return np.flatnonzero(long)[found(edits[long], 90)]

    edit(results[name]["training"], rows, change)
    refused(results)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("place, tried", [(0, "rates"), (1, "dropouts")])
def test_a_choice_that_was_not_the_best_is_refused(
    refused, results, name, place, tried
):
    results[name]["chosen"][place] = float(min(results[name][tried], key=float))
    refused(results)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_best_at_the_end_of_the_grid_is_refused(refused, results, name):
    rates = results[name]["rates"]
    last = max(rates, key=float)
    rates[last] = [0.0, 0.0, 0.0]
    results[name]["chosen"][0] = float(last)
    refused(results)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("how", ["greedy", "beam", "training"])
def test_a_run_that_is_short_is_refused(refused, results, name, how):
    results[name][how][2] = results[name][how][2][:-1]
    refused(results)


def test_four_starts_are_refused(refused, results):
    results["without"]["greedy"].pop()
    refused(results)


@pytest.mark.parametrize("name", NETWORKS)
def test_more_edits_than_sounds_are_refused(refused, results, name):
    run = results[name]["greedy"][0]
    results[name]["greedy"][0] = "f" + run[1:]
    refused(results)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_stored_weights_say_what_the_first_start_said(script, results, name):
    model = zoo.pronouncer(script["NETWORKS"][name], trained=True)
    found = np.array(script["edits"](model, *data.pronunciations()[1]))
    recorded = np.array([int(digit, 16) for digit in results[name]["greedy"][0]])
    assert np.mean(found == recorded) > 0.99  # the weights are rounded
    assert abs(found.sum() - recorded.sum()) < 0.005 * recorded.sum() + 10
