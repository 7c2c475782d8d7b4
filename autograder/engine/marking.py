"""One submission: read, run in the sandbox, judged outside of it, scored. What comes out is a mark."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from ..nbgrader import cells
from ..nbgrader.recognise import graded_ids, nearest_notebook
from ..nbgrader.records import (
    Assignment,
    ExerciseMark,
    Mark,
    Notebook,
    NotebookMark,
    Submission,
    Unmarkable,
    one_line,
    worst,
)
from ..nbgrader.repair import as_the_course_knows, make_valid
from ..nbgrader.scoring import Rules, is_time, text_of
from ..student import checks_file, judge
from ..student.sheet import LessonSheet
from ..student.verdict import Verdict
from . import plain
from .budget import Budget
from .inside.limits import Limits
from .pages import clean_cells
from .running import Surroundings
from .sealed import NEVER_REACHED, SealedNotebook, exercise_of
from .warm import Zygote

if TYPE_CHECKING:
    from nbformat import NotebookNode


def mark_submission(
    assignment: Assignment, submission: Submission, rules: Rules, zygote: Zygote, limits: Limits
) -> Mark:
    """Grades a submission. Whatever the student did ends in a mark with a status and a reason."""
    started = time.monotonic()
    files = {name: data for name, data in submission.files.items() if not name.endswith(".ipynb")}
    surroundings = Surroundings(
        zygote, limits, Budget(limits.seconds), files | assignment.files, submission.assignment
    )
    notebooks: list[NotebookMark] = []
    missing: tuple[str, ...] = ()
    failure = ""
    try:
        known, missing = _handed_in(assignment, submission)
        for name, file in known.items():
            marked = _mark_notebook(assignment, name, file, submission.files, rules, surroundings)
            notebooks.append(_named(marked, file))
            if notebooks[-1].status == "failed":
                failure = notebooks[-1].reason
                break
    except Unmarkable as error:
        failure = str(error)
    mark = _put_together(assignment, submission, notebooks, missing, failure)
    return replace(
        mark,
        seconds=round(time.monotonic() - started, 3),
        sandboxed=zygote.sandbox,
        hurried=surroundings.budget.met_backstop,
    )


def _put_together(
    assignment: Assignment,
    submission: Submission,
    notebooks: list[NotebookMark],
    missing: tuple[str, ...],
    failure: str,
) -> Mark:
    exercises = [row for name in missing for row in _missing_rows(assignment.notebooks[name], name)]
    exercises += [row for notebook in notebooks for row in notebook.exercises]
    reasons = [f"{name}.ipynb is missing" for name in missing] + [notebook.reason for notebook in notebooks]
    if failure:
        exercises += _rows_not_reached(assignment, {row.name for row in exercises})
    return Mark(
        submission.student,
        submission.assignment,
        status="failed" if failure else worst(notebook.status for notebook in notebooks),
        reason=one_line(failure or "; ".join(filter(None, reasons)) or "; ".join(submission.notes)),
        exercises=tuple(exercises),
        notebooks=tuple(notebooks),
        missing=missing,
    )


def _handed_in(assignment: Assignment, submission: Submission) -> tuple[dict[str, str], tuple[str, ...]]:
    """The notebooks of the assignment that are there, with their files, and those that are missing."""
    if submission.broken:
        raise Unmarkable(submission.broken)
    if submission.timestamp and not is_time(submission.timestamp):
        raise Unmarkable(f"timestamp.txt holds no time: {submission.timestamp[:40]!r}")
    here = {name[:-6] for name in submission.files if name.endswith(".ipynb") and "/" not in name}
    asked = sorted(assignment.notebooks)
    known = {name: f"{name}.ipynb" for name in asked if name in here}
    if not known:
        known = _by_their_cells(assignment, submission, sorted(here))
    return known, tuple(name for name in asked if name not in known)


def _by_their_cells(assignment: Assignment, submission: Submission, here: list[str]) -> dict[str, str]:
    """Notebooks under other names, known by their graded cells; for a lesson of ours, since nbgrader fails.

    Raises:
        Unmarkable: there are none, more than one that may be meant, or it is nbgrader's to say.
    """
    known: dict[str, str] = {}
    graded = {name: frozenset(one.grade_cells) for name, one in assignment.notebooks.items()}
    wanted = " or ".join(f"{name}.ipynb" for name in sorted(assignment.notebooks))
    for file in (f"{name}.ipynb" for name in here):
        name = nearest_notebook(graded_ids(submission.files[file]) or frozenset(), graded)
        if name in known:
            raise Unmarkable(f"there is no {wanted}, and {known[name]} and {file} both hold its cells")
        if name:
            known[name] = file
    if known and not assignment.checks:
        files = ", ".join(known.values())
        raise Unmarkable(f"there is no {wanted}; {files} holds its cells: rename it")
    if not known:
        found = ", ".join(f"{name}.ipynb" for name in here) or "no notebook"
        raise Unmarkable(f"there is no {wanted}; found: {found}")
    return known


def _named(mark: NotebookMark, file: str) -> NotebookMark:
    """A file of another name is said."""
    if file == f"{mark.name}.ipynb":
        return mark
    return replace(mark, reason="; ".join(filter(None, [mark.reason, f"handed in as {file}"])))


def _missing_rows(original: Notebook, name: str) -> Iterator[ExerciseMark]:
    for grade, most in original.grade_cells.items():
        yield ExerciseMark(grade, 0.0, most, explanation=f"{name}.ipynb is missing")


def _rows_not_reached(assignment: Assignment, done: set[str]) -> list[ExerciseMark]:
    """What a submission that failed has no marks for."""
    lesson = _lesson_of(assignment.checks)
    rows = [
        ExerciseMark(_short(name, lesson), None, most)
        for original in assignment.notebooks.values()
        for name, most in {**original.grade_cells, **original.task_cells}.items()
    ]
    return [row for row in rows if row.name not in done]


@lru_cache(maxsize=4)
def _lesson_of(checks: str) -> LessonSheet | None:
    return checks_file.parse(checks) if checks else None


def _mark_notebook(
    assignment: Assignment,
    name: str,
    file: str,
    files: dict[str, bytes],
    rules: Rules,
    surroundings: Surroundings,
) -> NotebookMark:
    original, lesson = assignment.notebooks[name], _lesson_of(assignment.checks)
    notebook = rules.sanitise(files[file], original)
    verdicts: dict[str, Verdict] = {}
    sealed: SealedNotebook | None = None
    if lesson:
        sealed = SealedNotebook(notebook, original, lesson, assignment.public_counts, surroundings)
        ran, verdicts = sealed.run(), sealed.verdicts
    else:
        beside = {path: data for path, data in files.items() if path.endswith(".ipynb")}
        beside[f"{name}.ipynb"] = text_of(notebook).encode()
        ran = plain.run(notebook, rules, replace(surroundings, files=beside | surroundings.files))
    rules.finish(notebook)
    scored = _score(notebook, original, rules, lesson, verdicts)
    if scored.status == "failed":
        return scored
    clean_cells(notebook)
    as_the_course_knows(notebook, original)
    make_valid(notebook)
    return replace(
        scored,
        status=ran.status,
        reason="; ".join(
            sorted(ran.reasons, key=lambda reason: reason.startswith("cell "))
        ),  # exercises first
        text=text_of(notebook),
        failed_cells=_failed_cells(notebook),
        details=sealed.details() if sealed else {},
    )


def _failed_cells(notebook: NotebookNode) -> tuple[str, ...]:
    """Cells of the instructor's that ended in an error: of one student's making, or of the course's."""
    return tuple(
        cells.grade_id(cell)
        for cell in notebook.cells
        if cells.grade_id(cell)
        and not cells.is_students_own(cell)
        and any(output.output_type == "error" for output in cell.get("outputs", []))
    )


def _score(
    notebook: NotebookNode,
    original: Notebook,
    rules: Rules,
    lesson: LessonSheet | None,
    verdicts: dict[str, Verdict],
) -> NotebookMark:
    """Every graded cell's points: the judge's for exercises of ours, nbgrader's rule for the others.

    Where a cell can't be scored, those before it keep their points, as nbgrader has it.
    """
    rows: dict[str, ExerciseMark] = {}
    comments: dict[str, str | None] = {}
    failure = ""
    for cell in notebook.cells:
        name = cells.grade_id(cell)
        try:
            if cells.is_grade(cell):
                rows[name] = _row(name, original, rules, lesson, verdicts, cell)
        except Unmarkable as error:
            failure = str(error)
            break
        if cells.is_solution(cell) or cells.is_task(cell):
            comments[name] = rules.comment(cell)
        if cells.is_task(cell):
            rows[name] = ExerciseMark(name, None, original.task_cells.get(name, 0.0), by_hand=True)
    scores = {name: row.points for name, row in rows.items() if name in original.grade_cells}
    if failure:
        listed = tuple(rows.values())
        return NotebookMark(original.name, listed, scores, comments, status="failed", reason=failure)
    for name in original.grade_cells:
        if name not in rows:
            rows[name] = _row(name, original, rules, lesson, verdicts)
            if rows[name].sealed:
                scores[name] = rows[name].points
    order = {name: place for place, name in enumerate(original.grade_cells)}
    listed = tuple(rows[name] for name in sorted(rows, key=lambda name: order.get(name, len(order))))
    return NotebookMark(original.name, listed, scores, comments, answers=_answers(notebook, rows))


def _answers(notebook: NotebookNode, rows: dict[str, ExerciseMark]) -> dict[str, str]:
    """What each graded cell was graded from: a written answer, or all that the student wrote."""
    own = [cell.source for cell in notebook.cells if cells.is_students_own(cell)]
    written = {cells.grade_id(cell): cell.source for cell in notebook.cells if cells.is_written(cell)}
    return {
        name: hashlib.sha256(repr(written.get(name) or (own, row.points)).encode()).hexdigest()[:32]
        for name, row in rows.items()
    }


def _row(
    name: str,
    original: Notebook,
    rules: Rules,
    lesson: LessonSheet | None,
    verdicts: dict[str, Verdict],
    cell: NotebookNode | None = None,
) -> ExerciseMark:
    """What a graded cell earns; without a cell, because it was deleted."""
    most = original.grade_cells[name]
    exercise = exercise_of(name, lesson)
    if exercise and lesson:
        verdict = verdicts.get(exercise) or judge.unearned(lesson.sheets[exercise], NEVER_REACHED)
        return ExerciseMark(
            exercise,
            min(float(verdict.points), most),
            most,
            verdict.misconception,
            verdict.hint,
            sealed=True,
            explanation="; ".join(filter(None, (verdict.explanation, *verdict.notes))),
        )
    if cell is None:
        return ExerciseMark(name, None, most, explanation="the cell was deleted from the notebook")
    return ExerciseMark(name, rules.points(cell), most, by_hand=cells.is_written(cell))


def _short(grade_id: str, lesson: LessonSheet | None) -> str:
    return exercise_of(grade_id, lesson) or grade_id
