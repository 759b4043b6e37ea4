"""Runs the book's commands: `python -m tools COMMAND [options]`.

This file and `tools/environment.py` need only Python's standard library: they make
the virtual environment in which the command then runs. `test-gpu` makes its own.
"""

import os
import subprocess
import sys

from tools.environment import ROOT, environment

COMMANDS = {
    "book": "execute the chapters and render the site",
    "serve": "serve the built site on the loopback address",
    "test": "run every check on the default backend",
    "test-backends": "run every notebook and dlbook's tests on JAX and PyTorch",
    "test-matrix": "run every notebook on old and new releases and Pythons",
    "test-gpu": "run every notebook on this machine's GPU",
    "test-faults": "run the slow fault tests of the build",
    "notebooks": "execute notebooks and store them in the canonical form",
    "studies": "run the studies and store their records",
    "student": "write the notebooks without solutions, or with them unfolded",
    "takeaway": "write the book as a PDF, its notebooks and everything as zips",
    "address": "set the repository's address everywhere",
    "pictures": "draw the pictures of the Markdown pages",
    "screenshots": "take screenshots of the built site",
    "bench": "measure what building, training and reading cost",
}


def main() -> int:
    """Makes the book's environment where needed and runs the command in it."""
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        print(__doc__.splitlines()[0] + "\n")
        for name, what in COMMANDS.items():
            print(f"  {name:14} {what}")
        return 0
    command, *options = sys.argv[1:]
    if command not in COMMANDS:
        print(f"no command {command!r}: `python -m tools --help` lists them")
        return 2
    if sys.version_info < (3, 11):  # noqa: UP036 (said clearly, not as a crash)
        print(f"the book needs Python 3.11 or newer, not {sys.version}")
        return 1
    module = "tools." + command.replace("-", "_")
    run = f"import sys; from {module} import main; sys.exit(main(sys.argv[1:]))"
    try:
        python = sys.executable if command == "test-gpu" else environment("book")
        variables = {**os.environ, "PYTHONUTF8": "1"}
        return subprocess.call([python, "-c", run, *options], cwd=ROOT, env=variables)
    except subprocess.CalledProcessError as error:
        print(f"could not make the environment: {error}")
        return 1
    except KeyboardInterrupt:
        return 130


sys.exit(main())
