"""The charts that recur in the lessons: what they show, in one call each.

A chart is a function that draws on axes, and nothing is drawn before `show`, `figure` or `explore` calls it.
So one chart makes a figure, several make panels: `show(curves(…), histogram(…), alt="…")`. Where a figure is
out of the ordinary, a function of your own may stand between them, or in a chart's `also=`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Unpack

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy import ndarray
from numpy.typing import ArrayLike

from nnlab.figures.frames import Chart, Frame, framed
from nnlab.figures.palette import BLACK, HATCHES, ORANGE, Look, Looks, look_of

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
    error: Literal["sd", "none"] = "sd",
    **frame: Unpack[Frame],
) -> Chart:
    """Draw every score as a point, a row of them for each name, with the mean below as a diamond.

    Args:
        rows: name -> scores (seeds,), from top to bottom; or name -> {series: scores} for several in a row.
        looks: series (or name, where there are no series) -> (colour, line style, marker).
        error: "sd" gives the mean a bar of one standard deviation (ddof=1), "none" leaves it without.
        **frame: see `Frame`; the rows' names are the ticks of the y axis.
    """
    series = list(dict.fromkeys(s for row in rows.values() if isinstance(row, Mapping) for s in row))

    def draw(ax: Axes) -> None:
        mean_name = "mean ± sd" if error == "sd" else "mean"
        for place, (name, row) in enumerate(rows.items()):
            parts = row if isinstance(row, Mapping) else {name: row}
            for part, scores in parts.items():
                k, n = (series.index(part), len(series)) if series else (0, 1)
                y, some = place + 0.8 * ((k + 0.5) / n - 0.5) - 0.1 / n, np.asarray(scores, dtype=float)
                look = look_of(part, k, looks)
                seen = part in ax.get_legend_handles_labels()[1] or not series
                spread = y + np.linspace(-0.15, 0.15, len(some)) / n
                ax.plot(some, spread, look.marker, color=look.color, alpha=0.7, label="_" if seen else part)
                bar = some.std(ddof=1) if error == "sd" and len(some) > 1 else None
                diamond: dict[str, Any] = {
                    "fmt": "D",
                    "color": BLACK,
                    "markersize": 6,
                    "capsize": 4,
                    "label": mean_name,
                }
                ax.errorbar(some.mean(), y + 0.27 / n, xerr=bar, **diamond)
                mean_name = "_"
        ax.set_yticks(range(len(rows)), list(rows))
        ax.set_ylim(len(rows) - 0.5, -0.5)

    return framed(draw, frame)


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


def bars(
    rows: Mapping[str, float | Mapping[str, float]],
    *,
    looks: Looks | None = None,
    words: str = "",
    upright: bool = False,
    **frame: Unpack[Frame],
) -> Chart:
    """Draw a bar for each name, from top to bottom, or a stack of bars.

    Args:
        rows: name -> value, or name -> {part: value}; the parts are put end to end.
        looks: part (or name, where there are no parts) -> (colour,).
        words: format of the numbers beside the bars, such as "{:.2f}"; none where it is empty.
        upright: from left to right, the bars upright.
        **frame: see `Frame`; the rows' names are the ticks of an axis.
    """

    def draw(ax: Axes) -> None:
        parts = list(dict.fromkeys(p for row in rows.values() if isinstance(row, Mapping) for p in row))
        for place, (name, row) in enumerate(rows.items()):
            start = 0.0
            for part, value in row.items() if isinstance(row, Mapping) else [(name, row)]:
                k = parts.index(part) if parts else 0
                seen = part in ax.get_legend_handles_labels()[1] or not parts
                bar: dict[str, Any] = {
                    "color": look_of(part, k, looks).color,
                    "hatch": HATCHES[k % len(HATCHES)],
                }
                bar |= {"edgecolor": "white", "label": "_" if seen else part}
                if upright:
                    ax.bar(place, value, bottom=start, **bar)
                else:
                    ax.barh(place, value, left=start, **bar)
                start += value
            if words:
                spot = (place, start) if upright else (start, place)
                align: dict[str, Any] = (
                    {"ha": "center", "va": "bottom"} if upright else {"ha": "left", "va": "center"}
                )
                ax.annotate(
                    words.format(start), spot, (3, 3 if upright else 0), textcoords="offset points", **align
                )
        if upright:
            ax.set_xticks(range(len(rows)), list(rows))
        else:
            ax.set_yticks(range(len(rows)), list(rows))
            ax.invert_yaxis()
        ax.grid(axis="x" if upright else "y", visible=False)

    return framed(draw, frame)


def heatmap(
    values: ArrayLike,
    rows: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    *,
    words: str | Sequence[Sequence[str]] = "",
    scale: str = "",
    colors: str = "cividis",
    low: float | None = None,
    high: float | None = None,
    **frame: Unpack[Frame],
) -> Chart:
    """Draw a table as shades, the first row on top.

    Args:
        values: (rows, columns); nan stays empty.
        rows: names of the rows; no ticks without them.
        columns: names of the columns.
        words: what stands in the cells: a format such as "{:.2f}", or texts (rows, columns).
        scale: what the shades stand for, written at a bar of them; no bar without it.
        colors: a map of matplotlib's, dark to light.
        low: value of the darkest shade.
        high: value of the lightest.
        **frame: see `Frame`.
    """
    table = np.asarray(values, dtype=float)

    def draw(ax: Axes) -> None:
        shades = ax.imshow(table, cmap=colors, vmin=low, vmax=high, aspect="auto")
        ax.set_yticks(range(len(table)) if rows is not None else [], rows)
        ax.set_xticks(range(table.shape[1]) if columns is not None else [], columns)
        ax.grid(False)
        for (i, j), value in np.ndenumerate(table):
            word = words.format(value) if isinstance(words, str) else words[i][j]
            red, green, blue, _ = shades.cmap(shades.norm(value))
            ink = BLACK if 0.3 * red + 0.59 * green + 0.11 * blue > 0.45 else "white"
            ax.text(j, i, word, ha="center", va="center", color=ink, fontsize=10)
        if scale:
            ax.figure.colorbar(shades, ax=ax, label=scale)

    return framed(draw, frame)


def picture(
    pixels: ArrayLike, *, low: float | None = None, high: float | None = None, **frame: Unpack[Frame]
) -> Chart:
    """Draw an image: ink on white for shades (rows, columns), or in colour (rows, columns, 3).

    Args:
        pixels: the image; shades are the darker, the larger the value.
        low: value of white.
        high: value of black.
        **frame: see `Frame`.
    """

    def draw(ax: Axes) -> None:
        ax.imshow(pixels, cmap="gray_r", vmin=low, vmax=high, interpolation="nearest")
        ax.set(xticks=[], yticks=[])
        ax.grid(False)

    return framed(draw, frame)
