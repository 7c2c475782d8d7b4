"""What a lesson must keep to: markers that close, checks and exercises that belong together."""

from __future__ import annotations

import ast
import re

from .lesson import BEGIN, END, Cell, Lesson, calls_check


def names_in_order(lesson: Lesson) -> list[str]:
    """The exercises in the order of their checks."""
    return [checked_names(cell, lesson)[0] for cell in lesson.cells if is_check(cell)]


def exercises_and_checks_agree(lesson: Lesson) -> None:
    """Every exercise is checked once, by a cell that hands over what it is about."""
    seen: dict[str, int] = {}
    for cell in lesson.cells:
        _markers_close(lesson, cell)
        if not is_check(cell):
            continue
        name, *_ = names = checked_names(cell, lesson)
        if cell.tags & {"demo", "yours", "written"}:
            raise lesson.error(
                cell.line - 1,
                f"check({name}) in a cell tagged {', '.join(sorted(cell.tags))}, which would not be graded",
                "Take the tag off.",
            )
        if name not in lesson.exercises:
            raise lesson.error(
                cell.line,
                f"check({name}), but exercises.py has no exercise {name}",
                f"Write {name} = Exercise(points=…), or check another.",
            )
        if tuple(names) != lesson.exercises[name].functions:
            wanted = ", ".join(lesson.exercises[name].functions)
            raise lesson.error(
                cell.line,
                f"check({', '.join(names)}), but the exercise is about {wanted}",
                f"Write check({wanted}).",
            )
        if name in seen:
            raise lesson.error(
                cell.line,
                f"a second check({name}); the first is in line {seen[name]}",
                "Check each exercise once.",
            )
        seen[name] = cell.line
    _quiz_is_shown(lesson)
    for name, exercise in lesson.exercises.items():
        if name not in seen:
            raise lesson.exercise_error(
                exercise.line,
                f"exercise {name} is never checked",
                f"Add a cell check({', '.join(exercise.functions)}) to lesson.py.",
            )


def _quiz_is_shown(lesson: Lesson) -> None:
    """Questions are shown once, in a cell of their own; without questions there is no such cell.

    Those that are due are other lessons'.
    """
    shows = re.compile(r"^quiz\((?![\"']due)", re.MULTILINE)
    shown = [cell for cell in lesson.cells if cell.kind == "code" and shows.search(cell.source)]
    if lesson.questions and [cell.source.strip() for cell in shown] != ["quiz()"]:
        first = next(iter(lesson.questions.values()))
        raise lesson.exercise_error(
            first.line,
            "the lesson's questions are not shown once, in a cell of their own",
            "Write one cell that says quiz(), and nothing else, in lesson.py.",
        )
    if shown and not lesson.questions:
        raise lesson.error(
            shown[0].line, "quiz(), but exercises.py asks nothing", "Write a Question(…), or drop the cell."
        )


def _markers_close(lesson: Lesson, cell: Cell) -> None:
    open_line = None
    takes_solution = cell.kind == "code" or "written" in cell.tags
    for number, line in enumerate(cell.source.split("\n"), cell.line):
        if not takes_solution and (BEGIN in line or END in line):
            raise lesson.error(
                number,
                "a solution marker in a text that is no written cell",
                'Tag the cell "written" (a rubric), or say it in other words.',
            )
        if re.search("(BEGIN|END) SOLUTION", line) and line.strip() not in (BEGIN, END):
            raise lesson.error(
                number,
                f"not a marker, but nbgrader takes it for one: {line.strip()}",
                f"Write {BEGIN} or {END}, alone in its line.",
            )
        if line.strip() == BEGIN:
            if open_line:
                raise lesson.error(
                    number,
                    f"{BEGIN} inside a solution that began in line {open_line}",
                    f"Close that one with {END} first.",
                )
            open_line = number
        elif line.strip() == END:
            if not open_line:
                raise lesson.error(
                    number,
                    f"{END} without {BEGIN}",
                    f"Begin the solution with {BEGIN}, or take this line out.",
                )
            open_line = None
    if open_line:
        raise lesson.error(
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
        raise lesson.error(
            cell.line,
            "a cell with check(…) must end in it, bare",
            "The value of its last line is what is graded.",
        )
    return [ast.unparse(argument) for argument in call.args]
