"""docs/teaching.md is a term in commands: each is run here, in its order, in a course of its own."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.builders import ROOT, needs_sandbox
from tests.sample_class import LESSON, Classroom

pytestmark = [pytest.mark.slow, needs_sandbox]
GUIDE = (ROOT / "docs" / "teaching.md").read_text(encoding="utf-8")
COURSE = (
    *("autograder", "nnlab", "data", "lab", "pyproject.toml", "lessons.lock", "environment.yml", "README.md"),
    *("LICENSE", "LICENSE-CC-BY-4.0.txt", "nbgrader_config.py"),
)
ROSTER = "Student,ID,SIS User ID,SIS Login ID,Section,Start (77)\n" + "".join(
    f'"{name.title()}, X",{number},{number},{name},1,\n'
    for number, name in enumerate(["ada", "bob", "cyd"], 11)
)
LATE = "2030-03-02 09:00 UTC"  # after the due date, before the extension


def blocks(language: str) -> list[str]:
    """The guide's code in a language, block by block."""
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def term(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The course after a term: three students, of whom ada and bob are late and cyd never handed in."""
    root = tmp_path_factory.mktemp("term") / "course"
    room = Classroom.made(root)
    for name in COURSE:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "studies", "*.npz")
            shutil.copytree(ROOT / name, root / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, root / name)
    (root / ".venv" / "bin").mkdir(parents=True)
    (root / ".venv" / "bin" / "activate").write_text(f'PATH="{Path(sys.executable).parent}:$PATH"\n')
    notebook = room.submit("ada", room.solution()) / f"{LESSON}.ipynb"
    with zipfile.ZipFile(root / "canvas.zip", "w") as archive:
        for number, name in enumerate(["ada", "bob"], 11):
            archive.write(notebook, f"{name}_LATE_{number}_900{number}_{LESSON}.ipynb")
    shutil.rmtree(root / "submitted")
    (root / "canvas-gradebook.csv").write_text(ROSTER)
    (root / "extensions.csv").write_text(blocks("csv")[0])
    config = root / "nbgrader_config.py"
    config.write_text(config.read_text() + blocks("python")[0])
    commands = "\n".join(blocks("sh"))
    # The due date comes first here, as it would in a term; and the platform told of no time.
    due = next(line for line in commands.splitlines() if "--duedate" in line)
    commands = commands.replace(due, "")
    again = f"for one in ada bob; do echo '{LATE}' > submitted/$one/{LESSON}/timestamp.txt; done"
    commands = commands.replace("autograder grade 00\n", f"{again}\nautograder grade 00\n")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(root)}
    done = subprocess.run(
        ["sh", "-exc", f"{due}\n{commands}"],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return root


def test_what_is_handed_out_lies_where_the_guide_says(term: Path) -> None:
    assert zipfile.is_zipfile(term.parent / "students.zip")
    assert zipfile.is_zipfile(term.parent / "lessons.whl") or list(term.parent.glob("*.whl"))


def test_the_class_page_and_feedback_are_there(term: Path) -> None:
    assert (term / "reports" / "class.html").is_file()
    assert (term / "feedback" / "ada" / LESSON / f"{LESSON}.html").is_file()


def test_an_extension_saves_its_student_and_nobody_else(term: Path) -> None:
    """The exported marks: ada's extension covers her, bob's lateness costs all, cyd has none."""
    with (term / "exports" / "marks.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    marks = {row[3]: row[-1] for row in rows if len(row) > 3 and row[3] in ("ada", "bob", "cyd")}
    assert (float(marks["ada"]), float(marks["bob"]), marks["cyd"]) == (4, 0, "")


def test_no_command_of_the_guide_is_left_out() -> None:
    """Whatever looks like a command stands in a block that is run."""
    run = "\n".join(blocks("sh"))
    assert {"release", "collect", "grade", "report", "feedback", "export", "build", "list"} <= set(
        re.findall(r"autograder (\w+)", run)
    )
