"""One warm process marks what people hand in: right and wrong, broken, looping, crashing, forging."""

from __future__ import annotations

import gc
import json
import os
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autograder.authoring.build import build
from autograder.commands.shown import table
from autograder.engine import family, pool, run, submissions
from autograder.engine.entering import Entering, as_result
from autograder.engine.failures import Failures
from autograder.engine.inside.limits import Limits
from autograder.engine.options import Options
from autograder.engine.prepare import InstructorsNotebooks, prepare
from autograder.engine.records import Records
from autograder.engine.sealed import ELSEWHERE
from autograder.engine.worker import Setup, Worker, failed
from autograder.nbgrader.course import Course
from autograder.nbgrader.gradebook import Gradebook
from autograder.nbgrader.patches import patch
from autograder.nbgrader.records import Assignment, ExerciseMark, Mark, NotebookMark, Submission
from autograder.student import checks_file
from tests.builders import LESSON, NAME, code_cell, make_course, needs_sandbox, only_lesson

pytestmark = needs_sandbox
LIMITS = replace(Limits(), cell_seconds=3)
Marked = Callable[..., Mark]


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    made = make_course(tmp_path_factory.mktemp("marking"))
    build(made, only_lesson(made))
    return made


@pytest.fixture(scope="module")
def assignment(course: Course) -> Assignment:
    gradebook = Gradebook(course)
    try:
        sources = InstructorsNotebooks(gradebook.folders.source_folder(NAME))
        return prepare(course, gradebook, sources, sources.modules)
    finally:
        gradebook.close()


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    made = Worker(Setup(LIMITS))
    yield made
    made.close()


@pytest.fixture
def marked(course: Course, assignment: Assignment, worker: Worker) -> Marked:
    """The mark of the solution with pieces of its cells replaced, and lines put before its first cell."""

    def mark(first: str = "", raw: bytes | None = None, **replaced: str) -> Mark:
        return worker.mark(assignment, submission(course, first, raw, replaced))

    return mark


def submission(course: Course, first: str, raw: bytes | None, replaced: dict[str, str]) -> Submission:
    path = Path(course.solutions, NAME, f"{NAME}.ipynb")
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["id"] in replaced:
            cell["source"] = replaced[cell["id"]]
    if first:
        notebook["cells"].insert(0, code_cell(first, "first"))
    data = json.dumps(notebook).encode() if raw is None else raw
    return Submission("ada", NAME, {f"{NAME}.ipynb": data})


def points(mark: Mark) -> dict[str, float | None]:
    return {exercise.name: exercise.points for exercise in mark.exercises}


def exercise(mark: Mark, name: str) -> ExerciseMark:
    return next(one for one in mark.exercises if one.name == name)


@pytest.mark.slow
def test_right_answers_earn_everything_and_are_sealed(marked: Marked) -> None:
    mark = marked()
    assert (mark.status, mark.reason) == ("graded", "")
    assert all(one.points == one.max_points for one in mark.exercises if one.sealed)
    assert exercise(mark, "half").sealed


def test_a_known_slip_is_named_and_costs_its_own_exercise(marked: Marked) -> None:
    mark = marked(half="def half(x):\n    return 2 * x")
    assert exercise(mark, "half").misconception == "doubled"
    assert exercise(mark, "half").points == 0
    assert exercise(mark, "shuffled").points == exercise(mark, "shuffled").max_points


@pytest.mark.slow
def test_an_endless_loop_is_stopped_and_named(marked: Marked) -> None:
    mark = marked(first="while True: pass")
    assert mark.status == "limited"
    assert "cell 1" in mark.reason
    assert points(mark) == points(marked())


def test_a_crash_costs_what_crashed(marked: Marked) -> None:
    mark = marked(half="import os\ndef half(x):\n    os._exit(1)")
    assert mark.status == "crashed"
    assert mark.reason.startswith("half")
    assert exercise(mark, "shuffled").points == exercise(mark, "shuffled").max_points


def test_what_is_printed_or_displayed_counts_for_nothing(marked: Marked) -> None:
    claim = "import sys\nsys.displayhook(99.0)\nprint(99.0)"
    mark = marked(
        first=claim, half="def half(x):\n    import sys\n    sys.displayhook(99.0)\n    return 99.0"
    )
    assert exercise(mark, "half").points == 0


def test_what_was_merely_imported_from_the_course_earns_nothing(marked: Marked) -> None:
    kit = (
        "import sys, types\nkit = types.ModuleType('kit')\nkit.__handed_out__ = True\n"
        "exec('def half(x): return x / 2', kit.__dict__)\nsys.modules['kit'] = kit"
    )
    found = exercise(marked(first=kit, half="from kit import half"), "half")
    assert found.points == 0
    assert "is the course's own here, imported from `kit`" in found.explanation
    whole = exercise(marked(first=kit, half="import kit\ndef half(x):\n    return kit.half(x)"), "half")
    assert whole.points == whole.max_points


def test_nobodys_diary_is_read_or_written(marked: Marked) -> None:
    """Whatever the environment says, in a grader there is none, and the course's own functions are used."""
    mark = marked(
        first="import os\nos.environ['AUTOGRADER_DATA'] = '/tmp/diary'",
        half=(
            "import math\nfrom autograder import use_mine\nfrom autograder.student import diary\n"
            "def half(x):\n    assert use_mine(math.sqrt) is math.sqrt and diary.own().path is None\n"
            "    return x / 2"
        ),
    )
    assert exercise(mark, "half").points == exercise(mark, "half").max_points


def test_a_deleted_answer_earns_nothing_and_says_so(marked: Marked) -> None:
    mark = marked(half="")
    assert exercise(mark, "half").points == 0
    assert mark.status == "graded"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"{", "is not a notebook"),
        (b"\xff\xfe{}", "is not UTF-8"),
        (b"{}", "notebook"),
        (b"\n<!DOCTYPE html><html>Sign in</html>", "is a web page, not a notebook"),
        (b"%PDF-1.7", "is a PDF, not a notebook"),
    ],
    ids=["empty", "cut off", "another encoding", "no notebook", "web page", "PDF"],
)
def test_a_broken_file_is_the_students_result_not_a_failure_of_ours(
    marked: Marked, data: bytes, said: str
) -> None:
    mark = marked(raw=data)
    assert mark.status == "failed"
    assert said in mark.reason
    assert not mark.ours
    assert {one.points for one in mark.exercises} == {None}


def test_a_written_answer_waits_for_a_person_and_is_not_called_unsealed(marked: Marked) -> None:
    mark = marked(why_shuffle="Files are often sorted by class.")
    question = exercise(mark, "why_shuffle")
    assert (question.points, question.by_hand, question.sealed) == (None, True, False)
    assert mark.sealed and mark.status == "graded"
    result = as_result(mark)
    assert result["sealed"] and all(row["sealed"] for row in result["exercises"])
    assert "unsealed" not in table({"lessons": [result], "failures": 0})
    assert "1 to grade by hand" in table({"lessons": [result], "failures": 0})


def test_a_failed_submission_is_not_called_sealed(marked: Marked) -> None:
    """Nor unsealed: nothing of it was graded."""
    result = as_result(marked(raw=b"{"))
    assert not result["sealed"] and not any(row["sealed"] for row in result["exercises"])
    assert "sealed" not in table({"lessons": [result], "failures": 1})


def test_what_was_graded_is_known_again_cell_by_cell(marked: Marked) -> None:
    """A written answer for itself; code with all of the student's code and the points."""
    first, second = "why_shuffle", f"{NAME}/check_half"
    before = marked(why_shuffle="Because.").answers
    assert marked(why_shuffle="Because.").answers == before
    other = marked(why_shuffle="Because.", half="def half(x):\n    return 2 * x").answers
    assert other[f"{NAME}/{first}"] == before[f"{NAME}/{first}"] and other[second] != before[second]
    assert marked(why_shuffle="Why not?").answers[f"{NAME}/{first}"] != before[f"{NAME}/{first}"]


def files_called(course: Course, *names: str) -> Submission:
    data = submission(course, "", None, {}).files[f"{NAME}.ipynb"]
    return Submission("ada", NAME, dict.fromkeys(names, data))


def test_a_notebook_of_another_name_is_graded_and_said(
    marked: Marked, course: Course, assignment: Assignment, worker: Worker
) -> None:
    """Of two nobody knows which; beside the right name others don't matter; plain courses keep theirs."""
    one, two = files_called(course, "my (1).ipynb"), files_called(course, "a.ipynb", "b.ipynb")
    mark = worker.mark(assignment, one)
    assert (mark.status, mark.reason) == ("graded", "handed in as my (1).ipynb")
    assert points(mark) == points(marked())
    mark = worker.mark(assignment, two)
    assert mark.status == "failed" and "a.ipynb and b.ipynb both hold its cells" in mark.reason
    mark = worker.mark(assignment, files_called(course, "a.ipynb", f"{NAME}.ipynb"))
    assert (mark.status, mark.reason) == ("graded", "")
    mark = worker.mark(replace(assignment, checks=""), one)
    assert mark.status == "failed" and "my (1).ipynb holds its cells: rename it" in mark.reason


def test_a_comment_in_the_configuration_grades_nobody_anew(assignment: Assignment) -> None:
    """Another value does."""
    text = assignment.config["nbgrader_config.py"]
    commented = replace(assignment, config=assignment.config | {"nbgrader_config.py": text + b"\n# a word\n"})
    changed = replace(assignment, config=assignment.config | {"nbgrader_config.py": text + b"\nx = 1\n"})
    assert commented.digest == assignment.digest != changed.digest


def test_what_fails_on_our_side_says_so_and_leaves_its_traceback(
    course: Course, assignment: Assignment, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: Any) -> Any:
        raise RuntimeError("a defect")

    monkeypatch.setattr("autograder.engine.marking.text_of", breaks)
    mark = worker.mark(assignment, submission(course, "", None, {}))
    assert mark.ours
    assert mark.reason == "the grader failed: RuntimeError: a defect"
    assert "in breaks" in mark.trace


def test_what_is_shown_to_the_sandbox_is_no_room_of_anybody_else(assignment: Assignment) -> None:
    """A lesson imports `autograder`, and yet its other rooms are not shown."""
    ours = {Path(path).name for path in assignment.readable if "autograder" in Path(path).parts}
    assert ours <= {"__init__.py", "errors.py", "student", "inside"}


# --- What a notebook shows when it comes back


def with_last_cell(one: Submission, source: str, **files: bytes) -> Submission:
    """The submission with one more cell at its end, and files beside it."""
    notebook = json.loads(one.files[f"{NAME}.ipynb"])
    code: dict[str, Any] = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    notebook["cells"].append(code | {"id": "last", "source": source})
    data = {f"{NAME}.ipynb": json.dumps(notebook).encode()}
    return replace(one, files={**{name.replace("_", "."): text for name, text in files.items()}, **data})


def outputs_of(mark: Mark, name: str) -> str:
    """What the executed notebook shows below a cell."""
    cells = json.loads(mark.notebooks[0].text)["cells"]
    return next(json.dumps(cell["outputs"]) for cell in cells if cell["id"] == name)


BY_HEART = """\
def half(x):
    from autograder.student import checks_file
    for case in checks_file.parse(open("checks.json").read()).sheets["half"].cases:
        if np.array_equal(case.inputs["x"], x):
            return case.expected
    return np.full(np.shape(x), 7.125)
"""


def test_what_a_hidden_case_showed_is_told_in_no_words_of_it(marked: Marked) -> None:
    """Whoever has learnt the public cases by heart reads that there are others, and nothing of them."""
    mark = marked(half=BY_HEART)
    assert exercise(mark, "half").points == 0
    assert exercise(mark, "half").explanation == ELSEWHERE
    shown = outputs_of(mark, "check_half")
    assert ELSEWHERE in shown
    assert "7.125" not in shown and "expected" not in shown


def test_what_is_kept_of_an_exercise_may_all_be_shown(marked: Marked) -> None:
    """Its rows, in words about public cases only, and that it was right on these alone."""
    kept = marked(half=BY_HEART).details["half"]
    assert kept["only_public"] and kept["status"] == "wrong"
    assert "7.125" not in json.dumps([kept["rows"], kept["explanation"]])
    assert kept["code"] == BY_HEART
    right = marked().details["half"]
    assert right["status"] == "right" and not right["only_public"]
    assert right["returned"] == kept["returned"] != ""


def test_answers_that_give_the_same_are_known_by_it(marked: Marked) -> None:
    """However they are written; and others by giving something else."""
    one = marked(half="def half(x):\n    return x / 2 + 1").details["half"]["returned"]
    same = marked(half="def half(y):\n    z = 0.5 * y\n    return 1 + z").details["half"]["returned"]
    other = marked(half="def half(x):\n    return x / 2 + 2").details["half"]["returned"]
    assert one == same != other


def test_functions_are_called_on_cases_when_no_cell_is_left_to_tell(
    course: Course, assignment: Assignment, worker: Worker
) -> None:
    """Or the last cell could print the hidden ones. A cell's own calls come from __main__."""
    answer = """\
import sys
callers = set()
def half(x):
    callers.add(sys._getframe(1).f_globals["__name__"])
    return x / 2
half(1)
"""
    asks = with_last_cell(submission(course, "", None, {"half": answer}), "print('CALLED BY', callers)")
    mark = worker.mark(assignment, asks)
    assert exercise(mark, "half").points == 2
    assert "CALLED BY {'__main__'}" in outputs_of(mark, "last")


def test_the_instructors_files_lie_over_the_students(
    course: Course, assignment: Assignment, worker: Worker
) -> None:
    reads = submission(course, "", None, {})
    reads = with_last_cell(reads, "print('READ', open('checks.json').read()[:1])", checks_json=b"forged")
    assert "READ {" in outputs_of(worker.mark(assignment, reads), "last")


def test_a_cell_that_ends_the_process_takes_no_points_from_the_exercises(marked: Marked) -> None:
    mark = marked(first="import os\nos._exit(1)")
    assert (mark.status, points(mark)) == ("crashed", points(marked()))
    assert mark.reason.startswith("cell 1 ended the process")


def test_a_deleted_check_takes_no_points_from_the_answer(
    course: Course, assignment: Assignment, worker: Worker
) -> None:
    one = submission(course, "", None, {})
    notebook = json.loads(one.files[f"{NAME}.ipynb"])
    notebook["cells"] = [cell for cell in notebook["cells"] if cell["id"] != "check_half"]
    deleted = replace(one, files={f"{NAME}.ipynb": json.dumps(notebook).encode()})
    assert exercise(worker.mark(assignment, deleted), "half").points == 2


def test_an_output_nested_too_deeply_is_dropped_and_the_rest_counts(marked: Marked) -> None:
    nest = "deep = []\nfor _ in range(600):\n    deep = [deep]\n"
    mark = marked(first=nest + "display({'application/json': deep, 'text/plain': 'shallow'}, raw=True)")
    assert mark.status == "graded"
    assert "shallow" in outputs_of(mark, "first")


def test_an_answer_that_a_person_reads_has_no_points_yet(marked: Marked) -> None:
    assert exercise(marked(why_shuffle="Files are sorted."), "why_shuffle").points is None


def test_an_exercise_earns_no_more_than_the_gradebook_has_for_it(
    course: Course, assignment: Assignment, worker: Worker
) -> None:
    """Once it holds submissions, it does not follow a lesson whose exercises became worth more."""
    lesson = checks_file.parse(assignment.checks)
    lesson.sheets["half"] = replace(lesson.sheets["half"], points=3.0)
    mark = worker.mark(replace(assignment, checks=checks_file.dump(lesson)), submission(course, "", None, {}))
    assert exercise(mark, "half").points == exercise(mark, "half").max_points == 2


# --- Demonstrations


@pytest.mark.slow
def test_who_leans_on_a_demonstration_in_a_roundabout_way_gets_it_and_others_miss_nothing(
    tmp_path: Path, worker: Worker
) -> None:
    """It is left out, and with it what needs it; not for those whose points depend on it."""
    demo = "scale = 2\n\n# %% tags=[\"demo\"]\nfactor = 0.5\n\n# %%\nprint('beside', factor)\n"
    course = make_course(tmp_path, LESSON.replace("scale = 2\n", demo))
    build(course, only_lesson(course))
    gradebook = Gradebook(course)
    sources = InstructorsNotebooks(gradebook.folders.source_folder(NAME))
    assignment = prepare(course, gradebook, sources, sources.modules)
    gradebook.close()

    def half(body: str) -> Mark:
        return worker.mark(assignment, submission(course, "", None, {"half": body}))

    usual = half("def half(x):\n    return x / 2")
    assert exercise(usual, "half").points == 2
    assert "NameError" not in usual.notebooks[0].text and "beside 0.5" not in usual.notebooks[0].text
    roundabout = half("def half(x):\n    return x * eval('fac' + 'tor')")
    assert exercise(roundabout, "half").points == 2
    assert "beside 0.5" in roundabout.notebooks[0].text
    one = submission(course, "", None, {"half": "def half(x):\n    return x / divisor"})
    in_a_cell = with_last_cell(one, "divisor = 3\ndivisor = 1 / factor")
    notebook = json.loads(in_a_cell.files[f"{NAME}.ipynb"])
    own = notebook["cells"].pop()
    place = next(k for k, cell in enumerate(notebook["cells"]) if cell["id"] == "half")
    notebook["cells"].insert(place, own)
    in_a_cell = replace(one, files={f"{NAME}.ipynb": json.dumps(notebook).encode()})
    assert exercise(worker.mark(assignment, in_a_cell), "half").points == 2


# --- What is handed in, given out and entered


def test_a_link_in_a_submission_is_left_aside_and_one_in_its_place_is_none(tmp_path: Path) -> None:
    """Whoever links to another's notebook does not hand it in."""
    other, own, linked = (tmp_path / name for name in ("other", "own", "linked"))
    other.mkdir()
    own.mkdir()
    (other / f"{NAME}.ipynb").write_text("{}", encoding="utf-8")
    (own / f"{NAME}.ipynb").symlink_to(other / f"{NAME}.ipynb")
    (own / "folder").symlink_to(other)
    linked.symlink_to(other)
    listed = [own / f"{NAME}.ipynb", own / "folder" / f"{NAME}.ipynb"]
    read = submissions.read("ada", NAME, own, listed)
    assert read.files == {}
    assert [note.split(" is ")[1] for note in read.notes] == ["a symbolic link and was left aside"] * 2
    read = submissions.read("ada", NAME, linked, [linked / f"{NAME}.ipynb"])
    assert (read.files, read.broken) == ({}, "the submission's folder is a symbolic link")


@pytest.mark.slow
def test_a_warm_process_that_was_killed_is_started_again(course: Course, assignment: Assignment) -> None:
    """Whoever's turn it is gets their marks."""
    worker = Worker(Setup(LIMITS))
    try:
        before = worker.mark(assignment, submission(course, "", None, {}))
        assert worker.warm
        family.kill(family.members(worker.warm[1].process.pid))
        worker.warm[1].process.wait()
        after = worker.mark(assignment, submission(course, "", None, {}))
    finally:
        worker.close()
    assert (after.status, after.exercises) == ("graded", before.exercises)


def test_a_worker_that_comes_to_no_end_is_given_up(
    course: Course, assignment: Assignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it was at is marked as a failure of ours. Here it stands still, and nobody has any patience."""
    setup = Setup(LIMITS)
    monkeypatch.setattr(pool, "PATIENCE", -setup.limits.seconds)
    task = (assignment, submission(course, "", None, {}))
    (worker,) = workers = pool.hire(setup, 1)
    os.kill(worker.process.pid, signal.SIGSTOP)
    ((_, mark),) = pool.mark_all([task], setup, workers)
    assert (mark.ours, mark.reason) == (True, "the grader failed: judging took too long")


def handed_in(course: Course, *students: str) -> None:
    for student in students:
        folder = course.root / "submitted" / student / NAME
        folder.mkdir(parents=True)
        (folder / f"{NAME}.ipynb").write_bytes(submission(course, "", None, {}).files[f"{NAME}.ipynb"])


def test_no_collector_looks_through_what_a_worker_has_loaded(marked: Marked) -> None:
    """Nothing of nbgrader is garbage, and there are a hundred thousand objects of it."""
    marked()
    assert gc.get_freeze_count() > 100_000


@pytest.fixture
def other_course(course: Course, tmp_path: Path) -> Course:
    """A copy of the course, to be written to."""
    return Course(shutil.copytree(course.root, tmp_path / "course"))


@pytest.mark.slow
def test_every_student_stands_once_in_the_results(
    other_course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many are entered at a time."""
    students = ["ada", "ben", "cy"]
    handed_in(other_course, *students)
    monkeypatch.setattr(run, "BATCH", 1)
    patch()
    found = run.grade(other_course, Options(jobs=1))
    assert sorted(result["student"] for result in found["lessons"]) == students


def test_a_mark_that_the_gradebook_refuses_costs_nobody_else_and_is_tried_again(
    other_course: Course, assignment: Assignment
) -> None:
    """Nothing of it is entered, and neither it nor a failure of ours is recorded as done."""
    book, records = Gradebook(other_course), Records(other_course.root / "records")
    book.notebooks(NAME)
    students = ("ada", "ben", "cy")

    def mark(student: str, cell: str) -> Mark:
        row = ExerciseMark("half", 2.0, 2.0)
        notebook = NotebookMark(NAME, (row,), {cell: 2.0}, text="{}\n")
        return Mark(student, NAME, exercises=(row,), notebooks=(notebook,))

    marks = [mark("ada", "no_such_cell"), mark("ben", "check_half"), failed(Submission("cy", NAME), "ours")]
    entering = Entering(book, records, Failures(other_course.root / "failures"))
    batch = [(assignment, Submission(one.student, NAME), one) for one in marks]
    entered = entering.enter(batch, {(NAME, student): "key" for student in students})
    results = {result["student"]: result for result in entered}
    book.close()
    assert [results[name]["status"] for name in students] == ["failed", "graded", "failed"]
    assert "KeyError" in results["ada"]["reason"]
    with sqlite3.connect(other_course.root / "gradebook.db") as read:
        assert read.execute("select student_id from submitted_assignment").fetchall() == [("ben",)]
        assert read.execute("select sum(auto_score) from grade").fetchone() == (2.0,)
    kept = [name for name in students if records.result(NAME, name, "key")]
    assert kept == ["ben"]


def test_of_a_submission_that_fails_now_no_executed_notebook_is_left(other_course: Course) -> None:
    book = Gradebook(other_course)
    notebook = NotebookMark(NAME, text="{}\n")
    executed = book.folders.autograded(NAME, "ada")
    book.folders.write_folder(Mark("ada", NAME, notebooks=(notebook,)), {}, {"data.txt": b"1"})
    assert sorted(os.listdir(executed)) == [f"{NAME}.ipynb", "data.txt"]
    book.folders.write_folder(Mark("ada", NAME, status="failed"), {}, {})
    book.close()
    assert not executed.exists()
