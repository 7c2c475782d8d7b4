"""The filter of system calls, call by call: run as the kernel would, for both machines, and for real."""

from __future__ import annotations

import errno
import os
import platform
import re
from pathlib import Path

import pytest

from autograder.engine.inside import seccomp
from autograder.engine.inside.syscalls import Namespace
from tests.builders import needs_sandbox

MACHINES = ["x86_64", "aarch64"]
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
ALLOW, KILL = 0x7FFF0000, 0x80000000
# What nobody may call, and its number on both machines.
REFUSED = {
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39),
    "pivot_root": (155, 41), "chroot": (161, 51), "open_tree": (428, 428), "move_mount": (429, 429),
    "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433),
    "mount_setattr": (442, 442), "ptrace": (101, 117), "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271), "memfd_create": (319, 279), "memfd_secret": (447, 447),
    "shmget": (29, 194), "shmat": (30, 196), "shmctl": (31, 195), "msgget": (68, 186), "semget": (64, 190),
    "semop": (65, 193), "semctl": (66, 191), "semtimedop": (220, 192), "mq_open": (240, 180),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "add_key": (248, 217),
    "request_key": (249, 218), "keyctl": (250, 219), "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264), "kexec_load": (246, 104), "init_module": (175, 105),
    "finit_module": (313, 273), "delete_module": (176, 106), "swapon": (167, 224), "reboot": (169, 142),
    "fanotify_init": (300, 262), "personality": (135, 92), "kcmp": (312, 272), "capset": (126, 91),
    "sethostname": (170, 161), "quotactl": (179, 60), "acct": (163, 89), "syslog": (103, 116),
    "inotify_init1": (294, 26), "vmsplice": (278, 75), "move_pages": (279, 239), "seccomp": (317, 277),
    "landlock_create_ruleset": (444, 444), "process_madvise": (440, 440), "pidfd_getfd": (438, 438),
}  # fmt: skip
CLONE, CLONE3, SOCKET, SOCKETPAIR, IOCTL = (
    {"x86_64": 56, "aarch64": 220},
    {"x86_64": 435, "aarch64": 435},
    {"x86_64": 41, "aarch64": 198},
    {"x86_64": 53, "aarch64": 199},
    {"x86_64": 16, "aarch64": 29},
)
both = pytest.mark.parametrize("machine", MACHINES)


def decision(machine: str, number: int, *arguments: int, architecture: int = 0) -> int:
    """What the filter gives for a call, found as the kernel finds it."""
    data = {0: number, 4: architecture or ARCHITECTURES[machine]}
    for place, value in enumerate(arguments):
        data[16 + 8 * place], data[20 + 8 * place] = value & 0xFFFFFFFF, value >> 32
    program, accumulator, place = seccomp._program(machine), 0, 0
    while True:
        what, if_so, if_not, value = program[place]
        if what == 0x06:
            return value
        if what == 0x20:
            accumulator, jump = data.get(value, 0), 0
        else:
            holds = {0x15: accumulator == value, 0x35: accumulator >= value, 0x45: bool(accumulator & value)}
            jump = if_so if holds[what] else if_not
        place += 1 + jump


def refused(result: int) -> bool:
    return result & 0xFFFF0000 == 0x00050000


@both
def test_jumps_lead_to_steps_that_are_there(machine: str) -> None:
    program = seccomp._program(machine)
    assert len(program) < 4096
    for place, (what, if_so, if_not, _) in enumerate(program):
        assert 0 <= if_so <= 255 and 0 <= if_not <= 255
        assert what == 0x06 or place + 1 + max(if_so, if_not) < len(program)


@both
def test_what_is_listed_is_allowed(machine: str) -> None:
    calls = seccomp.allowed_calls(machine)
    assert len(calls) > 170
    assert [call.name for call in calls if decision(machine, call.number) != ALLOW] == []


@both
@pytest.mark.parametrize("name", REFUSED)
def test_what_no_lesson_needs_is_refused(machine: str, name: str) -> None:
    number = REFUSED[name][MACHINES.index(machine)]
    assert refused(decision(machine, number))
    assert name not in {call.name for call in seccomp.allowed_calls(machine)}


@both
@pytest.mark.parametrize("kind", Namespace)
def test_no_namespace_is_made_by_clone(machine: str, kind: Namespace) -> None:
    assert decision(machine, CLONE[machine], kind | 17) == 0x00050000 | errno.EPERM
    assert decision(machine, CLONE[machine], 0x01200011) == ALLOW  # as fork
    assert decision(machine, CLONE[machine], 0x003D0F00) == ALLOW  # as pthread_create
    assert decision(machine, CLONE3[machine]) == 0x00050000 | errno.ENOSYS


@both
def test_sockets_are_local_or_of_the_internet(machine: str) -> None:
    for call in (SOCKET, SOCKETPAIR):
        for family in (1, 2, 10):
            assert decision(machine, call[machine], family) == ALLOW
        for family in (17, 21, 29, 38, 40, 44, 16):  # packets, AF_RDS, CAN, AF_ALG, vsock, XDP; netlink
            assert refused(decision(machine, call[machine], family, 3, 12))
    assert decision(machine, SOCKET[machine], 16, 3, 0) == ALLOW  # netlink: lists of interfaces


@both
def test_nobody_types_into_anothers_terminal(machine: str) -> None:
    assert decision(machine, IOCTL[machine], 0, 0x5401) == ALLOW
    assert refused(decision(machine, IOCTL[machine], 0, 0x5412))
    assert refused(decision(machine, IOCTL[machine], 0, 0x541C))


@both
def test_calls_of_another_kind_end_the_process(machine: str) -> None:
    other = 0x40000003  # i386, through int 0x80
    assert decision(machine, 0, architecture=other) == KILL


def test_the_second_numbering_of_x86_is_refused() -> None:
    for call in seccomp.allowed_calls("x86_64"):
        assert refused(decision("x86_64", call.number | 0x40000000))


@pytest.mark.parametrize(
    ("machine", "header", "pattern"),
    [
        ("x86_64", "/usr/include/x86_64-linux-gnu/asm/unistd_64.h", r"__NR_(\w+) (\d+)"),
        ("aarch64", "/usr/include/asm-generic/unistd.h", r"__NR(?:3264)?_(\w+) (\d+)"),
    ],
)
def test_numbers_are_those_of_the_kernels_headers(machine: str, header: str, pattern: str) -> None:
    if not Path(header).is_file():
        pytest.skip(f"{header} is not installed")
    text = Path(header).read_text(encoding="utf-8")
    known = {name: int(number) for name, number in re.findall(rf"#define {pattern}", text)}
    known.setdefault("newfstatat", known.get("fstatat", -1))
    calls = {call.name: call.number for call in seccomp.allowed_calls(machine)}
    calls |= {name: numbers[MACHINES.index(machine)] for name, numbers in REFUSED.items()}
    assert {name: number for name, number in calls.items() if known.get(name, number) != number} == {}
    assert len(set(calls) & set(known)) > 150


@needs_sandbox
@pytest.mark.skipif(platform.machine() not in MACHINES, reason="no filter for this machine")
def test_the_kernel_refuses_them_for_real() -> None:
    """In a process of its own, which the filter is put on, and which nothing takes it off again."""
    import ctypes

    column = MACHINES.index(platform.machine())
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            libc = ctypes.CDLL(None, use_errno=True)
            libc.prctl(38, 1, 0, 0, 0)
            seccomp.refuse_calls()
            for name, numbers in REFUSED.items():
                ctypes.set_errno(0)
                result = libc.syscall(numbers[column], 0, 0, 0, 0, 0, 0)
                if result != -1 or ctypes.get_errno() not in (errno.EPERM, errno.ENOSYS):
                    os.write(write, f"{name} gives {result}, {ctypes.get_errno()}; ".encode())
        finally:
            os._exit(0)
    os.close(write)
    os.waitpid(pid, 0)
    with os.fdopen(read) as pipe:
        assert pipe.read() == ""
