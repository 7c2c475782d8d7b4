"""`autograder package --gradescope`: a zip from which Gradescope grades submissions, one by one.

In it are the engine, the course's packages and, for each lesson, all that a worker needs: the cells of the
notebook as they were released, and public and hidden cases ready drawn. No solution, secret or gradebook.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from ..authoring.lesson import Lesson, lessons_of
from ..engine.alone import alone
from ..engine.prepare import InstructorsNotebooks, prepare
from ..errors import AutograderError
from ..nbgrader.course import Course
from ..nbgrader.gradebook import Gradebook
from ..nbgrader.records import Assignment
from .carried import PRIVATE, SETTINGS, as_plain
from .handout import DATA, PACKAGE, Contents, Project, course_packages, files_under, part_with
from .release import Released, write_archive
from .scan import scan_package

TEMPLATES = Path(__file__).parent / "templates" / "gradescope"


def package(
    course: Course,
    target: Path,
    names: Iterable[str] = (),
    without_sandbox: bool = False,
    force: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> Released:
    """Makes the zip, and looks through it before anybody can see it.

    Args:
        course: whose lessons.
        target: the zip.
        names: lessons; none: all of them.
        without_sandbox: grade, and say that it was so, where their container forbids a sandbox.
        force: replaces an earlier one.
        say: told what is being done.
    """
    if target.exists() and (target.is_dir() or not force):
        raise AutograderError(f"{target} is there already: with --force it is replaced.")
    if not (course.root / "requirements.lock").is_file():
        raise AutograderError(
            f"There is no requirements.lock in {course.root}, which Gradescope would install."
        )
    lessons = lessons_of(course, names)
    contents = _code(course, lessons)
    for assignment in _assignments(course, lessons, say):
        contents[f"{PRIVATE}/{assignment.name}.json"] = json.dumps(as_plain(assignment)).encode()
    contents[SETTINGS] = json.dumps({"without_sandbox": without_sandbox}).encode()
    say(f"looking through {len(contents)} files")
    scan_package(course, lessons_of(course), contents, Project.of(course).known_solutions)
    write_archive(target, contents, executable=("setup.sh", "run_autograder"))
    return Released(target, len(contents), sum(map(len, contents.values())))


def _code(course: Course, lessons: list[Lesson]) -> Contents:
    """The two scripts that Gradescope starts, and what they import."""
    here = Path(__file__).parent
    contents = part_with({here / "on_gradescope.py", *(PACKAGE / "engine" / "inside").glob("*.py")})
    for place in course_packages(course, lessons):
        contents |= files_under(place, course.root)
    contents |= files_under(course.root / DATA, course.root)
    contents["requirements.lock"] = (course.root / "requirements.lock").read_bytes()
    for name in ("setup.sh", "run_autograder"):
        contents[name] = (TEMPLATES / name).read_bytes()
    return contents


def _assignments(course: Course, lessons: list[Lesson], say: Callable[[str], None]) -> list[Assignment]:
    made = []
    with alone(course.private):
        gradebook = Gradebook(course)
        try:
            for lesson in lessons:
                say(f"drawing the hidden cases of {lesson.name}")
                sources = InstructorsNotebooks(gradebook.folders.source_folder(lesson.name))
                whole = prepare(course, gradebook, sources, sources.modules)
                # The rehearsal is the instructor's answers; what can be read is another machine's.
                made.append(replace(whole, rehearsal=(), readable=()))
        finally:
            gradebook.close()
    return made
