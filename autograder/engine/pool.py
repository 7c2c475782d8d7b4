"""Many submissions at once on this machine: processes started afresh, each with a worker in it."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import queue
import resource
import signal
import threading
import time
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from itertools import chain
from multiprocessing.connection import Connection, wait
from typing import Any, cast

from ..nbgrader.patches import patch
from ..nbgrader.records import Assignment, Mark
from .worker import Setup, Task, Worker, failed

MOST_MEMORY = 4 << 30  # bytes in which a worker judges
PATIENCE = 300  # seconds beyond a submission's own limit after which a worker is given up
AT_HAND = 2  # what a worker is at, and what it goes on with while that is entered in the gradebook


def hire(setup: Setup, jobs: int) -> list[WorkerProcess]:
    """Workers that get ready while their employer does."""
    return [WorkerProcess.start(setup) for _ in range(jobs)]


def dismiss(workers: list[WorkerProcess]) -> None:
    """Ends all of them."""
    for worker in workers:  # all are told first, so that they end side by side
        worker.hang_up()
    for worker in workers:
        worker.dismiss()


def mark_all(
    tasks: Iterable[Task], setup: Setup, workers: list[WorkerProcess]
) -> Generator[tuple[Task, Mark]]:
    """Marks submissions, each worker as it is ready. A worker that dies costs only its own."""
    jobs, waiting = len(workers), iter(tasks)
    try:
        while True:
            for length in range(AT_HAND):
                for worker in [worker for worker in workers if len(worker.tasks) == length]:
                    if task := next(waiting, None):
                        worker.give(task)
            while len(workers) < jobs and (task := next(waiting, None)):
                workers.append(WorkerProcess.start(setup))
                workers[-1].give(task)
            busy = {worker.connection: worker for worker in workers if worker.tasks}
            if not busy:
                return
            for connection in wait(list(busy), timeout=1.0):
                worker = busy[cast("Connection", connection)]
                task, mark = worker.tasks[0], worker.result()
                if mark is None:
                    mark = failed(task[1], "the process that marks submissions ended unexpectedly")
                    waiting = chain(worker.left_by(workers), waiting)
                else:
                    worker.done()
                    if following := next(waiting, None):  # never idle while its result is looked at
                        worker.give(following)
                yield task, mark
            for worker in [worker for worker in workers if worker.tasks and time.monotonic() > worker.until]:
                late = worker.tasks[0]
                waiting = chain(worker.left_by(workers), waiting)
                yield late, failed(late[1], "judging took too long")
    finally:
        dismiss(workers)


@dataclass
class WorkerProcess:
    """A worker's process and the wire to it."""

    process: Any
    connection: Connection
    patience: float
    tasks: list[Task] = field(default_factory=list)
    until: float = 0.0
    knows: Assignment | None = None

    @classmethod
    def start(cls, setup: Setup) -> WorkerProcess:
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
            mark: Mark = self.connection.recv()
            return mark
        except (EOFError, OSError):
            return None

    def done(self) -> None:
        del self.tasks[0]
        self.until = time.monotonic() + self.patience

    def left_by(self, workers: list[WorkerProcess]) -> list[Task]:
        """It is no more, or too slow; what it had not begun is for another."""
        workers.remove(self)
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
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, resource.getrlimit(resource.RLIMIT_DATA)[1]))
    patch()
    inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(connection, inbox), daemon=True).start()
    worker = Worker(setup)
    assignment: Any = None
    from . import marking  # noqa: F401  while the one who gives out the work is busy with the same

    try:
        while task := inbox.get():
            given, submission = task
            assignment = given or assignment
            connection.send(worker.mark(assignment, submission))
    except OSError:
        pass
    finally:
        worker.close()


def _receive(connection: Connection, inbox: queue.SimpleQueue[Any]) -> None:
    """In a thread, so that whoever sends the next submission need not wait until this one is marked."""
    try:
        while True:
            inbox.put(connection.recv())
    except (EOFError, OSError):
        inbox.put(None)
