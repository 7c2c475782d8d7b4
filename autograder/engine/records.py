"""What is graded already, so that a run that was killed goes on where it stopped; and who is grading now."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import AutograderError
from ..files import write_whole


class Records:
    """One file for each submission, written whole: what it was graded from, and the result."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def result(self, assignment: str, student: str, key: str) -> dict[str, Any] | None:
        """The result of grading just this, if that was done."""
        record = self._read(assignment, student)
        return record["result"] if record.get("key") == key else None

    def last_result(self, assignment: str, student: str) -> dict[str, Any] | None:
        """The result of what was graded last, whatever has changed since."""
        return self._read(assignment, student).get("result")

    def answers(self, assignment: str, student: str) -> dict[str, str]:
        """What was graded last, cell by cell, hashed."""
        found: dict[str, str] = self._read(assignment, student).get("answers", {})
        return found

    def keep(
        self, assignment: str, student: str, key: str, result: dict[str, Any], answers: dict[str, str]
    ) -> None:
        """Keeps a result; last, after the gradebook has it."""
        path = self._path(assignment, student)
        path.parent.mkdir(parents=True, exist_ok=True)
        record = {"key": key, "result": result}
        write_whole(path, json.dumps(record | {"answers": answers} if answers else record), mode=0o600)

    def _read(self, assignment: str, student: str) -> dict[str, Any]:
        try:
            record = json.loads(self._path(assignment, student).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return record if isinstance(record, dict) else {}

    def _path(self, assignment: str, student: str) -> Path:
        name = hashlib.sha256(student.encode("utf-8", "surrogateescape")).hexdigest()[:24]
        return self.folder / assignment / f"{name}.json"


class AnotherRun(AutograderError):
    """Somebody is grading this course now."""

    def __init__(self, who: str) -> None:
        super().__init__(who)
        self.who = who

    def __str__(self) -> str:
        return f"This course is being graded already: {self.who}. Wait for it to end, or stop it."


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Holds the course's lock; the kernel lets go of it however this process ends."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "grading.lock").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            raise AnotherRun(lock.read().strip() or "by an unknown process") from None
        lock.seek(0)
        lock.truncate()
        lock.write(f"process {os.getpid()} on {os.uname().nodename}, since {time.strftime('%H:%M:%S')}")
        lock.flush()
        yield
