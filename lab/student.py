"""A JupyterLab to learn in: `jupyter lab --config lab/student.py` opens the course's start page.

Without nbgrader's buttons (its Validate would judge a second time, by other rules) and without the tiles for
other kinds of notebooks.
"""

import os
from pathlib import Path

c = get_config()  # noqa: F821  traitlets puts it here

load_subconfig("everyone.py")  # noqa: F821  and this

here = Path(__file__).resolve().parent
os.environ["JUPYTER_CONFIG_PATH"] = str(here / "student") + os.pathsep + os.environ["JUPYTER_CONFIG_PATH"]

extensions = ("formgrader", "validate_assignment", "assignment_list", "course_list")
c.ServerApp.jpserver_extensions = {f"nbgrader.server_extensions.{name}": False for name in extensions}
c.ContentsManager.hide_globs = ["__pycache__", "*.pyc", ".*", "checks.json", "pictures.json"]
