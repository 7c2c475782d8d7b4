"""What is left where there are no namespaces: another user, Landlock, a list of system calls, no network.

The files of this machine that are not the interpreter's stay closed, and nothing can be written outside of
the submission's folder. Other processes can be seen, and the disk is bounded file by file only.
"""

from __future__ import annotations

import os
from pathlib import Path

from .house import DEVICES, SYSTEM
from .seccomp import refuse_calls
from .syscalls import (
    Missing,
    be_inspectable,
    gain_no_privileges,
    give_up_privileges,
    has_landlock,
    restrict_paths,
)
from .users import somebody_else


def close_fence(home: str, readable: list[str]) -> None:
    """From here on this process reaches its own folder and the interpreter, and cannot go back."""
    if not has_landlock():
        raise Missing("this kernel has no Landlock")
    if os.geteuid():
        gain_no_privileges()
    elif all(map(_is_open_to_all, readable)):
        become_nobody(home)
        gain_no_privileges()
    else:  # the interpreter is root's alone: it stays root, who may do no more than others
        give_up_privileges()
    places = [*SYSTEM, "/proc", "/etc/passwd", "/etc/hosts", *map(os.path.realpath, readable), *readable]
    restrict_paths(places, [home, *DEVICES], network=False)
    refuse_calls(network=False)


def _is_open_to_all(path: str) -> bool:
    path = os.path.realpath(path)
    upward = [path, *(str(folder) for folder in Path(path).parents)]
    return all(os.stat(place).st_mode & 0o001 for place in upward if os.path.isdir(place))


def become_nobody(home: str) -> None:
    """Root's submissions run as somebody who owns this folder alone; everybody else's as themselves."""
    if os.geteuid():
        return
    user = int(os.environ.get("AUTOGRADER_USER", 0)) or somebody_else()
    os.chown(home, user, user)
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    be_inspectable()
