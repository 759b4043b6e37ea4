"""Self-checking exercises: the reader's answer against a reference, never shown.

The references of chapter N stand in `dlbook/exercises/chapter_NN.py`, in a dictionary
`EXERCISES` from the exercise's number to a `Value`, a `Function` or a `Property`.
Each of these judges an answer: an empty text means right, `None` means that there is
no answer yet, and any other text says what is wrong.
"""

import copy
import importlib
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


def check(number: str, answer: Any) -> None:
    """Judges the answer to an exercise and prints the verdict.

    A right answer is confirmed, a wrong one gets a hint but never the solution, and
    `...`, the skeleton's placeholder, is reported as not answered yet.

    Args:
        number: Chapter and exercise, such as `"1.3"`.
        answer: A number, text, array, tensor or function, as the exercise asks.

    Raises:
        ValueError: If there is no such exercise.

    Example:

    >>> import dlbook
    >>> dlbook.check("1.1", ...)
    Exercise 1.1: not answered yet.
    """
    exercise = _find(number)
    verdict = None if _unanswered(answer) else exercise.judge(_as_numpy(answer))
    if verdict is None:
        print(f"Exercise {number}: not answered yet.")
    elif verdict == "":
        print(f"Exercise {number}: correct.")
    else:
        print(f"Exercise {number}: not yet. {verdict}")


@dataclass(frozen=True)
class Value:
    """An answer that is a number, a truth value, a text or an array of these.

    Args:
        reference: The right answer.
        hint: Said on a miss. It must not contain the answer.
        rtol, atol: Tolerances as in `numpy.isclose`.

    Example:

    >>> from dlbook._check import Value
    >>> Value([1, 2], "Add the rows.").judge([1, 3])
    'Your answer differs in 1 of 2 numbers. Add the rows.'
    """

    reference: Any
    hint: str
    rtol: float = 1e-6
    atol: float = 1e-8

    def judge(self, answer: Any) -> str | None:
        """Judges one answer: the empty text, None or a text, as the module says."""
        problem = _difference(answer, self.reference, self.rtol, self.atol)
        return f"Your answer {problem}. {self.hint}" if problem else ""


@dataclass(frozen=True)
class Function:
    """An answer that is a function, compared with a reference on several arguments.

    Args:
        reference: A function that returns the right values.
        cases: Tuples of positional arguments.
        hint: Said on a miss.
        rtol, atol: Tolerances as in `numpy.isclose`.

    Example:

    >>> import numpy as np
    >>> from dlbook._check import Function
    >>> Function(abs, [(3.0,), (-3.0,)], "What of x < 0?").judge(np.absolute)
    ''
    """

    reference: Callable
    cases: Sequence[tuple]
    hint: str
    rtol: float = 1e-6
    atol: float = 1e-8

    def judge(self, answer: Any) -> str | None:
        """Judges one answer: the empty text, None or a text, as the module says."""
        if not callable(answer):
            return _not_a_function(answer, self.hint)
        for case in self.cases:
            where = f"For the arguments ({', '.join(map(repr, case))})"
            # The answer may change its arguments in place: each call has its own.
            expected = self.reference(*copy.deepcopy(case))
            try:
                value = _as_numpy(answer(*copy.deepcopy(case)))
            except Exception as error:  # the reader's code may raise anything
                return f"{where} your function raised {error!r}. {self.hint}"
            if _unanswered(value):
                return None
            problem = _difference(value, expected, self.rtol, self.atol)
            if problem:
                return f"{where} your function's value {problem}. {self.hint}"
        return ""


@dataclass(frozen=True)
class Property:
    """An exercise with many right answers, judged by what they must fulfil.

    Args:
        test: Takes the answer; returns True, False or a text that says what is wrong,
            or None where there is no answer yet.
        hint: Said on a miss.
        function: Whether the answer must be a function.

    Example:

    >>> from dlbook._check import Property
    >>> Property(lambda x: x * x == 4 or f"{x * x} is not 4.", "Try 2.").judge(3)
    '9 is not 4. Try 2.'
    """

    test: Callable[[Any], bool | str | None]
    hint: str
    function: bool = False

    def judge(self, answer: Any) -> str | None:
        """Judges one answer: the empty text, None or a text, as the module says."""
        if self.function and not callable(answer):
            return _not_a_function(answer, self.hint)
        try:
            verdict = self.test(answer)
        except Exception as error:  # an answer of another kind than the test expects
            return f"Your answer could not be judged ({error!r}). {self.hint}"
        if verdict is None:
            return None
        if isinstance(verdict, str):
            return f"{verdict} {self.hint}"
        return "" if verdict else self.hint


def _find(number):
    match = re.fullmatch(r"(\d+)\.\d+", number) if isinstance(number, str) else None
    if not match:
        raise ValueError(f"number must be a text such as '1.3', got {number!r}")
    name = f"dlbook.exercises.chapter_{int(match[1]):02d}"
    try:
        return importlib.import_module(name).EXERCISES[number]
    except (ModuleNotFoundError, KeyError) as error:
        if isinstance(error, ModuleNotFoundError) and error.name != name:
            raise  # something that the chapter's references need
        raise ValueError(f"number names no exercise of the book: {number!r}") from None


def _not_a_function(answer, hint):
    return f"Expected a function, got {type(answer).__name__}. {hint}"


def _unanswered(answer):
    if isinstance(answer, (tuple, list)):
        return any(_unanswered(part) for part in answer)
    return answer is ... or answer is None


def _as_numpy(answer):
    """A tensor of any backend, also one on a GPU, becomes a NumPy array."""
    if isinstance(answer, (tuple, list)):
        parts = [_as_numpy(part) for part in answer]
        return parts if isinstance(answer, list) else tuple(parts)
    keras = sys.modules.get("keras")
    if keras and (keras.ops.is_tensor(answer) or isinstance(answer, keras.Variable)):
        return keras.ops.convert_to_numpy(answer)
    return answer


def _difference(answer, reference, rtol, atol):
    """Says how an answer differs from the reference without giving it away."""
    try:
        answer, reference = np.asarray(answer), np.asarray(reference)
    except ValueError:
        return "is not an array: its rows differ in length"
    if answer.shape != reference.shape:
        return f"has shape {answer.shape}, expected {reference.shape}"
    if reference.dtype.kind in "US":
        same = np.char.lower(answer.astype(str)) == np.char.lower(reference)
        return "" if same.all() else "differs"
    if answer.dtype.kind not in "biufc":
        return f"holds {answer.dtype} values, expected numbers"
    close = np.isclose(answer, reference, rtol=rtol, atol=atol, equal_nan=True)
    if close.all():
        return ""
    return f"differs in {np.sum(~close)} of {close.size} numbers"
