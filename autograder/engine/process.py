"""One student's process, seen from outside: asked for cells and probes, held to limits, ended for sure."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import signal
import socket
import struct
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import AutograderError, WireError
from ..student.probe import printable
from ..student.sheet import Case, Outcome, Sheet
from . import family
from .budget import Budget, Meter
from .cgroup import Group
from .inside import frames
from .inside.limits import Limits

WATCH_SECONDS = 0.1
FRAME_SECONDS = 5.0  # in which an answer that has begun has to end
MOST_ANSWERS = 32 << 20  # bytes, of one process
NO_ANSWER = "sent something that is no answer"
_ENDINGS = re.compile(r"ended by (SIG[A-Z0-9]{2,9}|signal \d{1,3})|ended with exit code \d{1,3}")
GRACE_SECONDS = 2.0  # for code that is told to stop
FORK_SECONDS = 60.0
CHUNK = 8 << 20


class Gone(Exception):
    """The student's process is no more; says how it ended, and whether by a limit."""

    def __init__(self, reason: str, limit: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.limit = reason, limit


class EngineError(AutograderError):
    """Our side failed: no marks are changed."""


@dataclass(frozen=True)
class Reply:
    """What running a cell gave."""

    ok: bool
    outputs: list[dict[str, Any]]
    count: int | None = None
    limit: str = ""  # which limit it ran into and was stopped by
    size: int = 0  # of its outputs, as they came


@dataclass
class StudentProcess:
    """The conversation with one process. Every request has an answer, a limit, or an end."""

    connection: socket.socket
    limits: Limits
    budget: Budget  # of the whole submission
    pid: int = 0
    handle: int = -1
    asked: int = 0
    usual: int = 0  # bytes that the process held before the student's code ran
    received: int = 0  # bytes of its answers
    places: list[int] = field(default_factory=list)  # whose names are to be kept as they are
    over: str = field(default="", init=False)  # which limit it ran into
    group: Group | None = field(default=None, init=False)

    def begin(self, files: dict[str, bytes], seed: int) -> None:
        self.pid = self._greeted()
        self.handle = os.pidfd_open(self.pid)
        self.usual = family.memory_of([self.pid])
        self.group = Group.around(self.pid, self.limits)
        for name, data in files.items():
            for start in range(0, max(len(data), 1), CHUNK):
                part = np.frombuffer(data[start : start + CHUNK], np.uint8)
                self._ask({"do": "file", "name": name, "data": part, "append": start > 0}, 60)
        self._ask({"do": "begin", "seed": seed}, 60)

    def run(self, source: str, seconds: float = 0.0) -> Reply:
        """Runs a cell; one that takes too long is interrupted, and ended if it does not heed that."""
        seconds = seconds or self.limits.cell_seconds
        reply = self._ask({"do": "cell", "source": source}, seconds, interrupt=True)
        try:
            outputs = json.loads(reply["outputs"])
            count = reply["count"] if type(reply["count"]) is int else None
            ok = reply["status"] == "ok" and not self.over
            return Reply(ok, list(outputs), count, self.over, len(reply["outputs"]))
        except (KeyError, TypeError, ValueError, RecursionError):
            raise self._ended(NO_ANSWER) from None

    def remember(self, place: int) -> None:
        """Keeps the names as they are here, for a probe later. Said with what is asked next."""
        self.places.append(place)

    def imported(self) -> list[str]:
        """The modules that the cells have imported, as far as the process can be believed."""
        return [str(name) for name in self._ask({"do": "imported"}, 10)["modules"]]

    def probe(
        self,
        place: int,
        sheet: Sheet,
        cases: Sequence[Case],
        seconds: float,
        in_a_copy: bool,
        stand_ins: Mapping[str, str] | None = None,
    ) -> list[Outcome]:
        """What the student's functions give on these cases, called with the names of that place.

        No single case may take longer than `seconds`. In a copy of the process a crash costs this exercise
        only; making one costs time. Stand-ins are functions, as source, in place of the student's own.
        """
        outcomes: list[Outcome] = []
        request = {
            "do": "probe",
            "in_a_copy": in_a_copy,
            "place": place,
            "name": sheet.name,
            "functions": list(sheet.functions),
            "uses": list(sheet.uses),
            "driver": sheet.driver,
            "stand_ins": dict(stand_ins or {}),
            "cases": [(case.inputs, case.call) for case in cases],
        }

        def keep(message: dict[str, Any]) -> None:
            if message.get("case") != len(outcomes) or len(outcomes) >= len(cases):
                raise WireError("an outcome out of order")
            outcomes.append(_outcome(message))

        reply = self._ask(request, seconds, interrupt=True, on_part=keep)
        why = self.over
        if not why and reply.get("died"):  # its own words, of which only known ones are repeated
            how = str(reply["died"])
            why = f"the process of this exercise {how if _ENDINGS.fullmatch(how) else 'ended'}"
        rest = Outcome(None, "Stopped", why or "your code ended the check before it was done")
        return outcomes + [rest] * (len(cases) - len(outcomes))

    def end(self) -> None:
        """Ends the process and, with its namespace, all that it started."""
        if self.handle >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.handle, signal.SIGKILL)
            family.kill(
                family.members(self.pid)[1:]
            )  # of no account in a namespace of their own; else, they are
            select.select([self.handle], [], [], 10)
            os.close(self.handle)
            self.handle = -1
        if self.group:
            self.group.close()
            self.group = None

    def _greeted(self) -> int:
        """The first frame is ours, sent before any of the student's code; the kernel says who sent it."""
        patience = FORK_SECONDS * patience_now()
        if not select.select([self.connection], [], [], patience)[0]:
            raise EngineError("a process for the submission could not be started in time")
        size = struct.calcsize("3i")
        _, ancillary, *_ = self.connection.recvmsg(1, socket.CMSG_SPACE(size), socket.MSG_PEEK)
        try:
            hello = frames.receive(self.connection)
        except (EOFError, WireError) as error:
            raise EngineError(f"the process for the submission did not start: {error}") from None
        if not isinstance(hello, dict) or "hello" not in hello:
            reason = hello.get("failed") if isinstance(hello, dict) else "no greeting"
            raise EngineError(f"the sandbox could not be entered: {reason}")
        for level, kind, data in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS:
                return int(struct.unpack("3i", data[:size])[0])
        return int(hello["hello"])

    def _ask(
        self,
        request: dict[str, Any],
        seconds: float,
        *,
        interrupt: bool = False,
        on_part: Callable[[dict[str, Any]], None] | None = None,
    ) -> dict[str, Any]:
        """Sends a request and waits for its answer, watching time and memory meanwhile."""
        self.asked += 1
        self.over = ""
        try:
            self.connection.settimeout(60)
            frames.send(self.connection, {**request, "id": self.asked, "remember": self.places})
            self.places = []
            self.connection.settimeout(None)
        except (OSError, WireError):
            raise self._ended("stopped listening") from None
        watch = _Watch(self, seconds, interrupt)
        while True:
            message = self._next_message(watch)
            if not isinstance(message, dict) or message.get("id") != self.asked:
                raise self._ended(NO_ANSWER)
            if "case" not in message:
                return message
            watch.meter.again()
            try:
                if on_part:
                    on_part(message)
            except (WireError, TypeError, KeyError, ValueError):
                raise self._ended(NO_ANSWER) from None

    def _next_message(self, watch: _Watch) -> Any:
        try:
            left = MOST_ANSWERS - self.received
            message, size = frames.receive_within(self.connection, watch, min(frames.LARGEST, max(left, 0)))
        except EOFError:
            raise self._ended() from None
        except WireError:
            raise self._ended(NO_ANSWER) from None
        self.received += size
        return message

    def interrupt(self) -> None:
        """A copy that runs a probe is ended; the process itself is asked to stop."""
        copies = family.members(self.pid)[1:]
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.handle, signal.SIGINT)
        family.kill(copies)

    def look(self) -> family.Use:
        """What the family uses of the processors; ends it where it holds too much."""
        members = family.members(self.pid)
        most = self.limits.memory + self.usual
        if family.memory_of(members) > most and family.memory_apart(members) > most:  # quick, then exact
            raise self._ended(self._too_much_memory(), limit=True)
        if len(members) > self.limits.processes + 10:
            raise self._ended(f"started more than {self.limits.processes} processes", limit=True)
        return family.use_of(members)

    def _ended(self, reason: str = "", limit: bool = False) -> Gone:
        """The exception that tells how the process ended; whatever of it is left is ended as well."""
        if self.group and self.group.met_limit:
            reason, limit = self._too_much_memory(), True
        self.end()
        return Gone(reason or "ended the process", limit)

    def _too_much_memory(self) -> str:
        return f"used more than {self.limits.memory >> 20} MiB of memory"


class _Watch:
    """Waits for an answer: a tenth of a second at a time, looking at what the family uses."""

    def __init__(self, process: StudentProcess, seconds: float, interrupt: bool) -> None:
        self.process, self.may_interrupt = process, interrupt
        self.meter = Meter(process.budget, seconds)
        self.patience: float | None = None  # until when, after it was told to stop
        self.begun: float | None = None

    def __call__(self, connection: socket.socket, begun: bool, /) -> None:
        if select.select([connection], [], [], WATCH_SECONDS)[0]:
            return
        now = time.monotonic()
        self.begun = (self.begun or now) if begun else None
        if self.begun and now - self.begun > FRAME_SECONDS * patience_now():
            raise self.process._ended("began an answer and did not finish it", limit=True)
        if self.patience and now > self.patience:
            raise self.process._ended(self.process.over, limit=True)
        self.meter.charge(self.process.look())
        if not self.patience and (reached := self.meter.over()):
            self.process.over = reached
            if not self.may_interrupt:
                raise self.process._ended(reached, limit=True)
            self.process.interrupt()
            self.patience = now + GRACE_SECONDS * patience_now()


def patience_now() -> float:
    """How many times longer than usual our own steps may take: as the machine is loaded."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def _outcome(message: dict[str, Any]) -> Outcome:
    raised, text, where, changed = message["rest"]
    if not all(type(part) is str for part in (raised, text, where, *changed)) or len(changed) > 100:
        raise WireError("an outcome that is none")
    raised, text, where = printable(raised[:200]), printable(text[:1000]), printable(where[:500])
    return Outcome(message["value"], raised, text, where, tuple(changed))
