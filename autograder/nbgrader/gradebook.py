"""A course's gradebook: the assignments it knows, and the marks that are entered. The one writer of it."""

from __future__ import annotations

import json
import warnings
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..errors import AutograderError
from . import cells
from .course import Course, alembic_on_path, first_line, load_config, silent_log
from .folders import Folders
from .records import Mark, Notebook, SourceCell
from .release import enter_into_gradebook
from .scoring import is_time

_LONG_AGO = "2000-01-01"  # stands for no timestamp, which is as good as one that can be read


class Gradebook:
    """nbgrader's database of one course."""

    def __init__(self, course: Course) -> None:
        from nbgrader.api import Gradebook as Database
        from nbgrader.api import InvalidEntry
        from sqlalchemy.exc import SQLAlchemyError

        self.course = course
        self.config = load_config(course.root)
        self.folders = Folders(course, self.config)
        url = self.folders.directory.db_url
        if url.startswith("postgresql://"):  # load_config found no driver
            raise AutograderError(
                "The gradebook lies in PostgreSQL, and Python's driver for it is not here: "
                "pip install 'psycopg[binary]'"
            )
        try:
            with alembic_on_path():
                self.database = Database(url, self.folders.directory.course_id)
        except (ImportError, SQLAlchemyError, InvalidEntry) as error:
            raise AutograderError(f"The gradebook can't be opened: {first_line(error)}") from error

    def close(self) -> None:
        self.database.close()

    def notebooks(self, assignment: str) -> dict[str, Notebook]:
        """An assignment's notebooks from the gradebook, which is made from the source where it lacks them."""
        from nbgrader.api import MissingEntry

        try:
            found = self.database.find_assignment(assignment)
        except MissingEntry:
            found = None
        if found is None or not found.notebooks or self._outdated(found):
            enter_into_gradebook(self.folders.root, assignment, load_config(self.course.root))
            self.database.db.expire_all()
            found = self.database.find_assignment(assignment)
        return {notebook.name: _notebook(notebook) for notebook in found.notebooks}

    def _outdated(self, assignment: Any) -> bool:
        """Whether the source has other graded cells than the gradebook (as after a build elsewhere)."""
        if any(notebook.submissions for notebook in assignment.notebooks):
            return False
        for notebook in assignment.notebooks:
            path = self.folders.source_folder(assignment.name) / f"{notebook.name}.ipynb"
            if path.is_file():
                source = json.loads(path.read_text(encoding="utf-8"))["cells"]
                points = {cells.grade_id(cell): cells.points(cell) for cell in source if cells.is_grade(cell)}
                if points != {cell.name: cell.max_score for cell in notebook.grade_cells}:
                    return True
        return False

    def set_due(self, assignment: str, when: str) -> None:
        """Sets the time by which an assignment has to be handed in."""
        self.notebooks(assignment)
        self.database.update_or_create_assignment(assignment, duedate=when)

    def due(self, assignment: str) -> datetime | None:
        """By when an assignment has to be handed in, in UTC."""
        from nbgrader.api import MissingEntry

        try:
            found: datetime | None = self.database.find_assignment(assignment).duedate
        except MissingEntry:
            return None
        return found

    def graded_already(self, assignment: str) -> set[str]:
        """Students whose marks are in the gradebook and whose executed notebook is there to be read."""
        from nbgrader.api import Assignment, Student, SubmittedAssignment

        students = (
            self.database.db.query(Student.id)
            .join(SubmittedAssignment, SubmittedAssignment.student_id == Student.id)
            .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
            .filter(Assignment.name == assignment)
        )
        return {name for (name,) in students if self.folders.autograded(assignment, name).is_dir()}

    def write(
        self,
        assignment: str,
        marks: list[Mark],
        timestamps: dict[str, str | None],
        same: dict[str, set[str]] | None = None,
    ) -> None:
        """Marks into the gradebook, all or none; manual scores and comments stay.

        Args:
            assignment: the marks'.
            marks: what is entered.
            timestamps: when it was handed in, by student.
            same: cells, as "notebook/cell", whose answer has not changed since it was graded last: whether a
                person has to look at their manual score is left as it was.

        Raises:
            AutograderError: the gradebook could not be written; it is as it was.
        """
        from sqlalchemy.exc import SAWarning, SQLAlchemyError

        session = self.database.db
        warnings.simplefilter("ignore", SAWarning)  # about how nbgrader adds a submission piece by piece
        # As nbgrader, which stops before it has a row for the submission.
        marks = [mark for mark in marks if is_time(timestamps.get(mark.student) or _LONG_AGO)]
        commit, session.commit = session.commit, lambda: None  # nbgrader's own calls commit after every step
        try:
            with session.no_autoflush:  # many rows at once cost a fraction of one by one
                for mark in marks:
                    self.database.update_or_create_student(mark.student)
                session.flush()
                entries = [self._submission_of(assignment, mark, timestamps) for mark in marks]
                session.flush()
                for mark, entry in zip(marks, entries, strict=True):
                    self._enter_mark(mark, entry, (same or {}).get(mark.student, set()))
                session.flush()
            for mark, entry in zip(marks, entries, strict=True):
                if mark.status != "failed":
                    self._penalise(mark, entry)
            session.commit = commit
            session.commit()
        except Exception as error:
            session.rollback()
            if isinstance(error, (SQLAlchemyError, OSError)):
                raise AutograderError(f"The gradebook could not be written: {first_line(error)}") from error
            raise
        finally:
            session.commit = commit
            session.expunge_all()

    def _submission_of(self, assignment: str, mark: Mark, timestamps: dict[str, str | None]) -> Any:
        timestamp = timestamps.get(mark.student)
        when = {"timestamp": timestamp} if timestamp else {}
        return self.database.update_or_create_submission(assignment, mark.student, **when)

    @staticmethod
    def _enter_mark(mark: Mark, submission: Any, same: set[str]) -> None:
        notebooks = {notebook.name: notebook for notebook in submission.notebooks}
        for name in mark.missing:
            for grade in notebooks[name].grades:
                grade.auto_score, grade.needs_manual_grade = 0, False
        for done in mark.notebooks:
            grades = {grade.name: grade for grade in notebooks[done.name].grades}
            for name, score in done.scores.items():
                grade = grades[name]
                grade.auto_score = score
                if grade.manual_score is None or f"{done.name}/{name}" not in same:
                    grade.needs_manual_grade = grade.manual_score is not None or score is None
            comments = {comment.name: comment for comment in notebooks[done.name].comments}
            for name, comment in done.comments.items():
                if name in comments:  # a cell that the student's file calls an answer may be none
                    comments[name].auto_comment = comment

    def _penalise(self, mark: Mark, submission: Any) -> None:
        """What nbgrader's AssignLatePenalties does."""
        from nbgrader.preprocessors import AssignLatePenalties

        graded = {done.name for done in mark.notebooks}
        for notebook in [notebook for notebook in submission.notebooks if notebook.name in graded]:
            notebook.late_submission_penalty = None
            if submission.total_seconds_late > 0:
                step = AssignLatePenalties(config=self.config, log=silent_log())
                step.init_plugin()
                self.database.db.refresh(notebook)
                penalty = step.plugin_inst.late_submission_penalty(
                    submission.student.id, notebook.score, submission.total_seconds_late
                )
                if penalty is not None:
                    notebook.late_submission_penalty = step._check_late_penalty(notebook, penalty)

    def scores(self, assignment: str) -> dict[str, tuple[float, float]]:
        """Every student's score as the gradebook has it, manual scores included, and the penalty in it."""
        from nbgrader.api import Assignment, Student, SubmittedAssignment

        rows = (
            self.database.db.query(
                Student.id, SubmittedAssignment.score, SubmittedAssignment.late_submission_penalty
            )
            .join(SubmittedAssignment, SubmittedAssignment.student_id == Student.id)
            .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
            .filter(Assignment.name == assignment)
        )
        return {student: (max(0.0, score - penalty), penalty) for student, score, penalty in rows}

    def people(self) -> dict[str, tuple[str, str]]:
        """Every student's name and email, as far as somebody has entered them."""
        return {
            one.id: (" ".join(filter(None, [one.first_name, one.last_name])), one.email or "")
            for one in self.database.students
        }

    def manual_comments(self, assignment: str) -> dict[str, list[str]]:
        """The lines that graders have written to each cell, the most frequent first."""
        from nbgrader import api

        rows = (
            self.database.db.query(api.BaseCell.name, api.Comment.manual_comment)
            .select_from(api.Comment)
            .join(api.BaseCell, api.Comment.cell_id == api.BaseCell.id)
            .join(api.Notebook, api.BaseCell.notebook_id == api.Notebook.id)
            .join(api.Assignment, api.Notebook.assignment_id == api.Assignment.id)
            .filter(api.Assignment.name == assignment, api.Comment.manual_comment.isnot(None))
        )
        counts: dict[str, Counter[str]] = {}
        for cell, comment in rows:
            lines = [line.strip() for line in comment.splitlines() if line.strip()]
            counts.setdefault(cell, Counter()).update(lines)
        return {cell: [text for text, _ in some.most_common()] for cell, some in counts.items()}

    def grades(self, assignment: str, by_hand: bool = False) -> dict[str, list[Grade]]:
        """Every student's grades, cell by cell; only those that a person gave, if asked."""
        from nbgrader import api

        rows = (
            self.database.db.query(
                api.Student.id,
                api.BaseCell.name,
                api.Grade.auto_score,
                api.Grade.manual_score,
                api.Grade.extra_credit,
                api.Grade.needs_manual_grade,
            )
            .select_from(api.Grade)
            .join(api.BaseCell, api.Grade.cell_id == api.BaseCell.id)
            .join(api.SubmittedNotebook, api.Grade.notebook_id == api.SubmittedNotebook.id)
            .join(api.SubmittedAssignment, api.SubmittedNotebook.assignment_id == api.SubmittedAssignment.id)
            .join(api.Student, api.SubmittedAssignment.student_id == api.Student.id)
            .join(api.Assignment, api.SubmittedAssignment.assignment_id == api.Assignment.id)
            .filter(api.Assignment.name == assignment)
        )
        if by_hand:
            rows = rows.filter(api.Grade.manual_score.isnot(None))
        found: dict[str, list[Grade]] = {}
        for student, cell, auto, manual, extra, open_ in rows:
            score = auto if manual is None else manual
            points = None if score is None else score + (extra or 0.0)
            found.setdefault(student, []).append(Grade(cell, points, manual is not None, bool(open_)))
        return found


@dataclass(frozen=True)
class Grade:
    """What one graded cell of a submission has earned, a person's word before the grader's."""

    cell: str
    points: float | None
    by_hand: bool
    to_look_at: bool  # nobody has graded it yet, or it has changed since


def _notebook(notebook: Any) -> Notebook:
    return Notebook(
        name=notebook.name,
        kernelspec=notebook.kernelspec,
        source_cells={
            cell.name: SourceCell(cell.name, cell.cell_type, cell.locked, cell.source, cell.checksum)
            for cell in notebook.source_cells
        },
        grade_cells={cell.name: cell.max_score for cell in notebook.grade_cells},
        solution_cells=tuple(cell.name for cell in notebook.solution_cells),
        task_cells={cell.name: cell.max_score for cell in notebook.task_cells},
    )
