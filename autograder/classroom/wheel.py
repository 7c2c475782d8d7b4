"""A wheel of what students are handed, for a notebook that comes alone: by mail, in Colab, in Kaggle.

Written by hand: a wheel is a zip with a few files of metadata, and so it has the same bytes each time. The
lessons' checks lie inside the package (`student.lessons` finds them there), the course's packages and the
folders of its data beside it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re

from .. import __version__
from ..authoring import slicing
from ..authoring.lesson import Lesson
from ..authoring.solutions import FILE_NAME as SOLUTIONS
from ..nbgrader.course import Course
from ..student import checks_file
from ..student.lessons import FOLDER, INDEX
from .handout import DATA, PACKAGE, Contents, Project, code_cells

_INSIDE = FOLDER.relative_to(PACKAGE.parent).as_posix()
_PAPERS = ("README.md", "pyproject.toml", "environment.yml", "requirements.lock", "Makefile", ".gitignore")


def file_name(project: Project) -> str:
    """What a wheel of this course has to be called: pip refuses any other name."""
    return f"{_distribution(project)}-{__version__}-py3-none-any.whl"


def wheel(course: Course, project: Project, lessons: list[Lesson], contents: Contents) -> Contents:
    """The files of the wheel, made from those of the folder."""
    made: Contents = {}
    for path, data in contents.items():
        if place := _place(path, course, project, contents):
            made[place] = data
    index = {lesson.name: _names(course, lesson) for lesson in lessons}
    made[f"{_INSIDE}/{INDEX}"] = (json.dumps(index, indent=1) + "\n").encode()
    folder = f"{_distribution(project)}-{__version__}.dist-info"
    for name in project.licence_files:
        made[f"{folder}/licenses/{name}"] = contents[name]
    made[f"{folder}/METADATA"] = _metadata(project).encode()
    made[f"{folder}/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: autograder\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    made[f"{folder}/entry_points.txt"] = b"[console_scripts]\nautograder = autograder.commands.learner:main\n"
    record = [f"{path},{_digest(data)},{len(data)}" for path, data in sorted(made.items())]
    made[f"{folder}/RECORD"] = "\n".join([*record, f"{folder}/RECORD,,"]).encode() + b"\n"
    return made


def _place(path: str, course: Course, project: Project, contents: Contents) -> str:
    """Where a file of the folder lies in the wheel; empty: it is not in it."""
    if path in _PAPERS or path in project.licence_files:
        return ""
    first, _, rest = path.partition("/")
    if first == course.notebooks.name:
        travels = path.endswith((f"/{checks_file.FILE_NAME}", f"/{SOLUTIONS}"))
        return f"{_INSIDE}/{rest}" if travels else ""
    if first == DATA:  # its packages and its folders; what lies beside them tells where it comes from
        folder = rest.partition("/")[0]
        made_by = path.endswith(".py") and f"{DATA}/{folder}/__init__.py" not in contents
        return rest if "/" in rest and not made_by else ""
    return path


def _names(course: Course, lesson: Lesson) -> list[str]:
    """The names that the cells of a released notebook bind."""
    cells = code_cells(course, lesson)
    return sorted({name for cell in cells for one in slicing.readable_statements(cell) for name in one.binds})


def _metadata(project: Project) -> str:
    lines = [
        "Metadata-Version: 2.4",
        f"Name: {project.name}",
        f"Version: {__version__}",
        f"Summary: {project.description}",
        *([f"License-Expression: {project.licence}"] if project.licence else []),
        *(f"License-File: {name}" for name in project.licence_files),
        f"Requires-Python: {project.python}",
        *(f"Requires-Dist: {need}" for need in project.dependencies),
        "Provides-Extra: lessons",
        *(f"Requires-Dist: {_for_extra(need)}" for need in project.lessons),
    ]
    return "\n".join(lines) + "\n"


def _for_extra(need: str) -> str:
    requirement, _, marker = need.partition(";")
    condition = f"({marker.strip()}) and extra == 'lessons'" if marker else "extra == 'lessons'"
    return f"{requirement.strip()} ; {condition}"


def _distribution(project: Project) -> str:
    return re.sub(r"[-_.]+", "_", project.name).lower()


def _digest(data: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
