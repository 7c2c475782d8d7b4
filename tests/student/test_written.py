"""Questions that a person grades: their points count wherever points are counted."""

from __future__ import annotations

import json
from pathlib import Path

from autograder.student import checks_file, course, diary
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


def test_the_course_counts_them(tmp_path: Path) -> None:
    """Beside the lessons that have none."""
    for name, written in (("01_small", WRITTEN), ("02_other", ())):
        (tmp_path / name).mkdir()
        text = checks_file.dump(LessonSheet(name, "A lesson", written=written))
        (tmp_path / name / "checks.json").write_text(text)
        assert json.loads(text)["lesson"] == name
    found = course.course_in(tmp_path, diary.Diary(tmp_path / "diary.json"))
    assert [one.max_points for one in found.lessons] == [2, 0]
    assert repr(found).splitlines()[0] == "0 of 2 points, 2 of them graded by hand"
