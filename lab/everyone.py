"""What JupyterLab is told for students and teachers alike: student.py and teacher.py read it."""

import os
from pathlib import Path

c = get_config()  # noqa: F821  traitlets puts it here

here = Path(__file__).resolve().parent

c.ServerApp.root_dir = str(here.parent)
c.LabApp.default_url = "/lab/tree/notebooks/start.ipynb"
c.LabApp.custom_css = True
c.ServerApp.tornado_settings = {"static_custom_path": [str(here / "everyone" / "custom")]}

# Looked for by the server and, for nbgrader_config.py, by what it starts.
os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(
    filter(None, [str(here / "everyone"), os.environ.get("JUPYTER_CONFIG_PATH")])
)
