"""Plain-assert courses get the scores of stock nbgrader: the same class is graded by both, cell by cell."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat.v4
import pytest

from autograder.engine import plain
from tests.builders import needs_sandbox
from tests.engine import plain_course

pytestmark = [pytest.mark.slow, needs_sandbox]
CELLS = """
select sa.student_id, bc.name, g.auto_score, g.needs_manual_grade, n.late_submission_penalty
from grade g join base_cell bc on g.cell_id = bc.id join submitted_notebook n on g.notebook_id = n.id
join submitted_assignment sa on n.assignment_id = sa.id
"""
COMMENTS = """
select sa.student_id, bc.name, c.auto_comment
from comment c join base_cell bc on c.cell_id = bc.id join submitted_notebook n on c.notebook_id = n.id
join submitted_assignment sa on n.assignment_id = sa.id
"""


class Both:
    """One class, graded by stock nbgrader and by ours."""

    def __init__(self, folder: Path) -> None:
        self.ours = folder / "ours"
        plain_course.make(self.ours)
        self.nbgrader(self.ours, "generate_assignment", plain_course.NAME)
        with sqlite3.connect(self.ours / "gradebook.db") as book:
            book.execute("update assignment set duedate = '2030-01-01 00:00:00'")
        students = sorted(plain_course.submit(self.ours))
        config = self.ours / "nbgrader_config.py"
        config.write_text(config.read_text() + "c.LateSubmissionPlugin.penalty_method = 'zero'\n")
        halves = {folder / f"stock{k}": students[k::2] for k in range(2)}
        self.stock = {student: root for root, half in halves.items() for student in half}
        for root in halves:
            shutil.copytree(self.ours, root)
        with ThreadPoolExecutor(2) as both:
            list(both.map(self.graded_by_stock, halves, halves.values()))
        command = [
            "-m",
            "autograder",
            "--course",
            str(self.ours),
            "grade",
            "--json",
            "--timeout",
            "10",
        ]
        done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
        assert done.stdout, done.stderr
        self.results = {r["student"]: r for r in json.loads(done.stdout)["lessons"]}

    def graded_by_stock(self, root: Path, students: list[str]) -> None:
        for student in students:  # one by one: some of them end stock's whole batch
            self.nbgrader(root, "autograde", plain_course.NAME, "--student", student)

    @staticmethod
    def nbgrader(root: Path, *arguments: str) -> None:
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        # under pytest a kernel does not record what other programs write to its stdout and stderr
        usual = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
        subprocess.run(
            [sys.executable, "-m", "nbgrader", *arguments],
            cwd=root,
            env={**usual, "PATH": path},
            capture_output=True,
            check=False,
        )

    @staticmethod
    def rows(root: Path, query: str, student: str) -> dict[str, Any]:
        with sqlite3.connect(root / "gradebook.db") as book:
            return {row[1]: row[2:] for row in book.execute(query) if row[0] == student}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return Both(tmp_path_factory.mktemp("plain"))


EVERYONE = sorted([*plain_course.STUDENTS, *plain_course.BYTES, *plain_course.TIMESTAMPS])
HOLE = "skipped_tests"  # which stock gives full points for not running the tests


@pytest.mark.parametrize("student", [name for name in EVERYONE if name != HOLE])
def test_the_same_points_in_every_cell(both: Both, student: str) -> None:
    stock, ours = (both.rows(root, CELLS, student) for root in (both.stock[student], both.ours))
    assert ours == stock


def test_a_tag_does_not_save_a_graded_cell_from_running(both: Both) -> None:
    """The one difference, and it is meant."""
    stock, ours = (both.rows(root, CELLS, HOLE)["test_square"][0] for root in (both.stock[HOLE], both.ours))
    assert (stock, ours) == (2, 0)


@pytest.mark.parametrize("student", EVERYONE)
def test_the_same_comments(both: Both, student: str) -> None:
    stock, ours = (both.rows(root, COMMENTS, student) for root in (both.stock[student], both.ours))
    assert ours == stock


@pytest.mark.parametrize("student", EVERYONE)
def test_a_submission_fails_where_stock_fails_it(both: Both, student: str) -> None:
    folder = both.stock[student] / "autograded" / student / plain_course.NAME
    graded = (folder / f"{plain_course.NAME}.ipynb").is_file()
    result = both.results[student]
    assert (result["status"] != "failed") == graded, result["reason"]
    assert bool(result["reason"]) == (result["status"] != "graded" or student == "late")


def test_nothing_is_called_sealed(both: Both) -> None:
    assert not any(result["sealed"] for result in both.results.values())


def test_the_class_is_what_it_should_be(both: Both) -> None:
    """Something of every kind: full points, some, none, failures."""
    scores = {result["score"] for result in both.results.values()}
    assert {0.0} < scores
    assert len(scores) > 5
    assert sum(result["status"] == "failed" for result in both.results.values()) > 5


def test_only_a_cell_that_earns_nothing_is_skipped_for_its_tag() -> None:
    tests = {"grade_id": "tests", "grade": True, "locked": True, "solution": False, "points": 1}
    made = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell("Prose"),
            nbformat.v4.new_code_cell("1", metadata={"tags": ["skip-execution"]}),
            nbformat.v4.new_code_cell("2", metadata={"tags": ["skip-execution"], "nbgrader": tests}),
            nbformat.v4.new_code_cell(" "),
            nbformat.v4.new_code_cell("3"),
        ]
    )
    assert [(number, cell.source) for number, cell in plain.code_cells(made)] == [(3, "2"), (5, "3")]
