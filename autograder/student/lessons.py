"""The lessons that were installed with this package: for a notebook on its own, with no folder around it.

Colab, Kaggle and others open a notebook without telling it what it is called. But what it has defined so far
tells: each lesson comes with the names that its cells bind, and a name counts the more, the fewer lessons it
is in. A lesson's own names fit it best, so that another can draw level with it and not get ahead.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ..errors import WhichLesson
from .checks_file import FILE_NAME

FOLDER = Path(__file__).resolve().parents[1] / "lessons"
INDEX = "names.json"  # for each lesson the names that its cells bind


def packaged(names: Mapping[str, Any]) -> Path | None:
    """The checks.json of the lesson that has these names; None, where no lesson came with the package.

    Raises:
        WhichLesson: the names fit several lessons alike.
    """
    by_lesson = _names_by_lesson(FOLDER)
    if not by_lesson:
        return None
    fitting = best_fitting(by_lesson, names)
    if len(fitting) > 1:
        raise WhichLesson(fitting)
    return FOLDER / fitting[0] / FILE_NAME


def best_fitting(by_lesson: Mapping[str, frozenset[str]], names: Iterable[str]) -> list[str]:
    """The lessons whose names are there most; more than one, where they can't be told apart."""
    there = set(names)
    shared = Counter(name for own in by_lesson.values() for name in own)
    fit = {lesson: sum(1 / shared[name] for name in sorted(own & there)) for lesson, own in by_lesson.items()}
    most = max(fit.values())
    return sorted(lesson for lesson, weight in fit.items() if weight > most - 1e-9)


@cache
def _names_by_lesson(folder: Path) -> dict[str, frozenset[str]]:
    path = folder / INDEX
    if not path.is_file():
        return {}
    return {lesson: frozenset(own) for lesson, own in json.loads(path.read_text(encoding="utf-8")).items()}
