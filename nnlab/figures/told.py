"""A figure in words, read off what was drawn: for those that change, which nobody can describe beforehand."""

from __future__ import annotations

import re

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

MOST = 40


def titles_of(fig: Figure) -> str:
    """The titles, from the figure's to the last chart's."""
    titles = [fig.get_suptitle(), *map(_title, fig.axes)]
    return "; ".join(filter(None, titles))


def told(fig: Figure) -> str:
    """Titles, axes, where named lines begin and end, and what is written in the charts."""
    said = [fig.get_suptitle(), *map(_told_of, fig.axes)]
    return re.sub(r"\s*\n\s*", " ", " ".join(_sentence(part) for part in said if part)).replace("$", "")


def _title(ax: Axes) -> str:
    return ax.get_title("left") or ax.get_title()


def _told_of(ax: Axes) -> str:
    """One chart."""
    across, up = ax.get_xlabel(), ax.get_ylabel()
    axes = f"{up} against {across}" if across and up else across or up
    named = [line for line in ax.lines if not str(line.get_label()).startswith("_")]
    lines = "; ".join(f"{line.get_label()}: {_course(line)}" for line in named[:MOST])
    texts = [text.get_text() for text in ax.texts if text.get_text().strip()]
    written = f"Written in it: {', '.join(texts[:MOST])}" if texts else ""
    return " ".join(_sentence(part) for part in (_title(ax), axes, lines, written) if part)


def _course(line: Line2D) -> str:
    """Where a line begins, ends, and how far it goes in between."""
    x, y = (np.asarray(values, float) for values in line.get_data())
    there = np.isfinite(x) & np.isfinite(y)
    x, y = x[there], y[there]
    if not len(x):
        return "nothing"
    if line.axes and line.get_transform() != line.axes.transData:  # over the whole chart
        return f"at {y[0]:.3g}" if y[0] == y[-1] else f"at {x[0]:.3g}"
    if len(x) == 1:
        return f"at ({x[0]:.3g}, {y[0]:.3g})"
    if line.get_linestyle() == "None":
        return f"{len(x)} points"
    if (np.diff(x) < 0).any():  # a path in a plane
        return f"from ({x[0]:.3g}, {y[0]:.3g}) to ({x[-1]:.3g}, {y[-1]:.3g})"
    ends = sorted((y[0], y[-1]))
    beyond = [
        f"{word} {value:.3g}"
        for word, value, outside in (
            ("lowest", y.min(), y.min() < ends[0]),
            ("highest", y.max(), y.max() > ends[1]),
        )
        if outside
    ]
    return f"from {y[0]:.3g} to {y[-1]:.3g}" + (f" ({', '.join(beyond)})" if beyond else "")


def _sentence(text: str) -> str:
    return text if text[-1] in ".!?…" else f"{text}."
