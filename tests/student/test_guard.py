"""What a student's code leaves of the global state: nothing, and nothing from one part of it to the next."""

# ruff: noqa: NPY002  students use the old generator
from __future__ import annotations

import contextlib
import logging
import os
import random
import sys
import warnings
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
def test_each_part_finds_what_the_first_found(change: Callable[[], Any], half_a_pair: bool) -> None:
    np.random.seed(7)
    if half_a_pair:
        np.random.randn()
    outside, inside = seen(), []
    with undisturbed() as said:
        for _ in range(3):
            inside.append(seen())
            change()
            said.hold()
        inside.append(seen())
        change()
    assert seen() == outside
    assert all(one == inside[0] for one in inside)
    assert inside[0][:5] == outside[:5]


TAKEN = {  # what catches a part's words may be taken away by it
    "sys.stdout": lambda: setattr(sys, "stdout", sys.__stdout__),
    "closes sys.stdout": lambda: sys.stdout.close(),
    "the descriptor": lambda: os.dup2(os.open("/dev/zero", os.O_RDWR), 1),
    "closes the descriptor": lambda: os.close(1),
    "warnings": lambda: warnings.simplefilter("ignore"),
    "all of warnings": lambda: warnings.resetwarnings(),
    "how warnings are shown": lambda: setattr(warnings, "showwarning", lambda *_: None),
    "logging": lambda: logging.disable(logging.NOTSET),
}


@pytest.mark.parametrize("take", TAKEN.values(), ids=TAKEN)
def test_what_one_part_says_does_not_depend_on_the_part_before(
    take: Callable[[], Any], capfd: pytest.CaptureFixture[str]
) -> None:
    with undisturbed() as said:
        with contextlib.suppress(OSError):
            take()
        said.hold()
        assert os.path.samestat(os.fstat(1), os.stat(os.devnull))
        print("heard")
        os.write(1, b"past Python")
        logging.getLogger("deep.inside").error("logged")
        exec(compile("import warnings; warnings.warn('careful')", "<cell>", "exec"), {"__name__": "__main__"})
    print("afterwards")
    assert said.text == "heard\n"
    assert said.warnings == ["UserWarning: careful"]
    assert capfd.readouterr() == ("afterwards\n", "")


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
