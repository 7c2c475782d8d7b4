"""`autograder demo`: a teacher's evening with a class that doesn't exist, from the hand-out to the marks.

All of it stays in the course's folder demo/, a course of its own on which every command works, nbgrader's
and formgrader included.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC
from itertools import islice
from pathlib import Path
from typing import Any

from ..authoring.lesson import Lesson, lessons_of
from ..classroom.handout import DATA, MADE_HERE, Project, course_packages, files_under, lacking
from ..classroom.sample import CLASS, Made, class_of
from ..classroom.sample_download import roster_text, students, write_download
from ..errors import AutograderError, StaleLesson
from ..nbgrader.course import CONFIG, Course
from ..nbgrader.records import one_line
from ..student import checks_file

FOLDER = "demo"
LESSONS = 2  # that the class works on, where none is named
LATE = "\nc.LateSubmissionPlugin.penalty_method = 'zero'\n"
DUE = "2026-01-31 12:00:00 UTC"
HANDED_OUT, ROSTER, MARKS = "students.zip", "roster.csv", "exports/marks.csv"
IN_ROOM = f"$ autograder --course {FOLDER}"
_MADE = (
    "solutions", "notebooks", "downloaded", "submitted", "autograded", "reports", "feedback", "exports",
    ".autograder/records", ".autograder/collected", "gradebook.db", HANDED_OUT, ROSTER,
)  # fmt: skip

Say = Callable[[str], None]


def run(course: Course, say: Say, names: tuple[str, ...] = ()) -> None:
    """Hands out, collects, grades, shows the class, gives back, and enters marks."""
    evening = _Evening(course, _lessons(course, names), say)
    say(f"A class that doesn't exist, in {evening.room.root}")
    evening.release()
    evening.hand_in()
    evening.collect()
    evening.grade()
    evening.report()
    evening.feedback()
    evening.export()
    say("\n" + evening.times() + "\n\n" + evening.pages())


def _lessons(course: Course, names: tuple[str, ...]) -> list[Lesson]:
    """What the class works on: what is asked for, else the first lessons that don't take long to get warm."""
    known = lessons_of(course, names)
    built = [lesson for lesson in known if _is_built(lesson)]
    if names:
        if stale := [lesson.name for lesson in known if lesson not in built]:
            raise StaleLesson(stale[0])
        return built
    if not built:
        raise AutograderError("No lesson is built as it stands now: run autograder build.")
    return list(islice((one for one in built if not _needs_tensorflow(one)), LESSONS)) or built[:1]


def _is_built(lesson: Lesson) -> bool:
    path = lesson.checks_path
    return path.is_file() and checks_file.load(path).made_from == lesson.state


def _needs_tensorflow(lesson: Lesson) -> bool:
    """Lessons that do take some seconds longer to get warm; a demonstration can do without."""
    return any("tensorflow" in cell.source or "import keras" in cell.source for cell in lesson.cells)


class _Evening:
    """The steps, each of which does what a command does and says so."""

    def __init__(self, course: Course, lessons: list[Lesson], say: Say) -> None:
        self.lessons, self.say = lessons, say
        self.room = Course(course.root / FOLDER)
        self.handed_in: dict[str, dict[str, Made]] = {}  # by lesson and student
        self.rows: list[tuple[str, float, str]] = []
        _clear(self.room)
        _copy(course, self.room, lessons)

    @contextmanager
    def _step(self, name: str, result: str, said: str = "") -> Iterator[None]:
        if said:
            self.say(f"\n{said}")
        started = time.monotonic()
        yield
        self.rows.append((name, time.monotonic() - started, str(self.room.root / result)))

    def times(self) -> str:
        """Seconds of each step, and where what came of it lies."""
        wide = max(len(name) for name, _, _ in self.rows)
        lines = [f"{name:{wide}}  {seconds:5.1f} s  {result}" for name, seconds, result in self.rows]
        return "\n".join([*lines, f"{'in all':{wide}}  {sum(row[1] for row in self.rows):5.1f} s"])

    def pages(self) -> str:
        """The class page, and the feedback of a slip and of a file that nobody can grade."""
        feedback = self.room.root / "feedback"
        (lesson, class_list), *_ = self.handed_in.items()
        wanted = {"with a slip": "misconception", "of a broken file": "cut off"}
        lines = [("the class", str(self.room.root / "reports" / "class.html"))]
        for words, what in wanted.items():
            student = next((one for one, made in class_list.items() if what in made.what), "")
            if student:
                lines.append((f"feedback {words}", str(feedback / student / lesson / f"{lesson}.html")))
        return "\n".join(f"{words:27}{path}" for words, path in lines)

    def release(self) -> None:
        from ..classroom.release import release

        with self._step("release", HANDED_OUT, f"{IN_ROOM} release {FOLDER}/{HANDED_OUT}"):
            if papers := lacking(self.room):
                self.say(f"nothing is handed out: there is no {', no '.join(papers)} in this course")
                return
            made = release(self.room, self.room.root / HANDED_OUT)
            self.say(f"{made.files} files, {made.bytes / 1e6:.1f} MB; nothing in it must stay here")

    def hand_in(self) -> None:
        """The class as Canvas has it, and a download for each lesson."""
        with self._step("hand in", "downloaded", "The class hands in."):
            for lesson in self.lessons:
                made = class_of(lesson, hard_cases=lesson is self.lessons[0])
                self.handed_in[lesson.name] = dict(zip(students(CLASS), made, strict=True))
                write_download(self._download(lesson), self.handed_in[lesson.name])
            _set_due(self.room, self.lessons[0])
            roster = roster_text(students(CLASS + 1), self.lessons)
            (self.room.root / ROSTER).write_text(roster, encoding="utf-8")
            self.say(f"{CLASS} of {CLASS + 1} students, {len(self.lessons)} downloads from Canvas")

    def _download(self, lesson: Lesson) -> Path:
        return self.room.root / "downloaded" / f"{lesson.name}.zip"

    def collect(self) -> None:
        from ..classroom.collect import Asked, collect
        from ..classroom.roster import read_roster
        from .collecting import remarks, table

        asked = Asked(roster=read_roster(self.room.root / ROSTER), zone=UTC)
        with self._step("collect", "submitted"):
            for lesson in self.lessons:
                source = self._download(lesson)
                self.say(f"\n{IN_ROOM} collect {lesson.name} {FOLDER}/downloaded/{source.name}")
                found = collect(self.room, lesson.name, source, asked)
                odd = [row for row in found.rows if row.notes or row.file != f"{lesson.name}.ipynb"]
                said = [table(replace(found, rows=odd))] if odd else []
                self.say("\n".join([*said, *remarks(found, dry_run=False)]))

    def grade(self) -> None:
        from ..classroom import summary
        from ..engine.options import Options
        from ..engine.run import grade
        from .shown import ProgressBar

        with self._step("grade", "gradebook.db", f"{IN_ROOM} grade"), ProgressBar() as progress:
            found = grade(self.room, Options(), progress.step)
        self.say(_table(self.handed_in, found["lessons"]))
        self.say("\n" + "\n".join(summary.lines(found)[:-1]))

    def report(self) -> None:
        from ..classroom.report import write

        with self._step("report", "reports/class.html", f"{IN_ROOM} report"):
            _, found = write(self.room, [])
            self.say(f"{found.students} students, {len(found.lessons)} lessons on one page")

    def feedback(self) -> None:
        from ..classroom.feedback import write

        with self._step("feedback", "feedback", f"{IN_ROOM} feedback"):
            made = write(self.room, [])
            self.say(f"{len(made)} pages, one for each submission")

    def export(self) -> None:
        from ..classroom.export import export
        from ..classroom.roster import read_roster
        from ..classroom.standing import standing_of
        from .exporting import remarks

        command = f"{IN_ROOM} export --format canvas --output {FOLDER}/{MARKS}"
        with self._step("export", MARKS, command):
            found = export(standing_of(self.room), "canvas", read_roster(self.room.root / ROSTER))
            path = self.room.root / MARKS
            path.parent.mkdir(parents=True)
            path.write_text(found.text, encoding="utf-8")
            self.say("\n".join(remarks(found)))


def _clear(room: Course) -> None:
    """Away with an earlier class; the secret and the cases drawn from it stay from one time to the next."""
    room.root.mkdir(exist_ok=True)
    for name in _MADE:
        path = room.root / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def _copy(course: Course, room: Course, lessons: list[Lesson]) -> None:
    """The course with these lessons alone, and what of it students are handed."""
    papers = [name for name in MADE_HERE if (course.root / name).is_file()]
    if not lacking(course):
        papers += Project.of(course).licence_files
    for name in papers:
        shutil.copyfile(course.root / name, room.root / name)
    folders = [
        folder for folder in (course.root / DATA, *course_packages(course, lessons)) if folder.is_dir()
    ]
    for lesson in lessons:
        folders += [course.solutions / lesson.name, course.notebooks / lesson.name]
    for folder in folders:
        shutil.rmtree(room.root / folder.relative_to(course.root), ignore_errors=True)
        for path, data in files_under(folder, course.root).items():
            (room.root / path).parent.mkdir(parents=True, exist_ok=True)
            (room.root / path).write_bytes(data)
    config = (course.root / CONFIG).read_text(encoding="utf-8")
    (room.root / CONFIG).write_text(config + LATE, encoding="utf-8")


def _set_due(room: Course, lesson: Lesson) -> None:
    from ..nbgrader.gradebook import Gradebook

    gradebook = Gradebook(room)
    try:
        gradebook.set_due(lesson.name, DUE)
    finally:
        gradebook.close()


def _table(handed_in: dict[str, dict[str, Made]], results: list[dict[str, Any]]) -> str:
    """A line for each submission: what it was made of, what it earned, what was recognised."""
    by_both = {(result["lesson"], result["student"]): result for result in results}
    rows = [("student", "lesson", "handed in", "points", "found")]
    for lesson, class_list in handed_in.items():
        for student, one in class_list.items():
            result = by_both[lesson, student]
            met = [e["misconception"].replace("_", " ") for e in result["exercises"] if e["misconception"]]
            points = f"{result['score']:g} of {result['max_score']:g}"
            points = "none" if result["status"] == "failed" else points
            found = ", ".join(met) or one_line(result["reason"])
            rows.append((student, lesson.split("_")[0], one.what, points, found))
    widths = [min(max(len(row[k]) for row in rows), 76) for k in range(4)]
    return "\n".join(
        "  ".join([*(f"{text:{wide}}" for text, wide in zip(row, widths, strict=False)), row[4]]).rstrip()
        for row in rows
    )
