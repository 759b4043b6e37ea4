"""Prints where a Python computes, as JSON: versions, device, machine.

Run in the environment in question, with `KERAS_BACKEND` set: `python -P device.py`.
"""

import json
import os
import platform
import shutil
import subprocess
from importlib.metadata import version


def main() -> None:
    """Prints one line."""
    import dlbook

    _, backend, kind = dlbook.describe().split(" · ")
    about = {
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("keras", backend, "numpy")},
        "device": _card() if kind == "GPU" else kind,
        "machine": machine(),
    }
    print(json.dumps(about))


def machine() -> str:
    """This machine, such as "x86_64, 2 cores": no name, no place."""
    return f"{platform.machine()}, {os.cpu_count()} cores"


def _card():
    """The first GPU's name, where NVIDIA's tool tells it."""
    tool = shutil.which("nvidia-smi")
    if not tool:
        return "GPU"
    call = [tool, "--query-gpu=name", "--format=csv,noheader"]
    names = subprocess.run(call, capture_output=True, text=True).stdout.splitlines()
    return f"GPU, {names[0].strip()}" if names else "GPU"


if __name__ == "__main__":
    main()
