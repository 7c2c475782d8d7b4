"""Exercises of lesson 05: the spread of first weights, what it does to depth, and units that stay alike."""

import math
from itertools import accumulate

import numpy as np

from autograder.authoring import Exercise, Question, case, draw_seed, right, wrong
from autograder.student.properties import (
    close,
    distributed,
    first_match,
    no_echo,
    no_twins,
    same,
    seldom_repeated,
    unrelated,
)

# 5.1 init_std

SCHEMES = ("he", "lecun", "glorot")

init_std = Exercise(points=1, groups={"he": 1, "lecun": 1, "glorot": 1})


@init_std.cases
def cases(rng):
    for scheme in SCHEMES:
        yield case(scheme, n_in=int(rng.integers(20, 60)), n_out=int(rng.integers(80, 200)), scheme=scheme)
        yield case(scheme, n_in=int(rng.integers(300, 900)), n_out=int(rng.integers(5, 70)), scheme=scheme)


def variance_of(n_in, n_out, scheme):
    return {"he": 2 / n_in, "lecun": 1 / n_in, "glorot": 2 / (n_in + n_out)}[scheme]


@init_std.mistakes
def mistakes(n_in, n_out, scheme):
    variance = variance_of(n_in, n_out, scheme)
    yield "the_variance", variance, "This is the variance. The name of the function asks for its root."
    yield "outputs_for_inputs", math.sqrt(variance_of(n_out, n_in, scheme)), (
        "You count the units of the layer where its inputs belong. Over which index does the sum in z run?")
    yield "he_by_its_units", math.sqrt({"he": 2 / n_out}.get(scheme, variance)), (
        "In he you count the units of the layer, not its inputs. Over which index does the sum in z run?")
    roots = {"he": math.sqrt(2) / n_in, "lecun": 1 / n_in, "glorot": math.sqrt(2) / (n_in + n_out)}
    yield "root_of_the_numerator", roots[scheme], (
        "Your root ends too early: it covers the numerator only. With 100 inputs instead of 25 a spread "
        "should halve; yours falls to a quarter.")
    yield "glorot_without_its_2", math.sqrt({"glorot": 1 / (n_in + n_out)}.get(scheme, variance)), (
        "Your Glorot spread is too small by √2. For a layer with as many units as inputs it should agree "
        "with lecun: it is built on the *mean* of the two widths, not on their sum.")
    yield "glorot_without_parentheses", math.sqrt({"glorot": 2 / n_in + n_out}.get(scheme, variance)), (
        "Division comes before addition: `2 / n_in + n_out` adds all of n_out to a small number.")
    yield "he_without_its_2", math.sqrt({"he": 1 / n_in}.get(scheme, variance)), (
        "Your he is what lecun asks for. ReLU lets half of the second moment through: what makes up for the "
        "lost half?")
    swapped = {"he": 1 / n_in, "lecun": 2 / n_in}
    yield "he_and_lecun_swapped", math.sqrt(swapped.get(scheme, variance)), (
        "he and lecun have changed places. Which of them is made for a unit that lets half of the second "
        "moment through?")
    yield "limit_of_the_uniform", math.sqrt(3 * variance), (
        "Everything is √3 times too large: this is the limit of a uniform distribution, not its standard "
        "deviation.")


@init_std.answers
def answers(n_in, n_out, scheme):
    variance = variance_of(n_in, n_out, scheme)
    yield "in_float32", np.sqrt(np.float32(variance))
    yield "as_an_array_of_no_axes", np.sqrt(np.array(variance))


@init_std.right
def one_branch_each(n_in, n_out, scheme):
    if scheme == "he":
        return (2.0 / n_in) ** 0.5
    elif scheme == "lecun":
        return n_in**-0.5
    elif scheme == "glorot":
        return (0.5 * (n_in + n_out)) ** -0.5
    raise ValueError(scheme)


for scheme, words in [("he", "√(2/8)"), ("lecun", "√(1/8)"), ("glorot", "√(2/32)")]:
    init_std.small(f"By hand, with 8 inputs and 24 units: {scheme} is {words}.", n_in=8, n_out=24, scheme=scheme)

# 5.2 init_weights

MEAN, SPREAD = "mean 0", "the scheme's spread"
SHAPE_OF = "normal or uniform, as asked"
DRAWS = "every entry drawn on its own, from `rng`"

init_weights = Exercise(
    points=3, groups={MEAN: 1, SPREAD: 1, SHAPE_OF: 0.5, DRAWS: 0.5}, builds_on=("init_std",))


@init_weights.cases
def cases(rng):
    for scheme in SCHEMES:
        for dist in ("normal", "uniform"):
            shape = {"n_in": int(rng.integers(100, 120)), "n_out": int(rng.integers(190, 220))}
            yield case(**shape, scheme=scheme, dist=dist, seed=draw_seed(rng))


@init_weights.driver
def drive(init_weights, n_in, n_out, scheme, dist, seed):
    def drawn(seed):
        return init_weights(n_in, n_out, scheme, dist, np.random.default_rng(seed))

    return {"W": drawn(seed), "again": drawn(seed), "other": drawn(seed + 1)}


@init_weights.judge
def judge(case, result):
    n_in, n_out, scheme, dist = (case.inputs[name] for name in ("n_in", "n_out", "scheme", "dist"))
    W, again, other = (np.asarray(result[name], dtype=float) for name in ("W", "again", "other"))
    sd = math.sqrt(variance_of(n_in, n_out, scheme))
    yield MEAN, *centre_of(W, sd)
    yield SPREAD, *spread_of(W, sd, f"{scheme}, {dist}")
    yield SHAPE_OF, *distribution_of(W, dist)
    yield DRAWS, *how_drawn(W, again, other)


def centre_of(W, sd):
    mean, allowed = W.mean(), 6 * W.std() / math.sqrt(W.size)
    if np.ptp(W) == 0:
        return False, "all alike", f"all {W.size} weights are {W.flat[0]:.4f}"
    by_the_spread = abs(mean - sd) <= allowed
    seen = "no negative weight" if W.min() >= 0 else "shifted by the spread" if by_the_spread else "shifted"
    detail = f"the mean of {W.size} weights is {mean:.4f}; around 0 chance explains ± {allowed:.4f}"
    if W.min() >= 0:
        detail += ", and not one of them is negative"
    return abs(mean) <= allowed, seen, detail


def spread_of(W, sd, what):
    """Six standard deviations of a normal sample's spread; a uniform one's is smaller."""
    allowed = 6 / math.sqrt(2 * W.size)
    near = lambda one, other: abs(one / other - 1) <= allowed
    seen = first_match(W.std(), {
        "√3 too small": sd / math.sqrt(3),
        "√12 too small": sd / math.sqrt(12),
        "twice as wide": 2 * sd,
        "the variance": sd**2,
        "cut off and not widened": 0.87962566 * sd,
        "not scaled": 1,
        "not scaled, uniform": 1 / math.sqrt(3),
    }, near)
    detail = (
        f"{what}: the standard deviation should be {sd:.4f}; yours is {W.std():.4f}, {W.std() / sd:.3f} times that")
    return near(W.std(), sd), seen or "another spread", detail


def distribution_of(W, dist):
    """By Kolmogorov's distance and the fourth moment: 1.8 for a uniform distribution, 3 for a normal one, 2.37 if
    that is cut off at two standard deviations."""
    standard = (W - W.mean()) / max(W.std(), 1e-300)
    shapes = {
        "uniform": (uniform_below, 1.8, 0.1),
        "normal": (normal_below, 3, 0.3),
        "normal, cut off": (cut_off_below, 2.37, 0.15),
    }
    fourth = np.mean(standard**4)
    fits = [name for name, (below, moment, band) in shapes.items()
            if abs(fourth - moment) < band and distributed(standard, below)]
    looks = "normal" if "normal, cut off" in fits else fits[0] if fits else "neither"
    return looks == dist, f"{looks} for {dist}", f"dist is {dist!r}; the weights look {looks}"


def uniform_below(z):
    return np.clip((z / math.sqrt(3) + 1) / 2, 0, 1)


def normal_below(z):
    return np.array([(1 + math.erf(value / math.sqrt(2))) / 2 for value in z])


def cut_off_below(z):
    outside = normal_below([-2])[0]
    return np.clip((normal_below(np.asarray(z) * 0.87962566) - outside) / (1 - 2 * outside), 0, 1)


def how_drawn(W, again, other):
    if not same(W, again):
        return False, "not from rng", (
            "two generators with the same seed gave different weights: the randomness is not from `rng`")
    if same(W, other):
        return False, "always the same", "generators with different seeds gave the very same weights"
    if not no_twins(W):
        return False, "units alike", "two units have the same weights, but for a factor: two columns are alike"
    if not no_twins(W.T):
        return False, "inputs alike", "two inputs have the same weights, but for a factor: two rows are alike"
    if not seldom_repeated(np.abs(W)):
        distinct = len(np.unique(np.abs(W)))
        sizes = "one size" if distinct == 1 else f"{distinct} different sizes"
        return False, "values come again", f"the {W.size} weights have only {sizes}, signs left aside"
    if not (no_echo(W) and no_echo(W**2) and unrelated(W) and unrelated(W.T)):
        return False, "entries depend on one another", "an entry can be told from others"
    for lines, table in (("columns", W.T), ("rows", W)):
        if not scattered(table):
            detail = f"the {lines} have more nearly the same mean, or the same spread, than chance makes them"
            return False, "evened out", detail
    return True, "", ""


def scattered(lines):
    """Whether means and mean squares of so many lines differ as much as chance makes them, up to 7 standard
    deviations; of exact ones nothing is left. (Too large a scatter has other names.)"""
    number, length = lines.shape
    least = (1 - 2 / (9 * number) - 7 * math.sqrt(2 / (9 * number))) ** 3
    return all(
        np.sum((values.mean(axis=1) - values.mean()) ** 2) * length / max(values.var(), 1e-300) > least * number
        for values in (lines, lines**2)
    )


@init_weights.mistakes
def mistakes(n_in, n_out, scheme, dist, rng):
    sd, shape = math.sqrt(variance_of(n_in, n_out, scheme)), (n_in, n_out)
    drawn = lambda sd=sd, dist=dist, rng=rng: weights_like(n_in, n_out, sd, dist, rng)
    yield "as_printed_on_the_slide", rng.random(shape) * sd, (
        "All your weights are positive. This is the Better Deep Learning deck's line `np.random.rand(…) × "
        "factor`: `random` draws from 0 to 1, with mean ½ and standard deviation 1/√12. What has to be done "
        "to it before it has mean 0?")
    yield "uniform_on_one_side", drawn() if dist == "normal" else sd * rng.random(shape), (
        "Your uniform weights are all positive, as those of `random` are, which draws from 0 to 1: they need "
        "to lie on both sides of 0.")
    yield "uniform_up_to_the_spread", drawn() if dist == "normal" else rng.uniform(-sd, sd, shape), (
        "Uniform numbers between -s and s have a standard deviation smaller than s: you computed how much "
        "in the derivation. Which limit gives them the spread you want?")
    whole = math.sqrt(12) * sd
    yield "uniform_up_to_root_12", drawn() if dist == "normal" else rng.uniform(-whole, whole, shape), (
        "Uniform: √12 standard deviations are the whole width of the distribution, from its lower end to its "
        "upper one. How far is it from the middle to an end?")
    yield "doubled_and_shifted", (2 * rng.random(shape) - 1) * sd, (
        "`2 * random - 1` has mean 0, but not standard deviation 1, so that a factor in front does not "
        "become the spread; and it is uniform also where a normal distribution was asked for.")
    yield "transposed", weights_like(n_out, n_in, sd, dist, rng), (
        "Rows and columns have changed places. Rows are inputs here, because the layer computes `x @ W`; "
        "the order `(n_out, n_in)` belongs to `W @ x`.")
    bare = lambda: rng.standard_normal(shape) if dist == "normal" else rng.uniform(-1, 1, shape)
    yield "factor_added", sd + bare(), (
        "You add the factor to the numbers: that moves all weights to one side and leaves their spread as "
        "it was. Scaling is multiplication.")
    yield "always_normal", drawn(dist="normal"), "You draw normal numbers whatever `dist` says."
    yield "always_uniform", drawn(dist="uniform"), "You draw uniform numbers whatever `dist` says."
    yield "variance_for_spread", drawn(sd=sd**2), (
        "You hand the variance to a function that wants the standard deviation. For 100 inputs that is a "
        "factor of about ten in each layer.")
    yield "forgets_to_scale", bare(), (
        "Your weights have the spread of the bare random numbers: the scheme does not come into it.")
    yield "cut_off_and_not_widened", sd * cut_off(n_in, n_out, rng) if dist == "normal" else drawn(), (
        "Cutting a normal distribution off at two standard deviations takes its widest values away, and "
        "with them an eighth of its spread. Keras widens it beforehand to make up for it.")
    yield "units_alike", drawn()[:, np.arange(n_out) % (n_out // 4)], (
        "Some of your units have nearly the same weights as others, or the opposite ones. Units that start "
        "alike and lead to the same place stay alike: draw a number of its own for every entry.")
    yield "one_half_again", drawn()[np.arange(n_in) % (n_in // 2)], (
        "Some inputs have nearly the same weights as others, or the opposite ones, as if a part of the "
        "matrix had been drawn once and used again. Draw a number of its own for every entry.")
    yield "rounded", np.round(drawn(), 3), (
        "The same sizes come again and again among your weights. Were they rounded, cut off at a limit, set "
        "to 0, or chosen from a list? Leave them as they are drawn.")
    yield "orthogonal", np.linalg.svd(drawn(), full_matrices=False)[2] * sd * math.sqrt(n_out), (
        "Each entry of yours depends on the others: rows or columns have been made orthogonal, or smoothed, "
        "or sorted. That can be a good start (see the end of the lesson), but here every entry is to be "
        "drawn on its own.")
    yield "evened_out", (W := drawn()) - W.mean(axis=0), (
        "Your columns or rows are more alike than chance makes them. Was something taken off, or divided by, "
        "that is computed from the numbers drawn? Leave them as they are drawn.")
    yield "draws_from_elsewhere", drawn(rng=np.random.default_rng(np.random.randint(2**31))), (
        "The weights do not come from `rng`: nobody could repeat your run.")
    yield "fixes_its_own_seed", drawn(rng=np.random.default_rng(0)), (
        "You make a generator of your own with a fixed seed, so that all layers of one shape would be born "
        "alike. Use the `rng` you are given.")


def weights_like(n_in, n_out, sd, dist, rng):
    limit = math.sqrt(3) * sd
    return rng.normal(0, sd, (n_in, n_out)) if dist == "normal" else rng.uniform(-limit, limit, (n_in, n_out))


def cut_off(n_in, n_out, rng):
    draws = rng.standard_normal((n_in, n_out))
    while np.any(np.abs(draws) > 2):
        draws = np.where(np.abs(draws) > 2, rng.standard_normal((n_in, n_out)), draws)
    return draws


@init_weights.answers
def answers(n_in, n_out, scheme, dist, rng):
    sd, shape, normal = np.sqrt(variance_of(n_in, n_out, scheme)), (n_in, n_out), dist == "normal"
    limit = np.sqrt(3) * sd
    even = lambda: (2 * rng.random(shape) - 1) * limit
    yield "scaled_afterwards", rng.standard_normal(shape) * sd if normal else even()
    yield "truncated_as_in_keras", cut_off(n_in, n_out, rng) * sd / 0.87962566103423978 if normal else even()


@init_weights.right
def limits_by_scheme(n_in, n_out, scheme, dist, rng):
    if dist == "normal":
        return weights_like(n_in, n_out, np.sqrt(variance_of(n_in, n_out, scheme)), dist, rng)
    limit = {"he": (6 / n_in) ** 0.5, "lecun": (3 / n_in) ** 0.5, "glorot": (6 / (n_in + n_out)) ** 0.5}
    return limit[scheme] * rng.uniform(-1, 1, (n_in, n_out))


@init_weights.right
def in_float32(n_in, n_out, scheme, dist, rng):
    sd = np.float32(np.sqrt(variance_of(n_in, n_out, scheme)))
    if dist == "normal":
        return rng.standard_normal((n_in, n_out), dtype=np.float32) * sd
    return (rng.random((n_in, n_out), dtype=np.float32) - np.float32(0.5)) * np.float32(12**0.5) * sd


@init_weights.right
def drawn_flat_or_transposed(n_in, n_out, scheme, dist, rng):
    sd = np.sqrt(variance_of(n_in, n_out, scheme))
    if dist == "normal":
        return weights_like(1, n_in * n_out, sd, dist, rng).reshape(n_in, n_out)
    return weights_like(n_out, n_in, sd, dist, rng).T


@init_weights.right
def row_by_row_as_lists(n_in, n_out, scheme, dist, rng):
    sd = np.sqrt(variance_of(n_in, n_out, scheme))
    return [weights_like(1, n_out, sd, dist, rng)[0].tolist() for _ in range(n_in)]


@init_weights.right
def with_scipy(n_in, n_out, scheme, dist, rng):
    from scipy import stats

    sd = np.sqrt(variance_of(n_in, n_out, scheme))
    if dist == "normal":
        return stats.norm(0, sd).rvs((n_in, n_out), random_state=rng)
    return stats.uniform(-np.sqrt(3) * sd, 2 * np.sqrt(3) * sd).rvs((n_in, n_out), random_state=rng)


init_weights.small(
    "With 2 inputs He's weights have a standard deviation of √(2/2) = 1. Normal: most weights lie between "
    "-1 and 1, some beyond. Uniform: the limit is √3 = 1.73 on both sides, since numbers spread evenly up "
    "to ±1 have a standard deviation of 0.58 only. Either way the mean of many is 0.")

# 5.3 activation_stats

STATISTICS = "mean and second moment after each activation"
WEIGHTS = "weights of the scheme, fresh in every layer"

activation_stats = Exercise(
    points=2, groups={STATISTICS: 1, WEIGHTS: 1}, builds_on=("init_weights", "init_std"))


@activation_stats.cases
def cases(rng):
    for scheme in SCHEMES:
        x, n_in, shift = rng.uniform(0.5, 2, 4), int(rng.integers(25, 40)), rng.uniform(0.2, 0.6)
        yield case(_x=x, _n_in=n_in, _shift=shift, scheme=scheme, _seed=draw_seed(rng))


WIDE = 4000


@activation_stats.driver
def drive(activation_stats, _x, _n_in, _shift, scheme, _seed):
    """Layers of one unit tell their weights: without activation each multiplies the mean by its weight. One row
    of a wide layer, picked by a single input of 1, tells the spread."""

    def stats(X, sizes, act, seed=_seed):
        pairs = activation_stats(X, sizes, act, scheme, np.random.default_rng(seed))
        pairs = np.asarray([] if pairs is None else pairs, dtype=float)
        layers = len(sizes) - 1
        if pairs.shape not in ((layers, 2), (layers + 1, 2)):
            raise TypeError(
                f"activation_stats should return one pair for each layer, {layers} of them for {layers + 1} sizes; "
                f"what came back has the shape {pairs.shape}"
            )
        return pairs

    column, narrow, wide = _x.reshape(-1, 1), [1, 1, 1, 1, 1], [_n_in, WIDE]
    single = np.zeros((1, _n_in))
    single[0, _n_in // 2] = 1.0
    return {
        "pairs": stats(column.copy(), narrow, lambda z: z),
        "flat": stats(column.copy(), narrow, lambda z: 0 * z + _shift),
        "bent": stats(column.copy(), narrow, lambda z: np.tanh(z) + _shift),
        "again": stats(column.copy(), narrow, lambda z: z),
        "other": stats(column.copy(), narrow, lambda z: z, _seed + 1),
        "wide": stats(single, wide, lambda z: z),
        "squared": stats(single.copy(), wide, lambda z: z**2),
    }


OTHER = "other statistics"


@activation_stats.judge
def judge(case, result):
    found = {name: np.asarray(value, dtype=float) for name, value in result.items()}
    x, scheme, n_in = (case.inputs[name] for name in ("_x", "scheme", "_n_in"))
    means = np.concatenate([[x.mean()], found["pairs"][:, 0]])
    weights = means[1:] / means[:-1]
    shift = case.inputs["_shift"]
    if same(found["pairs"], found["again"]):
        kind, detail = kind_of_statistics(found["bent"], x, weights, shift)
    else:  # every call has other weights: what is left is an activation that always gives the same number
        kind = "" if close(found["flat"], (shift, shift**2)) else OTHER
        detail = f"with an activation that always gives {shift:.3f} the pair should be {shift:.3f} and {shift**2:.3f}"
    yield STATISTICS, not kind, kind, detail
    yield WEIGHTS, *how_weighted(found, weights, math.sqrt(variance_of(n_in, WIDE, scheme)), scheme, kind)


def kind_of_statistics(bent, x, weights, shift):
    """What the pairs are the statistics of; empty if of the right thing. The weights are known by now."""
    act = lambda z: np.tanh(z) + shift
    h, plain, before, after, passed = x, x, [], [], []
    for w in weights:
        before.append(h * w)
        h, plain = act(h * w), plain * w
        after.append(h)
        passed.append(act(plain))
    moments = lambda layers: [(np.mean(a), np.mean(np.square(a))) for a in layers]
    right = moments(after)
    if close(bent, right, atol=1e-5):  # a mean may nearly cancel, and float32 leaves its rounding there
        return "", ""
    kind = first_match(bent, {
        "the variance": [(np.mean(a), np.var(a)) for a in after],
        "the standard deviation": [(np.mean(a), np.std(a)) for a in after],
        "the root": [(np.mean(a), math.sqrt(np.mean(a**2))) for a in after],
        "the square of the mean": [(np.mean(a), np.mean(a) ** 2) for a in after],
        "before the activation": moments(before),
        "not passed on": moments(passed),
        "swapped": [pair[::-1] for pair in right],
    })
    layer = int(np.argmax(~np.isclose(bent, right, rtol=1e-4, atol=1e-5).all(axis=1)))
    told = (
        f"layer {layer + 1} of a narrow network with activation tanh(z) + {shift:.3f}: you report mean "
        f"{bent[layer][0]:.7g} and second moment {bent[layer][1]:.7g}"
    )
    if kind in ("", "swapped"):  # its weights, and so its numbers, are found from the means: these may be wrong, too
        return kind or OTHER, f"{told}, which are not the mean and the mean square of what it sends on"
    return kind, f"{told}; they are {right[layer][0]:.7g} and {right[layer][1]:.7g}"


def how_weighted(found, weights, sd, scheme, kind):
    if not same(found["pairs"], found["again"]):
        return False, "not from rng", "two generators with the same seed gave different networks"
    if same(found["pairs"], found["other"]):
        return False, "always the same network", "generators with different seeds gave the same network"
    if close(weights, weights[0]):
        return False, "the same in every layer", "all layers have the same weight, as if drawn only once"
    second = found["wide"][0, 1] ** (2 if kind in ("the root", "the standard deviation") else 1)
    second = found["wide"][0, 0] if kind == "swapped" else second
    ratio = second / sd**2
    if abs(ratio - 1) > 6 * math.sqrt(2 / WIDE):
        seen = "not scaled" if abs(second - 1) < 6 * math.sqrt(2 / WIDE) else "another spread"
        if kind in (OTHER, "the square of the mean"):
            return False, seen, "what the weights are can't be told from such numbers: mend these first"
        return False, seen, f"{scheme}: the weights' variance is {ratio:.2f} times what the scheme asks for"
    fourth = found["squared"][0, 1] / found["squared"][0, 0] ** 2
    normal = bool(kind) or fourth > 2.08  # 1.8 if uniform, 2.37 if normal and cut off, 3 if normal
    return normal, "not normal", "the weights do not look normal"


def layers_of(X, sizes, act, scheme, rng, draw=None):
    """(z, a) of each layer."""
    h = X
    for n_in, n_out in zip(sizes, sizes[1:]):
        sd = math.sqrt(variance_of(n_in, n_out, scheme))
        z = h @ (draw(n_in, n_out, sd, rng) if draw else rng.normal(0, sd, (n_in, n_out)))
        h = act(z)
        yield z, h


@activation_stats.mistakes
def mistakes(X, sizes, act, scheme, rng):
    layers = lambda draw=None, act=act, rng=rng: layers_of(X, sizes, act, scheme, rng, draw)
    moments = lambda *draw, **other: [(h.mean(), np.mean(h**2)) for _, h in layers(*draw, **other)]
    yield "variance_for_second_moment", [(h.mean(), h.var()) for _, h in layers()], (
        "Your second number is the variance. Behind a ReLU the mean is not 0, and what the next layer's "
        "spread grows from is the mean of the squares.")
    yield "root_of_the_second_moment", [(m, np.sqrt(second)) for m, second in moments()], (
        "Your second number is a root. The second moment is the mean of the squares as it stands.")
    yield "before_the_activation", [(z.mean(), np.mean(z**2)) for z, _ in layers()], (
        "These are the statistics of z, before the activation. Measure what the layer sends on.")
    yield "square_of_the_mean", [(h.mean(), h.mean() ** 2) for _, h in layers()], (
        "Your second number is the square of the mean. The mean of the squares is larger wherever the "
        "activations differ: for 0 and 2 it is 2, not 1.")
    yield "sends_z_on", [(act(z).mean(), np.mean(act(z) ** 2)) for z, _ in layers(act=lambda z: z)], (
        "You measure act(z), but that is not what you send on to the next layer: from the second layer on "
        "the numbers are those of another network.")
    yield "draws_from_elsewhere", moments(rng=np.random.default_rng(np.random.randint(2**31))), (
        "The weights do not come from `rng`: the same seed should give the same network.")
    yield "without_the_scheme", moments(lambda n_in, n_out, sd, rng: rng.standard_normal((n_in, n_out))), (
        "Your weights have standard deviation 1 whatever the scheme says.")
    even = lambda n_in, n_out, sd, rng: weights_like(n_in, n_out, sd, "uniform", rng)
    yield "uniform_weights", moments(even), "The weights look uniform; this time they are to be normal."
    yield "counts_the_input", [(X.mean(), np.mean(X**2)), *moments()], (
        "One pair too many: the input itself is not a layer. Begin with what the first layer sends on.")


@activation_stats.wrong(
    "All layers share their numbers. Something puts the generator back to where it was: let one `rng` run "
    "on from layer to layer.")
def one_state_for_all_layers(X, sizes, act, scheme, rng):
    seed = int(rng.integers(2**31))
    draw = lambda n_in, n_out, sd, rng: np.random.default_rng(seed).normal(0, sd, (n_in, n_out))
    return [(h.mean(), np.mean(h**2)) for _, h in layers_of(X, sizes, act, scheme, rng, draw)]


@activation_stats.wrong(
    "Is it the product that fails? `W @ h` is how books with columns write it. Here rows are samples, and the "
    "shapes only fit as `h @ W`.", raises=True)
def columns_for_rows(X, sizes, act, scheme, rng):
    h, pairs = X, []
    for n_in, n_out in zip(sizes, sizes[1:]):
        h = act(rng.normal(0, math.sqrt(variance_of(n_in, n_out, scheme)), (n_out, n_in)) @ h)
        pairs.append((h.mean(), np.mean(h**2)))
    return pairs


@activation_stats.answers
def answers(X, sizes, act, scheme, rng):
    pairs, spread = list(zip(sizes, sizes[1:])), lambda a, b: math.sqrt(variance_of(a, b, scheme))
    Ws = lambda: [rng.standard_normal(pair) * spread(*pair) for pair in pairs]
    through = lambda Ws: [*accumulate(Ws, lambda h, W: act(np.dot(h, W)), initial=X)][1:]
    yield "all_weights_first", [[float(np.mean(h)), float(np.var(h) + np.mean(h) ** 2)] for h in through(Ws())]
    cut = lambda n_in, n_out, sd, rng: cut_off(n_in, n_out, rng) * sd / 0.87962566103423978
    layers = lambda: layers_of(X, sizes, act, scheme, rng, cut)
    yield "truncated_weights_in_an_array", np.array([(h.mean(), np.mean(h**2)) for _, h in layers()])


@activation_stats.right
def in_columns_throughout(X, sizes, act, scheme, rng):
    h, pairs = X.T, []
    for n_in, n_out in zip(sizes, sizes[1:]):
        W = rng.normal(0, math.sqrt(variance_of(n_in, n_out, scheme)), (n_out, n_in))
        h = act(W @ h)
        pairs.append((np.mean(h), np.linalg.norm(h) ** 2 / h.size))
    return pairs


@activation_stats.right
def in_float32(X, sizes, act, scheme, rng):
    h, pairs = X.astype(np.float32), []
    for n_in, n_out in zip(sizes, sizes[1:]):
        W = rng.standard_normal((n_in, n_out), dtype=np.float32)
        h = act(h @ (W * np.float32(math.sqrt(variance_of(n_in, n_out, scheme)))))
        pairs.append((h.mean(), np.mean(h**2)))
    return pairs


@activation_stats.right
def sample_by_sample(X, sizes, act, scheme, rng):
    rows, pairs = list(X), []
    for n_in, n_out in zip(sizes, sizes[1:]):
        W = rng.normal(0, math.sqrt(variance_of(n_in, n_out, scheme)), (n_in, n_out))
        rows = [act(row @ W) for row in rows]
        values = [float(value) for row in rows for value in row]
        pairs.append((sum(values) / len(values), sum(v * v for v in values) / len(values)))
    return tuple(pairs)


activation_stats.small(
    "A layer that sends on 0, 2, 0 and 2 has mean 1 and second moment (0 + 4 + 0 + 4)/4 = 2. Its variance "
    "is 2 - 1² = 1: another number. Three sizes, such as (4, 3, 2), make two layers, hence two pairs.")

# 5.4 distinct_units

UNITS = "units are columns, their bias included"
ALIKE_UP_TO = "alike up to `tol`"

distinct_units = Exercise(points=1, groups={UNITS: 1, ALIKE_UP_TO: 1})


@distinct_units.cases
def cases(rng):
    for n_in in (5, 9):
        yield case(UNITS, **twins(rng, n_in))
        yield case(ALIKE_UP_TO, **near_twins(rng, n_in + 1))
    yield case(ALIKE_UP_TO, **near_twins(rng, 4, size=200))


def twins(rng, n_in):
    """Exact copies; one of them with another bias, one with its weights in another order, one with other signs."""
    kinds = int(rng.integers(3, 5))
    W = rng.uniform(0.5, 2, (n_in, kinds)) * rng.choice([-1, 1], (n_in, kinds))
    b = rng.uniform(-1, 1, kinds)
    copies = rng.integers(0, kinds, int(rng.integers(2, 5)))
    W = np.column_stack([W, W[:, copies], W[:, 0], W[:, 0], np.roll(W[:, 1], 1), -W[:, 2]])
    b = np.concatenate([b, b[copies], [b[0] + 0.7, b[0] + 1.3, b[1], -b[2]]])
    order = rng.permutation(len(b))
    return {"W": W[:, order], "b": b[order], "tol": float(rng.choice([1e-4, 1e-5]))}


def near_twins(rng, n_in, size=1):
    """Copies that differ by a fifth of tol, on both sides of where rounding to multiples of tol has its borders,
    an exact copy, and units that are off by more than tol: by three times tol in one weight, which is little on
    average, in the bias alone, or in all, which is little for their size; by twenty times in one, which is little
    when squared."""
    tol, kinds = rng.uniform(0.002, 0.004), int(rng.integers(3, 6))
    steps = size * rng.integers(2000, 5000, (n_in + 1, kinds)) * rng.choice([-1, 1], (n_in + 1, kinds)) + 0.5
    columns = [(steps[:, k] + shift) * tol for k in range(kinds) for shift in (-0.1, 0.1, -0.02)]
    one_off, bias_off, all_off, far_off = (columns[k].copy() for k in (0, 6, 3, 3))
    one_off[int(rng.integers(n_in))] += 3 * tol
    bias_off[n_in] += 3 * tol
    all_off += 3 * tol
    far_off[int(rng.integers(n_in))] += 20 * tol
    columns = np.column_stack([*columns, columns[1], one_off, bias_off, all_off, far_off])
    columns = columns[:, rng.permutation(3 * kinds + 5)]
    return {"W": columns[:-1], "b": columns[-1], "tol": tol}


def units_of(W, b):
    return np.vstack([W, b]).T


def number_of_kinds(rows, alike):
    kinds = []
    for row in rows:
        if not any(alike(row, kind) for kind in kinds):
            kinds.append(row)
    return len(kinds)


@distinct_units.mistakes
def mistakes(W, b, tol):
    largest = lambda one, other: np.max(np.abs(one - other)) <= tol
    units = units_of(W, b)
    yield "rows", number_of_kinds(W, largest), (
        "Your count is that of the rows of W. A row belongs to an input; a unit owns a column, since the "
        "layer computes x @ W.")
    yield "exactly_equal", len(np.unique(units, axis=0)), (
        "Your count is the one that comparing floats with == gives: units that differ by less than tol "
        "count as two. Sums in another order differ in their last digit, which means nothing.")
    yield "without_the_bias", number_of_kinds(W.T, largest), (
        "Your count is the one without the biases. Two units with equal weights but different biases "
        "compute different things.")
    yield "rounded_to_a_grid", len(np.unique(np.round(units / tol), axis=0)), (
        "Your count is the one that rounding gives. Rounding has borders: two numbers a hair apart can lie "
        "on both sides of one. Compare units with each other, not with a grid.")
    yield "by_their_length", number_of_kinds(np.linalg.norm(units, axis=1), largest), (
        "Your count is the one that comparing one number per unit gives, a sum or a length. Two different "
        "units can share it: compare entry by entry.")
    yield "on_average", number_of_kinds(units, lambda one, other: np.mean(np.abs(one - other)) <= tol), (
        "Your count is the one that the mean of the differences gives. One weight that differs by more than "
        "tol makes another unit.")
    yield "for_their_size", number_of_kinds(units, lambda one, other: np.allclose(one, other, rtol=tol, atol=0)), (
        "Your count is the one for a tolerance in proportion to the weights, as `rtol` of `np.isclose` is. "
        "`tol` is the largest difference itself.")
    yield "and_for_their_size", number_of_kinds(units, lambda one, other: np.allclose(one, other, atol=tol)), (
        "With large weights your count is too small. `np.isclose` and `np.allclose` allow more than `atol`: "
        "what does their other tolerance add by default?")
    far = np.max(np.abs(units[:, None] - units), axis=2) > tol
    yield "units_without_a_twin", int(np.sum(far.sum(axis=1) == len(units) - 1)), (
        "Your count is that of the units without a twin. A group of twins still counts as one kind.")


@distinct_units.answers
def answers(W, b, tol):
    units = units_of(W, b)
    yield "greedily", number_of_kinds(units, lambda one, other: np.allclose(one, other, rtol=0, atol=tol))
    yield "by_distance", number_of_kinds(units, lambda one, other: np.linalg.norm(one - other) <= tol)
    near = np.all(np.isclose(units[:, None], units, rtol=0, atol=tol), axis=2)
    yield "first_of_its_kind", np.sum(near.argmax(axis=1) == np.arange(len(units)))


@distinct_units.right
def connected_components(W, b, tol):
    from scipy.sparse.csgraph import connected_components

    units = units_of(W, b)
    return connected_components(np.abs(units[:, None] - units).max(axis=2) <= tol)[0]


@distinct_units.right
def with_plain_loops(W, b, tol):
    count = 0
    for j in range(len(b)):
        for k in range(j):
            if abs(b[j] - b[k]) <= tol and all(abs(W[i][j] - W[i][k]) <= tol for i in range(len(W))):
                break
        else:
            count += 1
    return float(count)


distinct_units.small(
    "Four units with two inputs and tol = 0.01. The weights of the first are (1, 3), those of the second, "
    "too, but its bias is 5. The third has (3, 1): the same length, another unit. The fourth has (1.006, "
    "3), which is the first up to tol. So there are three.",
    W=np.array([[1.0, 1.0, 3.0, 1.006], [3.0, 3.0, 1.0, 3.0]]), b=np.array([0.0, 5.0, 0.0, 0.0]), tol=0.01)
distinct_units.small(
    "Two units with two inputs and tol = 0.01, whose weights are (1, 3) and (1.005, 3.02). One pair of weights is closer "
    "than tol, the other is not: two units.",
    W=np.array([[1.0, 1.005], [3.0, 3.02]]), b=np.array([0.0, 0.0]), tol=0.01)
distinct_units.small(
    "Two units of large weights, (100, 300) and (100.5, 300), and tol = 0.01: half a unit apart, whatever their size.",
    W=np.array([[100.0, 100.5], [300.0, 300.0]]), b=np.array([0.0, 0.0]), tol=0.01)
distinct_units.small(
    "Two units of very large weights, (10000, 30000) and (10000.1, 30000), and tol = 0.01: a tenth apart, ten times tol.",
    W=np.array([[10000.0, 10000.1], [30000.0, 30000.0]]), b=np.array([0.0, 0.0]), tol=0.01)

# 5.5 fresh_initializers

FRESH, RANGE = "different weights in every layer", "between `minval` and `maxval`"

fresh_initializers = Exercise(points=2, groups={FRESH: 3, RANGE: 1}, seconds=20)


@fresh_initializers.cases
def cases(rng):
    for n in (int(rng.integers(3, 5)), int(rng.integers(5, 8))):
        yield case(n=n, minval=-rng.uniform(0.2, 0.5), maxval=rng.uniform(0.6, 1.5))


@fresh_initializers.driver
def drive(fresh_initializers, n, minval, maxval):
    import sys

    def kernels():
        initializers = fresh_initializers(n, minval, maxval)
        if callable(initializers):
            raise TypeError("fresh_initializers should return a list of n initialisers, not one")
        if isinstance(initializers, str) or not hasattr(initializers, "__iter__"):
            raise TypeError("fresh_initializers should return a list of n initialisers")
        keras = sys.modules.get("keras")
        if keras is None:
            raise RuntimeError(
                "keras is not imported in this notebook: run the cell that imports it, then this one again"
            )
        drawn, initializers = [], list(initializers)
        if len(initializers) != n:
            raise TypeError(f"fresh_initializers should return n = {n} initialisers; {len(initializers)} came back")
        for initializer in initializers:
            layer, small = (keras.layers.Dense(units, kernel_initializer=initializer) for units in (30, 3))
            small.build((None, 2))
            layer.build((None, 20))
            if (tuple(small.kernel.shape), tuple(layer.kernel.shape)) != ((2, 3), (20, 30)):
                raise TypeError("an initialiser should give weights of the shape that its layer asks for")
            drawn.append(np.asarray(layer.kernel))
        return np.array(drawn)

    return {"kernels": kernels(), "again": kernels()}


@fresh_initializers.judge
def judge(case, result):
    low, high = case.inputs["minval"], case.inputs["maxval"]
    kernels, again = (np.asarray(result[name], dtype=float) for name in ("kernels", "again"))
    yield FRESH, *how_many_alike(kernels, again)
    yield RANGE, *how_they_spread(kernels, low, high)


def how_many_alike(kernels, again):
    n = len(kernels)
    alike = sum(same(kernels[i], kernels[j]) for i in range(n) for j in range(i))
    if alike < n * (n - 1) // 2:
        return alike == 0, "some alike", (
            f"of {n} layers built with your initialisers, {alike} "
            f"{'pair has' if alike == 1 else 'pairs have'} equal weights")
    seen = "all alike, at every call" if same(kernels[0], again[0]) else "all alike"
    return False, seen, f"all {n} layers built with your initialisers have the very same weights"


def how_they_spread(kernels, low, high):
    """Of 600 numbers spread evenly, all miss the outer twentieth with a chance of 4e-14."""
    outside = np.mean((kernels < low - 1e-6) | (kernels > high + 1e-6))
    margin, centre = (high - low) / 20, abs(kernels.mean() - (low + high) / 2) / (high - low)
    filled = kernels.min() < low + margin and kernels.max() > high - margin
    even = centre <= 6 / math.sqrt(12 * kernels[0].size)
    seen = "outside" if outside else "Keras' own range" if np.abs(kernels).max() <= 0.05 + 1e-6 else "uneven"
    detail = (
        f"weights from {low:.3f} to {high:.3f} were asked for; yours lie between {kernels.min():.3f} and "
        f"{kernels.max():.3f}, with mean {kernels.mean():.3f}"
    )
    return bool(not outside and filled and even), seen, detail


@fresh_initializers.mistakes
def mistakes(n, minval, maxval):
    from keras.initializers import RandomUniform

    yield "one_object_n_times", [RandomUniform(minval, maxval)] * n, (
        "All your layers are alike. One initialiser without a seed draws its seed when it is made, and then "
        "gives the same numbers each time it is asked; so does a copy of it. How many did you make?")
    yield "one_seed_for_all", [RandomUniform(minval, maxval, seed=0) for _ in range(n)], (
        "All your layers are alike, and at every call the same: they have one seed, with which each of them "
        "starts at the same place.")
    yield "without_the_range", [RandomUniform() for _ in range(n)], (
        "The weights lie within ±0.05, which is what Keras takes when nobody tells it a range: hand on "
        "minval and maxval.")


@fresh_initializers.wrong(
    "You return one initialiser, not a list. Each layer needs one of its own.", raises=True)
def a_single_one(n, minval, maxval):
    import keras

    return keras.initializers.RandomUniform(minval, maxval)


@fresh_initializers.wrong(
    "You return arrays, the weights of one particular layer. An initialiser is what Keras asks for weights of whatever "
    "shape a layer needs.", raises=True)
def arrays_of_one_shape(n, minval, maxval):
    return [np.random.default_rng(i).uniform(minval, maxval, (20, 30)) for i in range(n)]


@fresh_initializers.answers
def answers(n, minval, maxval):
    import keras

    uniform, generator = keras.initializers.RandomUniform, keras.random.SeedGenerator
    yield "a_seed_each", [uniform(minval, maxval, seed=i) for i in range(n)]
    yield "one_seed_generator", [uniform(minval=minval, maxval=maxval, seed=generator(5))] * n
    seeds = generator()
    yield "a_generator_of_seeds_shared", tuple(uniform(minval, maxval, seeds) for _ in range(n))
    first = uniform(minval, maxval)
    yield "clones", [first.clone() for _ in range(n)]


@fresh_initializers.right
def one_after_the_other(n, minval, maxval):
    import tensorflow as tf

    made = []
    for _ in range(n):
        made.append(tf.keras.initializers.RandomUniform(maxval=maxval, minval=minval))
    return made


fresh_initializers.small(
    "Write one number on a card and read it out five times: that is one object used for five layers. Five "
    "layers with different weights need five cards, or one that is written anew after each reading.")

# 5.6 audit_snippets

BOTH_RULES = "the ones that keep both rules"
LETTERS, OFF_CENTRE, WRONG_SPREAD = "abcdefgh", "adh", "bf"

audit_snippets = Exercise(points=1, groups={BOTH_RULES: 1})


@audit_snippets.cases
def cases(rng):
    yield case()


@audit_snippets.driver
def drive(audit_snippets):
    answer = audit_snippets()
    if answer is None or not hasattr(answer, "__iter__"):
        raise TypeError("audit_snippets should return a set of letters, such as {'a', 'b'}")
    chosen = {str(letter).strip().lower() for letter in answer} - {"", ",", ";"}  # of a text
    return {
        "chosen": np.array([letter in chosen for letter in LETTERS]) * 1,
        "strangers": len(chosen - set(LETTERS)),
    }


@audit_snippets.judge
def judge(case, result):
    chosen = {letter for letter, taken in zip(LETTERS, result["chosen"]) if taken}
    missing = set(LETTERS) - set(OFF_CENTRE) - set(WRONG_SPREAD) - chosen
    counts = [
        (len(chosen & set(OFF_CENTRE)), "against rule 1"),
        (len(chosen & set(WRONG_SPREAD)), "against rule 2 alone"),
        (int(result["strangers"]), "that is no letter from a to h" if result["strangers"] == 1 else
         "that are no letters from a to h"),
        (len(missing), "missing that keeps both rules" if len(missing) == 1 else "missing that keep both rules"),
    ]
    told = ", ".join(f"{count} {what}" for count, what in counts if count)
    seen = "chose " + "".join(sorted(chosen)) + "?" * int(result["strangers"])
    yield BOTH_RULES, not told, seen, f"you chose {len(chosen) + int(result['strangers'])}: {told}"


@audit_snippets.mistakes
def mistakes():
    yield "trusts_the_slide", {"a", "c", "e", "g"}, (
        "You trust the line of the Better Deep Learning deck, snippet a. Draw a thousand numbers with it "
        "and look at their mean, or at their smallest.")
    yield "mean_zero_is_enough", {"b", "c", "e", "f", "g"}, (
        "All of these have mean 0: that is rule 1. For rule 2 compute the standard deviation of each and "
        "hold it against the one the activation asks for.")
    yield "normal_ones_only", {"g"}, (
        "You keep only a normal distribution. Neither rule says how the weights are distributed: a uniform "
        "one with the right spread does as well.")
    yield "trusts_the_factor", {"c", "e", "f", "g"}, (
        "One of yours has mean 0 and the right formula at its end, but the numbers in front of it don't "
        "have standard deviation 1.")
    yield "variance_for_spread", {"b", "c", "e", "g"}, (
        "One of yours takes a variance for a standard deviation. With 100 inputs it shrinks the signal "
        "tenfold in every layer.")
    yield "leaves_out_the_keras_one", {"c", "g"}, (
        "Both of yours keep the rules, and one more does: hold what Keras' line asks for against a scheme "
        "of 5.1, for a layer with as many units as inputs.")
    yield "the_others", {"a", "b", "d", "f", "h"}, (
        "You list those that break a rule; the ones that keep both were asked for.")


@audit_snippets.answers
def answers():
    yield "as_text", "ceg"
    yield "as_text_with_commas", "c, e, g"
    yield "as_a_list_of_capitals", ["G", "C", "E"]


audit_snippets.small(
    "Judge one by hand. `rng.random` lies between 0 and 1: mean ½, so rule 1 is broken before any factor. "
    "`2 * rng.random - 1` lies between -1 and 1: mean 0, variance 2²/12 = 1/3. Then its factor decides rule "
    "2.")

# The quiz

he_and_its_two = Question(
    "Why does He's $\\sqrt{2/n}$ have a 2?",
    wrong(
        "Because two widths are averaged.",
        "That is the 2 of Glorot's $\\sqrt{2/(n+m)}$. In He's formula there is one width only."),
    right(
        "Because ReLU lets half of $\\mathbb E[z^2]$ through.",
        "$z$ is as often negative as positive, and ReLU removes one of the two equal halves of $z^2$."),
    wrong(
        "Because half of the units are dead.",
        "A unit that is off for one sample is on for another. Dead means off for all of them, and of that "
        "there is next to nothing in a wide layer."),
)

rand_and_rules = Question(
    "Which rule does the Better Deep Learning deck's `np.random.rand(…) * np.sqrt(2 / n)` break first?",
    wrong(
        "Rule 2: its variance is 12 times too small, so that signals shrink.",
        "The variance is too small, and alone it would make signals shrink. They grow, because something "
        "else is stronger."),
    right(
        "Rule 1: its mean is not 0; the growth follows from that.",
        "The mean contributes $n\\mu\\bar h$, a sum of $n$ terms of one sign, which grows with $n$ where a "
        "random sum grows with $\\sqrt n$. In ten layers of 100 units it makes $10^7$."),
    wrong(
        "Neither: the factor is He's.",
        "He's factor is meant for numbers of mean 0 and standard deviation 1. Those of `rand` have "
        "neither."),
)

zeros_for_ever = Question(
    "All weights and biases start at 0, ReLU inside, sigmoid at the end, balanced classes, full batches. "
    "Why does the loss stay at $\\ln 2$?",
    wrong(
        "The learning rate is too small; the loss would move after more epochs.",
        "The gradient is exactly 0, and 0 times any learning rate is 0."),
    right(
        "Every product in the backward pass has a factor 0, an activation or a weight, and the output's "
        "bias gets ½ minus ½.",
        "So not one of the parameters has a gradient that differs from 0."),
    wrong(
        "All units are alike, so the network works as if it had one unit per layer.",
        "True of every start with equal weights throughout, but a network with one unit per layer can "
        "learn something: with all weights 0.1 the loss did fall, if not far."),
)
