"""Control groups around submissions, on a folder that stands for the kernel's."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.engine import cgroup
from autograder.engine.inside.limits import MIB, Limits

LIMITS = replace(Limits(), memory=512 * MIB, disk=64 * MIB, processes=50)


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """A folder as the kernel would show it, with this process in the group user/scope."""
    monkeypatch.setattr(cgroup, "ROOT", tmp_path / "cgroup")
    monkeypatch.setattr(cgroup, "OWN", tmp_path / "own")
    monkeypatch.setattr(cgroup, "PATIENCE", 0.0)

    def make(group: str = "user/scope", controllers: str = "cpu memory pids") -> Path:
        folder = tmp_path / "cgroup" / group
        folder.mkdir(parents=True, exist_ok=True)
        for one in (tmp_path / "cgroup", folder):
            (one / "cgroup.controllers").write_text(controllers + "\n")
        (tmp_path / "own").write_text(f"4:memory:/other\n0::/{group}\n")
        return folder

    return make


def test_grading_moves_aside_and_hands_out_memory_and_processes(kernel: Callable[..., Path]) -> None:
    scope = kernel()
    assert cgroup.enter()
    assert (scope / "autograder" / "cgroup.procs").read_text() == f"{os.getpid()}\n"
    assert (scope / "cgroup.subtree_control").read_text() == "+memory +pids\n"


def test_a_submission_gets_a_group_beside_it_with_its_limits(kernel: Callable[..., Path]) -> None:
    scope = kernel()
    cgroup.enter()
    kernel("user/scope/autograder")
    group = cgroup.Group.around(4711, LIMITS)
    assert group is not None
    assert group.folder == scope / "submission-4711"
    told = {path.name: path.read_text().strip() for path in group.folder.iterdir()}
    assert told == {
        "memory.max": str(576 * MIB),
        "memory.swap.max": "0",
        "memory.oom.group": "1",
        "pids.max": "60",
        "cgroup.procs": "4711",
    }


def test_what_the_kernel_ended_for_its_memory_is_known(kernel: Callable[..., Path]) -> None:
    kernel("user/scope/autograder")
    group = cgroup.Group.around(4711, LIMITS)
    assert group is not None
    assert not group.met_limit
    (group.folder / "memory.events").write_text("low 0\nmax 12\noom 1\noom_kill 1\n")
    assert group.met_limit
    group.close()
    assert (group.folder / "cgroup.kill").read_text() == "1\n"


def test_where_memory_is_not_to_be_had_there_are_no_groups(kernel: Callable[..., Path]) -> None:
    scope = kernel(controllers="hugetlb")
    assert not cgroup.enter()
    assert not (scope / "autograder").exists()
    assert cgroup.Group.around(4711, LIMITS) is None


def test_without_the_second_version_there_are_no_groups(kernel: Callable[..., Path]) -> None:
    kernel()
    cgroup.OWN.write_text("4:memory:/other\n")
    assert not cgroup.enter()
    assert cgroup.Group.around(4711, LIMITS) is None


def test_where_others_live_in_the_group_grading_moves_back(
    kernel: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    scope = kernel()
    write = cgroup._write

    def refusing(path: Path, value: object) -> None:
        if path.name == "cgroup.subtree_control":
            raise OSError("device or resource busy")
        write(path, value)

    monkeypatch.setattr(cgroup, "_write", refusing)
    assert not cgroup.enter()
    assert (scope / "cgroup.procs").read_text() == f"{os.getpid()}\n"
