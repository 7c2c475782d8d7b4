"""What a learner's diary keeps, what it survives, and where it is neither read nor written."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from click.testing import CliRunner

from autograder.commands.cli import main
from autograder.student import course, diary, keeping, progress_page, recall
from autograder.student import notebook as checking
from autograder.student.sheet import Choice, Question
from tests.conftest import Notebook
from tests.student.test_notebook import RIGHT, WRONG, add_sheet, double_sheet

ROOT = Path(__file__).resolve().parents[2]
ANOTHER = "def double(x): return x + 1"
QUESTION = Question("why", "Why?", (Choice("So.", "Not so.", False), Choice("Because.", "Yes.", True)))


def new_kernel(monkeypatch: pytest.MonkeyPatch) -> Notebook:
    """A notebook in a kernel that was just started."""
    for memory in ("_loaded", "_last", "_judged", "_tries"):
        monkeypatch.setattr(checking, memory, {})
    monkeypatch.setattr(diary, "_own", None)
    return Notebook()


@pytest.fixture
def in_lesson(kept: Path, lesson: Callable[..., Path]) -> Path:
    """A lesson of two exercises, whose learner has a diary: its path."""
    lesson(double_sheet(), add_sheet())
    return kept


def exercise(path: Path, name: str = "double") -> dict[str, Any]:
    """What a diary holds of an exercise."""
    found: dict[str, Any] = json.loads(path.read_text())["lessons"]["01_small"]["exercises"][name]
    return found


# What is kept


def test_progress_outlives_the_kernel(in_lesson: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Points of an earlier session are shown with their day; what is checked anew is shown as it is now."""
    Notebook().answer(RIGHT)
    notebook = new_kernel(monkeypatch)
    said = repr(notebook.run("progress()"))
    assert "4 of 6 points" in said and "all right (on " in said
    notebook.answer(WRONG)
    said = repr(notebook.run("progress()"))
    assert "0 of 6 points" in said and "(on " not in said


def test_tries_best_points_and_dates_are_kept(in_lesson: Path, notebook: Notebook) -> None:
    for answer in (WRONG, RIGHT, WRONG):
        notebook.answer(answer)
    found = exercise(in_lesson)
    assert (found["tries"], found["best"], found["points"], found["status"]) == (3, 4.0, 0.0, "wrong")
    assert found["passed"][:10] == found["last"][:10] == date.today().isoformat()


def test_an_exercise_that_is_not_written_is_no_try(in_lesson: Path, notebook: Notebook) -> None:
    notebook.answer("def double(x): raise NotImplementedError")
    assert exercise(in_lesson)["tries"] == 0


@pytest.mark.parametrize(
    "again",
    [
        WRONG,
        "def double(x):\n    '''Thrice.'''\n    return 3 * x  # again",
        "def double(x): return x + x + x",
    ],
    ids=["the same", "another comment", "the same results"],
)
def test_the_same_answer_counts_once(in_lesson: Path, notebook: Notebook, again: str) -> None:
    """Neither a check that is repeated nor another way to the same result is another answer."""
    notebook.answer(WRONG)
    notebook.answer(again)
    assert (exercise(in_lesson)["tries"], exercise(in_lesson)["differ"]) == (2, 1)


def test_answers_that_differ_are_counted(in_lesson: Path, notebook: Notebook) -> None:
    notebook.answer(WRONG)
    notebook.answer(ANOTHER)
    found = exercise(in_lesson)
    assert found["differ"] == 2
    assert [one["source"] for one in found["answers"]] == [
        "def double(x):\n    return 3 * x",
        "def double(x):\n    return x + 1",
    ]
    assert found["answers"][0]["failed"] == ["vectors", "matrices"]


def test_only_the_latest_answers_are_kept(in_lesson: Path, notebook: Notebook) -> None:
    for k in range(keeping.MOST_ANSWERS + 3):
        notebook.answer(f"def double(x): return x + {k + 20}")
    found = exercise(in_lesson)
    assert len(found["answers"]) == keeping.MOST_ANSWERS
    assert found["differ"] == keeping.MOST_ANSWERS + 3


def test_tries_are_not_lost_with_the_kernel(in_lesson: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example that comes after three tries comes after three, a restart between them."""
    notebook = Notebook()
    notebook.answer(WRONG)
    notebook.answer(ANOTHER)
    assert "Twice three is six." in str(new_kernel(monkeypatch).answer("def double(x): return x - 1"))


def test_a_pause_is_not_time_spent(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 60.0, 10_000.0, 10_030.0])
    monkeypatch.setattr(keeping.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(keeping, "_last_seen", next(clock))
    assert [keeping.spent() for _ in range(3)] == [60.0, 0.0, 30.0]


# What it survives


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"format": 1}', '{"format": 1, "lessons": {"a": 3}}', "\x00"]
)
def test_a_damaged_file_is_put_aside_and_said(in_lesson: Path, notebook: Notebook, text: str) -> None:
    """Nothing of it is lost, and progress goes on in a new one."""
    in_lesson.parent.mkdir(parents=True)
    in_lesson.write_text(text)
    verdict = notebook.answer(RIGHT)
    (aside,) = in_lesson.parent.glob("diary.damaged-*")
    assert aside.read_text() == text
    assert any("was damaged" in note and str(aside) in note for note in verdict.notes)
    assert exercise(in_lesson)["status"] == "right"
    assert notebook.check("double").notes == ()


def test_a_read_only_file_is_left_as_it_is_and_said_once(in_lesson: Path, notebook: Notebook) -> None:
    notebook.answer(WRONG)
    before = in_lesson.read_bytes()
    in_lesson.chmod(stat.S_IRUSR)
    assert any("read-only" in note for note in notebook.answer(RIGHT).notes)
    assert in_lesson.read_bytes() == before
    assert notebook.check("double").notes == ()
    assert "all right" in repr(notebook.run("progress()"))


def test_a_folder_that_cannot_be_made_costs_nothing(
    in_lesson: Path, notebook: Notebook, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv(diary.FOLDER, str(tmp_path / "file" / "data"))
    verdict = notebook.answer(RIGHT)
    assert verdict.points == 4.0
    assert any("remembered only until the kernel ends" in note for note in verdict.notes)


def test_a_newer_file_is_left_as_it_is(in_lesson: Path, notebook: Notebook) -> None:
    in_lesson.parent.mkdir(parents=True)
    in_lesson.write_text('{"format": 99}')
    assert any("newer version" in note for note in notebook.answer(RIGHT).notes)
    assert in_lesson.read_text() == '{"format": 99}'


def test_kernels_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    """Four processes, each with twenty notes of its own."""
    script = (
        "import sys; from pathlib import Path; from autograder.student import diary\n"
        "d = diary.Diary(Path(sys.argv[1]))\n"
        "for k in range(20): d.update(lambda data: diary.lesson_in(data, f'{sys.argv[2]}-{k}'))\n"
    )
    path = tmp_path / "data" / "diary.json"
    command = [sys.executable, "-c", script, str(path)]
    running = [subprocess.Popen([*command, str(k)], cwd=ROOT) for k in range(4)]
    assert [process.wait(60) for process in running] == [0] * 4
    assert len(json.loads(path.read_text())["lessons"]) == 80
    assert {one.name for one in path.parent.iterdir()} == {"diary.json", "diary.lock"}


def test_a_python_without_locks_keeps_it_all_the_same(
    in_lesson: Path, notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A browser's has a module fcntl, and no flock in it."""
    monkeypatch.setitem(sys.modules, "fcntl", ModuleType("fcntl"))
    assert notebook.answer(RIGHT).notes == ()
    assert json.loads(in_lesson.read_text())["lessons"]


def test_a_learners_own_eyes_only(in_lesson: Path, notebook: Notebook) -> None:
    notebook.answer(RIGHT)
    assert in_lesson.stat().st_mode & 0o077 == 0


# Where it is not kept


@pytest.mark.parametrize("variable", ["NBGRADER_EXECUTION", "STATIC_FIGURES"])
def test_where_notebooks_are_graded_or_built_there_is_none(
    in_lesson: Path, notebook: Notebook, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook.answer(RIGHT)
    before = in_lesson.read_bytes()
    monkeypatch.setenv(variable, "1")
    notebook = new_kernel(monkeypatch)
    monkeypatch.setenv(variable, "1")
    assert "not written yet" in repr(notebook.run("progress()"))
    notebook.run(WRONG)
    notebook.run("check(double)")
    assert in_lesson.read_bytes() == before


@pytest.mark.parametrize("room", ["autograder.authoring", "autograder.engine.inside", "autograder.nbgrader"])
def test_whoever_grades_has_loaded_what_no_learner_loads(room: str) -> None:
    """Whatever the environment says: a process with one of these rooms keeps no diary."""
    script = f"import {room}\nfrom autograder.student import diary\nassert not diary.is_kept()"
    environment = {**os.environ, diary.FOLDER: "/nowhere"}
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environment, check=True)


def test_a_learners_kernel_loads_none_of_these_rooms() -> None:
    script = "import autograder\nfrom autograder.student import diary\nassert diary.is_kept()"
    environment = {**os.environ, diary.FOLDER: "/nowhere"}
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environment, check=True)


def test_outside_of_ipython_there_is_none_unless_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diary, "ROOMS_OF_OTHERS", ())
    monkeypatch.delenv(diary.FOLDER)
    assert not diary.is_kept()


@pytest.mark.parametrize(
    ("system", "variables", "expected"),
    [
        ("linux", {}, ".local/share/autograder"),
        ("linux", {"XDG_DATA_HOME": "/data"}, "/data/autograder"),
        ("linux", {"XDG_DATA_HOME": "relative"}, ".local/share/autograder"),
        ("darwin", {}, "Library/Application Support/autograder"),
        ("win32", {}, "AppData/Roaming/autograder"),
        ("win32", {"APPDATA": "/roaming"}, "/roaming/autograder"),
        ("linux", {diary.FOLDER: "/own"}, "/own"),
    ],
)
def test_every_system_has_its_place(
    system: str, variables: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("XDG_DATA_HOME", "APPDATA", diary.FOLDER):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setattr(diary.sys, "platform", system)
    assert diary.folder() == tmp_path / expected


# The course


@pytest.fixture
def three_lessons(in_lesson: Path, tmp_path: Path) -> Path:
    """A course of three lessons like the one in which the learner is: its notebooks' folder."""
    checks = (tmp_path / "checks.json").read_text()
    for name in ("01_small", "02_next", "03_last"):
        folder = tmp_path / "notebooks" / name
        folder.mkdir(parents=True)
        (folder / "checks.json").write_text(checks.replace("01_small", name))
        (folder / f"{name}.ipynb").write_text("{}")
    (tmp_path / "checks.json").unlink()
    return tmp_path / "notebooks"


def test_the_course_says_what_is_done_broken_and_next(
    three_lessons: Path, notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(three_lessons / "02_next")
    notebook.answer(RIGHT)
    notebook.answer(WRONG)
    found = notebook.run('progress("course")')
    assert [one.state for one in found.lessons] == ["not begun", "0 of 2 exercises", "not begun"]
    said = repr(found)
    assert "double (02_next) was right on" in said and "Next: double in 02_next." in said
    assert found._repr_html_().count('href="../02_next/02_next.ipynb"') == 1


def test_the_progress_of_a_lesson_links_to_the_next(
    three_lessons: Path, notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(three_lessons / "02_next")
    found = notebook.run("progress()")
    assert 'href="../03_last/03_last.ipynb"' in found._repr_html_()
    assert "The next lesson: 03_last" in repr(found)
    monkeypatch.chdir(three_lessons / "03_last")
    assert "next lesson" not in notebook.run("progress()")._repr_html_()


def test_the_command_shows_the_same(
    three_lessons: Path, notebook: Notebook, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As text, as one JSON object, and as a page."""
    monkeypatch.chdir(three_lessons / "01_small")
    notebook.answer(RIGHT)
    text = CliRunner().invoke(main, ["--course", str(tmp_path), "progress"])
    assert text.exit_code == 0 and "4 of 18 points" in text.stdout and "Next: add in 01_small." in text.stdout
    data = json.loads(CliRunner().invoke(main, ["--course", str(tmp_path), "progress", "--json"]).stdout)
    assert (data["score"], data["max_score"]) == (4.0, 18.0)
    assert data["next"] == {"lesson": "01_small", "exercise": "add"}
    page = tmp_path / "page.html"
    assert (
        CliRunner().invoke(main, ["--course", str(tmp_path), "progress", "--page", str(page)]).exit_code == 0
    )
    assert (
        page.read_text().count("<section>") == 2
        and "Not begun" in page.read_text()
        and "http" not in page.read_text()
    )


def test_what_a_page_shows_is_escaped() -> None:
    lesson = course.LessonProgress("01", "<b>One</b>", (), 0.0, "")
    assert "<b>" not in progress_page.page(course.CourseProgress((lesson,)))
    assert "<b>" not in progress_page.card(course.CourseProgress((lesson,)))


# Slips


def test_slips_are_those_that_nothing_recognised(in_lesson: Path, notebook: Notebook) -> None:
    """And they are printed only for whoever asks."""
    assert "There are none" in CliRunner().invoke(main, ["slips"]).stdout
    notebook.answer("def double(x): return x * x")
    notebook.answer(ANOTHER)
    said = CliRunner().invoke(main, ["slips"]).stdout
    assert "## 01_small, `double`" in said and "return x + 1" in said
    assert "x * x" not in said


# Questions that come back


def asked(right: bool, data: dict[str, Any], monkeypatch: pytest.MonkeyPatch, day: date) -> str:
    """When a question comes back that is answered on a day."""

    class Clock(date):
        @classmethod
        def today(cls) -> date:
            return day

    monkeypatch.setattr(recall, "date", Clock)
    recall.write_answer(data, "01_small", QUESTION, right)
    found: str = data["lessons"]["01_small"]["questions"]["why"]["due"]
    return found


def test_intervals_grow_while_answers_are_right(monkeypatch: pytest.MonkeyPatch) -> None:
    data: dict[str, Any] = {"format": 1, "lessons": {}}
    day, seen = date(2026, 1, 1), []
    for _ in range(6):
        due = date.fromisoformat(asked(True, data, monkeypatch, day))
        seen.append((due - day).days)
        day = due
    assert seen == [1, 3, 7, 21, 60, 60]
    assert date.fromisoformat(asked(False, data, monkeypatch, day)) == day + timedelta(days=1)


def test_an_answer_that_is_not_due_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opens every choice has answered with the first."""
    data: dict[str, Any] = {"format": 1, "lessons": {}}
    day = date(2026, 1, 1)
    first = asked(False, data, monkeypatch, day)
    assert asked(True, data, monkeypatch, day) == first
    assert data["lessons"]["01_small"]["questions"]["why"]["right"] is False
