"""Makes docs/images: a verdict as JupyterLab shows it, in its light and its dark theme.

    python docs/make_pictures.py
    python docs/make_pictures.py --course DIR LESSON STUDENT

It runs a notebook with the slip of the lecture's slide in the folder of lesson 12, and needs a Chromium. The
second form takes the class page and a student's feedback from a course that is graded, instead.
"""

from __future__ import annotations

import argparse
import io
import shutil
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
LESSON = ROOT / "notebooks" / "12_inverted_dropout"
IMAGES = ROOT / "docs" / "images"
THEMES = {"light": "verdict.png", "dark": "verdict-dark.png"}
# Of each page, from which heading on and how much is shown.
PAGES = {"report.png": ("h3:text-is('Exercises')", 900), "feedback.png": ("header", 830)}
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
WIDTH, COLOURS = 800, 128

IMPORTS = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import numpy as np
from autograder import check
"""
ANSWER = """
def dropout_forward(a, keep_prob, rng, training):
    if not training:
        return a, None
    d = rng.random(a.shape) < keep_prob
    a = np.multiply(a, d)
    a / keep_prob
    return a, d
"""
CHECK = "check(dropout_forward)"


def executed() -> nbformat.NotebookNode:
    """The answer and its check, run as a student runs them; the cell with the imports is left out."""
    cells = [nbformat.v4.new_code_cell(source.strip()) for source in (IMPORTS, ANSWER, CHECK)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(LESSON)}}).execute()
    verdict = notebook.cells[-1].outputs[0].data
    if "has to be assigned" not in verdict["text/html"]:
        sys.exit(f"make_pictures: the check did not name the slip:\n{verdict['text/html']}")
    for number, cell in enumerate(cells[1:], start=1):
        cell.execution_count = number
        for output in cell.outputs:
            output.execution_count = number
    notebook.cells = cells[1:]
    return notebook


def pictures(notebook: nbformat.NotebookNode, chromium: str) -> dict[str, bytes]:
    """The notebook as a PNG in each theme."""
    made = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for theme in THEMES:
            page, _ = HTMLExporter(template_name="lab", theme=theme).from_notebook_node(notebook)
            tab = browser.new_page(viewport={"width": WIDTH, "height": 600})
            tab.route("**/*", lambda route: route.abort())  # MathJax and the like, not needed here
            tab.set_content(page, wait_until="domcontentloaded")
            made[theme] = _small(tab.locator("main").screenshot())
        browser.close()
    return made


def _small(png: bytes) -> bytes:
    """The same picture with few colours: a third of the bytes."""
    buffer = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def pages(course: Path, lesson: str, student: str, chromium: str) -> dict[str, bytes]:
    """The upper part of a class page without names, and of a student's feedback, as PNG."""
    from autograder.classroom import feedback, report
    from autograder.nbgrader.course import Course

    page, _ = report.write(Course(course), [lesson], anonymous=True)
    given = next(path for path in feedback.write(Course(course), [lesson]) if path.parts[-3] == student)
    made = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for (name, (first, height)), path in zip(PAGES.items(), (page, given), strict=True):
            tab = browser.new_page(viewport={"width": WIDTH, "height": height})
            tab.goto(path.resolve().as_uri())
            tab.locator(first).first.evaluate("element => element.scrollIntoView()")
            made[name] = _small(tab.screenshot())
        browser.close()
    return made


def main() -> None:
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--chromium", default=found, help="the browser, if it is not found on PATH")
    parser.add_argument("--course", type=Path, help="a graded course, for pictures of its pages")
    parser.add_argument("lesson", nargs="?", default="")
    parser.add_argument("student", nargs="?", default="")
    asked = parser.parse_args()
    if not asked.chromium:
        parser.error("no Chromium on PATH: name one with --chromium")
    if asked.course:
        made = pages(asked.course, asked.lesson, asked.student, asked.chromium)
    else:
        drawn = pictures(executed(), asked.chromium)
        made = {THEMES[theme]: data for theme, data in drawn.items()}
    IMAGES.mkdir(exist_ok=True)
    for name, data in made.items():
        path = IMAGES / name
        path.write_bytes(data)
        print(f"{path.relative_to(ROOT)}  {len(data) / 1000:.0f} kB")


if __name__ == "__main__":
    main()
