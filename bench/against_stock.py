"""Grades a class of any nbgrader course with stock nbgrader and with this engine, and compares each cell.

    python -m bench.against_stock COURSE [ASSIGNMENT…]

COURSE holds nbgrader's source/ (or what its configuration names). The class is made of what its source
notebooks hold: the reference, the release as it was handed out, every second answer spoilt, tests and answers
deleted and edited, an error half-way, noise in and around the answers.
"""

from __future__ import annotations

import copy
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Notebook = dict[str, Any]
CELLS = """
select sa.student_id, n.name, bc.name, g.auto_score, g.needs_manual_grade
from grade g join base_cell bc on g.cell_id = bc.id join submitted_notebook sn on g.notebook_id = sn.id
join notebook n on sn.notebook_id = n.id join submitted_assignment sa on sn.assignment_id = sa.id
"""


def solution_cells(notebook: Notebook) -> list[dict[str, Any]]:
    """The code cells that a student fills in."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code" and told(cell).get("solution")]


def told(cell: dict[str, Any]) -> dict[str, Any]:
    """What nbgrader knows of a cell."""
    found: dict[str, Any] = cell["metadata"].get("nbgrader", {})
    return found


def answered(release: Notebook, source: Notebook) -> Notebook:
    """The release with the instructor's answers."""
    made = copy.deepcopy(release)
    answers = {told(c).get("grade_id"): c["source"] for c in source["cells"] if told(c).get("solution")}
    for cell in made["cells"]:
        if told(cell).get("solution") and told(cell).get("grade_id") in answers:
            cell["source"] = answers[told(cell)["grade_id"]]
    return made


def spoilt(release: Notebook, source: Notebook) -> Notebook:
    made = answered(release, source)
    for cell in solution_cells(made)[::2]:
        cell["source"] = "spoilt = 1\n"
    return made


def broken(release: Notebook, source: Notebook) -> Notebook:
    made = answered(release, source)
    graded = [cell for cell in made["cells"] if told(cell).get("grade")]
    for number, cell in enumerate(graded):
        if number % 3 == 0:
            made["cells"].remove(cell)
        elif number % 3 == 1 and cell["cell_type"] == "code" and not told(cell).get("solution"):
            cell["source"] = "assert True\n"
            told(cell)["points"] = 100
    for cell in solution_cells(made)[::4]:
        made["cells"].remove(cell)
    return made


def interrupted(release: Notebook, source: Notebook) -> Notebook:
    made = answered(release, source)
    half = len(made["cells"]) // 2
    for text in ("def broken(:\n", "raise RuntimeError('stop')\n"):
        made["cells"].insert(half, code_cell(text))
    return made


def noisy(release: Notebook, source: Notebook) -> Notebook:
    made = answered(release, source)
    text = "import sys, warnings\nprint('noise')\nprint('x', file=sys.stderr)\nwarnings.warn('noise')\n42.5\n"
    made["cells"].insert(0, code_cell(text))
    made["cells"].append(code_cell(text))
    for cell in solution_cells(made)[::3]:
        cell["source"] = "".join(cell["source"]) + "\nprint('noise')\n42.5\n"
    return made


STUDENTS: dict[str, Callable[[Notebook, Notebook], Notebook]] = {
    "ref": answered,
    "blank": lambda release, _: release,
    "spoilt": spoilt,
    "broken": broken,
    "interrupted": interrupted,
    "noisy": noisy,
}


def code_cell(text: str) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": {}, "source": text, "outputs": [], "execution_count": None}


def run(root: Path, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command in a course's folder."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    here = os.pathsep.join([str(Path(__file__).resolve().parents[1]), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=root,
        env={**os.environ, "PATH": path, "PYTHONPATH": here},
        capture_output=True,
        text=True,
        check=False,
    )


def hand_in(root: Path, assignment: str) -> None:
    """The class's notebooks, made of the release and the source."""
    for student, change in STUDENTS.items():
        folder = root / "submitted" / student / assignment
        shutil.copytree(root / "release" / assignment, folder)
        for path in folder.glob("*.ipynb"):
            source = json.loads((root / "source" / assignment / path.name).read_text(encoding="utf-8"))
            release = json.loads(path.read_text(encoding="utf-8"))
            path.write_text(json.dumps(change(release, source)), encoding="utf-8")


def rows(root: Path) -> dict[tuple[str, str, str], tuple[Any, ...]]:
    """Every graded cell of the gradebook."""
    with sqlite3.connect(root / "gradebook.db") as book:
        return {row[:3]: row[3:] for row in book.execute(CELLS)}


def main(course: Path, wanted: list[str]) -> None:
    """Compares both on a copy of the course and prints what differs, and a line of numbers."""
    with tempfile.TemporaryDirectory() as folder:
        ours, stock = Path(folder, "ours"), Path(folder, "stock")
        shutil.copytree(
            course, ours, ignore=shutil.ignore_patterns(".git", "submitted", "gradebook.db", "release")
        )
        run(ours, "nbgrader", "update", ".")  # old courses have old metadata, which both refuse
        for assignment in wanted or sorted(
            path.name for path in (ours / "source").iterdir() if path.is_dir()
        ):
            done = run(ours, "nbgrader", "generate_assignment", assignment, "--force")
            if done.returncode:
                print(f"  {assignment}: not released: {done.stderr.strip().splitlines()[-1][:150]}")
                continue
            hand_in(ours, assignment)
        shutil.copytree(ours, stock)
        began = time.monotonic()
        for path in sorted((stock / "submitted").glob("*/*")):  # one by one: one may end stock's whole batch
            run(stock, "nbgrader", "autograde", path.name, "--student", path.parent.name)
        middle = time.monotonic()
        done = run(ours, "autograder", "grade", "--no-canary", "--jobs", "2", "--json")
        end = time.monotonic()
        if done.returncode or not done.stdout:
            print("  ", done.stderr.strip()[-800:])
            return
        results = json.loads(done.stdout)["lessons"]
        theirs, own = rows(stock), rows(ours)
        both = theirs.keys() & own.keys()
        for key in sorted(both):
            if theirs[key] != own[key]:
                print("  differ:", *key, "stock", theirs[key], "ours", own[key])
        graded = {
            (path.parent.parent.name, path.parent.name) for path in (stock / "autograded").glob("*/*/*.ipynb")
        }
        for result in results:
            if (result["status"] != "failed") != ((result["student"], result["lesson"]) in graded):
                print(
                    "  graded by one only:",
                    result["student"],
                    result["lesson"],
                    result["status"],
                    result["reason"],
                )
        for line in done.stderr.splitlines():
            if line.startswith("autograder:"):
                print("  ", line)
        differ = sum(theirs[key] != own[key] for key in both)
        print(
            f"{course.name}: {len(results)} submissions, {len(both)} cells, {differ} differ, only stock "
            f"{len(theirs.keys() - own.keys())}, only ours {len(own.keys() - theirs.keys())}; "
            f"stock {middle - began:.0f} s, ours {end - middle:.0f} s"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), sys.argv[2:])
