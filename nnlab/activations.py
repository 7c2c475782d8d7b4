"""The functions that follow a layer's weighted sum, each with its slope."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy import ndarray

Function = Callable[[ndarray], ndarray]


class Activation(NamedTuple):
    """A function of z, and its slope from z and the function's own result a, whichever is cheaper."""

    name: str
    value: Function
    slope: Callable[[ndarray, ndarray], ndarray]


def sigmoid(z: ndarray) -> ndarray:
    """Return 1 / (1 + exp(-z)) without overflow: only exp(-|z|) is ever computed."""
    # np.exp(np.minimum(z, 0)) is 1 or exp(-|z|): two exponentials are faster than a choice by np.where.
    value: ndarray = np.exp(np.minimum(z, 0)) / (1 + np.exp(-np.abs(z)))
    return value


def softmax(z: ndarray) -> ndarray:
    """Return exp(z) divided by its sum over each row."""
    # Taking the largest entry off changes no ratio and keeps exp from overflowing.
    powers = np.exp(z - z.max(axis=1, keepdims=True))
    shares: ndarray = powers / powers.sum(axis=1, keepdims=True)
    return shares


# Sums of which one part is 0: np.where takes several times as long where signs come in no order.


def _leaky(alpha: float) -> Activation:
    def slope(z: ndarray, a: ndarray) -> ndarray:
        on = z > 0
        return np.asarray(on + z.dtype.type(alpha) * ~on)

    return Activation(f"leaky({alpha:g})", lambda z: np.maximum(z, 0) + alpha * np.minimum(z, 0), slope)


def _elu(alpha: float) -> Activation:
    def slope(z: ndarray, a: ndarray) -> ndarray:
        on = z > 0
        return np.asarray(on + (np.minimum(a, 0) + alpha) * ~on)

    return Activation(
        f"elu({alpha:g})", lambda z: np.maximum(z, 0) + alpha * np.expm1(np.minimum(z, 0)), slope
    )


_PLAIN = {
    "linear": Activation("linear", lambda z: z, lambda z, a: np.ones_like(z)),
    # A mask of booleans is a slope too: multiplying by it is the fastest way to write ReLU's backward pass.
    "relu": Activation("relu", lambda z: np.maximum(z, 0), lambda z, a: z > 0),
    "tanh": Activation("tanh", np.tanh, lambda z, a: 1 - a * a),
    "sigmoid": Activation("sigmoid", sigmoid, lambda z, a: a * (1 - a)),
    "softmax": Activation("softmax", softmax, lambda z, a: a),  # mixes units: only losses knows its slope
}
# name -> (maker, alpha unless one is given); the alphas are those of Keras.
_WITH_ALPHA = {"leaky": (_leaky, 0.3), "elu": (_elu, 1.0)}
_CALL = re.compile(r"(\w+)\((.+)\)")


def activation(spec: str | tuple[Function, Function] | Activation) -> Activation:
    """Return the activation that `spec` stands for.

    Args:
        spec: a name ('linear', 'relu', 'leaky', 'elu', 'tanh', 'sigmoid', 'softmax'), a name with its alpha
            such as 'leaky(0.1)', or a pair (f, df) of functions of z.

    Raises:
        ValueError: there is no such name.
    """
    if isinstance(spec, Activation):
        return spec
    if not isinstance(spec, str):
        value, slope = spec
        return Activation(getattr(value, "__name__", "own"), value, lambda z, a: slope(z))
    if spec in _PLAIN:
        return _PLAIN[spec]
    call = _CALL.fullmatch(spec)
    name = call[1] if call else spec
    if name not in _WITH_ALPHA:
        raise ValueError(f"no activation {spec!r}; there are {', '.join([*_PLAIN, *_WITH_ALPHA])}")
    make, alpha = _WITH_ALPHA[name]
    return make(float(call[2]) if call else alpha)
