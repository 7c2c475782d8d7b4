"""`progress("course")`: all lessons that lie beside one another, by what the diary holds of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from . import diary
from .checks_file import FILE_NAME
from .verdict import number


@dataclass(frozen=True)
class ExerciseProgress:
    """How one exercise stands."""

    name: str
    points: float
    max_points: float
    best: float
    status: str
    tries: int
    passed: str  # when it was right last; empty: never
    last: str

    @property
    def broken(self) -> bool:
        """Right once, and not when it was last checked."""
        return bool(self.passed) and self.status != "right"


@dataclass(frozen=True)
class LessonProgress:
    """How one lesson stands."""

    lesson: str
    title: str
    exercises: tuple[ExerciseProgress, ...]
    seconds: float
    last: str
    by_hand: float = 0.0  # points of questions that a person grades

    @property
    def heading(self) -> str:
        """The title, with the number that the folder begins with."""
        number_of_lesson = self.lesson.split("_")[0]
        return f"{number_of_lesson} {self.title}" if number_of_lesson.isdigit() else self.title

    @property
    def points(self) -> float:
        return sum(one.points for one in self.exercises)

    @property
    def max_points(self) -> float:
        return sum(one.max_points for one in self.exercises) + self.by_hand

    @property
    def done(self) -> int:
        return sum(one.status == "right" for one in self.exercises)

    @property
    def state(self) -> str:
        """In a word or two."""
        if self.exercises and self.done == len(self.exercises):
            return "done"
        return f"{self.done} of {len(self.exercises)} exercises" if self.last else "not begun"


@dataclass(frozen=True)
class CourseProgress:
    """How all lessons stand, and what to do next."""

    lessons: tuple[LessonProgress, ...]
    due: int = 0  # questions
    words: tuple[str, ...] = ()  # of the diary

    @property
    def points(self) -> float:
        return sum(one.points for one in self.lessons)

    @property
    def max_points(self) -> float:
        return sum(one.max_points for one in self.lessons)

    @property
    def minutes(self) -> int:
        return round(sum(one.seconds for one in self.lessons) / 60)

    def broken(self) -> Iterator[tuple[str, ExerciseProgress]]:
        """What was right once and is not now, each with its lesson."""
        for lesson in self.lessons:
            yield from ((lesson.lesson, one) for one in lesson.exercises if one.broken)

    def following(self) -> tuple[str, str]:
        """The lesson and the exercise to do next: the first open one of what was begun last, else of all."""
        begun = sorted((one for one in self.lessons if one.last), key=lambda one: one.last, reverse=True)
        for lesson in [*begun[:1], *self.lessons]:
            for one in lesson.exercises:
                if one.status != "right":
                    return lesson.lesson, one.name
        return "", ""

    def advice(self) -> list[str]:
        """What there is to do, the most useful first."""
        found = [
            f"{one.name} ({lesson}) was right on {diary.day(one.passed)} and is not now."
            for lesson, one in self.broken()
        ]
        lesson, exercise = self.following()
        found.append(f"Next: {exercise} in {lesson}." if lesson else "All done.")
        if self.due:
            questions = "question is" if self.due == 1 else "questions are"
            found.append(f'{self.due} {questions} due again: quiz("due"), or autograder quiz.')
        return [*found, *self.words]

    def __repr__(self) -> str:
        width = max((len(one.lesson) for one in self.lessons), default=0)
        by_hand = sum(one.by_hand for one in self.lessons)
        said = f", {number(by_hand)} of them graded by hand" if by_hand else ""
        lines = [f"{number(self.points)} of {number(self.max_points)} points{said}{in_words(self.minutes)}"]
        for one in self.lessons:
            points = f"{number(one.points)} of {number(one.max_points)}"
            last = f", last on {diary.day(one.last)}" if one.last else ""
            lines.append(f"  {one.lesson:<{width}}  {points:>12}  {one.state}{last}")
        return "\n".join([*lines, *self.advice()])

    def _repr_html_(self) -> str:
        from .progress_page import card

        return card(self)

    def as_data(self) -> dict[str, Any]:
        """For other programs."""
        lesson, exercise = self.following()
        return {
            "score": self.points,
            "max_score": self.max_points,
            "minutes": self.minutes,
            "next": {"lesson": lesson, "exercise": exercise} if lesson else None,
            "due_questions": self.due,
            "lessons": [
                {
                    "lesson": one.lesson,
                    "title": one.title,
                    "score": one.points,
                    "max_score": one.max_points,
                    "minutes": round(one.seconds / 60),
                    "last": one.last,
                    "exercises": [
                        {
                            "name": each.name,
                            "points": each.points,
                            "max_points": each.max_points,
                            "best": each.best,
                            "status": each.status,
                            "tries": each.tries,
                            "passed": each.passed,
                            "broken": each.broken,
                        }
                        for each in one.exercises
                    ],
                }
                for one in self.lessons
            ],
        }


def course_in(folder: Path, kept: diary.Diary) -> CourseProgress:
    """The lessons in a folder, by a diary."""
    data = kept.read()
    lessons = tuple(_lesson(data, *one) for one in lessons_in(folder))
    return CourseProgress(lessons, due_count(data, {one.lesson for one in lessons}), kept.words())


def course_beside(path: Path) -> CourseProgress:
    """The lessons beside the one that this checks.json belongs to, by the diary of whoever sits here."""
    return course_in(path.parent.parent, diary.own())


def lessons_in(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The lessons that were handed out into a folder, in the order of their names: name, and what is in
    checks.json. A damaged one says so when it is opened; here it is left out."""
    for path in sorted(folder.glob(f"*/{FILE_NAME}")):
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            if isinstance(data["exercises"], dict):
                yield path.parent.name, data
        except (OSError, ValueError, KeyError, TypeError):
            continue


def next_lesson(path: Path) -> str:
    """The lesson that follows the one of this checks.json; empty where none lies beside it."""
    here = path.parent.name
    if not (path.parent / f"{here}.ipynb").is_file():
        return ""
    later = sorted(one.parent.name for one in path.parent.parent.glob(f"*/{FILE_NAME}"))
    return next(
        (one for one in later if one > here and (path.parent.parent / one / f"{one}.ipynb").is_file()), ""
    )


def due_count(data: dict[str, Any], lessons: set[str]) -> int:
    """How many questions of these lessons are to be asked again by today."""
    today = date.today().isoformat()
    return sum(
        question["due"] <= today
        for lesson, written in data["lessons"].items()
        if lesson in lessons
        for question in written["questions"].values()
    )


def in_words(minutes: int) -> str:
    """A time as one says it, after a comma; nothing where there was none."""
    if not minutes:
        return ""
    hours, rest = divmod(minutes, 60)
    return f", about {hours} h {rest} min" if hours else f", about {minutes} min"


def _lesson(data: dict[str, Any], name: str, checks: dict[str, Any]) -> LessonProgress:
    written = data["lessons"].get(checks["lesson"], {})
    exercises = tuple(
        _exercise(exercise, fields["points"], written.get("exercises", {}).get(exercise))
        for exercise, fields in checks["exercises"].items()
    )
    by_hand = sum(float(points) for _, points in checks.get("written", ()))
    return LessonProgress(
        name, checks["title"], exercises, written.get("seconds", 0.0), written.get("last", ""), by_hand
    )


def _exercise(name: str, points: float, found: dict[str, Any] | None) -> ExerciseProgress:
    if found is None:
        return ExerciseProgress(name, 0.0, points, 0.0, "open", 0, "", "")
    return ExerciseProgress(
        name,
        min(found["points"], points),
        points,
        min(found["best"], points),
        found["status"],
        found["tries"],
        found["passed"],
        found["last"],
    )
