"""Sources in; executed notebook, checks.json, release and gradebook entries out.

And a lesson with a mistake in it stops the build with a message that a person can act on.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner, Result

from autograder.authoring import build
from autograder.authoring.assemble import HIDDEN_CASES, assemble
from autograder.authoring.compile import (
    DRAWS_OF_FEW_ANSWERS,
    compile_exercise,
    compile_hidden,
    compile_hidden_exercise,
    compile_public,
)
from autograder.authoring.proof import PUBLIC
from autograder.authoring.stale import stale_files
from autograder.commands.cli import main
from autograder.errors import LessonError
from autograder.nbgrader.course import Course
from autograder.student import checks_file
from autograder.student.sheet import Sheet
from tests.builders import EXERCISES, LESSON, NAME, built_files, make_course, only_lesson, replaced

SOLUTION, RELEASE = f"solutions/{NAME}/{NAME}.ipynb", f"notebooks/{NAME}/{NAME}.ipynb"
CHECKS, RELEASED_CHECKS = f"solutions/{NAME}/checks.json", f"notebooks/{NAME}/checks.json"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The tiny course, built. Not to be changed: tests that write take a copy."""
    course = make_course(tmp_path_factory.mktemp("built"))
    build.build(course, only_lesson(course))
    return course


@pytest.fixture
def course(built: Course, tmp_path: Path) -> Course:
    """A copy of the built course, to do with as one likes."""
    shutil.copytree(built.root, tmp_path / "course", dirs_exist_ok=True)
    return Course(tmp_path / "course")


def invoke(course: Course | None, *words: str) -> Result:
    return CliRunner().invoke(main, [*(["--course", str(course.root)] if course else []), *words])


def notebook_at(course: Course, path: str) -> nbformat.NotebookNode:
    return nbformat.read(course.root / path, as_version=4)


def cells_by_id(notebook: nbformat.NotebookNode) -> dict[str, nbformat.NotebookNode]:
    return {cell.id: cell for cell in notebook.cells}


# --- What a cell becomes, without a kernel


@pytest.fixture(scope="module")
def assembled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, nbformat.NotebookNode]:
    """The cells of the tiny lesson by their names, before anything ran."""
    return cells_by_id(assemble(only_lesson(make_course(tmp_path_factory.mktemp("assembled")))))


def test_cells_are_named_by_exercise_or_by_section_and_place(assembled: dict) -> None:
    """Names are readable, and those of graded cells say which exercise they grade."""
    assert list(assembled) == [
        "halve-and-shuffle-01",
        "halve-and-shuffle-02",
        "halves-01",
        "half",
        "check_half",
        "shuffling-01",
        "shuffled",
        "check_shuffled",
        "shuffling-02",
        "your-log-01",
        "your-log-02",
        "why_shuffle",
        "summary-01",
        "summary-02",
    ]


KINDS = {
    "prose": ("halves-01", {"grade": False, "solution": False, "locked": True}),
    "code": ("halve-and-shuffle-02", {"grade": False, "solution": False, "locked": True}),
    "demo": ("shuffling-02", {"grade": False, "solution": False, "locked": True}),
    "solution": ("half", {"grade": False, "solution": True, "locked": False}),
    "check": ("check_half", {"grade": True, "solution": False, "locked": True, "points": 2.0}),
    "written": ("why_shuffle", {"grade": True, "solution": True, "locked": False, "points": 1.5}),
}


@pytest.mark.parametrize(("name", "expected"), KINDS.values(), ids=KINDS)
def test_what_nbgrader_is_told_follows_from_the_cell(assembled: dict, name: str, expected: dict) -> None:
    """Nobody writes nbgrader's metadata: grade, solution, lock and points are derived."""
    told = assembled[name].metadata["nbgrader"]

    assert told == {"grade_id": name, "schema_version": 3, "task": False, **expected}


def test_a_cell_of_the_students_own_is_unknown_to_nbgrader(assembled: dict) -> None:
    """A cell tagged yours is neither locked nor graded."""
    assert dict(assembled["your-log-02"].metadata) == {"tags": ["yours"]}


def test_only_tags_of_a_cell_go_into_the_notebook(assembled: dict) -> None:
    """A written cell's name and points are nbgrader's, and nothing of jupytext's is left."""
    assert assembled["why_shuffle"].metadata["tags"] == ["written"]
    assert set(assembled["why_shuffle"].metadata) == {"tags", "nbgrader"}
    assert set(assembled["halves-01"].metadata) == {"nbgrader"}


def test_run_all_goes_on_behind_a_cell_that_raises(assembled: dict) -> None:
    """Every code cell has the tag that JupyterLab asks for, beside its own; no text has it."""
    tagged = {name for name, cell in assembled.items() if "raises-exception" in cell.metadata.get("tags", [])}

    assert tagged == {name for name, cell in assembled.items() if cell.cell_type == "code"}
    assert assembled["shuffling-02"].metadata["tags"] == ["demo", "raises-exception"]


def test_hidden_cases_are_put_into_checks_and_nowhere_else(assembled: dict) -> None:
    """The line for the hidden cases stands at the top of every check, between nbgrader's markers."""
    with_hidden = [name for name, cell in assembled.items() if "HIDDEN" in cell.source]

    assert with_hidden == ["check_half", "check_shuffled"]
    assert assembled["check_half"].source == HIDDEN_CASES + "check(half)"


def test_a_solution_of_two_cells_is_named_by_the_function_in_each(tmp_path: Path) -> None:
    """An exercise of several functions may have a solution cell for each."""
    lesson = replaced(
        LESSON,
        ("check(half)", "check(half, third)"),
        (
            "# %% [markdown]\n# ## Shuffling",
            "# %%\nthird: object = lambda x: None\n### BEGIN SOLUTION\nthird = lambda x: x / 3\n"
            "### END SOLUTION\n\n# %% [markdown]\n# ## Shuffling",
        ),
    )
    exercises = replaced(
        EXERCISES, ("half = Exercise(points=2,", 'half = Exercise("half", "third", points=2,')
    )

    cells = cells_by_id(assemble(only_lesson(make_course(tmp_path, lesson, exercises))))

    assert cells["third"].metadata.nbgrader.solution


def test_names_of_cells_stay_when_another_section_grows(assembled: dict, tmp_path: Path) -> None:
    """A new cell changes the name of no cell of another section, so that grades keep their cells."""
    grown = replaced(
        LESSON, ("# ## Shuffling\n", "# ## Before it\n\n# %%\nscale\n\n# %% [markdown]\n# ## Shuffling\n")
    )

    names = list(cells_by_id(assemble(only_lesson(make_course(tmp_path, grown)))))

    assert [name for name in names if not name.startswith("before-it")] == list(assembled)
    assert [name for name in names if name.startswith("before-it")] == ["before-it-01", "before-it-02"]


def test_sections_of_one_name_share_their_count(tmp_path: Path) -> None:
    """Two headings with the same words do not give two cells the same name."""
    lesson = replaced(LESSON, ("# ## Shuffling", "# ## Halves"))

    names = [cell.id for cell in assemble(only_lesson(make_course(tmp_path, lesson))).cells]

    assert len(set(names)) == len(names)
    assert {"halves-01", "halves-02"} <= set(names)


@pytest.mark.slow
def test_compiled_holds_exercises_in_the_order_of_their_checks(built: Course) -> None:
    """What checks.json is made from: every exercise, its points, cases of each group, misconceptions."""
    compiled = compile_public(only_lesson(built))

    assert (compiled.lesson, compiled.title, compiled.points) == (NAME, "Halve and shuffle", 4.5)
    assert list(compiled.sheets) == ["half", "shuffled"]
    assert {case.group for case in compiled.sheets["half"].cases} == {"numbers", "arrays"}
    assert [mistake.name for mistake in compiled.sheets["half"].mistakes] == ["doubled", "root_of_arrays"]
    assert [example.case.expected for example in compiled.sheets["half"].small[:1]] == [1.5]
    assert [mistake.shown_by for mistake in compiled.sheets["half"].mistakes] == [1, 2]


@pytest.mark.slow
def test_a_judge_travels_with_its_helpers_and_without_a_reference(built: Course) -> None:
    """The text of a judge holds what it calls and the names it uses, and no exercise."""
    judge = compile_public(only_lesson(built)).sheets["shuffled"].judge

    assert "def is_mixed" in judge and "VALUES, ORDER =" in judge and "import same" in judge
    assert "Exercise(" not in judge and "permutation" not in judge


def test_hidden_cases_differ_from_the_public_ones_and_by_secret(built: Course) -> None:
    """Another seed, other inputs; the same secret, the same inputs."""
    lesson = only_lesson(built)
    sheets = [
        compile_public(lesson),
        compile_hidden(lesson, "one"),
        compile_hidden(lesson, "two"),
    ]
    drawn = [str([case.inputs for case in one.sheets["half"].cases]) for one in sheets]

    assert len(set(drawn)) == 3
    again = compile_hidden(lesson, "one").sheets["half"]
    assert str([case.inputs for case in again.cases]) == drawn[1]


# --- Built


def test_every_form_of_the_lesson_is_there(built: Course) -> None:
    """Two sources in, four files out, and nothing else beside them."""
    assert set(built_files(built)) == {
        f"solutions/{NAME}/lesson.py",
        f"solutions/{NAME}/exercises.py",
        SOLUTION,
        CHECKS,
        RELEASE,
        RELEASED_CHECKS,
    }


def test_the_solution_notebook_is_executed_and_earns_everything(built: Course) -> None:
    """Its checks show full points, in numbers and as HTML."""
    cells = cells_by_id(notebook_at(built, SOLUTION))

    for name, points in (("check_half", "2"), ("check_shuffled", "1")):
        (output,) = cells[name].outputs
        assert f": {points} of {points} points, all right" in output.data["text/plain"].replace(
            "1 point,", "1 points,"
        )
        assert "all right" in output.data["text/html"]
    assert cells["shuffling-02"].outputs[0].text == "[0.  0.5 1.  1.5]\n"


def test_the_release_holds_stubs_and_no_outputs(built: Course) -> None:
    """Students get the signature and a stub; solutions, rubric, hidden cases and outputs are gone."""
    text = (built.root / RELEASE).read_text(encoding="utf-8")
    cells = cells_by_id(notebook_at(built, RELEASE))

    assert (
        cells["half"].source
        == 'def half(x):\n    """Half of x."""\n    # YOUR CODE HERE\n    raise NotImplementedError()'
    )
    assert cells["check_half"].source == "check(half)"
    assert "YOUR ANSWER HERE" in cells["why_shuffle"].source
    assert not any(cell.get("outputs") for cell in cells.values())
    for answer in ("x / scale", "permutation", "Rubric", "SOLUTION", "HIDDEN", "autograder.authoring.hidden"):
        assert answer not in text


def test_the_release_is_locked_where_students_have_nothing_to_write(built: Course) -> None:
    """Locked cells can be neither edited nor deleted, solutions not deleted, own cells are free."""
    cells = cells_by_id(notebook_at(built, RELEASE))
    locks = {
        name: (cell.metadata.get("deletable"), cell.metadata.get("editable")) for name, cell in cells.items()
    }

    assert locks.pop("your-log-02") == (None, None)
    assert {locks.pop(name) for name in ("half", "shuffled", "why_shuffle")} == {(False, None)}
    assert set(locks.values()) == {(False, False)}


def test_the_gradebook_knows_the_graded_cells_and_their_points(built: Course) -> None:
    """Building is enough to grade: no other command has to come first."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{built.root / 'gradebook.db'}", "deep-nets") as gradebook:
        cells = gradebook.find_notebook(NAME, NAME).grade_cells
        points = {cell.name: cell.max_score for cell in cells}

    assert points == {"check_half": 2, "check_shuffled": 1, "why_shuffle": 1.5}


def test_what_is_private_stays_private(built: Course) -> None:
    """Secret and hidden cases are the owner's alone."""
    modes = {path.stat().st_mode & 0o777 for path in built.private.rglob("*") if path.is_file()}

    assert built.private.stat().st_mode & 0o777 == 0o700
    assert modes == {0o600}


@pytest.mark.slow
def test_building_twice_gives_the_same_bytes(course: Course) -> None:
    """In place, and from the sources alone in another folder with another secret."""
    first = built_files(course)

    build.build(course, only_lesson(course))
    assert built_files(course) == first

    for folder in (course.notebooks, course.private):
        shutil.rmtree(folder)
    for path in (SOLUTION, CHECKS, "gradebook.db"):
        (course.root / path).unlink()
    course.root.rename(course.root.with_name("elsewhere"))
    moved = Course(course.root.with_name("elsewhere"))
    build.build(moved, only_lesson(moved))
    assert built_files(moved) == first


# --- Stale


def edit(path: str, old: str, new: str) -> Callable[[Course], None]:
    def change(course: Course) -> None:
        file = course.root / path
        file.write_text(replaced(file.read_text(encoding="utf-8"), (old, new)), encoding="utf-8")

    return change


def remove(path: str) -> Callable[[Course], None]:
    return lambda course: (course.root / path).unlink()


def cut_short(path: str) -> Callable[[Course], None]:
    return lambda course: (course.root / path).write_bytes((course.root / path).read_bytes()[:500])


def change_number(factor: float) -> Callable[[Course], None]:
    """Multiplies an expected number in both copies of checks.json."""

    def change(course: Course) -> None:
        lesson = checks_file.load(course.root / CHECKS)
        half = lesson.sheets["half"]
        first = replace(half.cases[0], expected=half.cases[0].expected * factor)
        lesson.sheets["half"] = replace(half, cases=(first, *half.cases[1:]))
        for path in (CHECKS, RELEASED_CHECKS):
            (course.root / path).write_text(checks_file.dump(lesson), encoding="utf-8", newline="\n")

    return change


LESSON_PATH, EXERCISES_PATH = f"solutions/{NAME}/lesson.py", f"solutions/{NAME}/exercises.py"
STALE = {
    "prose edited": (
        edit(LESSON_PATH, "# A lesson that", "# This lesson"),
        [CHECKS, SOLUTION, RELEASE, RELEASED_CHECKS],
    ),
    "solution edited": (
        edit(LESSON_PATH, "x / scale", "x * 0.5"),
        [CHECKS, SOLUTION, RELEASED_CHECKS],
    ),
    "tag edited": (
        edit(LESSON_PATH, ' tags=["demo"]', ""),
        [CHECKS, SOLUTION, RELEASE, RELEASED_CHECKS],
    ),
    "hint edited": (edit(EXERCISES_PATH, "twice as much", "too much"), [CHECKS, RELEASED_CHECKS]),
    "cases edited": (edit(EXERCISES_PATH, "uniform(1, 2, 3)", "uniform(1, 2, 4)"), [CHECKS, RELEASED_CHECKS]),
    "points edited": (
        edit(EXERCISES_PATH, "(points=2", "(points=4"),
        [CHECKS, SOLUTION, RELEASE, RELEASED_CHECKS],
    ),
    "solution notebook edited": (edit(SOLUTION, "x / scale", "x / 3"), [SOLUTION]),
    "solution notebook missing": (remove(SOLUTION), [SOLUTION]),
    "solution notebook damaged": (cut_short(SOLUTION), [SOLUTION]),
    "release edited": (edit(RELEASE, "Half of x.", "Half."), [RELEASE]),
    "release missing": (remove(RELEASE), [RELEASE]),
    "checks edited": (edit(CHECKS, "twice as much", "too much"), [CHECKS]),
    "checks missing": (remove(CHECKS), [CHECKS]),
    "checks damaged": (cut_short(CHECKS), [CHECKS]),
    "checks of another version": (edit(CHECKS, '"format": 2', '"format": 99'), [CHECKS]),
    "released checks edited": (edit(RELEASED_CHECKS, "twice as much", "too much"), [RELEASED_CHECKS]),
    "released checks missing": (remove(RELEASED_CHECKS), [RELEASED_CHECKS]),
    "a number changed": (change_number(1.001), [CHECKS, RELEASED_CHECKS]),
}


@pytest.mark.parametrize(("change", "names"), STALE.values(), ids=STALE)
def test_check_names_just_what_is_stale(course: Course, change: Callable, names: list[str]) -> None:
    """`autograder build --check` exits 1, names the built files that do not follow, and writes nothing."""
    change(course)
    before = built_files(course)

    result = invoke(course, "build", "--check")

    assert result.exit_code == 1, result.output
    assert result.stdout.splitlines() == [f"stale: {name}" for name in names]
    assert "run autograder build" in result.stderr
    assert built_files(course) == before


def test_check_of_what_was_just_built_finds_nothing(built: Course) -> None:
    """Exit 0 and no word."""
    result = invoke(built, "build", "--check")

    assert (result.exit_code, result.output) == (0, "")


@pytest.mark.slow
def test_last_bits_of_numbers_are_not_stale_and_rewrite_nothing(course: Course) -> None:
    """Another machine's rounding does not make checks.json stale, nor a diff in Git."""
    change_number(1 + 1e-13)(course)
    before = built_files(course)

    assert stale_files(course, only_lesson(course)) == []
    build.build(course, only_lesson(course))
    assert {path: data for path, data in built_files(course).items() if path.endswith(".json")} == {
        path: data for path, data in before.items() if path.endswith(".json")
    }


@pytest.mark.slow
def test_a_stale_lesson_is_whole_again_after_a_build(course: Course) -> None:
    """Whatever was damaged or edited is made anew."""
    fresh = built_files(course)
    for change in (cut_short(CHECKS), cut_short(SOLUTION), cut_short(RELEASED_CHECKS), remove(RELEASE)):
        change(course)

    result = invoke(course, "build", "07")

    assert result.exit_code == 0, result.output
    assert re.fullmatch(rf"{NAME}  4\.5 points, \d+ kB, \d+ s\n", result.stdout)
    assert built_files(course) == fresh


# --- Mistakes


@dataclass(frozen=True)
class Mistake:
    """A lesson with a mistake in it. The line to be named ends in `# here`, or follows one in `# below`."""

    lesson: tuple[tuple[str, str], ...] = ()
    exercises: tuple[tuple[str, str], ...] = ()
    says: str = ""
    remedy: str = ""

    @property
    def texts(self) -> dict[str, str]:
        return {
            "lesson.py": replaced(LESSON, *self.lesson),
            "exercises.py": replaced(EXERCISES, *self.exercises),
        }

    @property
    def place(self) -> tuple[str, int]:
        """The file and the line that the message should name."""
        places = [
            (name, number + line.endswith("# below"))
            for name, text in self.texts.items()
            for number, line in enumerate(text.splitlines(), 1)
            if line.endswith(("# here", "# below"))
        ]
        assert len(places) == 1, f"one line should be marked, not {places}"
        return places[0]


def in_lesson(old: str, new: str, says: str, remedy: str) -> Mistake:
    return Mistake(lesson=((old, new),), says=says, remedy=remedy)


def in_exercises(old: str, new: str, says: str, remedy: str, *more: tuple[str, str]) -> Mistake:
    return Mistake(exercises=((old, new), *more), says=says, remedy=remedy)


HALF, SHUFFLED = "half = Exercise(points=2,", "shuffled = Exercise(points=1,"
GROUPS = ' groups={"numbers": 1, "arrays": 3})'
HALF_HERE = (GROUPS, GROUPS + "  # here")
SHUFFLED_HERE = ("groups={VALUES: 1, ORDER: 1})", "groups={VALUES: 1, ORDER: 1})  # here")
DEMO = "print(half(np.arange(4)))"
WRITTEN = '# My guess: …\n\n# %% [markdown] tags=["written"] name="why_shuffle" points=1.5\n'

MISTAKES = {
    # Markers
    "solution not closed": in_lesson(
        '    """Half of x."""\n    ### BEGIN SOLUTION\n    return x / scale\n    ### END SOLUTION\n',
        '    """Half of x."""  # below\n    ### BEGIN SOLUTION\n    return x / scale\n',
        "not closed",
        "End the solution with ### END SOLUTION",
    ),
    "end without begin": in_lesson(
        "    ### BEGIN SOLUTION\n    return x / scale\n",
        "    return x / scale  # below\n",
        "### END SOLUTION without",
        "Begin the solution",
    ),
    "begin inside a solution": in_lesson(
        "    return x / scale\n",
        "    pass  # below\n    ### BEGIN SOLUTION\n    return x / scale\n",
        "inside a solution that began in line",
        "Close that one",
    ),
    "marker misspelt": in_lesson(
        "    ### BEGIN SOLUTION\n    return x / scale",
        "    # BEGIN SOLUTION # here\n    return x / scale",
        "nbgrader takes it for one",
        "Write ### BEGIN SOLUTION",
    ),
    "marker in prose": in_lesson(
        "# Write `half(x)`.", "# Write after ### BEGIN SOLUTION. # here", "no written cell", "other words"
    ),
    "rubric not closed": in_lesson(
        "split?\n#\n# ### BEGIN SOLUTION\n# Rubric: files are often sorted by class.\n# ### END SOLUTION\n",
        "split? # below\n# ### BEGIN SOLUTION\n# Rubric: files are often sorted by class.\n",
        "not closed",
        "### END SOLUTION",
    ),
    # Checks
    "check without an exercise": in_lesson(
        "check(half)",
        "check(half)\n\n# %%\ncheck(third)  # here",
        "no exercise third",
        "Write third = Exercise(",
    ),
    "second check of an exercise": in_lesson(
        "check(half)", "check(half)\n\n# %%\ncheck(half)  # here", "a second check(half)", "once"
    ),
    "check with other names": in_lesson(
        "check(half)", "check(half, scale)  # here", "the exercise is about half", "Write check(half)."
    ),
    "check that is not last": in_lesson(
        "check(half)", "check(half)  # here\nscale", "must end in it", "last line"
    ),
    "check with a semicolon and more": in_lesson(
        "check(half)", "check(half); scale  # here", "must end in it", "last line"
    ),
    "check that would not be graded": in_lesson(
        "### END SOLUTION\n\n# %%\ncheck(half)",
        '### END SOLUTION\n# below\n# %% tags=["demo"]\ncheck(half)',
        "tagged demo",
        "Take the tag off",
    ),
    "exercise never checked": Mistake(
        lesson=(("check(half)", "verdict = check(half)"),),
        exercises=(HALF_HERE,),
        says="never checked",
        remedy="Add a cell check(half)",
    ),
    # Solutions
    "exercise without a solution": Mistake(
        lesson=(("def shuffled(", "def mixed("),),
        exercises=(SHUFFLED_HERE,),
        says="has no solution",
        remedy="Write a cell that defines shuffled",
    ),
    "solution nobody asks for": in_lesson(
        "check(half)",
        "check(half)\n\n# %%\nthird = 3  # here\n### BEGIN SOLUTION\nthird += 3\n### END SOLUTION",
        "nothing that an exercise asks for",
        "or add the exercise",
    ),
    "two solutions of an exercise": in_lesson(
        "check(half)",
        "check(half)\n\n# %%\nhalf = half  # here\n### BEGIN SOLUTION\nhalf = half\n### END SOLUTION",
        "a second cell is called half; the first begins in line",
        "into one cell",
    ),
    "reference that cannot be made": in_lesson(
        "scale = 2", "scale = 2 / 0  # here", "ZeroDivisionError", "must run by itself"
    ),
    "reference that raises on a case": in_exercises(
        "x=rng.uniform(1, 2, 3)",
        'x="three"',
        "the reference raises TypeError",
        "Mend the solution",
        HALF_HERE,
    ),
    "reference without full points": in_exercises(
        "not same(result, values)",
        "same(result, values)",
        "does not earn full points ('another order'",
        "the judge",
        SHUFFLED_HERE,
    ),
    # Text
    "lesson is not Python": in_lesson(
        "return x / scale", "return x / / scale  # here", "not Python", "Mend the cell"
    ),
    "check is not Python": in_lesson("check(half)", "check(half  # here", "not Python", "Mend the cell"),
    "exercises are not Python": in_exercises(
        "def doubled(x):", "def doubled(x:  # here", "SyntaxError", "must run by itself"
    ),
    "exercises that raise": in_exercises(
        HALF + GROUPS, HALF + " tolerance=1)  # here", "no option tolerance", "must run by itself"
    ),
    "code before the first marker": in_lesson(
        "# %% [markdown]\n# # Halve",
        "x = 1  # here\n# %% [markdown]\n# # Halve",
        "cell markers",
        "Begin every cell",
    ),
    "written cell without points": in_lesson(
        WRITTEN,
        WRITTEN.replace("\n\n", " # below\n").replace(" points=1.5", ""),
        "without points",
        "points=…",
    ),
    "written cell without a name": in_lesson(
        WRITTEN,
        WRITTEN.replace("\n\n", " # below\n").replace(' name="why_shuffle"', ""),
        "without a name",
        'name="…"',
    ),
    "written cell with a name that is taken": in_lesson(
        WRITTEN + "# Why is a data set shuffled before it is split?",
        WRITTEN.replace("why_shuffle", "half") + "# Why? # here",
        "a second cell is called half",
        "another name",
    ),
    # Exercises
    "two exercises of one name": in_exercises(
        "VALUES, ORDER = ",
        "half = Exercise(points=1)  # here\nVALUES, ORDER = ",
        "a second exercise is called half; the first is in line 6",
        "another name",
    ),
    "exercise without a name": in_exercises(
        "VALUES, ORDER = ", "Exercise(points=1)  # here\nVALUES, ORDER = ", "has no name", "Assign it"
    ),
    "exercise without points": in_exercises(
        HALF + GROUPS, "half = Exercise(" + GROUPS.strip() + "  # here", "has no points", "Exercise(points=…)"
    ),
    "exercise without cases": in_exercises("@half.cases\n", "", "has no cases", "@half.cases", HALF_HERE),
    "case of an unknown group": in_exercises(
        'case("numbers"', 'case("number"', "the group 'number'", "groups={…}", HALF_HERE
    ),
    "group without a case": in_exercises(
        GROUPS,
        GROUPS.replace("}", ', "zeros": 1}') + "  # here",
        "no case is in the group 'zeros'",
        "Yield one",
    ),
    "cases that raise": in_exercises(
        'case("numbers", x=rng.uniform(1, 2))',
        'case("numbers", x=rng.unifrom(1, 2))  # here',
        "exercise half: AttributeError",
        "must run without an exception",
    ),
    "judge that raises": in_exercises(
        "@shuffled.judge",
        "@shuffled.judge  # here",
        "exercise shuffled: NameError",
        "must run without an exception",
        ("not same(result, values)", "not same(results, values)"),
    ),
    "driver that uses an exercise": in_exercises(
        "@shuffled.driver",
        "@shuffled.driver  # here",
        "uses half, an exercise",
        "as a parameter",
        ("return shuffled(values, ", "return half and shuffled(values, "),
    ),
    "example that raises": in_exercises(
        "x=3.0", 'x="three"', "the small example raises", "small(…)", HALF_HERE
    ),
    # Misconceptions
    "misconception that passes": in_exercises(
        '@half.wrong("That is twice as much.")',
        '@half.wrong("That is twice as much.")  # here',
        "doubled earns full points",
        "Add a case",
        ("return x * 2", "return x * 0.5"),
    ),
    "misconception that loses an unknown group": in_exercises(
        'loses="arrays")', 'loses="array")  # here', "loses 'array'", "Groups: numbers, arrays"
    ),
    "misconception that loses something else": in_exercises(
        'loses="arrays")',
        'loses="numbers")  # here',
        "loses ['arrays'], where ['numbers'] was said",
        "loses=…",
    ),
    "misconceptions that look alike": in_exercises(
        '@half.wrong("That is twice as much.")',
        '@half.wrong("That is twice as much.")  # here',
        "doubled can't be told from added",
        "Add a case",
        (
            "@half.right\ndef times",
            '@half.wrong("Too much.")\ndef added(x):\n    return x + x\n\n\n@half.right\ndef times',
        ),
    ),
    # What shows only when the notebook runs
    "cell that raises": in_lesson(
        DEMO, DEMO + "\nscale\nhalf('four')  # here", "the cell raises TypeError", "must run"
    ),
    "cell that is not Python": in_lesson(
        DEMO, "scale\nprint(scale))  # here", "raises SyntaxError", "must run"
    ),
    "cell that warns": in_lesson(
        DEMO,
        "import warnings  # here\n\nwarnings.warn('careful')",
        "writes on stderr",
        "Mend what it warns of",
    ),
    "solution that is spoilt before its check": in_lesson(
        "# %%\ncheck(half)",
        '# %% tags=["demo"]\nhalf = np.sqrt\n\n# %%\ncheck(half)  # here',
        "in check(half) the solution earns half: 0 of 2 points, not right yet, not 2",
        "Mend the solution",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_stops_the_build_and_says_where_and_what_to_do(course: Course, mistake: Mistake) -> None:
    """The message names file and line, what is wrong and what to do; what was built stays as it was."""
    make_course(course.root, *mistake.texts.values())
    name, line = mistake.place
    before = built_files(course)

    with pytest.raises(LessonError) as caught:
        build.build(course, only_lesson(course))

    error = caught.value
    assert str(error).startswith(f"{course.solutions / NAME / name}:{line}: {error.problem}\n")
    assert mistake.says in error.problem
    assert mistake.remedy in error.remedy
    assert built_files(course) == before


@pytest.mark.slow
def test_a_lesson_whose_hidden_cases_cannot_be_drawn_is_refused(course: Course) -> None:
    """A slip that costs points on the public cases and none on others would stop the grading of a class."""
    make_course(
        course.root,
        exercises=replaced(
            EXERCISES,
            ("import numpy as np\n", "import sys\n\nimport numpy as np\n"),
            ("x=rng.uniform(1, 2))", "x=rng.uniform(1, 2) * (not sys.argv[0].endswith('hidden.py')))"),
        ),
    )
    with pytest.raises(LessonError, match=r"check\(half\) has no hidden cases: .*doubled loses.*") as caught:
        build.build(course, only_lesson(course))
    assert "secret of their own" in caught.value.remedy


@pytest.mark.slow
def test_a_notebook_of_more_than_a_million_bytes_is_refused(course: Course) -> None:
    """The message says how large it is and what to do; the old notebook stays."""
    make_course(course.root, replaced(LESSON, (DEMO, "print(('x' * 99 + '\\n') * 11_000)")))
    before = built_files(course)

    with pytest.raises(LessonError, match="the notebook has 1,.* bytes\n.*smaller figures: a million"):
        build.build(course, only_lesson(course))

    assert built_files(course) == before


@pytest.mark.slow
def test_a_failing_build_leaves_the_checks_as_they_were(course: Course) -> None:
    """The notebook's checks read checks.json, so it is written first; if the run fails, it is put back."""
    make_course(
        course.root,
        replaced(LESSON, (DEMO, "half('four')")),
        replaced(EXERCISES, ("twice as much", "too much")),
    )
    before = built_files(course)

    with pytest.raises(LessonError):
        build.build(course, only_lesson(course))
    assert built_files(course) == before

    (course.root / CHECKS).unlink()
    with pytest.raises(LessonError):
        build.build(course, only_lesson(course))
    assert CHECKS not in built_files(course)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Object of type .Submitted")  # nbgrader adds them in an odd order
def test_a_failing_release_leaves_the_old_one(course: Course) -> None:
    """When nbgrader refuses, here because the gradebook holds submissions, the old release stays whole."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}", "deep-nets") as gradebook:
        gradebook.add_student("ann")
        gradebook.add_submission(NAME, "ann")
    one_check_less = replaced(LESSON, ("# %%\ncheck(half)\n\n", ""))
    exercises = EXERCISES[: EXERCISES.index("half =")] + EXERCISES[EXERCISES.index("VALUES") :]
    make_course(
        course.root,
        replaced(
            one_check_less,
            (
                "    ### BEGIN SOLUTION\n    return x / scale\n    ### END SOLUTION\n",
                "    return x / scale\n",
            ),
        ),
        exercises,
    )
    released = {path: data for path, data in built_files(course).items() if path.startswith("notebooks")}

    result = invoke(course, "build")

    assert result.exit_code == 1
    assert "nbgrader could not make the release" in result.stderr and "gradebook.db" in result.stderr
    assert released.items() <= built_files(course).items()
    assert [path.name for path in course.root.glob(".release-*")] == []


# --- The command line


def test_a_mistake_in_a_lesson_is_one_message_on_the_command_line(course: Course) -> None:
    """Exit 1, file and line first, no traceback."""
    make_course(course.root, *MISTAKES["solution not closed"].texts.values())

    result = invoke(course, "build")

    _, line = MISTAKES["solution not closed"].place
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"lesson.py:{line}: ### BEGIN SOLUTION is not closed" in result.stderr
    assert "Traceback" not in result.stderr and len(result.stderr.splitlines()) == 2


def test_list_shows_lessons_exercises_and_points(built: Course) -> None:
    """For people a line each, for machines one JSON object."""
    result = invoke(built, "list")
    assert (result.exit_code, result.stdout) == (
        0,
        f"{NAME}  4.5 points  Halve and shuffle\n    half  2\n    shuffled  1\n"
        "    why_shuffle  1.5, graded by hand\n",
    )

    result = invoke(built, "list", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {
        "lessons": [
            {
                "lesson": NAME,
                "title": "Halve and shuffle",
                "points": 4.5,
                "exercises": [{"name": "half", "points": 2}, {"name": "shuffled", "points": 1}],
                "written": [{"name": "why_shuffle", "points": 1.5}],
            }
        ]
    }


def test_list_says_what_is_not_built(course: Course) -> None:
    """A lesson without checks.json is not passed over in silence."""
    (course.root / CHECKS).unlink()

    result = invoke(course, "list")

    assert (result.exit_code, result.stdout) == (0, "")
    assert f"run autograder build {NAME}" in result.stderr


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (["build", "08_tiny"], NAME),
        (["build", "--check", "tiny"], NAME),
        (["biuld"], "build"),
        (["lst"], "list"),
    ],
    ids=["lesson", "lesson to check", "command", "another command"],
)
def test_wrong_usage_names_the_nearest_valid_name(built: Course, words: list[str], near: str) -> None:
    """Exit 2 and a suggestion."""
    result = invoke(built, *words)

    assert result.exit_code == 2
    assert re.search(rf"Did you mean '?{near}'?\?", result.stderr)


@pytest.mark.parametrize(
    "words", [["--course", "nowhere", "list"], ["check", "nowhere.ipynb"], ["list", "--jason"]], ids=" ".join
)
def test_what_does_not_exist_is_wrong_usage(words: list[str]) -> None:
    """A folder, a notebook or an option that is not there: exit 2."""
    result = invoke(None, *words)

    assert result.exit_code == 2
    assert words[1] in result.stderr


@pytest.mark.parametrize("command", ["list", "build", "demo"])
def test_outside_a_course_nothing_can_be_done(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 1, and where to go."""
    monkeypatch.chdir(tmp_path)

    result = invoke(None, command)

    assert result.exit_code == 1
    assert "nbgrader_config.py" in result.stderr and "--course DIR" in result.stderr


def test_a_course_is_found_from_a_folder_inside_it(built: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """The nearest folder upward that holds nbgrader_config.py."""
    monkeypatch.chdir(built.solutions / NAME)

    assert invoke(None, "list").stdout.startswith(NAME)


@pytest.mark.parametrize("command", ["", *main.commands])
def test_help_fits_a_screen(command: str) -> None:
    """At most 24 lines of 100 characters, also on a wide terminal; a command shows an example."""
    result = CliRunner().invoke(main, [*([command] if command else []), "--help"], env={"COLUMNS": "200"})

    lines = result.stdout.splitlines()
    assert result.exit_code == 0
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 100


@pytest.mark.slow
def test_check_runs_a_notebook_and_shows_what_it_earns(course: Course) -> None:
    """A learner's own table: points, hint and what is open, though a cell raises on the way."""
    notebook = notebook_at(course, RELEASE)
    cell = cells_by_id(notebook)["half"]
    cell.source = cell.source.replace(
        "raise NotImplementedError()", "return np.sqrt(x) if np.ndim(x) else x / 2"
    )
    nbformat.write(notebook, course.root / RELEASE)

    result = invoke(course, "check", str(course.root / RELEASE), "--json")

    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert (found["lesson"], found["score"], found["max_score"]) == (NAME, 0.5, 3)
    assert [(one["name"], one["points"], one["misconception"]) for one in found["exercises"]] == [
        ("half", 0.5, "root_of_arrays"),
        ("shuffled", 0.0, None),
    ]


def test_check_of_the_solution_shows_full_points(built: Course) -> None:
    """In words, with a last line that sums up."""
    result = invoke(built, "check", str(built.root / SOLUTION))

    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1] == f"{NAME}: 3 of 3 points"


@pytest.mark.parametrize(
    ("text", "says"), [("{", "is not a notebook"), ("", "is not a notebook")], ids=["cut off", "empty"]
)
def test_check_of_what_is_no_notebook_says_so(tmp_path: Path, text: str, says: str) -> None:
    """Exit 1 and one sentence, no traceback."""
    (tmp_path / "mine.ipynb").write_text(text)

    result = invoke(None, "check", str(tmp_path / "mine.ipynb"))

    assert result.exit_code == 1
    assert says in result.stderr


# Only what is stale


def test_a_second_build_skips_what_is_fresh(course: Course) -> None:
    """Nothing is run, and the line says so."""
    invoke(course, "build")
    before = built_files(course)

    assert invoke(course, "build").stdout == f"{NAME}  fresh, skipped\n"
    assert built_files(course) == before


@pytest.mark.slow
@pytest.mark.parametrize("path", [LESSON_PATH, EXERCISES_PATH])
def test_an_edited_source_is_built(course: Course, path: str) -> None:
    """A comment is enough: what it changes is for the build to find out."""
    invoke(course, "build")
    source = course.root / path
    source.write_text(source.read_text(encoding="utf-8") + "\n# one more line\n", encoding="utf-8")

    assert "skipped" not in invoke(course, "build").stdout
    assert "skipped" in invoke(course, "build").stdout


@pytest.mark.slow
def test_a_module_beside_the_lessons_counts_as_source(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a cell imports from the course's own code, a change there makes the lesson stale."""
    beside = course.root / "beside_the_lesson.py"
    beside.write_text("X = 1\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(course.root))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(course.root), os.environ.get("PYTHONPATH", "")]))
    source = course.root / LESSON_PATH
    cell = "\n# %%\nimport beside_the_lesson\n"
    source.write_text(source.read_text(encoding="utf-8") + cell, encoding="utf-8")
    invoke(course, "build")
    assert "skipped" in invoke(course, "build").stdout

    beside.write_text("X = 2\n", encoding="utf-8")

    assert "skipped" not in invoke(course, "build").stdout


@pytest.mark.slow
def test_all_is_built_when_asked_for(course: Course) -> None:
    """For what no file shows: another version of a library."""
    invoke(course, "build")
    assert "skipped" not in invoke(course, "build", "--all").stdout


# Questions


ASKS = """

from autograder.authoring import Question, right, wrong

what_is_half = Question("What is half of 4?", right("2", "Twice 2 is 4."), wrong("8", "That is double."))
"""


@pytest.mark.slow
def test_questions_are_built_and_shown(tmp_path: Path) -> None:
    """They stand in checks.json; the cell shows them with every choice's reason."""
    course = make_course(
        tmp_path,
        replaced(LESSON, ("progress()", "from autograder import quiz\n\n# %%\nquiz()")),
        EXERCISES + ASKS,
    )
    build.build(course, only_lesson(course))
    (question,) = checks_file.load(course.root / CHECKS).questions
    assert (question.name, [choice.right for choice in question.choices]) == ("what_is_half", [True, False])
    shown = [
        output.data["text/html"]
        for cell in notebook_at(course, SOLUTION).cells
        if cell.source == "quiz()"
        for output in cell.outputs
    ]
    assert "That is double." in shown[0]


def test_questions_that_are_not_shown_are_refused(tmp_path: Path) -> None:
    course = make_course(tmp_path, exercises=EXERCISES + ASKS)
    with pytest.raises(LessonError, match="not shown"):
        compile_public(only_lesson(course))


def test_a_quiz_without_questions_is_refused(tmp_path: Path) -> None:
    course = make_course(tmp_path, replaced(LESSON, ("progress()", "quiz()")))
    with pytest.raises(LessonError, match="asks nothing"):
        compile_public(only_lesson(course))


@pytest.mark.parametrize(
    "choices", ['right("2", "x")', 'wrong("2", "x"), wrong("3", "x")', 'right("2", "x"), wrong("3", "")']
)
def test_a_question_has_one_right_choice_and_reasons(tmp_path: Path, choices: str) -> None:
    asks = replaced(ASKS, ('right("2", "Twice 2 is 4."), wrong("8", "That is double.")', choices))
    course = make_course(tmp_path, exercises=EXERCISES + asks)
    with pytest.raises(LessonError, match="choice"):
        compile_public(only_lesson(course))


YES_OR_NO = """\
half = Exercise(points=2)


@half.cases
def cases(rng):
    for _ in range(3):
        yield case(x=int(rng.integers(10)))


@half.wrong("Odd numbers are the others.")
def odd(x):
    return x % 2 == 1


half.small("4 is even.", x=4)

"""


def test_where_answers_are_few_hidden_cases_are_drawn_several_times(tmp_path: Path) -> None:
    """As soon as one draw's answers are those of the public cases in their order."""
    first, last = EXERCISES.index("half = Exercise"), EXERCISES.index("VALUES, ORDER =")
    lesson = replaced(LESSON, ("x / scale", "x % scale == 0"), (DEMO, "half(4)"))
    exercises = EXERCISES[:first] + YES_OR_NO + EXERCISES[last:]
    made = only_lesson(make_course(tmp_path, lesson, exercises))
    public = compile_exercise(made, "half", PUBLIC)

    def answers(sheet: Sheet) -> list[bool]:
        return [case.expected for case in sheet.cases]

    alike = next(
        secret
        for secret in map(str, range(100))
        if answers(compile_exercise(made, "half", secret, public=public)) == answers(public)
    )
    hidden = compile_hidden_exercise(made, "half", alike, public)
    assert len(hidden.cases) == DRAWS_OF_FEW_ANSWERS * len(public.cases)
