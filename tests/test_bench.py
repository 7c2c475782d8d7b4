"""`python -m bench` runs: one part of it, with small numbers."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autograder.authoring.lesson import lessons_of
from autograder.nbgrader.course import Course
from bench.phases import Stopwatch
from bench.spills import sheets_of, spills
from tests.builders import ROOT, needs_sandbox

pytestmark = [pytest.mark.slow, needs_sandbox]


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_small_class_is_graded_and_measured(tmp_path: Path) -> None:
    done = bench("--quick", "--only", "class", "--json", str(tmp_path / "figures.json"))
    assert done.returncode == 0, done.stderr
    told = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    figures = told["parts"].pop("class")
    assert told["parts"] == {}
    assert f"A class of {figures['students']}" in done.stdout
    assert 0 < figures["first_seconds"] < 60
    assert 0 < figures["last_seconds"] < 60
    assert 10 < min(figures["held_mib"].values()) <= max(figures["held_mib"].values()) <= figures["peak_mib"]


def test_a_step_within_another_is_taken_off_from_it() -> None:
    watch = Stopwatch()
    inner = watch.around("judge", lambda: time.sleep(0.2))
    watch.around("write", lambda: (time.sleep(0.05), inner()))()
    assert watch.seconds["judge"] >= 0.2
    assert 0.05 <= watch.seconds["write"] < 0.2


def test_an_unknown_part_is_wrong_usage() -> None:
    done = bench("--only", "everything")
    assert done.returncode == 2
    assert "speed" in done.stderr


@pytest.mark.parametrize("name", ["01", "07"])
def test_a_slip_costs_points_in_its_own_exercise_only(name: str) -> None:
    (lesson,) = lessons_of(Course(ROOT), (name,))
    found = list(spills(lesson, sheets_of(lesson)))
    assert any(one.alone < one.of for one in found)
    assert [one for one in found if one.in_the_end < one.of] == []
