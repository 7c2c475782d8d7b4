"""Where the time of a submission goes: the engine's own steps, with a stopwatch around each.

One worker, in this process, so that its steps can be timed; enough to see which is worth making faster.
"""

from __future__ import annotations

import functools
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograder.engine import marking, sealed, submissions
from autograder.engine.entering import Entering
from autograder.engine.failures import Failures
from autograder.engine.inside.limits import Limits
from autograder.engine.prepare import InstructorsNotebooks, prepare
from autograder.engine.process import StudentProcess
from autograder.engine.records import Records
from autograder.engine.warm import Zygote
from autograder.engine.worker import Setup, Worker
from autograder.nbgrader.course import Course
from autograder.nbgrader.gradebook import Gradebook
from autograder.nbgrader.patches import patch
from autograder.nbgrader.scoring import Rules
from autograder.student import judge

# What a step is called, and whose function it is. A step inside another is taken off from it.
STEPS: list[tuple[str, Any, str]] = [
    ("fork and room", Zygote, "_tell"),
    ("fork and room", StudentProcess, "begin"),
    ("sanitise", Rules, "sanitise"),
    ("cells", StudentProcess, "run"),
    ("probes", StudentProcess, "_outcomes"),
    ("judge", judge, "verdict_or_zero"),
    ("judge", judge, "unearned"),
    ("end of the process", StudentProcess, "kill"),
    ("end of the process", StudentProcess, "end"),
    ("write", sealed, "details_of"),
    ("write", Rules, "finish"),
    ("write", marking, "clean_cells"),
    ("write", marking, "as_the_course_knows"),
    ("write", marking, "make_valid"),
    ("write", marking, "text_of"),
    ("gradebook", Records, "keep"),
    ("gradebook", Gradebook, "write"),
]
REST = "the rest"


class Stopwatch:
    """Seconds by step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.inside: list[float] = []  # what steps within the ones that are under way have taken

    def around(self, step: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def timed(*arguments: Any, **named: Any) -> Any:
            began = time.perf_counter()
            self.inside.append(0.0)
            try:
                return function(*arguments, **named)
            finally:
                took = time.perf_counter() - began
                self.seconds[step] += took - self.inside.pop()
                if self.inside:
                    self.inside[-1] += took

        return timed


def phases(root: Path, lesson: str) -> dict[str, float]:
    """Seconds a submission by step, for a class handed in under `root`; the warm process is warm already."""
    patch()
    course = Course(root)
    gradebook = Gradebook(course)
    entering = Entering(gradebook, Records(course.private / "records"), Failures(course.private / "failures"))
    sources = InstructorsNotebooks(gradebook.folders.source_folder(lesson))
    assignment = prepare(course, gradebook, sources, sources.modules)
    read = [
        submissions.read(student, lesson, folder, gradebook.folders.files_of(folder))
        for student, folder in gradebook.folders.submitted_folders(lesson, None).items()
    ]
    worker, watch = Worker(Setup(Limits())), Stopwatch()
    try:
        worker.mark(assignment, read[0])
        for step, owner, name in STEPS:
            setattr(owner, name, watch.around(step, getattr(owner, name)))
        began = time.perf_counter()
        marks = [worker.mark(assignment, one) for one in read]
        keys = {(lesson, one.student): one.digest for one in read}
        list(entering.enter([(assignment, one, mark) for one, mark in zip(read, marks, strict=True)], keys))
        whole = time.perf_counter() - began
    finally:
        worker.close()
        gradebook.close()
    bad = [mark for mark in marks if mark.status != "graded"]
    assert not bad, bad
    watch.seconds[REST] = whole - sum(watch.seconds.values())
    names = dict.fromkeys(step for step, _, _ in STEPS)
    return {step: watch.seconds[step] / len(read) for step in (*names, REST)}
