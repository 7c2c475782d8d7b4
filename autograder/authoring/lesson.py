"""The lessons of a course on disk: their cells and exercises, and the reference solutions in them."""

from __future__ import annotations

import ast
import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from ..errors import LessonError, UnknownLesson
from ..nbgrader.course import Course
from . import slicing
from .exercise import Exercise
from .installing import FOLDED, TAGS, Distribution, install_source
from .loading import load_exercises
from .proof import Sources
from .question import Question

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


def lesson_names(course: Course) -> list[str]:
    """The lessons that are written in a course."""
    return sorted(path.parent.name for path in course.solutions.glob("*/lesson.py"))


def lessons_of(course: Course, names: Iterable[str] = ()) -> list[Lesson]:
    """The lessons named, or all; a number such as 12 names the lesson that begins with it.

    Raises:
        UnknownLesson: there is none of that name.
    """
    known = lesson_names(course)
    return [Lesson(course.solutions / _full_name(name, known)) for name in (list(names) or known)]


def _full_name(name: str, known: list[str]) -> str:
    for full in known:
        if name in (full, full.split("_")[0]):
            return full
    raise UnknownLesson(name, known)


class Lesson:
    """One folder of solutions/: lesson.py, exercises.py and what is built from them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = folder.name
        self.source_path = folder / "lesson.py"
        self.exercises_path = folder / "exercises.py"
        self.notebook_path = folder / f"{folder.name}.ipynb"
        self.checks_path = folder / "checks.json"

    @property
    def state(self) -> str:
        """What stands in the two files that a person writes, as a word that changes with them."""
        written = [path.read_bytes() for path in (self.source_path, self.exercises_path) if path.is_file()]
        return hashlib.sha256(b"\0".join(written)).hexdigest()[:32]

    def error(self, line: int | None, problem: str, remedy: str) -> LessonError:
        """A mistake in lesson.py."""
        return LessonError(self.source_path, line, problem, remedy)

    def exercise_error(self, line: int | None, problem: str, remedy: str) -> LessonError:
        """A mistake in exercises.py."""
        return LessonError(self.exercises_path, line, problem, remedy)

    @cached_property
    def cells(self) -> list[Cell]:
        """Those of lesson.py; before the first of code, the one that installs the course where it is not."""
        cells = list(_cells(self.source_path))
        distribution = Distribution.of(self.folder.parents[1])
        first = next((place for place, cell in enumerate(cells) if cell.kind == "code"), None)
        if distribution and first is not None:
            source = install_source(distribution)
            cells.insert(first, Cell("code", source, cells[first].line, TAGS, FOLDED))
        return cells

    @cached_property
    def title(self) -> str:
        """The first heading."""
        headings = (
            line for cell in self.cells if cell.kind == "markdown" for line in cell.source.splitlines()
        )
        return next((line.lstrip("# ").strip() for line in headings if line.startswith("# ")), self.name)

    @cached_property
    def exercises(self) -> dict[str, Exercise]:
        return self._written[0]

    @cached_property
    def questions(self) -> dict[str, Question]:
        return self._written[1]

    @property
    def written(self) -> tuple[tuple[str, float], ...]:
        """The questions that a person grades, and their points."""
        return tuple(
            (str(cell.metadata.get("name")), float(points))
            for cell in self.cells
            if "written" in cell.tags and isinstance(points := cell.metadata.get("points"), (int, float))
        )

    @cached_property
    def _written(self) -> tuple[dict[str, Exercise], dict[str, Question]]:
        """What exercises.py holds."""
        return load_exercises(self.exercises_path)

    @cached_property
    def statements(self) -> list[slicing.Statement]:
        """What a reference may be made of: everything but demonstrations and checks."""
        found = []
        for cell in self.cells:
            aside = cell.tags & {"demo", "install"}
            if cell.kind == "code" and not aside and not calls_check(cell.source):
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
            raise self.error(line, f"this is not Python: {error.msg}", "Mend the cell.") from None

    def reference(self, exercise: Exercise) -> dict[str, Any]:
        """What the lesson's solution defines for an exercise, made from the statements that it needs."""
        namespace = self.namespace(exercise, exercise.all_functions)
        return {name: namespace[name] for name in exercise.all_functions}

    def namespace(self, exercise: Exercise, names: tuple[str, ...]) -> dict[str, Any]:
        """The names of a notebook in which the lesson's solution has defined these, and what they need."""
        chosen = slicing.needed(self.statements, names)
        lacking = [name for name in names if not any(name in s.binds for s in chosen)]
        if lacking:
            raise self.exercise_error(
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
                raise self.error(
                    statement.line,
                    f"{type(error).__name__}: {error}",
                    "The reference solution must run by itself.",
                ) from error
        return namespace

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
                raise self.exercise_error(
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
