"""Inside the sandbox: answers requests to run a cell, to remember the names, to call functions for a case.

It only brings back data, and the other side takes it for no more than that.
"""

from __future__ import annotations

import json
import mmap
import os
import signal
import socket
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import WireError
from ...student.guard import Stopped, undisturbed
from ...student.origin import answered_by
from ...student.probe import defined_in, driver_for, missing_function, outcome_of, printable
from ...student.sheet import Case, Outcome, Sheet
from ...student.wire import Opaque
from . import frames
from .kernel import Kernel


def serve(connection: socket.socket, kernel: Kernel, folder: str) -> None:
    """Answers requests until the other side hangs up."""
    own = os.getpid()
    remembered: dict[int, dict[str, Any]] = {}
    while True:
        request = _next_request(connection, kernel, remembered)
        if request["do"] == "probe" and request["in_a_copy"] and not _has_threads():
            _answer_in_a_copy(connection, kernel, folder, remembered, request)
            continue
        reply = _answer(connection, kernel, folder, remembered, request)
        if os.getpid() != own:  # the cell forked, and this is its child
            os._exit(0)
        frames.send(connection, reply)


def _next_request(
    connection: socket.socket, kernel: Kernel, remembered: dict[int, dict[str, Any]]
) -> dict[str, Any]:
    """What is asked next; first the names are remembered as they are."""
    request: dict[str, Any] = frames.receive(connection)
    for place in request["remember"]:
        remembered[place] = dict(kernel.names)
    return request


def _answer(
    connection: socket.socket,
    kernel: Kernel,
    folder: str,
    remembered: dict[int, dict[str, Any]],
    request: dict[str, Any],
) -> dict[str, Any]:
    reply: dict[str, Any] = {"id": request["id"]}
    match request["do"]:
        case "file":
            write_file(Path(folder, request["name"]), request["data"], request["append"])
        case "cell":
            done = kernel.run(request["source"])
            reply |= {"status": done["status"], "count": done["count"], "outputs": _as_text(done["outputs"])}
        case "imported":
            reply["modules"] = [name for name in sys.modules if name not in kernel.at_first]
        case "probe":
            kernel.names.clear()
            kernel.names.update(remembered.get(request["place"], {}))
            _call_on_every_case(connection, kernel, request)
            reply["died"] = ""
    return reply


def _answer_in_a_copy(
    connection: socket.socket,
    kernel: Kernel,
    folder: str,
    remembered: dict[int, dict[str, Any]],
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
                frames.send(connection, _answer(connection, kernel, folder, remembered, request))
                request = _next_request(connection, kernel, remembered)
        finally:
            os._exit(1)
    try:
        how = ending(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    except ChildProcessError:  # the student's code reaps children
        how = "ended"
    frames.send(connection, {"id": struct.unpack("q", asked[:])[0], "died": how})


def _as_text(outputs: list[dict[str, Any]]) -> str:
    return printable(json.dumps(outputs, default=str))


def write_file(path: Path, data: np.ndarray, append: bool) -> None:
    """Writes a file, or what follows of it, as far as that can be done."""
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
    outbox = frames.Outbox(connection)
    signal.signal(signal.SIGINT, _stop)
    try:
        for name, source in request["stand_ins"].items():
            kernel.names[name] = defined_in(source, name)
        functions = [
            *(answered_by(name, _named(kernel, name)) for name in sheet.functions),
            *(_named(kernel, name) for name in sheet.uses),
        ]
        driver = driver_for(sheet)
        with undisturbed() as said:
            for number, (inputs, call) in enumerate(request["cases"]):
                with np.errstate(all="warn", under="ignore"):
                    outcome = outcome_of(driver, functions, Case(inputs, call=call))
                said.hold()
                _send_outcome(outbox, request["id"], number, outcome)
                if request["in_a_copy"]:  # it may crash: what it gave until then is known
                    outbox.send()
    except Stopped:
        pass
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        outbox.send()


def _named(kernel: Kernel, name: str) -> Any:
    return kernel.names.get(name, missing_function(name))


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


def _send_outcome(outbox: frames.Outbox, request_id: int, number: int, outcome: Outcome) -> None:
    fields = (outcome.raised, outcome.message, outcome.where, list(outcome.changed))
    message = {"id": request_id, "case": number, "value": outcome.value, "rest": list(fields)}
    try:
        outbox.add(message)
    except WireError:
        outbox.add({**message, "value": Opaque("a result too large to send")})
