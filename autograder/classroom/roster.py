"""The class as a table says it: a CSV of one's own, Canvas' gradebook, or Moodle's grading worksheet."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import AutograderError
from .collect_names import Who

FILE_NAME = "roster.csv"  # taken where it lies beside nbgrader_config.py and no other is named
# Columns, as people and platforms call them, by what they hold.
_COLUMNS = {
    "canvas": ("id", "canvas id", "canvas_id", "canvas user id"),
    "number": (
        "sis user id",
        "id number",
        "idnumber",
        "student number",
        "matriculation number",
        "number",
        "sid",
    ),
    "login": ("sis login id", "username", "user name", "login", "login id"),
    "email": ("email", "email address", "e-mail", "mail"),
    "participant": ("identifier", "participant"),
    "github": ("github", "github username", "github_username"),
    "name": ("name", "full name", "student name"),
    "first": ("first name", "firstname", "first_name", "given name"),
    "last": ("last name", "lastname", "last_name", "surname"),
    "group": ("group", "groups", "group name", "team"),
    "section": ("section",),
    "student": ("student_id", "student id"),
}


@dataclass(frozen=True)
class Person:
    """One row of the roster."""

    student: str  # the folder's name in submitted/, the gradebook's id
    name: str = ""
    keys: frozenset[tuple[str, str]] = frozenset()
    group: str = ""
    email: str = ""
    ids: dict[str, str] = field(default_factory=dict, compare=False, hash=False)  # by kind
    row: dict[str, str] = field(default_factory=dict, compare=False, hash=False)

    def key(self, kind: str) -> str:
        """One of its identifiers; empty where the roster has none of that kind."""
        return self.ids.get(kind, "")


@dataclass
class Roster:
    """A class."""

    people: list[Person] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    first_rows: list[dict[str, str]] = field(default_factory=list)  # Canvas' "Points Possible"

    @property
    def identifiers(self) -> set[str]:
        """Whatever anybody in it is called."""
        return {one for person in self.people for _, one in person.keys} | {
            person.student for person in self.people
        }

    def matching(self, who: Who) -> list[Person]:
        """Who that is: by an identifier, else by name, else all of a group of that name."""
        keys = {(kind, one.casefold()) for kind, one in who.keys}
        by_key = [person for person in self.people if person.keys & keys]
        if by_key or not who.name:
            return by_key
        names = plain_names(who.name)
        by_name = [person for person in self.people if plain_names(person.name) & names]
        by_name = by_name or [p for p in self.people if ("login", who.name.casefold()) in p.keys]
        if by_name:
            return by_name
        return [person for person in self.people if person.group and plain_names(person.group) & names]

    def is_group(self, who: Who) -> bool:
        """Whether it is a group's name."""
        return any(p.group and plain_names(p.group) & plain_names(who.name) for p in self.people)

    def of_student(self, student: str) -> list[Person]:
        """Who in the class a student of the gradebook is."""
        exact = [person for person in self.people if person.student == student]
        kinds = ("login", "number", "email", "canvas", "github", "participant")
        return exact or self.matching(Who(student, tuple((kind, student) for kind in kinds), student))


def plain_names(name: str) -> set[str]:
    """A name as platforms write it into file names: letters and digits alone, last name first or last."""
    name = unicodedata.normalize("NFC", name)
    last, comma, first = name.partition(",")
    orders = {name, f"{last}{first}", f"{first}{last}"} if comma else {name}
    bare = {
        "".join(c for c in unicodedata.normalize("NFKD", one) if not unicodedata.combining(c))
        for one in orders
    }
    found = {"".join(letter for letter in one.casefold() if letter.isalnum()) for one in orders | bare}
    return found - {""}


def read_roster(path: Path) -> Roster:
    """The class from a CSV with a line of headings.

    Raises:
        AutograderError: no column says who is who, or two rows are the same student.
    """
    rows = csv.reader(io.StringIO(_text(path)), dialect=_dialect(_text(path)))
    table = [row for row in rows if any(cell.strip() for cell in row)]
    if not table:
        raise AutograderError(f"{path} is empty")
    columns = [heading.strip() for heading in table[0]]
    places = _places(columns)
    if not set(places) & {"student", "login", "number", "email", "canvas", "participant", "name", "last"}:
        raise AutograderError(
            f"{path}: no column says who is who; there are {', '.join(columns)}. Call one student_id."
        )
    roster = Roster(columns=columns)
    for cells in table[1:]:
        row = {heading: cell.strip() for heading, cell in zip(columns, cells, strict=False)}
        said = {kind: row.get(columns[place], "") for kind, place in places.items()}
        if _is_no_student(row, said):
            roster.first_rows.append(row)
        else:
            roster.people.append(_person(row, said, path))
    seen: set[str] = set()
    for person in roster.people:
        if person.student.casefold() in seen:
            raise AutograderError(f"{path}: {person.student} stands in it twice")
        seen.add(person.student.casefold())
    return roster


def _text(path: Path) -> str:
    data = path.read_bytes()
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return unicodedata.normalize("NFC", data.decode("utf-16", "replace"))
    try:
        return unicodedata.normalize("NFC", data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _dialect(text: str) -> type[csv.Dialect]:
    head = text.splitlines()[0] if text.splitlines() else ""

    class Dialect(csv.excel):
        delimiter = max(",;\t", key=head.count)

    return Dialect


def _places(columns: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    plain = [heading.casefold() for heading in columns]
    for kind, names in _COLUMNS.items():
        place = next((plain.index(name) for name in names if name in plain), None)
        if place is not None:
            found[kind] = place
    if "student" in plain:  # Canvas: a name; elsewhere an id
        found["name" if "id" in plain and "section" in plain else "student"] = plain.index("student")
    elif "id" in plain and "student" not in found:
        found["student"] = found.pop("canvas")
    return found


def _is_no_student(row: dict[str, str], said: dict[str, str]) -> bool:
    """Canvas puts a row of greatest points above, and a student for tests below the class."""
    name = said.get("name", "")
    return name in ("Points Possible", "Student, Test") or ("canvas" in said and not any(said.values()))


def _person(row: dict[str, str], said: dict[str, str], path: Path) -> Person:
    name = said.get("name") or " ".join(filter(None, [said.get("first"), said.get("last")]))
    kinds = ("student", "login", "number", "email", "canvas", "github")
    student = next((said[kind] for kind in kinds if said.get(kind)), "") or name
    if not student:
        raise AutograderError(
            f"{path}: a row without anything that says who it is: {', '.join(row.values())}"
        )
    keys = {(kind, said[kind].casefold()) for kind in kinds[1:] if said.get(kind)}
    keys |= {("login", student.casefold())}
    if "@" in said.get("login", ""):
        keys.add(("email", said["login"].casefold()))
    if number := re.sub(r"\D", "", said.get("participant", "")):
        keys.add(("participant", number))
    return Person(student, name, frozenset(keys), said.get("group", ""), said.get("email", ""), said, row)
