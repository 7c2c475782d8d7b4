"""nnlab's data sets are those of the lectures' case studies."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.datasets import make_circles, make_moons

from nnlab.data import Split, circles, moons


@pytest.mark.parametrize(("ours", "theirs"), [(circles, make_circles), (moons, make_moons)])
@pytest.mark.parametrize(("n", "noise", "seed"), [(100, 0.1, 1), (101, 0.2, 7), (1000, 0.0, 3)])
def test_they_are_scikit_learns_to_the_last_bit(
    ours: Callable[..., Split], theirs: Callable[..., tuple], n: int, noise: float, seed: int
) -> None:
    """Values, types and the order in memory, on which the last bits of later products depend."""
    X, y = theirs(n_samples=n, noise=noise, random_state=seed)
    drawn = ours(n=n, noise=noise, seed=seed, train=30)
    for mine, his in zip(drawn, (X[:30], y[:30], X[30:], y[30:])):
        assert np.array_equal(mine, his) and mine.dtype == his.dtype and mine.strides == his.strides
