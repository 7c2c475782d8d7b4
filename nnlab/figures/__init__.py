"""The lessons' figures: one palette, readable sizes, a text for those who cannot see.

What recurs is a chart, made by one call and shown by another:

    show(
        curves(epochs, {"training": loss, "test": val_loss}, title="The test loss turns", xlabel="epoch"),
        alt="Two curves …",
    )

Several charts become panels side by side. Runs over seeds (seeds, n) are drawn as thin lines with their
mean. Titles, labels, log axes, limits, ticks, reference lines and marks are the same for all charts
(`Frame`), the arrangement is up to `show` (`Arrangement`). What is out of the ordinary is plain matplotlib:
a function of axes may stand in a chart's place, and `show` takes a figure, too.

The only part of nnlab that imports matplotlib. Where there is none, as in some browsers' Python, figures are
those that were drawn beforehand, or words (`undrawn`).
"""

import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING or find_spec("matplotlib"):
    import matplotlib.pyplot as plt

    from nnlab.figures.charts import curves, dots, histogram, points
    from nnlab.figures.frames import Chart, Frame
    from nnlab.figures.graphs import draw_graph, graph
    from nnlab.figures.images import png, svg
    from nnlab.figures.moving import animate, explore
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
        style,
    )
    from nnlab.figures.regions import decision_regions, regions, seeds_band
    from nnlab.figures.shown import Arrangement, figure, show
    from nnlab.figures.tables import bars, heatmap, picture
else:
    from nnlab.figures import undrawn

    sys.modules[__name__] = undrawn  # under the name that lessons import

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
    "Arrangement",
    "Chart",
    "Frame",
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
    "plt",
    "png",
    "points",
    "regions",
    "seeds_band",
    "show",
    "style",
    "svg",
]
