"""What the commands stand on: environments, lanes of checks, kernels."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tools import environment, execute, reader
from tools import test as lanes

TRANSPORT = (
    "from ipykernel import get_connection_info as info; info(unpack=True)['transport']"
)


def test_a_lane_that_is_killed_or_raises_has_failed(capsys):
    killed = [sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"]
    checks = {"killed": lambda: subprocess.call(killed), "fine": lambda: 0}
    assert lanes.run(checks) == signal.SIGKILL
    assert lanes.run({"raises": lambda: [][0], "fine": lambda: 0}) == 1
    assert lanes.run({"fine": lambda: 0}) == 0
    shown = [line.split() for line in capsys.readouterr().out.splitlines()]
    verdicts = [(w[0], w[-1]) for w in shown if w and w[0] in ("passed", "failed")]
    failed = [("failed", "killed"), ("passed", "fine"), ("failed", "raises")]
    assert verdicts == failed + [("passed", "fine")] * 2


def test_a_notebook_that_cannot_be_collected_has_no_time(tmp_path, capsys):
    report = tmp_path / "report.xml"
    report.write_text(
        '<testsuites><testsuite><testcase classname="" name="a" time="0.1"/>'
        '<testcase classname="x.01_a.ipynb" name="Cell 0" time="1.5"/>'
        '<testcase classname="x.01_a.ipynb" name="Cell 1" time="1.0"/>'
        "</testsuite></testsuites>"
    )
    reader.print_times(report)
    assert "01_a" in (out := capsys.readouterr().out) and "2.5 s" in out


@pytest.mark.skipif(os.name == "nt", reason="kernels have ports there")
def test_kernels_wait_for_no_port(tmp_path):
    """A port taken before the kernel binds it leaves a kernel that never answers."""
    notebook = new_notebook(cells=[new_code_cell(TRANSPORT)])
    execute.run(execute.Chapter(tmp_path / "a.ipynb", notebook), tmp_path)
    assert notebook.cells[0].outputs[0].data["text/plain"] == "'ipc'"
    path = tmp_path / "b.ipynb"
    path.write_text(execute.nbformat.writes(notebook))
    folder = tmp_path / "compared"
    assert reader.compare([path], folder, "jax", sys.executable) == 0


@pytest.fixture
def made(tmp_path, monkeypatch):
    """The environment of a book without requirements, made once."""
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    (tmp_path / "requirements.txt").write_text("")
    monkeypatch.setattr(environment, "NEEDS", {"book": ["-r", "requirements.txt"]})
    monkeypatch.setattr(environment, "pip", lambda *arguments: None)
    return Path(environment.environment("book"))


@pytest.mark.parametrize("old", ["another", "gone"])
def test_an_environment_of_another_python_is_made_again(made, old, tmp_path):
    kept = tmp_path / ".venv" / "kept"
    kept.write_text("")
    (tmp_path / "requirements.txt").write_text("more")
    environment.environment("book")
    assert kept.exists()
    made.unlink()
    if old == "another":
        made.write_text("#!/bin/sh\necho 3.8.0\n")
        made.chmod(0o755)
        (tmp_path / "requirements.txt").write_text("and more")
    else:
        made.symlink_to("/nowhere/python3")
    python = environment.environment("book")
    assert subprocess.run([python, "-c", "print(6 * 7)"], check=True).returncode == 0
    assert not kept.exists()
