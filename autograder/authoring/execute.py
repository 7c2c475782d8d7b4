"""Runs a lesson's notebook, and sees that it raises nothing, warns of nothing and earns full points."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from ..errors import LessonError
from ..student import diary
from .assemble import HIDDEN_CASES, KERNEL
from .hidden import ALONE
from .lesson import QUIET_TENSORFLOW, Cell, Lesson
from .rules import checked_names, is_check

if TYPE_CHECKING:
    from nbformat import NotebookNode

CELL_SECONDS = 300


def execute(lesson: Lesson, notebook: NotebookNode) -> None:
    """Runs the notebook in its folder and holds its checks against full points."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    client = NotebookClient(
        notebook,
        timeout=CELL_SECONDS,
        kernel_name="python3",
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
        skip_cells_with_tag="",
        force_raise_errors=True,  # whatever a cell's tags allow
        extra_arguments=["--IPKernelApp.log_level=40"],
        resources={"metadata": {"path": str(lesson.folder)}},
    )
    environment = {**os.environ, **QUIET_TENSORFLOW, "STATIC_FIGURES": "1", "PYTHONHASHSEED": "0"}
    environment[diary.FOLDER] = ""  # nothing of whoever builds goes into what is built
    try:
        client.execute(env=environment)
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        raise _place_of(lesson, notebook, error) from None
    notebook.metadata = type(notebook.metadata)({"kernelspec": KERNEL, "language_info": {"name": "python"}})
    for cell, made in zip(lesson.cells, notebook.cells, strict=True):
        _keeps_stderr_clean(lesson, cell, made)
        if is_check(cell):
            _earns_full_points(lesson, cell, made)


def _place_of(lesson: Lesson, notebook: NotebookNode, error: Exception) -> LessonError:
    for cell, made in zip(lesson.cells, notebook.cells, strict=True):
        for output in made.get("outputs", []):
            if output.output_type == "error":
                inner = re.findall(
                    r"Cell.{0,20}?In\[\d+\].{0,20}?, line (\d+)",
                    re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(output.traceback)),
                )
                offset = int(inner[0]) - 1 if inner else 0
                offset -= HIDDEN_CASES.count("\n") if is_check(cell) else 0
                return lesson.error(
                    cell.line + max(offset, 0),
                    f"the cell raises {output.ename}: {output.evalue}",
                    "Every cell of a solution must run.",
                )
    return lesson.error(
        None,
        f"running the notebook failed: {str(error).splitlines()[0]}",
        "Run it in JupyterLab to see where.",
    )


def _keeps_stderr_clean(lesson: Lesson, cell: Cell, made: NotebookNode) -> None:
    """A warning costs a graded cell its points under nbgrader, and elsewhere names this machine's folders."""
    said = "".join(
        output.text for output in made.get("outputs", []) if output.get("name") == "stderr"
    ).strip()
    if said:
        raise lesson.error(
            cell.line,
            f"the cell writes on stderr: {said.splitlines()[0][:200]}",
            "Mend what it warns of.",
        )


def _earns_full_points(lesson: Lesson, cell: Cell, made: NotebookNode) -> None:
    name = checked_names(cell, lesson)[0]
    results = [
        output.data.get("text/plain") for output in made.outputs if output.output_type == "execute_result"
    ]
    full = re.compile(r": ([\d.]+) of \1 points?, all right$", re.MULTILINE)
    earned = full.search(results[0]) if results else None
    if earned is None or float(earned[1]) != lesson.exercises[name].points:
        raise lesson.error(
            cell.line,
            f"in check({name}) the solution earns {results[0].splitlines()[0] if results else 'nothing'}, "
            f"not {lesson.exercises[name].points}",
            "Mend the solution or the cases.",
        )
    if ALONE in results[0]:
        why = results[0].partition(ALONE)[2].strip(": ").splitlines()[0]
        raise lesson.error(
            cell.line,
            f"check({name}) has no hidden cases: {why}",
            "Mend the generator of cases: whoever grades draws them with a secret of their own.",
        )
