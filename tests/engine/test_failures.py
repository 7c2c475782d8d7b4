"""A defect of ours leaves a trace that the row names."""

from __future__ import annotations

from pathlib import Path

from autograder.engine.failures import Failures
from autograder.nbgrader.records import Mark

FAILED = Mark("ada", "01", "failed", "the grader failed: KeyError: 'x'", ours=True, trace="Traceback\n  …")


def test_the_traceback_lies_where_the_reason_says(tmp_path: Path) -> None:
    mark = Failures(tmp_path / "failures").keep(FAILED)
    path = tmp_path / "failures" / "01-ada.txt"
    assert str(path) in mark.reason
    assert path.read_text(encoding="utf-8") == FAILED.trace


def test_a_name_can_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    odd = Mark("../../x\n", "01", "failed", "", ours=True, trace="Traceback")
    Failures(tmp_path / "failures").keep(odd)
    assert [path.parent.name for path in tmp_path.rglob("*.txt")] == ["failures"]


def test_marks_that_went_well_leave_nothing(tmp_path: Path) -> None:
    mark = Mark("ada", "01")
    assert Failures(tmp_path / "failures").keep(mark) is mark
    assert not list(tmp_path.iterdir())


def test_where_nothing_can_be_written_the_reason_stays(tmp_path: Path) -> None:
    (tmp_path / "failures").write_text("a file in the way")
    assert Failures(tmp_path / "failures").keep(FAILED) == FAILED
