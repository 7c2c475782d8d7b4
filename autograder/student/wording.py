"""How inputs, errors and results are put into a sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from .difference import matches
from .probe import plain_scalars
from .sheet import Case, Outcome, Sheet
from .values import MOST_DIGITS, kind_of, number_text
from .wire import Opaque

WITHOUT_INPUTS = (
    "NameError",
    "UnboundLocalError",
    "ImportError",
    "ModuleNotFoundError",
    "NotImplementedError",
    "Stopped",
)
_OF_A_CALL = re.compile(r"[\w.<>]+\(\) (missing|takes|got) ")
MOST_ENTRIES = 12
WIDTH = 160


def error_text(outcome: Outcome, functions: tuple[str, ...]) -> str:
    """What an exception comes to; a driver's complaint in our own words, with what was found."""
    if outcome.raised == "NotImplementedError":
        return outcome.message or "a part of it is not written yet"
    if outcome.raised == "Stopped":
        return outcome.message
    if outcome.ours:
        return _complaint(outcome, functions)
    where = f" ({outcome.where})" if outcome.where else ""
    message = f": {outcome.message}" if outcome.message else ""
    return f"{outcome.raised}{message}{where}"


def _complaint(outcome: Outcome, functions: tuple[str, ...]) -> str:
    found = f"; it returned {outcome.found}" if outcome.found and outcome.found not in outcome.message else ""
    if outcome.ours == "said":
        where = f" ({outcome.where})" if outcome.where else ""
        text = f"{outcome.message}{where}{found}"
    elif "NoneType" in outcome.message and outcome.found in ("", "None"):
        missing = re.search(r"attribute '(\w+)'", outcome.message)
        needed = f"something with `{missing[1]}`" if missing else "a result"
        text = f"the check found None where it needed {needed}"
        found = "None"
    elif outcome.raised == "TypeError" and _OF_A_CALL.match(outcome.message):
        text, found = f"yours can't be called as the exercise calls it: {outcome.message}", ""
    else:
        text = (
            f"the check could not go on with this result{found}. It met {outcome.raised}: {outcome.message}"
        )
    if found.endswith("None") or text.endswith("found None"):
        which = f"`{functions[0]}`" if len(functions) == 1 else "the function"
        text += f": does every way through {which} return a value?"
    return text


def given(sheet: Sheet, case: Case) -> str:
    """The inputs behind a sentence. A driver's are the check's own, not what the function was called with."""
    inputs = inputs_text(case)
    if not inputs:
        return ""
    return f", in the case with {inputs}" if sheet.driver else f", with {inputs}"


def inputs_text(case: Case, width: int = 110) -> str:
    """The inputs of a case in a few words: numbers as they are, arrays by shape unless they are tiny."""
    words = []
    for name, value in case.inputs.items():
        if name.startswith("_"):  # between the case and its driver: no argument of the student's
            continue
        if isinstance(value, np.ndarray) and value.size > MOST_ENTRIES:
            words.append(f"{name} of shape {value.shape}")
        else:
            text = value_text(value)
            words.append(f"{name} = {text}" if len(text) <= 80 else f"{name}: {kind_of(value)}")
    text = ", ".join(words)
    return text if len(text) <= width else text[: width - 1] + "…"


def value_text(value: Any, digits: int = 6) -> str:
    """A value in one line, its numbers with so many digits."""
    if isinstance(value, Opaque):
        return kind_of(value)
    if isinstance(value, np.ndarray):
        text = np.array2string(
            value, separator=", ", threshold=200, formatter={"float_kind": lambda v: number_text(v, digits)}
        )
        return " ".join(text.split())
    if isinstance(value, (bool, str)) or value is None:
        return repr(value)
    if isinstance(value, int):
        return str(value) if value.bit_length() <= 64 else kind_of(value)
    if isinstance(value, float):
        return number_text(value, digits)
    if isinstance(value, np.generic):
        return value_text(plain_scalars(value), digits)
    if isinstance(value, Mapping):
        inside = ", ".join(f"{key!r}: {value_text(item, digits)}" for key, item in value.items())
        return f"{{{inside}}}"
    if isinstance(value, (list, tuple)):
        inside = ", ".join(value_text(item, digits) for item in value)
        if isinstance(value, list):
            return f"[{inside}]"
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    return repr(plain_scalars(value))


def two_values(found: Any, expected: Any) -> tuple[str, str]:
    """Two values that are not alike, with so many digits that they read differently."""
    one, other = value_text(found), value_text(expected)
    for digits in range(7, MOST_DIGITS + 1):
        if one != other:
            break
        one, other = value_text(found, digits), value_text(expected, digits)
    if one == other:
        one, other = f"{one} ({kind_of(found)})", f"{other} ({kind_of(expected)})"
    return one, other


def comparison(sheet: Sheet, case: Case, outcome: Outcome, off: str) -> str:
    """What should have come of a case and what did; of a result with many parts, the one that is off.

    Args:
        sheet: the exercise.
        case: with what is expected.
        outcome: what came of it.
        off: in words, what is off.
    """
    inputs = inputs_text(case, WIDTH)
    it = "it" if inputs else "It"
    begin = f"With {inputs} {it}" if inputs else it
    if outcome.raised == "Stopped":
        return f"{begin} is {_short(value_text(case.expected))}; yours gives no answer in time."
    if outcome.raised:
        error = error_text(outcome, sheet.functions)
        return f"{begin} is {_short(value_text(case.expected))}; yours ends in an error: {error}."
    found, expected, name = narrowed(sheet, outcome.value, case.expected)
    mine, right = two_values(found, expected)
    begin = f"With {inputs} {name or it}" if inputs else name or it
    if sheet.judge or max(len(mine), len(right)) > WIDTH:
        text = off.removesuffix(given(sheet, case)).rstrip(".")
        return f"With {inputs}: {text}." if inputs else f"{text[0].upper()}{text[1:]}."
    return f"{begin} is {right}; yours gives {mine}."


def narrowed(sheet: Sheet, found: Any, expected: Any) -> tuple[Any, Any, str]:
    """Of results with named parts the first that is off, with its name."""
    if sheet.judge:
        return found, expected, ""
    if isinstance(expected, Mapping) and isinstance(found, Mapping) and set(found) == set(expected):
        names = {f"`{key}`": (found[key], expected[key]) for key in expected}
    elif sheet.returns and isinstance(found, (list, tuple)) and len(found) == len(sheet.returns):
        names = {
            f"`{part}`": pair
            for part, pair in zip(sheet.returns, zip(found, expected, strict=True), strict=True)
        }
    else:
        return found, expected, ""
    for name, (one, other) in names.items():
        if not matches(one, other, sheet.rtol, sheet.atol):
            return one, other, name
    return found, expected, ""


def _short(text: str) -> str:
    return text if len(text) <= WIDTH else text[: WIDTH - 1] + "…"
