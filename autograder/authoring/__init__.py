"""Whoever writes lessons: the words of an `exercises.py`, and what turns two sources into a lesson."""

from .exercise import UNCHANGED, Exercise, case, draw_seed

__all__ = ["UNCHANGED", "Exercise", "case", "draw_seed"]
