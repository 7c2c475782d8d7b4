"""Makes first_weights.npz for lesson 05: its case study on ten draws of the circles, and trained for longer.

    python data/studies/make_first_weights.py

- `circles`: the network 2-10-5-1 of the case study with seven kinds of first weights, SGD at 0.01, batches of
  32, on draws 1 to 10 of the circles (300 points each to train on, 1,000 others to test), network seeds 0 and
  1, looked at after 500, 1,000, 2,000 and 3,000 epochs: (draws, kinds, seeds, epochs, scores), the scores
  being training loss and test accuracy.
- `deep`: the Better Deep Learning deck's deep tanh network, five layers of five units, SGD at 0.01 with
  momentum 0.9, on draws 1 to 10 of its circles (500 points to train on, 500 to test, scaled on the training
  half), with weights from U(0, 1), from U(-1, 1), and Xavier's, network seeds 0 and 1, after 250, 500 and
  1,000 epochs: the same axes.

Other versions than the one stored beside the results change last digits only, but a test point near the
border may change sides. Takes about three minutes on one core.
"""

from pathlib import Path

import numpy as np

from nnlab import MLP
from nnlab.data import circles
from nnlab.initialisers import normal, uniform
from nnlab.stack import fit_together

DRAWS, SEEDS = range(1, 11), range(2)
KINDS = {
    "zeros": "zeros",
    "N(10, 1)": normal(10, 1),
    "10 · randn": normal(0, 10),
    "0.01 · randn": normal(0, 0.01),
    "Glorot uniform": "glorot_uniform",
    "He normal": "he_normal",
    "He uniform": "he_uniform",
}
DEEP_KINDS = {"U(0, 1)": uniform(0, 1), "U(-1, 1)": uniform(-1, 1), "Xavier uniform": "glorot_uniform"}
EPOCHS, DEEP_EPOCHS = (500, 1000, 2000, 3000), (250, 500, 1000)


def scores_of(sizes, acts, kinds, X, y, X_test, y_test, epochs, step, **settings):
    """(kinds, seeds, epochs, scores) of networks trained side by side."""
    nets = [MLP(sizes, acts, init, seed) for init in kinds.values() for seed in SEEDS]

    def both(net):
        return net.evaluate(X, y)[0], net.evaluate(X_test, y_test)[1]

    way = fit_together(
        nets, X, y, "bce", epochs=epochs[-1], every=step, measure=both, batch=32, lr=0.01, **settings
    )
    kept = way[[epoch // step - 1 for epoch in epochs]]
    return np.moveaxis(kept.reshape(len(epochs), len(kinds), len(SEEDS), 2), 0, 2)


def deep_circles(draw):
    """The lecture's 1,000 points, in halves, scaled to [-1, 1] by the training half."""
    X, y, X_test, y_test = circles(n=1000, noise=0.1, seed=draw, train=500)
    low, high = X.min(axis=0), X.max(axis=0)
    return 2 * (X - low) / (high - low) - 1, y, 2 * (X_test - low) / (high - low) - 1, y_test


def main():
    """Train everything and write the file."""
    shallow, deep = [], []
    for draw in DRAWS:
        points, unseen = circles(300, 0.05, draw, 300), circles(1000, 0.05, 100 + draw, 1000)
        data = (*points[:2], *unseen[:2])
        shallow.append(scores_of((2, 10, 5, 1), ("relu", "relu", "sigmoid"), KINDS, *data, EPOCHS, 500))
        acts = (*["tanh"] * 5, "sigmoid")
        deep.append(
            scores_of((2, *[5] * 5, 1), acts, DEEP_KINDS, *deep_circles(draw), DEEP_EPOCHS, 250, momentum=0.9)
        )
        print(
            "draw",
            draw,
            shallow[-1][:, :, 1, 1].mean(axis=1).round(3),
            deep[-1][:, :, 1, 1].mean(axis=1).round(3),
        )
    np.savez_compressed(
        Path(__file__).with_name("first_weights.npz"),
        circles=np.array(shallow, np.float32),
        deep=np.array(deep, np.float32),
        kinds=list(KINDS),
        deep_kinds=list(DEEP_KINDS),
        epochs=EPOCHS,
        deep_epochs=DEEP_EPOCHS,
        made_with=f"NumPy {np.__version__}",
    )


if __name__ == "__main__":
    main()
