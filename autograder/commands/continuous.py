"""What `autograder check` leaves for a service that runs it on every push: JUnit, annotations, a summary."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from .selfcheck import Found


def write_junit(path: Path, found: Found) -> None:
    """A test for each exercise: failed where points are lost, skipped where nothing is written yet."""
    open_ones = [verdict for verdict in found.verdicts if verdict["status"] == "open"]
    lost = [verdict for verdict in found.verdicts if verdict["status"] not in ("right", "open")]
    counts = {"tests": len(found.verdicts), "failures": len(lost), "skipped": len(open_ones), "errors": 0}
    told = {name: str(count) for name, count in counts.items()} | {"time": f"{found.seconds:.3f}"}
    suites = ElementTree.Element("testsuites", told)
    suite = ElementTree.SubElement(suites, "testsuite", {"name": found.lesson, **told})
    for verdict in found.verdicts:
        test = ElementTree.SubElement(
            suite, "testcase", {"classname": found.lesson, "name": verdict["exercise"], "time": "0"}
        )
        properties = ElementTree.SubElement(test, "properties")
        for name in ("points", "max_points"):
            ElementTree.SubElement(properties, "property", {"name": name, "value": f"{verdict[name]:g}"})
        if verdict["status"] == "open":
            ElementTree.SubElement(test, "skipped", {"message": "not written yet"})
        elif verdict["status"] != "right":
            failure = ElementTree.SubElement(test, "failure", {"message": _printable(_headline(verdict))})
            failure.text = _printable(verdict["text"])
    ElementTree.indent(suites)
    path.parent.mkdir(parents=True, exist_ok=True)
    ElementTree.ElementTree(suites).write(path, encoding="utf-8", xml_declaration=True)


def workflow_commands(notebook: Path, found: Found) -> list[str]:
    """A workflow command for each exercise that loses points, shown beside the notebook."""
    root = os.environ.get("GITHUB_WORKSPACE") or os.getcwd()
    file = Path(os.path.relpath(notebook.resolve(), Path(root).resolve())).as_posix()
    lines = []
    for verdict in found.verdicts:
        if verdict["status"] == "right":
            continue
        kind = "warning" if verdict["status"] == "open" else "error"
        title = f"{verdict['exercise']}: {_headline(verdict)}"
        text = _advice(verdict) or "Replace raise NotImplementedError() by your code."
        lines.append(f"::{kind} file={_property(file)},title={_property(title)}::{_message(text)}")
    return lines


def write_summary(found: Found) -> None:
    """Appends a table to the job's summary, where there is one."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    lines = [f"### {found.lesson}: {found.score:g} of {found.max_score:g} points", ""]
    lines += ["| exercise | points | state | advice |", "|---|---|---|---|"]
    for verdict in found.verdicts:
        points = f"{verdict['points']:g} of {verdict['max_points']:g}"
        cells = [f"`{verdict['exercise']}`", points, _state(verdict), _cell(_advice(verdict))]
        lines.append(f"| {' | '.join(cells)} |")
    with open(path, "a", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n\n")


def _state(verdict: dict[str, Any]) -> str:
    words = {"right": "all right", "partly right": "partly right", "open": "not written yet"}
    return words.get(verdict["status"], "not right yet")


def _headline(verdict: dict[str, Any]) -> str:
    return f"{verdict['points']:g} of {verdict['max_points']:g} points, {_state(verdict)}"


def _advice(verdict: dict[str, Any]) -> str:
    """The most helpful sentence that was found."""
    rows = [row["text"] for row in verdict["rows"] if not row["ok"] and row["text"]]
    return next(filter(None, [verdict["first"], verdict["hint"], verdict["explanation"], *rows]), "")


def _message(text: str) -> str:
    """Text as a workflow command carries it: in one line, so that nothing in it can begin another command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")


def _cell(text: str) -> str:
    """Text in a cell of a Markdown table, where no HTML of a student's takes effect."""
    plain = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;")
    return plain.replace("|", "\\|")


def _printable(text: str) -> str:
    """Text without the characters that XML has no way to write."""
    return "".join(c for c in text if c in "\n\t" or (c.isprintable() and not 0xD800 <= ord(c) <= 0xDFFF))
