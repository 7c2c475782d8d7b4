"""What the source of a lesson or of a student's cell needs, read without running it."""

from __future__ import annotations

import ast
import builtins
import contextlib
import warnings
from collections.abc import Iterable, Iterator
from types import CodeType

from ..student.statements import Statement, needed, statements, without_magics

__all__ = [
    "Statement",
    "imported_modules",
    "loaded_names",
    "needed",
    "readable_statements",
    "statements",
    "taken_and_bound",
    "unbound",
    "without_magics",
]

_BUILTINS = set(dir(builtins)) | {"__name__", "__file__", "get_ipython", "display"}


def unbound(chosen: Iterable[Statement], names: Iterable[str]) -> set[str]:
    """Names that the chosen statements use and nothing binds."""
    chosen = list(chosen)
    bound = set().union(*(s.binds for s in chosen)) if chosen else set()
    return (set(names).union(*(s.uses for s in chosen))) - bound - _BUILTINS


def taken_and_bound(source: str) -> tuple[frozenset[str], frozenset[str]]:
    """What a cell takes from cells before it, and what it binds; nothing, where it can't be read.

    A statement finds what those above it have bound; a function, when it is called, all that the cell binds.
    """
    found = readable_statements(source)
    bound = frozenset(name for statement in found for name in statement.binds)
    taken: set[str] = set()
    above: set[str] = set()
    for statement in found:
        if statement.source.startswith(("def ", "async def ")):
            taken |= statement.uses - bound
        else:
            order = _order_in(statement.source)
            changed = order.changed & statement.binds
            taken |= (statement.uses | changed) - above - (order.bound - order.used)
        above |= statement.binds
    return frozenset(taken), bound


def _order_in(statement: str) -> _Order:
    order = _Order()
    try:
        order.visit(ast.parse(statement))
    except RecursionError:  # a sum of thousands: then nothing is known of what comes first
        return _Order()
    return order


class _Order(ast.NodeVisitor):
    """Sorts names by what comes first, their being bound or used."""

    def __init__(self) -> None:
        self.bound: set[str] = set()
        self.used: set[str] = set()
        self.changed: set[str] = set()  # as in x += 1, which the symbol table does not call a use

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self.bound.add(node.id)
        elif node.id not in self.bound:
            self.used.add(node.id)

    def visit_Assign(self, node: ast.Assign) -> None:
        self._in_turn(node.value, *node.targets)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self._in_turn(node.value, node.target)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self._in_turn(node.value, node.target)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name) and node.target.id not in self.bound:
            self.used.add(node.target.id)
            self.changed.add(node.target.id)
        self._in_turn(node.value, node.target)

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self._in_turn(node.iter, node.target, *node.body, *node.orelse)

    visit_AsyncFor = visit_For

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name:
            self.bound.add(node.name)
        self.generic_visit(node)

    def _in_turn(self, *nodes: ast.AST | None) -> None:
        for node in nodes:
            if node is not None:
                self.visit(node)


def loaded_names(source: str) -> frozenset[str]:
    """Every name in a cell's code but the local ones, attributes as well: little to know, and quickly."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for read in (str, without_magics):
            with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
                code = compile(read(source), "<cell>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
                return frozenset(name for part in _parts(code) for name in part.co_names)
    return frozenset()


def _parts(code: CodeType) -> Iterator[CodeType]:
    """The code of a cell, and that of all functions and classes in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _parts(constant)


def readable_statements(source: str) -> list[Statement]:
    """The statements of a cell that anybody may have written; none, where it can't be read."""
    try:
        return statements(without_magics(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def imported_modules(source: str) -> set[str]:
    """The modules that a cell imports, inside functions too; none, where it can't be read."""
    try:
        tree = ast.parse(without_magics(source))
    except (SyntaxError, ValueError):
        return set()
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
    return found
