"""What all charts have in common: titles, axes, reference lines, legends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypedDict

from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from nnlab.figures.palette import BLACK, BLUE, GREY, VERMILION

Chart = Callable[[Axes], object]
Ticks = Sequence[float] | Mapping[float, str]


class Frame(TypedDict, total=False):
    """What every chart takes beside its data, all by name.

    title: what the chart shows, as a sentence.
    xlabel, ylabel: what the axes stand for, with the unit.
    log: "x", "y" or "xy" for logarithmic axes.
    xlim, ylim: pairs (lowest, highest); None leaves that end open.
    xticks, yticks: places, or a dictionary place -> text.
    across, down: dictionaries name -> y (or x) of reference lines over the whole width (or height). A line
        whose name begins with "_" is not in the legend; the same holds for all other things with a name.
    marks: dictionary name -> (x, y) of places to point out, with a marker each.
    equal: one unit is as long on both axes.
    legend: where in the axes, "upper left" for instance; "none" for no legend. There is one by itself where
        more than one thing has a name.
    also: function of the axes, called last, for whatever else is to be drawn or set.
    """

    title: str
    xlabel: str
    ylabel: str
    log: Literal["x", "y", "xy"]
    xlim: tuple[float | None, float | None]
    ylim: tuple[float | None, float | None]
    xticks: Ticks
    yticks: Ticks
    across: Mapping[str, float]
    down: Mapping[str, float]
    marks: Mapping[str, tuple[ArrayLike, ArrayLike]]
    equal: bool
    legend: str
    also: Callable[[Axes], object]


def framed(draw: Chart, frame: Frame) -> Chart:
    """The chart with its frame: what is set before drawing, and what comes on top."""

    def drawn(ax: Axes) -> None:
        log = frame.get("log", "")
        ax.set(xscale="log" if "x" in log else "linear", yscale="log" if "y" in log else "linear")
        draw(ax)
        _references(ax, frame)
        for axis, ticks in ((ax.xaxis, frame.get("xticks")), (ax.yaxis, frame.get("yticks"))):
            if ticks is not None:
                texts = list(ticks.values()) if isinstance(ticks, Mapping) else None
                axis.set_ticks(list(ticks), texts)
                axis.minorticks_off()
        for name in ("title", "xlabel", "ylabel", "xlim", "ylim"):
            if name in frame:
                ax.set(**{name: frame[name]})
        if frame.get("equal"):
            ax.set_aspect("equal")
        _legend(ax, frame.get("legend", "best"))
        if "also" in frame:
            frame["also"](ax)

    return drawn


def _references(ax: Axes, frame: Frame) -> None:
    looks = [(GREY, "--"), (BLACK, ":"), (GREY, "-.")]
    for place, (name, y) in enumerate(frame.get("across", {}).items()):
        color, line = looks[place % 3]
        ax.axhline(y, color=color, linestyle=line, linewidth=1.5, label=name)
    for place, (name, x) in enumerate(frame.get("down", {}).items()):
        color, line = ((BLACK, "--"), (VERMILION, "-"), (BLUE, ":"))[place % 3]
        ax.axvline(x, color=color, linestyle=line, linewidth=1.5, label=name)
    for place, (name, (at, height)) in enumerate(frame.get("marks", {}).items()):
        look: dict[str, Any] = {
            "color": (VERMILION, BLACK, BLUE)[place % 3],
            "markeredgecolor": BLACK,
            "zorder": 4,
        }
        ax.plot(at, height, "XD*"[place % 3], markersize=10, label=name, **look)


def _legend(ax: Axes, where: Any) -> None:
    """A legend, unless there is nothing to see but the one thing that has a name."""
    names = ax.get_legend_handles_labels()[1]
    things = len(ax.lines) + len(ax.patches) + len(ax.collections)
    if where != "none" and names and things > 1:
        ax.legend(loc=where)
