"""nnlab.figures: charts by one call, panels, images that are sharp, small and have a text, sliders."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable, Iterator
from typing import Any, Literal
from urllib.parse import unquote
from xml.etree import ElementTree

import ipywidgets
import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from IPython import display as ipython_display
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from PIL import Image

from nnlab import figures
from nnlab.data import moons
from nnlab.figures import (
    Chart,
    bars,
    curves,
    dots,
    figure,
    heatmap,
    histogram,
    picture,
    points,
    regions,
    show,
)
from nnlab.figures.images import DPI, image
from nnlab.figures.moving import _chosen
from nnlab.figures.told import told

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def our_style() -> Iterator[None]:
    """The style of the lessons, and no figure left open by a test."""
    with matplotlib.rc_context():
        figures.style()
        yield
    plt.close("all")


def drawn(chart: Chart) -> Axes:
    """The axes of a figure of one chart."""
    return figure(chart).axes[0]


def names_in_legend(ax: Axes) -> list[str]:
    legend = ax.get_legend()
    return [] if legend is None else [text.get_text() for text in legend.get_texts()]


# Charts


def test_lines_differ_in_more_than_colour() -> None:
    """Eight lines, eight colours; neighbours differ in line style and marker."""
    ax = drawn(curves(range(5), {f"line {k}": np.arange(5) + k for k in range(8)}))
    looks = [(line.get_color(), line.get_linestyle(), line.get_marker()) for line in ax.lines]
    colors, lines, markers = zip(*looks)
    assert len(set(colors)) == len(set(markers)) == 8
    assert all(one != next_one for one, next_one in zip(lines, lines[1:]))


def test_runs_over_seeds_are_thin_lines_with_their_mean() -> None:
    """Arithmetic, geometric, or none."""
    runs = np.array([[1.0, 10.0], [100.0, 1000.0]])
    ax = drawn(curves([0, 1], {"runs": runs}))
    assert [line.get_linewidth() for line in ax.lines] == [0.7, 0.7, 2.5]
    assert ax.lines[2].get_ydata() == pytest.approx([50.5, 505])
    assert names_in_legend(ax) == ["runs"]
    assert drawn(curves([0, 1], {"runs": runs}, mean="geometric")).lines[2].get_ydata() == pytest.approx(
        [10, 100]
    )
    assert len(drawn(curves([0, 1], {"runs": runs}, mean="none")).lines) == 2


def test_a_line_may_bring_its_own_x_or_none() -> None:
    """A tuple is (x, y); None counts from 0; a single line needs no name."""
    ax = drawn(curves(None, {"counted": [3, 4], "own": ([5, 7], [1, 2])}))
    assert [list(line.get_xdata()) for line in ax.lines] == [[0, 1], [5, 7]]
    ax = drawn(curves(None, [1, 2, 3]))
    assert list(ax.lines[0].get_ydata()) == [1, 2, 3] and not names_in_legend(ax)


def test_a_look_can_be_given_in_part() -> None:
    """What is left out comes from the cycle; many points are marked only where a marker was asked for."""
    x = np.arange(100)
    ax = drawn(curves(x, {"a": x, "b": -x}, looks={"a": ("#123456",), "b": ("#654321", ":", "D")}))
    a, b = ax.lines
    assert (a.get_color(), a.get_linestyle(), a.get_marker()) == ("#123456", "-", "")
    assert (b.get_color(), b.get_linestyle(), b.get_marker()) == ("#654321", ":", "D")


def test_a_frame_sets_axes_ticks_and_references() -> None:
    """All by name, the same for every chart; what begins with _ is not in the legend."""
    ax = drawn(
        curves(
            [1, 10, 100],
            {"loss": [1, 2, 3]},
            title="It rises",
            xlabel="steps",
            ylabel="loss",
            log="x",
            ylim=(0, None),
            xticks={1: "one", 100: "hundred"},
            across={"limit": 2.5, "_silent": 1},
            down={"here": 10},
            marks={"lost": (100, 3)},
            also=lambda ax: ax.text(1, 1, "last"),
        )
    )
    assert (ax.get_title("left"), ax.get_xlabel(), ax.get_ylabel()) == ("It rises", "steps", "loss")
    assert (ax.get_xscale(), ax.get_yscale(), ax.get_ylim()[0]) == ("log", "linear", 0)
    assert [text.get_text() for text in ax.get_xticklabels()] == ["one", "hundred"]
    assert names_in_legend(ax) == ["loss", "limit", "here", "lost"]
    assert [text.get_text() for text in ax.texts] == ["last"]


def test_bands_surround_their_line() -> None:
    """Half the width on each side."""
    ax = drawn(curves([0, 1], {"mean": [1, 2]}, bands={"mean": [0.5, 0.25]}))
    (band,) = ax.collections
    (path,) = band.get_paths()
    assert (path.vertices[:, 1].min(), path.vertices[:, 1].max()) == (0.5, 2.25)


def test_points_are_clouds_without_lines() -> None:
    """One for each name, as matplotlib draws it."""
    ax = drawn(points({"before": ([1, 2], [3, 4]), "after": ([0, 1], [1, 1])}, equal=True))
    assert [line.get_linestyle() for line in ax.lines] == ["None", "None"]
    assert names_in_legend(ax) == ["before", "after"] and ax.get_aspect() == 1


def test_dots_show_every_score_and_the_mean() -> None:
    """Rows from top to bottom, the mean with its deviation."""
    ax = drawn(dots({"without": [1, 2, 3], "with": [4, 5, 6]}))
    assert [text.get_text() for text in ax.get_yticklabels()] == ["without", "with"]
    assert ax.yaxis_inverted() and names_in_legend(ax) == ["mean ± sd"]
    diamonds = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "D"]
    assert diamonds == [2, 5]


@pytest.mark.parametrize(("error", "half"), [("sd", 1.0), ("se", 3**-0.5)])
def test_the_mean_of_dots_has_a_bar(error: Literal["sd", "se"], half: float) -> None:
    """One standard deviation or error to each side; a single score has neither."""
    ax = drawn(dots({"a": [1, 2, 3], "b": [1]}, error=error))
    ends = [segment[:, 0] for bar in ax.collections for segment in bar.get_segments()]
    np.testing.assert_allclose(ends, [[2 - half, 2 + half]])


def test_dots_put_several_series_into_a_row() -> None:
    """Each with a marker of its own, named once, and none upon another."""
    row = {"train": [1, 2], "test": [2, 3]}
    ax = drawn(dots({"a": row, "b": row}, error="none"))
    assert names_in_legend(ax) == ["train", "test", "mean"]
    heights = [line.get_ydata().mean() for line in ax.lines if len(line.get_xdata()) == 2]
    assert heights == sorted(heights) and len(set(np.round(heights, 6))) == 4


def test_a_histogram_counts_over_common_bins() -> None:
    """The first is filled, others are outlines; shares add up to 1."""
    values = {"first": [0.0, 1.0, 1.0], "second": [9.0, 10.0]}
    ax = drawn(histogram(values, 10, share=True))
    filled, outline = ax.patches
    assert filled.get_fill() and not outline.get_fill()
    assert filled.get_xy()[:, 0].max() == outline.get_xy()[:, 0].max() == 10
    heights = filled.get_xy()[:, 1]
    assert heights.max() == pytest.approx(2 / 3)
    assert names_in_legend(drawn(histogram([1, 2, 3], down={"here": 2}))) == ["here"]


def test_bars_are_stacked_by_parts() -> None:
    """The parts are named once, have hatches of their own, and the sum stands beside them."""
    ax = drawn(bars({"a": {"x": 1, "y": 2}, "b": {"x": 3, "y": 4}}, words="{:.0f}"))
    assert [(bar.get_x(), bar.get_width()) for bar in ax.patches] == [(0, 1), (1, 2), (0, 3), (3, 4)]
    assert len({bar.get_hatch() for bar in ax.patches}) == 2
    assert names_in_legend(ax) == ["x", "y"] and [text.get_text() for text in ax.texts] == ["3", "7"]
    ax = drawn(bars({"a": 1, "b": 2}, upright=True))
    assert [bar.get_height() for bar in ax.patches] == [1, 2] and not names_in_legend(ax)


def test_a_heatmap_writes_where_it_can_be_read() -> None:
    """White on dark cells, black on light ones; a bar of the shades where they have a meaning."""
    fig = figure(heatmap([[0, 1], [2, 3]], ["a", "b"], ["c", "d"], words="{:.0f}", scale="loss"))
    ax, scale = fig.axes
    assert [(text.get_text(), text.get_color()) for text in (ax.texts[0], ax.texts[3])] == [
        ("0", "white"),
        ("3", "#000000"),
    ]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["a", "b"]
    assert scale.get_ylabel() == "loss"


def test_pictures_and_regions_need_no_axes_of_ours() -> None:
    """An image has no ticks; regions name both classes."""
    ax = drawn(picture(np.eye(4), title="an image"))
    assert not len(ax.get_xticks()) and not len(ax.get_yticks())
    X, y, *_ = moons()
    assert names_in_legend(drawn(regions(lambda X: X[:, :1], X, y, steps=20))) == ["class 0", "class 1"]


def test_regions_end_where_the_answer_changes() -> None:
    """Exactly at x1 = 0.25 here, between grid points; also where only one class is ever answered."""
    X, y = np.array([[-1.0, -1.0], [1.0, 1.0]]), [0, 1]
    ax = drawn(regions(lambda X: X[:, 0] + 0.25, X, y, steps=8))
    right = ax.collections[1].get_paths()[0].vertices
    assert right[:, 0].min() == pytest.approx(0.25)
    assert len(drawn(regions(lambda X: np.full(len(X), 0.9), X, y, steps=8)).collections) == 4
    assert len(drawn(regions(lambda X: np.full(len(X), np.nan), X, y, steps=8)).collections) >= 3


# Panels


def test_charts_become_panels_in_rows() -> None:
    """Empty places are left blank; shared axes are labelled at the outside only."""
    chart = curves(None, [1, 2], xlabel="x", ylabel="y")
    fig = figure(chart, chart, chart, columns=2, share="xy", title="Three")
    assert [ax.axison for ax in fig.axes] == [True, True, True, False]
    assert [ax.get_ylabel() for ax in fig.axes[:3]] == ["y", "", "y"]
    assert fig.get_suptitle() == "Three"


def test_every_name_is_explained_once() -> None:
    """In the first panel that needs it, or outside of all of them."""
    one, two = curves(None, {"a": [1, 2], "b": [2, 1]}), curves(None, {"a": [1, 2], "c": [2, 1]})
    assert [names_in_legend(ax) for ax in figure(one, one, two).axes] == [["a", "b"], [], ["a", "c"]]
    fig = figure(one, two, legend="below")
    assert [names_in_legend(ax) for ax in fig.axes] == [[], []]
    assert [text.get_text() for text in fig.legends[0].get_texts()] == ["a", "b", "c"]


def test_a_function_of_axes_is_a_chart() -> None:
    """What is out of the ordinary stands beside the rest."""
    fig = figure(lambda ax: ax.set_title("mine"), curves(None, [1, 2]), ratios=(2, 1))
    assert fig.axes[0].get_title("left") == "mine"


# Images


def busy() -> Figure:
    return figure(
        histogram(np.random.default_rng(0).normal(size=500)), curves(None, {"a": [1, 2, 1]}), title="t"
    )


def test_figures_are_the_same_bytes_every_time() -> None:
    """Drawing a figure again and saving it again both give the same image, in both formats."""
    rasters, vectors = set(), set()
    for _ in range(2):
        fig, (left, right) = plt.subplots(1, 2)
        figures.decision_regions(left, lambda X: X[:, :1], *moons()[:2], steps=20)
        figures.seeds_band(right, range(3), [[1, 2, 3], [2, 3, 5]], "two seeds", figures.TEST)
        rasters |= {figures.png(fig), figures.png(fig)}
        vectors |= {figures.svg(fig), figures.svg(fig)}
        assert figures.png(fig) in rasters
    assert len(rasters) == len(vectors) == 1


def test_a_vector_image_is_complete_and_small() -> None:
    """It is XML of its own, without dates, and with shapes where they were, to a tenth of a point."""
    fig = figure(curves(None, {"a": [1, 2, 1]}, title="words"))
    text = figures.svg(fig)
    root = ElementTree.fromstring(text)
    assert root.attrib["viewBox"] == "0 0 504 252"
    assert not re.search(r"metadata|date|<!--", text)
    used = set(re.findall(r'(?:href="#|url\(#)([\w-]+)', text))
    assert used <= set(re.findall(r' id="([\w-]+)"', text))


def test_the_smaller_image_is_shown_twice_as_sharp() -> None:
    """Lines with noise are small as shapes, thousands of points are not; both are shown at one size."""
    noise = np.random.default_rng(0).normal(size=(8, 300))
    lines = image(figure(curves(None, {"runs": noise})), "noise")["text/html"]
    assert 'src="data:image/svg+xml,' in lines and 'width="560"' in lines
    ElementTree.fromstring(unquote(re.search(r'src="data:image/svg\+xml,([^"]*)"', lines)[1]))

    many = image(figure(lambda ax: ax.plot(np.random.default_rng(0).normal(size=3000), "o")), "points")
    found = re.search(r'src="data:image/png;base64,([^"]*)"', many["text/html"])
    assert found
    width, _ = Image.open(io.BytesIO(base64.b64decode(found[1]))).size
    assert width == 2 * 7 * DPI


def test_a_figure_has_its_own_light_ground() -> None:
    """Black labels are read on it on a dark page, too, and all looks are attributes of the image."""
    html = image(busy(), "x")["text/html"]
    assert "<style" not in html and "border-radius" in html
    fig = busy()
    pixel = Image.open(io.BytesIO(figures.png(fig))).convert("RGB").getpixel((2, 2))
    assert pixel == tuple(int(to_hex(fig.get_facecolor())[k : k + 2], 16) for k in (1, 3, 5))
    assert min(pixel) > 240


def test_show_gives_the_image_a_text_alternative(monkeypatch: pytest.MonkeyPatch) -> None:
    """In Jupyter the output is an <img> whose alt text is escaped, and the same text for plain readers."""
    shown: list[dict[str, str]] = []
    monkeypatch.setattr(figures.images, "in_notebook", lambda: True)
    monkeypatch.setattr(ipython_display, "display", lambda data, raw: shown.append(data))
    show(plt.subplots()[0], alt='loss "falls" for p < .5')
    show(curves(None, [1, 2]), alt="one call")
    assert shown[0]["text/plain"] == 'loss "falls" for p < .5'
    assert 'alt="loss &quot;falls&quot; for p &lt; .5"' in shown[0]["text/html"]
    assert shown[1]["text/plain"] == "one call"
    assert not plt.get_fignums()


def test_there_is_no_figure_without_words() -> None:
    """`show` asks for them."""
    with pytest.raises(TypeError, match="alt"):
        show(curves(None, [1, 2]))  # type: ignore[call-arg]


def test_outside_of_jupyter_nothing_is_shown_without_a_screen() -> None:
    """And no figure stays open."""
    show(curves(None, [1, 2]), alt="nobody there")
    figures.animate([curves(None, [1, 2])], "nobody there")
    assert not plt.get_fignums()


# What moves


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

    monkeypatch.setattr(figures.images, "in_notebook", lambda: True)
    monkeypatch.setattr(ipython_display, "display", display)
    monkeypatch.delenv("STATIC_FIGURES", raising=False)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    return place, below


def test_a_list_of_texts_becomes_buttons_beside_sliders(notebook: tuple[Place, list[Any]]) -> None:
    """The first text is the start; a click redraws the figure in its place, and its text is true."""
    place, below = notebook
    asked: list[tuple[str, float]] = []

    def draw(situation: str, gap: float) -> Chart:
        asked.append((situation, gap))
        return curves(None, [0, gap], title=f"{situation} of {gap}")

    figures.explore(draw, "A chart.", situation=["bias", "variance"], gap=(0.0, 0.2, 0.05, 0.1))
    buttons, slider = below[0].children[:2]
    assert isinstance(buttons, ipywidgets.ToggleButtons)
    assert isinstance(slider, ipywidgets.FloatSlider)

    buttons.value = "variance"

    assert asked == [("bias", 0.1), ("variance", 0.1)]
    assert [data["text/plain"] for data in place.shown] == [
        "A chart.",
        "situation = variance, gap = 0.1. variance of 0.1.",
    ]
    announced = below[0].children[2].value
    assert ">variance of 0.1<" in announced
    assert not plt.get_fignums()


def test_the_text_of_a_moved_figure_is_read_off_the_drawing() -> None:
    """Titles, axes, where every named line begins and ends and how far it goes, and what is written in it."""
    lines = {"loss": [3, 1, 2], "rising": [1, 2, 3], "_nameless": [0, 0, 0]}
    two = curves(
        None,
        lines,
        title="Two lines",
        xlabel="$t$",
        ylabel="loss",
        across={"limit": 0.5},
        marks={"found": (1, 2), "tried": ([1, 2, 1], [3, 1, 2])},
        also=lambda ax: ax.text(1, 1, "he\nre"),
    )
    fig = figure(two, curves(None, [1, np.nan, 4], title="Alone"))
    assert told(fig) == (
        "Two lines. loss against t. loss: from 3 to 2 (lowest 1); rising: from 1 to 3; limit: at 0.5; "
        "found: at (1, 2); tried: 3 points. Written in it: he re. Alone."
    )
    plt.close(fig)


def test_everything_keeps_its_place_while_a_slider_moves(notebook: tuple[Place, list[Any]]) -> None:
    """The axes lie where the first drawing put them."""
    _, below = notebook
    drawn_figures: list[Figure] = []

    def draw(size: float) -> Figure:
        drawn_figures.append(figure(curves(None, [0, 10**size], ylabel="y"), title="t"))
        return drawn_figures[-1]

    figures.explore(draw, "A line.", size=(0, 9, 1, 0))
    below[0].children[0].value = 7
    first, second = (fig.axes[0].get_position().bounds for fig in drawn_figures)
    assert first == pytest.approx(second)


@pytest.mark.parametrize("draw", [lambda kind: plt.subplots()[0], lambda kind: curves(None, [1, 2])])
def test_without_widgets_buttons_leave_the_first_figure(
    notebook: tuple[Place, list[Any]], monkeypatch: pytest.MonkeyPatch, draw: Callable[[str], Figure | Chart]
) -> None:
    """A saved notebook, or one that is graded, holds the figure of the first text."""
    place, below = notebook
    monkeypatch.setenv("STATIC_FIGURES", "1")
    figures.explore(draw, "A chart.", kind=["bias", "variance"])
    assert [data["text/plain"] for data in place.shown] == ["A chart."]
    assert not below


def test_a_slider_gives_the_numbers_of_its_steps() -> None:
    """The browser may send 15.999… for 16."""
    assert _chosen(15.999999999999996, (1, 256, 1, 16)) == 16
    assert _chosen(0.30000000000000004, (0.1, 2.0, 0.1, 0.5)) == 0.3
    assert _chosen(-1.4999999, (-3, 3, 0.25, 0)) == -1.5
    assert _chosen("sigmoid", ["relu", "sigmoid"]) == "sigmoid"


def test_an_animation_shows_each_figure(notebook: tuple[Place, list[Any]]) -> None:
    """A GIF with as many frames, as wide on the page as its figures."""
    place, _ = notebook
    figures.animate([curves(None, [1, k], title=str(k)) for k in range(3)], "Three lines.", dpi=60)
    html = place.shown[0]["text/html"]
    found = re.search(r'src="data:image/gif;base64,([^"]*)"', html)
    assert found and 'width="420"' in html
    assert Image.open(io.BytesIO(base64.b64decode(found[1]))).n_frames == 3
