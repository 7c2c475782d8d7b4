"""Trains the networks of lesson 06's studies of depth and of other draws of the data; stores how each ended.

    python data/studies/make_depth.py        # some fifteen minutes on one core

writes `depth.npz` beside this script. All numbers come from seeds: networks 0 to 9, and scikit-learn's
`make_circles` with the seeds named below. The stored file was made with NumPy 2.4.6 and scikit-learn 1.9.1;
other versions give the same up to rounding, which now and then moves a run that stands on the edge.

`depth.npz` holds the axes by name (kinds, widths, depths, epochs, seeds; draws, cells) and the measurements:

    accuracy, loss, dead                      (kinds, widths, depths, epochs, seeds)
    draws_accuracy, draws_loss, draws_dead    (draws, cells, epochs, seeds)

accuracy is that of the 500 test points, loss is that of the 500 training points, dead says whether a hidden
layer sends on nothing but zeros for every training point.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nnlab import MLP
from nnlab.data import Split, circles
from nnlab.initialisers import InitSpec, uniform
from nnlab.stack import fit_together

KINDS: dict[str, tuple[str, InitSpec]] = {
    "tanh, U(0,1)": ("tanh", uniform(0, 1)),
    "tanh, Xavier": ("tanh", "glorot_uniform"),
    "ReLU, He": ("relu", "he_uniform"),
}
CELLS: dict[str, tuple[str, InitSpec]] = {
    "tanh, U(0,1)": ("tanh", uniform(0, 1)),
    "tanh, He": ("tanh", "he_uniform"),
    "ReLU, U(0,1)": ("relu", uniform(0, 1)),
    "ReLU, He": ("relu", "he_uniform"),
}
WIDTHS, DEPTHS, SEEDS = (5, 25), (*range(1, 11), 20), range(10)
DRAWS = range(1, 11)
EVERY, RECORDS = 100, (1, 5, 20)  # of records every 100 epochs, these are kept: epochs 100, 500 and 2000


def lecture_circles(draw: int) -> Split:
    """Return 500 points to train and 500 to test on, scaled to [-1, 1] on the training half."""
    X, y, X_test, y_test = circles(n=1000, noise=0.1, seed=draw, train=500)
    low, high = X.min(axis=0), X.max(axis=0)
    return Split(2 * (X - low) / (high - low) - 1, y, 2 * (X_test - low) / (high - low) - 1, y_test)


def outcomes(
    data: Split, act: str, init: InitSpec, depth: int, width: int, records: tuple[int, ...]
) -> np.ndarray:
    """Return (accuracy, loss, dead) of ten networks at the epochs kept: (3, epochs, seeds)."""

    def measured(net: MLP) -> tuple[float, float, bool]:
        silent = any(not h.any() for h in net.activations(data.X_train)[1:-1])
        return net.evaluate(data.X_test, data.y_test)[1], net.evaluate(data.X_train, data.y_train)[0], silent

    sizes, acts = (2, *(width,) * depth, 1), (*(act,) * depth, "sigmoid")
    nets = [MLP(sizes, acts, init, seed) for seed in SEEDS]
    settings = {"batch": 32, "lr": 0.01, "momentum": 0.9, "epochs": EVERY * records[-1], "every": EVERY}
    found = fit_together(nets, data.X_train, data.y_train, "bce", measure=measured, **settings)
    return np.moveaxis(found[np.array(records) - 1], -1, 0)


def main() -> None:
    """Train everything, saying what is being trained, and write the file."""
    data = lecture_circles(1)
    study = np.zeros((3, len(KINDS), len(WIDTHS), len(DEPTHS), len(RECORDS), len(SEEDS)), np.float32)
    for k, (kind, (act, init)) in enumerate(KINDS.items()):
        for w, width in enumerate(WIDTHS):
            for d, depth in enumerate(DEPTHS):
                study[:, k, w, d] = outcomes(data, act, init, depth, width, RECORDS)
                print(kind, width, depth, study[0, k, w, d].mean(axis=1).round(3), flush=True)
    draws = np.zeros((3, len(DRAWS), len(CELLS), len(RECORDS), len(SEEDS)), np.float32)
    for n, draw in enumerate(DRAWS):
        for c, (cell, (act, init)) in enumerate(CELLS.items()):
            draws[:, n, c] = outcomes(lecture_circles(draw), act, init, 5, 5, RECORDS)
            print("draw", draw, cell, draws[0, n, c].mean(axis=1).round(3), flush=True)
    np.savez_compressed(
        Path(__file__).with_name("depth.npz"),
        kinds=list(KINDS), widths=WIDTHS, depths=DEPTHS, epochs=np.multiply(EVERY, RECORDS),
        seeds=list(SEEDS), draws=list(DRAWS), cells=list(CELLS),
        accuracy=study[0], loss=study[1], dead=study[2] > 0,
        draws_accuracy=draws[0], draws_loss=draws[1], draws_dead=draws[2] > 0,
    )  # fmt: skip


if __name__ == "__main__":
    main()
