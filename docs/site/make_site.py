"""Makes the site of the course in build/site: `make site`.

Lessons are the notebooks that students open, with the figures and numbers of the executed solutions: a page
can hold no answer, since it is never made from one. Sphinx with MyST-NB and Furo turns them and docs/ into
pages that load nothing from elsewhere.

    python docs/site/make_site.py [--no-lite] [--repository OWNER/NAME]
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import lite
import start
from lessons import ROOT, Lesson, lessons, source_of

HERE = Path(__file__).resolve().parent
BUILD = ROOT / "build" / "site"
TEACHING = ("writing-a-lesson", "architecture", "security", "maintaining")
# What these cells show in the executed solution is somebody's verdict, not something to read.
VERDICT = re.compile(r"^(check|progress)\(", re.MULTILINE)


def page_of(lesson: Lesson, ways: str = "") -> dict[str, Any]:
    """A lesson as it is read: the student's notebook, with the solution's figures, numbers and tables.

    Args:
        lesson: the lesson.
        ways: Markdown that says where it can be run, to stand below its title.
    """
    outputs = {
        name_of(cell): cell["outputs"] for cell in lesson.executed["cells"] if cell["cell_type"] == "code"
    }
    cells = []
    for cell in lesson.release["cells"]:
        tags = cell["metadata"].get("tags", [])  # one of them takes a cell out of pages
        made: dict[str, Any] = {"cell_type": cell["cell_type"], "id": cell["id"], "metadata": {"tags": tags}}
        made["source"] = source_of(cell)
        if cell["cell_type"] == "code":
            shown = [] if VERDICT.search(made["source"]) else outputs.get(name_of(cell), [])
            made |= {"outputs": [one for one in shown if readable(one)], "execution_count": None}
        cells.append(made)
    title, rest = cells[0]["source"].split("\n", 1)
    cells[0]["source"] = f"{title}\n\n{ways}\n{rest}"
    return {**lesson.release, "cells": cells}


def ways_to_run(lesson: Lesson, tried: bool, repository: str) -> str:
    """Links to where the lesson can be run without installing anything."""
    path, links = f"notebooks/{lesson.name}/{lesson.name}.ipynb", []
    if tried and lesson.number in lite.TRIED:
        links.append(
            f'<a href="../../lite/lab/index.html?path={lesson.name}.ipynb">Try it in your browser</a>'
        )
    if repository:
        binder = f"https://mybinder.org/v2/gh/{repository}/HEAD?labpath={quote(path, safe='')}"
        colab = f"https://colab.research.google.com/github/{repository}/blob/HEAD/{path}"
        links += [f'<a href="{binder}">Open in Binder</a>', f'<a href="{colab}">Open in Colab</a>']
    return f'<p class="ways">{" ".join(links)}</p>\n' if links else ""


def name_of(cell: dict[str, Any]) -> str:
    """By what both forms of a lesson call a cell."""
    name: str = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
    return name


def readable(output: dict[str, Any]) -> bool:
    """Warnings and tracebacks tell of a machine, not of the lesson."""
    return output["output_type"] != "error" and output.get("name") != "stderr"


def index(course: list[Lesson]) -> str:
    """The first page: the start page's text, without what needs a running notebook."""
    parts = start.filled("lessons/{name}/{name}.ipynb").split("\n+++\n")
    kept = [part.strip() for part in parts if "start_progress" not in part and "```python" not in part]
    kept = [part for part in kept if not part.startswith("## What you have done")]
    trees = [tree("Lessons", [f"{one.number} {one.title} <lessons/{one.name}/{one.name}>" for one in course])]
    others = sorted(path.stem for path in (ROOT / "docs").glob("*.md"))
    ordered = [name for name in TEACHING if name in others] + [
        name for name in others if name not in TEACHING
    ]
    trees.append(tree("For teachers and authors", [f"docs/{name}" for name in ordered]))
    return "\n\n".join(kept + trees) + "\n"


def tree(caption: str, entries: list[str]) -> str:
    lines = "\n".join(entries)
    return f"```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{lines}\n```"


def document(path: Path) -> str:
    """A page of docs/: links to what is no part of the site become the names of those files."""
    text = path.read_text(encoding="utf-8")

    def linked(match: re.Match[str]) -> str:
        words, target = match[1], match[2]
        inside = (path.parent / target.partition("#")[0]).resolve().parent == path.parent
        if re.match(r"[a-z]+:|#", target) or (inside and target.partition("#")[0].endswith((".md", ".png"))):
            return match[0]
        return words if words.startswith("`") else f"{words} (`{target.removeprefix('../')}`)"

    return re.sub(r"(?<!!)\[([^\]]*)\]\(([^)\s]+)\)", linked, text)


def write_source(target: Path, tried: bool = False, repository: str = "") -> None:
    """Everything that Sphinx reads, in a folder of its own."""
    shutil.rmtree(target, ignore_errors=True)
    course = lessons()
    for lesson in course:
        folder = target / "lessons" / lesson.name
        folder.mkdir(parents=True)
        page = page_of(lesson, ways_to_run(lesson, tried, repository))
        text = json.dumps(page, ensure_ascii=False)
        (folder / f"{lesson.name}.ipynb").write_text(text, encoding="utf-8")
    (target / "docs").mkdir()
    for path in (ROOT / "docs").glob("*.md"):
        (target / "docs" / path.name).write_text(document(path), encoding="utf-8")
    if (ROOT / "docs" / "images").is_dir():
        shutil.copytree(ROOT / "docs" / "images", target / "docs" / "images")
    (target / "index.md").write_text(index(course), encoding="utf-8")
    shutil.copytree(HERE / "_static", target / "_static")


def main() -> int:
    """Write the sources, call Sphinx; a warning is an error, since it is a link or a formula that fails."""
    parser = argparse.ArgumentParser(description="Make the site of the course.")
    parser.add_argument("--no-lite", action="store_true", help="without lessons to try in the browser")
    parser.add_argument("--repository", default="", help="OWNER/NAME on GitHub: links to Binder and Colab")
    parser.add_argument(
        "--into", type=Path, default=BUILD, help="a folder for the site, as html, and its sources"
    )
    options = parser.parse_args()
    from sphinx.cmd.build import build_main

    began = time.monotonic()
    source, pages = options.into / "source", options.into / "html"
    write_source(source, not options.no_lite, options.repository)
    shutil.rmtree(pages, ignore_errors=True)
    failed = build_main(["-q", "-W", "--keep-going", "-j", "2", "-c", str(HERE), str(source), str(pages)])
    if not failed and not options.no_lite:
        lite.make(pages / "lite")
    if not failed:
        size = sum(path.stat().st_size for path in pages.rglob("*") if path.is_file())
        print(f"{pages / 'index.html'}: {size / 1e6:.0f} MB in {time.monotonic() - began:.0f} s")
    return failed


if __name__ == "__main__":
    sys.exit(main())
