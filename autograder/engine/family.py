"""A student's process and all that descend from it: what they hold and use, as the kernel shows it."""

from __future__ import annotations

import contextlib
import os
import signal
from dataclasses import dataclass
from pathlib import Path

MOST_MEMBERS = 5000  # of which there is word: a family as large as that is ended anyway
_TICK = 1 / os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
# Memory that belongs to a process, in the words of /proc/<pid>/status. Shared anonymous memory is Python's
# own `mmap(-1, n)`; the kernel's tables for what is mapped count, too.
_HELD = ("RssAnon:", "RssShmem:", "VmPTE:", "VmSwap:")
# What the kernel may keep in the buffers of one open pipe or socket, which no process is charged for.
_BUFFER = 256 << 10
FEW_FILES = 24  # as many as a kernel with its libraries has open


def members(pid: int) -> list[int]:
    """The process and all that descend from it; orphans become children of a pid namespace's first."""
    found = [pid]
    for member in found:
        with contextlib.suppress(OSError):
            for task in os.listdir(f"/proc/{member}/task"):
                with open(f"/proc/{member}/task/{task}/children", encoding="ascii") as file:
                    found += map(int, file.read().split())
        if len(found) > MOST_MEMBERS:
            break
    return found


def memory_of(pids: list[int]) -> int:
    """Bytes that processes hold, an upper bound: what several share is counted for each."""
    return sum(_status_bytes(pid) + _buffer_bytes(pid) for pid in pids)


def memory_apart(pids: list[int]) -> int:
    """Bytes that processes hold, what several share counted once. It takes the kernel longer to say."""
    return sum(_rollup_bytes(pid) + _status_bytes(pid, ("VmPTE:",)) + _buffer_bytes(pid) for pid in pids)


@dataclass(frozen=True)
class Use:
    """What a family has used of the processors, and whether any of it wants one now."""

    cpu_seconds: float
    awake: bool


def use_of(pids: list[int]) -> Use:
    """Seconds of all processors together, of ended children as well."""
    seconds, awake = 0.0, False
    for pid in pids:
        with contextlib.suppress(OSError, ValueError, IndexError):
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
            fields = stat.rpartition(")")[2].split()
            seconds += sum(map(int, fields[11:15])) * _TICK
            awake = awake or fields[0] in "RD" or _has_running_task(pid)
    return Use(seconds, awake)


def kill(pids: list[int]) -> None:
    """Ends processes, if they are still there."""
    for pid in pids:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)


def _has_running_task(pid: int) -> bool:
    tasks = os.listdir(f"/proc/{pid}/task")
    if len(tasks) == 1:
        return False  # its state is the process's
    for task in tasks:
        with contextlib.suppress(OSError, IndexError):
            stat = Path(f"/proc/{pid}/task/{task}/stat").read_text(encoding="ascii", errors="replace")
            if stat.rpartition(")")[2].split()[0] in "RD":
                return True
    return False


def _status_bytes(pid: int, words: tuple[str, ...] = _HELD) -> int:
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
            return sum(int(line.split()[1]) << 10 for line in file if line.startswith(words))
    except (OSError, ValueError, IndexError):
        return 0


def _rollup_bytes(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            words = ("Pss_Anon:", "Pss_Shmem:", "SwapPss:")
            return sum(int(line.split()[1]) << 10 for line in file if line.startswith(words))
    except (OSError, ValueError, IndexError):
        return _status_bytes(pid, ("RssAnon:", "RssShmem:", "VmSwap:"))


def _buffer_bytes(pid: int) -> int:
    """What pipes and sockets beyond the usual few may hold."""
    folder = f"/proc/{pid}/fd"
    try:
        names = os.listdir(folder)
    except OSError:
        return 0
    if len(names) <= FEW_FILES:
        return 0
    found = 0
    for name in names:
        with contextlib.suppress(OSError):
            found += os.readlink(f"{folder}/{name}").startswith(("pipe:", "socket:"))
    return max(0, found - FEW_FILES) * _BUFFER
