"""The commands of a teacher's evening that make pages: the class, and what students get back."""

from __future__ import annotations

import json
import time
from pathlib import Path

import click

SECONDS_OF_SILENCE = 5.0


@click.command()
@click.argument("names", metavar="[LESSON]...", nargs=-1)
@click.option("--anonymous", is_flag=True, help="Hide who is who, for a projector.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, and make no page.")
@click.pass_obj
def report(folder: Path | None, /, names: tuple[str, ...], anonymous: bool, as_json: bool) -> None:
    """Make the class page: points, exercises, slips by frequency, who is stuck.

    LESSON is a lesson's folder or its number; without one it is about all that is graded. For example:
    autograder report 12
    """
    from ..classroom import report as reporting
    from ..nbgrader.course import find_course

    course = find_course(folder)
    if as_json:
        found, _ = reporting.read(course, names, anonymous)
        click.echo(json.dumps(reporting.as_json(found)))
        return
    path, found = reporting.write(course, names, anonymous)
    for lesson in found.lessons:
        click.echo(f"{lesson.name}  {lesson.graded} graded, {lesson.failed} could not be graded")
    click.echo(str(path))


@click.command()
@click.argument("names", metavar="[LESSON]...", nargs=-1)
@click.option("--with-solutions", is_flag=True, help="Show your own answers, once the deadline is over.")
@click.option("--jobs", metavar="N", type=click.IntRange(1), help="Pages at once. [default: all cores]")
@click.pass_obj
def feedback(folder: Path | None, /, names: tuple[str, ...], with_solutions: bool, jobs: int | None) -> None:
    """Make feedback/<student>/<lesson>/<lesson>.html: verdicts and comments, then the notebook.

    For example: autograder feedback 12
    """
    from ..classroom import feedback as returning
    from ..nbgrader.course import find_course

    said = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal said
        if time.monotonic() - said > SECONDS_OF_SILENCE:
            said = time.monotonic()
            click.echo(f"made {done} of {total} pages", err=True)

    made = returning.write(find_course(folder), names, with_solutions, jobs or 0, tell)
    megabytes = sum(path.stat().st_size for path in made) / 1e6
    click.echo(f"{len(made)} pages, {megabytes:.1f} MB, in {made[0].parents[2] if made else 'feedback'}")
