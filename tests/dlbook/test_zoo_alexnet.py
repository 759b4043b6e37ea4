"""AlexNet against PyTorch's listing, layer by layer, without its 244 MB."""

import math

from dlbook import zoo
from dlbook.scratch.cost import costs, outline

LISTING = {  # kernel, maps in, maps out, side of the output
    "conv1": (11, 3, 64, 55),
    "conv2": (5, 64, 192, 27),
    "conv3": (3, 192, 384, 13),
    "conv4": (3, 384, 256, 13),
    "conv5": (3, 256, 256, 13),
    "dense6": (1, 9216, 4096, 1),
    "dense7": (1, 4096, 4096, 1),
    "logits": (1, 4096, 1000, 1),
}


def test_layer_by_layer():
    rows = {name: row for name, *row in costs(outline(zoo.alexnet))}
    for name, (k, inputs, outputs, side) in LISTING.items():
        shape, parameters, work = rows[name]
        assert parameters == (k * k * inputs + 1) * outputs
        assert work == side * side * k * k * inputs * outputs
        assert math.prod(shape) == side * side * outputs
    assert set(rows) - set(LISTING) == {"image", "pad1", "pool1", "pool2", "pool5"}
    assert rows["pool5"][0] == (6, 6, 256)


def test_counts():
    model = outline(zoo.alexnet)
    assert model.count_params() == 61_100_840
    assert sum(work for *_, work in costs(model)) == 714_188_480
    assert model.output_shape == (None, 1000)


def test_activations_and_dropout():
    model = outline(zoo.alexnet)
    named = {layer.name: layer for layer in model.layers}
    for name in LISTING:
        expected = "linear" if name == "logits" else "relu"
        assert named[name].activation.__name__ == expected
    order = [layer.name for layer in model.layers]
    for number in (6, 7):
        assert order.index(f"dropout{number}") + 1 == order.index(f"dense{number}")
        assert named[f"dropout{number}"].rate == 0.5
