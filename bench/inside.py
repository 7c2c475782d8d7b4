"""What is measured in a process of its own: `python -m bench.inside KIND COURSE LESSON [JOBS]`.

KIND is engine, bare or phases.
"""

from __future__ import annotations

import contextlib
import copy
import importlib
import io
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def engine(root: Path, lesson: str, jobs: int) -> dict[str, Any]:
    """Grades a course as the command does, and notes when each mark comes and how much memory is held."""
    from autograder.engine import pool, run
    from autograder.engine.options import Options
    from autograder.nbgrader.course import Course
    from autograder.nbgrader.patches import patch

    patch()

    arrivals: list[float] = []
    held: list[int] = []
    marked = pool.mark_all

    def noted(*arguments: Any) -> Iterator[Any]:
        for done in marked(*arguments):
            arrivals.append(time.monotonic())
            held.append(_kib("VmRSS"))
            yield done

    pool.mark_all = noted
    found = run.grade(Course(root), Options((lesson,), jobs=jobs))
    end = time.monotonic()
    bad = [one for one in found["lessons"] if one["status"] != "graded"]
    assert not bad, bad
    peak = max(_kib("VmHWM"), *held)  # the kernel counts in batches: what it calls the peak may lag behind
    return {"arrivals": arrivals, "end": end, "held": held, "peak": peak}


def _kib(name: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def bare(root: Path, lesson: str) -> list[tuple[float, float]]:
    """Runs cells, and calls functions on all cases, judging nothing; in a fork for each notebook."""
    import matplotlib

    matplotlib.use("agg")
    from autograder.engine.prepare import InstructorsNotebooks, prepare
    from autograder.nbgrader.course import Course
    from autograder.nbgrader.gradebook import Gradebook
    from autograder.student import checks_file

    gradebook = Gradebook(Course(root))
    sources = InstructorsNotebooks(gradebook.folders.source_folder(lesson))
    assignment = prepare(Course(root), gradebook, sources, sources.modules)
    gradebook.close()
    for module in ("matplotlib.pyplot", *assignment.modules):
        with contextlib.suppress(ImportError):
            importlib.import_module(module)
    exercises = checks_file.parse(assignment.checks).sheets
    return [_in_a_fork(path, exercises) for path in sorted(root.glob(f"submitted/*/{lesson}/{lesson}.ipynb"))]


def _in_a_fork(path: Path, exercises: dict[str, Any]) -> tuple[float, float]:
    read, write = os.pipe()
    if (pid := os.fork()) == 0:
        try:
            os.write(write, json.dumps(_timed(path, exercises)).encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        told = pipe.read()
    os.waitpid(pid, 0)
    return tuple(json.loads(told))


def _timed(path: Path, exercises: dict[str, Any]) -> tuple[float, float]:
    """Seconds for the cells, and for the calls."""
    from autograder.nbgrader import cells

    of_cells, of_calls = 0.0, 0.0
    names: dict[str, Any] = {"__name__": "__main__"}
    os.chdir(path.parent)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        for cell in json.loads(path.read_bytes())["cells"]:
            source = "".join(cell["source"])
            began = time.perf_counter()
            if exercise := exercises.get(cells.checked_exercise(cells.grade_id(cell))):
                _call(exercise, names)
                of_calls += time.perf_counter() - began
            elif cell["cell_type"] == "code" and source.strip() != "progress()":
                with contextlib.suppress(Exception):  # a misconception may break a later cell
                    exec(source, names)
                of_cells += time.perf_counter() - began
    return of_cells, of_calls


def _call(exercise: Any, names: dict[str, Any]) -> None:
    from autograder.student.guard import undisturbed
    from autograder.student.probe import driver_for

    driver = driver_for(exercise)
    functions = [names.get(name) for name in exercise.functions + exercise.uses]
    with undisturbed():  # around all of them: what it costs around each is the engine's own
        for case in exercise.cases:
            with contextlib.suppress(BaseException):
                driver(functions, case, copy.deepcopy(case.inputs))


if __name__ == "__main__":
    kind, root, lesson, *jobs = sys.argv[1:]
    told: Any = None
    if kind == "engine":
        told = engine(Path(root), lesson, int(jobs[0]))
    elif kind == "bare":
        told = bare(Path(root), lesson)
    else:
        from .phases import phases

        told = phases(Path(root), lesson)
    print(json.dumps(told))
