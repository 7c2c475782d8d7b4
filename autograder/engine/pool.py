"""Many submissions at once: workers that each mark one at a time, with a warm process of their own.

A worker is a process started afresh; it holds what is secret about an assignment and judges. On a cluster
the same function is mapped over Dask's workers.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import queue
import signal
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from ..nbgrader.records import Assignment, Mark, Submission
from .inside.sandbox import Limits
from .process import EngineError, Zygote

PATIENCE = 300  # seconds beyond a submission's own limit after which a worker is given up


@dataclass(frozen=True)
class Setup:
    """What every worker needs to know."""

    limits: Limits
    sandbox: bool = True


class Worker:
    """Marks submissions; keeps the warm process of the assignment it worked on last."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.spare: Zygote | None = Zygote(setup.sandbox)  # starts while the first assignment is looked at
        self.warm: tuple[Any, Zygote] | None = None
        self.rules: tuple[str, Any] | None = None
        self.rehearsed: set[str] = set()  # assignments, by the warm process that is alive

    def prepare(self, assignment: Assignment) -> None:
        """Starts the warm process and reads the configuration, side by side."""
        needs = (assignment.modules, assignment.readable)
        if self.warm is None or self.warm[0] != needs:
            if self.warm:
                self.close()
            self.rehearsed.clear()
            self.warm, self.spare = (needs, self.spare or Zygote(self.setup.sandbox)), None
            self.warm[1].warm_up(*needs, self.setup.limits)
        if self.rules is None or self.rules[0] != assignment.config:
            self.rules = assignment.config, _rules(assignment.config)
        if assignment.rehearsal and assignment.name not in self.rehearsed:
            self.rehearsed.add(assignment.name)
            self.warm[1].rehearse(assignment.rehearsal)

    def mark(self, assignment: Assignment, submission: Submission) -> Mark:
        from .marking import mark

        for last_try in (False, True):
            try:
                self.prepare(assignment)
                return mark(assignment, submission, self.rules[1], self.warm[1], self.setup.limits)
            except EngineError as error:  # the warm process may have died: once more with a new one
                self.close()
                if last_try:
                    return failed(submission, str(error))
            except Exception as error:
                return failed(submission, f"{type(error).__name__}: {error}")
        raise AssertionError

    def close(self) -> None:
        for zygote in (self.spare, self.warm and self.warm[1]):
            if zygote:
                zygote.close()
        self.spare = self.warm = None


def failed(submission: Submission, reason: str) -> Mark:
    """The grader failed: nothing is known about the work, and no marks are changed."""
    return Mark(
        submission.student, submission.assignment, "failed", f"the grader failed: {reason}"[:500], ours=True
    )


def _rules(config: str) -> Any:
    from ..nbgrader.bridge import Rules, load_config

    with tempfile.TemporaryDirectory(prefix="autograder-") as folder:
        Path(folder, "nbgrader_config.py").write_text(config, encoding="utf-8")
        return Rules(load_config(Path(folder)))


Task = tuple[Assignment, Submission]


def hired(setup: Setup, jobs: int) -> list[_Hand]:
    """Workers that get ready while their employer does."""
    return [_Hand.hired(setup) for _ in range(jobs)]


def dismissed(crew: list[_Hand]) -> None:
    for hand in crew:  # all are told first, so that they end side by side
        hand.hang_up()
    for hand in crew:
        hand.dismiss()


def on_this_machine(tasks: Iterable[Task], setup: Setup, crew: list[_Hand]) -> Iterator[tuple[Task, Mark]]:
    """Marks submissions, each worker as it is ready. A worker that dies costs only its own."""
    jobs, waiting = len(crew), iter(tasks)
    try:
        while True:
            for length in range(AT_HAND):
                for hand in [hand for hand in crew if len(hand.tasks) == length]:
                    if task := next(waiting, None):
                        hand.give(task)
            while len(crew) < jobs and (task := next(waiting, None)):
                crew.append(_Hand.hired(setup))
                crew[-1].give(task)
            busy = {hand.connection: hand for hand in crew if hand.tasks}
            if not busy:
                return
            for connection in wait(list(busy), timeout=1.0):
                hand = busy[connection]
                task, mark = hand.tasks[0], hand.result()
                if mark is None:
                    mark = failed(task[1], "the process that marks submissions ended unexpectedly")
                    waiting = chain(hand.left_by(crew), waiting)
                else:
                    hand.done()
                    if following := next(waiting, None):  # never idle while its result is looked at
                        hand.give(following)
                yield task, mark
            for hand in [hand for hand in crew if hand.tasks and time.monotonic() > hand.until]:
                late = hand.tasks[0]
                waiting = chain(hand.left_by(crew), waiting)
                yield late, failed(late[1], "judging took too long")
    finally:
        dismissed(crew)


AT_HAND = 2  # what a worker is at, and what it goes on with while that is entered in the gradebook


@dataclass
class _Hand:
    """A worker's process and the wire to it."""

    process: Any
    connection: Connection
    patience: float
    tasks: list[Task] = field(default_factory=list)
    until: float = 0.0
    knows: Assignment | None = None

    @classmethod
    def hired(cls, setup: Setup) -> _Hand:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs, setup), daemon=True)
        process.start()
        theirs.close()
        return cls(process, ours, setup.limits.seconds + PATIENCE)

    def give(self, task: Task) -> None:
        assignment, submission = task
        if not self.tasks:
            self.until = time.monotonic() + self.patience
        self.tasks.append(task)
        with contextlib.suppress(OSError):  # it has died: that shows when its result is asked for
            self.connection.send((None if assignment is self.knows else assignment, submission))
        self.knows = assignment

    def result(self) -> Mark | None:
        try:
            return self.connection.recv()
        except (EOFError, OSError):
            return None

    def done(self) -> None:
        del self.tasks[0]
        self.until = time.monotonic() + self.patience

    def left_by(self, crew: list[_Hand]) -> list[Task]:
        """It is no more, or too slow; what it had not begun is for another."""
        crew.remove(self)
        self.dismiss()
        return self.tasks[1:]

    def hang_up(self) -> None:
        with contextlib.suppress(OSError):
            self.connection.close()

    def dismiss(self) -> None:
        self.hang_up()
        self.process.join(0 if self.tasks else 10)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


def _work(connection: Connection, setup: Setup) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who gives out the work
    os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"
    inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_received, args=(connection, inbox), daemon=True).start()
    worker, assignment = Worker(setup), None
    from ..nbgrader import bridge  # noqa: F401  while the one who gives out the work is busy with the same
    from . import marking  # noqa: F401

    try:
        while task := inbox.get():
            given, submission = task
            assignment = given or assignment
            connection.send(worker.mark(assignment, submission))
    except OSError:
        pass
    finally:
        worker.close()


def _received(connection: Connection, inbox: queue.SimpleQueue[Any]) -> None:
    """In a thread, so that whoever sends the next submission need not wait until this one is marked."""
    try:
        while True:
            inbox.put(connection.recv())
    except (EOFError, OSError):
        inbox.put(None)


# --- more machines than one ---


def on_a_cluster(address: str, tasks: Iterable[Task], setup: Setup) -> Iterator[tuple[Task, Mark]]:
    """The same over a Dask cluster: a task is a submission's bytes, and no disk is shared."""
    from distributed import Client, as_completed

    with Client(address, timeout=30) as client:
        at_once = 2 * max(1, sum(client.nthreads().values()))
        waiting, running, shared = iter(tasks), {}, {}
        done = as_completed()

        def submit() -> bool:
            if (task := next(waiting, None)) is None:
                return False
            if task[0].name not in shared:
                shared[task[0].name] = client.scatter(task[0], broadcast=True)
            future = client.submit(_task, shared[task[0].name], task[1], setup, pure=False)
            running[future.key] = task
            done.add(future)
            return True

        while len(running) < at_once and submit():
            pass
        for future in done:
            task, error = running.pop(future.key), future.exception()
            submit()
            yield task, failed(task[1], str(error)) if error else future.result()


_own = threading.local()  # a cluster's worker may have several threads, each with a warm process of its own


def _task(assignment: Assignment, submission: Submission, setup: Setup) -> Mark:
    worker = getattr(_own, "worker", None)
    if worker is None or worker.setup != setup:
        _own.worker = worker = Worker(setup)
    return worker.mark(assignment, submission)
