"""`autograder release`: a folder, a zip or a wheel to hand out, scanned before anybody can see it."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ..authoring.lesson import lessons_of
from ..errors import AutograderError
from ..nbgrader.course import Course
from .handout import DATA, Contents, Project, handout, must_be_whole
from .scan import scan
from .wheel import file_name, wheel

EARLIEST = (1980, 1, 1, 0, 0, 0)  # the time of everything in an archive, so that its bytes are the same
_OF_A_RELEASE = ("README.md", "requirements.lock", "notebooks", "autograder/student")


@dataclass(frozen=True)
class Released:
    """What was handed out."""

    target: Path
    files: int
    bytes: int


def release(
    course: Course,
    target: Path,
    names: Iterable[str] = (),
    self_study: bool = False,
    force: bool = False,
    say: Callable[[str], None] = lambda _: None,
    opens: str = "",
) -> Released:
    """Makes what students are handed, looks through it, and only then puts it where it was asked for.

    Args:
        course: what is handed out.
        target: a folder; or a file that ends in .zip or .whl.
        names: lessons; none: all of them.
        self_study: with the solutions.
        force: replaces an earlier release.
        say: told what is being done.
        opens: the day from which solutions are shown or, where they don't go out, will be there.
    """
    must_be_whole(course)
    project = Project.of(course)
    lessons = lessons_of(course, names)
    _must_be_free(course, project, target, force)
    say(f"gathering {len(lessons)} lessons")
    contents = handout(course, lessons, self_study, opens)
    if target.suffix == ".whl":
        contents = wheel(course, project, lessons, contents)
    say(f"looking through {len(contents)} files")
    scan(course, lessons_of(course), contents, project.known_solutions, self_study)
    if target.suffix in (".zip", ".whl"):
        root = "" if target.suffix == ".whl" else f"{target.stem}/"
        write_archive(target, {f"{root}{path}": data for path, data in contents.items()})
    else:
        _write_folder(target, contents)
    return Released(target, len(contents), sum(map(len, contents.values())))


def write_archive(target: Path, contents: Contents, executable: Iterable[str] = ()) -> None:
    """A zip with the same bytes each time, moved into place whole."""
    buffer, programs = io.BytesIO(), set(executable)
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(contents):
            entry = zipfile.ZipInfo(path, EARLIEST)
            entry.create_system = 3  # Unix, on every system
            entry.external_attr = (0o100755 if path in programs else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, contents[path])
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    try:
        part.write_bytes(buffer.getvalue())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _write_folder(target: Path, contents: Contents) -> None:
    """Made aside and moved into place. What is hidden in an earlier release stays: its .git, its .venv."""
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        for path, data in contents.items():
            (aside / path).parent.mkdir(parents=True, exist_ok=True)
            (aside / path).write_bytes(data)
        aside.chmod(0o755)
        for kept in target.glob(".*") if target.is_dir() else ():
            if kept.name not in contents:
                shutil.move(kept, aside / kept.name)
        shutil.rmtree(target, ignore_errors=True)
        os.replace(aside, target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _must_be_free(course: Course, project: Project, target: Path, force: bool) -> None:
    place, root = target.resolve(), course.root.resolve()
    if place == root or place in root.parents:
        raise AutograderError(f"{target} holds the course itself: name another place.")
    if any(place.is_relative_to(folder) for folder in (course.notebooks, course.solutions, root / DATA)):
        raise AutograderError(f"{target} lies in what is handed out: name another place.")
    if target.suffix == ".whl" and target.name != file_name(project):
        raise AutograderError(f"pip installs no wheel of another name: call it {file_name(project)}")
    if target.suffix in (".zip", ".whl"):
        if target.is_dir():
            raise AutograderError(f"{target} is a folder.")
        if target.exists() and not force:
            raise AutograderError(f"{target} is there already: with --force it is replaced.")
    elif target.exists() and (not target.is_dir() or any(target.iterdir())):
        earlier = all((target / part).exists() for part in _OF_A_RELEASE)
        if not earlier:
            raise AutograderError(
                f"{target} is there already, and is no earlier release: name another place."
            )
        if not force:
            raise AutograderError(f"{target} is an earlier release: with --force it is replaced.")
