"""What `autograder check` leaves for a service that runs it, and the workflow that shows how."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import click
import pytest
import yaml

from autograder.commands import continuous
from autograder.commands.learner import check
from autograder.commands.selfcheck import Found
from tests.builders import ROOT

NASTY = "Divide by keep_prob: 50 %,\n::error::not <b>once</b> | twice"


def verdict(name: str, status: str, points: float, **told: Any) -> dict[str, Any]:
    empty = {"first": "", "hint": "", "explanation": "", "rows": [], "misconception": None}
    return (
        {"exercise": name, "status": status, "points": points, "max_points": 2.0, "text": f"{name}!"}
        | empty
        | told
    )


FOUND = Found(
    "12_inverted_dropout",
    [
        verdict("forward", "right", 2.0),
        verdict("backward", "partly right", 1.0, hint=NASTY, text="backward\x1b[31m \ud800 1 of 2"),
        verdict("rate", "wrong", 0.0, rows=[{"ok": False, "text": "other values", "group": "values"}]),
        verdict("predict", "open", 0.0),
    ],
    seconds=1.5,
)


def test_a_junit_report_has_a_test_for_each_exercise(tmp_path: Path) -> None:
    """Failed where points are lost, skipped where nothing is written; readable, whatever was printed."""
    continuous.write_junit(tmp_path / "new" / "report.xml", FOUND)

    suites = ElementTree.parse(tmp_path / "new" / "report.xml").getroot()
    (suite,) = suites
    assert (suites.tag, suite.tag, suite.get("name")) == ("testsuites", "testsuite", "12_inverted_dropout")
    counts = {name: suite.get(name) for name in ("tests", "failures", "skipped", "errors")}
    assert counts == {"tests": "4", "failures": "2", "skipped": "1", "errors": "0"}
    ends = {test.get("name"): [part.tag for part in test if part.tag != "properties"] for test in suite}
    assert ends == {"forward": [], "backward": ["failure"], "rate": ["failure"], "predict": ["skipped"]}
    failure = suite.find("testcase[@name='backward']/failure")
    assert failure is not None and failure.get("message") == "1 of 2 points, partly right"
    assert suite.find("testcase[@name='backward']/properties/property[@value='1']") is not None


def test_an_annotation_is_one_line_beside_the_notebook(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nothing in a hint begins another command, and the path is the repository's."""
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    lines = continuous.workflow_commands(tmp_path / "notebooks" / "12.ipynb", FOUND)
    assert lines == [
        "::error file=notebooks/12.ipynb,title=backward%3A 1 of 2 points%2C partly right::"
        "Divide by keep_prob: 50 %25,%0A::error::not <b>once</b> | twice",
        "::error file=notebooks/12.ipynb,title=rate%3A 0 of 2 points%2C not right yet::other values",
        "::warning file=notebooks/12.ipynb,title=predict%3A 0 of 2 points%2C not written yet::"
        "Replace raise NotImplementedError() by your code.",
    ]


def test_the_summary_is_a_table(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Behind what other steps have said; without GitHub's variable there is none."""
    path = tmp_path / "summary.md"
    path.write_text("earlier\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    continuous.write_summary(FOUND)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ["earlier", "### 12_inverted_dropout: 3 of 8 points"]
    assert lines[6] == (
        "| `backward` | 1 of 2 | partly right | "
        "Divide by keep_prob: 50 %, ::error::not &lt;b>once&lt;/b> \\| twice |"
    )
    monkeypatch.delenv("GITHUB_STEP_SUMMARY")
    continuous.write_summary(FOUND)
    assert path.read_text(encoding="utf-8").splitlines() == lines


def test_the_example_workflow_runs_a_command_that_there_is() -> None:
    """It parses, names a lesson of the course, and each option is one of `autograder check`."""
    workflow = yaml.safe_load((ROOT / "docs" / "examples" / "check.yml").read_text(encoding="utf-8"))
    steps = workflow["jobs"]["check"]["steps"]
    (line,) = [step["run"] for step in steps if step.get("run", "").startswith("autograder check")]
    for name, value in workflow["env"].items():
        line = line.replace(f"${name}", value)
    assert "$" not in line
    arguments = shlex.split(line)[2:]
    arguments[0] = str(ROOT / arguments[0])
    context: click.Context = check.make_context("check", arguments)
    assert context.params["github"] and context.params["min_points"] == 4
    assert any(step.get("with", {}).get("path") == str(context.params["junit"]) for step in steps)
    assert workflow["permissions"] == {"contents": "read"}
