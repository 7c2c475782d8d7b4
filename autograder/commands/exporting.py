"""`autograder export` at the terminal: the table on stdout or in a file, what is blank in it on stderr."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from collections import Counter
from pathlib import Path

import click

from ..classroom.export import FORMATS, Exported
from ..nbgrader.records import one_line

MOST_LISTED = 20


@click.command()
@click.argument("names", metavar="[LESSON]...", nargs=-1)
@click.option("--format", "form", type=click.Choice(list(FORMATS)), default="csv", show_default=True)
@click.option("--by", "by", type=click.Choice(["lesson", "exercise"]), default="lesson", show_default=True)
@click.option(
    "--roster",
    "roster_path",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Whose rows: Canvas' gradebook, Moodle's worksheet, or a CSV. [default: roster.csv in the course]",
)
@click.option(
    "--output", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="[default: stdout]"
)
@click.pass_obj
def export(
    folder: Path | None,
    /,
    names: tuple[str, ...],
    form: str,
    by: str,
    roster_path: Path | None,
    output: Path | None,
) -> None:
    """Print marks as a table, as Canvas imports them, or as Moodle does.

    What could not be graded or was not handed in is blank. For example:
    autograder export 12 --format canvas --roster gradebook.csv --output exports/12.csv
    """
    from ..classroom import export as exporting
    from ..classroom.roster import FILE_NAME, Roster, read_roster
    from ..classroom.standing import standing_of
    from ..nbgrader.course import find_course

    course = find_course(folder)
    if roster_path is None and (course.root / FILE_NAME).is_file():
        roster_path = course.root / FILE_NAME
    roster = read_roster(roster_path) if roster_path else Roster()
    found = exporting.export(standing_of(course, names), form, roster, by == "exercise")
    if output:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(found.text, encoding="utf-8")
    else:
        sys.stdout.write(found.text)
    for line in remarks(found):
        click.echo(f"autograder: {line}", err=True)
    if said := in_git(output or _file_of_stdout()):
        click.echo(f"autograder: {said}", err=True)
    if found.refused:
        raise click.exceptions.Exit(1)


def remarks(found: Exported) -> list[str]:
    """What is blank, and why; what waits for a person; what was refused."""
    lines = []
    by_kind: dict[tuple[str, str], list[str]] = {}
    for one in found.blank:
        why = f" ({one_line(one.reason, 80)})" if one.reason else ""
        by_kind.setdefault((one.lesson, one.status), []).append(one_line(one.student, 40) + why)
    for (lesson, status), students in by_kind.items():
        lines.append(f"{lesson}: blank, {status}: {_listed(students)}")
    waiting = Counter((one.lesson, name) for one in found.waiting for name in one.waiting)
    for (lesson, name), count in waiting.items():
        lines.append(f"{lesson}: {name} of {count} is still to be graded by hand, and not in their score")
    lines += [f"left out: {said}" for said in found.refused]
    return lines + [one_line(said) for said in found.remarks]


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED else ""
    return ", ".join(names[:MOST_LISTED]) + more


def _file_of_stdout() -> Path | None:
    """The file that stdout was sent to, where the system tells."""
    try:
        if stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode):
            return Path(os.readlink(f"/proc/self/fd/{sys.stdout.fileno()}"))
    except (OSError, ValueError):
        pass
    return None


def in_git(path: Path | None) -> str:
    """A word where marks were written into a clone that does not ignore them and can be pushed."""
    if path is None:
        return ""
    folder = path.resolve().parent

    def git(*arguments: str) -> str | None:
        try:
            done = subprocess.run(
                ["git", "-C", str(folder), *arguments],
                capture_output=True,
                text=True,
                check=False,
                timeout=10,
            )
        except (OSError, subprocess.SubprocessError):
            return None
        return done.stdout if done.returncode == 0 else None

    if git("rev-parse", "--is-inside-work-tree") is None or git("check-ignore", path.resolve().name):
        return ""
    remotes = git("remote", "-v") or ""
    where = re.search(r"\s(?:\w+://)?(?:[^@\s/]*@)?(\S+)", remotes)
    said = f"{path} holds marks of people and lies in a git repository that does not ignore it"
    return f"{said}, pushed to {where[1]}" if where else said
