"""What was found of one property on one case, and which errors are the same one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

UNCHANGED = "arguments unchanged"


@dataclass(frozen=True)
class Finding:
    """One property of one case: held or not. The note says how it failed in words that don't depend on the
    numbers drawn, so that it can be recognised; the detail may hold numbers."""

    group: str
    ok: bool
    note: str = ""
    detail: str = ""
    error: str = ""  # what kept anybody from looking at the property: an exception, a result of another form
    case: int = 0  # the number of the case


def shared_error(findings: Sequence[Finding]) -> Finding | None:
    """The error that several rows would repeat: it is said once, above them."""
    failed = [f for f in findings if f.error and f.group != UNCHANGED]
    for finding in failed:
        if len({f.group for f in failed if same_error(f, finding)}) > 1:
            return finding
    return None


def same_error(one: Finding, other: Finding) -> bool:
    """Whether two cases went wrong alike: by the same exception, or by results of the same wrong form."""
    if not one.error or not other.error:
        return False
    alike = one.note == other.note and one.note in ("none", "shape")
    return one.error == other.error or (alike and _subject(one) == _subject(other))


def _subject(finding: Finding) -> str:
    return finding.error.split(" is ")[0]
