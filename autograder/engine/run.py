"""`autograder grade`: every submission of a course's assignments, marked and entered, once.

The one writer of gradebook, folders and records is here. A submission's marks go to the gradebook first and
its record is kept last: a run that is killed in between does that submission again, to the same marks.
"""

from __future__ import annotations

import ast
import errno
import hashlib
import importlib.util
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..authoring import hidden, slicing
from ..authoring.lesson import CONFIG, Course, UnknownLesson
from ..errors import AutograderError
from ..nbgrader.bridge import Ledger
from ..nbgrader.records import Assignment, Book, Mark, Submission
from ..student import sheet as sheets
from . import pool, submissions
from .inside.sandbox import Limits, missing
from .records import Records, alone

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
        setup = pool.Setup(wish.limits, wish.sandbox)
        crew = [] if wish.scheduler else pool.hired(setup, wish.jobs or os.cpu_count() or 1)
        try:
            ledger = Ledger(course)
            try:
                return _Run(course, wish, ledger, setup, crew, tell).whole()
            finally:
                ledger.close()
        finally:
            pool.dismissed(crew)


class _Run:
    def __init__(
        self,
        course: Course,
        wish: Wish,
        ledger: Ledger,
        setup: pool.Setup,
        crew: list[Any],
        tell: Callable[[Step], None],
    ) -> None:
        self.course, self.wish, self.ledger, self.tell = course, wish, ledger, tell
        self.setup, self.crew = setup, crew
        self.records = Records(course.private / "records")
        self.results: list[dict[str, Any]] = []
        self.keys: dict[tuple[str, str], str] = {}
        self.total = 0

    def whole(self) -> dict[str, Any]:
        folders = {name: self._folders(name) for name in self._names()}
        self._must_exist(folders)
        self.total = sum(map(len, folders.values()))
        batch: list[tuple[Assignment, Submission, Mark]] = []
        began = time.monotonic()
        marks = self._marked(self._waiting(folders))
        try:
            for (assignment, submission), mark in marks:
                batch.append((assignment, submission, mark))
                if len(batch) >= BATCH or time.monotonic() - began > BATCH_SECONDS:
                    self._enter(batch, folders)
                    batch, began = [], time.monotonic()
        finally:
            marks.close()
            self._enter(batch, folders)
        for name in folders:
            self._with_scores_of_the_gradebook(name)
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

    def _waiting(self, folders: dict[str, dict[str, Path]]) -> Iterator[pool.Task]:
        """What is to be marked, assignment by assignment; what is known already is told and left out."""
        names = [name for name in folders if folders[name]]
        sources = {name: Sources(self.ledger.source_folder(name)) for name in names}
        for heavy in (False, True):  # one warm process for what needs TensorFlow, one for the rest
            alike = [name for name in names if sources[name].heavy == heavy]
            modules = {module for name in alike for module in sources[name].modules}
            for name in alike:
                yield from self._waiting_of(
                    prepared(self.course, self.ledger, sources[name], modules), folders
                )

    def _waiting_of(self, assignment: Assignment, folders: dict[str, dict[str, Path]]) -> Iterator[pool.Task]:
        name = assignment.name
        state = hashlib.sha256(f"{VERSION} {assignment.digest} {self.wish.limits}".encode()).hexdigest()
        done = set() if self.wish.regrade else self.ledger.graded_already(name)
        for student, folder in folders[name].items():
            submission = submissions.read(student, name, folder, self.ledger.files_of(folder))
            key = hashlib.sha256(f"{state} {submission.digest}".encode()).hexdigest()
            known = None if self.wish.regrade else self.records.result(name, student, key)
            if known and (student in done or known["status"] == "failed"):
                self._say(known, fresh=False)
                continue
            self.keys[name, student] = key
            yield assignment, submission

    def _marked(self, waiting: Iterator[pool.Task]) -> Iterator[tuple[pool.Task, Mark]]:
        if self.wish.scheduler:
            return pool.on_a_cluster(self.wish.scheduler, waiting, self.setup)
        return pool.on_this_machine(waiting, self.setup, self.crew)

    def _enter(
        self, batch: list[tuple[Assignment, Submission, Mark]], folders: dict[str, dict[str, Path]]
    ) -> None:
        """Folders, then the gradebook, then the records: what is recorded is entered."""
        try:
            for assignment in dict.fromkeys(id(a) for a, _, _ in batch):
                part = [(a, s, m) for a, s, m in batch if id(a) == assignment]
                name, files = part[0][0].name, part[0][0].files
                times = {submission.student: submission.timestamp for _, submission, _ in part}
                filed = [self._filed(mark, folders[name][mark.student], files) for _, _, mark in part]
                for mark in self._entered(name, filed, times):
                    result = as_result(mark)
                    if not mark.ours:
                        self.records.keep(name, mark.student, self.keys[name, mark.student], result)
                    self._say(result, fresh=True)
        except OSError as error:
            raise AutograderError(
                f"The results could not be written: {error}. The gradebook is whole; make room and run the "
                "same command again."
            ) from error

    def _filed(self, mark: Mark, submitted: Path, overwriting: dict[str, bytes]) -> Mark:
        """Writes the executed notebook; one that can't be written concerns only its own submission."""
        if mark.ours:
            return mark
        try:
            self.ledger.write_folder(mark, submitted, overwriting)
        except (OSError, ValueError) as error:
            if isinstance(error, OSError) and error.errno in _NO_ROOM:
                raise
            return _failure_of(mark, error)
        return mark

    def _entered(self, name: str, marks: list[Mark], times: dict[str, str | None]) -> list[Mark]:
        """Enters marks together; where that fails, one by one, so that one does not hold up the others."""
        ours = [mark for mark in marks if not mark.ours]
        try:
            self.ledger.write(name, ours, times)
            return marks
        except (KeyError, ValueError, TypeError) as error:
            if len(ours) == 1:
                return [mark if mark.ours else _failure_of(mark, error) for mark in marks]
        return [entered for mark in marks for entered in self._entered(name, [mark], times)]

    def _say(self, result: dict[str, Any], *, fresh: bool) -> None:
        self.results.append(result)
        self.tell(Step(len(self.results), self.total, result, fresh))

    def _with_scores_of_the_gradebook(self, name: str) -> None:
        """A manual score or a penalty counts in the score that is reported."""
        scores = self.ledger.scores(name)
        for result in self.results:
            if result["lesson"] == name and result["status"] != "failed" and result["student"] in scores:
                score, penalty = scores[result["student"]]
                result["score"] = round(score, 4)
                if penalty:
                    late = f"handed in late, which costs {penalty:g} points"
                    result["reason"] = "; ".join(filter(None, [result["reason"], late]))


def _failure_of(mark: Mark, error: Exception) -> Mark:
    return pool.failed(Submission(mark.student, mark.assignment), f"{type(error).__name__}: {error}")


_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.EMFILE}


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


class Sources:
    """The instructor's notebooks of an assignment."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.name = folder, folder.name
        self.cells = {path.stem: _source_cells(path) for path in sorted(folder.glob("*.ipynb"))}
        self.modules = {module for cells in self.cells.values() for module in _imported(cells)}

    @property
    def heavy(self) -> bool:
        return bool({module.split(".")[0] for module in self.modules} & {"tensorflow", "keras"})


def prepared(course: Course, ledger: Ledger, sources: Sources, modules: set[str]) -> Assignment:
    """All that workers need for an assignment; for a lesson of ours with its hidden cases."""
    checks, counts = _with_hidden_cases(course, sources.folder, sources.name)
    shown = _folders_of({"autograder", *modules})
    return Assignment(
        name=sources.name,
        books={
            key: _with_demos(book, sources.cells.get(key, []), bool(checks))
            for key, book in ledger.books(sources.name).items()
        },
        checks=checks,
        public_counts=counts,
        files=ledger.overwriting_files(sources.name),
        modules=tuple(sorted(modules)),
        readable=tuple(sorted({sys.prefix, sys.base_prefix, *shown})),
        rehearsal=_rehearsal(sources) if checks else (),
        config=(course.root / CONFIG).read_text(encoding="utf-8"),
    )


def _with_hidden_cases(course: Course, folder: Path, name: str) -> tuple[str, dict[str, int]]:
    path = folder / sheets.FILE_NAME
    if not path.is_file():
        return "", {}
    public = sheets.load(path)
    if (folder / "exercises.py").is_file():
        secret = hidden.hidden_sheets(course, course.lessons((name,))[0])
        whole = {key: sheets.joined(one, secret.sheets[key]) for key, one in public.sheets.items()}
    else:
        whole = public.sheets
    counts = {key: len(one.cases) for key, one in public.sheets.items()}
    return sheets.dump(replace(public, sheets=whole)), counts


def _source_cells(path: Path) -> list[dict]:
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


def _rehearsal(sources: Sources) -> tuple[str, ...]:
    """The cells that every submission has to run, with the instructor's answers."""
    return tuple(
        cell["source"]
        for cells in sources.cells.values()
        for cell in cells
        if cell["cell_type"] == "code" and "demo" not in cell["metadata"].get("tags", [])
    )


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


def _folders_of(modules: set[str]) -> set[str]:
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
