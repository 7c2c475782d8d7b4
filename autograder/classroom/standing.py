"""Where a class stands: what each student has for each lesson, or why there is nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ..engine.records import Records
from ..errors import UnknownLesson
from ..nbgrader import cells
from ..nbgrader.course import Course
from ..nbgrader.gradebook import Grade, Gradebook
from ..student import checks_file

NOT_HANDED_IN = "not handed in"
NOT_GRADED_YET = "handed in and not graded yet"
COULD_NOT_BE_GRADED = "could not be graded"


@dataclass(frozen=True)
class Standing:
    """One student and one lesson."""

    student: str
    lesson: str
    score: float | None  # manual scores included, a penalty deducted; None: there is none
    penalty: float = 0.0
    points: dict[str, float | None] = field(default_factory=dict)  # by exercise
    waiting: tuple[str, ...] = ()  # exercises that a person has to grade yet
    status: str = "graded"
    reason: str = ""


@dataclass(frozen=True)
class LessonPoints:
    """A lesson, and what its exercises are worth."""

    name: str
    title: str
    most: dict[str, float]

    @property
    def points(self) -> float:
        return sum(self.most.values())


@dataclass(frozen=True)
class ClassStanding:
    """The whole class."""

    lessons: list[LessonPoints]
    students: list[str]
    by_both: dict[tuple[str, str], Standing]
    names: dict[str, tuple[str, str]]  # name and email, as the gradebook has them

    def of(self, student: str, lesson: str) -> Standing:
        nothing = Standing(student, lesson, None, status=NOT_HANDED_IN)
        return self.by_both.get((student, lesson), nothing)


def standing_of(course: Course, wanted: Iterable[str] = ()) -> ClassStanding:
    """What the gradebook and the records of grading say together.

    The gradebook alone has a zero where a submission could not be graded.
    """
    gradebook = Gradebook(course)
    try:
        known = gradebook.folders.assignments()
        asked = [_named(lesson, known) for lesson in wanted]
        records = Records(course.private / "records")
        lessons: list[LessonPoints] = []
        found: dict[tuple[str, str], Standing] = {}
        for lesson in dict.fromkeys(asked or known):
            handed_in = set(gradebook.folders.submitted_folders(lesson, None))
            scores = gradebook.scores(lesson)
            if not (scores or handed_in or asked):
                continue
            names = _exercises(gradebook, lesson)
            lessons.append(_points_of(gradebook, lesson, names))
            grades = gradebook.grades(lesson)
            for student in sorted(handed_in | set(scores)):
                result = records.last_result(lesson, student) or {}
                found[student, lesson] = _standing(
                    student, lesson, result, scores.get(student), grades.get(student, []), names
                )
        students = sorted({student for student, _ in found})
        return ClassStanding(lessons, students, found, gradebook.people())
    finally:
        gradebook.close()


def _standing(
    student: str,
    lesson: str,
    result: dict[str, Any],
    score: tuple[float, float] | None,
    grades: list[Grade],
    names: dict[str, str],
) -> Standing:
    if result.get("status") == "failed":
        why = str(result.get("reason", ""))
        return Standing(student, lesson, None, status=COULD_NOT_BE_GRADED, reason=why)
    if score is None:
        return Standing(student, lesson, None, status=NOT_GRADED_YET)
    given = {names[grade.cell]: grade for grade in grades if grade.cell in names}
    points = {name: given[name].points for name in names.values() if name in given}
    waiting = tuple(name for name in points if given[name].to_look_at)
    return Standing(student, lesson, round(score[0], 4), score[1], points, waiting)


def _named(wanted: str, known: list[str]) -> str:
    for name in known:
        if wanted in (name, name.split("_")[0]):
            return name
    raise UnknownLesson(wanted, known)


def _points_of(gradebook: Gradebook, lesson: str, names: dict[str, str]) -> LessonPoints:
    most: dict[str, float] = {}
    for notebook in gradebook.notebooks(lesson).values():
        for cell, points in {**notebook.grade_cells, **notebook.task_cells}.items():
            most[names[cell]] = points
    return LessonPoints(lesson, _title(gradebook, lesson), most)


def _exercises(gradebook: Gradebook, lesson: str) -> dict[str, str]:
    """What each graded cell is called: a lesson's check by its exercise, others by their own name."""
    ours = (gradebook.folders.source_folder(lesson) / checks_file.FILE_NAME).is_file()
    graded = [
        cell
        for notebook in gradebook.notebooks(lesson).values()
        for cell in (*notebook.grade_cells, *notebook.task_cells)
    ]
    return {cell: (ours and cells.checked_exercise(cell)) or cell for cell in graded}


def _title(gradebook: Gradebook, lesson: str) -> str:
    path = gradebook.folders.source_folder(lesson) / checks_file.FILE_NAME
    return checks_file.load(path).title if path.is_file() else lesson
