"""Help on demand: hints one climbs to, solutions after honest tries, one's own functions in later lessons."""

from __future__ import annotations

import functools
import json
import sys
import types
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from autograder.student import checks_file, diary, origin
from autograder.student import mine as own_functions
from autograder.student.ladder import outline
from autograder.student.sheet import LessonSheet
from tests.conftest import Notebook
from tests.student.test_notebook import RIGHT, WRONG, add_sheet, double_sheet

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = "def double(x):\n    return np.add(x, x)"
ANSWERS = (WRONG, "def double(x): return x + 1", "def double(x): return x * x")
TOMORROW = (date.today() + timedelta(days=1)).isoformat()


@pytest.fixture
def in_lesson(kept: Path, lesson: Callable[..., Path]) -> Path:
    """A lesson whose learner has a diary; its folder."""
    return lesson(replace(double_sheet(), hints=("Think of a sum.",)), add_sheet()).parent


def hand_out(folder: Path, **more: Any) -> None:
    """Solutions beside the notebook."""
    found = {"source": REFERENCE, "explanation": "A sum of two.", "variants": ["a = 1", "b = 2", "c = 3"]}
    data = {"lesson": "01_small", "solutions": {"double": found}, **more}
    (folder / "solutions.json").write_text(json.dumps(data))


# hint(f)


def test_hints_come_one_at_a_time_and_get_plainer(in_lesson: Path, notebook: Notebook) -> None:
    hand_out(in_lesson)
    notebook.run("def double(x): return x * x")
    said = [notebook.run("hint(double)") for _ in range(6)]
    assert [one.label for one in said[:5]] == [
        "How it stands",
        "Where to look",
        "A small example",
        "A step further",
        "How the solution is built",
    ]
    assert said[1].text == "Your result is x times itself. How much is twice three?"
    assert said[3].text == "Think of a sum."
    assert said[4].text == "It takes one statement, without a loop; it calls `np.add`."
    assert "There are no more hints" in said[5].text and said[5].place == "hint 5 of 5"


def test_an_exercise_that_is_not_written_is_explained(in_lesson: Path, notebook: Notebook) -> None:
    """By its own words, and what it is judged by; there is nothing yet in which to look for a slip."""
    notebook.run("def double(x):\n    '''Twice x.'''\n    raise NotImplementedError()")
    first, second = notebook.run("hint(double)"), notebook.run("hint(double)")
    assert "`double(x)`: Twice x." in first.text and "vectors, matrices" in first.text
    assert second.label == "A small example"


def test_another_answer_has_hints_of_its_own(in_lesson: Path, notebook: Notebook) -> None:
    notebook.run(WRONG)
    for _ in range(4):
        notebook.run("hint(double)")
    notebook.run("def double(x): return x * x")
    said = notebook.run("hint(double)")
    assert said.label == "Where to look" and "x times itself" in said.text


def test_hints_are_not_begun_anew_by_a_restart(
    in_lesson: Path, notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook.run(WRONG)
    notebook.run("hint(double)")
    monkeypatch.setattr(diary, "_own", None)
    assert notebook.run("hint(double)").number == 2


def test_a_hint_is_no_try_and_none_is_needed_for_what_passes(in_lesson: Path, notebook: Notebook) -> None:
    notebook.run(WRONG)
    notebook.run("hint(double)")
    assert "so far 0" in repr(notebook.run("solution(double)")) or "not handed out" in repr(
        notebook.run("solution(double)")
    )
    notebook.answer(RIGHT)
    assert notebook.run("hint(double)").label == "It passes"


def test_how_a_solution_is_built_shuts_with_it(in_lesson: Path, notebook: Notebook) -> None:
    hand_out(in_lesson, opens=TOMORROW)
    notebook.run(WRONG)
    assert all("np.add" not in repr(notebook.run("hint(double)")) for _ in range(6))


def test_an_outline_names_steps_loops_and_calls() -> None:
    source = (
        'def f(x):\n    """Text."""\n    for i in x:\n        y = np.abs(i).sum()\n    return [y for _ in x]'
    )
    assert outline(source) == "It takes 3 statements, with 2 loops; it calls `np.abs`."


def test_hints_of_an_author_survive_the_file(in_lesson: Path) -> None:
    """And a file without any is what it was."""
    sheet = replace(double_sheet(), hints=("One.", "Two."))
    text = checks_file.dump(LessonSheet("01", "", {"double": sheet}))
    assert checks_file.parse(text).sheets["double"].hints == ("One.", "Two.")
    assert '"hints"' not in checks_file.dump(LessonSheet("01", "", {"double": double_sheet()}))


# solution(f)


def test_a_solution_opens_after_three_answers_that_differ(in_lesson: Path, notebook: Notebook) -> None:
    """With what the misconception that was recognised would have needed."""
    hand_out(in_lesson)
    for k, answer in enumerate(ANSWERS):
        said = repr(notebook.run("solution(double)")) if k else ""
        assert "np.add" not in said
        notebook.answer(answer)
        notebook.check("double")
    said = repr(notebook.run("solution(double)"))
    assert "return np.add(x, x)" in said and "A sum of two." in said
    assert "x times itself" in said and "That costs: vectors, matrices" in said
    assert "Another way" not in said


def test_the_same_answer_three_times_opens_nothing(in_lesson: Path, notebook: Notebook) -> None:
    hand_out(in_lesson)
    for _ in range(4):
        notebook.answer(WRONG)
    said = repr(notebook.run("solution(double)"))
    assert "so far 1" in said and "np.add" not in said


def test_after_passing_two_other_ways_are_shown(in_lesson: Path, notebook: Notebook) -> None:
    hand_out(in_lesson)
    notebook.answer(RIGHT)
    found = notebook.run("solution(double)")
    assert found.variants == ("a = 1", "b = 2")
    assert repr(found).count("Another way to write it") == 2
    assert "<pre" in found._repr_html_()


def test_a_class_waits_for_its_date(in_lesson: Path, notebook: Notebook) -> None:
    hand_out(in_lesson, opens=TOMORROW)
    notebook.answer(RIGHT)
    said = repr(notebook.run("solution(double)"))
    assert f"open on {diary.day(TOMORROW)}" in said and "np.add" not in said


def test_a_date_that_has_come_opens(in_lesson: Path, notebook: Notebook) -> None:
    hand_out(in_lesson, opens=date.today().isoformat())
    notebook.answer(RIGHT)
    assert "np.add" in repr(notebook.run("solution(double)"))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (None, "was not handed out with this lesson"),
        ({"solutions": {}}, "was not handed out with this lesson"),
        ({"solutions": {}, "opens": TOMORROW}, "open on"),
        ({"solutions": {}, "opens": "2020-01-01"}, "since 1 January 2020: get the lesson anew"),
        ({"solutions": 3}, "damaged"),
        ({"solutions": {}, "opens": "soon"}, "damaged"),
    ],
)
def test_where_there_is_none_it_is_said(
    in_lesson: Path, notebook: Notebook, given: dict[str, Any] | None, words: str
) -> None:
    if given is not None:
        (in_lesson / "solutions.json").write_text(json.dumps(given))
    notebook.answer(RIGHT)
    assert words in repr(notebook.run("solution(double)"))


LESSON_SOURCE = """\
# %% [markdown]
# # A small lesson

# %%
import numpy as np

# %%
def double(x):
    ### BEGIN SOLUTION
    return np.add(x, x)
    ### END SOLUTION

# %%
check(double)
"""
EXERCISES_SOURCE = """\
import numpy as np
from autograder.authoring import Exercise, case

double = Exercise(points=4)

@double.cases
def cases(rng):
    yield case(x=rng.uniform(1, 2, 3))

@double.answers
def answers(x):
    yield "twice", np.multiply(2, x)
"""


@pytest.mark.slow
def test_in_the_courses_own_folder_it_follows_from_the_source(
    in_lesson: Path, notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever learns there needs no file; and what makes it is not loaded beside the learner's own code."""
    here, there = in_lesson / "notebooks" / "01_small", in_lesson / "solutions" / "01_small"
    for folder in (here, there):
        folder.mkdir(parents=True)
    (here / "checks.json").write_text((in_lesson / "checks.json").read_text())
    (there / "lesson.py").write_text(LESSON_SOURCE)
    (there / "exercises.py").write_text(EXERCISES_SOURCE)
    monkeypatch.chdir(here)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook.answer(RIGHT)
    said = repr(notebook.run("solution(double)"))
    assert "return np.add(x, x)" in said and "BEGIN" not in said
    assert "Another way to write it" in said and "np.multiply(2, x)" in said


def test_what_is_shown_is_escaped(in_lesson: Path, notebook: Notebook) -> None:
    found = {"source": "a < b", "explanation": "<script>"}
    (in_lesson / "solutions.json").write_text(json.dumps({"solutions": {"double": found}}))
    notebook.answer(RIGHT)
    page = notebook.run("solution(double)")._repr_html_()
    assert "a &lt; b" in page and "<script>" not in page


# use_mine(f)


@pytest.fixture
def course_function(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """The course's own `double`, in a package that is marked as handed out."""
    module = types.ModuleType("coursekit")
    exec("def double(x): return x + x", module.__dict__)
    setattr(module, origin.MARK, True)
    monkeypatch.setitem(sys.modules, "coursekit", module)
    monkeypatch.setattr(own_functions, "_told", set())
    found: Callable[..., Any] = module.double
    return found


def test_what_has_passed_is_used_from_then_on(
    in_lesson: Path, course_function: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the helpers and the constants that it needs, however they were defined."""
    lesson = Notebook()
    lesson.run("import math\nTWO = 2\n\ndef twice(v):\n    return TWO * v")
    lesson.answer("def double(x):\n    assert math.pi > 3\n    return twice(x)")
    lesson.run("def twice(v): return 0")  # later, and not what passed
    later = Notebook()
    later.names["double"] = course_function
    later.run("double = use_mine(double)")
    assert later.run("double(4)") == 8
    assert later.names["double"] is not course_function
    assert "double is yours, as it passed its check in 01_small on " in capsys.readouterr().out


def test_what_has_not_is_the_courses_own_and_that_is_said_once(
    in_lesson: Path, course_function: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    notebook = Notebook()
    notebook.answer(WRONG)
    notebook.names["double"] = course_function
    notebook.run("double = use_mine(double)")
    notebook.run("double = use_mine(double)")
    assert notebook.names["double"] is course_function
    said = capsys.readouterr().out
    assert said.splitlines() == ["double is the course's own: yours has not passed its check yet."]


def test_what_was_broken_later_is_used_as_it_passed(in_lesson: Path, course_function: Any) -> None:
    notebook = Notebook()
    notebook.answer(RIGHT)
    notebook.answer(WRONG)
    assert own_functions.use_mine(course_function)(4) == 8


def test_what_does_not_run_by_itself_is_left_and_said(
    in_lesson: Path, course_function: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    notebook = Notebook()
    notebook.names["elsewhere"] = lambda x: 2 * x  # no cell defines it
    notebook.answer("double = elsewhere")
    assert own_functions.use_mine(course_function) is course_function
    assert "does not run by itself" in capsys.readouterr().out


def test_several_at_once(in_lesson: Path, course_function: Any) -> None:
    Notebook().answer(RIGHT)
    one, other = own_functions.use_mine(course_function, len)
    assert one is not course_function and other is len


def test_what_the_course_makes_an_array_of_is_one(in_lesson: Path, course_function: Any) -> None:
    """An exercise asks for arrays; later lessons hand over lists and numbers, which the library takes."""
    Notebook().answer("def double(x):\n    assert x.dtype == float\n    return 2 * x")
    course_function.__annotations__["x"] = "ArrayLike"
    own = own_functions.use_mine(course_function)
    assert own([1, 2]).tolist() == [2.0, 4.0] and own(x=3) == 6.0


def test_where_work_is_graded_it_is_the_courses_own(
    in_lesson: Path, course_function: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And nothing is said of it: a notebook shows the same wherever it is graded."""
    Notebook().answer(RIGHT)
    capsys.readouterr()
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert own_functions.use_mine(course_function) is course_function
    assert capsys.readouterr().out == ""


# What was merely imported


@pytest.mark.parametrize(
    "answer",
    ["import coursekit; double = coursekit.double", "from coursekit import double"],
)
def test_a_function_of_the_course_earns_nothing_and_is_told_so(
    in_lesson: Path, course_function: Any, notebook: Notebook, answer: str
) -> None:
    verdict = notebook.answer(answer)
    assert (verdict.points, verdict.status) == (0.0, "open")
    assert "`double` is the course's own here, imported from `coursekit`" in str(verdict)


def test_what_calls_it_is_an_answer_like_any_other(
    in_lesson: Path, course_function: Any, notebook: Notebook
) -> None:
    notebook.run("import coursekit")
    assert notebook.answer("def double(x): return coursekit.double(x)").points == 4.0


def test_it_is_known_under_another_name_and_in_a_partial(course_function: Any) -> None:
    course_function.__module__ = "__main__"
    assert origin.handed_out_in(course_function) == "coursekit"
    assert origin.handed_out_in(functools.partial(course_function)) == "coursekit"
    assert origin.handed_out_in(len) == origin.handed_out_in(3) == origin.handed_out_in(Notebook) == ""
