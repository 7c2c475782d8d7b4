"""Who one is in a namespace: users mapped to those outside."""

from __future__ import annotations

import os
from pathlib import Path

# Root's sandboxes run as this user, who owns nothing: the first id that containers are given.
NOBODY = 231_072


def map_self(uid: int, gid: int, inside: int) -> None:
    """In a user namespace just entered: who this was outside is its only user, with this number."""
    write_once("/proc/self/setgroups", "deny")
    write_once("/proc/self/uid_map", f"{inside} {uid} 1")
    write_once("/proc/self/gid_map", f"{inside} {gid} 1")


def somebody_else() -> int:
    """A user other than root whom root may become here; 0 where there is none."""
    lines = Path("/proc/self/uid_map").read_text(encoding="ascii").splitlines()
    ranges = [(int(first), int(count)) for first, _, count in map(str.split, lines)]
    if any(first <= NOBODY < first + count for first, count in ranges):
        return NOBODY
    return max(first + count - 1 for first, count in ranges)


def write_once(path: str, text: str) -> None:
    """Writes to one of the files in /proc that take one write, whole, and no second."""
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)
