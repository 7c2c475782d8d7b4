"""One warm process marks what people hand in: right and wrong, broken, looping, crashing, forging."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autograder.authoring.build import build
from autograder.engine.inside.limits import Limits
from autograder.engine.prepare import InstructorsNotebooks, prepare
from autograder.engine.sandbox import missing
from autograder.engine.worker import Setup, Worker
from autograder.nbgrader.course import Course
from autograder.nbgrader.gradebook import Gradebook
from autograder.nbgrader.records import Assignment, ExerciseMark, Mark, Submission
from tests.builders import NAME, make_course, only_lesson

pytestmark = pytest.mark.skipif(bool(missing()), reason=f"no sandbox: {missing()}")
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
        code: dict[str, Any] = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
        notebook["cells"].insert(0, code | {"id": "first", "source": first})
    data = json.dumps(notebook).encode() if raw is None else raw
    return Submission("ada", NAME, {f"{NAME}.ipynb": data})


def points(mark: Mark) -> dict[str, float | None]:
    return {exercise.name: exercise.points for exercise in mark.exercises}


def exercise(mark: Mark, name: str) -> ExerciseMark:
    return next(one for one in mark.exercises if one.name == name)


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


def test_a_deleted_answer_earns_nothing_and_says_so(marked: Marked) -> None:
    mark = marked(half="")
    assert exercise(mark, "half").points == 0
    assert mark.status == "graded"


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"", "is empty"), (b"{", "is not a notebook"), (b"\xff\xfe{}", "is not UTF-8"), (b"{}", "notebook")],
    ids=["empty", "cut off", "another encoding", "no notebook"],
)
def test_a_broken_file_is_the_students_result_not_a_failure_of_ours(
    marked: Marked, data: bytes, said: str
) -> None:
    mark = marked(raw=data)
    assert mark.status == "failed"
    assert said in mark.reason
    assert not mark.ours
    assert {one.points for one in mark.exercises} == {None}


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
