"""The parts of a network that students write themselves, in this library's own version.

Names and signatures are those of the exercises. `MLP(..., plug={"dropout_forward": mine})` puts a student's
function in the place of the one here, so the same figure can be drawn with either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy import ndarray
from numpy.random import Generator

from nnlab.initialisers import init_weights


def dropout_forward(a: ndarray, keep_prob: float, rng: Generator, training: bool) -> tuple[ndarray, Any]:
    """Return `a` with entries dropped and the rest divided by `keep_prob`, and the backward pass's cache."""
    if not training:
        return a, None
    # float32 draws cost less than float64 ones and are just as good for a comparison.
    mask = rng.random(a.shape, dtype=np.float32) < keep_prob
    mask = mask * a.dtype.type(1 / keep_prob)
    return a * mask, mask


def dropout_backward(dout: ndarray, cache: Any) -> ndarray:
    """Return the gradient at dropout's input: the same entries dropped, the rest scaled alike."""
    return dout if cache is None else dout * cache


def gaussian_noise(x: ndarray, sd: float, rng: Generator, training: bool) -> ndarray:
    """Return `x` with normal noise of standard deviation `sd` added while training."""
    if not training:
        return x
    dtype = x.dtype if x.dtype in (np.float32, np.float64) else np.float64
    noisy: ndarray = x + rng.standard_normal(x.shape, dtype=dtype) * x.dtype.type(sd)
    return noisy


def batchnorm_forward(
    x: ndarray,
    gamma: ndarray,
    beta: ndarray,
    running: dict[str, ndarray],
    training: bool,
    momentum: float = 0.9,
    eps: float = 1e-5,
) -> tuple[ndarray, Any]:
    """Return x normalised over the batch, scaled by gamma and shifted by beta, and the backward pass's cache.

    While training, the running 'mean' and 'var' take a step towards the batch's (in place); otherwise they
    are used.
    """
    if training:
        # What mean and var do, to the last bit, without most of what they cost for a small batch.
        mean = np.add.reduce(x, axis=0) / len(x)
        centred = x - mean
        var = np.add.reduce(centred * centred, axis=0) / len(x)
        running["mean"] = momentum * running["mean"] + (1 - momentum) * mean
        running["var"] = momentum * running["var"] + (1 - momentum) * var
    else:
        centred, var = x - running["mean"], running["var"]
    inverse_sd = 1 / np.sqrt(var + eps)
    normalised = centred * inverse_sd
    return gamma * normalised + beta, (normalised, inverse_sd, gamma)


def batchnorm_backward(dout: ndarray, cache: Any) -> tuple[ndarray, ndarray, ndarray]:
    """Return the gradients (dx, dgamma, dbeta); the batch's mean and variance depend on x too."""
    normalised, inverse_sd, gamma = cache
    dgamma, dbeta = np.add.reduce(dout * normalised, axis=0), np.add.reduce(dout, axis=0)
    # Mean and variance of the batch did not change with x in two directions: take those out of the gradient.
    dx = gamma * inverse_sd * (dout - dbeta / len(dout) - normalised * dgamma / len(dout))
    return dx, dgamma, dbeta


def l2_cost(Ws: Sequence[ndarray], lam: float, m: int) -> float:
    """Return the lecture's penalty: lam / (2 m) times the sum of all squared weights."""
    return lam / (2 * m) * sum(float(np.sum(np.square(W))) for W in Ws)


def add_l2(grads: Sequence[ndarray], Ws: Sequence[ndarray], lam: float, m: int) -> list[ndarray]:
    """Return the gradients with the penalty's, lam / m times the weight, added."""
    return [g + (lam / m) * W for g, W in zip(grads, Ws)]


def clip_by_value(grads: Sequence[ndarray], c: float) -> list[ndarray]:
    """Return the gradients with every entry brought into [-c, c]."""
    # np.clip does the same and takes half as long again for the arrays of a small network.
    return [np.minimum(np.maximum(g, -c), c) for g in grads]


def clip_by_norm(g: ndarray, c: float) -> ndarray:
    """Return `g` scaled down to length c if it is longer."""
    flat = g.ravel()
    norm = np.sqrt(flat.dot(flat))
    # This way round, a norm of nan makes every entry nan, as it does in Keras.
    return g if norm <= c else g * (c / norm)


def clip_by_global_norm(grads: Sequence[ndarray], c: float) -> tuple[list[ndarray], float]:
    """Return the gradients scaled down together to a joint length of at most c, and their length before."""
    norm = float(np.sqrt(sum(float(np.vdot(g, g)) for g in grads)))
    # As in Keras, one infinite entry makes them all nan: there is no direction left to keep.
    scale = 1.0 if norm <= c else c / norm if np.isfinite(norm) else float("nan")
    return [g * scale for g in grads], norm


def clip_norm_then_value(grads: Sequence[ndarray], cn: float, cv: float) -> list[ndarray]:
    """Return each gradient clipped to length cn, then every entry to [-cv, cv]."""
    return clip_by_value([clip_by_norm(g, cn) for g in grads], cv)


BUILT_IN: Mapping[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        init_weights,
        dropout_forward,
        dropout_backward,
        gaussian_noise,
        batchnorm_forward,
        batchnorm_backward,
        l2_cost,
        add_l2,
        clip_by_value,
        clip_by_norm,
        clip_by_global_norm,
        clip_norm_then_value,
    )
}
PAIRS = (("dropout_forward", "dropout_backward"), ("batchnorm_forward", "batchnorm_backward"))


def choose_pieces(plug: Mapping[str, Callable[..., Any]] | None) -> dict[str, Callable[..., Any]]:
    """Return all pieces by name, the ones in `plug` in place of the library's own.

    Raises:
        ValueError: `plug` names something that is not a piece, or half of a pair.
    """
    unknown = set(plug or ()) - set(BUILT_IN)
    if unknown:
        names = ", ".join(sorted(unknown))
        raise ValueError(f"nothing to plug in as {names}; there are {', '.join(BUILT_IN)}")
    for forward, backward in PAIRS:
        if plug and (forward in plug) != (backward in plug):
            # Only the author of a forward pass knows what is in its cache.
            raise ValueError(f"plug in {forward} and {backward} together")
    return {**BUILT_IN, **(plug or {})}
