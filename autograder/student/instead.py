"""Where a cell can't show its picture because an exercise before it is open or wrong: the solution's picture.

pictures.json beside the notebook holds what the cells showed when the lesson was built. It is looked up by
what stands in the cell, after the cell has run, and marked as not the reader's own.
"""

from __future__ import annotations

import contextlib
import hashlib
import html
import json
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

from . import diary, notebook
from .card import CARD

FILE_NAME = "pictures.json"


def key_of(source: str) -> str:
    """What a cell is looked up by."""
    return hashlib.sha256(source.strip().encode("utf-8", "replace")).hexdigest()[:16]


def install() -> None:
    """Looks after each cell of this kernel from now on, if there is somebody to look at it."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is None or not diary.is_somebody_here():
        return
    with contextlib.suppress(Exception):  # a shell of another kind
        registered = shell.events.callbacks["post_run_cell"]
        if after_a_cell not in registered:
            shell.events.register("post_run_cell", after_a_cell)


def after_a_cell(result: Any) -> None:
    """Shows the solution's picture behind a cell that failed, or that drew with a wrong answer."""
    with contextlib.suppress(Exception):  # whatever is wrong with it, the notebook goes on
        if not diary.is_somebody_here():
            return
        ipython: Any = sys.modules.get("IPython")
        shell = ipython.get_ipython()
        found = picture_for(result.info.raw_cell, shell.user_ns)
        if found is None:
            return
        failed = isinstance(result.error_in_exec, Exception)
        wrong = [name for name in found["needs"] if _is_wrong(name, shell.user_ns)]
        if failed or wrong:
            for data in shown(found, wrong):
                shell.display_pub.publish(data=data)


def picture_for(source: str, names: dict[str, Any]) -> dict[str, Any] | None:
    """What a cell showed when the lesson was built, if it needs an exercise."""
    path = notebook.checks_path(names).with_name(FILE_NAME)
    if not path.is_file():
        return None
    return _pictures(path, path.stat().st_mtime_ns).get(key_of(source))


def shown(found: dict[str, Any], wrong: list[str]) -> list[dict[str, str]]:
    """The figures, each marked as the solution's: as HTML, and in words."""
    names = wrong or found["needs"]
    said = f"Not yours: what this cell shows with the solution of {', '.join(names)}"
    marked = ", ".join(f"<code>{html.escape(name)}</code>" for name in names)
    head = (
        f'<figure style="{CARD};border-style:dashed;max-width:none"><figcaption><strong>Not yours:</strong> '
        f"what this cell shows with the solution of {marked}.</figcaption>"
    )
    return [
        {"text/html": f"{head}{one['html']}</figure>", "text/plain": f"{said}: {one['text']}"}
        for one in found["figures"]
    ]


def _is_wrong(exercise: str, names: dict[str, Any]) -> bool:
    """Whether an exercise was checked and not right, when it was checked last."""
    lesson = notebook.lesson_here(names)
    sheet = lesson.sheets.get(exercise)
    return sheet is not None and notebook.state_of(lesson, sheet).status in ("wrong", "partly right")


@lru_cache(maxsize=2)
def _pictures(path: Path, _: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
