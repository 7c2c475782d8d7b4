"""Whoever writes lessons: the words of an `exercises.py`, and what turns two sources into a lesson."""

from .exercise import UNCHANGED, Exercise, case, draw_seed
from .question import Question, right, wrong

__all__ = ["UNCHANGED", "Exercise", "Question", "case", "draw_seed", "right", "wrong"]
