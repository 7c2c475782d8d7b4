"""Files and folders that are written whole or not at all: whoever reads one never meets half of it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write_whole(path: Path, text: str, mode: int = 0o644) -> None:
    """Writes a file beside and moves it into place; not, when it would not change."""
    if not holds(path, text):
        _beside(path, text, mode).replace(path)


def write_once(path: Path, text: str) -> None:
    """Writes a private file that is made once: of two that come at once, both then read the same one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = _beside(path, text, 0o600)
    try:
        os.link(part, path)  # fails where another was first
    except FileExistsError:
        pass
    finally:
        part.unlink()


def holds(path: Path, text: str) -> bool:
    """Whether a file says just this."""
    return path.is_file() and path.read_text(encoding="utf-8") == text


@contextmanager
def replace_folder(target: Path) -> Iterator[Path]:
    """A folder to fill, which takes the target's place when that has gone well."""
    aside = target.with_name(f".{target.name}.part")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        yield aside
        shutil.rmtree(target, ignore_errors=True)
        os.replace(aside, target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _beside(path: Path, text: str, mode: int) -> Path:
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name[:40]}.", suffix=".part", dir=path.parent)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
        os.fchmod(descriptor, mode)
        file.write(text)
    return Path(name)
