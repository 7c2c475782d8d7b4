"""The plane as a classifier sees it, and runs over seeds drawn on axes of your own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Unpack

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from numpy import ndarray
from numpy.typing import ArrayLike

from nnlab.figures.frames import Chart, Frame, framed
from nnlab.figures.palette import BLACK, CLASSES, GROUND, MARKERS


def regions(
    predict: Callable[[ndarray], ndarray],
    X: ArrayLike,
    y: ArrayLike,
    *,
    steps: int = 200,
    around: ArrayLike | None = None,
    **frame: Unpack[Frame],
) -> Chart:
    """Colour the plane by predicted class and draw the points over it, each class with a marker of its own.

    Args:
        predict: inputs (m, 2) -> probability of class 1, (m,) or (m, 1), or one column per class.
        X: points (m, 2).
        y: class numbers (m,).
        steps: grid points along each side.
        around: points (n, 2) whose surroundings are coloured, where that is more than X: for panels that
            share their axes, the points of all of them.
        **frame: see `Frame`.
    """
    return framed(lambda ax: decision_regions(ax, predict, X, y, steps, around), frame)


def decision_regions(
    ax: Axes,
    predict: Callable[[ndarray], ndarray],
    X: ArrayLike,
    y: ArrayLike,
    steps: int = 200,
    around: ArrayLike | None = None,
) -> None:
    """Draw `regions` on axes of your own."""
    X, y = np.asarray(X), np.asarray(y).ravel().astype(int)
    extent = X if around is None else np.asarray(around)
    margin = 0.1 * (extent.max(axis=0) - extent.min(axis=0))
    low, high = extent.min(axis=0) - margin, extent.max(axis=0) + margin
    across, up = np.meshgrid(np.linspace(low[0], high[0], steps), np.linspace(low[1], high[1], steps))
    out = np.asarray(predict(np.column_stack([across.ravel(), up.ravel()]))).reshape(steps * steps, -1)
    if out.shape[1] == 1:
        out = np.hstack([1 - out, out])
    _borders(ax, across, up, np.nan_to_num(out).reshape(steps, steps, -1))
    for k in range(out.shape[1]):
        here = X[y == k]
        look: dict[str, Any] = {
            "color": CLASSES[k],
            "marker": MARKERS[k],
            "edgecolors": BLACK,
            "linewidths": 0.7,
        }
        ax.scatter(here[:, 0], here[:, 1], s=36, label=f"class {k}", **look)
    ax.grid(False)
    ax.set(xlabel="$x_1$", ylabel="$x_2$", xlim=(low[0], high[0]), ylim=(low[1], high[1]))


def _borders(ax: Axes, across: ndarray, up: ndarray, out: ndarray) -> None:
    """Fill where each class has the largest output, one class over the other, so that no gap shows."""
    lead = 1e-9 + out.max() - out.min()
    for k in range(out.shape[2]):
        others = np.delete(out, k, axis=2).max(axis=2)
        ahead = out[..., k] - others if k else np.full(across.shape, lead)
        if ahead.max() > 0:
            pale = 0.3 * np.array(to_rgba(CLASSES[k])[:3]) + 0.7 * np.array(to_rgba(GROUND)[:3])
            ax.contourf(across, up, ahead, levels=[0, 2 * lead], colors=[tuple(pale)])


def seeds_band(ax: Axes, x: ArrayLike, runs: Sequence[ArrayLike], label: str, color: str) -> None:
    """Draw every seed as a thin line and their mean as a thick one, on axes of your own.

    Args:
        ax: where to draw.
        x: what the runs are drawn over (n,).
        runs: one curve (n,) per seed.
        label: the name of the mean in the legend.
        color: of all these lines.
    """
    curves = np.asarray(runs, dtype=float)
    ax.plot(x, curves.T, color=color, linewidth=0.7, alpha=0.4)
    ax.plot(x, curves.mean(axis=0), color=color, linewidth=2.5, label=label)
