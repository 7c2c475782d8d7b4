"""A lesson's release, made by nbgrader's own converter: what students open, and the gradebook's entries.

Runs in this process, with the configuration that the stock commands read, so that what comes out is what
`nbgrader generate_assignment` would have made.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import AutograderError
from . import cells
from .course import Course, alembic_on_path, check_folders, first_line, load_config, quiet

if TYPE_CHECKING:
    from nbformat import NotebookNode
    from nbgrader.converters import GenerateAssignment
    from traitlets.config import Config


class ReleaseError(AutograderError):
    """nbgrader could not make a release; says why, in one line."""

    def __init__(self, lesson: str, reason: str) -> None:
        super().__init__(lesson, reason)
        self.lesson, self.reason = lesson, reason

    def __str__(self) -> str:
        advice = ""
        if "add or remove cells" in self.reason:
            advice = (
                "\n    The gradebook holds submissions of this lesson; nbgrader then accepts no other cells. "
                "Build in a copy of the course, or move gradebook.db away."
            )
        return f"nbgrader could not make the release of {self.lesson}: {self.reason}{advice}"


def release(course: Course, lesson: str) -> None:
    """Does what `nbgrader generate_assignment --force` does; a failure leaves the old release in place."""
    config = load_config(course.root)
    check_folders(course, config)
    with _converted_aside(course.root, lesson, config) as made:
        target = course.notebooks / lesson
        shutil.rmtree(target, ignore_errors=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(made, target)


def released_text(course: Course, lesson: str, source: NotebookNode) -> str:
    """The release notebook that `release` writes for a source; neither disk nor gradebook is touched."""
    from traitlets.config import Config

    config = load_config(course.root)
    config.merge(Config({"SaveCells": {"enabled": False}}))  # the only step that needs the gradebook
    with _reporting(lesson) as logger:
        converter = _converter(course.root, lesson, config, logger)
        exporter = converter.exporter_class(parent=converter, config=converter.config)
        for step in converter.preprocessors:
            exporter.register_preprocessor(step)
        where = converter.coursedir.format_path(converter.coursedir.source_directory, ".", lesson)
        nbgrader = {"student": ".", "assignment": lesson, "notebook": lesson, "db_url": ""}
        resources = {"metadata": {"name": lesson, "path": where}, "nbgrader": nbgrader}
        text: str
        text, _ = exporter.from_notebook_node(source, resources=resources)
    return text


def changed_cells(data: bytes) -> list[str]:
    """The cells of a released notebook that are not as they were released, or have been run.

    Raises:
        ValueError: it is no notebook.
    """
    import nbformat
    from nbgrader import utils

    try:
        with quiet():
            notebook = nbformat.reads(data.decode("utf-8"), as_version=4)
    except Exception as error:
        raise ValueError(first_line(error)) from None

    def is_changed(cell: NotebookNode) -> bool:
        noted = cells.checksum(cell)
        ran = cell.get("outputs") or cell.get("execution_count")
        return bool(ran) or (noted is not None and noted != utils.compute_checksum(cell))

    return [cells.grade_id(cell) or cell.get("id", "") for cell in notebook.cells if is_changed(cell)]


def enter_into_gradebook(root: Path, assignment: str, config: Config) -> None:
    """What a release writes into the gradebook; the release itself is thrown away."""
    with _converted_aside(root, assignment, config):
        pass


@contextmanager
def _converted_aside(root: Path, lesson: str, config: Config) -> Iterator[Path]:
    """A lesson's release in a folder beside where it belongs; what is left there is thrown away."""
    with (
        _reporting(lesson) as logger,
        alembic_on_path(),
        tempfile.TemporaryDirectory(prefix=".release-", dir=root) as aside,
    ):
        converter = _converter(root, lesson, config, logger)
        converter.coursedir.release_directory = Path(aside).name
        converter.start()
        yield Path(converter.coursedir.format_path(Path(aside).name, ".", lesson))


def _converter(root: Path, lesson: str, config: Config, logger: logging.Logger) -> GenerateAssignment:
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory

    course = CourseDirectory(config=config, root=str(root), assignment_id=lesson, log=logger)
    return GenerateAssignment(coursedir=course, config=config, log=logger)


class _Listener(logging.Handler):
    """nbgrader logs what went wrong and raises "see the above": this keeps the exception it was handling."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.error: BaseException | None = None

    def emit(self, record: logging.LogRecord) -> None:
        self.error = self.error or sys.exc_info()[1]


@contextmanager
def _reporting(lesson: str) -> Iterator[logging.Logger]:
    """A logger that prints nothing; what fails under it comes out as a ReleaseError."""
    logger = logging.Logger("autograder")  # not registered: nobody else's handlers
    listener = _Listener()
    logger.addHandler(listener)
    try:
        yield logger
    except Exception as error:
        cause = listener.error or error
        said = str(getattr(cause, "message", "") or cause or type(cause).__name__)
        raise ReleaseError(lesson, said.splitlines()[0]) from cause
