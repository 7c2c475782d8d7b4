"""What nbgrader's metadata says of a cell; the only place that knows its keys, and the names of checks.

Cells are mappings: nbformat's nodes, or JSON as it was read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

Cell = Mapping[str, Any]
_CHECK = "check_"


def _said(cell: Cell) -> Mapping[str, Any]:
    said = cell["metadata"].get("nbgrader")
    return said if isinstance(said, Mapping) else {}


def grade_id(cell: Cell) -> str:
    """The cell's name in the gradebook; empty where it has none."""
    return str(_said(cell).get("grade_id") or "")


def is_grade(cell: Cell) -> bool:
    """Whether the cell earns points."""
    return bool(grade_id(cell) and _said(cell).get("grade"))


def is_solution(cell: Cell) -> bool:
    """Whether the cell is for the student to write in."""
    return bool(grade_id(cell) and _said(cell).get("solution"))


def is_task(cell: Cell) -> bool:
    """Whether the cell is one of nbgrader's tasks, graded by hand."""
    return bool(grade_id(cell) and _said(cell).get("task"))


def is_written(cell: Cell) -> bool:
    """Whether the cell is an answer that a person grades."""
    return is_grade(cell) and is_solution(cell)


def is_students_own(cell: Cell) -> bool:
    """Whether what stands in the cell is the student's: neither locked nor a test."""
    said = _said(cell)
    return bool(said.get("solution")) or not (said.get("locked") or said.get("grade"))


def points(cell: Cell) -> float:
    """The most that a graded cell earns."""
    return float(_said(cell).get("points") or 0)


def checksum(cell: Cell) -> str | None:
    """What nbgrader noted of the cell as it was handed out."""
    return _said(cell).get("checksum")


def tags(cell: Cell) -> frozenset[str]:
    """The cell's tags."""
    found = cell["metadata"].get("tags") or []
    return frozenset(tag for tag in found if isinstance(tag, str)) if isinstance(found, list) else frozenset()


def metadata(
    name: str,
    *,
    grade: bool = False,
    solution: bool = False,
    locked: bool = False,
    points: float | None = None,
) -> dict[str, Any]:
    """What nbgrader is to know of a cell that the build makes."""
    said: dict[str, Any] = {"grade_id": name, "schema_version": 3, "task": False}
    said |= {"grade": grade, "solution": solution, "locked": locked}
    return said if points is None else said | {"points": float(points)}


def says_what_nbgrader_knows(cell: Cell) -> bool:
    """Whether what nbgrader noted of a cell is of the kinds that it should be."""
    said = cell["metadata"].get("nbgrader", {})
    if not isinstance(said, Mapping):
        return False
    flags = ("grade", "solution", "locked", "task")
    return not said or (
        all(type(said.get(flag, False)) is bool for flag in flags)
        and all(flag in said for flag in flags[:3])
        and isinstance(said.get("grade_id"), str)
        and type(said.get("points", 0)) in (int, float)
        and type(said.get("schema_version")) is int
        and all(isinstance(said.get(word, ""), str) for word in ("cell_type", "checksum"))
    )


def set_kind(cell: Cell, graded: Collection[str], solutions: Collection[str], tasks: Collection[str]) -> None:
    """Says of a cell what these lists say; nothing where none of them has it and it would be something."""
    name = grade_id(cell)
    said = {"grade": name in graded, "solution": name in solutions, "task": name in tasks}
    if any(said.values()) or not (is_grade(cell) or is_solution(cell) or is_task(cell)):
        cell["metadata"]["nbgrader"].update(said)
    else:
        del cell["metadata"]["nbgrader"]


def check_name(exercise: str) -> str:
    """The grade_id of the cell that checks an exercise."""
    return f"{_CHECK}{exercise}"


def checked_exercise(name: str) -> str:
    """The exercise that a graded cell of this grade_id checks; empty: it is no check's."""
    return name.removeprefix(_CHECK) if name.startswith(_CHECK) else ""
