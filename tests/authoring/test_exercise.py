"""An exercise proves itself when its cases are drawn: what proves nothing is refused, with the reason."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from autograder.authoring import exercise as exercises
from autograder.authoring.exercise import UNCHANGED, Exercise, case
from autograder.authoring.proof import PUBLIC, Undrawable, examine, implementation, seed_of
from autograder.student import judge, sheet
from autograder.student.difference import Template
from autograder.student.sheet import Case, LessonSheet, Sheet
from tests.conftest import sheet_of

REFERENCE = {"double": lambda x: 2 * x}


def double(**options: Any) -> Exercise:
    """A small exercise, to be added to."""
    made = Exercise(points=2, groups={"vectors": 1, "matrices": 1}, **options)

    @made.cases
    def cases(rng: np.random.Generator) -> Iterator:
        yield case("vectors", x=rng.uniform(1, 2, 3))
        yield case("matrices", x=rng.uniform(1, 2, (2, 2)))

    return made


def text(*sheets: Sheet) -> str:
    return sheet.dump(LessonSheet("01_small", "A small lesson", {one.name: one for one in sheets}))


def refusal(made: Exercise, reference: dict[str, Any] = REFERENCE, **sources: str) -> Undrawable:
    """Why an exercise is refused."""
    with pytest.raises(Undrawable) as caught:
        sheet_of(made, reference, **sources)
    assert caught.value.remedy
    return caught.value


def test_a_misconception_that_earns_full_points_is_refused() -> None:
    """The cases would not tell it from a right answer."""
    made = double()

    @made.wrong("Only negative numbers go wrong.")
    def absolute(x: np.ndarray) -> np.ndarray:
        return 2 * np.abs(x)

    refused = refusal(made)
    assert "the misconception absolute earns full points" in refused.problem
    assert refused.variant
    assert refused.variant.name == "absolute"


def test_a_misconception_within_the_tolerance_of_float32_is_refused() -> None:
    """A float32 answer as far off would pass."""
    made = double()

    @made.wrong("Off in the fourth digit.")
    def nearly(x: np.ndarray) -> np.ndarray:
        return 2.0002 * x

    assert "nearly earns full points" in refusal(made).problem


@pytest.mark.parametrize(
    ("loses", "said"),
    [
        ((), "loses ['matrices'], where ['matrices', 'vectors'] was said"),
        ("vectors", "loses ['matrices'], where ['vectors'] was said"),
    ],
    ids=["all", "another"],
)
def test_a_misconception_that_loses_other_groups_than_said_is_refused(loses: Any, said: str) -> None:
    """Its score would be another than the author expects."""
    made = double()

    @made.wrong("Right for vectors.", loses=loses)
    def for_vectors(x: np.ndarray) -> np.ndarray:
        return 2 * x if x.ndim == 1 else x

    assert f"the misconception for_vectors {said}" in refusal(made).problem


def test_two_misconceptions_that_cannot_be_told_apart_are_refused() -> None:
    """Which hint to show would be anybody's guess; the other one is named."""
    made = double()

    @made.wrong("Not doubled.")
    def unchanged(x: np.ndarray) -> np.ndarray:
        return x

    @made.wrong("Multiplied by one.")
    def times_one(x: np.ndarray) -> np.ndarray:
        return 1.0 * x

    assert "the misconception unchanged can't be told from times_one" in refusal(made).problem


def test_two_misconceptions_of_a_judge_that_cannot_be_told_apart_are_refused() -> None:
    """The judge's notes are what tells them apart; numbers in the detail don't."""
    made = double()
    source = """\
def judge(case, result):
    yield "vectors", bool(np.all(result > 2)), "too small", f"{result.min():.2f}"
    yield "matrices", True
"""

    @made.wrong("Not doubled.", loses="vectors")
    def unchanged(x: np.ndarray) -> np.ndarray:
        return x

    @made.wrong("Halved.", loses="vectors")
    def halved(x: np.ndarray) -> np.ndarray:
        return x / 2

    assert "the misconception unchanged can't be told from halved" in refusal(made, judge=source).problem


def test_a_reference_that_raises_is_refused() -> None:
    """With what it raised."""

    def broken(x: np.ndarray) -> np.ndarray:
        raise ValueError("no solution yet")

    assert refusal(double(), {"double": broken}).problem == "the reference raises ValueError: no solution yet"


def test_a_reference_that_its_own_judge_refuses_is_refused() -> None:
    """With the group and the reason."""
    source = (
        "def judge(case, result):\n    yield 'vectors', False, 'never right'\n    yield 'matrices', True\n"
    )
    refused = refusal(double(), judge=source)
    assert "the reference itself does not earn full points ('vectors': never right)" in refused.problem


def test_a_reference_that_changes_its_argument_is_refused() -> None:
    """What is asked of students is asked of the solution."""

    def in_place(x: np.ndarray) -> np.ndarray:
        x *= 2
        return x

    assert "changes its argument `x`" in refusal(double(), {"double": in_place}).problem


def test_a_case_in_an_unknown_group_is_refused() -> None:
    """It would earn nothing."""
    made = double()
    made.draw = lambda rng: iter([case("vectors", x=1.0), case("tensors", x=1.0)])
    refused = refusal(made)
    assert "a case is in the group 'tensors', which has no weight" in refused.problem
    assert "groups=" in refused.remedy


def test_a_group_without_cases_is_refused() -> None:
    """Nobody could earn it."""
    made = double()
    made.draw = lambda rng: iter([case("vectors", x=1.0)])
    assert refusal(made).problem == "no case is in the group 'matrices'"


def test_the_group_for_unchanged_arguments_needs_no_case() -> None:
    """Every case is one for it."""
    made = double()
    made.groups = {**made.groups, UNCHANGED: 1}
    assert len(sheet_of(made, REFERENCE).cases) == 2


def test_a_small_example_that_raises_is_refused() -> None:
    """It is shown to students with what the reference gives."""
    made = double()
    made.small("Twice nothing.", x=None)
    assert "the small example raises TypeError" in refusal(made).problem


def test_an_unlucky_draw_is_drawn_again() -> None:
    """A case on which a misconception happens to be right gives way to another one."""
    tried = []
    made = Exercise(points=1)

    @made.cases
    def cases(rng: np.random.Generator) -> Iterator:
        tried.append(float(rng.integers(0, 3)))
        yield case(x=tried[-1])

    @made.wrong("The square happens to be the double of 0 and 2.")
    def square(x: float) -> float:
        return x * x

    kept = [sheet_of(made, REFERENCE, seed=seed).cases[0].inputs["x"] for seed in range(10)]
    assert kept == [1.0] * 10
    assert set(tried) == {0.0, 1.0, 2.0}


# Three kinds of exercise, drawn


def compared() -> tuple[Exercise, Sheet]:
    made = double(atol=1e-9, seconds=3, builds_on=["other"])

    @made.wrong("Not doubled.")
    def unchanged(x: np.ndarray) -> np.ndarray:
        return x

    @made.wrong("Raises.")
    def raises(x: np.ndarray) -> np.ndarray:
        raise KeyError("x")

    @made.wrong("Works in place.")
    def in_place(x: np.ndarray) -> np.ndarray:
        x *= 2
        return x

    @made.wrong("Returns nothing.")
    def nothing(x: np.ndarray) -> None:
        2 * x

    @made.wrong("Divides by zero.")
    def infinite(x: np.ndarray) -> np.ndarray:
        return x / np.zeros_like(x)

    @made.wrong("Returns a dictionary with an object.")
    def wrapped(x: np.ndarray) -> dict:
        return {"out": 2 * x, 3: {1, 2}, "layer": object()}

    made.small("Twice three is six.", x=np.array([3.0]))
    return made, sheet_of(made, REFERENCE)


ACCUMULATOR = """\
def drive(Total, losses):
    total = Total()
    return {"all": [total.add(loss) for loss in losses], "kind": "total"}
"""


class Total:
    def __init__(self) -> None:
        self.value = 0.0

    def add(self, loss: float) -> float:
        self.value += loss
        return self.value


def driven() -> tuple[Exercise, Sheet]:
    made = Exercise("Total", points=1)

    @made.cases
    def cases(rng: np.random.Generator) -> Iterator:
        yield case(losses=rng.uniform(1, 2, 4).tolist())

    @made.wrong("The sum does not grow.")
    class forgets:
        def add(self, loss: float) -> float:
            return loss

    @made.right
    class keeps_a_list:
        def __init__(self) -> None:
            self.losses: list[float] = []

        def add(self, loss: float) -> float:
            self.losses.append(loss)
            return np.float32(sum(self.losses))

    return made, sheet_of(made, {"Total": Total}, "Total", driver=ACCUMULATOR)


FAIR = """\
def drive(coin, share, seed):
    first, second = np.random.default_rng(seed), np.random.default_rng(seed)
    return {"tosses": coin(share, first), "again": coin(share, second)}
"""
FAIR_JUDGE = """\
def judge(case, result, expected):
    share = result["tosses"].mean()
    near = abs(share - case.inputs["share"]) < 0.1
    yield "the share", near, "another share", f"{share:.0%} are ones"
    same = np.array_equal(result["tosses"], result["again"])
    yield "from rng", same, "not from rng", f"the reference has {expected['tosses'].sum():g} ones"
"""


def judged() -> tuple[Exercise, Sheet]:
    made = Exercise(points=3, groups={"the share": 2, "from rng": 1})

    @made.cases
    def cases(rng: np.random.Generator) -> Iterator:
        yield case(share=rng.uniform(0.1, 0.3), seed=int(rng.integers(99)))

    @made.wrong("The other side.", loses="the share")
    def upside_down(share: float, rng: np.random.Generator) -> np.ndarray:
        return (rng.random(900) > share) * 1.0

    @made.wrong("The generator is not the one handed over.", loses="from rng")
    def another_generator(share: float, rng: np.random.Generator) -> np.ndarray:
        return (np.random.default_rng().random(900) < share) * 1.0

    @made.right
    def in_a_loop(share: float, rng: np.random.Generator) -> list[int]:
        return [int(rng.random() < share) for _ in range(900)]

    right = lambda share, rng: (rng.random(900) < share) * 1.0  # noqa: E731
    return made, sheet_of(made, {"coin": right}, "coin", driver=FAIR, judge=FAIR_JUDGE)


Maker = Callable[[], tuple[Exercise, Sheet]]
KINDS = pytest.mark.parametrize("make", [compared, driven, judged])


@KINDS
def test_a_sheet_survives_its_file(make: Maker) -> None:
    """What is read from checks.json dumps to the same bytes, and is JSON."""
    first = text(make()[1])
    assert text(*sheet.parse(first).sheets.values()) == first
    assert json.loads(first)["format"] == sheet.FORMAT


def test_structures_without_numbers_survive_their_file() -> None:
    """Shape and kind of each part of a result: all that is kept of it where a judge asks for no more."""
    kept = {"fair": Template((), "b"), "parts": [Template((2, 3), "i"), (Template((), "c"), "text")]}
    one = Sheet("coin", ("coin",), 1, {"all": 1}, (Case({}, "all", kept),))
    assert sheet.parse(text(one)).sheets["coin"].cases[0].expected == kept


@KINDS
def test_the_same_seed_gives_the_same_bytes(make: Maker) -> None:
    """Building twice changes nothing."""
    assert text(make()[1]) == text(make()[1])


def test_another_seed_gives_other_cases() -> None:
    """Hidden cases are not the public ones, and the same seed's are the same."""
    sheets = {seed: text(sheet_of(double(), REFERENCE, seed=seed)) for seed in (1, 2, 3)}
    assert len(set(sheets.values())) == 3
    assert sheets[1] == text(sheet_of(double(), REFERENCE, seed=1))


def test_seeds_come_from_words() -> None:
    """The lesson, the exercise and a secret each make another one; words don't run into one another."""
    words = [("01", "relu", PUBLIC), ("01", "relu", "secret"), ("02", "relu", PUBLIC), ("01re", "lu", PUBLIC)]
    assert len({seed_of(*each) for each in words}) == 4
    assert seed_of("01", "relu") == seed_of("01", "relu")


def test_no_solution_is_in_a_sheet() -> None:
    """Neither the reference's source nor a misconception's: what they give, and hints."""
    for make in (compared, driven, judged):
        written = text(make()[1])
        for code in ("lambda", "return 2 * x", "def unchanged", "self.value", "rng.random("):
            assert code not in written


@pytest.mark.parametrize(
    ("make", "reference", "right"),
    [
        (driven, Total, True),
        (judged, lambda share, rng: (rng.random(900) < share) * 1.0, True),
        (judged, lambda share, rng: [int(rng.random() < share) for _ in range(900)], True),
        (compared, lambda x: (2 * x).tolist(), True),
        (compared, lambda x: x + 1, False),
    ],
    ids=["a class", "an array of tosses", "a list of tosses", "a list", "a wrong answer"],
)
def test_a_sheet_from_a_file_judges_as_before(make: Maker, reference: Any, right: bool) -> None:
    """What the notebook reads is all that judging needs."""
    read = next(iter(sheet.parse(text(make()[1])).sheets.values()))
    verdict, _ = examine(read, [reference])
    assert (verdict.status == "right") == right


@KINDS
def test_misconceptions_and_variants_are_known_from_the_file(make: Maker) -> None:
    """Each misconception is recognised by what it gives, and loses what was said; each variant earns all."""
    made, drawn_sheet = make()
    read = sheet.parse(text(drawn_sheet)).sheets[made.name]
    reference = {"double": REFERENCE["double"], "Total": Total, "coin": None}
    assert made.misconceptions
    for variant in made.misconceptions:
        verdict, _ = examine(read, implementation(made, reference, variant))
        assert verdict.misconception == variant.name
        assert {row.group for row in verdict.rows if not row.ok} == made.loses(variant)
    for variant in made.accepted:
        verdict, _ = examine(read, implementation(made, reference, variant))
        assert verdict.points == made.points


# Several functions, and variants of them


def test_a_case_without_a_call_is_one_for_each_function() -> None:
    """And its group is the function's, where there is one of that name."""
    made = Exercise("f", "g", points=2, groups={"f": 1, "g": 1})
    made.draw = lambda rng: iter([case(x=1.0), case("f", call="f", x=2.0)])
    drawn_sheet = sheet_of(made, {"f": lambda x: x + 1, "g": lambda x: x + 2}, "f")
    assert [(c.call, c.group, c.expected) for c in drawn_sheet.cases] == [
        ("f", "f", 2.0),
        ("g", "g", 3.0),
        ("f", "f", 3.0),
    ]


def test_variants_stand_for_the_functions_they_name() -> None:
    """For the first; for the one named; for two at once; or made from the reference."""
    made = Exercise("f", "g", points=1)
    made.draw = lambda rng: iter([case(x=1.0)])
    reference = {"f": len, "g": max}

    @made.right
    def first() -> None: ...

    @made.right(replaces="g")
    def second() -> None: ...

    @made.right(replaces=("g", "f"))
    def both() -> tuple:
        return min, sum

    @made.right(edits=True)
    def edited(f: Callable) -> list:
        return [f]

    given = [implementation(made, reference, variant) for variant in made.accepted]
    assert given == [[first, max], [len, second], [sum, min], [[len], max]]
    exercises.collected()


@pytest.mark.parametrize("option", ["point", "rtoll", "misconceptions"])
def test_an_unknown_option_is_refused(option: str) -> None:
    """A slip in its name would otherwise be an option that has no effect."""
    with pytest.raises(TypeError, match=f"no option {option}"):
        Exercise(**{option: 1})


def test_the_notes_of_a_judge_are_the_signature() -> None:
    """What fails, without the numbers."""
    _, made = judged()
    found = judge.findings_of(made, [examine(made, [lambda share, rng: np.ones(900)])[1][0]])
    assert judge.failures(found) == {("the share", "another share")}
    assert [f.detail for f in found if not f.ok] == ["100% are ones"]
