"""The virtual environments: the book's toolchain, a reader's, and the matrix's.

`.venv` holds what builds and checks the book, and `dlbook` as it stands in the tree.
`.venv-reader` holds what a reader has in Colab, and `dlbook` installed from its wheel.
`.venv-matrix` has one for each backend, Python and kind of release under test.
Only the standard library is used here.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
import uuid
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
    date; one whose making was interrupted is completed, and one of another Python is
    made again.
    """
    folder = ROOT / FOLDERS[name]
    python = python_of(folder)
    stamp = folder / "made-for"
    wanted = _digest(name)
    if os.path.exists(python) and stamp.exists() and stamp.read_text() == wanted:
        return python
    print(f"making {FOLDERS[name]} (once; a few minutes)", flush=True)
    make(folder, sys.executable, *_clear(python))
    pip(python, "install", *NEEDS[name])
    stamp.write_text(wanted)
    return python


def python_of(folder: Path) -> str:
    """The path of the Python of a virtual environment."""
    return str(folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))


def make(folder: Path, base: str = sys.executable, *options: str) -> str:
    """Makes a virtual environment, or completes one; returns its Python's path."""
    subprocess.run([base, "-m", "venv", *options, str(folder)], check=True)
    return python_of(folder)


def pip(python: str, *arguments: str) -> None:
    """Runs pip quietly; what it says is shown when it fails."""
    call = [python, "-m", "pip", "--disable-pip-version-check", *arguments]
    done = subprocess.run(
        call, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode:
        print(done.stdout)
        raise subprocess.CalledProcessError(done.returncode, call)


def kernel_sockets() -> dict[str, str]:
    """A kernel manager's settings: sockets that are files, of names used once.

    Ports are chosen before the kernel binds them. One that is taken in between makes a
    kernel that never answers.
    """
    name = f"{tempfile.gettempdir()}/kernel-{uuid.uuid4()}"
    if os.name == "nt" or len(name) > 100:  # a socket's name has at most 103 bytes
        return {}
    return {"transport": "ipc", "ip": name}


def _clear(python):
    """The option that empties an environment, where it is of another Python."""
    look = [python, "-c", "import sys; print(sys.version)"]
    try:
        found = subprocess.run(look, capture_output=True, text=True).stdout
    except OSError:  # there is none, or it leads to one that has gone
        found = ""
    return [] if found.strip() == sys.version.strip() else ["--clear"]


def _digest(name):
    """What an environment was made for: this Python and the requirements' texts."""
    files = [need for need in NEEDS[name] if (ROOT / need).is_file()]
    if "-e" in NEEDS[name]:
        files.append("pyproject.toml")
    texts = [(ROOT / file).read_text() for file in files]
    return hashlib.sha256("\0".join([sys.version, *texts]).encode()).hexdigest()
