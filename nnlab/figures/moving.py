"""Figures that move: with sliders and buttons, or by themselves."""

from __future__ import annotations

import html
import os
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from nnlab.figures import images
from nnlab.figures.frames import Chart
from nnlab.figures.names import naming
from nnlab.figures.shown import as_figure, show
from nnlab.figures.told import titles_of, told

HIDDEN = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap"
Control = tuple[float, float, float, float] | list[str]


def explore(draw: Callable[..., Figure | Chart], alt: str, **controls: Control) -> None:
    """Show a figure with sliders or buttons for its parameters below it; without widgets, the figure alone.

    While a slider moves, everything keeps its place from the first drawing: give charts the limits that all
    settings need. A screen reader reads their titles after each move, and the figure's text is made from what
    was drawn.

    Args:
        draw: called with one number for each slider and one text for each row of buttons, returns a chart or
            a figure.
        alt: the figure before anything is moved, in words.
        **controls: by parameter, (lowest, highest, step, start) for a slider, or a list of texts for
            buttons, of which the first is the start.
    """
    start = {name: given[0] if isinstance(given, list) else given[-1] for name, given in controls.items()}
    first = as_figure([draw(**start)])
    widgets = _widgets()
    if widgets is None:
        show(first, alt=alt)
        return
    said = widgets.HTML(layout=widgets.Layout(height="0px", margin="0px"))
    handles = {name: _handle(widgets, name, given) for name, given in controls.items()}
    # One figure, drawn anew in its place: a saved notebook holds the last, also for readers without widgets.
    place = images.display(images.image(first, alt), again=True)
    layout = [ax.get_position(original=True).frozen() for ax in first.axes]
    plt.close(first)

    def redraw(_: object) -> None:
        values = {name: _chosen(handle.value, controls[name]) for name, handle in handles.items()}
        fig = as_figure([draw(**values)])
        if len(fig.axes) == len(layout):  # looking for the best places would take the longest time
            fig.set_layout_engine("none")
            for ax, where in zip(fig.axes, layout):
                ax.set_position(where, which="both")
        place.update(images.quick_image(fig, _words(values, fig)), raw=True)
        said.value = f'<span style="{HIDDEN}">{html.escape(titles_of(fig) or _settings(values))}</span>'
        plt.close(fig)

    for handle in handles.values():
        handle.observe(redraw, names="value")
    ranges = {name: given[:2] for name, given in controls.items() if isinstance(given, tuple)}
    images.display(widgets.VBox([*handles.values(), said, naming(widgets, ranges)]))


def _words(values: dict[str, float | str], fig: Figure) -> str:
    """The text of a figure after a move: of the first figure's text most would be wrong."""
    return f"{_settings(values)}. {told(fig)}"


def _settings(values: dict[str, float | str]) -> str:
    return ", ".join(
        f"{name} = {value if isinstance(value, str) else f'{value:g}'}" for name, value in values.items()
    )


def _handle(widgets: ModuleType, name: str, given: Control) -> Any:
    if isinstance(given, list):
        return widgets.ToggleButtons(options=given, description=name, tooltip=name)
    low, high, step, value = given
    return widgets.FloatSlider(value, min=low, max=high, step=step, description=name, tooltip=name)


def _chosen(value: Any, given: Control) -> float | str:
    """What was chosen: for a slider's 16 the browser sends 15.999…"""
    if isinstance(given, list):
        return str(value)
    low, _, step, _ = given
    return float(round(low + step * round((value - low) / step), 10))


def _widgets() -> ModuleType | None:
    if not images.in_notebook() or not _somebody_is_there():
        return None
    try:
        import ipywidgets
    except ImportError:
        return None
    return ipywidgets  # type: ignore[no-any-return]


def _somebody_is_there() -> bool:
    """Whether a person runs the notebook: a program says that nobody could answer a question of `input`."""
    if os.environ.get("STATIC_FIGURES") or os.environ.get("NBGRADER_EXECUTION"):
        return False
    from IPython import get_ipython

    parent: dict[str, Any] = getattr(get_ipython(), "get_parent", dict)()
    return bool(parent.get("content", {}).get("allow_stdin", True))


def animate(frames: Sequence[Figure | Chart], alt: str, seconds: float = 1.2, dpi: int = 60) -> None:
    """Show figures one after the other as a small animation, with a text alternative.

    Args:
        frames: charts or figures of one size.
        alt: what is to be seen, in words.
        seconds: that each stays.
        dpi: the size they are shown with: CSS pixels per inch.
    """
    figures = [as_figure([frame]) for frame in frames]
    if images.in_notebook():
        source = images.gif([images.png(fig, images.SHARP * dpi) for fig in figures], seconds)
        images.display(images.tagged(source, alt, figures[0], dpi))
    for fig in figures:
        plt.close(fig)
