"""Runs an answer on cases within the time, and finds one on which it fails: a small example, or a case."""

from __future__ import annotations

from typing import Any

from . import judge
from .failing import FailingCase
from .guard import undisturbed, within
from .probe import driver_for, outcome_of
from .sheet import Case, Outcome, Sheet
from .wording import comparison


def outcomes_within(sheet: Sheet, functions: list[Any], cases: tuple[Case, ...]) -> list[Outcome]:
    """The outcome of every case; those for which no time was left are marked as stopped."""
    driver = driver_for(sheet)
    outcomes: list[Outcome] = []
    given_up: list[bool] = []

    def run() -> None:
        for case in cases:
            if given_up:  # the code swallowed what should have stopped it
                return
            outcomes.append(outcome_of(driver, functions, case))

    in_time = within(sheet.seconds, run)
    given_up.append(True)
    finished = list(outcomes)[: len(cases)]
    slow = "your code ended the check before it was done"
    if not in_time:
        slow = (
            f"no answer within {sheet.seconds:g} seconds: is there a loop that never ends, "
            "or one that could be a line of NumPy?"
        )
    return finished + [Outcome(None, "Stopped", slow)] * (len(cases) - len(finished))


def failing_case(sheet: Sheet, functions: list[Any], outcomes: list[Outcome]) -> FailingCase | None:
    """The first case that fails, to be held in a student's hands."""
    try:
        number = judge.first_failing(sheet, outcomes)
    except Exception:  # a result that the judge's author did not think of
        return None
    return None if number is None else FailingCase(sheet, sheet.cases[number], tuple(functions))


def small_example(sheet: Sheet, functions: list[Any], failing: FailingCase | None) -> str:
    """The first example that the functions fail, with what they make of it; where they fail none, where the
    trouble begins."""
    agreed = ""
    for example in sheet.small:
        if example.case is None:
            agreed = agreed or example.text
            continue
        outcome, off = _tried(sheet, functions, example.case)
        if off:
            return f"{example.text} {comparison(sheet, example.case, outcome, off)}".strip()
        agreed = f"{example.text} Here yours agrees."
    if failing is None:
        return agreed
    outcome, off = _tried(sheet, functions, failing.case)
    text = comparison(sheet, failing.case, outcome, off) if off else ""
    if sheet.judge or not text:
        return agreed
    return f"{agreed} The trouble begins at this case of the check: {text}".strip()


def _tried(sheet: Sheet, functions: list[Any], case: Case) -> tuple[Outcome, str]:
    with undisturbed():
        (outcome,) = outcomes_within(sheet, functions, (case,))
        try:
            return outcome, judge.off(sheet, case, outcome)
        except Exception as error:  # a result that the judge's author did not think of
            return outcome, f"this result could not be judged ({type(error).__name__})"
