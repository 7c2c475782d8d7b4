"""The same over a Dask cluster: a task is a submission's bytes, and no disk is shared.

Workers come and go, and so may the scheduler. Here it is known what has not been answered yet: that is asked
again, and of two answers the first counts.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, Any

from ..errors import AutograderError
from ..nbgrader.patches import patch
from ..nbgrader.records import Assignment, Mark, Submission
from .worker import Setup, Task, Worker, failed

if TYPE_CHECKING:
    from distributed import Client, Future

CONNECT_SECONDS = 30
GIVE_UP_SECONDS = 600  # without an answer from anybody: no scheduler, or no worker
SILENT_SECONDS = 30  # after which a worker that says nothing is taken for frozen
LOOK_SECONDS = 5  # from one look at the workers to the next
PAUSE_SECONDS = 0.02


class ClusterGone(AutograderError):
    """The cluster has answered nothing for long."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address

    def __str__(self) -> str:
        return (
            f"The cluster at {self.address} has answered nothing for {GIVE_UP_SECONDS // 60} minutes. "
            "What is graded is kept, and the same command goes on from there."
        )


def mark_all(address: str, tasks: Iterable[Task], setup: Setup) -> Generator[tuple[Task, Mark]]:
    """Marks submissions on the cluster whose scheduler has this address."""
    from distributed import Client

    work = _Work(iter(tasks), setup)
    while not work.is_done():
        try:
            with Client(address, timeout=CONNECT_SECONDS) as client:
                yield from work.answered_by(client)
        except (OSError, TimeoutError):  # the scheduler is gone; it may come back
            if work.seconds_without_an_answer() > GIVE_UP_SECONDS:
                raise ClusterGone(address) from None
            time.sleep(LOOK_SECONDS)


class _Work:
    """What there is to do, and what has not been answered, through all changes of the cluster."""

    def __init__(self, tasks: Iterator[Task], setup: Setup) -> None:
        self.tasks, self.setup = tasks, setup
        self.unanswered: dict[int, Task] = {}
        self.given = 0
        self.heard = time.monotonic()
        self.exhausted = False

    def is_done(self) -> bool:
        return self.exhausted and not self.unanswered

    def seconds_without_an_answer(self) -> float:
        return time.monotonic() - self.heard

    def answered_by(self, client: Client) -> Generator[tuple[Task, Mark]]:
        """Answers of a cluster for as long as it stands.

        Raises:
            OSError: it does so no longer.
        """
        asked = _Asked(client, self.setup)
        asked.look(self.unanswered)
        for number, task in self.unanswered.items():
            asked.ask(number, task)
        looked = time.monotonic()
        while True:
            if time.monotonic() - looked > LOOK_SECONDS:
                looked = time.monotonic()
                asked.look(self.unanswered)
            while len(self.unanswered) < asked.at_once and self._take():
                asked.ask(self.given, self.unanswered[self.given])
            if self.is_done():
                return
            for number, mark in asked.answers(self.unanswered):
                self.heard = time.monotonic()
                yield self.unanswered.pop(number), mark
            if self.seconds_without_an_answer() > GIVE_UP_SECONDS:
                raise OSError("no worker answers")
            time.sleep(PAUSE_SECONDS)

    def _take(self) -> bool:
        task = next(self.tasks, None)
        if task is None:
            self.exhausted = True
            return False
        self.given += 1
        self.unanswered[self.given] = task
        return True


class _Asked:
    """What one connection to a scheduler has been asked."""

    def __init__(self, client: Client, setup: Setup) -> None:
        self.client, self.setup = client, setup
        self.at_once = 2
        self.awake: list[str] = []  # workers
        self.silent: set[str] = set()  # and those that have said nothing for long
        self.shared: dict[str, Future[Any]] = {}  # assignments, by name
        self.futures: dict[int, Future[Any]] = {}
        self.tried: dict[int, int] = {}  # how often an answer was fetched and did not come

    def ask(self, number: int, task: Task) -> None:
        """Asks for a mark; not of a worker that is silent, as far as it is known who is there.

        Raises:
            OSError: the workers are others by now, as behind a scheduler that was started again.
        """
        assignment, submission = task
        if assignment.name not in self.shared or self.shared[assignment.name].status != "finished":
            self.shared[assignment.name] = self._given_to_all(assignment)
        self.futures[number] = self.client.submit(
            _task,
            self.shared[assignment.name],
            submission,
            self.setup,
            pure=False,
            workers=self.awake if self.silent and self.awake else None,
            allow_other_workers=bool(self.silent and self.awake),
        )

    def _given_to_all(self, assignment: Assignment) -> Future[Any]:
        try:
            given: Future[Any] = self.client.scatter(
                assignment, workers=self.awake or None, broadcast=True, hash=False
            )
            return given
        except KeyError as unknown:
            raise OSError(f"the scheduler does not know {unknown}") from None

    def answers(self, tasks: dict[int, Task]) -> Iterator[tuple[int, Mark]]:
        """What has been answered since; what was lost on the way is asked again."""
        if self.client.status != "running":
            raise OSError("the scheduler is gone")
        for number, future in list(self.futures.items()):
            if not future.done():
                continue
            error = _error_of(future)
            # Not the work failed, but what it needed went away with a worker or the scheduler.
            if future.status in ("cancelled", "lost") or isinstance(error, CancelledError):
                self.ask(number, tasks[number])
            elif error:
                del self.futures[number]
                yield number, failed(tasks[number][1], error)
            elif mark := self._fetched(number, future):
                del self.futures[number]
                yield number, mark

    def _fetched(self, number: int, future: Future[Any]) -> Mark | None:
        """An answer that is there; None where the worker that has it does not part with it.

        It may be frozen. That shows when the workers are looked at, so this must not wait; longer each time,
        since the way may also be slow.
        """
        self.tried[number] = self.tried.get(number, 0) + 1
        try:
            mark: Mark = future.result(timeout=LOOK_SECONDS * self.tried[number])
            return mark
        except (TimeoutError, CancelledError):
            return None

    def look(self, tasks: dict[int, Task]) -> None:
        """How many can be asked at once; where a worker has frozen, everything is asked of the others again.

        Not only what it was given: it may be the only one that holds what the tasks of others need, since
        Dask does away with copies.
        """
        workers: dict[str, Any] = self.client.scheduler_info(n_workers=-1)["workers"]
        self.at_once = 2 * max(1, sum(one["nthreads"] for one in workers.values()))
        newest = max((one["last_seen"] for one in workers.values()), default=0.0)
        silent = {name for name, one in workers.items() if newest - one["last_seen"] > SILENT_SECONDS}
        newly, self.silent = silent - self.silent, silent
        self.awake = [name for name in workers if name not in silent]
        if newly and self.awake:
            self.shared.clear()
            self.client.cancel(list(self.futures.values()))
            for number in list(self.futures):
                self.ask(number, tasks[number])


def _error_of(future: Future[Any]) -> BaseException | None:
    try:
        error: BaseException | None = future.exception() if future.status == "error" else None
    except CancelledError as lost:
        return lost
    return error


_own = threading.local()  # a cluster's worker may have several threads, each with a warm process of its own


def _task(assignment: Assignment, submission: Submission, setup: Setup) -> Mark:
    worker = getattr(_own, "worker", None)
    if worker is None or worker.setup != setup:
        patch()
        _own.worker = worker = Worker(setup)
    return worker.mark(assignment, submission)
