"""Exercises of lesson 12: inverted dropout, forwards, backwards, in Keras, and judged over many runs."""

import math

import numpy as np

from autograder.authoring import Exercise, Question, case, draw_seed, right, wrong
from autograder.student.properties import binomial, close, first_match, no_echo, parts, same, unrelated

# 12.1 dropout_moments

dropout_moments = Exercise(points=2, returns={"the mean": 1, "the variance": 1})


@dropout_moments.cases
def cases(rng):
    yield case(a=rng.uniform(1.5, 3), keep=rng.uniform(0.6, 0.75))
    yield case(a=rng.normal(size=5) * 2, keep=rng.uniform(0.8, 0.9))
    yield case(a=rng.uniform(-3, 3, (2, 3)), keep=rng.uniform(0.2, 0.4))


@dropout_moments.mistakes
def mistakes(a, keep):
    yield "of_plain_dropout", (a * keep, a**2 * keep * (1 - keep)), (
        "These are the moments of plain dropout, where the survivors stay as they are. Here each survivor "
        "is divided by keep before you take the mean.")
    yield "mean_without_the_division", (a * keep, a**2 * (1 - keep) / keep), (
        "The mean has shrunk by the factor keep: that is what the division is there to prevent.")
    yield "variance_without_a_division", (a, a**2 * (1 - keep)), (
        "Your variance lacks a factor. Write down E[Z²] for Z = a/keep with chance keep: how often does "
        "keep stand in it?")
    yield "standard_deviation", (a, np.abs(a) * np.sqrt((1 - keep) / keep)), (
        "This is the standard deviation; its square is asked for.")
    yield "odds_upside_down", (a, a**2 * keep / (1 - keep)), (
        "Upside down: with your formula, keeping nearly everything would make the output wildly random.")
    yield "second_moment", (a, a**2 / keep), (
        "E[Z²] is not yet the variance: the square of the mean has to come off.")
    yield "variance_of_plain_dropout", (a, a**2 * keep * (1 - keep)), (
        "Your variance is that of a survivor that stays as it is. Dividing it by keep divides its variance "
        "by keep².")
    yield "variance_of_the_factor", (a, a * 0 + (1 - keep) / keep), (
        "This is the variance of the factor d/keep alone. A number that is multiplied by a has a variance "
        "multiplied by what?")
    yield "not_squared", (a, a * (1 - keep) / keep), (
        "Your variance has a where the square of a belongs: an activation twice as large varies twice as "
        "widely, and variance is in squares.")
    yield "variance_and_mean", (a**2 * (1 - keep) / keep, a), (
        "The pair is the wrong way round: first the mean.")
    yield "mean_of_a_survivor", (a / keep, a**2 * (1 - keep) / keep), (
        "a / keep is the value of a survivor. The mean counts the dropped ones, too.")
    yield "second_moment_minus_the_mean", (a, a**2 / keep - a), (
        "What comes off the second moment is the *square* of the mean.")
    yield "of_the_chance_of_dropping", (a, a**2 * (1 - keep) / keep**2), (
        "Your variance is divided by keep once too often. Collect the terms of E[Z²] - E[Z]² over one "
        "fraction line.")


@dropout_moments.answers
def answers(a, keep):
    kept = a / keep
    yield "from_the_two_outcomes", (keep * kept, keep * (kept - a) ** 2 + (1 - keep) * (0 - a) ** 2)
    yield "from_the_second_moment", (a, np.square(a) / keep - np.square(a))
    narrow = np.float32(a)
    yield "in_float32", [narrow, narrow * narrow * np.float32((1 - keep) / keep)]


dropout_moments.small(
    "With a = 6 and keep = 0.75 the output is 8 three times out of four, and 0 once: the mean is 6. Three "
    "squared distances from it are 4, one is 36, and their mean is 12.",
    a=6.0, keep=0.75)

# 12.2 dropout_forward

SCALE = "kept entries are divided by `keep_prob`"
SHARE = "`keep_prob` is the chance of keeping"
ALONE = "each entry is drawn on its own, from `rng`"
MODES = "test time, and `a` left as it was"

dropout_forward = Exercise(points=4, groups={SCALE: 1, SHARE: 1, ALONE: 1, MODES: 1}, picture="out")


@dropout_forward.cases
def cases(rng):
    for shape, low, high in [((40, 30), 0.6, 0.75), ((24, 35), 0.8, 0.9)]:
        yield case(a=away_from_zero(rng, shape), keep_prob=rng.uniform(low, high), seed=draw_seed(rng))


def away_from_zero(rng, shape):
    """Distinct values, so that a zero in the output can only come from the mask."""
    return rng.uniform(0.5, 2, shape) * rng.choice([-1, 1], shape)


@dropout_forward.driver
def drive(dropout_forward, a, keep_prob, seed):
    def out(training, seed):
        result = dropout_forward(a.copy(), keep_prob, np.random.default_rng(seed), training)
        return parts(result, "out", "cache")[0]

    given = a.copy()
    dropout_forward(given, keep_prob, np.random.default_rng(seed), True)
    return {
        "out": out(True, seed),
        "again": out(True, seed),
        "calm": out(False, seed),
        "a_after": given,
        "kept": np.array([np.asarray(out(True, seed + i)) != 0 for i in range(1, 201)]),
    }


@dropout_forward.judge
def judge(case, result):
    a, keep_prob = case.inputs["a"], case.inputs["keep_prob"]
    out, kept = np.asarray(result["out"], dtype=float), np.asarray(result["kept"], dtype=bool)
    yield SCALE, *scale_of_survivors(a, out, keep_prob)
    yield SHARE, *share_of_survivors(kept, keep_prob)
    yield ALONE, *how_entries_depend(out, np.asarray(result["again"], dtype=float), kept)
    yield MODES, *calm_and_clean(a, np.asarray(result["calm"], dtype=float), result["a_after"], keep_prob)


def scale_of_survivors(a, out, keep_prob):
    factors = out[out != 0] / a[out != 0]
    if factors.size == 0:
        return False, "nothing kept", "every entry came back as zero"
    seen = first_match(factors, {
        "not divided": 1,
        "divided by the chance of dropping": 1 / (1 - keep_prob),
        "divided twice": keep_prob**-2,
        "multiplied": keep_prob,
    }) or ("divided by the realised share" if close(factors, 1 / np.mean(out != 0)) else "another factor")
    on_average = "" if close(factors, factors[0]) else " on average"
    detail = (
        f"survivors came back {np.mean(factors):.3f} times as large{on_average}; with keep_prob = {keep_prob:.3f} they "
        f"should be {1 / keep_prob:.3f} times as large, so that the mean stays where it was (yours moved from "
        f"1.00 to {np.mean(out / a):.2f})")
    return close(factors, 1 / keep_prob), seen, detail


def share_of_survivors(kept, keep_prob):
    """The share over all calls. Masks of whole columns, or one mask throughout, are slips of another kind: what
    they add to the spread is allowed for."""
    masks = kept[:1] if np.all(kept == kept[0]) else kept
    share, by_call = masks.mean(), masks.reshape(len(masks), -1).mean(axis=1)
    between = by_call.std(ddof=1) / math.sqrt(len(masks)) if len(masks) > 1 else 0
    allowed = 6 * max(math.sqrt(keep_prob * (1 - keep_prob) / masks.size), between)
    normal = (1 + math.erf(keep_prob / math.sqrt(2))) / 2
    near = lambda one, other: abs(one - other) <= allowed + 1e-9
    candidates = {"the chance of dropping": 1 - keep_prob, "a normal draw": normal, "everything kept": 1.0}
    seen = first_match(share, candidates, near) or "another share"
    detail = f"with keep_prob = {keep_prob:.3f} about {keep_prob:.1%} of the entries should survive; "
    return near(share, keep_prob), seen, detail + f"{share:.1%} did"


def how_entries_depend(out, again, kept):
    """Of 200 masks: each is new, no row, column or entry is special, and none can be told from others."""
    counts = kept.reshape(len(kept), -1).sum(axis=1)
    if not same(out, again):
        return False, "not from rng", (
            "two generators with the same seed gave different masks: the randomness does not come from `rng`")
    if np.all(kept == kept[0]):
        return False, "always the same mask", "generators with different seeds gave the same mask"
    if np.all(kept == kept[:, :1, :]):
        return False, "whole columns", "all rows share one mask: whole columns are dropped"
    if np.all(kept == kept[:, :, :1]):
        return False, "whole rows", "all columns share one mask: whole rows are dropped"
    if np.all(counts == counts[0]):
        return False, "always as many", (
            f"exactly {counts[0]} entries survive in each of {len(counts)} calls: independent draws would vary")
    different = len({mask.tobytes() for mask in kept})
    if different < len(kept):
        return False, "masks come back", f"{len(kept)} generators with different seeds gave {different} masks"
    share = kept.mean()
    entries = kept.reshape(len(kept), -1)
    if len(np.unique(entries, axis=1).T) < entries.shape[1]:
        return False, "entries copy others", "some entries survive just when others do"
    spread = counts.std(ddof=1) / math.sqrt(kept[0].size * share * (1 - share))
    if not 0.7 < spread < 1.4:  # six standard deviations of a standard deviation over 200 masks
        return False, "the number hardly varies" if spread < 1 else "the number varies too much", (
            f"how many survive varies {spread:.1f} times as much from call to call as it would for tosses")
    slices = [np.moveaxis(kept, axis, 0).reshape(kept.shape[axis], -1) for axis in (1, 2)]
    if not all(binomial(part, share) for some in slices for part in some):
        return False, "rows or columns differ", "some rows or columns are dropped more often than others"
    return no_echo(kept) and unrelated(entries), "entries depend on one another", "whether an entry survives can be told from other entries"


def calm_and_clean(a, calm, a_after, keep_prob):
    if not close(calm, a, rtol=1e-6):
        left = calm != 0
        dropped = left.any() and not left.all() and close(calm[left] / a[left], (calm[left] / a[left])[0])
        candidates = {"multiplied at test time": a * keep_prob, "divided at test time": a / keep_prob}
        seen = first_match(calm, candidates) or ("drops at test time" if dropped else "other values at test time")
        words = {
            "multiplied at test time": "is multiplied by `keep_prob`",
            "divided at test time": "is divided by `keep_prob`",
            "drops at test time": f"has {np.sum(~left)} of {calm.size} entries dropped",
            "other values at test time": "holds other values",
        }
        return False, seen, f"with training=False the output should be `a` itself; yours {words[seen]}"
    return same(a_after, a), "changes a", "the function changes its argument `a`; work on a new array"


@dropout_forward.mistakes
def mistakes(a, keep_prob, rng, training):
    kept = rng.random(a.shape) < keep_prob
    masked = lambda mask, scale=1 / keep_prob: (a * mask * scale if training else a, None)
    yield "forgets_to_rescale", masked(kept, scale=1), (
        "The mean has dropped by the factor `keep_prob`. A line such as `a3 / keep_prob` computes a value "
        "and throws it away: what is divided has to be assigned.")
    yield "divides_by_the_chance_of_dropping", masked(kept, scale=1 / (1 - keep_prob)), (
        "Survivors are divided by the chance of being dropped. Which of the two chances brings the mean "
        "back?")
    yield "divides_by_the_realised_share", masked(kept, scale=1 / kept.mean()), (
        "Your factor depends on how many happened to survive: the mean of one batch comes out exact, but "
        "the factor is then itself random, and the test-time network never saw it. Divide by the chance, "
        "not by the count.")
    yield "multiplies_survivors", masked(kept, scale=keep_prob), (
        "Survivors are multiplied by `keep_prob`, which shrinks the mean a second time.")
    yield "keeps_with_the_chance_of_dropping", masked(rng.random(a.shape) > keep_prob), (
        "The comparison points the other way: a uniform number is below `keep_prob` with chance "
        "`keep_prob`.")
    yield "takes_keep_prob_for_the_rate", masked(rng.random(a.shape) >= keep_prob, scale=1 / (1 - keep_prob)), (
        "You treat `keep_prob` as Keras treats `rate`, the chance of dropping. In this course `keep_prob` "
        "is the chance of keeping.")
    yield "compares_normal_numbers", masked(rng.standard_normal(a.shape) < keep_prob), (
        "A normal number lies below `keep_prob` more often than `keep_prob` says: the comparison needs "
        "numbers spread evenly over 0 to 1.")
    yield "one_mask_for_all_rows", masked(rng.random((1, a.shape[1])) < keep_prob), (
        "One mask serves for all rows: in this batch a unit is gone for every sample at once. Draw a number "
        "for each entry.")
    yield "one_draw_for_a_row", masked(rng.random((a.shape[0], 1)) < keep_prob), (
        "One number decides for a whole row: a sample loses all its units or none. Draw a number for each "
        "entry.")
    as_many = rng.permutation(a.size).reshape(a.shape) < int(keep_prob * a.size)
    yield "keeps_a_fixed_number", masked(as_many), (
        "You keep a fixed number of entries. Each entry is to be kept independently of the others.")
    about = int(keep_prob * a.size + rng.random())
    as_many_or_one_more = rng.permutation(a.size).reshape(a.shape) < about
    yield "keeps_a_fixed_number_rounded_at_random", masked(as_many_or_one_more), (
        "How many entries survive hardly varies from call to call. Each entry is to be kept by a toss of "
        "its own, and then the number of survivors varies by its root, roughly.")
    few = np.random.default_rng(rng.integers(64)).random(a.shape) < keep_prob
    yield "few_masks", masked(few), (
        "The same masks come back for other seeds: your function chooses among a few. Draw the numbers from "
        "`rng` itself.")
    half = kept[:, : (a.shape[1] + 1) // 2]
    yield "half_a_mask_twice", masked(np.concatenate([half, half], axis=1)[:, : a.shape[1]]), (
        "Entries of your mask copy others. Draw a number for each.")
    yield "first_row_kept", masked(kept | (np.arange(len(a)) == 0)[:, None]), (
        "One row fares better than the others. Every entry has the same chance.")
    yield "draws_from_elsewhere", masked(np.random.rand(*a.shape) < keep_prob), (
        "The mask does not come from `rng`: nobody could repeat your run.")
    yield "fixes_its_own_seed", masked(np.random.default_rng(0).random(a.shape) < keep_prob), (
        "Every call drops the same entries, whatever `rng` is. Is there a fixed seed in your function, or no draw at "
        "all? Use the `rng` you are given.")
    yield "drops_at_test_time", (a * kept / keep_prob, None), (
        "Entries are dropped at test time too. What does `training` say?")
    yield "scales_at_test_time_too", (a * kept / keep_prob if training else a * keep_prob, None), (
        "You multiply by `keep_prob` at test time. That belongs to plain dropout; the inverted kind has "
        "settled the scale while training.")
    yield "plain_dropout", (a * kept if training else a * keep_prob, None), (
        "This is plain dropout as first published: nothing divided in training, all multiplied at test "
        "time. Inverted dropout settles the scale in training, so that test time needs no code at all.")
    yield "modes_swapped", (a if training else a * kept / keep_prob, None), (
        "`training` works the wrong way round: you drop at test time and not while training.")


@dropout_forward.wrong(
    "`a` is not what it was after the call: `*=` and `/=` write into the array you were given.")
def works_in_place(a, keep_prob, rng, training):
    if training:
        a *= rng.random(a.shape) < keep_prob
        a /= keep_prob
    return a, None


@dropout_forward.answers
def answers(a, keep_prob, rng, training):
    divided = lambda mask: (a * mask / keep_prob if training else a, mask)
    yield "from_the_other_end", divided(rng.random(a.shape) >= 1 - keep_prob)
    yield "with_binomial", divided(rng.binomial(1, keep_prob, size=a.shape))
    yield "with_choice", divided(rng.choice([0.0, 1.0], size=a.shape, p=[1 - keep_prob, keep_prob]))
    yield "drawn_flat", divided((rng.random(a.size) < keep_prob).reshape(a.shape))
    yield "drawn_transposed", divided((rng.random(a.shape[::-1]) < keep_prob).T)


@dropout_forward.right
def pre_scaled_mask(a, keep_prob, rng, training):
    factor = (rng.random(a.shape) <= keep_prob) / keep_prob if training else np.ones(a.shape)
    return a * factor, factor


@dropout_forward.right
def with_uniform_and_where(a, keep_prob, rng, training):
    if not training:
        return a, None
    draws = rng.uniform(size=a.shape)
    return np.where(draws < keep_prob, a / keep_prob, 0.0), draws


@dropout_forward.right
def float32_draws_and_result(a, keep_prob, rng, training):
    mask, a = rng.random(a.shape, dtype=np.float32) < keep_prob, a.astype(np.float32)
    return (a * mask / np.float32(keep_prob) if training else a), mask


@dropout_forward.right
def entry_by_entry(a, keep_prob, rng, training):
    out, mask = a.copy(), []
    if training:
        for i in range(a.shape[0]):
            for j in range(a.shape[1]):
                mask.append(rng.random() < keep_prob)
                out[i, j] = a[i, j] / keep_prob if mask[-1] else 0.0
    return out, mask


@dropout_forward.right
def in_place_on_a_copy(a, keep_prob, rng, training):
    out = a.copy()
    if training:
        dropped = rng.random(a.shape) > keep_prob
        out[dropped] = 0
        out /= keep_prob
        return out, dropped
    return out, None


@dropout_forward.right
def with_tensorflow(a, keep_prob, rng, training):
    import tensorflow as tf

    mask, a = tf.constant(rng.random(a.shape) < keep_prob), tf.constant(a)
    return (tf.where(mask, a / keep_prob, tf.zeros(a.shape, tf.float64)) if training else a), mask


dropout_forward.small(
    "With a = (4, 4, 4, 4) and keep_prob = 0.5 every entry of the output is 0 or 8, never 4, and over "
    "10,000 draws their average is 4. Which entries survive has to change with `rng`, and with "
    "training=False they are all 4.")

# 12.3 dropout_backward

SAME_MASK = "the mask and the scale of the forward pass"
AT_ZERO = "entries whose activation is zero"

dropout_backward = Exercise(points=2, groups={SAME_MASK: 3, AT_ZERO: 1}, uses=("dropout_forward",))


@dropout_backward.cases
def cases(rng):
    for group in (SAME_MASK, AT_ZERO):
        shape = (9, 14)
        a = away_from_zero(rng, shape)
        if group == AT_ZERO:
            a *= rng.random(shape) < 0.5
        dout, keep_prob = rng.normal(size=shape), rng.uniform(0.55, 0.8)
        yield case(group, a=a, dout=dout, keep_prob=keep_prob, seed=draw_seed(rng))


@dropout_backward.driver
def drive(dropout_backward, dropout_forward, a, dout, keep_prob, seed):
    out, cache = dropout_forward(a, keep_prob, np.random.default_rng(seed), True)
    da = dropout_backward(dout, cache)
    everywhere, _ = dropout_forward(np.ones_like(a), keep_prob, np.random.default_rng(seed), True)
    return {"out": out, "everywhere": everywhere, "da": da}


@dropout_backward.judge
def judge(case, result):
    """The derivative of the student's own forward pass: what it multiplied each entry by."""
    a, dout = case.inputs["a"], case.inputs["dout"]
    keep_prob, da = case.inputs["keep_prob"], np.asarray(result["da"], dtype=float)
    seen_at, before = ("everywhere", 1) if case.group == AT_ZERO else ("out", a)
    factor = np.asarray(result[seen_at], dtype=float) / before
    kept = factor != 0
    candidates = {
        "passed on as it is": dout,
        "only divided": dout / keep_prob,
        "masked, not divided": dout * kept,
        "divided the other way": dout * kept * keep_prob,
        "zero where the activation is": dout * factor * (a != 0),
        "the forward output": dout * factor * a,
        "divided twice": dout * factor / keep_prob,
    }
    other = mask_met(da != 0, kept)
    wrong = int(np.sum(~np.isclose(da, dout * factor, rtol=1e-4, atol=1e-12)))
    detail = f"{wrong} of {da.size} entries are not dout times what the forward pass multiplied by"
    if other not in ("another factor", "another mask"):
        detail += f" ({other})"
    ratios = da[kept] / (dout * factor)[kept]
    if other == "another factor" and close(ratios, ratios[0]):
        detail += f": everything is {ratios[0]:.3f} times what it should be (keep_prob is {keep_prob:.3f})"
    yield case.group, close(da, dout * factor), first_match(da, candidates) or other, detail


def mask_met(passed, kept):
    """Where a gradient has passed, beside where the signal has: in a word or two."""
    if same(passed, kept):
        return "another factor"
    if not passed.any():
        return "zero everywhere"
    if passed.all():
        return "nothing masked"
    if same(passed, ~kept):
        return "the dropped entries"
    if not np.any(passed & ~kept):
        return "some kept entries are zero"
    return "some dropped entries pass" if not np.any(kept & ~passed) else "another mask"


def pair(forward_cache, backward):
    """A forward pass that keeps what the backward pass asks for."""

    def dropout_forward(a, keep_prob, rng, training):
        mask = rng.random(a.shape) < keep_prob
        return (a * mask / keep_prob if training else a), forward_cache(a, mask, keep_prob, rng)

    return backward, dropout_forward


BOTH = ("dropout_backward", "dropout_forward")


@dropout_backward.wrong(
    "The gradient went through another mask than the signal. It has to pass where the signal passed: keep the "
    "forward mask in the cache.", replaces=BOTH)
def draws_a_fresh_mask():
    fresh = lambda dout, cache: dout * (cache[1].random(dout.shape) < cache[0]) / cache[0]
    return pair(lambda a, mask, keep_prob, rng: (keep_prob, rng), fresh)


@dropout_backward.wrong(
    "Masked, but not scaled. The forward pass computes a · mask / keep_prob: its derivative with respect to "
    "a has both factors.", replaces=BOTH)
def forgets_the_division():
    return pair(lambda a, mask, keep_prob, rng: mask, lambda dout, cache: dout * cache)


@dropout_backward.wrong(
    "You divide by keep_prob twice: what the forward pass multiplied by has the division in it once.",
    replaces=BOTH)
def divides_twice():
    again = lambda dout, cache: dout * cache[0] / cache[1]
    return pair(lambda a, mask, keep_prob, rng: (mask / keep_prob, keep_prob), again)


@dropout_backward.wrong(
    "You multiply by keep_prob where the forward pass divides by it. The slope of a / keep_prob is 1 / "
    "keep_prob.", replaces=BOTH)
def multiplies_by_keep_prob():
    shrunk = lambda dout, cache: dout * cache[0] * cache[1]
    return pair(lambda a, mask, keep_prob, rng: (mask, keep_prob), shrunk)


@dropout_backward.wrong(
    "The gradient passes just where the signal did not: your mask is turned round.", replaces=BOTH)
def passes_the_dropped():
    return pair(lambda a, mask, keep_prob, rng: ~mask / keep_prob, lambda dout, cache: dout * cache)


@dropout_backward.wrong("The gradient comes back untouched, through dropped entries too.", replaces=BOTH)
def passes_everything():
    return pair(lambda a, mask, keep_prob, rng: None, lambda dout, cache: dout)


@dropout_backward.wrong(
    "Divided, but not masked: a dropped entry had no influence on the loss, so its gradient is zero.",
    replaces=BOTH)
def divides_only():
    return pair(lambda a, mask, keep_prob, rng: keep_prob, lambda dout, cache: dout / cache)


@dropout_backward.wrong(
    "You tell the dropped entries by the zeros of the output. An activation that was zero by itself (every "
    "ReLU has them) was not dropped: its gradient still flows.", replaces=BOTH)
def takes_zeros_for_dropped():
    def backward(dout, cache):
        out, keep_prob = cache
        return dout * (out != 0) / keep_prob

    return pair(lambda a, mask, keep_prob, rng: (a * mask / keep_prob, keep_prob), backward)


@dropout_backward.wrong(
    "The slope of a · c with respect to a is c; you multiplied by the output, a · c, instead.", replaces=BOTH)
def multiplies_by_the_output():
    return pair(lambda a, mask, keep_prob, rng: a * mask / keep_prob, lambda dout, cache: dout * cache)


@dropout_backward.right(replaces=BOTH)
def from_a_scaled_mask():
    return pair(lambda a, mask, keep_prob, rng: mask / keep_prob, lambda dout, cache: dout * cache)


@dropout_backward.right(replaces=BOTH)
def from_a_dictionary_in_float32():
    def backward(dout, cache):
        return np.where(cache["mask"], np.float32(dout) / np.float32(cache["keep"]), np.float32(0))

    return pair(lambda a, mask, keep_prob, rng: {"mask": mask, "keep": keep_prob}, backward)


@dropout_backward.right(replaces=BOTH)
def of_an_unscaled_forward_pass():
    """A slip in the forward pass does not cost the backward pass, if the two belong together."""

    def dropout_forward(a, keep_prob, rng, training):
        mask = rng.random(a.shape) < keep_prob
        return a * mask, mask

    return (lambda dout, cache: dout * cache), dropout_forward


dropout_backward.small(
    "By hand: a = (3, 5), keep_prob = 0.5, and the mask kept only the first entry, so out = (6, 0). Raise "
    "the first a by 0.1: out rises by 0.2. Raise the second: nothing happens. So dout = (1, 1) comes back "
    "as (2, 0).")

# 12.4 keras_rate and build_dropout_model

RATE, MODEL = "the rate", "the model"

keras_rate = Exercise("keras_rate", "build_dropout_model", points=1, groups={RATE: 1, MODEL: 1}, seconds=20)


EXTRAS = ("kernel_regularizer", "bias_regularizer", "activity_regularizer", "kernel_constraint", "noise_shape")


@keras_rate.cases
def cases(rng):
    for keep in (rng.uniform(0.6, 0.7), rng.uniform(0.75, 0.95)):
        yield case(RATE, keep1=keep)
    yield case(MODEL, keep1=rng.uniform(0.55, 0.7), keep2=rng.uniform(0.75, 0.9))


@keras_rate.driver
def drive(keras_rate, build_dropout_model, keep1, keep2=None):
    if keep2 is None:
        return keras_rate(keep1)
    model = build_dropout_model(keep1, keep2)
    if not hasattr(model, "layers"):
        raise TypeError("build_dropout_model should return a Keras model: does every way through it end in `return`?")
    layers, dense, activations = [], [], []
    for layer in model.layers:
        kind = type(layer).__name__
        if kind in ("Activation", "ReLU") and dense and activations[-1] == "linear":
            activations[-1] = name_of(layer)  # a layer of its own for what Dense can do itself
            continue
        if kind == "Dense":
            dense.append(layer)
            activations.append(name_of(layer))
        if kind != "InputLayer":
            layers.append(layer)
    return {
        "layers": [type(layer).__name__ for layer in layers],
        "units": [int(layer.units) for layer in dense],
        "activations": activations,
        "layers without biases": sum(not layer.use_bias for layer in dense),
        "settings nobody asked for": [
            name for layer in layers for name in EXTRAS if getattr(layer, name, None) is not None]
        + ["trainable=False" for layer in layers if not layer.trainable],
        "kernels of equal numbers": sum(
            bool(np.ptp(np.asarray(layer.kernel)) == 0) for layer in dense if layer.built),
        "rates": np.array([float(layer.rate) for layer in layers if hasattr(layer, "rate")]),
        "input_shape": list(model.input_shape)
        if model.built
        else "none yet: the model has no Input and no weights",
    }


def name_of(layer):
    """The name of a layer's activation, whether it was given as a word, a function or a layer."""
    activation = getattr(layer, "activation", layer)
    return getattr(activation, "__name__", type(activation).__name__).lower()


def keras_stack(rates=lambda keep1, keep2: (1 - keep1, 1 - keep2), with_input=True, after_output=False, bias=True):
    def build_dropout_model(keep1, keep2):
        import keras

        first, second = rates(keep1, keep2)
        layers = [
            keras.layers.Dense(20, activation="relu", use_bias=bias),
            keras.layers.Dropout(first),
            keras.layers.Dense(3, activation="relu", use_bias=bias),
            keras.layers.Dropout(second),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
        if after_output:
            layers[3:] = [layers[4], layers[3]]
        return keras.Sequential(([keras.Input((2,))] if with_input else []) + layers)

    return build_dropout_model


@keras_rate.wrong(
    "Keras' argument is the chance of dropping. You hand it the chance of keeping, so that a network meant "
    "to lose a fifth of its units loses four fifths.", replaces=("keras_rate", "build_dropout_model"))
def hands_over_keep_prob():
    return (lambda keep_prob: keep_prob), keras_stack(lambda keep1, keep2: (keep1, keep2))


@keras_rate.wrong(
    "Keras wants a share between 0 and 1, not a percentage: Dropout(40) is a ValueError.",
    replaces=("keras_rate", "build_dropout_model"))
def hands_over_a_percentage():
    return (lambda keep_prob: 100 * (1 - keep_prob)), keras_stack(
        lambda keep1, keep2: (100 * (1 - keep1), 100 * (1 - keep2))
    )


@keras_rate.mistakes(replaces="build_dropout_model")
def mistakes(keep1, keep2):
    yield "drops_the_output", keras_stack(after_output=True)(keep1, keep2), (
        "The second Dropout stands after the output: it would wipe out predictions. Which layers have units "
        "to spare?")
    yield "without_input", keras_stack(with_input=False)(keep1, keep2), (
        "Without an Input the model does not know its input's shape and has no weights until it first sees "
        "data.")
    yield "rates_swapped", keras_stack()(keep2, keep1), "The two keep_probs have changed places."
    yield "one_rate_for_both", keras_stack()(keep1, keep1), "Both layers drop at the rate of the first."
    yield "without_biases", keras_stack(bias=False)(keep1, keep2), (
        "Your hidden layers have no biases. Dropout asks for no such thing, and the lecture's layers have "
        "them.")


@keras_rate.right(replaces="build_dropout_model")
def functional(keep1, keep2):
    import keras

    x = inputs = keras.Input((2,))
    for units, keep in ((20, keep1), (3, keep2)):
        x = keras.layers.Dropout(1 - keep)(keras.layers.Dense(units, activation="relu")(x))
    return keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(x))


@keras_rate.right(replaces="build_dropout_model")
def layer_by_layer(keep1, keep2):
    import keras
    import tensorflow as tf

    model = keras.models.Sequential()
    model.add(keras.layers.Input(shape=(2,)))
    model.add(keras.layers.Dense(20, activation=tf.nn.relu))
    model.add(keras.layers.Dropout(rate=1 - keep1))
    model.add(keras.layers.Dense(3, activation="relu"))
    model.add(keras.layers.Dropout(rate=1 - keep2))
    model.add(keras.layers.Dense(1, activation=keras.activations.sigmoid))
    model.compile("adam", "binary_crossentropy")
    return model


@keras_rate.right(replaces="build_dropout_model")
def activations_as_layers(keep1, keep2):
    import keras

    layers = keras.layers
    return keras.Sequential([
        keras.Input(shape=(2,)), layers.Dense(20), layers.Activation("relu"), layers.Dropout(1 - keep1),
        layers.Dense(3), layers.ReLU(), layers.Dropout(1 - keep2), layers.Dense(1), layers.Activation("sigmoid")])


@keras_rate.answers
def answers(keep_prob):
    yield "from_numpy", np.float32(1) - np.float32(keep_prob)


keras_rate.small(
    "With keep_prob = 0.8, eight of ten units stay and two go. Keras' Dropout is told about the two of ten.",
    keep1=0.8)
keras_rate.small(
    "The model, with keep_prob = 0.6 and 0.9: layer by layer, what stands in it, and the two rates, 0.4 and 0.1.",
    keep1=0.6, keep2=0.9)

# 12.5 seed_everything

REPEATABLE, BY_THE_SEED = "the same seed, the same draws", "Python and NumPy draw what the seed says"

seed_everything = Exercise(points=1, groups={REPEATABLE: 1, BY_THE_SEED: 1}, seconds=20)


@seed_everything.cases
def cases(rng):
    for _ in range(2):
        yield case(seed=int(rng.integers(1, 10_000)), other=int(rng.integers(10_000, 20_000)))


@seed_everything.driver
def drive(seed_everything, seed, other):
    import random
    import sys

    keras, tf = sys.modules.get("keras"), sys.modules.get("tensorflow")
    if keras is None or tf is None:
        raise RuntimeError(
            "keras is not imported in this notebook: run the cell that imports it, then this one again"
        )

    def draws_after(seed):
        seed_everything(seed)
        layer = keras.layers.Dropout(0.5)
        return {
            "mask": np.asarray(layer(np.ones((20, 30), dtype=np.float32), training=True)),
            "tensorflow": np.asarray(tf.random.uniform((3,))),
            "numpy": np.random.random_sample(3),
            "python": np.array([random.random() for _ in range(3)]),
        }

    return {"first": draws_after(seed), "second": draws_after(seed), "other": draws_after(other)}


@seed_everything.judge
def judge(case, result, expected):
    """Equal draws for equal seeds; and what Python and NumPy draw is known for every seed, in all versions."""
    first, second, other = (result[key] for key in ("first", "second", "other"))
    names = {"mask": "a Dropout layer", "tensorflow": "TensorFlow", "numpy": "NumPy", "python": "Python's `random`"}
    unlike = [word for name, word in names.items() if not same(first[name], second[name])]
    alike = [word for name, word in names.items() if same(first[name], other[name])]
    if unlike:
        yield REPEATABLE, False, f"two draws: {', '.join(unlike)}", (
            f"the same seed gave two different draws of {' and of '.join(unlike)}")
    else:
        yield REPEATABLE, not alike, "every seed alike", (
            f"another seed gave the very same draws of {' and of '.join(alike)}: is the argument used?")
    right = {
        name: [same(result[key][name], expected[key][name]) for key in ("first", "second", "other")]
        for name in ("numpy", "python")
    }
    once = [names[name] for name, held in right.items() if held == [True, False, False]]
    off = [names[name] for name, held in right.items() if not all(held)]
    if once == off != []:
        yield BY_THE_SEED, False, "seeded once", (
            f"the first of three calls seeded {' and '.join(once)}, the later two did not")
        return
    yield BY_THE_SEED, not off, f"another seed for {', '.join(off)}", (
        f"after that seed {' and '.join(off)} should draw other numbers: was it handed on as it is?")


@seed_everything.mistakes
def mistakes(seed):
    import random

    import keras
    import tensorflow as tf

    yield "seeds_tensorflow_alone", tf.random.set_seed(seed), (
        "Two masks from one seed differ. A Keras layer without a seed of its own takes one from Python's "
        "`random` when it is made; the seed of TensorFlow's or of NumPy's operations does not reach it.")
    yield "seeds_nothing", np.random.default_rng(seed), (
        "Nothing is seeded: the next draws are what they would have been. A generator or a layer that is "
        "made here and dropped changes no other.")
    yield "seeds_numpy_alone", np.random.seed(seed), (
        "Only NumPy's draws come back. A Keras layer takes its seed from Python's `random`, and "
        "TensorFlow's operations have one of their own.")
    yield "seeds_python_alone", random.seed(seed), (
        "Layers and Python's `random` are repeatable, NumPy and TensorFlow are not.")
    yield "forgets_python", (np.random.seed(seed), tf.random.set_seed(seed))[0], (
        "NumPy and TensorFlow are repeatable. Python's `random` is not, and a newly made layer takes its seed from "
        "there.")
    yield "forgets_tensorflow", (random.seed(seed), np.random.seed(seed))[0], (
        "Layers, Python and NumPy are repeatable; TensorFlow's own operations are not.")
    yield "forgets_numpy", (random.seed(seed), tf.random.set_seed(seed))[0], (
        "Layers, Python and TensorFlow are repeatable; NumPy's draws are not.")
    yield "always_the_same_seed", keras.utils.set_random_seed(0), (
        "Every seed gives the same draws: the argument is not used.")
    yield "another_seed", keras.utils.set_random_seed(seed + 1), (
        "Everything is repeatable, but was given another seed than yours: nobody who uses the same seed in "
        "the usual way gets your numbers.")


@seed_everything.right
def one_by_one(seed):
    import random

    import tensorflow as tf

    random.seed(seed)
    np.random.seed(seed)
    tf.random.set_seed(seed)


@seed_everything.right
def through_tensorflow(seed):
    import tensorflow as tf

    tf.keras.utils.set_random_seed(seed)


@seed_everything.right
def returns_a_generator_too(seed):
    import keras

    keras.utils.set_random_seed(int(seed))
    return np.random.default_rng(seed)


seed_everything.small(
    "Call it with 1, make a Dropout layer, look at its mask; call it with 1 again, make another: the two "
    "masks must be one.")

# 12.6 mc_predict

STOCHASTIC = "the mean over stochastic passes"

mc_predict = Exercise(points=1, groups={STOCHASTIC: 1})


@mc_predict.cases
def cases(rng):
    for rows, n in [(3, 60), (5, 41)]:
        yield case(X=rng.normal(size=(rows, 2)), weights=rng.normal(size=(2, 1)), n=n, seed=draw_seed(rng))


@mc_predict.driver
def drive(mc_predict, X, weights, n, seed):
    class Tensor(np.ndarray):
        """A NumPy array that can be asked for .numpy(), as what a model returns can."""

        def numpy(self):
            return np.asarray(self)

    class Model:
        """Stands for a network with dropout: random in training mode, calm, with another value, otherwise."""

        def __init__(self):
            self.rng, self.stochastic = np.random.default_rng(seed), 0

        def __call__(self, X, training=False, **_):
            X = np.asarray(X, dtype=float)
            self.stochastic += bool(training) * len(X)
            spread = 0.5 * self.rng.random((len(X), 1)) - 0.25 if training else 0.2
            return (1 / (1 + np.exp(-X @ weights)) * 0.2 + 0.4 + spread).view(Tensor)

        def predict(self, X, **_):
            return np.asarray(self(X))

        predict_on_batch = call = __call__

    model = Model()
    mean = mc_predict(model, X, n)
    return {"mean": mean, "passes": model.stochastic / len(X)}


@mc_predict.judge
def judge(case, result):
    """The very mean: what the model's generator gave is known, be it asked pass by pass or sample by sample."""
    X, n = case.inputs["X"], case.inputs["n"]
    mean, passes = np.asarray(result["mean"], dtype=float), float(result["passes"])
    centre = 1 / (1 + np.exp(-X @ case.inputs["weights"])) * 0.2 + 0.4
    drawn = 0.5 * np.random.default_rng(case.inputs["seed"]).random(n * len(X)) - 0.25
    by_pass = centre + drawn.reshape(n, len(X)).T  # each (samples, passes)
    by_sample = centre + drawn.reshape(len(X), n)
    expected = by_pass.mean(axis=1)[:, None]
    if mean.shape != expected.shape:
        seen, detail = "another shape", f"the result has the shape {mean.shape}, expected {expected.shape}"
    elif passes < 1:
        seen = "no stochastic pass"
        detail = "the model was never called with training=True: every pass gives the same numbers"
    elif passes != n:
        seen = "one pass" if passes == 1 else "too few passes" if passes < n else "too many passes"
        detail = f"stochastic passes asked for: {n}; made: {passes:.0f}"
    else:
        seen = first_match(mean, {
            "the sum": n * expected,
            "divided by n - 1": expected * n / (n - 1),
            "the median": np.median(by_pass, axis=1)[:, None],
            "the mean, rounded": np.round(expected),
            "the share of passes above one half": np.mean(by_pass > 0.5, axis=1)[:, None],
            "a vote": np.median(by_pass > 0.5, axis=1)[:, None],
        }) or "something else"
        detail = (
            f"the result is {seen}" if seen != "something else" else
            f"the result lies up to {np.max(np.abs(mean - expected)):.2g} from the mean of the passes")
    right = passes == n and mean.shape == expected.shape
    means = [some.mean(axis=1)[:, None] for some in (by_pass, by_sample)]
    yield STOCHASTIC, right and any(close(mean, one) for one in means), seen, detail


@mc_predict.mistakes
def mistakes(model, X, n):
    yield "predicts_calmly", np.mean([model.predict(X, verbose=0) for _ in range(n)], axis=0), (
        "`predict` switches dropout off: the passes are all alike, and their mean is the prediction without "
        "it. Call the model with training=True.")
    passes = np.array([model(X, training=True) for _ in range(n)])
    yield "adds_up", passes.sum(axis=0), "The passes are added up, not averaged."
    yield "rounds_the_mean", np.round(passes.mean(axis=0)), (
        "You round the mean to a label. The mean itself was asked for, which says how sure the networks are.")
    yield "median_of_labels", np.median(passes > 0.5, axis=0).astype(float), (
        "You round every pass to a label and take the vote. The spread that the passes carry is thrown "
        "away: average the probabilities.")
    yield "share_of_labels", np.mean(passes > 0.5, axis=0), (
        "You round every pass to a label before you average: a pass that says 0.51 then counts as much as "
        "one that says 0.99. Average the probabilities.")
    yield "median", np.median(passes, axis=0), "This is the median of the passes; their mean was asked for."
    yield "over_the_samples", passes.mean(axis=1), (
        "Your result does not have the shape of what the model returns, a column with one number for each sample. "
        "Average over the passes, and over nothing else.")
    yield "divided_by_one_less", passes.sum(axis=0) / (n - 1), (
        "A mean of n numbers is their sum divided by n. (n - 1 belongs to a variance.)")


@mc_predict.wrong("One stochastic pass is one thinned network's opinion. Ask n of them.")
def one_pass(model, X, n):
    return np.asarray(model(X, training=True))


@mc_predict.wrong("One pass too few: count how often your loop calls the model.")
def one_pass_too_few(model, X, n):
    return np.mean([np.asarray(model(X, training=True)) for _ in range(1, n)], axis=0)


@mc_predict.right
def running_sum(model, X, n):
    total = 0.0
    for _ in range(n):
        total = total + model(X, training=True).numpy()
    return total / n


@mc_predict.right
def all_rows_at_once(model, X, n):
    many = np.asarray(model(np.repeat(X, n, axis=0), training=True))
    return many.reshape(len(X), n, -1).mean(axis=1)


@mc_predict.right
def all_passes_at_once(model, X, n):
    many = np.asarray(model(np.tile(X, (n, 1)), training=True))
    return many.reshape(n, len(X), -1).mean(axis=0)


@mc_predict.right
def sample_by_sample(model, X, n):
    return [np.mean([np.asarray(model(x[None], training=True))[0] for _ in range(n)], axis=0) for x in X]


@mc_predict.right
def running_mean_in_float32(model, X, n):
    mean = np.zeros((len(X), 1), dtype=np.float32)
    for k in range(n):
        mean += (np.float32(model(X, training=True)) - mean) / (k + 1)
    return mean


@mc_predict.right
def with_tensorflow(model, X, n):
    import tensorflow as tf

    return tf.reduce_mean(tf.stack([model(X, training=True) for _ in range(n)]), axis=0)


mc_predict.small(
    "Three passes that say 0.6, 0.8 and 0.7 for one sample have the mean 0.7. Three calls of `predict` "
    "would all say the same.")

# 12.7 rate_grid

rate_grid = Exercise(points=1, returns={"the means": 1, "the standard deviations": 1})


@rate_grid.cases
def cases(rng):
    for _ in range(2):
        rates, seeds = np.sort(rng.uniform(0.1, 0.9, 4)), rng.permutation(50)[:6]
        yield case(rates=rates.tolist(), seeds=seeds.tolist(), _phase=rng.uniform(1, 9))


@rate_grid.driver
def drive(rate_grid, rates, seeds, _phase):
    def train_fn(rate, seed):
        return 0.8 - 0.3 * (rate - 0.4) ** 2 + 0.05 * rate * np.sin(_phase * seed + 5 * rate)

    return rate_grid(train_fn, rates, seeds)


def scores(train_fn, rates, seeds):
    return np.array([[train_fn(rate, seed) for seed in seeds] for rate in rates])


@rate_grid.mistakes
def mistakes(train_fn, rates, seeds):
    table = scores(train_fn, rates, seeds)
    mean, spread = table.mean(axis=1), table.std(axis=1, ddof=1)
    yield "divides_by_n", (mean, table.std(axis=1)), (
        "These are the spreads of the seeds you ran; as an estimate for all seeds, divide by n - 1 "
        "(ddof=1).")
    yield "the_other_axis", (table.mean(axis=0), table.std(axis=0, ddof=1)), (
        "You average over the rates: one number a seed. One number a rate was asked for.")
    yield "best_of_seeds", (table.max(axis=1), spread), (
        "You report the best of the seeds. Luck always looks good: report the mean.")
    yield "standard_error", (mean, spread / np.sqrt(len(seeds))), (
        "This is the standard error of the mean, sd / √n; the spread of single runs was asked for.")
    yield "one_seed_throughout", (table[:, 0], 0 * mean), (
        "Every run used the first seed, so that there is no spread to see.")
    yield "variance", (mean, spread**2), "This is the variance: take its root."
    yield "worst_of_seeds", (table.min(axis=1), spread), (
        "You report the worst of the seeds; the mean was asked for.")
    yield "spreads_first", (spread, mean), (
        "The pair is the wrong way round: first the means, then the spreads.")
    turned = scores(lambda rate, seed: train_fn(seed, rate), rates, seeds)
    yield "arguments_swapped", (turned.mean(axis=1), turned.std(axis=1, ddof=1)), (
        "You call train_fn(seed, rate). Its first argument is the rate.")
    counted = scores(train_fn, rates, range(len(seeds)))
    yield "seeds_counted_anew", (counted.mean(axis=1), counted.std(axis=1, ddof=1)), (
        "You train with the seeds 0, 1, 2, …: `seeds` says which ones.")
    fewer = table[:, :-1]
    yield "one_seed_left_out", (fewer.mean(axis=1), fewer.std(axis=1, ddof=1)), "The last seed is left out."
    yield "spread_over_all_runs", (mean, mean * 0 + table.std(ddof=1)), (
        "One spread for all rates together: it mixes what the rates do with what the seeds do.")
    yield "median", (np.median(table, axis=1), spread), (
        "This is the median of the seeds; the mean was asked for.")
    yield "half_the_range", (mean, np.ptp(table, axis=1) / 2), (
        "This is half the range from the worst to the best seed; it grows with the number of seeds. The "
        "standard deviation was asked for.")


@rate_grid.answers
def answers(train_fn, rates, seeds):
    table = scores(train_fn, rates, seeds).astype(np.float32)
    yield "in_float32", np.stack([table.mean(axis=1), table.std(axis=1, ddof=1)])


@rate_grid.right
def with_statistics(train_fn, rates, seeds):
    import statistics

    runs = [[float(train_fn(rate, seed)) for seed in seeds] for rate in rates]
    return [statistics.mean(run) for run in runs], [statistics.stdev(run) for run in runs]


rate_grid.small(
    "Scores 0.7 and 0.9 for one rate: the mean is 0.8, and the standard deviation with ddof=1 is √(0.01 + 0.01) = 0.141. "
    "With two rates and three seeds, and the check's own train_fn:",
    rates=[0.5, 0.25], seeds=[3, 1, 2], _phase=1.0)

# The quiz

survivors = Question(
    "`Dropout(0.8)` in Keras: how many of 500 units are kept on average?",
    wrong("400.", "Keras' argument is `rate`, the chance of dropping. 400 are kept if 0.8 is `keep_prob`."),
    right("100.", "0.8 is the chance of dropping. The number of survivors varies from step to step, with a "
          "standard deviation of √(500 · 0.2 · 0.8), about 9."),
    wrong("100, in every step.", "Each unit has a toss of its own, so the number varies, by about 9 either way."))

moments = Question(
    "Why does inverted dropout keep the mean of $Z$, but not its variance?",
    right("Dividing by $k$ restores the mean of a survivor's value; the mean of its square comes out $1/k$ times "
          "too large.", "$E[\\tilde a^2] = k \\cdot a^2/k^2 = a^2/k$, and the variance is that minus $a^2$."),
    wrong("It keeps both if the layer is wide enough.",
          "Width makes the spread of $Z$ smaller in relation to its mean, but not zero."),
    wrong("It keeps both if one divides by the share that really survived.",
          "That restores the sum of equal entries only, and makes the factor itself random."))

both_inputs = Question(
    "A network has two inputs, and someone sets dropout on the inputs to the rate 0.2. For what share of the samples "
    "does the network see both inputs?",
    wrong("80 %.", "That is the chance of one input. Two tosses have to go well."),
    right("64 %.", "0.8 · 0.8. For another 4 % it sees neither; and where it sees both, they are enlarged."),
    wrong("96 %.", "That is the share of samples of which at least one input is left."))

draws = Question(
    "On one draw of the circles, ten networks with dropout are better than ten without by two to three points of a "
    "hundred, more than six standard errors. What does that show?",
    right("That dropout helps on this draw.", "Chance in the networks' seeds is ruled out. Chance in the 100 points "
          "that were drawn has not been looked at."),
    wrong("That dropout helps on circles like these.", "All twenty networks saw the same points. A claim about the "
          "kind of data needs other draws of it."),
    wrong("Nothing, since single runs differ by about as much.", "The spread of single runs is not that of a mean of "
          "ten. The difference is more than six standard errors of its own."))
