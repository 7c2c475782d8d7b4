"""What one submission may use, and what the kernel counts of it."""

from __future__ import annotations

import resource
from dataclasses import dataclass
from pathlib import Path

MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """What one submission may use."""

    cell_seconds: float = 60
    seconds: float = 600
    memory: int = 4096 * MIB  # of all its processes together
    disk: int = 256 * MIB
    files: int = 10_000
    file_size: int = 128 * MIB  # more than nbgrader takes
    processes: int = 200
    open_files: int = 1024


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
