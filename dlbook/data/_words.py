"""Words: first names, and how English words are spoken."""

from dlbook.data._files import Arrays, archive, packaged, split


def names() -> Arrays:
    """Loads the first names of the United States' census of 1990.

    Names of women and of men, each once, however many people bear it.

    Returns:
        `train, test`: arrays of str of shape (4663,) and (500,), shuffled; lower-case
        letters a to z, 2 to 11 a name.

    Raises:
        ValueError: If the file is damaged.

    Reference:

    - United States Census Bureau (1995), "Frequently occurring first names and
      surnames from the 1990 census"

    Example:

    >>> train, test = names()
    >>> len(train), len(test)
    (4663, 500)
    >>> print(*train[:3])
    barbra elfriede farah
    """
    with archive(packaged("names.npz")) as arrays:
        return arrays["train"], arrays["test"]


def pronunciations() -> tuple[Arrays, Arrays]:
    """Loads English words and the sounds they are spoken with, in American English.

    Words of CMU's dictionary that are said in one way and are no names of the census
    of 1990. Words of one stem, such as "hunt", "hunts" and "hunter", are in one part.
    The sounds are the dictionary's 39, without marks of stress.

    Returns:
        `(words_train, sounds_train), (words_test, sounds_test)`: arrays of str of
        shape (30000,) and (2000,); words of 3 to 10 letters a to z, sounds separated
        by a space, 2 to 11 a word.

    Raises:
        ValueError: If the file is damaged.

    Reference:

    - Carnegie Mellon University (2015), "The CMU pronouncing dictionary"

    Example:

    >>> (words, sounds), _ = pronunciations()
    >>> print(words[0], "is spoken", sounds[0])
    daubed is spoken D AO B D
    """
    return split(packaged("pronunciations.npz"))
