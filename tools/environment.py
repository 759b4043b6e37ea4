"""The two virtual environments: the book's toolchain, and a reader's.

`.venv` holds what builds and checks the book, and `dlbook` as it stands in the tree.
`.venv-reader` holds what a reader has in Colab, and `dlbook` installed from its wheel.
Only the standard library is used here.
"""

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = {"book": ".venv", "reader": ".venv-reader"}
# For each of several kernels that run side by side: two torch kernels that each take
# all cores slow each other down 80 times.
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
}
NEEDS = {
    "book": ["-r", "requirements.txt", "-e", "."],
    "reader": ["-r", "tests/colab-requirements.txt"],
}


def environment(name: str) -> str:
    """Returns the path of an environment's Python, making the environment if needed.

    An environment whose requirements have changed since it was made is brought up to
    date; one whose making was interrupted is made again.
    """
    folder = ROOT / FOLDERS[name]
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = folder / "made-for"
    wanted = _digest(name)
    if python.exists() and stamp.exists() and stamp.read_text() == wanted:
        return str(python)
    if sys.version_info < (3, 11):  # noqa: UP036 (said clearly, not as a crash)
        raise SystemExit(f"the book needs Python 3.11 or newer, not {sys.version}")
    print(f"making {FOLDERS[name]} (once; a few minutes)", flush=True)
    if not python.exists():
        venv.create(folder, with_pip=True)
    pip(str(python), "install", *NEEDS[name])
    stamp.write_text(wanted)
    return str(python)


def pip(python: str, *arguments: str) -> None:
    """Runs pip quietly; what it says is shown when it fails."""
    call = [python, "-m", "pip", "--disable-pip-version-check", *arguments]
    done = subprocess.run(
        call, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode:
        print(done.stdout)
        raise subprocess.CalledProcessError(done.returncode, call)


def _digest(name):
    """What an environment was made for: this Python and the requirements' texts."""
    files = [need for need in NEEDS[name] if (ROOT / need).is_file()]
    if "-e" in NEEDS[name]:
        files.append("pyproject.toml")
    texts = [(ROOT / file).read_text() for file in files]
    return hashlib.sha256("\0".join([sys.version, *texts]).encode()).hexdigest()
