"""`check` in a notebook: what students' code does inside it, what they are told, what it must not break."""

from __future__ import annotations

import _thread
import functools
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from autograder.authoring.exercise import UNCHANGED, Exercise, case
from autograder.errors import LessonNotFound, UnknownExercise, WireError
from autograder.student.card import card_of_verdict
from autograder.student.sheet import Sheet
from autograder.student.verdict import NEXT, Progress, Row, Verdict, as_text
from tests.conftest import Notebook, seconds_of, sheet_of

ROOT = Path(__file__).resolve().parents[2]


# A lesson of four exercises


@functools.cache
def double_sheet() -> Sheet:
    """`double(x)`: compared with the reference, in three groups."""
    double = Exercise(points=4, groups={"vectors": 2, "matrices": 1, UNCHANGED: 1})

    @double.cases
    def cases(rng: np.random.Generator) -> Iterator:
        yield case("vectors", x=rng.uniform(1, 2, 5))
        yield case("vectors", x=rng.uniform(3, 4, 4))
        yield case("matrices", x=rng.uniform(1, 2, (2, 3)))

    @double.wrong("Your result is x times itself. How much is twice three?")
    def squares(x: np.ndarray) -> np.ndarray:
        return x * x

    @double.wrong("Rows are added up where they should stay.", loses="matrices")
    def adds_up_rows(x: np.ndarray) -> np.ndarray:
        return 2 * x if x.ndim == 1 else 2 * x.sum(axis=0)

    @double.wrong("`*=` changes the caller's array.", loses=UNCHANGED)
    def in_place(x: np.ndarray) -> np.ndarray:
        x *= 2
        return x

    double.small("Twice three is six.", x=np.array([3.0, 0.5]))
    return sheet_of(double, {"double": lambda x: 2 * x})


@functools.cache
def add_sheet() -> Sheet:
    """Two functions in one exercise."""
    add = Exercise("add", "subtract", points=2, groups={"add": 1, "subtract": 1})

    @add.cases
    def cases(rng: np.random.Generator) -> Iterator:
        yield case(a=rng.uniform(1, 2), b=rng.uniform(3, 4))

    return sheet_of(add, {"add": lambda a, b: a + b, "subtract": lambda a, b: a - b}, "add")


@functools.cache
def quadruple_sheet() -> Sheet:
    """A driver that needs a function of another exercise."""
    quadruple = Exercise(points=1, uses=("double",), builds_on=("add",))

    @quadruple.cases
    def cases(rng: np.random.Generator) -> Iterator:
        yield case(x=rng.uniform(1, 2, 3))

    driver = "def drive(quadruple, double, x):\n    return quadruple(double(x))\n"
    reference = {"quadruple": lambda x: 2 * x, "double": lambda x: 2 * x}
    return sheet_of(quadruple, reference, "quadruple", driver=driver)


@functools.cache
def coin_sheet() -> Sheet:
    """A judge of random results, with a picture."""
    coin = Exercise(points=1, groups={"zeros and ones": 1, "the share of ones": 1}, picture="mask")

    @coin.cases
    def cases(rng: np.random.Generator) -> Iterator:
        yield case(share=rng.uniform(0.2, 0.3), seed=int(rng.integers(1000)))

    driver = """\
def drive(coin, share, seed):
    return {"mask": coin((30, 20), share, np.random.default_rng(seed))}
"""
    judge = """\
def judge(case, result):
    mask = result["mask"]
    off = abs(mask.mean() - case.inputs["share"])
    yield "zeros and ones", np.isin(mask, (0, 1)).all(), "other values"
    yield "the share of ones", off < 0.1, "another share", f"{mask.mean():.0%} are ones"
"""

    @coin.wrong("The share of zeros is what should be the share of ones.", loses="the share of ones")
    def zeros_for_ones(shape: tuple, share: float, rng: np.random.Generator) -> np.ndarray:
        return (rng.random(shape) > share).astype(float)

    right = lambda shape, share, rng: (rng.random(shape) < share).astype(float)  # noqa: E731
    return sheet_of(coin, {"coin": right}, "coin", driver=driver, judge=judge)


RIGHT = "def double(x): return 2 * x"
WRONG = "def double(x): return 3 * x"


@pytest.fixture(autouse=True)
def nothing_on_stderr(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """One line on stderr costs a graded cell its points under nbgrader."""
    yield
    assert capfd.readouterr().err == ""


@pytest.fixture
def in_lesson(lesson: Callable[..., Path]) -> Path:
    """The small lesson; its checks.json."""
    return lesson(double_sheet(), add_sheet(), quadruple_sheet(), coin_sheet())


@pytest.fixture
def in_short_lesson(lesson: Callable[..., Path]) -> Path:
    """The exercise `double`, with half a second of time."""
    return lesson(replace(double_sheet(), seconds=0.5))


def works_again(notebook: Notebook) -> bool:
    """Whether a right answer earns its points, without a trace of what was before."""
    verdict = notebook.answer(RIGHT)
    return verdict.points == 4 and (verdict.printed, verdict.warned, verdict.status) == ("", (), "right")


# What a student's code does inside a check. Each case: the answer, its points, and words that it is told.

MEAN_OF_NOTHING = "RuntimeWarning: invalid value encountered in scalar divide"
PRELUDE = """
import logging, os, random, sys, time, warnings
class Torchlike:
    def __init__(self, array): self.array = array
    def __array__(self, dtype=None, copy=None): return self.array
class NeedsDetaching:
    def __array__(self, dtype=None, copy=None): raise RuntimeError("call detach() first")
class Stubborn(Exception):
    def __str__(self): raise ValueError("not shown")
"""

ACCEPTED = {
    "a loop": "return np.array([2 * v for v in x.ravel()]).reshape(x.shape)",
    "float32": "return 2 * x.astype(np.float32)",
    "a list": "return (2 * x).tolist()",
    "nested tuples": "return tuple(map(tuple, 2 * x)) if x.ndim > 1 else tuple(2 * x)",
    "a tensor of another library": "return Torchlike(2 * x)",
    "a matrix class": "return np.ma.array(2 * x)",
    "an argument changed and put back": "x += 1; y = 2 * x - 2; x -= 1; return y",
    "its own generator": "np.random.default_rng(0).normal(); return 2 * x",
}

WRONG_RESULTS = {
    "raises": ("raise ValueError('my message')", "ValueError: my message"),
    "raises markup": ("raise ValueError('<script>alert(1)</script>')", "<script>alert(1)</script>"),
    "raises half a character": ("raise ValueError('\\ud800 broken')", "? broken"),
    "raises what cannot be shown": ("raise Stubborn()", "Stubborn"),
    "asserts": ("assert x is None", "AssertionError"),
    "misspells a name": ("return 2 * y", "name 'y' is not defined"),
    "exits": ("sys.exit(3)", "SystemExit: 3"),
    "exits from a shell": ("raise SystemExit", "SystemExit"),
    "raises the stop button's exception": ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    "recurses without end": ("return double(x)", "RecursionError"),
    "asks for too much memory": ("return np.zeros(10**17)", "Unable to allocate"),
    "returns None": ("2 * x", "is None, expected an array of shape (5,): does every way"),
    "returns an ellipsis": ("return ...", "an object of type ellipsis"),
    "rounds to half precision": ("return 2 * x.astype(np.float16)", "is float16, which keeps three digits"),
    "returns a wrong shape": ("return 2 * x[:1]", "an array of shape (1,), expected an array of shape (5,)"),
    "returns another dtype": ("return (2 * x).astype(str)", "expected an array of shape (5,)"),
    "returns rounded numbers": ("return (2 * x).astype(int)", "entries differ"),
    "returns truth values": ("return x > 0", "holds True and False"),
    "returns an array of objects": ("return np.array([None] * 5)", "Python objects (dtype=object)"),
    "returns an object array of the right numbers": ("return (2 * x).astype(object)", "Python objects"),
    "returns NaN": ("return x * np.nan", "is nan at [0] (5 of 5 entries)"),
    "returns infinity": ("return x * np.inf", "is infinite"),
    "returns complex numbers": ("return 2 * x + 0j", "complex, expected real numbers"),
    "returns an integer without end": ("return 10**6000", "the result is the number 2**19931 or more"),
    "returns a text": ("return 'done'", "the text 'done'"),
    "returns a dictionary": ("return {i: 2 * v for i, v in enumerate(x.ravel())}", "a dictionary of 5 items"),
    "returns a generator": ("return (2 * v for v in x)", "an object of type generator"),
    "returns itself": ("return double", "an object of type function"),
    "returns a class": ("return dict", "an object of type type"),
    "returns a tensor that cannot be read": ("return NeedsDetaching()", "an object of type NeedsDetaching"),
    "returns a huge array": ("return np.broadcast_to(x.ravel()[0], (10**6, 10**6))", "(1000000, 1000000)"),
    "returns a list of itself": ("y = []; y.append(y); return y", "a list of 1 item"),
    "takes no argument": ("return 2 * x\ndouble = lambda: 0", "takes 0 positional arguments but 1 was given"),
    "takes too many arguments": ("pass\ndef double(x, y): return 2 * x", "missing 1 required positional"),
    "is no function": ("pass\ndouble = {'x': 2}", "'dict' object is not callable"),
    "is a module": ("pass\nimport math as double", "'module' object is not callable"),
    "changes its argument's shape": ("x.shape = (-1, 1); return x", "of shape (5, 1)"),
    "works in place on objects": ("x[:] = None; return x", "nan at [0]"),
}  # fmt: skip

CHANGES_OF_STATE = {
    "prints": ("print('in between', x.shape)", "in between (5,)"),
    "prints on stderr": ("print('to stderr', file=sys.stderr)", "to stderr"),
    "prints half a character": ("print('\\ud800')", "?"),
    "prints markup": ("print('</pre><script>alert(1)</script>')", "</pre><script>alert(1)"),
    "writes past Python": ("os.write(1, b'out'); os.write(2, b'err')", ""),
    "runs a program that writes": ("os.system('echo err >&2')", ""),
    "closes stdout": ("sys.stdout.close(); print('after')", "after"),
    "closes the descriptors": ("os.closerange(1, 3)", ""),
    "replaces stdout": ("sys.stdout = None; sys.stderr = open(os.devnull, 'w')", ""),
    "logs": ("logging.warning('careful'); logging.getLogger('mine').error('careful')", ""),
    "sets up logging": (
        "logging.basicConfig(level=0, force=True); logging.disable(0); logging.error('e')",
        "",
    ),
    "warns": ("warnings.warn('mind the gap')", "UserWarning: mind the gap"),
    "warns of an overflow": ("np.exp(np.array([1e4]))", "RuntimeWarning: overflow encountered in exp"),
    "warns a hundred times": ("[warnings.warn(f'gap {i % 3}') for i in range(100)]", "gap 2"),
    "turns warnings off": ("warnings.simplefilter('ignore'); warnings.warn('x')", ""),
    "makes warnings errors": ("warnings.simplefilter('error')", ""),
    "makes NumPy raise": ("np.seterr(all='raise')", ""),
    "sets the print options": ("np.set_printoptions(precision=1, threshold=3, legacy='1.25')", ""),
    "seeds NumPy": ("np.random.seed(0)", ""),
    "draws from NumPy's global generator": ("np.random.rand(7)", ""),
    "seeds Python": ("random.seed(0); random.random()", ""),
    "goes elsewhere": ("os.chdir('/')", ""),
}


@pytest.mark.parametrize("body", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_every_right_way_earns_full_points(in_lesson: Path, notebook: Notebook, body: str) -> None:
    """Loops, lists, tensors and other precisions are as right as the reference."""
    verdict = notebook.answer(f"{PRELUDE}\ndef double(x):\n    {body}\n")
    assert verdict.points == 4.0
    assert verdict.status == "right"
    assert verdict.warned == ()


@pytest.mark.parametrize(
    ("body", "warned"),
    [
        ("return -x", ()),
        ("warnings.warn('soon gone', DeprecationWarning); return -x", ()),
        ("np.log(-x); return -x", ("RuntimeWarning: invalid value encountered in log",)),
        ("np.mean([]); return -x", ("RuntimeWarning: Mean of empty slice", MEAN_OF_NOTHING)),
    ],
    ids=["only the driver", "of a later version", "both, of the same", "a library that the student calls"],
)
def test_what_the_checks_own_code_warns_of_is_not_the_students(
    lesson: Callable[..., Path], notebook: Notebook, body: str, warned: tuple[str, ...]
) -> None:
    """A driver may take the logarithm and the mean of whatever comes back."""
    driver = "def drive(double, x):\n    return np.log(double(x)), np.mean(double(x)[:0])\n"
    lesson(replace(double_sheet(), driver=driver))
    verdict = notebook.answer(f"{PRELUDE}\ndef double(x):\n    {body}\n")
    assert verdict.status != "right"
    assert verdict.warned == warned


@pytest.mark.parametrize(("body", "words"), WRONG_RESULTS.values(), ids=WRONG_RESULTS.keys())
def test_wrong_results_are_explained(in_lesson: Path, notebook: Notebook, body: str, words: str) -> None:
    """No points, no exception, the words that say what came out, and the next check works."""
    verdict = notebook.answer(f"{PRELUDE}\ndef double(x):\n    {body}\n")
    assert verdict.points == 0.0
    assert verdict.status == "wrong"
    assert words in str(verdict)
    assert verdict.misconception is None
    assert len(str(verdict)) < 2500
    str(verdict).encode()
    verdict._repr_html_().encode()
    assert works_again(notebook)


@pytest.mark.parametrize(("body", "words"), CHANGES_OF_STATE.values(), ids=CHANGES_OF_STATE.keys())
def test_what_a_function_does_beside_its_answer_ends_with_the_check(
    in_lesson: Path, notebook: Notebook, body: str, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """A right answer stays right, streams and global state are as before, and what was said can be read."""
    verdict = notebook.answer(f"{PRELUDE}\ndef double(x):\n    {body}\n    return 2 * x\n")
    assert verdict.points == 4.0
    assert words in str(verdict)
    assert words in unescaped(verdict._repr_html_())
    assert capfd.readouterr().out == ""
    str(verdict).encode()
    assert works_again(notebook)


def test_a_stub_is_not_written_yet(in_lesson: Path, notebook: Notebook) -> None:
    """No cross, no rows, and what to do next."""
    verdict = notebook.answer("def double(x):\n    raise NotImplementedError()")
    assert (verdict.points, verdict.status, verdict.explanation) == (0, "open", "")
    assert str(verdict) == (f"double: 0 of 4 points, not written yet\n  Next: {NEXT}")


def test_a_stub_inside_says_where(in_lesson: Path, notebook: Notebook) -> None:
    """A helper that is not written is named: the function itself may be done."""
    verdict = notebook.answer("""
        def helper(x):
            raise NotImplementedError()
        def double(x):
            return helper(x)
    """)
    assert verdict.status == "open"
    assert "`helper` is not written yet" in str(verdict)


def test_a_half_written_function_keeps_the_points_of_its_half(in_lesson: Path, notebook: Notebook) -> None:
    """A part that is not written costs that part."""
    verdict = notebook.answer("""
        def double(x):
            if x.ndim == 1:
                return 2 * x
            raise NotImplementedError
    """)
    assert [row.ok for row in verdict.rows] == [True, False, False]
    assert verdict.points == 2.0
    assert "not written yet" in verdict.rows[1].text


def test_an_exception_names_the_line_and_the_input(in_lesson: Path, notebook: Notebook) -> None:
    """The student's own line, not one of ours."""
    verdict = notebook.answer("""
        def double(x):
            y = 2 * x
            return y[99]
    """)
    assert "IndexError" in verdict.explanation
    assert "(line 4: return y[99])" in verdict.explanation
    assert "with x = [" in verdict.explanation


def test_a_million_printed_lines_cost_little(in_lesson: Path, notebook: Notebook) -> None:
    """The first of them are kept, the rest is counted, and the answer is right all the same."""
    notebook.run("def double(x):\n    for i in range(333_334): print('line', i)\n    return 2 * x")
    verdict = notebook.check("double")
    assert verdict.points == 4.0
    assert len(verdict.printed) < 1200
    assert "characters more" in verdict.printed
    assert works_again(notebook)


# Time


LOOPS = {
    "sleeps": "time.sleep(3)",
    "loops": "\n    while True: pass",
    "loops in NumPy": "\n    while True: np.ones((200, 200)) @ np.ones((200, 200))",
    "prints in every iteration": "\n    while True: print('still here')",
    "warns in every iteration": "\n    while True: warnings.warn('still here')",
    "swallows exceptions": "\n    while True:\n        try: time.sleep(0.01)\n        except Exception: pass",
    "swallows everything": "\n    while True:\n        try: v = 1\n        except: pass",
    "starts again when it is stopped": "\n    try:\n        while True: pass\n    except: raise OSError",
    "iterates over an endless input": "return [v for v in iter(int, 1)]",
}


@pytest.mark.slow
@pytest.mark.parametrize("body", LOOPS.values(), ids=LOOPS.keys())
def test_an_answer_without_end_is_given_up(in_short_lesson: Path, notebook: Notebook, body: str) -> None:
    """Within about the time an exercise allows; it says so, and the rest of the notebook goes on."""
    notebook.run(f"{PRELUDE}\ndef double(x): {body}\n")
    started = time.perf_counter()
    verdict = notebook.check("double")
    assert time.perf_counter() - started < 2.5
    assert verdict.points == 0.0
    assert "no answer within 0.5 seconds" in str(verdict) or "OSError" in str(verdict)
    assert works_again(notebook)
    assert ended_soon()


@pytest.mark.slow
def test_an_answer_that_cannot_be_stopped_is_left_behind(in_short_lesson: Path, notebook: Notebook) -> None:
    """Code that catches whatever is thrown at it runs on beside; later checks are right nevertheless."""
    notebook.run(f"""{PRELUDE}
import threading
enough, calls = threading.Event(), []
def double(x):
    calls.append(x)
    while not enough.is_set():
        try: time.sleep(0.01)
        except: pass
    return x
""")
    started = time.perf_counter()
    verdict = notebook.check("double")
    assert time.perf_counter() - started < 2.5
    assert "no answer within 0.5 seconds" in verdict.explanation
    assert works_again(notebook)
    notebook.run("enough.set()")
    assert ended_soon()
    assert len(notebook.names["calls"]) == 1, "it went on to the next case"
    assert works_again(notebook)


@pytest.mark.slow
def test_what_was_done_in_time_counts(in_short_lesson: Path, notebook: Notebook) -> None:
    """Vectors came in time; the matrix did not."""
    verdict = notebook.answer("""
        import time
        def double(x):
            if x.ndim == 2: time.sleep(2)
            return 2 * x
    """)
    assert verdict.points == 2.0
    assert "no answer within" in verdict.rows[1].text
    assert ended_soon()


@pytest.mark.slow
def test_three_endless_tries_still_show_the_example(in_short_lesson: Path, notebook: Notebook) -> None:
    """The small example is tried as well, and says that no answer came."""
    notebook.run("def double(x):\n    while True: pass")
    verdicts = [notebook.check("double") for _ in range(3)]
    assert "yours gives no answer in time" in verdicts[2].small


def test_the_stop_button_stops_the_answer_too(in_lesson: Path, notebook: Notebook) -> None:
    """The cell ends at once, nothing runs on, and the next check works."""
    notebook.run("def double(x):\n    while True: pass")
    answered = threading.Event()
    # Where a script runs the tests in the background, the shell lets them ignore interrupts.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=press_until, args=(answered,), daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        try:
            notebook.check("double")
        finally:
            answered.set()
    signal.signal(signal.SIGINT, before)
    assert ended_soon()
    assert works_again(notebook)


def press_until(answered: threading.Event) -> None:
    """As a person would, again where nothing happened: Python drops an interrupt that meets a finaliser."""
    while not answered.wait(0.5):
        _thread.interrupt_main()


def ended_soon() -> bool:
    """Whether no thread of a check is left after a few seconds."""
    until = time.monotonic() + 4
    alive = True
    while alive and time.monotonic() < until:
        alive = any(thread.name == "checked code" for thread in threading.enumerate())
        time.sleep(0.02)
    return not alive


# Which exercise an answer belongs to


FORMS = {
    "a function of another name": "def mine(x): return 2 * x\ndouble = mine",
    "a lambda": "double = lambda x: 2 * x",
    "a partial": "import functools\ndouble = functools.partial(np.multiply, 2)",
    "a vectorised function": "double = np.vectorize(lambda x: 2 * x)",
    "a vectorised function of that name": "def double(x): return 2 * x\ndouble = np.vectorize(double)",
    "a decorated function": "deco = lambda f: lambda *a: f(*a)\n@deco\ndef double(x): return 2 * x",
    "an object that can be called": "class D:\n    def __call__(self, x): return 2 * x\ndouble = D()",
    "a method": "class Doubler:\n    def go(self, x): return 2 * x\ndouble = Doubler().go",
    "a class": "class double(np.ndarray):\n    def __new__(cls, x): return 2 * x",
    "a built-in": "import operator\ndouble = operator.methodcaller('__mul__', 2)",
    "an oddly named object": "class D:\n    __name__ = []\n    __call__ = lambda s, x: 2 * x\ndouble = D()",
}


@pytest.mark.parametrize("source", FORMS.values(), ids=FORMS.keys())
def test_an_answer_is_known_by_its_name_in_the_notebook(
    in_lesson: Path, notebook: Notebook, source: str
) -> None:
    """Whatever kind of thing is bound to the exercise's name is the answer."""
    verdict = notebook.answer(source)
    assert (verdict.exercise, verdict.points) == ("double", 4)


def test_a_function_is_known_by_its_own_name_too(in_lesson: Path, notebook: Notebook) -> None:
    """The cell was copied, or the name has been taken by something else since."""
    notebook.run(RIGHT)
    notebook.run("kept = double\ndouble = None")
    verdict = notebook.check("kept")
    assert (verdict.exercise, verdict.points) == ("double", 4)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        pytest.param("def doubel(x): 0\ncheck(doubel)", "'doubel'. Did you mean check(double)?", id="slip"),
        pytest.param("check('double')", "Did you mean check(double)?", id="the name as text"),
        pytest.param("check(lambda x: x)", "'<lambda>'. It has double, add, quadruple, coin.", id="nameless"),
        pytest.param("check(np.ones(3))", "'ndarray'", id="a result"),
        pytest.param("check(None)", "'NoneType'", id="None"),
        pytest.param("check()", "It has double, add, quadruple, coin.", id="nothing"),
        pytest.param("check([[1]])", "'list'", id="a list"),
    ],
)  # fmt: skip
def test_an_unknown_answer_is_told_the_nearest_name(
    in_lesson: Path, notebook: Notebook, cell: str, words: str
) -> None:
    """The call itself is mistaken: that is an error, not a wrong answer."""
    with pytest.raises(UnknownExercise) as caught:
        notebook.run(cell)
    assert "Lesson 01_small has no exercise called" in str(caught.value)
    assert words in str(caught.value)


def test_without_checks_json_it_says_where_the_notebook_belongs(
    in_lesson: Path, notebook: Notebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A notebook moved out of its folder; VS Code starts kernels elsewhere and tells where it is."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    notebook.run(RIGHT)
    for call in ("check(double)", "progress()"):
        with pytest.raises(LessonNotFound, match="No checks.json in .*elsewhere"):
            notebook.run(call)
    notebook.names["__vsc_ipynb_file__"] = str(tmp_path / "01_small.ipynb")
    assert notebook.check("double").points == 4.0


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"format": 1}', '{"format": 99}', "\0"])
def test_a_damaged_checks_json_is_named(in_lesson: Path, notebook: Notebook, content: str) -> None:
    """A file cut off by a download is no traceback from the middle of a reader."""
    in_lesson.write_text(content)
    notebook.run(RIGHT)
    with pytest.raises(WireError, match=r"checks\.json"):
        notebook.run("check(double)")


def test_a_new_checks_json_is_read(in_lesson: Path, notebook: Notebook, lesson: Callable[..., Path]) -> None:
    """The lesson was built again while the kernel ran."""
    assert notebook.answer(RIGHT).points == 4
    lesson(replace(double_sheet(), points=8))
    os.utime(in_lesson, ns=(1, 1))
    assert notebook.check("double").points == 8.0


# Several functions, and functions of other exercises


def test_of_two_functions_one_may_be_unwritten(in_lesson: Path, notebook: Notebook) -> None:
    """The one that is written earns its part; the other is named."""
    verdict = notebook.answer(
        "def add(a, b): return a + b\ndef subtract(a, b): raise NotImplementedError", "add"
    )
    assert verdict.points == 1.0
    assert verdict.rows[1].text == "`subtract` is not written yet"


def test_of_two_functions_one_may_be_missing(in_lesson: Path, notebook: Notebook) -> None:
    """Its cell has been deleted, or not been run."""
    verdict = notebook.answer("def add(a, b): return a + b", "add")
    assert verdict.points == 1.0
    assert "`subtract` is not defined: run the cell that defines it" in verdict.rows[1].text


def test_two_functions_may_be_handed_over(in_lesson: Path, notebook: Notebook) -> None:
    """In the order the exercise names them, under whatever names."""
    notebook.run("def add(a, b): return a + b\ndef mine(a, b): return a - b")
    assert notebook.check("add", "mine").points == 2


def test_two_functions_that_changed_places_lose_both_parts(in_lesson: Path, notebook: Notebook) -> None:
    """The second is what is called for the second part."""
    verdict = notebook.answer("def subtract(a, b): return a + b\ndef add(a, b): return a - b", "add")
    assert verdict.points == 0.0


def test_a_used_function_that_is_missing_is_named(in_lesson: Path, notebook: Notebook) -> None:
    """`quadruple` is written, and can't be tried without `double`."""
    verdict = notebook.answer("def quadruple(x): return 2 * x", "quadruple")
    assert verdict.status == "open"
    assert "`double` is not defined: run the cell that defines it" in str(verdict)


def test_a_used_function_that_is_not_written_is_named(in_lesson: Path, notebook: Notebook) -> None:
    """And so when it is there and raises."""
    notebook.run("def double(x): raise NotImplementedError()")
    verdict = notebook.answer("def quadruple(x): return 2 * x", "quadruple")
    assert verdict.status == "open"
    assert "`double` is not written yet" in str(verdict)
    assert "`double` is not written yet".replace("`", "") in unescaped(card_of_verdict(verdict))


@pytest.mark.parametrize("culprit", ["double", "add"])
def test_what_it_calls_is_to_be_mended_first(in_lesson: Path, notebook: Notebook, culprit: str) -> None:
    """A used exercise that was checked and found wrong comes first; once it is right, it is not mentioned."""
    notebook.run("def double(x): return 2 * x\ndef add(a, b): return a + b\ndef subtract(a, b): return a - b")
    notebook.run("def quadruple(x): return add(x, 0)")
    assert notebook.check("quadruple").first == ""
    right = notebook.names[culprit]
    notebook.run(f"def {culprit}(*numbers): return 7 * numbers[0]")
    notebook.check(culprit)
    verdict = notebook.check("quadruple")
    assert f"`{culprit}` is not right yet" in verdict.first
    assert "First: " in str(verdict)
    if culprit == "add":  # which this one does not call
        assert notebook.answer("def quadruple(x): return x", "quadruple").first == ""
    notebook.names[culprit] = right
    assert notebook.check("quadruple").first == "", "mended, though not checked again"
    notebook.check(culprit)
    assert notebook.check("quadruple").first == ""


# Hints


def test_the_ladder_of_hints(in_lesson: Path, notebook: Notebook) -> None:
    """What was seen, at once; after three tries an example with the student's numbers; when right, none."""
    notebook.run(WRONG)
    first, second, third = (notebook.check("double") for _ in range(3))
    assert "Everything is 1.5 times what it should be" in str(first)
    assert first.hint == first.small == second.small == ""
    assert third.small == "Twice three is six. With x = [3, 0.5] it is [6, 1]; yours gives [9, 1.5]."
    assert third.small in str(third)
    assert works_again(notebook)
    notebook.run(WRONG)
    assert [bool(notebook.check("double").small) for _ in range(3)] == [False, False, True]


def test_a_stub_is_not_a_try(in_lesson: Path, notebook: Notebook) -> None:
    """Running all cells of an unfinished notebook uses up no rung of the ladder."""
    notebook.run("def double(x): raise NotImplementedError")
    for _ in range(5):
        notebook.check("double")
    assert notebook.answer(WRONG).small == ""


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("x = None; return x", "yours gives None."),
        ("raise ValueError", "yours ends in an error: ValueError (line 1: def double(x): raise ValueError)."),
        ("return (v for v in x)", "yours gives an object of type generator."),
        ("return 10**6000", "yours gives the number 2**19931 or more."),
        (
            "return list(range(10**5))",
            "the result is an array of shape (100000,), expected an array of shape (2,).",
        ),
    ],
)
def test_the_example_shows_any_answer(in_lesson: Path, notebook: Notebook, body: str, words: str) -> None:
    """In a few words, whatever it is."""
    notebook.run(f"def double(x): {body}")
    verdict = [notebook.check("double") for _ in range(3)][-1]
    assert verdict.small.endswith(words), verdict.small
    assert len(verdict.small) < 300


@pytest.mark.parametrize(
    ("body", "name", "points"),
    [
        ("return x * x", "squares", "0.0"),
        ("return x ** 2", "squares", "0.0"),
        ("return [float(v) ** 2 for v in x] if x.ndim == 1 else x * x", "squares", "0.0"),
        ("return 2 * x if x.ndim == 1 else 2 * sum(x)", "adds_up_rows", "3.0"),
        ("x[...] = x + x; return x", "in_place", "3.0"),
    ],
)
def test_a_misconception_is_recognised_however_it_is_written(
    in_lesson: Path, notebook: Notebook, body: str, name: str, points: str
) -> None:
    """By what it gives, not by how it is spelled; its own hint is shown, beside the first difference."""
    verdict = notebook.answer(f"def double(x): {body}")
    assert (verdict.misconception, verdict.points) == (name, float(points))
    assert verdict.hint == next(m.hint for m in double_sheet().mistakes if m.name == name)
    assert verdict.hint in str(verdict)
    assert any(row.text for row in verdict.rows if not row.ok)


def test_a_misconception_of_a_judged_exercise_is_recognised(in_lesson: Path, notebook: Notebook) -> None:
    """By the properties that fail, whatever the numbers drawn; with a picture of the zeros."""
    verdict = notebook.answer(
        "def coin(shape, share, rng): return np.where(rng.uniform(size=shape) < 1 - share, 1, 0)", "coin"
    )
    assert (verdict.misconception, verdict.points) == ("zeros_for_ones", 0.5)
    assert "are ones" in verdict.rows[1].text
    assert "of 600 entries" in verdict.figure


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("x = None; return x", "`mask` is None"),
        ("return np.zeros((2, 2))", "`mask` is an array of shape (2, 2)"),
        ("return np.full(shape, np.nan)", "`mask` is nan"),
        ("return np.full(shape, 'a')", "expected an array of shape (30, 20)"),
        ("return np.full(shape, None)", "`mask` is an array of Python objects"),
        ("return [[0] * 20] * 30", "0% are ones"),
        ("return rng.random(shape) + 0j", "complex"),
    ],
)
def test_a_judge_is_shown_only_results_of_the_right_structure(
    in_lesson: Path, notebook: Notebook, body: str, words: str
) -> None:
    """Everything else is explained without it."""
    verdict = notebook.answer(f"def coin(shape, share, rng): {body}", "coin")
    assert verdict.points < 1
    assert words in str(verdict)


def test_a_judge_that_fails_leaves_the_notebook_running(
    lesson: Callable[..., Path], notebook: Notebook
) -> None:
    """A result its author did not think of is said to be one; the judge's warnings are not the student's."""
    judge = """\
def judge(case, result):
    import warnings
    warnings.warn("the judge's own")
    yield "zeros and ones", 1 / int(result["mask"].sum()) > 0, ""
    yield "the share of ones", True
"""
    lesson(replace(coin_sheet(), judge=judge))
    verdict = notebook.answer("def coin(shape, share, rng): return [[0] * 20] * 30", "coin")
    assert verdict.points == 0.0
    assert "could not be judged" in str(verdict)
    assert "the judge's own" not in str(verdict)


def test_doing_nothing_earns_nothing(in_lesson: Path, notebook: Notebook) -> None:
    """Arguments left unchanged count only beside something that is right."""
    verdict = notebook.answer("def double(x): return x")
    assert [row.ok for row in verdict.rows] == [False, False, False]
    assert verdict.points == 0.0


def test_changing_an_argument_costs_its_own_group(in_lesson: Path, notebook: Notebook) -> None:
    """And only that: values computed in place are right."""
    verdict = notebook.answer("def double(x):\n    x += x\n    return x")
    assert [row.ok for row in verdict.rows] == [True, True, False]
    assert "changes its argument `x`; work on a copy" in verdict.rows[2].text


def test_without_such_a_group_it_costs_the_groups_of_the_case(
    lesson: Callable[..., Path], notebook: Notebook
) -> None:
    """An exercise that has no group for it takes it from what the case is about."""
    lesson(replace(double_sheet(), groups={"vectors": 2, "matrices": 1}, points=3))
    verdict = notebook.answer("def double(x):\n    if x.ndim == 2: x *= 1.5\n    return 2 * x")
    assert [row.ok for row in verdict.rows] == [True, False]
    verdict = notebook.answer("def double(x):\n    y = 2 * x\n    if x.ndim == 2: x[0, 0] = 0\n    return y")
    assert "changes its argument `x`" in verdict.rows[1].text


def test_a_case_cannot_spoil_another(in_lesson: Path, notebook: Notebook) -> None:
    """Inputs are copies, and so are those of the next check."""
    notebook.run("def double(x):\n    x[...] = 0\n    return x")
    for _ in range(2):
        notebook.check("double")
    assert works_again(notebook)


# progress()


def test_progress_shows_what_is_earned_and_what_is_open(in_lesson: Path, notebook: Notebook) -> None:
    """Every exercise of the lesson with its state, the sum, and the one thing to do next."""
    fresh = notebook.run("progress()")
    assert "A small lesson: 0 of 8 points" in repr(fresh)
    assert repr(fresh).count("not written yet") == 4
    assert "Next: double." in repr(fresh)
    notebook.answer(RIGHT)
    notebook.answer("def add(a, b): return a + b", "add")
    notebook.answer("def quadruple(x): return x", "quadruple")
    assert repr(notebook.run("progress()")).splitlines() == [
        "A small lesson: 5 of 8 points",
        "  double     4 of 4 points, all right",
        "  add        1 of 2 points, partly right",
        "  quadruple  0 of 1 point, not right yet",
        "  coin       0 of 1 point, not written yet",
        "Next: add.",
    ]


def test_progress_follows_the_last_check(in_lesson: Path, notebook: Notebook) -> None:
    """A right answer that was broken later is no longer right."""
    notebook.answer(RIGHT)
    notebook.answer(WRONG)
    assert "double     0 of 4 points, not right yet" in repr(notebook.run("progress()"))


def test_progress_says_when_all_is_done(lesson: Callable[..., Path], notebook: Notebook) -> None:
    """Nothing is left to do next."""
    lesson(double_sheet())
    notebook.answer(RIGHT)
    assert repr(notebook.run("progress()")).endswith("All done.")


def test_progress_of_a_lesson_without_exercises(lesson: Callable[..., Path], notebook: Notebook) -> None:
    """Reading is done by reading."""
    lesson()
    assert repr(notebook.run("progress()")) == "A small lesson: 0 of 0 points\nAll done."


# How a verdict looks


class Page(HTMLParser):
    """Reads a fragment, and fails where its tags don't match."""

    VOID = {"br", "circle", "rect", "path"}

    def __init__(self, fragment: str) -> None:
        super().__init__()
        self.open: list[tuple[str, dict]] = []
        self.tags: list[tuple[str, dict]] = []
        self.rows: list[str] = []
        self.words: list[str] = []
        self.feed(fragment)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attributes: list) -> None:
        self.tags.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append((tag, dict(attributes)))
        if tag == "li":
            self.rows.append("")

    def handle_startendtag(self, tag: str, attributes: list) -> None:
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        silent = any(attributes.get("aria-hidden") == "true" for _, attributes in self.open)
        if not silent:
            self.words.append(data)
        if not silent and any(tag == "li" for tag, _ in self.open):
            self.rows[-1] += data

    @property
    def heard(self) -> str:
        return "".join(self.words)


def unescaped(fragment: str) -> str:
    """What a fragment says, as a reader hears it."""
    return Page(fragment).heard


NASTY = "<script>alert('1')</script> & \"q\" `code` `odd\n<b>"
VERDICTS = {
    "right": Verdict("double", 4, 4, (Row("vectors", 4, 4, True),), status="right"),
    "partly right": Verdict(
        "double", 2, 4, (Row("a", 2, 2, True), Row("b", 0, 2, False, "off")), status="partly right"
    ),
    "wrong": Verdict("double", 0, 4, (Row("a", 0, 4, False, "off"),), status="wrong"),
    "open": Verdict("double", 0, 4, (Row("a", 0, 4, False),), status="open"),
    "everything at once": Verdict(
        "double", 1 / 3, 4, (Row("`x` < y", 1 / 3, 2, True), Row("b", 0, 2, False, "off by `1`")),
        "partly right",
        "seen", "named", "a hint", "first", "small", "printed", ("warned", "twice"), ("a note",),
    ),
    "nasty": Verdict(
        NASTY, 0, 4, (Row(NASTY, 0, 2, False, NASTY), Row(NASTY, 0, 2, True, NASTY)), "wrong",
        NASTY, NASTY, NASTY, NASTY, NASTY, NASTY, (NASTY,), (NASTY,),
    ),
    "empty": Verdict("", 0, 0),
}  # fmt: skip


@pytest.mark.parametrize("verdict", VERDICTS.values(), ids=VERDICTS.keys())
def test_the_html_is_well_formed_and_needs_no_style_sheet(verdict: Verdict) -> None:
    """Balanced tags, nothing that JupyterLab strips, nothing of a student's that is markup."""
    page = Page(card_of_verdict(verdict))
    assert not {"script", "style", "link", "b", "iframe"} & {tag for tag, _ in page.tags}
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)


@pytest.mark.parametrize("verdict", VERDICTS.values(), ids=VERDICTS.keys())
def test_the_html_says_everything_without_colour_or_sight(verdict: Verdict) -> None:
    """A label with the points; 'passed' or 'not passed' in every row; signs are not read out."""
    page = Page(card_of_verdict(verdict))
    role, label = page.tags[0][1]["role"], page.tags[0][1]["aria-label"]
    assert role == "group"
    assert label.startswith(f"{verdict.exercise}: {verdict.points:.2g} of {verdict.max_points:g} points, ")
    if verdict.status == "open":
        assert page.rows == []
        return
    assert len(page.rows) == len(verdict.rows)
    for heard, row in zip(page.rows, verdict.rows, strict=True):
        assert heard.startswith("passed: " if row.ok else "not passed: ")
        assert f"({row.points:.2g}/{row.max_points:g})" in heard
    hidden = [attributes for _, attributes in page.tags if "clip-path" in attributes.get("style", "")]
    assert len(hidden) == len(verdict.rows)


@pytest.mark.parametrize("colour", ["--jp-layout-color1", "--jp-content-font-color1", "--jp-border-color1"])
def test_the_card_takes_its_colours_from_the_theme(colour: str) -> None:
    """Light and dark both work, with a fallback where there is no theme."""
    assert f"var({colour}," in card_of_verdict(VERDICTS["wrong"])


def test_the_html_and_the_text_say_the_same() -> None:
    """Hint, first thing to do, example, notes, warnings and what was printed stand in both."""
    verdict = VERDICTS["everything at once"]
    for words in ("a hint", "first", "small", "a note", "warned", "twice", "printed", "b", "off by"):
        assert words in unescaped(card_of_verdict(verdict))
        assert words in as_text(verdict)


@pytest.mark.parametrize("name", [name for name in VERDICTS if name != "nasty"])
def test_the_text_is_plain(name: str) -> None:
    """A terminal that knows ASCII only can show our words."""
    assert as_text(VERDICTS[name]).isascii()
    assert "[ok]" in as_text(VERDICTS["right"])
    assert "[no]" in as_text(VERDICTS["wrong"])


@pytest.mark.parametrize("status", ["right", "partly right", "wrong", "open"])
def test_the_html_of_progress_is_well_formed(status: str) -> None:
    """A table with headed columns, states in words, a student's lesson title no markup."""
    verdict = replace(VERDICTS[status], exercise=NASTY)
    page = Page(Progress("01", NASTY, (verdict, VERDICTS["open"]))._repr_html_())
    assert [attributes["scope"] for tag, attributes in page.tags if tag == "th"] == ["col"] * 3
    assert not {"script", "style", "b"} & {tag for tag, _ in page.tags}
    words = {"right": "all right", "wrong": "not right yet", "open": "not written yet"}
    assert words.get(status, "partly right") in page.heard


DRAWN = {
    "a row": ("double", "def double(x): return 2 * x + np.arange(len(x))"),
    "a row with NaN": ("double", "def double(x): return np.where(x > 1.5, np.nan, 2 * x)"),
    "a matrix": ("double", "def double(x): return 2 * x if x.ndim == 1 else x * [1, 2, 2]"),
    "huge numbers": (
        "double",
        "def double(x): return np.minimum(x, 2) * 8e307 * (-1) ** np.arange(x.shape[-1])",
    ),
    "complex numbers": ("double", "def double(x): return 2 * x + 1j"),
    "a list of huge integers": ("double", "def double(x): return [10**400] * len(x)"),
    "words": ("double", "def double(x): return np.full(x.shape, 'a')"),
    "a mask": ("coin", "def coin(shape, share, rng): return np.ones(shape)"),
    "a mask of words": ("coin", "def coin(shape, share, rng): return np.full(shape, 'a')"),
}


@pytest.mark.parametrize(("name", "source"), DRAWN.values(), ids=DRAWN.keys())
def test_pictures_are_well_formed_and_described(
    in_lesson: Path, notebook: Notebook, name: str, source: str
) -> None:
    """Whatever is drawn has a description and a caption; what can't be drawn is left out, without a word."""
    verdict = notebook.answer(source, name)
    assert verdict.status != "right"
    assert verdict.warned == ()
    page = Page(card_of_verdict(verdict))
    pictures = [attributes for tag, attributes in page.tags if tag == "svg"]
    assert bool(pictures) == bool(verdict.figure)
    for picture in pictures:
        assert picture["role"] == "img"
        assert picture["aria-label"]
        assert "nan" not in verdict.figure


# Speed, and what is imported


def test_a_check_answers_at_once(in_lesson: Path, notebook: Notebook) -> None:
    """Well under a tenth of a second, right or wrong."""
    for source in (RIGHT, WRONG):
        notebook.answer(source)
        times = [seconds_of(lambda: notebook.run("check(double)")) for _ in range(20)]
        assert statistics.median(times) < 0.1


def python(source: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-c", source], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stderr == ""
    return done.stdout


def test_importing_check_takes_no_time() -> None:
    """Less than 0.3 s of a processor's time, NumPy's own included."""
    source = "import time; a = time.process_time(); import autograder; print(time.process_time() - a)"
    assert min(float(python(source)) for _ in range(3)) < 0.3


def test_importing_check_loads_nothing_heavy() -> None:
    """NumPy is all that a student's machine needs."""
    loaded = python("import sys; from autograder import check, progress; print(*sys.modules)").split()
    heavy = (
        "tensorflow keras nbgrader IPython matplotlib jupytext nbformat nbclient click rich sklearn jinja2"
    )
    assert not set(heavy.split()) & set(loaded)
    ours = {name.partition(".")[2] for name in loaded if name.startswith("autograder.")}
    assert {name.partition(".")[0] for name in ours} == {"errors", "student"}


def test_in_ipython_a_check_swallows_what_is_displayed(in_lesson: Path) -> None:
    """Figures and frames shown inside a checked function don't come out; the verdict does."""
    source = f"""
import os, sys
os.chdir({str(in_lesson.parent)!r})
sys.path.insert(0, {str(ROOT)!r})
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
shell = InteractiveShell.instance(history_length=0)
shell.run_cell("from autograder import check")
shell.run_cell("from IPython.display import display, HTML")
shell.run_cell("def double(x):\\n    display(HTML('<b>bold</b>'))\\n    y = 2 * x\\n    return y[99]")
with capture_output() as said:
    result = shell.run_cell("check(double)").result
print("displays:", [o.data for o in said.outputs[:-1]])
print(result.points, str(result))
with capture_output() as said:
    shell.run_cell("display(HTML('<i>after</i>'))")
print(said.outputs[0].data["text/html"])
"""
    said = python(source)
    assert "bold" not in said
    assert "0.0 double: 0 of 4 points" in said
    assert "line 4: return y[99]" in said
    assert "<i>after</i>" in said


def test_a_check_without_streams_works(in_lesson: Path) -> None:
    """Under pythonw, or with descriptors closed, there is nothing to silence."""
    source = f"""
import os, sys
os.chdir({str(in_lesson.parent)!r})
sys.path.insert(0, {str(ROOT)!r})
from autograder import check
def double(x):
    print("x")
    return 2 * x
out, sys.stdout, sys.stderr = sys.stdout, None, None
os.close(2)
verdict = check(double)
out.write(str(verdict.points))
"""
    assert python(source) == "4.0"


def test_a_check_inside_a_checked_function_works(in_lesson: Path, notebook: Notebook) -> None:
    """A cell pasted into a function: both checks answer, and both put back what they changed."""
    notebook.run("def add(a, b): return a + b")
    verdict = notebook.answer("def double(x):\n    print(check(add))\n    progress()\n    return 2 * x")
    assert verdict.points == 4.0
    assert "add, subtract: 1 of 2 points" in verdict.printed
    assert works_again(notebook)
