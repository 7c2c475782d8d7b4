"""A graded notebook as a file: what nbformat would write, in one line."""

from __future__ import annotations

import json

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from autograder.nbgrader.scoring import text_of


def test_a_notebook_is_written_in_one_line_and_read_as_nbformats_own() -> None:
    shown = new_output("execute_result", {"text/plain": "1 é €", "image/png": "aGk=\n"}, execution_count=1)
    said = new_output("stream", name="stdout", text="one\ntwo\n")
    code = new_code_cell("x = 1\nx", outputs=[shown, said], execution_count=1)
    code.metadata["trusted"] = True
    notebook = new_notebook(cells=[new_markdown_cell("# Title\n\nwords"), code])
    notebook.metadata["orig_nbformat"] = 4
    theirs = nbformat.reads(nbformat.writes(notebook), 4)
    text = text_of(notebook)
    assert text.count("\n") == 1 and text.endswith("\n")
    assert nbformat.reads(text, 4) == theirs
    assert "trusted" not in text and "orig_nbformat" not in text and "é €" in text


def test_halves_of_characters_become_question_marks() -> None:
    text = text_of(new_notebook(cells=[new_code_cell("'\ud800'")]))
    assert json.loads(text.encode())["cells"][0]["source"] == "'?'"
