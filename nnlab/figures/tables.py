"""Charts of a few numbers or of pixels: bars, tables in shades, images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from nnlab.figures.frames import Chart, Frame, framed
from nnlab.figures.palette import BLACK, HATCHES, Looks, look_of


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
