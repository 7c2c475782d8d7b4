"""nnlab for lesson 08: figures that are chosen by buttons."""

from __future__ import annotations

from typing import Any

import ipywidgets
import matplotlib
import matplotlib.pyplot as plt
import pytest
from IPython import display as ipython_display
from matplotlib.figure import Figure

from nnlab import figures

matplotlib.use("Agg")


class Place:
    """Stands for the place in a notebook where a figure was shown."""

    def __init__(self) -> None:
        self.shown: list[dict[str, str]] = []

    def update(self, data: dict[str, str], raw: bool) -> None:
        self.shown.append(data)


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> tuple[Place, list[Any]]:
    """What a running notebook would show: the figure's place, and the widgets below it."""
    place, below = Place(), []

    def display(thing: Any, raw: bool = False, display_id: bool = False) -> Place:
        place.shown.append(thing) if raw else below.append(thing)
        return place

    monkeypatch.setattr(figures, "_in_ipython", lambda: True)
    monkeypatch.setattr(ipython_display, "display", display)
    monkeypatch.delenv("STATIC_FIGURES", raising=False)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    return place, below


def test_a_list_of_texts_becomes_buttons_beside_sliders(notebook: tuple[Place, list[Any]]) -> None:
    """The first text is the start; a click redraws the figure in its place, with both values and in words."""
    place, below = notebook
    drawn: list[tuple[str, float]] = []

    def draw(situation: str, gap: float) -> Figure:
        drawn.append((situation, gap))
        return plt.figure(figsize=(1, 1))

    figures.explore(draw, "A chart.", situation=["bias", "variance"], gap=(0.0, 0.2, 0.05, 0.1))
    buttons, slider = below[0].children
    assert isinstance(buttons, ipywidgets.ToggleButtons)
    assert isinstance(slider, ipywidgets.FloatSlider)

    buttons.value = "variance"

    assert drawn == [("bias", 0.1), ("variance", 0.1)]
    assert [data["text/plain"] for data in place.shown] == [
        "A chart.",
        "The same figure for situation = variance, gap = 0.1. A chart.",
    ]


def test_without_widgets_buttons_leave_the_first_figure(
    notebook: tuple[Place, list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A saved notebook, or one that is graded, holds the figure of the first text."""
    place, below = notebook
    monkeypatch.setenv("STATIC_FIGURES", "1")
    drawn: list[str] = []

    def draw(situation: str) -> Figure:
        drawn.append(situation)
        return plt.figure(figsize=(1, 1))

    figures.explore(draw, "A chart.", situation=["bias", "variance"])

    assert drawn == ["bias"]
    assert [data["text/plain"] for data in place.shown] == ["A chart."]
    assert not below
