"""What an exercise is: the words in which `exercises.py` of a lesson is written.

    relu = Exercise(points=1, groups={"positive": 1, "negative": 1})

    @relu.cases
    def cases(rng):
        yield case("positive", z=rng.uniform(0.1, 2, (3, 2)))
        yield case("negative", z=rng.uniform(-2, -0.1, (2, 3)))

    @relu.mistakes
    def mistakes(z):
        yield "absolute_value", np.abs(z), "Negative inputs come back with their sign turned; cut them off."
        yield "lets_all_pass", z, "Negative inputs come back as they are."

    @relu.answers
    def answers(z):
        yield "with_where", np.where(z > 0, z, 0)

The name of the variable is the name of the exercise and of the function the student writes. The reference
is the solution in the lesson's `lesson.py`. See docs/writing-a-lesson.md.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..student.finding import UNCHANGED
from ..student.sheet import Case, Example
from .yielded import yielded

__all__ = ["UNCHANGED", "Exercise", "case", "draw_seed"]

ANSWER = {"the right values": 1.0}


def case(
    group: str = "", /, call: str = "", part: str | tuple[str, ...] = (), truth: Any = None, **inputs: Any
) -> Case:
    """Inputs for one call, in the order of the function's parameters.

    Args:
        group: the group of points that this case belongs to; empty: all of them.
        call: where an exercise asks for several functions, the one to call; empty: each in turn.
        part: of the parts named by `returns`, the one (or ones) looked at; empty: the one that the group is
            named after, else all.
        truth: what a judge is given as expected, where that is not what the reference returns: it stays with
            whoever judges, while inputs go to the student's process. Of the form of the reference's result.
        **inputs: numbers, text, arrays, and lists and dictionaries of them.
    """
    return Case(inputs, group, truth, call, _words(part))


def draw_seed(rng: np.random.Generator) -> int:
    """A seed for a driver to make its own generator from."""
    return int(rng.integers(2**31))


@dataclass(frozen=True)
class Variant:
    """An implementation for the proof of an exercise: a different right way, or a misconception."""

    name: str
    function: Any
    replaces: tuple[str, ...]  # the functions it stands for; none named: the exercise's first
    edits: bool  # True: called with the reference, it makes the implementation
    hint: str = ""
    loses: tuple[str, ...] = ()  # asserted by the author; none named: worked out by the build
    raises: bool = False
    text: str = ""  # where a generator yields it: the function as a student would write it
    line: int = 0


@dataclass
class Exercise:
    """One exercise: what it asks for, how it is fed and judged, and which answers prove that it judges well.

    Args:
        *functions: the names the student defines; none: the name of the exercise.
        points: what it is worth.
        groups: parts of the points by what they are given for, in words that a student reads.
        returns: what the function returns, where that is several things: the name of each, with its weight.
            Each is then a group, judged for itself. Without weights: names only, and groups apart from them.
        rtol, atol: tolerance of the comparison with the reference, where there is no judge.
        seconds: how long all cases together may take.
        uses: other functions of the student's that the driver needs; they follow the exercise's own.
        builds_on: exercises of the lesson that a student's solution is likely to call.
        picture: of a driver's results, the matrix whose zeros are drawn beside a wrong verdict.
        hints: steps for `hint(f)`, the gentlest first, after those that it finds by itself.
    """

    functions: tuple[str, ...] = ()
    points: float = 0
    groups: dict[str, float] = field(default_factory=dict)
    returns: tuple[str, ...] = ()
    rtol: float = 1e-7
    atol: float = 0.0
    seconds: float = 5.0
    uses: tuple[str, ...] = ()
    builds_on: tuple[str, ...] = ()
    picture: str = ""
    hints: tuple[str, ...] = ()
    name: str = ""

    def __init__(
        self,
        *functions: str,
        points: float = 0,
        groups: dict[str, float] | None = None,
        returns: dict[str, float] | tuple[str, ...] = (),
        **options: Any,
    ) -> None:
        self.functions, self.points, self.returns = functions, points, tuple(returns)
        self.groups = _groups(groups or {}, returns)
        if returns and (len(returns) < 2 or len(functions) > 1):
            raise TypeError("returns= names the parts, two or more, of what one function returns")
        unknown = set(options) - {"rtol", "atol", "seconds", "uses", "builds_on", "picture", "hints"}
        if unknown:
            raise TypeError(f"an exercise has no option {', '.join(sorted(unknown))}")
        for option, value in options.items():
            setattr(self, option, tuple(value) if option in ("uses", "builds_on", "hints") else value)
        self.line = sys._getframe(1).f_lineno
        self.draw: Callable[..., Iterator[Case]] | None = None
        self.drive: Callable[..., Any] | None = None
        self.judge_function: Callable[..., Any] | None = None
        self.misconceptions: list[Variant] = []
        self.accepted: list[Variant] = []
        self.examples: list[Example] = []
        _made.append(self)

    def cases(self, draw: Callable[..., Any]) -> Callable[..., Any]:
        """Decorates the generator of cases: called with a seeded generator, yields `case(…)`.

        With a second parameter it is told whether the cases are hidden ones, for what a public case may give
        away and a hidden one may not.
        """
        self.draw = draw
        return draw

    def driver(self, drive: Callable[..., Any]) -> Callable[..., Any]:
        """Decorates a function that uses the student's functions (first) and a case's inputs (then, by name)
        and returns arrays, numbers and text."""
        self.drive = drive
        return drive

    def judge(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Decorates a generator `(case, result)` of findings: group, held or not, how it failed (in words
        without numbers, by which misconceptions are told apart), and the same with numbers. With a third
        parameter, `expected`, it is given what the reference returns."""
        self.judge_function = function
        return function

    def mistakes(self, generator: Any = None, *, replaces: str = "", each: str = "") -> Any:
        """Decorates a generator of misconceptions that an expression says: `yield "name", result, "hint"`.

        Called with what the student's function is called with. Each yield stands for itself: the others are
        not evaluated where one is. Names and hints are texts, written out.

        Args:
            replaces: of several functions, the one that they stand for.
            each: "g in grads": the function takes a list `grads`; the generator is given one `g` of it.
        """

        def keep(generator: Any) -> Any:
            for one in yielded(generator, ("name", "result", "hint"), each):
                self.misconceptions.append(
                    Variant(
                        one.name,
                        one.function,
                        _words(replaces),
                        False,
                        one.hint,
                        text=one.text,
                        line=one.line,
                    )
                )
            return generator

        return keep if generator is None else keep(generator)

    def answers(self, generator: Any = None, *, replaces: str = "", each: str = "") -> Any:
        """Decorates a generator of accepted variants, `yield "name", result`; see `mistakes`."""

        def keep(generator: Any) -> Any:
            for one in yielded(generator, ("name", "result"), each):
                self.accepted.append(
                    Variant(one.name, one.function, _words(replaces), False, text=one.text, line=one.line)
                )
            return generator

        return keep if generator is None else keep(generator)

    def wrong(
        self,
        hint: str,
        *,
        loses: str | tuple[str, ...] = (),
        replaces: str | tuple[str, ...] = (),
        edits: bool = False,
        raises: bool = False,
    ) -> Callable[[Any], Any]:
        """Decorates a misconception that takes more than an expression: a function or a class.

        Args:
            hint: what was seen and where to look, never the answer.
            loses: the groups it is to lose; none named: the build works them out.
            replaces: of several functions, the one it stands for; of more than one, the decorated function
                is called without arguments and returns them.
            edits: the decorated function is called with the reference and makes the wrong implementation.
            raises: it raises on every case, which is what gives it away.
        """

        def keep(function: Any) -> Any:
            self.misconceptions.append(
                Variant(
                    function.__name__,
                    function,
                    _words(replaces),
                    edits,
                    hint,
                    _words(loses),
                    raises,
                    line=_line_of(function),
                )
            )
            return function

        return keep

    def right(
        self, function: Any = None, *, replaces: str | tuple[str, ...] = (), edits: bool = False
    ) -> Any:
        """Decorates an accepted variant that takes more than an expression: another right way."""

        def keep(function: Any) -> Any:
            self.accepted.append(
                Variant(function.__name__, function, _words(replaces), edits, line=_line_of(function))
            )
            return function

        return keep if function is None else keep(function)

    def small(self, text: str, /, call: str = "", **inputs: Any) -> None:
        """An example to do by hand, shown after three tries, with the expected result and theirs.

        Called several times, it gives several, of which a student sees the first that their function fails.
        Of several functions without a driver, `call` names the one to call; empty: each in turn.
        """
        if not inputs:
            self.examples.append(Example(text))
            return
        each = self.functions if len(self.functions) > 1 and not self.drive and not call else (call,)
        self.examples += [Example(text, Case(inputs, call=name)) for name in each]

    @property
    def all_functions(self) -> tuple[str, ...]:
        """What the driver is called with, before a case's inputs."""
        return self.functions + self.uses


def _groups(groups: dict[str, float], returns: dict[str, float] | tuple[str, ...]) -> dict[str, float]:
    """The groups with their weights: parts that have one, and those apart from them."""
    weighted = returns if isinstance(returns, dict) else {}
    twice = set(weighted) & set(groups)
    if twice:
        raise TypeError(f"{sorted(twice)[0]!r} has a weight in returns= and in groups=")
    return {**weighted, **groups} or dict(ANSWER)


def _words(words: str | tuple[str, ...]) -> tuple[str, ...]:
    return tuple(filter(None, [words])) if isinstance(words, str) else tuple(words)


_made: list[Exercise] = []  # in the order of making, to find exercises that lost their name to another


def collected() -> list[Exercise]:
    """The exercises made since the last call."""
    made = list(_made)
    _made.clear()
    return made


def _line_of(function: Any) -> int:
    try:
        return inspect.getsourcelines(function)[1]
    except (OSError, TypeError):
        return 0
