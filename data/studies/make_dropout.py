"""Makes dropout.npz for lesson 12: the lecture's dropout experiment on 24 draws of its circles, and digits.

    python data/studies/make_dropout.py

- `circles`: the lecture's case study (30 training points, 500 ReLU units, full-batch Adam) on the circles
  that seeds 1 to 24 of the data draw, with network seeds 0 to 2, at five dropout rates, looked at after 4,000
  and after 12,000 steps: (draws, rates, seeds, steps, scores), the scores being training accuracy, test
  accuracy, training loss and test loss.
- `digits`: 100 of scikit-learn's digits to train on and 1,697 to test, in 24 splits, 200 ReLU units, 1,500
  full-batch steps of Adam, without dropout, with half of the units dropped, with a fifth of the pixels
  dropped: (settings, splits, scores), the scores being training loss, training accuracy, test loss, test
  accuracy.

Other versions than those stored beside the results change last digits only, but a test point near the border
may change sides. Takes about fifteen minutes on one core.
"""

from pathlib import Path

import numpy as np
import sklearn
from sklearn.datasets import load_digits

from nnlab import MLP, Training, lecture_case
from nnlab.data import circles

DRAWS, RATES, SEEDS, STEPS = range(1, 25), (0.0, 0.2, 0.4, 0.6, 0.8), range(3), (4000, 12_000)
SPLITS, SETTINGS = range(24), ({}, {1: 0.5}, {0: 0.8})


def on_circles(draw: int, rate: float, seed: int, steps: int) -> tuple[float, float, float, float]:
    """Training accuracy, test accuracy, training loss and test loss."""
    case = lecture_case(circles(n=100, noise=0.1, seed=draw, train=30), epochs=steps)
    run = case.vary(drop={1: 1 - rate} if rate else {}).run(seed)
    return run.train_acc, run.test_acc, run.train_loss, run.test_loss


def on_digits(split: int, drop: dict[int, float]) -> tuple[float, float, float, float]:
    """Training loss and accuracy, test loss and accuracy."""
    X, y = load_digits(return_X_y=True)
    X, Y, order = X / 16, np.eye(10)[y], np.random.default_rng(split).permutation(len(X))
    train, test = order[:100], order[100:]
    net = MLP([64, 200, 10], ["relu", "softmax"], seed=0)
    net.fit(X[train], Y[train], Training(loss="cce", epochs=1500, batch=None, opt="adam", drop=drop))
    return *net.evaluate(X[train], Y[train], "cce"), *net.evaluate(X[test], Y[test], "cce")


if __name__ == "__main__":
    np.savez_compressed(
        Path(__file__).with_name("dropout.npz"),
        circles=np.float32(
            [[[[on_circles(d, r, s, n) for n in STEPS] for s in SEEDS] for r in RATES] for d in DRAWS]
        ),
        digits=np.float32([[on_digits(split, drop) for split in SPLITS] for drop in SETTINGS]),
        draws=DRAWS,
        rates=RATES,
        steps=STEPS,
        versions=[f"numpy {np.__version__}", f"scikit-learn {sklearn.__version__}"],
    )
