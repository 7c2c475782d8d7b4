"""Broken notebooks cost nobody anything but their owner, and the reason is said in words. See fuzz.py."""

from __future__ import annotations

import json

import nbformat
import pytest

from autograder.nbgrader import repair
from autograder.nbgrader.course import Course
from tests.builders import needs_sandbox
from tests.engine import fuzz

HOW_MANY = 80


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return fuzz.course_for(tmp_path_factory.mktemp("fuzz"))


@pytest.mark.slow
@needs_sandbox
@pytest.mark.filterwarnings("ignore")  # nbformat's, of what it reads
def test_a_class_of_broken_notebooks_is_graded_and_nothing_else_happens(course: Course) -> None:
    done = fuzz.hand_in(course, range(HOW_MANY))
    results = fuzz.grade(course)
    assert list(fuzz.troubles(course, done, results)) == []
    assert {"graded", "failed"} <= {one["status"] for one in results.values()}


@pytest.mark.slow
def test_the_same_seed_breaks_the_same_way(course: Course) -> None:
    path = course.solutions / fuzz.NAME / f"{fuzz.NAME}.ipynb"
    good = json.loads(path.read_text(encoding="utf-8"))
    assert [fuzz.broken(good, k) for k in range(50)] == [fuzz.broken(good, k) for k in range(50)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<html>", "web page"),
        ('{"cells": [}', "damaged in line 1, column 12"),
        ("[" * 100_000, "brackets"),
        ("[]", "something else"),
        ('{"nbformat": 5}', "format 4"),
        ('{"nbformat": 4, "metadata": {}, "cells": [7]}', "cell 1 is no cell"),
        ('{"nbformat": 4, "metadata": {}, "cells": [{"cell_type": "odd"}]}', "cell 1 is of no kind"),
        ('{"nbformat": 4, "metadata": {}, "cells": [{"cell_type": "raw", "source": 1}]}', "holds no text"),
        ('{"nbformat": 4, "metadata": 0, "cells": []}', "its metadata is damaged"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_without_pythons_words(text: str, says: str) -> None:
    assert says in repair.why_unreadable(text.encode())


def test_an_odd_notebook_becomes_a_valid_one_and_keeps_its_answers() -> None:
    odd = {"cell_type": "code", "id": "a b", "metadata": {"tags": [1, "kept"], "collapsed": 3}, "source": "x"}
    cells = [odd, odd | {"cell_type": "heading", "level": 1}]
    notebook = nbformat.from_dict({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells})
    repair.make_valid(notebook)
    assert repair.is_valid(notebook)
    assert [(cell.cell_type, cell.id, cell.source) for cell in notebook.cells] == [
        ("code", "cell-1", "x"),
        ("raw", "cell-2", "x"),
    ]
    assert notebook.cells[0].metadata == {"tags": ["kept"]}
