"""Which cells of a lesson have to run so that its answers can be judged.

Most of what a lesson computes illustrates: figures, tables, networks trained. No answer leans on it. Whether
a student's does all the same is seen by the names that it uses, and then everything is run.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import Any

from ..authoring import slicing
from ..nbgrader import cells
from ..nbgrader.records import Notebook


def with_what_it_needs(original: Notebook, source: list[dict[str, Any]]) -> Notebook:
    """Marks the locked cells that need not run: demonstrations, and what no answer leans on."""
    code = [_Cell.of(cell) for cell in source if cell["cell_type"] == "code"]
    locked = [cell for cell in code if cell.locked]
    wanted = {name for cell in code if not cell.locked for name in cell.uses}
    kept: list[_Cell] = [cell for cell in code if not cell.locked or cell is code[0]]
    left = [cell for cell in locked if cell is not code[0]]
    grown = True
    while grown:
        wanted |= {name for cell in kept for name in cell.uses}
        needed = [cell for cell in left if not cell.demo and (cell.binds | cell.changes) & wanted]
        left = [cell for cell in left if cell not in needed]
        kept += needed
        grown = bool(needed)
    bound = {name for cell in kept for name in cell.binds}
    return replace(original, left_out={cell.grade_id: cell.binds - bound for cell in left})


@dataclass(frozen=True)
class _Cell:
    """A code cell of the instructor's, as far as it matters for whether it has to run."""

    grade_id: str
    locked: bool  # and not graded: nobody answers in it
    demo: bool
    binds: frozenset[str]
    uses: frozenset[str]
    changes: frozenset[str]  # what methods are called of for their effect

    @classmethod
    def of(cls, cell: dict[str, Any]) -> _Cell:
        statements = slicing.readable_statements(cell["source"])
        binds = frozenset(name for statement in statements for name in statement.binds)
        return cls(
            cells.grade_id(cell),
            bool(cells.grade_id(cell)) and not cells.is_solution(cell) and not cells.is_grade(cell),
            "demo" in cells.tags(cell),
            binds,
            frozenset(name for statement in statements for name in statement.uses),
            frozenset(name for statement in statements for name in _changed(statement.source)),
        )


def _changed(statement: str) -> set[str]:
    """Names of which a statement calls a method and takes nothing: `settings.update(…)`."""
    match ast.parse(statement).body:
        case [ast.Expr(ast.Call(ast.Attribute(ast.Name(name))))]:
            return {name}
    return set()
