"""A question of a lesson's quiz: what is asked, and of every choice why it is right or not.

    missing_factor = Question(
        "What is missing to make it dy/dw?",
        wrong("All weights.", "With the first one in it, it is dy/dx."),
        right("The weights behind the first layer.", "Each arrow of the path gives a factor."),
    )

The variable's name is the question's; `quiz()` in lesson.py shows them in the order in which they stand.
"""

from __future__ import annotations

import sys

from ..student import sheet
from ..student.sheet import Choice

MOST_CHOICES = 8


def right(text: str, why: str) -> Choice:
    """A choice that is right, and why."""
    return Choice(text, why, True)


def wrong(text: str, why: str) -> Choice:
    """A choice that is wrong, and what was overlooked by whoever takes it."""
    return Choice(text, why, False)


class Question:
    """One question with its choices, one of them right."""

    def __init__(self, text: str, *choices: Choice) -> None:
        self.text, self.choices = text, choices
        self.line = sys._getframe(1).f_lineno
        if not 2 <= len(choices) <= MOST_CHOICES or sum(choice.right for choice in choices) != 1:
            raise ValueError("a question has two to eight choices, just one of them right(…)")
        if not all(choice.why.strip() for choice in choices):
            raise ValueError("every choice says why it is right or wrong")

    def named(self, name: str) -> sheet.Question:
        """The question as data."""
        return sheet.Question(name, self.text, self.choices)
