"""What a student's notebook shows where others open it is harmless; what meant no harm looks as before."""

from __future__ import annotations

import json
from typing import Any

import nbformat
import nbformat.v4 as v4
import pytest

from autograder.engine.outputs import outputs_from
from autograder.engine.pages import clean_cells, harmless_html, harmless_markdown

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<svg onload="alert(1)"></svg>',
    '<a href="javascript:alert(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    "<details open ontoggle=alert(1)>x</details>",
    '<form action="/formgrader/api/grade/1"><button>x</button></form>',
    '<math><mi xlink:href="javascript:alert(1)">x</mi></math>',
    '<meta http-equiv="refresh" content="0;url=http://elsewhere">',
    '<link rel="stylesheet" href="//elsewhere/x.css">',
    "<style>body{display:none}</style>",
    '<div style="position:fixed;top:0;left:0;width:100vw;background:url(//elsewhere)">x</div>',
    '<object data="javascript:alert(1)"></object>',
    '<img src="http://elsewhere/seen.png">',
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<template><script>alert(1)</script></template>",
    '<base href="//elsewhere/">',
    "<!--><img src=x onerror=alert(1)>-->",
]  # fmt: skip
HARM = (
    "script", "onerror", "onload", "ontoggle", "javascript:", "srcdoc", "<form", "<iframe", "<object",
    "<svg", "<meta", "<link", "<base", "<style", "position", "url(", "elsewhere/", "text/html,",
)  # fmt: skip


def shown(data: dict[str, Any]) -> dict[str, Any]:
    (output,) = outputs_from([{"output_type": "display_data", "data": data, "metadata": {}}])
    return dict(output.data)


@pytest.mark.parametrize("attack", ATTACKS)
def test_html_loses_what_could_run_or_fetch(attack: str) -> None:
    text = harmless_html(f"<p>before</p>{attack}<p>after</p>")
    assert "before" in text
    assert [word for word in HARM if word in text.lower()] == []


@pytest.mark.parametrize("attack", ATTACKS)
def test_tags_in_markdown_become_text(attack: str) -> None:
    import re

    text = harmless_markdown(f"before **bold**\n\n{attack}\n\n`code`")
    assert set(re.findall(r"<(/?\w+)[^>]*>", text)) <= {"details", "/details", "p", "/p"}
    assert "<details open" not in text


def test_markdown_that_means_no_harm_stays_as_it_is() -> None:
    text = "# A title\n\n$a<b$, 3 < 4, `x <= y`, <b>bold</b>, H<sub>2</sub>O<br>\n\n```\nif a < b:\n```\n"
    assert harmless_markdown(text).replace("\u200b", "") == text
    assert "<b>bold</b>" in harmless_markdown(text)


@pytest.mark.parametrize(
    "attack",
    [
        "[x](javascript:alert(1))",
        "[x](\n  JavaScript:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](<javascript:alert(1)>)",
        "[x](data:text/html;base64,AAAA)",
        "[x](/formgrader/api/grade/1)",
        "![x](https://elsewhere/seen.png)",
        "![x][named]\n\n[named]: https://elsewhere/seen.png",
        "![a [nested] one](https://elsewhere/seen.png)",
        "[x][named]\n\n[named]: javascript:alert(1)",
        "[x][named]\n\n[named]:\n  javascript:alert(1)",
    ],
)
def test_markdown_fetches_nothing_and_links_to_nothing_that_runs(attack: str) -> None:
    from nbconvert.filters import markdown2html

    page = markdown2html(harmless_markdown(attack))
    assert "<img" not in page
    assert "href" not in page or 'href="https://' in page


def test_links_and_pasted_pictures_stay() -> None:
    text = "See [this](https://example.org/a?b=c) and ![it](attachment:it.png), [up](#top)."
    assert harmless_markdown(text) == text


def test_links_in_formulas_are_none() -> None:
    assert "\\href" not in harmless_markdown(r"$\href{javascript:alert(1)}{x}$")
    assert "\\href" not in shown({"text/latex": r"$\href{javascript:alert(1)}{x}$"})["text/latex"]


def test_a_table_and_a_figure_look_as_before() -> None:
    table = '<table class="dataframe"><tr style="text-align: right;"><th>a</th></tr></table>'
    assert "<th>a</th>" in harmless_html(table) and "text-align" in harmless_html(table)
    figure = '<img src="data:image/png;base64,AAAA" alt="a curve" style="max-width:100%">'
    assert 'src="data:image/png;base64,AAAA"' in harmless_html(figure)
    assert 'alt="a curve"' in harmless_html(figure)


def test_a_drawing_becomes_an_image() -> None:
    data = shown({"image/svg+xml": "<svg onload='alert(1)'><script>alert(1)</script></svg>"})
    assert list(data) == ["text/html"]
    assert data["text/html"].startswith('<img src="data:image/svg+xml;base64,')


@pytest.mark.parametrize(
    "mime", ["application/javascript", "text/markdown", "application/vnd.custom+json", "text/x-html"]
)
def test_what_a_page_might_run_is_shown_as_text(mime: str) -> None:
    assert shown({mime: "<script>alert(1)</script>"}) == {"text/plain": "<script>alert(1)</script>"}


def test_a_picture_that_is_none_is_dropped() -> None:
    assert "image/png" not in shown({"image/png": '"><script>alert(1)</script>'})


def test_what_nbgrader_reads_is_kept() -> None:
    assert shown({"text/plain": "1.5", "text/html": "<b>1.5</b>"})["text/plain"] == "1.5"


def test_cells_of_a_student_are_cleaned_and_the_instructors_are_not() -> None:
    attack = "<script>alert(1)</script>"
    locked = {"nbgrader": {"grade_id": "a", "locked": True, "grade": False, "solution": False}}
    notebook = v4.new_notebook(
        cells=[
            v4.new_markdown_cell(attack),
            v4.new_markdown_cell(attack, metadata=locked),
            v4.new_raw_cell(attack, metadata={"format": "text/html"}),
        ],
        metadata={"widgets": {"x": attack}},
    )
    notebook.cells[0]["attachments"] = {"x.svg": {"image/svg+xml": attack}, "y.png": {"image/png": "AAAA"}}
    notebook.cells[0]["outputs"] = []
    clean_cells(notebook)
    own, instructors, raw = notebook.cells
    assert "<script" not in own.source
    assert instructors.source == attack
    assert "format" not in raw.metadata
    assert own.attachments == {"x.svg": {}, "y.png": {"image/png": "AAAA"}}
    assert "widgets" not in notebook.metadata
    assert "outputs" not in own
    nbformat.validate(notebook)
    json.dumps(notebook)
