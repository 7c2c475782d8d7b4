"""The calls to the kernel that a student's process may make. Whatever is not listed is refused.

Left out is what no lesson needs and what widens what the kernel shows or holds: memory in unmapped files and
in System V's segments, which nobody would count; new namespaces, mounts, tracing, keyrings, io_uring and BPF,
where kernels have had their holes. Of some calls the arguments are looked at.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
from dataclasses import dataclass

# A call's name, and its number on x86_64 and on aarch64; "-" where there is none.
_ALLOWED = """
# files
read 0 63, write 1 64, open 2 -, close 3 57, stat 4 -, fstat 5 80, lstat 6 -, newfstatat 262 79,
statx 332 291, lseek 8 62, pread64 17 67, pwrite64 18 68, readv 19 65, writev 20 66, preadv 295 69,
pwritev 296 70, preadv2 327 286, pwritev2 328 287, access 21 -, faccessat 269 48, faccessat2 439 439,
openat 257 56, openat2 437 437, creat 85 -, getdents 78 -, getdents64 217 61, getcwd 79 17,
chdir 80 49, fchdir 81 50, rename 82 -, renameat 264 38, mkdir 83 -, mkdirat 258 34, rmdir 84 -,
link 86 -, linkat 265 37, unlink 87 -, unlinkat 263 35, symlink 88 -, symlinkat 266 36, readlink 89 -,
readlinkat 267 78, chmod 90 -, fchmod 91 52, fchmodat 268 53, fchmodat2 452 452, chown 92 -,
fchown 93 55, lchown 94 -, fchownat 260 54, umask 95 166, utime 132 -, utimes 235 -, futimesat 261 -,
utimensat 280 88, truncate 76 45, ftruncate 77 46, fallocate 285 47, fadvise64 221 223, flock 73 32,
fsync 74 82, fdatasync 75 83, sync 162 81, syncfs 306 267, sync_file_range 277 84, statfs 137 43,
fstatfs 138 44, sendfile 40 71, copy_file_range 326 285, getxattr 191 8, lgetxattr 192 9,
fgetxattr 193 10, listxattr 194 11, llistxattr 195 12, flistxattr 196 13, setxattr 188 5,
lsetxattr 189 6, fsetxattr 190 7, removexattr 197 14, lremovexattr 198 15, fremovexattr 199 16,
# descriptors
poll 7 -, ppoll 271 73, select 23 -, pselect6 270 72, dup 32 23, dup2 33 -, dup3 292 24, pipe 22 -,
pipe2 293 59, fcntl 72 25, close_range 436 436, epoll_create 213 -, epoll_create1 291 20,
epoll_ctl 233 21, epoll_wait 232 -, epoll_pwait 281 22, epoll_pwait2 441 441, eventfd 284 -,
eventfd2 290 19, signalfd 282 -, signalfd4 289 74, timerfd_create 283 85, timerfd_settime 286 86,
timerfd_gettime 287 87, pidfd_open 434 434, pidfd_send_signal 424 424,
# memory
mmap 9 222, mprotect 10 226, munmap 11 215, mremap 25 216, brk 12 214, msync 26 227, mincore 27 232,
madvise 28 233, mlock 149 228, mlock2 325 284, munlock 150 229, membarrier 324 283,
pkey_mprotect 329 288, pkey_alloc 330 289, pkey_free 331 290,
# processes
fork 57 -, vfork 58 -, execve 59 221, exit 60 93, exit_group 231 94, wait4 61 260, waitid 247 95,
kill 62 129, tkill 200 130, tgkill 234 131, getpid 39 172, getppid 110 173, gettid 186 178,
getpgid 121 155, getpgrp 111 -, setpgid 109 154, getsid 124 156, setsid 112 157, getpriority 140 141,
setpriority 141 140, ioprio_get 252 31, ioprio_set 251 30, getrusage 98 165, getrlimit 97 163,
prlimit64 302 261, times 100 153, sysinfo 99 179, uname 63 160, prctl 157 167, arch_prctl 158 -,
set_tid_address 218 96, set_robust_list 273 99, get_robust_list 274 100, rseq 334 293, futex 202 98,
futex_waitv 449 449, getcpu 309 168, sched_yield 24 124, sched_setparam 142 118,
sched_getparam 143 121, sched_setscheduler 144 119, sched_getscheduler 145 120,
sched_get_priority_max 146 125, sched_get_priority_min 147 126, sched_rr_get_interval 148 127,
sched_setaffinity 203 122, sched_getaffinity 204 123, restart_syscall 219 128, pause 34 -,
# users
getuid 102 174, geteuid 107 175, getgid 104 176, getegid 108 177, getgroups 115 158, getresuid 118 148,
getresgid 120 150, setuid 105 146, setgid 106 144, setreuid 113 145, setregid 114 143,
setresuid 117 147, setresgid 119 149, setgroups 116 159, capget 125 90,
# signals
rt_sigaction 13 134, rt_sigprocmask 14 135, rt_sigreturn 15 139, rt_sigpending 127 136,
rt_sigtimedwait 128 137, rt_sigqueueinfo 129 138, rt_sigsuspend 130 133, sigaltstack 131 132,
# time
time 201 -, gettimeofday 96 169, clock_gettime 228 113, clock_getres 229 114, clock_nanosleep 230 115,
nanosleep 35 101, getitimer 36 102, setitimer 38 103, alarm 37 -, timer_create 222 107,
timer_settime 223 110, timer_gettime 224 108, timer_getoverrun 225 109, timer_delete 226 111,
getrandom 318 278,
# sockets
connect 42 203, accept 43 202, accept4 288 242, bind 49 200, listen 50 201, sendto 44 206,
recvfrom 45 207, sendmsg 46 211, recvmsg 47 212, sendmmsg 307 269, recvmmsg 299 243, shutdown 48 210,
getsockname 51 204, getpeername 52 205, setsockopt 54 208, getsockopt 55 209,
"""
_ARCHITECTURES = {"x86_64": (0xC000003E, 1), "aarch64": (0xC00000B7, 2)}

# These have a rule of their own.
_CLONE, _CLONE3 = ("clone", 56, 220), ("clone3", 435, 435)
_SOCKET, _SOCKETPAIR, _IOCTL = ("socket", 41, 198), ("socketpair", 53, 199), ("ioctl", 16, 29)
_NEW_NAMESPACES = 0x7E020080  # user, pid, network, mount, ipc, uts, cgroup and time
_FAMILIES = (1, 2, 10)  # of sockets: local ones, and the two kinds of the internet
_NETLINK, _ROUTES = 16, 0  # to the kernel, and of these only the kind that lists network interfaces
_FOR_OTHERS = (0x5412, 0x541C)  # TIOCSTI and TIOCLINUX: to type into somebody else's terminal

# From here on calls are younger than the programs that use them, which go another way where there is none.
_YOUNG = 434

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _GIVE = 0x20, 0x15, 0x35, 0x45, 0x06
_KILL, _ALLOW, _REFUSE = 0x80000000, 0x7FFF0000, 0x00050000
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # places in what the kernel hands to the filter
_SET_SECCOMP, _BY_FILTER = 22, 2


@dataclass(frozen=True)
class Call:
    """One call that is allowed."""

    name: str
    number: int


def allowed_calls(machine: str) -> list[Call]:
    """The calls that are allowed whatever their arguments."""
    column = _ARCHITECTURES[machine][1]
    lines = (line for line in _ALLOWED.splitlines() if not line.startswith("#"))
    rows = [row.split() for row in " ".join(lines).split(",") if row.strip()]
    return [Call(row[0], int(row[column])) for row in rows if row[column] != "-"]


def refuse_calls(network: bool = True) -> None:
    """From here on, for this process and all that descend from it; without a network only local sockets."""
    if platform.machine() not in _ARCHITECTURES:
        return
    steps = _program(platform.machine(), _FAMILIES if network else _FAMILIES[:1])
    buffer = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    header = struct.pack("HxxxxxxP", len(steps), ctypes.addressof(buffer))
    if ctypes.CDLL(None, use_errno=True).prctl(_SET_SECCOMP, _BY_FILTER, ctypes.c_char_p(header), 0, 0) < 0:
        raise OSError(ctypes.get_errno(), "seccomp")


def _program(machine: str, families: tuple[int, ...] = _FAMILIES) -> list[tuple[int, int, int, int]]:
    """The filter: what to do, how far to jump if it holds and if not, and with which value."""
    architecture, column = _ARCHITECTURES[machine]
    steps: list[_Step] = [
        _Step(_LOAD, _ARCHITECTURE),
        _Step(_EQUAL, architecture, if_not="kill"),
        _Step(_LOAD, _NUMBER),
        _Step(_EQUAL, int(_CLONE3[column]), "not there"),  # its arguments lie where a filter can't look
        _Step(_EQUAL, int(_CLONE[column]), "clone"),
        _Step(_EQUAL, int(_IOCTL[column]), "ioctl"),
        _Step(_EQUAL, int(_SOCKET[column]), "socket"),
        _Step(_EQUAL, int(_SOCKETPAIR[column]), "socket"),
        *(_Step(_EQUAL, call.number, "allow") for call in allowed_calls(machine)),
        _Step(_AT_LEAST, _YOUNG, "not there", "refuse"),
        _Step(_LOAD, _argument(0), label="clone"),
        _Step(_ANY_BIT, _NEW_NAMESPACES, "refuse", "allow"),
        _Step(_LOAD, _argument(1), label="ioctl"),
        *(_Step(_EQUAL, kind, "refuse") for kind in _FOR_OTHERS),
        _Step(_GIVE, _ALLOW, label="allow"),
        _Step(_LOAD, _argument(0), label="socket"),
        *(_Step(_EQUAL, family, "allow too") for family in families),
        _Step(_EQUAL, _NETLINK, if_not="no family"),
        _Step(_LOAD, _argument(2)),
        _Step(_EQUAL, _ROUTES, "allow too", "no family"),
        _Step(_GIVE, _ALLOW, label="allow too"),
        _Step(_GIVE, _REFUSE | errno.EAFNOSUPPORT, label="no family"),
        _Step(_GIVE, _REFUSE | errno.EPERM, label="refuse"),
        _Step(_GIVE, _REFUSE | errno.ENOSYS, label="not there"),
        _Step(_GIVE, _KILL, label="kill"),
    ]
    places = {step.label: place for place, step in enumerate(steps) if step.label}

    def far(place: int, label: str) -> int:
        return places[label] - place - 1 if label else 0

    return [
        (step.what, far(place, step.if_so), far(place, step.if_not), step.value)
        for place, step in enumerate(steps)
    ]


@dataclass(frozen=True)
class _Step:
    """One step of the filter; where no label is named, the next one follows."""

    what: int
    value: int
    if_so: str = ""
    if_not: str = ""
    label: str = ""


def _argument(place: int) -> int:
    """Where the lower half of a call's argument lies."""
    return _ARGUMENTS + 8 * place
