"""The files around the code agree with it and with one another: licences, version, links, forms, hooks."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from autograder.authoring.lesson import lessons_of
from autograder.classroom.handout import handout
from autograder.nbgrader.course import Course

ROOT = Path(__file__).resolve().parents[1]
PROSE = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("data/**/*.md")])
FORMS = sorted(path for path in (ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml") if path.stem != "config")
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def named(path: Path) -> str:
    """The id of a test about a file."""
    return str(path.relative_to(ROOT))


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def yaml_of(name: str | Path) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def pyproject() -> dict[str, Any]:
    return tomllib.loads(text_of("pyproject.toml"))


# --- licences


def test_everything_names_the_same_two_licences() -> None:
    """Code is under MIT, lessons and figures under CC BY 4.0, whoever is asked."""
    project = pyproject()["project"]
    assert project["license"] == "MIT AND CC-BY-4.0"
    assert project["license-files"] == ["LICENSE", "LICENSE-CC-BY-4.0.txt"]
    assert text_of("LICENSE").startswith("MIT License\n")
    assert text_of("LICENSE-CC-BY-4.0.txt").startswith("Attribution 4.0 International\n")
    readme = text_of("README.md").partition("\n## Licence\n")[2]
    assert "[MIT](LICENSE)" in readme and "[CC BY 4.0](LICENSE-CC-BY-4.0.txt)" in readme
    citation = yaml_of("CITATION.cff")
    assert citation["license"] == "MIT" and "CC BY 4.0" in citation["abstract"]
    assert "under MIT" in text_of("CONTRIBUTING.md") and "under CC BY 4.0" in text_of("CONTRIBUTING.md")


def test_the_texts_of_the_licences_are_whole() -> None:
    """Both are there to the end, not as a notice or a link."""
    mit = " ".join(text_of("LICENSE").split())
    assert (
        "this permission notice shall be included in all copies" in mit and "DEALINGS IN THE SOFTWARE." in mit
    )
    sections = re.findall(r"^Section (\d) -- ", text_of("LICENSE-CC-BY-4.0.txt"), re.MULTILINE)
    assert sections == list("12345678")
    assert text_of("LICENSE-CC-BY-4.0.txt").rstrip().endswith("contacted at creativecommons.org.")


def test_everything_names_the_same_holder() -> None:
    """Who is to be named when the course is reused or cited."""
    found = re.search(r"^Copyright \(c\) \d{4} (.+)$", text_of("LICENSE"), re.MULTILINE)
    assert found
    holder = found[1]
    assert [one["name"] for one in pyproject()["project"]["authors"]] == [holder]
    assert [one["name"] for one in yaml_of("CITATION.cff")["authors"]] == [holder]
    assert holder in text_of("README.md")


def test_what_is_handed_out_has_its_licences_and_can_be_installed() -> None:
    """Both licences ask to travel along, and installing reads every file that pyproject.toml names."""
    course = Course(ROOT)
    contents = handout(course, lessons_of(course, ("00",)))
    project = tomllib.loads(contents["pyproject.toml"].decode())["project"]
    assert project["license-files"] == pyproject()["project"]["license-files"]
    assert set(project["license-files"]) <= set(contents)
    assert "requires-python" in project and "dynamic" not in project


# --- the version


def test_the_version_stands_in_one_place() -> None:
    """As a literal in autograder/__init__.py, which pyproject.toml reads; the citation has the same."""
    tree = ast.parse(text_of("autograder/__init__.py"))
    (version,) = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__version__"
    ]
    project = pyproject()
    assert "version" not in project["project"] and project["project"]["dynamic"] == ["version"]
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "autograder.__version__"}
    assert yaml_of("CITATION.cff")["version"] == version


def test_the_changelog_says_what_the_version_brings() -> None:
    """Its newest section is that version, below what is not released yet."""
    sections = re.findall(r"^## (\S+)(?: \(\d{4}-\d\d-\d\d\))?$", text_of("CHANGELOG.md"), re.MULTILINE)
    released = [name for name in sections if name != "Unreleased"]
    assert released[0] == yaml_of("CITATION.cff")["version"]
    assert "Unreleased" not in sections[1:]
    assert len(set(sections)) == len(sections)


# --- packages and Pythons


def test_the_package_data_exist() -> None:
    """What is promised to the wheel is there to go into it."""
    for package, patterns in pyproject()["tool"]["setuptools"]["package-data"].items():
        for pattern in patterns:
            assert list((ROOT / package).glob(pattern)), f"{package}: {pattern}"


def supported() -> list[str]:
    """The Pythons that pyproject.toml allows."""
    allowed = SpecifierSet(pyproject()["project"]["requires-python"])
    return [f"3.{minor}" for minor in range(30) if allowed.contains(f"3.{minor}.1")]


def test_the_same_pythons_are_supported_everywhere() -> None:
    """Makefile, README and the workflow name those of pyproject.toml."""
    first, *_, last = versions = supported()
    makefile = text_of("Makefile")
    after = f"3, {int(last.partition('.')[2]) + 1}"
    assert f"({first.replace('.', ', ')}) <= sys.version_info[:2] < ({after})" in makefile
    assert " ".join(f"python{version}" for version in versions) in makefile
    assert f"--python-version {first} " in makefile
    assert f"{', '.join(versions[:-1])} or {last}" in text_of("README.md")
    linux = yaml_of(".github/workflows/test.yml")["jobs"]["linux"]
    assert linux["strategy"]["matrix"]["python"] == versions
    assert pyproject()["tool"]["ruff"]["target-version"] == f"py{first.replace('.', '')}"


# --- links


def links_of(text: str) -> list[str]:
    """Where a page of Markdown leads, code left out."""
    text = re.sub(r"^ *```.*?^ *```", "", text, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"`[^`\n]*`", "", text)
    return re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'\b(?:src|srcset|href)="([^"\s]+)"', text)


def anchors_of(text: str) -> set[str]:
    """The anchors of a page's headings, made as GitHub makes them."""
    text = re.sub(r"^ *```.*?^ *```", "", text, flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ +(.+?) *$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(page: Path) -> list[str]:
    broken = []
    for link in links_of(page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        place, _, anchor = link.partition("#")
        target = (page.parent / place).resolve() if place else page
        found = target.exists() and target.is_relative_to(ROOT)
        if not found or (anchor and anchor not in anchors_of(target.read_text(encoding="utf-8"))):
            broken.append(link)
    return broken


@pytest.mark.parametrize("page", PROSE, ids=named)
def test_links_lead_somewhere(page: Path) -> None:
    """Each link to a file of the project has that file at its end, and the heading if it names one."""
    assert broken_links(page) == []


def test_broken_links_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the test above cannot pass because nothing was read."""
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    (tmp_path / "there.md").write_text("# The sealed engine, again\n")
    page = tmp_path / "page.md"
    page.write_text(
        "[a](there.md) [b](there.md#the-sealed-engine-again) [c](there.md#nowhere)\n"
        "[d](gone.md) [e](../gone.md)\n"
        '<img src="gone.png"> [f](https://example.org) `[g](code.md)`\n```\n[h](code.md)\n```\n'
    )
    assert broken_links(page) == ["there.md#nowhere", "gone.md", "../gone.md", "gone.png"]


def test_the_pages_for_whoever_takes_over_are_found_from_the_readme() -> None:
    """Nobody looks for what nothing points to."""
    links = set(links_of(text_of("README.md")))
    assert {"CONTRIBUTING.md", "SECURITY.md", "CITATION.cff", "docs/maintaining.md"} <= links


# --- forms


KEYS = {"name", "description", "title", "body", "labels", "assignees", "projects", "type"}
INPUTS = {"input", "textarea", "dropdown", "checkboxes"}


@pytest.mark.parametrize("path", FORMS, ids=named)
def test_an_issue_form_is_one(path: Path) -> None:
    """What the syntax of issue forms asks for is there, and nothing that it doesn't know."""
    form = yaml_of(path)
    assert set(form) <= KEYS and {"name", "description", "body"} <= set(form)
    asked = [element for element in form["body"] if element["type"] != "markdown"]
    assert asked, "a form that asks nothing is refused"
    ids = [element["id"] for element in asked]
    assert len(set(ids)) == len(ids) and all(re.fullmatch(r"[\w-]+", one) for one in ids)
    for element in form["body"]:
        assert set(element) <= {"type", "id", "attributes", "validations"}
        if element["type"] == "markdown":
            assert element["attributes"]["value"].strip()
            continue
        assert element["type"] in INPUTS and element["attributes"]["label"].strip()
        options = [
            one["label"] if isinstance(one, dict) else one for one in element["attributes"].get("options", [])
        ]
        assert bool(options) == (element["type"] in {"dropdown", "checkboxes"})
        assert len(set(options)) == len(options) and all(isinstance(one, str) for one in options)


def test_there_is_a_form_for_each_matter_and_a_blank_one() -> None:
    """A refused answer, a wrong sentence, a breach; anything else without a form."""
    assert [path.stem for path in FORMS] == ["breach", "right_answer_refused", "wrong_sentence"]
    assert len({yaml_of(path)["name"] for path in FORMS}) == len(FORMS)
    assert yaml_of(".github/ISSUE_TEMPLATE/config.yml")["blank_issues_enabled"] is True


def test_nobody_is_asked_to_describe_a_breach_in_public() -> None:
    """The form leads to the private report and has no room for a story."""
    body = yaml_of(".github/ISSUE_TEMPLATE/breach.yml")["body"]
    assert "textarea" not in {element["type"] for element in body}
    assert "Report a vulnerability" in body[0]["attributes"]["value"]
    assert "Report a vulnerability" in " ".join(text_of("SECURITY.md").split())


# --- what runs by itself


@pytest.mark.parametrize("path", WORKFLOWS, ids=named)
def test_a_workflow_is_one(path: Path) -> None:
    """Its steps run or use something, actions with their version, and it may only read the repository."""
    workflow = yaml_of(path)
    assert workflow["permissions"] == {"contents": "read"}
    assert workflow[True], "`on`, which YAML takes for a yes"
    for job in workflow["jobs"].values():
        assert job["runs-on"] and job["timeout-minutes"]
        for step in job["steps"]:
            assert ("run" in step) != ("uses" in step)
            assert re.fullmatch(r"[\w./-]+@v\d+", step.get("uses", "any@v1"))


def targets() -> set[str]:
    """What can be made."""
    return set(re.findall(r"^([a-z-]+):.*## ", text_of("Makefile"), re.MULTILINE))


@pytest.mark.parametrize("path", WORKFLOWS, ids=named)
def test_a_workflow_makes_what_can_be_made(path: Path) -> None:
    """Targets and paths that it names are there."""
    runs = [step["run"] for job in yaml_of(path)["jobs"].values() for step in job["steps"] if "run" in step]
    made = {name for run in runs for name in re.findall(r"\bmake ([a-z-]+)", run)}
    assert made and made <= targets()
    assert all((ROOT / one).exists() for run in runs for one in re.findall(r"\btests/\S+", run))


def hooks() -> list[dict[str, Any]]:
    config = yaml_of(".pre-commit-config.yaml")
    assert [one["repo"] for one in config["repos"]] == ["local"]
    return config["repos"][0]["hooks"]


def test_hooks_run_the_projects_own_tools() -> None:
    """Each is in .venv because the extra `dev` asks for it; nothing is fetched from elsewhere."""
    names = {
        canonicalize_name(Requirement(one).name)
        for one in pyproject()["project"]["optional-dependencies"]["dev"]
    }
    assert "pre-commit" in names
    tools = [shlex.split(hook["entry"])[0] for hook in hooks() if hook["language"] == "system"]
    assert tools and all(tool.startswith(".venv/bin/") for tool in tools)
    assert {Path(tool).name for tool in tools} - {"python"} <= names
    assert {hook["language"] for hook in hooks()} <= {"system", "pygrep"}
    assert "://" not in text_of(".pre-commit-config.yaml")


def test_a_hook_stops_large_files(tmp_path: Path) -> None:
    """A million bytes pass, one more does not, and it is named."""
    (entry,) = [shlex.split(hook["entry"]) for hook in hooks() if hook["id"] == "large-files"]
    for size, code in ((1_000_000, 0), (1_000_001, 1)):
        (tmp_path / "figure.png").write_bytes(bytes(size))
        done = subprocess.run(
            [sys.executable, *entry[1:], "figure.png"], cwd=tmp_path, capture_output=True, text=True
        )
        assert done.returncode == code
    assert done.stderr == "figure.png: 1,000,001 bytes\n"


# --- commands


def commands_of(text: str) -> set[str]:
    """What a page tells its reader to type: blocks of code, and code between words."""
    blocks = re.findall(r"^ *```\w*\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"^ *```.*?^ *```", "", text, flags=re.DOTALL | re.MULTILINE))
    lines = [line.partition(" #")[0].strip() for block in blocks for line in block.splitlines()]
    return {part.strip() for line in [*lines, *spans] for part in re.split(r"&&|;", line)}


def unknown(command: str) -> list[str]:
    """What a command names that isn't there: a target of make, a module of ours, a path of the tests."""
    missing = [name for name in re.findall(r"^make ([a-z-]+)", command) if name not in targets()]
    for name in re.findall(r"python -m ((?:autograder|bench|emergency_vehicles)[\w.]*)", command):
        places = [root / name.replace(".", "/") for root in (ROOT, ROOT / "data")]
        if not any(one.with_suffix(".py").exists() or (one / "__main__.py").exists() for one in places):
            missing.append(name)
    return missing + [path for path in re.findall(r"\btests/[\w./]+", command) if not (ROOT / path).exists()]


@pytest.mark.parametrize("page", [page for page in PROSE if page.name != "CHANGELOG.md"], ids=named)
def test_what_a_page_says_to_type_is_there(page: Path) -> None:
    """Whoever follows a page finds the targets, modules and tests that it names."""
    assert {
        command: missing
        for command in commands_of(page.read_text(encoding="utf-8"))
        if (missing := unknown(command))
    } == {}


def test_commands_that_are_not_there_are_found() -> None:
    """So that the test above cannot pass because nothing was read."""
    text = (
        "Run `make tset` or\n\n```\nmake test && make lnit   # make nothing\npython -m bench.nothing\n```\n"
    )
    found = [name for command in sorted(commands_of(text)) for name in unknown(command)]
    assert found == ["lnit", "tset", "bench.nothing"]
    assert unknown("make test ARGS=tests/nowhere.py") == ["tests/nowhere.py"]
