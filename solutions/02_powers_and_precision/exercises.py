"""Exercises of lesson 02: powers of one factor, updates that are lost, and what a trace of weights tells."""

import math
import re

import numpy as np

from autograder.authoring import UNCHANGED, Exercise, Question, case, right, wrong

# 2.1 layers_until

SHRINKS, GROWS = "shrinking, f < 1", "growing, f > 1"

layers_until = Exercise(points=2, groups={SHRINKS: 1, GROWS: 1})


@layers_until.cases
def cases(rng):
    """Targets between two powers, some nearer to the upper one and some nearer to the lower: nobody's
    rounding of a logarithm decides."""
    shrinking = [(0.08, 0.3, 6, 12), (0.5, 0.8, 7, 20), (0.93, 0.97, 60, 90), (0.985, 0.99, 150, 250)]
    for low, high, fewest, most in shrinking:
        for between in [(0.15, 0.42), (0.58, 0.85)]:
            f = float(rng.uniform(low, high))
            yield case(SHRINKS, f=f, target=f ** (rng.integers(fewest, most) + rng.uniform(*between)))
    growing = [(2.1, 3.5, 6, 12), (1.3, 1.7, 8, 20), (1.03, 1.07, 60, 90), (1.01, 1.015, 150, 250)]
    for low, high, fewest, most in growing:
        for between in [(0.15, 0.42), (0.58, 0.85)]:
            f = float(rng.uniform(low, high))
            yield case(GROWS, f=f, target=f ** (rng.integers(fewest, most) + rng.uniform(*between)))


def exactly(f, target):
    """How many factors it takes, as a fraction."""
    return math.log(target) / math.log(f)


@layers_until.mistakes
def mistakes(f, target):
    n = exactly(f, target)
    yield "one_too_few", math.floor(n), (
        "One factor too few: with your n, the power has not reached the target yet. Which way does a "
        "fraction of a layer have to be rounded? And if you took one off because L layers have only L - 1 "
        "weights between them: here n counts the factors themselves.")
    yield "one_too_many", math.ceil(n) + 1, (
        "One too many: the power has reached the target one factor before your n. Does your loop count "
        "before it looks, or do you count the layers, which are one more than the weights between them?")
    yield "rounds_to_the_nearest", round(n), (
        "You round to the nearest whole number, so that half of your answers fall short of the target.")
    yield "common_by_natural", math.ceil(math.log10(target) / math.log(f)), (
        "Two logarithms of different bases are divided: both have to be of one base, any one.")
    yield "natural_by_common", math.ceil(math.log(target) / math.log10(f)), (
        "Two logarithms of different bases are divided: both have to be of one base, any one.")
    yield "upside_down", math.ceil(1 / n), (
        "Your n is 1 in every case. If you divide two logarithms, the quotient stands on its head: the "
        "factor shrinks by log f per layer, and log target is the whole way.")
    yield "waits_for_less_from_zero", math.ceil(n) if f < 1 else 0, (
        "For f > 1 your answer does not depend on the target: a power that is to grow begins below its "
        "target, and a loop that waits for it to fall below ends at once.")
    yield "waits_for_less_from_one", math.ceil(n) if f < 1 else 1, (
        "For f > 1 your answer does not depend on the target: a power that is to grow begins below its "
        "target, and a loop that waits for it to fall below ends at once.")
    yield "waits_for_more", math.ceil(n) if f > 1 else 0, (
        "For f < 1 your answer does not depend on the target: a power that shrinks begins above its target, "
        "and a loop that waits for it to rise above ends at once.")
    yield "negative_for_shrinking", -math.ceil(n) if f < 1 else math.ceil(n), (
        "The number is right but for its sign: log f is negative where f is below 1.")


@layers_until.right
def one_factor_at_a_time(f, target):
    n, power = 0, 1.0
    while (power > target) if f < 1 else (power < target):
        power *= f
        n += 1
    return n


@layers_until.right
def powers_from_one(f, target):
    n = 1
    while not (f**n <= target if f < 1 else f**n >= target):
        n = n + 1
    return n


@layers_until.answers
def answers(f, target):
    yield "with_common_logarithms", np.ceil(np.log10(target) / np.log10(f))
    yield "with_a_base", math.ceil(math.log(target, f))
    yield "with_sizes_of_logarithms", int(np.ceil(abs(np.log2(target)) / abs(np.log2(f))))
    yield "with_whole_numbers_only", int(exactly(f, target)) + 1
    yield "in_float32", np.ceil(np.log(np.float32(target)) / np.log(np.float32(f))).astype(int)
    powers = f ** np.arange(1.0, 300.0)
    yield "looked_up", 1 + np.argmax(powers <= target if f < 1 else powers >= target)


layers_until.small(
    "Halve until 0.1 is reached: 0.5, 0.25, 0.125, 0.0625.",
    f=0.5, target=0.1)
layers_until.small(
    "Double until 10 is reached: 2, 4, 8, 16. Here the factor is above 1, and so is the target.",
    f=2.0, target=10.0)

# 2.2 possible_factor

CURVED, PIECEWISE = "sigmoid and tanh", "relu, leaky and linear"

possible_factor = Exercise(points=2, groups={CURVED: 1, PIECEWISE: 1})


@possible_factor.cases
def cases(rng):
    between = lambda low, high: float(rng.uniform(low, high))
    at_the_end = [between(0.22, 0.245), between(0.255, 0.28), between(1.1, 2)]
    for value in [between(0.02, 0.19), *at_the_end, between(0.3, 0.95), between(-0.24, -0.02)]:
        yield case(CURVED, kind="sigmoid", value=value)
    at_the_end = [between(0.55, 0.95), between(0.97, 0.99), between(1.01, 1.03), between(1.1, 2)]
    for value in [between(0.02, 0.23), between(0.3, 0.45), *at_the_end, between(-0.95, -0.3)]:
        yield case(CURVED, kind="tanh", value=value)
    for value in [1.0, 0.0, between(0.1, 0.9), between(0.97, 0.99), between(1.1, 3), -1.0]:
        for kind in ("relu", "linear"):
            yield case(PIECEWISE, kind=kind, value=value)
    yield case(PIECEWISE, kind="relu", value=between(0.01, 0.03))
    yield case(PIECEWISE, kind="leaky(0.01)", value=0.01)
    for low, high in [(0.02, 0.09), (0.12, 0.24)]:
        alpha = round(between(low, high), 3)
        near = between(alpha + 0.01, alpha + 0.03)
        for value in [alpha, 1.0, 0.0, between(alpha + 0.05, 0.9), between(1.1, 3), -alpha, near]:
            yield case(PIECEWISE, kind=f"leaky({alpha})", value=value)


def alpha_of(kind):
    return float(kind.removeprefix("leaky(").removesuffix(")"))


def by_range(kind, value, largest=None):
    """Right, unless the largest slopes of sigmoid and tanh are given otherwise."""
    largest = largest or {"sigmoid": 0.25, "tanh": 1}
    if kind in largest:
        return 0 <= value <= largest[kind]
    return value in ({"relu": (0, 1), "linear": (1,)}[kind] if "(" not in kind else (alpha_of(kind), 1))


@possible_factor.mistakes
def mistakes(kind, value):
    leaky = kind.startswith("leaky")
    yield "sigmoid_up_to_one", by_range(kind, value, {"sigmoid": 1, "tanh": 1}), (
        "You let the sigmoid's slope be larger than it can be. It is a(1 - a): where between 0 and 1 is "
        "that largest?")
    yield "tanh_up_to_a_quarter", by_range(kind, value, {"sigmoid": 0.25, "tanh": 0.25}), (
        "You cut the slope of tanh off where that of the sigmoid ends. Its slope is 1 - a²: how large is it "
        "at a = 0?")
    yield "sigmoid_up_to_a_fifth", by_range(kind, value, {"sigmoid": 0.2, "tanh": 1}), (
        "You cut the slope of the sigmoid off too early: 0.2 is the number that the deck puts in. It is "
        "a(1 - a): where between 0 and 1 is that largest?")
    pieces = {"relu": (0, 1), "linear": (1,)}
    nearby = min(abs(value - slope) for slope in pieces.get(kind, (alpha_of(kind) if leaky else 0, 1))) < 0.05
    yield "near_a_slope", by_range(kind, value) if kind in ("sigmoid", "tanh") else nearby, (
        "A number near a slope is taken for it. Straight pieces have one slope each, and nothing near it: "
        "leave room for rounding only.")
    yield "either_sign", by_range(kind, abs(value)), (
        "You let a slope be negative, or look at its size alone. All of these functions rise or stay level; "
        "none falls.")
    yield "anything_positive", value >= 0, (
        "You take any positive number for a possible slope, also 1.5, which the “Improving” deck puts in "
        "the place of two sigmoid slopes. How steep can each of the functions get?")
    yield "zero_to_one_for_all", 0 <= value <= 1, (
        "One range, 0 to 1, serves for all kinds. Each function has slopes of its own: two of them have an "
        "upper limit, the others only one or two values.")
    low, high = {"sigmoid": (0, 1), "tanh": (-1, 1), "relu": (0, math.inf)}.get(kind, (-math.inf, math.inf))
    yield "values_instead_of_slopes", low <= value <= high, (
        "These are the values that the functions themselves can take. Asked for are their slopes.")
    yield "leaky_as_relu", value in (0, 1) if leaky else by_range(kind, value), (
        "You treat leaky ReLU as ReLU. Left of the kink it is not level: its slope there stands in the text "
        "`kind`.")
    yield "an_alpha_of_its_own", value in (0.01, 1) if leaky else by_range(kind, value), (
        "Your leaky ReLU has an α of its own. The one that counts stands in the text `kind`, between the "
        "parentheses.")
    yield "leaky_one_only", value == 1 if leaky else by_range(kind, value), (
        "Your leaky ReLU has one slope only. It has two pieces: how steep is the one below zero?")
    yield "leaky_with_zero", value == 0 or by_range(kind, value) if leaky else by_range(kind, value), (
        "A leaky ReLU is nowhere level: that is what it was made for. Left of the kink its slope stands in "
        "the text `kind`.")
    yield "relu_one_only", value == 1 if kind == "relu" else by_range(kind, value), (
        "Your ReLU has one slope only. It has two pieces: how steep is the one below zero?")
    yield "linear_takes_anything", kind == "linear" or by_range(kind, value), (
        "A linear unit passes every *signal*; the factor with which it does so is always the same.")
    between = 0 <= value <= 1
    yield "relu_anything_between", between if kind == "relu" else by_range(kind, value), (
        "Your ReLU may have any slope from 0 to 1. It is made of two straight pieces: which slopes have "
        "they?")


@possible_factor.wrong(
    "Between their two values there is nothing: ReLU is made of two straight pieces, and so is its leaky "
    "cousin. Which slopes have the pieces?")
def anything_between_the_pieces(kind, value):
    if kind in ("relu", "linear"):
        return 0 <= value <= 1 if kind == "relu" else value == 1
    return alpha_of(kind) <= value <= 1 if kind.startswith("leaky") else by_range(kind, value)


@possible_factor.right
def open_intervals_and_isclose(kind, value):
    if kind == "sigmoid":
        return 0 < value < 0.25
    if kind == "tanh":
        return 0 < value < 1
    pieces = {"relu": [0, 1], "linear": [1]}
    slopes = pieces[kind] if kind in pieces else [float(re.findall(r"[\d.]+", kind)[0]), 1]
    return any(np.isclose(value, slopes))


@possible_factor.right
def with_numpy(kind, value):
    name, *alpha = kind.rstrip(")").split("(")
    slopes = {"relu": [0.0, 1.0], "linear": [1.0], "leaky": [*map(float, alpha), 1.0]}
    if name in slopes:
        return np.isin(value, slopes[name])
    return np.logical_and(value >= 0, value <= {"sigmoid": 0.25, "tanh": 1.0}[name])


@possible_factor.right
def is_there_an_activation_that_has_it(kind, value):
    """a(1 - a) = value, or 1 - a² = value, solved for a."""
    if kind == "sigmoid":
        return 1 - 4 * value >= 0 and value >= 0
    if kind == "tanh":
        return 1 - value >= 0 and 1 - value <= 1
    if kind == "linear":
        return abs(value - 1) < 1e-9
    left = 0 if kind == "relu" else float(kind[6:-1])
    return min(abs(value - left), abs(value - 1)) < 1e-9


@possible_factor.answers
def answers(kind, value):
    yield "ones_and_zeros", 1 if by_range(kind, value) else 0


possible_factor.small(
    "ReLU is level below 0, and rises by 1 for each 1 above it. No piece of it has a slope of 0.5.",
    kind="relu", value=0.5)
possible_factor.small(
    "The sigmoid is steepest at 0, where its slope is ½ · ½. It never rises faster than that.",
    kind="sigmoid", value=0.5)
possible_factor.small(
    "The sigmoid is steepest at 0, where its slope is ½ · ½ = 0.25. A little further out it is less.",
    kind="sigmoid", value=0.23)
possible_factor.small(
    "ReLU is level below 0, and rises by 1 for each 1 above it. 0.02 is neither.", kind="relu", value=0.02)
possible_factor.small("At 0 the slope of tanh is 1; further out it takes every value down to 0.", kind="tanh", value=0.5)
possible_factor.small("Both curves rise everywhere: no slope is below 0.", kind="tanh", value=-0.5)
possible_factor.small("This leaky ReLU has two pieces, of slope 0.25 and 1. None is level.", kind="leaky(0.25)", value=0.0)
possible_factor.small("This leaky ReLU has two pieces, of slope 0.25 and 1. The first:", kind="leaky(0.25)", value=0.25)
possible_factor.small("α is what the name says: here 0.2, and another value is none of its slopes.", kind="leaky(0.2)", value=0.1)
possible_factor.small("ReLU has two pieces, a level one and a rising one. The level one:", kind="relu", value=0.0)
possible_factor.small("A linear unit passes on what it gets: its slope is one number everywhere.", kind="linear", value=0.5)

# 2.3 slide_update

GRADIENT, WEIGHT = "the gradient", "the new weight"

slide_update = Exercise(points=2, returns={GRADIENT: 2, WEIGHT: 2}, groups={UNCHANGED: 1})


@slide_update.cases
def cases(rng):
    """Steps that can be seen in the new weight; and factors as small as in the notes, for the gradient."""
    for n, sign in [(3, 1), (4, -1), (2, 1)]:
        factors = rng.uniform(0.45, 0.9, n).round(3) * np.array([sign] + [1] * (n - 1))
        yield case(factors=factors.tolist(), **weight_and_rate(rng))
    tiny = 10.0 ** -rng.integers(1, 4, 4) * rng.uniform(1.1, 2, 4)
    yield case(GRADIENT, factors=tiny.tolist(), **weight_and_rate(rng))


def weight_and_rate(rng):
    w0 = rng.uniform(0.4, 1.8) * rng.choice([-1, 1])
    return {"w0": float(w0), "lr": float(rng.uniform(0.1, 0.5))}


@slide_update.mistakes
def mistakes(factors, w0, lr):
    grad = math.prod(factors)
    step = lr * grad
    yield "learning_rate_twice", (step, w0 - lr * step), (
        "The learning rate is counted twice, as in the agenda notes: your gradient holds it already, and "
        "the update multiplies by it once more.")
    yield "two_decimals_too_many", (grad / 100, w0 - lr * (grad / 100)), (
        "Your gradient is a hundred times too small, as in the agenda notes, where 1e-7 became 1e-9. Count "
        "the decimals again.")
    yield "step_for_the_gradient", (step, w0 - step), (
        "The gradient you return holds the learning rate: that is the step. The gradient says how steep it "
        "is, whatever the step.")
    yield "learning_rate_squared", (grad, w0 - lr * step), (
        "The learning rate enters twice into your new weight. Once is enough: it scales the gradient to a "
        "step.")
    yield "update_alone", (grad, step), "This is what is taken off the weight, not what is left of it."
    yield "change_alone", (grad, -step), (
        "This is the change of the weight, with the right sign. The new weight is the old one and that "
        "change.")
    yield "uphill", (grad, w0 + step), "You walk uphill: the gradient points to where the loss grows."
    yield "multiplies_the_weight", (grad, w0 * step), (
        "You multiply where the rule subtracts, as the “Improving” deck does in a line of its slide "
        "“Problem: Vanishing Gradients”, W = W · α · dE/dW. A step of nearly 0 would then wipe the weight "
        "out.")
    yield "without_the_learning_rate", (grad, w0 - grad), (
        "The learning rate is missing from your new weight: the whole gradient is taken off.")
    yield "adds_the_factors", (sum(factors), w0 - lr * sum(factors)), (
        "The factors are added. The chain rule multiplies along a path.")
    yield "other_way_round", (w0 - step, grad), (
        "The right two numbers in the wrong order: first the gradient, then the new weight.")


@slide_update.answers
def answers(factors, w0, lr):
    grad = np.prod(np.array(factors))
    yield "with_an_array", np.array([grad, w0 - lr * grad])
    narrow = np.prod(np.array(factors, dtype=np.float32))
    yield "in_float32", (narrow, np.float32(w0) - np.float32(lr) * narrow)
    size = np.exp(np.sum(np.log(np.abs(factors)))) * np.prod(np.sign(factors))
    yield "with_logarithms", (size, np.subtract(w0, lr * size))


@slide_update.right
def one_factor_after_the_other(factors, w0, lr):
    grad = 1
    for factor in factors:
        grad *= factor
    return [grad, w0 - lr * grad]


@slide_update.wrong(
    "The list you were given is another afterwards: `pop` takes numbers out of it, `factors[i] = …` writes over "
    "them.")
def takes_the_list_apart(factors, w0, lr):
    grad = 1.0
    while factors:
        grad *= factors.pop()
    return grad, w0 - lr * grad


slide_update.small(
    "Two factors, 0.4 and 0.5: their product is 0.2. With the learning rate 0.1 the step is 0.02, and that "
    "comes off.",
    factors=[0.4, 0.5], w0=2.0, lr=0.1)

# 2.4 update_lost

BELOW_POWER = "towards zero from a power of two"

update_lost = Exercise(points=2, groups={"float16": 1, "float32": 1, "float64": 1, BELOW_POWER: 1})


@update_lost.cases
def cases(rng):
    """Steps of a known share of the spacing at w, away from shares at which rounding could go either way."""
    small_and_large = {"float16": (-2, 5), "float32": (-6, 8), "float64": (-6, 8)}
    for dtype, exponents in small_and_large.items():
        for exponent in exponents:
            for share in [(0.3, 0.45), (0.55, 0.7), (1.15, 1.45), (2.6, 3.4)]:
                w = rng.uniform(1.6, 1.9) * 2.0 ** (exponent + rng.integers(0, 2))
                yield one_step(rng, dtype, dtype, w, share, rng.choice([-1, 1]))
    for dtype in small_and_large:
        w = 2.0 ** rng.integers(-1, 4)
        shares = [((0.28, 0.45), 1), ((0.1, 0.22), 1), ((0.28, 0.45), -1), ((0.55, 0.7), -1)]
        for share, towards_zero in shares:
            yield one_step(rng, BELOW_POWER, dtype, w, share, towards_zero)


def one_step(rng, group, dtype, w, share, towards_zero):
    """A weight that dtype can hold, and a gradient that moves it by a share of the spacing there."""
    number = np.dtype(dtype).type
    w = number(w)
    step = rng.uniform(*share) * float(np.spacing(w))
    lr = rng.uniform(0.05, 0.5)
    sign = rng.choice([-1, 1])
    return case(group, w=float(sign * w), g=float(sign * towards_zero * step / lr), lr=float(lr), dtype=dtype)


@update_lost.driver
def drive(update_lost, w, g, lr, dtype):
    return update_lost(float(w), float(g), float(lr), getattr(np, dtype))


@update_lost.mistakes
def mistakes(w, g, lr, dtype):
    step, eps, spacing = abs(lr * g), np.finfo(dtype).eps, np.spacing(abs(dtype(w)))
    yield "epsilon_whatever_the_weight", step < eps, (
        "You hold the step against the machine epsilon alone. How large a step has to be depends on the "
        "weight: numbers near 1000 lie some five hundred times further apart than numbers near 1.")
    yield "half_epsilon_whatever_the_weight", step < eps / 2, (
        "You hold the step against half of the machine epsilon. That is right for weights between 1 and 2 "
        "only: numbers near 1000 lie some five hundred times further apart.")
    yield "whole_spacing", step < spacing, (
        "Your threshold is about twice too high: a step of more than half the distance to the next number "
        "is rounded to that number, and the weight moves.")
    yield "epsilon_times_the_weight", step < eps * abs(w), (
        "You compare with epsilon times the weight. The distance between neighbours does not grow with the "
        "weight but doubles at every power of two; and half of that distance is enough to move it.")
    yield "half_epsilon_times_the_weight", step < eps / 2 * abs(w), (
        "Half of epsilon times the weight is only roughly half of the distance between neighbours, which "
        "stays the same from one power of two to the next. Let the computer round: what does the "
        "subtraction itself give?")
    yield "spacing_above", step < spacing / 2, (
        "Right but for weights such as 1, 2 or 0.5: below a power of two the numbers lie twice as dense as "
        "above it, so that a step towards zero has to be only half as large to arrive.")
    yield "adds_the_step", bool(dtype(w) + dtype(lr) * dtype(g) == dtype(w)), (
        "The weight goes in the other direction: you add the step. Mostly that makes no difference here, "
        "but next to a power of two the numbers lie denser on one side than on the other.")
    yield "always_float64", w - lr * g == w, (
        "Your subtraction happens in float64, whatever `dtype` says: plain Python numbers are float64. "
        "Convert all three before you compute.")
    yield "always_float32", bool(np.float32(w) - np.float32(lr) * np.float32(g) == np.float32(w)), (
        "Your subtraction happens in float32, whatever `dtype` says.")
    yield "nearly_equal", bool(np.isclose(dtype(w) - dtype(lr) * dtype(g), dtype(w))), (
        "In float32 and float64 every update here is lost for you. Either you subtract in float16, whatever "
        "`dtype` says, or you use `np.isclose`, which calls numbers equal that differ by a "
        "hundred-thousandth: an update is lost only if not one bit of the weight changes.")
    yield "only_a_step_of_zero", bool(dtype(lr) * dtype(g) == 0), (
        "For you no update here is lost. A step need not be 0 for that: it is lost much earlier, when it is "
        "too small relative to the weight that it is taken from.")
    yield "says_when_it_moves", bool(dtype(w) - dtype(lr) * dtype(g) != dtype(w)), (
        "The right comparison with the answers swapped: True is for an update that leaves no trace.")


@update_lost.answers
def answers(w, g, lr, dtype):
    yield "subtract_and_compare", dtype(w) - dtype(lr) * dtype(g) == dtype(w)
    yield "rounded_at_the_end", np.asarray(w - lr * g).astype(dtype) == np.asarray(w).astype(dtype)
    step = lr * g
    neighbour = np.nextafter(dtype(w), dtype(-np.inf if step > 0 else np.inf))
    yield "half_way_to_the_neighbour", bool(abs(step) < abs(float(neighbour) - w) / 2)
    size = dtype(abs(w))
    below_or_here = np.nextafter(size, dtype(0)) if step * w > 0 else size
    yield "spacing_on_the_right_side", abs(step) <= float(np.spacing(below_or_here)) / 2


@update_lost.right
def with_arrays(w, g, lr, dtype):
    w, g, lr = np.array([w, g, lr], dtype=dtype)
    return bool(np.array_equal(np.subtract(w, np.multiply(lr, g)), w))


@update_lost.right
def only_the_weight_converted(w, g, lr, dtype):
    weight = dtype(w)
    weight -= lr * g
    return weight == w


@update_lost.right
def the_difference_is_zero(w, g, lr, dtype):
    before = np.full(3, w, dtype=dtype)
    after = before - np.asarray(lr * g, dtype=dtype)
    return (before - after).sum() == 0


update_lost.small(
    "0.25 is a power of two. Below it, float32 numbers lie 1.49e-8 apart, above it twice as far. A step of "
    "1e-8 towards zero is more than half of 1.49e-8: the nearest number is the next one, and the weight "
    "moves.",
    w=0.25, g=1e-6, lr=0.01, dtype="float32")
update_lost.small(
    "Near 1 float16 numbers lie 0.00098 apart: a step of 0.0001 is a tenth of that, and the weight stays.",
    w=1.5, g=0.01, lr=0.01, dtype="float16")
update_lost.small(
    "The same step in float32, whose numbers lie 1.2e-7 apart there: the weight moves.",
    w=1.5, g=0.01, lr=0.01, dtype="float32")
update_lost.small(
    "Near 1 float32 numbers lie 1.2e-7 apart: a step of 1e-8 is lost.",
    w=1.5, g=1e-6, lr=0.01, dtype="float32")
update_lost.small(
    "In float64, whose numbers lie 2.2e-16 apart there, the same step is not lost.",
    w=1.5, g=1e-6, lr=0.01, dtype="float64")

# 2.5 diagnose

SCALE, SIGNS = "movement relative to the weight's own size", "lively or blown up"
LAYERS, NOT_NUMBERS, WHOLE = "every layer, and the loss", "nan and inf", "the whole trace, not only its end"

diagnose = Exercise(
    points=2,
    groups={SCALE: 1, SIGNS: 1, LAYERS: 1, NOT_NUMBERS: 1, WHOLE: 1, UNCHANGED: 1},
)

NAN, INF = float("nan"), float("inf")


@diagnose.cases
def cases(rng):
    still_row = [1, 1.0002, 1.0003, 1.0004, 1.0005, 1.0006, 1.0007]
    yield traced(SCALE, "the deck's first row", [still_row], plateau(rng))
    yield traced(SCALE, "a large weight that hardly moves", [stuck(rng, 60), moving(rng, 2)], plateau(rng))
    yield traced(SCALE, "small weights that move", [moving(rng, 0.002), moving(rng, 0.004)], plateau(rng))
    blown_up = [moving(rng, 0.9), doubling(rng, 0.001)]
    yield traced(SCALE, "a small weight that blows up", blown_up, falling(rng))

    wild_row = [1, 12, -10, 8, -6, 14, -12]
    yield traced(SIGNS, "the deck's second row", [wild_row], wild(rng))
    crossed, grew = [crossing(rng), moving(rng, 0.8)], [doubling(rng, 0.5), moving(rng, 0.6)]
    yield traced(SIGNS, "a weight that changes its sign once", crossed, plateau(rng))
    yield traced(SIGNS, "a weight that grows without end", grew, falling(rng))

    fine = lambda: moving(rng, rng.uniform(0.2, 1.5))
    yield traced(LAYERS, "only the first layer hardly moves", [stuck(rng, 0.7), fine(), fine()], plateau(rng))
    second, last = [fine(), stuck(rng, 0.7), fine()], [fine(), fine(), stuck(rng, 0.7)]
    yield traced(LAYERS, "only the second layer hardly moves", second, plateau(rng))
    yield traced(LAYERS, "only the last layer hardly moves", last, plateau(rng))
    yield traced(LAYERS, "only the last layer blows up", [fine(), fine(), swinging(rng, 0.4)], falling(rng))
    yield traced(LAYERS, "only the first layer blows up", [swinging(rng, 0.4), fine(), fine()], falling(rng))
    yield traced(LAYERS, "one hardly moves, another blows up", [stuck(rng, 0.7), swinging(rng, 0.4)], falling(rng))
    fourth = [fine(), fine(), fine(), stuck(rng, 0.7), fine()]
    yield traced(LAYERS, "only the fourth layer of five hardly moves", fourth, plateau(rng))
    both, last = [fine(), fine()], [fine(), stuck(rng, 0.7)]
    yield traced(LAYERS, "the loss comes first, and all layers move", both, flat(rng), first=True)
    yield traced(LAYERS, "the loss comes first, and the last layer hardly moves", last, plateau(rng), first=True)
    yield traced(LAYERS, "the loss alone blows up", [fine(), fine()], wild(rng))
    yield traced(LAYERS, "a flat loss, and all layers move", [fine(), fine(), fine()], flat(rng))

    still, other = stuck(rng, 1), fine()
    longer = [[*still, NAN], [*other, other[-1]]]
    yield traced(NOT_NUMBERS, "hardly moves, then nan", longer, [*plateau(rng), 5.0])
    yield traced(NOT_NUMBERS, "the same before the nan", [still, fine()], plateau(rng))
    yield traced(NOT_NUMBERS, "moves, and the loss becomes nan", [fine(), fine()], [*plateau(rng)[:-1], NAN])
    yield traced(NOT_NUMBERS, "moves, then inf", [fine(), [*fine()[:-1], INF]], plateau(rng))
    yield traced(NOT_NUMBERS, "moves, then -inf", [[*fine()[:-1], -INF], fine()], plateau(rng))

    yield traced(WHOLE, "moves, then settles", [settling(rng), settling(rng)], plateau(rng))
    yield traced(WHOLE, "rests at first, then moves", [late(rng), fine()], plateau(rng))
    yield traced(WHOLE, "moves, and comes back", [returning(rng), fine()], falling(rng))
    yield traced(WHOLE, "comes down to a small part of its size", [shrinking(rng), fine()], falling(rng))
    yield traced(WHOLE, "grows in the last step alone", [fine(), leaping(rng)], plateau(rng))
    yield traced(WHOLE, "blows up, and comes back", [bursting(rng), fine()], [*wild(rng)[:-1], 5.7])


def traced(group, run, weights, loss, first=False):
    numbered = [f"W{number + 1}" for number in range(len(weights))]
    names = numbered if len(weights) > 2 else ["hidden", "output"][-len(weights) :]
    layers = {name: [float(value) for value in values] for name, values in zip(names, weights)}
    losses = {"loss": [float(value) for value in loss]}
    return case(group, traces={**losses, **layers} if first else {**layers, **losses}, run=run)


def along(rng, size, steps):
    """Seven values that start at ±size and move by shares of it."""
    start = size * rng.uniform(0.9, 1.1) * rng.choice([-1, 1])
    return (start * (1 + np.concatenate([[0], steps]))).tolist()


def stuck(rng, size):
    return along(rng, size, np.cumsum(rng.uniform(2e-5, 9e-5, 6)))


def moving(rng, size):
    return along(rng, size, np.cumsum(rng.uniform(0.03, 0.06, 6)) * rng.choice([-1, 1]))


def crossing(rng):
    return along(rng, 0.6, np.array([-0.25, -0.5, -0.8, -1.15, -1.35, -1.5]) + rng.uniform(-0.03, 0.03, 6))


def settling(rng):
    return along(rng, 0.5, rng.uniform(0.25, 0.35) * (1 - np.exp(-2.0 * np.arange(1, 7))))


def late(rng):
    return along(rng, 0.5, np.append([1e-5, 3e-5, 5e-5], rng.uniform(0.1, 0.4, 3)))


def returning(rng):
    return along(rng, 0.5, np.append(rng.uniform(0.15, 0.3, 5), 0.0003))


def shrinking(rng):
    return along(rng, 0.8, np.append([-0.2, -0.45, -0.7, -0.9], -rng.uniform(0.965, 0.975, 2)))


def leaping(rng):
    return along(rng, 0.5, np.append(np.cumsum(rng.uniform(0.03, 0.06, 5)), rng.uniform(12, 13)))


def bursting(rng):
    return along(rng, 0.5, np.append(rng.uniform(30, 60, 5) * [1, -1, 1, -1, 1], 0.04))


def doubling(rng, size):
    return along(rng, size, np.cumprod(rng.uniform(2.5, 4, 6)))


def swinging(rng, size):
    return along(rng, size, np.cumprod(rng.uniform(-6, -4, 6)))


def plateau(rng):
    return 6.5 * rng.uniform(0.8, 1.2) * np.array([1, 0.89, 0.878, 0.877, 0.877, 0.877, 0.877])


def flat(rng):
    return 5.7 * rng.uniform(0.8, 1.2) * (1 + np.cumsum([0, *rng.uniform(-1e-4, 1e-4, 6)]))


def falling(rng):
    return 6.5 * rng.uniform(0.8, 1.2) * np.cumprod([1, *rng.uniform(0.6, 0.8, 6)])


def wild(rng):
    return 2.5 * rng.uniform(0.8, 1.2) * np.cumprod([1, *rng.uniform(4, 9, 6)])


@diagnose.driver
def drive(diagnose, traces, run):
    answer = diagnose(traces)
    return {run: str(answer) if isinstance(answer, str) else answer}


def verdict(traces, broken, still, every=any):
    if any(broken(np.array(values)) for values in traces.values()):
        return "exploding"
    weights = [np.array(values) for name, values in traces.items() if name != "loss"]
    return "vanishing" if every(still(values) for values in weights) else "healthy"


def not_finite(values):
    return not np.all(np.isfinite(values))


def grown(values):
    return np.max(np.abs(values)) > 10 * abs(values[0])


def broken(values):
    return not_finite(values) or grown(values)


def still(values):
    return np.max(values) - np.min(values) < 0.005 * np.max(np.abs(values))


@diagnose.mistakes
def mistakes(traces):
    loss = np.array(traces["loss"])
    weights = {name: values for name, values in traces.items() if name != "loss"}
    found = verdict(traces, broken, still)
    level = np.ptp(loss[-4:]) < 0.01 * loss[-1]
    near_zero = lambda values: np.min(np.abs(values)) < 0.01
    yield "near_zero_means_vanishing", verdict(traces, broken, near_zero), (
        "You call a weight near zero vanishing, as the second row of the table in the “Problems” deck does. "
        "What vanishes is the gradient, so that weights stop moving, wherever they are: compare each value "
        "with the others of its trace.")
    yield "near_zero_is_enough", verdict(traces, broken, lambda v: still(v) or near_zero(v)), (
        "A weight near zero counts as vanishing although it moves. Small weights are healthy as long as "
        "they learn.")
    wide = lambda values: not_finite(values) or np.ptp(values) > 20
    narrow = lambda values: np.ptp(values) < 0.002
    yield "absolute_change", "exploding" if broken(loss) else verdict(weights, wide, narrow), (
        "You judge movement in absolute numbers. A hundredth is nothing for a weight of 60, and much for a "
        "weight of 0.002: compare with the weight's own size.")
    ends = {name: [values[0], values[-1]] for name, values in traces.items()}
    yield "first_against_last", verdict(ends, broken, still), (
        "You compare the last value with the first. A trace that came back has moved all the same, and one "
        "that had exploded has exploded: look at all values.")
    last = {name: values[-2:] for name, values in traces.items()}
    yield "last_step_only", verdict(last, broken, still), (
        "You look at the last step alone. A trained network comes to rest too, after having moved: look at "
        "the whole trace.")
    shrunk = lambda values: still(values) or abs(values[-1]) < 0.1 * abs(values[0])
    yield "shrunk_means_vanishing", verdict(traces, broken, shrunk), (
        "A weight that comes down to a small part of its size counts as vanishing for you. It has moved "
        "nearly all of its size: what vanishes is the gradient, so that weights stop moving.")
    by_mean = lambda values: not_finite(values) or np.mean(np.abs(values)) > 5 * abs(values[0])
    yield "mean_size", verdict(traces, by_mean, still), (
        "Growth that comes late is lost in a mean of all sizes. One value that is many times the first is "
        "enough.")
    lists = list(traces.values())
    by_place = {**{str(i): values for i, values in enumerate(lists[:-1])}, "loss": lists[-1]}
    yield "loss_by_its_place", verdict(by_place, broken, still), (
        "You take the last list for the loss. It may stand anywhere: its key says which it is.")
    three = {name: traces[name] for name in [*list(weights)[:3], "loss"]}
    yield "first_three_layers_only", verdict(three, broken, still), (
        "Your answers are what the first three layers alone would give. A run may have any number of layers, "
        "and each of them counts.")
    flips = lambda values: np.min(values) < 0 < np.max(values)
    yield "any_change_of_sign", verdict(traces, lambda values: broken(values) or flips(values), still), (
        "A change of sign is enough for you to call a trace exploding. A weight may pass through zero on "
        "its way; what counts is how large it becomes.")
    wild = lambda values: not_finite(values) or (grown(values) and flips(values))
    yield "exploding_means_swinging", verdict(traces, wild, still), (
        "Only a change of sign makes a trace exploding for you. A weight can grow without end and keep its "
        "sign.")
    far = lambda values: any(abs(value) > 10 * abs(values[0]) for value in values)
    yield "overlooks_nan", verdict(traces, far, lambda values: still(values[~np.isnan(values)])), (
        "A nan slips through: every comparison with nan is False, whichever way round. It has to be asked "
        "for by name.")
    yield "all_layers_must_stand_still", verdict(traces, broken, still, every=all), (
        "Every layer has to stand still before you call it vanishing. The upper layers may well learn: it "
        "is the first ones that the gradient does not reach.")
    top = {name: traces[name] for name in [list(weights)[-1], "loss"]}
    yield "last_layer_only", verdict(top, broken, still), (
        "You look at the last layer alone, which is the one that nearly always learns.")
    bottom = {name: traces[name] for name in [list(weights)[0], "loss"]}
    yield "first_layer_only", verdict(bottom, broken, still), (
        "Your answers are what the first layer alone would give. It is the one that most often stands "
        "still, but any layer may, and each of them can blow up.")
    two = {name: traces[name] for name in [*list(weights)[:2], "loss"]}
    yield "first_two_layers_only", verdict(two, broken, still), (
        "Your answers are what the first two layers alone would give. A run may have any number of layers, "
        "and each of them counts.")
    early = lambda values: still(values[:3])
    yield "first_steps_only", verdict(traces, broken, early), (
        "You judge by the first steps. A weight may rest for a while and then move: look at the whole "
        "trace.")
    resting = any(still(np.array(values)[np.isfinite(values)]) for values in weights.values())
    yield "vanishing_asked_first", "vanishing" if resting else found, (
        "A run in which one layer rests and something else blows up is vanishing for you. Exploding comes "
        "first: look for it in all traces before you ask what rests.")
    leaps = lambda v: not_finite(v) or np.max(np.abs(v[1:] / v[:-1])) > 10
    yield "growth_from_step_to_step", verdict(traces, leaps, still), (
        "You compare each value with the one before it. What grows threefold in each step has grown some "
        "seven hundred times in six: compare with the first value.")
    yield "overlooks_the_loss", verdict(weights, broken, still), (
        "The loss is not looked at: it may blow up, or become nan, a step before the weights do.")
    flat = np.all(np.isfinite(loss)) and level
    yield "a_flat_loss_is_enough", "vanishing" if found == "healthy" and flat else found, (
        "A loss that stands still is enough for you. It also stands still where there is nothing left to "
        "learn: what has to stand still is a weight.")
    yield "by_the_loss_alone", "exploding" if broken(loss) else "vanishing" if level else "healthy", (
        "You judge by the loss alone. The weights tell more: a flat loss goes with resting weights or with "
        "moving ones.")
    yield "the_loss_as_a_layer", "vanishing" if found == "healthy" and still(loss) else found, (
        "The loss is held to the same rule as the weights. That it blows up counts; that it stands still "
        "may have good reasons.")


@diagnose.right
def one_step_at_a_time(traces):
    """Steps relative to the size of the weight: nothing is ever compared with nan."""
    for values in traces.values():
        if any(value != value or abs(value) == INF for value in values):
            return "exploding"
        if max(map(abs, values)) / abs(values[0]) >= 8:
            return "exploding"
    for name, values in traces.items():
        size = sum(map(abs, values)) / len(values)
        steps = [abs(b - a) for a, b in zip(values, values[1:])]
        if name != "loss" and max(steps) / size < 0.01:
            return "vanishing"
    return "healthy"


@diagnose.right
def by_standard_deviations(traces):
    table = {name: np.asarray(values, dtype=np.float32) for name, values in traces.items()}
    with np.errstate(all="ignore"):
        if any(not np.isfinite(v).all() or np.abs(v / v[0]).max() > 5 for v in table.values()):
            return "exploding"
        table.pop("loss")
        return "vanishing" if min(v.std() / np.abs(v).mean() for v in table.values()) < 0.003 else "healthy"


@diagnose.right
def from_the_first_value(traces):
    moved = {name: max(abs(v / values[0] - 1) for v in values) for name, values in traces.items()}
    blown_up = any(math.isnan(v) or math.isinf(v) for values in traces.values() for v in values)
    if blown_up or max(moved.values()) > 6:
        return "exploding"
    return np.str_("vanishing") if min(m for name, m in moved.items() if name != "loss") < 0.02 else "healthy"


@diagnose.right
def takes_the_loss_out_of_a_copy(traces):
    rest = dict(traces)
    loss = np.array(rest.pop("loss"))
    weights = [np.array(values) for values in rest.values()]
    if any(broken(values) for values in [loss, *weights]):
        return "exploding"
    return "vanishing" if any(still(values) for values in weights) else "healthy"


@diagnose.wrong(
    "The dictionary has no loss after the call: `pop` takes it out of the one you were given. Copy it "
    "first, or skip the key.")
def takes_the_loss_out(traces):
    loss = np.array(traces.pop("loss"))
    weights = [np.array(values) for values in traces.values()]
    if any(broken(values) for values in [loss, *weights]):
        return "exploding"
    return "vanishing" if any(still(values) for values in weights) else "healthy"


diagnose.small(
    "A small weight goes 0.001, 0.0005, -0.0001, 0.001, 0.001: it covers its whole size and changes its "
    "sign, and none of that is strange. That it came back, that it rests now, and that the loss stands "
    "still prove nothing.",
    traces={"output": [0.001, 0.0005, -0.0001, 0.001, 0.001], "loss": [5.7] * 5}, run="a small weight")
diagnose.small(
    "The first layer and the loss move; the second covers a thousandth of its size. One such layer is enough.",
    traces={"W1": [1.0, 0.8, 0.6], "W2": [0.5, 0.5002, 0.5004], "W3": [1.0, 0.7, 0.5], "loss": [6.0, 5.0, 4.0]}, run="three layers")
diagnose.small(
    "Both layers move, the last value of the first is 40 times its first size. Signs don't matter: it grew.",
    traces={"W1": [0.5, 2.0, 8.0, 20.0], "W2": [0.5, 0.4, 0.3, 0.3], "loss": [6.0, 5.0, 4.0, 4.0]}, run="one layer grows")
diagnose.small(
    "Weights that move, and a loss of nan at the end: a value that is no number.",
    traces={"W1": [1.0, 0.8, 0.6], "W2": [0.5, 0.4, 0.3], "loss": [6.0, 5.0, float("nan")]}, run="nan at the end")
diagnose.small(
    "One layer hardly moves, and another one blows up: that it explodes is asked first.",
    traces={"W1": [1.0, 1.0001, 1.0002], "W2": [0.5, 3.0, -40.0], "loss": [6.0, 5.0, 4.0]}, run="both at once")
diagnose.small(
    "The weight rests for two steps and moves after that: all its values count, not the first ones.",
    traces={"W1": [1.0, 1.0001, 1.0, 0.6, 0.5], "W2": [0.5, 0.4, 0.3, 0.3, 0.2], "loss": [6.0, 5.0, 4.0, 4.0, 4.0]}, run="late")
diagnose.small(
    "Step by step the weight grows a little, and in the end it is 16 times as large as at first.",
    traces={"W1": [0.5, 1.0, 2.0, 4.0, 8.0], "W2": [0.5, 0.4, 0.3, 0.3, 0.2], "loss": [6.0, 5.0, 4.0, 4.0, 4.0]}, run="little by little")
diagnose.small(
    "Both layers move and settle; only the loss grows to twenty times its first size.",
    traces={"W1": [1.0, 0.8, 0.6], "W2": [0.5, 0.4, 0.3], "loss": [1.0, 5.0, 20.0]}, run="the loss alone")
diagnose.small(
    "The weight comes down to a hundredth of its size: it has moved nearly all of its size, and is healthy.",
    traces={"W1": [1.0, 0.5, 0.01], "W2": [0.5, 0.4, 0.3], "loss": [6.0, 3.0, 1.0]}, run="coming down")
diagnose.small(
    "The loss stands first in this dictionary, and stands still; both layers move.",
    traces={"loss": [5.7, 5.7, 5.7], "W1": [1.0, 0.8, 0.6], "W2": [0.5, 0.4, 0.3]}, run="the loss first")
diagnose.small(
    "At first the weight moves a little, and in the last step it becomes 13 times as large as at first.",
    traces={"W1": [1.0, 1.1, 1.2, 1.3, 13.0], "W2": [0.5, 0.4, 0.3, 0.3, 0.2], "loss": [6.0, 5.0, 4.0, 4.0, 4.0]}, run="late growth")
diagnose.small(
    "Four layers, and only the last hardly moves.",
    traces={"W1": [1.0, 0.8, 0.6], "W2": [0.5, 0.4, 0.3], "W3": [0.5, 0.4, 0.3], "W4": [2.0, 2.0002, 2.0004], "loss": [6.0, 5.0, 4.0]}, run="four layers")
diagnose.small(
    "Only the third layer hardly moves.",
    traces={"W1": [1.0, 0.8, 0.6], "W2": [0.5, 0.4, 0.3], "W3": [2.0, 2.0002, 2.0004], "loss": [6.0, 5.0, 4.0]}, run="the third")

# Questions

is_it_lost = Question(
    "A float32 weight is 1000, and its step $\\eta g$ is $2\\cdot10^{-5}$. Is the update lost?",
    wrong(
        "No: the step is far above $\\varepsilon=1.2\\cdot10^{-7}$.",
        "That compares with $\\varepsilon$ alone, as if the weight were 1. From 512 to 1024 float32 "
        "numbers lie $2^9\\varepsilon=6.1\\cdot10^{-5}$ apart."),
    right(
        "Yes.",
        "From 512 to 1024 float32 numbers lie $2^9\\cdot2^{-23}=6.1\\cdot10^{-5}$ apart, and the step is "
        "less than half of that, $3.05\\cdot10^{-5}$."),
    wrong(
        "Yes, and so would be any step below $6.1\\cdot10^{-5}$.",
        "This takes the whole spacing, where half is enough: a step of $4\\cdot10^{-5}$ is rounded to the "
        "next number."),
)

at_rest_near_zero = Question(
    "A weight started at 0.8, came down to 0.0004, and has not moved for a thousand steps. The loss fell "
    "from 6 to 0.02. What is it?",
    wrong(
        "Vanishing: the weight is close to 0.",
        "This judges the value. Small weights are healthy; what vanishes is the gradient, and the trace "
        "shows that there was one."),
    wrong(
        "Vanishing: in the last thousand steps it did not move.",
        "This looks at the end of the trace alone. The weight has moved by its whole size before it came "
        "to rest."),
    right(
        "Neither.",
        "It moved by its whole size and came to rest with a low loss: it has learnt."),
)

factors_above_one = Question(
    "In a network of ten tanh layers the gradient grows a thousandfold from the last layer to the first. "
    "Where do factors above 1 come from?",
    wrong(
        "From the slopes of tanh, which can be larger than those of the sigmoid.",
        "They can, but no slope of tanh is above 1: the slope is $1-a^2$."),
    right(
        "From the weights.",
        "Slopes of tanh are at most 1, so that only the weights between the layers can make the product "
        "grow."),
    wrong(
        "From a learning rate that is too large.",
        "The learning rate is no factor of the gradient. It can make weights large, and these then make "
        "the gradient grow: the factors are still weights."),
)
