"""A course as nbgrader sees it: the folder with nbgrader_config.py, and what that says."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import AutograderError

if TYPE_CHECKING:
    from traitlets.config import Config

CONFIG = "nbgrader_config.py"
CONFIGS = (CONFIG, "nbgrader_config.json")  # as traitlets reads them: the later one has the last word


@dataclass(frozen=True)
class Course:
    """The folder that holds nbgrader_config.py, or .json."""

    root: Path

    @property
    def solutions(self) -> Path:
        """Where lessons are written; nbgrader's source directory, which `check_folders` makes sure of."""
        return self.root / "solutions"

    @property
    def notebooks(self) -> Path:
        """Where lessons are released to; nbgrader's release directory."""
        return self.root / "notebooks"

    @property
    def private(self) -> Path:
        """What only the grading machine holds: the secret, the hidden cases, records."""
        return self.root / ".autograder"


def find_course(start: Path | None = None) -> Course:
    """The course around a folder: the nearest one upward with an nbgrader_config."""
    start = (start or Path.cwd()).resolve()
    for folder in [start, *start.parents]:
        if any((folder / name).is_file() for name in CONFIGS):
            return Course(folder)
    raise AutograderError(
        f"No {CONFIG} in {start} or above it. Go to the course's folder, or name it with --course DIR."
    )


def load_config(root: Path) -> Config:
    """What the stock commands read in the course's root: the user's settings, then the course's."""
    from jupyter_core.paths import jupyter_config_path
    from traitlets.config import Config
    from traitlets.config.loader import JSONFileConfigLoader, PyFileConfigLoader

    config, known = Config(), set(sys.modules)
    for folder in [*reversed(jupyter_config_path()), str(root)]:
        for name, loader in zip(CONFIGS, (PyFileConfigLoader, JSONFileConfigLoader), strict=True):
            if os.path.exists(os.path.join(folder, name)):
                config.merge(loader(name, path=folder).load_config())
    url = config.get("CourseDirectory", {}).get("db_url")
    if isinstance(url, str):
        config.CourseDirectory.db_url = _with_driver(url)
    _imported.setdefault(root, set()).update(set(sys.modules) - known)
    return config


_imported: dict[Path, set[str]] = {}  # by a course's configuration


def config_files(root: Path) -> dict[str, bytes]:
    """The configuration, once it has been loaded, with the modules of the course that it imported."""
    paths = [root / name for name in CONFIGS if (root / name).is_file()]
    for name in _imported.get(root, ()):
        origin = getattr(sys.modules.get(name), "__file__", None)
        if origin and Path(origin).is_relative_to(root) and not Path(origin).is_relative_to(sys.prefix):
            paths.append(Path(origin))
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(set(paths))}


def cell_seconds(config: Config) -> float | None:
    """How long a cell may take by the configuration; None where it does not say, infinity for no limit."""
    from nbgrader.preprocessors import Execute

    if not any("timeout" in config.get(kind.__name__, {}) for kind in Execute.mro()):
        return None
    seconds = Execute(config=config).timeout
    return float(seconds) if seconds is not None and seconds > 0 else float("inf")


def _with_driver(url: str) -> str:
    """An address in PostgreSQL that names no driver, with one that is here; as it was, where none is."""
    kind, between, rest = url.partition("://")
    here = [name for name in ("psycopg", "psycopg2") if find_spec(name)]
    if kind not in ("postgresql", "postgres"):
        return url
    return f"postgresql{f'+{here[0]}' if here else ''}{between}{rest}"


def check_folders(course: Course, config: Config) -> None:
    """Lessons are built where nbgrader will look for them, or not at all.

    Raises:
        AutograderError: the configuration names other folders.
    """
    said = config.get("CourseDirectory", {})
    for key, folder in (("source_directory", course.solutions), ("release_directory", course.notebooks)):
        named = str(said.get(key, "source" if key == "source_directory" else "release"))
        if (course.root / named).resolve() != folder.resolve():
            raise AutograderError(
                f"{course.root / CONFIG}: CourseDirectory.{key} is {named!r}, but lessons are built in "
                f"{folder.name}/. Set it to {folder.name!r}."
            )


def silent_log() -> logging.Logger:
    """A logger that prints nothing, not registered anywhere."""
    log = logging.Logger("autograder")
    log.addHandler(logging.NullHandler())
    return log


@contextmanager
def quiet() -> Iterator[None]:
    """nbformat warns and logs about notebooks that are not quite valid; what matters is raised."""
    log = logging.getLogger("traitlets")
    level, before = log.level, logging.getLogger("nbformat").level
    try:
        log.setLevel(logging.CRITICAL)
        logging.getLogger("nbformat").setLevel(logging.CRITICAL)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(level)
        logging.getLogger("nbformat").setLevel(before)


@contextmanager
def alembic_on_path() -> Iterator[None]:
    """A new gradebook runs `alembic`, which lies beside our Python even where no environment is activated."""
    before = os.environ.get("PATH", os.defpath)
    os.environ["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before


def first_line(error: BaseException) -> str:
    """An exception in one line."""
    lines = str(getattr(error, "message", "") or error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__
