"""Makes dropout_circles.npz: the lecture's dropout experiment on 24 draws of its circles.

The lecture's case study (30 training points, 500 ReLU units, 4,000 full-batch steps of Adam) is run on the
circles that seeds 1 to 24 of the data draw, with network seeds 0 to 2, at five dropout rates, and goes on to
12,000 steps. Results depend on NumPy's and scikit-learn's versions in the last digits only; the file holds
those it was made with. Takes about ten minutes on one core.

    python data/studies/make_dropout_circles.py
"""

from pathlib import Path

import numpy as np
import sklearn

from nnlab import lecture_case
from nnlab.data import circles

DRAWS, RATES, SEEDS, STEPS = range(1, 25), (0.0, 0.2, 0.4, 0.6, 0.8), range(3), (4000, 12_000)


def scores(draw: int, rate: float, seed: int) -> list[list[float]]:
    """Training accuracy, test accuracy, training loss and test loss after each number of steps."""
    case = lecture_case(circles(n=100, noise=0.1, seed=draw, train=30), epochs=STEPS[-1], every=1000)
    history = case.vary(drop={1: 1 - rate} if rate else {}).run(seed).history
    # Epochs are counted from 0 and recorded at 0, 1000, ...: epoch 4000 is the record of 4,001 steps.
    at = [history.epoch.index(epoch) for epoch in (STEPS[0], STEPS[1] - 1)]
    return [[record[k] for record in (history.acc, history.val_acc, history.loss, history.val_loss)] for k in at]


if __name__ == "__main__":
    table = np.array([[[scores(d, r, s) for s in SEEDS] for r in RATES] for d in DRAWS], dtype=np.float32)
    train_acc, test_acc, train_loss, test_loss = np.moveaxis(table, -1, 0)  # each (draws, rates, seeds, steps)
    np.savez_compressed(
        Path(__file__).with_name("dropout_circles.npz"),
        train_acc=train_acc, test_acc=test_acc, train_loss=train_loss, test_loss=test_loss,
        draws=DRAWS, rates=RATES, seeds=SEEDS, steps=STEPS,
        versions=[f"numpy {np.__version__}", f"scikit-learn {sklearn.__version__}"],
    )  # fmt: skip
