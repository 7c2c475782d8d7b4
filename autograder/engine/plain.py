"""A notebook of any nbgrader course: its cells run as they are, and nbgrader's rules read their outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..nbgrader import cells
from ..nbgrader.scoring import Rules
from .running import CellRunner, Step, Surroundings

if TYPE_CHECKING:
    from nbformat import NotebookNode


def run(notebook: NotebookNode, rules: Rules, surroundings: Surroundings) -> CellRunner:
    """Runs the notebook; its cells hold their outputs afterwards."""
    runner = CellRunner(surroundings)
    steps = [Step(number, cell, seconds=rules.seconds_for(cell)) for number, cell in code_cells(notebook)]
    runner.run(steps)
    return runner


def code_cells(notebook: NotebookNode) -> list[tuple[int, NotebookNode]]:
    """The cells to run, with their numbers among all."""
    return [
        (number, cell)
        for number, cell in enumerate(notebook.cells, 1)
        if cell.cell_type == "code" and cell.source.strip() and not _is_skipped(cell)
    ]


def _is_skipped(cell: NotebookNode) -> bool:
    """nbclient leaves out cells with this tag; a graded one runs here, or it would earn full points."""
    return not cells.is_grade(cell) and "skip-execution" in cells.tags(cell)
