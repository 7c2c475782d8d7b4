"""The cell that installs the course where a notebook comes alone, run where nothing is installed."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from autograder import __version__
from autograder.authoring.assemble import assemble
from autograder.authoring.installing import Distribution, install_source
from autograder.authoring.lesson import Lesson
from autograder.classroom.release import release
from autograder.nbgrader.course import Course
from tests.builders import ROOT, make_course, only_lesson

CELL = install_source(Distribution("deep_nets_that_train", ""))
KNOWN = "\nimport importlib.metadata\nprint(importlib.metadata.version('deep-nets-that-train'))"


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that holds pip and nothing else."""
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder, with_pip=True)
    return folder / "bin" / "python"


def run(python: Path, source: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A cell's source in a folder, with no network to fetch from."""
    quiet = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [str(python), "-c", source],
        cwd=folder,
        env={**kept, **quiet},
        capture_output=True,
        text=True,
        check=False,
    )


def test_where_the_course_is_it_does_nothing(tmp_path: Path) -> None:
    done = run(Path(sys.executable), CELL, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_where_nothing_is_it_says_what_to_do(bare: Path, tmp_path: Path) -> None:
    done = run(bare, CELL, tmp_path)
    assert "Put the file deep_nets_that_train-….whl, which belongs to this course" in done.stderr
    assert done.stderr.rstrip().splitlines()[-1].startswith("ModuleNotFoundError")


@pytest.mark.slow
def test_a_wheel_beside_the_notebook_is_installed(bare: Path, tmp_path: Path) -> None:
    """Also where another package has our name."""
    release(Course(ROOT), tmp_path / f"deep_nets_that_train-{__version__}-py3-none-any.whl")
    (tmp_path / "stranger").mkdir()
    (tmp_path / "stranger" / "autograder.py").write_text("marks = 'of another course'\n", encoding="utf-8")
    stranger = "import sys\nsys.path.insert(0, 'stranger')\nimport autograder\nsys.path.pop(0)\n"
    origin = "\nimport importlib.util\nprint(importlib.util.find_spec('autograder').origin)"
    done = run(bare, stranger + CELL + KNOWN + origin, tmp_path)
    assert done.returncode == 0, done.stderr
    version, place = done.stdout.split()
    assert version == __version__
    assert place.startswith(str(bare.parents[1]))


def test_an_address_in_pyproject_is_where_the_wheel_comes_from(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "My.Course"\n[project.urls]\nWheel = "https://example.org/my_course-1-py3-none-any.whl"\n'
    )
    distribution = Distribution.of(tmp_path)
    assert distribution is not None
    source = install_source(distribution)
    assert (
        'wheel = glob.glob("my_course-*.whl") or ["https://example.org/my_course-1-py3-none-any.whl"]'
        in source
    )
    compile(source, "cell", "exec")


def test_it_stands_before_the_first_cell_of_code(tmp_path: Path) -> None:
    """Locked, folded, and nothing that a page would show."""
    course = make_course(tmp_path)
    assert "install" not in [cell.id for cell in assemble(only_lesson(course)).cells], "no project, no cell"
    (course.root / "pyproject.toml").write_text('[project]\nname = "tiny"\n', encoding="utf-8")
    made = assemble(Lesson(only_lesson(course).folder)).cells
    first = next(cell for cell in made if cell.cell_type == "code")
    assert first.id == "install" and 'glob.glob("tiny-*.whl")' in first.source
    assert first.metadata["nbgrader"]["locked"] and first.metadata["jupyter"] == {"source_hidden": True}
    assert "remove-cell" in first.metadata["tags"]
