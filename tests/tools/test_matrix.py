"""The runs over releases, Pythons and devices: their record and the Status page."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tomllib
import zipfile

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from packaging.requirements import Requirement

from tools import matrix, reader, sources, status_page, test_gpu, test_matrix
from tools.environment import ROOT, make

PLACE = {"command": "test-matrix", "backend": "jax", "release": "newest"}
PLACE |= {"python": "3.12.1", "device": "CPU", "machine": "x86_64, 2 cores"}
PASSED = {"seconds": 12.3, "cells": 4, "compared": 3, "failures": {}}


def entry(chapters, keras="3.15.1", **other):
    versions = {"keras": keras, other.get("backend", "jax"): "1.2", "numpy": "2.4.6"}
    return {**PLACE, "versions": versions, "date": "2026-11-22", "chapters": chapters}


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Where a run leaves its results: nothing there yet, and a book of two chapters."""
    monkeypatch.setattr(matrix, "RECORD", tmp_path / "status.json")
    monkeypatch.setattr(matrix, "PAGE", tmp_path / "status.md")
    monkeypatch.setattr(matrix, "WORK", tmp_path / "work")
    chapters = [tmp_path / "01_one.ipynb", tmp_path / "02_two.ipynb"]
    for path in chapters:
        path.write_text('{"cells": []}')
    monkeypatch.setattr(sources, "chapters", lambda source: chapters)
    return tmp_path


def page():
    text = matrix.PAGE.read_text()
    assert text == status_page.page(matrix.load(), ["01_one", "02_two"])
    return text


def cells(text, name):
    """The cells of a table's row, in every table that has the row."""
    rows = re.findall(rf"^\| {re.escape(name)} \| (.*) \|$", text, re.M)
    return [row.split(" | ") for row in rows]


ONE, TWO = "[Chapter 1](01_one.ipynb)", "[Chapter 2](02_two.ipynb)"


def test_the_page_is_what_the_record_says():
    names = [path.stem for path in sources.chapters(ROOT)]
    expected = status_page.page(matrix.load(), names)
    assert matrix.PAGE.read_text() == expected, "python -m tools test-matrix --page"


def test_the_record_is_complete_and_names_no_place():
    text = matrix.RECORD.read_text()
    runs = json.loads(text)
    assert runs == sorted(runs, key=status_page.order)
    assert len({status_page.key(run) for run in runs}) == len(runs)
    for run in runs:
        assert set(run) == {*PLACE, "versions", "date", "chapters"}
        assert list(run["versions"]) == ["keras", run["backend"], "numpy"]
        assert run["chapters"]
        for found in run["chapters"].values():
            assert set(found) == set(PASSED)
            assert 0 < found["compared"] <= found["cells"]
    assert str(ROOT) not in text
    assert not re.search(r"/(home|root|tmp|work|usr|Users)\b", text)
    assert len(socket.gethostname()) < 4 or socket.gethostname() not in text


def test_runs_are_merged_and_a_chapter_that_is_missing_is_shown(place):
    matrix.store(entry({"02_two": PASSED}))
    assert cells(page(), ONE) == [["not run |"], ["not run"]]
    assert cells(page(), TWO) == [["4", "3 (75%)"], ["12 s"]]

    matrix.store(entry({"01_one": {**PASSED, "seconds": 3}}))
    matrix.store({**entry({"01_one": PASSED}), "release": "oldest"})
    matrix.store({**entry({"01_one": PASSED}), "backend": "torch"} | torch())
    assert [len(run["chapters"]) for run in matrix.load()] == [1, 2, 1]
    assert cells(page(), ONE)[1:] == [["12 s", "3 s"], ["12 s"]]
    assert cells(page(), TWO)[1:] == [["not run", "12 s"], ["not run"]]
    assert cells(page(), "together") == [["8", "6 (75%)"]]
    assert "- JAX, Python 3.12, oldest" not in page()
    assert "- JAX, Python 3.13, oldest releases\n" in page()


def torch():
    return {"versions": {"keras": "3.15.1", "torch": "2.13.0", "numpy": "2.4.6"}}


def test_results_of_other_versions_are_not_mixed(place):
    matrix.store(entry({"01_one": PASSED}))
    matrix.store(entry({"02_two": PASSED}, keras="3.16.0"))
    (run,) = matrix.load()
    assert list(run["chapters"]) == ["02_two"]
    assert cells(page(), "Keras") == [["3.16.0"]]


def test_the_page_says_whether_there_was_a_gpu(place):
    matrix.store({**entry({"01_one": PASSED}), "command": "test-gpu"})
    assert "No run on a GPU has been recorded" in page()
    matrix.store({**entry({"01_one": PASSED}), "device": "GPU, H100"})
    assert "No run on a GPU" not in page()
    assert cells(page(), "device") == [["GPU, H100", "CPU"]]


def test_a_failed_write_leaves_the_old_record(place, monkeypatch):
    matrix.store(entry({"01_one": PASSED}))
    before = matrix.RECORD.read_bytes()

    def fails(*arguments):
        raise OSError("disk full")

    monkeypatch.setattr(type(place), "replace", fails)
    with pytest.raises(OSError, match="disk full"):
        matrix.store(entry({"02_two": PASSED}))
    assert matrix.RECORD.read_bytes() == before


def test_an_interrupted_run_resumes(place, monkeypatch):
    ran, about = [], {k: v for k, v in entry({}).items() if k not in ("date",)}
    del about["chapters"]

    def compare(notebooks, *others, **options):
        ran.append(notebooks[0].stem)
        if ran == ["01_one", "02_two"]:
            raise KeyboardInterrupt

    monkeypatch.setattr(reader, "compare", compare)
    monkeypatch.setattr(matrix, "result", lambda report, notebook: PASSED)
    chapters = sources.chapters(place)
    with pytest.raises(KeyboardInterrupt):
        matrix.run("python", about, chapters)
    assert list(matrix.load()[0]["chapters"]) == ["01_one"]
    assert matrix.run("python", about, chapters, resume=True) == 0
    assert ran == ["01_one", "02_two", "02_two"]
    assert list(matrix.load()[0]["chapters"]) == ["01_one", "02_two"]
    assert matrix.run("python", about, chapters) == 0
    assert ran[3:] == ["01_one", "02_two"], "without `resume` everything runs again"


def test_a_notebook_is_run_and_its_failures_are_on_the_page(place):
    """A real run, in the environment of this test."""
    printed = [new_output("stream", text="1\n")]
    code = {
        "fine": ("print(1)", printed),
        "differs": ("print(2)", printed),
        "raises": ("raise ValueError('first\\nsecond')", []),
        "not-compared": ("print(3)", []),
        "asserts": ("assert 1 == 2", []),
        "dies": ("import os; os._exit(1)", []),
    }
    notebook = new_notebook(
        cells=[
            new_code_cell(text, id=name, outputs=outputs, execution_count=count)
            for count, (name, (text, outputs)) in enumerate(code.items(), 1)
        ]
    )
    notebook.cells[3].execution_count = None
    path = place / "01_one.ipynb"
    nbformat.write(notebook, path)
    about = {**PLACE, "backend": "tensorflow"}
    about |= matrix.describe(sys.executable, "tensorflow")
    assert matrix.run(sys.executable, about, [path]) == 1
    (run,) = matrix.load()
    found = run["chapters"]["01_one"]
    assert found["failures"] == {
        "differs": "now '2', stored '1'",
        "raises": "ValueError: first",
        "asserts": "AssertionError: assert 1 == 2",
        "dies": "the kernel died while it ran the cell",
    }
    assert (found["cells"], found["compared"]) == (6, 5) and found["seconds"] > 0
    assert cells(page(), ONE) == [["6", "5 (83%)"], ["**failed**"]]
    version = status_page.key(run)[0]
    line = f"- Python {version}, newest, {ONE}, cell `raises`: `ValueError: first`\n"
    assert line in page()


def test_a_run_that_left_no_report_is_a_failure(place):
    nbformat.write(new_notebook(cells=[new_code_cell("1", id="a")]), place / "a.ipynb")
    found = matrix.result(place / "report.xml", place / "a.ipynb")
    assert found["failures"] == {"notebook": "0 of 1 code cells ran"}


def test_a_notebook_with_marks_of_a_merge_is_a_failure(place):
    path = place / "01_one.ipynb"
    path.write_text('{\n<<<<<<< HEAD\n "cells": []}')
    assert matrix.run(sys.executable, entry({}), [path]) == 1
    (run,) = matrix.load()
    why = run["chapters"]["01_one"]["failures"]["notebook"]
    assert "not JSON" in why and "line 2" in why
    assert cells(page(), ONE) == [["0", "0 (0%)"], ["**failed**"]]


def refusal(main, capsys, *argv):
    with pytest.raises(SystemExit) as caught:
        main(list(argv))
    assert caught.value.code == 2
    return capsys.readouterr().err


def test_wrong_arguments_are_refused_by_name(place, capsys, tmp_path):
    assert "'theano'" in refusal(test_matrix.main, capsys, "--backend", "theano")
    assert "'ancient'" in refusal(test_matrix.main, capsys, "--release", "ancient")
    assert "--python 3.7: no" in refusal(test_matrix.main, capsys, "--python", "3.7")
    nowhere = str(tmp_path / "python")
    assert nowhere in refusal(test_matrix.main, capsys, "--python", nowhere)
    assert "['77']" in refusal(test_matrix.main, capsys, "77")
    assert "'theano'" in refusal(test_gpu.main, capsys, "theano")
    assert "['77']" in refusal(test_gpu.main, capsys, "jax", "77")
    assert nowhere in refusal(test_gpu.main, capsys, "jax", "--wheels", nowhere)
    assert not matrix.RECORD.exists()


def test_without_a_gpu_nothing_is_tested(place, monkeypatch, capsys):
    monkeypatch.setattr(test_gpu, "prepare", lambda *arguments: sys.executable)
    about = {"device": "CPU", "machine": "x86_64, 2 cores"}
    monkeypatch.setattr(matrix, "describe", lambda *arguments: about)
    assert test_gpu.main(["jax"]) == 1
    assert "No GPU: jax sees none" in capsys.readouterr().out
    assert not matrix.RECORD.exists()


def test_the_gpu_command_needs_python_alone(tmp_path):
    """Neither the toolchain's environment nor any package."""
    shutil.copytree(ROOT / "tools", tmp_path / "tools")
    call = [sys.executable, "-S", "-m", "tools", "test-gpu", "--help"]
    done = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "--wheels" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["tools"]


def wheel(folder, version, tag):
    """An installable package `demo` with nothing in it."""
    info = f"demo-{version}.dist-info"
    with zipfile.ZipFile(folder / f"demo-{version}-py3-none-{tag}.whl", "w") as file:
        about = f"Metadata-Version: 2.1\nName: demo\nVersion: {version}\n"
        file.writestr(f"{info}/METADATA", about)
        file.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nTag: py3-none-{tag}\n")
        file.writestr(f"{info}/RECORD", "")


def test_the_oldest_release_that_fits_is_installed(tmp_path, monkeypatch):
    for version, tag in [("1.9", "any"), ("2.0", "no_machine"), ("2.1", "any")]:
        wheel(tmp_path, version, tag)
    wheel(tmp_path, "2.10", "any")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    python = make(tmp_path / "environment")
    assert matrix.install_oldest(python, ["demo>=2.0"]) == ["demo==2.1"]
    ask = "from importlib.metadata import version; print(version('demo'))"
    said = subprocess.run([python, "-c", ask], capture_output=True, text=True)
    assert said.stdout == "2.1\n"
    with pytest.raises(LookupError, match="demo>=3"):
        matrix.install_oldest(python, ["demo>=3"])


def bounds(requirements):
    found = map(Requirement, requirements)
    return {r.name.lower().removesuffix("-cpu"): str(r.specifier) for r in found}


def test_bounds_are_lower_bounds_and_the_same_everywhere():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = extras["optional-dependencies"]
    assert set(status_page.BACKENDS) | {"chapters", "test"} == set(extras)
    declared = {}
    for backend in status_page.BACKENDS:
        declared |= bounds(matrix.declared(backend))
    assert all(re.fullmatch(r">=[\d.]+", bound) for bound in declared.values())
    files = ["requirements.txt", "tests/colab-requirements.txt"]
    for file in (*files, ".binder/requirements.txt"):
        lines = [line.split("#")[0].strip() for line in open(ROOT / file)]
        named = [line for line in lines if line and not line.startswith("-")]
        for name, bound in bounds(named).items():
            if bound.startswith(">=") and name in declared:
                assert bound == declared[name], f"{file}: {name}"


def test_pythons_are_found_by_version_and_by_path():
    version, path = test_matrix.interpreter("{}.{}".format(*sys.version_info))
    assert path == sys.executable and version in status_page.PYTHONS
    assert test_matrix.interpreter(sys.executable) == (version, sys.executable)
    assert test_matrix.interpreter("2.0") == ("", "")
    assert test_matrix.interpreter(os.devnull)[0] == ""
