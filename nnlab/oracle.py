"""The judge of every derived gradient: it measures, and has not read the derivation.

The two functions of lesson 00, as the course itself writes them, for the lessons that come after.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray
from numpy.typing import ArrayLike


def numerical_gradient(f: Callable[[ndarray], Any], x: ArrayLike, h: float = 1e-6) -> ndarray:
    """Return the gradient of f at x by central differences, an array of x's shape.

    Args:
        f: takes an array like x, returns a number (an array of one entry will do).
        x: numbers in any shape; left as it is.
        h: the step.
    """
    at = np.array(x, dtype=float)  # in float32 a step of 1e-6 would drown in rounding
    gradient = np.zeros_like(at)
    for i in np.ndindex(at.shape):
        above, below = at.copy(), at.copy()
        above[i] += h
        below[i] -= h
        gradient[i] = (_number(f(above)) - _number(f(below))) / (2 * h)
    return gradient


def relative_error(a: ArrayLike, b: ArrayLike) -> float:
    """Return the length of a - b, relative to the lengths of a and b together.

    It is 0 for equal arrays, two of zeros included, and 1 where one alone is zero or they point in
    opposite directions. All entries count as one vector.
    """
    one, other = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if one.shape != other.shape:  # NumPy would stretch one of them, and compare what was never meant
        raise ValueError(f"the shapes differ: {one.shape} and {other.shape}")
    together = np.linalg.norm(one) + np.linalg.norm(other)
    return float(np.linalg.norm(one - other) / together) if together else 0.0


def _number(value: Any) -> float:
    return float(np.asarray(value).item())
