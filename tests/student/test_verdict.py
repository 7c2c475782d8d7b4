"""What a verdict says beside the points: sentences that are true of the answer, and the failing case."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from autograder.authoring.exercise import UNCHANGED, Exercise, case
from autograder.student.card import card_of_verdict, rich
from autograder.student.sheet import Sheet
from autograder.student.verdict import as_text
from tests.conftest import Notebook, sheet_of
from tests.student.test_notebook import ROOT, WRONG, add_sheet, unescaped

DRIVER = """\
def drive(slope, x, _power, seed):
    def f(v):
        return v**_power

    result = slope(f, x, np.random.default_rng(seed))
    if not isinstance(result, dict):
        raise TypeError("slope should return a dictionary")
    return result["mean"].shape
"""


def slope_sheet() -> Sheet:
    """A driver that hands over a function and a generator, and is particular about the result."""
    slope = Exercise(points=2, groups={"one": 1, "two": 1})

    @slope.cases
    def cases(rng: np.random.Generator) -> Iterator:
        yield case("one", x=rng.uniform(1, 2), _power=2, seed=int(rng.integers(1000)))
        yield case("two", x=rng.uniform(1, 2), _power=3, seed=int(rng.integers(1000)))

    right = lambda f, x, rng: {"mean": np.zeros(3)}  # noqa: E731
    return sheet_of(slope, {"slope": right}, "slope", driver=DRIVER)


def several_sheet() -> Sheet:
    """`double`, with an example of a vector and one of a matrix."""
    double = Exercise(points=4, groups={"vectors": 2, "matrices": 1, UNCHANGED: 1})

    @double.cases
    def cases(rng: np.random.Generator) -> Iterator:
        yield case("vectors", x=rng.uniform(1, 2, 5))
        yield case("matrices", x=rng.uniform(1, 2, (2, 3)))

    double.small("Twice three is six.", x=np.array([3.0, 0.5]))
    double.small("Of a matrix, too.", x=np.array([[1.0], [2.0]]))
    return sheet_of(double, {"double": lambda x: 2 * x})


@pytest.fixture
def in_lesson(lesson: Callable[..., Path]) -> Path:
    """A lesson with these exercises."""
    return lesson(several_sheet(), add_sheet(), slope_sheet())


def third_try(notebook: Notebook, source: str, name: str = "double") -> str:
    """The small example after three tries."""
    notebook.run(source)
    return [notebook.check(name) for _ in range(3)][-1].small


# The small example


def test_the_first_example_that_this_function_fails_is_shown(in_lesson: Path, notebook: Notebook) -> None:
    """Who is right about vectors is shown a matrix."""
    assert "With x = [3, 0.5] it is [6, 1]" in third_try(notebook, WRONG)
    rows = "def double(x): return 2 * x if x.ndim == 1 else 2 * x[::-1]"
    assert third_try(notebook, rows) == (
        "Of a matrix, too. With x = [[1], [2]] it is [[2], [4]]; yours gives [[4], [2]]."
    )


def test_where_yours_agrees_with_every_example_the_trouble_is_shown(
    in_lesson: Path, notebook: Notebook
) -> None:
    """It says so, and shows the case of the check that fails."""
    small = third_try(notebook, "def double(x): return 2 * x if len(x) < 5 else 3 * x")
    assert "Here yours agrees. The trouble begins at this case of the check: With x = [" in small
    right, yours = small.split(" it is ")[1].split("; yours gives ")
    assert right != yours


def test_numbers_that_differ_are_written_so_that_they_do(in_lesson: Path, notebook: Notebook) -> None:
    """Six digits are not always enough."""
    verdict = notebook.answer("def double(x): return 2 * x + 2e-6")
    found, expected = verdict.rows[0].text.split("the result is ")[1].split(" at [0], expected ")
    assert found != expected.split(";")[0]
    small = third_try(notebook, "def double(x): return 2 * x + 2e-6")
    assert "it is [6, 1]; yours gives [6.000002, 1.000002]" in small


# Rows


def masks_sheet() -> Sheet:
    """A judge of random results, with cases of two shapes."""
    masks = Exercise(points=2, groups={"zeros and ones": 1, "the share of ones": 1})

    @masks.cases
    def cases(rng: np.random.Generator) -> Iterator:
        for rows in (20, 30):
            yield case(rows=rows, seed=int(rng.integers(1000)))

    driver = """\
def drive(masks, rows, seed):
    return masks((rows, 20), np.random.default_rng(seed))
"""
    judge = """\
def judge(case, result):
    yield "zeros and ones", np.isin(result, (0, 1)).all(), "other values"
    yield "the share of ones", abs(result.mean() - 0.5) < 0.2, "another share"
"""
    right = lambda shape, rng: (rng.random(shape) < 0.5).astype(float)  # noqa: E731
    return sheet_of(masks, {"masks": right}, "masks", driver=driver, judge=judge)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("np.ones(len(shape))", "(2,)"),
        ("np.ones(shape[::-1] + (2,))", "(20, 20, 2)"),
    ],
)
def test_a_result_of_the_wrong_form_is_named_once(
    lesson: Callable[..., Path], notebook: Notebook, body: str, words: str
) -> None:
    """Other cases have other shapes; what is wrong is the same, and no row repeats it."""
    lesson(masks_sheet())
    verdict = notebook.answer(f"import numpy as np\ndef masks(shape, rng): return {body}", "masks")
    assert words in verdict.error
    assert [row.text for row in verdict.rows] == ["", ""]
    assert as_text(verdict).count("expected an array") == 1


def test_arguments_that_nobody_looked_at_are_not_called_changed(in_lesson: Path, notebook: Notebook) -> None:
    """No cross for a function that changes nothing; its points wait for a right value."""
    verdict = notebook.answer("def double(x): return x")
    assert (verdict.rows[2].ok, verdict.rows[2].looked_at) == (False, False)
    assert "[--] arguments unchanged (0/1), not looked at yet" in as_text(verdict)
    assert "arguments unchanged (0/1), not looked at yet" in unescaped(card_of_verdict(verdict))
    changed = notebook.answer("def double(x):\n    x += 1\n    return x")
    assert changed.rows[2].looked_at


def test_an_error_of_every_case_is_said_once(in_lesson: Path, notebook: Notebook) -> None:
    """Above the rows; a name that is not defined needs no input."""
    verdict = notebook.answer("def double(x): return 2 * y")
    assert as_text(verdict).count("NameError") == 1
    assert verdict.error == "NameError: name 'y' is not defined (line 1: def double(x): return 2 * y)"
    assert not any(row.looked_at for row in verdict.rows)
    verdict = notebook.answer("def double(x): return 2 * x if x.ndim == 1 else 2 * y")
    assert [row.ok for row in verdict.rows][:2] == [True, False]
    assert "NameError" in verdict.rows[1].text
    assert verdict.error == ""


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("x = None; return x", "returned None: does every way through `slope` return a value?"),
        ("return 3", "slope should return a dictionary; it returned the number 3"),
        (
            "return {'mean': 3.5}",
            "the check could not go on with this result; it returned a dictionary of 1 item",
        ),
    ],
)
def test_what_a_driver_complains_of_is_said_by_us(
    in_lesson: Path, notebook: Notebook, body: str, words: str
) -> None:
    """With what was found, and not as if the student's line had raised it."""
    verdict = notebook.answer(f"def slope(f, x, rng): {body}", "slope")
    assert words in str(verdict)
    assert "TypeError" not in str(verdict)
    assert str(verdict).count(words) == 1


@pytest.mark.parametrize("header", ["slope(f)", "slope(f, x, rng, eps)"])
def test_other_arguments_than_asked_for_are_not_called_an_odd_result(
    in_lesson: Path, notebook: Notebook, header: str
) -> None:
    """There is no result that a driver could not go on with, where it can't call the function at all."""
    verdict = notebook.answer(f"def {header}: return {{}}", "slope")
    assert "yours can't be called as the exercise calls it: slope() " in str(verdict)
    assert "this result" not in str(verdict)


def test_what_a_library_writes_for_a_terminal_is_said_in_one_plain_line(
    in_lesson: Path, notebook: Notebook
) -> None:
    """Keras' errors have colours, and lines of their own for arguments."""
    raises = r"raise ValueError('\x1b[1mwrong\x1b[0m shape\n\n  * (3,)')"
    verdict = notebook.answer(f"def double(x): {raises}")
    assert "ValueError: wrong shape * (3,)" in str(verdict)


@pytest.mark.parametrize("body", ["pass", "...", '"""Twice x."""', '"""Twice x."""\n    pass'])
def test_an_empty_body_is_no_try(in_lesson: Path, notebook: Notebook, body: str) -> None:
    """A stub is one, whatever holds its place."""
    for _ in range(4):
        verdict = notebook.answer(f"def double(x):\n    {body}")
        assert verdict.status == "open"
    assert notebook.answer(WRONG).small == ""


def test_the_headline_names_every_function(in_lesson: Path, notebook: Notebook) -> None:
    """And is announced to a screen reader."""
    notebook.run("def subtract(a, b): return a - b")
    verdict = notebook.answer("def add(a, b): return a - b", "add")
    assert str(verdict).startswith("add, subtract: 1 of 2 points")
    assert '<div role="status"' in card_of_verdict(verdict)


def test_a_warning_beside_full_points_costs_nothing(in_lesson: Path, notebook: Notebook) -> None:
    """And says so."""
    verdict = notebook.answer("def double(x):\n    np.log(0.0)\n    return 2 * x")
    assert verdict.status == "right"
    assert "divide by zero encountered in log (this costs no points)" in str(verdict)


# The failing case


def test_the_failing_case_is_in_the_students_hands(in_lesson: Path, notebook: Notebook) -> None:
    """Its inputs, the right result, and the call, which raises as it would by itself."""
    notebook.run("def double(x): return 2 * x if x.ndim == 1 else x[5]")
    notebook.run("case = check(double).case")
    case = notebook.names["case"]
    assert case.inputs["x"].shape == (2, 3)
    assert np.array_equal(case.expected, 2 * case.inputs["x"])
    with pytest.raises(IndexError):
        notebook.run("case(double)")
    assert np.array_equal(notebook.run("case(lambda x: 2 * x)"), case.expected)
    case.inputs["x"][...] = 0
    assert case.inputs["x"].all()
    assert "`case = check(double).case; case(double)`" in str(notebook.check("double"))


def test_a_right_answer_has_no_failing_case(in_lesson: Path, notebook: Notebook) -> None:
    """And no word of one."""
    verdict = notebook.answer("def double(x): return 2 * x")
    assert verdict.case is None
    assert "case" not in str(verdict)


@pytest.mark.parametrize(
    ("name", "source"),
    [("double", WRONG), ("slope", "def slope(f, x, rng): return {'mean': np.full(2, f(x) + rng.normal())}")],
)
def test_the_code_of_a_case_is_a_cell_to_run(
    in_lesson: Path, notebook: Notebook, name: str, source: str
) -> None:
    """Functions and generators are made as the check makes them, and the result is that of the check."""
    notebook.run(source)
    notebook.run(f"case = check({name}).case")
    code = notebook.names["case"].code
    assert str(notebook.run(code)) == str(notebook.run("case()"))
    if name == "slope":
        assert "def f(v):" in code
        assert "np.random.default_rng(seed)" in code


# Where it is shown


def test_the_number_is_for_nbgrader_alone(
    in_lesson: Path, notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Elsewhere a reader of plain text gets the verdict in words."""
    verdict = notebook.answer("def double(x): return 2 * x")
    assert repr(verdict).startswith("double: 4 of 4 points, all right")
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert repr(verdict) == "4.0"


def test_a_picture_has_its_numbers_in_words(in_lesson: Path, notebook: Notebook) -> None:
    """And where marks would coincide there is none."""
    verdict = notebook.answer("def double(x): return 2 * x + np.arange(len(x))")
    assert (
        'aria-label="Expected and found, entry by entry: 4 of 5 differ, most at [4], where ' in verdict.figure
    )
    assert notebook.answer("def double(x): return 2 * x + 1e-4").figure == ""


SESSION = """
import os, sys
os.chdir({folder!r})
sys.path.insert(0, {root!r})
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
shell = InteractiveShell.instance(history_length=0)
def run(cell):
    with capture_output() as said:
        return shell.run_cell(cell, store_history=True).result
run("from autograder import check")
run("def double(x):\\n    return 3 * x")
for cell in {cells!r}:
    run(cell)
print(str(run("check(double)")))
"""


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["def double(x):\n    return 2 * (x"], "ended in a SyntaxError the last time you ran it"),
        (["def double(x):\nreturn 2 * x"], "so the version before it is judged"),
        (["def double(x):\n    return 2 * (x", "def double(x):\n    return 4 * x"], ""),
        (["double(3"], ""),
    ],
)
def test_a_cell_that_did_not_take_effect_is_told_of(in_lesson: Path, cells: list[str], words: str) -> None:
    """The kernel remembers it; one that was mended since is no news."""
    session = SESSION.format(folder=str(in_lesson.parent), root=str(ROOT), cells=cells)
    done = subprocess.run([sys.executable, "-c", session], capture_output=True, text=True, check=True)
    assert words in done.stdout
    assert ("SyntaxError" in done.stdout or "Indentation" in done.stdout) == bool(words)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("the root of the *mean* of `a*b*c`", "the root of the <em>mean</em> of <code>a*b*c</code>"),
        ("all *other two* weights.", "all <em>other two</em> weights."),
        ("*Both* have to change", "<em>Both</em> have to change"),
        ("a*b*c and n * w * x", "a*b*c and n * w * x"),
        ("takes *args, **named", "takes *args, **named"),
        ("<b> *x* & y", "&lt;b&gt; <em>x</em> &amp; y"),
    ],
)
def test_what_hints_emphasise_is_emphasised(text: str, shown: str) -> None:
    """And what only looks so is left as it is."""
    assert rich(text) == shown
