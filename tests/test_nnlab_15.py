"""nnlab.stack: networks trained together become what each becomes alone."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pytest

from nnlab import MLP, Experiment
from nnlab.data import Split
from nnlab.pieces import add_l2
from nnlab.stack import fit_together, stackable


def some_nets(loss: str, seeds: range, dtype: type = np.float64) -> list[MLP]:
    out, units = {"bce": ("sigmoid", 1), "cce": ("softmax", 4), "mse": ("linear", 2)}[loss]
    sizes, acts = [3, 5, 6, units], ["relu", "tanh", out]
    return [MLP(sizes, acts, "he_uniform", seed, dtype=dtype) for seed in seeds]


def some_data(loss: str) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(15)
    X = rng.normal(size=(22, 3))
    targets = {
        "bce": rng.integers(0, 2, 22),
        "cce": rng.integers(0, 4, 22),
        "mse": rng.normal(size=(22, 2)),
    }
    return X, targets[loss]


@pytest.mark.parametrize("loss", ["bce", "cce", "mse"])
@pytest.mark.parametrize("batch", [1, 8, 22, None])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_together_as_alone(loss: str, batch: int | None, momentum: float) -> None:
    """Each network ends with the weights and losses that fit gives it, a last small batch included."""
    X, y = some_data(loss)
    rates = [0.1, 0.01, 0.001]
    together, alone = some_nets(loss, range(3)), some_nets(loss, range(3))
    losses = fit_together(together, X, y, loss, epochs=4, batch=batch, lr=rates, momentum=momentum, every=2)
    for net, rate in zip(alone, rates):
        net.fit(X, y, loss=loss, epochs=4, batch=batch, opt="sgd", lr=rate, momentum=momentum)
    assert losses.shape == (2, 3)
    for one, other, last in zip(together, alone, losses[-1]):
        for p, q in zip(one.params, other.params):
            np.testing.assert_allclose(p, q, rtol=1e-9, atol=1e-12)
        assert last == pytest.approx(other.loss(X, y, loss))


@pytest.mark.parametrize("loss", ["bce", "cce", "mse"])
@pytest.mark.parametrize(
    "changes", [{"opt": "adam"}, {"opt": "sgd", "momentum": 0.9, "batch": 8}, {"every": 7}, {"batch": None}]
)
def test_runs_side_by_side_are_those_one_by_one(loss: str, changes: dict[str, Any]) -> None:
    """Weights and everything recorded are equal to the last bit, and going on gives equal steps again."""
    X, y = some_data(loss)
    nets = some_nets(loss, range(3), np.float32)
    acts = [act.name for act in nets[0].acts]
    one = Experiment(data=Split(X, y, X[:9], y[:9]), sizes=nets[0].sizes, acts=acts, init="he_uniform")
    one = one.vary(loss=loss, epochs=60, **changes)
    assert stackable(nets, len(X), one.training)
    for run, seed in zip(one.runs(range(3)), range(3), strict=True):
        alone = one.run(seed)
        np.testing.assert_equal(asdict(run.history), asdict(alone.history))
        assert run[2:] == pytest.approx(alone[2:], abs=0, nan_ok=True)
        for net in (run.net, alone.net):
            net.fit(X, y, one.training, epochs=2)
        for p, q in zip(run.net.params, alone.net.params, strict=True):
            np.testing.assert_array_equal(p, q)


@pytest.mark.parametrize(
    "change",
    [
        {"l2": {1: 0.1}},
        {"drop": {1: 0.5}},
        {"clip": ("value", 1.0)},
        {"batchnorm": [1]},
        {"plug": {"add_l2": add_l2}},
        {"sizes": (3, 500, 1), "acts": ("relu", "sigmoid")},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_does_not_stack_runs_one_by_one(change: dict[str, Any]) -> None:
    """Penalties, dropout, clipping, batch normalisation, own pieces and wide networks keep their results."""
    X, y = some_data("bce")
    one = Experiment(data=Split(X, y, X, y), sizes=(3, 4, 1), acts=("relu", "sigmoid"))
    one = one.vary(epochs=5, batch=8, **change)
    nets = [MLP(one.sizes, one.acts, seed=0, batchnorm=one.batchnorm, plug=one.plug)] * 2
    assert not stackable(nets, 500, one.training)
    for run, seed in zip(one.runs(range(2)), range(2), strict=True):
        net = MLP(one.sizes, one.acts, seed=seed, batchnorm=one.batchnorm, plug=one.plug)
        history = net.fit(X, y, one.training, validation=(X, y))
        assert run.history == history


def test_float32_stays_float32() -> None:
    """A stack computes in the precision of its networks."""
    X, y = some_data("bce")
    (net,) = nets = some_nets("bce", range(1), np.float32)
    fit_together(nets, X, y, "bce", epochs=1, lr=0.1, momentum=0.9)
    assert all(p.dtype == np.float32 for p in net.params)


def test_measures_what_it_is_told_to() -> None:
    """Several numbers per network make one more axis, and the last epoch is measured too."""
    X, y = some_data("bce")
    nets = some_nets("bce", range(2))
    measured = fit_together(
        nets, X, y, "bce", epochs=5, every=2, measure=lambda net: net.evaluate(X, y, "bce")
    )
    assert measured.shape == (3, 2, 2)
    np.testing.assert_allclose(measured[-1], [net.evaluate(X, y, "bce") for net in nets])


def test_refuses_networks_that_do_not_stack() -> None:
    """Other sizes, other slopes of one activation and batch normalisation are refused by name."""
    X, y = some_data("bce")
    nets = [MLP([3, width, 1], ["relu", "sigmoid"]) for width in (4, 5)]
    with pytest.raises(ValueError, match="one shape"):
        fit_together(nets, X, y, "bce", epochs=1)
    nets = [MLP([3, 4, 1], [f"leaky({alpha})", "sigmoid"]) for alpha in (0.1, 0.3)]
    with pytest.raises(ValueError, match="activations differ"):
        fit_together(nets, X, y, "bce", epochs=1)
    with pytest.raises(ValueError, match="batch normalisation"):
        fit_together([MLP([3, 4, 1], ["relu", "sigmoid"], batchnorm=[1])], X, y, "bce", epochs=1)
