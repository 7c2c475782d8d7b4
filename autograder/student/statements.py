"""Cuts out of a module's or a notebook's source just the statements that some names need.

Used three times: to take a reference solution from a lesson without running its figures and experiments, to
send a driver or a judge along with the helpers it calls, and to keep a student's function for later lessons.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import symtable
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Statement:
    """One top-level statement: the names it binds and the global names it uses."""

    source: str
    binds: frozenset[str]
    uses: frozenset[str]
    line: int


def statements(source: str, first_line: int = 1) -> list[Statement]:
    """The top-level statements of a source, imports taken apart name by name."""
    found = []
    for node in ast.parse(source).body:
        start = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        text = "\n".join(source.split("\n")[start - 1 : node.end_lineno])
        line = start + first_line - 1
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            found += [_import_statement(node, alias, line) for alias in node.names]
        else:
            found.append(Statement(text, frozenset(_bound(node)), frozenset(_used(node, text)), line))
    return found


def needed(pool: Iterable[Statement], names: Iterable[str], have: Iterable[str] = ()) -> list[Statement]:
    """The statements that bind the names, and those that these need in turn, in the order of the source."""
    pool, wanted, taken = list(pool), set(names) - set(have), set()
    grown = True
    while grown:
        grown = False
        for i, statement in enumerate(pool):
            if i not in taken and statement.binds & wanted:
                taken.add(i)
                wanted |= statement.uses - set(have)
                grown = True
    return [pool[i] for i in sorted(taken)]


def without_magics(source: str) -> str:
    """A notebook cell's source with the lines that only IPython understands made comments.

    What is Python already stays as it is: a line may begin with the operator %, or hold text that looks so.
    """
    with contextlib.suppress(SyntaxError):
        ast.parse(source)
        return source
    return "\n".join(
        "#" + line if line.lstrip().startswith(("%", "!")) else line for line in source.split("\n")
    )


def _import_statement(node: ast.Import | ast.ImportFrom, alias: ast.alias, line: int) -> Statement:
    name = alias.asname or alias.name.split(".")[0]
    what = alias.name + (f" as {alias.asname}" if alias.asname else "")
    if isinstance(node, ast.Import):
        return Statement(f"import {what}", frozenset([name]), frozenset(), line)
    return Statement(
        f"from {'.' * node.level}{node.module or ''} import {what}", frozenset([name]), frozenset(), line
    )


def _bound(node: ast.stmt) -> set[str]:
    """Names that a statement binds at the top level, `table["x"] = …` and `thing.x = …` included."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    names: set[str] = set()
    for part in _top_level_nodes(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            names.add(part.id)
        elif isinstance(part, (ast.Subscript, ast.Attribute)) and isinstance(part.ctx, ast.Store):
            base = part.value
            while isinstance(base, (ast.Subscript, ast.Attribute)):
                base = base.value
            if isinstance(base, ast.Name):
                names.add(base.id)
        elif isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(part.name)
        elif isinstance(part, (ast.MatchAs, ast.MatchStar)):
            names |= {part.name} if part.name else set()
        elif isinstance(part, ast.MatchMapping):
            names |= {part.rest} if part.rest else set()
        elif isinstance(part, (ast.Import, ast.ImportFrom)):
            names |= {alias.asname or alias.name.split(".")[0] for alias in part.names}
    return names


def _top_level_nodes(node: ast.AST) -> Iterable[ast.AST]:
    """The nodes of a statement that are not inside a function or class of its own."""
    yield node
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield child
        elif not isinstance(child, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            yield from _top_level_nodes(child)


class _AsGenerators(ast.NodeTransformer):
    """Comprehensions as generators: from Python 3.12 on, symbol tables keep only their names apart."""

    def visit_ListComp(self, node: ast.ListComp | ast.SetComp) -> ast.AST:
        self.generic_visit(node)
        return ast.GeneratorExp(node.elt, node.generators)

    visit_SetComp = visit_ListComp

    def visit_DictComp(self, node: ast.DictComp) -> ast.AST:
        self.generic_visit(node)
        return ast.GeneratorExp(ast.Tuple([node.key, node.value], ast.Load()), node.generators)


def _used(node: ast.stmt, text: str) -> set[str]:
    """Global names that a statement refers to, in any scope of it."""
    if any(isinstance(part, (ast.ListComp, ast.SetComp, ast.DictComp)) for part in ast.walk(node)):
        text = ast.unparse(ast.fix_missing_locations(_AsGenerators().visit(copy.deepcopy(node))))
    names: set[str] = set()

    def visit(table: symtable.SymbolTable, top: bool) -> None:
        for symbol in table.get_symbols():
            if symbol.is_referenced() and (top or symbol.is_global()):
                names.add(symbol.get_name())
        for child in table.get_children():
            visit(child, False)

    visit(symtable.symtable(text, "<statement>", "exec"), True)
    return names
