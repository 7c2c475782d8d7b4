"""`autograder feedback`: what students get back, a page a submission: verdicts first, then the notebook.

The page lies where nbgrader's own would, and is called as that is, so that `nbgrader release_feedback` hands
it out; whichever of the two is made last is the one that is there.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from ..errors import AutograderError
from ..files import write_whole
from ..nbgrader import cells
from ..nbgrader.course import Course
from ..nbgrader.entries import Entries
from ..nbgrader.folders import Folders
from ..nbgrader.gradebook import Gradebook
from ..nbgrader.markers import Markers, markers_of
from ..student.card import card_of_verdict
from ..student.verdict import number
from . import answers, pages, rendering
from .answers import Answer, HandedIn, LessonClass
from .reasons import in_words

AT_ONCE = 8  # pages that a worker takes; fewer in all are made in this process
TRAVELS_ALONG = ("timestamp.txt", "submission_secret.txt")  # what `nbgrader release_feedback` reads
LARGEST_NOTEBOOK = 64 << 20


@dataclass(frozen=True)
class Lesson:
    """What all pages of a lesson share."""

    name: str
    title: str
    notebooks: tuple[str, ...]
    markers: Markers
    checks: dict[str, str] = field(default_factory=dict)  # graded cells of ours, with their exercises
    solutions: dict[str, str] = field(default_factory=dict)  # by exercise; empty: not given out


@dataclass(frozen=True)
class Page:
    """One page to be made."""

    lesson: Lesson
    submission: HandedIn
    executed: Path
    target: Path


def write(
    course: Course,
    wanted: Sequence[str],
    with_solutions: bool = False,
    jobs: int = 0,
    tell: Callable[[int, int], None] = lambda *_: None,
) -> list[Path]:
    """Makes the pages of some lessons; where they lie.

    Args:
        course: whose.
        wanted: lessons by name or number; none: all that is graded.
        with_solutions: the instructor's answers stand beside the student's.
        jobs: how many processes; 0: one for each core.
        tell: called with how many of how many are done.

    Raises:
        AutograderError: solutions are asked for before the deadline.
    """
    chosen = answers.chosen(course, wanted)
    gradebook = Gradebook(course)
    try:
        entries = Entries(gradebook)
        lessons = answers.read_class(course, entries, chosen)
        if with_solutions:
            for lesson in lessons:
                _must_be_over(lesson.name, entries.due(lesson.name), datetime.now(UTC).replace(tzinfo=None))
        asked = list(_asked(gradebook, lessons, with_solutions))
    finally:
        gradebook.close()
    found = []
    for path in _made(asked, jobs or os.cpu_count() or 1):
        found.append(path)
        tell(len(found), len(asked))
    return found


def _must_be_over(lesson: str, due: datetime | None, now: datetime) -> None:
    if due is None:
        raise AutograderError(
            f"{lesson} has no deadline, so solutions are not given out: set one with "
            f"nbgrader db assignment add {lesson} --duedate TIME."
        )
    if now < due:
        raise AutograderError(
            f"{lesson} can be handed in until {due:%Y-%m-%d %H:%M} UTC; solutions are given out after that."
        )


def _asked(gradebook: Gradebook, lessons: Sequence[LessonClass], with_solutions: bool) -> Iterator[Page]:
    markers = markers_of(gradebook.config)
    for one in lessons:
        lesson = _lesson(one, gradebook.folders, markers, with_solutions)
        for submission in one.handed_in:
            executed = gradebook.folders.autograded(one.name, submission.student)
            target = gradebook.folders.feedback(one.name, submission.student)
            yield Page(lesson, submission, executed, target)


def _lesson(one: LessonClass, folders: Folders, markers: Markers, with_solutions: bool) -> Lesson:
    source = folders.source_folder(one.name)
    notebooks = tuple(path.stem for path in sorted(source.glob("*.ipynb"))) or (one.name,)
    checks = {cells.check_name(exercise): exercise for exercise in one.functions}
    solutions = _solutions(source, notebooks, one, markers) if with_solutions else {}
    return Lesson(one.name, one.title, notebooks, markers, checks, solutions)


def _solutions(source: Path, notebooks: Sequence[str], one: LessonClass, markers: Markers) -> dict[str, str]:
    """The instructor's answers by exercise: code, or for a written question what is expected."""
    written: dict[str, str] = {}
    for name in notebooks:
        for cell in _read(source / f"{name}.ipynb").get("cells", []):
            text = "".join(cell["source"])
            if cells.grade_id(cell) and cells.is_solution(cell):
                written[cells.grade_id(cell)] = markers.unmarked(text)
    found = {}
    for exercise in one.exercises:
        places = one.functions.get(exercise) or (exercise,)
        found[exercise] = "\n\n".join(written[place] for place in places if place in written)
    return {exercise: text for exercise, text in found.items() if text}


def _made(asked: Sequence[Page], jobs: int) -> Iterator[Path]:
    """Makes the pages, in several processes where there are many."""
    if len(asked) <= 2 * AT_ONCE or jobs == 1:
        yield from map(make, asked)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(make, asked, chunksize=AT_ONCE)


def make(page: Page) -> Path:
    """Writes one page, under the name of every notebook of the assignment."""
    text = page_of(page)
    page.target.mkdir(parents=True, exist_ok=True)
    for name in page.lesson.notebooks:
        write_whole(page.target / f"{name}.html", text)
    for name in TRAVELS_ALONG:
        kept = page.executed / name
        if kept.is_file() and not kept.is_symlink():
            shutil.copyfile(kept, page.target / name)
    return page.target / f"{page.lesson.notebooks[0]}.html"


def page_of(page: Page) -> str:
    """The page as text."""
    from markupsafe import Markup

    lesson, submission = page.lesson, page.submission
    places = {
        grade_id: _to_the_verdict(place, answer)
        for place, answer in enumerate(submission.answers, 1)
        for grade_id, exercise in lesson.checks.items()
        if exercise == answer.exercise and answer.status
    }
    notebooks = (
        [] if submission.failed else [_read(page.executed / f"{name}.ipynb") for name in lesson.notebooks]
    )
    shown = [rendering.notebook_html(one, lesson.markers, places) for one in notebooks if one]
    return pages.render(
        "feedback.html",
        lesson=lesson,
        submission=submission,
        answers=[_shown(answer, lesson) for answer in submission.answers],
        why=in_words(submission.reason, lesson.notebooks) if submission.failed else "",
        notebooks=[Markup(one) for one in shown],
    )


def _shown(answer: Answer, lesson: Lesson) -> dict[str, Any]:
    """An answer as the template shows it."""
    from markupsafe import Markup

    verdict = answer.verdict
    solution = lesson.solutions.get(answer.exercise, "")
    code = solution if answer.exercise in lesson.checks.values() else ""
    return {
        "answer": answer,
        "card": Markup(card_of_verdict(verdict)) if verdict else "",
        "solution": Markup(rendering.highlighted(code)) if code else "",
        "expected": Markup(rendering.markdown(solution)) if solution and not code else "",
    }


def _to_the_verdict(place: int, answer: Answer) -> str:
    from markupsafe import Markup

    earned = f"{number(answer.points or 0.0)} of {number(answer.max_points)} points"
    return str(
        Markup(
            '<p class="check">Check of <code>{}</code>: <a href="#exercise-{}">{}, see above</a></p>'
        ).format(answer.exercise, place, earned)
    )


def _read(path: Path) -> dict[str, Any]:
    """A notebook as JSON; empty where there is none that can be read."""
    try:
        if path.is_symlink() or path.stat().st_size > LARGEST_NOTEBOOK:
            return {}
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
