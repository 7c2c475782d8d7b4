"""Exercises of lesson 13: noise at the inputs, around an activation and on the gradient; augmentation."""

import math

import numpy as np

from autograder.authoring import Exercise, Question, case, draw_seed, right, wrong
from autograder.student.properties import SIX_SIGMA, binomial, close, no_echo, same, uncorrelated

# What the judges of random results have in common. `noise` is what was added: (calls, rows, columns).


def distinct(noise):
    """The noise with entries that are shared, along any axis, kept once: the draws that it was made from."""
    for axis in range(3):
        first = np.take(noise, [0], axis)
        if noise.shape[axis] > 1 and np.allclose(noise, first, rtol=1e-5, atol=1e-9):
            noise = first
    return noise


def sharing(noise):
    """What the entries have in common that should each be drawn on their own; empty if nothing, as it should be."""
    if np.abs(noise).max() < 1e-9:
        return "no noise"
    calls, rows, columns = distinct(noise).shape
    if calls == 1:
        return "the same noise in every call, whatever `rng` is"
    if rows == 1 and columns == 1:
        return "one draw for the whole array"
    if rows == 1:
        return "one draw for all rows"
    if columns == 1:
        return "one draw for all columns"
    spread = noise.std(axis=0)
    if np.any(spread < 1e-9):
        return "no noise on some of the entries"
    # The sums of independent draws spread: where those of rows, columns or calls don't, a mean was taken out.
    centred = noise - noise.mean()
    for axes in (1, 2, (1, 2)):
        if centred.sum(axis=axes).std() < 0.4 * np.sqrt((centred**2).sum(axis=axes).mean()):
            return "noise that adds up to 0 within a call"
    # Between the quartiles and not at the median: of noise with two values that would be one of them.
    above = noise > np.percentile(noise, [25, 75]).mean()
    free = all(uncorrelated(above, axis) for axis in range(3)) and no_echo(noise - noise.mean(axis=0))
    return "" if free else "entries that depend on one another"


def wrong_spread(noise, sd):
    """Why this is not normal noise of standard deviation sd: words without numbers, and with; empty if it is."""
    draws = distinct(noise)
    found, band = draws.std(), SIX_SIGMA / math.sqrt(2 * draws.size)
    asked = f"sd = {sd:.3f} was asked for; "
    if found < 1e-9:
        return "no noise", f"{asked}nothing was added"
    if abs(draws.mean()) > SIX_SIGMA * max(found, sd) / math.sqrt(draws.size):
        return "off centre", f"the noise has a mean of {draws.mean():.3f}; it should be 0"
    if abs(found / sd - 1) > band:
        near = [abs(found / other - 1) < band for other in (sd**2, math.sqrt(sd), 1.0)]
        words = ("the variance for sd", "the variance for sd", "always 1", "another spread")
        detail = f"{asked}the standard deviation of yours is {found:.3f}"
        flat = np.abs(draws).max() < 2 * found
        return ("flat noise" if flat else words[(near + [True]).index(True)]), detail
    if not binomial(np.abs(draws) < sd, math.erf(math.sqrt(0.5))):
        share = np.mean(np.abs(draws) < sd)
        return "not normal", f"{share:.0%} of the noise lies within one sd; of normal noise 68% would"
    if np.unique(draws).size < draws.size / 2:
        return "few values", "the same numbers come again and again; of normal draws hardly two are alike"
    return "", ""


# 13.1 gaussian_noise

SPREAD = "normal noise of standard deviation `sd` is added"
ALONE = "each entry is drawn on its own, from `rng`"
MODES = "test time, and `x` left as it was"

gaussian_noise = Exercise(points=1, groups={SPREAD: 2, ALONE: 1, MODES: 1})


@gaussian_noise.cases
def cases(rng):
    # At an sd of ½ twice as much is its root, and half as much its square: one lies well below, one above.
    for shape, least in (((6, 5), 0.2), ((4, 7), 0.6)):
        x = rng.uniform(0.4, 3, shape) * rng.choice([-1, 1], shape)
        yield case(x=x, sd=least + rng.uniform(0, 0.15), _seed=draw_seed(rng))


@gaussian_noise.driver
def drive(gaussian_noise, x, sd, _seed):
    def out(training, seed):
        return gaussian_noise(x.copy(), sd, np.random.default_rng(seed), training)

    given = x.copy()
    gaussian_noise(given, sd, np.random.default_rng(_seed), True)
    return {
        "calm": out(False, _seed),
        "calm_again": out(False, _seed + 1),
        "once": out(True, _seed),
        "again": out(True, _seed),
        "x_after": given,
        "many": np.array([np.asarray(out(True, _seed + i), dtype=float) for i in range(1, 401)]),
    }


@gaussian_noise.judge
def judge(case, result):
    x, sd = case.inputs["x"], case.inputs["sd"]
    noise = np.asarray(result["many"], dtype=float) - x
    by_entry = noise.std(axis=0)
    grows = by_entry.std() > 0 and np.corrcoef(by_entry.ravel(), np.abs(x).ravel())[0, 1] > 0.9
    seen, detail = wrong_spread(noise, sd)
    middle = noise.mean(axis=0)
    # In 400 calls means of independent draws spread by a 20th of what one draw does, whatever their mean.
    kept = by_entry.max() < 1e-9 or middle.std() <= 3 * by_entry.mean() / 20
    if not kept:
        seen, detail = "x is not kept", "over many calls the mean of an entry is not the entry of `x`"
    if grows:
        detail = "the noise grows with the entry it falls on: where x is twice as large, it is twice as strong"
    yield SPREAD, not (seen or grows), "multiplied" if grows else seen, detail
    if not close(result["once"], result["again"]):
        seen = "not from rng"
        detail = "two generators with the same seed gave different noise: it does not come from `rng`"
    else:
        # Without what else was done to an entry: where x is not kept, its mean; where noise is multiplied, its spread.
        alone = noise if by_entry.max() < 1e-9 or (kept and not grows) else noise - middle
        seen = sharing(alone / np.abs(x) if grows else alone)
        detail = f"{seen}; every entry should get a draw of its own"
    yield ALONE, not seen, seen, detail
    calm, again = (np.asarray(result[name], dtype=float) for name in ("calm", "calm_again"))
    if not close(calm, x, rtol=1e-6):
        seen = "other values at test time" if close(calm, again) else "noise at test time"
        yield MODES, False, seen, "with training=False the result should be `x` itself"
    else:
        yield MODES, same(result["x_after"], x), "changes x", "the function changes its argument `x`"


@gaussian_noise.mistakes
def mistakes(x, sd, rng, training):
    yield "variance_for_sd", x + rng.normal(0, np.sqrt(sd), x.shape) if training else x, (
        "You treat `sd` as a variance, or square it on the way. NumPy's generators ask for a standard "
        "deviation.")
    yield "always_standard_normal", x + rng.standard_normal(x.shape) if training else x, (
        "The noise is as strong for every `sd`. The Better Deep Learning deck says that Gaussian noise has a "
        "standard deviation of one, but its own code asks for 0.1 and 0.01: use the argument.")
    yield "multiplies", x * (1 + rng.normal(0, sd, x.shape)) if training else x, (
        "Your noise is multiplied by the signal: large entries get much, and an entry of zero none. It is "
        "to be added.")
    yield "uniform_noise", x + rng.uniform(-sd, sd, x.shape) if training else x, (
        "Your noise never leaves a band: it is spread evenly between two bounds, or cut off at them. A normal "
        "draw has no bounds, and its standard deviation is `sd`.")
    yield "one_sided", x + np.abs(rng.normal(0, sd, x.shape)) if training else x, (
        "The noise is never negative, or its middle is not 0: it pushes the signal to one side.")
    yield "only_the_noise", rng.normal(0, sd, x.shape) if training else x, (
        "What you return is not `x` plus noise: over many calls the mean of an entry is not the entry of `x`.")
    yield "noise_at_test_time", x + rng.normal(0, sd, x.shape), (
        "Noise is added at test time too. What does `training` say?")
    yield "nothing_at_test_time", x + rng.normal(0, sd, x.shape) if training else 0 * x, (
        "With training=False your result is another array than `x`: nothing has to be made up for at test "
        "time, since the noise has a mean of 0.")
    yield "modes_swapped", x if training else x + rng.normal(0, sd, x.shape), (
        "`training` works the wrong way round: noise at test time, and none while training.")
    yield "one_draw_for_all_rows", x + rng.normal(0, sd, x.shape[1]) if training else x, (
        "All rows get the same noise: every sample is shifted alike. Draw an array of the shape of `x`.")
    yield "one_draw_for_a_row", x + rng.normal(0, sd, (x.shape[0], 1)) if training else x, (
        "All entries of a row get the same noise. Draw an array of the shape of `x`.")
    yield "one_draw_for_all", x + rng.normal(0, sd) if training else x, (
        "One number is added to the whole array. Without a size, the generator gives a single draw.")
    yield "draws_from_elsewhere", x + np.random.normal(0, sd, x.shape) if training else x, (
        "The noise does not come from `rng`: nobody could repeat your run.")
    yield "fixes_its_own_seed", x + np.random.default_rng(0).normal(0, sd, x.shape) if training else x, (
        "Every step gets the same noise, whatever `rng` is. Is there a fixed seed in your function? Use the "
        "`rng` you are given.")
    draws = rng.normal(0, sd, x.shape)
    yield "mean_taken_out", x + draws - draws.mean() if training else x, (
        "Within a call your noise adds up to 0: do you subtract its mean? A mean of 0 is that of all draws that "
        "could come, and each is to be independent of the others.")


@gaussian_noise.wrong(
    "`x` is not what it was after the call: something in your function, such as `+=`, writes into it.", loses=MODES)
def works_in_place(x, sd, rng, training):
    if training:
        x += rng.normal(0, sd, x.shape)
    return x


@gaussian_noise.right
def scaled_standard_normal(x, sd, rng, training):
    if not training:
        return x.copy()
    return x + sd * rng.standard_normal(size=x.shape)


@gaussian_noise.answers
def answers(x, sd, rng, training):
    yield "around_the_signal", rng.normal(loc=x, scale=sd) if training else x


@gaussian_noise.right
def in_float32(x, sd, rng, training):
    x = x.astype(np.float32)
    return x + rng.standard_normal(x.shape, dtype=np.float32) * np.float32(sd * training)


@gaussian_noise.right
def entry_by_entry(x, sd, rng, training):
    out = x.copy()
    if training:
        for i in np.ndindex(x.shape):
            out[i] += rng.normal(0, sd)
    return out


@gaussian_noise.answers
def answers(x, sd, rng, training):
    yield "as_lists", [[float(v) + (rng.normal(0, sd) if training else 0.0) for v in row] for row in x]


gaussian_noise.small(
    "With x = (3, 3, 3) and sd = 0.1 one result is (3.1, 2.9, 3.0), another (2.9, 2.9, 3.2). Over 10,000 "
    "draws their mean is 3, and about 68% lie between 2.9 and 3.1. With training=False it is (3, 3, 3).")

# 13.2 noisy_dense

IN, PRE, POST = "noise on the inputs", "noise before ReLU", "noise behind ReLU"

noisy_dense = Exercise(points=2, groups={IN: 1, PRE: 1, POST: 1}, builds_on=("gaussian_noise",))


@noisy_dense.cases
def cases(rng):
    """Four units so far above zero that ReLU lets all their noise pass, and three at its kink. In front of ReLU
    these three lie about one sd below zero: with noise they rise above it now and then."""
    for group, where in ((IN, "in"), (PRE, "pre"), (POST, "post")):
        sd, x, W = rng.uniform(0.3, 0.6), rng.normal(size=(6, 3)), rng.normal(size=(3, 7))
        b = np.append(rng.uniform(16, 20, 4), rng.normal(0, 0.3, 3))
        if where == "pre":
            W[:, 4:] *= 0.1
            b[4:] = -sd * rng.uniform(0.9, 1.5, 3)
        yield case(group, x=x, W=W, b=b, sd=sd, where=where, _seed=draw_seed(rng))


@noisy_dense.driver
def drive(noisy_dense, x, W, b, sd, where, _seed):
    def out(*arguments, seed, sd=sd):
        return noisy_dense(*arguments, sd, where, np.random.default_rng(seed))

    def afresh(seed):
        return np.asarray(out(x.copy(), W.copy(), b.copy(), seed=seed), dtype=float)

    return {
        "calm": np.asarray(out(x.copy(), W.copy(), b.copy(), seed=_seed, sd=0.0), dtype=float),
        "again": afresh(_seed),
        "many": np.array([afresh(_seed + i) for i in range(1, 301)]),
        # Last, since these are the arguments themselves: it is watched whether they change.
        "once": out(x, W, b, seed=_seed),
    }


@noisy_dense.judge
def judge(case, result):
    seen, detail = trouble(case.inputs, np.asarray(result["many"], dtype=float), result["calm"])
    if not close(result["once"], result["again"], atol=1e-6):
        seen = "not from rng"
        detail = "two generators with the same seed gave different noise: it does not come from `rng`"
    yield case.group, not seen, seen, detail


def trouble(inputs, outs, calm):
    """What is wrong with many outputs of the layer, without and with numbers; empty if nothing."""
    x, W, b, sd = (inputs[name] for name in ("x", "W", "b", "sd"))
    z = x @ W + b
    high, low = slice(0, 4), slice(4, 7)
    moved = outs[..., high] - z[:, high]  # the noise as it comes out; far above zero ReLU does nothing to it
    spread = moved.std(axis=0)
    allowed = np.where(spread > 1e-9, SIX_SIGMA * spread / math.sqrt(len(moved)), 4)
    if np.any(np.abs(moved.mean(axis=0)) > allowed):
        if close(calm, np.maximum(z, 0), rtol=1e-3, atol=1e-3):
            return "off centre", "with sd = 0 this is the right layer, but the noise moves its mean: it should be 0"
        return "another layer", (
            "on average over many calls the output is not that of the layer without noise: is it x @ W + b?")
    if close(calm[:, low], z[:, low], rtol=1e-3, atol=1e-3):
        return "no ReLU", "with sd = 0 the output is x @ W + b itself, also where that is negative"
    if inputs["where"] == "post":
        if np.abs(outs - np.maximum(z, 0)).max() < 1e-9:
            return "no noise", "the outputs are those of a layer without noise"
        if outs.min() >= 0:
            return "cut off", "no output is ever negative, although noise was added to many zeros"
        noise = outs - np.maximum(z, 0)
    else:
        if outs.min() < 0:
            return "behind ReLU", (
                f"outputs as low as {outs.min():.2f}; the last thing a ReLU layer does is to cut at 0")
        noise = moved
    if inputs["where"] == "in":
        return through_the_weights(noise, outs[..., low], inputs)
    shared = sharing(noise)
    if shared:
        return shared, f"{shared}; every entry of every sample should get a draw of its own"
    wrong, detail = wrong_spread(noise, sd)
    if not wrong and inputs["where"] == "pre":
        wrong, detail = rises_above_zero(outs[..., low] > 0, z[:, low], sd)
    if wrong or close(calm, np.maximum(z, 0), rtol=1e-3, atol=1e-3):
        return wrong, detail
    return "no ReLU layer at sd = 0", "with sd = 0 the output is not ReLU of x @ W + b"


def through_the_weights(moved, low, inputs):
    """Noise on the inputs moves all units of a sample together: three numbers explain all seven."""
    x, W, b, sd = (inputs[name] for name in ("x", "W", "b", "sd"))
    if np.abs(moved).max() < 1e-9:
        return "no noise", "the outputs are those of a layer without noise"
    noise = moved @ np.linalg.pinv(W[:, :4])
    if not close(noise @ W[:, :4], moved, rtol=1e-3, atol=1e-3):
        if close(x @ (np.linalg.pinv(x) @ moved), moved, rtol=1e-3, atol=1e-3):
            return "on the weights", (
                "no change of the inputs explains how the units of a sample moved; a change of the weights does")
        return "not through the weights", (
            "no change of the inputs explains how the units of a sample moved: each has some noise of its own")
    if not close(low, np.maximum((x + noise) @ W[:, 4:] + b[4:], 0), rtol=1e-3, atol=1e-3):
        return "not through ReLU", "units near zero don't come out as ReLU of the noisy inputs would have them"
    shared = sharing(noise)
    if shared:
        return shared, f"{shared}; every entry of every sample should get a draw of its own"
    return wrong_spread(noise, sd)


def rises_above_zero(above, z, sd):
    """Whether units below zero are lifted above it as often as normal noise on z would do."""
    chance = (1 + np.vectorize(math.erf)(z / sd / math.sqrt(2))) / 2
    allowed = SIX_SIGMA * math.sqrt(len(above) * np.sum(chance * (1 - chance))) + 1
    detail = (
        f"of the units with a negative weighted sum {np.mean(above):.0%} came out positive; "
        f"with noise on the sum it would be {np.mean(chance):.0%}")
    fits = abs(above.sum() - len(above) * chance.sum()) <= allowed
    if binomial(above, 0.5):
        return "between two ReLUs", detail
    return ("", "") if fits else ("another share above zero", detail)


def relu(z):
    return np.maximum(z, 0)


def noisy(array, sd, rng):
    return array + rng.normal(0, sd, array.shape)


@noisy_dense.mistakes
def mistakes(x, W, b, sd, where, rng):
    def layer(at=where, noise=lambda array: noisy(array, sd, rng), cut=relu, b=b):
        z = (noise(x) if at == "in" else x) @ W + b
        h = cut(noise(z) if at == "pre" else z)
        return noise(h) if at == "post" else h

    yield "pre_behind_relu", layer("post" if where == "pre" else where), (
        "For 'pre' your outputs can be negative, as they are when the noise comes behind ReLU. Before the "
        "activation means on the weighted sum, so that ReLU sees the noise and cuts it off.")
    yield "post_rectified_again", relu(layer()), (
        "For 'post' your outputs are never negative: a second ReLU cuts the noise off, or the first comes after "
        "it. What is added behind the activation stays as it is.")
    yield "pre_and_post_swapped", layer({"pre": "post", "post": "pre"}.get(where, where)), (
        "The places 'pre' and 'post' are exchanged.")
    first = relu(x @ W + b) if where == "pre" else None
    yield "pre_between_two_relus", relu(noisy(first, sd, rng)) if where == "pre" else layer(), (
        "For 'pre' the noise falls on what ReLU has cut off already, so that half of the units below zero come out "
        "positive. It goes on the weighted sum itself.")
    yield "in_on_the_weights", relu(x @ noisy(W, sd, rng) + b) if where == "in" else layer(), (
        "For 'in' the noise is on the weights: one draw of it serves all samples. Noise on the inputs is another "
        "one for each sample.")
    yield "in_behind_the_weights", layer("pre" if where == "in" else where), (
        "For 'in' every unit gets noise of its own. Noise on the inputs comes before the weights, and moves all "
        "units of a sample together.")
    yield "always_behind_relu", layer("post"), (
        "Your outputs can be negative for 'in' and for 'pre', too, where ReLU has the last word. Do you add the "
        "noise behind it, whatever `where` says?")
    yield "post_left_out", layer(where if where != "post" else "nowhere"), (
        "For 'post' there is no noise in your outputs. Does one of your conditions spell the place in another way, "
        "or do you return what you had before the noise?")
    yield "pre_left_out", layer(where if where != "pre" else "nowhere"), (
        "For 'pre' there is no noise in your outputs. Does one of your conditions spell the place in another way, "
        "or do you use the weighted sum from before the noise?")
    yield "in_left_out", layer(where if where != "in" else "nowhere"), (
        "For 'in' there is no noise in your outputs. Does one of your conditions spell the place in another way, "
        "or do you multiply the weights by the inputs from before the noise?")
    yield "pre_without_relu", layer(cut=np.asarray if where == "pre" else relu), (
        "For 'pre' you return the noisy weighted sum itself: ReLU is still to come.")
    yield "without_relu", layer(cut=np.asarray), (
        "There is no ReLU in your layer: outputs are negative where the weighted sum is, even without noise.")
    yield "one_sided", layer(noise=lambda array: array + np.abs(rng.normal(0, sd, array.shape))), (
        "Your noise has a mean that is not 0: it pushes the layer to one side, and at test time it is gone.")
    yield "always_standard_normal", layer(noise=lambda array: noisy(array, 1, rng)), (
        "The noise is as strong for every `sd`: the argument does not reach the generator.")
    yield "without_the_bias", layer(b=0), (
        "Without the noise this is not the layer that was asked for: is the bias in it, and in front of ReLU?")
    yield "noise_shared_over_the_batch", layer(noise=lambda array: array + rng.normal(0, sd, array.shape[1])), (
        "All samples of the batch get the same noise. Draw as many numbers as the array has that you add them to.")
    yield "variance_for_sd", layer(noise=lambda array: noisy(array, sd**2, rng)), (
        "You treat `sd` as a variance, or square it on the way.")
    yield "draws_from_elsewhere", layer(noise=lambda array: noisy(array, sd, np.random)), (
        "The noise does not come from `rng`: nobody could repeat your run.")
    yield "fixes_its_own_seed", layer(noise=lambda array: noisy(array, sd, np.random.default_rng(0))), (
        "Every step gets the same noise, whatever `rng` is. Is there a fixed seed in your function? Use the `rng` "
        "you are given.")
    yield "one_draw_for_a_sample", layer(noise=lambda array: array + rng.normal(0, sd, (len(array), 1))), (
        "All entries of a sample get the same noise. Draw as many numbers as the array has that you add them to.")
    yield "one_draw_for_all", layer(noise=lambda array: array + rng.normal(0, sd)), (
        "One number is added to the whole array. Without a size, the generator gives a single draw.")
    yield "no_noise", layer("nowhere"), (
        "There is no noise in the output, in any place. Is `training` on, and is what you draw used?")


@noisy_dense.wrong("The call changes `x`: for 'in' the noise is to go on a copy of the inputs.", loses=IN)
def writes_into_x(x, W, b, sd, where, rng):
    if where == "in":
        x += rng.normal(0, sd, x.shape)
        return relu(x @ W + b)
    if where == "pre":
        return relu(noisy(x @ W + b, sd, rng))
    return noisy(relu(x @ W + b), sd, rng)


@noisy_dense.right
def with_scales(x, W, b, sd, where, rng):
    scale = {place: sd * (where == place) for place in ("in", "pre", "post")}
    z = (x + scale["in"] * rng.standard_normal(x.shape)) @ W + b
    h = np.clip(z + scale["pre"] * rng.standard_normal(z.shape), 0, None)
    return h + scale["post"] * rng.standard_normal(h.shape)


@noisy_dense.right
def in_float32(x, W, b, sd, where, rng):
    x, W, b = (array.astype(np.float32) for array in (x, W, b))
    draw = lambda shape: rng.standard_normal(shape, dtype=np.float32) * np.float32(sd)
    z = (x + draw(x.shape) if where == "in" else x) @ W + b
    if where == "pre":
        z += draw(z.shape)
    z[z < 0] = 0
    return z + draw(z.shape) if where == "post" else z


@noisy_dense.right
def sample_by_sample(x, W, b, sd, where, rng):
    rows = []
    for row in x:
        row = row + rng.normal(0, sd, row.size) if where == "in" else row
        z = [
            float(row @ W[:, j] + b[j]) + (rng.normal(0, sd) if where == "pre" else 0) for j in range(b.size)
        ]
        rows.append([max(v, 0.0) + (rng.normal(0, sd) if where == "post" else 0) for v in z])
    return rows


@noisy_dense.right
def with_tensorflow(x, W, b, sd, where, rng):
    import tensorflow as tf

    z = tf.constant(noisy(x, sd, rng) if where == "in" else x) @ W + b
    h = tf.nn.relu(noisy(z.numpy(), sd, rng) if where == "pre" else z)
    return h + rng.normal(0, sd, h.shape) if where == "post" else h


noisy_dense.small(
    "One unit with weight 2 and bias -1, input 0.4, and a draw of 0.3: z = -0.2 without noise, and the "
    "output 0. On the input: 0.7 · 2 - 1 = 0.4. On z: ReLU(0.1) = 0.1. Behind ReLU: 0 + 0.3 = 0.3, and with "
    "a draw of -0.3 it is -0.3.")

# 13.3 expected_noisy_mse

PLAIN, PENALTY = "without noise, the mean squared error", "with noise, what it adds"

expected_noisy_mse = Exercise(points=2, groups={PLAIN: 1, PENALTY: 3})


@expected_noisy_mse.cases
def cases(rng):
    for group, (m, n) in ((PLAIN, (7, 3)), (PENALTY, (9, 4)), (PENALTY, (5, 2))):
        w = rng.uniform(0.4, 1.8, n) * rng.choice([-1, 1], n)
        sd = rng.uniform(0.2, 0.8) if group == PENALTY else 0.0
        yield case(group, X=rng.normal(size=(m, n)), y=rng.normal(size=m) * 2, w=w, sd=sd)


@expected_noisy_mse.driver
def drive(expected_noisy_mse, X, y, w, sd):
    first, second = (expected_noisy_mse(X, y, w, sd) for _ in range(2))
    if sd and not np.array_equal(first, second):
        raise ValueError("two calls with the same arguments gave different results: the formula needs no random numbers")
    return first


@expected_noisy_mse.wrong(
    "You average over random draws. That comes near, but never to the very number: use the formula that was derived.")
def by_random_draws(X, y, w, sd):
    return np.mean(((X + np.random.normal(0, sd, (50, *X.shape))) @ w - y) ** 2)


@expected_noisy_mse.mistakes
def mistakes(X, y, w, sd):
    yield "sd_not_squared", np.mean((X @ w - y) ** 2) + sd * np.sum(w**2), (
        "You have the standard deviation where its square belongs.")
    yield "length_not_squared", np.mean((X @ w - y) ** 2) + sd**2 * np.sqrt(np.sum(w**2)), (
        "You take the length of w, not its square: is the root still there when the variances of the terms "
        "add up?")
    yield "spread_of_the_prediction", np.mean((X @ w - y) ** 2) + sd * np.sqrt(np.sum(w**2)), (
        "What you add is the standard deviation of the noise in a prediction. It is its variance that adds up.")
    yield "weights_left_out", np.mean((X @ w - y) ** 2) + sd**2, (
        "The weights don't occur in what you add: how much of an input's noise gets through to the prediction?")
    yield "half_the_penalty", np.mean((X @ w - y) ** 2) + sd**2 * np.sum(w**2) / 2, (
        "Half of what the noise adds is missing. A factor ½ belongs to losses that are defined with one; "
        "this is the mean of the squares.")
    yield "twice_the_penalty", np.mean((X @ w - y) ** 2) + 2 * sd**2 * np.sum(w**2), (
        "The noise counts twice. The factor 2 of the square belongs to the cross term: what is its mean?")
    yield "half_of_everything", (np.mean((X @ w - y) ** 2) + sd**2 * np.sum(w**2)) / 2, (
        "Everything is half as large: the mean squared error has no ½.")
    yield "sum_over_the_samples", np.sum((X @ w - y) ** 2 + sd**2 * np.sum(w**2)), (
        "This is the sum over the samples; the mean was asked for.")
    yield "averaged_over_the_weights", np.mean((X @ w - y) ** 2) + sd**2 * np.mean(w**2), (
        "What the noise adds is divided by the number of weights. Every weight adds its own share, and the "
        "shares add up.")
    yield "averaged_over_the_samples", np.mean((X @ w - y) ** 2) + sd**2 * np.sum(w**2) / len(X), (
        "What the noise adds is divided by the number of samples. It happens to every sample, and the mean "
        "over samples leaves it as it is.")
    yield "once_for_each_sample", np.mean((X @ w - y) ** 2) + len(X) * sd**2 * np.sum(w**2), (
        "What the noise adds counts as often as there are samples. It belongs to each sample's own error, and "
        "the mean over the samples leaves it as it is. (The m s² of the ridge formula comes from a *sum* of "
        "squares.)")
    yield "absolute_weights", np.mean((X @ w - y) ** 2) + sd**2 * np.sum(np.abs(w)), (
        "You sum the absolute weights. The variance of n · w is a sum of *squares* of the weights, times s².")
    yield "squares_of_the_sum", np.mean((X @ w - y) ** 2) + sd**2 * np.sum(w) ** 2, (
        "You square the sum of the weights. The noises of two inputs are independent, so that products of two "
        "different weights have the mean 0: sum the squares.")
    yield "noise_alone", sd**2 * np.sum(w**2), "This is what the noise adds; the error without it belongs to it."
    yield "root_of_the_error", np.sqrt(np.mean((X @ w - y) ** 2) + sd**2 * np.sum(w**2)), (
        "This is the root of the mean squared error; no root was asked for.")
    yield "noise_on_the_weights", np.mean((X @ w - y) ** 2) + sd**2 * np.sum(X**2) / len(X), (
        "You multiply the variance by the squared inputs: that is what noise on the weights would do. Here "
        "it is the inputs that are noisy.")
    yield "without_the_noise", np.mean((X @ w - y) ** 2), "The noise makes no difference in your formula."


@expected_noisy_mse.right
def sample_by_sample_with_variance(X, y, w, sd):
    total = 0.0
    for row, target in zip(X, y):
        bias = sum(r * v for r, v in zip(row, w)) - target
        total += bias**2 + sum((sd * v) ** 2 for v in w)
    return total / len(y)


@expected_noisy_mse.answers
def answers(X, y, w, sd):
    yield "with_norms", np.linalg.norm(X @ w - y) ** 2 / y.size + (sd * np.linalg.norm(w)) ** 2


@expected_noisy_mse.right
def in_float32(X, y, w, sd):
    X, y, w = (np.float32(a) for a in (X, y, w))
    return np.mean(np.square(X @ w - y)) + np.float32(sd**2) * (w @ w)


expected_noisy_mse.small(
    "One sample (1, 2) with target 3, w = (1, 2): the prediction is 5, its squared error 4. Noise of sd 0.5 "
    "on both inputs moves the prediction with a variance of 0.25 · 1 + 0.25 · 4 = 1.25.",
    X=np.array([[1.0, 2.0]]), y=np.array([3.0]), w=np.array([1.0, 2.0]), sd=0.5)
expected_noisy_mse.small(
    "Two samples (1, 2) and (2, 0), targets 3 and 0, w = (1, 2): squared errors 4 and 4, in the mean 4. The noise adds 0.25 "
    "· 1 + 0.25 · 4 = 1.25, whatever the sample.",
    X=np.array([[1.0, 2.0], [2.0, 0.0]]), y=np.array([3.0, 0.0]), w=np.array([1.0, 2.0]), sd=0.5)

# 13.4 label_preserving and augment

LABELS = "`label_preserving`: which changes keep the digit"
MOVED = "`augment` moves by at most one pixel, background comes in"
GRAIN = "`augment` adds a little noise, within the type and range of `img`"
FRESH = "`augment` draws from `rng` and leaves `img` as it was"

label_preserving = Exercise(
    "label_preserving", "augment", points=2, groups={LABELS: 3, MOVED: 1, GRAIN: 1, FRESH: 1}
)

ALWAYS = ("shift1", "rotate10", "noise")
KEPT_BY = {"flip_lr": (0, 8), "flip_ud": (0, 3, 8), "rotate180": (0, 8)}
UNDISPUTED = (0, 3, 4, 6, 7, 8, 9)  # no 1; and readers differ about a 2 or a 5 that stands on its head


@label_preserving.cases
def cases(rng):
    for transform in (*ALWAYS, *KEPT_BY):
        digits = [*UNDISPUTED] if transform == "rotate180" else [*UNDISPUTED, 2, 5]
        yield case(LABELS, transform=transform, digits=[int(d) for d in rng.permutation(digits)])
    for shape, dtype in (((9, 7), "float64"), ((7, 10), "uint8")):
        # Inside, every other pixel lies at an end of the range, where noise that is not held back would leave it.
        # The border is grey, so that it differs from the background in any case.
        img, inside = rng.uniform(0.35, 0.65, shape), rng.random(shape) < 0.5
        inside[[0, -1]] = inside[:, [0, -1]] = False
        img[inside] = rng.choice([0.0, 1.0], inside.sum())
        img = np.round(img * 255).astype(np.uint8) if dtype == "uint8" else img
        yield case(MOVED, img=img, _seed=draw_seed(rng))


@label_preserving.driver
def drive(label_preserving, augment, transform=None, digits=None, img=None, _seed=None):
    if img is None:
        return [label_preserving(transform, digit) for digit in digits]

    def once(seed):
        given = img.copy()
        out = augment(given, np.random.default_rng(seed))
        if np.shape(out) != img.shape:
            raise TypeError(f"augment should return an image of shape {img.shape}, like the one it was given")
        fine = np.array_equal(given, img) and not np.shares_memory(np.asarray(out), given)
        return np.asarray(out), np.asarray(out).dtype == img.dtype, fine

    results = [once(_seed + i) for i in range(100)]
    again, *_ = once(_seed)
    return {
        "outs": np.array([out for out, *_ in results], dtype=float),
        "again": np.asarray(again, dtype=float),
        "type_kept": all(kept for _, kept, _ in results),
        "img_left_alone": all(fine for *_, fine in results),
    }


@label_preserving.judge
def judge(case, result):
    if case.group == LABELS:
        yield LABELS, *as_a_reader(case.inputs["transform"], case.inputs["digits"], result)
        return
    img = case.inputs["img"]
    top = 255 if img.dtype == np.uint8 else 1
    start, outs = img / top, result["outs"] / top
    moves, apart = best_moves(start, outs)
    seen = recognisable(apart)
    off, grey, came_in = left_over(start, outs, moves)
    yield MOVED, *(how_it_moved(start, outs, moves, off, grey, came_in) if seen[0] else seen)
    fresh = how_fresh(outs, result["again"] / top, result["img_left_alone"])
    repeated = same_in_every_call(off, grey)
    if not seen[0]:
        yield GRAIN, *seen
    else:
        yield GRAIN, *how_grainy(start, outs, moves, off, grey, came_in, repeated, result["type_kept"], img.dtype)
    if fresh[0] and seen[0] and repeated:
        fresh = False, "the same noise in every call", "whatever `rng` is, the noise is the same in every call"
    yield FRESH, *fresh


def times(digits):
    return f"{len(digits)} time{'s' * (len(digits) > 1)}"


def as_a_reader(transform, digits, answers):
    kept = digits if transform in ALWAYS else KEPT_BY[transform]
    too_many = sorted(d for d, yes in zip(digits, answers) if yes and d not in kept)
    too_few = sorted(d for d, yes in zip(digits, answers) if not yes and d in kept)
    parts = []
    if too_many:
        parts.append(f"says yes {times(too_many)} where a reader would no longer see the same digit")
    if too_few:
        parts.append(f"says no {times(too_few)} where a reader still would")
    seen = f"{transform}: yes for {too_many}, no for {too_few}"
    return not parts, seen, f"with '{transform}' your function {' and '.join(parts)}"


def placed(img, down, right, mode="constant"):
    """The image moved by up to two pixels, background coming in or what np.pad puts there in another mode."""
    rows, columns = img.shape
    return np.pad(img, 2, mode=mode)[2 - down : 2 - down + rows, 2 - right : 2 - right + columns]


def best_moves(img, outs):
    """For each result (fill, down, right) of the moved image that is nearest to it, and how near they are; the fill is
    'mirrored' for a mirror image."""
    widened = {("background", 0): np.pad(img, 2)}
    for fill, mode in (("other side", "wrap"), ("edge", "edge")):
        widened[fill, 0] = np.pad(img, 2, mode=mode)
    for k, turned in enumerate((img[:, ::-1], img[::-1], img[::-1, ::-1])):
        widened["mirrored", k] = np.pad(turned, 2)
    names, images, (rows, columns) = [], [], img.shape
    for (fill, _), wide in widened.items():
        for row, column in np.ndindex(5, 5):
            farthest = max(abs(row - 2), abs(column - 2))
            # Where nothing comes in the fills are alike; two pixels away only the background is looked at.
            if fill == "background" or farthest == 1 or (fill == "mirrored" and farthest == 0):
                names.append((fill, row - 2, column - 2))
                images.append(wide[4 - row : 4 - row + rows, 4 - column : 4 - column + columns])
    # Round the circle, since a uint8 pixel that leaves the range comes in at its other end.
    apart = np.abs(outs[:, None].astype(np.float32) - np.array(images, dtype=np.float32))
    apart = np.minimum(apart, np.abs(1 - apart)).mean(axis=(2, 3))
    return [names[i] for i in apart.argmin(axis=1)], float(apart.min(axis=1).mean())


def recognisable(apart):
    """Whether the results are moved images at all, as a finding."""
    detail = "the results are like no image moved by whole pixels: too much noise, or another change"
    return apart < 0.12, "not recognisable", detail


def left_over(img, outs, moves):
    """What is left of each result without the moved image, its grey pixels, and those that came in at the border.

    Noise is measured on grey pixels, which it can't carry out of the range.
    """
    off = np.array([out - placed(img, *move[1:]) for out, move in zip(outs, moves)])
    grey = np.array([placed((img > 0.3) & (img < 0.7), *move[1:]) for move in moves])
    came_in = np.array([placed(np.ones_like(img), *move[1:]) == 0 for move in moves])
    return off, grey, came_in


def same_in_every_call(off, grey):
    """Whether a pixel gets in the next call what it got in this one."""
    alone, both = off - off[grey].mean(), grey[1:] & grey[:-1]
    now, then = alone[1:][both], alone[:-1][both]
    return bool(now.std() > 0.01 and np.sum(now * then) > 0.5 * np.linalg.norm(now) * np.linalg.norm(then))


def dependent(off, grey):
    """What pixels of an image have in common that should each get a draw of their own; empty if nothing."""
    alone = np.where(grey, off - off[grey].mean(), 0)
    spread = alone[grey].std()

    def alike(axis):
        """Whether the grey pixels along an axis are all changed by the same amount."""
        count = np.maximum(grey.sum(axis=axis, keepdims=True), 1)
        within = np.where(grey, alone - alone.sum(axis=axis, keepdims=True) / count, 0)
        return within[grey & (count > 1)].std() < 0.2 * spread

    if alike((1, 2)):
        return "one draw for all pixels"
    if alike(2):
        return "one draw for each row"
    if alike(1):
        return "one draw for each column"
    rows, columns = alone.shape[1:]
    for down in range(rows):
        for across in range(1 - columns if down else 1, columns):
            left, far = max(across, 0), columns + min(across, 0)
            one = alone[:, down:, left:far]
            other = alone[:, : rows - down, left - across : far - across]
            products = one * other
            # Those of independent centred draws have independent signs. Whatever their sizes, the sum then exceeds t
            # of these standard deviations with a chance of 2 exp(-t²/2); over 120 displacements one in 100 million.
            if abs(products.sum()) > 7 * math.sqrt(np.sum(products**2)):
                return "pixels that depend on one another"
    return ""


def filled_otherwise(img, outs, moves, off, grey, came_in):
    """Whether what came in is neither background nor from the border, with no more noise than the grey pixels have."""
    if not came_in.any():
        return False
    if {fill for fill, *_ in moves} == {"background"}:
        # Noise on a background of 0 that is not held back may come out at the range's other end, but not most of it.
        return bool(np.mean(outs[came_in] > 0.5) > 0.75)
    modes = {"other side": "wrap", "edge": "edge"}
    apart = [
        (out - placed(img, down, right, modes[fill]))[new]
        for out, new, (fill, down, right) in zip(outs, came_in, moves)
        if fill in modes
    ]
    if not apart:
        return False
    apart = np.abs(np.concatenate(apart))
    apart = np.minimum(apart, np.abs(1 - apart))
    return bool(np.sqrt(np.mean(apart**2)) > 1.3 * off[grey].std() + 0.02)


def how_it_moved(img, outs, moves, off, grey, came_in):
    fills = {fill for fill, *_ in moves}
    downs, rights = ({move[axis] for move in moves} for axis in (1, 2))
    if "mirrored" in fills:
        return False, "mirrored", "some results are nearest to a mirror image: a digit does not survive that"
    if filled_otherwise(img, outs, moves, off, grey, came_in):
        return False, "another filling", "the pixels that come in at the border are not background (0)"
    if "other side" in fills:
        return (
            False,
            "wrapped around",
            "what leaves the image on one side comes in on the other; background (0) should",
        )
    if "edge" in fills:
        return False, "edge repeated", "the border pixels are repeated where background (0) should come in"
    if max(map(abs, downs | rights)) > 1:
        return False, "too far", "some results are moved by more than one pixel"
    if downs == rights == {0}:
        return False, "never moved", "in 100 calls the image was never moved"
    wanted = {-1, 0, 1}
    if downs != wanted or rights != wanted:
        sides = f"down by {sorted(downs)} and right by {sorted(rights)}"
        return False, f"not to all sides: {sides}", f"in 100 calls the image moved {sides} only"
    if all(abs(down) == abs(right) for _, down, right in moves):
        return False, "diagonally only", "whenever the image moved downwards or upwards it moved as far to a side"
    return True, "", ""


def how_grainy(img, outs, moves, off, grey, came_in, repeated, type_kept, dtype):
    if not type_kept:
        return False, "another type", f"the result of a {dtype} image is of another type"
    if outs.min() < 0 or outs.max() > 1:
        return False, "leaves the range", f"pixels from {outs.min():.2f} to {outs.max():.2f} of the range"
    if any(fill != "background" for fill, *_ in moves):
        return True, "", ""  # moved in another way: what is left over is no noise
    grain = off[grey].std()
    if not 0.0175 < grain < 0.115:  # of some 4,000 draws, with sds from 0.02 to 0.1
        words = "hardly any noise" if grain < 0.0175 else "too strong a noise"
        detail = f"for {dtype} the noise has an sd of {grain:.3f} of the range; 0.02 to 0.1 was asked for"
        return False, f"{words} in {dtype}", detail
    shared = "" if repeated else dependent(off, grey)
    if shared:
        return False, shared, SHARED[shared]
    # A uint8 image may have been rounded down, by half of one step of its range on average.
    allowed = 0.03 if repeated else SIX_SIGMA * math.sqrt(np.mean(off[grey] ** 2) / grey.sum()) + 1 / 255
    if abs(off[grey].mean()) > allowed:
        brighter = "brighter" if off[grey].mean() > 0 else "darker"
        return False, f"{brighter} on average", f"grey pixels come out {brighter} on average; noise should have a mean of 0"
    black = np.array([placed((img == 0) * 1.0, *move[1:]) == 1 for move in moves])
    if came_in.any() and np.all(outs[came_in] == 0):
        if np.all(outs[black] == 0):
            return False, "no noise on black pixels", (
                "pixels of 0 are exactly 0 in every image: the noise belongs on every pixel")
        return False, "no noise on the background that came in", (
            "the background that comes in is exactly 0 in every image: the noise belongs on every pixel, after the move")
    jumps = np.abs(off[~grey & ~came_in]).max() > 0.85
    return not jumps, "leaves the range", "pixels jump from one end of the range to the other"


SHARED = {
    "one draw for all pixels": "all pixels of an image are changed by the same amount",
    "one draw for each row": "all pixels of a row are changed by the same amount",
    "one draw for each column": "all pixels of a column are changed by the same amount",
    "pixels that depend on one another": "the noise of some pixels can be told from that of others",
}


def how_fresh(outs, again, left_alone):
    if not same(outs[0], again):
        return False, "not from rng", "two generators with the same seed gave different images"
    if np.all(outs == outs[0]):
        return False, "always the same", "generators with different seeds gave the same image"
    return left_alone, "writes into img", "the result is `img` itself, or the call changed it"


def kept_by(**changes):
    """label_preserving with another table."""
    table = {**KEPT_BY, **dict.fromkeys(ALWAYS, range(10)), **changes}
    return lambda transform, digit: digit in table[transform]


def moved(img, down, right):
    h, w = img.shape
    return np.pad(img, 1)[1 - down : 1 - down + h, 1 - right : 1 - right + w]


def grained(img, rng, sd=0.05):
    """With noise, clipped, in the type it had."""
    top = 255 if img.dtype == np.uint8 else 1
    return np.clip(img + rng.normal(0, sd * top, img.shape), 0, top).astype(img.dtype)


def steps(rng):
    return rng.integers(-1, 2, 2)


@label_preserving.wrong(
    "Left and right are not alike in digits as they are in cats: write a 4, 6 or 7 and hold it in front of "
    "a mirror.", loses=LABELS, edits=True)
def mirrors_are_harmless(reference):
    return kept_by(flip_lr=range(10))


@label_preserving.wrong(
    "Turned upside down some digits become *another* digit. That the result is a digit is not enough: the "
    "label goes with the old one.", loses=LABELS, edits=True)
def any_digit_will_do(reference):
    return kept_by(rotate180=(0, 6, 8, 9))


@label_preserving.wrong(
    "Flips and half turns spoil most digits, but not all: look for digits that are their own mirror image.",
    loses=LABELS, edits=True)
def flips_spoil_everything(reference):
    return kept_by(flip_lr=(), flip_ud=(), rotate180=())


@label_preserving.wrong(
    "Two mirrors: 'flip_lr' exchanges left and right, 'flip_ud' top and bottom. Which mirror image of a 3 "
    "is a 3?", loses=LABELS, edits=True)
def flips_confused(reference):
    return kept_by(flip_lr=KEPT_BY["flip_ud"], flip_ud=KEPT_BY["flip_lr"])


@label_preserving.wrong(
    "With 'flip_ud' one more digit survives: one whose lower half is the mirror image of its upper half.",
    loses=LABELS, edits=True)
def one_survivor_overlooked(reference):
    return kept_by(flip_ud=(0, 8))


@label_preserving.wrong(
    "A 3 survives one of the three, since its lower half mirrors its upper half. Exchange its left and right, or "
    "turn it by 180 degrees, and it opens to the other side.", loses=LABELS, edits=True)
def one_set_for_all_flips(reference):
    return kept_by(flip_lr=KEPT_BY["flip_ud"], rotate180=KEPT_BY["flip_ud"])


@label_preserving.wrong(
    "A half turn is not a mirror: it does to a 6 or a 9 what no mirror does, and gives another digit.",
    loses=LABELS, edits=True)
def half_turns_are_harmless(reference):
    return kept_by(rotate180=range(10))


@label_preserving.wrong(
    "You say no to every change, although you would read a 4 that has moved by a pixel.", loses=LABELS, edits=True)
def nothing_keeps(reference):
    return lambda transform, digit: False


@label_preserving.wrong(
    "A 0 has two axes of symmetry, as the 8 has: it survives the flips and the half turn.", loses=LABELS, edits=True)
def zero_overlooked(reference):
    return kept_by(flip_lr=(8,), flip_ud=(3, 8), rotate180=(8,))


@label_preserving.wrong(
    "Ten degrees is about how much handwriting slants. Would you misread any digit because of that?",
    loses=LABELS, edits=True)
def no_rotation_at_all(reference):
    return kept_by(rotate10=())


@label_preserving.wrong(
    "You keep the label through every change. Some of them make another digit of it, or none.",
    loses=LABELS, edits=True)
def everything_keeps(reference):
    return kept_by(**dict.fromkeys(KEPT_BY, range(10)))


@label_preserving.mistakes(replaces="augment")
def mistakes(img, rng):
    yield "rolls", grained(np.roll(img, tuple(steps(rng)), axis=(0, 1)), rng), (
        "`np.roll` takes what leaves on one side to the other: a piece of the digit's foot appears above "
        "its head. Background should come in.")


@label_preserving.wrong(
    "The border is repeated where nothing is known. Beyond the image lies background.",
    loses=MOVED, replaces="augment")
def repeats_the_edge(img, rng):
    down, right = steps(rng)
    h, w = img.shape
    return grained(np.pad(img, 1, mode="edge")[1 - down : 1 - down + h, 1 - right : 1 - right + w], rng)


@label_preserving.wrong(
    "What comes in at the border is not background: before the noise it should be 0.",
    loses=MOVED, replaces="augment")
def fills_with_something_else(img, rng):
    down, right = steps(rng)
    h, w = img.shape
    return grained(np.pad(img, 1, mode="reflect")[1 - down : 1 - down + h, 1 - right : 1 - right + w], rng)


@label_preserving.mistakes(replaces="augment")
def mistakes(img, rng):
    yield "noise_alone", grained(img, rng), "The image is never moved: noise is only one half of it."
    yield "upper_bound_left_out", grained(moved(img, *rng.integers(-1, 1, 2)), rng), (
        "The image never moves down or right. The upper bound of `integers` is not among the draws.")
    yield "two_pixels", grained(placed(img, *rng.integers(-2, 3, 2)), rng), (
        "Some results are moved too far. One pixel of eight is already a lot.")
    yield "one_draw_for_both_ways", grained(moved(img, *[rng.integers(-1, 2)] * 2), rng), (
        "One draw decides for both directions, so that the image moves along a diagonal only. Draw twice.")
    yield "noise_before_the_move", moved(grained(img, rng), *steps(rng)), (
        "The background that comes in has no noise, though the image has. Do you add it before you move?")
    top = 255 if img.dtype == np.uint8 else 1
    changed = lambda noise: np.clip(moved(img, *steps(rng)) + noise * top, 0, top).astype(img.dtype)
    yield "one_draw_for_all_pixels", changed(rng.normal(0, 0.05)), (
        "One number is added to the whole image: that makes it brighter or darker. Draw a number for each pixel.")
    yield "one_draw_for_each_row", changed(rng.normal(0, 0.05, (img.shape[0], 1))), (
        "All pixels of a row get the same number, which makes stripes. Draw a number for each pixel.")
    yield "one_draw_for_each_column", changed(rng.normal(0, 0.05, img.shape[1])), (
        "All pixels of a column get the same number, which makes stripes. Draw a number for each pixel.")
    yield "noise_from_a_fixed_seed", changed(np.random.default_rng(0).normal(0, 0.05, img.shape)), (
        "Every call adds the same noise, whatever `rng` is. Is there a fixed seed in your function?")
    yield "brightens", changed(np.abs(rng.normal(0, 0.08, img.shape))), (
        "Your noise has a mean that is not 0: it makes the image brighter or darker.")
    yield "mirrors_too", grained(moved(img[:, ::-1] if rng.random() < 0.5 else img, *steps(rng)), rng), (
        "You also mirror the image: a mirrored 4 is none any more, and still carries the label 4.")
    yield "shift_alone", moved(img, *steps(rng)).copy(), "There is no noise in your images, or next to none."
    strengths = 1 + rng.normal(0, 0.1, img.shape)
    yield "multiplied", np.clip(moved(img, *steps(rng)) * strengths, 0, top).astype(img.dtype), (
        "Pixels of 0 stay exactly 0: is your noise multiplied by the image, or added only where there is something? "
        "It goes on every pixel.")


@label_preserving.wrong(
    "The noise leaves the range of the image, in uint8 even around its end: 250 + 10 comes out as 4. Hold "
    "it back before you convert.", loses=GRAIN, replaces="augment")
def without_clipping(img, rng):
    top = 255 if img.dtype == np.uint8 else 1
    out = moved(img, *steps(rng)) + rng.normal(0, 0.05 * top, img.shape)
    return out.astype(int).astype(np.uint8) if top == 255 else out


@label_preserving.wrong(
    "The result is not of the type that `img` has. Convert it to `img.dtype` at the end.",
    loses=GRAIN, replaces="augment")
def returns_floats(img, rng):
    top = 255 if img.dtype == np.uint8 else 1
    return np.clip(moved(img, *steps(rng)) + rng.normal(0, 0.05 * top, img.shape), 0, top)


@label_preserving.wrong(
    "In a uint8 image the pixels go up to 255: noise that is small for pixels from 0 to 1 is nothing there.",
    loses=GRAIN, replaces="augment")
def noise_of_one_scale(img, rng):
    top = 255 if img.dtype == np.uint8 else 1
    out = moved(img, *steps(rng)) + rng.normal(0, 0.05, img.shape)
    return np.clip(out, 0, top).astype(img.dtype)


@label_preserving.mistakes(replaces="augment")
def mistakes(img, rng):
    yield "beyond_recognition", grained(moved(img, *steps(rng)), rng, sd=0.5), (
        "Behind your changes the image is no longer to be seen. Is the noise small beside the range, and is "
        "there nothing else that you do?")
    yield "the_same_image", img, "`augment` returns the image that it was given."
    yield "draws_from_elsewhere", grained(moved(img, *np.random.randint(-1, 2, 2)), np.random), (
        "The randomness does not come from `rng`: nobody could repeat your run.")


@label_preserving.wrong(
    "The call writes into `img`: in the next epoch the image would be moved again, on top.",
    loses=FRESH, replaces="augment")
def works_in_place(img, rng):
    img[...] = grained(moved(img, *steps(rng)), rng)
    return img


@label_preserving.right
def looked_up(transform, digit):
    if transform in {"shift1", "rotate10", "noise"}:
        return np.bool_(True)
    return np.bool_(int(digit) in ((0, 3, 8) if transform == "flip_ud" else (0, 8)))


@label_preserving.right
def as_numbers(transform, digit):
    """Says yes also for a 2 and a 5 that stand on their heads, which readers dispute."""
    table = {"flip_lr": [0, 8], "flip_ud": [0, 3, 8], "rotate180": [0, 2, 5, 8]}
    return int(digit in table.get(transform, range(10)))


@label_preserving.right(replaces="augment")
def assigned_into_zeros(img, rng):
    h, w = img.shape
    down, right = rng.integers(-1, 2), rng.choice([-1, 0, 1])
    out = np.zeros(img.shape)
    for i in range(h):
        for j in range(w):
            if 0 <= i - down < h and 0 <= j - right < w:
                out[i, j] = img[i - down, j - right]
    top = 255 if img.dtype == np.uint8 else 1
    out = out + rng.standard_normal(img.shape) * 0.03 * top
    out[out < 0] = 0
    out[out > top] = top
    return out.round().astype(img.dtype) if top == 255 else out


@label_preserving.right(replaces="augment")
def rolled_and_cleared(img, rng):
    down, right = rng.integers(-1, 2, size=2)
    out = np.roll(img, (down, right), axis=(0, 1))
    if down:
        out[0 if down == 1 else -1] = 0
    if right:
        out[:, 0 if right == 1 else -1] = 0
    return grained(out, rng, sd=0.09)


@label_preserving.right(replaces="augment")
def one_axis_at_a_time(img, rng):
    way = rng.integers(-1, 2)
    down, right = (way, 0) if rng.random() < 0.5 else (0, way)
    top = 255 if np.issubdtype(img.dtype, np.integer) else 1.0
    noise = rng.uniform(-0.08, 0.08, img.shape) * top
    return np.clip(moved(img, down, right) + noise, 0, top).astype(img.dtype)


@label_preserving.right(replaces="augment")
def with_scipy(img, rng):
    from scipy import ndimage

    out = ndimage.shift(img.astype(float), rng.integers(-1, 2, 2), order=0, mode="constant", cval=0.0)
    top = 255 if img.dtype == np.uint8 else 1
    return np.clip(out + rng.normal(0, 0.025 * top, img.shape), 0, top).astype(img.dtype)


label_preserving.small(
    "A 6 on its head is a 9, but its label would still say 6. For `augment`: the row of pixels (0, 1, 0.5) "
    "moved to the right by one is (0, 0, 1): background has come in, 0.5 is lost; with a little noise "
    "perhaps (0.02, 0, 0.97).")

# 13.5 gradient_noise_sd

LATER, FIRST = "later steps", "the first step, t = 0"

gradient_noise_sd = Exercise(points=1, groups={LATER: 3, FIRST: 1})


@gradient_noise_sd.cases
def cases(rng):
    setting = lambda: {"eta": rng.uniform(0.05, 0.8), "gamma": rng.uniform(0.35, 0.9)}
    yield case(LATER, t=int(rng.integers(3, 40)), **setting())
    yield case(LATER, t=np.sort(rng.choice(np.arange(1, 500), 5, replace=False)), **setting())
    yield case(FIRST, t=0, **setting())


@gradient_noise_sd.mistakes
def mistakes(t, eta, gamma):
    yield "no_root", eta / (1 + t) ** gamma, "This is the variance: take its root."
    yield "counts_from_one", (eta / t**gamma) ** 0.5, (
        "Steps count from 0, and your formula divides by 0 there: the base of the power is 1 at the first "
        "step.")


    yield "grows", np.sqrt(eta * (1 + t) ** gamma), (
        "Your noise grows from step to step. It is to fade as training settles.")
    yield "one_outside_the_power", np.sqrt(eta / (1 + t**gamma)), (
        "You take the power of t and then add 1. The 1 belongs inside: (1 + t) is taken to the power.")
    yield "exponential", np.sqrt(eta) * np.exp(-gamma * np.asarray(t, dtype=float)), (
        "Your noise fades exponentially and is soon gone. A power of 1 + t fades slowly.")
    yield "without_gamma", np.sqrt(eta / (1 + t)), (
        "`gamma` does not occur in your formula: it says how fast the noise fades.")
    yield "root_of_the_denominator", eta / np.sqrt((1 + t) ** gamma), (
        "Your root covers only the denominator; the variance is the whole fraction.")
    yield "root_of_the_numerator", np.sqrt(eta) / (1 + t) ** gamma, (
        "Your root covers only the numerator; the variance is the whole fraction.")
    yield "gamma_as_a_factor", np.sqrt(eta / (1 + gamma * t)), (
        "`gamma` multiplies in your formula; it should be an exponent.")
    yield "constant", np.sqrt(eta) * np.ones_like(np.asarray(t, dtype=float)), (
        "The noise never fades: does `t` occur in your formula?")


@gradient_noise_sd.answers
def answers(t, eta, gamma):
    yield "with_powers", eta**0.5 * (1.0 + t) ** (-gamma / 2)
    yield "through_logarithms", np.exp((np.log(eta) - gamma * np.log1p(t)) / 2)
    yield "in_float32", np.sqrt(np.float32(eta) / np.power(np.float32(1) + np.float32(t), np.float32(gamma)))


gradient_noise_sd.small(
    "With eta = 0.36 and gamma = 0.5, at t = 15: (1 + 15) to the power 0.5 is 4, the variance is 0.09, its "
    "root 0.3.",
    t=15, eta=0.36, gamma=0.5)

# The quiz

behind = Question(
    "Noise behind ReLU makes activations negative. Does it matter?",
    wrong("Yes: a ReLU layer must not put out negative numbers, so a second ReLU has to cut them off.",
          "With a second ReLU, a unit that is off would put out $s/\\sqrt{2\\pi}$, about $0.4\\,s$, on average in "
          "training and 0 at test time, with nothing to make up for it."),
    right("No. The next layer takes any number, and its weighted sum keeps its mean.",
          "The noise has the mean 0 behind ReLU, too, and the next layer's sum is linear in it."),
    wrong("It can't happen: ReLU comes last.", "That describes noise *before* ReLU."))

gap = Question(
    "The classes are 0.2 apart. Which standard deviation would you start with on the inputs?",
    wrong("1, as for white noise.", "White says that draws are independent, not how large they are. With 1 a copy may "
          "lie anywhere."),
    wrong("0.2, the distance.", "A copy changes sides when it moves by half the distance, 0.1, towards the other "
          "class. With 0.2 that happens to three copies in ten; seven in ten keep a label that fits."),
    right("0.03, well below half the distance.", "A move by half the distance, 0.1, then takes more than three standard "
          "deviations."))

penalty = Question(
    "A linear model has $w = (3, 4)$. Noise of standard deviation 0.2 is added to both inputs. By how much does the "
    "expected mean squared error rise?",
    wrong("By $0.2 \\cdot 25 = 5$.", "Variances add up, not standard deviations: the square of $s$ is missing."),
    right("By $0.04 \\cdot 25 = 1$.", "$s^2\\lVert w\\rVert^2$: twice the noise is four times the penalty."),
    wrong("By $0.04 \\cdot 5 = 0.2$.", "The length of $w$ enters as its square: each weight adds the variance "
          "$s^2 w_i^2$."))
