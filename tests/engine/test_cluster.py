"""What a cluster's workers may do while they are asked: every submission has one answer all the same."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from autograder.engine import cluster

distributed = pytest.importorskip("distributed")


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Of two workers, each a process; whoever is silent for three seconds is taken for frozen."""
    monkeypatch.setattr(cluster, "LOOK_SECONDS", 0.5)
    monkeypatch.setattr(cluster, "SILENT_SECONDS", 3)
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as made,
        distributed.Client(made) as connected,
    ):
        pids = connected.run(os.getpid).values()
        yield connected
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@pytest.mark.slow
def test_an_answer_that_a_frozen_worker_keeps_is_asked_of_another(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scheduler says that it is done; but it lies where nobody gives it out any more."""
    monkeypatch.setattr(cluster, "_task", lambda assignment, submission, setup: f"mark of {submission}")
    frozen: list[int] = []
    looks_at, pids = cluster._error_of, client.run(os.getpid)

    def freezes(future: Any) -> Any:
        if not frozen and future.status == "finished":
            (holder, *_) = next(iter(client.who_has([future]).values()))
            frozen.append(pids[holder])
            os.kill(pids[holder], signal.SIGSTOP)
        return looks_at(future)

    monkeypatch.setattr(cluster, "_error_of", freezes)
    assignment = SimpleNamespace(name="week1")
    work = cluster._Work(iter([(assignment, f"student{k}") for k in range(12)]), setup=None)
    found: list[tuple[str, Any]] = []

    def collect() -> None:
        found.extend((submission, mark) for (_, submission), mark in work.answered_by(client))

    thread = threading.Thread(target=collect, daemon=True)
    thread.start()
    thread.join(60)
    assert frozen and not thread.is_alive()
    assert sorted(found) == sorted((f"student{k}", f"mark of student{k}") for k in range(12))


@pytest.mark.slow
def test_workers_that_are_gone_are_not_waited_for(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind a scheduler that was started again nobody has the address that he had."""
    monkeypatch.setattr(cluster, "_task", lambda assignment, submission, setup: f"mark of {submission}")
    asked = cluster._Asked(client, setup=None)
    asked.awake, asked.silent = ["tcp://127.0.0.1:9"], {"tcp://127.0.0.1:10"}
    task = (SimpleNamespace(name="week1"), "student1")
    with pytest.raises(OSError, match="does not know"):
        asked.ask(1, task)
    asked.shared["week1"] = client.scatter(task[0])
    asked.ask(1, task)
    assert asked.futures[1].result(timeout=30) == "mark of student1"
