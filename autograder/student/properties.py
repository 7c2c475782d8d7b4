"""The properties that judges of random results state; what an `exercises.py` imports for judges and drivers.

Wide enough for float32, and for chance: a false alarm must be rarer than one in a million.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .values import kind_of

SIX_SIGMA = 6.0  # a false alarm is then rarer than two in a billion


def close(found: Any, expected: Any, rtol: float = 1e-4, atol: float = 1e-12) -> bool:
    """True when two arrays agree, broadcasting allowed; wide enough for float32."""
    with np.errstate(all="ignore"):
        try:
            return bool(
                np.allclose(
                    np.asarray(found, dtype=float), np.asarray(expected, dtype=float), rtol=rtol, atol=atol
                )
            )
        except (TypeError, ValueError):
            return False


def same(found: Any, expected: Any) -> bool:
    """True when two arrays hold exactly the same numbers in the same shape."""
    return bool(np.array_equal(np.asarray(found), np.asarray(expected)))


def binomial(hits: Any, chance: float) -> bool:
    """True when the share of True entries lies within six standard deviations of its chance."""
    hits = np.asarray(hits, dtype=bool)
    spread = math.sqrt(hits.size * chance * (1 - chance))
    return bool(abs(int(hits.sum()) - hits.size * chance) <= SIX_SIGMA * spread + 1)


def uncorrelated(mask: Any, axis: int) -> bool:
    """True when neighbours along an axis of a random mask look independent of one another.

    The product of two independent standardised neighbours has mean 0 and variance 1, so the sum over n of
    them stays within six root n. (Products that share an entry are themselves uncorrelated.)
    """
    values = np.asarray(mask, dtype=float)
    share = values.mean()
    if not 0 < share < 1:
        return False
    standard = (values - share) / math.sqrt(share * (1 - share))
    products = np.take(standard, range(1, values.shape[axis]), axis) * np.take(
        standard, range(values.shape[axis] - 1), axis
    )
    return abs(float(products.sum())) <= SIX_SIGMA * math.sqrt(products.size) + 1


def distributed(values: Any, cumulative: Callable[[Any], Any]) -> bool:
    """True when values look drawn from a continuous distribution: Kolmogorov's distance to it is small.

    By the bound of Dvoretzky, Kiefer, Wolfowitz and Massart the distance of n draws exceeds e with a chance
    of 2 exp(-2 n e²) at most; where mean and spread are taken from the values, it is smaller still.
    """
    ordered = np.sort(np.ravel(np.asarray(values, dtype=float)))
    if not ordered.size:
        return False
    below = np.asarray(cumulative(ordered), dtype=float)
    steps = np.arange(ordered.size + 1) / ordered.size
    distance = max(float(np.max(steps[1:] - below)), float(np.max(below - steps[:-1])))
    return distance <= _sigmas(1) / (2 * math.sqrt(ordered.size))


def seldom_repeated(values: Any) -> bool:
    """True when hardly any value comes twice, and none often: draws from a continuous distribution do so.

    Wide enough for float32, whose uniform numbers lie on a grid of 2^23 points: of 50,000 draws about 150
    values then come twice, and six at one point are rarer than one in a million. Not for float16.
    """
    _, times = np.unique(np.asarray(values), return_counts=True)
    return bool(times.size >= 0.99 * times.sum() and times.max() <= 5)


def no_echo(values: Any) -> bool:
    """True when no entry of random matrices can be told from the one a fixed shift away, whatever the shift.

    The last two axes are rows and columns, those before them draws. Finds halves, blocks and diagonals that
    are copied, with either sign, and whatever else repeats. Under independence the products of n pairs of
    standardised entries add up to 0 with a standard deviation of root n. Shifts go round the edges, so that
    one by half of an axis meets every pair twice.
    """
    standard = _standardised(np.asarray(values, dtype=float))
    if standard is None:
        return False
    rows, columns = standard.shape[-2:]
    power = np.abs(np.fft.fft2(standard)) ** 2
    sums = np.fft.ifft2(power.reshape(-1, rows, columns).sum(axis=0)).real
    down, across = np.indices((rows, columns))
    twice = (2 * down % rows == 0) & (2 * across % columns == 0)
    allowed = _sigmas(rows * columns) * np.sqrt(standard.size * (1.0 + twice)) + 1
    sums[0, 0] = 0
    return bool(np.all(np.abs(sums) <= allowed))


def no_twins(table: Any) -> bool:
    """True when no two columns of random numbers are more alike, or more opposite, than chance makes them.

    For numbers from a continuous distribution and some thirty rows at least: short masks coincide by chance.
    """
    correlation = _correlations(table)
    if correlation is None:
        return False
    rows, pairs = len(np.asarray(table)), correlation.size
    with np.errstate(divide="ignore"):  # of exact copies Fisher's transform is infinite
        return bool(np.all(np.abs(np.arctanh(correlation)) * math.sqrt(rows - 3) <= _sigmas(pairs)))


def unrelated(table: Any) -> bool:
    """True when columns of random numbers, all pairs together, correlate as much as chance makes them.

    Finds many weak or some strong dependences in any arrangement, and columns that were made orthogonal. For
    masks, too: one row for each call, one column for each entry. Whatever the distribution, the squared
    correlation of two independent columns of n rows has mean 1/(n-1), and those of different pairs don't
    correlate. Columns that never vary are left aside.
    """
    correlation = _correlations(table)
    if correlation is None:
        return False
    squares = (len(np.asarray(table)) - 1) * correlation**2
    error = float(squares.std()) / math.sqrt(squares.size)
    return abs(float(squares.mean()) - 1) <= 8 * error + 1e-3  # eight, for the tail of squares is long


def _sigmas(tests: int) -> float:
    """How many standard deviations so many normal sums stay within, but for one time in a hundred million."""
    return math.sqrt(2 * math.log(2 * tests / 1e-8))


def _standardised(values: np.ndarray) -> np.ndarray | None:
    """With mean 0 and standard deviation 1; None where nothing varies."""
    spread = float(values.std()) if values.size else 0.0
    if spread == 0:
        return None
    standard: np.ndarray = (values - values.mean()) / spread
    return standard


def _correlations(table: Any) -> np.ndarray | None:
    """Of each pair of columns that vary; None where there are no two such."""
    values = np.asarray(table, dtype=float)
    values = values[:, np.ptp(values, axis=0) > 0] if values.size else values
    if values.ndim != 2 or values.shape[1] < 2:
        return None
    centred = values - values.mean(axis=0)
    unit = centred / np.linalg.norm(centred, axis=0)
    correlation: np.ndarray = (unit.T @ unit)[np.triu_indices(values.shape[1], 1)]
    return correlation.clip(-1, 1)


def parts(result: Any, *names: str) -> list[Any]:
    """What a function returned, taken apart: `out, cache = parts(dropout_forward(a), "out", "cache")`.

    Raises:
        TypeError: names the parts, where it is not so many things in a row.
    """
    if not isinstance(result, (str, bytes, Mapping, set, frozenset)):
        with contextlib.suppress(TypeError):  # a number has no length, nor has an array without dimensions
            if len(result) == len(names):
                return list(result)
    wanted = f"{len(names)} values: {', '.join(names)}"
    raise TypeError(f"the function should return {wanted}; found {kind_of(result)}")


def first_match(value: Any, candidates: Mapping[str, Any], test: Callable[[Any, Any], bool] = close) -> str:
    """The name of the first candidate that the value equals, or '': what was seen instead."""
    return next((name for name, candidate in candidates.items() if test(value, candidate)), "")
