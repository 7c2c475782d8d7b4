"""Makes scaling.npz for lesson 09: the lecture's regression on eight draws of the data, and trained longer.

    python data/studies/make_scaling.py

`unexplained` holds the mean squared error in original units, as a share of the targets' variance: (targets,
draws, ways, epochs, seeds, parts), the parts being the 500 training and the 500 test rows; nan where a run
ended in nan. The network is that of the lesson, 25 ReLU units, SGD with momentum 0.9, batches of 32, after
100 and after 1,000 epochs. `targets` are the linear one of scikit-learn's `make_regression` (draws 1 to 8 are
its `random_state`) and 100·(x1·x2 + x3·x4) of the same inputs; `ways` are the lesson's names.

Takes about ten minutes on one core. Other versions than those stored beside the results change last digits.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import sklearn
from numpy import ndarray
from sklearn.datasets import make_regression

from nnlab import MLP
from nnlab.stack import fit_together

Scaling = Callable[[ndarray], tuple[ndarray | float, ndarray | float]]

TARGETS, DRAWS, EPOCHS, SEEDS = ("linear", "products"), range(1, 9), (100, 1000), range(3)


def untouched(rows: ndarray) -> tuple[float, float]:
    """Shift and scale that change nothing."""
    return 0.0, 1.0


def standard(rows: ndarray) -> tuple[ndarray, ndarray]:
    """Shift and scale for mean 0 and standard deviation 1."""
    return rows.mean(axis=0), rows.std(axis=0)


def within(low: float, high: float) -> Scaling:
    """Shift and scale for a range."""

    def learn(rows: ndarray) -> tuple[ndarray, ndarray]:
        scale = (rows.max(axis=0) - rows.min(axis=0)) / (high - low)
        return rows.min(axis=0) - low * scale, scale

    return learn


WAYS: dict[str, tuple[Scaling, Scaling, float]] = {  # of the inputs, of the targets, and the rate
    "y raw, rate 0.001": (untouched, untouched, 0.001),
    "y standard": (untouched, standard, 0.01),
    "y standard, x in [0, 1]": (within(0, 1), standard, 0.01),
    "y in [-1, 1]": (untouched, within(-1, 1), 0.01),
    "y in [0, 1]": (untouched, within(0, 1), 0.01),
}


def unexplained(X: ndarray, y: ndarray, way: str, epochs: int) -> ndarray:
    """Return the unexplained share of the variance of both parts: (seeds, 2)."""
    of_x, of_y, rate = WAYS[way]
    (x_shift, x_scale), (shift, scale) = of_x(X[:500]), of_y(y[:500])
    inputs, targets = (X - x_shift) / x_scale, (y - shift) / scale
    init = ["he_uniform", "glorot_uniform"]
    nets = [MLP([20, 25, 1], ["relu", "linear"], init, seed) for seed in SEEDS]
    fit_together(nets, inputs[:500], targets[:500], "mse", epochs=epochs, lr=rate, momentum=0.9)
    errors = np.array([net.forward(inputs)[:, 0] * scale + shift - y for net in nets]) ** 2
    halves = slice(None, 500), slice(500, None)
    return np.stack([errors[:, half].mean(axis=1) / y[half].var() for half in halves], axis=-1)


def main() -> None:
    """Run everything and store it."""
    shares = np.full((len(TARGETS), len(DRAWS), len(WAYS), len(EPOCHS), len(SEEDS), 2), np.nan)
    for d, draw in enumerate(DRAWS):
        X, linear = make_regression(n_samples=1000, n_features=20, noise=0.1, random_state=draw)
        bent = 100 * (X[:, 0] * X[:, 1] + X[:, 2] * X[:, 3])
        for t, y in enumerate((linear, bent)):
            for w, way in enumerate(WAYS):
                for e, epochs in enumerate(EPOCHS):
                    with np.errstate(all="ignore"):
                        shares[t, d, w, e] = unexplained(X, y, way, epochs)
        print(f"draw {draw} done", flush=True)
    np.savez_compressed(
        Path(__file__).with_name("scaling.npz"),
        unexplained=shares,
        targets=np.array(TARGETS),
        draws=np.array(DRAWS),
        ways=np.array(list(WAYS)),
        epochs=np.array(EPOCHS),
        versions=np.array([f"numpy {np.__version__}", f"scikit-learn {sklearn.__version__}"]),
    )


if __name__ == "__main__":
    main()
