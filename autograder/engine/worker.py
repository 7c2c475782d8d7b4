"""Marks submissions one at a time, with a warm process of its own; holds what is secret, and judges.

The same on this machine and on a cluster.
"""

from __future__ import annotations

import contextlib
import gc
import tempfile
import traceback
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..nbgrader.records import Assignment, Mark, Submission, one_line
from .inside.limits import Limits
from .process import EngineError
from .warm import Zygote

if TYPE_CHECKING:
    from ..nbgrader.scoring import Rules

TOO_LARGE = "what its functions give is larger than can be judged"
Task = tuple[Assignment, Submission]


@dataclass(frozen=True)
class Setup:
    """What every worker needs to know."""

    limits: Limits
    sandbox: bool = True
    fence: bool = False  # without a sandbox: what is left where there are no namespaces
    environment: tuple[tuple[str, str], ...] = ()  # variables that notebooks find
    readable: tuple[str, ...] = ()  # places of this machine that they may read


class Worker:
    """Marks submissions; keeps the warm process of the assignment it worked on last."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.spare: Zygote | None = self._new()  # starts while the first assignment is looked at
        self.warm: tuple[Any, Zygote] | None = None
        self.rules: tuple[dict[str, bytes], Rules] | None = None
        self.rehearsed: set[str] = set()  # assignments, by the warm process that is alive

    def prepare(self, assignment: Assignment) -> tuple[Rules, Zygote]:
        """Starts the warm process and reads the configuration, side by side."""
        limits = _with_room_for(assignment.files, self.setup.limits)
        needs = (assignment.modules, (*assignment.readable, *self.setup.readable), limits)
        if self.warm is None or self.warm[0] != needs:
            if self.warm:
                self.close()
            self.rehearsed.clear()
            self.warm, self.spare = (needs, self.spare or self._new()), None
            self.warm[1].warm_up(*needs)
        if self.rules is None or self.rules[0] != assignment.config:
            self.rules = assignment.config, self._read(assignment.config)
            gc.freeze()  # nbgrader is loaded by now: nothing of it is garbage, whoever collects
        self.warm[1].lay_out(assignment.files)
        if assignment.rehearsal and assignment.name not in self.rehearsed:
            self.rehearsed.add(assignment.name)
            self.warm[1].rehearse(assignment.rehearsal)
        return self.rules[1], self.warm[1]

    def mark(self, assignment: Assignment, submission: Submission) -> Mark:
        """The mark of a submission; where we fail ourselves, one that says so and changes nothing."""
        from .marking import mark_submission

        for last_try in (False, True):
            try:
                rules, zygote = self.prepare(assignment)
                return mark_submission(assignment, submission, rules, zygote, self.setup.limits)
            except MemoryError:  # the pool bounds it: what its functions gave is too much to look at
                return Mark(submission.student, submission.assignment, "failed", TOO_LARGE)
            except EngineError as error:  # the warm process may have died: once more with a new one
                self.close()
                if last_try:
                    return failed(submission, error)
            except Exception as error:
                return failed(submission, error)
        raise AssertionError("the second try returns")

    def _new(self) -> Zygote:
        return Zygote(self.setup.sandbox, self.setup.environment, self.setup.fence)

    def _read(self, config: dict[str, bytes]) -> Rules:
        """The course's configuration, in a folder of its own: on a cluster there is no other."""
        from ..nbgrader.course import load_config
        from ..nbgrader.scoring import Rules

        self.folder = tempfile.TemporaryDirectory(prefix="autograder-")
        for name, data in config.items():
            path = Path(self.folder.name, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        with contextlib.chdir(self.folder.name):
            return Rules(load_config(Path(self.folder.name)))

    def close(self) -> None:
        """Ends the warm processes."""
        for zygote in (self.spare, self.warm and self.warm[1]):
            if zygote:
                zygote.close()
        self.spare = self.warm = None


def failed(submission: Submission, error: BaseException | str) -> Mark:
    """The grader failed: nothing is known about the work, and no marks are changed."""
    said, trace = str(error), str(error)
    if isinstance(error, BaseException):
        said = said if isinstance(error, EngineError) else f"{type(error).__name__}: {error}"
        trace = "".join(traceback.format_exception(error))
    reason = one_line(f"the grader failed: {said}")
    return Mark(submission.student, submission.assignment, "failed", reason, ours=True, trace=trace)


def _with_room_for(files: dict[str, bytes], limits: Limits) -> Limits:
    """The instructor's own files come on top of what a student may write."""
    sizes = [len(data) for data in files.values()]
    if not sizes:
        return limits
    largest = max(limits.file_size, *sizes)
    return replace(limits, disk=limits.disk + sum(sizes), file_size=largest, files=limits.files + len(sizes))
