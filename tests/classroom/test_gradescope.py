"""An autograder.zip, unpacked and started as Gradescope does it."""

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

from autograder.classroom import on_gradescope
from autograder.classroom.carried import as_plain, from_plain
from autograder.classroom.gradescope import package
from autograder.engine.sandbox import missing_for_fence
from autograder.errors import AutograderError
from autograder.nbgrader.course import Course
from tests.builders import ROOT, needs_sandbox
from tests.sample_class import LESSON, Classroom

pytestmark = pytest.mark.slow

LENGTH = "np.linalg.norm"
WRONG = f"def relative_error(a, b):\n    return {LENGTH}(a - b) / ({LENGTH}(a) + {LENGTH}(b))\n"
METADATA = {
    "id": 1,
    "created_at": "2026-10-02T14:00:00.000000-07:00",
    "assignment": {"due_date": "2026-10-02T09:30:00.000000-07:00", "total_points": "4.0"},
    "users": [{"email": "ada@example.com", "id": 5, "name": "Ada"}],
    "previous_submissions": [],
}


@pytest.fixture(scope="module")
def classroom(tmp_path_factory: pytest.TempPathFactory) -> Classroom:
    """A course of one lesson of ours."""
    made = Classroom.made(tmp_path_factory.mktemp("gradescope") / "course")
    for name in ("requirements.lock", "pyproject.toml", "README.md", "environment.yml"):
        shutil.copy(ROOT / name, made.root)
    return made


@pytest.fixture(scope="module")
def packaged(classroom: Classroom) -> Path:
    """Its package."""
    path = classroom.root.parent / "autograder.zip"
    package(Course(classroom.root), path)
    return path


@pytest.fixture
def root(packaged: Path, tmp_path: Path) -> Path:
    """The folder /autograder of a container."""
    for name in ("source", "submission", "results"):
        (tmp_path / "autograder" / name).mkdir(parents=True)
    subprocess.run(["unzip", "-q", str(packaged), "-d", str(tmp_path / "autograder" / "source")], check=True)
    shutil.copy2(tmp_path / "autograder" / "source" / "run_autograder", tmp_path / "autograder")
    (tmp_path / "autograder" / "submission_metadata.json").write_text(json.dumps(METADATA), encoding="utf-8")
    return tmp_path / "autograder"


def started(root: Path) -> subprocess.CompletedProcess[str]:
    """Runs the script, with the packages of this Python and the code of the package."""
    environment = os.environ | {
        "AUTOGRADER_ROOT": str(root),
        "AUTOGRADER_PYTHON": sys.executable,
        "PYTHONPATH": str(root / "source"),
    }
    command = [str(root / "run_autograder")]
    return subprocess.run(command, env=environment, cwd=root, capture_output=True, text=True, check=False)


def results(root: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((root / "results" / "results.json").read_text(encoding="utf-8"))
    return read


def hand_in(root: Path, notebook: dict[str, Any], name: str = "00 (1) my final.ipynb") -> None:
    (root / "submission" / name).write_text(json.dumps(notebook), encoding="utf-8")


def answered(classroom: Classroom, name: str, source: str) -> dict[str, Any]:
    notebook = classroom.solution()
    (cell,) = [cell for cell in notebook["cells"] if cell["id"] == name]
    cell["source"] = source
    return notebook


@needs_sandbox
def test_a_notebook_of_any_name_is_graded_as_gradescope_starts_it(classroom: Classroom, root: Path) -> None:
    """A test for each exercise with its points and the verdict's card; hidden cases count, and don't show."""
    hand_in(root, answered(classroom, "relative_error", WRONG))
    (root / "submission" / "notes.txt").write_text("mine", encoding="utf-8")

    done = started(root)

    assert done.returncode == 0, done.stderr
    found = results(root)
    assert [test["name"] for test in found["tests"]] == ["numerical_gradient", "relative_error"]
    right, wrong = found["tests"]
    assert (right["score"], right["max_score"], right["status"]) == (2, 2, "passed")
    assert wrong["score"] < 2 and wrong["status"] == "failed"
    assert found["score"] == right["score"] + wrong["score"]
    assert {test["output_format"] for test in found["tests"]} == {"html"}
    assert {test["visibility"] for test in found["tests"]} == {"visible"}
    assert wrong["output"].startswith("<div") and "Hint" in wrong["output"]
    assert "4.5 hours after the due date" in found["output"]
    assert found["extra_data"]["sandboxed"] is True and found["stdout_visibility"] == "hidden"


def test_the_package_holds_no_secret_and_no_solution(classroom: Classroom, packaged: Path) -> None:
    """Hidden cases are in it; what they were drawn with, and the answers, are not."""
    secret = (classroom.root / ".autograder" / "secret").read_bytes().strip()
    solution = (classroom.root / "solutions" / LESSON / "lesson.py").read_text(encoding="utf-8")
    (first, *_) = re.findall(r"### BEGIN SOLUTION\n(.*?)\n *### END SOLUTION", solution, re.DOTALL)
    with zipfile.ZipFile(packaged) as archive:
        names = archive.namelist()
        everything = b"".join(archive.read(name) for name in names)
        modes = {name: archive.getinfo(name).external_attr >> 16 for name in ("setup.sh", "run_autograder")}
    assert secret not in everything and json.dumps(first)[1:-1].encode() not in everything
    assert f"private/{LESSON}.json" in names
    assert not [name for name in names if name.startswith(("solutions/", "notebooks/", ".autograder"))]
    assert set(modes.values()) == {0o100755}


def test_an_assignment_survives_the_way(packaged: Path) -> None:
    """What is read there is what was written here."""
    with zipfile.ZipFile(packaged) as archive:
        made = from_plain(json.loads(archive.read(f"private/{LESSON}.json")))
    assert from_plain(as_plain(made)) == made
    assert made.rehearsal == () and made.public_counts and made.notebooks[LESSON].grade_cells


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "this was nothing"),
        ({"report.pdf": b"%PDF"}, "this was report.pdf"),
        ({"a.ipynb": None, "b.ipynb": None}, "more than one notebook of this assignment (a.ipynb, b.ipynb)"),
        ({"a.ipynb": b'{"cells": []}', "b.ipynb": b"{"}, "no notebook of this assignment (a.ipynb, b.ipynb)"),
    ],
)
def test_what_is_no_single_notebook_says_what_to_hand_in(
    classroom: Classroom, root: Path, files: dict[str, bytes | None], said: str
) -> None:
    """None is guessed at, and nothing runs."""
    for name, data in files.items():
        whole = json.dumps(classroom.release()).encode()
        (root / "submission" / name).write_bytes(whole if data is None else data)
    on_gradescope.main(root)
    assert said in results(root)["output"] and results(root)["score"] == 0


def test_without_a_sandbox_nothing_is_graded_unasked(
    classroom: Classroom, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No results and exit 1, which Gradescope shows as a failure of the autograder: nobody gets a zero."""
    monkeypatch.setattr(on_gradescope, "missing", lambda: "no user namespaces")
    hand_in(root, classroom.solution())
    with pytest.raises(SystemExit):
        on_gradescope.main(root)
    assert "no user namespaces), so nothing was graded" in capsys.readouterr().err
    assert not (root / "results" / "results.json").exists()


def test_without_a_sandbox_and_asked_to_it_says_what_is_left(
    classroom: Classroom, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The results are marked, and the instructor's log names the reason."""
    monkeypatch.setattr(on_gradescope, "missing", lambda: "no user namespaces")
    monkeypatch.setattr(on_gradescope, "missing_for_fence", lambda: "no Landlock")
    monkeypatch.setattr(on_gradescope.os, "geteuid", lambda: 1000)
    (root / "source" / "settings.json").write_text('{"without_sandbox": true}', encoding="utf-8")
    hand_in(root, classroom.solution())
    on_gradescope.main(root)
    assert "students' code runs as your own user" in capsys.readouterr().out
    assert results(root)["score"] == 4 and results(root)["extra_data"]["sandboxed"] is False


def test_without_a_sandbox_landlock_still_stands(
    classroom: Classroom, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if lacking := missing_for_fence():
        pytest.skip(lacking)
    monkeypatch.setattr(on_gradescope, "missing", lambda: "no user namespaces")
    (root / "source" / "settings.json").write_text('{"without_sandbox": true}', encoding="utf-8")
    hand_in(root, classroom.solution())
    on_gradescope.main(root)
    assert "behind Landlock and a list of system calls" in capsys.readouterr().out
    assert results(root)["score"] == 4 and results(root)["extra_data"]["sandboxed"] is False


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_user_who_cannot_reach_the_interpreter_is_no_ones_zero(tmp_path: Path) -> None:
    """It is said before anything is graded."""
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o700)
    (locked / "module.py").touch()
    with pytest.raises(AutograderError, match="can't read"):
        on_gradescope._must_reach(on_gradescope.NOBODY, [str(locked / "module.py")])
