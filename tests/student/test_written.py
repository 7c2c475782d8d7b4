"""Questions that a person grades: their points count wherever points are counted."""

from __future__ import annotations

from autograder.student import checks_file
from autograder.student.sheet import LessonSheet
from autograder.student.verdict import Progress, Verdict

WRITTEN = (("a_report", 2.0),)


def test_checks_json_names_them() -> None:
    """There and back; a file without any is as it was before there were some."""
    lesson = LessonSheet("01_small", "A small lesson", written=WRITTEN)
    assert lesson.points == 2
    assert checks_file.parse(checks_file.dump(lesson)) == lesson
    without = checks_file.dump(LessonSheet("01_small", "A small lesson"))
    assert "written" not in without and checks_file.parse(without).written == ()


def test_progress_counts_them() -> None:
    shown = Progress(
        "01_small", "A small lesson", (Verdict("double", 4.0, 4.0, status="right"),), written=WRITTEN
    )
    assert repr(shown).splitlines() == [
        "A small lesson: 4 of 6 points",
        "  double  4 of 4 points, all right",
        "  a_report: 2 points, graded by hand",
        "All done.",
    ]
    page = shown._repr_html_()
    assert "4 of 6 points" in page and "<code>a_report</code>" in page and "graded by hand" in page
