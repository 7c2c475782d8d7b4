"""Where modules lie that are not among the interpreter's own: a course's, or an editable package."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from .slicing import imported_modules

MOST_FILES = 3_000  # that are read in search of imports


def folders_of(modules: Iterable[str], without: str = "") -> set[str]:
    """The folder, or the file, of each of these modules that lies elsewhere, and of what those import.

    Of what pip has installed elsewhere, for a user or beside an environment, it is the folder of everything:
    there lie its compiled libraries and what it imports, and reading through all that would take minutes.

    Args:
        modules: by name.
        without: a package that is left out, whoever imports it.
    """
    found: dict[str, set[str]] = {without: set()}
    asked = {module.split(".")[0] for module in modules} - set(found)
    while asked:
        name = asked.pop()
        elsewhere = {place for place in _places(name) if not _is_interpreters(place)}
        found[name] = {installed_in(place) or place for place in elsewhere}
        own = {place for place in found[name] if not installed_in(place)}
        asked |= {module.split(".")[0] for place in own for module in _imports_of(place)} - set(found)
    return set().union(*found.values())


def installed_in(place: str) -> str:
    """The folder that pip installs into, where a module lies in one."""
    path = Path(place)
    sites = (part for part in (path, *path.parents) if part.name in ("site-packages", "dist-packages"))
    return next(map(str, sites), "")


def _places(name: str) -> list[str]:
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        spec = None
    if spec is None:
        return []
    return [*(spec.submodule_search_locations or [])] or [spec.origin or ""]


def _is_interpreters(place: str) -> bool:
    ours = (sys.prefix + os.sep, sys.base_prefix + os.sep)
    return not os.path.isabs(place) or place.startswith(ours)


def _imports_of(place: str) -> Iterator[str]:
    path = Path(place)
    sources = [path] if path.is_file() else sorted(path.rglob("*.py"))[:MOST_FILES]
    for source in sources:
        if source.suffix == ".py":
            yield from imported_modules(source.read_text(encoding="utf-8", errors="replace"))
