"""A course on disk: its lessons, their cells and exercises, and the reference solutions in them."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

from ..errors import AutograderError, LessonError
from . import exercise as exercise_module
from . import slicing
from .exercise import Exercise
from .proof import Sources

CONFIG = "nbgrader_config.py"
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
QUIET_TENSORFLOW = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0", "CUDA_VISIBLE_DEVICES": "-1"}
CELL_MARKER = re.compile(r"^# %%(?:$|\s)")


@dataclass(frozen=True)
class Cell:
    """One cell of a lesson, with the line of lesson.py at which its text begins."""

    kind: str  # code or markdown
    source: str
    line: int
    tags: frozenset[str] = frozenset()
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_solution(self) -> bool:
        return self.kind == "code" and BEGIN in self.source


@dataclass(frozen=True)
class Course:
    """The folder that holds nbgrader_config.py."""

    root: Path

    @property
    def solutions(self) -> Path:
        return self.root / "solutions"

    @property
    def notebooks(self) -> Path:
        return self.root / "notebooks"

    @property
    def private(self) -> Path:
        """What only the grading machine holds: the secret, the hidden cases."""
        return self.root / ".autograder"

    def lesson_names(self) -> list[str]:
        return sorted(path.parent.name for path in self.solutions.glob("*/lesson.py"))

    def lessons(self, names: tuple[str, ...] = ()) -> list[Lesson]:
        """The lessons named, or all; a number such as 12 names the lesson that begins with it."""
        known = self.lesson_names()
        return [Lesson(self.solutions / self._full_name(name, known)) for name in (names or known)]

    def _full_name(self, name: str, known: list[str]) -> str:
        found = [full for full in known if full == name or full.split("_")[0] == name]
        if found:
            return found[0]
        raise UnknownLesson(name, known)


class UnknownLesson(AutograderError):
    """There is no lesson of that name."""

    exit_code = 2

    def __init__(self, name: str, known: list[str]) -> None:
        super().__init__(name, known)
        self.name, self.known = name, known

    def __str__(self) -> str:
        import difflib

        near = difflib.get_close_matches(self.name, self.known, n=1, cutoff=0.3)
        return f"There is no lesson {self.name!r}." + (
            f" Did you mean {near[0]}?" if near else f" There are: {', '.join(self.known)}."
        )


def find_course(start: Path | None = None) -> Course:
    """The course around a folder: the nearest one upward with an nbgrader_config.py."""
    start = (start or Path.cwd()).resolve()
    for folder in [start, *start.parents]:
        if (folder / CONFIG).is_file():
            return Course(folder)
    raise AutograderError(
        f"No {CONFIG} in {start} or above it. Go to the course's folder, or name it with --course DIR."
    )


class Lesson:
    """One folder of solutions/: lesson.py, exercises.py and what is built from them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = folder.name
        self.source_path = folder / "lesson.py"
        self.exercises_path = folder / "exercises.py"
        self.notebook_path = folder / f"{folder.name}.ipynb"
        self.checks_path = folder / "checks.json"

    @cached_property
    def cells(self) -> list[Cell]:
        return list(_cells(self.source_path))

    @cached_property
    def title(self) -> str:
        """The first heading."""
        headings = (
            line for cell in self.cells if cell.kind == "markdown" for line in cell.source.splitlines()
        )
        return next((line.lstrip("# ").strip() for line in headings if line.startswith("# ")), self.name)

    @cached_property
    def exercises(self) -> dict[str, Exercise]:
        return _exercises(self.exercises_path)

    @cached_property
    def _statements(self) -> list[slicing.Statement]:
        """What a reference may be made of: everything but demonstrations and checks."""
        found = []
        for cell in self.cells:
            if cell.kind == "code" and "demo" not in cell.tags and not calls_check(cell.source):
                found += self.statements_of(cell)
        return found

    def statements_of(self, cell: Cell) -> list[slicing.Statement]:
        """The top-level statements of a code cell, with their lines in lesson.py."""
        self.parsed(cell)
        return slicing.statements(slicing.without_magics(cell.source), cell.line)

    def parsed(self, cell: Cell) -> ast.Module:
        """A code cell as Python reads it."""
        try:
            return ast.parse(slicing.without_magics(cell.source))
        except SyntaxError as error:
            line = cell.line + (error.lineno or 1) - 1
            raise LessonError(
                self.source_path, line, f"this is not Python: {error.msg}", "Mend the cell."
            ) from None

    def reference(self, exercise: Exercise) -> dict[str, Any]:
        """What the lesson's solution defines for an exercise, made from the statements that it needs."""
        chosen = slicing.needed(self._statements, exercise.all_functions)
        lacking = [name for name in exercise.all_functions if not any(name in s.binds for s in chosen)]
        if lacking:
            raise LessonError(
                self.exercises_path,
                exercise.line,
                f"exercise {exercise.name} has no solution: no cell of lesson.py defines {lacking[0]}",
                f"Write a cell that defines {lacking[0]} between {BEGIN} and {END}, and is not tagged demo.",
            )
        for name, value in QUIET_TENSORFLOW.items():  # where a solution imports it
            os.environ.setdefault(name, value)
        namespace: dict[str, Any] = {"__name__": f"reference_{self.name}"}
        for statement in chosen:
            padding = "\n" * (statement.line - 1)  # so that a traceback names the line of lesson.py
            try:
                exec(compile(padding + statement.source, str(self.source_path), "exec"), namespace)
            except Exception as error:
                raise LessonError(
                    self.source_path,
                    statement.line,
                    f"{type(error).__name__}: {error}",
                    "The reference solution must run by itself.",
                ) from error
        return {name: namespace[name] for name in exercise.all_functions}

    def sources(self, exercise: Exercise) -> Sources:
        """Driver and judge of an exercise as text, each with the helpers it needs."""
        return Sources(
            self.travelling(exercise.drive, "drive") if exercise.drive else "",
            self.travelling(exercise.judge_function, "judge") if exercise.judge_function else "",
        )

    def travelling(self, function: Any, name: str, text: str = "") -> str:
        """A function of exercises.py as text, under another name, with all that it needs.

        Where a generator of variants made the function, its text is given.
        """
        import inspect
        import textwrap

        lines = textwrap.dedent(text or inspect.getsource(function)).split("\n")
        start = next(i for i, line in enumerate(lines) if line.startswith("def "))
        own = re.sub(r"^def \w+", f"def {name}", "\n".join(lines[start:]).rstrip())
        pool = slicing.statements(self.exercises_path.read_text(encoding="utf-8"))
        (root,) = slicing.statements(own)
        chosen = slicing.needed(pool, root.uses - {"np"})
        for statement in chosen:
            for stranger in sorted(statement.binds & set(self.exercises)):
                raise LessonError(
                    self.exercises_path,
                    function.__code__.co_firstlineno,
                    f"a driver or judge uses {stranger}, an exercise, which does not travel to students",
                    "Take what it needs as a parameter, or from the case.",
                )
        return "\n".join([*(s.source for s in chosen), own]) + "\n"


def calls_check(source: str) -> bool:
    """Whether a cell is one that calls check(…)."""
    return re.search(r"^check\(", source, re.MULTILINE) is not None


def _cells(path: Path) -> Iterator[Cell]:
    """The cells of a percent script. jupytext reads them; the lines are those of the markers."""
    import jupytext

    text = path.read_text(encoding="utf-8")
    notebook = jupytext.reads(text, fmt="py:percent")
    lines = [number for number, line in enumerate(text.splitlines(), 1) if CELL_MARKER.match(line)]
    if len(lines) != len(notebook.cells):
        raise LessonError(
            path,
            1,
            f"{len(lines)} cell markers, but {len(notebook.cells)} cells",
            "Begin every cell with a line '# %%'.",
        )
    for line, cell in zip(lines, notebook.cells, strict=True):
        metadata = dict(cell.metadata)
        yield Cell(cell.cell_type, cell.source, line + 1, frozenset(metadata.pop("tags", [])), metadata)


def _exercises(path: Path) -> dict[str, Exercise]:
    """The exercises of an exercises.py, named by their variables."""
    if not path.is_file():
        return {}
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
    return named


def _run(path: Path) -> ModuleType:
    import linecache

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
