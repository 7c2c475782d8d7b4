"""Noise at a price that many runs can afford.

Fresh normal draws for a hidden layer of 500 units cost twice as much as all the rest of a training step.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy import ndarray
from numpy.random import Generator


def pooled_noise(size: int = 2**21, seed: int = 0) -> Callable[[ndarray, float, Generator, bool], ndarray]:
    """Return a `gaussian_noise` that takes its draws from a pool made once: `plug={"gaussian_noise": …}`.

    Each call takes as many neighbouring draws as it needs, from a place that its generator chooses. Two
    calls rarely take the same stretch; no shuffling makes the draws of one call dependent.

    Args:
        size: draws in the pool; should be many times what a call needs.
        seed: fixes the pool.
    """
    pool = np.random.default_rng(seed).standard_normal(size, dtype=np.float32)

    def gaussian_noise(x: ndarray, sd: float, rng: Generator, training: bool) -> ndarray:
        if not training:
            return x
        start = int(rng.integers(size - x.size + 1))
        noisy: ndarray = x + pool[start : start + x.size].reshape(x.shape) * np.float32(sd)
        return noisy

    return gaussian_noise
