"""Reads what students handed in: bounded, without following links, nothing executed."""

from __future__ import annotations

from pathlib import Path

from ..nbgrader.records import Submission

MOST_BYTES = 64 << 20  # of the files that travel with a notebook; the copy in autograded/ has them all
MOST_FILES = 2_000
LARGEST_NOTEBOOK = 64 << 20


def read(student: str, assignment: str, folder: Path, listed: list[Path]) -> Submission:
    """A student's submission. What can't be taken along is left aside and said."""
    if folder.is_symlink() or folder.parent.is_symlink():
        return Submission(student, assignment, broken="the submission's folder is a symbolic link")
    files: dict[str, bytes] = {}
    notes: list[str] = []
    taken = 0
    try:
        for path in sorted(listed):
            name = path.relative_to(folder).as_posix()
            if _is_linked(path, folder):
                notes.append(f"{name} is a symbolic link and was left aside")
            elif not path.is_file():
                notes.append(f"{name} is no file and was left aside")
            elif path.suffix == ".ipynb" and path.stat().st_size > LARGEST_NOTEBOOK:
                return Submission(student, assignment, broken=f"{name} has {path.stat().st_size >> 20} MB")
            elif path.suffix != ".ipynb" and (
                taken + path.stat().st_size > MOST_BYTES or len(files) >= MOST_FILES
            ):
                notes.append(f"{name} was left aside: too many files, or too large")
            else:
                files[name] = path.read_bytes()
                taken += len(files[name]) if path.suffix != ".ipynb" else 0
    except OSError as error:
        return Submission(student, assignment, broken=f"could not be read: {error.strerror or error}")
    timestamp = _timestamp(files.get("timestamp.txt"))
    shown = notes[:5] + ([f"and {len(notes) - 5} files more"] if len(notes) > 5 else [])
    return Submission(student, assignment, files, timestamp, tuple(shown))


def _is_linked(path: Path, folder: Path) -> bool:
    while path != folder:
        if path.is_symlink():
            return True
        path = path.parent
    return False


def _timestamp(data: bytes | None) -> str | None:
    return data.decode("utf-8", "replace").strip()[:100] or None if data else None
