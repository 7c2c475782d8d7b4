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
from . import judge, lessons, picture, standins
from .checks_file import FILE_NAME, load
from .difference import kind_of, matches
from .guard import undisturbed, within
from .probe import driver_for, missing_function, outcome_of, plain_scalars
from .sheet import Case, LessonSheet, Outcome, Sheet
from .verdict import Progress, Verdict
from .wire import Opaque

TRIES_BEFORE_EXAMPLE = 3

_started_in = Path.cwd()
_loaded: dict[tuple[Path, int], LessonSheet] = {}
_last: dict[tuple[str, str], Verdict] = {}
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
    verdict = replace(examine(whole, functions), notes=(note,) if note else ())
    known = {name: one for (of, name), one in _last.items() if of == lesson.lesson}
    verdict = standins.better(
        lesson, whole, verdict, known, names, lambda: examine(whole, functions_of(whole, answers, names))
    )
    return remember(lesson, sheet, functions, verdict)


def progress() -> Progress:
    """What is earned and what is open in this lesson, by the checks run since the kernel started."""
    lesson = lesson_here(sys._getframe(1).f_globals)
    verdicts = tuple(
        _last.get((lesson.lesson, sheet.name), Verdict(sheet.name, 0.0, sheet.points, status="open"))
        for sheet in lesson.sheets.values()
    )
    return Progress(lesson.lesson, lesson.title, verdicts)


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
    return [
        answers[i] if i < len(answers) else names.get(name, missing_function(name))
        for i, name in enumerate(wanted)
    ]


def examine(sheet: Sheet, functions: list[Any]) -> Verdict:
    """Runs every case and judges what came of it."""
    with undisturbed() as said:
        outcomes = outcomes_within(sheet, functions, sheet.cases)
        printed, warned = said.text, tuple(said.warnings)  # what the judge warns of is not the student's
        verdict = judge.verdict_or_zero(sheet, outcomes)
        figure = _figure(sheet, outcomes, verdict)
    if verdict.status == "open":
        return verdict
    return replace(verdict, printed=printed, warned=warned, figure=figure)


def outcomes_within(sheet: Sheet, functions: list[Any], cases: tuple[Case, ...]) -> list[Outcome]:
    """The outcome of every case; those for which no time was left are marked as stopped."""
    driver = driver_for(sheet)
    outcomes: list[Outcome] = []
    given_up: list[bool] = []

    def run() -> None:
        for case in cases:
            if given_up:  # the code swallowed what should have stopped it
                return
            outcomes.append(outcome_of(driver, functions, case))

    in_time = within(sheet.seconds, run)
    given_up.append(True)
    finished = list(outcomes)[: len(cases)]
    slow = "your code ended the check before it was done"
    if not in_time:
        slow = (
            f"no answer within {sheet.seconds:g} seconds: is there a loop that never ends, "
            "or one that could be a line of NumPy?"
        )
    return finished + [Outcome(None, "Stopped", slow)] * (len(cases) - len(finished))


def _figure(sheet: Sheet, outcomes: list[Outcome], verdict: Verdict) -> str:
    if verdict.status == "right":
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


def remember(lesson: LessonSheet, sheet: Sheet, functions: list[Any], verdict: Verdict) -> Verdict:
    """Counts tries, and adds what depends on them and on other exercises: the example, what to mend first."""
    key = (lesson.lesson, sheet.name)
    _tries[key] = 0 if verdict.status == "right" else _tries.get(key, 0) + (verdict.status != "open")
    if verdict.status in ("wrong", "partly right"):
        verdict = replace(verdict, first=_to_mend_first(lesson, sheet))
        if _tries[key] >= TRIES_BEFORE_EXAMPLE and sheet.small_text:
            verdict = replace(verdict, small=_small_example(sheet, functions))
    _last[key] = verdict
    return verdict


def _small_example(sheet: Sheet, functions: list[Any]) -> str:
    """The example by hand, with what the student's function makes of it."""
    if sheet.small is None:
        return sheet.small_text
    with undisturbed():
        (outcome,) = outcomes_within(sheet, functions, (sheet.small,))
    yours = f"raises {outcome.raised}" if outcome.raised else f"gives {_inline(outcome.value)}"
    if outcome.raised == "Stopped":
        yours = "gives no answer in time"
    expected = f"With {judge.inputs_text(sheet.small)} it is {_inline(sheet.small.expected)}"
    return f"{sheet.small_text} {expected}; yours {yours}."


def _inline(value: Any) -> str:
    if isinstance(value, (Opaque, int)):
        return kind_of(value)
    text = (
        np.array2string(value, precision=6, separator=", ")
        if isinstance(value, np.ndarray)
        else repr(plain_scalars(value))
    )
    text = " ".join(text.split())
    return text if len(text) <= 160 else text[:159] + "…"


def _to_mend_first(lesson: LessonSheet, sheet: Sheet) -> str:
    unfinished = [
        name
        for name in sheet.uses + sheet.builds_on
        if (before := _last.get((lesson.lesson, name))) is not None and before.status != "right"
    ]
    return (
        f"`{unfinished[0]}` is not right yet, and this builds on it: mend it before you look here."
        if unfinished
        else ""
    )
