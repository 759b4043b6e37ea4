"""Images: handwritten digits and photographs."""

import numpy as np

from dlbook.data._files import Arrays, archive, download, packaged, split

PHOTOS = ("astronaut", "camera", "chelsea", "china", "coffee")
PHOTOS += ("flower", "motorcycle", "rocket")


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
    return split(download("mnist.npz") if full else packaged("mnist_sample.npz"))


def photo(name: str) -> np.ndarray:
    """Loads a photograph: the middle square, scaled to what ImageNet's networks see.

    Args:
        name: One of `PHOTOS`: `"astronaut"`, `"camera"` (a man with a camera, grey),
            `"chelsea"` (a cat), `"china"` (a palace), `"coffee"`, `"flower"`,
            `"motorcycle"`, `"rocket"`.

    Returns:
        uint8 array of shape (224, 224, 3), red, green and blue from 0 to 255.

    Raises:
        ValueError: If there is no such photograph, or the file is damaged.

    Reference:

    - Photographs that come with scikit-image and scikit-learn; photographers and
      licences stand in `dlbook/datasets/SOURCES.md`

    Example:

    >>> cat = photo("chelsea")
    >>> cat.shape, f"{cat.dtype}"
    ((224, 224, 3), 'uint8')
    """
    if name not in PHOTOS:
        raise ValueError(f"name must be one of {', '.join(PHOTOS)}, got {name!r}")
    with archive(packaged("photos.npz")) as arrays:
        return arrays[name]
