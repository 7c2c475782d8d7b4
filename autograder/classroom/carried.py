"""What grading needs of an assignment, as JSON: for a machine that has no course, only this."""

from __future__ import annotations

import base64
from dataclasses import fields, is_dataclass
from typing import Any

from ..nbgrader.records import Assignment, Notebook, SourceCell

PRIVATE, SETTINGS = "private", "settings.json"  # where it lies there
_RECORDS = {one.__name__: one for one in (Assignment, Notebook, SourceCell)}


def as_plain(value: Any) -> Any:
    """A record as JSON can hold it: what JSON has no word for is marked."""
    if is_dataclass(value) and not isinstance(value, type):
        known = {part.name: as_plain(getattr(value, part.name)) for part in fields(value)}
        return {"is": type(value).__name__, "of": known}
    if isinstance(value, bytes):
        return {"is": "bytes", "of": base64.b64encode(value).decode()}
    if isinstance(value, (frozenset, tuple)):
        parts = sorted(value) if isinstance(value, frozenset) else value
        return {"is": type(value).__name__, "of": [as_plain(part) for part in parts]}
    if isinstance(value, dict):
        return {"is": "dict", "of": [[as_plain(key), as_plain(part)] for key, part in value.items()]}
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    raise TypeError(f"a record holds {type(value).__name__}, which has no form in JSON")


def from_plain(value: Any) -> Any:
    """The record that was made plain."""
    if not isinstance(value, dict):
        return value
    kind, inside = value["is"], value["of"]
    if kind in _RECORDS:
        return _RECORDS[kind](**{name: from_plain(part) for name, part in inside.items()})
    if kind == "bytes":
        return base64.b64decode(inside)
    if kind == "dict":
        return {from_plain(key): from_plain(part) for key, part in inside}
    return {"tuple": tuple, "frozenset": frozenset}[kind](map(from_plain, inside))
