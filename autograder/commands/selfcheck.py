"""A learner's own score table from the shell: runs a notebook and reads what its checks found."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ..errors import AutograderError
from ..student import diary

CELL_SECONDS = 300
ASK = (
    "import dataclasses, json\nfrom autograder import progress\n"
    "print(json.dumps([{**dataclasses.asdict(v), 'text': str(v)} for v in progress().verdicts]))"
)


def verdicts_of(path: Path) -> tuple[str, list[dict[str, Any]], float]:
    """The lesson's name, its verdicts in order, and its points, from running the notebook in a kernel.

    A cell that raises costs only what depends on it: the rest of the notebook runs all the same.
    """
    import nbformat
    from nbclient import NotebookClient

    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception as error:
        raise AutograderError(
            f"{path} is not a notebook that can be read: {str(error).splitlines()[0]}"
        ) from None
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
    )
    try:
        client.execute(env={**os.environ, diary.FOLDER: ""})  # what this run earns, and no earlier one
    except Exception as error:
        raise AutograderError(f"running {path} broke off: {str(error).splitlines()[0]}") from None
    said = "".join(o.text for o in notebook.cells[-1].outputs if o.get("name") == "stdout")
    if not said:
        raise AutograderError(f"{path.parent} holds no checks.json that fits this notebook")
    verdicts = json.loads(said)
    return path.stem, verdicts, sum(verdict["max_points"] for verdict in verdicts)
