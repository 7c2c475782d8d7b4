"""What is committed: every lesson follows from its sources, gives nothing away, and everybody can read it."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import nbformat
import pytest

from autograder.authoring.lesson import Lesson, lesson_names, lessons_of
from autograder.authoring.stale import stale_files
from autograder.nbgrader.course import Course
from autograder.student import checks_file
from autograder.student.instead import key_of
from tests.builders import ROOT, solution_bodies

COURSE = Course(ROOT)
LESSONS = lessons_of(COURSE)
NAMES = lesson_names(COURSE)
each_lesson = pytest.mark.parametrize("name", NAMES)

MACHINES = re.compile(r"/(work|home|root|Users|tmp)/|/tmp/ipykernel|[A-Z]:\\Users")
LARGEST = 1_000_000


@cache
def notebook(folder: str, name: str) -> nbformat.NotebookNode:
    return nbformat.read(ROOT / folder / name / f"{name}.ipynb", as_version=4)


def outputs(name: str) -> Iterator[tuple[str, nbformat.NotebookNode]]:
    """The outputs of a solution notebook, each with the name of its cell."""
    for cell in notebook("solutions", name).cells:
        for output in cell.get("outputs", []):
            yield cell.id, output


def strings(data: Any) -> Iterator[str]:
    """Every piece of text in JSON data."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, (list, dict)):
        for item in data if isinstance(data, list) else [*data, *data.values()]:
            yield from strings(item)


def without_pictures(text: str) -> str:
    """Text without the base64 of pictures, in which any word may turn up."""
    return re.sub(r"base64,[\w+/=\\]+", "base64,", text)


def marks(lesson: Lesson) -> list[pytest.MarkDecorator]:
    text = lesson.source_path.read_text(encoding="utf-8")
    return [pytest.mark.keras] if re.search("^(import|from) (keras|tensorflow)", text, re.MULTILINE) else []


@pytest.mark.parametrize("lesson", [pytest.param(one, id=one.name, marks=marks(one)) for one in LESSONS])
def test_what_is_committed_follows_from_its_sources(lesson: Lesson) -> None:
    """Nobody has edited a built file, and none was forgotten: `autograder build --check` finds nothing."""
    assert stale_files(COURSE, lesson) == []


@each_lesson
def test_a_notebook_stays_below_a_megabyte(name: str) -> None:
    """A Git host shows it, and a student can open it."""
    for folder in ("solutions", "notebooks"):
        assert (ROOT / folder / name / f"{name}.ipynb").stat().st_size < LARGEST


@each_lesson
def test_nothing_went_to_stderr(name: str) -> None:
    """A warning costs a graded cell its points, and anywhere else it confuses."""
    assert [cell for cell, output in outputs(name) if output.get("name") == "stderr"] == []
    assert [cell for cell, output in outputs(name) if output.output_type == "error"] == []


@each_lesson
def test_no_file_names_the_machine_it_was_built_on(name: str) -> None:
    """No absolute path in a notebook, a release or a checks.json."""
    for folder in ("solutions", "notebooks"):
        for file in (f"{name}.ipynb", "checks.json", *(["pictures.json"] if folder == "notebooks" else [])):
            text = without_pictures((ROOT / folder / name / file).read_text(encoding="utf-8"))
            assert MACHINES.search(text) is None, f"{folder}/{name}/{file}"


def given_away(name: str, text: str) -> list[list[str]]:
    """The solutions of a lesson that a text holds, each with all its lines. Single lines may be told."""
    cells = notebook("solutions", name).cells
    solutions = [body for cell in cells for body in solution_bodies(cell.source, shortest=1)]
    return [body for body in solutions if all(line in text for line in body)]


@each_lesson
def test_the_release_holds_no_solution(name: str) -> None:
    """No solution, no rubric, no hidden case and no output is in what students open."""
    release = notebook("notebooks", name)
    own = {cell.id: cell.source for cell in release.cells if cell.id in solved_cells(name)}
    everything = "\n".join(cell.source for cell in release.cells)

    for cell, solution in solved_cells(name).items():
        for line in (line for body in solution_bodies(solution) for line in body):
            assert line not in own[cell]
    assert given_away(name, everything) == []
    assert not re.search("(BEGIN|END) (SOLUTION|HIDDEN)|autograder.authoring.hidden", everything)
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in release.cells)


def solved_cells(name: str) -> dict[str, str]:
    """The cells of a solution notebook that hold solutions."""
    return {
        cell.id: cell.source for cell in notebook("solutions", name).cells if "BEGIN SOLUTION" in cell.source
    }


@each_lesson
def test_checks_hold_no_solution(name: str) -> None:
    """Drivers and judges travel to students, references do not; both copies of checks.json are one."""
    text = (ROOT / "notebooks" / name / "checks.json").read_text(encoding="utf-8")

    assert text == (ROOT / "solutions" / name / "checks.json").read_text(encoding="utf-8")
    assert given_away(name, "\n".join(strings(json.loads(text)))) == []


@each_lesson
def test_pictures_hold_no_solution_and_belong_to_cells_that_are_there(name: str) -> None:
    """Figures and their texts alone, looked up by what stands in a cell of the release."""
    text = (ROOT / "notebooks" / name / "pictures.json").read_text(encoding="utf-8")

    assert set(json.loads(text)) <= {key_of(cell.source) for cell in notebook("notebooks", name).cells}
    assert given_away(name, "\n".join(strings(json.loads(text)))) == []


@each_lesson
def test_students_can_write_where_they_should_and_nowhere_else(name: str) -> None:
    """Locked cells are neither editable nor deletable; no cell that is graded can be deleted."""
    for cell in notebook("notebooks", name).cells:
        told = cell.metadata.get("nbgrader")
        if told is None:
            assert "yours" in cell.metadata.get("tags", []), cell.id
        else:
            assert cell.metadata.get("deletable") is False, cell.id
            assert cell.metadata.get("editable") is (False if told["locked"] else None), cell.id


@each_lesson
def test_points_add_up(name: str) -> None:
    """The graded cells are the exercises of checks.json, with their points; words are graded beside them."""
    graded = {
        cell.id: cell.metadata.nbgrader.points
        for cell in notebook("notebooks", name).cells
        if cell.metadata.get("nbgrader", {}).get("grade")
    }
    checks = checks_file.load(ROOT / "notebooks" / name / "checks.json")
    expected = {f"check_{one.name}": one.points for one in checks.sheets.values()}

    assert {cell: points for cell, points in graded.items() if cell.startswith("check_")} == expected
    assert {cell: most for cell, most in graded.items() if cell not in expected} == dict(checks.written)
    assert sum(graded.values()) == checks.points
    assert all(points > 0 for points in graded.values())


@each_lesson
def test_every_figure_can_be_read_aloud(name: str) -> None:
    """Figures are HTML with a text for those who cannot see; nothing else shows a picture."""
    for cell, output in outputs(name):
        data = output.get("data", {})
        assert not any(kind.startswith("image/") for kind in data), f"{cell}: a picture without a text"
        for image in re.findall(r"<img\b[^>]*>", data.get("text/html", "")):
            assert re.search(r'\balt="[^"]{20,}"', image), f"{cell}: {without_pictures(image)[:200]}"
        for drawing in re.findall(r"<svg\b[^>]*>", data.get("text/html", "")):
            assert re.search(r'aria-label="[^"]+"|aria-hidden="true"', drawing), f"{cell}: {drawing[:200]}"


# --- Prose: cells of every lesson, and every page


def pages() -> dict[str, tuple[Path, str]]:
    """Markdown by a readable name: the file it stands in, and its text without code."""
    found = {}
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("data/**/*.md")]:
        found[str(path.relative_to(ROOT))] = path, path.read_text(encoding="utf-8")
    for folder in ("solutions", "notebooks"):
        for name in NAMES:
            path = ROOT / folder / name / f"{name}.ipynb"
            if path.is_file():
                cells = [cell.source for cell in notebook(folder, name).cells if cell.cell_type == "markdown"]
                found[str(path.relative_to(ROOT))] = path, "\n\n".join(cells)
    return {name: (path, without_code(text)) for name, (path, text) in found.items()}


def without_code(text: str) -> str:
    text = re.sub(r"^ *(```|~~~).*?^ *\1 *$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"(`+)(?!`).+?\1", "", text)


PAGES = pages()
each_page = pytest.mark.parametrize(("path", "text"), PAGES.values(), ids=PAGES)


def anchors(path: Path) -> set[str]:
    """The names that a Git host gives to the headings of a page."""
    text = path.read_text(encoding="utf-8")
    headings = re.findall(
        r"^#{1,6} (.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), flags=re.MULTILINE
    )
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@each_page
def test_links_and_images_resolve(path: Path, text: str) -> None:
    """Every relative link and image leads to a file that is there, and to a heading in it if one is named."""
    links = re.findall(r"\]\(\s*<?([^)\s>]+)", text) + re.findall(r'(?:src|href)="([^"]+)"', text)
    for link in links:
        if re.match(r"[a-z]+:", link):  # https:, mailto:, attachment:, data:
            assert not link.startswith(("attachment:", "file:")), link
            continue
        file, _, heading = link.partition("#")
        target = path.parent / unquote(file) if file else path
        assert target.exists(), f"{path.relative_to(ROOT)} links to {link}"
        if heading and target.suffix == ".md":
            assert heading in anchors(target), f"{path.relative_to(ROOT)} links to {link}"


@each_page
def test_images_say_what_they_show(path: Path, text: str) -> None:
    """Pictures in prose have a text too."""
    assert not re.findall(r"!\[\s*\]\(", text)
    for image in re.findall(r"<img\b[^>]*>", text):
        assert re.search(r'\balt="[^"]+"', image), image


@each_page
def test_folded_parts_have_a_title_and_an_end(path: Path, text: str) -> None:
    """Every <details> has a <summary> and is closed, so that the rest of the page does not vanish in it."""
    depth = 0
    for tag in re.findall(r"</?details>|<details\b[^>]*>", text):
        depth += -1 if tag == "</details>" else 1
        assert depth in (0, 1), "a folded part within another, or one too many closed"
    assert depth == 0, "a folded part is not closed"
    assert len(re.findall(r"<details\b[^>]*>\s*<summary>\s*\S.*?</summary>", text)) == text.count("<details")


@each_lesson
def test_code_that_the_prose_quotes_is_code(name: str) -> None:
    """A listing that was wrapped as prose is one no more; dots may stand for what is left out."""
    for cell in notebook("solutions", name).cells:
        if cell.cell_type == "markdown":
            for code in re.findall(r"^```python\n(.*?)^```", cell.source, re.DOTALL | re.MULTILINE):
                ast.parse(code.replace("…", "_"))
