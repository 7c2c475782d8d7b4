"""Answers that no misconception explains, in a form that their author can send to the course."""

from __future__ import annotations

from typing import Any

HEAD = (
    "These answers were wrong, and no check said why. They come from one learner's own tries, sent by choice."
)


def slips_in(data: dict[str, Any]) -> str:
    """The unrecognised answers of a diary as Markdown; empty where there are none."""
    parts = [
        _slip(lesson, exercise, answer)
        for lesson, written in sorted(data["lessons"].items())
        for exercise, record in written["exercises"].items()
        for answer in record["answers"]
        if not answer["misconception"] and answer["source"]
    ]
    return "\n\n".join([HEAD, *parts]) if parts else ""


def _slip(lesson: str, exercise: str, answer: dict[str, Any]) -> str:
    failed = ", ".join(answer["failed"]) or "nothing in particular"
    seen = "\n".join(f"> {line}" for line in answer["seen"].splitlines())
    fence = "`" * max(3, 1 + max((len(run) for run in _runs_of_ticks(answer["source"])), default=0))
    return (
        f"## {lesson}, `{exercise}`\n\nNot passed: {failed}.\n\n{seen}\n\n"
        f"{fence}python\n{answer['source']}\n{fence}"
    )


def _runs_of_ticks(text: str) -> list[str]:
    """Back-ticks in a row, which would close the block of code."""
    return "".join(sign if sign == "`" else " " for sign in text).split()
