"""The JupyterLab that students and teachers get: lab/student.py and lab/teacher.py."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from jupyterlab_server.config import get_page_config
from jupyterlab_server.settings_utils import _get_overrides
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

ROOT = Path(__file__).resolve().parents[1]


def loaded(name: str, monkeypatch: pytest.MonkeyPatch) -> Config:
    """The configuration, and JUPYTER_CONFIG_PATH as it sets it."""
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "")
    return PyFileConfigLoader(f"{name}.py", path=str(ROOT / "lab")).load_config()


@pytest.mark.parametrize("name", ["student", "teacher"])
def test_the_course_opens_with_its_start_page(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """From whatever folder it is started; with prose of a width that reads well, and without news."""
    config = loaded(name, monkeypatch)
    page = config.LabApp.default_url.removeprefix("/lab/tree/")
    assert (Path(config.ServerApp.root_dir) / page).is_file()
    (style,) = config.ServerApp.tornado_settings["static_custom_path"]
    assert config.LabApp.custom_css and "max-width" in (Path(style) / "custom.css").read_text()
    overrides, problem = _get_overrides("/nowhere")
    assert not problem
    assert overrides["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"


def test_students_see_none_of_nbgraders_buttons(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither Create Assignment nor Validate, nor Jupytext's tiles; teachers see them all, and the course."""
    config = loaded("student", monkeypatch)
    hidden = get_page_config([])["disabledExtensions"]
    assert {"@jupyter/nbgrader", "jupyterlab-jupytext"} <= set(hidden)
    assert config.ServerApp.jpserver_extensions
    assert not any(config.ServerApp.jpserver_extensions.values())
    assert {"checks.json", "pictures.json"} <= set(config.ContentsManager.hide_globs)

    config = loaded("teacher", monkeypatch)
    assert "@jupyter/nbgrader" not in get_page_config([])["disabledExtensions"]
    assert "jpserver_extensions" not in config.ServerApp
    folders = os.environ["JUPYTER_CONFIG_PATH"].split(os.pathsep)
    assert any((Path(folder) / "nbgrader_config.py").is_file() for folder in folders)
