"""The solution notebook without outputs, made from the cells of lesson.py, nbgrader's metadata derived."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ..nbgrader.cells import check_name, metadata
from .lesson import Cell, Lesson
from .rules import checked_names, is_check

if TYPE_CHECKING:
    from nbformat import NotebookNode

HIDDEN_CASES = "### BEGIN HIDDEN TESTS\nfrom autograder.authoring.hidden import check\n### END HIDDEN TESTS\n"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def assemble(lesson: Lesson) -> NotebookNode:
    """The solution notebook without outputs."""
    import nbformat.v4 as v4

    names = _CellNames(lesson)
    notebook = v4.new_notebook(metadata={"kernelspec": KERNEL, "language_info": {"name": "python"}})
    for cell in lesson.cells:
        name, nbgrader = _name_and_metadata(lesson, cell, names)
        make: Any = v4.new_code_cell if cell.kind == "code" else v4.new_markdown_cell
        source = HIDDEN_CASES + cell.source if is_check(cell) else cell.source
        # JupyterLab's Run All stops at a cell that raises, and half-finished notebooks are full of them.
        tags = sorted({*cell.tags, "raises-exception"} if cell.kind == "code" else cell.tags)
        made = make(source, id=name, metadata={"tags": tags} if tags else {})
        if "install" in cell.tags:
            made.metadata.update(cell.metadata)
        if nbgrader:
            made.metadata["nbgrader"] = nbgrader
        notebook.cells.append(made)
    made_whole: NotebookNode = notebook
    return made_whole


def _name_and_metadata(lesson: Lesson, cell: Cell, names: _CellNames) -> tuple[str, dict[str, Any] | None]:
    """A cell's id, and what nbgrader is to know of it."""
    if "install" in cell.tags:
        return names.unique("install", cell), metadata("install", locked=True)
    if "yours" in cell.tags:  # the student's own: neither locked nor graded
        return names.next(cell), None
    if "written" in cell.tags:
        name, points = cell.metadata.get("name"), cell.metadata.get("points")
        if not name or not points:
            raise lesson.error(
                cell.line - 1,
                f"a written cell without {'points' if name else 'a name'}",
                'Add name="…" and points=… to its marker.',
            )
        return names.unique(name, cell), metadata(name, grade=True, solution=True, points=points)
    if is_check(cell):
        exercise = checked_names(cell, lesson)[0]
        name = names.unique(check_name(exercise), cell)
        return name, metadata(name, grade=True, locked=True, points=lesson.exercises[exercise].points)
    if cell.is_solution:
        name = names.unique(_defined_name(lesson, cell), cell)
        return name, metadata(name, solution=True)
    name = names.next(cell)
    return name, metadata(name, locked=True)


def _defined_name(lesson: Lesson, cell: Cell) -> str:
    """The first function, class or table that a solution cell defines."""
    wanted = {name for exercise in lesson.exercises.values() for name in exercise.functions}
    for statement in lesson.statements_of(cell):
        for name in sorted(statement.binds & wanted):
            return name
    raise lesson.error(
        cell.line,
        "a solution cell defines nothing that an exercise asks for",
        "Define the function of an exercise in it, or add the exercise.",
    )


class _CellNames:
    """Permanent names for cells: graded ones' speak for themselves, the others count in their section."""

    def __init__(self, lesson: Lesson) -> None:
        self.lesson, self.section = lesson, "start"
        self.taken: dict[str, int] = {}

    def unique(self, name: str, cell: Cell) -> str:
        if name in self.taken:
            raise self.lesson.error(
                cell.line,
                f"a second cell is called {name}; the first begins in line {self.taken[name]}",
                "Put what belongs together into one cell, or give a written cell another name.",
            )
        self.taken[name] = cell.line
        return name

    def next(self, cell: Cell) -> str:
        heading = re.match(r"#{1,3} (.+)", cell.source) if cell.kind == "markdown" else None
        if heading:
            self.section = re.sub(r"[^a-z0-9]+", "-", heading[1].lower()).strip("-")[:48] or "section"
        number = 1
        while f"{self.section}-{number:02}" in self.taken:
            number += 1
        return self.unique(f"{self.section}-{number:02}", cell)
