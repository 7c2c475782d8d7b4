"""Pages that stand alone: templates with everything escaped, one style for all of them, nothing fetched."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..nbgrader.records import one_line
from ..student.card import rich
from ..student.verdict import number

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"
MOST_CODE = 4_000


def render(template: str, **values: Any) -> str:
    """A page from its template."""
    return environment().get_template(template).render(**values)


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The templates and what they can do with a value."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "number": number,
        "short": one_line,
        "rich": lambda text: Markup(rich(printable(text))),
        "code": code,
        "percent": lambda share: f"{100 * share:.0f}",
        "words": lambda name: name.replace("_", " "),
    }
    return made


def code(text: str) -> str:
    """Code as a page can bear it: printable, not long."""
    shown = printable(text.expandtabs(4)).strip("\n")
    return shown if len(shown) <= MOST_CODE else f"{shown[:MOST_CODE]}\n…"


def printable(text: str) -> str:
    """Text whose characters all show: none that turns the direction, none that a terminal obeys."""
    return "".join(
        letter if letter.isprintable() or letter == "\n" else "\N{REPLACEMENT CHARACTER}" for letter in text
    )
