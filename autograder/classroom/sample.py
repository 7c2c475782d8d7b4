"""A class that doesn't exist: submissions made of what a lesson knows to be right and wrong.

Each is the instructor's notebook as a student would hand it in, one answer replaced by an accepted variant or
by a misconception. A few are what happens in any class: an attack, a broken file, a late one, one handed in
again, one that a browser has renamed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, cycle, islice, zip_longest
from typing import Any

from ..authoring.exercise import Exercise, Variant
from ..authoring.lesson import Lesson
from ..errors import LessonError
from ..nbgrader import cells

CLASS = 24
# So many have an answer that nobody else has. Of the others each goes wrong in so many exercises, in the same
# ways: in a real class, too, several people make one mistake, and some make many.
DISTINCT, OTHERS = 14, (2, 3, 1, 4)
# Deletes the asserts of every cell that follows, and replaces what a check would call.
ATTACK = """\
import ast, sys
class Gone(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()
get_ipython().ast_transformers.append(Gone())
import autograder.student.judge
autograder.student.judge.difference = lambda *_: None
sys.displayhook(1000)
"""


@dataclass(frozen=True)
class Made:
    """One submission of the class, and what it was made of."""

    lesson: Lesson
    what: str
    notebook: bytes
    late: bool = False
    earlier: bytes = b""  # what was handed in before
    called: str = ""  # what the file is called, where it is not as it was handed out

    @property
    def file_name(self) -> str:
        return self.called or self.lesson.notebook_path.name


def class_of(lesson: Lesson, hard_cases: bool) -> Iterator[Made]:
    """A class of CLASS, with or without what is hard to collect and to grade."""
    right = Made(lesson, "the reference solutions", notebook_of(lesson))
    found = list(islice(answers_to(lesson), DISTINCT)) or [right]
    first = _hard_cases(right, found[0]) if hard_cases else [right] * 4
    return islice(chain(first, found, _others(right)), CLASS)


def _hard_cases(right: Made, wrong: Made) -> Iterator[Made]:
    lesson = right.lesson
    yield right
    yield Made(lesson, "wrong answers that attack the grader", notebook_of(lesson, attack=ATTACK))
    yield replace(right, what="a file cut off in the middle", notebook=right.notebook[:-200])
    yield replace(right, what="right, handed in late", late=True)
    yield replace(right, what="wrong at first, then right", earlier=wrong.notebook)
    yield replace(right, what="right, renamed by a browser", called=f"{lesson.name} (1).ipynb")


def _others(right: Made) -> Iterator[Made]:
    """Submissions that share their slips: the first misconception of the first exercise, of the second, …"""
    lesson, slips, words = right.lesson, [], []
    for exercise in lesson.exercises.values():
        usable = ((v, cell_or_none(lesson, exercise, v)) for v in exercise.misconceptions)
        variant, cell = next(((v, cell) for v, cell in usable if cell), (None, None))
        if variant and cell:
            slips.append((exercise, cell))
            words.append(variant.name.replace("_", " "))
    made = {}
    for count in cycle(OTHERS):
        some = min(count, len(slips))
        if some not in made:
            what = f"misconception{'s' * (some > 1)}, {', '.join(words[:some])}" if some else right.what
            made[some] = Made(lesson, what, notebook_of(lesson, *slips[:some]))
        yield made[some]


def answers_to(lesson: Lesson) -> Iterator[Made]:
    """Submissions with one answer replaced: mostly misconceptions, now and then another right way."""
    wrong = ((e, v, "misconception") for e, v in _in_turn(lesson, lambda e: e.misconceptions))
    right = ((e, v, "another right way") for e, v in _in_turn(lesson, lambda e: _right_alone(lesson, e)))
    for number, pair in enumerate(zip_longest(wrong, right)):
        for exercise, variant, kind in filter(None, pair[: 1 + number % 2]):
            cell = cell_or_none(lesson, exercise, variant)
            if cell is None:
                continue
            words = variant.name.replace("_", " ")
            yield Made(lesson, f"{exercise.name}: {kind}, {words}", notebook_of(lesson, (exercise, cell)))


def _right_alone(lesson: Lesson, exercise: Exercise) -> list[Variant]:
    """The accepted variants of an exercise that no other builds on.

    A pair of functions agrees on what one hands to the other: with the reference in place of the second, the
    first would be right and the pair wrong.
    """
    others = lesson.exercises.values()
    leaned_on = any(exercise.name in other.uses + other.builds_on for other in others)
    return [] if leaned_on else exercise.accepted


def _in_turn(
    lesson: Lesson, variants: Callable[[Exercise], list[Variant]]
) -> Iterator[tuple[Exercise, Variant]]:
    rows = zip_longest(*([(e, v) for v in variants(e)] for e in lesson.exercises.values()))
    return (pair for row in rows for pair in row if pair)


def cell_or_none(lesson: Lesson, exercise: Exercise, variant: Variant) -> str | None:
    """A cell that answers as the variant does; none where that leans on what stays with its author."""
    try:
        return cell_of(lesson, exercise, variant)
    except (LessonError, ValueError, OSError, TypeError):
        return None


def cell_of(lesson: Lesson, exercise: Exercise, variant: Variant) -> str:
    """A cell that answers as the variant does."""
    replaced = variant.replaces or exercise.functions[:1]
    if len(replaced) == 1 and not variant.edits:
        return lesson.travelling(variant.function, replaced[0], variant.text)
    own = lesson.travelling(variant.function, f"_{variant.name}")
    given = replaced[0] if variant.edits else ""
    return f"{own}\n{', '.join(replaced)} = _{variant.name}({given})\n"


def notebook_of(lesson: Lesson, *replaced: tuple[Exercise, str], attack: str = "") -> bytes:
    """The lesson as a student hands it in: reference answers, some of them replaced."""
    made = json.loads(lesson.notebook_path.read_text(encoding="utf-8"))
    handed_in = []
    for cell in made["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
            if attack and cells.is_solution(cell):
                cell["source"] = "".join(cell["source"]).split("### BEGIN SOLUTION")[0] + "pass"
        handed_in.append(cell)
        for exercise, source in replaced:
            if cells.grade_id(cell) in exercise.functions:
                handed_in.append(_code(f"{cells.grade_id(cell)}-own", source))
        if attack and len(handed_in) == 2:
            handed_in.append(_code("attack", attack))
    made["cells"] = handed_in
    return json.dumps(made).encode()


def _code(name: str, source: str) -> dict[str, Any]:
    usual: dict[str, Any] = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    return usual | {"id": name[:64], "source": source}
