"""Weight constraints: functions of a kernel W (n_in, n_out) that return it projected, column by column.

Used as `constraint={1: unit_norm}` or, with a setting, `constraint={1: partial(max_norm, c=3)}`.
"""

from __future__ import annotations

import numpy as np
from numpy import ndarray

EPSILON = 1e-7  # Keras' own: it lets a column of zeros stay zeros


def _column_norms(W: ndarray) -> ndarray:
    norms: ndarray = np.sqrt(np.sum(np.square(W), axis=0, keepdims=True))
    return norms


def unit_norm(W: ndarray) -> ndarray:
    """Return W with every column of length 1."""
    return W / (_column_norms(W) + EPSILON)


def max_norm(W: ndarray, c: float = 2.0) -> ndarray:
    """Return W with columns longer than c scaled down to c."""
    norms = _column_norms(W)
    short: ndarray = W * (np.minimum(norms, c) / (norms + EPSILON))
    return short


def min_max_norm(W: ndarray, lo: float = 0.0, hi: float = 1.0, rate: float = 1.0) -> ndarray:
    """Return W with column lengths moved into [lo, hi]: all the way at rate 1, else part of it."""
    norms = _column_norms(W)
    wanted = rate * np.clip(norms, lo, hi) + (1 - rate) * norms
    moved: ndarray = W * (wanted / (norms + EPSILON))
    return moved


def non_neg(W: ndarray) -> ndarray:
    """Return W with its negative entries at 0."""
    kept: ndarray = np.maximum(W, 0)
    return kept
