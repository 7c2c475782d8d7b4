"""What a check found: points, a row per group, hints; and how a terminal shows it.

Where nbgrader runs the notebook, the repr is the plain number of points, which it reads as partial credit.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .failing import FailingCase

STATUS_WORDS = {
    "right": "all right",
    "partly right": "partly right",
    "wrong": "not right yet",
    "open": "not written yet",
}


NEXT = (
    "Write your code in place of `raise NotImplementedError()`, run its cell, then run this one again. If it "
    "stands there already, its cell has not been run since."
)


@dataclass(frozen=True)
class Row:
    """One group of cases: what it earned of what it is worth, and what was off."""

    group: str
    points: float
    max_points: float
    ok: bool
    text: str = ""
    looked_at: bool = True


@dataclass(frozen=True)
class Verdict:
    """The result of checking one exercise."""

    exercise: str
    points: float
    max_points: float
    rows: tuple[Row, ...] = ()
    status: str = "wrong"
    explanation: str = ""  # what was seen, in numbers
    misconception: str | None = None
    hint: str = ""  # the misconception's, where one was recognised
    first: str = ""  # what to mend before this
    small: str = ""  # a small example, after three tries
    printed: str = ""
    warned: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    figure: str = ""  # SVG
    functions: tuple[str, ...] = ()  # what the exercise asks for
    error: str = ""  # an error that several rows have in common
    case: FailingCase | None = None  # the first public case that fails, where it was run in this notebook

    @property
    def title(self) -> str:
        """What was checked: every function by its name."""
        return ", ".join(self.functions) or self.exercise

    def __repr__(self) -> str:
        return repr(float(self.points)) if "NBGRADER_EXECUTION" in os.environ else as_text(self)

    def __float__(self) -> float:
        return float(self.points)

    def __str__(self) -> str:
        return as_text(self)

    def _repr_html_(self) -> str:
        from .card import card_of_verdict

        return card_of_verdict(self)


def number(points: float) -> str:
    """Points as people write them: 2, 2.5, 0.67."""
    return f"{points:.2f}".rstrip("0").rstrip(".")


def headline(verdict: Verdict) -> str:
    """Points and status in one line."""
    unit = "point" if verdict.max_points == 1 else "points"
    return f"{number(verdict.points)} of {number(verdict.max_points)} {unit}, {STATUS_WORDS[verdict.status]}"


def remarks(verdict: Verdict) -> list[tuple[str, str]]:
    """What is said below the rows: a label and a text each, the most helpful first."""
    found = [("First", verdict.first), ("Hint", verdict.hint)]
    said = {verdict.error, *(row.text for row in verdict.rows)}
    if not verdict.hint and verdict.explanation not in said:
        found.append(("Seen", verdict.explanation))
    found.append(("A small example", verdict.small))
    found += [("Note", note) for note in verdict.notes]
    costs = " (this costs no points)" if verdict.status == "right" else ""
    found += [("Your function warned", f"{text}{costs}") for text in verdict.warned]
    if verdict.case is not None:
        found.append(
            ("The failing case", f"`{verdict.case.line}` calls yours on it; `print(case)` shows it.")
        )
    if verdict.status == "open":
        found.append(("Next", NEXT))
    return [(label, text) for label, text in found if text]


def as_text(verdict: Verdict) -> str:
    """For a terminal: plain characters, no colour."""
    lines = [f"{verdict.title}: {headline(verdict)}"]
    if verdict.error:
        lines.append(f"  {verdict.error}")
    if verdict.status != "open":
        for row in verdict.rows:
            sign = "ok" if row.ok else "no" if row.looked_at else "--"
            note = "" if row.looked_at else ", not looked at yet"
            lines.append(f"  [{sign}] {row.group} ({number(row.points)}/{number(row.max_points)}){note}")
            if row.text:
                lines.append(f"       {row.text}")
    lines += [f"  {label}: {text}" for label, text in remarks(verdict)]
    if verdict.printed:
        lines += [
            "  Your function printed:",
            *(f"    | {line}" for line in verdict.printed.splitlines()[:12]),
        ]
    return "\n".join(lines)


@dataclass(frozen=True)
class Progress:
    """What is earned and what is open in a lesson."""

    lesson: str
    title: str
    verdicts: tuple[Verdict, ...]
    days: Mapping[str, str] = field(default_factory=dict)  # exercises not checked since, and when they were
    next_lesson: str = ""  # the folder of the one that follows
    written: tuple[tuple[str, float], ...] = ()  # questions that a person grades

    @property
    def points(self) -> float:
        return sum(verdict.points for verdict in self.verdicts)

    @property
    def max_points(self) -> float:
        return sum(verdict.max_points for verdict in self.verdicts) + sum(most for _, most in self.written)

    def __repr__(self) -> str:
        width = max((len(verdict.exercise) for verdict in self.verdicts), default=0)
        lines = [f"{self.title}: {number(self.points)} of {number(self.max_points)} points"]
        lines += [
            f"  {verdict.exercise:<{width}}  {headline(verdict)}{self.since(verdict)}"
            for verdict in self.verdicts
        ]
        lines += [f"  {name}: {number(most)} points, graded by hand" for name, most in self.written]
        after = [f"The next lesson: {self.next_lesson}"] if self.next_lesson else []
        return "\n".join([*lines, self.advice(), *after])

    def since(self, verdict: Verdict) -> str:
        """When an exercise was checked, where that was in an earlier session."""
        day = self.days.get(verdict.exercise)
        return f" (on {day})" if day else ""

    def advice(self) -> str:
        """The one thing to do next."""
        for verdict in self.verdicts:
            if verdict.status != "right":
                return f"Next: {verdict.exercise}."
        return "All done."

    def _repr_html_(self) -> str:
        from .card import card_of_progress

        return card_of_progress(self)
