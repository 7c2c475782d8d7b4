"""The cell that makes a notebook work alone: where the course is not installed, it installs its wheel.

In Colab, in Kaggle, by mail, somebody opens a notebook and nothing else. The build puts this cell before the
first code cell of a lesson; where all is there it does nothing, and JupyterLab shows it folded.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

TAGS = frozenset({"install", "remove-cell"})  # the second is for pages that show notebooks
FOLDED = {"jupyter": {"source_hidden": True}}

CELL = """\
# Installs the course where it is not, as in Colab and Kaggle. Where it is, this does nothing.
try:
    import autograder.student
except ImportError:
    import glob, subprocess, sys

    wheel = {found}
    if not wheel:
        raise ModuleNotFoundError(
            "Put the file {name}-….whl, which belongs to this course, beside the notebook "
            "(in Colab: into the files on the left), and run this cell again."
        ) from None
    sys.modules.pop("autograder", None)  # another package of that name
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *wheel], check=True)"""


@dataclass(frozen=True)
class Distribution:
    """What a course is called where it is installed, and where its wheel lies, if in a public place."""

    name: str
    address: str

    @classmethod
    def of(cls, root: Path) -> Distribution | None:
        """As the course's pyproject.toml has it; None, where it has none or none that names a project."""
        try:
            said = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
            return cls(
                re.sub(r"[-_.]+", "_", said["name"]).lower(), str(said.get("urls", {}).get("Wheel", ""))
            )
        except (OSError, tomllib.TOMLDecodeError, KeyError):
            return None


def install_source(distribution: Distribution) -> str:
    """The cell's source."""
    found = f'glob.glob("{distribution.name}-*.whl")'
    if distribution.address:
        found += f' or ["{distribution.address}"]'
    return CELL.format(found=found, name=distribution.name)
