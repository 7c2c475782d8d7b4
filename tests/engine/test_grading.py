"""Grading a class with the sealed engine: submissions as they come, runs that are killed or meet another."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder.authoring.build import build
from autograder.engine import pool, prepare
from autograder.engine.inside.limits import Limits
from autograder.engine.worker import Setup
from autograder.nbgrader.course import Course
from autograder.nbgrader.gradebook import Gradebook
from autograder.nbgrader.records import Submission
from tests.builders import LESSON as LESSON_SOURCE
from tests.builders import code_cell, make_course, needs_sandbox, only_lesson
from tests.sample_class import LESSON, Classroom

pytestmark = [pytest.mark.slow, needs_sandbox]
Notebook = dict[str, Any]


def at(notebook: Notebook, name: str) -> int:
    return next(i for i, cell in enumerate(notebook["cells"]) if cell["id"] == name)


# --- Submissions as they come: what is handed in, and what becomes of it.


def right(c: Classroom) -> None:
    c.submit("right", c.solution())


def untouched(c: Classroom) -> None:
    c.submit("untouched", c.release())


def half(c: Classroom) -> None:
    """One exercise answered, the other as it was handed out."""
    made = c.solution()
    made["cells"][at(made, "relative_error")]["source"] = c.release()["cells"][at(made, "relative_error")][
        "source"
    ]
    c.submit("half", made)


def misconceived(c: Classroom) -> None:
    made = c.solution()
    own = made["cells"][at(made, "relative_error")]
    body = "    return np.linalg.norm(a - b) / (np.linalg.norm(a) + np.linalg.norm(b))\n"
    own["source"] = "def relative_error(a, b):\n" + body
    c.submit("misconceived", made)


def no_notebook(c: Classroom) -> None:
    folder = c.folder("no_notebook")
    folder.mkdir(parents=True)
    (folder / "answers.txt").write_text("42")


def two_notebooks(c: Classroom) -> None:
    folder = c.submit("two_notebooks", c.solution())
    (folder / f"{LESSON} (1).ipynb").write_text("{}")


def renamed(c: Classroom) -> None:
    folder = c.submit("renamed", c.solution())
    os.rename(folder / f"{LESSON}.ipynb", folder / f"{LESSON} (1).ipynb")


def broken_json(c: Classroom) -> None:
    c.submit("broken_json", json.dumps(c.solution()).encode()[:-100])


def empty(c: Classroom) -> None:
    c.submit("empty", b"")


def not_utf8(c: Classroom) -> None:
    c.submit("not_utf8", json.dumps(c.solution(), ensure_ascii=False).encode("utf-16"))


def other_json(c: Classroom) -> None:
    c.submit("other_json", b'["a list"]')


def deep_json(c: Classroom) -> None:
    c.submit("deep_json", b"[" * 100_000)


def version_3(c: Classroom) -> None:
    old = nbformat.convert(nbformat.reads(json.dumps(c.solution()), as_version=4), 3)
    c.submit("version_3", nbformat.writes(old, version=3).encode())


def version_5(c: Classroom) -> None:
    c.submit("version_5", c.solution() | {"nbformat": 5, "nbformat_minor": 0})


def check_deleted(c: Classroom) -> None:
    made = c.solution()
    del made["cells"][at(made, "check_relative_error")]
    c.submit("check_deleted", made)


def answer_deleted(c: Classroom) -> None:
    made = c.solution()
    del made["cells"][at(made, "relative_error")]
    c.submit("answer_deleted", made)


def copied(c: Classroom) -> None:
    """A cell copied metadata and all, in front of the finished one."""
    made = c.solution()
    copy = json.loads(json.dumps(c.release()["cells"][at(made, "relative_error")])) | {"id": "copy"}
    made["cells"].insert(2, copy)
    c.submit("copied", made)


def reordered(c: Classroom) -> None:
    """The second exercise, answer and check, moved before the first."""
    made = c.solution()
    moved = [made["cells"].pop(at(made, name)) for name in ("relative_error", "check_relative_error")]
    first = at(made, "numerical_gradient")
    made["cells"][first:first] = moved
    c.submit("reordered", made)


def check_first(c: Classroom) -> None:
    """The check stands above the answer: what it would see when run from top to bottom is nothing."""
    made = c.solution()
    check = made["cells"].pop(at(made, "check_relative_error"))
    made["cells"].insert(at(made, "relative_error"), check)
    c.submit("check_first", made)


def retyped(c: Classroom) -> None:
    made = c.solution()
    cell = made["cells"][at(made, "check_relative_error")]
    cell["cell_type"] = "markdown"
    del cell["outputs"], cell["execution_count"]
    c.submit("retyped", made)


def stripped(c: Classroom) -> None:
    """All metadata of all cells lost, as some tools do."""
    made = c.solution()
    for cell in made["cells"]:
        cell["metadata"] = {}
    c.submit("stripped", made)


def raised_points(c: Classroom) -> None:
    made = c.release()
    for cell in made["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade"):
            cell["metadata"]["nbgrader"]["points"] = 1000
            cell["source"] = "1000"
    c.submit("raised_points", made)


def shadowing(c: Classroom) -> None:
    c.submit(
        "shadowing", c.solution(), **{"numpy.py": "raise SystemExit", "autograder.py": "raise SystemExit"}
    )


def linked(c: Classroom) -> None:
    """A link to somebody else's notebook in place of one's own."""
    c.submit("somebody", c.solution())
    c.folder("linked").mkdir(parents=True)
    os.symlink(c.folder("somebody") / f"{LESSON}.ipynb", c.folder("linked") / f"{LESSON}.ipynb")


def linked_away(c: Classroom) -> None:
    """Links among the files, to a folder and to what a student should not have."""
    folder = c.submit("linked_away", c.solution())
    os.symlink("/etc/passwd", folder / "notes.txt")
    os.symlink("/usr", folder / "usr")


def large(c: Classroom) -> None:
    """200 MB of files beside the notebook."""
    folder = c.submit("large", c.solution())
    for number in range(4):
        with (folder / f"data{number}.bin").open("wb") as file:
            file.truncate(50 << 20)


def named_oddly(c: Classroom) -> None:
    c.submit("Zoë O'Brien de la Cruz", c.solution(), **{"mes données/été 1.txt": "chaud"})


def other_kernel(c: Classroom) -> None:
    made = c.solution()
    made["metadata"]["kernelspec"] = {"name": "julia-1.9", "display_name": "Julia", "language": "julia"}
    c.submit("other_kernel", made)


def late(c: Classroom) -> None:
    c.submit("late", c.solution(), **{"timestamp.txt": "2031-01-01 12:00:00 UTC"})


def bad_timestamp(c: Classroom) -> None:
    c.submit("bad_timestamp", c.solution(), **{"timestamp.txt": "yesterday at noon"})


def helper_redefined(c: Classroom) -> None:
    """A helper of the first answer is written anew, for another purpose, below its check."""
    made = c.solution()
    cell = made["cells"][at(made, "relative_error")]
    own = cell["source"].replace("np.linalg.norm", "size")
    cell["source"] = f"def size(v):\n    return np.linalg.norm(v)\n\n{own}"
    made["cells"].append(code_cell("def size(v):\n    raise ValueError('another helper')", "later"))
    c.submit("helper_redefined", made)


def noisy(c: Classroom) -> None:
    made = c.solution()
    for name in ("numerical_gradient", "relative_error"):
        cell = made["cells"][at(made, name)]
        cell["source"] = cell["source"].replace(
            '"""\n', '"""\n    print("called", file=__import__("sys").stderr)\n', 1
        )
    c.submit("noisy", made)


def in_tensorflow_types(c: Classroom) -> None:
    """float32 where float64 was expected, and a NumPy scalar for a float."""
    made = c.solution()
    made["cells"].insert(at(made, "relative_error") + 1, code_cell("exact = relative_error", "a"))
    made["cells"].insert(
        at(made, "a") + 1, code_cell("def relative_error(a, b):\n    return np.float32(exact(a, b))", "b")
    )
    c.submit("in_tensorflow_types", made)


def forever(c: Classroom) -> None:
    made = c.solution()
    cell = made["cells"][at(made, "relative_error")]
    cell["source"] = "def relative_error(a, b):\n    while True:\n        pass"
    c.submit("forever", made)


def dies_between(c: Classroom) -> None:
    """A cell of one's own ends the process, between two finished exercises."""
    made = c.solution()
    made["cells"].insert(at(made, "relative_error"), code_cell("import os\nos._exit(7)", "dies"))
    c.submit("dies_between", made)


def dies_on_a_case(c: Classroom) -> None:
    """A function that ends the process for some inputs: the other exercise is none the worse."""
    made = c.solution()
    cell = made["cells"][at(made, "relative_error")]
    renamed = cell["source"].replace("def relative_error(", "def answer(")
    dies = "def relative_error(a, b):\n    return os._exit(1) if np.size(a) > 100 else answer(a, b)"
    cell["source"] = f"import os\n{renamed}\n{dies}"
    c.submit("dies_on_a_case", made)


def dies_everywhere(c: Classroom) -> None:
    made = c.solution()
    for name in ("numerical_gradient", "relative_error"):
        own = made["cells"][at(made, name)]
        own["source"] = f"import os\ndef {name}(*_, **__): os.abort()"
    c.submit("dies_everywhere", made)


def deep_result(c: Classroom) -> None:
    made = c.solution()
    nest = "deep = []\nfor _ in range(600):\n    deep = [deep]\n"
    made["cells"].append(
        code_cell(nest + "display({'application/json': deep, 'text/plain': 'deep'}, raw=True)")
    )
    c.submit("deep_result", made)


EXPECTED = {
    # student: points, status, words of the reason
    right: (4, "graded", ""),
    untouched: (0, "graded", ""),
    half: (2, "graded", ""),
    misconceived: (None, "graded", ""),
    no_notebook: (None, "failed", "there is no 00_start_here.ipynb; found: no notebook"),
    two_notebooks: (4, "graded", ""),
    renamed: (4, "graded", "handed in as 00_start_here (1).ipynb"),
    broken_json: (None, "failed", "is not a notebook"),
    empty: (None, "failed", "is empty"),
    not_utf8: (None, "failed", "is not UTF-8 text"),
    other_json: (None, "failed", "is not a notebook"),
    deep_json: (None, "failed", "is not a notebook"),
    version_3: (4, "graded", ""),
    version_5: (None, "failed", "is not a notebook"),
    check_deleted: (4, "graded", ""),
    answer_deleted: (2, "graded", ""),
    copied: (4, "graded", ""),
    reordered: (4, "graded", ""),
    check_first: (2, "graded", ""),
    retyped: (4, "graded", ""),
    stripped: (4, "graded", ""),
    raised_points: (0, "graded", ""),
    shadowing: (4, "graded", ""),
    linked: (None, "failed", "found: no notebook"),
    linked_away: (4, "graded", "is a symbolic link"),
    large: (4, "graded", "left aside"),
    named_oddly: (4, "graded", ""),
    other_kernel: (4, "graded", ""),
    late: (4, "graded", ""),
    bad_timestamp: (None, "failed", "timestamp"),
    helper_redefined: (4, "graded", ""),
    noisy: (4, "graded", ""),
    in_tensorflow_types: (4, "graded", ""),
    forever: (2, "limited", "relative_error"),
    dies_between: (4, "crashed", "ended the process"),
    dies_on_a_case: (2, "crashed", "exit code 1"),
    deep_result: (4, "graded", ""),
    dies_everywhere: (0, "crashed", "SIGABRT"),
}


def student(make: Callable[[Classroom], None]) -> str:
    return "Zoë O'Brien de la Cruz" if make is named_oddly else make.__name__


class Graded:
    """The class above, graded."""

    def __init__(self, folder: Path) -> None:
        self.classroom = Classroom.made(folder)
        for make in EXPECTED:
            make(self.classroom)
        self.results = self.classroom.grade("--timeout", "5", "--jobs", "2")

    def executed(self, name: str) -> Notebook:
        path = self.classroom.root / "autograded" / name / LESSON / f"{LESSON}.ipynb"
        return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    return Graded(tmp_path_factory.mktemp("class") / "course")


@pytest.mark.parametrize("make", EXPECTED, ids=lambda make: make.__name__)
def test_every_submission_gets_its_points_and_a_reason(graded: Graded, make: Callable) -> None:
    points, status, words = EXPECTED[make]
    result = graded.results[student(make)]
    assert (result["status"], words in result["reason"]) == (status, True), result
    assert bool(result["reason"]) == bool(words), result
    if points is not None:
        assert result["score"] == points, result


def test_a_misconception_is_named_with_its_hint(graded: Graded) -> None:
    exercise = graded.results["misconceived"]["exercises"][1]
    assert exercise["name"] == "relative_error"
    assert exercise["misconception"] and exercise["hint"]
    assert 0 < exercise["points"] < 2


def test_a_failed_submission_lists_its_exercises_without_points(graded: Graded) -> None:
    result = graded.results["broken_json"]
    assert [e["points"] for e in result["exercises"]] == [None, None]
    assert result["max_score"] == 4


def test_the_executed_notebook_shows_verdicts_and_outputs(graded: Graded) -> None:
    cells = graded.executed("half")["cells"]
    right_one, open_one = (
        cells[at({"cells": cells}, name)] for name in ("check_numerical_gradient", "check_relative_error")
    )
    assert "2 of 2 points" in "".join(right_one["outputs"][0]["data"]["text/html"])
    assert "not written" in "".join(open_one["outputs"][0]["data"]["text/html"])


def test_links_lead_nowhere(graded: Graded) -> None:
    folder = graded.classroom.root / "autograded" / "linked_away" / LESSON
    assert not (folder / "notes.txt").exists()
    assert not (folder / "usr").exists()


def test_the_gradebook_holds_the_same_scores(graded: Graded) -> None:
    with sqlite3.connect(graded.classroom.root / "gradebook.db") as book:
        rows = book.execute(
            "select sa.student_id, sum(g.auto_score) from grade g "
            "join submitted_notebook n on g.notebook_id = n.id "
            "join submitted_assignment sa on n.assignment_id = sa.id group by sa.student_id"
        ).fetchall()
    entered = dict(rows)
    for name, result in graded.results.items():
        if result["status"] != "failed":
            assert entered[name] == result["score"], name
        else:
            assert entered.get(name) is None, name


def test_nbgrader_goes_on_from_there(graded: Graded) -> None:
    """Its feedback and its export read what was written."""
    root = graded.classroom.root
    nbgrader = [sys.executable, "-m", "nbgrader"]
    where = {"cwd": root, "capture_output": True, "text": True, "check": False}
    done = subprocess.run([*nbgrader, "generate_feedback", LESSON, "--student", "half"], **where)
    page = root / "feedback" / "half" / LESSON / f"{LESSON}.html"
    assert page.is_file(), done.stderr
    assert "2 of 2 points" in page.read_text(encoding="utf-8")
    done = subprocess.run([*nbgrader, "export"], **where)
    assert "half" in (root / "grades.csv").read_text(encoding="utf-8"), done.stderr


def test_what_is_graded_is_not_graded_again(graded: Graded) -> None:
    started = time.monotonic()
    again = graded.classroom.grade("--timeout", "5")
    assert again == graded.results
    assert time.monotonic() - started < 30


# --- Demonstrations are left out, unless somebody leans on one

WITH_DEMO = LESSON_SOURCE.replace(
    "scale = 2\n", "scale = 2\n\n# %% tags=[\"demo\"]\nfactor = 0.5\nprint('shown')\n"
)


@pytest.mark.parametrize(
    ("answer", "points", "shown"),
    [
        ("return x / 2", 2, False),
        ("return x / 3", 0, False),
        ("return x * factor", 2, True),
        ("return x / 3 + 0 * factor", 0, True),
        ("factor = 3; return x / factor", 0, False),  # a name of its own
    ],
)
def test_demonstrations_run_only_for_those_who_lean_on_one(
    tmp_path: Path, answer: str, points: float, shown: bool
) -> None:
    course = make_course(tmp_path, WITH_DEMO)
    build(course, only_lesson(course))
    room = Classroom(course.root, only_lesson(course).name)
    made = room.solution()
    made["cells"][at(made, "half")]["source"] = f"def half(x):\n    {answer}"
    room.submit("somebody", made)
    result = room.grade()["somebody"]
    assert result["exercises"][0]["points"] == points
    path = room.root / "autograded" / "somebody" / room.lesson / f"{room.lesson}.ipynb"
    assert ('"shown\\n"' in path.read_text(encoding="utf-8")) == shown


# --- Runs that end early, or meet another


@pytest.fixture
def small(tmp_path: Path) -> Classroom:
    """A class of six."""
    made = Classroom.made(tmp_path / "course")
    for number in range(6):
        made.submit(f"student{number}", made.solution() if number % 2 else made.release())
    return made


def marks(results: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {name: (r["score"], r["status"], r["exercises"]) for name, r in results.items()}


def started(classroom: Classroom, *arguments: str) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "autograder",
        "--course",
        str(classroom.root),
        "grade",
        *arguments,
    ]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def test_killed_at_any_moment_the_next_run_ends_with_the_same_scores(
    small: Classroom, tmp_path: Path
) -> None:
    twin = Classroom(shutil.copytree(small.root, tmp_path / "twin"))
    whole = marks(twin.grade())
    for seconds in (0.5, 1.5, 2.5, 3.5, 5.0, 7.0):
        run = started(small, "--jobs", "1")
        time.sleep(seconds)
        os.kill(run.pid, signal.SIGKILL)
        run.communicate()
    assert marks(small.grade()) == whole
    with sqlite3.connect(small.root / "gradebook.db") as book:
        assert book.execute("pragma integrity_check").fetchone() == ("ok",)
        assert book.execute("select count(*) from submitted_assignment").fetchone() == (6,)


def test_a_worker_that_dies_loses_only_the_submission_it_was_at(small: Classroom) -> None:
    """What it had been handed for later is marked by another."""
    gradebook = Gradebook(Course(small.root))
    sources = prepare.InstructorsNotebooks(gradebook.folders.source_folder(LESSON))
    assignment = prepare.prepare(Course(small.root), gradebook, sources, sources.modules)
    notebook = {f"{LESSON}.ipynb": json.dumps(small.solution()).encode()}
    tasks = [(assignment, Submission(f"student{k}", LESSON, notebook)) for k in range(6)]
    gradebook.close()
    setup = Setup(Limits())
    workers = pool.hire(setup, 1)
    marked = pool.mark_all(tasks, setup, workers)
    first = next(marked)
    os.kill(workers[0].process.pid, signal.SIGKILL)
    marks = {task[1].student: mark for task, mark in [first, *marked]}
    assert len(marks) == 6
    lost = [mark for mark in marks.values() if mark.status == "failed"]
    assert [mark.reason for mark in lost] == [
        "the grader failed: the process that marks submissions ended unexpectedly"
    ]
    assert {sum(e.points for e in mark.exercises) for mark in marks.values() if mark not in lost} == {4.0}


def test_workers_end_with_the_one_who_gives_out_the_work(small: Classroom) -> None:
    run = started(small)
    time.sleep(3)
    os.kill(run.pid, signal.SIGKILL)
    run.communicate()
    deadline = time.monotonic() + 15
    while (left := processes_of(run.pid)) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert left == []


def processes_of(session: int) -> list[int]:
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            if (
                os.getsid(int(name)) == session
                and "Z" not in Path(f"/proc/{name}/stat").read_text().split()[2]
            ):
                found.append(int(name))
        except OSError:
            continue
    return found


def test_a_second_run_says_who_is_grading(small: Classroom) -> None:
    first = started(small, "--jobs", "1")
    try:
        lock = small.root / ".autograder" / "grading.lock"
        while not (lock.is_file() and lock.read_text()) and first.poll() is None:
            time.sleep(0.05)
        second = small.run("grade")
        assert second.returncode == 1
        assert f"process {first.pid}" in second.stderr
        assert "Traceback" not in second.stderr
    finally:
        first.communicate(timeout=120)
    assert first.returncode == 0


def test_interrupted_it_ends_tidily_and_goes_on_later(small: Classroom) -> None:
    run = started(small, "--jobs", "1")
    time.sleep(4)
    os.kill(run.pid, signal.SIGINT)
    _, said = run.communicate(timeout=60)
    assert "Traceback" not in said
    assert run.returncode == 130 and "goes on from there" in said
    assert {r["score"] for r in small.grade().values()} == {0.0, 4.0}


def test_a_manual_score_survives_a_regrade(small: Classroom) -> None:
    """Nobody is asked to look again, unless something has changed; and it is the exercise's points."""
    asked = "select sum(needs_manual_grade) from grade"
    small.grade("--student", "student0")
    with sqlite3.connect(small.root / "gradebook.db") as book:
        book.execute("update grade set manual_score = 1.5 where rowid = (select min(rowid) from grade)")
    (again,) = small.grade("--student", "student0", "--regrade").values()
    assert again["score"] == sum(row["points"] for row in again["exercises"]) == 1.5
    with sqlite3.connect(small.root / "gradebook.db") as book:
        assert book.execute(asked).fetchone() == (0,)
    small.submit("student0", small.solution())
    (changed,) = small.grade("--student", "student0").values()
    assert "answered anew since it was graded by hand" in changed["reason"]
    with sqlite3.connect(small.root / "gradebook.db") as book:
        assert book.execute(asked).fetchone() == (1,)


def test_a_new_version_of_a_submission_is_graded_anew(small: Classroom) -> None:
    assert small.grade("--student", "student0")["student0"]["score"] == 0
    small.submit("student0", small.solution())
    assert small.grade("--student", "student0")["student0"]["score"] == 4


def test_a_lost_gradebook_is_filled_again(small: Classroom) -> None:
    small.grade("--student", "student1")
    (small.root / "gradebook.db").unlink()
    small.grade("--student", "student1")
    with sqlite3.connect(small.root / "gradebook.db") as book:
        assert book.execute("select sum(auto_score) from grade").fetchone() == (4.0,)


def test_a_late_submission_is_penalised_by_nbgraders_plugin(small: Classroom) -> None:
    config = small.root / "nbgrader_config.py"
    config.write_text(config.read_text() + "\nc.LateSubmissionPlugin.penalty_method = 'zero'\n")
    small.submit("student1", small.solution(), **{"timestamp.txt": "2031-01-01 12:00:00 UTC"})
    small.grade("--student", "student1")
    with sqlite3.connect(small.root / "gradebook.db") as book:
        book.execute("update assignment set duedate = '2030-01-01 00:00:00'")
    (result,) = small.grade("--student", "student1", "--regrade").values()
    assert result["score"] == 0
    assert [e["points"] for e in result["exercises"]] == [2, 2]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk_ends_with_a_clear_message_and_a_whole_gradebook(
    small: Classroom, tmp_path: Path
) -> None:
    """The course lies on a disk of a few megabytes that somebody else fills; then room is made."""
    disk = tmp_path / "disk"
    disk.mkdir()
    grade = f"{sys.executable} -m autograder --course {disk} grade --jobs 1"
    script = f"""
        mount -t tmpfs -o size=4m none {disk} && cp -a {small.root}/. {disk} && cd {tmp_path}
        {grade} --student student1 >/dev/null || exit 91
        dd if=/dev/zero of={disk}/fill bs=1k 2>/dev/null; truncate -s -30k {disk}/fill
        {grade} 2>full.txt && exit 92
        cp {disk}/gradebook.db full.db; rm {disk}/fill
        {grade} --json >after.json || exit 93
    """
    done = subprocess.run(["unshare", "-m", "sh", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = (tmp_path / "full.txt").read_text()
    assert "could not be written" in said and "Traceback" not in said
    with sqlite3.connect(tmp_path / "full.db") as book:
        assert book.execute("pragma integrity_check").fetchone() == ("ok",)
        assert book.execute("select sum(auto_score) from grade").fetchone()[0] >= 4
    after = json.loads((tmp_path / "after.json").read_text())["lessons"]
    assert sorted(result["score"] for result in after) == [0, 0, 0, 4, 4, 4]


# --- The command


def test_wrong_usage_names_the_nearest_lesson(small: Classroom) -> None:
    done = small.run("grade", "00_start_her")
    assert done.returncode == 2
    assert "Did you mean 00_start_here?" in done.stderr


def test_nothing_to_grade_is_said(tmp_path: Path) -> None:
    done = Classroom.made(tmp_path / "course").run("grade")
    assert done.returncode == 1
    assert "submitted" in done.stderr


def test_an_unknown_student_is_said(small: Classroom) -> None:
    done = small.run("grade", "--student", "nobody")
    assert done.returncode == 1
    assert "nobody" in done.stderr


def test_json_alone_is_on_stdout(small: Classroom) -> None:
    done = small.run("grade", "--student", "student1", "--json")
    found = json.loads(done.stdout)
    assert found["failures"] == 0
    (result,) = found["lessons"]
    assert list(result) == [
        *("lesson", "student", "score", "max_score", "status", "reason", "seconds", "sealed", "exercises")
    ]
    assert list(result["exercises"][0]) == [
        *("name", "points", "max_points", "misconception", "hint", "sealed")
    ]
    assert done.stderr.index(f"preparing {LESSON} …") < done.stderr.index("graded 1 of 1")


def test_without_a_sandbox_the_result_says_so(small: Classroom) -> None:
    (result,) = small.grade("--student", "student1", "--no-sandbox").values()
    assert result["score"] == 4
    assert result["sealed"] is False


def test_submissions_may_lie_elsewhere(small: Classroom, tmp_path: Path) -> None:
    os.rename(small.root / "submitted", tmp_path / "collected")
    found = small.grade("--submitted", str(tmp_path / "collected"), "--student", "student1")
    assert found["student1"]["score"] == 4


def test_a_cluster_gives_the_same_marks(small: Classroom, tmp_path: Path) -> None:
    """Dask's workers share no disk with the course but what the interpreter needs."""
    distributed = pytest.importorskip("distributed")
    twin = Classroom(shutil.copytree(small.root, tmp_path / "twin"))
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster:
        found = small.grade("--scheduler", cluster.scheduler_address)
    assert marks(found) == marks(twin.grade())
    assert all(result["sealed"] for result in found.values())
