"""Counts slips that cost points twice: every misconception by itself, in a notebook that is otherwise right.

python -m bench.spills [LESSON…]
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from autograder.authoring import standins as recording
from autograder.authoring.hidden import hidden_sheets
from autograder.authoring.lesson import Lesson, lessons_of
from autograder.authoring.proof import implementation
from autograder.nbgrader.course import Course
from autograder.student import checks_file, standins
from autograder.student.notebook import examine, functions_of
from autograder.student.sheet import LessonSheet, Sheet
from autograder.student.verdict import Verdict


@dataclass(frozen=True)
class Spill:
    """A slip in one exercise that costs points in another: by the student's own alone, in the end."""

    slip: str
    at: str
    elsewhere: str
    alone: float
    in_the_end: float
    of: float


def sheets_of(lesson: Lesson, hidden: LessonSheet | None = None) -> LessonSheet:
    """A lesson's sheets, as a notebook has them, or as grading does."""
    public = checks_file.load(lesson.checks_path)
    made = {name: recording.with_recorded_calls(lesson, sheet) for name, sheet in public.sheets.items()}
    if hidden:
        made = {name: recording.with_sources(lesson, hidden.sheets[name]) for name in made}
    return LessonSheet(lesson.name, lesson.title, made)


def spills(lesson: Lesson, sheets: LessonSheet) -> Iterator[Spill]:
    """What the misconceptions cost in exercises that build on theirs."""
    building = {name: recording.helpers(lesson, exercise) for name, exercise in lesson.exercises.items()}
    for exercise in lesson.exercises.values():
        for variant in exercise.misconceptions:
            names = _notebook(lesson)
            names |= dict(zip(exercise.all_functions, implementation(exercise, names, variant), strict=True))
            known = {name: Verdict(name, 1, 1, status="right") for name in sheets.sheets}
            known[exercise.name] = Verdict(exercise.name, 0, 1)
            for name, uses in building.items():
                if name == exercise.name or not set(exercise.functions) & set(uses):
                    continue
                sheet = sheets.sheets[name]
                alone = _examined(sheet, names)
                again = partial(_examined, sheet, names)
                end = standins.better(sheets, sheet, alone, known, names, again)
                known[name] = end
                if alone.points < alone.max_points:
                    yield Spill(variant.name, exercise.name, name, alone.points, end.points, alone.max_points)


def _notebook(lesson: Lesson) -> dict[str, Any]:
    wanted = tuple(name for exercise in lesson.exercises.values() for name in exercise.functions)
    return lesson.namespace(next(iter(lesson.exercises.values())), wanted)


def _examined(sheet: Sheet, names: dict[str, Any]) -> Verdict:
    return examine(sheet, functions_of(sheet, (), names))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.spills", description=__doc__)
    parser.add_argument("lessons", nargs="*")
    parser.add_argument("--hidden", action="store_true", help="on the hidden cases of grading")
    asked = parser.parse_args()
    course = Course(Path(__file__).resolve().parents[1])
    before = after = tried = 0
    for lesson in lessons_of(course, asked.lessons):
        sheets = sheets_of(lesson, hidden_sheets(course, lesson) if asked.hidden else None)
        slips = sum(len(one.misconceptions) for one in lesson.exercises.values())
        found = list(spills(lesson, sheets))
        still = [one for one in found if one.in_the_end < one.of]
        cost, costs = ({(one.at, one.slip) for one in some} for some in (found, still))
        tried, before, after = tried + slips, before + len(cost), after + len(costs)
        print(
            f"{lesson.name:28} {slips:4} slips, cost points elsewhere: {len(cost):3}, now {len(costs)}",
            flush=True,
        )
        for one in still:
            print(f"    {one.at}: {one.slip}, in {one.elsewhere} {one.in_the_end:g} of {one.of:g}")
    print(f"{tried} slips in all, cost points elsewhere: {before}, now {after}")


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        sys.exit(main())
