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


def on_this_machine(
    assignment: Assignment, submissions: Iterable[Submission], setup: Setup, jobs: int
) -> Iterator[tuple[Submission, Mark]]:
    """Marks submissions with `jobs` workers, each as it is ready. A worker that dies costs only its own."""
    context = multiprocessing.get_context("spawn")
    waiting = iter(submissions)
    crew: dict[Connection, _Hand] = {}
    try:
        while True:
            while len(crew) < jobs:
                submission = next(waiting, None)
                if submission is None:
                    break
                hand = _Hand.hired(context, assignment, setup)
                hand.give(submission)
                crew[hand.connection] = hand
            busy = [hand for hand in crew.values() if hand.submission]
            if not busy:
                return
            for connection in wait([hand.connection for hand in busy], timeout=1.0):
                hand = crew[connection]
                submission, mark = hand.submission, hand.result()
                hand.submission = None
                if mark is None:
                    crew.pop(connection).dismiss()
                    mark = failed(submission, "the process that marks submissions ended unexpectedly")
                else:
                    following = next(waiting, None)
                    if following is not None:
                        hand.give(following)
                yield submission, mark
            for hand in [h for h in crew.values() if h.submission and time.monotonic() > h.until]:
                crew.pop(hand.connection).dismiss()
                yield hand.submission, failed(hand.submission, "judging took too long")
    finally:
        for hand in crew.values():
            hand.dismiss()


@dataclass
class _Hand:
    """A worker's process and the wire to it."""

    process: Any
    connection: Connection
    patience: float
    submission: Submission | None = None
    until: float = 0.0

    @classmethod
    def hired(cls, context: Any, assignment: Assignment, setup: Setup) -> _Hand:
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs, assignment, setup), daemon=True)
        process.start()
        theirs.close()
        return cls(process, ours, setup.limits.seconds + PATIENCE)

    def give(self, submission: Submission) -> None:
        self.submission, self.until = submission, time.monotonic() + self.patience
        self.connection.send(submission)

    def result(self) -> Mark | None:
        try:
            return self.connection.recv()
        except (EOFError, OSError):
            return None

    def dismiss(self) -> None:
        with contextlib.suppress(OSError):
            self.connection.close()
        self.process.join(0 if self.submission else 10)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


def _work(connection: Connection, assignment: Assignment, setup: Setup) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who gives out the work
    os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"
    worker = Worker(setup)
    try:
        worker.prepare(assignment)
        while True:
            connection.send(worker.mark(assignment, connection.recv()))
    except (EOFError, OSError):
        pass
    finally:
        worker.close()


# --- more machines than one ---


def on_a_cluster(
    address: str, assignment: Assignment, submissions: Iterable[Submission], setup: Setup
) -> Iterator[tuple[Submission, Mark]]:
    """The same over a Dask cluster: a task is a submission's bytes, and no disk is shared."""
    from distributed import Client, as_completed

    with Client(address, timeout=30) as client:
        shared = client.scatter(assignment, broadcast=True)
        at_once = 2 * max(1, sum(client.nthreads().values()))
        waiting, running = iter(submissions), {}
        done = as_completed()
        for submission in waiting:
            future = client.submit(_task, shared, submission, setup, pure=False)
            running[future.key] = submission
            done.add(future)
            if len(running) >= at_once:
                break
        for future in done:
            submission = running.pop(future.key)
            error = future.exception()
            yield submission, failed(submission, str(error)) if error else future.result()
            following = next(waiting, None)
            if following is not None:
                future = client.submit(_task, shared, following, setup, pure=False)
                running[future.key] = following
                done.add(future)


_worker: Worker | None = None


def _task(assignment: Assignment, submission: Submission, setup: Setup) -> Mark:
    global _worker
    if _worker is None or _worker.setup != setup:
        _worker = Worker(setup)
    return _worker.mark(assignment, submission)
