"""Makes weight_decay.npz for lesson 10: the lecture's penalty on twelve draws of its moons, and on digits.

    python data/studies/make_weight_decay.py

- `moons`: the lecture's case study (30 training points, 500 ReLU units, full-batch Adam) on the moons that
  seeds 1 to 12 of the data draw, network seed 0, without a penalty, with L2 of 0.001 on W1 and with it on
  both kernels, looked at after 4,000, 8,000 and 16,000 steps: (penalties, draws, steps, scores). The scores
  are training accuracy, loss and accuracy on 2,000 fresh points, and the norms of W1 and W2.
- `digits`: 100 of scikit-learn's digits to train on and 1,697 to test, in 8 splits, 200 ReLU units, 1,500
  full-batch steps of Adam, L2 on both kernels: (strengths, splits, scores), the scores being training
  accuracy, training loss, test loss, test accuracy, and both norms.

Takes about five minutes on one core. Other versions than those stored beside the results change last digits.
"""

from pathlib import Path

import numpy as np
import sklearn
from sklearn.datasets import load_digits

from nnlab import Experiment, Training, lecture_case
from nnlab.data import Split, moons

DRAWS, STEPS, SPLITS = range(1, 13), (4000, 8000, 16_000), range(8)
PENALTIES: dict[str, dict[int | str, float]] = {
    "no penalty": {},
    "on W1": {1: 1e-3},
    "on both": {1: 1e-3, 2: 1e-3},
}
STRENGTHS = (0.0, 1e-4, 1e-3, 1e-2)


def on_moons(draw: int, penalty: str) -> np.ndarray:
    """Return (steps, scores)."""
    data = moons(n=100, noise=0.2, seed=draw, train=30)
    fresh = moons(n=2000, noise=0.2, seed=1001, train=0)
    rows = []
    for steps in STEPS:
        run = lecture_case(data, l2=PENALTIES[penalty], epochs=steps, every=steps).run(0)
        norms = run.net.weight_norms()
        rows.append((run.train_acc, *run.net.evaluate(fresh.X_test, fresh.y_test), norms[1], norms[2]))
    return np.array(rows)


def on_digits(split: int, strength: float) -> tuple[float, ...]:
    """Return the scores of one network."""
    digits = load_digits()
    rows = np.random.default_rng(split).permutation(len(digits.target))
    X, y = digits.data[rows] / 16, digits.target[rows]
    l2: dict[int | str, float] = {1: strength, 2: strength} if strength else {}
    training = Training(loss="cce", opt="adam", epochs=1500, batch=None, every=1500, l2=l2)
    run = Experiment(
        data=Split(X[:100], y[:100], X[100:], y[100:]),
        sizes=(64, 200, 10),
        acts=("relu", "softmax"),
        training=training,
    ).run(0)
    norms = run.net.weight_norms()
    return run.train_acc, run.train_loss, run.test_loss, run.test_acc, norms[1], norms[2]


def main() -> None:
    """Run everything and store it."""
    digits = np.array([[on_digits(split, strength) for split in SPLITS] for strength in STRENGTHS])
    print("digits done", flush=True)
    moons_table = np.array([[on_moons(draw, penalty) for draw in DRAWS] for penalty in PENALTIES])
    np.savez_compressed(
        Path(__file__).with_name("weight_decay.npz"),
        moons=moons_table,
        digits=digits,
        penalties=np.array(list(PENALTIES)),
        draws=np.array(DRAWS),
        steps=np.array(STEPS),
        strengths=np.array(STRENGTHS),
        versions=np.array([f"numpy {np.__version__}", f"scikit-learn {sklearn.__version__}"]),
    )


if __name__ == "__main__":
    main()
