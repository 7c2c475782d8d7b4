"""The properties that judges of random results state; what an `exercises.py` imports for judges and drivers.

Wide enough for float32, and for chance: a false alarm must be rarer than one in a million.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .difference import kind_of

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
