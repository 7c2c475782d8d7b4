"""A run of `grade` in a few lines: how many, how well, what went wrong most, and where to see more."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from typing import Any

from ..nbgrader.records import one_line
from ..student.verdict import number

Result = dict[str, Any]


def lines(found: dict[str, Any]) -> list[str]:
    """From what `grade --json` prints: two lines a lesson, and the way to the class page."""
    by_lesson: dict[str, list[Result]] = defaultdict(list)
    for result in found["lessons"]:
        by_lesson[result["lesson"]].append(result)
    said = []
    for lesson, results in sorted(by_lesson.items()):
        head = f"{lesson}: " if len(by_lesson) > 1 else ""
        said.append(head + _how_well(results))
        said += [f"{head}most common slip: {slip}" for slip in [_most_common(results)] if slip]
    if said:
        words = " ".join(["autograder report", *(sorted(by_lesson) if len(by_lesson) == 1 else [])])
        said.append(f"{words} makes the class page in reports/")
    return said


def _how_well(results: list[Result]) -> str:
    graded = [result for result in results if result["status"] != "failed"]
    parts = [f"{len(graded)} graded"]
    if graded:
        middle = statistics.median(result["score"] for result in graded)
        parts.append(f"median {number(middle)} of {number(graded[0]['max_score'])}")
    if len(graded) < len(results):
        parts.append(f"{len(results) - len(graded)} could not be graded")
    return ", ".join(parts)


def _most_common(results: list[Result]) -> str:
    met: Counter[tuple[str, str]] = Counter()
    tried: Counter[str] = Counter()
    for result in results:
        for row in result["exercises"]:
            tried[row["name"]] += result["status"] != "failed"
            if row["misconception"]:
                met[row["name"], row["hint"]] += 1
    if not met:
        return ""
    (exercise, hint), count = met.most_common(1)[0]
    return f"{count} of {tried[exercise]} in {exercise}: {one_line(hint, 160)}"
