"""dlbook.live without a browser: what the HTML carries, and which arguments pass."""

import html
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from dlbook import live
from dlbook.scratch import optimizer

FIGURES = {
    "perceptron": live.perceptron,
    "descent": live.descent,
    "hidden_layer": live.hidden_layer,
    "hinges": live.hinges,
    "backpropagation": live.backpropagation,
    "activations": live.activations,
    "optimizers": live.optimizers,
    "double_descent": live.double_descent,
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
