"""What the built notebooks say of themselves: titles, minutes, exercises. Start page and site show it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS_HEADING = "## The five documents that the course reads"


@dataclass(frozen=True)
class Lesson:
    """A lesson as it was built: `notebooks/<name>` for students, `solutions/<name>` executed."""

    name: str

    @property
    def number(self) -> str:
        return self.name.partition("_")[0]

    @cached_property
    def release(self) -> dict[str, Any]:
        return _read(ROOT / "notebooks" / self.name / f"{self.name}.ipynb")

    @cached_property
    def executed(self) -> dict[str, Any]:
        return _read(ROOT / "solutions" / self.name / f"{self.name}.ipynb")

    @cached_property
    def exercises(self) -> int:
        return len(_read(ROOT / "notebooks" / self.name / "checks.json")["exercises"])

    @property
    def title(self) -> str:
        return self._first_lines[0].removeprefix("# ")

    @property
    def minutes(self) -> int:
        """As its first cell has it: "About 65 minutes: reading 25, exercises 40."."""
        said = re.search(r"About (\d+) minutes", " ".join(self._first_lines))
        if said is None:
            raise ValueError(f"{self.name} does not say in its first cell how many minutes it takes")
        return int(said[1])

    @property
    def _first_lines(self) -> list[str]:
        return source_of(self.release["cells"][0]).splitlines()


def lessons() -> list[Lesson]:
    """All lessons, in the order of their numbers."""
    return [Lesson(folder.name) for folder in sorted((ROOT / "notebooks").glob("[0-9][0-9]_*"))]


def documents() -> str:
    """What lesson 00 says about the five documents, without its heading."""
    sources = (source_of(cell) for cell in lessons()[0].release["cells"])
    return next(text for text in sources if text.startswith(DOCUMENTS_HEADING)).removeprefix(
        DOCUMENTS_HEADING
    )


def source_of(cell: dict[str, Any]) -> str:
    """A cell's text; files hold it as a list of lines."""
    return "".join(cell["source"])


def _read(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return read
