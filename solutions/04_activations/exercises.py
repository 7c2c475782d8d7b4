"""Exercises of lesson 04: activations and their slopes, gradients through depth, dead units, nets born dead."""

import numpy as np

from autograder.authoring import Exercise, Question, case, draw_seed, right, wrong

# 4.1 ACT

NAMES = ("relu", "leaky", "prelu", "elu", "tanh", "sigmoid")

ACT = Exercise(points=3, groups=dict.fromkeys(NAMES, 1))


@ACT.cases
def cases(rng):
    for name in NAMES:
        if name in ("leaky", "prelu", "elu"):
            yield case(name, name=name, z=off_the_kink(rng), alpha=rng.uniform(0.05, 0.4))
            yield case(name, name=name, z=off_the_kink(rng) * [[4], [1]], alpha=rng.uniform(1.2, 1.8))
        else:
            yield case(name, name=name, z=off_the_kink(rng))
            if name == "relu":
                yield case(name, name=name, z=off_the_kink(rng) * rng.uniform(7, 9))


def off_the_kink(rng):
    """Both signs, each in every row, none nearer than 0.1 to zero, small ones among them."""
    z = rng.uniform(0.1, 2.5, (2, 3)) * rng.choice([-1, 1], (2, 3))
    z[:, 0], z[:, -1] = np.abs(z[:, 0]), -np.abs(z[:, -1])
    z[1, 0], z[1, -1] = rng.uniform(0.1, 0.5), -rng.uniform(0.1, 0.5)
    return z


@ACT.driver
def drive(ACT, name, z, alpha=None):
    functions = ACT[name] if isinstance(ACT, dict) and name in ACT else None
    if functions is None:
        raise TypeError(f"ACT should be a dictionary with an entry '{name}'")
    wanted = "(f, df, dalpha)" if name == "prelu" else "(f, df)"
    if not isinstance(functions, (tuple, list)) or len(functions) != wanted.count(",") + 1:
        raise TypeError(f"ACT['{name}'] should be {wanted}")
    more = () if alpha is None else (alpha,)
    f, df, *dalpha = functions
    result = {"value": f(z, *more), "slope": df(z, *more)}
    if dalpha:
        result["dalpha"] = dalpha[0](z)
    around = np.asarray(df(np.array([-1e-9, 0.0, 1e-9]), *more), dtype=float)
    # At the kink itself anything between the slopes on both sides will do.
    if name not in ("tanh", "sigmoid") and around.shape == (3,):
        low, high = min(around[0], around[2]), max(around[0], around[2])
        result["slope at 0 is a number"] = bool(np.isfinite(around[1]))
        result["slope at 0 is between those beside it"] = bool(low - 1e-6 <= around[1] <= high + 1e-6)
    return result


@ACT.wrong(
    "Your ELU comes down to -1 whatever α is. α sets the floor, and with it the slope on the left.",
    edits=True)
def elu_without_alpha(ACT):
    f = lambda z, alpha: np.where(z > 0, z, np.exp(z) - 1)
    return {**ACT, "elu": (f, lambda z, alpha: np.where(z > 0, 1, np.exp(z)))}


@ACT.wrong(
    "The value of your ELU is right, its slope has lost α: differentiate the left branch once more.",
    edits=True)
def elu_slope_without_alpha(ACT):
    return {**ACT, "elu": (ACT["elu"][0], lambda z, alpha: np.where(z > 0, 1, np.exp(z)))}


@ACT.wrong(
    "The slope of your ELU grows without end to the right, where the function is the identity: it has two "
    "branches.", edits=True)
def elu_slope_of_one_branch(ACT):
    return {**ACT, "elu": (ACT["elu"][0], lambda z, alpha: alpha * np.exp(z))}


@ACT.wrong(
    "f(z) + 1 is the slope of ELU on the left for one value of α only. What is it for the others?",
    edits=True)
def elu_slope_for_alpha_one(ACT):
    f = ACT["elu"][0]
    return {**ACT, "elu": (f, lambda z, alpha: np.where(z > 0, 1, f(z, alpha) + 1))}


@ACT.wrong(
    "The left branch of your ELU does not meet the right one at z = 0: something has to be taken off.",
    edits=True)
def elu_with_a_jump(ACT):
    return {**ACT, "elu": (lambda z, alpha: np.where(z > 0, z, alpha * np.exp(z)), ACT["elu"][1])}


@ACT.wrong(
    "You have 1 - tanh z for the slope of tanh. At z = -2 that would be 1.96, and tanh is nearly flat "
    "there: which power is missing?", edits=True)
def tanh_slope_without_the_square(ACT):
    return {**ACT, "tanh": (np.tanh, lambda z: 1 - np.tanh(z))}


@ACT.wrong(
    "Your slopes of ELU, tanh and sigmoid are right if they are given a = f(z). They are called with z.",
    edits=True)
def slopes_from_a(ACT):
    elu = lambda z, alpha: np.where(z > 0, 1, z + alpha)
    return {
        **ACT,
        "elu": (ACT["elu"][0], elu),
        "tanh": (np.tanh, lambda z: 1 - z**2),
        "sigmoid": (ACT["sigmoid"][0], lambda z: z * (1 - z)),
    }


@ACT.wrong("Your slope of tanh is right if it is given a = tanh z. It is called with z.", edits=True)
def tanh_slope_from_a(ACT):
    return {**ACT, "tanh": (np.tanh, lambda z: 1 - z**2)}


@ACT.wrong("Your slope of the sigmoid is right if it is given a = σ(z). It is called with z.", edits=True)
def sigmoid_slope_from_a(ACT):
    return {**ACT, "sigmoid": (ACT["sigmoid"][0], lambda z: z * (1 - z))}


@ACT.wrong(
    "Below zero max(αz, z) is αz only while α is below 1. With α = 1.5 it takes the other branch.",
    edits=True)
def leaky_as_a_maximum(ACT):
    f = lambda z, alpha: np.maximum(alpha * z, z)
    return {**ACT, "leaky": (f, ACT["leaky"][1]), "prelu": (f, *ACT["prelu"][1:])}


@ACT.wrong(
    "Below zero max(αz, z) is αz only while α is below 1. With α = 1.5 it takes the other branch.",
    edits=True)
def leaky_alone_as_a_maximum(ACT):
    return {**ACT, "leaky": (lambda z, alpha: np.maximum(alpha * z, z), ACT["leaky"][1])}


@ACT.wrong(
    "The slope of your leaky ReLU is αz below zero. αz is its value there: how much does that change when z "
    "moves by 1?", edits=True)
def leaky_slope_times_z(ACT):
    df = lambda z, alpha: np.where(z > 0, 1, alpha * z)
    return {**ACT, "leaky": (ACT["leaky"][0], df), "prelu": (ACT["prelu"][0], df, ACT["prelu"][2])}


@ACT.wrong("Your leaky ReLU does not look at the α it is called with.", edits=True)
def alpha_is_fixed(ACT):
    f = lambda z, alpha: np.where(z > 0, z, 0.01 * z)
    df = lambda z, alpha: np.where(z > 0, 1, 0.01)
    return {**ACT, "leaky": (f, df), "prelu": (f, df, ACT["prelu"][2])}


@ACT.wrong(
    "The slope of your leaky ReLU is 0 below zero: that is the slope of ReLU. The leak is there so that "
    "something comes through.", edits=True)
def leaky_slope_of_relu(ACT):
    df = lambda z, alpha: (z > 0) * 1.0
    return {**ACT, "leaky": (ACT["leaky"][0], df), "prelu": (ACT["prelu"][0], df, ACT["prelu"][2])}


@ACT.wrong(
    "Your dalpha is z on the right and 0 on the left. On which side does α stand in the formula?", edits=True)
def dalpha_on_the_wrong_side(ACT):
    return {**ACT, "prelu": (*ACT["prelu"][:2], lambda z: np.where(z > 0, z, 0))}


@ACT.wrong(
    "Your dalpha is 0 everywhere. Below zero the result is αz: change α a little, and see what happens to "
    "it.", edits=True)
def dalpha_zero(ACT):
    return {**ACT, "prelu": (*ACT["prelu"][:2], np.zeros_like)}


@ACT.wrong(
    "Your dalpha is 1 below zero. The derivative of αz with respect to α is not that with respect to αz.",
    edits=True)
def dalpha_one(ACT):
    return {**ACT, "prelu": (*ACT["prelu"][:2], lambda z: (z < 0) * 1.0)}


@ACT.wrong("Your dalpha is one number. It is asked for entry by entry, not summed.", edits=True)
def dalpha_summed(ACT):
    return {**ACT, "prelu": (*ACT["prelu"][:2], lambda z: np.sum(np.minimum(z, 0)))}


@ACT.wrong(
    "The entry 'prelu' holds a pair; α is trained here, so a third function belongs to it.", edits=True)
def prelu_as_a_pair(ACT):
    return {**ACT, "prelu": ACT["prelu"][:2]}


@ACT.wrong(
    "Your slope of ReLU is ReLU once more. A slope says how much the result changes, not what it is.",
    edits=True)
def relu_for_its_slope(ACT):
    return {**ACT, "relu": (ACT["relu"][0], lambda z: np.maximum(z, 0))}


@ACT.wrong(
    "At z = 0 your slope of ReLU is 0/0. Anything from 0 to 1 would do there, nan would not: decide by a "
    "comparison.", edits=True)
def relu_slope_by_division(ACT):
    def df(z):
        with np.errstate(all="ignore"):
            return np.maximum(z, 0) / z

    return {**ACT, "relu": (ACT["relu"][0], df)}


@ACT.wrong(
    "ReLU writes zeros into the array it is given, and the z of the forward pass is lost. Make a new array.",
    edits=True)
def relu_in_place(ACT):
    def f(z):
        z[z < 0] = 0
        return z

    return {**ACT, "relu": (f, ACT["relu"][1])}


@ACT.wrong(
    "Your slope of the sigmoid is the sigmoid once more, which never falls. Where is the curve steepest?",
    edits=True)
def sigmoid_for_its_slope(ACT):
    f = ACT["sigmoid"][0]
    return {**ACT, "sigmoid": (f, f)}


@ACT.right(edits=True)
def by_masks_on_copies(ACT):
    def f(z, alpha):
        out = z.copy()
        out[z < 0] *= alpha
        return out

    def df(z, alpha):
        out = np.ones_like(z)
        out[z <= 0] = alpha
        return out

    return {**ACT, "leaky": [f, df], "prelu": (f, df, lambda z: z * (z < 0))}


@ACT.right(edits=True)
def slope_one_at_zero(ACT):
    f = lambda z, alpha=1.0: np.where(z >= 0, z, alpha * np.expm1(z))
    return {
        **ACT,
        "relu": (lambda z: z * (z > 0), lambda z: (z >= 0).astype(float)),
        "elu": (f, lambda z, alpha=1.0: np.where(z >= 0, 1, f(z, alpha) + alpha)),
    }


@ACT.right(edits=True)
def slope_one_half_at_zero(ACT):
    return {**ACT, "relu": (lambda z: (z + np.abs(z)) / 2, lambda z: np.heaviside(z, 0.5))}


@ACT.right(edits=True)
def entry_by_entry(ACT):
    elu = np.vectorize(lambda z, alpha: z if z > 0 else alpha * (np.exp(z) - 1))
    slope = np.vectorize(lambda z, alpha: 1.0 if z > 0 else alpha * np.exp(z))
    tanh = lambda z: (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z))
    return {**ACT, "elu": (elu, slope), "tanh": (tanh, lambda z: 1 / np.cosh(z) ** 2)}


@ACT.right(edits=True)
def relu_in_booleans(ACT):
    sigmoid = lambda z: 1 / (1 + np.exp(-z))
    slope = lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2
    return {**ACT, "relu": (lambda z: np.maximum(0, z), lambda z: 1 * (z > 0)), "sigmoid": (sigmoid, slope)}


@ACT.right(edits=True)
def in_float32(ACT):
    tanh = lambda z: np.tanh(np.float32(z))
    return {**ACT, "tanh": (tanh, lambda z: 1 - tanh(z) ** 2)}


for name, words in [
    ("relu", "ReLU: (0, 3), slopes (0, 1)."),
    ("leaky", "Leaky ReLU: (-1, 3), slopes (0.5, 1)."),
    ("prelu", "Parametric ReLU: (-1, 3), slopes (0.5, 1), and dalpha is (-2, 0): below zero αz moves by z for every 1 that "
              "α moves."),
    ("elu", "ELU: (0.5 (e⁻² - 1), 3) = (-0.432, 3), slopes (0.5 e⁻², 1) = (0.0677, 1)."),
    ("tanh", "Tanh: (-0.964, 0.995), slopes (0.0707, 0.0099)."),
    ("sigmoid", "Sigmoid: (0.119, 0.953), slopes (0.105, 0.0452)."),
]:
    with_alpha = name in ("leaky", "prelu", "elu")
    ACT.small(
        f"By hand{', with α = 0.5' if with_alpha else ''} and z = (-2, 3). {words}",
        name=name, z=np.array([-2.0, 3.0]), **({"alpha": 0.5} if with_alpha else {}))
for name, words in [
    ("leaky", "A larger α, and z = -1: it is α · z, also where that is below z."),
    ("prelu", "A larger α, and z = -1: it is α · z, also where that is below z; dalpha is z for each sample and unit."),
    ("elu", "A larger α, and z = -1: 1.5 (e⁻¹ - 1), slope 1.5 e⁻¹, also where that is above 1/2."),
]:
    ACT.small(words, name=name, z=np.array([[-1.0, 2.0], [-2.0, 1.0]]), alpha=1.5)

# 4.2 gradient_profile

START = "the gradient at h_L, where it starts"
WEIGHTS = "back through the weights"
SLOPES = "back through the activation"

gradient_profile = Exercise(points=3, groups={START: 1, WEIGHTS: 1, SLOPES: 1})

ACTIVATIONS = {
    "linear": (lambda z: z, np.ones_like),
    "softplus": (lambda z: np.log(1 + np.exp(z)), lambda z: 1 / (1 + np.exp(-z))),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
}


@gradient_profile.cases
def cases(rng):
    yield case(START, **network(rng, 7, (3, 3, 3)), act="linear", _only_the_start=True)
    yield case(START, **network(rng, 5, (4, 4)), act="softplus", _only_the_start=True)
    yield case(WEIGHTS, **network(rng, 6, (3, 3, 3, 3)), act="linear", _only_the_start=False)
    yield case(WEIGHTS, **network(rng, 5, (4, 3, 6, 2)), act="linear", _only_the_start=False)
    yield case(SLOPES, **network(rng, 6, (3, 3, 3)), act="softplus", _only_the_start=False)
    yield case(SLOPES, **network(rng, 4, (5, 3, 4, 2)), act="tanh", _only_the_start=False)
    yield case(SLOPES, **network(rng, 8, (3, 5)), act="tanh", _only_the_start=False)


def network(rng, samples, widths):
    weights = [rng.normal(size=pair) * 0.8 for pair in zip(widths, widths[1:], strict=False)]
    return {"X": rng.normal(size=(samples, widths[0])), "Ws": weights}


@gradient_profile.driver
def drive(gradient_profile, X, Ws, act, _only_the_start):
    profile = np.asarray(gradient_profile(X, Ws, ACTIVATIONS[act]))
    if profile.shape != (len(Ws) + 1,):
        raise ValueError(
            f"for {len(Ws)} layers the result should be {len(Ws) + 1} numbers, from h_0 to h_{len(Ws)}; "
            f"it has shape {profile.shape}"
        )
    if _only_the_start:
        return {"profile[-1]": profile[-1]}
    with np.errstate(all="ignore"):
        return {"profile / profile[-1]": profile / profile[-1]}


def profile_with(
    slope=lambda df, z, a, l, L: df(z),
    start=lambda h: np.ones_like(h) / h.size,
    back=lambda G, W: G @ W.T,
    size=lambda G: np.sqrt(np.mean(G**2)),
):
    """A profile with one part exchanged."""

    def gradient_profile(X, Ws, act):
        f, df = act
        h, tape = X, []
        for W in Ws:
            z = h @ W
            h = f(z)
            tape.append((W, z, h))
        G = start(h)
        sizes, L = [size(G)], len(Ws)
        for l in range(L, 0, -1):
            W, z, a = tape[l - 1]
            G = back(G * slope(df, z, a, l, L), W)
            sizes.append(size(G))
        return sizes[::-1]

    return gradient_profile


@gradient_profile.mistakes
def mistakes(X, Ws, act):
    yield "slopes_at_a", profile_with(slope=lambda df, z, a, l, L: df(a))(X, Ws, act), (
        "The slopes are taken at a = f(z). A slope belongs to the place where the function was entered, "
        "which is z.")
    but_the_last = lambda df, z, a, l, L: df(z) if l < L else 1
    yield "last_slope_left_out", profile_with(slope=but_the_last)(X, Ws, act), (
        "The last layer has an activation too: the gradient passes its slope before it meets the last W.")
    yield "no_slopes", profile_with(slope=lambda df, z, a, l, L: 1)(X, Ws, act), (
        "No slope of the activation enters your gradient: this is the profile of a linear network.")
    yield "not_transposed", profile_with(back=lambda G, W: G @ W)(X, Ws, act), (
        "On the way back you multiply by W as on the way forth. Look at the shapes: (samples, n_out) has to "
        "become (samples, n_in).")
    yield "last_layer_first", profile_with()(X, Ws, act)[::-1], (
        "The right numbers, the wrong way round: the first one belongs to the input h_0, the last one to "
        "h_L.")
    yield "divides_in_every_layer", profile_with(back=lambda G, W: G @ W.T / len(G))(X, Ws, act), (
        "In every layer you divide by the number of samples again. The mean is taken once, at the output.")
    yield "sum_of_the_outputs", profile_with(start=np.ones_like)(X, Ws, act), (
        "Your last number is 1. It is the gradient at the output itself, where each of the N entries counts "
        "1/N, since out is their mean; 1 would be the gradient of their sum.")
    yield "mean_over_samples_only", profile_with(start=lambda h: np.ones_like(h) / len(h))(X, Ws, act), (
        "You take the mean over the samples only. out is the mean over all entries of h_L, samples and "
        "units.")
    yield "mean_of_absolute_values", profile_with(size=lambda G: np.mean(np.abs(G)))(X, Ws, act), (
        "This is the mean of the absolute values. RMS: square, take the mean, then the root.")
    yield "lengths", profile_with(size=np.linalg.norm)(X, Ws, act), (
        "This is the length of the gradient, which grows with the number of entries. RMS takes the mean of "
        "the squares, not their sum.")
    yield "without_the_root", profile_with(size=lambda G: np.mean(G**2))(X, Ws, act), (
        "These are mean squares: the root is missing.")


@gradient_profile.wrong(
    "These are sizes of the h_l themselves. What is asked for is how much out changes when h_l changes.")
def sizes_of_h(X, Ws, act):
    hs = [X]
    for W in Ws:
        hs.append(act[0](hs[-1] @ W))
    return [np.sqrt(np.mean(h**2)) for h in hs]


@gradient_profile.wrong(
    "From the layers you return the gradient with respect to z_l, after the slope. h_l comes before that.")
def with_respect_to_z(X, Ws, act):
    f, df = act
    h, zs = X, []
    for W in Ws:
        zs.append(h @ W)
        h = f(zs[-1])
    G, sizes = np.ones_like(h) / h.size, []
    for W, z in zip(Ws[::-1], zs[::-1], strict=True):
        G = G * df(z)
        sizes.append(np.sqrt(np.mean(G**2)))
        G = G @ W.T
    return [*sizes, np.sqrt(np.mean(G**2))][::-1]


@gradient_profile.wrong(
    "Each gradient is multiplied by the slopes of another layer: G_l, the gradient at h_l, meets the slope "
    "at z_l.")
def slopes_of_the_layer_below(X, Ws, act):
    below = []

    def slope(df, z, a, l, L):
        below.append(df(z))
        return below[-2] if l < L and below[-2].shape == below[-1].shape else below[-1]

    return profile_with(slope=slope)(X, Ws, act)


@gradient_profile.wrong("There should be L + 1 numbers: the input h_0 has a gradient as well.", raises=True)
def without_the_input(X, Ws, act):
    return profile_with()(X, Ws, act)[1:]


@gradient_profile.answers
def answers(X, Ws, act):
    back = lambda G, W: np.einsum("sj,ij->si", G, W)
    yield "with_einsum_on_arrays", np.array(profile_with(back=back)(X, Ws, act))
    yield "in_float32_throughout", np.float32(profile_with()(np.float32(X), [np.float32(W) for W in Ws], act))


@gradient_profile.right
def recursively(X, Ws, act):
    f, df = act

    def gradients(h, weights):
        if not weights:
            return [np.full(h.shape, 1 / h.size)]
        z = h @ weights[0]
        above = gradients(f(z), weights[1:])
        return [(above[0] * df(z)) @ weights[0].T, *above]

    return tuple(float(np.sqrt((G**2).mean())) for G in gradients(X, list(Ws)))


@gradient_profile.right
def sample_by_sample(X, Ws, act):
    f, df = act
    squares = np.zeros(len(Ws) + 1)
    for x in X:
        h, zs = x, []
        for W in Ws:
            zs.append(W.T @ h)
            h = f(zs[-1])
        g = np.ones(len(h)) / (len(h) * len(X))
        squares[-1] += np.mean(g**2)
        for l in reversed(range(len(Ws))):
            g = Ws[l] @ (g * df(zs[l]))
            squares[l] += np.mean(g**2)
    return np.sqrt(squares / len(X))


@gradient_profile.right
def by_finite_differences(X, Ws, act):
    f, _ = act

    def from_layer(l, h):
        for W in Ws[l:]:
            h = f(h @ W)
        return h

    profile, h = [], X
    for l in range(len(Ws) + 1):
        G = np.empty_like(h)
        for i in np.ndindex(h.shape):
            step = np.zeros(h.shape, complex)
            step[i] = 1e-20j
            G[i] = np.mean(from_layer(l, h + step)).imag / 1e-20 if l < len(Ws) else 1 / h.size
        profile.append(np.sqrt(np.mean(G**2)))
        h = f(h @ Ws[l]) if l < len(Ws) else h
    return profile


gradient_profile.small(
    "By hand: one sample x = 2, two layers of one unit without activation (f(z) = z), weights 3 and 5. out "
    "= 5 · 3 · 2. Move h_2 by 1 and out moves by 1; move h_1 and it moves by 5; move x and it moves by 15. "
    "So the profile is (15, 5, 1). Looked at are the numbers divided by the last one.",
    X=np.array([[2.0]]), Ws=[np.array([[3.0]]), np.array([[5.0]])], act="linear", _only_the_start=False)
gradient_profile.small(
    "The start: two samples, two outputs. The mean over four numbers moves by ¼ for each of them.",
    X=np.array([[1.0, 2.0], [3.0, -1.0]]), Ws=[np.eye(2)], act="linear", _only_the_start=True)
gradient_profile.small(
    "One sample, one layer from three units to two. The gradient at the input is W times (½, ½), one row of W for each "
    "input: (1, 0), (2, 0), (0, 2) give (½, 1, 1), whose RMS is √¾, 1.73 times ½.",
    X=np.array([[1.0, 1.0, 1.0]]), Ws=[np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 2.0]])], act="linear", _only_the_start=False)
gradient_profile.small(
    "With tanh each step multiplies by the slope at z of its own layer, the last one's included: z = 1, slope 1 - "
    "tanh²(1) = 0.42, then z = 2 tanh(1) = 1.523, slope 0.173.",
    X=np.array([[1.0]]), Ws=[np.array([[1.0]]), np.array([[2.0]])], act="tanh", _only_the_start=False)
gradient_profile.small(
    "Two samples, layers of one unit, weights 3 and 5: every sample's gradient is multiplied by 5, then by 3. Dividing by "
    "the number of entries is done once, for the mean at the end.",
    X=np.array([[1.0], [2.0]]), Ws=[np.array([[3.0]]), np.array([[5.0]])], act="linear", _only_the_start=False)

# 4.3 dead_units

AFTER_RELU = "a layer of ReLUs"
ANY_SIGN = "layers with negative outputs"

dead_units = Exercise(points=1, groups={AFTER_RELU: 1, ANY_SIGN: 1})


@dead_units.cases
def cases(rng):
    for samples in (9, 12):
        A = rng.uniform(0.1, 2, (samples, 9)) * (rng.random((samples, 9)) < 0.6)
        A[0], A[1] = 0, rng.uniform(0.1, 2, 9)
        A[2:, 0] = 0  # sparse
        A[:, 1] *= 1e-12  # faint
        A[3, 2] = 0
        A[:, 3:5] = 0
        A[:, 5] = 0.75  # never changes: its spread is 0 to the last bit
        for unit, sample in ((6, 0), (7, -1), (8, int(rng.integers(2, samples - 1)))):  # on for one sample
            A[:, unit], A[sample, unit] = 0, rng.uniform(0.1, 2)
        yield case(AFTER_RELU, A=A[:, rng.permutation(9)])
    for _ in range(2):
        A = rng.integers(1, 100, (8, 5)) / 64.0  # sums of these are exact
        A[:, 0] = [*A[:4, 0], *-A[:4, 0]]  # of mean 0
        A[:, 1] *= -1  # below zero throughout
        A[:, 2], A[0, 3], A[4:, 4] = 0, 0, 0
        A[rng.integers(1, 7), 1] = 0
        yield case(ANY_SIGN, A=A[:, rng.permutation(5)])


@dead_units.driver
def drive(dead_units, A):
    """Numbers of dead units are as good as a mask."""
    dead = dead_units(A)
    dead = dead[0] if isinstance(dead, tuple) and len(dead) == 1 else dead
    numbers = np.asarray(dead)
    listed = numbers.ndim == 1 and (numbers.dtype.kind in "iu" or numbers.size == 0)
    if listed and np.all(np.diff(numbers) > 0) and np.all((numbers >= 0) & (numbers < A.shape[1])):
        return np.isin(np.arange(A.shape[1]), numbers)
    return dead


@dead_units.mistakes
def mistakes(A):
    yield "share_of_zeros", (A == 0).mean(axis=0), (
        "This is the share of samples for which each unit is 0, which says how sparse it is. Dead is a yes "
        "or no.")
    yield "mostly_zero", (A == 0).mean(axis=0) >= 0.5, (
        "You call a unit dead that is 0 for most samples. One sample that wakes it is enough to live.")
    yield "any_zero", (A == 0).any(axis=0), (
        "You call a unit dead when it is 0 for some sample. For a ReLU that is an ordinary day: ask for all "
        "samples.")
    yield "first_sample", A[0] == 0, "You look at the first sample only."
    yield "along_the_units", (A == 0).all(axis=1), (
        "There is one answer for each sample: rows are samples, columns are units. Along which axis do the "
        "samples lie?")
    yield "mean_is_zero", A.mean(axis=0) == 0, (
        "A mean of 0 can come from values that cancel: a tanh unit at -0.5 and +0.5 is in the best of "
        "health.")
    yield "never_positive", A.max(axis=0) <= 0, (
        "A unit whose largest output is 0 or less may still be negative for some sample: ELU, tanh and "
        "leaky ReLU do.")
    yield "nearly_zero", (np.abs(A) < 1e-3).all(axis=0), (
        "You call a unit dead whose outputs are small. Faint is not dead: its slope is as steep as "
        "anyone's.")
    yield "the_living", A.any(axis=0), "True and False are the wrong way round: this marks the living."
    yield "how_many", int((A == 0).all(axis=0).sum()), (
        "This is the number of dead units; asked for is which ones.")


@dead_units.answers
def answers(A):
    yield "none_differs_from_zero", ~np.any(A, axis=0)
    yield "largest_size", np.abs(A).max(axis=0) == 0
    yield "unit_by_unit", [all(value == 0 for value in column) for column in np.asarray(A).T]
    yield "as_zeros_and_ones", np.count_nonzero(A, axis=0) == 0
    yield "as_indices", np.flatnonzero((A == 0).all(axis=0))
    yield "as_where_gives_it", np.where((A == 0).all(axis=0))
    yield "as_integers", (A == 0).all(axis=0).astype(int)


dead_units.small(
    "Three samples, five units. The first is 0 for two samples, the second is tiny, the third is 0 for all; "
    "the outputs of the fourth add up to 0, and those of the fifth are negative. Only the third is dead.",
    A=np.array([[0.0, 1e-6, 0.0, -0.5, -1.0], [5.0, 1e-6, 0.0, 0.0, 0.0], [0.0, 1e-6, 0.0, 0.5, -2.0]]))

# 4.4 can_learn

A_RELU, OTHERS, INPUTS = "a ReLU", "other activations", "a sample of zeros moves no weight"

can_learn = Exercise(points=1, groups={A_RELU: 2, OTHERS: 2, INPUTS: 1})

UNITS = {
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0) * 1.0),
    "leaky": (lambda z: np.where(z > 0, z, 0.2 * z), lambda z: np.where(z > 0, 1, 0.2)),
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2),
    "clipped": (lambda z: np.clip(z, 0, 1) - 0.5, lambda z: ((z > 0) & (z < 1)) * 1.0),
    "absolute": (np.abs, np.sign),
}


@can_learn.cases
def cases(rng):
    some = lambda low, high: rng.uniform(low, high, 7)
    last_on, first_on, mixed = some(-3, -1), some(-3, -1), some(1, 3)
    last_on[-1], first_on[0], mixed[0] = rng.uniform(0.3, 0.8), rng.uniform(0.3, 0.8), -1.3
    yield case(A_RELU, **unit_at(rng, last_on, below=True), act="relu")
    yield case(A_RELU, **unit_at(rng, first_on, below=True), act="relu")
    yield case(A_RELU, **unit_at(rng, mixed, below=True), act="relu")
    yield case(A_RELU, **unit_at(rng, some(0.3, 2), below=False), act="relu")
    yield case(A_RELU, **unit_at(rng, some(-3, -0.3), below=False), act="relu")
    yield case(A_RELU, **unit_at(rng, some(-3, -0.3), below=True), act="relu")
    one_inside = some(1.5, 3)
    one_inside[2] = rng.uniform(0.2, 0.8)
    yield case(OTHERS, **unit_at(rng, some(-3, -0.3), below=True), act="leaky")
    yield case(OTHERS, **unit_at(rng, some(-3, -0.3), below=True), act="sigmoid")
    yield case(OTHERS, **unit_at(rng, some(-27, -25), below=True), act="sigmoid")  # with slopes below 1e-10
    yield case(OTHERS, **unit_at(rng, some(1.3, 3), below=False), act="clipped")
    yield case(OTHERS, **unit_at(rng, some(-3, -0.3), below=True), act="clipped")
    yield case(OTHERS, **unit_at(rng, one_inside, below=False), act="clipped")
    yield case(OTHERS, **unit_at(rng, some(-3, -0.3), below=True), act="absolute")
    # where this one crosses zero, with a slope, for every sample
    yield case(OTHERS, w=np.zeros(3), b=0.5, X=rng.normal(size=(7, 3)), act="clipped")
    for act in ("relu", "clipped"):
        yield case(INPUTS, **with_zeros(unit_at(rng, some(-3, -0.3), below=False)), act=act)
    yield case(INPUTS, **with_zeros(unit_at(rng, last_on, below=False)), act="relu")
    alone = unit_at(rng, some(-3, -0.3), below=True)  # one sample wakes the unit, and one of its inputs only
    feature = int(rng.integers(1, 3))
    alone["X"][2] = np.eye(3)[feature] * (1.5 - alone["b"]) / alone["w"][feature]
    yield case(INPUTS, **alone, act="relu")
    opposite = unit_at(rng, some(0.1, 0.2), below=False)
    half = np.round(opposite["X"][:3] * 102.4) / 1024  # so that the sum of all is 0 to the last bit
    opposite["X"] = np.vstack([half, -half])
    yield case(A_RELU, **opposite, act="relu")
    falling = {"w": -rng.uniform(0.5, 2, 3), "b": rng.uniform(0.3, 0.9), "X": -rng.uniform(0.5, 2, (6, 3))}
    yield case(A_RELU, **falling, act="relu")  # where every entry of every gradient is below 0


def unit_at(rng, z, below):
    """Weights, a bias (below zero or above it) and samples that bring the unit to the given z."""
    w, b = rng.normal(size=3), rng.uniform(0.3, 0.9) * (-1 if below else 1)
    X = rng.normal(size=(len(z), 3))
    return {"w": w, "b": b, "X": X + np.outer(z - b - X @ w, w) / (w @ w)}


def with_zeros(unit):
    """One more sample, all of whose inputs are 0: its z is the bias, which lies within every unit's slope."""
    return {**unit, "X": np.vstack([unit["X"][:3], np.zeros(3), unit["X"][3:]]), "b": unit["b"]}


@can_learn.driver
def drive(can_learn, w, b, X, act):
    return can_learn(w, b, X, UNITS[act])


@can_learn.mistakes
def mistakes(w, b, X, act):
    f, df = act
    z = X @ w + b
    yield "output_is_not_zero", bool(np.any(f(z) != 0)), (
        "You ask whether the output differs from 0. A clipped unit that stands at its ceiling says 1 and "
        "can't move: learning needs a slope, not an output.")
    yield "output_is_positive", bool(np.any(f(z) > 0)), (
        "You ask whether the output is positive for some sample. A leaky ReLU learns from negative outputs "
        "too: which function of the pair says so?")
    yield "z_is_positive", bool(np.any(z > 0)), (
        "You ask whether z is positive, and never look at `act`. That is right for a ReLU alone.")
    yield "slope_is_positive", bool(np.any(df(z) > 0)), (
        "You ask for a slope above zero. A falling function has a gradient as well.")
    yield "slopes_at_a", bool(np.any(df(f(z))[:, None] * X)), (
        "You take the slope at the unit's output. A slope belongs to the place where the function was "
        "entered, which is z.")
    yield "gradients_added", bool(np.any(df(z) @ X)), (
        "You add the gradients of all samples. In such a sum they may cancel; but each is weighed with what "
        "arrives from above, so that one sample alone would be enough.")
    yield "at_the_mean_sample", bool(df(X.mean(axis=0) @ w + b) != 0), (
        "You look at the mean of the samples. A unit that is off for the mean sample may be on for a single "
        "one, and learns from that.")
    yield "at_the_first_sample", bool(df(X[0] @ w + b) != 0), "You look at the first sample only."
    yield "at_every_sample", bool(np.all(df(z) != 0)), (
        "You ask for a slope at every sample. One sample is enough to learn from.")
    yield "by_the_bias", bool(b > 0), (
        "You decide by the bias. With a bias above zero the weights can still push every sample below it, "
        "and the other way round.")
    yield "forgets_the_inputs", bool(np.any(df(z) != 0)), (
        "You look at the slopes alone. The gradient into w has a second factor, the inputs: a sample whose "
        "inputs are all 0 moves no weight, however steep the slope is there.")
    yield "gradient_is_positive", bool(np.any(df(z)[:, None] * X > 0)), (
        "You ask for a gradient above zero. One below it moves a weight as well, the other way.")
    yield "nearly_zero", bool(not np.allclose(df(z)[:, None] * X, 0)), (
        "You count a small gradient as none. A sigmoid far out on its left has a slope of 1e-11, and learns, if "
        "slowly. 0 is what never moves anything.")
    yield "sample_by_sample", df(z) != 0, "These are answers sample by sample: put them together into one."


@can_learn.answers
def answers(w, b, X, act):
    slopes = act[1](np.dot(X, w) + b)
    yield "from_the_whole_gradient", np.any(slopes[:, None] * X)
    yield "by_the_length_of_the_gradients", float(np.linalg.norm(X.T * slopes)) > 1e-12
    yield "as_a_number", int(((slopes != 0) & X.any(axis=1)).any())
    yield "by_its_largest_entry", np.abs(np.einsum("s,si->si", slopes, X)).max() > 0


@can_learn.right
def one_by_one(w, b, X, act):
    for x in X:
        z = sum(wi * xi for wi, xi in zip(w, x, strict=True)) + b
        if act[1](np.array([z]))[0] != 0 and any(xi != 0 for xi in x):
            return True
    return False


for words, b, x, act in [
    ("As a ReLU the unit learns from the third sample, for which z is 5.", -1.0, [-1.0, 0.0, 3.0], "relu"),
    ("z is -11, -9 and -3: no sample is left for a ReLU to learn from.", -9.0, [-1.0, 0.0, 3.0], "relu"),
    ("z is -11, -9 and -3, and a leaky ReLU still has a slope of 0.2.", -9.0, [-1.0, 0.0, 3.0], "leaky"),
    ("z is -9, 1 and -5: the ReLU is on for one sample, and x = 0 there sends nothing into w.", 1.0, [-5.0, 0.0, -3.0], "relu"),
    ("z is 3, 5 and 7, and this unit is level from 1 on: it is not 0, and nothing can be learnt from it.", 1.0, [1.0, 2.0, 3.0], "clipped"),
    ("z is 0.5, 5 and 7, and this unit rises between 0 and 1 only: one sample is enough.", 1.0, [-0.25, 2.0, 3.0], "clipped"),
    ("z is -3, -5 and -7, and the unit is |z|: its slope is -1 there, which is not 0.", -1.0, [-1.0, -2.0, -3.0], "absolute"),
    ("z is 4 and 2, at inputs below 0: both gradients are below 0 as well, and that is not 0.", 6.0, [-1.0, -2.0], "relu"),
    ("z is -27, -29 and -24, where a sigmoid has slopes of 1e-11 and less: small, and not 0.", -25.0, [-1.0, -2.0, 0.5], "sigmoid"),
    ("z is 2 and 0.5, both with slope 1. Gradients of samples add up to 0 here; each by itself does not.", 1.25, [0.375, -0.375], "relu"),
]:
    can_learn.small(f"One input and w = 2. {words}", w=np.array([2.0]), b=b, X=np.array([x]).T, act=act)

# 4.5 born_dead_rate

RATE = "the share of dead nets"
FROM_RNG = "randomness comes from `rng`"

born_dead_rate = Exercise(points=2, groups={RATE: 3, FROM_RNG: 1}, seconds=10)

# Measured over 100,000 nets, 100 directions, by width and depth: dead nets, nets with any dead unit, dead units.
RATES = {
    2: {
        1: (0, 0, 0),
        2: (0.063, 0.439, 0.251),
        3: (0.236, 0.676, 0.455),
        4: (0.410, 0.785, 0.597),
        5: (0.551, 0.846, 0.699),
    },
    3: {
        5: (0.189, 0.824, 0.495),
        6: (0.275, 0.868, 0.565),
        7: (0.356, 0.892, 0.621),
        8: (0.434, 0.912, 0.672),
        9: (0.504, 0.925, 0.714),
        10: (0.563, 0.936, 0.749),
        11: (0.617, 0.945, 0.780),
    },
}


@born_dead_rate.cases
def cases(rng):
    yield case(
        depth=int(rng.integers(3, 5)),
        deeper=int(rng.integers(6, 11)),
        trials=int(rng.integers(1500, 1700)),
        seed=draw_seed(rng),
    )


@born_dead_rate.driver
def drive(born_dead_rate, depth, deeper, trials, seed):
    few = lambda: [born_dead_rate(2, 3, 60, np.random.default_rng(seed + i)) for i in range(8)]
    return {
        "two wide": born_dead_rate(2, depth, trials, np.random.default_rng(seed)),
        "three wide": born_dead_rate(3, deeper, trials, np.random.default_rng(seed + 9)),
        "shallow": born_dead_rate(2, 2, 5 * trials, np.random.default_rng(seed + 10)),
        "few": few(),
        "again": few(),
    }


@born_dead_rate.judge
def judge(case, result):
    """Six standard deviations, and what directions that are few or drawn may add. Behind two layers, where next to
    nothing dies, half a circle shows: there are more nets, and directions add less."""
    depth, deeper, trials = case.inputs["depth"], case.inputs["deeper"], case.inputs["trials"]
    nets = {
        "two wide": (2, depth, trials, 0.03),
        "three wide": (3, deeper, trials, 0.03),
        "shallow": (2, 2, 5 * trials, 0.006),
    }
    found = {name: float(result[name]) for name in nets}
    fits = lambda rate: {name: near_rate(found[name], rate(width, layers), *rest)
                         for name, (width, layers, *rest) in nets.items()}
    few = np.asarray(result["few"], dtype=float)
    held = fits(lambda width, layers: RATES[width][layers][0])
    slips = {
        "nets with any dead unit": lambda width, layers: RATES[width][layers][1],
        "dead units": lambda width, layers: RATES[width][layers][2],
        "one point": lambda width, layers: 1 - (1 - 0.5**width) ** layers,
        "one layer short": lambda width, layers: RATES[width][layers - 1][0],
        "one layer too many": lambda width, layers: RATES[width][layers + 1][0],
    }
    seen = [slip for slip, rate in slips.items() if all(fits(rate).values())]
    note = seen[0] if len(seen) == 1 else "another rate"
    if max(found.values()) > 1:
        note = "no share"
    elif not any(found.values()) and np.all(few == 0):
        note = "never"
    elif np.all(few == 1) and min(found.values()) > 0.9:
        note = "nearly all"
    elif np.all((few == 0) | (few == 1)):
        note = "all or none"
    elif held["two wide"] and held["three wide"]:
        few_or_many = "many" if found["shallow"] > RATES[2][2][0] else "few"
        note = f"too {few_or_many} behind two layers"
    off = next((name for name in nets if not held[name]), "shallow")
    width, layers, drawn, _ = nets[off]
    yield RATE, all(held.values()), note, (
        f"width {width}, depth {layers}: you find {found[off]:.3g} over {drawn} nets, about "
        f"{RATES[width][layers][0]:.3f} are born dead")
    if not np.array_equal(few, np.asarray(result["again"], dtype=float)):
        yield FROM_RNG, False, "not from rng", "two generators with the same seed gave different shares"
    else:
        fixed = np.all(few == few[0])
        yield FROM_RNG, not fixed, "always the same", "eight generators with different seeds gave one share"


def near_rate(rate, true, trials, allowed):
    return abs(rate - true) <= allowed + 6 * np.sqrt(true * (1 - true) / trials)


def circle(n=100):
    angles = np.arange(n) * 2 * np.pi / n
    return np.column_stack([np.cos(angles), np.sin(angles)])


def last_layers(width, depth, trials, rng, X=None, draw=None):
    """The last hidden layer (points, width) of each net."""
    X = circle() if X is None else X
    draw = draw or (lambda n_in, n_out: rng.uniform(-1, 1, (trials, n_in, n_out)) * np.sqrt(6 / n_in))
    h = X
    for n_in in [2, *[width] * (depth - 1)]:
        h = np.maximum(h @ draw(n_in, width), 0)
    return h


@born_dead_rate.mistakes
def mistakes(width, depth, trials, rng):
    whole = lambda last: np.mean((last == 0).all(axis=(1, 2)))
    yield "any_unit_dead", np.mean((last_layers(width, depth, trials, rng) == 0).all(axis=1).any(axis=1)), (
        "Your share fits that of nets in which some unit of the last layer is dead. A net is lost only when "
        "all of them are.")
    yield "share_of_units", np.mean((last_layers(width, depth, trials, rng) == 0).all(axis=1)), (
        "Your share fits that of dead units among all units of the last layer. Asked for is the share of "
        "nets.")
    yield "one_point", whole(last_layers(width, depth, trials, rng, circle(1))), (
        "Your share fits nets that are asked at one point only. A net that is silent there may answer "
        "elsewhere on the circle.")
    yield "one_layer_too_many", whole(last_layers(width, depth + 1, trials, rng)), (
        "Your share fits nets with one hidden layer more than `depth`: the first one counts. (Points on a "
        "small part of the circle would give such shares, too.)")
    half = np.linspace(0, np.pi, 128)
    half = np.column_stack([np.cos(half), np.sin(half)])
    yield "half_a_circle", whole(last_layers(width, depth, trials, rng, half)), (
        "Behind two layers more of your nets are dead than should be; that is so where the points are few "
        "or lie on a part of the circle: a unit that is off for all of these may be on for one on the other "
        "side.")
    yield "last_relu_missing", whole(last_layers(width, depth - 1, trials, rng)), (
        "Your share fits a net with one layer less. Has the last hidden layer its ReLU, and are there "
        "`depth` of them?")
    positive = lambda n_in, n_out: rng.uniform(0, np.sqrt(6 / width), (trials, n_in, n_out))
    yield "positive_weights", whole(last_layers(width, depth, trials, rng, draw=positive)), (
        "No net of yours is ever born dead. Are there negative weights among them, and does a ReLU follow "
        "every layer?")
    yield "one_net_for_all", float((last_layers(width, depth, 1, rng) == 0).all()), (
        "Your share is always 0 or 1, as if one net were counted `trials` times. Draw the weights anew for "
        "each.")
    yield "a_count", np.sum((last_layers(width, depth, trials, rng) == 0).all(axis=(1, 2))), (
        "Your result is no share between 0 and 1: a count, or a percentage?")
    yield "own_seed", whole(last_layers(width, depth, trials, np.random.default_rng(4))), (
        "You make a generator of your own with a fixed seed. Use the `rng` you are given: the next call "
        "continues where this one stopped.")
    yield "from_elsewhere", whole(last_layers(width, depth, trials, np.random)), (
        "The weights do not come from `rng`: nobody could repeat your run.")


@born_dead_rate.right
def net_by_net(width, depth, trials, rng):
    dead = 0
    for _ in range(trials):
        h = circle(120)
        for _ in range(depth):
            limit = np.sqrt(6 / h.shape[1])
            h = np.maximum(h @ rng.uniform(-limit, limit, (h.shape[1], width)), 0)
            if not h.any():
                dead += 1
                break
    return dead / trials


@born_dead_rate.right
def random_directions(width, depth, trials, rng):
    X = rng.normal(size=(200, 2))
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    return float(np.mean(last_layers(width, depth, trials, rng, X).max(axis=(1, 2)) == 0))


@born_dead_rate.right
def points_in_columns(width, depth, trials, rng):
    h = circle(256).T
    for n_in in [2, *[width] * (depth - 1)]:
        limit = np.sqrt(6.0 / n_in)
        h = np.maximum((rng.random((trials, width, n_in)) * 2 - 1) * limit @ h, 0)
    return 1 - h.any(axis=(1, 2)).mean()


@born_dead_rate.right
def in_float32(width, depth, trials, rng):
    def draw(n_in, n_out):
        limit = np.sqrt(6 / n_in)
        return np.float32(rng.uniform(-limit, limit, (trials, n_in, n_out)))

    h = last_layers(width, depth, trials, rng, np.float32(circle()), draw)
    return np.float32(np.mean(~h.any(axis=(1, 2))))


born_dead_rate.small(
    "With depth 1 the share is 0: a unit w·x without bias is positive on one half of the circle, whatever w "
    "is. And with two units in each of many layers nearly every net is dead: width 2, depth 10 comes out "
    "near 0.9.")

# The quiz

three_cures = Question(
    "The gradient notes list three cures for vanishing gradients: \"Better act fm → ReLU, → leaky ReLU\", "
    "\"Use weight initialization techniques\", \"Batch normalization layer\". In $G_{l-1}=(G_l\\odot "
    "f'(z_l))W_l^\\top$, which cure acts where?",
    wrong(
        "All three make $f'$ larger.",
        "Only the activation is chosen for its slope. Weights are a factor of their own, and $f'$ may get "
        "smaller when they grow."),
    right(
        "The activation changes $f'$ itself, the initialisation changes $W$, batch normalisation moves $z$ "
        "to where $f'$ is evaluated.",
        "And the division in batch normalisation also enters the way back, which is why the gain drops "
        "out. Since the three act on different factors, they can be combined; a profile tells which factor "
        "is the small one."),
    wrong(
        "The activation changes $z$, the initialisation $f'$, batch normalisation $W$.",
        "$z=hW$ is there before the activation, and batch normalisation leaves $W$ as it is."),
)

zero_for_one_image = Question(
    "A unit's output is 0 for the image that you look at. Is it dead?",
    wrong(
        "Yes: output 0, slope 0.",
        "That describes every ReLU for about half of the images. For another image it may be on."),
    right(
        "One image can't tell. It is dead if its slope is 0 for all of them.",
        "A gradient is a sum over samples, and one sample with a slope is enough to move the weights."),
    wrong(
        "Yes, if the mean of its outputs over the data is 0.",
        "True of ReLUs, whose outputs can't cancel, and false of tanh units, whose mean may be 0 while "
        "they work."),
)

leaky_above_one = Question(
    "Does a deep network of leaky ReLUs with $\\alpha=1.5$ explode?",
    wrong(
        "Yes, a slope above 1 always explodes.",
        "The slope is one of two factors. With gain 0.78 the measured factor per layer is 1 and nothing "
        "explodes."),
    right(
        "It depends on the weights: the factor per layer is gain times $\\operatorname{RMS}(f')$.",
        "With half of all $z$ on each side $\\operatorname{RMS}(f')=\\sqrt{(1+1.5^2)/2}\\approx1.27$: 1.80 "
        "per layer at gain $\\sqrt2$, and 1 at gain 0.78."),
    wrong(
        "No, leaky ReLUs are a cure.",
        "They are one for slopes of 0. A gradient that grows is another illness."),
)
