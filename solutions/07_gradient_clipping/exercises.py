"""Exercises of lesson 07: clipping by value, by norm and by joint norm, and when it does anything at all."""

import math

import numpy as np

from autograder.authoring import UNCHANGED, Exercise, case, draw_seed

FINE = 2e-6  # a summand of 1e-6 below the line, against division by zero, is nobody's mistake


def signed(rng, low, high, shape):
    """Distinct sizes between low and high, with random signs."""
    return rng.uniform(low, high, shape) * rng.choice([-1, 1], shape)


def of_length(g, length):
    """The array, stretched to this length."""
    return g * (length / np.linalg.norm(g))


def shortened(g, c):
    """Down to length c, if it is longer."""
    norm = np.linalg.norm(g)
    return g * (c / norm) if norm > c else g


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
    yield case(LARGE, grads=[rng.permutation(mixed)], c=c)
    yield case(SMALL, grads=[signed(rng, 0.1, 0.9, (3, 2)) * c, signed(rng, 0.1, 0.9, 2) * c], c=c)


@clip_by_value.wrong(
    "Large positive entries are cut, large negative ones are not. The slide's threshold acts on both sides.",
    loses=LARGE,
)
def upper_side_only(grads, c):
    return [np.minimum(g, c) for g in grads]


@clip_by_value.wrong("Large negative entries are cut, large positive ones are not.", loses=LARGE)
def lower_side_only(grads, c):
    return [np.maximum(g, -c) for g in grads]


@clip_by_value.wrong("The signs are lost: a gradient of -5 should become -c, and one of -0.1 should stay.")
def sign_lost(grads, c):
    return [np.minimum(np.abs(g), c) for g in grads]


@clip_by_value.wrong(
    "You scale a whole array until its largest entry is c. By value, each entry is looked at on its own, and small ones "
    "stay what they are.",
    loses=LARGE,
)
def scaled_to_the_largest(grads, c):
    return [g * min(1, c / np.abs(g).max()) for g in grads]


@clip_by_value.wrong("This is clipping by norm; here each entry has a bound of its own.")
def by_norm(grads, c):
    return [g * (c / np.linalg.norm(g)) for g in grads]


@clip_by_value.wrong("Entries beyond c become 0. They should stop at the threshold, not vanish.", loses=LARGE)
def beyond_becomes_zero(grads, c):
    return [np.where(np.abs(g) > c, 0, g) for g in grads]


@clip_by_value.wrong("All entries are ±c: small ones should pass as they are.")
def signs_times_c(grads, c):
    return [c * np.sign(g) for g in grads]


@clip_by_value.wrong(
    "The arrays you were given have changed: `out=g` and `g[...] =` write into them.", loses=UNCHANGED
)
def in_place(grads, c):
    return [np.clip(g, -c, c, out=g) for g in grads]


@clip_by_value.right
def with_np_clip(grads, c):
    return [np.clip(g, -c, c) for g in grads]


@clip_by_value.right
def with_minimum_and_maximum(grads, c):
    return tuple(np.maximum(-c, np.minimum(c, g)) for g in grads)


@clip_by_value.right
def with_where(grads, c):
    clipped = []
    for g in grads:
        g = np.where(g > c, c, g)
        clipped.append(np.where(g < -c, -c, g))
    return clipped


@clip_by_value.right
def sign_and_size(grads, c):
    return [np.sign(g) * np.minimum(np.abs(g), c) for g in grads]


@clip_by_value.right
def on_a_copy(grads, c):
    copies = [g.copy() for g in grads]
    for g in copies:
        g[g > c] = c
        g[g < -c] = -c
    return copies


@clip_by_value.right
def entry_by_entry(grads, c):
    one = lambda v: max(-c, min(c, float(v)))
    return [np.array([one(v) for v in g.ravel()]).reshape(g.shape) for g in grads]


@clip_by_value.right
def in_float32(grads, c):
    return [np.float32(g).clip(-c, c) for g in grads]


clip_by_value.small(
    "With c = 1 the entries 3, -2 and 0.5 become 1, -1 and 0.5: each for itself.",
    grads=[np.array([3.0, -2.0, 0.5])],
    c=1.0,
)

# 7.2 clip_by_norm

LONG, SHORT, ZERO = "longer than c", "not longer than c", "the zero gradient"

clip_by_norm = Exercise(points=2, groups={LONG: 4, SHORT: 2, ZERO: 1, UNCHANGED: 1}, rtol=FINE)


@clip_by_norm.cases
def cases(rng):
    for shape in [(4,), (3, 5)]:
        c = rng.uniform(1.5, 4)
        yield case(LONG, g=of_length(signed(rng, 0.5, 2, shape), c * rng.uniform(1.5, 4)), c=c)
    for shape in [(5,), (4, 2)]:
        c = rng.uniform(1.5, 4)
        yield case(SHORT, g=of_length(signed(rng, 0.5, 2, shape), c * rng.uniform(0.6, 0.9)), c=c)
    yield case(ZERO, g=np.zeros((2, 3)), c=rng.uniform(0.5, 2))


@clip_by_norm.wrong(
    "You divide by the sum of the squares, as the slide's text has it. That is the square of the length: how long is what "
    "you return?",
    loses=LONG,
)
def by_the_sum_of_squares(g, c):
    squares = np.sum(g**2)
    return g * (c / squares) if np.linalg.norm(g) > c else g


@clip_by_norm.wrong(
    "You scale by c over the sum of the squares whenever that sum is above c: the square of the length is taken for the "
    "length, as in the slide's text.",
    loses=(LONG, SHORT),
)
def sum_of_squares_throughout(g, c):
    squares = np.sum(g**2)
    return g * (c / squares) if squares > c else g


@clip_by_norm.wrong(
    "Short gradients come back longer than they were. The threshold is an upper bound, not a length to be reached.",
    loses=SHORT,
)
def always_rescaled(g, c):
    norm = np.linalg.norm(g)
    return g * (c / norm) if norm else g


@clip_by_norm.wrong(
    "A gradient of zero becomes nan: 0 divided by 0. At a minimum, or for a dead unit, that is a gradient you will meet.",
    loses=ZERO,
)
def zero_over_zero(g, c):
    norm = np.linalg.norm(g)
    with np.errstate(all="ignore"):
        return g / norm * min(norm, c)


@clip_by_norm.wrong(
    "Short gradients come back longer, and a gradient of zero becomes nan. First ask whether there is anything to do.",
    loses=(SHORT, ZERO),
)
def rescaled_whatever_it_is(g, c):
    with np.errstate(all="ignore"):
        return g * (c / np.linalg.norm(g))


@clip_by_norm.wrong("You take the largest entry for the length.", loses=LONG)
def largest_entry(g, c):
    largest = np.abs(g).max()
    return g * (c / largest) if largest > c else g


@clip_by_norm.wrong("You take the sum of the absolute values for the length.", loses=(LONG, SHORT))
def sum_of_sizes(g, c):
    total = np.abs(g).sum()
    return g * (c / total) if total > c else g


@clip_by_norm.wrong(
    "Vectors are right; of a matrix you clip each row by itself. The entries of one array are one vector here, whatever "
    "its shape.",
    loses=LONG,
)
def row_by_row(g, c):
    norms = np.linalg.norm(g, axis=-1, keepdims=True)
    return g * np.minimum(1, c / np.maximum(norms, 1e-12))


@clip_by_norm.wrong(
    "Vectors are right, matrices aren't: for a matrix `np.linalg.norm(g, 2)` is the largest stretch, not the length of all "
    "entries.",
    loses=LONG,
)
def largest_stretch(g, c):
    norm = np.linalg.norm(g, 2)
    return g * (c / norm) if norm > c else g


@clip_by_norm.wrong("Long gradients come back with length 1: where has c gone?", loses=LONG)
def down_to_one(g, c):
    norm = np.linalg.norm(g)
    return g / norm if norm > c else g


@clip_by_norm.wrong(
    "This is clipping by value: the large entries are cut, the direction changes.", loses=LONG
)
def entry_by_entry(g, c):
    return np.clip(g, -c / 2, c / 2) if np.linalg.norm(g) > c else g


@clip_by_norm.wrong("The array you were given has changed: `g *=` and `g /=` write into it.", loses=UNCHANGED)
def in_place(g, c):
    norm = np.linalg.norm(g)
    if norm > c:
        g *= c / norm
    return g


@clip_by_norm.right
def with_if(g, c):
    norm = np.sqrt(np.sum(np.square(g)))
    return c * g / norm if norm >= c else g


@clip_by_norm.right
def divided_by_the_larger(g, c):
    return g * c / max(np.linalg.norm(g), c)


@clip_by_norm.right
def with_a_little_below_the_line(g, c):
    return g * min(1.0, c / (np.linalg.norm(g) + 1e-6))


@clip_by_norm.right
def through_ravel(g, c):
    flat = np.ravel(g)
    return (flat * min(1, c / (math.sqrt(flat @ flat) or c))).reshape(np.shape(g))


@clip_by_norm.right
def infinite_scale(g, c):
    return g * np.minimum(1, c / np.linalg.norm(g))


@clip_by_norm.right
def in_a_loop(g, c):
    norm = sum(float(v) ** 2 for v in g.ravel()) ** 0.5
    return np.array([v * c / norm if norm > c else v for v in g.ravel()]).reshape(g.shape)


@clip_by_norm.right
def in_float32(g, c):
    g = np.float32(g)
    return g * np.float32(c / max(c, np.linalg.norm(g)))


@clip_by_norm.right
def as_a_list(g, c):
    return shortened(g, c).tolist()


clip_by_norm.small(
    "(3, 4) has the length 5. To bring it down to 1, divide both entries by 5.",
    g=np.array([3.0, 4.0]),
    c=1.0,
)

# 7.3 clip_by_global_norm

NORM, JOINTLY_LONG, JOINTLY_SHORT = "the joint norm", "jointly longer than c", "jointly not longer than c"

clip_by_global_norm = Exercise(
    points=2, groups={NORM: 2, JOINTLY_LONG: 3, JOINTLY_SHORT: 1}, rtol=FINE, builds_on=("clip_by_norm",)
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
    yield case(NORM, grads=layers(rng, rng.uniform(1.5, 3) * c), c=c, _part="norm")
    yield case(NORM, grads=layers(rng, rng.uniform(0.5, 0.9) * c), c=c, _part="norm")
    # Some tensor is longer than c by itself, another is not.
    yield case(JOINTLY_LONG, grads=layers(rng, rng.uniform(2.3, 3) * c), c=c, _part="clipped")
    # None is, and yet all together are.
    yield case(JOINTLY_LONG, grads=layers(rng, rng.uniform(1.1, 1.25) * c), c=c, _part="clipped")
    yield case(JOINTLY_SHORT, grads=layers(rng, rng.uniform(0.75, 0.9) * c), c=c, _part="clipped")
    yield case(JOINTLY_SHORT, grads=[np.zeros((2, 3)), np.zeros(3)], c=c, _part="clipped")


@clip_by_global_norm.driver
def drive(clip_by_global_norm, grads, c, _part):
    result = clip_by_global_norm(grads, c)
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        raise TypeError("clip_by_global_norm should return a pair: the clipped gradients and the norm")
    return {"clipped": result[0]} if _part == "clipped" else {"norm": result[1]}


@clip_by_global_norm.wrong(
    "Your norm is joint, but each array is clipped by itself: that is Keras' `clipnorm`. Compare the ratio of two arrays' "
    "lengths before and after.",
    loses=JOINTLY_LONG,
)
def each_by_itself(grads, c):
    return [shortened(g, c) for g in grads], joint(grads)


@clip_by_global_norm.wrong(
    "You add up the lengths. Two arrays at right angles, of lengths 3 and 4, make a vector of length 5.",
)
def sum_of_norms(grads, c):
    norm = sum(np.linalg.norm(g) for g in grads)
    return [g * min(1, c / max(norm, 1e-12)) for g in grads], norm


@clip_by_global_norm.wrong("The biases are missing from your norm.", loses=(NORM, JOINTLY_LONG))
def kernels_only(grads, c):
    norm = joint([g for g in grads if np.ndim(g) > 1])
    return [g * min(1, c / max(norm, 1e-12)) for g in grads], norm


@clip_by_global_norm.wrong(
    "The norm you return is that of the clipped gradients. The one before clipping is what tells whether clipping acted.",
    loses=NORM,
)
def norm_afterwards(grads, c):
    norm = joint(grads)
    return [g * min(1, c / max(norm, 1e-12)) for g in grads], min(norm, c)


@clip_by_global_norm.wrong("Your norm is a sum of squares: the root is missing.")
def without_the_root(grads, c):
    norm = joint(grads) ** 2
    return [g * min(1, c / max(norm, 1e-12)) for g in grads], norm


@clip_by_global_norm.wrong(
    "You use the length of the longest array; all arrays together are one vector.", loses=(NORM, JOINTLY_LONG)
)
def longest_array(grads, c):
    norm = max(np.linalg.norm(g) for g in grads)
    return [g * min(1, c / max(norm, 1e-12)) for g in grads], norm


@clip_by_global_norm.wrong(
    "Gradients whose joint length is below c are stretched, or become nan where it is 0: a bound does not stretch.",
    loses=JOINTLY_SHORT,
)
def always_rescaled(grads, c):
    norm = joint(grads)
    with np.errstate(all="ignore"):
        return [g * (np.float64(c) / norm) for g in grads], norm


@clip_by_global_norm.wrong(
    "All gradients come back as one long vector. Each should keep its shape.",
    loses=(JOINTLY_LONG, JOINTLY_SHORT),
)
def one_long_vector(grads, c):
    flat = np.concatenate([np.ravel(g) for g in grads])
    return shortened(flat, c), joint(grads)


@clip_by_global_norm.right
def one_scale(grads, c):
    norm = np.sqrt(sum(np.sum(g**2) for g in grads))
    scale = c / norm if norm > c else 1
    return [g * scale for g in grads], norm


@clip_by_global_norm.right
def norm_of_norms(grads, c):
    norm = np.linalg.norm([np.linalg.norm(g) for g in grads])
    return tuple(g / max(1, norm / c) for g in grads), float(norm)


@clip_by_global_norm.right
def through_one_vector(grads, c):
    flat = np.concatenate([g.ravel() for g in grads])
    norm = np.linalg.norm(flat)
    parts = np.split(flat * min(1, c / (norm + 1e-6)), np.cumsum([g.size for g in grads])[:-1])
    return [part.reshape(g.shape) for part, g in zip(parts, grads, strict=True)], norm


@clip_by_global_norm.right
def on_copies(grads, c):
    copies, norm = [g.copy() for g in grads], joint(grads)
    for g in copies:
        if norm > c:
            g *= c / norm
    return copies, norm


@clip_by_global_norm.right
def in_float32(grads, c):
    grads = [np.float32(g) for g in grads]
    norm = np.sqrt(sum(np.sum(g * g) for g in grads))
    return [g * np.float32(c / max(norm, c)) for g in grads], norm


clip_by_global_norm.small(
    "The lengths are 3 and 4, the joint length is 5. With c = 1 both arrays are divided by 5.",
    grads=[np.array([3.0]), np.array([0.0, 4.0])],
    c=1.0,
    _part="clipped",
)

# 7.4 clip_norm_then_value

BOTH, NORM_ACTS, VALUE_ACTS = "both act", "only the norm acts", "only the values act"

clip_norm_then_value = Exercise(
    points=2,
    groups={BOTH: 2, NORM_ACTS: 1, VALUE_ACTS: 1},
    rtol=FINE,
    builds_on=("clip_by_value", "clip_by_norm"),
)


@clip_norm_then_value.cases
def cases(rng):
    cn = rng.uniform(1.5, 3)
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


@clip_norm_then_value.wrong(
    "You clip by value first. The norm comes first: then the values act on what it leaves.",
    loses=BOTH,
)
def value_first(grads, cn, cv):
    return [shortened(np.clip(g, -cv, cv), cn) for g in grads]


@clip_norm_then_value.wrong(
    "You shorten all arrays together. Here each array has its own norm, as in Keras' `clipnorm`.",
    loses=(BOTH, NORM_ACTS),
)
def joint_norm(grads, cn, cv):
    scale = min(1, cn / joint(grads))
    return [np.clip(g * scale, -cv, cv) for g in grads]


@clip_norm_then_value.wrong(
    "The norm is clipped, the values aren't: some entry is still beyond cv.", loses=(BOTH, VALUE_ACTS)
)
def norm_alone(grads, cn, cv):
    return [shortened(g, cn) for g in grads]


@clip_norm_then_value.wrong(
    "The values are clipped, but no array has been shortened before that.", loses=(BOTH, NORM_ACTS)
)
def value_alone(grads, cn, cv):
    return [np.clip(g, -cv, cv) for g in grads]


@clip_norm_then_value.wrong(
    "The two thresholds have changed roles: cn bounds the length, cv the entries.",
)
def thresholds_swapped(grads, cn, cv):
    return [np.clip(shortened(g, cv), -cn, cn) for g in grads]


@clip_norm_then_value.wrong(
    "An array that is shortened does not have its values clipped afterwards. The second step acts on all of them.",
    loses=BOTH,
)
def one_or_the_other(grads, cn, cv):
    return [shortened(g, cn) if np.linalg.norm(g) > cn else np.clip(g, -cv, cv) for g in grads]


@clip_norm_then_value.wrong(
    "Arrays that are short already are stretched to length cn before their values are clipped.",
    loses=VALUE_ACTS,
)
def always_rescaled(grads, cn, cv):
    return [np.clip(of_length(g, cn), -cv, cv) for g in grads]


@clip_norm_then_value.right
def in_two_steps(grads, cn, cv):
    shorter = [g * cn / max(cn, np.linalg.norm(g)) for g in grads]
    return [np.clip(g, -cv, cv) for g in shorter]


@clip_norm_then_value.right
def in_one_loop(grads, cn, cv):
    clipped = []
    for g in grads:
        norm = np.sqrt((g**2).sum())
        g = g * (cn / norm) if norm > cn else g
        clipped.append(np.minimum(np.maximum(g, -cv), cv))
    return tuple(clipped)


@clip_norm_then_value.right
def in_float32(grads, cn, cv):
    return [shortened(np.float32(g), cn).clip(-cv, cv) for g in grads]


@clip_norm_then_value.right
def with_a_little_below_the_line(grads, cn, cv):
    return [np.clip(g * min(1, cn / (np.linalg.norm(g) + 1e-6)), -cv, cv) for g in grads]


clip_norm_then_value.small(
    "(6, 8) has the length 10; brought down to 1 it is (0.6, 0.8). Then 0.8 is cut to 0.7. The other way round it would "
    "point along the diagonal.",
    grads=[np.array([6.0, 8.0])],
    cn=1.0,
    cv=0.7,
)

# 7.5 direction_kept

direction_kept = Exercise(
    points=1,
    groups={"by value": 2, "by norm": 1},
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


@direction_kept.wrong("This is the angle. Its cosine is asked for: 1 for the same direction.")
def angle(g, c, mode):
    return np.arccos(min(1.0, cosine(clipped(g, c, mode), g)))


@direction_kept.wrong("This is the angle in degrees. Its cosine is asked for: 1 for the same direction.")
def degrees(g, c, mode):
    return np.degrees(np.arccos(min(1.0, cosine(clipped(g, c, mode), g))))


@direction_kept.wrong(
    "This is the scalar product, which grows with the lengths. A cosine lies between -1 and 1: divide by what?"
)
def scalar_product(g, c, mode):
    return np.sum(g * clipped(g, c, mode))


@direction_kept.wrong("You divide by the square of one length. Each of the two vectors has its own.")
def one_length_squared(g, c, mode):
    return np.sum(g * clipped(g, c, mode)) / np.sum(g**2)


@direction_kept.wrong("This is the ratio of the two lengths; it says nothing about direction.")
def ratio_of_lengths(g, c, mode):
    return np.linalg.norm(clipped(g, c, mode)) / np.linalg.norm(g)


@direction_kept.wrong(
    "By value, too, you find that the direction is kept. Take (3, 0.1) with c = 1, and draw both vectors.",
    loses="by value",
)
def always_one(g, c, mode):
    return 1.0


@direction_kept.wrong("This is 1 minus the cosine, a distance: 0 for the same direction.")
def cosine_distance(g, c, mode):
    return 1 - cosine(clipped(g, c, mode), g)


@direction_kept.wrong("The two modes have changed places.", loses=("by value", "by norm"))
def modes_swapped(g, c, mode):
    return cosine(clipped(g, c, "norm" if mode == "value" else "value"), g)


@direction_kept.right
def of_flat_vectors(g, c, mode):
    a, b = np.ravel(g), np.ravel(clipped(g, c, mode))
    return a @ b / np.sqrt((a @ a) * (b @ b))


@direction_kept.right
def of_unit_vectors(g, c, mode):
    unit = lambda v: v / np.linalg.norm(v)
    return np.vdot(unit(g), unit(clipped(g, c, mode)))


@direction_kept.right
def knows_the_answer_by_norm(g, c, mode):
    return cosine(np.clip(g, -c, c), g) if mode == "value" else 1.0


@direction_kept.right
def with_a_little_below_the_line(g, c, mode):
    a, b = g, clipped(g, c, mode)
    return (a * b).sum() / (np.linalg.norm(a) * np.linalg.norm(b) + 1e-9)


@direction_kept.right
def in_float32(g, c, mode):
    return np.float32(cosine(clipped(np.float32(g), c, mode), np.float32(g)))


direction_kept.small(
    "(3, 0), clipped by value to (1, 0), still points along the first axis; (4, 3) becomes (1, 1). The scalar product of "
    "these two is 7, their lengths are 5 and √2.",
    g=np.array([4.0, 3.0]),
    c=1.0,
    mode="value",
)

# 7.6 first_nonfinite

SOME, NONE = "a number that is not finite", "all numbers finite"

first_nonfinite = Exercise(points=1, groups={SOME: 2, NONE: 1})


@first_nonfinite.cases
def cases(rng):
    for bad in (["nan"], ["inf", "nan"], ["-inf", "nan", "nan"], ["nan", "inf"]):
        before = int(rng.integers(2, 7))
        numbers = rng.uniform(-3, 9, before + len(bad) + int(rng.integers(1, 4)))
        numbers[before : before + len(bad)] = [float(word) for word in bad]
        yield case(SOME, history=[float(number) for number in numbers])
    yield case(SOME, history=np.append(np.nan, rng.uniform(1, 2, 3)))
    yield case(NONE, history=rng.uniform(-2, 2, 6))
    yield case(NONE, history=[float(number) for number in 10 ** rng.uniform(20, 30, 4)])


@first_nonfinite.wrong(
    "Where all is finite you return 0, which is also the first step. What does `np.argmax` give where nothing is True?",
    loses=NONE,
)
def argmax_alone(history):
    return int(np.argmax(~np.isfinite(history)))


@first_nonfinite.wrong(
    "You find nan only. Before a number becomes nan it is often inf, or -inf, for a step.", loses=SOME
)
def nan_only(history):
    hits = np.flatnonzero(np.isnan(history))
    return int(hits[0]) if len(hits) else None


@first_nonfinite.wrong(
    "You find infinities only. nan is not finite either, and a comparison with it is never True, not even `nan == nan`.",
    loses=SOME,
)
def infinities_only(history):
    hits = np.flatnonzero(np.isinf(history))
    return int(hits[0]) if len(hits) else None


@first_nonfinite.wrong("-inf slips through.", loses=SOME)
def without_minus_infinity(history):
    bad = np.isnan(history) | (np.asarray(history) == np.inf)
    hits = np.flatnonzero(bad)
    return int(hits[0]) if len(hits) else None


@first_nonfinite.wrong("One too many: steps are counted from 0.", loses=SOME)
def counted_from_one(history):
    hits = np.flatnonzero(~np.isfinite(history))
    return int(hits[0]) + 1 if len(hits) else None


@first_nonfinite.wrong("This is the last finite step, one before the one asked for.", loses=SOME)
def last_finite_step(history):
    hits = np.flatnonzero(~np.isfinite(history))
    return int(hits[0]) - 1 if len(hits) else None


@first_nonfinite.wrong("This is the last such step, not the first.", loses=SOME)
def last_hit(history):
    hits = np.flatnonzero(~np.isfinite(history))
    return int(hits[-1]) if len(hits) else None


@first_nonfinite.wrong("Where all is finite you return -1; None is asked for, which can't be mistaken for an index.",
    loses=NONE)  # fmt: skip
def minus_one_for_none(history):
    hits = np.flatnonzero(~np.isfinite(history))
    return int(hits[0]) if len(hits) else -1


@first_nonfinite.wrong(
    "Where all is finite you return how many steps there are; None is asked for.", loses=NONE
)
def length_for_none(history):
    hits = np.flatnonzero(~np.isfinite(history))
    return int(hits[0]) if len(hits) else len(history)


@first_nonfinite.right
def with_a_loop(history):
    for step, value in enumerate(history):
        if not np.isfinite(value):
            return step
    return None


@first_nonfinite.right
def with_next(history):
    return next((k for k, v in enumerate(history) if not math.isfinite(v)), None)


@first_nonfinite.right
def with_flatnonzero(history):
    hits = np.flatnonzero(~np.isfinite(np.asarray(history)))
    return hits[0] if hits.size else None


@first_nonfinite.right
def with_argmax(history):
    bad = np.isnan(history) | np.isinf(history)
    return np.argmax(bad) if bad.any() else None


@first_nonfinite.right
def by_subtraction(history):
    """x - x is 0 for finite numbers, nan for all others."""
    with np.errstate(invalid="ignore"):
        still = np.asarray(history) - np.asarray(history) == 0
    return None if still.all() else int(np.argmin(still))


first_nonfinite.small(
    "Step 0 is 355, step 1 is 1.8e6; step 2 is beyond every number.",
    history=[355.0, 1.8e6, float("inf"), float("nan")],
)

# 7.7 train_regression

PLAIN, NORMS, CLIPPED = "without clipping", "norms before clipping", "with clipping"

train_regression = Exercise(
    points=2,
    groups={PLAIN: 1, NORMS: 1, CLIPPED: 2},
    rtol=FINE,
    builds_on=("clip_by_value", "clip_by_norm", "clip_by_global_norm"),
)


@train_regression.cases
def cases(rng):
    yield problem(rng, PLAIN, None, steps=7)
    for mode, c in [("global_norm", 0.6), ("value", 0.2)]:
        yield problem(rng, NORMS, [mode, c * rng.uniform(0.8, 1.2)], steps=1)
    for mode, c in [("value", 0.25), ("norm", 0.6), ("global_norm", 0.8)]:
        yield problem(rng, CLIPPED, [mode, c * rng.uniform(0.8, 1.2)], steps=7)


def problem(rng, group, clip, steps):
    """Eleven samples in batches of four: three to an epoch, the last one smaller."""
    X = rng.normal(size=(11, 3))
    y = 4 * X[:, 0] - 3 * X[:, 1] + rng.uniform(1, 2) + rng.normal(size=11)
    setting = {"lr": rng.uniform(0.03, 0.06), "momentum": rng.uniform(0.5, 0.8), "steps": steps, "batch": 4}
    return case(group, X=X, y=y, **setting, clip=clip, _part=group, _seed=draw_seed(rng))


@train_regression.driver
def drive(train_regression, X, y, lr, momentum, steps, batch, clip, _part, _seed):
    from nnlab import MLP

    model = MLP([X.shape[1], 4, 1], ["tanh", "linear"], seed=_seed, dtype=np.float64)
    clip = clip if clip is None else tuple(clip)
    rng = np.random.default_rng(_seed)
    result = train_regression(model, X, y, lr, momentum, steps, batch, clip, rng)
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        raise TypeError("train_regression should return a pair: the losses and the gradient norms")
    if _part == "norms before clipping":
        return {"grad_norms": result[1]}
    weights = np.concatenate([np.ravel(p) for p in model.params])
    return {"losses": result[0], "the model's parameters afterwards": weights}


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


def run(model, X, y, lr, momentum, rows, clip, norm=joint, move=heavy_ball):
    losses, norms, velocity = [], [], [np.zeros_like(p) for p in model.params]
    for now in rows:
        losses.append(model.loss(X[now], y[now], "mse"))
        grads = model.grads(X[now], y[now], "mse")
        norms.append(norm(grads))
        move(model, velocity, modes(grads, clip), lr, momentum)
    return losses, norms


@train_regression.wrong(
    "You clip the weights. What clipping bounds is the gradient, before the optimiser sees it.", loses=CLIPPED
)
def clips_the_weights(model, X, y, lr, momentum, steps, batch, clip, rng):
    def move(model, velocity, grads, lr, momentum):
        heavy_ball(model, velocity, grads, lr, momentum)
        for p, new in zip(model.params, modes(model.params, clip), strict=True):
            p[...] = new

    return run(model, X, y, lr, momentum, batches(len(X), steps, batch, rng), None, move=move)


@train_regression.wrong(
    "You clip what momentum has collected. The gradient is clipped first, and momentum collects the clipped ones.",
    loses=CLIPPED,
)
def clips_the_momentum(model, X, y, lr, momentum, steps, batch, clip, rng):
    velocity = [np.zeros_like(p) for p in model.params]

    def move(model, _, grads, lr, momentum):
        velocity[:] = modes([momentum * v + g for v, g in zip(velocity, grads, strict=True)], clip)
        for p, v in zip(model.params, velocity, strict=True):
            p -= lr * v

    return run(model, X, y, lr, momentum, batches(len(X), steps, batch, rng), None, move=move)


@train_regression.wrong(
    "You clip the gradient of each sample, then take the mean. Here the gradient of the batch is clipped, once.",
    loses=(NORMS, CLIPPED),
)
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
    "The model moves as if there were no clipping. Is the clipped gradient the one that the step uses?",
    loses=CLIPPED,
)
def clips_after_the_step(model, X, y, lr, momentum, steps, batch, clip, rng):
    return run(model, X, y, lr, momentum, batches(len(X), steps, batch, rng), None)


@train_regression.wrong(
    "The norms you return are those after clipping. Only the norm before it tells whether clipping acted.",
    loses=NORMS,
)
def norms_afterwards(model, X, y, lr, momentum, steps, batch, clip, rng):
    norm = lambda grads: joint(modes(grads, clip))
    return run(model, X, y, lr, momentum, batches(len(X), steps, batch, rng), clip, norm)


@train_regression.wrong("The norm of the kernels alone: the biases have gradients, too.", loses=NORMS)
def norms_of_the_kernels(model, X, y, lr, momentum, steps, batch, clip, rng):
    return run(
        model, X, y, lr, momentum, batches(len(X), steps, batch, rng), clip, lambda grads: joint(grads[::2])
    )


@train_regression.wrong("You add up the norms of the arrays. The joint norm is asked for.", loses=NORMS)
def sum_of_norms(model, X, y, lr, momentum, steps, batch, clip, rng):
    norm = lambda grads: sum(np.linalg.norm(g) for g in grads)
    return run(model, X, y, lr, momentum, batches(len(X), steps, batch, rng), clip, norm)


@train_regression.wrong("There is no momentum in your steps.", loses=(PLAIN, CLIPPED))
def without_momentum(model, X, y, lr, momentum, steps, batch, clip, rng):
    return run(model, X, y, lr, 0.0, batches(len(X), steps, batch, rng), clip)


@train_regression.wrong(
    "Each step draws its own permutation, so that some samples are seen twice in an epoch and others not at all.",
    loses=(PLAIN, CLIPPED),
)
def new_order_at_every_step(model, X, y, lr, momentum, steps, batch, clip, rng):
    rows = [rng.permutation(len(X))[:batch] for _ in range(steps)]
    return run(model, X, y, lr, momentum, rows, clip)


@train_regression.wrong("All epochs use the same order. Draw a permutation for each.", loses=(PLAIN, CLIPPED))
def same_order_in_every_epoch(model, X, y, lr, momentum, steps, batch, clip, rng):
    return run(model, X, y, lr, momentum, batches(len(X), steps, batch, rng, redraw=False), clip)


@train_regression.wrong(
    "The samples left over at the end of an epoch are dropped. They are a batch, too, if a small one.",
    loses=(PLAIN, CLIPPED),
)
def drops_the_remainder(model, X, y, lr, momentum, steps, batch, clip, rng):
    return run(model, X, y, lr, momentum, batches(len(X), steps, batch, rng, smaller=False), clip)


@train_regression.wrong(
    "The losses are those after each step. The first one is asked for before anything has moved.",
    loses=(PLAIN, CLIPPED),
)
def losses_after_the_step(model, X, y, lr, momentum, steps, batch, clip, rng):
    losses, rows = [], batches(len(X), steps, batch, rng)
    seen = iter(rows)

    def move(model, *rest):
        heavy_ball(model, *rest)
        now = next(seen)
        losses.append(model.loss(X[now], y[now], "mse"))

    return losses, run(model, X, y, lr, momentum, rows, clip, move=move)[1]


@train_regression.wrong(
    "The losses are those of all samples. Each should be that of the step's own batch.",
    loses=(PLAIN, CLIPPED),
)
def losses_of_all_samples(model, X, y, lr, momentum, steps, batch, clip, rng):
    losses = []

    def norm(grads):
        losses.append(model.loss(X, y, "mse"))
        return joint(grads)

    return losses, run(model, X, y, lr, momentum, batches(len(X), steps, batch, rng), clip, norm)[1]


@train_regression.wrong(
    "The model you were given has not moved. Did you train a copy, or assign `p = p - …` to a new array?",
    loses=(PLAIN, CLIPPED),
)
def model_untouched(model, X, y, lr, momentum, steps, batch, clip, rng):
    return run(model, X, y, lr, momentum, batches(len(X), steps, batch, rng), clip, move=lambda *_: None)


@train_regression.wrong("The model goes uphill: the step is against the gradient.", loses=(PLAIN, CLIPPED))
def uphill(model, X, y, lr, momentum, steps, batch, clip, rng):
    return run(model, X, y, -lr, momentum, batches(len(X), steps, batch, rng), clip)


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


train_regression.small(
    "Check the order of things within a step: rows, loss, gradients, their norm, clipping, the move. With `steps=1` and no "
    "clipping the model has moved by -lr times the gradient of the first batch, and momentum has had no part in it."
)

# 7.8 clip_is_noop

OUTPUT, HIDDEN = "the output layer decides", "the hidden layer decides"

clip_is_noop = Exercise(points=1, groups={OUTPUT: 1, HIDDEN: 1})


@clip_is_noop.cases
def cases(rng):
    calm = lambda act: spec(rng, act, (0.5, 0.9), (0.3, 0.9))
    yield case(OUTPUT, model_spec=calm("sigmoid"), clipvalue=1.0)
    yield case(OUTPUT, model_spec=calm("tanh"), clipvalue=rng.uniform(3, 4))
    yield case(OUTPUT, model_spec=calm("sigmoid"), clipvalue=rng.uniform(0.6, 0.9))
    for act, weights, inputs, times in [
        ("sigmoid", (2.5, 3.5), (4, 6), 0.72),
        ("sigmoid", (2.5, 3.5), (4, 6), 1.5),
        ("sigmoid", (9, 11), (1.8, 2.2), 0.9),
        ("sigmoid", (9, 11), (1.8, 2.2), 0.35),
        ("sigmoid", (10, 14), (0.1, 0.2), 0.72),
        ("tanh", (3, 4), (0.7, 0.9), 1.5),
        ("tanh", (3, 4), (0.7, 0.9), 0.45),
    ]:
        model_spec = spec(rng, act, weights, inputs)
        yield case(HIDDEN, model_spec=model_spec, clipvalue=times * bound(model_spec))


def spec(rng, act, weights, inputs):
    """A network's description; the largest of its last weights is negative, all others are clearly smaller."""
    w_out = signed(rng, 0.5, 0.65, 6)
    w_out[0] = abs(w_out[0])
    w_out[int(rng.integers(1, 6))] = -1
    return {"act": act, "x_max": rng.uniform(*inputs), "w_out": w_out * rng.uniform(*weights)}


def bound(model_spec, slopes=(0.25, 1.0), size=lambda w: np.abs(w).max(), last=1.0, bias=1.0, x=None):
    slope = slopes[0] if model_spec["act"] == "sigmoid" else slopes[1]
    reach = max(bias, model_spec["x_max"] if x is None else x)
    return max(last, slope * size(np.asarray(model_spec["w_out"])) * reach)


@clip_is_noop.wrong(
    "You bound the gradients of the output layer only. The hidden layer's can be larger.", loses=HIDDEN
)
def output_layer_only(model_spec, clipvalue):
    return clipvalue >= 1


@clip_is_noop.wrong(
    "You bound the gradients of the hidden layer only. Those of the output layer can be larger.", loses=OUTPUT
)
def hidden_layer_only(model_spec, clipvalue):
    return bound(model_spec, last=0.0) <= clipvalue


@clip_is_noop.wrong(
    "A hidden kernel's gradient contains the input, which can be larger than 1.", loses=HIDDEN
)
def without_the_inputs(model_spec, clipvalue):
    return bound(model_spec, x=1.0) <= clipvalue


@clip_is_noop.wrong(
    "You leave the hidden layer's biases out. Where the inputs are small, theirs are the larger gradients.",
    loses=HIDDEN,
)
def without_the_biases(model_spec, clipvalue):
    return bound(model_spec, bias=0.0) <= clipvalue


@clip_is_noop.wrong(
    "Your bound is too large where the hidden units are sigmoids: how steep can one be?", loses=HIDDEN
)
def slope_one_for_sigmoid(model_spec, clipvalue):
    return bound(model_spec, slopes=(1.0, 1.0)) <= clipvalue


@clip_is_noop.wrong("¼ is the largest slope of the sigmoid. That of tanh is another.", loses=HIDDEN)
def quarter_for_tanh(model_spec, clipvalue):
    return bound(model_spec, slopes=(0.25, 0.25)) <= clipvalue


@clip_is_noop.wrong(
    "The largest weight that you use is the largest positive one. A large negative weight passes as much on.",
    loses=HIDDEN,
)
def signed_maximum(model_spec, clipvalue):
    return bound(model_spec, size=np.max) <= clipvalue


@clip_is_noop.wrong(
    "You add the last weights up. A hidden unit has one weight to the output, and its gradient comes through that one.",
    loses=HIDDEN,
)
def sum_of_weights(model_spec, clipvalue):
    return bound(model_spec, size=lambda w: np.abs(w).sum()) <= clipvalue


@clip_is_noop.wrong("The other way round: True is to mean that no gradient can reach beyond the threshold.")
def turned_round(model_spec, clipvalue):
    return bound(model_spec) > clipvalue


@clip_is_noop.wrong(
    "Where the bound equals the threshold you say that clipping may act. No entry is beyond the bound, then.",
    loses=OUTPUT,
)
def strictly_below(model_spec, clipvalue):
    return bound(model_spec) < clipvalue


@clip_is_noop.wrong("It is not the same for all networks: there are cases of both kinds.")
def always_true(model_spec, clipvalue):
    return True


@clip_is_noop.right
def all_four_bounds(model_spec, clipvalue):
    slope = {"sigmoid": 1 / 4, "tanh": 1}[model_spec["act"]]
    hidden = slope * max(abs(w) for w in model_spec["w_out"])
    return all(b <= clipvalue for b in (1, 1, hidden, hidden * model_spec["x_max"]))


@clip_is_noop.right
def with_numpy_bool(model_spec, clipvalue):
    slope = 0.25 if model_spec["act"] == "sigmoid" else 1.0
    entries = np.outer(np.abs(model_spec["w_out"]), [1, model_spec["x_max"]]) * slope
    return np.append(entries, 1.0).max() <= clipvalue


@clip_is_noop.right
def as_zero_or_one(model_spec, clipvalue):
    return int(bound(model_spec) <= clipvalue)


clip_is_noop.small(
    "Inputs up to 2, sigmoid units, one last weight of -6: an entry of the hidden kernel's gradient can reach "
    "1 · 6 · ¼ · 2 = 3, and a threshold of 2 may act.",
    model_spec={"act": "sigmoid", "x_max": 2.0, "w_out": np.array([-6.0, 1.0])},
    clipvalue=2.0,
)
