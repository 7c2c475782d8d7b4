"""A slip costs once: the course's own in place of a student's function that another exercise builds on.

An answer that calls an earlier function of the lesson is judged with the student's own and, where that loses
points, again with the course's own in its place. Where solutions may be at hand, in grading, that is their
source. Beside a notebook that students open there is none; there it is what the course's own gave when the
course's own answer called it on the public cases. A call with other arguments can't be answered, and then
the second judging does not count.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from . import wire
from .difference import matches
from .probe import defined_in, plain
from .sheet import LessonSheet, Sheet
from .verdict import Verdict

ALIKE = 1e-9  # how near arguments must be to those of a call that is remembered
_GENERATOR = "generator"


class Unanswerable(Exception):
    """Called with other arguments than the course's own answer would."""


class Remembered:
    """Stands for a function by what it gave once."""

    def __init__(self, recorded: Mapping[str, Any]) -> None:
        self.parameters: list[str] = recorded["parameters"]
        self.calls: list[tuple[Any, ...]] = wire.from_json(recorded["calls"])
        self.place = 0  # calls come in the order in which they were made, most of the time
        self.failed = False

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        given = dict(zip(self.parameters, arguments)) | named
        data = {name: as_data(value) for name, value in given.items()}
        for k in range(len(self.calls)):
            place = (self.place + k) % len(self.calls)
            expected, result, drawn = self.calls[place]
            if data.keys() == expected.keys() and matches(data, expected, ALIKE):
                self.place = place + 1
                for name, state in drawn.items():
                    given[name].bit_generator.state = json.loads(state)
                return wire.from_json(wire.to_json(result))  # a copy: the student may change it
        self.failed = True
        raise Unanswerable


def better(
    lesson: LessonSheet,
    sheet: Sheet,
    verdict: Verdict,
    known: Mapping[str, Verdict],
    names: dict[str, Any],
    again: Callable[[], Verdict],
) -> Verdict:
    """The verdict of a notebook; or a better one, with the course's own in place of earlier wrong answers.

    Args:
        lesson, sheet, verdict: what was judged, and how.
        known: the verdicts on other exercises, as far as they are known.
        names: the notebook's.
        again: judges once more.
    """
    if verdict.status in ("right", "open"):
        return verdict
    wrong = not_right(lesson, sheet, known)
    own = made(sheet, wrong)
    if own:
        with in_place(names, own):
            second = again()
        if says_more(second, verdict) and all_answered(own):
            return replace(second, notes=(*verdict.notes, said_of(own)))
    later = {name for name in wrong - own.keys() if _was_wrong(lesson, name, known)}
    return replace(verdict, notes=(*verdict.notes, said_of_later(later))) if later else verdict


def says_more(second: Verdict, first: Verdict) -> bool:
    """Whether the second verdict is better: more points, or as many, and it names the slip that is left."""
    if second.points == first.points:
        return bool(second.misconception and not first.misconception)
    return second.points > first.points


def _was_wrong(lesson: LessonSheet, function: str, known: Mapping[str, Verdict]) -> bool:
    wrong = (lesson.sheets[name] for name, verdict in known.items() if verdict.status != "right")
    return any(function in sheet.functions for sheet in wrong)


def helpers_of(sheet: Sheet) -> frozenset[str]:
    """The functions of earlier exercises that an answer is likely to call."""
    return frozenset(sheet.stand_ins) | frozenset(sheet.recorded)


def not_right(lesson: LessonSheet, sheet: Sheet, verdicts: Mapping[str, Verdict]) -> frozenset[str]:
    """Of these, the ones whose own exercise is not known to be right."""
    right = {
        function
        for name, other in lesson.sheets.items()
        if name in verdicts and verdicts[name].status == "right"
        for function in other.functions
    }
    return helpers_of(sheet) - right


def made(sheet: Sheet, names: frozenset[str]) -> dict[str, Callable[..., Any]]:
    """Stand-ins for these functions, as far as there are any."""
    found = {name: defined_in(sheet.stand_ins[name], name) for name in names & sheet.stand_ins.keys()}
    known = {name for name in names - found.keys() if sheet.recorded[name]}
    return found | {name: Remembered(sheet.recorded[name]) for name in known}


def all_answered(stand_ins: Mapping[str, Any]) -> bool:
    """Whether every call of a stand-in could be answered."""
    return not any(isinstance(one, Remembered) and one.failed for one in stand_ins.values())


@contextlib.contextmanager
def in_place(names: dict[str, Any], stand_ins: Mapping[str, Any]) -> Iterator[None]:
    """For a while, the names of a notebook mean the stand-ins."""
    own = {name: names[name] for name in stand_ins if name in names}
    names.update(stand_ins)
    try:
        yield
    finally:
        for name in stand_ins:
            names.pop(name, None)
        names.update(own)


def said_of(names: Iterable[str]) -> str:
    """That it was judged so, for the verdict."""
    functions = " and ".join(f"`{name}`" for name in sorted(names))
    return f"judged with the course's own {functions} in place of yours"


def said_of_later(names: Iterable[str]) -> str:
    """That it will be judged so, where the notebook can't."""
    functions = " and ".join(f"`{name}`" for name in sorted(names))
    return f"if it is {functions} that costs points here: in grading the course's own takes its place"


def as_data(value: Any) -> Any:
    """An argument as data; of a generator of random numbers, its state."""
    if isinstance(value, np.random.Generator):
        with contextlib.suppress(TypeError):  # of some kinds it is no text
            return {_GENERATOR: json.dumps(value.bit_generator.state)}
    return plain(value)
