"""The instructor's own answers go first; and what failed for a whole class is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.engine import canary
from autograder.engine.canary import ClassFailures, NotRight
from autograder.nbgrader.records import Assignment, ExerciseMark, Mark, NotebookMark, Submission

ASSIGNMENT = Assignment("ps1", {})


def mark(*points: float | None, status: str = "graded", failed_cells: tuple[str, ...] = ()) -> Mark:
    rows = tuple(ExerciseMark(f"e{k}", one, 2.0) for k, one in enumerate(points))
    notebooks = (NotebookMark("p1", failed_cells=failed_cells),)
    return Mark("ada", "ps1", status, exercises=rows, notebooks=notebooks)


def test_full_marks_let_the_class_be_graded() -> None:
    canary.must_be_right(ASSIGNMENT, mark(2.0, None, 2.0))


@pytest.mark.parametrize("bad", [mark(2.0, 1.0), mark(status="failed")], ids=["points lost", "not graded"])
def test_anything_less_stops_and_names_what_was_lost(bad: Mark) -> None:
    with pytest.raises(NotRight) as caught:
        canary.must_be_right(ASSIGNMENT, bad)
    assert "--no-canary" in str(caught.value)
    assert ("e1: 1 of 2" in str(caught.value)) == bool(bad.exercises)


def test_the_instructor_has_a_name_that_no_folder_can_have(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="null"):
        (tmp_path / canary.NAME).mkdir()
    assert isinstance(canary.submission_of(ASSIGNMENT, tmp_path), Submission)


def test_a_cell_that_failed_for_most_of_the_class_is_named() -> None:
    seen = ClassFailures()
    for cells in (("data",), ("data", "plot"), ("data",), ()):
        seen.count(mark(2.0, failed_cells=cells))
    assert seen.remarks() == ["ps1: the cell data failed in 3 of 4 notebooks"]


def test_of_two_submissions_nothing_is_said() -> None:
    seen = ClassFailures()
    seen.count(mark(2.0, failed_cells=("data",)))
    seen.count(mark(2.0, failed_cells=("data",)))
    assert seen.remarks() == []
