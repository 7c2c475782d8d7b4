"""A gradebook in PostgreSQL: a plain address finds a driver, and where there is none one sentence says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.errors import AutograderError
from autograder.nbgrader import course as courses
from autograder.nbgrader.course import Course, load_config
from autograder.nbgrader.gradebook import Gradebook


def a_course(folder: Path, url: str) -> Course:
    (folder / "nbgrader_config.py").write_text(f"c = get_config()\nc.CourseDirectory.db_url = {url!r}\n")
    return Course(folder)


@pytest.mark.parametrize(
    ("here", "url", "found"),
    [
        ({"psycopg", "psycopg2"}, "postgresql://u@h/db", "postgresql+psycopg://u@h/db"),
        ({"psycopg2"}, "postgres://u@h/db", "postgresql+psycopg2://u@h/db"),
        ({"psycopg"}, "postgresql+psycopg2://u@h/db", "postgresql+psycopg2://u@h/db"),
        ({"psycopg"}, "sqlite:///gradebook.db", "sqlite:///gradebook.db"),
        (set(), "postgres://u@h/db", "postgresql://u@h/db"),
    ],
)
def test_a_plain_address_gets_the_driver_that_is_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, here: set[str], url: str, found: str
) -> None:
    monkeypatch.setattr(courses, "find_spec", lambda name: name in here or None)
    assert load_config(a_course(tmp_path, url).root).CourseDirectory.db_url == found


def test_no_driver_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courses, "find_spec", lambda _: None)
    with pytest.raises(AutograderError, match=r"pip install 'psycopg\[binary\]'"):
        Gradebook(a_course(tmp_path, "postgresql://u@h/db"))


@pytest.mark.parametrize("url", ["sqlite:////nowhere/at/all.db", "nonsense://x", "mysql://u@h/db"])
def test_a_gradebook_that_does_not_open_is_one_sentence(tmp_path: Path, url: str) -> None:
    with pytest.raises(AutograderError, match="The gradebook can't be opened") as said:
        Gradebook(a_course(tmp_path, url))
    assert "\n" not in str(said.value)
