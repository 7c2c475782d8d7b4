"""What is left of code when names, comments and layout are taken away: its syntax tree."""

from __future__ import annotations

import ast
import hashlib
from collections import Counter
from functools import lru_cache

from ..authoring import slicing

SMALLEST = 4  # nodes of a part of a tree that is worth comparing


def parsed(code: str) -> ast.Module | None:
    """The tree, without docstrings; None of what is no Python."""
    try:
        tree = ast.parse(slicing.without_magics(code))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)):
            while node.body and _is_text(node.body[0]):
                node.body = node.body[1:]
            if not node.body and not isinstance(node, ast.Module):
                node.body = [ast.Pass()]
    return tree


def _is_text(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def bare(code: str) -> str | None:
    """The code without comments and docstrings; None where it can't be read."""
    tree = parsed(code)
    if tree is None:
        return None
    try:
        return ast.unparse(ast.fix_missing_locations(tree))
    except (RecursionError, ValueError):
        return None


@lru_cache(maxsize=20_000)
def parts(code: str) -> tuple[tuple[str, int], ...]:
    """Every part of the tree of some size, as a hash, with how often it occurs."""
    tree = parsed(code)
    if tree is None:
        return ()
    own = _own_names(tree)
    found: Counter[str] = Counter()
    try:
        _sign(tree, own, found)
    except RecursionError:
        return ()
    return tuple(found.items())


def _own_names(tree: ast.AST) -> set[str]:
    """What the code itself names: a student may call these as they like."""
    names = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    names |= {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del))
    }
    return names


def _sign(node: ast.AST, own: set[str], found: Counter[str]) -> tuple[str, int]:
    """The hash of a node with all below it, and how many nodes that are; annotations are left out."""
    said = [type(node).__name__]
    size = 1
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "ctx", "type_comment", "lineno", "kind"):
            continue
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, ast.AST):
                below, many = _sign(one, own, found)
                said.append(below)
                size += many
            elif isinstance(one, str) and (one in own or isinstance(node, ast.arg)):
                said.append("name")
            else:
                said.append(repr(one))
    signed = hashlib.blake2b("\0".join(said).encode("utf-8", "replace"), digest_size=8).hexdigest()
    if size >= SMALLEST:
        found[signed] += 1
    return signed, size
