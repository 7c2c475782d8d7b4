"""What is usual in other people's courses works, or is refused in words: never a silent zero."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from autograder.engine.options import named
from autograder.errors import UnknownLesson
from tests.builders import needs_sandbox
from tests.engine.plain_course import cell

pytestmark = needs_sandbox
MIB = 1 << 20

# Each is a cell worth a point; the instructor's own solution holds what the cell needs.
IDIOMS = {
    "matplotlib_inline": "%matplotlib inline\nimport matplotlib.pyplot as plt\nassert plt.plot([1, 2])",
    "matplotlib_notebook": "%matplotlib notebook\nassert True",
    "pylab": "%pylab inline\nassert linspace(0, 1, 3)[1] == 0.5",
    "gui": "%gui\nassert True",
    "own_name": "import os\nassert os.path.basename(os.getcwd()) == 'week1'",
    "own_notebook": "from glob import glob\nassert sorted(glob('*.ipynb')) == ['other.ipynb', 'week1.ipynb']",
    "run_other_notebook": "%run other.ipynb\nassert from_the_other == 42",
    "server": (
        "import socket\nserver = socket.create_server(('127.0.0.1', 0))\n"
        "client = socket.create_connection(server.getsockname())\nassert client"
    ),
    "large_file": "import os\nassert os.path.getsize('large.bin') == 100 << 20",
    "own_large_file": "assert open('mine.bin', 'wb').write(bytes(72 << 20)) == 72 << 20",
    "many_files": "held = [open('large.bin') for _ in range(300)]\nassert len(held) == 300",
    "on_pythonpath": "import outer_module\nassert outer_module.VALUE == 7",
    "variable": "import os\nassert (os.environ['COURSE_KEY'], os.environ['COURSE_DATA']) == ('abc', 'x=y')",
    "outside": "assert open(os.environ['COURSE_PLACE'] + '/numbers.csv').read() == '1,2\\n'",
    "slow": "import time\ntime.sleep(2.5)\nassert True",
}
CONFIG = """
import os, sys
sys.path.insert(0, os.path.dirname(__file__))
from course_rules import SECONDS
c = get_config()
c.Execute.timeout = 1
c.Execute.timeout_func = lambda cell: SECONDS
"""


def notebook(cells: list[dict[str, Any]], language: str = "python") -> str:
    kernel = {
        "display_name": language,
        "language": language,
        "name": {"python": "python3", "R": "ir"}[language],
    }
    return json.dumps(
        {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    )


def graded_cells(idioms: dict[str, str]) -> list[dict[str, Any]]:
    return [cell("code", name, source, grade=True, locked=True, points=1) for name, source in idioms.items()]


def nbgrader(root: Path, *arguments: str) -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    command = [sys.executable, "-m", "nbgrader", *arguments]
    subprocess.run(command, cwd=root, env={**os.environ, "PATH": path}, capture_output=True, check=True)


def grade(root: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "autograder", "--course", str(root), "grade", "--json", *arguments]
    usual = {**os.environ, **environment}
    return subprocess.run(command, env=usual, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """A course of idioms, handed in as it was handed out: every cell passes with nothing written."""
    root, elsewhere = tmp_path_factory.mktemp("idioms"), tmp_path_factory.mktemp("elsewhere")
    source = root / "source" / "week1"
    source.mkdir(parents=True)
    (source / "week1.ipynb").write_text(notebook(graded_cells(IDIOMS)))
    (source / "other.ipynb").write_text(notebook([cell("code", "plain", "from_the_other = 42")]))
    with (source / "large.bin").open("wb") as file:
        file.truncate(100 * MIB)
    (root / "nbgrader_config.py").write_text(CONFIG)
    (root / "nbgrader_config.json").write_text('{"ClearSolutions": {"code_stub": {"python": "..."}}}')
    (root / "course_rules.py").write_text("SECONDS = 10\n")
    elsewhere.chmod(0o755)  # root's sandbox is somebody else
    (elsewhere / "modules").mkdir()
    (elsewhere / "modules" / "outer_module.py").write_text("from inner_module import VALUE\n")
    (elsewhere / "modules" / "inner_module.py").write_text("VALUE = 7\n")
    (elsewhere / "numbers.csv").write_text("1,2\n")
    nbgrader(root, "generate_assignment", "week1")
    handed_in = root / "submitted" / "ann" / "week1"
    handed_in.mkdir(parents=True)
    for path in (root / "release" / "week1").glob("*.ipynb"):
        (handed_in / path.name).write_bytes(path.read_bytes())
    given = ("--env", "COURSE_KEY", "--env", "COURSE_DATA=x=y", "--env", f"COURSE_PLACE={elsewhere}")
    modules = str(elsewhere / "modules")
    return grade(root, *given, "--read", str(elsewhere), COURSE_KEY="abc", PYTHONPATH=modules)


@pytest.mark.slow
@pytest.mark.parametrize("idiom", IDIOMS)
def test_what_courses_do_works(done: subprocess.CompletedProcess[str], idiom: str) -> None:
    """The instructor's own answers pass first, so a refusal of the whole names the cell, too."""
    assert done.stdout, done.stderr
    (result,) = json.loads(done.stdout)["lessons"]
    points = {row["name"]: row["points"] for row in result["exercises"]}
    assert points[idiom] == 1, result


def plain_course(root: Path, **languages: str) -> Path:
    """Assignments with a cell that passes, each for a language."""
    for name, language in languages.items():
        for folder in (root / "source" / name, root / "submitted" / "ann" / name):
            folder.mkdir(parents=True)
            (folder / f"{name}.ipynb").write_text(notebook(graded_cells({"one": "1"}), language))
    return root


@pytest.mark.slow
def test_another_languages_notebook_is_refused_by_name(tmp_path: Path) -> None:
    root = plain_course(tmp_path, lab1="R")
    (root / "nbgrader_config.json").write_text("{}")
    done = grade(root, "lab1")
    assert done.returncode == 1
    assert "lab1.ipynb is for the kernel ir (R), and only Python is graded here" in done.stderr


@pytest.mark.slow
def test_another_languages_assignment_does_not_hold_up_the_others(tmp_path: Path) -> None:
    root = plain_course(tmp_path, lab1="R", lab2="python")
    (root / "nbgrader_config.json").write_text("{}")
    nbgrader(root, "generate_assignment", "lab2")
    done = grade(root)
    assert [(row["lesson"], row["score"]) for row in json.loads(done.stdout)["lessons"]] == [("lab2", 1)]
    assert "lab1 was left out: lab1.ipynb is for the kernel ir (R)" in done.stderr


@pytest.mark.parametrize("wanted", ["lab", "lab_", "7"])
def test_a_beginning_means_nothing(wanted: str) -> None:
    with pytest.raises(UnknownLesson):
        named(wanted, ["lab_1", "lab_2", "07_clipping"])


def test_a_number_means_the_lesson_that_begins_with_it() -> None:
    assert named("07", ["lab_1", "07_clipping"]) == "07_clipping"
    with pytest.raises(UnknownLesson):
        named("07", ["07_clipping", "07_other"])


def test_a_variable_that_is_not_there_is_named(tmp_path: Path) -> None:
    root = plain_course(tmp_path, lab1="python")
    (root / "nbgrader_config.json").write_text("{}")
    done = grade(root, "--env", "NO_SUCH_VARIABLE")
    assert done.returncode == 2
    assert "There is no variable NO_SUCH_VARIABLE here" in done.stderr
