"""`python -m tools test-gpu BACKEND`: every notebook on this machine's GPU.

Needs Python alone: it makes an environment in `.venv-matrix` that sees the machine's
own packages, such as a CUDA build of PyTorch, and installs what is missing, from a
folder of wheels if there is one. Runs one notebook at a time; the results go to the
record and to the Status page. On a machine with a network, `--download FOLDER` fills
the folder for a machine without one.
"""

import argparse
import os
import shlex
import subprocess
import sys
import sysconfig
from pathlib import Path

from tools import matrix, reader, sources, status_page
from tools.environment import ROOT, make, pip

# What pip installs where the machine has no build of its own.
GPU_BUILDS = {"tensorflow": "tensorflow[and-cuda]", "jax": "jax[cuda12]"}


def main(argv: list[str]) -> int:
    """Runs the notebooks; 1 if there is no GPU or a notebook failed."""
    parser = argparse.ArgumentParser("tools test-gpu", description=__doc__)
    add = parser.add_argument
    add("backend", choices=status_page.BACKENDS)
    add("names", nargs="*", help="beginnings of notebooks' names, such as 01")
    add("--device", choices=["gpu", "cpu"], default="gpu")
    add("--wheels", type=Path, help="install from this folder, without a network")
    add("--download", type=Path, help="fill this folder with wheels, and stop")
    add("--package", help="the backend's package, such as 'jax[cuda13]'")
    add("--pip", default="", help="options for pip, such as '--python-version 3.12'")
    add("--resume", action="store_true", help="pass over what is on record")
    options = parser.parse_intermixed_args(argv)
    backend, pip_options = options.backend, shlex.split(options.pip)
    plain = options.device == "cpu" or backend not in GPU_BUILDS
    package = options.package or (backend if plain else GPU_BUILDS[backend])
    chapters = sources.named(sources.chapters(ROOT), options.names)
    if not chapters:
        parser.error(f"no notebook is named {options.names}")
    if options.wheels and not options.wheels.is_dir():
        parser.error(f"--wheels {options.wheels}: no such folder")
    if options.wheels:
        wheels = str(options.wheels.resolve())
        pip_options += ["--no-index", "--find-links", wheels]
    if options.device == "cpu":
        os.environ |= {"CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu"}
    try:
        if options.download:
            download(options.download.resolve(), package, pip_options)
            return 0
        python = prepare(backend, package, pip_options)
        about = {"command": "test-gpu", "backend": backend, "release": "installed"}
        about |= matrix.describe(python, backend)
    except subprocess.CalledProcessError as error:
        print(f"no environment: {error}")
        return 1
    print(f"{backend} on {about['device']}, {about['machine']}", flush=True)
    if options.device == "gpu" and "GPU" not in about["device"]:
        print(f"No GPU: {backend} sees none on this machine, so nothing was tested.")
        return 1
    return 1 if matrix.run(python, about, chapters, options.resume) else 0


def prepare(backend: str, package: str, options: list[str]) -> str:
    """Makes the environment, around what the machine has; returns its Python."""
    version = "{}.{}".format(*sys.version_info)
    folder = matrix.ENVIRONMENTS / f"{version}-{backend}-installed"
    python = make(folder, sys.executable, "--system-site-packages")
    if sys.prefix != sys.base_prefix:  # the machine's packages are in an environment
        own = sysconfig.get_path("purelib")
        place = sysconfig.get_path("purelib", "venv", {"base": str(folder)})
        link = f"import site; site.addsitedir({own!r})\n"
        Path(place, "machine.pth").write_text(link)
    look = f"import importlib.util as u; raise SystemExit(not u.find_spec({backend!r}))"
    if subprocess.call([python, "-P", "-c", look]):
        pip(python, "install", *options, package)
    wheel = reader.build_wheel(matrix.WORK / "gpu-wheel", python, *options)
    matrix.install(python, wheel, "chapters,test", options, [])
    return python


def download(folder: Path, package: str, options: list[str]) -> None:
    """Fills a folder with the wheels that `--wheels` needs."""
    wheel = reader.build_wheel(matrix.WORK / "gpu-wheel")
    needs = [f"{wheel}[chapters,test]", package, "setuptools>=68"]
    call = ["download", "--only-binary=:all:", "--dest", str(folder)]
    pip(sys.executable, *call, *options, *needs)
