"""The walls around a student's process: namespaces, a view of the file system, Landlock, seccomp, limits.

Two rings. The zygote moves into a house of its own (`move_into_house`): a mount view that shows the
interpreter and its libraries read-only and nothing else of the machine. Each student's process then gets its
own user, pid, network, mount and ipc namespaces and a private scratch folder in memory (`enter_room`), gives
up every privilege, and cannot get one back.

Linux only, without any helper program: the calls go to the kernel through ctypes. What is used is what
unprivileged users may use; root additionally becomes somebody who owns nothing.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import signal
import socket
import stat
import struct
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

SCRATCH = "/scratch"  # in the sandbox: the submission's own folder, its /tmp and its /dev/shm, all in memory
WORK = f"{SCRATCH}/work"
HOUSE_HOME = "/tmp/home"  # of the warm process: matplotlib wants a place for its cache
NOBODY = (
    231_072  # root's sandboxes run as this user, who owns nothing (the first id that containers are given)
)

MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """What one submission may use."""

    cell_seconds: float = 60
    seconds: float = 600
    memory: int = 4096 * MIB  # of all its processes together
    disk: int = 256 * MIB
    files: int = 10_000
    file_size: int = 64 * MIB
    processes: int = 200
    open_files: int = 256


class Missing(OSError):
    """The platform lacks something that the sandbox is built from."""


def missing() -> str:
    """What this platform lacks, found by building a sandbox and leaving it; empty when all is there."""
    if sys.platform != "linux":
        return f"the sandbox needs Linux, and this is {platform.system()}"
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(read)
            inner = move_into_house([sys.base_prefix, sys.prefix])
            user = os.geteuid(), os.getegid()
            inner = inner or fork_into_room()
            if inner == 0:
                furnish_room(Limits(), *user)
                os._exit(0)
            os._exit(_exit_code_of(inner))
        except BaseException as error:
            os.write(write, f"{error}".encode())
        finally:
            os._exit(1)
    os.close(write)
    code = _exit_code_of(pid)
    with os.fdopen(read, "rb") as pipe:
        reason = pipe.read().decode("utf-8", "replace")
    return "" if code == 0 else reason or "the sandbox could not be built"


def _exit_code_of(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


# --- the house: once for a zygote ---


def move_into_house(readable: Iterable[str]) -> int:
    """Leaves this machine for namespaces in which only `readable` can be seen; returns like fork.

    The new pid namespace begins with a child: that is where 0 is returned. The parent gets the child's pid
    and should do nothing but wait for it.
    """
    new_root = _BUILDING_SITE
    _own_namespaces(
        _NEWNS | _NEWPID | _NEWNET | _NEWIPC | _NEWUTS, as_root=os.geteuid() == 0 and bool(_somebody_else())
    )
    _mount("none", "/", None, _REC | _PRIVATE)  # what is mounted from here on stays in here
    _furnish(new_root, readable)
    pid = os.fork()
    if pid:
        return pid
    _die_with_parent()
    os.mkdir(f"{new_root}/proc")
    _mount("proc", f"{new_root}/proc", "proc", _NOSUID | _NODEV | _NOEXEC)
    os.chdir(new_root)
    _checked(_LIBC.syscall(_CALLS["pivot_root"], b".", b"."), "pivot_root")
    _checked(_LIBC.umount2(b".", _DETACH), "umount the old root")
    os.chdir("/")
    _mount("none", "/", None, _REMOUNT | _BIND | _RDONLY | _NOSUID | _NODEV)
    if os.stat("/proc").st_uid == 0 and os.geteuid() == 0 and _maps_nobody():
        os.setresgid(1, 1, 1)
        os.setresuid(1, 1, 1)
        _prctl(_SET_DUMPABLE, 1)  # or /proc/self would not be ours, which the next ring needs
    return 0


def _furnish(new_root: str, readable: Iterable[str]) -> None:
    """Mounts what may be seen under the new root, read-only."""
    _mount("tmpfs", new_root, "tmpfs", _NOSUID | _NODEV, "mode=755,size=16m")
    os.mkdir(f"{new_root}/tmp")  # for matplotlib's cache; first, since what is shown may lie in it
    _mount("tmpfs", f"{new_root}/tmp", "tmpfs", _NOSUID | _NODEV, "mode=1777,size=64m")
    for path in ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", *_OF_ETC, *_DEVICES):
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
    _mount("devpts", f"{new_root}/dev/pts", "devpts", _NOSUID | _NOEXEC, "newinstance,ptmxmode=0666,mode=620")
    os.symlink("pts/ptmx", f"{new_root}/dev/ptmx")
    for name, target in (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        os.symlink(target, f"{new_root}/dev/{name}")


_BUILDING_SITE = (
    "/sys"  # a folder that every Linux has and no lesson reads: hidden by the new root until that is "/"
)
_OF_ETC = ("/etc/ld.so.cache", "/etc/localtime", "/etc/mime.types", "/etc/fonts", "/etc/alternatives")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


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
    _mount(path, target, None, _BIND | _REC)
    # What the flags of the original mount forbid stays forbidden: the kernel refuses to drop them.
    kept = os.statvfs(path).f_flag
    flags = sum(mount_flag for seen, mount_flag in _STATVFS_FLAGS if kept & seen)
    read_only = 0 if path.startswith("/dev/") else _RDONLY
    _mount("none", target, None, _REMOUNT | _BIND | _NOSUID | read_only | flags)


def _maps_nobody() -> bool:
    return len(Path("/proc/self/uid_map").read_text(encoding="ascii").splitlines()) > 1


# --- the room: once for every submission ---


def fork_into_room() -> int:
    """os.fork with a child that wakes in its own namespaces, the first of its pid namespace.

    One call instead of fork, unshare, fork: copying a process with TensorFlow in it takes 20 ms each time.
    """
    flags = _NEWUSER | _NEWNS | _NEWPID | _NEWNET | _NEWIPC | _NEWUTS | signal.SIGCHLD
    ctypes.pythonapi.PyOS_BeforeFork()
    arguments = [ctypes.c_long(number) for number in (_CALLS["clone"], flags, 0, 0, 0, 0)]
    pid = ctypes.PyDLL(None, use_errno=True).syscall(*arguments)  # it keeps the interpreter's lock meanwhile
    if pid == 0:
        ctypes.pythonapi.PyOS_AfterFork_Child()
    else:
        ctypes.pythonapi.PyOS_AfterFork_Parent()
    return _checked(pid, "clone: user namespaces are not allowed here")


def furnish_room(limits: Limits, uid: int, gid: int) -> None:
    """An empty scratch folder in memory, and no privileges, for who was this user before the fork."""
    _map_self(uid, gid)
    os.setsid()
    size = f"mode=700,size={limits.disk},nr_inodes={limits.files}"
    _mount("tmpfs", SCRATCH, "tmpfs", _NOSUID | _NODEV, size)
    for folder in (WORK, f"{SCRATCH}/tmp", f"{SCRATCH}/shm"):
        os.mkdir(folder)
    _keep_in_sight("/tmp", f"{SCRATCH}/tmp")
    _mount(f"{SCRATCH}/tmp", "/tmp", None, _BIND | _REC)
    _mount(f"{SCRATCH}/shm", "/dev/shm", None, _BIND)
    _mount("proc", "/proc", "proc", _NOSUID | _NODEV | _NOEXEC)
    _LIBC.sethostname(b"sandbox", 7)
    _give_up_privileges()
    _landlock(readable=["/"], writable=[SCRATCH, "/tmp", "/dev/shm", "/dev/pts", *_DEVICES])
    _seccomp()


def _keep_in_sight(folder: str, behind: str) -> None:
    """Shows what lies in a folder, such as an interpreter, in the one that is about to cover it."""
    for name in os.listdir(folder):
        if os.path.isdir(f"{folder}/{name}") and name != os.path.basename(HOUSE_HOME):
            os.mkdir(f"{behind}/{name}")
            _mount(f"{folder}/{name}", f"{behind}/{name}", None, _BIND | _REC)
            _mount("none", f"{behind}/{name}", None, _REMOUNT | _BIND | _RDONLY | _NOSUID | _NODEV)


def limit_resources(limits: Limits) -> None:
    """What the kernel counts for us. Memory of all processes together is watched from outside."""
    in_use = _data_bytes()
    for what, most in (
        (resource.RLIMIT_DATA, in_use + limits.memory),
        (resource.RLIMIT_FSIZE, limits.file_size),
        (resource.RLIMIT_NPROC, limits.processes),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_CPU, int(limits.seconds * 2) + 1),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (most, most))


def _data_bytes() -> int:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1]) * 1024
    return 0


def _own_namespaces(kinds: int, *, as_root: bool) -> None:
    """A user namespace of our own and others in it; root keeps itself and one who owns nothing."""
    uid, gid = os.geteuid(), os.getegid()
    if not as_root:
        _checked(_LIBC.unshare(_NEWUSER | kinds), "unshare: user namespaces are not allowed here")
        _map_self(uid, gid)
        return
    ours, theirs = socket.socketpair()
    outside = os.fork()
    if outside == 0:  # from outside, because only there is root still root
        try:
            ours.close()
            pid = int(theirs.recv(16) or 0)
            for kind in ("uid", "gid"):
                _write(f"/proc/{pid}/{kind}_map", f"0 0 1\n1 {_somebody_else()} 1")
            os._exit(0)
        except BaseException as error:
            theirs.send(f"{error}"[:200].encode())
        finally:
            os._exit(1)
    theirs.close()
    os.setgroups([])
    _checked(_LIBC.unshare(_NEWUSER | kinds), "unshare: user namespaces are not allowed here")
    ours.send(str(os.getpid()).encode())
    if _exit_code_of(outside):
        raise Missing(f"users could not be mapped: {ours.recv(200).decode('utf-8', 'replace')}")
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)


def _map_self(uid: int, gid: int) -> None:
    _write("/proc/self/setgroups", "deny")
    inside = 1000 if uid == 1 else 0  # the student's process; otherwise the house of somebody's own user
    _write("/proc/self/uid_map", f"{inside} {uid} 1")
    _write("/proc/self/gid_map", f"{inside} {gid} 1")


def _somebody_else() -> int:
    """A user other than root whom root may become here; 0 where there is none."""
    lines = Path("/proc/self/uid_map").read_text(encoding="ascii").splitlines()
    ranges = [(int(first), int(count)) for first, _, count in map(str.split, lines)]
    if any(first <= NOBODY < first + count for first, count in ranges):
        return NOBODY
    return max(first + count - 1 for first, count in ranges)


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY)  # one write, whole: these files take no second
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def _give_up_privileges() -> None:
    """No capability now, none by running a program, and no way to change that."""
    last = int(Path("/proc/sys/kernel/cap_last_cap").read_text(encoding="ascii"))
    for capability in range(last + 1):
        _prctl(_CAPBSET_DROP, capability)
    _prctl(_SET_NO_NEW_PRIVS, 1)
    header = struct.pack("=Ii", 0x20080522, 0)
    _checked(_LIBC.capset(header, struct.pack("=6I", *[0] * 6)), "capset")
    _prctl(_SET_DUMPABLE, 1)


def _landlock(readable: Iterable[str], writable: Iterable[str]) -> None:
    """A second wall behind the mount view, where the kernel has it: paths, no TCP, no signals outward."""
    version = _LIBC.syscall(_CALLS["landlock_create_ruleset"], None, 0, 1)
    if version < 1:
        return
    everything = (1 << {1: 13, 2: 14, 3: 15, 4: 15}.get(version, 16)) - 1
    read = _EXECUTE | _READ_FILE | _READ_DIR
    network = 3 if version >= 4 else 0
    scoped = 3 if version >= 6 else 0
    attributes = struct.pack("QQQ", everything, network, scoped)[: 24 if scoped else 16 if network else 8]
    ruleset = _checked(
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
        _checked(_LIBC.syscall(_CALLS["landlock_add_rule"], ruleset, 1, rule, 0), f"landlock: {path}")
        os.close(opened)
    _checked(_LIBC.syscall(_CALLS["landlock_restrict_self"], ruleset, 0), "landlock")
    os.close(ruleset)


_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _TRUNCATE, _IOCTL = (1 << n for n in (0, 1, 2, 3, 14, 15))


def _seccomp() -> None:
    """Refuses the calls that no lesson needs and that widen what the kernel shows or holds.

    Memory in unmapped files (memfd, System V) would not be counted; new namespaces, tracing, keyrings,
    io_uring and BPF are where kernels have had their holes.
    """
    if platform.machine() not in _ARCHITECTURES:
        return
    architecture, column = _ARCHITECTURES[platform.machine()]
    refused = [numbers[column] for numbers in _REFUSED_CALLS.values()]
    load, equal, give = 0x20, 0x15, 0x06
    steps = [(load, 0, 0, 4), (equal, 1, 0, architecture), (give, 0, 0, 0), (load, 0, 0, 0)]
    for distance, number in zip(range(len(refused), 0, -1), refused, strict=True):
        steps.append((equal, distance, 0, number))
    steps += [(give, 0, 0, 0x7FFF0000), (give, 0, 0, 0x00050000 | 1)]  # allowed; or EPERM
    program = b"".join(struct.pack("HBBI", *step) for step in steps)
    buffer = ctypes.create_string_buffer(program)
    header = struct.pack("HxxxxxxP", len(steps), ctypes.addressof(buffer))
    _prctl(_SET_SECCOMP, 2, ctypes.c_char_p(header))


# A call's number on x86_64 and on aarch64.
_REFUSED_CALLS = {
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "msgget": (68, 186),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "io_uring_setup": (425, 425),
    "open_by_handle_at": (304, 265),
    "kexec_load": (246, 104),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "swapon": (167, 224),
    "reboot": (169, 142),
}
_ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}


def _die_with_parent() -> None:
    _prctl(_SET_PDEATHSIG, signal.SIGKILL)


def _mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    done = _LIBC.mount(
        source.encode(), target.encode(), kind.encode() if kind else None, flags, options.encode() or None
    )
    _checked(done, f"mount {target}")


def _prctl(option: int, *arguments: object) -> None:
    _checked(_LIBC.prctl(option, *[*arguments, 0, 0, 0, 0][:4]), f"prctl {option}")


def _checked(result: int, what: str) -> int:
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
_NEWNS, _NEWUTS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET = (1 << n for n in (17, 26, 27, 28, 29, 30))
_RDONLY, _NOSUID, _NODEV, _NOEXEC, _REMOUNT, _BIND, _REC, _PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18
_STATVFS_FLAGS = ((2, _NOSUID), (4, _NODEV), (8, _NOEXEC), (1024, 1024), (2048, 2048), (4096, 1 << 21))
_DETACH = 2
_SET_PDEATHSIG, _SET_DUMPABLE, _SET_SECCOMP, _CAPBSET_DROP, _SET_NO_NEW_PRIVS = 1, 4, 22, 24, 38
