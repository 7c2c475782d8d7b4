"""A class without names, for a projector: students become numbers, and code loses what might name them."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from . import trees
from .answers import Answer, HandedIn, LessonClass

SHORTEST = 3  # letters of a name that is looked for in texts
_FILE = re.compile(r"[^\s,;:'\"`]*(?: \(\d+\))?[^\s,;:'\"`]*\.(?:ipynb|py|zip|html?)\b")
UNREADABLE = "(can't be read as Python, and is not shown without names)"


class Anonymous:
    """Replaces everybody's names, the same way in all lessons."""

    def __init__(self, students: Iterable[str], names: Mapping[str, str], secret: bytes) -> None:
        """The secret decides who has which number: no list of names can be put beside the page."""

        def shuffled(student: str) -> bytes:
            return hmac.digest(secret, student.encode("utf-8", "surrogateescape"), "sha256")

        ids = sorted(set(students) | set(names), key=shuffled)
        self.labels = {student: f"student {k}" for k, student in enumerate(ids, 1)}
        words = {word for student in ids for word in _words(student, names.get(student, ""))}
        longest_first = sorted(words, key=len, reverse=True)
        found = "|".join(map(re.escape, longest_first))
        self.names = re.compile(rf"(?<![A-Za-z])(?:{found})(?![A-Za-z])", re.I) if words else None

    def lesson(self, lesson: LessonClass) -> LessonClass:
        known = {f"{lesson.name}.ipynb"}
        renamed = [self._handed_in(one, known) for one in lesson.handed_in]
        return replace(
            lesson,
            handed_in=tuple(sorted(renamed, key=lambda one: _number(one.student))),
            missing=tuple(sorted(map(self.label, lesson.missing), key=_number)),
        )

    def label(self, student: str) -> str:
        """What a student is called instead."""
        return self.labels.get(student, "a student")

    def text(self, text: str, files: Sequence[str] | set[str] = ()) -> str:
        """A text without names of students, and of files but these."""
        without = _FILE.sub(lambda found: found[0] if found[0] in files else "….ipynb", text)
        return self.names.sub("…", without) if self.names else without

    def _handed_in(self, one: HandedIn, files: set[str]) -> HandedIn:
        return replace(
            one,
            student=self.label(one.student),
            reason=self.text(one.reason, files),
            answers=tuple(map(self._answer, one.answers)),
        )

    def _answer(self, answer: Answer) -> Answer:
        code = (trees.bare(answer.code) or UNREADABLE) if answer.code else ""
        rows = tuple(replace(row, text=self.text(row.text)) for row in answer.rows)
        explanation = self.text(answer.explanation)
        return replace(answer, code=self.text(code), rows=rows, explanation=explanation, comments=())


def _number(label: str) -> int:
    """Not by name, whose order would tell."""
    return int(label.split()[-1]) if label[-1].isdigit() else 0


def _words(student: str, name: str) -> Iterable[str]:
    """What may name a student: the id, the parts of it, and the parts of the name."""
    parts = [student, name, *re.split(r"[\W_\d]+", f"{student} {name}")]
    return {part for part in parts if len(part) >= SHORTEST and part.lower() not in ("student", "none")}
