"""What a student sees: lessons in a real JupyterLab, opened, typed into and run in a real Chromium.

A test that fails leaves a picture of the page; the error says where.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import nbformat
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[1]
LESSON = "12_inverted_dropout"
LAST_CHECK = "check_dropout_forward"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = [
    "--no-sandbox",  # it does not start as root with one, and opens pages of ours alone
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},  # cells out of sight are on the page as well
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
START_SECONDS, RUN_SECONDS = 60, 60


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab."""

    address: str
    token: str

    def page_of(self, path: str) -> str:
        """Where a notebook is opened, with no other beside it."""
        return f"{self.address}/lab/tree/{path}?token={self.token}&reset"

    def answers(self) -> bool:
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            urllib.request.urlopen(f"{self.address}/api?token={self.token}", timeout=2).close()
            return True
        return False


def _unavailable(what: str) -> NoReturn:
    """Where tests are to prove something, a missing browser is a failure."""
    if os.environ.get("CI"):
        pytest.fail(f"{what}, and with CI set the browser tests have to run")
    pytest.skip(what)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium of this machine, headless."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _unavailable("playwright is not installed")
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        _unavailable(f"there is no Chromium on PATH ({', '.join(CHROMIUM)})")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what students open: lesson 12 as far as its second check, and a notebook of four cells."""
    folder = tmp_path_factory.mktemp("course")
    shutil.copytree(ROOT / "notebooks", folder, dirs_exist_ok=True)
    _shorten(folder / LESSON / f"{LESSON}.ipynb")
    cells = [
        "from autograder import check, progress\nimport numpy as np",
        "def relative_error(a, b):\n"
        "    together = np.linalg.norm(a) + np.linalg.norm(b)\n"
        "    return np.linalg.norm(a - b) / together if together else 0.0",
        "check(relative_error)",
        "progress()",
    ]
    made = [nbformat.v4.new_code_cell(cell) for cell in cells]
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    tiny = nbformat.v4.new_notebook(cells=made, metadata=kernel)
    nbformat.write(tiny, folder / "00_start_here" / "tiny.ipynb")
    return folder


def _shorten(path: Path) -> None:
    """Without the cells that train networks, and those after the last check that is looked at."""
    notebook = nbformat.read(path, as_version=4)
    names = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in notebook.cells]
    kept = notebook.cells[: names.index(LAST_CHECK) + 1]
    notebook.cells = [cell for cell in kept if "demo" not in cell.metadata.get("tags", [])]
    nbformat.write(notebook, path)


@pytest.fixture(scope="module")
def lab(course: Path, tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Lab]:
    """JupyterLab on the copy, with nothing of the user's own: settings, kernels, workspaces, history."""
    home = tmp_path_factory.mktemp("home")
    for name, values in SETTINGS.items():
        file = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))
    own = {
        "HOME": "",
        "IPYTHONDIR": "ipython",
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "MPLCONFIGDIR": "matplotlib",
    }
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    lab = Lab(f"http://127.0.0.1:{port}", secrets.token_hex(16))
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        f"--config={ROOT / 'lab' / 'student.py'}",
        *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
        *(f"--IdentityProvider.token={lab.token}", f"--ServerApp.root_dir={course}"),
    ]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")},
        **{name: str(home / folder) for name, folder in own.items()},
        "PYTHONPATH": str(ROOT),
    }
    with (home / "log").open("w+") as log:
        server = subprocess.Popen(command, env=environment, cwd=course, stdout=log, stderr=log)
        try:
            started = time.monotonic()
            while not lab.answers():
                if server.poll() is not None or time.monotonic() - started > START_SECONDS:
                    log.seek(0)
                    pytest.fail(f"JupyterLab did not start:\n{log.read()[-3000:]}")
                time.sleep(0.2)
            yield lab
        finally:
            server.terminate()  # its kernels end with it
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


@contextlib.contextmanager
def opened(browser: Browser, lab: Lab, path: str, folder: Path) -> Iterator[Page]:
    """The page of a notebook whose kernel is ready; if what is done with it fails, a picture of it stays."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(1000 * START_SECONDS)
    try:
        page.goto(lab.page_of(path))
        page.locator(".jp-Notebook .jp-Cell").first.wait_for()
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
        yield page
    except BaseException as error:
        picture = folder / "page.png"
        page.screenshot(path=picture)
        error.add_note(f"The page as it was: {picture}")
        raise
    finally:
        page.close()


def code_cell(page: Page, beginning: str) -> Locator:
    """The one code cell whose source begins so."""
    source = page.locator(".cm-content").filter(has_text=re.compile(rf"^\s*{re.escape(beginning)}"))
    return page.locator(".jp-CodeCell").filter(has=source)


def write(page: Page, name: str, *lines: str) -> None:
    """Types an answer over `raise NotImplementedError()`, as a student does."""
    stub = code_cell(page, f"def {name}(").locator(".cm-line", has_text="raise NotImplementedError()")
    stub.click()
    page.keyboard.press("Home")
    page.keyboard.press("Shift+End")
    for i, line in enumerate(lines):
        if i:
            page.keyboard.press("Enter")  # the editor indents
        page.keyboard.type(line)


def run_all(page: Page) -> None:
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()


def verdict_on(page: Page, name: str) -> Locator:
    """The card of an exercise, found by what a screen reader calls it."""
    card = page.get_by_role("group", name=re.compile(f"^{name}: "))
    card.wait_for(timeout=1000 * RUN_SECONDS)
    return card


def test_a_student_answers_and_reads_the_verdicts(browser: Browser, lab: Lab, tmp_path: Path) -> None:
    """A right answer earns its points; a known slip keeps what it got right and is told where to look."""
    with opened(browser, lab, f"{LESSON}/{LESSON}.ipynb", tmp_path) as page:
        write(page, "dropout_moments", "return a, a**2 * (1 - keep) / keep")
        write(
            page,
            "dropout_forward",
            "out = a * (rng.random(a.shape) < keep_prob) if training else a",
            "out / keep_prob",
            "return out, None",
        )
        run_all(page)

        right = verdict_on(page, "dropout_moments")
        assert right.get_attribute("aria-label") == "dropout_moments: 2 of 2 points, all right"
        assert "2 of 2 points" in right.inner_text()
        assert right.get_by_role("listitem").count() == 2

        partly = verdict_on(page, "dropout_forward")
        assert partly.get_attribute("aria-label") == "dropout_forward: 3 of 4 points, partly right"
        rows = partly.get_by_role("listitem")
        words = [row.split(":")[0].strip() for row in rows.all_text_contents()]
        assert words == ["✗not passed", "✓passed", "✓passed", "✓passed"]
        assert "divided by keep_prob (0/1)" in rows.first.inner_text()
        scale = r"keep_prob = ([\d.]+) they should be ([\d.]+) times as large"
        told = re.search(scale, rows.first.inner_text())
        assert told, "the verdict says by how much"
        assert float(told[2]) == pytest.approx(1 / float(told[1]), rel=1e-3)
        hint = partly.get_by_role("paragraph").filter(has_text="Hint:").inner_text()
        assert "a3 / keep_prob" in hint and "has to be assigned" in hint
        assert partly.get_by_role("img", name="Where your result is zero").is_visible()

        for card in (right, partly):
            assert card.evaluate("card => card.scrollWidth <= card.clientWidth"), "something is cut off"
            for said in card.get_by_text(re.compile("passed: $")).all():
                size = said.bounding_box()
                assert size["width"] <= 1 and size["height"] <= 1, "only a screen reader should meet this"
        assert page.locator("[data-mime-type$='.error'], [data-mime-type$='.stderr']").count() == 0


def test_only_answers_and_the_log_can_be_edited(browser: Browser, lab: Lab, tmp_path: Path) -> None:
    """Typing into a locked cell changes nothing; answers and the cells marked `yours` take it."""
    with opened(browser, lab, f"{LESSON}/{LESSON}.ipynb", tmp_path) as page:
        log = page.locator(".jp-MarkdownCell", has_text="spread between seeds: …")
        log.dblclick()
        cells = [code_cell(page, "def dropout_forward("), code_cell(page, "check(dropout_forward)"), log]
        for cell in cells:
            cell.locator(".cm-content").click()
            page.keyboard.type("typed")
        assert ["typed" in cell.inner_text() for cell in cells] == [True, False, True]


def test_progress_is_a_table(browser: Browser, lab: Lab, tmp_path: Path) -> None:
    """What is earned and what is open, one row each, and what to do next."""
    with opened(browser, lab, "00_start_here/tiny.ipynb", tmp_path) as page:
        run_all(page)
        verdict_on(page, "relative_error")
        table = page.get_by_role("table")
        table.wait_for()
        rows = [row.get_by_role("cell").all_inner_texts() for row in table.get_by_role("row").all()]
        assert table.get_by_role("columnheader").all_inner_texts() == ["exercise", "points", "state"]
        assert rows[1:] == [
            ["○ numerical_gradient", "0 of 2", "not written yet"],
            ["✓ relative_error", "2 of 2", "all right"],
        ]
        card = table.locator("xpath=..").inner_text()
        assert "2 of 4 points" in card and "Next: numerical_gradient." in card


def test_the_keyboard_alone_is_enough(browser: Browser, lab: Lab, tmp_path: Path) -> None:
    """From the start page to lesson 00, an answer and its full points, without a mouse."""
    with opened(browser, lab, "start.ipynb", tmp_path) as page:
        press = page.keyboard.press
        tab_to(page, "Start here")
        press("Enter")
        lesson = page.locator(".jp-NotebookPanel", has=page.locator("h1", has_text="Start here: build"))
        lesson.locator(".jp-Notebook:focus-within").wait_for()
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
        arrow_to(page, lesson, "import numpy as np")
        press("Control+Enter")
        arrow_to(page, lesson, "def relative_error(")
        press("Enter")  # into the editor
        press("Control+End")
        press("Shift+Home")
        page.keyboard.type("together = np.linalg.norm(a) + np.linalg.norm(b)")
        press("Enter")
        page.keyboard.type("return np.linalg.norm(a - b) / together if together else 0.0")
        press("Shift+Enter")  # runs it and goes on to its check
        press("Shift+Enter")
        verdict = verdict_on(page, "relative_error")
        assert verdict.get_by_role("status").inner_text() == "✓ relative_error 2 of 2 points, all right"
        assert page.evaluate("document.activeElement.closest('.jp-Cell') !== null"), "the focus is kept"


def tab_to(page: Page, link: str) -> None:
    """Presses Tab until the focus is on a link."""
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('a') && document.activeElement.innerText") == link:
            return
    pytest.fail(f"Tab does not lead to {link!r}")


def arrow_to(page: Page, notebook: Locator, beginning: str) -> None:
    """Presses the down arrow until the cell is chosen whose source begins so."""
    chosen = notebook.locator(".jp-Cell.jp-mod-active .cm-content")
    for _ in range(60):
        page.keyboard.press("ArrowDown")
        if chosen.inner_text().lstrip().startswith(beginning):
            return
    pytest.fail(f"the arrow does not lead to {beginning!r}")


def test_a_slider_draws_its_figure_anew(browser: Browser, lab: Lab, tmp_path: Path) -> None:
    """In place of the figure that was there; its text follows, and the handle says its name and value."""
    with opened(browser, lab, f"{LESSON}/{LESSON}.ipynb", tmp_path) as page:
        run_all(page)
        cell = code_cell(page, "tosses = ")
        slider = cell.get_by_role("slider", name="keep", exact=True)
        slider.wait_for()
        assert cell.get_by_role("img", name="keep = 0.55").count() == 0
        slider.press("ArrowRight")
        cell.get_by_role("img", name="keep = 0.55. keep = 0.55: derived sd").wait_for()
        assert cell.get_by_role("img").count() == 1
        assert slider.get_attribute("aria-valuetext") == "0.55"
        assert slider.get_attribute("aria-valuemax") == "0.95", "by itself it says 0.9 or 1.0"
        assert "derived sd" in cell.get_by_role("status").inner_text()
