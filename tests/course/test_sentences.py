"""Every sentence that a verdict says of a misconception of the course is true of its function.

What is said is taken apart again: two numbers that are said to differ do, an argument that is said to have
changed has, the example that is shown is one on which this function fails, and what it is said to give is
what it gives.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from autograder.authoring.compile import compile_exercise
from autograder.authoring.exercise import Variant
from autograder.authoring.proof import PUBLIC, implementation
from autograder.authoring.shown import a_value_shows, with_examples
from autograder.student import checks_file, judge, notebook
from autograder.student.arrays import RTOL_FLOAT32
from autograder.student.example import small_example
from autograder.student.finding import UNCHANGED
from autograder.student.guard import undisturbed
from autograder.student.probe import driver_for, outcome_of
from autograder.student.sheet import Outcome, Sheet
from autograder.student.values import as_array
from autograder.student.verdict import Verdict
from autograder.student.wording import WIDTH, narrowed, two_values
from tests.course.test_exercises import SUBJECTS, Subject

pytestmark = pytest.mark.slow

NUMBER = r"-?(?:\d[\d.e+-]*\d|\d|nan|inf)"
TWO_NUMBERS = re.compile(rf" is ({NUMBER})(?: at \[[\d, ]*\])?, expected ({NUMBER})")
TWO_RESULTS = re.compile(r" is (.+); yours gives (.+)\.$", re.DOTALL)
DRAWN = re.compile(
    r"(\d+) of (\d+) differ, most at \[[\d, ]*\], where (\S+) is expected and yours is (.+?)[\";(]"
)
PATTERNS: dict[str, Callable[[np.ndarray, np.ndarray], bool]] = {
    "Everything is .* times what it should be": lambda f, e: bool(np.ptp((f / e)[e != 0]) < 1e-4),
    "The sign is reversed everywhere": lambda f, e: bool(np.allclose(f, -e, rtol=1e-4)),
    "Everything is off by the same": lambda f, e: bool(np.ptp(f - e) < 1e-4 * np.abs(f - e).max()),
    "It looks rounded": lambda f, e: bool(np.any(f != 0) and np.allclose(f, e, atol=0.5)),
    "The right values in reverse order": lambda f, e: bool(np.allclose(f[::-1], e, rtol=1e-4)),
    "Rows and columns are swapped": lambda f, e: f.T.shape == e.shape,
}


def parted() -> Iterator[Any]:
    """The exercises of each lesson, those that run Keras and those that take long apart."""
    lessons: dict[tuple[str, str], list[Subject]] = {}
    for parameter in SUBJECTS:
        (subject,), marks = parameter.values, [mark.name for mark in parameter.marks]
        lessons.setdefault((subject.lesson.name, "-".join(marks)), []).append(subject)
    for (name, kind), subjects in lessons.items():
        marks = [pytest.mark.keras] if "keras" in kind else []
        yield pytest.param(subjects, id=f"{name}-{kind}".removesuffix("-"), marks=marks)


each_lesson = pytest.mark.parametrize("subjects", list(parted()))


@cache
def sheet_of(subject: Subject) -> Sheet:
    """The public sheet with its examples; where what was built is older than the exercise, drawn anew."""
    exercise = subject.exercise
    if subject.lesson.checks_path.is_file():
        built = checks_file.load(subject.lesson.checks_path).sheets.get(subject.name)
        names = [variant.name for variant in exercise.misconceptions]
        if built and [mistake.name for mistake in built.mistakes] == names:
            return with_examples(built, exercise, subject.reference)
    return compile_exercise(subject.lesson, subject.name, PUBLIC)


@each_lesson
def test_every_misconception_that_a_value_can_show_fails_an_example(subjects: list[Subject]) -> None:
    """So that nobody is shown an example on which they are right."""
    for subject in subjects:
        sheet = sheet_of(subject)
        unshown = [one.name for one in sheet.mistakes if not one.shown_by and a_value_shows(sheet, one)]
        assert unshown == [], subject.name


@each_lesson
def test_what_is_said_of_a_misconception_is_so(
    subjects: list[Subject], record_property: Callable[[str, object], None]
) -> None:
    """Rows, explanation, picture, example and the failing case, sentence by sentence."""
    sentences = 0
    for subject in subjects:
        sheet = replace(sheet_of(subject), seconds=60)
        for variant in subject.exercise.misconceptions:
            told = Told(subject, sheet, variant)
            told.hold()
            sentences += told.sentences
    record_property("sentences", sentences)
    print(f"{sentences} sentences")


@each_lesson
def test_nothing_is_said_against_a_right_answer(subjects: list[Subject]) -> None:
    """No cross, no row that was not looked at, no example, no failing case."""
    for subject in subjects:
        sheet = replace(sheet_of(subject), seconds=60)
        for variant in subject.exercise.accepted:
            verdict = notebook.examine(sheet, implementation(subject.exercise, subject.reference, variant))
            said = str(verdict)
            assert verdict.status == "right", f"{subject.name}, {variant.name}: {said}"
            assert not re.search(r"\[(no|--)\]|Hint|First|Seen|example|case", said), said
            assert (verdict.case, verdict.error, verdict.figure) == (None, "", "")


class Told:
    """What a student with this misconception reads, and what their function gives."""

    def __init__(self, subject: Subject, sheet: Sheet, variant: Variant) -> None:
        self.sheet, self.variant = sheet, variant
        self.functions = implementation(subject.exercise, subject.reference, variant)
        self.verdict: Verdict = notebook.examine(sheet, self.functions)
        with undisturbed(), np.errstate(all="warn", under="ignore"):
            self.outcomes = [outcome_of(driver_for(sheet), self.functions, case) for case in sheet.cases]
        self.small = small_example(sheet, self.functions, self.verdict.case)
        self.place = f"{subject.lesson.name}, {subject.name}, {variant.name}:\n{self.verdict}\n{self.small}"
        said = [row.text for row in self.verdict.rows] + [self.verdict.explanation, self.verdict.error]
        self.texts = [text for text in dict.fromkeys(said) if text]
        self.sentences = (
            len(self.verdict.rows) + 1 + len(self.texts) + bool(self.small) + bool(self.verdict.figure)
        )

    def hold(self) -> None:
        """Holds each sentence against the outcomes."""
        assert self.verdict.status in ("wrong", "partly right"), self.place
        assert self.verdict.hint in ("", self.variant.hint), self.place
        self._rows()
        for text in self.texts:
            self._text(text)
        self._small()
        self._case()
        if self.verdict.figure and not self.sheet.picture:
            drawn = DRAWN.search(self.verdict.figure)
            assert drawn and drawn[3] != drawn[4] and 0 < int(drawn[1]) <= int(drawn[2]), self.place

    def _rows(self) -> None:
        changed = {name for outcome in self.outcomes for name in outcome.changed}
        for row in self.verdict.rows:
            if row.ok:
                assert row.looked_at and not row.text, self.place
            elif not row.looked_at:
                assert not row.text, self.place
                assert row.group == UNCHANGED or self.verdict.error, self.place
            elif row.group == UNCHANGED:
                assert changed, self.place
            else:
                assert row.text or self.sheet.judge, self.place

    def _text(self, text: str) -> None:
        for found, expected in TWO_NUMBERS.findall(text):
            assert found != expected, self.place
        for pattern, holds in PATTERNS.items():
            if not self.sheet.judge and re.search(pattern, text):
                assert any(holds(*pair) for pair in self._numbers()), f"{pattern}: {self.place}"
        if "changes its argument" in text and not self.sheet.judge:  # a judge says so of what its driver saw
            named = set(re.findall(r"`(\w+)`", text.split("changes its argument")[1].split(";")[0]))
            assert any(named == set(outcome.changed) for outcome in self.outcomes), self.place
        raised = re.match(r"(\w+(?:Error|Exit|Interrupt|Exception))(: | \(|$|,)", text)
        if raised:
            assert raised[1] in {outcome.raised for outcome in self.outcomes}, self.place

    def _numbers(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Found and expected numbers of one shape, also those inside other results."""
        for case, outcome in zip(self.sheet.cases, self.outcomes, strict=True):
            yield from _pairs(outcome.value, case.expected)

    def _small(self) -> None:
        if "Here yours agrees" in self.small:
            shows = [
                one for one in self.sheet.small if one.case and self._off(one.case, self._outcome(one.case))
            ]
            assert not shows, self.place
        said = TWO_RESULTS.search(self.small)
        if not said or self.sheet.judge:
            return
        right, yours = said.groups()
        assert right != yours, self.place
        cases = [one.case for one in self.sheet.small if one.case is not None]
        cases += [self.verdict.case.case] if self.verdict.case else []
        results = (narrowed(self.sheet, self._outcome(case).value, case.expected)[:2] for case in cases)
        given = {two_values(found, expected) for found, expected in results}
        assert any(yours == one and right.endswith(other) for one, other in given), self.place
        assert len(yours) <= WIDTH, self.place

    def _case(self) -> None:
        assert self.verdict.case is not None, self.place
        outcome = self._outcome(self.verdict.case.case)
        assert outcome.changed or self._off(self.verdict.case.case, outcome), self.place

    def _outcome(self, case: Any) -> Outcome:
        with undisturbed(), np.errstate(all="warn", under="ignore"):
            return outcome_of(driver_for(self.sheet), self.functions, case)

    def _off(self, case: Any, outcome: Outcome) -> str:
        with undisturbed():
            return judge.off(self.sheet, case, outcome)


def _pairs(found: Any, expected: Any) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    one, other = as_array(found), as_array(expected)
    if one is not None and other is not None and one.shape == other.shape and one.dtype.kind in "biuf":
        close = np.isclose(one, other, rtol=RTOL_FLOAT32, equal_nan=True)
        if not close.all() and np.isfinite(one).all() and np.isfinite(other).all():
            with np.errstate(all="ignore"):
                yield one.astype(float), other.astype(float)
    elif isinstance(found, dict) and isinstance(expected, dict):
        for key in found.keys() & expected.keys():
            yield from _pairs(found[key], expected[key])
    if isinstance(found, (list, tuple)) and isinstance(
        expected, (list, tuple)
    ):  # its parts, too, each by itself
        for item, wanted in zip(found, expected, strict=False):
            yield from _pairs(item, wanted)
