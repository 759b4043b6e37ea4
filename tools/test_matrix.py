"""`python -m tools test-matrix`: every notebook on old and new releases.

One environment for each Python, backend and kind of release, in `.venv-matrix`; it has
2 GB, and stays only where a notebook failed in it. The oldest releases are the lower
bounds in pyproject.toml. The results go to `bench/status.json` and to the Status page,
chapter by chapter. To hold a package at a release, set pip's `PIP_CONSTRAINT`.
"""

import argparse
import os
import shutil
import subprocess
import sys
from itertools import product

from tools import matrix, reader, sources
from tools.environment import ROOT, make
from tools.status_page import BACKENDS, PYTHONS, RELEASES

NEWEST = ["--upgrade", "--upgrade-strategy", "eager"]
ASK = "import sys; print('{}.{}'.format(*sys.version_info))"


def main(argv: list[str]) -> int:
    """Runs what is chosen; 1 if a notebook failed or an environment was not made."""
    parser = argparse.ArgumentParser("tools test-matrix", description=__doc__)
    add = parser.add_argument
    add("names", nargs="*", help="beginnings of notebooks' names, such as 01")
    add("--backend", action="append", choices=BACKENDS, help="may be repeated")
    add("--release", action="append", choices=RELEASES, help="may be repeated")
    add("--python", action="append", help="a version, such as 3.12, or a path")
    add("--resume", action="store_true", help="pass over what is on record")
    add("--page", action="store_true", help="only write the page again")
    options = parser.parse_intermixed_args(argv)
    if options.page:
        matrix.write_page()
        return 0
    chapters = sources.named(sources.chapters(ROOT), options.names)
    if not chapters:
        parser.error(f"no notebook is named {options.names}")
    pythons = {}
    for name in options.python or PYTHONS:
        version, path = interpreter(name)
        if version in PYTHONS:
            pythons[version] = path
        elif options.python:
            parser.error(f"--python {name}: no Python {', '.join(PYTHONS)} there")
        else:
            print(f"Python {name} is not installed: passed over")
    wheel = reader.build_wheel(matrix.WORK / "wheel")
    failed = 0
    backends, releases = options.backend or BACKENDS, options.release or RELEASES
    for version, backend, release in product(pythons, backends, releases):
        print(f"\n=== {backend}, {release} releases, Python {version}", flush=True)
        folder = matrix.ENVIRONMENTS / f"{version}-{backend}-{release}"
        about = {"command": "test-matrix", "backend": backend, "release": release}
        extras = f"{backend},chapters,test"
        try:
            python = make(folder, pythons[version])
            if release == "oldest":
                pins = matrix.install_oldest(python, matrix.declared(backend))
                matrix.install(python, wheel, extras, [], pins)
            else:
                matrix.install(python, wheel, extras, NEWEST, [])
            about |= matrix.describe(python, backend)
            wrong = matrix.run(python, about, chapters, options.resume)
            failed += wrong
            if not wrong:
                shutil.rmtree(folder)
        except (subprocess.CalledProcessError, LookupError) as error:
            print(f"no environment: {error}")
            failed += 1
    return 1 if failed else 0


def interpreter(name: str) -> tuple[str, str]:
    """The version, such as "3.12", and the path of a Python named by either.

    The version is empty where there is no such Python.
    """
    path = shutil.which(name if os.path.dirname(name) else f"python{name}")
    if name == "{}.{}".format(*sys.version_info):
        path = sys.executable
    if not path:
        return "", ""
    said = subprocess.run([path, "-c", ASK], capture_output=True, text=True)
    return said.stdout.strip(), path
