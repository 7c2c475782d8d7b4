"""What lessons import from nnlab.figures where there is no matplotlib, as in some browsers' Python.

A chart then is a name for nothing, and whoever shows it gets the figure that was drawn beforehand, with the
course's own answers, or its description. `drawn.json` beside this module, if it is there, holds the figures
by their descriptions.
"""

from __future__ import annotations

import html
import json
from functools import cache
from pathlib import Path
from typing import Any

from nnlab.figures.palette import (
    BLACK,
    BLUE,
    CLASSES,
    DPI,
    GREEN,
    GREY,
    MARKERS,
    ORANGE,
    PURPLE,
    SKY,
    TEST,
    TRAIN,
    VERMILION,
    YELLOW,
)

__all__ = [
    "BLACK",
    "BLUE",
    "CLASSES",
    "DPI",
    "GREEN",
    "GREY",
    "MARKERS",
    "ORANGE",
    "PURPLE",
    "SKY",
    "TEST",
    "TRAIN",
    "VERMILION",
    "YELLOW",
    "animate",
    "bars",
    "curves",
    "decision_regions",
    "dots",
    "draw_graph",
    "explore",
    "figure",
    "graph",
    "heatmap",
    "histogram",
    "picture",
    "points",
    "regions",
    "seeds_band",
    "show",
    "style",
]
DRAWN = Path(__file__).with_name("drawn.json")
NOTE = "Drawn beforehand, with the course's own answers: the Python that runs here cannot draw."


class Undrawn:
    """A chart or a figure that nobody draws."""


def figure(*charts: Any, **arrangement: Any) -> Undrawn:
    """Take what any chart takes."""
    return Undrawn()


curves = points = dots = histogram = bars = heatmap = picture = graph = figure
regions = decision_regions = seeds_band = figure


def style() -> None:
    """Set nothing."""


def show(*charts: Any, alt: str, **arrangement: Any) -> None:
    """Show the figure that was drawn beforehand, or say what it shows."""
    drawn = beforehand().get(alt)
    if drawn:
        shown = f"<figure style='margin:0'>{drawn}<figcaption><small>{NOTE}</small></figcaption></figure>"
    else:
        looks = "border:1px solid #999;border-radius:4px;padding:.6em .9em;max-width:52em"
        words = f"A figure belongs here, which the Python that runs here cannot draw. {html.escape(alt)}"
        shown = f"<div role='note' style='{looks}'>{words}</div>"
    from IPython.display import display

    display({"text/html": shown, "text/plain": alt}, raw=True)


def explore(draw: Any, alt: str, **controls: Any) -> None:
    """Show the figure as it is before anything is moved."""
    show(alt=alt)


def animate(frames: Any, alt: str, **how: Any) -> None:
    """Show the animation that was made beforehand."""
    show(alt=alt)


def draw_graph(expression: Any, value: Any, /, *, title: str = "", **numbers: Any) -> None:
    """Say which graph would be drawn, and what its values and grads are."""
    inputs = {name: value(number) for name, number in numbers.items()}
    last = expression(**inputs)
    last.backward()
    grads = ", ".join(f"{name} = {one.data:.3g} with grad {one.grad:.3g}" for name, one in inputs.items())
    show(alt=f"{title}. The graph of {grads}, and the result {last.data:.3g}.")


@cache
def beforehand() -> dict[str, str]:
    """Figures as HTML, by their descriptions."""
    if not DRAWN.is_file():
        return {}
    figures: dict[str, str] = json.loads(DRAWN.read_text(encoding="utf-8"))
    return figures
