"""Every exercise of every lesson tells right from wrong: the reference and each accepted variant earn full
points, each misconception earns just what it should and is called by its name.

Lessons and exercises are found, not listed: a new one is held to the same standard.
"""

from __future__ import annotations

import ast
import inspect
import re
import secrets
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property
from typing import Any

import pytest

from autograder.authoring import proof as drawing
from autograder.authoring import slicing
from autograder.authoring.compile import DRAWS_OF_FEW_ANSWERS, compile_exercise, compile_hidden_exercise
from autograder.authoring.exercise import Exercise, Variant
from autograder.authoring.lesson import Lesson, lessons_of
from autograder.errors import LessonError
from autograder.nbgrader.course import Course
from autograder.student import judge
from autograder.student.sheet import Outcome, Sheet
from tests.builders import ROOT, solution_bodies

SEEDS = 20
FEWEST_SEEDS, SECONDS = 2, 0.5  # an exercise that takes long is drawn on fewer


@dataclass(frozen=True)
class Subject:
    """One exercise of a lesson, with what it takes to draw and examine it."""

    lesson: Lesson
    name: str

    @property
    def exercise(self) -> Exercise:
        return self.lesson.exercises[self.name]

    @cached_property
    def reference(self) -> Mapping[str, Any]:
        return self.lesson.reference(self.exercise)

    @cached_property
    def sources(self) -> drawing.Sources:
        return self.lesson.sources(self.exercise)

    @cached_property
    def public(self) -> Sheet:
        """The cases of checks.json."""
        return compile_exercise(self.lesson, self.name, drawing.PUBLIC)

    def drawn(self, seed: int) -> Sheet:
        """Cases as hidden ones are drawn: misconceptions lose what they lose on the public sheet."""
        return drawing.draw_sheet(self.exercise, self.reference, self.sources, seed, self.public)

    def runs_keras(self, variants: Iterable[Variant]) -> bool:
        """Whether the solution, the driver or one of these variants imports TensorFlow."""
        names = names_that_run_keras(self.lesson)
        texts = [variant.text or self._source(variant.function) for variant in variants]
        texts += [self._source(self.exercise.drive)] if self.exercise.drive else []
        told = re.compile(rf"\b({'|'.join(sorted(names | {'keras', 'tensorflow'}))})\b")
        return bool(names & set(self.exercise.all_functions)) or any(map(told.search, texts))

    def _source(self, function: Any) -> str:
        """The text of a function or class of exercises.py."""
        text = self.lesson.exercises_path.read_text(encoding="utf-8").split("\n")
        if isinstance(function, type):
            return next(one.source for one in statements_of(self.lesson)[0] if function.__name__ in one.binds)
        return "".join(
            inspect.getblock([f"{line}\n" for line in text[function.__code__.co_firstlineno - 1 :]])
        )


@cache
def names_that_run_keras(lesson: Lesson) -> set[str]:
    """What exercises.py and lesson.py define that imports TensorFlow, itself or through what it uses."""
    defining = re.compile(r"(@|def |class |import |from )")
    every = [one for part in statements_of(lesson) for one in part if defining.match(one.source)]
    times = Counter(name for one in every for name in one.binds)
    found: set[str] = set()
    while True:
        more = {
            name
            for one in every
            if one.uses & found or re.search(r"\b(keras|tensorflow)\b", one.source)
            for name in one.binds
            if times[name] == 1  # `cases` and `drive` belong to each exercise, and are nobody's helper
        }
        if more <= found:
            return found
        found |= more


@cache
def statements_of(lesson: Lesson) -> tuple[list[slicing.Statement], list[slicing.Statement]]:
    """What exercises.py and the cells of lesson.py are made of, exercises and demonstrations left out."""
    text = lesson.exercises_path.read_text(encoding="utf-8")
    helpers = [one for one in slicing.statements(text) if not one.binds & set(lesson.exercises)]
    cells = [cell for cell in lesson.cells if cell.kind == "code" and "demo" not in cell.tags]
    return helpers, [one for cell in cells for one in lesson.statements_of(cell)]


# many weights, pictures or rounds of training, anew for every wrong answer
TAKE_LONG = {
    "ACT",
    "Value",
    "batchnorm_forward",
    "bce",
    "born_dead_rate",
    "gaussian_noise",
    "init_weights",
    "label_preserving",
    "load_dataset",
    "train_regression",
    "triggers",
}


def subjects() -> list[Any]:
    """Every exercise of the course. A lesson that can't be read is one subject, and fails with the reason."""
    found = []
    for lesson in lessons_of(Course(ROOT)):
        try:
            for name in lesson.exercises:
                subject = Subject(lesson, name)
                every = subject.exercise.misconceptions + subject.exercise.accepted
                marks = [pytest.mark.keras] if subject.runs_keras(every) else []
                marks += [pytest.mark.slow] if name in TAKE_LONG else []
                found.append(pytest.param(subject, id=f"{lesson.name}-{name}", marks=marks))
        except (LessonError, SyntaxError):
            found.append(pytest.param(Subject(lesson, ""), id=f"{lesson.name}-unreadable"))
    return found


SUBJECTS = subjects()
each_exercise = pytest.mark.parametrize("subject", SUBJECTS)
each_lesson = pytest.mark.parametrize(
    "lesson", [pytest.param(one, id=one.name) for one in lessons_of(Course(ROOT))]
)


def points_left(exercise: Exercise, lost: set[str]) -> float:
    """What remains of the points without some groups, by arithmetic of its own."""
    weights = {group: Fraction(weight) for group, weight in exercise.groups.items()}
    kept = sum(weight for group, weight in weights.items() if group not in lost)
    return float(Fraction(exercise.points) * kept / sum(weights.values()))


@each_exercise
def test_right_answers_earn_everything_and_wrong_ones_what_they_should(subject: Subject) -> None:
    """On every draw: reference and variants full points, misconceptions theirs, each recognised by name."""
    exercise, until = subject.exercise, time.monotonic() + SECONDS
    full, loses = float(exercise.points), {one.name: set(one.loses) for one in subject.public.mistakes}
    for seed in range(SEEDS):
        if seed >= FEWEST_SEEDS and time.monotonic() > until:
            break
        sheet = subject.drawn(seed)
        verdict, _ = drawing.examine(sheet, [subject.reference[name] for name in exercise.all_functions])
        assert verdict.points == full, f"seed {seed}, the reference:\n{verdict}"
        for variant in exercise.accepted:
            functions = drawing.implementation(exercise, subject.reference, variant)
            verdict, _ = drawing.examine(sheet, functions)
            assert verdict.points == full, f"seed {seed}, {variant.name}:\n{verdict}"
            assert verdict.status == "right"
        for mistake in exercise.misconceptions:
            functions = drawing.implementation(exercise, subject.reference, mistake)
            verdict, _ = drawing.examine(sheet, functions)
            expected = points_left(exercise, loses[mistake.name])
            assert verdict.points == pytest.approx(expected, abs=0.005), (
                f"seed {seed}, {mistake.name}:\n{verdict}"
            )
            assert verdict.points < full
            assert verdict.misconception == mistake.name, f"seed {seed}, {mistake.name}:\n{verdict}"
            assert verdict.hint == mistake.hint


@each_exercise
def test_public_cases_cover_every_group(subject: Subject) -> None:
    """A student who sees full points was asked about every part of them."""
    sheet = subject.public
    _, outcomes = drawing.examine(sheet, [subject.reference[name] for name in subject.exercise.all_functions])

    assert {finding.group for finding in judge.findings_of(sheet, outcomes)} == set(subject.exercise.groups)


@each_exercise
def test_hidden_cases_can_be_drawn_with_any_secret(subject: Subject) -> None:
    """A secret that nobody has tried gives cases like the public ones, with other inputs if there are any."""
    public = subject.public
    hidden = compile_exercise(subject.lesson, subject.name, secrets.token_hex(32), public=public)

    assert [case.group for case in hidden.cases] == [case.group for case in public.cases]
    if any(case.inputs for case in public.cases):
        assert [str(case.inputs) for case in hidden.cases] != [str(case.inputs) for case in public.cases]
    assert [(one.name, one.loses) for one in hidden.mistakes] == [(m.name, m.loses) for m in public.mistakes]


@each_exercise
def test_public_results_in_their_order_earn_nothing_on_hidden_cases(subject: Subject) -> None:
    """Whoever counts calls and answers from checks.json gets nowhere, not even with yes and no."""
    public = subject.public
    if public.judge:
        pytest.skip("judged by properties, which an answer has or has not")
    hidden = compile_hidden_exercise(subject.lesson, subject.name, "a secret", public)
    by_heart = [Outcome(case.expected) for case in public.cases] * DRAWS_OF_FEW_ANSWERS

    assert judge.verdict(hidden, by_heart[: len(hidden.cases)]).points == 0


@each_exercise
def test_an_exercise_is_proven_by_wrong_and_right_answers_and_an_example(subject: Subject) -> None:
    """At least two misconceptions, two accepted variants, and an example for the third try."""
    exercise = subject.exercise
    names = [variant.name for variant in exercise.misconceptions + exercise.accepted]

    assert len(exercise.misconceptions) >= 2
    assert len(exercise.accepted) >= 2
    assert len(set(names)) == len(names)
    assert exercise.examples
    assert len(exercise.examples[0].text) > 20


@each_exercise
def test_hints_are_sentences_of_their_own_and_give_nothing_away(subject: Subject) -> None:
    """A hint begins and ends like a sentence, and none holds a line of the solution.

    Two forms of one slip may share a hint; more would be a hint that tells nothing apart.
    """
    hints = [mistake.hint for mistake in subject.exercise.misconceptions]

    for hint in hints:
        assert re.match(r"[\w`“(-]", hint), hint
        assert hint.rstrip("\")”'").endswith((".", "?", "!", "…")), hint
        assert len(hint.split()) >= 3, hint
    alike = Counter(re.sub(r"\W+", " ", hint).lower() for hint in hints)
    assert max(alike.values()) <= 2 <= len(alike)
    for line in solution_of(subject):
        for text in [*hints, *(example.text for example in subject.exercise.examples)]:
            assert squeezed(line) not in squeezed(text), f"{line!r} stands in: {text}"


def solution_of(subject: Subject) -> list[str]:
    """The lines of an exercise's solution, without `return` and names of results."""
    cells = [cell.source for cell in subject.lesson.cells if cell.is_solution]
    own = [source for source in cells if defined_in(source) & set(subject.exercise.functions)]
    lines = [line for source in own for body in solution_bodies(source) for line in body]
    return [
        line for line in (re.sub(r"^(return|\w+ [-+*/]?=) ", "", line) for line in lines) if len(line) >= 12
    ]


def defined_in(source: str) -> set[str]:
    return {
        name for statement in slicing.statements(slicing.without_magics(source)) for name in statement.binds
    }


def squeezed(text: str) -> str:
    return re.sub(r"[\s`]+", "", text)


@each_lesson
def test_exercises_import_nothing_heavy(lesson: Lesson) -> None:
    """TensorFlow is imported inside the functions that need it: listing a course must not take seconds."""
    tree = ast.parse(lesson.exercises_path.read_text(encoding="utf-8"))
    imported = [ast.unparse(node) for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]

    assert not [line for line in imported if re.search(r"keras|tensorflow|matplotlib|sklearn|nnlab", line)]
