"""Throwaway courses with one lesson and a class, and the two graders that are set to work in them."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from autograder.authoring.lesson import lessons_of
from autograder.classroom import sample
from autograder.engine.prepare import InstructorsNotebooks, prepare
from autograder.engine.warm import QUIET
from autograder.nbgrader import cells
from autograder.nbgrader.course import CONFIG, Course
from autograder.nbgrader.gradebook import Gradebook

ROOT = Path(__file__).resolve().parents[1]
Scores = dict[tuple[str, str], float | None]  # by student and graded cell


@dataclass
class Stock:
    """What `nbgrader autograde` took."""

    whole: float
    warm: float  # from the first submission on, without the command's own start
    scores: Scores


@dataclass
class Ours:
    """What `autograder grade` took: when each mark came, and what the orchestrating process held then."""

    arrivals: list[float]
    end: float
    held: list[int]
    peak: int
    scores: Scores

    def seconds_each(self, jobs: int) -> float:
        """Seconds per submission once every worker is warm, until all is written and the workers are gone."""
        return (self.end - self.arrivals[jobs - 1]) / (len(self.arrivals) - jobs)


class Room:
    """A lesson, ready to be graded: gradebook and hidden cases are made. Every run gets a copy of it."""

    def __init__(self, lesson: str, scratch: Path) -> None:
        self.lesson, self.scratch = lesson, scratch
        self.master = scratch / "masters" / lesson
        self.master.mkdir(parents=True)
        shutil.copy(ROOT / CONFIG, self.master)
        shutil.copytree(ROOT / "solutions" / lesson, self.master / "solutions" / lesson)
        gradebook = Gradebook(Course(self.master))
        sources = InstructorsNotebooks(gradebook.folders.source_folder(lesson))
        self.left_out = (
            prepare(Course(self.master), gradebook, sources, sources.modules).notebooks[lesson].left_out
        )
        gradebook.close()

    @cached_property
    def answers(self) -> list[bytes]:
        """The reference solutions, then one answer replaced by a misconception or by another right way."""
        (lesson,) = lessons_of(Course(self.master), (self.lesson,))
        return [sample.notebook_of(lesson), *(one.notebook for one in sample.answers_to(lesson))]

    def _without_demos(self, notebook: bytes) -> bytes:
        """Without the cells that our engine would leave out: for both contestants the same notebooks."""
        made = json.loads(notebook)
        made["cells"] = [cell for cell in made["cells"] if cells.grade_id(cell) not in self.left_out]
        return json.dumps(made).encode()

    def some(self, distinct: int, count: int, demos: bool = False) -> dict[str, bytes]:
        """Submissions by student, the same few notebooks in turn."""
        made = self.answers[:distinct]
        made = made if demos else [self._without_demos(notebook) for notebook in made]
        return {f"student{k:04d}": made[k % distinct] for k in range(count)}

    @contextmanager
    def handed_in(self, by_student: dict[str, bytes], **files: dict[str, str]) -> Iterator[Path]:
        """A copy of the course with these submissions; gone afterwards."""
        with tempfile.TemporaryDirectory(dir=self.scratch, ignore_cleanup_errors=True) as folder:
            course = Path(folder, "course")
            shutil.copytree(self.master, course)
            for student, notebook in by_student.items():
                own = course / "submitted" / student / self.lesson
                own.mkdir(parents=True)
                (own / f"{self.lesson}.ipynb").write_bytes(notebook)
                for name, text in files.get(student, {}).items():
                    (own / name).parent.mkdir(parents=True, exist_ok=True)
                    (own / name).write_text(text, encoding="utf-8")
            yield course

    def stock(self, course: Path, *options: str) -> Stock:
        """Grades a copy with nbgrader's own command, with nobody's settings of Jupyter."""
        folders = {name: str(self.scratch / "jupyter" / name) for name in _JUPYTER}
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
        quiet = {"JUPYTER_CONFIG_PATH": "", "PYTHONWARNINGS": "ignore", "TF_CPP_MIN_LOG_LEVEL": "3"}
        command = [sys.executable, "-m", "nbgrader", "autograde", self.lesson, *options]
        began, first = time.monotonic(), None
        with subprocess.Popen(
            command,
            cwd=course,
            env={**os.environ, **folders, **quiet, "PATH": path},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        ) as process:
            for line in process.stderr:
                if first is None and "Sanitizing" in line:
                    first = time.monotonic()
        end = time.monotonic()
        return Stock(end - began, end - (first or began), scores_in(course))

    def ours(self, course: Path, jobs: int) -> Ours:
        """Grades a copy with our engine, in a process that notes when marks come."""
        told = _output_of("bench.inside", "engine", str(course), self.lesson, str(jobs))
        return Ours(**told, scores=scores_in(course))

    def cold(self, course: Path) -> float:
        """Seconds of the whole command `autograder grade`."""
        began = time.monotonic()
        _output_of("autograder", "--course", str(course), "grade", self.lesson, "--jobs", "1", "--json")
        return time.monotonic() - began

    def bare(self, course: Path) -> list[tuple[float, float]]:
        """Seconds that cells, and calls of functions on all cases, take in plain Python; by submission."""
        return _output_of("bench.inside", "bare", str(course), self.lesson, **QUIET)

    def phases(self, course: Path) -> dict[str, float]:
        """Seconds a submission, step by step."""
        return _output_of("bench.inside", "phases", str(course), self.lesson)


def _output_of(*command: str, **environment: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"bench: {command[0]} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout)


def scores_in(course: Path) -> Scores:
    """What the gradebook says, whoever wrote it."""
    with closing(sqlite3.connect(course / "gradebook.db")) as book:
        rows = book.execute(
            "select handed.student_id, cell.name, grade.auto_score from grade"
            " join base_cell as cell on cell.id = grade.cell_id"
            " join submitted_notebook as notebook on notebook.id = grade.notebook_id"
            " join submitted_assignment as handed on handed.id = notebook.assignment_id"
        )
        return {(student, cell): score for student, cell, score in rows}


_JUPYTER = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
