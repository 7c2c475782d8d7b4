"""Results without what does not matter: their last digits, and what kind of number or list they are."""

from __future__ import annotations

from typing import Any

import nbformat
import numpy as np
import pytest

from autograder.engine.details import MOST_WORDS, _plain, code_of

PAIRS: dict[str, tuple[Any, Any]] = {
    "last digits": (1 / 3, 1 / 3 + 1e-12),
    "float32": (np.float32(0.1), 0.1),
    "nearly nothing": (1e-15, 0),
    "a list of lists": ((1.0, 2), [1, 2.0]),
    "an array": (np.array([[1, 2]]), np.array([[1.0, 2.0]])),
    "an array and a list": (np.array([[1, 2]]), [(1.0, 2.0)]),
    "the largest numbers": (np.float32(3e38), float(np.float32(3e38))),
    "an endless number": (np.float64("inf"), float("inf")),
    "no number": (np.float32("nan"), float("nan")),
}


@pytest.mark.parametrize("name", PAIRS)
def test_two_results_are_the_same(name: str) -> None:
    one, other = PAIRS[name]
    assert _plain(one) == _plain(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [(1.0, 1.001), (True, 1), ([1, 2], [2, 1]), (np.zeros((2, 1)), np.zeros((1, 2))), ({"a": 1}, {"b": 1})],
    ids=["a digit", "a truth", "an order", "a shape", "a key"],
)
def test_two_results_are_not_the_same(one: Any, other: Any) -> None:
    assert _plain(one) != _plain(other)


def test_a_large_result_is_not_read_to_its_end() -> None:
    assert len(_plain([[0] * 1_000] * 1_000)) == len(_plain(np.zeros(10**6))) == MOST_WORDS


def test_the_code_of_an_exercise_is_what_counted_when_it_was_checked() -> None:
    """Where it stands, in whatever cell; not what is defined again below the check."""

    def cell(source: str, grade_id: str = "", grade: bool = False, solution: bool = False) -> Any:
        made = nbformat.v4.new_code_cell(source)
        if grade_id:
            made.metadata["nbgrader"] = {"grade_id": grade_id, "grade": grade, "solution": solution}
            made.metadata["nbgrader"]["locked"] = grade
        return made

    notebook = nbformat.v4.new_notebook(
        cells=[
            cell("def half(x):\n    raise NotImplementedError()", "half", solution=True),
            cell("def half(x):\n    return x / 2"),
            cell("def half(x: oops"),
            cell("def quarter(x):\n    return half(half(x))\ndouble = lambda x: 2 * x"),
            cell("check(half)", "check_half", grade=True),
            cell("def half(x):\n    return x"),
        ]
    )
    assert code_of(notebook, "half", ("half",)) == "def half(x):\n    return x / 2"
    assert code_of(notebook, "other", ("other",)) == ""
    three = code_of(notebook, "half", ("half", "quarter", "double"))
    assert three == f"{notebook.cells[1].source}\n\n{notebook.cells[3].source}"
