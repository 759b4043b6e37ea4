"""Every study has a record, and every record was written by its script as it stands."""

import json
import re
import runpy
import socket
import sys

import pytest

from tools import studies, study
from tools.environment import ROOT

FOLDER = ROOT / "studies"
SCRIPTS = sorted(FOLDER.glob("[0-9][0-9]_*.py"))
RECORDS = sorted(FOLDER.glob("*.json"))
KEYS = ["study", "script_sha256", "seeds", "versions", "machine", "results"]


def test_scripts_and_records_come_in_pairs():
    assert SCRIPTS
    assert [path.stem for path in SCRIPTS] == [path.stem for path in RECORDS]


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_a_record_is_complete_and_of_its_script(path):
    text = path.read_text(encoding="utf-8")
    record = json.loads(text)
    assert list(record) == KEYS
    assert record["study"] == path.stem
    script = path.with_suffix(".py")
    assert record["script_sha256"] == study.script_digest(
        script
    ), f"{script.name} has changed since: python -m tools studies {path.stem[:2]}"
    assert record["seeds"] and all(isinstance(seed, int) for seed in record["seeds"])
    assert {"python", "keras", "numpy"} < set(record["versions"])
    assert set(record["versions"]) & {"tensorflow", "jax", "torch"}
    assert all(re.match(r"\d+\.\d+", v) for v in record["versions"].values())
    assert record["results"]
    assert re.fullmatch(r"[\w-]+, \d+ cores", record["machine"])
    assert "NaN" not in text and "Infinity" not in text  # JSON has none


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_a_record_bears_its_conclusions(path):
    conclude = runpy.run_path(str(path.with_suffix(".py")))["conclude"]
    conclude(json.loads(path.read_text(encoding="utf-8"))["results"])


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_a_record_names_no_host_and_no_path(path):
    text = path.read_text(encoding="utf-8")
    assert str(ROOT) not in text
    assert not re.search(r"/(home|root|tmp|work|usr|Users)\b|[A-Z]:\\\\", text)
    host = socket.gethostname()
    assert len(host) < 4 or host not in text


def test_a_study_runs_on_the_backend_of_its_record(
    script, tmp_path, monkeypatch, capfd
):
    monkeypatch.setattr(studies, "ROOT", tmp_path)
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    script.write_text("import os; print(os.environ['KERAS_BACKEND'])")
    studies.main([])
    script.with_suffix(".json").write_text('{"versions": {"keras": "3", "jax": "1"}}')
    studies.main([])
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    studies.main([])
    assert capfd.readouterr().out == "tensorflow\njax\ntorch\n"


@pytest.fixture
def script(tmp_path, monkeypatch):
    """A study of no work, to be run in this process."""
    path = tmp_path / "studies" / "90_small.py"
    path.parent.mkdir()
    path.write_text("# a study\n")
    monkeypatch.setattr(sys, "argv", [path.name])
    return path


def holds(results):
    assert results["sum"] == 3


def fails(results):
    raise AssertionError("the conclusion does not hold")


def test_a_study_writes_its_record_when_its_conclusions_hold(script):
    study.main(str(script), lambda seeds: {"sum": sum(seeds)}, holds, range(3))
    record = json.loads(script.with_suffix(".json").read_text())
    assert list(record) == KEYS
    assert record["seeds"] == [0, 1, 2]
    assert record["results"] == {"sum": 3}
    assert record["script_sha256"] == study.script_digest(script)
    assert {path.name for path in script.parent.iterdir()} == {
        "90_small.py",
        "90_small.json",
    }


def test_a_study_writes_nothing_when_they_do_not(script):
    record = script.with_suffix(".json")
    record.write_text("old")
    with pytest.raises(AssertionError, match="does not hold"):
        study.main(str(script), lambda seeds: {"sum": 3}, fails, [0])
    assert record.read_text() == "old"


def test_checking_writes_nothing(script, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [script.name, "--check"])
    study.main(str(script), lambda seeds: {"sum": 3}, holds, [0])
    assert capsys.readouterr().out == "90_small: the conclusions hold\n"
    assert not script.with_suffix(".json").exists()
    with pytest.raises(AssertionError, match="does not hold"):
        study.main(str(script), lambda seeds: {"sum": 3}, fails, [0])


def test_the_command_runs_the_named_studies_and_returns_the_worst(
    script, tmp_path, monkeypatch, capfd
):
    monkeypatch.setattr(studies, "ROOT", tmp_path)
    script.write_text("import sys; print('ran 90', sys.argv[1:])")
    other = script.with_name("91_other.py")
    other.write_text("import os; os.kill(os.getpid(), 9)")
    (script.parent / "__init__.py").write_text("print('never run')")
    assert studies.main(["90"]) == 0
    assert capfd.readouterr().out == "ran 90 []\n"
    assert studies.main(["--check"]) == 9
    assert capfd.readouterr().out == "ran 90 ['--check']\n"
    with pytest.raises(SystemExit) as caught:
        studies.main(["77"])
    assert caught.value.code == 2
