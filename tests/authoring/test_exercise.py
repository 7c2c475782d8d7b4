"""An exercise proves itself when its cases are drawn: what proves nothing is refused, with the reason."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.authoring import exercise as exercises
from autograder.authoring.compile import compile_exercise
from autograder.authoring.exercise import UNCHANGED, Exercise, case
from autograder.authoring.lesson import Lesson, lessons_of
from autograder.authoring.proof import PUBLIC, Undrawable, examine, implementation, seed_of
from autograder.classroom import sample
from autograder.errors import LessonError
from autograder.nbgrader.course import Course
from autograder.student import checks_file, judge
from autograder.student.difference import Template
from autograder.student.sheet import Case, LessonSheet, Sheet, joined, shuffled
from tests.builders import EXERCISES, make_course, only_lesson, replaced
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
    return checks_file.dump(LessonSheet("01_small", "A small lesson", {one.name: one for one in sheets}))


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
        (("vectors", "matrices"), "loses ['matrices'], where ['matrices', 'vectors'] was said"),
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

    @made.wrong("Raises.", raises=True)
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
    assert text(*checks_file.parse(first).sheets.values()) == first
    assert json.loads(first)["format"] == checks_file.FORMAT


def test_structures_without_numbers_survive_their_file() -> None:
    """Shape and kind of each part of a result: all that is kept of it where a judge asks for no more."""
    kept = {"fair": Template((), "b"), "parts": [Template((2, 3), "i"), (Template((), "c"), "text")]}
    one = Sheet("coin", ("coin",), 1, {"all": 1}, (Case({}, "all", kept),))
    assert checks_file.parse(text(one)).sheets["coin"].cases[0].expected == kept


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
    read = next(iter(checks_file.parse(text(make()[1])).sheets.values()))
    verdict, _ = examine(read, [reference])
    assert (verdict.status == "right") == right


@KINDS
def test_misconceptions_and_variants_are_known_from_the_file(make: Maker) -> None:
    """Each misconception is recognised by what it gives, and loses what was said; each variant earns all."""
    made, drawn_sheet = make()
    read = checks_file.parse(text(drawn_sheet)).sheets[made.name]
    reference = {"double": REFERENCE["double"], "Total": Total, "coin": None}
    assert made.misconceptions
    for variant in made.misconceptions:
        verdict, _ = examine(read, implementation(made, reference, variant))
        assert verdict.misconception == variant.name
        (mistake,) = (one for one in read.mistakes if one.name == variant.name)
        assert {row.group for row in verdict.rows if not row.ok} == set(mistake.loses)
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
    """What fails and on which case, without the numbers."""
    _, made = judged()
    found = judge.findings_of(made, [examine(made, [lambda share, rng: np.ones(900)])[1][0]])
    assert judge.failures(found) == ((0, "the share", 1, "another share"),)
    assert [f.detail for f in found if not f.ok] == ["100% are ones"]


TWO_OF_A_GROUP = """\
def judge(case, result):
    yield "the numbers", result[0] == 1
    yield "the numbers", result[1] == 2
"""


def pair(judge: str = TWO_OF_A_GROUP) -> Sheet:
    """Two slips that lose the same group, each by another property, on cases of which one is easy."""
    made = Exercise(points=1, groups={"the numbers": 1})

    @made.cases
    def cases(rng: np.random.Generator) -> Iterator:
        yield case("the numbers", low=0)
        yield case("the numbers", low=1)

    @made.wrong("The first.")
    def first(low: int) -> np.ndarray:
        return np.array([1 - low, 2])

    @made.wrong("The second.")
    def second(low: int) -> np.ndarray:
        return np.array([1, 2 + low])

    return sheet_of(
        made, {"pair": lambda low: np.array([1, 2])}, "pair", **({"judge": judge} if judge else {})
    )


def named(sheet: Sheet, answer: Callable) -> str | None:
    return examine(sheet, [answer])[0].misconception


def test_a_judged_slip_is_known_by_the_property_and_the_case_that_fail() -> None:
    """Another answer that loses the same group gets no hint."""
    sheet = pair()
    assert named(sheet, lambda low: np.array([1 - 3 * low, 2])) == "first"
    assert named(sheet, lambda low: np.array([1, 2 - low])) == "second"
    assert named(sheet, lambda low: np.array([1 - low, 2 - low])) is None
    assert named(sheet, lambda low: np.array([low, 2])) is None


@pytest.mark.parametrize("judge", [TWO_OF_A_GROUP, ""], ids=["judged", "compared"])
def test_slips_are_known_on_cases_of_two_draws_in_another_order(judge: str) -> None:
    """As grading has them."""
    for seed in range(5):
        sheet = shuffled(joined(pair(judge), pair(judge)), seed)
        assert named(sheet, lambda low: np.array([1 - low, 2])) == "first"
        assert named(sheet, lambda low: np.array([1, 2 + low])) == "second"


# What a misconception loses


def test_what_a_misconception_loses_is_worked_out() -> None:
    """Nobody has to say it; it stands on the sheet, in the order of the groups."""
    made = double()

    @made.mistakes
    def mistakes(x: np.ndarray) -> Iterator:
        yield "nothing", x, "Not doubled."
        yield "for_vectors", 2 * x if x.ndim == 1 else x, "Right for vectors."

    losses = {one.name: one.loses for one in sheet_of(made, REFERENCE).mistakes}
    assert losses == {"nothing": ("vectors", "matrices"), "for_vectors": ("matrices",)}


def test_a_hidden_draw_loses_what_the_public_sheet_says() -> None:
    """A draw on which a misconception loses other groups gives way to another one."""
    made = Exercise(points=2, groups={"small": 1, "large": 1})

    @made.cases
    def cases(rng: np.random.Generator) -> Iterator:
        yield case("small", x=float(rng.integers(0, 4)))
        yield case("large", x=rng.uniform(5, 6))

    @made.mistakes
    def mistakes(x: float) -> Iterator:
        yield "square", x * x, "The square happens to be the double of 0 and 2."

    sheets = [sheet_of(made, REFERENCE, seed=seed) for seed in range(20)]
    losses = {one.mistakes[0].loses for one in sheets}
    assert losses == {("large",), ("small", "large")}
    for public in sheets:
        for seed in range(100, 110):
            hidden = sheet_of(made, REFERENCE, seed=seed, public=public)
            assert hidden.mistakes[0].loses == public.mistakes[0].loses


def test_a_misconception_that_never_loses_what_the_public_sheet_says_is_refused() -> None:
    """With both, so that the cases can be mended."""
    made = double()

    @made.mistakes
    def mistakes(x: np.ndarray) -> Iterator:
        yield "for_vectors", 2 * x if x.ndim == 1 else x, "Right for vectors."

    public = sheet_of(made, REFERENCE)
    (mistake,) = public.mistakes
    other = dataclasses.replace(public, mistakes=(dataclasses.replace(mistake, loses=("vectors",)),))
    with pytest.raises(Undrawable, match="loses .'matrices'., where .'vectors'. is the case on the public"):
        sheet_of(made, REFERENCE, public=other)


def test_a_sheet_without_losses_can_be_read() -> None:
    """A checks.json made before losses were written down says nothing of them, nor of parts."""
    _, one = compared()
    data = json.loads(text(one))
    for exercise in data["exercises"].values():
        del exercise["returns"]
        for each in exercise["mistakes"]:
            del each["loses"]
        for each in exercise["cases"]:
            del each["parts"]
    read = checks_file.parse(json.dumps(data)).sheets["double"]
    assert read.returns == () and read.cases[0].parts == () and read.mistakes[0].loses == ()
    assert examine(read, [REFERENCE["double"]])[0].status == "right"


def test_a_misconception_that_raises_on_every_case_is_refused() -> None:
    """It may be a slip of its author's: here a name that does not exist."""
    made = double()

    @made.wrong("Not doubled.")
    def broken(x: np.ndarray) -> np.ndarray:
        return no_such_name * x  # noqa: F821

    refused = refusal(made)
    assert "broken raises on every case: NameError: name 'no_such_name' is not defined" in refused.problem
    assert "raises=True" in refused.remedy


def test_a_misconception_that_says_it_raises_must_do_so() -> None:
    """A promise is kept, or taken back."""
    made = double()

    @made.wrong("Right for vectors.", raises=True)
    def for_vectors(x: np.ndarray) -> np.ndarray:
        return 2 * x if x.ndim == 1 else x.no_such_name

    assert "for_vectors says raises=True, and returns on some case" in refusal(made).problem


# Variants that a generator yields


def test_a_generator_stands_for_a_function_a_yield() -> None:
    """Names and hints are known before anything is called; each gives what it yields."""
    made = double()

    @made.mistakes
    def mistakes(x: np.ndarray, times: int = 3) -> Iterator:
        """Several ways to be wrong."""
        many = times * x
        yield "three_times", many, "Three times as much: ask for twice."
        with np.errstate(all="ignore"):
            yield "of_one", many / 0, "A hint that goes on on the next line."

    @made.answers
    def answers(x: np.ndarray) -> Iterator:
        yield "added", x + x

    first, second = made.misconceptions
    (right,) = made.accepted
    assert [(one.name, one.hint) for one in made.misconceptions] == [
        ("three_times", "Three times as much: ask for twice."),
        ("of_one", "A hint that goes on on the next line."),
    ]
    assert (first.function(2), first.function(2, times=5), right.function(2)) == (6, 10, 4)
    assert second.function(np.ones(1)) == np.inf
    assert second.line == first.line + 2
    exercises.collected()


def test_only_the_wanted_yield_is_evaluated() -> None:
    """An expression that raises, warns, draws or writes in place has no part in the variants after it."""
    made = double()
    met = []

    @made.mistakes
    def mistakes(x: np.ndarray, rng: Any) -> Iterator:
        met.append("shared")
        yield "raises", met.append("raises") or 1 / 0, "Divides by zero."
        yield "in_place", np.add(x, x, out=x), "Writes into x."
        yield "draws", x * rng.random(), "Draws."
        yield "last", x + rng.random(), "Draws, too."

    x = np.ones(2)
    last = made.misconceptions[-1].function(x, np.random.default_rng(1))
    assert np.array_equal(last, x + np.random.default_rng(1).random())
    assert met == ["shared"] and np.array_equal(x, np.ones(2))
    exercises.collected()


def test_a_misconception_of_a_generator_that_raises_is_named() -> None:
    """The one whose expression it is, in its line."""
    made = double()

    @made.mistakes
    def mistakes(x: np.ndarray) -> Iterator:
        yield "fine", x, "Not doubled."
        yield "broken", x.no_such_name, "Raises."

    refused = refusal(made)
    assert "the misconception broken raises on every case: AttributeError" in refused.problem
    assert refused.variant.line == made.misconceptions[0].line + 1


def test_a_generator_can_be_for_each_item_of_a_list() -> None:
    """The function takes the list, the generator one of it; other parameters keep their places."""
    made = Exercise(points=1)

    @made.mistakes(each="g in grads")
    def mistakes(c: float, g: np.ndarray, *, offset: float = 0.0) -> Iterator:
        top = np.minimum(g, c)
        yield "upper_side_only", top + offset, "Only the upper side."

    function = made.misconceptions[0].function
    assert function(1.0, [0.5, 3.0]) == [0.5, 1.0]
    assert function(c=1.0, grads=[3.0], offset=2) == [3.0]
    exercises.collected()


def test_a_generator_can_stand_for_another_function() -> None:
    """Of an exercise of several functions, the one it replaces."""
    made = Exercise("f", "g", points=1)

    @made.mistakes(replaces="g")
    def mistakes(x: float) -> Iterator:
        yield "one_less", x - 1, "One less."

    @made.answers(replaces="g")
    def answers(x: float) -> Iterator:
        yield "the_same", x

    reference = {"f": len, "g": max}
    for variant in made.misconceptions + made.accepted:
        f, g = implementation(made, reference, variant)
        assert f is len and g is variant.function
    exercises.collected()


REFUSED_GENERATORS = {
    "a name that is worked out": ("yield NAME, x, 'A hint.'", "the name is not written out"),
    "a hint that is formatted": ("yield 'doubled', x, f'A hint of {x}.'", "the hint is not written out"),
    "a hint that is added up": ("yield 'doubled', x, 'A hint.' + 'More.'", "the hint is not written out"),
    "no hint": ("yield 'doubled', x * 2", "not of the form yield name, result, hint"),
    "a tuple without brackets": ("yield 'doubled', x, x, 'A hint.'", "not of the form yield name, result"),
    "a name with spaces": ("yield 'it is doubled', x, 'A hint.'", "can't be the name of a function"),
    "a loop": ("for k in (1, 2): yield 'doubled', k * x, 'A hint.'", "a yield in a loop"),
    "a condition": ("if np.ndim(x): yield 'doubled', x * 2, 'A hint.'", "a yield in a loop, a condition"),
    "yield from": ("yield from several(x)", "a yield in a loop, a condition or an expression"),
    "a value that is used": ("y = yield 'doubled', x * 2, 'A hint.'", "a yield in a loop, a condition or an"),
    "nothing": ("return x * 2", "mistakes yields nothing"),
}


@pytest.mark.parametrize(("body", "problem"), REFUSED_GENERATORS.values(), ids=REFUSED_GENERATORS)
def test_what_can_not_be_read_before_a_call_is_refused(tmp_path: Path, body: str, problem: str) -> None:
    """With the file and the line."""
    text = f"\n\n@half.mistakes\ndef mistakes(x):\n    {body}\n"
    course = make_course(tmp_path, exercises=EXERCISES + text)
    with pytest.raises(LessonError) as caught:
        _ = only_lesson(course).exercises
    assert problem in caught.value.problem
    assert caught.value.path.name == "exercises.py"
    line = (EXERCISES + text).split("\n").index("def mistakes(x):") + 1
    assert caught.value.line == line + (body != "return x * 2")
    assert caught.value.remedy


@pytest.mark.parametrize("each", ["grads", "y in grads", "x of grads", "x in the grads"])
def test_an_each_that_names_no_parameter_is_refused(tmp_path: Path, each: str) -> None:
    """The item is a parameter of the generator, the list a name."""
    text = f"\n\n@half.mistakes(each={each!r})\ndef mistakes(x):\n    yield 'doubled', x * 2, 'A hint.'\n"
    with pytest.raises(LessonError, match="but mistakes takes x"):
        _ = only_lesson(make_course(tmp_path, exercises=EXERCISES + text)).exercises


def test_two_variants_of_one_name_are_refused(tmp_path: Path) -> None:
    """Whose hint it is could not be told."""
    text = "\n\n@half.mistakes\ndef mistakes(x):\n    yield 'doubled', x * 3, 'A hint.'\n"
    with pytest.raises(LessonError, match="a second variant of half is called doubled; the first is in line"):
        _ = only_lesson(make_course(tmp_path, exercises=EXERCISES + text)).exercises


# What a function returns, where it is several things

MEAN, SPREAD = "the mean", "the spread"
MOMENTS = {"moments": lambda x: (np.mean(x), np.std(x))}


def moments(**options: Any) -> Exercise:
    """An exercise whose answer is a pair, to be added to."""
    made = Exercise(points=4, **({"returns": {MEAN: 1, SPREAD: 3}} | options))

    @made.cases
    def cases(rng: np.random.Generator) -> Iterator:
        yield case(x=rng.uniform(1, 2, 5))

    return made


def judged_moments(made: Exercise, answer: Callable) -> tuple[float, dict[str, str]]:
    """Points, and what was found wrong in each group."""
    verdict, _ = examine(sheet_of(made, MOMENTS, "moments"), [answer])
    return verdict.points, {row.group: row.text or verdict.error for row in verdict.rows if not row.ok}


def test_each_part_of_a_result_is_judged_for_itself() -> None:
    """One call, two groups."""
    points, wrong = judged_moments(moments(), lambda x: (np.mean(x), np.var(x)))
    assert points == 1
    assert list(wrong) == [SPREAD]
    assert wrong[SPREAD].startswith("`the spread` is ")


@pytest.mark.parametrize("pack", [tuple, list, np.array, lambda pair: np.float32(pair)])
def test_a_pair_may_come_as_a_tuple_a_list_or_an_array(pack: Callable) -> None:
    """Being right is being right."""
    assert judged_moments(moments(), lambda x: pack((np.mean(x), np.std(x))))[0] == 4


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (lambda x: np.mean(x), "the number "),
        (lambda x: (np.mean(x), np.std(x), len(x)), "a tuple of 3 items"),
        (lambda x: {"mean": np.mean(x), "spread": np.std(x)}, "a dictionary of 2 items"),
        (lambda x: "ab", "the text 'ab'"),
        (lambda x: None, "None"),
        (lambda x: np.array(2.0), "a single number"),
    ],
)
def test_what_is_no_pair_is_named(answer: Callable, found: str) -> None:
    """The parts that were asked for, and what came back, in each of their groups."""
    points, wrong = judged_moments(moments(), answer)
    assert points == 0
    for text in wrong.values():
        assert text.startswith(f"the function should return 2 values: the mean, the spread; found {found}")


def test_a_part_of_misconceptions_is_recognised_where_the_other_part_is_wrong_otherwise() -> None:
    """Two slips side by side: the first group that failed is looked at alone."""
    made = moments()

    @made.mistakes
    def mistakes(x: np.ndarray) -> Iterator:
        yield "median", (np.median(x), np.std(x)), "This is the median."
        yield "variance", (np.mean(x), np.var(x)), "This is the variance."

    drawn_sheet = sheet_of(made, MOMENTS, "moments")
    both, _ = examine(drawn_sheet, [lambda x: (np.median(x), 17.0)])
    assert [(one.name, one.loses) for one in drawn_sheet.mistakes] == [
        ("median", (MEAN,)),
        ("variance", (SPREAD,)),
    ]
    assert both.misconception == "median" and both.points == 0


def test_a_case_may_be_about_one_part() -> None:
    """By its group, where that is a part; or by saying so, in a group apart from the parts."""
    long = "a long row"
    made = moments(returns=(MEAN, SPREAD), groups={MEAN: 1, long: 1})
    made.draw = lambda rng: iter([case(MEAN, x=rng.random(3)), case(long, part=SPREAD, x=rng.random(9))])
    assert judged_moments(made, lambda x: (np.mean(x), np.std(x))) == (4, {})
    assert list(judged_moments(made, lambda x: (np.mean(x), 17.0))[1]) == [long]
    assert list(judged_moments(made, lambda x: (17.0, np.std(x)))[1]) == [MEAN]


def test_parts_without_weights_count_for_the_groups_of_their_case() -> None:
    """Names alone say how many things are asked for."""
    made = moments(returns=(MEAN, SPREAD))
    assert judged_moments(made, lambda x: (np.mean(x), np.std(x)))[0] == 4
    assert list(judged_moments(made, lambda x: (np.mean(x), 17.0))[1]) == ["the right values"]


def test_unchanged_arguments_are_a_group_beside_the_parts() -> None:
    """Whoever writes into an argument loses that group only."""
    made = moments(groups={UNCHANGED: 4})

    def in_place(x: np.ndarray) -> tuple:
        pair = np.mean(x), np.std(x)
        x[:] = 0
        return pair

    points, wrong = judged_moments(made, in_place)
    assert points == 2 and list(wrong) == [UNCHANGED]


def test_a_driver_may_return_the_parts() -> None:
    """Where the answer is not one plain call."""
    made = moments()
    source = "def drive(moments, x):\n    return moments(2 * x)\n"
    drawn_sheet = sheet_of(made, MOMENTS, "moments", driver=source)
    verdict, _ = examine(drawn_sheet, [lambda x: (np.mean(x), 17.0)])
    assert verdict.points == 1


def test_a_judge_may_rely_on_the_parts() -> None:
    """What is no pair never reaches it."""
    made = moments(returns=(MEAN, SPREAD), groups={"positive": 1})
    source = (
        "def judge(case, result):\n    mean, spread = result\n    yield 'positive', mean > 0, 'negative'\n"
    )
    drawn_sheet = sheet_of(made, MOMENTS, "moments", judge=source)
    assert examine(drawn_sheet, [lambda x: (1.0, 2.0)])[0].points == 4
    assert "2 values" in examine(drawn_sheet, [lambda x: 1.0])[0].rows[0].text


@pytest.mark.parametrize(
    ("functions", "options", "problem"),
    [
        (("f", "g"), {"returns": {MEAN: 1, SPREAD: 1}}, "what one function returns"),
        (("f",), {"returns": (MEAN,)}, "two or more"),
        (
            ("f",),
            {"returns": {MEAN: 1, SPREAD: 1}, "groups": {MEAN: 1}},
            "'the mean' has a weight in returns=",
        ),
    ],
)
def test_parts_that_make_no_sense_are_refused(functions: tuple, options: dict, problem: str) -> None:
    """At once, in the line of the exercise."""
    with pytest.raises(TypeError, match=problem):
        Exercise(*functions, points=1, **options)


def test_a_case_about_an_unknown_part_is_refused() -> None:
    """It would be about nothing."""
    made = moments()
    made.draw = lambda rng: iter([case(MEAN, part="the median", x=rng.random(3))])
    assert "a case is about the part 'the median'" in refusal(made, MOMENTS).problem


def test_a_reference_that_is_no_pair_is_refused() -> None:
    """With what it should return."""
    refused = refusal(moments(), {"double": np.mean})
    assert "the function should return 2 values: the mean, the spread" in refused.problem


def test_parts_survive_their_file() -> None:
    """Names of the parts, and which a case is about."""
    made = moments(returns=(MEAN, SPREAD), groups={"long": 1})
    made.draw = lambda rng: iter([case("long", part=SPREAD, x=rng.random(9))])
    first = text(sheet_of(made, MOMENTS, "moments"))
    (read,) = checks_file.parse(first).sheets.values()
    assert read.returns == (MEAN, SPREAD) and read.cases[0].parts == (SPREAD,)
    assert text(read) == first


# What a demonstration class hands in

YIELDED = """

@half.mistakes
def mistakes(x):
    more = added(x)
    yield "one_more", more / 2, "One more than x is halved."
    yield "two_more", more / 2 + 0.5, "Two more than x are halved."


@half.answers
def answers(x):
    yield "times_a_half", 0.5 * x


def added(x):
    return x + 1
"""
OWN_ANSWER = "\n\n@half.right\ndef times_a_half(x):\n    return 0.5 * x\n"


def test_a_cell_of_a_yielded_variant_runs(tmp_path: Path) -> None:
    """It holds the helpers it needs, no other variant, and is recognised as what it is."""
    course = make_course(tmp_path, exercises=replaced(EXERCISES, (OWN_ANSWER, "")) + YIELDED)
    lesson: Lesson = only_lesson(course)
    made = lesson.exercises["half"]
    public = compile_exercise(lesson, "half", PUBLIC)
    for variant in made.misconceptions + made.accepted:
        cell = sample.cell_of(lesson, made, variant)
        names: dict[str, Any] = {"np": np}
        exec(cell, names)
        verdict, _ = examine(public, [names["half"]])
        assert verdict.misconception == (variant.name if variant in made.misconceptions else None)
        assert "yield" not in cell and "hint" not in cell


@pytest.mark.slow
def test_every_yielded_variant_of_a_lesson_becomes_a_cell() -> None:
    """Lists, too, for which a generator is given one item."""
    (lesson,) = lessons_of(Course(Path(__file__).resolve().parents[2]), ("07",))
    for made in lesson.exercises.values():
        public, reference = compile_exercise(lesson, made.name, PUBLIC), lesson.reference(made)
        for variant in made.misconceptions:
            names = {"np": np, **reference}
            exec(sample.cell_of(lesson, made, variant), names)
            verdict, _ = examine(public, [names[name] for name in made.all_functions])
            assert verdict.misconception == variant.name
