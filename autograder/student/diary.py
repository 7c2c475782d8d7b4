"""What a learner did, kept in one small file in their data folder: it outlives the kernel.

One person's, on their machine, and nobody else's: whoever builds a lesson or grades one neither reads nor
writes it. Several kernels may write at once, and none of them loses what another wrote. A file that can't be
read or written costs a word, never work: a damaged one is put aside, and what follows is remembered until
the kernel ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

FORMAT = 1
FOLDER = "AUTOGRADER_DATA"  # the variable that names another folder; empty: nothing is kept
FILE_NAME = "diary.json"
LOCK_SECONDS = 2.0
ROOMS_OF_OTHERS = ("autograder.authoring", "autograder.engine", "autograder.nbgrader")

Answer = TypeVar("Answer")

# What must be in the file, for all that reads it to find what it expects.
_EXERCISE = {
    "tries": int,
    "differ": int,
    "best": float,
    "points": float,
    "of": float,
    "status": str,
    "first": str,
    "last": str,
    "passed": str,
    "kept": str,
    "functions": [str],
    "hints": [str],
    "answers": [{"source": str, "seen": str, "failed": [str], "misconception": str, "when": str}],
}
_QUESTION = {"step": int, "due": str, "right": bool}
_LESSON = {
    "seconds": float,
    "last": str,
    "exercises": {"*": _EXERCISE},
    "questions": {"*": _QUESTION},
}
_SHAPE = {"format": int, "lessons": {"*": _LESSON}}


class Diary:
    """A file of what was done, or a memory where there can be no file."""

    def __init__(self, path: Path | None) -> None:
        self.path = path  # none: it lasts as long as the kernel
        self.data: dict[str, Any] = {"format": FORMAT, "lessons": {}}
        self.unsaid: list[str] = []  # what went wrong with the file, until somebody is told

    def read(self) -> dict[str, Any]:
        """All that it holds."""
        if self.path is not None:
            self._load(self.path)
        return self.data

    def update(self, change: Callable[[dict[str, Any]], Answer]) -> Answer:
        """Changes what it holds, and keeps it."""
        if self.path is None:
            return change(self.data)
        with _locked(self.path):
            self._load(self.path)
            answer = change(self.data)
            self._store()
        return answer

    def words(self) -> tuple[str, ...]:
        """What is to be said of the file, once."""
        said, self.unsaid = tuple(self.unsaid), []
        return said

    def _load(self, path: Path) -> None:
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return  # of a file that somebody removed meanwhile, what is in memory is left
        except UnicodeDecodeError:
            text = ""
        except OSError as error:
            self._give_up(f"could not be read ({error.strerror})")
            return
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            data = None
        if isinstance(data, dict) and isinstance(data.get("format"), int) and data["format"] > FORMAT:
            self._give_up("was written by a newer version of this course's autograder")
        elif _fits(data, _SHAPE):
            self.data = data
        else:
            self._put_aside(path)

    def _put_aside(self, path: Path) -> None:
        aside = path.with_name(f"{path.stem}.damaged-{datetime.now():%Y%m%d-%H%M%S-%f}{path.suffix}")
        try:
            os.replace(path, aside)
        except OSError as error:
            self._give_up(f"is damaged and could not be put aside ({error.strerror})")
            return
        self.unsaid.append(
            f"The file with your progress was damaged. It is kept as {aside}; a new one was begun."
        )

    def _store(self) -> None:
        if self.path is None:  # given up while it was read
            return
        try:
            if self.path.exists() and not self.path.stat().st_mode & 0o200:
                raise PermissionError(0, "it is read-only")
            target = self.path.resolve()  # of a link, the file it leads to
            descriptor, name = tempfile.mkstemp(prefix=".diary-", suffix=".part", dir=target.parent)
            try:
                with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                    json.dump(self.data, file)
                os.replace(name, target)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(name)
                raise
        except OSError as error:
            self._give_up(f"could not be written ({error.strerror})")

    def _give_up(self, why: str) -> None:
        self.unsaid.append(f"{self.path} {why}: your progress is remembered only until the kernel ends.")
        self.path = None


def own() -> Diary:
    """The diary of whoever sits here; where nobody does, one that forgets."""
    global _own
    place = folder() if is_kept() else None
    path = place / FILE_NAME if place else None
    if _own is None or _own[0] != path:
        _own = (path, Diary(path))
    return _own[1]


_own: tuple[Path | None, Diary] | None = None


def is_somebody_here() -> bool:
    """Whether a person reads along: not where lessons are built, graded or validated.

    Whoever does that has loaded other rooms of this package, or says so by a variable.
    """
    if any(room in sys.modules for room in ROOMS_OF_OTHERS):
        return False
    return not (os.environ.get("NBGRADER_EXECUTION") or os.environ.get("STATIC_FIGURES"))


def is_kept() -> bool:
    """Whether there is a person to keep it for, who did not say otherwise."""
    if not is_somebody_here():
        return False
    if FOLDER in os.environ:
        return bool(os.environ[FOLDER])
    ipython = sys.modules.get("IPython")
    return ipython is not None and ipython.get_ipython() is not None


def folder() -> Path | None:
    """Where this system keeps a program's data for a user; None where it knows no home."""
    if os.environ.get(FOLDER):
        return Path(os.environ[FOLDER])
    try:
        home = Path.home()
    except RuntimeError:
        return None
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or home / "AppData" / "Roaming") / "autograder"
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "autograder"
    if sys.platform == "emscripten":  # a browser keeps what lies among the notebooks, and nothing else
        drive = Path("/drive")
        return (drive if drive.is_dir() else home) / "autograder-progress"
    named = Path(os.environ.get("XDG_DATA_HOME", ""))
    return (named if named.is_absolute() else home / ".local" / "share") / "autograder"


def lesson_in(data: dict[str, Any], lesson: str) -> dict[str, Any]:
    """What is written of a lesson, which begins here if it is new."""
    blank = {"seconds": 0.0, "last": "", "exercises": {}, "questions": {}}
    found: dict[str, Any] = data["lessons"].setdefault(lesson, blank)
    return found


def blank_exercise(points: float, functions: tuple[str, ...]) -> dict[str, Any]:
    """What is written of an exercise that was never checked."""
    when = now()
    return {
        "tries": 0,
        "differ": 0,  # wrong answers that differ, since it was last right
        "best": 0.0,
        "points": 0.0,
        "of": points,
        "status": "open",
        "first": when,
        "last": when,
        "passed": "",  # when it was last right
        "kept": "",  # the source of what passed last
        "functions": list(functions),
        "hints": [],  # those shown, by their hashes
        "answers": [],
    }


def exercise_in(data: dict[str, Any], lesson: str, exercise: str) -> dict[str, Any] | None:
    """What is written of an exercise; None where nothing is."""
    found: dict[str, Any] | None = data["lessons"].get(lesson, {}).get("exercises", {}).get(exercise)
    return found


def now() -> str:
    """This minute, as it is written here."""
    return datetime.now().isoformat(timespec="minutes")


def day(when: str) -> str:
    """A date in words: 3 November 2026."""
    try:
        at = datetime.fromisoformat(when)
    except ValueError:
        return when
    return f"{at.day} {at:%B %Y}"


def _fits(value: Any, shape: Any) -> bool:
    """Whether data has at least these keys and kinds of values."""
    if isinstance(shape, list):
        return isinstance(value, list) and all(_fits(item, shape[0]) for item in value)
    if isinstance(shape, dict) and "*" in shape:
        return isinstance(value, dict) and all(_fits(item, shape["*"]) for item in value.values())
    if isinstance(shape, dict):
        return isinstance(value, dict) and all(
            key in value and _fits(value[key], shape[key]) for key in shape
        )
    return isinstance(value, (int, float) if shape is float else shape)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One kernel at a time. Where the system has no locks, or another holds one too long, on we go."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:  # what can't be written will be said when it is tried
        yield
        return
    try:
        until = time.monotonic() + LOCK_SECONDS
        while not _lock(descriptor) and time.monotonic() < until:
            time.sleep(0.01)
        yield
    finally:
        os.close(descriptor)  # which gives the lock back


def _lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except PermissionError:  # Windows' word for: somebody holds it
        return sys.platform != "win32"
    except (ImportError, AttributeError, OSError):  # a browser's Python, a network's disk: there are no locks
        return True
    return True
