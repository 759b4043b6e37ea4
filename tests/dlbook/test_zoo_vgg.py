"""VGG-16 and VGG-19: counts, and the listing's order, without half a gigabyte."""

import pytest

from dlbook import zoo
from dlbook.scratch.cost import costs, outline


def convolutions(depths):
    maps, side, rows = 3, 224, {}
    for block, (depth, out) in enumerate(
        zip(depths, (64, 128, 256, 512, 512), strict=True), start=1
    ):
        for number in range(1, depth + 1):
            parameters, work = (9 * maps + 1) * out, side**2 * 9 * maps * out
            rows[f"conv{block}_{number}"] = ((side, side, out), parameters, work)
            maps = out
        side //= 2
        rows[f"pool{block}"] = ((side, side, out), 0, 0)
    return rows


@pytest.mark.parametrize(
    ("build", "depths", "parameters", "work"),
    [
        (zoo.vgg16, (2, 2, 3, 3, 3), 138_357_544, 15_470_264_320),
        (zoo.vgg19, (2, 2, 4, 4, 4), 143_667_240, 19_632_062_464),
    ],
)
def test_layer_by_layer(build, depths, parameters, work):
    model = outline(build)
    rows = {name: tuple(row) for name, *row in costs(model)}
    expected = convolutions(depths)
    assert {name: rows[name] for name in expected} == expected
    assert rows["dense6"] == ((4096,), 102_764_544, 25_088 * 4096)
    assert rows["dense7"] == ((4096,), 16_781_312, 4096**2)
    assert rows["logits"] == ((1000,), 4_097_000, 4_096_000)
    assert model.count_params() == parameters == sum(row[1] for row in rows.values())
    assert sum(row[2] for row in rows.values()) == work
    for layer in model.layers:
        if layer.name.startswith(("conv", "dense")):
            assert layer.activation.__name__ == "relu"
    assert model.get_layer("logits").activation.__name__ == "linear"
