"""The small examples: what they come to, and which misconception fails which.

A student who is told of an example on which their function is right learns nothing from it, and doubts the
verdict. So every misconception that gives a wrong value on some case has to fail one of the examples.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ..student import judge
from ..student.guard import undisturbed
from ..student.probe import driver_for, outcome_of
from ..student.sheet import Case, Example, Mistake, Outcome, Sheet
from .exercise import Exercise, Variant


class Undrawable(Exception):
    """No draw served; says what is wrong, with the misconception it is about."""

    def __init__(self, problem: str, remedy: str, variant: Variant | None = None) -> None:
        super().__init__(problem, remedy)
        self.problem, self.remedy, self.variant = problem, remedy, variant


def implementation(exercise: Exercise, reference: Mapping[str, Any], variant: Variant) -> list[Any]:
    """The functions of an exercise with some of them replaced by the variant."""
    replaced = variant.replaces or exercise.functions[:1]
    if len(replaced) > 1:
        made = dict(zip(replaced, variant.function(), strict=True))
    elif variant.edits:
        made = {replaced[0]: variant.function(reference[replaced[0]])}
    else:
        made = {replaced[0]: variant.function}
    return [made.get(name, reference[name]) for name in exercise.all_functions]


def with_examples(sheet: Sheet, exercise: Exercise, reference: Mapping[str, Any]) -> Sheet:
    """The sheet with its examples' results, and for each misconception the first example that it fails."""
    functions = [reference[name] for name in exercise.all_functions]
    small = tuple(_expected(sheet, functions, one) for one in exercise.examples)
    mistakes = tuple(
        replace(mistake, shown_by=_shown_by(sheet, small, implementation(exercise, reference, variant)))
        for mistake, variant in zip(sheet.mistakes, exercise.misconceptions, strict=True)
    )
    return replace(sheet, small=small, mistakes=mistakes)


def every_slip_is_shown(sheet: Sheet, exercise: Exercise) -> None:
    """Sees that an example shows every misconception that a value can show.

    Raises:
        Undrawable: with the first that none of them shows.
    """
    for mistake, variant in zip(sheet.mistakes, exercise.misconceptions, strict=True):
        if not mistake.shown_by and a_value_shows(sheet, mistake):
            raise Undrawable(
                f"no small example shows the misconception {variant.name}",
                f"Give another with {exercise.name}.small(…), on which it goes wrong.",
                variant,
            )


def a_value_shows(sheet: Sheet, mistake: Mistake) -> bool:
    """Whether a misconception gives a wrong value on some case. Where a judge looks for properties, no value
    is the right one."""
    return not sheet.judge and any(
        judge.off(sheet, case, outcome) for case, outcome in zip(sheet.cases, mistake.outcomes, strict=True)
    )


def _expected(sheet: Sheet, functions: list[Any], example: Example) -> Example:
    """The example with what the reference gives."""
    if example.case is None:
        return example
    outcome = _outcome(sheet, functions, example.case)
    if outcome.raised:
        raise Undrawable(
            f"the small example raises {outcome.raised}: {outcome.message}", "Mend the inputs of small(…)."
        )
    return replace(example, case=replace(example.case, expected=outcome.value))


def _shown_by(sheet: Sheet, small: tuple[Example, ...], functions: list[Any]) -> int:
    for number, example in enumerate(small, 1):
        case = example.case
        if case is not None and judge.off(sheet, case, _outcome(sheet, functions, case)):
            return number
    return 0


def _outcome(sheet: Sheet, functions: list[Any], case: Case) -> Outcome:
    with undisturbed(), np.errstate(all="warn", under="ignore"):
        return outcome_of(driver_for(sheet), functions, case)
