"""A notebook's cells, run one after the other in a student's process.

What ends the process is left out, and the rest is run again: a crash costs what crashed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from ..nbgrader.records import worst
from .budget import Budget
from .inside.limits import Limits
from .outputs import error_output, outputs_from
from .process import Gone, StudentProcess
from .warm import Zygote

if TYPE_CHECKING:
    from nbformat import NotebookNode

MOST_RESTARTS = 6
MOST_OUTPUTS = 16 << 20  # bytes in all; the process keeps to less by itself, as long as it is its own master
CUT_OFF = {"output_type": "stream", "name": "stdout", "text": "… more was shown than is kept\n"}
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Surroundings:
    """Where a submission's notebooks run, and what they find there."""

    zygote: Zygote
    limits: Limits
    budget: Budget  # of the whole submission
    files: dict[str, bytes]
    folder: str = "work"  # what the one they lie in is called


@dataclass(frozen=True)
class Step:
    """A cell to be run or, where there is an exercise, a place whose names are remembered for its probe."""

    number: int  # among all cells, from 1: what a student sees
    cell: NotebookNode | None  # None: the exercise's check was deleted
    exercise: str = ""
    own: bool = True  # written by the student, not locked
    seconds: float = 0.0  # that it may take; 0: as the limits say


class CellRunner:
    """Runs the cells of one notebook, and what is to be done after them in the same process."""

    def __init__(self, surroundings: Surroundings) -> None:
        self.surroundings = surroundings
        self.status = "graded"
        self.reasons: list[str] = []
        self.guilty: dict[int, str] = {}  # steps that ended the process, and how
        self.done: set[int] = set()
        self.name_errors = False
        self.kept = 0  # bytes of outputs

    def run(
        self, steps: Sequence[Step], after: Callable[[StudentProcess, float], None] = lambda *_: None
    ) -> None:
        """Runs all steps, then calls `after` with the process and the seconds that the cells took."""
        here = self.surroundings
        for _ in range(MOST_RESTARTS + 1):
            try:
                with here.zygote.start(here.files, seed=1, budget=here.budget, name=here.folder) as process:
                    began = time.monotonic()
                    for step in steps:
                        if step.number not in self.guilty:
                            self._take(process, step)
                    after(process, time.monotonic() - began)
                return
            except Restart:
                continue

    def forget(self) -> None:
        """As if nothing had been run."""
        self.__init__(self.surroundings)  # type: ignore[misc]  # the one list of what there is to forget

    def blame(self, number: int, what: str, gone: Gone) -> None:
        """Notes what ended the process, to be left out from now on."""
        self.guilty[number] = gone.reason
        self.note("limited" if gone.limit else "crashed", f"{what} {gone.reason}")

    def note(self, status: str, reason: str) -> None:
        """Something happened that whoever reads the marks should know."""
        self.status = worst([self.status, status])
        self.reasons.append(reason)

    def _take(self, process: StudentProcess, step: Step) -> None:
        if step.exercise:
            self._try(step, lambda: process.remember(step.number))
        elif step.cell is not None:
            self._run_cell(process, step, step.cell)

    def _run_cell(self, process: StudentProcess, step: Step, cell: NotebookNode) -> None:
        reply = self._try(step, lambda: process.run(cell.source, step.seconds))
        if step.number in self.done:
            return  # again, on the way back to where the process ended
        self.done.add(step.number)
        self.kept += reply.size
        cell.outputs = outputs_from(reply.outputs if self.kept <= MOST_OUTPUTS else [CUT_OFF])
        cell.execution_count = reply.count
        if reply.limit:
            self.note("limited", f"cell {step.number} was {reply.limit}")
            cell.outputs.append(error_output("CellTimeoutError", reply.limit))
        if step.own and any(output.get("ename") == "NameError" for output in cell.outputs):
            self.name_errors = True

    def _try(self, step: Step, ask: Callable[[], Answer]) -> Answer:
        try:
            return ask()
        except Gone as gone:
            self.blame(step.number, f"cell {step.number}", gone)
            if step.cell is not None:
                step.cell.outputs = [error_output("DeadKernelError", f"this cell {gone.reason}")]
            raise Restart from None


class Restart(Exception):
    """The process is gone: the notebook is run again without what ended it."""
