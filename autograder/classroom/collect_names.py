"""How learning platforms name what they hand over: whose a file is, from when, and whether it was late.

Canvas      ``lovelaceada_LATE_1201_77001_00_start_here-2.ipynb``: name, user, attachment, file, version
Moodle      ``Ada Lovelace_657717_assignsubmission_file_/…``, or flat ``…_assignsubmission_file_x.ipynb``
Blackboard  ``Lesson 0_ada_attempt_2026-11-28-10-00-00_x.ipynb``; a ``.txt`` beside it has name and login
GitHub      ``lesson-0-ada/…``, a folder for each repository that GitHub Classroom has cloned
Gradescope  ``submission_123/…`` and ``submission_metadata.yml``
folder      ``ada/…``, ``ada/<lesson>/…`` or ``ada.zip``
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from ..errors import AutograderError
from .archive import Entry, Source, unpacked
from .gradescope_metadata import METADATA, submissions_in

_CANVAS = re.compile(r"(?P<name>.+?)(?P<late>_LATE)?_(?P<user>\d+)_(?P<file>\d+)_(?P<rest>.+)", re.DOTALL)
_MOODLE = re.compile(
    r"(?P<name>[^_]+)_(?P<id>\d+)_assignsubmission_(?P<kind>file|onlinetext)(?:_(?P<rest>.*))?", re.DOTALL
)
_ATTEMPT = re.compile(r"(?P<head>.+)_attempt_(?P<time>\d{4}(?:-\d\d){5})(?:_(?P<rest>.+)|\.txt)", re.DOTALL)
_RECEIPT_NAME = re.compile(r"^Name:\s*(?P<name>.*?)\s*\((?P<login>[^()]+)\)\s*$", re.MULTILINE)
_GRADESCOPE = re.compile(r"submission_\d+")
_CLONED = "-submissions"  # how `gh classroom clone student-repos` ends the folder's name
_MOST_OF_A_RECEIPT = 1 << 20


@dataclass(frozen=True)
class Who:
    """What a platform says about whose a hand-in is."""

    label: str  # what the student is called where there is no roster
    keys: tuple[tuple[str, str], ...] = ()  # kind of identifier, and identifier
    name: str = ""


@dataclass
class HandIn:
    """What one student, or a group, handed in at one time."""

    who: Who
    files: list[Entry] = field(default_factory=list)  # by their path within the hand-in
    time: datetime | None = None
    late: bool = False
    number: int = 0  # of two without a time the greater one is newer
    from_canvas: bool = False


@dataclass
class Found:
    """The hand-ins of a source, and the files of which nobody knows whose they are."""

    scheme: str
    hand_ins: list[HandIn]
    strangers: list[str] = field(default_factory=list)


def hand_ins_of(source: Source, scheme: str, lessons: Iterable[str], known: set[str]) -> Found:
    """The hand-ins of a source, read by the scheme that is asked for or that fits.

    Args:
        source: what was downloaded.
        scheme: one of SCHEMES, or empty.
        lessons: the course's, which are no students.
        known: what the roster calls its students, where a name alone does not say where it begins.
    """
    lessons = set(lessons)
    entries = _without_wrapper(source, lessons)
    scheme = scheme or _fitting(entries, source)
    found = SCHEMES[scheme](entries, source, lessons, known)
    return Found(scheme, [_unzipped(one, source) for one in found.hand_ins], found.strangers)


def _fitting(entries: list[Entry], source: Source) -> str:
    tops = {entry.parts[0] for entry in entries}
    if any(entry.parts == (METADATA,) for entry in entries):
        return "gradescope"
    flat = {entry.name for entry in entries if len(entry.parts) == 1}
    if any(_MOODLE.fullmatch(top) for top in tops):
        return "moodle"
    if any(_ATTEMPT.fullmatch(name) for name in flat):
        return "blackboard"
    if any(_CANVAS.fullmatch(name) for name in flat):
        return "canvas"
    cloned = _is_cloned(source.path) or source.repositories
    return "github" if cloned else "folder"


def _is_cloned(path: Path) -> bool:
    return path.name.removesuffix(".zip").endswith(_CLONED)


def _without_wrapper(source: Source, lessons: set[str]) -> list[Entry]:
    """Many a zip holds one folder, and all of the class in that."""
    entries, above = source.entries, Path(source.path)
    while entries and len({entry.parts[0] for entry in entries}) == 1 and not _is_cloned(above):
        top = entries[0].parts[0]
        if (*above.relative_to(source.path).parts, top) in source.repositories:
            break
        inside = [entry.below(1) for entry in entries if len(entry.parts) > 1]
        if len(inside) < len(entries) or _MOODLE.fullmatch(top):
            break
        direct = {entry.name for entry in inside if len(entry.parts) == 1}
        flat = any(_CANVAS.fullmatch(one) or _ATTEMPT.fullmatch(one) for one in direct)
        is_students = {entry.parts[0] for entry in inside if len(entry.parts) > 1} <= lessons
        if METADATA not in direct and not flat and (direct or is_students):
            break
        entries, above = inside, above / top
    source.path = above
    return entries


def _canvas(entries: list[Entry], source: Source, lessons: set[str], known: set[str]) -> Found:
    found: dict[tuple[str, str], HandIn] = {}
    strangers = []
    for entry in entries:
        match = _CANVAS.fullmatch(entry.name)
        if len(entry.parts) > 1 or match is None:
            strangers.append(entry.path)
            continue
        name, user = match["name"], match["user"]
        who = Who(name, (("canvas", user),), name)
        one = found.setdefault((name, user), HandIn(who, from_canvas=True))
        one.files.append(Entry((match["rest"],), entry.bytes_of))
        one.late = one.late or bool(match["late"])
        one.number = max(one.number, int(match["file"]))
    return Found("canvas", list(found.values()), strangers)


def _moodle(entries: list[Entry], source: Source, lessons: set[str], known: set[str]) -> Found:
    found: dict[tuple[str, str], HandIn] = {}
    strangers = []
    for entry in entries:
        match = _MOODLE.fullmatch(entry.parts[0])
        flat = len(entry.parts) == 1
        if match is None or (flat and not match["rest"]):
            strangers.append(entry.path)
            continue
        name, number = match["name"], match["id"]
        who = Who(name, (("participant", number),), name)
        one = found.setdefault((name, number), HandIn(who))
        one.files.append(Entry((match["rest"],) if flat else entry.parts[1:], entry.bytes_of))
    return Found("moodle", list(found.values()), strangers)


def _blackboard(entries: list[Entry], source: Source, lessons: set[str], known: set[str]) -> Found:
    matches = [(entry, _ATTEMPT.fullmatch(entry.name)) for entry in entries if len(entry.parts) == 1]
    strangers = [entry.path for entry in entries if len(entry.parts) > 1]
    strangers += [entry.path for entry, match in matches if match is None]
    heads = {match["head"] for _, match in matches if match}
    logins = _last_parts(heads, "_", known, "")
    found: dict[tuple[str, str], HandIn] = {}
    names: dict[tuple[str, str], tuple[str, str]] = {}
    for entry, match in matches:
        if match is None:
            continue
        key = (match["head"], match["time"])
        time = _time(match["time"])
        one = found.setdefault(key, HandIn(Who(""), time=time))
        if match["rest"]:
            one.files.append(Entry((match["rest"],), entry.bytes_of))
        else:
            said = _RECEIPT_NAME.search(entry.read(_MOST_OF_A_RECEIPT).decode("utf-8", "replace"))
            if said:
                names[key] = said["name"], said["login"]
    for key, one in found.items():
        name, login = names.get(key, ("", logins[key[0]]))
        one.who = Who(login, (("login", login),), name)
    return Found("blackboard", list(found.values()), strangers)


def _time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d-%H-%M-%S")
    except ValueError:
        return None


def _github(entries: list[Entry], source: Source, lessons: set[str], known: set[str]) -> Found:
    folders = {entry.parts[0] for entry in entries if len(entry.parts) > 1}
    named = source.path.name.removesuffix(".zip").removesuffix(_CLONED) if _is_cloned(source.path) else ""
    logins = _last_parts(folders, "-", known, named)
    found: dict[str, HandIn] = {}
    for entry in entries:
        if len(entry.parts) > 1:
            login = logins[entry.parts[0]]
            who = Who(login, (("github", login), ("login", login)))
            found.setdefault(entry.parts[0], HandIn(who)).files.append(entry.below(1))
    return Found("github", list(found.values()), [entry.path for entry in entries if len(entry.parts) == 1])


def _last_parts(names: Iterable[str], between: str, known: set[str], common: str) -> dict[str, str]:
    """What stands after the assignment, whose name all of them begin with; both may hold separators."""
    cut = {name: name.split(between) for name in names}
    shared = common.split(between) if common else []
    if not shared and len(cut) > 1:
        for column in zip(*cut.values(), strict=False):
            if len(set(column)) > 1:
                break
            shared.append(column[0])
    found = {}
    for name, parts in cut.items():
        ends = [between.join(parts[k:]) for k in range(len(parts))]
        told = next((end for end in ends if end in known), "")
        begins = len(shared) < len(parts) and parts[: len(shared)] == shared and shared
        found[name] = told or (between.join(parts[len(shared) :]) if begins else "") or parts[-1]
    return found


def _gradescope(entries: list[Entry], source: Source, lessons: set[str], known: set[str]) -> Found:
    found = []
    metadata = next((entry for entry in entries if entry.parts == (METADATA,)), None)
    if metadata is None:
        raise AutograderError(f"{source.path} holds no {METADATA}: is it an export of Gradescope?")
    strangers = {entry.parts[0] for entry in entries} - {METADATA}
    for folder, submitters, time in submissions_in(metadata.read()):
        files = [entry.below(1) for entry in entries if entry.parts[0] == folder and len(entry.parts) > 1]
        strangers.discard(folder)
        for one in submitters:
            label = one.get("sid") or one.get("email", "").split("@")[0] or one.get("name", "")
            keys = tuple(
                (kind, one[said])
                for kind, said in (("number", "sid"), ("login", "sid"), ("email", "email"))
                if one.get(said)
            )
            found.append(HandIn(Who(label, keys, one.get("name", "")), list(files), time))
    return Found("gradescope", found, sorted(strangers))


def _folders(entries: list[Entry], source: Source, lessons: set[str], known: set[str]) -> Found:
    found: dict[str, HandIn] = {}
    strangers = []
    for entry in entries:
        top, rest = entry.parts[0], entry.below(1)
        if len(entry.parts) == 1:
            stem, dot, ending = top.rpartition(".")
            if ending.lower() not in ("zip", "ipynb") or (ending.lower() == "ipynb" and stem not in known):
                strangers.append(entry.path)
                continue
            top, rest = stem, entry
        who = Who(top, (("login", top), ("number", top), ("email", top)), top)
        found.setdefault(top, HandIn(who)).files.append(rest)
    return Found("folder", list(found.values()), strangers)


def _unzipped(one: HandIn, source: Source) -> HandIn:
    """A zip that a student handed in, opened where it stands; zips within it stay as they are."""
    files = []
    for entry in one.files:
        files += unpacked(entry, source) if entry.name.lower().endswith(".zip") else [entry]
    one.files = files
    return one


Scheme = Callable[[list[Entry], Source, set[str], set[str]], Found]
SCHEMES: dict[str, Scheme] = {
    "canvas": _canvas,
    "moodle": _moodle,
    "blackboard": _blackboard,
    "github": _github,
    "gradescope": _gradescope,
    "folder": _folders,
}
