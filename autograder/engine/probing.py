"""What is asked of a student's functions, and what the answers may look like."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import WireError
from ..student.probe import printable
from ..student.sheet import Case, Outcome, Sheet

_ENDINGS = re.compile(r"ended by (SIG[A-Z0-9]{2,9}|signal \d{1,3})|ended with exit code \d{1,3}")


@dataclass(frozen=True)
class Question:
    """What the student's functions give on these cases, called with the names of a place."""

    place: int
    sheet: Sheet
    cases: Sequence[Case]
    seconds: float  # that no single case may take longer than
    in_a_copy: bool  # of the process: a crash then costs this exercise only; making one costs time
    stand_ins: Mapping[str, str] = field(default_factory=dict)  # functions, as source, for the student's own

    @property
    def request(self) -> dict[str, Any]:
        sheet = self.sheet
        return {
            "do": "probe",
            "in_a_copy": self.in_a_copy,
            "place": self.place,
            "name": sheet.name,
            "functions": list(sheet.functions),
            "uses": list(sheet.uses),
            "driver": sheet.driver,
            "stand_ins": dict(self.stand_ins),
            "cases": [(case.inputs, case.call) for case in self.cases],
        }


class Answers:
    """The outcomes of a question, as they come."""

    def __init__(self, question: Question) -> None:
        self.most = len(question.cases)
        self.outcomes: list[Outcome] = []

    def keep(self, message: dict[str, Any]) -> None:
        """One more.

        Raises:
            WireError, TypeError, KeyError, ValueError: it is none, or out of order.
        """
        if message.get("case") != len(self.outcomes) or len(self.outcomes) >= self.most:
            raise WireError("an outcome out of order")
        raised, text, where, changed = message["rest"]
        if not all(type(part) is str for part in (raised, text, where, *changed)) or len(changed) > 100:
            raise WireError("an outcome that is none")
        said = printable(raised[:200]), printable(text[:1000]), printable(where[:500])
        self.outcomes.append(Outcome(message["value"], *said, tuple(changed)))

    def whole(self, over: str, died: Any) -> list[Outcome]:
        """One for each case; where they stopped coming, why: a limit, or how the process ended."""
        why = over
        if not why and died:  # its own words, of which only known ones are repeated
            how = str(died)
            why = f"the process of this exercise {how if _ENDINGS.fullmatch(how) else 'ended'}"
        rest = Outcome(None, "Stopped", why or "your code ended the check before it was done")
        return self.outcomes + [rest] * (self.most - len(self.outcomes))
