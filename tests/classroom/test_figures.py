"""What is counted of a class: points, slips, answers nobody foresaw, students to talk to."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from autograder.authoring.exercise import Exercise
from autograder.classroom import statistics
from autograder.classroom.attention import noticed, stuck
from autograder.classroom.similarity import likeness
from autograder.classroom.slips import slips, unforeseen
from autograder.classroom.stub import HINT, NAME, stub
from autograder.classroom.summary import lines
from tests.classroom.people import answer, handed_in, lesson


def test_discrimination_is_the_correlation_with_the_rest() -> None:
    rng = np.random.default_rng(1)
    right, rest = rng.random(40) < 0.6, rng.normal(size=40)
    found = statistics.point_biserial(right.tolist(), rest.tolist())
    assert found == pytest.approx(np.corrcoef(right, rest)[0, 1])


@pytest.mark.parametrize(
    ("right", "rest"),
    [([True] * 9, list(range(9))), ([True, False] * 5, [1.0] * 10), ([True, False], [1.0, 0.0]), ([], [])],
    ids=["all right", "no spread", "too few", "nobody"],
)
def test_discrimination_is_not_told_where_it_means_nothing(right: list[bool], rest: list[float]) -> None:
    assert statistics.point_biserial(right, rest) is None


def test_everybody_is_counted_once_in_the_distribution() -> None:
    made = lesson(*(handed_in(f"s{k}", answer(points=k % 3)) for k in range(31)))
    found = statistics.distribution(made)
    assert sum(found.counts) == found.n == 31
    assert found.counts[0] == 11 and found.counts[-1] == 10
    assert found.median == 1


def test_a_persons_points_and_a_penalty_count() -> None:
    one = handed_in("ada", answer(points=1.5, by_hand=True), answer("double", extra=0.5), penalty=1)
    assert one.points == 3


def test_states_tell_open_from_wrong_and_undecided() -> None:
    made = lesson(
        handed_in("ada", answer()),
        handed_in("ben", answer(points=1)),
        handed_in("cleo", answer(points=0)),
        handed_in("dora", answer(points=0, status="open")),
        handed_in("eli", answer(points=None, status="")),
        handed_in("fay", answer(points=None), status="failed", reason="no notebook"),
    )
    (item,) = statistics.items(made)
    assert item.counts == {"right": 1, "partly": 1, "wrong": 1, "open": 1, "by hand": 1}
    assert item.ease == pytest.approx(3 / 8)


def test_slips_are_counted_among_those_who_wrote_something() -> None:
    slip = answer(points=0, misconception="doubled", hint="You doubled.")
    made = lesson(
        handed_in("ada", slip),
        handed_in("ben", slip),
        handed_in("cleo", answer()),
        handed_in("dora", answer(points=0, status="open")),
    )
    (found,) = slips(made)
    assert (found.who, found.of, found.hint) == (("ada", "ben"), 3, "You doubled.")


def test_unforeseen_answers_stand_together_by_what_they_returned() -> None:
    wrong = [
        answer(points=0, returned="a", code=f"def half(x):\n    y{k} = 3\n    return 3") for k in range(3)
    ]
    made = lesson(
        *(handed_in(f"s{k}", one) for k, one in enumerate(wrong)),
        handed_in("ben", answer(points=0, returned="b")),
        handed_in("named", answer(points=0, misconception="doubled")),
        handed_in("table", answer(points=0, only_public=True)),
        handed_in("right", answer()),
    )
    found, left_out = unforeseen(made)
    assert [one.who for one in found] == [("s0", "s1", "s2"), ("ben",)]
    assert [len(one.codes) for one in found] == [3, 1]
    assert left_out == 0


def test_what_follows_from_an_earlier_slip_is_not_unforeseen() -> None:
    made = lesson(
        handed_in("ada", answer(points=0, misconception="doubled"), answer("double", points=0)),
        handed_in("ben", answer(), answer("double", points=0)),
        leans_on={"double": ("half",)},
    )
    found, _ = unforeseen(made)
    assert [(one.exercise, one.who) for one in found] == [("double", ("ben",))]


STUBS = {
    "one expression": ("def half(x):\n    '''Half.'''\n    return x / 3", 1.0),
    "values with names": ("def half(x: float) -> float:\n    third = x / 3\n    return third", 1.0),
    "a loop": ("def half(x):\n    for _ in range(1):\n        x = x / 3\n    return x", 1.0),
    "two ways out": ("def half(x):\n    if x > 2:\n        return x / 3\n    return x", 1.0),
    "a pair": ("def half(x):\n    return x / 3, x", (1.0, 3)),
}


@pytest.mark.parametrize("code", STUBS)
def test_a_stub_is_a_misconception_once_it_has_a_name(code: str, tmp_path: Path) -> None:
    """It is pasted into exercises.py as it stands."""
    source, expected = STUBS[code]
    path = tmp_path / f"drafted_{abs(hash(code))}.py"
    text = stub("half", ("half",), source, "the result is 1, expected 1.5", 4)
    head = "from autograder.authoring import Exercise\n\nhalf = Exercise(points=1)\n\n\n"
    path.write_text(head + text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    made = module.half
    assert isinstance(made, Exercise)
    (mistake,) = made.misconceptions
    assert (mistake.name, mistake.hint) == (NAME, HINT)
    assert mistake.function(3) == expected


def test_a_stub_of_a_second_function_says_which_it_replaces() -> None:
    code = "def relu(z):\n    return z\n\ndef drelu(z):\n    return z > 1\n"
    assert '@relu.mistakes(replaces="drelu")' in stub("relu", ("relu", "drelu"), code, "", 1)


def test_code_that_is_no_python_has_no_stub() -> None:
    assert stub("half", ("half",), "def half(x:\n", "", 1) == ""


ODD = """\
def half(x):
    total = 0
    for step in range({n}):
        total += x / {n} - step * 0
    return [total, x][0] * 0.5
"""


def test_a_copied_answer_stands_out_though_its_names_are_others() -> None:
    usual = [
        handed_in(f"s{k}", answer(code=f"def half(x):\n    return x * {k} / 2 - {k}")) for k in range(20)
    ]
    theirs = ODD.format(n=7) + "# mine\n" + ODD.replace("half", "other").format(n=9)
    mine = theirs.replace("total", "result").replace("step", "k").replace("# mine\n", '"""My own."""\n')
    found = likeness(
        lesson(*usual, handed_in("ada", answer(code=theirs)), handed_in("ben", answer(code=mine)))
    )
    assert [{pair.first, pair.second} for pair in found.pairs] == [{"ada", "ben"}]
    assert found.pairs[0].exercises == ("half",)


def test_an_answer_that_all_give_tells_nothing() -> None:
    """Short functions look alike; nobody is named for that."""
    found = likeness(lesson(*(handed_in(f"s{k}", answer()) for k in range(30))))
    assert found.pairs == ()


def test_students_are_stuck_for_reasons() -> None:
    slip = answer(points=0, misconception="off_by_one", hint="Count again.")
    first = lesson(
        handed_in("ada", slip),
        *(handed_in(f"s{k}", answer()) for k in range(4)),
        handed_in("ben", answer(points=1), earlier=(1.0, 1.0)),
        name="01_one",
        missing=("cleo",),
    )
    second = lesson(handed_in("ada", slip), *(handed_in(f"s{k}", answer()) for k in range(4)), name="02_two")
    found = {one.student: "; ".join(one.reasons) for one in stuck([first, second])}
    assert set(found) == {"ada", "ben", "cleo"}
    assert "the same slip, off by one, in lessons 01, 02" in found["ada"]
    assert "less than half of the class's median in 01 and 02" in found["ada"]
    assert found["ben"] == "handed in 3 times for 01 without gaining points"
    assert found["cleo"] == "handed in nothing for 01"


def test_what_grading_noticed_has_its_headings() -> None:
    made = lesson(
        handed_in("ada", answer(points=0, only_public=True)),
        handed_in("ben", answer(points=0), status="crashed", reason="half: ended"),
        handed_in("cleo", answer(points=None), status="failed", reason="no notebook"),
    )
    found = {heading: [one.student for one in rows] for heading, rows in noticed(made).items()}
    assert found == {
        "Could not be graded": ["cleo"],
        "Ended the process they ran in": ["ben"],
        "Right on public cases only": ["ada"],
    }


def test_a_run_of_grading_ends_in_three_lines() -> None:
    row = {"name": "half", "misconception": "doubled", "hint": "You doubled."}
    fine = {"name": "half", "misconception": None, "hint": ""}

    def result(score: float, status: str = "graded", exercise: dict[str, object] = fine) -> dict[str, object]:
        shared = {"lesson": "07_tiny", "max_score": 10, "exercises": [exercise]}
        return shared | {"score": score, "status": status}

    found = {"lessons": [result(7), result(8), result(4, exercise=row), result(0, "failed")], "failures": 1}
    assert lines(found) == [
        "3 graded, median 7 of 10, 1 could not be graded",
        "most common slip: 1 of 3 in half: You doubled.",
        "autograder report 07_tiny makes the class page in reports/",
    ]
