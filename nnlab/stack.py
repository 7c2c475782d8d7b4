"""Many networks of one shape, trained at once: for studies that need a lot of short runs.

The networks differ in their seeds, and in their learning rates if wanted. Every one takes the steps that
`MLP.fit` would take with plain SGD; only the overhead of NumPy's calls is shared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy import ndarray
from numpy.typing import ArrayLike

from nnlab.losses import find_loss
from nnlab.network import MLP

_quiet = np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore")


@_quiet
def fit_together(
    nets: Sequence[MLP],
    X: ArrayLike,
    y: ArrayLike,
    loss: str = "cce",
    *,
    epochs: int,
    batch: int | None = 32,
    lr: ArrayLike = 0.01,
    momentum: float = 0.0,
    every: int | None = None,
    measure: Callable[[MLP], Any] | None = None,
) -> ndarray:
    """Train networks of one shape in place, with SGD, and return what was measured on the way.

    Args:
        nets: networks with the same sizes and activations, without batch normalisation and plugged-in pieces.
        X: inputs (m, n_in), the same for all.
        y: targets, as for `MLP.grads`.
        loss: 'bce', 'mse' or 'cce'.
        epochs: passes over the data.
        batch: samples per step; None is one step per epoch. Every network draws an order of its own.
        lr: one learning rate, or one for each network.
        momentum: for all.
        every: measure after so many epochs, and after the last; None: after the last only.
        measure: network -> a number, or several; the loss over all of X if None.

    Returns:
        measurements (records, networks), with one more axis where there are several.
    """
    first = nets[0]
    for net in nets:
        if (net.sizes, [a.name for a in net.acts]) != (first.sizes, [a.name for a in first.acts]):
            raise ValueError("networks of one shape, please: sizes or activations differ")
        if net.batchnorm:
            raise ValueError("batch normalisation is not for stacks; use MLP.fit")
    inputs, targets = first._rows(X), first._targets(y)
    stack = _Stack(nets, loss)
    rates = np.broadcast_to(np.asarray(lr, first.dtype), len(nets))[:, None]
    size = len(inputs) if batch is None else min(batch, len(inputs))
    measure = measure or (lambda net: net.loss(inputs, targets, loss))
    records = []
    for epoch in range(epochs):
        for rows in _orders(nets, len(inputs), size):
            stack.step(inputs[rows], targets[rows], rates, first.dtype.type(momentum))
        if epoch == epochs - 1 or (every and epoch % every == every - 1):
            stack.hand_back()
            records.append([measure(net) for net in nets])
    return np.array(records)


def _orders(nets: Sequence[MLP], m: int, size: int) -> list[ndarray]:
    """Return the rows (networks, size) of each step of an epoch; nobody draws an order for a full batch."""
    if size == m:
        return [np.tile(np.arange(m), (len(nets), 1))]
    orders = np.array([net.order_rng.permutation(m) for net in nets])
    return [orders[:, start : start + size] for start in range(0, m, size)]


class _Stack:
    """All networks' parameters in one array (networks, parameters), with views of each kernel and bias."""

    def __init__(self, nets: Sequence[MLP], loss: str) -> None:
        self.nets, self.acts = nets, nets[0].acts
        self.delta = find_loss(loss, self.acts[-1]).delta
        self.flat = np.stack([np.concatenate([p.ravel() for p in net.params]) for net in nets])
        self.grads, self.velocity = np.zeros_like(self.flat), np.zeros_like(self.flat)
        self.W, self.b = self._views(self.flat)
        self.dW, self.db = self._views(self.grads)

    def _views(self, flat: ndarray) -> tuple[list[ndarray], list[ndarray]]:
        ends = np.cumsum([p.size for p in self.nets[0].params])
        parts = np.split(flat, ends[:-1], axis=1)
        shaped = [
            part.reshape(len(flat), *p.shape) for part, p in zip(parts, self.nets[0].params, strict=True)
        ]
        return shaped[::2], shaped[1::2]

    def step(self, X: ndarray, y: ndarray, rates: ndarray, momentum: float) -> None:
        """Move all networks once; X and y are (networks, rows, units)."""
        inputs, zs, outs = [X], [], []
        for W, b, act in zip(self.W, self.b, self.acts, strict=True):
            zs.append(inputs[-1] @ W + b[:, None])
            # The library's functions know rows and units: all networks' rows are lined up for them.
            outs.append(act.value(_lined_up(zs[-1])).reshape(zs[-1].shape))
            inputs.append(outs[-1])
        # The loss is a mean over the rows of all networks, where each should have the mean over its own.
        delta = self.delta(_lined_up(zs[-1]), _lined_up(outs[-1]), _lined_up(y), self.acts[-1])
        dz = (delta * len(X)).reshape(zs[-1].shape)
        for l in reversed(range(len(self.W))):
            np.matmul(inputs[l].swapaxes(1, 2), dz, out=self.dW[l])
            np.sum(dz, axis=1, out=self.db[l])
            if l:
                dz = (dz @ self.W[l].swapaxes(1, 2)) * self.acts[l - 1].slope(zs[l - 1], outs[l - 1])
        self.velocity *= momentum
        self.velocity -= rates * self.grads
        self.flat += self.velocity

    def hand_back(self) -> None:
        """Copy the parameters into the networks they came from."""
        ends = np.cumsum([p.size for p in self.nets[0].params])
        for net, values in zip(self.nets, self.flat, strict=True):
            net.set_weights(np.split(values, ends[:-1]))


def _lined_up(values: ndarray) -> ndarray:
    return values.reshape(-1, values.shape[-1])
