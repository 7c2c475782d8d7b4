"""Whom to talk to, and which submissions to look at: by what grading noticed of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from .answers import HandedIn, LessonClass

LOW = 0.5  # of the class's median share
SEVERAL = 2


@dataclass(frozen=True)
class Stuck:
    """A student, and why."""

    student: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Noticed:
    """Something about one submission."""

    student: str
    what: str


def stuck(lessons: Sequence[LessonClass]) -> list[Stuck]:
    """Students with something to talk about, those with most reasons first."""
    found: dict[str, list[str]] = defaultdict(list)
    for gather in (_same_slip, _nothing, _no_progress, _far_below, _mostly_open):
        for student, reason in gather(lessons):
            found[student].append(reason)
    made = [Stuck(student, tuple(reasons)) for student, reasons in found.items()]
    return sorted(made, key=lambda one: (-len(one.reasons), one.student))


Reasons = list[tuple[str, str]]


def _same_slip(lessons: Sequence[LessonClass]) -> Reasons:
    met: dict[tuple[str, str], list[str]] = defaultdict(list)
    for lesson in lessons:
        for one in lesson.graded:
            for name in dict.fromkeys(a.misconception for a in one.answers if a.misconception):
                met[one.student, name].append(number_of(lesson))
    return [
        (student, f"the same slip, {name.replace('_', ' ')}, in lessons {', '.join(where)}")
        for (student, name), where in met.items()
        if len(where) >= SEVERAL
    ]


def _nothing(lessons: Sequence[LessonClass]) -> Reasons:
    missing: dict[str, list[str]] = defaultdict(list)
    for lesson in lessons:
        for student in lesson.missing:
            missing[student].append(number_of(lesson))
    return [(student, f"handed in nothing for {_these(where)}") for student, where in missing.items()]


def _no_progress(lessons: Sequence[LessonClass]) -> Reasons:
    return [
        (
            one.student,
            f"handed in {len(one.earlier) + 1} times for {number_of(lesson)} without gaining points",
        )
        for lesson in lessons
        for one in lesson.handed_in
        if one.earlier and not one.failed and one.points + one.penalty <= max(one.earlier) < lesson.max_points
    ]


def _far_below(lessons: Sequence[LessonClass]) -> Reasons:
    low: dict[str, list[str]] = defaultdict(list)
    for lesson in lessons:
        if lesson.graded:
            usual = median(one.points for one in lesson.graded)
            for one in lesson.graded:
                if usual > 0 and one.points + one.penalty < LOW * usual:
                    low[one.student].append(number_of(lesson))
    return [
        (student, f"less than half of the class's median in {_these(where)}")
        for student, where in low.items()
        if len(where) >= min(SEVERAL, len(lessons))
    ]


def _mostly_open(lessons: Sequence[LessonClass]) -> Reasons:
    found = []
    for lesson in lessons:
        for one in lesson.graded:
            unwritten = sum(answer.state == "open" for answer in one.answers)
            if unwritten >= SEVERAL and 2 * unwritten >= len(one.answers):
                said = f"{unwritten} of {len(one.answers)} exercises not begun in {number_of(lesson)}"
                found.append((one.student, said))
    return found


def noticed(lesson: LessonClass) -> dict[str, list[Noticed]]:
    """Submissions that could not be graded, crashed, met a limit, or answer from a table; by heading."""
    kinds = {
        "failed": "Could not be graded",
        "crashed": "Ended the process they ran in",
        "limited": "Met a limit",
    }
    found: dict[str, list[Noticed]] = {heading: [] for heading in kinds.values()}
    looked_up: list[Noticed] = []
    for one in lesson.handed_in:
        if one.status in kinds:
            found[kinds[one.status]].append(Noticed(one.student, one.reason))
        looked_up += _from_a_table(one)
    return {k: v for k, v in {**found, "Right on public cases only": looked_up}.items() if v}


def _from_a_table(one: HandedIn) -> list[Noticed]:
    names = [answer.exercise for answer in one.answers if answer.only_public]
    return [Noticed(one.student, ", ".join(names))] if names and not one.failed else []


def number_of(lesson: LessonClass) -> str:
    """What a lesson is called for short: its number, where it has one."""
    number = lesson.name.split("_")[0]
    return number if number.isdigit() else lesson.name


def _these(where: Sequence[str]) -> str:
    return where[0] if len(where) == 1 else f"{', '.join(where[:-1])} and {where[-1]}"
