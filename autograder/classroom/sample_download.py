"""What Canvas would hand over for a class that doesn't exist: a download of hand-ins, and its gradebook."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..authoring.lesson import Lesson
from .export import CANVAS_HEAD
from .release import write_archive
from .sample import Made

FIRST_USER, FIRST_FILE, FIRST_ASSIGNMENT = 1200, 77000, 8100  # Canvas numbers people, files and assignments
VERSION = 2  # of a file of the same name that was handed in before


def students(count: int) -> list[str]:
    """The logins of a class."""
    return [f"student{number:02d}" for number in range(1, count + 1)]


def write_download(target: Path, handed_in: Mapping[str, Made]) -> None:
    """A zip as "Download Submissions" gives it: name, lateness, user, file, and what the file was called."""
    contents: dict[str, bytes] = {}
    for number, (student, made) in enumerate(handed_in.items(), 1):
        head = f"{student}{'_LATE' if made.late else ''}_{FIRST_USER + number}"
        stem, _, ending = made.file_name.rpartition(".")
        file = FIRST_FILE + number
        if made.earlier:
            contents[f"{head}_{file}_{stem}.{ending}"] = made.earlier
            stem, file = f"{stem}-{VERSION}", file + 500
        contents[f"{head}_{file}_{stem}.{ending}"] = made.notebook
    write_archive(target, contents)


def roster_text(class_list: Iterable[str], lessons: Iterable[Lesson]) -> str:
    """The gradebook as Canvas exports it before there are marks: who is in the class, and its assignments."""
    headings = [f"{lesson.title} ({number})" for number, lesson in enumerate(lessons, FIRST_ASSIGNMENT)]
    blank = [""] * len(headings)
    rows = [[*CANVAS_HEAD, *headings], ["    Points Possible", "", "", "", "", *blank]]
    for number, student in enumerate(class_list, 1):
        name = student[:1].upper() + student[1:]
        rows.append([name, str(FIRST_USER + number), f"S{number:04d}", student, "", *blank])
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
