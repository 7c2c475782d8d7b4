"""When a question is asked again: after a day, then after longer and longer, as long as it is answered right.

An answer counts when the question is new or due. So whoever opens all choices to read what is said of them
has answered once.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from . import diary
from .checks_file import questions_of
from .course import lessons_in
from .sheet import Question

DAYS = (1, 3, 7, 21, 60)
AT_ONCE = 5  # questions: more are no pleasure


def remember_answer(lesson: str, question: Question, right: bool) -> None:
    """Notes an answer, and when the question comes back."""
    diary.own().update(lambda data: write_answer(data, lesson, question, right))


def write_answer(data: dict[str, Any], lesson: str, question: Question, right: bool) -> None:
    """Notes an answer in a diary's data, if it counts."""
    today = date.today()
    questions = diary.lesson_in(data, lesson)["questions"]
    before = questions.get(question.name)
    if before and before["due"] > today.isoformat():
        return
    step = min(before["step"] + 1, len(DAYS) - 1) if before and right else 0
    due = (today + timedelta(days=DAYS[step])).isoformat()
    questions[question.name] = {"step": step, "due": due, "right": right}


def due_questions(folder: Path, data: dict[str, Any], but: str = "") -> Iterator[tuple[str, Question]]:
    """The questions of a course that are to be asked again, each with its lesson, the longest due first.

    Args:
        folder: where the lessons lie.
        data: what the diary holds.
        but: a lesson that is left out: the one that is being read.
    """
    today, found = date.today().isoformat(), []
    for _, checks in lessons_in(folder):
        lesson = checks["lesson"]
        written = data["lessons"].get(lesson, {}).get("questions", {}) if lesson != but else {}
        for question in questions_of(checks) if written else ():
            if question.name in written and written[question.name]["due"] <= today:
                found.append((written[question.name]["due"], lesson, question))
    found.sort(key=lambda one: one[0])
    yield from ((lesson, question) for _, lesson, question in found)
