"""Submissions that try to cheat or to do harm: none earns more than its wrong answers, none leaves a trace.

All are graded in one run among honest ones, with little memory and time, so that limits are met.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.builders import needs_sandbox
from tests.engine import hostile
from tests.sample_class import Classroom

pytestmark = [pytest.mark.slow, needs_sandbox]
CANARY = "HOSTILE_CANARY_5e1f"
EVERY = 8  # honest students, one after so many hostile ones


@dataclass
class Aftermath:
    """What came of grading them all."""

    classroom: Classroom
    results: dict[str, dict[str, Any]]
    before: dict[str, str]
    after: dict[str, str]
    left_behind: list[str]

    def text(self, student: str) -> str:
        path = self.classroom.root / "autograded" / student / self.classroom.lesson
        return (path / f"{self.classroom.lesson}.ipynb").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def aftermath(tmp_path_factory: pytest.TempPathFactory) -> Aftermath:
    classroom = Classroom.made(tmp_path_factory.mktemp("hostile") / "course")
    for number, one in enumerate(hostile.ALL):
        classroom.submit(one.name, one.notebook(classroom.release()), **dict(one.files))
        if number % EVERY == 0:
            classroom.submit(f"{one.name}_and_honest", classroom.solution())
    classroom.run("list")
    classroom.grade(
        "--student", f"{hostile.ALL[0].name}_and_honest"
    )  # draws the hidden cases, makes the gradebook
    processes, before = set(_processes()), _everything(classroom)
    results = classroom.grade("--timeout", "4", "--memory", "700", "--jobs", "2", HOSTILE_CANARY=CANARY)
    deadline = time.monotonic() + 5
    while (left := _ours(set(_processes()) - processes)) and time.monotonic() < deadline:
        time.sleep(0.2)
    return Aftermath(classroom, results, before, _everything(classroom), left)


def _processes() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _ours(pids: set[int]) -> list[str]:
    """Of new processes those that a sandbox started, and whose engine is no more.

    Their namespace is another than ours. Tests that run beside this one have sandboxes, too, under engines
    that are alive.
    """
    found = []
    for pid in pids:
        try:
            if os.readlink(f"/proc/{pid}/ns/pid") != os.readlink("/proc/self/ns/pid") and not _is_in_use(pid):
                found.append(Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def _is_in_use(pid: int) -> bool:
    """Whether one of its ancestors is an engine's process: what is left behind is taken over by the first."""
    while pid > 1:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        pid = int(re.search(r"^PPid:\s+(\d+)", status, re.MULTILINE)[1])  # type: ignore[index]
        if b"multiprocessing" in Path(f"/proc/{pid}/cmdline").read_bytes():
            return True
    return False


def _everything(classroom: Classroom) -> dict[str, str]:
    """What must stay as it is: the course's own files, what was handed in, and the neighbourhood."""
    found = {}
    for path in classroom.root.rglob("*"):
        inside = path.relative_to(classroom.root).parts
        if path.is_file() and inside[0] not in ("autograded", "gradebook.db", ".autograder"):
            found[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
    secret = classroom.root / ".autograder" / "secret"
    found["secret"] = secret.read_text(encoding="utf-8")
    for folder in ("/tmp", "/var/tmp", "/dev/shm", "/etc", "/root", tempfile.gettempdir()):
        if os.access(folder, os.R_OK):
            names = (name for name in os.listdir(folder) if not name.startswith(("pytest-", "tmp", ".")))
            found |= {f"in {folder}: {name}": "" for name in names if "hostile" in name or "fill" in name}
    found["numpy"] = hashlib.sha256(Path(__import__("numpy").__file__).read_bytes()).hexdigest()
    return found


@pytest.mark.parametrize("one", hostile.ALL, ids=lambda one: one.name)
def test_earns_nothing(aftermath: Aftermath, one: hostile.Hostile) -> None:
    result = aftermath.results[one.name]
    assert result["score"] == 0, one.tries
    assert result["max_score"] == 4
    assert result["status"] in ("graded", "crashed", "limited"), result["reason"]
    assert (result["status"] == "graded") == (not result["reason"])


def test_there_are_at_least_sixty_and_each_says_what_it_tries() -> None:
    assert len({one.name for one in hostile.ALL}) == len(hostile.ALL) >= 60
    assert len({one.tries for one in hostile.ALL}) == len(hostile.ALL)


def test_honest_students_among_them_keep_their_points(aftermath: Aftermath) -> None:
    honest = {name: r for name, r in aftermath.results.items() if name.endswith("_and_honest")}
    assert len(honest) >= 10
    assert {(r["score"], r["status"], r["sealed"]) for r in honest.values()} == {(4.0, "graded", True)}


def test_nothing_outside_the_scratch_is_changed(aftermath: Aftermath) -> None:
    assert aftermath.after == aftermath.before


def test_no_process_is_left_behind(aftermath: Aftermath) -> None:
    assert aftermath.left_behind == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("network", "REACHED []"),
        ("unix_sockets", "REACHED []"),
        ("proc_read", "SECRETS False"),
        ("environment_read", "SECRETS False"),
        ("namespaces", "GOT -1 -1 -1"),
        ("tracing", "GOT -1 -1"),
        ("semaphores", "MADE 0"),
        ("namespace_by_clone", "MADE [-1, -1, -1] -1"),
    ],
)
def test_looks_and_finds_nothing(aftermath: Aftermath, name: str, said: str) -> None:
    assert said in aftermath.text(name).replace("\\n", "\n")


def test_every_reason_is_a_line_for_a_person(aftermath: Aftermath) -> None:
    """No control characters, no second line, no novel; and nothing that a student's process chose."""
    for name, result in aftermath.results.items():
        assert result["reason"].isprintable(), name
        assert len(result["reason"]) <= 300, name
        assert not {"zz_ada_forged", "xxxx", "owned"} & set(result["reason"].split()), name


def test_no_executed_notebook_is_larger_than_its_outputs_may_be(aftermath: Aftermath) -> None:
    sizes = {
        path.parent.parent.name: path.stat().st_size
        for path in (aftermath.classroom.root / "autograded").rglob("*.ipynb")
    }
    assert max(sizes.values()) < 20 << 20, max(sizes, key=lambda name: sizes[name])


def test_the_reference_is_not_to_be_found(aftermath: Aftermath) -> None:
    assert '"FOUND []' in aftermath.text("reference_read")


def test_hidden_cases_are_in_no_executed_notebook(aftermath: Aftermath) -> None:
    hidden = json.loads(
        next((aftermath.classroom.root / ".autograder" / "hidden").glob("*.json")).read_text()
    )
    numbers = {
        f"{value:.6g}"
        for sheet in hidden["exercises"].values()
        for case in sheet["cases"]
        for value in _floats(case["inputs"])
        if len(f"{value:.6g}") > 7
    }
    assert len(numbers) > 20
    for student in aftermath.results:
        path = aftermath.classroom.root / "autograded" / student
        if path.is_dir():
            text = aftermath.text(student)
            assert not [number for number in numbers if number in text], student


def _floats(data: Any) -> list[float]:
    if isinstance(data, float):
        return [data]
    if isinstance(data, dict):
        return [value for item in data.values() for value in _floats(item)]
    if isinstance(data, list):
        return [value for item in data for value in _floats(item)]
    return []


def test_limits_are_named(aftermath: Aftermath) -> None:
    def reason(name: str) -> str:
        return aftermath.results[name]["reason"]

    assert "stopped after 4 seconds" in reason("endless")
    assert "700 MiB of memory" in reason("memory_in_children")
    assert "ended the process" in reason("exits")
    assert "SIGSEGV" in reason("segfaults")
    for name in ("memory_shared", "page_tables", "socket_buffers", "half_a_frame"):
        assert "700 MiB of memory" in reason(name) or "began an answer" in reason(name), reason(name)
