"""Draws the cases of an exercise and works out what the reference and every misconception give on them.

What comes out is a `Sheet`: with a public seed when a lesson is built, with a secret one for the hidden cases
of grading. A draw on which some misconception would pass, lose other points than it should, or be taken for
another one, is thrown away and drawn again. What it should lose, its author says, or the public sheet does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..student import judge
from ..student.difference import template_of
from ..student.finding import UNCHANGED
from ..student.guard import undisturbed
from ..student.probe import driver_for, outcome_of
from ..student.sheet import Case, Mistake, Outcome, Sheet
from ..student.verdict import Verdict
from .exercise import Exercise, Variant
from .shown import Undrawable, implementation, with_examples

DRAWS = 100
CLEARLY = 100  # a misconception must be wrong by this many tolerances,
WIDEST = 2e-4  # and by more than what a float32 answer is allowed
PUBLIC = "public"


@dataclass(frozen=True)
class Sources:
    """Driver and judge of an exercise as text, with what they need."""

    driver: str = ""
    judge: str = ""


def seed_of(*words: str) -> int:
    """A seed from words: the lesson's and the exercise's names, and a secret for the hidden ones."""
    return int.from_bytes(hashlib.sha256("\n".join(words).encode()).digest()[:8], "big")


def draw_sheet(
    exercise: Exercise,
    reference: Mapping[str, Any],
    sources: Sources,
    seed: int,
    public: Sheet | None = None,
) -> Sheet:
    """The sheet of an exercise for a seed, its misconceptions proven wrong on it.

    Where a public sheet is given, each loses the same groups as there.
    """
    blank, losses = _blank(exercise, sources), _losses(exercise, public)
    problem = Undrawable("its cases could not be drawn", "Look at the generator of cases.")
    for attempt in range(DRAWS):
        cases = _cases(exercise, blank, np.random.default_rng([seed, attempt]), public is not None)
        try:
            sheet = _with_expected(exercise, reference, blank, cases)
            sheet = _with_mistakes(exercise, reference, sheet, losses)
            break
        except Undrawable as error:
            problem = error
    else:
        raise problem
    return sheet if public else with_examples(sheet, exercise, reference)


def examine(sheet: Sheet, functions: list[Any]) -> tuple[Verdict, list[Outcome]]:
    """The verdict on an implementation, without time limit: for our own code."""
    outcomes = _outcomes(sheet, functions)
    with undisturbed(), np.errstate(all="warn", under="ignore"):
        return judge.verdict(sheet, outcomes), outcomes


def _outcomes(sheet: Sheet, functions: list[Any]) -> list[Outcome]:
    driver = driver_for(sheet)
    with undisturbed(), np.errstate(all="warn", under="ignore"):
        return [outcome_of(driver, functions, case) for case in sheet.cases]


def _blank(exercise: Exercise, sources: Sources) -> Sheet:
    return Sheet(
        name=exercise.name,
        functions=exercise.functions,
        points=exercise.points,
        groups=exercise.groups,
        cases=(),
        returns=exercise.returns,
        driver=sources.driver,
        judge=sources.judge,
        rtol=exercise.rtol,
        atol=exercise.atol,
        seconds=exercise.seconds,
        picture=exercise.picture,
        uses=exercise.uses,
        builds_on=exercise.builds_on,
        hints=exercise.hints,
    )


def _losses(exercise: Exercise, public: Sheet | None) -> dict[str, set[str]]:
    """The groups that misconceptions are to lose, where somebody has said so."""
    seen = {one.name: set(one.loses) for one in (public.mistakes if public else ()) if one.loses}
    return seen | {one.name: set(one.loses) for one in exercise.misconceptions if one.loses}


def _cases(exercise: Exercise, blank: Sheet, rng: np.random.Generator, hidden: bool) -> tuple[Case, ...]:
    draw: Any = exercise.draw  # that there is one was seen when the exercises were read
    told = (hidden,) if draw.__code__.co_argcount > 1 else ()
    cases = [expanded for one in draw(rng, *told) for expanded in _expanded(exercise, one)]
    strangers = {one.group for one in cases if one.group} - set(exercise.groups)
    if strangers:
        raise Undrawable(
            f"a case is in the group {strangers.pop()!r}, which has no weight",
            "Name the group in groups={…}.",
        )
    unknown = {part for one in cases for part in one.parts} - set(exercise.returns)
    if unknown:
        raise Undrawable(
            f"a case is about the part {unknown.pop()!r}, which the function does not return",
            "Name it in returns=.",
        )
    asked = {group for one in cases for groups in judge.counts_for(blank, one).values() for group in groups}
    silent = set(exercise.groups) - asked - {UNCHANGED}
    if silent and exercise.judge_function is None:
        raise Undrawable(f"no case is in the group {silent.pop()!r}", "Yield one, or take the group out.")
    return tuple(cases)


def _expanded(exercise: Exercise, one: Case) -> list[Case]:
    """A case for an exercise of several functions and no driver calls each of them."""
    if len(exercise.functions) == 1 or exercise.drive or one.call:
        return [one]
    return [
        replace(one, call=name, group=one.group or (name if name in exercise.groups else ""))
        for name in exercise.functions
    ]


def _with_expected(
    exercise: Exercise, reference: Mapping[str, Any], blank: Sheet, cases: tuple[Case, ...]
) -> Sheet:
    """What the reference gives, or a case's truth; only its structure, where a judge does not ask for it."""
    functions = [reference[name] for name in exercise.all_functions]
    outcomes = _outcomes(replace(blank, cases=cases), functions)
    for outcome in outcomes:
        if outcome.raised:
            raise Undrawable(
                f"the reference raises {outcome.raised}: {outcome.message}",
                "Mend the solution in lesson.py, or the cases.",
            )
    forgets = exercise.judge_function is not None and exercise.judge_function.__code__.co_argcount == 2
    keep: Callable[[Any], Any] = template_of if forgets else lambda value: value
    known = [o.value if c.expected is None else c.expected for c, o in zip(cases, outcomes, strict=True)]
    sheet = replace(
        blank, cases=tuple(replace(c, expected=keep(v)) for c, v in zip(cases, known, strict=True))
    )
    verdict, _ = examine(sheet, functions)
    if verdict.status != "right":
        lost = verdict.error or ", ".join(f"{row.group!r}: {row.text}" for row in verdict.rows if not row.ok)
        raise Undrawable(
            f"the reference itself does not earn full points ({lost})",
            "Mend the solution, the driver or the judge.",
        )
    return sheet


def _with_mistakes(
    exercise: Exercise, reference: Mapping[str, Any], sheet: Sheet, losses: Mapping[str, set[str]]
) -> Sheet:
    """The sheet with what every misconception gives, each shown to lose what it should, each told apart."""
    given: dict[str, list[Outcome]] = {}
    mistakes = []
    for variant in exercise.misconceptions:
        verdict, outcomes = examine(sheet, implementation(exercise, reference, variant))
        _must_raise_as_said(variant, outcomes)
        lost = _lost(exercise, variant, sheet, verdict, outcomes, losses.get(variant.name))
        failures = judge.failures(judge.findings_of(sheet, outcomes)) if sheet.judge else ()
        bare = tuple(Outcome(o.value, o.raised, o.message, changed=o.changed) for o in outcomes)
        mistakes.append(Mistake(variant.name, variant.hint, () if sheet.judge else bare, failures, lost))
        given[variant.name] = outcomes
    sheet = replace(sheet, mistakes=tuple(mistakes))
    for variant in exercise.misconceptions:
        _must_be_recognised(sheet, variant, given[variant.name])
    return sheet


def _must_raise_as_said(variant: Variant, outcomes: list[Outcome]) -> None:
    """A misconception that raises on every case may be a slip of its author's: a name that doesn't exist."""
    always = all(outcome.raised for outcome in outcomes)
    if always and not variant.raises:
        raise Undrawable(
            f"the misconception {variant.name} raises on every case: "
            f"{outcomes[0].raised}: {outcomes[0].message}",
            "Mend it, so that it shows the slip it is named after; or say raises=True, if this is how.",
            variant,
        )
    if variant.raises and not always:
        raise Undrawable(
            f"the misconception {variant.name} says raises=True, and returns on some case",
            "Take raises=True out.",
            variant,
        )


def _lost(
    exercise: Exercise,
    variant: Variant,
    sheet: Sheet,
    verdict: Verdict,
    outcomes: list[Outcome],
    expected: set[str] | None,
) -> tuple[str, ...]:
    """The groups that a misconception loses: clearly, and those that were said."""
    clearly = judge.verdict(replace(sheet, rtol=max(CLEARLY * sheet.rtol, WIDEST)), outcomes)
    lost, sure = ({row.group for row in one.rows if not row.ok} for one in (verdict, clearly))
    if not sure:
        raise Undrawable(
            f"the misconception {variant.name} earns full points",
            "Add a case on which it goes wrong, or drop it.",
            variant,
        )
    if lost != sure:
        raise Undrawable(
            f"the misconception {variant.name} loses {sorted(lost - sure)} by a hair",
            "Draw cases on which it is further off.",
            variant,
        )
    if expected is not None and lost != expected:
        where = "was said" if variant.loses else "is the case on the public sheet"
        raise Undrawable(
            f"the misconception {variant.name} loses {sorted(lost)}, where {sorted(expected)} {where}",
            "Correct its loses=…, or the cases." if variant.loses else "Draw cases that leave no choice.",
            variant,
        )
    return tuple(group for group in exercise.groups if group in lost)


def _must_be_recognised(sheet: Sheet, variant: Variant, outcomes: list[Outcome]) -> None:
    met = judge.recognised(sheet, outcomes, judge.findings_of(sheet, outcomes))
    if met is None or met.name != variant.name:
        alike = _look_alikes(sheet, variant.name, outcomes)
        raise Undrawable(
            f"the misconception {variant.name} can't be told from {alike}",
            "Add a case (or a note in the judge) on which they differ.",
            variant,
        )


def _look_alikes(sheet: Sheet, name: str, outcomes: list[Outcome]) -> str:
    failures = judge.failures(judge.findings_of(sheet, outcomes))

    def gives_the_same(other: Mistake) -> bool:
        if sheet.judge:
            return other.failures == failures
        return judge.recognised(replace(sheet, mistakes=(other,)), outcomes, []) is not None

    alike = [other.name for other in sheet.mistakes if other.name != name and gives_the_same(other)]
    return " and ".join(alike) or "another"
