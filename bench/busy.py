"""Whether a busy machine costs marks: a class graded in peace, and again beside loops that never end.

python -m bench.busy [--loops 8] [--students 40] [LESSON…]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.engine.sandbox import missing

from .room import ROOT, Room

LESSONS = ("00_start_here", "07_gradient_clipping", "12_inverted_dropout")
JOBS = 2
LOOP = "import os, sys\nwhile os.getppid() == int(sys.argv[1]): pass"  # ends with us, however we end


@dataclass(frozen=True)
class Graded:
    """What came of a class: of each student what counts; how long it took, and the load at its end."""

    results: dict[str, Any]
    seconds: float
    load: float


@contextlib.contextmanager
def busy(loops: int) -> Iterator[None]:
    """Beside loops that take all the time of the processors that they are given."""
    own = [subprocess.Popen([sys.executable, "-c", LOOP, str(os.getpid())]) for _ in range(loops)]
    try:
        yield
    finally:
        for one in own:
            one.kill()
            one.wait()


def grade(room: Room, students: int) -> Graded:
    """Grades a class that hands in the reference, misconceptions and other right ways, in turn."""
    handed_in = room.some(len(room.answers), students)
    with room.handed_in(handed_in) as course:
        began = time.monotonic()
        command = [sys.executable, "-m", "autograder", "--course", str(course), "grade", room.lesson]
        done = subprocess.run(
            [*command, "--jobs", str(JOBS), "--json"], cwd=ROOT, capture_output=True, text=True, check=False
        )
        seconds = time.monotonic() - began
    if not done.stdout:
        raise SystemExit(f"bench: {done.stderr[-2000:]}")
    found = {one["student"]: _what_counts(one) for one in json.loads(done.stdout)["lessons"]}
    return Graded(found, seconds, os.getloadavg()[0])


def _what_counts(result: dict[str, Any]) -> Any:
    rows = [(row["name"], row["points"], row["misconception"]) for row in result["exercises"]]
    return result["status"], result["score"], rows


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.busy", description=__doc__)
    parser.add_argument("lessons", nargs="*", default=LESSONS)
    parser.add_argument("--loops", type=int, default=8)
    parser.add_argument("--students", type=int, default=40)
    asked = parser.parse_args()
    if lacking := missing():
        parser.exit(1, f"bench: strangers' code can't be confined here: {lacking}\n")
    print(
        f"{os.cpu_count()} cores, {JOBS} jobs, {asked.loops} busy loops, load {os.getloadavg()[0]:.1f} before"
    )
    print(f"{'lesson':24} {'students':>8} {'quiet s':>8} {'load':>6} {'busy s':>8} {'load':>6}  other marks")
    others = 0
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as scratch:
        for lesson in asked.lessons:
            room = Room(lesson, Path(scratch))
            quiet = grade(room, asked.students)
            with busy(asked.loops):
                loaded = grade(room, asked.students)
            moved = [name for name in quiet.results if loaded.results.get(name) != quiet.results[name]]
            others += len(moved)
            figures = f"{quiet.seconds:8.0f} {quiet.load:6.1f} {loaded.seconds:8.0f} {loaded.load:6.1f}"
            print(f"{lesson:24} {len(quiet.results):8} {figures}  {len(moved)}", flush=True)
            for name in moved:
                print(f"    {name}: {quiet.results[name]}\n    busy: {loaded.results.get(name)}", flush=True)
    sys.exit(bool(others))


if __name__ == "__main__":
    main()
