"""Which answers are more alike than chance among just these students would have them.

Two trees share parts. A part that half of the class has says nothing; one that two of a hundred have says a
lot. So a part weighs the logarithm of how rare it is in this class, and two students are compared by the
weight of what they share in a lesson against the weight of what either has. What stands out is held against
all pairs of the same class: short exercises, which everybody answers alike, stay quiet by themselves.
It is a reason to read two answers side by side, and no proof of anything.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import trees
from .answers import LessonClass

FEWEST = 8  # students of whom a usual likeness can be told
LEAST_SHARE = 0.5
LEAST_WEIGHT = 25.0  # of what is shared: a few rare lines
OUTSTANDING = 6.0  # robust standard deviations above the class's usual pair
MOST_PAIRS = 20


@dataclass(frozen=True)
class Pair:
    """Two students, how much of the rare they share, and in which exercises."""

    first: str
    second: str
    share: float  # 0 to 1
    exercises: tuple[str, ...]  # the one that weighs most first


@dataclass(frozen=True)
class Likeness:
    """A lesson's pairs that stand out, and what is usual there."""

    pairs: tuple[Pair, ...] = ()
    usual: float = 0.0  # the median share over all pairs
    high: float = 0.0  # 99 of 100 pairs share less
    compared: int = 0  # students
    more: int = 0  # pairs that are not listed


def likeness(lesson: LessonClass) -> Likeness:
    """Compares every pair of a lesson's submissions."""
    students, features, owner = _features(lesson)
    n = len(students)
    if n < FEWEST or not features.shape[1]:
        return Likeness(compared=n)
    weights = np.log(n / features.sum(axis=0))
    shared = (features * weights) @ features.T
    own = np.diag(shared).copy()
    either = own[:, None] + own[None, :] - shared
    share = np.divide(shared, either, out=np.zeros_like(shared), where=either > 1e-9)
    upper = np.triu_indices(n, 1)
    values = share[upper]
    usual = float(np.median(values))
    spread = 1.4826 * float(np.median(np.abs(values - usual))) + 0.02  # never so narrow that all stand out
    high = float(np.quantile(values, 0.99))
    stands_out = (values >= max(LEAST_SHARE, usual + OUTSTANDING * spread)) & (shared[upper] >= LEAST_WEIGHT)
    found = sorted(np.flatnonzero(stands_out), key=lambda k: (-values[k], upper[0][k], upper[1][k]))
    pairs = []
    for k in found[:MOST_PAIRS]:
        one, other = int(upper[0][k]), int(upper[1][k])
        together = features[one] * features[other] * weights
        by_exercise = {name: float(together[owner == name].sum()) for name in dict.fromkeys(owner.tolist())}
        most = sorted(
            (name for name, weight in by_exercise.items() if weight > 1), key=lambda e: -by_exercise[e]
        )
        pairs.append(Pair(students[one], students[other], float(values[k]), tuple(most[:3])))
    return Likeness(tuple(pairs), usual, high, n, max(0, len(found) - MOST_PAIRS))


def _features(lesson: LessonClass) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Who has which part of which exercise: students, a table of 0 and 1, and each column's exercise."""
    students: list[str] = []
    has: list[set[tuple[str, str]]] = []
    for one in lesson.graded:
        own = {
            (answer.exercise, part)
            for answer in one.answers
            if answer.code and answer.state not in ("open", "by hand")
            for part, _ in trees.parts(answer.code)
        }
        if own:
            students.append(one.student)
            has.append(own)
    every = sorted(set().union(*has)) if has else []
    place = {part: k for k, part in enumerate(every)}
    table = np.zeros((len(students), len(every)), dtype=np.float32)
    for row, own in enumerate(has):
        table[row, [place[part] for part in own]] = 1
    told = table.sum(axis=0) < len(students)  # what all have, the part that was handed out, tells nothing
    owner = np.array([exercise for exercise, _ in every], dtype=object)
    return students, table[:, told], owner[told]
