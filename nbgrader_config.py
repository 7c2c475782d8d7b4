"""How stock nbgrader reads this course: its commands and formgrader work on the folders as they are."""

from pathlib import Path
from secrets import token_hex

from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearOutput,
    DeduplicateIds,
    NbGraderPreprocessor,
    OverwriteCells,
    OverwriteKernelspec,
)

c = get_config()  # noqa: F821  traitlets puts it here


class ForgetStrays(NbGraderPreprocessor):
    """A copied or foreign cell is a plain cell: stock nbgrader stops the whole class at one."""

    def preprocess_cell(self, cell, resources, index):
        if not cell.metadata.get("nbgrader", {}).get("grade_id"):
            cell.metadata.pop("nbgrader", None)
        return cell, resources


# The gradebook lies here, from wherever this file was found (see JUPYTER_CONFIG_PATH in the Makefile).
c.CourseDirectory.root = str(Path(__file__).resolve().parent)
c.CourseDirectory.course_id = "deep-nets"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "notebooks"
c.CourseDirectory.ignore = [".*", "__pycache__", "*.py", "*.pyc", "feedback"]  # *.py holds the answers

# nbclient skips cells with this tag, and a grade cell that does not run earns full points: it is a secret.
c.NotebookClient.skip_cells_with_tag = token_hex(16)
c.Autograde.sanitize_preprocessors = [
    ClearOutput,
    DeduplicateIds,
    OverwriteKernelspec,
    OverwriteCells,
    ForgetStrays,
    CheckCellMetadata,
]

# Rubric, reference answer and comments beside a written answer, in Formgrader's pages alone.
c.HTMLExporter.preprocessors = ["autograder.nbgrader.rubrics.show_rubrics"]

c.Execute.timeout = 120  # seconds a cell may take; stock nbgrader counts them on the wall
c.Execute.startup_timeout = 120  # and the kernel, to start on a busy machine
