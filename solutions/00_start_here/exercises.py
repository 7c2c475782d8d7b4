"""Exercises of lesson 00: the tool that judges every later gradient."""

import numpy as np

from autograder.authoring import UNCHANGED, Exercise, case

# 0.1 numerical_gradient

numerical_gradient = Exercise(
    points=2,
    groups={"the central difference": 2, "x of any shape": 1, UNCHANGED: 1},
    rtol=1e-6,  # the difference quotient itself is no better than about 1e-9
)


@numerical_gradient.cases
def cases(rng):
    for shape, h in [((5,), 1e-2), ((4,), 1e-3), ((3,), None)]:
        yield case("the central difference", **bowl(rng, shape), h=h)
    for shape in [(2, 3), (2, 1, 2)]:
        yield case("x of any shape", **bowl(rng, shape), h=1e-2)


def bowl(rng, shape):
    """A quadratic, for which the central difference is exact at any h, and a one-sided one is not."""
    n = int(np.prod(shape))
    x, curvature = rng.uniform(0.5, 2, shape), rng.uniform(1, 3, (n, n))
    return {"x": x, "_curvature": curvature, "_slope": rng.normal(size=n)}


@numerical_gradient.driver
def drive(numerical_gradient, x, _curvature, _slope, h):
    def f(x):
        x = np.ravel(x)
        return x @ _curvature @ x / 2 + _slope @ x + 7.0

    return numerical_gradient(f, x) if h is None else numerical_gradient(f, x, h)


def entry_by_entry(x, quotient):
    """The quotient for every unit step."""
    steps = np.eye(x.size).reshape(x.size, *x.shape)
    return np.reshape([quotient(step) for step in steps], x.shape)


@numerical_gradient.mistakes
def mistakes(f, x, h=1e-6):
    yield "one_sided", entry_by_entry(x, lambda step: (f(x + h * step) - f(x)) / h), (
        "This is the one-sided quotient: it looks ahead of x and never behind. On a parabola its error is half "
        "the curvature times h; the two-sided quotient makes none.")
    yield "divides_by_h", entry_by_entry(x, lambda step: (f(x + h * step) - f(x - h * step)) / h), (
        "Every entry is twice too large. How far apart are the two points at which you call f?")
    yield "missing_parentheses", entry_by_entry(x, lambda step: f(x + h * step) - f(x - h * step) / (2 * h)), (
        "Only the second call of f is divided: `a - b / c` is `a - (b / c)`. Look at the parentheses.")
    yield "all_entries_at_once", (f(x + h) - f(x - h)) / (2 * h), (
        "Your result is one number. All entries of x are moved together, which measures the slope in the "
        "direction (1, 1, …); the gradient needs one entry moved at a time.")


@numerical_gradient.wrong(
    "x is not what it was: an entry that you moved stays moved, and all later entries are measured at another "
    "point. Put each entry back before you go on to the next.")
def never_restored(f, x, h=1e-6):
    gradient = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        x[i] += h
        above = f(x)
        x[i] -= 2 * h
        gradient[i] = (above - f(x)) / (2 * h)
    return gradient


@numerical_gradient.answers
def answers(f, x, h=1e-6):
    flat, steps = x.reshape(-1), np.eye(x.size) * h
    slopes = [(f((flat + s).reshape(x.shape)) - f((flat - s).reshape(x.shape))) / (2 * h) for s in steps]
    yield "flattened_with_a_list", np.array(slopes).reshape(x.shape)
    yield "complex_step", entry_by_entry(x, lambda step: f(x + 1e-20j * step).imag / 1e-20)


@numerical_gradient.right
def on_copies(f, x, h=1e-6):
    gradient = np.empty(x.shape)
    for i in np.ndindex(*x.shape):
        above, below = x.copy(), x.copy()
        above[i] += h
        below[i] -= h
        gradient[i] = (f(above) - f(below)) / (2 * h)
    return gradient


@numerical_gradient.right
def moved_and_put_back(f, x, h=1e-6):
    gradient = np.zeros(x.shape)
    walk = np.nditer(x, flags=["multi_index"])
    while not walk.finished:
        i = walk.multi_index
        before = x[i]
        x[i] = before + h
        above = f(x)
        x[i] = before - h
        below = f(x)
        x[i] = before
        gradient[i] = (above - below) / (2 * h)
        walk.iternext()
    return gradient


@numerical_gradient.right
def moved_there_and_back_by_steps(f, x, h=1e-6):
    gradient = np.zeros(x.shape)
    for i in np.ndindex(*x.shape):
        x[i] += h
        above = f(x)
        x[i] -= 2 * h
        below = f(x)
        x[i] += h
        gradient[i] = (above - below) / (2 * h)
    return gradient


numerical_gradient.small(
    "By hand: f(x) = x², x = 3, h = 0.1. f(3.1) = 9.61 and f(2.9) = 8.41; the two points are 0.2 apart, so the "
    "slope is 1.2 / 0.2 = 6, which is just f'(3). The one-sided quotient is (9.61 - 9) / 0.1 = 6.1.")

# 0.2 relative_error

relative_error = Exercise(points=2, groups={"two gradients": 2, "zeros": 1, "large arrays": 1})


@relative_error.cases
def cases(rng):
    for size in (4, 7):
        a = rng.normal(size=size)
        yield case("two gradients", a=a, b=a + rng.normal(size=size) * rng.uniform(0.05, 0.5))
    a = rng.normal(size=(3, 4))
    a[1, 2] = 0
    yield case("two gradients", a=a, b=a * rng.uniform(1.2, 2, (3, 4)))
    yield case("zeros", a=np.zeros(3), b=np.zeros(3))
    yield case("zeros", a=rng.normal(size=3), b=np.zeros(3))
    yield case("zeros", a=np.zeros((2, 2)), b=rng.normal(size=(2, 2)))
    a = rng.normal(size=(20, 30))
    yield case("large arrays", a=a, b=a + 0.3 * rng.normal(size=(20, 30)))


def shared(difference, whole):
    """The quotient, where two zeros agree."""
    return difference / whole if whole else 0.0


@relative_error.mistakes
def mistakes(a, b):
    apart, length = np.linalg.norm(a - b), np.linalg.norm
    yield "divides_by_the_first", apart / max(length(a), 1e-300), (
        "You divide by the size of the first gradient alone, so that swapping the two changes the answer. Both "
        "sizes belong in the denominator.")
    with np.errstate(all="ignore"):
        yield "worst_entry", np.max(np.abs(a - b) / (np.abs(a) + np.abs(b))), (
            "You take the worst entry's ratio. One entry that is nearly zero then decides alone, and 0/0 is nan: "
            "compare the lengths of whole gradients.")
        yield "nan_for_two_zeros", apart / (length(a) + length(b)), (
            "Two gradients that are both zero agree perfectly; you divide 0 by 0 there and get nan.")
    yield "squared_lengths", shared(np.sum((a - b) ** 2), np.sum(a**2) + np.sum(b**2)), (
        "These are squared lengths: a length is the square root of the sum of squares. (The lecture's page on "
        "clipping forgets the root as well.)")
    yield "spectral_norm", shared(length(a - b, 2), length(a, 2) + length(b, 2)), (
        "For a matrix `np.linalg.norm(a, 2)` is its largest stretching factor, not the length of all its "
        "entries.")
    yield "length_of_the_sum", shared(apart, length(a + b)), (
        "You divide by the length of the sum of the two. Where they point in different directions the sum "
        "shrinks, and two opposite gradients would be divided by zero: add the lengths, not the gradients.")


@relative_error.answers
def answers(a, b):
    yield "a_small_number_below", np.linalg.norm(a - b) / (np.linalg.norm(a) + np.linalg.norm(b) + 1e-12)
    length = lambda v: sum(float(entry) ** 2 for entry in np.ravel(v)) ** 0.5
    yield "by_hand", shared(length(a - b), length(a) + length(b))
    one, other = np.float32(a), np.float32(b)
    below = np.linalg.norm(one) + np.linalg.norm(other)
    yield "in_float32", np.linalg.norm(one - other) / below if below > 0 else np.float32(0)


relative_error.small(
    "Take a = (3, 4) and b = (0, 0): the difference has length 5, the two lengths add up to 5.",
    a=np.array([3.0, 4.0]), b=np.array([0.0, 0.0]))
