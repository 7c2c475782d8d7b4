"""Beside a written answer, for whoever grades it: rubric, reference answer and comments to click on.

nbgrader's Formgrader shows the executed notebook and nothing of the instructor's. These are added while it
makes its page, from the instructor's own notebook: no file that a student ever gets has held them.
"""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import AutograderError
from . import cells
from .course import Course, find_course, load_config
from .folders import Folders

if TYPE_CHECKING:
    from nbformat import NotebookNode

COMMENTS = "comments.json"  # in the course's folder; by the question's name, or "*" for all
MOST_COMMENTS = 12
_REGION = re.compile(
    r"^[^\n]*\bBEGIN (?:SOLUTION|MARK SCHEME)\b[^\n]*\n(.*?)^[^\n]*\bEND (?:SOLUTION|MARK SCHEME)\b",
    re.DOTALL | re.MULTILINE,
)
_BOX = "border-left:4px solid #31708f;background:#eef6fb;color:#1a1a1a;padding:.6em 1em;margin:.4em 0 1em 0"
# Appends the comment and tells the page that the field has changed, which saves it.
_APPEND = (
    "var t=document.getElementById(this.dataset.field);"
    "t.value+=(t.value?'\\n':'')+this.dataset.comment;"
    "['input','change','autosize:update'].forEach("
    "function(e){t.dispatchEvent(new Event(e,{bubbles:true}))});t.focus()"
)


def show_rubrics(notebook: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
    """A step of nbconvert's, for Formgrader's pages alone: in a student's feedback it does nothing."""
    written = [cell for cell in notebook.cells if cells.is_written(cell) or cells.is_task(cell)]
    if not written or "submission_id" not in resources:
        return notebook, resources
    try:
        course = find_course(Path(resources["metadata"]["path"]))
        rubrics = _rubrics(course, resources["assignment_id"], resources["notebook_id"])
        comments = Comments(course, resources["assignment_id"])
    except (AutograderError, OSError, ValueError, KeyError):
        return notebook, resources  # whoever grades sees what they would have seen without us
    made = []
    for cell in notebook.cells:
        made.append(cell)
        if cell in written:
            name = cells.grade_id(cell)
            made.append(_box(name, rubrics.get(name, ""), comments.of(name)))
    notebook.cells = made
    return notebook, resources


def _rubrics(course: Course, assignment: str, notebook: str) -> dict[str, str]:
    """What stands between the markers of each written cell; the whole cell, where there are none."""
    folder = Folders(course, load_config(course.root)).source_folder(assignment)
    read = json.loads((folder / f"{notebook}.ipynb").read_text(encoding="utf-8"))
    found = {}
    for cell in read["cells"]:
        if cells.is_written(cell) or cells.is_task(cell):
            source = "".join(cell["source"])
            regions = _REGION.findall(source)
            found[cells.grade_id(cell)] = "\n\n".join(regions).strip() if regions else source.strip()
    return found


class Comments:
    """Comments to click on: those of comments.json, then what was written to others, frequent ones first."""

    def __init__(self, course: Course, assignment: str) -> None:
        self.given = _given(course, assignment)
        self.written = self._written(course.root / COMMENTS)

    @staticmethod
    def _written(path: Path) -> dict[str, list[str]]:
        if not path.is_file():
            return {}
        read = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(read, dict):
            raise ValueError(f"{path} holds no lists by name")
        return {name: [str(one) for one in some] for name, some in read.items() if isinstance(some, list)}

    def of(self, name: str) -> list[str]:
        """The comments offered for a question."""
        some = [*self.written.get(name, []), *self.written.get("*", []), *self.given.get(name, [])]
        return list(dict.fromkeys(some))[:MOST_COMMENTS]


def _given(course: Course, assignment: str) -> dict[str, list[str]]:
    from .gradebook import Gradebook

    gradebook = Gradebook(course)
    try:
        return gradebook.manual_comments(assignment)
    finally:
        gradebook.close()


def _box(name: str, rubric: str, comments: list[str]) -> NotebookNode:
    from nbformat.v4 import new_markdown_cell

    parts = [f'<div class="autograder-rubric" style="{_BOX}">']
    parts += [f"**Rubric of `{name}`** (only graders see this)", rubric or "*There is none in the lesson.*"]
    if comments:
        parts += ["Comments to click on:", " ".join(_button(name, comment) for comment in comments)]
    made: NotebookNode = new_markdown_cell("\n\n".join([*parts, "</div>"]))
    return made


def _button(name: str, comment: str) -> str:
    field, text = (html.escape(one, quote=True) for one in (f"{name}-comment", comment))
    made = (
        '<button type="button" class="btn btn-default btn-sm" style="margin:.15em;white-space:normal" '
        f'data-field="{field}" data-comment="{text}" onclick="{_APPEND}">{text}</button>'
    )
    return made.replace("\n", "&#10;")
