"""`autograder list`: what a course has, and what it is worth."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def list_lessons(folder: Path | None, /, as_json: bool) -> None:
    """Show lessons, their exercises and points.

    For example: autograder list
    """
    from ..authoring.lesson import lessons_of
    from ..nbgrader.course import find_course
    from ..student import checks_file

    every = lessons_of(find_course(folder))
    lessons = [checks_file.load(lesson.checks_path) for lesson in every if lesson.checks_path.is_file()]
    for lesson in every:
        if not lesson.checks_path.is_file():
            click.echo(f"{lesson.name} is not built yet: run autograder build {lesson.name}", err=True)
    if as_json:
        rows = [
            {
                "lesson": one.lesson,
                "title": one.title,
                "points": one.points,
                "exercises": [{"name": s.name, "points": s.points} for s in one.sheets.values()],
                "written": [{"name": name, "points": most} for name, most in one.written],
            }
            for one in lessons
        ]
        click.echo(json.dumps({"lessons": rows}))
        return
    for one in lessons:
        click.echo(f"{one.lesson}  {one.points:g} points  {one.title}")
        for exercise in one.sheets.values():
            click.echo(f"    {', '.join(exercise.functions)}  {exercise.points:g}")
        for name, most in one.written:
            click.echo(f"    {name}  {most:g}, graded by hand")
