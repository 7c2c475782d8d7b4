"""The properties of random results: they hold for what is random, and fail for what only looks so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from autograder.student.properties import binomial, close, first_match, parts, same, uncorrelated

SEEDS = range(2_000)
CHANCES = [0.02, 0.3, 0.5, 0.75, 0.9]


def masks(shape: tuple[int, ...], draw: Callable[[np.random.Generator, float], Any]) -> Iterator[tuple]:
    for seed in SEEDS:
        chance = CHANCES[seed % len(CHANCES)]
        yield np.asarray(draw(np.random.default_rng(seed), chance)).reshape(shape), chance


def test_an_honest_share_never_raises_a_false_alarm() -> None:
    """Two thousand honest masks, none refused."""
    honest = masks((40, 30), lambda rng, chance: rng.random(1200) < chance)
    assert all(binomial(mask, chance) for mask, chance in honest)


@pytest.mark.parametrize(
    "draw",
    [
        pytest.param(lambda rng, chance: rng.random(10_000) < 1 - chance, id="the other chance"),
        pytest.param(lambda rng, chance: rng.random(10_000) < chance + 0.06, id="six per cent more"),
        pytest.param(lambda rng, chance: rng.normal(size=10_000) < chance, id="a normal draw"),
        pytest.param(lambda rng, chance: np.ones(10_000, dtype=bool), id="everything"),
        pytest.param(lambda rng, chance: np.zeros(10_000, dtype=bool), id="nothing"),
    ],
)
def test_another_share_is_found(draw: Callable[[np.random.Generator, float], Any]) -> None:
    """A wrong chance is found by nearly every seed for which it is another chance."""
    found = [binomial(mask, chance) for mask, chance in masks((100, 100), draw) if chance in (0.3, 0.9)]
    assert np.mean(found) < 0.001


@pytest.mark.parametrize("axis", [0, 1])
def test_honest_neighbours_never_raise_a_false_alarm(axis: int) -> None:
    """Two thousand honest masks, none refused."""
    honest = masks((40, 30), lambda rng, chance: rng.random(1200) < chance)
    assert all(uncorrelated(mask, axis) for mask, _ in honest)


@pytest.mark.parametrize(
    ("draw", "axis"),
    [
        pytest.param(lambda rng, p: np.repeat(rng.random((1, 40)) < 0.5, 40, axis=0), 0, id="whole columns"),
        pytest.param(lambda rng, p: np.repeat(rng.random((40, 1)) < 0.5, 40, axis=1), 1, id="whole rows"),
        pytest.param(lambda rng, p: np.indices((40, 40)).sum(axis=0) % 2 == 0, 0, id="a chessboard"),
        pytest.param(lambda rng, p: np.repeat(rng.random((20, 40)) < 0.5, 2, axis=0), 0, id="pairs"),
        pytest.param(lambda rng, p: np.arange(1600) < 800, 1, id="the first half"),
        pytest.param(lambda rng, p: np.ones((40, 40)), 0, id="everything"),
        pytest.param(lambda rng, p: np.zeros((40, 40)), 1, id="nothing"),
    ],
)
def test_neighbours_that_depend_on_one_another_are_found(draw: Any, axis: int) -> None:
    """Structure along the axis is found with every seed."""
    assert not any(uncorrelated(mask, axis) for mask, _ in list(masks((40, 40), draw))[:200])


def test_close_broadcasts_and_bears_float32() -> None:
    """What judges use for values: a number may stand for a whole array."""
    assert close(np.full(3, 2, np.float32) / 3, 2 / 3)
    assert not close([1.0, 1.01], 1.0)
    assert not close([1.0, 2.0], [1.0, 2.0, 3.0])
    assert not close("text", 1.0)
    assert not close([np.nan], [1.0])


def test_same_is_exact() -> None:
    """The same numbers in the same shape, to the last bit."""
    assert same([1.0, 2.0], np.array([1.0, 2.0]))
    assert not same([1.0], 1.0)
    assert not same([1.0 + 1e-15], [1.0])


def test_the_first_match_is_named() -> None:
    """Of several candidates the first that fits; of none, nothing."""
    candidates = {"the sum": 6.0, "the mean": 2.0, "the median": 2.0}
    assert first_match(2.0, candidates) == "the mean"
    assert first_match(5.0, candidates) == ""


@pytest.mark.parametrize("pack", [tuple, list, np.array])
def test_a_result_of_several_things_is_taken_apart(pack: Callable) -> None:
    """Whatever holds them in a row."""
    assert parts(pack((1.0, 2.0)), "out", "cache") == [1.0, 2.0]


@pytest.mark.parametrize("result", [1.0, None, (1, 2, 3), "ab", {"a": 1, "b": 2}, {1, 2}, np.array(3.0)])
def test_a_result_that_is_not_so_many_things_is_named(result: object) -> None:
    """With what was asked for, in the words of a driver's author."""
    with pytest.raises(TypeError, match="the function should return 2 values: out, cache; found "):
        parts(result, "out", "cache")
