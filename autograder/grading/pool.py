"""Many submissions at once: workers that each mark one at a time, with a warm process of their own.

A worker is a process started afresh; it holds what is secret about an assignment and judges. On a cluster
the same function is mapped over Dask's workers.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from .assignment import Assignment, Mark, Submission
from .conversation import EngineError, Zygote
from .sandbox import Limits

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
        self.warm: tuple[Any, Zygote] | None = None
        self.rules: tuple[str, Any] | None = None

    def prepare(self, assignment: Assignment) -> None:
        """Starts the warm process and reads the configuration, side by side."""
        needs = (assignment.modules, assignment.readable)
        if self.warm is None or self.warm[0] != needs:
            self.close()
            self.warm = needs, Zygote(*needs, self.setup.limits, self.setup.sandbox)
        if self.rules is None or self.rules[0] != assignment.config:
            self.rules = assignment.config, _rules(assignment.config)

    def mark(self, assignment: Assignment, submission: Submission) -> Mark:
        from .marking import mark

        for last_try in (False, True):
            self.prepare(assignment)
            try:
                return mark(assignment, submission, self.rules[1], self.warm[1], self.setup.limits)
            except EngineError as error:  # the warm process may have died: once more with a new one
                self.close()
                if last_try:
                    return failed(submission, str(error))
            except Exception as error:
                return failed(submission, f"{type(error).__name__}: {error}")
        raise AssertionError

    def close(self) -> None:
        if self.warm:
            self.warm[1].close()
            self.warm = None


def failed(submission: Submission, reason: str) -> Mark:
    """The grader failed: nothing is known about the work, and no marks are changed."""
    return Mark(
        submission.student, submission.assignment, "failed", f"the grader failed: {reason}"[:500], ours=True
    )


def _rules(config: str) -> Any:
    from ..bridge import Rules, load_config

    with tempfile.TemporaryDirectory(prefix="autograder-") as folder:
        Path(folder, "nbgrader_config.py").write_text(config, encoding="utf-8")
        return Rules(load_config(Path(folder)))


Task = tuple[Assignment, Submission]


def hired(setup: Setup, jobs: int) -> list[_Hand]:
    """Workers that get ready while their employer does."""
    return [_Hand.hired(setup) for _ in range(jobs)]


def dismissed(crew: list[_Hand]) -> None:
    for hand in crew:
        hand.dismiss()


def on_this_machine(tasks: Iterable[Task], setup: Setup, crew: list[_Hand]) -> Iterator[tuple[Task, Mark]]:
    """Marks submissions, each worker as it is ready. A worker that dies costs only its own."""
    jobs, waiting = len(crew), iter(tasks)
    try:
        while True:
            for hand in [hand for hand in crew if not hand.task]:
                if task := next(waiting, None):
                    hand.give(task)
            while len(crew) < jobs and (task := next(waiting, None)):
                crew.append(_Hand.hired(setup))
                crew[-1].give(task)
            busy = {hand.connection: hand for hand in crew if hand.task}
            if not busy:
                return
            for connection in wait(list(busy), timeout=1.0):
                hand = busy[connection]
                done, mark = hand.task, hand.result()
                if mark is None:
                    crew.remove(hand)
                    hand.dismiss()
                    mark = failed(done[1], "the process that marks submissions ended unexpectedly")
                else:
                    hand.task = None
                    if task := next(waiting, None):  # at work again before its result is looked at
                        hand.give(task)
                yield done, mark
            for hand in [hand for hand in crew if hand.task and time.monotonic() > hand.until]:
                crew.remove(hand)
                hand.dismiss()
                yield hand.task, failed(hand.task[1], "judging took too long")
    finally:
        dismissed(crew)


@dataclass
class _Hand:
    """A worker's process and the wire to it."""

    process: Any
    connection: Connection
    patience: float
    task: Task | None = None
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
        self.task, self.until = task, time.monotonic() + self.patience
        with contextlib.suppress(OSError):  # it has died: that shows when its result is asked for
            self.connection.send((None if assignment is self.knows else assignment, submission))
        self.knows = assignment

    def result(self) -> Mark | None:
        try:
            return self.connection.recv()
        except (EOFError, OSError):
            return None

    def dismiss(self) -> None:
        with contextlib.suppress(OSError):
            self.connection.close()
        self.process.join(0 if self.task else 10)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


def _work(connection: Connection, setup: Setup) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who gives out the work
    os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"
    from .. import bridge  # noqa: F401  while the one who gives out the work is busy with the same
    from . import marking  # noqa: F401

    worker, assignment = Worker(setup), None
    try:
        while True:
            given, submission = connection.recv()
            assignment = given or assignment
            connection.send(worker.mark(assignment, submission))
    except (EOFError, OSError):
        pass
    finally:
        worker.close()


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
