"""A cluster on one machine, and what may happen to it: the marks are those of one machine, each once.

A Dask scheduler and three workers stand in network namespaces of their own, each with its own copy of the
code and no sight of the course; PostgreSQL is the gradebook. While a class is graded one worker is killed,
one is frozen, one is added, and the scheduler is started again. Needs root, `ip` and PostgreSQL's programs:

    python -m bench.cluster [--students 3000]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from .room import ROOT, Room

LESSON = "00_start_here"
BRIDGE, NET = "ag-bridge", "10.77.0"
SCHEDULER = f"tcp://{NET}.10:8786"


class Machine:
    """A network namespace with a copy of the code, and a program in it that is started again when it ends."""

    def __init__(self, number: int, scratch: Path, command: str, unseen: list[Path]) -> None:
        self.name, self.folder = f"ag{number}", scratch / f"machine{number}"
        self.address, self.command = f"{NET}.{number}", command
        self.unseen = unseen  # what its disk does not have
        self.folder.mkdir()
        for package in ("autograder", "nnlab"):
            shutil.copytree(ROOT / package, self.folder / package)
        run("ip", "netns", "add", self.name)
        run(
            "ip",
            "link",
            "add",
            f"{self.name}-out",
            "type",
            "veth",
            "peer",
            "name",
            "eth0",
            "netns",
            self.name,
        )
        run("ip", "link", "set", f"{self.name}-out", "master", BRIDGE, "up")
        inside = ("ip", "netns", "exec", self.name, "ip")
        run(*inside, "addr", "add", f"{self.address}/24", "dev", "eth0")
        run(*inside, "link", "set", "eth0", "up")
        run(*inside, "link", "set", "lo", "up")
        self.program: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        hide = "".join(f"mount -t tmpfs none {path}; " for path in self.unseen)
        self.program = subprocess.Popen(
            ["ip", "netns", "exec", self.name, "unshare", "--mount", "sh", "-c", hide + self.command],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(self.folder)},
            stdout=subprocess.DEVNULL,
            stderr=(self.folder / "log").open("ab"),
            start_new_session=True,
        )

    def signal(self, what: signal.Signals) -> None:
        if self.program and self.program.poll() is None:
            os.killpg(self.program.pid, what)

    def close(self) -> None:
        self.signal(signal.SIGKILL)
        subprocess.run(["ip", "netns", "del", self.name], check=False, capture_output=True)


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


@contextlib.contextmanager
def bridge() -> Iterator[None]:
    run("ip", "link", "add", BRIDGE, "type", "bridge")
    run("ip", "addr", "add", f"{NET}.1/24", "dev", BRIDGE)
    run("ip", "link", "set", BRIDGE, "up")
    try:
        yield
    finally:
        run("ip", "link", "del", BRIDGE)


@contextlib.contextmanager
def postgres(scratch: Path) -> Iterator[str]:
    """A database of our own; its address."""
    (programs,) = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1:]
    data = scratch / "postgres"
    data.mkdir()
    shutil.chown(data, "postgres")
    as_postgres = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    run(*as_postgres, str(programs / "initdb"), "-D", str(data), "-A", "trust")
    options = "-p 5477 -c listen_addresses=127.0.0.1 -c unix_socket_directories=/tmp"
    run(
        *as_postgres,
        str(programs / "pg_ctl"),
        "-D",
        str(data),
        "-w",
        "-l",
        str(data / "log"),
        "-o",
        options,
        "start",
    )
    try:
        run(*as_postgres, str(programs / "createdb"), "-h", "127.0.0.1", "-p", "5477", "course")
        yield "postgresql://postgres@127.0.0.1:5477/course"
    finally:
        run(*as_postgres, str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop")


def scores(done: str) -> dict[str, tuple[Any, ...]]:
    """Every student's points, exercise by exercise."""
    found: dict[str, tuple[Any, ...]] = {}
    for row in json.loads(done)["lessons"]:
        assert row["student"] not in found, "graded twice"
        found[row["student"]] = (row["status"], row["score"], *(one["points"] for one in row["exercises"]))
    return found


def entries(database: str) -> int:
    """How many submissions the gradebook holds."""
    import psycopg

    with psycopg.connect(database) as connection:
        (count,) = connection.execute("select count(*) from submitted_assignment").fetchone() or (0,)
        return int(count)


def grade(course: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """Grading, on its way; what it prints goes into files, since nobody reads while it is."""
    command = [sys.executable, "-m", "autograder", "--course", str(course), "grade", "--json", *arguments]
    with (course / "out.json").open("wb") as out, (course / "said").open("wb") as said:
        return subprocess.Popen(command, stdout=out, stderr=said)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.cluster", description=__doc__)
    parser.add_argument("--students", type=int, default=3000)
    students = parser.parse_args().students
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - began:7.1f} s  {line}", flush=True)

    with tempfile.TemporaryDirectory(prefix="bench-") as folder, contextlib.ExitStack() as stack:
        scratch = Path(folder)
        scratch.chmod(0o755)
        room = Room(LESSON, scratch)
        say("the lesson is ready")
        alone = stack.enter_context(room.handed_in(room.some(24, students)))
        many = scratch / "many"
        shutil.copytree(alone, many)
        done = grade(alone, "--jobs", "2")
        done.wait()
        expected = scores((alone / "out.json").read_text())
        say(f"one machine: {len(expected)} graded")

        database = stack.enter_context(postgres(scratch))
        config = many / "nbgrader_config.py"
        config.write_text(f"{config.read_text()}\nc.CourseDirectory.db_url = {database!r}\n")
        stack.enter_context(bridge())
        python = sys.executable
        worker = (
            f"{python} -m distributed.cli.dask_worker {SCHEDULER} --nthreads 1 --nworkers 1 --no-dashboard"
        )
        unseen = [alone, many, ROOT / "solutions"]
        program = f"{python} -m distributed.cli.dask_scheduler --port 8786 --no-dashboard"
        scheduler = Machine(10, scratch, program, unseen)
        again = "while true; do {}; sleep 1; done"  # as a service is kept running
        workers = [Machine(11 + k, scratch, again.format(worker), unseen) for k in range(4)]
        for machine in (scheduler, *workers):
            stack.callback(machine.close)
        scheduler.start()
        for machine in workers[:3]:
            machine.start()
        say("a scheduler and three workers stand")

        def restart() -> None:
            scheduler.signal(signal.SIGKILL)
            time.sleep(5)
            scheduler.start()

        events: list[tuple[float, str, Callable[[], object]]] = [
            (0.15, "one worker is killed", lambda: workers[0].signal(signal.SIGKILL)),
            (0.35, "one worker is frozen", lambda: workers[1].signal(signal.SIGSTOP)),
            (0.50, "one worker is added", workers[3].start),
            (0.70, "the scheduler is killed, and started again", restart),
        ]
        done = grade(many, "--scheduler", SCHEDULER)
        records = many / ".autograder" / "records" / LESSON
        while done.poll() is None:
            graded = len(list(records.glob("*.json"))) if records.is_dir() else 0
            if events and graded >= events[0][0] * students:
                _, what, happen = events.pop(0)
                happen()
                say(f"{graded} graded: {what}")
            time.sleep(0.5)
        if done.returncode:
            raise SystemExit((many / "said").read_text()[-2000:])
        found = scores((many / "out.json").read_text())
        entered = entries(database)
        differ = [student for student in expected if found.get(student) != expected[student]]
        say(f"cluster: {len(found)} graded, {len(differ)} differ from one machine, {len(events)} events left")
        say(f"PostgreSQL: {entered} submissions")
        if differ or events or not len(found) == len(expected) == entered:
            raise SystemExit(1)


if __name__ == "__main__":
    main()
