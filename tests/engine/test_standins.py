"""A slip costs once: what calls an earlier answer is judged with the course's own in its place as well."""

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
from autograder.engine.worker import Setup, Worker
from autograder.nbgrader.course import Course
from autograder.nbgrader.gradebook import Gradebook
from autograder.nbgrader.records import Assignment, ExerciseMark, Mark, Submission
from autograder.student import checks_file
from autograder.student import notebook as checking
from tests.builders import make_course, needs_sandbox, only_lesson
from tests.conftest import Notebook

pytestmark = pytest.mark.slow

NAME = "08_thrice"
LESSON = '''\
# %% [markdown]
# # Parts of a whole

# %%
import numpy as np

from autograder import check

# %% [markdown]
# ## A third, a sixth with noise, and both

# %%
def third(x):
    """A third of x."""
    ### BEGIN SOLUTION
    return x / 3
    ### END SOLUTION

# %%
check(third)

# %%
def noisy(x, rng):
    """A third of x, and a number from rng."""
    ### BEGIN SOLUTION
    return third(x) + rng.normal()
    ### END SOLUTION

# %%
check(noisy)

# %%
def both(x, rng):
    """A third, and a noisy one."""
    ### BEGIN SOLUTION
    return third(x), noisy(x, rng)
    ### END SOLUTION

# %%
check(both)
'''
EXERCISES = """\
import numpy as np

from autograder.authoring import Exercise, case, draw_seed

third = Exercise(points=1)


@third.cases
def cases(rng):
    yield case(x=rng.uniform(1, 2))
    yield case(x=rng.uniform(1, 2, 3))


@third.mistakes
def mistakes(x):
    yield "half", x / 2, "That is half of it."


third.small("A third of 3 is 1.", x=3.0)


noisy = Exercise(points=1)


@noisy.cases
def cases(rng):
    yield case(x=rng.uniform(1, 2), seed=draw_seed(rng))
    yield case(x=rng.uniform(1, 2, 3), seed=draw_seed(rng))


@noisy.driver
def drive(noisy, x, seed):
    return noisy(x, np.random.default_rng(seed))


@noisy.mistakes
def mistakes(x, rng):
    yield "no_noise", x / 3, "There is no noise in it."


noisy.small("A third of 3 is 1, and then there is the noise.", x=3.0, seed=1)


both = Exercise(points=2, returns={"calm": 1, "loud": 1})


@both.cases
def cases(rng):
    yield case(x=rng.uniform(1, 2), seed=draw_seed(rng))
    yield case(x=rng.uniform(1, 2, 3), seed=draw_seed(rng))


@both.driver
def drive(both, x, seed):
    return both(x, np.random.default_rng(seed))


@both.mistakes
def mistakes(x, rng):
    yield "calm_twice", (x / 3, x / 3), "Both come without noise."


both.small("A third of 3 is 1, once without noise and once with it.", x=3.0, seed=1)
"""
HALF = "def third(x):\n    return x / 2"
OTHERS_ARGUMENTS = "def noisy(x, rng):\n    return third(2 * x) / 2 + rng.normal()"


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    made = make_course(tmp_path_factory.mktemp("standins"), LESSON, EXERCISES, NAME)
    build(made, only_lesson(made))
    return made


# --- In the notebook.


@pytest.fixture
def opened(course: Course, monkeypatch: pytest.MonkeyPatch) -> Notebook:
    """The notebook, with the course's own answers in it."""
    for memory in ("_loaded", "_last", "_tries"):
        monkeypatch.setattr(checking, memory, {})
    monkeypatch.chdir(course.notebooks / NAME)
    made = Notebook()
    for source in _cells(course).values():
        if "check(" not in source and "import" not in source:
            made.run(source)
    return made


def test_with_an_earlier_slip_what_calls_it_earns_all_in_the_notebook(opened: Notebook) -> None:
    opened.run(HALF)
    assert opened.check("third").points == 0
    noisy, both = opened.check("noisy"), opened.check("both")
    assert (noisy.points, both.points) == (1, 2)
    assert noisy.notes == ("judged with the course's own `third` in place of yours",)
    assert opened.run("third(4)") == 2, "the student's own is back"


def test_where_all_is_right_nothing_is_said_of_the_courses_own(opened: Notebook) -> None:
    verdicts = [opened.check(name) for name in ("third", "noisy", "both")]
    assert [(one.points, one.notes) for one in verdicts] == [(1, ()), (1, ()), (2, ())]


def test_a_call_that_the_courses_own_would_not_make_cannot_be_answered(opened: Notebook) -> None:
    opened.run(HALF)
    opened.run(OTHERS_ARGUMENTS)
    assert opened.check("noisy").points == 0


def test_students_get_results_of_earlier_functions_and_no_source(course: Course) -> None:
    text = (course.notebooks / NAME / "checks.json").read_text(encoding="utf-8")
    sheets = checks_file.parse(text).sheets
    assert {name: sorted(one.recorded) for name, one in sheets.items()} == {
        "third": [],
        "noisy": ["third"],
        "both": ["noisy", "third"],
    }
    assert not any(one.stand_ins for one in sheets.values())
    assert "x / 3" not in text


# --- In grading.


@pytest.fixture(scope="module")
def marked(course: Course) -> Iterator[Callable[..., Mark]]:
    """The mark of the course's own answers with some of them replaced."""
    worker, assignment = Worker(Setup(replace(Limits(), cell_seconds=5))), _assignment(course)

    def mark(**answers: str) -> Mark:
        made = json.loads(_path(course).read_text(encoding="utf-8"))
        for cell in made["cells"]:
            cell["source"] = answers.get(cell["id"], cell["source"])
        return worker.mark(assignment, Submission("ada", NAME, {f"{NAME}.ipynb": json.dumps(made).encode()}))

    yield mark
    worker.close()


@needs_sandbox
def test_with_an_earlier_slip_what_calls_it_earns_all(marked: Callable[..., Mark]) -> None:
    rows = _rows(marked(third=HALF))
    assert {name: row.points for name, row in rows.items()} == {"third": 0, "noisy": 1, "both": 2}
    assert rows["noisy"].explanation == "judged with the course's own `third` in place of yours"
    assert rows["third"].misconception == "half"


@needs_sandbox
def test_two_slips_cost_what_each_costs(marked: Callable[..., Mark]) -> None:
    rows = _rows(marked(third=HALF, noisy="def noisy(x, rng):\n    return third(x)"))
    assert {name: row.points for name, row in rows.items()} == {"third": 0, "noisy": 0, "both": 2}
    assert rows["noisy"].misconception == "no_noise", "the slip that is left is named"


@needs_sandbox
def test_other_arguments_are_answered_where_the_courses_own_is_at_hand(marked: Callable[..., Mark]) -> None:
    assert _rows(marked(third=HALF, noisy=OTHERS_ARGUMENTS))["noisy"].points == 1


@needs_sandbox
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param("    raise NotImplementedError()", id="not written"),
        pytest.param("    return third(x)", id="the stand-in's result for one's own"),
        pytest.param("    os._exit(0)", id="ends the process"),
    ],
)
def test_what_is_not_written_earns_nothing_by_the_courses_own(
    marked: Callable[..., Mark], answer: str
) -> None:
    rows = _rows(marked(third=HALF, noisy=f"import os\ndef noisy(x, rng):\n{answer}"))
    assert (rows["third"].points, rows["noisy"].points) == (0, 0)


@needs_sandbox
def test_what_stands_in_comes_too_late_to_be_handed_in(marked: Callable[..., Mark]) -> None:
    """An answer that asks, at every later call, for the course's own of the same name."""
    thief = (
        "def {0}(*a):\n    own = globals()['{0}']\n    return own(*a) if own is not mine_{0} else 0\n"
        "mine_{0} = {0}"
    )
    rows = _rows(marked(third=thief.format("third"), noisy=thief.format("noisy")))
    assert (rows["third"].points, rows["noisy"].points) == (0, 0)
    assert rows["both"].points == 2


def _assignment(course: Course) -> Assignment:
    gradebook = Gradebook(course)
    try:
        sources = InstructorsNotebooks(gradebook.folders.source_folder(NAME))
        return prepare(course, gradebook, sources, sources.modules)
    finally:
        gradebook.close()


def _path(course: Course) -> Path:
    return course.solutions / NAME / f"{NAME}.ipynb"


def _cells(course: Course) -> dict[str, str]:
    made: dict[str, Any] = json.loads(_path(course).read_text(encoding="utf-8"))
    return {cell["id"]: "".join(cell["source"]) for cell in made["cells"] if cell["cell_type"] == "code"}


def _rows(mark: Mark) -> dict[str, ExerciseMark]:
    return {row.name: row for row in mark.exercises}
