"""The hidden cases, for grading with stock nbgrader: `from autograder.hidden import check`.

nbgrader's hidden-test block in a graded cell holds just that line. The cases are drawn from the same
generators with a seed made from a secret that only the grading machine holds; a group's points are then
earned only when public and hidden cases agree. They run in the student's process, as all of nbgrader's
tests do: the sealed engine is the one that a score can be trusted to.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import autograder.check  # the module: in the package its name is that of the function

from . import sheet as sheets
from .course import Course, Lesson, find_course
from .sheet import LessonSheet, Sheet
from .verdict import Verdict

public = sys.modules["autograder.check"]


def check(*answers: Any) -> Verdict:
    """Checks an exercise on its public and its hidden cases."""
    names = sys._getframe(1).f_globals
    lesson = public.lesson_here(names)
    sheet = public.sheet_for(lesson, answers, names)
    functions = public.functions_of(sheet, answers, names)
    both = with_hidden_cases(find_course(), lesson.lesson, sheet)
    return public.remembered(lesson, sheet, functions, public.examined(both, functions))


def with_hidden_cases(course: Course, lesson_name: str, sheet: Sheet) -> Sheet:
    """The sheet with the hidden cases after the public ones, and twice the time."""
    hidden = hidden_sheets(course, course.lessons((lesson_name,))[0]).sheets[sheet.name]
    mistakes = tuple(
        replace(
            one,
            outcomes=one.outcomes + other.outcomes,
            findings=tuple(sorted({*one.findings, *other.findings})),
        )
        for one, other in zip(sheet.mistakes, hidden.mistakes, strict=True)
    )
    return replace(sheet, cases=sheet.cases + hidden.cases, mistakes=mistakes, seconds=2 * sheet.seconds)


def hidden_sheets(course: Course, lesson: Lesson) -> LessonSheet:
    """A lesson's hidden sheets, drawn once for a state of its sources and kept among the course's private files."""
    from .build import compiled_hidden

    secret = secret_of(course)
    state = hashlib.sha256(
        secret.encode() + lesson.source_path.read_bytes() + lesson.exercises_path.read_bytes()
    ).hexdigest()
    path = course.private / "hidden" / f"{lesson.name}-{state[:16]}.json"
    if not path.is_file():
        _write_whole(path, sheets.dump(compiled_hidden(lesson, secret)))
    return sheets.load(path)


def secret_of(course: Course) -> str:
    """The grading machine's secret, made when it is first needed."""
    path = course.private / "secret"
    if not path.is_file():
        _write_whole(path, secrets.token_hex(32) + "\n")
    return path.read_text(encoding="utf-8").strip()


def _write_whole(path: Path, text: str) -> None:
    """Written beside and moved into place: of two that come at once, both then read the same file."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.touch(mode=0o600)
    part.write_text(text, encoding="utf-8")
    try:
        os.link(part, path)  # fails where another was first
    except FileExistsError:
        pass
    finally:
        part.unlink()
