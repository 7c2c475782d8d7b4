"""Where a course's files lie, by nbgrader's configuration; what is read there and what grading leaves."""

from __future__ import annotations

import contextlib
import glob
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from ..files import replace_folder
from .course import Course, quiet, silent_log
from .records import Mark

if TYPE_CHECKING:
    from traitlets.config import Config


class Folders:
    """The folders of one course."""

    def __init__(self, course: Course, config: Config) -> None:
        from nbgrader.coursedir import CourseDirectory

        self.config = config
        self.directory = CourseDirectory(config=config, log=silent_log())
        if "root" not in config.get("CourseDirectory", {}):
            self.directory.root = str(course.root)

    def assignments(self) -> list[str]:
        """The assignments that have a source."""
        where = Path(self.directory.format_path(self.directory.source_directory, ".", "*"))
        return sorted(path.name for path in where.parent.glob("*") if any(path.glob("*.ipynb")))

    @property
    def root(self) -> Path:
        return Path(self.directory.root)

    def source_folder(self, assignment: str) -> Path:
        """Where the instructor's notebooks of an assignment lie."""
        return Path(self.directory.format_path(self.directory.source_directory, ".", assignment))

    def submitted_folders(self, assignment: str, submitted: Path | None) -> dict[str, Path]:
        """Each student's folder for an assignment."""
        if submitted:
            found = {path.parent.name: path for path in submitted.glob(f"*/{glob.escape(assignment)}")}
        else:
            found = self._by_structure(assignment)
        excluded = set(filter(None, self.directory.student_id_exclude.split(",")))
        return {name: found[name] for name in sorted(found) if name not in excluded}

    def _by_structure(self, assignment: str) -> dict[str, Path]:
        where = self.directory.submitted_directory
        pattern = self.directory.format_path(where, "*", assignment)
        asked = re.compile(self.directory.format_path(where, "(?P<student>.*)", assignment, escape=True))
        matches = ((asked.fullmatch(path), path) for path in glob.glob(pattern))
        return {match["student"]: Path(path) for match, path in matches if match}

    def files_of(self, folder: Path) -> list[Path]:
        """The files that nbgrader would take along."""
        from nbgrader import utils

        with quiet():
            return [Path(path) for path in utils.find_all_files(str(folder), self.directory.ignore)]

    def overwriting_files(self, assignment: str) -> dict[str, bytes]:
        """What the instructor's folder puts over the student's."""
        folder = self.source_folder(assignment)
        kept = self.config.get("Autograde", {}).get("exclude_overwriting", {}).get(assignment, [])
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in self.files_of(folder)
            if path.suffix != ".ipynb" and str(path.relative_to(folder)) not in kept
        }

    def write_folder(self, mark: Mark, handed_in: dict[str, bytes], overwriting: dict[str, bytes]) -> None:
        """The student's folder in autograded/: made aside and moved into place whole; none for a failure."""
        target = self.autograded(mark.assignment, mark.student)
        if mark.status == "failed":
            shutil.rmtree(target, ignore_errors=True)
            return
        with replace_folder(target) as folder:
            for name, data in overwriting.items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(data)
            for name, data in handed_in.items():
                if name not in overwriting and not name.endswith(".ipynb"):
                    with contextlib.suppress(NotADirectoryError, IsADirectoryError, FileExistsError):
                        (folder / name).parent.mkdir(parents=True, exist_ok=True)
                        (folder / name).write_bytes(data)  # where the instructor has a file, it stays
            for notebook in mark.notebooks:
                (folder / f"{notebook.name}.ipynb").write_text(notebook.text, encoding="utf-8")

    def autograded(self, assignment: str, student: str) -> Path:
        """Where a student's executed notebooks lie."""
        return Path(self.directory.format_path(self.directory.autograded_directory, student, assignment))

    def feedback(self, assignment: str, student: str) -> Path:
        """Where the page lies that a student gets back."""
        return Path(self.directory.format_path(self.directory.feedback_directory, student, assignment))
