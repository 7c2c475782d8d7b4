"""A learner's own score table from the shell: runs a notebook and reads what its checks found."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import AutograderError
from ..student import diary

CELL_SECONDS = 300
SAY_EVERY = 5.0  # seconds
ASK = (
    "import dataclasses, json\nfrom autograder import progress\n"
    "bare = lambda v: dataclasses.asdict(dataclasses.replace(v, case=None))  # which holds functions\n"
    "print(json.dumps([{**bare(v), 'text': str(v)} for v in progress().verdicts]))"
)


@dataclass(frozen=True)
class Found:
    """What the checks of a notebook found."""

    lesson: str
    verdicts: list[dict[str, Any]]
    seconds: float = 0.0

    @property
    def score(self) -> float:
        return float(sum(verdict["points"] for verdict in self.verdicts))

    @property
    def max_score(self) -> float:
        return float(sum(verdict["max_points"] for verdict in self.verdicts))

    def as_json(self) -> dict[str, Any]:
        """What `--json` prints."""
        rows = [
            {
                "name": v["exercise"],
                "points": v["points"],
                "max_points": v["max_points"],
                "misconception": v["misconception"],
                "hint": v["hint"],
            }
            for v in self.verdicts
        ]
        return {"lesson": self.lesson, "score": self.score, "max_score": self.max_score, "exercises": rows}


def verdicts_of(path: Path, say: Callable[[str], None] = lambda _: None) -> Found:
    """A notebook's verdicts in the order of its exercises, from running it in a kernel.

    A cell that raises costs only what depends on it: the rest of the notebook runs all the same.

    Args:
        path: the notebook.
        say: told what is being done, since it may take a minute.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # slow to import, and not needed
    import nbformat
    from nbclient import NotebookClient

    started = time.monotonic()
    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception as error:
        raise AutograderError(
            f"{path} is not a notebook that can be read: {str(error).splitlines()[0]}"
        ) from None
    say(f"running {path.name}, {sum(cell.cell_type == 'code' for cell in notebook.cells)} cells of code")
    notebook.cells.append(nbformat.v4.new_code_cell(ASK))
    client = NotebookClient(
        notebook,
        timeout=CELL_SECONDS,
        kernel_name="python3",
        allow_errors=True,
        interrupt_on_timeout=True,
        skip_cells_with_tag="",
        extra_arguments=["--IPKernelApp.log_level=40"],
        resources={"metadata": {"path": str(path.parent)}},
        on_cell_start=_teller(len(notebook.cells), say),
    )
    try:
        client.execute(env={**os.environ, diary.FOLDER: ""})  # what this run earns, and no earlier one
    except Exception as error:
        raise AutograderError(f"running {path} broke off: {str(error).splitlines()[0]}") from None
    said = "".join(o.text for o in notebook.cells[-1].outputs if o.get("name") == "stdout")
    if not said:
        raise AutograderError(f"{path.parent} holds no checks.json that fits this notebook")
    return Found(path.stem, json.loads(said), time.monotonic() - started)


def _teller(cells: int, say: Callable[[str], None]) -> Callable[..., None]:
    """Says every few seconds at which cell it is."""
    last = time.monotonic()

    def tell(cell: Any, cell_index: int) -> None:
        nonlocal last
        if time.monotonic() - last > SAY_EVERY:
            last = time.monotonic()
            say(f"at cell {cell_index + 1} of {cells}")

    return tell
