"""dlbook.live without a browser: what the HTML carries, and which arguments pass."""

import base64
import html
import io
import json
import math
import re
import types
from html.parser import HTMLParser

import keras
import numpy as np
import pytest
from PIL import Image

from dlbook import data, live, zoo
from dlbook.scratch import optimizer
from dlbook.scratch.cost import costs, outline
from dlbook.zoo.pronouncer import pronouncer

LESSON = {
    "images": np.arange(12, dtype="uint8").repeat(8 * 8 * 3).reshape(12, 8, 8, 3),
    "labels": np.arange(12) % 3,
    "features": {"numbers": np.arange(24.0).reshape(12, 2)},
    "classes": ["a", "b", "c"],
}
RUN = {
    "images": np.arange(40 * 9, dtype="uint16").astype("uint8").reshape(40, 3, 3),
    "labels": np.arange(40) % 10,
}
PHOTO = np.arange(8 * 12 * 3, dtype="uint8").reshape(8, 12, 3)

FIGURES = {
    "perceptron": live.perceptron,
    "descent": live.descent,
    "hidden_layer": live.hidden_layer,
    "hinges": live.hinges,
    "backpropagation": live.backpropagation,
    "activations": live.activations,
    "optimizers": live.optimizers,
    "double_descent": live.double_descent,
    "convolution": live.convolution,
    "residual": live.residual,
    "recurrent": live.recurrent,
    "gates": live.gates,
    "scaling": live.scaling,
    "blend": lambda: live.blend(PHOTO, {"heat": np.eye(4), "photo": PHOTO}),
    "lenet": lambda: live.lenet(zoo.lenet()),
    "transfer": lambda: live.transfer(**LESSON),
    "attention": lambda: live.attention(pronouncer()),
    "diagnosis": lambda: live.diagnosis(**RUN),
}


class Tags(HTMLParser):
    """Collects every start tag with its attributes."""

    def __init__(self, text: str):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def config_of(figure):
    (root,) = [
        attributes
        for _, attributes in Tags(figure._repr_html_()).found
        if attributes.get("class") == "live-figure"
    ]
    return json.loads(root["data-live-config"])


@pytest.mark.parametrize("name", FIGURES)
def test_html_stands_alone(name):
    text = FIGURES[name]()._repr_html_()
    assert f'<div class="live-figure" data-live="{name}"' in text
    urls = re.findall(r"(?:https?:)?//[\w.-]+\.[a-z]{2,}[^\s\"'`]*", text)
    assert set(urls) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"@import|url\(|\bfetch\(|XMLHttpRequest|\bimport\(", text)
    for _, attributes in Tags(text).found:
        assert not {"src", "href"} & set(attributes)


@pytest.mark.parametrize("name", FIGURES)
def test_html_suits_a_content_security_policy(name):
    text = FIGURES[name]()._repr_html_()
    assert not re.search(r"\beval\(|new Function|innerHTML|document\.write", text)
    for tag, attributes in Tags(text).found:
        assert not [a for a in attributes if a.startswith("on") or a == "style"], tag


def test_scripts_do_not_depend_on_the_arguments():
    # Else each figure would need a hash of its own in a content security policy.
    def scripts(figure):
        return re.findall(r"<script.*?</script>", figure._repr_html_(), re.DOTALL)

    other = live.perceptron([[0.25, 7]], [1], learning_rate=0.5)
    assert scripts(live.perceptron()) == scripts(other)
    assert len(scripts(other)) == 3
    assert scripts(live.descent())[0] == scripts(other)[0]


def test_configuration_survives_html():
    x = np.array([[0.1, -2.5], [3.0, 1e-7]])
    config = config_of(live.perceptron(x, np.array([0, 1]), learning_rate=0.5))
    assert config["x"] == x.tolist()
    assert config["y"] == [0, 1]
    assert config["learning_rate"] == 0.5
    figure = live.LiveFigure("descent", "<b>&\"'", {"text": "</script>\"'<"})
    assert config_of(figure) == {"text": "</script>\"'<"}
    assert html.escape("<b>&\"'") in figure._repr_html_()


@pytest.mark.parametrize(
    ("figure", "names"),
    [
        (live.perceptron, live.PRESETS),
        (live.descent, live.LOSSES),
        (live.hidden_layer, live.ACTIVATIONS),
        (live.hinges, live.FUNCTIONS),
        (live.activations, live.DEEP_ACTIVATIONS),
        (live.optimizers, live.SURFACES),
        (live.optimizers, live.RACERS),
        (live.convolution, live.IMAGES),
        (live.convolution, live.KERNELS),
        (live.residual, live.STACKS),
        (live.recurrent, live.COUNTERS),
        (live.recurrent, live.RECURRENT_ACTIVATIONS),
        (live.gates, live.GATED_CELLS),
        (live.gates, live.GATE_PRESETS),
        (live.scaling, live.SCALINGS),
    ],
)
def test_menus_are_those_of_the_scripts(figure, names):
    text = figure()._repr_html_()
    for name in names:
        assert re.search(rf"^    {name}: [\[{{]", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"x": [[0, 1]]}, ValueError, "y is None but x is not"),
        ({"y": [1]}, ValueError, "x is None but y is not"),
        ({"x": [0, 1], "y": [0, 1]}, ValueError, r"x has shape \(2,\)"),
        ({"x": [[0, 1, 2]], "y": [0]}, ValueError, r"x has shape \(1, 3\)"),
        ({"x": np.zeros((0, 2)), "y": []}, ValueError, "x has 0 points"),
        ({"x": np.zeros((65, 2)), "y": np.zeros(65)}, ValueError, "x has 65 points"),
        ({"x": [[0, 1]], "y": [0, 1]}, ValueError, r"y has shape \(2,\)"),
        ({"x": [[0, 1]], "y": [-1]}, ValueError, "y contains -1"),
        ({"x": [[0, 1]], "y": [0.5]}, ValueError, "y contains 0.5"),
        ({"x": [[0, np.nan]], "y": [0]}, ValueError, "x contains NaN"),
        ({"x": [["a", "b"]], "y": [0]}, TypeError, "x is .* array of numbers"),
        ({"x": [[0], [1, 2]], "y": [0, 1]}, TypeError, "x is .* array of numbers"),
        ({"learning_rate": 0}, ValueError, "learning_rate is 0"),
        ({"learning_rate": float("inf")}, ValueError, "learning_rate is inf"),
        ({"learning_rate": "1"}, TypeError, "learning_rate is '1'"),
        ({"learning_rate": True}, TypeError, "learning_rate is True"),
        ({"preset": "nand"}, ValueError, "preset is 'nand'"),
    ],
)
def test_perceptron_names_a_bad_argument(arguments, error, message):
    with pytest.raises(error, match=message):
        live.perceptron(**arguments)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"losses": "lecture"}, TypeError, "losses is the string 'lecture'"),
        ({"losses": []}, ValueError, "losses is empty"),
        ({"losses": ["cubic"]}, ValueError, "losses contains 'cubic'"),
        ({"losses": ["steep", "steep"]}, ValueError, "expected each name once"),
        ({"start": float("nan")}, ValueError, "start is nan"),
        ({"start": 101}, ValueError, "start is 101"),
        ({"start": None}, TypeError, "start is None"),
        ({"start": [1.0]}, TypeError, r"start is \[1.0\]"),
        ({"learning_rate": -0.1}, ValueError, "learning_rate is -0.1"),
        ({"learning_rate": 1e3}, ValueError, "learning_rate is 1000"),
    ],
)
def test_descent_names_a_bad_argument(arguments, error, message):
    with pytest.raises(error, match=message):
        live.descent(**arguments)


@pytest.mark.parametrize("activation", live.ACTIVATIONS)
def test_hidden_layer_takes_plain_and_keras_weights(activation):
    W1, b1, w2, b2 = [[1, 2], [3, 4]], [5, 6], [7, 8], 9
    flat = [1, 2, 3, 4, 5, 6, 7, 8, 9]
    keras_form = [np.float32(W1), np.float32(b1), np.float32([[7], [8]]), np.ones(1)]
    for weights, end in (((W1, b1, w2, b2), 9), (keras_form, 1)):
        config = config_of(live.hidden_layer(activation, weights, learning_rate=2))
        expected = {"weights": [*flat[:8], end], "learning_rate": 2}
        assert config == {"activation": activation, **expected}


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"activation": "linear"}, ValueError, "activation is 'linear'; expected id"),
        ({"weights": 3}, TypeError, "weights is 3; expected W1, b1, w2, b2"),
        ({"weights": [1, 2, 3]}, ValueError, "weights has 3 arrays; expected 4"),
        ({"W1": [1, 2]}, ValueError, r"W1 has shape \(2,\); expected \(2, 2\)"),
        ({"b1": 0}, ValueError, r"b1 has shape \(\); expected \(2,\)"),
        ({"w2": [[1, 2]]}, ValueError, r"w2 has shape \(1, 2\); expected \(2,\) or"),
        ({"b2": [1, 2]}, ValueError, r"b2 has shape \(2,\); expected \(\) or \(1,\)"),
        ({"b1": [0, -101]}, ValueError, "b1 contains -101; expected -100 to 100"),
        ({"b2": float("nan")}, ValueError, "b2 contains NaN"),
        ({"w2": ["a", 1]}, TypeError, "w2 is .* array of numbers"),
        ({"learning_rate": 0}, ValueError, "learning_rate is 0"),
    ],
)
def test_hidden_layer_names_a_bad_argument(arguments, error, message):
    weights = {"W1": np.eye(2), "b1": [0, 0], "w2": [1, 1], "b2": 0}
    if arguments.keys() <= weights.keys():
        arguments = {"weights": list((weights | arguments).values())}
    with pytest.raises(error, match=message):
        live.hidden_layer(**arguments)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"f": "cubic"}, ValueError, "f is 'cubic'; expected square, sine, runge"),
        ({"n": 0}, ValueError, "n is 0; expected 1 to 64"),
        ({"n": 65}, ValueError, "n is 65; expected 1 to 64"),
        ({"n": 2.0}, TypeError, "n is 2.0; expected an integer"),
        ({"n": True}, TypeError, "n is True; expected an integer"),
    ],
)
def test_hinges_name_a_bad_argument(arguments, error, message):
    with pytest.raises(error, match=message):
        live.hinges(**arguments)


ONE = [([[1, 2], [2, 1]], [0, 0])]
TWO = [([[1], [2]], [0]), ([[1, 2, 3]], np.zeros(3))]


def test_backpropagation_offers_the_cells_own_numbers_first():
    config = config_of(
        live.backpropagation("lecture", np.array([1, -2]), TWO, np.int64(2))
    )
    assert config["start"] == "own"
    assert list(config["starts"]) == ["own", *live.STARTS]
    own = config["starts"]["own"]
    assert own["x"] == [1, -2]
    assert own["layers"] == [[[[1], [2]], [0]], [[[1, 2, 3]], [0, 0, 0]]]
    assert own["label"] == 2
    assert config_of(live.backpropagation("network"))["start"] == "network"
    assert "own" not in live.STARTS


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"start": "end"}, ValueError, "start is 'end'"),
        ({"x": None}, ValueError, "x is None; expected x, layers and label, or none"),
        ({"layers": None}, ValueError, "layers is None"),
        ({"x": None, "layers": None}, ValueError, "x is None"),
        ({"label": None}, ValueError, "label is None"),
        ({"x": [[1, 2]]}, ValueError, r"x has shape \(1, 2\); expected \(1 to 4,\)"),
        ({"x": []}, ValueError, r"x has shape \(0,\)"),
        ({"x": [1, 2, 3, 4, 5]}, ValueError, r"x has shape \(5,\)"),
        (
            {"x": [1, 2, 3]},
            ValueError,
            r"layers\[0\]\[0\] has shape \(2, 2\); .*3, 1 to",
        ),
        ({"x": [1, 1001]}, ValueError, "x contains 1001; expected -1000 to 1000"),
        ({"x": [1, np.nan]}, ValueError, "x contains NaN"),
        ({"x": ["a", "b"]}, TypeError, "x is .* array of numbers"),
        ({"layers": "W"}, TypeError, "layers is 'W'"),
        ({"layers": 3}, TypeError, "layers is 3"),
        ({"layers": []}, ValueError, "layers has 0 pairs"),
        ({"layers": [*TWO, *ONE]}, ValueError, "layers has 3 pairs"),
        ({"layers": [[1, 2, 3]]}, TypeError, r"layers\[0\] is \[1, 2, 3\]"),
        ({"layers": [([[1, 2], [2, 1]], [0])]}, ValueError, r"\[1\] has shape \(1,\)"),
        ({"layers": TWO[:1]}, ValueError, "the last layer has 1 output"),
        ({"label": 2}, ValueError, "label is 2; expected 0 to 1"),
        ({"label": -1}, ValueError, "label is -1"),
        ({"label": 1.0}, TypeError, "label is 1.0"),
        ({"label": True}, TypeError, "label is True"),
    ],
)
def test_backpropagation_names_a_bad_argument(arguments, error, message):
    with pytest.raises(error, match=message):
        live.backpropagation(**{"x": [1, 2], "layers": ONE, "label": 0} | arguments)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"activation": "step"}, ValueError, "activation is 'step'; expected identity"),
        ({"scale": 0}, ValueError, "scale is 0; expected 0.0625 to 8"),
        ({"scale": 0.06}, ValueError, "scale is 0.06; expected 0.0625 to 8"),
        ({"scale": 8.5}, ValueError, "scale is 8.5"),
        ({"scale": float("nan")}, ValueError, "scale is nan"),
        ({"scale": "1"}, TypeError, "scale is '1'; expected a number"),
        ({"seed": -1}, ValueError, "seed is -1; expected 0 to 9999"),
        ({"seed": 10000}, ValueError, "seed is 10000"),
        ({"seed": 1.0}, TypeError, "seed is 1.0; expected an integer"),
        ({"seed": True}, TypeError, "seed is True"),
    ],
)
def test_activations_names_a_bad_argument(arguments, error, message):
    with pytest.raises(error, match=message):
        live.activations(**arguments)


def test_activations_takes_numpy_numbers():
    config = config_of(live.activations("relu", np.float32(0.5), np.int64(7)))
    assert config == {"activation": "relu", "scale": 0.5, "seed": 7}


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"surface": "bowl"}, ValueError, "surface is 'bowl'; expected ravine, tilted"),
        ({"start": [1, 2, 3]}, ValueError, r"start has shape \(3,\); expected \(2,\)"),
        ({"start": 1}, ValueError, r"start has shape \(\)"),
        ({"start": [0, -101]}, ValueError, "start contains -101; expected -100 to 100"),
        ({"start": [0, np.nan]}, ValueError, "start contains NaN"),
        ({"start": "ab"}, TypeError, "start is 'ab'"),
        ({"learning_rate": 0}, ValueError, "learning_rate is 0"),
        (
            {"learning_rate": 11},
            ValueError,
            "learning_rate is 11; expected 1e-05 to 10",
        ),
        ({"learning_rate": "1"}, TypeError, "learning_rate is '1'"),
        ({"learning_rate": {"adam": 1e-6}}, ValueError, r"rate\['adam'\] is 1e-06"),
        ({"learning_rate": {"Adam": 1}}, ValueError, "learning_rate contains 'Adam'"),
        ({"momentum": 1}, ValueError, "momentum is 1; expected 0 <= momentum < 1"),
        ({"momentum": -0.1}, ValueError, "momentum is -0.1"),
        ({"momentum": None}, TypeError, "momentum is None"),
        ({"optimizers": "adam"}, TypeError, "optimizers is the string 'adam'"),
        ({"optimizers": ["newton"]}, ValueError, "optimizers contains 'newton'"),
    ],
)
def test_optimizers_names_a_bad_argument(arguments, error, message):
    with pytest.raises(error, match=message):
        live.optimizers(**arguments)


def test_optimizers_takes_numbers_and_names():
    config = config_of(
        live.optimizers("beale", np.float32([1, -2]), 1, 0, ("adam", "sgd", "adam"))
    )
    assert config == {
        "surface": "beale",
        "start": [1, -2],
        "rates": dict.fromkeys(live.RACERS, 1),
        "momentum": 0,
        "optimizers": ["sgd", "adam"],
    }
    assert config_of(live.optimizers(learning_rate={"adam": 0.5}))["rates"] == {
        "adam": 0.5
    }
    assert set(live.RACERS) <= set(optimizer.OPTIMIZERS)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"samples": 9}, ValueError, "samples is 9; expected 10 to 50"),
        ({"samples": 51}, ValueError, "samples is 51"),
        ({"samples": 20.0}, TypeError, "samples is 20.0; expected an integer"),
        ({"features": 0}, ValueError, "features is 0; expected 1 to 400"),
        ({"samples": 10, "features": 101}, ValueError, "expected 1 to 100"),
        ({"features": True}, TypeError, "features is True"),
        ({"ridge": -1}, ValueError, "ridge is -1; expected 0 to 10"),
        ({"ridge": "0"}, TypeError, "ridge is '0'"),
        ({"noise": 2.5}, ValueError, "noise is 2.5; expected 0 to 2"),
        ({"noise": float("inf")}, ValueError, "noise is inf"),
        ({"draw": 0}, ValueError, "draw is 0; expected 1 to 9"),
        ({"draw": 10}, ValueError, "draw is 10"),
    ],
)
def test_double_descent_names_a_bad_argument(arguments, error, message):
    with pytest.raises(error, match=message):
        live.double_descent(**arguments)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"images": RUN["images"] / 255}, ValueError, "dtype float64; expected uint8"),
        ({"images": RUN["images"][0]}, ValueError, r"images has shape \(3, 3\)"),
        ({"images": RUN["images"][:39]}, ValueError, r"\(39, 3, 3\); expected an even"),
        ({"images": RUN["images"][:38]}, ValueError, "40 or more"),
        ({"images": RUN["images"][:, 1:]}, ValueError, "as high as wide"),
        ({"images": np.zeros((40, 11, 11), "uint8")}, ValueError, "at most 10 x 10"),
        ({"labels": RUN["labels"][1:]}, ValueError, r"\(39,\); expected \(40,\)"),
        ({"labels": RUN["labels"] + 1}, ValueError, "from 1 to 10; expected integers"),
        ({"labels": RUN["labels"] / 2}, ValueError, "labels has dtype float64"),
        ({"labels": np.arange(40) // 10}, ValueError, "begins with 2 different ones"),
        ({"fault": "luck"}, ValueError, "fault is 'luck'; expected none, pixels"),
        ({"learning_rate": 0}, ValueError, "learning_rate is 0; expected 1e-05 to 1"),
        ({"learning_rate": "1"}, TypeError, "learning_rate is '1'"),
        ({"training": 19}, ValueError, "training is 19; expected 20 to 20"),
        ({"training": 20.0}, TypeError, "training is 20.0; expected an integer"),
        ({"seed": 10_000}, ValueError, "seed is 10000; expected 0 to 9999"),
    ],
)
def test_diagnosis_names_a_bad_argument(arguments, error, message):
    with pytest.raises(error, match=message):
        live.diagnosis(**RUN | arguments)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"image": "cat"}, ValueError, "image is 'cat'; expected seven, lecture"),
        ({"image": [1, 2, 3]}, ValueError, r"image has shape \(3,\); expected two"),
        ({"image": np.ones((2, 5))}, ValueError, r"shape \(2, 5\); expected 3 to 16"),
        ({"image": np.ones((17, 5))}, ValueError, r"image has shape \(17, 5\)"),
        ({"image": np.full((5, 5), -100)}, ValueError, "image contains -100; expected"),
        ({"image": np.full((5, 5), np.nan)}, ValueError, "image contains NaN"),
        ({"image": 3}, ValueError, r"image has shape \(\)"),
        ({"kernel": "emboss"}, ValueError, "kernel is 'emboss'; expected vertical"),
        ({"kernel": np.ones((2, 2))}, ValueError, r"\(2, 2\); expected \(3, 3\)"),
        ({"kernel": [["a"] * 3] * 3}, TypeError, "kernel is .* array of numbers"),
        ({"kernel": np.full((3, 3), 100)}, ValueError, "kernel contains 100"),
        ({"stride": 0}, ValueError, "stride is 0; expected 1 to 3"),
        ({"stride": 1.0}, TypeError, "stride is 1.0; expected an integer"),
        ({"padding": 3}, ValueError, "padding is 3; expected 0 to 2"),
        ({"padding": True}, TypeError, "padding is True"),
    ],
)
def test_convolution_names_a_bad_argument(arguments, error, message):
    with pytest.raises(error, match=message):
        live.convolution(**arguments)


def test_convolution_takes_names_and_arrays():
    config = config_of(live.convolution("lecture", np.eye(3, dtype="float32"), 2, 1))
    expected = {"image": "lecture", "kernel": np.eye(3).tolist()}
    assert config == expected | {"stride": 2, "padding": 1}
    image = np.arange(20, dtype="uint8").reshape(4, 5)
    config = config_of(live.convolution(image, "mean"))
    assert (config["image"], config["kernel"]) == (image.tolist(), "mean")
    config = config_of(live.convolution())
    assert (config["image"], config["kernel"]) == ("seven", "vertical")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"image": PHOTO / 255}, TypeError, "image has dtype float64; expected uint8"),
        (
            {"image": PHOTO[0]},
            ValueError,
            r"image has shape \(12, 3\); expected \(h, w",
        ),
        ({"image": PHOTO[:4]}, ValueError, r"shape \(4, 12, 3\); expected 8 to 512"),
        ({"maps": np.eye(3)}, TypeError, "maps is a ndarray; expected a dict"),
        ({"maps": {}}, ValueError, "maps has 0 entries; expected 1 to 12"),
        (
            {"maps": {str(k): np.eye(2) for k in range(13)}},
            ValueError,
            "maps has 13 entries",
        ),
        ({"maps": {1: np.eye(3)}}, TypeError, "maps has the name 1; expected text"),
        ({"maps": {" ": np.eye(3)}}, TypeError, "maps has the name ' '"),
        (
            {"maps": {"a": [1, 2]}},
            ValueError,
            r"maps\['a'\] has shape \(2,\); expected",
        ),
        ({"maps": {"a": np.ones((9, 3))}}, ValueError, r"expected at most \(8, 12\)"),
        ({"maps": {"a": np.ones((0, 3))}}, ValueError, r"has shape \(0, 3\)"),
        ({"maps": {"a": [[np.nan]]}}, ValueError, r"maps\['a'\] contains NaN"),
        ({"maps": {"a": [["b"]]}}, TypeError, "array of numbers"),
        ({"maps": {"a": PHOTO / 255}}, TypeError, r"maps\['a'\] has dtype float64"),
        ({"maps": {"a": PHOTO[:, :8]}}, ValueError, r"expected \(8, 12, 3\)"),
    ],
)
def test_blend_names_a_bad_argument(arguments, error, message):
    with pytest.raises(error, match=message):
        live.blend(**{"image": PHOTO, "maps": {"heat": np.eye(4)}} | arguments)


def test_blend_embeds_images_without_loss():
    def pixels(uri):
        kind, data = uri.split(",")
        assert kind == "data:image/png;base64"
        return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))

    signed = np.array([[-0.5, 0.0], [0.25, 2.0]])
    maps = {"signed": signed, "zero": np.zeros((2, 3)), "photo": PHOTO[::-1]}
    config = config_of(live.blend(PHOTO, maps))
    assert config["size"] == [8, 12]
    np.testing.assert_array_equal(pixels(config["image"]), PHOTO)
    first, zero, photo = config["maps"]
    assert (first["name"], first["limit"], first["signed"]) == ("signed", 2, True)
    assert pixels(first["png"]).tolist() == [[96, 128], [144, 255]]
    assert (zero["limit"], zero["signed"]) == (1, False)
    assert not pixels(zero["png"]).any()
    assert photo["limit"] is None
    np.testing.assert_array_equal(pixels(photo["png"]), PHOTO[::-1])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"depth": 0}, ValueError, "depth is 0; expected 1 to 60"),
        ({"depth": 61}, ValueError, "depth is 61"),
        ({"depth": 20.0}, TypeError, "depth is 20.0; expected an integer"),
        ({"kind": "dense"}, ValueError, "kind is 'dense'; expected plain, residual"),
        ({"scale": -0.1}, ValueError, "scale is -0.1; expected 0 to 2"),
        ({"scale": "1"}, TypeError, "scale is '1'; expected a number"),
        ({"gate_bias": 7}, ValueError, "gate_bias is 7; expected -6 to 6"),
        ({"gate_bias": float("nan")}, ValueError, "gate_bias is nan"),
        ({"seed": -1}, ValueError, "seed is -1; expected 0 to 9999"),
        ({"seed": False}, TypeError, "seed is False"),
    ],
)
def test_residual_names_a_bad_argument(arguments, error, message):
    with pytest.raises(error, match=message):
        live.residual(**arguments)


def spoilt(change, make=zoo.lenet):
    model = make()
    change(model)
    return model


def set_nan(model):
    weights = model.get_weights()
    weights[3][0] = np.nan
    model.set_weights(weights)


def set_tanh(model):
    model.get_layer("conv2").activation = keras.activations.tanh


def dense():
    layers = [keras.layers.Dense(2) for _ in range(5)]
    return keras.Sequential([keras.Input((2,)), *layers])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"model": None}, TypeError, "model is None; expected a trained dlbook.zoo"),
        ({"model": 3}, TypeError, "model is 3"),
        ({"model": zoo.lenet5}, TypeError, "model is <function"),
        ({"make": zoo.lenet5}, ValueError, "model has 13 weights; expected the 10 of"),
        ({"make": dense}, ValueError, r"weight of \(2, 2\); expected \(5, 5, 1, 6\)"),
        ({"make": lambda: spoilt(set_nan)}, ValueError, "model contains NaN"),
        (
            {"make": lambda: spoilt(set_tanh)},
            ValueError,
            "model has InputLayer, relu, MaxPooling2D, tanh, .*; expected dlbook.zoo",
        ),
        ({"digits": np.zeros((1, 28, 28))}, TypeError, "digits has dtype float64"),
        (
            {"digits": np.zeros((28, 28), "uint8")},
            ValueError,
            r"digits has shape \(28, 28\); expected \(1 to 100, 28, 28\)",
        ),
        ({"digits": np.zeros((0, 28, 28), "uint8")}, ValueError, r"\(0, 28, 28\)"),
        ({"digits": np.zeros((101, 28, 28), "uint8")}, ValueError, r"\(101, 28, 28\)"),
    ],
)
def test_lenet_names_a_bad_argument(arguments, error, message):
    make = arguments.pop("make", zoo.lenet)
    with pytest.raises(error, match=message):
        live.lenet(**{"model": make()} | arguments)


def test_lenet_rounds_each_output_of_a_kernel():
    model = zoo.lenet()
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=w.shape).astype("float32") for w in model.get_weights()]
    weights[0][..., 2] = 0  # an output without weights
    weights[8] *= 10.0 ** np.arange(-5, 5)
    model.set_weights(weights)
    config = config_of(live.lenet(model))
    found = live.lenet_weights(config)
    for given, short in zip(weights[::2], found[::2], strict=True):
        flat, near = (w.reshape(-1, w.shape[-1]) for w in (given, short))
        largest = np.abs(flat).max(axis=0)
        assert (np.abs(flat - near) <= largest / 254 * 1.001).all()
        np.testing.assert_allclose(np.abs(near).max(axis=0), largest, rtol=1e-6)
        for column in near.T:
            assert len(np.unique(column)) <= 255
    for given, kept in zip(weights[1::2], found[1::2], strict=True):
        assert given.tolist() == kept.tolist()


def test_lenet_brings_two_test_digits_of_each_class():
    _, (images, labels) = data.mnist()
    content = base64.b64decode(config_of(live.lenet(zoo.lenet()))["digits"])
    digits = np.frombuffer(content, "uint8").reshape(-1, 28, 28)
    places = [int((images == digit).all(axis=(1, 2)).argmax()) for digit in digits]
    assert (images[places] == digits).all()
    assert np.bincount(labels[places]).tolist() == [2] * 10
    own = images[[5, 3]]
    content = base64.b64decode(config_of(live.lenet(zoo.lenet(), own))["digits"])
    assert content == own.tobytes()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"images": np.zeros((12, 8, 8, 3))}, TypeError, "images has dtype float64"),
        (
            {"images": LESSON["images"][..., :1]},
            ValueError,
            r"\(12, 8, 8, 1\); expected \(n, side, side, 3\), side 8 to 256",
        ),
        ({"images": LESSON["images"][:, :4]}, ValueError, r"shape \(12, 4, 8, 3\)"),
        ({"images": LESSON["images"][:, :4, :4]}, ValueError, r"\(12, 4, 4, 3\)"),
        ({"images": LESSON["images"][:3]}, ValueError, "images has 3 entries; expec"),
        (
            {"images": np.zeros((401, 8, 8, 3), "uint8")},
            ValueError,
            "images has 401 entries; expected 4 to 400",
        ),
        ({"labels": np.arange(12) / 3}, TypeError, "labels has dtype float64"),
        ({"labels": np.arange(11)}, ValueError, r"labels has shape \(11,\); .*\(12,"),
        ({"labels": np.arange(12) % 4}, ValueError, "labels contains 3; expected 0 to"),
        ({"labels": -(np.arange(12) % 3)}, ValueError, "labels contains -2"),
        ({"labels": [0, 1] * 6}, ValueError, "class 'c' has 0 images; expected 2"),
        ({"features": [1]}, TypeError, r"features is \[1\]; expected a dict"),
        ({"features": {}}, ValueError, "features has 0 entries; expected 1 to 10"),
        ({"features": {1: np.ones((12, 2))}}, TypeError, "features contains 1; expec"),
        ({"features": {"x" * 13: np.ones((12, 2))}}, ValueError, "12 letters or less"),
        (
            {"features": {"f": np.ones((11, 2))}},
            ValueError,
            r"features\['f'\] has shape \(11, 2\); expected \(12, d\)",
        ),
        ({"features": {"f": np.ones(12)}}, ValueError, r"has shape \(12,\)"),
        ({"features": {"f": np.ones((12, 0))}}, ValueError, r"has shape \(12, 0\)"),
        ({"features": {"f": [[np.inf]] * 12}}, ValueError, "contains NaN or infinity"),
        ({"features": {"f": [["a"]] * 12}}, TypeError, "array of numbers"),
        ({"classes": "abc"}, TypeError, "classes is the string 'abc'"),
        ({"classes": ["a", "b", 3]}, TypeError, "classes contains 3; expected text"),
        ({"classes": ["a", "b", "a"]}, ValueError, "expected two or more different"),
        ({"classes": ["a"]}, ValueError, r"classes is \['a'\]"),
        ({"chosen": "ab"}, TypeError, "chosen is the string 'ab'"),
        ({"chosen": ["a"]}, ValueError, "expected two or three different classes"),
        ({"chosen": ["a", "a"]}, ValueError, "expected two or three different"),
        ({"chosen": ["a", "d"]}, ValueError, "chosen contains 'd'; expected a, b, c"),
        ({"examples": 0}, ValueError, "examples is 0; expected 1 to 3"),
        ({"examples": 4}, ValueError, "examples is 4; expected 1 to 3"),
        ({"examples": 2.0}, TypeError, "examples is 2.0; expected an integer"),
    ],
)
def test_transfer_names_a_bad_argument(arguments, error, message):
    with pytest.raises(error, match=message):
        live.transfer(**LESSON | arguments)


def test_transfer_keeps_directions():
    # In two dimensions nothing is lost but the lengths and, by rounding, 0.4 per cent.
    angles = np.linspace(0, 6, 12)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    circle -= circle.mean(axis=0)
    lesson = LESSON | {"features": {"f": circle + 7, "same": np.full((12, 5), 0.1)}}
    config = config_of(live.transfer(**lesson, chosen=["c", "a"], examples=2))
    assert (config["chosen"], config["examples"]) == ([2, 0], 2)
    assert config["labels"] == LESSON["labels"].tolist()
    found = live.transfer_features(config)
    unit = circle / np.linalg.norm(circle, axis=1, keepdims=True)
    np.testing.assert_allclose(found["f"] @ found["f"].T, unit @ unit.T, atol=0.012)
    assert not found["same"].any()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"bits": ""}, ValueError, "bits is ''; expected 1 to 10 characters"),
        ({"bits": "10201"}, ValueError, "bits is '10201'"),
        ({"bits": "01" * 6}, ValueError, "bits is '010101010101'"),
        ({"bits": [1, 0]}, TypeError, r"bits is \[1, 0\]; expected a string"),
        ({"bits": 10}, TypeError, "bits is 10"),
        ({"weights": "adds"}, ValueError, "weights is 'adds'; expected counts, .* or"),
        ({"weights": [1, 1]}, ValueError, r"weights has shape \(2,\); expected \(3,\)"),
        ({"weights": 1}, ValueError, r"weights has shape \(\)"),
        ({"weights": [1, "a", 0]}, TypeError, "weights is .* array of numbers"),
        ({"weights": [1, np.nan, 0]}, ValueError, "weights contains NaN"),
        ({"weights": [2.5, 1, 0]}, ValueError, "w is 2.5; expected -2 to 2"),
        ({"weights": [1, -1.6, 0]}, ValueError, "u is -1.6; expected -1.5 to 1.5"),
        ({"weights": [1, 1, 3]}, ValueError, "b is 3"),
        ({"activation": "selu"}, ValueError, "activation is 'selu'; expected linear,"),
    ],
)
def test_recurrent_names_a_bad_argument(arguments, error, message):
    with pytest.raises(error, match=message):
        live.recurrent(**arguments)


def test_recurrent_takes_a_name_or_numbers():
    assert config_of(live.recurrent()) == {"bits": "10011", "preset": "counts"}
    config = config_of(live.recurrent("1", "saturates", "relu"))
    assert config == {"bits": "1", "preset": "saturates", "activation": "relu"}
    config = config_of(live.recurrent("0" * 10, np.float32([-2, 1.5, 0])))
    weights = {"w": -2, "u": 1.5, "b": 0}
    assert config == {"bits": "0" * 10, "activation": "linear"} | weights


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"cell": "rnn"}, ValueError, "cell is 'rnn'; expected lstm, gru"),
        ({"preset": "add"}, ValueError, "preset is 'add'; expected remember, sum"),
        ({"sequence": [1, 0]}, ValueError, r"sequence has shape \(2,\); expected"),
        ({"sequence": []}, ValueError, r"shape \(0,\); expected \(1 to 8, 2\)"),
        ({"sequence": np.zeros((9, 2))}, ValueError, r"sequence has shape \(9, 2\)"),
        ({"sequence": np.zeros((2, 3))}, ValueError, r"sequence has shape \(2, 3\)"),
        ({"sequence": [["a", 1]]}, TypeError, "sequence is .* array of numbers"),
        ({"sequence": [[0, np.inf]]}, ValueError, "sequence contains NaN or infinity"),
        ({"sequence": [[-1.5, 0]]}, ValueError, "has the value -1.5; expected -1 to 1"),
        ({"sequence": [[0, 1], [0, 0.5]]}, ValueError, "has the mark 0.5; expected 0"),
    ],
)
def test_gates_names_a_bad_argument(arguments, error, message):
    with pytest.raises(error, match=message):
        live.gates(**arguments)


def test_gates_takes_a_sequence():
    config = config_of(live.gates())
    assert (config["cell"], config["preset"]) == ("lstm", "remember")
    assert sum(mark for _, mark in config["sequence"]) == 2
    config = config_of(live.gates("gru", "forget", np.array([[-1, 1], [0.5, 0]])))
    expected = {"cell": "gru", "preset": "forget"}
    assert config == expected | {"sequence": [[-1, 1], [0.5, 0]]}


def set_infinite(model):
    weights = model.get_weights()
    weights[3][0] = np.inf
    model.set_weights(weights)


def narrow():
    layers = [keras.layers.Dense(2, name="letters"), keras.layers.Dense(2)]
    return keras.Sequential([keras.Input((2,)), *layers])


def with_other_sounds():
    model = pronouncer()
    layers = [layer for layer in model.layers if layer.name != "sounds"]
    return types.SimpleNamespace(
        layers=[*layers, keras.layers.Embedding(41, 32, name="sounds")],
        get_weights=lambda: [
            np.ones((41, 32)) if weight.shape == (40, 32) else weight
            for weight in model.get_weights()
        ],
    )


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"model": None}, TypeError, "model is None; expected a dlbook.zoo.pronouncer"),
        ({"model": pronouncer}, TypeError, "model is <function"),
        ({"make": lambda: pronouncer(False)}, ValueError, "has the layer 'memory'"),
        ({"make": narrow}, ValueError, "model lacks the layer 'attention'"),
        (
            {"make": with_other_sounds},
            ValueError,
            r"weights of .*\(41, 32\).*; expected .*\(40, 32\)",
        ),
        (
            {"make": lambda: spoilt(set_infinite, pronouncer)},
            ValueError,
            "model has weights that are not finite",
        ),
        ({"words": "cab"}, TypeError, "words is 'cab'; expected a list of words"),
        ({"words": 3}, TypeError, "words is 3"),
        ({"words": []}, ValueError, r"words is \[\]; expected 1 to 8 different"),
        ({"words": ["cab"] * 2}, ValueError, "expected 1 to 8 different words"),
        ({"words": list("abcdefghi")}, ValueError, "expected 1 to 8 different words"),
        ({"words": ["cab", 3]}, TypeError, "words contains 3; expected text"),
        ({"words": [""]}, ValueError, "words contains ''; expected 1 to 10 letters"),
        ({"words": ["a" * 11]}, ValueError, "'aaaaaaaaaaa'; expected 1 to 10 letters"),
        ({"words": ["Cab"]}, ValueError, "words contains 'Cab'; expected letters a to"),
        ({"words": ["it's"]}, ValueError, 'words contains "it\'s"; expected letters'),
        ({"words": ["café"]}, ValueError, "words contains 'café'"),
    ],
)
def test_attention_names_a_bad_argument(arguments, error, message):
    if "model" not in arguments:
        arguments = {"model": arguments.pop("make", pronouncer)()} | arguments
    with pytest.raises(error, match=message):
        live.attention(**arguments)


def test_attention_rounds_each_column_to_255_levels():
    model = pronouncer()
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=w.shape).astype("float32") for w in model.get_weights()]
    weights[0] *= np.logspace(-6, 3, weights[0].shape[1])  # no column costs another one
    weights[5][:, 0] = 0
    model.set_weights(weights)
    config = config_of(live.attention(model, ("cab", "dab")))
    assert config["words"] == ["cab", "dab"]
    assert config["sounds"][:2] == ["AA", "AE"] and len(config["sounds"]) == 39
    found = live.attention_weights(config)
    for given, kept in zip(weights, found, strict=True):
        assert kept.dtype == "float32"
        rows = tuple(range(given.ndim - 1))
        largest = np.abs(given).max(axis=rows)
        error = np.abs(kept - given).max(axis=rows)
        assert np.all(error <= largest / 254 * (1 + 1e-4))
    model.set_weights(found)
    again = live.attention_weights(live.attention(model).config)
    for kept, twice in zip(found, again, strict=True):
        np.testing.assert_allclose(twice, kept, rtol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"network": "lenet"}, ValueError, "network is 'lenet'; expected LeNet, Res"),
        ({"devices": 0}, ValueError, "devices is 0; expected 1 to 64"),
        ({"devices": 65}, ValueError, "devices is 65"),
        ({"devices": 8.0}, TypeError, "devices is 8.0; expected an integer"),
        ({"batch": 15}, ValueError, "batch is 15; expected 16 to 65536"),
        ({"batch": 65_537}, ValueError, "batch is 65537"),
        ({"batch": True}, TypeError, "batch is True; expected an integer"),
        (
            {"batch": 63, "devices": 64},
            ValueError,
            "batch is 63; expected at least one example for each of 64 devices",
        ),
        ({"link": 12.5}, ValueError, r"link is 12.5; expected 1e\+08 to 1e\+12"),
        ({"link": float("inf")}, ValueError, "link is inf; expected a finite number"),
        ({"link": "fast"}, TypeError, "link is 'fast'; expected a number"),
        ({"latency": -1e-6}, ValueError, "latency is -1e-06; expected 0 to 0.01"),
        ({"latency": 5}, ValueError, "latency is 5"),
        ({"speed": 0}, ValueError, r"speed is 0; expected 1e\+09 to 1e\+15"),
        ({"speed": None}, TypeError, "speed is None"),
        ({"mode": "fixed"}, ValueError, "mode is 'fixed'; expected strong, weak"),
    ],
)
def test_scaling_names_a_bad_argument(arguments, error, message):
    with pytest.raises(error, match=message):
        live.scaling(**arguments)


def test_scaling_takes_a_small_batch_for_each_device():
    config = config_of(live.scaling("VGG-16", np.int64(64), 16, mode="weak"))
    assert (config["devices"], config["batch"], config["mode"]) == (64, 16, "weak")
    numbers = {name: tuple(numbers) for name, *numbers in config["networks"]}
    assert numbers == live.NETWORKS


@pytest.mark.parametrize(
    ("name", "build"),
    [
        ("LeNet", zoo.lenet),
        ("ResNet-50", lambda: keras.applications.ResNet50(weights=None)),
        ("VGG-16", zoo.vgg16),
    ],
)
def test_scaling_counts_the_networks(name, build):
    model = outline(build)
    weights = sum(math.prod(weight.shape) for weight in model.trainable_weights)
    multiply_adds = sum(row[3] for row in costs(model))
    assert live.NETWORKS[name] == (weights, multiply_adds)
