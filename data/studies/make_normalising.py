"""Makes normalising.npz for lesson 09: networks with batch and layer normalisation, and without.

    python data/studies/make_normalising.py

All networks start with He's uniform weights but where U(0,1) is named, and are trained by SGD with momentum
0.9; the scores are test accuracies.

- `digits`: 900 of scikit-learn's digits to train on and 897 to test, five hidden layers of 50, batches of 32,
  10 epochs: (ways, activations, rates, draws).
- `longer`: the same for 60 epochs at rate 0.01 with ReLU: (ways, draws).
- `batches`: the same network with ReLU, 2,700 steps of rate 0.003 with smaller batches: (ways, sizes, draws).
- `circles`: the network of lesson 06, five hidden layers of five, after 80 and after 500 epochs: (cases,
  ways, draws, epochs), the first two ways.

Takes about ten minutes on one core. Other versions than those stored beside the results change single runs.
"""

from pathlib import Path
from typing import Any

import numpy as np
import sklearn
from numpy import ndarray
from sklearn.datasets import load_digits
from sklearn.preprocessing import MinMaxScaler

from nnlab import Experiment, Training
from nnlab.data import Split, circles
from nnlab.initialisers import uniform

DRAWS, ACTS, RATES, SIZES = range(8), ("relu", "sigmoid"), (0.003, 0.01, 0.03, 0.1, 0.3), (2, 4, 8, 32)
CASES = ("tanh, He", "sigmoid, He", "tanh, U(0,1)")


def layer_forward(
    x: ndarray,
    gamma: ndarray,
    beta: ndarray,
    running: Any,
    training: bool,
    momentum: float = 0.9,
    eps: float = 1e-5,
) -> tuple[ndarray, Any]:
    """Layer normalisation in the place of batch normalisation."""
    inverse = 1 / np.sqrt(x.var(axis=1, keepdims=True) + eps)
    hat = (x - x.mean(axis=1, keepdims=True)) * inverse
    return gamma * hat + beta, (hat, inverse, gamma)


def layer_backward(dout: ndarray, cache: Any) -> tuple[ndarray, ndarray, ndarray]:
    """The gradients of layer_forward."""
    hat, inverse, gamma = cache
    g = gamma * dout
    means = g.mean(axis=1, keepdims=True), (g * hat).mean(axis=1, keepdims=True)
    return inverse * (g - means[0] - hat * means[1]), (dout * hat).sum(axis=0), dout.sum(axis=0)


ALL = (1, 2, 3, 4, 5)
WAYS: dict[str, dict[str, Any]] = {
    "without": {},
    "batch normalisation": {"batchnorm": ALL},
    "layer normalisation": {
        "batchnorm": ALL,
        "plug": {"batchnorm_forward": layer_forward, "batchnorm_backward": layer_backward},
    },
}


def split(draw: int) -> Split:
    """Return 900 digits to train on and the rest to test on, pixels from 0 to 1."""
    digits = load_digits()
    rows = np.random.default_rng(draw).permutation(len(digits.target))
    X, y = digits.data[rows] / 16, digits.target[rows]
    return Split(X[:900], y[:900], X[900:], y[900:])


def on_digits(way: str, act: str, draw: int, **settings: Any) -> float:
    """Return the test accuracy of one network."""
    training = Training(loss="cce", opt="sgd", momentum=0.9, batch=32, every=1000)
    return Experiment(
        data=split(draw),
        sizes=(64, 50, 50, 50, 50, 50, 10),
        acts=(act,) * 5 + ("softmax",),
        init="he_uniform",
        training=training,
    ).vary(**WAYS[way], **settings)(draw)


def on_circles(case: str, way: str, draw: int) -> list[float]:
    """Return the test accuracies after 80 and after 500 epochs."""
    act, init = case.split(", ")
    X, y, X_test, y_test = circles(n=1000, noise=0.1, seed=draw + 1, train=500)
    box = MinMaxScaler((-1, 1)).fit(X)
    one = Experiment(
        data=Split(box.transform(X), y, box.transform(X_test), y_test),
        sizes=(2, 5, 5, 5, 5, 5, 1),
        acts=(act,) * 5 + ("sigmoid",),
        init=uniform(0, 1) if "U" in init else "he_uniform",
        training=Training(opt="sgd", lr=0.01, momentum=0.9, batch=32, epochs=500, every=79),
    ).vary(**WAYS[way])
    history = one.run(0).history
    return [history.val_acc[list(history.epoch).index(epoch - 1)] for epoch in (80, 500)]


def main() -> None:
    """Run everything and store it."""
    with np.errstate(all="ignore"):
        digits = [
            [[[on_digits(way, act, d, lr=rate, epochs=10) for d in DRAWS] for rate in RATES] for act in ACTS]
            for way in WAYS
        ]
        print("digits done", flush=True)
        longer = [[on_digits(way, "relu", d, lr=0.01, epochs=60) for d in DRAWS] for way in WAYS]
        batches = [
            [[on_digits(way, "relu", d, lr=0.003, epochs=3 * m, batch=m) for d in DRAWS] for m in SIZES]
            for way in WAYS
        ]
        print("batches done", flush=True)
    rings = [[[on_circles(case, way, d) for d in DRAWS] for way in list(WAYS)[:2]] for case in CASES]
    np.savez_compressed(
        Path(__file__).with_name("normalising.npz"),
        digits=np.array(digits),
        longer=np.array(longer),
        batches=np.array(batches),
        circles=np.array(rings),
        ways=np.array(list(WAYS)),
        acts=np.array(ACTS),
        rates=np.array(RATES),
        sizes=np.array(SIZES),
        cases=np.array(CASES),
        versions=np.array([f"numpy {np.__version__}", f"scikit-learn {sklearn.__version__}"]),
    )


if __name__ == "__main__":
    main()
