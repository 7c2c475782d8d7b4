"""Many networks of one shape, trained at once: for studies that need a lot of short runs.

The networks differ in their seeds, and in their learning rates if wanted. Every one takes the steps that
`MLP.fit` would take, to the last bit; only the overhead of NumPy's calls is shared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy import ndarray
from numpy.typing import ArrayLike

from nnlab.losses import find_loss
from nnlab.network import FLUSHED_EVERY, MLP
from nnlab.optimisers import DEFAULT_LR, OPTIMISERS, State, flush
from nnlab.training import History, Training, logs_of

_quiet = np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore")

# Units times samples of a step: with more, the sums take longer than NumPy's calls, and caches overflow.
WORTH_STACKING = 2_000


@_quiet
def fit_together(
    nets: Sequence[MLP],
    X: ArrayLike,
    y: ArrayLike,
    loss: str = "cce",
    *,
    epochs: int,
    batch: int | None = 32,
    opt: str = "sgd",
    lr: ArrayLike = 0.01,
    momentum: float = 0.0,
    every: int | None = None,
    measure: Callable[[MLP], Any] | None = None,
) -> ndarray:
    """Train networks of one shape in place and return what was measured on the way.

    Args:
        nets: networks with the same sizes and activations, without batch normalisation and plugged-in pieces.
        X: inputs (m, n_in), the same for all.
        y: targets, as for `MLP.grads`.
        loss: 'bce', 'mse' or 'cce'.
        epochs: passes over the data.
        batch: samples per step; None is one step per epoch. Every network draws an order of its own.
        opt: 'sgd' or 'adam'.
        lr: one learning rate, or one for each network.
        momentum: for sgd.
        every: measure after so many epochs, and after the last; None: after the last only.
        measure: network -> a number, or several; the loss over all of X if None.

    Returns:
        measurements (records, networks), with one more axis where there are several.
    """
    stack = _Stack(nets, X, y, loss, opt, lr, momentum)
    measure = measure or (lambda net: net.loss(stack.X, stack.y, loss))
    records = []
    for epoch in stack.epochs(epochs, batch):
        if epoch == epochs - 1 or (every and epoch % every == every - 1):
            stack.hand_back()
            records.append([measure(net) for net in nets])
    return np.array(records)


def stackable(nets: Sequence[MLP], samples: int, training: Training) -> bool:
    """Return whether `histories` can train these networks so, and faster than one by one."""
    special = (training.l2, training.l1, training.drop, training.noise, training.clip, training.constraint)
    rows = min(training.batch or samples, samples)
    return (
        len(nets) > 1
        and not any(special)
        and all(_stacks(net, nets[0]) and not net.plugged for net in nets)
        and rows * max(nets[0].sizes) <= WORTH_STACKING
    )


@_quiet
def histories(
    nets: Sequence[MLP],
    X: ArrayLike,
    y: ArrayLike,
    training: Training,
    validation: tuple[ArrayLike, ArrayLike],
) -> list[History]:
    """Train networks of one shape in place, and return what `MLP.fit` would have recorded of each."""
    lr = DEFAULT_LR[training.opt] if training.lr is None else training.lr
    stack = _Stack(nets, X, y, training.loss, training.opt, lr, training.momentum)
    recorded = [History() for _ in nets]
    for epoch in stack.epochs(training.epochs, training.batch):
        if training.records(epoch):
            stack.hand_back()
            for net, grads, history in zip(nets, stack.grads_of_each(), recorded, strict=True):
                history.add(logs_of(net, epoch, grads, (stack.X, stack.y), validation, training.loss))
    stack.hand_back()
    return recorded


def _stacks(net: MLP, first: MLP) -> bool:
    return net.sizes == first.sizes and net.acts == first.acts and not net.batchnorm


def _orders(nets: Sequence[MLP], m: int, size: int) -> list[ndarray]:
    """Return the rows (networks, size) of each step of an epoch; nobody draws an order for a full batch."""
    if size == m:
        return [np.tile(np.arange(m), (len(nets), 1))]
    orders = np.array([net.order_rng.permutation(m) for net in nets])
    return [orders[:, start : start + size] for start in range(0, m, size)]


class _Stack:
    """All networks' parameters in one array (networks, parameters), with views of each kernel and bias."""

    def __init__(
        self,
        nets: Sequence[MLP],
        X: ArrayLike,
        y: ArrayLike,
        loss: str,
        opt: str,
        lr: ArrayLike,
        momentum: float,
    ) -> None:
        first = nets[0]
        for net in nets:
            if (net.sizes, [a.name for a in net.acts]) != (first.sizes, [a.name for a in first.acts]):
                raise ValueError("networks of one shape, please: sizes or activations differ")
            if net.batchnorm:
                raise ValueError("batch normalisation is not for stacks; use MLP.fit")
        self.nets, self.acts = nets, first.acts
        self.X, self.y = first._rows(X), first._targets(y)
        self.delta = find_loss(loss, self.acts[-1]).delta
        self.flat = np.stack([np.concatenate([p.ravel() for p in net.params]) for net in nets])
        self.slopes = np.zeros_like(self.flat)
        self.W, self.b = self._views(self.flat)
        self.dW, self.db = self._views(self.slopes)
        self.optimiser, self.opt, self.state, self.steps = OPTIMISERS[opt], opt, State(), 0
        self.momentum = momentum
        self.lr: Any = lr if np.ndim(lr) == 0 else np.asarray(lr, first.dtype)[:, None]

    def _views(self, flat: ndarray) -> tuple[list[ndarray], list[ndarray]]:
        shaped = [
            part.reshape(len(flat), *p.shape)
            for part, p in zip(np.split(flat, self._ends(), axis=1), self.nets[0].params, strict=True)
        ]
        return shaped[::2], shaped[1::2]

    def _ends(self) -> ndarray:
        """Where each parameter but the last ends in a network's row."""
        return np.cumsum([p.size for p in self.nets[0].params])[:-1]

    def epochs(self, count: int, batch: int | None) -> Iterator[int]:
        """Take the steps of each epoch and yield its number."""
        size = len(self.X) if batch is None else min(batch, len(self.X))
        for epoch in range(count):
            for rows in _orders(self.nets, len(self.X), size):
                self.step(self.X[rows], self.y[rows])
            yield epoch

    def step(self, X: ndarray, y: ndarray) -> None:
        """Move all networks once; X and y are (networks, rows, units)."""
        inputs, zs, outs = [X], [], []
        for W, b, act in zip(self.W, self.b, self.acts, strict=True):
            z = inputs[-1] @ W
            z += b[:, None]
            zs.append(z)
            # The library's functions know rows and units: all networks' rows are lined up for them.
            outs.append(act.value(_lined_up(z)).reshape(z.shape))
            inputs.append(outs[-1])
        last, out, targets = map(_lined_up, (zs[-1], outs[-1], y))
        delta = self.delta(last, out, targets, self.acts[-1], X.shape[1])
        dz = delta.reshape(zs[-1].shape)
        for l in reversed(range(len(self.W))):
            np.matmul(inputs[l].swapaxes(1, 2), dz, out=self.dW[l])
            np.add.reduce(dz, axis=1, out=self.db[l])
            if l:
                across = self.W[l].swapaxes(1, 2)
                dh = dz * across if dz.shape[2] == 1 else dz @ across
                dz = dh * self.acts[l - 1].slope(zs[l - 1], outs[l - 1])
        self.optimiser(self.flat, self.slopes, self.state, self.lr, self.momentum)
        self.steps += 1
        if self.steps % FLUSHED_EVERY == 0:
            flush(self.flat, self.state)

    def grads_of_each(self) -> Iterator[list[ndarray]]:
        """Yield the gradients of each network's last step, in the order of its `params`."""
        for k in range(len(self.nets)):
            yield [part[k] for both in zip(self.dW, self.db, strict=True) for part in both]

    def hand_back(self) -> None:
        """Copy the parameters into the networks they came from, and what the optimiser remembers of each."""
        for k, (net, values) in enumerate(zip(self.nets, self.flat, strict=True)):
            net.set_weights(np.split(values, self._ends()))
            mine = {key: kept[k].copy() if np.ndim(kept) else kept for key, kept in self.state.items()}
            net.resume(self.opt, mine, self.steps)


def _lined_up(values: ndarray) -> ndarray:
    return values.reshape(-1, values.shape[-1])
