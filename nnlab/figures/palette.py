"""Colours, line styles and markers that everybody can tell apart, and the defaults of all figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

# Okabe and Ito's colours, which people with any common colour blindness can tell apart.
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY = "#7F7F7F"  # for what is only there to compare with

# The same thing has the same colour in every lesson.
TRAIN, TEST = BLUE, VERMILION
CLASSES = (SKY, ORANGE, GREEN, PURPLE, YELLOW, BLUE, VERMILION, BLACK)
MARKERS = "os^Dv<>P"
HATCHES = ("", "//", "..", "xx")

# A figure has a ground of its own, so that its black labels can be read on a dark page too. It is a little
# off white, which glares less there, and hardly shows as a card on a white page.
GROUND = "#FAFAF7"
DPI = 80  # CSS pixels per inch: a figure of 7 by 4 inches is shown 560 pixels wide


class Look(NamedTuple):
    """How a line or a cloud of points looks."""

    color: str
    line: str = "-"
    marker: str = ""


# Never by colour alone: neighbours differ in line style and marker, too.
LOOKS = (
    Look(BLUE, "-", "o"),
    Look(VERMILION, "--", "s"),
    Look(GREEN, "-.", "^"),
    Look(ORANGE, ":", "D"),
    Look(PURPLE, "-", "v"),
    Look(SKY, "--", "P"),
    Look(BLACK, "-.", "<"),
    Look(GREY, ":", ">"),
)
Looks = Mapping[str, Sequence[str]]


def look_of(name: str, place: int, looks: Looks | None) -> Look:
    """Return the look given for a name, or the one of its place in the cycle."""
    usual = LOOKS[place % len(LOOKS)]
    if looks is None or name not in looks:
        return usual
    return Look(*(*looks[name], *usual[len(looks[name]) :]))


def style() -> None:
    """Set the defaults of all figures: sizes to read without zooming, a light grid, a light ground."""
    import matplotlib.pyplot as plt
    from cycler import cycler

    plt.rcParams.update(
        {
            "figure.figsize": (7.0, 4.0),
            "figure.dpi": DPI,
            "figure.facecolor": GROUND,
            "axes.facecolor": GROUND,
            "savefig.facecolor": GROUND,
            "figure.constrained_layout.use": True,
            "figure.constrained_layout.w_pad": 0.08,
            "figure.constrained_layout.h_pad": 0.08,
            "font.size": 12,
            "axes.titlesize": 13,
            "axes.titlelocation": "left",
            "axes.prop_cycle": cycler(color=[BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY, BLACK, YELLOW]),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.axisbelow": True,
            "grid.color": "#DDDDDD",
            "grid.linewidth": 0.6,
            "lines.linewidth": 2.0,
            "legend.frameon": False,
            # The same SVG every time. Letters are drawn as outlines: a page has to look alike where this
            # font is missing, and text within an <img> could not be searched for anyway; the alt text can.
            "svg.hashsalt": "nnlab",
            "svg.fonttype": "path",
        }
    )
