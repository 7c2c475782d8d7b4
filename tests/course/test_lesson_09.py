"""Lesson 09 against Keras: batch normalisation as its reference solution has it, and as nnlab has it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy import ndarray

from autograder.authoring.lesson import Lesson
from autograder.nbgrader.course import Course
from nnlab.pieces import BUILT_IN
from tests.builders import ROOT

pytestmark = pytest.mark.keras

Pair = tuple[Callable[..., Any], Callable[..., Any]]
NAMES = ("batchnorm_forward", "batchnorm_backward")
EPS = 1e-3


@pytest.fixture(params=["lesson", "nnlab"])
def passes(request: pytest.FixtureRequest) -> Pair:
    """Forward and backward pass."""
    if request.param == "nnlab":
        return BUILT_IN[NAMES[0]], BUILT_IN[NAMES[1]]
    lesson = Lesson(Course(ROOT).solutions / "09_scaling")
    reference = lesson.reference(lesson.exercises["batchnorm_backward"])
    return reference[NAMES[0]], reference[NAMES[1]]


@pytest.fixture
def layer() -> Any:
    """Keras' layer for four units, with a scale and a shift of its own."""
    keras = pytest.importorskip(
        "keras"
    )  # not at the top: it takes seconds, also where nobody asked for these tests
    rng = np.random.default_rng(0)
    made = keras.layers.BatchNormalization(momentum=0.8, epsilon=EPS)
    made.build((None, 4))
    made.set_weights([rng.uniform(0.5, 2, 4), rng.normal(size=4), rng.normal(size=4), rng.uniform(0.5, 2, 4)])
    return made


def batch(seed: int, rows: int = 9) -> ndarray:
    """Inputs of four units, of different places and spreads."""
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(rows, 4)) * [0.1, 1, 3, 10] + [5, 0, -2, 30]).astype(np.float32)


def state(layer: Any) -> tuple[ndarray, ndarray, dict[str, ndarray]]:
    """The layer's gamma, beta and running statistics."""
    gamma, beta, mean, var = (np.asarray(weight) for weight in layer.get_weights())
    return gamma, beta, {"mean": mean, "var": var}


def test_values_and_running_statistics_match_keras(passes: Pair, layer: Any) -> None:
    """Two batches in training, then one at test time: outputs and both running statistics agree."""
    gamma, beta, running = state(layer)
    for seed, training in [(1, True), (2, True), (3, False)]:
        out, _ = passes[0](batch(seed), gamma, beta, running, training, momentum=0.8, eps=EPS)
        theirs = layer(batch(seed), training=training)
        np.testing.assert_allclose(out, np.asarray(theirs), rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(running["mean"], np.asarray(layer.moving_mean), rtol=1e-5)
        np.testing.assert_allclose(running["var"], np.asarray(layer.moving_variance), rtol=1e-4)


@pytest.mark.parametrize("rows", [2, 3, 9])
def test_gradients_match_keras(passes: Pair, layer: Any, rows: int) -> None:
    """The gradients of inputs, gamma and beta are those that TensorFlow finds for Keras' layer."""
    tf = pytest.importorskip("tensorflow")
    x, dout = batch(4, rows), np.random.default_rng(5).normal(size=(rows, 4)).astype(np.float32)
    gamma, beta, running = state(layer)
    with tf.GradientTape() as tape:
        inputs = tf.Variable(x)
        loss = tf.reduce_sum(layer(inputs, training=True) * dout)
    theirs = tape.gradient(loss, [inputs, layer.gamma.value, layer.beta.value])

    out, cache = passes[0](x.astype(float), gamma, beta, running, True, momentum=0.8, eps=EPS)
    for mine, other in zip(passes[1](dout, cache), theirs, strict=True):
        np.testing.assert_allclose(mine, np.asarray(other), rtol=2e-3, atol=2e-4)
