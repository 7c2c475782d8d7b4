"""What is kept of an exercise beyond its points, for whoever looks at the class: all of it may be shown.

The verdict's rows say what happened on public cases. Two answers that returned the same on these have the
same `returned`. The code is what the student wrote, as it was graded.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from ..authoring import slicing
from ..nbgrader import cells
from ..nbgrader.records import one_line
from ..student import judge
from ..student.sheet import LessonSheet, Outcome, Sheet
from ..student.verdict import Verdict

if TYPE_CHECKING:
    from nbformat import NotebookNode

Details = dict[str, Any]
MOST_CODE = 8_000  # characters of one answer
MOST_TEXT = 400
MOST_WORDS = 10_000  # of a result that is compared with others
SMALLEST, LARGEST = 1e-12, 1e300
DIGITS = 6  # to which two results are held to be the same


def details_of(
    notebook: NotebookNode,
    lesson: LessonSheet,
    verdicts: Mapping[str, Verdict],
    outcomes: Mapping[str, list[Outcome]],
    only_public: Iterable[str],
) -> dict[str, Details]:
    """By exercise: its verdict as plain data, what was returned on public cases, and the code.

    Args:
        notebook: as it was run.
        lesson: its exercises.
        verdicts: what each of them earned.
        outcomes: of public cases.
        only_public: exercises that are right on public cases, and on others not.
    """
    looked_up = set(only_public)
    return {
        name: {
            "status": verdict.status,
            "rows": [
                [row.group, row.points, row.max_points, row.ok, one_line(row.text, MOST_TEXT)]
                for row in verdict.rows
            ],
            "explanation": one_line(verdict.explanation, MOST_TEXT),
            "only_public": name in looked_up,
            "returned": _returned(lesson.sheets[name], outcomes.get(name, [])),
            "code": code_of(notebook, name, lesson.sheets[name].functions),
        }
        for name, verdict in verdicts.items()
    }


def code_of(notebook: NotebookNode, exercise: str, functions: tuple[str, ...]) -> str:
    """The student's cells that define these functions when the exercise is checked; the last counts."""
    found: dict[str, str] = {}
    for cell in notebook.cells:
        if cells.is_grade(cell) and cells.checked_exercise(cells.grade_id(cell)) == exercise:
            break
        if cell.cell_type == "code" and cells.is_students_own(cell):
            found |= dict.fromkeys(_defined_of(functions, cell), cell.source)
    return "\n\n".join(dict.fromkeys(found.values()))[:MOST_CODE]


def _defined_of(functions: tuple[str, ...], cell: NotebookNode) -> list[str]:
    """Those that a cell defines. It is taken apart only where that can't be seen from its name and text."""
    own = cells.grade_id(cell)
    others = any(name in cell.source for name in functions if name != own)
    defined = _defined(cell.source) if others else set()
    return [name for name in functions if name == own or name in defined]


def _defined(source: str) -> set[str]:
    """What a cell defines; nothing where it is no Python, magics included."""
    try:
        body = ast.parse(slicing.without_magics(source)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    named = {node.name for node in body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    targets = [target for node in body if isinstance(node, ast.Assign) for target in node.targets]
    return named | {name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}


def _returned(sheet: Sheet, outcomes: list[Outcome]) -> str:
    """A fingerprint of what came of the public cases; empty where nothing did."""
    if not outcomes or len(outcomes) > len(sheet.cases):
        return ""
    if sheet.judge:  # right answers differ from one to the next: how they failed is what they share
        try:
            kept = judge.failures(judge.findings_of(_first(sheet, len(outcomes)), outcomes))
        except Exception:  # results that the judge's author did not think of
            return ""
        said: Any = kept
    else:
        said = [
            [outcome.raised, outcome.message[:200], sorted(outcome.changed), _plain(outcome.value)]
            for outcome in outcomes
        ]
    return hashlib.sha256(json.dumps(said, default=repr).encode()).hexdigest()[:16]


def _first(sheet: Sheet, count: int) -> Sheet:
    return replace(sheet, cases=sheet.cases[:count])


def _plain(value: Any) -> list[str]:
    """A result without its last digits and the kinds of its numbers; of a large one the beginning."""
    return list(islice(_words_of(value), MOST_WORDS))


def _words_of(value: Any) -> Iterator[str]:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, np.ndarray) and value.size <= MOST_WORDS:
        yield from _words_of(value.tolist())
    elif isinstance(value, np.ndarray):
        yield f"shape {value.shape}"
        yield from map(_word, value.ravel()[:MOST_WORDS].tolist())
    elif isinstance(value, dict):
        parts = (
            value.items() if len(value) > MOST_WORDS else sorted(value.items(), key=lambda one: str(one[0]))
        )
        yield f"{len(value)} names"
        for name, part in parts:
            yield str(name)[:200]
            yield from _words_of(part)
    elif isinstance(value, (list, tuple)):
        yield f"{len(value)} parts"
        for part in value:
            yield from _words_of(part)
    else:
        yield _word(value)


def _word(value: Any) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and -LARGEST < value < LARGEST:
        number = float(value)
        return "0" if abs(number) <= SMALLEST else f"{number:.{DIGITS}g}"
    return str(value)[:200]
