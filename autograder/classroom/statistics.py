"""Figures of a class: how points are distributed, how hard an exercise is, and whether it tells who knows."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from .answers import LessonClass

STATES = ("right", "partly", "wrong", "open", "by hand")
FEWEST = 5  # below, a correlation says nothing at all
BINS = 10


@dataclass(frozen=True)
class Item:
    """One exercise in figures."""

    exercise: str
    max_points: float
    counts: dict[str, int]  # of answers by state, all of STATES
    ease: float | None  # mean share of its points, 0 to 1; None: nobody's answer has points
    discrimination: float | None  # point-biserial: right here, and points elsewhere in the lesson
    n: int  # answers that both are about

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True)
class Distribution:
    """The points of a lesson."""

    n: int
    max_points: float
    quartiles: tuple[float, float, float] | None  # the middle one is the median
    edges: tuple[float, ...]
    counts: tuple[int, ...]

    @property
    def median(self) -> float | None:
        return self.quartiles[1] if self.quartiles else None


def items(lesson: LessonClass) -> list[Item]:
    """Every exercise of a lesson."""
    return [_item(lesson, exercise) for exercise in lesson.exercises]


def _item(lesson: LessonClass, exercise: str) -> Item:
    answers = [answer for _, answer in lesson.answers_to(exercise)]
    counts = Counter(answer.state for answer in answers)
    right, rest, shares = [], [], []
    for one in lesson.graded:
        for answer in one.answers:
            if answer.exercise == exercise and answer.points is not None:
                right.append(answer.state == "right")
                rest.append(one.points + one.penalty - answer.points - answer.extra)
                shares.append(answer.points / answer.max_points if answer.max_points else 0.0)
    return Item(
        exercise,
        max((answer.max_points for answer in answers), default=0.0),
        {state: counts[state] for state in STATES},
        statistics.fmean(shares) if shares else None,
        point_biserial(right, rest),
        len(shares),
    )


def point_biserial(right: Sequence[bool], rest: Sequence[float]) -> float | None:
    """How right answers go with points for the rest, -1 to 1; None where that can't be said."""
    n, ones = len(right), sum(right)
    spread = statistics.pstdev(rest) if rest else 0.0
    if n < FEWEST or ones in (0, n) or spread < 1e-9:
        return None
    with_it = statistics.fmean(value for value, ok in zip(rest, right, strict=True) if ok)
    without = statistics.fmean(value for value, ok in zip(rest, right, strict=True) if not ok)
    return (with_it - without) / spread * math.sqrt(ones * (n - ones)) / n


def distribution(lesson: LessonClass) -> Distribution:
    """How many earned how much, in ten steps."""
    points = [one.points for one in lesson.graded]
    most = lesson.max_points or 1.0
    edges = tuple(most * k / BINS for k in range(BINS + 1))
    counts = [0] * BINS
    for value in points:
        counts[max(0, min(int(value / most * BINS + 1e-9), BINS - 1))] += 1
    return Distribution(len(points), lesson.max_points, quartiles(points), edges, tuple(counts))


def quartiles(values: Sequence[float]) -> tuple[float, float, float] | None:
    """A quarter, half and three quarters lie below; None of nothing."""
    if not values:
        return None
    if len(values) == 1:
        return values[0], values[0], values[0]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high
