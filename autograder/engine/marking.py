"""One submission: read, run in the sandbox, judged outside of it, scored.

Exercises of ours are sealed: their cells run no check inside; the student's functions are probed after the
last cell has run, with the names as they were at the exercise's place, and what comes back is judged here.
Other graded cells run as they are and are scored from their outputs, as nbgrader does it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ..authoring import slicing
from ..nbgrader.records import Assignment, Book, ExerciseMark, Mark, NotebookMark, Submission, Unmarkable
from ..student import judge
from ..student import sheet as sheets
from ..student.sheet import LessonSheet, Outcome, Sheet
from ..student.verdict import Progress, Row, Verdict, as_html
from .inside.sandbox import Limits
from .process import Gone, Student, Zygote

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from ..nbgrader.bridge import Rules

PROBE_PATIENCE = 2  # times what all cases may take in a notebook is what one may take here
MOST_RESTARTS = 6
SECONDS_TO_REPLAY = 2  # cells that took longer are not run again because a probe crashed: it gets a copy
ELSEWHERE = "holds on the inputs you were given, and not on others"
DEEPEST = 50  # nesting of a JSON output that is kept
NEVER_REACHED = "this exercise was not reached"


def mark(
    assignment: Assignment, submission: Submission, rules: Rules, zygote: Zygote, limits: Limits
) -> Mark:
    """Grades a submission. Whatever the student did ends in a mark with a status and a reason."""
    started = time.monotonic()
    made = Mark(submission.student, submission.assignment, sandboxed=zygote.sandbox)
    try:
        _mark_notebooks(assignment, submission, rules, zygote, limits, made)
    except Unmarkable as error:
        made.status, made.reason = "failed", str(error)
        made.exercises = _all_zero(assignment, made)
    if submission.notes and not made.reason:
        made.reason = "; ".join(submission.notes)
    made.seconds = round(time.monotonic() - started, 3)
    return made


@lru_cache(maxsize=4)
def _lesson_of(checks: str) -> LessonSheet | None:
    return sheets.parse(checks) if checks else None


def _all_zero(assignment: Assignment, made: Mark) -> list[ExerciseMark]:
    done = {exercise.name for exercise in made.exercises}
    lesson = _lesson_of(assignment.checks)
    rest = [
        ExerciseMark(_short(name, lesson), None, most, sealed=_exercise_of(name, lesson) is not None)
        for book in assignment.books.values()
        for name, most in {**book.grade_cells, **book.task_cells}.items()
    ]
    return made.exercises + [exercise for exercise in rest if exercise.name not in done]


def _mark_notebooks(
    assignment: Assignment,
    submission: Submission,
    rules: Rules,
    zygote: Zygote,
    limits: Limits,
    made: Mark,
) -> None:
    if submission.broken:
        raise Unmarkable(submission.broken)
    if submission.timestamp and not rules.is_time(submission.timestamp):
        raise Unmarkable(f"timestamp.txt holds no time: {submission.timestamp[:40]!r}")
    here = {name[:-6] for name in submission.files if name.endswith(".ipynb") and "/" not in name}
    known = [name for name in sorted(assignment.books) if name in here]
    if not known:
        wanted = " or ".join(f"{name}.ipynb" for name in sorted(assignment.books))
        found = ", ".join(sorted(f"{name}.ipynb" for name in here)) or "no notebook"
        raise Unmarkable(f"there is no {wanted}; found: {found}")
    made.missing = [name for name in sorted(assignment.books) if name not in here]
    lesson = _lesson_of(assignment.checks)
    deadline = time.monotonic() + limits.seconds
    for name in made.missing:
        book = assignment.books[name]
        made.exercises += [
            ExerciseMark(grade, 0.0, most, explanation=f"{name}.ipynb is missing")
            for grade, most in book.grade_cells.items()
        ]
        made.reason = f"{name}.ipynb is missing"
    files = {k: v for k, v in submission.files.items() if not k.endswith(".ipynb")} | assignment.files
    for name in known:
        notebook = rules.sanitised(submission.files[f"{name}.ipynb"], assignment.books[name])
        one = _Notebook(assignment, assignment.books[name], notebook, lesson, zygote, limits, deadline, files)
        one.run()
        result = NotebookMark(name)
        made.notebooks.append(result)
        made.status = max(made.status, one.status, key=("graded", "limited", "crashed").index)
        made.reason = made.reason or "; ".join(one.reasons)
        rules.finish(notebook)
        _score(one, result, rules, made, lesson)
        result.text = rules.text_of(notebook)


def _score(
    one: _Notebook, result: NotebookMark, rules: Rules, made: Mark, lesson: LessonSheet | None
) -> None:
    """Every graded cell's points: the judge's for exercises of ours, nbgrader's rule for the others."""
    for cell in one.notebook.cells:
        name = rules.grade_id(cell)
        if rules.is_grade(cell):
            exercise = _exercise_of(name, lesson)
            most = one.book.grade_cells[name]
            if exercise:
                points = _sealed(made, one.verdicts.get(exercise), lesson.sheets[exercise], most)
            else:
                points = rules.points(cell)  # may say that the submission can't be graded
                made.exercises.append(ExerciseMark(name, points, most))
            result.scores[name] = points
        if rules.is_solution(cell) or rules.is_task(cell):
            result.comments[name] = rules.comment(cell)
        if rules.is_task(cell):
            made.exercises.append(ExerciseMark(name, None, one.book.task_cells.get(name, 0.0)))
    there = {rules.grade_id(cell) for cell in one.notebook.cells if rules.is_grade(cell)}
    for name, most in one.book.grade_cells.items():
        exercise = _exercise_of(name, lesson)
        if name not in there and exercise:
            result.scores[name] = _sealed(made, one.verdicts.get(exercise), lesson.sheets[exercise], most)
        elif name not in there:
            gone = "the cell was deleted from the notebook"
            made.exercises.append(ExerciseMark(name, None, most, explanation=gone))
    order = [_short(name, lesson) for name in one.book.grade_cells]
    made.exercises.sort(key=lambda e: order.index(e.name) if e.name in order else len(order))


def _sealed(made: Mark, verdict: Verdict | None, sheet: Sheet, most: float) -> float:
    """Lists an exercise of ours with what the judge said; its points."""
    verdict = verdict or _unreached(sheet)
    points = min(float(verdict.points), most)
    made.exercises.append(
        ExerciseMark(sheet.name, points, most, verdict.misconception, verdict.hint, True, verdict.explanation)
    )
    return points


def _exercise_of(grade_id: str, lesson: LessonSheet | None) -> str | None:
    """The exercise of ours that a graded cell checks."""
    name = grade_id.removeprefix("check_")
    return name if lesson and name != grade_id and name in lesson.sheets else None


def _short(grade_id: str, lesson: LessonSheet | None) -> str:
    return _exercise_of(grade_id, lesson) or grade_id


def _unreached(exercise: Sheet, why: str = NEVER_REACHED) -> Verdict:
    rows = tuple(Row(group, 0.0, share, False, "") for group, share in judge.shares(exercise).items())
    return Verdict(exercise.name, 0.0, exercise.points, rows, explanation=why)


@dataclass
class _Step:
    """What is done with one cell."""

    cell: NotebookNode | None  # None: the check was deleted, and the exercise is looked at in the end
    number: int  # among all cells, from 1: what a student sees
    kind: str  # run, exercise, progress, demo
    exercise: str = ""
    own: bool = True  # written by the student, not locked


@dataclass
class _Notebook:
    """One notebook of a submission on its way through the sandbox."""

    assignment: Assignment
    book: Book
    notebook: NotebookNode
    lesson: LessonSheet | None
    zygote: Zygote
    limits: Limits
    deadline: float
    files: dict[str, bytes]
    status: str = "graded"
    reasons: list[str] = field(default_factory=list)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    guilty: dict[int, str] = field(default_factory=dict)  # cells that ended the process, and how
    outcomes: dict[str, list[Outcome]] = field(default_factory=dict)
    done: set[int] = field(default_factory=set)
    name_errors: bool = False
    fragile: bool = False  # a probe has ended the process before

    def run(self) -> None:
        steps = self._steps()
        demos = any(step.kind == "demo" for step in steps)
        self._run_and_judge(steps, with_demos=False)
        if demos and self._leans_on_a_demo(steps):
            self._forget()
            self._run_and_judge(steps, with_demos=True)
        self._show_verdicts(steps)

    def _steps(self) -> list[_Step]:
        found = []
        for number, cell in enumerate(self.notebook.cells, 1):
            if cell.cell_type != "code" or not cell.source.strip():
                continue
            meta = cell.metadata.get("nbgrader", {})
            name = meta.get("grade_id", "")
            exercise = _exercise_of(name, self.lesson) if meta.get("grade") else None
            own = not (meta.get("locked") or meta.get("grade")) or bool(meta.get("solution"))
            kind = "run"
            if exercise:
                kind = "exercise"
            elif name in self.book.left_out and not own:
                kind = "demo"
            elif self.lesson and not own and cell.source.strip() == "progress()":
                kind = "progress"
            elif not meta.get("grade") and "skip-execution" in cell.metadata.get("tags", []):
                continue  # as nbclient does; a graded cell always runs
            found.append(_Step(cell, number, kind, exercise or "", own))
        return found + self._without_a_check(found)

    def _without_a_check(self, found: list[_Step]) -> list[_Step]:
        """An answer needs no check beside it: one that was deleted, or lost its metadata, costs nothing."""
        there = {step.exercise for step in found}
        asked = (_exercise_of(name, self.lesson) for name in self.book.grade_cells)
        missing = [name for name in asked if name and name not in there]
        end = len(self.notebook.cells) + 1
        return [_Step(None, end + k, "exercise", name) for k, name in enumerate(missing)]

    def _run_and_judge(self, steps: list[_Step], with_demos: bool) -> None:
        """Runs all cells, then all probes; what ends the process is left out, and the rest done again."""
        for _ in range(MOST_RESTARTS + 1):
            try:
                self._once(steps, with_demos)
                break
            except _Restart:
                continue
        for step in steps:
            if step.kind == "exercise" and step.exercise not in self.verdicts:
                why = self.guilty.get(-step.number) or self._why_not_reached()
                self.verdicts[step.exercise] = _unreached(self.lesson.sheets[step.exercise], why)

    def _once(self, steps: list[_Step], with_demos: bool) -> None:
        with self.zygote.student(self.files, seed=1, deadline=self.deadline) as student:
            began = time.monotonic()
            for step in steps:
                if step.number in self.guilty or (step.kind == "demo" and not with_demos):
                    continue
                if step.kind == "exercise":
                    self._try(step, lambda step=step: student.mark(step.number))
                elif step.kind != "progress":
                    self._run_cell(student, step)
            in_a_copy = self.fragile or time.monotonic() - began > SECONDS_TO_REPLAY
            for step in steps:
                if step.kind == "exercise" and -step.number not in self.guilty:
                    self._probe(student, step, in_a_copy)

    def _run_cell(self, student: Student, step: _Step) -> None:
        reply = self._try(step, lambda: student.cell(step.cell.source))
        if step.number in self.done:
            return  # again, on the way back to where the process ended
        self.done.add(step.number)
        step.cell.outputs = outputs_from(reply.outputs)
        step.cell.execution_count = reply.count
        if reply.limit:
            self._worse("limited", f"cell {step.number} was {reply.limit}")
            step.cell.outputs.append(error_output("CellTimeoutError", reply.limit))
        if step.own and any(o.get("ename") == "NameError" for o in step.cell.outputs):
            self.name_errors = True

    def _probe(self, student: Student, step: _Step, in_a_copy: bool) -> None:
        sheet = self.lesson.sheets[step.exercise]
        if step.exercise in self.verdicts:
            return
        public = self.assignment.public_counts.get(sheet.name, len(sheet.cases)) / len(sheet.cases)
        seconds = PROBE_PATIENCE * sheet.seconds * public
        try:
            outcomes = student.probe(step.number, sheet, seconds, in_a_copy)
        except Gone as gone:
            if in_a_copy:  # where there are threads there was none, and the process itself has ended
                self._blame(-step.number, step.exercise, gone)
            self.fragile = True
            raise _Restart from None
        if any(outcome.raised == "NameError" for outcome in outcomes):
            self.name_errors = True
        stopped = [o.message for o in outcomes if o.raised == "Stopped"]
        if stopped:
            kind = "crashed" if "the process of" in stopped[0] else "limited"
            self._worse(kind, f"{step.exercise}: {stopped[0]}")
        self.verdicts[step.exercise] = self._verdict(sheet, outcomes)

    def _try(self, step: _Step, ask: Callable[[], Any]) -> Any:
        try:
            return ask()
        except Gone as gone:
            self._blame(step.number, f"cell {step.number}", gone)
            if step.cell:
                step.cell.outputs = [error_output("DeadKernelError", f"this cell {gone.reason}")]
            raise _Restart from None

    def _blame(self, number: int, what: str, gone: Gone) -> None:
        self.guilty[number] = gone.reason
        self._worse("limited" if gone.limit else "crashed", f"{what} {gone.reason}")

    def _worse(self, status: str, reason: str) -> None:
        self.status = max(self.status, status, key=("graded", "limited", "crashed").index)
        self.reasons.append(reason)

    def _why_not_reached(self) -> str:
        return f"{NEVER_REACHED}: {'; '.join(self.reasons)}" if self.reasons else NEVER_REACHED

    def _verdict(self, sheet: Sheet, outcomes: list[Outcome]) -> Verdict:
        """The points of public and hidden cases together, in words that tell of the public ones only."""
        whole = judged(sheet, outcomes)
        if whole.status in ("right", "open"):
            return whole
        count = self.assignment.public_counts.get(sheet.name, len(sheet.cases))
        public = judged(_public_part(sheet, count), outcomes[:count])
        texts = {row.group: row.text for row in public.rows if not row.ok}
        rows = tuple(
            row if row.ok else replace(row, text=texts.get(row.group, ELSEWHERE)) for row in whole.rows
        )
        return replace(whole, rows=rows, explanation=public.explanation or ELSEWHERE)

    def _leans_on_a_demo(self, steps: list[_Step]) -> bool:
        if all(verdict.status in ("right", "open") for verdict in self.verdicts.values()):
            return False
        return self.name_errors or any(
            step.own and step.kind == "run" and _global_names(step.cell.source) & self.book.left_out_names
            for step in steps
        )

    def _forget(self) -> None:
        self.status, self.reasons, self.name_errors = "graded", [], False
        self.verdicts, self.guilty, self.done = {}, {}, set()
        for cell in self.notebook.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None

    def _show_verdicts(self, steps: list[_Step]) -> None:
        """The verdicts where the notebook would have shown its own."""
        for step in steps:
            if step.kind == "exercise" and step.cell:
                verdict = self.verdicts[step.exercise]
                step.cell.outputs = [result_output(repr(verdict), as_html(verdict))]
            elif step.kind == "progress":
                verdicts = tuple(
                    self.verdicts.get(name) or _unreached(sheet) for name, sheet in self.lesson.sheets.items()
                )
                table = Progress(self.lesson.lesson, self.lesson.title, verdicts)
                step.cell.outputs = [result_output(str(table), table._repr_html_())]


class _Restart(Exception):
    """The process is gone: the notebook is run again without what ended it."""


def judged(sheet: Sheet, outcomes: list[Outcome]) -> Verdict:
    """The verdict; results that the judge's author did not think of are wrong, not the end of the run."""
    try:
        return judge.verdict(sheet, outcomes)
    except Exception as error:
        return _unreached(sheet, f"these results could not be judged ({type(error).__name__})")


def _public_part(sheet: Sheet, count: int) -> Sheet:
    mistakes = tuple(replace(one, outcomes=one.outcomes[:count]) for one in sheet.mistakes)
    return replace(sheet, cases=sheet.cases[:count], mistakes=mistakes)


def _global_names(source: str) -> set[str]:
    """The names that a cell takes from elsewhere."""
    try:
        found = slicing.statements(slicing.without_magics(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    return {name for statement in found for name in statement.uses}


# --- outputs, as nbformat has them, from what a process claims ---


def outputs_from(claimed: list[Any]) -> list[NotebookNode]:
    """Outputs of known kinds with fields of the right types; what is neither is dropped."""
    made = []
    for output in claimed:
        if not isinstance(output, dict):
            continue
        kind = output.get("output_type")
        if kind == "stream" and output.get("name") in ("stdout", "stderr"):
            made.append(_output("stream", name=output["name"], text=str(output.get("text", ""))))
        elif kind in ("display_data", "execute_result"):
            count = output.get("execution_count")
            extra = (
                {"execution_count": count if type(count) is int else None} if kind == "execute_result" else {}
            )
            data = output.get("data")
            made.append(_output(kind, data=_mime_bundle(data), metadata={}, **extra))
        elif kind == "error":
            made.append(
                _output(
                    "error",
                    ename=str(output.get("ename")),
                    evalue=str(output.get("evalue")),
                    traceback=[str(line) for line in output.get("traceback") or []],
                )
            )
    return made


def _output(kind: str, **parts: Any) -> NotebookNode:
    """As nbformat makes it, but not looked at again: the whole notebook is, when it is written."""
    from nbformat import from_dict

    return from_dict({"output_type": kind, **parts})


def _mime_bundle(data: Any) -> dict[str, Any]:
    if not isinstance(data, dict):
        return {}
    return {
        str(mime): content if isinstance(content, str) or str(mime).endswith("json") else json.dumps(content)
        for mime, content in data.items()
        if not _deeper_than(DEEPEST, content)
    }


def _deeper_than(levels: int, value: Any) -> bool:
    """Whether lists and dictionaries are nested so far that whoever walks through them gives up."""
    inside = [value]
    for _ in range(levels):
        inside = [
            part
            for one in inside
            if isinstance(one, (list, dict))
            for part in (one.values() if isinstance(one, dict) else one)
        ]
    return bool(inside)


def error_output(name: str, text: str) -> NotebookNode:
    return _output("error", ename=name, evalue=text, traceback=[f"{name}: {text}"])


def result_output(plain: str, html: str) -> NotebookNode:
    return _output(
        "execute_result", data={"text/plain": plain, "text/html": html}, metadata={}, execution_count=None
    )
