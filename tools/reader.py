"""A reader's place: Colab's usual packages, the `dlbook` wheel, an empty folder.

Notebooks are tested there, so that one pass proves both that their outputs hold and
that a reader who has nothing else can run them.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

from tools import sources
from tools.environment import ONE_THREAD, ROOT, environment, pip

BUILD = ROOT / "_build"


def install() -> str:
    """Installs the current `dlbook` wheel for the reader; returns its Python."""
    python = environment("reader")
    folders = (ROOT / "dlbook", ROOT / "studies")
    files = {p for folder in folders for p in folder.rglob("*.*") if p.is_file()}
    files = {p for p in files if p.suffix != ".pyc"} | {ROOT / "pyproject.toml"}
    stamp = ROOT / ".venv-reader" / "dlbook-made-of"
    made_of = sources.digest_files(ROOT, files)
    held = list((BUILD / "wheel").glob("*.whl"))
    if not held or not stamp.exists() or stamp.read_text() != made_of:
        options = ["--no-build-isolation"]  # the network is not asked for setuptools
        wheel = build_wheel(BUILD / "wheel", sys.executable, *options)
        pip(python, "install", wheel)  # with what the wheel itself declares to need
        pip(python, "install", "--force-reinstall", "--no-deps", wheel)
        stamp.write_text(made_of)
    return python


def build_wheel(folder: Path, python: str = sys.executable, *options: str) -> str:
    """Builds the `dlbook` wheel into a folder of its own; returns the wheel's path."""
    for old in (folder, ROOT / "build"):
        shutil.rmtree(old, ignore_errors=True)
    pip(python, "wheel", "--no-deps", *options, "--wheel-dir", str(folder), ".")
    (wheel,) = folder.glob("*.whl")
    return str(wheel)


def run_notebooks(backend: str, jobs: int) -> int:
    """Compares every notebook in the reader's place; returns pytest's exit code."""
    python = install()
    folder = BUILD / "reader" / backend
    code = compare(sources.chapters(ROOT), folder, backend, python, jobs=jobs)
    print_times(folder / "report.xml")
    return code


def compare(
    notebooks: list[Path],
    folder: Path,
    backend: str,
    python: str,
    runner: str = sys.executable,
    jobs: int = 1,
    **options,
) -> int:
    """Compares notebooks' stored outputs with fresh ones, by nbval, strictly.

    Args:
        notebooks: The files; each is copied into an empty folder.
        folder: Where they are run, and where `report.xml` is left; it is emptied.
        backend: Name of Keras's backend.
        python: The Python that executes the cells.
        runner: The Python that has pytest and nbval.
        jobs: How many notebooks run side by side.
        **options: Handed on to `subprocess.call`.

    Returns:
        pytest's exit code.
    """
    shutil.rmtree(folder, ignore_errors=True)
    copies = [folder / path.stem / path.name for path in notebooks]
    for path, copy in zip(notebooks, copies, strict=True):
        copy.parent.mkdir(parents=True)
        shutil.copy(path, copy)
    variables = _variables(folder, python, backend, jobs)
    report = folder / "report.xml"
    arguments = [
        *("-p", "tools.nbval_plugin", "--nbval", "--nbval-kernel-name", "reader"),
        *("--nbval-sanitize-with", "tests/nbval_sanitize.cfg"),
        *("--nbval-cell-timeout", "120", "--nbval-kernel-startup-timeout", "300"),
        *("-n", str(jobs), "--dist", "loadfile", "-q", "--rootdir", str(folder)),
        *("-c", os.devnull, "-p", "no:cacheprovider", f"--junit-xml={report}"),
    ]
    call = [runner, "-m", "pytest", *arguments, *map(str, copies)]
    return subprocess.call(call, cwd=ROOT, env=variables, **options)


def run_unit_tests(backend: str, jobs: int) -> int:
    """Runs dlbook's tests and doctests in the reader's place; returns the exit code."""
    python = install()
    folder = BUILD / "reader" / "unit"
    variables = _variables(BUILD, python, backend, jobs)
    variables["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"  # compiling takes JAX the time
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "tests" / "dlbook", folder)
    scripts = Path(python).parents[1] / "*" / "dlbook" / "studies" / "*"
    options = ["-q", "--doctest-modules", f"--ignore-glob={scripts}"]
    options += ["-p", "no:cacheprovider", "-c", os.devnull]
    options += ["-n", str(jobs), "--dist", "loadfile"]
    call = [python, "-m", "pytest", *options, "--pyargs", "dlbook", "."]
    return subprocess.call(call, cwd=folder, env=variables)


def print_times(report: Path) -> None:
    """Prints the seconds that each notebook took, from pytest's XML report."""
    if not report.exists():
        return
    seconds = {}
    for case in ElementTree.parse(report).iter("testcase"):
        name = case.get("classname").rpartition(".")[0].rpartition(".")[2]
        seconds[name] = seconds.get(name, 0.0) + float(case.get("time"))
    for name, total in sorted(seconds.items()):
        print(f"  {name:40} {total:6.1f} s")


def _variables(folder, python, backend, jobs):
    """The environment in which the kernel named `reader` is this Python alone."""
    spec = folder / "jupyter" / "kernels" / "reader" / "kernel.json"
    spec.parent.mkdir(parents=True, exist_ok=True)
    argv = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec.write_text(
        json.dumps({"argv": argv, "display_name": "Reader", "language": "python"})
    )
    variables = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    variables |= {
        "KERAS_BACKEND": backend,
        "JUPYTER_PATH": str(folder / "jupyter"),
        "TQDM_DISABLE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    if jobs > 1:
        variables |= ONE_THREAD
    return variables
