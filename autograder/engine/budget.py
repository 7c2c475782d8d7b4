"""How long a student's code may take: in seconds of a processor, not of a clock on the wall.

On a busy machine a program waits, which is not its author's doing. So a request is charged what its processes
use of the processors and, while all of them sleep, the time that passes. Behind that stands a limit in time
on the wall, ten times as wide; what runs into that is tried once more, alone.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from .family import Use

BACKSTOP = 10  # times the limit, on the wall
FIRST_LOOK = 0.1  # seconds that are charged for what was not watched


@dataclass
class Budget:
    """Of a whole submission: what its requests may use together."""

    seconds: float
    began: float = field(default_factory=time.monotonic)
    spent: float = 0.0
    met_backstop: bool = False

    @property
    def is_spent(self) -> bool:
        return self.spent >= self.seconds

    @property
    def left_on_wall(self) -> float:
        return self.began + BACKSTOP * self.seconds - time.monotonic()


class Meter:
    """Of one request: charges it, and its submission, for what its family uses."""

    def __init__(self, budget: Budget, seconds: float) -> None:
        self.budget, self.seconds = budget, seconds
        self.began = self.looked = time.monotonic()
        self.cpu: float | None = None  # what the family had used at the last look
        self.spent = 0.0

    def charge(self, use: Use) -> None:
        """What was used since the last look."""
        now = time.monotonic()
        passed = now - self.looked
        if self.cpu is None:  # the first look, a moment after the beginning
            cost = min(passed, FIRST_LOOK)
        else:
            used = max(0.0, use.cpu_seconds - self.cpu)
            cost = used if use.awake or used > passed / 2 else passed
        self.looked, self.cpu = now, max(self.cpu or 0.0, use.cpu_seconds)
        self.spent += cost
        self.budget.spent += cost

    def over(self) -> str:
        """The limit that is reached, in words; empty: none."""
        if self.budget.is_spent:
            return f"the submission took longer than {self.budget.seconds:g} seconds"
        if self.spent >= self.seconds:
            return f"stopped after {self.seconds:g} seconds: is there a loop that never ends?"
        if time.monotonic() - self.began > BACKSTOP * self.seconds or self.budget.left_on_wall < 0:
            self.budget.met_backstop = True
            return f"stopped: the machine was too busy to give it {self.seconds:g} seconds"
        return ""

    def again(self) -> None:
        """The next part of the same request begins."""
        self.spent, self.began = 0.0, time.monotonic()
