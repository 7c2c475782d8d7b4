"""Runs a student's code so that whatever it does, the notebook goes on as before.

`undisturbed` catches what is printed or warned, at the level of file descriptors too, and puts global state
back: random generators, NumPy's print options and error handling, logging. `within` bounds the time.
This protects the student from accidents; it is no sandbox (grading has one).
"""

from __future__ import annotations

import contextlib
import contextvars
import ctypes
import io
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from .restoring import Descriptors, Displays, Held, Logs, Randomness, Settings, Streams
from .warned import Warned

KEPT_CHARACTERS = 1_000
STACK_BYTES = 64 << 20  # macOS gives threads half a megabyte, too little for deep recursion in C
STOPPING_SECONDS = 1.0
MOST_PATIENCE = 10.0  # times what an answer may take, on a busy machine


class Stopped(BaseException):
    """Thrown into a thread whose time is up; not an Exception, so that `except Exception` lets it through."""


@dataclass
class Said:
    """What code said while it ran."""

    printed: _Sink
    warned: Warned
    held: Sequence[Held]

    def hold(self) -> None:
        """Puts back what the code so far has changed: between one part of it and the next."""
        for one in self.held:
            one.hold()

    @property
    def text(self) -> str:
        return self.printed.summary()

    @property
    def warnings(self) -> list[str]:
        """What the student's own code warned of."""
        return list(self.warned.texts)


class _Sink(io.TextIOBase):
    """Keeps the first thousand characters and counts the rest: a print in every iteration costs nothing."""

    encoding = "utf-8"

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.count = 0

    def write(self, text: str) -> int:
        if self.count < KEPT_CHARACTERS:
            self.kept.append(text[: KEPT_CHARACTERS - self.count])
        self.count += len(text)
        return len(text)

    def writable(self) -> bool:
        return True

    def close(self) -> None:
        """Whoever closes sys.stdout does not silence what comes after."""

    def summary(self) -> str:
        more = self.count - KEPT_CHARACTERS
        kept = "".join(self.kept).encode("utf-8", "replace").decode("utf-8")  # no halves of characters
        return kept + (f"\n… and {more} characters more" if more > 0 else "")


@contextlib.contextmanager
def undisturbed() -> Iterator[Said]:
    """Catches output and warnings of the code inside, and restores the state it may have changed."""
    printed, warned = _Sink(), Warned()
    # Released from the last to the first: a file that was left in place of a stream is closed unheard.
    held: list[Held] = [Descriptors(), warned, Streams(printed), Displays(), Settings(), Logs(), Randomness()]
    said = Said(printed, warned, held)
    with contextlib.ExitStack() as stack:
        for one in held:
            stack.callback(one.release)
        said.hold()
        yield said


def within(seconds: float, work: Callable[[], None]) -> bool:
    """Runs `work` in a thread of its own; True when it ended in time, False when it was given up.

    A thread works alike on every system and lets the notebook go on even while C code can't be interrupted.
    A browser's Python has none; there the work is done in place.
    """
    context = contextvars.copy_context()

    def run() -> None:
        with contextlib.suppress(Stopped), np.errstate(all="warn", under="ignore"):
            work()

    if sys.platform == "emscripten":
        return _in_place(seconds, lambda: context.run(run))

    ended = threading.Event()

    def whole() -> None:
        try:
            context.run(run)
        finally:
            ended.set()

    # Not join and is_alive: a join that the stop button interrupts takes the thread for ended (Python 3.11).
    thread = _started_thread(whole)
    started = time.monotonic()
    try:
        while not ended.is_set() and not _is_over(thread, started, seconds):
            ended.wait(min(0.2, max(started + seconds - time.monotonic(), 0.02)))
    except BaseException:  # the stop button: what runs must stop as well
        _stop(thread, ended)
        raise
    if ended.is_set():
        return True
    _stop(thread, ended)
    return False


def _is_over(thread: threading.Thread, started: float, seconds: float) -> bool:
    """Whether an answer had its time; what a busy machine gave to others meanwhile is not counted."""
    passed = time.monotonic() - started
    if passed <= seconds:
        return False
    return not _waits_for_its_turn(thread, seconds) or passed > seconds * _patience()


def _waits_for_its_turn(thread: threading.Thread, seconds: float) -> bool:
    """Whether a thread would go on if a processor were free, and has not had that many seconds of one.

    Linux tells. Elsewhere it is taken for one that has had them.
    """
    try:
        stat = Path(f"/proc/self/task/{thread.native_id}/stat").read_text().rpartition(")")[2].split()
        computed = (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")
    except (AttributeError, OSError, IndexError, ValueError):
        return False
    return stat[0] in "RD" and computed < seconds


def _patience() -> float:
    """How many times longer than usual an answer may wait for its turn."""
    try:
        return min(max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)), MOST_PATIENCE)
    except (AttributeError, OSError):
        return 1.0


def _in_place(seconds: float, work: Callable[[], None]) -> bool:
    """Runs `work` here, looking at the clock at each call, and at each step of a cell's code.

    It can't stop C code, nor code that catches Stopped: Python gives up a trace function that raised.
    """
    deadline = time.monotonic() + seconds
    late = False

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal late
        if time.monotonic() > deadline:
            late = True
            raise Stopped
        if "site-packages" in frame.f_code.co_filename:
            return None  # a library's own steps: tracing them takes longer than running them
        frame.f_trace_opcodes = True  # `while True: pass` on one line is no new line, in Python 3.11
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return not late


def _started_thread(target: Callable[[], None]) -> threading.Thread:
    usual = threading.stack_size(STACK_BYTES)
    try:
        thread = threading.Thread(target=target, name="checked code", daemon=True)
        thread.start()
    finally:
        threading.stack_size(usual)
    return thread


def _stop(thread: threading.Thread, ended: threading.Event) -> None:
    """Throws Stopped into the thread until it ends; code that swallows it is left behind, running."""
    until = time.monotonic() + STOPPING_SECONDS
    while not ended.is_set() and time.monotonic() < until:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident or 0), ctypes.py_object(Stopped)
        )
        ended.wait(0.05)
