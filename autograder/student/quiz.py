"""`quiz()` near the end of a lesson: its questions, each choice with what speaks for it or against it.

Where a notebook has widgets a choice is a button; everywhere else it unfolds, and `quiz(2, "b")` answers in
words. There are no marks.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import Any

from .card import CARD, rich
from .notebook import lesson_here
from .sheet import Choice, Question

LETTERS = "abcdefgh"


def quiz(number: int = 0, choice: str = "") -> Quiz | Answer:
    """The questions of this lesson; with a number and a letter, what is said of that choice."""
    lesson = lesson_here(sys._getframe(1).f_globals)
    if not number:
        return Quiz(lesson.questions)
    if not 1 <= number <= len(lesson.questions):
        raise ValueError(f"this lesson has questions 1 to {len(lesson.questions)}")
    question = lesson.questions[number - 1]
    place = LETTERS.find(choice.strip().strip("()").lower()) if choice else -1
    if not 0 <= place < len(question.choices):
        raise ValueError(f"question {number} has choices a to {LETTERS[len(question.choices) - 1]}")
    return Answer(number, question, place)


@dataclass(frozen=True)
class Answer:
    """One choice, and whether it is right."""

    number: int
    question: Question
    place: int

    @property
    def right(self) -> bool:
        return self.question.choices[self.place].right

    def __repr__(self) -> str:
        chosen = self.question.choices[self.place]
        return f"{self.number} ({LETTERS[self.place]}): {_word(chosen.right)}. {chosen.why}"

    def _repr_html_(self) -> str:
        return f'<div role="status" style="{CARD}">{_said_of(self.question.choices[self.place])}</div>'


@dataclass(frozen=True)
class Quiz:
    """A lesson's questions."""

    questions: tuple[Question, ...]

    def __repr__(self) -> str:
        lines = []
        for number, question in enumerate(self.questions, 1):
            lines.append(f"{number}. {question.text}")
            lines += [
                f"   ({letter}) {choice.text}"
                for letter, choice in zip(LETTERS, question.choices, strict=False)
            ]
        return "\n".join([*lines, 'Answer with quiz(1, "a").'])

    def _repr_html_(self) -> str:
        asked = "".join(_question_html(number, one) for number, one in enumerate(self.questions, 1))
        return f'<div role="group" aria-label="Questions" style="{CARD}">{asked}</div>'

    def _ipython_display_(self) -> None:
        if not _show_with_buttons(self.questions):
            _display({"text/html": self._repr_html_(), "text/plain": repr(self)}, raw=True)


def _question_html(number: int, question: Question) -> str:
    choices = "".join(
        f'<details style="margin:.3em 0 .3em 1.2em"><summary>({letter}) {rich(choice.text)}</summary>'
        f'<div style="margin:.2em 0 .4em 1.2em">{_said_of(choice)}</div></details>'
        for letter, choice in zip(LETTERS, question.choices, strict=False)
    )
    return f'<p style="margin:.6em 0 .2em"><strong>{number}.</strong> {rich(question.text)}</p>{choices}'


def _show_with_buttons(questions: tuple[Question, ...]) -> bool:
    """Shows the questions with a row of buttons each, where there are widgets and somebody to press them."""
    if os.environ.get("STATIC_FIGURES") or os.environ.get("NBGRADER_EXECUTION"):
        return False
    try:
        import ipywidgets
    except ImportError:
        return False
    _display(ipywidgets.VBox([_asked(ipywidgets, *one) for one in enumerate(questions, 1)]))
    return True


def _display(what: Any, **options: Any) -> None:
    """Shows something in the notebook; whoever asks for it is IPython."""
    if sys.modules.get("IPython"):
        from IPython.display import display

        display(what, **options)


def _asked(widgets: Any, number: int, question: Question) -> Any:
    """A question as a widget: its text, a button for each choice, a place for what is said of it."""
    said = widgets.HTML()
    buttons = []
    for place, choice in enumerate(question.choices):
        button = widgets.Button(
            description=f"({LETTERS[place]})",
            tooltip=choice.text,
            layout=widgets.Layout(width="3.2em"),
        )

        def say(_: Any, place: int = place) -> None:
            said.value = Answer(number, question, place)._repr_html_()

        button.on_click(say)
        buttons.append(widgets.HBox([button, widgets.HTMLMath(rich(choice.text))]))
    head = widgets.HTMLMath(f"<strong>{number}.</strong> {rich(question.text)}")
    return widgets.VBox([head, *buttons, said])


def _said_of(choice: Choice) -> str:
    sign = f'<span aria-hidden="true">{"✓" if choice.right else "✗"}</span>'
    return f"<strong>{sign} {_word(choice.right)}.</strong> {rich(choice.why)}"


def _word(right: bool) -> str:
    return "Right" if right else "Not so"
