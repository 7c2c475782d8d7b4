"""`autograder report`: the class on one page, from what grading kept and what people entered."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..files import write_whole
from ..nbgrader.course import Course
from . import answers, charts, pages
from .anonymous import Anonymous
from .answers import LessonClass
from .attention import Noticed, Stuck, noticed, number_of, stuck
from .similarity import Likeness, likeness
from .slips import Slip, Unforeseen, slips, unforeseen
from .statistics import Distribution, Item, distribution, items

FOLDER = "reports"


@dataclass(frozen=True)
class LessonReport:
    """One lesson of the page."""

    name: str
    number: str
    title: str
    graded: int
    failed: int
    missing: tuple[str, ...]
    distribution: Distribution
    items: list[Item]
    slips: list[Slip]
    unforeseen: list[Unforeseen]
    unforeseen_left_out: int
    noticed: dict[str, list[Noticed]]
    likeness: Likeness
    without_details: int  # submissions of which no verdicts were kept


@dataclass(frozen=True)
class Report:
    """All that the page says."""

    lessons: list[LessonReport]
    stuck: list[Stuck]
    students: int
    anonymous: bool


def read(course: Course, wanted: Sequence[str], anonymous: bool = False) -> tuple[Report, list[LessonClass]]:
    """Reads the class and works everything out; the class comes along for its code."""
    from ..nbgrader.entries import Entries
    from ..nbgrader.gradebook import Gradebook

    chosen = answers.chosen(course, wanted)  # before the gradebook is opened, which takes its time
    gradebook = Gradebook(course)
    try:
        entries = Entries(gradebook)
        lessons = answers.read_class(course, entries, chosen)
        names = entries.students()
    finally:
        gradebook.close()
    if anonymous:
        handed_in = {one.student for lesson in lessons for one in lesson.handed_in}
        hidden = Anonymous(handed_in, names, _secret(course))
        lessons = [hidden.lesson(lesson) for lesson in lessons]
    return report_of(lessons, anonymous), lessons


def report_of(lessons: Sequence[LessonClass], anonymous: bool = False) -> Report:
    """What there is to say of some lessons."""
    everybody = {student for lesson in lessons for student in lesson.missing}
    everybody |= {one.student for lesson in lessons for one in lesson.handed_in}
    return Report([_lesson(lesson) for lesson in lessons], stuck(lessons), len(everybody), anonymous)


def write(course: Course, wanted: Sequence[str], anonymous: bool = False) -> tuple[Path, Report]:
    """Makes the page; where it lies, and what it says."""
    report, lessons = read(course, wanted, anonymous)
    parts = [
        "class",
        *(one.number for one in report.lessons if wanted),
        *(["anonymous"] if anonymous else []),
    ]
    path = course.root / FOLDER / f"{'-'.join(parts)}.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, page(report, lessons), mode=0o600)
    return path, report


def page(report: Report, lessons: Sequence[LessonClass]) -> str:
    """The report as a page that stands alone."""
    from markupsafe import Markup

    figures = {one.name: _figures(one) for one in report.lessons}
    measured = [one for one in report.lessons if one.distribution.quartiles and one.distribution.max_points]
    course = ""
    if len(measured) > 1:
        shares = [_shares(one.distribution) for one in measured]
        course = charts.course_chart([one.number for one in measured], shares, "course")
    codes = {
        (lesson.name, one.student, answer.exercise): answer.code
        for lesson, said in zip(lessons, report.lessons, strict=True)
        for pair_of in [{name for pair in said.likeness.pairs for name in (pair.first, pair.second)}]
        for one in lesson.handed_in
        if one.student in pair_of
        for answer in one.answers
    }
    return pages.render(
        "report.html",
        report=report,
        figures={name: {key: Markup(svg) for key, svg in one.items()} for name, one in figures.items()},
        course=Markup(course),
        codes=codes,
    )


def as_json(report: Report) -> dict[str, Any]:
    """The report as plain data."""
    return asdict(report)


def _lesson(lesson: LessonClass) -> LessonReport:
    groups, left_out = unforeseen(lesson)
    graded = lesson.graded
    return LessonReport(
        lesson.name,
        number_of(lesson),
        lesson.title,
        len(graded),
        len(lesson.handed_in) - len(graded),
        lesson.missing,
        distribution(lesson),
        items(lesson),
        slips(lesson),
        groups,
        left_out,
        noticed(lesson),
        likeness(lesson),
        sum(not any(answer.status for answer in one.answers) for one in graded) if lesson.functions else 0,
    )


def _figures(lesson: LessonReport) -> dict[str, str]:
    if not lesson.graded:
        return {}
    return {
        "points": charts.points_chart(lesson.distribution, f"points-{lesson.number}"),
        "exercises": charts.exercises_chart(lesson.items, f"exercises-{lesson.number}"),
    }


def _shares(distribution: Distribution) -> tuple[float, float, float]:
    assert distribution.quartiles
    low, middle, high = (value / distribution.max_points for value in distribution.quartiles)
    return low, middle, high


def _secret(course: Course) -> bytes:
    """What decides the order of numbers: nobody else has it."""
    path = course.private / "secret"
    return hashlib.sha256(path.read_bytes() if path.is_file() else str(course.root).encode()).digest()
