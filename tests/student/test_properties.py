"""The properties of random results: they hold for what is random, and fail for what only looks so."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from autograder.student import properties
from autograder.student.properties import (
    binomial,
    close,
    distributed,
    first_match,
    no_echo,
    no_twins,
    parts,
    same,
    seldom_repeated,
    uncorrelated,
    unrelated,
)

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


def normal(values: np.ndarray) -> np.ndarray:
    return np.array([(1 + math.erf(value / math.sqrt(2))) / 2 for value in values])


def uniform(values: np.ndarray) -> np.ndarray:
    return np.clip(values, 0, 1)


def independent(table: np.ndarray) -> bool:
    """All that weights are asked for."""
    across = np.swapaxes(table, -1, -2)
    pairs = no_twins(table) and no_twins(across) and unrelated(table) and unrelated(across)
    return pairs and no_echo(table) and seldom_repeated(np.abs(table))


HONEST = [
    pytest.param(lambda rng: rng.standard_normal((108, 200)), id="normal"),
    pytest.param(lambda rng: rng.uniform(-1, 1, (120, 190)), id="uniform"),
    pytest.param(lambda rng: rng.standard_normal((101, 215), dtype=np.float32), id="float32"),
    pytest.param(lambda rng: rng.random((115, 199), dtype=np.float32) - 0.5, id="uniform in float32"),
    pytest.param(lambda rng: rng.standard_normal((40, 30)), id="a small one"),
]


@pytest.mark.slow
@pytest.mark.parametrize("draw", HONEST)
def test_weights_drawn_one_by_one_never_raise_a_false_alarm(
    draw: Callable[[np.random.Generator], np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 150 none, though the bands are three quarters as wide: the whole ones leave much more room."""
    whole = properties._sigmas
    monkeypatch.setattr(properties, "_sigmas", lambda tests: 0.75 * whole(tests))
    assert all(independent(draw(np.random.default_rng(seed))) for seed in range(150))


def copied(W: np.ndarray, target: Any, source: Any, sign: float = 1) -> np.ndarray:
    W[target] = sign * W[source]
    return W


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda W, rng: copied(W, slice(60, None), slice(0, 60)), id="lower half a copy"),
        pytest.param(
            lambda W, rng: copied(W, slice(60, None), slice(0, 60), -1), id="lower half the negative"
        ),
        pytest.param(lambda W, rng: np.hstack([W[:, :100], W[:, :100]]), id="right half a copy"),
        pytest.param(lambda W, rng: np.hstack([W[:, :100], W[:, 99::-1]]), id="right half a mirror image"),
        pytest.param(lambda W, rng: np.vstack([W[:60], -W[59::-1, ::-1]]), id="turned by half a turn"),
        pytest.param(lambda W, rng: copied(W.T, slice(1, 2), slice(0, 1)).T, id="two units alike"),
        pytest.param(lambda W, rng: copied(W.T, slice(1, 2), slice(0, 1), -2.5).T, id="opposite units"),
        pytest.param(lambda W, rng: copied(W.T, slice(1, 4), slice(0, 1)).T, id="four units alike"),
        pytest.param(lambda W, rng: copied(W, slice(7, 8), slice(0, 1), 0), id="a dead row"),
        pytest.param(lambda W, rng: np.tile(W[:, :20], (1, 10)), id="ten tiles"),
        pytest.param(lambda W, rng: np.repeat(W[:, :100], 2, axis=1), id="columns in pairs"),
        pytest.param(
            lambda W, rng: copied(W.T, slice(2, None, 3), slice(1, -1, 3)).T, id="every third column"
        ),
        pytest.param(
            lambda W, rng: np.where(rng.random(W.shape) < 0.5, W, np.roll(W, (1, 1), (0, 1))), id="diagonals"
        ),
        pytest.param(
            lambda W, rng: rng.permuted(np.repeat(W[:60], 2, axis=0), axis=1), id="each value twice"
        ),
        pytest.param(lambda W, rng: np.clip(W, -3, 3), id="clipped"),
        pytest.param(lambda W, rng: W.round(2), id="rounded"),
        pytest.param(lambda W, rng: rng.choice([-1.78, 0, 1.78], W.shape), id="three values"),
        pytest.param(lambda W, rng: rng.choice(W.ravel()[:500], W.shape), id="five hundred values"),
        pytest.param(lambda W, rng: np.linalg.qr(W.T)[0].T, id="orthogonal rows"),
        pytest.param(lambda W, rng: W[:, :5] @ rng.standard_normal((5, 200)), id="five kinds of units"),
        pytest.param(lambda W, rng: np.sort(W, axis=1), id="sorted"),
        pytest.param(lambda W, rng: np.sort(W.ravel()).reshape(W.shape), id="sorted throughout"),
        pytest.param(lambda W, rng: np.cumsum(W, axis=0), id="a walk"),
        pytest.param(lambda W, rng: W + 0.3 * rng.standard_normal((120, 1)), id="rows of different means"),
        pytest.param(lambda W, rng: W * 0, id="all zero"),
    ],
)
def test_weights_that_depend_on_one_another_are_found(
    spoil: Callable[[np.ndarray, np.random.Generator], np.ndarray],
) -> None:
    """With every seed."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        assert not independent(spoil(rng.standard_normal((120, 200)), rng))


@pytest.mark.parametrize("chance", CHANCES)
def test_masks_drawn_entry_by_entry_never_raise_a_false_alarm(chance: float) -> None:
    """Forty calls each, entries against entries and against the ones a shift away."""
    for seed in range(60):
        kept = np.random.default_rng(seed).random((40, 20, 30)) < chance
        assert no_echo(kept) and unrelated(kept.reshape(40, -1))


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda kept: np.concatenate([kept[:, :, :15]] * 2, axis=2), id="right half a copy"),
        pytest.param(
            lambda kept: np.concatenate([kept[:, :10], kept[:, 9::-1]], axis=1), id="a mirror image"
        ),
        pytest.param(lambda kept: np.repeat(kept[:, :, :10], 3, axis=2), id="columns in threes"),
        pytest.param(
            lambda kept: np.concatenate([kept[:, :, :15], ~kept[:, :, :15]], axis=2), id="the opposite"
        ),
    ],
)
def test_masks_whose_entries_depend_on_one_another_are_found(
    spoil: Callable[[np.ndarray], np.ndarray],
) -> None:
    """In any arrangement."""
    for seed in range(20):
        assert not unrelated(spoil(np.random.default_rng(seed).random((40, 20, 30)) < 0.7).reshape(40, -1))


@pytest.mark.slow
@pytest.mark.parametrize("size", [50, 2000, 30_000])
def test_draws_from_a_distribution_are_taken_for_it(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a false alarm, though the band is narrower by a quarter."""
    whole = properties._sigmas
    monkeypatch.setattr(properties, "_sigmas", lambda tests: 0.75 * whole(tests))
    for seed in range(100):
        rng = np.random.default_rng(seed)
        drawn = rng.standard_normal(size)
        assert distributed(drawn, normal) and distributed((drawn - drawn.mean()) / drawn.std(), normal)
        assert distributed(rng.random(size, dtype=np.float32), uniform)


@pytest.mark.parametrize(
    "draw",
    [
        pytest.param(lambda rng, size: rng.uniform(-1, 1, size) * 3**0.5, id="uniform"),
        pytest.param(lambda rng, size: rng.standard_t(4, size) / 2**0.5, id="long tails"),
        pytest.param(lambda rng, size: rng.choice([-1.0, 1.0], size), id="two values"),
        pytest.param(lambda rng, size: rng.normal(0.1, 1, size), id="off centre"),
        pytest.param(lambda rng, size: rng.normal(0, 1.1, size), id="too wide"),
        pytest.param(lambda rng, size: rng.laplace(0, 0.5**0.5, size), id="double exponential"),
        pytest.param(lambda rng, size: np.array([]), id="nothing"),
    ],
)
def test_draws_from_another_distribution_are_not(draw: Any) -> None:
    """Of twenty thousand."""
    assert not any(distributed(draw(np.random.default_rng(seed), 20_000), normal) for seed in range(20))


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
