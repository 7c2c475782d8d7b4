"""What Formgrader shows beside a written answer, and no page for a student does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.nbgrader import rubrics
from autograder.nbgrader.rubrics import Comments, show_rubrics

SOURCE = "Why?\n### BEGIN SOLUTION\nRubric, half a point each:\n\n- sorted **files**\n### END SOLUTION"
GIVEN = {"why": ["Too short."], "other": ["Never offered for why."]}


def written(source: str, name: str = "why") -> nbformat.NotebookNode:
    said = {
        "grade_id": name,
        "grade": True,
        "solution": True,
        "locked": False,
        "points": 2,
        "schema_version": 3,
    }
    return new_markdown_cell(source, metadata={"nbgrader": {**said, "task": False}})


@pytest.fixture
def graded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an executed notebook, in a course with one written question."""
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    source = tmp_path / "source" / "one" / "one.ipynb"
    source.parent.mkdir(parents=True)
    nbformat.write(new_notebook(cells=[new_code_cell("1"), written(SOURCE)]), source)
    folder = tmp_path / "autograded" / "ada" / "one"
    folder.mkdir(parents=True)
    monkeypatch.setattr(rubrics, "_given", lambda *_: GIVEN)
    return folder


def shown(folder: Path, **resources: Any) -> nbformat.NotebookNode:
    notebook = new_notebook(cells=[new_code_cell("1"), written("Because."), new_markdown_cell("After")])
    found, _ = show_rubrics(notebook, {"metadata": {"path": str(folder)}, **resources})
    return found


FORMGRADER = {"submission_id": "s", "assignment_id": "one", "notebook_id": "one"}


def test_rubric_and_comments_stand_below_the_answer(graded: Path) -> None:
    """The text between the markers, without them; comments of the file, then those that others got."""
    comments = {"why": ['Say "which" <b>file</b>.'], "*": ["Well put."]}
    (graded.parents[2] / "comments.json").write_text(json.dumps(comments))
    cells = shown(graded, **FORMGRADER).cells
    assert [cell.source[:8] for cell in cells] == ["1", "Because.", "<div cla", "After"]
    assert "- sorted **files**" in cells[2].source and "SOLUTION" not in cells[2].source
    assert "nbgrader" not in cells[2].metadata
    assert 'data-comment="Say &quot;which&quot; &lt;b&gt;file&lt;/b&gt;."' in cells[2].source
    assert cells[2].source.index("Well put.") < cells[2].source.index("Too short.")
    assert "Never offered" not in cells[2].source


def test_no_other_page_shows_it(graded: Path) -> None:
    """A student's feedback goes through the same step."""
    assert [cell.source for cell in shown(graded, nbgrader={}).cells] == ["1", "Because.", "After"]


def test_where_nothing_is_known_the_page_is_as_it_was(graded: Path) -> None:
    """Another assignment's name, a comments.json that is none: Formgrader goes on."""
    assert len(shown(graded, **{**FORMGRADER, "assignment_id": "gone"}).cells) == 3
    (graded.parents[2] / "comments.json").write_text("[]")
    assert len(shown(graded, **FORMGRADER).cells) == 3
    (graded.parents[2] / "comments.json").write_text("no json")
    assert len(shown(graded, **FORMGRADER).cells) == 3


def test_comments_are_not_offered_twice_nor_without_end() -> None:
    comments = Comments.__new__(Comments)
    comments.written, comments.given = {"*": ["a", "a"]}, {"why": ["a", *map(str, range(50))]}
    assert comments.of("why")[:2] == ["a", "0"] and len(comments.of("why")) == rubrics.MOST_COMMENTS
