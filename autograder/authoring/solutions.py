"""The solutions of a lesson as `solution()` shows them: for whoever learns without a teacher.

    {"lesson": "12_inverted_dropout",
     "solutions": {"dropout_forward": {"source": "def …", "explanation": "…", "variants": ["def …"]}}}

They lie beside checks.json, in a file of their own, so that who does not hand them out leaves one file away.
In the course's own folder there is none: `python -m autograder.authoring.solutions FOLDER` prints one.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from ..errors import LessonError
from .exercise import Exercise, Variant
from .lesson import BEGIN, END, Lesson

FILE_NAME = "solutions.json"
MOST_VARIANTS = 2
MOST_HINTS = 5


def solutions_text(lesson: Lesson, opens: str = "", withheld: bool = False) -> str:
    """The text of a lesson's solutions.json; with the day from which they are shown, or will be there."""
    given = {"lesson": lesson.name, "solutions": {}} if withheld else solutions_of(lesson)
    return json.dumps(given | ({"opens": opens} if opens else {}), indent=1, ensure_ascii=False) + "\n"


def solutions_of(lesson: Lesson) -> dict[str, Any]:
    """For each exercise the reference, what often goes wrong in it, and up to two other right ways."""
    found = {
        name: {
            "source": _source(lesson, exercise),
            "explanation": _explanation(exercise),
            "variants": _variants(lesson, exercise),
        }
        for name, exercise in lesson.exercises.items()
    }
    return {"lesson": lesson.name, "solutions": found}


def _source(lesson: Lesson, exercise: Exercise) -> str:
    """The cells that define what the exercise asks for, as the lesson's author wrote them."""
    wanted = set(exercise.functions)
    cells = [
        cell.source
        for cell in lesson.cells
        if cell.is_solution
        and any(name in cell.source for name in wanted)  # which is quickly seen
        and any(statement.binds & wanted for statement in lesson.statements_of(cell))
    ]
    lines = [line for line in "\n\n\n".join(cells).split("\n") if line.strip() not in (BEGIN, END)]
    return "\n".join(lines).strip("\n") + "\n"


def _explanation(exercise: Exercise) -> str:
    """The example to do by hand, and the first of the slips that the check knows by name."""
    parts = [exercise.examples[0].text] if exercise.examples else []
    hints = list(dict.fromkeys(variant.hint for variant in exercise.misconceptions if variant.hint))
    if hints:
        parts.append(
            "What else the check recognises:\n\n" + "\n".join(f"- {hint}" for hint in hints[:MOST_HINTS])
        )
    return "\n\n".join(parts)


def _variants(lesson: Lesson, exercise: Exercise) -> list[str]:
    """Other right ways, as functions that could stand in the place of the reference."""
    found: list[str] = []
    for variant in exercise.accepted:
        text = _text_of(lesson, exercise, variant) if len(found) < MOST_VARIANTS else ""
        if text and text not in found:
            found.append(text)
    return found


def _text_of(lesson: Lesson, exercise: Exercise, variant: Variant) -> str:
    replaced = variant.replaces or exercise.functions[:1]
    if variant.edits or len(replaced) > 1:
        return ""  # made from the reference, or several functions at once: not one text
    try:
        return lesson.travelling(variant.function, replaced[0], variant.text)
    except (LessonError, OSError, TypeError):  # leans on something that stays with its author
        return ""


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    print(solutions_text(Lesson(Path(sys.argv[1]))))
