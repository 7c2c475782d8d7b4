"""`autograder collect`: what a platform handed over, sorted into submitted/<student>/<lesson>/.

Nothing is guessed and nothing is lost without a word: where two notebooks may be meant, where a name fits two
students, or where something else lies there already, that hand-in stays where it is and is named.
"""

from __future__ import annotations

import json
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cached_property
from pathlib import Path
from typing import Any

from ..errors import AutograderError, UnknownLesson
from ..files import replace_folder, write_whole
from ..nbgrader.course import Course, load_config
from ..nbgrader.folders import Folders
from ..nbgrader.recognise import notebooks_of
from .archive import MOST_OF_A_ZIP, open_source, safe_parts
from .choose import Choices, Picked, pick
from .collect_names import HandIn, hand_ins_of
from .roster import Roster

TIMESTAMP = "timestamp.txt"
MOST_FILES = 2_000
DONE = ("new", "replaced", "unchanged")


@dataclass(frozen=True)
class Asked:
    """How hand-ins are to be collected."""

    scheme: str = ""
    roster: Roster | None = None
    update: bool = False
    force: bool = False
    dry_run: bool = False
    choices: tuple[tuple[str, str], ...] = ()  # student, and the file that counts
    zone: tzinfo = UTC


@dataclass
class Row:
    """What became of one hand-in."""

    student: str
    what: str  # new, replaced, unchanged, kept, refused
    file: str = ""
    time: str = ""
    late: bool = False
    notes: list[str] = field(default_factory=list)


@dataclass
class Collected:
    """What became of all of them."""

    lesson: str
    scheme: str
    rows: list[Row]
    strangers: list[str]  # files that are nobody's
    refused: list[str]  # names and links that were left aside
    missing: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Whether nothing is left for a person to decide."""
        return all(row.what in DONE for row in self.rows)


class Refused(AutograderError):
    """One hand-in that a person has to look at."""


def collect(course: Course, lesson: str, path: Path, asked: Asked) -> Collected:
    """Sorts a download into the course's folder of submissions."""
    folders = Folders(course, load_config(course.root))
    known = folders.assignments()
    found = [name for name in known if lesson in (name, name.split("_")[0])]
    if not found:
        raise UnknownLesson(lesson, known)
    return _Collection(course, folders, found[0], known, asked).whole(path)


class _Collection:
    def __init__(
        self, course: Course, folders: Folders, lesson: str, lessons: list[str], asked: Asked
    ) -> None:
        self.course, self.folders, self.lesson = course, folders, lesson
        self.lessons, self.asked = lessons, asked
        self.choices = Choices(
            lesson,
            {name: notebooks_of(folders.source_folder(name)) for name in lessons},
            dict(asked.choices),
        )
        there = folders.submitted_folders(lesson, None)
        self.spelt = {unicodedata.normalize("NFC", name): name for name in there}  # macOS decomposes names
        self.log_path = course.private / "collected" / f"{lesson}.json"
        self.log: dict[str, Any] = _read_json(self.log_path)

    def whole(self, path: Path) -> Collected:
        source = open_source(path)
        roster = self.asked.roster or Roster()
        found = hand_ins_of(source, self.asked.scheme, self.lessons, roster.identifiers)
        result = Collected(self.lesson, found.scheme, [], found.strangers, source.refused)
        by_student: dict[str, list[HandIn]] = defaultdict(list)
        for one in found.hand_ins:
            try:
                for student in self._students(one, roster, result):
                    by_student[student].append(one)
            except Refused as error:
                result.rows.append(Row(one.who.label, "refused", notes=[str(error)]))
        self._not_twice(by_student, result)
        for student in sorted(by_student):
            result.rows.append(self._collect(student, by_student[student], path.is_dir()))
        if not self.asked.dry_run and self.log:
            self.log_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(self.log_path, json.dumps(self.log, indent=1, sort_keys=True), mode=0o600)
        here = {row.student for row in result.rows}
        result.missing = [
            person.student
            for person in roster.people
            if person.student not in here and not self._folder(person.student).is_dir()
        ]
        return result

    def _students(self, one: HandIn, roster: Roster, result: Collected) -> list[str]:
        people = roster.matching(one.who)
        if len(people) > 1 and not (roster.is_group(one.who) and len({p.group for p in people}) == 1):
            any_of = ", ".join(person.student for person in people)
            raise Refused(f"{one.who.label!r} may be any of {any_of}: the roster needs a column that tells")
        if roster.people and not people:
            result.unknown.append(one.who.label)
        names = [person.student for person in people] or [one.who.label]
        for name in names:
            if safe_parts(name) != (name,) or name.startswith(".") or set(name) & set("*?[]"):
                raise Refused(f"{name!r} can't be the name of a student's folder")
        return [self.spelt.get(name, name) for name in names]

    @staticmethod
    def _not_twice(by_student: dict[str, list[HandIn]], result: Collected) -> None:
        """Two people of one name, where no roster tells them apart."""
        for student in list(by_student):
            if len({one.who.keys for one in by_student[student]}) > 1:
                keys = " and ".join(sorted({one.who.keys[0][1] for one in by_student[student]}))
                note = f"two students are called so ({keys}): tell them apart with --roster"
                result.rows.append(Row(student, "refused", notes=[note]))
                del by_student[student]

    def _collect(self, student: str, hand_ins: list[HandIn], from_folder: bool) -> Row:
        try:
            return self._file(student, hand_ins, from_folder)
        except (AutograderError, OSError) as error:
            return Row(student, "refused", notes=[str(error)])

    def _file(self, student: str, hand_ins: list[HandIn], from_folder: bool) -> Row:
        newest = self._newest(hand_ins)
        picked = pick(student, newest, self.choices)
        if len(hand_ins) > 1:
            picked.notes.append(f"the newest of {len(hand_ins)} attempts")
        files, time = self._files(newest, picked, from_folder)
        row = Row(student, "new", picked.said, time, newest.late, picked.notes)
        if newest.late and not time:
            time = self._late_without_a_time(row)
        if time:
            files[TIMESTAMP] = (time + "\n").encode()
        return self._write(row, files, newest)

    def _newest(self, hand_ins: list[HandIn]) -> HandIn:
        with_time = [one for one in hand_ins if one.time is not None]
        if len(with_time) == len(hand_ins):
            return max(hand_ins, key=lambda one: (self._utc(one.time) or datetime.min, one.number))
        if len(hand_ins) > 1 and len({one.number for one in hand_ins}) < len(hand_ins):
            raise Refused("several hand-ins, and nothing says which is the newest")
        return max(hand_ins, key=lambda one: one.number)

    def _utc(self, time: datetime | None) -> datetime | None:
        if time is None:
            return None
        return (time if time.tzinfo else time.replace(tzinfo=self.asked.zone)).astimezone(UTC)

    def _files(self, one: HandIn, picked: Picked, from_folder: bool) -> tuple[dict[str, bytes], str]:
        """What goes into the folder: the notebooks under their own names, and what lay beside them."""
        files, taken = dict(picked.notebooks), 0
        utc = self._utc(one.time)
        time = utc.strftime("%Y-%m-%d %H:%M:%S UTC") if utc else ""
        for name, entry in picked.beside.items():
            if name == TIMESTAMP:  # a student could write one; an instructor's own folder may hold it
                if from_folder and self.asked.scheme in ("", "folder") and not time:
                    time = entry.read(1000).decode("utf-8", "replace").strip()[:100]
                else:
                    picked.notes.append(f"its own {TIMESTAMP} was left aside")
                continue
            data = entry.read()
            taken += len(data)
            if taken > MOST_OF_A_ZIP or len(files) >= MOST_FILES:
                picked.notes.append("more files than are taken along")
                break
            files[name] = data
        return files, time

    def _late_without_a_time(self, row: Row) -> str:
        """Canvas says that, and not when: late by a minute, where the gradebook knows the date."""
        if self.due is None:
            row.notes.append("late, and neither a time nor a due date is known: nothing is deducted")
            return ""
        row.notes.append(f"late at an unknown time: {TIMESTAMP} says a minute after the due date")
        return (self.due + timedelta(minutes=1)).strftime("%Y-%m-%d %H:%M:%S UTC")

    @cached_property
    def due(self) -> datetime | None:
        """By when the lesson was to be handed in."""
        from ..nbgrader.gradebook import Gradebook

        gradebook = Gradebook(self.course)
        try:
            return gradebook.due(self.lesson)
        finally:
            gradebook.close()

    def _folder(self, student: str) -> Path:
        directory = self.folders.directory
        return Path(directory.format_path(directory.submitted_directory, student, self.lesson))

    def _write(self, row: Row, files: dict[str, bytes], one: HandIn) -> Row:
        target = self._folder(row.student)
        utc = self._utc(one.time)
        order = {"time": utc.isoformat() if utc else "", "number": one.number}
        if target.is_symlink() or target.parent.is_symlink():
            raise Refused(f"{target} is a symbolic link")
        if target.exists():
            if _held(target) == files:
                self.log[row.student] = order
                return replace(row, what="unchanged")
            row = replace(row, what="replaced" if self._may_replace(row, order) else "kept")
        if row.what != "kept" and not self.asked.dry_run:
            with replace_folder(target) as folder:
                for name, data in files.items():
                    (folder / name).parent.mkdir(parents=True, exist_ok=True)
                    (folder / name).write_bytes(data)
            self.log[row.student] = order
        return row

    def _may_replace(self, row: Row, order: dict[str, Any]) -> bool:
        if self.asked.force:
            return True
        before = self.log.get(row.student)
        newer = before and any(
            order[key] and order[key] > before.get(key, "") for key in order if before.get(key)
        )
        if newer and self.asked.update:
            return True
        if newer:
            row.notes.append("newer than what is there: --update takes it")
        elif before and order == before:
            row.notes.append("something else lies there already: --force replaces it")
        else:
            row.notes.append(
                "something else lies there, and nothing says that this is newer: --force replaces it"
            )
        return False


def zone_of(course: Course, name: str | None) -> tzinfo:
    """The time zone of a platform's times: what is asked for, else what nbgrader's exchange is set to."""
    from zoneinfo import ZoneInfo

    said = name or load_config(course.root).get("Exchange", {}).get("timezone", "UTC")
    try:
        return ZoneInfo(str(said))
    except (KeyError, ValueError, OSError):
        raise AutograderError(f"{said!r} is no time zone; one is called Europe/Paris, another UTC.") from None


def _held(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


def _read_json(path: Path) -> dict[str, Any]:
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}
