"""`autograder collect` at the terminal: a line for each hand-in, and who is missing."""

from __future__ import annotations

from pathlib import Path

import click

from ..classroom.collect import Asked, Collected
from ..nbgrader.records import one_line

SCHEMES = ("canvas", "moodle", "blackboard", "github", "gradescope", "folder")


@click.command()
@click.argument("lesson")
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.option("--from", "scheme", type=click.Choice(SCHEMES), help="Whose names it has. [default: what fits]")
@click.option(
    "--roster",
    "roster_path",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The class as CSV: own columns, Canvas' gradebook or Moodle's worksheet. "
    "[default: roster.csv in the course]",
)
@click.option("--choose", "choices", metavar="ID=FILE", multiple=True, help="Of two notebooks, this one.")
@click.option("--update", is_flag=True, help="Replace what was handed in again since.")
@click.option("--force", is_flag=True, help="Replace whatever lies there.")
@click.option("--dry-run", is_flag=True, help="Write nothing; show what would happen.")
@click.option(
    "--timezone", metavar="ZONE", help="Of times without one. [default: as nbgrader_config.py says]"
)
@click.pass_obj
def collect(
    folder: Path | None,
    /,
    lesson: str,
    source: Path,
    scheme: str | None,
    roster_path: Path | None,
    choices: tuple[str, ...],
    update: bool,
    force: bool,
    dry_run: bool,
    timezone: str | None,
) -> None:
    """Sort a download from Canvas, Moodle, Blackboard, GitHub or Gradescope into submitted/.

    SOURCE is a zip or a folder. What lies there already stays unless --update or --force is given.
    For example: autograder collect 12 submissions.zip --dry-run
    """
    from ..classroom import collect as collecting
    from ..classroom.roster import FILE_NAME, read_roster
    from ..nbgrader.course import find_course

    course = find_course(folder)
    if roster_path is None and (course.root / FILE_NAME).is_file():
        roster_path = course.root / FILE_NAME
    pairs = [choice.partition("=") for choice in choices]
    if not all(between for _, between, _ in pairs):
        raise click.UsageError("--choose wants a student and a file: --choose 'ada=draft.ipynb'")
    asked = Asked(
        scheme or "",
        read_roster(roster_path) if roster_path else None,
        update,
        force,
        dry_run,
        tuple((student, file) for student, _, file in pairs),
        collecting.zone_of(course, timezone),
    )
    found = collecting.collect(course, lesson, source, asked)
    click.echo(table(found))
    for line in remarks(found, dry_run):
        click.echo(f"autograder: {line}", err=True)
    if not found.whole:
        raise click.exceptions.Exit(1)


def table(found: Collected) -> str:
    """A line for each hand-in."""
    rows = [
        (
            one_line(row.student, 40),
            row.what,
            "late" if row.late else "",
            one_line(row.file, 60),
            row.time,
            row.notes,
        )
        for row in sorted(found.rows, key=lambda row: row.student)
    ]
    wide = [max([len(str(row[k])) for row in rows] or [0]) for k in range(5)]
    lines = []
    for row in rows:
        shown = [f"{row[k]:{wide[k]}}" for k in range(5) if wide[k]]
        lines.append("  ".join([*shown, one_line("; ".join(row[5]), 240)]).rstrip())
    return "\n".join(lines) or "nothing was handed in"


def remarks(found: Collected, dry_run: bool) -> list[str]:
    """What does not fit into a line: totals, who is missing, who is unknown, what was left aside."""
    counts = {what: sum(row.what == what for row in found.rows) for what in ("new", "replaced", "unchanged")}
    left = [f"{sum(row.what == what for row in found.rows)} {what}" for what in ("kept", "refused")]
    said = [f"{count} {what}" for what, count in counts.items() if count]
    said += [one for one in left if not one.startswith("0 ")]
    late = sum(row.late for row in found.rows)
    lines = [
        f"{found.lesson}, read as {found.scheme}: {', '.join(said) or 'nothing'}"
        + (f"; {late} late" if late else "")
        + ("; nothing was written (--dry-run)" if dry_run else "")
    ]
    for words, names in (
        ("nothing handed in by", found.missing),
        ("not in the roster:", found.unknown),
        ("nobody's files:", found.strangers),
        ("left aside:", found.refused),
    ):
        if names:
            shown = ", ".join(one_line(name, 80) for name in names[:20])
            more = f" and {len(names) - 20} more" if len(names) > 20 else ""
            lines.append(f"{words} {shown}{more}")
    return lines
