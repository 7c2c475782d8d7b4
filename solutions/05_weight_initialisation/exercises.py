"""Exercises of lesson 05: the spread of first weights, what it does to depth, and units that stay alike."""

import math

import numpy as np

from autograder.authoring import Exercise, case, draw_seed
from autograder.student.properties import close, first_match, same, uncorrelated

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


@init_std.wrong("This is the variance. The name of the function asks for its root.")
def the_variance(n_in, n_out, scheme):
    return variance_of(n_in, n_out, scheme)


@init_std.wrong(
    "You count the units of the layer where its inputs belong. Over which index does the sum in z run?",
    loses=("he", "lecun"),
)
def outputs_for_inputs(n_in, n_out, scheme):
    return math.sqrt(variance_of(n_out, n_in, scheme))


@init_std.wrong(
    "Your root ends too early: it covers the numerator only. With 100 inputs instead of 25 a spread should halve; "
    "yours falls to a quarter."
)
def root_of_the_numerator(n_in, n_out, scheme):
    return {"he": math.sqrt(2) / n_in, "lecun": 1 / n_in, "glorot": math.sqrt(2) / (n_in + n_out)}[scheme]


@init_std.wrong(
    "Your Glorot spread is too small by √2. For a layer with as many units as inputs it should agree with lecun: "
    "it is built on the *mean* of the two widths, not on their sum.",
    loses="glorot",
)
def glorot_without_its_2(n_in, n_out, scheme):
    return math.sqrt({"glorot": 1 / (n_in + n_out)}.get(scheme, variance_of(n_in, n_out, scheme)))


@init_std.wrong(
    "Division comes before addition: `2 / n_in + n_out` adds all of n_out to a small number.", loses="glorot"
)
def glorot_without_parentheses(n_in, n_out, scheme):
    return math.sqrt({"glorot": 2 / n_in + n_out}.get(scheme, variance_of(n_in, n_out, scheme)))


@init_std.wrong(
    "Your he equals lecun. ReLU lets half of the second moment through: what makes up for the lost half?",
    loses="he",
)
def he_without_its_2(n_in, n_out, scheme):
    return math.sqrt({"he": 1 / n_in}.get(scheme, variance_of(n_in, n_out, scheme)))


@init_std.wrong(
    "Everything is √3 times too large: this is the limit of a uniform distribution, not its standard deviation."
)
def limit_of_the_uniform(n_in, n_out, scheme):
    return math.sqrt(3 * variance_of(n_in, n_out, scheme))


@init_std.right
def one_branch_each(n_in, n_out, scheme):
    if scheme == "he":
        return (2.0 / n_in) ** 0.5
    elif scheme == "lecun":
        return n_in**-0.5
    elif scheme == "glorot":
        return (0.5 * (n_in + n_out)) ** -0.5
    raise ValueError(scheme)


@init_std.right
def in_float32(n_in, n_out, scheme):
    return np.sqrt(np.float32(variance_of(n_in, n_out, scheme)))


@init_std.right
def as_an_array_of_no_axes(n_in, n_out, scheme):
    return np.sqrt(np.array(variance_of(n_in, n_out, scheme)))


init_std.small(
    "By hand: 8 inputs. he is √(2/8) = 0.5. With 8 inputs and 24 units glorot is √(2/32) = 0.25.",
    n_in=8,
    n_out=24,
    scheme="glorot",
)

# 5.2 init_weights

MEAN, SPREAD = "mean 0", "the scheme's spread"
SHAPE_OF = "normal or uniform, as asked"
DRAWS = "every entry drawn on its own, from `rng`"

init_weights = Exercise(
    points=3, groups={MEAN: 1, SPREAD: 1, SHAPE_OF: 0.5, DRAWS: 0.5}, builds_on=("init_std",)
)


@init_weights.cases
def cases(rng):
    for scheme in SCHEMES:
        for dist in ("normal", "uniform"):
            yield case(
                n_in=int(rng.integers(100, 120)),
                n_out=int(rng.integers(190, 220)),
                scheme=scheme,
                dist=dist,
                seed=draw_seed(rng),
            )


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
    yield MEAN, *centre_of(W)
    yield SPREAD, *spread_of(W, sd, f"{scheme}, {dist}")
    yield SHAPE_OF, *distribution_of(W, dist)
    yield DRAWS, *how_drawn(W, again, other)


def centre_of(W):
    mean, allowed = W.mean(), 6 * W.std() / math.sqrt(W.size)
    if np.ptp(W) == 0:
        return False, "all alike", f"all {W.size} weights are {W.flat[0]:.4f}"
    seen = "no negative weight" if W.min() >= 0 else "shifted"
    detail = f"the mean of {W.size} weights is {mean:.4f}; around 0 chance explains ± {allowed:.4f}"
    if W.min() >= 0:
        detail += ", and not one of them is negative"
    return abs(mean) <= allowed, seen, detail


def spread_of(W, sd, what):
    """Six standard deviations of a normal sample's spread; a uniform one's is smaller."""
    allowed = 6 / math.sqrt(2 * W.size)
    near = lambda one, other: abs(one / other - 1) <= allowed
    seen = first_match(
        W.std(),
        {
            "√3 too small": sd / math.sqrt(3),
            "√12 too small": sd / math.sqrt(12),
            "the variance": sd**2,
            "cut off and not widened": 0.87962566 * sd,
            "not scaled": 1,
            "not scaled, uniform": 1 / math.sqrt(3),
        },
        near,
    )
    detail = f"{what}: the standard deviation should be {sd:.4f}; yours is {W.std():.4f}, {W.std() / sd:.3f} times that"
    return near(W.std(), sd), seen or "another spread", detail


def distribution_of(W, dist):
    """By the fourth moment: 1.8 for a uniform distribution, 3 for a normal one, 2.37 if it is cut off at two."""
    centred = W - W.mean()
    fourth = np.mean(centred**4) / max(np.mean(centred**2) ** 2, 1e-300)
    looks = "uniform" if abs(fourth - 1.8) < 0.15 else "normal" if 2.1 < fourth < 3.3 else "neither"
    return looks == dist, f"{looks} for {dist}", f"dist is {dist!r}; the weights look {looks}"


def how_drawn(W, again, other):
    if not same(W, again):
        return (
            False,
            "not from rng",
            "two generators with the same seed gave different weights: the randomness is not from `rng`",
        )
    if same(W, other):
        return False, "always the same", "generators with different seeds gave the very same weights"
    above = np.median(W) < W
    free = uncorrelated(above, 0) and uncorrelated(above, 1)
    return free, "entries depend on one another", "an entry can be told from its neighbour"


@init_weights.wrong(
    "All your weights are positive. This is the slide's line: `random` draws from 0 to 1, with mean ½ and standard "
    "deviation 1/√12. What has to be done to it before it has mean 0?",
    loses=(MEAN, SPREAD, SHAPE_OF),
)
def as_printed_on_the_slide(n_in, n_out, scheme, dist, rng):
    return rng.random((n_in, n_out)) * math.sqrt(variance_of(n_in, n_out, scheme))


@init_weights.wrong(
    "Your normal weights are right. The uniform ones are all positive, because `random` draws from 0 to 1: they need "
    "to lie on both sides of 0.",
    loses=(MEAN, SPREAD),
)
def uniform_on_one_side(n_in, n_out, scheme, dist, rng):
    sd = math.sqrt(variance_of(n_in, n_out, scheme))
    return sd * (rng.standard_normal((n_in, n_out)) if dist == "normal" else rng.random((n_in, n_out)))


@init_weights.wrong(
    "Uniform numbers between -s and s have a standard deviation smaller than s: you computed how much in the "
    "derivation. Which limit gives them the spread you want?",
    loses=SPREAD,
)
def uniform_up_to_the_spread(n_in, n_out, scheme, dist, rng):
    sd = math.sqrt(variance_of(n_in, n_out, scheme))
    return (
        sd * rng.standard_normal((n_in, n_out)) if dist == "normal" else rng.uniform(-sd, sd, (n_in, n_out))
    )


@init_weights.wrong(
    "`2 * random - 1` has mean 0, but not standard deviation 1, so that a factor in front does not become the spread; "
    "and it is uniform also where a normal distribution was asked for.",
    loses=(SPREAD, SHAPE_OF),
)
def doubled_and_shifted(n_in, n_out, scheme, dist, rng):
    return (2 * rng.random((n_in, n_out)) - 1) * math.sqrt(variance_of(n_in, n_out, scheme))


@init_weights.wrong(
    "Rows and columns have changed places. Rows are inputs here, because the layer computes `x @ W`; the slide's "
    "order belongs to `W @ x`."
)
def transposed(n_in, n_out, scheme, dist, rng):
    return weights_like(n_out, n_in, math.sqrt(variance_of(n_in, n_out, scheme)), dist, rng)


@init_weights.wrong(
    "You add the factor to the numbers: that moves all weights to one side and leaves their spread as it was. Scaling "
    "is multiplication.",
    loses=(MEAN, SPREAD),
)
def factor_added(n_in, n_out, scheme, dist, rng):
    sd = math.sqrt(variance_of(n_in, n_out, scheme))
    return sd + (
        rng.standard_normal((n_in, n_out)) if dist == "normal" else rng.uniform(-1, 1, (n_in, n_out))
    )


@init_weights.wrong("You draw normal numbers whatever `dist` says.", loses=SHAPE_OF)
def always_normal(n_in, n_out, scheme, dist, rng):
    return weights_like(n_in, n_out, math.sqrt(variance_of(n_in, n_out, scheme)), "normal", rng)


@init_weights.wrong("You draw uniform numbers whatever `dist` says.", loses=SHAPE_OF)
def always_uniform(n_in, n_out, scheme, dist, rng):
    return weights_like(n_in, n_out, math.sqrt(variance_of(n_in, n_out, scheme)), "uniform", rng)


@init_weights.wrong(
    "You hand the variance to a function that wants the standard deviation. For 100 inputs that is a factor of about "
    "ten in each layer.",
    loses=SPREAD,
)
def variance_for_spread(n_in, n_out, scheme, dist, rng):
    return weights_like(n_in, n_out, variance_of(n_in, n_out, scheme), dist, rng)


@init_weights.wrong(
    "Your weights have the spread of the bare random numbers: the scheme does not come into it.", loses=SPREAD
)
def forgets_to_scale(n_in, n_out, scheme, dist, rng):
    return rng.standard_normal((n_in, n_out)) if dist == "normal" else rng.uniform(-1, 1, (n_in, n_out))


@init_weights.wrong(
    "Cutting a normal distribution off at two standard deviations takes its widest values away, and with them an "
    "eighth of its spread. Keras widens it beforehand to make up for it.",
    loses=SPREAD,
)
def cut_off_and_not_widened(n_in, n_out, scheme, dist, rng):
    sd = math.sqrt(variance_of(n_in, n_out, scheme))
    return sd * cut_off(n_in, n_out, rng) if dist == "normal" else weights_like(n_in, n_out, sd, dist, rng)


@init_weights.wrong("The weights do not come from `rng`: nobody could repeat your run.", loses=DRAWS)
def draws_from_elsewhere(n_in, n_out, scheme, dist, rng):
    elsewhere = np.random.default_rng(np.random.randint(2**31))
    return weights_like(n_in, n_out, math.sqrt(variance_of(n_in, n_out, scheme)), dist, elsewhere)


@init_weights.wrong(
    "You make a generator of your own with a fixed seed, so that all layers of one shape would be born alike. Use the "
    "`rng` you are given.",
    loses=DRAWS,
)
def fixes_its_own_seed(n_in, n_out, scheme, dist, rng):
    sd = math.sqrt(variance_of(n_in, n_out, scheme))
    return weights_like(n_in, n_out, sd, dist, np.random.default_rng(0))


def weights_like(n_in, n_out, sd, dist, rng):
    limit = math.sqrt(3) * sd
    return rng.normal(0, sd, (n_in, n_out)) if dist == "normal" else rng.uniform(-limit, limit, (n_in, n_out))


def cut_off(n_in, n_out, rng):
    draws = rng.standard_normal((n_in, n_out))
    while np.any(np.abs(draws) > 2):
        draws = np.where(np.abs(draws) > 2, rng.standard_normal((n_in, n_out)), draws)
    return draws


@init_weights.right
def scaled_afterwards(n_in, n_out, scheme, dist, rng):
    sd = np.sqrt(variance_of(n_in, n_out, scheme))
    if dist == "normal":
        return rng.standard_normal((n_in, n_out)) * sd
    return (2 * rng.random((n_in, n_out)) - 1) * np.sqrt(3) * sd


@init_weights.right
def truncated_as_in_keras(n_in, n_out, scheme, dist, rng):
    sd = np.sqrt(variance_of(n_in, n_out, scheme))
    if dist == "normal":
        return cut_off(n_in, n_out, rng) * sd / 0.87962566103423978
    return rng.uniform(-np.sqrt(3) * sd, np.sqrt(3) * sd, size=(n_in, n_out))


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
    draw = (
        (lambda: rng.normal(0, sd, n_out))
        if dist == "normal"
        else (lambda: sd * rng.uniform(-1, 1, n_out) * 3**0.5)
    )
    return [draw().tolist() for _ in range(n_in)]


@init_weights.right
def with_scipy(n_in, n_out, scheme, dist, rng):
    from scipy import stats

    sd = np.sqrt(variance_of(n_in, n_out, scheme))
    if dist == "normal":
        return stats.norm(0, sd).rvs((n_in, n_out), random_state=rng)
    return stats.uniform(-np.sqrt(3) * sd, 2 * np.sqrt(3) * sd).rvs((n_in, n_out), random_state=rng)


init_weights.small(
    "With 2 inputs he asks for a standard deviation of √(2/2) = 1. Normal: most weights lie between -1 and 1, some beyond. "
    "Uniform: the limit is √3 = 1.73 on both sides, since numbers spread evenly up to ±1 have a standard deviation "
    "of 0.58 only. Either way the mean of many is 0."
)

# 5.3 activation_stats

STATISTICS = "mean and second moment after each activation"
WEIGHTS = "weights of the scheme, fresh in every layer"

activation_stats = Exercise(
    points=2, groups={STATISTICS: 1, WEIGHTS: 1}, builds_on=("init_weights", "init_std")
)


@activation_stats.cases
def cases(rng):
    for scheme in SCHEMES:
        yield case(
            x=rng.uniform(0.5, 2, 4),
            n_in=int(rng.integers(25, 40)),
            shift=rng.uniform(0.2, 0.6),
            scheme=scheme,
            seed=draw_seed(rng),
        )


WIDE = 4000


@activation_stats.driver
def drive(activation_stats, x, n_in, shift, scheme, seed):
    """Layers of one unit tell their weights: without activation each multiplies the mean by its weight. One row
    of a wide layer, picked by a single input of 1, tells the spread."""

    def stats(X, sizes, act, seed=seed):
        pairs = activation_stats(X, sizes, act, scheme, np.random.default_rng(seed))
        pairs = np.asarray([] if pairs is None else pairs, dtype=float)
        layers = len(sizes) - 1
        if pairs.shape not in ((layers, 2), (layers + 1, 2)):
            raise TypeError(
                f"activation_stats should return one pair for each layer, {layers} of them for {layers + 1} sizes; what came "
                f"back has the shape {pairs.shape}"
            )
        return pairs

    column, narrow, wide = x.reshape(-1, 1), [1, 1, 1, 1, 1], [n_in, WIDE]
    single = np.zeros((1, n_in))
    single[0, n_in // 2] = 1.0
    return {
        "pairs": stats(column.copy(), narrow, lambda z: z),
        "flat": stats(column.copy(), narrow, lambda z: 0 * z + shift),
        "bent": stats(column.copy(), narrow, lambda z: np.tanh(z) + shift),
        "again": stats(column.copy(), narrow, lambda z: z),
        "other": stats(column.copy(), narrow, lambda z: z, seed + 1),
        "wide": stats(single, wide, lambda z: z),
        "squared": stats(single.copy(), wide, lambda z: z**2),
    }


@activation_stats.judge
def judge(case, result):
    found = {name: np.asarray(value, dtype=float) for name, value in result.items()}
    x, scheme, n_in = (case.inputs[name] for name in ("x", "scheme", "n_in"))
    means = np.concatenate([[x.mean()], found["pairs"][:, 0]])
    weights = means[1:] / means[:-1]
    shift = case.inputs["shift"]
    if same(found["pairs"], found["again"]):
        kind, detail = kind_of_statistics(found["bent"], x, weights, shift)
    else:  # every call has other weights: what is left is an activation that always gives the same number
        kind = "" if close(found["flat"], (shift, shift**2)) else "other statistics"
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
    kind = first_match(
        bent,
        {
            "the variance": [(np.mean(a), np.var(a)) for a in after],
            "the standard deviation": [(np.mean(a), np.std(a)) for a in after],
            "the root": [(np.mean(a), math.sqrt(np.mean(a**2))) for a in after],
            "before the activation": moments(before),
            "not passed on": moments(passed),
            "swapped": [pair[::-1] for pair in right],
        },
    )
    layer = int(np.argmax(~np.isclose(bent, right, rtol=1e-4, atol=1e-5).all(axis=1)))
    return kind or "other statistics", (
        f"layer {layer + 1} of a narrow network with activation tanh(z) + {shift:.3f}: you report mean {bent[layer][0]:.4f} and "
        f"second moment {bent[layer][1]:.4f}; it is {right[layer][0]:.4f} and {right[layer][1]:.4f}"
    )


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


@activation_stats.wrong(
    "Your second number is the variance. Behind a ReLU the mean is not 0, and what the next layer's spread grows from is the mean "
    "of the squares.",
    loses=STATISTICS,
)
def variance_for_second_moment(X, sizes, act, scheme, rng):
    return [(h.mean(), h.var()) for _, h in layers_of(X, sizes, act, scheme, rng)]


@activation_stats.wrong(
    "Your second number is a root. The second moment is the mean of the squares as it stands.",
    loses=STATISTICS,
)
def root_of_the_second_moment(X, sizes, act, scheme, rng):
    return [(h.mean(), np.sqrt(np.mean(h**2))) for _, h in layers_of(X, sizes, act, scheme, rng)]


@activation_stats.wrong(
    "These are the statistics of z, before the activation. Measure what the layer sends on.", loses=STATISTICS
)
def before_the_activation(X, sizes, act, scheme, rng):
    return [(z.mean(), np.mean(z**2)) for z, _ in layers_of(X, sizes, act, scheme, rng)]


@activation_stats.wrong(
    "You measure act(z), but it is z that you send on to the next layer: from the second layer on the numbers are those of another "
    "network.",
    loses=STATISTICS,
)
def sends_z_on(X, sizes, act, scheme, rng):
    linear = list(layers_of(X, sizes, lambda z: z, scheme, rng))
    return [(act(z).mean(), np.mean(act(z) ** 2)) for z, _ in linear]


@activation_stats.wrong(
    "All layers share their numbers. Something puts the generator back to where it was: let one `rng` run on from layer to "
    "layer.",
    loses=WEIGHTS,
)
def one_state_for_all_layers(X, sizes, act, scheme, rng):
    seed = int(rng.integers(2**31))
    draw = lambda n_in, n_out, sd, rng: np.random.default_rng(seed).normal(0, sd, (n_in, n_out))
    return [(h.mean(), np.mean(h**2)) for _, h in layers_of(X, sizes, act, scheme, rng, draw)]


@activation_stats.wrong(
    "The weights do not come from `rng`: the same seed should give the same network.", loses=WEIGHTS
)
def draws_from_elsewhere(X, sizes, act, scheme, rng):
    elsewhere = np.random.default_rng(np.random.randint(2**31))
    return [(h.mean(), np.mean(h**2)) for _, h in layers_of(X, sizes, act, scheme, elsewhere)]


@activation_stats.wrong("Your weights have standard deviation 1 whatever the scheme says.", loses=WEIGHTS)
def without_the_scheme(X, sizes, act, scheme, rng):
    draw = lambda n_in, n_out, sd, rng: rng.standard_normal((n_in, n_out))
    return [(h.mean(), np.mean(h**2)) for _, h in layers_of(X, sizes, act, scheme, rng, draw)]


@activation_stats.wrong("The weights look uniform; this time they are to be normal.", loses=WEIGHTS)
def uniform_weights(X, sizes, act, scheme, rng):
    draw = lambda n_in, n_out, sd, rng: weights_like(n_in, n_out, sd, "uniform", rng)
    return [(h.mean(), np.mean(h**2)) for _, h in layers_of(X, sizes, act, scheme, rng, draw)]


@activation_stats.wrong(
    "You multiply from the left, `W @ h`, as the slides with columns do. Here rows are samples, and the shapes only fit as `h @ W`.",
    raises=True,
)
def columns_for_rows(X, sizes, act, scheme, rng):
    h, pairs = X, []
    for n_in, n_out in zip(sizes, sizes[1:]):
        h = act(rng.normal(0, math.sqrt(variance_of(n_in, n_out, scheme)), (n_out, n_in)) @ h)
        pairs.append((h.mean(), np.mean(h**2)))
    return pairs


@activation_stats.wrong(
    "One pair too many: the input itself is not a layer. Begin with what the first layer sends on."
)
def counts_the_input(X, sizes, act, scheme, rng):
    layers = [X, *(h for _, h in layers_of(X, sizes, act, scheme, rng))]
    return [(h.mean(), np.mean(h**2)) for h in layers]


@activation_stats.right
def all_weights_first(X, sizes, act, scheme, rng):
    Ws = [
        rng.standard_normal((a, b)) * np.sqrt(variance_of(a, b, scheme))
        for a, b in zip(sizes[:-1], sizes[1:])
    ]
    stats, h = [], np.asarray(X)
    for W in Ws:
        h = act(np.dot(h, W))
        stats.append([float(np.mean(h)), float(np.var(h) + np.mean(h) ** 2)])
    return stats


@activation_stats.right
def truncated_weights_in_an_array(X, sizes, act, scheme, rng):
    draw = lambda n_in, n_out, sd, rng: cut_off(n_in, n_out, rng) * sd / 0.87962566103423978
    return np.array([(h.mean(), np.mean(h**2)) for _, h in layers_of(X, sizes, act, scheme, rng, draw)])


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
    "A layer that sends on 0, 2, 0 and 2 has mean 1 and second moment (0 + 4 + 0 + 4)/4 = 2. Its variance is 2 - 1² = 1: another "
    "number. Three sizes, such as (4, 3, 2), make two layers, hence two pairs."
)

# 5.4 distinct_units

UNITS = "units are columns, their bias included"
ALIKE_UP_TO = "alike up to `tol`"

distinct_units = Exercise(points=1, groups={UNITS: 1, ALIKE_UP_TO: 1})


@distinct_units.cases
def cases(rng):
    for n_in in (5, 9):
        yield case(UNITS, **twins(rng, n_in))
        yield case(ALIKE_UP_TO, **near_twins(rng, n_in + 1))


def twins(rng, n_in):
    """Exact copies; one of them with another bias, one with its weights in another order."""
    kinds = int(rng.integers(3, 5))
    W = rng.uniform(0.5, 2, (n_in, kinds)) * rng.choice([-1, 1], (n_in, kinds))
    b = rng.uniform(-1, 1, kinds)
    copies = rng.integers(0, kinds, int(rng.integers(2, 5)))
    W = np.column_stack([W, W[:, copies], W[:, 0], W[:, 0], np.roll(W[:, 1], 1)])
    b = np.concatenate([b, b[copies], [b[0] + 0.7, b[0] + 1.3, b[1]]])
    order = rng.permutation(len(b))
    return {"W": W[:, order], "b": b[order], "tol": float(rng.choice([1e-4, 1e-5]))}


def near_twins(rng, n_in):
    """Copies that differ by a fifth of tol, on both sides of where rounding to multiples of tol has its borders."""
    tol, kinds = rng.uniform(0.002, 0.004), int(rng.integers(3, 6))
    steps = rng.integers(100, 500, (n_in + 1, kinds)) * rng.choice([-1, 1], (n_in + 1, kinds)) + 0.5
    columns = [(steps[:, k] + shift) * tol for k in range(kinds) for shift in (-0.1, 0.1, -0.08)]
    one_entry_off = columns[0].copy()
    one_entry_off[int(rng.integers(n_in))] += 20 * tol
    columns = np.column_stack([*columns, one_entry_off])[:, rng.permutation(3 * kinds + 1)]
    return {"W": columns[:-1], "b": columns[-1], "tol": tol}


def units_of(W, b):
    return np.vstack([W, b]).T


def number_of_kinds(rows, alike):
    kinds = []
    for row in rows:
        if not any(alike(row, kind) for kind in kinds):
            kinds.append(row)
    return len(kinds)


@distinct_units.wrong(
    "You compare the rows of W. A row belongs to an input; a unit owns a column, since the layer computes x @ W."
)
def rows(W, b, tol):
    return number_of_kinds(W, lambda one, other: np.max(np.abs(one - other)) <= tol)


@distinct_units.wrong(
    "Units that differ by less than tol count as two with you. Sums in another order differ in their last digit: comparing floats "
    "with == finds differences that mean nothing.",
    loses=ALIKE_UP_TO,
)
def exactly_equal(W, b, tol):
    return len(np.unique(units_of(W, b), axis=0))


@distinct_units.wrong(
    "Two units with equal weights but different biases compute different things; you take them for one.",
    loses=UNITS,
)
def without_the_bias(W, b, tol):
    return number_of_kinds(W.T, lambda one, other: np.max(np.abs(one - other)) <= tol)


@distinct_units.wrong(
    "Rounding has borders: two numbers a hair apart can lie on both sides of one. Compare units with each other, not with "
    "a grid.",
    loses=ALIKE_UP_TO,
)
def rounded_to_a_grid(W, b, tol):
    return len(np.unique(np.round(units_of(W, b) / tol), axis=0))


@distinct_units.wrong(
    "You compare one number per unit, a sum or a length. Two different units can share it: compare entry by entry.",
    loses=UNITS,
)
def by_their_length(W, b, tol):
    lengths = np.linalg.norm(units_of(W, b), axis=1)
    return number_of_kinds(lengths, lambda one, other: abs(one - other) <= tol)


@distinct_units.wrong(
    "You count the units that have no twin. A group of twins still counts as one kind.",
)
def units_without_a_twin(W, b, tol):
    units = units_of(W, b)
    far = np.max(np.abs(units[:, None] - units), axis=2) > tol
    return int(np.sum(far.sum(axis=1) == len(units) - 1))


@distinct_units.right
def greedily(W, b, tol):
    return number_of_kinds(units_of(W, b), lambda one, other: np.allclose(one, other, rtol=0, atol=tol))


@distinct_units.right
def by_distance(W, b, tol):
    return number_of_kinds(units_of(W, b), lambda one, other: np.linalg.norm(one - other) <= tol)


@distinct_units.right
def first_of_its_kind(W, b, tol):
    units = units_of(W, b)
    near = np.all(np.isclose(units[:, None], units, rtol=0, atol=tol), axis=2)
    return np.sum(near.argmax(axis=1) == np.arange(len(units)))


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
    "Three units with two inputs: their columns are (1, 3), (1, 3) and (2, 4), their biases 0, 5 and 0. The first two differ in "
    "their bias: all three are distinct. With biases 0, 0 and 0 there would be two.",
    W=np.array([[1.0, 1.0, 2.0], [3.0, 3.0, 4.0]]),
    b=np.array([0.0, 5.0, 0.0]),
    tol=0.01,
)

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
        if isinstance(initializers, str) or not hasattr(initializers, "__iter__"):
            raise TypeError("fresh_initializers should return a list of n initialisers")
        keras = sys.modules.get("keras")
        if keras is None:
            raise RuntimeError(
                "keras is not imported in this notebook: run the cell that imports it, then this one again"
            )
        drawn = []
        for initializer in initializers:
            layer = keras.layers.Dense(30, kernel_initializer=initializer)
            layer.build((None, 20))
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
        return (
            alike == 0,
            "some alike",
            f"of {n} layers built with your initialisers, {alike} pairs have equal weights",
        )
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
        f"weights from {low:.3f} to {high:.3f} were asked for; yours lie between {kernels.min():.3f} and {kernels.max():.3f}, with "
        f"mean {kernels.mean():.3f}"
    )
    return bool(not outside and filled and even), seen, detail


@fresh_initializers.wrong(
    "All your layers are alike. One initialiser without a seed draws its seed when it is made, and then gives the same numbers "
    "each time it is asked. How many objects did you make?",
    loses=FRESH,
)
def one_object_n_times(n, minval, maxval):
    import keras

    return [keras.initializers.RandomUniform(minval, maxval)] * n


@fresh_initializers.wrong(
    "Separate objects, one seed: all of them start at the same place, and every run gives the same layers.",
    loses=FRESH,
)
def one_seed_for_all(n, minval, maxval):
    import keras

    return [keras.initializers.RandomUniform(minval, maxval, seed=0) for _ in range(n)]


@fresh_initializers.wrong(
    "The weights lie within ±0.05, which is what Keras takes when nobody tells it a range: hand on minval and maxval.",
    loses=RANGE,
)
def without_the_range(n, minval, maxval):
    import keras

    return [keras.initializers.RandomUniform() for _ in range(n)]


@fresh_initializers.wrong(
    "You return one initialiser. Each layer needs one of its own: a list of n is asked for.", raises=True
)
def a_single_one(n, minval, maxval):
    import keras

    return keras.initializers.RandomUniform(minval, maxval)


@fresh_initializers.right
def a_seed_each(n, minval, maxval):
    from keras.initializers import RandomUniform

    return [RandomUniform(minval, maxval, seed=i) for i in range(n)]


@fresh_initializers.right
def one_seed_generator(n, minval, maxval):
    import keras

    seed = keras.random.SeedGenerator(5)
    return [keras.initializers.RandomUniform(minval=minval, maxval=maxval, seed=seed)] * n


@fresh_initializers.right
def a_generator_of_seeds_shared(n, minval, maxval):
    import keras

    seeds = keras.random.SeedGenerator()
    return tuple(keras.initializers.RandomUniform(minval, maxval, seeds) for _ in range(n))


@fresh_initializers.right
def one_after_the_other(n, minval, maxval):
    import tensorflow as tf

    made = []
    for _ in range(n):
        made.append(tf.keras.initializers.RandomUniform(maxval=maxval, minval=minval))
    return made


@fresh_initializers.right
def clones(n, minval, maxval):
    import keras

    first = keras.initializers.RandomUniform(minval, maxval)
    return [first.clone() for _ in range(n)]


fresh_initializers.small(
    "Write one number on a card and read it out five times: that is one object used for five layers. Five layers with different "
    "weights need five cards, or one that is written anew after each reading."
)

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
    chosen = {str(letter).strip().lower() for letter in answer}
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
        (int(result["strangers"]), "not a letter from a to h"),
        (len(missing), "missing of those that keep both rules"),
    ]
    told = ", ".join(f"{count} {what}" for count, what in counts if count)
    seen = "chose " + "".join(sorted(chosen)) + "?" * int(result["strangers"])
    yield BOTH_RULES, not told, seen, f"of the {len(chosen)} you chose: {told}"


@audit_snippets.wrong(
    "You trust the slide's line. Draw a thousand numbers with it and look at their mean, or at their smallest."
)
def trusts_the_slide():
    return {"a", "c", "e", "g"}


@audit_snippets.wrong(
    "All of these have mean 0: that is rule 1. For rule 2 compute the standard deviation of each and hold it against the one the "
    "activation asks for."
)
def mean_zero_is_enough():
    return {"b", "c", "e", "f", "g"}


@audit_snippets.wrong(
    "You keep only a normal distribution. Neither rule says how the weights are distributed: a uniform one with the right "
    "spread does as well."
)
def normal_ones_only():
    return {"g"}


@audit_snippets.wrong(
    "One of yours has mean 0 and the right formula at its end, but the numbers in front of it don't have standard deviation 1."
)
def trusts_the_factor():
    return {"c", "e", "f", "g"}


@audit_snippets.wrong(
    "One of yours takes a variance for a standard deviation. With 100 inputs it shrinks the signal tenfold in every layer."
)
def variance_for_spread():
    return {"b", "c", "e", "g"}


@audit_snippets.wrong("You list those that break a rule; the ones that keep both were asked for.")
def the_others():
    return {"a", "b", "d", "f", "h"}


@audit_snippets.right
def as_text():
    return "ceg"


@audit_snippets.right
def as_a_list_of_capitals():
    return ["G", "C", "E"]


audit_snippets.small(
    "Judge one by hand. `rng.random` lies between 0 and 1: mean ½, so rule 1 is broken before any factor. `2 * rng.random - 1` "
    "lies between -1 and 1: mean 0, variance 2²/12 = 1/3. Then its factor decides rule 2."
)
