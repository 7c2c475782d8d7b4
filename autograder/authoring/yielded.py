"""Takes a generator of variants apart: every `yield "name", result, "hint"` becomes a function of its own.

    @rate_grid.mistakes
    def mistakes(train_fn, rates, seeds):
        table = np.array([[train_fn(rate, seed) for seed in seeds] for rate in rates])
        yield "best_of_seeds", (table.max(axis=1), table.std(axis=1)), "You report the best of the seeds."
        yield "no_spread", (table.mean(axis=1), 0 * rates), "Where is the spread?"

`no_spread` is this function with `return (table.mean(axis=1), 0 * rates)` in place of its own yield, and
without the other ones. So names and hints are known before anything is called, no expression but the wanted
one is evaluated, and what a student would have written can be shown as a cell.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from types import FunctionType
from typing import Any, NoReturn

from ..errors import LessonError


@dataclass(frozen=True)
class Yielded:
    """One yield: its name and hint, and the function that returns what it yields."""

    name: str
    hint: str
    function: FunctionType
    text: str
    line: int


def yielded(generator: FunctionType, form: tuple[str, ...], each: str = "") -> list[Yielded]:
    """The functions that a generator stands for, one a yield.

    Args:
        generator: what the decorator was put on.
        form: what a yield holds, in words: name and result, or name, result and hint.
        each: "g in grads": the functions are given a list `grads`, the generator one `g` of it.

    Raises:
        LessonError: with file and line, where something else is yielded, or in another place.
    """
    made = _Generator(generator, form)
    return [made.function_of(one, each) for one in made.yields()]


class _Generator:
    """The source of a generator, with the lines of its file."""

    def __init__(self, generator: FunctionType, form: tuple[str, ...]) -> None:
        self.generator, self.form = generator, form
        self.wanted = f"yield {', '.join(form)}"
        node = ast.parse(textwrap.dedent(inspect.getsource(generator))).body[0]
        ast.increment_lineno(node, generator.__code__.co_firstlineno - 1)
        if not isinstance(node, ast.FunctionDef):
            self._refuse(node, "this is no generator", f"Decorate a function that says {self.wanted}.")
        self.node = node

    def yields(self) -> list[ast.Expr]:
        """The statements that yield, in order."""
        found = list(_yields_in(self.node.body))
        for part in _own_nodes(self.node):
            if isinstance(part, (ast.Yield, ast.YieldFrom)) and not any(part is one.value for one in found):
                self._refuse(
                    part,
                    "a yield in a loop, a condition or an expression",
                    "Yield at the top level of the function or in a `with`, so that each is made on every "
                    "call; what takes more than an expression is a function of its own.",
                )
        if not found:
            self._refuse(self.node, f"{self.node.name} yields nothing", f"Write {self.wanted}.")
        for one in found:
            self._check(one)
        return found

    def function_of(self, wanted: ast.Expr, each: str) -> Yielded:
        """The generator with one of its yields as the function's return."""
        name, _, *hints = [
            ast.literal_eval(word) if _is_text(word) else "" for word in _yielded_parts(wanted)
        ]
        hint = hints[0] if hints else ""
        body, _ = _returning(self.node.body, wanted)
        node = ast.FunctionDef(name, self.node.args, body, [], self.node.returns)
        if each:
            node = self._for_each(node, each)
        ast.fix_missing_locations(ast.copy_location(node, wanted))
        return Yielded(name, hint, _compiled(node, self.generator), ast.unparse(node), wanted.lineno)

    def _check(self, one: ast.Expr) -> None:
        parts = _yielded_parts(one)
        if len(parts) != len(self.form):
            self._refuse(one, f"not of the form {self.wanted}", "A tuple as the result needs brackets.")
        for word, text in zip(self.form, parts, strict=True):
            if word != "result" and not _is_text(text):
                self._refuse(
                    text,
                    f"the {word} is not written out",
                    "Names and hints are read without calling anything: write the text itself, no variable, "
                    "f-string or sum of texts.",
                )
        name = ast.literal_eval(parts[0])
        if not name.isidentifier():
            self._refuse(
                one, f"{name!r} can't be the name of a function", "Take words joined by underscores."
            )

    def _for_each(self, node: ast.FunctionDef, each: str) -> ast.FunctionDef:
        """The function of a list whose items the generator's function is called with."""
        item, _, items = each.partition(" in ")
        own = [*node.args.posonlyargs, *node.args.args]
        if item not in [one.arg for one in own] or not items.isidentifier() or node.args.vararg:
            self._refuse(
                self.node,
                f"each={each!r}, but {self.node.name} takes {', '.join(one.arg for one in own)}",
                'Write each="item in items", where item is a parameter of the generator.',
            )
        called = ", ".join(one.arg for one in own)
        called += "".join(f", {one.arg}={one.arg}" for one in node.args.kwonlyargs)
        outer = _function(f"def {node.name}(): return [one({called}) for {item} in {items}]")
        outer.args = _function(f"def f({ast.unparse(node.args)}): ...").args
        for parameter in [*outer.args.posonlyargs, *outer.args.args]:
            parameter.arg = items if parameter.arg == item else parameter.arg
        node.name = "one"
        outer.body.insert(0, node)
        return outer

    def _refuse(self, node: ast.stmt | ast.expr, problem: str, remedy: str) -> NoReturn:
        raise LessonError(self.generator.__code__.co_filename, node.lineno, problem, remedy)


def _yielded_parts(one: ast.Expr) -> list[ast.expr]:
    """What a statement `yield a, b` yields, part by part."""
    value = one.value.value if isinstance(one.value, ast.Yield) else None
    return list(value.elts) if isinstance(value, ast.Tuple) else []


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _function(source: str) -> ast.FunctionDef:
    """The one function that a source defines."""
    (made,) = (node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef))
    return made


def _yields_in(body: list[ast.stmt]) -> Iterator[ast.Expr]:
    """The statements that yield, at the top level and in a `with`."""
    for statement in body:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Yield):
            yield statement
        elif isinstance(statement, ast.With):
            yield from _yields_in(statement.body)


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function, those of functions and classes inside it left out."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            yield child
            yield from _own_nodes(child)


def _returning(body: list[ast.stmt], wanted: ast.Expr) -> tuple[list[ast.stmt], bool]:
    """The statements up to the wanted yield, which returns, without other yields; whether it was there."""
    kept: list[ast.stmt] = []
    for statement in body:
        if statement is wanted:
            return [*kept, ast.copy_location(ast.Return(_yielded_parts(wanted)[1]), wanted)], True
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Yield):
            continue
        if isinstance(statement, ast.With):
            inner, found = _returning(statement.body, wanted)
            kept.append(ast.copy_location(ast.With(statement.items, inner or [ast.Pass()]), statement))
            if found:
                return kept, True
        else:
            kept.append(statement)
    return kept, False


def _compiled(node: ast.FunctionDef, like: FunctionType) -> FunctionType:
    """The function in the place of the generator: the same global names, the same lines in a traceback."""
    free = {
        name: cell.cell_contents
        for name, cell in zip(like.__code__.co_freevars, like.__closure__ or (), strict=True)
    }
    around = _function(f"def around({', '.join(free)}): return {node.name}")
    around.body.insert(0, node)
    namespace: dict[str, Any] = {}
    exec(compile(ast.Module([around], []), like.__code__.co_filename, "exec"), like.__globals__, namespace)
    made: FunctionType = namespace["around"](**free)
    return made
