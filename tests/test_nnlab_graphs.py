"""nnlab.figures.graphs: computational graphs of anybody's class of values."""

from __future__ import annotations

import matplotlib
import matplotlib.pyplot as plt
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch

from nnlab.figures import figure, graph
from nnlab.figures.graphs import value_graph

matplotlib.use("Agg")


def patches(fig: Figure) -> list[FancyArrowPatch]:
    """The arrows, in the order in which they were drawn."""
    found = (getattr(text, "arrow_patch", None) for text in fig.axes[0].texts)
    return [patch for patch in found if patch is not None]


class Dual:
    """A class of values that shares nothing with the course's: it carries derivatives forwards."""

    def __init__(self, data: float, answers: dict[Dual, float] | None = None) -> None:
        self.data, self.grad = data, 0.0
        self.answers = {self: 1.0, **(answers or {})}

    def __add__(self, other: Dual | float) -> Dual:
        return self.with_slopes(1.0, other, 1.0, lambda a, b: a + b)

    def __mul__(self, other: Dual | float) -> Dual:
        b = other.data if isinstance(other, Dual) else other
        return self.with_slopes(b, other, self.data, lambda a, b: a * b)

    def with_slopes(self, slope, other, others_slope, made) -> Dual:  # type: ignore[no-untyped-def]
        answers = {node: slope * times for node, times in self.answers.items()}
        if isinstance(other, Dual):
            for node, times in other.answers.items():
                answers[node] = answers.get(node, 0.0) + others_slope * times
            other = other.data
        return Dual(made(self.data, other), answers)

    def backward(self) -> None:
        for node, times in self.answers.items():
            node.grad += times


def test_every_value_is_told_with_its_data_and_the_grad_it_computed_itself() -> None:
    _, words, _ = value_graph(lambda a, b: a * b + a, Dual, a=2.0, b=-3.0)
    assert "a = 2, grad -2" in words
    assert "b = -3, grad 2" in words
    assert "× of a (slope -3) and b (slope 2) = -6, grad 1" in words
    assert "+ of × (slope 1) and a (slope 1) = -4, grad 1" in words


def test_numbers_stand_in_the_operation() -> None:
    _, words, _ = value_graph(lambda a: 3 * a + 1, Dual, a=2.0)
    assert "×3 of a (slope 3) = 6, grad 1" in words
    assert "+1 of ×3 (slope 1) = 7, grad 1" in words


def test_a_value_used_twice_by_one_operation_has_two_arrows() -> None:
    _, words, _ = value_graph(lambda a: a * a, Dual, a=5.0)
    assert "× of a (slope 5) and a (slope 5) = 25, grad 1" in words


def test_an_arrow_goes_round_a_node_that_is_in_its_way() -> None:
    places = {"a": (0.0, 0.0), "b": (2.0, 0.0), "c": (4.0, 0.0)}
    fig = figure(graph(places, [("a", "b", "", 1.0), ("b", "c", "", 1.0), ("a", "c", "long", 0.1)]))
    bends = [patch.get_connectionstyle().rad for patch in patches(fig)]
    assert bends[:2] == [0, 0]
    assert bends[2] < 0
    plt.close(fig)


@pytest.mark.parametrize(("slope", "width"), [(-2.0, 4.0), (0.1, 2.5), (0.0, 1.8)])
def test_the_width_tells_the_size_of_the_derivative(slope: float, width: float) -> None:
    fig = figure(graph({"a": (0.0, 0.0), "b": (2.0, 0.0)}, [("a", "b", "", slope)]))
    (arrow,) = patches(fig)
    assert arrow.get_linewidth() == width
    plt.close(fig)


def test_names_notes_and_derivatives_are_written() -> None:
    chart = graph(
        {"w": (0.0, 0.0), "n1": (2.0, 0.0)},
        [("w", "n1", "x", 1.25)],
        words={"n1": "σ"},
        notes={"w": "grad 3"},
    )
    fig = figure(chart)
    texts = {text.get_text() for text in fig.axes[0].texts}
    assert {"w", "σ", "grad 3", "x\n1.25"} <= texts
    plt.close(fig)
