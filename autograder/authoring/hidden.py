"""The hidden cases, and `check` on them for stock nbgrader.

nbgrader's hidden-test block in a graded cell holds just the line that imports it. The cases are drawn from
the same generators with a seed made from a secret that only the grading machine holds; a group's points are
then earned only when public and hidden cases agree. They run in the student's process, as all of nbgrader's
tests do: the sealed engine is the one that a score can be trusted to.
"""

from __future__ import annotations

import hashlib
import secrets
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import AutograderError, StaleLesson
from ..files import write_once
from ..nbgrader.course import Course, find_course
from ..student import checks_file, notebook
from ..student import sheet as sheets
from ..student.sheet import LessonSheet, Sheet
from ..student.verdict import Verdict
from .lesson import Lesson, lessons_of

ALONE = "judged on the public cases alone"  # what a check then says
HOW_DRAWN = 5  # cases kept from another way of drawing are drawn anew


def check(*answers: Any) -> Verdict:
    """Checks an exercise on its public and its hidden cases; where there are none, on the public ones."""
    return notebook.check_exercise(answers, sys._getframe(1).f_globals, deepen=_deepen)


def _deepen(lesson: LessonSheet, sheet: Sheet, folder: Path) -> tuple[Sheet, str]:
    """The sheet with hidden cases; as it was, and why, where they can't be had: that costs nobody points."""
    try:
        whole = with_hidden_cases(find_course(folder), lesson)
    except AutograderError as error:
        return sheet, f"{ALONE}: {error}"
    return whole.sheets[sheet.name], ""


def with_hidden_cases(course: Course, public: LessonSheet) -> LessonSheet:
    """A lesson's sheets with the hidden cases after the public ones, and twice the time.

    Raises:
        StaleLesson: the lesson was edited after it was built.
    """
    (lesson,) = lessons_of(course, (public.lesson,))
    if public.made_from != lesson.state:
        raise StaleLesson(lesson.name)
    hidden = hidden_sheets(course, lesson).sheets
    if list(hidden) != list(public.sheets):
        raise StaleLesson(lesson.name)
    return replace(
        public, sheets={name: sheets.joined(one, hidden[name]) for name, one in public.sheets.items()}
    )


def hidden_sheets(course: Course, lesson: Lesson) -> LessonSheet:
    """A lesson's hidden sheets, drawn once for a state of its sources and kept in the private folder."""
    path = _path_of_hidden(course, lesson)
    if not path.is_file():
        _draw_in_a_process_of_its_own(course, lesson)
    return checks_file.load(path)


def _path_of_hidden(course: Course, lesson: Lesson) -> Path:
    state = hashlib.sha256(f"{HOW_DRAWN} {np.__version__} {secret_of(course)} {lesson.state}".encode())
    if lesson.checks_path.is_file():  # shows how often few answers have to be drawn
        state.update(lesson.checks_path.read_bytes())
    return course.private / "hidden" / f"{lesson.name}-{state.hexdigest()[:16]}.json"


def _draw_in_a_process_of_its_own(course: Course, lesson: Lesson) -> None:
    """The first student's process asks for them; what it did to NumPy must not be in everyone's cases."""
    command = [sys.executable, "-m", "autograder.authoring.hidden", str(course.root), lesson.name]
    done = subprocess.run(command, cwd=course.root, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no word"]
        first = -2 if lines[-1].startswith(" ") else -1  # what is wrong, and below it what to do
        reason = " ".join(line.strip() for line in lines[first:])[:400]
        raise AutograderError(f"the hidden cases of {lesson.name} could not be drawn: {reason}")


def draw(root: Path, name: str) -> None:
    """Draws the hidden sheets of a lesson and keeps them, in place of those of its earlier states."""
    from .compile import compile_hidden

    course = Course(root)
    (lesson,) = lessons_of(course, (name,))
    path = _path_of_hidden(course, lesson)
    text = checks_file.dump(compile_hidden(lesson, secret_of(course)))
    for earlier in path.parent.glob(f"{lesson.name}-*.json"):
        earlier.unlink(missing_ok=True)
    write_once(path, text)


def secret_of(course: Course) -> str:
    """The grading machine's secret, made when it is first needed."""
    path = course.private / "secret"
    if not path.is_file():
        write_once(path, secrets.token_hex(32) + "\n")
    return path.read_text(encoding="utf-8").strip()


if __name__ == "__main__":
    try:
        draw(Path(sys.argv[1]), sys.argv[2])
    except AutograderError as failure:
        sys.exit(str(failure))
