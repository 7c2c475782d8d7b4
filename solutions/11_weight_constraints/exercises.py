"""Exercises of lesson 11: constraints on the columns of a kernel, the step that keeps them, and whether they act."""

import numpy as np

from autograder.authoring import UNCHANGED, Exercise, case

EPS = 1e-7  # what Keras adds below the line; results with and without it are both right
KERAS = 1e-5  # and so the tolerance is wider than that


def lengths(W):
    """The length of every column, as a row."""
    return np.sqrt(np.sum(np.square(W), axis=0, keepdims=True))


def kernel(rng, wanted, rows=3):
    """A kernel with columns of these lengths, no entry near 0."""
    W = rng.uniform(0.4, 1, (rows, len(wanted))) * rng.choice([-1, 1], (rows, len(wanted)))
    return W / lengths(W) * np.asarray(wanted) + 0.0  # and no -0.0


# 11.1 unit_norm

COLUMNS, ZERO = "every column has length 1", "a column of zeros stays zeros"

unit_norm = Exercise(points=2, groups={COLUMNS: 2, ZERO: 1, UNCHANGED: 1}, rtol=KERAS)


@unit_norm.cases
def cases(rng):
    for rows, columns in [(3, 2), (2, 5), (4, 1)]:
        yield case(COLUMNS, W=kernel(rng, rng.uniform(1.5, 4, columns), rows))
    yield case(COLUMNS, W=kernel(rng, rng.uniform(0.2, 0.7, 4)))
    yield case(ZERO, W=kernel(rng, rng.permutation([0.0, *rng.uniform(1.5, 4, 3)])))


@unit_norm.mistakes
def mistakes(W, eps=EPS):
    yield "whole_kernel", W / (np.linalg.norm(W) + eps), (
        "The kernel as a whole has length 1, its columns are shorter. With one column, as in the lecture's "
        "first example, the two are the same; look at its second.")
    yield "rows_instead", W / (np.linalg.norm(W, axis=1, keepdims=True) + eps), (
        "The rows have length 1. Which entries of W lead into one unit: those of a row, or those of a "
        "column?")
    yield "rows_that_do_not_fit", W / (np.linalg.norm(W, axis=1) + eps), (
        "You measure the rows: one length for each input. W has to be divided by one length for each unit.")
    yield "sum_of_sizes", W / (np.abs(W).sum(axis=0) + eps), (
        "The absolute values of each column add up to 1. The length wants squares and a root.")
    yield "without_the_root", W / (np.sum(W**2, axis=0) + eps), (
        "You divide each column by its sum of squares, which is the square of its length.")
    yield "largest_entry", W / (np.abs(W).max(axis=0) + eps), (
        "The largest entry of each column has become 1, not the column's length.")


@unit_norm.wrong("A column of zeros becomes nan: 0 divided by 0. What is `eps` for?", loses=ZERO)
def zero_over_zero(W, eps=EPS):
    with np.errstate(all="ignore"):
        return W / np.linalg.norm(W, axis=0)


@unit_norm.wrong(
    "Columns of length 1 come out, but a column of zeros doesn't stay zeros: it has no direction to go to.",
    loses=ZERO)
def gives_zeros_a_direction(W, eps=EPS):
    W = np.where(lengths(W) == 0, 1.0, W)
    return W / (lengths(W) + eps)


@unit_norm.mistakes
def mistakes(W, eps=EPS):
    yield "only_the_long_ones", W / np.maximum(lengths(W), 1), (
        "Columns shorter than 1 stay as they are. That is a bound; here every column gets length 1.")


@unit_norm.wrong("The kernel you were given has changed: `W /=` writes into it.", loses=UNCHANGED)
def in_place(W, eps=EPS):
    W /= lengths(W) + eps
    return W


@unit_norm.right
def without_eps(W, eps=EPS):
    norms = np.linalg.norm(W, axis=0)
    return W / np.where(norms > 0, norms, 1)


@unit_norm.answers
def right(W, eps=EPS):
    yield "eps_under_the_root", W / np.sqrt(np.sum(W * W, axis=0) + eps**2)
    yield "at_least_eps", W / np.maximum(np.linalg.norm(W, axis=0, keepdims=True), eps)


@unit_norm.right
def column_by_column(W, eps=EPS):
    out = np.zeros_like(W)
    for j in range(W.shape[1]):
        out[:, j] = W[:, j] / (sum(w**2 for w in W[:, j]) ** 0.5 + eps)
    return out


@unit_norm.answers
def right(W, eps=EPS):
    yield "through_the_transpose", np.array([w / (np.linalg.norm(w) + eps) for w in W.T]).T


@unit_norm.right
def on_a_copy(W, eps=EPS):
    W = W.copy()
    W /= lengths(W) + eps
    return W.tolist()


@unit_norm.right
def in_float32(W, eps=EPS):
    W = np.float32(W)
    return W / (lengths(W) + np.float32(eps))


@unit_norm.right
def with_keras(W, eps=EPS):
    import keras

    return keras.constraints.UnitNorm()(W)


@unit_norm.right
def with_tensorflow(W, eps=EPS):
    import tensorflow as tf

    return tf.math.l2_normalize(W, axis=0)


unit_norm.small(
    "The columns (3, 4) and (0, 2) have the lengths 5 and 2: divide the first by 5, the second by 2.",
    W=np.array([[3.0, 0.0], [4.0, 2.0]]))

# 11.2 max_norm

LONG, SHORT, TOGETHER = (
    "columns longer than c",
    "columns not longer than c",
    "long, short and zero columns together",
)

max_norm = Exercise(points=1, groups={LONG: 1, SHORT: 1, TOGETHER: 1, UNCHANGED: 1}, rtol=KERAS)


@max_norm.cases
def cases(rng):
    c = rng.uniform(2, 3)
    yield case(LONG, W=kernel(rng, c * rng.uniform(1.3, 2.5, 2)), c=c)
    yield case(LONG, W=kernel(rng, c * rng.uniform(1.3, 2.5, 4), rows=2), c=c)
    yield case(SHORT, W=kernel(rng, c * rng.uniform(0.8, 0.95, 5)), c=c)
    yield case(SHORT, W=kernel(rng, c * rng.uniform(0.8, 0.95, 6), rows=2), c=c)
    mixed = [*rng.uniform(1.4, 2.5, 2), *rng.uniform(0.5, 0.8, 2), 0.0]
    yield case(TOGETHER, W=kernel(rng, c * rng.permutation(mixed)), c=c)


@max_norm.mistakes
def mistakes(W, c):
    yield "always_to_c", W * c / (lengths(W) + EPS), (
        "Short columns come back longer: all have length c now. An upper bound has nothing to say to what "
        "lies below it.")
    yield "cuts_entries", np.clip(W, -c, c), (
        "The entries are cut at ±c, one by one, and the columns change their direction. The bound is on a "
        "column's length.")
    yield "whole_kernel", W * min(1, c / np.linalg.norm(W)), (
        "You bound the length of the whole kernel, so that columns well within c are shortened too.")


@max_norm.wrong("You bound the rows. The weights into one unit are a column.")
def rows_instead(W, c):
    norms = np.linalg.norm(W, axis=1, keepdims=True)
    return W * np.minimum(norms, c) / (norms + EPS)


@max_norm.mistakes
def mistakes(W, c):
    yield "scaled_by_the_longest", W * min(1, c / lengths(W).max()), (
        "All columns are scaled by one number, that of the longest. Each column has a length of its own.")


@max_norm.wrong(
    "As soon as one column is longer than c, you bring all of them to c, the short ones too.", loses=TOGETHER)
def all_if_one_is_long(W, c):
    norms = lengths(W)
    return W * c / (norms + EPS) if norms.max() > c else W


@max_norm.wrong("Long columns come back with length 1: where has c gone?", loses=(LONG, TOGETHER))
def down_to_one(W, c):
    norms = lengths(W)
    return np.where(norms > c, W / (norms + EPS), W)


@max_norm.wrong(
    "The sum of the squares is compared with c, and divided by. That is the square of the length.")
def without_the_root(W, c):
    squares = np.sum(np.square(W), axis=0)
    return W * np.minimum(squares, c) / (squares + EPS)


@max_norm.wrong("A column of zeros becomes nan: 0 divided by 0.", loses=TOGETHER)
def zero_over_zero(W, c):
    norms = lengths(W)
    with np.errstate(all="ignore"):
        return W * (np.minimum(norms, c) / norms)


@max_norm.wrong(
    "The kernel you were given has changed: `W *=` and `W[...] =` write into it.", loses=UNCHANGED)
def in_place(W, c):
    W *= np.minimum(lengths(W), c) / (lengths(W) + EPS)
    return W


@max_norm.answers
def right(W, c):
    yield "divided_by_the_larger", W * c / np.maximum(np.linalg.norm(W, axis=0), c)


@max_norm.right
def with_where(W, c):
    norms = np.linalg.norm(W, axis=0, keepdims=True)
    return np.where(norms > c, c * W / np.where(norms > 0, norms, 1), W)


@max_norm.right
def infinite_scale(W, c):
    with np.errstate(divide="ignore"):
        return W * np.minimum(1, c / np.linalg.norm(W, axis=0))


@max_norm.right
def column_by_column(W, c):
    out = W.copy()
    for j in range(W.shape[1]):
        norm = np.linalg.norm(W[:, j])
        if norm > c:
            out[:, j] *= c / norm
    return out


@max_norm.right
def long_columns_on_a_copy(W, c):
    W, norms = np.array(W), np.linalg.norm(W, axis=0)
    W[:, norms >= c] *= c / norms[norms >= c]
    return W


@max_norm.right
def in_float32(W, c):
    W = np.float32(W)
    norms = lengths(W)
    return W * (np.clip(norms, 0, np.float32(c)) / (norms + np.float32(EPS)))


@max_norm.right
def with_keras(W, c):
    import keras

    return keras.constraints.MaxNorm(c)(W)


@max_norm.answers
def right(W, c):
    yield "as_a_list", (W * np.minimum(lengths(W), c) / (lengths(W) + EPS)).tolist()


max_norm.small(
    "With c = 1 the column (3, 4), of length 5, becomes (0.6, 0.8); (0.3, 0.4), of length 0.5, stays.",
    W=np.array([[3.0, 0.3], [4.0, 0.4]]), c=1.0)

# 11.3 min_max_norm and non_neg

ALL_THE_WAY, PART, BELOW_ZERO = (
    "all the way (rate 1)",
    "part of the way (rate below 1)",
    "a lower bound below 0",
)

min_max_norm = Exercise(
    "min_max_norm",
    "non_neg",
    points=2,
    groups={ALL_THE_WAY: 3, PART: 3, BELOW_ZERO: 1, "non_neg": 3, UNCHANGED: 2},
    rtol=KERAS,
)


@min_max_norm.cases
def cases(rng):
    for group, columns, rows in [(ALL_THE_WAY, 5, 3), (PART, 4, 2), (PART, 5, 3)]:
        lo, hi = rng.uniform(0.6, 0.9), rng.uniform(1.4, 2)
        relative = [0.4 * lo, 0.7 * lo, (lo + hi) / 2, 1.4 * hi, 2 * hi][:columns]
        W = kernel(rng, rng.permutation(relative) * rng.uniform(0.95, 1.05, columns), rows)
        rate = 1.0 if group == ALL_THE_WAY else rng.choice([rng.uniform(0.15, 0.4), rng.uniform(0.6, 0.85)])
        yield case(group, call="min_max_norm", W=W, lo=lo, hi=hi, rate=float(rate))
    lo, hi = -rng.uniform(0.3, 0.5), rng.uniform(1.4, 2)
    W = kernel(rng, rng.permutation([0.1, 0.2, 1.0, 1.2 * hi, 1.8 * hi]) * rng.uniform(0.95, 1.05, 5))
    yield case(BELOW_ZERO, call="min_max_norm", W=W, lo=lo, hi=hi, rate=1.0)
    for shape in [(3, 2), (2, 5)]:
        W = rng.uniform(0.2, 2, shape) * np.resize(rng.permutation([1, -1, 1, -1, -1]), shape)
        yield case("non_neg", call="non_neg", W=W)


def moved(W, wanted):
    """The columns of W, at these lengths."""
    return W * (wanted / (lengths(W) + EPS))


EVERYWHERE = (ALL_THE_WAY, PART, BELOW_ZERO)


@min_max_norm.mistakes
def mistakes(W, lo, hi, rate):
    yield "cuts_entries", rate * np.clip(W, lo, hi) + (1 - rate) * W, (
        "The entries are cut to [lo, hi], one by one. The bounds are for the lengths of columns.")
    yield "rate_multiplies", rate * moved(W, np.clip(lengths(W), lo, hi)), (
        "With `rate` 1 all is well; below, columns that were within the bounds get shorter. The rate is the "
        "share of the way to the allowed length, not a factor on the result.")
    yield "rate_ignored", moved(W, np.clip(lengths(W), lo, hi)), (
        "`rate` changes nothing in your result: columns always go all the way.")
    yield "rate_reversed", moved(W, (1 - rate) * np.clip(lengths(W), lo, hi) + rate * lengths(W)), (
        "`rate` works the wrong way round: at 1 your columns do not move at all.")
    yield "sign_of_lo_dropped", moved(W, rate * np.clip(lengths(W), abs(lo), hi) + (1 - rate) * lengths(W)), (
        "A lower bound below 0 is taken without its sign, and short columns are stretched. A length is "
        "never below 0: what does such a bound demand?")


@min_max_norm.wrong(
    "A lower bound below 0 is used as a bound for the entries. It is one for lengths, which are never below "
    "0.", loses=BELOW_ZERO)
def negative_lo_cuts_entries(W, lo, hi, rate):
    if lo < 0:
        return np.maximum(moved(W, np.minimum(lengths(W), hi)), lo)
    return moved(W, rate * np.clip(lengths(W), lo, hi) + (1 - rate) * lengths(W))


@min_max_norm.mistakes
def mistakes(W, lo, hi, rate):
    yield "upper_bound_only", moved(W, rate * np.minimum(lengths(W), hi) + (1 - rate) * lengths(W)), (
        "Columns shorter than `lo` stay short: only the upper bound acts.")
    yield "lower_bound_only", moved(W, rate * np.maximum(lengths(W), lo) + (1 - rate) * lengths(W)), (
        "Columns longer than `hi` stay long: only the lower bound acts.")


@min_max_norm.wrong(
    "You bring the whole kernel to a length within the bounds; each column has a length of its own.",
    loses=EVERYWHERE)
def whole_kernel(W, lo, hi, rate):
    norm = np.linalg.norm(W)
    return W * (rate * np.clip(norm, lo, hi) + (1 - rate) * norm) / (norm + EPS)


@min_max_norm.wrong("The bounds act on the rows. The weights into one unit are a column.", loses=EVERYWHERE)
def rows_instead(W, lo, hi, rate):
    norms = np.linalg.norm(W, axis=1, keepdims=True)
    return W * (rate * np.clip(norms, lo, hi) + (1 - rate) * norms) / (norms + EPS)


@min_max_norm.mistakes(replaces="non_neg")
def mistakes(W):
    yield "absolute_values", np.abs(W), (
        "non_neg turns the sign of negative entries round. The nearest number that is not negative is "
        "another one.")
    yield "shifted", W - min(W.min(), 0), (
        "non_neg shifts all entries until none is negative, the positive ones too. Those were allowed as "
        "they were.")
    yield "columns_gone", W * (W >= 0).all(axis=0), (
        "non_neg lets whole columns vanish that have a negative entry. Each entry is looked at on its own.")
    yield "negative_kept", np.minimum(W, 0), "non_neg keeps the negative entries and lets the others go."


@min_max_norm.wrong(
    "The kernel you were given has changed: `W *=` and `W[W < 0] = 0` write into it.", loses=UNCHANGED)
def in_place(W, lo, hi, rate):
    norms = lengths(W)
    W *= (rate * np.clip(norms, lo, hi) + (1 - rate) * norms) / (norms + EPS)
    return W


@min_max_norm.wrong(
    "non_neg writes into the kernel it was given: `W[W < 0] = 0` does.", loses=UNCHANGED, replaces="non_neg")
def non_neg_in_place(W):
    W[W < 0] = 0
    return W


@min_max_norm.right
def moved_by_a_share(W, lo, hi, rate):
    norms = np.linalg.norm(W, axis=0)
    target = W * np.clip(norms, lo, hi) / norms
    return W + rate * (target - W)


@min_max_norm.right
def with_minimum_and_maximum(W, lo, hi, rate):
    norms = np.linalg.norm(W, axis=0, keepdims=True)
    wanted = np.minimum(np.maximum(norms, max(lo, 0)), hi)
    return W * (rate * wanted + (1 - rate) * norms) / (norms + EPS)


@min_max_norm.right
def column_by_column(W, lo, hi, rate):
    out = []
    for w in W.T:
        norm = np.linalg.norm(w)
        target = lo if norm < lo else hi if norm > hi else norm
        out.append(w * ((1 - rate) + rate * target / norm))
    return np.transpose(out)


@min_max_norm.right
def in_float32(W, lo, hi, rate):
    W = np.float32(W)
    norms = lengths(W)
    return W * ((rate * np.clip(norms, lo, hi) + (1 - rate) * norms) / (norms + np.float32(EPS)))


@min_max_norm.right
def with_keras(W, lo, hi, rate):
    import keras

    return keras.constraints.MinMaxNorm(lo, hi, rate)(W)


@min_max_norm.answers(replaces="non_neg")
def right(W):
    yield "masked", W * (W >= 0)
    yield "with_clip", np.clip(W, 0, None)


@min_max_norm.right(replaces="non_neg")
def on_a_copy(W):
    W = W.copy()
    W[W < 0] = 0
    return W


@min_max_norm.answers(replaces="non_neg")
def right(W):
    yield "half_the_sum", ((W + np.abs(W)) / 2).tolist()


@min_max_norm.right(replaces="non_neg")
def non_neg_with_tensorflow(W):
    import tensorflow as tf

    return tf.nn.relu(W)


min_max_norm.small(
    "lo = 1, hi = 2, rate = 0.5. The column (3, 4) has length 5, allowed is 2, half the way is 3.5: (2.1, "
    "2.8). The column (0.3, 0.4) has length 0.5, allowed is 1, half the way is 0.75: (0.45, 0.6).",
    W=np.array([[3.0, 0.3], [4.0, 0.4]]), lo=1.0, hi=2.0, rate=0.5)

# 11.4 projected_step

KERNEL, NONE = "a kernel with a constraint", "a bias without one (None)"

projected_step = Exercise(points=1, groups={KERNEL: 3, NONE: 1, UNCHANGED: 1}, rtol=KERAS)


def made(name, bound):
    """A constraint by name, not the student's own: a slip there costs nothing here."""

    def scaled(W, change):
        norms = np.sqrt(np.sum(np.square(W), axis=0, keepdims=True))
        return W * (change(norms) / (norms + 1e-7))

    return {
        "none": None,
        "non-negative": lambda W: np.maximum(W, 0),
        "unit norm": lambda W: scaled(W, np.ones_like),
        "max-norm": lambda W: scaled(W, lambda norms: np.minimum(norms, bound)),
        "min-max norm": lambda W: scaled(W, lambda norms: np.clip(norms, bound, 2 * bound)),
        "half way to max-norm": lambda W: scaled(W, lambda norms: (np.minimum(norms, bound) + norms) / 2),
    }[name]


@projected_step.cases
def cases(rng):
    for name, rows, columns in [("max-norm", 3, 4), ("half way to max-norm", 2, 5), ("non-negative", 4, 3)]:
        c = rng.uniform(1.2, 2)
        W = kernel(rng, c * rng.uniform(1.1, 2, columns), rows)
        g = kernel(rng, c * rng.uniform(2, 4, columns), rows)
        yield case(KERNEL, W=W, g=g, lr=rng.uniform(0.1, 0.3), constraint=name, bound=c)
    yield case(
        NONE,
        W=rng.normal(size=5),
        g=rng.normal(size=5),
        lr=rng.uniform(0.1, 0.3),
        constraint="none",
        bound=0.0,
    )


@projected_step.driver
def drive(projected_step, W, g, lr, constraint, bound):
    return projected_step(W, g, lr, made(constraint, bound))


def kept(W, constraint):
    """W after its constraint, where it has one."""
    return W if constraint is None else constraint(W)


@projected_step.mistakes
def mistakes(W, g, lr, constraint):
    yield "projects_first", kept(W, constraint) - lr * g, (
        "You apply the constraint first and step afterwards: what comes out need not keep it. After the "
        "step, where are the weights allowed to be?")
    yield "projects_the_gradient", W - lr * kept(g, constraint), (
        "The constraint is applied to the gradient. It is a rule for weights; a bound on gradients is "
        "clipping, lesson 07.")
    yield "projects_the_step", W - kept(lr * g, constraint), (
        "The constraint is applied to the step, lr times the gradient, and not to the weights that come of "
        "it.")
    yield "projects_before_and_after", kept(kept(W, constraint) - lr * g, constraint), (
        "The constraint is applied twice, before the step and after it. Once is what is asked for.")
    yield "never_projects", W - lr * g, "The step is taken, and the constraint forgotten."
    yield "constrains_the_bias_too", constraint(W - lr * g), (
        "Also parameters that have no constraint are handed to one: a bias comes with None, and only moves.")
    yield "bias_stays", W if constraint is None else constraint(W - lr * g), (
        "A bias comes with None, and is to move all the same.")
    yield "uphill", kept(W + lr * g, constraint), (
        "The step goes uphill: the gradient points to where the loss grows.")
    yield "without_lr", kept(W - g, constraint), "The learning rate is missing."


@projected_step.wrong("The weights you were given have changed: `W -=` writes into them.", loses=UNCHANGED)
def in_place(W, g, lr, constraint):
    W -= lr * g
    return kept(W, constraint)


@projected_step.answers
def right(W, g, lr, constraint):
    yield "in_one_line", (constraint or (lambda W: W))(W - lr * g)


@projected_step.right
def on_a_copy(W, g, lr, constraint):
    W = W.copy()
    W -= lr * g
    if constraint is not None:
        W[...] = constraint(W)
    return W


@projected_step.right
def entry_by_entry(W, g, lr, constraint):
    out = np.zeros_like(W)
    for i in np.ndindex(W.shape):
        out[i] = W[i] - lr * g[i]
    return (out if constraint is None else constraint(out)).tolist()


@projected_step.answers
def right(W, g, lr, constraint):
    yield "in_float32", kept(np.float32(W) - np.float32(lr) * np.float32(g), constraint)


projected_step.small(
    "W = (3, 4), g = (10, 0), lr = 0.3: the step leads to (0, 4), and max-norm 2 makes (0, 2) of it.",
    W=np.array([[3.0], [4.0]]), g=np.array([[10.0], [0.0]]), lr=0.3, constraint="max-norm", bound=2.0)

# 11.5 is_active

ACTIVE, IDLE = "True where it moves weights", "False where only rounding differs"

is_active = Exercise(points=1, groups={ACTIVE: 1, IDLE: 1})


@is_active.cases
def cases(rng):
    c = rng.uniform(1, 2)
    inside = rng.uniform(0.4, 0.9, 4)
    yield case(ACTIVE, W_before=kernel(rng, rng.uniform(1.5, 3, 4)), constraint="unit norm", bound=1.0)
    one_long = rng.permutation([1.02, *inside])
    yield case(ACTIVE, W_before=kernel(rng, c * one_long), constraint="max-norm", bound=c)
    one_short = c * rng.permutation([0.7, *(1 + inside)])
    yield case(ACTIVE, W_before=kernel(rng, one_short), constraint="min-max norm", bound=c)
    # Some grow, some shrink, and the length of the whole kernel stays what it was.
    squares = rng.permutation([0.4, 1.6, 0.7, 1.3, 1.0])
    yield case(ACTIVE, W_before=kernel(rng, np.sqrt(squares)), constraint="unit norm", bound=1.0)
    one_negative = np.abs(kernel(rng, rng.uniform(1, 2, 4)))
    one_negative[rng.integers(3), rng.integers(4)] *= -0.2
    yield case(ACTIVE, W_before=one_negative, constraint="non-negative", bound=0.0)
    yield case(IDLE, W_before=kernel(rng, c * inside), constraint="max-norm", bound=c)
    yield case(IDLE, W_before=kernel(rng, np.ones(5)), constraint="unit norm", bound=1.0)
    yield case(IDLE, W_before=kernel(rng, c * (1 + inside)), constraint="min-max norm", bound=c)
    yield case(IDLE, W_before=np.abs(kernel(rng, rng.uniform(1, 2, 4))), constraint="non-negative", bound=0.0)


@is_active.driver
def drive(is_active, W_before, constraint, bound):
    return is_active(W_before, made(constraint, bound))


@is_active.mistakes
def mistakes(W_before, constraint):
    yield "to_the_last_bit", bool(np.any(constraint(W_before) != W_before)), (
        "Constraints are called active that move entries by less than a millionth: the small number below "
        "the line does that. Leave room for rounding when you compare.")
    yield "only_if_all_move", bool(np.all(np.abs(constraint(W_before) - W_before) > 1e-6)), (
        "You say False unless all entries move. One column that is brought back is enough.")
    yield "by_the_frobenius_norm", not np.isclose(np.linalg.norm(constraint(W_before)), np.linalg.norm(W_before)), (
        "You compare one length for the whole kernel. Where some columns grow and others shrink it can stay "
        "the same.")
    yield "only_if_smaller", bool(np.linalg.norm(constraint(W_before)) < np.linalg.norm(W_before) - 1e-5), (
        "You only count weights that get smaller. A constraint can also make them larger.")
    yield "upside_down", np.allclose(constraint(W_before), W_before), (
        "True and False are the wrong way round: a constraint that changes nothing is not active.")
    yield "always", True, "You say True to every constraint. Most of them do nothing most of the time."


@is_active.answers
def right(W_before, constraint):
    yield "largest_move", np.abs(constraint(W_before) - W_before).max() > 1e-6
    yield "with_isclose", bool((~np.isclose(W_before, constraint(W_before))).any())


@is_active.right
def entry_by_entry(W_before, constraint):
    after = constraint(W_before)
    return any(abs(after[i] - W_before[i]) > 1e-4 for i in np.ndindex(W_before.shape))


@is_active.answers
def right(W_before, constraint):
    yield "by_relative_distance", np.linalg.norm(constraint(W_before) - W_before) / np.linalg.norm(W_before) > 1e-4


@is_active.right
def in_float32(W_before, constraint):
    W = np.float32(W_before)
    return not np.allclose(constraint(W), W, atol=1e-5)


is_active.small(
    "Columns (3, 4) and (0, 1), max-norm 4: the first has length 5 and is brought back to 4, so it is "
    "active, though the second stays.",
    W_before=np.array([[3.0, 0.0], [4.0, 1.0]]), constraint="max-norm", bound=4.0)

# 11.5 claim_check

FROBENIUS, LARGEST = "`frobenius_smaller`", "`largest_column_smaller`"
KEYS = {FROBENIUS: "frobenius_smaller", LARGEST: "largest_column_smaller"}

claim_check = Exercise(points=1, groups={FROBENIUS: 1, LARGEST: 1})


def along(rng, wanted, rows=3, turns=1):
    """A kernel with columns of these lengths, each nearly along one row: all the first, or several in turn."""
    W = rng.uniform(0.05, 0.1, (rows, len(wanted))) * rng.choice([-1, 1], (rows, len(wanted)))
    W[np.arange(len(wanted)) % turns, np.arange(len(wanted))] = rng.choice([-1, 1], len(wanted))
    return W / lengths(W) * np.asarray(wanted)


def spread_out(rng, wanted, rows=3):
    """A kernel with columns of these lengths, every entry of a column nearly as large as the others."""
    W = rng.uniform(0.9, 1, (rows, len(wanted))) * rng.choice([-1, 1], (rows, len(wanted)))
    return W / lengths(W) * np.asarray(wanted)


@claim_check.cases
def cases(rng):
    lottery = lambda: rng.uniform(0.97, 1.03, 5)
    one_long, level = np.array([1.0, 0.2, 0.2, 0.2, 0.2]), np.ones(5)
    for group, key in KEYS.items():
        pairs = [
            # Frobenius norm up, longest column down, as with UnitNorm; then the other way round.
            (spread_out(rng, 2 * one_long * lottery()), spread_out(rng, 1.1 * level * lottery())),
            (spread_out(rng, 2 * one_long * lottery()), along(rng, 1.5 * level * lottery())),
            (spread_out(rng, level * lottery()), along(rng, 1.4 * one_long * lottery())),
            (along(rng, level * lottery()), spread_out(rng, 1.4 * one_long * lottery())),
            # Both down, some entries, rows or columns up.
            (along(rng, level * lottery()), along(rng, 0.7 * level * lottery())),
            (spread_out(rng, 2 * one_long * lottery()), along(rng, 0.75 * level * lottery())),
            (along(rng, 2 * one_long * lottery()), spread_out(rng, 1.7 * one_long * lottery())),
            (spread_out(rng, 1.5 * level * lottery()), along(rng, 1.2 * level * lottery())),
            # Both up, the largest stretch down.
            (along(rng, level * lottery()), along(rng, 1.2 * level * lottery(), turns=3)),
        ]
        for i in rng.permutation(len(pairs)):
            yield case(group, W_before=pairs[i][0], W_after=pairs[i][1], _key=key)


@claim_check.driver
def drive(claim_check, W_before, W_after, _key):
    result = claim_check(W_before, W_after)
    keys = {"frobenius_smaller", "largest_column_smaller"}
    if not hasattr(result, "keys") or set(result.keys()) != keys:
        raise TypeError(f"claim_check should return a dictionary with the keys {' and '.join(sorted(keys))}")
    return {_key: result[_key]}


def answers(frobenius, largest):
    """The dictionary that is asked for."""
    return {"frobenius_smaller": bool(frobenius), "largest_column_smaller": bool(largest)}


def frobenius_falls(W_before, W_after):
    return np.linalg.norm(W_after) < np.linalg.norm(W_before)


def largest_falls(W_before, W_after):
    return lengths(W_after).max() < lengths(W_before).max()


@claim_check.mistakes
def mistakes(W_before, W_after):
    yield "as_on_the_slide", answers(True, True), (
        "You say True to everything, as the slide does. Compute both lengths before and after, and look.")
    yield "frobenius_for_both", answers(frobenius_falls(W_before, W_after), frobenius_falls(W_before, W_after)), (
        "Both answers come from the Frobenius norm. `largest_column_smaller` asks about the longest single "
        "column.")
    yield "largest_for_both", answers(largest_falls(W_before, W_after), largest_falls(W_before, W_after)), (
        "Both answers come from the longest column. `frobenius_smaller` asks about all entries together.")


@claim_check.wrong("You look at the longest row. The weights into one unit are a column.", loses=LARGEST)
def largest_row(W_before, W_after):
    longest = lambda W: np.linalg.norm(W, axis=1).max()
    return answers(frobenius_falls(W_before, W_after), longest(W_after) < longest(W_before))


@claim_check.mistakes
def mistakes(W_before, W_after):
    yield "largest_entry", answers(frobenius_falls(W_before, W_after), np.abs(W_after).max() < np.abs(W_before).max()), (
        "You look at the largest single weight. A column is as long as all its weights together.")
    yield "mean_length", answers(frobenius_falls(W_before, W_after), lengths(W_after).mean() < lengths(W_before).mean()), (
        "You compare the columns' mean length. The question is about the longest of them.")
    yield "every_column", answers(frobenius_falls(W_before, W_after), np.all(lengths(W_after) < lengths(W_before))), (
        "You ask whether each column got shorter. The longest before and the longest after may be different "
        "columns; only their lengths are compared.")


@claim_check.wrong(
    "For a matrix `np.linalg.norm(W, 2)` is the largest stretch, not the Frobenius norm.", loses=FROBENIUS)
def largest_stretch(W_before, W_after):
    stretch = lambda W: np.linalg.norm(W, 2)
    return answers(stretch(W_after) < stretch(W_before), largest_falls(W_before, W_after))


@claim_check.mistakes
def mistakes(W_before, W_after):
    yield "the_other_way_round", answers(frobenius_falls(W_after, W_before), largest_falls(W_after, W_before)), (
        "Before and after have changed places: True means smaller afterwards.")


@claim_check.right
def squares_without_roots(W_before, W_after):
    before, after = (np.sum(np.square(W), axis=0) for W in (W_before, W_after))
    return {
        "frobenius_smaller": after.sum() < before.sum(),
        "largest_column_smaller": after.max() < before.max(),
    }


@claim_check.right
def in_loops(W_before, W_after):
    def both(W):
        columns = [sum(float(w) ** 2 for w in column) ** 0.5 for column in W.T]
        return sum(length**2 for length in columns) ** 0.5, max(columns)

    (all_before, most_before), (all_after, most_after) = both(W_before), both(W_after)
    return answers(all_after < all_before, most_after < most_before)


@claim_check.right
def in_float32(W_before, W_after):
    W_before, W_after = np.float32(W_before), np.float32(W_after)
    return answers(frobenius_falls(W_before, W_after), largest_falls(W_before, W_after))


@claim_check.right
def as_numbers(W_before, W_after):
    found = answers(frobenius_falls(W_before, W_after), largest_falls(W_before, W_after))
    return {key: int(value) for key, value in found.items()}


claim_check.small(
    "Columns of lengths 2 and 0 before, 1.5 and 1.5 after: √(1.5² + 1.5²) = 2.12 is more than 2, so the "
    "Frobenius norm has grown, although the longest column has fallen from 2 to 1.5.",
    W_before=np.array([[2.0, 0.0], [0.0, 0.0]]), W_after=np.array([[1.5, 0.0], [0.0, 1.5]]), _key="frobenius_smaller")
