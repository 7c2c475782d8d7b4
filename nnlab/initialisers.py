"""First weights, what Keras calls initializers: functions (rng, n_in, n_out) -> array (n_in, n_out)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy import ndarray
from numpy.random import Generator

Initialiser = Callable[[Generator, int, int], ndarray]
InitSpec = str | Initialiser

# The standard deviation of a standard normal after cutting it off at two: Keras divides by it to restore the
# spread.
_SD_OF_TRUNCATED = 0.87962566103423978


def scheme_sd(scheme: str, n_in: int, n_out: int) -> float:
    """Return the standard deviation that he, lecun or glorot ask for."""
    variance = {"he": 2 / n_in, "lecun": 1 / n_in, "glorot": 2 / (n_in + n_out)}
    if scheme not in variance:
        raise ValueError(
            f"no initialiser {scheme!r}; there are zeros and he, lecun, glorot, each _uniform or _normal"
        )
    return float(np.sqrt(variance[scheme]))


def init_weights(n_in: int, n_out: int, scheme: str, dist: str, rng: Generator) -> ndarray:
    """Return weights (n_in, n_out) of mean 0 with the spread of a scheme.

    Args:
        n_in: inputs of the layer.
        n_out: units of the layer.
        scheme: 'he', 'lecun' or 'glorot'.
        dist: 'uniform', or 'normal', which is cut off at two standard deviations like Keras' own.
        rng: where the numbers come from.
    """
    sd = scheme_sd(scheme, n_in, n_out)
    if dist == "uniform":
        limit = np.sqrt(3) * sd
        return rng.uniform(-limit, limit, (n_in, n_out))
    if dist != "normal":
        raise ValueError(f"dist is uniform or normal, not {dist!r}")
    draws = rng.standard_normal((n_in, n_out))
    while (outside := np.abs(draws) > 2).any():
        draws[outside] = rng.standard_normal(np.count_nonzero(outside))
    return draws * (sd / _SD_OF_TRUNCATED)


def zeros(rng: Generator, n_in: int, n_out: int) -> ndarray:
    """Return weights that are all 0."""
    return np.zeros((n_in, n_out))


def uniform(low: float, high: float) -> Initialiser:
    """Return an initialiser that draws evenly between `low` and `high`."""
    return lambda rng, n_in, n_out: rng.uniform(low, high, (n_in, n_out))


def normal(mean: float, sd: float) -> Initialiser:
    """Return an initialiser that draws from a normal distribution."""
    return lambda rng, n_in, n_out: rng.normal(mean, sd, (n_in, n_out))


def draw_weights(
    spec: InitSpec, n_in: int, n_out: int, rng: Generator, by_scheme: Callable[..., ndarray] = init_weights
) -> ndarray:
    """Return first weights (n_in, n_out).

    Args:
        spec: 'zeros', a scheme and a distribution such as 'he_uniform', or a function (rng, n_in, n_out).
        n_in: inputs of the layer.
        n_out: units of the layer.
        rng: where the numbers come from.
        by_scheme: draws for a scheme; the signature is that of `init_weights`.
    """
    if callable(spec):
        return spec(rng, n_in, n_out)
    if spec == "zeros":
        return zeros(rng, n_in, n_out)
    scheme, _, dist = spec.rpartition("_")
    return by_scheme(n_in, n_out, scheme, dist, rng)
