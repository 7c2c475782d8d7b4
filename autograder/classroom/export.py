"""`autograder export`: marks as a table, as Canvas' gradebook reads them, or as Moodle does.

What could not be graded, was not graded yet or was not handed in is blank, never 0. Whose row it is comes
from the roster; a name that fits two rows, or two students in one row, is refused and named.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from ..errors import AutograderError
from .roster import Person, Roster, plain_names
from .standing import NOT_HANDED_IN, ClassStanding, LessonPoints, Standing

FORMULA = ("=", "+", "-", "@", "\t")  # what a spreadsheet would run
CANVAS_HEAD = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
MOODLE_GRADE, MOODLE_MOST, MOODLE_FEEDBACK = "Grade", "Maximum Grade", "Feedback comments"
Row = list[str]


@dataclass
class Exported:
    """The table, and what whoever uploads it should know."""

    text: str
    blank: list[Standing] = field(default_factory=list)
    waiting: list[Standing] = field(default_factory=list)  # exported without what a person grades yet
    refused: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Column:
    """One column of marks."""

    lesson: LessonPoints
    exercise: str = ""  # empty: the whole lesson

    @property
    def most(self) -> float:
        return self.lesson.most[self.exercise] if self.exercise else self.lesson.points

    @property
    def name(self) -> str:
        return f"{self.lesson.name}: {self.exercise}" if self.exercise else self.lesson.name

    def mark(self, one: Standing) -> str:
        if not self.exercise or one.score is None:
            return number(one.score)
        return number(one.points.get(self.exercise))


def export(standing: ClassStanding, form: str, roster: Roster, by_exercise: bool = False) -> Exported:
    """The marks in one of FORMATS.

    Raises:
        AutograderError: the roster is not one that this format can be made from.
    """
    columns = [
        column
        for lesson in standing.lessons
        for column in ([Column(lesson, one) for one in lesson.most] if by_exercise else [Column(lesson)])
    ]
    result = Exported("")
    owners = _owners(standing, roster, result, "" if form == "csv" else ", and so not in the table")
    rows = FORMATS[form](standing, roster, columns, owners, result)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    result.text = text.getvalue()
    asked = list(owners.values()) if roster.people else list(standing.students)
    missing = [person.student for person in roster.people if person.student not in owners]
    for lesson in standing.lessons:
        here = [standing.of(student, lesson.name) for student in asked]
        here += [Standing(student, lesson.name, None, status=NOT_HANDED_IN) for student in missing]
        result.blank += [one for one in here if one.score is None]
        result.waiting += [one for one in here if one.waiting]
    return result


def number(value: float | None) -> str:
    """A mark as a spreadsheet reads it; blank for none."""
    return "" if value is None else f"{round(value, 4):g}"


def text_cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _owners(standing: ClassStanding, roster: Roster, result: Exported, lost: str) -> dict[str, str]:
    """The gradebook's student of each person in the roster; what fits two is refused."""
    found: dict[str, list[str]] = {}
    for student in standing.students:
        people = roster.of_student(student) if roster.people else []
        if len(people) > 1:
            names = ", ".join(person.student for person in people)
            result.refused.append(f"{student} may be any of {names}")
        elif people:
            found.setdefault(people[0].student, []).append(student)
        elif roster.people:
            result.remarks.append(f"{student} is not in the roster{lost}")
    for person, students in found.items():
        if len(students) > 1:
            result.refused.append(f"{' and '.join(students)} are both {person} of the roster")
    return {person: students[0] for person, students in found.items() if len(students) == 1}


def _csv(
    standing: ClassStanding, roster: Roster, columns: list[Column], owners: dict[str, str], result: Exported
) -> list[Row]:
    """A row for each student and lesson, or exercise: for spreadsheets and programs."""
    by_exercise = any(column.exercise for column in columns)
    rows = [["student_id", "name", "email", "group", "lesson"]]
    rows[0] += ["exercise", "points", "max_points"] if by_exercise else ["score", "max_score", "late_penalty"]
    rows[0] += ["status", "reason"]
    people = {owners[person.student]: person for person in roster.people if person.student in owners}
    missing = [person for person in roster.people if person.student not in owners]
    everybody = [(student, people.get(student)) for student in standing.students]
    for student, person in [*everybody, *((person.student, person) for person in missing)]:
        name, email = standing.names.get(student, ("", ""))
        said = [person.name or name, person.email or email, person.group] if person else [name, email, ""]
        for column in columns:
            one = standing.of(student, column.lesson.name)
            waits = column.exercise in one.waiting if column.exercise else bool(one.waiting)
            row = [student, *said, column.lesson.name]
            row += [column.exercise] if by_exercise else []
            row += [column.mark(one), number(column.most)]
            row += [] if by_exercise else [number(one.penalty) if one.score is not None else ""]
            row += ["to be graded by hand" if waits else one.status, one.reason]
            rows.append([text_cell(cell) for cell in row])
    return rows


def _canvas(
    standing: ClassStanding, roster: Roster, columns: list[Column], owners: dict[str, str], result: Exported
) -> list[Row]:
    """What Canvas' gradebook imports; an exported gradebook as roster gives ids and names of columns."""
    theirs = set(CANVAS_HEAD) <= set(roster.columns)
    names = {column.name: _canvas_column(column, roster) for column in columns}
    rows = [[*CANVAS_HEAD, *names.values()]]
    rows.append(["    Points Possible", "", "", "", "", *(number(column.most) for column in columns)])
    for student, person in _rows(standing, roster, owners):
        if theirs and person:
            head = [person.row.get(name, "") for name in CANVAS_HEAD]
        else:
            known = person or Person(student, standing.names.get(student, ("", ""))[0])
            head = [text_cell(known.name or student), known.key("canvas"), known.key("number")]
            head += [text_cell(known.key("login") or student), ""]
        rows.append([*head, *(column.mark(standing.of(student, column.lesson.name)) for column in columns)])
    if not theirs:
        result.remarks.append(
            "without Canvas' own gradebook export as --roster it has to find students by SIS Login ID"
        )
    return rows


def _canvas_column(column: Column, roster: Roster) -> str:
    """Canvas' own heading of an assignment, which ends in its number, where the roster has one like ours."""
    wanted = plain_names(column.name) | (set() if column.exercise else plain_names(column.lesson.title))
    for heading in roster.columns:
        if plain_names(re.sub(r"\s*\(\d+\)$", "", heading)) & wanted:
            return heading
    return column.name


def _moodle(
    standing: ClassStanding, roster: Roster, columns: list[Column], owners: dict[str, str], result: Exported
) -> list[Row]:
    """A grading worksheet filled in, where the roster is one; else what the gradebook's CSV import maps."""
    if {"Identifier", MOODLE_GRADE} <= set(roster.columns):
        if len(columns) != 1:
            raise AutograderError(
                f"A grading worksheet of Moodle is one assignment's: name one lesson, not {len(columns)}."
            )
        return _worksheet(standing, roster, columns[0], owners, result)
    rows = [["ID number", "Email address", "Full name"]]
    for column in columns:
        rows[0] += [column.name, f"{column.name} (feedback)"]
    for student, person in _rows(standing, roster, owners):
        name, email = standing.names.get(student, ("", ""))
        known = person or Person(student, name)
        email = known.email or email or (student if "@" in student else "")
        row = [known.key("number") or student, email, text_cell(known.name)]
        for column in columns:
            one = standing.of(student, column.lesson.name)
            row += [column.mark(one), _feedback(one, column)]
        rows.append(row)
    return rows


def _worksheet(
    standing: ClassStanding, roster: Roster, column: Column, owners: dict[str, str], result: Exported
) -> list[Row]:
    rows = [list(roster.columns)]
    mosts: set[str] = set()
    for person in roster.people:
        row = dict(person.row)
        if person.student in owners:
            one = standing.of(owners[person.student], column.lesson.name)
            row[MOODLE_GRADE] = column.mark(one)
            if MOODLE_FEEDBACK in row and one.score is not None:
                row[MOODLE_FEEDBACK] = _feedback(one, column)
        mosts.add(row.get(MOODLE_MOST, ""))
        rows.append([row.get(name, "") for name in roster.columns])
    for most in sorted(mosts - {""}):
        if float(re.sub(r"[^\d.]", "", most.replace(",", ".")) or 0) != column.most:
            result.remarks.append(
                f"Moodle's maximum grade is {most}, and {column.name} has {number(column.most)} points: "
                "set it in the assignment first"
            )
    return rows


def _feedback(one: Standing, column: Column) -> str:
    if one.score is None:
        return ""
    shown = {column.exercise: one.points.get(column.exercise)} if column.exercise else one.points
    said = [
        f"{name} {number(points) or 'to be graded'} of {number(column.lesson.most[name])}"
        for name, points in shown.items()
    ]
    return "; ".join([*said, f"late, minus {number(one.penalty)}"] if one.penalty else said)


def _rows(standing: ClassStanding, roster: Roster, owners: dict[str, str]) -> list[tuple[str, Person | None]]:
    """Whose rows there are: the roster's, in its order; without one, the gradebook's."""
    if roster.people:
        return [(owners.get(person.student, ""), person) for person in roster.people]
    return [(student, None) for student in standing.students]


Format = Callable[[ClassStanding, Roster, list[Column], dict[str, str], Exported], list[Row]]
FORMATS: dict[str, Format] = {"csv": _csv, "canvas": _canvas, "moodle": _moodle}
