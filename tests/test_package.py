"""`dlbook` as it is installed: what the wheel holds and what it brings."""

import json
import re
import subprocess
import sys
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

from tools.reader import BUILD, install

ROOT = Path(__file__).resolve().parent.parent
FORBIDDEN = {
    "tensorflow",
    "jax",
    "torch",
    "jupyter-book",
    "sphinx",
    "nbval",
    "nbclient",
}


@pytest.fixture(scope="module")
def wheel():
    install()
    (path,) = (BUILD / "wheel").glob("dlbook-*.whl")
    return path


def test_wheel_holds_code_data_and_records(wheel):
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    wanted = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "dlbook").rglob("*")
        if path.is_file() and path.suffix not in (".pyc",)
    }
    wanted |= {f"dlbook/studies/{p.name}" for p in (ROOT / "studies").glob("*.json")}
    scripts = {f"dlbook/studies/{p.name}" for p in (ROOT / "studies").glob("*.py")}
    assert held - scripts == wanted


def test_wheel_declares_no_backend_and_no_toolchain(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [n for n in archive.namelist() if n.endswith("/METADATA")]
        needs = message_from_bytes(archive.read(name)).get_all("Requires-Dist")
    needs = [need for need in needs if "extra ==" not in need]
    names = {re.match(r"[\w.-]+", need)[0].lower() for need in needs}
    assert names and not names & FORBIDDEN
    assert not any("==" in need for need in needs), "an exact version will not age well"


@pytest.mark.slow
def test_nothing_that_it_brings_brings_a_backend(wheel, tmp_path):
    """Resolves the whole closure, as `pip install` would in an empty environment."""
    report = tmp_path / "report.json"
    call = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed"]
    call += ["--quiet", "--report", str(report), str(wheel)]
    subprocess.run(call, check=True)
    installed = json.loads(report.read_text())["install"]
    names = {item["metadata"]["name"].lower() for item in installed}
    assert {"dlbook", "keras", "numpy"} <= names
    assert not names & FORBIDDEN
