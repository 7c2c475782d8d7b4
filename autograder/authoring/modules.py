"""Where modules lie that are not among the interpreter's own: a course's, or an editable package."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterable


def folders_of(modules: Iterable[str]) -> set[str]:
    """The folder, or the file, of each of these modules that lies elsewhere."""
    found = set()
    for name in {module.split(".")[0] for module in modules}:
        try:
            spec = importlib.util.find_spec(name)
        except (ImportError, ValueError):
            spec = None
        places = [*(spec.submodule_search_locations or [])] or [spec.origin or ""] if spec else []
        for place in places:
            if os.path.isabs(place) and not place.startswith((sys.prefix + os.sep, sys.base_prefix + os.sep)):
                found.add(place)
    return found
