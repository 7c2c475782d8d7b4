"""The report's figures, drawn by matplotlib as SVG that stands in the page.

Colours are Okabe and Ito's, each by a variable of the page's style, so that light and dark both work; what
they mean is also said by a pattern or in words, and a table stands beside every figure.
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..student.verdict import number
from .statistics import Distribution, Item

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# What matplotlib draws with, and what stands in its place in the page.
INK, LINE, PAPER = "#111213", "#c1c2c3", "#f1f2f3"
BLUE, GREEN, ORANGE, RED, GREY = "#0072b2", "#009e73", "#e69f00", "#d55e00", "#767676"
_VARIABLES = {
    INK: "--ink", LINE: "--line", PAPER: "--paper", BLUE: "--blue", GREEN: "--green", ORANGE: "--orange",
    RED: "--red", GREY: "--grey",
}  # fmt: skip
STATE_STYLE = {
    "right": (GREEN, ""),
    "partly": (ORANGE, "///"),
    "wrong": (RED, "\\\\\\"),
    "open": (PAPER, ""),
    "by hand": (GREY, "xxx"),
}
WIDE = 5.2  # inches: on a phone the letters are still as large as those around them


def points_chart(distribution: Distribution, name: str) -> str:
    """How many earned how much."""
    figure, axes = _figure(2.3, name)
    edges = distribution.edges
    width = edges[1] - edges[0]
    axes.bar(
        edges[:-1], distribution.counts, width=width, align="edge", color=BLUE, edgecolor=PAPER, linewidth=1
    )
    if distribution.median is not None:
        axes.axvline(distribution.median, color=INK, linestyle="--", linewidth=1.2)
    axes.set_xlim(0, edges[-1])
    axes.set_xlabel("points")
    axes.set_ylabel("submissions")
    axes.yaxis.get_major_locator().set_params(integer=True)
    middle = (
        ""
        if distribution.median is None
        else f", the dashed line at the median {number(distribution.median)}"
    )
    return _svg(figure, name, f"Submissions by points{middle}")


def exercises_chart(items: Sequence[Item], name: str) -> str:
    """Every exercise's share of right, partly right, wrong and open answers."""
    figure, axes = _figure(0.75 + 0.34 * len(items), name)
    left = [0.0] * len(items)
    for state, (colour, hatch) in STATE_STYLE.items():
        shares = [100 * item.counts[state] / item.total if item.total else 0.0 for item in items]
        if any(shares):
            axes.barh(
                range(len(items)), shares, left=left, height=0.68, label=state, color=colour, hatch=hatch,
                edgecolor=INK, linewidth=0.6,
            )  # fmt: skip
        left = [a + b for a, b in zip(left, shares, strict=True)]
    axes.set_yticks(range(len(items)), [item.exercise[:28] for item in items])
    axes.invert_yaxis()
    axes.set_xlim(0, 100)
    axes.set_xlabel("per cent of those graded")
    axes.grid(visible=False)
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=5,
        labelcolor=INK,
        frameon=False,
        handlelength=1.2,
        borderaxespad=0.3,
    )
    return _svg(
        figure, name, "For each exercise the share of answers that are right, partly right, wrong and open"
    )


def course_chart(labels: Sequence[str], quartiles: Sequence[tuple[float, float, float]], name: str) -> str:
    """From lesson to lesson the median in per cent of the points, and half of the class around it."""
    figure, axes = _figure(2.4, name)
    places = range(len(labels))
    low, middle, high = ([100 * one[k] for one in quartiles] for k in range(3))
    axes.vlines(places, low, high, color=BLUE, linewidth=7, alpha=0.45)
    axes.plot(places, middle, color=BLUE, marker="o", markersize=6, linewidth=1.5)
    axes.set_xticks(places, labels)
    axes.set_xlim(-0.5, len(labels) - 0.5)
    axes.set_ylim(0, 104)
    axes.set_xlabel("lesson")
    axes.set_ylabel("per cent of the points")
    return _svg(figure, name, "Median of every lesson, with a bar from the lower to the upper quartile")


def _figure(height: float, name: str) -> tuple[Figure, Any]:
    """Without pyplot, which would keep it, and choose a window."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(_STYLE | {"svg.hashsalt": name}):
        figure = Figure(figsize=(WIDE, height), layout="constrained")
        axes = figure.add_subplot()
        axes.set_facecolor("none")
        axes.grid(axis="y", color=LINE, linewidth=0.7)
        axes.set_axisbelow(True)
        return figure, axes


_STYLE: Any = {
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "hatch.linewidth": 0.7,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


def _svg(figure: Figure, name: str, description: str) -> str:
    """The figure as an element of a page: the page's colours, ids that no other figure has."""
    from matplotlib import rc_context

    buffer = io.StringIO()
    with rc_context(_STYLE | {"svg.hashsalt": name}):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    used = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', text))
    text = re.sub(
        r' id="([^"]*)"', lambda found: f' id="{name}-{found[1]}"' if found[1] in used else "", text
    )
    text = re.sub(r'(url\(#|href="#)', rf"\g<1>{name}-", text)
    text = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->\n?", "", text, flags=re.DOTALL)
    for colour, variable in _VARIABLES.items():
        text = text.replace(colour, f"var({variable})")
    text = re.sub(r"font-family: [^;\"]*;? ?", "", text)  # the page's own
    label = html.escape(description, quote=True)
    return re.sub(r"<svg ([^>]*)>", lambda found: _opening(found[1], label), text, count=1)


def _opening(attributes: str, label: str) -> str:
    box = re.search(r'viewBox="[^"]*"', attributes)
    return f'<svg role="img" aria-label="{label}" {box[0] if box else ""} xmlns:xlink="http://www.w3.org/1999/xlink">'
