"""What checks.json holds: all that is needed to judge an exercise, and no solution.

A sheet is made when the lesson is built (`authoring/proof.py`) and read wherever students' work is judged: in
the notebook with the public cases, in grading with the hidden ones. Same data, same judge.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..errors import WireError
from . import wire
from .difference import Template

FORMAT = 2
FILE_NAME = "checks.json"


@dataclass(frozen=True)
class Outcome:
    """What came of calling a student's function once: a value or an exception, and what else happened."""

    value: Any = None
    raised: str = ""  # the exception's type
    message: str = ""
    where: str = ""  # the student's line that raised
    changed: tuple[str, ...] = ()  # arguments that were other afterwards
    seconds: float = 0.0

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


@dataclass(frozen=True)
class Mistake:
    """A misconception with a name: its hint, and what it gives on each case."""

    name: str
    hint: str
    outcomes: tuple[Outcome, ...] = ()  # of exercises that compare with the reference
    findings: tuple[tuple[str, str], ...] = ()  # of exercises with a judge: the properties that fail, and how
    loses: tuple[str, ...] = ()  # the groups that it does not earn


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
    small: Case | None = None
    small_text: str = ""


@dataclass(frozen=True)
class LessonSheet:
    """All exercises of a lesson, in order."""

    lesson: str
    title: str
    sheets: dict[str, Sheet] = field(default_factory=dict)
    made_from: str = ""  # the state of the sources it was made from; empty: not told

    @property
    def points(self) -> float:
        return sum(sheet.points for sheet in self.sheets.values())


def dump(lesson: LessonSheet) -> str:
    """The text of checks.json: one line a case, so that a diff shows which case changed."""
    exercises = ",\n".join(
        f"{json.dumps(name)}: {_sheet_text(sheet)}" for name, sheet in lesson.sheets.items()
    )
    head = (
        f'"format": {FORMAT},\n"lesson": {json.dumps(lesson.lesson)},\n"title": {json.dumps(lesson.title)},\n'
        f'"made_from": {json.dumps(lesson.made_from)}'
    )
    return f'{{{head},\n"exercises": {{\n{exercises}\n}}}}\n'


def load(path: Path) -> LessonSheet:
    """The lesson's sheets from its checks.json.

    Raises:
        WireError: the file is damaged, or of another version.
    """
    try:
        return parse(path.read_text(encoding="utf-8"))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        problem = f"{type(error).__name__}: {error}"
        raise WireError(f"{path} is damaged ({problem}); get it anew") from None


def parse(text: str) -> LessonSheet:
    """The lesson's sheets from the text of checks.json."""
    data = json.loads(text)
    if data["format"] != FORMAT:
        raise WireError(f"checks.json of format {data['format']}; this version reads {FORMAT}")
    sheets = {name: _sheet_from(name, fields) for name, fields in data["exercises"].items()}
    return LessonSheet(data["lesson"], data["title"], sheets, data["made_from"])


def joined(sheet: Sheet, other: Sheet) -> Sheet:
    """A sheet with the cases of another draw behind its own, and the time for both."""
    mistakes = tuple(
        replace(
            one,
            outcomes=one.outcomes + more.outcomes,
            findings=tuple(sorted({*one.findings, *more.findings})),
        )
        for one, more in zip(sheet.mistakes, other.mistakes, strict=True)
    )
    cases, seconds = sheet.cases + other.cases, sheet.seconds + other.seconds
    return replace(sheet, cases=cases, mistakes=mistakes, seconds=seconds)


def shuffled(sheet: Sheet, seed: int) -> Sheet:
    """A sheet with its cases in another order."""
    order = list(range(len(sheet.cases)))
    random.Random(seed).shuffle(order)
    mistakes = tuple(
        replace(one, outcomes=tuple(one.outcomes[k] for k in order)) if one.outcomes else one
        for one in sheet.mistakes
    )
    return replace(sheet, cases=tuple(sheet.cases[k] for k in order), mistakes=mistakes)


_PLAIN = (
    "functions",
    "points",
    "groups",
    "returns",
    "driver",
    "judge",
    "rtol",
    "atol",
    "seconds",
    "picture",
    "uses",
    "builds_on",
    "small_text",
)
_LATER = ("returns",)  # not in files made before there was such a thing


def _sheet_text(sheet: Sheet) -> str:
    lines = [f"{json.dumps(key)}: {json.dumps(getattr(sheet, key))}" for key in _PLAIN]
    lines.append(f'"small": {json.dumps(_case_data(sheet.small)) if sheet.small else "null"}')
    lines.append(f'"cases": [\n{_lines(map(_case_data, sheet.cases))}]')
    lines.append(f'"mistakes": [\n{_lines(map(_mistake_data, sheet.mistakes))}]')
    return "{\n" + ",\n".join(lines) + "}"


def _lines(items: Any) -> str:
    return ",\n".join("  " + json.dumps(item) for item in items)


def _case_data(case: Case) -> dict[str, Any]:
    return {
        "group": case.group,
        "call": case.call,
        "parts": list(case.parts),
        "inputs": wire.to_json(case.inputs),
        "expected": wire.to_json(_untemplated(case.expected)),
    }


def _mistake_data(mistake: Mistake) -> dict[str, Any]:
    outcomes = [wire.to_json(_outcome_tuple(outcome)) for outcome in mistake.outcomes]
    return {
        "name": mistake.name,
        "hint": mistake.hint,
        "loses": list(mistake.loses),
        "outcomes": outcomes,
        "findings": [list(f) for f in mistake.findings],
    }


def _outcome_tuple(outcome: Outcome) -> tuple[Any, ...]:
    return (outcome.value, outcome.raised, outcome.message, outcome.changed)


def _sheet_from(name: str, fields: dict[str, Any]) -> Sheet:
    given = {key: fields[key] for key in _PLAIN if key in fields or key not in _LATER}
    plain: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in given.items()
    }
    return Sheet(
        name=name,
        cases=tuple(map(_case_from, fields["cases"])),
        mistakes=tuple(map(_mistake_from, fields["mistakes"])),
        small=_case_from(fields["small"]) if fields["small"] else None,
        **plain,
    )


def _case_from(data: dict[str, Any]) -> Case:
    return Case(
        wire.from_json(data["inputs"]),
        data["group"],
        _templated(wire.from_json(data["expected"])),
        data["call"],
        tuple(data.get("parts", ())),
    )


def _mistake_from(data: dict[str, Any]) -> Mistake:
    outcomes = tuple(outcome_from(wire.from_json(outcome)) for outcome in data["outcomes"])
    findings = tuple((group, note) for group, note in data["findings"])
    return Mistake(data["name"], data["hint"], outcomes, findings, tuple(data.get("loses", ())))


def outcome_from(fields: tuple[Any, ...]) -> Outcome:
    value, raised, message, changed = fields
    return Outcome(value, raised, message, "", tuple(changed))


# A template (structure without numbers) travels as a marked tuple, since the wire knows plain data only.

_TEMPLATE_MARK = "template:"


def _untemplated(value: Any) -> Any:
    if isinstance(value, Template):
        return (_TEMPLATE_MARK, list(value.shape), value.kind)
    if isinstance(value, dict):
        return {key: _untemplated(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_untemplated(item) for item in value)
    return value


def _templated(value: Any) -> Any:
    if (
        isinstance(value, tuple)
        and len(value) == 3
        and isinstance(value[0], str)
        and value[0] == _TEMPLATE_MARK
    ):
        return Template(tuple(value[1]), value[2])
    if isinstance(value, dict):
        return {key: _templated(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_templated(item) for item in value)
    return value
