"""Looks through what is about to be handed out, byte by byte, for what must stay with the teacher.

Solutions, hidden cases, the secret, gradebooks, and notebooks that somebody has written in since they were
built. What is found is said in one sentence, and nothing is handed out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..authoring.lesson import BEGIN, END, Lesson
from ..authoring.solutions import FILE_NAME as SOLUTIONS
from ..errors import AutograderError
from ..nbgrader.course import Course
from ..nbgrader.release import changed_cells
from .handout import Contents

FORBIDDEN = re.compile(
    r"(^|/)(lesson\.py|exercises\.py|gradebook\.db.*|grades\.csv|timestamp\.txt|\.autograder)(/|$)"
)
SQLITE = b"SQLite format 3\0"
_NUMBER = re.compile(rb"[\w+/=.-]{16,}")  # a number in full, or an array: what cases are drawn from
_BODY = re.compile(rf"{re.escape(BEGIN)}\n(.*?){re.escape(END)}", re.DOTALL)


class Leak(AutograderError):
    """Something that must not be handed out is in what would be."""

    def __init__(self, path: str, what: str) -> None:
        super().__init__(path, what)
        self.path, self.what = path, what

    def __str__(self) -> str:
        return f"Nothing was handed out: {self.path} {self.what}."


def scan(
    course: Course,
    lessons: Iterable[Lesson],
    contents: Contents,
    known: Iterable[str] = (),
    self_study: bool = False,
) -> None:
    """Raises Leak at the first thing that must stay.

    Args:
        course: whose secrets are looked for.
        lessons: whose solutions; of all lessons of the course, handed out or not.
        contents: the files.
        known: files that hold on purpose what a lesson asks for.
        self_study: solutions go along, in files of their own.
    """
    _no_file_of_the_teachers(contents)
    _no_secret(course, contents)
    _no_hidden_case(course, contents)
    _no_changed_notebook(contents)
    if not self_study:
        _no_file_of_solutions(contents)
    shown = {path: data for path, data in contents.items() if not path.endswith(f"/{SOLUTIONS}")}
    _no_solution(lessons, {path: data for path, data in shown.items() if path not in set(known)})


def scan_package(course: Course, lessons: Iterable[Lesson], contents: Contents, known: Iterable[str]) -> None:
    """Raises Leak at the first thing that must stay where hidden cases may go along."""
    for path, data in contents.items():
        if SQLITE in data:
            raise Leak(path, "is a gradebook, or another database")
    _no_secret(course, contents)
    _no_solution(lessons, {path: data for path, data in contents.items() if path not in set(known)})


def _no_file_of_the_teachers(contents: Contents) -> None:
    for path, data in contents.items():
        if FORBIDDEN.search(path):
            raise Leak(path, "is a file that stays with the teacher")
        if SQLITE in data:
            raise Leak(path, "is a gradebook, or another database")
        if data.startswith((b"student_id,", b"assignment,")) and b"student_id" in data[:500]:
            raise Leak(path, "holds marks")


def _no_secret(course: Course, contents: Contents) -> None:
    path = course.private / "secret"
    secret = path.read_bytes().strip() if path.is_file() else b""
    for name, data in contents.items():
        if secret and secret in data:
            raise Leak(name, "holds the secret that hidden cases are drawn from")


def _no_hidden_case(course: Course, contents: Contents) -> None:
    """Numbers of hidden cases that are in none of the public ones."""
    public = _numbers(*course.solutions.glob("*/checks.json"))
    hidden = _numbers(*(course.private / "hidden").glob("*.json")) - public
    for name, data in contents.items():
        if not hidden.isdisjoint(_numbers_in(data)):
            raise Leak(name, "holds a hidden case")


def _numbers(*paths: Path) -> set[bytes]:
    return {number for path in paths for number in _numbers_in(path.read_bytes())}


def _numbers_in(data: bytes) -> set[bytes]:
    return {number for number in _NUMBER.findall(data) if any(48 <= byte <= 57 for byte in number)}


def _no_file_of_solutions(contents: Contents) -> None:
    """None that was left from another release; one that tells when solutions will be there holds none."""
    for name, data in contents.items():
        if name.endswith(f"/{SOLUTIONS}"):
            try:
                empty = not json.loads(data)["solutions"]
            except (ValueError, KeyError, TypeError):
                empty = False
            if not empty:
                raise Leak(name, "holds solutions")


def _no_changed_notebook(contents: Contents) -> None:
    for name, data in contents.items():
        if not name.endswith(".ipynb"):
            continue
        try:
            changed = changed_cells(data)
        except ValueError:
            raise Leak(name, "is not a notebook") from None
        if changed:
            raise Leak(name, f"has been written in since it was built (cell {changed[0]})")


def _no_solution(lessons: Iterable[Lesson], contents: Contents) -> None:
    """Whole solutions, line by line. One that is a single line may well be said in another lesson."""
    texts = {name: _lines(_text_of(name, data)) for name, data in contents.items()}
    for name, text in texts.items():
        if f"\n{BEGIN}\n" in text:
            raise Leak(name, "holds a solution between its markers")
    for lesson in lessons:
        own = f"/{lesson.name}/"
        for body in _bodies(lesson):
            several = body.count("\n") > 2
            for name, text in texts.items():
                if body in text and (several or own in name):
                    raise Leak(
                        name, f"holds a solution of {lesson.name}: {body.strip().splitlines()[-1][:60]}"
                    )


def _bodies(lesson: Lesson) -> Iterator[str]:
    for body in _BODY.findall(lesson.source_path.read_text(encoding="utf-8")):
        code = _lines(re.sub(r"^\s*#.*$", "", body, flags=re.MULTILINE))
        if code.strip():
            yield code


def _lines(text: str) -> str:
    """Text without what changes nothing: indentation, empty lines, comments but the markers."""
    lines = (line.strip() for line in text.splitlines())
    return "\n" + "".join(
        f"{line}\n" for line in lines if line and (line == BEGIN or not line.startswith("#"))
    )


def _text_of(name: str, data: bytes) -> str:
    """What a file says; of JSON, and so of a notebook, every text in it."""
    if name.endswith((".ipynb", ".json")):
        try:
            return "\n".join(_strings(json.loads(data)))
        except ValueError:
            pass
    return data.decode("utf-8", "replace")


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        yield "".join(value)
        yield "\n".join(value)
    elif isinstance(value, (list, dict)):
        for item in value if isinstance(value, list) else value.values():
            yield from _strings(item)
