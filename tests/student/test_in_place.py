"""Checks where there are no threads, as in a browser's Python."""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import pytest

from autograder.student import guard


@pytest.fixture
def threadless(monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard believes that it runs in a browser, and would notice a thread."""
    monkeypatch.setattr(guard.sys, "platform", "emscripten")
    monkeypatch.setattr(guard, "_started_thread", lambda target: pytest.fail("a thread was started"))


def endless() -> None:
    exec("while True: pass")  # one line, which Python 3.11 does not trace anew


def recursive() -> None:
    recursive()


def sorting() -> None:
    while True:
        np.sort(np.zeros(1000))


@pytest.mark.parametrize("work", [endless, sorting])
def test_an_endless_loop_ends(work: Callable[[], None], threadless: None) -> None:
    """On one line, and in calls of a library; what traced before traces again."""
    before = sys.gettrace()
    assert guard.within(0.2, work) is False
    assert sys.gettrace() is before


def test_work_is_done_in_place(threadless: None) -> None:
    """Results arrive, and exceptions go through, with tracing put back."""
    done: list[int] = []
    before = sys.gettrace()
    assert guard.within(5, lambda: done.append(1)) and done == [1]
    with pytest.raises(RecursionError):
        guard.within(5, recursive)
    assert sys.gettrace() is before
