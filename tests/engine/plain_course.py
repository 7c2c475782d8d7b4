"""A course of plain asserts, as any nbgrader course is, and students who do what decides points there."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Notebook = dict[str, Any]
NAME = "ps1"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
CONFIG = "c = get_config()\nc.Execute.timeout = 10\n"


def cell(kind: str, name: str, source: str, **meta: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"cell_type": kind, "id": name, "metadata": {}, "source": source}
    if kind == "code":
        made |= {"outputs": [], "execution_count": None}
    if meta:
        usual = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
        made["metadata"]["nbgrader"] = usual | {"grade_id": name, "cell_type": kind} | meta
    return made


def source() -> Notebook:
    """The instructor's notebook: code, partial credit, hidden tests, answers by hand, a task."""
    solution = "### BEGIN SOLUTION\n    return x * x\n\ngrade = 3\n### END SOLUTION"
    cells = [
        cell("markdown", "intro", "# Squares", locked=True),
        cell("code", "setup", "import numpy as np", locked=True),
        cell("code", "square", f"def square(x):\n    {solution}", solution=True),
        cell("code", "test_square", "assert square(3) == 9\n### BEGIN HIDDEN TESTS\nassert square(-2) == 4\n"
             "### END HIDDEN TESTS", grade=True, locked=True, points=2),
        cell("code", "test_partial", "grade", grade=True, locked=True, points=3),
        cell("code", "test_arrays", "np.testing.assert_allclose(square(np.arange(3)), [0, 1, 4])", grade=True,
             locked=True, points=1),
        cell("code", "by_hand", "# your plot here", grade=True, solution=True, points=4),
        cell("markdown", "essay", "Your answer.", grade=True, solution=True, points=5),
        cell("markdown", "free_task", "Do something.", task=True, locked=True, points=2),
        cell("code", "plain", "free = 1"),
    ]  # fmt: skip
    return {"cells": cells, "metadata": {"kernelspec": KERNEL}, "nbformat": 4, "nbformat_minor": 5}


def make(root: Path) -> None:
    folder = root / "source" / NAME
    folder.mkdir(parents=True)
    (folder / f"{NAME}.ipynb").write_text(json.dumps(source()), encoding="utf-8")
    (folder / "data.csv").write_text("1,2\n", encoding="utf-8")
    (root / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")


def at(notebook: Notebook, name: str) -> dict[str, Any]:
    return next(one for one in notebook["cells"] if one["id"] == name)


def position(notebook: Notebook, name: str) -> int:
    return notebook["cells"].index(at(notebook, name))


RIGHT, WRONG = "def square(x):\n    return x * x", "def square(x):\n    return 2 * x"


def answered(release: Notebook, body: str = RIGHT, grade: str = "2.5", before: str = "") -> Notebook:
    """The release with an answer; `before` runs in a cell of the student's in front of the tests."""
    made = json.loads(json.dumps(release))
    at(made, "square")["source"] = f"{body}\n\ngrade = {grade}\n"
    if before:
        made["cells"].insert(position(made, "square") + 1, cell("code", "own", before))
    return made


def partial(value: str) -> Callable[[Notebook], Notebook]:
    return lambda release: answered(release, grade=value)


def before(source: str, body: str = RIGHT, grade: str = "2.5") -> Callable[[Notebook], Notebook]:
    return lambda release: answered(release, body, grade, source)


def called(source: str) -> Callable[[Notebook], Notebook]:
    """The tested function does this first."""
    lines = "\n".join("    " + line for line in source.split("\n"))
    return lambda release: answered(release, f"def square(x):\n{lines}\n    return x * x")


def edited(change: Callable[[Notebook], Any], body: str = RIGHT) -> Callable[[Notebook], Notebook]:
    def made(release: Notebook) -> Notebook:
        notebook = answered(release, body)
        change(notebook)
        return notebook

    return made


def _set(name: str, **fields: Any) -> Callable[[Notebook], None]:
    return lambda notebook: at(notebook, name).update(fields)


def _meta(name: str, **fields: Any) -> Callable[[Notebook], None]:
    return lambda notebook: at(notebook, name)["metadata"]["nbgrader"].update(fields)


def _delete(name: str) -> Callable[[Notebook], None]:
    return lambda notebook: notebook["cells"].remove(at(notebook, name))


def _copy(name: str, **fields: Any) -> Callable[[Notebook], None]:
    def change(notebook: Notebook) -> None:
        copy = json.loads(json.dumps(at(notebook, name))) | {"id": f"{name}-copy"} | fields
        notebook["cells"].insert(position(notebook, name) + 1, copy)

    return change


def _retype(name: str) -> Callable[[Notebook], None]:
    def change(notebook: Notebook) -> None:
        one = at(notebook, name)
        one["cell_type"] = "markdown"
        del one["outputs"], one["execution_count"]

    return change


def _tag(*names: str) -> Callable[[Notebook], None]:
    def change(notebook: Notebook) -> None:
        for name in names:
            at(notebook, name)["metadata"]["tags"] = ["skip-execution"]

    return change


STUDENTS: dict[str, Callable[[Notebook], Notebook]] = {
    "right": answered,
    "wrong": edited(lambda _: None, WRONG),
    "untouched": lambda release: release,
    "public_only": edited(lambda _: None, "def square(x):\n    return 9 if x == 3 else abs(x) * x"),
    "zero": partial("0"),
    "minus_zero": partial("-0.0"),
    "minus_one": partial("-1"),
    "nan": partial("float('nan')"),
    "numpy_scalar": partial("np.float64(1.5)"),
    "true": partial("True"),
    "text": partial("'1'"),
    "list_of_one": partial("[1.5]"),
    "none": partial("None"),
    "above_maximum": partial("17"),
    "an_array": partial("np.ones(3)"),
    "prints": called("print('called')"),
    "warns": called("import warnings; warnings.warn('look')"),
    "logs": called("import logging; logging.warning('look')"),
    "numpy_warns": called("np.array([1.0]) / 0"),
    "stderr": called("import sys; print('x', file=sys.stderr)"),
    "stderr_of_a_program": called("import subprocess; subprocess.run('echo x >&2', shell=True)"),
    "displays": called("from IPython.display import display; display('x')"),
    "clears": called("import sys, IPython; print(1, file=sys.stderr); IPython.display.clear_output()"),
    "displayhook": called("import sys; sys.displayhook(1.5)"),
    "asks": called("input()"),
    "exits": called("import sys; sys.exit()"),
    "asyncio_run": called("import asyncio; asyncio.run(asyncio.sleep(0))"),
    "awaits": before("import asyncio\nawait asyncio.sleep(0)\nx = 1"),
    "shell": before("!echo hi\nfiles = !ls\nassert 'data.csv' in files.s, files"),
    "bash": before("%%bash\necho hi"),
    "timed": before("%time x = 1"),
    "pool": before("from multiprocessing import Pool\nwith Pool(2) as pool: print(pool.map(abs, [-1, 2]))"),
    "temporary": before("import tempfile\nwith tempfile.NamedTemporaryFile() as f: f.write(b'x')"),
    "history": before("x = 3\nx", grade="Out[max(Out)]"),
    "all_nodes": before("get_ipython().ast_node_interactivity = 'all'"),
    "plots": before("%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])"),
    "environment": before("import os\nassert os.environ['NBGRADER_EXECUTION'] == 'autograde'"),
    "breaks_before": before("1 / 0"),
    "syntax": edited(lambda _: None, "def square(x)\n    return"),
    "loops": before("while True: pass"),
    "skipped_tests": edited(_tag("test_square", "test_arrays"), WRONG),
    "test_deleted": edited(_delete("test_square")),
    "answer_deleted": edited(_delete("square")),
    "test_edited": edited(_set("test_square", source="assert True"), WRONG),
    "points_raised": edited(_meta("test_square", points=200)),
    "unknown_id": edited(_copy("test_square", metadata={"nbgrader": {
        "grade": True, "solution": False, "locked": True, "task": False, "schema_version": 3, "points": 9,
        "grade_id": "unknown", "cell_type": "code"}})),
    "copied_answer": edited(_copy("square", source=WRONG + "\ngrade = 1")),
    "retyped": edited(_retype("test_square")),
    "solution_flag": edited(_meta("test_square", solution=True), WRONG),
    "grade_flag": edited(_meta("test_square", grade=False), WRONG),
    "points_as_text": edited(_meta("test_square", points="two")),
    "by_hand_done": edited(_set("by_hand", source="plt.plot()")),
    "by_hand_space": edited(_set("by_hand", source="# your plot here ")),
    "essay_done": edited(_set("essay", source="Because.")),
    "no_kernel": edited(lambda n: n["metadata"].pop("kernelspec")),
    "other_kernel": edited(lambda n: n["metadata"].update(kernelspec={**KERNEL, "name": "julia"})),
    "nan_in_json": edited(lambda n: n["metadata"].update(x=float("nan"))),
    "no_outputs": edited(lambda n: [one.pop("outputs", None) for one in n["cells"]]),
    "minor_9": edited(lambda n: n.update(nbformat_minor=9)),
}  # fmt: skip

BYTES: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda data: data[:-50],
    "empty": lambda data: b"",
    "latin_1": lambda data: data.replace(b"# Squares", "# Quadrate für alle".encode("latin-1")),
    "byte_order_mark": lambda data: b"\xef\xbb\xbf" + data,
    "version_5": lambda data: data.replace(b'"nbformat": 4', b'"nbformat": 5'),
}
TIMESTAMPS = {"late": "2031-01-01 00:00:00 UTC", "on_time": "2001-01-01 00:00:00 UTC", "empty_time": ""}


def submit(root: Path) -> list[str]:
    """Hands in everything, from the release; the names of all students."""
    release = json.loads((root / "release" / NAME / f"{NAME}.ipynb").read_text(encoding="utf-8"))
    whole = json.dumps(answered(release), ensure_ascii=False).encode()
    handed_in = {name: json.dumps(change(release)).encode() for name, change in STUDENTS.items()}
    handed_in |= {name: change(whole) for name, change in BYTES.items()}
    handed_in |= dict.fromkeys(TIMESTAMPS, whole)
    for name, data in handed_in.items():
        folder = root / "submitted" / name / NAME
        folder.mkdir(parents=True)
        (folder / f"{NAME}.ipynb").write_bytes(data)
        if name in TIMESTAMPS:
            (folder / "timestamp.txt").write_text(TIMESTAMPS[name], encoding="utf-8")
    return sorted(handed_in)
