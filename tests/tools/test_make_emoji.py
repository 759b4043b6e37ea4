"""The packaged emoji come from the sources that SOURCES.md names, cut as it says."""

import io

import numpy as np
import pytest
from PIL import Image

from dlbook.data import EMOJI_CLASSES
from tools import make_emoji
from tools.environment import ROOT


def table(has_noto=True):
    """A table with 70 characters in each subgroup, in the order of their number."""
    subgroups = [name for names in make_emoji.SUBGROUPS.values() for name in names]
    return [
        {
            "subcategory": subgroup,
            "unified": f"{subgroup} {number}",
            "sort_order": 100 * place + number,
            "has_img_google": has_noto,
            "has_img_twitter": True,
        }
        for place, subgroup in enumerate([*subgroups, "skin-tone"])
        for number in range(70)
    ]


def test_the_sources_are_recorded():
    sources = (ROOT / "dlbook" / "datasets" / "SOURCES.md").read_text(encoding="utf-8")
    for drawing, (_, sha256) in make_emoji.SOURCES.items():
        section = sources.split(f"## emoji_{drawing}.npz\n")[1].split("\n## ")[0]
        assert sha256 in section


def test_the_classes_take_turns_and_share_no_character():
    assert tuple(make_emoji.SUBGROUPS) == EMOJI_CLASSES
    train, test = make_emoji.choose(table())
    assert (len(train), len(test)) == (400, 200)
    assert len({row["unified"] for row in train + test}) == 600
    for part in (train, test):
        for place, row in enumerate(part):
            name = EMOJI_CLASSES[place % 10]
            assert row["subcategory"] in make_emoji.SUBGROUPS[name]


def test_the_order_of_the_source_changes_nothing():
    assert make_emoji.choose(table()) == make_emoji.choose(table()[::-1])


def test_a_character_without_both_drawings_is_left_out():
    rows = table()
    rows[0]["has_img_twitter"] = False
    train, test = make_emoji.choose(rows)
    assert all(row["has_img_twitter"] for row in train + test)
    assert make_emoji.choose(table(has_noto=False)) == ([], [])


def test_what_is_transparent_becomes_white():
    pixels = np.zeros((64, 64, 4), dtype="uint8")
    pixels[0, 0] = 10, 20, 30, 255
    pixels[0, 1] = 0, 100, 255, 51  # a fifth of it is seen
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    image = make_emoji.on_white(buffer.getvalue())
    assert image.shape == (64, 64, 3) and image.dtype == "uint8"
    assert image[0, 0].tolist() == [10, 20, 30]
    assert image[0, 1].tolist() == [204, 224, 255]
    assert (image[1:] == 255).all()


def test_the_emoji_are_made_from_the_recorded_sources_only(tmp_path):
    source = tmp_path / "emoji-datasource-google-16.0.0.tgz"
    source.write_bytes(b"another package")
    with pytest.raises(ValueError, match="has SHA-256 .* expected fb5fd131"):
        make_emoji.read(source, "noto")
