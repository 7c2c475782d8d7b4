"""Two runs into one gradebook: the second is refused, from whichever folder it comes."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.engine.alone import AnotherRun, alone, alone_with
from autograder.nbgrader.course import Course
from autograder.nbgrader.gradebook import Gradebook


def course(root: Path, database: Path) -> Course:
    root.mkdir()
    (root / "nbgrader_config.py").write_text(
        f"c = get_config()\nc.CourseDirectory.db_url = 'sqlite:///{database}'\n"
    )
    return Course(root)


@pytest.mark.slow
def test_two_folders_with_one_gradebook_do_not_grade_at_once(tmp_path: Path) -> None:
    books = [Gradebook(course(tmp_path / name, tmp_path / "shared.db")) for name in ("one", "two")]
    try:
        with (
            alone_with(books[0]),
            pytest.raises(AnotherRun, match="is being graded already: process"),
            alone_with(books[1]),
        ):
            pass
        with alone_with(books[1]):  # the first has let go of it
            pass
    finally:
        for book in books:
            book.close()


def test_a_folder_is_graded_by_one_run(tmp_path: Path) -> None:
    with alone(tmp_path), pytest.raises(AnotherRun), alone(tmp_path):
        pass
