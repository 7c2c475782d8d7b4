"""Why a submission could not be graded, in words that its student can act upon."""

from __future__ import annotations

import re
from collections.abc import Sequence

_NOT_THERE = re.compile(r"there is no (?P<wanted>.+?); found: (?P<found>.+)", re.DOTALL)


def in_words(reason: str, notebooks: Sequence[str]) -> str:
    """What happened and what to do, from the reason in the teacher's table."""
    wanted = " or ".join(f"`{name}.ipynb`" for name in notebooks)
    missing = _NOT_THERE.match(reason)
    if missing and missing["found"] == "no notebook":
        return f"There was no notebook in what you handed in. Hand in {wanted}."
    if missing:
        many = ", " in missing["found"]
        called, which = ("files were", "the one that holds them") if many else ("file was", "it")
        return (
            f"Your {called} called {missing['found']}, so your answers were not found. "
            f"Rename {which} to {wanted} and hand it in again."
        )
    if "is not a notebook" in reason and re.search(r"['\"]\s*<", reason):
        return (
            f"What you handed in is a web page and not a notebook: the page was saved instead of the file. "
            f"Download {wanted} itself, see that it opens in Jupyter, and hand it in again."
        )
    if "is not a notebook" in reason:
        return (
            f"What you handed in can't be read as a notebook: the file is damaged or was cut off. See that "
            f"{wanted} opens in Jupyter, save it anew, and hand it in again."
        )
    if reason.startswith("timestamp.txt"):
        return "The time of your submission can't be read. That is not your doing: tell your teacher."
    return f"The reason is: {reason}. Mend it and hand in again, or ask your teacher."
