"""A small neural-network library in NumPy, on which the lessons' case studies run.

Its results match Keras' (same formulas, same defaults) at a fraction of the time, and its parts can be
exchanged for the student's own: see `nnlab.pieces`. Data sets are in `nnlab.data`, plots in
`nnlab.figures`, which is not imported here because matplotlib takes its time.
"""

from nnlab.network import MLP
from nnlab.study import Experiment, Run, Table, fit_in_keras, lecture_case, plus_minus, repeat
from nnlab.training import History, Training

__all__ = [
    "MLP",
    "Experiment",
    "History",
    "Run",
    "Table",
    "Training",
    "fit_in_keras",
    "lecture_case",
    "plus_minus",
    "repeat",
]

__handed_out__ = True  # what a learner merely imports from here is no answer of theirs
