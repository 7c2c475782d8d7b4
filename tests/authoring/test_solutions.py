"""The solutions that learners without a teacher are handed."""

from __future__ import annotations

import pytest

from autograder.authoring.lesson import lessons_of
from autograder.authoring.solutions import MOST_VARIANTS, solutions_of
from autograder.nbgrader.course import Course
from tests.builders import ROOT

# Functions, a class, a table of pairs, and several functions for one exercise.
LESSONS = lessons_of(Course(ROOT), ("00", "01", "04", "16"))


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_every_exercise_has_a_solution_to_show(lesson) -> None:  # type: ignore[no-untyped-def]
    """It is Python without the author's markers, and says more than the code."""
    given = solutions_of(lesson)
    assert given["lesson"] == lesson.name and list(given["solutions"]) == list(lesson.exercises)
    for name, solution in given["solutions"].items():
        for source in (solution["source"], *solution["variants"]):
            compile(source, name, "exec")
            assert "SOLUTION" not in source
        assert all(function in solution["source"] for function in lesson.exercises[name].functions)
        assert solution["explanation"] and len(solution["variants"]) <= MOST_VARIANTS
