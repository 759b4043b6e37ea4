"""Where data comes from: packaged files, downloads, and the records of studies."""

import hashlib
import io
import json
from importlib import resources
from pathlib import Path

import numpy as np

Arrays = tuple[np.ndarray, np.ndarray]

# Files in dlbook/datasets with their SHA-256; SOURCES.md there says whence they come.
PACKAGED = {
    "efficientnet_lite0.npz": (
        "09925839172be4510272c5c42ab7e16c6536b1861f8fb9beb7c2ad8b310f29a3"
    ),
    "emoji_noto.npz": (
        "4cf63cfd1d939d75126a9dfa0681c878014176ef2d750400bf0e6e404800d866"
    ),
    "emoji_twemoji.npz": (
        "0922f1291d85015fceb1b97dd23c6a904b57a78d7fa4dd4277b3a9465e6b24ce"
    ),
    "imagenet_classes.txt": (
        "ee4fa67b1dd46919ef87529b70e25bdd1ec9ebd350de3ad426e6640eb70320a1"
    ),
    "mnist_sample.npz": (
        "237b8c010346f6fe7edd04f5a73fb99176fdb3088ba38176961fe8d5f3260e93"
    ),
    "names.npz": ("a5d7a654c44ecc693d8f6324854cbc9dbe1b8baca9c0c7df289aaf6d983b0e3a"),
    "photos.npz": ("e4e99cc2f640366e69a879dbe0d6eaf072d12a59346a5c613c994473ed7509dd"),
    "pronouncer.npz": (
        "15a5f1fd1ad43112a463a8bac77e81a742c4744c1a6010eb0d5c026fb42c50c8"
    ),
    "pronunciations.npz": (
        "bd19ff551a6a0110b52137a4c58c793bd8e71349cc0ad2f7b0fa6a19f4f075c7"
    ),
    "sunspots.csv": (
        "f67889b1d9002cd5227f0e0ef54e35b419cdd85a31279adef6f73fb41e5c0a9b"
    ),
}
# Files to download, with address and SHA-256: those of keras.datasets.
REMOTE = {
    "mnist.npz": (
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
        "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
    ),
}


def study(name: str) -> dict:
    """Loads the record of a study: an experiment too long to run in a chapter.

    Args:
        name: Name of the study, such as `"02_learning_rates"`.

    Returns:
        Dictionary with the keys `"study"`, `"script_sha256"`, `"seeds"`,
        `"versions"`, `"machine"` and `"results"`; what the last holds is said in the
        study's script, `studies/NAME.py` in the book's repository.

    Raises:
        ValueError: If there is no such study.

    Example:

    >>> study("02_learning_rates")["study"]
    '02_learning_rates'
    """
    package = Path(__file__).parents[1]  # records beside it: installed, or a checkout
    for folder in (package / "studies", package.parent / "studies"):
        records = {path.stem: path for path in folder.glob("*.json")}
        if name in records:
            return json.loads(records[name].read_text(encoding="utf-8"))
        if records:
            break
    raise ValueError(f"name must be one of {sorted(records)}, got {name!r}")


def packaged(name):
    """Reads a file of dlbook/datasets and holds it against its SHA-256."""
    file = resources.files("dlbook") / "datasets" / name
    content = file.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != PACKAGED[name]:
        raise ValueError(
            f"{file} is damaged: SHA-256 {found}, {len(content)} bytes; expected "
            f"SHA-256 {PACKAGED[name]}. Install dlbook again"
        )
    return content


def archive(content):
    """Opens the content of an npz file; each array is read when it is asked for."""
    return np.load(io.BytesIO(content), allow_pickle=False)


def split(content):
    """Reads the training and the test part out of a file of arrays."""
    with archive(content) as arrays:
        train = arrays["x_train"], arrays["y_train"]
        test = arrays["x_test"], arrays["y_test"]
    return train, test


def download(name):
    """Reads a remote file from the cache; fetches it, with a bar, if it is not there.

    Pooch downloads to a temporary file and moves it into place once its SHA-256 is
    right, so that the cache never holds half a file.
    """
    import pooch
    import requests

    url, sha256 = REMOTE[name]
    cache = pooch.create(
        path=pooch.os_cache("dlbook"),
        env="DLBOOK_DATA",
        base_url="",
        registry={name: f"sha256:{sha256}"},
        urls={name: url},
        retry_if_failed=2,
    )
    target = cache.abspath / name
    instead = (
        "Without network use full=False, or get the file on another way and put it "
        f"at {target} (SHA-256 {sha256})"
    )
    pooch.get_logger().setLevel("WARNING")  # the bar says enough
    try:
        return Path(cache.fetch(name, progressbar=True)).read_bytes()
    except requests.RequestException as error:
        raise ConnectionError(f"cannot load {url}: {error}. {instead}") from error
    except OSError as error:
        raise OSError(
            f"cannot keep {name} in {cache.abspath}: {error}. Set the environment "
            "variable DLBOOK_DATA to a folder that can be written"
        ) from error
    except ValueError as error:  # the SHA-256
        raise ValueError(f"{url} sent another file: {error}. {instead}") from error
