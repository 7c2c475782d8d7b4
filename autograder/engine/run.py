"""`autograder grade`: every submission of a course's assignments, marked and entered, once.

The one writer of gradebook, folders and records is here. A submission's marks go to the gradebook first and
its record is kept last: a run that is killed in between does that submission again, to the same marks.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import AutograderError
from ..nbgrader import cells
from ..nbgrader.course import Course
from ..nbgrader.extensions import Extensions
from ..nbgrader.gradebook import Grade, Gradebook
from ..nbgrader.records import Assignment, Mark, Submission
from . import canary, cgroup, cluster, pool, submissions
from .alone import alone, alone_with
from .canary import ClassFailures
from .entering import Entering
from .failures import Failures
from .options import Options, named, usual_jobs
from .prepare import InstructorsNotebooks, prepare
from .records import Records
from .sandbox import NoSandbox, missing, missing_for_fence
from .worker import Setup, Task

VERSION = "2"  # of the engine: another one grades anew
BATCH = 25
BATCH_SECONDS = 2.0


Marked = tuple[Assignment, Submission, Mark]


@dataclass(frozen=True)
class Done:
    """One submission is done: for whoever shows the progress."""

    done: int
    total: int
    result: dict[str, Any]
    fresh: bool


def grade(
    course: Course,
    options: Options,
    tell: Callable[[Done], None] = lambda _: None,
    remark: Callable[[str], None] = lambda _: None,
    preparing: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Grades what is not graded yet; the results of everything asked for, new or not.

    Args:
        course: whose submissions.
        options: which, and how.
        tell: called for each that is done.
        remark: called in the end with what the instructor should look at.
        preparing: called with the assignment that is being made ready, before anything of it is marked.
    """
    if lacking := missing() if options.sandbox else missing_for_fence() if options.fence else "":
        raise NoSandbox(lacking)
    with alone(course.private):
        if options.sandbox:
            cgroup.enter()  # where it can't, the watcher looks alone
        setup = Setup(options.limits, options.sandbox, options.fence, options.environment, options.readable)
        workers = [] if options.scheduler else pool.hire(setup, options.jobs or usual_jobs())
        try:
            gradebook = Gradebook(course)
            try:
                with alone_with(gradebook):
                    run = _Run(course, options, gradebook, setup, workers, tell, preparing)
                    found = run.whole()
                for line in run.remarks():
                    remark(line)
                return found
            finally:
                gradebook.close()
        finally:
            pool.dismiss(workers)


class _Run:
    def __init__(
        self,
        course: Course,
        options: Options,
        gradebook: Gradebook,
        setup: Setup,
        workers: list[pool.WorkerProcess],
        tell: Callable[[Done], None],
        preparing: Callable[[str], None],
    ) -> None:
        self.course, self.options, self.gradebook, self.tell = course, options, gradebook, tell
        self.preparing = preparing
        self.setup, self.workers = setup, workers
        self.records = Records(course.private / "records")
        self.entering = Entering(gradebook, self.records, Failures(course.private / "failures"))
        self.results: list[dict[str, Any]] = []
        self.keys: dict[tuple[str, str], str] = {}
        self.total = 0
        self.batch: list[Marked] = []
        self.held: dict[str, list[Marked]] = {}  # until the instructor's own answers have been marked
        self.trusted: set[str] = set()  # assignments whose own answers earn full marks
        self.hurried: list[Task] = []
        self.sources: dict[str, InstructorsNotebooks] = {}
        self.left_out: list[str] = []  # assignments, and why
        self.class_failures = ClassFailures()
        self.began = time.monotonic()

    def whole(self) -> dict[str, Any]:
        """Marks and enters everything; what the machine was too busy for once more, alone, at the end."""
        folders = {name: self._folders(name) for name in self._names()}
        self._must_exist(folders)
        self.total = sum(map(len, folders.values()))
        marks = self._marked(self._waiting(folders))
        try:
            for task, mark in marks:
                self._take(task, mark)
        finally:
            marks.close()
            self._enter_batch()
        self.hurried.sort(key=lambda task: task[1].student != canary.NAME)
        for task, mark in self._again(self.hurried):
            self._take(task, mark, last=True)
        self._enter_batch()
        for name in folders:
            self._with_scores_of_the_gradebook(name)
        failures = sum(result["status"] == "failed" for result in self.results)
        return {"lessons": self.results, "failures": failures}

    def remarks(self) -> list[str]:
        """What the instructor should look at: cells of theirs that failed for most of the class."""
        return self.left_out + self.class_failures.remarks()

    def _take(self, task: Task, mark: Mark, last: bool = False) -> None:
        """A mark has come: of the instructor's own answers, of a submission, or of one to be tried again."""
        assignment, submission = task
        if mark.hurried and not last:
            self.hurried.append(task)
        elif submission.student == canary.NAME:
            canary.must_be_right(assignment, mark)
            self.trusted.add(assignment.name)
            self.batch += self.held.pop(assignment.name, [])
        else:
            self.class_failures.count(mark)
            trusted = assignment.name in self.trusted or not self.options.canary
            waiting = self.batch if trusted else self.held.setdefault(assignment.name, [])
            waiting.append((assignment, submission, mark))
        if len(self.batch) >= BATCH or time.monotonic() - self.began > BATCH_SECONDS:
            self._enter_batch()

    def _enter_batch(self) -> None:
        """What can't be entered is not tried again: the batch is empty before anything is written."""
        batch, self.batch, self.began = self.batch, [], time.monotonic()
        for result in self.entering.enter(batch, self.keys):
            self._say(result, fresh=True)

    def _again(self, tasks: list[Task]) -> Iterator[tuple[Task, Mark]]:
        """Marks submissions one at a time, while nothing else of ours is running."""
        if tasks:
            yield from pool.mark_all(tasks, self.setup, pool.hire(self.setup, 1))

    def _names(self) -> list[str]:
        known = self.gradebook.folders.assignments()
        if not self.options.lessons:
            return [name for name in known if not self._is_left_out(name)]
        chosen = list(dict.fromkeys(named(wanted, known) for wanted in self.options.lessons))
        for name in chosen:
            if foreign := self._sources(name).foreign:
                raise AutograderError(f"{name} can't be graded: {foreign}.")
        return chosen

    def _is_left_out(self, name: str) -> bool:
        foreign = self._sources(name).foreign
        if foreign:
            self.left_out.append(f"{name} was left out: {foreign}")
        return bool(foreign)

    def _sources(self, name: str) -> InstructorsNotebooks:
        if name not in self.sources:
            self.sources[name] = InstructorsNotebooks(self.gradebook.folders.source_folder(name))
        return self.sources[name]

    def _folders(self, name: str) -> dict[str, Path]:
        found = self.gradebook.folders.submitted_folders(name, self.options.submitted)
        wanted = self.options.students
        return {student: path for student, path in found.items() if not wanted or student in wanted}

    def _must_exist(self, folders: dict[str, dict[str, Path]]) -> None:
        found = {student for by_student in folders.values() for student in by_student}
        strangers = [student for student in self.options.students if student not in found]
        if strangers:
            raise AutograderError(f"Nothing was handed in by {', '.join(strangers)}.")
        if not found:
            where = self.options.submitted or self.gradebook.folders.directory.submitted_directory
            raise AutograderError(
                f"There is nothing to grade in {where}: submissions lie in <student>/<lesson>/<lesson>.ipynb."
            )

    def _waiting(self, folders: dict[str, dict[str, Path]]) -> Iterator[Task]:
        """What is to be marked, assignment by assignment; what is known already is told and left out."""
        names = [name for name in folders if folders[name]]
        sources = {name: self._sources(name) for name in names}
        for heavy in (False, True):  # one warm process for what needs TensorFlow, one for the rest
            alike = [name for name in names if sources[name].heavy == heavy]
            modules = {module for name in alike for module in sources[name].modules}
            for name in alike:
                self.preparing(name)
                yield from self._waiting_of(
                    prepare(self.course, self.gradebook, sources[name], modules), folders
                )

    def _waiting_of(self, assignment: Assignment, folders: dict[str, dict[str, Path]]) -> Iterator[Task]:
        name = assignment.name
        state = hashlib.sha256(f"{VERSION} {assignment.digest} {self.setup}".encode()).hexdigest()
        done = set() if self.options.regrade else self.gradebook.graded_already(name)
        asked, extensions = not self.options.canary, Extensions.of(self.course.root).until
        for student, folder in folders[name].items():
            submission = submissions.read(student, name, folder, self.gradebook.folders.files_of(folder))
            key = hashlib.sha256(
                f"{state} {submission.digest}{extensions.get((student, name), '')}".encode()
            ).hexdigest()
            known = None if self.options.regrade else self.records.result(name, student, key)
            if known and (student in done or known["status"] == "failed"):
                self._say(known, fresh=False)
                continue
            self.keys[name, student] = key
            if not asked:
                asked = True
                yield assignment, canary.submission_of(assignment, self.gradebook.folders.source_folder(name))
            yield assignment, submission

    def _marked(self, waiting: Iterator[Task]) -> Generator[tuple[Task, Mark]]:
        if self.options.scheduler:
            return cluster.mark_all(self.options.scheduler, waiting, self.setup)
        return pool.mark_all(waiting, self.setup, self.workers)

    def _say(self, result: dict[str, Any], *, fresh: bool) -> None:
        self.results.append(result)
        self.tell(Done(len(self.results), self.total, result, fresh))

    def _with_scores_of_the_gradebook(self, name: str) -> None:
        """A manual score or a penalty counts in the score that is reported."""
        scores = self.gradebook.scores(name)
        given = self.gradebook.grades(name, by_hand=True)
        for result in self.results:
            if result["lesson"] == name and result["status"] != "failed" and result["student"] in scores:
                score, penalty = scores[result["student"]]
                result["score"] = round(score, 4)
                _given_by_hand(result, given.get(result["student"], []))
                if penalty:
                    late = f"handed in late, which costs {penalty:g} points"
                    result["reason"] = "; ".join(filter(None, [result["reason"], late]))


def _given_by_hand(result: dict[str, Any], grades: list[Grade]) -> None:
    """The points that a person gave, in the rows of the exercises; what was answered anew since is said."""
    by_cell = {grade.cell: grade for grade in grades}
    again = []
    for row in result["exercises"]:
        grade = by_cell.get(cells.check_name(row["name"])) or by_cell.get(row["name"])
        if grade:
            row["points"] = grade.points
            again += [row["name"]] if grade.to_look_at else []
    if again:
        words = f"{', '.join(again)}: answered anew since it was graded by hand"
        result["reason"] = "; ".join(filter(None, [result["reason"], words]))
