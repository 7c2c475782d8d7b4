"""One run at a time: for a course's folder, and for a gradebook that several folders or machines share."""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import AutograderError
from ..nbgrader.gradebook import Gradebook


class AnotherRun(AutograderError):
    """Somebody is grading this course now."""

    def __init__(self, who: str) -> None:
        super().__init__(who)
        self.who = who

    def __str__(self) -> str:
        return f"This course is being graded already: {self.who}. Wait for it to end, or stop it."


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Holds the course's lock; the kernel lets go of it however this process ends."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _held(folder / "grading.lock"):
        yield


@contextmanager
def alone_with(gradebook: Gradebook) -> Iterator[None]:
    """Holds the gradebook's lock, wherever it lies; it is let go of with the connection, or this process."""
    from sqlalchemy import create_engine, text

    url = gradebook.database.engine.url
    if url.get_backend_name() == "postgresql":
        key = int.from_bytes(hashlib.sha256(str(url.database).encode()).digest()[:7])
        engine = create_engine(url)
        try:
            with engine.connect() as connection:
                if not connection.execute(text("select pg_try_advisory_lock(:key)"), {"key": key}).scalar():
                    raise AnotherRun("into the same gradebook, from another folder or machine")
                connection.commit()
                yield
        finally:
            engine.dispose()
    elif url.database and Path(url.database).resolve().parent != gradebook.course.root.resolve():
        with _held(Path(f"{url.database}.grading.lock")):  # one of its own is its folder's to hold
            yield
    else:
        yield


@contextmanager
def _held(path: Path) -> Iterator[None]:
    with path.open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            raise AnotherRun(lock.read().strip() or "by an unknown process") from None
        lock.seek(0)
        lock.truncate()
        lock.write(f"process {os.getpid()} on {os.uname().nodename}, since {time.strftime('%H:%M:%S')}")
        lock.flush()
        yield
