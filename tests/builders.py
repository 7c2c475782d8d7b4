"""A small course to build: one lesson, two exercises, nothing but NumPy."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from autograder.authoring.lesson import Lesson, lessons_of
from autograder.engine.sandbox import missing
from autograder.nbgrader.course import Course

ROOT = Path(__file__).resolve().parents[1]
NAME = "07_tiny"

LACKING = missing()
needs_sandbox = pytest.mark.skipif(bool(LACKING), reason=f"no sandbox: {LACKING}")

LESSON = '''\
# %% [markdown]
# # Halve and shuffle
#
# A lesson that builds in a second or two.

# %%
import numpy as np

from autograder import check, progress

scale = 2

# %% [markdown]
# ## Halves
#
# Write `half(x)`.

# %%
def half(x):
    """Half of x."""
    ### BEGIN SOLUTION
    return x / scale
    ### END SOLUTION

# %%
check(half)

# %% [markdown]
# ## Shuffling
#
# Write `shuffled(values, rng)`.

# %%
def shuffled(values, rng):
    """The values in an order drawn from rng."""
    ### BEGIN SOLUTION
    return rng.permutation(values)
    ### END SOLUTION

# %%
check(shuffled)

# %% tags=["demo"]
print(half(np.arange(4)))

# %% [markdown]
# ### Your log

# %% [markdown] tags=["yours"]
# My guess: …

# %% [markdown] tags=["written"] name="why_shuffle" points=1.5
# Why is a data set shuffled before it is split?
#
# ### BEGIN SOLUTION
# Rubric: files are often sorted by class.
# ### END SOLUTION

# %% [markdown]
# ## Summary

# %%
progress()
'''

EXERCISES = """\
import numpy as np

from autograder.student.properties import same
from autograder.authoring import Exercise, case, draw_seed

half = Exercise(points=2, groups={"numbers": 1, "arrays": 3})


@half.cases
def cases(rng):
    yield case("numbers", x=rng.uniform(1, 2))
    yield case("arrays", x=rng.uniform(1, 2, 3))


@half.wrong("That is twice as much.")
def doubled(x):
    return x * 2


@half.wrong("For an array the square root comes back.", loses="arrays")
def root_of_arrays(x):
    return x / 2 if np.ndim(x) == 0 else np.sqrt(x)


@half.right
def times_a_half(x):
    return 0.5 * x


@half.right
def in_float32(x):
    return np.float32(x) / np.float32(2)


half.small("Half of 3 is 1.5.", x=3.0)
half.small("Each entry by itself.", x=np.array([3.0, 8.0]))

VALUES, ORDER = "the same values", "another order"

shuffled = Exercise(points=1, groups={VALUES: 1, ORDER: 1})


@shuffled.cases
def cases(rng):
    yield case(values=rng.uniform(size=20), seed=draw_seed(rng))


@shuffled.driver
def drive(shuffled, values, seed):
    return shuffled(values, np.random.default_rng(seed))


@shuffled.judge
def judge(case, result):
    values = case.inputs["values"]
    yield VALUES, is_mixed(result, values), "other values"
    yield ORDER, not same(result, values), "the old order"


def is_mixed(result, values):
    return same(np.sort(result), np.sort(values))


@shuffled.wrong("Nothing has moved.", loses=ORDER)
def left_alone(values, rng):
    return values.copy()


@shuffled.wrong("Some values are there twice.", loses=VALUES)
def with_replacement(values, rng):
    return rng.choice(values, len(values))


@shuffled.right
def by_sorting(values, rng):
    return values[np.argsort(rng.random(len(values)))]


@shuffled.right
def in_place_on_a_copy(values, rng):
    values = values.copy()
    rng.shuffle(values)
    return values


shuffled.small("Of (1, 2, 3) there are six orders.")
"""


def make_course(root: Path, lesson: str = LESSON, exercises: str = EXERCISES, name: str = NAME) -> Course:
    """A course of one lesson, with this repository's configuration of nbgrader."""
    folder = root / "solutions" / name
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    (folder / "lesson.py").write_text(lesson, encoding="utf-8")
    (folder / "exercises.py").write_text(exercises, encoding="utf-8")
    return Course(root)


def code_cell(source: str, name: str = "extra") -> dict[str, Any]:
    """A cell as a notebook's file has it."""
    return {
        "cell_type": "code",
        "id": name,
        "metadata": {},
        "outputs": [],
        "execution_count": None,
        "source": source,
    }


def only_lesson(course: Course) -> Lesson:
    """The lesson of a course that has one, read afresh."""
    (lesson,) = lessons_of(course)
    return lesson


def replaced(text: str, *changes: tuple[str, str]) -> str:
    """The text with pieces exchanged, each of which must be there just once."""
    for old, new in changes:
        assert text.count(old) == 1, f"{text.count(old)} times in the text: {old}"
        text = text.replace(old, new)
    return text


def solution_bodies(source: str, shortest: int = 10) -> list[list[str]]:
    """What stands between the solution markers of a cell, line by line; short lines and comments left out."""
    bodies = re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", source, re.DOTALL)
    lines = [[line.strip() for line in body.splitlines()] for body in bodies]
    kept = [[line for line in body if len(line) >= shortest and not line.startswith("#")] for body in lines]
    return [body for body in kept if body]


def built_files(course: Course) -> dict[str, bytes]:
    """The bytes of every file of solutions/ and notebooks/."""
    folders = (course.solutions, course.notebooks)
    files = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(course.root)): path.read_bytes() for path in sorted(files)}
