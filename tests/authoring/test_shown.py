"""Small examples: which of them shows which misconception, and what the build refuses."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from autograder.authoring.exercise import UNCHANGED, Exercise, case
from autograder.authoring.shown import Undrawable, every_slip_is_shown
from autograder.student import checks_file
from autograder.student.sheet import LessonSheet, Sheet
from tests.conftest import sheet_of


def double() -> Exercise:
    """`double(x)` with three misconceptions, the last of which no value shows."""
    made = Exercise(points=2, groups={"vectors": 2, "matrices": 1, UNCHANGED: 1})

    @made.cases
    def cases(rng: np.random.Generator) -> Iterator:
        yield case("vectors", x=rng.uniform(1, 2, 4))
        yield case("matrices", x=rng.uniform(1, 2, (2, 3)))

    @made.wrong("Not doubled.")
    def unchanged(x: np.ndarray) -> np.ndarray:
        return x

    @made.wrong("Rows are added up.")
    def adds_up_rows(x: np.ndarray) -> np.ndarray:
        return 2 * x if x.ndim == 1 else 2 * x.sum(axis=0)

    @made.wrong("`*=` changes the caller's array.")
    def in_place(x: np.ndarray) -> np.ndarray:
        x *= 2
        return x

    return made


def drawn(made: Exercise) -> Sheet:
    """Its public sheet."""
    return sheet_of(made, {"double": lambda x: 2 * x})


def test_the_first_example_that_a_misconception_fails_is_noted() -> None:
    """Counted from 1; one that only writes into its argument is shown by none, and needs none."""
    made = double()
    made.small("Twice three is six.", x=np.array([3.0]))
    made.small("Of a matrix, too.", x=np.array([[1.0], [2.0]]))
    sheet = drawn(made)

    assert [(one.name, one.shown_by) for one in sheet.mistakes] == [
        ("unchanged", 1), ("adds_up_rows", 2), ("in_place", 0),
    ]  # fmt: skip
    every_slip_is_shown(sheet, made)


@pytest.mark.parametrize("texts", [[], ["Twice three is six."]])
def test_a_slip_that_passes_every_example_is_refused(texts: list[str]) -> None:
    """Whoever makes it would read that they are right."""
    made = double()
    for text in texts:
        made.small(text, x=np.array([3.0]))
    with pytest.raises(Undrawable, match="no small example shows the misconception") as caught:
        every_slip_is_shown(drawn(made), made)
    assert caught.value.variant is not None
    assert "double.small(" in caught.value.remedy


def test_of_several_functions_each_is_asked() -> None:
    """Without a driver: a slope is no less an answer than the function before it."""
    made = Exercise("double", "slope", points=1, groups={"double": 1, "slope": 1})

    @made.cases
    def cases(rng: np.random.Generator) -> Iterator:
        yield case(x=rng.uniform(1, 2))

    @made.wrong("The slope is the same everywhere.", replaces="slope")
    def slope_of_the_square(x: float) -> float:
        return 2 * x

    made.small("At 3.", x=3.0)
    made.small("The slope alone.", call="slope", x=1.0)
    sheet = sheet_of(made, {"double": lambda x: 2 * x, "slope": lambda x: 2.0})

    assert [(one.case.call, one.case.expected) for one in sheet.small if one.case] == [
        ("double", 6.0), ("slope", 2.0), ("slope", 2.0),
    ]  # fmt: skip
    assert [one.shown_by for one in sheet.mistakes] == [2]


def test_examples_stand_in_checks_json() -> None:
    """With their results, and which shows which misconception."""
    made = double()
    made.small("Words alone.")
    made.small("Twice three is six.", x=np.array([3.0]))
    lesson = LessonSheet("01_small", "A small lesson", {"double": drawn(made)})
    read = checks_file.parse(checks_file.dump(lesson)).sheets["double"]

    assert [one.text for one in read.small] == ["Words alone.", "Twice three is six."]
    assert read.small[0].case is None
    assert read.small[1].case is not None and read.small[1].case.expected == np.array([6.0])
    assert [one.shown_by for one in read.mistakes] == [2, 0, 0]
