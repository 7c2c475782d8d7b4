"""Exercises of lesson 07: clipping by value, by norm and by joint norm, and when it does anything at all."""

import math

import numpy as np

from autograder.authoring import UNCHANGED, Exercise, Question, case, draw_seed, right, wrong
from autograder.student.properties import parts

FINE = 2e-6  # a summand of 1e-6 below the line, against division by zero, is nobody's mistake


def signed(rng, low, high, shape):
    """Distinct sizes between low and high, with random signs."""
    return rng.uniform(low, high, shape) * rng.choice([-1, 1], shape)


def of_length(g, length):
    """The array, stretched to this length."""
    return g * (length / np.linalg.norm(g))


def bounded(g, c, size):
    """Divided by its size and multiplied by c, if the size is beyond c."""
    return g * (c / size) if size > c else g


def shortened(g, c):
    """Down to length c, if it is longer."""
    return bounded(g, c, np.linalg.norm(g))


def joint(grads):
    """The length of all gradients as one vector."""
    return math.sqrt(sum(float(np.sum(np.square(g))) for g in grads))


# 7.1 clip_by_value

LARGE, SMALL = "entries beyond c", "entries within c"

clip_by_value = Exercise(points=1, groups={LARGE: 2, SMALL: 1, UNCHANGED: 1})


@clip_by_value.cases
def cases(rng):
    c = rng.uniform(0.6, 1.4)
    mixed = np.array([1.5, -1.7, 0.4, -0.3, 2.1, -2.6]) * c * rng.uniform(0.9, 1.1, 6)
    yield case(LARGE, grads=[mixed.reshape(2, 3), signed(rng, 1.2, 3, 4) * c], c=c)
    # The whole part of this threshold is not 1.
    other = rng.uniform(2.2, 2.8)
    yield case(LARGE, grads=[rng.permutation(mixed) * (other / c)], c=other)
    yield case(SMALL, grads=[signed(rng, 0.1, 0.9, (3, 2)) * c, signed(rng, 0.1, 0.9, 2) * c], c=c)


@clip_by_value.mistakes(each="g in grads")
def mistakes(g, c):
    yield "upper_side_only", np.minimum(g, c), (
        "Large positive entries are cut, large negative ones are not. The threshold acts on both sides: "
        "what is below -c becomes -c.")
    yield "from_zero_to_c", np.clip(g, 0, c), "Negative entries have become 0. The range is from -c to c."
    yield "beyond_becomes_plus_c", np.where(np.abs(g) > c, c, g), (
        "A large negative entry becomes +c: its sign is lost, and the weight would move the wrong way.")
    yield "between_minus_one_and_one", np.clip(g, -1, 1), "Your bounds are -1 and 1 whatever `c` is."
    yield "what_is_beyond", g - np.clip(g, -c, c), "You return what is cut off. What is left was asked for."
    yield "lower_side_only", np.maximum(g, -c), "Large negative entries are cut, large positive ones are not."
    yield "sign_lost", np.minimum(np.abs(g), c), (
        "The signs are lost: a gradient of -5 should become -c, and one of -0.1 should stay.")
    yield "scaled_to_the_largest", g * min(1, c / np.abs(g).max()), (
        "You scale a whole array until its largest entry is c. By value, each entry is looked at on its "
        "own, and small ones stay what they are.")
    yield "by_norm", g * (c / np.linalg.norm(g)), (
        "This is clipping by norm; here each entry has a bound of its own.")
    yield "beyond_becomes_zero", np.where(np.abs(g) > c, 0, g), (
        "Entries beyond c become 0. They should stop at the threshold, not vanish.")
    yield "signs_times_c", c * np.sign(g), "All entries are ±c: small ones should pass as they are."


@clip_by_value.wrong("What you were given has changed: `out=g`, `g[...] =` and `grads[k] =` write into it.")
def in_place(grads, c):
    return [np.clip(g, -c, c, out=g) for g in grads]


@clip_by_value.answers(each="g in grads")
def answers(g, c):
    yield "with_np_clip", np.clip(g, -c, c)
    yield "with_minimum_and_maximum", np.maximum(-c, np.minimum(c, g))
    yield "with_where", np.where(g > c, c, np.where(g < -c, -c, g))
    yield "sign_and_size", np.sign(g) * np.minimum(np.abs(g), c)
    yield "entry_by_entry", np.array([max(-c, min(c, float(v))) for v in g.ravel()]).reshape(g.shape)
    yield "in_float32", np.float32(g).clip(-c, c)


@clip_by_value.right
def on_a_copy(grads, c):
    copies = tuple(g.copy() for g in grads)
    for g in copies:
        g[g > c] = c
        g[g < -c] = -c
    return copies


clip_by_value.small(
    "With c = 2 the entries 3, -4 and 0.5 become 2, -2 and 0.5: each for itself.",
    grads=[np.array([3.0, -4.0, 0.5])], c=2.0)

# 7.2 clip_by_norm

LONG, SHORT, ZERO = "longer than c", "not longer than c", "the zero gradient"

clip_by_norm = Exercise(points=2, groups={LONG: 4, SHORT: 2, ZERO: 1, UNCHANGED: 1}, rtol=FINE)


@clip_by_norm.cases
def cases(rng):
    # In the second no entry, row or column is longer than c by itself, in the others some of each are.
    for shape, times in [((4,), (3, 4)), ((3, 5), (1.2, 1.4)), ((4, 3), (4, 5))]:
        c = rng.uniform(1.5, 4)
        yield case(LONG, g=of_length(signed(rng, 0.5, 2, shape), c * rng.uniform(*times)), c=c)
    for shape in [(5,), (4, 2)]:
        c = rng.uniform(1.5, 4)
        yield case(SHORT, g=of_length(signed(rng, 0.5, 2, shape), c * rng.uniform(0.6, 0.9)), c=c)
    yield case(ZERO, g=np.zeros((2, 3)), c=rng.uniform(0.5, 2))


@clip_by_norm.mistakes
def mistakes(g, c):
    norm, squares = np.linalg.norm(g), np.sum(g**2)
    yield "by_the_sum_of_squares", g * (c / squares) if norm > c else g, (
        "You divide by the sum of the squares. That is the square of the length: how long is what you "
        "return?")
    yield "sum_of_squares_throughout", bounded(g, c, squares), (
        "You scale by c over the sum of the squares whenever that sum is above c: the square of the length "
        "is taken for the length.")
    yield "always_rescaled", g * (c / norm) if norm else g, (
        "Short gradients come back longer than they were. The threshold is an upper bound, not a length to "
        "be reached.")
    with np.errstate(all="ignore"):
        yield "zero_over_zero", g / norm * min(norm, c), (
            "A gradient of zero becomes nan: 0 divided by 0. At a minimum, or for a dead unit, that is a "
            "gradient you will meet.")
        yield "rescaled_whatever_it_is", g * (c / norm), (
            "Short gradients come back longer, and a gradient of zero becomes nan. First ask whether there "
            "is anything to do.")
    yield "condition_turned_round", g * (c / norm) if 0 < norm < c else g, (
        "You leave alone what is longer than c, and stretch what is shorter: the condition stands the wrong "
        "way round.")
    yield "largest_entry", bounded(g, c, np.abs(g).max()), "You take the largest entry for the length."
    yield "sum_of_sizes", bounded(g, c, np.abs(g).sum()), (
        "You take the sum of the absolute values for the length.")
    rows = np.linalg.norm(g, axis=-1, keepdims=True)
    columns = np.linalg.norm(g, axis=0, keepdims=True)
    yield "row_by_row", g * np.minimum(1, c / np.maximum(rows, 1e-12)), (
        "Vectors are right; of a matrix you clip each row by itself. The entries of one array are one "
        "vector here, whatever its shape.")
    yield "largest_stretch", bounded(g, c, np.linalg.norm(g, 2)), (
        "Vectors are right, matrices aren't: for a matrix `np.linalg.norm(g, 2)` is the largest stretch, "
        "not the length of all entries.")
    yield "any_entry_beyond", g * (c / norm) if np.any(np.abs(g) > c) else g, (
        "You scale only where some entry by itself is beyond c. What counts is the length of all together.")
    yield "longest_column", bounded(g, c, columns.max()), (
        "You take the longest column (of a vector, the largest entry) for the length.")
    yield "down_to_one", g / norm if norm > c else g, (
        "Long gradients come back with length 1: where has c gone?")
    yield "by_value", np.clip(g, -c, c), (
        "This is clipping by value: each entry is brought into [-c, c], and the direction changes.")
    yield "root_mean_square", bounded(g, c, np.sqrt(np.mean(g**2))), (
        "You take the root of the *mean* of the squares for the length. A vector of n entries is longer "
        "than that by √n.")
    yield "column_by_column", g * np.minimum(1, c / np.maximum(columns, 1e-12)), (
        "You clip each column by itself (of a vector, each entry). The entries of one array are one vector "
        "here, whatever its shape.")
    yield "times_c", g * c if norm > c else g, (
        "Long gradients come back c times as long: divide by the length first.")
    yield "divided_by_c", g / c if norm > c else g, (
        "You divide by c. To bring a gradient to length c, divide by its own length and multiply by c.")


@clip_by_norm.wrong("The array you were given has changed: `g *=`, `g /=` and `g[...] =` write into it.")
def in_place(g, c):
    norm = np.linalg.norm(g)
    if norm > c:
        g *= c / norm
    return g


@clip_by_norm.answers
def answers(g, c):
    norm = math.sqrt(np.sum(np.square(g)))
    yield "with_hypot", g * min(1, c / (math.hypot(*np.ravel(g)) or 1))
    yield "with_if", c * g / norm if norm >= c else g
    yield "divided_by_the_larger", g * c / max(np.linalg.norm(g), c)
    yield "with_a_little_below_the_line", g * min(1.0, c / (norm + 1e-6))
    yield "infinite_scale", g * np.minimum(1, c / np.linalg.norm(g))
    yield "in_a_loop", np.array([v * c / norm if norm > c else v for v in g.ravel()]).reshape(g.shape)
    yield "in_float32", np.float32(g) * np.float32(c / max(c, np.linalg.norm(np.float32(g))))
    yield "as_a_list", shortened(g, c).tolist()
    flat = np.ravel(g)
    yield "through_ravel", (flat * min(1, c / (math.sqrt(flat @ flat) or c))).reshape(np.shape(g))


clip_by_norm.small(
    "The squares of all entries, 1, 4 and 4, add up to 9: the length is 3. To bring it down to 2, multiply "
    "every entry by 2/3. (With c = 4 nothing would happen, and an array of zeros stays what it is.)",
    g=np.array([[1.0, 2.0], [2.0, 0.0]]), c=2.0)
clip_by_norm.small(
    "The length is 3, below c = 4: nothing happens.",
    g=np.array([[1.0, 2.0], [2.0, 0.0]]), c=4.0)
clip_by_norm.small("An array of zeros has the length 0, and stays what it is.", g=np.zeros(2), c=1.0)

# 7.3 clip_by_global_norm

GRADS, NORM = "the clipped gradients", "the joint norm"
JOINTLY_LONG, JOINTLY_SHORT = "jointly longer than c", "jointly not longer than c"

clip_by_global_norm = Exercise(
    points=2,
    returns=(GRADS, NORM),
    groups={NORM: 2, JOINTLY_LONG: 4, JOINTLY_SHORT: 1, UNCHANGED: 1},
    rtol=FINE,
    builds_on=("clip_by_norm",),
)


def layers(rng, length):
    """A kernel and a bias of each of two layers, of unlike lengths, with this joint length."""
    grads = [signed(rng, 0.5, 2, shape) for shape in [(3, 4), (4,), (4, 2), (2,)]]
    grads = [of_length(g, part) for g, part in zip(grads, rng.permutation([1.0, 1.4, 2.0, 2.8]), strict=True)]
    scale = length / joint(grads)
    return [g * scale for g in grads]


@clip_by_global_norm.cases
def cases(rng):
    c = rng.uniform(1.5, 4)
    yield case(NORM, grads=layers(rng, rng.uniform(1.5, 3) * c), c=c)
    yield case(NORM, grads=layers(rng, rng.uniform(0.5, 0.9) * c), c=c)
    # Some tensor is longer than c by itself, another is not.
    yield case(JOINTLY_LONG, part=GRADS, grads=layers(rng, rng.uniform(2.3, 3) * c), c=c)
    # None is, and yet all together are.
    yield case(JOINTLY_LONG, part=GRADS, grads=layers(rng, rng.uniform(1.1, 1.25) * c), c=c)
    yield case(JOINTLY_SHORT, part=GRADS, grads=layers(rng, rng.uniform(0.75, 0.9) * c), c=c)
    yield case(JOINTLY_SHORT, part=GRADS, grads=[np.zeros((2, 3)), np.zeros(3)], c=c)


def scaled(grads, c, norm):
    """All by one factor, as for gradients of this norm."""
    return [g * min(1, c / max(norm, 1e-12)) for g in grads]


@clip_by_global_norm.mistakes
def mistakes(grads, c):
    norm, lengths = joint(grads), [np.linalg.norm(g) for g in grads]
    yield "each_by_itself", ([shortened(g, c) for g in grads], norm), (
        "Each array is clipped by itself: that is Keras' `clipnorm`. Compare the ratio of two arrays' lengths "
        "before and after.")
    yield "sum_of_norms", (scaled(grads, c, sum(lengths)), sum(lengths)), (
        "You add up the lengths. Two arrays at right angles, of lengths 3 and 4, make a vector of length 5.")
    kernels = joint([g for g in grads if np.ndim(g) > 1])
    yield "kernels_only", (scaled(grads, c, kernels), kernels), "The biases are missing from your norm."
    yield "norm_afterwards", (scaled(grads, c, norm), min(norm, c)), (
        "The norm you return is that of the clipped gradients. The one before clipping is what tells "
        "whether clipping acted.")
    yield "without_the_root", (scaled(grads, c, norm**2), norm**2), (
        "Your norm is a sum of squares: the root is missing.")
    yield "longest_array", (scaled(grads, c, max(lengths)), max(lengths)), (
        "You use the length of the longest array; all arrays together are one vector.")
    with np.errstate(all="ignore"):
        yield "always_rescaled", ([g * (np.float64(c) / norm) for g in grads], norm), (
            "Gradients whose joint length is below c are stretched, or become nan where it is 0: a bound "
            "does not stretch.")
    yield "by_value", ([np.clip(g, -c, c) for g in grads], norm), (
        "Every entry is brought into [-c, c]. All arrays are to be scaled by one number.")
    yield "untouched", (grads, norm), "The gradients come back as long as they were."
    yield "the_scale_for_the_norm", (scaled(grads, c, norm), min(1, c / max(norm, 1e-12))), (
        "In the place of the norm stands a factor to scale by.")
    yield "the_norm_first", (norm, scaled(grads, c, norm)), (
        "The pair is the wrong way round: first the clipped gradients, then the norm.")
    yield "only_the_long_arrays", ([g * min(1, c / max(norm, 1e-12)) if np.linalg.norm(g) > c else g for g in grads], norm), (
        "You scale only those arrays that are longer than c by themselves. What counts is the joint length; "
        "then all are scaled.")
    yield "one_long_vector", (shortened(np.concatenate([np.ravel(g) for g in grads]), c), norm), (
        "All gradients come back as one long vector. Each should keep its shape.")


@clip_by_global_norm.wrong("What you were given has changed: `g *=`, `g[...] =` and `grads[k] =` write into it.")
def in_place(grads, c):
    norm = joint(grads)
    for g in grads:
        g *= min(1, c / max(norm, 1e-12))
    return grads, norm


@clip_by_global_norm.answers
def answers(grads, c):
    norm = np.linalg.norm([np.linalg.norm(g) for g in grads])
    yield "one_scale", ([g * (c / norm if norm > c else 1) for g in grads], norm)
    yield "norm_of_norms", (tuple(g / max(1, norm / c) for g in grads), float(norm))
    flat = np.concatenate([g.ravel() for g in grads])
    cuts = np.split(flat * min(1, c / (np.linalg.norm(flat) + 1e-6)), np.cumsum([g.size for g in grads])[:-1])
    yield "through_one_vector", ([cut.reshape(g.shape) for cut, g in zip(cuts, grads, strict=True)], norm)
    narrow = [np.float32(g) for g in grads]
    length = np.sqrt(sum(np.sum(g * g) for g in narrow))
    yield "in_float32", ([g * np.float32(c / max(length, c)) for g in narrow], length)


@clip_by_global_norm.right
def on_copies(grads, c):
    copies, norm = [g.copy() for g in grads], joint(grads)
    for g in copies:
        if norm > c:
            g *= c / norm
    return copies, norm


clip_by_global_norm.small(
    "The lengths are 3 and 4, the joint length is 5. With c = 3.5 both arrays are multiplied by 0.7, also "
    "the one that is shorter than 3.5 by itself.",
    grads=[np.array([3.0]), np.array([0.0, 4.0])], c=3.5)
clip_by_global_norm.small(
    "The joint length is 5, below c = 10: nothing happens to either array.",
    grads=[np.array([3.0]), np.array([0.0, 4.0])], c=10.0)

# 7.4 clip_norm_then_value

BOTH, NORM_ACTS, VALUE_ACTS = "both act", "only the norm acts", "only the values act"

clip_norm_then_value = Exercise(
    points=2,
    groups={BOTH: 3, NORM_ACTS: 2, VALUE_ACTS: 2, UNCHANGED: 1},
    rtol=FINE,
    builds_on=("clip_by_value", "clip_by_norm"),
)


@clip_norm_then_value.cases
def cases(rng):
    cn = rng.uniform(1.5, 2.6)  # the squares of what is short then add up to less than cn, on every draw
    lopsided = [
        signed(rng, 0.9, 1.1, 5) * np.array([0.2, 2, 0.5, 1, 3]),
        signed(rng, 0.9, 1.1, (2, 3)) * np.array([[0.3, 3, 0.6], [2, 0.2, 1]]),
    ]
    long = [of_length(lopsided[0], 4 * cn), of_length(lopsided[1], 2.5 * cn)]
    yield case(BOTH, grads=long, cn=cn, cv=0.4 * cn)
    yield case(BOTH, grads=long[::-1], cn=0.8 * cn, cv=0.3 * cn)
    yield case(NORM_ACTS, grads=[long[0], of_length(lopsided[1], 1.5 * cn)], cn=cn, cv=rng.uniform(8, 9) * cn)
    short = [of_length(lopsided[0], 0.5 * cn), of_length(lopsided[1], 0.6 * cn)]
    yield case(VALUE_ACTS, grads=short, cn=cn, cv=0.2 * cn)


@clip_norm_then_value.mistakes(each="g in grads")
def mistakes(g, cn, cv):
    yield "value_first", shortened(np.clip(g, -cv, cv), cn), (
        "You clip by value first. The norm comes first: then the values act on what it leaves.")
    yield "norm_alone", shortened(g, cn), (
        "The norm is clipped, the values aren't: some entry is still beyond cv.")
    yield "value_alone", np.clip(g, -cv, cv), (
        "The values are clipped, but no array has been shortened before that.")
    yield "thresholds_swapped", np.clip(shortened(g, cv), -cn, cn), (
        "The two thresholds have changed roles: cn bounds the length, cv the entries.")
    yield "one_or_the_other", shortened(g, cn) if np.linalg.norm(g) > cn else np.clip(g, -cv, cv), (
        "An array that is shortened does not have its values clipped afterwards. The second step acts on "
        "all of them.")
    yield "upper_side_only", np.minimum(shortened(g, cn), cv), (
        "After the norm, large negative entries are left: the second step acts on both sides.")
    yield "from_zero", np.clip(shortened(g, cn), 0, cv), (
        "Negative entries have become 0: the range is [-cv, cv].")
    yield "by_the_sum_of_squares", np.clip(g * min(1, cn / np.sum(g**2)), -cv, cv), (
        "In the first step you divide by the sum of the squares, which is the square of the length.")
    yield "beyond_becomes_zero", np.where(np.abs(shortened(g, cn)) > cv, 0, shortened(g, cn)), (
        "Entries beyond cv become 0. They should stop at cv.")
    yield "always_rescaled", np.clip(of_length(g, cn), -cv, cv), (
        "Arrays that are short already are stretched to length cn before their values are clipped.")


@clip_norm_then_value.wrong(
    "You shorten all arrays together. Here each array has its own norm, as in Keras' `clipnorm`.")
def joint_norm(grads, cn, cv):
    scale = min(1, cn / joint(grads))
    return [np.clip(g * scale, -cv, cv) for g in grads]


@clip_norm_then_value.wrong("What you were given has changed: `g *=`, `out=g` and `grads[k] =` write into it.")
def in_place(grads, cn, cv):
    for g in grads:
        g *= min(1, cn / np.linalg.norm(g))
        np.clip(g, -cv, cv, out=g)
    return grads


@clip_norm_then_value.answers(each="g in grads")
def answers(g, cn, cv):
    norm = np.sqrt((g**2).sum())
    yield "in_two_steps", np.clip(g * cn / max(cn, np.linalg.norm(g)), -cv, cv)
    yield "in_float32", shortened(np.float32(g), cn).clip(-cv, cv)
    yield "with_a_little_below_the_line", np.clip(g * min(1, cn / (norm + 1e-6)), -cv, cv)


@clip_norm_then_value.right
def in_one_loop(grads, cn, cv):
    clipped = []
    for g in grads:
        norm = np.sqrt((g**2).sum())
        g = g * (cn / norm) if norm > cn else g
        clipped.append(np.minimum(np.maximum(g, -cv), cv))
    return tuple(clipped)


clip_norm_then_value.small(
    "(6, -8) has the length 10; brought down to 1 it is (0.6, -0.8). Then -0.8 is cut to -0.7. The other "
    "way round both entries would end as large as one another. (0.3, 0.4) is short enough, and has small "
    "entries.",
    grads=[np.array([6.0, -8.0]), np.array([0.3, 0.4])], cn=1.0, cv=0.7)

# 7.5 direction_kept

direction_kept = Exercise(
    points=1,
    groups={"by value": 2, "by norm": 1, UNCHANGED: 1},
    rtol=FINE,
    builds_on=("clip_by_value", "clip_by_norm"),
)


@direction_kept.cases
def cases(rng):
    g = signed(rng, 0.9, 1.1, 5) * rng.permutation([0.2, 0.6, 1.1, 2.0, 4.0])
    yield case("by value", g=g, c=rng.uniform(0.7, 1.0), mode="value")
    matrix = signed(rng, 0.9, 1.1, (2, 3)) * np.array([[0.3, 3, 0.6], [2, 0.2, 1]])
    yield case("by value", g=matrix, c=rng.uniform(1.2, 1.6), mode="value")
    yield case("by norm", g=rng.permutation(g), c=rng.uniform(0.7, 1.5), mode="norm")
    yield case("by norm", g=matrix * rng.uniform(1.5, 2), c=rng.uniform(1.2, 1.6), mode="norm")


def clipped(g, c, mode):
    return np.clip(g, -c, c) if mode == "value" else shortened(g, c)


def cosine(a, b):
    return float(np.sum(a * b) / (np.linalg.norm(a) * np.linalg.norm(b)))


@direction_kept.mistakes
def mistakes(g, c, mode):
    new = clipped(g, c, mode)
    yield "angle", np.arccos(min(1.0, cosine(new, g))), (
        "This is the angle. Its cosine is asked for: 1 for the same direction.")
    yield "degrees", np.degrees(np.arccos(min(1.0, cosine(new, g)))), (
        "This is the angle in degrees. Its cosine is asked for: 1 for the same direction.")
    yield "scalar_product", np.sum(g * new), (
        "This is the scalar product, which grows with the lengths. A cosine lies between -1 and 1: divide "
        "by what?")
    yield "one_length_squared", np.sum(g * new) / np.sum(g**2), (
        "You divide by the square of one length. Each of the two vectors has its own.")
    yield "ratio_of_lengths", np.linalg.norm(new) / np.linalg.norm(g), (
        "This is the ratio of the two lengths; it says nothing about direction.")
    yield "always_one", 1.0, (
        "By value, too, you find that the direction is kept. Take (3, 0.1) with c = 1, and draw both "
        "vectors.")
    yield "cosine_distance", 1 - cosine(new, g), (
        "This is 1 minus the cosine, a distance: 0 for the same direction.")
    yield "signs_only", cosine(np.sign(g), g) if mode == "value" else 1.0, (
        "You take the signs for what is left by value. That is so only where every entry is beyond c.")
    yield "squared", cosine(new, g) ** 2, "This is the square of the cosine."
    yield "by_value_throughout", cosine(np.clip(g, -c, c), g), (
        "`mode` is not used: you clip by value throughout.")
    yield "upper_side_only", cosine(np.minimum(g, c), g) if mode == "value" else 1.0, (
        "By value you cut the large positive entries only.")
    yield "correlation", np.corrcoef(np.ravel(g), np.ravel(new))[0, 1], (
        "This is the correlation: it takes the means off first. The cosine does not.")
    yield "modes_swapped", cosine(clipped(g, c, "norm" if mode == "value" else "value"), g), (
        "The two modes have changed places.")


@direction_kept.wrong("The array you were given has changed: `out=g`, `g *=` and `g[...] =` write into it.")
def in_place(g, c, mode):
    before = g.copy()
    g[...] = clipped(g, c, mode)
    return cosine(before, g)


@direction_kept.answers
def answers(g, c, mode):
    a, b = np.ravel(g), np.ravel(clipped(g, c, mode))
    yield "of_flat_vectors", a @ b / np.sqrt((a @ a) * (b @ b))
    yield "of_unit_vectors", np.vdot(of_length(a, 1), of_length(b, 1))
    yield "knows_the_answer_by_norm", cosine(np.clip(g, -c, c), g) if mode == "value" else 1.0
    yield "with_a_little_below_the_line", a @ b / (np.linalg.norm(a) * np.linalg.norm(b) + 1e-9)
    yield "in_float32", np.float32(cosine(clipped(np.float32(g), c, mode), np.float32(g)))


direction_kept.small(
    "With c = 4, (-12, 4, 3) becomes (-4, 4, 3). The scalar product of the two is 73, their lengths are 13 "
    "and √41: the cosine is 73 / (13 √41).",
    g=np.array([-12.0, 4.0, 3.0]), c=4.0, mode="value")
direction_kept.small(
    "Clipped by norm, (-12, 4, 3) keeps its direction and becomes shorter: the cosine is 1.",
    g=np.array([-12.0, 4.0, 3.0]), c=4.0, mode="norm")

# 7.6 first_nonfinite

SOME, NONE = "a number that is not finite", "all numbers finite"

first_nonfinite = Exercise(points=1, groups={SOME: 2, NONE: 1})


@first_nonfinite.cases
def cases(rng):
    for bad in (["nan"], ["inf", "nan"], ["-inf", "nan", "nan"], ["nan", "inf"], ["inf"], ["-inf"]):
        before = int(rng.integers(2, 7))
        numbers = rng.uniform(-3, 9, before + len(bad) + int(rng.integers(1, 4)))
        numbers[before : before + len(bad)] = [float(word) for word in bad]
        yield case(SOME, history=[float(number) for number in numbers])
    yield case(SOME, history=np.append(np.nan, rng.uniform(1, 2, 3)))
    yield case(NONE, history=rng.uniform(-2, 2, 6))
    yield case(NONE, history=[float(number) for number in 10 ** rng.uniform(20, 30, 4)])


def first_of(bad, none=None):
    """The first position that is True."""
    hits = np.flatnonzero(bad)
    return int(hits[0]) if len(hits) else none


@first_nonfinite.mistakes
def mistakes(history):
    bad = ~np.isfinite(history)
    yield "argmax_alone", int(np.argmax(bad)), (
        "Where all is finite you return 0, which is also the first step. What does `np.argmax` give where "
        "nothing is True?")
    yield "nan_only", first_of(np.isnan(history)), (
        "You find nan only. Before a number becomes nan it is often inf, or -inf, for a step.")
    yield "infinities_only", first_of(np.isinf(history)), (
        "You find infinities only. nan is not finite either, and a comparison with it is never True, not "
        "even `nan == nan`.")
    yield "without_minus_infinity", first_of(bad & ~np.isneginf(history)), "-inf slips through."
    yield "counted_from_one", first_of(bad) + 1 if bad.any() else None, (
        "One too many: steps are counted from 0.")
    yield "last_finite_step", first_of(bad) - 1 if bad.any() else None, (
        "This is the last finite step, one before the one asked for.")
    yield "last_hit", int(np.flatnonzero(bad)[-1]) if bad.any() else None, (
        "This is the last such step, not the first.")
    yield "none_for_zero", first_of(bad) or None, (
        "Where the very first number is not finite you return None. Is step 0 looked at, and does a 0 count "
        "as false somewhere?")
    yield "how_many", int(bad.sum()) if bad.any() else None, (
        "This is how many numbers are not finite; the place of the first was asked for.")
    yield "how_many_are_finite", int((~bad).sum()) if bad.any() else None, (
        "This is how many numbers are finite. That is the place of the first bad one only if none comes "
        "after it that is finite again.")
    yield "beyond_a_bound", first_of(np.asarray(history) > 1e10), (
        "You compare with a bound. nan is not larger than anything, -inf neither, and a large number is "
        "still finite.")
    yield "minus_one_for_none", first_of(bad, none=-1), (
        "Where all is finite you return -1; None is asked for, which can't be mistaken for an index.")
    yield "length_for_none", first_of(bad, none=len(history)), (
        "Where all is finite you return how many steps there are; None is asked for.")


@first_nonfinite.answers
def answers(history):
    yield "with_next", next((k for k, v in enumerate(history) if not math.isfinite(v)), None)
    bad = np.isnan(history) | np.isinf(history)
    yield "with_flatnonzero", np.flatnonzero(bad)[0] if bad.any() else None
    yield "with_argmax", np.argmax(bad) if bad.any() else None


@first_nonfinite.right
def with_a_loop(history):
    for step, value in enumerate(history):
        if not np.isfinite(value):
            return step
    return None


@first_nonfinite.right
def by_subtraction(history):
    """x - x is 0 for finite numbers, nan for all others."""
    with np.errstate(invalid="ignore"):
        still = np.asarray(history) - np.asarray(history) == 0
    return None if still.all() else int(np.argmin(still))


first_nonfinite.small(
    "Step 0 is 355, step 1 is -1.8e6; step 2 is beyond every number.",
    history=[355.0, -1.8e6, -float("inf"), float("nan")])
first_nonfinite.small("nan is not finite either: step 1.", history=[3.0, float("nan"), float("inf"), 2.0])
first_nonfinite.small("The very first step: 0 is a place like any other.", history=[float("nan"), 2.0])
first_nonfinite.small("All three are numbers, however large: there is no such step.", history=[1e30, -2.0, 3.0])

# 7.7 train_regression

PLAIN, NORMS, CLIPPED = "without clipping", "norms before clipping", "with clipping"
LOSSES, WEIGHTS = "the losses", "the model's parameters afterwards"

train_regression = Exercise(
    points=2,
    returns=(LOSSES, NORMS, WEIGHTS),
    groups={PLAIN: 1, NORMS: 1, CLIPPED: 2},
    rtol=FINE,
    builds_on=("clip_by_value", "clip_by_norm", "clip_by_global_norm"),
)


@train_regression.cases
def cases(rng):
    yield case(PLAIN, part=(LOSSES, WEIGHTS), **problem(rng, steps=7), clip=None)
    # With targets far from 0 the longest gradient is that of the last bias, otherwise that of a kernel.
    for mode, c, offset in [("global_norm", 0.6, 0), ("value", 0.2, 20)]:
        yield case(NORMS, **problem(rng, steps=1, offset=offset), clip=[mode, c * rng.uniform(0.8, 1.2)])
    for mode, c in [("value", 0.25), ("norm", 0.6), ("global_norm", 0.8)]:
        clip = [mode, c * rng.uniform(0.8, 1.2)]
        yield case(CLIPPED, part=(LOSSES, WEIGHTS), **problem(rng, steps=7), clip=clip)


def problem(rng, steps, offset=0):
    """Eleven samples in batches of four: three to an epoch, the last one smaller."""
    X = rng.normal(size=(11, 3))
    y = 4 * X[:, 0] - 3 * X[:, 1] + rng.uniform(1, 2) + rng.normal(size=11) + offset
    setting = {"lr": rng.uniform(0.03, 0.06), "momentum": rng.uniform(0.5, 0.8), "steps": steps, "batch": 4}
    return {"X": X, "y": y, **setting, "_seed": draw_seed(rng)}


@train_regression.driver
def drive(train_regression, X, y, lr, momentum, steps, batch, clip, _seed):
    from nnlab import MLP

    model = MLP([X.shape[1], 4, 1], ["tanh", "linear"], seed=_seed, dtype=np.float64)
    clip = clip if clip is None else tuple(clip)
    rng = np.random.default_rng(_seed)
    result = train_regression(model, X, y, lr, momentum, steps, batch, clip, rng)
    losses, norms = parts(result, "the losses", "the gradient norms")
    return losses, norms, np.concatenate([np.ravel(p) for p in model.params])


def modes(grads, clip):
    """The gradients, clipped."""
    mode, c = clip or ("value", np.inf)
    if mode == "value":
        return [np.clip(g, -c, c) for g in grads]
    if mode == "norm":
        return [shortened(g, c) for g in grads]
    return [g * min(1, c / joint(grads)) for g in grads]


def batches(m, steps, batch, rng, redraw=True, smaller=True):
    """The rows of every step."""
    rows = []
    order = rng.permutation(m)
    while len(rows) < steps:
        rows += [order[k : k + batch] for k in range(0, m, batch) if smaller or k + batch <= m]
        order = rng.permutation(m) if redraw else order
    return rows[:steps]


def heavy_ball(model, velocity, grads, lr, momentum):
    for p, v, g in zip(model.params, velocity, grads, strict=True):
        v *= momentum
        v -= lr * g
        p += v


def nesterov(model, velocity, grads, lr, momentum):
    for p, v, g in zip(model.params, velocity, grads, strict=True):
        v *= momentum
        v -= lr * g
        p += momentum * v - lr * g


def run(model, X, y, lr, momentum, rows, clip, norm=joint, move=heavy_ball):
    losses, norms, velocity = [], [], [np.zeros_like(p) for p in model.params]
    for now in rows:
        losses.append(model.loss(X[now], y[now], "mse"))
        grads = model.grads(X[now], y[now], "mse")
        norms.append(norm(grads))
        move(model, velocity, modes(grads, clip), lr, momentum)
    return losses, norms


@train_regression.mistakes
def mistakes(model, X, y, lr, momentum, steps, batch, clip, rng):
    def trained(lr=lr, momentum=momentum, clip=clip, norm=joint, move=heavy_ball, **order):
        return run(model, X, y, lr, momentum, batches(len(X), steps, batch, rng, **order), clip, norm, move)

    yield "clips_after_the_step", trained(clip=None), (
        "The model moves as if there were no clipping. Is the clipped gradient the one that the step uses?")
    yield "norms_afterwards", trained(norm=lambda grads: joint(modes(grads, clip))), (
        "The norms you return are those after clipping. Only the norm before it tells whether clipping "
        "acted.")
    yield "norms_of_the_kernels", trained(norm=lambda grads: joint(grads[::2])), (
        "The norm of the kernels alone: the biases have gradients, too.")
    yield "sum_of_norms", trained(norm=lambda grads: sum(np.linalg.norm(g) for g in grads)), (
        "You add up the norms of the arrays. The joint norm is asked for.")
    yield "without_momentum", trained(momentum=0.0), "There is no momentum in your steps."
    one_mode = lambda mode: None if clip is None else (mode, clip[1])
    yield "always_by_value", trained(clip=one_mode("value")), (
        "You clip by value whatever `clip` says. Its first entry is the way, its second the threshold.")
    yield "always_by_norm", trained(clip=one_mode("norm")), (
        "You clip each array by its norm whatever `clip` says. Its first entry is the way, its second the "
        "threshold.")
    yield "always_jointly", trained(clip=one_mode("global_norm")), (
        "You clip by the joint norm whatever `clip` says. Its first entry is the way, its second the "
        "threshold.")
    yield "norm_squared", trained(norm=lambda grads: joint(grads) ** 2), (
        "The root is missing from the norms you return.")
    yield "longest_array", trained(norm=lambda grads: max(np.linalg.norm(g) for g in grads)), (
        "You return the norm of the longest array. The joint norm is asked for.")
    with_replacement = (rng.integers(0, len(X), batch) for _ in range(steps))
    yield "with_replacement", run(model, X, y, lr, momentum, with_replacement, clip), (
        "Your batches are drawn with replacement. An epoch goes through all samples once, in the order of a "
        "permutation.")
    in_order = [np.arange(len(X))[k : k + batch] for k in range(0, len(X), batch)] * steps
    yield "not_shuffled", run(model, X, y, lr, momentum, in_order[:steps], clip), (
        "The samples come in the order in which they stand. Draw a permutation for each epoch.")
    yield "looks_ahead", trained(move=nesterov), (
        "This is Nesterov's momentum, which looks one step ahead. Plain momentum was asked for: w ← w + v.")
    anew = (rng.permutation(len(X))[:batch] for _ in range(steps))
    yield "new_order_at_every_step", run(model, X, y, lr, momentum, anew, clip), (
        "Each step draws its own permutation, so that some samples are seen twice in an epoch and others "
        "not at all.")
    yield "same_order_in_every_epoch", trained(redraw=False), (
        "All epochs use the same order. Draw a permutation for each.")
    yield "drops_the_remainder", trained(smaller=False), (
        "The samples left over at the end of an epoch are dropped. They are a batch, too, if a small one.")
    yield "model_untouched", trained(move=lambda *_: None), (
        "The model you were given has not moved. Did you train a copy, or assign `p = p - …` to a new "
        "array?")
    yield "uphill", trained(lr=-lr), "The model goes uphill: the step is against the gradient."


@train_regression.wrong(
    "You clip the weights. What clipping bounds is the gradient, before the optimiser sees it.")
def clips_the_weights(model, X, y, lr, momentum, steps, batch, clip, rng):
    def move(model, velocity, grads, lr, momentum):
        heavy_ball(model, velocity, grads, lr, momentum)
        for p, new in zip(model.params, modes(model.params, clip), strict=True):
            p[...] = new

    return run(model, X, y, lr, momentum, batches(len(X), steps, batch, rng), None, move=move)


@train_regression.wrong(
    "You clip what momentum has collected. The gradient is clipped first, and momentum collects the clipped "
    "ones.")
def clips_the_momentum(model, X, y, lr, momentum, steps, batch, clip, rng):
    velocity = [np.zeros_like(p) for p in model.params]

    def move(model, _, grads, lr, momentum):
        velocity[:] = modes([momentum * v + g for v, g in zip(velocity, grads, strict=True)], clip)
        for p, v in zip(model.params, velocity, strict=True):
            p -= lr * v

    return run(model, X, y, lr, momentum, batches(len(X), steps, batch, rng), None, move=move)


@train_regression.wrong(
    "You clip the gradient of each sample, then take the mean. Here the gradient of the batch is clipped, "
    "once.")
def clips_each_sample(model, X, y, lr, momentum, steps, batch, clip, rng):
    losses, norms, velocity = [], [], [np.zeros_like(p) for p in model.params]
    for now in batches(len(X), steps, batch, rng):
        losses.append(model.loss(X[now], y[now], "mse"))
        singly = [modes(model.grads(X[[i]], y[[i]], "mse"), clip) for i in now]
        grads = [np.mean(parts, axis=0) for parts in zip(*singly, strict=True)]
        norms.append(joint(grads))
        heavy_ball(model, velocity, grads, lr, momentum)
    return losses, norms


@train_regression.wrong(
    "The losses are those after each step. The first one is asked for before anything has moved.")
def losses_after_the_step(model, X, y, lr, momentum, steps, batch, clip, rng):
    losses, rows = [], batches(len(X), steps, batch, rng)
    seen = iter(rows)

    def move(model, *rest):
        heavy_ball(model, *rest)
        now = next(seen)
        losses.append(model.loss(X[now], y[now], "mse"))

    return losses, run(model, X, y, lr, momentum, rows, clip, move=move)[1]


@train_regression.wrong("The losses are those of all samples. Each should be that of the step's own batch.")
def losses_of_all_samples(model, X, y, lr, momentum, steps, batch, clip, rng):
    losses = []

    def norm(grads):
        losses.append(model.loss(X, y, "mse"))
        return joint(grads)

    return losses, run(model, X, y, lr, momentum, batches(len(X), steps, batch, rng), clip, norm)[1]


@train_regression.wrong(
    "Momentum starts again from 0 in every epoch. It is made once, before the first step.")
def forgets_momentum_at_every_epoch(model, X, y, lr, momentum, steps, batch, clip, rng):
    taken = []

    def move(model, velocity, grads, lr, momentum):
        if len(taken) % math.ceil(len(X) / batch) == 0:
            velocity[:] = [np.zeros_like(v) for v in velocity]
        taken.append(True)
        heavy_ball(model, velocity, grads, lr, momentum)

    return run(model, X, y, lr, momentum, batches(len(X), steps, batch, rng), clip, move=move)


@train_regression.wrong("The pair is the wrong way round: first the losses, then the norms.")
def norms_first(model, X, y, lr, momentum, steps, batch, clip, rng):
    return run(model, X, y, lr, momentum, batches(len(X), steps, batch, rng), clip)[::-1]


@train_regression.right
def with_one_flat_vector(model, X, y, lr, momentum, steps, batch, clip, rng):
    flat = lambda grads: np.concatenate([g.ravel() for g in grads])
    losses, norms, velocity = np.empty(steps), np.empty(steps), 0.0
    for step, now in enumerate(batches(len(X), steps, batch, rng)):
        losses[step] = model.loss(X[now], y[now], "mse")
        grads = model.grads(X[now], y[now], "mse")
        norms[step] = np.linalg.norm(flat(grads))
        velocity, start = momentum * velocity - lr * flat(modes(grads, clip)), 0
        for p in model.params:
            p += velocity[start : start + p.size].reshape(p.shape)
            start += p.size
    return losses, norms


@train_regression.right
def with_the_models_own_step(model, X, y, lr, momentum, steps, batch, clip, rng):
    losses, norms, order = [], [], np.array([], dtype=int)
    for _ in range(steps):
        if not len(order):
            order = rng.permutation(len(X))
        now, order = order[:batch], order[batch:]
        loss, _ = model.evaluate(X[now], y[now], "mse")
        grads = model.grads(X[now], y[now], "mse")
        losses.append(loss)
        norms.append(joint(grads))
        model.step(grads, "sgd", lr, momentum, clip=clip)
    return np.array(losses), np.array(norms)


@train_regression.right
def with_its_own_momentum(model, X, y, lr, momentum, steps, batch, clip, rng):
    def move(model, velocity, grads, lr, momentum):
        for p, v, g in zip(model.params, velocity, grads, strict=True):
            v[...] = momentum * v + g
            p -= lr * v

    return run(model, X, y, lr, momentum, batches(len(X), steps, batch, rng), clip, move=move)


@train_regression.right
def loss_from_the_outputs(model, X, y, lr, momentum, steps, batch, clip, rng):
    losses, norms = [], []
    while len(losses) < steps:
        order = rng.permutation(len(X))
        for start in range(0, len(X), batch):
            if len(losses) == steps:
                break
            now = order[start : start + batch]
            losses.append(float(np.mean((model.forward(X[now])[:, 0] - y[now]) ** 2)))
            grads = model.grads(X[now], y[now], "mse")
            norms.append(float(np.linalg.norm(np.concatenate([g.ravel() for g in grads]))))
            model.step(modes(grads, clip), "sgd", lr, momentum)
    return losses, norms


@train_regression.right
def puts_the_weights_back(model, X, y, lr, momentum, steps, batch, clip, rng):
    def move(model, velocity, grads, lr, momentum):
        for v, g in zip(velocity, grads, strict=True):
            v[...] = momentum * v - lr * g
        model.set_weights([w + v for w, v in zip(model.get_weights(), velocity, strict=True)])

    return run(model, X, y, lr, momentum, batches(len(X), steps, batch, rng), clip, move=move)


for words, steps, clip in [
    ("One step, nothing clipped: the model moves by -lr times the gradient of the first batch, and momentum has no part.", 1, None),
    ("Five steps of two samples each, out of five: the third batch of an epoch has one sample. Nothing is clipped.", 5, None),
    ("Clipped by value: the norm that is reported is that before clipping.", 1, ["value", 0.1]),
    ("Clipped by value, in every step.", 4, ["value", 0.1]),
    ("Clipped by norm, array by array, in every step.", 4, ["norm", 0.3]),
    ("Clipped by the joint norm, in every step.", 4, ["global_norm", 0.5]),
]:
    train_regression.small(
        words, X=np.array([[1.0, 0.0], [0.0, 2.0], [-1.0, 1.0], [2.0, -1.0], [0.5, 1.5]]), y=np.array([4.0, -5.0, -8.0, 12.0, -2.0]),
        lr=0.05, momentum=0.5, steps=steps, batch=2, clip=clip, _seed=1)

# 7.8 clip_is_noop

OUTPUT, HIDDEN = "the output layer decides", "the hidden layer decides"

clip_is_noop = Exercise(points=1, groups={OUTPUT: 1, HIDDEN: 1})


@clip_is_noop.cases
def cases(rng):
    calm = lambda act: spec(rng, act, (0.5, 0.9), (0.3, 0.9))
    yield case(OUTPUT, model_spec=calm("sigmoid"), clipvalue=1.0)
    yield case(OUTPUT, model_spec=calm("tanh"), clipvalue=rng.uniform(3, 4))
    yield case(OUTPUT, model_spec=calm("sigmoid"), clipvalue=rng.uniform(0.6, 0.9))
    yield case(OUTPUT, model_spec=calm("sigmoid"), clipvalue=rng.uniform(1.02, 1.1))
    yield case(OUTPUT, model_spec=spec(rng, "tanh", (0.92, 0.98), (0.3, 0.9)), clipvalue=rng.uniform(0.7, 0.85))
    # The inputs are larger than the threshold, and have no part in the output layer's gradients.
    yield case(OUTPUT, model_spec=spec(rng, "sigmoid", (0.8, 0.95), (3, 3.8)), clipvalue=rng.uniform(1.3, 1.6))
    for act, weights, inputs, times, largest in [
        ("sigmoid", (2.5, 3.5), (4, 6), 0.72, -1),
        ("sigmoid", (2.5, 3.5), (4, 6), 0.72, 1),
        ("sigmoid", (2.5, 3.5), (4, 6), 1.5, -1),
        ("sigmoid", (2.5, 3.5), (4, 6), 2.5, 1),
        ("sigmoid", (9, 11), (1.8, 2.2), 0.9, -1),
        ("sigmoid", (9, 11), (1.8, 2.2), 0.35, 1),
        ("sigmoid", (10, 14), (0.1, 0.2), 0.72, -1),
        ("sigmoid", (10, 14), (0.1, 0.2), 0.22, 1),
        ("tanh", (3, 4), (0.7, 0.9), 1.5, 1),
        ("tanh", (3, 4), (0.7, 0.9), 0.45, -1),
    ]:
        model_spec = spec(rng, act, weights, inputs, largest)
        yield case(HIDDEN, model_spec=model_spec, clipvalue=times * bound(model_spec))


def spec(rng, act, weights, inputs, largest=-1):
    """A network's description; one of its last weights is the largest, with this sign, by far."""
    w_out = signed(rng, 0.5, 0.65, 6)
    w_out[0] = abs(w_out[0])
    w_out[int(rng.integers(1, 6))] = largest
    return {"act": act, "x_max": rng.uniform(*inputs), "w_out": w_out * rng.uniform(*weights)}


def bound(model_spec, slopes=(0.25, 1.0), size=lambda w: np.abs(w).max(), last=1.0, bias=1.0, x=None):
    slope = slopes[0] if model_spec["act"] == "sigmoid" else slopes[1]
    reach = max(bias, model_spec["x_max"] if x is None else x)
    return max(last, slope * size(np.asarray(model_spec["w_out"])) * reach)


@clip_is_noop.mistakes
def mistakes(model_spec, clipvalue):
    yield "output_layer_only", clipvalue >= 1, (
        "You bound the gradients of the output layer only. The hidden layer's can be larger.")
    yield "hidden_layer_only", bound(model_spec, last=0.0) <= clipvalue, (
        "You bound the gradients of the hidden layer only. Those of the output layer can be larger.")
    yield "without_the_inputs", bound(model_spec, x=1.0) <= clipvalue, (
        "A hidden kernel's gradient contains the input, which can be larger than 1.")
    yield "without_the_biases", bound(model_spec, bias=0.0) <= clipvalue, (
        "You leave the hidden layer's biases out. Where the inputs are small, theirs are the larger "
        "gradients.")
    yield "slope_one_for_sigmoid", bound(model_spec, slopes=(1.0, 1.0)) <= clipvalue, (
        "Your bound is too large where the hidden units are sigmoids: how steep can one be?")
    yield "quarter_for_tanh", bound(model_spec, slopes=(0.25, 0.25)) <= clipvalue, (
        "¼ is the largest slope of the sigmoid. That of tanh is another.")
    yield "slope_of_the_output", bound(model_spec) / 4 <= clipvalue, (
        "All your bounds contain the slope of the output's sigmoid. With cross-entropy it cancels: look at the "
        "first line of the derivation.")
    yield "signed_maximum", bound(model_spec, size=np.max) <= clipvalue, (
        "The largest weight that you use is the largest positive one. A large negative weight passes as "
        "much on.")
    yield "sum_of_weights", bound(model_spec, size=lambda w: np.abs(w).sum()) <= clipvalue, (
        "You add the last weights up. A hidden unit has one weight to the output, and its gradient comes "
        "through that one.")
    yield "turned_round", bound(model_spec) > clipvalue, (
        "The other way round: True is to mean that no gradient can reach beyond the threshold.")
    yield "strictly_below", bound(model_spec) < clipvalue, (
        "Where the bound equals the threshold you say that clipping may act. No entry is beyond the bound, "
        "then.")
    yield "always_false", False, "It is not the same for all networks: there are cases of both kinds."
    yield "quarter_throughout", bound(model_spec, slopes=(0.25, 0.25), bias=0.0) <= clipvalue, (
        "You take ¼ for the largest slope of every activation, and leave the biases out. That of tanh is "
        "another.")
    yield "four_for_everybody", clipvalue >= 1 and np.abs(model_spec["w_out"]).max() <= 4, (
        "Weights of at most 4 are what a threshold of 1, sigmoid units and inputs up to 1 ask for. Here all "
        "three are in `model_spec`, or arguments.")
    yield "hidden_kernel_only", bound(model_spec, last=0.0, bias=0.0) <= clipvalue, (
        "Only the hidden kernel is bounded. Of the four bounds another can be the largest.")
    yield "always_true", True, "It is not the same for all networks: there are cases of both kinds."


@clip_is_noop.answers
def answers(model_spec, clipvalue):
    slope = {"sigmoid": 1 / 4, "tanh": 1}[model_spec["act"]]
    hidden = slope * max(abs(w) for w in model_spec["w_out"])
    yield "all_four_bounds", all(b <= clipvalue for b in (1, 1, hidden, hidden * model_spec["x_max"]))
    entries = np.outer(np.abs(model_spec["w_out"]), [1, model_spec["x_max"]]) * slope
    yield "with_numpy_bool", np.append(entries, 1.0).max() <= clipvalue
    yield "as_zero_or_one", int(bound(model_spec) <= clipvalue)


clip_is_noop.small(
    "Inputs up to 0.5, tanh units, one last weight of -3: the gradient of that unit's bias can reach 1 · 3 "
    "· 1 = 3, and a threshold of 2 may act.",
    model_spec={"act": "tanh", "x_max": 0.5, "w_out": np.array([-3.0, 1.5])}, clipvalue=2.0)
for words, act, x_max, w_out, c in [
    ("A quarter of 2 is 0.5, and times the largest input 4 it is 2: beyond the threshold of 1.5.", "sigmoid", 4.0, [-2.0, 1.0], 1.5),
    ("Sigmoid units: a quarter of 6 is 1.5 for the bias, and times 0.5 for the kernel. A threshold of 2 never acts.", "sigmoid", 0.5, [-6.0, 1.0], 2.0),
    ("The largest of the weights counts, not their sum: a quarter of 3 is 0.75, below the threshold of 1.2.", "sigmoid", 1.0, [-3.0, 2.5, 2.0], 1.2),
    ("Small last weights; the output layer's own bound is 1, and the threshold of 0.8 may act there.", "sigmoid", 1.0, [-0.5, 0.25], 0.8),
    ("Small last weights: the output layer's own bound is 1, and the threshold is just that.", "sigmoid", 1.0, [-0.5, 0.25], 1.0),
]:
    clip_is_noop.small(words, model_spec={"act": act, "x_max": x_max, "w_out": np.array(w_out)}, clipvalue=c)

# The quiz

kept_by_clipnorm = Question(
    "The gradient of one kernel has length 3, that of another 0.5. Keras clips with `clipnorm=1`. What is kept?",
    wrong("The direction of the whole gradient.", "That is what `global_clipnorm` keeps. Here the first is divided by "
          "3 and the second left alone: their ratio falls from 6 to 2."),
    right("The direction of each kernel's gradient, but not that of both together.",
          "Each array is one vector of its own. The first is divided by 3, the second left alone."),
    wrong("Neither.", "Entries change by one factor for each array, so each keeps its direction. It is `clipvalue` that "
          "may bend both."))

divided_by_the_sum = Question(
    "A gradient of length 50 is clipped with $c = 1$ by someone who divides by the sum of the squares. How long is what "
    "comes out?",
    wrong("1.", "That is what dividing by the length gives."),
    right("0.02.", "50 / 2500. The longer the gradient was, the smaller the step."),
    wrong("0.0004.", "That is the factor, 1 / 2500. The gradient was 50 long."))

where_it_stands = Question(
    "A run turns nan at step 7. Where can clipping be put so that the run survives?",
    wrong("Behind the step in which the nan appears, on the gradients of the next one.",
          "Too late: nan stays nan under every kind of clipping."),
    wrong("On the weights, after every step.", "That bounds where the weights are, not how far they move: with large "
          "gradients they jump from one end of the allowed range to the other. It is a constraint, the subject of "
          "lesson 11."),
    right("Between gradient and optimiser, from the first step on.", "There it bounds every step by "
          "$\\eta c/(1-\\beta)$."))
