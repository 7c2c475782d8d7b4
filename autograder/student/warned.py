"""Hears warnings, and tells a student's from those that the check's own code leads to.

A driver takes the mean of what a function returned, a judge divides by its spread: where that result is odd,
NumPy warns, and the student's function has nothing to do with it.
"""

from __future__ import annotations

import sys
import warnings
from types import FrameType
from typing import Any

OURS = __name__.split(".")[0]
LIBRARIES = ("site-packages", "dist-packages")
MOST = 5
_ALWAYS = ("always", None, Warning, None, 0)  # of `warnings.filters`


class Warned:
    """The student's warnings, each once, in words such as 'RuntimeWarning: overflow encountered in exp'."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.before = warnings.catch_warnings()
        self.before.__enter__()

    def hold(self) -> None:
        """Hears what is warned of from now on, instead of showing it; whatever was set meanwhile."""
        if warnings.filters[:1] != [_ALWAYS] or len(warnings.filters) > 1:
            warnings.resetwarnings()
            # Not "default", which hears of a place once: the first to get there may be a driver's call.
            warnings.simplefilter("always")
        warnings.showwarning = self.hear

    def release(self) -> None:
        self.before.__exit__(None, None, None)

    def hear(self, message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        """Stands for `warnings.showwarning`."""
        if issubclass(category, (DeprecationWarning, PendingDeprecationWarning)):
            return  # of what a library will change one day, Python itself says nothing
        text = f"{category.__name__}: {message}"
        if len(self.texts) < MOST and text not in self.texts and not _is_ours(sys._getframe(1)):
            self.texts.append(text)


def _is_ours(frame: FrameType | None) -> bool:
    """Whether the innermost code, but for libraries, is the check's own."""
    while frame:
        package = str(frame.f_globals.get("__name__", "")).split(".")[0]
        if package == OURS:
            return True
        installed = any(library in frame.f_code.co_filename for library in LIBRARIES)
        if not installed and package not in sys.stdlib_module_names:
            return False
        frame = frame.f_back
    return False
