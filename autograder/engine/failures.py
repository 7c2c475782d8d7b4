"""What went wrong on our side, kept for whoever mends it: one file for each submission it concerns."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..nbgrader.records import Mark


class Failures:
    """The folder of a course in which they lie."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, mark: Mark) -> Mark:
        """Writes how the grader failed; the mark's reason then names the file."""
        if not mark.trace:
            return mark
        name = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in mark.student)
        path = self.folder / f"{mark.assignment}-{name[:100]}.txt"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            path.write_text(mark.trace, encoding="utf-8", errors="backslashreplace")
        except OSError:  # a full disk: the reason in the row is what is left
            return mark
        return replace(mark, reason=f"{mark.reason} (more in {path})")
