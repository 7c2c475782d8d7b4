"""What the documentation shows, works."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from autograder.authoring import build
from autograder.authoring.lesson import lessons_of
from autograder.authoring.stale import stale_files
from autograder.nbgrader.course import Course

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.slow
def test_the_example_of_writing_a_lesson_builds(tmp_path: Path) -> None:
    """The lesson in docs/writing-a-lesson.md builds as it stands, and its release holds no solution."""
    text = (ROOT / "docs" / "writing-a-lesson.md").read_text(encoding="utf-8")
    folder = tmp_path / "solutions" / "42_relu"
    folder.mkdir(parents=True)
    for name in ("lesson.py", "exercises.py"):
        (block,) = re.findall(rf"```python\n# {re.escape(name)}\n(.*?)```", text, re.DOTALL)
        (folder / name).write_text(block, encoding="utf-8")
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    course = Course(tmp_path)
    (lesson,) = lessons_of(course, ("42",))

    built = build.build(course, lesson)

    release = (tmp_path / "notebooks" / "42_relu" / "42_relu.ipynb").read_text(encoding="utf-8")
    assert built.points == 3
    assert "np.maximum" not in release and "Rubric" not in release
    assert "raise NotImplementedError()" in release
    assert stale_files(course, lesson) == []
