"""What can go wrong with a course, said so that a person can mend it.

AutograderError            exit code 1
├── LessonError            a mistake in a lesson: file, line, what to do
├── UnknownLesson          the course has no lesson of that name
├── StaleLesson            a lesson was edited after its last build
├── LessonNotFound         no checks.json where the notebook runs
├── WhichLesson            a notebook on its own that may be one of several
├── UnknownExercise        check() was given something no exercise is about
└── WireError              bytes that are not a value
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path


class AutograderError(Exception):
    """The work could not be done; the message says why and what to do."""

    exit_code = 1


class LessonError(AutograderError):
    """A mistake in the source of a lesson."""

    def __init__(self, path: Path | str, line: int | None, problem: str, remedy: str) -> None:
        super().__init__(path, line, problem, remedy)
        self.path, self.line, self.problem, self.remedy = Path(path), line, problem, remedy

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else str(self.path)
        return f"{place}: {self.problem}\n    {self.remedy}"


def nearest(name: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """The known name that a mistyped one was meant to be; empty where none is near."""
    return next(iter(difflib.get_close_matches(name, list(known), n=1, cutoff=cutoff)), "")


class UnknownLesson(AutograderError):
    """There is no lesson of that name."""

    exit_code = 2

    def __init__(self, name: str, known: list[str]) -> None:
        super().__init__(name, known)
        self.name, self.known = name, known

    def __str__(self) -> str:
        near = nearest(self.name, self.known, cutoff=0.3)
        advice = f"Did you mean {near}?" if near else f"There are: {', '.join(self.known)}."
        return f"There is no lesson {self.name!r}. {advice}"


class StaleLesson(AutograderError):
    """A lesson was edited after its last build: what would be graded is not what is written."""

    def __init__(self, lesson: str) -> None:
        super().__init__(lesson)
        self.lesson = lesson

    def __str__(self) -> str:
        number = self.lesson.split("_")[0]
        return f"{self.lesson} was edited after its last build: run autograder build {number}"


class LessonNotFound(AutograderError):
    """There is no checks.json where the notebook runs."""

    def __init__(self, folder: Path | str) -> None:
        super().__init__(folder)
        self.folder = Path(folder)

    def __str__(self) -> str:
        return (
            f"No checks.json in {self.folder} or beside it. A lesson's notebook and its checks.json belong "
            "in one folder: open the notebook from the folder it was handed out in."
        )


class WhichLesson(AutograderError):
    """A notebook without its folder has defined too little to tell which lesson it is."""

    def __init__(self, candidates: list[str]) -> None:
        super().__init__(candidates)
        self.candidates = candidates

    def __str__(self) -> str:
        known = ", ".join(self.candidates[:3]) + (" and others" if len(self.candidates) > 3 else "")
        return f"This notebook could be one of several lessons ({known}): run its cells above this one first."


class UnknownExercise(AutograderError):
    """check() was given something that no exercise of the lesson is about."""

    def __init__(self, name: str, known: Iterable[str], lesson: str) -> None:
        super().__init__(name, tuple(known), lesson)
        self.name, self.known, self.lesson = name, tuple(known), lesson

    def __str__(self) -> str:
        near = nearest(self.name, self.known)
        advice = f"Did you mean check({near})?" if near else f"It has {', '.join(self.known)}."
        return f"Lesson {self.lesson} has no exercise called {self.name!r}. {advice}"


class WireError(AutograderError):
    """Bytes or JSON that do not stand for a value."""
