"""Does what was built still follow from the sources? Last bits of numbers aside, which differ by machine."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import WireError
from ..files import holds, write_whole
from ..nbgrader.course import Course
from ..student import checks_file, wire
from ..student.difference import Template, matches
from ..student.sheet import Case, Choice, Example, LessonSheet, Mistake, Outcome, Question, Sheet
from . import slicing
from .assemble import assemble
from .compile import compile_public
from .lesson import Lesson
from .modules import folders_of, installed_in

if TYPE_CHECKING:
    from nbformat import NotebookNode

SAME_NUMBER = 1e-6  # expected results made on another machine differ in their last bits: that is not stale


def stale_files(course: Course, lesson: Lesson) -> list[str]:
    """The built files that no longer follow from the sources, relative to the course."""
    from ..nbgrader.release import released_text

    checks, notebook = compile_public(lesson), assemble(lesson)
    released = course.notebooks / lesson.name / lesson.notebook_path.name
    is_fresh = {
        lesson.checks_path: says(lesson.checks_path, checks),
        lesson.notebook_path: _bare_file(lesson.notebook_path) == _bare(notebook),
        released: holds(released, released_text(course, lesson.name, notebook)),
        released.with_name(checks_file.FILE_NAME): holds(
            released.with_name(checks_file.FILE_NAME), settled(lesson, checks)
        ),
    }
    return [str(path.relative_to(course.root)) for path, fresh in is_fresh.items() if not fresh]


def settled(lesson: Lesson, checks: LessonSheet) -> str:
    """The text of checks.json; the one on disk, where nothing but last bits would change."""
    if says(lesson.checks_path, checks):
        return lesson.checks_path.read_text(encoding="utf-8")
    return checks_file.dump(checks)


def says(path: Path, checks: LessonSheet) -> bool:
    """Whether a checks.json says this, last bits of numbers aside. A damaged one does not."""
    try:
        return _alike(checks_file.load(path), checks)
    except (OSError, WireError):
        return False


def _alike(one: Any, other: Any) -> bool:
    """Whether two lessons' sheets are the same but for the last bits of numbers."""
    if isinstance(one, (LessonSheet, Sheet, Case, Example, Mistake, Outcome, Question, Choice)):
        if type(one) is not type(other):
            return False
        ignored = {"recorded"} | ({"seconds", "where", "message"} if isinstance(one, Outcome) else set())
        if isinstance(one, Sheet) and not _same_calls(one, other):
            return False
        return all(_alike(getattr(one, key), getattr(other, key)) for key in vars(one) if key not in ignored)
    if isinstance(one, dict):
        return (
            isinstance(other, dict)
            and list(one) == list(other)
            and all(_alike(one[key], other[key]) for key in one)
        )
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(_alike, one, other))
    if isinstance(one, (str, bool, Template)) or one is None:
        return bool(one == other)
    return type(one) is type(other) and matches(one, other, rtol=SAME_NUMBER)


def _same_calls(one: Any, other: Any) -> bool:
    """Whether two sheets remember the same of other functions, but for the last bits of numbers."""
    first, second = (
        {name: wire.from_json(told["calls"]) if told else None for name, told in sheet.recorded.items()}
        for sheet in (one, other)
    )
    return matches(first, second, rtol=SAME_NUMBER)


def is_fresh(course: Course, lesson: Lesson) -> bool:
    """Whether nothing has changed that a build reads: the sources and, since the last one here, our code."""
    released = course.notebooks / lesson.name
    built = (lesson.notebook_path, released / lesson.notebook_path.name, released / checks_file.FILE_NAME)
    if not all(path.is_file() for path in built):
        return False
    try:
        made_from = checks_file.load(lesson.checks_path).made_from
    except (OSError, WireError):
        return False
    note = _note_of(course, lesson)
    return made_from == lesson.state and (
        not note.is_file() or note.read_text(encoding="utf-8") == _surroundings(lesson)
    )


def note_build(course: Course, lesson: Lesson) -> None:
    """Remembers, on this machine, with which code a lesson was built."""
    note = _note_of(course, lesson)
    note.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(note, _surroundings(lesson), mode=0o600)


def _note_of(course: Course, lesson: Lesson) -> Path:
    return course.private / "built" / lesson.name


def _surroundings(lesson: Lesson) -> str:
    """The code beside the lesson that its cells import, and our own, as a word that changes with it."""
    code = [cell.source for cell in lesson.cells if cell.kind == "code"]
    modules = {"autograder"}.union(*map(slicing.imported_modules, code))
    state = hashlib.sha256()
    for folder in sorted(place for place in folders_of(modules) if not installed_in(place)):
        place = Path(folder)
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            state.update(path.read_bytes())
    return state.hexdigest()


def _bare_file(path: Path) -> list[tuple[str, ...]]:
    """What of a notebook on disk follows from its source; nothing, if it can't be read."""
    import nbformat

    try:
        return _bare(nbformat.read(path, as_version=4))
    except Exception:  # nbformat raises its own, json's, attribute errors: all of them mean: build it anew
        return []


def _bare(notebook: NotebookNode) -> list[tuple[str, ...]]:
    """What of a notebook follows from its source."""
    return [(c.cell_type, c.id, c.source, json.dumps(c.metadata, sort_keys=True)) for c in notebook.cells]
