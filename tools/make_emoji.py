"""Makes dlbook/datasets/emoji_noto.npz and emoji_twemoji.npz from two npm packages.

    cd /tmp
    npm pack emoji-datasource-google@16.0.0 emoji-datasource-twitter@16.0.0
    python -m tools.make_emoji /tmp/emoji-datasource-*-16.0.0.tgz

The arrays are the same on every machine. The bytes of a file depend on the release of
zlib; after a run, write the printed SHA-256 into `dlbook/data/_files.py` and
`dlbook/datasets/SOURCES.md`.
"""

import io
import json
import sys
import tarfile
from pathlib import Path

import numpy as np
from PIL import Image

from dlbook.data import EMOJI_CLASSES
from tools import packing

SOURCES = {  # drawing: the package's name for it, SHA-256 of the package
    "noto": (
        "google",
        "fb5fd131b362aab7a55542d2a147a79708cce0a8b1c1bbacd470172708b5c438",
    ),
    "twemoji": (
        "twitter",
        "f64a530c63bca463bd8317fdc4615ce63a53a0c65018e4ce2d848aaba7a28877",
    ),
}
SUBGROUPS = {  # of Unicode, for each class
    "face": (
        "face-smiling face-affection face-tongue face-hand face-neutral-skeptical "
        "face-sleepy face-unwell face-hat face-glasses face-concerned"
    ).split(),
    "mammal": ["animal-mammal"],
    "other animal": [
        f"animal-{kind}" for kind in ("bird", "amphibian", "reptile", "marine", "bug")
    ],
    "plant": ["plant-flower", "plant-other", "food-fruit", "food-vegetable"],
    "dish": ["food-prepared", "food-asian", "food-sweet"],
    "vehicle": ["transport-ground", "transport-water", "transport-air"],
    "place": [
        f"place-{kind}" for kind in ("map", "geographic", "building", "religious")
    ]
    + ["place-other"],
    "activity": ["event", "award-medal", "sport", "game", "arts & crafts"],
    "office": ["book-paper", "mail", "writing", "office"],
    "tool": ["tool", "science", "medical", "household"],
}
TRAIN, TEST = 40, 20  # characters of a class


def read(source: Path, drawing: str) -> tuple[list[dict], dict[str, bytes]]:
    """Reads the table of characters and the 64-pixel images, as PNG, by file name."""
    folder, expected = SOURCES[drawing]
    package = io.BytesIO(packing.read(source, expected))
    table, images, place = [], {}, f"package/img/{folder}/64/"
    with tarfile.open(fileobj=package) as archive:
        for member in archive:
            if member.name == "package/emoji.json":
                table = json.load(archive.extractfile(member))
            elif member.name.startswith(place) and member.name.endswith(".png"):
                name = member.name.removeprefix(place)
                images[name] = archive.extractfile(member).read()
    return table, images


def choose(table: list[dict]) -> tuple[list[dict], list[dict]]:
    """Chooses 40 characters of a class for training and 20 others for testing.

    Unicode has 60 to 102 in a class, skin tones left out; which of them are taken is
    drawn, with RandomState, whose streams NumPy has frozen. In both parts the
    classes take turns.
    """
    drawn = []
    for seed, name in enumerate(EMOJI_CLASSES):
        rows = [
            row
            for row in table
            if row["subcategory"] in SUBGROUPS[name]
            and all(row[f"has_img_{folder}"] for folder, _ in SOURCES.values())
        ]
        rows.sort(key=lambda row: row["sort_order"])
        order = np.random.RandomState(seed).permutation(len(rows))
        drawn.append([rows[i] for i in order[: TRAIN + TEST]])
    turns = [row for turn in zip(*drawn, strict=True) for row in turn]
    cut = TRAIN * len(EMOJI_CLASSES)
    return turns[:cut], turns[cut:]


def on_white(png: bytes) -> np.ndarray:
    """Decodes an image and lays it on white: uint8 (64, 64, 3)."""
    pixels = np.array(Image.open(io.BytesIO(png)).convert("RGBA"), dtype=int)
    color, alpha = pixels[..., :3], pixels[..., 3:]
    return ((color * alpha + 255 * (255 - alpha) + 127) // 255).astype("uint8")


def main(*sources: str) -> None:
    """Writes both files and prints their sizes and SHA-256."""
    for drawing, (folder, _) in SOURCES.items():
        source = next(path for path in map(Path, sources) if folder in path.name)
        table, images = read(source, drawing)
        arrays = {}
        for part, rows in zip(("train", "test"), choose(table), strict=True):
            arrays[f"x_{part}"] = np.stack([on_white(images[r["image"]]) for r in rows])
            classes = np.arange(len(rows)) % len(EMOJI_CLASSES)
            arrays[f"y_{part}"] = classes.astype("uint8")
            arrays[f"characters_{part}"] = np.array([row["unified"] for row in rows])
        packing.write(f"emoji_{drawing}.npz", arrays)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python -m tools.make_emoji GOOGLE.tgz TWITTER.tgz")
    main(*sys.argv[1:])
