"""The hidden cases, for grading with stock nbgrader: `from autograder.authoring.hidden import check`.

nbgrader's hidden-test block in a graded cell holds just that line. The cases are drawn from the same
generators with a seed made from a secret that only the grading machine holds; a group's points are then
earned only when public and hidden cases agree. They run in the student's process, as all of nbgrader's
tests do: the sealed engine is the one that a score can be trusted to.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

from ..errors import AutograderError
from ..student import notebook
from ..student import sheet as sheets
from ..student.sheet import LessonSheet, Sheet
from ..student.verdict import Verdict
from .lesson import Course, Lesson, find_course

HOW_DRAWN = 3  # cases kept from another way of drawing are drawn anew


def check(*answers: Any) -> Verdict:
    """Checks an exercise on its public and its hidden cases."""
    names = sys._getframe(1).f_globals
    lesson = notebook.lesson_here(names)
    sheet = notebook.sheet_for(lesson, answers, names)
    functions = notebook.functions_of(sheet, answers, names)
    both = with_hidden_cases(find_course(notebook.checks_path(names).parent), lesson.lesson, sheet)
    return notebook.remembered(lesson, sheet, functions, notebook.examined(both, functions))


def with_hidden_cases(course: Course, lesson_name: str, sheet: Sheet) -> Sheet:
    """The sheet with the hidden cases after the public ones, and twice the time."""
    return sheets.joined(sheet, hidden_sheets(course, course.lessons((lesson_name,))[0]).sheets[sheet.name])


def hidden_sheets(course: Course, lesson: Lesson) -> LessonSheet:
    """A lesson's hidden sheets, drawn once for a state of its sources and kept in the private folder."""
    path = _path_of_hidden(course, lesson)
    if not path.is_file():
        _draw_in_a_process_of_its_own(course, lesson)
    return sheets.load(path)


def _path_of_hidden(course: Course, lesson: Lesson) -> Path:
    state = hashlib.sha256(f"{HOW_DRAWN}{secret_of(course)}".encode())
    state.update(lesson.source_path.read_bytes() + lesson.exercises_path.read_bytes())
    return course.private / "hidden" / f"{lesson.name}-{state.hexdigest()[:16]}.json"


def _draw_in_a_process_of_its_own(course: Course, lesson: Lesson) -> None:
    """The first student's process asks for them; what it did to NumPy must not be in everyone's cases."""
    command = [sys.executable, "-m", "autograder.authoring.hidden", str(course.root), lesson.name]
    done = subprocess.run(command, cwd=course.root, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = done.stderr.strip()[-500:]
        raise AutograderError(f"the hidden cases of {lesson.name} could not be drawn: {reason}")


def draw(root: Path, name: str) -> None:
    """Draws the hidden sheets of a lesson and keeps them."""
    from .build import compiled_hidden

    course = Course(root)
    (lesson,) = course.lessons((name,))
    _write_whole(_path_of_hidden(course, lesson), sheets.dump(compiled_hidden(lesson, secret_of(course))))


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


if __name__ == "__main__":
    draw(Path(sys.argv[1]), sys.argv[2])
