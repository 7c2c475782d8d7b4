"""`autograder demo`: a class of 24 made of what the lessons know to be right and wrong, graded and shown.

Each submission is the release with the reference solutions written in, one answer replaced by an accepted
variant or by a misconception; one attacks the grader, one is broken and one is late. All of it stays in the
course's folder demo/, where nbgrader's commands and formgrader work on it.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Any

from ..authoring.exercise import Exercise, Variant
from ..authoring.lesson import Lesson, lessons_of
from ..errors import AutograderError, LessonError
from ..nbgrader import cells
from ..nbgrader.course import CONFIG, Course

CLASS = 24
FOLDER = "demo"
LATE = "\nc.LateSubmissionPlugin.penalty_method = 'zero'\n"
DUE, HANDED_IN = "2026-01-31 12:00:00 UTC", "2026-02-02 08:00:00 UTC"
# Deletes the asserts of every cell that follows, and replaces what a check would call.
ATTACK = """\
import ast, sys
class Gone(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()
get_ipython().ast_transformers.append(Gone())
import autograder.student.judge
autograder.student.judge.difference = lambda *_: None
sys.displayhook(1000)
"""


@dataclass(frozen=True)
class Made:
    """One submission of the class, and what it was made of."""

    lesson: Lesson
    what: str
    notebook: bytes
    files: tuple[tuple[str, str], ...] = ()


def run(course: Course, say: Callable[[str], None]) -> None:
    """Makes the class, grades it, and prints students, points and the misconceptions found."""
    from ..engine.options import Options
    from ..engine.run import grade

    lessons = [lesson for lesson in lessons_of(course) if lesson.checks_path.is_file()]
    light = [lesson for lesson in lessons if not _needs_tensorflow(lesson)] or lessons
    if not light:
        raise AutograderError("No lesson is built yet: run autograder build.")
    started = time.monotonic()
    room = _room(course, light)
    made = dict(zip((f"student{number:02d}" for number in range(1, CLASS + 1)), _class(light), strict=False))
    for student, submission in made.items():
        _hand_in(room, student, submission)
    _set_due(room, [one.lesson.name for one in made.values() if one.files])
    several = len({one.lesson.name for one in made.values()})
    say(f"{len(made)} submissions to {several} lessons, in {room.root}")
    found = grade(room, Options())
    say(_table(made, found["lessons"]))
    say(f"{time.monotonic() - started:.0f} s; graded in parallel, each in a sandbox, judged outside of it")


def _needs_tensorflow(lesson: Lesson) -> bool:
    """Lessons that do take some seconds longer to get warm; a demonstration can do without."""
    return any("tensorflow" in cell.source or "import keras" in cell.source for cell in lesson.cells)


def _room(course: Course, lessons: list[Lesson]) -> Course:
    """A course of its own in demo/; the secret and the cases drawn from it stay from one time to the next."""
    root = course.root / FOLDER
    for name in ("solutions", "notebooks", "submitted", "autograded", "gradebook.db"):
        path = root / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    shutil.rmtree(root / ".autograder" / "records", ignore_errors=True)
    for lesson in lessons:
        shutil.copytree(lesson.folder, root / "solutions" / lesson.name)
    config = (course.root / CONFIG).read_text(encoding="utf-8")
    (root / CONFIG).write_text(config + LATE, encoding="utf-8")
    return Course(root)


def _class(lessons: list[Lesson]) -> Iterator[Made]:
    """The hard cases, then variants and misconceptions of all lessons in turn."""
    first = lessons[0]
    yield Made(first, "the reference solutions", notebook_of(first))
    yield Made(first, "wrong answers that attack the grader", notebook_of(first, attack=ATTACK))
    yield Made(first, "a file cut off in the middle", notebook_of(first)[:-200])
    yield Made(first, "right, two days late", notebook_of(first), (("timestamp.txt", HANDED_IN),))
    in_turn = zip_longest(*map(answers_to, lessons))
    yield from (made for made in chain.from_iterable(in_turn) if made)


def answers_to(lesson: Lesson) -> Iterator[Made]:
    """Submissions with one answer replaced: mostly misconceptions, now and then another right way."""
    wrong = ((e, v, "misconception") for e, v in _in_turn(lesson, lambda e: e.misconceptions))
    right = ((e, v, "another right way") for e, v in _in_turn(lesson, lambda e: e.accepted))
    for number, pair in enumerate(zip_longest(wrong, right)):
        for exercise, variant, kind in filter(None, pair[: 1 + number % 2]):
            try:
                cell = _cell_of(lesson, exercise, variant)
            except (
                LessonError,
                ValueError,
                OSError,
                TypeError,
            ):  # leans on something that stays with its author
                continue
            words = variant.name.replace("_", " ")
            yield Made(lesson, f"{exercise.name}: {kind}, {words}", notebook_of(lesson, (exercise, cell)))


def _in_turn(
    lesson: Lesson, variants: Callable[[Exercise], list[Variant]]
) -> Iterator[tuple[Exercise, Variant]]:
    rows = zip_longest(*([(e, v) for v in variants(e)] for e in lesson.exercises.values()))
    return (pair for row in rows for pair in row if pair)


def _cell_of(lesson: Lesson, exercise: Exercise, variant: Variant) -> str:
    """A cell that answers as the variant does."""
    replaced = variant.replaces or exercise.functions[:1]
    if len(replaced) == 1 and not variant.edits:
        return lesson.travelling(variant.function, replaced[0], variant.text)
    own = lesson.travelling(variant.function, f"_{variant.name}")
    given = replaced[0] if variant.edits else ""
    return f"{own}\n{', '.join(replaced)} = _{variant.name}({given})\n"


def notebook_of(lesson: Lesson, replaced: tuple[Exercise, str] | None = None, attack: str = "") -> bytes:
    """The lesson as a student hands it in: reference answers, one of them replaced."""
    made = json.loads(lesson.notebook_path.read_text(encoding="utf-8"))
    handed_in = []
    for cell in made["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
            if attack and cells.is_solution(cell):
                cell["source"] = "".join(cell["source"]).split("### BEGIN SOLUTION")[0] + "pass"
        handed_in.append(cell)
        if replaced and cells.grade_id(cell) in replaced[0].functions:
            handed_in.append(_code(f"{cells.grade_id(cell)}-own", replaced[1]))
        if attack and len(handed_in) == 2:
            handed_in.append(_code("attack", attack))
    made["cells"] = handed_in
    return json.dumps(made).encode()


def _code(name: str, source: str) -> dict[str, Any]:
    usual: dict[str, Any] = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    return usual | {"id": name[:64], "source": source}


def _hand_in(room: Course, student: str, made: Made) -> None:
    folder = room.root / "submitted" / student / made.lesson.name
    folder.mkdir(parents=True)
    (folder / f"{made.lesson.name}.ipynb").write_bytes(made.notebook)
    for name, text in made.files:
        (folder / name).write_text(text, encoding="utf-8")


def _set_due(room: Course, lessons: list[str]) -> None:
    from ..nbgrader.gradebook import Gradebook

    gradebook = Gradebook(room)
    try:
        for lesson in lessons:
            gradebook.set_due(lesson, DUE)
    finally:
        gradebook.close()


def _table(made: dict[str, Made], results: list[dict[str, Any]]) -> str:
    """A line for each submission: what it was made of, what it earned, what was recognised."""
    by_student = {result["student"]: result for result in results}
    rows = [("student", "lesson", "handed in", "points", "found")]
    for student, one in made.items():
        result = by_student[student]
        met = [e["misconception"].replace("_", " ") for e in result["exercises"] if e["misconception"]]
        failed = result["status"] == "failed"
        points = "none" if failed else f"{result['score']:g} of {result['max_score']:g}"
        rows.append(
            (student, one.lesson.name.split("_")[0], one.what, points, ", ".join(met) or result["reason"])
        )
    widths = [min(max(len(row[k]) for row in rows), 76) for k in range(4)]
    return "\n".join(
        "  ".join([*(f"{text:{wide}}" for text, wide in zip(row, widths, strict=False)), row[4]]).rstrip()
        for row in rows
    )
