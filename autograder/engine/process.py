"""One student's process, seen from outside: asked for cells and probes, held to limits, ended for sure."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import struct
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

import numpy as np

from ..errors import AutograderError, WireError
from ..student.sheet import Outcome
from . import family
from .budget import Budget, Meter
from .cgroup import Group
from .inside import frames
from .inside.limits import Limits
from .probing import Answers, Question

WATCH_SECONDS = 0.1
FRAME_SECONDS = 5.0  # in which an answer that has begun has to end
MOST_ANSWERS = 32 << 20  # bytes, of one process
SOON_JUDGED = 64 << 10  # bytes of outcomes
NO_ANSWER = "sent something that is no answer"
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
    killed: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.inbox = frames.Inbox(self.connection)

    def begin(self, files: Mapping[str, bytes]) -> None:
        """Makes its acquaintance, and gives it files."""
        self.pid = self._greeted()
        self.handle = os.pidfd_open(self.pid)
        self.usual = family.memory_of([self.pid])
        self.group = Group.around(self.pid, self.limits)
        for name, data in files.items():
            for start in range(0, max(len(data), 1), CHUNK):
                part = np.frombuffer(data[start : start + CHUNK], np.uint8)
                self._ask({"do": "file", "name": name, "data": part, "append": start > 0}, 60)

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

    def probe(self, question: Question) -> list[Outcome]:
        """What the student's functions give."""
        (outcomes,) = self.probes([question])
        return outcomes

    def probes(self, questions: Sequence[Question]) -> Iterator[list[Outcome]]:
        """The answers to each question in turn.

        A question is written down while the one before is answered, and asked before that one's answers are
        given out: who judges them works side by side with the process. Not where they are large: judging may
        take its time then, and a process that works has to be watched.
        """
        if questions:
            self._post(self._written(questions[0].request))
        for question, after in zip_longest(questions, questions[1:]):
            written = self._written(after.request) if after else b""
            before, outcomes = self.received, self._outcomes(question)
            side_by_side = self.received - before <= SOON_JUDGED
            if written and side_by_side:
                self._post(written)
            yield outcomes
            if written and not side_by_side:
                self._post(written)

    def _outcomes(self, question: Question) -> list[Outcome]:
        answers = Answers(question)
        reply = self._answer(question.seconds, interrupt=True, on_part=answers.keep)
        return answers.whole(self.over, reply.get("died"))

    def kill(self) -> None:
        """Ends it and, with its namespace, all that it started. Once: its number is soon another's."""
        if self.handle < 0 or self.killed:
            return
        self.killed = True
        # The others are of no account in a namespace of their own; else, they are.
        others = [] if self._has_ended(0) else family.members(self.pid)[1:]
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.handle, signal.SIGKILL)
        family.kill(others)

    def _has_ended(self, seconds: float) -> bool:
        return bool(select.select([self.handle], [], [], seconds)[0])

    def end(self) -> None:
        """Kills it, and sees it ended."""
        self.kill()
        if self.handle >= 0:
            self._has_ended(10)
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

    def _ask(self, request: dict[str, Any], seconds: float, interrupt: bool = False) -> dict[str, Any]:
        """Sends a request and waits for its answer."""
        self._post(self._written(request))
        return self._answer(seconds, interrupt)

    def _written(self, request: dict[str, Any]) -> bytes:
        """A request as it is sent: the next one."""
        places, self.places = self.places, []
        try:
            return frames.framed({**request, "id": self.asked + 1, "remember": places})
        except WireError:
            raise self._ended("stopped listening") from None

    def _post(self, written: bytes) -> None:
        self.asked += 1
        try:
            self.connection.settimeout(60)
            self.connection.sendall(written)
            self.connection.settimeout(None)
        except OSError:
            raise self._ended("stopped listening") from None

    def _answer(
        self,
        seconds: float,
        interrupt: bool = False,
        on_part: Callable[[dict[str, Any]], None] | None = None,
    ) -> dict[str, Any]:
        """Waits for the answer to the last request, watching time and memory meanwhile."""
        self.over = ""
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
            message, size = self.inbox.next(watch, min(frames.LARGEST, max(left, 0)))
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
