"""The first ring around a student's process: a view of this machine that shows the interpreter, no more.

The zygote moves into it once. Root's house is that of somebody who owns nothing.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from pathlib import Path

from .syscalls import (
    STATVFS_FLAGS,
    Missing,
    Mount,
    Namespace,
    be_inspectable,
    become_root_of,
    die_with_parent,
    exit_code_of,
    mount,
    unshare,
)
from .users import map_self, somebody_else, write_once

SCRATCH = "/scratch"  # in the sandbox: the submission's own folder, its /tmp and its /dev/shm, all in memory
HOUSE_HOME = "/tmp/home"  # of the warm process: matplotlib wants a place for its cache


def move_into_house(readable: Iterable[str]) -> int:
    """Leaves this machine for namespaces in which only `readable` can be seen; returns like fork.

    The new pid namespace begins with a child: that is where 0 is returned. The parent gets the child's pid
    and should do nothing but wait for it.
    """
    new_root = _BUILDING_SITE
    _own_namespaces(
        Namespace.NS | Namespace.PID | Namespace.NET | Namespace.IPC | Namespace.UTS,
        as_root=os.geteuid() == 0 and bool(somebody_else()),
    )
    mount("none", "/", None, Mount.REC | Mount.PRIVATE)  # what is mounted from here on stays in here
    _furnish(new_root, readable)
    pid = os.fork()
    if pid:
        return pid
    die_with_parent()
    os.mkdir(f"{new_root}/proc")
    mount("proc", f"{new_root}/proc", "proc", Mount.NOSUID | Mount.NODEV | Mount.NOEXEC)
    become_root_of(new_root)
    mount("none", "/", None, Mount.REMOUNT | Mount.BIND | Mount.RDONLY | Mount.NOSUID | Mount.NODEV)
    if os.stat("/proc").st_uid == 0 and os.geteuid() == 0 and _maps_nobody():
        os.setresgid(1, 1, 1)
        os.setresuid(1, 1, 1)
        be_inspectable()  # which the next ring needs
        die_with_parent()  # the kernel forgets this when the user changes
    return 0


def _furnish(new_root: str, readable: Iterable[str]) -> None:
    """Mounts what may be seen under the new root, read-only."""
    mount("tmpfs", new_root, "tmpfs", Mount.NOSUID | Mount.NODEV, "mode=755,size=16m")
    os.mkdir(f"{new_root}/tmp")  # for matplotlib's cache; first, since what is shown may lie in it
    mount("tmpfs", f"{new_root}/tmp", "tmpfs", Mount.NOSUID | Mount.NODEV, "mode=1777,size=64m")
    for path in (*SYSTEM, *DEVICES):
        _show(new_root, path)
    for path in sorted({os.path.realpath(p) for p in readable} | set(map(os.path.abspath, readable))):
        _show(new_root, path)
    for folder in ("/etc", "/dev/shm", SCRATCH):
        os.makedirs(new_root + folder, exist_ok=True)
    for name, text in (
        ("passwd", f"root:x:0:0::/root:/bin/sh\nstudent:x:1000:1000::{SCRATCH}:/bin/sh\n"),
        ("group", "root:x:0:\nstudent:x:1000:\n"),
        ("hosts", "127.0.0.1 localhost\n"),
    ):
        Path(new_root, "etc", name).write_text(text, encoding="utf-8")
    os.mkdir(f"{new_root}/dev/pts")  # IPython runs `!command` on a terminal
    mount(
        "devpts",
        f"{new_root}/dev/pts",
        "devpts",
        Mount.NOSUID | Mount.NOEXEC,
        "newinstance,ptmxmode=0666,mode=620",
    )
    os.symlink("pts/ptmx", f"{new_root}/dev/ptmx")
    for name, target in (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        os.symlink(target, f"{new_root}/dev/{name}")


_BUILDING_SITE = (
    "/sys"  # a folder that every Linux has and no lesson reads: hidden by the new root until that is "/"
)
_OF_ETC = ("/etc/ld.so.cache", "/etc/localtime", "/etc/mime.types", "/etc/fonts", "/etc/alternatives")
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", *_OF_ETC)
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


def _show(new_root: str, path: str) -> None:
    target = new_root + path
    if not os.path.lexists(path) or os.path.lexists(target):
        return  # not on this machine, or shown already with the folder around it
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.islink(path):
        os.symlink(os.readlink(path), target)
        return
    if os.path.isdir(path):
        os.mkdir(target)
    else:
        Path(target).touch()
    mount(path, target, None, Mount.BIND | Mount.REC)
    # What the flags of the original mount forbid stays forbidden: the kernel refuses to drop them.
    kept = os.statvfs(path).f_flag
    flags = sum(mount_flag for seen, mount_flag in STATVFS_FLAGS if kept & seen)
    read_only = 0 if path.startswith("/dev/") else Mount.RDONLY
    mount("none", target, None, Mount.REMOUNT | Mount.BIND | Mount.NOSUID | read_only | flags)


def _maps_nobody() -> bool:
    return len(Path("/proc/self/uid_map").read_text(encoding="ascii").splitlines()) > 1


def _own_namespaces(kinds: int, *, as_root: bool) -> None:
    """A user namespace of our own and others in it; root keeps itself and one who owns nothing."""
    uid, gid = os.geteuid(), os.getegid()
    if not as_root:
        unshare(Namespace.USER | kinds)
        map_self(uid, gid, 0)
        return
    ours, theirs = socket.socketpair()
    outside = os.fork()
    if outside == 0:  # from outside, because only there is root still root
        try:
            ours.close()
            pid = int(theirs.recv(16) or 0)
            for kind in ("uid", "gid"):
                write_once(f"/proc/{pid}/{kind}_map", f"0 0 1\n1 {somebody_else()} 1")
            os._exit(0)
        except BaseException as error:
            theirs.send(f"{error}"[:200].encode())
        finally:
            os._exit(1)
    theirs.close()
    os.setgroups([])
    unshare(Namespace.USER | kinds)
    ours.send(str(os.getpid()).encode())
    if exit_code_of(outside):
        raise Missing(f"users could not be mapped: {ours.recv(200).decode('utf-8', 'replace')}")
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)
