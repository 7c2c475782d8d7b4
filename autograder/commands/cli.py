"""The command line: one thin function per command."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import click

from .. import __version__
from . import evening, handing_out, learner
from .collecting import collect
from .exporting import export
from .learner import SETTINGS, Commands
from .listing import list_lessons


@click.group(cls=Commands, context_settings=SETTINGS)
@click.option(
    "--course",
    "folder",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The course's folder. [default: the nearest upward]",
)
@click.version_option(__version__, message="%(version)s")
@click.pass_context
def main(context: click.Context, folder: Path | None) -> None:
    """Build the lessons of a course and check what students answer."""
    from ..nbgrader.patches import patch

    patch()
    context.obj = folder


main.add_command(collect)
main.add_command(export)
main.add_command(list_lessons)


@main.command()
@click.argument("names", metavar="[LESSON]...", nargs=-1)
@click.option(
    "--check",
    "only_check",
    is_flag=True,
    help="Build nothing; name what is stale, and exit 1 if anything is.",
)
@click.option("--all", "every", is_flag=True, help="Build what is fresh, too.")
@click.pass_obj
def build(folder: Path | None, /, names: tuple[str, ...], only_check: bool, every: bool) -> None:
    """Turn lesson.py and exercises.py into notebooks, checks.json and gradebook entries.

    What is fresh is skipped. LESSON is a lesson's folder or its number. For example: autograder build 12
    """
    from ..authoring import build as building
    from ..authoring.lesson import lessons_of
    from ..authoring.stale import is_fresh, stale_files
    from ..nbgrader.course import find_course

    course = find_course(folder)
    stale = []
    for lesson in lessons_of(course, names):
        if only_check:
            stale += stale_files(course, lesson)
        elif not every and is_fresh(course, lesson):
            click.echo(f"{lesson.name}  fresh, skipped")
        else:
            built = building.build(course, lesson)
            size = f"{built.bytes / 1000:.0f} kB"
            click.echo(f"{built.lesson}  {built.points:g} points, {size}, {built.seconds:.0f} s")
    for path in stale:
        click.echo(f"stale: {path}")
    if stale:
        click.echo(
            f"autograder: {len(stale)} files do not follow from their sources: run autograder build", err=True
        )
        sys.exit(1)


for command in learner.main.commands.values():  # what a learner can do, a teacher can
    main.add_command(command)
main.add_command(handing_out.release)
main.add_command(handing_out.package)


@main.command()
@click.argument("names", metavar="[LESSON]...", nargs=-1)
@click.option(
    "--submitted",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Where submissions lie. [default: as configured]",
)
@click.option("--student", "students", metavar="ID", multiple=True, help="Only this one (may be repeated).")
@click.option("--jobs", metavar="N", type=click.IntRange(1), help="Submissions at once. [default: all cores]")
@click.option(
    "--timeout",
    metavar="S",
    type=click.FloatRange(0.1),
    help="Seconds a cell may take. [default: as configured, or 60]",
)
@click.option(
    "--memory", metavar="MIB", type=click.IntRange(64), help="MiB a submission may use. [default: 4096]"
)
@click.option("--disk", metavar="MIB", type=click.IntRange(1), hidden=True)
@click.option("--file-size", metavar="MIB", type=click.IntRange(1), hidden=True)
@click.option("--env", "environment", metavar="NAME[=VALUE]", multiple=True, hidden=True)
@click.option(
    "--read",
    "readable",
    metavar="PATH",
    multiple=True,
    type=click.Path(exists=True, resolve_path=True),
    hidden=True,
)
@click.option("--regrade", is_flag=True, help="Grade again what is graded already.")
@click.option("--scheduler", metavar="ADDRESS", help="Share the work over a Dask cluster.")
@click.option("--strict", is_flag=True, help="Exit 1 if anything could not be graded.")
@click.option("--no-canary", is_flag=True, help="Grade even where your own answers lose points.")
@click.option("--without-namespaces", "fence", is_flag=True, hidden=True)
@click.option("--no-sandbox", is_flag=True, help="Run strangers' code with your own rights.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def grade(
    folder: Path | None,
    /,
    names: tuple[str, ...],
    as_json: bool,
    no_canary: bool,
    no_sandbox: bool,
    fence: bool,
    jobs: int | None,
    scheduler: str | None,
    strict: bool,
    timeout: float | None,
    memory: int | None,
    disk: int | None,
    file_size: int | None,
    environment: tuple[str, ...],
    **options: Any,
) -> None:
    """Grade submitted/<student>/<lesson>/<lesson>.ipynb, each in a sandbox, and enter the marks.

    What is graded already is not done again. For example: autograder grade 12 --jobs 2.
    What opens the sandbox to what a course needs (--env, --read, --disk, --file-size,
    --without-namespaces): docs/other-courses.md.
    """
    from ..classroom import summary
    from ..engine import run as grading
    from ..engine.options import Options, limits_from
    from ..nbgrader.course import cell_seconds, find_course, load_config
    from .shown import ProgressBar, table

    course = find_course(folder)
    asked = Options(
        names,
        jobs=jobs or 0,
        limits=limits_from(timeout or cell_seconds(load_config(course.root)), memory, disk, file_size),
        environment=variables(environment),
        sandbox=not (no_sandbox or fence),
        fence=fence,
        canary=not no_canary,
        scheduler=scheduler or "",
        **options,
    )
    remarks: list[str] = []
    try:
        with ProgressBar() as progress:
            found = grading.grade(course, asked, progress.step, remarks.append, progress.preparing)
    except KeyboardInterrupt:
        click.echo(
            "autograder: stopped; what is graded is kept, and the same command goes on from there", err=True
        )
        sys.exit(130)
    click.echo(json.dumps(found) if as_json else "\n".join([table(found), *summary.lines(found)]))
    for line in remarks:
        click.echo(f"autograder: {line}", err=True)
    ours = any(result["reason"].startswith("the grader failed") for result in found["lessons"])
    if ours or (strict and found["failures"]):
        sys.exit(1)


@main.command()
@click.argument("names", metavar="[LESSON]...", nargs=-1)
@click.pass_obj
def demo(folder: Path | None, /, names: tuple[str, ...]) -> None:
    """Show a teacher's evening: hand out, collect, grade, report, feedback and marks of a sample class of 24.

    Right answers, known misconceptions, an attack, a broken file, a late one. All of it stays in the folder
    demo/ of the course. For example: autograder demo 03 08
    """
    from ..nbgrader.course import find_course
    from .demo import run

    run(find_course(folder), click.echo, names)


main.add_command(evening.report)
main.add_command(evening.feedback)


def variables(named: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Variables of the environment: NAME=VALUE, or NAME with the value it has here."""
    found = {}
    for one in named:
        name, given, value = one.partition("=")
        if not given and name not in os.environ:
            raise click.UsageError(f"There is no variable {name} here: give it as {name}=VALUE.")
        found[name] = value if given else os.environ[name]
    return tuple(sorted(found.items()))
