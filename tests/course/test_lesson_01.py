"""Lesson 01's own automatic differentiation against finite differences, which know nothing of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.authoring.lesson import lessons_of
from autograder.nbgrader.course import Course
from nnlab.oracle import numerical_gradient, relative_error

ROOT = Path(__file__).resolve().parents[2]
(LESSON,) = lessons_of(Course(ROOT), ("01",))
EXERCISE = LESSON.exercises["Value"]
INPUT = re.compile(r"^(\w+) = Value\((.*)\)$", re.M)


class Plain:
    """A number with the operations of Value that knows no gradients: it says what the programs compute."""

    def __init__(self, data: float) -> None:
        self.data = data

    def __add__(self, other: Plain | float) -> Plain:
        return Plain(self.data + number(other))

    def __radd__(self, other: float) -> Plain:
        return Plain(other + self.data)

    def __sub__(self, other: Plain | float) -> Plain:
        return Plain(self.data - number(other))

    def __rsub__(self, other: float) -> Plain:
        return Plain(other - self.data)

    def __mul__(self, other: Plain | float) -> Plain:
        return Plain(self.data * number(other))

    def __rmul__(self, other: float) -> Plain:
        return Plain(other * self.data)

    def __neg__(self) -> Plain:
        return Plain(-self.data)

    def __pow__(self, n: float) -> Plain:
        return Plain(self.data**n)

    def exp(self) -> Plain:
        return Plain(np.exp(self.data))

    def tanh(self) -> Plain:
        return Plain(np.tanh(self.data))

    def sigmoid(self) -> Plain:
        return Plain(1 / (1 + np.exp(-self.data)))

    def relu(self) -> Plain:
        return Plain(max(self.data, 0.0))

    def backward(self) -> None:
        """Nothing: what is measured needs no way back."""


def number(some: Plain | float) -> float:
    return some.data if isinstance(some, Plain) else some


def run(program: str, value: Any) -> dict[str, Any]:
    names: dict[str, Any] = {"Value": value}
    exec(program, names)
    return names


def outputs_of(program: str) -> list[str]:
    """The values on which backward is called, as often as it is."""
    return re.findall(r"^(\w+)\.backward\(\)$", program, re.M)


def measured(program: str, inputs: list[str]) -> np.ndarray:
    """The gradient of the sum of all outputs in the inputs; grads of several calls add up."""

    def total(numbers: np.ndarray) -> float:
        given = dict(zip(inputs, map(float, numbers), strict=True))
        text = INPUT.sub(lambda found: f"{found[1]} = Value({given[found[1]]!r})", program)
        names = run(text, Plain)
        return sum(names[name].data for name in outputs_of(text))

    return numerical_gradient(total, [float(number) for _, number in INPUT.findall(program)])


@pytest.mark.parametrize("seed", range(8))
def test_gradients_of_all_programs_agree_with_finite_differences(seed: int) -> None:
    """On every program that is drawn: all operations, shared parts, 40 values, chains, two calls."""
    value = LESSON.reference(EXERCISE)["Value"]
    programs = [case.inputs["program"] for case in EXERCISE.draw(np.random.default_rng(seed))]  # type: ignore[misc]
    for program in programs:
        if "v.grad = 0.0" in program or not outputs_of(program):
            continue
        inputs = [name for name, _ in INPUT.findall(program)]
        names = run(program, value)
        grads = np.array([names[name].grad for name in inputs])
        assert relative_error(grads, measured(program, inputs)) < 1e-6, program


@pytest.mark.parametrize("seed", range(8))
def test_programs_are_as_large_as_the_lesson_says_and_no_larger(seed: int) -> None:
    """So that a recursive solution passes, and one that walks every path ends in time."""
    sizes = []
    for case in EXERCISE.draw(np.random.default_rng(seed)):  # type: ignore[misc]
        program = case.inputs["program"]
        lines = [line for line in program.split("\n") if " = " in line and "grad" not in line]
        sizes.append(100 * 2 + 4 if "range(100)" in program else len(lines))
    assert max(size for size in sizes if size != 204) == 40
    assert sizes.count(204) == 1
