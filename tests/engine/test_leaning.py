"""Who leans on a demonstration is seen by reading; a name that is called the same by chance is no reason."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from nbformat.v4 import new_code_cell

from autograder.engine.leaning import leans_on
from autograder.engine.running import Step

LEFT_OUT = {"shows": frozenset({"x", "rates"}), "shows_more": frozenset({"x"}), "prints": frozenset()}


@pytest.fixture
def leans() -> Callable[..., bool]:
    def decide(*sources: str) -> bool:
        """Cells in order: one of LEFT_OUT by its name, "check" of an exercise, or a student's."""
        steps = []
        for number, source in enumerate(sources, 1):
            cell = new_code_cell("..." if source in LEFT_OUT else source)
            if source in LEFT_OUT:
                cell.metadata["nbgrader"] = {"grade_id": source, "locked": True}
            step = Step(number, cell, "half" if source == "check" else "", own=source not in LEFT_OUT)
            steps.append(step)
        return leans_on(LEFT_OUT, steps)

    return decide


@pytest.mark.parametrize(
    "sources",
    [
        ("shows", "y = x"),
        ("shows", "def f():\n    return x"),
        ("y = x", "shows"),
        ("y = rates",),
        ("x = 1", "shows", "y = x"),
        ("x = 1", "shows", "def f(a):\n    return a * x"),
        ("shows", "x = x + 1"),
        ("x = 1", "shows", "x = x + 1"),
        ("x = 1", "y = rates", "shows"),
        ("shows", "print(f'{x}')"),
        ("shows", "x += 1"),
        ("shows", "x[0] = 1"),
        ("shows", "for x in x:\n    print(x)"),
        ("shows", "for a in y:\n    x = x + a"),
        ("shows", "while x:\n    x = None"),
        ("shows", "x: int = x"),
        ("shows", "[x for _ in y]"),
        ("shows", "y.x = x"),
        ("shows", "y = np.x\\\n    + x"),
    ],
)
def test_a_value_of_a_demonstration_is_needed(leans: Callable[..., bool], sources: tuple[str, ...]) -> None:
    assert leans(*sources)


@pytest.mark.parametrize(
    "sources",
    [
        ("shows", "x = 1\ny = x"),
        ("shows", "x = 1", "y = x"),
        ("shows", "x = 1", "check", "y = x", "prints"),
        ("shows", "def f(x):\n    return x"),
        ("shows", "def rates(a):\n    return a\ndef f(a):\n    return rates(a)"),
        ("def rates(a):\n    return a\ndef f(a):\n    return rates(a)", "check", "shows"),
        ("shows", "[x for x in y]"),
        ("shows", "x = [x for x in y]"),
        ("shows", "x = max(x for x in y)"),
        ("shows", "for x in y:\n    print(x)"),
        ("shows", "with y as x:\n    print(x)"),
        ("shows", "for a in y:\n    for x, rates in a:\n        print(x, rates)"),
        ("shows", "if (x := y):\n    print(x)"),
        ("shows", "while True:\n    x = 1\n    x += 1"),
        ("shows", "try:\n    x = 1\n    y = x\nexcept E as rates:\n    print(rates)"),
        ("shows", "model.rates"),
        ("shows", "def f(a):\n    return np.x(a) + a.rates"),
        ("shows", "f(x=1)"),
        ("shows", "# x"),
        ("shows", "x ="),
        ("shows", "x = 1", "shows_more", "y = 2"),
        ("shows", "import x"),
        ("shows",),
        (),
    ],
)
def test_a_name_that_is_called_the_same_is_not(leans: Callable[..., bool], sources: tuple[str, ...]) -> None:
    assert not leans(*sources)
