"""What checks.json holds: all that is needed to judge an exercise, and no solution.

A sheet is made when the lesson is built (`authoring/proof.py`) and read wherever students' work is judged: in
the notebook with the public cases, in grading with the hidden ones. Same data, same judge.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Outcome:
    """What came of calling a student's function once: a value or an exception, and what else happened."""

    value: Any = None
    raised: str = ""  # the exception's type
    message: str = ""
    where: str = ""  # the student's line that raised
    changed: tuple[str, ...] = ()  # arguments that were other afterwards
    seconds: float = 0.0
    ours: str = ""  # a driver's complaint: "said" in words of its author, "tripped" over a result
    found: str = ""  # what the function had returned there, where somebody looked

    @property
    def returned(self) -> bool:
        return not self.raised


@dataclass(frozen=True)
class Case:
    """Inputs for one call, and what is expected of it."""

    inputs: dict[str, Any]
    group: str = ""
    expected: Any = None
    call: str = ""  # of several functions the one to call; empty: the first, or the driver sees to it
    parts: tuple[
        str, ...
    ] = ()  # of what the function returns, the parts looked at; empty: see judge.counts_for


# A property that fails: the number of its case, its group, its number among those of the group, and how.
Failure = tuple[int, str, int, str]


@dataclass(frozen=True)
class Mistake:
    """A misconception with a name: its hint, and what it gives on each case."""

    name: str
    hint: str
    outcomes: tuple[Outcome, ...] = ()  # of exercises that compare with the reference
    failures: tuple[Failure, ...] = ()  # of exercises with a judge: the properties that fail, and how
    loses: tuple[str, ...] = ()  # the groups that it does not earn
    shown_by: int = 0  # the first example that it fails, counted from 1; 0: none, since no value shows it


@dataclass(frozen=True)
class Example:
    """Something to do by hand: words, and mostly a case with the result that they lead to."""

    text: str
    case: Case | None = None


@dataclass(frozen=True)
class Sheet:
    """One exercise, ready to be checked."""

    name: str
    functions: tuple[str, ...]
    points: float
    groups: dict[str, float]
    cases: tuple[Case, ...]
    mistakes: tuple[Mistake, ...] = ()
    returns: tuple[str, ...] = ()  # where the function returns several things: what each is called
    driver: str = ""  # source of a function `drive`; empty: the functions are called with the inputs
    judge: str = ""  # source of a function `judge`; empty: results are compared with the expected ones
    rtol: float = 1e-7
    atol: float = 0.0
    seconds: float = 5.0
    picture: str = ""
    uses: tuple[str, ...] = ()  # other functions of the student's that the driver needs
    builds_on: tuple[str, ...] = ()
    small: tuple[Example, ...] = ()
    hints: tuple[str, ...] = ()  # steps that the author adds to the ladder, the gentlest first
    # Of functions of earlier exercises that this one builds on, see standins.py:
    recorded: dict[str, Any] = field(default_factory=dict)  # what they gave, on public sheets
    stand_ins: dict[str, str] = field(default_factory=dict)  # their source; on hidden sheets alone


@dataclass(frozen=True)
class Choice:
    """One of the answers that a question offers, and what is to be said of it."""

    text: str
    why: str
    right: bool


@dataclass(frozen=True)
class Question:
    """A question of a lesson's quiz."""

    name: str
    text: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class LessonSheet:
    """All exercises of a lesson, in order."""

    lesson: str
    title: str
    sheets: dict[str, Sheet] = field(default_factory=dict)
    questions: tuple[Question, ...] = ()
    made_from: str = ""  # the state of the sources it was made from; empty: not told
    written: tuple[tuple[str, float], ...] = ()  # questions that a person grades, and their points

    @property
    def points(self) -> float:
        return sum(sheet.points for sheet in self.sheets.values()) + sum(most for _, most in self.written)


def joined(sheet: Sheet, other: Sheet) -> Sheet:
    """A sheet with the cases of another draw behind its own, and the time for both."""
    behind = range(len(sheet.cases), len(sheet.cases) + len(other.cases))
    mistakes = tuple(
        replace(
            one,
            outcomes=one.outcomes + more.outcomes,
            failures=one.failures + _moved(more.failures, behind),
        )
        for one, more in zip(sheet.mistakes, other.mistakes, strict=True)
    )
    cases, seconds = sheet.cases + other.cases, sheet.seconds + other.seconds
    stand_ins = sheet.stand_ins | other.stand_ins
    return replace(sheet, cases=cases, mistakes=mistakes, seconds=seconds, stand_ins=stand_ins)


def shuffled(sheet: Sheet, seed: int) -> Sheet:
    """A sheet with its cases in another order."""
    order = list(range(len(sheet.cases)))
    random.Random(seed).shuffle(order)
    places = [order.index(k) for k in range(len(order))]
    mistakes = tuple(
        replace(
            one,
            outcomes=tuple(one.outcomes[k] for k in order) if one.outcomes else (),
            failures=_moved(one.failures, places),
        )
        for one in sheet.mistakes
    )
    return replace(sheet, cases=tuple(sheet.cases[k] for k in order), mistakes=mistakes)


def _moved(failures: tuple[Failure, ...], places: Sequence[int]) -> tuple[Failure, ...]:
    """Failures of cases that now stand in other places."""
    return tuple(sorted((places[case], group, number, how) for case, group, number, how in failures))
