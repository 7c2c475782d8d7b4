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
    "global_names",
    "imported_modules",
    "loaded_names",
    "needed",
    "readable_statements",
    "statements",
    "unbound",
    "without_magics",
]

_BUILTINS = set(dir(builtins)) | {"__name__", "__file__", "get_ipython", "display"}


def unbound(chosen: Iterable[Statement], names: Iterable[str]) -> set[str]:
    """Names that the chosen statements use and nothing binds."""
    chosen = list(chosen)
    bound = set().union(*(s.binds for s in chosen)) if chosen else set()
    return (set(names).union(*(s.uses for s in chosen))) - bound - _BUILTINS


def global_names(source: str) -> frozenset[str]:
    """The names that a cell takes from elsewhere; none, where it can't be read."""
    return frozenset(name for statement in readable_statements(source) for name in statement.uses)


def loaded_names(source: str) -> frozenset[str]:
    """What a cell takes from elsewhere, attributes as well: more than `global_names`, and much sooner."""
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
