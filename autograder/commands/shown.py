"""How a run of `autograder grade` looks while it goes on (on stderr) and when it is done."""

from __future__ import annotations

import sys
import time
from typing import Any

from ..engine.run import Done
from ..nbgrader.records import one_line

LINE_SECONDS = 5.0


class ProgressBar:
    """A bar with rate and time left on a terminal, plain lines otherwise.

    Bar and rate are about what has to be graded: what was known already costs no time and says nothing of it.
    """

    def __init__(self) -> None:
        self.bar: Any = None
        self.began = self.said = time.monotonic()
        self.failures = self.fresh = self.known = 0
        self.last: Done | None = None

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, *_: Any) -> None:
        if self.bar:
            self.bar.stop()
        elif self.last and self.last.done != self.last.total:
            self._line(self.last)

    def step(self, step: Done) -> None:
        self.failures += step.result["status"] == "failed"
        self.fresh += step.fresh
        self.known += not step.fresh
        self.last = step
        if sys.stderr.isatty():
            self._bar(step)
        elif step.done == step.total or time.monotonic() - self.said > LINE_SECONDS:
            self._line(step)

    def preparing(self, assignment: str) -> None:
        """A word at once: reading, warming up and the instructor's own answers take their seconds."""
        if self.bar is None:
            print(f"preparing {assignment} …", file=sys.stderr, flush=True)
        else:
            self.bar.update(self.task, description=f"preparing {assignment} …")

    def _line(self, step: Done) -> None:
        self.said = time.monotonic()
        print(f"graded {step.done} of {step.total}, {self._rate()}", file=sys.stderr, flush=True)

    def _bar(self, step: Done) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        if self.bar is None:
            columns = (
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.description}"),
                TimeRemainingColumn(),
            )
            self.bar = Bar(*columns, console=Console(stderr=True), transient=True)
            self.bar.start()
            self.task = self.bar.add_task("", total=step.total - self.known)
        left = step.total - self.known
        self.bar.update(self.task, total=left, completed=self.fresh, description=self._rate())

    def _rate(self) -> str:
        failed = f"{self.failures} failed"
        if not self.fresh:
            return failed
        minutes = max(time.monotonic() - self.began, 1e-3) / 60
        return f"{self.fresh / minutes:.0f} a minute, {failed}"


def table(found: dict[str, Any]) -> str:
    """Every submission in a line: points, status, why."""
    lines = []
    names = {result["student"]: one_line(result["student"], 60) for result in found["lessons"]}
    wide = max([*map(len, names.values()), 7])
    for result in sorted(found["lessons"], key=lambda r: (r["lesson"], r["student"])):
        met = ", ".join(e["misconception"] for e in result["exercises"] if e["misconception"])
        points = (
            f"{result['score']:g} of {result['max_score']:g}" if result["status"] != "failed" else "no marks"
        )
        by_hand = sum(e["points"] is None for e in result["exercises"])
        words = [result["status"] if result["status"] != "graded" else "", result["reason"], met]
        if by_hand and result["status"] != "failed":
            words.append(f"{by_hand} to grade by hand")
        if result["status"] != "failed" and not all(e["sealed"] for e in result["exercises"]):
            words.append("unsealed in part" if any(e["sealed"] for e in result["exercises"]) else "unsealed")
        said = "; ".join(filter(None, words))
        lines.append(f"{result['lesson']}  {names[result['student']]:{wide}}  {points:>10}  {said}".rstrip())
    return "\n".join(lines)
