"""`autograder release` and `autograder package`: what leaves the course."""

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


@click.command()
@click.argument("names", metavar="[LESSON]...", nargs=-1)
@click.option(
    "--gradescope",
    "target",
    metavar="FILE",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The zip to upload as Gradescope's autograder.",
)
@click.option(
    "--without-sandbox",
    is_flag=True,
    help="Grade even where their container forbids a sandbox (docs/elsewhere.md says what is left).",
)
@click.option("--force", is_flag=True, help="Replace an earlier one.")
@click.pass_obj
def package(
    folder: Path | None, /, names: tuple[str, ...], target: Path, without_sandbox: bool, force: bool
) -> None:
    """Make an autograder that Gradescope runs, best for one lesson each.

    It holds hidden cases, ready drawn: upload it, and hand it to nobody.
    For example: autograder package 12 --gradescope lesson12.zip
    """
    from ..classroom.gradescope import package as make
    from ..nbgrader.course import find_course

    made = make(
        find_course(folder), target, names, without_sandbox, force, lambda line: click.echo(line, err=True)
    )
    click.echo(f"{made.target}  {made.files} files, {made.bytes / 1e6:.1f} MB; it holds hidden cases")
