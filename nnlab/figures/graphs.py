"""Computational graphs: what is computed from what, with the derivative of every arrow."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Unpack

from matplotlib.axes import Axes

from nnlab.figures.frames import Chart, Frame, framed
from nnlab.figures.palette import BLACK, BLUE, ORANGE, VERMILION
from nnlab.figures.shown import show

Arrow = tuple[str, str, str, float]
# Smallest size of the derivative, words, colour, line style, line width.
BANDS = [
    (0.3, "0.3 or more", BLUE, "-", 4.0),
    (0.03, "0.03 to 0.3", ORANGE, "--", 2.5),
    (0.0, "less than 0.03", VERMILION, ":", 1.8),
]


def graph(
    places: Mapping[str, tuple[float, float]],
    arrows: Sequence[Arrow],
    *,
    words: Mapping[str, str] | None = None,
    notes: Mapping[str, str] | None = None,
    **frame: Unpack[Frame],
) -> Chart:
    """Draw a computational graph, its arrows as wide as their local derivatives are large.

    Args:
        places: node -> (x, y). Nodes are 0.5 across.
        arrows: (from, to, symbol, local derivative). The symbol "" leaves the number alone.
        words: node -> what stands in it; its name, if it has none.
        notes: node -> text below it.
        **frame: see `Frame`.
    """

    def draw(ax: Axes) -> None:
        for arrow in arrows:
            _draw_arrow(ax, arrow, places)
        for name, (x, y) in places.items():
            ring = {"boxstyle": "circle,pad=0.25", "facecolor": "white", "edgecolor": BLACK}
            ax.text(x, y, (words or {}).get(name, name), ha="center", va="center", bbox=ring)
            ax.text(x, y - 0.42, (notes or {}).get(name, ""), ha="center", va="top", fontsize=11)
        for _, size, color, line, width in BANDS:
            ax.plot([], [], color=color, linestyle=line, linewidth=width, label=size)
        across, up = zip(*places.values())
        ax.set(xlim=(min(across) - 0.5, max(across) + 0.5), ylim=(min(up) - 0.75, _top(arrows, places) + 1.6))
        ax.legend(ncols=3, loc="upper left", fontsize=10, title="size of the local derivative")
        ax.axis("off")

    return framed(draw, Frame(**{"legend": "none", **frame}))


def _draw_arrow(ax: Axes, arrow: Arrow, places: Mapping[str, tuple[float, float]]) -> None:
    start, end, symbol, value = arrow
    _, _, color, line, width = next(band for band in BANDS if abs(value) >= band[0] or band[0] == 0)
    (x0, y0), (x1, y1) = places[start], places[end]
    bend = _bend(arrow, places)
    look: dict[str, Any] = {"arrowstyle": "-|>", "color": color, "linestyle": line, "linewidth": width}
    look |= {"shrinkA": 15, "shrinkB": 15, "connectionstyle": f"arc3,rad={-bend}"}
    ax.annotate("", places[end], places[start], arrowprops=look)
    # The number stands above an arrow that is level, on one that slants or is bent, beside a steep one.
    number = f"{value:.3g}"
    text = number if symbol in ("", number) else f"{symbol}\n{number}"
    x, y = (x0 + x1) / 2 - bend * (y1 - y0) / 2, (y0 + y1) / 2 + bend * (x1 - x0) / 2
    if y0 == y1 and not bend:
        ax.text(x, y + 0.13, text, fontsize=10, ha="center", va="bottom")
    elif bend or abs(y1 - y0) < abs(x1 - x0):
        ground = {"boxstyle": "round,pad=0.1", "facecolor": ax.get_facecolor(), "edgecolor": "none"}
        ax.text(x, y + bend / 4, text, fontsize=10, ha="center", va="center", bbox=ground)
    else:
        aside, align = (-0.17, "right") if x0 < x1 else (0.17, "left")
        ax.text(x + aside, y, text, fontsize=10, ha=align, va="center")


def _bend(arrow: Arrow, places: Mapping[str, tuple[float, float]]) -> float:
    """How far an arrow swings up, as a share of its length; 0 where no node is in its way."""
    start, end, *_ = arrow
    (x0, y0), (x1, y1) = places[start], places[end]
    others = [place for name, place in places.items() if name not in (start, end)]
    if not any(_between(place, (x0, y0), (x1, y1)) for place in others):
        return 0.0
    length = math.hypot(x1 - x0, y1 - y0)
    return 1.5 / length + 0.12


def _top(arrows: Sequence[Arrow], places: Mapping[str, tuple[float, float]]) -> float:
    """The height of the highest node or arrow."""
    tops = [y for _, y in places.values()]
    for arrow in arrows:
        (x0, y0), (x1, y1) = places[arrow[0]], places[arrow[1]]
        tops.append((y0 + y1) / 2 + _bend(arrow, places) * (x1 - x0) / 2)
    return max(tops)


def _between(place: tuple[float, float], start: tuple[float, float], end: tuple[float, float]) -> bool:
    """Whether a node lies on the straight way between two others."""
    (x, y), (x0, y0), (x1, y1) = place, start, end
    length = math.hypot(x1 - x0, y1 - y0)
    along = ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length
    aside = abs((x - x0) * (y1 - y0) - (y - y0) * (x1 - x0)) / length
    return 0 < along < length and aside < 0.4


class Traced:
    """A number of somebody's class that knows its data and grad, and how it was made.

    Whatever the class keeps for itself, and however: only its operations, `data`, `grad` and `backward()`
    are used.
    """

    def __init__(self, value: Any, word: str, *parents: tuple[Traced, float]) -> None:
        self.value, self.word, self.parents = value, word, parents

    def _with(
        self, other: Any, word: str, made: Callable[[Any, Any], Any], slopes: tuple[float, float]
    ) -> Traced:
        if isinstance(other, Traced):
            return Traced(made(self.value, other.value), word, (self, slopes[0]), (other, slopes[1]))
        return Traced(made(self.value, other), f"{word}{other:g}", (self, slopes[0]))

    def __add__(self, other: Any) -> Traced:
        return self._with(other, "+", lambda a, b: a + b, (1.0, 1.0))

    def __sub__(self, other: Any) -> Traced:
        return self._with(other, "-", lambda a, b: a - b, (1.0, -1.0))

    def __mul__(self, other: Any) -> Traced:
        return self._with(other, "×", lambda a, b: a * b, (_number(other), _number(self)))

    __radd__, __rmul__ = __add__, __mul__

    def __rsub__(self, other: float) -> Traced:
        return Traced(other - self.value, f"{other:g}-", (self, -1.0))

    def __neg__(self) -> Traced:
        return Traced(-self.value, "-", (self, -1.0))

    def __pow__(self, n: float) -> Traced:
        return Traced(self.value**n, f"^{n:g}", (self, n * _number(self) ** (n - 1)))

    def exp(self) -> Traced:
        return Traced(self.value.exp(), "exp", (self, math.exp(_number(self))))

    def tanh(self) -> Traced:
        return Traced(self.value.tanh(), "tanh", (self, 1 - math.tanh(_number(self)) ** 2))

    def relu(self) -> Traced:
        return Traced(self.value.relu(), "relu", (self, float(_number(self) > 0)))

    def sigmoid(self) -> Traced:
        half = math.tanh(_number(self) / 2)
        return Traced(self.value.sigmoid(), "σ", (self, (1 - half**2) / 4))


def _number(some: Any) -> float:
    return float(some.value.data) if isinstance(some, Traced) else float(some)


def _in_order(last: Traced) -> list[Traced]:
    """Everything that the last one was made from, each after what it was made from itself."""
    found: dict[int, Traced] = {}

    def visit(one: Traced) -> None:
        if id(one) not in found:
            for parent, _ in one.parents:
                visit(parent)
            found[id(one)] = one

    visit(last)
    return list(found.values())


def _columns(steps: Sequence[Traced]) -> dict[int, int]:
    """Inputs just before what uses them first, all others just after what they were made from."""
    column: dict[int, int] = {}
    for step in steps:
        column[id(step)] = 1 + max((column[id(parent)] for parent, _ in step.parents), default=-1)
    for step in steps:
        if not step.parents:
            users = [column[id(one)] for one in steps if any(parent is step for parent, _ in one.parents)]
            column[id(step)] = min(users, default=1) - 1
    return column


def _places(steps: Sequence[Traced]) -> dict[int, tuple[float, float]]:
    """Columns from left to right; in each, the order of what its values were made from."""
    column, height = _columns(steps), dict[int, float]()
    for k in range(max(column.values()) + 1):
        here = [step for step in steps if column[id(step)] == k]
        middle = {
            id(step): sum(height[id(parent)] for parent, _ in step.parents) / max(len(step.parents), 1)
            for step in here
        }
        here.sort(key=lambda step: -middle[id(step)])
        for place, step in enumerate(here):
            height[id(step)] = 1.5 * ((len(here) - 1) / 2 - place)
    return {id(step): (2.0 * column[id(step)], height[id(step)]) for step in steps}


def value_graph(
    expression: Callable[..., Any], value: Callable[[float], Any], /, **numbers: float
) -> tuple[Chart, str, tuple[float, float]]:
    """Return the graph of an expression, the same in words, and the size it needs in inches."""
    inputs = {name: Traced(value(number), name) for name, number in numbers.items()}
    last = expression(**inputs)
    last.value.backward()
    steps = _in_order(last)
    places, key = _places(steps), {id(step): str(place) for place, step in enumerate(steps)}
    notes, words, sentences = {}, {}, []
    for step in steps:
        data, grad = float(step.value.data), float(step.value.grad)
        words[key[id(step)]] = step.word
        notes[key[id(step)]] = f"{data:.3g}\ngrad {grad:.3g}"
        origin = " and ".join(f"{parent.word} (slope {slope:.3g})" for parent, slope in step.parents)
        sentences.append(f"{step.word}{f' of {origin}' if origin else ''} = {data:.3g}, grad {grad:.3g}")
    arrows = [(key[id(parent)], key[id(step)], "", slope) for step in steps for parent, slope in step.parents]
    named = {key[one]: place for one, place in places.items()}
    chart = graph(named, arrows, words=words, notes=notes)
    across, up = zip(*places.values())
    size = (2.0 + 0.62 * (max(across) - min(across)), 2.0 + 0.62 * (_top(arrows, named) - min(up)))
    return chart, "A graph of values, from the inputs to the result: " + "; ".join(sentences) + ".", size


def draw_graph(
    expression: Callable[..., Any], value: Callable[[float], Any], /, *, title: str = "", **numbers: float
) -> None:
    """Show how an expression is computed: every value with data and grad, every arrow with its slope.

    Args:
        expression: function of values, called with one of each of the numbers.
        value: the class of the values, such as `Value` of lesson 01. Its grads are shown as it computes them;
            the slopes along the arrows are the course's own.
        title: what is to be seen, as a sentence.
        **numbers: the inputs, by name.
    """
    chart, words, (width, height) = value_graph(expression, value, **numbers)
    show(chart, alt=words, title=title, size=(max(width, 6.0), height))
