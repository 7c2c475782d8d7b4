"""What stands in for a function of an earlier exercise that another builds on; see student/standins.py."""

from __future__ import annotations

import copy
import functools
import inspect
import json
from dataclasses import replace
from typing import Any

from ..student import wire
from ..student.guard import undisturbed
from ..student.probe import driver_for, outcome_of
from ..student.sheet import Sheet
from ..student.standins import as_data
from . import slicing
from .exercise import Exercise
from .lesson import Lesson
from .rules import names_in_order

MOST_RECORDED = 250_000  # characters of checks.json for one function; of one that gives more, nothing is kept


def with_sources(lesson: Lesson, sheet: Sheet) -> Sheet:
    """A hidden sheet with the course's own functions, as text. No sheet that students get has them."""
    exercise = lesson.exercises[sheet.name]
    return replace(sheet, stand_ins={name: _source(lesson, name) for name in helpers(lesson, exercise)})


def with_recorded_calls(lesson: Lesson, sheet: Sheet) -> Sheet:
    """A public sheet with what those functions gave when the course's own answer called them."""
    exercise = lesson.exercises[sheet.name]
    wanted = helpers(lesson, exercise)
    if not wanted:
        return sheet
    names = lesson.namespace(exercise, (*exercise.all_functions, *wanted))
    recorders = {name: _Recorder(names[name]) for name in wanted}
    names.update({name: one.function for name, one in recorders.items()})
    functions = [names[name] for name in exercise.all_functions]
    driver = driver_for(sheet)
    with undisturbed():
        for case in sheet.cases:
            outcome_of(driver, functions, case)
    return replace(sheet, recorded={name: one.recorded() for name, one in recorders.items() if one.calls})


def helpers(lesson: Lesson, exercise: Exercise) -> tuple[str, ...]:
    """The functions of earlier exercises that the course's own answer or its driver calls."""
    order = names_in_order(lesson)
    owner = {name: order.index(one.name) for one in lesson.exercises.values() for name in one.functions}
    here = order.index(exercise.name)
    reached = _bound(lesson, exercise.functions) | set(exercise.uses)
    earlier = [name for name in owner if name in reached and owner[name] < here]
    return tuple(  # what comes with them must not be this exercise's answer, or a later one's
        name
        for name in earlier
        if all(owner[other] < here for other in _bound(lesson, (name,)) if other in owner)
    )


def _bound(lesson: Lesson, names: tuple[str, ...]) -> set[str]:
    return {name for statement in slicing.needed(lesson.statements, names) for name in statement.binds}


def _source(lesson: Lesson, name: str) -> str:
    return "\n".join(statement.source for statement in slicing.needed(lesson.statements, (name,))) + "\n"


class _Recorder:
    """Notes what a function is called with, and what it gives."""

    def __init__(self, own: Any) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.seen: set[str] = set()
        self.is_data = True
        self.signature = inspect.signature(own)

        @functools.wraps(own)
        def function(*arguments: Any, **named: Any) -> Any:
            given = dict(self.signature.bind(*arguments, **named).arguments)
            before = {name: copy.deepcopy(as_data(value)) for name, value in given.items()}
            result = own(*arguments, **named)
            states = {name: as_data(value) for name, value in given.items()}
            drawn = {
                name: state["generator"]
                for name, state in states.items()
                if _is_generator(given[name]) and state != before[name]
            }
            self._note(before, copy.deepcopy(as_data(result)), drawn)
            return result

        self.function = function

    def recorded(self) -> dict[str, Any]:
        """As checks.json has it; empty where it is no data, or too much."""
        told = {"parameters": list(self.signature.parameters), "calls": wire.to_json(self.calls)}
        return told if self.is_data and len(json.dumps(told)) <= MOST_RECORDED else {}

    def _note(self, before: dict[str, Any], result: Any, drawn: dict[str, str]) -> None:
        call = (before, result, drawn)
        text = json.dumps(wire.to_json(call))
        self.is_data = self.is_data and '{"other": ' not in text
        if text not in self.seen:
            self.seen.add(text)
            self.calls.append(call)


def _is_generator(value: Any) -> bool:
    return type(value).__module__ == "numpy.random._generator"
