"""One student's process, seen from outside: asked for cells and probes, held to limits, ended for sure."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import AutograderError, WireError
from ..student.probe import printable
from ..student.sheet import Outcome, Sheet
from .inside import frames
from .inside.sandbox import Limits

WATCH_SECONDS = 0.1
GRACE_SECONDS = 2.0  # for code that is told to stop
FORK_SECONDS = 60.0
REHEARSAL_SECONDS = 20.0
CHUNK = 8 << 20
QUIET = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "CUDA_VISIBLE_DEVICES": "-1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


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
    outputs: list[dict]
    count: int | None = None
    limit: str = ""  # which limit it ran into and was stopped by


class Zygote:
    """A warm process, and its children. It starts at once, and goes on when it is told what for."""

    def __init__(self, sandbox: bool = True) -> None:
        self.sandbox = sandbox
        self.control, theirs = socket.socketpair()
        environment = {
            "PATH": os.pathsep.join([os.path.dirname(sys.executable), "/usr/local/bin", "/usr/bin", "/bin"]),
            "LANG": "C.UTF-8",
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            **QUIET,
        }
        if not sandbox:
            environment["HOME"] = os.environ.get("HOME", "/")
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "autograder.engine.inside.zygote", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd="/",
        )
        theirs.close()
        self.ready = False

    def warm_up(self, modules: tuple[str, ...], readable: tuple[str, ...], limits: Limits) -> None:
        """Tells it what to import, what of this machine to show, and what a student's process may use."""
        self.limits = limits
        settings = {
            "modules": list(modules),
            "readable": list(readable),
            "limits": asdict(limits),
            "sandbox": self.sandbox,
            "fonts": _font_lists(),
        }
        with self._alive():
            frames.send(self.control, settings)

    def wait_until_ready(self, seconds: float = 180) -> None:
        if self.ready:
            return
        if not select.select([self.control], [], [], seconds)[0] or self.control.recv(16) != b"ready":
            self.process.kill()
            said = self.process.stderr.read().decode("utf-8", "replace").strip().splitlines()
            raise EngineError(
                f"the process that runs notebooks did not start: {said[-1] if said else 'no word'}"
            )
        self.ready = True

    @contextlib.contextmanager
    def student(self, files: dict[str, bytes], seed: int, deadline: float) -> Iterator[Student]:
        """A fresh student's process with its files; nothing of it is left afterwards."""
        self.wait_until_ready()
        folder = "/" if self.sandbox else tempfile.mkdtemp(prefix="autograder-")
        ours, theirs = socket.socketpair()
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        try:
            with theirs:
                self._tell(folder, theirs.fileno())
            student = Student(ours, self.limits, deadline)
            try:
                student.begin(files, seed)
                yield student
            finally:
                student.end()
        finally:
            ours.close()
            if not self.sandbox:
                shutil.rmtree(folder, ignore_errors=True)

    def rehearse(self, cells: tuple[str, ...]) -> None:
        """Runs the instructor's own cells as a student's would be, to import beforehand what they import."""
        with self.student({}, 0, time.monotonic() + REHEARSAL_SECONDS) as student:
            try:
                for source in cells:
                    student.cell(source)
                modules = student.imported()
            except Gone:  # they take too long, or need a file: each submission will import for itself
                return
        self._tell(modules)

    def _tell(self, message: Any, *descriptors: int) -> None:
        with self._alive():
            socket.send_fds(self.control, [b"!"], descriptors)
            frames.send(self.control, message)

    @contextlib.contextmanager
    def _alive(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise EngineError(f"the process that runs notebooks is gone: {error}") from None

    def close(self) -> None:
        self.control.close()
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stderr.close()


def _font_lists() -> list[str]:
    """matplotlib's list of fonts, where it was made already: making it takes seconds."""
    home = os.environ.get("MPLCONFIGDIR") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "matplotlib"
    )
    return [str(path) for path in Path(home).glob("fontlist-*.json")]


@dataclass
class Student:
    """The conversation with one process. Every request has an answer, a deadline, or an end."""

    connection: socket.socket
    limits: Limits
    deadline: float  # of the whole submission
    pid: int = 0
    handle: int = -1
    asked: int = 0
    usual: int = 0  # bytes that the process held before the student's code ran
    over: str = field(default="", init=False)

    def begin(self, files: dict[str, bytes], seed: int) -> None:
        self.pid = self._greeted()
        self.handle = os.pidfd_open(self.pid)
        self.usual = _anonymous_bytes(self.pid)
        for name, data in files.items():
            for start in range(0, max(len(data), 1), CHUNK):
                part = np.frombuffer(data[start : start + CHUNK], np.uint8)
                self._ask({"do": "file", "name": name, "data": part, "append": start > 0}, 60)
        self._ask({"do": "begin", "seed": seed}, 60)

    def cell(self, source: str) -> Reply:
        """Runs a cell; one that takes too long is interrupted, and ended if it does not heed that."""
        reply = self._ask({"do": "cell", "source": source}, self.limits.cell_seconds, interrupt=True)
        try:
            outputs = json.loads(reply["outputs"])
            count = reply["count"] if type(reply["count"]) is int else None
            return Reply(reply["status"] == "ok" and not self.over, list(outputs), count, self.over)
        except (KeyError, TypeError, ValueError, RecursionError):
            raise self._ended("sent something that is no answer") from None

    def mark(self, number: int) -> None:
        """Remembers the names as they are here, for a probe later."""
        self._ask({"do": "mark", "mark": number}, 10)

    def imported(self) -> list[str]:
        """The modules that the cells have imported, as far as the process can be believed."""
        return [str(name) for name in self._ask({"do": "imported"}, 10)["modules"]]

    def probe(self, number: int, sheet: Sheet, seconds: float, in_a_copy: bool) -> list[Outcome]:
        """What the student's functions give on every case, called with the names of that mark.

        No single case may take longer than `seconds`. In a copy of the process a crash costs this exercise
        only; making one costs time.
        """
        outcomes: list[Outcome] = []
        request = {
            "do": "probe",
            "in_a_copy": in_a_copy,
            "mark": number,
            "name": sheet.name,
            "functions": list(sheet.functions),
            "uses": list(sheet.uses),
            "driver": sheet.driver,
            "cases": [(case.inputs, case.call) for case in sheet.cases],
        }

        def keep(message: dict) -> None:
            if message.get("case") != len(outcomes) or len(outcomes) >= len(sheet.cases):
                raise WireError("an outcome out of order")
            outcomes.append(_outcome(message))

        reply = self._ask(request, seconds, interrupt=True, on_part=keep)
        why = self.over or (
            str(reply.get("died", ""))[:200] and f"the process of this exercise {reply['died']}"[:200]
        )
        rest = Outcome(None, "Stopped", why or "your code ended the check before it was done")
        return outcomes + [rest] * (len(sheet.cases) - len(outcomes))

    def end(self) -> None:
        """Ends the process and, with its namespace, all that it started."""
        if self.handle >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.handle, signal.SIGKILL)
            for pid in _family(self.pid)[
                1:
            ]:  # of no account in a namespace of their own; without one, they are
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            select.select([self.handle], [], [], 10)
            os.close(self.handle)
            self.handle = -1

    def _greeted(self) -> int:
        """The first frame is ours, sent before any of the student's code; the kernel says who sent it."""
        deadline = time.monotonic() + FORK_SECONDS
        if not select.select([self.connection], [], [], FORK_SECONDS)[0]:
            raise EngineError("a process for the submission could not be started in time")
        size = struct.calcsize("3i")
        _, ancillary, *_ = self.connection.recvmsg(1, socket.CMSG_SPACE(size), socket.MSG_PEEK)
        hello = self._received(deadline)
        if not isinstance(hello, dict) or "hello" not in hello:
            reason = hello.get("failed") if isinstance(hello, dict) else "no greeting"
            raise EngineError(f"the sandbox could not be entered: {reason}")
        for level, kind, data in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS:
                return struct.unpack("3i", data[:size])[0]
        return hello["hello"]

    def _received(self, deadline: float) -> Any:
        try:
            return frames.receive(self.connection, deadline)
        except (EOFError, WireError) as error:
            raise EngineError(f"the process for the submission did not start: {error}") from None

    def _ask(self, request: dict, seconds: float, *, interrupt: bool = False, on_part: Any = None) -> dict:
        """Sends a request and waits for its answer, watching time and memory meanwhile."""
        self.asked += 1
        self.over = ""
        try:
            self.connection.settimeout(60)
            frames.send(self.connection, {**request, "id": self.asked})
            self.connection.settimeout(None)
        except (OSError, WireError):
            raise self._ended("stopped listening") from None
        until = min(time.monotonic() + seconds, self.deadline)
        while True:
            try:
                message = self._next_message(until, interrupt, seconds)
            except EOFError:
                raise self._ended() from None
            except WireError as error:
                raise self._ended(f"sent something that is no answer ({error})") from None
            if not isinstance(message, dict) or message.get("id") != self.asked:
                raise self._ended("sent something that is no answer")
            if "case" not in message:
                return message
            until = min(time.monotonic() + seconds, self.deadline)
            try:
                on_part(message)
            except (WireError, TypeError, KeyError, ValueError):
                raise self._ended("sent something that is no answer") from None

    def _next_message(self, until: float, interrupt: bool, seconds: float) -> Any:
        patience = None
        watch_again = 0.0
        while True:
            now = time.monotonic()
            left = (patience or until) - now
            if left <= 0 and patience is None and interrupt:
                whole = self.deadline <= now
                self.over = (
                    f"the submission took longer than {self.limits.seconds:g} seconds"
                    if whole
                    else f"stopped after {seconds:g} seconds: is there a loop that never ends?"
                )
                self._interrupt()
                patience = now + GRACE_SECONDS
                continue
            if left <= 0:
                raise self._ended(self.over or f"did not answer within {seconds:g} seconds", limit=True)
            if select.select([self.connection], [], [], min(left, WATCH_SECONDS))[0]:
                return frames.receive(self.connection, (patience or until) + 5)
            if now >= watch_again:
                watch_again = now + WATCH_SECONDS
                self._watch_memory()

    def _interrupt(self) -> None:
        """A copy that runs a probe is ended; the process itself is asked to stop."""
        copies = _family(self.pid)[1:]
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.handle, signal.SIGINT)
        for pid in copies:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)

    def _watch_memory(self) -> None:
        family = _family(self.pid)
        held = sum(max(0, _anonymous_bytes(pid) - self.usual) for pid in family)
        if held > self.limits.memory:
            mib = self.limits.memory >> 20
            raise self._ended(f"used more than {mib} MiB of memory", limit=True)
        if len(family) > self.limits.processes + 10:
            raise self._ended(f"started more than {self.limits.processes} processes", limit=True)

    def _ended(self, reason: str = "", limit: bool = False) -> Gone:
        """The exception that tells how the process ended; whatever of it is left is ended as well."""
        self.end()
        return Gone(reason or "ended the process", limit)


def _outcome(message: dict) -> Outcome:
    raised, text, where, changed = message["rest"]
    if not all(type(part) is str for part in (raised, text, where, *changed)) or len(changed) > 100:
        raise WireError("an outcome that is none")
    raised, text, where = printable(raised[:200]), printable(text[:1000]), printable(where[:500])
    return Outcome(message["value"], raised, text, where, tuple(changed))


def _family(pid: int) -> list[int]:
    """A process and all that descend from it; orphans in a pid namespace become its first one's children."""
    found = [pid]
    for member in found:
        with contextlib.suppress(OSError):
            for task in os.listdir(f"/proc/{member}/task"):
                with open(f"/proc/{member}/task/{task}/children", encoding="ascii") as file:
                    found += map(int, file.read().split())
        if len(found) > 5000:
            break
    return found


def _anonymous_bytes(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            _, resident, shared, *_ = map(int, file.read().split())
        return (resident - shared) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0
