"""The three lists of what the project needs agree: pyproject.toml, requirements.lock and environment.yml.

Conda cannot be run where the tests run, so environment.yml is held against the lock, which can.
"""

from __future__ import annotations

import itertools
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]

# What conda-forge calls a package, where that is not its name on the lock.
CONDA_NAMES = {"matplotlib-base": "matplotlib"}
# Part of the environment, never of a lock.
NOT_LOCKED = {"python", "pip"}

SYSTEMS = {
    "linux-x86_64": {"sys_platform": "linux", "platform_machine": "x86_64", "os_name": "posix"},
    "linux-aarch64": {"sys_platform": "linux", "platform_machine": "aarch64", "os_name": "posix"},
    "macos-arm64": {"sys_platform": "darwin", "platform_machine": "arm64", "os_name": "posix"},
    "macos-intel": {"sys_platform": "darwin", "platform_machine": "x86_64", "os_name": "posix"},
    "windows": {"sys_platform": "win32", "platform_machine": "AMD64", "os_name": "nt"},
}
MACHINES = [
    pytest.param(
        {**system, "python_version": python, "python_full_version": f"{python}.2"}, id=f"{name}-{python}"
    )
    for (name, system), python in itertools.product(SYSTEMS.items(), ["3.11", "3.12", "3.13"])
]


@dataclass(frozen=True)
class Locked:
    """One entry of the lock: exactly which version, on which machines, and what its files must hash to."""

    name: str
    version: str
    marker: Marker | None
    hashes: tuple[str, ...]

    def is_for(self, machine: dict[str, str]) -> bool:
        return self.marker is None or self.marker.evaluate(machine)

    @property
    def minor(self) -> str:
        """Its first two numbers: what environment.yml pins."""
        return ".".join(self.version.split(".")[:2])


def lock_text() -> str:
    return (ROOT / "requirements.lock").read_text(encoding="utf-8")


def lock_entries() -> list[Locked]:
    return entries_of("requirements.lock")


def entries_of(name: str) -> list[Locked]:
    joined = re.sub(r"\\\n\s*", "", (ROOT / name).read_text(encoding="utf-8"))
    return [parse_entry(line) for line in joined.splitlines() if line and not line.startswith("#")]


def parse_entry(line: str) -> Locked:
    requirement, *hashes = re.split(r"\s*--hash=", line)
    pinned = Requirement(requirement)
    exact = re.fullmatch(r"==([^*]+)", str(pinned.specifier))
    assert exact, f"{requirement}: not pinned to one version"
    return Locked(canonicalize_name(pinned.name), exact[1], pinned.marker, tuple(h.strip() for h in hashes))


@pytest.fixture(scope="module")
def lock() -> dict[str, Locked]:
    return {entry.name: entry for entry in lock_entries()}


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def extras() -> dict[str, list[Requirement]]:
    return {
        name: [Requirement(line) for line in lines]
        for name, lines in project()["optional-dependencies"].items()
    }


def environment() -> dict:
    return yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))


def conda_specs() -> list[str]:
    return [spec for spec in environment()["dependencies"] if isinstance(spec, str)]


def pip_specs() -> list[str]:
    """What the environment takes from pip, this project itself aside."""
    (section,) = [part for part in environment()["dependencies"] if isinstance(part, dict)]
    return [spec for spec in section["pip"] if not spec.startswith("-")]


def conda_names() -> set[str]:
    return {CONDA_NAMES.get(name, name) for name in (spec.split("=")[0] for spec in conda_specs())}


# --- pyproject.toml


def test_a_students_runtime_needs_numpy_alone():
    """Whoever installs the project without extras gets NumPy and nothing else."""
    assert [Requirement(line).name for line in project()["dependencies"]] == ["numpy"]


def test_the_extras_are_the_documented_ones():
    """Each group of requirements has a name that the documentation uses."""
    assert set(extras()) == {"lessons", "grading", "postgresql", "cluster", "site", "dev"}


@pytest.mark.parametrize("machine", MACHINES)
def test_the_lock_holds_what_every_extra_asks_for(lock: dict[str, Locked], machine: dict[str, str]):
    """On each system and Python, each requirement is locked, and at a version that it allows."""
    wanted = [Requirement(line) for line in project()["dependencies"]]
    wanted += itertools.chain.from_iterable(extras().values())
    wanted = [need for need in wanted if need.marker is None or need.marker.evaluate(machine)]

    missing = [need.name for need in wanted if not is_locked(lock, need.name, machine)]
    assert missing == []

    refused = [
        f"{need} refuses {lock[canonicalize_name(need.name)].version}"
        for need in wanted
        if not need.specifier.contains(lock[canonicalize_name(need.name)].version)
    ]
    assert refused == []


def is_locked(lock: dict[str, Locked], name: str, machine: dict[str, str]) -> bool:
    entry = lock.get(canonicalize_name(name))
    return entry is not None and entry.is_for(machine)


@pytest.mark.parametrize("machine", MACHINES)
def test_there_is_one_tensorflow_where_one_is_published(lock: dict[str, Locked], machine: dict[str, str]):
    """Macs with an Intel processor get none; everyone else exactly one of the two builds."""
    found = [name for name in ("tensorflow", "tensorflow-cpu") if lock[name].is_for(machine)]
    intel_mac = machine["sys_platform"] == "darwin" and machine["platform_machine"] == "x86_64"
    assert len(found) == (0 if intel_mac else 1)
    assert lock["tensorflow"].version == lock["tensorflow-cpu"].version


# --- requirements.lock


def test_every_locked_package_has_one_version():
    """All supported systems and Pythons run the same versions."""
    names = [entry.name for entry in lock_entries()]
    assert names == sorted(set(names))
    assert len(names) > 100


def test_every_locked_package_has_hashes():
    """pip installs the very files that were locked, or nothing."""
    unhashed = [
        entry.name
        for entry in lock_entries()
        if not entry.hashes or not all(re.fullmatch(r"sha256:[0-9a-f]{64}", h) for h in entry.hashes)
    ]
    assert unhashed == []


def test_the_lock_has_no_addresses():
    """Where packages are fetched from is the machine's business; no path of one machine is there either."""
    code = [line for line in lock_text().splitlines() if not line.startswith("#")]
    options = {option for line in code for option in re.findall(r"--[a-z-]+", line)}
    assert options == {"--hash"}
    assert not re.search(r"://|file:| @ |\.(org|com|net|io)\b|(^|\s)\.{0,2}/|\b[A-Za-z]:\\", lock_text())


# --- lessons.lock, which students install


def test_students_install_a_part_of_the_lock():
    """Entry for entry, the conditions included: what the tests run on is what they get."""
    part = entries_of("lessons.lock")
    whole = {entry.name: entry for entry in lock_entries()}
    assert {(one.name, one.version, one.hashes) for one in part} <= {
        (one.name, one.version, one.hashes) for one in whole.values()
    }
    assert not {"nbgrader", "pytest", "playwright", "uv"} & {one.name for one in part}


@pytest.mark.parametrize("machine", MACHINES)
def test_students_get_what_lessons_ask_for(machine: dict[str, str]):
    """On each system and Python; setuptools, too, which installs what they are handed."""
    part = {entry.name: entry for entry in entries_of("lessons.lock")}
    wanted = [*extras()["lessons"], *map(Requirement, project()["dependencies"]), Requirement("setuptools")]
    wanted = [need for need in wanted if need.marker is None or need.marker.evaluate(machine)]
    assert [need.name for need in wanted if not is_locked(part, need.name, machine)] == []


# --- environment.yml


def test_the_environment_comes_from_conda_forge_alone():
    """No default channel, whose licence and versions differ."""
    assert environment()["name"] == "deep-nets"
    assert environment()["channels"] == ["conda-forge", "nodefaults"]


@pytest.mark.parametrize("spec", conda_specs())
def test_a_conda_package_is_pinned_to_the_locked_minor_version(lock: dict[str, Locked], spec: str):
    """Students on conda run the minor versions that the tests run on."""
    pinned = re.fullmatch(r"([a-z0-9-]+)=(\d+\.\d+)", spec)
    assert pinned, f"{spec}: write name=X.Y"
    name, version = pinned.groups()
    if name not in NOT_LOCKED:
        assert lock[CONDA_NAMES.get(name, name)].minor == version


@pytest.mark.parametrize("spec", pip_specs())
def test_a_pip_package_is_pinned_to_the_locked_minor_version(lock: dict[str, Locked], spec: str):
    """The same for the few that conda-forge lacks."""
    requirement = Requirement(spec)
    assert str(requirement.specifier) == f"=={lock[requirement.name].minor}.*"


def test_the_environments_python_is_a_supported_one():
    """Its Python lies within requires-python."""
    (python,) = [spec.split("=")[1] for spec in conda_specs() if spec.startswith("python=")]
    assert SpecifierSet(project()["requires-python"]).contains(f"{python}.0")


def test_the_environment_installs_this_project():
    """After `conda env create` the command and the packages are there."""
    (section,) = [part for part in environment()["dependencies"] if isinstance(part, dict)]
    assert "--editable ." in section["pip"]


@pytest.mark.parametrize("extra", ["lessons", "grading"])
def test_the_environment_has_all_that_students_need(extra: str):
    """What lessons import and what grading runs is named there, not left to chance."""
    from_pip = {str(Requirement(spec)) for spec in pip_specs()}
    missing = [
        str(need) for need in extras()[extra] if need.name not in conda_names() and str(need) not in from_pip
    ]
    assert missing == []


def test_nothing_in_the_environment_is_unused():
    """Each package named there is asked for in pyproject.toml."""
    asked = {Requirement(line).name for line in project()["dependencies"]}
    asked |= {need.name for need in itertools.chain.from_iterable(extras().values())}
    assert conda_names() - NOT_LOCKED - asked == set()
