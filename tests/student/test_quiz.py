"""The quiz at the end of a lesson: every choice is answered, with widgets and without."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import ipywidgets
import pytest
from ipywidgets.widgets import widget

from autograder import quiz
from autograder.student import checks_file, notebook
from autograder.student.sheet import Choice, LessonSheet, Question

QUESTION = Question(
    "missing",
    "What is missing in $dy/dw$? See `w`.",
    (
        Choice("Nothing.", "A factor of <4> is.", False),
        Choice("The weights behind it.", "Each arrow gives one.", True),
    ),
)


@pytest.fixture
def names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The names of a notebook in a lesson with one question."""
    lesson = LessonSheet("01_small", "A small lesson", {}, (QUESTION,))
    (tmp_path / "checks.json").write_text(checks_file.dump(lesson), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(notebook, "_loaded", {})
    return {"quiz": quiz}


def test_questions_survive_the_file() -> None:
    lesson = LessonSheet("01_small", "A small lesson", {}, (QUESTION,))
    assert checks_file.parse(checks_file.dump(lesson)).questions == (QUESTION,)


def test_in_text_the_choices_have_letters_and_the_answers_are_not_there(names: dict[str, Any]) -> None:
    said = repr(eval("quiz()", names))
    assert "(b) The weights behind it." in said
    assert "Each arrow" not in said


@pytest.mark.parametrize("choice", ["b", "(b)", "B"])
def test_a_choice_is_answered_in_words(names: dict[str, Any], choice: str) -> None:
    answer = eval(f"quiz(1, {choice!r})", names)
    assert answer.right
    assert repr(answer) == "1 (b): Right. Each arrow gives one."


def test_a_wrong_choice_says_why(names: dict[str, Any]) -> None:
    answer = eval('quiz(1, "a")', names)
    assert not answer.right
    assert "A factor of &lt;4&gt; is." in answer._repr_html_()


@pytest.mark.parametrize("asked", ["quiz(2, 'a')", "quiz(1, 'c')", "quiz(1)", "quiz(1, '')"])
def test_what_is_no_choice_is_said_in_words(names: dict[str, Any], asked: str) -> None:
    with pytest.raises(ValueError, match="question"):
        eval(asked, names)


def test_without_widgets_each_choice_unfolds(names: dict[str, Any]) -> None:
    page = eval("quiz()", names)._repr_html_()
    assert page.count("<details") == page.count("<summary>") == 2
    assert "<code>w</code>" in page
    assert "Right." in page and "Not so." in page


def test_with_widgets_a_button_answers(names: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Any] = []
    monkeypatch.setattr("IPython.display.display", lambda *what, **_: shown.extend(what))
    monkeypatch.delenv("STATIC_FIGURES", raising=False)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    eval("quiz()", names)._ipython_display_()
    (bundle,) = shown
    assert bundle.keys() == {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"}
    box = widget._instances[bundle["application/vnd.jupyter.widget-view+json"]["model_id"]]
    (asked,) = box.children
    assert isinstance(asked, ipywidgets.VBox)
    _, first, second, said = asked.children
    second.children[0].click()
    assert "Each arrow gives one." in said.value
    first.children[0].click()
    assert "Not so." in said.value


@pytest.mark.parametrize("program", ["the course's build", "any other"])
def test_where_nobody_presses_buttons_the_page_is_shown(
    names: dict[str, Any], monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    shown: list[Any] = []
    monkeypatch.setattr("IPython.display.display", lambda *what, **_: shown.extend(what))
    if program == "any other":
        shell = SimpleNamespace(get_parent=lambda: {"content": {"allow_stdin": False}})
        monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    else:
        monkeypatch.setenv("STATIC_FIGURES", "1")
    eval("quiz()", names)._ipython_display_()
    assert shown[0].keys() == {"text/html", "text/plain"}
    assert "<details" in shown[0]["text/html"]
