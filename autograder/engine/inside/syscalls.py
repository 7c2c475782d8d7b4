"""Calls to the kernel through ctypes, without any helper program.

Linux only. What is used is what unprivileged users may use.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import stat
import struct
from collections.abc import Iterable
from enum import IntFlag
from pathlib import Path


class Namespace(IntFlag):
    """Kinds of namespaces."""

    NS = 1 << 17  # mounts
    UTS = 1 << 26
    IPC = 1 << 27
    USER = 1 << 28
    PID = 1 << 29
    NET = 1 << 30


class Mount(IntFlag):
    """Flags of a mount."""

    RDONLY = 1
    NOSUID = 2
    NODEV = 4
    NOEXEC = 8
    REMOUNT = 32
    NOATIME = 1024
    NODIRATIME = 2048
    BIND = 4096
    REC = 16384
    PRIVATE = 1 << 18
    RELATIME = 1 << 21


# What statvfs says of a mount, and the flag that says it to mount.
STATVFS_FLAGS = (
    (2, Mount.NOSUID),
    (4, Mount.NODEV),
    (8, Mount.NOEXEC),
    (1024, Mount.NOATIME),
    (2048, Mount.NODIRATIME),
    (4096, Mount.RELATIME),
)


class Missing(OSError):
    """The platform lacks something that the sandbox is built from."""


def exit_code_of(pid: int) -> int:
    """Waits for a child; its exit code, negative for a signal."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def unshare(kinds: int) -> None:
    """Leaves the namespaces of these kinds for new ones."""
    checked(_LIBC.unshare(kinds), "unshare: user namespaces are not allowed here")


def clone(kinds: int) -> int:
    """os.fork with a child that wakes in new namespaces of these kinds.

    One call instead of fork, unshare, fork: copying a process with TensorFlow in it takes 20 ms each time.
    """
    ctypes.pythonapi.PyOS_BeforeFork()
    arguments = [ctypes.c_long(number) for number in (_CALLS["clone"], kinds | signal.SIGCHLD, 0, 0, 0, 0)]
    pid = ctypes.PyDLL(None, use_errno=True).syscall(*arguments)  # it keeps the interpreter's lock meanwhile
    if pid == 0:
        ctypes.pythonapi.PyOS_AfterFork_Child()
    else:
        ctypes.pythonapi.PyOS_AfterFork_Parent()
    return checked(pid, "clone: user namespaces are not allowed here")


def mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    """Mounts a file system, or binds a folder to a second place."""
    done = _LIBC.mount(
        source.encode(), target.encode(), kind.encode() if kind else None, flags, options.encode() or None
    )
    checked(done, f"mount {target}")


def become_root_of(folder: str) -> None:
    """Makes a mounted folder the root of everything; what was the root can't be seen any more."""
    os.chdir(folder)
    checked(_LIBC.syscall(_CALLS["pivot_root"], b".", b"."), "pivot_root")
    checked(_LIBC.umount2(b".", _DETACH), "umount the old root")
    os.chdir("/")


def set_host_name(name: bytes) -> None:
    """The machine's name, in a namespace of its own."""
    _LIBC.sethostname(name, len(name))


def die_with_parent() -> None:
    """The kernel ends this process when its parent ends."""
    prctl(_SET_PDEATHSIG, signal.SIGKILL)


def be_inspectable() -> None:
    """Or /proc/self would not be ours after a change of user."""
    prctl(_SET_DUMPABLE, 1)


def give_up_privileges() -> None:
    """No capability now, none by running a program, and no way to change that."""
    last = int(Path("/proc/sys/kernel/cap_last_cap").read_text(encoding="ascii"))
    for capability in range(last + 1):
        prctl(_CAPBSET_DROP, capability)
    gain_no_privileges()
    header = struct.pack("=Ii", 0x20080522, 0)
    checked(_LIBC.capset(header, struct.pack("=6I", *[0] * 6)), "capset")
    prctl(_SET_DUMPABLE, 1)


def gain_no_privileges() -> None:
    """None by running a program, and no way to change that."""
    prctl(_SET_NO_NEW_PRIVS, 1)


def has_landlock() -> bool:
    """Whether the kernel can close paths for a process."""
    return _landlock_version() >= 1


def _landlock_version() -> int:
    return int(_LIBC.syscall(_CALLS["landlock_create_ruleset"], None, 0, 1))


def restrict_paths(readable: Iterable[str], writable: Iterable[str], network: bool = True) -> None:
    """Landlock, where the kernel has it: a second wall behind the mount view.

    Args:
        readable: what may be read and run.
        writable: what may be changed, too.
        network: whether TCP is open; in a namespace of its own it leads nowhere but to itself.
    """
    version = _landlock_version()
    if version < 1:
        return
    everything = (1 << {1: 13, 2: 14, 3: 15, 4: 15}.get(version, 16)) - 1
    read = _EXECUTE | _READ_FILE | _READ_DIR
    closed = 0 if network or version < 4 else 3  # to listen, and to connect
    scoped = 3 if version >= 6 else 0
    attributes = struct.pack("QQQ", everything, closed, scoped)[: 24 if scoped else 16 if closed else 8]
    ruleset = checked(
        _LIBC.syscall(_CALLS["landlock_create_ruleset"], attributes, len(attributes), 0), "landlock"
    )
    rules = [(path, read) for path in readable] + [(path, everything) for path in writable]
    for path, rights in rules:
        if not os.path.exists(path):
            continue
        opened = os.open(path, os.O_PATH)
        if not stat.S_ISDIR(os.fstat(opened).st_mode):
            rights &= _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL
        rule = struct.pack("=Qi", rights & everything, opened)
        checked(_LIBC.syscall(_CALLS["landlock_add_rule"], ruleset, 1, rule, 0), f"landlock: {path}")
        os.close(opened)
    checked(_LIBC.syscall(_CALLS["landlock_restrict_self"], ruleset, 0), "landlock")
    os.close(ruleset)


_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _TRUNCATE, _IOCTL = (1 << n for n in (0, 1, 2, 3, 14, 15))


def prctl(option: int, *arguments: object) -> None:
    checked(_LIBC.prctl(option, *[*arguments, 0, 0, 0, 0][:4]), f"prctl {option}")


def checked(result: int, what: str) -> int:
    """The result of a call, if the kernel did it."""
    if result < 0:
        number = ctypes.get_errno()
        raise Missing(number, f"{what}: {os.strerror(number)}")
    return result


_LIBC = ctypes.CDLL(None, use_errno=True)
_CALLS = {
    "pivot_root": {"aarch64": 41}.get(platform.machine(), 155),
    "landlock_create_ruleset": 444,
    "landlock_add_rule": 445,
    "landlock_restrict_self": 446,
    "clone": {"aarch64": 220}.get(platform.machine(), 56),
}
_DETACH = 2
_SET_PDEATHSIG, _SET_DUMPABLE, _CAPBSET_DROP, _SET_NO_NEW_PRIVS = 1, 4, 24, 38
