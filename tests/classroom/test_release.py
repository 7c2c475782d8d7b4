"""What is handed out works by itself, and holds nothing that must stay."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from autograder.authoring import build, hidden
from autograder.authoring.lesson import lessons_of
from autograder.classroom.handout import Project, handout
from autograder.classroom.release import release
from autograder.classroom.scan import Leak, scan
from autograder.classroom.wheel import file_name
from autograder.errors import AutograderError, StaleLesson
from autograder.nbgrader.course import Course
from tests.builders import NAME, ROOT, make_course, only_lesson

pytestmark = pytest.mark.slow

PYPROJECT = """\
[project]
name = "a-small-course"
description = "Halves."
license = "MIT"
license-files = ["LICENSE"]
requires-python = ">=3.11"
dependencies = ["numpy>=2.0,<3"]

[project.optional-dependencies]
lessons = ["click>=8.1,<9", "nbclient>=0.10"]
"""
ENVIRONMENT = """\
# a comment
name: small
dependencies:
  - python=3.12 # the middle
  - click=8.5
  - nbgrader=0.9
  - pip:
      - --editable .
"""
WHEEL = "a_small_course-0.1.0-py3-none-any.whl"
SOLVED = "def half(x):\n    return x / 2\n"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course of one small lesson, built, with hidden cases drawn."""
    course = make_course(tmp_path_factory.mktemp("small") / "course")
    for name, text in (
        ("pyproject.toml", PYPROJECT),
        ("environment.yml", ENVIRONMENT),
        ("README.md", "# A small course\n\nFor teachers.\n"),
        ("lessons.lock", "numpy==2.0.0 --hash=sha256:0\n"),
        ("LICENSE", "Do as you like.\n"),
    ):
        (course.root / name).write_text(text, encoding="utf-8")
    (course.root / "data").mkdir()
    (course.root / "data" / "README.md").write_text("Drawn by hand.\n", encoding="utf-8")
    build.build(course, only_lesson(course))
    hidden.hidden_sheets(course, only_lesson(course))
    return course


@pytest.fixture
def course(built: Course, tmp_path: Path) -> Course:
    """A copy of it, to spoil."""
    shutil.copytree(built.root, tmp_path / "course")
    return Course(tmp_path / "course")


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


# An editable install finds the modules that are missing elsewhere in this repository: here it must not.
ALONE = """\
import sys
editable = [one for one in sys.meta_path if "__editable__" in getattr(one, "__module__", "")]
sys.meta_path[:] = [one for one in sys.meta_path if one not in editable]
sys.path[:] = [path for path in sys.path if path != {root!r}]
"""


def run(folder: Path, *command: str, at: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Runs Python where of all our code only what lies in the folder can be imported."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    aside = folder.parent / "aside"
    aside.mkdir(exist_ok=True)
    (aside / "sitecustomize.py").write_text(ALONE.format(root=str(ROOT)), encoding="utf-8")
    environment |= {"PYTHONPATH": f"{aside}{os.pathsep}{folder}", "HOME": str(folder.parent)}
    whole = [sys.executable, *command]
    return subprocess.run(
        whole, cwd=at or folder, env=environment, capture_output=True, text=True, check=False
    )


def solved(notebook: Path) -> None:
    """Writes a right answer to the first exercise into a notebook."""
    read = json.loads(notebook.read_text(encoding="utf-8"))
    (cell,) = [cell for cell in read["cells"] if cell["id"] == "half"]
    cell["source"] = SOLVED
    notebook.write_text(json.dumps(read), encoding="utf-8")


def test_a_released_folder_holds_what_learners_need_and_no_more(built: Course, tmp_path: Path) -> None:
    """Neither the engine nor the authors' room goes out, nor anything of solutions/."""
    release(built, tmp_path / "out")

    there = files(tmp_path / "out")
    assert there >= {
        f"notebooks/{NAME}/{NAME}.ipynb",
        f"notebooks/{NAME}/checks.json",
        "autograder/student/notebook.py",
        "autograder/commands/learner.py",
        "data/README.md",
        "LICENSE",
        "Makefile",
        "README.md",
        "environment.yml",
        "requirements.lock",
    }
    rooms = {path.split("/")[1] for path in there if path.startswith("autograder/")}
    assert rooms == {"__init__.py", "__main__.py", "commands", "errors.py", "py.typed", "student"}
    assert not any(re.search(r"cli\.py|hidden|solutions|exercises|lesson\.py|secret", path) for path in there)
    environment = (tmp_path / "out" / "environment.yml").read_text(encoding="utf-8")
    assert "click=8.5" in environment and "nbgrader" not in environment


def test_jupyterlab_looks_as_it_does_in_the_course(built: Course, tmp_path: Path) -> None:
    """Its start page goes along with all lessons that it names; the teacher's way in stays."""
    (built.root / "lab").mkdir()
    for name in ("student.py", "teacher.py"):
        (built.root / "lab" / name).touch()
    (built.notebooks / "start.ipynb").write_text(
        '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
    )
    release(built, tmp_path / "out")

    there = files(tmp_path / "out")
    assert {"lab/student.py", "notebooks/start.ipynb"} <= there and "lab/teacher.py" not in there
    makefile = (tmp_path / "out" / "Makefile").read_text(encoding="utf-8")
    assert "jupyter lab --config lab/student.py $(ARGS)" in makefile


def test_a_learner_can_check_with_the_released_folder_alone(built: Course, tmp_path: Path) -> None:
    """The command runs a notebook there, and nothing of this repository is within its reach."""
    folder = tmp_path / "out"
    release(built, folder)
    notebook = folder / "notebooks" / NAME / f"{NAME}.ipynb"
    solved(notebook)

    done = run(folder, "-m", "autograder", "check", str(notebook), "--json", "--min-points", "3")

    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)
    assert [row["points"] for row in found["exercises"]] == [2, 0]
    assert "fewer than the 3 asked for" in done.stderr
    lacking = run(folder, "-c", "import autograder.engine")
    assert lacking.returncode and "No module named 'autograder.engine'" in lacking.stderr


def test_a_notebook_alone_works_with_the_wheel(built: Course, tmp_path: Path) -> None:
    """pip installs it; a notebook in an empty folder then finds the checks of its lesson."""
    release(built, tmp_path / WHEEL)
    target, empty = tmp_path / "site", tmp_path / "empty"
    empty.mkdir()
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
        "--target",
        str(target),
    ]
    subprocess.run([*pip, str(tmp_path / WHEEL)], check=True, capture_output=True)

    cells = f"from autograder import check, progress\n{SOLVED}\nprint(float(check(half)))\nprint(progress())"
    done = run(target, "-c", cells, at=empty)

    assert done.stdout.startswith("2.0\n") and "2 of 4.5 points" in done.stdout, done.stderr


def test_archives_have_the_same_bytes_each_time(built: Course, tmp_path: Path) -> None:
    """Whoever gets two can see that they are one."""
    for name in ("course.zip", WHEEL):
        release(built, tmp_path / "one" / name)
        release(built, tmp_path / "two" / name)
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    with zipfile.ZipFile(tmp_path / "one" / "course.zip") as archive:
        assert {entry.filename.split("/")[0] for entry in archive.infolist()} == {"course"}
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_class_is_told_from_when_solutions_will_be_there(built: Course, tmp_path: Path) -> None:
    """Without any of them; for self-study, they go out with the day from which they are shown."""
    release(built, tmp_path / "class", opens="2030-05-01")
    release(built, tmp_path / "alone", self_study=True, opens="2030-05-01")

    def given(folder: str) -> dict[str, Any]:
        path = tmp_path / folder / "notebooks" / NAME / "solutions.json"
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    assert given("class") == {"lesson": NAME, "solutions": {}, "opens": "2030-05-01"}
    assert given("alone")["opens"] == "2030-05-01" and given("alone")["solutions"]["half"]


def test_solutions_go_out_for_self_study_alone(built: Course, tmp_path: Path) -> None:
    """In the form that `solution()` opens: reference, explanation, other right ways."""
    release(built, tmp_path / "out", self_study=True)

    path = tmp_path / "out" / "notebooks" / NAME / "solutions.json"
    given = json.loads(path.read_text(encoding="utf-8"))
    assert given["lesson"] == NAME
    half = given["solutions"]["half"]
    assert "return x / scale" in half["source"] and "SOLUTION" not in half["source"]
    assert half["explanation"].startswith("Half of 3 is 1.5.")
    assert half["variants"][0] == "def half(x):\n    return 0.5 * x\n"
    assert "solutions.json" in (tmp_path / "out" / "README.md").read_text(encoding="utf-8")


def spoil_with_solution(course: Course) -> None:
    text = "shuffled = lambda v, rng: ...\n    return rng.permutation(values)\n"
    (course.notebooks / NAME / "helpers.py").write_text(text, encoding="utf-8")


def spoil_with_secret(course: Course) -> None:
    secret = hidden.secret_of(course)
    (course.root / "data" / "notes.txt").write_text(f"seed={secret}!", encoding="utf-8")


def spoil_with_hidden_case(course: Course) -> None:
    (path,) = (course.private / "hidden").glob("*.json")
    sheet = json.loads(path.read_text(encoding="utf-8"))["exercises"]["half"]
    (course.root / "data" / "sample.json").write_text(json.dumps(sheet["cases"][0]), encoding="utf-8")


def spoil_with_gradebook(course: Course) -> None:
    (course.root / "data" / "numbers.bin").write_bytes(b"SQLite format 3\0" + bytes(100))


def spoil_with_marks(course: Course) -> None:
    text = "student_id,score\nada,3\n"
    (course.root / "data" / "table.csv").write_text(text, encoding="utf-8")


def spoil_with_submission(course: Course) -> None:
    solved(course.notebooks / NAME / f"{NAME}.ipynb")


def spoil_with_solutions_of_another_release(course: Course) -> None:
    text = json.dumps({"lesson": NAME, "solutions": {"half": {"source": "def half(x): return x / 2"}}})
    (course.notebooks / NAME / "solutions.json").write_text(text, encoding="utf-8")


def spoil_with_exercises(course: Course) -> None:
    shutil.copy(course.solutions / NAME / "exercises.py", course.root / "data")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (spoil_with_solution, f"helpers.py holds a solution of {NAME}"),
        (spoil_with_secret, "data/notes.txt holds the secret"),
        (spoil_with_hidden_case, "data/sample.json holds a hidden case"),
        (spoil_with_gradebook, "data/numbers.bin is a gradebook"),
        (spoil_with_marks, "data/table.csv holds marks"),
        (spoil_with_submission, f"{NAME}.ipynb has been written in"),
        (spoil_with_exercises, "data/exercises.py is a file that stays"),
        (spoil_with_solutions_of_another_release, "solutions.json holds solutions"),
    ],
)
def test_nothing_is_handed_out_with_what_must_stay(course: Course, tmp_path: Path, spoil, said: str) -> None:  # type: ignore[no-untyped-def]
    """One sentence says what was found, and no file is left, in any form of release."""
    spoil(course)
    before = files(tmp_path)
    for name in ("out", "out.zip"):
        with pytest.raises(Leak, match=re.escape(said)) as caught:
            release(course, tmp_path / name)
        assert str(caught.value).startswith("Nothing was handed out: ") and "\n" not in str(caught.value)
    assert files(tmp_path) == before


def test_a_lesson_edited_after_its_build_is_not_handed_out(course: Course, tmp_path: Path) -> None:
    """What students get is what the sources say."""
    with (course.solutions / NAME / "lesson.py").open("a", encoding="utf-8") as file:
        file.write("\n# %% [markdown]\n# More.\n")
    with pytest.raises(StaleLesson):
        release(course, tmp_path / "out")


def test_a_course_without_its_papers_is_told_which(course: Course, tmp_path: Path) -> None:
    """A course of one's own need have none of them, until it is handed out."""
    (course.root / "pyproject.toml").unlink()
    with pytest.raises(AutograderError, match=r"Nothing can be handed out without .*pyproject\.toml"):
        release(course, tmp_path / "out")


def test_nothing_else_is_overwritten(built: Course, tmp_path: Path) -> None:
    """An earlier release is replaced when asked, its .git stays; any other folder is left alone."""
    out, other = tmp_path / "out", tmp_path / "other"
    release(built, out)
    (out / ".git").mkdir()
    (out / ".git" / "config").write_text("mine", encoding="utf-8")
    (out / "stray.txt").touch()
    with pytest.raises(AutograderError, match="with --force it is replaced"):
        release(built, out)
    release(built, out, force=True)
    assert (out / ".git" / "config").read_text(encoding="utf-8") == "mine" and not (
        out / "stray.txt"
    ).exists()

    other.mkdir()
    (other / "thesis.txt").touch()
    refused = (
        (other, "no earlier release"),
        (built.root, "the course itself"),
        (built.notebooks / "x", "lies in"),
    )
    for target, said in refused:
        with pytest.raises(AutograderError, match=said):
            release(built, target, force=True)
    with pytest.raises(AutograderError, match=re.escape(WHEEL)):
        release(built, tmp_path / "mine.whl")
    assert files(other) == {"thesis.txt"}


# This course


def test_what_this_course_hands_out_gives_nothing_away() -> None:
    """All lessons, all files; and every link in them leads to a file that is there."""
    course = Course(ROOT)
    contents = handout(course, lessons_of(course))
    project = Project.of(course)

    scan(course, lessons_of(course), contents, project.known_solutions)

    assert file_name(project).startswith("deep_nets_that_train-")
    folders = {str(parent) for path in contents for parent in Path(path).parents}
    for path, data in contents.items():
        if not path.endswith((".md", ".ipynb")):
            continue
        for link in re.findall(r"\]\(([^)#\s]+?\.(?:md|ipynb|txt|py|png)|LICENSE)\)", data.decode("utf-8")):
            if not link.startswith("http"):
                target = os.path.normpath(os.path.join(os.path.dirname(path), link))
                assert target in contents or target in folders, f"{path} links to {link}"
