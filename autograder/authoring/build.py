"""lesson.py and exercises.py in; executed solution notebook, checks.json, release and gradebook entries out.

nbgrader's metadata is derived, never written by hand: what a cell is follows from what stands in it.
Building twice gives the same bytes, outputs of executed cells aside.
"""

from __future__ import annotations

import ast
import json
import os
import re
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import LessonError, WireError
from ..student import judge
from ..student import sheet as sheets
from ..student.difference import Template, matches
from ..student.sheet import Case, LessonSheet, Mistake, Outcome, Sheet, joined, shuffled
from .exercise import Exercise
from .lesson import BEGIN, END, QUIET_TENSORFLOW, Cell, Course, Lesson, calls_check
from .proof import PUBLIC, Undrawable, drawn, seed_of

if TYPE_CHECKING:
    from nbformat import NotebookNode

HIDDEN_CASES = "### BEGIN HIDDEN TESTS\nfrom autograder.authoring.hidden import check\n### END HIDDEN TESTS\n"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LARGEST_NOTEBOOK = 1_000_000
DRAWS_OF_FEW_ANSWERS = 6
CELL_SECONDS = 300
SAME_NUMBER = 1e-6  # expected results made on another machine differ in their last bits: that is not stale


@dataclass(frozen=True)
class Built:
    """What was made of one lesson, and how long it took."""

    lesson: str
    seconds: float
    points: float
    bytes: int


def build(course: Course, lesson: Lesson) -> Built:
    """Builds one lesson: checks.json, executed notebook, release, gradebook entries."""
    from ..nbgrader.bridge import release

    started = time.monotonic()
    checks = compiled(lesson)
    notebook = assembled(lesson)
    with _unless_it_fails(lesson.checks_path, _settled(lesson, checks)):
        execute(lesson, notebook)
        text = _notebook_text(notebook)
        if len(text.encode()) > LARGEST_NOTEBOOK:
            raise LessonError(
                lesson.notebook_path,
                None,
                f"the notebook has {len(text.encode()):,} bytes",
                "Draw fewer or smaller figures: a million is the limit.",
            )
    _write(lesson.notebook_path, text)
    release(course, lesson.name)
    return Built(lesson.name, time.monotonic() - started, checks.points, len(text.encode()))


def stale(course: Course, lesson: Lesson) -> list[str]:
    """The built files that no longer follow from the sources, relative to the course."""
    from ..nbgrader.bridge import released_text

    found = []
    checks, notebook = compiled(lesson), assembled(lesson)
    if not _holds(lesson.checks_path, checks):
        found.append(lesson.checks_path)
    if _bare_file(lesson.notebook_path) != _bare(notebook):
        found.append(lesson.notebook_path)
    handed_out = course.notebooks / lesson.name
    if not _same_text(handed_out / lesson.notebook_path.name, released_text(course, lesson.name, notebook)):
        found.append(handed_out / lesson.notebook_path.name)
    if not _same_text(handed_out / sheets.FILE_NAME, _settled(lesson, checks)):
        found.append(handed_out / sheets.FILE_NAME)
    return [str(path.relative_to(course.root)) for path in found]


# The exercises


def compiled(lesson: Lesson) -> LessonSheet:
    """The public sheets of a lesson, its misconceptions proven wrong on them."""
    _exercises_and_checks_agree(lesson)
    return LessonSheet(
        lesson.name,
        lesson.title,
        {name: compiled_exercise(lesson, name, PUBLIC) for name in _in_order(lesson)},
    )


def compiled_hidden(lesson: Lesson, secret: str) -> LessonSheet:
    """The hidden sheets of a lesson: the same generators, a seed that nobody else knows."""
    public = sheets.load(lesson.checks_path).sheets if lesson.checks_path.is_file() else {}
    made = {name: hidden_sheet(lesson, name, secret, public.get(name)) for name in _in_order(lesson)}
    return LessonSheet(lesson.name, lesson.title, made)


def hidden_sheet(lesson: Lesson, name: str, secret: str, public: Sheet | None = None) -> Sheet:
    """One exercise's hidden cases, in an order of their own.

    Where answers are few (yes and no), the public results in their order might be right again: shuffled, and
    drawn several times, they are not.
    """
    public = public or compiled_exercise(lesson, name, PUBLIC)
    sheet = compiled_exercise(lesson, name, secret, public=public)
    if _answered_by_another_draw(sheet, public):
        for again in range(2, DRAWS_OF_FEW_ANSWERS + 1):
            sheet = joined(sheet, compiled_exercise(lesson, name, secret, str(again), public=public))
    return shuffled(sheet, seed_of(secret, "order", lesson.name, name))


def _answered_by_another_draw(sheet: Sheet, other: Sheet) -> bool:
    """Whether the right results of another draw, given in their order, would earn anything."""
    if sheet.judge or len(sheet.cases) != len(other.cases):
        return False
    outcomes = [Outcome(case.expected) for case in other.cases]
    return judge.verdict(sheet, outcomes).points > 0


def compiled_exercise(lesson: Lesson, name: str, *seed_words: str, public: Sheet | None = None) -> Sheet:
    """One exercise's sheet for a seed; misconceptions lose what they lose on a public one, if given."""
    exercise = lesson.exercises[name]
    try:
        return drawn(
            exercise,
            lesson.reference(exercise),
            lesson.sources(exercise),
            seed_of(*seed_words, lesson.name, name),
            public,
        )
    except Undrawable as error:
        line = error.variant.line if error.variant else exercise.line
        raise LessonError(
            lesson.exercises_path, line, f"exercise {name}: {error.problem}", error.remedy
        ) from None
    except LessonError:
        raise
    except Exception as error:  # in the generator of cases, the judge, or a misconception made by a function
        raise LessonError(
            lesson.exercises_path,
            _line_in_exercises(lesson, exercise, error),
            f"exercise {name}: {type(error).__name__}: {error}",
            "Cases, judge and variants must run without an exception.",
        ) from error


def _line_in_exercises(lesson: Lesson, exercise: Exercise, error: Exception) -> int:
    """The innermost line of exercises.py that an exception went through; a judge runs as text of its own."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename == str(lesson.exercises_path):
            return frame.lineno or exercise.line
        if frame.filename == "<judge of an exercise>":
            return exercise.judge_function.__code__.co_firstlineno
    return exercise.line


def _in_order(lesson: Lesson) -> list[str]:
    """The exercises in the order of their checks."""
    return [checked_names(cell, lesson)[0] for cell in lesson.cells if is_check(cell)]


def _exercises_and_checks_agree(lesson: Lesson) -> None:
    seen: dict[str, int] = {}
    for cell in lesson.cells:
        _markers_close(lesson, cell)
        if not is_check(cell):
            continue
        name, *_ = names = checked_names(cell, lesson)
        if cell.tags & {"demo", "yours", "written"}:
            raise LessonError(
                lesson.source_path,
                cell.line - 1,
                f"check({name}) in a cell tagged {', '.join(sorted(cell.tags))}, which would not be graded",
                "Take the tag off.",
            )
        if name not in lesson.exercises:
            raise LessonError(
                lesson.source_path,
                cell.line,
                f"check({name}), but exercises.py has no exercise {name}",
                f"Write {name} = Exercise(points=…), or check another.",
            )
        if tuple(names) != lesson.exercises[name].functions:
            wanted = ", ".join(lesson.exercises[name].functions)
            raise LessonError(
                lesson.source_path,
                cell.line,
                f"check({', '.join(names)}), but the exercise is about {wanted}",
                f"Write check({wanted}).",
            )
        if name in seen:
            raise LessonError(
                lesson.source_path,
                cell.line,
                f"a second check({name}); the first is in line {seen[name]}",
                "Check each exercise once.",
            )
        seen[name] = cell.line
    for name, exercise in lesson.exercises.items():
        if name not in seen:
            raise LessonError(
                lesson.exercises_path,
                exercise.line,
                f"exercise {name} is never checked",
                f"Add a cell check({', '.join(exercise.functions)}) to lesson.py.",
            )


def _markers_close(lesson: Lesson, cell: Cell) -> None:
    open_line = None
    takes_solution = cell.kind == "code" or "written" in cell.tags
    for number, line in enumerate(cell.source.split("\n"), cell.line):
        if not takes_solution and (BEGIN in line or END in line):
            raise LessonError(
                lesson.source_path,
                number,
                "a solution marker in a text that is no written cell",
                'Tag the cell "written" (a rubric), or say it in other words.',
            )
        if re.search("(BEGIN|END) SOLUTION", line) and line.strip() not in (BEGIN, END):
            raise LessonError(
                lesson.source_path,
                number,
                f"not a marker, but nbgrader takes it for one: {line.strip()}",
                f"Write {BEGIN} or {END}, alone in its line.",
            )
        if line.strip() == BEGIN:
            if open_line:
                raise LessonError(
                    lesson.source_path,
                    number,
                    f"{BEGIN} inside a solution that began in line {open_line}",
                    f"Close that one with {END} first.",
                )
            open_line = number
        elif line.strip() == END:
            if not open_line:
                raise LessonError(
                    lesson.source_path,
                    number,
                    f"{END} without {BEGIN}",
                    f"Begin the solution with {BEGIN}, or take this line out.",
                )
            open_line = None
    if open_line:
        raise LessonError(
            lesson.source_path,
            open_line,
            f"{BEGIN} is not closed: the rest of the cell would go to students",
            f"End the solution with {END}.",
        )


def is_check(cell: Cell) -> bool:
    return cell.kind == "code" and calls_check(cell.source)


def checked_names(cell: Cell, lesson: Lesson) -> list[str]:
    """The names in check(…), which must be the last expression of its cell."""
    last = lesson.parsed(cell).body[-1]
    call = last.value if isinstance(last, ast.Expr) else None
    if not (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "check"
        and call.args
    ):
        raise LessonError(
            lesson.source_path,
            cell.line,
            "a cell with check(…) must end in it, bare",
            "The value of its last line is what is graded.",
        )
    return [ast.unparse(argument) for argument in call.args]


def _settled(lesson: Lesson, checks: LessonSheet) -> str:
    """The text of checks.json; the one on disk, where nothing but last bits would change."""
    if _holds(lesson.checks_path, checks):
        return lesson.checks_path.read_text(encoding="utf-8")
    return sheets.dump(checks)


def _holds(path: Path, checks: LessonSheet) -> bool:
    """Whether a checks.json says this, last bits of numbers aside. A damaged one does not."""
    try:
        return _alike(sheets.load(path), checks)
    except (OSError, WireError):
        return False


def _alike(one: Any, other: Any) -> bool:
    """Whether two lessons' sheets are the same but for the last bits of numbers."""
    if isinstance(one, (LessonSheet, Sheet, Case, Mistake, Outcome)):
        if type(one) is not type(other):
            return False
        ignored = {"seconds", "where", "message"} if isinstance(one, Outcome) else set()
        return all(_alike(getattr(one, key), getattr(other, key)) for key in vars(one) if key not in ignored)
    if isinstance(one, dict):
        return (
            isinstance(other, dict)
            and list(one) == list(other)
            and all(_alike(one[key], other[key]) for key in one)
        )
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(_alike, one, other))
    if isinstance(one, (str, bool, Template)) or one is None:
        return one == other
    return type(one) is type(other) and matches(one, other, rtol=SAME_NUMBER)


# The notebook


def assembled(lesson: Lesson) -> NotebookNode:
    """The solution notebook without outputs."""
    import nbformat.v4 as v4

    ids = _CellNames(lesson)
    notebook = v4.new_notebook(metadata={"kernelspec": KERNEL, "language_info": {"name": "python"}})
    for cell in lesson.cells:
        name, nbgrader = _name_and_metadata(lesson, cell, ids)
        make = v4.new_code_cell if cell.kind == "code" else v4.new_markdown_cell
        source = HIDDEN_CASES + cell.source if is_check(cell) else cell.source
        # JupyterLab's Run All stops at a cell that raises, and half-finished notebooks are full of them.
        tags = sorted({*cell.tags, "raises-exception"} if cell.kind == "code" else cell.tags)
        made = make(source, id=name, metadata={"tags": tags} if tags else {})
        if nbgrader:
            made.metadata["nbgrader"] = {"grade_id": name, "schema_version": 3, "task": False, **nbgrader}
        notebook.cells.append(made)
    return notebook


def _name_and_metadata(lesson: Lesson, cell: Cell, ids: _CellNames) -> tuple[str, dict[str, Any] | None]:
    """A cell's id, and what nbgrader is to know of it."""
    if "yours" in cell.tags:  # the student's own: neither locked nor graded
        return ids.next(cell), None
    if "written" in cell.tags:
        name, points = cell.metadata.get("name"), cell.metadata.get("points")
        if not name or not points:
            raise LessonError(
                lesson.source_path,
                cell.line - 1,
                f"a written cell without {'points' if name else 'a name'}",
                'Add name="…" and points=… to its marker.',
            )
        return ids.unique(name, cell), {
            "grade": True,
            "solution": True,
            "locked": False,
            "points": float(points),
        }
    if is_check(cell):
        name = checked_names(cell, lesson)[0]
        return ids.unique(f"check_{name}", cell), {
            "grade": True,
            "solution": False,
            "locked": True,
            "points": float(lesson.exercises[name].points),
        }
    if cell.is_solution:
        return ids.unique(_defined_name(lesson, cell), cell), {
            "grade": False,
            "solution": True,
            "locked": False,
        }
    return ids.next(cell), {"grade": False, "solution": False, "locked": True}


def _defined_name(lesson: Lesson, cell: Cell) -> str:
    """The first function, class or table that a solution cell defines."""
    wanted = {name for exercise in lesson.exercises.values() for name in exercise.functions}
    for statement in lesson.statements_of(cell):
        for name in sorted(statement.binds & wanted):
            return name
    raise LessonError(
        lesson.source_path,
        cell.line,
        "a solution cell defines nothing that an exercise asks for",
        "Define the function of an exercise in it, or add the exercise.",
    )


class _CellNames:
    """Permanent names for cells: graded ones' speak for themselves, the others count in their section."""

    def __init__(self, lesson: Lesson) -> None:
        self.lesson, self.section, self.taken = lesson, "start", {}

    def unique(self, name: str, cell: Cell) -> str:
        if name in self.taken:
            raise LessonError(
                self.lesson.source_path,
                cell.line,
                f"a second cell is called {name}; the first begins in line {self.taken[name]}",
                "Put what belongs together into one cell, or give a written cell another name.",
            )
        self.taken[name] = cell.line
        return name

    def next(self, cell: Cell) -> str:
        heading = re.match(r"#{1,3} (.+)", cell.source) if cell.kind == "markdown" else None
        if heading:
            self.section = re.sub(r"[^a-z0-9]+", "-", heading[1].lower()).strip("-")[:48] or "section"
        number = 1
        while f"{self.section}-{number:02}" in self.taken:
            number += 1
        return self.unique(f"{self.section}-{number:02}", cell)


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
                return LessonError(
                    lesson.source_path,
                    cell.line + max(offset, 0),
                    f"the cell raises {output.ename}: {output.evalue}",
                    "Every cell of a solution must run.",
                )
    return LessonError(
        lesson.source_path,
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
        raise LessonError(
            lesson.source_path,
            cell.line,
            f"the cell writes on stderr: {said.splitlines()[0][:200]}",
            "Mend what it warns of.",
        )


def _earns_full_points(lesson: Lesson, cell: Cell, made: NotebookNode) -> None:
    name = checked_names(cell, lesson)[0]
    results = [
        output.data.get("text/plain") for output in made.outputs if output.output_type == "execute_result"
    ]
    if not results or float(results[0]) != lesson.exercises[name].points:
        raise LessonError(
            lesson.source_path,
            cell.line,
            f"in check({name}) the solution earns {results[0] if results else 'nothing'}, "
            f"not {lesson.exercises[name].points}",
            "Mend the solution or the cases.",
        )


def _notebook_text(notebook: NotebookNode) -> str:
    import nbformat

    return nbformat.writes(notebook) + "\n"


def _bare_file(path: Path) -> list[tuple]:
    """What of a notebook on disk follows from its source; nothing, if it can't be read."""
    import nbformat

    try:
        return _bare(nbformat.read(path, as_version=4))
    except Exception:  # nbformat raises its own, json's, attribute errors: all of them mean: build it anew
        return []


def _bare(notebook: NotebookNode) -> list[tuple]:
    """What of a notebook follows from its source."""
    return [(c.cell_type, c.id, c.source, json.dumps(c.metadata, sort_keys=True)) for c in notebook.cells]


@contextmanager
def _unless_it_fails(path: Path, text: str) -> Iterator[None]:
    """Writes a file that the code inside needs, and puts back what was there if that fails."""
    before = path.read_bytes() if path.is_file() else None
    _write(path, text)
    try:
        yield
    except BaseException:
        if before is None:
            path.unlink()
        else:
            path.write_bytes(before)
        raise


def _write(path: Path, text: str) -> None:
    """Writes a file whole or not at all, and not when it would not change."""
    if _same_text(path, text):
        return
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8", newline="\n")
    part.replace(path)


def _same_text(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text
