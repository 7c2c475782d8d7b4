"""A JupyterLab to teach with: nbgrader's Formgrader and everything else is there.

`jupyter lab --config lab/teacher.py`
"""

import os
from pathlib import Path

c = get_config()  # noqa: F821  traitlets puts it here

load_subconfig("everyone.py")  # noqa: F821  and this

course = Path(__file__).resolve().parent.parent  # of nbgrader_config.py
os.environ["JUPYTER_CONFIG_PATH"] = str(course) + os.pathsep + os.environ["JUPYTER_CONFIG_PATH"]
