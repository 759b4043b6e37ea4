"""The syllabus's exact numbers stand in the chapters, as outputs of compared cells."""

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

# What stands in the numbers' line or in the first line of their output, a regular
# expression; and the numbers in their order.
NUMBERS = {
    "01_perceptron": [
        (r"\bc =", "11.5 9.3"),
        (r"\bc =.*class 2", "14.5 15.3"),
        ("a b a c a b c a c.*Politics", "4 2 3"),
        ("a b a a c.*Sports", "3 1 1"),
    ],
    "02_loss_and_descent": [
        (r"softmax\(-1, 4, 7\)", "0.0003 0.047 0.95"),
        (r"\( ?4, 2, 1\.9\).*loss", "0.6444"),
        (r"\( ?5, 2, 1\.9\).*loss", "0.2873"),
        (r"\( ?6, 2, 1\.9\).*loss", "0.1155"),
        (r"\(10, 2, 1\.9\).*loss", "0.0022"),
        (r"\b1 step", "1.96 6.8416"),
        ("raw|standardized", "2.0|2"),
        ("raw|standardized", "1e-8|1e-08"),
        ("raw|standardized", "1e-2|0.01"),
        ("off-training-set accuracy", "0.5"),
    ],
    "03_hidden_layers": [
        (r"f\(1, -1\) =", "0.62 0.83"),
        (r"f\(0, 0\) =", "0.51 0.85"),
        ("best of all lines", "0.667"),
    ],
    "04_universal_approximation": [
        ("x².*slope.*n = 64", "-2.00"),
        *[(r"\bk =.*pieces", f"{k} {2**k}") for k in range(1, 13)],
    ],
    "05_backpropagation": [
        (r"^c =", "30 0"),
        ("softmax =", "1 9.4e-14"),
        ("^loss =", "30"),
        ("dL/dc =", "1 -1"),
        ("dL/dW' =", "-10 10 20 -20"),
        ("dL/db' =", "1 -1"),
        (r"^dL/dW =", "0 2 0 1"),
        (r"^dL/db =", "0 1"),
        (r"0\.1 \*\* 100", "1e-100"),
        (r"2 \*\* 100", "1.27e+30"),
    ],
    "06_optimizers": [
        ("κ = +10: descent", "0.818"),
        ("κ = +100: descent", "0.980"),
        ("κ = 1000: descent", "0.998"),
        ("κ = +10: heavy ball", "0.519"),
        ("κ = +100: heavy ball", "0.818"),
        ("κ = 1000: heavy ball", "0.939"),
        ("^adam_uncorrected", "3.16 4.25 6.57"),
    ],
    "07_initialization": [
        ("gain of linear", "1.0000"),
        ("gain of sigmoid", "1.0000"),
        ("gain of tanh", "1.6667"),
        ("gain of relu", "1.4142"),
        ("gain of leaky_relu", "1.3868"),
        ("raw: correlation", "0.963"),
        ("standardized: correlation", "0.963"),
    ],
    "08_generalization": [
        ("MLP 1x512", "1,209,866"),
        ("MLP 1x512.*|p/n =", "24"),
        (r"L2\(λ\)", "1 0.90"),
        (r"L2\(λ/2\)", "1 0.95"),
        ("weight_decay", "1 0.95"),
        ("peak at p", "40"),
    ],
    "09_training_recipe": [
        ("last layer at zero: first loss", "2.3026"),
        ("levels", "0.0000 0.7675 1.5351 2.3026"),
    ],
    "10_convolution": [
        ("slide the kernel", "9 0 1 3 -5 -3 6"),
        ("kernel turned", "-3 -2 3 -3 3 11 6"),
        (r"\(0, 4, 2, 3, 4\) gives", "6 -3 0"),
        ("cross", "4 3 4 2 4 3 2 3 4"),
        ("laplace", "-2 0 -2 2 -1 0 2 -1 -2"),
        ("two maps, one kernel", "10 3 6 7"),
        ("one map, four kernels", "17 9 13 13"),
        ("max", "4 3 3 2"),
        ("mean", "3.25 2.25 2.0|2 1.0|1"),
        ("digit: convolution 156", "2,712,960"),
    ],
    "11_convnets": [
        ("C1 S2 C3 S4 C5 F6", "156 12 1516 32 48120 10164 60000"),
        ("connections", "340,908"),
        ("together", "61,706"),
        ("28x28, valid", "256"),
        ("32x32, valid", "400"),
        ("together", "61,100,840 714,188,480"),
        ("dense6", "102,764,544 102,760,448 411.058 0.016"),
        ("together", "138,357,544 15,470,264,320 553.430 60.950"),
        ("VGG-19", "143,667,240"),
    ],
    "12_residual_networks": [
        ("2010", "28.2"),
        ("2011", "25.8"),
        ("8 layers, 5 networks", "16.4"),
        ("8 layers, several networks", "11.7"),
        ("19 layers, 7 networks", "7.3"),
        ("22 layers, 7 networks", "6.7"),
        ("152 layers, 6 networks", "3.57"),
        ("one human", "5.1"),
        ("plain: 0.1 to the 100th", "1e-100"),
    ],
    "15_recurrent_networks": [
        ("01001", "2"),
        ("10011", "3"),
        ("11111", "5"),
        ("00000", "0"),
    ],
    "18_hardware_and_scale": [
        ("conv1", "117,600"),
        ("conv2", "240,000"),
        ("from 145.5 billion", "4.4"),
    ],
}
NOT_COMPARED = {"tag_nbval-ignore-output", "tag_nbval-skip", "tag_live"}


def pattern(numbers: str) -> re.Pattern:
    """The numbers in order, at this precision, with little but signs between them.

    `2.0|2` stands for two ways to print one number.
    """
    ways = [re.escape(number).replace(r"\|", "|") for number in numbers.split()]
    exact = [rf"(?<![\d.−-])(?:{way})(?![\de]|\.\d)" for way in ways]
    return re.compile(r"[^\d\n]{1,12}?".join(exact))


def compared_outputs(page: Path) -> list[str]:
    """The texts that compared code cells of a rendered chapter have printed."""
    soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
    texts = []
    for cell in soup.select("div.cell"):
        if not NOT_COMPARED & set(cell["class"]):
            found = cell.select("div.cell_output .output")
            texts.append("\n".join(output.get_text() for output in found))
    return [text for text in texts if text.strip()]


def shows(text: str, label: str, numbers: str) -> bool:
    """Whether an output holds the numbers in one line, with their label."""
    lines = text.strip().splitlines()
    return any(
        pattern(numbers).search(line)
        and (re.search(label, line) or re.search(label, lines[0]))
        for line in lines
    )


@pytest.mark.parametrize(
    ("chapter", "label", "numbers"),
    [(chapter, *row) for chapter, rows in NUMBERS.items() for row in rows],
)
def test_number_is_an_output(site, chapter, label, numbers):
    texts = compared_outputs(site / "book" / f"{chapter}.html")
    assert any(
        shows(text, label, numbers) for text in texts
    ), f"no compared output of {chapter} shows {numbers} beside {label!r}"
