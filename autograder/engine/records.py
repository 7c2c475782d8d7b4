"""What is graded already, so that a run that was killed goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..files import write_whole

MOST_EARLIER = 20


@dataclass(frozen=True)
class Record:
    """What is known of one submission."""

    result: dict[str, Any]  # as `grade --json` prints it
    details: dict[str, Any]  # by exercise, see engine.details; empty where none were kept
    earlier: tuple[float, ...] = ()  # scores of what the same student handed in before


class Records:
    """One file for each submission, written whole: what it was graded from, and the result."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def result(self, assignment: str, student: str, key: str) -> dict[str, Any] | None:
        """The result of grading just this, if that was done."""
        record = _read(self._path(assignment, student))
        return record["result"] if record.get("key") == key else None

    def last_result(self, assignment: str, student: str) -> dict[str, Any] | None:
        """The result of what was graded last, whatever has changed since."""
        return _read(self._path(assignment, student)).get("result")

    def answers(self, assignment: str, student: str) -> dict[str, str]:
        """What was graded last, cell by cell, hashed."""
        found: dict[str, str] = _read(self._path(assignment, student)).get("answers", {})
        return found

    def keep(
        self,
        assignment: str,
        student: str,
        key: str,
        result: dict[str, Any],
        details: dict[str, Any] | None = None,
        submission: str = "",
        answers: dict[str, str] | None = None,
    ) -> None:
        """Keeps a result, what may be told of its exercises, and what earlier submissions earned.

        Args:
            assignment: the lesson.
            student: who handed it in.
            key: a hash of all that it was graded from.
            result: a row of `grade --json`.
            details: see `details`.
            submission: a hash of what was handed in: where it differs, it is another submission.
            answers: what was graded, cell by cell, hashed.
        """
        path = self._path(assignment, student)
        path.parent.mkdir(parents=True, exist_ok=True)
        before = _read(path)
        earlier = list(before.get("earlier", []))
        if before and submission != before.get("submission", submission):
            earlier.append(before["result"]["score"])
        record = {
            "key": key,
            "result": result,
            "details": details or {},
            "submission": submission,
            "earlier": earlier[-MOST_EARLIER:],
            "answers": answers or {},
        }
        write_whole(path, json.dumps(record), mode=0o600)

    def all(self, assignment: str) -> Iterator[Record]:
        """Every submission's record, by student."""
        found = [_read(path) for path in (self.folder / assignment).glob("*.json")]
        for record in sorted((one for one in found if one), key=lambda one: one["result"]["student"]):
            yield Record(record["result"], record.get("details", {}), tuple(record.get("earlier", ())))

    def assignments(self) -> list[str]:
        """Those of which something is graded."""
        return sorted(path.name for path in self.folder.glob("*") if any(path.glob("*.json")))

    def _path(self, assignment: str, student: str) -> Path:
        name = hashlib.sha256(student.encode("utf-8", "surrogateescape")).hexdigest()[:24]
        return self.folder / assignment / f"{name}.json"


def _read(path: Path) -> dict[str, Any]:
    """A record; empty where there is none that can be read."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) and isinstance(record.get("result"), dict) else {}
