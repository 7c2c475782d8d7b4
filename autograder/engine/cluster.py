"""The same over a Dask cluster: a task is a submission's bytes, and no disk is shared."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable

from ..nbgrader.patches import patch
from ..nbgrader.records import Assignment, Mark, Submission
from .worker import Setup, Task, Worker, failed


def mark_all(address: str, tasks: Iterable[Task], setup: Setup) -> Generator[tuple[Task, Mark]]:
    """Marks submissions on the cluster whose scheduler has this address."""
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
        patch()
        _own.worker = worker = Worker(setup)
    return worker.mark(assignment, submission)
