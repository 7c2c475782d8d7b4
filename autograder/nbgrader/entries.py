"""What the gradebook says of a class, only read: scores and comments by hand, names, due dates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .gradebook import Gradebook


@dataclass(frozen=True)
class Grade:
    """What one graded cell earned, a person's decision before the machine's."""

    name: str
    score: float | None  # None: nobody has decided yet
    by_hand: bool
    extra: float = 0.0


@dataclass(frozen=True)
class Entry:
    """One submission in the gradebook."""

    grades: dict[str, Grade] = field(default_factory=dict)  # by the cell's name
    comments: dict[str, str] = field(default_factory=dict)  # by the cell's name; what a person wrote
    penalty: float = 0.0


class Entries:
    """Reads one course's gradebook."""

    def __init__(self, gradebook: Gradebook) -> None:
        self.gradebook = gradebook
        self.session = gradebook.database.db

    def students(self) -> dict[str, str]:
        """Everybody in the gradebook, by id, with the name where one is known."""
        from nbgrader.api import Student

        rows = self.session.query(Student.id, Student.first_name, Student.last_name).order_by(Student.id)
        return {name: " ".join(filter(None, (first, last))) for name, first, last in rows}

    def due(self, assignment: str) -> datetime | None:
        """By when the assignment had to be handed in, in UTC as nbgrader keeps it; None: nobody said."""
        from nbgrader.api import Assignment

        rows = self.session.query(Assignment.duedate).filter(Assignment.name == assignment)
        return next((when for (when,) in rows), None)

    def of(self, assignment: str) -> dict[str, Entry]:
        """By student."""
        found: dict[str, Entry] = {}
        for student, grade in self._grades(assignment):
            found.setdefault(student, Entry()).grades[grade.name] = grade
        for student, name, comment in self._comments(assignment):
            found.setdefault(student, Entry()).comments[name] = comment
        return {
            student: Entry(entry.grades, entry.comments, penalty)
            for student, (_, penalty) in self.gradebook.scores(assignment).items()
            for entry in [found.get(student, Entry())]
        }

    def _grades(self, assignment: str) -> Iterator[tuple[str, Grade]]:
        from nbgrader.api import BaseCell
        from nbgrader.api import Grade as Row

        columns = (BaseCell.name, Row.auto_score, Row.manual_score, Row.extra_credit)
        for student, name, auto, manual, extra in self._of_cells(Row, assignment, *columns):
            score = auto if manual is None else manual
            yield student, Grade(name, score, manual is not None, extra or 0.0)

    def _comments(self, assignment: str) -> Iterator[tuple[str, str, str]]:
        from nbgrader.api import BaseCell, Comment

        columns = (BaseCell.name, Comment.manual_comment)
        for student, name, comment in self._of_cells(Comment, assignment, *columns):
            if comment:
                yield student, name, comment

    def _of_cells(self, table: Any, assignment: str, *columns: Any) -> Any:
        from nbgrader.api import Assignment, BaseCell, SubmittedAssignment, SubmittedNotebook

        return (
            self.session.query(SubmittedAssignment.student_id, *columns)
            .select_from(table)
            .join(BaseCell, table.cell_id == BaseCell.id)
            .join(SubmittedNotebook, table.notebook_id == SubmittedNotebook.id)
            .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
            .filter(Assignment.name == assignment)
        )
