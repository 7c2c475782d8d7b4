"""The site of the course: no answer on it, nothing loaded from elsewhere, no link that leads nowhere."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest

from tests.served import served
from tests.test_browser import browser  # noqa: F401  a fixture of this module as well

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parents[1]
SOLUTION = re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", re.DOTALL)


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """docs/site/make_site.py, which imports its neighbours."""
    monkeypatch.syspath_prepend(ROOT / "docs" / "site")
    return importlib.import_module("make_site")


def answers(lesson: object) -> Iterator[str]:
    """Telling lines of a lesson's solutions: long ones that students are not given."""
    given = "\n".join("".join(cell["source"]) for cell in lesson.release["cells"])
    for cell in lesson.executed["cells"]:
        for solution in SOLUTION.findall("".join(cell["source"])):
            lines = [line.strip() for line in solution.splitlines()]
            yield from (line for line in lines if len(line) > 20 and line not in given)


def test_the_lines_looked_for_are_there_to_be_found(site: ModuleType) -> None:
    """So that the tests below cannot pass because nothing was looked for."""
    found = {lesson.name: len(set(answers(lesson))) for lesson in site.lessons()}
    assert min(found.values()) >= 2 and sum(found.values()) > 200, found


def test_no_page_of_a_lesson_holds_an_answer(site: ModuleType) -> None:
    """Neither in its code nor in what the executed solution printed."""
    for lesson in site.lessons():
        page = json.dumps(site.page_of(lesson), ensure_ascii=False)
        escaped = [json.dumps(line, ensure_ascii=False)[1:-1] for line in answers(lesson)]
        assert [line for line in escaped if line in page] == [], lesson.name
        assert "BEGIN SOLUTION" not in page and "HIDDEN TESTS" not in page


def test_what_is_tried_in_the_browser_holds_no_answer(site: ModuleType) -> None:
    """Its notebooks are the students', and only what a check needs of the course goes along."""
    tried = [lesson for lesson in site.lessons() if lesson.number in site.lite.TRIED]
    assert len(tried) == len(site.lite.TRIED)
    for lesson in tried:
        notebook = json.dumps(site.lite.notebook(lesson), ensure_ascii=False)
        assert not any(json.dumps(line, ensure_ascii=False)[1:-1] in notebook for line in answers(lesson))
        assert site.lite.figures(lesson)
    packed = {path for pattern in site.lite.COURSE for path in ROOT.glob(pattern)}
    rooms = {path.relative_to(ROOT).parent.as_posix() for path in packed}
    assert rooms == {"autograder", "autograder/student", "nnlab", "nnlab/figures"}


def test_a_page_keeps_figures_and_leaves_verdicts_out(site: ModuleType) -> None:
    """Lesson 00: its figures are there, under its checks there is nothing."""
    page = site.page_of(site.lessons()[0])
    shown = {
        "".join(cell["source"]): cell["outputs"] for cell in page["cells"] if cell["cell_type"] == "code"
    }
    assert all(
        not outputs for source, outputs in shown.items() if re.search(r"^(check|progress)\(", source, re.M)
    )
    assert sum("<img" in json.dumps(outputs) for outputs in shown.values()) >= 3


class Page(HTMLParser):
    """What a page links to, loads and calls its places."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path, self.links, self.loads, self.places = path, set[str](), set[str](), set[str]()
        self.language, self.headings, self.unnamed = "", 0, 0
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.places |= {given.get("id", ""), given.get("name", "")}
        if tag == "a" and "href" in given:
            self.links.add(given["href"])
        elif tag == "link" and given.get("rel") not in (
            "canonical",
            "next",
            "prev",
            "index",
            "search",
            "author",
        ):
            self.loads.add(given["href"])
        elif "src" in given:
            self.loads.add(given["src"])
        self.language += given.get("lang", "") if tag == "html" else ""
        self.headings += tag == "h1"
        self.unnamed += tag == "img" and not given.get("alt")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site's pages, built without a warning."""
    if not find_spec("myst_nb"):
        pytest.skip("needs what the extra `site` installs")
    target = tmp_path_factory.mktemp("site")
    script = ROOT / "docs" / "site" / "make_site.py"
    subprocess.run([sys.executable, script, "--no-lite", "--into", target], check=True, capture_output=True)
    return target / "html"


@pytest.mark.slow
@pytest.mark.browser
def test_a_search_finds_lessons_and_comes_to_an_end(browser: Browser, built: Path) -> None:  # noqa: F811
    """Its last word is how many pages it found; no script fails on the way."""
    page, errors = browser.new_page(), list[str]()
    page.on("pageerror", lambda error: errors.append(str(error)))
    with served(built) as address:
        page.goto(f"{address}/search.html?q=dropout")
        page.get_by_text(re.compile(r"found \d+ pages matching")).wait_for(timeout=30_000)
        assert page.get_by_role("link", name="Implement inverted dropout").count()
    assert errors == []
    page.close()


@pytest.mark.slow
def test_the_built_site_is_whole(site: ModuleType, built: Path) -> None:
    """Every link leads to a place that is there, and all that is loaded is here."""
    pages = {path: Page(path) for path in built.rglob("*.html")}
    assert len(pages) > len(site.lessons()) + 4
    broken, foreign = set[tuple[str, str]](), set[tuple[str, str]]()
    for path, page in pages.items():
        here = path.relative_to(built).as_posix()
        for link in page.links | page.loads:
            address, _, place = unquote(link).partition("#")
            if re.match(r"[a-z]+:|//", address):
                foreign |= {(here, link)} if link in page.loads and not address.startswith("data:") else set()
                continue
            file = (path.parent / address.partition("?")[0]).resolve() if address else path
            file = file / "index.html" if file.is_dir() else file
            if not file.is_file() or (place and file in pages and place not in pages[file].places):
                broken.add((here, link))
        assert page.language == "en" and page.headings == 1 and page.unnamed == 0, here
    assert broken == set() and foreign == set()
    styles = [path.read_text(encoding="utf-8") for path in built.rglob("*.css")]
    assert not any(re.search(r"(@import|url\()\s*[\"']?(https?:)?//", style) for style in styles)
    for lesson in site.lessons():
        own = "".join(path.read_text(encoding="utf-8") for path in pages if lesson.name in path.as_posix())
        assert "Installs the course" not in own  # a cell for notebooks that were carried elsewhere
        assert own and not any(line in own for line in answers(lesson)), lesson.name
