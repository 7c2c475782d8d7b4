"""Limits count a processor's seconds: who waits for a busy machine is not charged, who sleeps is."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from autograder.engine import budget, family
from autograder.engine.budget import Budget, Meter
from autograder.engine.family import Use


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that a test sets."""
    now = [100.0]
    monkeypatch.setattr(budget.time, "monotonic", lambda: now[0])
    return now


def metered(clock: list[float], seconds: float = 10) -> tuple[Meter, Budget]:
    whole = Budget(100, began=clock[0])
    meter = Meter(whole, seconds)
    clock[0] += 0.1
    meter.charge(Use(0.0, awake=True))
    return meter, whole


def test_waiting_for_a_processor_costs_nothing(clock: list[float]) -> None:
    meter, _ = metered(clock)
    for _ in range(50):
        clock[0] += 1
        meter.charge(Use(0.0, awake=True))
    assert meter.spent < 0.2
    assert meter.over() == ""


def test_computing_costs_what_is_computed(clock: list[float]) -> None:
    meter, whole = metered(clock)
    clock[0] += 30
    meter.charge(Use(10.5, awake=True))
    assert meter.spent == pytest.approx(10.6)
    assert whole.spent == pytest.approx(10.6)
    assert meter.over().startswith("stopped after 10 seconds")


def test_sleeping_costs_the_time_that_passes(clock: list[float]) -> None:
    meter, _ = metered(clock)
    for _ in range(11):
        clock[0] += 1
        meter.charge(Use(0.01, awake=False))
    assert meter.over().startswith("stopped after 10 seconds")


def test_a_wall_stands_behind_and_is_remembered(clock: list[float]) -> None:
    meter, whole = metered(clock)
    clock[0] += 101
    meter.charge(Use(0.5, awake=True))
    assert "too busy" in meter.over()
    assert whole.met_backstop


def test_the_next_part_of_a_request_has_its_own_time(clock: list[float]) -> None:
    meter, whole = metered(clock)
    clock[0] += 9
    meter.charge(Use(9.0, awake=True))
    meter.again()
    clock[0] += 5
    meter.charge(Use(14.0, awake=True))
    assert meter.over() == ""
    assert whole.spent > 14


def test_a_submission_has_a_limit_of_its_own(clock: list[float]) -> None:
    meter, whole = metered(clock, seconds=1000)
    clock[0] += 200
    meter.charge(Use(101.0, awake=True))
    assert "the submission took longer than 100 seconds" in meter.over()
    assert whole.is_spent


@pytest.fixture
def spinning() -> Iterator[int]:
    """A process with a child that computes."""
    code = "import os\nif os.fork() == 0:\n    while True: pass\nos.wait()"
    with subprocess.Popen([sys.executable, "-c", code], start_new_session=True) as process:
        time.sleep(1.0)
        yield process.pid
        family.kill([*family.members(process.pid)[1:], process.pid])


@pytest.mark.slow
def test_a_family_is_seen_with_its_children(spinning: int) -> None:
    members = family.members(spinning)
    assert len(members) == 2
    use = family.use_of(members)
    assert use.awake
    time.sleep(0.5)
    assert family.use_of(members).cpu_seconds >= use.cpu_seconds


def test_shared_memory_is_counted_and_what_is_shared_only_once() -> None:
    """Python's `mmap(-1, n)` is shared memory; two who share it hold it once."""
    code = (
        "import mmap, os, sys\nheld = mmap.mmap(-1, 64 << 20); held.write(b'x' * (64 << 20))\n"
        "child = os.fork()\n"
        "if child == 0: held[::4096]; held.seek(0); held.read()\n"
        "print('ready', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for _ in range(2):
            assert process.stdout.readline() == "ready\n"
        members = family.members(process.pid)
        upper, exact = family.memory_of(members), family.memory_apart(members)
        family.kill(members)
    assert exact > 60 << 20
    assert exact < 110 << 20
    assert upper >= exact


def test_open_pipes_and_sockets_beyond_the_usual_count() -> None:
    before = family.memory_of([os.getpid()])
    pipes = [os.pipe() for _ in range(60)]
    try:
        assert family.memory_of([os.getpid()]) - before > 60 * (256 << 10)
    finally:
        for pair in pipes:
            os.close(pair[0])
            os.close(pair[1])
