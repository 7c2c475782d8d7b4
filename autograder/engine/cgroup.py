"""A control group around each submission, where this user may make one: cgroup v2, delegated.

It is the one thing that counts what the kernel itself holds for a family of processes. The watcher in
family.py looks beside it, since it says which limit was met before the kernel ends a process, and looks alone
where there is no such group: a user's shell is rarely in one that is delegated. A scope of systemd's is:

    systemd-run --user --scope -p Delegate=yes autograder grade
"""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path

from .inside.limits import Limits

ROOT = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")
NAME = "autograder"  # of the group that grading itself moves into
PATIENCE = 1.0  # seconds until the kernel has forgotten ended processes


def enter() -> bool:
    """Moves this process into a group of its own, so that others can stand beside it; False: it may not.

    A group that has processes hands out no limits to groups in it, so nobody else may be left behind.
    """
    here = _here()
    if here is None or here.name == NAME:
        return here is not None
    within = here / NAME
    try:
        controllers = (here / "cgroup.controllers").read_text(encoding="ascii").split()
        if "memory" not in controllers:
            return False
        within.mkdir(exist_ok=True)
        _write(within / "cgroup.procs", os.getpid())
        _write(here / "cgroup.subtree_control", " ".join(f"+{one}" for one in _used(controllers)))
    except OSError:  # read-only, not ours, or others live in it
        with contextlib.suppress(OSError):
            _write(here / "cgroup.procs", os.getpid())
            within.rmdir()
        return False
    return True


@dataclass(frozen=True)
class Group:
    """The group of one submission."""

    folder: Path

    @classmethod
    def around(cls, pid: int, limits: Limits) -> Group | None:
        """A new group with this process in it, and all that it starts; None where there can be none."""
        here = _here()
        if here is None or here.name != NAME:
            return None
        made = cls(here.parent / f"submission-{pid}")
        try:
            made.folder.mkdir()
            # What it shares with the warm process was charged to that. Its scratch folder is memory, too.
            _write(made.folder / "memory.max", limits.memory + limits.disk)
            for name, value in (
                ("memory.swap.max", 0),
                ("memory.oom.group", 1),
                ("pids.max", limits.processes + 10),
            ):
                with contextlib.suppress(OSError):  # a kernel without swap, or without counting processes
                    _write(made.folder / name, value)
            _write(made.folder / "cgroup.procs", pid)
        except OSError:
            made.close()
            return None
        return made

    @property
    def met_limit(self) -> bool:
        """Whether the kernel has ended the family because of its memory."""
        with contextlib.suppress(OSError, ValueError):
            events = (self.folder / "memory.events").read_text(encoding="ascii").splitlines()
            return any(int(line.split()[1]) > 0 for line in events if line.startswith("oom_kill "))
        return False

    def close(self) -> None:
        """Ends whatever is left in it, and takes it away."""
        with contextlib.suppress(OSError):
            _write(self.folder / "cgroup.kill", 1)
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                self.folder.rmdir()
            except FileNotFoundError:
                return
            except OSError:
                time.sleep(0.02)


def _used(controllers: list[str]) -> list[str]:
    return [name for name in ("memory", "pids") if name in controllers]


def _here() -> Path | None:
    """The group that this process is in; None where there is no cgroup v2, or it has no memory to give."""
    with contextlib.suppress(OSError):
        for line in OWN.read_text(encoding="utf-8").splitlines():
            if line.startswith("0::/") and (ROOT / "cgroup.controllers").is_file():
                return ROOT / line.removeprefix("0::/")
    return None


def _write(path: Path, value: object) -> None:
    path.write_text(f"{value}\n", encoding="ascii")
