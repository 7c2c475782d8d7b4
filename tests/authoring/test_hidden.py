"""A lesson that was edited and not built: one sentence, no traceback, and nobody's points."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.authoring import hidden
from autograder.authoring.build import build
from autograder.errors import StaleLesson
from autograder.nbgrader.course import Course
from autograder.student import checks_file, notebook
from autograder.student import sheet as sheets
from tests.builders import NAME, make_course, only_lesson

SENTENCE = f"{NAME} was edited after its last build: run autograder build 07"


@pytest.fixture
def built(tmp_path: Path) -> Course:
    course = make_course(tmp_path)
    build(course, only_lesson(course))
    return course


@pytest.fixture
def edited(built: Course) -> Course:
    path = built.solutions / NAME / "exercises.py"
    path.write_text(path.read_text(encoding="utf-8") + "\n# another thought\n", encoding="utf-8")
    return built


def public_of(course: Course) -> sheets.LessonSheet:
    return checks_file.load(only_lesson(course).checks_path)


def check_half(course: Course, monkeypatch: pytest.MonkeyPatch, answer: Any) -> Any:
    """`check(half)` as nbgrader runs it, in the folder of a submission inside the course."""
    folder = course.root / "autograded" / "ada" / NAME
    folder.mkdir(parents=True)
    (folder / "checks.json").write_bytes(only_lesson(course).checks_path.read_bytes())
    monkeypatch.chdir(folder)
    monkeypatch.setattr(notebook, "_started_in", folder)
    names = {"half": answer, "__name__": "__main__", "check": hidden.check}
    return eval("check(half)", names)


@pytest.mark.slow
def test_hidden_cases_stand_behind_the_public_ones(built: Course) -> None:
    public = public_of(built)
    whole = hidden.with_hidden_cases(built, public)
    for name, sheet in public.sheets.items():
        assert whole.sheets[name].cases[: len(sheet.cases)] == sheet.cases or sheet.judge
        assert len(whole.sheets[name].cases) > len(sheet.cases)


@pytest.mark.slow
def test_an_edited_lesson_has_no_hidden_cases(edited: Course) -> None:
    with pytest.raises(StaleLesson) as caught:
        hidden.with_hidden_cases(edited, public_of(edited))
    assert str(caught.value) == SENTENCE


@pytest.mark.slow
def test_grade_stops_with_one_sentence(edited: Course) -> None:
    folder = edited.root / "submitted" / "ada" / NAME
    folder.mkdir(parents=True)
    (folder / f"{NAME}.ipynb").write_bytes((edited.solutions / NAME / f"{NAME}.ipynb").read_bytes())
    command = [sys.executable, "-m", "autograder", "--course", str(edited.root), "grade", "--no-sandbox"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ.copy())
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1] == f"autograder: {SENTENCE}"
    assert "Traceback" not in done.stderr
    assert not list(edited.root.glob("autograded/*"))


@pytest.mark.slow
def test_under_stock_nbgrader_the_public_cases_decide_and_a_note_says_so(
    edited: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    verdict = check_half(edited, monkeypatch, lambda x: np.asarray(x) / 2)
    assert float(verdict) == verdict.max_points
    assert verdict.notes == (f"judged on the public cases alone: {SENTENCE}",)


@pytest.mark.slow
def test_a_built_lesson_is_checked_without_a_note(built: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    verdict = check_half(built, monkeypatch, lambda x: np.asarray(x) / 2)
    assert float(verdict) == verdict.max_points
    assert verdict.notes == ()


@pytest.mark.slow
def test_one_file_of_hidden_cases_is_kept_for_a_lesson(built: Course) -> None:
    lesson = only_lesson(built)
    hidden.hidden_sheets(built, lesson)
    path = built.solutions / NAME / "lesson.py"
    path.write_text(path.read_text(encoding="utf-8") + "\n# %%\n1 + 1\n", encoding="utf-8")
    build(built, only_lesson(built))
    hidden.hidden_sheets(built, only_lesson(built))
    assert len(list((built.private / "hidden").glob(f"{NAME}-*.json"))) == 1
