"""The charts that recur in the lessons: what they show, in one call each.

A chart is a function that draws on axes, and nothing is drawn before `show`, `figure` or `explore` calls it.
So one chart makes a figure, several make panels: `show(curves(…), histogram(…), alt="…")`. Where a figure is
out of the ordinary, a function of your own may stand between them, or in a chart's `also=`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Unpack

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy import ndarray
from numpy.typing import ArrayLike

from nnlab.figures.frames import Chart, Frame, framed
from nnlab.figures.palette import BLACK, ORANGE, Look, Looks, look_of

FEW = 25  # so many points or fewer are marked one by one


def curves(
    x: ArrayLike | None,
    lines: Mapping[str, Any] | ArrayLike,
    *,
    looks: Looks | None = None,
    bands: Mapping[str, ArrayLike] | None = None,
    mean: Literal["arithmetic", "geometric", "none"] = "arithmetic",
    **frame: Unpack[Frame],
) -> Chart:
    """Draw one line or several over the same x.

    Args:
        x: (n,); None counts from 0.
        lines: name -> y (n,), or one y without a name. Runs over seeds (seeds, n) become a thin line each and
            a thick one for their mean. A tuple (x, y) brings an x of its own.
        looks: name -> (colour, line style, marker); what is left out, even all, is chosen from a cycle.
            Markers are drawn where they are asked for or the points are few.
        bands: name -> half the width (n,) of a shaded band around the line, such as a standard deviation.
        mean: of the runs over seeds; "geometric" is that of the logarithms, "none" draws the runs alone.
        **frame: titles, labels, limits, reference lines and more: see `Frame`.
    """
    named = lines if isinstance(lines, Mapping) else {"_": lines}

    def draw(ax: Axes) -> None:
        for place, (name, values) in enumerate(named.items()):
            across, y = values if isinstance(values, tuple) else (x, values)
            y = np.asarray(y, dtype=float)
            at = np.arange(y.shape[-1]) if across is None else np.asarray(across)
            look = look_of(name, place, looks)
            asked = looks is not None and len(looks.get(name, ())) > 2
            _line(ax, at, y, name, look if asked or len(at) <= FEW else look._replace(marker=""), mean)
            if bands and name in bands:
                half = np.asarray(bands[name], dtype=float)
                ax.fill_between(at, y - half, y + half, color=look.color, alpha=0.2, linewidth=0)
            if np.issubdtype(at.dtype, np.integer):
                ax.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))

    return framed(draw, frame)


def _line(ax: Axes, x: ndarray, y: ndarray, name: str, look: Look, mean: str) -> None:
    kind: dict[str, Any] = {"color": look.color, "marker": look.marker, "markersize": 5}
    kind["markevery"] = max(1, len(x) // FEW)
    if y.ndim == 1:
        ax.plot(x, y, look.line, label=name, **kind)
    elif mean == "none":
        for run, label in zip(y, [name, *["_"] * len(y)]):
            ax.plot(x, run, look.line, linewidth=1, label=label, **kind)
    else:
        ax.plot(x, y.T, "-", color=look.color, linewidth=0.7, alpha=0.4)
        middle = np.exp(np.log(y).mean(axis=0)) if mean == "geometric" else y.mean(axis=0)
        ax.plot(x, middle, look.line, linewidth=2.5, label=name, **kind)


def points(
    places: Mapping[str, tuple[ArrayLike, ArrayLike]],
    *,
    looks: Looks | None = None,
    size: float = 5,
    **frame: Unpack[Frame],
) -> Chart:
    """Draw clouds of points.

    Args:
        places: name -> (x, y), each (n,).
        looks: name -> (colour, line style, marker); the line style does not matter.
        size: of a marker, in points.
        **frame: see `Frame`.
    """

    def draw(ax: Axes) -> None:
        for place, (name, (x, y)) in enumerate(places.items()):
            look = look_of(name, place, looks)
            ax.plot(x, y, look.marker, color=look.color, markersize=size, label=name)

    return framed(draw, frame)


def dots(
    rows: Mapping[str, ArrayLike | Mapping[str, ArrayLike]],
    *,
    looks: Looks | None = None,
    error: Literal["sd", "se", "none"] = "sd",
    **frame: Unpack[Frame],
) -> Chart:
    """Draw every score as a point, a row of them for each name, with the mean below as a diamond.

    Args:
        rows: name -> scores (seeds,), from top to bottom; or name -> {series: scores} for several in a row.
        looks: series (or name, where there are no series) -> (colour, line style, marker).
        error: "sd" gives the mean a bar of one standard deviation (ddof=1) to each side, "se" of one
            standard error, "none" leaves it without.
        **frame: see `Frame`; the rows' names are the ticks of the y axis.
    """
    series = list(dict.fromkeys(s for row in rows.values() if isinstance(row, Mapping) for s in row))

    def draw(ax: Axes) -> None:
        mean_name = {"sd": "mean ± sd", "se": "mean ± standard error", "none": "mean"}[error]
        for place, (name, row) in enumerate(rows.items()):
            parts = row if isinstance(row, Mapping) else {name: row}
            for part, scores in parts.items():
                k, n = (series.index(part), len(series)) if series else (0, 1)
                y, some = place + 0.8 * ((k + 0.5) / n - 0.5) - 0.1 / n, np.asarray(scores, dtype=float)
                look = look_of(part, k, looks)
                seen = part in ax.get_legend_handles_labels()[1] or not series
                spread = y + np.linspace(-0.15, 0.15, len(some)) / n
                ax.plot(some, spread, look.marker, color=look.color, alpha=0.7, label="_" if seen else part)
                diamond: dict[str, Any] = {"fmt": "D", "color": BLACK, "markersize": 6, "capsize": 4}
                ax.errorbar(some.mean(), y + 0.27 / n, xerr=_error(some, error), label=mean_name, **diamond)
                mean_name = "_"
        ax.set_yticks(range(len(rows)), list(rows))
        ax.set_ylim(len(rows) - 0.5, -0.5)

    return framed(draw, frame)


def _error(scores: ndarray, kind: str) -> float | None:
    if kind == "none" or len(scores) < 2:
        return None
    return float(scores.std(ddof=1) / (len(scores) ** 0.5 if kind == "se" else 1))


def histogram(
    values: Mapping[str, ArrayLike] | ArrayLike,
    bins: int | ArrayLike = 40,
    *,
    looks: Looks | None = None,
    share: bool = False,
    density: bool = False,
    **frame: Unpack[Frame],
) -> Chart:
    """Draw how often values of each size occur; the first as a filled area, all others as outlines.

    Args:
        values: name -> values of any shape, or one array without a name.
        bins: how many, of equal width over all values; or their edges.
        looks: name -> (colour, line style).
        share: heights are shares of all values of a name, not counts.
        density: areas are 1.
        **frame: see `Frame`.
    """
    named = values if isinstance(values, Mapping) else {"_": values}
    arrays = {name: np.asarray(some, dtype=float).ravel() for name, some in named.items()}
    edges = np.histogram_bin_edges(np.concatenate(list(arrays.values())), bins)

    def draw(ax: Axes) -> None:
        for place, (name, some) in enumerate(arrays.items()):
            weights = np.full(some.size, 1 / some.size) if share else None
            look = look_of(name, place, looks)
            if place == 0:
                kind: dict[str, Any] = {"histtype": "stepfilled", "color": ORANGE}
                if looks and name in looks:
                    kind["color"] = look.color
            else:
                kind = {"histtype": "step", "color": look.color, "linestyle": look.line, "linewidth": 2}
            ax.hist(some, edges.tolist(), weights=weights, density=density, label=name, **kind)

    return framed(draw, frame)
