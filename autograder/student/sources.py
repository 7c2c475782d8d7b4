"""What a student wrote, taken from the cells that were run: an answer with all that it needs."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from .statements import Statement, needed, statements, without_magics

MOST_CHARACTERS = 20_000


def source_of(names: Mapping[str, Any], wanted: tuple[str, ...], answers: Sequence[Any]) -> str:
    """The statements of a notebook that define answers, with all that they need, under the names asked for.

    Empty where they can't be found: an answer that was made in the call of the check, for one.
    """
    called = [_name_of(names, *one) for one in zip(wanted, answers, strict=False)]
    if not all(called):
        return ""
    chosen = needed(_latest(_pool(names, tuple(called))), called)
    pieces = [statement.source for statement in chosen]
    pieces += [f"{name} = {own}" for name, own in zip(wanted, called, strict=True) if name != own]
    text = "\n\n".join(pieces)
    return text if len(text) <= MOST_CHARACTERS else ""


def _name_of(names: Mapping[str, Any], wanted: str, answer: Any) -> str:
    """What an answer is called in the notebook."""
    if names.get(wanted) is answer:
        return wanted
    return next((name for name, value in names.items() if value is answer and name.isidentifier()), "")


def own_part(source: str, wanted: tuple[str, ...]) -> str:
    """Of a source, the statements that define the names themselves."""
    try:
        return "\n\n".join(one.source for one in statements(source) if one.binds & set(wanted))
    except (SyntaxError, ValueError):
        return source


def normalised(source: str) -> str:
    """The source without comments, docstrings and layout: two that differ in no more are one answer."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return source
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            constant = body[0].value
            if isinstance(constant, ast.Constant) and isinstance(constant.value, str):
                body[0] = ast.Pass()
    return ast.unparse(tree)


def _pool(names: Mapping[str, Any], wanted: tuple[str, ...]) -> list[Statement]:
    """The statements of all cells, those last that defined the functions as they stand.

    A cell that was run later may have failed before it came to its definition.
    """
    found: list[Statement] = []
    defining = list(dict.fromkeys(_defining(names, wanted)))
    in_force = {cell.strip() for cell in defining}
    for cell in [*(cell for cell in _cells(names) if cell.strip() not in in_force), *defining]:
        found += _read(cell)
    return found


@lru_cache(maxsize=1024)  # a check comes again and again, and the cells before it stay
def _read(cell: str) -> tuple[Statement, ...]:
    try:
        return tuple(statements(without_magics(cell)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()


def _cells(names: Mapping[str, Any]) -> Iterator[str]:
    """The cells that were run, in order; IPython keeps them under this name."""
    history = names.get("In")
    if isinstance(history, list):
        yield from (cell for cell in history if isinstance(cell, str))


def _defining(names: Mapping[str, Any], wanted: tuple[str, ...]) -> Iterator[str]:
    """The cells that functions were compiled from."""
    for name in wanted:
        code = getattr(names.get(name), "__code__", None)
        if code is not None:
            lines = linecache.getlines(code.co_filename)
            if lines and not code.co_filename.endswith(".py"):
                yield "".join(lines)


def _latest(pool: list[Statement]) -> list[Statement]:
    """The statements without definitions that a later one has replaced."""
    last = {name: place for place, one in enumerate(pool) for name in one.binds if _defines(one)}
    return [
        one
        for place, one in enumerate(pool)
        if not (one.binds and all(last.get(name, -1) > place for name in one.binds))
    ]


def _defines(statement: Statement) -> bool:
    """Whether it binds one name anew: a function, a class, an import."""
    start = statement.source.lstrip()
    return len(statement.binds) == 1 and start.startswith(
        ("def ", "class ", "async def ", "import ", "from ", "@")
    )
