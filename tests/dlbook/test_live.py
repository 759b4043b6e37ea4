"""dlbook.live without a browser: what the HTML carries, and which arguments pass."""

import html
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from dlbook import live

FIGURES = {"perceptron": live.perceptron, "descent": live.descent}


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


def test_presets_and_losses_are_those_of_the_scripts():
    perceptron = live.perceptron()._repr_html_()
    for preset in live.PRESETS:
        assert re.search(rf"^    {preset}: \[", perceptron, re.MULTILINE)
    descent = live.descent()._repr_html_()
    for loss in live.LOSSES:
        assert re.search(rf"^    {loss}: \{{", descent, re.MULTILINE)


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
