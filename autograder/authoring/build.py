"""lesson.py and exercises.py in; executed solution notebook, checks.json, release and gradebook entries out.

nbgrader's metadata is derived, never written by hand: what a cell is follows from what stands in it.
Building twice gives the same bytes, outputs of executed cells aside.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..errors import LessonError
from ..files import write_whole
from ..nbgrader.course import Course
from ..student.instead import FILE_NAME as PICTURES
from .assemble import assemble
from .compile import compile_public
from .execute import execute
from .lesson import Lesson
from .pictures import pictures_text
from .stale import note_build, settled

LARGEST_NOTEBOOK = 1_000_000


@dataclass(frozen=True)
class Built:
    """What was made of one lesson, and how long it took."""

    lesson: str
    seconds: float
    points: float
    bytes: int


def build(course: Course, lesson: Lesson) -> Built:
    """Builds one lesson: checks.json, executed notebook, release, gradebook entries."""
    import nbformat

    from ..nbgrader.release import release

    started = time.monotonic()
    checks = compile_public(lesson)
    notebook = assemble(lesson)
    with _unless_it_fails(lesson.checks_path, settled(lesson, checks)):
        execute(lesson, notebook)
        text = nbformat.writes(notebook) + "\n"
        if len(text.encode()) > LARGEST_NOTEBOOK:
            raise LessonError(
                lesson.notebook_path,
                None,
                f"the notebook has {len(text.encode()):,} bytes",
                "Draw fewer or smaller figures: a million is the limit.",
            )
    write_whole(lesson.notebook_path, text)
    release(course, lesson.name)
    pictures = pictures_text(lesson, notebook)
    if pictures:
        write_whole(course.notebooks / lesson.name / PICTURES, pictures)
    note_build(course, lesson)
    return Built(lesson.name, time.monotonic() - started, checks.points, len(text.encode()))


@contextmanager
def _unless_it_fails(path: Path, text: str) -> Iterator[None]:
    """Writes a file that the code inside needs, and puts back what was there if that fails."""
    before = path.read_bytes() if path.is_file() else None
    write_whole(path, text)
    try:
        yield
    except BaseException:
        if before is None:
            path.unlink()
        else:
            path.write_bytes(before)
        raise
