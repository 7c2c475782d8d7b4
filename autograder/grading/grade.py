"""`autograder grade`: every submission of a course's assignments, marked and entered, once.

The one writer of gradebook, folders and records is here. A submission's marks go to the gradebook first and
its record is kept last: a run that is killed in between does that submission again, to the same marks.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .. import hidden, slicing
from .. import sheet as sheets
from ..bridge import Ledger
from ..course import CONFIG, Course, UnknownLesson
from ..errors import AutograderError
from . import pool, submissions
from .assignment import Assignment, Book, Mark, Submission
from .records import Records, alone
from .sandbox import Limits, missing

VERSION = "1"  # of the engine: another one grades anew
BATCH = 25
BATCH_SECONDS = 2.0


class NoSandbox(AutograderError):
    """This platform can't confine strangers' code."""

    def __init__(self, lacking: str) -> None:
        super().__init__(lacking)
        self.lacking = lacking

    def __str__(self) -> str:
        return (
            f"Strangers' code can't be confined here: {self.lacking}.\n"
            "    With --no-sandbox it runs with your rights: it can read and change your files."
        )


@dataclass(frozen=True)
class Wish:
    """What is to be graded, and how."""

    lessons: tuple[str, ...] = ()
    submitted: Path | None = None
    students: tuple[str, ...] = ()
    jobs: int = 0
    limits: Limits = Limits()
    regrade: bool = False
    sandbox: bool = True
    scheduler: str = ""


@dataclass(frozen=True)
class Step:
    """One submission is done: for whoever shows the progress."""

    done: int
    total: int
    result: dict[str, Any]
    fresh: bool


def grade(course: Course, wish: Wish, tell: Callable[[Step], None] = lambda _: None) -> dict[str, Any]:
    """Grades what is not graded yet; the results of everything asked for, new or not."""
    if wish.sandbox and (lacking := missing()):
        raise NoSandbox(lacking)
    with alone(course.private):
        ledger = Ledger(course)
        try:
            return _Run(course, wish, ledger, tell).whole()
        finally:
            ledger.close()


class _Run:
    def __init__(self, course: Course, wish: Wish, ledger: Ledger, tell: Callable[[Step], None]) -> None:
        self.course, self.wish, self.ledger, self.tell = course, wish, ledger, tell
        self.records = Records(course.private / "records")
        self.results: list[dict[str, Any]] = []
        self.total = 0

    def whole(self) -> dict[str, Any]:
        names = self._names()
        folders = {name: self._folders(name) for name in names}
        self._must_exist(folders)
        self.total = sum(map(len, folders.values()))
        for name in names:
            if folders[name]:
                self._assignment(name, folders[name])
        failures = sum(result["status"] == "failed" for result in self.results)
        return {"lessons": self.results, "failures": failures}

    def _names(self) -> list[str]:
        known = self.ledger.assignments()
        chosen = []
        for wanted in self.wish.lessons or known:
            found = [name for name in known if wanted in (name, name.split("_")[0])]
            if not found:
                raise UnknownLesson(wanted, known)
            chosen.append(found[0])
        return list(dict.fromkeys(chosen))

    def _folders(self, name: str) -> dict[str, Path]:
        found = self.ledger.submitted_folders(name, self.wish.submitted)
        wanted = self.wish.students
        return {student: path for student, path in found.items() if not wanted or student in wanted}

    def _must_exist(self, folders: dict[str, dict[str, Path]]) -> None:
        found = {student for by_student in folders.values() for student in by_student}
        strangers = [student for student in self.wish.students if student not in found]
        if strangers:
            raise AutograderError(f"Nothing was handed in by {', '.join(strangers)}.")
        if not found:
            where = self.wish.submitted or self.ledger.folders.submitted_directory
            raise AutograderError(
                f"There is nothing to grade in {where}: submissions lie in <student>/<lesson>/<lesson>.ipynb."
            )

    def _assignment(self, name: str, folders: dict[str, Path]) -> None:
        assignment = prepared(self.course, self.ledger, name)
        state = hashlib.sha256(f"{VERSION} {assignment.digest} {self.wish.limits}".encode()).hexdigest()
        done = set() if self.wish.regrade else self.ledger.graded_already(name)
        keys: dict[str, str] = {}

        def waiting() -> Iterator[Submission]:
            for student, folder in folders.items():
                submission = submissions.read(student, name, folder, self.ledger.files_of(folder))
                key = hashlib.sha256(f"{state} {submission.digest}".encode()).hexdigest()
                known = self.records.result(name, student, key)
                if known and not self.wish.regrade and (student in done or known["status"] == "failed"):
                    self._say(known, fresh=False)
                    continue
                keys[student] = key
                yield submission

        batch: list[tuple[Submission, Mark]] = []
        began = time.monotonic()
        marks = self._marked(assignment, waiting())
        try:
            for submission, mark in marks:
                batch.append((submission, mark))
                if len(batch) >= BATCH or time.monotonic() - began > BATCH_SECONDS:
                    self._enter(assignment, batch, folders, keys)
                    batch, began = [], time.monotonic()
        finally:
            marks.close()
            self._enter(assignment, batch, folders, keys)
        self._with_scores_of_the_gradebook(name)

    def _marked(
        self, assignment: Assignment, waiting: Iterator[Submission]
    ) -> Iterator[tuple[Submission, Mark]]:
        setup = pool.Setup(self.wish.limits, self.wish.sandbox)
        if self.wish.scheduler:
            return pool.on_a_cluster(self.wish.scheduler, assignment, waiting, setup)
        return pool.on_this_machine(assignment, waiting, setup, self.wish.jobs or os.cpu_count() or 1)

    def _enter(
        self,
        assignment: Assignment,
        batch: list[tuple[Submission, Mark]],
        folders: dict[str, Path],
        keys: dict[str, str],
    ) -> None:
        ours = [(submission, mark) for submission, mark in batch if not mark.ours]
        try:
            for _, mark in ours:
                self.ledger.write_folder(mark, folders[mark.student], assignment.files)
            self.ledger.write(
                assignment.name, [mark for _, mark in ours], {s.student: s.timestamp for s, _ in ours}
            )
            for submission, mark in batch:
                result = as_result(mark)
                if not mark.ours:
                    self.records.keep(assignment.name, mark.student, keys[submission.student], result)
                self._say(result, fresh=True)
        except OSError as error:
            raise AutograderError(
                f"The results could not be written: {error}. Nothing of the gradebook is lost; make room and "
                "run the same command again."
            ) from error

    def _say(self, result: dict[str, Any], *, fresh: bool) -> None:
        self.results.append(result)
        self.tell(Step(len(self.results), self.total, result, fresh))

    def _with_scores_of_the_gradebook(self, name: str) -> None:
        """A manual score or a penalty counts in the score that is reported."""
        scores = self.ledger.scores(name)
        for result in self.results:
            if result["lesson"] == name and result["status"] != "failed" and result["student"] in scores:
                result["score"] = round(scores[result["student"]], 4)


def as_result(mark: Mark) -> dict[str, Any]:
    """A mark as `--json` prints it."""
    return {
        "lesson": mark.assignment,
        "student": mark.student,
        "score": round(sum(e.points or 0.0 for e in mark.exercises), 4),
        "max_score": sum(e.max_points for e in mark.exercises),
        "status": mark.status,
        "reason": mark.reason,
        "seconds": mark.seconds,
        "sealed": mark.sealed and mark.sandboxed,
        "exercises": [
            {
                "name": e.name,
                "points": e.points,
                "max_points": e.max_points,
                "misconception": e.misconception,
                "hint": e.hint,
                "sealed": e.sealed and mark.sandboxed,
            }
            for e in mark.exercises
        ],
    }


def prepared(course: Course, ledger: Ledger, name: str) -> Assignment:
    """All that workers need for an assignment; for a lesson of ours with its hidden cases."""
    books = ledger.books(name)
    folder = ledger.source_folder(name)
    cells = {
        book: _source_cells(folder / f"{book}.ipynb")
        for book in books
        if (folder / f"{book}.ipynb").is_file()
    }
    modules = sorted({module for found in cells.values() for module in _imported(found)})
    checks, counts = _with_hidden_cases(course, folder, name)
    return Assignment(
        name=name,
        books={key: _with_demos(book, cells.get(key, []), bool(checks)) for key, book in books.items()},
        checks=checks,
        public_counts=counts,
        files=ledger.overwriting_files(name),
        modules=tuple(modules),
        readable=tuple(sorted({sys.prefix, sys.base_prefix, *_folders_of(["autograder", *modules], course)})),
        config=(course.root / CONFIG).read_text(encoding="utf-8"),
    )


def _with_hidden_cases(course: Course, folder: Path, name: str) -> tuple[str, dict[str, int]]:
    path = folder / sheets.FILE_NAME
    if not path.is_file():
        return "", {}
    public = sheets.load(path)
    if (folder / "exercises.py").is_file():
        secret = hidden.hidden_sheets(course, course.lessons((name,))[0])
        whole = {key: hidden.joined(one, secret.sheets[key]) for key, one in public.sheets.items()}
    else:
        whole = public.sheets
    counts = {key: len(one.cases) for key, one in public.sheets.items()}
    return sheets.dump(replace(public, sheets=whole)), counts


def _source_cells(path: Path) -> list[dict]:
    import json

    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [{**cell, "source": "".join(cell["source"])} for cell in cells]


def _with_demos(book: Book, cells: list[dict], ours: bool) -> Book:
    """Marks the demonstrations, and locked cells that would lack what only those define."""
    if not ours:
        return book
    left_out: set[str] = set()
    bound: set[str] = set()
    from_demos: set[str] = set()
    for cell in cells:
        if cell["cell_type"] != "code":
            continue
        meta = cell["metadata"].get("nbgrader", {})
        statements = _statements(cell["source"])
        binds = {name for s in statements for name in s.binds}
        uses = {name for s in statements for name in s.uses}
        locked = not meta.get("solution") and not meta.get("grade")
        demo = "demo" in cell["metadata"].get("tags", [])
        if meta.get("grade_id") and locked and (demo or (uses - binds) & (from_demos - bound)):
            left_out.add(meta["grade_id"])
            from_demos |= binds
        else:
            bound |= binds
    return replace(book, left_out=frozenset(left_out), left_out_names=frozenset(from_demos - bound))


def _statements(source: str) -> list[slicing.Statement]:
    try:
        return slicing.statements(slicing.without_magics(source))
    except (SyntaxError, ValueError):
        return []


def _imported(cells: list[dict]) -> set[str]:
    """The modules that a notebook imports."""
    found: set[str] = set()
    for cell in cells:
        if cell["cell_type"] != "code":
            continue
        try:
            tree = ast.parse(slicing.without_magics(cell["source"]))
        except (SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module)
    return found


def _folders_of(modules: list[str], course: Course) -> set[str]:
    """Where modules lie that are not among the interpreter's: they must be shown to the student's process."""
    found = set()
    for name in {module.split(".")[0] for module in modules}:
        try:
            spec = importlib.util.find_spec(name)
        except (ImportError, ValueError):
            spec = None
        places = list(spec.submodule_search_locations or [spec.origin]) if spec else []
        for place in filter(None, places):
            if os.path.isabs(place) and not place.startswith((sys.prefix + os.sep, sys.base_prefix + os.sep)):
                found.add(place)
    return found


def limits_from(timeout: float | None, memory: int | None) -> Limits:
    """The usual limits with what the instructor changed."""
    usual = Limits()
    cell = timeout or usual.cell_seconds
    return replace(
        usual,
        cell_seconds=cell,
        seconds=max(usual.seconds, 2 * cell),
        memory=(memory << 20) if memory else usual.memory,
    )
