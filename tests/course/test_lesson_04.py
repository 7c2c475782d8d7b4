"""Lesson 04 against Keras: the comments beside its Keras lines, and the activations of its reference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograder.authoring.lesson import Lesson
from autograder.nbgrader.course import Course
from tests.builders import ROOT

pytestmark = pytest.mark.keras

AT_MINUS_ONE = np.array([[-1.0]], dtype="float32")


@pytest.fixture
def keras() -> Any:
    """Not at the top: it takes seconds, also where these tests are not asked for."""
    return pytest.importorskip("keras")


@pytest.mark.parametrize(
    ("layer", "value"),
    [
        pytest.param(lambda keras: keras.layers.Activation("elu"), np.expm1(-1), id="elu has alpha 1"),
        pytest.param(
            lambda keras: keras.layers.Activation("leaky_relu"), -0.2, id="the function leaks by 0.2"
        ),
        pytest.param(lambda keras: keras.layers.LeakyReLU(), -0.3, id="the layer leaks by 0.3"),
        pytest.param(lambda keras: keras.layers.PReLU(), 0.0, id="a parametric ReLU begins as a ReLU"),
    ],
)
def test_keras_defaults_are_what_the_lesson_says(
    keras: Any, layer: Callable[[Any], Any], value: float
) -> None:
    """The value at -1 tells alpha."""
    assert float(np.asarray(layer(keras)(AT_MINUS_ONE))[0, 0]) == pytest.approx(value, abs=1e-6)


def test_a_parametric_relu_has_an_alpha_for_each_unit(keras: Any) -> None:
    """As the comment beside it says."""
    layer = keras.layers.PReLU()
    layer.build((None, 7))
    assert [tuple(weight.shape) for weight in layer.weights] == [(7,)]


def test_the_reference_activations_are_those_of_keras(keras: Any) -> None:
    """ACT, with the alphas that Keras takes."""
    lesson = Lesson(Course(ROOT).solutions / "04_activations")
    activations = lesson.reference(lesson.exercises["ACT"])["ACT"]
    z = np.linspace(-3, 3, 24, dtype="float32")
    for name, theirs, *alpha in [
        ("relu", keras.activations.relu),
        ("tanh", keras.activations.tanh),
        ("sigmoid", keras.activations.sigmoid),
        ("elu", keras.activations.elu, 1.0),
        ("leaky", keras.activations.leaky_relu, 0.2),
    ]:
        assert activations[name][0](z, *alpha) == pytest.approx(np.asarray(theirs(z)), abs=1e-6)
