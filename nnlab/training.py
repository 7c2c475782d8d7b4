"""A run of training: its settings, its loop, what it records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy import ndarray
from numpy.random import Generator
from numpy.typing import ArrayLike

RECORDS = 100  # about how many epochs of a run are recorded unless told


class Trainable(Protocol):
    """What a run asks of a network; `nnlab.network.MLP` says what each of these means."""

    dtype: np.dtype[Any]
    order_rng: Generator

    def grads(
        self,
        X: ArrayLike,
        y: ArrayLike,
        loss: str,
        l2: Mapping[int | str, float],
        l1: Mapping[int | str, float],
        drop: Mapping[int, float],
        noise: Mapping[tuple[str, int], float],
    ) -> list[ndarray]: ...

    def step(
        self,
        grads: Sequence[ndarray],
        opt: str,
        lr: float | None,
        momentum: float,
        clip: tuple[str, Any] | None,
        constraint: Mapping[int | str, Callable[[ndarray], ndarray]],
    ) -> None: ...

    def evaluate(self, X: ArrayLike, y: ArrayLike, loss: str) -> tuple[float, float]: ...

    def kernel_norms(self, grads: Sequence[ndarray]) -> dict[int, float]: ...

    def weight_norms(self) -> dict[int, float]: ...


Net = TypeVar("Net", bound=Trainable)
Seen = TypeVar("Seen", contravariant=True)


class Callback(Protocol[Seen]):
    """Something that looks at a run while it goes on."""

    def on_epoch(self, net: Seen, epoch: int, logs: Mapping[str, Any]) -> bool | None:
        """See the network and the logs of an epoch; return True to stop."""


@dataclass(frozen=True, kw_only=True)
class Training:
    """The settings of a run.

    Args:
        loss: 'bce', 'mse' or 'cce'.
        epochs: passes over the data.
        batch: samples per step, drawn without replacement; None, or as many as there are, is one step per
            epoch.
        opt: 'adam' or 'sgd', with Keras' formulas.
        lr: learning rate; Keras' own if None (0.001 for adam, 0.01 for sgd).
        momentum: for sgd.
        l2: layer -> λ of a penalty λ·ΣW².
        l1: layer -> λ of a penalty λ·Σ|W|.
        drop: layer -> chance of keeping a unit; 0 drops inputs.
        noise: (place, layer) -> standard deviation, the places being 'in', 'pre' and 'post'.
        clip: (mode, c), the modes being 'value', 'norm', 'global_norm' and 'norm_then_value'.
        constraint: layer -> function of its kernel.
        every: record every so many epochs, and the last. None: about a hundred times in a run, or after every
            epoch where callbacks want to see it. Recording costs about as much as two steps.
    """

    loss: str = "bce"
    epochs: int = 100
    batch: int | None = 32
    opt: str = "adam"
    lr: float | None = None
    momentum: float = 0.0
    l2: Mapping[int | str, float] = field(default_factory=dict)
    l1: Mapping[int | str, float] = field(default_factory=dict)
    drop: Mapping[int, float] = field(default_factory=dict)
    noise: Mapping[tuple[str, int], float] = field(default_factory=dict)
    clip: tuple[str, Any] | None = None
    constraint: Mapping[int | str, Callable[[ndarray], ndarray]] = field(default_factory=dict)
    every: int | None = None

    def records(self, epoch: int, watched: bool = False) -> bool:
        """Return whether the history has an entry for an epoch; `watched` by callbacks."""
        every = self.every or (1 if watched else max(1, self.epochs // RECORDS))
        return epoch % every == 0 or epoch == self.epochs - 1


@dataclass
class History:
    """What a run recorded; the entries of every list belong to the epochs in `epoch`, counted from 0.

    Losses and accuracies are of the network as it stands after the epoch, without dropout, noise and
    penalties, so that training and validation can be compared. (Keras reports the training loss during the
    epoch, with all three.) `grad_norm[l]` is the norm of layer l's kernel gradient in the epoch's last step,
    before clipping; `weight_norm[l]` the norm of its kernel. Accuracy is nan for a regression; the val_ lists
    are empty without validation data.
    """

    epoch: list[int] = field(default_factory=list)
    loss: list[float] = field(default_factory=list)
    val_loss: list[float] = field(default_factory=list)
    acc: list[float] = field(default_factory=list)
    val_acc: list[float] = field(default_factory=list)
    grad_norm: dict[int, list[float]] = field(default_factory=dict)
    weight_norm: dict[int, list[float]] = field(default_factory=dict)

    def add(self, logs: Mapping[str, Any]) -> None:
        """Append one epoch's logs."""
        for name, value in logs.items():
            mine = getattr(self, name)
            if isinstance(value, dict):
                for l, norm in value.items():
                    mine.setdefault(l, []).append(norm)
            else:
                mine.append(value)


def batches(m: int, batch: int | None, rng: Generator) -> Iterator[slice | ndarray]:
    """Yield the rows of each step of one epoch: every row once, in an order drawn anew."""
    if batch is None or batch >= m:
        # One step sees all rows in any order; a slice takes them without a copy.
        yield slice(None)
        return
    order = rng.permutation(m)
    for start in range(0, m, batch):
        yield order[start : start + batch]


def run_training(
    net: Net,
    X: ArrayLike,
    y: ArrayLike,
    training: Training | None,
    validation: tuple[ArrayLike, ArrayLike] | None,
    callbacks: Sequence[Callback[Net]],
    changes: Mapping[str, Any],
) -> History:
    """Train `net` in place; see `MLP.fit`."""
    settings = replace(training or Training(), **changes)
    inputs, targets = np.asarray(X, net.dtype), np.asarray(y)
    history = History()
    for epoch in range(settings.epochs):
        grads = _one_epoch(net, inputs, targets, settings)
        if not settings.records(epoch, watched=bool(callbacks)):
            continue
        logs = logs_of(net, epoch, grads, (inputs, targets), validation, settings.loss)
        history.add(logs)
        # Every callback sees the epoch, also one that comes after a stop.
        stops = [callback.on_epoch(net, epoch, logs) for callback in callbacks]
        if any(stops):
            break
    return history


def _one_epoch(net: Trainable, X: ndarray, y: ndarray, settings: Training) -> list[ndarray]:
    """Take the steps of one epoch and return the gradients of the last."""
    grads: list[ndarray] = []
    for rows in batches(len(X), settings.batch, net.order_rng):
        grads = net.grads(
            X[rows], y[rows], settings.loss, settings.l2, settings.l1, settings.drop, settings.noise
        )
        net.step(grads, settings.opt, settings.lr, settings.momentum, settings.clip, settings.constraint)
    return grads


def logs_of(
    net: Trainable,
    epoch: int,
    grads: list[ndarray],
    train: tuple[ArrayLike, ArrayLike],
    validation: tuple[ArrayLike, ArrayLike] | None,
    loss: str,
) -> dict[str, Any]:
    """Return what a history records of an epoch; `grads` are those of its last step."""
    logs: dict[str, Any] = {"epoch": epoch}
    logs["loss"], logs["acc"] = net.evaluate(*train, loss)
    if validation is not None:
        logs["val_loss"], logs["val_acc"] = net.evaluate(*validation, loss)
    return {**logs, "grad_norm": net.kernel_norms(grads), "weight_norm": net.weight_norms()}
