"""Writes the start page, notebooks/start.ipynb, from start.txt and what the lessons say of themselves.

`python docs/site/start.py` after a build; a test holds the page true.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import lessons
from lessons import ROOT, Lesson

PAGE = ROOT / "notebooks" / "start.ipynb"
TEXT = Path(__file__).with_name("start.txt")  # "+++" stands between its cells
CODE = "```python\n"


def page() -> dict[str, Any]:
    """The start page as a notebook."""
    cells = [_cell(place, text.strip()) for place, text in enumerate(filled().split("\n+++\n"))]
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def filled(link: str = "{name}/{name}.ipynb") -> str:
    """The start page's text, with links to lessons as they are wanted."""
    course = lessons.lessons()
    return TEXT.read_text(encoding="utf-8").format(
        first=link.format(name=course[0].name),
        rows="\n".join(rows(course, link)),
        hours=round(sum(lesson.minutes for lesson in course) / 60),
        documents=lessons.documents(),
    )


def text() -> str:
    """The start page as its file holds it."""
    return json.dumps(page(), indent=1, ensure_ascii=False) + "\n"


def rows(course: list[Lesson], link: str) -> list[str]:
    """The table of all lessons, line by line."""
    lines = ["| lesson | minutes | exercises |", "|:--|--:|--:|"]
    for lesson in course:
        title = f"[{lesson.number} {lesson.title}]({link.format(name=lesson.name)})"
        lines.append(f"| {title} | {lesson.minutes} | {lesson.exercises} |")
    return lines


def _cell(place: int, text: str) -> dict[str, Any]:
    code = text.startswith(CODE)
    if code:
        text = text.removeprefix(CODE).removesuffix("\n```")
    return {
        "cell_type": "code" if code else "markdown",
        "id": f"start-{place}",
        "metadata": {"deletable": False, "editable": False},
        "source": text.splitlines(keepends=True),
        **({"outputs": [], "execution_count": None} if code else {}),
    }


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
