"""Tables: Fisher's Iris flowers, three centuries of sunspots."""

import io

import numpy as np

from dlbook.data._files import Arrays, packaged

IRIS_CLASSES = ("setosa", "versicolor", "virginica")
IRIS_FEATURES = ("sepal length", "sepal width", "petal length", "petal width")


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


def sunspots() -> Arrays:
    """Loads the yearly sunspot numbers from 1700 to 2008.

    The number weighs groups and single spots; its mean over a year. It rises and
    falls in about eleven years.

    Returns:
        `years, numbers`: int64 array of shape (309,), 1700 to 2008; float64 array of
        shape (309,), from 0 to 190.2.

    Raises:
        ValueError: If the file is damaged.

    Reference:

    - Yule (1927), "On a method of investigating periodicities in disturbed series,
      with special reference to Wolfer's sunspot numbers"

    Example:

    >>> years, numbers = sunspots()
    >>> print(f"{years[257]}: {numbers[257]}")
    1957: 190.2
    """
    content = io.BytesIO(packaged("sunspots.csv"))
    years, numbers = np.loadtxt(content, delimiter=",", skiprows=1, unpack=True)
    return years.astype("int64"), numbers
