"""Which assignment a notebook belongs to, by the graded cells in it, whatever its file is called."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from . import cells

_HEADS = (
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a zip"),
    (b"PK\x05\x06", "a zip"),
    (b"\x1f\x8b", "a gzip archive"),
)


def no_notebook(data: bytes) -> str:
    """What a file is instead of a notebook, as far as its first bytes say; empty where they don't."""
    head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not head:
        return "empty"
    for start, what in _HEADS:
        if head.startswith(start):
            return what
    if head.lower().startswith((b"<!doctype html", b"<html", b"<head", b"<!--")):
        return "a web page"
    return ""


def graded_ids(data: bytes) -> frozenset[str] | None:
    """The names of a notebook's graded cells; None where it can't be read."""
    try:
        read = json.loads(data.decode("utf-8-sig"))
        found = read["cells"]
        return frozenset(
            cells.grade_id(cell) for cell in found if cells.is_grade(cell) or cells.is_task(cell)
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def notebooks_of(folder: Path) -> dict[str, frozenset[str]]:
    """The instructor's notebooks of an assignment, with the names of their graded cells."""
    found = {path.stem: graded_ids(path.read_bytes()) for path in sorted(folder.glob("*.ipynb"))}
    return {name: ids for name, ids in found.items() if ids}


def nearest_notebook(ids: frozenset[str], known: Mapping[str, frozenset[str]]) -> str:
    """The notebook that most of the cells belong to; empty where none does, or two do alike."""
    shared = sorted(((len(ids & own), name) for name, own in known.items()), reverse=True)
    if not shared or not shared[0][0] or (len(shared) > 1 and shared[1][0] == shared[0][0]):
        return ""
    return shared[0][1]
