"""The pictures of the pages are what their script draws, and can be read."""

import base64
import io
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from tools import pictures

WHITE, BLACK = 1.0, 0.0


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * c for c in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    parts = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: float, other: float) -> float:
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def taken_apart(picture: str) -> tuple[str, list[np.ndarray]]:
    """An SVG's text without its photographs, and their pixels."""
    *parts, rest = re.split(r'"data:image/jpeg;base64,([^"]*)"', picture)
    photos = [io.BytesIO(base64.b64decode(part)) for part in parts[1::2]]
    pixels = [np.asarray(Image.open(photo), dtype=float) for photo in photos]
    return "|".join([*parts[::2], rest]), pixels


@pytest.mark.parametrize("name", pictures.PICTURES)
def test_stored_picture_is_what_the_script_draws(name):
    stored = (pictures.ASSETS / name).read_text(encoding="utf-8")
    stored_text, stored_photos = taken_apart(stored)
    drawn_text, drawn_photos = taken_apart(pictures.PICTURES[name]())
    assert stored_text == drawn_text, "run `make pictures`"
    for one, other in zip(stored_photos, drawn_photos, strict=True):
        assert one.shape == other.shape
        assert np.abs(one - other).mean() < 2  # encoders of JPEG differ a little
    assert len(stored) < 90_000
    ET.fromstring(stored)
    assert not re.search(r"(href|src|url)\W*https?:", stored)


@pytest.mark.parametrize("name", pictures.PICTURES)
def test_text_is_large_enough_on_a_phone(name):
    picture = ET.fromstring((pictures.ASSETS / name).read_text(encoding="utf-8"))
    scale = 350 / float(picture.get("width"))
    sizes = [float(t.get("font-size")) for t in picture.iter("{*}text")]
    assert all(scale * size >= 9 for size in sizes)


@pytest.mark.parametrize("colour", [pictures.TEAL, pictures.OFF])
def test_white_text_is_legible_on_the_boxes(colour):
    assert contrast(luminance(colour), WHITE) >= 4.5


def test_grey_text_is_legible_on_white_and_on_black():
    grey = luminance(pictures.GREY)
    assert contrast(grey, WHITE) >= 4.5
    assert contrast(grey, BLACK) >= 4.5


@pytest.mark.parametrize(
    "colour",
    [pictures.BLUE, pictures.ORANGE, pictures.GREEN],
)
def test_marks_are_visible_on_white_and_on_black(colour):
    assert contrast(luminance(colour), WHITE) >= 3
    assert contrast(luminance(colour), BLACK) >= 3


def test_the_map_has_the_chapters_that_exist():
    chapters = (pictures.ASSETS.parent).glob("[0-9][0-9]_*.ipynb")
    mapped = {number for part in pictures.PARTS.values() for number in part}
    assert mapped == {int(path.name[:2]) for path in chapters}
