"""Charts put on figures, and figures put before a reader."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypedDict, Unpack

import matplotlib.pyplot as plt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.registry import BackendFilter, backend_registry
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from nnlab.figures import images
from nnlab.figures.frames import Chart
from nnlab.figures.palette import DPI


class Arrangement(TypedDict, total=False):
    """How charts stand on a figure.

    title: above all of them.
    size: of the figure in inches, (width, height); chosen by the number of charts if it is left out.
    columns: charts in a row; all in one if it is left out.
    share: "x", "y" or "xy", the axes that are the same for all; their labels stand at the outside only.
    ratios: widths of the columns beside one another.
    legend: "right" or "below", for one legend of everything outside of the charts. Without it each chart has
        its own, but for those that an earlier one explains already.
    """

    title: str
    size: tuple[float, float]
    columns: int
    share: Literal["", "x", "y", "xy"]
    ratios: Sequence[float]
    legend: Literal["", "right", "below"]


def figure(*charts: Chart, **arrangement: Unpack[Arrangement]) -> Figure:
    """Return a figure of charts side by side, from left to right and from top to bottom.

    Args:
        *charts: calls of `curves` and the like, or functions that draw on axes.
        **arrangement: a title, the size, columns, shared axes, an outer legend: see `Arrangement`.
    """
    columns = min(arrangement.get("columns", len(charts)), len(charts))
    rows, share = -(-len(charts) // columns), arrangement.get("share", "")
    fig, grid = plt.subplots(
        rows,
        columns,
        squeeze=False,
        figsize=arrangement.get("size", _usual_size(rows, columns)),
        sharex="x" in share,
        sharey="y" in share,
        width_ratios=arrangement.get("ratios"),
    )
    axes: list[Axes] = list(grid.flat)
    for ax, chart in zip(axes, charts):
        chart(ax)
        if share:
            _label_outside(ax, share)
    for ax in axes[len(charts) :]:
        ax.set_axis_off()
    if arrangement.get("title"):
        fig.suptitle(arrangement["title"], x=0.01, ha="left")
    _one_legend(fig, axes, arrangement.get("legend", ""))
    return fig


def _usual_size(rows: int, columns: int) -> tuple[float, float]:
    width = {1: 7.0, 2: 9.4}.get(columns, 10.0)
    return width, {1: 3.5, 2: 5.2}.get(rows, 2.0 * rows)


def _label_outside(ax: Axes, share: str) -> None:
    place = ax.get_subplotspec()
    if place is None:
        return
    if "x" in share and not place.is_last_row():
        ax.set_xlabel("")
    if "y" in share and not place.is_first_col():
        ax.set_ylabel("")


def _one_legend(fig: Figure, axes: Sequence[Axes], where: str) -> None:
    """Explain every look once."""
    explained: dict[tuple[str, str], Artist] = {}
    for ax in axes:
        legend, handles = ax.get_legend(), _by_look(ax)
        if legend is not None and (where or handles.keys() <= explained.keys()):
            legend.remove()
        if legend is not None or where:
            explained |= {look: handle for look, handle in handles.items() if look not in explained}
    if where and explained:
        places: dict[str, Any] = {"right": "outside right center", "below": "outside lower center"}
        columns = 1 if where == "right" else len(explained)
        names = [name for name, _ in explained]
        fig.legend(list(explained.values()), names, loc=places[where], ncols=columns)


def _by_look(ax: Axes) -> dict[tuple[str, str], Artist]:
    """What has a name in the axes, by name and colour."""
    looks = {}
    for handle, name in zip(*ax.get_legend_handles_labels()):
        color = handle.get_color() if isinstance(handle, Line2D) else ""
        looks[name, str(color)] = handle
    return looks


def show(*charts: Chart | Figure, alt: str, dpi: int = DPI, **arrangement: Unpack[Arrangement]) -> None:
    """Show charts, or a figure, in the notebook as an image with a text alternative.

    Outside Jupyter it opens a window where there is a screen, and does nothing where there is none.

    Args:
        *charts: as for `figure`, or one figure.
        alt: what is to be seen, in words, for those who cannot see it.
        dpi: the size it is shown with: CSS pixels per inch.
        **arrangement: as for `figure`.
    """
    fig = as_figure(charts, arrangement)
    if images.in_notebook():
        images.display(images.image(fig, alt, dpi))
    elif _has_windows():
        plt.show()
    plt.close(fig)


def _has_windows() -> bool:
    interactive = backend_registry.list_builtin(BackendFilter.INTERACTIVE)  # type: ignore[no-untyped-call]
    return plt.get_backend().lower() in interactive


def as_figure(charts: Sequence[Chart | Figure], arrangement: Arrangement | None = None) -> Figure:
    """Return the one figure there is, or a new one of the charts."""
    if isinstance(charts[0], Figure):
        return charts[0]
    return figure(*(chart for chart in charts if not isinstance(chart, Figure)), **(arrangement or {}))
