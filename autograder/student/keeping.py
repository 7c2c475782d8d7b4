"""What a check leaves in the diary: tries, points, dates, answers that differ, the source of what passed."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from . import diary
from .sheet import LessonSheet, Sheet
from .sources import normalised, own_part, source_of
from .verdict import Verdict

MOST_ANSWERS = 12  # the latest are kept, of each exercise
LONGEST_ANSWER = 4_000
LONGEST_PAUSE = 20 * 60  # seconds; who checks nothing for longer has gone for a walk

_last_seen = time.monotonic()


def noted(
    lesson: LessonSheet, sheet: Sheet, functions: Sequence[Any], names: Mapping[str, Any], verdict: Verdict
) -> Verdict:
    """Writes a verdict into the diary; the verdict, with what is to be said of that.

    Whatever goes wrong here costs the verdict nothing.
    """
    try:
        own = diary.own()
        answers = functions[: len(sheet.functions)]
        source = source_of(names, sheet.functions, answers)
        own.update(lambda data: _write(data, lesson, sheet, verdict, source))
        words = own.words()
    except Exception as error:
        words = (f"Your progress could not be noted ({type(error).__name__}).",)
    return replace(verdict, notes=verdict.notes + words) if words else verdict


def spent() -> float:
    """Seconds since whoever sits here was last seen, a longer pause not counted."""
    global _last_seen
    before, _last_seen = _last_seen, time.monotonic()
    seconds = _last_seen - before
    return seconds if seconds <= LONGEST_PAUSE else 0.0


def tries_of(lesson: str, exercise: str) -> int:
    """Answers to an exercise that differ, since it was last right."""
    found = diary.exercise_in(diary.own().read(), lesson, exercise)
    return found["differ"] if found else 0


def earlier(lesson: LessonSheet, sheet: Sheet) -> Verdict:
    """How an exercise stood when it was last checked; open where it never was."""
    found = diary.exercise_in(diary.own().read(), lesson.lesson, sheet.name)
    if not found or found["status"] == "open":
        return Verdict(sheet.name, 0.0, sheet.points, status="open")
    return Verdict(sheet.name, min(found["points"], sheet.points), sheet.points, status=found["status"])


def day_of(lesson: str, exercise: str) -> str:
    """On which day an answer to an exercise was last checked; empty where none was."""
    found = diary.exercise_in(diary.own().read(), lesson, exercise)
    return diary.day(found["last"]) if found and found["status"] != "open" else ""


def _write(data: dict[str, Any], lesson: LessonSheet, sheet: Sheet, verdict: Verdict, source: str) -> None:
    when = diary.now()
    whole = diary.lesson_in(data, lesson.lesson)
    whole["seconds"] = round(whole["seconds"] + spent(), 1)
    whole["last"] = when
    record = whole["exercises"].setdefault(sheet.name, diary.blank_exercise(sheet.points, sheet.functions))
    record |= {"points": verdict.points, "of": sheet.points, "status": verdict.status, "last": when}
    record["functions"] = list(sheet.functions)
    record["best"] = max(record["best"], verdict.points)
    if verdict.status == "open":
        return
    record["tries"] += 1
    if verdict.status == "right":
        record |= {"passed": when, "kept": source or record["kept"], "differ": 0, "hints": []}
    else:
        _keep_answer(record, sheet, verdict, source, when)


def _keep_answer(record: dict[str, Any], sheet: Sheet, verdict: Verdict, source: str, when: str) -> None:
    """Keeps an answer that is another one: neither written like an earlier one nor returning the same."""
    own = normalised(own_part(source, sheet.functions))[:LONGEST_ANSWER]
    answer = {
        "source": own,
        "seen": _seen(verdict)[:LONGEST_ANSWER],
        "failed": [row.group for row in verdict.rows if row.looked_at and not row.ok],
        "misconception": verdict.misconception or "",
        "when": when,
    }
    for one in record["answers"]:
        if (own and one["source"] == own) or one["seen"] == answer["seen"]:
            return
    record["differ"] += 1
    record["answers"] = [*record["answers"], answer][-MOST_ANSWERS:]


def _seen(verdict: Verdict) -> str:
    """What the check saw, in its words: they hold what was returned where it was wrong."""
    said = [verdict.explanation, *(f"{row.group}: {row.text}" for row in verdict.rows if row.text)]
    return "\n".join(dict.fromkeys(filter(None, said)))
