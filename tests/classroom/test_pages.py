"""The class page and feedback pages: what they show, what never; students' text does nothing there."""

from __future__ import annotations

import json
import re
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from autograder.classroom import feedback, formulas, rendering, report
from autograder.classroom.anonymous import Anonymous
from autograder.classroom.answers import HandedIn, LessonClass
from autograder.classroom.reasons import in_words
from autograder.commands.cli import main
from autograder.engine.records import Records
from autograder.errors import AutograderError
from autograder.nbgrader.course import Course
from autograder.nbgrader.gradebook import Gradebook
from autograder.nbgrader.markers import Markers
from autograder.nbgrader.records import Mark, NotebookMark
from tests.classroom.people import answer, handed_in, lesson
from tests.sample_class import Classroom

ATTACK = '"><script>alert(1)</script><img src=x onerror=alert(1)>\N{RIGHT-TO-LEFT OVERRIDE}'


class Elements(HTMLParser):
    """All start tags of a page with their attributes, and its headings."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def named(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]


def does_nothing(page: str) -> bool:
    """No script, no handler, no frame, nothing fetched."""
    elements = Elements(page)
    for tag, attributes in elements.tags:
        address = attributes.get("src") or attributes.get("xlink:href") or ""
        if tag in ("script", "iframe", "object", "embed", "form", "link", "base"):
            return False
        fetches = address and not address.startswith(("#", "data:image/"))
        if fetches or any(name.startswith("on") for name in attributes):
            return False
    return "default-src 'none'" in page


def class_page(*lessons: LessonClass) -> str:
    return report.page(report.report_of(lessons), lessons)


def feedback_page(
    submission: HandedIn,
    notebook: dict[str, Any] | None = None,
    folder: Path = Path("/nowhere"),
    **parts: Any,
) -> str:
    if notebook:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "07_tiny.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    usual: dict[str, Any] = {"checks": {"check_half": "half"}}
    made = feedback.Lesson("07_tiny", "Halve", ("07_tiny",), Markers(), **(usual | parts))
    return feedback.page_of(feedback.Page(made, submission, folder, Path("/nowhere")))


def cell(
    source: str, kind: str = "code", outputs: list[dict[str, Any]] | None = None, **said: Any
) -> dict[str, Any]:
    metadata = {"nbgrader": said} if said else {}
    made: dict[str, Any] = {"cell_type": kind, "metadata": metadata, "source": source}
    return made | ({"outputs": outputs or []} if kind == "code" else {})


LOCKED: dict[str, Any] = {"grade": True, "solution": False, "locked": True}


# The class page


def test_what_students_chose_is_only_text_on_the_class_page() -> None:
    odd = answer(points=0, code=ATTACK, explanation=ATTACK, misconception="")
    page = class_page(
        lesson(
            handed_in(ATTACK, odd),
            handed_in("ben", answer(points=None), status="failed", reason=ATTACK),
            missing=(ATTACK,),
        )
    )
    assert does_nothing(page)
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_every_figure_has_a_table() -> None:
    made = [
        lesson(*(handed_in(f"s{k}", answer(points=k % 3), answer("double")) for k in range(9)), name=name)
        for name in ("01_one", "02_two")
    ]
    elements = Elements(class_page(*made))
    assert len(elements.named("figure")) == len(elements.named("svg")) == 5
    assert len(elements.named("table")) >= 5
    assert all(svg["role"] == "img" and svg["aria-label"] for svg in elements.named("svg"))
    ids = [attributes["id"] for _, attributes in elements.tags if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_the_page_says_the_hint_and_folds_the_names() -> None:
    slip = answer(points=0, misconception="doubled", hint="You `doubled`.")
    page = class_page(lesson(handed_in("ada", slip), handed_in("ben", slip), handed_in("cleo", answer())))
    assert re.search(r"<strong>2 of 3</strong> in <code>half</code>: You <code>doubled</code>", page)
    assert not Elements(page).named("details")[0].get("open")
    assert page.index("<summary>Who: 2</summary>") < page.index("<li>ada</li>")


@pytest.mark.parametrize(
    "made",
    [
        lesson(),
        lesson(handed_in("ada", answer(points=None), status="failed", reason="no notebook")),
        lesson(handed_in("ada", answer(status="", rows=(), returned="", code=""))),
        lesson(handed_in("ada", answer("q", points=None, status="")), functions={}),
    ],
    ids=["nobody", "only failures", "graded before details were kept", "a course of others"],
)
def test_a_page_is_made_of_whatever_there_is(made: LessonClass) -> None:
    assert "</html>" in class_page(made)


def test_names_are_nowhere_on_the_page_without_names() -> None:
    code = '# Ada wrote this\ndef half(x):\n    """By lovelace."""\n    return x / 3  # ada\n'
    slip = answer(points=0, misconception="doubled", hint="You doubled.")
    made = lesson(
        handed_in("ada_l", answer(points=0, code=code, explanation="ValueError: ada was here"), slip),
        handed_in("grace", answer(points=None), status="failed", reason="found: grace_07 (1).ipynb"),
        handed_in("broken", answer(points=0, code="# broken by broken\ndef half(:")),
        missing=("zoe",),
    )
    hidden = Anonymous(["ada_l", "grace", "broken", "zoe"], {"ada_l": "Ada Lovelace"}, b"secret")
    anonymous = hidden.lesson(made)
    found = report.report_of([anonymous], anonymous=True)
    for shown in (report.page(found, [anonymous]), json.dumps(report.as_json(found))):
        assert not re.search(r"\b(ada|lovelace|grace|zoe|broken)\b|ada_l", shown, re.IGNORECASE)
        assert "return x / 3" in shown and "student 1" in shown


def test_numbers_in_place_of_names_are_not_in_their_order() -> None:
    names = [f"s{k:02d}" for k in range(40)]
    one, other = (Anonymous(names, {}, secret) for secret in (b"a", b"b"))
    assert sorted(one.labels.values()) == sorted(other.labels.values())
    assert one.labels != other.labels
    assert [one.labels[name] for name in names] != sorted(
        one.labels.values(), key=lambda label: int(label[8:])
    )


# Feedback


def test_verdicts_and_comments_stand_before_the_notebook(tmp_path: Path) -> None:
    submission = handed_in(
        "ada",
        answer(points=0, hint="You doubled.", misconception="doubled", comments=("Well tried!",)),
        answer("why", points=1.5, by_hand=True, status=""),
    )
    page = feedback_page(submission, {"cells": [cell("# Prose $x^2$", "markdown")]}, tmp_path)
    said = ["1.5 of 4 points", "Well tried!", "the result is 3", "You doubled.", "gave 1.5 of 2", "Prose"]
    places = [page.index(text) for text in said]
    assert places == sorted(places)
    assert "<msup>" in page and does_nothing(page)


def test_a_hidden_test_is_nowhere_on_the_page(tmp_path: Path) -> None:
    """Neither its lines, nor what it printed, nor its traceback, nor another cell that quotes it."""
    tests = "assert half(2) == 1\n### BEGIN HIDDEN TESTS\nassert half(1234.5) == 617.25\n### END HIDDEN TESTS"
    error = {
        "output_type": "error",
        "ename": "AssertionError",
        "evalue": "617",
        "traceback": ["half(1234.5)"],
    }
    printed = {"output_type": "stream", "name": "stdout", "text": "In[1]: assert half(1234.5) == 617.25"}
    as_html = {"output_type": "display_data", "data": {"text/html": "<b>assert half(1234.5) == 617.25</b>"}}
    notebook = {
        "cells": [
            cell(tests, outputs=[error], grade_id="t", **LOCKED),
            cell("%history", outputs=[printed, as_html]),
            cell(
                "scheme ### BEGIN MARK SCHEME\n1234.5\n### END MARK SCHEME",
                "markdown",
                grade_id="k",
                task=True,
            ),
        ]
    }
    page = feedback_page(handed_in("ada", answer("t", status="")), notebook, tmp_path)
    assert "assert half(2)" in re.sub(r"<[^>]+>", "", page)
    assert "1234.5" not in page and "617" not in page


def test_our_checks_show_no_line_of_their_hidden_block(tmp_path: Path) -> None:
    line = "from autograder.authoring.hidden import check"
    source = f"### BEGIN HIDDEN TESTS\n{line}\n### END HIDDEN TESTS\ncheck(half)"
    notebook = {"cells": [cell(source, grade_id="check_half", **LOCKED)]}
    page = feedback_page(handed_in("ada", answer()), notebook, tmp_path)
    assert "HIDDEN" not in page and "authoring" not in page
    assert '<a href="#exercise-1">2 of 2 points, see above</a>' in page


def test_solutions_are_shown_only_when_they_are_given_out(tmp_path: Path) -> None:
    assert "A solution" not in feedback_page(handed_in("ada", answer()))
    page = feedback_page(handed_in("ada", answer()), solutions={"half": "def half(x): return x / 2"})
    assert "A solution" in page


def test_solutions_wait_for_the_deadline() -> None:
    now = datetime(2026, 1, 2)
    feedback._must_be_over("01", datetime(2026, 1, 1), now)
    with pytest.raises(AutograderError, match="until 2026-01-03 00:00 UTC"):
        feedback._must_be_over("01", datetime(2026, 1, 3), now)
    with pytest.raises(AutograderError, match="no deadline"):
        feedback._must_be_over("01", None, now)


def test_what_students_wrote_is_harmless_in_their_page(tmp_path: Path) -> None:
    outputs = [
        {"output_type": "display_data", "data": {"text/html": f"<b>bold</b>{ATTACK}", "text/plain": "x"}},
        {"output_type": "stream", "name": "stdout", "text": f"\x1b[31m{ATTACK}"},
        {"output_type": "display_data", "data": {"image/png": '"><script>alert(1)</script>'}},
        {"output_type": "display_data", "data": {"text/latex": r"$\href{javascript:alert(1)}{x}$"}},
        {"output_type": "error", "ename": ATTACK, "evalue": ATTACK, "traceback": None},
        {"output_type": "display_data", "data": None},
        "nonsense",
    ]
    pasted = cell("see ![](attachment:x.png)", "markdown")
    pasted["attachments"] = {ATTACK: {"image/png": "aGVsbG8="}, "y": {"image/png": ATTACK}, "z": ATTACK}
    notebook = {
        "cells": [pasted, cell(ATTACK, "markdown"), cell(ATTACK, outputs=outputs), cell(ATTACK, "raw"), 3]
    }
    page = feedback_page(handed_in(ATTACK, answer(comments=(ATTACK,))), notebook, tmp_path)
    assert does_nothing(page)
    assert "data:image/png;base64,aGVsbG8=" in page
    assert "<b>bold</b>" in page and "\x1b" not in page


def test_a_damaged_notebook_leaves_the_verdicts(tmp_path: Path) -> None:
    (tmp_path / "07_tiny.ipynb").write_text('{"cells": ', encoding="utf-8")
    page = feedback_page(handed_in("ada", answer()), None, tmp_path)
    assert "all right" in page and "Your notebook" not in page


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("there is no 07_tiny.ipynb; found: 07_tiny (1).ipynb", "Your file was called 07_tiny (1).ipynb"),
        ("there is no 07_tiny.ipynb; found: a.ipynb, b.ipynb", "Rename the one that holds them"),
        ("there is no 07_tiny.ipynb; found: no notebook", "There was no notebook"),
        ("07_tiny.ipynb is not a notebook (NotJSONError: '<html><body>')", "a web page and not a notebook"),
        ("07_tiny.ipynb is not a notebook (NotJSONError: '{\"cells\":')", "damaged or was cut off"),
        ("07_tiny.ipynb has 99 MB", "07_tiny.ipynb has 99 MB"),
    ],
)
def test_work_that_could_not_be_graded_gets_a_page_that_says_what_to_do(reason: str, said: str) -> None:
    assert said in in_words(reason, ["07_tiny"])
    page = feedback_page(handed_in("ada", answer(points=None), status="failed", reason=reason))
    assert "could not be graded" in page and "of 2 points" not in page and "`" not in page


@pytest.mark.parametrize(
    "tex",
    [
        r"\text{<script>alert(1)</script>}",
        r"\href{javascript:alert(1)}{x}",
        r"\frac{",
        "x" * 5_000,
        "<img src=x>",
    ],
)
def test_formulas_that_mean_harm_or_nothing_stay_text(tex: str) -> None:
    made = formulas.mathml(tex, block=False)
    assert not Elements(made).named("script") and not Elements(made).named("img")
    assert not Elements(made).named("a")


def test_formulas_of_all_lessons_are_converted() -> None:
    """None of the course's own is left as TeX."""
    root = Path(__file__).resolve().parents[2]
    prose = [
        "".join(cell["source"])
        for path in sorted((root / "notebooks").glob("*/*.ipynb"))
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
        if cell["cell_type"] == "markdown"
    ]
    held = [html for text in prose if "$" in text for html in [rendering.markdown(text)]]
    assert sum(html.count("<math") for html in held) > 1_000
    assert not [html for html in held if re.search(r"<code>[^<]*\\[a-z]+\{", html)]


# The commands


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Classroom:
    """A course whose gradebook and records hold three submissions, one of which could not be graded."""
    made = Classroom.made(tmp_path_factory.mktemp("evening") / "course")
    course = Course(made.root)
    gradebook = Gradebook(course)
    records = Records(course.private / "records")
    marks = []
    for student, points in (("ada", 2.0), ("ben", 0.0), ("cleo", None)):
        status = "failed" if points is None else "graded"
        row = {
            "name": "relative_error",
            "points": points,
            "max_points": 2.0,
            "misconception": None,
            "hint": "",
        }
        reason = f"there is no {made.lesson}.ipynb; found: other.ipynb" if points is None else ""
        result = {"lesson": made.lesson, "student": student, "score": points or 0.0, "max_score": 2.0}
        result |= {"status": status, "reason": reason, "exercises": [row]}
        records.keep(made.lesson, student, "key", result)
        scores = {} if points is None else {"check_relative_error": points}
        notebooks = (NotebookMark(made.lesson, scores=scores),) if scores else ()
        marks.append(Mark(student, made.lesson, status, reason, notebooks=notebooks))
        if scores:
            folder = gradebook.folders.autograded(made.lesson, student)
            folder.mkdir(parents=True)
            (folder / f"{made.lesson}.ipynb").write_text(json.dumps(made.solution()), encoding="utf-8")
    gradebook.notebooks(made.lesson)
    gradebook.write(made.lesson, marks, {})
    gradebook.database.add_student("dora")
    gradebook.close()
    return made


def command(course: Classroom, *arguments: str) -> str:
    done = CliRunner().invoke(main, ["--course", str(course.root), *arguments])
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.slow
def test_report_makes_a_page_and_prints_where(graded: Classroom) -> None:
    said = command(graded, "report")
    path = Path(said.splitlines()[-1])
    assert path == graded.root / "reports" / "class.html"
    assert "2 graded, 1 could not be graded" in said
    page = path.read_text(encoding="utf-8")
    assert "dora" in page and path.stat().st_mode & 0o077 == 0


def test_report_prints_json_without_names(graded: Classroom) -> None:
    found = json.loads(command(graded, "report", "00", "--json", "--anonymous"))
    assert found["lessons"][0]["graded"] == 2
    assert "ada" not in json.dumps(found) and "dora" not in json.dumps(found)


def test_feedback_lies_where_nbgrader_looks_for_it(graded: Classroom) -> None:
    assert "3 pages" in command(graded, "feedback")
    page = graded.root / "feedback" / "ada" / graded.lesson / f"{graded.lesson}.html"
    assert "2 of 2 points" in page.read_text(encoding="utf-8")
    assert "Rename it to" in Path(str(page).replace("/ada/", "/cleo/")).read_text(encoding="utf-8")


def test_feedback_refuses_solutions_before_a_deadline(graded: Classroom) -> None:
    done = CliRunner().invoke(main, ["--course", str(graded.root), "feedback", "--with-solutions"])
    assert done.exit_code == 1
    assert "has no deadline" in done.output and len(done.output.splitlines()) == 1


def test_a_manual_score_and_comment_reach_the_page(graded: Classroom) -> None:
    gradebook = Gradebook(Course(graded.root))
    grade = gradebook.database.find_grade("check_relative_error", graded.lesson, graded.lesson, "ben")
    grade.manual_score = 1.5
    comment = gradebook.database.find_comment("relative_error", graded.lesson, graded.lesson, "ben")
    comment.manual_comment = "Nearly: <b>look</b> at zero."
    gradebook.database.db.commit()
    gradebook.close()
    command(graded, "feedback", "00")
    page = graded.root / "feedback" / "ben" / graded.lesson / f"{graded.lesson}.html"
    text = page.read_text(encoding="utf-8")
    assert "1.5 of 2 points" in text and "Nearly: &lt;b&gt;look&lt;/b&gt; at zero." in text


def test_nothing_graded_is_said_in_a_sentence(tmp_path: Path) -> None:
    made = Classroom.made(tmp_path / "course")
    done = CliRunner().invoke(main, ["--course", str(made.root), "report"])
    assert done.exit_code == 1 and "Nothing is graded here yet" in done.output


def test_records_remember_what_earlier_submissions_earned(tmp_path: Path) -> None:
    records = Records(tmp_path)
    for score, submission in ((1.0, "a"), (1.0, "a"), (2.0, "b"), (3.0, "c")):
        records.keep("01", "ada", "key", {"student": "ada", "score": score}, {}, submission)
    (record,) = records.all("01")
    assert record.earlier == (1.0, 2.0)
    assert records.assignments() == ["01"]
