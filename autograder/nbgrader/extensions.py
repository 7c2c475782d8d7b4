"""`extensions.csv` beside the configuration: who may hand in what until when, whatever the due date says."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from ..errors import AutograderError
from .scoring import is_time

FILE_NAME = "extensions.csv"
COLUMNS = ("student", "lesson", "until")


class Unreadable(AutograderError):
    """A line of extensions.csv that nobody can act upon."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(line, what)
        self.line, self.what = line, what

    def __str__(self) -> str:
        return f"{FILE_NAME}, line {self.line}: {self.what}. Its columns are {', '.join(COLUMNS)}."


@dataclass(frozen=True)
class Extensions:
    """The extensions of a course."""

    until: dict[tuple[str, str], str] = field(default_factory=dict)  # by student and lesson

    @classmethod
    def of(cls, root: Path) -> Extensions:
        """Those of the course in this folder."""
        path = root / FILE_NAME
        if not path.is_file():
            return cls()
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if not set(COLUMNS) <= set(rows.fieldnames or ()):
                raise Unreadable(1, "these are not its headings")
            found = {}
            for number, row in enumerate(rows, 2):
                student, lesson, until = ((row[name] or "").strip() for name in COLUMNS)
                if not any((student, lesson, until)):
                    continue
                if not (student and lesson and until and is_time(until)):
                    raise Unreadable(number, f"{until!r} is no time" if until else "something is missing")
                found[student, lesson] = until
        return cls(found)

    def seconds_late(
        self, student: str, lesson: str, handed_in: datetime | None, by_due_date: float
    ) -> float:
        """How late a submission is: by its own extension, where there is one, else by the due date.

        Args:
            student: whose.
            lesson: of which assignment.
            handed_in: when, in UTC without saying so, as nbgrader keeps it.
            by_due_date: what nbgrader makes of it.
        """
        from nbgrader import utils

        until = self.until.get((student, lesson))
        if until is None or handed_in is None:
            return by_due_date
        late: float = (handed_in - utils.parse_utc(until)).total_seconds()
        return min(by_due_date, max(0.0, late))
