"""Makes dlbook/datasets/photos.npz from photographs of scikit-image and scikit-learn.

    pip install scikit-image==0.26.0 scikit-learn
    python -m tools.make_photos

Decoders of JPEG differ in the last digit: made from other releases of Pillow, the
last three photographs may do so too. After a run, write the printed SHA-256 into
`dlbook/data/_files.py` and `dlbook/datasets/SOURCES.md`.
"""

import importlib.util
import io
from pathlib import Path

import numpy as np
from PIL import Image

from tools import packing

SIZE = 224
SOURCES = {  # name: package, file in it, SHA-256
    "astronaut": (
        "skimage",
        "data/astronaut.png",
        "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
    ),
    "camera": (
        "skimage",
        "data/camera.png",
        "b0793d2adda0fa6ae899c03989482bff9a42d3d5690fc7e3648f2795d730c23a",
    ),
    "chelsea": (
        "skimage",
        "data/chelsea.png",
        "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb",
    ),
    "coffee": (
        "skimage",
        "data/coffee.png",
        "cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7",
    ),
    "motorcycle": (
        "skimage",
        "data/motorcycle_left.png",
        "db18e9c4157617403c3537a6ba355dfeafe9a7eabb6b9b94cb33f6525dd49179",
    ),
    "china": (
        "sklearn",
        "datasets/images/china.jpg",
        "8378025ad2519d649d02e32bd98990db4ab572357d9f09841c2fbfbb4fefad29",
    ),
    "flower": (
        "sklearn",
        "datasets/images/flower.jpg",
        "a77f6ec41e353afdf8bdff2ea981b2955535d8d83294f8cfa49cf4e423dd5638",
    ),
    "rocket": (
        "skimage",
        "data/rocket.jpg",
        "c2dd0de7c538df8d111e479619b129464d0269d0ae5fd18ca91d33a7fdfea95c",
    ),
}


def read(name: str) -> np.ndarray:
    """Cuts the middle square out of a photograph and scales it, (224, 224, 3)."""
    package, file, expected = SOURCES[name]
    path = Path(importlib.util.find_spec(package).origin).parent / file
    photo = Image.open(io.BytesIO(packing.read(path, expected))).convert("RGB")
    width, height = photo.size
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    square = photo.crop((left, top, left + side, top + side))
    return np.asarray(square.resize((SIZE, SIZE), Image.Resampling.BICUBIC))


def main() -> None:
    """Writes the photographs and prints the file's size and SHA-256."""
    packing.write("photos.npz", {name: read(name) for name in SOURCES})


if __name__ == "__main__":
    main()
