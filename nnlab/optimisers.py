"""How a gradient moves the weights: SGD with momentum and Adam, both by Keras' formulas.

Each works in place on the flat vector of all parameters, and keeps what it remembers in a dictionary.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray

State = dict[str, Any]
Optimiser = Callable[[ndarray, ndarray, State, float, float], None]

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7
NEGLIGIBLE = 1e-30  # what is smaller adds nothing to any weight that does something
DEFAULT_LR = {"sgd": 0.01, "adam": 0.001}


def sgd(w: ndarray, g: ndarray, state: State, lr: float, momentum: float) -> None:
    """Move w by -lr g, plus what momentum keeps of the last move."""
    if not momentum:
        w -= lr * g
        return
    if "velocity" not in state:
        state["velocity"] = np.zeros_like(w)
    velocity = state["velocity"]
    velocity *= momentum
    velocity -= lr * g
    w += velocity


def adam(w: ndarray, g: ndarray, state: State, lr: float, momentum: float) -> None:
    """Move w by the running mean of g over the root of that of g², both corrected for their start at 0."""
    if momentum:
        raise ValueError("Adam has its own momentum (beta 1 = 0.9); give momentum to sgd only")
    if not state:
        state.update(t=0, mean=np.zeros_like(w), square=np.zeros_like(w))
    state["t"] += 1
    mean, square, t = state["mean"], state["square"], state["t"]
    mean += (g - mean) * (1 - BETA_1)
    square += (g * g - square) * (1 - BETA_2)
    # Keras corrects the rate instead of the two means, which puts epsilon outside the correction.
    corrected = lr * float(np.sqrt(1 - BETA_2**t)) / (1 - BETA_1**t)
    move = np.sqrt(square)
    move += EPSILON
    np.divide(mean, move, out=move)
    move *= corrected
    w -= move


def flush(w: ndarray, state: State) -> None:
    """Put 0 for what has decayed to almost nothing, in w and in what an optimiser remembers of it.

    Weight decay shrinks the weights of a dead unit for ever. Below 1e-38 float32 numbers are denormal, with
    which a processor is many times as slow; next to a weight that matters they are nothing long before.
    """
    if w.dtype == np.float32:
        for values in (w, *(kept for kept in state.values() if isinstance(kept, ndarray))):
            values[np.abs(values) < NEGLIGIBLE] = 0


OPTIMISERS: dict[str, Optimiser] = {"sgd": sgd, "adam": adam}
