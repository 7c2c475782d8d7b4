"""Can strangers' code be confined here? Found out by building a sandbox and leaving it."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from collections.abc import Callable

from ..errors import AutograderError


class NoSandbox(AutograderError):
    """This platform can't confine strangers' code."""

    def __init__(self, lacking: str) -> None:
        super().__init__(lacking)
        self.lacking = lacking

    def __str__(self) -> str:
        return (
            f"Strangers' code can't be confined here: {self.lacking}.\n"
            "    On Linux without user namespaces --without-namespaces keeps what is left: another user (for "
            "root), closed paths, a list of system calls, no network.\n"
            "    With --no-sandbox it runs with your rights: it can read and change your files."
        )


def missing() -> str:
    """What this platform lacks, found by building a sandbox and leaving it; empty when all is there."""
    if sys.platform != "linux":
        return f"the sandbox needs Linux, and this is {platform.system()}: use WSL2, a container or a server"
    from .inside.house import move_into_house
    from .inside.limits import Limits
    from .inside.room import fork_into_room, furnish_room
    from .inside.syscalls import exit_code_of

    def enter() -> None:
        inner = move_into_house([sys.base_prefix, sys.prefix])
        user = os.geteuid(), os.getegid()
        inner = inner or fork_into_room()
        if inner:
            os._exit(exit_code_of(inner))
        furnish_room(Limits(), *user)

    return _why_not(enter)


def missing_for_fence() -> str:
    """What this platform lacks for what is left without namespaces; empty when all is there."""
    if sys.platform != "linux":
        return missing()
    from .inside.fence import close_fence

    with tempfile.TemporaryDirectory(prefix="autograder-") as home:
        return _why_not(lambda: close_fence(home, []))


def _why_not(enter: Callable[[], None]) -> str:
    """Why something can't be entered, found by trying it in a process of its own; empty: it can."""
    from .inside.syscalls import exit_code_of

    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(read)
            enter()
            os._exit(0)
        except BaseException as error:
            os.write(write, f"{error}".encode())
        finally:
            os._exit(1)
    os.close(write)
    code = exit_code_of(pid)
    with os.fdopen(read, "rb") as pipe:
        reason = pipe.read().decode("utf-8", "replace")
    return "" if code == 0 else reason or "the sandbox could not be built"
