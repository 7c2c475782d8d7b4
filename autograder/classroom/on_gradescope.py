"""What runs in Gradescope's container: grades the one notebook in submission/, and writes results.json.

Where there can be no sandbox it goes on only if whoever made the package has said so. Then a student's code
runs as a user who owns nothing: it can't read the hidden cases or write the results. What it can do all the
same is in docs/elsewhere.md.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from ..authoring.modules import folders_of
from ..engine import submissions
from ..engine.options import limits_from
from ..engine.prepare import OUR_ROOMS
from ..engine.sandbox import missing, missing_for_fence
from ..engine.worker import Setup, Worker
from ..errors import AutograderError
from ..files import write_whole
from ..nbgrader import cells
from ..nbgrader.patches import patch
from ..nbgrader.records import Assignment, ExerciseMark, Mark, Submission
from .carried import PRIVATE, SETTINGS, from_plain

NOBODY = 65534  # Debian's and Ubuntu's user for those who own nothing
REFUSED = (
    "This container allows no sandbox ({why}), so nothing was graded. A package made with --without-sandbox "
    "grades all the same; docs/elsewhere.md says what is left then."
)
FENCED = (
    "No namespaces here ({why}); as this package was made with --without-sandbox, students' code runs behind "
    "Landlock and a list of system calls, with no network and no file but its own and the interpreter's"
)
UNSEALED = (
    "No sandbox here ({why}); as this package was made with --without-sandbox, students' code runs as "
    "{user}, with the network and the machine's files in sight"
)


class HandIn(AutograderError):
    """What was handed in is not one notebook of a known lesson; says what to do."""


def main(root: Path) -> None:
    """Grades, and exits with 1 and no results where it can't: no zero for what is not the student's fault."""
    patch()
    started = time.monotonic()
    try:
        results = graded(root)
    except AutograderError as error:
        print(f"autograder: {error}", file=sys.stderr)
        sys.exit(1)
    results["execution_time"] = round(time.monotonic() - started, 1)
    (root / "results").mkdir(exist_ok=True)
    write_whole(root / "results" / "results.json", json.dumps(results, indent=1))


def graded(root: Path) -> dict[str, Any]:
    """The results for what lies in submission/."""
    source = root / "source"
    assignments = [_assignment(path) for path in sorted((source / PRIVATE).glob("*.json"))]
    metadata = _metadata(root / "submission_metadata.json")
    try:
        assignment, submission = find(root / "submission", assignments)
    except HandIn as error:
        return without_marks(str(error), sum(_points(one) for one in assignments[:1]), metadata)
    setup = _setup(json.loads((source / SETTINGS).read_text(encoding="utf-8"))["without_sandbox"])
    worker = Worker(setup)
    try:
        mark = worker.mark(assignment, submission)
    finally:
        worker.close()
    if mark.ours:
        raise AutograderError(f"{mark.reason}\n{mark.trace}")
    if mark.status == "failed":
        return without_marks(mark.reason, _points(assignment), metadata)
    return results_of(mark, metadata)


def _setup(without_sandbox: bool) -> Setup:
    why = missing()
    if not why:
        return Setup(limits_from(None, None))
    if not without_sandbox:
        raise AutograderError(REFUSED.format(why=why))
    if not missing_for_fence():
        print(FENCED.format(why=why))
        return Setup(limits_from(None, None), sandbox=False, fence=True)
    user = "your own user"
    told: tuple[tuple[str, str], ...] = ()
    if os.geteuid() == 0:
        _must_reach(NOBODY, [os.__file__, np.__file__, __file__])
        user, told = f"user {NOBODY}", (("AUTOGRADER_USER", str(NOBODY)),)
    print(UNSEALED.format(why=why, user=user))
    return Setup(limits_from(None, None), sandbox=False, environment=told)


def _must_reach(user: int, files: list[str]) -> None:
    """Raises, where a user can't read what every notebook needs: all would end in zeros."""
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
        os._exit(0 if all(os.access(file, os.R_OK) for file in files) else 1)
    if os.waitpid(child, 0)[1]:
        raise AutograderError(
            f"User {user}, who is to run students' code, can't read {sys.prefix} or this package."
        )


def _assignment(path: Path) -> Assignment:
    made: Assignment = from_plain(json.loads(path.read_text(encoding="utf-8")))
    shown = folders_of(made.modules, without="autograder") | OUR_ROOMS
    return replace(made, readable=tuple(sorted({sys.prefix, sys.base_prefix, *shown})))


def _points(assignment: Assignment) -> float:
    return sum(notebook.max_score for notebook in assignment.notebooks.values())


# What was handed in


def find(folder: Path, assignments: list[Assignment]) -> tuple[Assignment, Submission]:
    """The notebook that was handed in, whatever its file is called, and the lesson that its cells belong to.

    Raises:
        HandIn: there is none, or more than one.
    """
    listed = [
        path for path in folder.rglob("*") if path.is_file() and not _is_litter(path.relative_to(folder))
    ]
    read = submissions.read("gradescope", "", folder, listed)
    if read.broken:
        raise HandIn(read.broken)
    notebooks = {name: data for name, data in read.files.items() if name.endswith(".ipynb")}
    if not notebooks:
        found = ", ".join(sorted(read.files)[:5]) or "nothing"
        raise HandIn(f"Hand in the notebook, a file that ends in .ipynb; this was {found}.")
    known = {name: lesson_of(data, assignments) for name, data in notebooks.items()}
    ours = {name: assignment for name, assignment in known.items() if assignment}
    if not ours and len(notebooks) == 1 and len(assignments) == 1:
        ours = dict.fromkeys(notebooks, assignments[0])  # it can't be read: the grader says why
    if len(ours) != 1:
        names = ", ".join(sorted(ours or notebooks)[:5])
        what = "more than one notebook of this assignment" if ours else "no notebook of this assignment"
        raise HandIn(f"Hand in one notebook: there is {what} ({names}).")
    ((name, assignment),) = ours.items()
    others = {path: data for path, data in read.files.items() if not path.endswith(".ipynb")}
    (wanted,) = list(assignment.notebooks)[:1]
    handed_in = {f"{wanted}.ipynb": notebooks[name], **others}
    return assignment, replace(read, assignment=assignment.name, files=handed_in, timestamp=None)


def _is_litter(path: Path) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in path.parts)


def lesson_of(data: bytes, assignments: list[Assignment]) -> Assignment | None:
    """The lesson whose cells a notebook has most of; none, where it has none of any."""
    try:
        read = json.loads(data)["cells"]
        there = {cells.grade_id(cell) for cell in read}
    except (ValueError, KeyError, TypeError, AttributeError):
        return None

    def shared(assignment: Assignment) -> int:
        return sum(len(there & set(notebook.source_cells)) for notebook in assignment.notebooks.values())

    best = max(assignments, key=shared)
    return best if shared(best) else None


def _metadata(path: Path) -> dict[str, Any]:
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}


# What came of it


def results_of(mark: Mark, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """results.json for a mark: a test for each exercise, with the verdict's card."""
    cards = _cards(mark)
    tests = [_test(row, cards.get(row.name, "")) for row in mark.exercises]
    score = sum(row.points or 0.0 for row in mark.exercises)
    most = sum(row.max_points for row in mark.exercises)
    lines = [f"{mark.assignment}: {score:g} of {most:g} points", mark.reason, _late(metadata)]
    if any(row.points is None for row in mark.exercises):
        lines.append("What a person grades is not in it yet.")
    return {
        "score": score,
        "output": "\n".join(filter(None, lines)),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "extra_data": {"lesson": mark.assignment, "status": mark.status, "sandboxed": mark.sandboxed},
        "tests": tests,
    }


def _test(row: ExerciseMark, card: str) -> dict[str, Any]:
    test: dict[str, Any] = {"name": row.name, "max_score": row.max_points, "visibility": "visible"}
    if row.points is None:
        return test | {"output": "A person grades this.", "output_format": "text"}
    test |= {"score": row.points, "status": "passed" if row.points >= row.max_points else "failed"}
    if card:
        return test | {"output": card, "output_format": "html"}
    return test | {"output": row.hint or row.explanation, "output_format": "text"}


def _cards(mark: Mark) -> dict[str, str]:
    """The verdicts as the executed notebook shows them, by exercise."""
    found: dict[str, str] = {}
    for notebook in mark.notebooks:
        for cell in json.loads(notebook.text)["cells"]:
            exercise = cells.checked_exercise(cells.grade_id(cell))
            for output in cell.get("outputs", []) if exercise else ():
                html = output.get("data", {}).get("text/html", "")
                found[exercise] = "".join(html)
    return found


def without_marks(reason: str, most: float, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """results.json for what could not be graded because of what was handed in."""
    test = {"name": "what was handed in", "score": 0.0, "max_score": most, "status": "failed"}
    return {
        "score": 0.0,
        "output": "\n".join(filter(None, [f"This could not be graded: {reason}", _late(metadata)])),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [test | {"output": reason, "output_format": "text", "visibility": "visible"}],
    }


def _late(metadata: Mapping[str, Any]) -> str:
    """A line where it came after the due date; what that costs is Gradescope's rule."""
    try:
        late = datetime.fromisoformat(metadata["created_at"]) - datetime.fromisoformat(
            metadata["assignment"]["due_date"]
        )
    except (KeyError, TypeError, ValueError):
        return ""
    hours = late.total_seconds() / 3600
    return f"Handed in {hours:.1f} hours after the due date." if hours > 0 else ""


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
