"""The autograder. A lesson's notebook needs two names of it: `check` and `progress`."""

from .student.notebook import check, progress

__version__ = "0.1.0"
__all__ = ["check", "progress"]
