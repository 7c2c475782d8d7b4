"""What went wrong in a class: known misconceptions by how many have them, and answers that nobody foresaw."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from . import trees
from .answers import Answer, LessonClass
from .stub import stub

SHOWN_CODES = 3  # different ones of a group
SHOWN_GROUPS = 15  # of an exercise


@dataclass(frozen=True)
class Slip:
    """A known misconception, and who has it."""

    exercise: str
    name: str
    hint: str
    who: tuple[str, ...]
    of: int  # answers to the exercise that are not open


@dataclass(frozen=True)
class Code:
    """One way of writing something, and who wrote it so."""

    text: str
    who: tuple[str, ...]
    stub: str


@dataclass(frozen=True)
class Unforeseen:
    """Answers to an exercise that gave the same, and no misconception's."""

    exercise: str
    lost: tuple[str, ...]  # groups that were not earned
    seen: str  # what the check said
    who: tuple[str, ...]
    of: int
    codes: tuple[Code, ...]  # the most frequent first
    more_codes: int = 0


def slips(lesson: LessonClass) -> list[Slip]:
    """A lesson's misconceptions, the most frequent first."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    hints: dict[tuple[str, str], str] = {}
    for exercise in lesson.exercises:
        for student, answer in lesson.answers_to(exercise):
            if answer.misconception:
                found[exercise, answer.misconception].append(student)
                hints[exercise, answer.misconception] = answer.hint
    made = [
        Slip(exercise, name, hints[exercise, name], tuple(who), tried(lesson, exercise))
        for (exercise, name), who in found.items()
    ]
    return sorted(made, key=lambda slip: -len(slip.who))


def tried(lesson: LessonClass, exercise: str) -> int:
    """How many wrote something."""
    return sum(answer.state not in ("open", "by hand") for _, answer in lesson.answers_to(exercise))


def unforeseen(lesson: LessonClass) -> tuple[list[Unforeseen], int]:
    """Wrong answers that no misconception explains, by what they returned; how many groups are left out.

    Where something that the exercise leans on is wrong, that explains it.
    """
    made: list[Unforeseen] = []
    left_out = 0
    wrong = {
        (one.student, answer.exercise)
        for one in lesson.graded
        for answer in one.answers
        if answer.state != "right"
    }
    for exercise in lesson.exercises:
        first = lesson.leans_on.get(exercise, ())
        groups: dict[str, list[tuple[str, Answer]]] = defaultdict(list)
        for student, answer in lesson.answers_to(exercise):
            nameless = answer.state in ("partly", "wrong") and not answer.misconception
            follows = any((student, one) in wrong for one in first)
            if nameless and not follows and answer.status and not answer.only_public and answer.returned:
                groups[answer.returned].append((student, answer))
        ordered = sorted(groups.values(), key=lambda group: -len(group))
        left_out += max(0, len(ordered) - SHOWN_GROUPS)
        made += [_unforeseen(lesson, exercise, group) for group in ordered[:SHOWN_GROUPS]]
    return sorted(made, key=lambda one: -len(one.who)), left_out


def _unforeseen(lesson: LessonClass, exercise: str, group: list[tuple[str, Answer]]) -> Unforeseen:
    first = group[0][1]
    functions = lesson.functions.get(exercise) or (exercise,)
    alike: dict[str, list[tuple[str, Answer]]] = defaultdict(list)
    for student, answer in group:
        alike[trees.bare(answer.code) or answer.code].append((student, answer))
    ways = sorted(alike.values(), key=lambda way: -len(way))
    codes = tuple(
        Code(
            way[0][1].code,
            tuple(student for student, _ in way),
            stub(exercise, functions, way[0][1].code, first.explanation, len(group)),
        )
        for way in ways[:SHOWN_CODES]
    )
    return Unforeseen(
        exercise,
        tuple(row.group for row in first.rows if not row.ok),
        first.explanation,
        tuple(student for student, _ in group),
        tried(lesson, exercise),
        codes,
        max(0, len(ways) - SHOWN_CODES),
    )
