"""A notebook of a lesson of ours: its exercises are judged outside of the student's reach.

Its cells run no check inside; the student's functions are probed after the last cell has run, with the names
as they were at the exercise's place, and what comes back is judged here. Public cases of all exercises come
first, then hidden ones: of these nothing is told but whether they were earned, and which misconception it is.

Last, an exercise that lost points and builds on an earlier one that did is probed again with the course's own
in its place. That function's source is the only thing of the course's that enters a student's process, and it
enters when all that it could have been used for has been judged: exercises are taken in their order, and what
stands in belongs to an earlier one (`authoring/standins.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from ..nbgrader import cells
from ..nbgrader.records import Notebook
from ..student import judge, standins
from ..student.sheet import LessonSheet, Outcome, Sheet
from ..student.verdict import Progress, Verdict
from .details import Details, details_of
from .leaning import leans_on
from .outputs import result_output
from .plain import code_cells
from .probing import Question
from .process import Gone, StudentProcess
from .running import CellRunner, Restart, Step, Surroundings

if TYPE_CHECKING:
    from nbformat import NotebookNode

PROBE_PATIENCE = 2  # times what all cases may take in a notebook is what one may take here
SECONDS_TO_REPLAY = 2  # cells that took longer are not run again because a probe crashed: it gets a copy
ELSEWHERE = "holds on the inputs you were given, and not on others"
NEVER_REACHED = "this exercise was not reached"
NOT_FINISHED = "did not finish on inputs that it was not given"


class SealedNotebook:
    """One notebook on its way through the sandbox, and what its exercises earn."""

    def __init__(
        self,
        notebook: NotebookNode,
        original: Notebook,
        lesson: LessonSheet,
        public_counts: Mapping[str, int],
        surroundings: Surroundings,
    ) -> None:
        self.notebook, self.original, self.lesson = notebook, original, lesson
        self.public_counts = public_counts
        self.runner = CellRunner(surroundings)
        self.verdicts: dict[str, Verdict] = {}
        self.outcomes: dict[bool, dict[str, list[Outcome]]] = {False: {}, True: {}}  # of hidden cases: True
        self.second_tried: set[str] = set()  # with the course's own in place of earlier answers
        self.fragile = False  # a probe has ended the process before
        self.demos: list[Step] = []
        self.tables: list[NotebookNode] = []  # cells that show the progress
        self.steps = self._steps()

    def run(self) -> CellRunner:
        """Runs and judges; with the demonstrations only where an answer may lean on one."""
        whole = sorted(self.steps + self.demos, key=lambda step: step.number)
        if leans_on(self.original.left_out, whole):
            self._run_and_judge(whole)
        else:
            self._run_and_judge(self.steps)
            if self.demos and self.runner.name_errors and self._is_short_of_points():
                self._forget()
                self._run_and_judge(whole)
        self._show_verdicts()
        return self.runner

    def _steps(self) -> list[Step]:
        """What has to run; demonstrations and tables of progress are set aside."""
        found = []
        for number, cell in code_cells(self.notebook):
            name, own = cells.grade_id(cell), cells.is_students_own(cell)
            exercise = exercise_of(name, self.lesson) if cells.is_grade(cell) else ""
            step = Step(number, cell, exercise, own)
            if not exercise and not own and cell.source.strip() == "progress()":
                self.tables.append(cell)
            elif not own and cell.source.strip().startswith("quiz("):
                continue  # nobody is there to answer
            elif not exercise and not own and name in self.original.left_out:
                self.demos.append(step)
            else:
                found.append(step)
        return found + self._without_a_check(found)

    def _without_a_check(self, found: list[Step]) -> list[Step]:
        """An answer needs no check beside it: one that was deleted, or lost its metadata, costs nothing."""
        there = {step.exercise for step in found}
        asked = (exercise_of(name, self.lesson) for name in self.original.grade_cells)
        missing = [name for name in asked if name and name not in there]
        end = len(self.notebook.cells) + 1
        return [Step(end + k, None, name) for k, name in enumerate(missing)]

    def _run_and_judge(self, steps: list[Step]) -> None:
        exercises = [step for step in steps if step.exercise]

        def probe_all(process: StudentProcess, seconds: float) -> None:
            in_a_copy = seconds > SECONDS_TO_REPLAY
            for hidden in (False, True):  # whatever may be said is said before anything hidden is seen
                self._probe(process, exercises, in_a_copy or self.fragile, hidden)
            if any(sheet.stand_ins for sheet in self.lesson.sheets.values()):
                self._judge(exercises, lambda step, names: self._probe_again(process, step, names))

        self.runner.run(steps, probe_all)
        self._judge(exercises)

    def _judge(
        self, exercises: list[Step], again: Callable[[Step, frozenset[str]], None] = lambda *_: None
    ) -> None:
        """All verdicts, in the lesson's order. `again`: where an earlier answer may have cost points."""
        order = list(self.lesson.sheets)
        for step in sorted(exercises, key=lambda step: order.index(step.exercise)):
            name = step.exercise
            if not (name in self.verdicts and name in self.outcomes[True]):
                self.verdicts[name] = self._verdict(step)
            if self.verdicts[name].status in ("right", "open") or name in self.second_tried:
                continue
            wrong = standins.not_right(self.lesson, self.lesson.sheets[name], self.verdicts)
            if wrong and name in self.outcomes[True]:
                self.second_tried.add(name)  # whatever comes of it
                again(step, wrong)

    def _probe_again(self, process: StudentProcess, step: Step, names: frozenset[str]) -> None:
        """The exercise once more, with the course's own in place of these; no word of it is kept."""
        sheet = self.lesson.sheets[step.exercise]
        own = {name: sheet.stand_ins[name] for name in names & sheet.stand_ins.keys()}
        if not own:
            return
        try:
            outcomes = process.probe(
                Question(step.number, sheet, sheet.cases, self._patience(sheet), self.fragile, own)
            )
        except Gone:
            if self.runner.surroundings.budget.is_spent:
                return  # nothing more can be tried, and what was earned stays
            self.fragile = True
            raise Restart from None
        found = judge.verdict_or_zero(sheet, outcomes)
        first = self.verdicts[step.exercise]
        if standins.says_more(found, first):
            texts = {row.group: row.text or ELSEWHERE for row in first.rows}
            self.verdicts[step.exercise] = replace(
                found,
                rows=tuple(row if row.ok else replace(row, text=texts[row.group]) for row in found.rows),
                explanation="" if found.status == "right" else first.explanation,
                notes=(standins.said_of(own),),
            )

    def _probe(self, process: StudentProcess, exercises: list[Step], in_a_copy: bool, hidden: bool) -> None:
        """Asks what has not been answered yet, and judges while the next is being answered."""
        known, guilty = self.outcomes[hidden], self.runner.guilty
        steps = [s for s in exercises if s.exercise not in known and -s.number not in guilty]
        questions = [(step, self._question(step, in_a_copy, hidden)) for step in steps]
        answers = process.probes([question for _, question in questions if question.cases])
        for step, question in questions:
            try:
                outcomes = next(answers) if question.cases else []
            except Gone as gone:
                if in_a_copy and hidden:
                    lost = [Outcome(None, "Stopped", gone.reason)] * len(question.cases)
                    self._keep(step, hidden, lost)
                elif in_a_copy:  # where there are threads there was none, and the process itself has ended
                    self.runner.blame(-step.number, step.exercise, gone)
                self.fragile = True
                raise Restart from None
            self._keep(step, hidden, outcomes)
            if hidden:
                self.verdicts[step.exercise] = self._verdict(step)

    def _question(self, step: Step, in_a_copy: bool, hidden: bool) -> Question:
        sheet = self.lesson.sheets[step.exercise]
        count = self._public_count(sheet)
        cases = sheet.cases[count:] if hidden else sheet.cases[:count]
        return Question(step.number, sheet, cases, self._patience(sheet), in_a_copy)

    def _keep(self, step: Step, hidden: bool, outcomes: list[Outcome]) -> None:
        self.outcomes[hidden][step.exercise] = outcomes
        if any(outcome.raised == "NameError" for outcome in outcomes):
            self.runner.name_errors = True
        stopped = [outcome.message for outcome in outcomes if outcome.raised == "Stopped"]
        if not stopped:
            return
        status = "crashed" if "the process of" in stopped[0] else "limited"
        self.runner.note(status, f"{step.exercise}: {NOT_FINISHED if hidden else stopped[0]}")

    def _patience(self, sheet: Sheet) -> float:
        return PROBE_PATIENCE * sheet.seconds * self._public_count(sheet) / len(sheet.cases)

    def _public_count(self, sheet: Sheet) -> int:
        return self.public_counts.get(sheet.name, len(sheet.cases))

    def _why_not_reached(self) -> str:
        reasons = "; ".join(self.runner.reasons)
        return f"{NEVER_REACHED}: {reasons}" if reasons else NEVER_REACHED

    def _verdict(self, step: Step) -> Verdict:
        """The points of public and hidden cases together, in words that tell of the public ones only."""
        sheet, count = (
            self.lesson.sheets[step.exercise],
            self._public_count(self.lesson.sheets[step.exercise]),
        )
        seen = self.outcomes[False].get(step.exercise)
        unseen = self.outcomes[True].get(step.exercise)
        if seen is None or unseen is None:
            why = self.runner.guilty.get(-step.number) or self._why_not_reached()
            return judge.unearned(sheet, why)
        whole = judge.verdict_or_zero(sheet, seen + unseen)
        if whole.status in ("right", "open"):
            return whole
        public = judge.verdict_or_zero(_public_part(sheet, count), seen)
        texts = {row.group: row.text for row in public.rows if not row.ok}
        rows = tuple(
            row if row.ok else replace(row, text=texts.get(row.group, ELSEWHERE)) for row in whole.rows
        )
        return replace(whole, rows=rows, explanation=public.explanation or ELSEWHERE, error=public.error)

    def _is_short_of_points(self) -> bool:
        return any(verdict.status not in ("right", "open") for verdict in self.verdicts.values())

    def details(self) -> dict[str, Details]:
        """What may be told of every exercise, by name."""
        only_public = [name for name, verdict in self.verdicts.items() if verdict.explanation == ELSEWHERE]
        return details_of(self.notebook, self.lesson, self.verdicts, self.outcomes[False], only_public)

    def _forget(self) -> None:
        self.runner.forget()
        self.verdicts, self.outcomes, self.second_tried = {}, {False: {}, True: {}}, set()
        for cell in self.notebook.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None

    def _show_verdicts(self) -> None:
        """The verdicts where the notebook would have shown its own."""
        for step in self.steps:
            if step.exercise and step.cell is not None:
                verdict = self.verdicts[step.exercise]
                step.cell.outputs = [result_output(repr(verdict), verdict._repr_html_())]
        for cell in self.tables:
            verdicts = tuple(
                self.verdicts.get(name) or judge.unearned(sheet, NEVER_REACHED)
                for name, sheet in self.lesson.sheets.items()
            )
            table = Progress(self.lesson.lesson, self.lesson.title, verdicts, written=self.lesson.written)
            cell.outputs = [result_output(str(table), table._repr_html_())]


def exercise_of(grade_id: str, lesson: LessonSheet | None) -> str:
    """The exercise of ours that a graded cell checks; empty where it checks none."""
    name = cells.checked_exercise(grade_id)
    return name if lesson and name in lesson.sheets else ""


def _public_part(sheet: Sheet, count: int) -> Sheet:
    mistakes = tuple(replace(one, outcomes=one.outcomes[:count]) for one in sheet.mistakes)
    return replace(sheet, cases=sheet.cases[:count], mistakes=mistakes)
