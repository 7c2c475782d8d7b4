"""Breaks the code on purpose, one place at a time, and sees whether a test notices.

Works in copies of this checkout, never in the checkout itself: `python -m bench.mutations`. What is broken
stands in `mutants.py`. A mutation that nobody notices asks for a test, or shows code that isn't needed.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from autograder.engine.sandbox import missing

from .mutants import MUTATIONS, Mutation

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 300  # for the tests of one mutation, which take one or two minutes at most
NOT_COPIED = (".git", ".venv", ".*_cache", ".hypothesis", ".autograder", "__pycache__", "*.egg-info", "build")


@dataclass(frozen=True)
class Run:
    """What became of the tests."""

    passed: bool
    first: str  # the test that failed first
    seconds: float
    said: str


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.mutations", description=__doc__)
    names = [mutation.name for mutation in MUTATIONS]
    parser.add_argument("--only", metavar="NAME", action="append", choices=names, help="see --list")
    parser.add_argument("--list", action="store_true", help="name the mutations and what they would mean")
    parser.add_argument("--jobs", metavar="N", type=int, default=1, help="so many at once (default: 1)")
    asked = parser.parse_args()
    chosen = [mutation for mutation in MUTATIONS if not asked.only or mutation.name in asked.only]
    if asked.list:
        for mutation in chosen:
            print(f"{mutation.name}\n    {mutation.meaning}\n    {mutation.file}")
        return
    if rotten := [line for mutation in MUTATIONS if (line := rot_of(mutation))]:
        parser.exit(2, "\n".join([*rotten, "Mend these in bench/mutants.py, or take them out.\n"]))
    if lacking := missing():
        parser.exit(2, f"bench: strangers' code can't be confined here: {lacking}\n")
    sys.exit(_try_all(chosen, asked.jobs))


def rot_of(mutation: Mutation) -> str:
    """Why a mutation can't be made any more; empty, where it can."""
    path = ROOT / mutation.file
    found = path.read_text(encoding="utf-8").count(mutation.old) if path.is_file() else 0
    return "" if found == 1 else f"{mutation.name}: found {found} times in {mutation.file}: {mutation.old!r}"


def _try_all(chosen: list[Mutation], jobs: int) -> int:
    # Started in the background, this process ignores Ctrl-C, and what it starts would: a test presses it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with _copies(jobs) as copies:
        tests = list(dict.fromkeys(test for mutation in chosen for test in mutation.tests))
        print(f"The tests without a mutation: {len(tests)} files and tests …", flush=True)
        unbroken = _run(copies[0], tests, 10 * SECONDS)
        if not unbroken.passed:  # a test that fails anyway says nothing
            print(f"{unbroken.said}\nThese must pass before anything is broken: {unbroken.first}.")
            return 2
        print(f"pass in {unbroken.seconds:.0f} s\n", flush=True)
        unnoticed = 0
        for mutation, run in _tried(chosen, copies):
            unnoticed += run.passed
            noticed = "NOT NOTICED" if run.passed else run.first
            print(f"{mutation.name:<42} {run.seconds:4.0f} s  {noticed}", flush=True)
            if run.passed:
                print(f"    {mutation.meaning}", flush=True)
    print(f"\n{len(chosen)} mutations, {len(chosen) - unnoticed} noticed, {unnoticed} not")
    return 1 if unnoticed else 0


def _tried(chosen: list[Mutation], copies: list[Path]) -> Iterator[tuple[Mutation, Run]]:
    free: queue.SimpleQueue[Path] = queue.SimpleQueue()
    for copy in copies:
        free.put(copy)

    def attempt(mutation: Mutation) -> Run:
        copy = free.get()
        try:
            with _broken(copy, mutation):
                return _run(copy, mutation.tests, SECONDS)
        finally:
            free.put(copy)

    with ThreadPoolExecutor(len(copies)) as pool:
        try:
            yield from zip(chosen, pool.map(attempt, chosen), strict=True)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


@contextlib.contextmanager
def _copies(count: int) -> Iterator[list[Path]]:
    """Copies of the checkout, to be broken."""
    with tempfile.TemporaryDirectory(prefix="mutations-", ignore_cleanup_errors=True) as folder:
        made = [Path(folder, str(number)) for number in range(max(1, count))]
        for copy in made:
            shutil.copytree(ROOT, copy, symlinks=True, ignore=shutil.ignore_patterns(*NOT_COPIED))
        yield made


@contextlib.contextmanager
def _broken(copy: Path, mutation: Mutation) -> Iterator[None]:
    path = copy / mutation.file
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole.replace(mutation.old, mutation.new), encoding="utf-8")
    try:
        yield
    finally:
        path.write_text(whole, encoding="utf-8")


def _run(copy: Path, tests: list[str] | tuple[str, ...], seconds: float) -> Run:
    """Runs tests in a copy, up to the first that fails."""
    # What hypothesis draws is the same with and without the mutation, whatever it drew before.
    shutil.rmtree(copy / ".hypothesis", ignore_errors=True)
    options = ["-x", "-q", "-p", "no:cacheprovider", "--hypothesis-seed=0"]
    command = [sys.executable, "-m", "pytest", *options, *tests]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(copy), str(copy / "data")]),  # before what is installed
        "PYTHONDONTWRITEBYTECODE": "1",  # a file is told from its broken self by the second it was written in
    }
    began = time.monotonic()
    process = subprocess.Popen(
        command,
        cwd=copy,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        return Run(False, f"no end within {seconds} seconds", time.monotonic() - began, "")
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    failed = re.search(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", said, re.MULTILINE)
    if process.returncode not in (0, 1, 2) or (process.returncode and not failed):
        raise SystemExit(f"{said}\npytest could not run {' '.join(tests)}: exit code {process.returncode}")
    first = failed[1] if failed else ""
    return Run(process.returncode == 0, first, time.monotonic() - began, said[-5000:])


if __name__ == "__main__":
    main()
