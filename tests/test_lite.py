"""The try-out in a real Chromium: typed into, checked, stopped, loaded anew.

It takes some two minutes and fetches the kernel's wheel once, so it runs when asked for:

    TRY_LITE=1 python -m pytest tests/test_lite.py
"""

from __future__ import annotations

import importlib
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.served import served
from tests.test_browser import browser, code_cell  # noqa: F401  a fixture of this module as well

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not os.environ.get("TRY_LITE"), reason="runs with TRY_LITE=1"),
]

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 180  # until the browser has a Python, on a busy machine


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the try-out is served, built from the lessons as they are."""
    folder = tmp_path_factory.mktemp("site")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "docs" / "site")
        importlib.import_module("lite").make(folder / "lite")
    with served(folder) as where:
        yield where


def run(page: Page, cell: Locator, source: str = "") -> Locator:
    """Run a cell with the keyboard, with another source if there is one; its outputs, when it is done."""
    prompt = cell.locator(".jp-InputPrompt").first
    before = prompt.inner_text()
    cell.locator(".cm-content").click()
    if source:
        page.keyboard.press("Control+a")
        page.keyboard.insert_text(source)
    page.keyboard.press("Control+Enter")
    ends = time.monotonic() + START_SECONDS
    while prompt.inner_text() == before or not re.search(r"\[\d+\]", prompt.inner_text()):
        assert time.monotonic() < ends, "the cell does not end"
        page.wait_for_timeout(100)
    return cell.locator(".jp-OutputArea").first


def answered(page: Page, *lines: str) -> str:
    """What the check says of an answer to exercise 0.2."""
    cell = code_cell(page, "def relative_error(").first
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text("\n    ".join(["def relative_error(a, b):", *lines]))
    run(page, cell)
    shown = run(page, code_cell(page, "check(relative_error)").first)
    shown.get_by_role("group").first.wait_for()
    return shown.inner_text()


def test_a_lesson_is_tried_in_the_browser(browser: Browser, address: str) -> None:  # noqa: F811
    """A wrong answer, a known slip with its hint, an endless loop, the right answer, and all is kept."""
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    page.set_default_timeout(60_000)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}/lite/lab/index.html?path=00_start_here.ipynb")
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()
    run(page, code_cell(page, "# You try this lesson").first)
    run(page, code_cell(page, "import numpy as np").first)

    length = "np.linalg.norm(a - b)"
    assert "0 of 2 points" in answered(page, f"return {length}")
    whole = "np.linalg.norm(a) + np.linalg.norm(b)"
    slip = answered(page, f"return {length} / ({whole})")
    assert "1.5 of 2 points" in slip and "Hint:" in slip
    began = time.monotonic()
    assert "no answer within 5 seconds" in answered(page, "while True: pass")
    assert time.monotonic() - began < 60
    right = answered(page, f"together = {whole}", f"return {length} / together if together else 0.0")
    assert "2 of 2 points" in right
    assert "2 of 4 points" in run(page, code_cell(page, "progress()").first).inner_text()

    page.keyboard.press("Control+s")
    page.wait_for_timeout(3000)
    page.reload()
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()
    kept = code_cell(page, "check(relative_error)").first
    kept.scroll_into_view_if_needed()
    kept.get_by_role("group", name="relative_error: 2 of 2 points, all right").wait_for()
    begin = code_cell(page, "# You try this lesson").first
    run(page, begin)
    asks = "# You try this lesson\nfrom autograder import progress\nprint(browser_diary.FILE.read_text())\n"
    told = run(page, begin, f"{asks}progress('course')").inner_text()
    assert '"tries": 4' in told and "2 of 4" in told
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
    page.close()
