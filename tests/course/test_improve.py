"""The open task of lesson 16: what its cases give away, what an answer may use, how it is judged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import emergency_vehicles
from autograder.authoring.exercise import Exercise
from autograder.authoring.lesson import lessons_of
from autograder.nbgrader.course import Course
from autograder.student.sheet import Case
from tests.builders import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def improve() -> Exercise:
    (lesson,) = lessons_of(Course(ROOT), ("16",))
    return lesson.exercises["improve"]


@pytest.fixture(scope="module")
def hidden(improve: Exercise) -> Case:
    (case,) = improve.draw(np.random.default_rng(7), True)
    return case


@pytest.fixture(scope="module")
def public(improve: Exercise) -> Case:
    (case,) = improve.draw(np.random.default_rng(7), False)
    return case


def answer(labels: Any) -> Any:
    """An answer that has learnt nothing."""
    return lambda X_train, y_train: lambda images: np.full(len(images), labels)


def judged(improve: Exercise, case: Case, said: np.ndarray, **cost: float) -> list[tuple[Any, ...]]:
    result = {"said": said, "seconds": 1.0, "memory": 10.0, "by index": 0.5, **cost}
    return list(improve.judge_function(case, result, case.expected))


def test_a_hidden_case_holds_images_and_nothing_that_names_them(hidden: Case):
    """A seed would tell the labels; they stay with whoever judges."""
    assert sorted(hidden.inputs) == ["_X", "_unseen", "_y"]
    assert hidden.inputs["_unseen"].shape == (1200, 32, 48, 3)
    assert hidden.expected["said"].shape == (1200,)
    assert set(hidden.expected["said"].tolist()) == {0, 1}


def test_a_public_case_is_small(public: Case):
    """checks.json has no room for eleven megabytes of pixels."""
    assert list(public.inputs) == ["_seeds"]
    assert public.expected["said"].nbytes == 1200


def test_both_are_judged_in_the_same_way(improve: Exercise, public: Case, hidden: Case):
    """From the same seed, the same images."""
    first = improve.drive(answer(1), **public.inputs)
    again = improve.drive(answer(1), **hidden.inputs)
    assert first["said"].tolist() == again["said"].tolist() == [1] * 1200
    assert np.array_equal(public.expected["said"], hidden.expected["said"])


def test_two_in_a_hundred_labels_for_training_are_wrong(hidden: Case):
    """As in the set; those it is judged by are right."""
    X, y = hidden.inputs["_X"], hidden.inputs["_y"]
    assert X.shape == (1200, 32, 48, 3)
    assert 0.38 < y.mean() < 0.46
    assert np.isclose(hidden.expected["said"].mean(), 0.42, atol=0.01)


def test_no_more_images_can_be_drawn_while_an_answer_is_at_work(improve: Exercise, public: Case):
    """It learns from what it is given; afterwards the generator is open again."""

    def greedy(X_train: np.ndarray, y_train: np.ndarray) -> Any:
        emergency_vehicles.draw(10, 1)

    with pytest.raises(RuntimeError, match="no more are drawn for it"):
        improve.drive(greedy, **public.inputs)
    assert len(emergency_vehicles.draw(3, 1).images) == 3


@pytest.mark.parametrize("wrong", [3, 240, 350])
def test_points_follow_the_mean_of_the_two_draws(improve: Exercise, hidden: Case, wrong: int):
    """.70, .78, .86 and .91 of 1,200."""
    said = hidden.expected["said"].astype(int)
    said[:wrong] = 1 - said[:wrong]
    earned = sum(held for _, held, *_ in judged(improve, hidden, said))
    assert earned == sum(1 - wrong / 1200 >= need for need in (0.70, 0.78, 0.86, 0.91))


@pytest.mark.parametrize(
    ("cost", "word"), [({"seconds": 61.0}, "too slow"), ({"memory": 2100.0}, "too much memory")]
)
def test_what_costs_too_much_earns_nothing(improve: Exercise, hidden: Case, cost: dict, word: str):
    """However right it is."""
    found = judged(improve, hidden, hidden.expected["said"].astype(int), **cost)
    assert [(held, seen) for _, held, seen, _ in found] == [(False, word)] * 4
