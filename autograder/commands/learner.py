"""The commands that a learner has. With what is handed out these are all; a teacher's are in `cli`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from .. import __version__
from ..errors import AutograderError, nearest
from . import learning


class Commands(click.Group):
    """Commands whose mistakes end in one sentence: exit 1 for work that failed, 2 for wrong usage."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except click.NoSuchOption as error:
            if error.option_name == "--course" and error.ctx is not None:
                words = f"--course stands before the command: autograder --course DIR {error.ctx.info_name}"
                raise click.UsageError(words, error.ctx) from None
            raise
        except AutograderError as error:
            click.echo(f"autograder: {error}", err=True)
            context.exit(error.exit_code)

    def resolve_command(self, context: click.Context, args: list[str]) -> Any:
        try:
            return super().resolve_command(context, args)
        except click.UsageError as error:
            near = nearest(args[0], self.commands)
            if near and "Did you mean" not in error.format_message():
                raise click.UsageError(f"{error.message} Did you mean {near!r}?", context) from None
            raise


SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(cls=Commands, context_settings=SETTINGS)
@click.version_option(__version__, message="%(version)s")
def main() -> None:
    """Check what you answered in a lesson's notebook."""


@main.command()
@click.argument("notebook", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--junit", metavar="FILE", type=click.Path(path_type=Path), help="Write a JUnit report, too.")
@click.option("--github", is_flag=True, help="Annotate the notebook in GitHub Actions, with a summary.")
@click.option("--min-points", metavar="N", type=float, help="Exit 1 below so many points.")
def check(notebook: Path, as_json: bool, junit: Path | None, github: bool, min_points: float | None) -> None:
    """Run a notebook of your own from top to bottom and show what it earns.

    For example: autograder check notebooks/12_inverted_dropout/12_inverted_dropout.ipynb
    """
    from . import continuous
    from .selfcheck import verdicts_of

    found = verdicts_of(notebook, lambda line: click.echo(line, err=True))
    if junit:
        continuous.write_junit(junit, found)
    if as_json:
        click.echo(json.dumps(found.as_json()))
    else:
        for verdict in found.verdicts:
            click.echo(verdict["text"])
        click.echo(f"{found.lesson}: {found.score:g} of {found.max_score:g} points")
    if github:
        for line in continuous.workflow_commands(notebook, found):
            click.echo(line, err=as_json)
        continuous.write_summary(found)
    if min_points is not None and found.score < min_points:
        click.echo(f"autograder: {found.score:g} points, fewer than the {min_points:g} asked for", err=True)
        sys.exit(1)


for command in learning.COMMANDS:
    main.add_command(command)
