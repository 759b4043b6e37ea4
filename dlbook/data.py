"""Data sets: small, real, packaged; arrays in Keras's (train), (test) convention."""

import hashlib
import io
import json
import numbers
import operator
from importlib import resources
from pathlib import Path

import numpy as np

Arrays = tuple[np.ndarray, np.ndarray]

IRIS_CLASSES = ("setosa", "versicolor", "virginica")
IRIS_FEATURES = ("sepal length", "sepal width", "petal length", "petal width")

# Files in dlbook/datasets with their SHA-256; SOURCES.md there says whence they come.
PACKAGED = {
    "mnist_sample.npz": (
        "237b8c010346f6fe7edd04f5a73fb99176fdb3088ba38176961fe8d5f3260e93"
    ),
}
# Files to download, with address and SHA-256: those of keras.datasets.
REMOTE = {
    "mnist.npz": (
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
        "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
    ),
}
GATES = {
    "and": (0, 0, 0, 1),
    "or": (0, 1, 1, 1),
    "nand": (1, 1, 1, 0),
    "nor": (1, 0, 0, 0),
    "xor": (0, 1, 1, 0),
}


def iris() -> tuple[Arrays, Arrays]:
    """Loads Fisher's Iris flowers, split into 120 for training and 30 for testing.

    Four lengths of 150 flowers of three species. Every fifth flower of a species is
    in the test part; in both parts the species take turns.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: float32 arrays of shape (120, 4) and
        (30, 4) with lengths in cm between 0.1 and 7.9, columns as in
        `IRIS_FEATURES`; int64 labels 0, 1, 2, names in `IRIS_CLASSES`.

    Reference:

    - Fisher (1936), "The use of multiple measurements in taxonomic problems"

    Example:

    >>> (x_train, y_train), (x_test, y_test) = iris()
    >>> x_train.shape, x_test.shape
    ((120, 4), (30, 4))
    >>> y_train[:6].tolist()
    [0, 1, 2, 0, 1, 2]
    """
    from sklearn.datasets import load_iris

    flowers, species = load_iris(return_X_y=True)
    order = np.argsort(species, kind="stable").reshape(3, 50).T  # row: one of each
    test = np.arange(50) % 5 == 4
    train_rows, test_rows = order[~test].ravel(), order[test].ravel()
    x, y = flowers.astype("float32"), species.astype("int64")
    return (x[train_rows], y[train_rows]), (x[test_rows], y[test_rows])


def mnist(full: bool = False) -> tuple[Arrays, Arrays]:
    """Loads handwritten digits: 5,000 packaged ones, or all 70,000 of MNIST.

    The packaged sample has 400 digits of each class for training and 100 for
    testing, and needs no network. The full set is downloaded once (11 MB) and kept
    in the folder named by the environment variable `DLBOOK_DATA`, or in the user's
    cache. Sample and full set share digits: never train on one and test on the other.

    Args:
        full: Boolean, whether to load all of MNIST.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: uint8 images of shape (n, 28, 28),
        0 for paper to 255 for ink, and uint8 labels 0 to 9 of shape (n,), where n is
        4,000 and 1,000, or 60,000 and 10,000.

    Raises:
        ConnectionError: If the full set is neither in the cache nor to be had.
        OSError: If the cache folder cannot be written.
        ValueError: If a file is not, byte by byte, the one expected.

    Reference:

    - LeCun et al. (1998), "Gradient-based learning applied to document recognition"

    Example:

    >>> (x_train, y_train), (x_test, y_test) = mnist()
    >>> x_train.shape, x_test.shape, f"{x_train.dtype}"
    ((4000, 28, 28), (1000, 28, 28), 'uint8')
    """
    content = _download("mnist.npz") if full else _packaged("mnist_sample.npz")
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        train = arrays["x_train"], arrays["y_train"]
        test = arrays["x_test"], arrays["y_test"]
    return train, test


def logic_gate(name: str) -> Arrays:
    """Makes the truth table of a logic gate with two inputs.

    Args:
        name: One of `"and"`, `"or"`, `"nand"`, `"nor"`, `"xor"`.

    Returns:
        `x, y`: float32 array of shape (4, 2) with the inputs (0, 0), (0, 1), (1, 0),
        (1, 1), and int64 array of shape (4,) with the gate's output, 0 or 1.

    Raises:
        ValueError: If there is no such gate.

    Example:

    >>> x, y = logic_gate("xor")
    >>> y.tolist()
    [0, 1, 1, 0]
    """
    if name not in GATES:
        raise ValueError(f"name must be one of {', '.join(GATES)}, got {name!r}")
    x = np.array([(0, 0), (0, 1), (1, 0), (1, 1)], dtype="float32")
    return x, np.array(GATES[name], dtype="int64")


def documents(samples: int = 0, seed: int = 0) -> tuple[list[str], np.ndarray]:
    """Makes documents of the three words a, b, c, about sports or about politics.

    A document is about sports if and only if "a" occurs more often than "b" and "c"
    together. The first two documents are always "a b a c a b c a c" (politics) and
    "a b a a c" (sports); the others have 4 to 12 words drawn at random, with a share
    of "a" that differs from document to document.

    Args:
        samples: Integer >= 0, number of random documents after the first two.
        seed: Integer >= 0, seeds the random documents.

    Returns:
        `texts, labels`: list of 2 + `samples` strings, words separated by a space;
        int64 array of shape (2 + `samples`,), 0 for sports and 1 for politics.

    Raises:
        ValueError: If `samples` or `seed` is not an integer >= 0.

    Example:

    >>> texts, labels = documents()
    >>> texts
    ['a b a c a b c a c', 'a b a a c']
    >>> labels.tolist()
    [1, 0]
    """
    samples = _natural("samples", samples)
    random = np.random.default_rng(_natural("seed", seed))
    texts = ["a b a c a b c a c", "a b a a c"]
    for _ in range(samples):
        share = random.uniform()
        words = random.choice(
            ["a", "b", "c"],
            size=random.integers(4, 13),
            p=[share, (1 - share) / 2, (1 - share) / 2],
        )
        texts.append(" ".join(words))
    counts = [[text.split().count(word) for word in "abc"] for text in texts]
    labels = [int(a <= b + c) for a, b, c in counts]
    return texts, np.array(labels, dtype="int64")


def moons(samples: int = 200, noise: float = 0.1, seed: int = 0) -> Arrays:
    """Makes two half circles that reach into each other, one for each class.

    Args:
        samples: Integer >= 2, number of points; the classes differ by one at most.
        noise: Number >= 0, standard deviation of what is added to each coordinate.
        seed: Integer >= 0, seeds the noise and the order of the points.

    Returns:
        `x, y`: float32 array of shape (samples, 2), without noise in [-1, 2] and
        [-0.5, 1]; int64 array of shape (samples,), 0 for the upper moon, 1 for the
        lower.

    Raises:
        ValueError: If an argument is not as above.

    Example:

    >>> x, y = moons(samples=4, noise=0)
    >>> x.shape, sorted(y.tolist())
    ((4, 2), [0, 0, 1, 1])
    """
    from sklearn.datasets import make_moons

    samples, noise, seed = _points(samples, noise, seed)
    x, y = make_moons(samples, noise=noise, random_state=seed)
    return x.astype("float32"), y.astype("int64")


def spirals(samples: int = 200, noise: float = 0.03, seed: int = 0) -> Arrays:
    """Makes two spirals that wind around each other, one for each class.

    At the distance r from the origin, class 0 lies at the angle 3πr, class 1
    opposite to it: 1.35 turns, for r runs from 0.1 to 1 (r² evenly).

    Args:
        samples: Integer >= 2, number of points; the classes take turns.
        noise: Number >= 0, standard deviation of what is added to each coordinate.
        seed: Integer >= 0, seeds the distances and the noise.

    Returns:
        `x, y`: float32 array of shape (samples, 2), without noise in the unit disc;
        int64 array of shape (samples,), 0 or 1.

    Raises:
        ValueError: If an argument is not as above.

    Reference:

    - Lang and Witbrock (1988), "Learning to tell two spirals apart"

    Example:

    >>> x, y = spirals(samples=4, noise=0)
    >>> x.shape, y.tolist()
    ((4, 2), [0, 1, 0, 1])
    """
    samples, noise, seed = _points(samples, noise, seed)
    random = np.random.default_rng(seed)
    y = np.arange(samples) % 2
    r = np.sqrt(random.uniform(0.01, 1, samples))
    angle = 3 * np.pi * r + np.pi * y
    x = np.stack([r * np.cos(angle), r * np.sin(angle)], axis=1)
    x += random.normal(scale=noise, size=x.shape)
    return x.astype("float32"), y.astype("int64")


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
    package = Path(__file__).parent  # the records beside it: installed, or a checkout
    for folder in (package / "studies", package.parent / "studies"):
        records = {path.stem: path for path in folder.glob("*.json")}
        if name in records:
            return json.loads(records[name].read_text(encoding="utf-8"))
        if records:
            break
    raise ValueError(f"name must be one of {sorted(records)}, got {name!r}")


def _natural(name, value):
    try:
        number = operator.index(value)
    except TypeError:
        number = -1
    if number < 0:
        raise ValueError(f"{name} must be an integer >= 0, got {value!r}")
    return number


def _points(samples, noise, seed):
    if _natural("samples", samples) < 2:
        raise ValueError(f"samples must be an integer >= 2, got {samples!r}")
    number = isinstance(noise, numbers.Real) and not isinstance(noise, bool)
    if not number or not 0 <= noise < float("inf"):
        raise ValueError(f"noise must be a number >= 0, got {noise!r}")
    return operator.index(samples), float(noise), _natural("seed", seed)


def _packaged(name):
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


def _download(name):
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
