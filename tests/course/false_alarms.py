"""How often a right answer is called wrong: `python -m tests.course.false_alarms --seeds 1000`, run by hand.

Prints for every exercise on how many seeds the reference or an accepted variant earned less than full points.
"""

from __future__ import annotations

import time
from collections import Counter

import click

from autograder.authoring import proof as drawing
from autograder.authoring.exercise import Variant
from tests.course.test_exercises import SUBJECTS, Subject


def alarms(subject: Subject, variants: list[Variant], seed: int) -> list[str]:
    """The right answers that are not taken for right on a draw."""
    exercise = subject.exercise
    sheet = subject.drawn(seed)
    answers = {"the reference": [subject.reference[name] for name in exercise.all_functions]}
    for variant in variants:
        answers[variant.name] = drawing.implementation(exercise, subject.reference, variant)
    return [
        name
        for name, functions in answers.items()
        if drawing.examine(sheet, functions)[0].points != float(exercise.points)
    ]


@click.command()
@click.option("--seeds", metavar="COUNT", default=1000, show_default=True, help="Draws of each exercise.")
@click.option("--keras/--no-keras", default=False, help="Also answers that import TensorFlow. [default: no]")
@click.argument("only", metavar="[WORD]...", nargs=-1)
def main(seeds: int, keras: bool, only: tuple[str, ...]) -> None:
    """Count false alarms of the exercises, all or those with a WORD in their names."""
    for parameter in SUBJECTS:
        (subject,) = parameter.values
        if not all(word in parameter.id for word in only):
            continue
        if not keras and subject.runs_keras(subject.exercise.misconceptions):
            continue
        variants = [one for one in subject.exercise.accepted if keras or not subject.runs_keras([one])]
        started, failed, undrawable = time.monotonic(), Counter(), 0
        for seed in range(seeds):
            try:
                failed.update(set(alarms(subject, variants, seed)))
            except drawing.Undrawable as error:
                undrawable += 1
                click.echo(f"    seed {seed}: {error.problem}", err=True)
        names = ", ".join(f"{name} {count}" for name, count in failed.items()) or "none"
        more = f"; {undrawable} seeds without a draw" if undrawable else ""
        click.echo(f"{parameter.id}: {names} in {seeds}{more}, {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
