"""`check(function)` under an exercise, `progress()` at the end of a lesson: what a student calls.

Needs NumPy and the checks.json beside the notebook. Never raises for a wrong answer, and leaves the
notebook's state, its output streams and the student's data as they were.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import LessonNotFound, UnknownExercise
from . import judge, lessons, picture, seen, standins
from .checks_file import FILE_NAME, load
from .course import CourseProgress, course_beside, next_lesson
from .difference import matches
from .example import failing_case, outcomes_within, small_example
from .failing import FailingCase
from .finding import UNCHANGED
from .guard import undisturbed
from .keeping import day_of, earlier, noted, tries_of
from .origin import answered_by
from .probe import missing_function
from .sheet import LessonSheet, Outcome, Sheet
from .verdict import Progress, Verdict

TRIES_BEFORE_EXAMPLE = 3

_started_in = Path.cwd()
_loaded: dict[tuple[Path, int], LessonSheet] = {}
_last: dict[tuple[str, str], Verdict] = {}
_judged: dict[tuple[str, str], list[Any]] = {}  # what that verdict is about
_tries: dict[tuple[str, str], int] = {}


Deepen = Callable[[LessonSheet, Sheet, Path], tuple[Sheet, str]]


def check(*answers: Any) -> Verdict:
    """Checks one exercise: call it with the function (or functions) the exercise asked for."""
    return check_exercise(answers, sys._getframe(1).f_globals)


def check_exercise(answers: tuple[Any, ...], names: dict[str, Any], deepen: Deepen | None = None) -> Verdict:
    """The verdict on answers, given the names of their notebook.

    Args:
        answers: what `check` was called with.
        names: the notebook's names.
        deepen: from the lesson, the exercise's sheet and the notebook's folder, a sheet with more cases, and
            what is to be said of them.
    """
    lesson = lesson_here(names)
    sheet = sheet_for(lesson, answers, names)
    functions = functions_of(sheet, answers, names)
    whole, note = deepen(lesson, sheet, checks_path(names).parent) if deepen else (sheet, "")
    said = seen.of_the_cells(sheet.functions, functions)
    verdict = replace(examine(whole, functions), notes=tuple(filter(None, (said, note))))
    known = {name: one for (of, name), one in _last.items() if of == lesson.lesson}
    verdict = standins.better(
        lesson, whole, verdict, known, names, lambda: examine(whole, functions_of(whole, answers, names))
    )
    if verdict.case and len(verdict.case.sheet.cases) > len(sheet.cases):  # hidden cases are nobody's to hold
        verdict = replace(verdict, case=None)
    verdict = remember(lesson, sheet, functions, verdict, names)
    return verdict if deepen else noted(lesson, sheet, functions, names, verdict)


def progress(of: str = "") -> Progress | CourseProgress:
    """What is earned and what is open in this lesson: by the checks run since the kernel started, else by the
    diary. With "course", the same of all lessons."""
    names = sys._getframe(1).f_globals
    if of == "course":
        return course_beside(checks_path(names))
    lesson = lesson_here(names)
    verdicts = tuple(state_of(lesson, sheet) for sheet in lesson.sheets.values())
    days = {name: day_of(*key) for name in lesson.sheets if (key := (lesson.lesson, name)) not in _last}
    after = next_lesson(checks_path(names))
    return Progress(lesson.lesson, lesson.title, verdicts, days, after, lesson.written)


def state_of(lesson: LessonSheet, sheet: Sheet) -> Verdict:
    """The last verdict on an exercise: of this kernel, else of an earlier one."""
    return _last.get((lesson.lesson, sheet.name)) or earlier(lesson, sheet)


def lesson_here(names: dict[str, Any]) -> LessonSheet:
    """The sheets of the lesson whose notebook is running, found beside it."""
    path = checks_path(names)
    key = (path, path.stat().st_mtime_ns)
    if key not in _loaded:
        _loaded[key] = load(path)
    return _loaded[key]


def checks_path(names: dict[str, Any]) -> Path:
    """Jupyter starts a kernel in the notebook's folder, though a cell may have gone elsewhere since; VS Code
    starts it where it likes, but tells where the notebook is."""
    here = Path.cwd()
    folders = [here, _started_in]
    if "__vsc_ipynb_file__" in names:
        folders.insert(0, Path(names["__vsc_ipynb_file__"]).parent)
    for folder in folders:
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME
    if packaged := lessons.packaged(names):
        return packaged
    raise LessonNotFound(here)


def sheet_for(lesson: LessonSheet, answers: tuple[Any, ...], names: dict[str, Any]) -> Sheet:
    """The exercise an answer belongs to: by its name in the notebook, or the one it was defined with."""
    if not answers:
        raise UnknownExercise("", lesson.sheets, lesson.lesson)
    first = answers[0]
    own = f'"{first}"' if isinstance(first, str) else getattr(first, "__name__", None)
    own = own if isinstance(own, str) else type(first).__name__
    if own in lesson.sheets and names.get(own) is first:
        return lesson.sheets[own]
    called = [name for name in lesson.sheets if name in names and names[name] is first]
    if called:
        return lesson.sheets[called[0]]
    if own in lesson.sheets:
        return lesson.sheets[own]
    raise UnknownExercise(own, lesson.sheets, lesson.lesson)


def functions_of(sheet: Sheet, answers: tuple[Any, ...], names: dict[str, Any]) -> list[Any]:
    """One object for each name the exercise asks for; those not handed over are looked up in the notebook."""
    wanted = sheet.functions + sheet.uses
    found = [
        answers[i] if i < len(answers) else names.get(name, missing_function(name))
        for i, name in enumerate(wanted)
    ]
    own = len(sheet.functions)
    return [*map(answered_by, sheet.functions, found[:own]), *found[own:]]


def examine(sheet: Sheet, functions: list[Any]) -> Verdict:
    """Runs every case and judges what came of it."""
    if all(map(seen.is_stub, functions[: len(sheet.functions)])):
        return judge.verdict(sheet, [Outcome(raised=judge.NOT_WRITTEN)] * len(sheet.cases))
    with undisturbed() as said:
        outcomes = outcomes_within(sheet, functions, sheet.cases)
        printed, warned = (
            said.text,
            tuple(said.warnings),
        )  # what is run or warned of later is not the student's
        outcomes = seen.with_what_was_returned(sheet, functions, outcomes)
        verdict = judge.verdict_or_zero(sheet, outcomes)
        failing = None if verdict.status == "right" else failing_case(sheet, functions, outcomes)
        figure = _figure(sheet, outcomes, verdict)
    if verdict.status == "open":
        return verdict
    return replace(verdict, printed=printed, warned=warned, figure=figure, case=failing)


def _figure(sheet: Sheet, outcomes: list[Outcome], verdict: Verdict) -> str:
    if verdict.status == "right":
        return ""
    looked_at = [row for row in verdict.rows if row.looked_at and not row.ok and row.group != UNCHANGED]
    if not looked_at or verdict.error:  # it would show what is right
        return ""
    if sheet.picture:
        shown = next(
            (
                o.value[sheet.picture]
                for o in outcomes
                if isinstance(o.value, dict) and sheet.picture in o.value
            ),
            None,
        )
        return picture.of_mask(shown) if isinstance(shown, np.ndarray) and shown.ndim == 2 else ""
    if sheet.judge:
        return ""
    for case, outcome in zip(sheet.cases, outcomes, strict=True):
        if outcome.returned and not matches(outcome.value, case.expected, sheet.rtol, sheet.atol):
            return picture.of_difference(outcome.value, case.expected)
    return ""


def remember(
    lesson: LessonSheet, sheet: Sheet, functions: list[Any], verdict: Verdict, names: dict[str, Any]
) -> Verdict:
    """Counts tries, and adds what depends on them and on other exercises: the example, what to mend first."""
    key = (lesson.lesson, sheet.name)
    _tries[key] = (
        0 if verdict.status == "right" else _tries.get(key, tries_of(*key)) + (verdict.status != "open")
    )
    if verdict.status in ("wrong", "partly right"):
        verdict = replace(verdict, first=_to_mend_first(lesson, sheet, functions, names, verdict.case))
        if _tries[key] >= TRIES_BEFORE_EXAMPLE:
            verdict = replace(verdict, small=small_example(sheet, functions, verdict.case))
    _last[key], _judged[key] = verdict, functions
    return verdict


def _to_mend_first(
    lesson: LessonSheet,
    sheet: Sheet,
    functions: list[Any],
    names: dict[str, Any],
    failing: FailingCase | None,
) -> str:
    """A function that is not right yet, where this answer was seen to call it on the case that fails."""
    for name in sheet.uses + sheet.builds_on:
        before = _last.get((lesson.lesson, name))
        if before is None or before.status == "right" or failing is None:
            continue
        if not any(names.get(name) is one for one in _judged[lesson.lesson, name]):
            continue  # written anew since, and not checked: it may be right by now
        with undisturbed():
            called = seen.calls(sheet, functions, failing.case, names.get(name))
        if called:
            return f"`{name}` is not right yet, and it is called here: mend it first."
    return ""
