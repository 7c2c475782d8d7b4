"""checks.json: a lesson's sheets as text, a line a case, and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..errors import WireError
from . import wire
from .difference import Template
from .sheet import Case, Choice, Example, LessonSheet, Mistake, Outcome, Question, Sheet

FORMAT = 2
FILE_NAME = "checks.json"


def dump(lesson: LessonSheet) -> str:
    """The text of checks.json: one line a case, so that a diff shows which case changed."""
    exercises = ",\n".join(
        f"{json.dumps(name)}: {_sheet_text(sheet)}" for name, sheet in lesson.sheets.items()
    )
    head = (
        f'"format": {FORMAT},\n"lesson": {json.dumps(lesson.lesson)},\n"title": {json.dumps(lesson.title)},\n'
        f'"made_from": {json.dumps(lesson.made_from)}'
    )
    if lesson.written:
        head += f',\n"written": {json.dumps(lesson.written)}'
    questions = _lines(map(_question_data, lesson.questions))
    return f'{{{head},\n"questions": [\n{questions}],\n"exercises": {{\n{exercises}\n}}}}\n'


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
    written = tuple((str(name), float(most)) for name, most in data.get("written", ()))
    return LessonSheet(data["lesson"], data["title"], sheets, questions_of(data), data["made_from"], written)


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
    "recorded",
    "stand_ins",
    "hints",
)
_SELDOM = ("recorded", "stand_ins", "hints")  # left out where there are none
_LATER = ("returns", *_SELDOM)  # not in every file


def _sheet_text(sheet: Sheet) -> str:
    told = [key for key in _PLAIN if key not in _SELDOM or getattr(sheet, key)]
    lines = [f"{json.dumps(key)}: {json.dumps(getattr(sheet, key))}" for key in told]
    lines.append(f'"small": [\n{_lines(map(_example_data, sheet.small))}]')
    lines.append(f'"cases": [\n{_lines(map(_case_data, sheet.cases))}]')
    lines.append(f'"mistakes": [\n{_lines(map(_mistake_data, sheet.mistakes))}]')
    return "{\n" + ",\n".join(lines) + "}"


def _lines(items: Any) -> str:
    return ",\n".join("  " + json.dumps(item) for item in items)


def questions_of(data: dict[str, Any]) -> tuple[Question, ...]:
    """The questions in what was read from a checks.json."""
    return tuple(map(_question_from, data.get("questions", ())))


def _question_data(question: Question) -> dict[str, Any]:
    choices = [[choice.text, choice.why, choice.right] for choice in question.choices]
    return {"name": question.name, "text": question.text, "choices": choices}


def _question_from(data: dict[str, Any]) -> Question:
    choices = tuple(Choice(str(text), str(why), bool(right)) for text, why, right in data["choices"])
    return Question(data["name"], data["text"], choices)


def _case_data(case: Case) -> dict[str, Any]:
    return {
        "group": case.group,
        "call": case.call,
        "parts": list(case.parts),
        "inputs": wire.to_json(case.inputs),
        "expected": wire.to_json(_untemplated(case.expected)),
    }


def _example_data(example: Example) -> dict[str, Any]:
    return {"text": example.text, "case": _case_data(example.case) if example.case else None}


def _mistake_data(mistake: Mistake) -> dict[str, Any]:
    outcomes = [wire.to_json(_outcome_tuple(outcome)) for outcome in mistake.outcomes]
    return {
        "name": mistake.name,
        "hint": mistake.hint,
        "loses": list(mistake.loses),
        "shown_by": mistake.shown_by,
        "outcomes": outcomes,
        "failures": [list(f) for f in mistake.failures],
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
        small=_examples_from(fields),
        **plain,
    )


def _examples_from(fields: dict[str, Any]) -> tuple[Example, ...]:
    return tuple(
        Example(one["text"], _case_from(one["case"]) if one["case"] else None) for one in fields["small"]
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
    failures = tuple((case, group, number, note) for case, group, number, note in data.get("failures", ()))
    loses, shown_by = tuple(data.get("loses", ())), int(data.get("shown_by", 0))
    return Mistake(data["name"], data["hint"], outcomes, failures, loses, shown_by)


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
