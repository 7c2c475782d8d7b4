"""What a judge knows and a student's process must not: a case's truth; and hidden cases of another form."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from autograder.authoring.exercise import Exercise, case
from autograder.student.sheet import Sheet
from tests.conftest import sheet_of

REFERENCE = {"guess": lambda seen: np.where(seen > 0.5, 1, 0)}  # right more often than not


def guess() -> Exercise:
    """Images from a seed in public, and as they are when hidden; a judge that asks for half of them."""
    made = Exercise(points=1, groups={"half of them": 1})
    made.name, made.functions = "guess", ("guess",)

    @made.cases
    def cases(rng: np.random.Generator, hidden: bool) -> Iterator:
        seen = rng.random(20)
        seen = seen if hidden else seen.round(1)
        yield case(truth=(seen > 0.4).astype(int), seen=seen)

    @made.wrong("All the same.")
    def constant(seen: np.ndarray) -> np.ndarray:
        return np.zeros(len(seen), int)

    return made


JUDGE = """
def judge(case, result, expected):
    yield "half of them", np.mean(result == expected) >= 0.7, "below", "fewer than half"
"""


def drawn(public: Sheet | None = None) -> Sheet:
    made = guess()
    made.judge_function = lambda case, result, expected: None  # its text is what counts
    return sheet_of(made, REFERENCE, judge=JUDGE, public=public)


def test_a_case_s_truth_is_what_the_judge_is_given() -> None:
    """It stands in place of what the reference returns, and the reference needs not be right every time."""
    (only,) = drawn().cases
    assert only.expected.tolist() == (only.inputs["seen"] > 0.4).astype(int).tolist()
    assert only.expected.tolist() != REFERENCE["guess"](only.inputs["seen"]).tolist()


def test_the_truth_is_no_input() -> None:
    """The engine sends a case's inputs to the student's process, and nothing else of it."""
    (only,) = drawn().cases
    assert list(only.inputs) == ["seen"]


def test_cases_are_told_whether_they_are_hidden() -> None:
    """A public case may hold less than a hidden one."""
    public = drawn()
    hidden = drawn(public)
    assert np.array_equal(public.cases[0].inputs["seen"], public.cases[0].inputs["seen"].round(1))
    assert not np.array_equal(hidden.cases[0].inputs["seen"], hidden.cases[0].inputs["seen"].round(1))
