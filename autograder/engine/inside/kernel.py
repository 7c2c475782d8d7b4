"""Inside the sandbox: runs a notebook's cells as a Jupyter kernel does, and calls functions when probed.

The kernel is ipykernel's own, without sockets: what it would publish is recorded as nbformat outputs.
Everything here can be reached and altered by the student's code, so nothing here decides anything. It only
brings back data, and the other side takes it for no more than that.
"""

from __future__ import annotations

import asyncio
import io
import json
import mmap
import os
import random
import signal
import socket
import struct
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

import ipykernel.ipkernel
import numpy as np
from jupyter_client.session import Session
from traitlets.config import Config

from ...errors import WireError
from ...student.guard import Stopped, undisturbed
from ...student.probe import driver_for, outcome_of, printable
from ...student.sheet import Case, Outcome, Sheet
from ...student.wire import Opaque
from . import frames

TEXT_LIMIT = 1 << 20  # characters that the streams of one cell may leave in the notebook
DATA_LIMIT = 4 << 20  # and its figures and other rich results
ALL_LIMIT = 12 << 20  # and all cells together


class Recorder(Session):
    """Takes what the kernel would send to a client, and keeps it as outputs of the running cell."""

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self.kept_in_all = 0
        self.begin()

    def begin(self) -> None:
        self.outputs: list[dict] = []
        self.text = self.data = 0
        self.clear_before_next = self.cut = False

    def send(self, _stream: Any, message: Any, content: Any = None, *_: Any, **__: Any) -> None:
        kind = message if isinstance(message, str) else message.get("msg_type", "")
        content = content if isinstance(message, str) else message.get("content", {})
        if kind == "stream":
            self.stream(content["name"], content["text"])
        elif kind == "clear_output":
            self.clear_before_next = True
            if not content.get("wait"):
                self._clear_if_asked()
        elif kind in ("display_data", "execute_result", "error"):
            self._add(kind, content)
        elif kind == "update_display_data":
            known = content.get("transient", {}).get("display_id")
            for output in self.outputs:
                if known is not None and output.get("display_id") == known:
                    output.update(data=content["data"], metadata=content["metadata"])

    def stream(self, name: str, text: str) -> None:
        self._clear_if_asked()
        first_of_stderr = name == "stderr" and not any(o.get("name") == "stderr" for o in self.outputs)
        room = min(TEXT_LIMIT - self.text, ALL_LIMIT - self.kept_in_all)
        if first_of_stderr:  # that there was any decides points in a plain course
            room = max(room, 10_000)
        kept = text[: max(room, 0)]
        self.text += len(kept)
        self.kept_in_all += len(kept)
        if len(kept) < len(text) and not self.cut:
            self.cut = True
            kept += "\n… more was printed than is kept\n"
        if not kept:
            return
        if self.outputs and self.outputs[-1].get("name") == name:
            self.outputs[-1]["parts"].append(kept)
        else:
            self.outputs.append({"output_type": "stream", "name": name, "parts": [kept]})

    def _add(self, kind: str, content: dict) -> None:
        self._clear_if_asked()
        output = {"output_type": kind, **{k: content[k] for k in _FIELDS[kind] if k in content}}
        display_id = content.get("transient", {}).get("display_id")
        if display_id is not None:
            output["display_id"] = display_id
        size = sum(len(str(part)) for part in (content.get("data") or {}).values())
        if size > min(DATA_LIMIT - self.data, ALL_LIMIT - self.kept_in_all):
            text = str(output["data"].get("text/plain", ""))[:1000]
            output["data"] = {"text/plain": text or "(a result larger than is kept)"}
            size = len(text)
        self.data += size
        self.kept_in_all += size
        if len(self.outputs) < 10_000:
            self.outputs.append(output)

    def _clear_if_asked(self) -> None:
        if self.clear_before_next:
            self.outputs, self.clear_before_next = [], False

    def finished(self) -> list[dict]:
        """The outputs of the cell, streams joined."""
        for output in self.outputs:
            output.pop("display_id", None)
            if "parts" in output:
                output["text"] = "".join(output.pop("parts"))
        return self.outputs


_FIELDS = {
    "display_data": ("data", "metadata"),
    "execute_result": ("data", "metadata", "execution_count"),
    "error": ("ename", "evalue", "traceback"),
}


class Stream(io.TextIOBase):
    """sys.stdout and sys.stderr of a cell."""

    encoding, errors = "utf-8", "replace"

    def __init__(self, name: str, recorder: Recorder, descriptor: int) -> None:
        self.name, self.recorder, self.descriptor = name, recorder, descriptor

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text)}")
        if text:
            self.recorder.stream(self.name, text)
        return len(text)

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return False

    def fileno(self) -> int:
        return self.descriptor

    @property
    def closed(self) -> bool:  # closing sys.stdout must not silence the cells that follow
        return False

    def close(self) -> None:
        pass


class Kernel:
    """ipykernel's kernel, driven cell by cell."""

    def __init__(self) -> None:
        settings = Config()
        settings.HistoryManager.enabled = False  # no database, no thread that saves to it
        ipykernel.ipkernel._is_debugpy_available = False
        self.recorder = Recorder()
        self.kernel = ipykernel.ipkernel.IPythonKernel.instance(
            config=settings, session=self.recorder, iopub_socket=object()
        )
        self.kernel.log = _quiet_log()
        self.kernel.shell_channel_thread = threading.current_thread()
        threading.current_thread().parent_thread = (
            threading.current_thread()
        )  # where it looks for the main one
        self.shell = self.kernel.shell
        self.loop: asyncio.AbstractEventLoop | None = None
        self.at_first: frozenset[str] = frozenset()  # modules

    @property
    def names(self) -> dict[str, Any]:
        return self.shell.user_ns

    def begin(self) -> None:
        """After the fork: what must not be shared with the siblings."""
        self.at_first = frozenset(sys.modules)
        self.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self.loop)
        self.spill = [_memory_file(descriptor) for descriptor in (1, 2)]
        sys.stdout, sys.stderr = Stream("stdout", self.recorder, 1), Stream("stderr", self.recorder, 2)
        sys.path.insert(0, "")

    def run(self, source: str) -> dict[str, Any]:
        """Runs a cell; its outputs, and the error it ended with."""
        self.recorder.begin()
        sys.stdout, sys.stderr = Stream("stdout", self.recorder, 1), Stream("stderr", self.recorder, 2)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            reply = self.loop.run_until_complete(
                self.kernel.do_execute(source, silent=False, store_history=True, allow_stdin=False)
            )
        except BaseException as error:  # an interrupt that came a moment late, a shell that was damaged
            reply = {
                "status": "error",
                "ename": type(error).__name__,
                "evalue": str(error),
                "traceback": traceback.format_exc().splitlines(),
            }
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        for name, descriptor in (("stdout", 1), ("stderr", 2)):  # of other programs, and of C
            text = _drained(descriptor)
            if text:
                self.recorder.stream(name, text)
        outputs = self.recorder.finished()
        if reply["status"] == "error" and not any(
            o["output_type"] == "error" and o.get("ename") == reply["ename"] for o in outputs
        ):
            error = {key: reply.get(key) for key in _FIELDS["error"]}
            outputs.append({"output_type": "error", **error})
        return {"status": reply["status"], "outputs": outputs, "count": reply.get("execution_count")}


def _quiet_log() -> Any:
    import logging

    log = logging.Logger("kernel")
    log.addHandler(logging.NullHandler())
    return log


def _memory_file(descriptor: int) -> int:
    """What programs write to stdout and stderr lands in memory, as far as a file may grow."""
    made = os.memfd_create("output")
    os.dup2(made, descriptor)
    os.close(made)
    return descriptor


def _drained(descriptor: int) -> str:
    try:
        size = os.fstat(descriptor).st_size
        if not size:
            return ""
        data = os.pread(descriptor, min(size, TEXT_LIMIT), 0)
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        return data.decode("utf-8", "replace")
    except OSError:  # the student closed it
        return ""


def serve(connection: socket.socket, kernel: Kernel, folder: str) -> None:
    """Answers requests until the other side hangs up."""
    own = os.getpid()
    marks: dict[int, dict[str, Any]] = {}
    while True:
        request = frames.receive(connection)
        if request["do"] == "probe" and request["in_a_copy"] and not _has_threads():
            _answer_in_a_copy(connection, kernel, folder, marks, request)
            continue
        reply = _answer(connection, kernel, folder, marks, request)
        if os.getpid() != own:  # the cell forked, and this is its child
            os._exit(0)
        frames.send(connection, reply)


def _answer(
    connection: socket.socket,
    kernel: Kernel,
    folder: str,
    marks: dict[int, dict[str, Any]],
    request: dict[str, Any],
) -> dict[str, Any]:
    reply: dict[str, Any] = {"id": request["id"]}
    match request["do"]:
        case "file":
            _write_file(Path(folder, request["name"]), request["data"], request["append"])
        case "begin":
            np.random.seed(request["seed"])  # noqa: NPY002  what a lesson without a seed draws, same every time
            random.seed(request["seed"])
        case "cell":
            done = kernel.run(request["source"])
            reply |= {"status": done["status"], "count": done["count"], "outputs": _as_text(done["outputs"])}
        case "imported":
            reply["modules"] = [name for name in sys.modules if name not in kernel.at_first]
        case "mark":
            marks[request["mark"]] = dict(kernel.names)
        case "probe":
            kernel.names.clear()
            kernel.names.update(marks.get(request["mark"], {}))
            _call_on_every_case(connection, kernel, request)
            reply["died"] = ""
    return reply


def _answer_in_a_copy(
    connection: socket.socket,
    kernel: Kernel,
    folder: str,
    marks: dict[int, dict[str, Any]],
    request: dict[str, Any],
) -> None:
    """A copy of this process answers this request and those that follow, for as long as it lives.

    A crash in one exercise then costs no other: the next is asked of a new copy. Threads don't survive
    being copied; where there are any (TensorFlow's, once it has computed something), there is no copy.
    """
    asked = mmap.mmap(-1, 8)  # shared: what the copy was at when it died
    pid = os.fork()
    if pid == 0:
        try:
            while True:
                asked[:] = struct.pack("q", request["id"])
                frames.send(connection, _answer(connection, kernel, folder, marks, request))
                request = frames.receive(connection)
        finally:
            os._exit(1)
    try:
        how = ending(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    except ChildProcessError:  # the student's code reaps children
        how = "ended"
    frames.send(connection, {"id": struct.unpack("q", asked[:])[0], "died": how})


def _as_text(outputs: list[dict]) -> str:
    return printable(json.dumps(outputs, default=str))


def _write_file(path: Path, data: np.ndarray, append: bool) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab" if append else "wb") as file:
            file.write(data.tobytes())
    except OSError:  # a name this system can't have, a disk that is full: the notebook will miss the file
        pass


def _call_on_every_case(connection: socket.socket, kernel: Kernel, request: dict[str, Any]) -> None:
    """Calls the student's functions through the exercise's driver and sends each outcome as it comes."""
    sheet = Sheet(
        name=request["name"],
        functions=tuple(request["functions"]),
        uses=tuple(request["uses"]),
        points=0,
        groups={},
        cases=(),
        driver=request["driver"],
    )
    functions = [kernel.names.get(name, _missing(name)) for name in sheet.functions + sheet.uses]
    signal.signal(signal.SIGINT, _stop)
    try:
        driver = driver_for(sheet)
        for number, (inputs, call) in enumerate(request["cases"]):
            with undisturbed(), np.errstate(all="warn", under="ignore"):
                outcome = outcome_of(driver, functions, Case(inputs, call=call))
            _send_outcome(connection, request["id"], number, outcome)
    except Stopped:
        pass
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _has_threads() -> bool:
    try:
        return len(os.listdir("/proc/self/task")) > 1
    except OSError:
        return True


def ending(status: int) -> str:
    """How a process ended, in words: of an exit code, negative for a signal."""
    if status < 0:
        try:
            return f"ended by {signal.Signals(-status).name}"
        except ValueError:
            return f"ended by signal {-status}"
    return f"ended with exit code {status}"


def _stop(*_: Any) -> None:
    raise Stopped


def _send_outcome(connection: socket.socket, request_id: int, number: int, outcome: Outcome) -> None:
    fields = (outcome.raised, outcome.message, outcome.where, list(outcome.changed))
    message = {"id": request_id, "case": number, "value": outcome.value, "rest": list(fields)}
    try:
        frames.send(connection, message)
    except WireError:
        frames.send(connection, {**message, "value": Opaque("a result too large to send")})


def _missing(name: str) -> Any:
    def absent(*_: Any, **__: Any) -> Any:
        raise NotImplementedError(f"`{name}` is not defined in the notebook")

    return absent
