"""What is to be graded, and how: what the instructor asked for, and what is usual."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import UnknownLesson
from ..nbgrader.scoring import NO_LIMIT
from .inside.limits import MIB, Limits

CELLS_AT_THEIR_LIMIT = 10  # that a submission may have
LEAST_MEMORY = 1024 * MIB  # for a job: TensorFlow, and a submission that trains something


@dataclass(frozen=True)
class Options:
    """What is to be graded, and how."""

    lessons: tuple[str, ...] = ()
    submitted: Path | None = None
    students: tuple[str, ...] = ()
    jobs: int = 0
    limits: Limits = Limits()
    regrade: bool = False
    sandbox: bool = True
    fence: bool = False  # without a sandbox: what is left where there are no namespaces
    canary: bool = True
    scheduler: str = ""
    environment: tuple[tuple[str, str], ...] = ()  # variables that notebooks find
    readable: tuple[str, ...] = ()  # places of this machine that they may read


def named(wanted: str, known: list[str]) -> str:
    """The assignment that is meant: by its whole name or, where it begins with a number, by that."""
    if wanted in known:
        return wanted
    found = [name for name in known if wanted.isdigit() and name.split("_")[0] == wanted]
    if len(found) != 1:
        raise UnknownLesson(wanted, found or known)
    return found[0]


def limits_from(
    timeout: float | None, memory: int | None, disk: int | None = None, file_size: int | None = None
) -> Limits:
    """The usual limits with what the instructor changed; by default at most half of the machine's memory."""
    usual = Limits()
    cell = min(timeout or usual.cell_seconds, NO_LIMIT)
    return replace(
        usual,
        cell_seconds=cell,
        seconds=max(usual.seconds, CELLS_AT_THEIR_LIMIT * cell),
        memory=memory * MIB if memory else min(usual.memory, _memory_of_machine() // 2),
        disk=disk * MIB if disk else max(usual.disk, 2 * (file_size or 0) * MIB),
        file_size=file_size * MIB if file_size else usual.file_size,
    )


def usual_jobs() -> int:
    """One for each core, as far as there is memory for a warm process in each."""
    return max(1, min(os.cpu_count() or 1, _memory_of_machine() // LEAST_MEMORY))


def _memory_of_machine() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
