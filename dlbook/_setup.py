"""Choose backend and device, silence the framework, seed, and set the plot style."""

import contextlib
import importlib.util
import json
import logging
import operator
import os
import sys
import tempfile
import warnings
from pathlib import Path

# Keras's name for a backend, and the package that it needs.
BACKENDS = {"tensorflow": "tensorflow", "jax": "jax", "torch": "torch"}

# Read by the frameworks when they load. On a GPU: full float32 products, for TF32
# keeps 10 bits of mantissa and breaks equalities to 1e-5; memory taken as needed,
# so that two notebooks fit on one card.
ENVIRONMENT = {
    "TF_CPP_MIN_LOG_LEVEL": "3",  # what fails raises; a fallback of oneDNN is no error
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
    "JAX_DEFAULT_MATMUL_PRECISION": "highest",
    "NVIDIA_TF32_OVERRIDE": "0",
}


def setup(seed: int = 0) -> None:
    """Prepares a notebook: backend, device, seeds, quiet logs, plot style.

    The backend is the one named by the environment variable `KERAS_BACKEND` or by
    Keras's own configuration file; without either, the first that is installed of
    TensorFlow, JAX and PyTorch. On a GPU, products are computed in full float32 and
    memory is taken as it is needed. Call it before anything imports Keras.

    Args:
        seed: Integer in [0, 2**32). Seeds Python, NumPy and the backend.

    Raises:
        ValueError: If `seed` is not such an integer, or if `KERAS_BACKEND` names
            no backend of Keras that the book supports.
        ModuleNotFoundError: If no backend is installed.

    Example:

    >>> import dlbook, numpy
    >>> dlbook.setup(seed=1)
    >>> a = numpy.random.rand()
    >>> dlbook.setup(seed=1)
    >>> a == numpy.random.rand()
    True
    """
    try:
        seed = operator.index(seed)
    except TypeError:
        raise ValueError(f"seed must be an integer, got {seed!r}") from None
    if not 0 <= seed < 2**32:
        raise ValueError(f"seed must be in [0, 2**32), got {seed}")
    keras = _keras()
    with _quiet():
        _full_float32(keras.backend.backend())
        keras.utils.set_random_seed(seed)  # imports TensorFlow wherever there is one
    # Each model's first `predict` is "retracing" to it, and in a notebook it says so.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    # From JAX 0.12 on, of integer labels, whose shape Keras asks for as NumPy has them.
    warnings.filterwarnings("ignore", r"Explicitly requested .* in ShapeDtypeStruct ")
    from dlbook import plot

    plot.style()


def describe() -> str:
    """Says which Keras, backend and kind of device this notebook runs on.

    Returns:
        A string such as `"Keras 3.15.1 · tensorflow · CPU"`.

    Example:

    >>> import dlbook
    >>> dlbook.describe().startswith("Keras 3.")
    True
    """
    keras = _keras()
    # A tensor's own word: Keras lists devices for some backends only.
    device = str(keras.ops.zeros(1).device).lower()
    kind = "GPU" if any(gpu in device for gpu in ("gpu", "cuda", "mps")) else "CPU"
    return f"Keras {keras.__version__} · {keras.backend.backend()} · {kind}"


def _keras():
    """Imports Keras on the chosen backend, without the noise."""
    if "keras" in sys.modules:
        return sys.modules["keras"]
    os.environ["KERAS_BACKEND"] = _choose_backend()
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    with _quiet():
        import keras

        keras.ops.zeros(1)  # the frameworks look for devices at the first tensor
    return keras


def _choose_backend():
    named = os.environ.get("KERAS_BACKEND")
    if named:
        if named not in BACKENDS:
            raise ValueError(
                f"KERAS_BACKEND is {named!r}, expected one of {', '.join(BACKENDS)}"
            )
        return named
    installed = [
        name for name, package in BACKENDS.items() if importlib.util.find_spec(package)
    ]
    if not installed:
        raise ModuleNotFoundError(
            "Keras needs a backend and none is installed: "
            "run `pip install tensorflow` (or jax, or torch) and start again"
        )
    configured = _configured_backend()
    return configured if configured in installed else installed[0]


def _configured_backend():
    home = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"))
    try:
        return json.loads((home / "keras.json").read_text())["backend"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


@contextlib.contextmanager
def _quiet():
    """Holds back what native code writes to stderr, and shows it only on failure."""
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as log:
        os.dup2(log.fileno(), 2)
        try:
            yield
        except BaseException:
            log.seek(0)
            os.write(stderr, log.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


def _full_float32(backend):
    """Switches TF32 off where the environment alone does not reach (compiled code)."""
    if backend == "tensorflow":
        tensorflow = importlib.import_module("tensorflow")
        tensorflow.config.experimental.enable_tensor_float_32_execution(False)
    elif backend == "torch":
        torch = importlib.import_module("torch")
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
