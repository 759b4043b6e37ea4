"""`dlbook.check` and the three kinds of exercise."""

from collections import namedtuple

import keras
import numpy as np
import pytest

import dlbook
from dlbook import _check
from dlbook._check import Function, Property, Value

HINT = "Look again."
EXERCISES = {
    "0.1": Value([11.5, 9.3], HINT),
    "0.2": Value("Politics", HINT),
    "0.3": Function(np.square, [(2.0,), (np.arange(3.0),)], HINT),
    "0.4": Property(lambda w: np.dot(w, [1, 1]) > 0 or "It is not positive.", HINT),
    "0.5": Value(0.6444, HINT, atol=5e-5),
    "0.6": Property(lambda double: double(3) == 6, HINT, function=True),
}


@pytest.fixture(autouse=True)
def exercises(monkeypatch):
    monkeypatch.setattr(_check, "_find", EXERCISES.__getitem__)


@pytest.mark.parametrize(
    ("number", "answer"),
    [
        ("0.1", (11.5, 9.3)),
        ("0.1", np.float32([11.5, 9.3])),
        ("0.1", namedtuple("Pair", "left right")(11.5, 9.3)),
        ("0.2", "politics"),
        ("0.3", lambda x: x * x),
        ("0.3", keras.ops.square),
        ("0.4", [2, -1]),
        ("0.5", 0.64436),
        ("0.6", lambda x: x + x),
    ],
)
def test_right_answers(number, answer, capsys):
    dlbook.check(number, answer)
    assert capsys.readouterr().out == f"Exercise {number}: correct.\n"


def test_a_tensor_is_an_answer(capsys):
    dlbook.check("0.1", keras.ops.convert_to_tensor([11.5, 9.3]))
    dlbook.check("0.1", keras.Variable([11.5, 9.3]))
    assert capsys.readouterr().out == "Exercise 0.1: correct.\n" * 2


@pytest.mark.parametrize(
    ("number", "answer", "said"),
    [
        ("0.1", [11.5, 9.4], "differs in 1 of 2 numbers"),
        ("0.1", [11.5], "has shape (1,), expected (2,)"),
        ("0.1", [[1, 2], [3]], "is not an array"),
        ("0.1", "many", "has shape (), expected (2,)"),
        ("0.1", [np.nan, 9.3], "differs in 1 of 2"),
        ("0.1", [object(), 1], "expected numbers"),
        ("0.2", "Sports", "differs"),
        ("0.2", 3, "differs"),
        ("0.3", 4.0, "Expected a function, got float"),
        ("0.3", lambda x: 2 * x, "your function's value differs in 1 of 3"),
        ("0.3", lambda x, y: x, "your function raised TypeError"),
        ("0.4", [-2, 1], "It is not positive."),
        ("0.4", "text", "could not be judged"),
        ("0.5", 0.6446, "differs"),
        ("0.6", 6, "Expected a function, got int"),
        ("0.6", lambda x: x, ""),
    ],
)
def test_wrong_answers_get_the_hint_and_not_the_answer(number, answer, said, capsys):
    dlbook.check(number, answer)
    out = capsys.readouterr().out
    assert out.startswith(f"Exercise {number}: not yet. ")
    assert said in out and HINT in out
    assert "9.3" not in out and "Politics" not in out and "0.6444" not in out


def test_an_answer_that_changes_its_arguments_harms_nobody(capsys):
    def in_place(x):
        x *= 3
        return x * x

    case = (np.arange(3.0),)
    exercise = Function(np.square, [case], HINT)
    assert "differs in 2 of 3" in exercise.judge(in_place)
    assert case[0].tolist() == [0, 1, 2]
    assert exercise.judge(np.square) == ""


@pytest.mark.parametrize(
    ("number", "answer"),
    [
        ("0.1", ...),
        ("0.1", (11.5, ...)),
        ("0.3", lambda x: ...),
        ("0.3", lambda x: (x, ...)),
        ("0.3", lambda x: None),
        ("0.4", None),
        ("0.4", ...),
    ],
)
def test_unanswered_is_no_error(number, answer, capsys):
    dlbook.check(number, answer)
    assert capsys.readouterr().out == f"Exercise {number}: not answered yet.\n"


@pytest.mark.parametrize("number", ["99.1", "1.999", "one", 1.3, "", None])
def test_unknown_exercise_is_named(number, monkeypatch):
    monkeypatch.undo()
    with pytest.raises(ValueError, match="number .*" + str(number)):
        dlbook.check(number, 1)
