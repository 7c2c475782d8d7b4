"""Lessons where there is no matplotlib: every name is there, figures are those drawn beforehand, or words."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from nnlab.figures import undrawn

ROOT = Path(__file__).resolve().parents[1]
WITHOUT = """
import sys
sys.modules["matplotlib"] = None
import nnlab.figures
from nnlab.figures import curves, show, style
style()
print(nnlab.figures.__name__, type(curves([1, 2], [3, 4], title="a line")).__name__)
"""


def test_without_matplotlib_the_other_module_takes_its_place() -> None:
    """Under the name that lessons import from."""
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert ran.stdout.split() == ["nnlab.figures.undrawn", "Undrawn"]


@pytest.mark.parametrize("number", ["00", "01", "02", "03", "04", "08"])
def test_it_has_what_the_lessons_import(number: str) -> None:
    """Of those lessons that are tried in the browser."""
    (path,) = (ROOT / "solutions").glob(f"{number}_*/lesson.py")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    wanted = {name.name for node in imports if node.module == "nnlab.figures" for name in node.names}
    assert wanted and wanted <= set(undrawn.__all__)


def test_a_figure_is_the_one_drawn_beforehand_or_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Known by its description, and said to be the course's own; a description is shown as text."""
    shown: list[dict[str, str]] = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(data))
    monkeypatch.setattr(undrawn, "beforehand", lambda: {"A line.": "<img alt='A line.'>"})
    undrawn.show(undrawn.curves(None, [1, 2]), alt="A line.")
    undrawn.explore(lambda size: undrawn.figure(), "2 < 3", size=(0, 9, 1, 0))
    assert "<img" in shown[0]["text/html"] and undrawn.NOTE in shown[0]["text/html"]
    assert "2 &lt; 3" in shown[1]["text/html"] and shown[1]["text/plain"] == "2 < 3"
