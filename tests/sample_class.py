"""A course with one lesson, students who hand in, and the command that grades them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.builders import ROOT

LESSON = "00_start_here"


@dataclass(frozen=True)
class Classroom:
    """A copy of the course with one lesson in it."""

    root: Path
    lesson: str = LESSON

    @classmethod
    def made(cls, root: Path, lesson: str = LESSON) -> Classroom:
        root.mkdir(parents=True)
        shutil.copy(ROOT / "nbgrader_config.py", root)
        for folder in ("solutions", "notebooks"):
            shutil.copytree(ROOT / folder / lesson, root / folder / lesson)
        return cls(root, lesson)

    def release(self) -> dict[str, Any]:
        path = self.root / "notebooks" / self.lesson / f"{self.lesson}.ipynb"
        return _with_whole_sources(json.loads(path.read_text(encoding="utf-8")))

    def solution(self) -> dict[str, Any]:
        """The release with the reference solutions written in."""
        path = self.root / "solutions" / self.lesson / f"{self.lesson}.ipynb"
        source = _with_whole_sources(json.loads(path.read_text(encoding="utf-8")))
        written = {cell["id"]: cell["source"] for cell in source["cells"]}
        made = self.release()
        for cell in made["cells"]:
            if cell["metadata"].get("nbgrader", {}).get("solution") and cell["cell_type"] == "code":
                cell["source"] = written[cell["id"]]
        return made

    def folder(self, student: str) -> Path:
        return self.root / "submitted" / student / self.lesson

    def submit(self, student: str, notebook: dict[str, Any] | bytes, **files: str) -> Path:
        """Hands in a notebook, or whatever stands in its place."""
        folder = self.folder(student)
        folder.mkdir(parents=True, exist_ok=True)
        data = notebook if isinstance(notebook, bytes) else json.dumps(notebook).encode()
        (folder / f"{self.lesson}.ipynb").write_bytes(data)
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        return folder

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "autograder", "--course", str(self.root), *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, check=False, env={**os.environ, **environment}
        )

    def grade(self, *arguments: str, **environment: str) -> dict[str, dict[str, Any]]:
        """Results by student."""
        done = self.run("grade", "--json", *arguments, **environment)
        assert done.stdout, done.stderr
        return {result["student"]: result for result in json.loads(done.stdout)["lessons"]}


def _with_whole_sources(notebook: dict[str, Any]) -> dict[str, Any]:
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
    return notebook
