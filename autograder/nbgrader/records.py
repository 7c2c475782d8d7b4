"""What is graded: an assignment as the course has it, and a submission as a student handed it in. Plain data.

Both travel to workers, on this machine or another, so neither holds a path that must exist there.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from ..errors import AutograderError


class Unmarkable(AutograderError):
    """A submission that can't be graded; says why."""


@dataclass(frozen=True)
class SourceCell:
    """A cell as the instructor wrote it."""

    name: str
    cell_type: str
    locked: bool
    source: str
    checksum: str


@dataclass(frozen=True)
class Notebook:
    """One notebook of an assignment, as the gradebook knows it."""

    name: str
    kernelspec: str | None
    source_cells: dict[str, SourceCell]
    grade_cells: dict[str, float]  # name to greatest score, in order
    solution_cells: tuple[str, ...]
    task_cells: dict[str, float]
    # Demonstrations, which need not run, and what only they define.
    left_out: dict[str, frozenset[str]] = field(default_factory=dict)

    @property
    def max_score(self) -> float:
        return sum(self.grade_cells.values()) + sum(self.task_cells.values())


@dataclass(frozen=True)
class Assignment:
    """An assignment, with all that a worker needs in order to mark submissions of it."""

    name: str
    notebooks: dict[str, Notebook]
    checks: str = ""  # text of a checks.json with hidden cases behind the public ones; empty: a plain course
    public_counts: dict[str, int] = field(default_factory=dict)  # of each exercise's cases, the public ones
    files: dict[str, bytes] = field(default_factory=dict)  # put over the student's
    modules: tuple[str, ...] = ()
    readable: tuple[str, ...] = ()
    rehearsal: tuple[str, ...] = ()  # the instructor's cells, for what they import while they run
    config: dict[str, bytes] = field(default_factory=dict)  # nbgrader_config and what it imports beside it

    @property
    def digest(self) -> str:
        state = hashlib.sha256()
        for part in fields(self):
            if part.name not in ("modules", "readable", "rehearsal"):  # they decide nothing
                value = getattr(self, part.name)
                if part.name == "config":
                    value = {name: _statements(data) for name, data in value.items()}
                state.update(_bytes_of(value))
        return state.hexdigest()


@dataclass(frozen=True)
class Submission:
    """What one student handed in, or why it could not be read."""

    student: str
    assignment: str
    files: dict[str, bytes] = field(default_factory=dict)  # by path within the submission
    timestamp: str | None = None
    notes: tuple[str, ...] = ()  # what was left aside, and why
    broken: str = ""

    @property
    def digest(self) -> str:
        state = hashlib.sha256()
        for part in (self.student, self.assignment, self.timestamp, self.broken):
            state.update(_bytes_of(part))
        for name in sorted(self.files):
            state.update(_bytes_of(name) + hashlib.sha256(self.files[name]).digest())
        return state.hexdigest()


def _statements(source: bytes) -> str | bytes:
    """What a program says, whatever its comments and its layout; what is none, JSON say, as it stands."""
    try:
        return ast.dump(ast.parse(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return source


def _bytes_of(value: Any) -> bytes:
    def plain(part: Any) -> Any:
        if isinstance(part, bytes):
            return hashlib.sha256(part).hexdigest()
        if isinstance(part, (set, frozenset)):
            return sorted(part)
        return asdict(part)

    return json.dumps(value, default=plain, sort_keys=True).encode() + b"\n"


# How grading ended, from good to bad: as it should; a limit was met; something ended the process; not at all.
STATUSES = ("graded", "limited", "crashed", "failed")


LONGEST_REASON = 300


def one_line(text: str, most: int = LONGEST_REASON) -> str:
    """Text from anywhere, as a table and a terminal can bear it: one line, printable, not long."""
    line = "".join(letter if letter.isprintable() else " " for letter in text)
    line = " ".join(line.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def worst(statuses: Iterable[str]) -> str:
    """The worst of some statuses."""
    return max(statuses, key=STATUSES.index, default="graded")


@dataclass(frozen=True)
class ExerciseMark:
    """What one exercise earned."""

    name: str
    points: float | None  # None: a person decides
    max_points: float
    misconception: str | None = None
    hint: str = ""
    sealed: bool = False
    explanation: str = ""
    by_hand: bool = False  # an answer in words: nothing of it is run


@dataclass(frozen=True)
class NotebookMark:
    """What one notebook earned, ready for the gradebook."""

    name: str
    exercises: tuple[ExerciseMark, ...] = ()
    scores: dict[str, float | None] = field(default_factory=dict)  # by grade cell; None: no score of ours
    comments: dict[str, str | None] = field(default_factory=dict)
    text: str = ""  # the executed notebook
    status: str = "graded"
    reason: str = ""
    answers: dict[str, str] = field(default_factory=dict)  # by grade cell: what it was graded from, hashed
    failed_cells: tuple[str, ...] = ()  # locked and graded cells that ended in an error
    details: dict[str, dict[str, Any]] = field(default_factory=dict)  # by exercise; see engine.details


@dataclass(frozen=True)
class Mark:
    """What one submission earned, and what it went through."""

    student: str
    assignment: str
    status: str = "graded"  # one of STATUSES
    reason: str = ""
    exercises: tuple[ExerciseMark, ...] = ()
    notebooks: tuple[NotebookMark, ...] = ()
    missing: tuple[str, ...] = ()
    seconds: float = 0.0
    sandboxed: bool = True
    hurried: bool = False  # the machine was too busy to give it its time
    ours: bool = False  # the grader failed: no marks are changed
    trace: str = ""  # and how, for whoever mends it

    @property
    def details(self) -> dict[str, dict[str, Any]]:
        """What may be told of every exercise, by name."""
        return {name: one for notebook in self.notebooks for name, one in notebook.details.items()}

    @property
    def sealed(self) -> bool:
        """Whether nothing that the student's code does could have earned a point."""
        rows = self.exercises
        return self.status != "failed" and bool(rows) and all(row.sealed or row.by_hand for row in rows)

    @property
    def answers(self) -> dict[str, str]:
        """What each graded cell was graded from, by notebook and cell."""
        return {
            f"{notebook.name}/{name}": answer
            for notebook in self.notebooks
            for name, answer in notebook.answers.items()
        }
