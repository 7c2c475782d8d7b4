"""Exercises of lesson 00: the tool that judges every later gradient."""

import numpy as np

from autograder.authoring import UNCHANGED, Exercise, Question, case, right, wrong

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
    # Beyond a parabola the quotient depends on h: a step of one's own shows.
    yield case("the central difference", **bowl(rng, (4,), rng.uniform(1, 3, 4)), h=rng.uniform(0.1, 0.3))
    for shape in [(2, 3), (2, 1, 2)]:
        yield case("x of any shape", **bowl(rng, shape), h=1e-2)


def bowl(rng, shape, cubes=None):
    """A quadratic, for which the central difference is exact at any h, and a one-sided one is not. Its gradient has
    entries of both signs."""
    n = int(np.prod(shape))
    x, curvature = rng.uniform(0.5, 2, shape), rng.uniform(1, 3, (n, n))
    gradient = rng.uniform(3, 9, n) * rng.permutation(np.resize([1, -1], n))
    slope = gradient - (curvature + curvature.T) / 2 @ x.ravel()
    return {"x": x, "_curvature": curvature, "_slope": slope, "_cubes": np.zeros(n) if cubes is None else cubes}


@numerical_gradient.driver
def drive(numerical_gradient, x, _curvature, _slope, _cubes, h):
    def f(v):
        if np.shape(v) != shape:
            raise ValueError(f"f takes an array of shape {shape} here; yours called it with {np.shape(v)}")
        v = np.ravel(v)
        return v @ _curvature @ v / 2 + _slope @ v + _cubes @ v**3 + 7.0

    shape = np.shape(x)
    return numerical_gradient(f, x) if h is None else numerical_gradient(f, x, h)


def entry_by_entry(x, quotient):
    """The quotient for every unit step."""
    steps = np.eye(x.size).reshape(x.size, *x.shape)
    return np.reshape([quotient(step) for step in steps], x.shape)


@numerical_gradient.mistakes
def mistakes(f, x, h=1e-6):
    yield "one_sided", entry_by_entry(x, lambda step: (f(x + h * step) - f(x)) / h), (
        "This is the one-sided quotient: it looks ahead of x and never behind. On a parabola its error is "
        "half the curvature times h; the two-sided quotient makes none.")
    yield "divides_by_h", entry_by_entry(x, lambda step: (f(x + h * step) - f(x - h * step)) / h), (
        "Every entry is twice too large. How far apart are the two points at which you call f?")
    yield "missing_parentheses", entry_by_entry(x, lambda step: f(x + h * step) - f(x - h * step) / (2 * h)), (
        "Only the second call of f is divided: `a - b / c` is `a - (b / c)`. Look at the parentheses.")
    yield "all_entries_at_once", (f(x + h) - f(x - h)) / (2 * h), (
        "Your result is one number, the slope in the direction (1, 1, …): all entries of x are moved "
        "together, or the entries of the gradient added up. The gradient needs one entry moved at a time, "
        "and has a number for each.")
    yield "all_at_once_in_every_entry", np.full(x.shape, (f(x + h) - f(x - h)) / (2 * h)), (
        "All your entries are the same number. All of x is moved together: `x + h` adds h to every entry. "
        "The gradient needs one entry moved at a time.")
    yield "looks_back", entry_by_entry(x, lambda step: (f(x) - f(x - h * step)) / h), (
        "This is the one-sided quotient that looks behind x and never ahead. On a parabola its error is "
        "half the curvature times h; the two-sided quotient makes none.")
    yield "half_of_one_sided", entry_by_entry(x, lambda step: (f(x + h * step) - f(x)) / (2 * h)), (
        "About half of what it should be. One of your two points is x itself: either it moves to x - h, or "
        "the two are only h apart.")
    yield "half_a_step", entry_by_entry(x, lambda step: (f(x + h / 2 * step) - f(x - h / 2 * step)) / h), (
        "Two-sided, but from half a step on either side: the two points lie at x + h and x - h. It shows "
        "where f has a third derivative and h is coarse.")
    yield "own_h", entry_by_entry(x, lambda step: (f(x + 1e-6 * step) - f(x - 1e-6 * step)) / 2e-6), (
        "Whatever h the function is given, your result is the same. Entry i is the quotient with just that "
        "h, which for a coarse h differs from the derivative.")
    yield "alias", np.zeros_like(x), (
        "All entries are 0, as if both calls of f had seen the same point. `above = x` makes no copy: the "
        "two names stand for one array, and what moves one moves the other.")
    rows = np.eye(len(x)).reshape(len(x), len(x), *[1] * (x.ndim - 1)) * np.ones_like(x)
    slopes = np.array([(f(x + h * step) - f(x - h * step)) / (2 * h) for step in rows])
    yield "rows_only", slopes.reshape(len(x), *[1] * (x.ndim - 1)) * np.ones_like(x), (
        "Vectors are right; of a matrix you move whole rows, since `x[i]` is a row there. Walk over the "
        "positions of single entries.")
    flat = [(f(x.ravel() + s) - f(x.ravel() - s)) / (2 * h) for s in np.eye(x.size) * h]
    yield "calls_f_with_a_flat_x", np.reshape(flat, x.shape), (
        "f is called with a flattened x. It takes an array like x: bring the moved copy back into x's shape "
        "before the call.")


@numerical_gradient.wrong(
    "x is not what it was: an entry that you moved stays moved, and all later entries are measured at "
    "another point. Put each entry back before you go on to the next.")
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
    yield "as_nested_lists", entry_by_entry(x, lambda step: (f(x + h * step) - f(x - h * step)) / (2 * h)).tolist()


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
    "By hand: f(x) = x₁³ + x₁x₂ + 7 at x = (1, 5), as a matrix of one row, with h = 0.1. First entry: "
    "f(1.1, 5) = 13.831 and f(0.9, 5) = 12.229; the two points are 0.2 apart, so it is 1.602 / 0.2 = 8.01. "
    "(The derivative is 8; the rest is h².) Second entry, with the first one back in its place: f(1, 5.1) = "
    "13.1, f(1, 4.9) = 12.9, which gives 1.",
    x=np.array([[1.0, 5.0]]), _curvature=np.array([[0.0, 1.0], [1.0, 0.0]]), _slope=np.zeros(2), _cubes=np.array([1.0, 0.0]), h=0.1)

# 0.2 relative_error

relative_error = Exercise(points=2, groups={"two gradients": 2, "zeros": 1, "large arrays": 1}, rtol=1e-5)


@relative_error.cases
def cases(rng):
    for size in (4, 7):
        a = rng.normal(size=size)
        yield case("two gradients", a=a, b=a + rng.normal(size=size) * rng.uniform(0.05, 0.5))
    a = rng.normal(size=(3, 4))
    a[1, 2] = 0
    yield case("two gradients", a=a, b=a * rng.uniform(1.2, 2, (3, 4)))
    # Pointing in unlike directions; tiny, so that a summand below the line shows.
    a, b = 2e-6 * rng.normal(size=(2, 6))
    yield case("two gradients", a=a, b=b)
    # Different by less than what np.allclose takes for nothing.
    a = 2e-8 * rng.normal(size=(12, 12))
    yield case("two gradients", a=a, b=a + 1e-9 * rng.normal(size=(12, 12)))
    yield case("zeros", a=np.zeros(3), b=np.zeros(3))
    yield case("zeros", a=rng.normal(size=3), b=np.zeros(3))
    yield case("zeros", a=np.zeros((2, 2)), b=rng.normal(size=(2, 2)))
    # Entries whose sum is 0 to the last bit, and no gradient of zero.
    a, b = np.round(rng.uniform(1, 9, size=(2, 3)) * 2**30) / 2**30
    yield case("zeros", a=np.append(a, -a), b=np.append(-b, b))
    a = rng.normal(size=(20, 30))
    yield case("large arrays", a=a, b=a + 0.3 * rng.normal(size=(20, 30)))


def shared(difference, whole):
    """The quotient, where two zeros agree."""
    return difference / whole if whole else 0.0


@relative_error.mistakes
def mistakes(a, b):
    apart, length = np.linalg.norm(a - b), np.linalg.norm
    yield "divides_by_the_first", apart / max(length(a), 1e-300), (
        "You divide by the size of the first gradient alone, so that swapping the two changes the answer. "
        "Both sizes belong in the denominator.")
    with np.errstate(all="ignore"):
        yield "worst_entry", np.max(np.abs(a - b) / (np.abs(a) + np.abs(b))), (
            "You take the worst entry's ratio. One entry that is nearly zero then decides alone, and 0/0 is "
            "nan: compare the lengths of whole gradients.")
        yield "nan_for_two_zeros", apart / (length(a) + length(b)), (
            "Two gradients that are both zero agree perfectly; you divide 0 by 0 there and get nan.")
    yield "squared_lengths", shared(np.sum((a - b) ** 2), np.sum(a**2) + np.sum(b**2)), (
        "These are squared lengths: a length is the square root of the sum of squares. (The Better Deep "
        "Learning deck's \"L2 vector norm (sum of the squared values)\" forgets the root as well.)")
    yield "spectral_norm", shared(length(a - b, 2), length(a, 2) + length(b, 2)), (
        "For a matrix `np.linalg.norm(a, 2)` is its largest stretching factor, not the length of all its "
        "entries.")
    yield "length_of_the_sum", shared(apart, length(a + b)), (
        "You divide by the length of the sum of the two. Where they point in different directions the sum "
        "shrinks, and two opposite gradients would be divided by zero: add the lengths, not the gradients.")
    yield "longer_of_the_two", shared(apart, max(length(a), length(b))), (
        "You divide by the longer of the two lengths. Their sum belongs below the line: then opposite "
        "gradients give 1, not 2.")
    yield "mean_length", shared(apart, (length(a) + length(b)) / 2), (
        "Everything is twice too large. You divide by the mean of the two lengths; below the line stands "
        "their sum.")
    yield "lengths_compared", shared(abs(length(a) - length(b)), length(a) + length(b)), (
        "You compare how long the two are, and two gradients of one length in different directions would "
        "agree. Above the line stands the length of the difference.")
    total = lambda v: np.sum(np.abs(v))
    yield "sum_of_sizes", shared(total(a - b), total(a) + total(b)), (
        "You add up the absolute values. The length is the root of the sum of squares.")
    by_rows = lambda v: np.sum(length(np.reshape(v, (-1, v.shape[-1])), axis=1))
    yield "rows_added_up", shared(by_rows(a - b), by_rows(a) + by_rows(b)), (
        "Vectors are right; of a matrix you add up the lengths of its rows. All entries together are one "
        "vector.")
    yield "sum_is_zero", 0.0 if np.sum(a) == np.sum(b) == 0 else shared(apart, length(a) + length(b)), (
        "You take a gradient for zero where its entries add up to 0, as those of (1, -1) do. It is zero where "
        "every entry is, or where its length is.")
    yield "close_is_equal", 0.0 if np.allclose(a, b) else shared(apart, length(a) + length(b)), (
        "You return 0 where `np.allclose` finds the two alike. It lets an error of a hundred-thousandth pass, and "
        "everything below 1e-8: tiny gradients always agree for it.")
    yield "noticeable_summand", apart / (length(a) + length(b) + 1e-8), (
        "What you add below the line, against division by zero, is not small compared with tiny gradients, "
        "and their relative error comes out too small. Either add far less, or treat the two zeros by "
        "themselves.")


@relative_error.answers
def answers(a, b):
    yield "a_small_number_below", np.linalg.norm(a - b) / (np.linalg.norm(a) + np.linalg.norm(b) + 1e-12)
    length = lambda v: sum(float(entry) ** 2 for entry in np.ravel(v)) ** 0.5
    yield "by_hand", shared(length(a - b), length(a) + length(b))
    one, other = np.float32(a), np.float32(b)
    below = np.linalg.norm(one) + np.linalg.norm(other)
    yield "in_float32", np.linalg.norm(one - other) / below if below > 0 else np.float32(0)


relative_error.small(
    "Take two matrices with (3, 4) and (3, 0) on their diagonals, zeros elsewhere: their lengths are 5 and "
    "3, the difference has length 4, and 4 / (5 + 3) = 0.5.",
    a=np.array([[3.0, 0.0], [0.0, 4.0]]), b=np.array([[3.0, 0.0], [0.0, 0.0]]))
relative_error.small(
    "The entries of (4, -4) add up to 0, and so do those of (1, -1). With lengths √32 and √2 and a difference of "
    "length √18 it is 3 / (4 + 1) = 0.6.",
    a=np.array([4.0, -4.0]), b=np.array([1.0, -1.0]))
relative_error.small("Two gradients that are both zero agree: their error is 0, and not 0/0.", a=np.zeros(2), b=np.zeros(2))
relative_error.small(
    "Tiny gradients are judged like any others. Lengths 5e-9 and 3e-9, a difference of length 4e-9: 4 / (5 + 3) = 0.5.",
    a=np.array([3e-9, 4e-9]), b=np.array([3e-9, 0.0]))

# Three questions

one_third = Question(
    "Your derived gradient and the measured one have a relative error of 0.33, and one is exactly twice the other. "
    "Where is the mistake?",
    wrong(
        "In the measurement: h was too small.",
        "Too small an h brings rounding, which hits every entry differently. It would not double them all."),
    right(
        "One of the two has a factor 2 too many; a look at both formulas decides.",
        "For b = 2a the relative error is 1/3 whatever a is. Typical culprits: h for 2h in the quotient, or a loss "
        "with and without ½."),
    wrong(
        "Nowhere: that is rounding.",
        "Rounding is a matter of the last digits. In float64 and at h = 1e-6 it leaves a relative error far below "
        "0.001."),
)

exact_parabola = Question(
    "Why is the central difference of a parabola exact at h = 0.1, and the one-sided quotient not?",
    wrong("Because 0.1 is small enough.", "Then the one-sided quotient would be exact, too: it uses the same h."),
    right(
        "Because the third derivative is 0, while the second is not.",
        "The two-sided error begins with the third derivative, the one-sided one with the second. The checks use "
        "this: on a parabola with a coarse step they tell the two apart at a glance."),
    wrong(
        "It is not exact either; rounding hides it.",
        "Rounding hides nothing of the size of h². For x³ with the same h the quotient is off by 0.01."),
)

first_alone = Question(
    "You divide by the length of a alone. What goes wrong?",
    wrong(
        "Nothing, the formula is only less pretty.",
        "Try a = (3, 4) and b = (6, 8): 1 in one order, 1/2 in the other."),
    right(
        "Swapping a and b changes the answer, and a = 0 divides by zero.",
        "A measure of disagreement should not depend on which of the two is named first."),
    wrong("The result can become negative.", "A quotient of two lengths is never negative."),
)
