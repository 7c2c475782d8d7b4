"""What was seen while an answer ran, and what the notebook's kernel remembers of the cells before.

Whatever a verdict says beyond the results is looked up here, so that it can be said of this answer.
"""

from __future__ import annotations

import ast
import dis
import functools
import linecache
import re
import sys
from dataclasses import replace
from types import CodeType, FunctionType
from typing import Any

from .guard import within
from .probe import driver_for, outcome_of, plain
from .sheet import Case, Outcome, Sheet
from .values import kind_of

_NOTHING = {"RESUME", "NOP", "LOAD_CONST", "POP_TOP", "RETURN_CONST", "RETURN_VALUE"}


def calls(sheet: Sheet, functions: list[Any], case: Case, other: Any) -> bool:
    """Whether the functions, on this case, call another function or a class."""
    codes = _codes_of(other)
    met: list[bool] = []

    def look(frame: Any, event: str, _: Any) -> None:
        if event == "call" and frame.f_code in codes:
            met.append(True)

    def run() -> None:
        sys.setprofile(look)
        try:
            outcome_of(driver_for(sheet), functions, case)
        finally:
            sys.setprofile(None)

    return bool(codes) and within(sheet.seconds, run) and bool(met)


def returned(sheet: Sheet, functions: list[Any], case: Case) -> str:
    """What the first function returns when the driver calls it, in words; empty where nobody saw it."""
    results: list[Any] = []
    first = functions[0]
    if not isinstance(first, FunctionType):
        return ""

    @functools.wraps(first)
    def watched(*args: Any, **named: Any) -> Any:
        results.append(first(*args, **named))
        return results[-1]

    def run() -> None:
        outcome_of(driver_for(sheet), [watched, *functions[1:]], case)

    in_time = within(sheet.seconds, run)
    return kind_of(plain(results[-1])) if in_time and results else ""


def with_what_was_returned(sheet: Sheet, functions: list[Any], outcomes: list[Outcome]) -> list[Outcome]:
    """The outcomes; where the check itself complains, with what it had been given."""
    for case, outcome in zip(sheet.cases, outcomes, strict=True):
        if outcome.ours:
            found = returned(sheet, functions, case)
            return [
                replace(o, found=found) if o.ours and o.message == outcome.message else o for o in outcomes
            ]
    return outcomes


def _codes_of(other: Any) -> set[CodeType]:
    methods = vars(other).values() if isinstance(other, type) else [other]
    return {one.__code__ for one in methods if isinstance(one, FunctionType)}


def is_stub(answer: Any) -> bool:
    """Whether nothing has been written yet: a body of `pass`, of `...`, of a docstring."""
    if isinstance(answer, type):
        own = [one for one in vars(answer).values() if isinstance(one, FunctionType)]
        return answer.__bases__ == (object,) and bool(own) and all(map(is_stub, own))
    if not isinstance(answer, FunctionType):
        return False
    steps = list(dis.get_instructions(answer))
    last = steps[-1] if steps[-1].opname == "RETURN_CONST" else steps[-2]
    return {step.opname for step in steps} <= _NOTHING and last.argval is None


def of_the_cells(names: tuple[str, ...], answers: list[Any]) -> str:
    """What the kernel knows of the cells that define these names, where the last one did not take effect."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is None:
        return ""
    cells = [str(cell) for cell in shell.user_ns.get("_ih", [])]
    for name, answer in zip(names, answers, strict=False):
        defining = re.compile(
            rf"^\s*(async\s+def|def|class)\s+{re.escape(name)}\b|^{re.escape(name)}\s*=[^=]", re.M
        )
        cell = next((cell for cell in reversed(cells) if defining.search(cell)), None)
        if cell is None:
            continue
        try:
            ast.parse(shell.transform_cell(cell))
        except SyntaxError as error:
            kind = type(error).__name__
            place = f", line {error.lineno}: {error.msg}" if error.lineno else ""
            return (
                f"The cell that defines `{name}` ended in a {kind} the last time you ran it ({kind}{place}), "
                "so the version before it is judged."
            )
        if _is_of_another_cell(answer, cell, shell):
            return (
                f"The cell that defines `{name}` stopped, the last time you ran it, before it got there, "
                "so an earlier version is judged."
            )
    return ""


def _is_of_another_cell(answer: Any, cell: str, shell: Any) -> bool:
    """Whether a function was made by a run of another cell than this one. Only of what is sure."""
    if not isinstance(answer, FunctionType):
        return False
    made_by = "".join(linecache.getlines(answer.__code__.co_filename))
    return (
        bool(made_by)
        and "ipykernel" in answer.__code__.co_filename
        and made_by.strip() != shell.transform_cell(cell).strip()
    )
