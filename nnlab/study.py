"""Experiments over seeds: one run is an anecdote."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray
from numpy.typing import ArrayLike

from nnlab.data import Split
from nnlab.initialisers import InitSpec
from nnlab.network import MLP
from nnlab.stack import histories, stackable
from nnlab.training import History, Training


class Table(NamedTuple):
    """Scores over seeds: their mean, their standard deviation (ddof=1), how many, and each of them.

    Where a run returns several scores, mean and sd are arrays with an entry for each and `scores` is (n,
    scores).
    """

    mean: Any
    sd: Any
    n: int
    scores: ndarray

    def __str__(self) -> str:
        pairs = zip(np.atleast_1d(self.mean), np.atleast_1d(self.sd))
        return ", ".join(f"{mean:.3f} ± {sd:.3f}" for mean, sd in pairs) + f" (n = {self.n})"


def repeat(train: Callable[[int], float | Sequence[float]], seeds: Iterable[int]) -> Table:
    """Return the scores of `train(seed)` for every seed; `train` is a function, or an `Experiment`.

    A single seed has no spread: its sd is nan.
    """
    scores = np.array([train(seed) for seed in seeds], dtype=float)
    n = len(scores)
    if n == 0:
        raise ValueError("no seeds to repeat with")
    mean = scores.mean(axis=0)
    sd = scores.std(axis=0, ddof=1) if n > 1 else np.full_like(mean, np.nan)
    if scores.ndim == 1:
        return Table(float(mean), float(sd), n, scores)
    return Table(mean, sd, n, scores)


def plus_minus(scores: ArrayLike, digits: str = ".3f") -> str:
    """Return "mean ± standard deviation" (ddof=1) of scores.

    Args:
        scores: of several runs.
        digits: format of both, such as ".3f" or ".1%"; a sign or a width, as in "+6.3f", is the mean's.
    """
    some = np.asarray(scores, dtype=float)
    return f"{some.mean():{digits}} ± {some.std(ddof=1):{digits[digits.index('.') :]}}"


class Run(NamedTuple):
    """One trained network, and how it does on both parts of its data."""

    net: MLP
    history: History
    train_acc: float
    test_acc: float
    train_loss: float
    test_loss: float


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """Data, a network and its training, all but the seed; called with a seed, it returns the test accuracy.

    Args:
        data: what to train and test on.
        sizes: as for `MLP`, like acts, init, batchnorm and plug.
        training: the settings of the run.
    """

    data: Split
    sizes: Sequence[int]
    acts: Sequence[Any]
    init: InitSpec | Sequence[InitSpec] = "glorot_uniform"
    batchnorm: Sequence[int] = ()
    plug: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    training: Training = Training()

    def vary(self, **changes: Any) -> Experiment:
        """Return the same experiment but for some settings, its own or its training's, by name."""
        own = {f.name for f in fields(self)}
        mine = {name: value for name, value in changes.items() if name in own}
        theirs = {name: value for name, value in changes.items() if name not in own}
        return replace(self, training=replace(mine.pop("training", self.training), **theirs), **mine)

    def run(self, seed: int) -> Run:
        """Train one network; its history has the test part as validation data."""
        return self.runs([seed])[0]

    def runs(self, seeds: Iterable[int]) -> list[Run]:
        """Train one network for each seed; small ones side by side, which changes nothing but the time."""
        nets = [self._network(seed) for seed in seeds]
        X, y, *test = self.data
        if stackable(nets, len(X), self.training):
            recorded = histories(nets, X, y, self.training, (test[0], test[1]))
        else:
            recorded = [net.fit(X, y, self.training, validation=(test[0], test[1])) for net in nets]
        return [self._run(net, history) for net, history in zip(nets, recorded, strict=True)]

    def _network(self, seed: int) -> MLP:
        return MLP(self.sizes, self.acts, self.init, seed, batchnorm=self.batchnorm, plug=self.plug)

    def _run(self, net: MLP, history: History) -> Run:
        X, y, X_test, y_test = self.data
        train_loss, train_acc = net.evaluate(X, y, self.training.loss)
        test_loss, test_acc = net.evaluate(X_test, y_test, self.training.loss)
        return Run(net, history, train_acc, test_acc, train_loss, test_loss)

    def __call__(self, seed: int) -> float:
        return self.run(seed).test_acc


def lecture_case(data: Split, **changes: Any) -> Experiment:
    """Return the lecture's case study: 500 ReLU units, and 4,000 steps of Adam on all training points.

    It is meant to overfit: 2,001 parameters for the 30 points of `nnlab.data.circles` or `moons`.

    Args:
        data: what to train and test on.
        **changes: settings by name that replace those of the lecture, as for `Experiment.vary`.
    """
    training = Training(loss="bce", opt="adam", epochs=4000, batch=None)
    case = Experiment(data=data, sizes=(2, 500, 1), acts=("relu", "sigmoid"), training=training)
    return case.vary(**changes)


def fit_in_keras(model: Any, data: Split, steps: int = 4000) -> tuple[float, float]:
    """Train a Keras model as `lecture_case` does, and return its loss and accuracy on the test points.

    One step per epoch would cost minutes, most of it overhead. So the training points are repeated, as often
    as there are to be steps, in a data set of one epoch, and up to 2,000 steps run in one go.
    """
    from tensorflow.data import Dataset  # type: ignore[import-untyped]

    model.compile("adam", "binary_crossentropy", metrics=["accuracy"], steps_per_execution=min(steps, 2000))
    points = data.X_train.astype("float32"), data.y_train.astype("float32")
    model.fit(Dataset.from_tensors(points).repeat(steps), shuffle=False, verbose=0)
    loss, accuracy = model.evaluate(data.X_test, data.y_test, verbose=0)
    return loss, accuracy
