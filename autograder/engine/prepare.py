"""All that workers need for an assignment, made from the instructor's notebooks before any work is read."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from ..authoring import hidden, slicing
from ..authoring.modules import folders_of
from ..nbgrader import cells
from ..nbgrader.course import Course, config_files
from ..nbgrader.gradebook import Gradebook
from ..nbgrader.records import Assignment, Notebook
from ..student import checks_file
from .needed import with_what_it_needs

# Of this package the sandbox shows what runs in it, and no room of anybody else.
_PACKAGE = Path(__file__).resolve().parents[1]
OUR_ROOMS = {
    str(_PACKAGE / part)
    for part in ("__init__.py", "errors.py", "student", "engine/__init__.py", "engine/inside")
}


class InstructorsNotebooks:
    """The instructor's notebooks of an assignment."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.name = folder, folder.name
        notebooks = {path.stem: json.loads(path.read_bytes()) for path in sorted(folder.glob("*.ipynb"))}
        self.cells = {name: _source_cells(notebook) for name, notebook in notebooks.items()}
        self.kernels = {name: _kernel(notebook) for name, notebook in notebooks.items()}
        self.modules = {
            module
            for source in self.cells.values()
            for cell in source
            if cell["cell_type"] == "code"
            for module in slicing.imported_modules(cell["source"])
        }

    @property
    def foreign(self) -> str:
        """Why this can't be graded here: a notebook of it is for another language."""
        for name, (kernel, language) in self.kernels.items():
            if language and not language.lower().startswith("python"):
                return f"{name}.ipynb is for the kernel {kernel} ({language}), and only Python is graded here"
        return ""

    @property
    def heavy(self) -> bool:
        return bool({module.split(".")[0] for module in self.modules} & {"tensorflow", "keras"})


def prepare(
    course: Course, gradebook: Gradebook, sources: InstructorsNotebooks, modules: set[str]
) -> Assignment:
    """All that workers need for an assignment; for a lesson of ours with its hidden cases."""
    checks, counts = _with_hidden_cases(course, sources.folder, sources.name)
    notebooks = gradebook.notebooks(sources.name)
    if checks:
        notebooks = {
            name: with_what_it_needs(one, sources.cells.get(name, [])) for name, one in notebooks.items()
        }
    places = folders_of(modules, without=_PACKAGE.name)
    shown = {place for place in places if not course.root.is_relative_to(place)} | OUR_ROOMS
    return Assignment(
        name=sources.name,
        notebooks=notebooks,
        checks=checks,
        public_counts=counts,
        files=gradebook.folders.overwriting_files(sources.name),
        modules=tuple(sorted(modules)),
        readable=tuple(sorted({sys.prefix, sys.base_prefix, *shown})),
        rehearsal=_rehearsal(sources, notebooks) if checks else (),
        config=config_files(course.root),
    )


def _with_hidden_cases(course: Course, folder: Path, name: str) -> tuple[str, dict[str, int]]:
    path = folder / checks_file.FILE_NAME
    if not path.is_file():
        return "", {}
    public = checks_file.load(path)
    ours = (folder / "exercises.py").is_file()
    whole = hidden.with_hidden_cases(course, public) if ours else public
    counts = {key: len(one.cases) for key, one in public.sheets.items()}
    return checks_file.dump(whole), counts


def _source_cells(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**cell, "source": "".join(cell["source"])} for cell in notebook["cells"]]


def _kernel(notebook: dict[str, Any]) -> tuple[str, str]:
    """The kernel a notebook asks for and its language, as far as it says."""
    metadata = notebook.get("metadata", {})
    spec, info = metadata.get("kernelspec", {}), metadata.get("language_info", {})
    return str(spec.get("name", "unknown")), str(spec.get("language") or info.get("name") or "")


def _rehearsal(sources: InstructorsNotebooks, notebooks: dict[str, Notebook]) -> tuple[str, ...]:
    """The cells that every submission has to run, with the instructor's answers."""
    return tuple(
        cell["source"]
        for name, source in sources.cells.items()
        for cell in source
        if cell["cell_type"] == "code"
        and not (name in notebooks and cells.grade_id(cell) in notebooks[name].left_out)
    )
