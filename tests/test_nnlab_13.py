"""What lesson 13 needs of nnlab: noise from a pool is as good as fresh noise, and quick."""

import numpy as np
import pytest

from nnlab import MLP, Training
from nnlab.data import circles
from nnlab.noise import pooled_noise

NOISE = pooled_noise(size=2**18, seed=4)


def draws(calls, shape, sd):
    rng = np.random.default_rng(1)
    x = np.full(shape, 3.0, np.float32)
    return np.array([NOISE(x, sd, rng, True) - x for _ in range(calls)], dtype=float)


def test_pooled_noise_has_mean_zero_and_the_sd_asked_for():
    """Mean and sd of many calls lie within six standard errors, the pool's own included."""
    noise = draws(500, (10, 40), 0.3)
    allowed = 6 * 0.3 * (noise.size**-0.5 + 2**-9)
    assert abs(noise.mean()) < allowed
    assert abs(noise.std() - 0.3) < allowed


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_neighbours_in_pooled_noise_are_uncorrelated(axis):
    """From call to call, row to row and unit to unit."""
    noise = draws(200, (10, 40), 1.0)
    ahead = np.take(noise, range(1, noise.shape[axis]), axis)
    behind = np.take(noise, range(noise.shape[axis] - 1), axis)
    assert abs((ahead * behind).mean()) < 6 * behind.size**-0.5


def test_pooled_noise_is_off_at_test_time():
    x = np.ones((2, 3))
    assert NOISE(x, 0.3, np.random.default_rng(0), False) is x


def test_a_call_may_take_the_whole_pool():
    whole = pooled_noise(size=12)
    x = np.zeros((3, 4))
    one, other = (whole(x, 1.0, np.random.default_rng(seed), True) for seed in (0, 1))
    assert np.array_equal(one, other)
    with pytest.raises(ValueError, match="high <= 0|low >= high"):
        whole(np.zeros(14), 1.0, np.random.default_rng(0), True)


@pytest.mark.parametrize("place", [("in", 1), ("pre", 1), ("post", 1)])
def test_a_network_learns_with_pooled_noise_as_with_fresh_noise(place):
    """The same network, plugged in: losses after training lie close together."""
    X, y, *_ = circles()
    settings = Training(epochs=300, batch=None, noise={place: 0.05})
    losses = []
    for plug in ({}, {"gaussian_noise": NOISE}):
        net = MLP((2, 100, 1), ("relu", "sigmoid"), seed=1, plug=plug)
        losses.append(net.fit(X, y, settings).loss[-1])
    assert losses[0] == pytest.approx(losses[1], rel=0.1)
