"""Stock nbgrader works on the repository as it is: one small class goes through all of its commands.

Each student below is there for one thing that a course lives with; their submissions are graded in one run.
"""

from __future__ import annotations

import csv
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import textwrap
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import pytest

from autograder.authoring.lesson import lessons_of
from autograder.authoring.stale import stale_files
from autograder.commands.selfcheck import verdicts_of
from autograder.nbgrader.course import Course
from autograder.student import checks_file
from tests.builders import ROOT

pytestmark = pytest.mark.slow

LESSON = "00_start_here"
GRADIENT, RELATIVE = "numerical_gradient", "relative_error"
STUB = "    # YOUR CODE HERE\n    raise NotImplementedError()"
Notebook = nbformat.NotebookNode


# --- The class


def cell(notebook: Notebook, name: str) -> Notebook:
    return next(one for one in notebook.cells if one.id == name)


def write(notebook: Notebook, **bodies: str) -> None:
    """Puts code into solution cells, in place of what raises NotImplementedError."""
    for name, body in bodies.items():
        own = cell(notebook, name)
        own.source = own.source.replace(STUB, textwrap.indent(body, "    "))
        assert body.splitlines()[0] in own.source


RIGHT_GRADIENT = """\
gradient = np.zeros_like(x)
for i in np.ndindex(x.shape):
    above, below = x.copy(), x.copy()
    above[i] += h
    below[i] -= h
    gradient[i] = (f(above) - f(below)) / (2 * h)
return gradient"""
RIGHT_RELATIVE = """\
together = np.linalg.norm(a) + np.linalg.norm(b)
return np.linalg.norm(a - b) / together if together else 0.0"""


def right(notebook: Notebook) -> None:
    write(notebook, numerical_gradient=RIGHT_GRADIENT, relative_error=RIGHT_RELATIVE)


def untouched(notebook: Notebook) -> None:
    pass


def half_right(notebook: Notebook) -> None:
    """A known misconception: two zeros give 0/0."""
    write(
        notebook,
        numerical_gradient=RIGHT_GRADIENT,
        relative_error="return np.linalg.norm(a - b) / (np.linalg.norm(a) + np.linalg.norm(b))",
    )


def wrong_and_skipped(notebook: Notebook) -> None:
    """Wrong, with nbclient's tag for cells that shall not run on all that is graded."""
    write(notebook, numerical_gradient="return x", relative_error="return 17")
    for one in notebook.cells:
        if one.id.startswith("check_"):
            one.metadata["tags"] = ["skip-execution", "raises-exception", "remove-cell"]


def copied(notebook: Notebook) -> None:
    """A solution cell copied in JupyterLab, metadata and all, and the copy finished."""
    notebook.cells.insert(3, nbformat.from_dict(json.loads(json.dumps(cell(notebook, GRADIENT)))))
    notebook.cells[3].id = "copy-of-it"
    write(notebook, relative_error=RIGHT_RELATIVE)
    own = [one for one in notebook.cells if one.metadata.get("nbgrader", {}).get("grade_id") == GRADIENT]
    own[-1].source = own[-1].source.replace(STUB, textwrap.indent(RIGHT_GRADIENT, "    "))


def pasted(notebook: Notebook) -> None:
    """A locked cell of another lesson pasted in, with a grade_id nobody knows and nothing behind it."""
    right(notebook)
    stray = nbformat.v4.new_code_cell("1 + 1", metadata={"nbgrader": {}})
    foreign = nbformat.from_dict(json.loads(json.dumps(cell(notebook, "check_relative_error"))))
    foreign.update(id="foreign", source="assert False")
    foreign.metadata.nbgrader.update(grade_id="check_of_another_lesson", points=100)
    notebook.cells += [stray, foreign]


def check_deleted(notebook: Notebook) -> None:
    right(notebook)
    notebook.cells.remove(cell(notebook, "check_relative_error"))


def tampered(notebook: Notebook) -> None:
    """The checks say what the student would like, and are worth more."""
    write(notebook, numerical_gradient="return x", relative_error="return 17")
    for one in notebook.cells:
        if one.id.startswith("check_"):
            one.source = "2.0"
            one.metadata.nbgrader.points = 200


def learnt_by_heart(notebook: Notebook) -> None:
    """Public cases answered from a table made of checks.json; anything else gets a guess."""
    write(
        notebook,
        numerical_gradient=RIGHT_GRADIENT,
        relative_error="""\
import json
from autograder.student.checks_file import load
from pathlib import Path
for case in load(Path("checks.json")).sheets["relative_error"].cases:
    if np.array_equal(case.inputs["a"], a) and np.array_equal(case.inputs["b"], b):
        return case.expected
return 0.5""",
    )


def noisy(notebook: Notebook) -> None:
    """Right, but it prints, warns, logs and writes on stderr while it is checked."""
    noise = "import logging, os, sys, warnings\nprint('here')\nwarnings.warn('careful')\n"
    noise += "logging.warning('careful')\nsys.stderr.write('careful')\nos.write(2, b'careful')\n"
    write(notebook, numerical_gradient=noise + RIGHT_GRADIENT, relative_error=noise + RIGHT_RELATIVE)


def in_float32(notebook: Notebook) -> None:
    write(
        notebook,
        numerical_gradient=RIGHT_GRADIENT.replace("return gradient", "return gradient.astype(np.float32)"),
        relative_error=RIGHT_RELATIVE.replace("return np", "return np.float32(np").replace(" if", ") if"),
    )


def endless(notebook: Notebook) -> None:
    """relative_error never returns for a large array; for small ones, as in the lesson, it does."""
    write(
        notebook,
        numerical_gradient=RIGHT_GRADIENT,
        relative_error="while np.size(a) > 100:\n    pass\n" + RIGHT_RELATIVE,
    )


@dataclass(frozen=True)
class Student:
    change: Callable[[Notebook], None]
    gradient: float | None  # points that stock nbgrader should give: 2 at most; None: no score
    relative: float | None


CLASS = {
    "right": Student(right, 2, 2),
    "untouched": Student(untouched, 0, 0),
    "half_right": Student(half_right, 2, 1.5),
    "wrong_and_skipped": Student(wrong_and_skipped, 0, 0),
    "copied": Student(copied, 2, 2),
    "pasted": Student(pasted, 2, 2),
    "check_deleted": Student(check_deleted, 2, None),
    "tampered": Student(tampered, 0, 0),
    "learnt_by_heart": Student(learnt_by_heart, 2, 0),
    "noisy": Student(noisy, 2, 2),
    "in_float32": Student(in_float32, 2, 2),
    "endless": Student(endless, 2, 0),
}


# --- The commands


@dataclass
class Run:
    """A course on which the stock commands were run, and what each of them said."""

    root: Path
    environment: dict[str, str]
    said: dict[str, str] = field(default_factory=dict)

    def nbgrader(self, *words: str) -> str:
        """Runs a stock command in the course's folder; fails the test if it fails."""
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", *words],
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=400,
        )
        text = done.stdout + done.stderr
        assert done.returncode == 0, f"nbgrader {' '.join(words)}\n{text[-3000:]}"
        self.said[words[0]] = text
        return text

    def submit(self, student: str, change: Callable[[Notebook], None], lesson: str = LESSON) -> None:
        """What a student hands in: the release with their changes, and the files beside it."""
        folder = self.root / "submitted" / student / lesson
        shutil.copytree(self.root / "notebooks" / lesson, folder)
        notebook = nbformat.read(folder / f"{lesson}.ipynb", as_version=4)
        change(notebook)
        nbformat.write(notebook, folder / f"{lesson}.ipynb")

    def scores(self, lesson: str = LESSON) -> dict[str, dict[str, float | None]]:
        """The automatic points of every student, as nbgrader's gradebook has them."""
        from nbgrader.api import Gradebook

        with Gradebook(f"sqlite:///{self.root / 'gradebook.db'}", "deep-nets") as gradebook:
            return {
                one.student_id: {
                    grade.name: grade.auto_score for book in one.notebooks for grade in book.grades
                }
                for one in gradebook.assignment_submissions(lesson)
            }


def environment(scratch: Path) -> dict[str, str]:
    """Our Python's commands first, and nobody's settings of Jupyter."""
    folders = {f"JUPYTER_{name}_DIR": str(scratch / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return {**os.environ, **folders, "PATH": path, "JUPYTER_CONFIG_PATH": "", "PYTHONWARNINGS": "ignore"}


def released(root: Path, scratch: Path, lesson: str) -> Run:
    """A copy of the course with one lesson, released by the stock command."""
    shutil.copy(ROOT / "nbgrader_config.py", root)
    shutil.copytree(ROOT / "solutions" / lesson, root / "solutions" / lesson)
    shutil.copy(ROOT / "pyproject.toml", root)  # names what the lesson's first cell installs
    run = Run(root, environment(scratch))
    run.nbgrader("generate_assignment", lesson)
    return run


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The course of the first lesson, after every stock command but the server's."""
    run = released(tmp_path_factory.mktemp("course"), tmp_path_factory.mktemp("jupyter"), LESSON)
    for name, student in CLASS.items():
        run.submit(name, student.change)
    run.nbgrader("autograde", LESSON)
    run.nbgrader("generate_feedback", LESSON, "--student", "half_right")
    run.nbgrader("export")
    return run


def test_generate_assignment_makes_the_release_that_is_committed(course: Run) -> None:
    """The stock command and `autograder build` give the same files: notebook and checks, and no lesson.py.

    The pictures behind exercises are the build's alone: they come from the executed notebook.
    """
    made = {path.name: path.read_bytes() for path in (course.root / "notebooks" / LESSON).iterdir()}
    committed = {path.name: path.read_bytes() for path in (ROOT / "notebooks" / LESSON).iterdir()}
    committed.pop("pictures.json", None)

    assert set(made) == {f"{LESSON}.ipynb", "checks.json"}
    assert made == committed
    assert stale_files(Course(course.root), lessons_of(Course(course.root))[0]) == []


@pytest.mark.parametrize(
    ("folder", "verdict"),
    [
        ("solutions", "Success! Your notebook passes all the tests."),
        ("notebooks", "VALIDATION FAILED ON 2 CELL(S)!"),
    ],
)
def test_validate_passes_the_solution_and_fails_the_release(course: Run, folder: str, verdict: str) -> None:
    """Full points count as passed; an unfinished function does not."""
    assert verdict in course.nbgrader("validate", f"{folder}/{LESSON}/{LESSON}.ipynb")


@pytest.mark.parametrize("name", CLASS)
def test_autograde_gives_the_points_deserved(course: Run, name: str) -> None:
    """Reference full, release nothing, half right in between; tags, noise and pasted cells change nothing."""
    student = CLASS[name]
    scores = course.scores()[name]

    assert scores[f"check_{GRADIENT}"] == student.gradient
    assert scores[f"check_{RELATIVE}"] == student.relative


def test_answers_learnt_by_heart_pass_the_public_cases(course: Run) -> None:
    """Or the hidden cases would not have been what cost them their points."""
    folder = course.root / "submitted" / "learnt_by_heart" / LESSON

    found = verdicts_of(folder / f"{LESSON}.ipynb")

    assert [verdict["points"] for verdict in found.verdicts] == [2, 2]


def test_an_endless_loop_is_named_in_what_the_student_gets_back(course: Run) -> None:
    """The check gives up by itself, long before nbgrader would, and says why."""
    notebook = nbformat.read(
        course.root / "autograded" / "endless" / LESSON / f"{LESSON}.ipynb", as_version=4
    )

    (output,) = cell(notebook, "check_relative_error").outputs
    assert "is there a loop that never ends" in output.data["text/html"]


def test_a_noisy_answer_leaves_nothing_on_stderr_of_its_check(course: Run) -> None:
    """nbgrader gives 0 to a cell that writes there."""
    notebook = nbformat.read(course.root / "autograded" / "noisy" / LESSON / f"{LESSON}.ipynb", as_version=4)

    for name in (GRADIENT, RELATIVE):
        assert [one.output_type for one in cell(notebook, f"check_{name}").outputs] == ["execute_result"]


def test_hidden_cases_and_secret_stay_with_the_grader(course: Run) -> None:
    """They lie in .autograder, for the owner's eyes, and no student's folder holds an input of theirs."""
    private = course.root / ".autograder"
    (hidden,) = (private / "hidden").iterdir()
    secret = (private / "secret").read_text(encoding="utf-8").strip()
    assert private.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (hidden, private / "secret")} == {0o600}

    cases = [case for one in checks_file.load(hidden).sheets.values() for case in one.cases]
    numbers = [float(case.inputs["x" if "x" in case.inputs else "a"].flat[0]) for case in cases]
    drawn = [repr(number) for number in numbers if number]
    for folder in ("notebooks", "submitted", "autograded", "feedback"):
        for path in (path for path in (course.root / folder).rglob("*") if path.is_file()):
            text = path.read_text(encoding="utf-8")
            assert secret not in text, path
            assert not any(number in text for number in drawn), path
            assert path.suffix != ".py", path


def test_feedback_shows_points_and_what_was_seen(course: Run) -> None:
    """The stock page holds the verdict's hint."""
    (page,) = (course.root / "feedback" / "half_right").rglob("*.html")
    text = page.read_text(encoding="utf-8")

    assert "Score: 3.5 / 4.0" in text
    assert "you divide 0 by 0 there and get nan" in text


def test_export_writes_a_row_for_every_student(course: Run) -> None:
    """The stock CSV holds score and maximum."""
    with open(course.root / "grades.csv", newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}

    assert set(rows) == set(CLASS)
    for name, student in CLASS.items():
        assert float(rows[name]["score"]) == (student.gradient or 0) + (student.relative or 0), name
        assert float(rows[name]["max_score"]) == 4


@pytest.mark.keras
def test_the_reference_of_a_keras_lesson_earns_everything(tmp_path: Path) -> None:
    """TensorFlow's notes cost no points, though cells that only illustrate are gone from the notebook."""
    lesson = "12_inverted_dropout"
    run = released(tmp_path, tmp_path / "jupyter", lesson)
    solution = nbformat.read(tmp_path / "solutions" / lesson / f"{lesson}.ipynb", as_version=4)

    def finished(notebook: Notebook) -> None:
        for one in solution.cells:
            if one.metadata.get("nbgrader", {}).get("solution"):
                cell(notebook, one.id).source = one.source
        notebook.cells = [one for one in notebook.cells if "demo" not in one.metadata.get("tags", [])]

    run.submit("ann", finished, lesson)
    run.nbgrader("autograde", lesson)

    points = {f"check_{one.name}": one.points for one in lessons_of(Course(tmp_path))[0].exercises.values()}
    assert run.scores(lesson) == {"ann": points}


# --- formgrader


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextmanager
def formgrader(run: Run, log: Path) -> Iterator[Callable[[str], str]]:
    """A Jupyter server on the course; yields what gets a page below /formgrader."""
    port, token = free_port(), secrets.token_hex(16)
    command = [sys.executable, "-m", "jupyter_server", "--no-browser", "--ServerApp.ip=127.0.0.1"]
    command += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}"]
    command += [f"--ServerApp.root_dir={run.root}", *(["--allow-root"] if os.geteuid() == 0 else [])]

    def get(page: str) -> str:
        address = f"http://127.0.0.1:{port}/formgrader/{page}"
        request = urllib.request.Request(address, headers={"Authorization": f"token {token}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read().decode()

    with open(log, "w") as file:
        server = subprocess.Popen(command, cwd=run.root, env=run.environment, stdout=file, stderr=file)
    try:
        _wait_for(lambda: get("api/status"), server, log)
        yield get
    finally:
        server.terminate()
        server.wait(20)


def _wait_for(answer: Callable[[], str], server: subprocess.Popen, log: Path, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            answer()
            return
        except (urllib.error.URLError, ConnectionError):
            assert server.poll() is None and time.monotonic() < until, log.read_text()[-3000:]
            time.sleep(0.1)


def test_formgrader_shows_the_class(course: Run, tmp_path: Path) -> None:
    """The stock web pages: the assignment, its students with their scores, and one submission."""
    with formgrader(course, tmp_path / "server.log") as get:
        (assignment,) = json.loads(get("api/assignments"))
        submissions = {one["student"]: one for one in json.loads(get(f"api/submissions/{LESSON}"))}
        books = json.loads(get(f"api/submitted_notebooks/{LESSON}/{LESSON}"))
        (book,) = [one for one in books if one["student"] == "half_right"]
        page = get(f"submissions/{book['id']}/")

    assert (assignment["name"], assignment["max_score"]) == (LESSON, 4)
    assert assignment["num_submissions"] == len(CLASS)
    assert {name: one["score"] for name, one in submissions.items()} == {
        name: (student.gradient or 0) + (student.relative or 0) for name, student in CLASS.items()
    }
    assert all(one["autograded"] for one in submissions.values())
    assert [name for name, one in submissions.items() if one["needs_manual_grade"]] == ["check_deleted"]
    assert "check_relative_error" in page and "you divide 0 by 0" in page
