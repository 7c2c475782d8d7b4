"""The lectures' two-dimensional data sets, drawn and split exactly as their case studies do."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy import ndarray


class Split(NamedTuple):
    """A data set in two parts: inputs (rows, 2) and labels 0 or 1 (rows,)."""

    X_train: ndarray
    y_train: ndarray
    X_test: ndarray
    y_test: ndarray


def circles(n: int = 100, noise: float = 0.1, seed: int = 1, train: int = 30) -> Split:
    """Return two noisy circles, one inside the other; the first `train` of the n points are for training."""
    outer, inner = (np.linspace(0, 2 * np.pi, m, endpoint=False) for m in (n // 2, n - n // 2))
    X, y = _drawn((np.cos(outer), np.sin(outer)), (np.cos(inner) * 0.8, np.sin(inner) * 0.8), noise, seed)
    return Split(X[:train], y[:train], X[train:], y[train:])


def moons(n: int = 100, noise: float = 0.2, seed: int = 1, train: int = 30) -> Split:
    """Return two noisy half moons; the first `train` of the n points are for training."""
    outer, inner = (np.linspace(0, np.pi, m) for m in (n // 2, n - n // 2))
    X, y = _drawn((np.cos(outer), np.sin(outer)), (1 - np.cos(inner), 1 - np.sin(inner) - 0.5), noise, seed)
    return Split(X[:train], y[:train], X[train:], y[train:])


def _drawn(
    first: tuple[ndarray, ndarray], second: tuple[ndarray, ndarray], noise: float, seed: int
) -> tuple[ndarray, ndarray]:
    """The points of two curves, to the last bit as scikit-learn's make_circles and make_moons draw them.

    Without scikit-learn, which takes a second to import and is not everywhere that NumPy is.
    """
    draw = np.random.RandomState(seed)
    X = np.vstack([np.append(*both) for both in zip(first, second)]).T
    y = np.repeat([0, 1], [len(first[0]), len(second[0])])
    order = np.arange(len(X))
    draw.shuffle(order)
    X, y = X[order], y[order]
    X += draw.normal(scale=noise, size=X.shape)
    return X, y


def study(name: str) -> dict[str, ndarray]:
    """Return the stored results of an experiment that takes too long for a lesson.

    They lie in data/studies, beside the script make_<name>.py that made them and says what they are; where
    this package was installed by itself, in a folder beside it.
    """
    around = Path(__file__).resolve().parents[1]
    folder = next(filter(Path.is_dir, [around / "data" / "studies", around / "studies"]))
    with np.load(folder / f"{name}.npz") as stored:
        return dict(stored)
