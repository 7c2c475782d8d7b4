"""The course's start page, and what README says of the lessons, hold what the lessons say of themselves."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """docs/site/start.py, which imports its neighbours."""
    monkeypatch.syspath_prepend(ROOT / "docs" / "site")
    return importlib.import_module("start")


def test_the_start_page_is_what_the_lessons_say(site: ModuleType) -> None:
    """`python docs/site/start.py` would write it as it is: titles, minutes, exercises, the five documents."""
    assert site.PAGE.read_text(encoding="utf-8") == site.text()


def test_readme_has_the_lessons_minutes(site: ModuleType) -> None:
    """Its table names every lesson with the minutes of its first cell."""
    rows = re.findall(r"\(notebooks/(\w+)/\w+\.ipynb\) \| (\d+) \|", (ROOT / "README.md").read_text("utf-8"))
    assert rows == [(lesson.name, str(lesson.minutes)) for lesson in site.lessons.lessons()]


def test_links_of_the_start_page_lead_somewhere(site: ModuleType) -> None:
    """Every lesson once, and lesson 00 once more for whoever is new."""
    text = "".join(site.lessons.source_of(cell) for cell in site.page()["cells"])
    targets = re.findall(r"\]\(([^)#]+\.ipynb)\)", text)
    assert set(targets) == {f"{lesson.name}/{lesson.name}.ipynb" for lesson in site.lessons.lessons()}
    assert all((ROOT / "notebooks" / target).is_file() for target in targets)
