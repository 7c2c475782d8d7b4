"""Small lessons, made where a test runs, and a notebook to try them in."""

from __future__ import annotations

import ast
import linecache
import logging
import os
import random
import sys
import textwrap
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograder
from autograder.authoring import exercise as exercises
from autograder.authoring.exercise import Exercise
from autograder.authoring.proof import Sources, draw_sheet
from autograder.student import checks_file, diary
from autograder.student import notebook as checking
from autograder.student import sheet as sheets
from autograder.student.sheet import LessonSheet
from autograder.student.verdict import Verdict

os.environ[diary.FOLDER] = ""  # whoever runs the tests may learn here, too


class Notebook:
    """Runs cells in one namespace, as a kernel does in the folder of a lesson."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {
            "__name__": "__main__",
            "check": autograder.check,
            "hint": autograder.hint,
            "use_mine": autograder.use_mine,
            "progress": autograder.progress,
            "quiz": autograder.quiz,
            "solution": autograder.solution,
            "np": np,
            "In": [""],
        }
        self.cells = 0

    def run(self, source: str) -> Any:
        """Runs a cell; the value of its last expression, if it ends in one."""
        self.cells += 1
        self.names["In"].append(textwrap.dedent(source))
        tree = ast.parse(textwrap.dedent(source))
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        place = f"<ipython-input-{self.cells}>"
        lines = textwrap.dedent(source).splitlines(keepends=True)
        linecache.cache[place] = (len(source), None, lines, place)  # so that tracebacks show the line
        exec(compile(tree, place, "exec"), self.names)
        return eval(compile(ast.Expression(last.value), place, "eval"), self.names) if last else None

    def check(self, *names: str) -> Verdict:
        """Runs a cell with a check, and sees that it left everything as it was."""
        before = state()
        verdict = self.run(f"check({', '.join(names)})")
        assert state() == before
        assert np.isfinite(float(verdict)) and repr(verdict) == str(verdict)
        return verdict

    def answer(self, source: str, name: str = "double") -> Verdict:
        """Runs a cell that defines an answer, then the check under it."""
        self.run(source)
        return self.check(name)


def state() -> dict[str, Any]:
    """What a check leaves as it was."""
    return {
        "numpy's random numbers": np.random.get_state()[1].tolist(),  # noqa: NPY002
        "python's random numbers": random.getstate(),
        "print options": np.get_printoptions(),
        "numpy's errors": np.geterr(),
        "logging": (logging.root.manager.disable, logging.root.level, list(logging.root.handlers)),
        "streams": (sys.stdout, sys.stderr),
        "warnings": list(warnings.filters),
        "folder": os.getcwd(),
    }


@pytest.fixture
def notebook() -> Notebook:
    """An empty notebook."""
    return Notebook()


def sheet_of(
    made: Exercise,
    reference: dict[str, Any],
    name: str = "double",
    seed: int = 1,
    public: sheets.Sheet | None = None,
    **sources: str,
) -> sheets.Sheet:
    """The sheet of an exercise that a test made; drivers and judges as text, which also defines them."""
    exercises.collected()  # the list of exercises just made is for whoever loads a lesson
    made.name, made.functions = name, made.functions or (name,)
    for kind, source in sources.items():
        names: dict[str, Any] = {"np": np}
        exec(source, names)
        setattr(made, {"driver": "drive", "judge": "judge_function"}[kind], names[_defined(source)])
    return draw_sheet(made, reference, Sources(**sources), seed, public)


def _defined(source: str) -> str:
    return ast.parse(source).body[-1].name


@pytest.fixture
def lesson(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Makes a lesson of some sheets in a folder of its own and goes there; earlier checks are forgotten."""
    for memory in ("_loaded", "_last", "_judged", "_tries"):
        monkeypatch.setattr(checking, memory, {})
    monkeypatch.setattr(diary, "_own", None)
    monkeypatch.chdir(tmp_path)

    def make(*made: sheets.Sheet) -> Path:
        path = tmp_path / "checks.json"
        path.write_text(
            checks_file.dump(LessonSheet("01_small", "A small lesson", {one.name: one for one in made}))
        )
        return path

    return make


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A learner's diary, though these tests have loaded what no learner has: where it lies."""
    monkeypatch.setattr(diary, "ROOMS_OF_OTHERS", ())
    monkeypatch.setattr(diary, "_own", None)
    monkeypatch.delenv("STATIC_FIGURES", raising=False)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.setenv(diary.FOLDER, str(tmp_path / "data"))
    return tmp_path / "data" / diary.FILE_NAME


def seconds_of(work: Callable[[], Any]) -> float:
    """How much of a processor's time it takes: what a clock on the wall says, others decide too."""
    started = time.process_time()
    work()
    return time.process_time() - started
