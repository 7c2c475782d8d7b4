"""The only module that imports nbgrader: its converters, its rules of scoring and its gradebook.

Runs in this process, with the configuration that the stock commands read, so that what comes out is what
`nbgrader generate_assignment` would have made and what `nbgrader autograde` would have scored.
"""

from __future__ import annotations

import glob
import json
import logging
import os
import re
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar

from ..authoring.lesson import CONFIG, Course
from ..errors import AutograderError
from ..student.probe import printable
from .records import Book, SourceCell, Unmarkable

# jsonschema, which nbformat validates with, would import this to check a format that no notebook names, and
# building its grammars takes longer than all other imports together. It does without where there is none.
sys.modules.setdefault("rfc3987_syntax", None)
# nbgrader's own import loads what it registers with Jupyter's server, and half a second of web pages with it.
for _extension in ("assignment_list", "course_list", "validate_assignment", "formgrader"):
    _module = ModuleType(f"nbgrader.server_extensions.{_extension}")
    _module.load_jupyter_server_extension = None
    sys.modules.setdefault(_module.__name__, _module)

if TYPE_CHECKING:
    from nbformat import NotebookNode
    from nbgrader.converters import GenerateAssignment
    from traitlets.config import Config

    from .records import Mark


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
    root = course.root
    with (
        _reporting(lesson) as logger,
        _alembic_on_path(),
        tempfile.TemporaryDirectory(prefix=".release-", dir=root) as fresh,
    ):
        converter = _converter(root, lesson, load_config(root), logger)
        converter.coursedir.release_directory = Path(fresh).name
        converter.start()
        made = Path(converter.coursedir.format_path(Path(fresh).name, ".", lesson))
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
        text, _ = exporter.from_notebook_node(source, resources=resources)
    return text


def load_config(root: Path) -> Config:
    """What the stock commands read in the course's root: the user's settings, then the course's."""
    from jupyter_core.paths import jupyter_config_path
    from traitlets.config import Config, PyFileConfigLoader

    config = Config()
    for folder in [*reversed(jupyter_config_path()), str(root)]:
        if os.path.exists(os.path.join(folder, CONFIG)):
            config.merge(PyFileConfigLoader(CONFIG, path=folder).load_config())
    return config


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
    logger = logging.Logger("autograder.nbgrader.bridge")  # not registered: nobody else's handlers
    listener = _Listener()
    logger.addHandler(listener)
    try:
        yield logger
    except Exception as error:
        cause = listener.error or error
        said = str(getattr(cause, "message", "") or cause or type(cause).__name__)
        raise ReleaseError(lesson, said.splitlines()[0]) from cause


@contextmanager
def _alembic_on_path() -> Iterator[None]:
    """A new gradebook runs `alembic`, which lies beside our Python even where no environment is activated."""
    before = os.environ.get("PATH", os.defpath)
    os.environ["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before


# --- grading: nbgrader's rules for one notebook, without its gradebook ---


# The first three by the engine; the metadata of an executed notebook is what was checked before.
_DONE_ELSEWHERE = ("Execute", "SaveAutoGrades", "AssignLatePenalties", "CheckCellMetadata")


class Rules:
    """How nbgrader cleans, reads and scores a submitted notebook, with a course's configuration."""

    def __init__(self, config: Config) -> None:
        from nbgrader.converters import Autograde

        settings = config.get("Autograde", {})
        self.config = config
        self.sanitizers = list(
            settings.get("sanitize_preprocessors", Autograde.sanitize_preprocessors.default())
        )
        self.finishers = [
            step
            for step in settings.get("autograde_preprocessors", Autograde.autograde_preprocessors.default())
            if step.__name__ not in _DONE_ELSEWHERE
        ]

    def sanitised(self, data: bytes, book: Book) -> NotebookNode:
        """The notebook with its locked cells, points and kernel as the instructor wrote them.

        Raises:
            Unmarkable: it is no notebook, or one that nbgrader refuses.
        """
        import nbformat

        if not data.strip():
            raise Unmarkable(f"{book.name}.ipynb is empty")
        try:
            with _quiet():
                notebook = nbformat.reads(data.decode("utf-8"), as_version=4)
        except UnicodeDecodeError as error:
            raise Unmarkable(f"{book.name}.ipynb is not UTF-8 text ({error.reason})") from None
        except Exception as error:
            if data.startswith(b"\xef\xbb\xbf"):
                raise Unmarkable(f"{book.name}.ipynb begins with a byte order mark") from None
            raise Unmarkable(f"{book.name}.ipynb is not a notebook ({_first_line(error)})") from None
        if not isinstance(notebook.get("cells"), list):
            raise Unmarkable(f"{book.name}.ipynb has no cells")
        return self._through(self.sanitizers, notebook, book)

    def finish(self, notebook: NotebookNode) -> None:
        """What nbgrader does to an executed notebook before it looks at the scores."""
        self._through(self.finishers, notebook, None)

    def _through(self, steps: list[type], notebook: NotebookNode, book: Book | None) -> NotebookNode:
        name = book.name if book else ""
        nbgrader = {"student": "", "assignment": "", "notebook": name, "db_url": ""}
        resources = {"metadata": {"name": name, "path": ""}, "nbgrader": nbgrader}
        try:
            for step in steps:
                with _quiet():
                    notebook, resources = _without_gradebook(step, self.config, book)(notebook, resources)
        except Exception as error:
            raise Unmarkable(f"nbgrader refuses the notebook: {_first_line(error)}") from error
        return notebook

    def points(self, cell: NotebookNode) -> float | None:
        """The points of a graded cell by its outputs; None where a person decides."""
        from nbgrader import utils

        try:
            points, _ = utils.determine_grade(cell, _silent_log())
        except Exception as error:
            raise Unmarkable(f"cell {self.grade_id(cell)} can't be scored: {_first_line(error)}") from None
        return points

    def comment(self, cell: NotebookNode) -> str | None:
        """What nbgrader notes on an answer that was left as it was handed out."""
        from nbgrader import utils

        untouched = cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(cell)
        return "No response." if untouched and not utils.is_task(cell) else None

    @staticmethod
    def is_time(text: str) -> bool:
        return _is_time(text)

    @staticmethod
    def grade_id(cell: NotebookNode) -> str:
        return cell.metadata.get("nbgrader", {}).get("grade_id", "")

    def is_grade(self, cell: NotebookNode) -> bool:
        return bool(self.grade_id(cell) and cell.metadata["nbgrader"].get("grade"))

    def is_solution(self, cell: NotebookNode) -> bool:
        return bool(self.grade_id(cell) and cell.metadata["nbgrader"].get("solution"))

    def is_task(self, cell: NotebookNode) -> bool:
        return bool(self.grade_id(cell) and cell.metadata["nbgrader"].get("task"))

    @staticmethod
    def text_of(notebook: NotebookNode) -> str:
        import nbformat

        with _quiet():
            # All in one line: json's quick encoder doesn't indent.
            return printable(nbformat.writes(notebook, indent=None)) + "\n"


def _without_gradebook(step: type, config: Config, book: Book | None) -> Any:
    """One of nbgrader's steps; those that look into the gradebook look into the book instead."""
    from nbgrader import preprocessors as stock

    if book and issubclass(step, stock.OverwriteKernelspec):
        return _kernelspec_from(book)
    if book and issubclass(step, stock.OverwriteCells):
        return _overwriting_from(step, book)(config=config, log=_silent_log())
    if step is stock.CheckCellMetadata:
        return _checked_metadata
    return step(config=config, log=_silent_log())


def _checked_metadata(notebook: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
    _metadata_validator().validate_nb(notebook)
    return notebook, resources


@cache
def _metadata_validator() -> Any:
    """nbgrader's validator, remembering what it found valid: nearly all cells are as they were handed out."""
    from nbgrader.nbgraderformat import MetadataValidator

    class Validator(MetadataValidator):
        known: ClassVar[set[tuple[str, str]]] = set()

        def validate_cell(self, cell: NotebookNode) -> None:
            said = json.dumps(cell.metadata.get("nbgrader"), sort_keys=True, default=str)
            if (cell.cell_type, said) not in self.known:
                super().validate_cell(cell)
                self.known.add((cell.cell_type, said))

    return Validator()


def _kernelspec_from(book: Book) -> Any:
    def step(notebook: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        kernelspec = json.loads(book.kernelspec) if book.kernelspec else None
        if kernelspec:
            notebook.metadata["kernelspec"] = kernelspec
        return notebook, resources

    return step


def _overwriting_from(step: type, book: Book) -> type:
    from nbgrader.preprocessors import NbGraderPreprocessor

    class Overwriting(step):
        def preprocess(self, notebook: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
            self.gradebook, self.notebook_id, self.assignment_id = _Shelf(book), book.name, ""
            notebook, resources = NbGraderPreprocessor.preprocess(self, notebook, resources)
            if self.add_missing_cells:
                notebook, resources = self.add_missing_grade_cells(notebook, resources)
                notebook, resources = self.add_missing_task_cells(notebook, resources)
            return notebook, resources

    Overwriting.__name__ = step.__name__  # its section in the configuration
    return Overwriting


class _Shelf:
    """The questions that nbgrader asks its gradebook while it cleans a notebook."""

    def __init__(self, book: Book) -> None:
        self.book = book

    def find_source_cell(self, name: str, *_: str) -> SourceCell:
        from nbgrader.api import MissingEntry

        if name not in self.book.source_cells:
            raise MissingEntry(name)
        return self.book.source_cells[name]

    def find_graded_cell(self, name: str, *_: str) -> SimpleNamespace:
        from nbgrader.api import MissingEntry

        points = {**self.book.task_cells, **self.book.grade_cells}
        if name not in points:
            raise MissingEntry(name)
        return SimpleNamespace(name=name, max_score=points[name])

    def find_notebook(self, *_: str) -> SimpleNamespace:
        def scored(cells: dict[str, float]) -> list[SimpleNamespace]:
            return [SimpleNamespace(name=name, max_score=most) for name, most in cells.items()]

        return SimpleNamespace(
            source_cells=list(self.book.source_cells.values()),
            grade_cells=scored(self.book.grade_cells),
            task_cells=scored(self.book.task_cells),
            solution_cells=[SimpleNamespace(name=name) for name in self.book.solution_cells],
        )


def _first_line(error: BaseException) -> str:
    lines = str(getattr(error, "message", "") or error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__


def _silent_log() -> logging.Logger:
    log = logging.Logger("autograder.nbgrader.bridge")
    log.addHandler(logging.NullHandler())
    return log


@contextmanager
def _quiet() -> Iterator[None]:
    """nbformat warns and logs about notebooks that are not quite valid; what matters is raised."""
    log = logging.getLogger("traitlets")
    level, before = log.level, logging.getLogger("nbformat").level
    try:
        log.setLevel(logging.CRITICAL)
        logging.getLogger("nbformat").setLevel(logging.CRITICAL)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(level)
        logging.getLogger("nbformat").setLevel(before)


# --- grading: the gradebook and the folders around it ---


class Ledger:
    """A course's gradebook, and where its submissions and results lie. The one writer of both."""

    def __init__(self, course: Course) -> None:
        from nbgrader.api import Gradebook
        from nbgrader.coursedir import CourseDirectory

        self.course = course
        self.config = load_config(course.root)
        self.folders = CourseDirectory(config=self.config, log=_silent_log())
        if "root" not in self.config.get("CourseDirectory", {}):
            self.folders.root = str(course.root)
        with _alembic_on_path():
            self.gradebook = Gradebook(self.folders.db_url, self.folders.course_id)

    def close(self) -> None:
        self.gradebook.close()

    # what there is

    def assignments(self) -> list[str]:
        """The assignments that have a source."""
        where = Path(self.folders.format_path(self.folders.source_directory, ".", "*"))
        return sorted(path.name for path in where.parent.glob("*") if any(path.glob("*.ipynb")))

    def source_folder(self, assignment: str) -> Path:
        return Path(self.folders.format_path(self.folders.source_directory, ".", assignment))

    def submitted_folders(self, assignment: str, submitted: Path | None) -> dict[str, Path]:
        """Each student's folder for an assignment."""
        if submitted:
            found = {path.parent.name: path for path in submitted.glob(f"*/{glob.escape(assignment)}")}
        else:
            found = self._by_structure(assignment)
        excluded = set(filter(None, self.folders.student_id_exclude.split(",")))
        return {name: found[name] for name in sorted(found) if name not in excluded}

    def _by_structure(self, assignment: str) -> dict[str, Path]:
        where = self.folders.submitted_directory
        pattern = self.folders.format_path(where, "*", assignment)
        asked = re.compile(self.folders.format_path(where, "(?P<student>.*)", assignment, escape=True))
        matches = ((asked.fullmatch(path), path) for path in glob.glob(pattern))
        return {match["student"]: Path(path) for match, path in matches if match}

    def files_of(self, folder: Path) -> list[Path]:
        """The files that nbgrader would take along."""
        from nbgrader import utils

        with _quiet():
            return [Path(path) for path in utils.find_all_files(str(folder), self.folders.ignore)]

    def overwriting_files(self, assignment: str) -> dict[str, bytes]:
        """What the instructor's folder puts over the student's."""
        folder = self.source_folder(assignment)
        kept = self.config.get("Autograde", {}).get("exclude_overwriting", {}).get(assignment, [])
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in self.files_of(folder)
            if path.suffix != ".ipynb" and str(path.relative_to(folder)) not in kept
        }

    def books(self, assignment: str) -> dict[str, Book]:
        """An assignment's notebooks from the gradebook, which is made from the source where it lacks them."""
        from nbgrader.api import MissingEntry

        try:
            found = self.gradebook.find_assignment(assignment)
        except MissingEntry:
            found = None
        if found is None or not found.notebooks or self._outdated(found):
            self._enter(assignment)
            self.gradebook.db.expire_all()
            found = self.gradebook.find_assignment(assignment)
        return {notebook.name: _book(notebook) for notebook in found.notebooks}

    def _outdated(self, assignment: Any) -> bool:
        """Whether the source has other graded cells than the gradebook (as after a build elsewhere)."""
        if any(notebook.submissions for notebook in assignment.notebooks):
            return False
        for notebook in assignment.notebooks:
            path = self.source_folder(assignment.name) / f"{notebook.name}.ipynb"
            if path.is_file():
                cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
                marked = [cell["metadata"]["nbgrader"] for cell in cells if cell["metadata"].get("nbgrader")]
                points = {m["grade_id"]: float(m["points"]) for m in marked if m.get("grade")}
                if points != {cell.name: cell.max_score for cell in notebook.grade_cells}:
                    return True
        return False

    def set_due(self, assignment: str, when: str) -> None:
        """Sets the time by which an assignment has to be handed in."""
        self.books(assignment)
        self.gradebook.update_or_create_assignment(assignment, duedate=when)

    def _enter(self, assignment: str) -> None:
        root = Path(self.folders.root)
        with (
            _reporting(assignment) as logger,
            _alembic_on_path(),
            tempfile.TemporaryDirectory(prefix=".entering-", dir=root) as aside,
        ):
            converter = _converter(root, assignment, load_config(self.course.root), logger)
            converter.coursedir.release_directory = Path(aside).name
            converter.start()

    def graded_already(self, assignment: str) -> set[str]:
        """Students whose marks are in the gradebook and whose executed notebook is there to be read."""
        from nbgrader.api import MissingEntry

        try:
            submissions = self.gradebook.assignment_submissions(assignment)
        except MissingEntry:
            return set()
        return {s.student.id for s in submissions if self._autograded(assignment, s.student.id).is_dir()}

    # what is written

    def write(self, assignment: str, marks: list[Mark], timestamps: dict[str, str | None]) -> None:
        """Marks into the gradebook, all or none; manual scores and comments stay.

        Raises:
            AutograderError: the gradebook could not be written; it is as it was.
        """
        from sqlalchemy.exc import SAWarning, SQLAlchemyError

        session, book = self.gradebook.db, self.gradebook
        warnings.simplefilter("ignore", SAWarning)  # about how nbgrader adds a submission piece by piece
        # As nbgrader, which stops before it has a row for the submission.
        marks = [
            mark for mark in marks if not timestamps.get(mark.student) or _is_time(timestamps[mark.student])
        ]
        commit, session.commit = session.commit, lambda: None  # nbgrader's own calls commit after every step
        try:
            with session.no_autoflush:  # many rows at once cost a fraction of one by one
                for mark in marks:
                    book.update_or_create_student(mark.student)
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
                raise AutograderError(f"The gradebook could not be written: {_first_line(error)}") from error
            raise
        finally:
            session.commit = commit
            session.expunge_all()

    def _submission_of(self, assignment: str, mark: Mark, timestamps: dict[str, str | None]) -> Any:
        timestamp = timestamps.get(mark.student)
        when = {"timestamp": timestamp} if timestamp else {}
        return self.gradebook.update_or_create_submission(assignment, mark.student, **when)

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
                step = AssignLatePenalties(config=self.config, log=_silent_log())
                step.init_plugin()
                self.gradebook.db.refresh(notebook)
                penalty = step.plugin_inst.late_submission_penalty(
                    submission.student.id, notebook.score, submission.total_seconds_late
                )
                if penalty is not None:
                    notebook.late_submission_penalty = step._check_late_penalty(notebook, penalty)

    def scores(self, assignment: str) -> dict[str, tuple[float, float]]:
        """Every student's score as the gradebook has it, manual scores included, and the penalty in it."""
        from nbgrader.api import Assignment, Student, SubmittedAssignment

        rows = (
            self.gradebook.db.query(
                Student.id, SubmittedAssignment.score, SubmittedAssignment.late_submission_penalty
            )
            .join(SubmittedAssignment, SubmittedAssignment.student_id == Student.id)
            .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
            .filter(Assignment.name == assignment)
        )
        return {student: (max(0.0, score - penalty), penalty) for student, score, penalty in rows}

    def write_folder(self, mark: Mark, submitted: Path, overwriting: dict[str, bytes]) -> None:
        """The student's folder in autograded/: made aside and moved into place whole; none for a failure."""
        target = self._autograded(mark.assignment, mark.student)
        if mark.status == "failed":
            shutil.rmtree(target, ignore_errors=True)
            return
        aside = target.with_name(f".{target.name}.part")
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        try:
            for path in self.files_of(submitted):
                if path.suffix == ".ipynb" or path.is_symlink() or not path.is_file():
                    continue
                copy = aside / path.relative_to(submitted)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)
            for name, data in overwriting.items():
                (aside / name).parent.mkdir(parents=True, exist_ok=True)
                (aside / name).write_bytes(data)
            for notebook in mark.notebooks:
                (aside / f"{notebook.name}.ipynb").write_text(notebook.text, encoding="utf-8")
            shutil.rmtree(target, ignore_errors=True)
            os.replace(aside, target)
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    def _autograded(self, assignment: str, student: str) -> Path:
        return Path(self.folders.format_path(self.folders.autograded_directory, student, assignment))


def _is_time(text: str) -> bool:
    from nbgrader import utils

    try:
        utils.parse_utc(text)
    except (ValueError, OverflowError, TypeError):
        return False
    return True


def _book(notebook: Any) -> Book:
    return Book(
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
