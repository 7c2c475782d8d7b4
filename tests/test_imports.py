"""Imports point one way: the student's runtime stands alone, and heavy modules are loaded when needed."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "autograder"
# From above downwards: a room may import those below it. `inside` is the part of the engine that runs in the
# sandbox, beside a student's code.
MAY_IMPORT = {
    "autograder": {"student"},
    "commands": {"classroom", "engine", "inside", "authoring", "nbgrader", "student", "errors", "files"},
    "classroom": {"engine", "authoring", "nbgrader", "student", "errors", "files"},
    "engine": {"inside", "authoring", "nbgrader", "student", "errors", "files"},
    "authoring": {"nbgrader", "student", "errors", "files"},
    "nbgrader": {"student", "errors", "files"},
    "inside": {"student", "errors"},
    "student": {"errors"},
    "files": set(),
    "errors": set(),
}
HEAVY = {
    "IPython", "click", "distributed", "jinja2", "jupyter_client", "jupytext", "keras", "matplotlib",
    "nbclient", "nbconvert", "nbformat", "nbgrader", "rich", "sklearn", "tensorflow",
}  # fmt: skip
ALLOWED_AT_TOP = {
    "autograder.commands.cli": {"click", "rich"},
    "autograder.commands.handing_out": {"click"},
    "autograder.commands.learner": {"click"},
    "autograder.commands.collecting": {"click"},
    "autograder.commands.exporting": {"click"},
    "autograder.commands.listing": {"click"},
    "autograder.commands.evening": {"click"},
    "autograder.commands.learning": {"click"},
    "autograder.engine.inside.recorder": {"jupyter_client"},  # which only the warm process imports
    "autograder.engine.inside.shortcuts": {"IPython"},  # the same
}


def room_of(module: str) -> str:
    """The room that a module stands in."""
    parts = module.split(".")
    if parts[:3] == ["autograder", "engine", "inside"]:
        return "inside"
    return parts[1] if len(parts) > 1 else "autograder"


@dataclass(frozen=True)
class Import:
    """One import: from which module, of what, and when it happens."""

    module: str
    target: str  # whole, such as autograder.student.wire or numpy.random
    line: int
    when: str  # "at once", "inside" a function, "for types" only

    @property
    def package(self) -> str:
        return self.target.partition(".")[0]

    def __str__(self) -> str:
        return f"{self.module}:{self.line} imports {self.target} {self.when}"


def modules() -> dict[str, Path]:
    """Every module of the package by its name."""
    return {_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def _name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(module: str, source: str, known: set[str], is_package: bool = False) -> list[Import]:
    """The imports of a module; `from . import sheet` is one of `autograder.student.sheet`."""
    base = module if is_package else module.rpartition(".")[0]

    def targets(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
            return
        above = ".".join(base.split(".")[: len(base.split(".")) - node.level + 1]) if node.level else ""
        whole = ".".join(part for part in (above, node.module) if part)
        for alias in node.names:
            yield f"{whole}.{alias.name}" if f"{whole}.{alias.name}" in known else whole

    def walk(node: ast.AST, when: str) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.Import, ast.ImportFrom)):
                yield from (Import(module, target, child.lineno, when) for target in targets(child))
            elif isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                yield from walk(child, "inside")
            elif isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
                yield from walk(child, "for types")
            else:
                yield from walk(child, when)

    return list(walk(ast.parse(source), "at once"))


def all_imports() -> list[Import]:
    found = modules()
    return [
        one
        for name, path in found.items()
        for one in imports_of(name, path.read_text(encoding="utf-8"), set(found), path.stem == "__init__")
    ]


IMPORTS = all_imports()


def cycles(edges: dict[str, set[str]]) -> list[list[str]]:
    """Ways that lead from a module back to itself, one for each module that has any."""

    def way(start: str) -> list[str]:
        ways, seen = [[start]], set()
        while ways:
            path = ways.pop()
            for target in sorted(edges.get(path[-1], ())):
                if target == start:
                    return [*path, start]
                if target not in seen:
                    seen.add(target)
                    ways.append([*path, target])
        return []

    return [found for name in sorted(edges) if (found := way(name))]


def broken(rule: str, offenders: list[Import]) -> None:
    assert not offenders, f"{rule}:\n" + "\n".join(map(str, offenders))


RUNTIME = {name for name in modules() if room_of(name) in {"student", "errors"}} | {"autograder"}


def test_every_module_is_read() -> None:
    """The rules below are about modules that are there, each in a room that has a rule."""
    assert len(modules()) > 40
    assert {room_of(name) for name in modules()} - {"__main__"} == set(MAY_IMPORT)
    assert {room_of(one.module) for one in IMPORTS} >= set(MAY_IMPORT) - {"errors", "files"}


def test_rooms_import_downwards() -> None:
    """Commands know the engine, the engine does not know the commands, and nobody knows what students are."""
    broken(
        "a room imports what stands above it",
        [
            one
            for one in IMPORTS
            if one.package == "autograder"
            and one.module != "autograder.__main__"
            and room_of(one.target)
            not in MAY_IMPORT[room_of(one.module)] | {room_of(one.module), "autograder"}
        ],
    )


def test_the_students_runtime_needs_numpy_alone() -> None:
    """The standard library and NumPy; IPython where it is loaded already, widgets where there are some."""
    allowed = set(sys.stdlib_module_names) | {"numpy", "autograder"}
    broken(
        "the student's runtime imports more than NumPy",
        [
            one
            for one in IMPORTS
            if one.module in RUNTIME
            and one.package not in allowed
            and not (one.package in {"IPython", "ipywidgets"} and one.when == "inside")
        ],
    )


def test_ipython_is_imported_only_where_it_is_loaded() -> None:
    """A function of the runtime that imports IPython looks into sys.modules first."""
    for module in RUNTIME:
        path = modules()[module]
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(function, ast.FunctionDef):
                continue
            source = ast.unparse(function)
            if "import" in source and "from IPython" in source:
                assert "sys.modules.get('IPython')" in source, f"{path.name}: {function.name}"


def test_one_room_imports_nbgrader() -> None:
    """What nbgrader changes is mended in one place."""
    others = [one for one in IMPORTS if one.package == "nbgrader" and room_of(one.module) != "nbgrader"]
    broken("nbgrader is imported outside its room", others)
    assert any(one.package == "nbgrader" for one in IMPORTS)


def test_one_module_knows_nbgraders_metadata() -> None:
    """The keys of a cell's metadata, and how checks are called, stand in `nbgrader.cells` alone."""
    known = re.compile(r"""["'](grade_id|locked|schema_version|check_)["']|removeprefix\("check_""")
    for name, path in modules().items():
        if name != "autograder.nbgrader.cells":
            assert not known.search(path.read_text(encoding="utf-8")), name


def test_no_module_is_a_book() -> None:
    """Three hundred lines are read in one sitting."""
    lengths = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in modules().items()}
    assert {name: length for name, length in lengths.items() if length > 300} == {}


def test_the_package_knows_neither_nnlab_nor_a_lesson() -> None:
    """Drop other lessons into solutions/ and it teaches something else."""
    broken(
        "the autograder knows the course",
        [one for one in IMPORTS if one.package in {"nnlab", "solutions", "notebooks", "bench", "tests"}],
    )


def exercise_names() -> set[str]:
    """The exercises of every lesson, from the assignments in its exercises.py."""
    return {
        node.targets[0].id
        for path in (ROOT / "solutions").glob("*/exercises.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Name)
        and node.value.func.id == "Exercise"
        and isinstance(node.targets[0], ast.Name)
    }


def test_no_exercise_of_the_course_is_named_in_the_package() -> None:
    """Neither as a name nor in a text, except where a docstring needs an example."""
    exercises = exercise_names()
    assert exercises
    for path in modules().values():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        texts = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
        assert not exercises & (names | texts), path.name


def test_heavy_imports_stand_inside_functions() -> None:
    """`autograder --help` and a student's `check` pay for nothing they don't use."""
    broken(
        "something heavy is imported at once",
        [
            one
            for one in IMPORTS
            if one.package in HEAVY
            and one.when == "at once"
            and one.package not in ALLOWED_AT_TOP.get(one.module, set())
        ],
    )


def test_no_module_imports_itself_by_a_detour() -> None:
    """At the level of modules there are no cycles; so their order of loading does not matter."""
    edges: dict[str, set[str]] = {}
    for one in IMPORTS:
        if one.when == "at once" and one.target.startswith("autograder."):
            edges.setdefault(one.module, set()).add(one.target)
    assert cycles(edges) == []


def test_errors_import_nothing_of_ours() -> None:
    """Whatever fails can name its failure."""
    own = [one for one in IMPORTS if one.module == "autograder.errors" and one.package == "autograder"]
    broken("errors imports one of our modules", own)


# The reader of imports itself, so that a rule cannot hold because nothing was read

KNOWN = {"autograder", "autograder.wire", "autograder.engine.pool"}


@pytest.mark.parametrize(
    ("module", "source", "expected"),
    [
        ("autograder.a", "import numpy as np", [("numpy", "at once")]),
        ("autograder.a", "from . import wire", [("autograder.wire", "at once")]),
        ("autograder.a", "from .wire import pack", [("autograder.wire", "at once")]),
        (
            "autograder.a",
            "from autograder.wire import pack",
            [("autograder.wire", "at once")],
        ),
        ("autograder.a", "from autograder import wire", [("autograder.wire", "at once")]),
        ("autograder.engine.pool", "from ..wire import pack", [("autograder.wire", "at once")]),
        ("autograder.engine.b", "from . import pool", [("autograder.engine.pool", "at once")]),
        ("autograder.a", "def f():\n    import keras.layers", [("keras.layers", "inside")]),
        ("autograder.a", "class A:\n    import rich", [("rich", "at once")]),
        ("autograder.a", "class A:\n    def f(self):\n        import rich", [("rich", "inside")]),
        ("autograder.a", "try:\n    import rich\nexcept ImportError: pass", [("rich", "at once")]),
        ("autograder.a", "if TYPE_CHECKING:\n    import rich", [("rich", "for types")]),
    ],
)
def test_imports_are_read(module: str, source: str, expected: list[tuple[str, str]]) -> None:
    """Whole targets, and when each of them is loaded."""
    assert [(one.target, one.when) for one in imports_of(module, source, KNOWN)] == expected


def test_cycles_are_found() -> None:
    """Of two modules, of one with itself, and none where there are none."""
    assert cycles({"a": {"b"}, "b": {"c"}, "c": set()}) == []
    assert cycles({"a": {"b"}, "b": {"a"}}) == [["a", "b", "a"], ["b", "a", "b"]]
    assert cycles({"a": {"a"}}) == [["a", "a"]]
