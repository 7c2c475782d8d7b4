"""What a student's code leaves of the global state: all of it, also where one guard stands inside another."""

# ruff: noqa: NPY002  students use the old generator
from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from autograder.student.guard import undisturbed

CHANGES: dict[str, Callable[[], Any]] = {
    "nothing": lambda: None,
    "draws": lambda: np.random.rand(3),
    "draws one of a pair of normal numbers": lambda: np.random.randn(),
    "draws many": lambda: np.random.rand(2_000),
    "seeds": lambda: np.random.seed(0),
    "seeds and draws": lambda: (np.random.seed(1), np.random.randn()),
    "another generator": lambda: np.random.set_bit_generator(np.random.PCG64(1)),
    "another of the same kind": lambda: np.random.set_bit_generator(np.random.MT19937(1)),
    "seeds Python": lambda: random.seed(0),
    "turns logging on": lambda: logging.disable(logging.NOTSET),
    "sets a level": lambda: logging.root.setLevel(logging.DEBUG),
    "sets print options": lambda: np.set_printoptions(precision=1, legacy="1.25"),
}


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Other tests find their generator again."""
    generator, state = np.random.get_bit_generator(), np.random.get_state()
    yield
    np.random.set_bit_generator(generator)
    np.random.set_state(state)


def seen() -> tuple[Any, ...]:
    """All that is to be as it was; the numbers that would be drawn next tell of a generator all there is."""
    state, python = np.random.get_state(legacy=False), random.getstate()
    drawn = (np.random.randn(3).tolist(), np.random.rand(700).sum(), random.random())
    np.random.set_state(state)
    random.setstate(python)
    options = {k: v for k, v in np.get_printoptions().items() if k != "override_repr"}
    return (
        *drawn,
        id(np.random.get_bit_generator()),
        options,
        logging.root.manager.disable,
        logging.root.level,
    )


@pytest.mark.parametrize("half_a_pair", [False, True], ids=["fresh", "with a normal number kept"])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_is_changed_is_put_back(change: Callable[[], Any], half_a_pair: bool) -> None:
    np.random.seed(7)
    if half_a_pair:
        np.random.randn()
    before = seen()
    with undisturbed():
        change()
    assert seen() == before


@pytest.mark.parametrize("half_a_pair", [False, True], ids=["fresh", "with a normal number kept"])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_each_of_several_inside_another_finds_what_the_first_found(
    change: Callable[[], Any], half_a_pair: bool
) -> None:
    np.random.seed(7)
    if half_a_pair:
        np.random.randn()
    outside = seen()
    with undisturbed():
        inside = []
        for _ in range(3):
            with undisturbed():
                inside.append(seen())
                change()
        inside.append(seen())
        change()
    assert seen() == outside
    assert all(one == inside[0] for one in inside)
    assert inside[0][:5] == outside[:5]


def test_a_guard_inside_one_whose_generator_has_moved_on_keeps_the_place() -> None:
    with undisturbed():
        np.random.rand(5)
        here = seen()
        with undisturbed():
            np.random.rand(1)
        assert seen() == here
        with pytest.raises(ZeroDivisionError), undisturbed():
            np.random.rand(1)
            raise ZeroDivisionError
        assert seen() == here


def test_nothing_is_logged_inside(capsys: pytest.CaptureFixture[str]) -> None:
    heard: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = heard.append  # type: ignore[method-assign]
    logging.root.addHandler(handler)
    try:
        for _ in range(2):
            with undisturbed(), undisturbed():
                logging.getLogger("deep.inside").error("careful")
        logging.getLogger("deep.inside").error("outside")
    finally:
        logging.root.removeHandler(handler)
    assert [one.getMessage() for one in heard] == ["outside"]
    assert capsys.readouterr() == ("", "")
