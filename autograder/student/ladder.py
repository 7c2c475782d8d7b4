"""`hint(f)`: one more rung of a ladder that a learner climbs on purpose.

The rungs follow from the answer as it stands: what is asked or fails, the slip by its name, an example by
hand, what the exercise's author adds, how the solution is built. Another answer may find rungs of its own.
"""

from __future__ import annotations

import ast
import hashlib
import html
import inspect
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import diary
from .card import CARD, rich
from .example import small_example
from .notebook import checks_path, examine, functions_of, lesson_here, sheet_for
from .sheet import LessonSheet, Sheet
from .solution import handed_out, is_handed_out
from .verdict import Verdict, headline

GENERAL = (
    "None of the known slips explains this answer. Take the smallest input you can think of, work out the "
    "result by hand, and print what your function makes of it, line by line."
)
MOST_CALLS = 8
OUTLINE = "how the solution is built"  # stands for the outline until it is asked for


@dataclass(frozen=True)
class Hint:
    """One rung."""

    exercise: str
    number: int
    of: int
    label: str
    text: str

    @property
    def place(self) -> str:
        return f"hint {self.number} of {self.of}" if self.number else "no hint"

    def __repr__(self) -> str:
        return f"{self.exercise}: {self.place}\n  {self.label}: {self.text}"

    def _repr_html_(self) -> str:
        name = html.escape(self.exercise)
        return (
            f'<div role="status" style="{CARD}"><code>{name}</code> <strong>{self.place}</strong>'
            f'<p style="margin:.4em 0"><strong>{html.escape(self.label)}:</strong> '
            f"{rich(self.text)}</p></div>"
        )


def hint(*answers: Any) -> Hint:
    """The next hint for an exercise: call it with what `check` is called with. It counts as no try."""
    names = sys._getframe(1).f_globals
    lesson = lesson_here(names)
    sheet = sheet_for(lesson, answers, names)
    functions = functions_of(sheet, answers, names)
    verdict = examine(sheet, functions)
    name = sheet.functions[0]
    if verdict.status == "right":
        return Hint(sheet.name, 0, 0, "It passes", f"solution({name}) shows another way to write it.")
    folder = checks_path(names).parent
    rungs = rungs_of(sheet, functions, verdict, OUTLINE if is_handed_out(folder, lesson.lesson) else "")
    shown = diary.own().update(lambda data: _climb(data, lesson, sheet, [text for _, text in rungs]))
    if rungs[-1][1] == OUTLINE and shown >= len(rungs) - 1:  # only now, since it may take a moment
        told = _outline(folder, lesson.lesson, sheet.name)
        rungs = [*rungs[:-1], *([(rungs[-1][0], told)] if told else [])]
    if shown < len(rungs):
        return Hint(sheet.name, shown + 1, len(rungs), *rungs[shown])
    last = f"{rungs[-1][1]}\nThere are no more hints for this answer. solution({name}) says when it opens."
    return Hint(sheet.name, len(rungs), len(rungs), rungs[-1][0], last)


def rungs_of(
    sheet: Sheet, functions: list[Any], verdict: Verdict, outline: str = ""
) -> list[tuple[str, str]]:
    """All rungs for an answer, each with its label, from the gentlest to the plainest."""
    written = verdict.status != "open"
    rungs = [
        ("How it stands", _stands(verdict)) if written else ("What is asked", _asked(sheet, functions)),
        ("Where to look", verdict.hint or verdict.explanation or GENERAL) if written else ("", ""),
        ("A small example", small_example(sheet, functions, verdict.case) if written else _by_hand(sheet)),
        *(("A step further", text) for text in sheet.hints),
        ("How the solution is built", outline),
    ]
    return [(label, text) for label, text in rungs if text]


def _by_hand(sheet: Sheet) -> str:
    return sheet.small[0].text if sheet.small else ""


def _stands(verdict: Verdict) -> str:
    """Which groups pass, and which to mend first."""
    passed = [row.group for row in verdict.rows if row.ok]
    failed = [row.group for row in verdict.rows if row.looked_at and not row.ok]
    right = f" Right already: {', '.join(passed)}." if passed else ""
    return (
        f"{headline(verdict).capitalize()}.{right} Begin with: {failed[0] if failed else verdict.exercise}."
    )


def _asked(sheet: Sheet, functions: list[Any]) -> str:
    """The functions as their stubs say them, and by what they are judged."""
    said = []
    for name, function in zip(sheet.functions, functions, strict=False):
        text = inspect.getdoc(function) if inspect.isroutine(function) or inspect.isclass(function) else ""
        try:
            signature = str(inspect.signature(function))
        except (TypeError, ValueError):
            signature = ""
        said.append(f"`{name}{signature}`" + (f": {text.rstrip('.')}" if text else "") + ".")
    return "\n".join([*said, f"It is judged by: {', '.join(sheet.groups)}. Begin with the first of them."])


def _climb(data: dict[str, Any], lesson: LessonSheet, sheet: Sheet, texts: list[str]) -> int:
    """The place of the first rung that was not shown yet, which counts as shown from now on."""
    whole = diary.lesson_in(data, lesson.lesson)
    record = whole["exercises"].setdefault(sheet.name, diary.blank_exercise(sheet.points, sheet.functions))
    marks = [hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12] for text in texts]
    place = next((k for k, mark in enumerate(marks) if mark not in record["hints"]), len(marks))
    record["hints"] = [*record["hints"], *marks[place : place + 1]][-64:]
    return place


def _outline(folder: Path, lesson: str, exercise: str) -> str:
    """How the solution is built, where it was handed out and is open."""
    try:
        given = handed_out(folder, lesson)
        if given is None or not given.is_open or exercise not in given.solutions:
            return ""
        return outline(given.solutions[exercise]["source"])
    except (ValueError, KeyError, TypeError):
        return ""


def outline(source: str) -> str:
    """A source in words that do not give it away: how long, which loops, what it calls."""
    tree = ast.parse(source)
    inside = [node for node in ast.walk(tree) if isinstance(node, ast.stmt) and not _is_text(node)]
    steps = sum(
        not isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)) for node in inside
    )
    loops = sum(isinstance(node, (ast.For, ast.While, ast.comprehension)) for node in ast.walk(tree))
    calls = [ast.unparse(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call) and _is_plain(n.func)]
    named = ", ".join(f"`{name}`" for name in list(dict.fromkeys(calls))[:MOST_CALLS])
    length = "one statement" if steps == 1 else f"{steps} statements"
    looped = ["without a loop", "with one loop"][loops] if loops < 2 else f"with {loops} loops"
    return f"It takes {length}, {looped}" + (f"; it calls {named}." if named else ".")


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_plain(function: ast.expr) -> bool:
    """A name, or a name of a module's: what is called on a result in between says nothing."""
    while isinstance(function, ast.Attribute):
        function = function.value
    return isinstance(function, ast.Name)
