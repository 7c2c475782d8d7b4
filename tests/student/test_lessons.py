"""A notebook on its own finds the lesson that it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import autograder
from autograder.authoring import slicing
from autograder.authoring.lesson import calls_check, lessons_of
from autograder.classroom.handout import code_cells
from autograder.errors import LessonNotFound, WhichLesson
from autograder.nbgrader.course import Course
from autograder.student import lessons
from tests.builders import ROOT

COURSE = Course(ROOT)
NAMES = {lesson.name: code_cells(COURSE, lesson) for lesson in lessons_of(COURSE)}


def bound(cell: str) -> set[str]:
    return {name for statement in slicing.readable_statements(cell) for name in statement.binds}


def test_every_lesson_is_known_at_every_check() -> None:
    """From the names that its cells have bound so far, those that two lessons ask for included."""
    index = {lesson: frozenset().union(*map(bound, cells)) for lesson, cells in NAMES.items()}
    for lesson, cells in NAMES.items():
        so_far = {"In", "Out", "exit", "my_own_helper"}
        for cell in cells:
            if calls_check(cell):
                assert lessons.best_fitting(index, so_far) == [lesson], cell
            so_far |= bound(cell)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two lessons that came with the package, and a notebook somewhere else."""
    folder = tmp_path / "lessons"
    folder.mkdir()
    index = {"01_one": ["np", "half", "data"], "02_two": ["np", "double", "data"]}
    (folder / lessons.INDEX).write_text(json.dumps(index), encoding="utf-8")
    monkeypatch.setattr(lessons, "FOLDER", folder)
    monkeypatch.chdir(tmp_path)
    return folder


def test_a_name_of_one_lesson_decides(installed: Path) -> None:
    """What both define does not."""
    assert lessons.packaged({"np": 1, "half": 2}) == installed / "01_one" / "checks.json"


def test_a_notebook_that_may_be_either_says_what_to_do(installed: Path) -> None:
    """No guess is made."""
    with pytest.raises(WhichLesson, match=r"\(01_one, 02_two\): run its cells above this one first"):
        lessons.packaged({"np": 1})


def test_without_installed_lessons_it_is_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder that a notebook runs in is named."""
    monkeypatch.setattr(lessons, "FOLDER", tmp_path / "none")
    monkeypatch.setattr("autograder.student.notebook._started_in", tmp_path)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LessonNotFound):
        autograder.progress()
