"""Marks for spreadsheets, Canvas and Moodle, and back: the files are made after their documentation."""

from __future__ import annotations

import csv
import io
import subprocess
from pathlib import Path

import pytest

from autograder.classroom.export import FORMATS, Exported, export
from autograder.classroom.roster import Roster, read_roster
from autograder.classroom.standing import (
    COULD_NOT_BE_GRADED,
    NOT_GRADED_YET,
    ClassStanding,
    LessonPoints,
    Standing,
    standing_of,
)
from autograder.commands.exporting import in_git, remarks
from autograder.engine.records import Records
from autograder.errors import AutograderError
from autograder.nbgrader.course import Course
from autograder.nbgrader.gradebook import Gradebook
from autograder.nbgrader.records import Mark, NotebookMark
from tests.sample_class import LESSON, Classroom

FIRST = LessonPoints("00_start_here", "Start here", {"numerical_gradient": 2, "relative_error": 2})
LAST = LessonPoints("16_capstone", "Capstone", {"tell": 3, "a_report": 2})
CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,Start here (7701),Essay (7702)
    Points Possible,,,,,4,10
"Lovelace, Ada",1201,S-4711,ada,Group A,,9
"Ångström, Zoë",1202,S-4712,zoe,Group A,,8
"Wu, 吴",1203,S-4713,wu,Group B,,
"Novak, Jan",1204,S-4714,jan,Group B,,
"""
MOODLE = """\
Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,Feedback comments
Participant 657717,Ada Lovelace,Ada@uni.example,Submitted for grading,,5.00,Yes,
Participant 657718,Wu 吴,wu@uni.example,No submission,,5.00,Yes,
"""


def graded(student: str, score: float, *points: float | None, penalty: float = 0.0) -> Standing:
    given = dict(zip(LAST.most, points, strict=False))
    waiting = tuple(name for name, one in given.items() if one is None)
    return Standing(student, LAST.name, score, penalty, given, waiting)


def a_class(*standings: Standing, lessons: tuple[LessonPoints, ...] = (FIRST, LAST)) -> ClassStanding:
    both = {(one.student, one.lesson): one for one in standings}
    return ClassStanding(list(lessons), sorted({one.student for one in standings}), both, {})


CLASS = a_class(
    Standing("ada", FIRST.name, 3.5, 0.0, {"numerical_gradient": 2.0, "relative_error": 1.5}),
    graded("ada", 4.25, 3.0, 1.75, penalty=0.5),
    graded("zoe", 3.0, 3.0, None),
    Standing("wu", FIRST.name, None, status=COULD_NOT_BE_GRADED, reason="x.ipynb is a web page"),
    Standing("wu", LAST.name, 0.0, 0.0, {"tell": 0.0, "a_report": 0.0}),
)


def rows(found: Exported) -> list[list[str]]:
    return list(csv.reader(io.StringIO(found.text)))


def roster_of(folder: Path, text: str) -> Roster:
    path = folder / "roster.csv"
    path.write_text(text, encoding="utf-8")
    return read_roster(path)


def test_canvas_gets_its_own_rows_and_headings_back(tmp_path: Path) -> None:
    """Identifying columns as exported, the assignment's own heading, maxima in the second line."""
    found = export(CLASS, "canvas", roster_of(tmp_path, CANVAS))
    assert rows(found) == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Start here (7701)", "16_capstone"],
        ["    Points Possible", "", "", "", "", "4", "5"],
        ["Lovelace, Ada", "1201", "S-4711", "ada", "Group A", "3.5", "4.25"],
        ["Ångström, Zoë", "1202", "S-4712", "zoe", "Group A", "", "3"],
        ["Wu, 吴", "1203", "S-4713", "wu", "Group B", "", "0"],
        ["Novak, Jan", "1204", "S-4714", "jan", "Group B", "", ""],
    ]


def test_what_canvas_gets_is_a_roster_again(tmp_path: Path) -> None:
    """Round trip: read back, the same people and the same marks come out."""
    once = export(CLASS, "canvas", roster_of(tmp_path, CANVAS))
    assert export(CLASS, "canvas", roster_of(tmp_path, once.text)).text == once.text


def test_canvas_by_exercise_and_without_a_roster() -> None:
    found = export(CLASS, "canvas", Roster(), by_exercise=True)
    head, most, ada, *_ = rows(found)
    assert head[5:] == [f"{one.name}: {name}" for one in (FIRST, LAST) for name in one.most]
    assert most[5:] == ["2", "2", "3", "2"]
    assert ada == ["ada", "", "", "ada", "", "2", "1.5", "3", "1.75"]
    assert any("SIS Login ID" in said for said in found.remarks)


def test_moodles_worksheet_is_filled_in(tmp_path: Path) -> None:
    """Every column stays; who has no grade keeps a blank; a maximum that differs is said."""
    standing = a_class(graded("Ada@uni.example", 4.25, 3.0, 1.75, penalty=0.5), lessons=(LAST,))
    found = export(standing, "moodle", roster_of(tmp_path, MOODLE))
    head, ada, wu = rows(found)
    assert head == MOODLE.splitlines()[0].split(",")
    assert ada[:6] == [
        "Participant 657717",
        "Ada Lovelace",
        "Ada@uni.example",
        "Submitted for grading",
        "4.25",
        "5.00",
    ]
    assert ada[7] == "tell 3 of 3; a_report 1.75 of 2; late, minus 0.5"
    assert wu == MOODLE.splitlines()[2].split(",")
    assert found.remarks == []
    other = export(standing, "moodle", roster_of(tmp_path, MOODLE.replace("5.00", "100.00")))
    assert "maximum grade is 100.00, and 16_capstone has 5 points" in other.remarks[0]
    assert export(standing, "moodle", roster_of(tmp_path, found.text)).text == found.text
    with pytest.raises(AutograderError, match="one assignment's"):
        export(CLASS, "moodle", roster_of(tmp_path, MOODLE))


def test_moodles_gradebook_gets_ids_grades_and_feedback(tmp_path: Path) -> None:
    roster = roster_of(
        tmp_path, "username,ID number,Email address,Full name\nada,S-4711,Ada@x.example,Ada L\n"
    )
    head, ada = rows(export(CLASS, "moodle", roster))[:2]
    assert head[:5] == [
        "ID number",
        "Email address",
        "Full name",
        "00_start_here",
        "00_start_here (feedback)",
    ]
    assert ada[:5] == [
        "S-4711",
        "Ada@x.example",
        "Ada L",
        "3.5",
        "numerical_gradient 2 of 2; relative_error 1.5 of 2",
    ]


def test_a_table_says_why_a_cell_is_blank(tmp_path: Path) -> None:
    found = list(csv.DictReader(io.StringIO(export(CLASS, "csv", roster_of(tmp_path, CANVAS)).text)))
    said = {(row["student_id"], row["lesson"]): (row["score"], row["status"]) for row in found}
    assert said["ada", "16_capstone"] == ("4.25", "graded")
    assert said["zoe", "00_start_here"] == ("", "not handed in")
    assert said["zoe", "16_capstone"] == ("3", "to be graded by hand")
    assert said["wu", "00_start_here"] == ("", "could not be graded")
    assert said["wu", "16_capstone"] == ("0", "graded")
    assert said["jan", "16_capstone"] == ("", "not handed in")
    assert found[0]["group"] == "" and {row["max_score"] for row in found} == {"4", "5"}
    by_exercise = csv.DictReader(io.StringIO(export(CLASS, "csv", Roster(), by_exercise=True).text))
    assert {(r["student_id"], r["exercise"]): r["points"] for r in by_exercise}["zoe", "a_report"] == ""


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_is_a_zero_that_is_not_one(form: str) -> None:
    """Blank for everybody who has no score, in every format."""
    only = a_class(Standing("ada", FIRST.name, None, status=NOT_GRADED_YET), lessons=(FIRST,))
    found = export(only, form, Roster())
    assert "0," not in found.text.split("\n", 2)[-1].replace("00_start_here,", "")
    assert [one.status for one in found.blank] == [NOT_GRADED_YET]


def test_names_that_fit_two_are_refused(tmp_path: Path) -> None:
    """A student who may be two people, and two students who are one; neither gets any mark."""
    roster = roster_of(tmp_path, "id,name,login\n1,Jan Novak,jn\n2,Jan Novák,jn2\n3,Ada Lovelace,ada\n")
    standing = a_class(
        *(Standing(who, FIRST.name, 4.0) for who in ("Jan Novak", "ada", "Ada Lovelace", "stranger")),
        lessons=(FIRST,),
    )
    found = export(standing, "canvas", roster)
    assert found.refused == [
        "Jan Novak may be any of 1, 2",
        "Ada Lovelace and ada are both 3 of the roster",
    ]
    assert "stranger is not in the roster, and so not in the table" in found.remarks
    assert [row[5] for row in rows(found)[2:]] == ["", "", ""]


def test_what_is_blank_is_listed() -> None:
    said = remarks(export(CLASS, "csv", Roster()))
    assert "00_start_here: blank, could not be graded: wu (x.ipynb is a web page)" in said
    assert "00_start_here: blank, not handed in: zoe" in said
    assert "16_capstone: a_report of 1 is still to be graded by hand, and not in their score" in said


def test_no_name_is_a_formula() -> None:
    """A student may be called anything."""
    found = export(a_class(graded("=HYPERLINK(1)", 1.0, 1.0, 0.0), lessons=(LAST,)), "csv", Roster())
    assert "'=HYPERLINK(1)" in found.text


def test_marks_in_a_clone_are_warned_of(tmp_path: Path) -> None:
    """Where git would take them along; the address without the token in it."""

    def git(*arguments: str) -> None:
        subprocess.run(["git", "-C", str(tmp_path), *arguments], check=True, capture_output=True)

    assert in_git(tmp_path / "marks.csv") == "" and in_git(None) == ""
    git("init", "-q")
    git("remote", "add", "origin", "https://token@git.example/course.git")
    said = in_git(tmp_path / "marks.csv")
    assert said.endswith("does not ignore it, pushed to git.example/course.git")
    (tmp_path / ".gitignore").write_text("/exports/\n/grades*.csv\n")
    assert in_git(tmp_path / "exports" / "marks.csv") == "" and in_git(tmp_path / "grades.csv") == ""


@pytest.mark.slow
def test_gradebook_and_records_together(tmp_path: Path) -> None:
    """Manual points count, a failure is blank although the gradebook has a zero."""
    room = Classroom.made(tmp_path / "course")
    course = Course(room.root)
    for student in ("done", "failed", "waiting"):
        room.submit(student, room.release())
    gradebook = Gradebook(course)
    gradebook.notebooks(LESSON)
    scores: dict[str, float | None] = {"check_numerical_gradient": 2.0, "check_relative_error": 0.5}
    done = Mark("done", LESSON, notebooks=(NotebookMark(LESSON, scores=scores),))
    failed = Mark("failed", LESSON, status="failed", reason="x")
    gradebook.write(LESSON, [done, failed], {})
    grade = gradebook.database.find_grade("check_relative_error", LESSON, LESSON, "done")
    grade.manual_score = 1.75
    gradebook.database.db.commit()
    gradebook.close()
    Records(course.private / "records").keep(LESSON, "failed", "key", {"status": "failed", "reason": "x"}, {})
    standing = standing_of(course, ["00"])
    assert standing.of("done", LESSON).score == 3.75
    assert standing.of("done", LESSON).points == {"numerical_gradient": 2.0, "relative_error": 1.75}
    assert [standing.of(who, LESSON).status for who in ("failed", "waiting")] == [
        COULD_NOT_BE_GRADED,
        NOT_GRADED_YET,
    ]
    assert standing.lessons == [LessonPoints(LESSON, standing.lessons[0].title, FIRST.most)]
    printed = room.run("export", "--by", "exercise")
    assert printed.returncode == 0, printed.stderr
    assert "blank, could not be graded: failed (x)" in printed.stderr
    assert "done,,,,00_start_here,relative_error,1.75,2,graded," in printed.stdout
