"""Every judge refuses the wrong answers that its chapter's tests list in `WRONG`."""

import importlib
from pathlib import Path

import pytest

from dlbook import exercises

MODULES = sorted(
    path.stem for path in Path(__file__).parent.glob("test_*_chapter_*.py")
)
TESTS = {name: importlib.import_module(name) for name in MODULES}


def test_every_chapter_lists_wrong_answers():
    chapters = Path(exercises.__file__).parent.glob("chapter_*.py")
    assert sorted(f"test_exercises_{path.stem}" for path in chapters) == MODULES
    for tests in TESTS.values():
        assert tests.WRONG.keys() == tests.EXERCISES.keys()
        assert all(tests.WRONG.values())


@pytest.mark.parametrize(
    "name, number, answer",
    [
        (name, number, answer)
        for name, tests in TESTS.items()
        for number, answers in tests.WRONG.items()
        for answer in answers
    ],
)
def test_wrong_answers_are_refused(name, number, answer):
    verdict = TESTS[name].EXERCISES[number].judge(answer)
    assert isinstance(verdict, str) and verdict
