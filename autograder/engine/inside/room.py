"""The second ring: namespaces, a scratch folder and no privileges, for each submission's process.

Behind the mount view stand Landlock and seccomp, where the kernel has them.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import struct
from pathlib import Path

from .house import DEVICES, HOUSE_HOME, SCRATCH
from .limits import Limits
from .seccomp import refuse_calls
from .syscalls import (
    Missing,
    Mount,
    Namespace,
    clone,
    give_up_privileges,
    mount,
    restrict_paths,
    set_host_name,
)
from .users import map_self, write_once

STUDENT = 1000  # as whom the student's code sees itself, whoever grades
_SET_INTERFACE_FLAGS, _IFF_UP, _IFF_RUNNING = 0x8914, 0x1, 0x40


def fork_into_room() -> int:
    """os.fork with a child that wakes in its own namespaces, the first of its pid namespace."""
    return clone(
        Namespace.USER | Namespace.NS | Namespace.PID | Namespace.NET | Namespace.IPC | Namespace.UTS
    )


def furnish_room(limits: Limits, uid: int, gid: int) -> None:
    """An empty scratch folder in memory, and no privileges, for who was this user before the fork."""
    map_self(uid, gid, STUDENT)
    os.setsid()
    size = f"mode=700,size={limits.disk},nr_inodes={limits.files}"
    mount("tmpfs", SCRATCH, "tmpfs", Mount.NOSUID | Mount.NODEV, size)
    for folder in (f"{SCRATCH}/tmp", f"{SCRATCH}/shm"):
        os.mkdir(folder)
    _keep_in_sight("/tmp", f"{SCRATCH}/tmp")
    mount(f"{SCRATCH}/tmp", "/tmp", None, Mount.BIND | Mount.REC)
    mount(f"{SCRATCH}/shm", "/dev/shm", None, Mount.BIND)
    mount("proc", "/proc", "proc", Mount.NOSUID | Mount.NODEV | Mount.NOEXEC)
    # IPython runs `!command` on a terminal. The house's would be everybody's, to change and to leave marks.
    mount("devpts", "/dev/pts", "devpts", Mount.NOSUID | Mount.NOEXEC, "newinstance,ptmxmode=0666,mode=620")
    _bring_up_loopback()
    _close_namespaces()
    set_host_name(b"sandbox")
    give_up_privileges()
    restrict_paths(readable=["/"], writable=[SCRATCH, "/tmp", "/dev/shm", "/dev/pts", *DEVICES])
    refuse_calls()


def _bring_up_loopback() -> None:
    """A server and its client in one notebook may talk; nobody else is on this network."""
    request = struct.pack("16sH14x", b"lo", _IFF_UP | _IFF_RUNNING)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours, contextlib.suppress(OSError):
        fcntl.ioctl(ours, _SET_INTERFACE_FLAGS, request)


def _close_namespaces() -> None:
    """No user namespace inside this one: in it a process would have every capability again."""
    limit = "/proc/sys/user/max_user_namespaces"
    write_once(limit, "0")
    if Path(limit).read_text(encoding="ascii").strip() != "0":
        raise Missing(f"{limit} can't be set to 0")


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
