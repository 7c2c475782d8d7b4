"""What a run of grading shows while it goes on."""

from __future__ import annotations

import pytest

from autograder.commands.shown import ProgressBar
from autograder.engine.run import Done

GRADED = {"status": "graded", "student": "ada"}


def test_what_was_known_says_nothing_of_the_time_that_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a run that was stopped, bar and rate are about the rest."""
    seen: list[tuple[float | None, float]] = []
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    with ProgressBar() as bar:
        for done in range(1, 11):
            bar.step(Done(done, 12, GRADED, fresh=done > 8))
            task = bar.bar.tasks[0]
            seen.append((task.total, task.completed))
    assert seen[7] == (4, 0) and seen[9] == (4, 2)
    assert bar._rate().endswith("a minute, 0 failed") and not bar._rate().startswith("0 ")
