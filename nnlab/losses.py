"""Losses and where the backward pass starts: the gradient at the last layer's z.

A loss that belongs to its output (bce after sigmoid, cce after softmax) is computed from z, as Keras does
behind the
scenes: it stays exact where the probability has been rounded to 0 or 1. All losses are means over the
samples.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy import ndarray

from nnlab.activations import Activation

# Keras' epsilon: probabilities that do not come straight from a sigmoid are kept this far from 0 and 1.
CLIP = 1e-7


class Loss(NamedTuple):
    """The loss as a number, and its gradient at z; both take z, a, y (rows, units) and the activation.

    The gradient also takes m, the number of samples that the loss is a mean over: `nnlab.stack` lines up the
    rows of many networks.
    """

    value: Callable[[ndarray, ndarray, ndarray, Activation], float]
    delta: Callable[[ndarray, ndarray, ndarray, Activation, int], ndarray]


def _mse(z: ndarray, a: ndarray, y: ndarray, act: Activation) -> float:
    return float(np.mean(np.square(a - y)))


def _mse_delta(z: ndarray, a: ndarray, y: ndarray, act: Activation, m: int) -> ndarray:
    delta: ndarray = (a - y) * (2 / (m * a.shape[1])) * act.slope(z, a)
    return delta


def _bce(z: ndarray, a: ndarray, y: ndarray, act: Activation) -> float:
    p = np.clip(a, CLIP, 1 - CLIP)
    return float(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))


def _bce_delta(z: ndarray, a: ndarray, y: ndarray, act: Activation, m: int) -> ndarray:
    p = np.clip(a, CLIP, 1 - CLIP)
    # What was clipped cannot move the loss.
    delta: ndarray = (p - y) / (p * (1 - p)) / (m * a.shape[1]) * (p == a) * act.slope(z, a)
    return delta


def _bce_of_sigmoid(z: ndarray, a: ndarray, y: ndarray, act: Activation) -> float:
    # -log sigmoid(z) = log(1 + exp(-z)), written so that exp never sees a positive number
    return float(np.mean(np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))))


def _bce_of_sigmoid_delta(z: ndarray, a: ndarray, y: ndarray, act: Activation, m: int) -> ndarray:
    delta: ndarray = (a - y) / (m * a.shape[1])
    return delta


def _cce_of_softmax(z: ndarray, a: ndarray, y: ndarray, act: Activation) -> float:
    shifted = z - z.max(axis=1, keepdims=True)
    log_sum = np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return float(np.sum(y * (log_sum - shifted)) / len(z))


def _cce_of_softmax_delta(z: ndarray, a: ndarray, y: ndarray, act: Activation, m: int) -> ndarray:
    # The rows of y may not sum to 1 (smoothed or weighted labels).
    delta: ndarray = (a * y.sum(axis=1, keepdims=True) - y) / m
    return delta


_ANY_OUTPUT = {"mse": Loss(_mse, _mse_delta), "bce": Loss(_bce, _bce_delta)}
_FROM_Z = {
    ("bce", "sigmoid"): Loss(_bce_of_sigmoid, _bce_of_sigmoid_delta),
    ("cce", "softmax"): Loss(_cce_of_softmax, _cce_of_softmax_delta),
}


def find_loss(name: str, output: Activation) -> Loss:
    """Return the loss called `name` for a network that ends in the activation `output`.

    Raises:
        ValueError: there is no such loss, or it does not go with this output.
    """
    if (name, output.name) in _FROM_Z:
        return _FROM_Z[name, output.name]
    if name == "cce" or output.name == "softmax":
        raise ValueError(f"cce and softmax go together; this is {name} after {output.name}")
    if name not in _ANY_OUTPUT:
        raise ValueError(f"no loss {name!r}; there are bce, mse and cce")
    return _ANY_OUTPUT[name]


def accuracy(out: ndarray, y: ndarray, output: Activation) -> float:
    """Return the share of rows that are classified rightly; nan where the output is not a probability."""
    if output.name == "softmax":
        return float(np.mean(out.argmax(axis=1) == y.argmax(axis=1)))
    if output.name == "sigmoid":
        return float(np.mean((out > 0.5) == (y > 0.5)))
    return float("nan")
