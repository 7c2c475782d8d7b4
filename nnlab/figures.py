"""How the lessons' figures look and are shown: one palette, readable sizes, a text for those who cannot see.

The only module here that imports matplotlib.
"""

from __future__ import annotations

import base64
import html
import io
import os
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.backends.registry import BackendFilter, backend_registry
from matplotlib.colors import ListedColormap, to_rgba
from matplotlib.figure import Figure
from matplotlib.mathtext import MathTextParser
from numpy import ndarray
from numpy.typing import ArrayLike

# Okabe and Ito's colours, which people with any common colour blindness can tell apart.
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY = "#7F7F7F"  # for what is only there to compare with

# The same thing has the same colour in every lesson.
TRAIN, TEST = BLUE, VERMILION
CLASSES = (SKY, ORANGE, GREEN, PURPLE, YELLOW, BLUE, VERMILION, BLACK)
MARKERS = "os^Dv<>P"

DPI = 80  # a figure of 7 by 4 inches is some 20 to 40 kB; a notebook has about eight


def style() -> None:
    """Set the defaults of all figures: sizes to read without zooming, a light grid, a white ground."""
    plt.rcParams.update(
        {
            "figure.figsize": (7.0, 4.0),
            "figure.dpi": DPI,
            # A white ground of their own, so that black labels can be read on a dark page too.
            "figure.facecolor": "white",
            "savefig.facecolor": "white",
            "figure.constrained_layout.use": True,
            "font.size": 12,
            "axes.titlesize": 13,
            "axes.titlelocation": "left",
            "axes.prop_cycle": plt.cycler(color=[BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY, BLACK, YELLOW]),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.axisbelow": True,
            "grid.color": "#DDDDDD",
            "grid.linewidth": 0.6,
            "lines.linewidth": 2.0,
            "legend.frameon": False,
        }
    )


def decision_regions(
    ax: Axes,
    predict: Callable[[ndarray], ndarray],
    X: ArrayLike,
    y: ArrayLike,
    steps: int = 200,
    around: ArrayLike | None = None,
) -> None:
    """Colour the plane by predicted class and draw the points over it, each class with a marker of its own.

    Args:
        ax: where to draw.
        predict: inputs (m, 2) -> probability of class 1, (m,) or (m, 1), or one column per class.
        X: points (m, 2).
        y: class numbers (m,).
        steps: grid points along each side.
        around: points (n, 2) whose surroundings are coloured, where that is more than X: for panels that
            share their axes, the points of all of them.
    """
    X, y = np.asarray(X), np.asarray(y).ravel().astype(int)
    extent = X if around is None else np.asarray(around)
    margin = 0.1 * (extent.max(axis=0) - extent.min(axis=0))
    low, high = extent.min(axis=0) - margin, extent.max(axis=0) + margin
    across, up = np.meshgrid(np.linspace(low[0], high[0], steps), np.linspace(low[1], high[1], steps))
    out = np.asarray(predict(np.column_stack([across.ravel(), up.ravel()]))).reshape(steps * steps, -1)
    labels = out.argmax(axis=1) if out.shape[1] > 1 else (out[:, 0] > 0.5).astype(int)
    n = max(out.shape[1], 2)
    pale = ListedColormap([tuple(0.3 * np.array(to_rgba(c)[:3]) + 0.7) for c in CLASSES[:n]])
    ax.pcolormesh(across, up, labels.reshape(across.shape), cmap=pale, vmin=-0.5, vmax=n - 0.5)
    for k in range(n):
        here = X[y == k]
        look = {"color": CLASSES[k], "marker": MARKERS[k], "edgecolors": BLACK, "linewidths": 0.7}
        ax.scatter(here[:, 0], here[:, 1], s=36, label=f"class {k}", **look)
    ax.grid(False)
    ax.set(xlabel="$x_1$", ylabel="$x_2$")


def seeds_band(ax: Axes, x: ArrayLike, runs: Sequence[ArrayLike], label: str, color: str) -> None:
    """Draw every seed as a thin line and their mean as a thick one.

    Args:
        ax: where to draw.
        x: what the runs are drawn over (n,).
        runs: one curve (n,) per seed.
        label: the name of the mean in the legend.
        color: of all these lines.
    """
    curves = np.asarray(runs, dtype=float)
    ax.plot(x, curves.T, color=color, linewidth=0.7, alpha=0.4)
    ax.plot(x, curves.mean(axis=0), color=color, linewidth=2.5, label=label)


class _Canvas(FigureCanvasAgg):
    """Figures drawn on it share the reading of formulas, and so of the powers of ten at their axes."""

    parser: MathTextParser | None = None  # the first one, which remembers what it has read

    def get_renderer(self) -> RendererAgg:
        renderer = super().get_renderer()
        _Canvas.parser = renderer.mathtext_parser = _Canvas.parser or renderer.mathtext_parser
        return renderer


def png(fig: Figure, dpi: int = DPI) -> bytes:
    """Return the figure as a PNG of 256 colours, the same bytes every time."""
    from PIL import Image

    # Constrained layout moves things a little each time it runs: let it run once, then keep the result.
    canvas, layout = _Canvas(fig), fig.get_layout_engine()
    if layout is not None:
        layout.execute(fig)
        fig.set_layout_engine("none")
    # Drawn here, once: savefig would draw all of it a second time, to find out how large it gets.
    fig.dpi = dpi
    canvas.draw()
    few = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3]).quantize(256, dither=Image.Dither.NONE)
    smaller = io.BytesIO()
    few.save(smaller, "PNG", optimize=True)
    return smaller.getvalue()


def show(fig: Figure, alt: str, dpi: int = DPI) -> None:
    """Show the figure in the notebook as an image with a text alternative, then close it.

    Outside Jupyter it opens a window where there is a screen, and does nothing where there is none.

    Args:
        fig: the figure.
        alt: what it shows, in words, for those who cannot see it.
        dpi: dots per inch; the default keeps a notebook of eight figures well under a megabyte.
    """
    if _in_ipython():
        from IPython.display import display

        display(_image(png(fig, dpi), "png", alt), raw=True)
    elif plt.get_backend().lower() in backend_registry.list_builtin(BackendFilter.INTERACTIVE):
        plt.show()
    plt.close(fig)


def _image(data: bytes, kind: str, alt: str) -> dict[str, str]:
    source = f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"
    return {"text/html": f'<img src="{source}" alt="{html.escape(alt)}">', "text/plain": alt}


def _in_ipython() -> bool:
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    return get_ipython() is not None


def explore(
    draw: Callable[..., Figure], alt: str, **controls: tuple[float, float, float, float] | list[str]
) -> None:
    """Show a figure with sliders or buttons for its parameters below it; without widgets, the figure alone.

    Args:
        draw: called with one number for each slider and one text for each row of buttons, returns a figure.
        alt: the figure before anything is moved, in words.
        **controls: by parameter, (lowest, highest, step, start) for a slider, or a list of texts for
            buttons, of which the first is the start.
    """
    start = {name: given[0] if isinstance(given, list) else given[-1] for name, given in controls.items()}
    widgets = _widgets()
    if widgets is None:
        show(draw(**start), alt)
        return
    from IPython.display import display

    handles = {name: _handle(widgets, name, given) for name, given in controls.items()}

    def drawn(words: str, values: dict[str, float | str]) -> dict[str, str]:
        fig = draw(**values)
        data = png(fig)
        plt.close(fig)
        return _image(data, "png", words)

    def redraw(_: object) -> None:
        values = {name: _chosen(handle.value, controls[name]) for name, handle in handles.items()}
        texts = (value if isinstance(value, str) else f"{value:g}" for value in values.values())
        now = ", ".join(f"{name} = {text}" for name, text in zip(values, texts))
        figure.update(drawn(f"The same figure for {now}. {alt}", values), raw=True)

    # One figure, drawn anew in its place: a saved notebook holds the last, also for readers without widgets.
    figure = display(drawn(alt, start), raw=True, display_id=True)
    for handle in handles.values():
        handle.observe(redraw, names="value")
    display(widgets.VBox(list(handles.values())))


def _handle(widgets: ModuleType, name: str, given: tuple[float, float, float, float] | list[str]) -> Any:
    if isinstance(given, list):
        return widgets.ToggleButtons(options=given, description=name)
    low, high, step, value = given
    return widgets.FloatSlider(value, min=low, max=high, step=step, description=name)


def _chosen(value: float | str, given: tuple[float, float, float, float] | list[str]) -> float | str:
    """What was chosen: for a slider's 16 the browser sends 15.999…"""
    if isinstance(given, list):
        return value
    low, _, step, _ = given
    return round(low + step * round((value - low) / step), 10)


def _widgets() -> ModuleType | None:
    if not _in_ipython() or os.environ.get("STATIC_FIGURES") or os.environ.get("NBGRADER_EXECUTION"):
        return None  # nobody is there to move a slider
    try:
        import ipywidgets
    except ImportError:
        return None
    return ipywidgets


def animate(frames: Sequence[Figure], alt: str, seconds: float = 1.2, dpi: int = 60) -> None:
    """Show figures one after the other as a small animation, with a text alternative."""
    from PIL import Image

    images = [Image.open(io.BytesIO(png(fig, dpi))).convert("RGB").quantize(32) for fig in frames]
    for fig in frames:
        plt.close(fig)
    if not _in_ipython():
        return
    from IPython.display import display

    buffer = io.BytesIO()
    images[0].save(
        buffer, "GIF", save_all=True, append_images=images[1:], duration=int(1000 * seconds), loop=3
    )
    display(_image(buffer.getvalue(), "gif", alt), raw=True)
