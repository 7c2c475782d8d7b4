"""Makes the try-out: lessons that need NumPy alone, in a JupyterLite with the real `check`, on the site.

The kernel is xeus-python as the wheel of jupyterlite-xeus-python holds it, Python 3.11 with NumPy 1.25: it is
one file from PyPI, and nothing is fetched by a reader's browser. The course's packages and checks are packed
beside the kernel's own. README.md says what to change for Pyodide.
"""

from __future__ import annotations

import html
import io
import json
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

from lessons import ROOT, Lesson, lessons, source_of

TRIED = ("00", "01", "02", "03", "04", "08")
WHEEL = "jupyterlite-xeus-python==1.0.0"
HASH = "sha256:0be2393d3f738ecc920c6b5ec261c83d0ff2a1d79cdf5b8167dcdb95464b7e86"
EXTENSION = "@jupyterlite/xeus-python-kernel"
PACKAGES = ROOT / "build" / "site" / "kernel"
SITE_PACKAGES = "lib/python3.11/site-packages"
# What a browser's Python needs of the course; nothing that grades.
COURSE = ("autograder/*.py", "autograder/student/*.py", "nnlab/*.py", "nnlab/figures/*.py")
BEGIN = """\
# You try this lesson in your browser: nothing is installed, and nothing you type leaves it. Run this cell
# first; it takes some ten seconds, until Python is there. Ctrl + S keeps your answers in this browser. After
# you have loaded the page anew, run all cells once. Cells that need Keras or SciPy end in an error here.
import os

import browser_diary

browser_diary.begin()  # your tries and points, kept in this browser
os.chdir("/course/{name}")"""
KERNEL = {"display_name": "Python (XPython)", "language": "python", "name": "xeus-python"}


def make(target: Path) -> None:
    """Build it into `target`.

    Args:
        target: a folder that is made anew.
    """
    work = PACKAGES.parent / "lite"
    shutil.rmtree(work, ignore_errors=True)
    shutil.rmtree(target, ignore_errors=True)
    contents = work / "contents"
    contents.mkdir(parents=True)
    tried = [lesson for lesson in lessons() if lesson.number in TRIED]
    for lesson in tried:
        text = json.dumps(notebook(lesson), indent=1, ensure_ascii=False)
        (contents / f"{lesson.name}.ipynb").write_text(text, encoding="utf-8")
    extension = work / "labextensions" / EXTENSION
    unpack(wheel(), extension)
    add_course(extension / "static", tried)
    settings = {
        "LiteBuildConfig": {
            "apps": ["lab"],
            "contents": [str(contents)],
            "federated_extensions": [str(extension)],
            "ignore_sys_prefix": True,
            "lite_dir": str(work),
            "no_sourcemaps": True,
            "no_unused_shared_packages": True,
            "output_dir": str(target),
        }
    }
    (work / "jupyter_lite_config.json").write_text(json.dumps(settings), encoding="utf-8")
    shutil.copy(Path(__file__).with_name("overrides.json"), work)
    subprocess.run(
        [sys.executable, "-m", "jupyterlite_core", "build"], cwd=work, check=True, capture_output=True
    )
    with (target / "service-worker.js").open("a", encoding="utf-8") as worker:
        worker.write(Path(__file__).with_name("browser_diary.js").read_text(encoding="utf-8"))


def notebook(lesson: Lesson) -> dict[str, Any]:
    """The student's notebook, beginning where its checks lie."""
    source = BEGIN.format(name=lesson.name)
    first = {"cell_type": "code", "id": "browser", "metadata": {}, "outputs": [], "execution_count": None}
    cells = [*lesson.release["cells"]]
    cells.insert(1, first | {"source": source})
    return {**lesson.release, "cells": cells, "metadata": {"kernelspec": KERNEL}}


def wheel() -> Path:
    """The kernel's wheel, from PyPI the first time."""
    pinned = PACKAGES / "pinned.txt"
    PACKAGES.mkdir(parents=True, exist_ok=True)
    pinned.write_text(f"{WHEEL} --hash={HASH}\n", encoding="utf-8")
    if not list(PACKAGES.glob("*.whl")):
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
        ]
        subprocess.run([*command, "--require-hashes", "-r", str(pinned), "-d", str(PACKAGES)], check=True)
    (found,) = PACKAGES.glob("*.whl")
    return found


def unpack(packed: Path, extension: Path) -> None:
    """The labextension that a wheel holds among its data files."""
    within = f"/labextensions/{EXTENSION}/"
    with zipfile.ZipFile(packed) as archive:
        for name in archive.namelist():
            _, found, path = name.partition(within)
            if found and not name.endswith("/"):
                (extension / path).parent.mkdir(parents=True, exist_ok=True)
                (extension / path).write_bytes(archive.read(name))


def add_course(static: Path, tried: list[Lesson]) -> None:
    """The course as one more package of the kernel's: code, checks, and figures drawn beforehand."""
    listed = static / "empack_env_meta.json"
    environment = json.loads(listed.read_text(encoding="utf-8"))
    name = "deep-networks-that-train-1-0"
    package = {"name": "deep-networks-that-train", "version": "1", "build": "0", "filename_stem": name}
    environment["packages"].append(package | {"filename": f"{name}.tar.gz"})
    listed.write_text(json.dumps(environment), encoding="utf-8")
    with tarfile.open(static / f"{name}.tar.gz", "w:gz") as archive:
        for path in sorted(path for pattern in COURSE for path in ROOT.glob(pattern)):
            _add(archive, f"{SITE_PACKAGES}/{path.relative_to(ROOT)}", path.read_bytes())
        diary = Path(__file__).with_name("browser_diary.py")
        _add(archive, f"{SITE_PACKAGES}/{diary.name}", diary.read_bytes())
        drawn = json.dumps({alt: tag for lesson in tried for alt, tag in figures(lesson)})
        _add(archive, f"{SITE_PACKAGES}/nnlab/figures/drawn.json", drawn.encode())
        for lesson in tried:
            path = ROOT / "notebooks" / lesson.name / "checks.json"
            _add(archive, f"course/{lesson.name}/checks.json", path.read_bytes())


def figures(lesson: Lesson) -> list[tuple[str, str]]:
    """Every figure of the executed solution, with its description."""
    found = []
    for cell in lesson.executed["cells"]:
        for output in cell.get("outputs", []):
            shown = source_of({"source": output.get("data", {}).get("text/html", "")})
            said = re.match(r'<img src="data:[^"]*" alt="([^"]*)"', shown)
            if said:
                found.append((html.unescape(said[1]), shown))
    return found


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    archive.addfile(entry, io.BytesIO(data))
