"""Exercises of lesson 11: constraints on columns of a kernel, the step that keeps them, whether they act."""

import numpy as np

from autograder.authoring import UNCHANGED, Exercise, Question, case, right, wrong

EPS = 1e-7  # what Keras adds below the line; results with and without it are both right
KERAS = 1e-5  # and so the tolerance is wider than that


def lengths(W):
    """The length of every column, as a row."""
    return np.sqrt(np.sum(np.square(W), axis=0, keepdims=True))


def row_lengths(W):
    """The length of every row, as a column."""
    return np.linalg.norm(W, axis=1, keepdims=True)


def moved(W, wanted, size=lengths):
    """W with what `size` measures brought to the sizes that are wanted."""
    return W * (wanted / (size(W) + EPS))


def kernel(rng, wanted, rows=3):
    """A kernel with columns of these lengths, no entry near 0."""
    W = rng.uniform(0.4, 1, (rows, len(wanted))) * rng.choice([-1, 1], (rows, len(wanted)))
    return W / lengths(W) * np.asarray(wanted) + 0.0  # and no -0.0


def with_zeros(W):
    """The same with a single zero in each column."""
    W[np.arange(W.shape[1]) % len(W), np.arange(W.shape[1])] = 0.0
    return W


# 11.1 unit_norm

COLUMNS, ZERO = "every column has length 1", "a column of zeros stays zeros"

unit_norm = Exercise(points=2, groups={COLUMNS: 2, ZERO: 1, UNCHANGED: 1}, rtol=KERAS)


@unit_norm.cases
def cases(rng):
    for rows, columns in [(3, 2), (2, 5), (4, 1)]:
        yield case(COLUMNS, W=kernel(rng, rng.uniform(1.5, 4, columns), rows))
    yield case(COLUMNS, W=kernel(rng, rng.uniform(0.2, 0.7, 4)))
    yield case(COLUMNS, W=with_zeros(kernel(rng, rng.uniform(2, 4, 4))))
    yield case(ZERO, W=kernel(rng, rng.permutation([0.0, *rng.uniform(1.5, 4, 3)])))


@unit_norm.mistakes
def mistakes(W, eps=EPS):
    norms = lengths(W)
    yield "whole_kernel", W / (np.linalg.norm(W) + eps), (
        "The kernel as a whole has length 1, its columns are shorter. With one column, as in the (3, 1) "
        "example of the Better Deep Learning deck, the two are the same; look at its (3, 2) example.")
    yield "rows_instead", W / (row_lengths(W) + eps), (
        "The rows have length 1. Which entries of W lead into one unit: those of a row, or those of a "
        "column?")
    yield "rows_that_do_not_fit", W / (np.linalg.norm(W, axis=1) + eps), (
        "You measure the rows: one length for each input. W has to be divided by one length for each unit.")
    yield "sum_of_sizes", W / (np.abs(W).sum(axis=0) + eps), (
        "The absolute values of each column add up to 1. The length wants squares and a root.")
    yield "sum_of_entries", W / (W.sum(axis=0) + eps), (
        "You divide each column by the sum of its entries, in which signs cancel. The length wants squares "
        "and a root.")
    yield "without_the_root", W / (np.sum(W**2, axis=0) + eps), (
        "You divide each column by its sum of squares, which is the square of its length.")
    yield "largest_entry", W / (np.abs(W).max(axis=0) + eps), (
        "The largest entry of each column has become 1, not the column's length.")
    yield "standard_deviation", W / (W.std(axis=0) + eps), (
        "You divide by the standard deviation, which takes the column's mean off first and divides by the "
        "number of entries. The length is the root of the plain sum of squares.")
    yield "root_mean_square", W / (np.sqrt(np.mean(W**2, axis=0)) + eps), (
        "Your columns have the length √inputs, and not 1. So they do after a division by the root of the "
        "*mean* of the squares: the length is the root of their sum.")
    yield "largest_stretch", W / (np.linalg.norm(W, 2) + eps), (
        "One number serves for all columns, and it is the largest stretch: for a matrix, `np.linalg.norm(W, "
        "2)` is that. Say `axis=0`.")
    yield "by_the_longest", W / (norms.max() + eps), (
        "All columns are divided by one length, that of the longest. Each column has a length of its own.")
    yield "only_the_long_ones", W / np.maximum(norms, 1), (
        "Columns shorter than 1 stay as they are. That is a bound; here every column gets length 1.")
    yield "only_the_short_ones", W / np.where((norms > 0) & (norms < 1), norms, 1), (
        "Columns longer than 1 stay as they are. Here every column gets length 1.")
    yield "multiplied", W * norms, "You multiply each column by its length. Which operation makes a length 1?"
    yield "signs_lost", np.abs(W) / (norms + eps), (
        "The signs are lost: a weight below 0 stays below 0 when its column is scaled.")
    some_zero, divided = (W == 0).any(axis=0), W / (norms + eps)
    yield "zero_among_weights", np.where(some_zero, W, divided), (
        "A column with a single zero among its weights stays as it was. It has a length and a direction: "
        "only a column of nothing but zeros has none.")
    yield "zero_among_weights_ends_it", np.where(some_zero, 0.0, divided), (
        "A column with a single zero among its weights becomes all zeros. It has a length and a direction: "
        "only a column of nothing but zeros has none.")
    yield "large_eps", W / (norms + 0.01), (
        "Your columns come out about a hundredth too short: the small number below the fraction line is too "
        "large. `eps` is 10⁻⁷.")


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


@unit_norm.wrong("Only the first column has length 1. Does your loop return before it has come to the end?")
def first_column_alone(W, eps=EPS):
    W = W.copy()
    W[:, 0] /= np.linalg.norm(W[:, 0]) + eps
    return W


@unit_norm.wrong("The kernel you were given has changed: `W /=` writes into it.", loses=UNCHANGED)
def in_place(W, eps=EPS):
    W /= lengths(W) + eps
    return W


@unit_norm.answers
def answers(W, eps=EPS):
    norms = np.linalg.norm(W, axis=0)
    yield "without_eps", W / np.where(norms > 0, norms, 1)
    yield "eps_under_the_root", W / np.sqrt(np.sum(W * W, axis=0) + eps**2)
    yield "at_least_eps", W / np.maximum(norms, eps)
    yield "divided_where_possible", np.divide(W, norms, out=np.zeros_like(W), where=norms > 0)
    yield "through_the_transpose", np.array([w / (np.linalg.norm(w) + eps) for w in W.T]).T
    yield "by_a_diagonal_matrix", W @ np.diag(1 / (norms + eps))
    yield "along_an_axis", np.apply_along_axis(lambda w: w / (np.linalg.norm(w) + eps), 0, W)
    yield "in_float32", np.float32(W) / (lengths(np.float32(W)) + np.float32(eps))


@unit_norm.right
def column_by_column(W, eps=EPS):
    out = np.zeros_like(W)
    for j in range(W.shape[1]):
        out[:, j] = W[:, j] / (sum(w**2 for w in W[:, j]) ** 0.5 + eps)
    return out


@unit_norm.right
def on_a_copy(W, eps=EPS):
    W = W.copy()
    W /= lengths(W) + eps
    return W.tolist()


@unit_norm.right
def with_keras(W, eps=EPS):
    import keras

    return keras.constraints.UnitNorm()(W)


@unit_norm.right
def with_tensorflow(W, eps=EPS):
    import tensorflow as tf

    return tf.math.l2_normalize(W, axis=0)


unit_norm.small(
    "The columns (3, -4), (0.3, 0.4) and (0, 0) have the lengths 5, 0.5 and 0. They become (0.6, -0.8), "
    "(0.6, 0.8) and (0, 0).",
    W=np.array([[3.0, 0.3, 0.0], [-4.0, 0.4, 0.0]]))

unit_norm.small(
    "The columns (0, 4) and (3, 4) have the lengths 4 and 5: a zero among the weights makes no column of "
    "zeros. They become (0, 1) and (0.6, 0.8).",
    W=np.array([[0.0, 3.0], [4.0, 4.0]]))

# 11.2 max_norm

LONG, SHORT = "columns longer than c", "columns not longer than c"
TOGETHER = "long, short and zero columns together"

max_norm = Exercise(points=1, groups={LONG: 1, SHORT: 1, TOGETHER: 1, UNCHANGED: 1}, rtol=KERAS)


@max_norm.cases
def cases(rng):
    c = rng.uniform(2, 3)
    yield case(LONG, W=kernel(rng, c * rng.uniform(1.3, 2.5, 2)), c=c)
    yield case(LONG, W=kernel(rng, c * rng.uniform(1.3, 2.5, 4), rows=2), c=c)
    yield case(SHORT, W=kernel(rng, c * rng.uniform(0.8, 0.95, 5)), c=c)
    yield case(SHORT, W=kernel(rng, c * rng.uniform(0.8, 0.95, 6), rows=2), c=c)
    less = rng.uniform(0.3, 0.6)
    yield case(LONG, W=with_zeros(kernel(rng, less * rng.uniform(1.7, 2.5, 4))), c=less)
    yield case(SHORT, W=kernel(rng, less * rng.uniform(0.8, 0.95, 4)), c=less)
    mixed = [*rng.uniform(1.2, 1.4, 2), *rng.uniform(0.5, 0.8, 2), 0.0]
    yield case(TOGETHER, W=kernel(rng, c * rng.permutation(mixed)), c=c)


@max_norm.mistakes
def mistakes(W, c):
    norms = lengths(W)
    shortened = moved(W, np.minimum(norms, c))
    yield "always_to_c", moved(W, c), (
        "Short columns come back longer: all have length c now. An upper bound has nothing to say to what "
        "lies below it.")
    yield "cuts_entries", np.clip(W, -c, c), (
        "The entries are cut at ±c, one by one, and the columns change their direction. The bound is on a "
        "column's length.")
    yield "cuts_above", np.minimum(W, c), (
        "Entries above c are cut, one by one; negative ones stay. The bound is on a column's length.")
    yield "whole_kernel", W * min(1, c / np.linalg.norm(W)), (
        "You bound the length of the whole kernel, so that columns well within c are shortened too.")
    yield "rows_instead", moved(W, np.minimum(row_lengths(W), c), row_lengths), (
        "You bound the rows. The weights into one unit are a column.")
    yield "scaled_by_the_longest", W * min(1, c / norms.max()), (
        "All columns are scaled by one number, that of the longest. Each column has a length of its own.")
    yield "longest_alone", np.where(norms == norms.max(), shortened, W), (
        "Only the longest column is brought back. Every column longer than c has to be.")
    yield "all_if_one_is_long", moved(W, c) if norms.max() > c else W, (
        "As soon as one column is longer than c, you bring all of them to c, the short ones too.")
    yield "down_to_one", np.where(norms > c, moved(W, 1), W), (
        "Long columns come back with length 1: where has c gone?")
    yield "short_ones_to_one", np.where(norms > c, shortened, moved(W, 1)), (
        "Columns that are not longer than c come back with length 1. They were allowed as they were.")
    yield "without_the_root", moved(W, np.minimum(norms**2, c), lambda W: lengths(W) ** 2), (
        "The sum of the squares is compared with c, and divided by. That is the square of the length.")
    yield "compares_the_square", np.where(norms**2 > c, moved(W, c), W), (
        "Columns shorter than c come back with length c: you compare the sum of the squares with c, and "
        "that is the square of the length.")
    yield "sum_of_sizes", W * np.minimum(1, c / (np.abs(W).sum(axis=0) + EPS)), (
        "You bound the sum of the absolute values. The length wants squares and a root.")
    yield "largest_entry", W * np.minimum(1, c / (np.abs(W).max(axis=0) + EPS)), (
        "You bound the largest entry of each column, not its length.")
    yield "divided_by_c", np.where(norms > c, W / c, W), (
        "Long columns are divided by c. Their length is then not c, but their old length divided by it.")
    yield "difference_taken_off", np.where(norms > c, W - (norms - c), W), (
        "You take what is too long off every entry. That turns the column: to shorten it, multiply.")
    yield "long_ones_gone", np.where(norms > c, 0, W), (
        "Columns longer than c have become zeros. They are to have length c.")
    yield "zero_among_weights", np.where((W == 0).any(axis=0), W, shortened), (
        "A long column with a single zero among its weights stays long. Only columns of nothing but zeros "
        "have no length.")
    yield "bound_of_one_at_least", moved(W, np.minimum(norms, max(c, 1))), (
        "With a bound below 1 your columns stay longer than it allows: does a 1 stand where c should?")
    yield "upside_down", W * np.maximum(1, c / (norms + EPS)), (
        "Long columns stay, and short ones grow to c: that is a lower bound.")


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
def answers(W, c):
    norms, narrow = np.linalg.norm(W, axis=0), np.float32(W)
    yield "divided_by_the_larger", W * c / np.maximum(norms, c)
    yield "divided_by_the_excess", W / np.maximum(1, norms / c)
    yield "with_where", np.where(norms > c, c * W / np.where(norms > 0, norms, 1), W)
    yield "column_by_column", np.stack([w if np.linalg.norm(w) <= c else w * c / np.linalg.norm(w) for w in W.T], 1)
    yield "in_float32", narrow * (np.clip(lengths(narrow), 0, np.float32(c)) / (lengths(narrow) + np.float32(EPS)))
    yield "as_a_list", moved(W, np.minimum(lengths(W), c)).tolist()


@max_norm.right
def infinite_scale(W, c):
    with np.errstate(divide="ignore"):
        return W * np.minimum(1, c / np.linalg.norm(W, axis=0))


@max_norm.right
def long_columns_on_a_copy(W, c):
    W, norms = np.array(W), np.linalg.norm(W, axis=0)
    W[:, norms >= c] *= c / norms[norms >= c]
    return W


@max_norm.right
def with_keras(W, c):
    import keras

    return keras.constraints.MaxNorm(c)(W)


@max_norm.right
def with_tensorflow(W, c):
    import tensorflow as tf

    return tf.clip_by_norm(W, c, axes=[0])


max_norm.small(
    "c = 2. The columns (3, 4) and (-1.8, 2.4), of lengths 5 and 3, become (1.2, 1.6) and (-1.2, 1.6); "
    "(0.9, 1.2), of length 1.5, and (0, 0) stay.",
    W=np.array([[3.0, -1.8, 0.9, 0.0], [4.0, 2.4, 1.2, 0.0]]), c=2.0)

max_norm.small(
    "c = 0.5. The column (0, 4) has length 4 and becomes (0, 0.5); (0.3, 0.4), of length 0.5, stays.",
    W=np.array([[0.0, 0.3], [4.0, 0.4]]), c=0.5)

# 11.3 min_max_norm and non_neg

ALL_THE_WAY, PART = "all the way (rate 1)", "part of the way (rate below 1)"
BELOW_ZERO = "a lower bound below 0"

min_max_norm = Exercise(
    "min_max_norm", "non_neg", points=2, rtol=KERAS,
    groups={ALL_THE_WAY: 3, PART: 3, BELOW_ZERO: 1, "non_neg": 3, UNCHANGED: 2})


@min_max_norm.cases
def cases(rng):
    for group, columns, rows in [(ALL_THE_WAY, 5, 3), (PART, 4, 2), (PART, 5, 3)]:
        lo, hi = rng.uniform(0.6, 0.9), rng.uniform(1.4, 2)
        relative = [0.4 * lo, 0.7 * lo, (lo + hi) / 2, 1.4 * hi, 2 * hi][:columns]
        W = kernel(rng, rng.permutation(relative) * rng.uniform(0.95, 1.05, columns), rows)
        rate = 1.0 if group == ALL_THE_WAY else rng.choice([rng.uniform(0.15, 0.4), rng.uniform(0.6, 0.85)])
        yield case(group, W=W, lo=lo, hi=hi, rate=float(rate))
    lo, hi = -rng.uniform(0.3, 0.5), rng.uniform(1.4, 2)
    W = kernel(rng, rng.permutation([0.1, 0.2, 1.0, 1.2 * hi, 1.8 * hi]) * rng.uniform(0.95, 1.05, 5))
    yield case(BELOW_ZERO, W=W, lo=lo, hi=hi, rate=1.0)
    for shape in [(3, 2), (2, 5)]:
        # Of either sign some are smaller than 1, some larger.
        sizes = rng.uniform(0.2, 0.8, shape).ravel() + np.resize([0, 0, 1, 1], np.prod(shape))
        signed = rng.permutation(sizes * np.resize([1, -1, -1, 1], sizes.size))
        W = signed.reshape(shape)
        if shape == (2, 5):  # one column has no negative entry, each row has one
            allowed = rng.permutation(5) == 0
            W = np.where(allowed, np.abs(W), W)
            W[np.arange(2), np.flatnonzero(~allowed)[:2]] = -rng.uniform(0.3, 1.7, 2)
        yield case("non_neg", W=W)


@min_max_norm.driver
def drive(min_max_norm, non_neg, W, lo=None, hi=None, rate=None):
    return non_neg(W) if rate is None else min_max_norm(W, lo, hi, rate)


def part_of_the_way(W, wanted, rate, size=lengths):
    """The columns of W, moved by a share of the way to these lengths."""
    return moved(W, rate * wanted + (1 - rate) * size(W), size)


EVERYWHERE = (ALL_THE_WAY, PART, BELOW_ZERO)


@min_max_norm.mistakes
def mistakes(W, lo, hi, rate):
    norms = lengths(W)
    allowed = np.clip(norms, lo, hi)
    yield "cuts_entries", rate * np.clip(W, lo, hi) + (1 - rate) * W, (
        "The entries are cut to [lo, hi], one by one. The bounds are for the lengths of columns.")
    yield "rate_multiplies", rate * moved(W, allowed), (
        "With `rate` 1 all is well; below, columns that were within the bounds get shorter. The rate is the "
        "share of the way to the allowed length, not a factor on the result.")
    yield "rate_ignored", moved(W, allowed), (
        "`rate` changes nothing in your result: columns always go all the way.")
    yield "rate_reversed", part_of_the_way(W, allowed, 1 - rate), (
        "`rate` works the wrong way round: at 1 your columns do not move at all.")
    yield "rate_only_above", np.where(norms < lo, moved(W, lo), part_of_the_way(W, allowed, rate)), (
        "Columns that are too long go a share of the way, those that are too short all of it. `rate` is for "
        "both.")
    yield "rate_only_below", np.where(norms > hi, moved(W, hi), part_of_the_way(W, allowed, rate)), (
        "Columns that are too short go a share of the way, those that are too long all of it. `rate` is for "
        "both.")
    yield "both_added", moved(W, rate * allowed + norms), (
        "The share of the way is added to the whole old length. What is left of the old length is 1 - rate "
        "of it.")
    yield "away_from_the_bounds", moved(W, norms - rate * (allowed - norms)), (
        "Columns outside the bounds move further out: the way to the allowed length is that length minus "
        "the old one, and not the reverse.")
    yield "sign_of_lo_dropped", part_of_the_way(W, np.clip(norms, abs(lo), hi), rate), (
        "A lower bound below 0 is taken without its sign, and short columns are stretched. A length is "
        "never below 0: what does such a bound demand?")
    yield "negative_lo_cuts_entries", np.maximum(moved(W, np.minimum(norms, hi)), lo) if lo < 0 else part_of_the_way(W, allowed, rate), (
        "A lower bound below 0 is used as a bound for the entries. It is one for lengths, which are never "
        "below 0.")
    yield "negative_lo_to_zero", part_of_the_way(W, np.where(norms > hi, hi, 0), rate) if lo < 0 else part_of_the_way(W, allowed, rate), (
        "With a lower bound below 0 your columns vanish. A length is never below 0, so that such a bound "
        "asks for nothing.")
    yield "negative_lo_ends_it", W if lo < 0 else part_of_the_way(W, allowed, rate), (
        "With a lower bound below 0 nothing moves any more. Such a bound asks for nothing, but the upper "
        "one is still there.")
    yield "upper_bound_only", part_of_the_way(W, np.minimum(norms, hi), rate), (
        "Columns shorter than `lo` stay short: only the upper bound acts.")
    yield "lower_bound_only", part_of_the_way(W, np.maximum(norms, lo), rate), (
        "Columns longer than `hi` stay long: only the lower bound acts.")
    yield "all_to_hi", part_of_the_way(W, hi, rate), (
        "Every column moves to the upper bound, also one that is allowed as it is.")
    yield "all_to_lo", part_of_the_way(W, lo, rate), (
        "Every column moves to the lower bound. Are the bounds in the right order, first the lower one?")
    yield "all_to_the_middle", part_of_the_way(W, (lo + hi) / 2, rate), (
        "Every column moves to the middle of the bounds, also one that is allowed as it is.")
    yield "whole_kernel", part_of_the_way(W, np.clip(np.linalg.norm(W), lo, hi), rate, np.linalg.norm), (
        "You bring the whole kernel to a length within the bounds; each column has a length of its own.")
    yield "rows_instead", part_of_the_way(W, np.clip(row_lengths(W), lo, hi), rate, row_lengths), (
        "The bounds act on the rows. The weights into one unit are a column.")
    sizes = lambda W: np.abs(W).sum(axis=0)
    yield "sum_of_sizes", part_of_the_way(W, np.clip(sizes(W), lo, hi), rate, sizes), (
        "The bounds act on the sums of the absolute values. The length wants squares and a root.")


@min_max_norm.mistakes(replaces="non_neg")
def mistakes(W):
    yield "absolute_values", np.abs(W), (
        "non_neg turns the sign of negative entries round. The nearest number that is not negative is "
        "another one.")
    yield "shifted", W - min(W.min(), 0), (
        "non_neg shifts all entries until none is negative, the positive ones too. Those were allowed as "
        "they were.")
    yield "columns_shifted", W - np.minimum(W.min(axis=0), 0), (
        "non_neg shifts whole columns until no entry is negative, the positive ones too. Those were allowed "
        "as they were.")
    yield "columns_gone", W * (W >= 0).all(axis=0), (
        "non_neg lets whole columns vanish that have a negative entry. Each entry is looked at on its own.")
    yield "negative_kept", np.minimum(W, 0), "non_neg keeps the negative entries and lets the others go."
    yield "to_one", np.where(W < 0, 1, W), (
        "non_neg puts a 1 where an entry is negative. Of all numbers that are not negative, which is "
        "nearest?")
    yield "squares", W**2, "non_neg squares the entries, so that the positive ones change, too."
    yield "leaky", np.where(W < 0, 0.01 * W, W), (
        "non_neg leaves a hundredth of the negative entries: still below 0.")
    yield "mask_alone", W >= 0, "non_neg says which entries are allowed. It is to return the kernel."
    yield "positive_entries_alone", W[W >= 0], (
        "non_neg returns a list of the entries that are not negative. The kernel keeps its shape.")


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


@min_max_norm.answers
def answers(W, lo, hi, rate):
    norms, narrow = np.linalg.norm(W, axis=0), np.float32(W)
    yield "moved_by_a_share", W + rate * (W * np.clip(norms, lo, hi) / norms - W)
    yield "with_minimum_and_maximum", part_of_the_way(W, np.minimum(np.maximum(norms, max(lo, 0)), hi), rate)
    yield "as_a_factor", W * (1 + rate * (np.clip(norms, lo, hi) / norms - 1))
    yield "in_float32", part_of_the_way(narrow, np.clip(lengths(narrow), lo, hi), rate)


@min_max_norm.right
def column_by_column(W, lo, hi, rate):
    out = []
    for w in W.T:
        norm = np.linalg.norm(w)
        target = lo if norm < lo else hi if norm > hi else norm
        out.append(w * ((1 - rate) + rate * target / norm))
    return np.transpose(out)


@min_max_norm.right
def with_keras(W, lo, hi, rate):
    import keras

    return keras.constraints.MinMaxNorm(lo, hi, rate)(W)


@min_max_norm.answers(replaces="non_neg")
def answers(W):
    yield "masked", W * (W >= 0)
    yield "with_clip", np.clip(W, 0, None)
    yield "half_the_sum", ((W + np.abs(W)) / 2).tolist()
    yield "negative_part_taken_off", W - np.minimum(W, 0)
    yield "entry_by_entry", [[max(float(w), 0.0) for w in row] for row in W]


@min_max_norm.right(replaces="non_neg")
def on_a_copy(W):
    W = W.copy()
    W[W < 0] = 0
    return W


@min_max_norm.right(replaces="non_neg")
def non_neg_with_tensorflow(W):
    import tensorflow as tf

    return tf.nn.relu(W)


min_max_norm.small(
    "lo = -0.5 asks for nothing, since a length is never below 0. hi = 2 brings the column (-3, 4) to "
    "(-1.2, 1.6); (0.06, 0.08), of length 0.1, stays.",
    W=np.array([[-3.0, 0.06], [4.0, 0.08]]), lo=-0.5, hi=2.0, rate=1.0)
min_max_norm.small(
    "non_neg: of (1.5, -0.5) and (-2, 3) the two entries below 0 become 0; the others are allowed as they "
    "are.",
    W=np.array([[1.5, -2.0], [-0.5, 3.0]]))
min_max_norm.small(
    "lo = 1, hi = 2, rate = 0.25. The column (3, 4) has length 5, allowed is 2, a quarter of the way is "
    "4.25: (2.55, 3.4). The column (0.3, 0.4) has length 0.5, allowed is 1, a quarter of the way is 0.625: "
    "(0.375, 0.5). (0, 1.5) is allowed and stays.",
    W=np.array([[3.0, 0.3, 0.0], [4.0, 0.4, 1.5]]), lo=1.0, hi=2.0, rate=0.25)

# 11.4 projected_step

KERNEL, NONE = "a parameter with a constraint", "a parameter without one (None)"

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
        "max-norm of the whole": lambda W: W * min(1, bound / (np.linalg.norm(W) + 1e-7)),
        "no signs": np.abs,
    }[name]


@projected_step.cases
def cases(rng):
    for name, rows, columns in [("max-norm", 3, 4), ("half way to max-norm", 2, 5), ("non-negative", 4, 3)]:
        c = rng.uniform(1.2, 2)
        W = kernel(rng, c * rng.uniform(1.1, 2, columns), rows)
        g = kernel(rng, c * rng.uniform(2, 4, columns), rows)
        yield case(KERNEL, W=W, g=g, lr=rng.uniform(0.1, 0.3), constraint=name, bound=c)
    W, lr = kernel(rng, rng.uniform(1.1, 2, 4)), rng.uniform(0.1, 0.3)
    g = kernel(rng, rng.uniform(1, 2, 4))
    yield case(KERNEL, W=W, g=g, lr=lr, constraint="max-norm of the whole", bound=1.5)
    shorter = W * rng.uniform(0.7, 0.8, 4) / lr + kernel(rng, 0.1 * np.ones(4))
    yield case(KERNEL, W=W, g=shorter, lr=lr, constraint="min-max norm", bound=1.2)
    W, g = signed(rng, 0.5, 2, 5), signed(rng, 0.5, 2, 5)
    yield case(KERNEL, W=W, g=g, lr=rng.uniform(0.1, 0.2), constraint="non-negative", bound=0.0)
    for shape in (5, (3, 2)):
        W, g = rng.normal(size=shape), rng.normal(size=shape)
        yield case(NONE, W=W, g=g, lr=rng.uniform(0.1, 0.3), constraint="none", bound=0.0)


def signed(rng, low, high, n):
    """A vector of sizes between low and high, with both signs."""
    return rng.uniform(low, high, n) * rng.permutation(np.resize([1, -1], n))


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
    yield "projects_twice_afterwards", kept(kept(W - lr * g, constraint), constraint), (
        "The constraint is applied twice after the step. One that goes part of the way, as MinMaxNorm with "
        "a rate, then goes too far.")
    yield "never_projects", W - lr * g, (
        "The step is taken, and the constraint forgotten. (A constraint returns the weights that it allows; "
        "it does not write into those it is given.)")
    yield "never_steps", kept(W, constraint), "The constraint is applied, but no step is taken."
    yield "constrains_the_bias_too", constraint(W - lr * g), (
        "You call the constraint also where there is none: it is None then, and the parameter only moves.")
    yield "by_the_axes", W - lr * g if W.ndim == 1 else constraint(W - lr * g), (
        "Whether there is a constraint you tell by the number of axes. A bias may have one and a kernel "
        "none: it is None that says so.")
    yield "constraints_for_kernels_alone", W - lr * g if W.ndim == 1 else kept(W - lr * g, constraint), (
        "A bias with a constraint of its own is only moved. It is None that says that there is no "
        "constraint, not the number of axes.")
    columns = (W - lr * g).T
    yield "column_by_column", columns.T if constraint is None else np.stack([constraint(w) for w in columns], -1), (
        "You hand the constraint one column at a time. It is a function of the whole array, and may look at "
        "all columns together; a bias is no matrix, and has none.")
    yield "bias_stays", W if constraint is None else constraint(W - lr * g), (
        "A parameter without a constraint is to move all the same.")
    yield "uphill", kept(W + lr * g, constraint), (
        "The step goes uphill: the gradient points to where the loss grows.")
    yield "without_lr", kept(W - g, constraint), "The learning rate is missing."
    yield "divided_by_lr", kept(W - g / lr, constraint), "The gradient is divided by the rate; multiply it."
    yield "step_alone", kept(-lr * g, constraint), (
        "W is missing: your result is the step, and not where it leads.")
    yield "sign_of_the_gradient", kept(W - lr * np.sign(g), constraint), (
        "Every entry moves by lr, whatever its gradient: the step is lr times the gradient itself, not its "
        "sign.")
    yield "gradient_of_length_one", kept(W - lr * g / np.linalg.norm(g), constraint), (
        "You bring the gradient to length 1 before the step. A plain step takes it as it is.")


@projected_step.wrong("The weights you were given have changed: `W -=` writes into them.", loses=UNCHANGED)
def in_place(W, g, lr, constraint):
    W -= lr * g
    return kept(W, constraint)


@projected_step.answers
def answers(W, g, lr, constraint):
    yield "in_one_line", (constraint or (lambda W: W))(W - lr * g)
    yield "minus_as_a_factor", kept(np.add(W, -lr * np.asarray(g)), constraint)
    yield "in_float32", kept(np.float32(W) - np.float32(lr) * np.float32(g), constraint)


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


@projected_step.right
def with_tensorflow(W, g, lr, constraint):
    import tensorflow as tf

    return kept((tf.constant(W) - lr * tf.constant(g)).numpy(), constraint)


projected_step.small(
    "A bias (1, 2) without a constraint, g = (10, -5), lr = 0.1: it only moves, to (0, 2.5).",
    W=np.array([1.0, 2.0]), g=np.array([10.0, -5.0]), lr=0.1, constraint="none", bound=0.0)
projected_step.small(
    "W = (3, 4), g = (10, -5), lr = 0.3. The step leads to (0, 5.5). Max-norm 2, half of the way: the "
    "length 5.5 becomes 3.75, so that the result is (0, 3.75).",
    W=np.array([[3.0], [4.0]]), g=np.array([[10.0], [-5.0]]), lr=0.3, constraint="half way to max-norm", bound=2.0)

projected_step.small(
    "A bias (1, 2) with a constraint, no entry below 0; g = (20, -5), lr = 0.1. The step leads to (-1, 2.5), "
    "the result is (0, 2.5).",
    W=np.array([1.0, 2.0]), g=np.array([20.0, -5.0]), lr=0.1, constraint="non-negative", bound=0.0)
projected_step.small(
    "A kernel without a constraint: W = ((1, 2), (3, 4)), every entry of g is 10, lr = 0.1. It only moves, "
    "to ((0, 1), (2, 3)).",
    W=np.array([[1.0, 2.0], [3.0, 4.0]]), g=np.full((2, 2), 10.0), lr=0.1, constraint="none", bound=0.0)
projected_step.small(
    "W = ((3, 0), (0, 4)), no gradient. The whole has length 5, at most 1 is allowed: all is divided by 5, "
    "which no column alone would tell.",
    W=np.array([[3.0, 0.0], [0.0, 4.0]]), g=np.zeros((2, 2)), lr=0.1,
    constraint="max-norm of the whole", bound=1.0)

# 11.5 is_active

ACTIVE, IDLE = "True where it moves weights", "False where only rounding differs"

is_active = Exercise(points=1, groups={ACTIVE: 1, IDLE: 1})


@is_active.cases
def cases(rng):
    c = rng.uniform(1, 2)
    inside = rng.uniform(0.4, 0.9, 4)
    yield case(ACTIVE, W_before=kernel(rng, rng.uniform(1.5, 3, 4)), constraint="unit norm", bound=1.0)
    one_long = np.append(rng.permutation(inside), 1.02)  # not the first column
    yield case(ACTIVE, W_before=kernel(rng, c * one_long), constraint="max-norm", bound=c)
    one_short = c * np.append(0.7, rng.permutation(1 + inside))  # the first column alone
    yield case(ACTIVE, W_before=kernel(rng, one_short), constraint="min-max norm", bound=c)
    # Some grow, some shrink, and the length of the whole kernel stays what it was.
    squares = rng.permutation([0.4, 1.6, 0.7, 1.3, 1.0])
    yield case(ACTIVE, W_before=kernel(rng, np.sqrt(squares)), constraint="unit norm", bound=1.0)
    # Moves that cancel: of a column and its opposite; of sizes, where one grows as the other shrinks; in each row.
    for two in ([1.4, -1.4], [0.6, -1.4], [0.4**0.5, -(1.6**0.5)]):
        yield case(ACTIVE, W_before=kernel(rng, [1.0]) * two, constraint="unit norm", bound=1.0)
    # Entries that only fall, and one that only rises, in the middle.
    yield case(ACTIVE, W_before=np.abs(kernel(rng, [1.0, 2.0, 3.0])), constraint="max-norm", bound=1.5)
    W = np.abs(kernel(rng, rng.uniform(1, 2, 4)))
    yield case(ACTIVE, W_before=W * [[1], [1], [-0.2]], constraint="non-negative", bound=0.0)
    one_negative = np.abs(kernel(rng, rng.uniform(1, 2, 4)))
    one_negative[1, 1 + rng.integers(3)] *= -0.2
    yield case(ACTIVE, W_before=one_negative, constraint="non-negative", bound=0.0)
    # The mean length stays, the mean size does not; neither do sums by column, lengths of columns.
    two = np.column_stack([along(rng, [0.6])[:, 0], spread_out(rng, [1.4])[:, 0]])
    yield case(ACTIVE, W_before=two, constraint="unit norm", bound=1.0)
    W = rng.uniform(0.4, 1, (3, 5)) * [[1], [1], [0]]
    W[2] = -W.sum(axis=0)
    for wanted in (np.sqrt(squares), rng.uniform(1.5, 3, 5)):
        yield case(ACTIVE, W_before=W / lengths(W) * wanted, constraint="unit norm", bound=1.0)
    yield case(ACTIVE, W_before=kernel(rng, rng.uniform(1, 2, 4)), constraint="no signs", bound=0.0)
    # Neither the first column nor the last; by less than a thousandth; a few among thousands.
    middle = c * np.insert(rng.permutation(inside), 2, 1.3)
    yield case(ACTIVE, W_before=kernel(rng, middle), constraint="max-norm", bound=c)
    yield case(ACTIVE, W_before=kernel(rng, [1.0005 * c]), constraint="max-norm", bound=c)
    yield case(ACTIVE, W_before=kernel(rng, [2 * c]), constraint="max-norm", bound=c, idle_columns=2000)
    one = np.array([[1.0], [-rng.uniform(4, 6)], [1.0]])
    yield case(ACTIVE, W_before=one, constraint="non-negative", bound=0.0, idle_columns=2000)
    yield case(IDLE, W_before=kernel(rng, c * inside), constraint="max-norm", bound=c)
    yield case(IDLE, W_before=kernel(rng, np.ones(5)), constraint="unit norm", bound=1.0)
    yield case(IDLE, W_before=kernel(rng, c * (1 + inside)), constraint="min-max norm", bound=c)
    yield case(IDLE, W_before=np.abs(kernel(rng, rng.uniform(1, 2, 4))), constraint="non-negative", bound=0.0)


@is_active.driver
def drive(is_active, W_before, constraint, bound, idle_columns=0):
    """With more columns on both sides, which the constraint leaves."""
    idle = np.full((len(W_before), idle_columns // 2), (bound / 2 or 1.0) / np.sqrt(len(W_before)))
    return is_active(np.concatenate([idle, W_before, idle], axis=1), made(constraint, bound))


@is_active.mistakes
def mistakes(W_before, constraint):
    after = constraint(W_before)
    moves = after - W_before
    some = np.abs(moves) > 1e-6
    yield "to_the_last_bit", bool(np.any(moves != 0)), (
        "Constraints are called active that move entries by less than a millionth: the small number below "
        "the line does that. Leave room for rounding when you compare.")
    yield "only_if_all_move", bool(np.all(some)), (
        "You say False unless all entries move. One entry that is moved is enough.")
    yield "only_if_all_columns_move", bool(np.all(some.any(axis=0))), (
        "You say False unless every column moves. One column that is brought back is enough.")
    yield "by_the_frobenius_norm", not np.isclose(np.linalg.norm(after), np.linalg.norm(W_before)), (
        "You compare one length for the whole kernel. Where some columns grow and others shrink it can stay "
        "the same.")
    yield "by_the_mean_size", bool(abs(np.abs(after).mean() - np.abs(W_before).mean()) > 1e-6), (
        "You compare the mean size of all entries. Where some grow and others shrink it can stay the same.")
    yield "by_the_longest_column", bool(abs(lengths(after).max() - lengths(W_before).max()) > 1e-6), (
        "You compare the longest column before with the longest after. Another column may have moved.")
    yield "by_the_mean_length", bool(abs(lengths(after).mean() - lengths(W_before).mean()) > 1e-6), (
        "You compare the mean length of the columns. Where some grow and others shrink it can stay the same.")
    yield "by_the_columns", not np.allclose(lengths(after), lengths(W_before)), (
        "You compare the lengths of the columns. A constraint may move weights and leave those, as one does "
        "that turns negative weights round.")
    yield "by_sums_of_columns", not np.allclose(after.sum(axis=0), W_before.sum(axis=0)), (
        "You compare sums of columns, in which a move up and a move down can cancel.")
    yield "by_the_rows", not np.allclose(row_lengths(after), row_lengths(W_before)), (
        "You compare the lengths of the rows. Where some columns grow and others shrink, those can stay the "
        "same.")
    yield "moves_that_cancel", bool(abs(moves.mean()) > 1e-6), (
        "All entries, or all moves, are added up with their signs, so that a move up and a move down can "
        "cancel. Take the size of each move first.")
    yield "only_upwards", bool(moves.max() > 1e-6), (
        "You look for entries that rise. One that falls has moved, too.")
    yield "only_downwards", bool(moves.min() < -1e-6), (
        "You look for entries that fall. One that rises has moved, too.")
    yield "first_column_alone", bool(some[:, 0].any()), "You look at the first column only."
    yield "last_column_alone", bool(some[:, -1].any()), "You look at the last column only."
    yield "a_share_of_the_weights", bool(some.mean() > 0.01), (
        "A constraint that moves a few weights among thousands is not active for you. One that is moved is "
        "enough.")
    yield "first_row_alone", bool(some[0].any()), "You look at the first row only."
    yield "only_if_smaller", bool(np.linalg.norm(after) < np.linalg.norm(W_before) - 1e-5), (
        "You only count weights that get smaller. A constraint can also make them larger.")
    yield "only_if_larger", bool(np.linalg.norm(after) > np.linalg.norm(W_before) + 1e-5), (
        "You only count weights that get larger. Most constraints make some of them smaller.")
    yield "blind_to_small_moves", bool(np.any(np.abs(moves) > 0.1)), (
        "Moves of some hundredths do not count with you. Any threshold between 10⁻⁶ and 10⁻⁴ will do.")
    yield "blind_below_a_thousandth", bool(np.any(np.abs(moves) > 1e-3)), (
        "Moves of less than a thousandth do not count with you. Any threshold between 10⁻⁶ and 10⁻⁴ will do.")
    yield "upside_down", np.allclose(after, W_before), (
        "True and False are the wrong way round: a constraint that changes nothing is not active.")
    yield "always", True, (
        "You say True to every constraint. (Two arrays that hold the same numbers are still two objects: "
        "`is not` says nothing about them.)")
    yield "never", False, "You say False to every constraint."


@is_active.answers
def answers(W_before, constraint):
    after, narrow = constraint(W_before), np.float32(W_before)
    yield "largest_move", np.abs(after - W_before).max() > 1e-6
    yield "with_isclose", bool((~np.isclose(W_before, after)).any())
    yield "entry_by_entry", any(abs(a - b) > 1e-4 for a, b in zip(after.ravel(), W_before.ravel()))
    yield "by_relative_distance", np.linalg.norm(after - W_before) / np.linalg.norm(W_before) > 1e-4
    yield "as_an_array", np.array(np.linalg.norm(after - W_before) > 1e-5)
    yield "in_float32", not np.allclose(constraint(narrow), narrow, atol=1e-5)


is_active.small(
    "Columns (0, 0.2) and (0, 1.4), unit norm: both go to (0, 1), one up, one down, so it is active. The "
    "length of the whole, √(0.04 + 1.96) = √2, stays.",
    W_before=np.array([[0.0, 0.0], [0.2, 1.4]]), constraint="unit norm", bound=1.0)
is_active.small(
    "Columns (0.5, 0) and (1.5, 0), unit norm: one rises by 0.5, the other falls by 0.5, so it is active.",
    W_before=np.array([[0.5, 1.5], [0.0, 0.0]]), constraint="unit norm", bound=1.0)
is_active.small(
    "The column (0, 1.05), max-norm 1: it is brought back by 0.05, so the constraint is active.",
    W_before=np.array([[0.0], [1.05]]), constraint="max-norm", bound=1.0)
is_active.small(
    "Columns (2, -1) and (3, 4), no entry below 0: the -1 rises to 0, so it is active, though the longest "
    "column stays.",
    W_before=np.array([[2.0, 3.0], [-1.0, 4.0]]), constraint="non-negative", bound=0.0)
is_active.small(
    "The column (3, 4) of length 5, max-norm 6: it stays, but for less than a millionth, so the constraint "
    "is not active.",
    W_before=np.array([[3.0], [4.0]]), constraint="max-norm", bound=6.0)
is_active.small(
    "Columns (0, 1), (3, 4) and (-3, 4), max-norm 4: the last two have length 5 and are brought back to 4, "
    "so it is active, though the first stays.",
    W_before=np.array([[0.0, 3.0, -3.0], [1.0, 4.0, 4.0]]), constraint="max-norm", bound=4.0)

is_active.small(
    "The column (0.6, -0.8), every sign taken off: -0.8 becomes 0.8, so it is active. The length of the "
    "column, 1, stays.",
    W_before=np.array([[0.6], [-0.8]]), constraint="no signs", bound=0.0)
is_active.small(
    "The column (2, -2), unit norm: it becomes (0.71, -0.71), so it is active, though both have the sum 0.",
    W_before=np.array([[2.0], [-2.0]]), constraint="unit norm", bound=1.0)
is_active.small(
    "The column (0, 1.0005), max-norm 1: it is brought back by 0.0005, which is more than rounding: it is "
    "active.",
    W_before=np.array([[0.0], [1.0005]]), constraint="max-norm", bound=1.0)
is_active.small(
    "The column (0, 2), max-norm 1, among 2000 columns that are allowed as they are: one that is brought "
    "back is enough.",
    W_before=np.array([[0.0], [2.0]]), constraint="max-norm", bound=1.0, idle_columns=2000)

# 11.6 claim_check

FROBENIUS, LARGEST = "`frobenius_smaller`", "`largest_column_smaller`"
KEYS = {FROBENIUS: "frobenius_smaller", LARGEST: "largest_column_smaller"}

EQUAL = "equal lengths"

claim_check = Exercise(points=1, groups={FROBENIUS: 2, LARGEST: 2, EQUAL: 1})


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
    other_long = one_long[::-1]
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
            # Another column is the longest afterwards: shorter than the longest before, or longer.
            (spread_out(rng, 2 * one_long * lottery()), spread_out(rng, 1.7 * other_long * lottery())),
            (spread_out(rng, 2 * one_long * lottery()), spread_out(rng, 2.3 * other_long * lottery())),
            # Most columns and the shortest fall while the longest rises; the shortest alone rises.
            (along(rng, [1, 1, 1, 1, 0.9] * lottery()), along(rng, [0.85, 1.9, 0.85, 0.85, 0.7] * lottery())),
            (along(rng, [1.6, 1, 1, 1, 0.3] * lottery()), along(rng, [1.4, 0.8, 0.8, 0.8, 0.5] * lottery())),
            # Most columns rise while their median falls; the lengths spread while the longest falls.
            (along(rng, [1, 2, 3, 4, 5] * lottery()), along(rng, [1.2, 2.3, 2.5, 4.4, 4.5] * lottery())),
            (along(rng, level * lottery()), along(rng, 0.85 * one_long * lottery())),
        ]
        # A little shorter; longer by less than it is long.
        W = spread_out(rng, level * lottery())
        pairs += [(W, 0.995 * W), (W, 1.1 * W)]
        for i in rng.permutation(len(pairs)):
            yield case(group, W_before=pairs[i][0], W_after=pairs[i][1], _key=key)
    W = spread_out(rng, level * lottery())
    for after in rng.permutation([-W, 0.7 * W]):
        yield case(EQUAL, W_before=W, W_after=after, _key="")


@claim_check.driver
def drive(claim_check, W_before, W_after, _key):
    result = claim_check(W_before, W_after)
    keys = {"frobenius_smaller", "largest_column_smaller"}
    if not hasattr(result, "keys") or set(result.keys()) != keys:
        raise TypeError(f"claim_check should return a dictionary with the keys {' and '.join(sorted(keys))}")
    return {key: result[key] for key in ([_key] if _key else sorted(keys))}


def as_asked(frobenius, largest):
    """The dictionary that is asked for."""
    return {"frobenius_smaller": bool(frobenius), "largest_column_smaller": bool(largest)}


@claim_check.mistakes
def mistakes(W_before, W_after):
    falls = lambda size: np.all(size(W_after) < size(W_before))
    longest, each, sizes = (lambda W: lengths(W).max()), lengths, (lambda W: np.abs(W).sum(axis=0))
    frobenius, largest, stretch = falls(np.linalg.norm), falls(longest), lambda W: np.linalg.norm(W, 2)
    first, last = lengths(W_before).argmax(), lengths(W_after).argmax()
    yield "as_the_deck_says", as_asked(True, True), (
        "You say True to everything, as the deck takes for granted. Compute both lengths before and after, "
        "and look.")
    yield "never", as_asked(False, False), (
        "You say False to everything. Compute both lengths before and after, and look.")
    yield "frobenius_for_both", as_asked(frobenius, frobenius), (
        "Both answers come from the Frobenius norm. `largest_column_smaller` asks about the longest single "
        "column.")
    yield "largest_for_both", as_asked(largest, largest), (
        "Both answers come from the longest column. `frobenius_smaller` asks about all entries together.")
    yield "keys_swapped", as_asked(largest, frobenius), (
        "The two answers have changed places: each stands under the other's key.")
    yield "the_other_way_round", as_asked(falls(lambda W: -np.linalg.norm(W)), falls(lambda W: -longest(W))), (
        "Before and after have changed places: True means smaller afterwards.")
    yield "largest_row", as_asked(frobenius, falls(lambda W: row_lengths(W).max())), (
        "You look at the longest row. The weights into one unit are a column.")
    yield "largest_entry", as_asked(frobenius, falls(lambda W: np.abs(W).max())), (
        "You look at the largest single weight. A column is as long as all its weights together.")
    yield "mean_length", as_asked(frobenius, falls(lambda W: each(W).mean())), (
        "You compare the columns' mean length. The question is about the longest of them.")
    yield "median_length", as_asked(frobenius, falls(lambda W: np.median(each(W)))), (
        "You compare the median of the columns' lengths. The question is about the longest of them.")
    yield "most_columns", as_asked(frobenius, np.mean(each(W_after) < each(W_before)) > 0.5), (
        "You count the columns that got shorter. The question is about the longest before and the longest "
        "after.")
    yield "shortest_column", as_asked(frobenius, falls(lambda W: each(W).min())), (
        "You compare the shortest columns. The question is about the longest.")
    yield "every_column", as_asked(frobenius, falls(each)), (
        "You ask whether each column got shorter. The longest before and the longest after may be different "
        "columns; only their lengths are compared.")
    yield "any_column", as_asked(frobenius, np.any(each(W_after) < each(W_before))), (
        "You ask whether any column got shorter. The question is about the longest before and the longest "
        "after.")
    yield "the_longest_before", as_asked(frobenius, falls(lambda W: each(W)[0, first])), (
        "You look at the column that was the longest *before*, and whether it got shorter. Afterwards "
        "another one may be the longest.")
    yield "the_longest_after", as_asked(frobenius, falls(lambda W: each(W)[0, last])), (
        "You look at the column that is the longest *afterwards*, and whether it got shorter. Before, "
        "another one may have been the longest.")
    yield "first_column", as_asked(frobenius, falls(lambda W: each(W)[0, 0])), (
        "You compare the first columns. The question is about the longest.")
    yield "sum_of_sizes_of_a_column", as_asked(frobenius, falls(lambda W: sizes(W).max())), (
        "For a matrix `np.linalg.norm(W, 1)` is the largest sum of absolute values in a column. A length "
        "wants squares and a root.")
    yield "stretch_for_the_column", as_asked(frobenius, falls(stretch)), (
        "For a matrix `np.linalg.norm(W, 2)` is the largest stretch, not the longest column. Say `axis=0`.")
    yield "largest_stretch", as_asked(falls(stretch), largest), (
        "For a matrix `np.linalg.norm(W, 2)` is the largest stretch, not the Frobenius norm.")
    yield "sum_of_lengths", as_asked(falls(lambda W: each(W).sum()), largest), (
        "For the Frobenius norm you go by the sum or the mean of the columns' lengths. It is the root of the "
        "sum of their squares.")
    yield "sum_of_sizes", as_asked(falls(lambda W: np.abs(W).sum()), largest), (
        "For the Frobenius norm you add the sizes of all entries up. It is the root of the sum of their "
        "squares.")
    yield "every_weight", as_asked(np.all(np.abs(W_after) < np.abs(W_before)), largest), (
        "For the Frobenius norm you ask whether each single weight got smaller. Some may grow while all "
        "together get smaller.")
    not_above = lambda size: size(W_after) <= size(W_before)
    yield "equal_is_smaller", as_asked(not_above(np.linalg.norm), not_above(longest)), (
        "What is as long as before counts as smaller with you.")
    yield "length_of_the_change", as_asked(np.linalg.norm(W_after - W_before) < np.linalg.norm(W_before), largest), (
        "You compare the length of the *difference* with that of W_before. The question is about the length "
        "of W_after.")


@claim_check.right
def squares_without_roots(W_before, W_after):
    before, after = (np.sum(np.square(W), axis=0) for W in (W_before, W_after))
    return {"frobenius_smaller": after.sum() < before.sum(), "largest_column_smaller": after.max() < before.max()}


@claim_check.right
def in_loops(W_before, W_after):
    def both(W):
        columns = [sum(float(w) ** 2 for w in column) ** 0.5 for column in W.T]
        return sum(length**2 for length in columns) ** 0.5, max(columns)

    (all_before, most_before), (all_after, most_after) = both(W_before), both(W_after)
    return as_asked(all_after < all_before, most_after < most_before)


@claim_check.answers
def answers(W_before, W_after):
    frobenius = np.linalg.norm(W_after) < np.linalg.norm(W_before)
    largest = lengths(W_after).max() < lengths(W_before).max()
    narrow = [lengths(np.float32(W)) for W in (W_after, W_before)]
    yield "as_numbers", {"frobenius_smaller": int(frobenius), "largest_column_smaller": int(largest)}
    yield "as_arrays", {"largest_column_smaller": np.array(largest), "frobenius_smaller": np.array(frobenius)}
    yield "in_float32", as_asked(np.linalg.norm(narrow[0]) < np.linalg.norm(narrow[1]), narrow[0].max() < narrow[1].max())


claim_check.small(
    "Columns of lengths 2 and 1 before, 1 and 3 afterwards: the longest has grown from 2 to 3, although the "
    "one that was the longest got shorter, and the Frobenius norm has grown from √5 to √10.",
    W_before=np.array([[2.0, 1.0], [0.0, 0.0]]), W_after=np.array([[1.0, 0.0], [0.0, 3.0]]), _key="")
claim_check.small(
    "Only the signs change: both magnitudes are what they were, and not smaller.",
    W_before=np.array([[2.0, 0.0], [0.0, 1.0]]), W_after=np.array([[-2.0, 0.0], [0.0, -1.0]]), _key="")
claim_check.small(
    "Columns of lengths 2 and 0 before, 1.2 and 1.2 afterwards: √(1.2² + 1.2²) = 1.70 is less than 2, and "
    "so is 1.2.",
    W_before=np.array([[2.0, 0.0], [0.0, 0.0]]), W_after=np.array([[1.2, 0.0], [0.0, 1.2]]), _key="")
claim_check.small(
    "Columns of lengths 2 and 2 before, 2.5 and 0 afterwards: the longest has grown, but 2.5 is less than "
    "√(2² + 2²) = 2.83, so that the Frobenius norm has fallen.",
    W_before=np.array([[2.0, 0.0], [0.0, 2.0]]), W_after=np.array([[2.5, 0.0], [0.0, 0.0]]), _key="")
claim_check.small(
    "Columns of lengths 1, 5 and 0 before, 4.5, 4.33 and 1 afterwards: the longest has fallen from 5 to "
    "4.5. But √(4.5² + 4.33² + 1²) = 6.32 is more than √(1² + 5²) = 5.10: the Frobenius norm has grown.",
    W_before=np.array([[1.0, 3.0, 0.0], [0.0, 4.0, 0.0], [0.0, 0.0, 0.0]]), W_after=np.array([[4.5, 2.5, 0.0], [0.0, 2.5, 1.0], [0.0, 2.5, 0.0]]), _key="")

# The quiz

four_hundred = Question(
    "UnitNorm on a kernel with 400 units whose columns are between 0.05 and 3 long, most of them below 1. What "
    "becomes of the Frobenius norm and of the longest column?",
    wrong("Both become 1.", "That takes the whole kernel for one vector. The deck's example with one column allows "
          "it, the one with two columns does not."),
    right("The Frobenius norm becomes 20, the longest column 1.",
          "400 columns of length 1: √400 = 20, whatever the norm was before."),
    wrong("Both become smaller, since the constraint forces small weights.",
          "True of the longest column. Most columns are stretched, and whether the whole gets smaller depends on "
          "whether it was above 20."))

inactive = Question(
    "A network with dropout and max-norm 3 reaches 0.80, the one without both 0.77. Its longest column is 0.85. What "
    "did max-norm do?",
    right("Very probably nothing: no column is anywhere near the bound.",
          "If no column was ever longer than 3 on the way, which `is_active` tells in a few steps, the network is "
          "the one with dropout alone."),
    wrong("It kept the columns below 1.", "A bound of 3 does not pull towards any length; it acts above 3 only."),
    wrong("It gained some of the three points; a run with dropout alone is not needed.",
          "That is how an inactive constraint gets a good name. The comparison that counts is with dropout alone."))

at_rest = Question(
    "Under max-norm a unit's weights rest at length c, and the gradient there is not 0. When is this place also the "
    "minimum of the loss plus some λ‖w‖²?",
    wrong("Always: a constraint is a penalty.",
          "The argument used that the step is along the gradient. Adam's step at rest is along its signs."),
    right("If the gradient points straight along -w, as it does where plain gradient steps rest.",
          "Then λ = ‖gradient‖/(2c) makes the two terms cancel. Adam rests where the *signs* of the gradient point "
          "along -w."),
    wrong("Never: one is a rule and the other a price.",
          "They are different ways to choose, but plain steps rest where a penalty with a λ of this column's own "
          "would."))

biases = Question(
    "Why not put UnitNorm on a layer's biases as well?",
    wrong("Because Keras cannot.", "It can: `bias_constraint`."),
    right("A bias vector is one column for the whole layer: 500 units share one length, and their kinks are drawn to "
          "the origin.", "‖b‖ = 1 leaves each of 500 biases about 0.045, while the columns have length 1."),
    wrong("Because biases are part of the columns, and therefore constrained already.",
          "The column holds the weights from the inputs. The bias is free, and says where the unit has its kink."))
