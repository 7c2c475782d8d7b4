"""Makes constraints.npz for lesson 11: weight constraints on 24 draws of the lecture's data, and on digits.

    python data/studies/make_constraints.py

- `moons`, `circles`: the lecture's case study (30 training points, 500 ReLU units, full-batch Adam) on the
  points that seeds 101 to 124 of the data draw, with 1,000 test points each and the draw's number as the
  network's seed, in the settings of MOONS and CIRCLES, looked at after 4,000 and after 12,000 steps: (draws,
  settings, steps, scores), the scores being training accuracy, test accuracy, training loss and test loss.
- `digits`: 100 of scikit-learn's digits to train on and 1,697 to test, in 24 splits, 200 ReLU units,
  full-batch Adam, in the settings of DIGITS, looked at after 1,500 and after 6,000 steps: (splits, settings,
  steps, scores), the scores as above.

Other versions than those stored beside the results change last digits only, but a test point near the border
may change sides. Takes about fifteen minutes on one core.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
from numpy import ndarray
from sklearn.datasets import load_digits

from nnlab import MLP, Training, lecture_case
from nnlab.constraints import max_norm, unit_norm
from nnlab.data import Split, circles, moons
from nnlab.training import History

Settings = dict[str, dict[str, Any]]
DRAWS, SPLITS = range(101, 125), range(24)
STEPS, ON_DIGITS = (4000, 12_000), (1500, 6000)


def at_most(c: float) -> Callable[[ndarray], ndarray]:
    """Max-norm with this bound."""
    return partial(max_norm, c=c)


def as_one_column(b: ndarray) -> ndarray:
    """UnitNorm of a bias vector, as Keras applies it."""
    return unit_norm(b[:, None])[:, 0]


MOONS: Settings = {
    "none": {},
    "UnitNorm": {"constraint": {1: unit_norm}},
    "both layers": {"constraint": {1: unit_norm, 2: unit_norm}},
    "biases, too": {"constraint": {1: unit_norm, "b1": as_one_column}},
    "max-norm 1": {"constraint": {1: at_most(1.0)}},
    "max-norm 0.2": {"constraint": {1: at_most(0.2)}},
}
CIRCLES: Settings = {
    "none": {},
    "UnitNorm": {"constraint": {1: unit_norm}},
    "L2 on output": {"l2": {2: 0.001}},
    "UnitNorm, L2 on output": {"l2": {2: 0.001}, "constraint": {1: unit_norm}},
    "Dropout(0.4)": {"drop": {1: 0.6}},
    "Dropout(0.4), UnitNorm": {"drop": {1: 0.6}, "constraint": {1: unit_norm}},
    "Dropout(0.4), max-norm 0.2": {"drop": {1: 0.6}, "constraint": {1: at_most(0.2)}},
}
DIGITS: Settings = {
    "none": {},
    "UnitNorm": {"constraint": {1: unit_norm}},
    "max-norm 1": {"constraint": {1: at_most(1.0)}},
    "max-norm 0.5": {"constraint": {1: at_most(0.5)}},
    "max-norm 0.25": {"constraint": {1: at_most(0.25)}},
    "L2 of 0.001": {"l2": {1: 0.001}},
}


def after(history: History, steps: tuple[int, ...]) -> list[tuple[float, ...]]:
    """The four scores after each number of steps. (Epochs count from 0; the last is recorded, too.)"""
    rows = [history.epoch.index(n if n < max(steps) else n - 1) for n in steps]
    scores = history.acc, history.val_acc, history.loss, history.val_loss
    return [tuple(score[i] for score in scores) for i in rows]


def on_points(data: Split, seed: int, changes: dict[str, Any]) -> list[tuple[float, ...]]:
    """Of one training of the case study."""
    case = lecture_case(data, epochs=max(STEPS), every=1000, **changes)
    return after(case.run(seed).history, STEPS)


def on_digits(split: int, changes: dict[str, Any]) -> list[tuple[float, ...]]:
    """Of one training on digits."""
    X, y = load_digits(return_X_y=True)
    X, Y, order = X / 16, np.eye(10)[y], np.random.default_rng(split).permutation(len(X))
    train, test = order[:100], order[100:]
    net = MLP([64, 200, 10], ["relu", "softmax"], seed=0)
    settings = Training(loss="cce", epochs=max(ON_DIGITS), every=500, batch=None, opt="adam", **changes)
    return after(net.fit(X[train], Y[train], settings, validation=(X[test], Y[test])), ON_DIGITS)


def stored(rows: list[Any]) -> ndarray:
    """As it is stored."""
    return np.array(rows, dtype=np.float32)


def all_of(kind: Callable[..., Split], settings: Settings) -> ndarray:
    """(draws, settings, steps, scores)."""
    return stored(
        [[on_points(kind(n=1030, seed=d), d, changes) for changes in settings.values()] for d in DRAWS]
    )


if __name__ == "__main__":
    np.savez_compressed(
        Path(__file__).with_name("constraints.npz"),
        digits=stored([[on_digits(s, changes) for changes in DIGITS.values()] for s in SPLITS]),
        moons=all_of(moons, MOONS),
        circles=all_of(circles, CIRCLES),
        settings_moons=list(MOONS),
        settings_circles=list(CIRCLES),
        settings_digits=list(DIGITS),
        draws=DRAWS,
        steps=STEPS,
        steps_digits=ON_DIGITS,
        versions=[f"numpy {np.__version__}", f"scikit-learn {sklearn.__version__}"],
    )
