"""What is mended in other libraries.

Whoever starts a process that will use nbgrader calls `patch` once, before anything else.
"""

from __future__ import annotations

import sys
from types import ModuleType

_PAGES_OF_THE_SERVER = ("assignment_list", "course_list", "validate_assignment", "formgrader")


def patch() -> None:
    """Keeps slow modules that nobody here uses from being loaded."""
    # jsonschema, which nbformat validates with, would import this to check a format that no notebook names,
    # and building its grammars takes longer than all other imports together. It does without where there is
    # none.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # Python's word for "not here"
    # nbgrader's own import loads what it registers with Jupyter's server, and half a second of pages with it.
    for page in _PAGES_OF_THE_SERVER:
        stand_in = ModuleType(f"nbgrader.server_extensions.{page}")
        setattr(stand_in, "load_jupyter_server_extension", None)  # noqa: B010  a module has no such attribute
        sys.modules.setdefault(stand_in.__name__, stand_in)
