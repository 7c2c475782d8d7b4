"""nbgrader's rules for one notebook, without its gradebook: how it is cleaned, read and scored."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import cache, cached_property
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar

from ..student.probe import printable
from . import cells, repair
from .course import first_line, quiet, silent_log
from .recognise import no_notebook
from .records import Notebook, SourceCell, Unmarkable

if TYPE_CHECKING:
    from nbformat import NotebookNode
    from traitlets.config import Config

Step = Callable[["NotebookNode", dict[str, Any]], tuple["NotebookNode", dict[str, Any]]]

NO_LIMIT = 3600.0  # seconds a cell may take where the course sets no limit: a loop would never end

# The first three by the engine; the metadata of an executed notebook is what was checked before.
_DONE_ELSEWHERE = ("Execute", "SaveAutoGrades", "AssignLatePenalties", "CheckCellMetadata")


class Rules:
    """How nbgrader cleans, reads and scores a submitted notebook, with a course's configuration."""

    def __init__(self, config: Config) -> None:
        from nbgrader.converters import Autograde

        settings = config.get("Autograde", {})
        self.config = config
        self._steps: dict[str, tuple[Notebook, list[Step]]] = {}
        self.timeout_func: Callable[[NotebookNode], float | None] | None = _timeout_func(config)
        self.sanitizers: list[type] = list(
            settings.get("sanitize_preprocessors", Autograde.sanitize_preprocessors.default())
        )
        self.finishers: list[type] = [
            step
            for step in settings.get("autograde_preprocessors", Autograde.autograde_preprocessors.default())
            if step.__name__ not in _DONE_ELSEWHERE
        ]

    def sanitise(self, data: bytes, original: Notebook) -> NotebookNode:
        """The notebook with its locked cells, points and kernel as the instructor wrote them.

        Raises:
            Unmarkable: it is no notebook, or one that nbgrader refuses.
        """
        return _through(self._sanitizing(original), _read(data, f"{original.name}.ipynb"), original.name)

    def _sanitizing(self, original: Notebook) -> list[Step]:
        """The steps for a notebook of the course; as nbgrader has it, one set of them for the whole class."""
        known = self._steps.get(original.name)
        if known is None or known[0] is not original:
            steps = [_without_gradebook(step, self.config, original) for step in self.sanitizers]
            known = self._steps[original.name] = (original, steps)
        return known[1]

    def finish(self, notebook: NotebookNode) -> None:
        """What nbgrader does to an executed notebook before it looks at the scores."""
        _through(self._finishing, notebook, "")

    @cached_property
    def _finishing(self) -> list[Step]:
        return [_plain_step(step, self.config) for step in self.finishers]

    def seconds_for(self, cell: NotebookNode) -> float:
        """What a cell may take where the configuration decides it cell by cell; 0: as all others."""
        if self.timeout_func is None:
            return 0.0
        seconds = self.timeout_func(cell)
        return float(seconds) if seconds and seconds > 0 else NO_LIMIT

    def points(self, cell: NotebookNode) -> float | None:
        """The points of a graded cell by its outputs; None where a person decides."""
        from nbgrader import utils

        try:
            points, _ = utils.determine_grade(cell, silent_log())
        except Exception as error:
            raise Unmarkable(f"cell {cells.grade_id(cell)} can't be scored: {first_line(error)}") from None
        return None if points is None else float(points)

    def comment(self, cell: NotebookNode) -> str | None:
        """What nbgrader notes on an answer that was left as it was handed out."""
        from nbgrader import utils

        untouched = cells.checksum(cell) == utils.compute_checksum(cell)
        return "No response." if untouched and not utils.is_task(cell) else None


def _timeout_func(config: Config) -> Callable[[NotebookNode], float | None] | None:
    from nbgrader.preprocessors import Execute

    if not any("timeout_func" in config.get(kind.__name__, {}) for kind in Execute.mro()):
        return None
    asked: Callable[[NotebookNode], float | None] | None = Execute(config=config).timeout_func
    return asked


def is_time(text: str) -> bool:
    """Whether nbgrader can read a timestamp."""
    from nbgrader import utils

    try:
        utils.parse_utc(text)
    except (ValueError, OverflowError, TypeError):
        return False
    return True


def text_of(notebook: NotebookNode) -> str:
    """The notebook as a file, in one line: json's quick encoder doesn't indent; nbformat's writer does."""
    from nbformat.v4.rwbase import strip_transient

    return printable(json.dumps(strip_transient(notebook), ensure_ascii=False, sort_keys=True)) + "\n"


def _read(data: bytes, name: str) -> NotebookNode:
    import nbformat

    if what := no_notebook(data):
        raise Unmarkable(f"{name} is {what}" + (", not a notebook" if what != "empty" else ""))
    try:
        with quiet():
            notebook = nbformat.reads(data.decode("utf-8"), as_version=4)
    except UnicodeDecodeError as error:
        raise Unmarkable(f"{name} is not UTF-8 text ({error.reason})") from None
    except Exception:
        if data.startswith(b"\xef\xbb\xbf"):
            raise Unmarkable(f"{name} begins with a byte order mark") from None
        raise Unmarkable(f"{name} is not a notebook ({repair.why_unreadable(data)})") from None
    if not isinstance(notebook.get("cells"), list):
        raise Unmarkable(f"{name} has no cells")
    read: NotebookNode = notebook
    repair.with_text_in_cells(read, data)
    return read


def _through(steps: Iterable[Step], notebook: NotebookNode, name: str) -> NotebookNode:
    nbgrader = {"student": "", "assignment": "", "notebook": name, "db_url": ""}
    resources: dict[str, Any] = {"metadata": {"name": name, "path": ""}, "nbgrader": nbgrader}
    try:
        for step in steps:
            with quiet():
                notebook, resources = step(notebook, resources)
    except Exception as error:
        raise Unmarkable(f"nbgrader refuses the notebook: {repair.said_of(error, notebook)}") from error
    return notebook


def _without_gradebook(step: type, config: Config, original: Notebook) -> Step:
    """One of nbgrader's steps; those that look into the gradebook look into the original instead."""
    from nbgrader import preprocessors as stock

    if issubclass(step, stock.OverwriteKernelspec):
        return _kernelspec_from(original)
    if issubclass(step, stock.OverwriteCells):
        made: Step = _overwriting_from(step, original)(config=config, log=silent_log())
        return made
    return _plain_step(step, config)


def _plain_step(step: type, config: Config) -> Step:
    from nbgrader import preprocessors as stock

    if step is stock.CheckCellMetadata:
        return _checked_metadata
    made: Step = step(config=config, log=silent_log())
    return made


def _checked_metadata(
    notebook: NotebookNode, resources: dict[str, Any]
) -> tuple[NotebookNode, dict[str, Any]]:
    _metadata_validator().validate_nb(notebook)
    return notebook, resources


@cache
def _metadata_validator() -> Any:
    """nbgrader's validator, remembering what it found valid: nearly all cells are as they were handed out."""
    from nbgrader.nbgraderformat import MetadataValidator

    class Validator(MetadataValidator):  # type: ignore[misc]  # nbgrader has no types
        known: ClassVar[set[tuple[str, str]]] = set()

        def validate_cell(self, cell: NotebookNode) -> None:
            said = json.dumps(cell.metadata.get("nbgrader"), sort_keys=True, default=str)
            if (cell.cell_type, said) not in self.known:
                super().validate_cell(cell)
                self.known.add((cell.cell_type, said))

    return Validator()


def _kernelspec_from(original: Notebook) -> Step:
    def step(notebook: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        kernelspec = json.loads(original.kernelspec) if original.kernelspec else None
        if kernelspec:
            notebook.metadata["kernelspec"] = kernelspec
        return notebook, resources

    return step


def _overwriting_from(step: type, original: Notebook) -> Any:
    from nbgrader.preprocessors import NbGraderPreprocessor

    class Overwriting(step):  # type: ignore[misc]  # a class of the configuration's choice
        def preprocess(
            self, notebook: NotebookNode, resources: dict[str, Any]
        ) -> tuple[NotebookNode, dict[str, Any]]:
            self.gradebook, self.notebook_id, self.assignment_id = (
                _StandInGradebook(original),
                original.name,
                "",
            )
            notebook, resources = NbGraderPreprocessor.preprocess(self, notebook, resources)
            if self.add_missing_cells:
                notebook, resources = self.add_missing_grade_cells(notebook, resources)
                notebook, resources = self.add_missing_task_cells(notebook, resources)
            return notebook, resources

    Overwriting.__name__ = step.__name__  # its section in the configuration
    return Overwriting


class _StandInGradebook:
    """Answers what nbgrader asks its gradebook while it cleans a notebook."""

    def __init__(self, original: Notebook) -> None:
        self.original = original

    def find_source_cell(self, name: str, *_: str) -> SourceCell:
        from nbgrader.api import MissingEntry

        if name not in self.original.source_cells:
            raise MissingEntry(name)
        return self.original.source_cells[name]

    def find_graded_cell(self, name: str, *_: str) -> SimpleNamespace:
        from nbgrader.api import MissingEntry

        points = {**self.original.task_cells, **self.original.grade_cells}
        if name not in points:
            raise MissingEntry(name)
        return SimpleNamespace(name=name, max_score=points[name])

    def find_notebook(self, *_: str) -> SimpleNamespace:
        def scored(most_by_name: dict[str, float]) -> list[SimpleNamespace]:
            return [SimpleNamespace(name=name, max_score=most) for name, most in most_by_name.items()]

        return SimpleNamespace(
            source_cells=list(self.original.source_cells.values()),
            grade_cells=scored(self.original.grade_cells),
            task_cells=scored(self.original.task_cells),
            solution_cells=[SimpleNamespace(name=name) for name in self.original.solution_cells],
        )
