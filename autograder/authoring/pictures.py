"""The pictures of an executed lesson that stand behind its exercises, for readers who have not solved them.

Beside a released notebook they lie in pictures.json: figures by the cells that drew them, and the exercises
that these need. No code is in it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..student.instead import key_of
from . import slicing
from .lesson import Lesson, calls_check

if TYPE_CHECKING:
    from nbformat import NotebookNode


def pictures_text(lesson: Lesson, executed: NotebookNode) -> str:
    """The text of a lesson's pictures.json: one line a picture; empty where there is none."""
    found = pictures_of(lesson, executed)
    lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in found.items())
    return f"{{\n{lines}\n}}\n" if found else ""


def pictures_of(lesson: Lesson, executed: NotebookNode) -> dict[str, dict[str, Any]]:
    """For each cell that draws with what an exercise asks for: its figures, and the exercises."""
    found = {}
    for cell, made, needs in zip(lesson.cells, executed.cells, needed_exercises(lesson), strict=True):
        figures = [
            {"html": output.data["text/html"], "text": output.data.get("text/plain", "")}
            for output in made.get("outputs", [])
            if output.output_type == "display_data" and "<img" in output.data.get("text/html", "")
        ]
        if needs and figures:
            found[key_of(cell.source)] = {"needs": sorted(needs), "figures": figures}
    return found


def needed_exercises(lesson: Lesson) -> list[set[str]]:
    """For each cell the exercises that must be solved for it to run, through all names in between."""
    behind: dict[str, set[str]] = {  # names, with the exercises that they hang on
        function: {name} for name, one in lesson.exercises.items() for function in one.functions
    }
    own = dict(behind)
    needs: list[set[str]] = []
    for cell in lesson.cells:
        found: set[str] = set()
        is_shown = cell.kind == "code" and not cell.is_solution and not calls_check(cell.source)
        for statement in _statements(lesson, cell) if cell.kind == "code" else ():
            used = set[str]().union(*(behind.get(name, set()) for name in statement.uses))
            if is_shown:
                found |= used
            for name in statement.binds:
                if is_shown and used:
                    behind[name] = used | own.get(name, set())
                elif name not in own:
                    behind.pop(name, None)
        needs.append(found)
    return needs


def _statements(lesson: Lesson, cell: Any) -> list[slicing.Statement]:
    return lesson.statements_of(cell)
