"""Notebooks that no program would write: what is wrong with one, in words, and how it becomes valid again."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..student.probe import printable
from . import cells

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from .records import Notebook

DAMAGED = "its structure is damaged"
_KINDS = ("code", "markdown", "raw")
_HALF_CHARACTER = re.compile(rb"\\u[dD][89a-fA-F]")
_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def why_unreadable(data: bytes) -> str:
    """What keeps a file from being a notebook, for somebody who knows no Python."""
    text = data.decode("utf-8", "replace")
    if text.lstrip()[:1] == "<":
        return "it is a web page"
    try:
        found = json.loads(text)
    except RecursionError:
        return "brackets within brackets, without an end"
    except json.JSONDecodeError as error:
        return f"the file is damaged in line {error.lineno}, column {error.colno}"
    except ValueError:
        return "the file is damaged"
    if not isinstance(found, dict):
        return "the file holds something else"
    version = found.get("nbformat")
    if type(version) is not int or version not in (1, 2, 3, 4):
        return "it does not say which format it has, or one that is not known here; known is format 4"
    return fault_of(found)


def fault_of(notebook: Mapping[str, Any]) -> str:
    """The first cell that is none, and why."""
    if notebook.get("nbformat") == 4 and not isinstance(notebook.get("metadata"), Mapping):
        return "its metadata is damaged"
    found = notebook.get("cells")
    faults = (
        f"cell {number} {fault}"
        for number, cell in enumerate(found if isinstance(found, list) else (), 1)
        for fault in _faults(cell)
    )
    return next(faults, DAMAGED)


def _faults(cell: Any) -> Iterator[str]:
    if not isinstance(cell, Mapping):
        yield "is no cell"
        return
    source, metadata, outputs = cell.get("source"), cell.get("metadata"), cell.get("outputs", [])
    if cell.get("cell_type") not in list(_KINDS):
        yield "is of no kind that there is"
    if not isinstance(source, str) and not (
        isinstance(source, list) and all(isinstance(line, str) for line in source)
    ):
        yield "holds no text"
    if not isinstance(metadata, Mapping):
        yield "has damaged metadata"
    elif not cells.says_what_nbgrader_knows(cell):
        yield "has damaged metadata of nbgrader's"
    if not (isinstance(outputs, list) and all(isinstance(one, Mapping) for one in outputs)):
        yield "has damaged outputs"


def said_of(error: Exception, notebook: Mapping[str, Any]) -> str:
    """Why nbgrader refused a notebook: its own words, where it has some, and never Python's."""
    ours = type(error).__module__.startswith("nbgrader") or type(error) is RuntimeError
    lines = str(getattr(error, "message", "") or error).strip().splitlines()
    if not (ours and lines):
        return fault_of(notebook)
    return lines[0][:200] if " " in lines[0] else f"the course has no cell {lines[0][:100]}"


def with_text_in_cells(notebook: NotebookNode, data: bytes) -> None:
    """A cell without text is empty; halves of characters, which no file can hold, become question marks."""
    if type(notebook.get("nbformat_minor")) is not int:
        notebook["nbformat_minor"] = 5
    for cell in notebook.cells:
        if not isinstance(cell.get("source"), str):
            cell["source"] = ""
    if _HALF_CHARACTER.search(data):
        _make_printable(notebook)


def as_the_course_knows(notebook: NotebookNode, original: Notebook) -> None:
    """Cells are graded ones, answers or tasks if they are the course's: feedback looks their names up."""
    for cell in notebook.cells:
        if cells.grade_id(cell):
            cells.set_kind(cell, original.grade_cells, original.solution_cells, original.task_cells)


def _make_printable(value: Any) -> Any:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        kept = {printable(str(key)): _make_printable(item) for key, item in value.items()}
        value.clear()
        value.update(kept)
    elif isinstance(value, list):
        value[:] = [_make_printable(item) for item in value]
    return value


def make_valid(notebook: NotebookNode) -> None:
    """What a notebook must not have is taken out, until nbconvert and formgrader accept it."""
    _name_cells(notebook)
    for repair in (_without_odd_metadata, _without_odd_parts, _without_outputs):
        if is_valid(notebook):
            return
        repair(notebook)


def is_valid(notebook: NotebookNode) -> bool:
    """Whether everything in it is as the format has it."""
    import nbformat

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            nbformat.validate(notebook)
    except Exception:  # nbformat raises its own, jsonschema's, type errors
        return False
    return True


def _name_cells(notebook: NotebookNode) -> None:
    """Every cell has a valid name of its own, where the format knows names."""
    if notebook.nbformat_minor < 5:
        return
    seen: set[str] = set()
    for number, cell in enumerate(notebook.cells, 1):
        name = cell.get("id")
        if not (isinstance(name, str) and _ID.fullmatch(name)) or name in seen:
            cell["id"] = next(f"cell-{k}" for k in range(number, number + 10_000) if f"cell-{k}" not in seen)
        seen.add(cell["id"])


def _without_odd_metadata(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        found = cell.get("metadata")
        found = found if isinstance(found, dict) else {}
        tags = found.get("tags")
        tags = tags if isinstance(tags, list) else []
        kept = [tag for tag in tags if isinstance(tag, str) and tag and "," not in tag]
        cell["metadata"] = type(notebook)(
            {"tags": list(dict.fromkeys(kept))} if kept else {},
            **({"nbgrader": found["nbgrader"]} if isinstance(found.get("nbgrader"), dict) else {}),
        )
    notebook["metadata"] = type(notebook)(
        {
            key: notebook.metadata[key]
            for key, needs in (("kernelspec", ("name", "display_name")), ("language_info", ("name",)))
            if isinstance(said := notebook.metadata.get(key), dict)
            and all(isinstance(said.get(need), str) for need in needs)
        }
    )


def _without_odd_parts(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if cell.get("cell_type") not in list(_KINDS):
            cell["cell_type"] = "raw"
        known = {"cell_type", "metadata", "source", *(("id",) if notebook.nbformat_minor >= 5 else ())}
        if cell.cell_type == "code":
            known |= {"outputs", "execution_count"}
            cell.setdefault("outputs", [])
            if type(cell.setdefault("execution_count", None)) not in (int, type(None)):
                cell["execution_count"] = None
        for key in set(cell) - known:
            del cell[key]
        if not isinstance(cell.get("source"), str):
            cell["source"] = ""
    for key in set(notebook) - {"cells", "metadata", "nbformat", "nbformat_minor"}:
        del notebook[key]


def _without_outputs(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell["outputs"] = []
