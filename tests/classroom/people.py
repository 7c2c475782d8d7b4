"""Classes made by hand, as grading would leave them."""

from __future__ import annotations

from typing import Any

from autograder.classroom.answers import Answer, HandedIn, LessonClass
from autograder.student.verdict import Row

LESSON = "07_tiny"
RIGHT = "def half(x):\n    return x / 2\n"


def answer(exercise: str = "half", points: float | None = 2.0, **parts: Any) -> Answer:
    """An answer worth two points; right unless something else is said."""
    status = "right" if points == 2 else "partly right" if points else "wrong"
    usual: dict[str, Any] = {
        "status": status,
        "rows": (Row("halves", points or 0.0, 2.0, points == 2, "" if points == 2 else "the result is 3"),),
        "explanation": "" if points == 2 else "the result is 3, expected 1",
        "returned": f"{exercise}-{points}",
        "code": RIGHT,
    }
    return Answer(exercise, points, 2.0, **(usual | parts))


def handed_in(student: str, *answers: Answer, status: str = "graded", **parts: Any) -> HandedIn:
    """One submission."""
    usual: dict[str, Any] = {"reason": "", "max_points": sum(one.max_points for one in answers)}
    return HandedIn(student, status, answers=answers, **(usual | parts))


def lesson(*submissions: HandedIn, name: str = LESSON, **parts: Any) -> LessonClass:
    """A lesson in which `half` and `double` are asked for."""
    functions = {"half": ("half",), "double": ("double",)}
    return LessonClass(name, "Halve and double", submissions, **({"functions": functions} | parts))
