"""`python -m tools test-gpu`: every notebook on this machine's GPU, one at a time.

`dlbook.setup` lets memory grow and computes in full float32, so that the same outputs
are compared as on a CPU.
"""

import argparse
import os
import subprocess

from tools import reader

DESCRIBE = "import dlbook; print(dlbook.describe())"


def main(argv: list[str]) -> int:
    """Runs the notebooks on a GPU; 1 if there is none or an output differs."""
    parser = argparse.ArgumentParser("tools test-gpu", description=__doc__)
    parser.add_argument(
        "backend",
        nargs="?",
        default="tensorflow",
        choices=["tensorflow", "jax", "torch"],
    )
    backend = parser.parse_args(argv).backend
    python = reader.install()
    found = subprocess.run(
        [python, "-c", DESCRIBE],
        env={**os.environ, "KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
    )
    if found.returncode:
        print(found.stderr)
        return 1
    described = found.stdout.strip()
    print(described)
    if not described.endswith("GPU"):
        print(f"No GPU: {backend} sees none on this machine, so nothing was tested.")
        return 1
    return reader.run_notebooks(backend, jobs=1)
