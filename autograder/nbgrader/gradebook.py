"""A course's gradebook: the assignments it knows, and the marks that are entered. The one writer of it."""

from __future__ import annotations

import json
import warnings
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

        self.course = course
        self.config = load_config(course.root)
        self.folders = Folders(course, self.config)
        with alembic_on_path():
            self.database = Database(self.folders.directory.db_url, self.folders.directory.course_id)

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

    def write(self, assignment: str, marks: list[Mark], timestamps: dict[str, str | None]) -> None:
        """Marks into the gradebook, all or none; manual scores and comments stay.

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
                    self._enter_mark(mark, entry)
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
    def _enter_mark(mark: Mark, submission: Any) -> None:
        notebooks = {notebook.name: notebook for notebook in submission.notebooks}
        for name in mark.missing:
            for grade in notebooks[name].grades:
                grade.auto_score, grade.needs_manual_grade = 0, False
        for done in mark.notebooks:
            grades = {grade.name: grade for grade in notebooks[done.name].grades}
            for name, score in done.scores.items():
                grade = grades[name]
                grade.auto_score = score
                grade.needs_manual_grade = grade.manual_score is not None or score is None
            comments = {comment.name: comment for comment in notebooks[done.name].comments}
            for name, comment in done.comments.items():
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
