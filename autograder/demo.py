"""`autograder demo`: the lessons built, then each exercise checked with a right and with a wrong answer."""

from __future__ import annotations

import time
from collections.abc import Callable

from . import build, drawing
from .course import Course, Lesson
from .sheet import Sheet
from .verdict import as_text


def run(course: Course, say: Callable[[str], None]) -> None:
    """Builds every lesson; prints the verdicts on a right and a wrong answer to every exercise."""
    for lesson in course.lessons():
        started = time.monotonic()
        stale = build.stale(course, lesson)
        if stale:
            build.build(course, lesson)
        say(f"\n== {lesson.name}: {lesson.title}")
        say(f"   {'built' if stale else 'up to date'}, {time.monotonic() - started:.0f} s")
        for sheet in build.compiled(lesson).sheets.values():
            _show(lesson, sheet, say)


def _show(lesson: Lesson, sheet: Sheet, say: Callable[[str], None]) -> None:
    exercise = lesson.exercises[sheet.name]
    reference = lesson.reference(exercise)
    for kind, variants in (("a right answer", exercise.variants), ("a wrong answer", exercise.mistakes)):
        for variant in variants[:1]:
            verdict, _ = drawing.examine(sheet, drawing.implementation(exercise, reference, variant))
            say(f"\n{kind}, {variant.name.replace('_', ' ')}:\n{as_text(verdict)}")
