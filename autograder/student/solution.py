"""`solution(f)`: the one solution of an exercise, once it has passed or after honest tries.

What it shows lies in a file of its own, which goes out with the lesson only where somebody decided so. A date
in that file keeps it shut until then.
"""

from __future__ import annotations

import html
import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from . import diary
from .card import CARD, rich
from .notebook import checks_path, functions_of, lesson_here, sheet_for
from .sheet import Sheet

FILE_NAME = "solutions.json"
DIFFERENT_ANSWERS = 3  # after which it opens
MOST_VARIANTS = 2
SECONDS_TO_MAKE = 60


@dataclass(frozen=True)
class HandedOut:
    """What a lesson's solutions.json holds."""

    solutions: dict[str, dict[str, Any]]
    opens: str = ""  # the day, or the minute; empty: it is open

    @property
    def is_open(self) -> bool:
        if not self.opens:
            return True
        at = datetime.fromisoformat(self.opens)
        return datetime.now(at.tzinfo) >= at


@dataclass(frozen=True)
class Solution:
    """The solution of an exercise, or why it is not shown."""

    exercise: str
    closed: str = ""
    source: str = ""
    explanation: str = ""
    slip: str = ""  # what the learner's last answer would have needed
    variants: tuple[str, ...] = ()

    def _parts(self) -> list[tuple[str, str, str]]:
        """Label, text and code of what is shown."""
        if self.closed:
            return [("", self.closed, "")]
        parts = [
            ("The solution", "", self.source),
            ("Why", self.explanation, ""),
            ("Your answer", self.slip, ""),
        ]
        parts += [("Another way to write it", "", source) for source in self.variants]
        return [part for part in parts if part[1] or part[2]]

    def __repr__(self) -> str:
        lines = [f"{self.exercise}: solution"]
        for label, text, code in self._parts():
            lines.append(f"  {label}: {text}" if label else f"  {text}")
            lines += [f"    {line}".rstrip() for line in code.splitlines()]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        shown = "".join(
            f'<p style="margin:.4em 0">{f"<strong>{label}:</strong> " if label else ""}{rich(text)}</p>'
            + (
                f'<pre tabindex="0" style="margin:.3em 0;overflow-x:auto">{html.escape(code)}</pre>'
                if code
                else ""
            )
            for label, text, code in self._parts()
        )
        name = html.escape(self.exercise)
        head = f'<div role="group" aria-label="Solution of {name}" style="{CARD}">'
        return f"{head}<code>{name}</code>{shown}</div>"


def solution(*answers: Any) -> Solution:
    """The solution of the exercise that these answers belong to, where it is open."""
    names = sys._getframe(1).f_globals
    lesson = lesson_here(names)
    sheet = sheet_for(lesson, answers, names)
    functions_of(sheet, answers, names)
    record = diary.exercise_in(diary.own().read(), lesson.lesson, sheet.name) or {}
    try:
        given = handed_out(checks_path(names).parent, lesson.lesson)
    except ValueError as error:
        return Solution(sheet.name, f"{FILE_NAME} is damaged or could not be made ({error}); get it anew.")
    closed = _why_closed(sheet, given, record)
    if closed:
        return Solution(sheet.name, closed)
    assert given is not None
    found = given.solutions[sheet.name]
    passed = bool(record.get("passed"))
    return Solution(
        sheet.name,
        "",
        found["source"],
        found.get("explanation", ""),
        "" if passed else _slip(sheet, record),
        tuple(found.get("variants", ()))[:MOST_VARIANTS] if passed else (),
    )


def handed_out(folder: Path, lesson: str) -> HandedOut | None:
    """What lies beside a notebook or, where somebody learns in the course's own folder, follows from there.

    Raises:
        ValueError: the file is damaged, or could not be made.
    """
    if not is_handed_out(folder, lesson):
        return None
    path, source = folder / FILE_NAME, _source_folder(folder, lesson)
    try:
        text = path.read_text("utf-8") if path.is_file() else _made_from(source, _state_of(source))
        data = json.loads(text)
        opens = str(data.get("opens") or "")
        datetime.fromisoformat(opens or "2000-01-01")
        return HandedOut(dict(data["solutions"]), opens)
    except (OSError, subprocess.SubprocessError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(type(error).__name__) from None


def is_handed_out(folder: Path, lesson: str) -> bool:
    """Whether there is anything to read, without reading it."""
    return (folder / FILE_NAME).is_file() or (_source_folder(folder, lesson) / "lesson.py").is_file()


def _source_folder(folder: Path, lesson: str) -> Path:
    return folder.parent.parent / "solutions" / lesson


def _state_of(source: Path) -> int:
    return max(path.stat().st_mtime_ns for path in source.glob("*.py"))


@lru_cache(maxsize=4)
def _made_from(source: Path, _: int) -> str:
    """A lesson's solutions from where it is written. In a process of its own, by what learners don't load."""
    command = [sys.executable, "-m", "autograder.authoring.solutions", str(source)]
    done = subprocess.run(command, capture_output=True, check=True, timeout=SECONDS_TO_MAKE, encoding="utf-8")
    return done.stdout


def _why_closed(sheet: Sheet, given: HandedOut | None, record: dict[str, Any]) -> str:
    """Why the solution is not shown; empty, where it is."""
    if given is not None and not given.is_open:
        return f"The solutions of this lesson open on {_date(given.opens)}."
    if given is None or sheet.name not in given.solutions:
        if given is not None and given.opens:
            return (
                f"The solution may be had since {_date(given.opens)}: get the lesson anew, with {FILE_NAME}."
            )
        return "The solution was not handed out with this lesson. Ask whoever did from when it will be."
    differ = record.get("differ", 0)
    if record.get("passed") or differ >= DIFFERENT_ANSWERS:
        return ""
    return (
        f"It opens when the check has passed, or after {DIFFERENT_ANSWERS} wrong answers that differ in what "
        f"they give: so far {differ}. The same answer checked again is no other. hint({sheet.functions[0]}) "
        "helps on the way."
    )


def _date(opens: str) -> str:
    minute = "" if len(opens) <= 10 else f" at {datetime.fromisoformat(opens):%H:%M}"
    return f"{diary.day(opens)}{minute}"


def _slip(sheet: Sheet, record: dict[str, Any]) -> str:
    """What the misconception that was recognised last would have needed."""
    met = next((one["misconception"] for one in reversed(record["answers"]) if one["misconception"]), "")
    for mistake in sheet.mistakes:
        if mistake.name == met:
            lost = f" That costs: {', '.join(mistake.loses)}." if mistake.loses else ""
            return f"{mistake.hint}{lost}"
    return ""
