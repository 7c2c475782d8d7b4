"""`autograder release`: what students are handed."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
@click.argument("names", metavar="[LESSON]...", nargs=-1)
@click.option("--self-study", is_flag=True, help="With the solutions, for those who learn by themselves.")
@click.option(
    "--solutions-from",
    "day",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="The day from which solution() shows them; without --self-study, only says that.",
)
@click.option("--force", is_flag=True, help="Replace an earlier release.")
@click.pass_obj
def release(
    folder: Path | None,
    /,
    target: Path,
    names: tuple[str, ...],
    self_study: bool,
    day: datetime | None,
    force: bool,
) -> None:
    """Make what students are handed: a folder; a zip, if TARGET ends in .zip; a wheel, if in .whl.

    It is looked through first: with a solution, a hidden case or a secret in it nothing is written.
    For example: autograder release ../students.zip
    """
    from ..classroom.release import release as hand_out
    from ..nbgrader.course import find_course

    opens = day.date().isoformat() if day else ""
    made = hand_out(
        find_course(folder), target, names, self_study, force, lambda line: click.echo(line, err=True), opens
    )
    click.echo(f"{made.target}  {made.files} files, {made.bytes / 1e6:.1f} MB; nothing in it must stay here")
