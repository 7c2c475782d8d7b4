"""nnlab: gradients against finite differences, results against Keras, settings against their description."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from graphlib import TopologicalSorter
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before the import: TensorFlow greets on stderr

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy import ndarray

from nnlab import MLP, Experiment, Training, fit_in_keras, lecture_case, plus_minus, repeat
from nnlab.constraints import max_norm, min_max_norm, non_neg, unit_norm
from nnlab.data import Split, circles, moons, study
from nnlab.initialisers import draw_weights, normal, scheme_sd, uniform
from nnlab.network import FLUSHED_EVERY
from nnlab.pieces import BUILT_IN, dropout_backward, dropout_forward
from nnlab.training import batches

ROOT = Path(__file__).resolve().parents[1]
Projection = Callable[[ndarray], ndarray]
ACTIVATIONS = ["linear", "relu", "leaky", "leaky(1.5)", "elu", "elu(0.4)", "tanh", "sigmoid"]


def some_data(rng: np.random.Generator, loss: str, m: int = 6) -> tuple[ndarray, ndarray]:
    """Return inputs (m, 3) and targets that suit the loss: a label, one-hot rows of 4, or 2 numbers."""
    X = rng.normal(size=(m, 3))
    if loss == "bce":
        return X, rng.integers(0, 2, (m, 1)).astype(float)
    if loss == "cce":
        return X, np.eye(4)[rng.integers(0, 4, m)]
    return X, rng.normal(size=(m, 2))


def numerical_grads(net: MLP, objective: Callable[[], float], h: float = 1e-6) -> list[ndarray]:
    """Return central differences of `objective()` in every parameter of the network."""
    grads = []
    for p in net.params:
        g = np.empty_like(p)
        for i in np.ndindex(p.shape):
            before = p[i]
            p[i] = before + h
            up = objective()
            p[i] = before - h
            g[i] = (up - objective()) / (2 * h)
            p[i] = before
        grads.append(g)
    return grads


def assert_same_grads(mine: list[ndarray], theirs: list[ndarray], tolerance: float = 1e-7) -> None:
    for a, b in zip(mine, theirs, strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=tolerance)


# Gradients


@pytest.mark.parametrize("act", ACTIVATIONS)
@pytest.mark.parametrize(
    ("loss", "output", "units"),
    [
        ("bce", "sigmoid", 1),
        ("mse", "linear", 2),
        ("mse", "tanh", 2),
        ("mse", "elu", 2),
        ("cce", "softmax", 4),
    ],
)
def test_gradients_match_finite_differences(act: str, loss: str, output: str, units: int) -> None:
    """Every activation with every loss, layers of different widths, biases away from 0."""
    rng = np.random.default_rng(3)
    net = MLP((3, 5, 4, units), (act, act, output), normal(0, 0.7), seed=5, dtype=np.float64)
    for b in net.b.values():
        b[:] = rng.normal(size=b.shape)
    X, y = some_data(rng, loss)
    assert_same_grads(net.grads(X, y, loss), numerical_grads(net, lambda: net.loss(X, y, loss)))


def test_bce_without_a_sigmoid_is_differentiated_through_its_clipping() -> None:
    """Outputs of a linear unit inside (0, 1) get a gradient, those outside get none."""
    net = MLP((1, 1), ("linear",), uniform(1, 1), dtype=np.float64)
    X, y = np.array([[0.2], [0.7], [-0.5], [1.5]]), np.array([0, 1, 1, 1])
    assert_same_grads(net.grads(X, y), numerical_grads(net, lambda: net.loss(X, y)))


def test_penalties_have_the_gradient_of_what_they_add() -> None:
    """l2 and l1 on kernels and on a bias agree with finite differences of the penalised loss."""
    rng = np.random.default_rng(1)
    net = MLP((3, 4, 1), ("tanh", "sigmoid"), seed=2, dtype=np.float64)
    net.b[1][:] = rng.normal(size=4)
    X, y = some_data(rng, "bce")
    penalties = {"l2": {1: 0.03, "b1": 0.2}, "l1": {1: 0.01, 2: 0.05}}
    assert_same_grads(net.grads(X, y, **penalties), numerical_grads(net, lambda: net.loss(X, y, **penalties)))
    expected = 0.03 * np.sum(net.W[1] ** 2) + 0.2 * np.sum(net.b[1] ** 2)
    expected += 0.01 * np.abs(net.W[1]).sum() + 0.05 * np.abs(net.W[2]).sum()
    assert net.penalty(**penalties) == pytest.approx(expected)


def test_gradients_go_through_dropout_and_noise() -> None:
    """With the same masks drawn again, finite differences of a training pass agree with the gradients."""
    rng = np.random.default_rng(4)
    net = MLP((3, 6, 5, 2), ("tanh", "elu", "linear"), seed=2, dtype=np.float64)
    X, y = some_data(rng, "mse")
    draws = {
        "drop": {0: 0.7, 1: 0.6, 2: 0.8},
        "noise": {("in", 1): 0.3, ("pre", 2): 0.2, ("post", 1): 0.4, ("in", 3): 0.1},
    }

    def objective() -> float:
        net.mask_rng = np.random.default_rng(8)
        return float(np.mean((net.forward(X, train=True, **draws) - y) ** 2))

    net.mask_rng = np.random.default_rng(8)
    assert_same_grads(net.grads(X, y, "mse", **draws), numerical_grads(net, objective))


def test_gradients_go_through_batch_normalisation() -> None:
    """Kernels, gamma and beta agree with finite differences; the bias before it has no gradient left."""
    rng = np.random.default_rng(4)
    net = MLP((3, 6, 5, 2), ("tanh", "sigmoid", "linear"), seed=2, dtype=np.float64, batchnorm=(1, 2))
    net.params[net.index("gamma1")][:] = rng.normal(size=6)
    X, y = some_data(rng, "mse")

    def objective() -> float:
        return float(np.mean((net.forward(X, train=True) - y) ** 2))

    assert_same_grads(net.grads(X, y, "mse"), numerical_grads(net, objective), tolerance=1e-6)
    assert "beta2" in net.names and np.allclose(net.grads(X, y, "mse")[net.index("b1")], 0)


def test_a_students_own_activation_gives_the_same_gradients() -> None:
    """A pair (f, df) of functions of z does what the name does."""
    pair = (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(z.dtype))
    X, y = some_data(np.random.default_rng(0), "bce")
    mine, named = (MLP((3, 4, 1), (act, "sigmoid"), seed=1).grads(X, y) for act in (pair, "relu"))
    assert_same_grads(mine, named)


# Keras


def keras_twin(net: MLP, acts: tuple[str, ...], **first: object) -> keras.Model:
    """Return a Keras model with the weights of `net`; `first` goes to its first layer."""
    layers = [keras.layers.Input((net.sizes[0],))]
    for i, (units, act) in enumerate(zip(net.sizes[1:], acts)):
        layers.append(keras.layers.Dense(units, activation=act, **(first if i == 0 else {})))
    model = keras.Sequential(layers)
    model.set_weights(net.params)
    return model


@pytest.mark.parametrize(
    ("loss", "keras_loss", "hidden", "output", "units"),
    [
        ("bce", "binary_crossentropy", "relu", "sigmoid", 1),
        ("cce", "categorical_crossentropy", "elu", "softmax", 4),
        ("mse", "mean_squared_error", "leaky_relu", "linear", 2),
    ],
)
def test_forward_loss_and_gradients_match_keras(
    loss: str, keras_loss: str, hidden: str, output: str, units: int
) -> None:
    """The same weights give the same outputs, the same penalised loss and the same gradients."""
    # The string 'leaky_relu' means a slope of 0.2 in Keras; its layer's default, and ours, is 0.3.
    net = MLP((3, 5, units), ("leaky(0.2)" if hidden == "leaky_relu" else hidden, output), seed=3)
    X, y = (array.astype(np.float32) for array in some_data(np.random.default_rng(6), loss, m=9))
    model = keras_twin(net, (hidden, output), kernel_regularizer=keras.regularizers.L1L2(0.02, 0.01))
    with tf.GradientTape() as tape:
        out = model(X, training=True)
        value = tf.reduce_mean(keras.losses.get(keras_loss)(y, out)) + sum(model.losses)
    penalties = {"l1": {1: 0.02}, "l2": {1: 0.01}}
    np.testing.assert_allclose(net.forward(X), out, rtol=1e-5, atol=1e-6)
    assert net.loss(X, y, loss, **penalties) == pytest.approx(float(value), rel=1e-5)
    theirs = [g.numpy() for g in tape.gradient(value, model.trainable_weights)]
    assert_same_grads(net.grads(X, y, loss, **penalties), theirs, tolerance=1e-6)


def test_a_saturated_sigmoid_still_learns_as_in_keras() -> None:
    """Keras takes the loss from the logit: at z = 30 and label 0 it is 30, not the clipped 16."""
    net = MLP((1, 1), ("sigmoid",), uniform(1, 1))
    X, y = np.array([[30.0]], np.float32), np.array([[0.0]], np.float32)
    with tf.GradientTape() as tape:
        model = keras_twin(net, ("sigmoid",))
        value = keras.losses.binary_crossentropy(y, model(X, training=True))
    assert net.loss(X, y) == pytest.approx(float(value[0])) == pytest.approx(30)
    assert_same_grads(net.grads(X, y), [g.numpy() for g in tape.gradient(value, model.trainable_weights)])


KERAS_CLIPS = {None: None, "clipvalue": "value", "clipnorm": "norm", "global_clipnorm": "global_norm"}


@pytest.mark.parametrize("clip", KERAS_CLIPS)
@pytest.mark.parametrize(
    ("opt", "settings"),
    [("adam", {}), ("sgd", {}), ("sgd", {"momentum": 0.9})],
    ids=["adam", "sgd", "momentum"],
)
def test_steps_match_keras(opt: str, settings: dict[str, float], clip: str | None) -> None:
    """After several steps with each way of clipping, the weights are those of Keras' optimiser."""
    c = 0.02
    net = MLP((3, 5, 1), ("tanh", "sigmoid"), seed=3)
    variables = [keras.Variable(p) for p in net.params]
    kinds = {"adam": keras.optimizers.Adam, "sgd": keras.optimizers.SGD}
    optimiser = kinds[opt](learning_rate=0.1, **settings, **({clip: c} if clip else {}))
    X, y = some_data(np.random.default_rng(6), "bce")
    for _ in range(5):
        grads = net.grads(X, y)
        optimiser.apply([tf.constant(g) for g in grads], variables)
        net.step(grads, opt, 0.1, clip=(KERAS_CLIPS[clip], c) if clip else None, **settings)
    for mine, theirs in zip(net.params, variables):
        np.testing.assert_allclose(mine, theirs.numpy(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("opt", ["adam", "sgd"])
def test_default_learning_rates_are_those_of_keras(opt: str) -> None:
    """Without lr, a step is as long as Keras' own default would make it."""
    given = keras.optimizers.get(opt).learning_rate
    X, y = some_data(np.random.default_rng(6), "bce")
    nets = [MLP((3, 2, 1), ("tanh", "sigmoid"), seed=1) for _ in range(2)]
    for net, lr in zip(nets, (None, float(given))):
        net.step(net.grads(X, y), opt, lr)
    assert_same_grads(nets[0].params, nets[1].params)


def test_what_decays_for_ever_ends_at_nothing() -> None:
    """A dead unit's weights and running means become 0, and no denormal numbers, which are slow to add."""
    run = lecture_case(moons(n=100, noise=0.2, seed=1, train=30), l2={1: 0.01, 2: 0.01}, epochs=2000).run(0)
    remembered = [kept for kept in run.net._opt_state.values() if isinstance(kept, ndarray)]
    smallest = np.finfo(np.float32).tiny
    assert 2000 % FLUSHED_EVERY == 0  # the last step cleared away what was left
    for values in (*run.net.params, *remembered):
        assert not np.any((values != 0) & (np.abs(values) < smallest))
    assert np.mean(run.net.W[1] == 0) > 0.1


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (unit_norm, keras.constraints.UnitNorm(axis=0)),
        (partial(max_norm, c=0.8), keras.constraints.MaxNorm(0.8, axis=0)),
        (partial(min_max_norm, lo=0.5, hi=1, rate=0.3), keras.constraints.MinMaxNorm(0.5, 1, 0.3, axis=0)),
        (non_neg, keras.constraints.NonNeg()),
    ],
    ids=["unit", "max", "min_max", "non_neg"],
)
def test_constraints_match_keras(mine: Projection, theirs: Projection) -> None:
    """A kernel with long, short and zero columns is projected as Keras projects it."""
    W = np.random.default_rng(0).normal(size=(3, 4)) * [1, 0.1, 0, 3]
    W = W.astype(np.float32)
    np.testing.assert_allclose(mine(W), np.asarray(theirs(W)), rtol=1e-5, atol=1e-6)


def test_batch_normalisation_matches_keras() -> None:
    """Training output, running values and test output are those of Keras' layer of the same settings."""
    x = np.random.default_rng(0).normal(3, 2, (20, 4)).astype(np.float32)
    layer = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
    running = {"mean": np.zeros(4, np.float32), "var": np.ones(4, np.float32)}
    parameters = np.ones(4, np.float32), np.zeros(4, np.float32)
    for training in (True, True, False):
        out, _ = BUILT_IN["batchnorm_forward"](x, *parameters, running, training)
        np.testing.assert_allclose(out, layer(x, training=training), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(running["var"], layer.moving_variance, rtol=1e-5)


# First weights


@pytest.mark.parametrize("dist", ["uniform", "normal"])
@pytest.mark.parametrize("scheme", ["glorot", "he", "lecun"])
def test_initialisers_have_the_spread_and_the_bounds_of_keras(scheme: str, dist: str) -> None:
    """Mean 0, the scheme's standard deviation, and the same largest value as Keras' initialiser."""
    W = draw_weights(f"{scheme}_{dist}", 200, 300, np.random.default_rng(0))
    theirs = np.asarray(keras.initializers.get(f"{scheme}_{dist}")((200, 300)))
    sd = scheme_sd(scheme, 200, 300)
    assert abs(W.mean()) < 6 * sd / np.sqrt(W.size)
    assert W.std() == pytest.approx(sd, rel=0.02) == pytest.approx(theirs.std(), rel=0.02)
    assert np.abs(W).max() == pytest.approx(np.abs(theirs).max(), rel=0.01)


def test_each_layer_can_have_an_initialiser_of_its_own() -> None:
    """Names and functions mix; biases start at 0."""
    net = MLP((3, 4, 2, 1), ("relu", "relu", "sigmoid"), ["zeros", uniform(0, 1), normal(10, 1)])
    assert not net.W[1].any() and net.W[2].min() > 0 and net.W[3].mean() > 5
    assert not any(b.any() for b in net.b.values())


# Dropout and noise


def test_dropout_keeps_the_right_share_and_the_mean() -> None:
    """About keep_prob of the entries survive, divided by it, so the mean stays."""
    a = np.ones((400, 500), np.float32)
    out, _ = dropout_forward(a, 0.7, np.random.default_rng(0), True)
    assert set(np.unique(out)) == {np.float32(0), np.float32(1 / 0.7)}
    assert np.mean(out != 0) == pytest.approx(0.7, abs=0.007) and out.mean() == pytest.approx(1, abs=0.01)
    assert out.dtype == np.float32


def test_dropout_and_noise_rest_outside_training() -> None:
    """With train=False the output is that of the plain network."""
    net = MLP((2, 50, 1), ("relu", "sigmoid"))
    X = np.random.default_rng(0).normal(size=(7, 2))
    settings = {"drop": {0: 0.5, 1: 0.5}, "noise": {("pre", 1): 1.0}}
    np.testing.assert_array_equal(net.forward(X, **settings), net.forward(X))
    assert not np.array_equal(net.forward(X, train=True, **settings), net.forward(X))


def test_dropout_on_layer_0_drops_inputs() -> None:
    """A network that passes its inputs on shows them dropped and scaled."""
    net = MLP((1, 1), ("linear",), uniform(1, 1))
    out = net.forward(np.ones((1000, 1)), train=True, drop={0: 0.8})
    assert set(np.unique(out)) == {np.float32(0), np.float32(1.25)}


def test_noise_is_added_in_the_place_that_is_named() -> None:
    """Through a weight of 2 and a ReLU: noise 'in' is doubled, 'pre' is rectified, 'post' may be negative."""
    net = MLP((1, 1, 1), ("relu", "linear"))
    net.W[1][:], net.W[2][:] = 2, 1
    X = np.zeros((20_000, 1))
    noisy = {place: net.forward(X, train=True, noise={(place, 1): 0.5}) for place in ("in", "pre", "post")}
    assert noisy["in"].min() == 0 and noisy["pre"].min() == 0
    assert noisy["in"].max() > 1.5 * noisy["pre"].max()
    assert noisy["post"].std() == pytest.approx(0.5, rel=0.03) and noisy["post"].min() < -1


# Steps and training


@pytest.mark.parametrize(
    ("clip", "expected"),
    [
        (("value", 1.0), [[1, 1], [0.3, 0.4]]),
        (("norm", 1.0), [[0.6, 0.8], [0.3, 0.4]]),
        (("global_norm", 1.0), [[0.597022, 0.796030], [0.0597022, 0.0796030]]),
        (("norm_then_value", (1.0, 0.7)), [[0.6, 0.7], [0.3, 0.4]]),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_gradients_are_clipped_before_the_step(clip: tuple[str, object], expected: list[list[float]]) -> None:
    """With sgd and rate 1 from zero weights, the parameters are minus the clipped gradients."""
    net = MLP((1, 2), ("linear",), "zeros")
    net.step([np.array([[3.0, 4.0]]), np.array([0.3, 0.4])], "sgd", 1.0, clip=clip)
    np.testing.assert_allclose(-net.W[1][0], expected[0], rtol=1e-5)
    np.testing.assert_allclose(-net.b[1], expected[1], rtol=1e-5)


def test_clipping_does_not_save_what_is_not_finite() -> None:
    """As in Keras: by norm [inf, 4] becomes [nan, 0] and [nan, 4] all nan, globally all nan, by value 1."""
    bad, worse = np.array([np.inf, 4]), np.array([np.nan, 4])
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(BUILT_IN["clip_by_norm"](bad, 1.0), [np.nan, 0])
        np.testing.assert_array_equal(BUILT_IN["clip_by_norm"](worse, 1.0), [np.nan, np.nan])
        assert np.isnan(BUILT_IN["clip_by_global_norm"]([bad], 1.0)[0][0]).all()
        np.testing.assert_array_equal(BUILT_IN["clip_by_value"]([bad], 1.0)[0], [1, 1])


def test_constraints_hold_after_the_step() -> None:
    """After every epoch the columns have length 1, whatever the optimiser did."""
    data = moons()
    net = MLP((2, 20, 1), ("relu", "sigmoid"))
    net.fit(data.X_train, data.y_train, epochs=3, constraint={1: unit_norm, "b1": non_neg})
    np.testing.assert_allclose(np.linalg.norm(net.W[1], axis=0), 1, rtol=1e-5)
    assert net.b[1].min() >= 0


def test_an_epoch_sees_every_row_once() -> None:
    """Batches cover all rows, the last one being what is left, in a new order every epoch."""
    rng = np.random.default_rng(0)
    first, second = (list(batches(10, 4, rng)) for _ in range(2))
    assert [len(rows) for rows in first] == [4, 4, 2]
    assert sorted(np.concatenate(first)) == list(range(10))
    assert not np.array_equal(np.concatenate(first), np.concatenate(second))
    assert list(batches(10, None, rng)) == list(batches(10, 32, rng)) == [slice(None)]


SETTINGS = {"epochs": 5, "batch": 8, "drop": {1: 0.5}, "noise": {("in", 1): 0.1}}


def test_a_seed_fixes_a_run() -> None:
    """The same seed gives the same weights to the last bit, another seed others."""
    data = moons()
    nets = [MLP((2, 10, 1), ("relu", "sigmoid"), seed=seed) for seed in (1, 1, 2)]
    for net in nets:
        net.fit(data.X_train, data.y_train, **SETTINGS)
    assert nets[0].W[1].tobytes() == nets[1].W[1].tobytes() != nets[2].W[1].tobytes()


def test_dropout_does_not_change_the_order_of_the_batches() -> None:
    """Masks come from a stream of their own, so that runs of one seed differ in nothing else."""
    data = moons()
    nets = [MLP((2, 10, 1), ("relu", "sigmoid"), seed=1) for _ in range(2)]
    nets[0].fit(data.X_train, data.y_train, **SETTINGS)
    nets[1].fit(data.X_train, data.y_train, epochs=5, batch=8)
    assert nets[0].order_rng.random() == nets[1].order_rng.random()


def test_history_records_every_so_many_epochs_and_the_last() -> None:
    """All lists belong to the recorded epochs; the last entries are those of the network as it stands."""
    X, y, X_test, y_test = moons()
    net = MLP((2, 10, 1), ("relu", "sigmoid"))
    history = net.fit(X, y, epochs=10, every=4, validation=(X_test, y_test))
    assert history.epoch == [0, 4, 8, 9]
    lists = [history.loss, history.val_acc, history.grad_norm[2], history.weight_norm[1]]
    assert [len(values) for values in lists] == [4] * 4
    assert (history.val_loss[-1], history.val_acc[-1]) == net.evaluate(X_test, y_test)
    assert history.weight_norm[2][-1] == pytest.approx(np.linalg.norm(net.W[2]))
    assert len(net.fit(X, y, epochs=1000).epoch) == 101
    assert net.fit(X, y, epochs=0).epoch == []


def test_a_callback_sees_every_epoch_and_can_stop_the_run() -> None:
    """on_epoch gets the network, the epoch and its logs; True ends the run, the record included."""

    class StopAtThree:
        seen: list[float] = []

        def on_epoch(self, net: MLP, epoch: int, logs: dict[str, float]) -> bool:
            self.seen.append(logs["val_loss"])
            return epoch == 3

    X, y, X_test, y_test = moons()
    net = MLP((2, 10, 1), ("relu", "sigmoid"))
    history = net.fit(X, y, epochs=500, validation=(X_test, y_test), callbacks=[StopAtThree()])
    assert history.epoch == [0, 1, 2, 3] and history.val_loss == StopAtThree.seen


def test_weights_can_be_kept_and_put_back() -> None:
    """get_weights is a copy that later training leaves alone."""
    X, y, _, _ = moons()
    net = MLP((2, 10, 1), ("relu", "sigmoid"))
    kept, before = net.get_weights(), net.evaluate(X, y)
    net.fit(X, y, epochs=5)
    assert net.evaluate(X, y) != before
    net.set_weights(kept)
    assert net.evaluate(X, y) == before


def test_an_exploding_run_ends_in_nan_without_a_warning() -> None:
    """Raw targets and a large rate: losses become nan, quietly, and clipping the norm prevents it."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 20))
    y = X @ rng.normal(size=20) * 150
    regression = Training(loss="mse", opt="sgd", lr=0.01, momentum=0.9, epochs=3)
    nets = [MLP((20, 25, 1), ("relu", "linear"), "he_uniform", dtype=np.float32) for _ in range(2)]
    assert not np.isfinite(nets[0].fit(X, y, regression).loss[-1])
    assert np.isfinite(nets[1].fit(X, y, regression, clip=("norm", 1.0)).loss[-1])


def test_classes_may_be_given_as_numbers() -> None:
    """Class numbers and one-hot rows give the same gradients, and the accuracy counts the largest output."""
    X, y = some_data(np.random.default_rng(0), "cce")
    net = MLP((3, 4), ("softmax",))
    assert_same_grads(net.grads(X, y.argmax(axis=1), "cce"), net.grads(X, y, "cce"))
    assert net.evaluate(X, y, "cce")[1] == np.mean(net.forward(X).argmax(axis=1) == y.argmax(axis=1))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"drop": {2: 0.5}}, "drop is for layers 0 to 1"),
        ({"noise": {("in", 0): 0.1}}, "noise in is for layers 1 to 2"),
        ({"noise": {("after", 1): 0.1}}, "not 'after'"),
        ({"l2": {3: 0.1}}, "no layer or parameter 3"),
        ({"loss": "cce"}, "cce and softmax go together"),
        ({"opt": "adan"}, "no optimiser 'adan'"),
        ({"opt": "adam", "momentum": 0.9}, "its own momentum"),
        ({"clip": ("length", 1)}, "not 'length'"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_setting_that_makes_no_sense_is_named(settings: dict[str, object], message: str) -> None:
    """The error says what there is instead."""
    X, y, _, _ = moons()
    with pytest.raises(ValueError, match=message):
        MLP((2, 3, 1), ("relu", "sigmoid")).fit(X, y, **settings)


# The student's functions


def test_every_piece_can_be_exchanged_for_the_students() -> None:
    """Each built-in wrapped in a counter is called, and the results stay the same to the last bit."""
    calls: dict[str, int] = dict.fromkeys(BUILT_IN, 0)

    def counted(name: str, *args: object, **kwargs: object) -> object:
        calls[name] += 1
        return BUILT_IN[name](*args, **kwargs)

    plug = {name: partial(counted, name) for name in BUILT_IN}
    X, y, _, _ = moons()
    weights = []
    for pieces in (None, plug):
        net = MLP((2, 6, 5, 1), ("relu", "relu", "sigmoid"), seed=1, batchnorm=(2,), plug=pieces)
        modes = [("value", 0.1), ("norm", 0.1), ("global_norm", 0.1), ("norm_then_value", (0.2, 0.1))]
        for clip in modes:
            net.fit(X, y, epochs=2, drop={1: 0.5}, noise={("pre", 1): 0.1}, l2={1: 0.01}, clip=clip)
        net.loss(X, y, l2={1: 0.01})
        weights.append(net.get_weights())
    assert min(calls.values()) > 0
    assert all(a.tobytes() == b.tobytes() for a, b in zip(*weights))


def test_a_students_mistake_shows() -> None:
    """A dropout that forgets to rescale lowers the mean of what goes on."""

    def forgets(
        a: ndarray, keep_prob: float, rng: np.random.Generator, training: bool
    ) -> tuple[ndarray, ndarray]:
        mask = rng.random(a.shape) < keep_prob
        return a * mask, mask

    plug = {"dropout_forward": forgets, "dropout_backward": lambda dout, cache: dout * cache}
    net = MLP((1, 1), ("linear",), uniform(1, 1), plug=plug)
    out = net.forward(np.ones((10_000, 1)), train=True, drop={0: 0.6})
    assert out.mean() == pytest.approx(0.6, abs=0.03) and out.dtype == np.float32


@pytest.mark.parametrize(
    ("plug", "message"),
    [
        ({"droput_forward": dropout_forward}, "nothing to plug in as droput_forward"),
        ({"dropout_backward": dropout_backward}, "together"),
    ],
)
def test_what_cannot_be_plugged_in_is_named(plug: dict[str, object], message: str) -> None:
    """A misspelt name and half of a pair are refused."""
    with pytest.raises(ValueError, match=message):
        MLP((2, 1), ("sigmoid",), plug=plug)


# Studies and data


def test_a_table_holds_mean_and_sample_deviation() -> None:
    """sd is with ddof=1; several scores per run get one each."""
    table = repeat(lambda seed: [1.0, 2.0, 4.0][seed], range(3))
    assert (table.mean, table.n) == (pytest.approx(7 / 3), 3)
    assert table.sd == pytest.approx(np.std([1, 2, 4], ddof=1)) and str(table) == "2.333 ± 1.528 (n = 3)"
    pairs = repeat(lambda seed: (seed, 10 * seed), [1, 3])
    np.testing.assert_allclose([pairs.mean, pairs.sd], [[2, 20], [2**0.5, 10 * 2**0.5]])
    assert np.isnan(repeat(float, [5]).sd)


def test_vary_changes_only_what_it_names() -> None:
    """Settings of the experiment and of its training can be varied together; the original stays."""
    base = Experiment(data=moons(), sizes=(2, 5, 1), acts=("relu", "sigmoid"), training=Training(epochs=7))
    other = base.vary(init="he_normal", drop={1: 0.5})
    assert (other.init, other.training) == ("he_normal", Training(epochs=7, drop={1: 0.5}))
    assert base.training == Training(epochs=7)
    with pytest.raises(TypeError, match="epoch"):
        base.vary(epoch=3)


def test_base_moons_run_reaches_the_lectures_accuracy() -> None:
    """2-500-1 after 4000 full-batch updates: all 30 training points right, .914 of the test points."""
    base = lecture_case(moons())
    runs = base.runs(range(3))
    assert np.mean([run.test_acc for run in runs]) == pytest.approx(0.914, abs=0.03)
    assert runs[0].train_acc == 1


def test_the_lectures_case_can_be_changed_by_name() -> None:
    """Settings of the network and of its training."""
    case = lecture_case(moons(), sizes=(2, 50, 1), epochs=2000, drop={1: 0.6})
    assert (case.sizes, case.acts) == ((2, 50, 1), ("relu", "sigmoid"))
    assert case.training == Training(loss="bce", opt="adam", epochs=2000, batch=None, drop={1: 0.6})


def test_runs_are_those_of_each_seed() -> None:
    """In the order of the seeds."""
    case = lecture_case(moons(), epochs=3)
    assert [run.test_loss for run in case.runs([5, 2])] == [case.run(seed).test_loss for seed in (5, 2)]


@pytest.mark.parametrize(
    ("digits", "text"),
    [(".3f", "2.333 ± 1.528"), ("+.1f", "+2.3 ± 1.5"), ("7.2f", "   2.33 ± 1.53"), (".0%", "233% ± 153%")],
)
def test_plus_minus_writes_mean_and_deviation_in_one_format(digits: str, text: str) -> None:
    """A sign and a width are for the mean only."""
    assert plus_minus([1, 2, 4], digits) == text


@pytest.mark.keras
def test_keras_fits_the_lectures_case() -> None:
    """As many steps as asked for, on all training points each."""
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, activation="sigmoid")])
    loss, accuracy = fit_in_keras(model, moons(), steps=40)
    assert int(model.optimizer.iterations) == 40
    assert 0 < loss < 2 and 0 <= accuracy <= 1


@pytest.mark.parametrize("make", [moons, circles])
def test_data_are_split_as_in_the_lectures(make: Callable[[], Split]) -> None:
    """30 points to train on, 70 to test on, the same every time."""
    data = make()
    assert [len(part) for part in data] == [30, 30, 70, 70]
    assert set(data.y_train) == {0, 1} and np.array_equal(data.X_test, make().X_test)


def test_importing_nnlab_imports_numpy_alone() -> None:
    """No TensorFlow, scikit-learn or matplotlib, and nothing of the autograder, until someone asks."""
    code = "import sys, nnlab, nnlab.data; print(*{name.split('.')[0] for name in sys.modules})"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"tensorflow", "keras", "sklearn", "scipy", "matplotlib", "autograder"} & set(
        ran.stdout.split()
    )


def test_no_module_of_nnlab_needs_one_that_needs_it() -> None:
    """Not even for a type: whoever reads a module has read what it stands on."""
    paths = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in ROOT.glob("nnlab/**/*.py")
    }
    paths = {name.removesuffix(".__init__"): path for name, path in paths.items()}
    needs: dict[str, set[str]] = {}
    for name, path in paths.items():
        found = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)]
        whole = {f"{node.module}.{alias.name}" for node in found for alias in node.names}
        needs[name] = (whole | {str(node.module) for node in found}) & paths.keys()
        if any(other.startswith(f"{name}.") for other in paths):
            continue
        # Importing part of a package runs its __init__ first, which holds nothing but imports.
        needs[name] -= {"nnlab", "nnlab.figures"}
    for name, others in needs.items():
        others.discard(name)  # a package that takes one of its own modules by its whole name
    TopologicalSorter(needs).prepare()  # raises CycleError


def test_stored_studies_have_the_shape_their_script_says() -> None:
    stored = study("dropout")
    assert stored["circles"].shape == (len(stored["draws"]), len(stored["rates"]), 3, len(stored["steps"]), 4)
    assert stored["digits"].shape == (3, 24, 4)
    assert np.isfinite(stored["circles"]).all() and np.isfinite(stored["digits"]).all()
