"""The instructor's own answers go first: what they don't earn in the sandbox, no student could.

And afterwards, cells that failed for most of a class: that is the course's defect more often than theirs.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from ..errors import AutograderError
from ..nbgrader.records import Assignment, Mark, Submission

NAME = "\0instructor"  # no folder can be called this
FEWEST = 3  # submissions of which most is more than chance


class NotRight(AutograderError):
    """The instructor's own answers do not earn full marks here, so nobody's work is touched."""

    def __init__(self, assignment: str, mark: Mark) -> None:
        super().__init__(assignment, mark)
        self.assignment, self.mark = assignment, mark

    def __str__(self) -> str:
        why = f" ({self.mark.reason})" if self.mark.reason else ""
        lines = [
            f"Your own answers to {self.assignment} do not earn full marks here{why}, so nothing is graded."
        ]
        for row in self.mark.exercises:
            if row.points is not None and row.points < row.max_points:
                said = f", {row.explanation}" if row.explanation else ""
                lines.append(f"{row.name}: {row.points:g} of {row.max_points:g}{said}")
        lines.append("What is missing in the sandbox, a file or a package, is missing for everybody.")
        lines.append("With --no-canary it is graded all the same.")
        return "\n    ".join(lines)


def submission_of(assignment: Assignment, folder: Path) -> Submission:
    """What the instructor would hand in."""
    files = {
        f"{name}.ipynb": (folder / f"{name}.ipynb").read_bytes()
        for name in assignment.notebooks
        if (folder / f"{name}.ipynb").is_file()
    }
    return Submission(NAME, assignment.name, files)


def must_be_right(assignment: Assignment, mark: Mark) -> None:
    """Raises NotRight where the instructor's own answers lose points, or could not be graded."""
    lost = any(row.points is not None and row.points < row.max_points for row in mark.exercises)
    if lost or mark.status == "failed":
        raise NotRight(assignment.name, mark)


class ClassFailures:
    """Counts, over a run, the instructor's cells that ended in an error."""

    def __init__(self) -> None:
        self.graded: Counter[str] = Counter()
        self.failed: Counter[tuple[str, str]] = Counter()

    def count(self, mark: Mark) -> None:
        """One more submission."""
        if mark.status == "failed":
            return
        self.graded[mark.assignment] += 1
        cells = {cell for notebook in mark.notebooks for cell in notebook.failed_cells}
        self.failed.update((mark.assignment, cell) for cell in cells)

    def remarks(self) -> list[str]:
        """A sentence for each cell that failed in more than half of the class."""
        return [
            f"{assignment}: the cell {cell} failed in {count} of {self.graded[assignment]} notebooks"
            for (assignment, cell), count in sorted(self.failed.items())
            if self.graded[assignment] >= FEWEST and 2 * count > self.graded[assignment]
        ]
