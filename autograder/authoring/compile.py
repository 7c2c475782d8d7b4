"""From exercises to sheets: public ones for checks.json, hidden ones from a secret."""

from __future__ import annotations

import traceback

from ..errors import LessonError
from ..student import checks_file, judge
from ..student.sheet import LessonSheet, Outcome, Sheet, joined, shuffled
from .exercise import Exercise
from .lesson import Lesson
from .proof import PUBLIC, draw_sheet, seed_of
from .rules import exercises_and_checks_agree, names_in_order
from .shown import Undrawable, every_slip_is_shown
from .standins import with_recorded_calls, with_sources

DRAWS_OF_FEW_ANSWERS = 6


def compile_public(lesson: Lesson) -> LessonSheet:
    """The public sheets of a lesson, its misconceptions proven wrong on them."""
    exercises_and_checks_agree(lesson)
    return LessonSheet(
        lesson.name,
        lesson.title,
        {
            name: with_recorded_calls(lesson, compile_exercise(lesson, name, PUBLIC))
            for name in names_in_order(lesson)
        },
        tuple(question.named(name) for name, question in lesson.questions.items()),
        lesson.state,
        lesson.written,
    )


def compile_hidden(lesson: Lesson, secret: str) -> LessonSheet:
    """The hidden sheets of a lesson: the same generators, a seed that nobody else knows."""
    public = checks_file.load(lesson.checks_path).sheets if lesson.checks_path.is_file() else {}
    made = {
        name: with_sources(lesson, compile_hidden_exercise(lesson, name, secret, public.get(name)))
        for name in names_in_order(lesson)
    }
    return LessonSheet(lesson.name, lesson.title, made, made_from=lesson.state)


def compile_hidden_exercise(lesson: Lesson, name: str, secret: str, public: Sheet | None = None) -> Sheet:
    """One exercise's hidden cases, in an order of their own.

    Where answers are few (yes and no), the public results in their order might be right again: shuffled, and
    drawn several times, they are not.
    """
    public = public or compile_exercise(lesson, name, PUBLIC)
    sheet = compile_exercise(lesson, name, secret, public=public)
    order = seed_of(secret, "order", lesson.name, name)
    if _answered_by_another_draw(sheet, public) or _answered_by_another_draw(shuffled(sheet, order), public):
        for again in range(2, DRAWS_OF_FEW_ANSWERS + 1):
            sheet = joined(sheet, compile_exercise(lesson, name, secret, str(again), public=public))
    return shuffled(sheet, order)


def _answered_by_another_draw(sheet: Sheet, other: Sheet) -> bool:
    """Whether the right results of another draw, given in their order, would earn anything."""
    if sheet.judge or len(sheet.cases) != len(other.cases):
        return False
    outcomes = [Outcome(case.expected) for case in other.cases]
    return judge.verdict(sheet, outcomes).points > 0


def compile_exercise(lesson: Lesson, name: str, *seed_words: str, public: Sheet | None = None) -> Sheet:
    """One exercise's sheet for a seed; misconceptions lose what they lose on a public one, if given."""
    exercise = lesson.exercises[name]
    try:
        sheet = draw_sheet(
            exercise,
            lesson.reference(exercise),
            lesson.sources(exercise),
            seed_of(*seed_words, lesson.name, name),
            public,
        )
        if public is None:
            every_slip_is_shown(sheet, exercise)
        return sheet
    except Undrawable as error:
        line = error.variant.line if error.variant else exercise.line
        raise lesson.exercise_error(line, f"exercise {name}: {error.problem}", error.remedy) from None
    except LessonError:
        raise
    except Exception as error:  # in the generator of cases, the judge, or a misconception made by a function
        raise lesson.exercise_error(
            _line_in_exercises(lesson, exercise, error),
            f"exercise {name}: {type(error).__name__}: {error}",
            "Cases, judge and variants must run without an exception.",
        ) from error


def _line_in_exercises(lesson: Lesson, exercise: Exercise, error: Exception) -> int:
    """The innermost line of exercises.py that an exception went through; a judge runs as text of its own."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename == str(lesson.exercises_path):
            return frame.lineno or exercise.line
        if frame.filename == "<judge of an exercise>" and exercise.judge_function:
            return exercise.judge_function.__code__.co_firstlineno
    return exercise.line
