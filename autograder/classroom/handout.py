"""What students are handed: which files, and the papers that come with them. Nothing is written here.

Of the autograder it is the learner's commands and all that they import; of the course the released notebooks,
the packages that these import, and the data. So it follows from the code what goes out, and no list has to be
kept.
"""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from .. import __version__
from ..authoring import slicing
from ..authoring.lesson import Lesson, lessons_of
from ..authoring.solutions import FILE_NAME as SOLUTIONS
from ..authoring.solutions import solutions_text
from ..errors import AutograderError, StaleLesson
from ..nbgrader.course import Course
from ..student import checks_file

Contents = dict[str, bytes]  # files by their paths within what is handed out

PACKAGE = Path(__file__).resolve().parents[1]
TEMPLATES = Path(__file__).parent / "templates" / "handout"
DATA = "data"
LOCK = "lessons.lock"  # in the course; handed out it is the only one
MADE_HERE = ("pyproject.toml", "README.md", "environment.yml", LOCK)
_LEFT_OUT = {"__pycache__", ".ipynb_checkpoints"}


def handout(course: Course, lessons: list[Lesson], self_study: bool = False, opens: str = "") -> Contents:
    """All files of a folder from which students can work on these lessons."""
    must_be_whole(course)
    project = Project.of(course)
    packages = course_packages(course, lessons)
    contents = lesson_files(course, lessons, self_study, opens)
    contents |= learners_part()
    for package in packages:
        contents |= files_under(package, course.root)
    contents |= files_under(course.root / DATA, course.root)
    for name in project.licence_files:
        contents[name] = (course.root / name).read_bytes()
    contents |= jupyterlab(course, lessons)
    contents["README.md"] = _readme(project, lessons, self_study, lab_command(contents)).encode()
    contents["pyproject.toml"] = _pyproject(project, packages).encode()
    contents["environment.yml"] = _environment(course, project).encode()
    contents["requirements.lock"] = (course.root / LOCK).read_bytes()
    makefile = (TEMPLATES / "Makefile").read_text(encoding="utf-8")
    contents["Makefile"] = makefile.replace(
        "jupyter lab $(ARGS)", f"{lab_command(contents)} $(ARGS)"
    ).encode()
    contents[".gitignore"] = (TEMPLATES / "gitignore").read_bytes()
    return contents


LAB, START = "lab", "start.ipynb"


def jupyterlab(course: Course, lessons: list[Lesson]) -> Contents:
    """How JupyterLab looks for learners; and the start page, where every lesson that it names is there."""
    found = files_under(course.root / LAB, course.root)
    found.pop(f"{LAB}/teacher.py", None)
    start = course.notebooks / START
    if start.is_file() and {lesson.name for lesson in lessons} == {one.name for one in lessons_of(course)}:
        found[f"{course.notebooks.name}/{START}"] = start.read_bytes()
    return found


def lab_command(contents: Contents) -> str:
    """What opens the lessons."""
    configured = " --config lab/student.py" if f"{LAB}/student.py" in contents else ""
    elsewhere = "" if f"notebooks/{START}" in contents else " --LabApp.default_url=/lab/tree/notebooks"
    return f"jupyter lab{configured}{elsewhere}"


def lacking(course: Course) -> list[str]:
    """What a hand-out is made of and this course does not have."""
    return [name for name in MADE_HERE if not (course.root / name).is_file()]


def must_be_whole(course: Course) -> None:
    """Raises an error where something is missing that a hand-out is made of."""
    if names := lacking(course):
        raise AutograderError(f"Nothing can be handed out without {course.root / names[0]}.")


def lesson_files(course: Course, lessons: list[Lesson], self_study: bool, opens: str = "") -> Contents:
    """The released folders of these lessons, with the solutions for those who learn by themselves.

    A class is told the day on which it will have them.

    Raises:
        StaleLesson: one was edited after it was built.
    """
    contents: Contents = {}
    for lesson in lessons:
        folder = course.notebooks / lesson.name
        public = folder / checks_file.FILE_NAME
        if not public.is_file() or checks_file.load(public).made_from != lesson.state:
            raise StaleLesson(lesson.name)
        contents |= files_under(folder, course.root)
        if self_study or opens:
            text = solutions_text(lesson, opens, withheld=not self_study)
            contents[f"{course.notebooks.name}/{lesson.name}/{SOLUTIONS}"] = text.encode()
    return contents


def files_under(folder: Path, root: Path) -> Contents:
    """The files of a folder by their paths from the root; no caches, nothing hidden, no links."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink() and _is_handed_out(path.relative_to(folder))
    }


def _is_handed_out(path: Path) -> bool:
    hidden = any(part.startswith(".") or part in _LEFT_OUT for part in path.parts)
    return not hidden and path.suffix != ".pyc"


# The autograder's part


def learners_part() -> Contents:
    """The learner's commands, the student's runtime, and whatever of this package they import."""
    contents = part_with({PACKAGE / "commands" / "learner.py"})
    for name in ("__main__.py", "py.typed"):
        contents[f"{PACKAGE.name}/{name}"] = (PACKAGE / name).read_bytes()
    return contents


def part_with(modules: set[Path]) -> Contents:
    """These modules of our package with all that they import of it, and the student's runtime."""
    wanted = {PACKAGE / "__init__.py", *modules}
    wanted |= set((PACKAGE / "student").glob("*.py"))  # a lesson's driver may import any of them
    found: set[Path] = set()
    while wanted:
        path = wanted.pop()
        found.add(path)
        wanted |= {*_imported_here(path), path.parent / "__init__.py"} - found
    return {path.relative_to(PACKAGE.parent).as_posix(): path.read_bytes() for path in sorted(found)}


def _imported_here(path: Path) -> Iterator[Path]:
    """The modules of this package that a module imports, at once or inside a function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = path.parents[node.level - 1].joinpath(*(node.module or "").split("."))
            for place in [base, *(base / alias.name for alias in node.names)]:
                for file in (place.with_suffix(".py"), place / "__init__.py"):
                    if file.is_file():
                        yield file


# The course's part


def course_packages(course: Course, lessons: Iterable[Lesson]) -> list[Path]:
    """The packages beside the lessons, or with the data, that released notebooks import."""
    sources = (source for lesson in lessons for source in code_cells(course, lesson))
    names = {module.split(".")[0] for source in sources for module in slicing.imported_modules(source)}
    places = (folder / name for name in sorted(names) for folder in (course.root, course.root / DATA))
    return [place for place in places if (place / "__init__.py").is_file() and place != PACKAGE]


def code_cells(course: Course, lesson: Lesson) -> list[str]:
    """The code cells of a released notebook."""
    path = course.notebooks / lesson.name / lesson.notebook_path.name
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


@dataclass(frozen=True)
class Project:
    """What a course's pyproject.toml and README.md say of it."""

    name: str
    title: str
    description: str
    licence: str
    licence_files: tuple[str, ...]
    python: str
    dependencies: tuple[str, ...]
    lessons: tuple[str, ...]  # what lessons need besides
    environment: str  # conda's name for it
    known_solutions: tuple[str, ...]  # files that hold on purpose what a lesson asks for

    @classmethod
    def of(cls, course: Course) -> Project:
        whole: dict[str, Any] = tomllib.loads((course.root / "pyproject.toml").read_text("utf-8"))
        said = whole["project"]
        readme = (course.root / "README.md").read_text(encoding="utf-8")
        heading = re.search(r"^# (.+)$", readme, re.MULTILINE)
        environment = re.search(
            r"^name: (\S+)", (course.root / "environment.yml").read_text("utf-8"), re.MULTILINE
        )
        return cls(
            said["name"],
            heading[1] if heading else said["name"],
            said.get("description", ""),
            said.get("license", "") if isinstance(said.get("license", ""), str) else "",
            tuple(said.get("license-files", ())),
            said["requires-python"],
            tuple(said.get("dependencies", ())),
            tuple(said.get("optional-dependencies", {}).get("lessons", ())),
            environment[1] if environment else said["name"],
            tuple(whole.get("tool", {}).get("autograder", {}).get("known-solutions", ())),
        )


def _readme(project: Project, lessons: list[Lesson], self_study: bool, lab: str) -> str:
    rows = [_row(lesson) for lesson in lessons]
    solutions = (TEMPLATES / "solutions.md").read_text("utf-8") if self_study else ""
    files = " and ".join(f"[{name}]({name})" for name in project.licence_files)
    return Template((TEMPLATES / "README.md").read_text("utf-8")).substitute(
        title=project.title,
        description=project.description,
        environment=project.environment,
        first=f"notebooks/{lessons[0].name}/{lessons[0].name}.ipynb",
        lessons="\n".join(rows),
        solutions=solutions,
        lab=lab,
        licence=f"{project.licence}: {files}." if project.licence else f"{files}.",
    )


def _row(lesson: Lesson) -> str:
    checks = checks_file.load(lesson.checks_path)
    prose = "\n".join(cell.source for cell in lesson.cells[:2])
    minutes = re.search(r"About (\d+)\s+minutes", prose)
    link = f"[{lesson.name.replace('_', ' ')}](notebooks/{lesson.name}/{lesson.name}.ipynb)"
    functions = ", ".join(f"`{name}`" for sheet in checks.sheets.values() for name in sheet.functions)
    return f"| {link} | {minutes[1] if minutes else ''} | {functions} | {checks.points:g} |"


def _pyproject(project: Project, packages: list[Path]) -> str:
    """The few tables that an installation reads. A TOML string is written as a JSON string is."""
    include = ["autograder*", *(f"{package.name}*" for package in packages)]
    lines = [
        "[build-system]",
        'requires = ["setuptools>=77"]',
        'build-backend = "setuptools.build_meta"',
        "",
        "[project]",
        f"name = {json.dumps(project.name)}",
        f"version = {json.dumps(__version__)}",
        f"description = {json.dumps(project.description)}",
        f"requires-python = {json.dumps(project.python)}",
        f"dependencies = {json.dumps(project.dependencies)}",
        *([f"license = {json.dumps(project.licence)}"] if project.licence else []),
        f"license-files = {json.dumps(project.licence_files)}",
        "",
        "[project.optional-dependencies]",
        f"lessons = {json.dumps(project.lessons, indent=4)}",
        "",
        "[project.scripts]",
        'autograder = "autograder.commands.learner:main"',
        "",
        "[tool.setuptools.packages.find]",
        f'where = [".", {json.dumps(DATA)}]',
        f"include = {json.dumps(include)}",
    ]
    return "\n".join(lines) + "\n"


def _environment(course: Course, project: Project) -> str:
    """The course's environment.yml with what lessons need, at the course's versions, and no comments."""
    needed = {re.split(r"[^\w-]", line)[0] for line in (*project.dependencies, *project.lessons)}
    needed |= {f"{name}-base" for name in needed} | {"python", "pip"}
    kept = ["# conda env create --file environment.yml  and then  conda activate " + project.environment]
    for line in (course.root / "environment.yml").read_text(encoding="utf-8").splitlines():
        line = re.sub(r"\s+#.*$|^#.*$", "", line)
        package = re.match(r"  - ([\w-]+)=", line)
        if line.strip() and (not package or package[1] in needed):
            kept.append(line)
    return "\n".join(kept) + "\n"
