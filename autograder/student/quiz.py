"""`quiz()` near the end of a lesson: its questions, each choice with what speaks for it or against it.

Where a notebook has widgets a choice is a button; everywhere else it unfolds, and `quiz(2, "b")` answers in
words. There are no marks. What was answered is remembered, and `quiz("due")` asks it again: after a
day, three days, a week, three weeks.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import diary
from .card import CARD, rich
from .notebook import checks_path, lesson_here
from .recall import AT_ONCE, due_questions, remember_answer
from .sheet import Choice, Question

LETTERS = "abcdefgh"
DUE = '"due", '
NOTHING_DUE = "No question of an earlier lesson is due today."

Asked = tuple[str, Question]  # a question with the lesson that it belongs to

_asked_again: dict[tuple[str, Path], tuple[Asked, ...]] = {}


def quiz(*asked: int | str) -> Quiz | Answer:
    """The questions of this lesson; with a number and a letter, what is said of that choice.

    With "due" first, the questions of other lessons that are to be asked again.
    """
    names = sys._getframe(1).f_globals
    due = asked[:1] == ("due",)
    number, choice = ((asked[1:] if due else asked) + ("", ""))[:2]
    questions = _due(names, anew=not number) if due else _of_this_lesson(names)
    if not number:
        return Quiz(questions, due)
    if not isinstance(number, int) or not 1 <= number <= len(questions):
        raise ValueError(f"there are questions 1 to {len(questions)}" if questions else "no question is due")
    lesson, question = questions[number - 1]
    place = LETTERS.find(str(choice).strip().strip("()").lower()) if choice else -1
    if not 0 <= place < len(question.choices):
        raise ValueError(f"question {number} has choices a to {LETTERS[len(question.choices) - 1]}")
    return answered(lesson, number, question, place)


def answered(lesson: str, number: int, question: Question, place: int) -> Answer:
    """What is said of a choice, which is remembered."""
    answer = Answer(number, question, place)
    with contextlib.suppress(Exception):  # what can't be remembered is answered all the same
        remember_answer(lesson, question, answer.right)
    return answer


def _of_this_lesson(names: dict[str, Any]) -> tuple[Asked, ...]:
    lesson = lesson_here(names)
    return tuple((lesson.lesson, question) for question in lesson.questions)


def _due(names: dict[str, Any], anew: bool) -> tuple[Asked, ...]:
    """Those that were asked last, unless they are to be looked up anew: an answer renumbers none."""
    lesson, folder = lesson_here(names).lesson, checks_path(names).parent.parent
    if anew or (lesson, folder) not in _asked_again:
        found = due_questions(folder, diary.own().read(), but=lesson)
        _asked_again[lesson, folder] = tuple(itertools.islice(found, AT_ONCE))
    return _asked_again[lesson, folder]


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
    """A lesson's questions, or those that are due."""

    asked: tuple[Asked, ...]
    due: bool = False

    def __repr__(self) -> str:
        if self.due and not self.asked:
            return NOTHING_DUE
        lines = []
        for number, (lesson, question) in enumerate(self.asked, 1):
            lines.append(f"{number}. {question.text}" + (f" ({lesson})" if self.due else ""))
            lines += [
                f"   ({letter}) {choice.text}"
                for letter, choice in zip(LETTERS, question.choices, strict=False)
            ]
        return "\n".join([*lines, f'Answer with quiz({DUE if self.due else ""}1, "a").'])

    def _repr_html_(self) -> str:
        if self.due and not self.asked:
            return f'<div style="{CARD}">{NOTHING_DUE}</div>'
        asked = "".join(_question_html(number, one) for number, (_, one) in enumerate(self.asked, 1))
        said = f"<p>Answer with <code>quiz({DUE}1, &quot;a&quot;)</code>.</p>" if self.due else ""
        return f'<div role="group" aria-label="Questions" style="{CARD}">{asked}{said}</div>'

    def _ipython_display_(self) -> None:
        if self.due and not self.asked and not diary.is_kept():
            return  # nobody is there who could have answered any
        shown = {"text/html": self._repr_html_(), "text/plain": repr(self)}
        # Both forms, since a page made of the notebook may have no widgets.
        _display({**_with_buttons(self.asked), **shown} if self.asked else shown, raw=True)


def _question_html(number: int, question: Question) -> str:
    choices = "".join(
        f'<details style="margin:.3em 0 .3em 1.2em"><summary>({letter}) {rich(choice.text)}</summary>'
        f'<div style="margin:.2em 0 .4em 1.2em">{_said_of(choice)}</div></details>'
        for letter, choice in zip(LETTERS, question.choices, strict=False)
    )
    return f'<p style="margin:.6em 0 .2em"><strong>{number}.</strong> {rich(question.text)}</p>{choices}'


def _with_buttons(asked: tuple[Asked, ...]) -> dict[str, Any]:
    """The questions with a row of buttons each, where there are widgets and somebody to press them."""
    if not _somebody_is_there():
        return {}
    try:
        import ipywidgets
    except ImportError:
        return {}
    box = ipywidgets.VBox([_asked(ipywidgets, number, *one) for number, one in enumerate(asked, 1)])
    bundle: dict[str, Any] = box._repr_mimebundle_() or {}
    return bundle


def _somebody_is_there() -> bool:
    """Whether a person runs the notebook: a program says that nobody could answer a question of `input`."""
    if os.environ.get("STATIC_FIGURES") or os.environ.get("NBGRADER_EXECUTION"):
        return False
    ipython = sys.modules.get("IPython")
    parent: dict[str, Any] = getattr(ipython.get_ipython() if ipython else None, "get_parent", dict)()
    return bool(parent.get("content", {}).get("allow_stdin", True))


def _display(what: Any, **options: Any) -> None:
    """Shows something in the notebook; whoever asks for it is IPython."""
    if sys.modules.get("IPython"):
        from IPython.display import display

        display(what, **options)


def _asked(widgets: Any, number: int, lesson: str, question: Question) -> Any:
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
            said.value = answered(lesson, number, question, place)._repr_html_()

        button.on_click(say)
        buttons.append(widgets.HBox([button, widgets.HTMLMath(rich(choice.text))]))
    head = widgets.HTMLMath(f"<strong>{number}.</strong> {rich(question.text)}")
    return widgets.VBox([head, *buttons, said])


def _said_of(choice: Choice) -> str:
    sign = f'<span aria-hidden="true">{"✓" if choice.right else "✗"}</span>'
    return f"<strong>{sign} {_word(choice.right)}.</strong> {rich(choice.why)}"


def _word(right: bool) -> str:
    return "Right" if right else "Not so"
