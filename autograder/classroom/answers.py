"""The class as grading left it: points, verdicts and code of every submission. Plain data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from ..engine.records import Record, Records
from ..errors import AutograderError, UnknownLesson
from ..nbgrader import cells
from ..nbgrader.course import Course
from ..nbgrader.entries import Entries, Entry
from ..student import checks_file
from ..student.sheet import LessonSheet
from ..student.verdict import Row, Verdict


@dataclass(frozen=True)
class Answer:
    """What one student's answer to one exercise earned."""

    exercise: str
    points: float | None  # None: a person decides, and has not yet
    max_points: float
    misconception: str = ""
    hint: str = ""
    by_hand: bool = False
    extra: float = 0.0  # given on top by a person
    comments: tuple[str, ...] = ()
    status: str = ""  # the verdict's; empty where none was kept
    rows: tuple[Row, ...] = ()
    explanation: str = ""
    only_public: bool = False
    returned: str = ""  # alike for answers that gave the same on public cases
    code: str = ""

    @property
    def state(self) -> str:
        """One of right, partly, wrong, open, by hand."""
        if self.points is None:
            return "by hand"
        if self.points >= self.max_points:
            return "right"
        if self.status == "open":
            return "open"
        return "partly" if self.points > 0 else "wrong"

    @property
    def verdict(self) -> Verdict | None:
        """As the student's notebook shows it; None where none was kept."""
        if not self.status:
            return None
        points = sum(row.points for row in self.rows)
        return Verdict(
            self.exercise,
            points,
            sum(row.max_points for row in self.rows),
            self.rows,
            self.status,
            self.explanation,
            self.misconception or None,
            self.hint,
        )


@dataclass(frozen=True)
class HandedIn:
    """One student's submission to one lesson."""

    student: str
    status: str
    reason: str
    answers: tuple[Answer, ...]
    max_points: float
    penalty: float = 0.0
    earlier: tuple[float, ...] = ()  # what the student's earlier submissions earned

    @property
    def failed(self) -> bool:
        return self.status == "failed"

    @property
    def points(self) -> float:
        """As the gradebook has it: a person's scores and a penalty count."""
        earned = sum((answer.points or 0.0) + answer.extra for answer in self.answers)
        return max(0.0, earned - self.penalty)


@dataclass(frozen=True)
class LessonClass:
    """One lesson, and all that was handed in for it."""

    name: str
    title: str
    handed_in: tuple[HandedIn, ...]
    missing: tuple[str, ...] = ()  # students who handed in nothing
    functions: dict[str, tuple[str, ...]] = field(default_factory=dict)  # by exercise; of our lessons
    leans_on: dict[str, tuple[str, ...]] = field(default_factory=dict)  # by exercise: what comes first

    @property
    def graded(self) -> tuple[HandedIn, ...]:
        return tuple(one for one in self.handed_in if not one.failed)

    @property
    def exercises(self) -> tuple[str, ...]:
        """In the order in which they are asked."""
        return tuple(dict.fromkeys(answer.exercise for one in self.handed_in for answer in one.answers))

    @property
    def max_points(self) -> float:
        return max((one.max_points for one in self.handed_in), default=0.0)

    def answers_to(self, exercise: str) -> list[tuple[str, Answer]]:
        """Of what could be graded, with who gave them."""
        return [
            (one.student, answer)
            for one in self.graded
            for answer in one.answers
            if answer.exercise == exercise
        ]


def chosen(course: Course, wanted: Iterable[str]) -> list[str]:
    """The lessons asked for, by name or number, of those of which something is graded; all, if none is named.

    Raises:
        AutograderError: nothing is graded yet.
        UnknownLesson: one of them is not known here.
    """
    known = Records(course.private / "records").assignments()
    if not known:
        raise AutograderError("Nothing is graded here yet: run autograder grade.")
    found = []
    for one in wanted:
        names = [name for name in known if one in (name, name.split("_")[0])]
        if not names:
            raise UnknownLesson(one, known)
        found.append(names[0])
    return list(dict.fromkeys(found)) or known


def read_class(course: Course, entries: Entries, names: Iterable[str]) -> list[LessonClass]:
    """Some lessons of a course as far as they are graded."""
    records = Records(course.private / "records")
    roster = entries.students()
    return [_lesson(course, entries, records, name, roster) for name in names]


def _lesson(
    course: Course, entries: Entries, records: Records, name: str, roster: Iterable[str]
) -> LessonClass:
    entered = entries.of(name)
    sheets = _sheets(course, entries, name)
    functions = {one.name: one.functions for one in sheets.sheets.values()}
    handed_in = tuple(
        _handed_in(record, entered.get(record.result["student"], Entry()), functions)
        for record in records.all(name)
    )
    here = {one.student for one in handed_in}
    missing = tuple(student for student in roster if student not in here)
    leans_on = {one.name: _exercises_of(sheets, one.builds_on + one.uses) for one in sheets.sheets.values()}
    return LessonClass(name, sheets.title or name, handed_in, missing, functions, leans_on)


def _exercises_of(sheets: LessonSheet, functions: Iterable[str]) -> tuple[str, ...]:
    """Which exercises ask for these functions."""
    asked = {function: one.name for one in sheets.sheets.values() for function in one.functions}
    return tuple(dict.fromkeys(asked.get(name, name) for name in functions))


def _sheets(course: Course, entries: Entries, name: str) -> LessonSheet:
    """The lesson's exercises; none for a course of plain asserts."""
    path = entries.gradebook.folders.source_folder(name) / checks_file.FILE_NAME
    return checks_file.load(path) if path.is_file() else LessonSheet(name, "")


def _handed_in(record: Record, entry: Entry, functions: dict[str, tuple[str, ...]]) -> HandedIn:
    result = record.result
    answers = tuple(
        _with_entry(_answer(row, record.details.get(row["name"], {})), entry, functions)
        for row in result["exercises"]
    )
    return HandedIn(
        result["student"],
        result["status"],
        result["reason"],
        answers,
        result["max_score"],
        entry.penalty,
        record.earlier,
    )


def _answer(row: dict[str, Any], details: dict[str, Any]) -> Answer:
    return Answer(
        row["name"],
        row["points"],
        row["max_points"],
        row["misconception"] or "",
        row["hint"],
        status=details.get("status", ""),
        rows=tuple(Row(*one) for one in details.get("rows", [])),
        explanation=details.get("explanation", ""),
        only_public=details.get("only_public", False),
        returned=details.get("returned", ""),
        code=details.get("code", ""),
    )


def _with_entry(answer: Answer, entry: Entry, functions: dict[str, tuple[str, ...]]) -> Answer:
    """A person's score goes before the machine's, and their comments are kept with the answer."""
    name = answer.exercise
    grade = entry.grades.get(cells.check_name(name)) or entry.grades.get(name)
    places = dict.fromkeys([name, cells.check_name(name), *functions.get(name, ())])
    comments = tuple(entry.comments[place] for place in places if place in entry.comments)
    if grade is None or not (grade.by_hand or grade.extra):
        return replace(answer, comments=comments)
    points = grade.score if grade.by_hand else answer.points
    return replace(answer, points=points, by_hand=grade.by_hand, extra=grade.extra, comments=comments)
