"""nnlab.oracle: gradients by measuring, and one number for how far two of them are apart."""

from __future__ import annotations

import numpy as np
import pytest
from numpy import ndarray

from nnlab import MLP
from nnlab.oracle import numerical_gradient, relative_error


@pytest.mark.parametrize("shape", [(), (4,), (2, 3), (2, 1, 3)])
def test_the_gradient_of_a_sum_of_squares_is_twice_the_point(shape: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).normal(size=shape)
    gradient = numerical_gradient(lambda v: np.sum(v**2), x)
    assert gradient.shape == shape
    np.testing.assert_allclose(gradient, 2 * x, rtol=1e-7)


def test_the_quotient_is_two_sided() -> None:
    """On a parabola it is exact with a coarse step; on a cubic it errs by h²."""
    assert numerical_gradient(lambda v: v[0] ** 2, [3.0], h=0.1)[0] == pytest.approx(6.0)
    assert numerical_gradient(lambda v: v[0] ** 3, [1.0], h=0.1)[0] == pytest.approx(3.01)


def test_the_point_stays_where_it_is() -> None:
    x = np.arange(6.0).reshape(2, 3)
    before = x.copy()

    def greedy(v: ndarray) -> float:
        """Writes into what it is given."""
        v *= 2
        return float(v.sum())

    np.testing.assert_allclose(numerical_gradient(greedy, x), np.full((2, 3), 2.0))
    np.testing.assert_array_equal(x, before)


def test_single_precision_and_whole_numbers_are_measured_in_double_precision() -> None:
    gradient = numerical_gradient(lambda v: np.sum(v**2), np.float32([1.5, -2.5]))
    np.testing.assert_allclose(gradient, [3.0, -5.0], rtol=1e-8)
    np.testing.assert_allclose(numerical_gradient(lambda v: np.sum(v**2), [1, 2]), [2.0, 4.0])


def test_a_function_of_one_entry_may_come_in_an_array_and_a_longer_one_is_refused() -> None:
    np.testing.assert_allclose(numerical_gradient(lambda v: np.array([[v.sum()]]), [1.0, 2.0]), [1.0, 1.0])
    with pytest.raises(ValueError, match="size 1"):
        numerical_gradient(lambda v: v, [1.0, 2.0])


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ([3.0, 4.0], [3.0, 4.0], 0.0),
        ([3.0, 4.0], [6.0, 8.0], 1 / 3),
        ([3.0, 4.0], [-3.0, -4.0], 1.0),
        ([3.0, 4.0], [0.0, 0.0], 1.0),
        ([0.0, 0.0], [0.0, 0.0], 0.0),
        ([[3.0, 0.0], [0.0, 4.0]], [[3.0, 0.0], [0.0, 0.0]], 0.5),
    ],
)
def test_the_relative_error_is_that_of_whole_arrays(a: ndarray, b: ndarray, expected: float) -> None:
    assert relative_error(a, b) == pytest.approx(expected)
    assert relative_error(b, a) == pytest.approx(expected)


def test_the_relative_error_does_not_depend_on_the_unit() -> None:
    a, b = np.random.default_rng(1).normal(size=(2, 5))
    assert relative_error(1e-12 * a, 1e-12 * b) == pytest.approx(relative_error(a, b))


def test_arrays_of_unlike_shapes_are_not_stretched() -> None:
    with pytest.raises(ValueError, match="shapes differ"):
        relative_error(np.zeros((3, 1)), np.zeros(3))


def test_they_agree_with_the_gradients_of_a_network() -> None:
    net = MLP((2, 3, 1), ("tanh", "sigmoid"), seed=2, dtype=np.float64)
    rng = np.random.default_rng(2)
    X, y = rng.normal(size=(5, 2)), rng.integers(0, 2, (5, 1)).astype(float)
    derived = net.grads(X, y, "bce")

    def loss(W: ndarray) -> float:
        net.W[1][...] = W
        return float(net.loss(X, y, "bce"))

    assert relative_error(derived[0], numerical_gradient(loss, net.W[1])) < 1e-7
