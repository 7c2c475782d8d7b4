"""Computational graphs: what is computed from what, with the derivative of every arrow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from matplotlib.axes import Axes

from nnlab.figures.frames import Chart, Frame, framed
from nnlab.figures.palette import BLACK, BLUE, ORANGE, VERMILION

Arrow = tuple[str, str, str, float]
# Smallest size of the derivative, words, colour, line style, line width.
BANDS = [
    (0.3, "0.3 or more", BLUE, "-", 4.0),
    (0.03, "0.03 to 0.3", ORANGE, "--", 2.5),
    (0.0, "less than 0.03", VERMILION, ":", 1.8),
]


def graph(
    places: Mapping[str, tuple[float, float]],
    arrows: Sequence[Arrow],
    *,
    notes: Mapping[str, str] | None = None,
    **frame: Unpack[Frame],
) -> Chart:
    """Draw a computational graph, its arrows as wide as their local derivatives are large.

    Args:
        places: node -> (x, y). Rows are 1 apart or more; a node is 0.5 across.
        arrows: (from, to, symbol, local derivative). The symbol "" leaves the number alone.
        notes: node -> text below it.
        **frame: see `Frame`.
    """

    def draw(ax: Axes) -> None:
        for arrow in arrows:
            _draw_arrow(ax, arrow, places)
        for name, (x, y) in places.items():
            ring = {"boxstyle": "circle,pad=0.25", "facecolor": "white", "edgecolor": BLACK}
            ax.text(x, y, name.strip(), ha="center", va="center", bbox=ring)
            ax.text(x, y - 0.42, (notes or {}).get(name, ""), ha="center", va="top", fontsize=11)
        for _, words, color, line, width in BANDS:
            ax.plot([], [], color=color, linestyle=line, linewidth=width, label=words)
        across, up = zip(*places.values())
        ax.set(xlim=(min(across) - 0.5, max(across) + 0.5), ylim=(min(up) - 0.75, max(up) + 1.6))
        ax.legend(ncols=3, loc="upper left", fontsize=10, title="size of the local derivative")
        ax.axis("off")

    return framed(draw, Frame(**{"legend": "none", **frame}))


def _draw_arrow(ax: Axes, arrow: Arrow, places: Mapping[str, tuple[float, float]]) -> None:
    start, end, symbol, value = arrow
    _, _, color, line, width = next(band for band in BANDS if abs(value) >= band[0] or band[0] == 0)
    look: dict[str, Any] = {"arrowstyle": "-|>", "color": color, "linestyle": line, "linewidth": width}
    ax.annotate("", places[end], places[start], arrowprops=look | {"shrinkA": 15, "shrinkB": 15})
    (x0, y0), (x1, y1) = places[start], places[end]
    # The number stands above an arrow that is level, and on the outer side of one that is not.
    aside, align = (0.0, "center") if y0 == y1 else (-0.17, "right") if x0 < x1 else (0.17, "left")
    number = f"{value:.3g}"
    text = number if symbol in ("", number) else f"{symbol}\n{number}"
    above = 0.13 if y0 == y1 else 0.0
    ax.text(
        (x0 + x1) / 2 + aside,
        (y0 + y1) / 2 + above,
        text,
        fontsize=10,
        ha=align,
        va="bottom" if above else "center",
    )
