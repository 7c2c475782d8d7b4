"""What a student wrote, opened in formgrader in Chromium, where a script could change anybody's marks."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from autograder.authoring.build import build
from tests.builders import NAME, ROOT, code_cell, make_course, needs_sandbox, only_lesson
from tests.sample_class import Classroom
from tests.test_browser import browser  # noqa: F401  a fixture

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, needs_sandbox]
START_SECONDS = 90
CALL = "fetch('/formgrader/api/owned-{0}');new Image().src='/owned-image-{0}';window.owned='{0}'"
RICH = """
from IPython.display import HTML, SVG, Javascript, Markdown, display

def call(name):
    return "CALL".replace("{0}", name)

def handler(name):
    return '="' + call(name) + '"'

for html in (
    f"<script>{call('script')}</script>",
    f"<p>A table of mine</p><img src='/owned-src' onerror{handler('onerror')}>",
    "<iframe srcdoc='<script>parent.owned=1</script>'></iframe><iframe src='/owned-frame'></iframe>",
    f"<svg onload{handler('svg')}><script>{call('svgscript')}</script></svg>",
    "<style>@import '/owned-import'; body {background: url(/owned-style)}</style>",
    "<div style='background-image: url(/owned-background); position: fixed; inset: 0'>over all</div>",
    f"<form action='/owned-form'><button autofocus onfocus{handler('focus')}>x</button></form>",
    "<link rel='stylesheet' href='/owned-link'><base href='/owned-base/'>",
    "<meta http-equiv='refresh' content='0;/owned-meta'>",
    "<video src='/owned-video' autoplay></video><object data='/owned-object'></object>",
    f"<details open ontoggle{handler('toggle')}>x</details><a href='javascript:owned=1'>a</a>",
):
    display(HTML(html))
picture = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'"
display(SVG(f"{picture} onload{handler('drawing')}><image href='/owned-drawing'/></svg>"))
display(Javascript(call("javascript")))
display(Markdown(f"<script>{call('markdown')}</script> ![x](/owned-markdown) [x](javascript:owned=2)"))
display({"text/html": ["<script>", call("list"), "</script>"]}, raw=True)
widget = {"model_id": "<script>owned=3</script>"}
display({"application/vnd.jupyter.widget-view+json": widget}, raw=True)
display({"text/latex": "$\\\\href{javascript:owned=4}{x}$"}, raw=True)
print("\\x1b]8;;javascript:owned=5\\x1b\\\\link <script>owned=6</script>")
raise ValueError(f"<script>{call('traceback')}</script>")
""".replace("CALL", CALL)
WRITTEN = f"""My guess: <script>{CALL.format("cell")}</script>
<img src=x onerror="{CALL.format("cellerror")}"> <svg/onload="{CALL.format("cellsvg")}">
![a](/owned-image) ![b][ref] [c](javascript:owned=7) [d](&#106;avascript:owned=8) [e][ref2]
<javascript:owned=9> $\\href{{javascript:owned=10}}{{x}}$ ![f](//localhost/owned-f)

[ref]: /owned-reference
[ref2]: javascript:owned=11
"""


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Classroom:
    """A class of one, graded: a known slip in one exercise, and a page that would do harm."""
    course = make_course(tmp_path_factory.mktemp("formgrader"))
    build(course, only_lesson(course))
    room = Classroom(course.root, NAME)
    made = room.solution()
    for cell in made["cells"]:
        if cell["id"] == "half":
            cell["source"] = "def half(x):\n    return 2 * x"
        if "My guess" in cell["source"]:
            cell["source"] = WRITTEN
    made["cells"].insert(3, code_cell(RICH, "rich"))
    made["cells"].append({"cell_type": "markdown", "id": "own", "metadata": {}, "source": WRITTEN})
    room.submit("mallory", made)
    assert room.grade()["mallory"]["status"] == "graded"
    return room


@pytest.fixture(scope="module")
def formgrader(graded: Classroom, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with formgrader in this course."""
    home, token = tmp_path_factory.mktemp("home"), secrets.token_hex(16)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        *(
            sys.executable,
            "-m",
            "jupyter",
            "server",
            "--no-browser",
            "--allow-root",
            f"--ServerApp.port={port}",
        ),
        *("--ServerApp.ip=127.0.0.1", f"--IdentityProvider.token={token}", "--ServerApp.port_retries=0"),
        "--ServerApp.jpserver_extensions={'nbgrader.server_extensions.formgrader': True}",
    ]
    folders = ("HOME", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")}
    environment |= {name: str(home) for name in folders} | {"PYTHONPATH": str(ROOT)}
    address = f"http://127.0.0.1:{port}"
    with (home / "log").open("w+") as log:
        server = subprocess.Popen(command, env=environment, cwd=graded.root, stdout=log, stderr=log)
        try:
            started = time.monotonic()
            while not _answers(f"{address}/formgrader/api/assignments?token={token}"):
                if server.poll() is not None or time.monotonic() - started > START_SECONDS:
                    pytest.fail(f"the server did not start:\n{(home / 'log').read_text()[-3000:]}")
                time.sleep(0.3)
            yield f"{address}/formgrader/{{}}?token={token}"
        finally:
            server.terminate()
            with suppress(subprocess.TimeoutExpired):
                server.wait(20)
            server.kill()


def _answers(address: str) -> bool:
    with suppress(urllib.error.URLError, ConnectionError, TimeoutError):
        urllib.request.urlopen(address, timeout=10).close()
        return True
    return False


def test_a_students_page_does_nothing_in_formgrader_and_verdicts_look_as_they_should(
    browser: Browser,  # noqa: F811
    formgrader: str,
) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.route(lambda url: "127.0.0.1" not in url, lambda route: route.abort())
    page.goto(formgrader.format("gradebook"))  # leaves the token as a cookie
    page.goto(formgrader.format(f"submissions/{_first_submission(page, formgrader)}"))
    card = page.locator("[role=group][aria-label^='half: 0 of 2 points']")
    card.wait_for()
    page.get_by_text("A table of mine", exact=True).wait_for()
    page.wait_for_timeout(1500)
    links = [link.get_attribute("href") or "" for link in page.locator("a[href]").all()]
    assert [link for link in links if "javascript" in link.lower() or "owned" in link] == []
    assert [one for one in asked if "owned" in one] == []
    assert page.evaluate("window.owned") is None
    assert card.evaluate("card => getComputedStyle(card).borderLeftColor") == "rgb(213, 94, 0)"
    assert card.evaluate("card => getComputedStyle(card).borderLeftStyle") == "solid"
    assert "twice as much" in card.inner_text()
    overlay = page.get_by_text("over all", exact=True)
    assert overlay.evaluate("one => getComputedStyle(one).position") == "static"
    page.close()


def _first_submission(page: Page, formgrader: str) -> str:
    found = page.request.get(formgrader.format(f"api/submitted_notebooks/{NAME}/{NAME}"))
    return str(found.json()[0]["id"])
