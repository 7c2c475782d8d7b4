"""Commands for whoever learns: how far they are, what is due again, which slips nobody recognised."""

from __future__ import annotations

import functools
import itertools
import json
from pathlib import Path

import click

from ..errors import AutograderError
from ..student import diary
from ..student.course import course_in, lessons_in
from ..student.quiz import LETTERS, Answer
from ..student.recall import AT_ONCE, due_questions, write_answer
from ..student.slips import slips_in


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--page", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Write a page to print."
)
@click.pass_obj
def progress(folder: Path | None, /, as_json: bool, page: Path | None) -> None:
    """Show what you have done in the course, and what comes next.

    For example: autograder progress --page progress.html
    """
    from ..student import progress_page

    course = course_in(lessons_folder(folder), kept())
    if page:
        page.write_text(progress_page.page(course), encoding="utf-8")
        click.echo(f"written: {page}", err=True)
    if as_json:
        click.echo(json.dumps(course.as_data()))
    elif not page:
        click.echo(repr(course))


@click.command()
@click.pass_obj
def quiz(folder: Path | None, /) -> None:
    """Ask again what you answered in earlier lessons, when it is due.

    Questions come back after a day, and as long as you answer them right after 3, 7, 21 and 60 days.
    """
    own = kept()
    asked = list(itertools.islice(due_questions(lessons_folder(folder), own.read()), AT_ONCE))
    for line in own.words():
        click.echo(f"autograder: {line}", err=True)
    if not asked:
        click.echo("No question is due today. The quiz at the end of a lesson asks the first ones.")
        return
    for number, (lesson, question) in enumerate(asked, 1):
        click.echo(f"\n{number} of {len(asked)}, from {lesson}\n{question.text}")
        letters = LETTERS[: len(question.choices)]
        for letter, choice in zip(letters, question.choices, strict=True):
            click.echo(f"  ({letter}) {choice.text}")
        chosen = click.prompt("Your choice", type=click.Choice(list(letters), case_sensitive=False))
        answer = Answer(number, question, letters.index(chosen.lower()))
        own.update(functools.partial(write_answer, lesson=lesson, question=question, right=answer.right))
        click.echo(repr(answer))


@click.command()
def slips() -> None:
    """Print your own answers that no check recognised, to send to the course if you like.

    Nothing is sent. Read what is printed, take out what you would rather keep, put the rest into an issue.
    """
    own = kept()
    found = slips_in(own.read())
    for line in own.words():
        click.echo(f"autograder: {line}", err=True)
    click.echo(found or "There are none: every wrong answer of yours was recognised, or none was kept.")


COMMANDS = (progress, quiz, slips)


def kept() -> diary.Diary:
    """The diary of whoever calls."""
    place = diary.folder()
    if place is None:
        raise AutograderError(
            f"This system names no home folder. Say where your progress lies in {diary.FOLDER}."
        )
    return diary.Diary(place / diary.FILE_NAME)


def lessons_folder(folder: Path | None) -> Path:
    """Where the lessons lie that a learner opens: notebooks/ of the course, or a folder of lessons."""
    start = (folder or Path.cwd()).resolve()
    for here in [start, *start.parents]:
        for place in (here / "notebooks", here):
            if next(lessons_in(place), None):
                return place
    raise AutograderError(
        f"No lessons in {start} or above it. Go to the course's folder, or name it with --course DIR."
    )
