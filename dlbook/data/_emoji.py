"""Emoji: the same characters in two drawings."""

from dlbook.data._files import Arrays, packaged, split

EMOJI_CLASSES = (
    "face",
    "mammal",
    "other animal",
    "plant",
    "dish",
    "vehicle",
    "place",
    "activity",
    "office",
    "tool",
)
EMOJI_DRAWINGS = ("noto", "twemoji")


def emoji(drawing: str = "noto") -> tuple[Arrays, Arrays]:
    """Loads 600 emoji of ten classes, as one of two families of artists drew them.

    The classes are subgroups of Unicode, some of them merged, with 60 characters
    each, 40 of them for training. Both drawings hold the same characters in the same
    order: image i of one and image i of the other show the same thing. In both parts
    the classes take turns, so that the first 10k images hold k of each class.

    Args:
        drawing: `"noto"` for Google's Noto Emoji, or `"twemoji"` for Twitter's.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: uint8 arrays of shape (400, 64, 64, 3)
        and (200, 64, 64, 3), red, green and blue from 0 to 255 on a white ground;
        uint8 labels 0 to 9, names in `EMOJI_CLASSES`.

    Raises:
        ValueError: If there is no such drawing, or its file is damaged.

    Reference:

    - [Noto Emoji](https://github.com/googlefonts/noto-emoji), Apache License 2.0
    - [Twemoji](https://github.com/jdecked/twemoji), CC BY 4.0

    Example:

    >>> (x_train, y_train), (x_test, y_test) = emoji("twemoji")
    >>> x_train.shape, x_test.shape
    ((400, 64, 64, 3), (200, 64, 64, 3))
    >>> EMOJI_CLASSES[y_train[1]]
    'mammal'
    """
    if drawing not in EMOJI_DRAWINGS:
        raise ValueError(
            f"drawing must be one of {', '.join(EMOJI_DRAWINGS)}, got {drawing!r}"
        )
    return split(packaged(f"emoji_{drawing}.npz"))
