"""From a wrong answer to a misconception's first draft, as `exercises.py` has it."""

from __future__ import annotations

import ast

from ..nbgrader.records import one_line
from . import trees

NAME = "name_of_the_slip"
HINT = "What was seen, and where to look; never the answer."
WIDEST = 110


def stub(exercise: str, functions: tuple[str, ...], code: str, seen: str, count: int) -> str:
    """A draft to paste: the student's function as a misconception, its name and hint still to be written.

    Args:
        exercise: its name.
        functions: what it asks for; the first is the one that is replaced unless said otherwise.
        code: the student's cells.
        seen: what the check said, for a comment.
        count: how many answered so.

    Returns:
        Text for exercises.py; empty where the code can't be read.
    """
    tree = trees.parsed(code)
    named = [node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))] if tree else []
    asked = [node for node in named if node.name in functions]
    if not asked or tree is None:
        return ""
    answers = "1 answer" if count == 1 else f"{count} answers"
    head = one_line(f"# {answers}; the check said: {seen}" if seen else f"# {answers}", WIDEST) + "\n"
    helpers = [ast.unparse(node) for node in named if node not in asked]
    drafts = [_draft(exercise, functions, node) for node in asked]
    return head + "\n\n\n".join([*helpers, *drafts]) + "\n"


def _draft(exercise: str, functions: tuple[str, ...], node: ast.FunctionDef | ast.ClassDef) -> str:
    replaces = f'replaces="{node.name}"' if node.name != functions[0] else ""
    node.decorator_list = []
    if isinstance(node, ast.FunctionDef):
        _without_annotations(node)
        if _names_and_returns(node):
            return _as_yield(exercise, node, f"({replaces})" if replaces else "")
    node.name = NAME
    options = ", ".join(filter(None, [f'"{HINT}"', replaces]))
    return f"@{exercise}.wrong({options})\n{ast.unparse(node)}"


def _without_annotations(node: ast.FunctionDef) -> None:
    node.returns = None
    for argument in ast.walk(node.args):
        if isinstance(argument, ast.arg):
            argument.annotation = None


def _names_and_returns(node: ast.FunctionDef) -> bool:
    """Whether it only gives names to values and returns one at the end: then a yield says as much."""
    *before, last = node.body
    if not isinstance(last, ast.Return) or last.value is None:
        return False
    return all(
        isinstance(one, ast.Assign) and all(isinstance(target, ast.Name) for target in one.targets)
        for one in before
    )


def _as_yield(exercise: str, node: ast.FunctionDef, options: str) -> str:
    *before, last = node.body
    assert isinstance(last, ast.Return) and last.value is not None
    result = ast.unparse(last.value)
    lines = [f"    {line}" for one in before for line in ast.unparse(one).splitlines()]
    whole = f'    yield "{NAME}", {result}, "{HINT}"'
    if len(whole) > WIDEST:
        whole = f'    yield (\n        "{NAME}",\n        {result},\n        "{HINT}",\n    )'
    arguments = ast.unparse(node.args)
    return "\n".join([f"@{exercise}.mistakes{options}", f"def mistakes({arguments}):", *lines, whole])
