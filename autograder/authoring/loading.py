"""The exercises of an exercises.py: it is run, each is named by its variable, and what one lacks is said."""

from __future__ import annotations

import linecache
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from ..errors import LessonError
from . import exercise as exercise_module
from .exercise import Exercise
from .question import Question


def load_exercises(path: Path) -> tuple[dict[str, Exercise], dict[str, Question]]:
    """The exercises and questions of an exercises.py, named by their variables."""
    if not path.is_file():
        return {}, {}
    exercise_module.collected()
    module = _run(path)
    named = {name: value for name, value in vars(module).items() if isinstance(value, Exercise)}
    for made in exercise_module.collected():
        names = [name for name, value in named.items() if value is made]
        if not names:
            _lost_its_name(path, made, named)
        made.name = names[0]
        made.functions = made.functions or (made.name,)
    _complete(path, named)
    return named, {name: value for name, value in vars(module).items() if isinstance(value, Question)}


def _run(path: Path) -> ModuleType:
    module = ModuleType(f"exercises_of_{path.parent.name}")
    module.__file__ = str(path)
    linecache.checkcache(str(path))
    try:
        exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), vars(module))
    except LessonError:
        raise
    except Exception as error:
        line = getattr(error, "lineno", None) or next(
            (tb.tb_lineno for tb in _frames(error) if tb.tb_frame.f_code.co_filename == str(path)), None
        )
        raise LessonError(
            path, line, f"{type(error).__name__}: {error}", "exercises.py must run by itself."
        ) from error
    return module


def _frames(error: BaseException) -> Iterator[Any]:
    trace = error.__traceback__
    while trace:
        yield trace
        trace = trace.tb_next


def _lost_its_name(path: Path, made: Exercise, named: dict[str, Exercise]) -> None:
    text = path.read_text(encoding="utf-8").split("\n")[made.line - 1]
    name = text.split("=")[0].strip()
    if name in named:
        raise LessonError(
            path,
            named[name].line,
            f"a second exercise is called {name}; the first is in line {made.line}",
            "Give one of them another name.",
        )
    raise LessonError(
        path, made.line, "an exercise has no name", "Assign it to a variable: name = Exercise(points=…)."
    )


def _complete(path: Path, named: dict[str, Exercise]) -> None:
    for made in named.values():
        if not made.points > 0:
            raise LessonError(
                path,
                made.line,
                f"exercise {made.name} has no points",
                "Say what it is worth: Exercise(points=…).",
            )
        if made.draw is None:
            raise LessonError(
                path,
                made.line,
                f"exercise {made.name} has no cases",
                f"Write a generator decorated with @{made.name}.cases.",
            )
        seen: dict[str, int] = {}
        for variant in made.misconceptions + made.accepted:
            strangers = set(variant.loses) - set(made.groups)
            if strangers:
                raise LessonError(
                    path,
                    variant.line,
                    f"{variant.name} loses {strangers.pop()!r}, which is no group of {made.name}",
                    f"Groups: {', '.join(made.groups)}.",
                )
            if variant.name in seen:
                raise LessonError(
                    path,
                    variant.line,
                    f"a second variant of {made.name} is called {variant.name}; the first is in line "
                    f"{seen[variant.name]}",
                    "Give one of them another name.",
                )
            seen[variant.name] = variant.line
