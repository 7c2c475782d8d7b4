"""Runs a notebook's cells as a Jupyter kernel does: ipykernel's own, without sockets.

What it would publish is recorded as nbformat outputs. Everything here can be reached and altered by the
student's code, so nothing here decides anything.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import threading
import traceback
from typing import Any

import ipykernel.ipkernel
from traitlets.config import Application, Config

from ...student.restoring import silent_publisher
from .recorder import ERROR_FIELDS, Recorder, Stream, drain, redirect_to_memory
from .shortcuts import take_shortcuts


class Kernel:
    """ipykernel's kernel, driven cell by cell."""

    def __init__(self) -> None:
        settings = Config()
        settings.HistoryManager.enabled = False  # no database, no thread that saves to it
        setattr(ipykernel.ipkernel, "_is_debugpy_available", False)  # noqa: B010  it declares no such name
        self.recorder = Recorder()
        self.kernel = ipykernel.ipkernel.IPythonKernel.instance(
            config=settings, session=self.recorder, iopub_socket=object()
        )
        self.kernel.log = _quiet_log()
        setattr(Application.instance(), "kernel", self.kernel)  # noqa: B010  where %matplotlib looks for it
        self.kernel.shell_channel_thread = threading.current_thread()
        here: Any = threading.current_thread()
        here.parent_thread = here  # where it looks for the main one
        self.shell: Any = self.kernel.shell
        take_shortcuts(self.shell)
        self.loop: Any = None  # each child has its own
        self.at_first: frozenset[str] = frozenset()  # modules

    @property
    def names(self) -> dict[str, Any]:
        names: dict[str, Any] = self.shell.user_ns
        return names

    def warm(self) -> None:
        """Before the fork: what the children would each have to make, and find made."""
        self.at_first = frozenset(sys.modules)  # thousands of names, on hundreds of pages to be copied
        silent_publisher()

    def begin(self) -> None:
        """After the fork: what must not be shared with the siblings."""
        self.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self.loop)
        self.spill = [redirect_to_memory(descriptor) for descriptor in (1, 2)]
        sys.stdout, sys.stderr = Stream("stdout", self.recorder, 1), Stream("stderr", self.recorder, 2)
        sys.path.insert(0, "")

    def rehearse(self) -> None:
        """Runs a cell of nothing, which leaves no trace, while nobody waits for it.

        A fork shares its pages until it writes to them; most of those that a cell writes to, every cell does.
        """
        self.loop.run_until_complete(
            self.kernel.do_execute("None", silent=True, store_history=False, allow_stdin=False)
        )

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
            text = drain(descriptor)
            if text:
                self.recorder.stream(name, text)
        outputs = self.recorder.finished()
        if reply["status"] == "error" and not any(
            o["output_type"] == "error" and o.get("ename") == reply["ename"] for o in outputs
        ):
            outputs.append({"output_type": "error", **{key: reply.get(key) for key in ERROR_FIELDS}})
        return {"status": reply["status"], "outputs": outputs, "count": reply.get("execution_count")}


def _quiet_log() -> Any:
    log = logging.Logger("kernel")
    log.addHandler(logging.NullHandler())
    return log
