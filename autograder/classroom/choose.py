"""Which notebook of a hand-in counts: known by its graded cells, chosen by a person where there are two."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ..errors import AutograderError
from ..nbgrader.recognise import graded_ids, nearest_notebook, no_notebook
from .archive import MOST_OF_A_ZIP, Entry
from .collect_names import HandIn

# What browsers and Canvas append to a name: " (1)", "-2", " copy"; a "+" stands for a blank.
_COUNTER = re.compile(r"([ +_-]*\(\d+\)|-\d+|[ +_-]+(copy|kopie|copie)\d*)+$", re.IGNORECASE)
ENDINGS = (".ipynb", ".ipynb.txt", ".ipynb.json")  # the last two by browsers that know better
_VERSION = re.compile(r"(?P<base>.*?)(?:-(?P<number>\d+))?")


@dataclass(frozen=True)
class Choices:
    """What is known of the lesson, of the others, and what a person has chosen."""

    lesson: str
    lessons: dict[str, dict[str, frozenset[str]]]  # notebooks of each lesson, with their graded cells
    chosen: dict[str, str]


@dataclass
class Picked:
    """The notebooks that count, under the names that the lesson has for them."""

    notebooks: dict[str, bytes]
    beside: dict[str, Entry]
    said: str
    notes: list[str] = field(default_factory=list)


def pick(student: str, one: HandIn, choices: Choices) -> Picked:
    """The notebooks of the lesson in a hand-in.

    Raises:
        AutograderError: there is none, or more than one that may be meant.
    """
    here = [entry for entry in one.files if entry.name.lower().endswith(ENDINGS)]
    if not here:
        names = ", ".join(sorted(entry.path for entry in one.files)[:3]) or "nothing"
        raise AutograderError(f"there is no notebook; found: {names}")
    candidates: dict[str, list[tuple[Entry, bytes]]] = {}
    notes: list[str] = []
    others: list[str] = []
    taken = 0
    for entry in here:
        data = entry.read()
        taken += len(data)
        if taken > MOST_OF_A_ZIP:
            raise AutograderError("its notebooks are larger than anybody's are")
        name, note = _notebook_of(entry, data, choices, alone=len(here) == 1)
        if name:
            candidates.setdefault(name, []).append((entry, data))
            notes += [note] if note else []
        else:
            others.append(note)
    if not candidates:
        raise AutograderError("; ".join(others))
    counting = {
        name: _the_one(student, found, choices, one.from_canvas, notes) for name, found in candidates.items()
    }
    roots = {entry.parts[:-1] for entry, _ in counting.values()}
    root = min(roots, key=len)
    return Picked(
        {f"{name}.ipynb": data for name, (_, data) in counting.items()},
        {
            "/".join(entry.parts[len(root) :]): entry
            for entry in one.files
            if entry not in here and entry.parts[: len(root)] == root
        },
        ", ".join(entry.path for entry, _ in counting.values()),
        notes + others,
    )


def _notebook_of(entry: Entry, data: bytes, choices: Choices, alone: bool) -> tuple[str, str]:
    """The lesson's notebook that a file is, and what to say of it; or no name, and why."""
    ours = choices.lessons[choices.lesson]
    named = _COUNTER.sub("", _stem(entry))
    ids = graded_ids(data)
    if ids is None:
        what = no_notebook(data) or "no notebook that can be read"
        said = f"{entry.path} is {what}"
        if named in ours or (alone and len(ours) == 1):
            return (named if named in ours else next(iter(ours))), said
        return "", said
    whole = {
        f"{lesson}/{name}": own for lesson, known in choices.lessons.items() for name, own in known.items()
    }
    lesson, _, name = nearest_notebook(ids, whole).partition("/")
    if lesson == choices.lesson:
        return name, ""
    if lesson:
        return "", f"{entry.path} is a notebook of {lesson}"
    if name := nearest_notebook(ids, ours):
        return name, ""
    if named in ours:
        return named, f"{entry.path} has none of the lesson's graded cells; taken for its name"
    return "", f"{entry.path} is a notebook of no lesson of this course"


def _the_one(
    student: str, found: list[tuple[Entry, bytes]], choices: Choices, from_canvas: bool, notes: list[str]
) -> tuple[Entry, bytes]:
    wanted = choices.chosen.get(student)
    if wanted:
        chosen = [(entry, data) for entry, data in found if wanted in (entry.path, entry.name)]
        if len(chosen) == 1:
            return chosen[0]
        if len(found) > 1:
            names = ", ".join(sorted(entry.path for entry, _ in found))
            raise AutograderError(f"{wanted} is not one of {names}")
    if len({data for _, data in found}) == 1:
        return min(found, key=lambda one: one[0].path)
    if from_canvas and len({_version(entry)[0] for entry, _ in found}) == 1:
        notes.append(f"the newest of {len(found)} versions")
        return max(found, key=lambda one: _version(one[0])[1])
    names = " and ".join(sorted(entry.path for entry, _ in found))
    first = min(entry.path for entry, _ in found)
    raise AutograderError(f"{names} both hold the lesson's cells: choose with --choose '{student}={first}'")


def _stem(entry: Entry) -> str:
    return re.sub(r"\.ipynb(\.\w+)?$", "", entry.name, flags=re.IGNORECASE)


def _version(entry: Entry) -> tuple[str, int]:
    """Canvas' base name and version: x-2.ipynb is newer than x-1.ipynb, and that than x.ipynb."""
    match = _VERSION.fullmatch(_stem(entry))
    assert match is not None
    return match["base"], int(match["number"] or 0)
