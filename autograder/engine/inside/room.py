"""The second ring: namespaces, a scratch folder and no privileges, for each submission's process.

Behind the mount view stand Landlock and seccomp, where the kernel has them.
"""

from __future__ import annotations

import os

from .house import DEVICES, HOUSE_HOME, SCRATCH
from .limits import Limits
from .syscalls import (
    Mount,
    Namespace,
    clone,
    give_up_privileges,
    mount,
    refuse_calls,
    restrict_paths,
    set_host_name,
)
from .users import map_self

WORK = f"{SCRATCH}/work"


def fork_into_room() -> int:
    """os.fork with a child that wakes in its own namespaces, the first of its pid namespace."""
    return clone(
        Namespace.USER | Namespace.NS | Namespace.PID | Namespace.NET | Namespace.IPC | Namespace.UTS
    )


def furnish_room(limits: Limits, uid: int, gid: int) -> None:
    """An empty scratch folder in memory, and no privileges, for who was this user before the fork."""
    map_self(uid, gid)
    os.setsid()
    size = f"mode=700,size={limits.disk},nr_inodes={limits.files}"
    mount("tmpfs", SCRATCH, "tmpfs", Mount.NOSUID | Mount.NODEV, size)
    for folder in (WORK, f"{SCRATCH}/tmp", f"{SCRATCH}/shm"):
        os.mkdir(folder)
    _keep_in_sight("/tmp", f"{SCRATCH}/tmp")
    mount(f"{SCRATCH}/tmp", "/tmp", None, Mount.BIND | Mount.REC)
    mount(f"{SCRATCH}/shm", "/dev/shm", None, Mount.BIND)
    mount("proc", "/proc", "proc", Mount.NOSUID | Mount.NODEV | Mount.NOEXEC)
    set_host_name(b"sandbox")
    give_up_privileges()
    restrict_paths(readable=["/"], writable=[SCRATCH, "/tmp", "/dev/shm", "/dev/pts", *DEVICES])
    refuse_calls()


def _keep_in_sight(folder: str, behind: str) -> None:
    """Shows what lies in a folder, such as an interpreter, in the one that is about to cover it."""
    for name in os.listdir(folder):
        if os.path.isdir(f"{folder}/{name}") and name != os.path.basename(HOUSE_HOME):
            os.mkdir(f"{behind}/{name}")
            mount(f"{folder}/{name}", f"{behind}/{name}", None, Mount.BIND | Mount.REC)
            mount(
                "none",
                f"{behind}/{name}",
                None,
                Mount.REMOUNT | Mount.BIND | Mount.RDONLY | Mount.NOSUID | Mount.NODEV,
            )
