"""Small pictures for a verdict, as SVG text: where a result is off, or what a random mask looks like."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .values import as_array, in_digits_that_differ

LARGEST_GRID = (24, 48)  # rows, columns; of a larger array the upper left corner is drawn
MOST_PAIRS = 40
NEAREST = 3  # pixels between two marks that an eye tells apart
_INK = "var(--jp-content-font-color1,CanvasText)"
_BLUE, _ORANGE = "#0072B2", "#D55E00"


def of_mask(result: np.ndarray) -> str:
    """Which entries of a matrix are zero."""
    zero = np.atleast_2d(result) == 0
    label = f"Where your result is zero: {int(zero.sum())} of {zero.size} entries"
    return _grid(zero, label, "filled square: zero; dot: not zero") if zero.ndim == 2 else ""


def of_difference(found: Any, expected: Any) -> str:
    """Where two arrays of the same shape differ: pairs of marks for a row of numbers, a grid for a matrix."""
    one, other = as_array(found), as_array(expected)
    if (
        one is None
        or other is None
        or one.shape != other.shape
        or not {one.dtype.kind, other.dtype.kind} <= set("biuf")
    ):
        return ""
    one, other = one.astype(float), other.astype(float)
    if not np.isfinite(other).all() or one.size < 2:
        return ""
    if one.ndim == 1 and one.size <= MOST_PAIRS:
        return _pairs(np.where(np.isfinite(one), one, np.nan), other)
    if one.ndim == 2:
        with np.errstate(all="ignore"):
            off = ~np.isclose(one, other, rtol=1e-4, atol=1e-4 * float(np.abs(other).max() or 1))
        if not off.any():
            return ""
        return _grid(
            off, f"Where your result is off: {_largest(one, other, off)}", "filled square: off; dot: right"
        )
    return ""


def _apart(one: list[float], other: list[float]) -> bool:
    """Whether some cross and its circle can be told apart by eye; where they can't, a picture misleads."""
    return any(abs(a - b) >= NEAREST for a, b in zip(one, other, strict=True))


def _largest(found: np.ndarray, expected: np.ndarray, off: np.ndarray | None = None) -> str:
    """How many entries differ, and the one that is furthest off, in numbers."""
    with np.errstate(all="ignore"):
        far = np.abs(found - expected)
        off = ~np.isclose(found, expected, rtol=1e-6, atol=1e-300) if off is None else off
    where = np.unravel_index(int(np.argmax(np.where(np.isnan(far), np.inf, far))), far.shape)
    one, other = in_digits_that_differ(found[where], expected[where])
    place = ", ".join(str(int(i)) for i in where)
    one = "no number" if np.isnan(found[where]) else one
    count = f"{int(off.sum())} of {off.size} differ"
    return f"{count}, most at [{place}], where {other} is expected and yours is {one}"


def _grid(marked: np.ndarray, label: str, key: str) -> str:
    rows, columns = (min(n, most) for n, most in zip(marked.shape, LARGEST_GRID, strict=True))
    size = 16 if max(rows, columns) <= 12 else 9
    square = f'width="{size - 1}" height="{size - 1}" fill="{_ORANGE}"'
    dot = f'r="1.2" fill="{_INK}" opacity="0.6"'
    shapes = [
        f'<rect x="{j * size + 0.5}" y="{i * size + 0.5}" {square}/>'
        if marked[i, j]
        else f'<circle cx="{(j + 0.5) * size}" cy="{(i + 0.5) * size}" {dot}/>'
        for i in range(rows)
        for j in range(columns)
    ]
    drawn = zip((rows, columns), marked.shape, ("rows", "columns"), strict=True)
    cut = [f"{some} of {every} {what}" for some, every, what in drawn if some < every]
    part = f" (drawn: the first {' and '.join(cut)})" if cut else ""
    return _figure(columns * size, rows * size, shapes, label + part, key)


def _pairs(found: np.ndarray, expected: np.ndarray) -> str:
    every = np.concatenate([found[np.isfinite(found)], expected])
    low, high = float(every.min()), float(every.max())
    if not math.isfinite(high - low):
        return ""
    # To the left stand the lowest and the highest number.
    left, height, step = 64, 120, max(12, min(40, 480 // len(expected)))

    def y(value: float) -> float:
        return round(height - 10 - (value - low) / (high - low or 1) * (height - 20), 1)

    shapes = [
        f'<text x="0" y="{place}" font-size="11" fill="{_INK}">{value:.3g}</text>'
        for place, value in ((y(high) + 4, high), (y(low) + 4, low))
    ]
    for i, (one, other) in enumerate(zip(found, expected, strict=True)):
        x = left + i * step
        shapes.append(
            f'<circle cx="{x}" cy="{y(other)}" r="4" fill="none" stroke="{_BLUE}" stroke-width="2"/>'
        )
        if np.isfinite(one):
            cross = f"M{x - 4} {y(one) - 4}l8 8m0 -8l-8 8"
            shapes.append(f'<path d="{cross}" stroke="{_ORANGE}" stroke-width="2" fill="none"/>')
    if not _apart([y(one) if np.isfinite(one) else math.inf for one in found], list(map(y, expected))):
        return ""
    label = f"Expected and found, entry by entry: {_largest(found, expected)}"
    return _figure(left + len(expected) * step, height, shapes, label, "circle: expected; cross: yours")


def _figure(width: int, height: int, shapes: list[str], label: str, key: str) -> str:
    size = (
        f'width="{width}" height="{height}" viewBox="0 0 {width} {height}" style="max-width:100%;height:auto"'
    )
    return (
        f'<figure style="margin:.6em 0"><svg role="img" aria-label="{label}" {size} '
        f'xmlns="http://www.w3.org/2000/svg">{"".join(shapes)}</svg>'
        f'<figcaption style="font-size:.9em">{label}; {key}.</figcaption></figure>'
    )
