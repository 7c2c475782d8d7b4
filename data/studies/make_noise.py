"""Makes noise.npz for lesson 13: noise on many draws of the lecture's data, and augmented digits.

    python data/studies/make_noise.py

- `scores`: the lecture's case study (30 training points, 500 ReLU units, full-batch Adam) on the circles
  and the moons that seeds 1 to 24 of the data draw, with the network's seed 0, in the settings of SETTINGS
  (a place and a standard deviation of the noise), looked at after 2,000 and after 12,000 steps: (kinds,
  draws, settings, steps, scores), the scores being training accuracy, test accuracy, training loss, test
  loss, and on how large a part of a grid around all points the network says what the training points' vote
  of width 0.1 says, and of width 0.3.
- `digits`: 100 of scikit-learn's digits to train on and 1,697 to test, in 12 splits, 64 ReLU units, Adam,
  trained on the digits as they are, on moved and noisy ones, and on those flipped at random before, looked
  at after 80, 640 and 2,560 epochs: (trainings, splits, epochs, scores), the scores being accuracy on the
  training digits as they are, on centred test digits and on test digits moved by a pixel to the left or
  right.

Other versions than those stored beside the results change last digits only, but a test point near the border
may change sides. Takes about ten minutes on one core.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import sklearn
from sklearn.datasets import load_digits

from nnlab import MLP, lecture_case
from nnlab.data import Split, circles, moons
from nnlab.noise import pooled_noise

KINDS, DRAWS, STEPS = (circles, moons), range(1, 25), (2000, 12_000)
SETTINGS = ((None, 0.0), ("in", 0.1), ("in", 0.3), ("pre", 0.1), ("post", 0.1))
Change = Callable[[np.ndarray, np.random.Generator], np.ndarray]
SPLITS, EPOCHS = range(12), (80, 640, 2560)


def vote(points: np.ndarray, labels: np.ndarray, at: np.ndarray, sd: float) -> np.ndarray:
    """Whether the training points, weighted by nearness, vote for class 1 at some places."""
    squares = np.square(at[:, None] - points).sum(axis=2)
    bells = np.exp(-(squares - squares.min(axis=1, keepdims=True)) / (2 * sd**2))
    yes: np.ndarray = bells @ labels / bells.sum(axis=1) > 0.5
    return yes


def grid_around(data: Split, steps: int = 50) -> np.ndarray:
    """Places on a grid over the rectangle that holds all points."""
    points = np.vstack([data.X_train, data.X_test])
    sides = [np.linspace(low, high, steps) for low, high in zip(points.min(axis=0), points.max(axis=0))]
    return np.stack(np.meshgrid(*sides), axis=-1).reshape(-1, 2)


def scores(data: Split, place: str | None, sd: float, steps: int) -> list[float]:
    noise = {(place, 1): sd} if place else {}
    case = lecture_case(data, epochs=steps, plug={"gaussian_noise": pooled_noise()}, noise=noise)
    run, grid = case.run(0), grid_around(data)
    says = run.net.forward(grid)[:, 0] > 0.5
    agreement = [np.mean(says == vote(data.X_train, data.y_train, grid, width)) for width in (0.1, 0.3)]
    return [run.train_acc, run.test_acc, run.train_loss, run.test_loss, *agreement]


def as_it_is(img: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return img


def augment(img: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The lesson's own: moved by up to a pixel, with a little noise."""
    rows, columns = img.shape
    down, right = rng.integers(-1, 2, size=2)
    moved = np.pad(img, 1)[1 - down : 1 - down + rows, 1 - right : 1 - right + columns]
    grained: np.ndarray = np.clip(moved + rng.normal(0, 0.05, img.shape), 0, 1)
    return grained


def flipped_first(img: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """An augmentation that does not ask whether the label survives."""
    img = img[:, ::-1] if rng.random() < 0.5 else img
    return augment(img[::-1] if rng.random() < 0.5 else img, rng)


def digit_scores(change: Change, split: int) -> list[list[float]]:
    """For each number of epochs: accuracy on training digits, on centred test digits and on moved ones."""
    data, rng = load_digits(), np.random.default_rng(split)
    images, labels = data.images / 16, data.target
    chosen, rest = np.split(rng.permutation(len(images)), [100])
    moved = [
        np.roll(img, 1 if rng.random() < 0.5 else -1, axis=1)
        for img in np.pad(images[rest], ((0, 0), (0, 0), (1, 1)))
    ]
    parts = [(images[chosen], chosen), (images[rest], rest), (np.array(moved)[:, :, 1:-1], rest)]
    net, scores = MLP((64, 64, 10), ("relu", "softmax"), seed=split), []
    for epoch in range(1, max(EPOCHS) + 1):
        X = np.array([change(img, rng) for img in images[chosen]])
        net.fit(X.reshape(100, 64), labels[chosen], loss="cce", epochs=1, batch=25, lr=0.003)
        if epoch in EPOCHS:
            scores.append([net.evaluate(some.reshape(-1, 64), labels[i], "cce")[1] for some, i in parts])
    return scores


if __name__ == "__main__":
    on_draws = [
        [[[scores(make(seed=d), place, sd, n) for n in STEPS] for place, sd in SETTINGS] for d in DRAWS]
        for make in KINDS
    ]
    on_digits = [[digit_scores(change, n) for n in SPLITS] for change in (as_it_is, augment, flipped_first)]
    np.savez_compressed(
        Path(__file__).with_name("noise.npz"),
        scores=np.array(on_draws, dtype=np.float32),
        digits=np.array(on_digits, dtype=np.float32),
        draws=DRAWS,
        steps=STEPS,
        epochs=EPOCHS,
        settings=[f"{place} {sd}" for place, sd in SETTINGS],
        versions=[f"numpy {np.__version__}", f"scikit-learn {sklearn.__version__}"],
    )
