"""`autograder demo`: a teacher's evening with a class that doesn't exist, whole."""

from __future__ import annotations

import csv
import re
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from autograder.authoring import build
from autograder.commands import demo
from autograder.commands.cli import main
from autograder.nbgrader.course import Course
from tests.builders import NAME, make_course, needs_sandbox, only_lesson

pytestmark = [pytest.mark.slow, needs_sandbox]
PYPROJECT = '[project]\nname = "small"\nversion = "1"\nrequires-python = ">=3.11"\n'
PAPERS = {
    "pyproject.toml": PYPROJECT,
    "environment.yml": "name: small\ndependencies:\n  - python=3.12\n",
    "README.md": "# A small course\n",
    "lessons.lock": "",
}


@dataclass(frozen=True)
class Evening:
    """What was printed, and what lies in demo/."""

    course: Course
    printed: str
    outside: tuple[set[Path], set[Path]]  # before and after, without demo/

    @property
    def room(self) -> Path:
        return self.course.root / "demo"

    @property
    def rows(self) -> list[list[str]]:
        """The table: student, lesson, what was handed in, points, what was found."""
        lines = [line for line in self.printed.splitlines() if re.match(rf"student\d\d +{NAME[:2]} ", line)]
        return [re.split(r"  +", line) for line in lines]


def _outside(course: Course) -> set[Path]:
    return {path for path in course.root.rglob("*") if "demo" not in path.parts}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course of one small lesson with all that a hand-out is made of."""
    course = make_course(tmp_path_factory.mktemp("small"))
    for name, text in PAPERS.items():
        (course.root / name).write_text(text, encoding="utf-8")
    build.build(course, only_lesson(course))
    return course


@pytest.fixture(scope="module")
def evening(built: Course) -> Evening:
    """The command, run once."""
    before = _outside(built)
    result = CliRunner().invoke(main, ["--course", str(built.root), "demo"])
    assert result.exit_code == 0, result.output
    return Evening(built, result.stdout, (before, _outside(built)))


def test_it_finds_what_was_put_in(evening: Evening) -> None:
    """Right answers earn all, the attack nothing; every misconception is found under its own name."""
    assert len(evening.rows) == 24
    found = {row[2]: row[3:] for row in evening.rows}
    assert found["the reference solutions"] == ["3 of 4.5"]  # the rest is graded by hand
    assert found["wrong answers that attack the grader"][0] == "0 of 4.5"
    assert found["a file cut off in the middle"][0] == "none"
    assert found["right, handed in late"][1].startswith("handed in late")
    assert found["wrong at first, then right"] == ["3 of 4.5"]
    assert found["right, renamed by a browser"] == ["3 of 4.5"]
    put_in = [what.partition(", ")[2] for what in found if "misconception" in what]
    assert len(put_in) >= 4 and any(", " in what for what in put_in)  # some with two of them
    assert [found_as[1] for what, found_as in found.items() if "misconception" in what] == put_in
    assert {found_as[0] for what, found_as in found.items() if "another right way" in what} == {"3 of 4.5"}


def test_what_is_handed_out_holds_no_solution(evening: Evening) -> None:
    """A zip with the lesson as students get it."""
    with zipfile.ZipFile(evening.room / "students.zip") as archive:
        notebook = archive.read(f"students/notebooks/{NAME}/{NAME}.ipynb").decode()
    assert "raise NotImplementedError()" in notebook and "x / scale" not in notebook


def test_the_download_is_named_as_canvas_names_it(evening: Evening) -> None:
    """Late, handed in again and renamed ones among them."""
    with zipfile.ZipFile(evening.room / "downloaded" / f"{NAME}.zip") as archive:
        names = set(archive.namelist())
    assert len(names) == 24 + 1
    assert {
        f"student01_1201_77001_{NAME}.ipynb",
        f"student04_LATE_1204_77004_{NAME}.ipynb",
        f"student05_1205_77005_{NAME}.ipynb",
        f"student05_1205_77505_{NAME}-2.ipynb",
        f"student06_1206_77006_{NAME} (1).ipynb",
    } <= names


def test_all_are_collected_and_who_is_missing_is_named(evening: Evening) -> None:
    """Each lies where it is graded, of two versions the newer one, under the lesson's own name."""
    handed_in = sorted(evening.room.glob("submitted/*/*/*.ipynb"))
    assert [path.parts[-3] for path in handed_in] == [f"student{n:02d}" for n in range(1, 25)]
    assert {path.name for path in handed_in} == {f"{NAME}.ipynb"}
    assert f"{NAME}, read as canvas: 24 new; 1 late" in evening.printed
    assert "the newest of 2 versions" in evening.printed
    assert "nothing handed in by student25" in evening.printed


def test_the_class_and_every_student_get_a_page(evening: Evening) -> None:
    """Also who handed in what can't be graded; the pages that are named are there."""
    assert len(list(evening.room.glob(f"feedback/*/{NAME}/{NAME}.html"))) == 24
    named = re.findall(r"(\S+\.html)$", evening.printed, re.MULTILINE)
    assert str(evening.room / "reports" / "class.html") in named
    assert len(named) == 4 and all(Path(path).is_file() for path in named)


def test_marks_are_exported_for_canvas(evening: Evening) -> None:
    """A row for everybody in the roster, blank where there is no mark, 0 where it is what was earned."""
    with (evening.room / "exports" / "marks.csv").open(encoding="utf-8", newline="") as file:
        heading, most, *rows = csv.reader(file)
    marks = {row[3]: row[-1] for row in rows}
    assert (heading[-1], most[-1]) == ("Halve and shuffle (8100)", "4.5")
    assert len(rows) == 25
    said = [marks[f"student{number:02d}"] for number in (1, 2, 3, 4, 5, 25)]
    assert said == ["3", "0", "", "0", "3", ""]


def test_each_step_is_timed(evening: Evening) -> None:
    """The whole way, in its order."""
    steps = re.findall(r"^(\w[\w ]*?) +\d+\.\d s", evening.printed, re.MULTILINE)
    whole_way = ["release", "hand in", "collect", "grade", "report", "feedback", "export"]
    assert steps == [*whole_way, "in all"]


def test_nothing_is_left_outside_its_folder(evening: Evening) -> None:
    """Not the gradebook, not the secret, not a page."""
    before, after = evening.outside
    assert after == before


def test_an_earlier_class_is_cleared_away_but_for_the_secret(evening: Evening, tmp_path: Path) -> None:
    """Hidden cases are drawn once."""
    shutil.copytree(evening.room, tmp_path / "demo")
    demo._clear(Course(tmp_path / "demo"))
    assert {path.name for path in tmp_path.glob("demo/*") if path.is_dir()} == {".autograder"}
    assert (tmp_path / "demo" / ".autograder" / "secret").read_bytes() == (
        evening.room / ".autograder" / "secret"
    ).read_bytes()


def test_a_course_that_has_nothing_to_hand_out_says_so(built: Course, tmp_path: Path) -> None:
    """And goes on: a class can be graded without."""
    for name in ("solutions", "notebooks", "nbgrader_config.py"):
        copy = shutil.copytree if (built.root / name).is_dir() else shutil.copyfile
        copy(built.root / name, tmp_path / name)
    course, said = Course(tmp_path), list[str]()
    demo._Evening(course, [only_lesson(course)], said.append).release()
    assert said[-1].startswith("nothing is handed out: there is no pyproject.toml")
    assert not (tmp_path / "demo" / "students.zip").exists()


def test_lessons_that_were_edited_since_are_left_out(built: Course, tmp_path: Path) -> None:
    """Where none is left, it says what to do."""
    shutil.copytree(built.root, tmp_path / "course", ignore=shutil.ignore_patterns("demo"))
    course = Course(tmp_path / "course")
    path = only_lesson(course).source_path
    path.write_text(path.read_text(encoding="utf-8") + "\n# later\n", encoding="utf-8")
    for words in (["demo"], ["demo", NAME]):
        result = CliRunner().invoke(main, ["--course", str(course.root), *words])
        assert result.exit_code == 1 and "autograder build" in result.stderr
    assert not (course.root / "demo").exists()
