"""Behind an exercise that is open or wrong, a demonstration shows the executed solution's picture."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from autograder.authoring.lesson import Lesson
from autograder.authoring.pictures import needed_exercises, pictures_of, pictures_text
from autograder.student import instead
from tests.conftest import Notebook
from tests.student.test_notebook import RIGHT, WRONG, add_sheet, double_sheet

DEMO = "show(double(x))"
FIGURE = {"html": '<img src="data:image/png;base64,AA==" alt="A line.">', "text": "A line."}


class Shell:
    """As much of IPython as a picture needs."""

    def __init__(self, notebook: Notebook) -> None:
        self.user_ns = notebook.names
        self.events = SimpleNamespace(callbacks={"post_run_cell": []}, register=self.register)
        self.display_pub = SimpleNamespace(publish=lambda data: self.shown.append(data))
        self.shown: list[dict[str, str]] = []

    def register(self, event: str, callback: Any) -> None:
        self.events.callbacks[event].append(callback)

    def after(self, source: str, error: BaseException | None = None) -> list[dict[str, str]]:
        """What is shown after a cell has run."""
        self.shown = []
        result = SimpleNamespace(info=SimpleNamespace(raw_cell=source), error_in_exec=error)
        for callback in self.events.callbacks["post_run_cell"]:
            callback(result)
        return self.shown


@pytest.fixture
def shell(
    kept: Path, lesson: Callable[..., Path], notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> Shell:
    """A kernel in a lesson with one picture behind the exercise `double`."""
    path = lesson(double_sheet(), add_sheet())
    found = {instead.key_of(DEMO): {"needs": ["double"], "figures": [FIGURE]}}
    path.with_name(instead.FILE_NAME).write_text(json.dumps(found))
    made = Shell(notebook)
    monkeypatch.setattr("IPython.get_ipython", lambda: made)
    instead.install()
    instead.install()
    return made


def test_a_cell_that_fails_behind_an_open_exercise_shows_the_solutions_picture(shell: Shell) -> None:
    """Once, marked as not the reader's, in HTML and in words."""
    (data,) = shell.after(f"\n{DEMO}\n", NotImplementedError())
    assert "<strong>Not yours:</strong>" in data["text/html"] and FIGURE["html"] in data["text/html"]
    assert data["text/plain"] == "Not yours: what this cell shows with the solution of double: A line."


def test_a_cell_that_draws_with_a_wrong_answer_shows_it_too(shell: Shell, notebook: Notebook) -> None:
    assert shell.after(DEMO) == []
    notebook.run(WRONG)
    assert shell.after(DEMO) == []  # nobody has looked at it yet
    notebook.answer(WRONG)
    assert len(shell.after(DEMO)) == 1
    notebook.answer(RIGHT)
    assert shell.after(DEMO) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt(), None])
def test_nothing_is_shown_where_nothing_went_wrong(shell: Shell, error: BaseException | None) -> None:
    assert shell.after(DEMO, error) == []
    assert shell.after("show(2)", NotImplementedError()) == []


def test_where_a_notebook_is_graded_nothing_is_shown(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert shell.after(DEMO, NotImplementedError()) == []


@pytest.mark.parametrize("text", [None, "", "[]", '{"x": 1}'])
def test_a_file_that_is_missing_or_damaged_costs_nothing(shell: Shell, text: str | None) -> None:
    path = Path(instead.FILE_NAME)
    path.unlink() if text is None else path.write_text(text)
    assert shell.after(DEMO, NotImplementedError()) == []


# Which pictures stand behind which exercise

CELLS = {
    "first": ("data = load()", set()),
    "solution": ("def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION", set()),
    "check": ("check(double)", set()),
    "uses": ("twice = double(data)\nshow(twice)", {"double"}),
    "through a name": ("show(twice)", {"double"}),
    "through a function": ("def again(x):\n    return add(twice, x)", {"double", "add"}),
    "through both": ("show(again(1))", {"double", "add"}),
    "bound anew": ("twice = 3\nshow(twice)", set()),
    "no more": ("show(twice, data)", set()),
}


@pytest.fixture
def made_lesson(tmp_path: Path) -> Lesson:
    """A lesson of these cells and a text."""
    cells = "\n\n".join(f"# %%\n{source}" for source, _ in CELLS.values())
    (tmp_path / "lesson.py").write_text(f"# %% [markdown]\n# # A lesson\n\n{cells}\n")
    made = Lesson(tmp_path)
    functions = {name: SimpleNamespace(functions=(name,)) for name in ("double", "add")}
    made.__dict__["exercises"] = functions
    return made


def test_a_cell_needs_what_its_names_hang_on(made_lesson: Lesson) -> None:
    assert dict(zip(CELLS, needed_exercises(made_lesson)[1:], strict=True)) == {
        name: needs for name, (_, needs) in CELLS.items()
    }


def test_only_figures_behind_an_exercise_are_kept(made_lesson: Lesson) -> None:
    """By what stands in the cell, with no code of it."""
    data = {"text/html": FIGURE["html"], "text/plain": FIGURE["text"]}
    executed = new_notebook(cells=[new_markdown_cell("# A lesson")])
    for source, _ in CELLS.values():
        outputs = [new_output("stream", text="12"), new_output("display_data", data=data)]
        executed.cells.append(new_code_cell(source, outputs=outputs))
    found = pictures_of(made_lesson, executed)
    assert set(found) == {instead.key_of(source) for source, needs in CELLS.values() if needs}
    assert found[instead.key_of("show(again(1))")] == {"needs": ["add", "double"], "figures": [FIGURE]}
    text = pictures_text(made_lesson, executed)
    assert json.loads(text) == found and "return" not in text
    assert pictures_text(made_lesson, new_notebook(cells=[new_code_cell("")] * (len(CELLS) + 1))) == ""
