"""Where modules lie that are not the interpreter's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.authoring import modules
from autograder.authoring.modules import folders_of


def test_of_what_pip_installed_elsewhere_it_is_the_folder_of_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its compiled libraries lie beside it, and nobody reads through thousands of files for its imports."""
    site = tmp_path / "lib" / "site-packages"
    (site / "outer_installed").mkdir(parents=True)
    (site / "outer_installed" / "__init__.py").write_text("import inner_installed\n", encoding="utf-8")
    (site / "outer_installed.libs").mkdir()
    (site / "inner_installed.py").write_text("VALUE = 7\n", encoding="utf-8")
    monkeypatch.syspath_prepend(site)
    monkeypatch.setattr(modules, "imported_modules", lambda source: pytest.fail("it was read"))
    assert folders_of(["outer_installed", "json"]) == {str(site)}


def test_of_a_package_beside_the_course_it_is_its_own_folder_and_what_it_imports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What else lies there may be nobody's business."""
    (tmp_path / "outer_edited.py").write_text("import inner_edited\n", encoding="utf-8")
    (tmp_path / "inner_edited.py").write_text("VALUE = 7\n", encoding="utf-8")
    (tmp_path / "unrelated.py").write_text("SECRET = 8\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    assert folders_of(["outer_edited"]) == {
        str(tmp_path / "outer_edited.py"),
        str(tmp_path / "inner_edited.py"),
    }
