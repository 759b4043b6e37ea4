"""What was compared where: environments, the record of runs, and the Status page.

A run is one backend on one Python, with the oldest or the newest releases (`oldest`,
`newest`) or with what a machine has (`installed`). Each chapter's result is stored in
`bench/status.json` as soon as it is there. Only the standard library is needed, but
for the oldest releases.
"""

import json
import os
import re
import subprocess
import time
import tomllib
from pathlib import Path
from xml.etree import ElementTree

from tools import files, reader, sources, status_page
from tools.environment import ROOT, pip
from tools.status_page import key, order

RECORD = ROOT / "bench" / "status.json"
PAGE = ROOT / "book" / "status.md"
WORK = ROOT / "_build" / "matrix"
ENVIRONMENTS = ROOT / ".venv-matrix"
COLOURS = r"(?:\x1b|#x1B)\[[\d;]*m"  # as pytest writes them into its report


def install_oldest(python: str, requirements: list[str]) -> list[str]:
    """Installs the oldest releases that requirements admit and this Python can use.

    A release without a wheel for this Python or machine is passed over.

    Returns:
        The releases, such as "numpy==1.26.0".
    """
    from packaging.requirements import Requirement
    from packaging.version import Version

    call = [python, "-m", "pip", "--disable-pip-version-check"]
    installed = []
    for requirement in map(Requirement, requirements):
        asked = [*call, "index", "versions", requirement.name]
        said = subprocess.run(asked, capture_output=True, text=True).stdout
        found = re.search(r"^Available versions: (.*)$", said, re.MULTILINE)
        releases = found[1].split(", ") if found else []
        for release in sorted(requirement.specifier.filter(releases), key=Version):
            wanted = f"{requirement.name}=={release}"
            install = [*call, "install", "--no-deps", "--only-binary=:all:", wanted]
            if not subprocess.run(install, capture_output=True).returncode:
                installed.append(wanted)
                break
        else:
            raise LookupError(f"no release of {requirement} has a wheel for {python}")
    return installed


def declared(backend: str) -> list[str]:
    """The packages, with lower bounds, that pyproject.toml declares for a backend."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    return [*project["dependencies"], *extras[backend], *extras["chapters"]]


def install(
    python: str, wheel: str, extras: str, options: list[str], pins: list[str]
) -> None:
    """Installs the `dlbook` wheel as it stands now, extras, and pinned releases."""
    pip(python, "install", *options, f"{wheel}[{extras}]", *pins)
    pip(python, "install", *options, "--force-reinstall", "--no-deps", wheel)


def describe(python: str, backend: str) -> dict:
    """An environment's Python, versions, device and machine."""
    call = [python, "-P", str(ROOT / "tools" / "device.py")]
    variables = {**os.environ, "KERAS_BACKEND": backend}
    said = subprocess.run(call, env=variables, check=True, stdout=subprocess.PIPE)
    return json.loads(said.stdout.splitlines()[-1])


def run(python: str, about: dict, chapters: list[Path], resume: bool = False) -> int:
    """Runs chapters one by one and records each; returns how many failed.

    Args:
        python: An environment's Python, with the test packages.
        about: `command`, `backend` and `release` of the run, and what `describe` says.
        chapters: The notebooks.
        resume: Passes over the chapters that passed in this run before.
    """
    done = next((r["chapters"] for r in load() if r == {**r, **about}), ())
    failed = 0
    for path in chapters:
        if resume and path.stem in done and not done[path.stem]["failures"]:
            continue
        folder = WORK / "-".join(map(str, key(about))) / path.stem
        folder.parent.mkdir(parents=True, exist_ok=True)
        with open(folder.with_suffix(".log"), "w") as log:
            streams = {"stdout": log, "stderr": subprocess.STDOUT}
            reader.compare([path], folder, about["backend"], python, python, **streams)
        found = result(folder / "report.xml", path)
        date = time.strftime("%Y-%m-%d", time.gmtime())
        store({**about, "date": date, "chapters": {path.stem: found}})
        failed += bool(found["failures"])
        outcome = "FAILED" if found["failures"] else "passed"
        print(f"  {outcome}  {found['seconds']:6.1f} s  {path.stem}", flush=True)
        for cell, why in found["failures"].items():
            print(f"      {cell}: {why}", flush=True)
    return failed


def result(report: Path, notebook: Path) -> dict:
    """What pytest's report says of one notebook.

    Returns:
        `seconds`; `cells`, how many code cells the notebook has; `compared`, how many
        of them have outputs that are compared; `failures`, from the id of a cell to
        the line that says why.
    """
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    except ValueError as error:  # marks of a merge, say
        failures = {"notebook": f"not JSON: {error}"}
        return {"seconds": 0.0, "cells": 0, "compared": 0, "failures": failures}
    cells = [cell for cell in cells if cell["cell_type"] == "code"]
    cases = list(ElementTree.parse(report).iter("testcase")) if report.exists() else []
    failures = {}
    for case in cases:
        # A cell is "skipped" after one that ran out of time.
        for problem in (p for p in case if p.tag in ("failure", "error", "skipped")):
            place = re.fullmatch(r"Cell (\d+)", case.get("name"))
            name = cells[int(place[1])]["id"] if place else "notebook"
            failures[name] = reason(problem.text or problem.get("message", ""))
    if len(cases) < len(cells):
        failures["notebook"] = f"{len(cases)} of {len(cells)} code cells ran"
    return {
        "seconds": round(sum(float(case.get("time")) for case in cases), 1),
        "cells": len(cells),
        "compared": sum(cell["execution_count"] is not None for cell in cells),
        "failures": failures,
    }


def reason(text: str) -> str:
    """The line of a failure's report that says what happened."""
    told = re.sub(COLOURS, "", text).removeprefix("pytest plugin exception: ")
    told = told.split("Traceback:\n", 1)[-1]
    new = re.search(r"^ +- (.*)", told, re.MULTILINE)
    stored = re.search(r"^ +\+ (.*)", told, re.MULTILINE)
    raised = re.findall(r"^[\w.]*(?:Error|Exception|Interrupt)\b.*", told, re.MULTILINE)
    places = re.findall(r"^-+> \d+ +(.*)", told, re.MULTILINE)
    if "reference_output == test_output" in told and new and stored:
        line = f"now {new[1].strip()!r}, stored {stored[1].strip()!r}"
    elif raised:
        line = raised[-1].strip()
        line += f" {places[-1]}" if line.endswith(":") and places else ""
    else:
        line = next(filter(None, map(str.strip, told.splitlines())), "no reason given")
    return line.replace(str(ROOT), ".")[:200]


def load() -> list[dict]:
    """The runs on record."""
    return json.loads(RECORD.read_text()) if RECORD.exists() else []


def store(entry: dict) -> None:
    """Adds a run's chapters to the record, and writes the page again.

    Chapters that were recorded with other versions or on another machine go.
    """
    runs = load()
    old = next((r for r in runs if key(r) == key(entry)), {"chapters": {}})
    kept = {**old, "date": entry["date"], "chapters": entry["chapters"]} == entry
    chapters = {**(old["chapters"] if kept else {}), **entry["chapters"]}
    entry = {**entry, "chapters": dict(sorted(chapters.items()))}
    runs = sorted([r for r in runs if r is not old] + [entry], key=order)
    files.replace(RECORD, json.dumps(runs, indent=1) + "\n")
    write_page()


def write_page() -> None:
    """Writes the page again from the record and the list of chapters."""
    names = [path.stem for path in sources.chapters(ROOT)]
    files.replace(PAGE, status_page.page(load(), names))
